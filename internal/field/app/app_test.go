package app

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"firebreak/internal/i18n"
)

func load(t *testing.T) (*Handler, *i18n.Bundle) {
	t.Helper()
	b, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	h, err := New(b)
	if err != nil {
		t.Fatal(err)
	}
	return h, b
}

func get(t *testing.T, h *Handler, url string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, url, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func TestServe(t *testing.T) {
	t.Parallel()
	h, _ := load(t)
	for _, tt := range []struct {
		url    string
		status int
		kind   string
	}{
		{"/desk/", 200, "text/html; charset=utf-8"},
		{"/desk", 308, ""},
		{"/desk/sw.js", 200, "text/javascript; charset=utf-8"},
		{"/desk/js/outbox.js", 200, "text/javascript; charset=utf-8"},
		{"/desk/vendor/zxing/reader/zxing_reader.wasm", 200, "application/wasm"},
		{"/desk/v/" + h.version + "/app.css", 200, "text/css; charset=utf-8"},
		{"/desk/v/000000000000/app.css", 404, ""}, // another build's
		{"/desk/none.js", 404, ""},
		{"/desk/../capture/v1/desk", 404, ""},
	} {
		w := get(t, h, tt.url)
		if w.StatusCode != tt.status || tt.kind != "" && w.Header.Get("Content-Type") != tt.kind {
			t.Errorf("%s: %d %s, want %d %s", tt.url, w.StatusCode, w.Header.Get("Content-Type"), tt.status, tt.kind)
		}
		policy := w.Header.Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "default-src 'none'; ") || strings.Contains(policy, "unsafe-inline") || strings.Contains(policy, "'unsafe-eval'") || strings.Contains(policy, "http") {
			t.Errorf("%s: policy %q", tt.url, policy)
		}
	}
	if w := get(t, h, "/desk/", "If-None-Match", `"`+h.version+`"`); w.StatusCode != http.StatusNotModified {
		t.Errorf("the same version again: %d", w.StatusCode)
	}
	r := httptest.NewRequest(http.MethodPost, "/desk/", nil)
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, r); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", w.Code)
	}
}

// The service worker keeps every file that a page or module asks for, and none that is not there.
func TestWorkerKeepsWhatThePageNeeds(t *testing.T) {
	t.Parallel()
	h, _ := load(t)
	sw := string(h.files[worker].body)
	m := regexp.MustCompile(`const files = (\[.*\]);`).FindStringSubmatch(sw)
	if m == nil || !strings.Contains(sw, "const version = '"+h.version+"'") {
		t.Fatalf("no version or list of files in %.300s", sw)
	}
	var list []string
	if err := json.Unmarshal([]byte(m[1]), &list); err != nil {
		t.Fatal(err)
	}
	asks := regexp.MustCompile(`(?:from |src=|href=|"src": |new URL\()["']([^"'#]+)["']`)
	for name, f := range h.files {
		if path.Ext(name) == ".wasm" || path.Ext(name) == ".png" || name == worker {
			continue
		}
		for _, m := range asks.FindAllStringSubmatch(string(f.body), -1) {
			if asked := path.Join(path.Dir(name), m[1]); !strings.HasSuffix(m[1], "/") && m[1] != "." && !slices.Contains(list, asked) {
				t.Errorf("%s asks for %s, which is not kept", name, asked)
			}
		}
	}
	for _, name := range list {
		if _, ok := h.files[name]; !ok {
			t.Errorf("%s is not there: no phone could install the app", name)
		}
	}
	if !slices.Contains(list, words) || !slices.Contains(list, page) || !slices.Contains(list, "vendor/zxing/reader/zxing_reader.wasm") {
		t.Errorf("kept: %v", list)
	}
}

