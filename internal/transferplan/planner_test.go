package transferplan_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/facility"
	"firebreak/internal/journal"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/task"
	"firebreak/internal/transfer"
	"firebreak/internal/transferplan"
)

var by = command.Owner("test")

// town is a district with an isolation site, two quarantine sites and vehicles.
type town struct {
	t        testing.TB
	db       *store.DB
	now      time.Time
	commands *command.Commands
	planner  *transferplan.Planner
	outbreak outbreak.ID
	tree     *place.Tree
	house    person.HouseholdID
	sites    map[string]facility.Facility
	n        int
}

func (n *town) must(err error) {
	n.t.Helper()
	if err != nil {
		n.t.Fatal(err)
	}
}

func newTown(t testing.TB, open storetest.Open) *town {
	t.Helper()
	ctx := t.Context()
	n := &town{t: t, now: time.Date(2022, 3, 10, 2, 0, 0, 0, time.UTC), sites: map[string]facility.Facility{}}
	n.db = open(func(o *store.Options) { o.Now = func() time.Time { return n.now } })
	n.commands = command.New(n.db, nil)
	areas := []place.NewJurisdiction{
		{Jurisdiction: place.Jurisdiction{Code: "37", Name: "City", Level: place.City}},
		{Jurisdiction: place.Jurisdiction{Code: "3701", Name: "District", Level: place.District}, ParentCode: "37"},
		{Jurisdiction: place.Jurisdiction{Code: "370101", Name: "East", Level: place.Community}, ParentCode: "3701"},
		{Jurisdiction: place.Jurisdiction{Code: "370102", Name: "West", Level: place.Community}, ParentCode: "3701"},
	}
	outline := map[string]string{"370101": `{"type":"Polygon","coordinates":[[[120,36],[120.05,36],[120.05,36.05],[120,36.05],[120,36]]]}`}
	n.must(n.db.Update(ctx, func(tx *store.Tx) error {
		_, _, _, err := tx.PutAreas(areas, outline, 1)
		return err
	}))
	o, err := n.commands.StartOutbreak(ctx, by, command.StartOutbreak{Name: "o", Pack: "covid19/2022-v9", Zone: "Asia/Shanghai", Area: "37"})
	n.must(err)
	n.outbreak = o.ID
	n.tree, err = n.db.Tree(ctx)
	n.must(err)
	n.site("I1", facility.IsolationSite, 120.10, 6)
	n.site("Q1", facility.QuarantineSite, 120.05, 6)
	n.site("Q2", facility.QuarantineSite, 120.15, 6)
	shift := []command.ShiftFields{{Crew: "A", From: "2022-03-10T08:00:00+08:00", To: "2022-03-10T20:00:00+08:00"}}
	_, err = n.commands.AddVehicles(ctx, by, "o", []command.VehicleFields{
		{Code: "V1", Area: "3701", Lat: 36, Lon: 120, Seats: 6, Stretchers: 1, Shifts: shift}, {Code: "V2", Area: "3701", Lat: 36.02, Lon: 120.02, Seats: 6, Shifts: shift},
		{Code: "V3", Area: "3701", Lat: 36.03, Lon: 120.01, Seats: 4, Wheelchairs: 1, Shifts: shift}})
	n.must(err)
	n.planner = transferplan.New(transferplan.Options{DB: n.db, Commands: n.commands, Steps: 300})
	return n
}

func (n *town) site(code string, kind facility.Kind, lon float64, rooms int) {
	area, _ := n.tree.ByCode("3701")
	f := facility.Facility{Outbreak: n.outbreak, Code: code, Name: code, Kind: kind, State: facility.Open, StateAt: n.now, Area: area.ID, District: area.ID, Lon: lon, Lat: 36.05, Located: true}
	n.must(n.db.Update(n.t.Context(), func(tx *store.Tx) error {
		if err := tx.AddFacilities([]*facility.Facility{&f}); err != nil {
			return err
		}
		var list []*facility.Room
		for i := range rooms {
			list = append(list, &facility.Room{Facility: f.ID, Outbreak: f.Outbreak, District: f.District, Code: fmt.Sprint(100 + i), Beds: 2, Use: facility.Private, State: facility.Ready, StateAt: n.now})
		}
		return tx.AddRooms(list)
	}))
	n.sites[code] = f
}

