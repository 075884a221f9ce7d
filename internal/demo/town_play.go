package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/capture"
	"firebreak/internal/cases"
	"firebreak/internal/command"
	"firebreak/internal/exchange"
	"firebreak/internal/lab"
	"firebreak/internal/person"
	"firebreak/internal/roundplan"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/turnout"
	"firebreak/internal/vault"
)

// Town is what the orders of Testing have made, for Alive to go on with.
type Town struct {
	capture *capture.Service
	live    bool // capture projects by itself
	people  []person.ID
	codes   []string // as carried by each of people
	rounds  map[int]screening.RoundID
	sites   []screening.SiteID
	devices map[string]*townDevice

	sampled map[int]bool // of the round under way
	loose   [][]string   // by site: tubes that are in no box
	boxes   []*townBox   // on their way
	unread  map[string][]string
	members map[string][]int // of the tubes of the round under way
	siteOf  map[string]int   // of the same tubes
	again   []again          // people of positive tubes who have not been sampled again
	excused map[int]bool     // in the round under way
	made    int              // tubes and boxes that Alive has made
}

// townDevice is a phone.
type townDevice struct {
	screening.Device
	secret string
	seq    int64
}

// townBox is a box on its way.
type townBox struct {
	label string
	site  int
	tubes []string
	step  lab.Step
	at    time.Time
}

// again is somebody who is to be sampled again alone.
type again struct{ who, site int }

func newTown() *Town {
	return &Town{rounds: map[int]screening.RoundID{}, devices: map[string]*townDevice{}, sampled: map[int]bool{}, unread: map[string][]string{}, members: map[string][]int{}, siteOf: map[string]int{}, excused: map[int]bool{}}
}

// planTown has the planner plan a round, as a coordinator does before it opens: its burn-down is held against that.
func (p *player) planTown(ctx context.Context, coordinator command.By, id screening.RoundID) error {
	counts := turnout.New(turnout.Options{DB: p.c.DB()})
	if err := counts.Build(ctx); err != nil {
		return err
	}
	_, err := roundplan.New(roundplan.Options{DB: p.c.DB(), Commands: p.c, Turnout: counts}).Make(ctx, coordinator, id)
	return err
}

// giveTown gives an order of the town.
func (p *player) giveTown(ctx context.Context, s Step) error {
	t := p.town
	coordinator := p.by(auth.RoleScreeningCoordinator, auth.PurposeScreening)
	switch o := s.Do.(type) {
	case RegisterPeople:
		return p.register(ctx, o)
	case OpenSites:
		list, err := p.c.AddSites(ctx, coordinator, command.AddSites{Outbreak: Outbreak, Sites: o.Sites})
		for _, x := range list {
			t.sites = append(t.sites, x.ID)
		}
		t.loose = make([][]string, len(list))
		return err
	case OpenLaboratories:
		_, err := p.c.AddLaboratories(ctx, coordinator, command.AddLaboratories{Outbreak: Outbreak, Laboratories: o.Laboratories})
		return err
	case Enrol:
		return p.enrol(ctx, coordinator, o)
	case PlanTown:
		r, err := p.c.PlanRound(ctx, coordinator, command.PlanRound{Outbreak: Outbreak, Name: o.Name, Areas: o.Areas, StartsAt: o.From, EndsAt: o.To, Pool: perTube})
		t.rounds[o.Round] = r.ID
		return err
	case MoveTown:
		if o.To == screening.Closed {
			_, err := p.c.CloseRound(ctx, coordinator, t.rounds[o.Round], 0)
			return err
		}
		clear(t.sampled)
		clear(t.members)
		clear(t.siteOf)
		clear(t.excused)
		t.again = nil
		if err := p.planTown(ctx, coordinator, t.rounds[o.Round]); err != nil {
			return err
		}
		_, err := p.c.OpenRound(ctx, coordinator, t.rounds[o.Round], 0)
		return err
	case SendTubes:
		return p.send(ctx, o)
	case PackTubes:
		return p.pack(ctx, s.At, o)
	case HandOver:
		return p.handOver(ctx, s.At, o)
	case ReadTubes:
		return p.readTubes(ctx, o)
	case ExcuseTown:
		in := command.SetStandings{Round: t.rounds[o.Round]}
		for _, who := range o.People {
			t.excused[who] = true
			in.People = append(in.People, command.StandingFields{Code: t.codes[who], Standing: o.Standing, Reason: o.Reason})
		}
		_, err := p.c.SetStandings(ctx, coordinator, in)
		return err
	case SelfTest:
		_, err := p.c.ReportSelfTest(ctx, p.by(auth.RoleCommunityWorker, auth.PurposeScreening), command.ReportSelfTest{Outbreak: Outbreak, Code: t.codes[o.Who], Result: string(o.Result), Symptoms: o.Symptoms})
		return err
	case LookAtTube:
		return p.c.CheckTube(ctx, p.by(auth.RoleLaboratory, auth.PurposeScreening), command.CheckTube{Outbreak: Outbreak, Tube: o.Tube, Finding: o.Finding})
	case SayQueue:
		return p.c.SetSiteState(ctx, p.by(auth.RoleSampler, auth.PurposeScreening), command.SetSiteState{Site: t.sites[o.Site], Queue: o.Queue, Paused: o.Paused})
	case TellHeld:
		return p.tellHeld(ctx, o)
	case SetTownCase:
		return p.setTownCase(ctx, s.At, o)
	}
	return fmt.Errorf("order %T is not known", s.Do)
}

