package roster

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"firebreak/internal/facility"
	"firebreak/internal/protocol"
)

// hospital is what a pack asks of a hospital by day, from 8 to 20 h, and by night.
func hospital(t testing.TB) *protocol.Staff {
	t.Helper()
	p, err := protocol.Load("covid19/2022-v9@1")
	if err != nil {
		t.Fatal(err)
	}
	return &p.Isolation.Staff
}

func zoned(t testing.TB) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// hours are points of so many hours with the same people there.
func hours(now time.Time, n int, people, intensive int64) []facility.Point {
	out := make([]facility.Point, n+1)
	for h := range out {
		out[h] = facility.Point{At: now.Add(time.Duration(h) * time.Hour), People: people, Intensive: intensive}
	}
	return out
}

// Doctors are counted apart from nurses, and what intensive care asks is added to what the wards ask. Medical staff of whom nobody says which they are count for neither.
func TestDoctorsApartFromNurses(t *testing.T) {
	t.Parallel()
	rules, loc := hospital(t), zoned(t)
	now := time.Date(2022, 3, 12, 10, 0, 0, 0, loc)
	shift := func(id facility.ShiftID, r facility.Role) facility.Shift {
		return facility.Shift{ID: id, Worker: string(rune('a' + id)), Role: r, From: now, To: now.Add(8 * time.Hour)}
	}
	on := []facility.Shift{shift(1, facility.Doctor), shift(2, facility.Nurse), shift(3, facility.Nurse), shift(4, facility.MedicalStaff)}
	x := Report{Now: now, People: 20, Intensive: 4, On: on, Short: rules.Of(facility.Hospital).Shortages(hours(now, 24, 20, 4), on, loc)}
	by := map[facility.Role]Need{}
	for _, n := range needs(rules, facility.Hospital, x, on, loc) {
		by[n.Role] = n
	}
	// 16 in wards: one doctor, two nurses. 4 in intensive care: one doctor, two nurses.
	if d := by[facility.Doctor]; d.Wanted != 2 || d.Intensive != 1 || d.OnDuty != 1 || d.Now() != 1 || !d.Assumed {
		t.Errorf("doctors: %+v", d)
	}
	if n := by[facility.Nurse]; n.Wanted != 4 || n.Intensive != 2 || n.OnDuty != 2 || n.Now() != 2 {
		t.Errorf("nurses: %+v", n)
	}
	if m := by[facility.MedicalStaff]; !m.NotAskedFor || m.OnDuty != 1 {
		t.Errorf("medical staff: %+v", m)
	}
	// At a site either of them is medical staff.
	site := Report{Now: now, People: 20, On: on, Short: rules.Of(facility.QuarantineSite).Shortages(hours(now, 24, 20, 0), on, loc)}
	for _, n := range needs(rules, facility.QuarantineSite, site, on, loc) {
		if n.Role == facility.MedicalStaff && (n.Wanted != 1 || n.OnDuty != 4 || n.Now() != 0 || n.Intensive != 0) {
			t.Errorf("at a site: %+v", n)
		}
	}
}

// A shift counts from its first instant and not at its last; one that goes over midnight counts on both days, and the norm of the night holds from the hour at which it begins.
func TestEdgesOfShifts(t *testing.T) {
	t.Parallel()
	loc := zoned(t)
	at := func(d, h, m int) time.Time { return time.Date(2022, 3, d, h, m, 0, 0, loc) }
	staff := facility.Staffing{DayFrom: 8 * time.Hour, NightFrom: 20 * time.Hour, Norms: []facility.Norm{{Role: facility.Nurse, Day: facility.Share{Least: 2}, Night: facility.Share{Least: 1}}}}
	night := facility.Shift{Role: facility.Nurse, From: at(12, 20, 0), To: at(13, 8, 0)}
	day := facility.Shift{Role: facility.Nurse, From: at(13, 8, 0), To: at(13, 20, 0)}
	for _, x := range []struct {
		name string
		now  time.Time
		on   []facility.Shift
		want Sign
	}{
		{"the last minute of the day", at(12, 19, 59), []facility.Shift{night}, Sign{Asked: true, Short: 2, Short24: 2, From: at(12, 19, 59)}},
		{"the night begins", at(12, 20, 0), []facility.Shift{night, day, day}, Sign{Asked: true}},
		{"over midnight", at(13, 0, 0), []facility.Shift{night, day, day}, Sign{Asked: true, Short24: 1, From: at(13, 20, 0)}},
		{"one by day is too few", at(13, 7, 0), []facility.Shift{night, day}, Sign{Asked: true, Short24: 1, From: at(13, 8, 0)}},
		{"who leaves at eight is not there at eight", at(13, 8, 0), []facility.Shift{night, day}, Sign{Asked: true, Short: 1, Short24: 1, From: at(13, 8, 0)}},
		{"nobody at all", at(13, 8, 0), nil, Sign{Asked: true, Short: 2, Short24: 2, From: at(13, 8, 0)}},
	} {
		if got := sign(staff, hours(x.now, 24, 5, 0), x.on, x.now, loc); !got.From.Equal(x.want.From) || got.Asked != x.want.Asked || got.Short != x.want.Short || got.Short24 != x.want.Short24 {
			t.Errorf("%s: %+v, want %+v", x.name, got, x.want)
		}
	}
	if got := sign(facility.Staffing{}, hours(at(12, 20, 0), 24, 5, 0), nil, at(12, 20, 0), loc); got != (Sign{}) {
		t.Errorf("nothing is asked: %+v", got)
	}
	if got := sign(staff, hours(at(12, 20, 0), 24, 0, 0), nil, at(12, 20, 0), loc); got.Short24 != 0 {
		t.Errorf("nobody stays there: %+v", got)
	}
}

