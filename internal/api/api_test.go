package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"firebreak/internal/account"
	"firebreak/internal/api"
	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/importer"
	"firebreak/internal/journal"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
)

var update = flag.Bool("update", false, "write the golden files anew")

var start = time.Date(2022, 3, 5, 1, 0, 0, 0, time.UTC)

// world is two districts under a province, an outbreak over both, and one user for each role that the tests need.
type world struct {
	options api.Options
	t       *testing.T
	handler http.Handler
	areas   map[string]place.AreaID
	users   map[string]auth.Actor

	accounts *account.Service
}

// add makes another account with one role.
func (w *world) add(login string, role auth.Role, code string) {
	w.t.Helper()
	u, err := w.accounts.OperatorAdd(w.t.Context(), account.NewUser{Login: login, Title: login, Password: "correct horse battery", Area: w.areas[code]}, []auth.Grant{{Role: role, Area: w.areas[code]}})
	if err != nil {
		w.t.Fatal(err)
	}
	w.users[login] = u.Actor()
}

func newWorld(t *testing.T, open storetest.Open, change func(*api.Options)) *world {
	t.Helper()
	w := &world{t: t, areas: map[string]place.AreaID{}, users: map[string]auth.Actor{}}
	db := open(func(o *store.Options) { o.Now = func() time.Time { return start } })
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(db.Update(t.Context(), func(tx *store.Tx) error {
		f, err := tx.Append(journal.Entry{Kind: journal.AreasImported, Actor: "test"})
		if err != nil {
			return err
		}
		_, _, _, err = tx.PutAreas([]place.NewJurisdiction{
			{Jurisdiction: place.Jurisdiction{Code: "37", Name: "Province", Level: place.Province}},
			{Jurisdiction: place.Jurisdiction{Code: "3701", Name: "North", Level: place.District}, ParentCode: "37"},
			{Jurisdiction: place.Jurisdiction{Code: "370101", Name: "Community", Level: place.Community}, ParentCode: "3701"},
			{Jurisdiction: place.Jurisdiction{Code: "3702", Name: "South", Level: place.District}, ParentCode: "37"},
		}, nil, f.Seq)
		return err
	}))
	tree, err := db.Tree(t.Context())
	must(err)
	for _, j := range tree.All() {
		w.areas[j.Code] = j.ID
	}
	accounts, err := account.New(account.Options{DB: db, Hasher: auth.HasherOptions{Params: auth.HashParams{MemoryKiB: 8, Passes: 1, Lanes: 1}}})
	must(err)
	w.accounts = accounts
	for login, grant := range map[string]auth.Grant{
		"duty": {Role: auth.RoleDutyOfficer, Area: w.areas["37"]}, "epi": {Role: auth.RoleEpidemiologist, Area: w.areas["37"]},
		"north": {Role: auth.RoleEpidemiologist, Area: w.areas["3701"]}, "south": {Role: auth.RoleEpidemiologist, Area: w.areas["3702"]},
		"lab": {Role: auth.RoleLaboratory, Area: w.areas["37"]}, "audit": {Role: auth.RoleAuditor, Area: w.areas["37"]},
		"rounds": {Role: auth.RoleScreeningCoordinator, Area: w.areas["37"]}, "rounds-n": {Role: auth.RoleScreeningCoordinator, Area: w.areas["3701"]},
		"site": {Role: auth.RoleIsolationStaff, Area: w.areas["37"]}, "driver": {Role: auth.RoleDriver, Area: w.areas["37"]}, "ward": {Role: auth.RoleHospital, Area: w.areas["37"]}, "admin": {Role: auth.RoleAdministrator, Area: w.areas["37"]},
	} {
		u, err := accounts.OperatorAdd(t.Context(), account.NewUser{Login: login, Title: login, Password: "correct horse battery", Area: grant.Area}, []auth.Grant{grant})
		must(err)
		w.users[login] = u.Actor()
	}
	sealed, err := db.OpenIdentities(t.Context(), store.KeyOptions{})
	must(err)
	ids := command.New(db, sealed)
	_, err = ids.StartOutbreak(t.Context(), command.Owner("test"), command.StartOutbreak{Name: "o", Pack: "covid19/2022-v9", Zone: "Asia/Shanghai", Area: "37"})
	must(err)
	jobs, err := importer.New(importer.Options{DB: db, Commands: ids, MaxSize: 1 << 20})
	must(err)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var running sync.WaitGroup
	running.Go(func() { jobs.Run(ctx) })
	t.Cleanup(func() { cancel(); running.Wait() })
	o := api.Options{DB: db, Commands: ids, Accounts: accounts, Imports: jobs}
	if change != nil {
		change(&o)
	}
	w.options, w.handler = o, api.New(o)
	return w
}

