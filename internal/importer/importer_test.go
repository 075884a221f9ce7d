package importer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"firebreak/internal/account"
	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/exchange"
	"firebreak/internal/importer"
	"firebreak/internal/journal"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
)

// office is a city of two districts with people who may import, and a service at work.
type office struct {
	t     *testing.T
	db    *store.DB
	cmds  *command.Commands
	s     *importer.Service
	o     outbreak.Outbreak
	users map[string]auth.Actor
	areas map[string]place.AreaID
	stop  func()
}

func newOffice(t *testing.T, open storetest.Open, change ...func(*importer.Options)) *office {
	t.Helper()
	f := &office{t: t, db: open(), users: map[string]auth.Actor{}, areas: map[string]place.AreaID{}}
	ids, err := f.db.OpenIdentities(t.Context(), store.KeyOptions{})
	f.must(err)
	f.cmds = command.New(f.db, ids)
	f.must(f.db.Update(t.Context(), func(tx *store.Tx) error {
		ref, err := tx.Append(journal.Entry{Kind: journal.AreasImported, Actor: "test"})
		if err != nil {
			return err
		}
		_, _, _, err = tx.PutAreas([]place.NewJurisdiction{
			{Jurisdiction: place.Jurisdiction{Code: "3", Name: "City", Level: place.City}},
			{Jurisdiction: place.Jurisdiction{Code: "31", Name: "East", Level: place.District}, ParentCode: "3"},
			{Jurisdiction: place.Jurisdiction{Code: "32", Name: "West", Level: place.District}, ParentCode: "3"},
		}, nil, ref.Seq)
		return err
	}))
	f.o, err = f.cmds.StartOutbreak(t.Context(), command.Owner("test"), command.StartOutbreak{Name: "o", Pack: "covid19/2022-v9", Zone: "Asia/Shanghai", Area: "3"})
	f.must(err)
	accounts, err := account.New(account.Options{DB: f.db, Hasher: auth.HasherOptions{Params: auth.HashParams{MemoryKiB: 8, Passes: 1, Lanes: 1}}})
	f.must(err)
	tree, err := f.db.Tree(t.Context())
	f.must(err)
	for login, g := range map[string]struct {
		role auth.Role
		area string
	}{"epi": {auth.RoleEpidemiologist, "3"}, "east": {auth.RoleEpidemiologist, "31"}, "west": {auth.RoleEpidemiologist, "32"}, "calls": {auth.RoleFollowUpOfficer, "3"}, "admin": {auth.RoleAdministrator, "3"}} {
		j, _ := tree.ByCode(g.area)
		f.areas[g.area] = j.ID
		u, err := accounts.OperatorAdd(t.Context(), account.NewUser{Login: login, Title: login, Password: "correct horse battery", Area: j.ID}, []auth.Grant{{Role: g.role, Area: j.ID}})
		f.must(err)
		got, err := f.db.FindActor(t.Context(), u.ID)
		f.must(err)
		f.users[login] = got.Actor()
	}
	f.serve(change...)
	return f
}

// serve starts a service, as a process would; stop ends it in order.
func (f *office) serve(change ...func(*importer.Options)) {
	f.t.Helper()
	o := importer.Options{DB: f.db, Commands: f.cmds}
	for _, c := range change {
		c(&o)
	}
	var err error
	f.s, err = importer.New(o)
	f.must(err)
	ctx, cancel := context.WithCancel(context.WithoutCancel(f.t.Context()))
	var running sync.WaitGroup
	running.Go(func() { f.s.Run(ctx) })
	f.stop = sync.OnceFunc(func() { cancel(); running.Wait() })
	f.t.Cleanup(f.stop)
}

func (f *office) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *office) by(login string) command.By {
	return command.By{Actor: f.users[login], Purpose: auth.PurposeCaseInvestigation}
}

func (f *office) upload(login, name, text string) (store.ImportJob, error) {
	f.t.Helper()
	return f.s.Upload(f.t.Context(), f.by(login), importer.Upload{Outbreak: "o", Name: name, Body: strings.NewReader(text)})
}

