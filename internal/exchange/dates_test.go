package exchange

import (
	"testing"

	"pgregory.net/rapid"

	"firebreak/internal/day"
)

func TestReadDate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in    string
		order DateOrder
		want  string
	}{
		{"2020-01-31", OrderISO, "2020-01-31"},
		{"2020-1-3", OrderISO, "2020-01-03"},
		{"2020/01/31", OrderDMY, "2020-01-31"},
		{"2020.1.31", OrderISO, "2020-01-31"},
		{"2020-01-31T10:11:12.5Z", OrderISO, "2020-01-31"},
		{"2020-01-31 23:59", OrderISO, "2020-01-31"},
		{"20200131", OrderISO, "2020-01-31"},
		{"2020年1月31日", OrderISO, "2020-01-31"},
		{"2020年1月31日 10:30", OrderISO, "2020-01-31"},
		{"31/01/2020", OrderDMY, "2020-01-31"},
		{"31/01/2020 08:00", OrderDMY, "2020-01-31"},
		{"01/31/2020", OrderMDY, "2020-01-31"},
		{"1/31/2020 1:05:00 PM", OrderMDY, "2020-01-31"},
		{"3.4.2020", OrderDMY, "2020-04-03"},
		{"3-4-2020", OrderMDY, "2020-03-04"},
		{"31/01/20", OrderDMY, "2020-01-31"},
		{"20-01-31", OrderYMD, "2020-01-31"},
		{"01/02/69", OrderDMY, "2069-02-01"},
		{"01/02/70", OrderDMY, "1970-02-01"},
		{"31-Jan-2020", OrderISO, "2020-01-31"},
		{"Jan 31, 2020", OrderISO, "2020-01-31"},
		{"31st January 2020", OrderISO, "2020-01-31"},
		{"31 de enero de 2020", OrderISO, "2020-01-31"},
		{"14 juillet 2020", OrderISO, "2020-07-14"},
		{"43861", OrderSerial, "2020-01-31"},
		{"43861.75", OrderISO, "2020-01-31"},
		{"29/02/2020", OrderDMY, "2020-02-29"},
		{"29/02/2021", OrderDMY, ""},
		{"31/04/2020", OrderDMY, ""},
		{"2020-13-01", OrderISO, ""},
		{"0202-01-31", OrderISO, ""},
		{"01/31/2020", OrderDMY, ""},
		{"03/04/2020", OrderISO, ""},
		{"03/04/2020", OrderAmbiguous, ""},
		{"2020-01", OrderISO, ""},
		{"45", OrderISO, ""},
		{"123", OrderISO, ""},
		{"1", OrderISO, ""},
		{"soon", OrderISO, ""},
		{"1/2/3/2020", OrderDMY, ""},
		{"99999", OrderSerial, ""},
	}
	for _, tt := range tests {
		d, ok := readDate(tt.in).in(tt.order)
		if ok != (tt.want != "") || d.String() != tt.want {
			t.Errorf("%q in order %s: got %q, want %q", tt.in, tt.order, d, tt.want)
		}
	}
}

func TestDecideOrder(t *testing.T) {
	t.Parallel()
	rep := func(n int, s string) []string {
		out := make([]string, n)
		for i := range out {
			out[i] = s
		}
		return out
	}
	tests := []struct {
		name string
		in   []string
		want DateOrder
	}{
		{"iso", []string{"2020-01-02", "2020-03-04"}, OrderISO},
		{"day first", []string{"01/02/2020", "13/02/2020"}, OrderDMY},
		{"month first", []string{"01/02/2020", "02/13/2020"}, OrderMDY},
		{"either", []string{"01/02/2020", "03/04/2020"}, OrderAmbiguous},
		{"contradiction", []string{"13/02/2020", "02/13/2020"}, OrderAmbiguous},
		{"one slip in many", append(rep(60, "13/02/2020"), "02/13/2020"), OrderDMY},
		{"too many slips", append(rep(60, "13/02/2020"), "02/13/2020", "02/14/2020"), OrderAmbiguous},
		{"the same both ways", []string{"03/03/2020"}, OrderDMY},
		{"serial", []string{"43861", "43862"}, OrderSerial},
		{"iso and one either", []string{"2020-01-02", "03/04/2020"}, OrderAmbiguous},
		{"nothing", nil, OrderDetect},
		{"short years, day first", []string{"31/01/20", "30/01/20"}, OrderAmbiguous}, // or 2031-01-20
		{"short years, no 32nd", []string{"20-01-32"}, OrderDMY},
	}
	for _, tt := range tests {
		var c dateTally
		for _, s := range tt.in {
			c.add(s)
		}
		if got := c.decide(); got != tt.want {
			t.Errorf("%s: got %q, want %q (%+v)", tt.name, got, tt.want, c)
		}
	}
}

// Whatever order a day is written in, it is read back in that order, and never as another day in the order detected.
func TestDateOrderRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		order := rapid.SampledFrom([]DateOrder{OrderDMY, OrderMDY, OrderYMD}).Draw(t, "order")
		days := rapid.SliceOfN(rapid.Int32Range(int32(day.Of(1971, 1, 1)), int32(day.Of(2068, 12, 31))), 1, 60).Draw(t, "days")
		var tally dateTally
		texts := make([]string, len(days))
		for i, n := range days {
			y, m, d := day.Day(n).Date()
			switch order {
			case OrderDMY:
				texts[i] = Int(d).String() + "/" + Int(int(m)).String() + "/" + Int(y).String()
			case OrderMDY:
				texts[i] = Int(int(m)).String() + "/" + Int(d).String() + "/" + Int(y).String()
			default:
				texts[i] = Int(y).String() + "/" + Int(int(m)).String() + "/" + Int(d).String()
			}
			if got, ok := readDate(texts[i]).in(order); !ok || got != day.Day(n) {
				t.Fatalf("%q in %s: got %v", texts[i], order, got)
			}
			tally.add(texts[i])
		}
		if o := tally.decide(); o.known() {
			for i, n := range days {
				if got, ok := readDate(texts[i]).in(o); !ok || got != day.Day(n) {
					t.Fatalf("detected %s for a column in %s: %q read as %v", o, order, texts[i], got)
				}
			}
		}
	})
}

func FuzzReadDate(f *testing.F) {
	for _, s := range []string{"2020-01-31", "31/01/20", "43861.5", "Jan 3 2020", "2020年1月3日", "20200131T00", "3 de ene de 2020", "1.1.1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p := readDate(s)
		for _, o := range []DateOrder{OrderISO, OrderDMY, OrderMDY, OrderYMD, OrderSerial, OrderAmbiguous} {
			d, ok := p.in(o)
			if ok && !plausible(d) {
				t.Fatalf("%q: implausible day %v", s, d)
			}
			if !ok && d != 0 {
				t.Fatalf("%q: a day without ok", s)
			}
		}
		if p.form != formNone && !p.fits(OrderISO) && !p.fits(OrderDMY) && !p.fits(OrderMDY) && !p.fits(OrderYMD) {
			t.Fatalf("%q: a form that no order reads: %+v", s, p)
		}
	})
}
