package public

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/journal"
	"firebreak/internal/lookup"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/results"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/turnout"
	"firebreak/internal/vault"
	"firebreak/internal/web/assets"
	"firebreak/internal/web/uitest"
)

func fetch(t *testing.T, h http.Handler, url string) string {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, url, nil))
	if w.Code != http.StatusOK {
		t.Fatalf("%s: %d", url, w.Code)
	}
	return w.Body.String()
}

var noon = time.Date(2022, 3, 10, 4, 0, 0, 0, time.UTC)

// town is a city of two districts with a round under way in one of them, and its site.
type town struct {
	t    *testing.T
	db   *store.DB
	ids  *store.Identities
	opts store.Options
	cmds *command.Commands
	site *Site
	http http.Handler
	of   map[person.ID]results.Result
}

func newTown(t *testing.T, open storetest.Open) *town {
	t.Helper()
	c := &town{t: t, of: map[person.ID]results.Result{}}
	c.db = open(func(o *store.Options) {
		o.Now = func() time.Time { return noon }
		c.opts = *o
	})
	ctx, by := t.Context(), command.Owner("test")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ids, err := c.db.OpenIdentities(ctx, store.KeyOptions{MasterKey: vault.NewMasterKey().Text()})
	must(err)
	commands := command.New(c.db, ids)
	c.ids, c.cmds = ids, commands
	must(c.db.Update(ctx, func(tx *store.Tx) error {
		_, _, _, err := tx.PutAreas([]place.NewJurisdiction{
			{Jurisdiction: place.Jurisdiction{Code: "90", Name: "青山市", NameEN: "Qingshan", Level: place.City}},
			{Jurisdiction: place.Jurisdiction{Code: "9001", Name: "东区", NameEN: "East", Level: place.District}, ParentCode: "90"},
			{Jurisdiction: place.Jurisdiction{Code: "9002", Name: "西区", NameEN: "West", Level: place.District}, ParentCode: "90"},
			{Jurisdiction: place.Jurisdiction{Code: "900101", Name: "河街", Level: place.Community}, ParentCode: "9001"},
		}, nil, 1)
		return err
	}))
	_, err = commands.StartOutbreak(ctx, by, command.StartOutbreak{Name: "town", Pack: "covid19/2022-v9", Zone: "Asia/Shanghai", Area: "90"})
	must(err)
	r, err := commands.PlanRound(ctx, by, command.PlanRound{Outbreak: "town", Name: "Round four", Areas: []string{"9001"}, StartsAt: noon.Add(-time.Hour), EndsAt: noon.Add(23 * time.Hour), Pool: 10})
	must(err)
	_, err = commands.OpenRound(ctx, by, r.ID, 0)
	must(err)
	_, err = commands.AddSites(ctx, by, command.AddSites{Outbreak: "town", Sites: []command.SiteFields{
		{Code: "E-1", Name: "School <East>", Area: "900101", Lanes: 2}, {Code: "W-1", Name: "Stadium", Area: "9002", Lanes: 4}}})
	must(err)
	kit := uitest.Kit(t)
	files, err := assets.Load()
	must(err)
	look := lookup.New(lookup.Options{
		Of: func(p person.ID, _ time.Time) (results.Result, error) { return c.of[p], nil },
		Code: func(s string) (p person.ID, ok bool) {
			// A real code may begin like this too, but goes on with more than digits.
			if n, err := strconv.ParseInt(strings.TrimPrefix(s, "P"), 10, 64); err == nil && strings.HasPrefix(s, "P") {
				return person.ID(n), true
			}
			_ = c.db.View(context.Background(), func(r *store.Reader) error {
				v, err := c.ids.Vault(r)
				if err == nil {
					p, ok = v.ReadPersonCode(s)
				}
				return err
			})
			return p, ok
		},
		Now: c.db.Now,
	})
	c.site, err = New(Options{DB: c.db, Commands: commands, Kit: kit, Lookup: look, Turnout: turnout.New(turnout.Options{DB: c.db}), Assets: files, Log: slog.New(slog.DiscardHandler), TLS: true})
	must(err)
	c.http = c.site.Handler()
	return c
}