// household adds cases, or contacts of one, who live together: of a class that nobody moves first, so that their household is on record before they are moved.
func (n *town) household(class facility.Class, people int) (out []transfer.Request) {
	ctx := n.t.Context()
	n.house++
	var ids []person.ID
	for range people {
		n.n++
		code := fmt.Sprint("C", n.n)
		if class == facility.Case {
			c, err := n.commands.AddCase(ctx, by, command.AddCase{Outbreak: "o", Code: code, Fields: map[string]string{"class": "discarded", "onset": "2022-03-08", "area": "370101"}})
			n.must(err)
			n.live(c.Person)
			_, err = n.commands.CorrectCase(ctx, by, command.CorrectCase{Case: c.ID, Version: c.Version, Fields: map[string]string{"class": "confirmed"}})
			n.must(err)
			ids = append(ids, c.Person)
			continue
		}
		index, err := n.commands.AddCase(ctx, by, command.AddCase{Outbreak: "o", Code: "I" + code, Fields: map[string]string{"class": "confirmed", "onset": "2022-03-08", "isolated_at": "2022-03-09T12:00:00+08:00"}})
		n.must(err)
		c, err := n.commands.ListContact(ctx, by, command.ListContact{Outbreak: "o", Code: code, Case: index.ID, Fields: map[string]string{"last_exposed": "2022-03-09", "area": "370101"}})
		n.must(err)
		ids = append(ids, c.Person)
	}
	n.must(n.db.View(ctx, func(r *store.Reader) error {
		live, err := r.LiveRequestsOf(n.outbreak, ids)
		for _, p := range ids {
			out = append(out, live[p])
		}
		return err
	}))
	return out
}

// live says in which household somebody lives.
func (n *town) live(p person.ID) {
	n.must(n.db.Update(n.t.Context(), func(tx *store.Tx) error {
		x, err := tx.Person(p)
		if err != nil {
			return err
		}
		x.Household = n.house
		return tx.UpdatePerson(&x)
	}))
}

func (n *town) plan() *transferplan.Plan {
	n.t.Helper()
	p, err := n.planner.Make(n.t.Context(), by, n.outbreak)
	n.must(err)
	n.check()
	return p
}

func (n *town) tell(in command.TellTrip) transfer.Trip {
	n.t.Helper()
	t, err := n.commands.TellTrip(n.t.Context(), by, in)
	n.must(err)
	n.check()
	return t
}

func (n *town) requests() (out []transfer.Request) {
	n.must(n.db.View(n.t.Context(), func(r *store.Reader) (err error) {
		out, err = r.LiveRequests(n.outbreak, store.Everywhere())
		return err
	}))
	return out
}

func (n *town) trips() (out []transfer.Trip) {
	n.must(n.db.View(n.t.Context(), func(r *store.Reader) (err error) {
		out, err = r.LiveTrips(n.outbreak)
		return err
	}))
	return out
}

