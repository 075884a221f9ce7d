package main

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"os/exec"
	"testing"
	"time"

	"firebreak/internal/deskload"
	"firebreak/internal/store"
)

// TestKilledInMidBurst kills a server with SIGKILL, again and again, while devices send to it as fast as they can. Every sample that was acknowledged is there once
// afterwards, and none twice.
func TestKilledInMidBurst(t *testing.T) {
	t.Parallel()
	inProcesses(t)
	const kills = 10
	eachLoad(t, 100_000, 50, func(*store.DB, *deskload.City) error { return nil }, func(t *testing.T, p *process, l load, city *deskload.City) {
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		s, err := startServer(p, l.Options, "127.0.0.1:0", l.key)
		must(err)
		addr := s.addr
		type outcome struct {
			*deskload.Result
			err error
		}
		done := make(chan outcome, 1)
		ctx, stop := context.WithTimeout(t.Context(), 5*time.Minute)
		defer stop()
		// Slow enough that it lasts through all the kills.
		go func() {
			res, err := city.Drive(ctx, deskload.Spec{Addr: addr, Rate: 100_000 / (float64(kills) * 0.4)})
			done <- outcome{res, err}
		}()
		for range kills {
			time.Sleep(time.Duration(50+rand.IntN(200)) * time.Millisecond)
			must(s.cmd.Process.Kill())
			_ = s.cmd.Wait() // it was killed
			s, err = startServer(p, l.Options, addr, l.key)
			must(err)
		}
		res := <-done
		must(res.err)
		if res.Retried == 0 {
			t.Error("no device noticed anything: the kills came too late")
		}
		_, err = awaitProjection(t.Context(), l.Options, time.Now())
		must(err)
		must(s.stop())
		db, err := store.Open(t.Context(), l.Options)
		must(err)
		got, err := city.Count(t.Context(), db, res.Acked)
		must(err)
		if want := (deskload.Counts{Acked: 100_000, Stored: 100_000, Tubes: 10_000}); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
		v, err := db.VerifyJournal(t.Context())
		must(err)
		if v.Broken != "" {
			t.Errorf("the journal is broken: %s", v.Broken)
		}
		must(db.Close())
	})
}

func TestBenchCapture(t *testing.T) {
	t.Parallel()
	inProcesses(t)
	out, err := exec.CommandContext(t.Context(), "firebreak", "bench", "capture", "--people", "2000", "--devices", "10", "--rate", "20000", "--json").Output()
	if err != nil {
		t.Fatal(err)
	}
	var got captureReport
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%s: %v", out, err)
	}
	if got.Acked != 2000 || got.Stored != 2000 || got.Lost+got.Doubled+got.Wrong != 0 || got.EngineLimit <= 0 || got.AckMS.P99 <= 0 || got.SamplesPerS <= 0 || got.CPU <= 0 {
		t.Errorf("%+v", got)
	}
}