// wait waits until nothing is under way with an import.
func (f *office) wait(id store.ImportJobID) store.ImportJob {
	f.t.Helper()
	for end := time.Now().Add(5 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		j, err := f.s.Job(f.t.Context(), f.by("epi"), f.o.ID, id)
		f.must(err)
		if !j.State.Working() {
			return j
		}
		if time.Now().After(end) {
			f.t.Fatalf("import %d is still %s after five minutes: %+v", id, j.State, j.ImportCounts)
		}
	}
}

func (f *office) cases(codes ...string) int {
	f.t.Helper()
	n := 0
	f.must(f.db.View(f.t.Context(), func(r *store.Reader) error {
		list, err := r.CasesByCodes(f.o.ID, codes)
		n = len(list)
		return err
	}))
	return n
}

const header = "code,class,onset,report,diagnosed,outcome,exposure_start,name,source\n"

// lineList makes rows; every tenth has a date that is none, which is a doubt, and every hundredth repeats a code with other content, which is rejected.
func lineList(n int) (text string, rejected int) {
	var b strings.Builder
	b.WriteString(header)
	for i := range n {
		code, onset := fmt.Sprintf("C-%d", i), "2022-03-01"
		if i%10 == 5 {
			onset = "no day"
		}
		if i%100 == 99 {
			code = "C-0"
			rejected++
		}
		fmt.Fprintf(&b, "%s,suspected,%s,2022-03-02,,,,Person Number%d,NOBODY-%d\n", code, onset, i, i%7)
	}
	return b.String(), rejected
}

func TestFromUploadToDone(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		f := newOffice(t, open)
		text, rejected := lineList(150)
		j, err := f.upload("epi", `C:\files\line list.csv`, text)
		f.must(err)
		if j.File != "line list.csv" || j.State != store.ImportUploaded || j.Kind != "cases" || j.Size != int64(len(text)) {
			t.Fatalf("uploaded: %+v", j)
		}
		sealed, err := os.ReadFile(filepath.Join(f.db.Dir(), "imports", fmt.Sprintf("%d.upload", j.ID)))
		f.must(err)
		if bytes.Contains(sealed, []byte("Number1")) || len(sealed) < len(text) {
			t.Error("the upload lies in the folder in the clear")
		}
		p, err := f.s.Preview(t.Context(), f.by("epi"), f.o.ID, j.ID, nil)
		f.must(err)
		if len(p.Sample) != importer.PreviewRows || p.NeedsChoice || p.Map.Kind != exchange.KindCases {
			t.Errorf("preview: %d rows, needs a choice: %v", len(p.Sample), p.NeedsChoice)
		}
		if _, err := f.s.Choose(t.Context(), f.by("epi"), f.o.ID, j.ID, j.Version, *p.Map, ""); err != nil {
			t.Fatal(err)
		}
		_, err = f.s.Start(t.Context(), f.by("epi"), f.o.ID, j.ID, true)
		f.must(err)
		tried := f.wait(j.ID)
		if tried.State != store.ImportTried || tried.Total != 150 || tried.Rejected != int64(rejected) || tried.Created != 149-int64(rejected)+1 {
			t.Fatalf("tried: %s %+v %s", tried.State, tried.ImportCounts, tried.Detail)
		}
		if f.cases("C-1") != 0 {
			t.Fatal("the dry run kept a case")
		}
		_, err = f.s.Start(t.Context(), f.by("epi"), f.o.ID, j.ID, false)
		f.must(err)
		done := f.wait(j.ID)
		if done.State != store.ImportDone || done.Rows != 150 || done.Created+done.Rejected != 150 || done.Rejected != int64(rejected) || done.Unresolved != 149 {
			t.Fatalf("done: %s %+v %s", done.State, done.ImportCounts, done.Detail)
		}
		if f.cases("C-1", "C-148") != 2 {
			t.Error("the cases are not there")
		}
		list, err := f.s.Problems(t.Context(), f.by("epi"), f.o.ID, j.ID, 10)
		f.must(err)
		if len(list) != 10 || list[0].Severity != exchange.Reject || list[0].Row != 101 {
			t.Errorf("problems: %+v", list)
		}
		var file bytes.Buffer
		f.must(f.s.ErrorFile(t.Context(), f.by("epi"), f.o.ID, j.ID, func() {}, &file))
		if n := strings.Count(file.String(), ",reject\n"); n != rejected || !strings.Contains(file.String(), "no day") {
			t.Errorf("the error file has %d rejected rows, want %d", n, rejected)
		}
		// The same file again changes nothing, and the person is told that it was there before.
		again, err := f.upload("epi", "again.csv", text)
		f.must(err)
		p, err = f.s.Preview(t.Context(), f.by("epi"), f.o.ID, again.ID, nil)
		f.must(err)
		if p.Same.ID != j.ID {
			t.Errorf("the same file: import %d, want %d", p.Same.ID, j.ID)
		}
		_, err = f.s.Start(t.Context(), f.by("epi"), f.o.ID, again.ID, false)
		f.must(err)
		if got := f.wait(again.ID); got.State != store.ImportDone || got.Unchanged+got.Rejected != 150 {
			t.Errorf("the same file again: %s %+v %s", got.State, got.ImportCounts, got.Detail)
		}
	})
}

func TestGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	const rows = 3500
	text, rejected := lineList(rows)
	whole := func(t *testing.T, f *office) store.ImportJob {
		j, err := f.upload("epi", "list.csv", text)
		f.must(err)
		_, err = f.s.Start(t.Context(), f.by("epi"), f.o.ID, j.ID, false)
		f.must(err)
		return j
	}
	until := func(f *office, id store.ImportJobID, n int64) store.ImportJob {
		for {
			j, err := f.s.Job(f.t.Context(), f.by("epi"), f.o.ID, id)
			f.must(err)
			if j.Rows >= n || !j.State.Working() {
				return j
			}
			time.Sleep(time.Millisecond)
		}
	}
	check := func(t *testing.T, f *office, got store.ImportJob) {
		t.Helper()
		if got.State != store.ImportDone || got.Rows != rows || got.Created != int64(rows-rejected) || got.Rejected != int64(rejected) || got.Unresolved != int64(rows-rejected) {
			t.Fatalf("%s %+v %s; want all created but %d rejected", got.State, got.ImportCounts, got.Detail, rejected)
		}
		var file bytes.Buffer
		f.must(f.s.ErrorFile(t.Context(), f.by("epi"), f.o.ID, got.ID, func() {}, &file))
		if n := strings.Count(file.String(), ",reject\n"); n != rejected {
			t.Errorf("the error file has %d rejected rows, want %d", n, rejected)
		}
	}
	t.Run("stopped in order", func(t *testing.T) {
		t.Parallel()
		f := newOffice(t, storetest.SQLite(t))
		j := whole(t, f)
		at := until(f, j.ID, 1)
		f.stop()
		f.serve()
		if got := f.wait(j.ID); at.Rows >= rows {
			t.Skip("it was done before it could be stopped")
		} else {
			check(t, f, got)
		}
	})
	t.Run("died", func(t *testing.T) {
		t.Parallel()
		f := newOffice(t, storetest.SQLite(t))
		j := whole(t, f)
		until(f, j.ID, 1)
		f.stop()
		// As a process leaves it that was killed: somebody is said to work on it, and a list of problems was begun.
		f.must(f.db.Update(t.Context(), func(tx *store.Tx) error {
			now, err := tx.ImportJob(j.ID, store.Everywhere())
			if err != nil || now.State != store.ImportRunning {
				return err
			}
			now.Runner = 12345
			return tx.UpdateImportJob(&now, now.State)
		}))
		f.must(os.WriteFile(filepath.Join(f.db.Dir(), "imports", fmt.Sprintf("%d.errors.part", j.ID)), []byte("half"), 0o600))
		f.serve()
		check(t, f, f.wait(j.ID))
	})
	t.Run("paused", func(t *testing.T) {
		t.Parallel()
		f := newOffice(t, storetest.SQLite(t))
		j := whole(t, f)
		until(f, j.ID, 1)
		paused, err := f.s.Pause(t.Context(), f.by("epi"), f.o.ID, j.ID)
		if errors.Is(err, store.ErrImportState) {
			t.Skip("it was done before it could be paused")
		}
		f.must(err)
		time.Sleep(50 * time.Millisecond)
		if now := f.wait(j.ID); now.State != store.ImportPaused || now.Rows != paused.Rows {
			t.Fatalf("paused at %d rows, then %s at %d", paused.Rows, now.State, now.Rows)
		}
		for { // the worker that was stopped may still be on its way out
			if _, err = f.s.Start(t.Context(), f.by("epi"), f.o.ID, j.ID, false); err == nil {
				break
			}
			f.must(err)
		}
		check(t, f, f.wait(j.ID))
	})
}

