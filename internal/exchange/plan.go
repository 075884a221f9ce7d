package exchange

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// plan is a Map bound to the columns of one file.
type plan struct {
	kind Kind
	refs References
	ops  []*op
	// kept are the columns that become attributes.
	kept   []int
	header []string
	// byField finds an op; nil where the field is not mapped.
	byField map[Field]*op
}

// op takes one field's value out of a row.
type op struct {
	field  Field
	cols   []int
	order  DateOrder
	values map[string]string
	prefix string
	def    string
	// words remembers how recent words were read, so that "Confirmed" is looked up once and not a million times.
	words map[string]wordResult
}

type wordResult struct {
	value string
	ok    bool
}

// maxWords bounds what an op remembers; a column with more different words is no column of words.
const maxWords = 512

// bind finds the map's columns in the header. A column that is not there is reported; a missing code, from or to column is an
// error, because every row would be wrong.
func bind(m Map, header []string) (*plan, []Problem, error) {
	find := columnsByName(header)
	p := &plan{kind: m.Kind, refs: m.References, header: header, byField: map[Field]*op{}}
	var problems []Problem
	used := make([]bool, len(header))
	for _, f := range allFields() {
		c, ok := m.Fields[f]
		if !ok {
			continue
		}
		o := &op{field: f, order: c.Order, prefix: c.Prefix, def: c.Default, words: map[string]wordResult{}}
		if len(c.Values) > 0 {
			o.values = map[string]string{}
			for _, from := range slices.Sorted(maps.Keys(c.Values)) {
				o.values[strings.ToLower(trim(from))] = c.Values[from]
			}
		}
		for _, name := range c.From {
			i, ok := find(name)
			if !ok {
				if f == FieldCode || f == FieldFrom || f == FieldTo {
					return nil, nil, fmt.Errorf("column map %q: the file has no column %q for %q; it has %q", m.Format, name, f, header)
				}
				problems = append(problems, Problem{Column: name, Severity: Warn, Reason: fmt.Sprintf("the column map takes %q from the column %q, which this file does not have", f, name)})
				continue
			}
			o.cols = append(o.cols, i)
			used[i] = true
		}
		if len(o.cols) == 0 && o.def == "" {
			continue
		}
		p.ops = append(p.ops, o)
		p.byField[f] = o
	}
	for _, name := range m.Drop {
		if i, ok := find(name); ok {
			used[i] = true
		}
	}
	for i := range header {
		if !used[i] {
			p.kept = append(p.kept, i)
		}
	}
	return p, problems, nil
}

// take returns the op's value in the row and the column that it stands in, -1 for a default or nothing.
func (o *op) take(cells []string) (string, int) {
	for _, c := range o.cols {
		if v, ok := o.clean(cells[c]); ok {
			return v, c
		}
	}
	return o.def, -1
}

// clean trims one cell, takes off what our own writers put before formulas, and translates it. It reports false for a cell
// that says nothing.
func (o *op) clean(cell string) (string, bool) {
	v := restore(trim(cell))
	if isMissing(v) {
		return "", false
	}
	if o.values != nil {
		if t, ok := o.values[strings.ToLower(v)]; ok {
			return t, t != ""
		}
	}
	return v, true
}

// joined returns all columns' values as one text.
func (o *op) joined(cells []string) string {
	if len(o.cols) == 1 {
		v, _ := o.take(cells)
		return v
	}
	var b strings.Builder
	for _, c := range o.cols {
		if v, ok := o.clean(cells[c]); ok {
			if b.Len() > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(v)
		}
	}
	if b.Len() == 0 {
		return o.def
	}
	return b.String()
}

// word reads a value of words by parse, remembering the answer.
func (o *op) word(v string, parse func(string) (string, bool)) (string, bool) {
	if r, ok := o.words[v]; ok {
		return r.value, r.ok
	}
	value, ok := parse(v)
	if len(o.words) < maxWords {
		o.words[v] = wordResult{value, ok}
	}
	return value, ok
}

func sexWord(s string) (string, bool)     { v, ok := parseSex(s); return string(v), ok }
func classWord(s string) (string, bool)   { v, ok := parseClass(s); return string(v), ok }
func outcomeWord(s string) (string, bool) { v, ok := parseOutcome(s); return string(v), ok }

// kindWord reads the kind of a link.
func kindWord(s string) (string, bool) {
	switch strings.ToLower(s) {
	case "direct", "contact", "direct contact", "接触":
		return string(LinkDirect), true
	case "cluster", "same cluster", "聚集":
		return string(LinkCluster), true
	case "transmission", "infection", "infector", "infected", "传播":
		return string(LinkTransmission), true
	case "event", "事件":
		return string(LinkEvent), true
	default:
		return "", false
	}
}
