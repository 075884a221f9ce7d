package demo

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/capture"
	"firebreak/internal/cases"
	"firebreak/internal/cluster"
	"firebreak/internal/command"
	"firebreak/internal/contact"
	"firebreak/internal/lab"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/zone"
)

// Clock is the virtual clock of a store that a script is played into: give its Now to store.Options. It stands at the last Set, and is safe for
// concurrent use.
type Clock struct{ at atomic.Int64 } // microseconds since 1970 UTC

// Now is the clock's time.
func (c *Clock) Now() time.Time { return time.UnixMicro(c.at.Load()).UTC() }

// Set moves the clock.
func (c *Clock) Set(t time.Time) { c.at.Store(t.UnixMicro()) }

// Refused is returned by Play for the first order that the system refuses: a script must hold none.
type Refused struct {
	Step  int // 0-based
	Order Order
	At    time.Time
	Err   error
}

// Error implements error.
func (e *Refused) Error() string {
	return fmt.Sprintf("demo step %d, %T at %s: %v", e.Step, e.Order, e.At.Format(time.RFC3339), e.Err)
}

// Unwrap returns why it was refused.
func (e *Refused) Unwrap() error { return e.Err }

// Start opens the outbreak, at an instant before the first step, in a store that holds the jurisdictions of Qingdao and no such outbreak.
func Start(ctx context.Context, c *command.Commands, clock *Clock, at time.Time) (outbreak.Outbreak, error) {
	clock.Set(at)
	o, err := c.StartOutbreak(ctx, command.Owner("demo"), command.StartOutbreak{Name: Outbreak, Title: Title, Area: City, Zone: Zone, Pack: Pack})
	if err != nil {
		return o, fmt.Errorf("demo: start outbreak: %w", err)
	}
	return o, nil
}

// Play gives the steps to the commands, each at its own instant. told, if not nil, is called now and then with how many are done.
// The orders are given by people with the rights of their role in the city (see Login), none by the owner.
// The steps of Testing need commands with identities; what they made is returned, and nothing for a script without them.
// The error is a *Refused, or ctx's.
func Play(ctx context.Context, c *command.Commands, clock *Clock, steps []Step, told func(done, of int)) (out *Town, err error) {
	p, err := newPlayer(ctx, c)
	if err != nil {
		return nil, err
	}
	if c.Identities() != nil {
		intake, failed := c.DB().OpenIntake(ctx)
		if failed != nil {
			return nil, fmt.Errorf("demo: %w", failed)
		}
		defer func() { err = errors.Join(err, intake.Close()) }()
		if p.town.capture, err = capture.New(ctx, capture.Options{DB: c.DB(), Identities: c.Identities(), Intake: intake}); err != nil {
			return nil, fmt.Errorf("demo: %w", err)
		}
	}
	var ticked time.Time
	for n, s := range steps {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("demo: play: %w", err)
		}
		// What follows from time alone: the server does it every minute, here it is done often enough for the demo's clocks of hours.
		for ; !ticked.IsZero() && s.At.Sub(ticked) >= tickEvery; ticked = ticked.Add(tickEvery) {
			clock.Set(ticked.Add(tickEvery))
			if _, err := c.Tick(ctx); err != nil {
				return nil, fmt.Errorf("demo: play: %w", err)
			}
			if err := errors.Join(p.letGo(ctx, clock.Now()), p.turnRooms(ctx, clock.Now())); err != nil {
				return nil, fmt.Errorf("demo: play: %w", err)
			}
		}
		if ticked.IsZero() {
			ticked = s.At
		}
		clock.Set(s.At)
		if err := p.give(ctx, s); err != nil {
			return nil, &Refused{Step: n, Order: s.Do, At: s.At, Err: err}
		}
		if told != nil && n%500 == 0 {
			told(n, len(steps))
		}
	}
	return p.town, nil
}

const tickEvery = 2 * time.Hour

// player knows the IDs behind the codes of a script.
type player struct {
	c         *command.Commands
	o         outbreak.Outbreak
	city      place.AreaID
	people    map[string]person.ID
	cases     map[string]cases.ID
	contacts  map[string]contact.ID
	specimens map[string]lab.SpecimenID
	clusters  map[string]cluster.ID
	town      *Town
}

