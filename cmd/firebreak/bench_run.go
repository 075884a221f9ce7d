package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"runtime/metrics"
	"slices"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/account"
	"firebreak/internal/auth"
	"firebreak/internal/benchload"
	"firebreak/internal/command"
	"firebreak/internal/linelist"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/store"
)

// benchAnswer is what one question took, over all the times it was asked.
type benchAnswer struct {
	Name    string  `json:"name"`
	Who     string  `json:"who"`
	Asked   int     `json:"asked"`
	P50     float64 `json:"p50_ms"`
	P95     float64 `json:"p95_ms"`
	Max     float64 `json:"max_ms"`
	Limit   float64 `json:"limit_ms,omitempty"` // 0: none was set
	Met     bool    `json:"met"`                // p95 is within the limit, or there is none
	Slowest string  `json:"slowest"`            // address of the slowest request
}

// benchJob is one long piece of work.
type benchJob struct {
	Name    string  `json:"name"`
	Seconds float64 `json:"seconds"`
	Rows    int     `json:"rows,omitempty"`
	// PeakHeap is the most that live and not yet collected objects took meanwhile, PeakRSS what the whole process had in memory; 0 where it cannot be told.
	PeakHeap int64   `json:"peak_heap_bytes,omitempty"`
	PeakRSS  int64   `json:"peak_rss_bytes,omitempty"`
	Limit    float64 `json:"limit_s,omitempty"`
}

// bench is one run over a load.
type bench struct {
	c      *benchOutbreakCmd
	p      *process
	db     *store.DB
	load   *benchload.Load
	report *benchReport

	s     *server
	o     outbreak.Outbreak
	tree  *place.Tree
	users map[string][]*benchUser // by sort: nation, city, district, street
}

// benchUser is somebody with a session.
type benchUser struct {
	login string
	area  place.Jurisdiction
	jar   http.CookieJar
}

func (b *bench) run(ctx context.Context) (err error) {
	quiet := *b.p
	quiet.Stderr, quiet.Terminal = io.Discard, false // a line a request
	quiet.Now = b.db.Now
	began := time.Now()
	s, err := newServer(ctx, &quiet, b.db, serverOptions{})
	if err != nil {
		return err
	}
	defer func() { s.boards.Wait(); err = errors.Join(err, s.intake.Close()) }()
	b.s = s
	if b.tree, err = b.db.Tree(ctx); err != nil {
		return err
	}
	err = b.db.View(ctx, func(r *store.Reader) error {
		b.o, err = r.OutbreakByName(benchOutbreak)
		return err
	})
	if err != nil {
		return err
	}
	b.job("server made", began, 0, 0, nil)
	began = time.Now()
	if _, err := s.boards.Of(ctx, b.o.ID); err != nil {
		return err
	}
	b.job("counts of Now ready after a start", began, b.c.Cases, 0, nil)
	if err := b.enrol(ctx); err != nil {
		return err
	}
	questions, err := b.questions(ctx)
	if err != nil {
		return err
	}
	progress := b.p.progress("bench", "questions")
	for i, q := range questions {
		progress.set(int64(i), int64(len(questions)))
		if !strings.Contains(q.name+" "+q.who, b.c.Only) {
			continue
		}
		if err := b.ask(ctx, q); err != nil {
			progress.close()
			return fmt.Errorf("%s (%s): %w", q.name, q.who, err)
		}
	}
	progress.close()
	if !b.c.NoExport {
		if err := b.export(ctx); err != nil {
			return err
		}
	}
	if b.c.NoBulk {
		return nil
	}
	// The load's records have fewer tasks than the rulebook wants: the first change opens the rest, the second is what changes cost from then on.
	return errors.Join(b.bulk(ctx, "first change to many cases, which opens the tasks that the load left out"), b.bulk(ctx, "one change to many cases"))
}

// enrol gives every sort of user a few people, each in another area. Those who are there from an earlier run get a new password.
func (b *bench) enrol(ctx context.Context) error {
	var districts, streets []place.Jurisdiction
	for _, j := range b.tree.All() {
		switch j.Level {
		case place.District:
			districts = append(districts, j)
		case place.Street:
			streets = append(streets, j)
		default: // nobody works there in the load
		}
	}
	city, _ := b.tree.ByCode("3702")
	root, _ := b.tree.Get(b.tree.Roots()[0])
	b.users = map[string][]*benchUser{}
	add := func(sort string, list ...place.Jurisdiction) error {
		for _, j := range list {
			u, err := b.user(ctx, sort, j)
			if err != nil {
				return err
			}
			b.users[sort] = append(b.users[sort], u)
		}
		return nil
	}
	some := []place.Jurisdiction{}
	for i := range 8 {
		some = append(some, streets[i*len(streets)/8])
	}
	return errors.Join(add("nation", root), add("city", city), add("district", districts...), add("street", some...))
}

