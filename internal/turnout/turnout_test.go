package turnout

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"firebreak/internal/command"
	"firebreak/internal/journal"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
)

var noon = time.Date(2022, 3, 5, 4, 0, 0, 0, time.UTC)

// city is a district with three communities, and a naive account of who is where and who was sampled.
type city struct {
	t        *testing.T
	db       *store.DB
	commands *command.Commands
	tree     *place.Tree
	round    screening.Round
	teachers screening.Round // of the group teacher; every tube is registered for it too
	sites    []screening.Site
	members  map[person.ID]bool // of the group
	desk     map[person.ID]desk // where everybody was sampled first
	areas    []place.AreaID     // the communities
	home     map[person.ID]place.AreaID
	gone     map[person.ID]person.ID
	sampled  map[person.ID]bool
	standing map[person.ID]screening.Standing
	tubes    int
	samples  int64
}

func (c *city) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

func newCity(t *testing.T, open storetest.Open) *city {
	t.Helper()
	ctx, by := t.Context(), command.Owner("test")
	c := &city{t: t, db: open(func(o *store.Options) { o.Now = func() time.Time { return noon } }), home: map[person.ID]place.AreaID{}, gone: map[person.ID]person.ID{},
		sampled: map[person.ID]bool{}, standing: map[person.ID]screening.Standing{}, members: map[person.ID]bool{}, desk: map[person.ID]desk{}}
	c.commands = command.New(c.db, nil)
	areas := []place.NewJurisdiction{
		{Jurisdiction: place.Jurisdiction{Code: "37", Name: "City", Level: place.City}},
		{Jurisdiction: place.Jurisdiction{Code: "3701", Name: "District", Level: place.District}, ParentCode: "37"},
	}
	for i := range 3 {
		areas = append(areas, place.NewJurisdiction{Jurisdiction: place.Jurisdiction{Code: fmt.Sprint("37010", i), Name: "Community", Level: place.Community}, ParentCode: "3701"})
	}
	c.must(c.db.Update(ctx, func(tx *store.Tx) error {
		_, _, _, err := tx.PutAreas(areas, nil, 1)
		return err
	}))
	var err error
	c.tree, err = c.db.Tree(ctx)
	c.must(err)
	for i := range 3 {
		j, _ := c.tree.ByCode(fmt.Sprint("37010", i))
		c.areas = append(c.areas, j.ID)
	}
	_, err = c.commands.StartOutbreak(ctx, by, command.StartOutbreak{Name: "o", Pack: "covid19/2022-v9", Zone: "Asia/Shanghai", Area: "37"})
	c.must(err)
	c.round, err = c.commands.PlanRound(ctx, by, command.PlanRound{Outbreak: "o", Areas: []string{"37"}, StartsAt: noon.Add(-4 * time.Hour), EndsAt: noon.Add(20 * time.Hour), Pool: 10})
	c.must(err)
	c.round, err = c.commands.OpenRound(ctx, by, c.round.ID, 0)
	c.must(err)
	c.teachers, err = c.commands.PlanRound(ctx, by, command.PlanRound{Outbreak: "o", Areas: []string{"37"}, StartsAt: noon.Add(-4 * time.Hour), Group: "teacher"})
	c.must(err)
	c.teachers, err = c.commands.OpenRound(ctx, by, c.teachers.ID, 0)
	c.must(err)
	c.sites, err = c.commands.AddSites(ctx, by, command.AddSites{Outbreak: "o", Sites: []command.SiteFields{{Code: "S", Area: "370100", Lanes: 1}, {Code: "T", Area: "370101", Lanes: 1}}})
	c.must(err)
	_, err = c.commands.AddLaboratories(ctx, by, command.AddLaboratories{Outbreak: "o", Laboratories: []command.LaboratoryFields{{Code: "L", Area: "37"}}})
	c.must(err)
	return c
}

// settle enters n people of an area; 0 is nowhere.
func (c *city) settle(area place.AreaID, n int) {
	list := make([]person.Person, n)
	for i := range list {
		list[i] = person.Person{Area: area, District: c.tree.District(area), Age: 30}
	}
	c.must(c.db.Update(c.t.Context(), func(tx *store.Tx) error {
		for i := range list {
			list[i].ID, list[i].Number = 0, 0
		}
		if err := tx.AddPeople(list); err != nil {
			return err
		}
		_, err := tx.Append(journal.Entry{Kind: journal.PeopleRegistered})
		return err
	}))
	for _, p := range list {
		c.home[p.ID] = area
	}
}

func (c *city) survivor(p person.ID) person.ID {
	for c.gone[p] != 0 {
		p = c.gone[p]
	}
	return p
}

