package field

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"firebreak/internal/capture"
	"firebreak/internal/command"
	"firebreak/internal/lab"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
)

func (d *desk) enrolAs(in command.Invite) (e enrolled) {
	d.t.Helper()
	inv, err := d.commands.Invite(d.t.Context(), command.Owner("test"), in)
	if err != nil {
		d.t.Fatal(err)
	}
	if status := d.call("POST", "/capture/v1/devices", "", fmt.Appendf(nil, `{"invitation":%q}`, inv.Secret), nil, &e); status != http.StatusCreated {
		d.t.Fatalf("enrolled with %d", status)
	}
	return e
}

// A box goes from a desk by a courier to a laboratory; some of its tubes were never registered when it was packed, and one is not in it.
func TestBoxTravels(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		d := newDesk(t, open)
		labs, err := d.commands.AddLaboratories(t.Context(), command.Owner("test"), command.AddLaboratories{Outbreak: "o", Laboratories: []command.LaboratoryFields{{Code: "L1", Area: "3701"}}})
		if err != nil {
			t.Fatal(err)
		}
		e, _ := d.enrol()
		courier := d.enrolAs(command.Invite{Role: screening.Courier, Site: d.site.ID, Desk: "van 2"})
		bench := d.enrolAs(command.Invite{Role: screening.Laboratory, Laboratory: labs[0].ID, Desk: "door"})
		if bench.Role != screening.Laboratory || bench.Laboratory == nil || bench.Laboratory.Code != "L1" || courier.Role != screening.Courier || courier.Site.Code != "S-1" || e.Role != screening.Desk {
			t.Fatalf("%+v %+v", bench, courier)
		}
		at := noon.Format(time.RFC3339)
		send := func(seq int, codes ...string) {
			t.Helper()
			var tubes []string
			for _, c := range codes {
				tubes = append(tubes, fmt.Sprintf(`{"code":%q,"closed_at":%q,"members":[{"document":"E%s","name":"Li","at":%q}]}`, c, at, c, at))
			}
			var a capture.Answer
			body := fmt.Appendf(nil, `{"device":%d,"seq":%d,"round":%d,"site":%d,"tubes":[%s]}`, e.Device, seq, d.round.ID, d.site.ID, strings.Join(tubes, ","))
			if status := d.call("POST", "/capture/v1/batches", e.Key, body, nil, &a); status != http.StatusOK {
				t.Fatalf("batch: %d", status)
			}
			if _, err := d.service.Project(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		send(1, "T1", "T2")
		box := func(code, tubes string, counted int, note string) []byte {
			return fmt.Appendf(nil, `{"device":%d,"round":%d,"site":%d,"box":%q,"packed_at":%q,"tubes":[%s],"counted":%d,"note":%q}`, e.Device, d.round.ID, d.site.ID, code, at, tubes, counted, note)
		}
		for range 2 {
			var a command.BoxPacked
			if status := d.call("POST", "/capture/v1/boxes", e.Key, box("B1", `"T1","T2","T3"`, 3, ""), nil, &a); status != 200 || a.Tubes != 3 || !slices.Equal(a.Unknown, []string{"T3"}) || len(a.Elsewhere) != 0 {
				t.Errorf("packed: %d %+v", status, a)
			}
		}
		var second command.BoxPacked
		if status := d.call("POST", "/capture/v1/boxes", e.Key, box("B2", `"T3","T4"`, 1, "one is in B1"), nil, &second); status != 200 || second.Tubes != 1 || !slices.Equal(second.Elsewhere, []string{"T3"}) {
			t.Errorf("second: %d %+v", status, second)
		}
		hand := func(e enrolled, box, step string, counted int, rest string) []byte {
			return fmt.Appendf(nil, `{"device":%d,"box":%q,"step":%q,"at":%q,"counted":%d%s}`, e.Device, box, step, at, counted, rest)
		}
		for _, tt := range []struct {
			name, path, key string
			body            []byte
			status          int
			code            screening.Reason
		}{
			{"other tubes", "boxes", e.Key, box("B1", `"T1","T2"`, 2, ""), 409, screening.BoxTaken},
			{"another count", "boxes", e.Key, box("B9", `"T8","T9"`, 3, ""), 422, screening.CountDiffers},
			{"a foreign key", "boxes", courier.Key, box("B9", `"T8"`, 1, ""), 403, screening.OtherDevice},
			{"a laboratory packs", "boxes", bench.Key, box("B9", `"T8"`, 1, ""), 403, screening.WrongRole},
			{"a laboratory registers", "batches", bench.Key, []byte(`{"device":3,"seq":1,"round":1,"site":1,"tubes":[{"code":"T","closed_at":"2022-03-05T04:00:00Z","members":[{"person":"x","at":"2022-03-05T04:00:00Z"}]}]}`), 403, screening.WrongRole},
			{"no key", "boxes", "", box("B9", `"T8"`, 1, ""), 401, screening.NotEnrolled},
			{"a misspelt field", "boxes", e.Key, []byte(`{"boks":1}`), 400, screening.BadForm},
			{"unknown box", "handovers", courier.Key, hand(courier, "B7", "collected", 3, ""), 422, screening.NoBox},
			{"miscounted", "handovers", courier.Key, hand(courier, "B1", "collected", 2, ""), 422, screening.CountDiffers},
			{"a courier receives", "handovers", courier.Key, hand(courier, "B1", "received", 3, ""), 403, screening.WrongRole},
			{"from tomorrow", "handovers", courier.Key, []byte(strings.Replace(string(hand(courier, "B1", "collected", 3, "")), "2022-03-05", "2022-03-06", 1)), 422, screening.ClockOff},
			{"no step", "handovers", courier.Key, hand(courier, "B1", "thrown", 3, ""), 400, screening.BadForm},
		} {
			var no struct{ Error problem }
			if status := d.call("POST", "/capture/v1/"+tt.path, tt.key, tt.body, nil, &no); status != tt.status || no.Error.Code != tt.code || no.Error.Text == "" || no.Error.Retry {
				t.Errorf("%s: %d %+v, want %d %s", tt.name, status, no.Error, tt.status, tt.code)
			}
		}
		for range 2 {
			for _, step := range []string{"collected", "delivered"} {
				var a command.Received
				if status := d.call("POST", "/capture/v1/handovers", courier.Key, hand(courier, "B1", step, 3, ""), nil, &a); status != 200 || a.Tubes != 3 || a.Step != lab.Step(step) {
					t.Errorf("%s: %d %+v", step, status, a)
				}
			}
		}
		var a command.Received
		if status := d.call("POST", "/capture/v1/handovers", bench.Key, hand(bench, "B1", "received", 3, `,"tubes":["T1","T3","T4"]`), nil, &a); status != 200 || a.Packed != 3 || a.Tubes != 3 ||
			!slices.Equal(a.Missing, []string{"T2"}) || !slices.Equal(a.Extra, []string{"T4"}) || !slices.Equal(a.Unknown, []string{"T3", "T4"}) {
			t.Errorf("received: %d %+v", status, a)
		}
		send(2, "T3", "T4") // the desk's phone finds network
		err = d.db.View(t.Context(), func(r *store.Reader) error {
			o := d.round.Outbreak
			b1, err := r.BoxByCode(o, "B1")
			if err != nil {
				return err
			}
			if b1.State != lab.Received || b1.Laboratory != labs[0].ID {
				t.Errorf("box: %+v", b1)
			}
			steps, err := r.BoxSteps(b1.ID)
			if len(steps) != 4 || steps[3].Who != fmt.Sprint("device:", bench.Device) {
				t.Errorf("steps: %+v, %v", steps, err)
			}
			b2, err := r.BoxByCode(o, "B2")
			if err != nil {
				return err
			}
			for code, want := range map[string]struct {
				box lab.BoxID
				in  bool
			}{"T1": {b1.ID, true}, "T2": {b1.ID, false}, "T3": {b1.ID, true}, "T4": {b2.ID, true}} {
				tube, err := r.TubeByCode(o, code)
				if err != nil || tube.Box != want.box || (tube.Laboratory == labs[0].ID) != want.in || tube.AtLab.IsZero() == want.in {
					t.Errorf("%s: %+v, %v", code, tube, err)
				}
			}
			missing, err := r.MissingOfBox(b1.ID)
			if !slices.Equal(missing, []string{"T2"}) {
				t.Errorf("missing: %v, %v", missing, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		// What a phone without network tells late moves nothing back.
		var late command.Received
		if status := d.call("POST", "/capture/v1/handovers", courier.Key, hand(courier, "B1", "collected", 3, `,"note":"by hand"`), nil, &late); status != 200 {
			t.Errorf("late: %d", status)
		}
		err = d.db.View(t.Context(), func(r *store.Reader) error {
			b, err := r.BoxByCode(d.round.Outbreak, "B1")
			if b.State != lab.Received {
				t.Errorf("a late word moved the box back to %s", b.State)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
