package whereabouts_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"firebreak/internal/cases"
	"firebreak/internal/command"
	"firebreak/internal/day"
	"firebreak/internal/exchange"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/vault"
	"firebreak/internal/whereabouts"
)

// town is a small city in a store, with a server's index over it.
type town struct {
	t    *testing.T
	open storetest.Open
	db   *store.DB
	ids  *store.Identities
	key  string
	cmds *command.Commands
	at   *whereabouts.Whereabouts
	o    outbreak.ID
	now  *atomic.Int64
}

func newTown(t *testing.T, open storetest.Open) *town {
	t.Helper()
	x := &town{t: t, open: open, key: vault.NewMasterKey().Text(), now: &atomic.Int64{}}
	x.set(time.Date(2022, 3, 10, 4, 0, 0, 0, time.UTC))
	x.start()
	x.must(x.db.Update(t.Context(), func(tx *store.Tx) error {
		_, _, _, err := tx.PutAreas([]place.NewJurisdiction{
			{Jurisdiction: place.Jurisdiction{Code: "37", Name: "Province", Level: place.Province}},
			{Jurisdiction: place.Jurisdiction{Code: "3701", Name: "District", Level: place.District}, ParentCode: "37"},
			{Jurisdiction: place.Jurisdiction{Code: "370101", Name: "Community", Level: place.Community}, ParentCode: "3701"},
		}, nil, 1)
		return err
	}))
	o, err := x.cmds.StartOutbreak(t.Context(), command.Owner("test"), command.StartOutbreak{Name: "o", Pack: "covid19/2022-v9", Zone: "Asia/Shanghai", Area: "37"})
	x.must(err)
	x.o = o.ID
	return x
}

func (x *town) set(t time.Time) { x.now.Store(t.UnixMicro()) }

// start opens the store, as a server that starts does; again for another node.
func (x *town) start() {
	x.t.Helper()
	x.db = x.open(func(o *store.Options) { o.Now = func() time.Time { return time.UnixMicro(x.now.Load()) } })
	var err error
	x.ids, err = x.db.OpenIdentities(x.t.Context(), store.KeyOptions{MasterKey: x.key})
	x.must(err)
	x.cmds = command.New(x.db, x.ids)
	x.at = whereabouts.New(whereabouts.Options{DB: x.db, Identities: x.ids, Log: slog.New(slog.DiscardHandler)})
	x.cmds.TraceIn(x.at)
}

func (x *town) must(err error) {
	x.t.Helper()
	if err != nil {
		x.t.Fatal(err)
	}
}

func (x *town) follow() {
	x.t.Helper()
	x.must(x.at.Follow(x.t.Context()))
}

func (x *town) visits(text string, form exchange.VisitForm) command.VisitsResult {
	x.t.Helper()
	out, err := x.cmds.ImportVisits(x.t.Context(), command.Owner("test"), command.ImportVisits{Outbreak: "o", Form: form, Source: exchange.NewSource("visits.csv", strings.NewReader(text), int64(len(text))),
		Problem: func(p exchange.Problem) error { return fmt.Errorf("row %d, %s: %s", p.Row, p.Column, p.Reason) }})
	x.must(err)
	return out
}

func (x *town) addCase(code string) cases.Case {
	x.t.Helper()
	k, err := x.cmds.AddCase(x.t.Context(), command.Owner("test"), command.AddCase{Outbreak: "o", Code: code, Fields: map[string]string{"class": "confirmed", "onset": "2022-03-08", "area": "370101"}})
	x.must(err)
	return k.Case
}

func (x *town) ask(code string) command.Traced {
	x.t.Helper()
	out, err := x.cmds.TraceCase(x.t.Context(), command.Owner("test"), command.TraceCase{Case: code, Secondary: true})
	x.must(err)
	return out
}

// stay is one visit of the plain list that the oracle goes through.
type stay struct {
	person, place string
	from, to      int64
}

func (s stay) row() string {
	at := func(u int64) string { return time.Unix(u, 0).UTC().Format(time.RFC3339) }
	return fmt.Sprintf("%s,%s,%s,%s\n", s.person, s.place, at(s.from), at(s.to))
}

// oracle goes through every pair of visits and every second of them that counts.
func oracle(list []stay, self string, from, to int64) map[string]string {
	together := map[string]map[int64]bool{}
	for _, a := range list {
		if a.person != self {
			continue
		}
		for _, b := range list {
			if b.person == self || b.place != a.place {
				continue
			}
			for s := max(a.from, b.from, from); s < min(a.to, b.to, to); s += 60 {
				if together[b.person] == nil {
					together[b.person] = map[int64]bool{}
				}
				together[b.person][s] = true
			}
		}
	}
	out := map[string]string{}
	for p, minutes := range together {
		tier := "general"
		if len(minutes) >= 15 {
			tier = "close"
		}
		out[p] = fmt.Sprintf("%s %d min", tier, len(minutes))
	}
	return out
}

