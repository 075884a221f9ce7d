// Package transferplan plans the transfers that the store has: it reads who is to be moved, vehicles, beds and trips under way, has plan/transferday make a day of them and plan/trip a plan of that, beside the
// store because that takes seconds, tests the plan with trip.Check, and gives the order to keep it. Where something happened meanwhile nothing is kept, and it is planned again from then.
//
// The transfers of an outbreak are planned by one at a time. web, api and cmd import it.
package transferplan

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"firebreak/internal/command"
	"firebreak/internal/facility"
	"firebreak/internal/outbreak"
	"firebreak/internal/plan/transferday"
	"firebreak/internal/plan/trip"
	"firebreak/internal/store"
	"firebreak/internal/transfer"
)

// ErrBusy is returned while the transfers of the outbreak are being planned already.
var ErrBusy = errors.New("the transfers are being planned already; the plan is there when that is done")

// ErrMoved is returned where something happened during each of several attempts.
var ErrMoved = errors.New("too much happened while transfers were planned; plan again in a moment")

// Options of a Planner. DB and Commands are required.
type Options struct {
	DB       *store.DB
	Commands *command.Commands
	Log      *slog.Logger // nil means slog.Default
	// Roads makes the port for the ways among the places of a plan; nil: straight lines with a detour. Where it fails, straight lines serve and the plan says so.
	Roads func(ctx context.Context, places []trip.Point) (trip.Roads, error)
	// Steps of the search at most, and a tenth of them at least; 0: from 2,000 to 60,000. Between the two it is 400 for each party that is in no trip yet: who is in one already was searched a place for.
	Steps int
}

// Planner plans transfers. It is safe for concurrent use.
type Planner struct {
	o    Options
	mu   sync.Mutex
	busy map[outbreak.ID]bool
}

// New makes a planner.
func New(o Options) *Planner {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return &Planner{o: o, busy: map[outbreak.ID]bool{}}
}

// Plan is a plan that was kept.
type Plan struct {
	Kept     store.TransferPlan
	Orders   transferday.Orders
	Straight bool // ways are straight lines because the roads could not be asked
	Plan     trip.Plan
}

// attempts is how often a plan is made that cannot be kept because the world moved.
const attempts = 3

// Make plans the transfers of an outbreak from now on and keeps the plan. It goes on when ctx ends.
func (p *Planner) Make(ctx context.Context, by command.By, id outbreak.ID) (*Plan, error) {
	return p.make(ctx, by, id, nil)
}

// Give gives a party to a vehicle that somebody chose, plans the others around that, and keeps the plan.
func (p *Planner) Give(ctx context.Context, by command.By, id outbreak.ID, party transfer.RequestID, to transfer.VehicleID) (*Plan, error) {
	return p.make(ctx, by, id, func(d *transferday.Day) error {
		if err := d.Give(party, to); err != nil {
			return fmt.Errorf("%w: %w", ErrNotMoved, err)
		}
		return nil
	})
}

func (p *Planner) make(ctx context.Context, by command.By, id outbreak.ID, change func(*transferday.Day) error) (*Plan, error) {
	if err := p.o.Commands.MayPlanTransfers(ctx, by, id); err != nil {
		return nil, err
	}
	p.mu.Lock()
	if p.busy[id] {
		p.mu.Unlock()
		return nil, ErrBusy
	}
	p.busy[id] = true
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		delete(p.busy, id)
		p.mu.Unlock()
	}()
	ctx = context.WithoutCancel(ctx)
	for range attempts {
		out, err := p.once(ctx, by, id, change)
		var moved *store.Conflict
		if !errors.As(err, &moved) {
			return out, err
		}
		p.o.Log.Info("transfers planned anew", "outbreak", int64(id), "reason", moved.Error())
	}
	return nil, ErrMoved
}

// world is what a plan was made on.
type world struct {
	facts    transferday.Facts
	day      *transferday.Day
	requests map[transfer.RequestID]int64
	trips    map[transfer.TripID]int64
	vehicles map[transfer.VehicleID]int64
}

// read makes the day of an outbreak as it stands.
func (p *Planner) read(ctx context.Context, id outbreak.ID) (*world, error) {
	f := transferday.Facts{Now: p.o.DB.Now()}
	err := p.o.DB.View(ctx, func(r *store.Reader) error {
		o, err := r.Outbreak(id)
		if err != nil {
			return err
		}
		return gather(r, o, &f)
	})
	if err != nil {
		return nil, err
	}
	w := &world{requests: map[transfer.RequestID]int64{}, trips: map[transfer.TripID]int64{}, vehicles: map[transfer.VehicleID]int64{}}
	for _, q := range f.Requests {
		w.requests[q.ID] = q.Version
	}
	for _, t := range f.Trips {
		w.trips[t.ID] = t.Version
	}
	for _, v := range f.Vehicles {
		w.vehicles[v.ID] = v.Version
	}
	w.facts = f
	w.day, err = transferday.Build(f)
	return w, err
}

// Day is what would be planned now, as plan/trip reads it. The caller has checked that all of the outbreak's transfers may be read.
func (p *Planner) Day(ctx context.Context, id outbreak.ID) (trip.Day, error) {
	w, err := p.read(ctx, id)
	if err != nil {
		return trip.Day{}, err
	}
	return w.day.Day, nil
}

func (p *Planner) steps(d *trip.Day) int {
	fresh := len(d.Requests)
	for _, b := range d.Begin {
		fresh -= len(b.Requests)
	}
	least, most := 2_000, 60_000
	if p.o.Steps > 0 {
		least, most = p.o.Steps/10, p.o.Steps
	}
	return min(max(least, 400*fresh), most)
}