func (b *bench) user(ctx context.Context, sort string, j place.Jurisdiction) (*benchUser, error) {
	const password = "only for measuring"
	u := &benchUser{login: "bench-" + sort + "-" + j.Code, area: j}
	var grants []auth.Grant
	for _, r := range []auth.Role{auth.RoleDutyOfficer, auth.RoleEpidemiologist, auth.RoleFollowUpOfficer} {
		grants = append(grants, auth.Grant{Role: r, Area: j.ID})
	}
	var known bool
	err := b.db.View(ctx, func(r *store.Reader) error {
		_, err := r.UserByLogin(u.login)
		known = err == nil
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		return err
	})
	if err == nil && !known {
		_, err = b.s.accounts.OperatorAdd(ctx, account.NewUser{Login: u.login, Title: "Bench " + j.NameEN, Area: j.ID, Password: password}, grants)
	}
	if err != nil {
		return nil, err
	}
	if u.jar, err = cookiejar.New(nil); err != nil {
		return nil, err
	}
	got, err := b.do(ctx, u, http.MethodPost, "/login", url.Values{"name": {u.login}, "password": {password}})
	if err == nil && got.status != http.StatusSeeOther {
		err = fmt.Errorf("log in as %s: status %d", u.login, got.status)
	}
	return u, err
}

// benchResponse is the answer to one request.
type benchResponse struct {
	status int
	header http.Header
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (r *benchResponse) Header() http.Header { return r.header }

// WriteHeader implements http.ResponseWriter.
func (r *benchResponse) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

// Write implements http.ResponseWriter.
func (r *benchResponse) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(p)
}

// do asks the server's handler as a browser does, without a network between them.
func (b *bench) do(ctx context.Context, u *benchUser, method, path string, form url.Values) (*benchResponse, error) {
	at, err := url.Parse("http://127.0.0.1" + path)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, method, at.String(), strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	req.RemoteAddr, req.RequestURI = "127.0.0.1:1", at.RequestURI()
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, c := range u.jar.Cookies(at) {
		req.AddCookie(c)
	}
	w := &benchResponse{header: http.Header{}}
	b.s.handler.ServeHTTP(w, req)
	u.jar.SetCookies(at, (&http.Response{Header: w.header}).Cookies())
	return w, nil
}

// question is one thing that screens ask.
type question struct {
	name  string
	who   string
	limit time.Duration
	// path is the address; it may differ from one time to the next.
	path func(r *rand.Rand, u *benchUser) string
	// call is asked in place of an address.
	call func(ctx context.Context, r *rand.Rand, u *benchUser) error
}

// enough is how long one question is asked at most, so that a slow one does not hold up the others.
const enough = 4 * time.Second

// ask asks a question again and again, each time by the next user.
func (b *bench) ask(ctx context.Context, q question) error {
	rng := rand.New(rand.NewPCG(b.c.Seed, uint64(len(q.name))))
	var took []time.Duration
	out := benchAnswer{Name: q.name, Who: q.who, Limit: float64(q.limit.Milliseconds())}
	users := b.users[q.who]
	for start := time.Now(); len(took) < b.c.Runs && (len(took) < 3 || time.Since(start) < enough); {
		u := users[len(took)%len(users)]
		about := u.area.Code
		var path string
		if q.call == nil {
			path = q.path(rng, u)
			about = path
		}
		began := time.Now()
		if q.call != nil {
			if err := q.call(ctx, rng, u); err != nil {
				return err
			}
		} else {
			got, err := b.do(ctx, u, http.MethodGet, path, nil)
			if err != nil {
				return err
			}
			if got.status != http.StatusOK && got.status != 0 { // nothing written is an empty answer
				return fmt.Errorf("%s: status %d", path, got.status)
			}
		}
		t := time.Since(began)
		if len(took) == 0 || t > slices.Max(took) {
			out.Slowest = about
		}
		took = append(took, t)
	}
	slices.Sort(took)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	out.Asked, out.P50, out.P95, out.Max = len(took), ms(took[(len(took)-1)/2]), ms(took[(len(took)*95+99)/100-1]), ms(took[len(took)-1])
	out.Met = q.limit == 0 || out.P95 <= out.Limit
	b.report.Questions = append(b.report.Questions, out)
	if !out.Met {
		_, _ = fmt.Fprintf(b.p.Stderr, "above its limit: %s (%s): p95 %.0f ms, p50 %.0f ms, %s\n", out.Name, out.Who, out.P95, out.P50, out.Slowest)
	}
	return nil
}

func (b *bench) job(name string, began time.Time, rows int, limit float64, m *memory) {
	j := benchJob{Name: name, Seconds: time.Since(began).Seconds(), Rows: rows, Limit: limit}
	if m != nil {
		j.PeakHeap, j.PeakRSS = m.stop()
	}
	b.report.Jobs = append(b.report.Jobs, j)
}

// counter counts what is written to it.
type counter struct{ n int64 }

// Write implements io.Writer.
func (c *counter) Write(p []byte) (int, error) { c.n += int64(len(p)); return len(p), nil }

