package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"firebreak/internal/care"
	"firebreak/internal/cases"
	"firebreak/internal/command"
	"firebreak/internal/facility"
	"firebreak/internal/protocol"
	"firebreak/internal/response"
	"firebreak/internal/store"
	"firebreak/internal/treatment"
)

type hospitalCmd struct {
	List      hospitalListCmd      `cmd:"" help:"List hospitals and isolation sites with their beds by level: taken, free, convertible to intensive care, reserve; and how many wait."`
	Patient   hospitalPatientCmd   `cmd:"" help:"Show how ill a case was and is, where it lies, and what is missing for its discharge."`
	Severity  hospitalSeverityCmd  `cmd:"" help:"Say how ill a case is."`
	Admit     hospitalAdmitCmd     `cmd:"" help:"Take a case into a hospital, from elsewhere or from another hospital."`
	Bed       hospitalBedCmd       `cmd:"" help:"Move a patient to another bed of the hospital."`
	StepDown  hospitalStepDownCmd  `cmd:"" name:"step-down" help:"Ask that a patient who needs no hospital any more, and cannot be discharged yet, is moved to an isolation site. From intensive care to a ward: bed --level ward."`
	Discharge hospitalDischargeCmd `cmd:"" help:"Let a patient go by the pack's criteria. Exit code 1 and the reasons where they are not met."`
	Convert   hospitalConvertCmd   `cmd:"" help:"Make a ward room intensive care, or a converted one a ward again."`
	Reserve   hospitalReserveCmd   `cmd:"" help:"Open a reserve that a rule proposes, or say why not."`
}

// hospitalFlags are those of every one of these commands.
type hospitalFlags struct {
	dataFlags
	jsonFlag
	Outbreak string `required:"" placeholder:"NAME" help:"Outbreak that the hospital serves."`
}

// ofCase finds a case by its code.
func (c *hospitalFlags) ofCase(ctx context.Context, db *store.DB, code string) (id cases.ID, err error) {
	err = db.View(ctx, func(r *store.Reader) error {
		o, err := r.OutbreakByName(c.Outbreak)
		if err != nil {
			return err
		}
		k, err := r.CaseByCode(o.ID, code)
		id = k.ID
		return err
	})
	return id, err
}

// give gives an order about a case and says what came of it.
func (c *hospitalFlags) give(ctx context.Context, p *process, code string, order func(*command.Commands, command.By, cases.ID) (any, string, error)) error {
	return c.with(ctx, p, false, func(db *store.DB) error {
		id, err := c.ofCase(ctx, db, code)
		if err != nil {
			return err
		}
		out, said, err := order(command.New(db, nil), command.Owner("cli:"+p.User), id)
		if err != nil {
			return err
		}
		if c.JSON {
			return p.writeJSON(out)
		}
		_, err = fmt.Fprintln(p.Stdout, said)
		return err
	})
}

type hospitalListCmd struct {
	hospitalFlags
}

// hospitalRow is a hospital as the command prints it.
type hospitalRow struct {
	Code        string `json:"code"`
	Name        string `json:"name"`
	Kind        string `json:"kind"`
	State       string `json:"state"`
	Level       string `json:"level"`
	Beds        int64  `json:"beds"`
	Occupied    int64  `json:"occupied"`
	Booked      int64  `json:"booked"`
	Free        int64  `json:"free"`
	Convertible int64  `json:"convertible_in_24_h"`
	Proposal    int64  `json:"proposal,omitempty"`
}

// Run prints the hospitals.
func (c *hospitalListCmd) Run(ctx context.Context, p *process) error {
	return c.with(ctx, p, false, func(db *store.DB) error {
		var all care.Overview
		now := time.Now()
		err := db.View(ctx, func(r *store.Reader) error {
			o, err := r.OutbreakByName(c.Outbreak)
			if err != nil {
				return err
			}
			pack, err := protocol.Load(o.Pack)
			if err != nil {
				return err
			}
			all, err = care.Read(r, o, pack, store.Everywhere(), now)
			return err
		})
		if err != nil {
			return err
		}
		rows := []hospitalRow{}
		for _, h := range all.Houses {
			for _, l := range []facility.Level{facility.NoLevel, facility.WardLevel, facility.ICU} {
				b, ok := h.Levels[l]
				if !ok {
					continue
				}
				row := hospitalRow{Code: h.Code, Name: h.Name, Kind: string(h.Kind), State: string(h.State), Level: string(l), Beds: b.Beds, Occupied: b.Occupied, Booked: b.Booked, Free: b.Free(), Convertible: b.Convertible}
				if h.Proposal != nil {
					row.Proposal = int64(h.Proposal.ID)
				}
				rows = append(rows, row)
			}
		}
		late := 0
		for _, w := range all.Waiting {
			if w.Task.Late(now) {
				late++
			}
		}
		if c.JSON {
			return p.writeJSON(struct {
				Hospitals []hospitalRow `json:"hospitals"`
				Waiting   int           `json:"waiting"`
				Late      int           `json:"late"`
			}{rows, len(all.Waiting), late})
		}
		tw := tabwriter.NewWriter(p.Stdout, 0, 0, 2, ' ', 0)
		_, _ = fmt.Fprintln(tw, "CODE\tKIND\tSTATE\tLEVEL\tBEDS\tTAKEN\tFREE\tCONVERTIBLE\tPROPOSAL")
		for _, r := range rows {
			proposal := ""
			if r.Proposal != 0 {
				proposal = fmt.Sprint(r.Proposal)
			}
			_, _ = fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%d\t%d\t%d\t%d\t%s\n", r.Code, r.Kind, r.State, r.Level, r.Beds, r.Occupied+r.Booked, r.Free, r.Convertible, proposal)
		}
		if err := tw.Flush(); err != nil {
			return err
		}
		_, err = fmt.Fprintf(p.Stdout, "%d wait for a bed or for intensive care, %d of them late.\n", len(all.Waiting), late)
		return err
	})
}

