package isolation

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
	"firebreak/internal/facility"
	"firebreak/internal/i18n"
	"firebreak/internal/roster"
	"firebreak/internal/store"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// NewRoster parses the page of who of the staff is on duty at a facility.
func NewRoster(k *ui.Kit) (*ui.Page, error) {
	return k.Page("isolation-roster", files, "roster.html", "head.html")
}

// RosterView is who of the staff of a facility is on duty when, and who is missing.
type RosterView struct {
	Head
	Asked      bool // the pack says how many there are to be
	People     int64
	Intensive  int64 // of the people, in intensive care
	Most       int64 // who are expected at most
	Unsaid     bool  // doctors and nurses are asked for, and somebody is entered as medical staff only
	Needs      []NeedRow
	Gaps       []Gap
	MoreGaps   int
	On         []ShiftRow
	Days       []RosterDay
	From, To   string // ISO days, the first and the last
	Prev, Next string
	Loops      []LoopRow
	TestEvery  int // days
	Apart      int // days
	Forms      []Form
	Error      i18n.Msg // of a shift that was to be cancelled
}

// NeedRow is what is asked of a role.
type NeedRow struct {
	roster.Need
	Status ui.Status
}

// Gap is a time in which somebody is missing.
type Gap struct {
	facility.Shortage
	Status ui.Status
}

// RosterDay is the shifts that begin on a day.
type RosterDay struct {
	Day    string // ISO
	Today  bool
	Open   bool // it is shown with its shifts at once: today, or somebody is on duty by it
	N      int  // shifts that were not cancelled
	Blocks []ShiftBlock
}

// ShiftBlock is those who are on duty from and until the same instants.
type ShiftBlock struct {
	From, To time.Time
	NextDay  bool // it ends on a later day
	Shifts   []ShiftRow
}

// ShiftRow is one person on duty.
type ShiftRow struct {
	ID       int64
	Worker   string
	Role     string // key: staff_role.<Role>
	Zone     string // key: staff_zone.<Zone>; empty where it makes no difference
	State    string // key: shift_state.<State>
	Status   ui.Status
	Until    time.Time
	Why      string // it was cancelled
	WhyBy    string
	WhyAt    time.Time
	Crosses  bool   // they are in a closed loop, and this is in the clean zone
	Cancel   string // where it is cancelled; empty where the reader may not
	Version  int64
	Typed    string
	Error    i18n.Msg
	OutAfter time.Time // of whoever is in a closed loop: from when they may go out
}

// LoopRow is somebody in a closed loop.
type LoopRow struct {
	facility.Loop
	In     bool // they still work there, or will
	Status ui.Status
}

// How much of a roster is shown.
const (
	rosterDays = 7
	shownGaps  = 24
)

// rosterOf reads a facility by its number, if the reader sees its roster.
func rosterOf(q *site.Request, r *store.Reader) (facility.Facility, error) {
	id, err := strconv.ParseInt(q.PathValue("facility"), 10, 64)
	if err != nil {
		return facility.Facility{}, fmt.Errorf("facility %q: %w", q.PathValue("facility"), store.ErrNotFound)
	}
	f, err := r.Facility(facility.ID(id))
	if err == nil && (f.Outbreak != q.Outbreak.ID || !q.Sees(auth.RosterRead, f.Area)) {
		err = fmt.Errorf("facility %d: %w", id, store.ErrNotFound)
	}
	return f, err
}

// Roster is GET /o/{outbreak}/isolation/{facility}/roster.
func (h *Handler) Roster(q *site.Request) error {
	return h.showRoster(q, http.StatusOK, q.URL.Query().Get("day"), nil)
}

