package isolation

import (
	"cmp"
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
	"firebreak/internal/contact"
	"firebreak/internal/facility"
	"firebreak/internal/i18n"
	"firebreak/internal/roster"
	"firebreak/internal/store"
	"firebreak/internal/web/record"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// Handler answers for the isolation screen.
type Handler struct {
	s                                                            *site.Site
	list, form, all, one, checks, incidents, inspections, roster *ui.Page
}

// NewHandler parses the pages.
func NewHandler(s *site.Site) (*Handler, error) {
	h := &Handler{s: s}
	var errs [8]error
	h.list, errs[0] = New(s.Kit)
	h.form, errs[1] = NewForm(s.Kit)
	h.all, errs[2] = NewFacility(s.Kit)
	h.one, errs[3] = NewOne(s.Kit)
	h.checks, errs[4] = NewChecks(s.Kit)
	h.incidents, errs[5] = NewIncidents(s.Kit)
	h.inspections, errs[6] = NewInspections(s.Kit)
	h.roster, errs[7] = NewRoster(s.Kit)
	return h, errors.Join(errs[:]...)
}

func hrefOf(q *site.Request, id facility.ID, parts ...string) string {
	return q.Path(append([]string{"isolation", number(id)}, parts...)...)
}

func number[T ~int64](n T) string { return strconv.FormatInt(int64(n), 10) }

// by is the caller of an order that one of several rights lets them give: they act for the purpose of the first that they have.
func by(q *site.Request, f facility.Facility, actions ...auth.Action) command.By {
	out := q.By()
	for _, a := range actions {
		if q.Sees(a, f.Area) {
			out.Purpose = q.Purpose(a)
			break
		}
	}
	return out
}

// keeper is the right to check people in and out.
func keeper(f facility.Facility) auth.Action {
	if f.Kind == facility.Hospital {
		return auth.CareWrite
	}
	return auth.IsolationWrite
}

func keeps(q *site.Request, f facility.Facility) bool { return q.Sees(keeper(f), f.Area) }

func books(q *site.Request, f facility.Facility) bool {
	return keeps(q, f) || q.Sees(auth.TransferWrite, f.Area)
}

func turns(q *site.Request, f facility.Facility) bool {
	return q.Sees(auth.FacilityWrite, f.Area) || q.Sees(auth.IsolationWrite, f.Area) || q.Sees(auth.CareWrite, f.Area)
}

// refused says in the reader's words why an order was refused; ok is false for what is no refusal.
func refused(q *site.Request, err error) (m i18n.Msg, status int, ok bool) {
	var bed *command.NoBed
	var wrong *command.Invalid
	var conflict *store.Conflict
	switch {
	case errors.As(err, &bed):
		rule := q.Words().Enum("bed_rule", string(bed.Misfit.Rule))
		switch room := bed.Misfit.Room; room {
		case "":
			return i18n.M("isolation.refused", "who", bed.Value, "rule", rule), http.StatusUnprocessableEntity, true
		case bed.Value:
			return i18n.M("isolation.refused_in", "room", room, "rule", rule), http.StatusUnprocessableEntity, true
		default:
			return i18n.M("isolation.refused_room", "who", bed.Value, "room", room, "rule", rule), http.StatusUnprocessableEntity, true
		}
	case errors.As(err, &wrong) && wrong.Field == "cared_by" && wrong.Value == "":
		return i18n.M("isolation.child_stays"), http.StatusUnprocessableEntity, true
	case errors.As(err, &wrong):
		return i18n.M("form.invalid", "reason", wrong.Error()), http.StatusUnprocessableEntity, true
	case errors.As(err, &conflict):
		return i18n.M("isolation.conflict"), http.StatusConflict, true
	}
	return m, 0, false
}

func statusOf(s facility.State) ui.Status {
	switch s {
	case facility.Open:
		return ui.Done
	case facility.Opening, facility.Closing:
		return ui.DueSoon
	case facility.Reserve:
	}
	return ui.OnTime
}

// full is a facility with its rooms and who has a bed in them.
type full struct {
	facility.Facility
	rooms []facility.Room
	stays map[facility.RoomID][]facility.Stay
	facility.Occupancy
	by map[RoomState]int64 // rooms
}

func readFull(r *store.Reader, list []facility.Facility) ([]full, error) {
	ids := make([]facility.ID, len(list))
	for i, f := range list {
		ids[i] = f.ID
	}
	rooms, err := r.RoomsOf(ids)
	if err != nil {
		return nil, err
	}
	stays, err := r.StaysIn(ids)
	if err != nil {
		return nil, err
	}
	out := make([]full, len(list))
	for i, f := range list {
		x := full{Facility: f, rooms: rooms[f.ID], stays: map[facility.RoomID][]facility.Stay{}, Occupancy: facility.Count(rooms[f.ID], stays[f.ID]), by: map[RoomState]int64{}}
		for _, s := range stays[f.ID] {
			x.stays[s.Room] = append(x.stays[s.Room], s)
		}
		for _, m := range x.rooms {
			x.by[stateOf(m, x.stays[m.ID])]++
		}
		out[i] = x
	}
	return out, nil
}

func (x *full) counts() []Count {
	out := []Count{{Label: i18n.M("isolation.people_in"), N: x.Occupancy.In}, {Label: i18n.M("isolation.expected"), N: x.Occupancy.Booked},
		{Label: i18n.M("isolation.beds_free"), N: x.FreeBeds, Sub: i18n.M("isolation.of_beds", "n", x.Occupancy.Beds)},
		{Label: i18n.M("isolation.rooms_free"), N: x.by[Free], Sub: i18n.M("isolation.of_rooms", "n", x.Occupancy.Rooms)}, {Label: i18n.M("isolation.rooms_cleaning"), N: x.by[Cleaning]}}
	if n := x.by[Broken]; n > 0 {
		out = append(out, Count{Label: i18n.M("isolation.rooms_broken"), N: n})
	}
	return out
}

// List is GET /o/{outbreak}/isolation.
func (h *Handler) List(q *site.Request) error { return h.showList(q, http.StatusOK, i18n.Msg{}) }

func (h *Handler) showList(q *site.Request, status int, wrong i18n.Msg) error {
	values := q.URL.Query()
	v := ListView{Error: wrong}
	l := ui.Listing{Path: q.Path("isolation"), Values: values, Filters: []ui.Field{
		{Name: "kind", Label: i18n.M("col.kind"), Kind: ui.FieldSelect, Value: values.Get("kind"), Options: ui.Choices("facility_kind", kinds()...)},
		{Name: "state", Label: i18n.M("col.state"), Kind: ui.FieldSelect, Value: values.Get("state"), Options: ui.Choices("facility_state", string(facility.Open), string(facility.Opening), string(facility.Closing), string(facility.Reserve))},
		{Name: "area", Label: i18n.M("col.area"), Kind: ui.FieldSelect, Value: values.Get("area"), Options: append([]ui.Option{{Label: i18n.M("form.any")}}, record.AreaOptions(q)...)}}}
	err := q.View(func(r *store.Reader) error {
		found, err := r.Facilities(q.Outbreak.ID, q.WithinFor(auth.IsolationRead))
		if err != nil {
			return err
		}
		found = slices.DeleteFunc(found, func(f facility.Facility) bool {
			return values.Get("kind") != "" && values.Get("kind") != string(f.Kind) || values.Get("state") != "" && values.Get("state") != string(f.State)
		})
		list, err := readFull(r, found)
		if err != nil {
			return err
		}
		ahead, fullAt, err := aheadOfAll(q, r, q.WithinFor(auth.IsolationRead))
		if err != nil {
			return err
		}
		v.Ahead = ahead
		stands, err := standingOf(q, r, found)
		if err != nil {
			return err
		}
		staff, err := roster.Signs(r, q.Outbreak, q.Pack, slices.DeleteFunc(slices.Clone(found), func(f facility.Facility) bool { return !q.Sees(auth.RosterRead, f.Area) }), q.Now, q.Zone)
		if err != nil {
			return err
		}
		v.Table = listTable(q, l, list, fullAt, stands, staff)
		sum := full{by: map[RoomState]int64{}}
		for _, x := range list {
			sum.Occupancy.In += x.Occupancy.In
			sum.Occupancy.Booked += x.Occupancy.Booked
			if x.Facility.State != facility.Open && x.Facility.State != facility.Opening {
				continue // nobody is given a bed there
			}
			sum.FreeBeds += x.FreeBeds
			sum.Occupancy.Beds += x.Occupancy.Beds
			sum.Occupancy.Rooms += x.Occupancy.Rooms
			for s, n := range x.by {
				sum.by[s] += n
			}
		}
		if len(list) > 0 {
			v.Totals = sum.counts()
		}
		return nil
	})
	if err != nil {
		return err
	}
	if auth.MayAnywhere(q.Actor, auth.FacilityWrite, "", q.Now) {
		v.NewHref = q.Path("isolation", "new")
		v.Table.Bulk = []ui.BulkAction{{Label: i18n.M("isolation.open"), Action: q.Path("facilities", "open")}, {Label: i18n.M("isolation.close"), Action: q.Path("facilities", "close"), Danger: true}}
		v.Table.Empty.Action, v.Table.Empty.Href = i18n.M("isolation.add"), v.NewHref
	} else {
		v.Table.Empty.Hint = i18n.M("isolation.none_reader")
	}
	return q.ShowStatus(status, h.list, "isolation", v)
}

func kinds() (out []string) {
	for _, k := range facility.Kinds() {
		out = append(out, string(k))
	}
	return out
}

func listTable(q *site.Request, l ui.Listing, list []full, fullAt map[facility.ID]ui.Cell, stands map[facility.ID]Standing, staff map[facility.ID]roster.Sign) ui.Table {
	count := func(key string, label i18n.Msg) ui.Column { return ui.Column{Key: key, Label: label, Numeric: true} }
	t := l.Table("facilities", i18n.M("isolation.facilities"), ui.Column{Key: "facility", Label: i18n.M("isolation.facility")}, ui.Column{Key: "state", Label: i18n.M("col.state")}, count("in", i18n.M("isolation.people_in")), count("beds", i18n.M("isolation.beds_free")),
		ui.Column{Key: "rooms", Label: i18n.M("isolation.col_rooms")}, ui.Column{Key: "full", Label: i18n.M("ahead.col_full")}, ui.Column{Key: "staff", Label: i18n.M("isolation.col_staff")}, ui.Column{Key: "inspected", Label: i18n.M("inspect.col")})
	t.Live = "transfers"
	t.Empty = ui.Empty{Title: i18n.M("isolation.none"), Hint: i18n.M("isolation.none_hint")}
	rank := map[facility.State]int{facility.Open: 0, facility.Opening: 1, facility.Closing: 2, facility.Reserve: 3}
	slices.SortStableFunc(list, func(a, b full) int {
		return cmp.Or(cmp.Compare(rank[a.Facility.State], rank[b.Facility.State]), cmp.Compare(a.Code, b.Code))
	})
	for _, x := range list {
		name := x.Code
		if x.Name != x.Code {
			name += " · " + x.Name
		}
		href := hrefOf(q, x.ID)
		inspected := ui.Text("")
		if s, ok := stands[x.ID]; ok {
			inspected = s.cell(hrefOf(q, x.ID, "inspections"), q.Zone)
		}
		what := i18n.M("isolation.kind_in", "kind", q.Words().Enum("facility_kind", string(x.Kind)), "area", q.AreaName(x.Area))
		rooms := ui.Words(i18n.M("isolation.rooms_used", "free", x.by[Free], "in", x.by[In])).With(i18n.M("isolation.rooms_else", "booked", x.by[Booked], "cleaning", x.by[Cleaning]))
		t.Rows = append(t.Rows, ui.Row{ID: number(x.ID), Href: href, Label: name, Status: statusOf(x.Facility.State), Cells: []ui.Cell{ui.Link(name, href).With(what), ui.Enum("facility_state", string(x.Facility.State)),
			ui.Number(x.Occupancy.In).With(i18n.M("isolation.and_expected", "n", x.Occupancy.Booked)), ui.Number(x.FreeBeds).With(i18n.M("isolation.of_beds", "n", x.Occupancy.Beds)), rooms, fullAt[x.ID], staffCell(staff[x.ID], hrefOf(q, x.ID, "roster")), inspected}})
	}
	return t
}

// staffCell says whether staff are missing; blank where the pack asks for nobody, or the reader may not see the roster.
func staffCell(s roster.Sign, href string) ui.Cell {
	switch {
	case !s.Asked:
		return ui.Text("")
	case s.Short > 0:
		return ui.Signed(ui.Late, i18n.M("isolation.staff_now", "n", s.Short), href)
	case s.Short24 > 0:
		return ui.Signed(ui.DueSoon, i18n.M("isolation.staff_day", "n", s.Short24), href)
	}
	return ui.Signed(ui.Done, i18n.M("isolation.staff_enough"), href)
}

// MoveMany is POST /o/{outbreak}/facilities/{do}: opens or closes the facilities that are chosen, each as far as it goes.
func (h *Handler) MoveMany(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	do := q.PathValue("do")
	if do != "open" && do != "close" {
		return fmt.Errorf("%q facilities: %w", do, store.ErrNotFound)
	}
	for _, text := range form["id"] {
		f, err := h.facility(q, text)
		if err != nil {
			return err
		}
		to := facility.Open
		switch {
		case do == "close" && f.State == facility.Open:
			to = facility.Closing
		case do == "close":
			to = facility.Reserve
		case f.State == facility.Reserve && f.ReadyIn > 0:
			to = facility.Opening
		}
		if _, err := h.s.Commands.MoveFacility(q.Context(), by(q, f, auth.FacilityWrite), command.MoveFacility{Facility: f.ID, Version: f.Version, State: to}); err != nil {
			if m, status, ok := refused(q, err); ok {
				return h.showList(q, status, i18n.M("isolation.not_moved", "facility", f.Code, "why", q.Words().Msg(m)))
			}
			return err
		}
	}
	return q.Done(q.Path("isolation"), "saved", len(form["id"]))
}

// posted reads a form about a facility, and the facility, if the reader sees it.
func (h *Handler) posted(q *site.Request) (url.Values, facility.Facility, error) {
	form, err := q.Form()
	if err != nil {
		return nil, facility.Facility{}, err
	}
	f, err := h.facility(q, q.PathValue("facility"))
	return form, f, err
}

// facility reads a facility by its number, if the reader sees it.
func (h *Handler) facility(q *site.Request, text string) (f facility.Facility, err error) {
	err = q.View(func(r *store.Reader) (err error) { f, err = read(q, r, text); return err })
	return f, err
}

func read(q *site.Request, r *store.Reader, text string) (facility.Facility, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return facility.Facility{}, fmt.Errorf("facility %q: %w", text, store.ErrNotFound)
	}
	f, err := r.Facility(facility.ID(id))
	if err == nil && (f.Outbreak != q.Outbreak.ID || !q.Sees(auth.IsolationRead, f.Area)) {
		err = fmt.Errorf("facility %d: %w", id, store.ErrNotFound)
	}
	return f, err
}

