package scenario

import (
	"errors"
	"os"
	"strings"
	"testing"
)

func TestEveryScenarioLoads(t *testing.T) {
	t.Parallel()
	if len(Names()) == 0 {
		t.Fatal("none ships")
	}
	for _, name := range Names() {
		s, err := Load(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if s.Name != name {
			t.Errorf("%s is called %q", name, s.Name)
		}
	}
	if _, err := Load("atlantis"); !errors.Is(err, ErrUnknown) || !strings.Contains(err.Error(), "laixi-2022") {
		t.Errorf("an unknown one: %v", err)
	}
}

func TestWrongScenariosAreRefused(t *testing.T) {
	t.Parallel()
	good, err := os.ReadFile("scenarios/laixi-2022.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, from, to, want string }{
		{"unknown key", "clinics:\n", "clinics:\n  doctors: 3\n", "doctors"},
		{"a share above 1", "tested: {value: 0.9, unit: share, source: \"general knowledge\"", "tested: {value: 1.9, unit: share, source: \"general knowledge\"", "clinics.tested: 1.9 is out of range"},
		{"another unit", "result: {value: 5, unit: h", "result: {value: 5, unit: d", "clinics.result: unit"},
		{"no source", "report: {value: 0.5, unit: h, source: \"general knowledge\"", "report: {value: 0.5, unit: h, source: \"\"", "clinics.report: source is needed"},
		{"a source that is not there", "[1] 10 of 304", "[9] 10 of 304", "disease.moderate: source [9]"},
		{"a word", "zones: {value: draw", "zones: {value: paint", "office.zones: \"paint\""},
		{"no Monday", "start: 2022-02-21", "start: 2022-02-22", "start: "},
		{"another disease", "params: omicron-ba2", "params: plague", "disease.params"},
		{"another pack", "pack: covid19/2022-v9", "pack: covid19/1999", "pack: "},
		{"a zone", "zone: Asia/Shanghai", "zone: Moon", "zone: "},
		{"nobody", "cases: 3}", "cases: 0}", "first[0].cases: 0"},
		{"a site", "site: middle school", "site: tower", "first[0].site: \"tower\""},
		{"a routine test at no site", "sampling:\n", "routine: [{site: tower, every: {value: 2, unit: d, source: \"[1]\", status: assumed}, share: {value: 1, unit: share, source: \"[1]\", status: assumed}, result: {value: 6, unit: h, source: \"[1]\", status: assumed}}]\nsampling:\n", "routine[0].site: \"tower\""},
		{"half a day", "sampling:\n", "routine: [{site: port, every: {value: 0.5, unit: d, source: \"[1]\", status: assumed}, share: {value: 1, unit: share, source: \"[1]\", status: assumed}, result: {value: 6, unit: h, source: \"[1]\", status: assumed}}]\nsampling:\n", "routine[0].every: 0.5"},
		{"an inject", "kind: rumour", "kind: flood", "injects[1].kind"},
		{"a time", "time: \"14:00\"", "time: noon", "injects[0].time"},
	} {
		text := strings.Replace(string(good), c.from, c.to, 1)
		if text == string(good) {
			t.Errorf("%s: the file does not have %q", c.name, c.from)
			continue
		}
		_, err := Read("x.yaml", []byte(text))
		if !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		} else if c.name != "unknown key" && !strings.Contains(err.Error(), "x.yaml:") {
			t.Errorf("%s: %v names no line", c.name, err)
		}
	}
}

// Whatever is in a file, reading it ends, and what is read without an error can be played.
func FuzzRead(f *testing.F) {
	good, err := os.ReadFile("scenarios/laixi-2022.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte("name: x\n"))
	f.Add([]byte("injects:\n  - {day: 1}\nfirst: [{}]\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := Read("x.yaml", text)
		if err != nil {
			return
		}
		if s.Location() == nil || len(s.First) == 0 || s.Days < 1 {
			t.Errorf("read as %+v", s)
		}
	})
}
