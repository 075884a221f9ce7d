package lookup

import (
	"testing"
	"testing/synctest"
	"time"
)

// stood is for how long one look-up stands back.
func stood(p *Precedence) time.Duration {
	began := time.Now()
	p.wait()
	return time.Since(began)
}

func TestPrecedence(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var none *Precedence
		var p Precedence
		expect := func(what string, got, want time.Duration) {
			t.Helper()
			if got != want {
				t.Errorf("%s: a look-up stood back for %s, want %s", what, got, want)
			}
		}
		expect("with nobody to go first", stood(none), 0)
		expect("with nothing under way", stood(&p), 0)

		p.Begin()
		time.AfterFunc(time.Millisecond, p.End)
		expect("a batch that takes 1 ms", stood(&p), time.Millisecond)

		p.Begin()
		expect("a batch right after it", stood(&p), 0)
		time.Sleep(time.Millisecond)
		expect("one that goes on for long", stood(&p), mostBack)
		expect("the same, at once again", stood(&p), 0)
		time.Sleep(mostBack)
		expect("the same, later", stood(&p), mostBack)
		p.End()

		time.Sleep(mostBack)
		p.Begin()
		p.Begin()
		time.AfterFunc(time.Millisecond/2, p.End)
		time.AfterFunc(time.Millisecond, p.End)
		expect("two, until both are over", stood(&p), time.Millisecond)
	})
}

// Whatever is under way, look-ups have half of the time.
func TestPrecedenceLeavesHalf(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ takes, rests time.Duration }{
		"without end":         {time.Hour, 0},
		"many that are short": {300 * time.Microsecond, 0},
		"now and then":        {3 * time.Millisecond, 100 * time.Microsecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var p Precedence
				const lasts = time.Second
				began := time.Now()
				done := make(chan struct{})
				go func() {
					for time.Since(began) < lasts {
						p.Begin()
						time.Sleep(min(c.takes, lasts))
						p.End()
						time.Sleep(c.rests)
					}
					close(done)
				}()
				var back time.Duration
				for time.Since(began) < lasts {
					back += stood(&p)
					time.Sleep(10 * time.Microsecond) // a look-up
				}
				<-done
				if back > lasts/2+mostBack || back < lasts/3 {
					t.Errorf("look-ups stood back for %s of %s", back, lasts)
				}
			})
		})
	}
}