var purposes = map[string]string{"duty": "command", "epi": "case-investigation", "north": "case-investigation", "south": "case-investigation", "lab": "screening", "rounds": "screening", "rounds-n": "screening", "audit": "audit", "ward": "care", "site": "isolation", "driver": "transfer", "admin": "administration"}

type object = map[string]any

// raw sends a request as a user; an empty login is nobody.
func (w *world) raw(login, purpose, method, path, contentType string, body io.Reader) *httptest.ResponseRecorder {
	w.t.Helper()
	r := httptest.NewRequest(method, path, body)
	if login != "" {
		r = r.WithContext(auth.WithActor(r.Context(), w.users[login]))
	}
	if purpose != "" {
		r.Header.Set("Firebreak-Purpose", purpose)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	return rec
}

// do sends JSON for the user's usual purpose, and fails the test unless the status is the one wanted.
func (w *world) do(want int, login, method, path string, body any) object {
	w.t.Helper()
	return w.doFor(want, login, purposes[login], method, path, body)
}

func (w *world) doFor(want int, login, purpose, method, path string, body any) object {
	w.t.Helper()
	var b io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			w.t.Fatal(err)
		}
		b = bytes.NewReader(text)
	}
	rec := w.raw(login, purpose, method, path, "application/json", b)
	if rec.Code != want {
		w.t.Fatalf("%s %s as %s: %d, want %d: %s", method, path, login, rec.Code, want, rec.Body)
	}
	if ct := rec.Header().Get("Content-Type"); want >= 400 && ct != "application/problem+json" {
		w.t.Errorf("%s %s: a problem of type %q", method, path, ct)
	}
	out := object{}
	if err := json.Unmarshal(rec.Body.Bytes(), &out); err != nil {
		w.t.Fatalf("%s %s: %v in %s", method, path, err, rec.Body)
	}
	return out
}

func items(o object) []any { return o["items"].([]any) }

func (w *world) location(o object) string {
	w.t.Helper()
	list, _ := o["errors"].([]any)
	if len(list) == 0 {
		w.t.Fatalf("no field is named: %v", o)
	}
	return list[0].(object)["location"].(string)
}

func (w *world) addCase(code, area string) object {
	w.t.Helper()
	return w.do(201, "epi", "POST", "/api/outbreaks/o/cases", object{"code": code, "fields": object{"class": "confirmed", "onset": "2022-03-03", "area": area}})
}

func id(o object) string { return fmt.Sprint(int64(o["id"].(float64))) }

