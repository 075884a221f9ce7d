package api_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"firebreak/internal/api"
	"firebreak/internal/store/storetest"
	"firebreak/internal/turnout"
)

// follow runs what counts rounds until the test ends.
func follow(t *testing.T, counts *turnout.Turnout) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var running sync.WaitGroup
	running.Go(func() { counts.Run(ctx) })
	t.Cleanup(func() { cancel(); running.Wait() })
	<-counts.Ready()
}

// A round from plan to account: who sees what of it, who is missing, and what is refused.
func TestRounds(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		var counts *turnout.Turnout
		w := newWorld(t, open, func(o *api.Options) {
			counts = turnout.New(turnout.Options{DB: o.DB})
			o.Turnout = counts
		})
		const all = "/api/outbreaks/o/rounds"
		w.addCase("A", "370101")
		w.addCase("B", "3702")
		plan := object{"areas": []string{"37"}, "starts_at": start, "ends_at": start.Add(24 * time.Hour), "pool": 10}
		r := w.do(201, "rounds", "POST", all, plan)
		if r["number"] != 1.0 || r["state"] != "planned" || r["counts"] != nil || r["pool"] != 10.0 {
			t.Errorf("planned: %v", r)
		}
		w.do(403, "rounds-n", "POST", all, plan)
		w.do(403, "driver", "POST", all, plan)
		if out := w.do(422, "rounds", "POST", all, object{"areas": []string{"37", "99"}, "starts_at": start}); w.location(out) != "body.areas[1]" {
			t.Errorf("no such area: %v", out)
		}
		if out := w.do(422, "rounds", "POST", all, object{"areas": []string{"37"}, "starts_at": start, "pool": 30}); w.location(out) != "body.pool" {
			t.Errorf("a pool of 30: %v", out)
		}
		w.do(409, "rounds", "POST", all+"/1/state", object{"state": "open", "version": 7})
		w.do(200, "rounds", "POST", all+"/1/state", object{"state": "open"})
		if out := w.do(503, "rounds", "GET", all+"/1", nil); out["kind"] != "loading" {
			t.Errorf("while the register is read: %v", out)
		}
		follow(t, counts)

		if r = w.do(200, "rounds", "GET", all+"/1", nil); r["counts"].(object)["missing"] != 2.0 || len(r["below"].([]any)) != 2 {
			t.Errorf("open: %v", r)
		}
		if r = w.do(200, "rounds-n", "GET", all+"/1", nil); r["counts"].(object)["due"] != 1.0 {
			t.Errorf("the north counts %v", r)
		}
		w.do(404, "rounds-n", "GET", all+"/1?area=3702", nil)
		w.do(404, "rounds-n", "GET", all+"/1/missing?area=3702", nil)
		w.do(404, "rounds-n", "GET", all+"/1/account", nil)

		page := w.do(200, "rounds", "GET", all+"/1/missing?limit=1", nil)
		next := w.do(200, "rounds", "GET", all+"/1/missing?limit=1&after="+page["next"].(string), nil)
		first, second := items(page)[0].(object), items(next)[0].(object)
		if page["missing"] != 2.0 || first["person"] == second["person"] || next["next"] != nil {
			t.Errorf("missing: %v, %v", page, next)
		}
		north := items(w.do(200, "rounds-n", "GET", all+"/1/missing", nil))
		if len(north) != 1 || north[0].(object)["area"] != "370101" {
			t.Fatalf("missing in the north: %v", north)
		}
		south := items(w.do(200, "rounds", "GET", all+"/1/missing?area=3702", nil))[0].(object)["person"]
		w.do(403, "rounds-n", "POST", all+"/1/standings", object{"people": []object{{"person": south, "standing": "exempt", "reason": "x"}}})
		said := w.do(200, "rounds-n", "POST", all+"/1/standings", object{"people": []object{{"person": north[0].(object)["person"], "standing": "exempt", "reason": "in hospital"}}})
		if said["set"] != 1.0 {
			t.Errorf("exempt: %v", said)
		}
		for r = nil; r == nil || r["counts"].(object)["exempt"] != 1.0; time.Sleep(5 * time.Millisecond) {
			r = w.do(200, "rounds", "GET", all+"/1", nil)
		}
		if n := r["counts"].(object); n["due"] != 2.0 || n["missing"] != 1.0 {
			t.Errorf("one is exempt: %v", n)
		}
		w.do(200, "rounds", "POST", all+"/1/state", object{"state": "closed"})
		account := w.do(200, "rounds", "GET", all+"/1/account", nil)
		if account["due"] != 2.0 || account["missing"] != 1.0 || account["loose_ends"].([]any)[0].(object)["kind"] != "missing" {
			t.Errorf("account: %v", account)
		}
		if got := items(w.do(200, "rounds", "GET", all, nil)); len(got) != 1 || got[0].(object)["state"] != "closed" {
			t.Errorf("rounds: %v", got)
		}
	})
}

