package rounds

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/i18n"
	"firebreak/internal/place"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/turnout"
	"firebreak/internal/web/record"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// Handler answers for the rounds.
type Handler struct {
	s                                              *site.Site
	list, form, round, missing, tubes, accountPage *ui.Page
	plan, planLists, standing                      *ui.Page
}

// NewHandler parses the pages.
func NewHandler(s *site.Site) (*Handler, error) {
	h := &Handler{s: s}
	var errs [9]error
	h.list, errs[0] = New(s.Kit)
	h.form, errs[1] = NewForm(s.Kit)
	h.round, errs[2] = NewRound(s.Kit)
	h.missing, errs[3] = NewMissing(s.Kit)
	h.tubes, errs[4] = NewTubes(s.Kit)
	h.accountPage, errs[5] = NewAccount(s.Kit)
	h.plan, errs[6] = NewPlan(s.Kit)
	h.planLists, errs[7] = NewPlanList(s.Kit)
	h.standing, errs[8] = NewStanding(s.Kit)
	return h, errors.Join(errs[:]...)
}

// due are the areas of a round that the reader sees, narrowed to the area asked for: none lies in another.
func due(q *site.Request, r screening.Round) []place.AreaID {
	tops := q.Tops(auth.ScreeningRead)
	if slices.Contains(tops, 0) {
		return r.Areas
	}
	return r.Part(q.Tree, tops)
}

// whole says whether the reader sees all of a round.
func whole(q *site.Request, r screening.Round) bool {
	return !slices.ContainsFunc(r.Areas, func(a place.AreaID) bool { return !q.Sees(auth.ScreeningRead, a) })
}

func (h *Handler) writes(q *site.Request, r screening.Round) bool {
	return q.Sees(auth.ScreeningWrite, r.Area)
}

// read reads the round of the address, if any part of it is the reader's.
func (h *Handler) read(q *site.Request, r *store.Reader) (screening.Round, error) {
	n, err := q.Number("round")
	if err != nil {
		return screening.Round{}, err
	}
	round, err := r.RoundByNumber(q.Outbreak.ID, n)
	if err == nil && len(due(q, round)) == 0 && (q.Area.ID == 0 || !whole(q, round)) {
		err = fmt.Errorf("round %d: %w", n, store.ErrNotFound)
	}
	return round, err
}

// one reads the round of the address alone.
func (h *Handler) one(q *site.Request) (r screening.Round, err error) {
	err = q.View(func(rd *store.Reader) (err error) { r, err = h.read(q, rd); return err })
	return r, err
}

func href(q *site.Request, r screening.Round, parts ...string) string {
	return q.Path(append([]string{"rounds", strconv.FormatInt(r.Number, 10)}, parts...)...)
}

// areaNames names areas, the first few of them.
func areaNames(q *site.Request, list []place.AreaID) string {
	const most = 4
	var names []string
	for _, a := range list[:min(len(list), most)] {
		names = append(names, q.AreaName(a))
	}
	text := strings.Join(names, q.Words().T("round.and"))
	if n := len(list) - most; n > 0 {
		text = q.Words().T("round.areas_more", "areas", text, "n", n)
	}
	return text
}

// tabs are the pages of a round.
func (h *Handler) head(q *site.Request, r screening.Round, current string) Head {
	out := Head{Href: href(q, r), Number: r.Number, Name: r.Name, State: string(r.State), Where: areaNames(q, r.Areas), Starts: r.StartsAt, Ends: r.EndsAt, Pool: int64(r.Pool), Opened: r.OpenedAt, Closed: r.ClosedAt}
	tabs := []struct{ key, path string }{{"live", ""}, {"plan", "/plan"}, {"missing", "/missing"}, {"standings", "/standings"}, {"tubes", "/tubes"}, {"aside", "/aside"}, {"account", "/account"}}
	switch {
	case r.State == screening.Cancelled, r.State == screening.Planned && h.s.Plans == nil:
		return out
	case r.State == screening.Planned:
		tabs = tabs[:2]
	case h.s.Plans == nil:
		tabs = slices.Delete(tabs, 1, 2)
	}
	query := ""
	if q.Area.Code != "" {
		query = "?" + url.Values{"area": {q.Area.Code}}.Encode()
	}
	for _, t := range tabs {
		at := out.Href + t.path
		if t.key == "live" || t.key == "missing" {
			at += query
		}
		out.Tabs = append(out.Tabs, ui.Tab{Label: i18n.M("round.tab." + t.key), Href: at, Current: t.key == current})
	}
	return out
}

