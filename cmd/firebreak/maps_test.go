package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSavedMaps(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	file := filepath.Join(dir, "list.csv")
	own := filepath.Join(dir, "map.json")
	for path, text := range map[string]string{
		file: "Nr,Began\n1,03/04/2022\n2,05/04/2022\n",
		own:  `{"format": "county", "kind": "cases", "fields": {"code": {"from": ["Nr"]}, "onset": {"from": ["Began"], "order": "dmy"}}}`,
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out struct {
		Files []struct{ Rows, Created, Unchanged int }
	}
	runJSON(t, &out, "import", "--data", data, "--outbreak", "o", "--pack", "mers/who@1", "--map", own, "--save-map", "County list", "--json", file)
	if len(out.Files) != 1 || out.Files[0].Created != 2 {
		t.Fatalf("imported %+v", out)
	}
	runJSON(t, &out, "import", "--data", data, "--outbreak", "o", "--map", "County list", "--save-map", "County list", "--json", file)
	if out.Files[0].Unchanged != 2 {
		t.Errorf("by the saved map: %+v", out)
	}
	var list struct{ Maps []savedMap }
	runJSON(t, &list, "maps", "list", "--data", data, "--outbreak", "o", "--json")
	if len(list.Maps) != 1 || list.Maps[0].Name != "County list" || list.Maps[0].Shared || !strings.Contains(string(list.Maps[0].Map), `"dmy"`) {
		t.Errorf("maps: %+v", list.Maps)
	}
}