func TestSites(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		w := newWorld(t, open, nil)
		const all = "/api/outbreaks/o/sites"
		if out := w.do(422, "rounds", "POST", all, object{"sites": []object{{"code": "N-1", "area": "3701"}, {"code": "N-1", "area": "3701"}}}); w.location(out) != "body.sites[1].code" {
			t.Errorf("a code twice: %v", out)
		}
		w.do(201, "rounds", "POST", all, object{"sites": []object{{"code": "N-1", "area": "370101", "lanes": 4, "lon": 120.5, "lat": 36.9}, {"code": "S-1", "area": "3702"}}})
		if got := items(w.do(200, "rounds-n", "GET", all, nil)); len(got) != 1 || got[0].(object)["lanes"] != 4.0 || got[0].(object)["lon"] != 120.5 {
			t.Errorf("sites in the north: %v", got)
		}
		w.do(404, "rounds-n", "POST", all+"/S-1/devices", object{"desk": "1"})
		inv := w.do(201, "rounds-n", "POST", all+"/N-1/devices", object{"desk": "1"})
		if inv["invitation"] == "" || inv["enrol_by"] == nil {
			t.Errorf("invited: %v", inv)
		}
		device := w.do(200, "rounds-n", "GET", all+"/N-1/devices", nil)["items"].([]any)[0].(object)
		if device["role"] != "desk" || device["desk"] != "1" || device["device"] != inv["device"] {
			t.Errorf("devices: %v", device)
		}
		path := "/api/devices/" + id(object{"id": device["device"]}) + "/revoke"
		w.do(422, "rounds-n", "POST", path, object{"reason": ""})
		w.do(200, "rounds-n", "POST", path, object{"reason": "lost"})
		if device = w.do(200, "rounds-n", "GET", all+"/N-1/devices", nil)["items"].([]any)[0].(object); device["revoked_at"] == nil {
			t.Errorf("after it was signed off: %v", device)
		}
	})
}

// A standing round is set up, seen by whoever sees any of it, and ended.
func TestStandingRounds(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		w := newWorld(t, open, func(*api.Options) {})
		const all = "/api/outbreaks/o/standing-rounds"
		w.do(403, "driver", "POST", all, object{"areas": []string{"37"}, "at": "07:00", "every_days": 2})
		w.do(403, "rounds-n", "POST", all, object{"areas": []string{"37"}, "at": "07:00", "every_days": 2})
		if out := w.do(422, "rounds", "POST", all, object{"areas": []string{"37"}, "at": "7 in the morning", "every_days": 2}); w.location(out) != "body.at" {
			t.Errorf("no time of day: %v", out)
		}
		w.do(422, "rounds", "POST", all, object{"areas": []string{"37"}, "at": "07:00", "every_days": 2, "since": "soon"})
		s := w.do(201, "rounds", "POST", all, object{"areas": []string{"3702"}, "at": "07:00", "every_days": 2, "pool": 10, "minutes": 600})
		if s["at"] != "07:00" || s["every_days"] != 2.0 || s["minutes"] != 600.0 || s["next"] == nil || s["ended_at"] != nil {
			t.Errorf("set up: %v", s)
		}
		if list := items(w.do(200, "rounds", "GET", all, nil)); len(list) != 1 {
			t.Errorf("listed: %v", list)
		}
		if list := items(w.do(200, "rounds-n", "GET", all, nil)); len(list) != 0 {
			t.Errorf("who sees another district: %v", list)
		}
		w.do(404, "rounds-n", "POST", all+"/1/end", object{"reason": "tested elsewhere"})
		w.do(404, "rounds", "POST", all+"/2/end", object{"reason": "tested elsewhere"})
		w.do(422, "rounds", "POST", all+"/1/end", object{"version": 1})
		w.do(409, "rounds", "POST", all+"/1/end", object{"version": 9, "reason": "tested elsewhere"})
		if s = w.do(200, "rounds", "POST", all+"/1/end", object{"version": 1, "reason": "tested elsewhere"}); s["ended_at"] == nil || s["next"] != nil {
			t.Errorf("ended: %v", s)
		}
	})
}

// Appeals are listed, and asked for and answered only by whoever may.
func TestAppeals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.SQLite(t), func(*api.Options) {})
	const all = "/api/outbreaks/o/appeals"
	if list := items(w.do(200, "epi", "GET", all, nil)); len(list) != 0 {
		t.Errorf("listed: %v", list)
	}
	w.do(403, "driver", "GET", all, nil)
	if out := w.do(422, "epi", "POST", all, object{"person": 1, "ground": "care"}); w.location(out) != "body.person" {
		t.Errorf("of somebody who is not held: %v", out)
	}
	w.do(422, "epi", "POST", all, object{"person": 1, "ground": "boredom"})
	w.do(404, "epi", "POST", all+"/7/answer", object{"answer": "upheld", "reason": "x"})
}
