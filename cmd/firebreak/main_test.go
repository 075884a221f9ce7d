package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"firebreak/internal/command"
	"firebreak/internal/journal"
	"firebreak/internal/outbreak"
	"firebreak/internal/store"
)

// TestMain lets scripts run the real program in a process of its own.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"firebreak": main})
}

// inProcesses leaves out, where tests run with the race detector, a test that is about whole processes: they share no memory to race for, and take minutes there.
func inProcesses(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("processes of the program: make test runs this without the race detector")
	}
}

// TestScripts is not parallel to the tests that open a store in this process: a child inherits the lock of a folder for the moment
// between fork and exec, so that a folder just closed would seem to be held. The scripts themselves run in parallel.
func TestScripts(t *testing.T) { //nolint:paralleltest // see above
	inProcesses(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       *update,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"sql":   scriptSQL,
			"hold":  scriptHold,
			"exits": scriptExits,
			"key":   scriptKey,
		},
	})
}

// sql DIR STATEMENT changes the database behind the program's back.
func scriptSQL(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: sql DIR STATEMENT")
	}
	db, err := sql.Open("sqlite", ts.MkAbs(filepath.Join(args[0], "main.db")))
	ts.Check(err)
	_, err = db.Exec(args[1])
	ts.Check(errors.Join(err, db.Close()))
}

// hold DIR opens the folder until the script ends, as a server would.
func scriptHold(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: hold DIR")
	}
	db, err := store.Open(context.Background(), store.Options{Dir: ts.MkAbs(args[0])})
	ts.Check(err)
	ts.Defer(func() { ts.Check(db.Close()) })
}

// key DIR gives the folder a master key and the database a keyring, as the first name does.
func scriptKey(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: key DIR")
	}
	db, err := store.Open(context.Background(), store.Options{Dir: ts.MkAbs(args[0])})
	ts.Check(err)
	_, err = db.OpenIdentities(context.Background(), store.KeyOptions{})
	ts.Check(errors.Join(err, db.Close()))
}

