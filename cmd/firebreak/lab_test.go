package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"firebreak/internal/command"
	"firebreak/internal/lab"
	"firebreak/internal/store"
)

func TestLab(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	list, areas, errs := filepath.Join(dir, "results.csv"), filepath.Join(dir, "areas.csv"), filepath.Join(dir, "errors.csv")
	for path, text := range map[string]string{areas: "code,name,level,parent\n37,City,city,\n3701,District,district,37\n", list: "采样管号,检测结果\nQ7-1,阴性\nQ7-2,阳性\nQ7-3,大概\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var nothing any
	runJSON(t, &nothing, "areas", "import", "--data", data, "--json", areas)
	runJSON(t, &nothing, "outbreak", "start", "--data", data, "--pack", "covid19/2022-v9@1", "--area", "37", "--json", "o")
	runJSON(t, &nothing, "lab", "add", "--data", data, "--outbreak", "o", "--area", "3701", "--per-hour", "900", "--turnaround", "4h", "--json", "L1")
	var invited struct{ Invitation string }
	runJSON(t, &invited, "lab", "invite", "--data", data, "--outbreak", "o", "--desk", "door", "--json", "L1")
	if invited.Invitation == "" {
		t.Error("no invitation")
	}
	var out command.TubeFileReported
	runJSON(t, &out, "lab", "report", "--data", data, "--outbreak", "o", "--lab", "L1", "--errors", errs, "--json", list)
	if out.Rows != 3 || out.Kept != 2 || out.Rejected != 1 || len(out.Rejects) != 1 {
		t.Errorf("reported: %+v", out)
	}
	if b, err := os.ReadFile(errs); err != nil || strings.Count(string(b), "result is") != 1 || !strings.Contains(string(b), "大概") {
		t.Errorf("errors: %s, %v", b, err)
	}
	// Both are of tubes that no desk told of: the positive one is looked for, and settled when it is found out what it was.
	var unknown struct{ Tubes []unknownRow }
	runJSON(t, &unknown, "lab", "unknown", "--data", data, "--outbreak", "o", "--json", "L1")
	if len(unknown.Tubes) != 2 || unknown.Tubes[0].Tube != "Q7-2" || unknown.Tubes[0].Result != "positive" {
		t.Errorf("unknown: %+v", unknown)
	}
	looked := func(state string) int {
		t.Helper()
		return strings.Count(mustRun(t, "tasks", "--data", data, "--outbreak", "o", "--all", "--json"), `"kind":"find_desk"`) * strings.Count(mustRun(t, "tasks", "--data", data, "--outbreak", "o", "--all", "--json"), `"state":"`+state+`"`)
	}
	if looked("open") != 1 {
		t.Errorf("tasks: %s", mustRun(t, "tasks", "--data", data, "--outbreak", "o", "--all", "--json"))
	}
	runJSON(t, &nothing, "lab", "settle", "--data", data, "--outbreak", "o", "--reason", "a control of the laboratory's own", "--json", "L1", "Q7-2")
	if looked("done") != 1 {
		t.Errorf("tasks: %s", mustRun(t, "tasks", "--data", data, "--outbreak", "o", "--all", "--json"))
	}
	if code, _, errs := run3(t, nil, "aside", "list", "--data", data, "--outbreak", "o", "--round", "1"); code != codeNotFound {
		t.Errorf("a round that is not: exit code %d: %s", code, errs)
	}
	var changed struct{ Version int64 }
	runJSON(t, &changed, "lab", "change", "--data", data, "--outbreak", "o", "--opens", "20:00", "--closes", "06:00", "--json", "L1")
	if changed.Version != 2 {
		t.Errorf("changed: %+v", changed)
	}
	var backlog struct {
		Clock        string
		Laboratories []backlogRow
	}
	runJSON(t, &backlog, "lab", "backlog", "--data", data, "--outbreak", "o", "--json")
	if backlog.Clock != "6 h" || len(backlog.Laboratories) != 1 || backlog.Laboratories[0].ClearsAt == nil || !backlog.Laboratories[0].RateAssumed {
		t.Errorf("backlog: %+v", backlog)
	}
}

// TestLabThroughAServer: a laboratory is entered, changed and listed through a server as in the folder, within the rights of the token.
func TestLabThroughAServer(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	mustRun(t, "areas", "import", "--data", dir, writeFile(t, filepath.Join(t.TempDir(), "areas.csv"), opsAreas))
	mustRun(t, "outbreak", "start", "--data", dir, "o", "--pack", "covid19/2022-v9", "--area", "37", "--zone", "Asia/Shanghai")
	tokens := map[string]string{}
	for login, role := range map[string]string{"rounds": "screening-coordinator@37", "south": "screening-coordinator@3702"} {
		mustRun(t, "user", "add", "--data", dir, login, "--role", role)
		var made struct{ Token string }
		runJSON(t, &made, "user", "token", "--data", dir, login, "--scope", "screening.write,sample.read")
		tokens[login] = made.Token
	}
	const nights = "22:00-06:00 100, 12:00-13:00 0"
	mustRun(t, "lab", "add", "--data", dir, "--outbreak", "o", "--area", "3701", "--per-hour", "900", "--rates", nights, "--turnaround", "4h", "--opens", "06:00", "--closes", "24:00", "L1")
	url, stop, _ := served(t, nil, "--data", dir)
	at := func(login, sub string, args ...string) (code int, out, errs string) {
		return run3(t, map[string]string{tokenVar: tokens[login]}, append([]string{"lab", sub, "--outbreak", "o", "--url", url, "--purpose", "screening"}, args...)...)
	}
	if code, out, errs := at("rounds", "add", "--area", "3701", "--per-hour", "900", "--rates", "12:00-13:00 0；22:00-6:00 100", "--turnaround", "4h", "--opens", "06:00", "--closes", "24:00", "--json", "L2"); code != codeOK || !strings.Contains(out, `"version": 1`) {
		t.Fatalf("added: %d %s%s", code, out, errs)
	}
	for _, c := range []struct {
		login string
		code  int
		args  []string
	}{
		{"south", codeNotFound, []string{"--per-hour", "1", "L2"}},
		{"rounds", codeNotFound, []string{"--per-hour", "1", "L9"}},
		{"rounds", codeUsage, []string{"--rates", "22:00-06:00", "L2"}},
		{"rounds", codeUsage, []string{"--rates", "22:00-06:00 1, 05:00-07:00 2", "L2"}},
		{"rounds", codeUsage, []string{"--per-hour", "200000", "L2"}},
		{"rounds", codeOK, []string{"--name", "Second", "L2"}},
		{"rounds", codeOK, []string{"--per-hour", "800", "L2"}},
	} {
		if code, out, errs := at(c.login, "change", c.args...); code != c.code {
			t.Errorf("%s %v ends with %d, want %d: %s%s", c.login, c.args, code, c.code, out, errs)
		}
	}
	if code, out, _ := at("rounds", "backlog", "--json"); code != codeOK || strings.Count(out, `"code"`) != 2 {
		t.Errorf("backlog: %d %s", code, out)
	}
	stop()
	// What a change does not name stands as it was, whichever way it was entered.
	db, err := store.Open(t.Context(), store.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.View(t.Context(), func(r *store.Reader) error {
		o, err := r.OutbreakByName("o")
		if err != nil {
			return err
		}
		one, err := r.LaboratoryByCode(o.ID, "L1")
		if err != nil {
			return err
		}
		two, err := r.LaboratoryByCode(o.ID, "L2")
		one.ID, one.Code, one.Name, one.PerHour, one.Version = two.ID, "L2", "Second", 800, 3
		if diff := cmp.Diff(one, two); diff != "" {
			t.Errorf("(-in the folder +through the server):\n%s", diff)
		}
		if lab.WriteRates(two.Rates) != "12:00-13:00 0, 22:00-06:00 100" {
			t.Errorf("rates %s", lab.WriteRates(two.Rates))
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
