package store

import (
	"slices"
	"testing"
)

// TestListed: the numbers of a list are bound in their place among the others, and lists of about the same length share a text.
func TestListed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text, want string
		args, bound      []any
	}{
		{"alone", "SELECT a FROM t WHERE id IN (7)", "SELECT a FROM t WHERE id IN (?)", nil, []any{int64(7)}},
		{"filled up", "SELECT a FROM t WHERE id IN (7,8,9)", "SELECT a FROM t WHERE id IN (?,?,?,?)", nil, []any{int64(7), int64(8), int64(9), int64(9)}},
		{"below nought", "SELECT a FROM t WHERE id IN (-7,8)", "SELECT a FROM t WHERE id IN (?,?)", nil, []any{int64(-7), int64(8)}},
		{"between others", "SELECT a FROM t WHERE x = $1 AND id IN (7) AND y = $2 AND z = $1", "SELECT a FROM t WHERE x = ? AND id IN (?) AND y = ? AND z = ?", []any{"p", "q"}, []any{"p", int64(7), "q", "p"}},
		{"two lists", "a IN (1) OR b IN (2,3)", "a IN (?) OR b IN (?,?)", nil, []any{int64(1), int64(2), int64(3)}},
		{"quoted", "a IN (1) AND b = ' IN (2)' AND c = ''", "a IN (?) AND b = ' IN (2)' AND c = ''", nil, []any{int64(1)}},
		{"none", "a IN ('x') AND b = $1", "a IN ('x') AND b = $1", []any{1}, []any{1}},
		{"a query", "a IN (SELECT 1) AND b = $1", "a IN (SELECT 1) AND b = $1", []any{1}, []any{1}},
		{"written by a person", "a IN (1, 2) AND b IN (3)", "a IN (1, 2) AND b IN (?)", nil, []any{int64(3)}},
		{"bound by place", "a IN (1) AND b = ?", "a IN (1) AND b = ?", []any{1}, []any{1}},
		{"empty", "a IN () AND b IN (1)", "a IN () AND b IN (?)", nil, []any{int64(1)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			text, bound := listed(c.text, c.args)
			if text != c.want || !slices.Equal(bound, c.bound) {
				t.Errorf("got %q %v, want %q %v", text, bound, c.want, c.bound)
			}
		})
	}
}
