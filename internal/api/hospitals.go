package api

import (
	"net/http"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/care"
	"firebreak/internal/cases"
	"firebreak/internal/command"
	"firebreak/internal/facility"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/protocol"
	"firebreak/internal/store"
	"firebreak/internal/treatment"
)

// BedCount is how the beds of one level stand.
type BedCount struct {
	Level       string `json:"level" doc:"ward, icu, or empty at an isolation site"`
	Beds        int64  `json:"beds"`
	Occupied    int64  `json:"occupied"`
	Booked      int64  `json:"booked" doc:"Kept for somebody who is on the way."`
	Cleaning    int64  `json:"cleaning" doc:"Being cleaned or converted."`
	Free        int64  `json:"free"`
	Convertible int64  `json:"convertible_in_24_h" doc:"Of the free ones, those that can become intensive care."`
}

// Hospital is a hospital or isolation site for cases, with its beds.
type Hospital struct {
	Code        string           `json:"code"`
	Name        string           `json:"name"`
	Kind        string           `json:"kind" doc:"hospital or isolation-site"`
	State       string           `json:"state" doc:"reserve, opening, open or closing"`
	Area        string           `json:"area"`
	UsableHours *float64         `json:"usable_in_hours,omitempty" doc:"0: now; left out where it takes nobody."`
	Beds        []BedCount       `json:"beds"`
	Reported    []ReportedBeds   `json:"reported" doc:"What it tells of all its beds, those included in which nobody of this outbreak lies; of the last two days."`
	Patients    map[string]int64 `json:"patients" doc:"By severity; unassessed where nobody has told."`
	Proposal    int64            `json:"proposal,omitempty" doc:"To open it, that nobody has decided."`
}

// ReportedBeds is what a hospital tells of its beds of one level.
type ReportedBeds struct {
	Level       string     `json:"level" enum:"ward,icu"`
	Beds        int64      `json:"beds"`
	Occupied    int64      `json:"occupied"`
	Convertible int64      `json:"convertible_in_24_h"`
	At          *time.Time `json:"at"`
}

// CareWaiting is a case that is to be in a hospital, or in intensive care, and is not.
type CareWaiting struct {
	Task     int64      `json:"task"`
	Kind     string     `json:"kind" doc:"admit_case, transfer_case, move_to_icu or readmit_case"`
	Case     string     `json:"case" doc:"Its code."`
	Severity string     `json:"severity"`
	Needs    string     `json:"needs" doc:"home, isolation-site, ward or icu, by the pack"`
	Due      *time.Time `json:"due"`
	Late     bool       `json:"late"`
	Owner    string     `json:"owner" doc:"The role that holds it."`
	Area     string     `json:"area"`
	Transfer string     `json:"transfer,omitempty" doc:"How far it is that somebody fetches them: open, planned, aboard, no-show or refused. Left out where nothing asks for it."`
}

// Care is how cases are treated.
type Care struct {
	Hospitals []Hospital    `json:"hospitals"`
	Waiting   []CareWaiting `json:"waiting" doc:"By deadline, up to 500."`
	Events    []CareEvent   `json:"events" doc:"Infections in hospitals that are not closed, the newest first."`
	Ward      BedCount      `json:"ward" doc:"Of all open hospitals."`
	ICU       BedCount      `json:"icu"`
	Sites     BedCount      `json:"isolation_sites" doc:"Of all open isolation sites."`
}

// CareEvent is an infection in a hospital, or a breach by which there may be one.
type CareEvent struct {
	ID          int64      `json:"id"`
	Hospital    string     `json:"hospital"`
	State       string     `json:"state" doc:"open, contained or closed"`
	NotedAt     *time.Time `json:"noted_at"`
	ContainedAt *time.Time `json:"contained_at,omitempty"`
	ClosedAt    *time.Time `json:"closed_at,omitempty"`
	Version     int64      `json:"version"`
	EventFields
}

// EventFields are what is known of an infection in a hospital. It names nobody.
type EventFields struct {
	Kind            string `json:"kind" enum:"nosocomial,staff,breach,environment"`
	Where           string `json:"where,omitempty" maxLength:"2000" doc:"Ward, room, or zone of the house."`
	Case            string `json:"case,omitempty" doc:"Code of the first who is infected."`
	ExposedStaff    int64  `json:"exposed_staff,omitempty"`
	ExposedPatients int64  `json:"exposed_patients,omitempty"`
	Measures        string `json:"measures,omitempty" maxLength:"2000" doc:"Needed before it is contained."`
	Note            string `json:"note,omitempty" maxLength:"2000"`
}