// showRoster shows the page from a day on, today where it is none, with what mark adds of an order that was refused.
func (h *Handler) showRoster(q *site.Request, status int, first string, mark func(*RosterView)) error {
	var v RosterView
	nav := "isolation"
	err := q.View(func(r *store.Reader) error {
		f, err := rosterOf(q, r)
		if err != nil {
			return err
		}
		day := q.Now.In(q.Zone)
		if at, err := time.ParseInLocation(time.DateOnly, first, q.Zone); err == nil {
			day = at
		}
		y, m, d := day.Date()
		from, to := time.Date(y, m, d, 0, 0, 0, 0, q.Zone), time.Date(y, m, d+rosterDays, 0, 0, 0, 0, q.Zone)
		x, err := roster.Read(r, q.Outbreak, q.Pack, f, q.Now, q.Zone, from, to)
		if err != nil {
			return err
		}
		v = RosterView{Head: headOf(q, f), Asked: x.Asked, People: x.People, Intensive: x.Intensive, Most: x.Most, From: from.Format(time.DateOnly), To: to.AddDate(0, 0, -1).Format(time.DateOnly),
			TestEvery: q.Pack.Isolation.Staff.TestEvery.Value, Apart: q.Pack.Isolation.Staff.Apart.Value}
		if !q.Sees(auth.IsolationRead, f.Area) {
			v.Href, nav = q.Path("care"), "care"
		}
		here := hrefOf(q, f.ID, "roster")
		v.Prev, v.Next = here+"?day="+from.AddDate(0, 0, -rosterDays).Format(time.DateOnly), here+"?day="+to.Format(time.DateOnly)
		v.fill(q, x)
		if q.Sees(auth.RosterWrite, f.Area) {
			v.mayPlan(q, f)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if mark != nil {
		mark(&v)
	}
	return q.ShowStatus(status, h.roster, nav, v)
}

// fill says who is on duty and who is missing.
func (v *RosterView) fill(q *site.Request, x roster.Report) {
	loops := map[string]facility.Loop{}
	crosses := map[facility.ShiftID]bool{}
	for _, l := range x.Loops {
		loops[facility.WorkerKey(l.Worker)] = l
		row := LoopRow{Loop: l, In: q.Now.Before(l.Last), Status: ui.OnTime}
		if len(l.Crosses) > 0 {
			row.Status = ui.Late
		}
		for _, id := range l.Crosses {
			crosses[id] = true
		}
		v.Loops = append(v.Loops, row)
	}
	row := func(s facility.Shift) ShiftRow {
		out := ShiftRow{ID: int64(s.ID), Worker: s.Worker, Role: string(s.Role), Zone: string(s.Zone), State: "planned", Status: ui.OnTime, Until: s.Until(), Crosses: crosses[s.ID] && !s.Cancelled(), Version: s.Version, OutAfter: loops[facility.WorkerKey(s.Worker)].Out}
		switch {
		case s.Cancelled():
			out.State, out.Status, out.Why, out.WhyBy, out.WhyAt = "cancelled", ui.Void, s.Reason, s.CancelledBy, s.CancelledAt
		case !q.Now.Before(s.To):
			out.State, out.Status = "over", ui.Void
		case s.On(q.Now):
			out.State, out.Status = "on", ui.Done
		}
		return out
	}
	for _, s := range x.On {
		v.On = append(v.On, row(s))
	}
	for _, n := range x.Needs {
		v.Needs = append(v.Needs, NeedRow{n, needStatus(n)})
		v.Unsaid = v.Unsaid || n.Role == facility.MedicalStaff && n.NotAskedFor && x.Asked
	}
	for _, s := range x.Short {
		if len(v.Gaps) == shownGaps {
			v.MoreGaps = len(x.Short) - shownGaps
			break
		}
		g := Gap{s, ui.DueSoon}
		if !q.Now.Before(s.From) {
			g.Status = ui.Late
		}
		v.Gaps = append(v.Gaps, g)
	}
	for _, s := range x.Shifts {
		from, to := s.From.In(q.Zone), s.To.In(q.Zone)
		day := from.Format(time.DateOnly)
		if k := len(v.Days); k == 0 || v.Days[k-1].Day != day {
			v.Days = append(v.Days, RosterDay{Day: day, Today: day == q.Now.In(q.Zone).Format(time.DateOnly)})
		}
		d := &v.Days[len(v.Days)-1]
		if k := len(d.Blocks); k == 0 || !d.Blocks[k-1].From.Equal(s.From) || !d.Blocks[k-1].To.Equal(s.To) {
			d.Blocks = append(d.Blocks, ShiftBlock{From: from, To: to, NextDay: to.Format(time.DateOnly) != day})
		}
		b := &d.Blocks[len(d.Blocks)-1]
		one := row(s)
		if !s.Cancelled() {
			d.N++
		}
		d.Open = d.Open || d.Today || one.State == "on"
		b.Shifts = append(b.Shifts, one)
	}
	if len(v.Days) > 0 && !slices.ContainsFunc(v.Days, func(d RosterDay) bool { return d.Open }) {
		v.Days[0].Open = true
	}
}

func needStatus(n roster.Need) ui.Status {
	switch {
	case n.NotAskedFor:
		return ui.Void
	case n.Now() > 0:
		return ui.Late
	case n.Short72 > 0:
		return ui.DueSoon
	}
	return ui.Done
}

// mayPlan adds what whoever plans the staff does.
func (v *RosterView) mayPlan(q *site.Request, f facility.Facility) {
	for i := range v.Days {
		for j := range v.Days[i].Blocks {
			for k := range v.Days[i].Blocks[j].Shifts {
				if s := &v.Days[i].Blocks[j].Shifts[k]; s.State == "planned" || s.State == "on" {
					s.Cancel = hrefOf(q, f.ID, "roster", strconv.FormatInt(s.ID, 10))
				}
			}
		}
	}
	v.Forms = ShiftForms(hrefOf(q, f.ID, "roster"), url.Values{})
}

// ShiftForms are the forms by which shifts are planned: one, or many as rows.
func ShiftForms(action string, typed url.Values) []Form {
	var roles []string
	for _, r := range facility.Roles() {
		roles = append(roles, string(r))
	}
	work := ui.Choices("staff_role", roles...)
	work[0].Label = i18n.M("roster.choose")
	zones := ui.Choices("staff_zone", string(facility.ContaminatedZone), string(facility.CleanZone))
	zones[0].Label = i18n.M("roster.any_zone")
	return []Form{
		{Title: i18n.M("roster.one"), Form: ui.Form{ID: "shift", Action: action, Submit: i18n.M("roster.add"), Fields: []ui.Field{
			{Name: "worker", Label: i18n.M("roster.worker"), Kind: ui.FieldText, Value: typed.Get("worker"), Required: true, Hint: i18n.M("roster.worker_hint"), Autocomplete: "off"},
			{Name: "role", Label: i18n.M("roster.role"), Kind: ui.FieldSelect, Value: typed.Get("role"), Required: true, Options: work},
			{Name: "zone", Label: i18n.M("roster.zone"), Kind: ui.FieldSelect, Value: typed.Get("zone"), Options: zones, Hint: i18n.M("roster.zone_hint")},
			{Name: "from", Label: i18n.M("roster.from"), Kind: ui.FieldInstant, Value: typed.Get("from"), Required: true},
			{Name: "to", Label: i18n.M("roster.to"), Kind: ui.FieldInstant, Value: typed.Get("to"), Required: true}}}},
		{Title: i18n.M("roster.many"), Hint: i18n.M("roster.rows_hint"), Form: ui.Form{ID: "shifts", Action: action, Submit: i18n.M("roster.add_many"), Fields: []ui.Field{
			{Name: "rows", Label: i18n.M("roster.rows"), Kind: ui.FieldArea, Value: typed.Get("rows"), Required: true, Hint: i18n.M("roster.rows_example")}}}}}
}

// PlanShifts is POST /o/{outbreak}/isolation/{facility}/roster: one shift, or many as rows, all or none.
func (h *Handler) PlanShifts(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	var f facility.Facility
	if err := q.View(func(r *store.Reader) (err error) { f, err = rosterOf(q, r); return err }); err != nil {
		return err
	}
	pasted := form.Has("rows")
	list := []command.ShiftOf{{Worker: form.Get("worker"), Role: form.Get("role"), Zone: form.Get("zone"), From: form.Get("from"), To: form.Get("to")}}
	var lines []int
	if pasted {
		list, lines, err = ReadShifts(form.Get("rows"))
		InWords(list, q.Words().Enum)
	}
	added := 0
	if err == nil {
		_, added, err = h.s.Commands.PlanShifts(q.Context(), by(q, f, auth.RosterWrite), command.PlanShifts{Facility: f.ID, Shifts: list})
	}
	if err == nil {
		return q.Done(hrefOf(q, f.ID, "roster"), "rostered", added)
	}
	var wrong *command.Invalid
	if !errors.As(err, &wrong) {
		return err
	}
	field, reason, line := wrong.Field, i18n.M("form.invalid", "reason", strings.TrimSpace(wrong.Value+" "+wrong.Reason)), 0
	var i int
	if n, _ := fmt.Sscanf(wrong.Field, "items[%d].", &i); n == 1 { // the order counts its rows from 0; whoever pasted them counts lines
		_, field, _ = strings.Cut(wrong.Field, "].")
		if i < len(lines) {
			line = lines[i]
		}
	}
	if both := (*command.TwoPlaces)(nil); errors.As(err, &both) {
		reason = twoPlaces(q, both)
	}
	return h.showRoster(q, http.StatusUnprocessableEntity, "", func(v *RosterView) {
		forms := ShiftForms(hrefOf(q, f.ID, "roster"), form)
		if pasted {
			if line > 0 {
				field = q.Words().T("site.line", "n", line, "field", field)
			}
			forms[1].Fields[0].Error = i18n.M("form.invalid_field", "field", field, "reason", q.Words().Msg(reason))
		} else {
			markField(&forms[0].Form, field, reason)
		}
		v.Forms = forms
	})
}

// markField says at a field what was refused; at the form where there is no such field.
func markField(f *ui.Form, name string, m i18n.Msg) {
	for i := range f.Fields {
		if f.Fields[i].Name == name {
			f.Fields[i].Error = m
			return
		}
	}
	f.Error = m
}

// twoPlaces says where else somebody is at the same time.
func twoPlaces(q *site.Request, e *command.TwoPlaces) i18n.Msg {
	from, to := q.Words().Short(e.From), q.Words().Short(e.To)
	if e.Facility == "" {
		return i18n.M("roster.two_places_elsewhere", "who", e.Value, "from", from, "to", to)
	}
	return i18n.M("roster.two_places", "who", e.Value, "where", e.Facility, "from", from, "to", to)
}

// CancelShift is POST /o/{outbreak}/isolation/{facility}/roster/{shift}.
func (h *Handler) CancelShift(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(q.PathValue("shift"), 10, 64)
	if err != nil {
		return fmt.Errorf("shift %q: %w", q.PathValue("shift"), store.ErrNotFound)
	}
	var f facility.Facility
	var s facility.Shift
	if err := q.View(func(r *store.Reader) (err error) {
		if f, err = rosterOf(q, r); err != nil {
			return err
		}
		if s, err = r.StaffShift(facility.ShiftID(id)); err == nil && s.Facility != f.ID {
			err = fmt.Errorf("shift %d at facility %d: %w", id, f.ID, store.ErrNotFound)
		}
		return err
	}); err != nil {
		return err
	}
	version, _ := strconv.ParseInt(form.Get("version"), 10, 64) // 0: as it stands
	_, err = h.s.Commands.CancelShift(q.Context(), by(q, f, auth.RosterWrite), command.CancelShift{Shift: s.ID, Version: version, Reason: form.Get("reason")})
	if err == nil {
		back := hrefOf(q, f.ID, "roster")
		if day := form.Get("day"); day != "" {
			back += "?" + url.Values{"day": {day}}.Encode()
		}
		return q.Done(back, "shift_cancelled", 1)
	}
	m, status, ok := refused(q, err)
	if !ok {
		return err
	}
	if wrong := (*command.Invalid)(nil); errors.As(err, &wrong) && wrong.Field == "reason" {
		m = i18n.M("roster.needs_reason")
	}
	return h.showRoster(q, status, form.Get("day"), func(v *RosterView) {
		for i := range v.Days {
			for j := range v.Days[i].Blocks {
				for k := range v.Days[i].Blocks[j].Shifts {
					if row := &v.Days[i].Blocks[j].Shifts[k]; row.ID == id && row.Cancel != "" {
						row.Error, row.Typed, v.Days[i].Open = m, form.Get("reason"), true
						return
					}
				}
			}
		}
		v.Error = m
	})
}

// StaffLine says on the page of a facility who is on duty now, and how many are missing.
type StaffLine struct {
	Href    string
	On      int
	Short   int64 // now
	Short72 int64 // at most, by role, within three days
	Status  ui.Status
	Asked   bool
}

// staffLine reads it; nil where the reader may not see the roster.
func staffLine(q *site.Request, r *store.Reader, f facility.Facility) (*StaffLine, error) {
	if !q.Sees(auth.RosterRead, f.Area) {
		return nil, nil
	}
	x, err := roster.Read(r, q.Outbreak, q.Pack, f, q.Now, q.Zone, q.Now, q.Now)
	if err != nil {
		return nil, err
	}
	out := &StaffLine{Href: hrefOf(q, f.ID, "roster"), On: len(x.On), Status: ui.Done, Asked: x.Asked}
	for _, n := range x.Needs {
		if !n.NotAskedFor {
			out.Short += n.Now()
			out.Short72 += n.Short72
		}
	}
	switch {
	case !x.Asked:
		out.Status = ui.Void
	case out.Short > 0:
		out.Status = ui.Late
	case out.Short72 > 0:
		out.Status = ui.DueSoon
	}
	return out, nil
}
