package web_test

import (
	"net/http"
	"net/url"
	"testing"

	"firebreak/internal/contact"
	"firebreak/internal/store"
)

// The setting by which contacts are accepted is seen, tried and changed by who may change the outbreak, for a reason, on the version they saw.
func TestContactsAreAcceptedBySetting(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	duty := c.as("duty")
	const path = "/o/laixi/auto-accept"
	setting := func() (a contact.AutoAccept) {
		t.Helper()
		c.must(c.db.View(t.Context(), func(r *store.Reader) error {
			o, err := r.OutbreakByName("laixi")
			if err == nil {
				a, err = r.AutoAccept(o.ID)
			}
			return err
		}))
		return a
	}

	duty.get("/packs").wants(t, http.StatusOK, []string{`href="` + path + `"`}, nil)
	c.as("viewer").get("/packs").wants(t, http.StatusOK, nil, []string{path})
	if got := c.as("epi-east").get(path).status; got != http.StatusForbidden {
		t.Errorf("an epidemiologist: %d, want 403", got)
	}
	duty.get(path).wants(t, http.StatusOK, []string{"It was never set", `value="close,general"`}, []string{`name="reason"`})
	duty.get(path+"?tiers=close&most=0").wants(t, http.StatusUnprocessableEntity, []string{"Give a number from 1 to 1,000."}, []string{`name="reason"`})
	duty.get(path+"?tiers=secondary&most=5").wants(t, http.StatusUnprocessableEntity, []string{"Choose one of these."}, []string{`name="reason"`})
	duty.get(path+"?tiers=close&most=50").wants(t, http.StatusOK, []string{"at most 50 people of a case", "Cases with proposals on record", `name="version" value="0"`, `name="tiers" value="close"`}, nil)

	form := url.Values{"tiers": {"close"}, "most": {"50"}, "version": {"0"}, "reason": {" "}}
	duty.post(path, form).wants(t, http.StatusUnprocessableEntity, []string{"Say why."}, nil)
	form.Set("reason", "no tracers at night")
	if got := c.as("epi-east").post(path, form).status; got != http.StatusForbidden {
		t.Errorf("an epidemiologist changes it: %d, want 403", got)
	}
	form.Set("version", "3")
	duty.post(path, form).wants(t, http.StatusConflict, []string{"Somebody changed the setting meanwhile", ">no tracers at night</textarea>"}, nil)
	if a := setting(); a.Version != 0 {
		t.Fatalf("set by what was refused: %+v", a)
	}
	form.Set("version", "0")
	done := duty.post(path, form)
	if done.status != http.StatusSeeOther || done.to != path+"?saved=1" {
		t.Fatalf("set: %d to %q", done.status, done.to)
	}
	if a := setting(); a.Version != 1 || !a.Takes(contact.Close) || a.Takes(contact.General) || a.Most != 50 || a.SetBy != "duty" || a.Reason != "no tracers at night" {
		t.Errorf("in force: %+v", a)
	}
	duty.get(done.to).wants(t, http.StatusOK, []string{"The setting is in force.", "On, at most 50 people of a case", "no tracers at night"}, nil)

	duty.get(path+"?tiers=&most=").wants(t, http.StatusOK, []string{"Nobody would become a contact without somebody deciding", `name="version" value="1"`}, nil)
	off := url.Values{"tiers": {""}, "most": {""}, "version": {"1"}, "reason": {"morning"}}
	if done := duty.post(path, off); done.status != http.StatusSeeOther {
		t.Fatalf("off: %d", done.status)
	}
	if a := setting(); a.On() || a.Version != 2 {
		t.Errorf("still on: %+v", a)
	}
	duty.lang = "zh"
	duty.get(path).wants(t, http.StatusOK, []string{"已关闭：所有线索均由人工判定。"}, nil)
}
