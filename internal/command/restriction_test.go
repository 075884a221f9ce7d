package command

import (
	"context"
	"errors"
	"testing"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/contact"
	"firebreak/internal/person"
	"firebreak/internal/restriction"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/task"
)

func (s *story) restriction(c restriction.Cause) restriction.Restriction {
	s.t.Helper()
	var out restriction.Restriction
	s.must(s.db.View(context.Background(), func(r *store.Reader) error {
		list, err := r.RestrictionOfCause(c)
		if err == nil && len(list) == 0 {
			s.t.Fatalf("nothing restricts %s %d", c.Subject().Kind, c.Subject().ID)
		}
		out = list[0]
		return err
	}))
	s.must(out.Check())
	return out
}

// A contact is brought to a site and told; two people, of whom one is not enough, make it milder; what is owed is a task; an appeal is answered by two; what no clock was there for ends by itself.
func TestRestriction(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		ctx, by := context.Background(), Owner("test")
		s := newStory(t, open, "covid19/2022-v9")
		a, err := s.AddCase(ctx, by, AddCase{Outbreak: "o", Code: "A", Fields: map[string]string{"class": "confirmed", "onset": "2022-03-03", "area": "370101"}})
		s.must(err)
		list := func(code string) contact.Contact {
			t.Helper()
			c, err := s.ListContact(ctx, by, ListContact{Outbreak: "o", Code: code, Case: a.ID, Fields: map[string]string{"last_exposed": "2022-03-04"}})
			s.must(err)
			return c.Contact
		}
		b, d := list("B"), list("D")
		staff := func(login string, role auth.Role, action auth.Action, area int64) By {
			g := auth.Grant{Role: role, Area: s.contact(b.ID).Area}
			if area != 0 {
				g.Area = -1
			}
			p := auth.PurposesFor(auth.Actor{Grants: []auth.Grant{g}}, action, s.clock.now())
			out := By{Actor: auth.Actor{UserID: 1, Login: login, Grants: []auth.Grant{g}}}
			if len(p) > 0 {
				out.Purpose = p[0]
			}
			return out
		}
		duty, other := staff("duty", auth.RoleDutyOfficer, auth.RestrictionChange, 0), staff("other", auth.RoleDutyOfficer, auth.RestrictionChange, 0)
		worker := staff("worker", auth.RoleCommunityWorker, auth.RestrictionTell, 0)

		r := s.restriction(restriction.OfContact(b.ID))
		k := s.tasks(onContact(b.ID))[task.TellRestriction]
		if r.Terms().InForce(s.clock.now()) != restriction.Transfer || r.Terms().Then != restriction.QuarantineHome || k.State != task.Open || k.Owner != task.FollowUpOfficer {
			t.Fatalf("%+v, told by %+v", r, k)
		}
		if iso := s.restriction(restriction.OfCase(a.ID)); iso.Terms().Kind != restriction.Isolation || !iso.NeedsReview() {
			t.Fatalf("the case: %+v", iso)
		}
		of := OfRestriction{Restriction: r.ID}
		told, err := s.TellRestriction(ctx, worker, TellRestriction{OfRestriction: of, How: "in-person", Offered: "no", WhyNot: "no-room"})
		s.must(err)
		if told.ToTell() != 0 || told.Offer.Why != restriction.NoRoom || s.tasks(onContact(b.ID))[task.TellRestriction].State != task.Done {
			t.Errorf("told: %+v", told)
		}
		if _, err := s.TellRestriction(ctx, worker, TellRestriction{OfRestriction: of, How: "phone"}); !isInvalid(err) {
			t.Errorf("told twice: %v", err)
		}

		milder := ProposeRestriction{OfRestriction: of, Change: "milder", Kind: "quarantine-home", Ground: "care", Words: "cares for a child"}
		var forbidden *Forbidden
		for name, by := range map[string]By{"worker": worker, "elsewhere": staff("far", auth.RoleDutyOfficer, auth.RestrictionChange, 1)} {
			if _, err := s.ProposeRestriction(ctx, by, milder); !errors.As(err, &forbidden) {
				t.Errorf("%s proposes: %v", name, err)
			}
		}
		for name, bad := range map[string]ProposeRestriction{
			"own words for a kind": {OfRestriction: of, Change: "milder", Kind: "detention", Ground: "care", Words: "x"},
			"stricter":             {OfRestriction: of, Change: "stricter", Kind: "isolation", Ground: "care", Words: "x"},
			"no ground":            {OfRestriction: of, Change: "longer", Until: "2022-03-16", Ground: "care", Words: "x"},
			"too long":             {OfRestriction: of, Change: "longer", Until: "2022-05-01", Ground: "awaited", Words: "x"},
			"no words":             {OfRestriction: of, Change: "ended", Ground: "evidence"},
		} {
			if _, err := s.ProposeRestriction(ctx, duty, bad); !isInvalid(err) {
				t.Errorf("%s: %v", name, err)
			}
		}
		p, err := s.ProposeRestriction(ctx, duty, milder)
		s.must(err)
		if p.Terms().Kind != restriction.QuarantineSite || !p.Proposal.Waits() {
			t.Fatalf("a proposal changed it: %+v", p)
		}
		if _, err := s.AgreeRestriction(ctx, duty, AgreeRestriction{OfRestriction: of}); !isInvalid(err) {
			t.Errorf("one person alone: %v", err)
		}
		_, err = s.AgreeRestriction(ctx, other, AgreeRestriction{OfRestriction: of})
		s.must(err)
		r = s.restriction(restriction.OfContact(b.ID))
		if v := r.Now(); v.Kind != restriction.QuarantineHome || v.By != "duty" || v.Second != "other" || r.ToTell() != 2 {
			t.Fatalf("after two agreed: %+v", r)
		}
		if k := s.ledger(onContact(b.ID))[task.Key{Kind: task.TellRestriction, Ordinal: 2}]; k.State != task.Open {
			t.Errorf("nobody is to tell them: %+v", k)
		}

		need, err := s.AskNeed(ctx, worker, AskNeed{Restriction: r.ID, Need: "food"})
		s.must(err)
		if again, err := s.AskNeed(ctx, worker, AskNeed{Restriction: r.ID, Need: "food"}); err != nil || again.ID != need.ID {
			t.Errorf("asked twice: %+v %v", again, err)
		}
		if k := s.tasks(onContact(b.ID))[task.MeetNeed]; k.State != task.Open || k.Owner != task.CommunityWorker {
			t.Errorf("the need: %+v", k)
		}
		_, err = s.MeetNeed(ctx, worker, MeetNeed{of, need.ID})
		s.must(err)
		if k := s.tasks(onContact(b.ID))[task.MeetNeed]; k.State != task.Done {
			t.Errorf("the need, met: %+v", k)
		}

		// D appeals, and two let them go. Quarantine is not brought about by force then.
		appeal, err := s.AppealHold(ctx, Owner("public"), AppealHold{Person: d.Person, Ground: "mistake"})
		s.must(err)
		if k := s.tasks(onPerson(d.Person))[task.AnswerAppeal]; k.State != task.Open {
			t.Fatalf("the appeal: %+v", k)
		}
		for i, by := range []By{duty, duty, other} {
			_, err := s.AnswerAppeal(ctx, by, AnswerAppeal{Appeal: appeal.ID, Answer: "lifted", Reason: "was not there"})
			if isInvalid(err) != (i == 1) {
				t.Fatalf("%s answers: %v", by.Name(), err)
			}
		}
		if r := s.restriction(restriction.OfContact(d.ID)); r.Ended != restriction.EndedAppeal || r.Now().By != "duty" || r.Now().Second != "other" {
			t.Fatalf("after the appeal: %+v", r)
		}
		tasks := s.tasks(onContact(d.ID))
		if s.tasks(onPerson(d.Person))[task.AnswerAppeal].State != task.Done || tasks[task.QuarantineContact].State != task.Void || tasks[task.CheckContact].State != task.Open {
			t.Errorf("tasks after the appeal: %+v", tasks)
		}

		// A later appeal needs no answer once the time is up, and nobody has to remember that it is.
		_, err = s.AppealHold(ctx, Owner("public"), AppealHold{Person: b.Person, Ground: "other"})
		s.must(err)
		s.clock.set(r.Terms().Until.Add(time.Minute))
		_, err = s.Tick(ctx)
		s.must(err)
		if r := s.restriction(restriction.OfContact(b.ID)); r.Ended != restriction.EndedOver {
			t.Fatalf("after its last moment: %+v", r)
		}
		if k := s.tasks(onPerson(b.Person))[task.AnswerAppeal]; k.State != task.Void {
			t.Errorf("the appeal: %+v", k)
		}
		last := s.restriction(restriction.OfCase(a.ID))
		s.clock.set(last.Terms().Until)
		done, err := s.Tick(ctx)
		s.must(err)
		if r := s.restriction(restriction.OfCase(a.ID)); r.Ended != restriction.EndedOver || done.Freed != 1 {
			t.Fatalf("isolation that nobody reviewed: %+v, %+v", r, done)
		}
		s.must(s.db.View(ctx, func(r *store.Reader) error {
			page, err := r.RestrictionList(1, store.RestrictionFilter{Within: store.Everywhere(), Ended: true, Now: s.clock.now(), Limit: 1})
			if err != nil || len(page.List) != 1 || page.Next == "" {
				t.Errorf("list: %+v %v", page, err)
			}
			next, err := r.RestrictionList(1, store.RestrictionFilter{Within: store.Everywhere(), Ended: true, Now: s.clock.now(), Limit: 10, After: page.Next})
			if err != nil || len(next.List) == 0 || next.List[0].ID == page.List[0].ID {
				t.Errorf("next page: %+v %v", next, err)
			}
			figures, err := r.AppealFigures(1, store.Everywhere(), time.Time{}, s.clock.now(), time.Hour)
			if err != nil || figures.Filed != 2 || figures.Lifted != 1 || figures.Lapsed != 1 {
				t.Errorf("figures: %+v %v", figures, err)
			}
			counts, err := r.CountRestrictions(1, store.RestrictionFilter{Within: store.Everywhere(), EndsBy: s.clock.now()})
			if err != nil || counts.Appealed != 0 {
				t.Errorf("counts: %+v %v", counts, err)
			}
			mine, err := r.RestrictionsOf(person.ID(b.Person), 0)
			if err != nil || len(mine) != 1 {
				t.Errorf("of a person: %+v %v", mine, err)
			}
			return nil
		}))
	})
}
