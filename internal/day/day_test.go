package day_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"firebreak/internal/day"
)

func ExampleIn() {
	// 23:30 UTC on 3 March is already 4 March in Qingdao.
	t := time.Date(2022, 3, 3, 23, 30, 0, 0, time.UTC)
	onset := day.In(t, time.FixedZone("CST", 8*60*60))
	fmt.Println(onset, onset.Add(14), onset.Add(14).Sub(onset))
	// Output: 2022-03-04 2022-03-18 14
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"0001-01-01", "1970-01-01", "2020-02-29", "2000-02-29", "9999-12-31", "2022-12-31"} {
		d, err := day.Parse(s)
		if err != nil {
			t.Errorf("Parse(%q): %v", s, err)
		}
		if d.IsZero() || d.String() != s {
			t.Errorf("Parse(%q) = %d (%q)", s, d, d)
		}
	}
	for _, s := range []string{"", "2020-2-3", "2021-02-29", "1900-02-29", "2020-13-01", "2020-00-10", "2020-01-00", "2020-04-31",
		"2020-01-01 ", " 2020-01-01", "20200101", "0000-01-01", "2020/01/01", "2020-01-0x", "+020-01-01", "٢٠٢٠-01"} {
		if d, err := day.Parse(s); !errors.Is(err, day.ErrInvalid) || !d.IsZero() {
			t.Errorf("Parse(%q) = %v, %v; want ErrInvalid", s, d, err)
		}
	}
	if got := day.MustParse("0001-01-01"); got != day.Min {
		t.Errorf("first day = %d, want %d", got, day.Min)
	}
	if got := day.MustParse("9999-12-31"); got != day.Max {
		t.Errorf("last day = %d, want %d", got, day.Max)
	}
}

func TestAgreesWithTime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := day.Day(rapid.Int32Range(int32(day.Min), int32(day.Max)).Draw(t, "day"))
		n := rapid.IntRange(-5000, 5000).Draw(t, "n")
		loc := time.FixedZone("z", rapid.IntRange(-12*3600, 14*3600).Draw(t, "offset"))
		want := d.Start(time.UTC).Format(time.DateOnly)
		if d.String() != want {
			t.Fatalf("String = %q, time says %q", d, want)
		}
		if d.Weekday() != d.Start(time.UTC).Weekday() {
			t.Fatalf("%v is a %v, time says %v", d, d.Weekday(), d.Start(time.UTC).Weekday())
		}
		if back, err := day.Parse(d.String()); err != nil || back != d {
			t.Fatalf("Parse(String) = %v, %v; want %v", back, err, d)
		}
		if got := day.In(d.Start(loc).Add(24*time.Hour-1), loc); d > day.Min && got != d {
			t.Fatalf("last instant of %v falls on %v", d, got)
		}
		moved := d.Add(n)
		if int64(d)+int64(n) < int64(day.Min) || int64(d)+int64(n) > int64(day.Max) {
			if !moved.IsZero() {
				t.Fatalf("%v + %d = %v, want unknown", d, n, moved)
			}
			return
		}
		if moved.Sub(d) != n || moved.String() != d.Start(time.UTC).AddDate(0, 0, n).Format(time.DateOnly) {
			t.Fatalf("%v + %d = %v", d, n, moved)
		}
	})
}

func TestUnknown(t *testing.T) {
	t.Parallel()
	var d day.Day
	if !d.IsZero() || d.String() != "" || d.Add(3) != 0 || !d.Start(time.UTC).IsZero() || day.In(time.Time{}, time.UTC) != 0 {
		t.Errorf("the zero day is not unknown throughout: %q %v", d, d.Add(3))
	}
	if _, ok := day.Between(0, day.MustParse("2020-01-01")); ok {
		t.Error("Between with an unknown day says ok")
	}
	if n, ok := day.Between(day.MustParse("2020-03-01"), day.MustParse("2020-02-01")); !ok || n != -29 {
		t.Errorf("Between = %d, %v; want -29, true", n, ok)
	}
	type row struct {
		Onset day.Day `json:"onset"`
		Left  day.Day `json:"left,omitzero"`
	}
	b, err := json.Marshal(row{})
	if err != nil || string(b) != `{"onset":""}` {
		t.Errorf("marshal = %s, %v", b, err)
	}
	var back row
	if err := json.Unmarshal([]byte(`{"onset":null,"left":"2020-05-06"}`), &back); err != nil || back.Onset != 0 || back.Left.String() != "2020-05-06" {
		t.Errorf("unmarshal = %+v, %v", back, err)
	}
	if err := json.Unmarshal([]byte(`{"onset":"6.5.2020"}`), &back); !errors.Is(err, day.ErrInvalid) {
		t.Errorf("unmarshal of a bad day: %v", err)
	}
}

func TestScanValue(t *testing.T) {
	t.Parallel()
	want := day.MustParse("2015-05-11")
	for _, src := range []any{"2015-05-11", []byte("2015-05-11"), "2015-05-11  ", time.Date(2015, 5, 11, 0, 0, 0, 0, time.UTC)} {
		var d day.Day
		if err := d.Scan(src); err != nil || d != want {
			t.Errorf("Scan(%v) = %v, %v", src, d, err)
		}
	}
	for _, src := range []any{nil, "", []byte(nil)} {
		d := want
		if err := d.Scan(src); err != nil || !d.IsZero() {
			t.Errorf("Scan(%v) = %v, %v; want unknown", src, d, err)
		}
	}
	var d day.Day
	for _, src := range []any{int64(3), "11.5.2015"} {
		if err := d.Scan(src); !errors.Is(err, day.ErrInvalid) {
			t.Errorf("Scan(%v): %v, want ErrInvalid", src, err)
		}
	}
	if v, err := want.Value(); err != nil || v != "2015-05-11" {
		t.Errorf("Value = %v, %v", v, err)
	}
	if v, err := day.Day(0).Value(); err != nil || v != nil {
		t.Errorf("Value of unknown = %v, %v", v, err)
	}
	if _, err := day.Day(-5).Value(); !errors.Is(err, day.ErrInvalid) {
		t.Errorf("Value of a broken day: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("2020-02-29")
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		d, err := day.Parse(s)
		if err == nil && d.String() != s {
			t.Errorf("Parse(%q) = %q", s, d)
		}
		if want, terr := time.Parse(time.DateOnly, s); (terr == nil && want.Year() > 0) != (err == nil) {
			t.Errorf("Parse(%q): %v; time: %v", s, err, terr)
		}
	})
}
