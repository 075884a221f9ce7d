package screening

import (
	"strconv"
	"time"
	"unicode/utf8"

	"firebreak/internal/lab"
)

// Bounds of a box.
const (
	MostBoxTubes = 500
	mostNote     = 500 // bytes
)

// PackedBox is what a desk says of a box of tubes.
type PackedBox struct {
	Device   DeviceID
	Round    RoundID
	Site     SiteID
	Box      string // its label; unique in the outbreak
	PackedAt time.Time
	Tubes    []string // labels, as scanned
	Counted  int      // tubes on the table
	Note     string   // why Counted is another number
}

// Handover is what a device says when a box goes from hand to hand.
type Handover struct {
	Device  DeviceID
	Box     string
	Step    lab.Step
	At      time.Time
	Counted int
	Note    string
	Tubes   []string // labels that were scanned one by one at a laboratory's door; nil where the box was taken in as it is
}

// ReadPackedBox reads a box as desks send it: one JSON object, its fields as documented and no others. The error is a *Refusal whose Where names the field.
func ReadPackedBox(body []byte) (*PackedBox, error) {
	out := &PackedBox{}
	return out, readWhole(body, func(r *batchReader) error { return r.packedBox(out) })
}

// ReadHandover reads a hand-over likewise.
func ReadHandover(body []byte) (*Handover, error) {
	out := &Handover{}
	return out, readWhole(body, func(r *batchReader) error { return r.handover(out) })
}

func readWhole(body []byte, read func(*batchReader) error) error {
	if len(body) > MostBytes {
		return refuse(TooLarge, "", "at most %d bytes", MostBytes)
	}
	if !utf8.Valid(body) {
		return refuse(BadForm, "", "the body is not UTF-8")
	}
	r := &batchReader{b: body, tube: -1, member: -1}
	if err := read(r); err != nil {
		return err
	}
	if r.skip(); r.i < len(r.b) {
		return r.bad("", "something follows the object")
	}
	return nil
}

func (r *batchReader) packedBox(out *PackedBox) error {
	names := []string{"device", "round", "site", "box", "packed_at", "tubes", "counted", "note"}
	seen, err := r.object(names, func(k int) (err error) {
		var n int64
		switch k {
		case 0:
			n, err = r.number("device")
			out.Device = DeviceID(n)
		case 1:
			n, err = r.number("round")
			out.Round = RoundID(n)
		case 2:
			n, err = r.number("site")
			out.Site = SiteID(n)
		case 3:
			out.Box, err = r.boxLabel("box")
		case 4:
			out.PackedAt, err = r.instant("packed_at")
		case 5:
			out.Tubes, err = r.labels("tubes")
		case 6:
			out.Counted, err = r.count("counted")
		case 7:
			out.Note, err = r.note("note")
		}
		return err
	})
	if err == nil {
		err = r.complete(names, seen, 7)
	}
	if err == nil && len(out.Tubes) == 0 {
		err = r.bad("tubes", "a box has at least one tube")
	}
	return err
}

func (r *batchReader) handover(out *Handover) error {
	names := []string{"device", "box", "step", "at", "counted", "note", "tubes"}
	seen, err := r.object(names, func(k int) (err error) {
		switch k {
		case 0:
			var n int64
			n, err = r.number("device")
			out.Device = DeviceID(n)
		case 1:
			out.Box, err = r.boxLabel("box")
		case 2:
			var s string
			if s, err = r.label("step", 20); err == nil {
				if out.Step, err = lab.ParseStep(s); err != nil || out.Step == lab.Packed {
					err = r.bad("step", "%q is not collected, delivered or received", s)
				}
			}
		case 3:
			out.At, err = r.instant("at")
		case 4:
			out.Counted, err = r.count("counted")
		case 5:
			out.Note, err = r.note("note")
		case 6:
			out.Tubes, err = r.labels("tubes")
		}
		return err
	})
	if err == nil {
		err = r.complete(names, seen, 5)
	}
	if err == nil && out.Tubes != nil && out.Step != lab.Received {
		err = r.bad("tubes", "tubes are scanned one by one only where a laboratory receives them")
	}
	return err
}

// boxLabel reads the label of a box, which is no list of two.
func (r *batchReader) boxLabel(field string) (string, error) {
	s, err := r.label(field, mostCode)
	if err == nil && lab.CheckCode(s) != nil {
		err = r.bad(field, "%q is no label of one box", s)
	}
	return s, err
}

// labels reads a list of tubes' labels, none of them twice.
func (r *batchReader) labels(field string) ([]string, error) {
	out := []string{}
	seen := map[string]int{}
	i := -1
	err := r.list(field, MostBoxTubes, &i, func() error {
		at := field + "[" + strconv.Itoa(i) + "]"
		s, err := r.label(at, mostCode)
		if err != nil {
			return err
		}
		if first, twice := seen[s]; twice {
			return r.bad(at, "%q is %s[%d] too", s, field, first)
		}
		seen[s] = i
		out = append(out, s)
		return nil
	})
	return out, err
}

// count reads a whole number from 0 up.
func (r *batchReader) count(field string) (int, error) {
	if r.i < len(r.b) && r.b[r.i] == '0' {
		if r.i++; r.i < len(r.b) && (r.b[r.i] >= '0' && r.b[r.i] <= '9' || r.b[r.i] == '.' || r.b[r.i] == 'e' || r.b[r.i] == 'E') {
			return 0, r.bad(field, "a whole number from 0 up is expected")
		}
		return 0, nil
	}
	n, err := r.number(field)
	if err == nil && n > 10*MostBoxTubes {
		err = r.bad(field, "is more than a box holds")
	}
	return int(n), err
}

// note reads a text that may be empty.
func (r *batchReader) note(field string) (string, error) {
	if r.i+1 < len(r.b) && r.b[r.i] == '"' && r.b[r.i+1] == '"' {
		r.i += 2
		return "", nil
	}
	return r.label(field, mostNote)
}
