package web_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"firebreak/internal/command"
	"firebreak/internal/person"
	"firebreak/internal/store"
	"firebreak/internal/transfer"
	"firebreak/internal/transferplan"
)

// TestTransferBoard enters a vehicle and somebody to be moved, plans, asks what a vehicle costs, and says that a vehicle broke down; whoever may not is refused.
func TestTransferBoard(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.site.Transfers = transferplan.New(transferplan.Options{DB: c.db, Commands: c.cmds, Steps: 200})
	by := command.Owner("test")
	_, err := c.cmds.AddVehicles(t.Context(), by, "laixi", []command.VehicleFields{{Code: "B1", Area: "31", Lat: 36.9, Lon: 120.5, Seats: 8, Shifts: []command.ShiftFields{{Crew: "A", From: now.Add(-time.Hour).Format(time.RFC3339), To: now.Add(8 * time.Hour).Format(time.RFC3339)}}}})
	c.must(err)
	if _, err := c.cmds.AddCase(t.Context(), by, command.AddCase{Outbreak: "laixi", Code: "T1", Fields: map[string]string{"class": "confirmed", "area": "31", "lon": "120.51", "lat": "36.91"}}); err != nil {
		t.Fatal(err)
	}
	desk := c.as("transfer")
	const at = "/o/laixi/transfers"
	desk.get(at).wants(t, http.StatusOK, []string{"B1", "Nothing is planned yet", "to isolation", "not planned"}, nil)
	desk.post(at+"/plan", form()).wants(t, http.StatusSeeOther, nil, nil)
	// There is no place with a bed: they are named, not forgotten.
	desk.get(at).wants(t, http.StatusOK, []string{"Plan 1", "not fetched"}, nil)
	desk.get(at+"/vehicles/1").wants(t, http.StatusOK, []string{"B1", "Crews&#39; phones", "Invite a crew&#39;s phone"}, nil)
	desk.post(at+"/vehicles/1/state", form("state", "broken", "reason", "")).wants(t, http.StatusUnprocessableEntity, []string{"why it cannot be sent"}, nil)
	desk.post(at+"/vehicles/1/invite", form("crew", "A")).wants(t, http.StatusOK, []string{"/desk/#invite=", "Scan with the crew"}, nil)
	desk.post(at+"/vehicles/1/state", form("state", "broken", "reason", "engine")).wants(t, http.StatusSeeOther, nil, nil)
	desk.get(at).wants(t, http.StatusOK, []string{"broken down"}, nil)
	desk.post(at, form("case", "nobody", "purpose", "hospital", "deadline", "2022-03-20 10:00")).wants(t, http.StatusUnprocessableEntity, []string{"cannot be so"}, nil)
	desk.get(at+"/doors.geojson").wants(t, http.StatusOK, []string{"120.51"}, nil)
	c.as("lab-east").get(at).wants(t, http.StatusForbidden, nil, nil)
}

// TestPlannedBySetting: whoever may plan the transfers says that they are planned by themselves, for a reason, on the version they saw; others see what is set.
func TestPlannedBySetting(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	desk := c.as("transfer")
	const at = "/o/laixi/transfers/auto-plan"
	desk.get("/o/laixi/transfers").wants(t, http.StatusOK, []string{`href="` + at + `"`, "Planned only when somebody presses Plan"}, nil)
	desk.get(at).wants(t, http.StatusOK, []string{"Planned only when somebody presses Plan", `name="version" value="0"`}, nil)
	desk.post(at, form("every", "121", "version", "0", "reason", "night")).wants(t, http.StatusUnprocessableEntity, []string{"Give a number from 0 to 120.", "night"}, nil)
	desk.post(at, form("every", "ten", "version", "0", "reason", "night")).wants(t, http.StatusUnprocessableEntity, []string{"Give a number from 0 to 120."}, nil)
	desk.post(at, form("every", "10", "version", "0", "reason", " ")).wants(t, http.StatusUnprocessableEntity, []string{"Say why."}, nil)
	desk.post(at, form("every", "10", "version", "0", "reason", "night")).wants(t, http.StatusSeeOther, nil, nil)
	desk.get(at+"?saved=1").wants(t, http.StatusOK, []string{"The setting is in force.", "at most every 10 min", "night"}, nil)
	desk.post(at, form("every", "0", "version", "0", "reason", "morning")).wants(t, http.StatusConflict, []string{"Somebody changed the setting meanwhile", "morning"}, nil)
	c.as("lab-east").get(at).wants(t, http.StatusForbidden, nil, nil)
	c.as("lab-east").post(at, form("every", "0", "version", "1", "reason", "x")).wants(t, http.StatusForbidden, nil, nil)
}

