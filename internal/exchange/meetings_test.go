package exchange

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestScanMeetings(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("CST", 8*3600)
	for _, c := range []struct {
		name, text, steps string
		want              []string
	}{
		{"two columns called person, start and end", "person,person,start,end,metres\nb,a,2022-03-07T08:00,2022-03-07T08:10,1.5\n", "", []string{
			"2: b in a + b 08:00-08:10 at 1.5 m", "2: a in a + b 08:00-08:10 at 0 m"}},
		{"a day and seconds", "user_a,user_b,day,seconds\n1,2,2022-03-07,300\n", "", []string{"2: 1 in 1 + 2 12:00-12:05", "2: 2 in 1 + 2 12:00-12:05"}},
		{"wrong", "person,other,start,end,distance\na,a,2022-03-07T08:00,2022-03-07T08:10,\na,b,x,2022-03-07T08:10,\na,,2022-03-07T08:10,2022-03-07T08:00,\na,b,2022-03-07T08:00,2022-03-07T08:10,far\n", "", []string{
			"2: other is the same person: nobody meets themselves", "3: start is no time such as 2022-03-07T08:30:00, and no day such as 2022-03-07",
			"4: other is needed, in at most 200 bytes; end is before the start", "5: a in a + b 08:00-08:10", "5: b in a + b 08:00-08:10"}},
		{"steps of a study", "step,user_a,user_b,metres\n1,1,390,17\n193,1,2,9\n0,1,2,9\n", "2017-10-12T07:00,5m,192", []string{
			"2: 1 in 1 + 390 07:00-07:05 at 0 m", "2: 390 in 1 + 390 07:00-07:05 at 17 m", "3: 1 in 1 + 2 07:00-07:05 at 0 m", "3: 2 in 1 + 2 07:00-07:05 at 9 m", "4: step is no step, counted from 1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			_, err := VisitList{Source: NewSource("m.csv", strings.NewReader(c.text), int64(len(c.text))), Form: Meetings, Steps: c.steps, Zone: zone}.Scan(t.Context(), func(v VisitRow) error {
				if v.Rejected {
					var why []string
					for _, p := range v.Problems {
						why = append(why, p.Column+" "+p.Reason)
					}
					got = append(got, fmt.Sprintf("%d: %s", v.Row, strings.Join(why, "; ")))
					return nil
				}
				line := fmt.Sprintf("%d: %s in %s %s-%s", v.Row, v.Person, v.Place, v.Start.Format("15:04"), v.End.Format("15:04"))
				if v.Spot.Point {
					line += fmt.Sprintf(" at %v m", v.Spot.X)
				}
				got = append(got, line)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func FuzzScanMeetings(f *testing.F) {
	f.Add("person,other,start,seconds\na,b,2022-03-07T08:00,60\n", "")
	f.Add("a,b,day,minutes,m\n1,2,2022-03-07,5,2\n", "")
	f.Add("a,b,step\n1,2,577\n", "2017-10-12T07:00,5m,192")
	f.Fuzz(func(t *testing.T, text, steps string) {
		_, _ = VisitList{Source: NewSource("m.csv", strings.NewReader(text), int64(len(text))), Form: Meetings, Steps: steps, Zone: time.UTC}.Scan(t.Context(), func(v VisitRow) error {
			if !v.Rejected && (v.Person == "" || v.End.Before(v.Start)) {
				t.Errorf("taken: %+v", v)
			}
			return nil
		})
	})
}