func (c *town) get(path string) *httptest.ResponseRecorder {
	c.t.Helper()
	w := httptest.NewRecorder()
	c.http.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

func (c *town) ask(lang, code string) *httptest.ResponseRecorder {
	c.t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/public/"+lang+"/result", strings.NewReader(url.Values{"code": {code}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	c.http.ServeHTTP(w, r)
	return w
}

func TestSite(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		c := newTown(t, open)
		for path, want := range map[string][]string{
			"/public/en/":             {"My result", "/public/en/areas"},
			"/public/zh/":             {"我的检测结果", `lang="zh-Hans-CN"`},
			"/public/en/areas":        {"East 东区", "West 西区", "1 site"},
			"/public/en/areas/9001":   {"Round four", "Under way now", "11 Mar", "School &lt;East&gt;", "How long people wait is not known"},
			"/public/en/areas/900101": {"Round four", "E-1"},
			"/public/en/areas/9002":   {"Nobody here is due", "Stadium"},
			"/public/en/areas/90":     {"in a part of this area", "Stadium", "School"},
			"/public/zh/areas/9001":   {"东区", "正在进行"},
		} {
			w := c.get(path)
			if w.Code != http.StatusOK {
				t.Errorf("%s: %d", path, w.Code)
			}
			for _, s := range want {
				if !strings.Contains(w.Body.String(), s) {
					t.Errorf("%s: %q is not on the page: %s", path, s, w.Body)
				}
			}
			for h, want := range map[string]string{"Content-Security-Policy": contentSecurityPolicy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "public, max-age=10", "Strict-Transport-Security": "max-age=31536000"} {
				if got := w.Header().Get(h); got != want {
					t.Errorf("%s: %s is %q", path, h, got)
				}
			}
			if w.Header().Get("Set-Cookie") != "" {
				t.Errorf("%s sets a cookie", path)
			}
		}
		for path, want := range map[string]int{"/public/xx/": 404, "/public/en/areas/nowhere": 404, "/public/en/areas/%3Cscript%3E": 404, "/public/en/other": 404, "/public/": 302, "/public/en/result": 303, "/": 303, "/api/": 404} {
			if w := c.get(path); w.Code != want {
				t.Errorf("%s: %d, want %d", path, w.Code, want)
			}
		}
		r := httptest.NewRequest(http.MethodGet, "/public/", nil)
		r.Header.Set("Accept-Language", "zh-CN,zh;q=0.9")
		w := httptest.NewRecorder()
		c.http.ServeHTTP(w, r)
		if got := w.Header().Get("Location"); got != "/public/zh/" {
			t.Errorf("a Chinese browser is sent to %s", got)
		}
	})
}

func TestResultPage(t *testing.T) {
	t.Parallel()
	c := newTown(t, storetest.SQLite(t))
	c.of[7] = results.Result{State: results.Negative, Sampled: noon.Add(-9 * time.Hour), Resulted: noon.Add(-time.Hour)}
	c.of[8] = results.Result{State: results.Checked, Sampled: noon.Add(-9 * time.Hour), Resulted: noon.Add(-time.Hour)}
	for _, x := range []struct {
		lang, code string
		status     int
		want       []string
		not        string
	}{
		{"en", "P7", 200, []string{"Negative", "03:00"}, "Positive"}, // in the outbreak's zone
		{"zh", "P7", 200, []string{"阴性"}, "阳性"},
		{"en", " P8 ", 200, []string{"Being checked", "It is not your own result"}, "Positive"},
		{"en", "P9", 200, []string{"No sample is known"}, "Negative"},
		{"en", "<script>", 404, []string{"No card has this code"}, "<script>"},
		{"en", "", 404, []string{"No card has this code"}, ""},
	} {
		w := c.ask(x.lang, x.code)
		if w.Code != x.status || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d, %q", x.code, w.Code, w.Header().Get("Cache-Control"))
		}
		for _, s := range x.want {
			if !strings.Contains(w.Body.String(), s) {
				t.Errorf("%s: %q is not on the page: %s", x.code, s, w.Body)
			}
		}
		if x.not != "" && strings.Contains(w.Body.String(), x.not) {
			t.Errorf("%s: %q is on the page: %s", x.code, x.not, w.Body)
		}
		if strings.Contains(w.Body.String(), "P7") || strings.Contains(w.Body.String(), "P8") {
			t.Errorf("the code is on the page")
		}
	}
	for range 100 {
		c.ask("en", "wrong")
	}
	if w := c.ask("en", "P7"); w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" {
		t.Errorf("after a flood: %d", w.Code)
	}
}

