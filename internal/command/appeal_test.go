package command

import (
	"context"
	"errors"
	"testing"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/task"
	"firebreak/internal/vault"
)

// Somebody who is held appeals; the task has a clock; one upholds, two let go, and neither can be had by one alone.
func TestAppealOfAHold(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		ctx := context.Background()
		h := newHall(t, open, 4)
		ids, err := h.db.OpenIdentities(ctx, store.KeyOptions{MasterKey: vault.NewMasterKey().Text()})
		h.must(err)
		h.Commands = New(h.db, ids)
		h.close("T1", 0, 1, 2)
		h.pass(6 * time.Hour)
		h.say("T1 positive")
		reported := h.clock.now()
		tree, err := h.db.Tree(ctx)
		h.must(err)
		city, _ := tree.ByCode("37")
		staff := func(login string, role auth.Role) By {
			return By{Actor: auth.Actor{UserID: auth.UserID(len(login)), Login: login, Grants: []auth.Grant{{Role: role, Area: city.ID}}}, Purpose: auth.PurposesFor(auth.Actor{Grants: []auth.Grant{{Role: role, Area: 1}}}, auth.AppealWrite, h.clock.now())[0]}
		}
		duty, other, worker := staff("duty", auth.RoleDutyOfficer), staff("other-duty", auth.RoleDutyOfficer), staff("worker", auth.RoleCommunityWorker)
		appeal := func(by By, who int) screening.Appeal {
			t.Helper()
			a, err := h.AppealHold(ctx, by, AppealHold{Person: h.people[who], Ground: "care", Words: "my mother is alone"})
			h.must(err)
			return a
		}
		h.pass(time.Hour)
		a := appeal(Owner("public"), 0)
		k := h.tasks(onPerson(h.people[0]))[task.AnswerAppeal]
		if k.State != task.Open || k.Due.Sub(h.clock.now()) != 6*time.Hour || k.Because.Clause != "clocks.answer_appeal" || k.Owner != task.CommandPost {
			t.Fatalf("the task: %+v", k)
		}
		if again := appeal(worker, 0); again.ID != a.ID {
			t.Errorf("a second appeal while the first waits: %+v", again)
		}
		if _, err := h.WaiveTask(ctx, Owner("test"), WaiveTask{Task: k.ID, Version: k.Version, Reason: "no time"}); !isInvalid(err) {
			t.Errorf("waived: %v", err)
		}
		answer := func(by By, a screening.Appeal, what, reason string) (screening.Appeal, error) {
			return h.AnswerAppeal(ctx, by, AnswerAppeal{Appeal: a.ID, Answer: what, Reason: reason})
		}
		var forbidden *Forbidden
		if _, err := answer(worker, a, "upheld", "x"); !errors.As(err, &forbidden) {
			t.Errorf("a community worker answers: %v", err)
		}
		if _, err := answer(duty, a, "upheld", " "); !isInvalid(err) {
			t.Errorf("no reason: %v", err)
		}
		// One alone lets nobody go.
		first, err := answer(duty, a, "lifted", "a neighbour cannot help")
		h.must(err)
		if first.Answer != screening.Unanswered || first.SecondedBy == "" {
			t.Errorf("after the first: %+v", first)
		}
		h.want(0, "answer_appeal:open held hold_person:open resample_single:open")
		if _, err := answer(duty, a, "lifted", "again"); !isInvalid(err) {
			t.Errorf("the first is the second, too: %v", err)
		}
		second, err := answer(other, a, "lifted", "her mother needs her")
		h.must(err)
		if second.Answer != screening.AnswerLifted {
			t.Errorf("after the second: %+v", second)
		}
		h.want(0, "answer_appeal:done free:appeal hold_person:void resample_single:open")
		// What is found of others in the tube does not begin it again; a new result of the tube would.
		h.close("S1", 1)
		h.pass(time.Hour)
		h.say("S1 negative")
		h.want(0, "answer_appeal:done free:appeal hold_person:void resample_single:open")

		// Upheld: the hold goes on, and ends when it was to end. It may be appealed again; the deadline is not after the end.
		b := appeal(worker, 2)
		_, err = answer(duty, b, "upheld", "the single test is under way")
		h.must(err)
		h.want(2, "answer_appeal:done held hold_person:open resample_single:open")
		if _, err := answer(other, b, "lifted", "x"); !isInvalid(err) {
			t.Errorf("answered twice: %v", err)
		}
		h.clock.set(reported.Add(20 * time.Hour))
		c := appeal(Owner("public"), 2)
		if k := h.ledger(onPerson(h.people[2]))[task.Key{Kind: task.AnswerAppeal, Ordinal: int(c.ID)}]; !k.Due.Equal(reported.Add(24 * time.Hour)) {
			t.Errorf("due %s, the hold ends %s", k.Due, reported.Add(24*time.Hour))
		}
		h.pass(5 * time.Hour)
		h.want(2, "answer_appeal:done answer_appeal:void free:over hold_person:void resample_single:open")
		if _, err := answer(duty, c, "upheld", "x"); !isInvalid(err) {
			t.Errorf("answered when nothing holds them: %v", err)
		}
		if _, err := h.AppealHold(ctx, Owner("public"), AppealHold{Person: h.people[3], Ground: "other"}); !isInvalid(err) {
			t.Errorf("appeal of somebody who is not held: %v", err)
		}
		h.must(h.db.View(ctx, func(r *store.Reader) error {
			all, err := r.Appeals(h.round.Outbreak, store.Everywhere(), false, 0, 10)
			if err != nil || len(all) != 3 || all[0].ID != c.ID {
				t.Errorf("appeals: %d, %v", len(all), err)
			}
			open, err := r.Appeals(h.round.Outbreak, store.Everywhere(), true, 0, 10)
			if err != nil || len(open) != 0 {
				t.Errorf("open appeals: %d, %v", len(open), err)
			}
			return err
		}))
	})
}
