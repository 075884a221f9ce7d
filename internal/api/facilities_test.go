package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"firebreak/internal/api"
	"firebreak/internal/command"
	"firebreak/internal/store/storetest"
)

// TestFacilities: a facility is entered with rooms, a contact is booked, checked in and out; a bed that may not be given says why.
func TestFacilities(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.SQLite(t), nil)
	by, ctx := command.Owner("test"), t.Context()
	c := w.options.Commands
	sick, err := c.AddCase(ctx, by, command.AddCase{Outbreak: "o", Code: "IS-1", Fields: map[string]string{"class": "confirmed", "area": "3701"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range []string{"IK-1", "IK-2"} {
		if _, err := c.ListContact(ctx, by, command.ListContact{Outbreak: "o", Code: code, Case: sick.ID, Fields: map[string]string{"last_exposed": start.Format("2006-01-02"), "area": "3701"}}); err != nil {
			t.Fatal(err)
		}
	}
	const at = "/api/outbreaks/o/facilities"
	site := api.NewFacility{Code: "Q1", Open: true, FacilityBody: api.FacilityBody{Kind: "quarantine-site", Area: "3701", ReadyIn: 24}}
	w.do(403, "epi", "POST", at, site)
	w.do(201, "site", "POST", at, site)
	w.do(422, "site", "POST", at, site)
	w.do(201, "site", "POST", at+"/Q1/rooms", api.NewRooms{Rooms: []api.RoomBody{{Code: "101", Beds: 1}, {Code: "102", Beds: 1}}})
	w.do(422, "site", "POST", at+"/Q1/rooms", api.NewRooms{Rooms: []api.RoomBody{{Code: "101", Beds: 1}}})
	if got := w.do(422, "site", "POST", at+"/Q1/stays", api.NewStays{Guests: []api.GuestBody{{Case: "IS-1"}}}); got["kind"] != "no-bed" {
		t.Errorf("a case among contacts: %v", got)
	}
	w.do(422, "site", "POST", at+"/Q1/stays", api.NewStays{Guests: []api.GuestBody{{Contact: "nobody"}}})
	w.do(403, "epi", "POST", at+"/Q1/stays", api.NewStays{Guests: []api.GuestBody{{Contact: "IK-1"}}})
	booked := w.do(201, "site", "POST", at+"/Q1/stays", api.NewStays{Guests: []api.GuestBody{{Contact: "IK-1", Room: "102"}}})["items"].([]any)[0].(object)
	if booked["room"] != "102" || booked["state"] != "booked" || booked["of"] != "IK-1" || booked["facility"] != "Q1" {
		t.Errorf("booked: %v", booked)
	}
	id := int64(booked["id"].(float64))
	w.do(422, "site", "POST", "/api/outbreaks/o/stays/changes", api.StaysChange{Do: "check-out", Stays: []int64{id}, Leaving: "moved"})
	w.do(200, "site", "POST", "/api/outbreaks/o/stays/changes", api.StaysChange{Do: "check-in", Stays: []int64{id}})
	f := w.do(200, "site", "GET", at, nil)["items"].([]any)[0].(object)
	if f["people_in"] != 1.0 || f["rooms_free"] != 1.0 || f["beds"] != 2.0 || f["state"] != "open" {
		t.Errorf("listed: %v", f)
	}
	due := w.do(200, "site", "GET", at+"/Q1/checks", nil)
	if list := due["items"].([]any); due["people"] != 1.0 || len(list) != 1 || list[0].(object)["of"] != "IK-1" || list[0].(object)["room"] != "102" || list[0].(object)["late"] != false {
		t.Errorf("to be checked: %v", due)
	}
	who := due["items"].([]any)[0].(object)
	if done := w.do(200, "site", "POST", "/api/outbreaks/o/checks", api.ChecksMade{Rows: []api.CheckMade{{Contact: int64(who["contact"].(float64)), Slot: int(who["slot"].(float64)), Seen: true, Temperature: 36.6}}}); done["done"] != 1.0 {
		t.Errorf("checked: %v", done)
	}
	if due := w.do(200, "site", "GET", at+"/Q1/checks", nil); len(due["items"].([]any)) != 0 || due["made"] != 1.0 || due["next"] == nil {
		t.Errorf("checked by now: %v", due)
	}
	w.do(404, "site", "GET", at+"/nowhere/checks", nil)
	if got := w.do(200, "epi", "GET", "/api/outbreaks/o/door-visits", nil); len(got["items"].([]any)) != 0 {
		t.Errorf("door visits, with nobody in quarantine at home: %v", got)
	}
	w.do(422, "site", "POST", "/api/outbreaks/o/stays/changes", api.StaysChange{Do: "check-out", Stays: []int64{id}, Leaving: "released"})
	w.do(422, "site", "POST", "/api/outbreaks/o/stays/changes", api.StaysChange{Do: "way-home", Stays: []int64{id}, GoingHome: api.GoingHome{WayHome: "transport", TakenBy: "family"}})
	w.do(403, "epi", "POST", "/api/outbreaks/o/stays/changes", api.StaysChange{Do: "way-home", Stays: []int64{id}, GoingHome: api.GoingHome{WayHome: "own"}})
	if s := w.do(200, "site", "POST", "/api/outbreaks/o/stays/changes", api.StaysChange{Do: "way-home", Stays: []int64{id}, GoingHome: api.GoingHome{WayHome: "own", TakenBy: "family"}})["items"].([]any)[0].(object); s["way_home"] != "own" || s["taken_by"] != "family" {
		t.Errorf("they said how they go home: %v", s)
	}
	w.do(200, "site", "POST", "/api/outbreaks/o/stays/changes", api.StaysChange{Do: "check-out", Stays: []int64{id}, Leaving: "moved", Home: true})
	rooms := w.do(200, "site", "GET", at+"/Q1/rooms", nil)["items"].([]any)
	if m := rooms[1].(object); m["state"] != "cleaning" || len(m["stays"].([]any)) != 0 {
		t.Errorf("left: %v", m)
	}
	if m := w.do(200, "site", "POST", at+"/Q1/rooms/102/turns", api.RoomTurn{Disinfected: true, Swab: "negative"}); m["state"] != "ready" {
		t.Errorf("turned round: %v", m)
	}
	if f := w.do(200, "site", "POST", at+"/Q1/state", api.FacilityMove{State: "closing"}); f["state"] != "closing" {
		t.Errorf("closing: %v", f)
	}
	w.do(422, "site", "POST", at+"/Q1/stays", api.NewStays{Guests: []api.GuestBody{{Contact: "IK-2"}}})
}

// TestInspections: a site is inspected by its standards; what is not met is due, warns where beds are given, and is closed by a later inspection.
func TestInspections(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.SQLite(t), nil)
	const all, at = "/api/outbreaks/o/facilities", "/api/outbreaks/o/facilities/Q1/inspections"
	sick, err := w.options.Commands.AddCase(t.Context(), command.Owner("test"), command.AddCase{Outbreak: "o", Code: "IS-1", Fields: map[string]string{"class": "confirmed", "area": "3701"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.options.Commands.ListContact(t.Context(), command.Owner("test"), command.ListContact{Outbreak: "o", Code: "IK-1", Case: sick.ID, Fields: map[string]string{"last_exposed": start.Format("2006-01-02"), "area": "3701"}}); err != nil {
		t.Fatal(err)
	}
	w.do(201, "site", "POST", all, api.NewFacility{Code: "Q1", Open: true, FacilityBody: api.FacilityBody{Kind: "quarantine-site", Area: "3701"}})
	w.do(201, "site", "POST", all+"/Q1/rooms", api.NewRooms{Rooms: []api.RoomBody{{Code: "101", Beds: 1}}})
	if got := w.do(200, "site", "GET", at, nil); len(got["standards"].([]any)) < 10 || got["inspected_at"] != nil || len(got["items"].([]any)) != 0 {
		t.Errorf("before: %v", got)
	}
	one := func(standard, finding string) api.NewInspection {
		return api.NewInspection{Items: []api.Checked{{Standard: standard, Finding: finding, Note: "seen"}}}
	}
	w.do(422, "site", "POST", at, one("swimming_pool", "met"))
	w.do(422, "site", "POST", at, one("waste", "so-so"))
	w.do(422, "site", "POST", at, api.NewInspection{})
	w.do(403, "driver", "POST", at, one("waste", "met"))
	w.do(404, "site", "POST", all+"/Q9/inspections", one("waste", "met"))
	x := w.do(201, "site", "POST", at, one("waste", "unmet"))
	if x["whole"] != false || x["facility"] != "Q1" {
		t.Errorf("inspection: %v", x)
	}
	stale := one("waste", "met")
	stale.Seen = -1
	w.do(409, "site", "POST", at, stale)
	got := w.do(200, "site", "GET", at, nil)
	if d := got["deficiencies"].([]any); len(d) != 1 || d[0].(object)["standard"] != "waste" || d[0].(object)["critical"] != true || d[0].(object)["due_at"] == nil {
		t.Errorf("to be put right: %v", got["deficiencies"])
	}
	booked := w.do(201, "site", "POST", all+"/Q1/stays", api.NewStays{Guests: []api.GuestBody{{Contact: "IK-1"}}})
	if list, _ := booked["warnings"].([]any); len(list) != 1 || list[0].(object)["unmet_critical"].([]any)[0] != "waste" {
		t.Errorf("booked without a warning: %v", booked)
	}
	f := w.do(200, "site", "GET", all, nil)["items"].([]any)[0].(object)
	if f["standards_unmet"] != 1.0 || f["unmet_critical"].([]any)[0] != "waste" || f["inspected_at"] != nil {
		t.Errorf("listed: %v", f)
	}
	again := one("waste", "met")
	w.do(422, "site", "POST", at, again)
	again.Inspector = "district office"
	w.do(201, "site", "POST", at, again)
	if got := w.do(200, "site", "GET", at, nil); len(got["deficiencies"].([]any)) != 0 || len(got["items"].([]any)) != 2 {
		t.Errorf("put right: %v", got)
	}
}

// TestRoster: shifts are planned all or none, nobody in two places at once; who is missing is told for those who are there; whoever has no right to it sees and changes nothing.
func TestRoster(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.SQLite(t), nil)
	const all, at = "/api/outbreaks/o/facilities", "/api/outbreaks/o/facilities/Q1/roster"
	for _, code := range []string{"Q1", "Q2"} {
		w.do(201, "site", "POST", all, api.NewFacility{Code: code, Open: true, FacilityBody: api.FacilityBody{Kind: "quarantine-site", Area: "3701"}})
	}
	now := w.options.DB.Now().UTC()
	shift := func(worker, role string, from, to time.Duration) api.NewStaffShift {
		return api.NewStaffShift{Worker: worker, Role: role, Zone: "contaminated", From: now.Add(from).Format(time.RFC3339), To: now.Add(to).Format(time.RFC3339)}
	}
	plan := func(list ...api.NewStaffShift) api.NewStaffShifts { return api.NewStaffShifts{Items: list} }
	got := w.do(200, "site", "GET", at, nil)
	if got["asked"] != true || len(got["items"].([]any)) != 0 || len(got["needs"].([]any)) < 5 || len(got["shortages"].([]any)) != 0 {
		t.Errorf("before: %v", got)
	}
	wrong := w.do(422, "site", "POST", at, plan(shift("N1", "medical", -time.Hour, time.Hour), shift("N2", "cook", 0, time.Hour)))
	if e := wrong["errors"].([]any)[0].(object); e["location"] != "body.items[1].role" {
		t.Errorf("refused: %v", wrong)
	}
	w.do(422, "site", "POST", at, plan())
	w.do(404, "site", "POST", all+"/Q9/roster", plan(shift("N1", "medical", 0, time.Hour)))
	made := w.do(201, "site", "POST", at, plan(shift("N1", "medical", -time.Hour, time.Hour), shift("N2", "manager", time.Hour, 2*time.Hour)))
	if made["added"] != 2.0 {
		t.Errorf("planned: %v", made)
	}
	if again := w.do(201, "site", "POST", at, plan(shift("n1", "medical", -time.Hour, time.Hour))); again["added"] != 0.0 || again["items"].([]any)[0].(object)["id"] != made["items"].([]any)[0].(object)["id"] {
		t.Errorf("given again: %v", again)
	}
	wrong = w.do(422, "site", "POST", all+"/Q2/roster", plan(shift("N1", "medical", 0, time.Hour)))
	if e := wrong["errors"].([]any)[0].(object); e["location"] != "body.items[0].worker" || !strings.Contains(e["message"].(string), "is on duty at Q1") {
		t.Errorf("in two places: %v", wrong)
	}
	got = w.do(200, "site", "GET", at+"?days=1", nil)
	if on := got["on_duty"].([]any); len(on) != 1 || on[0].(object)["worker"] != "N1" || len(got["loops"].([]any)) != 1 {
		t.Errorf("roster: %v", got)
	}
	// The list says whether staff are missing to whoever may read rosters; where nobody stays nobody is.
	for who, told := range map[string]bool{"site": true, "epi": false} {
		for _, x := range w.do(200, who, "GET", all, nil)["items"].([]any) {
			sign, has := x.(object)["staff"].(object)
			if has != told || told && (sign["short"] != 0.0 || sign["short_24h"] != 0.0) {
				t.Errorf("%s reads of staff: %v", who, x)
			}
		}
	}
	w.do(422, "site", "GET", at+"?day=yesterday", nil)
	w.do(422, "site", "GET", at+"?days=99", nil)

	id := made["items"].([]any)[1].(object)["id"].(float64)
	cancel := fmt.Sprintf("/api/staff-shifts/%.0f/cancel", id)
	for _, who := range []string{"driver", "epi"} {
		w.do(403, who, "GET", at, nil)
		w.do(403, who, "POST", at, plan(shift("N9", "medical", 0, time.Hour)))
		w.do(403, who, "POST", cancel, api.ShiftCancelling{Reason: "x"})
	}
	w.do(422, "site", "POST", cancel, api.ShiftCancelling{})
	w.do(409, "site", "POST", cancel, api.ShiftCancelling{Reason: "ill", Version: 9})
	w.do(404, "site", "POST", "/api/staff-shifts/9999/cancel", api.ShiftCancelling{Reason: "ill"})
	if x := w.do(200, "site", "POST", cancel, api.ShiftCancelling{Reason: "ill", Version: 1}); x["cancelled_at"] == nil || x["reason"] != "ill" || x["version"] != 2.0 {
		t.Errorf("cancelled: %v", x)
	}
	w.do(422, "site", "POST", cancel, api.ShiftCancelling{Reason: "again"})
}

// TestStepDown: a patient's answer says to which less care they may go; the hospital asks for a site, by when, and nobody else does.
func TestStepDown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.SQLite(t), nil)
	const all, patient = "/api/outbreaks/o/facilities", "/api/outbreaks/o/patients/C1"
	w.do(201, "ward", "POST", all, api.NewFacility{Code: "H1", Open: true, FacilityBody: api.FacilityBody{Kind: "hospital", Area: "3701"}})
	w.do(201, "ward", "POST", all+"/H1/rooms", api.NewRooms{Rooms: []api.RoomBody{{Code: "W", Beds: 2, Use: "ward", Level: "ward"}, {Code: "I", Beds: 1, Use: "ward", Level: "icu"}}})
	w.do(201, "ward", "POST", all, api.NewFacility{Code: "F1", Open: true, FacilityBody: api.FacilityBody{Kind: "isolation-site", Area: "3701"}})
	w.do(201, "epi", "POST", "/api/outbreaks/o/cases", object{"code": "C1", "fields": object{"class": "confirmed", "area": "370101"}})
	w.do(200, "ward", "POST", patient+"/admissions", api.NewAdmission{Hospital: "H1", Level: "icu"})
	if got := w.do(200, "ward", "POST", patient+"/severity", api.NewSeverity{Severity: "mild"}); got["step_down"] != "ward" {
		t.Errorf("in intensive care: %v", got)
	}
	until := w.options.DB.Now().Add(6 * time.Hour).UTC().Format(time.RFC3339)
	w.do(422, "ward", "POST", patient+"/step-down", api.NewStepDown{To: "F1", Deadline: until})
	if got := w.do(200, "ward", "POST", patient+"/bed", api.NewBed{Level: "ward"}); got["step_down"] != "isolation-site" {
		t.Errorf("in a ward: %v", got)
	}
	for field, body := range map[string]api.NewStepDown{"body.to": {To: "H1", Deadline: until}, "body.deadline": {To: "F1", Deadline: "soon"}} {
		if wrong := w.do(422, "ward", "POST", patient+"/step-down", body); wrong["errors"].([]any)[0].(object)["location"] != field {
			t.Errorf("%+v: %v", body, wrong)
		}
	}
	for _, who := range []string{"epi", "site", "driver"} {
		w.do(403, who, "POST", patient+"/step-down", api.NewStepDown{To: "F1", Deadline: until})
	}
	w.do(200, "ward", "POST", patient+"/step-down", api.NewStepDown{To: "F1", Deadline: until, Note: "walks"})
	list := w.do(200, "duty", "GET", "/api/outbreaks/o/transfers", nil)["items"].([]any)
	if len(list) != 1 || list[0].(object)["from"] != "H1" || list[0].(object)["to"] != "F1" || list[0].(object)["purpose"] != "isolation" || list[0].(object)["note"] != "walks" {
		t.Errorf("to be moved: %v", list)
	}
}
