package roundplan_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/journal"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/plan/round"
	"firebreak/internal/roundplan"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/turnout"
)

// town is a district of two communities, 600 people in one and 300 in the other, with a round that is planned.
type town struct {
	t        *testing.T
	db       *store.DB
	now      time.Time
	commands *command.Commands
	turnout  *turnout.Turnout
	planner  *roundplan.Planner
	round    screening.Round
	tree     *place.Tree
	people   []person.Person
	site     screening.Site
}

var by = command.Owner("test")

func (n *town) must(err error) {
	n.t.Helper()
	if err != nil {
		n.t.Fatal(err)
	}
}

func newTown(t *testing.T, open storetest.Open) *town {
	t.Helper()
	ctx := t.Context()
	n := &town{t: t, now: time.Date(2022, 3, 8, 22, 0, 0, 0, time.UTC)}
	n.db = open(func(o *store.Options) { o.Now = func() time.Time { return n.now } })
	n.commands = command.New(n.db, nil)
	areas := []place.NewJurisdiction{
		{Jurisdiction: place.Jurisdiction{Code: "37", Name: "City", Level: place.City}},
		{Jurisdiction: place.Jurisdiction{Code: "3701", Name: "District", Level: place.District}, ParentCode: "37"},
		{Jurisdiction: place.Jurisdiction{Code: "370101", Name: "East", Level: place.Community}, ParentCode: "3701"},
		{Jurisdiction: place.Jurisdiction{Code: "370102", Name: "West", Level: place.Community}, ParentCode: "3701"},
	}
	outline := map[string]string{"3701": `{"type":"Polygon","coordinates":[[[120,36],[120.05,36],[120.05,36.05],[120,36.05],[120,36]]]}`}
	n.must(n.db.Update(ctx, func(tx *store.Tx) error {
		_, _, _, err := tx.PutAreas(areas, outline, 1)
		return err
	}))
	var err error
	n.tree, err = n.db.Tree(ctx)
	n.must(err)
	for i, count := range []int{600, 300} {
		j, _ := n.tree.ByCode(fmt.Sprint("37010", i+1))
		for range count {
			n.people = append(n.people, person.Person{Area: j.ID, District: n.tree.District(j.ID), Age: 30})
		}
	}
	n.must(n.db.Update(ctx, func(tx *store.Tx) error {
		for i := range n.people {
			n.people[i].ID, n.people[i].Number = 0, 0
		}
		if err := tx.AddPeople(n.people); err != nil {
			return err
		}
		_, err := tx.Append(journal.Entry{Kind: journal.PeopleRegistered})
		return err
	}))
	_, err = n.commands.StartOutbreak(ctx, by, command.StartOutbreak{Name: "o", Pack: "covid19/2022-v9", Zone: "Asia/Shanghai", Area: "37"})
	n.must(err)
	n.round, err = n.commands.PlanRound(ctx, by, command.PlanRound{Outbreak: "o", Areas: []string{"3701"}, StartsAt: n.now.Add(time.Hour), Pool: 10})
	n.must(err)
	n.turnout = turnout.New(turnout.Options{DB: n.db})
	n.must(n.turnout.Build(ctx))
	n.planner = roundplan.New(roundplan.Options{DB: n.db, Commands: n.commands, Turnout: n.turnout})
	return n
}

// equip enters a site and a laboratory.
func (n *town) equip() {
	sites, err := n.commands.AddSites(n.t.Context(), by, command.AddSites{Outbreak: "o", Sites: []command.SiteFields{{Code: "S1", Area: "370101", Lanes: 2, Opens: 8 * time.Hour, Closes: 20 * time.Hour}}})
	n.must(err)
	n.site = sites[0]
	_, err = n.commands.AddLaboratories(n.t.Context(), by, command.AddLaboratories{Outbreak: "o", Laboratories: []command.LaboratoryFields{{Code: "L1", Area: "37", PerHour: 20, Turnaround: 3 * time.Hour}}})
	n.must(err)
}

