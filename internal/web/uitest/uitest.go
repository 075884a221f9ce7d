// Package uitest compares rendered pages with golden files. Only tests may import it.
package uitest

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"firebreak/internal/i18n"
	"firebreak/internal/web/assets"
	"firebreak/internal/web/ui"
)

// Update is set in a page's test by -update: golden files are written, not compared.
func Update() *bool { return flag.Bool("update", false, "write golden files") }

// Kit loads the languages and assets.
func Kit(t *testing.T) *ui.Kit {
	t.Helper()
	bundle, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	set, err := assets.Load()
	if err != nil {
		t.Fatal(err)
	}
	return ui.NewKit(bundle, set)
}

// assetHash stands in addresses; it changes with every edit of a style sheet and says nothing about
// the page.
var assetHash = regexp.MustCompile(`/assets/[0-9a-f]{12}/`)

// Golden renders fragment ("layout" for the whole page) and compares it with testdata/name.html. It
// also fails on what no page may contain: a missing text, and what the content security policy
// would block.
func Golden(t *testing.T, update bool, name string, page *ui.Page, fragment string, frame ui.Frame, view any) {
	t.Helper()
	var b bytes.Buffer
	if err := page.Fragment(&b, fragment, frame, view); err != nil {
		t.Fatal(err)
	}
	got := assetHash.ReplaceAllString(b.String(), "/assets/HASH/")
	for _, bad := range []string{"‹", "ZgotmplZ", " style=", "<style", " onclick=", "%!", "<no value>"} {
		if i := strings.Index(got, bad); i >= 0 {
			t.Errorf("%s contains %q: …%s…", name, bad, got[max(0, i-80):min(len(got), i+80)])
		}
	}
	checkIDs(t, name, got)
	path := filepath.Join("testdata", name+".html")
	if update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (run go test with -update to write it)", err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s differs from its golden file (-want +got):\n%s", name, diff)
	}
}

var (
	idAttr  = regexp.MustCompile(` id="([^"]*)"`)
	refAttr = regexp.MustCompile(` (?:for|aria-labelledby|aria-describedby|aria-controls)="([^"]*)"`)
)

// checkIDs fails on an id given twice and on a label or description that points nowhere.
func checkIDs(t *testing.T, name, html string) {
	t.Helper()
	seen := map[string]bool{}
	for _, m := range idAttr.FindAllStringSubmatch(html, -1) {
		if seen[m[1]] {
			t.Errorf("%s: id %q is given twice", name, m[1])
		}
		seen[m[1]] = true
	}
	for _, m := range refAttr.FindAllStringSubmatch(html, -1) {
		for _, id := range strings.Fields(m[1]) {
			if !seen[id] {
				t.Errorf("%s: %q refers to %q, which is not on the page", name, strings.TrimSpace(m[0]), id)
			}
		}
	}
}
