package web_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"firebreak/internal/command"
	"firebreak/internal/exchange"
	"firebreak/internal/journal"
	"firebreak/internal/store"
)

// Three cases of whom nobody knows the source are chosen; visits show the canteen that they share, and who was with all of them; a cluster is opened from there. The other district sees none of it.
func TestSharedPlacesFromTheScreen(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.add("LX-2", "31", "community")
	c.add("LX-3", "31", "community")
	var rows strings.Builder
	rows.WriteString("person,place,kind,start,end\n")
	for _, who := range []string{"LX-1", "LX-2", "LX-3", "cook"} {
		rows.WriteString(who + ",canteen 7,canteen,2022-03-10T12:00,2022-03-10T12:40\n")
	}
	visits := rows.String()
	const page = "/o/laixi/shared"
	epi := c.as("epi-east")
	ask := url.Values{"case": {"LX-1", "LX-2", "LX-3"}, "days": {"back"}, "purpose": {"contact-tracing"}}
	epi.post(page, ask).wants(t, http.StatusUnprocessableEntity, []string{"No visits have come in"}, nil)
	_, err := c.cmds.ImportVisits(context.Background(), command.Owner("test"), command.ImportVisits{Outbreak: "laixi", Source: exchange.NewSource("visits.csv", strings.NewReader(visits), int64(len(visits)))})
	c.must(err)
	first := epi.get(page)
	first.wants(t, http.StatusOK, []string{`name="case" value="LX-1" checked`, `name="case" value="LX-3" checked`, "Shared places"}, []string{"canteen 7"})
	epi.get(page+"?since=2022-03-99").wants(t, http.StatusUnprocessableEntity, []string{"since"}, nil)
	epi.post(page, url.Values{"case": {"LX-1", "LX-2"}, "purpose": {"contact-tracing"}}).wants(t, http.StatusUnprocessableEntity, []string{"Three cases at least"}, nil)
	answer := epi.post(page, ask)
	answer.wants(t, http.StatusOK, []string{"canteen 7", "3 of 3 cases", "12:00", "12:40", "cook", `href="/o/laixi/cases/LX-2"`, `<form id="open-1"`}, nil)
	// A cluster of those cases, where the reader may open one.
	form := answer.form(t, "open-1")
	if got := form.Get("kind") + " " + form.Get("cases") + " " + form.Get("first_day"); got != "shop LX-1, LX-2, LX-3 2022-03-10" {
		t.Errorf("the cluster would be %q", got)
	}
	if form.Get("area") == "" {
		form.Set("area", "31")
	}
	opened := epi.post("/o/laixi/clusters", form)
	opened.wants(t, http.StatusSeeOther, nil, nil)
	epi.get("/o/laixi/clusters/CL-1").wants(t, http.StatusOK, []string{"CL-1 · canteen 7", `href="/o/laixi/shared?cluster=CL-1"`, "LX-3"}, nil)
	epi.get(page+"?cluster=CL-1").wants(t, http.StatusOK, []string{"Shared places · CL-1", `value="LX-2" checked`}, []string{`<form id="which"`})
	// Who reads contacts of the west finds nobody of the east, and a case named by its code is not there.
	west := c.as("epi-west")
	west.get(page).wants(t, http.StatusOK, nil, []string{"LX-1", "canteen"})
	west.post(page, ask).wants(t, http.StatusUnprocessableEntity, []string{"is not the code of a known case"}, []string{"canteen"})
	west.get(page+"?cluster=CL-1").wants(t, http.StatusNotFound, nil, []string{"canteen"})
	c.as("viewer").get(page).wants(t, http.StatusForbidden, nil, nil)
	told := map[journal.Kind]int{}
	c.must(c.db.View(t.Context(), func(r *store.Reader) error {
		list, err := r.LatestEntries(0, 200)
		for _, e := range list {
			told[e.Kind]++
		}
		return err
	}))
	if told[journal.CasesTraced] != 1 || told[journal.TraceRefused] != 1 {
		t.Errorf("on record are %v", told)
	}
}
