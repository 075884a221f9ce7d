package isolation

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"firebreak/internal/auth"
	"firebreak/internal/cases"
	"firebreak/internal/command"
	"firebreak/internal/contact"
	"firebreak/internal/facility"
	"firebreak/internal/i18n"
	"firebreak/internal/person"
	"firebreak/internal/protocol"
	"firebreak/internal/store"
	"firebreak/internal/web/record"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// What a page shows at most: the rest is in the grid, or on the page of a room.
const (
	shownGuests = 4
	shownTurns  = 12
)

func headOf(q *site.Request, f facility.Facility) Head {
	out := Head{Code: f.Code, Name: f.Name, Href: hrefOf(q, f.ID), Kind: string(f.Kind), State: string(f.State), Status: statusOf(f.State), Area: q.AreaName(f.Area), Tier: string(f.Tier), Phone: f.Phone}
	if f.State == facility.Opening {
		out.Usable = f.StateAt.Add(f.ReadyIn)
	}
	if q.Sees(auth.FacilityWrite, f.Area) {
		out.RoomsHref = hrefOf(q, f.ID, "rooms")
	}
	return out
}

// guests are those who have a bed, with the codes that they go by and the day on which they may leave, where one is known.
func guests(q *site.Request, r *store.Reader, f facility.Facility, list []facility.Stay) (map[facility.StayID]Guest, error) {
	var sick []cases.ID
	var met []contact.ID
	for _, s := range list {
		if s.CaseOf != 0 {
			sick = append(sick, s.CaseOf)
		} else {
			met = append(met, s.ContactOf)
		}
	}
	known, err := r.CasesByID(sick)
	if err != nil {
		return nil, err
	}
	contacts, err := r.ContactsByID(met)
	if err != nil {
		return nil, err
	}
	byID := map[contact.ID]contact.Contact{}
	for _, c := range contacts {
		byID[c.ID] = c
	}
	left, err := childrenLeft(r, f, list, known, byID)
	if err != nil {
		return nil, err
	}
	out := make(map[facility.StayID]Guest, len(list))
	for _, s := range list {
		g := Guest{Stay: int64(s.ID), Href: hrefOf(q, f.ID, "stays", number(s.ID)), Bed: s.Bed, In: s.State == facility.In, Since: s.BookedAt}
		if g.In {
			g.Since = s.InAt
		}
		g.OfHref, g.With = g.Href, s.Companion
		if s.CaseOf != 0 {
			c := known[s.CaseOf]
			g.Of, g.Over = c.Code, c.Closed()
			if q.Sees(auth.CaseRead, c.Area) {
				g.OfHref = q.Path("cases", c.Code)
			}
		} else {
			c := byID[s.ContactOf]
			g.Of, g.Over = c.Code, c.Over()
			if q.Sees(auth.ContactRead, c.Area) {
				g.OfHref = q.Path("contacts", c.Code)
			}
			if ends := c.EndsOn; !ends.IsZero() {
				// The days at home that follow are not spent here.
				if t := q.Pack.Tier(c.Tier); t != nil && t.Control.Value == protocol.Site {
					ends = ends.Add(-t.HomeDays.Value)
				}
				g.Ends = ends.String()
			}
		}
		g.Over = g.Over || left[s.ID]
		out[s.ID] = g
	}
	return out, nil
}

// childrenLeft are the stays of those who are in a facility for the sake of a child who is there no more.
func childrenLeft(r *store.Reader, f facility.Facility, list []facility.Stay, sick map[cases.ID]cases.Case, met map[contact.ID]contact.Contact) (map[facility.StayID]bool, error) {
	out := map[facility.StayID]bool{}
	if !slices.ContainsFunc(list, func(s facility.Stay) bool { return s.Companion && s.State == facility.In }) {
		return out, nil
	}
	all, err := r.StaysIn([]facility.ID{f.ID})
	if err != nil {
		return nil, err
	}
	there := map[person.ID]bool{}
	for _, s := range all[f.ID] {
		there[s.Person] = true
	}
	for _, s := range list {
		child := sick[s.CaseOf].Person
		if s.CaseOf == 0 {
			child = met[s.ContactOf].Person
		}
		out[s.ID] = s.Companion && s.State == facility.In && !there[child]
	}
	return out, nil
}

