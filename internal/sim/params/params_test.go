package params

import (
	"errors"
	"strings"
	"testing"
)

func TestEveryFileLoads(t *testing.T) {
	t.Parallel()
	if _, err := LoadCity(); err != nil {
		t.Error(err)
	}
	if _, err := LoadResponse(); err != nil {
		t.Error(err)
	}
	names, err := Names()
	if err != nil {
		t.Fatal(err)
	}
	if len(names) < 5 {
		t.Errorf("diseases are %v", names)
	}
	for _, n := range names {
		d, err := Load(n)
		if err != nil {
			t.Error(err)
			continue
		}
		if d.Care.Delay.Mean.Path != "care.delay.mean" {
			t.Errorf("%s: path is %q", n, d.Care.Delay.Mean.Path)
		}
	}
	if _, err := Load("plague"); !errors.Is(err, ErrUnknown) || !strings.Contains(err.Error(), "omicron-ba2") {
		t.Errorf("error of an unknown disease is %v", err)
	}
}

func TestWrongFilesAreRefused(t *testing.T) {
	t.Parallel()
	good, err := files.ReadFile("response.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, from, to, want string }{
		{"unknown key", "pace:", "speed:", "speed"},
		{"missing value", "compliance: {value: 0.9, unit: \"share\", source: \"general knowledge\", status: assumed}", "", "compliance: is needed"},
		{"share above 1", "compliance: {value: 0.9", "compliance: {value: 1.9", "compliance: 1.9 is out of range"},
		{"another unit", "result: {value: 6, unit: \"h\"", "result: {value: 6, unit: \"d\"", "result: unit"},
		{"unknown source", "[4] practice", "[99] practice", "source [99]"},
		{"measured without a source", "[4] practice", "practice", "must cite"},
	} {
		text := strings.Replace(string(good), c.from, c.to, 1)
		if text == string(good) {
			t.Fatalf("%s: the file does not have %q", c.name, c.from)
		}
		if err := parse("response.yaml", []byte(text), &Response{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error is %v, want one with %q", c.name, err, c.want)
		}
	}
}
