package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"firebreak/internal/plan/round"
)

// TestPlanRoundOfAnOutbreak plans a round in a folder, and plans the same from what plan city prints.
func TestPlanRoundOfAnOutbreak(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	data, areas, people := filepath.Join(dir, "data"), filepath.Join(dir, "areas.csv"), filepath.Join(dir, "city.json")
	if err := os.WriteFile(areas, []byte("code,name,level,parent\n37,City,city,\n3701,District,district,37\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var nothing any
	runJSON(t, &nothing, "areas", "import", "--data", data, "--json", areas)
	runJSON(t, &nothing, "outbreak", "start", "--data", data, "--pack", "covid19/2022-v9@1", "--area", "37", "--json", "o")
	runJSON(t, &nothing, "lab", "add", "--data", data, "--outbreak", "o", "--area", "3701", "--per-hour", "900", "--turnaround", "4h", "--json", "L1")
	runJSON(t, &nothing, "site", "add", "--data", data, "--outbreak", "o", "--area", "3701", "--lanes", "3", "--json", "S1")
	runJSON(t, &nothing, "round", "plan", "--data", data, "--outbreak", "o", "--area", "37", "--start", time.Now().Add(time.Hour).Format(time.RFC3339), "--json")
	var city round.City
	runJSON(t, &city, "plan", "city", "--data", data, "--outbreak", "o", "--round", "1", "--json")
	if len(city.Sites) != 1 || len(city.Labs) != 1 || city.Labs[0].Turnaround != 4 || city.Rules.Rate != 60 {
		t.Errorf("city: %+v", city)
	}
	var plan round.Plan
	runJSON(t, &plan, "plan", "round", "--data", data, "--outbreak", "o", "--round", "1", "--json")
	if !plan.Complete || plan.People != 0 || plan.Remedies != nil {
		t.Errorf("of a round in which nobody is due: %+v", plan)
	}
	for _, wrong := range [][]string{{"plan", "round"}, {"plan", "round", "--outbreak", "o", "--data", data}, {"plan", "round", "--in", people, "--data", data}, {"plan", "round", "--in", people, "--outbreak", "o", "--round", "1"},
		{"plan", "round", "--outbreak", "o", "--round", "1", "--data", data, "--period", "30"}} {
		if code, _, stderr := run3(t, nil, wrong...); code != codeUsage || stderr == "" {
			t.Errorf("%s: exit code %d, %q", strings.Join(wrong, " "), code, stderr)
		}
	}
	if code, _, _ := run3(t, nil, "plan", "round", "--outbreak", "o", "--round", "7", "--data", data); code != codeNotFound {
		t.Errorf("a round that is not there: exit code %d", code)
	}
}