func TestBadFiles(t *testing.T) {
	t.Parallel()
	f := newOffice(t, storetest.SQLite(t), func(o *importer.Options) { o.MaxSize = 1 << 20 })
	var book bytes.Buffer
	_, err := exchange.WriteXLSX(&book, "cases", []string{"code", "class", "onset"}, func(yield func([]exchange.Value, error) bool) {
		for i := range 500 {
			if !yield([]exchange.Value{exchange.Text(fmt.Sprintf("X-%d", i)), exchange.Text("suspected"), exchange.Text("2022-03-01")}, nil) {
				return
			}
		}
	})
	f.must(err)
	for name, c := range map[string]struct {
		body io.Reader
		want error // nil: *command.Invalid about the file
	}{
		"empty.csv":       {strings.NewReader(""), nil},
		"blank.csv":       {strings.NewReader("\n\n\n"), nil},
		"report.pdf":      {strings.NewReader("%PDF-1.4 ..."), nil},
		"old.xls":         {strings.NewReader("\xD0\xCF\x11\xE0 ..."), nil},
		"photo.csv":       {strings.NewReader("\xFF\xD8\xFF\xE0" + strings.Repeat("\x00\x01", 500)), nil},
		"binary.csv":      {strings.NewReader("a,b\n" + strings.Repeat("\x00\x01\x02", 500)), nil},
		"cut.xlsx":        {bytes.NewReader(book.Bytes()[:book.Len()/2]), nil},
		"archive.xlsx":    {strings.NewReader("PK\x03\x04 nothing else"), nil},
		"interrupted.csv": {io.MultiReader(strings.NewReader(header+"C-1,"), iotest.ErrReader(io.ErrUnexpectedEOF)), nil},
		"huge.csv":        {strings.NewReader(header + strings.Repeat("C-1,suspected,,,,,,,\n", 60_000)), importer.ErrTooLarge},
	} {
		_, err := f.s.Upload(t.Context(), f.by("epi"), importer.Upload{Outbreak: "o", Name: name, Body: c.body})
		var invalid *command.Invalid
		if c.want != nil && !errors.Is(err, c.want) || c.want == nil && (!errors.As(err, &invalid) || invalid.Field != "file") {
			t.Errorf("%s: %v", name, err)
		}
	}
	left, err := os.ReadDir(filepath.Join(f.db.Dir(), "imports"))
	f.must(err)
	if len(left) != 0 {
		t.Errorf("refused uploads left %v behind", left)
	}
	run := func(name, text string) store.ImportJob {
		j, err := f.upload("epi", name, text)
		f.must(err)
		if j.Mapping == "" {
			_, err = f.s.Choose(t.Context(), f.by("epi"), f.o.ID, j.ID, 0, exchange.Map{Kind: exchange.KindCases, Fields: map[exchange.Field]exchange.Column{exchange.FieldCode: {From: []string{"c0"}}}}, "")
			f.must(err)
		}
		_, err = f.s.Start(t.Context(), f.by("epi"), f.o.ID, j.ID, false)
		f.must(err)
		return f.wait(j.ID)
	}
	if got := run("headeronly.csv", header); got.State != store.ImportDone || got.Rows != 0 {
		t.Errorf("a file of 0 rows: %s %+v %s", got.State, got.ImportCounts, got.Detail)
	}
	var wide strings.Builder
	for i := range 200 {
		fmt.Fprintf(&wide, "c%d,", i)
	}
	fmt.Fprintf(&wide, "end\nW-1%s\n", strings.Repeat(",x", 200))
	if got := run("wide.csv", wide.String()); got.State != store.ImportDone || got.Created != 1 {
		t.Errorf("200 columns: %s %+v %s", got.State, got.ImportCounts, got.Detail)
	}
	if got := run("twice.csv", "code,class,onset,onset,report,diagnosed,outcome,exposure_start\nT-1,suspected,2022-03-01,2022-03-02,,,,\n"); got.State != store.ImportDone || got.Created != 1 {
		t.Errorf("a column named twice: %s %+v %s", got.State, got.ImportCounts, got.Detail)
	}
	// GB18030 that is read as such, and the same bytes under a wrong choice of encoding, which a person can make.
	if got := run("gb.csv", "\xb1\xe0\xba\xc5,\xd0\xd4\xb1\xf0,\xb7\xa2\xb2\xa1\xc8\xd5\xc6\xda\nG-1,\xc5\xae,2022-03-01\n"); got.State != store.ImportDone || got.Created != 1 {
		t.Errorf("Chinese encoding: %s %+v %s", got.State, got.ImportCounts, got.Detail)
	}
	j, err := f.upload("epi", "dates.csv", "code,class,onset\nD-1,suspected,03/04/2022\nD-2,suspected,05/06/2022\n")
	f.must(err)
	_, err = f.s.Start(t.Context(), f.by("epi"), f.o.ID, j.ID, false)
	f.must(err)
	got := f.wait(j.ID)
	if got.State != store.ImportFailed || got.Failure != importer.FailedDates || f.cases("D-1") != 0 {
		t.Fatalf("dates that read both ways: %s %s", got.State, got.Failure)
	}
	p, err := f.s.Preview(t.Context(), f.by("epi"), f.o.ID, j.ID, nil)
	f.must(err)
	if !p.NeedsChoice {
		t.Error("the preview asks for no order of day and month")
	}
	m := *p.Map
	m.Fields[exchange.FieldOnset] = exchange.Column{From: []string{"onset"}, Order: exchange.OrderDMY}
	_, err = f.s.Choose(t.Context(), f.by("epi"), f.o.ID, j.ID, 0, m, "")
	f.must(err)
	_, err = f.s.Start(t.Context(), f.by("epi"), f.o.ID, j.ID, false)
	f.must(err)
	if got := f.wait(j.ID); got.State != store.ImportDone || got.Created != 2 {
		t.Errorf("after the choice: %s %+v %s", got.State, got.ImportCounts, got.Detail)
	}
}

