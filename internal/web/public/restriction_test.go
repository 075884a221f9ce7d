package public

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"firebreak/internal/command"
	"firebreak/internal/contact"
	"firebreak/internal/restriction"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
)

// A contact in quarantine sees what is asked of them with the code on their card, asks for food, which becomes a need, and appeals. Others see nothing of it.
func TestMyRestriction(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		c := newTown(t, open)
		ctx, by := t.Context(), command.Owner("test")
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		source, err := c.cmds.AddCase(ctx, by, command.AddCase{Outbreak: "town", Code: "SOURCE-1", Fields: map[string]string{"class": "confirmed", "onset": "2022-03-08", "area": "900101"}})
		must(err)
		met, err := c.cmds.ListContact(ctx, by, command.ListContact{Outbreak: "town", Code: "MET-1", Case: source.ID, Fields: map[string]string{"last_exposed": "2022-03-09"}})
		must(err)
		var code, free string
		of := func() (out restriction.Restriction) {
			t.Helper()
			must(c.db.View(ctx, func(r *store.Reader) error {
				list, err := r.RestrictionOfCause(restriction.OfContact(contact.ID(met.ID)))
				if err == nil && len(list) == 1 {
					out = list[0]
				}
				return err
			}))
			if out.ID == 0 {
				t.Fatal("the contact is not restricted")
			}
			return out
		}
		must(c.db.View(ctx, func(r *store.Reader) error {
			v, err := c.ids.Vault(r)
			if err == nil {
				code, free = v.PersonCode(met.Person), v.PersonCode(met.Person+1000)
			}
			return err
		}))
		const page, needs = "/public/en/restriction", "/public/en/restriction/needs"
		shows := func(name, path string, form url.Values, status int, want ...string) string {
			t.Helper()
			w := c.post(path, "192.0.2.7", form)
			if w.Code != status || w.Header().Get("Cache-Control") != "no-store" {
				t.Fatalf("%s: %d, %q: %s", name, w.Code, w.Header().Get("Cache-Control"), w.Body)
			}
			for _, s := range want {
				if !strings.Contains(w.Body.String(), s) {
					t.Errorf("%s: %q is not on the page: %s", name, s, w.Body)
				}
			}
			for _, s := range []string{"SOURCE-1", "MET-1"} {
				if strings.Contains(w.Body.String(), s) {
					t.Errorf("%s: %s is on the page", name, s)
				}
			}
			return w.Body.String()
		}
		if w := c.get("/public/restriction"); w.Code != http.StatusFound || !strings.HasSuffix(w.Header().Get("Location"), "/restriction") {
			t.Errorf("the address on the notice: %d to %q", w.Code, w.Header().Get("Location"))
		}
		mine := url.Values{"code": {code}}
		shows("asked", page, mine, 200, "Quarantine at a site", "You met somebody who is infected", "Qingshan", "By this law", "It ends then by itself", "What you get", `action="/public/en/appeal"`, `action="/public/en/restriction/needs"`)
		if b := shows("somebody free", page, url.Values{"code": {free}}, 200, "Nothing is asked of you now"); strings.Contains(b, needs) {
			t.Error("whoever is free can ask for a need")
		}
		shows("nobody's code", page, url.Values{"code": {"wrong"}}, 404, "No card has this code")

		shows("no need", needs, mine, 422, "Please choose one")
		shows("another need", needs, url.Values{"code": {code}, "need": {"money"}}, 422, "Please choose one")
		shows("a need of whoever is free", needs, url.Values{"code": {free}, "need": {"food"}}, 422, "Nothing is asked of you now")
		for range 2 { // the second is the first again
			shows("food", needs, url.Values{"code": {code}, "need": {"food"}}, 200, "We have noted it: food", "not there yet")
		}
		if r := of(); len(r.Needs) != 1 || r.Needs[0].Kind != restriction.Food || r.Needs[0].AskedBy != "public" || !r.Needs[0].Open() {
			t.Errorf("needs: %+v", r.Needs)
		}
		if w := c.post(needs, "192.0.2.7", url.Values{"code": {code}, "need": {"pay"}}, "Origin", "https://elsewhere.example", "Sec-Fetch-Site", "cross-site"); w.Code != http.StatusForbidden {
			t.Errorf("from another site's page: %d", w.Code)
		}

		shows("appeal", "/public/en/appeal", url.Values{"code": {code}, "ground": {"care"}}, 200, "We have taken it")
		if b := shows("appealed", page, mine, 200, "You will be answered"); strings.Contains(b, `action="/public/en/appeal"`) {
			t.Error("whoever waits for an answer can appeal again")
		}
		must(c.db.View(ctx, func(r *store.Reader) error {
			list, err := r.AppealsSince(noon.Add(-1))
			if err == nil && (len(list) != 1 || list[0].Person != met.Person || list[0].FiledBy != "public") {
				t.Errorf("appeals: %+v", list)
			}
			return err
		}))
		last := 0
		for range reportBurst + 1 {
			last = c.post(needs, "192.0.2.7", url.Values{"code": {code}, "need": {"food"}}).Code
		}
		if last != http.StatusTooManyRequests {
			t.Errorf("a flood of needs: %d", last)
		}
		for range 100 {
			c.post(page, "192.0.2.8", url.Values{"code": {"wrong"}})
		}
		if w := c.post(page, "192.0.2.8", mine); w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" {
			t.Errorf("a flood of codes: %d", w.Code)
		}
	})
}
