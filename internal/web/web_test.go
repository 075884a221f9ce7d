package web_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"firebreak/internal/account"
	"firebreak/internal/auth"
	"firebreak/internal/board"
	"firebreak/internal/cases"
	"firebreak/internal/command"
	"firebreak/internal/i18n"
	"firebreak/internal/importer"
	"firebreak/internal/journal"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/task"
	"firebreak/internal/web"
	"firebreak/internal/web/access"
	"firebreak/internal/web/assets"
	"firebreak/internal/web/live"
	"firebreak/internal/web/ui"
)

const password = "correct horse battery"

// now is when every test happens: the evening of 12 March in the outbreak's zone.
var now = time.Date(2022, 3, 12, 13, 40, 0, 0, time.UTC)

// city is a server over two districts with one case in each, and somebody of every sort to look at it.
type city struct {
	t    *testing.T
	db   *store.DB
	cmds *command.Commands
	site *web.Site
	url  string
	log  *logBuffer
	east cases.Case
	west cases.Case
}

// logBuffer is a log that handlers of several requests write to.
type logBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// people are the accounts: login and grants. Their password is the same.
var people = map[string]map[auth.Role]string{
	"duty": {auth.RoleDutyOfficer: "3"}, "epi-east": {auth.RoleEpidemiologist: "31"}, "epi-west": {auth.RoleEpidemiologist: "32"},
	"calls": {auth.RoleFollowUpOfficer: "31"}, "viewer": {auth.RoleHigherLevelViewer: "3"}, "coord": {auth.RoleScreeningCoordinator: "3"}, "transfer": {auth.RoleTransferDispatcher: "3"}, "lab-east": {auth.RoleLaboratory: "31"}, "lab-west": {auth.RoleLaboratory: "32"}, "admin": {auth.RoleAdministrator: "3"},
	"worker-east": {auth.RoleCommunityWorker: "31"}, "isolation-east": {auth.RoleIsolationStaff: "31"},
}

const square = `{"type":"Polygon","coordinates":[[[120,36],[121,36],[121,37],[120,37],[120,36]]]}`

func newCity(t *testing.T) *city {
	t.Helper()
	c := &city{t: t, log: &logBuffer{}}
	c.db = storetest.SQLite(t)(func(o *store.Options) { o.Now = func() time.Time { return now } })
	ids, err := c.db.OpenIdentities(t.Context(), store.KeyOptions{})
	c.must(err)
	c.cmds = command.New(c.db, ids)
	err = c.db.Update(t.Context(), func(tx *store.Tx) error {
		ref, err := tx.Append(journal.Entry{Kind: journal.AreasImported, Actor: "test"})
		if err != nil {
			return err
		}
		_, _, _, err = tx.PutAreas([]place.NewJurisdiction{
			{Jurisdiction: place.Jurisdiction{Code: "3", Name: "青岛", NameEN: "Qingdao", Level: place.City}},
			{Jurisdiction: place.Jurisdiction{Code: "31", Name: "莱西", NameEN: "Laixi", Level: place.District}, ParentCode: "3"},
			{Jurisdiction: place.Jurisdiction{Code: "32", Name: "市北", NameEN: "Shibei", Level: place.District}, ParentCode: "3"},
		}, map[string]string{"31": square, "32": square}, ref.Seq)
		return err
	})
	c.must(err)
	_, err = c.cmds.StartOutbreak(t.Context(), command.Owner("test"), command.StartOutbreak{Name: "laixi", Title: "Laixi 2022", Pack: "covid19/2022-v9", Zone: "Asia/Shanghai", Area: "3"})
	c.must(err)
	c.east = c.add("LX-1", "31", "community")
	c.west = c.add("SB-1", "32", "isolation")

	accounts, err := account.New(account.Options{DB: c.db, Hasher: auth.HasherOptions{Params: auth.HashParams{MemoryKiB: 8, Passes: 1, Lanes: 1}}})
	c.must(err)
	tree, err := c.db.Tree(t.Context())
	c.must(err)
	for login, roles := range people {
		var grants []auth.Grant
		for role, code := range roles {
			j, _ := tree.ByCode(code)
			grants = append(grants, auth.Grant{Role: role, Area: j.ID})
		}
		_, err := accounts.OperatorAdd(t.Context(), account.NewUser{Login: login, Title: login, Password: password, Area: grants[0].Area}, grants)
		c.must(err)
	}
	bundle, err := i18n.Load()
	c.must(err)
	files, err := assets.Load()
	c.must(err)
	kit := ui.NewKit(bundle, files)
	log := slog.New(slog.NewTextHandler(c.log, nil))
	door, err := access.New(access.Options{Accounts: accounts, DB: c.db, Kit: kit, Log: log})
	c.must(err)
	hub := live.New(c.db, live.Options{Log: log})
	boards := board.New(c.db, log)
	jobs, err := importer.New(importer.Options{DB: c.db, Commands: c.cmds, Log: log})
	c.must(err)
	c.site = &web.Site{DB: c.db, Commands: c.cmds, Kit: kit, Access: door, Boards: boards, Live: hub, Imports: jobs, Log: log}
	handler, err := web.Handler(c.site, files)
	c.must(err)
	server := httptest.NewServer(handler)
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { hub.Run(ctx) })
	running.Go(func() { jobs.Run(ctx) })
	t.Cleanup(func() { hub.Close(); server.Close(); stop(); running.Wait(); boards.Wait() })
	c.url = server.URL
	return c
}

