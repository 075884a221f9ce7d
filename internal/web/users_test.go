package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"firebreak/internal/account"
	"firebreak/internal/auth"
	"firebreak/internal/store"
)

func (c *city) user(login string) (u store.User) {
	c.t.Helper()
	c.must(c.db.View(c.t.Context(), func(r *store.Reader) (err error) { u, err = r.UserByLogin(login); return err }))
	return u
}

// operator adds an account on the machine itself.
func (c *city) operator(login string, role auth.Role, code string) store.User {
	c.t.Helper()
	tree, err := c.db.Tree(c.t.Context())
	c.must(err)
	j, _ := tree.ByCode(code)
	u, err := c.site.Access.Accounts().OperatorAdd(c.t.Context(), account.NewUser{Login: login, Title: login, Password: password, Area: j.ID}, []auth.Grant{{Role: role, Area: j.ID}})
	c.must(err)
	return u
}

var secret = regexp.MustCompile(`<code class="secret">([^<]+)</code>`)

func TestUsersAreAdministeredInTheirSubtree(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.operator("admin-east", auth.RoleAdministrator, "31")
	admin, east := c.as("admin"), c.as("admin-east")
	west := c.user("epi-west")
	page := func(u store.User, step string) string { return fmt.Sprintf("/admin/users/%d%s", u.ID, step) }

	for _, login := range []string{"duty", "epi-east", "viewer"} {
		for _, path := range []string{"/admin/users", "/admin/users/new", page(west, "")} {
			if got := c.as(login).get(path).status; got != http.StatusForbidden {
				t.Errorf("%s as %s: %d, want 403", path, login, got)
			}
		}
	}
	admin.get("/admin/users").wants(t, http.StatusOK, []string{"epi-west", "epi-east", "Epidemiologist · Shibei"}, nil)
	admin.get("/admin/users?role=follow-up-officer").wants(t, http.StatusOK, []string{">calls<"}, []string{">epi-west<"})
	admin.get("/admin/users?q=WEST").wants(t, http.StatusOK, []string{">epi-west<"}, []string{">epi-east<"})
	east.get("/admin/users").wants(t, http.StatusOK, []string{">epi-east<"}, []string{">epi-west<", ">duty<"})
	east.get(page(west, "")).wants(t, http.StatusNotFound, nil, []string{"epi-west"})
	for _, step := range []string{"", "/grant", "/revoke", "/confirm", "/password", "/sessions", "/disable", "/enable", "/token"} {
		if got := east.post(page(west, step), url.Values{"role": {"auditor"}, "area": {"31"}, "version": {"1"}, "title": {"x"}, "token": {"1"}}).status; got != http.StatusNotFound {
			t.Errorf("%s of the west by the east: %d, want 404", step, got)
		}
	}

	// A new person comes in by a one-time password and sees nothing before they change it.
	east.post("/admin/users", url.Values{"login": {"epi-east"}, "title": {"x"}, "area": {"31"}}).wants(t, http.StatusUnprocessableEntity, []string{"This login is taken"}, nil)
	east.post("/admin/users", url.Values{"login": {"a b"}, "title": {"x"}, "area": {"31"}}).wants(t, http.StatusUnprocessableEntity, []string{"without spaces", `value="a b"`}, nil)
	east.post("/admin/users", url.Values{"login": {"ada"}, "title": {"x"}, "area": {"nowhere"}}).wants(t, http.StatusUnprocessableEntity, []string{"not the code of a known area"}, nil)
	east.post("/admin/users", url.Values{"login": {"ada"}, "title": {"x"}, "area": {"32"}}).wants(t, http.StatusUnprocessableEntity, []string{"You do not administer users there"}, nil)
	made := east.post("/admin/users", url.Values{"login": {"ada"}, "title": {"Ada"}, "area": {"Laixi"}, "role": {"epidemiologist"}})
	made.wants(t, http.StatusCreated, []string{"One-time password", "role given: Epidemiologist, Laixi", "Investigate a case"}, nil)
	m := secret.FindStringSubmatch(made.body)
	if m == nil {
		t.Fatalf("no one-time password on the page:\n%s", made.body)
	}
	ada := c.user("ada")
	if !ada.OneTime {
		t.Error("the password is not marked as one-time")
	}
	east.get(page(ada, "")).wants(t, http.StatusOK, []string{"has not changed the one-time password"}, []string{m[1]})
	b := c.as("")
	if a := b.post("/login", url.Values{"name": {"ada"}, "password": {m[1]}}); a.status != http.StatusSeeOther {
		t.Fatalf("log in with the one-time password: %d", a.status)
	}
	for _, path := range []string{"/", "/o/laixi/cases", "/o/laixi/now"} {
		if a := b.get(path); a.status != http.StatusSeeOther || a.to != "/me" {
			t.Errorf("%s with a one-time password: %d to %q, want /me", path, a.status, a.to)
		}
	}
	if a := b.post("/me/token", url.Values{"label": {"x"}, "right": {"case.read"}, "until": {"2022-04-01"}}); a.status != http.StatusForbidden {
		t.Errorf("a token with a one-time password: %d, want 403", a.status)
	}
	b.get("/me").wants(t, http.StatusOK, []string{"You came in with a one-time password"}, []string{"API tokens"})
	change := func(old, one, two string) answer {
		return b.post("/me/password", url.Values{"old": {old}, "password": {one}, "again": {two}})
	}
	change(m[1], "a good long phrase", "another long phrase").wants(t, http.StatusUnprocessableEntity, []string{"The two new passwords differ"}, nil)
	change(m[1], "short", "short").wants(t, http.StatusUnprocessableEntity, []string{"at least 12 characters"}, nil)
	change(m[1], m[1], m[1]).wants(t, http.StatusUnprocessableEntity, []string{"another one than now"}, nil)
	change("not mine at all", "a good long phrase", "a good long phrase").wants(t, http.StatusUnprocessableEntity, []string{"This is not your password"}, nil)
	if a := change(m[1], "a good long phrase", "a good long phrase"); a.to != "/login?changed" {
		t.Fatalf("change: %d to %q", a.status, a.to)
	}
	if a := b.post("/login", url.Values{"name": {"ada"}, "password": {"a good long phrase"}}); a.status != http.StatusSeeOther {
		t.Fatalf("log in with the new password: %d", a.status)
	}
	b.get("/o/laixi/cases").wants(t, http.StatusOK, []string{"LX-1"}, nil)

	// Roles: no more than the area, never for oneself, an administrator only by two.
	east.post(page(ada, "/grant"), url.Values{"role": {"auditor"}, "area": {"3"}}).wants(t, http.StatusForbidden, []string{"You do not administer users there"}, nil)
	self := c.user("admin-east")
	east.get(page(self, "")).wants(t, http.StatusOK, []string{"Nobody gives themselves a role"}, []string{`id="grant"`})
	east.post(page(self, "/grant"), url.Values{"role": {"epidemiologist"}, "area": {"31"}}).wants(t, http.StatusUnprocessableEntity, []string{"Nobody gives or confirms a role of their own"}, nil)
	east.post(page(ada, "/grant"), url.Values{"role": {"auditor"}, "area": {"31"}, "until": {"2022-03-01"}}).wants(t, http.StatusUnprocessableEntity, []string{"a day that has not passed"}, nil)
	if a := east.post(page(ada, "/grant"), url.Values{"role": {"administrator"}, "area": {"31"}}); a.status != http.StatusSeeOther {
		t.Fatalf("propose: %d", a.status)
	}
	if u := c.user("ada"); len(u.InForce()) != 1 {
		t.Errorf("an administrator proposed by one holds %v", u.InForce())
	}
	confirm := url.Values{"role": {"administrator"}, "area": {"31"}}
	east.post(page(ada, "/confirm"), confirm).wants(t, http.StatusUnprocessableEntity, []string{"A second administrator must confirm this"}, nil)
	admin.get(page(ada, "")).wants(t, http.StatusOK, []string{"waits for a second administrator", page(ada, "/confirm")}, nil)
	if a := admin.post(page(ada, "/confirm"), confirm); a.status != http.StatusSeeOther || len(c.user("ada").InForce()) != 2 {
		t.Errorf("confirm: %d, holds %v", a.status, c.user("ada").InForce())
	}
	if a := admin.post(page(ada, "/revoke"), confirm); a.status != http.StatusSeeOther || len(c.user("ada").InForce()) != 1 {
		t.Errorf("revoke: %d, holds %v", a.status, c.user("ada").InForce())
	}

	// Sessions, and an account that is closed.
	b.get("/o/laixi/cases").wants(t, http.StatusOK, nil, nil)
	if a := east.post(page(ada, "/sessions"), nil); a.status != http.StatusSeeOther {
		t.Fatalf("end sessions: %d", a.status)
	}
	if a := b.get("/o/laixi/cases"); a.status != http.StatusSeeOther || !strings.HasPrefix(a.to, "/login") {
		t.Errorf("after the end of the sessions: %d to %q", a.status, a.to)
	}
	stale := url.Values{"version": {"1"}, "title": {"Dr Ada"}, "area": {"31"}, "was_title": {"Ada"}, "was_area": {"31"}}
	east.post(page(ada, ""), stale).wants(t, http.StatusConflict, []string{"changed this record", "Dr Ada"}, nil)
	version := url.Values{"version": {fmt.Sprint(c.user("ada").Version)}}
	if a := east.post(page(ada, "/disable"), version); a.status != http.StatusSeeOther || !c.user("ada").Disabled {
		t.Errorf("disable: %d", a.status)
	}
	if a := c.as("").post("/login", url.Values{"name": {"ada"}, "password": {"a good long phrase"}}); a.status == http.StatusSeeOther {
		t.Error("a disabled account logs in")
	}
	admin.get("/admin/users?state=disabled").wants(t, http.StatusOK, []string{">ada<"}, []string{">duty<"})
}

