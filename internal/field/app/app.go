// Package app is the capture app: what phones at sampling desks, couriers and the reception of a laboratory run in their browser. It works without network from the second
// time on, keeps what it registers on the phone, and sends it to the capture endpoint when it can.
//
// All of it is embedded and plain: the browser runs the modules in files/ as they are. cmd and field import it.
package app

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"

	"firebreak/internal/i18n"
)

//go:embed files
var embedded embed.FS

// Root is the path that the handler is mounted under, and the scope of the service worker. An invitation's QR code says Root + "#invite=" + secret.
const Root = "/desk/"

// contentSecurityPolicy is that of the screens, and one thing more: the decoder of bar codes is WebAssembly, which script-src has to allow by name.
const contentSecurityPolicy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; " +
	"connect-src 'self'; worker-src 'self'; manifest-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

// The two files in which the build writes its name: whatever they say otherwise is the same in every build with the same files.
const (
	page   = "index.html"
	worker = "sw.js"
	words  = "words.json"
)

type file struct {
	body, zipped []byte // zipped is nil where it gains nothing
	kind         string
}

// Handler serves the app. It does not change.
type Handler struct {
	files   map[string]file
	version string
}

// New reads the embedded files and the words of every language.
func New(bundle *i18n.Bundle) (*Handler, error) {
	bodies := map[string][]byte{}
	err := fs.WalkDir(embedded, "files", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		bodies[strings.TrimPrefix(name, "files/")], err = embedded.ReadFile(name)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("desk app: %w", err)
	}
	if bodies[words], err = sayings(bundle); err != nil {
		return nil, fmt.Errorf("desk app: words: %w", err)
	}
	names := make([]string, 0, len(bodies))
	for name := range bodies {
		names = append(names, name)
	}
	slices.Sort(names)
	sum := sha256.New()
	for _, name := range names {
		_, _ = fmt.Fprintf(sum, "%s %d\n", name, len(bodies[name]))
		sum.Write(bodies[name])
	}
	h := &Handler{files: make(map[string]file, len(names)), version: hex.EncodeToString(sum.Sum(nil))[:12]}
	kept := slices.DeleteFunc(names, func(name string) bool {
		return name == worker || path.Ext(name) == ".txt" || path.Base(name) == "VENDOR.json"
	})
	list, err := json.Marshal(kept)
	if err != nil {
		return nil, fmt.Errorf("desk app: %w", err)
	}
	for name, body := range bodies {
		if name == page || name == worker {
			body = bytes.ReplaceAll(body, []byte("{{version}}"), []byte(h.version))
			body = bytes.ReplaceAll(body, []byte(`["{{files}}"]`), list)
		}
		h.files[name] = file{body: body, zipped: compress(body), kind: contentType(name)}
	}
	return h, nil
}

// sayings is words.json: for every language its tag, its own name, and the texts of the app, without the prefix that they have in the catalogue.
func sayings(bundle *i18n.Bundle) ([]byte, error) {
	type language struct {
		Tag   string         `json:"tag"`
		Name  string         `json:"name"`
		Texts map[string]any `json:"texts"`
	}
	out := map[i18n.Lang]language{}
	for _, l := range bundle.Languages() {
		out[l.Lang] = language{l.Tag, l.Name, bundle.Forms(l.Lang, "desk")}
	}
	return json.Marshal(out)
}

// contentType does not ask the machine's tables, which differ.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	case ".json":
		return "application/json"
	case ".wasm":
		return "application/wasm"
	case ".webmanifest":
		return "application/manifest+json"
	}
	return "text/plain; charset=utf-8"
}

func compress(body []byte) []byte {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil
	}
	if _, err := w.Write(body); err != nil || w.Close() != nil || b.Len() >= len(body) {
		return nil
	}
	return b.Bytes()
}

// ServeHTTP serves GET and HEAD below Root. v/VERSION/NAME is a file of that version and of no other: the service worker asks so, and never keeps a mixture of two builds
// that a rolling upgrade serves side by side.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	head := w.Header()
	head.Set("Content-Security-Policy", contentSecurityPolicy)
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Referrer-Policy", "no-referrer")
	head.Set("Cross-Origin-Opener-Policy", "same-origin")
	head.Set("Permissions-Policy", "camera=(self), screen-wake-lock=(self), geolocation=(), microphone=()")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		head.Set("Allow", "GET, HEAD")
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	name, below := strings.CutPrefix(r.URL.Path, Root)
	if !below { // "/desk"
		http.Redirect(w, r, Root, http.StatusPermanentRedirect)
		return
	}
	if rest, versioned := strings.CutPrefix(name, "v/"); versioned {
		var version string
		if version, name, _ = strings.Cut(rest, "/"); version != h.version {
			http.NotFound(w, r)
			return
		}
	}
	if name == "" {
		name = page
	}
	f, ok := h.files[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	tag := `"` + h.version + `"`
	head.Set("Content-Type", f.kind)
	head.Set("Cache-Control", "no-cache") // the service worker keeps it; before there is one, each load asks whether it is still so
	head.Set("ETag", tag)
	head.Set("Vary", "Accept-Encoding")
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := f.body
	if f.zipped != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		head.Set("Content-Encoding", "gzip")
		body = f.zipped
	}
	head.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodGet {
		_, _ = w.Write(body) // who asked may have gone
	}
}
