package sharedplaces

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/cases"
	"firebreak/internal/cluster"
	"firebreak/internal/command"
	"firebreak/internal/day"
	"firebreak/internal/i18n"
	"firebreak/internal/store"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// Handler answers for the page.
type Handler struct {
	s    *site.Site
	page *ui.Page
}

// NewHandler parses the page.
func NewHandler(s *site.Site) (*Handler, error) {
	page, err := New(s.Kit)
	return &Handler{s, page}, err
}

const (
	// listed is how many cases can be chosen from, the newest; chosen how many of them are chosen to begin with.
	listed = 200
	chosen = 50
	// read is how many of the newest cases are looked through for them.
	read = 2_000
	// sinceDays is from how many days back cases are listed at first.
	sinceDays = 7
	// places is how many places, and people, an answer lists.
	places = 20
	// metListed is how many cases are named beside somebody who was with several.
	metListed = 4
	// hardly and perhaps bound what is said of a place: how many places and days would stand out as much by chance alone.
	hardly, perhaps = 0.05, 1
)

// Show is GET /o/{outbreak}/shared. ?cluster= takes the cases of a cluster; otherwise ?since= and ?source= say which.
func (h *Handler) Show(q *site.Request) error {
	v, err := h.view(q, nil)
	if err != nil {
		return err
	}
	return q.Show(h.page, "shared", v)
}

// view lists what can be chosen. With a form, what was chosen there stays chosen.
func (h *Handler) view(q *site.Request, form url.Values) (v View, err error) {
	v = View{Path: q.Path("shared"), Vault: h.s.Commands.Identities() != nil}
	v.Left, v.Days = h.s.Commands.VisitsLeft(q.Outbreak.ID)
	values := q.URL.Query()
	err = q.View(func(r *store.Reader) error {
		var list []cases.Case
		links, err := r.Links(q.Outbreak.ID)
		if err != nil {
			return err
		}
		source := map[cases.ID]bool{}
		for _, l := range links {
			if l.Kind == cases.Transmission && l.From != 0 {
				source[l.To] = true
			}
		}
		if code := values.Get("cluster"); code != "" {
			list, err = h.ofCluster(q, r, code, &v)
		} else {
			list, err = h.ofOutbreak(q, r, values, source, &v)
		}
		if err != nil {
			return err
		}
		for i, k := range list {
			pick := i < chosen
			if form != nil {
				pick = slices.Contains(form["case"], k.Code)
			}
			v.Cases = append(v.Cases, Case{Code: k.Code, Href: q.Path("cases", k.Code), Class: string(k.Class), Onset: k.Onset.String(), Confirmed: k.ConfirmedAt, Area: q.AreaName(k.Area), Inside: k.Found == cases.FoundInIsolation, Source: source[k.ID], Chosen: pick})
		}
		return nil
	})
	if err == nil && v.Vault {
		v.Fields = fields(q, form)
	}
	return v, err
}

// readable says whether the reader may ask about a case.
func readable(q *site.Request, k cases.Case) bool {
	return q.Sees(auth.CaseRead, k.Area) && q.Sees(auth.ContactRead, k.Area)
}

func (h *Handler) ofCluster(q *site.Request, r *store.Reader, code string, v *View) (list []cases.Case, err error) {
	k, err := r.ClusterByCode(q.Outbreak.ID, code)
	if err == nil && !q.Sees(auth.CaseRead, k.Area) {
		err = fmt.Errorf("cluster %q: %w", code, store.ErrNotFound)
	}
	if err != nil {
		return nil, err
	}
	v.Cluster, v.ClusterHref, v.Path = k.Code, q.Path("clusters", k.Code), v.Path+"?cluster="+url.QueryEscape(k.Code)
	members, err := r.ClusterMembers(k.ID)
	if err != nil {
		return nil, err
	}
	var ids []cases.ID
	for _, m := range members {
		if m.Stands() && !slices.Contains(ids, m.Case) {
			ids = append(ids, m.Case)
		}
	}
	found, err := r.CasesByID(ids)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if c, ok := found[id]; ok && c.MergedInto == 0 && c.Class != cases.Discarded && readable(q, c) {
			list = append(list, c)
		}
	}
	return v.newest(list), nil
}

// newest puts cases in order and cuts the list.
func (v *View) newest(list []cases.Case) []cases.Case {
	slices.SortFunc(list, func(a, b cases.Case) int {
		return cmp.Or(b.ConfirmedAt.Compare(a.ConfirmedAt), cmp.Compare(b.ID, a.ID))
	})
	if len(list) > listed {
		list, v.Limit = list[:listed], listed
	}
	return list
}