func (f EventFields) order() command.EventFields {
	return command.EventFields{Kind: f.Kind, Where: f.Where, Case: f.Case, ExposedStaff: f.ExposedStaff, ExposedPatients: f.ExposedPatients, Measures: f.Measures, Note: f.Note}
}

// NewCareEvent tells of an infection in a hospital.
type NewCareEvent struct {
	At string `json:"at,omitempty" doc:"When it happened; now when left out."`
	EventFields
}

// CareEventChange says what is known of an infection in a hospital now; all of it.
type CareEventChange struct {
	State   string `json:"state" enum:"open,contained,closed"`
	Version int64  `json:"version,omitempty" doc:"That the change was made on; left out: whatever stands."`
	EventFields
}

// Patient is how one case is treated.
type Patient struct {
	Case       string            `json:"case"`
	Needs      string            `json:"needs" doc:"home, isolation-site, ward or icu, by the pack"`
	Clause     string            `json:"clause" doc:"The value of the pack that says so."`
	Severity   []CaseSeverity    `json:"severity" doc:"The oldest first."`
	Admissions []Admission       `json:"admissions" doc:"The oldest first."`
	Criteria   []DischargeNeeded `json:"criteria" doc:"Of discharge, by the pack."`
	Met        bool              `json:"criteria_met"`
	StepDown   string            `json:"step_down,omitempty" doc:"To which less care they may go by the pack: ward, from intensive care, or isolation-site. No clock asks for it; whoever treats them decides."`
}

// NewStepDown asks that a patient is moved to an isolation site.
type NewStepDown struct {
	To       string   `json:"to" maxLength:"60" doc:"Code of an isolation site."`
	Deadline string   `json:"deadline" doc:"By when, such as 2022-03-12T18:00; without an offset in the outbreak's time zone."`
	Seat     string   `json:"seat,omitempty" doc:"seat, wheelchair or stretcher"`
	Care     []string `json:"care,omitempty" doc:"What the crew has to have, such as oxygen."`
	Note     string   `json:"note,omitempty" maxLength:"1200" doc:"For the crew and the site, 300 characters at most."`
}

// CaseSeverity is how ill a case was found to be.
type CaseSeverity struct {
	Severity string     `json:"severity"`
	AtRisk   bool       `json:"at_risk"`
	At       *time.Time `json:"at"`
	By       string     `json:"by"`
}

// Admission is a case in one hospital.
type Admission struct {
	ID         int64      `json:"id"`
	Hospital   string     `json:"hospital"`
	Level      string     `json:"level" doc:"Of the bed: ward or icu."`
	Ground     string     `json:"ground" doc:"severity, risk, place or other"`
	AdmittedAt *time.Time `json:"admitted_at"`
	EndedAt    *time.Time `json:"ended_at,omitempty"`
	Ended      string     `json:"ended,omitempty" doc:"discharged, transferred, died or error"`
	First      string     `json:"first_of_two,omitempty" doc:"Who would discharge them before the criteria are met; a second must agree."`
	Version    int64      `json:"version"`
}

// DischargeNeeded is one condition of discharge.
type DischargeNeeded struct {
	Key       string     `json:"key" doc:"min_days, symptom_free, negatives or severity"`
	Clause    string     `json:"clause"`
	Met       bool       `json:"met"`
	Since     *time.Time `json:"since,omitempty"`
	NotBefore *time.Time `json:"not_before,omitempty"`
	Have      int        `json:"have"`
	Want      int        `json:"want"`
}

// NewSeverity says how ill a case is.
type NewSeverity struct {
	Severity string `json:"severity" enum:"asymptomatic,mild,moderate,severe,critical"`
	AtRisk   bool   `json:"at_risk,omitempty" doc:"Of severe illness."`
	At       string `json:"at,omitempty" doc:"Now when left out."`
	Note     string `json:"note,omitempty" maxLength:"2000"`
}

