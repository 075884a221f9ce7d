package api_test

import (
	"testing"
	"time"

	"firebreak/internal/api"
	"firebreak/internal/command"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
)

// TestLaboratories: a laboratory receives a box, reports results twice, corrects one, and is told what it still has.
func TestLaboratories(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.SQLite(t), nil)
	by, ctx := command.Owner("test"), t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	c := w.options.Commands
	round, err := c.PlanRound(ctx, by, command.PlanRound{Outbreak: "o", Areas: []string{"3701"}, StartsAt: start.Add(-8 * time.Hour), EndsAt: start.Add(16 * time.Hour), Pool: 10})
	must(err)
	round, err = c.OpenRound(ctx, by, round.ID, 0)
	must(err)
	sites, err := c.AddSites(ctx, by, command.AddSites{Outbreak: "o", Sites: []command.SiteFields{{Code: "S1", Area: "3701", Lanes: 1}}})
	must(err)
	closed := start.Add(-7 * time.Hour)
	must(w.options.DB.Update(ctx, func(tx *store.Tx) error {
		tubes := make([]store.Tube, 3)
		for i, code := range []string{"T1", "T2", "T3"} {
			tubes[i] = store.Tube{Outbreak: round.Outbreak, Round: round.ID, Site: sites[0].ID, District: sites[0].District, Device: 1, Seq: 1, Code: code, Kind: screening.Pool, People: 1,
				Members: screening.PackMembers(make([]screening.Sampled, 1), closed), ClosedAt: closed, ReceivedAt: closed, Changed: 1}
		}
		return tx.AddTubes(tubes)
	}))
	_, err = c.PackBox(ctx, screening.Device{ID: 1, Outbreak: round.Outbreak, Role: screening.Desk}, screening.PackedBox{Device: 1, Round: round.ID, Site: sites[0].ID, Box: "B1", PackedAt: closed, Tubes: []string{"T1", "T2", "T3"}, Counted: 3})
	must(err)

	w.do(403, "lab", "POST", "/api/outbreaks/o/laboratories", api.NewLaboratory{Code: "L1", Area: "3701"})
	_, err = c.AddLaboratories(ctx, by, command.AddLaboratories{Outbreak: "o", Laboratories: []command.LaboratoryFields{{Code: "L1", Area: "3701", PerHour: 100}}})
	must(err)
	w.do(422, "lab", "POST", "/api/outbreaks/o/laboratories/L1/receptions", api.Reception{Box: "B1", Counted: 2})
	got := w.do(200, "lab", "POST", "/api/outbreaks/o/laboratories/L1/receptions", api.Reception{Box: "B1", Counted: 2, Tubes: []string{"T1", "T2"}})
	if missing := got["missing"].([]any); got["packed"] != 3.0 || got["tubes"] != 2.0 || len(missing) != 1 || missing[0] != "T3" {
		t.Errorf("received: %v", got)
	}
	rows := api.TubeResults{Rows: []api.TubeResultRow{{Tube: "T1", Result: "positive", Ct: 30.5, At: start.Add(-time.Hour).Format(time.RFC3339)}, {Tube: "T9", Result: "negative"}, {Tube: "T2+T3", Result: "negative"}}}
	for i, want := range []object{{"new": 1.0, "kept": 1.0, "unchanged": 0.0}, {"new": 0.0, "kept": 0.0, "unchanged": 2.0}} {
		got := w.do(200, "lab", "POST", "/api/outbreaks/o/laboratories/L1/tube-results", rows)
		for k, n := range want {
			if got[k] != n || got["rejected"] != 1.0 || got["rejects"].([]any)[0].(object)["why"] != "mixed" {
				t.Errorf("%d: %v", i, got)
			}
		}
	}
	w.do(422, "rounds", "PUT", "/api/outbreaks/o/laboratories/L1", api.LaboratoryChange{Area: "3701", Rates: []api.LabRate{{From: "22:00", Until: "dawn", PerHour: 50}}})
	w.do(422, "rounds", "PUT", "/api/outbreaks/o/laboratories/L1", api.LaboratoryChange{Area: "3701", Rates: []api.LabRate{{From: "22:00", Until: "06:00", PerHour: 50}, {From: "05:00", Until: "07:00"}}})
	change := api.LaboratoryChange{Area: "3701", PerHour: 200, Rates: []api.LabRate{{From: "18:00", Until: "20:00", PerHour: 50}}, Opens: "8:00", Closes: "20:00", Version: 1}
	w.do(422, "rounds", "PUT", "/api/outbreaks/o/laboratories/L1", api.LaboratoryChange{Area: "3701", Opens: "noon", Closes: "20:00"})
	w.do(403, "lab", "PUT", "/api/outbreaks/o/laboratories/L1", change)
	changed := w.do(200, "rounds", "PUT", "/api/outbreaks/o/laboratories/L1", change)
	if changed["opens"] != "08:00" || changed["per_hour"] != 200.0 || changed["version"] != 2.0 {
		t.Errorf("changed: %v", changed)
	}
	if rates, _ := changed["rates"].([]any); len(rates) != 1 || rates[0].(object)["from"] != "18:00" || rates[0].(object)["per_hour"] != 50.0 {
		t.Errorf("changed: %v", changed)
	}
	w.do(409, "rounds", "PUT", "/api/outbreaks/o/laboratories/L1", change)
	w.do(403, "epi", "POST", "/api/outbreaks/o/laboratories/L1/tube-results", rows)
	w.do(422, "lab", "POST", "/api/outbreaks/o/laboratories/L9/tube-results", rows)
	w.do(422, "lab", "POST", "/api/outbreaks/o/laboratories/L1/tube-results", api.TubeResults{Rows: []api.TubeResultRow{}})
	tube := w.do(200, "lab", "GET", "/api/outbreaks/o/tubes/T1", nil)
	if tube["result"] != "positive" || tube["laboratory"] != "L1" || tube["box"] != "B1" || len(tube["reports"].([]any)) != 1 {
		t.Errorf("tube: %v", tube)
	}
	w.do(404, "south", "GET", "/api/outbreaks/o/tubes/T1", nil)
	// T9 was read, and no desk has told of it.
	const unknown = "/api/outbreaks/o/laboratories/L1/unknown-tubes"
	if list := items(w.do(200, "lab", "GET", unknown, nil)); len(list) != 1 || list[0].(object)["tube"] != "T9" || list[0].(object)["result"] != "negative" {
		t.Errorf("unknown: %v", list)
	}
	w.do(404, "south", "GET", unknown, nil)
	w.do(403, "epi", "POST", unknown+"/T9/settle", object{"reason": "misread"})
	w.do(422, "lab", "POST", unknown+"/T9/settle", object{"reason": ""})
	w.do(422, "lab", "POST", unknown+"/T8/settle", object{"reason": "misread"})
	w.do(200, "lab", "POST", unknown+"/T9/settle", object{"reason": "a control of the laboratory's own"})
	if list := items(w.do(200, "lab", "GET", unknown, nil)); len(list) != 0 {
		t.Errorf("after it was settled: %v", list)
	}
	list := w.do(200, "lab", "GET", "/api/outbreaks/o/laboratories", nil)
	l := list["items"].([]any)[0].(object)
	if l["in_hand"] != 1.0 || l["late"] != 1.0 || list["late_at_no_laboratory"] != 1.0 || list["clock"] != "6 h" {
		t.Errorf("laboratories: %v", list)
	}
	boxes := w.do(200, "lab", "GET", "/api/outbreaks/o/boxes?round=1&state=received", nil)["items"].([]any)
	if len(boxes) != 1 || boxes[0].(object)["received"] != 2.0 || boxes[0].(object)["tubes"] != 3.0 {
		t.Errorf("boxes: %v", boxes)
	}

	// A tube that was set aside, sealed by nobody here, can only be settled with a word.
	must(w.options.DB.Update(ctx, func(tx *store.Tx) error {
		return tx.AddAside([]store.AsideTube{{Outbreak: round.Outbreak, Round: round.ID, Site: sites[0].ID, District: sites[0].District, Device: 1, Code: "T1", Reason: screening.TubeUsed, People: 3, Sealed: []byte{1}, AsideAt: start}})
	}))
	aside := w.do(200, "rounds", "GET", "/api/outbreaks/o/rounds/1/aside", nil)["items"].([]any)
	if len(aside) != 1 || aside[0].(object)["reason"] != "tube_used" || aside[0].(object)["taken"] != false {
		t.Errorf("aside: %v", aside)
	}
	w.do(403, "lab", "POST", "/api/outbreaks/o/rounds/1/aside/1/discard", api.AsideWord{Note: "x"})
	w.do(404, "rounds", "POST", "/api/outbreaks/o/rounds/1/aside/9/accept", api.AsideCorrection{Code: "N1", Note: "x"})
	w.do(422, "rounds", "POST", "/api/outbreaks/o/rounds/1/aside/1/accept", api.AsideCorrection{Code: "N1", Note: "x"})
	w.do(200, "rounds", "POST", "/api/outbreaks/o/rounds/1/aside/1/discard", api.AsideWord{Note: "the three were called"})
	w.do(409, "rounds", "POST", "/api/outbreaks/o/rounds/1/aside/1/discard", api.AsideWord{Note: "again"})
}
