package restriction

import (
	"errors"
	"time"

	"firebreak/internal/task"
)

// Release is that somebody who was kept apart need not be any more: what a certificate of release says of the restriction.
type Release struct {
	From    time.Time // when the restriction was made, or began again
	At      time.Time
	As      Ended
	Version int  // the one that ended it; another end is another release
	ByTwo   bool // two people agreed, rather than a rule
	Because task.Because
	Home    bool      // asked for at home, from the first to the last day
	Planned time.Time // when it would have ended if nobody had ended it sooner; zero where it ended no sooner
}

// Why somebody has no certificate of release.
var (
	ErrStands   = errors.New("still stands")
	ErrNoExit   = errors.New("did not end by a release")
	ErrNotApart = errors.New("asked nobody to stay apart")
)

// Frees says whether whoever was restricted is free after such an end. Who has become a case, or is in quarantine, is not; nor does it say anything of who died, was lost, or goes on in another record.
func (e Ended) Frees() bool {
	switch e {
	case EndedReleased, EndedRecovered, EndedOver, EndedAgreed, EndedAppeal, EndedCorrected, EndedPack:
		return true
	case NotEnded, EndedDied, EndedLost, EndedCase, EndedMerged, EndedNegative, EndedFound, EndedElsewhere:
	}
	return false
}

// apart says whether the kind keeps somebody away from others for days.
func (k Kind) apart() bool { return k == Isolation || k == QuarantineSite || k == QuarantineHome }

// Release says how isolation or quarantine ended, since it was last asked for:
//
//  1. It has ended, in a way that leaves them free. A hold has no release: its day is a matter of one tube.
//  2. They were asked to stay apart at some time, not only to be watched.
//
// Errors: ErrStands, ErrNoExit, ErrNotApart. Whether something else still binds the person, the caller asks.
func (r *Restriction) Release() (out Release, err error) {
	switch {
	case r.Stands():
		return out, ErrStands
	case !r.Ended.Frees() || r.Cause.Tube() != 0:
		return out, ErrNoExit
	}
	last := r.Now()
	out = Release{At: r.EndedAt, As: r.Ended, Version: last.N, ByTwo: last.ByHand() || r.Ended == EndedAppeal, Because: last.Because, Home: true}
	apart := false
	for i := len(r.Versions) - 1; i >= 0; i-- {
		v := r.Versions[i]
		if v.Change == Over {
			if i < len(r.Versions)-1 {
				break // the time before was another restriction to them
			}
			continue
		}
		out.From = v.At
		if out.Planned.IsZero() && v.Until.After(r.EndedAt) {
			out.Planned = v.Until
		}
		to := r.EndedAt
		if i+1 < len(r.Versions) {
			to = r.Versions[i+1].At
		}
		kinds := []Kind{v.Kind}
		switch then := v.Then != "" && v.ThenAt.Before(to); {
		case then && !v.ThenAt.After(v.At):
			kinds = []Kind{v.Then}
		case then:
			kinds = append(kinds, v.Then)
		}
		for _, k := range kinds {
			apart = apart || k.apart()
			out.Home = out.Home && k != Isolation && k != QuarantineSite
		}
	}
	if !apart {
		return out, ErrNotApart
	}
	return out, nil
}
