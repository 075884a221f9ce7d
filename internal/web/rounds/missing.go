package rounds

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/day"
	"firebreak/internal/exchange"
	"firebreak/internal/i18n"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/roundplan"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/turnout"
	"firebreak/internal/web/happened"
	"firebreak/internal/web/record"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// doorsPage is how many people a page of the list has: a walk of an evening, and few enough for one request for names.
const doorsPage = 200

// mostInFile bounds a file of codes.
const mostInFile = 100_000

// Missing is GET /o/{outbreak}/rounds/{round}/missing: who is due in ?area= and was neither sampled nor spared.
func (h *Handler) Missing(q *site.Request) error {
	v, _, err := h.missingView(q)
	if err != nil {
		return err
	}
	return q.Show(h.missing, "screening", v)
}

// MissingNames is POST /o/{outbreak}/rounds/{round}/missing/names: the same list with names and telephones, for a purpose and a reason, both written down.
func (h *Handler) MissingNames(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	v, r, err := h.missingView(q)
	if err != nil {
		return err
	}
	var about []task.Subject
	for _, d := range v.Doors {
		for _, p := range d.People {
			about = append(about, task.Subject{Kind: task.OnPerson, ID: p.ID})
		}
	}
	if len(about) == 0 {
		return q.Show(h.missing, "screening", v)
	}
	list, bad, err := record.ReadNamesDue(q, form, v.Names.Action, r.ID, about...)
	if err != nil {
		return err
	}
	if bad != nil {
		v.Names = bad
		return q.ShowStatus(http.StatusUnprocessableEntity, h.missing, "screening", v)
	}
	n := 0
	for i := range v.Doors {
		for j := range v.Doors[i].People {
			v.Doors[i].People[j].Name, v.Doors[i].People[j].Phone = list[n].Name, list[n].Phone
			n++
		}
	}
	v.Names, v.Named = nil, true
	return q.Show(h.missing, "screening", v)
}

// after reads from where on a page of the list goes.
func after(q *site.Request) (person.Number, error) {
	text := q.URL.Query().Get("after")
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("list of who is missing after %q: %w", text, store.ErrCursor)
	}
	return person.Number(n), nil
}

func (h *Handler) missingView(q *site.Request) (v MissingView, r screening.Round, err error) {
	if r, err = h.one(q); err != nil {
		return v, r, err
	}
	mine := due(q, r)
	page := href(q, r, "missing")
	v = MissingView{Head: h.head(q, r, "missing"), Area: areaNames(q, mine), Printed: q.Now}
	if h.s.Turnout == nil || !r.State.Takes() {
		return v, r, nil
	}
	if v.Counts, err = h.s.Turnout.Count(r.ID, q.Tree, mine...); err != nil {
		v.Loading = errors.Is(err, turnout.ErrLoading)
		if v.Loading || errors.Is(err, turnout.ErrNotKept) {
			err = nil
		}
		return v, r, err
	}
	var plan *roundplan.Plan
	if err := q.View(func(rd *store.Reader) (err error) { plan, err = h.latest(rd, r); return err }); err != nil {
		return v, r, err
	}
	if v.Areas, err = h.areas(q, r, plan, mine, "missing", true); err != nil {
		return v, r, err
	}
	from, err := after(q)
	if err != nil {
		return v, r, err
	}
	numbers, err := h.s.Turnout.Missing(r.ID, q.Tree, mine, from, doorsPage+1)
	if err != nil {
		return v, r, err
	}
	query := url.Values{}
	if q.Area.Code != "" {
		query.Set("area", q.Area.Code)
	}
	here := page
	if len(query) > 0 {
		here += "?" + query.Encode()
	}
	if from > 0 {
		v.First = here
	}
	if len(numbers) > doorsPage {
		numbers = numbers[:doorsPage]
		next := url.Values{"after": {strconv.FormatInt(int64(numbers[doorsPage-1]), 10)}}
		if q.Area.Code != "" {
			next.Set("area", q.Area.Code)
		}
		v.Next = page + "?" + next.Encode()
	}
	v.Shown = int64(len(numbers))
	err = q.View(func(rd *store.Reader) error { v.Doors, err = h.doors(q, rd, numbers); return err })
	if err != nil {
		return v, r, err
	}
	self := url.Values{}
	for k, x := range query {
		self[k] = x
	}
	if from > 0 {
		self.Set("after", strconv.FormatInt(int64(from), 10))
	}
	suffix := ""
	if len(self) > 0 {
		suffix = "?" + self.Encode()
	}
	if v.Shown > 0 {
		v.Names = record.AskNames(q, page+"/names"+suffix)
		if v.Names != nil {
			v.Names.Submit = i18n.M("missing.names")
		}
		if slices.ContainsFunc(v.Doors, func(d Door) bool { return slices.ContainsFunc(d.People, func(p Resident) bool { return p.Pick }) }) {
			v.Stand = &ui.Form{ID: "stand", Action: page + "/stand" + suffix, Submit: i18n.M("missing.stand"), Fields: []ui.Field{
				{Name: "standing", Label: i18n.M("missing.standing"), Kind: ui.FieldRadio, Value: string(screening.Exempt), Options: ui.Choices("round.standing", string(screening.Exempt), string(screening.Refuses))[1:]},
				{Name: "reason", Label: i18n.M("col.reason"), Kind: ui.FieldText, Required: true, Hint: i18n.M("missing.reason_hint"), Autocomplete: "off"}}}
		}
		if auth.MayAnywhere(q.Actor, auth.Export, q.Purpose(auth.Export), q.Now) {
			v.File = page + "/export"
			if len(query) > 0 {
				v.File += "?" + query.Encode()
			}
		}
	}
	return v, r, nil
}

