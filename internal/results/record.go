package results

import (
	"cmp"
	"slices"
	"time"

	"firebreak/internal/lab"
	"firebreak/internal/screening"
	"firebreak/internal/store"
)

// State is what somebody is told of the last time they were sampled.
type State uint8

// The states. A pool's positive is its members' Checked: it is not known yet whose it is.
const (
	Nothing  State = iota // nothing is known of them
	Awaited               // sampled, and the tube has no result yet
	Negative              // the tube was negative
	Checked               // something was found in a tube of several people: they stay where they are and are called
	Again                 // the tube told nothing: they are sampled again
	Positive              // found in a tube that held only theirs
)

// String is the word of the interface.
func (s State) String() string {
	switch s {
	case Awaited:
		return "awaited"
	case Negative:
		return "negative"
	case Checked:
		return "checked"
	case Again:
		return "again"
	case Positive:
		return "positive"
	case Nothing:
	}
	return "none"
}

// ofTube is what a tube's result means for each of its members.
func ofTube(t *store.TubeOutcome) State {
	switch {
	case t.Result == lab.TubeNegative:
		return Negative
	case t.Result == lab.TubePositive && (t.Kind == screening.Single || t.People == 1):
		return Positive
	case t.Result == lab.TubePositive:
		return Checked
	case t.Result.Again():
		return Again
	}
	return Awaited
}

// ofSpecimen is what a specimen's result means for whose it is. Only PCR counts: an antigen test is no diagnosis, and the others answer other questions.
func ofSpecimen(s *lab.Specimen) State {
	switch {
	case s.Method != lab.PCR:
		return Nothing
	case s.Result == lab.Negative:
		return Negative
	case s.Result == lab.Positive:
		return Positive
	case s.Result == lab.Inconclusive, s.Result == lab.Invalid:
		return Again
	}
	return Awaited
}

// sample is one sample of one person as a tube or a specimen has it now.
type sample struct {
	state    State
	sampled  int64 // seconds since epoch
	resulted int64 // seconds since epoch; meaningless while awaited
	source   uint32
}

// sourceOf tells tubes and specimens apart; two samples of one person are never four billion apart.
func sourceOf[T ~int64](id T, specimen bool) uint32 {
	out := uint32(id) << 1 //nolint:gosec // the low bits are enough
	if specimen {
		out |= 1
	}
	return out
}

// record is what is kept of a person: the latest sample, and when the latest negative one before it was taken. It is a function of all their samples as they are now, in
// whatever order they were read; a test holds it to that.
type record struct {
	state    State
	sampled  int64 // seconds since epoch
	took     int64 // minutes from sample to result, at most mostTook, which means "longer, or unknown"
	negative int64 // 1 + minutes from the latest negative sample before this one to this one; 0 is none within mostBefore
	source   uint32
}

// What fits into the bits of a word: see pack.
const (
	stateBits, sampledBits, tookBits, negativeBits = 4, 30, 13, 15
	mostTook                                       = 1<<tookBits - 1
	mostBefore                                     = 1<<negativeBits - 2
	mostSampled                                    = 1<<sampledBits - 1
)

// epoch is where seconds are counted from: 30 bits last until 2054.
var epoch = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

// negativeMinute is when the latest negative sample before this one was taken, in minutes since epoch; ok is false where there is none.
func (r record) negativeMinute() (minute int64, ok bool) {
	return r.sampled/60 - (r.negative - 1), r.negative > 0
}

func (r record) withNegative(minute int64) record {
	r.negative = 0
	if d := r.sampled/60 - minute; d >= 0 && d <= mostBefore {
		r.negative = d + 1
	}
	return r
}

// with returns the record after a sample was taken or has changed. again is true where that cannot be told from the record: then all of the person's samples have to be read.
func (r record) with(s sample) (out record, again bool) {
	minute, had := r.negativeMinute()
	switch {
	case r.state == Nothing:
		return s.record(), false
	case s.source == r.source:
		out = s.record()
		if had {
			out = out.withNegative(minute)
		}
		return out, false
	case s.sampled > r.sampled || s.sampled == r.sampled && s.source > r.source: // later than what is kept
		out = s.record()
		switch {
		case r.state == Negative:
			out = out.withNegative(r.sampled / 60)
		case had:
			out = out.withNegative(minute)
		}
		return out, false
	case s.state == Negative:
		if m := s.sampled / 60; !had || m > minute {
			r = r.withNegative(m)
		}
		return r, false
	default: // older, and not negative, or not any more
		return r, had && s.sampled/60 == minute
	}
}

// counts leaves out what tells people nothing, and clocks that cannot be.
func (s sample) counts() bool { return s.state != Nothing && s.sampled > 0 && s.sampled <= mostSampled }

// later orders samples of one person.
func (s sample) later(t sample) int {
	return cmp.Or(cmp.Compare(s.sampled, t.sampled), cmp.Compare(s.source, t.source))
}

// ofAll is the record of somebody's samples, in any order.
func ofAll(list []sample) (r record) {
	if len(list) == 0 {
		return r
	}
	slices.SortFunc(list, sample.later)
	last := len(list) - 1
	r = list[last].record()
	for _, s := range slices.Backward(list[:last]) {
		if s.state == Negative {
			return r.withNegative(s.sampled / 60)
		}
	}
	return r
}

func (s sample) record() record {
	r := record{state: s.state, sampled: s.sampled, took: mostTook, source: s.source}
	if s.state != Awaited {
		if d := s.resulted/60 - s.sampled/60; d >= 0 && d < mostTook {
			r.took = d
		}
	}
	return r
}

// pack writes a record, but for its source, into one word, so that it is read in one piece while it is written.
func (r record) pack() uint64 {
	return uint64(r.state) | uint64(r.sampled)<<stateBits | uint64(r.took)<<(stateBits+sampledBits) | uint64(r.negative)<<(stateBits+sampledBits+tookBits) //nolint:gosec // bounded, see above
}

func unpack(w uint64, source uint32) record {
	return record{
		state: State(w & (1<<stateBits - 1)), sampled: int64(w >> stateBits & (1<<sampledBits - 1)), took: int64(w >> (stateBits + sampledBits) & (1<<tookBits - 1)),
		negative: int64(w >> (stateBits + sampledBits + tookBits) & (1<<negativeBits - 1)), source: source,
	}
}

// joined is the record of one person who was two: of both their samples. A sample that both records have, since its specimen went from one to the other, is one sample: nobody
// is sampled twice in a second.
func joined(a, b record) record {
	if a.state == Nothing || b.state != Nothing && (b.sampled > a.sampled || b.sampled == a.sampled && b.state > a.state) {
		a, b = b, a
	}
	minute, had := a.negativeMinute()
	for _, x := range []struct {
		minute int64
		ok     bool
	}{{b.sampled / 60, b.state == Negative && b.sampled != a.sampled}, first(b.negativeMinute())} {
		if x.ok && (!had || x.minute > minute) {
			minute, had = x.minute, true
		}
	}
	if had {
		return a.withNegative(minute)
	}
	return a
}

func first(minute int64, ok bool) struct {
	minute int64
	ok     bool
} {
	return struct {
		minute int64
		ok     bool
	}{minute, ok}
}
