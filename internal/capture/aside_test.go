package capture

import (
	"errors"
	"strings"
	"testing"
	"time"

	"firebreak/internal/command"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
)

// A tube that was set aside is taken once a person has said what was wrong with it, and is then a tube as any other.
func TestTubesAreTakenFromAside(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		d := newDesk(t, open, 60, 2)
		if _, err := d.send(0, d.batch(0, 1, 1, 0)); err != nil {
			t.Fatal(err)
		}
		// A label that is used, somebody twice, a code that is nobody's, a clock that is a day ahead, and one that is good.
		body := string(d.batch(1, 1, 5, 10))
		body = strings.Replace(body, "D1-1-0", "D0-1-0", 1)
		body = strings.Replace(body, d.code(d.people[21]), d.code(d.people[20]), 1)
		body = strings.Replace(body, d.code(d.people[31]), "AAAAA-AAAAA", 1)
		ahead, now := noon.Add(24*time.Hour).Format(time.RFC3339), noon.Add(-time.Minute).Format(time.RFC3339)
		from := strings.Index(body, "D1-1-3")
		to := from + strings.Index(body[from:], "D1-1-4")
		body = body[:from] + strings.ReplaceAll(body[from:to], now, ahead) + body[to:]
		if a, err := d.send(1, []byte(body)); err != nil || len(a.Refused) != 4 {
			t.Fatalf("%+v, %v", a, err)
		}
		d.project()
		ctx, by := t.Context(), command.Owner("coordinator")
		aside := map[screening.Reason]store.AsideTube{}
		read := func() {
			t.Helper()
			if err := d.db.View(ctx, func(r *store.Reader) error {
				list, err := r.AsideTubes(d.round.ID)
				for _, x := range list {
					aside[x.Reason] = x
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		read()
		used, twice, nobody, clock := aside[screening.TubeUsed].ID, aside[screening.PersonTwice].ID, aside[screening.NoPerson].ID, aside[screening.ClockOff].ID
		_, tube, err := d.commands.Aside(ctx, by, nobody)
		if err != nil || len(tube.Members) != 10 || tube.Members[1].Unknown != "AAAAA-AAAAA" {
			t.Fatalf("opened: %+v, %v", tube, err)
		}
		for name, c := range map[string]struct {
			in    command.AcceptAside
			field string
		}{
			"without a word":       {command.AcceptAside{Tube: used, Code: "N-1"}, "note"},
			"the label as it came": {command.AcceptAside{Tube: used, Note: "x"}, "code"},
			"no label":             {command.AcceptAside{Tube: used, Code: "N-1+N-2", Note: "x"}, "code"},
			"nobody's code":        {command.AcceptAside{Tube: nobody, Note: "x"}, "people[1]"},
			"another slip":         {command.AcceptAside{Tube: nobody, Note: "x", People: map[int]string{1: "ZZZZZ"}}, "people[1]"},
			"still to come":        {command.AcceptAside{Tube: clock, Note: "x"}, "closed_at"},
		} {
			var wrong *command.Invalid
			if _, err := d.commands.AcceptAside(ctx, by, c.in); !errors.As(err, &wrong) || wrong.Field != c.field {
				t.Errorf("%s: %v, want %s", name, err, c.field)
			}
		}
		for _, in := range []command.AcceptAside{{Tube: used, Code: "N-1", Note: "the label was read again"}, {Tube: twice, Note: "scanned twice"}, {Tube: nobody, Note: "called back", People: map[int]string{1: d.code(d.people[55])}},
			{Tube: clock, Note: "the phone was a day ahead", ClosedAt: noon.Add(-time.Minute)}} {
			if _, err := d.commands.AcceptAside(ctx, by, in); err != nil {
				t.Errorf("%+v: %v", in, err)
			}
		}
		var conflict *store.Conflict
		if _, err := d.commands.AcceptAside(ctx, by, command.AcceptAside{Tube: used, Code: "N-2", Note: "again"}); !errors.As(err, &conflict) {
			t.Errorf("taken twice: %v", err)
		}
		people := map[string]int{}
		for _, tube := range d.tubes() {
			people[tube.Code] = tube.People
			list, err := screening.UnpackMembers(nil, tube.Members, tube.ClosedAt)
			if err != nil || tube.ClosedAt.After(noon) || len(list) != tube.People {
				t.Errorf("%s: %+v, %v", tube.Code, tube, err)
			}
			if tube.Code == "D1-1-2" && list[1].Person != d.people[55] {
				t.Errorf("who was meant: %+v", list[1])
			}
		}
		if want := map[string]int{"D0-1-0": 10, "N-1": 10, "D1-1-1": 9, "D1-1-2": 10, "D1-1-3": 10, "D1-1-4": 10}; len(people) != len(want) || people["D1-1-1"] != 9 || people["N-1"] != 10 {
			t.Errorf("tubes: %v, want %v", people, want)
		}
		read()
		if x := aside[screening.TubeUsed]; x.Tube == 0 || x.SettledBy != "coordinator" || x.Note != "the label was read again" {
			t.Errorf("settled: %+v", x)
		}
	})
}
