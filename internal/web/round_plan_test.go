package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"firebreak/internal/command"
	"firebreak/internal/i18n"
	"firebreak/internal/plan/round"
	"firebreak/internal/roundplan"
	"firebreak/internal/screening"
)

// planned has a round of the city planned, and waits for it.
func (c *city) planned(who *browser, at string, r screening.RoundID) {
	c.t.Helper()
	who.post(at+"/plan", form()).wants(c.t, http.StatusSeeOther, nil, nil)
	c.site.Plans.Wait()
	if j, _ := c.site.Plans.Job(r); j.Err != nil {
		c.t.Fatal(j.Err)
	}
}

// TestPlanOfARound goes from a round without a plan, through one that is short of everything, to one that is held against its plan while it runs.
func TestPlanOfARound(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	east, _ := c.settle("31", 40), c.settle("32", 20)
	c.counted()
	c.site.Plans = roundplan.New(roundplan.Options{DB: c.db, Commands: c.cmds, Turnout: c.site.Turnout})
	coord := c.as("coord")
	coord.post("/o/laixi/rounds", form("areas", "3", "starts_at", "2022-03-12T18:00", "ends_at", "2022-03-13T18:00", "pool", "10")).wants(t, http.StatusSeeOther, nil, nil)
	const at = "/o/laixi/rounds/1"
	r := c.round(1)

	coord.get(at).wants(t, http.StatusOK, []string{`href="` + at + `/plan"`}, nil)
	coord.get(at+"/plan").wants(t, http.StatusOK, []string{"This round has no plan yet", "0 sites are open", "0 laboratories have said", "Make the plan", `href="/o/laixi/sites/new"`}, nil)
	c.as("epi-west").get(at+"/plan").wants(t, http.StatusOK, []string{"This round has no plan yet"}, []string{"Make the plan", "sites/new"})
	c.as("epi-west").post(at+"/plan", form()).wants(t, http.StatusForbidden, nil, nil)
	coord.get(at+"/plan/staff").wants(t, http.StatusNotFound, nil, nil)

	c.planned(coord, at, r.ID)
	coord.get(at+"/plan").wants(t, http.StatusOK, []string{"Plan 1, made by coord", "62 people have no site in reach", "not everybody can be planned for", "No site of the round"}, []string{"Make the plan"})

	_, err := c.cmds.AddSites(t.Context(), command.Owner("test"), command.AddSites{Outbreak: "laixi", Sites: []command.SiteFields{{Code: "S-1", Name: "Sports hall", Area: "31", Lanes: 1, Lon: 120.5, Lat: 36.5, Located: true}, {Code: "S-2", Area: "32", Lanes: 1}}})
	c.must(err)
	_, err = c.cmds.AddLaboratories(t.Context(), command.Owner("test"), command.AddLaboratories{Outbreak: "laixi", Laboratories: []command.LaboratoryFields{{Code: "L-1", Name: "First laboratory", Area: "31", PerHour: 2, Turnaround: 2 * time.Hour}}})
	c.must(err)
	c.planned(coord, at, r.ID)
	coord.get(at+"/plan").wants(t, http.StatusOK, []string{"Plan 2, made by coord", "Laboratories</b> 1 of 1, full", "First laboratory", "in time", "mobile laborator", "laboratories/new?mobile=1", "plan/communities.geojson", "1 of 2 sites have no coordinates", "1 plan before"}, []string{"no site in reach"})
	coord.get(at+"/plan?part=running").wants(t, http.StatusOK, []string{`id="running"`, "Plan again"}, []string{"<html"})
	coord.get(at+"/plan/assignments").wants(t, http.StatusOK, []string{"Sports hall", "Laixi", "Shibei"}, nil)
	coord.get(at+"/plan/assignments?find=shibei").wants(t, http.StatusOK, []string{"Shibei"}, []string{"Laixi</span>"})
	coord.get(at+"/plan/assignments?sort=-people&format=csv").wants(t, http.StatusOK, []string{"community,community_name,site", "31,Laixi,S-1,Sports hall,2022-03-12T"}, nil)
	coord.get(at+"/plan/staff?sort=site").wants(t, http.StatusOK, []string{"Registrars", "Sports hall"}, nil)
	coord.get(at+"/plan/tubes").wants(t, http.StatusOK, []string{"First laboratory"}, nil)
	coord.get(at+"/plan/sites.geojson").wants(t, http.StatusOK, []string{`"coordinates":[120.5,36.5]`, `"name":"Sports hall"`}, nil)

	// What was planned can be planned again by anybody with the file.
	var city round.City
	c.must(json.Unmarshal([]byte(coord.get(at+"/plan/city.json").body), &city))
	c.must(city.Validate())
	if len(city.Community) != 2 || len(city.Sites) != 2 {
		t.Errorf("the city has %d communities and %d sites", len(city.Community), len(city.Sites))
	}

	// Who sees a part of the round sees where its people go, and no more.
	part := c.as("epi-west")
	part.get(at+"/plan").wants(t, http.StatusOK, []string{"Plan 2", "Shibei"}, []string{"city.json", "Plan again", "laboratories/new"})
	part.get(at+"/plan/assignments").wants(t, http.StatusOK, []string{"Shibei"}, []string{"Laixi</span>"})
	part.get(at+"/plan/tubes").wants(t, http.StatusNotFound, nil, nil)
	part.get(at+"/plan/city.json").wants(t, http.StatusNotFound, nil, nil)
	part.get(at+"/plan/communities.geojson").wants(t, http.StatusOK, []string{"市北"}, []string{"莱西"})

	// A larger pool that a plan proposes stands in the form.
	coord.get(at+"/edit?pool=20").wants(t, http.StatusOK, []string{`<option value="20" selected`}, nil)

	// The open round is held against the plan: by it everybody has been sampled for hours.
	_, err = c.cmds.OpenRound(t.Context(), command.Owner("test"), r.ID, 0)
	c.must(err)
	c.tube(r, 1, "T-1", now.Add(-2*time.Hour), east[:10]...)
	c.counted()
	coord.get(at).wants(t, http.StatusOK, []string{"by the plan", "Open the plan", "plan#binds"}, []string{"plan: evenly to the end"})
	c.site.Plans = roundplan.New(roundplan.Options{DB: c.db, Commands: c.cmds, Turnout: c.site.Turnout})
	c.planned(coord, at, r.ID)
	coord.get(at+"/plan").wants(t, http.StatusOK, []string{"Plan 3", "Samples before", "What came in until then has happened"}, nil)
}

