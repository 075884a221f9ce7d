package response

import (
	"time"

	"firebreak/internal/lab"
	"firebreak/internal/place"
	"firebreak/internal/task"
)

// LaboratoryFacts is what rules know of a laboratory.
type LaboratoryFacts struct {
	ID       lab.LaboratoryID
	Area     place.AreaID
	District place.AreaID
	Unknown  []UnknownFacts // the positive ones among the tubes that it read and no desk told of
	Earlier  []Era
}

// UnknownFacts is one positive tube that no desk told of.
type UnknownFacts struct {
	Number int       // its own, among all such tubes
	ToldAt time.Time // when the laboratory told the result first
	Ended  time.Time // its desk told of it, the result was corrected, or somebody found out what it was; zero till then
}

// onUnknownPositive answers: a laboratory read a positive tube that no desk told of, or such a tube is known since. Somebody is infected, and nobody knows who: a phone that is silent holds their names.
//
//  1. The coordinator of the screening finds its desk, by the deadline.
//  2. The desk's word came, or it is settled what the tube was: nobody has to look any more. What follows of the result then is what follows of any tube's.
func onUnknownPositive(a ask, f LaboratoryFacts) []Action {
	clause := a.p.Clocks.TubeResult.Path // under a pack that sets no such clock, which was put in force since
	if c := &a.p.Clocks.FindDesk; c.Set() {
		clause = c.Path
	}
	wanted := func(a ask) []task.Want {
		w := wants{ask: a, subject: task.Want{Area: f.Area, District: f.District}}
		clock := &a.p.Clocks.FindDesk
		for _, t := range f.Unknown {
			w.add(clock, want(task.FindDesk, t.Number, task.ScreeningDesk, t.ToldAt, clock, t.Ended))
		}
		return w.list
	}
	return []Action{Stand{Subject: task.Subject{Kind: task.OnLab, ID: int64(f.ID)}, Tasks: judged(a, f.Earlier, wanted(a), 0, wanted), Because: a.because(clause)}}
}
