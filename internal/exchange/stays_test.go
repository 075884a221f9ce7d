package exchange

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"firebreak/internal/trace"
)

func TestScanStays(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	const text = "firstname,lastname,age,center1,arrival1,leave1,center2,arrival2,leave2\n" +
		"A,B,16,north,2015-03-28,2015-03-29,south,2015-04-01T10:00,2015-04-01T11:00\n" +
		"C,D,17,north,2015-03-28,2015-03-28,south,2015-04-02,2015-04-01\n" +
		"E,F,18,north,2015-03-28,,,,\n" +
		",,19,north,2015-03-28,2015-03-28,,,\n"
	var got []string
	tally, err := VisitList{Source: NewSource("s.csv", strings.NewReader(text), int64(len(text))), Form: Stays, Zone: zone}.Scan(t.Context(), func(v VisitRow) error {
		line := fmt.Sprintf("%d: %s in %s %s to %s", v.Row, v.Person, v.Place, v.Start.Format("02T15"), v.End.Format("02T15"))
		if v.Rejected {
			line = fmt.Sprintf("%d: rejected", v.Row)
		}
		for _, p := range v.Problems {
			line += "; " + p.Column + " " + p.Reason
		}
		got = append(got, line)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"2: A B in north 28T00 to 29T00", "2: A B in north 29T00 to 30T00", "2: A B in south 01T10 to 01T11", // the clocks were changed that night
		"3: C D in north 28T00 to 29T00; leave2 is before the arrival; this stay was left out",
		"4: rejected; leave1 is no day such as 2022-03-07, and no time; this stay was left out; center1 no stay of the row can be taken",
		"5: rejected; firstname is needed, in at most 200 bytes",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if tally.Rows != 4 || fmt.Sprint(tally.Unused) != "[age]" {
		t.Errorf("%+v", tally)
	}
}

func FuzzScanStays(f *testing.F) {
	f.Add("person,place,arrival,leave\nA,x,2022-03-07,2022-03-09\n")
	f.Add("name,site1,arrival1,leave1,site2,arrival2,leave2\nA,x,2022-03-07,2022-03-09,y,2105-12-31,2106-01-01\n")
	f.Fuzz(func(t *testing.T, text string) {
		_, _ = VisitList{Source: NewSource("s.csv", strings.NewReader(text), int64(len(text))), Form: Stays, Zone: time.UTC}.Scan(t.Context(), func(v VisitRow) error {
			if v.Rejected {
				return nil
			}
			if err := (trace.Visit{Start: trace.At(v.Start), End: trace.At(v.End)}).Check(); err != nil || v.Person == "" || v.Place == "" {
				t.Fatalf("row %d is taken, and cannot be kept: %v", v.Row, err)
			}
			return nil
		})
	})
}

// A list that came as no file is read row for row, none passed over.
func TestNewList(t *testing.T) {
	t.Parallel()
	src := NewList("visits", []string{"person", "place", "start", "end"}, [][]string{{"a", "b", "2022-03-07T08:00", "2022-03-07T08:10"}, {"", "", "", ""}, {"#c", "d", "2022-03-07T08:00", "2022-03-07T08:10"}})
	for range 2 { // as often as one likes
		var got []string
		tally, err := VisitList{Source: src, Zone: time.UTC}.Scan(t.Context(), func(v VisitRow) error {
			got = append(got, fmt.Sprintln(v.Row, v.Person, v.Rejected))
			return nil
		})
		if d := cmp.Diff([]string{"1 a false\n", "2  true\n", "3 #c false\n"}, got); err != nil || d != "" || tally.Rows != 3 {
			t.Errorf("%v, %d rows: %s", err, tally.Rows, d)
		}
	}
}
