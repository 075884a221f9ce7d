package public

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"firebreak/internal/checks"
	"firebreak/internal/command"
	"firebreak/internal/contact"
	"firebreak/internal/protocol"
	"firebreak/internal/restriction"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/task"
)

// Somebody in quarantine answers by the link on their notice: it is the check that staff would have made, marked as their own; a fever asks for a sample. With the end of follow-up the link ends.
func TestMyCheck(t *testing.T) {
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
		var code, card, foreign string
		link := func() (out string, err error) {
			must(c.db.View(ctx, func(r *store.Reader) error {
				list, e := r.RestrictionOfCause(restriction.OfContact(contact.ID(met.ID)))
				must(e)
				o, e := r.OutbreakByName("town")
				must(e)
				pack, e := protocol.Load(o.Pack)
				must(e)
				v, e := c.ids.Vault(r)
				must(e)
				card, foreign = v.PersonCode(met.Person), v.CheckCode(int64(list[0].ID), list[0].Began()+1)
				out, err = checks.Code(r, v, pack, &list[0])
				return nil
			}))
			return out, err
		}
		code, err = link()
		must(err)
		page := "/public/en/check/" + code
		const ask, answer = "/public/en/check", "/public/en/check/answer"
		if w := c.get("/public/check?code=" + code); w.Code != http.StatusFound || !strings.HasSuffix(w.Header().Get("Location"), "/check/"+code) || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("scanned: %d to %q", w.Code, w.Header().Get("Location"))
		}
		wants := func(name string, w interface {
			Result() *http.Response
		}, body string, status int, want ...string) {
			t.Helper()
			if got := w.Result(); got.StatusCode != status || got.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: %d, %q", name, got.StatusCode, got.Header.Get("Cache-Control"))
			}
			for _, s := range want {
				if !strings.Contains(body, s) {
					t.Errorf("%s: %q is not on the page: %s", name, s, body)
				}
			}
			for _, s := range []string{"SOURCE-1", "MET-1", card} {
				if strings.Contains(body, s) {
					t.Errorf("%s: %s is on the page", name, s)
				}
			}
		}
		post := func(name, path string, form url.Values, status int, want ...string) {
			t.Helper()
			w := c.post(path, "192.0.2.7", form)
			wants(name, w, w.Body.String(), status, want...)
		}
		w := c.get(page)
		wants("opened", w, w.Body.String(), 200, "I have no symptoms", "To be answered by", code)
		post("typed", ask, url.Values{"code": {strings.ToLower(code)}}, 200, "I have no symptoms")
		post("nobody's", ask, url.Values{"code": {"wrong"}}, 404, "No notice has this code")
		post("of another time", ask, url.Values{"code": {foreign}}, 410, "does not hold any more")
		post("the card's code", ask, url.Values{"code": {card}}, 404)

		post("nothing", answer, url.Values{"code": {code}}, 422, "Please choose one")
		post("a temperature of nobody", answer, url.Values{"code": {code}, "result": {"well"}, "temperature": {"366"}}, 422, "no body temperature", `value="366"`)
		post("a symptom of none", answer, url.Values{"code": {code}, "result": {"symptoms"}, "symptom": {"<b>"}}, 422)
		if w := c.post(answer, "192.0.2.7", url.Values{"code": {code}, "result": {"well"}}, "Origin", "https://elsewhere.example", "Sec-Fetch-Site", "cross-site"); w.Code != http.StatusForbidden {
			t.Errorf("from another site's page: %d", w.Code)
		}
		read := func() (list []contact.Check, k contact.Contact, samples int) {
			must(c.db.View(ctx, func(r *store.Reader) (err error) {
				list, err = r.Checks(met.ID)
				must(err)
				k, err = r.Contact(met.ID)
				must(err)
				tasks, err := r.TasksOf(task.Subject{Kind: task.OnContact, ID: int64(met.ID)})
				for _, x := range tasks {
					if x.Kind == task.SampleContact && x.State == task.Open && strings.HasPrefix(x.Because.Clause, "clocks.sample_symptom") {
						samples++
					}
				}
				return err
			}))
			return list, k, samples
		}
		if list, _, _ := read(); len(list) != 0 {
			t.Fatalf("what was refused is on record: %+v", list)
		}
		post("well", answer, url.Values{"code": {code}, "result": {"well"}, "temperature": {"36,6"}}, 200, "Noted: no symptoms", "Next from")
		if list, k, samples := read(); len(list) != 1 || !list[0].Self || !list[0].Seen || list[0].Temperature != 36.6 || k.Symptoms || samples != 0 || !k.ReachedAt.IsZero() {
			t.Fatalf("well: %+v, %+v, %d samples", list, k, samples)
		}
		post("a fever that nobody named", answer, url.Values{"code": {code}, "result": {"well"}, "temperature": {"38.4"}}, 200, "Noted: you have symptoms", "a sample is taken")
		if list, k, samples := read(); len(list) != 1 || !list[0].Self || !k.Symptoms || samples != 1 {
			t.Fatalf("a fever: %+v, %+v, %d samples", list, k, samples)
		}
		_, k, _ := read()
		if _, err := c.cmds.CorrectContact(ctx, by, command.CorrectContact{Contact: met.ID, Version: k.Version, State: contact.Dropped, Reason: "was never there"}); err != nil {
			t.Fatal(err)
		}
		post("over", answer, url.Values{"code": {code}, "result": {"well"}}, 410, "does not hold any more")
		if _, err := link(); err == nil {
			t.Error("a link is given for a restriction that has ended")
		}
		for range 100 {
			c.post(ask, "192.0.2.9", url.Values{"code": {"wrong"}})
		}
		if w := c.post(ask, "192.0.2.9", url.Values{"code": {code}}); w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" {
			t.Errorf("a flood of codes: %d", w.Code)
		}
	})
}
