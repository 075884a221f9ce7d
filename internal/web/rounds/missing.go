package rounds

import (
	"cmp"
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
	"firebreak/internal/turnout"
	"firebreak/internal/web/happened"
	"firebreak/internal/web/record"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// doorsPage is how many people a page of the list has: a walk of an evening, and few enough for one request for names.
const doorsPage = 200

// buildingPage is how many of one building stand on a page: as many as can be opened at once.
const buildingPage = 1000

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

// MissingNames is POST /o/{outbreak}/rounds/{round}/missing/names: the same list door by door, with names and telephones, for a purpose and a reason, both written down.
func (h *Handler) MissingNames(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	v, r, err := h.missingView(q)
	if err != nil {
		return err
	}
	if v.Names == nil {
		return q.Show(h.missing, "screening", v)
	}
	list, bad, err := record.ReadDoors(q, form, v.Names.Action, r.ID, v.numbers)
	if err != nil {
		return err
	}
	if bad != nil {
		bad.Submit = v.Names.Submit
		v.Names = bad
		return q.ShowStatus(http.StatusUnprocessableEntity, h.missing, "screening", v)
	}
	// As they are knocked at: by community, building, door.
	known := map[int64]Resident{}
	for _, d := range v.Doors {
		for _, p := range d.People {
			known[p.ID] = p
		}
	}
	v.Doors = nil
	for _, area := range v.areas {
		for _, d := range list {
			p, ok := known[int64(d.Person)]
			if d.Area != area || !ok {
				continue
			}
			p.At, p.Name, p.Phone = d.Door.Reveal(), d.Name.Reveal(), d.Phone.Reveal()
			v.add(doorAt(q, area, d.Building.Name), p)
		}
	}
	v.Names, v.Named = nil, true
	return q.Show(h.missing, "screening", v)
}

// add adds somebody to the last block of the list, or begins the next.
func (v *MissingView) add(where string, p Resident) {
	if n := len(v.Doors); n == 0 || v.Doors[n-1].Where != where {
		v.Doors = append(v.Doors, Door{Where: where})
	}
	d := &v.Doors[len(v.Doors)-1]
	d.People = append(d.People, p)
}

// doorAt names a block of the list.
func doorAt(q *site.Request, area place.AreaID, building string) string {
	if building == "" {
		return q.AreaName(area)
	}
	return q.Words().T("missing.at", "area", q.AreaName(area), "building", building)
}

// mostHere is of how many residents an area may be told apart by building: a community, or a few.
const mostHere = 30_000

// byBuilding fills in the buildings of a small area, and returns which of those who are missing live in the one asked for; all is true where none was.
func (h *Handler) byBuilding(q *site.Request, rd *store.Reader, r screening.Round, mine []place.AreaID, v *MissingView) (there []person.Number, all bool, err error) {
	ranges, due, missing, err := h.s.Turnout.Standings(r.ID, q.Tree, mine...)
	if err != nil {
		return nil, true, err
	}
	people := int64(0)
	for _, x := range ranges {
		people += int64(x.Past - x.First)
	}
	if people > mostHere {
		return nil, true, nil
	}
	counts, err := rd.CountByBuilding(ranges, due.Has, missing.Has)
	if err != nil {
		return nil, true, err
	}
	// Several communities have a building 1: then each is told with its community, and those of one stand together.
	communities := map[place.AreaID]bool{}
	for _, c := range counts {
		if c.Building.ID != 0 {
			communities[c.Building.Area] = true
		}
	}
	several := len(communities) > 1
	if several {
		slices.SortStableFunc(counts, func(a, b store.BuildingCount) int { return cmp.Compare(a.Building.Area, b.Building.Area) })
	}
	asked, err := strconv.ParseInt(cmp.Or(q.URL.Query().Get("building"), "-1"), 10, 64)
	if err != nil {
		return nil, true, &command.Invalid{Field: "building", Value: q.URL.Query().Get("building"), Reason: "is not the number of a building"}
	}
	t := ui.Listing{Path: q.URL.Path}.Table("buildings", i18n.M("missing.by_building"), ui.Column{Key: "building", Label: i18n.M("missing.building")}, ui.Column{Key: "sampled", Label: i18n.M("round.done")}, ui.Column{Key: "missing", Label: i18n.M("round.missing"), Numeric: true})
	v.order = map[place.BuildingID]int{}
	known := false
	for i, c := range counts {
		v.order[c.Building.ID] = i
		known = known || c.Building.ID != 0
		if c.Missing == 0 {
			continue
		}
		name := c.Building.Name
		switch {
		case name == "":
			name = q.Words().T("missing.no_building")
		case several:
			name = doorAt(q, c.Building.Area, name)
		}
		if asked == int64(c.Building.ID) {
			v.Building = name
		}
		query := url.Values{"building": {strconv.FormatInt(int64(c.Building.ID), 10)}}
		if q.Area.Code != "" {
			query.Set("area", q.Area.Code)
		}
		to := href(q, r, "missing") + "?" + query.Encode()
		t.Rows = append(t.Rows, ui.Row{ID: query.Get("building"), Href: to, Label: name, Cells: []ui.Cell{ui.Link(name, to), ui.Part(c.Due-c.Missing, c.Due), ui.NumberLink(c.Missing, to)}})
	}
	if !known {
		return nil, true, nil // the register says of nobody in which building they live
	}
	if len(t.Rows) > 0 && asked < 0 {
		v.Buildings = &t
	}
	v.names = map[place.BuildingID]string{}
	for _, c := range counts {
		v.names[c.Building.ID] = c.Building.Name
	}
	if asked < 0 {
		return nil, true, nil
	}
	if there, err = rd.NumbersInBuilding(ranges, place.BuildingID(asked)); err != nil {
		return nil, true, err
	}
	there = slices.DeleteFunc(there, func(n person.Number) bool { return !missing.Has(n) })
	return there, false, nil
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
	var numbers []person.Number
	all := true
	err = q.View(func(rd *store.Reader) (err error) { numbers, all, err = h.byBuilding(q, rd, r, mine, &v); return err })
	if err != nil {
		return v, r, err
	}
	from, err := after(q)
	if err != nil {
		return v, r, err
	}
	size := doorsPage
	if all {
		numbers, err = h.s.Turnout.Missing(r.ID, q.Tree, mine, from, size+1)
	} else {
		// Of one building as many as can be opened at once: no building has more.
		size = buildingPage
		numbers = slices.DeleteFunc(numbers, func(n person.Number) bool { return n <= from })
	}
	if err != nil {
		return v, r, err
	}
	query := url.Values{}
	if q.Area.Code != "" {
		query.Set("area", q.Area.Code)
	}
	if !all {
		query.Set("building", q.URL.Query().Get("building"))
		v.Whole = page
		if q.Area.Code != "" {
			v.Whole += "?" + url.Values{"area": {q.Area.Code}}.Encode()
		}
	}
	here := page
	if len(query) > 0 {
		here += "?" + query.Encode()
	}
	if from > 0 {
		v.First = here
	}
	if len(numbers) > size {
		numbers = numbers[:size]
		next := url.Values{"after": {strconv.FormatInt(int64(numbers[size-1]), 10)}}
		for k, x := range query {
			next[k] = x
		}
		v.Next = page + "?" + next.Encode()
	}
	v.Shown, v.numbers = int64(len(numbers)), numbers
	err = q.View(func(rd *store.Reader) error { return h.doors(q, rd, numbers, &v) })
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

// doors puts people into blocks by where they live: by community in the order of their numbers, which is that of the register, and by building where those are told apart.
func (h *Handler) doors(q *site.Request, rd *store.Reader, numbers []person.Number, v *MissingView) error {
	known, err := rd.PeopleByNumber(numbers)
	if err != nil {
		return err
	}
	code, err := h.codes(rd)
	if err != nil {
		return err
	}
	var people []person.Person
	for _, n := range numbers {
		p, ok := known[n]
		if !ok {
			continue // moved between the two readings
		}
		if !slices.Contains(v.areas, p.Area) {
			v.areas = append(v.areas, p.Area)
		}
		people = append(people, p)
	}
	slices.SortStableFunc(people, func(a, b person.Person) int {
		return cmp.Or(cmp.Compare(slices.Index(v.areas, a.Area), slices.Index(v.areas, b.Area)), cmp.Compare(v.order[a.Building], v.order[b.Building]))
	})
	for _, p := range people {
		shown := record.Person(q, p, code(p), "")
		x := Resident{ID: int64(p.ID), Code: shown.Code, Age: shown.Age, Sex: shown.Sex, Person: shown, Pick: h.s.Commands.Identities() != nil && q.Sees(auth.StandingWrite, p.Area)}
		if p.Household != 0 {
			x.Home = strconv.FormatInt(int64(p.Household), 10)
		}
		v.add(doorAt(q, p.Area, v.names[p.Building]), x)
	}
	return nil
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