func TestWhoSeesWhat(t *testing.T) {
	t.Parallel()
	f := newOffice(t, storetest.SQLite(t))
	text := "code,class,onset,report,diagnosed,outcome,exposure_start,district\nE-1,suspected,,,,,,\nW-1,suspected,,,,,,West\n"
	j, err := f.upload("east", "list.csv", text)
	f.must(err)
	if j.Area != f.areas["31"] {
		t.Errorf("bound to area %d, want the east's", j.Area)
	}
	var forbidden *command.Forbidden
	if _, err := f.upload("calls", "list.csv", text); !errors.As(err, &forbidden) {
		t.Errorf("an upload without the right: %v", err)
	}
	if _, err := f.s.Upload(t.Context(), f.by("east"), importer.Upload{Outbreak: "o", Area: f.areas["32"], Name: "x.csv", Body: strings.NewReader(text)}); !errors.As(err, &forbidden) {
		t.Errorf("an upload into the west from the east: %v", err)
	}
	ctx, west := t.Context(), f.by("west")
	_, e1 := f.s.Job(ctx, west, f.o.ID, j.ID)
	_, e2 := f.s.Preview(ctx, west, f.o.ID, j.ID, nil)
	_, e3 := f.s.Start(ctx, west, f.o.ID, j.ID, false)
	_, e4 := f.s.Cancel(ctx, west, f.o.ID, j.ID)
	_, e5 := f.s.Problems(ctx, west, f.o.ID, j.ID, 1)
	e6 := f.s.ErrorFile(ctx, west, f.o.ID, j.ID, func() { t.Error("begun") }, io.Discard)
	_, e7 := f.s.Job(ctx, f.by("east"), f.o.ID+1, j.ID)
	for i, err := range []error{e1, e2, e3, e4, e5, e6, e7} {
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%d: from the west: %v, want ErrNotFound", i+1, err)
		}
	}
	_, err = f.s.Start(ctx, f.by("east"), f.o.ID, j.ID, false)
	f.must(err)
	if got := f.wait(j.ID); got.State != store.ImportDone || got.Created != 1 || got.Rejected != 1 || f.cases("W-1") != 0 {
		t.Errorf("the east's import: %s %+v %s", got.State, got.ImportCounts, got.Detail)
	}
	// Whoever lost the right meanwhile imports nothing.
	j, err = f.upload("east", "more.csv", strings.ReplaceAll(text, "E-1", "E-2"))
	f.must(err)
	f.stop()
	_, err = f.s.Start(ctx, f.by("east"), f.o.ID, j.ID, false)
	f.must(err)
	accounts, err := account.New(account.Options{DB: f.db})
	f.must(err)
	user, err := f.db.FindActor(ctx, f.users["east"].UserID)
	f.must(err)
	off := true
	_, err = accounts.ChangeUser(ctx, f.users["admin"], user.ID, user.Version, account.UserChange{Disabled: &off})
	f.must(err)
	f.serve()
	if got := f.wait(j.ID); got.State != store.ImportFailed || got.Failure != importer.FailedForbidden || f.cases("E-2") != 0 {
		t.Errorf("after the right was taken away: %s %s", got.State, got.Failure)
	}
}

