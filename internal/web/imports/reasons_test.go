package imports

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestEveryReasonIsTranslated reads the sentences that package exchange can say about a row or file from its sources: each must have a text in the catalogues.
func TestEveryReasonIsTranslated(t *testing.T) {
	t.Parallel()
	said := regexp.MustCompile(`(?:w\.(?:warn|reject)\((?:[^"]|"0, 0"|" -> "|" ")*?|Reason: *(?:fmt\.Sprintf\(\s*)?|reason :?= (?:fmt\.Sprintf\()?)"([^"]{6,})`)
	files, err := filepath.Glob("../../exchange/*.go")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, f := range append(files, "../../command/import_bound.go") {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range said.FindAllStringSubmatch(string(text), -1) {
			n++
			if got := reason(m[1]); got.Key == "import.reason.other" {
				t.Errorf("%s says %q, which is in no catalogue", filepath.Base(f), m[1])
			}
		}
	}
	if n < 25 {
		t.Errorf("only %d sentences found: the test looks in the wrong place", n)
	}
	if got := reason("the code is already in row 12 with other content"); got.Key != "import.reason.twice" || got.Args[3] != "12" {
		t.Errorf("got %v", got)
	}
	if got := reason("something new"); got.Key != "import.reason.other" {
		t.Errorf("got %v", got)
	}
}
