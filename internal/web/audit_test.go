package web_test

import (
	"net/http"
	"net/url"
	"testing"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/journal"
	"firebreak/internal/store"
)

func TestAuditShowsWhoLookedAndWhy(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.operator("audit", auth.RoleAuditor, "3")
	c.operator("audit-west", auth.RoleAuditor, "32")
	_, err := c.cmds.AddCase(t.Context(), command.Owner("test"), command.AddCase{Outbreak: "laixi", Code: "LX-9", Fields: map[string]string{"class": "suspected", "area": "31", "onset": "2022-03-09", "noted_at": "2022-03-12T09:00"},
		Person: command.PersonFields{Identity: command.IdentityFields{Name: "Made-up Person"}}})
	c.must(err)
	c.as("epi-east").post("/o/laixi/cases/LX-9/names", url.Values{"purpose": {"case-investigation"}, "reason": {"call about onset"}}).wants(t, http.StatusOK, nil, nil)
	all, west := c.as("audit"), c.as("audit-west")

	for _, login := range []string{"duty", "epi-east", "admin", "viewer"} {
		if got := c.as(login).get("/admin/audit").status; got != http.StatusForbidden {
			t.Errorf("audit as %s: %d, want 403", login, got)
		}
		if got := c.as(login).post("/admin/audit/check", nil).status; got != http.StatusForbidden {
			t.Errorf("check as %s: %d, want 403", login, got)
		}
	}
	all.get("/admin/audit").wants(t, http.StatusOK, []string{"Name read", "for: Investigate a case; because: call about onset (name, document, phone)", "epi-east", "a case, no. 3"}, []string{"LX-9", "Made-up", "2022-03-09"})
	all.get("/admin/audit?kind=name.read").wants(t, http.StatusOK, []string{"call about onset"}, []string{">Logged in</td>"})
	all.get("/admin/audit?about=LX-9").wants(t, http.StatusOK, []string{"call about onset", ">Suspected</td>"}, []string{"a case, no. 2"})
	all.get("/admin/audit?about=nobody").wants(t, http.StatusOK, []string{"No"}, []string{"call about onset"})
	all.get("/admin/audit?who=epi-east").wants(t, http.StatusOK, []string{"call about onset", ">Logged in</td>"}, []string{">Confirmed</td>"})
	all.get("/admin/audit?until=2022-03-11").wants(t, http.StatusOK, nil, []string{"call about onset"})
	all.get("/admin/audit?from=2022-03-12&until=2022-03-12").wants(t, http.StatusOK, []string{"call about onset"}, nil)
	// The auditor of one district sees what concerns it, log-ins of its people too, and nothing else.
	west.get("/admin/audit").wants(t, http.StatusOK, []string{"a case, no. 2", "audit-west"}, []string{"call about onset", "a case, no. 1<", "a case, no. 3<", ">epi-east<"})
	for _, bad := range []string{"?kind=x", "?from=x", "?until=2022-13-01"} {
		if got := all.get("/admin/audit" + bad).status; got != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d, want 422", bad, got)
		}
	}
	if got := all.get("/admin/audit?after=x").status; got != http.StatusBadRequest {
		t.Errorf("bad cursor: %d, want 400", got)
	}
	if a := all.post("/admin/audit/check", nil); a.status != http.StatusSeeOther {
		t.Fatalf("check: %d", a.status)
	}
	all.get("/admin/audit").wants(t, http.StatusOK, []string{"Intact: "}, []string{"Checking"})
	west.get("/admin/audit").wants(t, http.StatusOK, nil, []string{"Intact: "}) // each their own
}

// The steps of a check say together what one walk says.
func TestChainIsCheckedInSteps(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	whole, err := c.db.VerifyJournal(t.Context())
	c.must(err)
	var v journal.Verifier
	steps := 0
	for ended := false; !ended; steps++ {
		var broken error
		if _, ended, broken, err = c.db.VerifyJournalFrom(t.Context(), &v, 1); err != nil || broken != nil {
			t.Fatalf("step %d: %v, %v", steps, err, broken)
		}
	}
	if last, _ := v.Head(); last != whole.Entries || !whole.Intact || steps < 2 {
		t.Errorf("%d steps to entry %d, want the %d of one walk", steps, last, whole.Entries)
	}
	// A walk that stands beyond what the head promises, as after a restore of something older, is told.
	var ahead journal.Verifier
	var list []journal.Entry
	c.must(c.db.View(t.Context(), func(r *store.Reader) (err error) { list, err = r.EntriesAfter(0, 10_000); return err }))
	for _, e := range list {
		c.must(ahead.Next(e))
	}
	extra := journal.Entry{Seq: int64(len(list)) + 1, Kind: journal.BackedUp}
	_, hash := ahead.Head()
	extra.Hash = extra.Chain(hash)
	c.must(ahead.Next(extra))
	if _, ended, broken, err := c.db.VerifyJournalFrom(t.Context(), &ahead, 10); err != nil || !ended || broken == nil {
		t.Errorf("ahead of the head: ended %v, %v, %v; want broken", ended, broken, err)
	}
}