func TestTwoAtOnce(t *testing.T) {
	t.Parallel()
	f := newOffice(t, storetest.SQLite(t))
	var ids []store.ImportJobID
	for i, who := range []string{"east", "west", "epi"} {
		var b strings.Builder
		b.WriteString(header)
		for n := range 1200 {
			fmt.Fprintf(&b, "%c-%d,suspected,2022-03-01,,,,,,\n", 'A'+i, n)
		}
		j, err := f.upload(who, who+".csv", b.String())
		f.must(err)
		_, err = f.s.Start(t.Context(), f.by(who), f.o.ID, j.ID, false)
		f.must(err)
		ids = append(ids, j.ID)
	}
	for _, id := range ids {
		if got := f.wait(id); got.State != store.ImportDone || got.Created != 1200 {
			t.Errorf("import %d: %s %+v %s", id, got.State, got.ImportCounts, got.Detail)
		}
	}
	list, err := f.s.Jobs(t.Context(), f.by("epi"), f.o.ID, 0, 10)
	f.must(err)
	if len(list) != 3 {
		t.Errorf("the city sees %d imports, want 3", len(list))
	}
}

func TestFilesAreDeletedInTime(t *testing.T) {
	t.Parallel()
	now := time.Date(2022, 3, 12, 8, 0, 0, 0, time.UTC)
	var mu sync.Mutex
	clock := func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	sqlite := storetest.SQLite(t)
	f := newOffice(t, func(change ...func(*store.Options)) *store.DB {
		return sqlite(append(change, func(o *store.Options) { o.Now = clock })...)
	})
	dir := filepath.Join(f.db.Dir(), "imports")
	j, err := f.upload("epi", "a.csv", header+"C-1,suspected,,,,,,,\n")
	f.must(err)
	_, err = f.s.Start(t.Context(), f.by("epi"), f.o.ID, j.ID, false)
	f.must(err)
	if got := f.wait(j.ID); got.State != store.ImportDone || !f.s.HasErrorFile(got) {
		t.Fatalf("%s", got.State)
	}
	left, err := f.upload("epi", "b.csv", header+"C-2,suspected,,,,,,,\n")
	f.must(err)
	if n, err := f.s.Purge(t.Context()); n != 0 || err != nil {
		t.Fatalf("deleted %d before the time, %v", n, err)
	}
	gone, err := f.upload("epi", "c.csv", header+"C-3,suspected,,,,,,,\n")
	f.must(err)
	if got, err := f.s.Cancel(t.Context(), f.by("epi"), f.o.ID, gone.ID); err != nil || got.DeletedAt.IsZero() || len(got.SealedKey) != 0 {
		t.Errorf("cancelled: %+v, %v", got, err)
	}
	mu.Lock()
	now = now.Add(f.s.Keep())
	mu.Unlock()
	if n, err := f.s.Purge(t.Context()); n != 2 || err != nil {
		t.Fatalf("deleted %d after the time, %v; want 2", n, err)
	}
	files, err := os.ReadDir(dir)
	f.must(err)
	if len(files) != 0 {
		t.Errorf("files are left: %v", files)
	}
	got, err := f.s.Job(t.Context(), f.by("epi"), f.o.ID, left.ID)
	f.must(err)
	if got.State != store.ImportCancelled || len(got.SealedKey) != 0 {
		t.Errorf("an upload that nobody went on with: %s, key of %d bytes", got.State, len(got.SealedKey))
	}
	if _, err := f.s.Preview(t.Context(), f.by("epi"), f.o.ID, left.ID, nil); !errors.Is(err, importer.ErrFileGone) {
		t.Errorf("preview of a deleted file: %v", err)
	}
	f.must(f.db.View(t.Context(), func(r *store.Reader) error {
		list, err := r.LatestEntries(0, 50)
		n := 0
		for _, e := range list {
			if e.Kind == journal.ImportFileDeleted {
				n++
			}
		}
		if n != 3 {
			t.Errorf("%d deletions are in the journal, want 3", n)
		}
		return err
	}))
}

