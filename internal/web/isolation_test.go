package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/facility"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

// TestIsolationFromRoomsToCheckOut enters a facility and its rooms, gives beds, checks people in, moves and checks them out, and turns the room round.
func TestIsolationFromRoomsToCheckOut(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	for _, code := range []string{"K-1", "K-2"} {
		_, err := c.cmds.ListContact(t.Context(), command.Owner("test"), command.ListContact{Outbreak: "laixi", Code: code, Case: c.east.ID, Fields: map[string]string{"last_exposed": "2022-03-11", "area": "31"}})
		c.must(err)
	}
	desk := c.as("isolation-east")
	const all, at = "/o/laixi/isolation", "/o/laixi/isolation/1"
	desk.get(all).wants(t, http.StatusOK, []string{"No facility yet", "/isolation/new"}, nil)
	desk.post(all, form("code", "Q1", "kind", "quarantine-site", "area", "31", "ready_in", "soon")).wants(t, http.StatusUnprocessableEntity, []string{"is a number of hours", `value="Q1"`}, nil)
	desk.post(all, form("code", "Q1", "kind", "quarantine-site", "area", "31", "open", "1")).wants(t, http.StatusSeeOther, nil, nil)
	desk.get(at).wants(t, http.StatusOK, []string{"No room yet"}, nil)
	desk.post(at+"/rooms", form("rows", "101,A,1\n102,A,two")).wants(t, http.StatusUnprocessableEntity, []string{"2: beds", "two is no number"}, nil)
	desk.post(at+"/rooms", form("rows", "101,A,1\n101,A,1")).wants(t, http.StatusUnprocessableEntity, []string{"line 2, code"}, nil)
	desk.post(at+"/rooms", form("rows", "101,A,1\n102,A,1")).wants(t, http.StatusSeeOther, nil, nil)
	desk.post(at+"/rooms", form("code", "103", "beds", "1", "use", "private")).wants(t, http.StatusSeeOther, nil, nil)

	// Rules refuse in the reader's words; nothing is changed.
	desk.post(at+"/stays", form("codes", "K-1 K-2", "room", "101")).wants(t, http.StatusUnprocessableEntity, []string{"no bed is left", "K-1 K-2"}, nil)
	desk.post(at+"/stays", form("codes", "nobody")).wants(t, http.StatusUnprocessableEntity, []string{"is not the code of a known contact"}, nil)
	desk.post(at+"/stays", form("codes", "K-1", "room", "101")).wants(t, http.StatusSeeOther, nil, nil)
	desk.get(at).wants(t, http.StatusOK, []string{"K-1", "Check in", "booked", "Nobody is here"}, nil)
	c.as("epi-east").post(at+"/arrivals", form("stay", "1")).wants(t, http.StatusForbidden, nil, nil)
	desk.post(at+"/arrivals", form()).wants(t, http.StatusUnprocessableEntity, []string{"nobody is chosen"}, nil)
	desk.post(at+"/arrivals", form("stay", "1")).wants(t, http.StatusSeeOther, nil, nil)
	desk.get(at).wants(t, http.StatusOK, []string{"in use", "1 of 1 beds"}, []string{"Nobody is here"})
	desk.get(all).wants(t, http.StatusOK, []string{"Q1", "quarantine site", "Quarantine sites: occupancy ahead"}, []string{"No facility yet"})
	desk.get(at+"/stays/1").wants(t, http.StatusOK, []string{"Stay of K-1", "Check out", "102"}, nil)

	// The check of now is on one page; a fever that nobody ticked is a symptom; whoever was checked is not on the page any more.
	desk.get(at).wants(t, http.StatusOK, []string{"Checks: 1 due, 0 late"}, nil)
	desk.get(at+"/checks").wants(t, http.StatusOK, []string{"1 of 1 people", "K-1", "Room 101", "No symptoms", "sore throat"}, nil)
	desk.post(at+"/checks/1", form("result", "well", "temperature", "hot")).wants(t, http.StatusUnprocessableEntity, []string{"no body temperature", `value="hot"`}, nil)
	desk.post(at+"/checks/1", form("result", "well", "temperature", "98.6")).wants(t, http.StatusUnprocessableEntity, []string{"no body temperature"}, nil)
	desk.post(at+"/checks/1", form("result", "symptoms", "symptom", "bored")).wants(t, http.StatusUnprocessableEntity, nil, nil)
	desk.post(at+"/checks/1", form("result", "sleeping")).wants(t, http.StatusUnprocessableEntity, nil, nil)
	c.as("epi-west").post(at+"/checks/1", form("result", "well")).wants(t, http.StatusNotFound, nil, nil)
	desk.post(at+"/checks/1", form("result", "unreached")).wants(t, http.StatusSeeOther, nil, nil)
	desk.get(at+"/checks").wants(t, http.StatusOK, []string{"Not reached", "K-1"}, nil)
	desk.post(at+"/checks/1", form("result", "well", "temperature", "37,9"), "HX-Request", "true").wants(t, http.StatusOK, []string{"fever", "37.9 °C", "s-done"}, []string{"<html"})
	desk.get(at+"/checks").wants(t, http.StatusOK, []string{"Nobody is to be checked now", "1 done for now"}, []string{"Room 101"})
	desk.post(at+"/checks/99", form("result", "well")).wants(t, http.StatusNotFound, nil, nil)

	// The standards of the site: nothing is entered of what cannot be read, or on a page that is out of date; what is not met warns, and a look at it closes it.
	inspections := at + "/inspections"
	desk.get(at).wants(t, http.StatusOK, []string{"never inspected", "Inspect the site"}, []string{"does not meet"})
	desk.get(inspections).wants(t, http.StatusOK, []string{"Three areas are set apart", `name="finding.zones"`, `name="seen" value="-1"`, "not looked at yet"}, nil)
	desk.post(inspections, form("seen", "-1")).wants(t, http.StatusUnprocessableEntity, []string{"Mark at least one standard"}, nil)
	desk.post(inspections, form("seen", "-1", "finding.zones", "so-so")).wants(t, http.StatusUnprocessableEntity, []string{"so-so"}, nil)
	desk.post(inspections, form("seen", "-1", "finding.zones", "met", "note.waste", "no bags")).wants(t, http.StatusUnprocessableEntity, []string{"Say whether this is met: Refuse", `value="no bags"`, `value="met" checked`}, nil)
	desk.post(inspections, form("seen", "-1", "finding.zones", "met", "at", "2099-01-01T09:00")).wants(t, http.StatusUnprocessableEntity, []string{"2099-01-01T09:00 is no instant"}, nil)
	desk.post(inspections, form("seen", "-1", "finding.zones", "met", "finding.waste", "unmet", "note.waste", "no bags", "inspector", "District office")).wants(t, http.StatusSeeOther, nil, nil)
	desk.post(inspections, form("seen", "-1", "finding.waste", "met")).wants(t, http.StatusConflict, []string{"Somebody else entered an inspection"}, nil)
	desk.get(inspections).wants(t, http.StatusOK, []string{"no bags", "District office", "part of the list", "1 met, 1 not met", "never inspected"}, nil)
	desk.get(at).wants(t, http.StatusOK, []string{"does not meet 1 standard that is critical", "no bags"}, nil)
	desk.get(all).wants(t, http.StatusOK, []string{"never inspected", "1 not met, 1 critical"}, nil)
	c.as("epi-west").get(inspections).wants(t, http.StatusNotFound, nil, nil)
	c.as("epi-west").post(inspections, form("finding.waste", "met")).wants(t, http.StatusNotFound, nil, nil)
	c.as("epi-east").get(inspections).wants(t, http.StatusOK, []string{`name="finding.zones"`}, nil)
	desk.post(inspections, form("seen", "1", "finding.waste", "met")).wants(t, http.StatusSeeOther, nil, nil)
	desk.get(at).wants(t, http.StatusOK, nil, []string{"does not meet", "no bags"})

	// One tap reports what went wrong; it is closed by what was done. Who reads another district does not see it.
	incidents := at + "/incidents"
	desk.get(at).wants(t, http.StatusOK, []string{"Incidents: none open"}, nil)
	desk.get(incidents).wants(t, http.StatusOK, []string{"No incident on record", "Fire or gas"}, nil)
	desk.post(incidents, form("kind", "boredom")).wants(t, http.StatusUnprocessableEntity, nil, nil)
	desk.post(incidents, form("kind", "medical", "who", "K-9", "note", "chest pain")).wants(t, http.StatusUnprocessableEntity, []string{"K-9 is not the code of somebody who stays", "chest pain"}, nil)
	desk.post(incidents, form("kind", "medical", "who", "K-1", "where", "101")).wants(t, http.StatusSeeOther, nil, nil)
	desk.get(incidents).wants(t, http.StatusOK, []string{"1 open", "Illness or injury", "K-1", "serious"}, []string{"No incident on record"})
	desk.get(at).wants(t, http.StatusOK, []string{"Incidents: 1 open"}, nil)
	desk.post(incidents+"/1", form("kind", "medical", "close", "1")).wants(t, http.StatusUnprocessableEntity, []string{"Say what was done"}, nil)
	c.as("epi-west").get(incidents).wants(t, http.StatusNotFound, nil, nil)
	c.as("epi-east").post(incidents, form("kind", "fire")).wants(t, http.StatusForbidden, nil, nil)
	desk.post(incidents+"/9", form("kind", "medical")).wants(t, http.StatusNotFound, nil, nil)
	desk.post(incidents+"/1", form("kind", "medical", "close", "1", "done", "seen by a doctor")).wants(t, http.StatusSeeOther, nil, nil)
	desk.get(incidents).wants(t, http.StatusOK, []string{"0 open", "seen by a doctor", "dealt with"}, nil)

	desk.post(at+"/stays/1/move", form("stay", "1", "room", "102")).wants(t, http.StatusSeeOther, nil, nil)
	desk.post(at+"/stays/1/check-out", form("stay", "1", "leaving", "released")).wants(t, http.StatusUnprocessableEntity, []string{"is too early"}, nil)
	desk.post(at+"/stays/1/check-out", form("stay", "1", "leaving", "moved", "home", "1")).wants(t, http.StatusSeeOther, nil, nil)
	desk.get(at+"/stays/1").wants(t, http.StatusOK, []string{"moved"}, []string{"/way-home"})
	desk.get(at).wants(t, http.StatusOK, []string{"to be cleaned", "Room 102", "Nobody is here"}, nil)
	desk.post(at+"/rooms/2", form("swab", "none")).wants(t, http.StatusUnprocessableEntity, []string{"cannot be so"}, nil)
	desk.post(at+"/rooms/2", form("disinfected", "1", "swab", "negative")).wants(t, http.StatusSeeOther, nil, nil)
	desk.post(at+"/rooms/3", form("broken", "1", "note", "no water")).wants(t, http.StatusSeeOther, nil, nil)
	desk.get(at+"/rooms/3").wants(t, http.StatusOK, []string{"out of use"}, nil)

	// A facility with a booking does not close; without one it does.
	desk.post(at+"/stays", form("codes", "K-2", "room", "102")).wants(t, http.StatusSeeOther, nil, nil)
	desk.post(at+"/state", form("state", "closing")).wants(t, http.StatusUnprocessableEntity, []string{"give up the bookings first"}, nil)
	desk.post(at+"/stays/3/drop", form("stay", "3", "reason", "went elsewhere")).wants(t, http.StatusSeeOther, nil, nil)
	desk.post(at+"/state", form("state", "closing")).wants(t, http.StatusSeeOther, nil, nil)
	desk.post("/o/laixi/facilities/open", form("id", "1")).wants(t, http.StatusSeeOther, nil, nil)
	c.as("epi-west").get(at).wants(t, http.StatusNotFound, nil, nil)
}

