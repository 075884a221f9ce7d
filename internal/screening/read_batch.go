package screening

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"firebreak/internal/person"
)

// PersonCode reads the code by which a person names themselves; false for one that is nobody's.
type PersonCode func(code string) (person.ID, bool)

// ReadBatch reads a batch as devices send it: one JSON object, its fields as documented and no others. The error is a *Refusal whose Where names the field.
//
// It is written by hand because every sample of a city passes here: it takes a third of the time of encoding/json and makes no garbage but what it returns.
func ReadBatch(body []byte, code PersonCode) (*Batch, error) {
	if len(body) > MostBytes {
		return nil, refuse(TooLarge, "", "a batch has at most %d bytes", MostBytes)
	}
	if !utf8.Valid(body) {
		return nil, refuse(BadForm, "", "the batch is not UTF-8")
	}
	r := &batchReader{b: body, code: code, tube: -1, member: -1}
	out := &Batch{}
	if err := r.batch(out); err != nil {
		return nil, err
	}
	if r.skip(); r.i < len(r.b) {
		return nil, r.bad("", "something follows the batch")
	}
	return out, nil
}

// batchReader is a place in a batch under way.
type batchReader struct {
	b            []byte
	i            int
	code         PersonCode
	tube, member int // indexes of where it is; -1 outside
}

func (r *batchReader) where(field string) string {
	s := ""
	if r.tube >= 0 {
		s = "tubes[" + strconv.Itoa(r.tube) + "]"
	}
	if r.member >= 0 {
		s += ".members[" + strconv.Itoa(r.member) + "]"
	}
	if s != "" && field != "" {
		s += "."
	}
	return s + field
}

func (r *batchReader) bad(field, format string, args ...any) *Refusal {
	return refuse(BadForm, r.where(field), "%s (byte %d)", fmt.Sprintf(format, args...), r.i)
}

func (r *batchReader) skip() {
	for r.i < len(r.b) && (r.b[r.i] == ' ' || r.b[r.i] == '\n' || r.b[r.i] == '\t' || r.b[r.i] == '\r') {
		r.i++
	}
}

// take passes over c, with white space before it, if it is next.
func (r *batchReader) take(c byte) bool {
	r.skip()
	if r.i < len(r.b) && r.b[r.i] == c {
		r.i++
		return true
	}
	return false
}

// object reads an object whose fields are among names, each at most once, and calls field with the index of each.
func (r *batchReader) object(names []string, field func(k int) error) (seen uint, err error) {
	if !r.take('{') {
		return 0, r.bad("", "an object is expected")
	}
	if r.take('}') {
		return 0, nil
	}
	for {
		r.skip()
		name, err := r.text("", 64)
		if err != nil {
			return 0, err
		}
		k := -1
		for i, n := range names {
			if string(name) == n {
				k = i
			}
		}
		if k < 0 {
			return 0, r.bad("", "%q is no field here", name)
		}
		if seen&(1<<k) != 0 {
			return 0, r.bad(names[k], "given twice")
		}
		seen |= 1 << k
		if !r.take(':') {
			return 0, r.bad(names[k], "a colon is expected")
		}
		r.skip()
		if err := field(k); err != nil {
			return 0, err
		}
		if r.take('}') {
			return seen, nil
		}
		if !r.take(',') {
			return 0, r.bad("", "a comma or a closing brace is expected")
		}
	}
}

// list reads an array of at most most elements and calls each for every one, with its index in at meanwhile.
func (r *batchReader) list(field string, most int, at *int, each func() error) error {
	if !r.take('[') {
		return r.bad(field, "a list is expected")
	}
	if r.take(']') {
		return nil
	}
	for i := 0; ; i++ {
		if i == most {
			return refuse(TooLarge, r.where(field), "at most %d", most)
		}
		r.skip()
		*at = i
		if err := each(); err != nil {
			return err // it says where it happened
		}
		*at = -1
		if r.take(']') {
			return nil
		}
		if !r.take(',') {
			return r.bad(field, "a comma or a closing bracket is expected")
		}
	}
}

// text reads a string of 1 to most bytes. What it returns may be part of the body.
func (r *batchReader) text(field string, most int) ([]byte, error) {
	if r.i >= len(r.b) || r.b[r.i] != '"' {
		return nil, r.bad(field, "a text is expected")
	}
	start := r.i
	for r.i++; r.i < len(r.b); r.i++ {
		switch c := r.b[r.i]; {
		case c == '"':
			s := r.b[start+1 : r.i]
			r.i++
			return r.bounded(field, s, most)
		case c == '\\':
			return r.escaped(field, start, most)
		case c < ' ':
			return nil, r.bad(field, "a control character in a text")
		}
	}
	return nil, r.bad(field, "a text does not end")
}

// escaped reads a string that begins at start and has a backslash in it.
func (r *batchReader) escaped(field string, start, most int) ([]byte, error) {
	end := -1
	for i := start + 1; i < len(r.b) && end < 0; i++ {
		switch r.b[i] {
		case '\\':
			i++
		case '"':
			end = i + 1
		}
	}
	var s string
	if end < 0 || json.Unmarshal(r.b[start:end], &s) != nil {
		return nil, r.bad(field, "a text cannot be read")
	}
	r.i = end
	return r.bounded(field, []byte(s), most)
}

