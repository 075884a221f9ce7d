package response

import (
	"errors"
	"fmt"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/lab"
	"firebreak/internal/person"
	"firebreak/internal/protocol"
	"firebreak/internal/screening"
	"firebreak/internal/task"
	"firebreak/internal/zone"
)

// World is where React reads facts and applies actions: a transaction of the store, or memory in a rehearsal.
type World interface {
	CaseFacts(cases.ID) (CaseFacts, error)
	ContactFacts(contact.ID) (ContactFacts, error)
	PersonFacts(person.ID) (PersonFacts, error)
	TubeFacts(screening.TubeID) (TubeFacts, error)
	LaboratoryFacts(lab.LaboratoryID) (LaboratoryFacts, error)
	AssistanceFacts(contact.AssistanceID) (AssistanceFacts, error)
	BedFacts() (BedFacts, error)
	HouseFacts(task.Subject) (HouseFacts, error) // of a proposal, a conversion or an event at a hospital or site
	ZoneFacts(zone.ID) (ZoneFacts, error)
	// Apply carries out one action and returns the facts it brought about: none when nothing changed. That is what makes
	// a cascade end: an action that is already so has no effect and no echo.
	Apply(Action) ([]Trigger, error)
}

// ErrEndless is returned when a cascade does not come to rest. It means a rule is wrong: every rule moves something one
// way only (a tier nearer, a class surer, a follow-up ended).
var ErrEndless = errors.New("rules do not come to rest")

// React runs the rules that answer each trigger, applies what they order, and goes on with what that brings about until
// nothing more follows.
func React(p *protocol.Pack, now time.Time, w World, triggers ...Trigger) error {
	queue := append([]Trigger(nil), triggers...)
	// A positive contact revisits each of its contacts a few times; anything near this is a rule that feeds itself.
	const most = 1_000_000
	for n := 0; len(queue) > 0; n++ {
		if n == most {
			return fmt.Errorf("%s on %s %d: %w", queue[0].Kind, queue[0].Subject.Kind, queue[0].Subject.ID, ErrEndless)
		}
		t := queue[0]
		queue = queue[1:]
		actions, err := answer(p, now, w, t)
		if err != nil {
			return fmt.Errorf("answer %s on %s %d: %w", t.Kind, t.Subject.Kind, t.Subject.ID, err)
		}
		for _, a := range actions {
			more, err := w.Apply(a)
			if err != nil {
				return fmt.Errorf("apply %T for %s on %s %d: %w", a, t.Kind, t.Subject.Kind, t.Subject.ID, err)
			}
			queue = append(queue, more...)
		}
	}
	return nil
}