// tube registers a tube of some people.
func (c *city) tube(people []person.ID) {
	members := make([]screening.Sampled, len(people))
	for i, p := range people {
		members[i] = screening.Sampled{Person: p, At: noon.Add(-time.Minute)}
		c.sampled[p] = true
		if _, again := c.desk[p]; !again {
			c.desk[p] = desk{tube: screening.TubeID(c.tubes), area: c.sites[c.tubes%2].Area}
		}
	}
	site := c.sites[c.tubes%2].ID
	c.tubes++
	c.samples += int64(len(people))
	c.must(c.db.Update(c.t.Context(), func(tx *store.Tx) error {
		ref, err := tx.Append(journal.Entry{Kind: journal.TubesRegistered, Outbreak: c.round.Outbreak, Subject: store.RoundSubject(c.round.ID)})
		if err != nil {
			return err
		}
		var list []store.Tube
		for i, r := range []screening.RoundID{c.round.ID, c.teachers.ID} {
			list = append(list, store.Tube{Outbreak: c.round.Outbreak, Round: r, Site: site, Device: 1, Seq: int64(c.tubes), Code: fmt.Sprint([]string{"T", "G"}[i], c.tubes), Kind: screening.Pool,
				People: len(people), Members: screening.PackMembers(members, noon), ClosedAt: noon, ReceivedAt: noon, Changed: ref.Seq})
		}
		return tx.AddTubes(list)
	}))
}

// result has a laboratory read some tubes, perhaps ones that it has read before: the tubes change, who is in them does not.
func (c *city) result() {
	var rows []command.TubeRow
	for i := max(1, c.tubes-3); i <= c.tubes; i++ {
		rows = append(rows, command.TubeRow{Code: fmt.Sprint("T", i), Result: "negative", At: noon.Add(time.Second).Format(time.RFC3339)})
	}
	_, err := c.commands.ReportTubes(c.t.Context(), command.Owner("test"), command.ReportTubes{Outbreak: "o", Laboratory: "L", Rows: rows})
	c.must(err)
}

// move has the register say that somebody lives elsewhere, or somewhere at all.
func (c *city) move(p person.ID, to place.AreaID) {
	c.must(c.db.Update(c.t.Context(), func(tx *store.Tx) error {
		who, err := tx.Person(p)
		if err != nil {
			return err
		}
		who.Area, who.District, who.Number = to, c.tree.District(to), 0
		if err := tx.UpdatePeople([]person.Person{who}); err != nil {
			return err
		}
		_, err = tx.Append(journal.Entry{Kind: journal.PeopleRegistered, Payload: fmt.Appendf(nil, `{"moved":[%d]}`, p)})
		return err
	}))
	c.home[p] = to
}

// join puts somebody in the group, or takes them out.
func (c *city) join(p person.ID, member bool) {
	c.must(c.db.Update(c.t.Context(), func(tx *store.Tx) error {
		ref, err := tx.Append(journal.Entry{Kind: journal.PeopleRegistered})
		if err != nil {
			return err
		}
		return tx.ChangeGroups([]store.GroupChange{{Group: "teacher", Person: p, Member: member}}, ref.Seq)
	}))
	c.members[p] = member
}

func (c *city) stand(p person.ID, s screening.Standing) {
	p = c.survivor(p)
	c.standing[p] = s
	c.must(c.db.Update(c.t.Context(), func(tx *store.Tx) error {
		if err := tx.SetStandings(c.round.ID, []store.Standing{{Person: p, Standing: s, Reason: "test", SaidAt: noon, SaidBy: "test"}}); err != nil {
			return err
		}
		_, err := tx.Append(journal.Entry{Kind: journal.RoundStanding, Outbreak: c.round.Outbreak, Subject: store.RoundSubject(c.round.ID)})
		return err
	}))
}