// TestEveryRemedyHasWords holds the planner's remedies against the texts that say them.
func TestEveryRemedyHasWords(t *testing.T) {
	t.Parallel()
	city := round.City{Name: "two", Start: time.Date(2022, 3, 9, 7, 0, 0, 0, time.UTC), Classes: []round.Class{{ID: "tubes-of-10", Pool: 10}, {ID: "tubes-of-1", Pool: 1}},
		Zones: []round.Zone{{ID: "z", Lat: 36, Lon: 120, Couriers: 2, Samplers: []round.Shift{{From: 0, To: 24, Count: 6}}}},
		Labs:  []round.Lab{{ID: "l", Lat: 36, Lon: 120, Turnaround: 2, Capacity: []round.Rate{{From: 0, To: 20, Tubes: 30}}}}}
	for i := range 4 {
		city.Community = append(city.Community, round.Commune{ID: fmt.Sprint("c", i), Lat: 36, Lon: 120 + float64(i)/100, Groups: []round.Group{{Class: "tubes-of-10", People: 900}, {Class: "tubes-of-1", People: 40}}})
		city.Sites = append(city.Sites, round.Site{ID: fmt.Sprint("s", i), Zone: "z", Lat: 36, Lon: 120 + float64(i)/100, Lanes: 1 + i, Open: []round.Window{{From: 0, To: 12}}})
	}
	plan, err := round.Make(city, round.Options{AllRemedies: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(plan.Remedies) < 15 {
		t.Errorf("only %d remedies were tried", len(plan.Remedies))
	}
	bundle, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range []i18n.Lang{"en", "zh"} {
		said := map[string]string{}
		l := bundle.Localizer(lang, time.UTC)
		for _, r := range plan.Remedies {
			text := l.Msg(roundplan.RemedyWords(&r.Change, r.Name))
			if text == "" || strings.Contains(text, "remedy.") || strings.Contains(text, "{") || said[text] != "" {
				t.Errorf("%s: %q is said as %q, as is %q", lang, r.Name, text, said[text])
			}
			if said[text] = r.Name; lang == "zh" && strings.Contains(text, "laborator") {
				t.Errorf("%q is said in English", r.Name)
			}
		}
	}
	if m := roundplan.RemedyWords(nil, "of an older plan"); m.Key != "remedy.other" {
		t.Errorf("a remedy without a key is said as %q", m.Key)
	}
}
