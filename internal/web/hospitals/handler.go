package hospitals

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"firebreak/internal/auth"
	"firebreak/internal/care"
	"firebreak/internal/cases"
	"firebreak/internal/command"
	"firebreak/internal/facility"
	"firebreak/internal/i18n"
	"firebreak/internal/store"
	"firebreak/internal/transfer"
	"firebreak/internal/treatment"
	"firebreak/internal/web/happened"
	"firebreak/internal/web/record"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// Handler answers for the care screen.
type Handler struct {
	s            *site.Site
	all, patient *ui.Page
}

// NewHandler parses the pages.
func NewHandler(s *site.Site) (*Handler, error) {
	h := &Handler{s: s}
	var errs [2]error
	h.all, errs[0] = New(s.Kit)
	h.patient, errs[1] = NewPatient(s.Kit)
	return h, errors.Join(errs[:]...)
}

// Show is GET /o/{outbreak}/care.
func (h *Handler) Show(q *site.Request) error { return h.show(q, http.StatusOK, 0, i18n.Msg{}) }

func (h *Handler) show(q *site.Request, status int, proposal treatment.ProposalID, wrong i18n.Msg) error {
	var v View
	err := q.View(func(r *store.Reader) error {
		all, err := care.Read(r, q.Outbreak, q.Pack, q.WithinFor(auth.CareRead), q.Now)
		if err != nil {
			return err
		}
		v.Beds = []Count{
			{Label: i18n.M("care.icu"), Free: all.ICU.Free(), Beds: all.ICU.Beds, Convertible: all.Ward.Convertible},
			{Label: i18n.M("care.ward"), Free: all.Ward.Free(), Beds: all.Ward.Beds, Reserve: all.Reserve[facility.Hospital]},
			{Label: i18n.M("care.sites"), Free: all.Sites.Free(), Beds: all.Sites.Beds, Reserve: all.Reserve[facility.IsolationSite]},
		}
		v.Waiting = waitingTable(q, all.Waiting)
		v.Houses = housesTable(q, all.Houses)
		if v.Events, err = eventsTable(q, r, all.Events); err != nil {
			return err
		}
		for _, x := range all.Houses {
			if p := x.Proposal; p != nil {
				one := Proposal{Name: x.Name, Kind: string(x.Kind), ReadyIn: x.ReadyIn, Beds: p.Beds, Occupied: p.Occupied, Projected: p.Projected, At: p.ProposedAt}
				if q.Sees(auth.DirectiveWrite, x.Area) {
					id := strconv.FormatInt(int64(p.ID), 10)
					one.Decide = &ui.Form{ID: "reserve-" + id, Action: q.Path("reserves", id), Submit: i18n.M("care.decide"), Version: strconv.FormatInt(p.Version, 10), Fields: []ui.Field{
						{Name: "accept", Label: i18n.M("care.decision"), Kind: ui.FieldRadio, Value: "yes", Options: []ui.Option{{Value: "yes", Label: i18n.M("care.open_it")}, {Value: "no", Label: i18n.M("care.keep_shut")}}},
						{Name: "reason", Label: i18n.M("col.reason"), Kind: ui.FieldText, Hint: i18n.M("care.reason_hint")}}}
					if p.ID == proposal {
						one.Decide.Error = wrong
					}
				}
				v.Proposals = append(v.Proposals, one)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return q.ShowStatus(status, h.all, "care", v)
}

func waitingTable(q *site.Request, list []care.Waiting) ui.Table {
	t := ui.Listing{Path: q.Path("care")}.Table("waiting", i18n.M("care.waiting"), ui.Column{Key: "case", Label: i18n.M("col.case")}, ui.Column{Key: "what", Label: i18n.M("care.what")},
		ui.Column{Key: "severity", Label: i18n.M("care.severity")}, ui.Column{Key: "due", Label: i18n.M("care.due")}, ui.Column{Key: "vehicle", Label: i18n.M("transfer.vehicle")}, ui.Column{Key: "owner", Label: i18n.M("care.holds")})
	t.Empty = ui.Empty{Title: i18n.M("care.none_waiting")}
	for _, w := range list {
		status := ui.OnTime
		if w.Task.Late(q.Now) {
			status = ui.Late
		}
		href := q.Path("care", w.Case.Code)
		owner := auth.Role(w.Task.Owner).Title(auth.Lang(q.Lang()))
		if name := q.AreaName(w.Task.Area); name != "" {
			owner = name + " · " + owner
		}
		t.Rows = append(t.Rows, ui.Row{ID: w.Case.Code + string(w.Task.Kind), Href: href, Label: w.Case.Code, Status: status, Cells: []ui.Cell{ui.Link(w.Case.Code, href), ui.Enum("task.kind", string(w.Task.Kind)),
			ui.Enum("severity", severityKey(w.Need.Severity)), ui.Due(w.Task.Due, status), vehicle(q, w.Transfer), ui.Text(owner)}})
	}
	return t
}

// vehicle says how far it is that somebody is fetched; empty where nothing asks for a vehicle.
func vehicle(q *site.Request, x transfer.Request) ui.Cell {
	if x.State == "" {
		return ui.Text("")
	}
	words := i18n.M("transfer.state." + string(x.State))
	if !q.Sees(auth.TransferRead, x.Area) {
		return ui.Enum("transfer.state", string(x.State))
	}
	return ui.WordsLink(words, q.Path("transfers", strconv.FormatInt(int64(x.ID), 10)))
}

func housesTable(q *site.Request, list []care.House) ui.Table {
	t := ui.Listing{Path: q.Path("care")}.Table("hospitals", i18n.M("care.hospitals"), ui.Column{Key: "hospital", Label: i18n.M("care.hospital")}, ui.Column{Key: "state", Label: i18n.M("col.state")},
		ui.Column{Key: "ward", Label: i18n.M("care.ward_taken")}, ui.Column{Key: "icu", Label: i18n.M("care.icu_taken")}, ui.Column{Key: "convertible", Label: i18n.M("care.convertible_head"), Numeric: true},
		ui.Column{Key: "severe", Label: i18n.M("care.severe_in"), Numeric: true}, ui.Column{Key: "area", Label: i18n.M("col.area")}, ui.Column{Key: "staff", Label: i18n.M("roster.title")})
	t.Empty = ui.Empty{Title: i18n.M("care.no_hospitals"), Hint: i18n.M("care.no_hospitals_hint")}
	for _, x := range list {
		ward := x.Levels[facility.WardLevel].Add(x.Levels[facility.NoLevel])
		icu := x.Levels[facility.ICU]
		status := ui.OnTime
		if x.State == facility.Open && ward.Free()+icu.Free() == 0 {
			status = ui.DueSoon
		}
		t.Rows = append(t.Rows, ui.Row{ID: x.Code, Label: x.Name, Status: status, Cells: []ui.Cell{ui.Text(x.Name), ui.Enum("facility_state", string(x.State)), ui.Part(ward.Taken(), ward.Beds), ui.Part(icu.Taken(), icu.Beds),
			ui.Number(ward.Convertible), ui.Number(x.Patients[treatment.Severe] + x.Patients[treatment.Critical]), ui.Text(q.AreaName(x.Area)), rosterCell(q, x.Facility)}})
	}
	return t
}

// rosterCell leads to the roster of a hospital; empty where the reader may not see it.
func rosterCell(q *site.Request, f facility.Facility) ui.Cell {
	if !q.Sees(auth.RosterRead, f.Area) {
		return ui.Text("")
	}
	return ui.WordsLink(i18n.M("roster.see"), q.Path("isolation", strconv.FormatInt(int64(f.ID), 10), "roster"))
}

func eventsTable(q *site.Request, r *store.Reader, list []treatment.Event) (ui.Table, error) {
	t := ui.Listing{Path: q.Path("care")}.Table("events", i18n.M("care.events"), ui.Column{Key: "what", Label: i18n.M("care.what")}, ui.Column{Key: "hospital", Label: i18n.M("care.hospital")}, ui.Column{Key: "where", Label: i18n.M("care.where")},
		ui.Column{Key: "state", Label: i18n.M("col.state")}, ui.Column{Key: "staff", Label: i18n.M("care.exposed_staff"), Numeric: true}, ui.Column{Key: "patients", Label: i18n.M("care.exposed_patients"), Numeric: true}, ui.Column{Key: "at", Label: i18n.M("care.noted")})
	t.Empty = ui.Empty{Title: i18n.M("care.no_events")}
	for _, e := range list {
		f, err := r.Facility(e.Facility)
		if err != nil {
			return t, err
		}
		status := ui.OnTime
		if e.State == treatment.EventOpen {
			status = ui.DueSoon
		}
		t.Rows = append(t.Rows, ui.Row{ID: strconv.FormatInt(int64(e.ID), 10), Label: f.Name, Status: status, Cells: []ui.Cell{ui.Enum("care_event", string(e.Kind)), ui.Text(f.Name), ui.Text(e.Where), ui.Enum("event_state", string(e.State)),
			ui.Number(e.ExposedStaff), ui.Number(e.ExposedPatients), ui.At(e.NotedAt)}})
	}
	return t, nil
}

// Decide is POST /o/{outbreak}/reserves/{proposal}.
func (h *Handler) Decide(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	id, err := q.Number("proposal")
	if err != nil {
		return err
	}
	version, _ := strconv.ParseInt(form.Get("version"), 10, 64) // 0: as it stands
	_, err = h.s.Commands.DecideReserve(q.Context(), q.By(), command.DecideReserve{Proposal: treatment.ProposalID(id), Version: version, Accept: form.Get("accept") == "yes", Reason: form.Get("reason")})
	var wrong *command.Invalid
	if errors.As(err, &wrong) {
		return h.show(q, http.StatusUnprocessableEntity, treatment.ProposalID(id), i18n.M("form.invalid", "reason", wrong.Error()))
	}
	if err != nil {
		return err
	}
	return q.Done(q.Path("care"), "decided", 1)
}

// Patient is GET /o/{outbreak}/care/{case}.
func (h *Handler) Patient(q *site.Request) error { return h.one(q, http.StatusOK, "", nil, i18n.Msg{}) }

// find reads the patient of the address, if the reader may: where the case belongs, or where it lies.
func (h *Handler) find(q *site.Request, r *store.Reader) (p care.Patient, err error) {
	code := q.PathValue("case")
	c, err := r.CaseByCode(q.Outbreak.ID, code)
	if err != nil {
		return p, err
	}
	if p, err = care.ReadPatient(r, q.Outbreak, q.Pack, c, q.Now, q.Zone); err != nil {
		return p, err
	}
	if in := p.In(); !q.Sees(auth.CareRead, c.Area) && (in == nil || !q.Sees(auth.CareRead, in.Area)) {
		err = fmt.Errorf("case %q: %w", code, store.ErrNotFound)
	}
	return p, err
}

func (h *Handler) one(q *site.Request, status int, step string, typed url.Values, wrong i18n.Msg) error {
	var v PatientView
	err := q.View(func(r *store.Reader) error {
		p, err := h.find(q, r)
		if err != nil {
			return err
		}
		v = PatientView{Code: p.Case.Code, Severity: severityKey(p.Need.Severity), Needs: string(p.Need.Setting), Clause: p.Need.Clause, Met: p.Met, StepDown: string(p.StepDown)}
		if q.Sees(auth.CaseRead, p.Case.Area) {
			v.CaseHref = q.Path("cases", p.Case.Code)
		}
		for _, c := range p.Criteria {
			v.Criteria = append(v.Criteria, Criterion{Key: string(c.Key), Clause: c.Clause, Have: int64(c.Have), Want: int64(c.Want), Met: c.Met, Since: c.Since, NotBefore: c.NotBefore})
		}
		if err := h.course(q, r, p, &v); err != nil {
			return err
		}
		v.Specimens = ui.Listing{Path: q.Path("care", p.Case.Code)}.Table("specimens", i18n.M("care.tests"), ui.Column{Key: "taken", Label: i18n.M("care.taken")}, ui.Column{Key: "result", Label: i18n.M("lab.result")}, ui.Column{Key: "ct", Label: i18n.M("care.ct")})
		v.Specimens.Empty = ui.Empty{Title: i18n.M("care.no_tests")}
		for _, s := range slices.Backward(p.Specimens) {
			ct := ""
			if s.Ct > 0 {
				ct = strconv.FormatFloat(s.Ct, 'f', 1, 64)
			}
			v.Specimens.Rows = append(v.Specimens.Rows, ui.Row{ID: s.Code, Label: s.Code, Cells: []ui.Cell{ui.At(s.TakenAt), ui.Enum("tube.result", cmp.Or(string(s.Result), "awaited")), ui.Text(ct)}})
		}
		return h.forms(q, r, p, &v)
	})
	if err != nil {
		return err
	}
	for i := range v.Forms {
		if f := &v.Forms[i]; f.ID == step {
			f.Error = wrong
			for j := range f.Fields {
				f.Fields[j].Value = typed.Get(f.Fields[j].Name)
			}
		}
	}
	return q.ShowStatus(status, h.patient, "care", v)
}

// course fills in where the patient lies, and what happened.
func (h *Handler) course(q *site.Request, r *store.Reader, p care.Patient, v *PatientView) error {
	v.Steps = ui.Timeline{ID: "course", Label: i18n.M("care.course")}
	for _, s := range p.Severity {
		v.Steps.Events = append(v.Steps.Events, ui.Event{At: s.At, Kind: "case.severity_recorded", Text: i18n.M("severity." + string(s.Severity)), Who: happened.Who(q, s.By)})
	}
	for _, a := range p.Admissions {
		f, err := r.Facility(a.Facility)
		if err != nil {
			return err
		}
		for _, m := range p.Moves[a.ID] {
			v.Steps.Events = append(v.Steps.Events, ui.Event{At: m.At, Kind: "case.bed_moved", Text: i18n.M("care.bed_of", "hospital", f.Name, "room", m.Room, "bed", m.Bed), Who: happened.Who(q, m.By)})
		}
		if a.Open() {
			v.Hospital, v.Level, v.Since, v.First, v.Reason = f.Name, string(a.Level), a.AdmittedAt, a.FirstBy, a.FirstReason
			continue
		}
		v.Ended = string(a.Ended)
		v.Steps.Events = append(v.Steps.Events, ui.Event{At: a.EndedAt, Kind: "case.discharged", Text: i18n.M("admission." + string(a.Ended)), Who: happened.Who(q, a.EndedBy)})
	}
	slices.SortStableFunc(v.Steps.Events, func(a, b ui.Event) int { return b.At.Compare(a.At) })
	return nil
}

// forms adds what the reader may do.
func (h *Handler) forms(q *site.Request, r *store.Reader, p care.Patient, v *PatientView) error {
	in := p.In()
	if !q.Sees(auth.CareWrite, p.Case.Area) && (in == nil || !q.Sees(auth.CareWrite, in.Area)) {
		return nil
	}
	add := func(step string, title i18n.Msg, danger bool, fields ...ui.Field) {
		v.Forms = append(v.Forms, Form{title, ui.Form{ID: step, Action: q.Path("care", p.Case.Code, step), Submit: title, Danger: danger, Fields: fields}})
	}
	var severities []string
	for _, s := range treatment.Severities() {
		severities = append(severities, string(s))
	}
	add("severity", i18n.M("care.record"), false, ui.Field{Name: "severity", Label: i18n.M("care.severity"), Kind: ui.FieldSelect, Value: string(p.Need.Severity), Required: true, Options: ui.Choices("severity", severities...)},
		ui.Field{Name: "at_risk", Label: i18n.M("care.at_risk"), Kind: ui.FieldCheck, Value: "yes", Checked: p.Need.AtRisk})
	level := ui.Field{Name: "level", Label: i18n.M("care.level"), Kind: ui.FieldSelect, Options: ui.Choices("bed_level", string(facility.WardLevel), string(facility.ICU))}
	if p.Case.Outcome == cases.Open || p.Case.Outcome == cases.Recovered {
		list, err := r.Facilities(q.Outbreak.ID, q.WithinFor(auth.CareWrite))
		if err != nil {
			return err
		}
		to := ui.Field{Name: "hospital", Label: i18n.M("care.hospital"), Kind: ui.FieldSelect, Required: true}
		for _, f := range list {
			if f.Kind == facility.Hospital && f.State == facility.Open && (in == nil || in.Facility != f.ID) {
				to.Options = append(to.Options, ui.Option{Value: f.Code, Text: f.Name})
			}
		}
		if p.StepDown == treatment.AtSite {
			h.stepDown(q, list, add)
		}
		title := i18n.M("care.admit")
		if in != nil {
			title = i18n.M("care.transfer")
		}
		if len(to.Options) > 0 {
			add("admit", title, false, to, level)
		}
	}
	if in == nil {
		return nil
	}
	if level.Value = ""; p.StepDown == treatment.InWard {
		level.Value = string(facility.WardLevel)
	}
	add("bed", i18n.M("care.move"), false, level, ui.Field{Name: "room", Label: i18n.M("care.room"), Kind: ui.FieldText, Autocomplete: "off", Hint: i18n.M("care.room_hint")})
	discharge := []ui.Field{}
	if !p.Met {
		discharge = append(discharge, ui.Field{Name: "reason", Label: i18n.M("col.reason"), Kind: ui.FieldText, Required: true, Hint: i18n.M("care.two_people")})
	}
	add("discharge", i18n.M("care.discharge"), !p.Met, append(discharge, record.WayHome(facility.WayUnsaid, "")...)...)
	add("died", i18n.M("care.died"), true, ui.Field{Name: "note", Label: i18n.M("care.note"), Kind: ui.FieldText, Autocomplete: "off"})
	return nil
}

// stepDown offers to ask for a move to one of the isolation sites that take people.
func (h *Handler) stepDown(q *site.Request, list []facility.Facility, add func(string, i18n.Msg, bool, ...ui.Field)) {
	to := ui.Field{Name: "to", Label: i18n.M("care.step_to"), Kind: ui.FieldSelect, Required: true}
	for _, f := range list {
		if f.Kind == facility.IsolationSite && (f.State == facility.Open || f.State == facility.Opening) {
			to.Options = append(to.Options, ui.Option{Value: f.Code, Text: f.Name})
		}
	}
	if len(to.Options) == 0 {
		return
	}
	add("step-down", i18n.M("care.step_down"), false, to, ui.Field{Name: "deadline", Label: i18n.M("care.step_by"), Kind: ui.FieldInstant, Required: true}, ui.Field{Name: "note", Label: i18n.M("transfer.note"), Kind: ui.FieldText, Autocomplete: "off", Hint: i18n.M("transfer.note_hint")})
}

// Order is POST /o/{outbreak}/care/{case}/{step}.
func (h *Handler) Order(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	var p care.Patient
	if err := q.View(func(r *store.Reader) (err error) { p, err = h.find(q, r); return err }); err != nil {
		return err
	}
	ctx, by, id, step := q.Context(), q.By(), p.Case.ID, q.PathValue("step")
	switch step {
	case "severity":
		_, err = h.s.Commands.RecordSeverity(ctx, by, command.RecordSeverity{Case: id, Severity: form.Get("severity"), AtRisk: form.Get("at_risk") != ""})
	case "admit":
		_, err = h.s.Commands.AdmitCase(ctx, by, command.AdmitCase{Case: id, Hospital: form.Get("hospital"), Level: form.Get("level")})
	case "bed":
		_, err = h.s.Commands.MoveBed(ctx, by, command.MoveBed{Case: id, Level: form.Get("level"), Room: form.Get("room")})
	case "step-down":
		_, err = h.s.Commands.StepDown(ctx, by, command.StepDown{Case: id, To: form.Get("to"), Deadline: form.Get("deadline"), TransferNeeds: command.TransferNeeds{Note: form.Get("note")}})
	case "discharge":
		_, err = h.s.Commands.DischargeCase(ctx, by, command.DischargeCase{Case: id, Override: form.Get("reason") != "", Reason: form.Get("reason"), Going: command.Going{WayHome: form.Get("way_home"), TakenBy: form.Get("taken_by")}})
	case "died":
		_, err = h.s.Commands.PatientDied(ctx, by, command.PatientDied{Case: id, Note: form.Get("note")})
	default:
		return fmt.Errorf("step %q: %w", step, store.ErrNotFound)
	}
	var wrong *command.Invalid
	if errors.As(err, &wrong) {
		return h.one(q, http.StatusUnprocessableEntity, step, form, i18n.M("form.invalid", "reason", wrong.Error()))
	}
	if err != nil {
		return err
	}
	return q.Done(q.Path("care", p.Case.Code), "saved", 1)
}