// merge leaves the rows as the order to merge does, and returns how to take it back.
func (c *city) merge(keep, gone person.ID) (back func()) {
	home, standing, members := maps.Clone(c.home), maps.Clone(c.standing), maps.Clone(c.members)
	var was person.Person
	var keyed []store.KeyedWas
	c.must(c.db.Update(c.t.Context(), func(tx *store.Tx) error {
		ref, err := tx.Append(journal.Entry{Kind: journal.PersonMerged, Payload: fmt.Appendf(nil, `{"kept":%d,"gone":%d}`, keep, gone)})
		if err != nil {
			return err
		}
		if was, err = tx.Person(keep); err != nil {
			return err
		}
		if now := was; now.Area == 0 && c.home[gone] != 0 {
			now.Area, now.District = c.home[gone], c.tree.District(c.home[gone])
			if err := tx.UpdatePeople([]person.Person{now}); err != nil {
				return err
			}
			c.home[keep] = now.Area
		}
		if err := tx.SetMergedPerson(gone, keep); err != nil {
			return err
		}
		before, err := tx.KeyedRows(keep, gone)
		if err != nil {
			return err
		}
		if err := tx.MergeScreening(gone, keep, ref.Seq); err != nil {
			return err
		}
		after, err := tx.KeyedRows(keep, gone)
		keyed = before.Diff(after)
		return err
	}))
	c.gone[gone] = keep
	if c.standing[keep] == "" {
		c.standing[keep] = c.standing[gone]
	}
	delete(c.standing, gone)
	if _, said := c.members[keep]; !said && c.members[gone] {
		c.members[keep] = true
	}
	delete(c.members, gone)
	return func() {
		c.must(c.db.Update(c.t.Context(), func(tx *store.Tx) error {
			if err := tx.SetMergedPerson(gone, 0); err != nil {
				return err
			}
			if err := tx.UpdatePeople([]person.Person{was}); err != nil {
				return err
			}
			if err := tx.PutKeyedBack(keep, gone, keyed); err != nil {
				return err
			}
			_, err := tx.Append(journal.Entry{Kind: journal.PersonUnmerged})
			return err
		}))
		delete(c.gone, gone)
		c.home, c.standing, c.members = home, standing, members
	}
}

// naive counts an area one by one.
func (c *city) naive(area place.AreaID, group bool) (out Counts) {
	member := map[person.ID]bool{}
	for p, in := range c.members {
		member[c.survivor(p)] = member[c.survivor(p)] || in
	}
	first := map[person.ID]desk{} // of those who live nowhere under any record
	for p, at := range c.desk {
		p = c.survivor(p)
		if was, ok := first[p]; c.home[p] == 0 && (!ok || at.tube < was.tube) {
			first[p] = at
		}
	}
	for _, at := range first {
		if c.tree.Contains(area, at.area) {
			out.Due++
			out.Sampled++
			out.DeskOnly++
		}
	}
	exempt, refused, sampled := map[person.ID]bool{}, map[person.ID]bool{}, map[person.ID]bool{}
	for p := range c.sampled {
		sampled[c.survivor(p)] = true
	}
	for p, s := range c.standing {
		exempt[c.survivor(p)] = exempt[c.survivor(p)] || s == screening.Exempt
		refused[c.survivor(p)] = refused[c.survivor(p)] || s == screening.Refuses
	}
	for p, home := range c.home {
		if c.gone[p] != 0 || !c.tree.Contains(area, home) || group && !member[p] {
			continue
		}
		out.Due++
		switch {
		case sampled[p]:
			out.Sampled++
		case exempt[p]:
			out.Exempt++
		case refused[p]:
			out.Refused++
		default:
			out.Missing++
		}
	}
	return out
}

// check compares a turnout with the naive account.
func (c *city) check(what string, t *Turnout) {
	c.t.Helper()
	for _, j := range c.tree.All() {
		got, err := t.Count(c.round.ID, c.tree, j.ID)
		c.must(err)
		if diff := cmp.Diff(c.naive(j.ID, false), got); diff != "" {
			c.t.Fatalf("%s, %s: %s", what, j.Code, diff)
		}
		if got.Due != got.Sampled+got.Exempt+got.Refused+got.Missing {
			c.t.Fatalf("%s, %s: %+v does not add up", what, j.Code, got)
		}
		teachers, err := t.Count(c.teachers.ID, c.tree, j.ID)
		c.must(err)
		want := c.naive(j.ID, true)
		want.Exempt, want.Missing, want.Refused = 0, want.Missing+want.Exempt+want.Refused, 0 // standings are of the other round
		if diff := cmp.Diff(want, teachers); diff != "" {
			c.t.Fatalf("%s, teachers of %s: %s", what, j.Code, diff)
		}
		_, due, gone, err := t.Standings(c.round.ID, c.tree, j.ID)
		c.must(err)
		if all := []screening.Range{{First: 0, Past: 1 << 20}}; due.Count(all...) != got.Due-got.DeskOnly || gone.Count(all...) != got.Missing {
			c.t.Fatalf("%s, %s: %d due and %d missing by number, counted %+v", what, j.Code, due.Count(all...), gone.Count(all...), got)
		}
		missing, err := t.Missing(c.round.ID, c.tree, []place.AreaID{j.ID}, 0, 1<<30)
		c.must(err)
		if int64(len(missing)) != got.Missing || !slices.IsSorted(missing) {
			c.t.Fatalf("%s, %s: %d are listed as missing, %d counted", what, j.Code, len(missing), got.Missing)
		}
		if len(missing) > 3 {
			part, err := t.Missing(c.round.ID, c.tree, []place.AreaID{j.ID}, missing[0], 2)
			c.must(err)
			if diff := cmp.Diff(missing[1:3], part); diff != "" {
				c.t.Fatal(diff)
			}
		}
	}
	flow, err := t.Flow(c.round.ID)
	c.must(err)
	if flow.Tubes != int64(c.tubes) || flow.Samples != c.samples || flow.Sites[c.sites[0].ID].Samples+flow.Sites[c.sites[1].ID].Samples != c.samples {
		c.t.Fatalf("%s: %+v, want %d tubes, %d samples", what, flow, c.tubes, c.samples)
	}
}