func (c *city) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *city) add(code, area, found string) cases.Case {
	c.t.Helper()
	k, err := c.cmds.AddCase(c.t.Context(), command.Owner("test"), command.AddCase{Outbreak: "laixi", Code: code,
		Fields: map[string]string{"class": "confirmed", "area": area, "found": found, "onset": "2022-03-10", "confirmed_at": "2022-03-12T09:00"}})
	c.must(err)
	return k.Case
}

// taskOf is the task of a kind about a case.
func (c *city) taskOf(k cases.Case, kind task.Kind) (out task.Task) {
	c.t.Helper()
	c.must(c.db.View(c.t.Context(), func(r *store.Reader) error {
		list, err := r.TasksOf(task.Subject{Kind: task.OnCase, ID: int64(k.ID)})
		for _, t := range list {
			if t.Kind == kind {
				out = t
			}
		}
		return err
	}))
	if out.ID == 0 {
		c.t.Fatalf("case %s has no task %s", k.Code, kind)
	}
	return out
}

// browser is one person's.
type browser struct {
	c      *city
	client *http.Client
	lang   string
}

// as logs somebody in; an empty name logs nobody in. Redirects are shown, not followed.
func (c *city) as(login string) *browser {
	c.t.Helper()
	jar, err := cookiejar.New(nil)
	c.must(err)
	b := &browser{c: c, lang: "en", client: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	if login != "" {
		if a := b.post("/login", url.Values{"name": {login}, "password": {password}}); a.status != http.StatusSeeOther {
			c.t.Fatalf("log in as %s: %d", login, a.status)
		}
	}
	return b
}

// answer is what came back.
type answer struct {
	status int
	to     string // of a redirect
	body   string
	header http.Header
}

func (b *browser) do(method, path string, body io.Reader, header ...string) answer {
	b.c.t.Helper()
	req, err := http.NewRequestWithContext(b.c.t.Context(), method, b.c.url+path, body)
	b.c.must(err)
	req.Header.Set("Accept-Language", b.lang)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	got, err := b.client.Do(req)
	b.c.must(err)
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	b.c.must(err)
	return answer{got.StatusCode, got.Header.Get("Location"), string(text), got.Header}
}

func (b *browser) get(path string) answer { b.c.t.Helper(); return b.do(http.MethodGet, path, nil) }

// header is names and values, in turn.
func (b *browser) post(path string, form url.Values, header ...string) answer {
	b.c.t.Helper()
	return b.do(http.MethodPost, path, strings.NewReader(form.Encode()), header...)
}

func (a answer) wants(t *testing.T, status int, has []string, hasNot []string) {
	t.Helper()
	if a.status != status {
		t.Errorf("status %d, want %d", a.status, status)
	}
	for _, s := range has {
		if !strings.Contains(a.body, s) {
			t.Errorf("the answer lacks %q", s)
		}
	}
	for _, s := range append(hasNot, "‹", "ZgotmplZ", "%!") {
		if strings.Contains(a.body, s) {
			t.Errorf("the answer has %q", s)
		}
	}
}

// screens are all addresses that are read inside an outbreak, with the right they ask for.
func (c *city) screens() map[string]auth.Action {
	id := strconv.FormatInt(int64(c.taskOf(c.east, task.MoveCase).ID), 10)
	return map[string]auth.Action{
		"/o/laixi/now": auth.RollupRead, "/o/laixi/map/districts.geojson": auth.RollupRead, "/o/laixi/map/cases.geojson": auth.RollupRead, "/o/laixi/map/zones.geojson": auth.ZoneRead,
		"/o/laixi/tasks": auth.TaskRead, "/o/laixi/tasks/" + id: auth.TaskRead, "/o/laixi/search?q=x": auth.TaskRead,
	}
}

func TestWhoMaySeeWhat(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	tree, err := c.db.Tree(t.Context())
	c.must(err)
	city, _ := tree.ByCode("3")
	for login, roles := range people {
		b := c.as(login)
		for path, action := range c.screens() {
			var grants []auth.Grant
			for role := range roles {
				grants = append(grants, auth.Grant{Role: role, Area: city.ID})
			}
			want := http.StatusForbidden
			if auth.MayAnywhere(auth.Actor{Grants: grants}, action, "", now) {
				want = http.StatusOK
			}
			if strings.HasSuffix(login, "-west") && strings.Contains(path, "/tasks/") {
				want = http.StatusNotFound // it is there, but not theirs
			}
			if got := b.get(path); got.status != want {
				t.Errorf("%s as %s: %d, want %d", path, login, got.status, want)
			} else if want == http.StatusForbidden && !strings.Contains(got.body, "Not allowed for your role or area") {
				t.Errorf("%s as %s: the page does not say why", path, login)
			}
		}
	}
	nobody := c.as("")
	for path := range c.screens() {
		if got := nobody.get(path); got.status != http.StatusSeeOther || !strings.HasPrefix(got.to, "/login?next=") {
			t.Errorf("%s before log-in: %d to %q, want the log-in", path, got.status, got.to)
		}
	}
}

func TestNothingOfAnotherDistrict(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	west := c.as("epi-west")
	for _, path := range []string{"/o/laixi/now", "/o/laixi/tasks", "/o/laixi/tasks?status=all", "/o/laixi/tasks?q=LX-1&status=all", "/o/laixi/tasks?area=31&status=all", "/o/laixi/search?q=Laixi", "/o/laixi/map/districts.geojson", "/o/laixi/now?area=31"} {
		// The filter's own box says what was searched for.
		body := strings.ReplaceAll(west.get(path).body, `value="LX-1"`, "")
		for _, s := range []string{">LX-1", "cases/LX-1", "n\":1,\"name\":\"Laixi"} {
			if strings.Contains(body, s) {
				t.Errorf("%s shows the west %q of the east", path, s)
			}
		}
	}
	west.get("/o/laixi/tasks?status=all").wants(t, http.StatusOK, []string{"SB-1"}, nil)
	c.as("duty").get("/o/laixi/tasks?status=all").wants(t, http.StatusOK, []string{"SB-1", "LX-1"}, nil)

	// An order about a task outside the bound finds no task, whatever version it names.
	t1 := c.taskOf(c.east, task.MoveCase)
	for _, what := range []string{"complete", "waive"} {
		got := west.post(fmt.Sprintf("/o/laixi/tasks/%d/%s", t1.ID, what), url.Values{"version": {"1"}, "reason": {"x"}})
		if got.status != http.StatusNotFound {
			t.Errorf("%s from outside: %d, want 404", what, got.status)
		}
	}
	got := west.post("/o/laixi/tasks/waive", url.Values{"id": {fmt.Sprintf("%d.%d", t1.ID, t1.Version)}, "reason": {"x"}})
	if got.status != http.StatusNotFound || c.taskOf(c.east, task.MoveCase).State != task.Open {
		t.Errorf("waive many from outside: %d, task is %s", got.status, c.taskOf(c.east, task.MoveCase).State)
	}
}

var number = regexp.MustCompile(`<span class="value">([^<]*)</span>`)

func TestNow(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	duty := c.as("duty")
	page := duty.get("/o/laixi/now")
	page.wants(t, http.StatusOK, []string{"Laixi 2022", "covid19/2022-v9@", "LX-1 confirmed", `hx-get="/o/laixi/now?part=late"`, "/o/laixi/live", "?area=31"}, nil)
	var values []string
	for _, m := range number.FindAllStringSubmatch(page.body, -1) {
		values = append(values, m[1])
	}
	// Days since the last community case, outside, inside, Rt.
	if got, want := strings.Join(values, " "), "0 1 1 –"; got != want {
		t.Errorf("figures %q, want %q", got, want)
	}
	// One district down.
	page = duty.get("/o/laixi/now?area=32")
	values = nil
	for _, m := range number.FindAllStringSubmatch(page.body, -1) {
		values = append(values, m[1])
	}
	if got, want := strings.Join(values, " "), "– 0 1 –"; got != want {
		t.Errorf("figures of the west %q, want %q", got, want)
	}
	page.wants(t, http.StatusOK, []string{"no community case on record", `aria-current="page">Shibei`, `hx-get="/o/laixi/now?area=32&amp;part=late"`}, []string{"LX-1"})
	// A part alone, for the live refresh.
	part := duty.get("/o/laixi/now?part=duties")
	part.wants(t, http.StatusOK, []string{`id="duties"`, "Moved"}, []string{"<html", `id="late"`})
	// Another language.
	zh := c.as("")
	zh.lang = "zh"
	if a := zh.post("/login", url.Values{"name": {"duty"}, "password": {password}}); a.status != http.StatusSeeOther {
		t.Fatalf("log in: %d", a.status)
	}
	zh.get("/o/laixi/now").wants(t, http.StatusOK, []string{`lang="zh`, "应转尽转", "莱西", "LX-1 确诊"}, []string{"Moved"})
	zh.get("/o/laixi/tasks?status=all").wants(t, http.StatusOK, []string{"开展病例流调", "病例确诊"}, nil)
	// Who sees counts only sees no code.
	c.as("viewer").get("/o/laixi/now").wants(t, http.StatusOK, []string{"a case confirmed"}, []string{"LX-1", "SB-1"})
	// A figure that is not known is not made up.
	c.add("SB-2", "32", "")
	duty.get("/o/laixi/now?area=32").wants(t, http.StatusOK, []string{"unknown: of 1 case", "1 whose finding"}, nil)
}

func TestMapLayers(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	duty := c.as("duty")
	a := duty.get("/o/laixi/map/districts.geojson")
	a.wants(t, http.StatusOK, []string{`"type":"FeatureCollection"`, `"name":"Laixi"`, `"shade":1`, `"coordinates":[[[120,36]`}, nil)
	if got := a.header.Get("Content-Type"); got != "application/geo+json" {
		t.Errorf("content type %q", got)
	}
	duty.get("/o/laixi/map/cases.geojson").wants(t, http.StatusOK, []string{`"coordinates":[120.5,36.5]`, `"inside":false`, `"inside":true`}, []string{"LX-1"})
	// Where nothing below is outlined, there is the ground to see zones on.
	duty.get("/o/laixi/map/districts.geojson?area=31").wants(t, http.StatusOK, []string{`"name":"Laixi"`, `"coordinates":[[[120,36]`}, []string{`"n":`})
	duty.get("/o/laixi/map/zones.geojson").wants(t, http.StatusOK, []string{`"FeatureCollection"`}, nil)
}

func TestTaskList(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	duty := c.as("duty")
	for _, x := range []struct {
		query       string
		has, hasNot []string
	}{
		{"", []string{"Investigate the case"}, nil},
		{"?duty=moved", []string{"Move the case"}, []string{">Investigate the case</a>"}},
		{"?kind=list_contacts", []string{">List contacts</a>"}, []string{">Move the case</a>"}},
		{"?owner=transfer-dispatcher", []string{">Move the case</a>"}, []string{">Investigate the case</a>"}},
		{"?mine=1", []string{"Decide on the zone"}, []string{">Move the case</a>"}},
		{"?status=done", nil, []string{">Move the case</a>"}},
		{"?status=late", []string{">Move the case</a>"}, nil}, // confirmed at 9:00, due two hours later
		{"?late=1&area=31", []string{"LX-1"}, []string{"SB-1"}},
		{"?q=SB-1", []string{"SB-1</a>"}, []string{"LX-1</a>"}},
		{"?q=nobody", []string{"No"}, []string{"LX-1</a>", "SB-1</a>"}},
	} {
		a := duty.get("/o/laixi/tasks" + x.query)
		t.Run(x.query, func(t *testing.T) { a.wants(t, http.StatusOK, x.has, x.hasNot) })
	}
	for _, query := range []string{"?status=x", "?duty=x", "?kind=x", "?owner=x", "?sort=x", "?area=x"} {
		if got := duty.get("/o/laixi/tasks" + query).status; got != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d, want 422", query, got)
		}
	}
	if got := duty.get("/o/laixi/tasks?after=x").status; got != http.StatusBadRequest {
		t.Errorf("foreign cursor: %d, want 400", got)
	}
	if got := duty.get("/o/nowhere/tasks").status; got != http.StatusNotFound {
		t.Errorf("no such outbreak: %d, want 404", got)
	}
}

