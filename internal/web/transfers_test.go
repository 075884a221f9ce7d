package web_test

import (
	"net/http"
	"testing"
	"time"

	"firebreak/internal/command"
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
