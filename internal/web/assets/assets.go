// Package assets holds the style sheets, browser modules and vendored libraries, and serves them.
//
// Everything is embedded: a page fetches nothing from outside. Addresses carry a hash of the files
// under them, so a browser keeps them for good and a new build is seen at once. The hash is one for
// all of our own files and one for the vendored ones, which lets modules import each other by
// relative paths. Only packages below web may import it.
package assets

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed css/*.css js/*.js img/*.svg vendor
var files embed.FS

// Root is the path that the handler is mounted under.
const Root = "/assets/"

// styleSheet is the one style sheet that pages ask for: all of css/ in the order of their names.
const styleSheet = "css/app.css"

// Set is the embedded files, ready to serve. It is immutable but for compressed copies that are made
// on first use, and safe for concurrent use.
type Set struct {
	byPath map[string]*file
	hash   map[bool]string // by "is vendored"
}

type file struct {
	body       []byte
	mime       string
	compressed func() []byte // nil where compression gains nothing
}

// Load reads and hashes the embedded files.
func Load() (*Set, error) {
	s := &Set{byPath: make(map[string]*file), hash: make(map[bool]string, 2)}
	var sheet bytes.Buffer
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		if path.Dir(name) == "css" { // WalkDir is in lexical order: 10-tokens.css comes first
			sheet.Write(body)
			return nil
		}
		s.byPath[name] = newFile(name, body)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("assets: read embedded files: %w", err)
	}
	s.byPath[styleSheet] = newFile(styleSheet, sheet.Bytes())
	s.hash[false], s.hash[true] = s.digest(false), s.digest(true)
	return s, nil
}

func newFile(name string, body []byte) *file {
	f := &file{body: body, mime: contentType(name)}
	f.compressed = sync.OnceValue(func() []byte { return compress(body) })
	return f
}

// contentType does not ask the machine's tables, which differ.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".json":
		return "application/json"
	case ".txt":
		return "text/plain; charset=utf-8"
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}

func compress(body []byte) []byte {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil
	}
	if _, err := w.Write(body); err != nil {
		return nil
	}
	if err := w.Close(); err != nil || b.Len() >= len(body) {
		return nil
	}
	return b.Bytes()
}

func vendored(name string) bool { return strings.HasPrefix(name, "vendor/") }

func (s *Set) digest(vendor bool) string {
	names := make([]string, 0, len(s.byPath))
	for name := range s.byPath {
		if vendored(name) == vendor {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	h := sha256.New()
	for _, name := range names {
		_, _ = fmt.Fprintf(h, "%s %d\n", name, len(s.byPath[name].body))
		h.Write(s.byPath[name].body)
	}
	return hex.EncodeToString(h.Sum(nil))[:12]
}

// URL is the address of an asset such as "css/app.css", "js/live.js" or "vendor/htmx.min.js". It
// fails on a name that is not embedded, so that a page with a wrong name does not get written.
func (s *Set) URL(name string) (string, error) {
	if _, ok := s.byPath[name]; !ok {
		return "", fmt.Errorf("assets: no file %q", name)
	}
	return Root + s.hash[vendored(name)] + "/" + name, nil
}

// ServeHTTP serves GET and HEAD under Root. An address of this build may be kept for good; one with
// another build's hash (a page that is still open over an upgrade) gets the present file, not kept.
func (s *Set) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	hash, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, Root), "/")
	f, ok := s.byPath[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.mime)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Vary", "Accept-Encoding")
	if hash == s.hash[vendored(name)] {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		h.Set("Cache-Control", "no-cache")
	}
	body := f.body
	if acceptsGzip(r.Header.Get("Accept-Encoding")) {
		if c := f.compressed(); c != nil {
			h.Set("Content-Encoding", "gzip")
			body = c
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodHead {
		return
	}
	// The client going away is no error of ours, and nobody is left to tell.
	_, _ = w.Write(body)
}

func acceptsGzip(header string) bool {
	for coding := range strings.SplitSeq(header, ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(coding), ";")
		if name == "gzip" || name == "*" {
			q := strings.ReplaceAll(weight, " ", "")
			return !strings.HasPrefix(q, "q=0") || strings.Trim(q, "q=0.") != ""
		}
	}
	return false
}

// ContentSecurityPolicy is the policy that all pages are written for: nothing inline, nothing from
// outside. Images may be data or blob addresses because the map draws its sprites and charts are
// exported that way.
const ContentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; " +
	"connect-src 'self'; worker-src 'self' blob:; font-src 'self'; manifest-src 'self'; form-action 'self'; " +
	"base-uri 'none'; frame-ancestors 'none'"

// Vendored describes one vendored library, as written by scripts/vendor.sh.
type Vendored struct {
	Name    string         `json:"name"`
	Version string         `json:"version"`
	Licence string         `json:"licence"`
	Files   []VendoredFile `json:"files"`
}

// VendoredFile is one file of a library under vendor/.
type VendoredFile struct {
	File   string `json:"file"`
	Bytes  int    `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Libraries lists the vendored libraries.
func Libraries() ([]Vendored, error) {
	raw, err := files.ReadFile("vendor/VENDOR.json")
	if err != nil {
		return nil, fmt.Errorf("assets: read list of libraries: %w", err)
	}
	var out []Vendored
	if err := json.Unmarshal(raw, &out); err != nil {
		return nil, fmt.Errorf("assets: list of libraries: %w", err)
	}
	return out, nil
}
