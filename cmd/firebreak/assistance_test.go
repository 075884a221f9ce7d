package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestAssistanceThroughAServer: one office asks another through a server, within the rights of its token; the other sees and answers it, and a case is found by its whole code.
func TestAssistanceThroughAServer(t *testing.T) {
	t.Parallel()
	in, dir := t.TempDir(), filepath.Join(t.TempDir(), "data")
	mustRun(t, "areas", "import", "--data", dir, writeFile(t, filepath.Join(in, "areas.csv"), opsAreas))
	mustRun(t, "outbreak", "start", "--data", dir, "o", "--pack", "covid19/2021-v8", "--area", "37", "--zone", "Asia/Shanghai")
	mustRun(t, "import", "--data", dir, "--outbreak", "o", writeFile(t, filepath.Join(in, "cases.csv"), twins))
	tokens := map[string]string{}
	for login, role := range map[string]string{"north": "epidemiologist@3701", "south": "epidemiologist@3702"} {
		mustRun(t, "user", "add", "--data", dir, login, "--role", role)
		var made struct{ Token string }
		runJSON(t, &made, "user", "token", "--data", dir, login, "--scope", "case.read,contact.read,contact.write")
		tokens[login] = made.Token
	}
	url, _, _ := served(t, nil, "--data", dir)
	at := func(login string, args ...string) (code int, out, errs string) {
		return run3(t, map[string]string{tokenVar: tokens[login]}, append(append([]string{"assistance"}, args...), "--outbreak", "o", "--url", url, "--purpose", "contact-tracing")...)
	}
	ask := func(login, of string) (int, string, string) {
		return at(login, "ask", "--case", of, "--area", "3702", "--last", "2022-03-02", "--setting", "train", "--name", "Somebody Else")
	}
	if code, out, errs := ask("north", "C-1"); code != codeOK || !strings.HasPrefix(out, "Request ") || !strings.HasSuffix(out, " from 3701 to 3702 is asked.\n") {
		t.Fatalf("asked: %d %s%s", code, out, errs)
	}
	for login, of := range map[string]string{"north": "C-", "south": "C-1"} { // no whole code, and a case of another district
		if code, _, errs := ask(login, of); code != codeNotFound {
			t.Errorf("%s asks about %s: %d %s", login, of, code, errs)
		}
	}
	if code, out, errs := at("south", "list", "--side", "in"); code != codeOK || !strings.Contains(out, "asked") {
		t.Errorf("the other office sees: %d %s%s", code, out, errs)
	}
	if code, out, errs := at("south", "answer", "1", "accepted"); code != codeOK || !strings.HasPrefix(out, "Request A-1 from 3701 to 3702 is ") { // ended at once: that was years ago
		t.Errorf("accepted: %d %s%s", code, out, errs)
	}
}

func TestPathsHoldNamesAndNumbers(t *testing.T) {
	t.Parallel()
	if got, want := path("/api/outbreaks/%s/appeals/%d/words/%d", "a/b ", int64(7), 8), "/api/outbreaks/a%2Fb%20/appeals/7/words/8"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