// Show is GET /o/{outbreak}/isolation/{facility}.
func (h *Handler) Show(q *site.Request) error {
	v, err := h.view(q)
	if err != nil {
		return err
	}
	return q.Show(h.all, "isolation", v)
}

func (h *Handler) view(q *site.Request) (v View, err error) {
	err = q.View(func(r *store.Reader) error {
		f, err := read(q, r, q.PathValue("facility"))
		if err != nil {
			return err
		}
		list, err := readFull(r, []facility.Facility{f})
		if err != nil {
			return err
		}
		x := list[0]
		var stays []facility.Stay
		for _, m := range x.rooms {
			stays = append(stays, x.stays[m.ID]...)
		}
		who, err := guests(q, r, f, stays)
		if err != nil {
			return err
		}
		v = View{Head: headOf(q, f), Counts: x.counts(), Rooms: len(x.rooms)}
		if keeps(q, f) {
			v.CheckIn, v.Needs = hrefOf(q, f.ID, "arrivals"), needs()
		}
		v.fill(q, x, who)
		v.Forms = facilityForms(q, f, len(x.rooms) > 0)
		v.ChecksHref = hrefOf(q, f.ID, "checks")
		if v.Checks, err = checksLine(q, r, f); err != nil {
			return err
		}
		v.IncidentsHref = hrefOf(q, f.ID, "incidents")
		if v.Incidents, err = incidentsLine(r, f); err != nil {
			return err
		}
		if v.Standing, err = standing(q, r, f); err != nil {
			return err
		}
		v.InspectionsHref, v.MayInspect = hrefOf(q, f.ID, "inspections"), q.Sees(auth.FacilityInspect, f.Area)
		if v.Staff, err = staffLine(q, r, f); err != nil {
			return err
		}
		v.Ahead, err = aheadOf(q, r, f)
		return err
	})
	return v, err
}

