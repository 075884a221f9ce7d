package response_test

import (
	"testing"
	"time"

	"firebreak/internal/protocol"
	"firebreak/internal/response"
	"firebreak/internal/zone"
)

func TestZoneLifting(t *testing.T) {
	t.Parallel()
	cst := time.FixedZone("CST", 8*3600)
	at := func(day, hour int) time.Time { return time.Date(2022, 8, day, hour, 0, 0, 0, cst) }
	for _, tc := range []struct {
		name  string
		pack  string
		zone  zone.Zone
		last  time.Time
		now   time.Time
		want  string // until; empty: no test
		met   bool
		to    zone.Level
		cites int
	}{
		{"counts from the last case", "covid19/2022-v9", zone.Zone{Level: "high", State: zone.InForce, ProposedAt: at(1, 9), DecidedAt: at(1, 12)}, at(3, 8), at(9, 0), "2022-08-10", false, "medium", 3},
		{"not before the last day is over", "covid19/2022-v9", zone.Zone{Level: "high", State: zone.InForce, ProposedAt: at(1, 9), DecidedAt: at(1, 12)}, at(3, 8), at(10, 23), "2022-08-10", false, "medium", 3},
		{"met at midnight", "covid19/2022-v9", zone.Zone{Level: "high", State: zone.InForce, ProposedAt: at(1, 9), DecidedAt: at(1, 12)}, at(3, 8), at(11, 0), "2022-08-10", true, "medium", 3},
		{"the day is the outbreak's", "covid19/2022-v9", zone.Zone{Level: "high", State: zone.InForce, ProposedAt: at(1, 9)}, at(3, 0), at(9, 0), "2022-08-10", false, "medium", 3},
		{"a new case moves it on", "covid19/2022-v9", zone.Zone{Level: "high", State: zone.InForce, ProposedAt: at(1, 9), DecidedAt: at(1, 12)}, at(8, 8), at(11, 0), "2022-08-15", false, "medium", 3},
		{"no case left: from the proposal", "covid19/2022-v9", zone.Zone{Level: "high", State: zone.Proposed, ProposedAt: at(1, 9)}, time.Time{}, at(2, 0), "2022-08-08", false, "medium", 3},
		{"stepped down: counted anew", "covid19/2022-v9", zone.Zone{Level: "medium", State: zone.InForce, ProposedAt: at(1, 9), DecidedAt: at(11, 9)}, at(3, 8), at(12, 0), "2022-08-18", false, "low", 3},
		{"lockdown wants a last screening", "covid19/2021-v8", zone.Zone{Level: "lockdown", State: zone.InForce, ProposedAt: at(1, 9)}, at(3, 8), at(12, 0), "2022-08-17", false, "", 2},
		{"a level without a test", "covid19/2022-v9", zone.Zone{Level: "low", State: zone.InForce, ProposedAt: at(1, 9)}, at(3, 8), at(30, 0), "", false, "", 0},
		{"a level of another pack", "covid19/2022-v9", zone.Zone{Level: "lockdown", State: zone.InForce, ProposedAt: at(1, 9)}, at(3, 8), at(30, 0), "", false, "", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p, err := protocol.Load(tc.pack)
			if err != nil {
				t.Fatal(err)
			}
			got := response.ZoneLifting(p, tc.now, response.ZoneFacts{Zone: tc.zone, LastCase: tc.last, Loc: cst})
			if got.Until.String() != tc.want || got.Known != (tc.want != "") || got.Met != tc.met || got.To != tc.to || len(got.Clauses) != tc.cites {
				t.Errorf("got %+v, want until %q, met %v, to %q, %d clauses", got, tc.want, tc.met, tc.to, tc.cites)
			}
			for _, path := range got.Clauses {
				if _, ok := p.Clause(path); !ok {
					t.Errorf("clause %q is not in the pack", path)
				}
			}
		})
	}
}
