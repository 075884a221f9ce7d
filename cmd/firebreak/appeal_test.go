package main

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestAppeal(t *testing.T) {
	t.Parallel()
	in := t.TempDir()
	data := filepath.Join(in, "data")
	mustRun(t, "areas", "import", "--data", data, writeFile(t, filepath.Join(in, "areas.csv"), opsAreas))
	mustRun(t, "outbreak", "start", "--data", data, "o", "--pack", "covid19/2022-v9", "--area", "37", "--zone", "Asia/Shanghai")
	var list struct{ Appeals []appealRow }
	runJSON(t, &list, "appeal", "list", "--data", data, "--outbreak", "o", "--json")
	if list.Appeals == nil || len(list.Appeals) != 0 {
		t.Errorf("listed: %+v", list)
	}
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"of nobody":            {[]string{"file", "--ground", "care"}, codeUsage, "--code or --person"},
		"of one who is free":   {[]string{"file", "--ground", "care", "--person", "1"}, codeUsage, "is restricted by nothing"},
		"a code that is wrong": {[]string{"file", "--ground", "care", "--code", "XXXXX-XXXXX"}, codeUsage, "is nobody's"},
		"one that is not":      {[]string{"answer", "--reason", "x", "7", "upheld"}, codeNotFound, "appeal 7"},
		"words for no purpose": {[]string{"read", "--reason", "x", "7"}, codeUsage, "--purpose"},
		"words for nobody":     {[]string{"read", "--reason", "x", "--purpose", "screening", "7"}, codeDenied, "--token"},
	} {
		code, _, errs := run3(t, nil, append([]string{"appeal", c.args[0], "--data", data, "--outbreak", "o"}, c.args[1:]...)...)
		if code != c.code || !strings.Contains(errs, c.says) {
			t.Errorf("%s: exit code %d, want %d: %s", name, code, c.code, errs)
		}
	}
}
