package facility

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestShortages compares the times in which staff are short with counting at each minute.
func TestShortages(t *testing.T) {
	t.Parallel()
	zones := []string{"Asia/Shanghai", "Europe/Berlin", "UTC"}
	rapid.Check(t, func(t *rapid.T) {
		loc, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		now := time.Date(2022, 3, 12, rapid.IntRange(0, 23).Draw(t, "hour"), rapid.IntRange(0, 59).Draw(t, "minute"), 0, 0, time.UTC)
		minute := func(label string) time.Time {
			return now.Add(time.Duration(rapid.IntRange(-10*60, 40*60).Draw(t, label)) * time.Minute)
		}
		hours := rapid.IntRange(1, 30).Draw(t, "hours")
		points := make([]Point, hours+1)
		for h := range points {
			points[h] = Point{At: now.Add(time.Duration(h) * time.Hour), People: rapid.Int64Range(0, 60).Draw(t, "people")}
			points[h].Intensive = rapid.Int64Range(0, points[h].People).Draw(t, "intensive")
		}
		share := func(label string) Share {
			return Share{rapid.Int64Range(0, 3).Draw(t, label+" least"), rapid.Int64Range(0, 25).Draw(t, label+" each")}
		}
		s := Staffing{DayFrom: time.Duration(rapid.IntRange(0, 23).Draw(t, "day")) * time.Hour, NightFrom: time.Duration(rapid.IntRange(0, 23).Draw(t, "night")) * time.Hour,
			Norms: []Norm{{MedicalStaff, NoLevel, share("medical day"), share("medical night")}, {Nurse, WardLevel, share("ward day"), share("ward night")}, {Nurse, ICU, share("icu day"), share("icu night")}}}
		var shifts []Shift
		for range rapid.IntRange(0, 12).Draw(t, "shifts") {
			x := Shift{Role: rapid.SampledFrom([]Role{MedicalStaff, Doctor, Nurse, Manager}).Draw(t, "role"), From: minute("from")}
			x.To = x.From.Add(time.Duration(rapid.IntRange(1, 24*60).Draw(t, "length")) * time.Minute)
			if rapid.Bool().Draw(t, "cancelled") {
				x.CancelledAt = minute("cancelled at")
			}
			shifts = append(shifts, x)
		}
		got := s.Shortages(points, shifts, loc)
		for i, x := range got {
			if !x.From.Before(x.To) || x.Short() <= 0 {
				t.Fatalf("%+v is no shortage", x)
			}
			if i > 0 && got[i-1].Role == x.Role && got[i-1].To.Equal(x.From) && got[i-1].Wanted == x.Wanted && got[i-1].OnDuty == x.OnDuty {
				t.Fatalf("%+v and %+v are one", got[i-1], x)
			}
		}
		for _, role := range []Role{MedicalStaff, Nurse} {
			for m := range hours * 60 {
				at := now.Add(time.Duration(m) * time.Minute)
				local := at.In(loc)
				since := time.Duration(local.Hour())*time.Hour + time.Duration(local.Minute())*time.Minute
				want := int64(0)
				for _, n := range s.Norms {
					if n.Role != role {
						continue
					}
					share := n.Night
					switch {
					case s.DayFrom <= s.NightFrom && since >= s.DayFrom && since < s.NightFrom, s.DayFrom > s.NightFrom && (since >= s.DayFrom || since < s.NightFrom):
						share = n.Day
					}
					people, some := points[m/60].People, int64(0)
					switch n.Level {
					case ICU:
						people = points[m/60].Intensive
					case WardLevel:
						people -= points[m/60].Intensive
					}
					if people > 0 {
						for some < share.Least || share.Each > 0 && some*share.Each < people {
							some++
						}
					}
					want += some
				}
				have := int64(0)
				for _, x := range shifts {
					off := !x.CancelledAt.IsZero() && !at.Before(x.CancelledAt)
					if (x.Role == role || role == MedicalStaff && (x.Role == Doctor || x.Role == Nurse)) && !at.Before(x.From) && at.Before(x.To) && !off {
						have++
					}
				}
				told := slices.IndexFunc(got, func(x Shortage) bool { return x.Role == role && !at.Before(x.From) && at.Before(x.To) })
				switch {
				case want > have && told < 0:
					t.Fatalf("%s at %s: %d of %d on duty, and nothing is told of it", role, local, have, want)
				case want > have && (got[told].Wanted != want || got[told].OnDuty != have):
					t.Fatalf("%s at %s: %d of %d on duty, told %+v", role, local, have, want, got[told])
				case want <= have && told >= 0:
					t.Fatalf("%s at %s: %d of %d on duty, told %+v", role, local, have, want, got[told])
				}
			}
		}
	})
}

