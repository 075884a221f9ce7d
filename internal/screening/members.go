package screening

import (
	"encoding/binary"
	"errors"
	"time"

	"firebreak/internal/person"
)

// Sampled is one member of a registered tube: who, and when.
type Sampled struct {
	Person person.ID
	At     time.Time
}

// ErrPacked is returned by UnpackMembers for bytes that PackMembers did not make.
var ErrPacked = errors.New("packed members cannot be read")

// PackMembers writes the members of a tube as it is kept: for each the difference of their number to that of the one before, and how many milliseconds before
// the tube was closed they were sampled. Five to seven bytes a person; a row of its own would take a hundred.
func PackMembers(list []Sampled, closed time.Time) []byte {
	out := make([]byte, 0, 8*len(list))
	last := int64(0)
	for _, m := range list {
		out = binary.AppendVarint(out, int64(m.Person)-last)
		out = binary.AppendVarint(out, closed.Sub(m.At).Milliseconds())
		last = int64(m.Person)
	}
	return out
}

// UnpackMembers appends to list what PackMembers wrote.
func UnpackMembers(list []Sampled, packed []byte, closed time.Time) ([]Sampled, error) {
	last := int64(0)
	for len(packed) > 0 {
		d, n := binary.Varint(packed)
		if n <= 0 {
			return nil, ErrPacked
		}
		ms, k := binary.Varint(packed[n:])
		if k <= 0 {
			return nil, ErrPacked
		}
		packed = packed[n+k:]
		last += d
		list = append(list, Sampled{person.ID(last), closed.Add(-time.Duration(ms) * time.Millisecond)})
	}
	return list, nil
}