// sample registers tubes of the first people that there are.
func (n *town) sample(count int) {
	n.must(n.db.Update(n.t.Context(), func(tx *store.Tx) error {
		ref, err := tx.Append(journal.Entry{Kind: journal.TubesRegistered, Outbreak: n.round.Outbreak, Subject: store.RoundSubject(n.round.ID)})
		if err != nil {
			return err
		}
		at := n.now.Add(-time.Minute)
		var tubes []store.Tube
		for i := 0; i < count; i += 10 {
			members := make([]screening.Sampled, 10)
			for k := range members {
				members[k] = screening.Sampled{Person: n.people[i+k].ID, At: at}
			}
			tubes = append(tubes, store.Tube{Outbreak: n.round.Outbreak, Round: n.round.ID, Site: n.site.ID, District: n.site.District, Device: 1, Seq: int64(i + 1), Code: fmt.Sprint("T", i), Kind: screening.Pool,
				People: 10, Members: screening.PackMembers(members, at), ClosedAt: at, ReceivedAt: n.now, Changed: ref.Seq})
		}
		return tx.AddTubes(tubes)
	}))
}

func TestAPlanIsMadeOfWhatTheStoreHas(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		n := newTown(t, open)
		ctx := t.Context()

		// Nothing to sample with: the plan says what is short.
		p, err := n.planner.Make(ctx, by, n.round.ID)
		n.must(err)
		if p.Kept.Version != 1 || p.Plan.Complete || len(p.Plan.Short) == 0 || p.Plan.Short[0].Resource != "sites in reach" || p.Kept.InTime {
			t.Errorf("version %d without a site: complete %v, in time %v, short %+v", p.Kept.Version, p.Plan.Complete, p.Kept.InTime, p.Plan.Short)
		}

		n.equip()
		p, err = n.planner.Make(ctx, by, n.round.ID)
		n.must(err)
		// 900 people at 120 an hour from 8 o'clock, an hour after the start.
		if p.Kept.Version != 2 || !p.Plan.Complete || p.Plan.People != 900 || p.Plan.FinishSampling < 8.5 || p.Plan.FinishSampling > 9 {
			t.Errorf("version %d: complete %v, %d people, sampled by hour %g: %+v", p.Kept.Version, p.Plan.Complete, p.Plan.People, p.Plan.FinishSampling, p.Plan.Short)
		}
		n.must(round.Check(p.City, p.Plan))

		// What another process reads is the same.
		var again *roundplan.Plan
		n.must(n.db.View(ctx, func(r *store.Reader) (err error) {
			again, err = roundplan.New(roundplan.Options{DB: n.db, Commands: n.commands, Turnout: n.turnout}).Latest(r, n.round.ID)
			return err
		}))
		if again.Plan.FinishResults != p.Plan.FinishResults || len(again.Plan.Assignments) != len(p.Plan.Assignments) || again.Kept.Digest != p.Kept.Digest || len(again.Notes) != len(p.Notes) {
			t.Errorf("read again: %+v, want %+v", again.Kept, p.Kept)
		}
		n.must(round.Check(again.City, again.Plan))

		var versions []store.RoundPlan
		var last journal.Entry
		n.must(n.db.View(ctx, func(r *store.Reader) (err error) {
			if versions, err = r.RoundPlans(n.round.ID); err != nil {
				return err
			}
			list, err := r.EntriesAfter(0, 1000)
			last = list[len(list)-1]
			return err
		}))
		if len(versions) != 2 || versions[0].Version != 2 || versions[0].MadeBy != by.Name() || len(versions[0].Plan) != 0 {
			t.Errorf("versions %+v", versions)
		}
		if last.Kind != journal.RoundScheduled || last.Subject != store.RoundSubject(n.round.ID) {
			t.Errorf("the journal ends with %s of %v", last.Kind, last.Subject)
		}
	})
}