// check tests what must hold at any time: nobody in two vehicles, no vehicle too full, cases and contacts apart, a bed for whoever is planned, and nobody planned for a vehicle that does not come.
func (n *town) check() {
	n.t.Helper()
	n.must(n.db.View(n.t.Context(), func(r *store.Reader) error {
		live, err := r.LiveRequests(n.outbreak, store.Everywhere())
		if err != nil {
			return err
		}
		trips, err := r.LiveTrips(n.outbreak)
		if err != nil {
			return err
		}
		byTrip := map[transfer.TripID]transfer.Trip{}
		started := map[transfer.VehicleID]int{}
		for _, t := range trips {
			byTrip[t.ID] = t
			if t.State == transfer.TripStarted {
				started[t.Vehicle]++
			}
		}
		seen := map[person.ID]bool{}
		aboard := map[transfer.VehicleID][]transfer.Request{}
		beds := map[facility.StayID]transfer.RequestID{}
		for _, q := range live {
			if seen[q.Person] {
				n.t.Errorf("person %d has two requests", q.Person)
			}
			seen[q.Person] = true
			t, is := byTrip[q.Trip]
			switch q.State {
			case transfer.Planned:
				if !is || t.Class != q.Rides() {
					n.t.Errorf("request %d is planned for trip %d (%s), which is no live trip of its class", q.ID, q.Trip, t.State)
				}
				found := 0
				for _, s := range t.Stops {
					if s.Party == q.Party && s.DoneAt.IsZero() {
						found++
					}
				}
				if found != 1 {
					n.t.Errorf("request %d is planned and has %d stops to come", q.ID, found)
				}
			case transfer.Aboard:
				if !is || t.State != transfer.TripStarted {
					n.t.Errorf("request %d is aboard trip %d, which is %s", q.ID, q.Trip, t.State)
				}
				aboard[t.Vehicle] = append(aboard[t.Vehicle], q)
			default:
			}
			if q.Stay != 0 && q.State != transfer.NoShow && q.State != transfer.Refused {
				if beds[q.Stay] != 0 {
					n.t.Errorf("requests %d and %d have one bed", q.ID, beds[q.Stay])
				}
				beds[q.Stay] = q.ID
				s, err := r.Stay(q.Stay)
				if err != nil {
					return err
				}
				if s.Person != q.Person || s.State != facility.Booked {
					n.t.Errorf("the bed of request %d is %s for person %d", q.ID, s.State, s.Person)
				}
			}
		}
		for v, list := range aboard {
			x, err := r.Vehicle(v)
			if err != nil {
				return err
			}
			if int64(len(list)) > x.Seats+x.Wheelchairs+x.Stretchers {
				n.t.Errorf("vehicle %s carries %d", x.Code, len(list))
			}
			for _, q := range list {
				if q.Rides() != list[0].Rides() || x.Last != q.Rides() {
					n.t.Errorf("vehicle %s (last %q) carries a %s and a %s", x.Code, x.Last, q.Class, list[0].Class)
				}
			}
		}
		for v, k := range started {
			if k > 1 {
				n.t.Errorf("vehicle %d has %d trips under way", v, k)
			}
		}
		return nil
	}))
}

// drive has every trip of the plan driven as planned, disinfecting between classes.
func (n *town) drive() {
	n.t.Helper()
	for {
		list := n.trips()
		if len(list) == 0 {
			return
		}
		t := list[0]
		var v transfer.Vehicle
		n.must(n.db.View(n.t.Context(), func(r *store.Reader) (err error) { v, err = r.Vehicle(t.Vehicle); return err }))
		if v.Last != "" && v.Last != t.Class {
			_, err := n.commands.SetVehicle(n.t.Context(), by, command.SetVehicle{Vehicle: v.ID, Clean: true})
			n.must(err)
		}
		n.now = n.now.Add(time.Minute)
		for _, s := range t.Stops {
			n.now = n.now.Add(time.Minute)
			what := transfer.ToldIn
			if s.Off() {
				what = transfer.ToldOff
			}
			if s.DoneAt.IsZero() {
				n.tell(command.TellTrip{Trip: t.ID, Party: s.Party, What: what, Gave: "door", Took: "crew"})
			}
		}
	}
}