// More people never want fewer staff, more of them in intensive care neither, and another shift never leaves more missing. What is missing is no more than what is asked, and the sign of a place says no less than its needs.
func TestMissingIsMonotone(t *testing.T) {
	t.Parallel()
	rules, loc := hospital(t), zoned(t)
	staff := rules.Of(facility.Hospital)
	rapid.Check(t, func(t *rapid.T) {
		now := time.Date(2022, 3, 12, 0, 0, 0, 0, loc).Add(time.Duration(rapid.IntRange(0, 24*60-1).Draw(t, "minute")) * time.Minute)
		shift := func(id int) facility.Shift {
			from := now.Add(time.Duration(rapid.IntRange(-12*60, 24*60).Draw(t, "from")) * time.Minute)
			return facility.Shift{ID: facility.ShiftID(id), Role: rapid.SampledFrom(facility.Roles()).Draw(t, "role"), From: from, To: from.Add(time.Duration(rapid.IntRange(1, 24*60).Draw(t, "length")) * time.Minute)}
		}
		var on []facility.Shift
		for i := range rapid.IntRange(0, 8).Draw(t, "shifts") {
			on = append(on, shift(i))
		}
		people := rapid.Int64Range(0, 200).Draw(t, "people")
		intensive := rapid.Int64Range(0, people).Draw(t, "intensive")
		short := func(people, intensive int64, on []facility.Shift) map[facility.Role]Need {
			points := hours(now, 72, people, intensive)
			x := Report{Now: now, People: people, Intensive: intensive, On: on, Short: staff.Shortages(points, on, loc)}
			out := map[facility.Role]Need{}
			s := sign(staff, points[:25], on, now, loc)
			var missing int64
			for _, n := range needs(rules, facility.Hospital, x, on, loc) {
				out[n.Role] = n
				missing += n.Now()
				if n.Now() > n.Wanted || n.Short24 > n.Short72 || n.Now() > n.Short24 || n.Intensive > n.Wanted || s.Short24 < n.Short24 {
					t.Fatalf("%+v, sign %+v", n, s)
				}
			}
			if s.Short != missing {
				t.Fatalf("the sign says %d are missing, the needs %d", s.Short, missing)
			}
			return out
		}
		is := short(people, intensive, on)
		more := short(people+rapid.Int64Range(1, 50).Draw(t, "more"), intensive, on)
		fewer := short(people, intensive, append(on, shift(99)))
		for role, n := range is {
			if more[role].Wanted < n.Wanted || more[role].Now() < n.Now() || more[role].Short72 < n.Short72 {
				t.Fatalf("%s: more people want fewer: %+v, before %+v", role, more[role], n)
			}
			if f := fewer[role]; f.Now() > n.Now() || f.Short72 > n.Short72 || f.Wanted != n.Wanted {
				t.Fatalf("%s: another shift leaves more missing: %+v, before %+v", role, f, n)
			}
		}
	})
}

// Shifts that are put on a roster one by one, unless they clash with one that is there, leave nobody on duty in two places at any minute, over midnight neither.
func TestNobodyIsInTwoPlaces(t *testing.T) {
	t.Parallel()
	loc := zoned(t)
	rapid.Check(t, func(t *rapid.T) {
		midnight := time.Date(2022, 3, 13, 0, 0, 0, 0, loc)
		of := map[string][]facility.Shift{}
		for i := range rapid.IntRange(1, 20).Draw(t, "shifts") {
			from := midnight.Add(time.Duration(rapid.IntRange(-120, 120).Draw(t, "from")) * time.Minute)
			s := facility.Shift{ID: facility.ShiftID(i + 1), Facility: facility.ID(rapid.IntRange(1, 2).Draw(t, "place")), Worker: rapid.SampledFrom([]string{"N01", " n01", "N02"}).Draw(t, "who"), Role: facility.Nurse,
				From: from, To: from.Add(time.Duration(rapid.IntRange(1, 90).Draw(t, "length")) * time.Minute)}
			if rapid.Bool().Draw(t, "cancelled") {
				s.CancelledAt = from.Add(time.Duration(rapid.IntRange(-30, 60).Draw(t, "cancelled at")) * time.Minute)
			}
			k := facility.WorkerKey(s.Worker)
			if s.Clash(of[k]) == nil {
				of[k] = append(of[k], s)
			}
		}
		for k, list := range of {
			for m := -120; m < 240; m++ {
				at := midnight.Add(time.Duration(m) * time.Minute)
				if n := facility.OnDuty(list, facility.Nurse, at); n > 1 {
					t.Fatalf("%s is on duty %d times at %s: %+v", k, n, at, list)
				}
			}
		}
	})
}
