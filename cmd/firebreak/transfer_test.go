package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"firebreak/internal/api"
)

func TestTransfer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	areas, vehicles, errs := filepath.Join(dir, "areas.csv"), filepath.Join(dir, "vehicles.csv"), filepath.Join(dir, "errors.csv")
	day := time.Now().UTC().Format("2006-01-02")
	next := time.Now().UTC().AddDate(0, 0, 1).Format("2006-01-02")
	for path, text := range map[string]string{areas: "code,name,level,parent\n37,City,city,\n3701,District,district,37\n",
		vehicles: "code,area,lat,lon,seats,crew,from,to\n" +
			"B1,3701,36.1,120.1,20,A," + day + "T00:00:00Z," + day + "T12:00:00Z\n" +
			"B1,3701,36.1,120.1,20,B," + next + "T00:00:00Z," + next + "T12:00:00Z\n" +
			"B2,3701,36.1,120.1,many,,,\n" +
			"B3,99,36.1,120.1,4,,,\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var nothing any
	runJSON(t, &nothing, "areas", "import", "--data", data, "--json", areas)
	runJSON(t, &nothing, "outbreak", "start", "--data", data, "--pack", "covid19/2022-v9@1", "--area", "37", "--json", "o")
	code, out, _ := run3(t, nil, "transfer", "vehicles", "--data", data, "--outbreak", "o", "--errors", errs, vehicles)
	if code != codeRejected || !strings.Contains(out, "4 rows, 1 vehicles entered or corrected, 2 rows rejected") {
		t.Errorf("exit %d: %s", code, out)
	}
	if b, err := os.ReadFile(errs); err != nil || !strings.Contains(string(b), "is not a number") || !strings.Contains(string(b), "is not the code of a known jurisdiction") {
		t.Errorf("errors: %s, %v", b, err)
	}
	var list api.Vehicles
	runJSON(t, &list, "transfer", "vehicles", "--data", data, "--outbreak", "o", "--json")
	if len(list.Items) != 1 || list.Items[0].Code != "B1" || len(list.Items[0].Shifts) == 0 {
		t.Errorf("vehicles: %+v", list)
	}
	var plan api.TransferPlanView
	runJSON(t, &plan, "transfer", "plan", "--data", data, "--outbreak", "o", "--json")
	if plan.Version != 1 || !plan.InTime {
		t.Errorf("plan of nobody: %+v", plan)
	}
	var board api.TransferBoard
	runJSON(t, &board, "transfer", "board", "--data", data, "--outbreak", "o", "--json")
	if board.Plan == nil || board.Plan.Version != 1 {
		t.Errorf("board: %+v", board)
	}
	var invited struct{ Invitation string }
	runJSON(t, &invited, "transfer", "invite", "--data", data, "--outbreak", "o", "--crew", "A", "--json", "B1")
	if invited.Invitation == "" {
		t.Error("no invitation")
	}
}