// TestDoorVisits: whoever is in quarantine at home is on the list with what is due; it is done in one tap, and then not on the list any more. Names and doors are opened with a reason.
func TestDoorVisits(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	k, err := c.cmds.ListContact(t.Context(), command.Owner("test"), command.ListContact{Outbreak: "laixi", Code: "K-1", Case: c.east.ID, Fields: map[string]string{"last_exposed": "2022-03-11", "area": "31"}})
	c.must(err)
	_, err = c.cmds.ListContact(t.Context(), command.Owner("test"), command.ListContact{Outbreak: "laixi", Code: "K-2", Parent: k.ID, Fields: map[string]string{"last_exposed": "2022-03-11", "area": "31"}})
	c.must(err)
	desk := c.as("epi-east")
	const doors = "/o/laixi/doors"
	desk.get(doors).wants(t, http.StatusOK, []string{"Building not known", "K-2", "Quarantine at home", "Check on the contact", "1 people to visit today"}, []string{"K-1<"})
	var check task.Task
	c.must(c.db.View(t.Context(), func(r *store.Reader) error {
		list, err := r.Tasks(store.TaskFilter{Outbreak: c.east.Outbreak, Within: store.Everywhere(), Kinds: []task.Kind{task.CheckContact}, States: []task.State{task.Open}}, store.ByDue, store.Page{})
		for _, x := range list.Tasks {
			if x.Subject.ID != int64(k.ID) {
				check = x
			}
		}
		return err
	}))
	at := fmt.Sprintf("%s/%d", doors, check.ID)
	c.as("epi-west").get(doors).wants(t, http.StatusOK, nil, []string{"K-2"})
	c.as("epi-west").post(at, form("result", "well")).wants(t, http.StatusNotFound, nil, nil)
	desk.post(at, form("result", "asleep")).wants(t, http.StatusUnprocessableEntity, nil, nil)
	desk.post(doors, form("purpose", "contact-tracing")).wants(t, http.StatusOK, []string{"K-2"}, nil)
	desk.post(at, form("result", "well")).wants(t, http.StatusSeeOther, nil, nil)
	desk.get(doors).wants(t, http.StatusOK, nil, []string{"Check on the contact"})
}