// TestFromResultToBed: whoever is confirmed or listed has a request by itself; they are planned, fetched, brought to a bed, and their tasks are done by that.
func TestFromResultToBed(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		n := newTown(t, open)
		a := n.household(facility.Case, 2)
		b := n.household(facility.Contact, 1)
		if a[0].Party != a[1].Party || a[0].Deadline.Sub(n.now) != 2*time.Hour || a[0].Purpose != transfer.ToIsolation {
			t.Fatalf("the household's requests are %+v", a)
		}
		p := n.plan()
		if len(p.Orders.Unserved) != 0 || p.Kept.People != 3 || !p.Kept.InTime {
			t.Fatalf("plan: %+v, %+v", p.Kept, p.Orders)
		}
		for _, q := range n.requests() {
			if q.State != transfer.Planned || q.Promised.IsZero() || q.Stay == 0 {
				t.Errorf("request %d is %s, promised %s, stay %d", q.ID, q.State, q.Promised, q.Stay)
			}
		}
		// Planned again where nothing happened, nothing changes.
		before := n.requests()
		n.plan()
		for i, q := range n.requests() {
			if w := before[i]; q.Trip != w.Trip || !q.Promised.Equal(w.Promised) || q.Stay != w.Stay || q.Version != w.Version {
				t.Errorf("request %d: trip %d, promised %s, stay %d; had %d, %s, %d", q.ID, q.Trip, q.Promised, q.Stay, w.Trip, w.Promised, w.Stay)
			}
		}
		n.drive()
		if left := n.requests(); len(left) != 0 {
			t.Errorf("left: %+v", left)
		}
		n.must(n.db.View(t.Context(), func(r *store.Reader) error {
			for _, q := range append(a, b...) {
				tasks, err := r.TasksOf(q.Task)
				if err != nil {
					return err
				}
				for _, x := range tasks {
					if x.Owner == task.TransferDesk && x.State != task.Done {
						t.Errorf("%s of %v is %s", x.Kind, q.Task, x.State)
					}
				}
				stays, err := r.StaysOf([]person.ID{q.Person})
				if err != nil {
					return err
				}
				if s := stays[q.Person]; len(s) != 1 || s[0].State != facility.In || s[0].Facility == 0 {
					t.Errorf("stays of person %d: %+v", q.Person, s)
				}
				list, err := r.RequestsOf([]person.ID{q.Person})
				if err != nil {
					return err
				}
				if span, ok := list[q.Person][0].ToBed(); !ok || span <= 0 {
					t.Errorf("minutes to the bed of request %d: %s, %v", q.ID, span, ok)
				}
				hands, err := r.HandOversOf([]transfer.RequestID{q.ID})
				if err != nil {
					return err
				}
				if h := hands[q.ID]; len(h) != 2 || h[0].End != transfer.In || h[1].End != transfer.Out {
					t.Errorf("hand-overs: %+v", h)
				}
			}
			v, err := r.VehicleByCode(n.outbreak, "V1")
			_ = v
			return err
		}))
	})
}