// export takes out a tenth of the cases and then all of them: memory is constant when both take the same.
func (b *bench) export(ctx context.Context) error {
	f := store.CaseFilter{Outbreak: b.o.ID, Within: store.Everywhere()}
	middle := benchload.CaseCode(b.c.Cases / 2)
	tenth := middle[:len(middle)+1-len(strconv.Itoa(b.c.Cases/10))]
	for _, part := range []struct{ name, code string }{{"export of some cases, CSV", tenth}, {"export of all cases, CSV", ""}} {
		f.Code = part.code
		began, m := time.Now(), watchMemory()
		n, err := linelist.Cases(ctx, b.db, f, &counter{}, linelist.Options{Format: linelist.CSV, Zone: b.load.Zone})
		if err != nil {
			m.stop()
			return err
		}
		b.job(part.name, began, n, 0, m)
	}
	return nil
}

// bulk changes one field of 10,000 cases that still run, by the order that the list of cases gives.
func (b *bench) bulk(ctx context.Context, name string) error {
	var refs []command.CaseRef
	err := b.db.View(ctx, func(r *store.Reader) error {
		f := store.CaseFilter{Outbreak: b.o.ID, Within: store.Everywhere()}
		page := store.Page{Limit: 1000, Desc: true}
		for len(refs) < command.MostInBulk {
			got, err := r.Cases(f, store.CasesByReported, page)
			if err != nil {
				return err
			}
			for _, c := range got.Cases {
				refs = append(refs, command.CaseRef{Case: c.ID, Version: c.Version})
			}
			if page.Cursor = got.Next; page.Cursor == "" {
				break
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	refs = refs[:min(len(refs), command.MostInBulk)]
	began := time.Now()
	value := strconv.FormatInt(began.UnixNano(), 36) // another one than the run before gave
	done, err := b.s.commands.CorrectCases(ctx, command.Owner("bench"), command.CorrectCases{Outbreak: b.o.ID, Cases: refs, Fields: map[string]string{"hospital": "Hospital " + value}, Reason: "measuring"})
	if err != nil {
		return err
	}
	changed := 0
	for _, o := range done {
		if o.Err != nil {
			return fmt.Errorf("change case %s: %w", o.Code, o.Err)
		}
		if o.Changed {
			changed++
		}
	}
	b.job(name, began, changed, 10*float64(changed)/command.MostInBulk, nil)
	return nil
}

// memory watches how much the process has.
type memory struct {
	quit chan struct{}
	peak chan [2]int64
}

func watchMemory() *memory {
	m := &memory{quit: make(chan struct{}), peak: make(chan [2]int64, 1)}
	go func() {
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		var peak [2]int64
		for {
			metrics.Read(sample)
			peak[0], peak[1] = max(peak[0], int64(sample[0].Value.Uint64())), max(peak[1], residentBytes())
			select {
			case <-m.quit:
				m.peak <- peak
				return
			case <-tick.C:
			}
		}
	}()
	return m
}

func (m *memory) stop() (heap, rss int64) {
	close(m.quit)
	p := <-m.peak
	return p[0], p[1]
}

// residentBytes is what the process has in memory, where the system tells it as Linux does; 0 elsewhere.
func residentBytes() int64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}

// write is the report for people.
func (b *bench) write(w io.Writer) error {
	r := b.report
	if _, err := fmt.Fprintf(w, "%s, %d cases, %d contacts, %d tasks (void ones not counted), seed %d; %d cores, %s, %s\n\n", r.Workload.Engine, r.Workload.Cases, r.Workload.Contacts, r.Workload.Tasks, r.Workload.Seed,
		r.Workload.Cores, r.Workload.Machine, r.Workload.Go); err != nil {
		return err
	}
	t := newTable("question", "who", "asked", "p50 ms", "p95 ms", "max ms", "limit ms", "met")
	t.alignRight(2, 3, 4, 5, 6)
	ms := func(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }
	for _, q := range r.Questions {
		met := "yes"
		if !q.Met {
			met = "NO: " + q.Slowest
		}
		t.add(q.Name, q.Who, strconv.Itoa(q.Asked), ms(q.P50), ms(q.P95), ms(q.Max), strconv.FormatFloat(q.Limit, 'f', 0, 64), met)
	}
	if err := t.write(w); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(w); err != nil {
		return err
	}
	t = newTable("job", "rows", "seconds", "limit s", "peak heap MB", "peak RSS MB")
	t.alignRight(1, 2, 3, 4, 5)
	for _, j := range r.Jobs {
		t.add(j.Name, strconv.Itoa(j.Rows), strconv.FormatFloat(j.Seconds, 'f', 2, 64), strconv.FormatFloat(j.Limit, 'f', 1, 64), strconv.FormatInt(j.PeakHeap>>20, 10), strconv.FormatInt(j.PeakRSS>>20, 10))
	}
	if r.Workload.LoadedIn > 0 {
		t.add("load built", strconv.Itoa(r.Workload.Cases+r.Workload.Contacts), strconv.FormatFloat(r.Workload.LoadedIn, 'f', 1, 64), "", "", "")
	}
	return t.write(w)
}