// TestRoster plans shifts by the form and as rows, refuses somebody who would be in two places, cancels, and shows the roster to nobody else.
func TestRoster(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.operator("isolation-west", auth.RoleIsolationStaff, "32")
	desk := c.as("isolation-east")
	const all, at = "/o/laixi/isolation", "/o/laixi/isolation/1"
	desk.post(all, form("code", "Q1", "kind", "quarantine-site", "area", "31", "open", "1")).wants(t, http.StatusSeeOther, nil, nil)
	desk.post(all, form("code", "Q2", "kind", "quarantine-site", "area", "31", "open", "1")).wants(t, http.StatusSeeOther, nil, nil)
	desk.get(at).wants(t, http.StatusOK, []string{"Staff roster", "0 on duty now", at + "/roster"}, nil)
	page := at + "/roster"
	desk.get(page).wants(t, http.StatusOK, []string{"Nobody is on the roster in this week", "medical", "Closed loop", "Nobody is in a closed loop"}, []string{"says nothing of how many"})
	now := c.db.Now().In(time.FixedZone("", 8*3600))
	instant := func(d time.Duration) string { return now.Add(d).Format("2006-01-02T15:04") }
	one := func(with ...string) url.Values {
		f := form("worker", "N01", "role", "medical", "zone", "contaminated", "from", instant(-time.Hour), "to", instant(7*time.Hour))
		for i := 0; i < len(with); i += 2 {
			f.Set(with[i], with[i+1])
		}
		return f
	}
	desk.post(page, one("role", "cook")).wants(t, http.StatusUnprocessableEntity, []string{"cook is manager, doctor, nurse, medical", `value="N01"`}, nil)
	desk.post(page, one("worker", "")).wants(t, http.StatusUnprocessableEntity, []string{"a staff number or login"}, nil)
	desk.post(page, one("to", instant(-2*time.Hour))).wants(t, http.StatusUnprocessableEntity, []string{"is not after from"}, nil)
	desk.post(page, one()).wants(t, http.StatusSeeOther, nil, nil)
	desk.post("/o/laixi/isolation/2/roster", one("worker", "n01", "from", instant(6*time.Hour))).wants(t, http.StatusUnprocessableEntity, []string{"n01 is on duty at Q1", "nobody is in two places at once"}, nil)
	desk.post(page, form("rows", "N02,security,,"+instant(time.Hour)+","+instant(9*time.Hour)+"\nN03,cook,,"+instant(0)+",20:00")).wants(t, http.StatusUnprocessableEntity, []string{"line 2, role", "cook"}, nil)
	desk.post(page, form("rows", "N02,security,,"+instant(time.Hour)+","+instant(9*time.Hour)+"\nN01,liaison,,"+instant(0)+","+instant(time.Hour))).wants(t, http.StatusUnprocessableEntity, []string{"line 2, worker", "N01 is on duty at Q1"}, nil)
	desk.post(page, form("rows", "who\nN02")).wants(t, http.StatusUnprocessableEntity, []string{"role", "is manager, doctor, nurse, medical"}, nil)
	desk.post(page, form("rows", " ")).wants(t, http.StatusUnprocessableEntity, []string{"no row with a shift was found"}, nil)
	desk.get(page).wants(t, http.StatusOK, []string{"N01", "1 on duty now", "works there"}, []string{"N02"})
	desk.post(page, form("rows", "worker,role,from,to\nN02,security,"+instant(time.Hour)+","+instant(9*time.Hour)+"\nN01,medical,"+instant(24*time.Hour)+","+instant(25*time.Hour))).wants(t, http.StatusSeeOther, nil, nil)
	desk.get(at).wants(t, http.StatusOK, []string{"1 on duty now"}, nil)

	// The list of facilities says whether staff are missing, in one column with a way to the roster; not to whoever may not see rosters.
	desk.get(all).wants(t, http.StatusOK, []string{`data-label="Staff"`, `href="` + page + `"`, "enough"}, []string{"missing now"})
	c.as("epi-east").get(all).wants(t, http.StatusOK, []string{`data-label="Staff"`}, []string{`href="` + page + `"`})

	// Cancelled with a reason; one that is on its way ends.
	desk.post(page+"/2", form("version", "1")).wants(t, http.StatusUnprocessableEntity, []string{"Say why."}, nil)
	desk.post(page+"/2", form("version", "3", "reason", "ill")).wants(t, http.StatusConflict, nil, nil)
	desk.post("/o/laixi/isolation/2/roster/2", form("reason", "ill")).wants(t, http.StatusNotFound, nil, nil)
	desk.post(page+"/99", form("reason", "ill")).wants(t, http.StatusNotFound, nil, nil)
	desk.post(page+"/2", form("version", "1", "reason", "called to H1")).wants(t, http.StatusSeeOther, nil, nil)
	desk.get(page).wants(t, http.StatusOK, []string{"called to H1", "cancelled", "N02"}, nil)
	desk.get(page+"?day=2021-01-01").wants(t, http.StatusOK, []string{"Nobody is on the roster in this week"}, []string{"N02"})
	desk.get(page+"?day=x").wants(t, http.StatusOK, []string{"N02"}, nil)

	// Another district, and who may not see rosters, see nothing and change nothing.
	c.as("isolation-west").get(page).wants(t, http.StatusNotFound, nil, nil)
	c.as("isolation-west").post(page, one("worker", "N09")).wants(t, http.StatusNotFound, nil, nil)
	c.as("isolation-west").post(page+"/1", form("reason", "x")).wants(t, http.StatusNotFound, nil, nil)
	c.as("epi-east").get(page).wants(t, http.StatusForbidden, nil, nil)
	c.as("epi-east").post(page, one("worker", "N09")).wants(t, http.StatusForbidden, nil, nil)
	c.as("epi-east").get(at).wants(t, http.StatusOK, nil, []string{"Staff roster"})
}

