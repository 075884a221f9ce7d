package api_test

import (
	"strings"
	"testing"

	"firebreak/internal/api"
	"firebreak/internal/store/storetest"
)

// TestUsers: an administrator adds an account, gives and takes roles, resets its password and disables it; only in their own areas.
func TestUsers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.SQLite(t), nil)
	w.do(403, "epi", "GET", "/api/users", nil)
	w.do(403, "epi", "POST", "/api/users", api.NewUser{Login: "x", Title: "X", Area: "37"})
	all := items(w.do(200, "admin", "GET", "/api/users?limit=3", nil))
	if len(all) != 3 {
		t.Fatalf("%d accounts on the first page, want 3", len(all))
	}
	rest := w.do(200, "admin", "GET", "/api/users?limit=100&after="+id(all[2].(object)), nil)
	if len(items(rest))+3 != len(w.users) || rest["next"] != nil {
		t.Errorf("%d on the second page of %d accounts", len(items(rest)), len(w.users))
	}
	if got := items(w.do(200, "admin", "GET", "/api/users?q=NORT", nil)); len(got) != 1 || got[0].(object)["login"] != "north" {
		t.Errorf("found %v", got)
	}

	made := w.do(201, "admin", "POST", "/api/users", api.NewUser{Login: "sun", Title: "Follow-up 3", Area: "3701", Role: "follow-up-officer"})
	at := "/api/users/" + id(made)
	roles := func(o object) (out []string) {
		for _, r := range o["roles"].([]any) {
			r := r.(object)
			out = append(out, r["role"].(string)+" "+r["area"].(string)+" "+r["state"].(string))
		}
		return out
	}
	if made["one_time"] != true || len(made["one_time_password"].(string)) < 12 || strings.Join(roles(made), ", ") != "follow-up-officer 3701 in_force" {
		t.Errorf("made %v", made)
	}
	if got := w.do(200, "admin", "GET", at, nil); got["one_time_password"] != nil {
		t.Error("the password is shown a second time")
	}
	w.do(409, "admin", "POST", "/api/users", api.NewUser{Login: "sun", Title: "Another", Area: "3701"})
	if got := w.location(w.do(422, "admin", "POST", "/api/users", api.NewUser{Login: "li", Title: "Li", Area: "99"})); got != "body.area" {
		t.Errorf("an unknown area: the problem is at %q", got)
	}
	w.do(200, "admin", "POST", at+"/roles", api.NewRole{Role: "epidemiologist", Area: "3701"})
	got := w.do(200, "admin", "POST", at+"/roles", api.NewRole{Role: "administrator", Area: "3701"})
	if !strings.Contains(strings.Join(roles(got), ", "), "administrator 3701 proposed") {
		t.Errorf("an administrator's role waits for a second one: %v", roles(got))
	}
	w.do(403, "admin", "POST", at+"/roles/confirm", api.NewRole{Role: "administrator", Area: "3701"})
	w.do(422, "admin", "POST", at+"/roles", api.NewRole{Role: "emperor", Area: "3701"})
	got = w.do(200, "admin", "POST", at+"/roles/end", api.NewRole{Role: "follow-up-officer", Area: "3701"})
	if strings.Contains(strings.Join(roles(got), ", "), "follow-up-officer") {
		t.Errorf("the role is still there: %v", roles(got))
	}
	if again := w.do(200, "admin", "POST", at+"/password", nil); again["one_time_password"] == made["one_time_password"] || again["one_time_password"] == "" {
		t.Errorf("a new password: %v", again)
	}
	now := w.do(200, "admin", "GET", at, nil)
	yes := true
	w.do(409, "admin", "PATCH", at, api.UserCorrection{Version: 99, Disabled: &yes})
	if got := w.do(200, "admin", "PATCH", at, api.UserCorrection{Version: int64(now["version"].(float64)), Disabled: &yes}); got["disabled"] != true {
		t.Errorf("disabled: %v", got)
	}
	w.do(200, "admin", "POST", at+"/sessions/end", nil)

	// Nobody gives roles to themselves, and another's areas are not there.
	self := items(w.do(200, "admin", "GET", "/api/users?q=admin", nil))[0].(object)
	w.do(403, "admin", "POST", "/api/users/"+id(self)+"/roles", api.NewRole{Role: "duty-officer", Area: "37"})
	w.add("admin-south", "administrator", "3702")
	w.do(404, "admin-south", "GET", at, nil)
	w.do(404, "admin-south", "POST", at+"/password", nil)
	if got := items(w.do(200, "admin-south", "GET", "/api/users", nil)); len(got) != 2 {
		t.Errorf("an administrator of the south sees %d accounts, want the two there", len(got))
	}
}

