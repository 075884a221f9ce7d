package store

import (
	"reflect"
	"testing"
)

func TestListsOfNumbersAreBound(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		args []any
		want string
		all  []any
	}{
		{"SELECT a FROM b WHERE c = $1", []any{"x"}, "SELECT a FROM b WHERE c = $1", []any{"x"}},
		{"WHERE s IN ('a', 'b')", nil, "WHERE s IN ('a', 'b')", nil},
		{"WHERE id IN (SELECT 1)", nil, "WHERE id IN (SELECT 1)", nil},
		{"WHERE id IN (7)", nil, "WHERE id IN ($1)", []any{int64(7)}},
		{"WHERE id IN (7, -8, 9) AND o = $1 AND s = 'IN (1)'", []any{int64(3)}, "WHERE id IN ($1, $2, $3, $4) AND o = $5 AND s = 'IN (1)'", []any{int64(7), int64(-8), int64(9), int64(9), int64(3)}},
		{"WHERE k = $1 AND id IN (1,2) AND (j = $1 OR l = $2)", []any{"k", "l"}, "WHERE k = $1 AND id IN ($2, $3) AND (j = $4 OR l = $5)", []any{"k", int64(1), int64(2), "k", "l"}},
		{"WHERE id IN (1, x)", nil, "WHERE id IN (1, x)", nil},
		{"WHERE id IN (1, 2", nil, "WHERE id IN (1, 2", nil},
		{"WHERE id IN ()", nil, "WHERE id IN ()", nil},
	} {
		text, all := bound(c.text, c.args)
		if text != c.want || !reflect.DeepEqual(all, c.all) {
			t.Errorf("%s %v: %s %v, want %s %v", c.text, c.args, text, all, c.want, c.all)
		}
	}
}

// However many numbers a list holds, few texts are prepared.
func TestListsOfAllLengthsMakeFewTexts(t *testing.T) {
	t.Parallel()
	texts := map[string]bool{}
	var ids []int64
	for range 500 {
		ids = append(ids, int64(len(ids)+1))
		text, args := bound("WHERE o = $1 AND id IN ("+numbers(ids)+")", []any{int64(1)})
		texts[text] = true
		if len(args) < len(ids)+1 || len(args) > 2*len(ids)+1 {
			t.Fatalf("%d numbers became %d values", len(ids), len(args)-1)
		}
	}
	if len(texts) != 10 {
		t.Errorf("%d texts, want 10", len(texts))
	}
}
