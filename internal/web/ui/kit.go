package ui

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"strings"
	"sync"
	"time"

	"firebreak/internal/i18n"
	"firebreak/internal/web/assets"
)

//go:embed templates/*.html
var templateFiles embed.FS

// Kit makes pages: it holds the languages, the assets and the component templates.
type Kit struct {
	bundle *i18n.Bundle
	assets *assets.Set
}

// NewKit binds the languages and assets that pages are rendered with.
func NewKit(bundle *i18n.Bundle, set *assets.Set) *Kit {
	return &Kit{bundle: bundle, assets: set}
}

// Bundle returns the languages of the kit, for negotiation.
func (k *Kit) Bundle() *i18n.Bundle { return k.bundle }

// Page is one parsed screen. It is safe for concurrent use.
type Page struct {
	kit   *Kit
	name  string
	files fs.FS
	paths []string
	// instances holds parsed copies of the templates. A copy is used by one rendering at a
	// time, because its functions (t, num, due, ...) speak the language of that rendering.
	instances sync.Pool
}

// instance is a parsed copy with the state its functions read.
type instance struct {
	templates *template.Template
	words     *i18n.Localizer
	frame     *Frame
}

// Page parses the templates at paths in files together with the layout and the components. They
// define "title" and "main", and any fragment that is also asked for alone.
func (k *Kit) Page(name string, files fs.FS, paths ...string) (*Page, error) {
	p := &Page{kit: k, name: name, files: files, paths: paths}
	first, err := p.parse()
	if err != nil {
		return nil, err
	}
	p.instances.Put(first)
	return p, nil
}

func (p *Page) parse() (*instance, error) {
	in := &instance{}
	t, err := template.New(p.name).Funcs(in.functions(p.kit)).ParseFS(templateFiles, "templates/*.html")
	if err == nil && len(p.paths) > 0 {
		_, err = t.ParseFS(p.files, p.paths...)
	}
	if err != nil {
		return nil, fmt.Errorf("ui: parse page %s: %w", p.name, err)
	}
	in.templates = t
	return in, nil
}

// Render writes the whole page. Nothing is written if the templates fail.
func (p *Page) Render(w io.Writer, frame Frame, view any) error {
	return p.Fragment(w, "layout", frame, view)
}

// Fragment writes one named template of the page alone, as asked for by a live refresh.
func (p *Page) Fragment(w io.Writer, name string, frame Frame, view any) error {
	in, ok := p.instances.Get().(*instance)
	if !ok {
		var err error
		if in, err = p.parse(); err != nil {
			return err
		}
	}
	defer p.instances.Put(in)
	in.frame = &frame
	in.words = p.kit.bundle.Localizer(frame.Lang, frame.Zone)
	var b bytes.Buffer
	if err := in.templates.ExecuteTemplate(&b, name, view); err != nil {
		return fmt.Errorf("ui: render %s of page %s: %w", name, p.name, err)
	}
	if _, err := b.WriteTo(w); err != nil {
		return fmt.Errorf("ui: write page %s: %w", p.name, err)
	}
	return nil
}

// functions are what templates may call. README.md beside the templates lists them for authors.
func (in *instance) functions(k *Kit) template.FuncMap {
	return template.FuncMap{
		"t":         func(key string, args ...any) string { return in.words.T(key, args...) },
		"te":        func(prefix string, value any) string { return in.words.Enum(prefix, fmt.Sprint(value)) },
		"msg":       func(m i18n.Msg) string { return in.words.Msg(m) },
		"num":       func(n any) string { return in.words.Value(n) },
		"dec":       func(x float64, digits int) string { return in.words.Decimal(x, digits) },
		"pct":       func(share float64) string { return in.words.Percent(share, 1) },
		"compact":   func(n int64) string { return in.words.Compact(n) },
		"interval":  func(low, high string) string { return in.words.Range(low, high) },
		"date":      func(t time.Time) string { return in.words.Date(t) },
		"dateshort": func(t time.Time) string { return in.words.DateShort(t) },
		"day":       func(iso string) string { return in.words.Day(iso) },
		"dayshort":  func(iso string) string { return in.words.DayShort(iso) },
		"clock":     func(t time.Time) string { return in.words.Clock(t) },
		"instant":   func(t time.Time) string { return in.words.Short(t) },
		"datetime":  func(t time.Time) string { return in.words.DateTime(t) },
		"exact":     func(t time.Time) string { return in.words.Exact(t) },
		"dur":       func(d time.Duration) string { return in.words.Duration(d) },
		"deadline":  func(due time.Time) string { return in.words.Deadline(due, in.frame.Now) },
		"ago":       func(t time.Time) string { return in.words.Ago(t, in.frame.Now) },
		"iso":       func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"overdue":   func(due time.Time) bool { return !due.IsZero() && due.Before(in.frame.Now) },
		"frame":     func() *Frame { return in.frame },
		"languages": k.bundle.Languages,
		"langtag":   func() string { return in.words.Tag() },
		"asset":     k.assets.URL,
		"browser":   func() browserWords { return in.browserWords() },
		"pairs":     pairs,
		"seq":       seq,
		"join":      strings.Join,
		"share":     share,
		"width":     width,
	}
}

// browserWords is what the browser modules need to keep relative times right without asking again.
type browserWords struct {
	Tag      string            `json:"tag"`
	Zone     string            `json:"zone"`
	Patterns map[string]string `json:"patterns"`
}

func (in *instance) browserWords() browserWords {
	w := in.words
	return browserWords{Tag: w.Tag(), Zone: w.Zone().String(), Patterns: map[string]string{
		"moment": w.Pattern("duration.moment"), "min": w.Pattern("duration.min"),
		"h": w.Pattern("duration.h"), "hmin": w.Pattern("duration.hmin"),
		"d": w.Pattern("duration.d"), "dh": w.Pattern("duration.dh"),
		"in": w.Pattern("duration.in"), "late": w.Pattern("duration.late"), "ago": w.Pattern("duration.ago"),
		"live": w.Pattern("live.on"), "offline": w.Pattern("live.off"), "failed": w.Pattern("live.failed"),
		"selected": w.Pattern("table.selected"), "nohits": w.Pattern("search.none"), "nomap": w.Pattern("map.none"),
	}}
}

// pairs makes a map for a template that needs more than one value.
func pairs(kv ...any) (map[string]any, error) {
	if len(kv)%2 != 0 {
		return nil, fmt.Errorf("pairs: %d values, want name and value in turn", len(kv))
	}
	m := make(map[string]any, len(kv)/2)
	for i := 0; i < len(kv); i += 2 {
		name, ok := kv[i].(string)
		if !ok {
			return nil, fmt.Errorf("pairs: name %v is not a string", kv[i])
		}
		m[name] = kv[i+1]
	}
	return m, nil
}

func seq(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// share is done over total; of nothing due, all is done.
func share(done, total int64) float64 {
	if total <= 0 {
		return 1
	}
	return float64(done) / float64(total)
}

// width is a share as the width of a bar in a drawing 100 wide.
func width(share float64) string { return fmt.Sprintf("%.2f", 100*min(max(share, 0), 1)) }