// NewAdmission takes a case into a hospital.
type NewAdmission struct {
	Hospital string `json:"hospital" doc:"Its code."`
	Level    string `json:"level,omitempty" enum:"ward,icu" doc:"Left out: what the pack asks for."`
	Room     string `json:"room,omitempty" doc:"Left out: the smallest of the level with a free bed."`
	Ground   string `json:"ground,omitempty" enum:"severity,risk,place,other"`
	Why      string `json:"why,omitempty" maxLength:"2000"`
	At       string `json:"at,omitempty" doc:"Now when left out."`
}

// NewBed moves a patient within the hospital.
type NewBed struct {
	Level string `json:"level,omitempty" enum:"ward,icu"`
	Room  string `json:"room,omitempty"`
	Why   string `json:"why,omitempty" maxLength:"2000"`
}

// Discharge lets a patient go.
type Discharge struct {
	At       string `json:"at,omitempty" doc:"Now when left out."`
	Override bool   `json:"override,omitempty" doc:"Before the criteria are met: two people must agree, each in a call of their own."`
	Reason   string `json:"reason,omitempty" maxLength:"2000" doc:"Needed with override."`
	Version  int64  `json:"version,omitempty" doc:"Of the admission; left out: whatever stands."`
	GoingHome
}

// CareMoment says when something happened.
type CareMoment struct {
	At   string `json:"at,omitempty" doc:"Now when left out."`
	Note string `json:"note,omitempty" maxLength:"2000"`
}

// ReserveDecision opens a reserve that a rule proposes, or says why not.
type ReserveDecision struct {
	Accept  bool   `json:"accept"`
	Reason  string `json:"reason,omitempty" maxLength:"2000" doc:"Needed where it stays shut."`
	Version int64  `json:"version,omitempty"`
}

// ReserveDecided is a proposal as it stands.
type ReserveDecided struct {
	ID    int64  `json:"id"`
	State string `json:"state" doc:"proposed, accepted, declined or withdrawn"`
}

// RoomConversion begins a conversion, or ends it.
type RoomConversion struct {
	Done bool `json:"done,omitempty" doc:"The room is ready. Left out: it begins."`
}

// RoomConverted is a room that is being converted, or was.
type RoomConverted struct {
	Room      string     `json:"room"`
	From      string     `json:"from"`
	To        string     `json:"to"`
	StartedAt *time.Time `json:"started_at"`
	DoneAt    *time.Time `json:"done_at,omitempty"`
}

// BedReports are what hospitals tell of their beds.
type BedReports struct {
	Rows []BedReportRow `json:"rows" minItems:"1" maxItems:"10000"`
}

// BedReportRow is what one hospital tells of its beds of one level.
type BedReportRow struct {
	Hospital    string `json:"hospital"`
	Level       string `json:"level" enum:"ward,icu"`
	At          string `json:"at,omitempty" doc:"Now when left out."`
	Beds        int64  `json:"beds"`
	Occupied    int64  `json:"occupied"`
	Convertible int64  `json:"convertible_in_24_h,omitempty"`
}

// BedReportsTaken says how many of the rows were new.
type BedReportsTaken struct {
	Rows int `json:"rows"`
	New  int `json:"new"`
}

func bedCount(l facility.Level, b treatment.Beds) BedCount {
	return BedCount{string(l), b.Beds, b.Occupied, b.Booked, b.Cleaning, b.Free(), b.Convertible}
}

func (in *inside) hospitalView(h care.House) Hospital {
	out := Hospital{Code: h.Code, Name: h.Name, Kind: string(h.Kind), State: string(h.State), Area: in.code(h.Area), Beds: []BedCount{}, Reported: []ReportedBeds{}, Patients: map[string]int64{}}
	if h.Usable {
		hours := h.UsableIn.Hours()
		out.UsableHours = &hours
	}
	for _, l := range []facility.Level{facility.NoLevel, facility.WardLevel, facility.ICU} {
		if b, ok := h.Levels[l]; ok {
			out.Beds = append(out.Beds, bedCount(l, b))
		}
	}
	for _, r := range h.Reported {
		out.Reported = append(out.Reported, ReportedBeds{string(r.Level), r.Beds, r.Occupied, r.Convertible, clock(r.At)})
	}
	for s, n := range h.Patients {
		if s == treatment.Unassessed {
			s = "unassessed"
		}
		out.Patients[string(s)] = n
	}
	if h.Proposal != nil {
		out.Proposal = int64(h.Proposal.ID)
	}
	return out
}