func newPlayer(ctx context.Context, c *command.Commands) (*player, error) {
	p := &player{c: c, people: map[string]person.ID{}, cases: map[string]cases.ID{}, contacts: map[string]contact.ID{}, specimens: map[string]lab.SpecimenID{}, clusters: map[string]cluster.ID{}, town: newTown()}
	err := c.DB().View(ctx, func(r *store.Reader) error {
		tree, err := r.Tree()
		if err != nil {
			return err
		}
		j, ok := tree.ByCode(City)
		if !ok {
			return fmt.Errorf("area %s: %w", City, store.ErrNotFound)
		}
		p.city = j.ID
		p.o, err = r.OutbreakByName(Outbreak)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	return p, nil
}

// by is a member of staff with the rights of a role in the city.
func (p *player) by(r auth.Role, purpose auth.Purpose) command.By {
	return command.By{Actor: auth.Actor{Login: Login(r), Grants: []auth.Grant{{Role: r, Area: p.city}}}, Purpose: purpose}
}

func (p *player) give(ctx context.Context, s Step) error {
	investigator := p.by(auth.RoleEpidemiologist, auth.PurposeCaseInvestigation)
	switch o := s.Do.(type) {
	case EnterCase:
		k, err := p.c.AddCase(ctx, investigator, command.AddCase{Outbreak: Outbreak, Code: o.Code, Person: o.Person.fields(), Fields: o.Fields})
		p.cases[o.Code] = k.ID
		return err
	case SetCase:
		return p.setCase(ctx, investigator, s.At, o)
	case ListContact:
		return p.list(ctx, o)
	case AskAssistance:
		return p.ask(ctx, o)
	case Visits:
		return p.visits(ctx, o)
	case AskVisits:
		return p.askVisits(ctx, o)
	case SetContact:
		return p.setContact(ctx, s.At, o)
	case Check:
		id, err := p.contact(o.Code)
		if err != nil {
			return err
		}
		if told, err := p.tellsThemselves(ctx, id, o); told || err != nil {
			return err
		}
		_, err = p.c.RecordCheck(ctx, p.by(auth.RoleFollowUpOfficer, auth.PurposeContactTracing),
			command.RecordCheck{Contact: id, Slot: o.Slot, Seen: o.Seen, Temperature: o.Temperature, Symptoms: o.Symptoms})
		return err
	case Sample:
		of, err := p.subject(ctx, o.Code)
		if err != nil {
			return err
		}
		k, err := p.c.TakeSpecimen(ctx, p.by(auth.RoleSampler, auth.PurposeScreening), command.TakeSpecimen{Of: of, Code: o.Specimen, Method: string(o.Method), Lab: laboratories[len(p.specimens)%len(laboratories)]})
		p.specimens[o.Specimen] = k.ID
		return err
	case Report:
		id, ok := p.specimens[o.Specimen]
		if !ok {
			return fmt.Errorf("specimen %s: %w", o.Specimen, store.ErrNotFound)
		}
		_, err := p.c.ReportResult(ctx, p.by(auth.RoleLaboratory, auth.PurposeScreening), command.ReportResult{Specimen: id, Result: string(o.Result), Ct: o.Ct, Reason: o.Reason})
		return err
	case Link:
		return p.c.LinkCases(ctx, investigator, command.LinkCases{Outbreak: Outbreak, From: o.From, To: o.To, Kind: cases.Transmission, Setting: o.Setting})
	case Cluster:
		return p.cluster(ctx, investigator, o)
	case DecideZone:
		return p.decide(ctx, o)
	case Waive:
		return p.waive(ctx, o)
	case OpenFacility:
		return p.openFacility(ctx, o)
	case EnterVehicles:
		_, err := p.c.AddVehicles(ctx, p.by(auth.RoleTransferDispatcher, auth.PurposeTransfer), Outbreak, o.Vehicles)
		return err
	case TakeIn:
		return p.takeIn(ctx, o)
	case Admit, Discharge:
		return p.ofCare(ctx, o)
	}
	switch s.Do.(type) {
	case Incident, Settle, Inspect, Rota, CallOff:
		return p.ofSite(ctx, s.Do)
	}
	return p.giveTown(ctx, s)
}

// cluster opens a cluster, or adds to the one of that name.
func (p *player) cluster(ctx context.Context, by command.By, o Cluster) error {
	var codes []string
	for _, code := range o.Cases {
		k, err := p.caseOf(ctx, code)
		if err != nil {
			return err
		}
		codes = append(codes, k.Code)
	}
	if o.Fields == nil {
		_, err := p.c.JoinCluster(ctx, by, command.JoinCluster{Cluster: p.clusters[o.Name], Cases: codes})
		return err
	}
	k, err := p.c.OpenCluster(ctx, by, command.OpenCluster{Outbreak: Outbreak, Fields: o.Fields, Cases: codes})
	p.clusters[o.Name] = k.ID
	return err
}

func (q Person) fields() command.PersonFields {
	if !q.Born.IsZero() {
		return command.PersonFields{Sex: q.Sex, Born: q.Born.String()}
	}
	return command.PersonFields{Sex: q.Sex, Age: strconv.Itoa(q.Age)}
}

// read runs a query for a step.
func (p *player) read(ctx context.Context, fn func(*store.Reader) error) error {
	return p.c.DB().View(ctx, fn)
}

// caseOf finds the case of a code: entered by a step, or opened by the rulebook on a contact of that code.
func (p *player) caseOf(ctx context.Context, code string) (cases.Case, error) {
	var k cases.Case
	err := p.read(ctx, func(r *store.Reader) (err error) {
		if id, ok := p.cases[code]; ok {
			k, err = r.Case(id)
			return err
		}
		k, err = r.CaseByCode(p.o.ID, code)
		return err
	})
	if err == nil {
		p.cases[code] = k.ID
	}
	return k, err
}

func (p *player) contact(code string) (contact.ID, error) {
	if id, ok := p.contacts[code]; ok {
		return id, nil
	}
	return 0, fmt.Errorf("contact %s: %w", code, store.ErrNotFound)
}

// subject is whom a specimen is taken from: the contact, or the case when they were no contact.
func (p *player) subject(ctx context.Context, code string) (task.Subject, error) {
	if id, ok := p.contacts[code]; ok {
		return task.Subject{Kind: task.OnContact, ID: int64(id)}, nil
	}
	k, err := p.caseOf(ctx, code)
	return task.Subject{Kind: task.OnCase, ID: int64(k.ID)}, err
}

func (p *player) setCase(ctx context.Context, by command.By, at time.Time, o SetCase) error {
	k, err := p.caseOf(ctx, o.Code)
	if err != nil {
		return err
	}
	fields := map[string]string{}
	for name, v := range o.Fields {
		fields[name] = v
	}
	if o.Now != "" {
		fields[o.Now] = at.Format(time.RFC3339)
	}
	_, err = p.c.CorrectCase(ctx, by, command.CorrectCase{Case: k.ID, Version: k.Version, Fields: fields, Reason: o.Reason})
	return err
}

func (p *player) list(ctx context.Context, o ListContact) error {
	in := command.ListContact{Outbreak: Outbreak, Code: o.Code, Person: o.Person.fields(), Fields: o.Fields}
	var err error
	if o.Parent != "" {
		in.Parent, err = p.contact(o.Parent)
	} else {
		var k cases.Case
		k, err = p.caseOf(ctx, o.Case)
		in.Case = k.ID
	}
	if err != nil {
		return err
	}
	k, err := p.c.ListContact(ctx, p.by(auth.RoleEpidemiologist, auth.PurposeContactTracing), in)
	p.contacts[o.Code] = k.ID
	return err
}

func (p *player) setContact(ctx context.Context, at time.Time, o SetContact) error {
	id, err := p.contact(o.Code)
	if err != nil {
		return err
	}
	var k contact.Contact
	if err := p.read(ctx, func(r *store.Reader) (err error) {
		k, err = r.Contact(id)
		return err
	}); err != nil {
		return err
	}
	_, err = p.c.CorrectContact(ctx, p.by(auth.RoleEpidemiologist, auth.PurposeContactTracing),
		command.CorrectContact{Contact: id, Version: k.Version, Fields: map[string]string{o.Now: at.Format(time.RFC3339)}})
	return err
}

func (p *player) decide(ctx context.Context, o DecideZone) error {
	var at *zone.Zone
	if err := p.read(ctx, func(r *store.Reader) error {
		tree, err := r.Tree()
		if err != nil {
			return err
		}
		j, _ := tree.ByCode(o.Area)
		all, err := r.Zones(p.o.ID)
		for _, z := range all {
			if z.Area == j.ID {
				at = &z
			}
		}
		return err
	}); err != nil {
		return err
	}
	if at == nil {
		return fmt.Errorf("zone in %s: %w", o.Area, store.ErrNotFound)
	}
	_, err := p.c.DecideZone(ctx, p.by(auth.RoleDutyOfficer, auth.PurposeCommand), command.DecideZone{Zone: at.ID, Version: at.Version, State: o.State, Reason: o.Reason})
	return err
}

func (p *player) waive(ctx context.Context, o Waive) error {
	id, err := p.contact(o.Code)
	if err != nil {
		return err
	}
	open, err := p.openTask(ctx, task.Subject{Kind: task.OnContact, ID: int64(id)}, o.Kind)
	if err != nil {
		return fmt.Errorf("%s: %w", o.Code, err)
	}
	_, err = p.c.WaiveTask(ctx, p.by(auth.RoleDutyOfficer, auth.PurposeCommand), command.WaiveTask{Task: open.ID, Version: open.Version, Reason: o.Reason})
	return err
}

// openTask finds the open task of a kind.
func (p *player) openTask(ctx context.Context, of task.Subject, k task.Kind) (task.Task, error) {
	var open *task.Task
	if err := p.c.DB().Update(ctx, func(tx *store.Tx) error { // TasksOf reads under the writer only
		all, err := tx.TasksOf(of)
		for _, t := range all {
			if t.Kind == k && t.State == task.Open {
				open = &t
			}
		}
		return err
	}); err != nil {
		return task.Task{}, err
	}
	if open == nil {
		return task.Task{}, fmt.Errorf("open task %s: %w", k, store.ErrNotFound)
	}
	return *open, nil
}

// Login is what a demo account of a role is called: the role's own word.
func Login(r auth.Role) string { return string(r) }
