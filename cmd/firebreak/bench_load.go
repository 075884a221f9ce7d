package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"time"

	"firebreak/internal/deskload"
	"firebreak/internal/store"
	"firebreak/internal/vault"
)

// loadFlags are those of every load that a server is put under.
type loadFlags struct {
	jsonFlag
	DB  string `name:"db" placeholder:"URL" help:"PostgreSQL database (postgres://...) with nothing else in it, in place of a folder that is made and removed."`
	Dir string `type:"path" placeholder:"DIR" help:"Folder to make the data in; the system's folder for temporary files otherwise. The disk under it is what is measured."`
}

// load is where a load is made.
type load struct {
	store.Options
	key vault.MasterKey
}

// in makes a folder, runs fn in it and removes it.
func (f loadFlags) in(p *process, fn func(load) error) (err error) {
	dir, err := os.MkdirTemp(f.Dir, "firebreak-bench-")
	if err != nil {
		return fmt.Errorf("make a folder for the load: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	return fn(load{store.Options{Dir: dir, URL: f.DB, Now: p.Now}, vault.NewMasterKey()})
}

// city makes a city with devices, and lets more add to it.
func (l load) city(ctx context.Context, p *process, people, devices int, more func(*store.DB, *deskload.City) error) (city *deskload.City, err error) {
	o := l.Options
	o.Unflushed = true
	db, err := store.Open(ctx, o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	ids, err := db.OpenIdentities(ctx, store.KeyOptions{MasterKey: l.key.Text()})
	if err != nil {
		return nil, err
	}
	progress := p.progress("city", "people")
	city, err = deskload.Fill(ctx, db, ids, people, devices, func(done, of int) { progress.set(int64(done), int64(of)) })
	progress.close()
	if err == nil {
		err = more(db, city)
	}
	return city, errors.Join(err, db.Settle(ctx))
}

// perSecond reads --rate: so many a second, or 0 for max.
func perSecond(rate, what string) (float64, error) {
	if rate == "max" {
		return 0, nil
	}
	x, err := strconv.ParseFloat(rate, 64)
	if err != nil || !(x > 0) || math.IsInf(x, 0) {
		return 0, misused(fmt.Errorf("--rate %q: max, or %s a second", rate, what))
	}
	return x, nil
}

type quantiles struct {
	P50  float64 `json:"p50"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p999"`
}

func quantilesOf(of func(q float64) time.Duration) quantiles {
	ms := func(q float64) float64 { return float64(of(q).Microseconds()) / 1000 }
	return quantiles{ms(0.5), ms(0.99), ms(0.999)}
}
