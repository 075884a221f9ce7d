// Package pace is how fast the clock of a drill goes while people play roles in it: whether it stands, how many seconds of the drill a real second is, and how far it may go.
//
// The made-up city acts in steps; between two of them the clock runs smoothly, and it never passes the next step before the city has acted there. So nothing is lost and
// nothing happens twice, however fast it goes, and however long a step takes: the clock waits for the city, not the city for the clock.
//
// The store keeps a Pace, the interface and the screens change it, and the drill's player waits for it. It imports nothing of the program.
package pace

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"
)

// State is what is done with a drill.
type State string

// The states. A drill that is moved by hand, or played by nobody but the made-up offices, has none.
const (
	Unpaced   State = ""
	Running   State = "running"
	Paused    State = "paused"
	Over      State = "over"       // it came to its last day
	BrokenOff State = "broken-off" // whoever played the city ended before that
)

// Slowest and Fastest bound the speed.
const (
	Slowest = 1
	Fastest = 60
)

// Errors of changes.
var (
	// ErrNotPlayed: there is no city that would go on.
	ErrNotPlayed = errors.New("nobody plays this drill: its clock is moved by hand")
	// ErrOver: the drill has ended.
	ErrOver = errors.New("this drill has ended")
	// ErrPlayed: the clock is the player's.
	ErrPlayed = errors.New("this drill is being played: its clock is paused, sped up or stepped, not moved")
	// ErrBack: the instant has passed.
	ErrBack = errors.New("the clock of a drill only goes forward")
	// ErrSpeed: the speed is out of bounds.
	ErrSpeed = fmt.Errorf("a drill goes %d to %d times as fast as the world", Slowest, Fastest)
	// ErrTooFar: the instant lies behind the end.
	ErrTooFar = errors.New("the drill ends before that")
)

// Pace is how the clock of a drill goes. Instants called real are of the world's clock, the others of the drill's.
type Pace struct {
	Version int64 // grows with each change
	State   State
	At      time.Time // what the clock showed when this was set
	Speed   int       // seconds of the drill in a real one
	Since   time.Time // real, when the clock was let run; zero while it stands
	Until   time.Time // the next step of the city, which the clock does not pass
	Ahead   time.Time // what somebody asked to step to; the city goes there as fast as it can
	Ends    time.Time // the end of the drill
	First   time.Time // when the first case was known: its day is day 0
	Zone    string    // of the drill's place
	Held    []string  // roles that people hold, as Holdable names them
}

// Played says whether a city goes on in it.
func (p Pace) Played() bool { return p.State == Running || p.State == Paused }

// Runs says whether the clock ticks by itself.
func (p Pace) Runs() bool { return p.State == Running && !p.Since.IsZero() && p.Until.After(p.At) }

// Clock is what the clock shows at a real instant.
func (p Pace) Clock(real time.Time) time.Time {
	if !p.Runs() {
		return p.At
	}
	at := p.At.Add(time.Duration(p.Speed) * max(0, real.Sub(p.Since)))
	if at.After(p.Until) {
		return p.Until
	}
	return at.Truncate(time.Microsecond)
}

// Reached says whether the city's step at to is due: the clock shows it, or somebody wants to be beyond it.
func (p Pace) Reached(to, real time.Time) bool {
	return !p.Clock(real).Before(to) || p.Played() && !p.Ahead.Before(to)
}

// left is how much real time passes until the clock shows to; false while it stands.
func (p Pace) left(to, real time.Time) (time.Duration, bool) {
	if !p.Runs() || to.After(p.Until) {
		return 0, false
	}
	speed := time.Duration(p.Speed)
	return (to.Sub(p.Clock(real)) + speed - 1) / speed, true
}

// Open begins to pace a drill: from here on it runs at a speed.
func (p Pace) Open(speed int) (Pace, error) {
	if speed < Slowest || speed > Fastest {
		return p, ErrSpeed
	}
	p.State, p.Speed, p.Since, p.Until, p.Ahead = Running, speed, time.Time{}, time.Time{}, time.Time{}
	return p, nil
}

// halt has the clock stand where it is.
func (p Pace) halt(real time.Time) Pace {
	p.At, p.Since = p.Clock(real), time.Time{}
	return p
}

// resume has the clock run, where there is a step to run to.
func (p Pace) resume(real time.Time) Pace {
	if p.State == Running && p.Until.After(p.At) {
		p.Since = real
	}
	return p
}

func (p Pace) playable() error {
	switch p.State {
	case Unpaced:
		return ErrNotPlayed
	case Over, BrokenOff:
		return ErrOver
	case Running, Paused:
	}
	return nil
}

// Pause has the clock stand. It calls off a step that was asked for; what is paused stays so.
func (p Pace) Pause(real time.Time) (Pace, error) {
	if err := p.playable(); err != nil {
		return p, err
	}
	p = p.halt(real)
	p.State, p.Ahead = Paused, time.Time{}
	return p, nil
}

// GoOn has it run again.
func (p Pace) GoOn(real time.Time) (Pace, error) {
	if err := p.playable(); err != nil {
		return p, err
	}
	p = p.halt(real)
	p.State = Running
	return p.resume(real), nil
}

// SetSpeed changes how fast it runs.
func (p Pace) SetSpeed(speed int, real time.Time) (Pace, error) {
	if err := p.playable(); err != nil {
		return p, err
	}
	if speed < Slowest || speed > Fastest {
		return p, ErrSpeed
	}
	p = p.halt(real)
	p.Speed = speed
	return p.resume(real), nil
}