func TestPlanningAgainKeepsWhatHasHappened(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		n := newTown(t, open)
		ctx := t.Context()
		n.equip()
		first, err := n.planner.Make(ctx, by, n.round.ID)
		n.must(err)
		n.round, err = n.commands.OpenRound(ctx, by, n.round.ID, 0)
		n.must(err)
		n.now = n.round.StartsAt.Add(3 * time.Hour)
		n.sample(200)
		n.must(n.turnout.Build(ctx))
		east, _ := n.tree.ByCode("370101")
		whole := first.Curve(n.tree, n.round.Areas, true)
		// By the plan two hours of 120 people are over.
		if left, ok := whole.Left(n.now); !ok || math.Abs(left-660) > 31 {
			t.Errorf("three hours in the plan has %g people left, %v", left, ok)
		}
		if left, ok := whole.Left(first.At(100)); !ok || left != 0 {
			t.Errorf("at its end the plan has %g people left", left)
		}

		again, err := n.planner.Make(ctx, by, n.round.ID)
		n.must(err)
		n.must(round.Check(again.City, again.Plan))
		if again.Plan.People != 700 || again.Plan.Frozen == nil || again.Plan.Frozen.People != 200 || again.Plan.Frozen.Tubes != 20 || again.Plan.Tubes != 90 {
			t.Errorf("%d people in %d tubes are left to plan; before: %+v", again.Plan.People, again.Plan.Tubes, again.Plan.Frozen)
		}
		for _, a := range again.Plan.Assignments {
			if a.From < 3 {
				t.Errorf("planned into the past: %+v", a)
			}
		}
		c := again.Curve(n.tree, n.round.Areas, true)
		if left, _ := c.Left(n.now); left != 700 {
			t.Errorf("when it was made %g people are left, want 700", left)
		}
		if was, ok := c.Left(n.now.Add(-time.Hour)); !ok || math.Abs(was-780) > 31 {
			t.Errorf("an hour before, the plan of then had %g left, %v", was, ok)
		}
		if _, ok := again.Curve(n.tree, []place.AreaID{east.ID}, false).Left(n.now.Add(-time.Hour)); ok {
			t.Error("of a part of the round the plans before are told")
		}
		if left, _ := again.Curve(n.tree, []place.AreaID{east.ID}, false).Left(n.now); left != 400 {
			t.Errorf("in one community %g are left, want 400", left)
		}
		// Area by area it is what the curves of the areas say, at any time.
		west, _ := n.tree.ByCode("370102")
		areas := []place.AreaID{east.ID, west.ID, n.round.Area}
		for hour := 3.0; hour < 12; hour += 0.7 {
			list, ok := again.LeftIn(n.tree, areas, again.At(hour))
			for i, a := range areas {
				want, _ := again.Curve(n.tree, []place.AreaID{a}, false).Left(again.At(hour))
				if !ok || math.Abs(list[i]-want) > 0.01 {
					t.Errorf("hour %g: %g left in area %d, its curve says %g", hour, list[i], a, want)
				}
			}
		}
	})
}

func TestWhoMayPlan(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		n := newTown(t, open)
		ctx := t.Context()
		east, _ := n.tree.ByCode("370101")
		part := command.By{Actor: auth.Actor{Login: "east", Grants: []auth.Grant{{Role: auth.RoleScreeningCoordinator, Area: east.ID}}}}
		var no *command.Forbidden
		if err := n.planner.Start(ctx, part, n.round.ID); !errors.As(err, &no) {
			t.Errorf("whoever may change a part of the round plans it: %v", err)
		}
		_, err := n.commands.CancelRound(ctx, by, n.round.ID, 0, "rain")
		n.must(err)
		var wrong *command.Invalid
		if _, err := n.planner.Make(context.Background(), by, n.round.ID); !errors.As(err, &wrong) || wrong.Field != "state" {
			t.Errorf("a cancelled round is planned: %v", err)
		}
	})
}