func (in *inside) careEventView(e treatment.Event) (CareEvent, error) {
	h, err := in.Facility(e.Facility)
	out := CareEvent{ID: int64(e.ID), Hospital: h.Code, State: string(e.State), NotedAt: clock(e.NotedAt), ContainedAt: clock(e.ContainedAt), ClosedAt: clock(e.ClosedAt), Version: e.Version,
		EventFields: EventFields{Kind: string(e.Kind), Where: e.Where, ExposedStaff: e.ExposedStaff, ExposedPatients: e.ExposedPatients, Measures: e.Measures, Note: e.Note}}
	if err == nil && e.Case != 0 {
		c, err := in.Case(e.Case)
		out.Case = c.Code
		return out, err
	}
	return out, err
}

func (in *inside) patientView(p care.Patient) (Patient, error) {
	out := Patient{Case: p.Case.Code, Needs: string(p.Need.Setting), Clause: p.Need.Clause, Severity: []CaseSeverity{}, Admissions: []Admission{}, Criteria: []DischargeNeeded{}, Met: p.Met, StepDown: string(p.StepDown)}
	for _, s := range p.Severity {
		out.Severity = append(out.Severity, CaseSeverity{string(s.Severity), s.AtRisk, clock(s.At), s.By})
	}
	for _, a := range p.Admissions {
		h, err := in.Facility(a.Facility)
		if err != nil {
			return out, err
		}
		x := Admission{ID: int64(a.ID), Hospital: h.Code, Level: string(a.Level), Ground: string(a.Ground), AdmittedAt: clock(a.AdmittedAt), EndedAt: clock(a.EndedAt), Ended: string(a.Ended), Version: a.Version}
		if a.Open() {
			x.First = a.FirstBy
		}
		out.Admissions = append(out.Admissions, x)
	}
	for _, c := range p.Criteria {
		out.Criteria = append(out.Criteria, DischargeNeeded{string(c.Key), c.Clause, c.Met, clock(c.Since), clock(c.NotBefore), c.Have, c.Want})
	}
	return out, nil
}

// patient is how a case is treated, for a caller who may do the action where it lies or where it is treated.
func (c *call) patient(action auth.Action, name, code string) (id cases.ID, out Patient, err error) {
	err = c.view(action, name, "", func(v *inside) error {
		k, err := v.CaseByCode(v.o.ID, code)
		if err != nil {
			return err
		}
		id = k.ID
		p, err := protocol.Load(v.o.Pack)
		if err != nil {
			return err
		}
		one, err := care.ReadPatient(v.Reader, v.o, p, k, c.now, v.loc)
		if err != nil {
			return err
		}
		ok, err := v.sees(k.Area)
		if in := one.In(); err == nil && !ok && in != nil {
			ok, err = v.sees(in.Area)
		}
		if err == nil && !ok {
			err = notFound("case", code)
		}
		if err != nil {
			return err
		}
		out, err = v.patientView(one)
		return err
	})
	return id, out, err
}

// CareInput is an order about how a case is treated.
type CareInput[B any] struct {
	Asked
	Outbreak string `path:"outbreak"`
	Case     string `path:"case" doc:"Its code."`
	Body     B
}

// careOrder gives one order about how a case is treated, and answers with the patient as it is then.
func careOrder[B any](s *server, id, path, what string, give func(*call, cases.ID, B) error) {
	operation(s, id, http.MethodPost, "/api/outbreaks/{outbreak}/patients/{case}/"+path, what, 200, func(c *call, in *CareInput[B]) (out Patient, err error) {
		k, _, err := c.patient(auth.CareWrite, in.Outbreak, in.Case)
		if err != nil {
			return out, err
		}
		if err := give(c, k, in.Body); err != nil {
			return out, err
		}
		_, out, err = c.patient(auth.CareWrite, in.Outbreak, in.Case)
		return out, err
	})
}