func newForm(q *site.Request, v url.Values, wrong *command.Invalid) FormView {
	f := ui.Form{ID: "facility", Action: q.Path("isolation"), Submit: i18n.M("isolation.add"), Cancel: q.Path("isolation"), Fields: []ui.Field{
		{Name: "code", Label: i18n.M("isolation.code"), Kind: ui.FieldText, Value: v.Get("code"), Required: true, Hint: i18n.M("isolation.code_hint"), Autocomplete: "off"},
		{Name: "name", Label: i18n.M("site.name"), Kind: ui.FieldText, Value: v.Get("name"), Autocomplete: "off"},
		{Name: "kind", Label: i18n.M("col.kind"), Kind: ui.FieldSelect, Value: v.Get("kind"), Required: true, Options: ui.Choices("facility_kind", kinds()...)[0:], Hint: i18n.M("isolation.kind_hint")},
		record.AreaField(q, "area", v.Get("area")),
		{Name: "tier", Label: i18n.M("isolation.tier"), Kind: ui.FieldSelect, Value: v.Get("tier"), Options: ui.Choices("tier", string(contact.Close), string(contact.Secondary), string(contact.General)), Hint: i18n.M("isolation.tier_hint")},
		{Name: "ready_in", Label: i18n.M("isolation.ready_in"), Kind: ui.FieldNumber, Value: v.Get("ready_in"), Min: "0", Max: "720", Hint: i18n.M("isolation.ready_in_hint")},
		{Name: "opens", Label: i18n.M("isolation.receives_from"), Kind: ui.FieldText, Value: v.Get("opens"), Hint: i18n.M("lab.opens_hint"), Autocomplete: "off"},
		{Name: "closes", Label: i18n.M("isolation.receives_until"), Kind: ui.FieldText, Value: v.Get("closes"), Autocomplete: "off"},
		{Name: "lon", Label: i18n.M("site.lon"), Kind: ui.FieldText, Value: v.Get("lon"), Autocomplete: "off", Hint: i18n.M("isolation.lon_hint")},
		{Name: "lat", Label: i18n.M("site.lat"), Kind: ui.FieldText, Value: v.Get("lat"), Autocomplete: "off"},
		{Name: "phone", Label: i18n.M("isolation.phone"), Kind: ui.FieldText, Value: v.Get("phone"), Autocomplete: "off"},
		{Name: "open", Label: i18n.M("isolation.open_at_once"), Kind: ui.FieldCheck, Checked: v.Get("open") != ""}}}
	f.Fields[3].Required = true
	if wrong != nil {
		_, field, _ := strings.Cut(wrong.Field, "].")
		wrong = &command.Invalid{Field: cmp.Or(field, wrong.Field), Value: wrong.Value, Reason: wrong.Reason}
	}
	record.Mark(&f, wrong)
	return FormView{Title: i18n.M("isolation.add"), Forms: []Form{{Form: f}}}
}