// Every text that a module asks for is in every language, every text is asked for, and every reason that the server gives has words.
func TestWords(t *testing.T) {
	t.Parallel()
	h, b := load(t)
	calls := regexp.MustCompile(`\b(?:say|has)\(((?:[^()']|'[^']*'|\([^()]*\))*)`)
	quoted := regexp.MustCompile(`'([a-z0-9_.]+)'( \+)?`)
	used, prefixes := map[string]string{}, map[string]string{}
	for name, f := range h.files {
		if path.Ext(name) != ".js" || strings.HasPrefix(name, "vendor/") {
			continue
		}
		for _, m := range calls.FindAllStringSubmatch(string(f.body), -1) {
			key, _, _ := strings.Cut(m[1], ", {") // what follows are values
			for _, q := range quoted.FindAllStringSubmatch(key, -1) {
				if q[2] != "" || strings.HasSuffix(q[1], ".") || strings.HasSuffix(q[1], "_") {
					prefixes[q[1]] = name
				} else {
					used[q[1]] = name
				}
			}
		}
	}
	if len(used) < 100 || len(prefixes) < 5 {
		t.Fatalf("found %d texts and %d prefixes: the patterns of this test no longer fit", len(used), len(prefixes))
	}
	for _, l := range b.Languages() {
		have := b.Forms(l.Lang, "desk")
		for key, name := range used {
			if _, ok := have[key]; !ok && !isWord(key) {
				t.Errorf("%s: %q, asked for in %s, has no text", l.Lang, "desk."+key, name)
			}
		}
		for key := range have {
			_, whole := used[key]
			for p := range prefixes {
				whole = whole || strings.HasPrefix(key, p)
			}
			if !whole {
				t.Errorf("%s: %q is asked for nowhere", l.Lang, "desk."+key)
			}
		}
		for _, reason := range append(reasons(t, "../../screening", "Reason"), reasons(t, "..", "Reason")...) {
			if reason == "busy" || reason == "failed" { // sent again without a word
				continue
			}
			if _, ok := have["reason."+reason]; !ok {
				t.Errorf("%s: a refusal %q would be shown raw", l.Lang, reason)
			}
		}
	}
}

// isWord says whether what is quoted beside a key is a value that it is chosen by.
func isWord(s string) bool {
	return slices.Contains([]string{"boxes", "courier", "desk", "laboratory"}, s)
}

// reasons reads the constants of a type from the sources of a package.
func reasons(t *testing.T, dir, typ string) []string {
	t.Helper()
	pkgs, err := parser.ParseDir(token.NewFileSet(), dir, func(f fs.FileInfo) bool { return !strings.HasSuffix(f.Name(), "_test.go") }, parser.SkipObjectResolution) //nolint:staticcheck // one folder without build tags
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, p := range pkgs {
		ast.Inspect(p, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || spec.Type == nil {
				return true
			}
			name := ""
			switch x := spec.Type.(type) {
			case *ast.Ident:
				name = x.Name
			case *ast.SelectorExpr:
				name = x.Sel.Name
			}
			if name != typ {
				return true
			}
			for _, v := range spec.Values {
				if lit, ok := v.(*ast.BasicLit); ok {
					if s, err := strconv.Unquote(lit.Value); err == nil {
						out = append(out, s)
					}
				}
			}
			return true
		})
	}
	if len(out) == 0 {
		t.Errorf("no constants of %s in %s: this test no longer fits", typ, dir)
	}
	return out
}

// Nothing in the app or its decoder comes from elsewhere, and what was fetched is what was noted.
func TestVendored(t *testing.T) {
	t.Parallel()
	h, _ := load(t)
	var list []struct {
		Version, Licence string
		Files            []struct{ File, SHA256 string }
	}
	if err := json.Unmarshal(h.files["vendor/VENDOR.json"].body, &list); err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{"vendor/VENDOR.json": true}
	for _, lib := range list {
		for _, f := range lib.Files {
			listed["vendor/"+f.File] = true
			if sum := sha256.Sum256(h.files["vendor/"+f.File].body); hex.EncodeToString(sum[:]) != f.SHA256 {
				t.Errorf("%s is not what VENDOR.json says: run make vendor, do not edit vendored files", f.File)
			}
		}
		if lib.Version == "" || lib.Licence == "" {
			t.Errorf("%+v: version and licence are needed", lib)
		}
	}
	elsewhere := regexp.MustCompile("[\"'`](https?:)?//")
	for name, f := range h.files {
		if strings.HasPrefix(name, "vendor/") && !listed[name] {
			t.Errorf("%s is not in VENDOR.json", name)
		}
		if !strings.HasPrefix(name, "vendor/") && path.Ext(name) == ".js" && elsewhere.Match(bytes.ReplaceAll(f.body, []byte("http://www.w3.org/2000/svg"), nil)) {
			t.Errorf("%s names an address elsewhere", name)
		}
	}
}