// exits CODE ARGS... runs the program and compares its exit code, which exec cannot.
func scriptExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE ARGS...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var exit *exec.ExitError
	if err := ts.Exec("firebreak", args[1:]...); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("firebreak %s: exit code %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}

func testProcess(args ...string) *process {
	return &process{
		Args: args, Stdin: strings.NewReader(""), Stdout: &bytes.Buffer{}, Stderr: &bytes.Buffer{},
		Getenv: func(string) string { return "" }, Now: time.Now, User: "tester",
	}
}

// runJSON runs a command in this process and decodes its result.
func runJSON(t *testing.T, into any, args ...string) {
	t.Helper()
	p := testProcess(append(args, "--json")...)
	var out, errs bytes.Buffer
	p.Stdout, p.Stderr = &out, &errs
	if code := execute(t.Context(), p); code != codeOK {
		t.Fatalf("firebreak %s: exit code %d: %s", strings.Join(args, " "), code, errs.String())
	}
	if err := json.Unmarshal(out.Bytes(), into); err != nil {
		t.Fatalf("%v in %s", err, out.String())
	}
}

// dataFile finds a file of the data sets beside the project; the test is skipped where it is absent.
func dataFile(t *testing.T, path string) string {
	t.Helper()
	dirs := []string{os.Getenv("FIREBREAK_DATA")}
	if dirs[0] == "" {
		dirs = nil
		for dir := "."; len(dirs) < 8; dir = filepath.Join("..", dir) {
			dirs = append(dirs, filepath.Join(dir, "shared", "data"))
		}
	}
	for _, dir := range dirs {
		p := filepath.Join(dir, path)
		if _, err := os.Stat(p); err == nil {
			return p
		}
	}
	t.Skipf("data set %s is not here: set FIREBREAK_DATA to its folder", path)
	return ""
}

func TestRtEqualsPublishedWindows(t *testing.T) {
	t.Parallel()
	incidence := dataFile(t, "flu2009_school/incidence.csv")
	f, err := os.Open(dataFile(t, "flu2009_school/published_first6_windows.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	want, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Rt []map[string]any `json:"rt"`
	}
	runJSON(t, &got, "rt", "--incidence", incidence, "--si-mean", "2.6", "--si-sd", "1.5", "--window", "7")
	if len(got.Rt) != 25 || len(want) != 7 {
		t.Fatalf("%d windows, want 25; %d published rows, want 6 and a header", len(got.Rt), len(want))
	}
	for i, row := range want[1:] {
		for k, name := range want[0] {
			v, err := strconv.ParseFloat(row[k], 64)
			if err != nil {
				t.Fatal(err)
			}
			if have, ok := got.Rt[i][name].(float64); !ok || math.Abs(have-v) > 1e-6 {
				t.Errorf("window %d: %s = %v, want %v", i+1, name, got.Rt[i][name], v)
			}
		}
	}
	if got.Rt[0]["start"] != "2009-04-28" || got.Rt[24]["end"] != "2009-05-28" {
		t.Errorf("windows from %v to %v", got.Rt[0]["start"], got.Rt[24]["end"])
	}
}

func TestOutbreakList(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var imported command.AreasImported
	runJSON(t, &imported, "areas", "import", "--qingdao", "--data", dir)
	if imported.Created != 2273 || imported.Outlines != 10 {
		t.Fatalf("imported %+v", imported)
	}
	db, err := store.Open(t.Context(), store.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(t.Context(), func(tx *store.Tx) error {
		tree, err := tx.Tree()
		if err != nil {
			return err
		}
		laixi, _ := tree.ByCode("370285")
		at := time.Date(2022, 3, 4, 16, 30, 0, 0, time.UTC)
		o := outbreak.Outbreak{Name: "laixi-2022", Title: "Laixi, March 2022", Area: laixi.ID, Zone: "Asia/Shanghai", Pack: "covid19/2021-v8@1", Phase: outbreak.Active, StartedAt: at}
		return tx.AddOutbreak(&o)
	})
	if err == nil {
		// The entry that the import wrote is what a consumer of the journal sees.
		err = db.View(t.Context(), func(r *store.Reader) error {
			list, err := r.LatestEntries(0, 5)
			if err == nil && (len(list) != 1 || list[0].Kind != journal.AreasImported || list[0].Actor != "cli:tester" || !strings.Contains(string(list[0].Payload), `"created":2273`)) {
				err = fmt.Errorf("journal: %+v", list)
			}
			return err
		})
	}
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Outbreaks []outbreakRow `json:"outbreaks"`
	}
	runJSON(t, &got, "outbreak", "list", "--data", dir)
	want := outbreakRow{1, "laixi-2022", "Laixi, March 2022", "370285", "莱西市", "Asia/Shanghai", "covid19/2021-v8@1", outbreak.Active, "2022-03-05T00:30:00+08:00"}
	if len(got.Outbreaks) != 1 || got.Outbreaks[0] != want {
		t.Errorf("got %+v, want %+v", got.Outbreaks, want)
	}
	var checked struct {
		OK     bool
		Checks []finding
	}
	runJSON(t, &checked, "check", "--data", dir)
	if !checked.OK || !strings.Contains(fmt.Sprint(checked.Checks), "packs of 1 outbreaks load") {
		t.Errorf("check: %+v", checked)
	}
}

func TestCheckClock(t *testing.T) {
	t.Parallel()
	last := time.Date(2022, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		name string
		now  time.Time
		want state
	}{
		{"later", last.Add(time.Hour), fine},
		{"a time server's step back", last.Add(-time.Second), fine},
		{"set back a day", last.AddDate(0, 0, -1), wrong},
	} {
		if got := checkClock(tc.now, last); got.State != tc.want {
			t.Errorf("%s: %+v, want %s", tc.name, got, tc.want)
		}
	}
}

func TestCodeOf(t *testing.T) {
	t.Parallel()
	seen := map[int]bool{}
	for _, o := range outcomes() {
		if seen[o.Code] || o.Kind == "" || o.When == "" {
			t.Errorf("outcome %+v is twice or lacks something", o)
		}
		seen[o.Code] = true
	}
	for _, tc := range []struct {
		err  error
		want int
	}{
		{nil, codeOK},
		{errors.New("x"), codeFailed},
		{misused(errors.New("x")), codeUsage},
		{fmt.Errorf("a: %w", rejected(fs.ErrNotExist)), codeRejected},
		{fmt.Errorf("a: %w", store.ErrHeld), codeHeld},
		{fmt.Errorf("a: %w", store.ErrNotFound), codeNotFound},
		{fmt.Errorf("a: %w", fs.ErrNotExist), codeNotFound},
		{fmt.Errorf("a: %w", journal.ErrBroken), codeBroken},
		{fmt.Errorf("a: %w", context.Canceled), codeInterrupted},
	} {
		if got := codeOf(tc.err); got != tc.want {
			t.Errorf("codeOf(%v) = %d, want %d", tc.err, got, tc.want)
		}
	}
}

func TestTableAlignsChinese(t *testing.T) {
	t.Parallel()
	tab := newTable("name", "n")
	tab.alignRight(1)
	tab.add("莱西市", "5")
	tab.add("Laixi", "12")
	var b strings.Builder
	if err := tab.write(&b); err != nil {
		t.Fatal(err)
	}
	if want := "name     n\n莱西市   5\nLaixi   12\n"; b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}