func TestTaskPageWalksBackToTheFirstFact(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	k := c.taskOf(c.east, task.MoveCase)
	c.as("duty").get(fmt.Sprintf("/o/laixi/tasks/%d", k.ID)).wants(t, http.StatusOK,
		[]string{"A case was confirmed", "response/on_case_confirmed.go", "clocks.move_case", "LX-1 confirmed, Laixi", fmt.Sprintf("#%d", k.Because.Fact.Seq), "Mark done", "waive-form"}, nil)
}

func TestCompleteAndConflict(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	duty, epi := c.as("duty"), c.as("epi-east")
	k := c.taskOf(c.east, task.MoveCase)
	path := fmt.Sprintf("/o/laixi/tasks/%d", k.ID)
	form := url.Values{"version": {strconv.FormatInt(k.Version, 10)}, "at": {"2022-03-12T20:00"}, "was_state": {"open"}}

	bad := duty.post(path+"/complete", url.Values{"version": {"1"}, "at": {"2022-03-13T20:00"}})
	bad.wants(t, http.StatusUnprocessableEntity, []string{`value="2022-03-13T20:00"`, "role=\"alert\""}, nil)
	if a := duty.post(path+"/complete", form); a.status != http.StatusSeeOther || a.to != path+"?n=1&said=done" {
		t.Fatalf("complete: %d to %q", a.status, a.to)
	}
	duty.get(path+"?n=1&said=done").wants(t, http.StatusOK, []string{"1 task is done.", "s-done"}, []string{"waive-form"})
	duty.get(path+"?n=1&said=%3Cb%3E").wants(t, http.StatusOK, nil, []string{"<b>&lt;", "data-toast"})
	if got := c.taskOf(c.east, task.MoveCase); got.State != task.Done {
		t.Errorf("task is %s, want done", got.State)
	}
	// The second person saw it open.
	form.Set("reason", "moved already")
	late := epi.post(path+"/waive", form)
	late.wants(t, http.StatusConflict, []string{"duty changed this record", "<td>open</td><td>done</td><td>waived"}, nil)
	if got := c.taskOf(c.east, task.MoveCase); got.State != task.Done {
		t.Errorf("after the conflict the task is %s, want done", got.State)
	}
}

