package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// TestVisitsThroughAServer: a list of visits goes to a server in blocks, and is the same list as beside the data; a row is named as the file numbers it.
func TestVisitsThroughAServer(t *testing.T) {
	t.Parallel()
	in, dir := t.TempDir(), filepath.Join(t.TempDir(), "data")
	mustRun(t, "areas", "import", "--data", dir, writeFile(t, filepath.Join(in, "areas.csv"), opsAreas))
	mustRun(t, "outbreak", "start", "--data", dir, "o", "--pack", "covid19/2021-v8", "--area", "37", "--zone", "Asia/Shanghai")
	mustRun(t, "user", "add", "--data", dir, "duty", "--role", "epidemiologist@37")
	var made struct{ Token string }
	runJSON(t, &made, "user", "token", "--data", dir, "duty", "--scope", "import")
	var rows strings.Builder
	rows.WriteString("person,place,start,end\n")
	for i := range mostSentRows + 10 {
		fmt.Fprintf(&rows, "P%d,bus %d,2026-03-07T08:00,2026-03-07T08:30\n\n", i, i%50)
	}
	rows.WriteString("P,bus 3,noon,2026-03-07T08:30\n")
	visits := writeFile(t, filepath.Join(in, "visits.csv"), rows.String())
	places := writeFile(t, filepath.Join(in, "places.csv"), "place,kind\nbus 3,transport\n")
	url, stop, _ := served(t, nil, "--data", dir)
	at := func(kind string, args ...string) (int, string, string) {
		return run3(t, map[string]string{tokenVar: made.Token}, append([]string{"import", "--outbreak", "o", "--url", url, "--purpose", "contact-tracing", "--kind", kind}, args...)...)
	}
	if code, _, errs := at("visits", visits, "--dry-run"); code != codeOK || !strings.Contains(errs, "row 10022") {
		t.Errorf("tried: %d %s", code, errs)
	}
	for _, want := range []string{"5011   5010           0         1", "5011      0        5010         1"} {
		if code, out, errs := at("visits", visits); code != codeOK || !strings.Contains(out, want) {
			t.Errorf("sent: %d %s%s, want %s", code, out, errs, want)
		}
	}
	if code, out, errs := at("places", places); code != codeOK || !strings.Contains(out, "1      1") {
		t.Errorf("places: %d %s%s", code, out, errs)
	}
	if code, _, errs := at("meetings", visits); code != codeUsage || !strings.Contains(errs, "not a list of meetings") {
		t.Errorf("visits as meetings: %d %s", code, errs)
	}
	if code := stop(); code != codeOK {
		t.Fatalf("the server ended with %d", code)
	}
	out := mustRun(t, "import", "--data", dir, "--outbreak", "o", "--kind", "visits", visits)
	if !strings.Contains(out, "5011      0        5010         1") {
		t.Errorf("the same list beside the data: %s", out)
	}
}