// New is GET /o/{outbreak}/isolation/new.
func (h *Handler) New(q *site.Request) error {
	return q.Show(h.form, "isolation", newForm(q, url.Values{"area": {q.Area.Code}}, nil))
}

func typed(v url.Values) (f command.FacilityFields, err error) {
	f = command.FacilityFields{Code: v.Get("code"), Name: v.Get("name"), Kind: facility.Kind(v.Get("kind")), Area: v.Get("area"), Lon: strings.TrimSpace(v.Get("lon")), Lat: strings.TrimSpace(v.Get("lat")),
		Tier: contact.Tier(v.Get("tier")), Phone: v.Get("phone"), Open: v.Get("open") != ""}
	if text := strings.TrimSpace(v.Get("ready_in")); text != "" {
		hours, err := strconv.ParseInt(text, 10, 32)
		if err != nil {
			return f, &command.Invalid{Field: "ready_in", Value: text, Reason: "is a number of hours"}
		}
		f.ReadyIn = time.Duration(hours) * time.Hour
	}
	f.Opens, f.Closes, err = record.Hours(v)
	return f, err
}

// Add is POST /o/{outbreak}/isolation. The next step is its rooms.
func (h *Handler) Add(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	f, err := typed(form)
	var list []facility.Facility
	if err == nil {
		list, err = h.s.Commands.AddFacilities(q.Context(), q.By(), command.AddFacilities{Outbreak: q.Outbreak.Name, Facilities: []command.FacilityFields{f}})
	}
	var wrong *command.Invalid
	if errors.As(err, &wrong) {
		return q.ShowStatus(http.StatusUnprocessableEntity, h.form, "isolation", newForm(q, form, wrong))
	}
	if err != nil {
		return err
	}
	return q.Done(hrefOf(q, list[0].ID, "rooms"), "saved", 1)
}

