package main

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"
)

func TestProgress(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name     string
		terminal bool
		runs     time.Duration
		total    int64
		want     string
	}{
		{"nothing within a second", true, 900 * time.Millisecond, 48000, ""},
		{"terminal rewrites its line", true, 1300 * time.Millisecond, 48000,
			"\r\x1b[Kimport: 12000 of 48000 rows (25 %), 12000/s, 3s left" +
				"\r\x1b[Kimport: 12000 of 48000 rows (25 %), 10000/s, 4s left" +
				"\r\x1b[Kimport: 12000 of 48000 rows (25 %), 9231/s, 4s left\n"},
		{"plain in a log", false, 12 * time.Second, 48000,
			"import: 12000 of 48000 rows (25 %), 12000/s, 3s left\nimport: 12000 of 48000 rows (25 %), 1091/s, 33s left\n"},
		{"unknown total", false, 2 * time.Second, 0, "import: 12000 rows, 12000/s, 1s\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var b bytes.Buffer
				p := &process{Stderr: &b, Terminal: tc.terminal}
				g := p.progress("import", "rows")
				g.set(12000, tc.total)
				time.Sleep(tc.runs)
				g.close()
				if got := b.String(); got != tc.want {
					t.Errorf("got  %q\nwant %q", got, tc.want)
				}
			})
		})
	}
}
