package web_test

import (
	"net/http"
	"strings"
	"testing"

	"firebreak/internal/protocol"
)

// Whoever decides by a pack can check it: each value of each pack is on its page, with words for its unit, status and section in both languages.
func TestEveryValueOfEveryPackIsShown(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	duty, calls := c.as("duty"), c.as("calls")
	calls.get("/packs").wants(t, http.StatusOK, []string{"covid19/2022-v9@", "Laixi 2022"}, nil)
	if got := c.as("").get("/packs").status; got != http.StatusSeeOther {
		t.Errorf("before log-in: %d, want the log-in", got)
	}
	for _, path := range []string{"/packs/covid19/nothing", "/packs/nothing/2022-v9", "/packs/covid19/2022-v9@99"} {
		if got := duty.get(path).status; got != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", path, got)
		}
	}
	list, err := protocol.List()
	c.must(err)
	for _, p := range list {
		for _, lang := range []string{"en", "zh"} {
			duty.post("/preferences", map[string][]string{"lang": {lang}, "back": {"/packs"}})
			page := duty.get("/packs/" + p.Ref())
			page.wants(t, http.StatusOK, []string{p.Ref()}, nil)
			for _, v := range p.Clauses() {
				if !strings.Contains(page.body, "<code>"+v.Path+"</code>") {
					t.Errorf("%s in %s lacks %s", p.Ref(), lang, v.Path)
				}
			}
		}
	}
}