// TestStory goes once through every noun, on every engine.
func TestStory(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		w := newWorld(t, open, nil)
		if n := len(items(w.do(200, "duty", "GET", "/api/outbreaks", nil))); n != 1 {
			t.Errorf("%d outbreaks, want 1", n)
		}
		if o := w.do(201, "duty", "POST", "/api/outbreaks", object{"name": "second", "pack": "mers/who", "area": "37"}); o["area"] != "37" {
			t.Errorf("started %v", o)
		}
		if got := items(w.do(200, "north", "GET", "/api/areas?parent=37", nil)); len(got) != 1 || got[0].(object)["code"] != "3701" {
			t.Errorf("the north sees below the province: %v", got)
		}

		// An office outside the area of an outbreak sees it once it was asked for assistance there.
		w.do(201, "duty", "POST", "/api/outbreaks", object{"name": "north", "pack": "covid19/2022-v9", "area": "3701"})
		far := w.do(201, "epi", "POST", "/api/outbreaks/north/cases", object{"code": "N", "fields": object{"class": "confirmed", "onset": "2022-03-03", "area": "370101"}})
		if n := len(items(w.do(200, "south", "GET", "/api/outbreaks", nil))); n != 2 {
			t.Errorf("the south sees %d outbreaks before it was asked", n)
		}
		w.do(201, "north", "POST", "/api/cases/"+id(far)+"/assistance", object{"name": "Li", "fields": object{"area": "3702", "last_exposed": "2022-03-04"}})
		if n := len(items(w.do(200, "south", "GET", "/api/outbreaks", nil))); n != 3 {
			t.Errorf("the south sees %d outbreaks after it was asked", n)
		}

		a := w.addCase("A", "370101")
		w.addCase("B", "3702")
		page := w.do(200, "epi", "GET", "/api/outbreaks/o/cases?limit=1&sort=code&class=confirmed,asymptomatic", nil)
		next := w.do(200, "epi", "GET", "/api/outbreaks/o/cases?limit=1&sort=code&class=confirmed,asymptomatic&cursor="+page["next"].(string), nil)
		if x, y := items(page)[0].(object)["code"], items(next)[0].(object)["code"]; x != "A" || y != "B" || next["next"] != nil {
			t.Errorf("pages of one: %v, %v, then %v", x, y, next["next"])
		}
		got := w.do(200, "epi", "GET", "/api/cases/"+id(a), nil)
		if f := got["fields"].(object); f["onset"] != "2022-03-03" || f["area"] != "370101" || got["version"] != 1.0 {
			t.Errorf("case A: %v", got)
		}
		fixed := w.do(200, "epi", "PATCH", "/api/cases/"+id(a), object{"version": 1, "fields": object{"hospital": "First"}, "reason": "told by phone"})
		if fixed["fields"].(object)["hospital"] != "First" || fixed["version"] != 2.0 {
			t.Errorf("corrected: %v", fixed)
		}
		if h := items(w.do(200, "epi", "GET", "/api/cases/"+id(a)+"/history", nil)); h[0].(object)["kind"] != "case.corrected" {
			t.Errorf("the newest fact is %v", h[0])
		}

		k := w.do(201, "epi", "POST", "/api/outbreaks/o/contacts", object{"code": "K", "case": a["id"], "fields": object{"last_exposed": "2022-03-04", "area": "370101"}})
		if n := len(items(w.do(200, "epi", "GET", "/api/cases/"+id(a)+"/contacts", nil))); n != 1 {
			t.Errorf("A has %d contacts", n)
		}
		if n := len(items(w.do(200, "epi", "GET", "/api/outbreaks/o/contacts?tier=close&state=listed", nil))); n != 1 {
			t.Errorf("%d contacts listed", n)
		}
		k = w.do(200, "epi", "PATCH", "/api/contacts/"+id(k), object{"version": k["version"], "fields": object{"relation": "household"}})
		for range 2 { // a phone may send twice
			k = w.doFor(200, "epi", "contact-tracing", "POST", "/api/contacts/"+id(k)+"/checks", object{"seen": true, "temperature": 36.6})
		}
		if k["state"] != "followed" || k["fields"].(object)["relation"] != "household" {
			t.Errorf("contact after a check: %v", k)
		}
		if n := len(items(w.do(200, "epi", "GET", "/api/contacts/"+id(k)+"/checks", nil))); n != 1 {
			t.Errorf("%d checks, want 1", n)
		}

		b := w.do(200, "epi", "GET", "/api/outbreaks/o/cases?code=B", nil)
		k = w.do(200, "epi", "POST", "/api/contacts/"+id(k)+"/exposures", object{"case": items(b)[0].(object)["id"], "last": "2022-03-04", "tier": "general", "said_by": "K"})
		met := items(w.do(200, "epi", "GET", "/api/contacts/"+id(k)+"/exposures", nil))
		if len(met) != 2 || met[1].(object)["said_by"] != "K" || k["tier"] != "close" || k["case"] != a["id"] {
			t.Errorf("K of A and B is %v, and met %v", k, met)
		}
		w.do(422, "epi", "POST", "/api/exposures/"+id(met[1].(object))+"/end", object{"version": 1, "reason": " "})
		w.do(200, "epi", "POST", "/api/exposures/"+id(met[1].(object))+"/end", object{"version": 1, "reason": "another bus"})
		w.do(409, "epi", "POST", "/api/exposures/"+id(met[1].(object))+"/end", object{"version": 1, "reason": "another bus"})

		sp := w.do(201, "epi", "POST", "/api/specimens", object{"contact": k["id"], "code": "T1"})
		found := w.do(200, "lab", "GET", "/api/outbreaks/o/specimens?code=T1", nil)
		if id(found) != id(sp) {
			t.Errorf("label T1 is specimen %v", found["id"])
		}
		for range 2 { // so may a laboratory
			sp = w.do(200, "lab", "PUT", "/api/specimens/"+id(sp)+"/result", object{"result": "positive", "ct": 21.5})
		}
		if sp["result"] != "positive" || sp["version"] != 2.0 {
			t.Errorf("result: %v", sp)
		}
		if k = w.do(200, "epi", "GET", "/api/contacts/"+id(k), nil); k["state"] != "became_case" {
			t.Errorf("the contact is %v after a positive result", k["state"])
		}

		byKind := map[string]object{}
		for _, x := range items(w.do(200, "epi", "GET", "/api/cases/"+id(a)+"/tasks", nil)) {
			byKind[x.(object)["kind"].(string)] = x.(object)
		}
		move := w.do(200, "epi", "GET", "/api/tasks/"+id(byKind["move_case"]), nil)
		steps := move["why"].([]any)
		if last := steps[len(steps)-1].(object); last["fact"] != "case.confirmed" {
			t.Errorf("the first reason to move A is %v", last)
		}
		if done := w.do(200, "epi", "POST", "/api/tasks/"+id(move)+"/complete", object{"version": move["version"]}); done["state"] != "done" {
			t.Errorf("completed: %v", done)
		}
		report := byKind["report_case"]
		if out := w.do(200, "epi", "POST", "/api/tasks/"+id(report)+"/waive", object{"version": report["version"], "reason": "a drill"}); out["state"] != "waived" {
			t.Errorf("waived: %v", out)
		}
		w.do(409, "epi", "POST", "/api/tasks/"+id(report)+"/waive", object{"version": report["version"], "reason": "again"})
		if n := len(items(w.do(200, "epi", "GET", "/api/outbreaks/o/tasks?state=open&duty=moved&owner=transfer-dispatcher", nil))); n == 0 {
			t.Error("nobody has to be moved")
		}
		moved := false
		for _, x := range items(w.do(200, "epi", "GET", "/api/outbreaks/o/coverage", nil)) {
			d := x.(object)
			moved = moved || d["duty"] == "moved" && d["done"] == 1.0
		}
		if !moved {
			t.Error("coverage does not count the case that was moved")
		}
		if r := w.do(200, "epi", "GET", "/api/outbreaks/o/situation", nil); r["cases"] != 3.0 {
			t.Errorf("the report counts %v cases, want 3", r["cases"])
		}

		zones := items(w.do(200, "epi", "GET", "/api/outbreaks/o/zones", nil))
		if len(zones) == 0 {
			t.Fatal("no zone is proposed")
		}
		z := zones[0].(object)
		if out := w.do(200, "epi", "POST", "/api/zones/"+id(z)+"/decision", object{"version": z["version"], "state": "in_force", "reason": "three households"}); out["state"] != "in_force" {
			t.Errorf("decided: %v", out)
		}

		var form bytes.Buffer
		m := multipart.NewWriter(&form)
		part, _ := m.CreateFormFile("file", "links.csv")
		fmt.Fprint(part, "from,to\nA,B\n")
		m.Close()
		for _, created := range []float64{1, 0} {
			rec := w.raw("duty", "command", "POST", "/api/outbreaks/o/imports?then=run", m.FormDataContentType(), bytes.NewReader(form.Bytes()))
			var out object
			if err := json.Unmarshal(rec.Body.Bytes(), &out); err != nil || rec.Code != 201 {
				t.Fatalf("import: %d %s", rec.Code, rec.Body)
			}
			out = w.do(200, "duty", "GET", "/api/outbreaks/o/imports/"+id(out)+"?wait=30", nil)
			if out["state"] != "done" || out["rows"] != 1.0 || out["created"] != created {
				t.Errorf("import: %v", out)
			}
		}
		if n := len(items(w.do(200, "south", "GET", "/api/outbreaks/o/links", nil))); n != 1 {
			t.Errorf("the south sees %d links, want that of its case", n)
		}
		if r := w.do(200, "south", "GET", "/api/outbreaks/o/situation", nil); r["links"] != 0.0 || r["linked_outside"] != 1.0 {
			t.Errorf("the south's report of a link that leaves it: %v", r)
		}
		// A infected B, as the file says, and met K, as the rule says since K is a case; the same transmission told by a person adds none.
		w.do(200, "epi", "POST", "/api/outbreaks/o/links", object{"from": "A", "to": "K", "kind": "transmission", "certainty": "confirmed", "reason": "the same household"})
		w.do(422, "epi", "POST", "/api/outbreaks/o/links", object{"from": "K", "to": "A", "kind": "transmission"})
		links := items(w.do(200, "epi", "GET", "/api/cases/"+id(a)+"/links", nil))
		for _, x := range links {
			if l := x.(object); l["to_code"] == "K" && (l["kind"] != "transmission" || l["certainty"] != "confirmed") {
				t.Errorf("A and K: %v", l)
			}
		}
		if len(links) != 2 {
			t.Errorf("A has %d links, want one to each of B and K", len(links))
		}
		w.do(422, "epi", "POST", "/api/links/"+id(links[0].(object))+"/remove", object{"reason": ""})
		w.do(200, "epi", "POST", "/api/links/"+id(links[0].(object))+"/remove", object{"reason": "two families of one name"})
		w.do(404, "epi", "POST", "/api/links/"+id(links[0].(object))+"/remove", object{"reason": "again"})
		if n := len(items(w.do(200, "epi", "GET", "/api/cases/"+id(a)+"/links", nil))); n != 1 {
			t.Errorf("A has %d links after one was removed", n)
		}

		csv := w.raw("north", "case-investigation", "GET", "/api/outbreaks/o/export/cases", "", nil).Body.String()
		if !strings.HasPrefix(csv, "code,") || !strings.Contains(csv, "\nA,") || strings.Contains(csv, "\nB,") {
			t.Errorf("the north's export: %s", csv)
		}
		if rec := w.raw("epi", "case-investigation", "GET", "/api/outbreaks/o/export/contacts?format=json", "", nil); !json.Valid(rec.Body.Bytes()) {
			t.Errorf("export as JSON: %s", rec.Body)
		}

		var seen []string
		for _, x := range items(w.do(200, "audit", "GET", "/api/journal?limit=1000", nil)) {
			e := x.(object)
			seen = append(seen, e["kind"].(string))
			if e["payload"] != nil {
				t.Errorf("the auditor is shown %v", e)
			}
		}
		if !slices.Contains(seen, "export.made") || !slices.Contains(seen, "zone.decided") {
			t.Errorf("the journal holds %v", seen)
		}

		tok := w.do(201, "epi", "POST", "/api/tokens", object{"label": "nightly", "scopes": []string{"case.read"}, "expires_at": start.AddDate(0, 0, 30)})
		if _, err := auth.ParseAPISecret(tok["secret"].(string)); err != nil {
			t.Error(err)
		}
		if l := items(w.do(200, "epi", "GET", "/api/tokens", nil)); len(l) != 1 || l[0].(object)["secret"] != nil {
			t.Errorf("own tokens: %v", l)
		}
		w.do(404, "north", "DELETE", "/api/tokens/"+id(tok), nil)
		if out := w.do(200, "epi", "DELETE", "/api/tokens/"+id(tok), nil); out["ended_at"] == nil {
			t.Errorf("ended: %v", out)
		}
	})
}

