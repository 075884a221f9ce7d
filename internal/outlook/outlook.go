// Package outlook makes the forecasts of the outbreaks that the store has: it reads what is known of one on a day, has package forecast work out what may come, beside the store because that
// takes seconds, and gives the order to keep it. Later it reads what happened, and scores what was said.
//
// Forecasts are made one at a time: each takes as many processors as there are. web, api and cmd import it.
package outlook

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"

	"firebreak/internal/command"
	"firebreak/internal/day"
	"firebreak/internal/forecast"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/protocol"
	"firebreak/internal/sim"
	"firebreak/internal/sim/city"
	"firebreak/internal/sim/params"
	"firebreak/internal/store"
)

// Options of an Outlook. Both are required.
type Options struct {
	DB       *store.DB
	Commands *command.Commands
}

// Outlook makes forecasts. It is safe for concurrent use.
type Outlook struct {
	o    Options
	gate chan struct{} // of the one forecast that is being made

	wait sync.WaitGroup

	mu     sync.Mutex
	models map[string]*sim.Model // by disease
	jobs   map[outbreak.ID]*Job
}

// New makes an Outlook.
func New(o Options) *Outlook {
	return &Outlook{o: o, gate: make(chan struct{}, 1), models: map[string]*sim.Model{}, jobs: map[outbreak.ID]*Job{}}
}

// Ask is what a forecast is asked for. What is zero has a default.
type Ask struct {
	A, B       string             // packs
	Params     string             // how the disease spreads; default by the pathogen of the pack in force
	AsOf       day.Day            // last day of the record; default yesterday
	Days       int                // default 60
	Replicates int                // default 200
	Seed       uint64             // default 1
	Lifted     bool               // also what comes if people meet again as before the first case, under A
	Progress   func(done, of int) // of Make
}

// Kept is a forecast as it was kept.
type Kept struct {
	store.Forecast
	Told forecast.Forecast
}

// diseases are the parameters for the pathogens of packs, where nobody names others.
var diseases = map[string]string{"covid19": "omicron-ba2", "measles": "measles", "ebola": "ebola", "influenza": "influenza"}

// DiseaseOf returns the parameters for a pack where nobody names others; empty where there are none.
func DiseaseOf(pack string) string {
	pathogen, _, _ := strings.Cut(pack, "/")
	return diseases[pathogen]
}

// Job is a forecast that is being made: how far it is, or how it ended.
type Job struct {
	Done, Of int
	By       string
	Over     bool
	Number   int64 // of the forecast, once it is over
	Err      error // why there is none
}

// ErrBusy is returned while a forecast of the outbreak is being made already.
var ErrBusy = errors.New("a forecast of the outbreak is being made already; it is there when that is done")

// Job returns how the making of a forecast of an outbreak goes; false where none was begun since the program was.
func (l *Outlook) Job(id outbreak.ID) (Job, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	j := l.jobs[id]
	if j == nil {
		return Job{}, false
	}
	return *j, true
}

// Wait waits until no forecast is being made any more.
func (l *Outlook) Wait() { l.wait.Wait() }

// Start begins to make a forecast and returns; Job tells how it goes. What Make would refuse at once, it refuses. ErrBusy where one is being made already.
func (l *Outlook) Start(ctx context.Context, by command.By, id outbreak.ID, in Ask) error {
	s, opts, err := l.prepare(ctx, by, id, in)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if j := l.jobs[id]; j != nil && !j.Over {
		return ErrBusy
	}
	j := &Job{By: by.Name()}
	l.jobs[id] = j
	opts.Progress = func(done, of int) {
		l.mu.Lock()
		defer l.mu.Unlock()
		j.Done, j.Of = done, of
	}
	ctx = context.WithoutCancel(ctx)
	l.wait.Go(func() {
		k, err := l.work(ctx, by, id, s, opts)
		l.mu.Lock()
		defer l.mu.Unlock()
		if j.Over, j.Err = true, err; err == nil {
			j.Number = k.Number
		}
	})
	return nil
}

// Make makes a forecast and keeps it. What cannot be forecast from, or asks for something that there is not, is a *command.Invalid.
func (l *Outlook) Make(ctx context.Context, by command.By, id outbreak.ID, in Ask) (*Kept, error) {
	s, opts, err := l.prepare(ctx, by, id, in)
	if err != nil {
		return nil, err
	}
	opts.Progress = in.Progress
	return l.work(ctx, by, id, s, opts)
}

// prepare reads what is known, and what is asked for.
func (l *Outlook) prepare(ctx context.Context, by command.By, id outbreak.ID, in Ask) (s forecast.State, o forecast.Options, err error) {
	if err := l.o.Commands.MayForecast(ctx, by, id); err != nil {
		return s, o, err
	}
	err = l.o.DB.View(ctx, func(r *store.Reader) error {
		x, err := r.Outbreak(id)
		if err != nil {
			return err
		}
		s, err = gather(r, x, in.AsOf, l.o.DB.Now())
		return err
	})
	if err != nil {
		return s, o, err
	}
	if o, err = l.options(s, in); err != nil {
		return s, o, err
	}
	return s, o, told(s, forecast.Check(s, o))
}