// Whatever happens in whatever order: the turnout that follows, one that is built at the end, and counting one by one agree.
// checkAlone holds areas counted each by itself against what they are with those below them, also of a round that is not open yet.
func (c *city) checkAlone(what string, t *Turnout) {
	c.t.Helper()
	var areas []place.AreaID
	for _, j := range c.tree.All() {
		areas = append(areas, j.ID)
	}
	for _, x := range []screening.Round{c.round, c.teachers} {
		alone, err := t.Alone(x, areas)
		c.must(err)
		var sum Counts
		for _, n := range alone {
			sum.Due, sum.Sampled, sum.Exempt, sum.Refused, sum.Missing = sum.Due+n.Due, sum.Sampled+n.Sampled, sum.Exempt+n.Exempt, sum.Refused+n.Refused, sum.Missing+n.Missing
		}
		all, err := t.Count(x.ID, c.tree, c.tree.Roots()...)
		c.must(err)
		all.Due, all.Sampled, all.DeskOnly = all.Due-all.DeskOnly, all.Sampled-all.DeskOnly, 0
		if sum != all {
			c.t.Errorf("%s: round %d is %+v area by area, %+v in all", what, x.Number, sum, all)
		}
		x.ID, x.State = 999, screening.Planned
		alone, err = t.Alone(x, areas)
		c.must(err)
		var due int64
		for _, n := range alone {
			due += n.Missing
		}
		if due != all.Due {
			c.t.Errorf("%s: a round like %d that is planned has %d due, want %d", what, x.Number, due, all.Due)
		}
	}
}

func TestTurnoutAgreesWithCounting(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		seed := rand.Uint64()
		t.Log("seed", seed)
		rnd := rand.New(rand.NewPCG(seed, 7))
		c := newCity(t, open)
		c.settle(c.areas[0], 90)
		followed := New(Options{DB: c.db})
		c.must(followed.Step(t.Context()))
		for range 40 {
			all := slices.Sorted(maps.Keys(c.home))
			some := func() person.ID { return all[rnd.IntN(len(all))] }
			switch rnd.IntN(12) {
			case 0:
				c.settle(append(c.areas, 0)[rnd.IntN(4)], 1+rnd.IntN(30))
			case 1:
				c.stand(some(), []screening.Standing{screening.Exempt, screening.Refuses, ""}[rnd.IntN(3)])
			case 2:
				keep, gone := c.survivor(some()), c.survivor(some())
				if keep != gone {
					c.merge(keep, gone)
				}
			case 3:
				if keep, gone := c.survivor(some()), c.survivor(some()); keep != gone {
					back := c.merge(keep, gone)
					if rnd.IntN(2) == 0 {
						c.must(followed.Step(t.Context()))
						c.check("merged", followed)
					}
					back()
				}
			case 4:
				c.move(c.survivor(some()), c.areas[rnd.IntN(3)])
			case 5, 6:
				c.join(c.survivor(some()), rnd.IntN(3) > 0)
			case 7:
				c.result()
			default:
				var people []person.ID
				for range 1 + rnd.IntN(10) {
					people = append(people, some())
				}
				c.tube(people)
			}
			if rnd.IntN(3) == 0 {
				c.must(followed.Step(t.Context()))
				c.check("followed", followed)
			}
		}
		c.must(followed.Step(t.Context()))
		c.check("followed to the end", followed)
		c.checkAlone("followed", followed)
		built := New(Options{DB: c.db})
		c.must(built.Step(t.Context()))
		c.check("built", built)
		c.checkAlone("built", built)
	})
}

func TestTurnoutRuns(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		c := newCity(t, open)
		c.settle(c.areas[1], 20)
		told := make(chan string, 10)
		x := New(Options{DB: c.db, OnTube: func(_ outbreak.ID, code string) { told <- code }})
		if _, err := x.Count(c.round.ID, c.tree, c.areas[1]); err == nil {
			t.Error("it counts before it has read anything")
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { x.Run(ctx); close(ended) }()
		<-x.Ready()
		c.tube(slices.Sorted(maps.Keys(c.home))[:5])
		if code := <-told; code != "T1" {
			t.Errorf("told of %s", code)
		}
		c.check("running", x)
		stop()
		<-ended
	})
}