type hospitalPatientCmd struct {
	hospitalFlags
	Case string `arg:"" help:"Code of the case."`
}

// patientOut is a patient as the command prints it.
type patientOut struct {
	Case     string               `json:"case"`
	Needs    treatment.Setting    `json:"needs"`
	Severity treatment.Severity   `json:"severity"`
	Level    facility.Level       `json:"level,omitempty"`
	Criteria []response.Criterion `json:"criteria"`
	Met      bool                 `json:"criteria_met"`
	StepDown treatment.Setting    `json:"step_down,omitempty"`
}

// Run prints a patient.
func (c *hospitalPatientCmd) Run(ctx context.Context, p *process) error {
	return c.with(ctx, p, false, func(db *store.DB) error {
		var one care.Patient
		err := db.View(ctx, func(r *store.Reader) error {
			o, err := r.OutbreakByName(c.Outbreak)
			if err != nil {
				return err
			}
			pack, err := protocol.Load(o.Pack)
			if err != nil {
				return err
			}
			loc, err := o.Location()
			if err != nil {
				return err
			}
			k, err := r.CaseByCode(o.ID, c.Case)
			if err != nil {
				return err
			}
			one, err = care.ReadPatient(r, o, pack, k, time.Now(), loc)
			return err
		})
		if err != nil {
			return err
		}
		out := patientOut{Case: one.Case.Code, Needs: one.Need.Setting, Severity: one.Need.Severity, Criteria: one.Criteria, Met: one.Met, StepDown: one.StepDown}
		if in := one.In(); in != nil {
			out.Level = in.Level
		}
		if c.JSON {
			return p.writeJSON(out)
		}
		severity := string(out.Severity)
		if severity == "" {
			severity = "not assessed"
		}
		where := "in no hospital"
		if out.Level != "" {
			where = "in a bed of level " + string(out.Level)
		}
		if _, err := fmt.Fprintf(p.Stdout, "Case %s: %s, to be treated in %s, %s.\n", out.Case, severity, out.Needs, where); err != nil {
			return err
		}
		for _, k := range out.Criteria {
			met := "not met"
			if k.Met {
				met = "met"
			}
			if _, err := fmt.Fprintf(p.Stdout, "  %s: %s (%d of %d, %s)\n", k.Key, met, k.Have, k.Want, k.Clause); err != nil {
				return err
			}
		}
		return nil
	})
}

type hospitalSeverityCmd struct {
	hospitalFlags
	Case     string `arg:"" help:"Code of the case."`
	Severity string `arg:"" help:"asymptomatic, mild, moderate, severe or critical."`
	AtRisk   bool   `help:"At risk of severe illness."`
	At       string `placeholder:"TIME" help:"When; now otherwise."`
}

// Run records how ill a case is.
func (c *hospitalSeverityCmd) Run(ctx context.Context, p *process) error {
	return c.give(ctx, p, c.Case, func(o *command.Commands, by command.By, id cases.ID) (any, string, error) {
		s, err := o.RecordSeverity(ctx, by, command.RecordSeverity{Case: id, Severity: c.Severity, AtRisk: c.AtRisk, At: c.At})
		return s, fmt.Sprintf("Case %s is %s.", c.Case, s.Severity), err
	})
}

type hospitalAdmitCmd struct {
	hospitalFlags
	Case     string `arg:"" help:"Code of the case."`
	Hospital string `arg:"" help:"Code of the hospital."`
	Level    string `placeholder:"LEVEL" help:"ward or icu; what the pack asks for otherwise."`
	Room     string `placeholder:"CODE" help:"The smallest of the level with a free bed otherwise."`
	At       string `placeholder:"TIME" help:"When; now otherwise."`
}

// Run admits a case.
func (c *hospitalAdmitCmd) Run(ctx context.Context, p *process) error {
	return c.give(ctx, p, c.Case, func(o *command.Commands, by command.By, id cases.ID) (any, string, error) {
		a, err := o.AdmitCase(ctx, by, command.AdmitCase{Case: id, Hospital: c.Hospital, Level: c.Level, Room: c.Room, At: c.At})
		return a, fmt.Sprintf("Case %s is admitted to %s, in a bed of level %s.", c.Case, c.Hospital, a.Level), err
	})
}