func TestOwnAccount(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	epi := c.as("epi-east")
	epi.get("/me").wants(t, http.StatusOK, []string{"this device", "Epidemiologist", "Laixi", "What you work for now", `value="case-investigation" checked`}, []string{`value="user.admin"`})
	// A purpose of the role, and no other.
	if a := epi.post("/me/purpose", url.Values{"purpose": {"command"}}); a.status != http.StatusUnprocessableEntity {
		t.Errorf("purpose of another role: %d, want 422", a.status)
	}
	if a := epi.post("/me/purpose", url.Values{"purpose": {"contact-tracing"}}); a.status != http.StatusSeeOther {
		t.Errorf("purpose: %d", a.status)
	}
	epi.get("/me").wants(t, http.StatusOK, []string{`value="contact-tracing" checked`}, nil)
	epi.get("/o/laixi/cases/LX-1").wants(t, http.StatusOK, []string{`<option value="contact-tracing" selected>`}, nil)

	// A token: shown once, narrower than its owner, ended by its owner.
	token := url.Values{"label": {"line list"}, "until": {"2022-04-01"}, "right": {"rollup.read"}}
	with := func(key, value string) url.Values {
		v := url.Values{}
		for k, x := range token {
			v[k] = x
		}
		v[key] = []string{value}
		return v
	}
	epi.post("/me/token", with("right", "user.admin")).wants(t, http.StatusUnprocessableEntity, nil, []string{`class="secret"`})
	epi.post("/me/token", with("until", "2024-01-01")).wants(t, http.StatusUnprocessableEntity, []string{"within 400 days"}, []string{`class="secret"`})
	epi.post("/me/token", with("label", "")).wants(t, http.StatusUnprocessableEntity, []string{"what it is for"}, []string{`class="secret"`})
	made := epi.post("/me/token", token)
	made.wants(t, http.StatusCreated, []string{"fb_", "line list"}, nil)
	m := secret.FindStringSubmatch(made.body)
	if m == nil {
		t.Fatal("no token on the page")
	}
	epi.get("/me").wants(t, http.StatusOK, []string{"line list"}, []string{m[1]})
	by := func(path string) int {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.url+path, nil)
		c.must(err)
		req.Header.Set("Authorization", "Bearer "+m[1])
		got, err := c.as("").client.Do(req)
		c.must(err)
		c.must(got.Body.Close())
		return got.StatusCode
	}
	if now, cases, me := by("/o/laixi/now"), by("/o/laixi/cases"), by("/me"); now != 200 || cases != 403 || me != 403 {
		t.Errorf("with the token: now %d, cases %d, me %d; want 200, 403, 403", now, cases, me)
	}
	id := regexp.MustCompile(`name="token" value="(\d+)"`).FindStringSubmatch(made.body)
	if id == nil {
		t.Fatal("no button to end the token")
	}
	if a := c.as("epi-west").post("/me/token/end", url.Values{"token": {id[1]}}); a.status != http.StatusNotFound {
		t.Errorf("somebody else ends it: %d, want 404", a.status)
	}
	if a := epi.post("/me/token/end", url.Values{"token": {id[1]}}); a.status != http.StatusSeeOther || by("/o/laixi/now") != 401 {
		t.Errorf("end: %d, and then %d", a.status, by("/o/laixi/now"))
	}

	// A device left behind.
	other := c.as("epi-east")
	body := epi.get("/me").body
	ids := regexp.MustCompile(`name="session" value="([0-9a-f]+)"`).FindAllStringSubmatch(body, -1)
	if len(ids) != 2 {
		t.Fatalf("%d sessions on the page, want 2", len(ids))
	}
	if a := c.as("epi-west").post("/me/session", url.Values{"session": {ids[0][1]}}); a.status != http.StatusNotFound {
		t.Errorf("somebody else's session: %d, want 404", a.status)
	}
	// Whichever is this device: the other one goes first, this one last.
	here := regexp.MustCompile(`this device</b></p><form[^>]*><input type="hidden" name="session" value="([0-9a-f]+)"`).FindStringSubmatch(body)
	if here == nil {
		t.Fatal("no session is marked as this device")
	}
	left := ids[0][1]
	if left == here[1] {
		left = ids[1][1]
	}
	if a := epi.post("/me/session", url.Values{"session": {left}}); a.status != http.StatusSeeOther {
		t.Errorf("end the device left behind: %d", a.status)
	}
	epi.get("/me").wants(t, http.StatusOK, nil, []string{left})
	if a := epi.post("/me/session", url.Values{"session": {here[1]}}); a.to != "/login?out" {
		t.Errorf("end this device: %d to %q", a.status, a.to)
	}
	for _, b := range []*browser{epi, other} {
		if a := b.get("/me"); a.status != http.StatusSeeOther {
			t.Errorf("after both sessions ended: %d", a.status)
		}
	}
}