// fill adds the rooms, who is expected, who is there, and what is to be turned round.
func (v *View) fill(q *site.Request, x full, who map[facility.StayID]Guest) {
	type there struct {
		Guest
		room string
	}
	var people []there
	corridors := map[string]int{}
	for _, m := range x.rooms {
		stays := x.stays[m.ID]
		href := hrefOf(q, x.ID, "rooms", number(m.ID))
		room := Room{Code: m.Code, Href: href, State: stateOf(m, stays), Use: string(m.Use), Beds: m.Beds}
		var come []Guest
		for _, s := range stays {
			g := who[s.ID]
			if g.In {
				people = append(people, there{g, m.Code})
			} else {
				come = append(come, g)
			}
			if len(room.Guests) < shownGuests {
				room.Guests = append(room.Guests, g)
			} else {
				room.More++
			}
		}
		if len(come) > 0 {
			a := Arrival{Room: m.Code, Href: href, Guests: come}
			switch m.State {
			case facility.Cleaning:
				a.Wait = Cleaning
			case facility.Broken:
				a.Wait = Broken
			case facility.Ready:
			}
			v.Arrivals = append(v.Arrivals, a)
		}
		if m.State == facility.Cleaning {
			t := Turn{Code: m.Code, Href: href, Since: m.StateAt, Version: m.Version}
			if turns(q, x.Facility) && !occupied(stays) {
				t.Action = href
			}
			v.Turns = append(v.Turns, t)
		}
		i, ok := corridors[m.Group]
		if !ok {
			i = len(v.Corridors)
			corridors[m.Group] = i
			v.Corridors = append(v.Corridors, Corridor{Name: m.Group})
		}
		v.Corridors[i].Rooms = append(v.Corridors[i].Rooms, room)
		if m.Group != "" && len(stays) > 0 {
			v.Corridors[i].Class = string(stays[0].Class)
		}
	}
	slices.SortStableFunc(v.Turns, func(a, b Turn) int { return a.Since.Compare(b.Since) }) // who waits longest comes first
	v.MoreTurns = max(0, len(v.Turns)-shownTurns)
	v.Turns = v.Turns[:len(v.Turns)-v.MoreTurns]
	// Who is to be let go first; those without a day last.
	slices.SortStableFunc(people, func(a, b there) int {
		if a.Over != b.Over {
			if a.Over {
				return -1
			}
			return 1
		}
		if (a.Ends == "") != (b.Ends == "") {
			if a.Ends == "" {
				return 1
			}
			return -1
		}
		return strings.Compare(a.Ends, b.Ends)
	})
	v.People = ui.Listing{Path: v.Href}.Table("people", i18n.M("isolation.people"), ui.Column{Key: "who", Label: i18n.M("isolation.who")}, ui.Column{Key: "room", Label: i18n.M("isolation.room")}, ui.Column{Key: "bed", Label: i18n.M("isolation.bed"), Numeric: true},
		ui.Column{Key: "since", Label: i18n.M("isolation.since")}, ui.Column{Key: "ends", Label: i18n.M("isolation.ends")})
	v.People.Empty = ui.Empty{Title: i18n.M("isolation.nobody"), Hint: i18n.M("isolation.nobody_hint")}
	for _, p := range people {
		ends, status := ui.Day(p.Ends), ui.OnTime
		switch {
		case p.Over:
			ends, status = ui.Words(i18n.M("isolation.to_leave")), ui.Late
		case p.Ends == "":
			ends = ui.Words(i18n.M("isolation.no_day"))
		}
		name, label := ui.Code(p.Of, p.Href), p.Of
		if p.With {
			name = ui.WordsLink(i18n.M("isolation.companion_of", "code", p.Of), p.Href)
			label = q.Words().Msg(name.Message)
		}
		v.People.Rows = append(v.People.Rows, ui.Row{ID: strconv.FormatInt(p.Stay, 10), Href: p.Href, Label: label, Status: status, Cells: []ui.Cell{name, ui.Text(p.room), ui.Number(p.Bed), ui.At(p.Since), ends}})
	}
}

// facilityForms are what the reader may do with a facility.
func facilityForms(q *site.Request, f facility.Facility, rooms bool) (out []Form) {
	if books(q, f) && rooms && (f.State == facility.Open || f.State == facility.Opening) {
		fields := []ui.Field{{Name: "codes", Label: i18n.M("isolation.codes." + string(f.Kind.Takes())), Kind: ui.FieldArea, Required: true, Hint: i18n.M("isolation.codes_hint")},
			{Name: "room", Label: i18n.M("isolation.room"), Kind: ui.FieldText, Autocomplete: "off", Hint: i18n.M("isolation.room_hint")},
			{Name: "together", Label: i18n.M("isolation.together"), Kind: ui.FieldCheck}}
		if keeps(q, f) && f.State == facility.Open {
			fields = append(fields, ui.Field{Name: "arrived", Label: i18n.M("isolation.arrived"), Kind: ui.FieldCheck}, ui.Field{Name: "explained", Label: i18n.M("isolation.explained"), Kind: ui.FieldCheck})
		}
		out = append(out, Form{Title: i18n.M("isolation.book"), Hint: i18n.M("isolation.book_hint"), Form: ui.Form{ID: "book", Action: hrefOf(q, f.ID, "stays"), Submit: i18n.M("isolation.book"), Fields: fields}})
	}
	if q.Sees(auth.FacilityWrite, f.Area) {
		to := ui.Field{Name: "state", Label: i18n.M("col.state"), Kind: ui.FieldRadio, Required: true}
		for _, s := range []facility.State{facility.Opening, facility.Open, facility.Closing, facility.Reserve} {
			if _, err := f.State.Move(s); err == nil && s != f.State {
				to.Options = append(to.Options, ui.Option{Value: string(s), Label: i18n.M("isolation.to." + string(s))})
			}
		}
		if len(to.Options) == 1 {
			to.Value = to.Options[0].Value
		}
		out = append(out, Form{Title: i18n.M("isolation.move"), Form: ui.Form{ID: "state", Action: hrefOf(q, f.ID, "state"), Submit: i18n.M("isolation.move"), Version: number(f.Version), Fields: []ui.Field{to,
			{Name: "reason", Label: i18n.M("col.reason"), Kind: ui.FieldText, Autocomplete: "off"}}}})
	}
	return out
}