// StepTo has the city go on to an instant as fast as it can. Then it runs on, or stands, as before.
func (p Pace) StepTo(to, real time.Time) (Pace, error) {
	if err := p.playable(); err != nil {
		return p, err
	}
	if !to.After(p.Clock(real)) {
		return p, ErrBack
	}
	if to.After(p.Ends) {
		return p, ErrTooFar
	}
	p = p.halt(real)
	p.Ahead = to
	return p.ahead().resume(real), nil
}

// ahead moves the clock to where somebody wants to be, but not beyond the city's next step.
func (p Pace) ahead() Pace {
	to := p.Ahead
	if to.After(p.Until) {
		to = p.Until
	}
	if to.After(p.At) {
		p.At = to
	}
	return p
}

// RunTo is the player's: the city has acted, and the clock may run to its next step.
func (p Pace) RunTo(next, real time.Time) (Pace, error) {
	if err := p.playable(); err != nil {
		return p, err
	}
	if next.Equal(p.Until) {
		return p, nil
	}
	p = p.halt(real)
	p.Until = next
	return p.ahead().resume(real), nil
}

// Move has the clock stand at an instant.
func (p Pace) Move(to, real time.Time) (Pace, error) {
	if to.Before(p.Clock(real)) {
		return p, ErrBack
	}
	p.At, p.Since = to, time.Time{}
	return p, nil
}

// End has the clock stand for good.
func (p Pace) End(s State, real time.Time) (Pace, error) {
	if err := p.playable(); err != nil {
		return p, err
	}
	p = p.halt(real)
	p.State, p.Until, p.Ahead = s, time.Time{}, time.Time{}
	return p, nil
}

// Hold says which roles people hold from now on.
func (p Pace) Hold(roles []string) (Pace, error) {
	if err := p.playable(); err != nil {
		return p, err
	}
	if err := CheckHeld(roles); err != nil {
		return p, err
	}
	held := slices.Clone(roles)
	slices.Sort(held)
	p.Held = slices.Compact(held)
	return p, nil
}

// Holdable lists the roles that people can hold: those that need to know nothing but what the screens say. What a swab shows and whom a case has met, the made-up city alone knows.
func Holdable() []string {
	return []string{"duty-officer", "follow-up-officer", "screening-coordinator", "transfer-dispatcher", "isolation-staff", "hospital", "community-worker"}
}

// RoleError names a role that people cannot hold.
type RoleError struct{ Role string }

// Error implements error.
func (e *RoleError) Error() string {
	return fmt.Sprintf("%q is no role that people can hold in a drill: they are %v. What a swab shows, and whom a case has met, the made-up city alone knows", e.Role, Holdable())
}

// CheckHeld says whether people can hold the roles: *RoleError for the first that they cannot.
func CheckHeld(roles []string) error {
	for _, r := range roles {
		if !slices.Contains(Holdable(), r) {
			return &RoleError{r}
		}
	}
	return nil
}

// Day is how many days, by the drill's calendar, an instant lies behind the first case.
func (p Pace) Day(at time.Time) int {
	zone, err := time.LoadLocation(p.Zone)
	if err != nil {
		zone = time.UTC
	}
	date := func(t time.Time) time.Time {
		y, m, d := t.In(zone).Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	return int(date(at).Sub(date(p.First)) / (24 * time.Hour))
}

// Keeper holds the newest Pace that somebody has read or set. The zero Keeper holds none. It is safe for concurrent use.
type Keeper struct {
	held  atomic.Pointer[held]
	shown atomic.Int64 // the latest that the clock has shown, microseconds: it never goes back, not by the moment that a change takes
}

type held struct {
	Pace
	changed chan struct{}
}

// Set takes over a pace, unless a newer one is held.
func (k *Keeper) Set(p Pace) {
	next := &held{p, make(chan struct{})}
	for {
		was := k.held.Load()
		if was != nil && was.Version >= p.Version {
			return
		}
		if k.held.CompareAndSwap(was, next) {
			if was != nil {
				close(was.changed)
			}
			return
		}
	}
}

// Get returns the pace; false where none was set.
func (k *Keeper) Get() (Pace, bool) {
	h := k.held.Load()
	if h == nil {
		return Pace{}, false
	}
	return h.Pace, true
}

// Clock is what the clock shows at a real instant; false where no pace was set.
func (k *Keeper) Clock(real time.Time) (time.Time, bool) {
	h := k.held.Load()
	if h == nil {
		return time.Time{}, false
	}
	at := h.Clock(real).UnixMicro()
	for {
		was := k.shown.Load()
		if at <= was {
			at = was
			break
		}
		if k.shown.CompareAndSwap(was, at) {
			break
		}
	}
	return time.UnixMicro(at).UTC(), true
}

// Await waits until the city's step at to is due, and says whether it is; it gives up after at most so much real time. It returns ErrOver when the drill ends meanwhile.
func (k *Keeper) Await(ctx context.Context, to time.Time, most time.Duration) (bool, error) {
	give := time.NewTimer(most)
	defer give.Stop()
	for {
		h := k.held.Load()
		if h == nil {
			return false, ErrNotPlayed
		}
		if err := h.playable(); err != nil {
			return false, err
		}
		real := time.Now()
		if h.Reached(to, real) {
			return true, nil
		}
		var due <-chan time.Time
		if d, ok := h.left(to, real); ok {
			due = time.After(d)
		}
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-give.C:
			return false, nil
		case <-h.changed:
		case <-due:
		}
	}
}