func (h *Handler) ofOutbreak(q *site.Request, r *store.Reader, values url.Values, source map[cases.ID]bool, v *View) (list []cases.Case, err error) {
	since := day.In(q.Now, q.Zone).Add(-sinceDays)
	all := values.Get("source") == "all"
	if s := values.Get("since"); s != "" {
		if since, err = day.Parse(s); err != nil {
			return nil, &command.Invalid{Field: "since", Value: s, Reason: "is not a day (YYYY-MM-DD)"}
		}
	}
	which := ""
	if all {
		which = "all"
	}
	v.Filter = &ui.Form{ID: "which", Action: v.Path, Get: true, Fields: []ui.Field{
		{Name: "since", Label: i18n.M("shared.since"), Kind: ui.FieldDate, Value: since.String(), Max: day.In(q.Now, q.Zone).String()},
		{Name: "source", Label: i18n.M("shared.source"), Kind: ui.FieldSelect, Value: which, Options: []ui.Option{{Label: i18n.M("shared.unknown")}, {Value: "all", Label: i18n.M("shared.any_source")}}},
	}}
	v.Path += "?since=" + since.String()
	if all {
		v.Path += "&source=all"
	}
	begin := since.Start(q.Zone)
	page := store.Page{Limit: listed, Desc: true}
	for n := 0; n < read; n += listed {
		got, err := r.Cases(store.CaseFilter{Outbreak: q.Outbreak.ID, Within: q.WithinFor(auth.CaseRead), Classes: []cases.Class{cases.Confirmed, cases.Asymptomatic}}, store.CasesByID, page)
		if err != nil {
			return nil, err
		}
		for _, k := range got.Cases {
			if !k.ConfirmedAt.Before(begin) && (all || !source[k.ID] && k.Found != cases.FoundInIsolation) && readable(q, k) {
				list = append(list, k)
			}
		}
		if page.Cursor = got.Next; page.Cursor == "" {
			break
		}
	}
	return v.newest(list), nil
}

// fields are what is asked besides the cases. None where the reader has no purpose for which they may ask.
func fields(q *site.Request, form url.Values) []ui.Field {
	days := ui.Field{Name: "days", Label: i18n.M("shared.days"), Kind: ui.FieldRadio, Value: cmp.Or(form.Get("days"), "back"), Options: []ui.Option{{Value: "back", Label: i18n.M("shared.back")}, {Value: "on", Label: i18n.M("shared.on")}}}
	purpose := ui.Field{Name: "purpose", Label: i18n.M("names.purpose"), Kind: ui.FieldSelect, Value: cmp.Or(form.Get("purpose"), string(q.Purpose(auth.ContactRead))), Required: true}
	for _, p := range auth.PurposesFor(q.Actor, auth.ContactRead, q.Now) {
		purpose.Options = append(purpose.Options, ui.Option{Value: string(p), Text: p.Title(auth.Lang(q.Lang()))})
	}
	if len(purpose.Options) == 0 {
		return nil
	}
	return []ui.Field{days, purpose}
}

// Ask is POST /o/{outbreak}/shared: visits are asked about the cases that were chosen. The question is on record before the page shows the answer.
func (h *Handler) Ask(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	v, err := h.view(q, form)
	if err != nil {
		return err
	}
	by := command.By{Actor: q.Actor, Purpose: auth.Purpose(form.Get("purpose"))}
	out, err := h.s.Commands.SharedPlaces(q.Context(), by, command.SharedPlaces{Outbreak: q.Outbreak.Name, Cases: form["case"], Forward: form.Get("days") == "on", Most: places})
	var reading *command.Reading
	var wrong *command.Invalid
	switch {
	case errors.As(err, &reading):
		v.Left, v.Days = reading.Left, reading.Days
		return q.Show(h.page, "shared", v)
	case errors.Is(err, store.ErrNotFound):
		v.Wrong = i18n.M("shared.no_visits")
		return q.ShowStatus(http.StatusUnprocessableEntity, h.page, "shared", v)
	case errors.As(err, &wrong):
		v.Wrong = i18n.M("form.invalid", "reason", wrong.Value+" "+wrong.Reason)
		if wrong.Field == "cases" {
			v.Wrong = i18n.M("shared.too_few")
		}
		return q.ShowStatus(http.StatusUnprocessableEntity, h.page, "shared", v)
	case err != nil:
		return err
	}
	if !out.Complete {
		v.Left, v.Days = out.DaysLeft, max(v.Days, out.DaysLeft)
	}
	if p := form.Get("purpose"); q.ChosenPurpose() != p {
		q.ChoosePurpose(auth.Purpose(p))
	}
	v.Answer = answer(q, out)
	return q.Show(h.page, "shared", v)
}

