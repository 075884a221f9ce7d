package assets

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestVendoredFilesAreWhatWasFetched(t *testing.T) {
	t.Parallel()
	libraries, err := Libraries()
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{"VENDOR.json": true}
	total := 0
	for _, lib := range libraries {
		if lib.Version == "" || lib.Licence == "" {
			t.Errorf("%s: version %q, licence %q: both are needed", lib.Name, lib.Version, lib.Licence)
		}
		hasLicenceText := false
		for _, f := range lib.Files {
			listed[f.File] = true
			body, err := files.ReadFile("vendor/" + f.File)
			if err != nil {
				t.Errorf("%s: %v", lib.Name, err)
				continue
			}
			total += len(body)
			hasLicenceText = hasLicenceText || strings.Contains(f.File, "LICENSE")
			if sum := sha256.Sum256(body); hex.EncodeToString(sum[:]) != f.SHA256 {
				t.Errorf("%s: digest is %x, VENDOR.json says %s: run make vendor, do not edit vendored files", f.File, sum, f.SHA256)
			}
		}
		if !hasLicenceText {
			t.Errorf("%s: its licence text is not vendored", lib.Name)
		}
	}
	if total > 4<<20 {
		t.Errorf("vendored files are %d bytes, more than 4 MiB", total)
	}
	entries, err := fs.ReadDir(files, "vendor")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !listed[e.Name()] {
			t.Errorf("vendor/%s is not in VENDOR.json", e.Name())
		}
	}
}

func TestServe(t *testing.T) {
	t.Parallel()
	s, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	current, err := s.URL(styleSheet)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name, method, path, accept string
		status                     int
		cache, encoding            string
	}{
		{"this build", "GET", current, "gzip, br", 200, "public, max-age=31536000, immutable", "gzip"},
		{"no compression", "GET", current, "", 200, "public, max-age=31536000, immutable", ""},
		{"compression refused", "GET", current, "gzip;q=0, *;q=0", 200, "public, max-age=31536000, immutable", ""},
		{"another build", "GET", Root + "0123/" + styleSheet, "gzip", 200, "no-cache", "gzip"},
		{"head", "HEAD", current, "gzip", 200, "public, max-age=31536000, immutable", "gzip"},
		{"unknown", "GET", Root + "x/css/none.css", "", 404, "", ""},
		{"outside", "GET", Root + "x/../assets.go", "", 404, "", ""},
		{"post", "POST", current, "", 405, "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(tc.method, "/", nil)
			r.URL.Path = tc.path
			r.Header.Set("Accept-Encoding", tc.accept)
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			if w.Code != tc.status {
				t.Fatalf("status %d, want %d", w.Code, tc.status)
			}
			if tc.status != http.StatusOK {
				return
			}
			if got := w.Header().Get("Cache-Control"); got != tc.cache {
				t.Errorf("Cache-Control %q, want %q", got, tc.cache)
			}
			if got := w.Header().Get("Content-Encoding"); got != tc.encoding {
				t.Fatalf("Content-Encoding %q, want %q", got, tc.encoding)
			}
			if tc.method == "HEAD" {
				return
			}
			var body io.Reader = w.Body
			if tc.encoding == "gzip" {
				plain, err := gzip.NewReader(w.Body)
				if err != nil {
					t.Fatal(err)
				}
				body = plain
			}
			got, err := io.ReadAll(body)
			if err != nil || string(got) != string(s.byPath[styleSheet].body) {
				t.Errorf("body differs from the file (%v)", err)
			}
		})
	}
}

func TestURLOfUnknownFileFails(t *testing.T) {
	t.Parallel()
	s, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := s.URL("js/none.js"); err == nil {
		t.Errorf("URL of a file that does not exist = %q, want an error", got)
	}
}

// Nothing inline and nothing from outside is also true of our own modules.
func TestOwnModulesFetchNothingFromOutside(t *testing.T) {
	t.Parallel()
	s, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range s.byPath {
		if vendored(name) || strings.HasPrefix(name, "img/") {
			continue
		}
		for _, bad := range []string{"https://", "eval(", "new Function"} {
			if bad == "https://" && strings.HasPrefix(name, "css/") {
				continue
			}
			if strings.Contains(string(f.body), bad) {
				t.Errorf("%s contains %q", name, bad)
			}
		}
		if strings.HasPrefix(name, "css/") && strings.Contains(string(f.body), "url(http") {
			t.Errorf("%s fetches from outside", name)
		}
	}
}