// TestScope: what lies elsewhere is neither listed nor found, whichever way it is asked for.
func TestScope(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.SQLite(t), nil)
	a := w.addCase("A", "370101")
	k := w.do(201, "epi", "POST", "/api/outbreaks/o/contacts", object{"case": a["id"], "fields": object{"last_exposed": "2022-03-04", "area": "370101"}})
	sp := w.do(201, "epi", "POST", "/api/specimens", object{"case": a["id"]})
	tasks := items(w.do(200, "epi", "GET", "/api/outbreaks/o/tasks", nil))
	zones := items(w.do(200, "epi", "GET", "/api/outbreaks/o/zones", nil))
	for _, noun := range []string{"cases", "contacts", "tasks", "zones", "links"} {
		if got := items(w.do(200, "south", "GET", "/api/outbreaks/o/"+noun, nil)); len(got) != 0 {
			t.Errorf("the south lists %s: %v", noun, got)
		}
	}
	if got := items(w.do(200, "south", "GET", "/api/outbreaks/o/cases?area=3701", nil)); len(got) != 0 {
		t.Errorf("the south lists the north's cases by asking for them: %v", got)
	}
	for _, path := range []string{"/api/cases/" + id(a), "/api/cases/" + id(a) + "/tasks", "/api/cases/" + id(a) + "/history", "/api/cases/" + id(a) + "/links", "/api/cases/" + id(a) + "/contacts",
		"/api/contacts/" + id(k), "/api/contacts/" + id(k) + "/checks", "/api/specimens/" + id(sp), "/api/tasks/" + id(tasks[0].(object))} {
		w.do(200, "north", "GET", path, nil)
		w.do(404, "south", "GET", path, nil)
	}
	w.do(404, "south", "PATCH", "/api/cases/"+id(a), object{"version": 1, "fields": object{"hospital": "x"}})
	w.do(404, "south", "PATCH", "/api/contacts/"+id(k), object{"version": 1, "fields": object{"relation": "x"}})
	w.do(404, "south", "POST", "/api/contacts/"+id(k)+"/checks", object{"seen": true})
	w.do(404, "south", "POST", "/api/specimens", object{"case": a["id"]})
	w.do(404, "south", "POST", "/api/tasks/"+id(tasks[0].(object))+"/waive", object{"version": 1, "reason": "x"})
	w.do(404, "south", "POST", "/api/zones/"+id(zones[0].(object))+"/decision", object{"version": 1, "state": "declined", "reason": "x"})
	w.do(403, "south", "POST", "/api/outbreaks/o/cases", object{"fields": object{"class": "confirmed", "area": "370101"}})
	if r := w.do(200, "south", "GET", "/api/outbreaks/o/situation", nil); r["cases"] != 0.0 {
		t.Errorf("the south counts %v cases", r["cases"])
	}
}