// answer says what was found as the page shows it.
func answer(q *site.Request, out command.SharedTraced) *Answer {
	a := &Answer{Backward: out.Backward, Visits: out.Visits, Population: out.Population, Found: out.PlacesFound, Beside: out.PeopleFound}
	for _, k := range out.Asked {
		if k.Known {
			a.Cases++
		} else {
			a.Unknown = append(a.Unknown, k.Case)
		}
	}
	write := auth.MayAnywhere(q.Actor, auth.CaseWrite, q.Purpose(auth.CaseWrite), q.Now)
	at := map[string]int{}
	for i, x := range out.Places {
		d := Day{Day: x.Day, Cases: x.Cases, Of: a.Cases, Visits: x.Visits, Expected: x.Expected, ByChance: x.ByChance, Chance: chance(x.ByChance)}
		begin := time.Time{}
		if on, err := day.Parse(x.Day); err == nil {
			begin = on.Start(q.Zone)
		}
		var codes []string
		for _, s := range x.Who {
			const most = 24 * 60
			from, to := int(s.From.Sub(begin).Minutes()), int(s.To.Sub(begin).Minutes())
			from, to = min(max(from, 0), most), min(max(to, 0), most)
			d.Who = append(d.Who, Stay{Code: s.Case, Href: q.Path("cases", s.Case), From: s.From, To: s.To, X: from, Width: max(to-from, 4)})
			if !slices.Contains(codes, s.Case) {
				codes = append(codes, s.Case)
			}
		}
		if write {
			d.Open = open(q, x, codes, i+1)
		}
		n, ok := at[x.Place]
		if !ok {
			n = len(a.Places)
			at[x.Place] = n
			a.Places = append(a.Places, Place{Rank: n + 1, Name: x.Place, Kind: x.Kind})
		}
		a.Places[n].Days = append(a.Places[n].Days, d)
		a.Shown++
	}
	for _, x := range out.People {
		p := Person{Name: x.Person, Code: x.Case, Cases: x.Cases, Together: time.Duration(x.DoseHours * float64(time.Hour)).Round(time.Minute)}
		if x.Case != "" {
			p.Href = q.Path("cases", x.Case)
		}
		for i, m := range x.Met {
			if i == metListed {
				p.Others = len(x.Met) - i
				break
			}
			p.Met = append(p.Met, Met{Code: m.Case, Href: q.Path("cases", m.Case), Tier: m.Tier, For: (time.Duration(m.OverlapSeconds) * time.Second).Round(time.Minute), First: m.First})
		}
		a.People = append(a.People, p)
	}
	return a
}

func chance(n float64) string {
	switch {
	case n < hardly:
		return "hardly"
	case n < perhaps:
		return "perhaps"
	}
	return "likely"
}

// open is a button that opens a cluster of the cases that were in a place. What the place is called goes in the body: it is no address.
func open(q *site.Request, x command.SharedPlace, codes []string, rank int) *ui.Form {
	list := ""
	for i, c := range codes {
		if i > 0 {
			list += ", "
		}
		list += c
	}
	return &ui.Form{ID: fmt.Sprintf("open-%d", rank), Action: q.Path("clusters"), Submit: i18n.M("shared.open_cluster"), Hidden: map[string]string{
		"name": x.Place, "kind": string(clusterKind(x.Kind)), "setting": x.Place, "area": ownArea(q), "first_day": x.Day, "last_day": x.Day, "cases": list,
		"note": q.Words().T("shared.note", "n", x.Cases, "visits", x.Visits, "chance", fmt.Sprintf("%.2g", x.ByChance)),
	}}
}

// ownArea is the code of an area in which the reader may open a cluster: the one that they look at, or else the first of their own.
func ownArea(q *site.Request) string {
	if q.Sees(auth.CaseWrite, q.Area.ID) {
		return q.Area.Code
	}
	for _, id := range q.Tops(auth.CaseWrite) {
		if j, ok := q.Tree.Get(id); ok {
			return j.Code
		}
	}
	return ""
}

// clusterKind is what cases share who were in a place of a kind; the words are those of trace.Kind.
func clusterKind(kind string) cluster.Kind {
	switch kind {
	case "home":
		return cluster.Household
	case "school", "class":
		return cluster.School
	case "office", "factory":
		return cluster.Workplace
	case "shop", "canteen":
		return cluster.Shop
	case "transport":
		return cluster.Transport
	case "care":
		return cluster.CareHome
	case "hospital":
		return cluster.Hospital
	case "leisure", "worship":
		return cluster.Event
	default:
		return cluster.Other
	}
}
