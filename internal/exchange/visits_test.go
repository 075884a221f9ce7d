package exchange

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"firebreak/internal/trace"
)

func scanVisits(t *testing.T, text string) (rows []VisitRow, err error) {
	t.Helper()
	zone := time.FixedZone("CST", 8*3600)
	_, err = VisitList{Source: NewSource("visits.csv", strings.NewReader(text), int64(len(text))), Zone: zone}.Scan(t.Context(), func(v VisitRow) error {
		rows = append(rows, v)
		return nil
	})
	return rows, err
}

func TestScanVisits(t *testing.T) {
	t.Parallel()
	rows, err := scanVisits(t, "person,place,start,end,seat,x,y\n"+
		"P1,bus 3,2022-03-07T08:30:00,2022-03-07T08:45:30,12C,,\n"+
		"P2,bus 3,2022-03-07T00:30:00Z,2022-03-07 09:00,,1.5,-2\n"+
		",bus 3,2022-03-07T08:30,2022-03-07T08:45,,,\n"+
		"P3,bus 3,7 March,2022-03-07T08:45,,,\n"+
		"P4,bus 3,2022-03-07T08:45,2022-03-07T08:30,,,\n"+
		"P5,bus 3,2022-03-07T08:45,2022-03-27T08:30,,,\n"+
		"P6,bus 3,2022-03-07T08:45,2022-03-07T08:50,front,1,\n")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, v := range rows {
		line := fmt.Sprintf("%s %s-%s %v", v.Person, v.Start.UTC().Format("15:04:05"), v.End.UTC().Format("15:04:05"), v.Spot)
		if v.Rejected {
			line = "rejected"
		}
		for _, p := range v.Problems {
			line += "; " + p.Column + ": " + p.Reason
		}
		got = append(got, line)
	}
	want := []string{
		fmt.Sprintf("P1 00:30:00-00:45:30 %v", trace.Spot{Row: 12, Column: 3}),
		fmt.Sprintf("P2 00:30:00-01:00:00 %v", trace.Spot{Point: true, X: 1.5, Y: -2}),
		"rejected; person: is needed, in at most 200 bytes",
		"rejected; start: is no time such as 2022-03-07T08:30:00 or 2022-03-07T08:30:00+08:00",
		"rejected; end: is before the start",
		"rejected; end: is more than 12 days after the start: give a long stay in several rows",
		fmt.Sprintf("P6 00:45:00-00:50:00 %v; seat: is no seat such as 12A or 12-1; it was left open; y: x and y are not both numbers of metres; the point was left open", trace.Spot{}),
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if _, err := scanVisits(t, "person,place,start\nP1,a,2022-03-07T08:30\n"); err == nil || !strings.Contains(err.Error(), "none for end") {
		t.Errorf("a file without ends: %v", err)
	}
}

// Whatever a file holds, each row is taken as a visit that the engine can keep, or is rejected with a reason.
func FuzzScanVisits(f *testing.F) {
	f.Add("person,place,start,end,seat,x,y\nP1,bus,2022-03-07T08:30:00,2022-03-07T08:45:30,12C,1,2\n")
	f.Add("person,place,start,end\nP1,bus,1970-01-01T00:00,2106-03-07T08:45\n\"P2\n")
	f.Add("person;place;start;end\n;;;\n")
	f.Fuzz(func(t *testing.T, text string) {
		rows, err := scanVisits(t, text)
		if err != nil {
			return
		}
		for _, v := range rows {
			if v.Rejected {
				if len(v.Problems) == 0 {
					t.Fatalf("row %d is rejected without a reason", v.Row)
				}
				continue
			}
			if v.Person == "" || v.Place == "" {
				t.Fatalf("row %d is taken without a person or a place", v.Row)
			}
			if err := (trace.Visit{Start: trace.At(v.Start), End: trace.At(v.End)}).Check(); err != nil {
				t.Fatalf("row %d is taken, and cannot be kept: %v", v.Row, err)
			}
		}
	})
}