// TestRefusals: each with its status, its kind, and the place in the request that is wrong.
func TestRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.SQLite(t), func(o *api.Options) { o.MaxBody = 4096 })
	a := w.addCase("A", "370101")
	for _, tc := range []struct {
		name, login, purpose, method, path string
		body                               any
		status                             int
		kind, location                     string
	}{
		{"nobody", "", "", "GET", "/api/outbreaks", nil, 401, "unknown-caller", ""},
		{"no operation", "epi", "", "GET", "/api/nonsense", nil, 404, "not-found", ""},
		{"no purpose", "epi", "", "GET", "/api/outbreaks/o/cases", nil, 403, "no-purpose", "header.Firebreak-Purpose"},
		{"another's purpose", "epi", "transfer", "GET", "/api/cases/" + id(a), nil, 403, "purpose", "header.Firebreak-Purpose"},
		{"no purpose to change", "epi", "", "PATCH", "/api/cases/" + id(a), object{"version": 1, "fields": object{"hospital": "x"}}, 403, "no-purpose", "header.Firebreak-Purpose"},
		{"no such right", "lab", "screening", "GET", "/api/outbreaks/o/cases", nil, 403, "forbidden", ""},
		{"no audit", "epi", "", "GET", "/api/journal", nil, 403, "forbidden", ""},
		{"no outbreak", "epi", "case-investigation", "GET", "/api/outbreaks/none/cases", nil, 404, "not-found", ""},
		{"no case", "epi", "case-investigation", "GET", "/api/cases/999999", nil, 404, "not-found", ""},
		{"bad day", "epi", "case-investigation", "PATCH", "/api/cases/" + id(a), object{"version": 1, "fields": object{"onset": "3 March"}}, 422, "invalid", "body.fields.onset"},
		{"bad person", "epi", "case-investigation", "POST", "/api/outbreaks/o/cases", object{"person": object{"age": "old"}, "fields": object{"class": "confirmed"}}, 422, "invalid", "body.person.age"},
		{"code twice", "epi", "case-investigation", "POST", "/api/outbreaks/o/cases", object{"code": "A", "fields": object{"class": "confirmed"}}, 422, "invalid", "body.code"},
		{"bad filter", "epi", "case-investigation", "GET", "/api/outbreaks/o/cases?class=ill", nil, 422, "invalid", "query.class"},
		{"bad area", "epi", "case-investigation", "GET", "/api/outbreaks/o/cases?area=99", nil, 422, "invalid", "query.area"},
		{"bad cursor", "epi", "case-investigation", "GET", "/api/outbreaks/o/cases?cursor=x", nil, 400, "cursor", ""},
		{"unknown member", "epi", "case-investigation", "PATCH", "/api/cases/" + id(a), object{"version": 1, "feilds": object{}}, 422, "", "body.feilds"},
		{"too large", "epi", "case-investigation", "PATCH", "/api/cases/" + id(a), object{"version": 1, "reason": strings.Repeat("x", 5000)}, 413, "too-large", ""},
		{"token beyond one's rights", "epi", "", "POST", "/api/tokens", object{"label": "x", "scopes": []string{"audit.read"}, "expires_at": start.AddDate(0, 1, 0)}, 422, "invalid", "body.scopes[0]"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := &world{t: t, handler: w.handler, users: w.users}
			out := w.doFor(tc.status, tc.login, tc.purpose, tc.method, tc.path, tc.body)
			if kind, _ := out["kind"].(string); kind != tc.kind || out["status"] != float64(tc.status) || out["detail"] == "" {
				t.Errorf("got %v", out)
			}
			if tc.location != "" {
				if got := w.location(out); got != tc.location {
					t.Errorf("location %q, want %q", got, tc.location)
				}
			}
		})
	}
}

