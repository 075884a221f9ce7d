package protocol

import (
	"cmp"
	"slices"
)

// Clauses returns every value the pack gives, in the order of its file.
func (p *Pack) Clauses() []Clause {
	out := make([]Clause, 0, len(p.clauses))
	for _, c := range p.clauses {
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b Clause) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Path, b.Path))
	})
	return out
}
