package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"firebreak/internal/command"
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