// TestConflict: the second of two people gets the record as it is now and what was done to it; nothing is overwritten.
func TestConflict(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.SQLite(t), nil)
	a := w.addCase("A", "370101")
	w.do(200, "north", "PATCH", "/api/cases/"+id(a), object{"version": a["version"], "fields": object{"hospital": "First"}})
	out := w.do(409, "epi", "PATCH", "/api/cases/"+id(a), object{"version": a["version"], "fields": object{"hospital": "Second"}})
	c := out["conflict"].(object)
	if out["kind"] != "conflict" || c["have"] != 2.0 || c["want"] != 1.0 || c["fields"].(object)["hospital"] != "First" {
		t.Fatalf("conflict: %v", out)
	}
	change := c["changes"].([]any)[0].(object)
	got := change["payload"].(object)["changed"].(object)["hospital"].(object)
	if change["actor"] != "north" || got["to"] != "First" {
		t.Errorf("what changed: %v", change)
	}
	if now := w.do(200, "epi", "GET", "/api/cases/"+id(a), nil); now["fields"].(object)["hospital"] != "First" {
		t.Errorf("case: %v", now)
	}
}

// TestTokenNarrows: a token made for reading cannot write, whatever its owner may do.
func TestTokenNarrows(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.SQLite(t), nil)
	a := w.addCase("A", "370101")
	reader := w.users["epi"]
	reader.Token = &auth.TokenUse{ID: 1, Scopes: []auth.Action{auth.CaseRead}}
	w.users["reader"] = reader
	w.doFor(200, "reader", "case-investigation", "GET", "/api/cases/"+id(a), nil)
	w.doFor(403, "reader", "case-investigation", "PATCH", "/api/cases/"+id(a), object{"version": 1, "fields": object{"hospital": "x"}})
	w.doFor(403, "reader", "case-investigation", "GET", "/api/outbreaks/o/export/cases", nil)
	w.doFor(403, "reader", "", "POST", "/api/tokens", object{"label": "x", "scopes": []string{"case.read"}, "expires_at": start.AddDate(0, 1, 0)})
}