// Move is POST /o/{outbreak}/isolation/{facility}/state.
func (h *Handler) Move(q *site.Request) error {
	form, f, err := h.posted(q)
	if err != nil {
		return err
	}
	version, _ := strconv.ParseInt(form.Get("version"), 10, 64) // 0: as it stands
	_, err = h.s.Commands.MoveFacility(q.Context(), by(q, f, auth.FacilityWrite), command.MoveFacility{Facility: f.ID, Version: version, State: facility.State(form.Get("state")), Reason: form.Get("reason")})
	return h.after(q, f, "state", form, err)
}

// after answers an order given on the page of a facility: the page again, with what was refused at the form that gave it.
func (h *Handler) after(q *site.Request, f facility.Facility, step string, form url.Values, err error) error {
	if err == nil {
		return q.Done(hrefOf(q, f.ID), "saved", 1)
	}
	m, status, ok := refused(q, err)
	if !ok {
		return err
	}
	v, viewErr := h.view(q)
	if viewErr != nil {
		return viewErr
	}
	if !markForm(v.Forms, step, form, m) {
		v.Error = m
	}
	return q.ShowStatus(status, h.all, "isolation", v)
}

// markForm says at a form what was refused, with what was typed. It tells whether the form is there.
func markForm(list []Form, step string, typed url.Values, m i18n.Msg) bool {
	for i := range list {
		f := &list[i]
		if f.ID != step {
			continue
		}
		f.Error = m
		for j := range f.Fields {
			switch x := &f.Fields[j]; x.Kind {
			case ui.FieldCheck:
				x.Checked = typed.Get(x.Name) != ""
			case ui.FieldMany:
				x.Values = typed[x.Name]
			default:
				x.Value = typed.Get(x.Name)
			}
		}
		return true
	}
	return false
}