func (r *batchReader) bounded(field string, s []byte, most int) ([]byte, error) {
	if len(s) == 0 {
		return nil, r.bad(field, "is empty")
	}
	if len(s) > most {
		return nil, refuse(TooLarge, r.where(field), "has more than %d bytes", most)
	}
	return s, nil
}

// number reads a whole number from 1 up.
func (r *batchReader) number(field string) (int64, error) {
	start := r.i
	for r.i < len(r.b) && r.b[r.i] >= '0' && r.b[r.i] <= '9' {
		r.i++
	}
	digits := r.b[start:r.i]
	n, err := strconv.ParseInt(string(digits), 10, 64)
	if err != nil || n < 1 || digits[0] == '0' || r.i < len(r.b) && bytes.IndexByte([]byte(".eE+-"), r.b[r.i]) >= 0 {
		return 0, r.bad(field, "a whole number from 1 up is expected")
	}
	return n, nil
}

func (r *batchReader) instant(field string) (time.Time, error) {
	s, err := r.text(field, 40)
	if err != nil {
		return time.Time{}, err
	}
	t, err := time.Parse(time.RFC3339, string(s))
	if err != nil || t.Year() < 2000 || t.Year() > 2200 {
		return time.Time{}, r.bad(field, "%q is no instant such as 2022-03-05T07:12:33Z", s)
	}
	return t.UTC().Truncate(time.Microsecond), nil
}

// visible says whether a code, a document or a name has no control character: such a one is in no label and no name.
func visible(s []byte) bool {
	for _, c := range s {
		if c < ' ' || c == 0x7f {
			return false
		}
	}
	return true
}

func (r *batchReader) label(field string, most int) (string, error) {
	s, err := r.text(field, most)
	if err != nil {
		return "", err
	}
	if !visible(s) {
		return "", r.bad(field, "a control character in a text")
	}
	return string(s), nil
}

func (r *batchReader) batch(out *Batch) error {
	names := []string{"device", "seq", "round", "site", "tubes"}
	seen, err := r.object(names, func(k int) error {
		if k == 4 {
			return r.list("tubes", MostTubes, &r.tube, func() error {
				out.Tubes = append(out.Tubes, Tube{})
				return r.readTube(&out.Tubes[r.tube])
			})
		}
		n, err := r.number(names[k])
		switch k {
		case 0:
			out.Device = DeviceID(n)
		case 1:
			out.Seq = n
		case 2:
			out.Round = RoundID(n)
		case 3:
			out.Site = SiteID(n)
		}
		return err
	})
	if err != nil {
		return err
	}
	if err := r.complete(names, seen, len(names)); err != nil {
		return err
	}
	if len(out.Tubes) == 0 {
		return r.bad("tubes", "a batch has at least one tube")
	}
	return nil
}

// complete checks that the first needed of names were all given.
func (r *batchReader) complete(names []string, seen uint, needed int) error {
	for k := range needed {
		if seen&(1<<k) == 0 {
			return r.bad(names[k], "is missing")
		}
	}
	return nil
}

func (r *batchReader) readTube(t *Tube) error {
	names := []string{"code", "closed_at", "members", "kind"}
	t.Kind = Pool
	seen, err := r.object(names, func(k int) (err error) {
		switch k {
		case 0:
			t.Code, err = r.label("code", mostCode)
		case 1:
			t.ClosedAt, err = r.instant("closed_at")
		case 2:
			t.Members = make([]Member, 0, 10)
			err = r.list("members", MostMembers, &r.member, func() error {
				t.Members = append(t.Members, Member{})
				return r.readMember(&t.Members[r.member])
			})
		case 3:
			var s string
			if s, err = r.label("kind", 20); err == nil {
				switch t.Kind = Kind(s); t.Kind {
				case Pool, Household, Single:
				default:
					err = r.bad("kind", "%q is not pool, household or single", s)
				}
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	if err := r.complete(names, seen, 3); err != nil {
		return err
	}
	if len(t.Members) == 0 {
		return r.bad("members", "a tube has at least one person")
	}
	return nil
}

func (r *batchReader) readMember(m *Member) error {
	names := []string{"at", "person", "document", "name"}
	seen, err := r.object(names, func(k int) (err error) {
		switch k {
		case 0:
			m.At, err = r.instant("at")
		case 1:
			var s []byte
			if s, err = r.text("person", mostCode); err == nil {
				var ok bool
				if m.Person, ok = r.code(string(s)); !ok {
					m.Person, m.Unknown = 0, string(s)
				}
			}
		case 2:
			m.Document, err = r.label("document", mostDocID)
		case 3:
			m.Name, err = r.label("name", mostName)
		}
		return err
	})
	if err != nil {
		return err
	}
	if err := r.complete(names, seen, 1); err != nil {
		return err
	}
	switch coded, papers := seen&2 != 0, seen&12 != 0; {
	case coded && papers:
		return r.bad("person", "a member has a code, or a document and a name, not both")
	case !coded && seen&12 != 12:
		return refuse(Undocumented, r.where(""), "a member has a code, or a document and a name")
	}
	return nil
}
