package i18n

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// CountParam is the parameter that chooses the plural form of a message that has several.
const CountParam = "n"

// Msg is a text that is not in words yet: a key of the catalogues and its parameters as name, value
// pairs. Code that decides what to say makes a Msg; the page that shows it makes the words.
type Msg struct {
	Key  string
	Args []any
}

// Day is an ISO day ("2022-03-12") among the parameters of a message, said in the language's form.
type Day string

// Share is a part of one among the parameters of a message, said in per cent with one decimal.
type Share float64

// M makes a Msg: M("cases.moved", "n", 3, "place", "Jimo").
func M(key string, args ...any) Msg { return Msg{Key: key, Args: args} }

// IsZero tells whether there is nothing to say.
func (m Msg) IsZero() bool { return m.Key == "" }

// part is literal text or, when param is set, the place of a parameter.
type part struct{ text, param string }

// saying is one form of a text.
type saying []part

// String writes it as the catalogue does, with its parameters in braces.
func (ps saying) String() string {
	var b strings.Builder
	for _, p := range ps {
		if p.param != "" {
			b.WriteString("{" + p.param + "}")
		} else {
			b.WriteString(p.text)
		}
	}
	return b.String()
}

// entry is one text with its plural forms. A message without plurals has only plural.Other.
type entry struct {
	forms map[plural.Form]saying
}

// pluralForms are the names that a catalogue may use, as in CLDR.
var pluralForms = map[string]plural.Form{
	"zero": plural.Zero, "one": plural.One, "two": plural.Two,
	"few": plural.Few, "many": plural.Many, "other": plural.Other,
}

// parseMessage reads "text" or {"one": "text", "other": "text"}.
func parseMessage(raw json.RawMessage) (entry, error) {
	var single string
	if err := json.Unmarshal(raw, &single); err == nil {
		parts, err := parseParts(single)
		return entry{forms: map[plural.Form]saying{plural.Other: parts}}, err
	}
	var byForm map[string]string
	if err := json.Unmarshal(raw, &byForm); err != nil {
		return entry{}, errors.New("neither a text nor plural forms")
	}
	m := entry{forms: make(map[plural.Form]saying, len(byForm))}
	for name, text := range byForm {
		form, ok := pluralForms[name]
		if !ok {
			return entry{}, fmt.Errorf("unknown plural form %q", name)
		}
		parts, err := parseParts(text)
		if err != nil {
			return entry{}, err
		}
		m.forms[form] = parts
	}
	if _, ok := m.forms[plural.Other]; !ok {
		return entry{}, errors.New(`plural forms without "other"`)
	}
	return m, nil
}

// parseParts splits a text at its {parameters}.
func parseParts(text string) (saying, error) {
	var parts saying
	for text != "" {
		open := strings.IndexByte(text, '{')
		if open < 0 {
			return append(parts, part{text: text}), nil
		}
		length := strings.IndexByte(text[open:], '}')
		if length < 2 {
			return nil, fmt.Errorf("parameter not closed or without a name in %q", text)
		}
		if open > 0 {
			parts = append(parts, part{text: text[:open]})
		}
		parts = append(parts, part{param: text[open+1 : open+length]})
		text = text[open+length+1:]
	}
	return parts, nil
}

func (m entry) params() []string {
	var out []string
	for _, parts := range m.forms {
		for _, p := range parts {
			if p.param != "" && !slices.Contains(out, p.param) {
				out = append(out, p.param)
			}
		}
	}
	slices.Sort(out)
	return out
}

// form picks the plural form for a count, falling back to "other".
func (m entry) form(tag language.Tag, count any) saying {
	if len(m.forms) > 1 {
		if n, ok := wholeNumber(count); ok {
			if n < 0 {
				n = -n
			}
			if parts, ok := m.forms[plural.Cardinal.MatchPlural(tag, int(n), 0, 0, 0, 0)]; ok {
				return parts
			}
		}
	}
	return m.forms[plural.Other]
}

func wholeNumber(v any) (int64, bool) {
	switch n := v.(type) {
	case int:
		return int64(n), true
	case int32:
		return int64(n), true
	case int64:
		return n, true
	case uint32:
		return int64(n), true
	case *int64:
		if n != nil {
			return *n, true
		}
	case *int:
		if n != nil {
			return int64(*n), true
		}
	}
	return 0, false
}
