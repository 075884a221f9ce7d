package zone_test

import (
	"errors"
	"testing"
	"time"

	"firebreak/internal/zone"
)

func TestDecide(t *testing.T) {
	t.Parallel()
	at := time.Date(2022, 3, 12, 9, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		from  zone.State
		to    zone.State
		level zone.Level
		ok    bool
	}{
		{zone.Proposed, zone.InForce, "", true},
		{zone.Proposed, zone.InForce, "low", true},
		{zone.Proposed, zone.Declined, "", true},
		{zone.Proposed, zone.Declined, "low", false},
		{zone.Proposed, zone.Lifted, "", false},
		{zone.Proposed, zone.Proposed, "", false},
		{zone.InForce, zone.InForce, "low", true},
		{zone.InForce, zone.InForce, "high", false},
		{zone.InForce, zone.InForce, "", false},
		{zone.InForce, zone.Lifted, "", true},
		{zone.InForce, zone.Lifted, "low", false},
		{zone.InForce, zone.Declined, "", false},
		{zone.Lifted, zone.InForce, "", false},
		{zone.Declined, zone.InForce, "", false},
	} {
		was := zone.Zone{ID: 1, State: tc.from, Level: "high", Reason: "before"}
		z := was
		err := z.Decide(tc.to, tc.level, at, "why")
		if tc.ok != (err == nil) || err != nil && !errors.Is(err, zone.ErrState) {
			t.Errorf("%s to %s at %q: %v, want ok %v", tc.from, tc.to, tc.level, err, tc.ok)
		}
		if err != nil && z != was {
			t.Errorf("%s to %s at %q: refused, and changed to %+v", tc.from, tc.to, tc.level, z)
		}
		if err == nil && (z.State != tc.to || z.Reason != "why" || !z.DecidedAt.Equal(at) || tc.level != "" && z.Level != tc.level) {
			t.Errorf("%s to %s at %q: %+v", tc.from, tc.to, tc.level, z)
		}
	}
}
