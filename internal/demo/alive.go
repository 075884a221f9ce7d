package demo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/contact"
	"firebreak/internal/lab"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

// Alive keeps a played demo going while somebody looks: about every interval one thing happens, so that open screens change. It does what is due
// next, a check, a specimen, a result, a step for a case, and leaves what is late as it is: that is what the screens are to show. Now and then
// somebody new is found. The round under way goes on: desks send, boxes travel, laboratories report; town is what Play returned. It returns when ctx ends. An order that is refused, because a person was quicker, is told to refused and passed over.
func Alive(ctx context.Context, c *command.Commands, town *Town, rng *rand.Rand, every time.Duration, refused func(error)) error {
	p, err := newPlayer(ctx, c)
	if err != nil {
		return err
	}
	if town != nil {
		p.town = town
	}
	a := &alive{player: p, rng: rng}
	for {
		wait := every/2 + time.Duration(rng.Int64N(int64(every)))
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
		if err := a.one(ctx); err != nil && ctx.Err() == nil {
			refused(err)
		}
	}
}

// alive remembers the specimens that wait for their result.
type alive struct {
	*player
	rng     *rand.Rand
	awaited []lab.SpecimenID
}

// Shares of what happens next; assumed.
const (
	ofRound = 0.6  // of all that happens
	newCase = 0.03 // of the rest
	result  = 0.3  // when a specimen waits
	ofKind  = 40   // how many of the tasks due next are chosen among
)

// one makes one thing happen.
func (a *alive) one(ctx context.Context) error {
	if a.town.live && a.rng.Float64() < ofRound {
		return wrap("go on with the round", a.ofTown(ctx))
	}
	switch x := a.rng.Float64(); {
	case x < newCase:
		return a.findCase(ctx)
	case x < newCase+result && len(a.awaited) > 0:
		id := a.awaited[0]
		a.awaited = a.awaited[1:]
		_, err := a.c.ReportResult(ctx, a.by(auth.RoleLaboratory, auth.PurposeScreening), command.ReportResult{Specimen: id, Result: string(lab.Negative)})
		return wrap("report a result", err)
	}
	now := a.c.DB().Now()
	var page store.TaskPage
	err := a.read(ctx, func(r *store.Reader) (err error) {
		page, err = r.Tasks(store.TaskFilter{Outbreak: a.o.ID, Within: store.Everywhere(), States: []task.State{task.Open}, DueFrom: now}, store.ByDue, store.Page{Limit: ofKind})
		return err
	})
	if err != nil {
		return wrap("look for what is due", err)
	}
	var ready []task.Task
	for _, t := range page.Tasks {
		if !t.NotBefore.After(now) && (command.Completable(t.Kind) || t.Kind == task.CheckContact || t.Kind == task.SampleContact) {
			ready = append(ready, t)
		}
	}
	if len(ready) == 0 {
		return nil
	}
	return a.do(ctx, ready[a.rng.IntN(len(ready))])
}

func (a *alive) do(ctx context.Context, t task.Task) error {
	switch t.Kind {
	case task.CheckContact:
		slot := 0
		if loc, err := a.o.Location(); err == nil && a.c.DB().Now().In(loc).Hour() >= 12 {
			slot = 1
		}
		_, err := a.c.RecordCheck(ctx, a.by(auth.RoleFollowUpOfficer, auth.PurposeContactTracing),
			command.RecordCheck{Contact: contact.ID(t.Subject.ID), Slot: slot, Seen: true, Temperature: round(36.1+a.rng.Float64(), 1)})
		return wrap("check a contact", err)
	case task.SampleContact:
		s, err := a.c.TakeSpecimen(ctx, a.by(auth.RoleSampler, auth.PurposeScreening), command.TakeSpecimen{Of: t.Subject})
		if err == nil {
			a.awaited = append(a.awaited, s.ID)
		}
		return wrap("take a specimen", err)
	default: // the other kinds are done by saying when
	}
	_, err := a.c.CompleteTask(ctx, a.by(auth.RoleEpidemiologist, auth.PurposeContactTracing), command.CompleteTask{Task: t.ID, Version: t.Version})
	return wrap("complete "+string(t.Kind), err)
}

// findCase enters somebody found in the community, in a district of the city.
func (a *alive) findCase(ctx context.Context) error {
	districts := []string{Laixi, Laixi, Laixi, "370215", "370283"}
	_, err := a.c.AddCase(ctx, a.by(auth.RoleEpidemiologist, auth.PurposeCaseInvestigation), command.AddCase{Outbreak: Outbreak,
		Person: Person{Sex: []string{"female", "male"}[a.rng.IntN(2)], Age: 10 + a.rng.IntN(60)}.fields(),
		Fields: map[string]string{"class": "asymptomatic", "found": "community", "area": districts[a.rng.IntN(len(districts))]}})
	return wrap("enter a case", err)
}

func wrap(what string, err error) error {
	if err != nil {
		return fmt.Errorf("demo: %s: %w", what, err)
	}
	return nil
}