// List is GET /o/{outbreak}/rounds.
func (h *Handler) List(q *site.Request) error {
	v := ListView{Listing: ui.Listing{Path: q.Path("rounds"), Values: q.URL.Query()}, SitesHref: q.Path("sites"), Tabs: listTabs(q, false)}
	if q.Sees(auth.ScreeningWrite, 0) || auth.MayAnywhere(q.Actor, auth.ScreeningWrite, "", q.Now) {
		v.NewHref = q.Path("rounds", "new")
	}
	err := q.View(func(r *store.Reader) error {
		list, err := r.Rounds(q.Outbreak.ID)
		for _, x := range list {
			mine := due(q, x)
			if len(mine) == 0 {
				continue
			}
			row := Row{Href: href(q, x), Number: x.Number, Name: x.Name, State: string(x.State), Areas: areaNames(q, x.Areas), Starts: x.StartsAt, Ends: x.EndsAt, Late: x.State == screening.Open && q.Now.After(x.EndsAt)}
			if h.s.Turnout != nil && x.State.Takes() {
				switch n, err := h.s.Turnout.Count(x.ID, q.Tree, mine...); {
				case errors.Is(err, turnout.ErrLoading):
					v.Loading = true
				case err == nil:
					row.Counts = &n
				}
			}
			v.Rounds = append(v.Rounds, row)
		}
		return err
	})
	if err != nil {
		return err
	}
	return q.Show(h.list, "screening", v)
}

// mostPicked is up to how many areas the form offers to be ticked; others are given by their codes.
const mostPicked = 60

// pickAreas offers the areas at the top of the outbreak that the person may plan for: as many levels as fit.
func pickAreas(q *site.Request, chosen []string) (pick, more ui.Field) {
	pick = ui.Field{Name: "areas", Label: i18n.M("round.areas"), Kind: ui.FieldMany, Values: chosen, Required: true, Hint: i18n.M("round.areas_hint")}
	top := q.Outbreak.Area
	var level []place.AreaID
	if top != 0 {
		level = []place.AreaID{top}
	} else {
		level = q.Tree.Roots()
	}
	kept := map[place.AreaID]bool{}
	for depth := 0; len(level) > 0; depth++ {
		if len(kept)+len(level) > mostPicked && depth > 1 {
			break
		}
		var below []place.AreaID
		for _, a := range level {
			kept[a] = true
			for _, j := range q.Tree.Children(a) {
				below = append(below, j.ID)
			}
		}
		level = below
	}
	var walk func(a place.AreaID, depth int)
	offered := map[string]bool{}
	walk = func(a place.AreaID, depth int) {
		j, ok := q.Tree.Get(a)
		if !ok || !kept[a] {
			return
		}
		if q.Sees(auth.ScreeningWrite, a) {
			pick.Options = append(pick.Options, ui.Option{Value: j.Code, Text: q.AreaName(a), Depth: min(depth, 3)})
			offered[j.Code] = true
		}
		for _, k := range q.Tree.Children(a) {
			walk(k.ID, depth+1)
		}
	}
	if top != 0 {
		walk(top, 0)
	} else {
		for _, a := range q.Tree.Roots() {
			walk(a, 0)
		}
	}
	var rest []string
	for _, code := range chosen {
		if !offered[code] {
			rest = append(rest, code)
		}
	}
	more = ui.Field{Name: "more", Label: i18n.M("round.more_areas"), Kind: ui.FieldText, Value: strings.Join(rest, " "), Hint: i18n.M("round.more_areas_hint"), Autocomplete: "off"}
	return pick, more
}

// poolField asks how many people a tube holds.
func poolField(q *site.Request, v url.Values) ui.Field {
	pool := ui.Field{Name: "pool", Label: i18n.M("round.pool"), Kind: ui.FieldSelect, Value: v.Get("pool"), Required: true, Hint: i18n.M("round.pool_hint")}
	if q.Pack.Screening.Pools().Else != 0 {
		pool.Options = append(pool.Options, ui.Option{Value: "0", Label: i18n.M("round.pool_by_pack")})
	}
	for _, n := range screening.Pools {
		pool.Options = append(pool.Options, ui.Option{Value: strconv.Itoa(n), Label: i18n.M("round.pool_of", "n", n)})
	}
	return pool
}