// doors puts people into blocks by where they live, in the order of their numbers, which is that of the register.
func (h *Handler) doors(q *site.Request, rd *store.Reader, numbers []person.Number) ([]Door, error) {
	known, err := rd.PeopleByNumber(numbers)
	if err != nil {
		return nil, err
	}
	code, err := h.codes(rd)
	if err != nil {
		return nil, err
	}
	var out []Door
	var last place.AreaID
	for _, n := range numbers {
		p, ok := known[n]
		if !ok {
			continue // moved between the two readings
		}
		if len(out) == 0 || p.Area != last {
			last = p.Area
			out = append(out, Door{Where: q.AreaName(p.Area)})
		}
		shown := record.Person(q, p, code(p), "")
		d := &out[len(out)-1]
		x := Resident{ID: int64(p.ID), Code: shown.Code, Age: shown.Age, Sex: shown.Sex, Person: shown, Pick: h.s.Commands.Identities() != nil && q.Sees(auth.StandingWrite, p.Area)}
		if p.Household != 0 {
			x.Home = strconv.FormatInt(int64(p.Household), 10)
		}
		d.People = append(d.People, x)
	}
	return out, nil
}

// codes gives the code that a person carries, or their number in the register where the store has no vault.
func (h *Handler) codes(rd *store.Reader) (func(person.Person) string, error) {
	ids := h.s.Commands.Identities()
	if ids == nil {
		return func(p person.Person) string { return "#" + strconv.FormatInt(int64(p.Number), 10) }, nil
	}
	v, err := ids.Vault(rd)
	if err != nil {
		return nil, err
	}
	return func(p person.Person) string { return v.PersonCode(p.ID) }, nil
}