// register takes the register in, and looks up by their documents whom it made.
func (p *player) register(ctx context.Context, o RegisterPeople) error {
	src := exchange.NewSource("register.csv", strings.NewReader(o.File), int64(len(o.File)))
	got, err := p.c.ImportPeople(ctx, p.by(auth.RoleScreeningCoordinator, auth.PurposeScreening), command.ImportPeople{Outbreak: Outbreak, Source: src})
	if err != nil {
		return err
	}
	if got.Created != got.Rows {
		return fmt.Errorf("register: %d of %d rows made a person", got.Created, got.Rows)
	}
	all := make([]vault.Secret, got.Rows)
	for i := range all {
		all[i] = vault.NewSecret(document(i))
	}
	return p.read(ctx, func(r *store.Reader) error {
		v, err := p.c.Identities().Vault(r)
		if err != nil {
			return err
		}
		for part := range slices.Chunk(all, 1000) {
			found, err := p.c.Identities().FindMany(r, vault.FieldDocument, part)
			if err != nil {
				return err
			}
			for _, ids := range found {
				p.town.people = append(p.town.people, ids[0])
				p.town.codes = append(p.town.codes, v.PersonCode(ids[0]))
			}
		}
		return nil
	})
}

func (p *player) enrol(ctx context.Context, by command.By, o Enrol) error {
	in := command.Invite{Role: o.Role, Desk: o.Desk}
	if o.Role != screening.Laboratory {
		in.Site = p.town.sites[o.Site]
	} else if err := p.read(ctx, func(r *store.Reader) error {
		l, err := r.LaboratoryByCode(p.o.ID, o.Laboratory)
		in.Laboratory = l.ID
		return err
	}); err != nil {
		return err
	}
	inv, err := p.c.Invite(ctx, by, in)
	if err != nil {
		return err
	}
	e, err := p.c.EnrolDevice(ctx, inv.Secret)
	p.town.devices[o.Name] = &townDevice{Device: e.Device, secret: e.Secret}
	return err
}

// wire is a batch as phones send it.
type wire struct {
	Device screening.DeviceID `json:"device"`
	Seq    int64              `json:"seq"`
	Round  screening.RoundID  `json:"round"`
	Site   screening.SiteID   `json:"site"`
	Tubes  []wireTube         `json:"tubes"`
}

type wireTube struct {
	Code     string         `json:"code"`
	Kind     screening.Kind `json:"kind"`
	ClosedAt time.Time      `json:"closed_at"`
	Members  []wireMember   `json:"members"`
}

type wireMember struct {
	Person   string    `json:"person,omitempty"`
	Document string    `json:"document,omitempty"`
	Name     string    `json:"name,omitempty"`
	At       time.Time `json:"at"`
}

// send sends a batch as a phone does: through the intake, sealed, and projected.
func (p *player) send(ctx context.Context, o SendTubes) error {
	t := p.town
	d := t.devices[o.Device]
	d.seq++
	b := wire{Device: d.ID, Seq: d.seq, Round: t.rounds[o.Round], Site: t.sites[o.Site]}
	for _, x := range o.Tubes {
		tube := wireTube{Code: x.Code, Kind: x.Kind, ClosedAt: x.Closed}
		for _, m := range x.People {
			one := wireMember{At: m.At}
			if m.Stranger > 0 {
				one.Document, one.Name = strangersDocument(m.Stranger)
			} else {
				one.Person = t.codes[m.Who]
			}
			tube.Members = append(tube.Members, one)
		}
		b.Tubes = append(b.Tubes, tube)
	}
	body, err := json.Marshal(b)
	if err != nil {
		return err
	}
	answer, err := t.capture.Accept(ctx, d.secret, body)
	if err != nil {
		return err
	}
	var told capture.Answer
	if err := json.Unmarshal([]byte(answer), &told); err != nil {
		return err
	}
	aside := map[int]bool{}
	for _, r := range told.Refused {
		aside[r.Index] = true
	}
	for i, x := range o.Tubes {
		if aside[i] {
			continue
		}
		t.loose[o.Site] = append(t.loose[o.Site], x.Code)
		t.siteOf[x.Code] = o.Site
		if x.Kind == screening.Single {
			t.again = slices.DeleteFunc(t.again, func(a again) bool { return a.who == x.People[0].Who })
		}
		for _, m := range x.People {
			if m.Stranger == 0 {
				t.sampled[m.Who] = true
				t.members[x.Code] = append(t.members[x.Code], m.Who)
			}
		}
	}
	if !t.live {
		_, err = t.capture.Project(ctx)
	}
	return err
}

