package api_test

import (
	"testing"
	"time"

	"firebreak/internal/api"
	"firebreak/internal/roundplan"
	"firebreak/internal/store/storetest"
	"firebreak/internal/turnout"
)

// A plan over the interface: made by whoever may open the round, read by whoever sees all of it, and the city that it is made of.
func TestRoundPlans(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		var counts *turnout.Turnout
		w := newWorld(t, open, func(o *api.Options) {
			counts = turnout.New(turnout.Options{DB: o.DB})
			o.Turnout = counts
			o.Plans = roundplan.New(roundplan.Options{DB: o.DB, Commands: o.Commands, Turnout: counts})
		})
		const all = "/api/outbreaks/o"
		w.addCase("A", "370101")
		w.addCase("B", "3702")
		w.do(201, "rounds", "POST", all+"/rounds", object{"areas": []string{"37"}, "starts_at": start.Add(time.Hour), "ends_at": start.Add(25 * time.Hour), "pool": 10})
		const at = all + "/rounds/1/plan"
		if out := w.do(503, "rounds", "POST", at, nil); out["kind"] != "loading" {
			t.Errorf("while the register is read: %v", out)
		}
		follow(t, counts)
		w.do(404, "rounds", "GET", at, nil)
		w.do(404, "rounds-n", "POST", at, nil)
		w.do(403, "driver", "POST", at, nil)
		site := w.do(201, "rounds", "POST", all+"/sites", object{"sites": []object{{"code": "S", "area": "370101", "lanes": 2, "opens_minute": 480, "closes_minute": 1200}}})
		if s := items(site)[0].(object); s["opens_minute"] != 480.0 || s["closes_minute"] != 1200.0 {
			t.Errorf("a site with hours: %v", s)
		}
		made := w.do(201, "rounds", "POST", at, nil)
		plan := made["plan"].(object)
		if made["version"] != 1.0 || plan["complete"] != false || len(plan["short"].([]any)) == 0 || len(made["assumed"].([]any)) == 0 {
			t.Errorf("without a laboratory: %v", made)
		}
		w.do(201, "rounds", "POST", all+"/laboratories", object{"code": "L", "area": "37", "per_hour": 10})
		w.do(201, "rounds", "POST", at, nil)
		read := w.do(200, "rounds", "GET", at, nil)
		if plan = read["plan"].(object); plan["complete"] != true || plan["people"] != 2.0 || len(read["versions"].([]any)) != 2 || read["sha256"] == made["sha256"] {
			t.Errorf("with one: %v", read)
		}
		w.do(404, "rounds-n", "GET", at, nil)
		city := w.do(200, "rounds", "GET", all+"/rounds/1/city", nil)
		if len(city["sites"].([]any)) != 1 || len(city["labs"].([]any)) != 1 || len(city["communities"].([]any)) != 2 {
			t.Errorf("the city: %v", city)
		}
		w.do(404, "rounds-n", "GET", all+"/rounds/1/city", nil)
		w.do(200, "rounds", "POST", all+"/rounds/1/state", object{"state": "cancelled", "reason": "rain"})
		w.do(422, "rounds", "POST", at, nil)
		if out := w.do(409, "rounds", "GET", all+"/rounds/1/city", nil); out["kind"] != "state" {
			t.Errorf("the city of a cancelled round: %v", out)
		}
	})
}
