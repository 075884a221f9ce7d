package pace_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"firebreak/internal/drill/pace"
)

var nine = time.Date(2022, 3, 12, 9, 0, 0, 0, time.UTC)

func opened(t *testing.T, speed int) pace.Pace {
	t.Helper()
	p, err := pace.Pace{At: nine, First: nine.AddDate(0, 0, -6), Ends: nine.AddDate(0, 0, 10), Zone: "Asia/Shanghai"}.Open(speed)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// must returns a pace that was changed without an error.
func must(t *testing.T) func(pace.Pace, error) pace.Pace {
	return func(p pace.Pace, err error) pace.Pace {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		p.Version++
		return p
	}
}

// The clock runs from step to step, stands at the next one until the city has acted, and stands still while it is paused.
func TestClock(t *testing.T) {
	t.Parallel()
	ok := must(t)
	real := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	p := opened(t, 60)
	if p.Runs() || !p.Clock(real.Add(time.Hour)).Equal(nine) {
		t.Error("the clock runs before the city has said how far")
	}
	step := nine.Add(10 * time.Minute)
	p = ok(p.RunTo(step, real))
	if got := p.Clock(real.Add(4 * time.Second)); !got.Equal(nine.Add(4 * time.Minute)) {
		t.Errorf("after 4 s at 60 times it shows %s", got)
	}
	if got := p.Clock(real.Add(time.Hour)); !got.Equal(step) || !p.Reached(step, real.Add(10*time.Second)) || p.Reached(step, real.Add(9*time.Second)) {
		t.Errorf("it passed the step at which the city has not acted: %s", got)
	}
	p = ok(p.Pause(real.Add(4 * time.Second)))
	if got := p.Clock(real.Add(time.Hour)); !got.Equal(nine.Add(4*time.Minute)) || p.Reached(step, real.Add(time.Hour)) {
		t.Errorf("paused, it shows %s", got)
	}
	p = ok(p.SetSpeed(1, real.Add(time.Hour))) // stays paused
	p = ok(p.GoOn(real.Add(time.Hour)))
	if got := p.Clock(real.Add(time.Hour + time.Minute)); !got.Equal(nine.Add(5 * time.Minute)) {
		t.Errorf("a minute after it went on at the world's speed it shows %s", got)
	}
	if day := p.Day(nine); day != 6 {
		t.Errorf("day %d, want 6", day)
	}
}

// A step to a time is due at once, and ends where it was asked for, between two steps of the city, too.
func TestStep(t *testing.T) {
	t.Parallel()
	ok := must(t)
	real := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	p := opened(t, 1)
	p = ok(p.RunTo(nine.Add(10*time.Minute), real))
	p = ok(p.Pause(real))
	to := nine.Add(25 * time.Minute)
	p = ok(p.StepTo(to, real))
	var acted []time.Duration
	for next := nine.Add(10 * time.Minute); p.Reached(next, real); next = next.Add(10 * time.Minute) {
		p = ok(p.Move(next, real))
		acted = append(acted, next.Sub(nine))
		p = ok(p.RunTo(next.Add(10*time.Minute), real))
	}
	if len(acted) != 2 || acted[1] != 20*time.Minute {
		t.Errorf("the city acted at %v; want after 10 and 20 minutes", acted)
	}
	if got := p.Clock(real.Add(time.Hour)); !got.Equal(to) || p.State != pace.Paused {
		t.Errorf("it stands at %s, %s; want %s, paused", got, p.State, to)
	}
	for want, err := range map[error]error{pace.ErrBack: second(p.StepTo(to, real)), pace.ErrTooFar: second(p.StepTo(p.Ends.Add(1), real)), pace.ErrSpeed: second(p.SetSpeed(61, real)), pace.ErrNotPlayed: second(pace.Pace{}.Pause(real))} {
		if !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
	p = ok(p.End(pace.Over, real))
	if _, err := p.GoOn(real); !errors.Is(err, pace.ErrOver) {
		t.Errorf("go on after the end: %v", err)
	}
	var role *pace.RoleError
	if err := pace.CheckHeld([]string{"duty-officer", "laboratory"}); !errors.As(err, &role) || role.Role != "laboratory" {
		t.Errorf("people hold the laboratory: %v", err)
	}
}

func second(_ pace.Pace, err error) error { return err }

// Whoever waits for a step is woken by the clock, by a change of its speed, by a step ahead and by the end; never while it is paused.
func TestAwait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ok := must(t)
		var k pace.Keeper
		if _, err := k.Await(t.Context(), nine, time.Second); !errors.Is(err, pace.ErrNotPlayed) {
			t.Errorf("await without a drill: %v", err)
		}
		p := opened(t, 10)
		set := func(next pace.Pace, err error) { p = ok(next, err); k.Set(p) }
		step := nine.Add(10 * time.Minute)
		set(p.RunTo(step, time.Now()))
		wait := func(want time.Duration, change func()) {
			t.Helper()
			began, done := time.Now(), make(chan error, 1)
			go func() {
				there, err := k.Await(t.Context(), step, time.Hour)
				if err == nil && !there {
					err = errors.New("gave up")
				}
				done <- err
			}()
			change()
			if err := <-done; err != nil || time.Since(began) != want {
				t.Errorf("waited %s (%v), want %s", time.Since(began), err, want)
			}
			set(p.Move(step, time.Now()))
			step = step.Add(10 * time.Minute)
			set(p.RunTo(step, time.Now()))
		}
		wait(time.Minute, func() {})
		wait(40*time.Second, func() { // half of it at 10 times, the rest at 30
			time.Sleep(30 * time.Second)
			set(p.SetSpeed(30, time.Now()))
		})
		wait(2*time.Minute+20*time.Second, func() {
			time.Sleep(10 * time.Second)
			set(p.Pause(time.Now()))
			time.Sleep(2 * time.Minute)
			set(p.GoOn(time.Now()))
		})
		wait(5*time.Second, func() {
			time.Sleep(5 * time.Second)
			set(p.StepTo(step, time.Now()))
		})
		set(p.Pause(time.Now()))
		if there, err := k.Await(t.Context(), step, time.Minute); there || err != nil {
			t.Errorf("paused, a minute on: %t, %v", there, err)
		}
		ctx, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		if _, err := k.Await(ctx, step, time.Minute); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("whoever waited has gone: %v", err)
		}
		before, _ := k.Clock(time.Now())
		set(p.End(pace.BrokenOff, time.Now()))
		if _, err := k.Await(t.Context(), step, time.Minute); !errors.Is(err, pace.ErrOver) {
			t.Errorf("after the end: %v", err)
		}
		k.Set(pace.Pace{Version: 1, At: nine}) // an older one that was read late
		if after, _ := k.Clock(time.Now()); after.Before(before) {
			t.Errorf("the clock went back from %s to %s", before, after)
		}
	})
}