func (p *player) pack(ctx context.Context, at time.Time, o PackTubes) error {
	t := p.town
	d := t.devices[o.Device]
	_, err := p.c.PackBox(ctx, d.Device, screening.PackedBox{Device: d.ID, Round: t.rounds[o.Round], Site: t.sites[o.Site], Box: o.Box, PackedAt: at, Tubes: o.Tubes, Counted: len(o.Tubes), Note: o.Note})
	if err != nil {
		return err
	}
	t.loose[o.Site] = slices.DeleteFunc(t.loose[o.Site], func(c string) bool { return slices.Contains(o.Tubes, c) })
	t.boxes = append(t.boxes, &townBox{o.Box, o.Site, o.Tubes, lab.Packed, at})
	return nil
}

func (p *player) handOver(ctx context.Context, at time.Time, o HandOver) error {
	t := p.town
	d := t.devices[o.Device]
	_, err := p.c.HandOver(ctx, d.Device, screening.Handover{Device: d.ID, Box: o.Box, Step: o.Step, At: at, Counted: o.Count, Tubes: o.Tubes})
	if err != nil {
		return err
	}
	for _, b := range t.boxes {
		if b.label != o.Box {
			continue
		}
		b.step, b.at = o.Step, at
		if o.Step == lab.Received {
			l := laboratoryOf(b.site)
			t.unread[l] = append(t.unread[l], b.tubes...)
		}
	}
	t.boxes = slices.DeleteFunc(t.boxes, func(b *townBox) bool { return b.step == lab.Received })
	return nil
}

func (p *player) readTubes(ctx context.Context, o ReadTubes) error {
	told, err := p.c.ReportTubes(ctx, p.by(auth.RoleLaboratory, auth.PurposeScreening), command.ReportTubes{Outbreak: Outbreak, Laboratory: o.Laboratory, Rows: o.Rows})
	if err != nil {
		return err
	}
	if told.Rejected > 0 {
		return fmt.Errorf("result of tube %s rejected: %s %s", told.Rejects[0].Tube, told.Rejects[0].Field, told.Rejects[0].Reason)
	}
	read := map[string]bool{}
	for _, r := range o.Rows {
		read[r.Code] = true
		if who := p.town.members[r.Code]; r.Result == string(lab.TubePositive) && len(who) > 1 {
			for _, n := range who {
				p.town.again = append(p.town.again, again{n, p.town.siteOf[r.Code]})
			}
		}
	}
	p.town.unread[o.Laboratory] = slices.DeleteFunc(p.town.unread[o.Laboratory], func(c string) bool { return read[c] })
	return nil
}

func (p *player) tellHeld(ctx context.Context, o TellHeld) error {
	t, err := p.openTask(ctx, task.Subject{Kind: task.OnPerson, ID: int64(p.town.people[o.Who])}, task.HoldPerson)
	if err != nil {
		return err
	}
	_, err = p.c.CompleteTask(ctx, p.by(auth.RoleEpidemiologist, auth.PurposeContactTracing), command.CompleteTask{Task: t.ID, Version: t.Version})
	return err
}

func (p *player) setTownCase(ctx context.Context, at time.Time, o SetTownCase) error {
	var list []cases.Case
	if err := p.read(ctx, func(r *store.Reader) (err error) {
		list, err = r.CasesOf(p.town.people[o.Who])
		return err
	}); err != nil {
		return err
	}
	if len(list) == 0 {
		return fmt.Errorf("case of %s: %w", document(o.Who), store.ErrNotFound)
	}
	_, err := p.c.CorrectCase(ctx, p.by(auth.RoleEpidemiologist, auth.PurposeCaseInvestigation),
		command.CorrectCase{Case: list[0].ID, Version: list[0].Version, Fields: map[string]string{o.Now: at.Format(time.RFC3339)}})
	return err
}
