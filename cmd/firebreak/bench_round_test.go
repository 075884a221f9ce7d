package main

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"firebreak/internal/store/storetest"
)

// A whole round, small: what devices, laboratory and coordinator were told adds up.
func TestBenchRound(t *testing.T) {
	t.Parallel()
	inProcesses(t)
	for _, engine := range []string{"sqlite", "postgresql"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			c := benchRoundCmd{People: 10_000, Devices: 20, Infected: 1000, Seed: 1}
			c.JSON, c.Dir = true, t.TempDir()
			if engine == "postgresql" {
				c.DB = storetest.NewPostgres(t)
			}
			var out bytes.Buffer
			if err := c.Run(t.Context(), &process{Now: time.Now, Stdout: &out, Stderr: t.Output()}); err != nil {
				t.Fatalf("%v: %s", err, &out)
			}
			var r roundReport
			if err := json.Unmarshal(out.Bytes(), &r); err != nil {
				t.Fatal(err)
			}
			if r.Engine != engine || r.Tubes != 965 || r.Positive == 0 || r.Positive > r.Cases || r.Held != 10*r.Positive {
				t.Errorf("%+v", r)
			}
		})
	}
}