func TestWaive(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	duty := c.as("duty")
	k := c.taskOf(c.east, task.InvestigateCase)
	path := fmt.Sprintf("/o/laixi/tasks/%d/waive", k.ID)
	duty.post(path, url.Values{"version": {strconv.FormatInt(k.Version, 10)}, "reason": {" "}}).wants(t, http.StatusUnprocessableEntity, []string{"reason"}, nil)
	if a := c.as("calls").post(path, url.Values{"version": {"1"}, "reason": {"x"}}); a.status != http.StatusForbidden {
		t.Errorf("who may not waive: %d, want 403", a.status)
	}
	if a := duty.post(path, url.Values{"version": {strconv.FormatInt(k.Version, 10)}, "reason": {"done by the province"}}); a.status != http.StatusSeeOther {
		t.Fatalf("waive: %d", a.status)
	}
	if got := c.taskOf(c.east, task.InvestigateCase); got.State != task.Waived || got.EndReason != "done by the province" {
		t.Errorf("task is %s because of %q", got.State, got.EndReason)
	}
}

func TestBulk(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	duty := c.as("duty")
	ref := func(k task.Task) string { return fmt.Sprintf("%d.%d", k.ID, k.Version) }
	a, b := c.taskOf(c.east, task.InvestigateCase), c.taskOf(c.west, task.InvestigateCase)
	// From the list: it asks why.
	asked := duty.post("/o/laixi/tasks/waive", url.Values{"id": {ref(a), ref(b)}})
	asked.wants(t, http.StatusOK, []string{"Waive 2 tasks", `value="` + ref(a) + "," + ref(b) + `"`, "reason"}, nil)
	if c.taskOf(c.east, task.InvestigateCase).State != task.Open {
		t.Fatal("waived without a reason")
	}
	// One of them changed meanwhile: the other is waived, and the count says so.
	stale := fmt.Sprintf("%d.%d", b.ID, b.Version+7)
	done := duty.post("/o/laixi/tasks/waive", url.Values{"ids": {ref(a) + "," + stale}, "reason": {"drill"}})
	if done.status != http.StatusSeeOther || done.to != "/o/laixi/tasks?n=1&said=waived" {
		t.Errorf("waive: %d to %q", done.status, done.to)
	}
	if x, y := c.taskOf(c.east, task.InvestigateCase).State, c.taskOf(c.west, task.InvestigateCase).State; x != task.Waived || y != task.Open {
		t.Errorf("tasks are %s and %s, want waived and open", x, y)
	}
	move := c.taskOf(c.east, task.MoveCase)
	if done := duty.post("/o/laixi/tasks/done", url.Values{"id": {ref(move)}}); done.to != "/o/laixi/tasks?n=1&said=done" || c.taskOf(c.east, task.MoveCase).State != task.Done {
		t.Errorf("done: to %q, task is %s", done.to, c.taskOf(c.east, task.MoveCase).State)
	}
	if bad := duty.post("/o/laixi/tasks/done", url.Values{"id": {"x"}}); bad.status != http.StatusUnprocessableEntity {
		t.Errorf("not a task: %d, want 422", bad.status)
	}
	if none := duty.post("/o/laixi/tasks/done", nil); none.to != "/o/laixi/tasks?n=0&said=none" {
		t.Errorf("none: to %q", none.to)
	}
}