// TestBreakdownFullSiteAndNoShow: a vehicle breaks down with people in it, a site is full, nobody is home; whoever is not concerned keeps the time they were promised.
func TestBreakdownFullSiteAndNoShow(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		ctx := t.Context()
		n := newTown(t, open)
		for range 3 {
			n.household(facility.Contact, 1)
		}
		for range 2 {
			n.household(facility.Case, 2)
		}
		n.plan()
		list := n.trips()
		var broken transfer.Trip
		for _, x := range list {
			if x.Class == facility.Contact {
				broken = x
			}
		}
		n.now = n.now.Add(10 * time.Minute)
		n.tell(command.TellTrip{Trip: broken.ID, What: transfer.ToldStart})
		n.tell(command.TellTrip{Trip: broken.ID, Party: broken.Stops[0].Party, What: transfer.ToldCame})
		n.tell(command.TellTrip{Trip: broken.ID, Party: broken.Stops[0].Party, What: transfer.ToldIn})
		_, err := n.commands.SetVehicle(ctx, by, command.SetVehicle{Vehicle: broken.Vehicle, State: "broken", Reason: "engine"})
		n.must(err)
		n.check2(t, func(q transfer.Request) {
			if q.Party == broken.Stops[0].Party && (q.State != transfer.Open || !q.Located) {
				t.Errorf("whoever was in the vehicle is %s, located %v", q.State, q.Located)
			}
		})
		before := map[transfer.RequestID]transfer.Request{}
		for _, q := range n.requests() {
			before[q.ID] = q
		}
		n.now = n.now.Add(time.Minute)
		n.plan()
		for _, q := range n.requests() {
			w := before[q.ID]
			if w.Trip != 0 && w.Trip != broken.ID && !q.Promised.Equal(w.Promised) {
				t.Errorf("request %d was promised %s and is now told %s", q.ID, w.Promised, q.Promised)
			}
			if q.State != transfer.Planned {
				t.Errorf("request %d is %s after the breakdown", q.ID, q.State)
			}
		}
		// The site that contacts are booked at is full.
		full := ""
		n.must(n.db.View(ctx, func(r *store.Reader) error {
			for _, q := range n.requests() {
				if q.Class == facility.Contact {
					s, err := r.Stay(q.Stay)
					if err != nil {
						return err
					}
					f, err := r.Facility(s.Facility)
					if err != nil {
						return err
					}
					full = f.Code
				}
			}
			return nil
		}))
		_, err = n.commands.SetFull(ctx, by, "o", full, true, "no beds")
		n.must(err)
		n.plan()
		n.must(n.db.View(ctx, func(r *store.Reader) error {
			for _, q := range n.requests() {
				s, err := r.Stay(q.Stay)
				if err != nil {
					return err
				}
				if q.Class == facility.Contact && s.Facility == n.sites[full].ID {
					t.Errorf("request %d is still booked at the full site", q.ID)
				}
			}
			return nil
		}))
		// Nobody is home.
		x := n.trips()[0]
		door := x.Stops[0].Party
		n.tell(command.TellTrip{Trip: x.ID, Party: door, What: transfer.ToldNoShow, Reason: "no answer"})
		for _, q := range n.requests() {
			if q.Party == door {
				if q.State != transfer.NoShow || q.Stay != 0 {
					t.Errorf("request %d is %s with stay %d", q.ID, q.State, q.Stay)
				}
				_, err := n.commands.AskAgain(ctx, by, q.ID, 0)
				n.must(err)
			}
		}
		n.plan()
		n.drive()
		if left := n.requests(); len(left) != 0 {
			t.Errorf("left: %+v", left)
		}
	})
}

func (n *town) check2(t *testing.T, fn func(transfer.Request)) {
	t.Helper()
	n.check()
	for _, q := range n.requests() {
		fn(q)
	}
}

// TestAPlanIsNotKeptWhenTheWorldMoved and what else is refused.
func TestRefusals(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		ctx := t.Context()
		n := newTown(t, open)
		q := n.household(facility.Case, 1)[0]
		var moved *store.Conflict
		_, err := n.commands.KeepTransfers(ctx, by, command.KeepTransfers{Outbreak: n.outbreak, Requests: map[transfer.RequestID]int64{q.ID: q.Version + 1}})
		if !errors.As(err, &moved) {
			t.Errorf("a plan of another world is kept: %v", err)
		}
		viewer := command.By{Actor: auth.Actor{Login: "viewer"}, Purpose: auth.PurposeTransfer}
		var no *command.Forbidden
		if _, err := n.planner.Make(ctx, viewer, n.outbreak); !errors.As(err, &no) {
			t.Errorf("somebody without a role plans: %v", err)
		}
		if _, err := n.commands.SetFull(ctx, viewer, "o", "Q1", true, "x"); !errors.As(err, &no) {
			t.Errorf("somebody without a role says that a site is full: %v", err)
		}
		n.plan()
		x := n.trips()[0]
		var wrong *command.Invalid
		for name, in := range map[string]command.TellTrip{
			"off with nobody in it": {Trip: x.ID, What: transfer.ToldOff},
			"of a party unknown":    {Trip: x.ID, Party: 9999, What: transfer.ToldIn},
			"in the future":         {Trip: x.ID, Party: q.Party, What: transfer.ToldIn, At: n.now.Add(time.Hour)},
		} {
			if _, err := n.commands.TellTrip(ctx, by, in); !errors.As(err, &wrong) {
				t.Errorf("%s: %v", name, err)
			}
		}
		// A task that a person waives takes its request along.
		tasks := map[task.Kind]task.Task{}
		n.must(n.db.View(ctx, func(r *store.Reader) error {
			list, err := r.TasksOf(q.Task)
			for _, x := range list {
				tasks[x.Kind] = x
			}
			return err
		}))
		m := tasks[task.MoveCase]
		_, err = n.commands.WaiveTask(ctx, by, command.WaiveTask{Task: m.ID, Version: m.Version, Reason: "walked there"})
		n.must(err)
		if left := n.requests(); len(left) != 0 || len(n.trips()) != 0 {
			t.Errorf("left: %+v, %+v", left, n.trips())
		}
	})
}

