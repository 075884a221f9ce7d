package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"firebreak/internal/command"
	"firebreak/internal/journal"
	"firebreak/internal/store"
)

// The people of these tests are made up. One name begins like a formula.
const (
	opsAreas    = "code,name,level,parent\n37,Province,province,\n3701,North,district,37\n3702,South,district,37\n"
	opsCases    = "code,name,document,sex,age,district,class,onset,report,diagnosed,outcome,exposure_start,lon,lat,classroom\nA,Testa Northwind,X100200,female,34,North,confirmed,2022-03-01,2022-03-03,2022-03-03,,,120.1,36.2,=1+1\nB,=Testo Southwind,X100300,male,8,South,confirmed,2022-03-04,2022-03-05,2022-03-05,,,120.2,36.1,\nC,,,,,North,suspected,2022-03-06,2022-03-06,,,,,,7b\n"
	opsContacts = "code,name,district,source,tier,first_exposure,last_exposure,relation\nK1,Testine Eastwind,North,A,close,,2022-03-02,household\nK2,,South,B,close,,2022-03-04,school\n"
	opsLinks    = "from,to,kind,setting\nA,B,transmission,\nB,C,transmission,school\nB,Z,transmission,\nY,Z,transmission,\n"
)

// run3 runs a command in this process and returns its exit code, its result and what it said of errors.
func run3(t *testing.T, env map[string]string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	p := testProcess(args...)
	var out, errs bytes.Buffer
	p.Stdout, p.Stderr, p.Getenv = &out, &errs, func(k string) string { return env[k] }
	code = execute(t.Context(), p)
	return code, out.String(), errs.String()
}

func mustRun(t *testing.T, args ...string) string {
	t.Helper()
	code, out, errs := run3(t, nil, args...)
	if code != codeOK {
		t.Fatalf("firebreak %s: exit code %d: %s", strings.Join(args, " "), code, errs)
	}
	return out
}

