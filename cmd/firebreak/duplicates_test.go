package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const twins = "case_id,case_classification,date_onset,date_confirmation,sex,date_of_birth,district\n" +
	"C-1,confirmed,2022-03-01,2022-03-03,female,2007-04-01,North\nC-2,confirmed,2022-03-02,2022-03-03,female,2007-04-01,North\n" +
	"C-3,confirmed,2022-03-02,2022-03-03,female,2007-04-01,South\n"

// TestDuplicatesThroughAServer: the commands say and do the same through a server, within the rights of the token.
func TestDuplicatesThroughAServer(t *testing.T) {
	t.Parallel()
	in, dir := t.TempDir(), filepath.Join(t.TempDir(), "data")
	mustRun(t, "areas", "import", "--data", dir, writeFile(t, filepath.Join(in, "areas.csv"), opsAreas))
	mustRun(t, "outbreak", "start", "--data", dir, "o", "--pack", "covid19/2022-v9", "--area", "37", "--zone", "Asia/Shanghai")
	mustRun(t, "import", "--data", dir, "--outbreak", "o", writeFile(t, filepath.Join(in, "cases.csv"), twins))
	tokens := map[string]string{}
	for login, role := range map[string]string{"epi": "epidemiologist@37", "south": "epidemiologist@3702"} {
		mustRun(t, "user", "add", "--data", dir, login, "--role", role)
		var made struct{ Token string }
		runJSON(t, &made, "user", "token", "--data", dir, login, "--scope", "case.read,case.write,contact.write")
		tokens[login] = made.Token
	}
	local := mustRun(t, "duplicates", "list", "--data", dir, "--outbreak", "o", "--json")
	if n := strings.Count(local, `"version"`); n != 3 {
		t.Fatalf("%d pairs, want 3: %s", n, local)
	}
	url, _, _ := served(t, nil, "--data", dir)
	at := func(login string, args ...string) (code int, out, errs string) {
		return run3(t, map[string]string{tokenVar: tokens[login]}, append(append([]string{"duplicates"}, args...), "--outbreak", "o", "--url", url, "--purpose", "case-investigation")...)
	}
	if _, got, errs := at("epi", "list", "--json"); got != local {
		t.Errorf("(-folder +server):\n%s%s", cmp.Diff(local, got), errs)
	}
	if code, out, _ := at("south", "list"); code != codeOK || !strings.HasPrefix(out, "No two of 1 people") {
		t.Errorf("the south's pairs: %d %s", code, out)
	}
	if code, _, _ := at("south", "merge", "C-1", "C-2", "--reason", "x"); code != codeNotFound {
		t.Errorf("a merge outside the token's areas ends with %d", code)
	}
	// The younger record goes on: the order of the arguments counts, not that of the list.
	if code, out, errs := at("epi", "merge", "C-2", "case:C-1", "--reason", "same card", "--take", "case.onset"); code != codeOK || out != "case:C-1 was merged into C-2 (merge 1)\n" {
		t.Fatalf("merge: %d %s%s", code, out, errs)
	}
	if code, _, errs := at("epi", "merge", "C-2", "C-1", "--reason", "again"); code != codeUsage || !strings.Contains(errs, "was merged into 2") {
		t.Errorf("merging again: %d %s", code, errs)
	}
	if code, out, _ := at("epi", "list", "--merges"); code != codeOK || !strings.Contains(out, "person:2  person:1") || !strings.Contains(out, "same card") {
		t.Errorf("merges: %d %s", code, out)
	}
	if code, out, errs := at("epi", "unmerge", "1", "--reason", "twins"); code != codeOK || out != "merge 1 was taken back\n" {
		t.Errorf("unmerge: %d %s%s", code, out, errs)
	}
	if code, out, errs := at("epi", "apart", "C-1", "C-2", "--reason", "twins"); code != codeOK {
		t.Errorf("apart: %d %s%s", code, out, errs)
	}
	code, got, errs := at("epi", "list", "--json")
	if code != codeOK || strings.Count(got, `"version"`) != 2 {
		t.Errorf("after telling apart: %d %s%s", code, got, errs)
	}
}
