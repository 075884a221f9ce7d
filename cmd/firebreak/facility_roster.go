package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"firebreak/internal/api"
	"firebreak/internal/command"
	"firebreak/internal/exchange"
	"firebreak/internal/facility"
	"firebreak/internal/outbreak"
	"firebreak/internal/store"
)

type facilityRosterCmd struct {
	List   rosterListCmd   `cmd:"" default:"withargs" help:"List who of the staff is on duty when, who is in a closed loop, and who is missing now and in the next days for the people who are expected."`
	Add    rosterAddCmd    `cmd:"" help:"Put shifts on the roster, one or those of a file, all or none; nobody is in two places at once."`
	Cancel rosterCancelCmd `cmd:"" help:"Take a shift off the roster, or end one that is under way."`
}

type rosterListCmd struct {
	facilityFlags
	Code string `arg:"" help:"Code of the facility."`
	Day  string `placeholder:"DAY" help:"The first day to list; today when left out."`
	Days int    `default:"7" help:"How many days to list: from 1 to 31."`
}

// Run lists the roster.
func (c *rosterListCmd) Run(ctx context.Context, p *process) error {
	if c.Days < 1 || c.Days > 31 {
		return misused(fmt.Errorf("--days %d: want from 1 to 31", c.Days))
	}
	var out api.Roster
	err := readOutbreak(ctx, p, c.dataFlags, c.serverFlags, c.Outbreak, func(s *remote) error {
		return s.get(ctx, path("/api/outbreaks/%s/facilities/%s/roster", c.Outbreak, c.Code), url.Values{"day": {c.Day}, "days": {strconv.Itoa(c.Days)}}, &out)
	}, func(r *store.Reader, o outbreak.Outbreak, now time.Time) (err error) {
		out, err = api.RosterAt(r, o, c.Code, now, c.Day, c.Days)
		return err
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return p.writeJSON(out)
	}
	return c.tell(p, out)
}

func (c *rosterListCmd) tell(p *process, out api.Roster) error {
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	loops := map[string]api.StaffLoop{}
	crosses := map[int64]bool{}
	for _, l := range out.Loops {
		loops[facility.WorkerKey(l.Worker)] = l
		for _, id := range l.Crosses {
			crosses[id] = true
		}
	}
	t := newTable("SHIFT", "FROM", "TO", "WORKER", "ROLE", "ZONE", "STATE", "NOT OUT BEFORE")
	t.alignRight(0)
	for _, s := range out.Items {
		state := "planned"
		switch {
		case s.CancelledAt != nil:
			state = "cancelled " + instantText(s.CancelledAt) + ": " + s.Reason
		case !out.Now.Before(s.To):
			state = "over"
		case !out.Now.Before(s.From):
			state = "on duty"
		}
		if crosses[s.ID] {
			state += ", while in a closed loop"
		}
		until := ""
		if l, ok := loops[facility.WorkerKey(s.Worker)]; ok {
			until = l.Out.Format(time.RFC3339)
		}
		t.add(number(s.ID), s.From.Format(time.RFC3339), s.To.Format(time.RFC3339), s.Worker, s.Role, s.Zone, state, until)
	}
	if len(out.Items) > 0 {
		if err := t.write(p.Stdout); err != nil {
			return err
		}
	}
	if !out.Asked {
		_, err := fmt.Fprintf(p.Stdout, "%s: %d on duty. The pack says nothing of how many staff there are to be.\n", out.Facility, len(out.OnDuty))
		return err
	}
	if _, err := fmt.Fprintf(p.Stdout, "%s: %d on duty for %d people, %d at most within three days.\n", out.Facility, len(out.OnDuty), out.People, out.Most); err != nil {
		return err
	}
	n := newTable("ROLE", "ASKED", "ON DUTY", "MISSING", "IN 24 H", "IN 72 H", "FIRST MISSING")
	n.alignRight(1, 2, 3, 4, 5)
	for _, x := range out.Needs {
		asked := number(x.Wanted)
		if !x.Asked {
			asked = "-"
		} else if x.Intensive > 0 {
			asked += fmt.Sprintf(" (%d icu)", x.Intensive)
		}
		n.add(x.Role, asked, number(x.OnDuty), number(x.Short), number(x.Short24), number(x.Short72), instantText(x.ShortFrom))
	}
	return n.write(p.Stdout)
}

type rosterAddCmd struct {
	facilityFlags
	Code   string `arg:"" help:"Code of the facility."`
	File   string `arg:"" optional:"" type:"path" help:"CSV or XLSX with the columns worker, role, zone, from and to. In place of it: the flags of these names."`
	Worker string `placeholder:"TEXT" help:"Staff number or login; a name only where there is no number."`
	Role   string `placeholder:"WORD" help:"manager, doctor, nurse, medical (a doctor or a nurse), liaison, disinfection, security, logistics or psychological."`
	Zone   string `placeholder:"WORD" help:"clean or contaminated; left out where it makes no difference."`
	From   string `placeholder:"INSTANT" help:"When the shift begins."`
	To     string `placeholder:"INSTANT" help:"When it ends: an instant, or a time of day such as 20:00, the next one after it begins."`
	Errors string `type:"path" placeholder:"FILE" help:"Write one line for each row that is wrong, with its number and the reason, as CSV."`
}

// plannedShifts is what the command prints of shifts that were planned.
type plannedShifts struct {
	*api.PlannedShifts
	Rejects []exchange.Problem `json:"rejects,omitempty"`
}

// Run puts shifts on the roster.
func (c *rosterAddCmd) Run(ctx context.Context, p *process) (err error) {
	one := api.NewStaffShift{Worker: c.Worker, Role: c.Role, Zone: c.Zone, From: c.From, To: c.To}
	if (c.File == "") == (one == api.NewStaffShift{}) {
		return misused(errors.New("say who is on duty: a file, or --worker, --role, --from and --to"))
	}
	body := api.NewStaffShifts{Items: []api.NewStaffShift{one}}
	var rows []int
	name := ""
	var rejects []exchange.Problem
	problems, err := openProblems(c.Errors)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, problems.close()) }()
	if c.File != "" {
		src, err := exchange.Open(c.File)
		if err != nil {
			return err
		}
		name = src.Name()
		body.Items, rows, rejects, err = readShifts(src)
		if err = errors.Join(err, src.Close()); err != nil {
			return err
		}
	}
	var out api.PlannedShifts
	if len(rejects) == 0 {
		out, err = c.enter(ctx, p, body)
		wrong, ok := wrongRow(itemAt, err, rows)
		switch {
		case ok && c.File != "":
			rejects = append(rejects, wrong)
		case err != nil:
			return err
		}
	}
	for _, x := range rejects {
		if err := problems.write(name, x); err != nil {
			return err
		}
	}
	return c.tell(p, name, out, rejects)
}

