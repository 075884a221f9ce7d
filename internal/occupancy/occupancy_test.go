package occupancy_test

import (
	"fmt"
	"testing"
	"time"

	"firebreak/internal/command"
	"firebreak/internal/facility"
	"firebreak/internal/occupancy"
	"firebreak/internal/place"
	"firebreak/internal/protocol"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
)

var by = command.Owner("test")

// TestRead: who is there leaves by the pack, who is booked holds a room and comes by the deadline, who has no bed is wanted, and a reserve is in its tier.
func TestRead(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		ctx := t.Context()
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		now := time.Date(2022, 7, 12, 2, 0, 0, 0, time.UTC) // 10:00 in Shanghai
		loc, err := time.LoadLocation("Asia/Shanghai")
		must(err)
		db := open(func(o *store.Options) { o.Now = func() time.Time { return now } })
		c := command.New(db, nil)
		must(db.Update(ctx, func(tx *store.Tx) error {
			_, _, _, err := tx.PutAreas([]place.NewJurisdiction{{Jurisdiction: place.Jurisdiction{Code: "37", Name: "City", Level: place.City, Population: 720_000}}}, nil, 1)
			return err
		}))
		o, err := c.StartOutbreak(ctx, by, command.StartOutbreak{Name: "o", Pack: "covid19/2022-v9", Zone: "Asia/Shanghai", Area: "37"})
		must(err)
		list, err := c.AddFacilities(ctx, by, command.AddFacilities{Outbreak: "o", Facilities: []command.FacilityFields{
			{Code: "Q1", Kind: facility.QuarantineSite, Area: "37", Open: true}, {Code: "Q2", Kind: facility.QuarantineSite, Area: "37", ReadyIn: 48 * time.Hour}, {Code: "H1", Kind: facility.Hospital, Area: "37", Open: true}}})
		must(err)
		for i, n := range []int{3, 5, 1} {
			var rooms []command.RoomFields
			for r := range n {
				m := command.RoomFields{Code: fmt.Sprint(r + 1), Beds: 1}
				if i == 2 {
					m.Level = facility.WardLevel
				}
				rooms = append(rooms, m)
			}
			_, err = c.AddRooms(ctx, by, command.AddRooms{Facility: list[i].ID, Rooms: rooms})
			must(err)
		}
		src, err := c.AddCase(ctx, by, command.AddCase{Outbreak: "o", Code: "S-1", Fields: map[string]string{"class": "confirmed", "onset": "2022-07-11", "area": "37"}})
		must(err)
		met := map[string]command.Guest{}
		for i, code := range []string{"K-1", "K-2", "K-3", "K-4"} {
			// The first was met six days ago: the 7 days at the site are over tomorrow at midnight.
			exposed := []string{"2022-07-06", "2022-07-12", "2022-07-12", "2022-07-12"}[i]
			k, err := c.ListContact(ctx, by, command.ListContact{Outbreak: "o", Code: code, Case: src.ID, Fields: map[string]string{"last_exposed": exposed, "area": "37"}})
			must(err)
			met[code] = command.Guest{Contact: k.ID}
		}
		_, err = c.WalkIn(ctx, by, command.WalkIn{BookStays: command.BookStays{Outbreak: "o", Facility: "Q1", Guests: []command.Guest{met["K-1"]}}})
		must(err)
		_, err = c.BookStays(ctx, by, command.BookStays{Outbreak: "o", Facility: "Q1", Guests: []command.Guest{met["K-2"]}})
		must(err)

		pack, err := protocol.Load(o.Pack)
		must(err)
		var x occupancy.Report
		var one occupancy.House
		must(db.View(ctx, func(r *store.Reader) (err error) {
			if x, err = occupancy.Read(r, o, pack, store.Everywhere(), now, loc, 3); err != nil {
				return err
			}
			one, err = occupancy.ReadOne(r, o, pack, list[0], now, loc, 3)
			return err
		}))
		kinds := map[facility.Kind]occupancy.Kind{}
		for _, k := range x.Kinds {
			kinds[k.Kind] = k
		}
		q := kinds[facility.QuarantineSite]
		if q.Houses != 2 || q.Wanted != 2 || q.Now != 3 || q.In48 != 5 || q.Came24 != 1 {
			t.Errorf("quarantine sites: %d, %d wanted, tiers %+v, %d came", q.Houses, q.Wanted, q.Tiers, q.Came24)
		}
		if p := q.Points[0]; p.People != 1 || p.InUse != 1 || p.Held != 1 || p.Free != 1 || p.Wanted != 0 {
			t.Errorf("now %+v", p)
		}
		// By the eight hours of the pack's clock one is there who was booked, and two want the one room that is left.
		if p := q.Points[8]; p.People != 2 || p.Held != 0 || p.Wanted != 2 || p.Short(false) != 1 || !q.Full.Equal(p.At) {
			t.Errorf("after the clock of quarantine %+v, full %v", p, q.Full)
		}
		// K-1's seven days end with the 13th; they leave by the clock of check-out, and the room is turned round for the pack's time.
		out := 38*time.Hour + pack.Clocks.CheckOut.Duration()
		if p := q.At(now.Add(out - time.Hour)); p.People != 2 || p.Turning != 0 {
			t.Errorf("before K-1 has left %+v", p)
		}
		if p := q.At(now.Add(out)); p.People != 1 || p.Turning != 1 || p.Free != 1 {
			t.Errorf("when K-1 has left %+v", p)
		}
		if p := q.At(now.Add(out + x.Turn)); p.Turning != 0 || p.Free != 2 || p.Short(false) != 0 {
			t.Errorf("when the room of K-1 is ready %+v", p)
		}
		// No isolation site takes anybody: the case comes to the hospital, and fills it.
		if h := kinds[facility.Hospital]; h.Wanted != 1 || h.Full.IsZero() {
			t.Errorf("hospitals: %d wanted, full %v", h.Wanted, h.Full)
		}
		if p := one.Points[8]; p.Wanted != 0 || p.People != 2 || p.Free != 1 {
			t.Errorf("Q1 alone %+v", p)
		}
		if len(occupancy.Table(q.Ahead)) != 6 {
			t.Errorf("table of %d rows", len(occupancy.Table(q.Ahead)))
		}
	})
}
