package response

import (
	"time"

	"firebreak/internal/protocol"
	"firebreak/internal/task"
)

// Era is a time in which another pack was in force than now.
type Era struct {
	Pack  *protocol.Pack
	Until time.Time // the first instant at which it no longer was
}

// grace is how long after the change of pack there is for what the new pack asks for and would be overdue: a deadline cannot pass before it was set. A day is the
// longest clock of the packs for what one person does for another.
const grace = 24 * time.Hour

// since is when the pack now in force came into force; zero where it always was. eras stand in their order.
func since(eras []Era) time.Time {
	if len(eras) == 0 {
		return time.Time{}
	}
	return eras[len(eras)-1].Until
}

// eraOf is the pack that was in force at an instant; nil for the one in force now.
func eraOf(eras []Era, at time.Time) *Era {
	for i := range eras {
		if at.Before(eras[i].Until) {
			return &eras[i]
		}
	}
	return nil
}

// judged holds what one pack wants against what was asked for when it fell due: a change of pack changes what is to be done, not what was.
//
//  1. What was due, or was done, before the change and was wanted then too stands as it was wanted then, with the deadline and the clause of that pack.
//  2. What was done before the change and was not wanted then was nobody's task, and makes none.
//  3. A test day that had passed before the change and was none then makes no task; the last one does, since release hangs on it.
//  4. Whatever else is wanted anew and would be overdue is due a day after the change.
//
// wanted gives the tasks by another pack. last is the ordinal of the last test day; 0 where there is none.
func judged(a ask, eras []Era, now []task.Want, last int, wanted func(ask) []task.Want) []task.Want {
	from := since(eras)
	if from.IsZero() {
		return now
	}
	then := map[*Era]map[task.Key]task.Want{}
	out := now[:0]
	for _, w := range now {
		at := w.Due
		if !w.DoneAt.IsZero() && w.DoneAt.Before(at) {
			at = w.DoneAt
		}
		era := eraOf(eras, at)
		if era == nil {
			out = append(out, w)
			continue
		}
		if then[era] == nil {
			b := a
			b.p = era.Pack
			then[era] = map[task.Key]task.Want{}
			for _, o := range wanted(b) {
				if _, twice := then[era][o.Key]; !twice {
					then[era][o.Key] = o
				}
			}
		}
		o, asked := then[era][w.Key]
		testDay := w.Kind == task.SampleContact && w.Ordinal < doubleOrdinal
		switch {
		case asked:
			out = append(out, o)
		case !w.DoneAt.IsZero() && w.DoneAt.Before(from), testDay && w.Ordinal != last:
		default:
			w.Due = from.Add(grace)
			out = append(out, w)
		}
	}
	return out
}
