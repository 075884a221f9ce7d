package situation_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"firebreak/internal/day"
	"firebreak/internal/situation"
)

func ExampleMeasure717() {
	d := day.MustParse("2022-03-01")
	s := situation.Measure717([]situation.Event{
		{Emerged: d, Detected: d.Add(5), Notified: d.Add(6), Responded: d.Add(12)},
		{Emerged: d, Detected: d.Add(9), Notified: d.Add(9)},
	}, situation.Default717(), d.Add(12))
	fmt.Printf("detect %d of %d, notify %d of %d, respond %d of %d, all three %d of %d\n",
		s.Detect.Met, s.Detect.Known, s.Notify.Met, s.Notify.Known, s.Respond.Met, s.Respond.Known, s.All.Met, s.All.Known)
	// Output: detect 1 of 2, notify 2 of 2, respond 1 of 1, all three 1 of 2
}

func TestMeasure717(t *testing.T) {
	t.Parallel()
	d := day.MustParse("2022-03-01")
	yes, no := new(true), new(false)
	for _, tc := range []struct {
		name                         string
		e                            situation.Event
		asOf                         day.Day
		detect, notify, respond, all *bool
	}{
		{"on the last day", situation.Event{Emerged: d, Detected: d.Add(7), Notified: d.Add(8), Responded: d.Add(15)}, 0, yes, yes, yes, yes},
		{"a day late each", situation.Event{Emerged: d, Detected: d.Add(8), Notified: d.Add(10), Responded: d.Add(18)}, 0, no, no, no, no},
		{"nothing known", situation.Event{}, d, nil, nil, nil, nil},
		{"still has time", situation.Event{Emerged: d, Detected: d, Notified: d}, d.Add(7), yes, yes, nil, nil},
		{"time ran out", situation.Event{Emerged: d, Detected: d, Notified: d}, d.Add(8), yes, yes, no, no},
		{"late once is late", situation.Event{Emerged: d, Detected: d.Add(9)}, d.Add(9), no, nil, nil, no},
		{"known only backwards", situation.Event{Detected: d, Notified: d.Add(1)}, 0, nil, yes, nil, nil},
		{"notified first", situation.Event{Detected: d, Notified: d.Add(-2)}, 0, nil, yes, nil, nil},
	} {
		got := situation.Measure717([]situation.Event{tc.e}, situation.Default717(), tc.asOf).Events[0]
		for what, p := range map[string][2]*bool{"detect": {got.Detect.Met, tc.detect}, "notify": {got.Notify.Met, tc.notify}, "respond": {got.Respond.Met, tc.respond}, "all": {got.All, tc.all}} {
			if (p[0] == nil) != (p[1] == nil) || p[0] != nil && *p[0] != *p[1] {
				t.Errorf("%s: %s = %s, want %s", tc.name, what, said(p[0]), said(p[1]))
			}
		}
	}
	none := situation.Measure717(nil, situation.Default717(), d)
	if none.All.Share != nil || none.All.Reached() {
		t.Errorf("no events: %+v", none)
	}
}

func said(b *bool) string {
	if b == nil {
		return "unknown"
	}
	return fmt.Sprint(*b)
}

func ExampleMeasureTracing() {
	confirmed := time.Date(2022, 3, 4, 9, 0, 0, 0, time.UTC)
	in := func(h int) time.Time { return confirmed.Add(time.Duration(h) * time.Hour) }
	t, err := situation.MeasureTracing([]situation.TracedCase{
		{Confirmed: confirmed, Listed: in(20), Contacts: []time.Time{in(-5), in(30), in(72)}},
		{Confirmed: confirmed, Listed: in(20), Contacts: []time.Time{in(10), in(73)}},
		{Confirmed: in(48), Listed: in(50), Contacts: []time.Time{in(60)}},
	}, situation.DefaultTracingTarget(), in(80))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d of %d cases (%.0f %%, target %.0f %%: %v), %d of %d contacts, %d pending\n",
		t.Cases.Met, t.Cases.Known, 100**t.Cases.Share, 100*t.Cases.Target, t.Cases.Reached(), t.Contacts.Met, t.Contacts.Known, t.Pending)
	// Output: 1 of 2 cases (50 %, target 80 %: false), 4 of 5 contacts, 1 pending
}

func TestMeasureTracing(t *testing.T) {
	t.Parallel()
	confirmed := time.Date(2022, 3, 4, 9, 0, 0, 0, time.UTC)
	in := func(h int) time.Time { return confirmed.Add(time.Duration(h) * time.Hour) }
	for _, tc := range []struct {
		name                                  string
		c                                     situation.TracedCase
		now                                   time.Time
		met, known, pending, early, empty, ud int
	}{
		{"list not closed", situation.TracedCase{Confirmed: confirmed, Contacts: []time.Time{in(1)}}, in(100), 0, 1, 0, 0, 0, 0},
		{"list closed late", situation.TracedCase{Confirmed: confirmed, Listed: in(90), Contacts: []time.Time{in(1)}}, in(100), 0, 1, 0, 0, 0, 0},
		{"a contact is missing", situation.TracedCase{Confirmed: confirmed, Listed: in(1), Contacts: []time.Time{in(1), {}}}, in(100), 0, 1, 0, 0, 0, 0},
		{"nobody on the list", situation.TracedCase{Confirmed: confirmed, Listed: in(1)}, in(100), 1, 1, 0, 0, 1, 0},
		{"early", situation.TracedCase{Confirmed: confirmed, Listed: in(1), Contacts: []time.Time{in(2)}}, in(10), 0, 0, 1, 1, 0, 0},
		{"entered ahead", situation.TracedCase{Confirmed: confirmed, Listed: in(1), Contacts: []time.Time{in(20)}}, in(10), 0, 0, 1, 0, 0, 0},
		{"the deadline itself", situation.TracedCase{Confirmed: confirmed, Listed: in(1), Contacts: []time.Time{in(72)}}, in(72), 0, 0, 1, 1, 0, 0},
		{"undated", situation.TracedCase{}, in(10), 0, 0, 0, 0, 0, 1},
	} {
		got, err := situation.MeasureTracing([]situation.TracedCase{tc.c}, situation.DefaultTracingTarget(), tc.now)
		if err != nil {
			t.Fatal(err)
		}
		if got.Cases.Met != tc.met || got.Cases.Known != tc.known || got.Pending != tc.pending || got.MetEarly != tc.early || got.Empty != tc.empty || got.Undated != tc.ud {
			t.Errorf("%s: %+v", tc.name, got)
		}
	}
	for _, target := range []situation.TracingTarget{{}, {Within: time.Hour, Share: 2}, {Within: -1, Share: 0.5}} {
		if _, err := situation.MeasureTracing(nil, target, confirmed); !errors.Is(err, situation.ErrArgument) {
			t.Errorf("%+v: %v, want ErrArgument", target, err)
		}
	}
}