// TestReasonsWithoutRecords: who may read tasks and no case learns which fact a task stands on, not what it says of the person.
func TestReasonsWithoutRecords(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.SQLite(t), nil)
	w.addCase("A", "370101")
	first := items(w.do(200, "driver", "GET", "/api/outbreaks/o/tasks?kind=move_case", nil))[0].(object)
	for login, shown := range map[string]bool{"epi": true, "driver": false} {
		steps := w.do(200, login, "GET", "/api/tasks/"+id(first), nil)["why"].([]any)
		fact := steps[len(steps)-1].(object)
		if fact["fact"] != "case.confirmed" || (fact["payload"] != nil) != shown {
			t.Errorf("%s is told %v", login, fact)
		}
	}
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.SQLite(t), func(o *api.Options) { o.Burst = 2 })
	for range 2 {
		w.do(200, "epi", "GET", "/api/outbreaks", nil)
	}
	rec := w.raw("epi", "", "GET", "/api/outbreaks", "", nil)
	if rec.Code != 429 || rec.Header().Get("Retry-After") == "" {
		t.Errorf("the third of two: %d %v", rec.Code, rec.Header())
	}
	w.do(200, "duty", "GET", "/api/outbreaks", nil) // another user is not held up
}

// TestDocument holds the description's version and operations; run with -update after adding one.
func TestDocument(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.SQLite(t), nil)
	rec := w.raw("", "", "GET", "/api/openapi.json", "", nil)
	var doc struct {
		OpenAPI string                                             `json:"openapi"`
		Paths   map[string]map[string]struct{ OperationID string } `json:"paths"`
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &doc); err != nil || rec.Code != 200 {
		t.Fatalf("%d %v", rec.Code, err)
	}
	if !strings.HasPrefix(doc.OpenAPI, "3.1") {
		t.Errorf("OpenAPI %q, want 3.1", doc.OpenAPI)
	}
	var b strings.Builder
	for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
		for _, method := range slices.Sorted(maps.Keys(doc.Paths[path])) {
			fmt.Fprintf(&b, "%s %s %s\n", strings.ToUpper(method), path, doc.Paths[path][method].OperationID)
		}
	}
	golden := filepath.Join("testdata", "operations.txt")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestImportAreas: an administrator tries files, agrees to what they would do, and brings them; who is none may not.