func roomForms(q *site.Request, f facility.Facility, v url.Values) FormView {
	fields := []ui.Field{
		{Name: "code", Label: i18n.M("isolation.room_code"), Kind: ui.FieldText, Value: v.Get("code"), Required: true, Autocomplete: "off"},
		{Name: "group", Label: i18n.M("isolation.lift"), Kind: ui.FieldText, Value: v.Get("group"), Hint: i18n.M("isolation.lift_hint"), Autocomplete: "off"},
		{Name: "beds", Label: i18n.M("isolation.beds"), Kind: ui.FieldNumber, Value: v.Get("beds"), Min: "1", Max: "2000", Required: true},
		{Name: "use", Label: i18n.M("isolation.use"), Kind: ui.FieldRadio, Value: v.Get("use"), Required: true, Options: ui.Choices("room_use_long", string(facility.Private), string(facility.Shared), string(facility.Ward))},
		{Name: "care", Label: i18n.M("isolation.care"), Kind: ui.FieldText, Value: v.Get("care"), Hint: i18n.M("isolation.care_hint"), Autocomplete: "off"}}
	fields[3].Options = slices.DeleteFunc(fields[3].Options, func(o ui.Option) bool { return o.Value == "" })
	if f.Kind == facility.Hospital {
		fields = append(fields, ui.Field{Name: "level", Label: i18n.M("care.level"), Kind: ui.FieldSelect, Value: v.Get("level"), Options: ui.Choices("bed_level", string(facility.WardLevel), string(facility.ICU))})
	}
	return FormView{Title: i18n.M("isolation.rooms_to", "facility", f.Code), Back: hrefOf(q, f.ID), Forms: []Form{
		{Title: i18n.M("isolation.one_room"), Form: ui.Form{ID: "room", Action: hrefOf(q, f.ID, "rooms"), Submit: i18n.M("isolation.add_room"), Fields: fields}},
		{Title: i18n.M("isolation.many_rooms"), Hint: i18n.M("isolation.rows_hint"), Form: ui.Form{ID: "rooms", Action: hrefOf(q, f.ID, "rooms"), Submit: i18n.M("isolation.add_rooms"), Fields: []ui.Field{
			{Name: "rows", Label: i18n.M("isolation.rows"), Kind: ui.FieldArea, Value: v.Get("rows"), Required: true, Hint: i18n.M("isolation.rows_example")}}}}}}
}

// NewRooms is GET /o/{outbreak}/isolation/{facility}/rooms.
func (h *Handler) NewRooms(q *site.Request) error {
	f, err := h.writable(q)
	if err != nil {
		return err
	}
	return q.Show(h.form, "isolation", roomForms(q, f, url.Values{"beds": {"1"}, "use": {string(facility.Private)}}))
}

func (h *Handler) writable(q *site.Request) (facility.Facility, error) {
	f, err := h.facility(q, q.PathValue("facility"))
	if err == nil && !q.Sees(auth.FacilityWrite, f.Area) {
		err = fmt.Errorf("rooms of facility %d: %w", f.ID, store.ErrNotFound)
	}
	return f, err
}

