package i18n

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

//go:embed locales/*.json
var localeFiles embed.FS

// Lang names a catalogue: the base name of its file, such as "en" or "zh".
type Lang string

// Default is the language used when neither the person nor the browser asks for one we have.
const Default Lang = "en"

// Formats holds what differs between languages beside the messages. Patterns use named fields in
// braces; see pattern in format.go for those of dates.
type Formats struct {
	Date      string      `json:"date"`       // a day with its year
	DateShort string      `json:"date_short"` // a day without its year
	Clock     string      `json:"clock"`      // hour and minute
	DateTime  string      `json:"date_time"`  // day, year, hour, minute
	Short     string      `json:"short"`      // day, hour, minute: instants of this outbreak
	Exact     string      `json:"exact"`      // to the second with the zone's offset, for hover
	Percent   string      `json:"percent"`    // {n}
	Range     string      `json:"range"`      // {low} {high}
	Months    [12]string  `json:"months"`     // short names
	Compact   []CompactAt `json:"compact"`    // largest first
}

// CompactAt says how a large number is shortened from a size on: 10,071,722 is "10.07 M" or "1007万".
type CompactAt struct {
	From    float64 `json:"from"`
	Divide  float64 `json:"divide"`
	Digits  int     `json:"digits"`
	Pattern string  `json:"pattern"` // {n}
}

// catalogue is one language, parsed.
type catalogue struct {
	lang     Lang
	tag      language.Tag
	name     string // the language's own name for itself
	short    string // for the switch in the header
	formats  Formats
	messages map[string]entry
}

// file is the JSON form of a catalogue.
type file struct {
	Tag      string                     `json:"tag"`
	Name     string                     `json:"name"`
	Short    string                     `json:"short"`
	Formats  Formats                    `json:"formats"`
	Messages map[string]json.RawMessage `json:"messages"`
}

// Bundle is every language the program was built with. It is immutable and safe for concurrent use.
type Bundle struct {
	catalogues map[Lang]*catalogue
	langs      []Lang // Default first, then by name
	matcher    language.Matcher
}

// Load parses the embedded catalogues. It fails on a malformed file, an unclosed parameter or a
// missing default language, so that a program that starts can speak.
func Load() (*Bundle, error) {
	sub, err := fs.Sub(localeFiles, "locales")
	if err != nil {
		return nil, fmt.Errorf("i18n: open catalogues: %w", err)
	}
	return LoadFS(sub)
}

// LoadFS parses every *.json file at the root of fsys as a catalogue.
func LoadFS(fsys fs.FS) (*Bundle, error) {
	names, err := fs.Glob(fsys, "*.json")
	if err != nil {
		return nil, fmt.Errorf("i18n: list catalogues: %w", err)
	}
	b := &Bundle{catalogues: make(map[Lang]*catalogue, len(names))}
	for _, name := range names {
		c, err := readCatalogue(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("i18n: catalogue %s: %w", name, err)
		}
		b.catalogues[c.lang] = c
		b.langs = append(b.langs, c.lang)
	}
	if _, ok := b.catalogues[Default]; !ok {
		return nil, fmt.Errorf("i18n: no catalogue for the default language %q", Default)
	}
	slices.SortFunc(b.langs, func(x, y Lang) int {
		if (x == Default) != (y == Default) {
			if x == Default {
				return -1
			}
			return 1
		}
		return strings.Compare(string(x), string(y))
	})
	tags := make([]language.Tag, len(b.langs))
	for i, l := range b.langs {
		tags[i] = b.catalogues[l].tag
	}
	b.matcher = language.NewMatcher(tags)
	return b, nil
}

func readCatalogue(fsys fs.FS, name string) (*catalogue, error) {
	raw, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, err
	}
	var f file
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&f); err != nil {
		return nil, err
	}
	tag, err := language.Parse(f.Tag)
	if err != nil {
		return nil, fmt.Errorf("tag %q: %w", f.Tag, err)
	}
	if f.Name == "" || f.Short == "" {
		return nil, errors.New("name and short are needed")
	}
	c := &catalogue{
		lang: Lang(strings.TrimSuffix(path.Base(name), ".json")),
		tag:  tag, name: f.Name, short: f.Short, formats: f.Formats,
		messages: make(map[string]entry, len(f.Messages)),
	}
	for key, body := range f.Messages {
		m, err := parseMessage(body)
		if err != nil {
			return nil, fmt.Errorf("message %q: %w", key, err)
		}
		c.messages[key] = m
	}
	return c, nil
}

// Language describes one catalogue, for a language switch.
type Language struct {
	Lang  Lang
	Tag   string // BCP 47, for the lang attribute
	Name  string // its own name for itself
	Short string // a few letters
}

// Languages lists the catalogues, the default first.
func (b *Bundle) Languages() []Language {
	out := make([]Language, len(b.langs))
	for i, l := range b.langs {
		c := b.catalogues[l]
		out[i] = Language{Lang: l, Tag: c.tag.String(), Name: c.name, Short: c.short}
	}
	return out
}

// Negotiate picks the language of a request: the person's own choice if it is one we have, else the
// best match of the browser's Accept-Language header, else the default.
func (b *Bundle) Negotiate(choice Lang, acceptLanguage string) Lang {
	if _, ok := b.catalogues[choice]; ok {
		return choice
	}
	wanted, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil || len(wanted) == 0 {
		return Default
	}
	_, i, confidence := b.matcher.Match(wanted...)
	if confidence == language.No {
		return Default
	}
	return b.langs[i]
}

// Localizer returns the words and formats of lang for instants shown in zone (UTC if nil). An
// unknown language falls back to the default. A Localizer belongs to one goroutine.
func (b *Bundle) Localizer(lang Lang, zone *time.Location) *Localizer {
	c, ok := b.catalogues[lang]
	if !ok {
		c = b.catalogues[Default]
	}
	if zone == nil {
		zone = time.UTC
	}
	return newLocalizer(c, zone)
}

// Keys lists the message keys of lang, sorted.
func (b *Bundle) Keys(lang Lang) []string {
	c, ok := b.catalogues[lang]
	if !ok {
		return nil
	}
	keys := make([]string, 0, len(c.messages))
	for k := range c.messages {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// Params lists the parameter names that a message uses in any of its plural forms, sorted.
func (b *Bundle) Params(lang Lang, key string) []string {
	c, ok := b.catalogues[lang]
	if !ok {
		return nil
	}
	return c.messages[key].params()
}

// Forms returns the messages of lang that begin with prefix and a full stop, each as the catalogue writes it: a text, or its plural forms by name. A program in the browser
// that has to speak without the server is given them. The keys are without the prefix.
func (b *Bundle) Forms(lang Lang, prefix string) map[string]any {
	out := map[string]any{}
	c, ok := b.catalogues[lang]
	if !ok {
		return out
	}
	for key, m := range c.messages {
		short, ok := strings.CutPrefix(key, prefix+".")
		if !ok {
			continue
		}
		if len(m.forms) == 1 {
			out[short] = m.forms[plural.Other].String()
			continue
		}
		forms := map[string]string{}
		for name, form := range pluralForms {
			if parts, ok := m.forms[form]; ok {
				forms[name] = parts.String()
			}
		}
		out[short] = forms
	}
	return out
}