func TestSearch(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	id := c.taskOf(c.east, task.MoveCase).ID
	duty, calls := c.as("duty"), c.as("calls")
	duty.get("/o/laixi/search?q=LX-1").wants(t, http.StatusOK, []string{`href="/o/laixi/cases/LX-1"`}, nil)
	duty.get(fmt.Sprintf("/o/laixi/search?q=%d", id)).wants(t, http.StatusOK, []string{fmt.Sprintf(`href="/o/laixi/tasks/%d"`, id)}, nil)
	duty.get("/o/laixi/search?q=lai").wants(t, http.StatusOK, []string{`href="/o/laixi/now?area=31"`}, nil)
	duty.get("/o/laixi/search?q=task").wants(t, http.StatusOK, []string{`href="/o/laixi/tasks"`}, nil)
	duty.get("/o/laixi/search?q="+url.QueryEscape("<b>")).wants(t, http.StatusOK, nil, []string{"<b><"})
	// A follow-up officer reads no cases.
	calls.get("/o/laixi/search?q=LX-1").wants(t, http.StatusOK, nil, []string{"LX-1"})
}

func TestHome(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	for login, want := range map[string]string{"duty": "/o/laixi/now", "calls": "/o/laixi/tasks"} {
		if a := c.as(login).get("/"); a.status != http.StatusSeeOther || a.to != want {
			t.Errorf("/ as %s: %d to %q, want %q", login, a.status, a.to, want)
		}
		if a := c.as(login).get("/o/laixi"); a.to != want {
			t.Errorf("/o/laixi as %s: to %q, want %q", login, a.to, want)
		}
	}
	if a := c.as("admin").get("/"); a.status != http.StatusSeeOther || a.to != "/admin/users" {
		t.Errorf("/ as admin: %d to %q, want the users", a.status, a.to)
	}
	if a := c.as("").get("/"); a.status != http.StatusSeeOther || !strings.HasPrefix(a.to, "/login") {
		t.Errorf("/ before log-in: %d to %q", a.status, a.to)
	}
	c.as("duty").get("/nothing").wants(t, http.StatusNotFound, []string{"Nothing here"}, nil)
}

