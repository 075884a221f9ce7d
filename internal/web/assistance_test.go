package web_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"firebreak/internal/command"
	"firebreak/internal/place"
	"firebreak/internal/store"
)

// A request goes from the east to the west: each sees it, neither sees the other's records, and only the one that is asked may accept, send back or read who it is.
func TestAssistance(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	ctx := context.Background()
	var in command.AskAssistance
	c.must(c.db.View(ctx, func(r *store.Reader) error {
		o, err := r.OutbreakByName("laixi")
		if err != nil {
			return err
		}
		k, err := r.CaseByCode(o.ID, "LX-1")
		in = command.AskAssistance{Outbreak: "laixi", Case: k.ID, Person: command.PersonFields{Identity: command.IdentityFields{Name: "Wang Fang"}}, Fields: map[string]string{"area": "32", "last_exposed": "2022-03-10", "setting": "train G1"}}
		return err
	}))
	_, err := c.cmds.AskAssistance(ctx, command.Owner("test"), in)
	c.must(err)
	const list, one, form = "/o/laixi/assistance", "/o/laixi/assistance/1", "/o/laixi/cases/LX-1/assistance"
	east, west := c.as("epi-east"), c.as("epi-west")
	// The second is asked on the screen, by whoever may list contacts of the case.
	east.get("/o/laixi/cases/LX-1?tab=proposals").wants(t, http.StatusOK, []string{`href="` + form + `"`}, nil)
	page := east.get(form)
	page.wants(t, http.StatusOK, []string{`<option value="32"`, "within 2"}, []string{`<option value="31"`})
	li := page.form(t, "assistance")
	li.Set("name", "Li")
	li.Set("area", "32")
	east.post(form, li).wants(t, http.StatusUnprocessableEntity, []string{`<form id="assistance"`, `value="Li"`}, nil)
	li.Set("last_exposed", "2022-03-10")
	east.post(form, li).wants(t, http.StatusSeeOther, nil, nil)
	if got := west.get(form); got.status != http.StatusNotFound {
		t.Errorf("the form of a case of the east is open to the west: %d", got.status)
	}
	east.get(list).wants(t, http.StatusOK, []string{"A-1", "A-2", "Asked by us"}, []string{"Wang Fang"})
	west.get(list).wants(t, http.StatusOK, []string{"A-1", "A-2"}, []string{"LX-1"})
	asks := east.get(one)
	asks.wants(t, http.StatusOK, []string{"LX-1", "train G1", `<form id="withdraw"`}, []string{`<form id="accept"`, `<form id="names"`})
	asked := west.get(one)
	asked.wants(t, http.StatusOK, []string{"train G1", `<form id="accept"`, `<form id="send-back"`, `<form id="names"`}, []string{"LX-1", `<form id="withdraw"`, "Wang Fang"})
	names := asked.form(t, "names")
	names.Set("reason", "to find them")
	west.post(one+"/names", names).wants(t, http.StatusOK, []string{"Wang Fang"}, nil)
	if got := east.post(one+"/names", names); got.status == http.StatusOK {
		t.Error("the office that asks reads who lives elsewhere")
	}
	if got := east.post(one+"?do=accepted", asked.form(t, "accept")); got.status != http.StatusForbidden {
		t.Errorf("accepted by who asked: %d", got.status)
	}
	back := asked.form(t, "send-back")
	west.post(one+"?do=sent_back", back).wants(t, http.StatusUnprocessableEntity, []string{`<form id="send-back"`}, nil)
	back.Set("reason", "moved away")
	west.post(one+"?do=sent_back", back).wants(t, http.StatusSeeOther, nil, nil)
	east.get(one).wants(t, http.StatusOK, []string{"moved away"}, []string{`<form id="withdraw"`})
	west.post("/o/laixi/assistance/2?do=accepted", west.get("/o/laixi/assistance/2").form(t, "accept")).wants(t, http.StatusSeeOther, nil, nil)
	west.get("/o/laixi/assistance/2").wants(t, http.StatusOK, []string{"K-", "accepted"}, nil)
	east.get("/o/laixi/assistance/2").wants(t, http.StatusOK, []string{"accepted"}, []string{"/contacts/K-"})
	east.get("/o/laixi/assistance/9").wants(t, http.StatusNotFound, nil, nil)
}

// An outbreak of one district asks offices outside it, those of the same city first; where no other district is known at all, the page says so instead of a form that cannot be sent.
func TestAssistanceFromAnOutbreakOfOneDistrict(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	ctx := context.Background()
	start := func(name, area string) {
		_, err := c.cmds.StartOutbreak(ctx, command.Owner("test"), command.StartOutbreak{Name: name, Pack: "covid19/2022-v9", Zone: "Asia/Shanghai", Area: area})
		c.must(err)
		_, err = c.cmds.AddCase(ctx, command.Owner("test"), command.AddCase{Outbreak: name, Code: "N-1", Fields: map[string]string{"class": "confirmed", "onset": "2022-03-08", "area": area}})
		c.must(err)
	}
	start("one", "31")
	const form = "/o/one/cases/N-1/assistance"
	east, west := c.as("epi-east"), c.as("epi-west")
	page := east.get(form)
	page.wants(t, http.StatusOK, []string{`<option value="32">Shibei<`}, []string{`<option value="31"`})
	li := page.form(t, "assistance")
	li.Set("name", "Li")
	li.Set("area", "32")
	li.Set("last_exposed", "2022-03-10")
	east.post(form, li).wants(t, http.StatusSeeOther, nil, nil)
	west.get("/o/one/assistance").wants(t, http.StatusOK, []string{"A-1"}, nil)
	west.post("/o/one/assistance/1?do=accepted", west.get("/o/one/assistance/1").form(t, "accept")).wants(t, http.StatusSeeOther, nil, nil)
	west.get("/o/one/assistance/1").wants(t, http.StatusOK, []string{"K-", "accepted"}, nil)

	c.must(c.db.Update(ctx, func(tx *store.Tx) error {
		_, _, _, err := tx.PutAreas([]place.NewJurisdiction{
			{Jurisdiction: place.Jurisdiction{Code: "4", Name: "烟台", NameEN: "Yantai", Level: place.City}},
			{Jurisdiction: place.Jurisdiction{Code: "41", Name: "莱阳", NameEN: "Laiyang", Level: place.District}, ParentCode: "4"},
		}, nil, 2)
		return err
	}))
	got := east.get(form)
	got.wants(t, http.StatusOK, []string{`<option value="32">Shibei<`, `<option value="41">Yantai · Laiyang<`}, nil)
	if near, far := strings.Index(got.body, `<option value="32"`), strings.Index(got.body, `<option value="41"`); near > far {
		t.Error("a district of another city comes before one of the same")
	}
}