func TestSavedMaps(t *testing.T) {
	t.Parallel()
	f := newOffice(t, storetest.SQLite(t))
	m := exchange.Map{Kind: exchange.KindCases, Fields: map[exchange.Field]exchange.Column{
		exchange.FieldCode: {From: []string{"Nr"}}, exchange.FieldOnset: {From: []string{"Began"}, Order: exchange.OrderDMY}}, Drop: []string{"Remark"}}
	saved, err := f.s.SaveMap(t.Context(), f.by("east"), store.ColumnMap{Outbreak: f.o.ID, Name: "County list"}, m)
	f.must(err)
	var conflict *store.Conflict
	if _, err := f.s.SaveMap(t.Context(), f.by("west"), store.ColumnMap{Outbreak: f.o.ID, Name: "County list"}, m); !errors.As(err, &conflict) {
		t.Errorf("the same name: %v, want a conflict", err)
	}
	var forbidden *command.Forbidden
	if err := f.s.DeleteMap(t.Context(), f.by("west"), f.o.ID, saved.ID, saved.Version); !errors.As(err, &forbidden) {
		t.Errorf("another's map: %v, want Forbidden", err)
	}
	j, err := f.upload("epi", "county.csv", "Nr,Began,Remark\n7,03/04/2022,secret\n")
	f.must(err)
	if j.MapName != "County list" {
		t.Fatalf("the saved map was not chosen by itself: %q", j.MapName)
	}
	_, err = f.s.Start(t.Context(), f.by("epi"), f.o.ID, j.ID, false)
	f.must(err)
	f.wait(j.ID)
	f.must(f.db.View(t.Context(), func(r *store.Reader) error {
		list, err := r.CasesByCodes(f.o.ID, []string{"7"})
		if k := list["7"]; k.Onset.String() != "2022-04-03" || slices.Contains(slices.Collect(keys(k.Attributes)), "Remark") {
			t.Errorf("onset %s, attributes %v", k.Onset, k.Attributes)
		}
		return err
	}))
	f.must(f.s.DeleteMap(t.Context(), f.by("east"), f.o.ID, saved.ID, saved.Version))
}

func keys(m map[string]string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}