// enter gives the order, here or through a server.
func (c *rosterAddCmd) enter(ctx context.Context, p *process, body api.NewStaffShifts) (out api.PlannedShifts, err error) {
	return out, c.through(ctx, p, func(s *remote) error {
		return s.send(ctx, http.MethodPost, path("/api/outbreaks/%s/facilities/%s/roster", c.Outbreak, c.Code), body, &out)
	}, func(orders *command.Commands, by command.By, db *store.DB) error {
		f, err := c.facilityOf(ctx, db, c.Code)
		if err != nil {
			return err
		}
		list, added, err := orders.PlanShifts(ctx, by, command.PlanShifts{Facility: f.ID, Shifts: body.Fields()})
		out = api.PlannedShifts{Added: added, Items: api.StaffShiftViews(list)}
		return err
	})
}

// tell says what was planned, or which rows are wrong.
func (c *rosterAddCmd) tell(p *process, name string, x api.PlannedShifts, rejects []exchange.Problem) error {
	if len(rejects) > 0 {
		failed := rejected(fmt.Errorf("%d rows of %s are wrong: no shift was planned", len(rejects), name))
		if c.JSON {
			return errors.Join(p.writeJSON(plannedShifts{Rejects: rejects}), failed)
		}
		for _, r := range rejects {
			if _, err := fmt.Fprintf(p.Stdout, "  row %d: %s %q %s\n", r.Row, r.Column, r.Value, r.Reason); err != nil {
				return err
			}
		}
		return failed
	}
	if c.JSON {
		return p.writeJSON(plannedShifts{PlannedShifts: &x})
	}
	_, err := fmt.Fprintf(p.Stdout, "%d shifts at %s: %d new, %d there before.\n", len(x.Items), c.Code, x.Added, len(x.Items)-x.Added)
	return err
}

// readShifts reads a file of shifts, each with the number of its row. What cannot be read is a problem with its row and column.
func readShifts(src *exchange.Source) (list []api.NewStaffShift, rows []int, rejects []exchange.Problem, err error) {
	n, err := eachRow(src, columns{all: []string{"worker", "role", "zone", "from", "to"}, needed: []string{"worker", "role", "from", "to"}}, func(number int, cell func(string) string) {
		s := api.NewStaffShift{Worker: cell("worker"), Role: cell("role"), Zone: cell("zone"), From: cell("from"), To: cell("to")}
		for _, x := range []struct{ column, value string }{{"worker", s.Worker}, {"role", s.Role}, {"from", s.From}, {"to", s.To}} {
			if x.value == "" {
				rejects = append(rejects, exchange.Problem{Row: number, Column: x.column, Reason: "is needed", Severity: exchange.Reject})
			}
		}
		list, rows = append(list, s), append(rows, number)
	})
	if err == nil && n == 0 {
		err = rejected(fmt.Errorf("%s has no row with a shift", src.Name()))
	}
	return list, rows, rejects, err
}

type rosterCancelCmd struct {
	facilityFlags
	Shift  int64  `arg:"" help:"Number of the shift, as the roster lists it."`
	Reason string `required:"" placeholder:"TEXT" help:"Why; it stays with the shift."`
}

// Run cancels a shift.
func (c *rosterCancelCmd) Run(ctx context.Context, p *process) error {
	var out api.StaffShift
	err := c.through(ctx, p, func(s *remote) error {
		return s.send(ctx, http.MethodPost, path("/api/staff-shifts/%s/cancel", strconv.FormatInt(c.Shift, 10)), api.ShiftCancelling{Reason: c.Reason}, &out)
	}, func(orders *command.Commands, by command.By, db *store.DB) error {
		if err := c.inside(ctx, db, func(r *store.Reader, o outbreak.Outbreak) error {
			s, err := r.StaffShift(facility.ShiftID(c.Shift))
			if err == nil && s.Outbreak != o.ID {
				err = fmt.Errorf("staff shift %d of outbreak %s: %w", c.Shift, o.Name, store.ErrNotFound)
			}
			return err
		}); err != nil {
			return err
		}
		x, err := orders.CancelShift(ctx, by, command.CancelShift{Shift: facility.ShiftID(c.Shift), Reason: c.Reason})
		out = api.StaffShiftView(x)
		return err
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return p.writeJSON(out)
	}
	_, err = fmt.Fprintf(p.Stdout, "Shift %d of %s (%s) is cancelled.\n", out.ID, out.Worker, out.Role)
	return err
}
