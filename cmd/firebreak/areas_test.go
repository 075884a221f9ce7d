package main

import (
	"path/filepath"
	"strings"
	"testing"

	"firebreak/internal/api"
)

// TestAreasAreTriedFirst: a dry run says what would change, row by row, and changes nothing; a wrong row keeps the whole file out.
func TestAreasAreTriedFirst(t *testing.T) {
	t.Parallel()
	dir, in := t.TempDir(), t.TempDir()
	mustRun(t, "areas", "import", "--data", dir, writeFile(t, filepath.Join(in, "first.csv"), "code,name,level,parent\n1,City,city,\n11,North,district,1\n"))
	next := writeFile(t, filepath.Join(in, "next.csv"), "code,name,level,parent,population\n11,Northern,district,1,\n12,South,district,1,90\n13,East,district,9,\n")
	var tried struct {
		Created, Updated, Rejected int
		Changes                    []struct {
			Row                int
			Code, Fate, Column string
		}
	}
	runJSON(t, &tried, "areas", "import", "--data", dir, "--dry-run", next)
	if tried.Created != 1 || tried.Updated != 1 || tried.Rejected != 1 || len(tried.Changes) != 3 {
		t.Fatalf("tried %+v", tried)
	}
	if c := tried.Changes[2]; c.Row != 4 || c.Code != "13" || c.Fate != "rejected" || c.Column != "parent" {
		t.Errorf("the rejected row is %+v", c)
	}
	if out := mustRun(t, "areas", "import", "--data", dir, "--dry-run", next); !strings.Contains(out, "next.csv:2") || !strings.Contains(out, "name: North -> Northern") || !strings.Contains(out, "only tried") {
		t.Errorf("for people:\n%s", out)
	}
	if code, _, errs := run3(t, nil, "areas", "import", "--data", dir, next); code != codeRejected || !strings.Contains(errs, "next.csv, row 4 (13), column parent") {
		t.Errorf("a file with a wrong row: exit code %d: %s", code, errs)
	}
	if out := mustRun(t, "areas", "list", "--data", dir); strings.Contains(out, "Northern") || strings.Contains(out, "South") {
		t.Errorf("something was changed:\n%s", out)
	}
}

func TestOutbreakPack(t *testing.T) {
	t.Parallel()
	dir, in := t.TempDir(), t.TempDir()
	mustRun(t, "areas", "import", "--data", dir, writeFile(t, filepath.Join(in, "areas.csv"), "code,name,level,parent\n1,City,city,\n"))
	mustRun(t, "outbreak", "start", "o", "--data", dir, "--pack", "covid19/2021-v8", "--area", "1")
	var out api.PackChanged
	runJSON(t, &out, "outbreak", "pack", "o", "covid19/2022-v9", "--dry-run", "--data", dir)
	if out.From != "covid19/2021-v8@1" || out.To != "covid19/2022-v9@1" {
		t.Errorf("tried %+v", out)
	}
	if code, _, errs := run3(t, nil, "outbreak", "pack", "o", "covid19/2022-v9", "--data", dir); code != codeUsage || !strings.Contains(errs, "reason") {
		t.Errorf("without a reason: exit code %d: %s", code, errs)
	}
	if text := mustRun(t, "outbreak", "pack", "o", "covid19/2022-v9", "--reason", "ninth edition", "--data", dir); !strings.Contains(text, "covid19/2022-v9@1 is in force in place of covid19/2021-v8@1") {
		t.Errorf("changed:\n%s", text)
	}
	if text := mustRun(t, "outbreak", "list", "--data", dir); !strings.Contains(text, "covid19/2022-v9@1") {
		t.Errorf("in force:\n%s", text)
	}
}