// TestNames: what identifies a person goes in with the record, and comes out for a purpose, with a reason, by who may, where they may; the journal tells of it
// without the name.
func TestNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.SQLite(t), nil)
	const name, document = "Made Up Person", "TEST-370101-0001"
	k := w.do(201, "epi", "POST", "/api/outbreaks/o/cases", api.NewCase{Code: "A", Person: api.Person{Sex: "female", Name: name, Document: document}, Fields: map[string]string{"class": "confirmed", "onset": "2022-03-03", "area": "370101"}})
	at := "/api/cases/" + id(k)
	if body := w.raw("epi", purposes["epi"], "GET", at, "", nil).Body.String(); strings.Contains(body, name) || strings.Contains(body, document) {
		t.Errorf("the case tells a name: %s", body)
	}
	why := api.NameRequest{Reason: "call about the onset", Fields: []string{"name", "document"}}
	if got := w.do(200, "epi", "POST", at+"/names", why); got["name"] != name || got["document"] != document || got["phone"] != nil {
		t.Errorf("read %v", got)
	}
	if got := w.do(200, "epi", "POST", at+"/names", api.NameRequest{Reason: "call"}); got["name"] != name || got["document"] != nil {
		t.Errorf("by itself the name only is read: %v", got)
	}
	w.do(422, "epi", "POST", at+"/names", api.NameRequest{Reason: " "})
	w.do(422, "epi", "POST", at+"/names", api.NameRequest{Reason: "x", Fields: []string{"salary"}})
	if got := w.doFor(403, "epi", "", "POST", at+"/names", why); got["kind"] != "no-purpose" {
		t.Errorf("without a purpose: %v", got)
	}
	w.doFor(403, "epi", "screening", "POST", at+"/names", why)
	w.do(404, "south", "POST", at+"/names", why)
	w.do(403, "lab", "POST", at+"/names", why)
	w.do(403, "admin", "POST", at+"/names", why)

	c := w.do(201, "epi", "POST", "/api/outbreaks/o/contacts", api.NewContact{Code: "B", Case: int64(k["id"].(float64)), Person: api.Person{Name: "Second Made Up"}, Fields: map[string]string{"last_exposed": "2022-03-04", "area": "370101"}})
	of := "/api/contacts/" + id(c)
	w.do(200, "epi", "PUT", of+"/identity", api.Names{Phone: "000 0000"})
	w.do(404, "south", "PUT", of+"/identity", api.Names{Phone: "1"})
	if got := w.do(200, "north", "POST", of+"/names", api.NameRequest{Reason: "call", Fields: []string{"name", "phone"}}); got["name"] != "Second Made Up" || got["phone"] != "000 0000" {
		t.Errorf("read of the contact: %v", got)
	}
	long := api.NewCase{Code: "L", Person: api.Person{Name: strings.Repeat("n", 300)}, Fields: map[string]string{"class": "confirmed"}}
	w.do(422, "epi", "POST", "/api/outbreaks/o/cases", long)
	known := api.NewCase{Code: "K", Person: api.Person{ID: 1, Name: "x"}, Fields: map[string]string{"class": "confirmed"}}
	if got := w.location(w.do(422, "epi", "POST", "/api/outbreaks/o/cases", known)); got != "body.person.name" {
		t.Errorf("a name for a known person: the problem is at %q", got)
	}

	read := w.raw("audit", purposes["audit"], "GET", "/api/journal?limit=1000", "", nil).Body.String()
	if n := strings.Count(read, `"kind":"name.read"`); n != 3 || strings.Contains(read, name) {
		t.Errorf("%d readings in the journal, want 3 and no name: %s", n, read)
	}
}