// told says whose fault an error of a forecast is.
func told(s forecast.State, err error) error {
	switch {
	case errors.Is(err, forecast.ErrQuiet), errors.Is(err, forecast.ErrUnlike):
		return &command.Invalid{Field: "as_of", Value: s.AsOf.String(), Reason: err.Error()}
	case errors.Is(err, forecast.ErrOptions):
		return &command.Invalid{Field: "forecast", Reason: err.Error()}
	}
	return err
}

// work makes a forecast, one at a time, and has it kept.
func (l *Outlook) work(ctx context.Context, by command.By, id outbreak.ID, s forecast.State, opts forecast.Options) (*Kept, error) {
	select {
	case l.gate <- struct{}{}:
		defer func() { <-l.gate }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	f, err := forecast.Make(s, opts)
	if err != nil {
		return nil, told(s, err)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	keep := command.KeepForecast{Outbreak: id, AsOf: f.AsOf, Days: f.Length, Replicates: f.Replicates, Seed: f.Seed, Params: f.Disease, InForce: f.InForce, A: opts.A.Ref(), B: opts.B.Ref(), Digest: f.Digest}
	if keep.State, err = pack(s); err != nil {
		return nil, err
	}
	if keep.Result, err = pack(f); err != nil {
		return nil, err
	}
	kept, err := l.o.Commands.KeepForecast(ctx, by, keep)
	return &Kept{kept, *f}, err
}

// options reads what is asked for.
func (l *Outlook) options(s forecast.State, in Ask) (o forecast.Options, err error) {
	o = forecast.Options{Days: in.Days, Replicates: in.Replicates, Seed: in.Seed, Lifted: in.Lifted, Workers: runtime.GOMAXPROCS(0)}
	if o.Seed == 0 {
		o.Seed = 1
	}
	for _, x := range []struct {
		field, name string
		to          **protocol.Pack
	}{{"in_force", s.Pack, &o.InForce}, {"a", in.A, &o.A}, {"b", in.B, &o.B}} {
		if *x.to, err = protocol.Load(x.name); err != nil {
			return o, &command.Invalid{Field: x.field, Value: x.name, Reason: err.Error()}
		}
		if !protocol.SamePathogen((*x.to).Ref(), s.Pack) {
			return o, &command.Invalid{Field: x.field, Value: x.name, Reason: "is for another pathogen than " + s.Pack}
		}
	}
	if o.Response, err = params.LoadResponse(); err != nil {
		return o, err
	}
	if o.Prior, err = params.LoadForecast(); err != nil {
		return o, err
	}
	name := in.Params
	if name == "" {
		if name = DiseaseOf(s.Pack); name == "" {
			names, err := params.Names()
			if err != nil {
				return o, err
			}
			return o, &command.Invalid{Field: "params", Reason: "must be given for " + s.Pack + ": " + strings.Join(names, ", ")}
		}
	}
	o.Model, err = l.model(name)
	return o, err
}

// model makes a disease in a made-up city, once.
func (l *Outlook) model(name string) (*sim.Model, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if m := l.models[name]; m != nil {
		return m, nil
	}
	d, err := params.Load(name)
	if err != nil {
		return nil, &command.Invalid{Field: "params", Value: name, Reason: err.Error()}
	}
	how, err := params.LoadCity()
	if err != nil {
		return nil, err
	}
	tree, err := place.NewTree([]place.Jurisdiction{{ID: 1, Code: "1", Name: "1", Level: place.City, Population: forecast.CityPeople}})
	if err != nil {
		return nil, err
	}
	c, err := city.Build(city.Options{Tree: tree, Seed: 1, Params: how})
	if err != nil {
		return nil, err
	}
	m, err := sim.Fit(c, d)
	if err == nil {
		l.models[name] = m
	}
	return m, err
}

func pack(v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("write a forecast: %w", err)
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(text); err != nil {
		return nil, fmt.Errorf("compress a forecast: %w", err)
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("compress a forecast: %w", err)
	}
	return b.Bytes(), nil
}

func unpack(b []byte, into any) error {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return fmt.Errorf("read a forecast: %w", err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		return fmt.Errorf("read a forecast: %w", err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("read a forecast: %w", err)
	}
	return nil
}

// Read returns one forecast. The caller has checked that all of the outbreak may be read.
func Read(r *store.Reader, o outbreak.ID, number int64) (*Kept, error) {
	f, err := r.Forecast(o, number)
	if err != nil {
		return nil, err
	}
	k := &Kept{Forecast: f}
	return k, unpack(f.Result, &k.Told)
}
