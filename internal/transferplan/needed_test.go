package transferplan_test

import (
	"testing"
	"time"

	"firebreak/internal/command"
	"firebreak/internal/facility"
	"firebreak/internal/store/storetest"
)

// TestNeededVehicles: three vehicles are too few for as many households in the time that is left. It is said how many more would do, and with them the plan is what was said.
func TestNeededVehicles(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		n := newTown(t, open)
		ctx := t.Context()
		list, err := n.planner.Needed(ctx, n.outbreak)
		if err != nil || len(list) != 0 {
			t.Fatalf("nobody waits: %+v, %v", list, err)
		}
		for range 6 {
			n.household(facility.Case, 2)
		}
		n.now = n.now.Add(75 * time.Minute) // nobody planned them until then
		before := n.plan()
		list, err = n.planner.Needed(ctx, n.outbreak)
		n.must(err)
		if len(list) != 1 || list[0].Class != "case" || list[0].Vehicles < 1 || list[0].Before.Late != len(before.Orders.Late) || list[0].After.Late >= list[0].Before.Late {
			t.Fatalf("%d are late by the plan: %+v", len(before.Orders.Late), list)
		}
		m := list[0]
		shift := []command.ShiftFields{{Crew: "B", From: "2022-03-10T08:00:00+08:00", To: "2022-03-10T20:00:00+08:00"}}
		var more []command.VehicleFields
		for i := range m.Vehicles {
			more = append(more, command.VehicleFields{Code: "M" + string(rune('1'+i)), Area: "3701", Lat: m.Like.Lat, Lon: m.Like.Lon, Seats: int64(m.Like.Seats), Stretchers: int64(m.Like.Stretchers), Wheelchairs: int64(m.Like.Wheelchairs), Shifts: shift})
		}
		_, err = n.commands.AddVehicles(ctx, by, "o", more)
		n.must(err)
		if after := n.plan(); len(after.Orders.Unserved) != m.After.Unserved || len(after.Orders.Late) > m.After.Late {
			t.Errorf("with %d more %d are late and %d not fetched, want %+v", m.Vehicles, len(after.Orders.Late), len(after.Orders.Unserved), m.After)
		}
	})
}
