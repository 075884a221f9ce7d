// Package roundplan plans the rounds that the store has: it gathers what is known of one, has plan/roundcity make a city of it and plan/round a plan of that, beside the store because that can
// take seconds, and gives the order to keep it. It also keeps the newest plans in memory, for pages that ask again and again where a round should be by now.
//
// A round is planned by one at a time, and one round at a time: a plan takes as many processors as there are. web, api and cmd import it.
package roundplan

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"firebreak/internal/command"
	"firebreak/internal/plan/round"
	"firebreak/internal/plan/roundcity"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/turnout"
)

// ErrBusy is returned while the round is being planned already.
var ErrBusy = errors.New("the round is being planned already; the plan is there when that is done")

// Options of a Planner. DB, Commands and Turnout are required.
type Options struct {
	DB       *store.DB
	Commands *command.Commands
	Turnout  *turnout.Turnout
	Log      *slog.Logger // nil means slog.Default
}

// Planner plans rounds. It is safe for concurrent use.
type Planner struct {
	o    Options
	gate chan struct{} // of the one round that is being planned
	wait sync.WaitGroup

	mu    sync.Mutex
	jobs  map[screening.RoundID]*Job
	plans map[screening.RoundID]*Plan // newest, of a few rounds
}

// mostKept is how many plans are kept in memory: of the rounds that people look at.
const mostKept = 8

// New makes a planner.
func New(o Options) *Planner {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return &Planner{o: o, gate: make(chan struct{}, 1), jobs: map[screening.RoundID]*Job{}, plans: map[screening.RoundID]*Plan{}}
}

// Stage is what is being done.
type Stage string

// The stages, in order.
const (
	Queued   Stage = "queued" // another round is being planned
	Reading  Stage = "reading"
	Planning Stage = "planning" // the plan, and what would help
	Keeping  Stage = "keeping"
	Done     Stage = "done"
)

// Job is the planning of a round: under way, or how it ended.
type Job struct {
	Stage Stage
	Since time.Time // when the stage began
	By    string
	Err   error // of one that is done

	over chan struct{}
	plan *Plan
}

// Job returns how the planning of a round goes; false where none was begun since the program was.
func (p *Planner) Job(id screening.RoundID) (Job, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	j := p.jobs[id]
	if j == nil {
		return Job{}, false
	}
	return *j, true
}

// Start begins to plan a round and returns; Job tells how it goes. ErrBusy where it is being planned already.
func (p *Planner) Start(ctx context.Context, by command.By, id screening.RoundID) error {
	_, err := p.start(ctx, by, id)
	return err
}