// Whoever asks for what they may not is refused, and the auditor can read who it was and what they asked for; the same again in the next minutes says nothing new.
func TestRefusalsAreOnRecord(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	calls := c.as("calls")
	for range 3 {
		if a := calls.get("/o/laixi/rounds/new"); a.status != http.StatusForbidden {
			t.Fatalf("a follow-up officer plans a round: %d", a.status)
		}
	}
	if a := calls.post("/o/laixi/rounds", url.Values{}); a.status != http.StatusForbidden {
		t.Fatalf("a follow-up officer posts a round: %d", a.status)
	}
	var said []journal.Entry
	c.must(c.db.View(t.Context(), func(r *store.Reader) error {
		all, err := r.EntriesAfter(0, 10_000)
		for _, e := range all {
			if e.Kind == journal.AccessRefused {
				said = append(said, e)
			}
		}
		return err
	}))
	if len(said) != 2 || said[0].Actor != "calls" || said[0].Subject.Kind != store.OnUser || !strings.Contains(string(said[0].Payload), `"asked":"GET /o/{outbreak}/rounds/new"`) || !strings.Contains(string(said[1].Payload), `"action":"screening.write"`) {
		t.Errorf("on record: %+v", said)
	}
}

func TestOtherSitesCannotPost(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	duty := c.as("duty")
	k := c.taskOf(c.east, task.MoveCase)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, fmt.Sprintf("%s/o/laixi/tasks/%d/complete", c.url, k.ID), strings.NewReader("version=1"))
	c.must(err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", "https://elsewhere.example")
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	got, err := duty.client.Do(req)
	c.must(err)
	c.must(got.Body.Close())
	if got.StatusCode != http.StatusForbidden || c.taskOf(c.east, task.MoveCase).State != task.Open {
		t.Errorf("a post from elsewhere: %d, task is %s", got.StatusCode, c.taskOf(c.east, task.MoveCase).State)
	}
}