func said(t command.Traced) map[string]string {
	out := map[string]string{}
	for _, c := range t.Contacts {
		out[c.Person] = fmt.Sprintf("%s %d min", c.Tier, c.OverlapSeconds/60)
	}
	return out
}

// A random city that comes in late, out of order and twice: the answer through the store and a server's memory is the one found visit by visit; after a restart, on another node, and when made
// at once from the store it is the same.
func TestAnswersAreThoseOfThePlainList(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		x := newTown(t, open)
		rnd := rand.New(rand.NewPCG(7, uint64(len(t.Name()))))
		day0 := time.Date(2022, 3, 6, 16, 0, 0, 0, time.UTC).Unix() // midnight of the 7th there
		var list []stay
		for range 700 {
			from := day0 + 60*rnd.Int64N(3*24*60)
			s := stay{fmt.Sprintf("p%d", rnd.IntN(60)), fmt.Sprintf("place %d", rnd.IntN(12)), from, from + 60*rnd.Int64N(90)}
			if rnd.IntN(12) == 0 {
				s.person = fmt.Sprintf("C%d", rnd.IntN(3))
			}
			list = append(list, s)
		}
		x.follow() // nothing is there yet
		parts := [3]string{}
		for i, s := range list {
			parts[i%3] += s.row()
		}
		head := "person,place,start,end\n"
		x.visits(head+parts[1], exchange.Visits)
		x.addCase("C0")
		x.follow()
		x.addCase("C1")
		x.visits(head+parts[0], exchange.Visits)
		if again := x.visits(head+parts[1], exchange.Visits); again.Taken != 0 {
			t.Errorf("sent again: %+v", again)
		}
		x.follow()
		x.visits(head+parts[2], exchange.Visits)
		x.addCase("C2")
		x.follow()
		check := func(when string) {
			t.Helper()
			for _, code := range []string{"C0", "C1", "C2"} {
				got := x.ask(code)
				if !got.Complete {
					t.Errorf("%s: %s: not complete", when, code)
				}
				want := oracle(list, code, got.From.Unix(), got.To.Unix())
				if len(want) < 5 {
					t.Fatalf("a city in which %s met %d people shows nothing", code, len(want))
				}
				if d := cmp.Diff(want, said(got)); d != "" {
					t.Errorf("%s: %s: %s", when, code, d)
				}
				for i, c := range got.Contacts {
					if i > 0 && c.Tier == got.Contacts[i-1].Tier && c.DoseHours > got.Contacts[i-1].DoseHours {
						t.Errorf("%s: %s: %s stands behind %s with less dose", when, code, c.Person, got.Contacts[i-1].Person)
					}
				}
			}
		}
		check("followed")
		before := x.ask("C1")
		other := command.New(x.db, x.ids) // as the command line does: from the store, for this once
		once, err := other.TraceCase(t.Context(), command.Owner("test"), command.TraceCase{Case: "C1", Secondary: true})
		x.must(err)
		once.Visits = before.Visits // only the days that are asked about are read
		if d := cmp.Diff(before, once, cmp.AllowUnexported(command.TracedContact{})); d != "" {
			t.Errorf("from memory and at once: %s", d)
		}
		if strings.Contains(t.Name(), "sqlite") {
			x.must(x.db.Close())
		}
		x.start() // a restart, or on PostgreSQL a second node beside the first
		var reading *command.Reading
		if _, err := x.cmds.TraceCase(t.Context(), command.Owner("test"), command.TraceCase{Case: "C1"}); !errors.As(err, &reading) {
			t.Errorf("asked before anything was read: %v", err)
		}
		x.follow()
		check("after a restart")
		after := x.ask("C1")
		after.Visits = before.Visits // those that came twice are counted once now
		if d := cmp.Diff(before, after, cmp.AllowUnexported(command.TracedContact{})); d != "" {
			t.Errorf("before and after: %s", d)
		}
	})
}