// TestShiftsMeet compares with looking at each minute.
func TestShiftsMeet(t *testing.T) {
	t.Parallel()
	now := time.Date(2022, 3, 12, 0, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		one := func(label string) (s Shift) {
			s.From = now.Add(time.Duration(rapid.IntRange(0, 120).Draw(t, label)) * time.Minute)
			s.To = s.From.Add(time.Duration(rapid.IntRange(1, 60).Draw(t, label+" length")) * time.Minute)
			if rapid.Bool().Draw(t, label+" cancelled") {
				s.CancelledAt = now.Add(time.Duration(rapid.IntRange(0, 200).Draw(t, label+" cancelled at")) * time.Minute)
			}
			return s
		}
		a, b := one("a"), one("b")
		want := false
		for m := range 200 {
			at := now.Add(time.Duration(m) * time.Minute)
			want = want || a.On(at) && b.On(at)
		}
		if a.Meets(b) != want || b.Meets(a) != want || (a.Clash([]Shift{b}) != nil) != want {
			t.Fatalf("%+v and %+v meet: %t", a, b, !want)
		}
	})
}

// TestLoops: whoever works in the contaminated zone stays in the loop until they have been apart for long enough.
func TestLoops(t *testing.T) {
	t.Parallel()
	now := time.Date(2022, 3, 12, 9, 0, 0, 0, time.UTC)
	const day = 24 * time.Hour
	shift := func(id ShiftID, worker string, zone StaffZone, from, length time.Duration) Shift {
		return Shift{ID: id, Worker: worker, Zone: zone, From: now.Add(from), To: now.Add(from + length)}
	}
	cancelled := shift(9, "N9", ContaminatedZone, -day, 8*time.Hour)
	cancelled.CancelledAt = now.Add(-2 * day)
	early := shift(10, "N10", ContaminatedZone, -2*time.Hour, 8*time.Hour)
	early.CancelledAt = now.Add(-time.Hour)
	for name, c := range map[string]struct {
		shifts []Shift
		want   string // since, last and out in hours from now, and what crosses
	}{
		"in the zone now":             {[]Shift{shift(1, "N1", ContaminatedZone, -2*time.Hour, 8*time.Hour)}, "N1 -2 6 174 []"},
		"not begun yet":               {[]Shift{shift(1, "N1", ContaminatedZone, time.Hour, 8*time.Hour)}, ""},
		"apart, and over":             {[]Shift{shift(1, "N1", ContaminatedZone, -8*day, day)}, ""},
		"apart, not over":             {[]Shift{shift(1, "n1", ContaminatedZone, -7*day, day)}, "n1 -168 -144 24 []"},
		"only clean":                  {[]Shift{shift(1, "N1", CleanZone, -2*time.Hour, 8*time.Hour)}, ""},
		"the next keeps them in":      {[]Shift{shift(1, "N1", ContaminatedZone, -5*day, day), shift(2, "n1", ContaminatedZone, 2*day, day)}, "N1 -120 72 240 []"},
		"a loop of its own later":     {[]Shift{shift(1, "N1", ContaminatedZone, -5*day, day), shift(2, "N1", ContaminatedZone, 4*day, day)}, "N1 -120 -96 72 []"},
		"one long over before":        {[]Shift{shift(1, "N1", ContaminatedZone, -30*day, day), shift(2, "N1", ContaminatedZone, -day, day)}, "N1 -24 0 168 []"},
		"crosses into the clean zone": {[]Shift{shift(1, "N1", ContaminatedZone, -2*day, day), shift(2, "N1", CleanZone, day, day), shift(3, "N1", AnyZone, 3*day, day), shift(4, "N1", CleanZone, 20*day, day)}, "N1 -48 -24 144 [2]"},
		"cancelled before it began":   {[]Shift{cancelled}, ""},
		"cancelled on the way":        {[]Shift{early}, "N10 -2 -1 167 []"},
	} {
		got := ""
		for _, l := range Loops(c.shifts, now, 7*day) {
			got += fmt.Sprintf("%s %g %g %g %v", l.Worker, l.Since.Sub(now).Hours(), l.Last.Sub(now).Hours(), l.Out.Sub(now).Hours(), l.Crosses)
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if none := Loops(c.shifts, now, 0); none != nil {
			t.Errorf("%s: where no time is asked, %+v", name, none)
		}
	}
}
