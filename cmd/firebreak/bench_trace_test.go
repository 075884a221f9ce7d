package main

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"firebreak/internal/store/storetest"
)

// The fields are read by programs that are not ours.
func TestBenchTrace(t *testing.T) {
	t.Parallel()
	people := 2000
	if testing.Short() {
		people = 1000
	}
	c := benchTraceCmd{People: people, Days: 5, Seed: 1}
	c.JSON = true
	var out bytes.Buffer
	if err := c.Run(t.Context(), &process{Now: time.Now, Stdout: &out, Stderr: t.Output()}); err != nil {
		t.Fatal(err)
	}
	var r map[string]float64
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	want := []string{"visits", "ingest_per_s", "build_per_cpu_s", "bytes_per_visit", "q1_ms", "q2_top50_ms", "q2_all_ms", "q3_links_ms", "q3_ring2_ms", "q4_ms"}
	if len(r) != len(want) {
		t.Errorf("got %d fields, want %d: %v", len(r), len(want), r)
	}
	for _, f := range want {
		if _, ok := r[f]; !ok {
			t.Errorf("%s is missing", f)
		}
	}
	if r["visits"] < float64(4*people*5*9/10) {
		t.Errorf("%g visits of %d people in 5 days", r["visits"], people)
	}
}

// The other engines' answers are the tracing engine's.
func TestBenchTraceCompares(t *testing.T) {
	t.Parallel()
	inProcesses(t)
	c := benchTraceCmd{People: 1000, Days: 4, Seed: 1, Compare: true, DB: storetest.NewPostgres(t)}
	c.JSON = true
	var out bytes.Buffer
	if err := c.Run(t.Context(), &process{Now: time.Now, Stdout: &out, Stderr: t.Output()}); err != nil {
		t.Fatal(err)
	}
	var r traceReport
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Compared) != 2 {
		t.Fatalf("%+v", r.Compared)
	}
	for _, x := range r.Compared {
		if !x.Same || x.Q4 < 0 {
			t.Errorf("%+v", x)
		}
	}
}
