package store

import "testing"

func TestTimesRows(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{"INSERT INTO t (a, b) VALUES ($1, $2)", "INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4), ($5, $6)"},
		{"INSERT INTO t (a, b, c)\nVALUES ($1, 0, $2) ON CONFLICT (a) DO NOTHING", "INSERT INTO t (a, b, c)\nVALUES ($1, 0, $2), ($3, 0, $4), ($5, 0, $6) ON CONFLICT (a) DO NOTHING"},
		{"INSERT INTO t (a, b) VALUES ($1, $2) ON CONFLICT (a) DO UPDATE SET b = excluded.b", "INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4), ($5, $6) ON CONFLICT (a) DO UPDATE SET b = excluded.b"},
		{"INSERT INTO t (a) VALUES ($1) ON CONFLICT (a) DO UPDATE SET a = $2", ""}, // an argument beside the row
		{"INSERT INTO t (a, b) VALUES ($1, COALESCE($2, 0))", ""},
		{"INSERT INTO t (a) SELECT $1", ""},
		{"UPDATE t SET a = $1 WHERE b = $2", ""},
	} {
		got, ok := timesRows(c.text, 3)
		if got != c.want || ok != (c.want != "") {
			t.Errorf("%q: %q, %v, want %q", c.text, got, ok, c.want)
		}
	}
}
