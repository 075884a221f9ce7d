package main

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"firebreak/internal/day"
	"firebreak/internal/outbreak"
	"firebreak/internal/store"
	"firebreak/internal/trace"
	"firebreak/internal/vault"
)

// benchTraceBatch is how many visits come at a time, and benchTraceSenders from how many at once: they share a flush.
const (
	benchTraceBatch   = 500
	benchTraceSenders = 8
)

// ingest sends visits in batches to a store of its own and to an index, and says how many a second are durable and can be asked about.
func (c *benchTraceCmd) ingest(ctx context.Context, p *process, visits []trace.Visit, on day.Day) (rate float64, err error) {
	dir, err := os.MkdirTemp("", "firebreak-bench-")
	if err != nil {
		return 0, fmt.Errorf("make a folder for the visits: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	db, err := store.Open(ctx, store.Options{Dir: dir, URL: c.DB, Now: p.Now})
	if err != nil {
		return 0, held(err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	ids, err := db.OpenIdentities(ctx, store.KeyOptions{MasterKey: vault.NewMasterKey().Text()})
	if err != nil {
		return 0, err
	}
	o, err := (&benchOutbreakCmd{}).outbreak(ctx, p, db)
	if err != nil {
		return 0, err
	}
	ix := trace.NewIndex(0)
	batches := make(chan trace.Block, benchTraceSenders)
	failures := make([]error, benchTraceSenders)
	var senders sync.WaitGroup
	began := time.Now()
	for i := range benchTraceSenders {
		senders.Go(func() {
			for b := range batches {
				if failures[i] == nil {
					failures[i] = send(ctx, db, ids, o, ix, b, on)
				}
			}
		})
	}
	visits = visits[:min(len(visits), 2_000_000)]
	for at := 0; at < len(visits); at += benchTraceBatch {
		batches <- trace.Block{Visits: visits[at:min(len(visits), at+benchTraceBatch)]}
	}
	close(batches)
	senders.Wait()
	return float64(len(visits)) / time.Since(began).Seconds(), errors.Join(failures...)
}

// send makes one batch durable, then has the index take it.
func send(ctx context.Context, db *store.DB, ids *store.Identities, o outbreak.Outbreak, ix *trace.Index, b trace.Block, on day.Day) error {
	digest := sha256.Sum256(trace.AppendBlock(nil, b))
	seq := int64(binary.BigEndian.Uint64(digest[:]) >> 1)
	err := db.Update(ctx, func(tx *store.Tx) error {
		if _, sent, err := tx.VisitBlockSent(o.ID, "bench", seq); err != nil || sent {
			return err
		}
		return ids.AddVisits(tx, []store.VisitBlock{{Outbreak: o.ID, District: o.Area, Day: on, Source: "bench", Seq: seq, Digest: digest, Received: tx.Now(), Block: b}})
	})
	if err != nil {
		return err
	}
	return ix.Add(b)
}

// busy asks for contacts by the clock, alone and while 20,000 visits a second come in, and returns the slowest hundredth of each in milliseconds.
func busy(ix *trace.Index, rules *trace.Rules, list []trace.Case, visits []trace.Visit) (idle, loaded float64) {
	const perSecond, span = 20_000, 3 * time.Second
	p99 := func(stop <-chan struct{}) float64 {
		var took []time.Duration
		for i := 0; ; i++ {
			select {
			case <-stop:
				slices.Sort(took)
				return 1000 * took[len(took)*99/100].Seconds()
			default:
			}
			began := time.Now()
			ix.View().Contacts(rules, list[i%len(list)])
			took = append(took, time.Since(began))
		}
	}
	quiet := make(chan struct{})
	time.AfterFunc(span, func() { close(quiet) })
	idle = p99(quiet)
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(time.Second * benchTraceBatch / perSecond)
		defer tick.Stop()
		end := time.Now().Add(span)
		for at := 0; time.Now().Before(end); at += benchTraceBatch {
			<-tick.C
			at %= max(1, len(visits)-benchTraceBatch)
			// Tomorrow's visits, of the people and to the places of today's.
			batch := slices.Clone(visits[at:min(len(visits), at+benchTraceBatch)])
			for i := range batch {
				batch[i].Start, batch[i].End = batch[i].Start+86400, batch[i].End+86400
			}
			if ix.Add(trace.Block{Visits: batch}) != nil {
				return
			}
		}
	}()
	loaded = p99(done)
	<-done
	return idle, loaded
}
