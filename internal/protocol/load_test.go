package protocol

import (
	"errors"
	"io/fs"
	"path"
	"strings"
	"testing"

	"firebreak/protocols"
)

func TestShippedPacksAreValidAndTheirSourcesListed(t *testing.T) {
	t.Parallel()
	packs, err := List()
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]bool{}
	for _, p := range packs {
		have[p.Ref()] = true
		md, err := fs.ReadFile(protocols.Files, path.Join(path.Dir(p.Name), "SOURCES.md"))
		if err != nil {
			t.Fatal(err)
		}
		if err := p.CheckSources(string(md)); err != nil {
			t.Errorf("%s: %v", p.Ref(), err)
		}
		if p.Supersedes != "" {
			if _, err := Load(p.Supersedes); err != nil {
				t.Errorf("%s supersedes %s: %v", p.Ref(), p.Supersedes, err)
			}
		}
	}
	for _, ref := range []string{"covid19/2021-v8@1", "covid19/2022-v9@1", "covid19/2022-11@1", "covid19/who@1", "mers/who@1", "measles/who@1", "ebola/who@1"} {
		if !have[ref] {
			t.Errorf("pack %s is not shipped", ref)
		}
	}
}

func TestLoadByName(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, want string
		unknown    bool
	}{
		{name: "covid19/2022-v9@1", want: "covid19/2022-v9@1"},
		{name: "covid19/2022-v9", want: "covid19/2022-v9@1"},
		{name: "covid19/2022-v9@2", unknown: true},
		{name: "covid19/2022-v9@", unknown: true},
		{name: "covid19", unknown: true},
		{name: "../covid19/who", unknown: true},
		{name: "plague/who", unknown: true},
		{name: "", unknown: true},
	} {
		p, err := Load(c.name)
		if c.unknown {
			if !errors.Is(err, ErrUnknown) {
				t.Errorf("Load(%q) error = %v, want one that wraps ErrUnknown", c.name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("Load(%q): %v", c.name, err)
		} else if p.Ref() != c.want {
			t.Errorf("Load(%q) = %s, want %s", c.name, p.Ref(), c.want)
		}
	}
}

func TestNinthEditionHasTheNumbersOfItsText(t *testing.T) {
	t.Parallel()
	p, err := Load("covid19/2022-v9")
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"clocks.move_case":             "2 h",
		"tiers.close.days":             "7 d",
		"tiers.close.tests":            "[1, 2, 3, 5, 7, 10] test day",
		"tiers.secondary.control":      "home word",
		"tiers.secondary.linked_tests": "2 count",
		"discharge.ct_from":            "35 Ct",
		"zones.levels.0.clean_for":     "7 d",
	} {
		c, ok := p.Clause(path)
		if got := c.Value + " " + c.Unit; !ok || got != want {
			t.Errorf("clause %s = %q (found %v), want %q", path, got, ok, want)
		}
		if c.Source == "" || c.Line == 0 {
			t.Errorf("clause %s has source %q, line %d", path, c.Source, c.Line)
		}
	}
	if got := p.Clocks.MoveCase.Path; got != "clocks.move_case" {
		t.Errorf("path of Clocks.MoveCase = %q", got)
	}
	if _, ok := p.Clause("clocks.nothing"); ok {
		t.Error("clause clocks.nothing was found")
	}
}

// Every value that the typed form holds is a clause, and every clause is held by the typed form.
func TestClausesAreTheTypedValues(t *testing.T) {
	t.Parallel()
	packs, err := List()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range packs {
		typed := 0
		p.walk(func(h holder, path, _ string, _ bool) {
			_, _, status := h.meta()
			c, ok := p.Clause(path)
			if ok != (status != "") {
				t.Errorf("%s: %s: clause found %v, status %q", p.Ref(), path, ok, status)
			}
			if ok {
				typed++
				if unit, source, _ := h.meta(); c.Unit != unit || c.Source != source || c.Status != status {
					t.Errorf("%s: %s: clause %v differs from the typed value", p.Ref(), path, c)
				}
			}
		})
		if typed != len(p.clauses) {
			t.Errorf("%s: %d typed values, %d clauses", p.Ref(), typed, len(p.clauses))
		}
	}
}

func TestErrorsNameFileLineAndPath(t *testing.T) {
	t.Parallel()
	text, err := fs.ReadFile(protocols.Files, "covid19/2022-v9/pack.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, old, new, want string }{
		{"unknown key", "  move_case:", "  move_cases:", "move_cases"},
		{"repeated key", "  report_case:", "  verify_case:", "verify_case"},
		{"wrong unit", "move_case: {value: 2, unit: h", "move_case: {value: 2, unit: km", `clocks.move_case: unit "km"`},
		{"no source", `linked_tests: {value: 2, unit: count, source: "[48]"`, `linked_tests: {value: 2, unit: count, source: ""`, "tiers.secondary.linked_tests: source is needed"},
		{"official without citation", `linked_tests: {value: 2, unit: count, source: "[48]"`, `linked_tests: {value: 2, unit: count, source: "v9"`, "must cite"},
		{"bad status", "source: \"[45]\", status: official}\n\ntiers", "source: \"[45]\", status: sure}\n\ntiers", `cases.look_back: status "sure"`},
		{"missing value", "  classes:", "  #classes:", "cases.classes: is needed"},
		{"falling test days", "[1, 2, 3, 5, 7, 10]", "[1, 3, 2, 5, 7, 10]", "tiers.close.tests: days must rise"},
		{"test after follow-up", "[1, 2, 3, 5, 7, 10]", "[1, 2, 3, 5, 7, 11]", "day 11 is after the 10 days"},
		{"bad control", "control: {value: home", "control: {value: house", `tiers.secondary.control: "house"`},
		{"bad class", "asymptomatic, confirmed", "asymptomatic, sure", "cases.classes"},
		{"unknown zone", "propose: {value: high", "propose: {value: red", `zones.propose: "red"`},
		{"text for a number", "move_case: {value: 2,", "move_case: {value: two,", "move_case"},
		{"one language", `pathogen: {en: "COVID-19",`, `pathogen: {en: "",`, "pathogen: is needed in en and zh"},
		{"two documents", "name: covid19/2022-v9", "---\na: 1\n---\nname: covid19/2022-v9", "one YAML document"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			broken := strings.Replace(string(text), c.old, c.new, 1)
			if broken == string(text) {
				t.Fatalf("the pack does not hold %q", c.old)
			}
			_, err := Parse("pack.yaml", []byte(broken))
			if err == nil {
				t.Fatal("no error")
			}
			if !strings.Contains(err.Error(), "pack.yaml") || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error = %v, want one with %q", err, c.want)
			}
			if errors.Is(err, ErrInvalid) && !strings.Contains(err.Error(), "pack.yaml:") {
				t.Errorf("error names no line: %v", err)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	text, err := fs.ReadFile(protocols.Files, "mers/who/pack.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte("name: x\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := Parse("pack.yaml", text)
		if (p == nil) == (err == nil) {
			t.Errorf("Parse gave pack %v and error %v", p != nil, err)
		}
	})
}