// MissingFile is GET /o/{outbreak}/rounds/{round}/missing/export: codes and areas as CSV, without names.
func (h *Handler) MissingFile(q *site.Request) error {
	r, err := h.one(q)
	if err != nil {
		return err
	}
	if h.s.Turnout == nil {
		return fmt.Errorf("who is missing: %w", store.ErrNotFound)
	}
	mine := due(q, r)
	for _, a := range mine {
		if !q.Sees(auth.Export, a) {
			return &command.Forbidden{Action: auth.Export, Decision: auth.May(q.Actor, auth.Export, nil, q.Purpose(auth.Export), q.Now)}
		}
	}
	var rows [][]exchange.Value
	for from := person.Number(0); len(rows) < mostInFile; {
		numbers, err := h.s.Turnout.Missing(r.ID, q.Tree, mine, from, 1000)
		if err != nil {
			return err
		}
		if len(numbers) == 0 {
			break
		}
		from = numbers[len(numbers)-1]
		err = q.View(func(rd *store.Reader) error {
			known, err := rd.PeopleByNumber(numbers)
			if err != nil {
				return err
			}
			code, err := h.codes(rd)
			if err != nil {
				return err
			}
			for _, n := range numbers {
				p, ok := known[n]
				if !ok {
					continue
				}
				j, _ := q.Tree.Get(p.Area)
				row := []exchange.Value{exchange.Text(code(p)), exchange.Text(j.Code), exchange.Text(q.AreaName(p.Area)), {}, {}, exchange.Text(string(p.Sex))}
				if p.Household != 0 {
					row[3] = exchange.Int(int(p.Household))
				}
				if age := p.AgeAt(day.In(q.Now, q.Zone)); age != person.AgeUnknown {
					row[4] = exchange.Int(int(age))
				}
				rows = append(rows, row)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return record.SendCSV(q, "missing", []string{"person", "area", "area_name", "household", "age", "sex"}, rows)
}

// Stand is POST /o/{outbreak}/rounds/{round}/missing/stand: those who are ticked are exempt, or have refused.
func (h *Handler) Stand(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	r, err := h.one(q)
	if err != nil {
		return err
	}
	in := command.SetStandings{Round: r.ID}
	for _, code := range form["code"] {
		in.People = append(in.People, command.StandingFields{Code: code, Standing: screening.Standing(form.Get("standing")), Reason: form.Get("reason")})
	}
	back := href(q, r, "missing")
	if form.Get("back") == "standings" {
		back = href(q, r, "standings")
	} else if raw := q.URL.RawQuery; raw != "" {
		back += "?" + raw
	}
	if len(in.People) == 0 {
		return q.Done(back, "none", 0)
	}
	done, err := h.s.Commands.SetStandings(q.Context(), q.By(), in)
	if err != nil {
		return err
	}
	if done.Set == 0 {
		return q.Done(back, "none", 0)
	}
	return q.Done(back, "stood", done.Set)
}

// Standings is GET /o/{outbreak}/rounds/{round}/standings: who is exempt or refused, with the reason.
func (h *Handler) Standings(q *site.Request) error {
	r, err := h.one(q)
	if err != nil {
		return err
	}
	v := TubesView{Head: h.head(q, r, "standings")}
	kind := q.URL.Query().Get("standing")
	t := ui.Listing{Path: href(q, r, "standings"), Values: q.URL.Query(), Filters: []ui.Field{
		{Name: "standing", Label: i18n.M("missing.standing"), Kind: ui.FieldSelect, Value: kind, Options: ui.Choices("round.standing", string(screening.Exempt), string(screening.Refuses))}}}.Table("standings", i18n.M("round.tab.standings"),
		ui.Column{Key: "person", Label: i18n.M("round.person")}, ui.Column{Key: "standing", Label: i18n.M("missing.standing")}, ui.Column{Key: "reason", Label: i18n.M("col.reason")},
		ui.Column{Key: "area", Label: i18n.M("col.area")}, ui.Column{Key: "at", Label: i18n.M("round.said")}, ui.Column{Key: "by", Label: i18n.M("round.said_by")})
	t.Empty = ui.Empty{Title: i18n.M("round.no_standings"), Hint: i18n.M("round.no_standings_hint")}
	const most = 1000
	var mine []string // of whom the reader may take it back
	err = q.View(func(rd *store.Reader) error {
		list, err := rd.Standings(r.ID)
		if err != nil {
			return err
		}
		var ids []person.ID
		for _, s := range list {
			ids = append(ids, s.Person)
		}
		known, err := rd.PeopleByID(ids)
		if err != nil {
			return err
		}
		code, err := h.codes(rd)
		if err != nil {
			return err
		}
		for _, s := range list {
			p := known[s.Person]
			if kind != "" && kind != string(s.Standing) || !q.Sees(auth.ScreeningRead, p.Area) {
				continue
			}
			if len(t.Rows) == most {
				t.More = true
				break
			}
			if len(mine) < doorsPage && q.Sees(auth.StandingWrite, p.Area) {
				mine = append(mine, code(p))
			}
			id := strconv.FormatInt(int64(s.Person), 10)
			t.Rows = append(t.Rows, ui.Row{ID: id, Label: id, Cells: []ui.Cell{ui.Who(record.Person(q, p, code(p), "")), ui.Enum("round.standing", string(s.Standing)), ui.Text(s.Reason),
				ui.Text(q.AreaName(p.Area)), ui.At(s.SaidAt), ui.Text(happened.Who(q, s.SaidBy))}})
		}
		n := int64(len(t.Rows))
		t.Total = &n
		return nil
	})
	if err != nil {
		return err
	}
	if len(mine) > 0 {
		who := ui.Field{Name: "code", Label: i18n.M("round.person"), Kind: ui.FieldSelect, Required: true}
		for _, code := range mine {
			who.Options = append(who.Options, ui.Option{Value: code, Text: code})
		}
		v.Settle = &ui.Form{ID: "back-to-due", Action: href(q, r, "missing", "stand"), Submit: i18n.M("round.take_back"), Hidden: map[string]string{"standing": "", "back": "standings"},
			Fields: []ui.Field{who, {Name: "reason", Label: i18n.M("col.reason"), Kind: ui.FieldText, Required: true, Autocomplete: "off"}}}
	}
	v.Tables = []ui.Table{t}
	return q.Show(h.tubes, "screening", v)
}
