package turnout

import (
	"time"

	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/screening"
)

// Step is the grain in which it is kept when people came: fine enough for a curve of a day, and coarse enough for two bytes a person.
const Step = 15 * time.Minute

func stepOf(t time.Time) int64 { return t.Unix() / int64(Step/time.Second) }

func startOf(step int64) time.Time { return time.Unix(step*int64(Step/time.Second), 0).UTC() }

// early is how many steps before the first tube that came in another may have been closed: devices send what they have when they have a network again.
const early = 7 * 96

// firsts keeps when people were sampled for the first time in a round, by their number: two bytes a person, which tells the burn-down of any area without asking the database.
type firsts struct {
	base  int64    // the step that 1 stands for
	steps []uint16 // by number; 0 for nobody
}

func (f *firsts) put(n person.Number, at time.Time) {
	step := stepOf(at)
	if f.steps == nil {
		f.base = step - early
	}
	if int(n) >= len(f.steps) {
		f.steps = append(f.steps, make([]uint16, int(n)+1-len(f.steps))...)
	}
	v := uint16(min(max(step-f.base+1, 1), 1<<16-1)) //nolint:gosec // bounded in the same line
	if was := f.steps[n]; was == 0 || v < was {
		f.steps[n] = v
	}
}

// move gives what is known of one number to another.
func (f *firsts) move(from, to person.Number) {
	if int(from) >= len(f.steps) || f.steps[from] == 0 {
		return
	}
	at := startOf(f.base + int64(f.steps[from]) - 1)
	f.steps[from] = 0
	f.put(to, at)
}

// ring is what a site took in the last quarter hours, by step.
type ring [8]struct {
	step int64
	n    int32
}

func (r *ring) add(at time.Time) {
	step := stepOf(at)
	slot := &r[int(step%int64(len(r)))]
	if slot.step > step {
		return // older than what is kept
	}
	if slot.step < step {
		slot.step, slot.n = step, 0
	}
	slot.n++
}

// perHour is the rate of about the last hour: of three whole steps and the one under way.
func (r *ring) perHour(now time.Time) float64 {
	last := stepOf(now)
	var n int32
	for _, slot := range r {
		if slot.step > last-4 && slot.step <= last {
			n += slot.n
		}
	}
	return float64(n) / now.Sub(startOf(last-3)).Hours()
}

// PerHour is how many samples the site took in about the last hour before now, as far as its devices have sent them.
func (s Site) PerHour(now time.Time) float64 { return s.recent.perHour(now) }

// Came is how many people of an area came for the first time within one step.
type Came struct {
	At     time.Time // when the step began, UTC
	People int64
}

// Pace returns when those who are due within areas and were sampled came for the first time, by steps of a quarter hour from the first to the last in which anybody came.
// Its sum is Counts.Sampled without Counts.DeskOnly: when those came is not kept.
func (t *Turnout) Pace(id screening.RoundID, tree *place.Tree, areas ...place.AreaID) ([]Came, error) {
	if !t.IsReady() {
		return nil, ErrLoading
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	r := t.rounds[id]
	if r == nil {
		return nil, ErrNotKept
	}
	var counts []int64
	due := t.dueIn(r)
	for n := range r.sampled.Without(t.within(tree, areas)) {
		if !due.Has(n) || int(n) >= len(r.first.steps) {
			continue
		}
		step := int(r.first.steps[n])
		if step >= len(counts) {
			counts = append(counts, make([]int64, step+1-len(counts))...)
		}
		counts[step]++
	}
	first := 0
	for first < len(counts) && counts[first] == 0 {
		first++
	}
	var out []Came
	for i := first; i < len(counts); i++ {
		out = append(out, Came{startOf(r.first.base + int64(i) - 1), counts[i]})
	}
	return out, nil
}