func TestImportAreas(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.SQLite(t), nil)
	const text = "code,name,level,parent\n3703,East,district,37\n3702,South side,district,37\n"
	shape := json.RawMessage(`{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"code":"3703"},"geometry":{"type":"Polygon","coordinates":[[[120,36],[121,36],[121,37],[120,36]]]}}]}`)
	w.do(403, "epi", "POST", "/api/areas", api.NewAreas{Jurisdictions: text})
	tried := w.do(200, "admin", "POST", "/api/areas", api.NewAreas{Jurisdictions: text, Boundaries: shape, DryRun: true})
	if tried["created"] != 1.0 || tried["updated"] != 1.0 || tried["outlines_new"] != 1.0 || len(tried["changes"].([]any)) != 3 {
		t.Errorf("tried %v", tried)
	}
	seen := int64(tried["seen"].(float64))
	if got := len(items(w.do(200, "epi", "GET", "/api/areas?parent=37", nil))); got != 2 {
		t.Errorf("%d districts after a dry run, want 2", got)
	}
	w.do(200, "admin", "POST", "/api/areas", api.NewAreas{Jurisdictions: text, Boundaries: shape, Seen: &seen})
	w.do(409, "admin", "POST", "/api/areas", api.NewAreas{Jurisdictions: text, Seen: &seen})
	if got := len(items(w.do(200, "epi", "GET", "/api/areas?parent=37", nil))); got != 3 {
		t.Errorf("%d districts, want 3", got)
	}
	bad := w.do(422, "admin", "POST", "/api/areas", api.NewAreas{Jurisdictions: "code,name,level,parent\n9,Nowhere,district,8\n"})
	if got := w.location(bad); got != "body.jurisdictions.2" {
		t.Errorf("the problem is at %q", got)
	}
}

// TestChangePack: the command post looks at what another pack would change, and puts it in force; an epidemiologist may not.
func TestChangePack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.SQLite(t), nil)
	w.addCase("A", "370101")
	const at = "/api/outbreaks/o/pack"
	was := w.do(200, "epi", "GET", at, nil)
	if was["pack"] != "covid19/2022-v9@1" || len(was["earlier"].([]any)) != 0 {
		t.Errorf("in force: %v", was)
	}
	to := api.PackChange{Pack: "covid19/2022-11", Reason: "twenty measures", Version: int64(was["version"].(float64))}
	w.do(403, "epi", "POST", at, to)
	tried := to
	tried.DryRun = true
	if got := w.do(200, "duty", "POST", at, tried); got["cases"] != 1.0 || got["all_cases"] != 1.0 || got["to"] != "covid19/2022-11@1" {
		t.Errorf("a dry run: %v", got)
	}
	if got := w.do(200, "duty", "POST", at, to); got["left"] != false || got["from"] != "covid19/2022-v9@1" || got["cases"] != 1.0 {
		t.Errorf("changed: %v", got)
	}
	w.do(409, "duty", "POST", at, api.PackChange{Pack: "covid19/who", Reason: "x", Version: to.Version})
	w.do(422, "duty", "POST", at, api.PackChange{Pack: "covid19/who"})
	now := w.do(200, "epi", "GET", at, nil)
	if now["pack"] != "covid19/2022-11@1" || len(now["earlier"].([]any)) != 1 || now["left"] != 0.0 {
		t.Errorf("in force after the change: %v", now)
	}
}
