package command_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/drill/pace"
	"firebreak/internal/journal"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
)

// Whoever controls a drill pauses it, has it go on, changes its speed, steps it and gives roles, on record; nobody else does. It is the same after a start of the server,
// and what is broken off stays so.
func TestPaceOfADrill(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		ctx := t.Context()
		db := open()
		c := command.New(db, nil)
		duty := command.By{Actor: auth.Actor{UserID: 1, Login: "duty", Grants: []auth.Grant{{Role: auth.RoleDutyOfficer, Area: 1}}}}
		epi := command.By{Actor: auth.Actor{UserID: 2, Login: "epi", Grants: []auth.Grant{{Role: auth.RoleEpidemiologist, Area: 1}}}}
		wrong := func(field string, err error) {
			t.Helper()
			var invalid *command.Invalid
			if !errors.As(err, &invalid) || invalid.Field != field {
				t.Errorf("got %v, want a fault of %s", err, field)
			}
		}
		wrong("do", c.PaceDrill(ctx, duty, command.PaceDrill{Do: "pause"})) // no drill
		at := time.Date(2022, 3, 12, 1, 0, 0, 0, time.UTC)
		if err := db.BeginDrill(ctx, at); err != nil {
			t.Fatal(err)
		}
		wrong("do", c.PaceDrill(ctx, duty, command.PaceDrill{Do: "pause"})) // nobody plays it
		opening := command.OpenDrill{Scenario: "small", Seed: 1, Speed: 60, Held: []string{"hospital"}, Zone: "Asia/Shanghai", First: at.AddDate(0, 0, -6), Ends: at.AddDate(0, 0, 3)}
		for field, bad := range map[string]command.OpenDrill{"speed": {Speed: 61}, "held": {Speed: 1, Held: []string{"laboratory"}}} {
			wrong(field, c.OpenDrill(ctx, command.Owner("drill"), bad))
		}
		if err := c.OpenDrill(ctx, command.Owner("drill"), opening); err != nil {
			t.Fatal(err)
		}
		step := at.Add(10 * time.Minute)
		if err := c.RunClock(ctx, step); err != nil {
			t.Fatal(err)
		}
		if there, err := db.AwaitClock(ctx, at.Add(time.Second), time.Minute); !there || err != nil {
			t.Fatalf("the clock does not run: %v", err)
		}
		var forbidden *command.Forbidden
		if err := c.PaceDrill(ctx, epi, command.PaceDrill{Do: "pause"}); !errors.As(err, &forbidden) {
			t.Errorf("whoever does not control it paused it: %v", err)
		}
		do := func(in command.PaceDrill) {
			t.Helper()
			if err := c.PaceDrill(ctx, duty, in); err != nil {
				t.Fatalf("%s: %v", in.Do, err)
			}
		}
		do(command.PaceDrill{Do: "pause"})
		stood := db.Now()
		time.Sleep(20 * time.Millisecond)
		if !db.Now().Equal(stood) || stood.Before(at) || stood.After(step) {
			t.Errorf("paused, the clock went from %s to %s", stood, db.Now())
		}
		do(command.PaceDrill{Do: "speed", Speed: 2})
		do(command.PaceDrill{Do: "hold", Held: []string{"duty-officer", "community-worker"}})
		do(command.PaceDrill{Do: "step", To: at.Add(5 * time.Minute)})
		if !db.Now().Equal(at.Add(5 * time.Minute)) {
			t.Errorf("stepped to %s, want five minutes on", db.Now())
		}
		wrong("to", c.PaceDrill(ctx, duty, command.PaceDrill{Do: "step", To: at}))
		wrong("to", c.PaceDrill(ctx, duty, command.PaceDrill{Do: "step", To: at.AddDate(1, 0, 0)}))
		wrong("do", c.PaceDrill(ctx, duty, command.PaceDrill{Do: "dance"}))
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}

		db = open()
		c = command.New(db, nil)
		p := db.Pace()
		if p.State != pace.Paused || p.Speed != 2 || len(p.Held) != 2 || p.Day(db.Now()) != 6 || !db.Now().Equal(at.Add(5*time.Minute)) {
			t.Errorf("opened again: %+v at %s", p, db.Now())
		}
		do(command.PaceDrill{Do: "go-on"})
		if err := c.EndDrill(ctx, command.Owner("server"), pace.BrokenOff); err != nil {
			t.Fatal(err)
		}
		if err := c.EndDrill(ctx, command.Owner("server"), pace.Over); err != nil || db.Pace().State != pace.BrokenOff {
			t.Errorf("what was broken off ended again: %v, %s", err, db.Pace().State)
		}
		wrong("do", c.PaceDrill(ctx, duty, command.PaceDrill{Do: "go-on"}))
		var kinds []journal.Kind
		err := db.View(ctx, func(r *store.Reader) error {
			list, err := r.EntriesAfter(0, 100)
			for _, e := range list {
				kinds = append(kinds, e.Kind)
				if e.Kind == journal.DrillSped && (e.Actor != "duty" || string(e.Payload) != `{"speed":2}`) {
					t.Errorf("on record: %s by %s", e.Payload, e.Actor)
				}
			}
			return err
		})
		got, _ := json.Marshal(kinds)
		if want := `["drill.begun","drill.opened","drill.paused","drill.sped","drill.held","drill.stepped","drill.resumed","drill.over"]`; err != nil || string(got) != want {
			t.Errorf("on record: %s, %v; want %s", got, err, want)
		}
	})
}
