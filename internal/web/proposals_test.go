package web_test

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"firebreak/internal/command"
	"firebreak/internal/exchange"
	"firebreak/internal/journal"
	"firebreak/internal/store"
)

// The tab of proposals: visits are asked with a purpose, what was found is confirmed or rejected in bulk, and a rejection wants its reason. The other district sees none of it.
func TestProposals(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	visits := "person,place,start,end\nLX-1,hall,2022-03-10T08:00,2022-03-10T10:00\nanna,hall,2022-03-10T08:00,2022-03-10T09:30\nbert,hall,2022-03-10T08:00,2022-03-10T09:00\n"
	_, err := c.cmds.ImportVisits(context.Background(), command.Owner("test"), command.ImportVisits{Outbreak: "laixi", Source: exchange.NewSource("visits.csv", strings.NewReader(visits), int64(len(visits))),
		Problem: func(p exchange.Problem) error { t.Error(p); return nil }})
	c.must(err)
	const page = "/o/laixi/cases/LX-1"
	duty := c.as("epi-east")
	tab := duty.get(page + "?tab=proposals")
	tab.wants(t, http.StatusOK, []string{`<form id="ask"`, "Nobody is proposed yet"}, []string{"anna"})
	// How many it would be, before anybody asks who: nobody is named.
	duty.post(page+"/trace/preview", tab.form(t, "preview")).wants(t, http.StatusOK, []string{"By time together", "by the pack", "<td class=\"num\">2</td>"}, []string{"anna", "bert"})
	asked := duty.post(page+"/trace", tab.form(t, "ask"))
	asked.wants(t, http.StatusOK, []string{"2 people were found", "anna", "bert", "hall"}, nil)
	// Names are closed again until the next time somebody says what for.
	again := duty.get(page + "?tab=proposals")
	again.wants(t, http.StatusOK, []string{`<form id="names"`, "P-1", "P-2"}, []string{"anna", "hall"})
	duty.post(page+"/proposals/names", again.form(t, "names")).wants(t, http.StatusOK, []string{"anna", "bert"}, nil)
	ids := regexp.MustCompile(`name="id" value="(\d+)"`).FindAllStringSubmatch(again.body, -1)
	if len(ids) != 2 {
		t.Fatalf("%d proposals can be picked, want 2", len(ids))
	}
	first, second := url.Values{"id": {ids[0][1]}}, url.Values{"id": {ids[1][1]}}
	west := c.as("epi-west")
	for path, form := range map[string]url.Values{"/trace": {"purpose": {"contact-tracing"}}, "/trace/preview": {"purpose": {"contact-tracing"}}, "/proposals/names": {"purpose": {"contact-tracing"}}, "/proposals?do=confirm": first} {
		if got := west.post(page+path, form); got.status != http.StatusNotFound {
			t.Errorf("post %s from the west: %d, want 404", path, got.status)
		}
	}
	duty.post(page+"/proposals?do=assist", first).wants(t, http.StatusSeeOther, nil, nil) // who lives in the case's own district is listed
	why := duty.post(page+"/proposals?do=reject", second)
	why.wants(t, http.StatusOK, []string{`<form id="decide"`, "1 proposal is chosen"}, nil)
	form := why.form(t, "decide")
	duty.post(page+"/proposals?do=reject", form).wants(t, http.StatusUnprocessableEntity, []string{`<form id="decide"`}, nil)
	form.Set("reason", "stood outside")
	duty.post(page+"/proposals?do=reject", form).wants(t, http.StatusSeeOther, nil, nil)
	duty.post(page+"/proposals?do=confirm", first).wants(t, http.StatusOK, []string{"was decided before"}, nil)
	duty.post(page+"/proposals?do=eat", first).wants(t, http.StatusUnprocessableEntity, nil, nil)
	duty.get(page+"?tab=proposals").wants(t, http.StatusOK, []string{"stood outside", "rejected", "confirmed", "K-"}, nil)
	told := map[journal.Kind]int{}
	c.must(c.db.View(t.Context(), func(r *store.Reader) error {
		list, err := r.LatestEntries(0, 100)
		for _, e := range list {
			if e.Actor == "epi-east" {
				told[e.Kind]++
			}
		}
		return err
	}))
	if told[journal.CaseTraced] != 4 || told[journal.ProposalConfirmed] != 1 || told[journal.ProposalRejected] != 1 {
		t.Errorf("on record are %v", told)
	}
}
