package screening

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"firebreak/internal/lab"
)

const (
	goodBox      = `{"device":7,"round":2,"site":4,"box":"B-0007","packed_at":"2022-03-05T12:00:00Z","tubes":["Q7-0413","Q7-0414"],"counted":2,"note":""}`
	goodHandover = `{"device":7,"box":"B-0007","step":"received","at":"2022-03-05T13:00:00Z","counted":1,"note":"one broke","tubes":["Q7-0413"]}`
)

// sentBox is what encoding/json makes of a box.
type sentBox struct {
	Device, Round, Site int64
	Box                 string
	PackedAt            time.Time `json:"packed_at"`
	Tubes               []string
	Counted             int
	Note                string
}

type sentHandover struct {
	Device  int64
	Box     string
	Step    string
	At      time.Time
	Counted int
	Note    string
	Tubes   []string
}

func TestReadPackedBox(t *testing.T) {
	t.Parallel()
	got, err := ReadPackedBox([]byte(goodBox))
	want := &PackedBox{Device: 7, Round: 2, Site: 4, Box: "B-0007", PackedAt: noon, Tubes: []string{"Q7-0413", "Q7-0414"}, Counted: 2}
	if err != nil || !cmp.Equal(got, want) {
		t.Errorf("%v %s", err, cmp.Diff(want, got))
	}
	h, err := ReadHandover([]byte(goodHandover))
	if err != nil || h.Step != lab.Received || h.Counted != 1 || h.Note != "one broke" || len(h.Tubes) != 1 || !h.At.Equal(noon.Add(time.Hour)) {
		t.Errorf("%v %+v", err, h)
	}
	for _, c := range []struct{ from, to, where string }{
		{`"device":7`, `"device":0`, "device"},
		{`"device":7,`, ``, "device"},
		{`"counted":2`, `"counted":-1`, "counted"},
		{`"counted":2`, `"counted":02`, "counted"},
		{`"counted":2`, `"counted":2.5`, "counted"},
		{`"counted":2`, `"counted":"2"`, "counted"},
		{`"counted":2,`, ``, "counted"},
		{`"B-0007"`, `"B-1, B-2"`, "box"},
		{`"B-0007"`, `""`, "box"},
		{`"Q7-0414"`, `"Q7-0413"`, "tubes[1]"},
		{`"Q7-0414"`, `7`, "tubes[1]"},
		{`["Q7-0413","Q7-0414"]`, `[]`, "tubes"},
		{`"note":""`, `"notes":""`, ""},
		{`2022-03-05T12:00:00Z`, `noon`, "packed_at"},
		{`"note":""}`, `"note":""} {}`, ""},
		{`["Q7-0413"`, `["` + strings.Repeat("x", 41) + `"`, "tubes[0]"},
	} {
		_, err := ReadPackedBox([]byte(strings.Replace(goodBox, c.from, c.to, 1)))
		var why *Refusal
		if !errors.As(err, &why) || why.Where != c.where || why.Text == "" {
			t.Errorf("%s -> %s: %v, want it at %q", c.from, c.to, err, c.where)
		}
	}
	for _, c := range []struct{ from, to, where string }{
		{`"received"`, `"packed"`, "step"}, {`"received"`, `"sent"`, "step"}, {`"received"`, `"collected"`, "tubes"}, {`"counted":1`, `"counted":99999999999999999999`, "counted"},
	} {
		_, err := ReadHandover([]byte(strings.Replace(goodHandover, c.from, c.to, 1)))
		var why *Refusal
		if !errors.As(err, &why) || why.Where != c.where {
			t.Errorf("%s -> %s: %v, want it at %q", c.from, c.to, err, c.where)
		}
	}
}

// Whatever is taken means what encoding/json says it does; whatever is not has a reason.
func FuzzReadPackedBox(f *testing.F) {
	f.Add([]byte(goodBox))
	f.Add([]byte(`{"box":"é","counted":0}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		b, err := ReadPackedBox(body)
		if err != nil {
			var why *Refusal
			if !errors.As(err, &why) || why.Text == "" {
				t.Fatalf("refused without a reason: %v", err)
			}
			return
		}
		var s sentBox
		if err := json.Unmarshal(body, &s); err != nil {
			t.Fatalf("taken, but encoding/json says %v", err)
		}
		want := &PackedBox{DeviceID(s.Device), RoundID(s.Round), SiteID(s.Site), s.Box, s.PackedAt.UTC().Truncate(time.Microsecond), s.Tubes, s.Counted, s.Note}
		if diff := cmp.Diff(want, b); diff != "" {
			t.Fatal(diff)
		}
	})
}

func FuzzReadHandover(f *testing.F) {
	f.Add([]byte(goodHandover))
	f.Fuzz(func(t *testing.T, body []byte) {
		h, err := ReadHandover(body)
		if err != nil {
			var why *Refusal
			if !errors.As(err, &why) || why.Text == "" {
				t.Fatalf("refused without a reason: %v", err)
			}
			return
		}
		var s sentHandover
		if err := json.Unmarshal(body, &s); err != nil {
			t.Fatalf("taken, but encoding/json says %v", err)
		}
		want := &Handover{DeviceID(s.Device), s.Box, lab.Step(s.Step), s.At.UTC().Truncate(time.Microsecond), s.Counted, s.Note, s.Tubes}
		if diff := cmp.Diff(want, h); diff != "" {
			t.Fatal(diff)
		}
	})
}