func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// opsFolder is a data folder with an outbreak in it, and the tokens of its users by login.
func opsFolder(t *testing.T) (dir string, tokens map[string]string) {
	t.Helper()
	in := t.TempDir()
	dir = filepath.Join(t.TempDir(), "data")
	mustRun(t, "areas", "import", "--data", dir, writeFile(t, filepath.Join(in, "areas.csv"), opsAreas))
	mustRun(t, "outbreak", "start", "--data", dir, "o", "--pack", "covid19/2022-v9", "--area", "37", "--zone", "Asia/Shanghai")
	mustRun(t, "import", "--data", dir, "--outbreak", "o", writeFile(t, filepath.Join(in, "cases.csv"), opsCases), writeFile(t, filepath.Join(in, "contacts.csv"), opsContacts),
		writeFile(t, filepath.Join(in, "links.csv"), opsLinks))
	// What is late has climbed already, so that a server's clock changes nothing while a test compares.
	db, err := store.Open(t.Context(), store.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	for ticked := (command.Ticked{Climbed: 1}); err == nil && ticked != (command.Ticked{}); {
		ticked, err = command.New(db, nil).Tick(t.Context())
	}
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	tokens = map[string]string{}
	for _, u := range []struct{ login, role, scopes string }{
		{"epi", "epidemiologist@37", "case.read,contact.read,task.read,export,import,name.read"},
		{"blind", "epidemiologist@37", "case.read,contact.read,export"},
		{"south", "epidemiologist@3702", "case.read,contact.read,task.read,export,name.read"},
		{"duty", "duty-officer@37", "case.read,contact.read,task.read,export,import,outbreak.admin"},
		{"audit", "auditor@37", "audit.read"},
		{"admin", "administrator@37", "backup,user.admin"},
		{"local", "administrator@3702", "backup"},
	} {
		mustRun(t, "user", "add", "--data", dir, u.login, "--role", u.role)
		var made struct{ Token string }
		runJSON(t, &made, "user", "token", "--data", dir, u.login, "--scope", u.scopes)
		tokens[u.login] = made.Token
	}
	return dir, tokens
}

// unsaid is what a server tells only those who may read it: the file behind an imported case is the auditor's.
var unsaid = regexp.MustCompile(`,\s*"payload": \{[^}]*\}`)

// TestThroughAServer: what a command says of a folder, it says through the server that holds it.
func TestThroughAServer(t *testing.T) {
	t.Parallel()
	dir, tokens := opsFolder(t)
	in := t.TempDir()
	more := writeFile(t, filepath.Join(in, "more.csv"), "code,class,onset,report,diagnosed,outcome,exposure_start\nD,confirmed,2022-03-07,2022-03-08,2022-03-08,,\nE,confirmed,2022-13-45,,,,\n")
	commands := []struct {
		login, purpose string
		args           []string
	}{
		{"duty", "", []string{"outbreak", "list"}},
		{"duty", "command", []string{"situation", "--outbreak", "o"}},
		{"duty", "command", []string{"situation", "--outbreak", "o", "--area", "3702", "--si-mean", "5", "--si-sd", "2"}},
		{"duty", "command", []string{"tasks", "--outbreak", "o"}},
		{"duty", "command", []string{"tasks", "--outbreak", "o", "--all", "--area", "3701"}},
		{"duty", "command", []string{"tasks", "--outbreak", "o", "--late", "--duty", "moved"}},
		{"epi", "case-investigation", []string{"why", "1"}},
		{"audit", "audit", []string{"audit", "verify"}},
		{"duty", "command", []string{"import", "--outbreak", "o", "--dry-run", more}},
	}
	local := make([]string, len(commands))
	for i, c := range commands {
		local[i] = mustRun(t, append(slices.Clone(c.args), "--data", dir, "--json")...)
	}
	lists := []struct{ what, format string }{{"cases", "csv"}, {"cases", "xlsx"}, {"cases", "geojson"}, {"cases", "epicontacts"}, {"contacts", "csv"}, {"links", "csv"}, {"chains", "csv"}, {"tasks", "json"}, {"cases", "ndjson"}}
	export := func(to string, i int, args ...string) []byte {
		out := filepath.Join(in, fmt.Sprintf("%s%d", to, i))
		mustRun(t, append([]string{"export", "--outbreak", "o", "--what", lists[i].what, "--format", lists[i].format, "--out", out}, args...)...)
		text, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	var files [][]byte
	for i := range lists {
		files = append(files, export("local", i, "--data", dir))
	}
	// The exports above are in the journal: it is verified again, as it is now.
	for i, c := range commands {
		if c.args[0] == "audit" {
			local[i] = mustRun(t, "audit", "verify", "--data", dir, "--json")
		}
	}

	backups := t.TempDir()
	url, _, _ := served(t, nil, "--data", dir, "--backups", backups)
	for i, c := range commands {
		code, got, errs := run3(t, map[string]string{tokenVar: tokens[c.login]}, append(slices.Clone(c.args), "--url", url, "--purpose", c.purpose, "--json")...)
		if code != codeOK {
			t.Errorf("%v: exit code %d: %s", c.args, code, errs)
		} else if diff := cmp.Diff(unsaid.ReplaceAllString(local[i], ""), unsaid.ReplaceAllString(got, "")); diff != "" {
			t.Errorf("%v (-folder +server):\n%s", c.args, diff)
		}
	}
	for i, l := range lists {
		got := export("remote", i, "--url", url, "--token", tokens["duty"], "--purpose", "command")
		if same := bytes.Equal(files[i], got); !same && l.format != "xlsx" && l.format != "epicontacts" { // those hold the time
			t.Errorf("%s as %s differ:\n%s\n%s", l.what, l.format, files[i], got)
		} else if len(got) == 0 {
			t.Errorf("%s as %s: empty", l.what, l.format)
		}
	}
	got := string(export("south", 0, "--url", url, "--token", tokens["south"], "--purpose", "case-investigation"))
	if !strings.Contains(got, "\nB,") || strings.Contains(got, "\nA,") {
		t.Errorf("the south exports %s", got)
	}

	// An import that is kept, rejects and all, and twice.
	var imported struct {
		Files []struct{ Created, Rejected int }
	}
	rejects := filepath.Join(in, "rejects.csv")
	for i, created := range []int{2, 0} {
		runJSON(t, &imported, "import", "--outbreak", "o", "--url", url, "--token", tokens["duty"], "--purpose", "command", "--errors", rejects, more)
		if f := imported.Files[0]; f.Created != created || f.Rejected > 0 {
			t.Errorf("import %d through the server: %+v", i, f)
		}
	}

	// Backups stay on the server, and only for who runs the whole of it.
	var made backupResult
	runJSON(t, &made, "backup", "--url", url, "--token", tokens["admin"], "first.fbk")
	if st, err := os.Stat(filepath.Join(backups, "first.fbk")); err != nil || st.Size() != made.Bytes || made.JournalSeq == 0 || made.KeyFile != "" {
		t.Errorf("backup: %+v, %v", made, err)
	}
	for _, x := range []struct {
		name string
		code int
		says string
		args []string
	}{
		{"the same name again", codeUsage, "is there already", []string{"backup", "--token", tokens["admin"], "first.fbk"}},
		{"out of the folder", codeUsage, "no folder", []string{"backup", "--token", tokens["admin"], "../x.fbk"}},
		{"with the key", codeUsage, "does not give its key", []string{"backup", "--token", tokens["admin"], "--with-key"}},
		{"an administrator of a part", codeDenied, "backup is not allowed", []string{"backup", "--token", tokens["local"], "x.fbk"}},
		{"without the right", codeDenied, "backup is not allowed", []string{"backup", "--token", tokens["audit"], "x.fbk"}},
		{"no purpose", codeDenied, "--purpose", []string{"tasks", "--outbreak", "o", "--token", tokens["epi"]}},
		{"no token", codeUsage, tokenVar, []string{"tasks", "--outbreak", "o"}},
		{"not a token", codeDenied, "does not hold", []string{"tasks", "--outbreak", "o", "--token", "fb_nonsense"}},
		{"no such outbreak", codeNotFound, "nowhere", []string{"tasks", "--outbreak", "nowhere", "--token", tokens["epi"], "--purpose", "case-investigation"}},
		{"no such task", codeNotFound, "99999", []string{"why", "99999", "--token", tokens["epi"], "--purpose", "case-investigation"}},
		{"folder and server", codeUsage, "one of them", []string{"tasks", "--outbreak", "o", "--data", dir, "--token", "x"}},
		{"unknown layout", codeRejected, "not recognised", []string{"import", "--outbreak", "o", "--token", tokens["duty"], "--purpose", "command", writeFile(t, filepath.Join(in, "odd.csv"), "x,y\n1,2\n")}},
		{"names without the right", codeDenied, "name.read", []string{"export", "--outbreak", "o", "--out", filepath.Join(in, "no"), "--names", "--reason", "test", "--token", tokens["blind"], "--purpose", "case-investigation"}},
	} {
		code, _, errs := run3(t, nil, append(slices.Clone(x.args), "--url", url)...)
		if code != x.code || !strings.Contains(errs, x.says) {
			t.Errorf("%s: exit code %d, want %d with %q: %s", x.name, code, x.code, x.says, errs)
		}
	}
	if _, err := os.Stat(filepath.Join(in, "no")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a refused export left a file: %v", err)
	}
	if code, _, errs := run3(t, nil, "tasks", "--outbreak", "o", "--url", "http://127.0.0.1:1", "--token", "x"); code != codeFailed || !strings.Contains(errs, "refused") {
		t.Errorf("nobody listens: exit code %d: %s", code, errs)
	}
}

// TestExportRoundTrip: what export writes, import takes back, names and formulas as they were.
func TestExportRoundTrip(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("what runs beside what in it is watched in smaller tests; make test runs this one without the race detector")
	}
	dir, tokens := opsFolder(t)
	out := t.TempDir()
	export := func(dir, what, format string, args ...string) string {
		name := filepath.Join(out, fmt.Sprintf("%s-%s.%s", what, filepath.Base(filepath.Dir(dir)), format))
		mustRun(t, append([]string{"export", "--data", dir, "--outbreak", "o", "--what", what, "--format", format, "--out", name}, args...)...)
		return name
	}
	names := []string{"--names", "--purpose", "case-investigation", "--reason", "move to another system", "--token", tokens["epi"]}
	for _, format := range []string{"csv", "xlsx"} {
		files := []string{export(dir, "cases", format, names...), export(dir, "contacts", format, names...), export(dir, "links", format)}
		again := filepath.Join(t.TempDir(), "again")
		mustRun(t, "areas", "import", "--data", again, writeFile(t, filepath.Join(out, "areas.csv"), opsAreas))
		mustRun(t, "outbreak", "start", "--data", again, "o", "--pack", "covid19/2022-v9", "--area", "37", "--zone", "Asia/Shanghai")
		mustRun(t, append([]string{"import", "--data", again, "--outbreak", "o"}, files...)...)
		mustRun(t, "user", "add", "--data", again, "epi", "--role", "epidemiologist@37")
		var made struct{ Token string }
		runJSON(t, &made, "user", "token", "--data", again, "epi", "--scope", "case.read,contact.read,export,name.read")
		back := append(slices.Clone(names[:len(names)-1]), made.Token)
		for i, what := range []string{"cases", "contacts", "links"} {
			first, second := records(t, export(dir, what, "csv", only(i < 2, names)...)), records(t, export(again, what, "csv", only(i < 2, back)...))
			if diff := cmp.Diff(first, second); diff != "" {
				t.Errorf("%s by way of %s (-first +second):\n%s", what, format, diff)
			}
		}
	}
	text, err := os.ReadFile(export(dir, "cases", "csv", names...))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Testa Northwind", "X100200", "'=Testo Southwind", "'=1+1"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q is not in the export with names: %s", want, text)
		}
	}
	text, err = os.ReadFile(export(dir, "cases", "csv"))
	if err != nil || strings.Contains(string(text), "wind") || strings.Contains(string(text), "X100") {
		t.Errorf("the export without names: %s, %v", text, err)
	}
	if _, err := zip.OpenReader(export(dir, "cases", "epicontacts")); err != nil {
		t.Error(err)
	}
	// A infected B, B infected C and somebody on no list, whom another on no list infected too: one chain of five.
	chains := records(t, export(dir, "chains", "csv"))
	want := [][]string{{"chain", "size", "code", "generation", "infected_by", "infected", "date_onset", "classification", "area", "area_name"},
		{"1", "5", "A", "0", "", "1", "2022-03-01", "confirmed", "3701", "North"},
		{"1", "5", "B", "1", "A", "2", "2022-03-04", "confirmed", "3702", "South"},
		{"1", "5", "C", "2", "B", "0", "2022-03-06", "suspected", "3701", "North"}}
	if diff := cmp.Diff(want, chains); diff != "" {
		t.Errorf("chains (-want +got):\n%s", diff)
	}
	// Each name that left is in the journal by itself, before the file was whole.
	read, made := map[int64]int{}, 0
	db, err := store.OpenBeside(t.Context(), store.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	err = db.View(t.Context(), func(r *store.Reader) error {
		list, err := r.EntriesAfter(0, 10_000)
		for _, e := range list {
			if e.Kind == journal.NameRead && e.Actor == "epi" && e.Subject.Kind == "case" && strings.Contains(string(e.Payload), "move to another system") {
				read[e.Subject.ID]++
			}
			if e.Kind == journal.Exported {
				made++
			}
		}
		return err
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	if len(read) != 3 || made == 0 {
		t.Errorf("names read of %d cases (%v), %d exports in the journal", len(read), read, made)
	}
	for _, x := range []struct {
		name string
		code int
		says string
		args []string
	}{
		{"names for nobody", codeDenied, tokenVar, []string{"--names", "--purpose", "case-investigation", "--reason", "x"}},
		{"names without a purpose", codeUsage, "--purpose", []string{"--names", "--reason", "x", "--token", tokens["epi"]}},
		{"names without a reason", codeUsage, "--reason", []string{"--names", "--purpose", "case-investigation", "--token", tokens["epi"]}},
		{"another's purpose", codeDenied, "transfer", []string{"--names", "--purpose", "transfer", "--reason", "x", "--token", tokens["epi"]}},
		{"no right to names", codeDenied, "name.read", []string{"--names", "--purpose", "case-investigation", "--reason", "x", "--token", tokens["blind"]}},
		{"names of links", codeUsage, "--names", []string{"--what", "links", "--names", "--purpose", "case-investigation", "--reason", "x", "--token", tokens["epi"]}},
		{"contacts on a map", codeUsage, "for cases", []string{"--what", "contacts", "--format", "geojson"}},
		{"no such folder", codeNotFound, "no such file", []string{"--out", filepath.Join(out, "not", "there.csv")}},
		{"no such area", codeNotFound, "99", []string{"--area", "99"}},
	} {
		file := filepath.Join(out, "refused.csv")
		code, _, errs := run3(t, nil, append([]string{"export", "--data", dir, "--outbreak", "o", "--out", file}, x.args...)...)
		if code != x.code || !strings.Contains(errs, x.says) {
			t.Errorf("%s: exit code %d, want %d with %q: %s", x.name, code, x.code, x.says, errs)
		}
		if left, _ := filepath.Glob(filepath.Join(out, "*refused*")); len(left) > 0 {
			t.Errorf("%s: left %v", x.name, left)
		}
	}
}

// only gives the arguments where they are wanted.
func only(wanted bool, args []string) []string {
	if !wanted {
		return nil
	}
	return args
}

// records are the rows of a CSV file, in order, without what says how the file before wrote something.
func records(t *testing.T, name string) [][]string {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	out, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for i := len(out[0]) - 1; i >= 0; i-- {
		if strings.HasSuffix(out[0][i], "_as_given") {
			for j := range out {
				out[j] = slices.Delete(out[j], i, i+1)
			}
		}
	}
	slices.SortFunc(out[1:], func(a, b []string) int { return strings.Compare(strings.Join(a, ","), strings.Join(b, ",")) })
	return out
}

// TestBackupAndRestore: beside a server that is being written to; then damaged in every way.
func TestBackupAndRestore(t *testing.T) {
	t.Parallel()
	dir, tokens := opsFolder(t)
	in := t.TempDir()
	url, stop, _ := served(t, nil, "--data", dir)
	ctx, cancel := context.WithCancel(t.Context())
	writing := make(chan int)
	go func() { // cases come in while backups are made
		n := 0
		for ; ctx.Err() == nil; n++ {
			name := filepath.Join(in, "load.csv")
			if err := os.WriteFile(name, fmt.Appendf(nil, "code,class,onset,report,diagnosed,outcome,exposure_start\nL%d,confirmed,2022-03-07,,,,\n", n), 0o600); err != nil {
				t.Error(err)
			}
			if code, _, errs := run3(t, nil, "import", "--outbreak", "o", "--url", url, "--token", tokens["duty"], "--purpose", "command", name); code != codeOK {
				t.Errorf("import %d: %s", n, errs)
			}
		}
		writing <- n
	}()
	file := filepath.Join(in, "city.fbk")
	var made backupResult
	for range 3 {
		runJSON(t, &made, "backup", "--data", dir, file)
	}
	cancel()
	if n := <-writing; n == 0 {
		t.Error("nothing was written meanwhile")
	}
	stop()
	to := filepath.Join(in, "restored")
	var back restoreResult
	runJSON(t, &back, "restore", "--data", to, file)
	if back.JournalHash != made.JournalHash || back.Names != "sealed" || back.Counts["cases"] != made.Counts["cases"] || made.Counts["cases"] < 3 {
		t.Errorf("restored %+v, made %+v", back, made)
	}
	var v store.Verification
	runJSON(t, &v, "audit", "verify", "--data", to)
	if !v.Intact || v.Head != made.JournalHash || v.Entries != made.JournalSeq {
		t.Errorf("the restored journal: %+v; the backup's: %d, %s", v, made.JournalSeq, made.JournalHash)
	}
	if _, err := os.Stat(filepath.Join(to, store.MasterKeyFile)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the key came along unasked: %v", err)
	}
	if code, out, _ := run3(t, nil, "check", "--data", to); code != codeUnhealthy || !strings.Contains(out, "names cannot be read") {
		t.Errorf("check without the key: exit code %d: %s", code, out)
	}

	withKey, to2 := filepath.Join(in, "with-key.fbk"), filepath.Join(in, "restored2")
	if said := mustRun(t, "backup", "--data", dir, "--with-key", withKey); !strings.Contains(said, "can read every name") {
		t.Errorf("with the key: %s", said)
	}
	if said := mustRun(t, "restore", "--data", to2, withKey); !strings.Contains(said, "opens its names") {
		t.Errorf("restore with the key: %s", said)
	}
	mustRun(t, "check", "--data", to2, "--deep")
	if said := mustRun(t, "backup", "--data", dir, file); !strings.Contains(said, "nobody can ever read them") {
		t.Errorf("without the key: %s", said)
	}

	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(whole)
	for i := range 64 { // one bit alone may say the same in another way: a copy of zeros from elsewhere
		flipped[len(flipped)*2/3+i] ^= 0x10
	}
	for _, x := range []struct {
		name string
		data []byte
		code int
		says string
	}{
		{"cut short", whole[:len(whole)/2], codeRejected, "damaged"},
		{"a byte short", whole[:len(whole)-1], codeRejected, "damaged"},
		{"some bits", flipped, codeRejected, "damaged"},
		{"empty", nil, codeRejected, "damaged"},
		{"a line list", []byte(opsCases), codeRejected, "damaged"},
	} {
		bad, to := writeFile(t, filepath.Join(in, "bad.fbk"), string(x.data)), filepath.Join(in, "from-bad")
		code, _, errs := run3(t, nil, "restore", "--data", to, bad)
		if code != x.code || !strings.Contains(errs, x.says) {
			t.Errorf("%s: exit code %d, want %d with %q: %s", x.name, code, x.code, x.says, errs)
		}
		if left, _ := os.ReadDir(to); len(left) > 0 {
			t.Errorf("%s: left %v", x.name, left)
		}
	}
	for _, x := range []struct {
		name string
		code int
		says string
		args []string
	}{
		{"over a folder in use", codeRejected, "not empty", []string{"restore", "--data", to, file}},
		{"no such backup", codeNotFound, "no such file", []string{"restore", "--data", filepath.Join(in, "x"), filepath.Join(in, "none.fbk")}},
		{"no such data", codeNotFound, "no firebreak data", []string{"backup", "--data", filepath.Join(in, "none"), filepath.Join(in, "y.fbk")}},
		{"no such folder", codeNotFound, "no such file", []string{"backup", "--data", dir, filepath.Join(in, "none", "y.fbk")}},
		{"onto a folder", codeFailed, "is a folder", []string{"backup", "--data", dir, to}},
		{"no file named", codeUsage, "name the file", []string{"backup", "--data", dir}},
	} {
		if code, _, errs := run3(t, nil, x.args...); code != x.code || !strings.Contains(errs, x.says) {
			t.Errorf("%s: exit code %d, want %d with %q: %s", x.name, code, x.code, x.says, errs)
		}
	}
}

// TestBackupKilled kills the program at any moment of a backup: there is either a whole file or none, and the next backup clears up.
func TestBackupKilled(t *testing.T) { //nolint:paralleltest // it starts processes: see TestScripts
	inProcesses(t)
	dir, _ := opsFolder(t)
	file := filepath.Join(t.TempDir(), "x.fbk")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// testscript's main runs the program when it is called by its name.
	link := filepath.Join(t.TempDir(), "firebreak")
	if err := os.Symlink(self, link); err != nil {
		t.Skip(err)
	}
	whole := 0
	for i := range 12 {
		cmd := exec.CommandContext(t.Context(), link, "backup", "--data", dir, file)
		cmd.Stdout, cmd.Stderr = io.Discard, io.Discard
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(i) * 15 * time.Millisecond)
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()
		if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) {
			continue
		}
		whole++
		mustRun(t, "restore", "--data", filepath.Join(t.TempDir(), "to"), file)
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d of 12 came to their end", whole)
	mustRun(t, "backup", "--data", dir, file)
	left, err := os.ReadDir(filepath.Dir(file))
	if err != nil || len(left) != 1 {
		t.Errorf("after a whole backup the folder holds %v, %v", left, err)
	}
}

func TestJSONOfBackupIsFlat(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(backupResult{File: "x", Manifest: store.Manifest{JournalSeq: 7}})
	if err != nil || !strings.Contains(string(text), `"journal_seq":7`) || strings.Contains(string(text), "Manifest") {
		t.Errorf("%s, %v", text, err)
	}
}