// fields are the fields of a round; open leaves only what may be changed while tubes come in.
func fields(q *site.Request, v url.Values, open bool) []ui.Field {
	name := ui.Field{Name: "name", Label: i18n.M("round.name"), Kind: ui.FieldText, Value: v.Get("name"), Hint: i18n.M("round.name_hint"), Autocomplete: "off"}
	ends := ui.Field{Name: "ends_at", Label: i18n.M("round.ends"), Kind: ui.FieldInstant, Value: v.Get("ends_at"), Required: true, Hint: i18n.M("round.ends_hint", "zone", q.Zone.String())}
	if open {
		return []ui.Field{name, ends}
	}
	pick, more := pickAreas(q, append(slices.Clone(v["areas"]), codes(v.Get("more"))...))
	return []ui.Field{name, pick, more, {Name: "starts_at", Label: i18n.M("round.starts"), Kind: ui.FieldInstant, Value: v.Get("starts_at"), Required: true}, ends, poolField(q, v)}
}

func codes(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\r\n,;，；、", r) })
}

// mark puts what is wrong beside its field; of a list of areas it says which.
func mark(f *ui.Form, wrong *command.Invalid) {
	if wrong != nil && strings.HasPrefix(wrong.Field, "areas") {
		wrong = &command.Invalid{Field: "areas", Reason: strings.TrimSpace(wrong.Value + " " + wrong.Reason)}
	}
	record.Mark(f, wrong)
}

// New is GET /o/{outbreak}/rounds/new: from the next whole hour, for a day.
func (h *Handler) New(q *site.Request) error {
	from := q.Now.In(q.Zone).Truncate(time.Hour).Add(time.Hour)
	v := url.Values{"starts_at": {record.Local(from, q.Zone)}, "ends_at": {record.Local(from.Add(24*time.Hour), q.Zone)}, "pool": {"10"}}
	if q.Pack.Screening.Pools().Else != 0 {
		v.Set("pool", "0")
	}
	if j, ok := q.Tree.Get(q.Outbreak.Area); ok && q.Sees(auth.ScreeningWrite, j.ID) {
		v.Set("areas", j.Code)
	}
	return q.Show(h.form, "screening", FormView{i18n.M("round.plan"), h.newForm(q, v, nil)})
}

func (h *Handler) newForm(q *site.Request, v url.Values, wrong *command.Invalid) ui.Form {
	f := ui.Form{ID: "round", Action: q.Path("rounds"), Submit: i18n.M("round.plan"), Cancel: q.Path("rounds"), Fields: fields(q, v, false)}
	mark(&f, wrong)
	return f
}

// planned reads the form.
func planned(q *site.Request, form url.Values) (in command.PlanRound, err error) {
	in = command.PlanRound{Outbreak: q.Outbreak.Name, Name: form.Get("name"), Areas: append(slices.Clone(form["areas"]), codes(form.Get("more"))...)}
	for name, into := range map[string]*time.Time{"starts_at": &in.StartsAt, "ends_at": &in.EndsAt} {
		text := form.Get(name)
		if text == "" {
			continue // the order says whether it is needed
		}
		if *into, err = time.ParseInLocation("2006-01-02T15:04", text, q.Zone); err != nil {
			return in, &command.Invalid{Field: name, Value: text, Reason: "is not a day with an hour"}
		}
	}
	if text := form.Get("pool"); text != "" {
		if in.Pool, err = strconv.Atoi(text); err != nil {
			return in, &command.Invalid{Field: "pool", Value: text, Reason: screening.ErrPool.Error()}
		}
	}
	return in, nil
}

// Plan is POST /o/{outbreak}/rounds.
func (h *Handler) Plan(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	in, err := planned(q, form)
	var r screening.Round
	if err == nil {
		r, err = h.s.Commands.PlanRound(q.Context(), q.By(), in)
	}
	var wrong *command.Invalid
	if errors.As(err, &wrong) {
		return q.ShowStatus(http.StatusUnprocessableEntity, h.form, "screening", FormView{i18n.M("round.plan"), h.newForm(q, form, wrong)})
	}
	if err != nil {
		return err
	}
	return q.Done(href(q, r), "planned", 1)
}

// Edit is GET /o/{outbreak}/rounds/{round}/edit.
func (h *Handler) Edit(q *site.Request) error {
	r, err := h.one(q)
	if err != nil {
		return err
	}
	if !h.writes(q, r) || r.State != screening.Planned && r.State != screening.Open {
		return fmt.Errorf("change round %d: %w", r.Number, store.ErrNotFound)
	}
	v := url.Values{"name": {r.Name}, "starts_at": {record.Local(r.StartsAt, q.Zone)}, "ends_at": {record.Local(r.EndsAt, q.Zone)}, "pool": {strconv.Itoa(r.Pool)}}
	if r.ByPack {
		v.Set("pool", "0")
	}
	for _, a := range r.Areas {
		if j, ok := q.Tree.Get(a); ok {
			v.Add("areas", j.Code)
		}
	}
	if pool := q.URL.Query().Get("pool"); pool != "" && r.State == screening.Planned { // a plan proposed it
		v.Set("pool", pool)
	}
	return q.Show(h.form, "screening", FormView{i18n.M("round.change", "n", r.Number), h.editForm(q, r, v, nil)})
}