// What is logged says which route and which record, not what somebody typed or who it is about.
func TestLogHoldsNoNames(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	duty := c.as("duty")
	duty.get("/o/laixi/search?q=Wang+Xiaoming")
	duty.get("/o/laixi/tasks?q=LX-1")
	duty.get("/o/laixi/tasks/nonsense")
	log := c.log.String()
	if !strings.Contains(log, `route="GET /o/{outbreak}/search"`) || !strings.Contains(log, "status=200") {
		t.Errorf("the log lacks the route:\n%s", log)
	}
	for _, s := range []string{"Wang", "LX-1", password} {
		if strings.Contains(log, s) {
			t.Errorf("the log has %q", s)
		}
	}
}

func TestLiveEventsReachThePage(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	duty := c.as("duty")
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url+"/o/laixi/live", nil)
	c.must(err)
	got, err := duty.client.Do(req)
	c.must(err)
	defer got.Body.Close()
	if got.StatusCode != http.StatusOK || got.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("%d, %q", got.StatusCode, got.Header.Get("Content-Type"))
	}
	c.add("LX-2", "31", "")
	var read strings.Builder
	part := make([]byte, 512)
	for !strings.Contains(read.String(), "event: figures") {
		n, err := got.Body.Read(part)
		read.Write(part[:n])
		if err != nil {
			t.Fatalf("the stream ended with %v after %q", err, read.String())
		}
	}
	if strings.Contains(read.String(), "LX-2") {
		t.Error("the stream names the case")
	}
}
