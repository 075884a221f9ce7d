package protocol

import (
	"io/fs"
	"strings"
	"testing"
	"time"

	"firebreak/internal/screening"
	"firebreak/protocols"
)

func TestPacksSayHowEverybodyIsTested(t *testing.T) {
	t.Parallel()
	for name, levels := range map[string]map[string]int{
		"covid19/2021-v8": {"lockdown": 1, "controlled": 10, "precaution": 20},
		"covid19/2022-v9": {"high": 1, "medium": 10, "low": 20},
		"covid19/2022-11": {"high": 1, "low": 20},
	} {
		p, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		s := &p.Screening
		if !s.Set() || s.RoundLength.Duration() != 24*time.Hour || s.PeoplePerSampler.Value != 360 {
			t.Errorf("%s: %v, %v", name, s.RoundLength, s.PeoplePerSampler)
		}
		pools := s.Pools()
		for level, want := range levels {
			if got := pools.PoolFor([]string{level}); got != want {
				t.Errorf("%s: %d people a tube in a %s zone, want %d", name, got, level, want)
			}
		}
		if got := pools.PoolFor(nil, "port-worker"); got != 1 {
			t.Errorf("%s: port workers are tested %d to a tube", name, got)
		}
		rule, ok := s.Stop.Rule()
		if want := (screening.StopRule{Clean: 3, Wait: 72 * time.Hour, OnceMore: 1, Elsewhere: 3}); !ok || rule != want {
			t.Errorf("%s: stop rule %+v, want %+v", name, rule, want)
		}
		g, ok := s.Group("crowd-worker")
		if !ok {
			t.Fatalf("%s: no crowd workers", name)
		}
		if r, ok := g.Rhythm(); !ok || r != (screening.Rhythm{TimesAWeek: 2, Apart: 48 * time.Hour}) {
			t.Errorf("%s: crowd workers %+v", name, r)
		}
		if _, ok := s.Group("nobody"); ok {
			t.Errorf("%s knows a group of nobody", name)
		}
	}
	for _, name := range []string{"covid19/2022-12", "covid19/who", "measles/who", "ebola/who", "mers/who"} {
		p, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		if p.Screening.Set() {
			t.Errorf("%s tests everybody", name)
		}
	}
}

func TestErrorsInTheScreeningSection(t *testing.T) {
	t.Parallel()
	text, err := fs.ReadFile(protocols.Files, "covid19/2022-v9/pack.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, old, new, want string }{
		{"mixture", "pool: {value: 20, unit: people, source: \"[11]\", status: official}\n  zones", "pool: {value: 30, unit: people, source: \"[11]\", status: official}\n  zones", "screening.pool: 30 is 1, 5, 10 or 20"},
		{"unknown level", "- level: medium", "- level: orange", `"orange" is none of the levels`},
		{"level twice", "- level: medium", "- level: high", `"high" is used twice`},
		{"group twice", "- name: cold-chain", "- name: port-worker", `"port-worker"`},
		{"group's name", "- name: cold-chain", "- name: Cold Chain", `"Cold Chain"`},
		{"two rhythms", "times: {value: 2, unit: \"per week\", source: \"[48] press\", status: assumed}", "every: {value: 2, unit: d, source: \"x\", status: assumed}\n      times: {value: 2, unit: \"per week\", source: \"x\", status: assumed}", "a rhythm is"},
		{"too close", "apart: {value: 48,", "apart: {value: 96,", "a rhythm is"},
		{"unit", "value: 360, unit: people", "value: 360, unit: d", `unit "d"`},
		{"no pool", "  pool: {value: 20, unit: people, source: \"[11]\", status: official}\n  zones", "  zones", "screening.pool: is needed"},
		{"sites", "people_per_site_max: {value: 3000", "people_per_site_max: {value: 300", "less than people_per_site_min"},
		{"wait alone", "    once_more:", "    #once_more:", "screening.stop.once_more: is needed"},
		{"unknown key", "    once_more:", "    twice_more:", "twice_more"},
	} {
		broken := strings.Replace(string(text), c.old, c.new, 1)
		if broken == string(text) {
			t.Errorf("%s: the pack does not hold %q", c.name, c.old)
			continue
		}
		if _, err := Parse("pack.yaml", []byte(broken)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error = %v, want one with %q", c.name, err, c.want)
		}
	}
}
