package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// The fields are read by programs that are not ours; the outbreak is the same with any number of threads.
func TestSim(t *testing.T) {
	t.Parallel()
	run := func(args ...string) map[string]any {
		t.Helper()
		var out, errs bytes.Buffer
		p := &process{Args: append([]string{"sim", "--json"}, args...), Now: time.Now, Stdout: &out, Stderr: &errs}
		if code := execute(t.Context(), p); code != 0 {
			t.Fatalf("%v: exit code %d: %s", args, code, errs.String())
		}
		var r map[string]any
		if err := json.Unmarshal(out.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		return r
	}
	small := []string{"--people", "5000", "--days", "20", "--seeds", "20"}
	one, two := run(small...), run(append(small, "--workers", "2")...)
	for _, f := range []string{"people", "infected", "found", "isolated", "peak_infectious", "agent_days_per_cpu_s", "cpu_s", "rss_bytes", "digest"} {
		if _, ok := one[f]; !ok {
			t.Errorf("%s is missing", f)
		}
	}
	if one["digest"] != two["digest"] || one["infected"] != two["infected"] {
		t.Errorf("one thread %v, %v infected; two %v, %v", one["digest"], one["infected"], two["digest"], two["infected"])
	}
	if one["people"] != 5000.0 || one["infected"].(float64) < 100 {
		t.Errorf("%v people, %v infected", one["people"], one["infected"])
	}
	if other := run(append(small, "--seed", "2")...); other["digest"] == one["digest"] {
		t.Error("another seed gave the same outbreak")
	}
}

func TestSimIsTold(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args string
		want string
	}{
		{"--params plague", "omicron-ba2"},
		{"--people 20", "--people"},
		{"--days 0", "--days"},
		{"--workers 0", "--workers"},
		{"--area 110000", "--area"},
		{"--people 1000 --seeds 900", "infected at the start"},
	} {
		var out, errs bytes.Buffer
		p := &process{Args: append([]string{"sim"}, strings.Fields(c.args)...), Now: time.Now, Stdout: &out, Stderr: &errs}
		if code := execute(t.Context(), p); code != 2 || !strings.Contains(errs.String(), c.want) {
			t.Errorf("%s: exit code %d, %q, want 2 and %q", c.args, code, errs.String(), c.want)
		}
	}
}