// AddRooms is POST /o/{outbreak}/isolation/{facility}/rooms: one room, or many as rows, all or none.
func (h *Handler) AddRooms(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	f, err := h.writable(q)
	if err != nil {
		return err
	}
	pasted := form.Has("rows")
	var list []command.RoomFields
	var lines []int
	if pasted {
		list, lines, err = ReadRows(form.Get("rows"))
	} else {
		one := command.RoomFields{Code: form.Get("code"), Group: form.Get("group"), Use: facility.Use(form.Get("use")), Level: facility.Level(form.Get("level")), Care: careOf(form.Get("care"))}
		if one.Beds, err = strconv.ParseInt(strings.TrimSpace(form.Get("beds")), 10, 64); err != nil {
			err = &command.Invalid{Field: "beds", Value: form.Get("beds"), Reason: "is a number from 1 to 2,000"}
		}
		list = []command.RoomFields{one}
	}
	if err == nil {
		_, err = h.s.Commands.AddRooms(q.Context(), by(q, f, auth.FacilityWrite), command.AddRooms{Facility: f.ID, Rooms: list})
	}
	var wrong *command.Invalid
	if errors.As(err, &wrong) {
		var i int
		var field string
		n, _ := fmt.Sscanf(wrong.Field, "rooms[%d].%s", &i, &field) // the order counts its rows from 0; whoever pasted them counts lines
		if !pasted {
			v := roomForms(q, f, form)
			if n == 2 {
				wrong = &command.Invalid{Field: field, Value: wrong.Value, Reason: wrong.Reason}
			}
			record.Mark(&v.Forms[0].Form, wrong)
			return q.ShowStatus(http.StatusUnprocessableEntity, h.form, "isolation", v)
		}
		if n == 2 && i < len(lines) {
			wrong = &command.Invalid{Field: q.Words().T("site.line", "n", lines[i], "field", field), Value: wrong.Value, Reason: wrong.Reason}
		}
		v := roomForms(q, f, url.Values{"beds": {"1"}, "use": {string(facility.Private)}, "rows": {form.Get("rows")}})
		v.Forms[1].Fields[0].Error = i18n.M("form.invalid_field", "field", wrong.Field, "reason", strings.TrimSpace(wrong.Value+" "+wrong.Reason))
		return q.ShowStatus(http.StatusUnprocessableEntity, h.form, "isolation", v)
	}
	if err != nil {
		return err
	}
	to := hrefOf(q, f.ID)
	if !pasted {
		to = hrefOf(q, f.ID, "rooms") // rooms are entered one after the other
	}
	return q.Done(to, "saved", len(list))
}

// Room is GET /o/{outbreak}/isolation/{facility}/rooms/{room}.
func (h *Handler) Room(q *site.Request) error { return h.showRoom(q, http.StatusOK, nil, i18n.Msg{}) }

func (h *Handler) showRoom(q *site.Request, status int, typed url.Values, wrong i18n.Msg) error {
	var v OneView
	err := q.View(func(r *store.Reader) error {
		f, m, err := readRoom(q, r)
		if err != nil {
			return err
		}
		all, err := readFull(r, []facility.Facility{f})
		if err != nil {
			return err
		}
		stays := all[0].stays[m.ID]
		who, err := guests(q, r, f, stays)
		if err != nil {
			return err
		}
		state := stateOf(m, stays)
		v = OneView{Head: headOf(q, f), Title: i18n.M("isolation.room_of", "room", m.Code), StateKey: string(state), Status: state.Status(), Facts: []Fact{
			{i18n.M("isolation.lift"), ui.Text(m.Group)}, {i18n.M("isolation.beds"), ui.Number(m.Beds)}, {i18n.M("isolation.use"), ui.Enum("room_use_long", string(m.Use))}, {i18n.M("isolation.care"), ui.Text(strings.Join(m.Care, ", "))}, {i18n.M("isolation.state_since"), ui.Ago(m.StateAt)}}}
		if m.Level != facility.NoLevel {
			v.Facts = append(v.Facts, Fact{i18n.M("care.level"), ui.Enum("bed_level", string(m.Level))})
		}
		for _, s := range stays {
			v.Guests = append(v.Guests, who[s.ID])
		}
		if turns(q, f) && !occupied(stays) {
			v.Forms = turnForms(q, f, m, len(stays) > 0)
		}
		return nil
	})
	if err != nil {
		return err
	}
	step := "turn"
	if typed.Get("broken") != "" {
		step = "broken"
	}
	if wrong.Key != "" && !markForm(v.Forms, step, typed, wrong) {
		return &command.Invalid{Field: "room", Value: q.PathValue("room"), Reason: "has somebody in it, or is booked and cannot be set aside"}
	}
	return q.ShowStatus(status, h.one, "isolation", v)
}