// TestCompanionsAreAmongThePeopleIn: an adult who is at a site with a child is in the list of the people there, named by the child's code, counted, and to be let go once the child is there no more.
func TestCompanionsAreAmongThePeopleIn(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	by := command.Owner("test")
	child, err := c.cmds.ListContact(t.Context(), by, command.ListContact{Outbreak: "laixi", Code: "K-1", Case: c.east.ID, Fields: map[string]string{"last_exposed": "2022-03-11", "area": "31"}})
	c.must(err)
	mother, err := c.cmds.AddCase(t.Context(), by, command.AddCase{Outbreak: "laixi", Code: "M-1", Person: command.PersonFields{Age: "36"}, Fields: map[string]string{"class": "discarded", "area": "31"}})
	c.must(err)
	desk := c.as("isolation-east")
	const at = "/o/laixi/isolation/1"
	desk.post("/o/laixi/isolation", form("code", "Q1", "kind", "quarantine-site", "area", "31", "open", "1")).wants(t, http.StatusSeeOther, nil, nil)
	desk.post(at+"/rooms", form("rows", "101,A,2")).wants(t, http.StatusSeeOther, nil, nil)
	desk.post(at+"/stays", form("codes", "K-1", "room", "101", "arrived", "1", "explained", "1")).wants(t, http.StatusSeeOther, nil, nil)
	c.must(c.db.Update(t.Context(), func(tx *store.Tx) error { // as a trip leaves them
		all, err := tx.StaysIn([]facility.ID{1})
		if err != nil {
			return err
		}
		if len(all[1]) != 1 || all[1][0].ContactOf != child.ID {
			t.Fatalf("there are %+v", all[1])
		}
		s := all[1][0]
		s.Person, s.Bed, s.Companion = mother.Person, 2, true
		return tx.AddStays([]*facility.Stay{&s})
	}))
	// Somebody stays there, and nobody is on the roster.
	desk.get("/o/laixi/isolation").wants(t, http.StatusOK, []string{"missing now", at + "/roster"}, nil)
	desk.get(at).wants(t, http.StatusOK, []string{"companion of K-1", `<span class="value">2</span>`, `href="/o/laixi/isolation/1/stays/2"`}, []string{"to leave"})
	c.as("isolation-east").get(at+"/stays/2").wants(t, http.StatusOK, []string{"Stay of the companion of K-1", "goes along with a child"}, nil)
}