func (s *server) hospitals() {
	operation(s, "get-care", http.MethodGet, "/api/outbreaks/{outbreak}/care", "Hospitals and isolation sites with their beds, who waits for one, and infections in hospitals", 200, func(c *call, in *Figures) (out Care, err error) {
		out = Care{Hospitals: []Hospital{}, Waiting: []CareWaiting{}, Events: []CareEvent{}}
		return out, c.view(auth.CareRead, in.Outbreak, in.Area, func(v *inside) error {
			p, err := protocol.Load(v.o.Pack)
			if err != nil {
				return err
			}
			all, err := care.Read(v.Reader, v.o, p, v.within, c.now)
			if err != nil {
				return err
			}
			for _, h := range all.Houses {
				out.Hospitals = append(out.Hospitals, v.hospitalView(h))
			}
			for _, w := range all.Waiting {
				out.Waiting = append(out.Waiting, CareWaiting{int64(w.Task.ID), string(w.Task.Kind), w.Case.Code, string(w.Need.Severity), string(w.Need.Setting), clock(w.Task.Due), w.Task.Late(c.now), string(w.Task.Owner), v.code(w.Task.Area), string(w.Transfer.State)})
			}
			for _, e := range all.Events {
				x, err := v.careEventView(e)
				if err != nil {
					return err
				}
				out.Events = append(out.Events, x)
			}
			out.Ward, out.ICU, out.Sites = bedCount(facility.WardLevel, all.Ward), bedCount(facility.ICU, all.ICU), bedCount(facility.NoLevel, all.Sites)
			return nil
		})
	})
	type one struct {
		Asked
		Outbreak string `path:"outbreak"`
		Case     string `path:"case" doc:"Its code."`
	}
	operation(s, "get-patient", http.MethodGet, "/api/outbreaks/{outbreak}/patients/{case}", "How ill a case was and is, where it lies, and what is missing for its discharge", 200, func(c *call, in *one) (out Patient, err error) {
		_, out, err = c.patient(auth.CareRead, in.Outbreak, in.Case)
		return out, err
	})
	careOrder(s, "record-severity", "severity", "Say how ill a case is", func(c *call, id cases.ID, b NewSeverity) error {
		_, err := c.o.Commands.RecordSeverity(c.ctx, c.by(), command.RecordSeverity{Case: id, Severity: b.Severity, AtRisk: b.AtRisk, At: b.At, Note: b.Note})
		return err
	})
	careOrder(s, "admit-case", "admissions", "Take a case into a hospital, from elsewhere or from another hospital", func(c *call, id cases.ID, b NewAdmission) error {
		_, err := c.o.Commands.AdmitCase(c.ctx, c.by(), command.AdmitCase{Case: id, Hospital: b.Hospital, Level: b.Level, Room: b.Room, Ground: b.Ground, Why: b.Why, At: b.At})
		return err
	})
	careOrder(s, "move-bed", "bed", "Move a patient to another bed of the hospital", func(c *call, id cases.ID, b NewBed) error {
		_, err := c.o.Commands.MoveBed(c.ctx, c.by(), command.MoveBed{Case: id, Level: b.Level, Room: b.Room, Why: b.Why})
		return err
	})
	careOrder(s, "step-down", "step-down", "Ask that a patient who needs no hospital any more, and cannot be discharged yet, is moved to an isolation site", func(c *call, id cases.ID, b NewStepDown) error {
		_, err := c.o.Commands.StepDown(c.ctx, c.by(), command.StepDown{Case: id, To: b.To, Deadline: b.Deadline, TransferNeeds: command.TransferNeeds{Seat: b.Seat, Care: b.Care, Note: b.Note}})
		return err
	})
	careOrder(s, "discharge-case", "discharge", "Let a patient go: by the pack's criteria, or before them when two people agree", func(c *call, id cases.ID, b Discharge) error {
		_, err := c.o.Commands.DischargeCase(c.ctx, c.by(), command.DischargeCase{Case: id, At: b.At, Override: b.Override, Reason: b.Reason, Version: b.Version, Going: command.Going(b.GoingHome)})
		return err
	})
	careOrder(s, "patient-died", "death", "Say that a patient has died", func(c *call, id cases.ID, b CareMoment) error {
		_, err := c.o.Commands.PatientDied(c.ctx, c.by(), command.PatientDied{Case: id, At: b.At, Note: b.Note})
		return err
	})
	careOrder(s, "end-monitoring", "monitoring-over", "Say that looking after somebody at home after discharge is over", func(c *call, id cases.ID, b CareMoment) error {
		return c.o.Commands.EndMonitoring(c.ctx, c.by(), command.EndMonitoring{Case: id, At: b.At})
	})
	type event struct {
		Asked
		Outbreak string `path:"outbreak"`
		Hospital string `path:"hospital" doc:"Its code."`
		Body     NewCareEvent
	}
	operation(s, "note-care-event", http.MethodPost, "/api/outbreaks/{outbreak}/hospitals/{hospital}/events", "Tell of an infection in a hospital, or of a breach", 201, func(c *call, in *event) (out CareEvent, err error) {
		e, err := c.o.Commands.NoteEvent(c.ctx, c.by(), command.NoteEvent{Outbreak: in.Outbreak, Facility: in.Hospital, At: in.Body.At, EventFields: in.Body.order()})
		if err != nil {
			return out, err
		}
		return c.careEvent(e.ID)
	})
	type change struct {
		Asked
		Event int64 `path:"event"`
		Body  CareEventChange
	}
	operation(s, "change-care-event", http.MethodPut, "/api/care-events/{event}", "Say what more is known of an infection in a hospital, and how it stands", 200, func(c *call, in *change) (out CareEvent, err error) {
		e, err := c.o.Commands.ChangeEvent(c.ctx, c.by(), command.ChangeEvent{Event: treatment.EventID(in.Event), Version: in.Body.Version, State: in.Body.State, EventFields: in.Body.order()})
		if err != nil {
			return out, err
		}
		return c.careEvent(e.ID)
	})
	type decide struct {
		Asked
		Proposal int64 `path:"proposal"`
		Body     ReserveDecision
	}
	operation(s, "decide-reserve", http.MethodPost, "/api/reserve-proposals/{proposal}", "Open a reserve that a rule proposes, or say why not", 200, func(c *call, in *decide) (out ReserveDecided, err error) {
		p, err := c.o.Commands.DecideReserve(c.ctx, c.by(), command.DecideReserve{Proposal: treatment.ProposalID(in.Proposal), Version: in.Body.Version, Accept: in.Body.Accept, Reason: in.Body.Reason})
		return ReserveDecided{int64(p.ID), string(p.State)}, err
	})
	type convert struct {
		Asked
		Outbreak string `path:"outbreak"`
		Hospital string `path:"hospital" doc:"Its code."`
		Room     string `path:"room" doc:"Its code."`
		Body     RoomConversion
	}
	operation(s, "convert-room", http.MethodPost, "/api/outbreaks/{outbreak}/hospitals/{hospital}/rooms/{room}/conversion", "Make a ward room intensive care, or a converted one a ward again", 200, func(c *call, in *convert) (out RoomConverted, err error) {
		r, err := c.o.Commands.ConvertRoom(c.ctx, c.by(), command.ConvertRoom{Outbreak: in.Outbreak, Hospital: in.Hospital, Room: in.Room, Done: in.Body.Done})
		return RoomConverted{r.Code, string(r.From), string(r.To), clock(r.StartedAt), clock(r.DoneAt)}, err
	})
	type report struct {
		Asked
		Outbreak string `path:"outbreak"`
		Body     BedReports
	}
	operation(s, "report-beds", http.MethodPost, "/api/outbreaks/{outbreak}/bed-reports", "Tell how many beds hospitals have and how many are taken; all rows or none, and the same again changes nothing", 200, func(c *call, in *report) (out BedReportsTaken, err error) {
		order := command.ReportBeds{Outbreak: in.Outbreak}
		for _, r := range in.Body.Rows {
			order.Rows = append(order.Rows, command.BedRow{Hospital: r.Hospital, Level: r.Level, At: r.At, Beds: r.Beds, Occupied: r.Occupied, Convertible: r.Convertible})
		}
		n, err := c.o.Commands.ReportBeds(c.ctx, c.by(), order)
		return BedReportsTaken{len(order.Rows), n}, err
	})
}

// careEvent is an event as it stands, for a caller who may record care there.
func (c *call) careEvent(id treatment.EventID) (out CareEvent, err error) {
	var e treatment.Event
	err = c.record(auth.CareWrite, "event", int64(id), func(r *store.Reader) (outbreak.ID, place.AreaID, error) {
		var err error
		e, err = r.CareEvent(id)
		return e.Outbreak, e.Area, err
	}, func(in *inside) error {
		out, err = in.careEventView(e)
		return err
	})
	return out, err
}