// occupied says whether somebody is in a room. One that is only booked is turned round for those who come.
func occupied(stays []facility.Stay) bool {
	return slices.ContainsFunc(stays, func(s facility.Stay) bool { return s.State == facility.In })
}

func turnForms(q *site.Request, f facility.Facility, m facility.Room, booked bool) []Form {
	action, version := hrefOf(q, f.ID, "rooms", number(m.ID)), number(m.Version)
	out := []Form{{Title: i18n.M("isolation.turn_title"), Hint: i18n.M("isolation.turn_hint"), Form: ui.Form{ID: "turn", Action: action, Version: version, Submit: i18n.M("isolation.turn"), Fields: []ui.Field{
		{Name: "disinfected", Label: i18n.M("isolation.disinfected"), Kind: ui.FieldCheck},
		{Name: "swab", Label: i18n.M("isolation.swab"), Kind: ui.FieldRadio, Value: string(command.SwabNone), Options: []ui.Option{{Value: "none", Label: i18n.M("room_swab.none")}, {Value: "negative", Label: i18n.M("room_swab.negative")}, {Value: "positive", Label: i18n.M("room_swab.positive")}}},
		{Name: "note", Label: i18n.M("care.note"), Kind: ui.FieldText, Autocomplete: "off"}}}}}
	if m.State != facility.Broken && !booked {
		out = append(out, Form{Title: i18n.M("isolation.break_title"), Form: ui.Form{ID: "broken", Action: action, Version: version, Submit: i18n.M("isolation.break"), Danger: true, Hidden: map[string]string{"broken": "1"}, Fields: []ui.Field{
			{Name: "note", Label: i18n.M("isolation.break_note"), Kind: ui.FieldText, Required: true, Autocomplete: "off"}}}})
	}
	return out
}

func readRoom(q *site.Request, r *store.Reader) (f facility.Facility, m facility.Room, err error) {
	if f, err = read(q, r, q.PathValue("facility")); err != nil {
		return f, m, err
	}
	id, err := strconv.ParseInt(q.PathValue("room"), 10, 64)
	if err == nil {
		m, err = r.Room(facility.RoomID(id))
	} else {
		err = fmt.Errorf("room %q: %w", q.PathValue("room"), store.ErrNotFound)
	}
	if err == nil && m.Facility != f.ID {
		err = fmt.Errorf("room %d: %w", id, store.ErrNotFound)
	}
	return f, m, err
}

// Turn is POST /o/{outbreak}/isolation/{facility}/rooms/{room}: how a room was turned round, or that it is broken.
func (h *Handler) Turn(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	var f facility.Facility
	var m facility.Room
	if err := q.View(func(r *store.Reader) (err error) { f, m, err = readRoom(q, r); return err }); err != nil {
		return err
	}
	version, _ := strconv.ParseInt(form.Get("version"), 10, 64) // 0: as it stands
	_, err = h.s.Commands.TurnRoom(q.Context(), by(q, f, auth.FacilityWrite, auth.IsolationWrite, auth.CareWrite), command.TurnRoom{Room: m.ID, Version: version, Disinfected: form.Get("disinfected") != "", Swab: command.Swab(form.Get("swab")), Broken: form.Get("broken") != "", Note: form.Get("note")})
	if err == nil {
		return q.Done(hrefOf(q, f.ID), "saved", 1)
	}
	if m, status, ok := refused(q, err); ok {
		return h.showRoom(q, status, form, m)
	}
	return err
}