// While the database is away, results are told and the last rounds and sites are shown.
func TestWithoutDatabase(t *testing.T) {
	t.Parallel()
	c := newTown(t, storetest.SQLite(t))
	c.of[7] = results.Result{State: results.Negative, Sampled: noon.Add(-9 * time.Hour)}
	before := c.get("/public/en/areas/9001").Body.String()
	if err := c.db.Close(); err != nil {
		t.Fatal(err)
	}
	c.site.now.Load().at = noon.Add(-time.Hour) // what was read is old
	if w := c.get("/public/en/areas/9001"); w.Code != http.StatusOK || w.Body.String() != before {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := c.ask("en", "P7"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Negative") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	// And from the start.
	c.site.now.Store(&snapshot{zone: time.UTC, pages: map[string]*page{}})
	if w := c.get("/public/en/"); w.Code != http.StatusOK {
		t.Errorf("first page: %d", w.Code)
	}
	if w := c.get("/public/en/areas"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "cannot be shown just now") {
		t.Errorf("areas: %d %s", w.Code, w.Body)
	}
	if w := c.get("/public/en/areas/9001"); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("an area: %d", w.Code)
	}
}

func (c *town) report(from string, form url.Values, header ...string) *httptest.ResponseRecorder {
	c.t.Helper()
	return c.post("/public/en/self-test", from, form, header...)
}

func (c *town) post(path, from string, form url.Values, header ...string) *httptest.ResponseRecorder {
	c.t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.RemoteAddr = from + ":1234"
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	c.http.ServeHTTP(w, r)
	return w
}

func TestSelfTest(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		c := newTown(t, open)
		if w := c.get("/public/en/self-test"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "not a diagnosis") {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		if w := c.get("/public/en/"); !strings.Contains(w.Body.String(), "/public/en/self-test") {
			t.Error("the first page does not lead to it")
		}
		whole := func(change ...string) url.Values {
			v := url.Values{"result": {"positive"}, "name": {"王某"}, "document": {"370285199001011234"}, "phone": {"13800000000"}, "symptoms": {"1"}}
			for i := 0; i < len(change); i += 2 {
				v.Set(change[i], change[i+1])
			}
			return v
		}
		tests := func() (n int) {
			err := c.db.View(t.Context(), func(r *store.Reader) error {
				list, err := r.EntriesAfter(0, 10_000)
				for _, e := range list {
					if e.Kind == journal.SelfTestReported {
						n++
					}
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		for _, x := range []struct {
			name   string
			form   url.Values
			status int
			want   string
			kept   int
		}{
			{"nothing", url.Values{}, 422, "Say what the test shows", 0},
			{"nobody", url.Values{"result": {"positive"}}, 422, "without one, name and number", 0},
			{"no result", whole("result", ""), 422, "Say what the test shows", 0},
			{"another result", whole("result", "maybe"), 422, "Say what the test shows", 0},
			{"a code of nobody", whole("code", "XXXXX-XXXXX"), 422, "No card has this code", 0},
			{"a code that is somebody's in form only", whole("code", "P77"), 422, "cannot be right", 0},
			{"tomorrow", whole("at", "2022-03-12T10:00"), 422, "cannot be right", 0},
			{"no time", whole("at", "soon"), 422, "cannot be right", 0},
			{"endless", whole("name", strings.Repeat("王", 300)), 422, "cannot be right", 0},
			{"whole", whole(), 200, "A PCR is being arranged", 1},
			{"again", whole(), 200, "A PCR is being arranged", 1},
			{"negative and ill", whole("result", "negative"), 200, "take a PCR soon", 2},
			{"it did not work", whole("result", "invalid", "at", "2022-03-10T08:00"), 200, "take another one", 3},
		} {
			w := c.report("192.0.2."+fmt.Sprint(len(x.name)), x.form) // from several addresses
			if w.Code != x.status || !strings.Contains(w.Body.String(), x.want) || w.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("%s: %d, %q is not on the page: %s", x.name, w.Code, x.want, w.Body)
			}
			if got := tests(); got != x.kept {
				t.Errorf("%s: %d reports kept, want %d", x.name, got, x.kept)
			}
		}
		if w := c.report("192.0.2.99", whole("name", "<script>"), "Origin", "https://elsewhere.example", "Sec-Fetch-Site", "cross-site"); w.Code != http.StatusForbidden {
			t.Errorf("from another site's page: %d", w.Code)
		}
		if w := c.report("192.0.2.98", url.Values{"junk": {strings.Repeat("x", 20_000)}}); w.Code != http.StatusBadRequest {
			t.Errorf("20 kB: %d", w.Code)
		}
		last := 0
		for range reportBurst + 1 {
			last = c.report("192.0.2.97", whole("result", "negative")).Code
		}
		if last != http.StatusTooManyRequests {
			t.Errorf("eleven from one address: %d", last)
		}
	})
}

func TestPacked(t *testing.T) {
	t.Parallel()
	c := newTown(t, storetest.SQLite(t))
	r := httptest.NewRequest(http.MethodGet, "/public/zh/areas/9001", nil)
	r.Header.Set("Accept-Encoding", "gzip, br")
	w := httptest.NewRecorder()
	c.http.ServeHTTP(w, r)
	z, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	if plain := c.get("/public/zh/areas/9001").Body.String(); string(b) != plain || w.Header().Get("Vary") != "Accept-Encoding" {
		t.Errorf("packed and plain differ: %q, %q", b, plain)
	}
}

func TestAppeal(t *testing.T) {
	t.Parallel()
	c := newTown(t, storetest.SQLite(t))
	c.of[7] = results.Result{State: results.Checked, Sampled: noon.Add(-5 * time.Hour), HeldUntil: noon.Add(20 * time.Hour)}
	c.of[8] = results.Result{State: results.Checked, Sampled: noon.Add(-5 * time.Hour), HeldUntil: noon.Add(20 * time.Hour), Appeal: results.Appeal{Filed: noon.Add(-time.Hour)}}
	c.of[9] = results.Result{State: results.Negative, Sampled: noon.Add(-5 * time.Hour)}
	const form = `action="/public/en/appeal"`
	if b := c.ask("en", "P7").Body.String(); !strings.Contains(b, form) || !strings.Contains(b, `name="code" value="P7"`) {
		t.Errorf("whoever is held cannot appeal: %s", b)
	}
	if b := c.ask("en", "P8").Body.String(); strings.Contains(b, form) || !strings.Contains(b, "You will be answered") {
		t.Errorf("whoever waits for an answer: %s", b)
	}
	if b := c.ask("en", "P9").Body.String(); strings.Contains(b, form) {
		t.Errorf("whoever is not held can appeal: %s", b)
	}
	for _, x := range []struct {
		name   string
		form   url.Values
		status int
		want   string
	}{
		{"no code", url.Values{"ground": {"care"}}, 404, "No card has this code"},
		{"no ground", url.Values{"code": {"P7"}}, 422, "Please choose one"},
		{"another ground", url.Values{"code": {"P7"}, "ground": {"boredom"}}, 422, "Please choose one"},
		{"nobody whom the store holds", url.Values{"code": {"P7"}, "ground": {"care"}}, 409, "Nothing asks you to stay"},
		{"too many words", url.Values{"code": {"P7"}, "ground": {"care"}, "words": {strings.Repeat("很", 501)}}, 422, "at most 500 characters"},
	} {
		w := c.post("/public/en/appeal", "192.0.2."+fmt.Sprint(len(x.name)), x.form)
		if w.Code != x.status || !strings.Contains(w.Body.String(), x.want) || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d, %q is not on the page: %s", x.name, w.Code, x.want, w.Body)
		}
	}
	if w := c.post("/public/en/appeal", "192.0.2.99", url.Values{"code": {"P7"}, "ground": {"care"}}, "Origin", "https://elsewhere.example", "Sec-Fetch-Site", "cross-site"); w.Code != http.StatusForbidden {
		t.Errorf("from another site's page: %d", w.Code)
	}
}

// Somebody in a positive tube is held, disagrees on the public page with the code on their card, and is answered. What they wrote lies sealed.
func TestAppealOfWhoeverIsHeld(t *testing.T) {
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
		const words = "my mother is alone"
		var code string
		people := make([]person.Person, 2)
		must(c.db.Update(ctx, func(tx *store.Tx) error {
			tree, err := tx.Tree()
			if err != nil {
				return err
			}
			home, _ := tree.ByCode("900101")
			for i := range people {
				people[i] = person.Person{Area: home.ID, District: tree.District(home.ID), Age: person.AgeUnknown}
			}
			if err := tx.AddPeople(people); err != nil {
				return err
			}
			o, err := tx.OutbreakByName("town")
			if err != nil {
				return err
			}
			rounds, err := tx.Rounds(o.ID)
			if err != nil {
				return err
			}
			site, err := tx.SiteByCode(o.ID, "E-1")
			if err != nil {
				return err
			}
			swabbed := noon.Add(-6 * time.Hour)
			ref, err := tx.Append(journal.Entry{Kind: journal.TubesRegistered, Outbreak: o.ID, At: swabbed, Actor: "device:1"})
			if err != nil {
				return err
			}
			v, err := c.ids.Vault(&tx.Reader)
			if err != nil {
				return err
			}
			code = v.PersonCode(people[0].ID)
			return tx.AddTubes([]store.Tube{{Outbreak: o.ID, Round: rounds[0].ID, Site: site.ID, District: site.District, Device: 1, Seq: 1, Code: "T1", Kind: screening.Pool, People: len(people), ClosedAt: swabbed, ReceivedAt: swabbed,
				Changed: ref.Seq, Members: screening.PackMembers([]screening.Sampled{{Person: people[0].ID, At: swabbed}, {Person: people[1].ID, At: swabbed}}, swabbed)}})
		}))
		_, err := c.cmds.AddLaboratories(ctx, by, command.AddLaboratories{Outbreak: "town", Laboratories: []command.LaboratoryFields{{Code: "L1", Area: "9001"}}})
		must(err)
		told, err := c.cmds.ReportTubes(ctx, by, command.ReportTubes{Outbreak: "town", Laboratory: "L1", Rows: []command.TubeRow{{Code: "T1", Result: "positive", At: noon.Format(time.RFC3339)}}})
		must(err)
		if told.New != 1 {
			t.Fatalf("%+v", told)
		}
		if w := c.post("/public/en/appeal", "192.0.2.1", url.Values{"code": {code}, "ground": {"care"}, "words": {words}}); w.Code != 200 || !strings.Contains(w.Body.String(), "We have taken it") {
			t.Fatalf("%d: %s", w.Code, w.Body)
		}
		var filed screening.Appeal
		must(c.db.View(ctx, func(r *store.Reader) error {
			list, err := r.AppealsSince(noon.Add(-time.Hour))
			if err != nil || len(list) != 1 {
				t.Fatalf("%d appeals, %v", len(list), err)
			}
			filed = list[0]
			return nil
		}))
		if filed.Person != people[0].ID || filed.Ground != screening.AppealCare || !filed.Worded || filed.FiledBy != "public" {
			t.Errorf("%+v", filed)
		}
		var plain string
		must(storetest.SQL(t, c.opts).QueryRow(`SELECT words FROM appeal`).Scan(&plain))
		var sealed []byte
		must(storetest.SQL(t, c.opts).QueryRow(`SELECT sealed FROM appeal_words`).Scan(&sealed))
		if plain != "" || strings.Contains(string(sealed), words) {
			t.Errorf("stored: %q, %q", plain, sealed)
		}
		// Whoever may answer reads them, for a purpose and with a reason; others do not.
		duty := auth.Actor{UserID: 7, Login: "duty", Grants: []auth.Grant{{Role: auth.RoleDutyOfficer, Area: filed.Area}}}
		ask := store.AppealWordsRequest{By: duty, Purpose: auth.PurposesFor(duty, auth.AppealAnswer, noon)[0], Reason: "to answer", Appeals: []screening.AppealID{filed.ID}}
		said, err := c.ids.AppealWords(ctx, ask)
		if must(err); said[filed.ID].Reveal() != words {
			t.Errorf("read: %q", said[filed.ID].Reveal())
		}
		ask.Reason = " "
		if _, err := c.ids.AppealWords(ctx, ask); !errors.Is(err, store.ErrNameRequest) {
			t.Errorf("without a reason: %v", err)
		}
		ask.Reason, ask.By.Grants = "to answer", []auth.Grant{{Role: auth.RoleCommunityWorker, Area: filed.Area}}
		var refused *store.NameRefused
		if _, err := c.ids.AppealWords(ctx, ask); !errors.As(err, &refused) {
			t.Errorf("a community worker: %v", err)
		}
		must(c.db.View(ctx, func(r *store.Reader) error {
			end, err := r.JournalEnd()
			if err != nil {
				return err
			}
			facts, err := r.EntriesAfter(0, int(end.Seq))
			n := 0
			for _, e := range facts {
				if strings.Contains(string(e.Payload), "mother") {
					t.Errorf("the journal tells: %s", e.Payload)
				}
				if e.Kind == journal.NameRead {
					n++
				}
			}
			if n != 1 {
				t.Errorf("%d readings in the journal", n)
			}
			return err
		}))
	})
}