// roads asks for the ways among the places of a day.
func (p *Planner) roads(ctx context.Context, d *trip.Day) (roads trip.Roads, straight bool) {
	if p.o.Roads == nil {
		return nil, false
	}
	var places []trip.Point
	for _, v := range d.Vehicles {
		places = append(places, trip.Point{Lat: v.Lat, Lon: v.Lon})
		if v.From != nil {
			places = append(places, trip.Point{Lat: v.From.Lat, Lon: v.From.Lon})
		}
	}
	for _, q := range d.Requests {
		places = append(places, trip.Point{Lat: q.Lat, Lon: q.Lon})
	}
	for _, s := range d.Sites {
		places = append(places, trip.Point{Lat: s.Lat, Lon: s.Lon})
	}
	roads, err := p.o.Roads(ctx, places)
	if err != nil {
		p.o.Log.Warn("roads not asked; straight lines serve", "reason", err.Error())
		return nil, true
	}
	return roads, false
}

// once makes a plan and keeps it.
func (p *Planner) once(ctx context.Context, by command.By, id outbreak.ID, change func(*transferday.Day) error) (*Plan, error) {
	w, err := p.read(ctx, id)
	if err != nil {
		return nil, err
	}
	if change != nil {
		if err := change(w.day); err != nil {
			return nil, err
		}
	}
	roads, straight := p.roads(ctx, &w.day.Day)
	plan, orders, err := p.work(w.day, roads)
	if err != nil {
		return nil, err
	}
	if kept := w.day.Kept(plan); len(kept) > 0 {
		// Somebody is in a vehicle that this plan sends nowhere. Their beds stay theirs, and the others are planned around that.
		w.facts.Keep = map[facility.StayID]bool{}
		for _, id := range kept {
			w.facts.Keep[id] = true
		}
		if w.day, err = transferday.Build(w.facts); err != nil {
			return nil, err
		}
		if change != nil {
			if err := change(w.day); err != nil {
				return nil, err
			}
		}
		if plan, orders, err = p.work(w.day, roads); err != nil {
			return nil, err
		}
	}
	question, err := json.Marshal(w.day.Day)
	if err != nil {
		return nil, fmt.Errorf("write the day of a plan: %w", err)
	}
	sum := sha256.Sum256(question)
	in := command.KeepTransfers{Outbreak: id, Requests: w.requests, Trips: w.trips, Vehicles: w.vehicles, Orders: orders, InTime: orders.InTime, Parties: int64(plan.Requests), People: int64(plan.People),
		Travel: plan.Travel, Km: plan.Km, Digest: hex.EncodeToString(sum[:])}
	if in.Question, err = pack(question); err != nil {
		return nil, err
	}
	answer, err := json.Marshal(plan)
	if err != nil {
		return nil, fmt.Errorf("write a plan of transfers: %w", err)
	}
	if in.Answer, err = pack(answer); err != nil {
		return nil, err
	}
	kept, err := p.o.Commands.KeepTransfers(ctx, by, in)
	if err != nil {
		return nil, err
	}
	return &Plan{Kept: kept, Orders: orders, Straight: straight, Plan: plan}, nil
}

// work makes the plan of a day. Where somebody is late by it, those who are brought early may be in the way: the day is planned once more with nobody brought earlier than they must be, and stands so where that
// leaves fewer behind, or late, or late by less.
func (p *Planner) work(d *transferday.Day, roads trip.Roads) (trip.Plan, transferday.Orders, error) {
	plan, orders, err := p.plan(d, roads)
	if err != nil || len(orders.Late) == 0 {
		return plan, orders, err
	}
	later := d.Later()
	other, instead, err := p.plan(later, roads)
	if err != nil {
		return plan, orders, err
	}
	if missed(&instead).Compare(missed(&orders)) < 0 {
		*d = *later
		return other, instead, nil
	}
	return plan, orders, nil
}

// shortfall is what a plan does not do.
type shortfall struct {
	unserved, late int
	by             time.Duration // all that are late
}

func missed(o *transferday.Orders) (s shortfall) {
	s.unserved, s.late = len(o.Unserved), len(o.Late)
	for _, l := range o.Late {
		s.by += l.By
	}
	return s
}

// Compare puts the plan that does more first.
func (s shortfall) Compare(t shortfall) int {
	return cmp.Or(cmp.Compare(s.unserved, t.unserved), cmp.Compare(s.late, t.late), cmp.Compare(s.by, t.by))
}

// plan makes one plan, has it checked by what shares no code with the search, and reads it.
func (p *Planner) plan(d *transferday.Day, roads trip.Roads) (plan trip.Plan, orders transferday.Orders, err error) {
	began := time.Now()
	plan, err = trip.Make(d.Day, trip.Options{Roads: roads, Budget: trip.Steps(p.steps(&d.Day))})
	if err != nil {
		return plan, orders, fmt.Errorf("plan transfers: %w", err)
	}
	if err := trip.Check(d.Day, plan, roads); err != nil {
		return plan, orders, fmt.Errorf("the plan of transfers does not hold, and is not kept: %w", err)
	}
	orders, err = d.Read(plan)
	p.o.Log.Debug("transfers planned", "parties", len(d.Requests), "vehicles", len(d.Vehicles), "unserved", len(orders.Unserved), "took", time.Since(began).Round(time.Millisecond))
	return plan, orders, err
}

func pack(text []byte) ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(text); err != nil {
		return nil, fmt.Errorf("compress a plan: %w", err)
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("compress a plan: %w", err)
	}
	return b.Bytes(), nil
}