// Somebody whose visits came under two names is one person once that is known; what is of a purged day is gone from memory; the kind of a place weighs.
func TestFollowsWhoIsWhoAndWhatIsKept(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		x := newTown(t, open)
		ctx := context.Background()
		people := "document,community code,household\n110101199001010011,370101,1\n"
		_, err := x.cmds.ImportPeople(ctx, command.Owner("test"), command.ImportPeople{Outbreak: "o", Source: exchange.NewSource("p.csv", strings.NewReader(people), int64(len(people)))})
		x.must(err)
		x.visits("person,place,start,end,kind\nC1,shop,2022-03-07T08:00,2022-03-07T09:00,shop\n110101199001010011,shop,2022-03-07T08:00,2022-03-07T08:10,\nk7,shop,2022-03-07T08:00,2022-03-07T08:20,\n"+
			"k7,cafe,2022-03-08T08:00,2022-03-08T08:20,canteen\nC1,cafe,2022-03-08T08:00,2022-03-08T09:00,\n", exchange.Visits)
		k := x.addCase("C1")
		x.follow()
		got := x.ask("C1")
		want := map[string]string{"k7": "close 40 min", "110101199001010011": "general 10 min"}
		if d := cmp.Diff(want, said(got)); d != "" {
			t.Fatal(d)
		}
		// 20 minutes in a shop at 0.5 and 20 in a canteen at 1.5.
		if d := got.Contacts[0].DoseHours; d < 0.666 || d > 0.667 {
			t.Errorf("dose %v h, want 40 min", d)
		}
		// k7 is the one with the document: a contact who goes by that code.
		var who person.ID
		x.must(x.db.View(ctx, func(r *store.Reader) error {
			found, err := x.ids.VisitorNumbered(r, x.o, []string{"110101199001010011"})
			if err != nil {
				return err
			}
			list, err := r.Visitors([]int64{found["110101199001010011"]})
			who = list[found["110101199001010011"]]
			return err
		}))
		_, err = x.cmds.ListContact(ctx, command.Owner("test"), command.ListContact{Outbreak: "o", Code: "k7", Case: k.ID, Person: command.PersonFields{ID: who}, Fields: map[string]string{"last_exposed": "2022-03-08"}})
		x.must(err)
		x.follow()
		got = x.ask("C1")
		if len(got.Contacts) != 1 || got.Contacts[0].OverlapSeconds != 40*60 {
			t.Errorf("one person under two names: %+v", said(got))
		}
		// The file of places says it anew.
		places := "place,kind\ncafe,outdoors\nnowhere,shop\n"
		out, err := x.cmds.ImportPlaces(ctx, command.Owner("test"), command.ImportPlaces{Outbreak: "o", Source: exchange.NewSource("places.csv", strings.NewReader(places), int64(len(places)))})
		x.must(err)
		if out.Taken != 1 || out.Rejected != 1 {
			t.Errorf("%+v", out)
		}
		x.follow()
		if c := x.ask("C1").Contacts[0]; c.DoseHours < 0.199 || c.DoseHours > 0.201 || c.Encounters[1].Kind != "outdoors" {
			t.Errorf("dose %v h, want 10 + 2 min; %+v", c.DoseHours, c.Encounters)
		}
		// 21 days after the 7th its visits go, and those of the 8th stay.
		x.set(time.Date(2022, 3, 29, 1, 0, 0, 0, time.UTC))
		_, err = x.cmds.PurgeVisits(ctx, command.Owner("test"), x.o)
		x.must(err)
		x.follow()
		city, err := x.at.Of(x.o)
		x.must(err)
		if days := city.Days(); len(days) != 1 || days[0].Day != day.Of(2022, 3, 8) || days[0].Visits != 2 {
			t.Errorf("left in memory: %+v", days)
		}
	})
}

// Days are read from the newest on: a question about the last days has its whole answer before the rest is there.
func TestNewestDaysFirst(t *testing.T) {
	t.Parallel()
	x := newTown(t, storetest.SQLite(t))
	var rows strings.Builder
	rows.WriteString("person,place,start,end\n")
	for d := range 20 {
		at := time.Date(2022, 2, 18+d, 1, 0, 0, 0, time.UTC)
		for _, p := range []string{"C1", fmt.Sprintf("d%d", d)} {
			rows.WriteString(stay{p, "hall", at.Unix(), at.Unix() + 3600}.row())
		}
	}
	x.visits(rows.String(), exchange.Visits)
	x.addCase("C1")
	var left []int
	x.must(x.at.Steps(t.Context(), func() {
		city, err := x.at.Of(x.o)
		x.must(err)
		left = append(left, city.Left)
		got, err := x.cmds.TraceCase(t.Context(), command.Owner("test"), command.TraceCase{Case: "C1", From: time.Date(2022, 3, 8, 0, 0, 0, 0, time.UTC)})
		x.must(err)
		if whole := city.Left <= 5; got.Complete != whole {
			t.Errorf("%d days left: complete is %v", city.Left, got.Complete)
		}
	}))
	if want := 20; len(left) != want || left[0] != 19 || left[19] != 0 || !slices.IsSortedFunc(left, func(a, b int) int { return b - a }) {
		t.Errorf("left after each day: %v", left)
	}
}

// Visits come in by document before anybody knows whose it is; whoever is entered with it later, however it is spelled, has them.
func TestKnownByDocumentLater(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		x := newTown(t, open)
		x.visits("person,place,start,end,kind\n11010119900101001X,shop,2022-03-07T08:00,2022-03-07T09:00,shop\nk7,shop,2022-03-07T08:00,2022-03-07T08:20,\n", exchange.Visits)
		x.follow()
		ctx := context.Background()
		_, err := x.cmds.AddCase(ctx, command.Owner("test"), command.AddCase{Outbreak: "o", Code: "C1", Person: command.PersonFields{Identity: command.IdentityFields{Document: "11010119900101001x"}},
			Fields: map[string]string{"class": "confirmed", "onset": "2022-03-08", "area": "370101"}})
		x.must(err)
		x.follow()
		if got := said(x.ask("C1")); got["k7"] == "" {
			t.Errorf("who was with the case whose document the visits name: %v", got)
		}
	})
}