// TestGoesAlong notes on the page of a child's transfer that its mother goes along: not without her word, and not by whoever may not.
func TestGoesAlong(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	by := command.Owner("test")
	child, err := c.cmds.AddCase(t.Context(), by, command.AddCase{Outbreak: "laixi", Code: "K1", Fields: map[string]string{"class": "discarded", "onset": "2022-03-08", "area": "31"}})
	c.must(err)
	m, err := c.cmds.ListContact(t.Context(), by, command.ListContact{Outbreak: "laixi", Code: "M1", Case: child.ID, Fields: map[string]string{"last_exposed": "2022-03-09", "area": "31"}})
	c.must(err)
	c.must(c.db.Update(t.Context(), func(tx *store.Tx) error {
		for id, age := range map[person.ID]person.Age{child.Person: 8, m.Person: 40} {
			x, err := tx.Person(id)
			if err != nil {
				return err
			}
			x.Household, x.Age, x.Sex = 900, age, person.Female
			if err := tx.UpdatePerson(&x); err != nil {
				return err
			}
		}
		return nil
	}))
	// They are a case once their household is on record: a request knows who lives with whom when it is made.
	_, err = c.cmds.CorrectCase(t.Context(), by, command.CorrectCase{Case: child.ID, Version: child.Version, Fields: map[string]string{"class": "confirmed"}})
	c.must(err)
	var q transfer.Request
	c.must(c.db.View(t.Context(), func(tx *store.Reader) error {
		live, err := tx.LiveRequestsOf(child.Outbreak, []person.ID{child.Person})
		q = live[child.Person]
		return err
	}))
	at := "/o/laixi/transfers/" + strconv.FormatInt(int64(q.ID), 10)
	desk := c.as("transfer")
	desk.get(at).wants(t, http.StatusOK, []string{"Goes along", "Woman, 40"}, nil)
	who := strconv.FormatInt(int64(m.Person), 10)
	desk.post(at+"/companions", form("person", who)).wants(t, http.StatusUnprocessableEntity, []string{"nobody is made to go along"}, nil)
	desk.post(at+"/companions", form("person", "0", "agreed", "1")).wants(t, http.StatusNotFound, nil, nil)
	c.as("lab-east").post(at+"/companions", form("person", who, "agreed", "1")).wants(t, http.StatusForbidden, nil, nil)
	desk.post(at+"/companions", form("person", who, "agreed", "1")).wants(t, http.StatusSeeOther, nil, nil)
	desk.get(at).wants(t, http.StatusOK, []string{"goes along with them"}, []string{`/companions"`})
	desk.post(at+"/companions", form("person", who, "agreed", "1")).wants(t, http.StatusUnprocessableEntity, nil, nil)
	// She thinks better of it: whoever is moved for their own sake is not let off by that form, and she may go along again.
	var hers transfer.Request
	c.must(c.db.View(t.Context(), func(tx *store.Reader) error {
		live, err := tx.LiveRequestsOf(child.Outbreak, []person.ID{m.Person})
		hers = live[m.Person]
		return err
	}))
	own, childs := strconv.FormatInt(int64(hers.ID), 10), strconv.FormatInt(int64(q.ID), 10)
	desk.get(at).wants(t, http.StatusOK, []string{"Does not go along after all", "companion 1 of K1"}, nil)
	desk.post(at+"/companions/cancel", form("transfer", own, "reason", " ")).wants(t, http.StatusUnprocessableEntity, []string{"300 characters"}, nil)
	desk.post(at+"/companions/cancel", form("transfer", childs, "reason", "stays")).wants(t, http.StatusUnprocessableEntity, nil, nil)
	c.as("lab-east").post(at+"/companions/cancel", form("transfer", own, "reason", "stays")).wants(t, http.StatusForbidden, nil, nil)
	desk.post(at+"/companions/cancel", form("transfer", own, "reason", "stays with the other child")).wants(t, http.StatusSeeOther, nil, nil)
	desk.get(at).wants(t, http.StatusOK, []string{"Woman, 40"}, []string{"goes along with them", "Does not go along after all"})
	desk.post(at+"/companions", form("person", who, "agreed", "1")).wants(t, http.StatusSeeOther, nil, nil)
}

// TestSomebodyChosenGoesAlong: both parents are ill, or nobody is on record: whom the family has chosen goes along, by their word and the family's.
func TestSomebodyChosenGoesAlong(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	child, err := c.cmds.AddCase(t.Context(), command.Owner("test"), command.AddCase{Outbreak: "laixi", Code: "K1", Person: command.PersonFields{Age: "3"}, Fields: map[string]string{"class": "confirmed", "onset": "2022-03-08", "area": "31"}})
	c.must(err)
	var q transfer.Request
	c.must(c.db.View(t.Context(), func(tx *store.Reader) error {
		live, err := tx.LiveRequestsOf(child.Outbreak, []person.ID{child.Person})
		q = live[child.Person]
		return err
	}))
	at := "/o/laixi/transfers/" + strconv.FormatInt(int64(q.ID), 10)
	desk := c.as("transfer")
	desk.get(at).wants(t, http.StatusOK, []string{"no adult goes along", "whom the family has chosen", "Who of the family has chosen them"}, nil)
	desk.post(at+"/companions", form("document", "GM-1", "name", "Wang", "agreed", "1")).wants(t, http.StatusUnprocessableEntity, []string{"say who of its family has chosen them", `value="GM-1"`}, nil)
	desk.post(at+"/companions", form("document", "", "name", "Wang", "agreed", "1", "chosen_by", "mother")).wants(t, http.StatusUnprocessableEntity, nil, nil)
	desk.post(at+"/companions", form("document", "GM-1", "name", "Wang", "chosen_by", "mother")).wants(t, http.StatusUnprocessableEntity, []string{"nobody is made to go along"}, nil)
	c.as("lab-east").post(at+"/companions", form("document", "GM-1", "name", "Wang", "agreed", "1", "chosen_by", "mother")).wants(t, http.StatusForbidden, nil, nil)
	desk.post(at+"/companions", form("document", "GM-1", "name", "Wang", "agreed", "1", "chosen_by", "mother, by phone")).wants(t, http.StatusSeeOther, nil, nil)
	desk.get(at).wants(t, http.StatusOK, []string{"goes along with them"}, []string{`/companions"`, "no adult goes along"})
}