// Make plans a round and keeps the plan. When ctx ends the plan is made all the same, and nobody is told.
func (p *Planner) Make(ctx context.Context, by command.By, id screening.RoundID) (*Plan, error) {
	j, err := p.start(ctx, by, id)
	if err != nil {
		return nil, err
	}
	select {
	case <-j.over:
		return j.plan, j.Err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Wait waits until nothing is being planned any more.
func (p *Planner) Wait() { p.wait.Wait() }

func (p *Planner) start(ctx context.Context, by command.By, id screening.RoundID) (*Job, error) {
	if err := p.o.Commands.MayPlanRound(ctx, by, id); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if j := p.jobs[id]; j != nil && j.Stage != Done {
		return nil, ErrBusy
	}
	j := &Job{Stage: Queued, Since: p.o.DB.Now(), By: by.Name(), over: make(chan struct{})}
	p.jobs[id] = j
	ctx = context.WithoutCancel(ctx)
	p.wait.Go(func() {
		p.gate <- struct{}{}
		plan, err := p.work(ctx, by, id, func(s Stage) { p.stage(j, s) })
		<-p.gate
		if err != nil {
			p.o.Log.Warn("round not planned", "round", int64(id), "reason", err.Error())
		}
		p.mu.Lock()
		j.plan, j.Err = plan, err
		j.Stage, j.Since = Done, p.o.DB.Now()
		p.mu.Unlock()
		close(j.over)
	})
	return j, nil
}

func (p *Planner) stage(j *Job, s Stage) {
	p.mu.Lock()
	defer p.mu.Unlock()
	j.Stage, j.Since = s, p.o.DB.Now()
}

// City makes the city of a round as it stands now, and tells what was assumed. The caller has checked that all of the round may be read.
func (p *Planner) City(ctx context.Context, id screening.RoundID) (c round.City, notes []roundcity.Note, err error) {
	f := roundcity.Facts{Now: p.o.DB.Now()}
	err = p.o.DB.View(ctx, func(r *store.Reader) error {
		x, err := r.Round(id)
		if err != nil {
			return err
		}
		if x.State != screening.Planned && x.State != screening.Open {
			return roundcity.ErrState
		}
		o, err := r.Outbreak(x.Outbreak)
		if err != nil {
			return err
		}
		return gather(r, p.o.Turnout, o, x, &f)
	})
	if err != nil {
		return c, nil, err
	}
	return roundcity.Build(f)
}

// document is what is kept of a plan beside its city.
type document struct {
	Plan    round.Plan       `json:"plan"`
	Notes   []roundcity.Note `json:"notes"`
	Earlier []Left           `json:"earlier,omitempty"` // by the plans before, up to this one
}

// work plans a round and keeps the plan.
func (p *Planner) work(ctx context.Context, by command.By, id screening.RoundID, stage func(Stage)) (*Plan, error) {
	stage(Reading)
	city, notes, err := p.City(ctx, id)
	if err != nil {
		return nil, err
	}
	before, err := p.latest(ctx, id)
	if err != nil {
		return nil, err
	}
	stage(Planning)
	o := round.Options{AllRemedies: true}
	if before != nil {
		o.Before = &before.document.Plan
	}
	plan, err := round.Make(city, o)
	if err != nil {
		return nil, err
	}
	stage(Keeping)
	out := &Plan{City: city, document: document{Plan: plan, Notes: notes}}
	asOf := city.Start.Add(time.Duration(city.Done.Now * float64(time.Hour)))
	if before != nil {
		out.Earlier = before.until(asOf)
	}
	text, err := json.Marshal(city)
	if err != nil {
		return nil, fmt.Errorf("write the city of a round: %w", err)
	}
	sum := sha256.Sum256(text)
	in := command.KeepRoundPlan{Round: id, AsOf: asOf, SamplingAt: plan.SamplingAt, ResultsAt: plan.ResultsAt, InTime: plan.InTime, People: plan.People, Tubes: plan.Tubes, Digest: hex.EncodeToString(sum[:])}
	if in.City, err = pack(text); err != nil {
		return nil, err
	}
	if text, err = json.Marshal(out.document); err != nil {
		return nil, fmt.Errorf("write the plan of a round: %w", err)
	}
	if in.Plan, err = pack(text); err != nil {
		return nil, err
	}
	if out.Kept, err = p.o.Commands.KeepRoundPlan(ctx, by, in); err != nil {
		return nil, err
	}
	p.put(out)
	return out, nil
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

func unpack(b []byte, into any) error {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return fmt.Errorf("read a plan: %w", err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		return fmt.Errorf("read a plan: %w", err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("read a plan: %w", err)
	}
	return nil
}

func (p *Planner) put(plan *Plan) {
	plan.Kept.City, plan.Kept.Plan = nil, nil
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.plans[plan.Kept.Round] == nil && len(p.plans) >= mostKept {
		var oldest screening.RoundID
		for id := range p.plans {
			if oldest == 0 || id < oldest {
				oldest = id
			}
		}
		delete(p.plans, oldest)
	}
	p.plans[plan.Kept.Round] = plan
}

func (p *Planner) latest(ctx context.Context, id screening.RoundID) (out *Plan, err error) {
	err = p.o.DB.View(ctx, func(r *store.Reader) (err error) { out, err = p.Latest(r, id); return err })
	return out, err
}

// Latest returns the newest plan of a round; nil where there is none. It is shared: do not change it. The caller has checked that the round may be read.
func (p *Planner) Latest(r *store.Reader, id screening.RoundID) (*Plan, error) {
	version, err := r.RoundPlanned(id)
	if err != nil || version == 0 {
		return nil, err
	}
	p.mu.Lock()
	kept := p.plans[id]
	p.mu.Unlock()
	if kept != nil && kept.Kept.Version == version {
		return kept, nil
	}
	out := &Plan{}
	if out.Kept, err = r.RoundPlan(id, version); err != nil {
		return nil, err
	}
	if err := unpack(out.Kept.City, &out.City); err != nil {
		return nil, err
	}
	if err := unpack(out.Kept.Plan, &out.document); err != nil {
		return nil, err
	}
	p.put(out)
	return out, nil
}
