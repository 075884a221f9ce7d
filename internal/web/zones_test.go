package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"testing"

	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/zone"
)

func (c *city) zoneOf(id zone.ID) (z zone.Zone) {
	c.t.Helper()
	c.must(c.db.View(c.t.Context(), func(r *store.Reader) (err error) { z, err = r.Zone(id); return err }))
	return z
}

func TestZoneIsDecidedByAPerson(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.add("LX-7", "31", "community")
	var all []zone.Zone
	c.must(c.db.View(t.Context(), func(r *store.Reader) (err error) {
		all, err = r.Zones(c.east.Outbreak)
		return err
	}))
	if len(all) != 1 {
		t.Fatalf("%d zones proposed, want one for the east", len(all))
	}
	z := all[0]
	path := fmt.Sprintf("/o/laixi/zones/%d", z.ID)
	duty, west, viewer := c.as("duty"), c.as("epi-west"), c.as("viewer")

	// Who sees it, and who may decide it.
	duty.get("/o/laixi/zones").wants(t, http.StatusOK, []string{`href="` + path + `"`, "High-risk area", "proposed", "after 19 Mar, if no new case", "zones.propose", `id="zone-map"`}, nil)
	west.get("/o/laixi/zones").wants(t, http.StatusOK, []string{"No zone"}, []string{path})
	if got := west.get(path).status; got != http.StatusNotFound {
		t.Errorf("a zone of the east for the west: %d, want 404", got)
	}
	if got := c.as("calls").get("/o/laixi/zones").status; got != http.StatusForbidden {
		t.Errorf("list for a follow-up officer: %d, want 403", got)
	}
	duty.get(path).wants(t, http.StatusOK, []string{"What it would mean", "A case was confirmed", "zones.propose", "LX-1 confirmed", `href="/o/laixi/cases/LX-1"`, "Draw it at another level: Medium-risk area", "zones.levels.0.clean_for"}, nil)
	viewer.get(path).wants(t, http.StatusOK, []string{"A case was confirmed", "a case confirmed"}, []string{"LX-1", `id="decide"`, "tasks/"})
	form := func(decision, reason string) url.Values {
		return url.Values{"version": {strconv.FormatInt(z.Version, 10)}, "decision": {decision}, "reason": {reason}, "was_state": {string(z.State)}, "was_level": {string(z.Level)}}
	}
	if got := viewer.post(path, form("decline", "x")).status; got != http.StatusForbidden {
		t.Errorf("decision of a viewer: %d, want 403", got)
	}
	if got := west.post(path, form("decline", "x")).status; got != http.StatusNotFound {
		t.Errorf("decision of the west: %d, want 404", got)
	}

	// The task leads here, and is done by the decision.
	k := c.taskOf(c.east, task.DecideZone)
	duty.get(fmt.Sprintf("/o/laixi/tasks/%d", k.ID)).wants(t, http.StatusOK, []string{`href="` + path + `"`}, nil)

	// What is wrong comes back with what was typed.
	duty.post(path, form("draw:medium", " ")).wants(t, http.StatusUnprocessableEntity, []string{"A reason is needed", `value="draw:medium" checked`}, nil)
	duty.post(path, form("", "why")).wants(t, http.StatusUnprocessableEntity, []string{"Choose a decision", ">why</textarea>"}, nil)
	duty.post(path, form("draw:moon", "why")).wants(t, http.StatusUnprocessableEntity, []string{"is no level of"}, nil)
	duty.post(path, form("lift", "why")).wants(t, http.StatusUnprocessableEntity, []string{"cannot follow proposed"}, nil)
	if got := c.zoneOf(z.ID); got.State != zone.Proposed || got.Version != z.Version {
		t.Fatalf("after refusals the zone is %+v", got)
	}

	if a := duty.post(path, form("draw:medium", "two houses, one gate")); a.status != http.StatusSeeOther || a.to != path+"?n=1&said=decided" {
		t.Fatalf("decide: %d to %q", a.status, a.to)
	}
	if got := c.zoneOf(z.ID); got.State != zone.InForce || got.Level != "medium" || got.Reason != "two houses, one gate" {
		t.Errorf("the zone is %+v", got)
	}
	if got := c.taskOf(c.east, task.DecideZone); got.State != task.Done {
		t.Errorf("the task is %s, want done", got.State)
	}
	duty.get(path+"?n=1&said=decided").wants(t, http.StatusOK, []string{"Decided.", "drawn as Medium-risk area: two houses, one gate", "Lift it", "Move it to another level: High-risk area"}, []string{"Draw it as proposed"})

	// Somebody else still sees it proposed.
	c.as("epi-east").post(path, form("decline", "nobody lives there")).wants(t, http.StatusConflict, []string{"duty changed this record", "<td>proposed</td><td>in force</td><td>declined", ">nobody lives there</textarea>"}, nil)
	if got := c.zoneOf(z.ID); got.State != zone.InForce {
		t.Errorf("after the conflict the zone is %s", got.State)
	}

	z = c.zoneOf(z.ID)
	if a := duty.post(path, form("lift", "seven days without a case")); a.status != http.StatusSeeOther {
		t.Fatalf("lift: %d %s", a.status, a.body)
	}
	duty.get(path).wants(t, http.StatusOK, []string{"lifted: seven days without a case"}, []string{`id="decide"`, "When it can be lifted"})
	duty.get("/o/laixi/zones").wants(t, http.StatusOK, []string{"No zone"}, []string{path})
	duty.get("/o/laixi/zones?state=lifted").wants(t, http.StatusOK, []string{path, "seven days without a case"}, nil)
	if got := duty.get("/o/laixi/zones?state=x").status; got != http.StatusUnprocessableEntity {
		t.Errorf("no such state: %d, want 422", got)
	}
	if got := duty.get("/o/laixi/zones?after=x").status; got != http.StatusBadRequest {
		t.Errorf("no such cursor: %d, want 400", got)
	}
	zh := c.as("duty")
	zh.lang = "zh"
	zh.get(path).wants(t, http.StatusOK, []string{"已解除", "中风险区"}, []string{"lifted:"})
}