type hospitalBedCmd struct {
	hospitalFlags
	Case  string `arg:"" help:"Code of the case."`
	Level string `placeholder:"LEVEL" help:"ward or icu."`
	Room  string `placeholder:"CODE" help:"Room of the hospital."`
	Why   string `placeholder:"TEXT" help:"The reason."`
}

// Run moves a patient.
func (c *hospitalBedCmd) Run(ctx context.Context, p *process) error {
	return c.give(ctx, p, c.Case, func(o *command.Commands, by command.By, id cases.ID) (any, string, error) {
		a, err := o.MoveBed(ctx, by, command.MoveBed{Case: id, Level: c.Level, Room: c.Room, Why: c.Why})
		return a, fmt.Sprintf("Case %s has a bed of level %s.", c.Case, a.Level), err
	})
}

type hospitalStepDownCmd struct {
	hospitalFlags
	Case     string   `arg:"" help:"Code of the case."`
	To       string   `required:"" placeholder:"CODE" help:"Isolation site."`
	Deadline string   `required:"" placeholder:"INSTANT" help:"By when."`
	Seat     string   `placeholder:"WORD" help:"seat, wheelchair or stretcher."`
	Care     []string `placeholder:"WORD" help:"What the crew has to have, such as oxygen; may be repeated."`
	Note     string   `placeholder:"TEXT" help:"For the crew and the site."`
}

// Run asks for the move.
func (c *hospitalStepDownCmd) Run(ctx context.Context, p *process) error {
	return c.give(ctx, p, c.Case, func(o *command.Commands, by command.By, id cases.ID) (any, string, error) {
		q, err := o.StepDown(ctx, by, command.StepDown{Case: id, To: c.To, Deadline: c.Deadline, TransferNeeds: command.TransferNeeds{Seat: c.Seat, Care: c.Care, Note: c.Note}})
		out := steppedDown{Transfer: int64(q.ID), Case: c.Case, To: c.To, Deadline: q.Deadline}
		return out, fmt.Sprintf("Case %s is to be moved to %s by %s: transfer %d.", c.Case, c.To, q.Deadline.Format(time.RFC3339), q.ID), err
	})
}

// steppedDown is the request as the command prints it.
type steppedDown struct {
	Transfer int64     `json:"transfer"`
	Case     string    `json:"case"`
	To       string    `json:"to"`
	Deadline time.Time `json:"deadline"`
}

type hospitalDischargeCmd struct {
	hospitalFlags
	Case     string `arg:"" help:"Code of the case."`
	Override bool   `help:"Before the criteria are met: two people must agree, each in a call of their own."`
	Reason   string `placeholder:"TEXT" help:"Needed with --override."`
	goingFlags
}

// Run discharges a patient.
func (c *hospitalDischargeCmd) Run(ctx context.Context, p *process) error {
	return c.give(ctx, p, c.Case, func(o *command.Commands, by command.By, id cases.ID) (any, string, error) {
		a, err := o.DischargeCase(ctx, by, command.DischargeCase{Case: id, Override: c.Override, Reason: c.Reason, Going: command.Going(c.goingFlags)})
		if err == nil && a.Open() {
			return a, fmt.Sprintf("Case %s stays until a second person agrees.", c.Case), nil
		}
		return a, fmt.Sprintf("Case %s is discharged.", c.Case), err
	})
}

type hospitalConvertCmd struct {
	hospitalFlags
	Hospital string `arg:"" help:"Code of the hospital."`
	Room     string `arg:"" help:"Code of the room."`
	Done     bool   `help:"The room is ready."`
}

// Run converts a room.
func (c *hospitalConvertCmd) Run(ctx context.Context, p *process) error {
	return c.with(ctx, p, false, func(db *store.DB) error {
		r, err := command.New(db, nil).ConvertRoom(ctx, command.Owner("cli:"+p.User), command.ConvertRoom{Outbreak: c.Outbreak, Hospital: c.Hospital, Room: c.Room, Done: c.Done})
		if err != nil {
			return err
		}
		if c.JSON {
			return p.writeJSON(r)
		}
		_, err = fmt.Fprintf(p.Stdout, "Room %s: from %s to %s.\n", r.Code, r.From, r.To)
		return err
	})
}

type hospitalReserveCmd struct {
	hospitalFlags
	Proposal int64  `arg:"" help:"Number of the proposal."`
	Decline  bool   `help:"It stays shut; --reason says why."`
	Reason   string `placeholder:"TEXT" help:"Needed with --decline."`
}

// Run decides on a reserve.
func (c *hospitalReserveCmd) Run(ctx context.Context, p *process) error {
	return c.with(ctx, p, false, func(db *store.DB) error {
		out, err := command.New(db, nil).DecideReserve(ctx, command.Owner("cli:"+p.User), command.DecideReserve{Proposal: treatment.ProposalID(c.Proposal), Accept: !c.Decline, Reason: c.Reason})
		if err != nil {
			return err
		}
		if c.JSON {
			return p.writeJSON(out)
		}
		_, err = fmt.Fprintf(p.Stdout, "Proposal %d is %s.\n", out.ID, out.State)
		return err
	})
}