// TestAskedByHand: home after release, and to a hospital, with a task of their own that is done by it.
func TestAskedByHand(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		ctx := t.Context()
		n := newTown(t, open)
		n.household(facility.Contact, 1)
		n.plan()
		n.drive()
		q, err := n.commands.AskTransfer(ctx, by, command.AskTransfer{Outbreak: "o", Contact: "C1", Purpose: "home", Deadline: n.now.Add(5 * time.Hour).Format(time.RFC3339)})
		n.must(err)
		if q.From == 0 {
			t.Errorf("they are fetched at home, and stay at a site")
		}
		if _, err := n.commands.AskTransfer(ctx, by, command.AskTransfer{Outbreak: "o", Contact: "C1", Purpose: "hospital", Deadline: n.now.Add(5 * time.Hour).Format(time.RFC3339)}); err == nil {
			t.Error("somebody is asked for twice")
		}
		n.plan()
		n.drive()
		n.must(n.db.View(ctx, func(r *store.Reader) error {
			list, err := r.TasksOf(task.Subject{Kind: task.OnTransfer, ID: int64(q.ID)})
			if err == nil && (len(list) != 1 || list[0].State != task.Done) {
				t.Errorf("tasks of the request: %+v", list)
			}
			return err
		}))
	})
}

// TestACrewsPhone: what it tells counts once, one that was signed off is refused, and that it spoke is in the journal.
func TestACrewsPhone(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		ctx := t.Context()
		n := newTown(t, open)
		n.household(facility.Case, 1)
		n.plan()
		x := n.trips()[0]
		inv, err := n.commands.InvitePhone(ctx, by, x.Vehicle, "team 3")
		n.must(err)
		e, err := n.commands.EnrolPhone(ctx, inv.Secret)
		n.must(err)
		if _, err := n.commands.EnrolPhone(ctx, inv.Secret); !errors.Is(err, command.ErrInvitation) {
			t.Errorf("an invitation is used twice: %v", err)
		}
		p, err := n.commands.PhoneOf(ctx, e.Secret)
		n.must(err)
		n.now = n.now.Add(time.Hour)
		body := fmt.Sprintf(`{"device":%d,"seq":1,"trip":%d,"party":%d,"what":"fetched","at":%q,"gave":"block 3"}`, p.ID, x.ID, x.Stops[0].Party, n.now.Add(-time.Minute).Format(time.RFC3339))
		first, err := n.commands.TellByPhone(ctx, p, []byte(body))
		n.must(err)
		second, err := n.commands.TellByPhone(ctx, p, []byte(body))
		n.must(err)
		if first != second || first != `{"seq":1,"taken":true}` {
			t.Errorf("answers are %s and %s", first, second)
		}
		n.check()
		var no *command.PhoneRefused
		if _, err := n.commands.TellByPhone(ctx, p, []byte(body+" ")); !errors.As(err, &no) || no.Code != "seq_taken" {
			t.Errorf("another report under the same number: %v", err)
		}
		odd, err := n.commands.TellByPhone(ctx, p, []byte(fmt.Sprintf(`{"device":%d,"seq":2,"trip":%d,"what":"start","at":%q}`, p.ID, 4711, n.now.Format(time.RFC3339))))
		if err != nil || odd != `{"seq":2,"taken":false,"code":"trip","text":"trip \"4711\": is not known"}` {
			t.Errorf("an unknown trip: %s, %v", odd, err)
		}
		n.must(n.commands.RevokePhone(ctx, by, p.ID, "lost"))
		if _, err := n.commands.PhoneOf(ctx, e.Secret); !errors.As(err, &no) || no.Code != "not_enrolled" {
			t.Errorf("a phone that was signed off: %v", err)
		}
		told := false
		n.must(n.db.View(ctx, func(r *store.Reader) error {
			list, err := r.EntriesOf(task.Subject{Kind: store.OnPhone, ID: int64(p.ID)}, 100)
			for _, e := range list {
				told = told || e.Kind == journal.PhoneRefused
			}
			return err
		}))
		if !told {
			t.Error("that a stale phone spoke is not in the journal")
		}
	})
}