func (h *Handler) editForm(q *site.Request, r screening.Round, v url.Values, wrong *command.Invalid) ui.Form {
	f := ui.Form{ID: "round", Action: href(q, r), Submit: i18n.M("form.save"), Cancel: href(q, r), Version: strconv.FormatInt(r.Version, 10), Fields: fields(q, v, r.State == screening.Open)}
	mark(&f, wrong)
	return f
}

// Save is POST /o/{outbreak}/rounds/{round}.
func (h *Handler) Save(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	r, err := h.one(q)
	if err != nil {
		return err
	}
	in, err := planned(q, form)
	if err == nil {
		version, _ := strconv.ParseInt(form.Get("version"), 10, 64)
		change := command.ChangeRound{Round: r.ID, Version: version, EndsAt: &in.EndsAt}
		if name := strings.TrimSpace(in.Name); name != r.Name {
			change.Name = &name
		}
		if r.State == screening.Planned {
			change.Areas, change.StartsAt, change.Pool = in.Areas, &in.StartsAt, &in.Pool
		}
		_, err = h.s.Commands.ChangeRound(q.Context(), q.By(), change)
	}
	var wrong *command.Invalid
	var conflict *store.Conflict
	switch {
	case errors.As(err, &wrong):
		return q.ShowStatus(http.StatusUnprocessableEntity, h.form, "screening", FormView{i18n.M("round.change", "n", r.Number), h.editForm(q, r, form, wrong)})
	case errors.As(err, &conflict):
		f := h.editForm(q, r, form, nil)
		f.Error = i18n.M("round.conflict")
		return q.ShowStatus(http.StatusConflict, h.form, "screening", FormView{i18n.M("round.change", "n", r.Number), f})
	case err != nil:
		return err
	}
	return q.Done(href(q, r), "saved", 1)
}

// dialogs are the steps that the reader may take, each asked about first.
func (h *Handler) dialogs(q *site.Request, r screening.Round, missing int64) []ui.Dialog {
	if !h.writes(q, r) {
		return nil
	}
	step := func(to string, danger bool, fields ...ui.Field) ui.Dialog {
		return ui.Dialog{ID: to, Title: i18n.M("round." + to), Text: i18n.M("round."+to+"_text", "n", missing), Form: ui.Form{ID: "do-" + to, Action: href(q, r, "state"), Submit: i18n.M("round." + to), Danger: danger,
			Version: strconv.FormatInt(r.Version, 10), Hidden: map[string]string{"to": to}, Fields: fields}}
	}
	switch r.State {
	case screening.Planned:
		return []ui.Dialog{step("open", false), step("cancel", true, ui.Field{Name: "reason", Label: i18n.M("col.reason"), Kind: ui.FieldText, Required: true, Autocomplete: "off"})}
	case screening.Open:
		return []ui.Dialog{step("close", true)}
	case screening.Closed, screening.Cancelled:
	}
	return nil
}

// State is POST /o/{outbreak}/rounds/{round}/state: open, close or cancel.
func (h *Handler) State(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	r, err := h.one(q)
	if err != nil {
		return err
	}
	version, err := strconv.ParseInt(form.Get("version"), 10, 64)
	if err != nil {
		return &command.Invalid{Field: "version", Value: form.Get("version"), Reason: "is not a version"}
	}
	said := ""
	switch to := form.Get("to"); to {
	case "open":
		_, err = h.s.Commands.OpenRound(q.Context(), q.By(), r.ID, version)
		said = "opened"
	case "close":
		_, err = h.s.Commands.CloseRound(q.Context(), q.By(), r.ID, version)
		said = "closed"
	case "cancel":
		_, err = h.s.Commands.CancelRound(q.Context(), q.By(), r.ID, version, form.Get("reason"))
		said = "cancelled"
	default:
		err = &command.Invalid{Field: "to", Value: to, Reason: "is open, close or cancel"}
	}
	var conflict *store.Conflict
	if errors.As(err, &conflict) {
		return q.Done(href(q, r), "none", 0)
	}
	if err != nil {
		return err
	}
	return q.Done(href(q, r), said, 1)
}