// TestWhateverHappensEverybodyIsSomewhere: a day of chance.
func TestWhateverHappensEverybodyIsSomewhere(t *testing.T) {
	t.Parallel()
	n := newTown(t, storetest.SQLite(t))
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	ctx := t.Context()
	for range 40 {
		n.now = n.now.Add(time.Duration(r.IntN(8)) * time.Minute)
		switch r.IntN(6) {
		case 0:
			n.household([]facility.Class{facility.Case, facility.Contact}[r.IntN(2)], 1+r.IntN(2))
		case 1:
			n.plan()
		case 2:
			code := fmt.Sprint("V", 1+r.IntN(3))
			var v transfer.Vehicle
			n.must(n.db.View(ctx, func(rd *store.Reader) (err error) { v, err = rd.VehicleByCode(n.outbreak, code); return err }))
			to := "broken"
			if v.State == transfer.Broken || r.IntN(3) > 0 {
				to = "ready"
			}
			_, err := n.commands.SetVehicle(ctx, by, command.SetVehicle{Vehicle: v.ID, State: to, Reason: "x"})
			n.must(err)
		default:
			trips := n.trips()
			if len(trips) == 0 {
				break
			}
			x := trips[r.IntN(len(trips))]
			in := command.TellTrip{Trip: x.ID, What: []transfer.What{transfer.ToldStart, transfer.ToldIn, transfer.ToldIn, transfer.ToldNoShow, transfer.ToldOff, transfer.ToldAway, transfer.ToldClean}[r.IntN(7)]}
			if s := x.Next(); s != nil {
				in.Party = s.Party
			}
			_, err := n.commands.TellTrip(ctx, by, in)
			var wrong *command.Invalid
			if err != nil && !errors.As(err, &wrong) {
				t.Fatalf("%s: %v", in.What, err)
			}
		}
		n.check()
	}
}

// TestWhereSomebodyLivesWhoseCommunityIsNotDrawn: of somebody of whom only the community is known, and it has no outline, the planner knows no place; the sampling sites of the community say where it is.
func TestWhereSomebodyLivesWhoseCommunityIsNotDrawn(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		n := newTown(t, open)
		ctx := t.Context()
		_, err := n.commands.AddCase(ctx, by, command.AddCase{Outbreak: "o", Code: "K1", Fields: map[string]string{"class": "confirmed", "onset": "2022-03-08", "area": "370102"}})
		n.must(err)
		_, err = n.commands.AddSites(ctx, by, command.AddSites{Outbreak: "o", Sites: []command.SiteFields{
			{Code: "S1", Area: "370102", Lon: 119.90, Lat: 36.10, Located: true, Lanes: 1}, {Code: "S2", Area: "370102", Lon: 119.92, Lat: 36.12, Located: true, Lanes: 1},
			{Code: "S3", Area: "370101", Lon: 121, Lat: 37, Located: true, Lanes: 1}, {Code: "S4", Area: "370102", Lanes: 1}}})
		n.must(err)
		d, err := n.planner.Day(ctx, n.outbreak)
		n.must(err)
		if len(d.Requests) != 1 {
			t.Fatalf("%d are to be fetched, want 1", len(d.Requests))
		}
		if q := d.Requests[0]; math.Abs(q.Lon-119.91) > 1e-9 || math.Abs(q.Lat-36.11) > 1e-9 {
			t.Errorf("they are fetched at %g, %g; want the middle of the two sites of their community, 119.91, 36.11", q.Lon, q.Lat)
		}
	})
}
