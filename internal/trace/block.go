package trace

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// ErrBlock is wrapped where bytes are not those of a block.
var ErrBlock = errors.New("not a block of visits")

const blockForm = 1 // the first byte of a written block

// AppendBlock writes a block: columns of fixed width, which compress well.
//
//	form | number of visits (4) | whether spots follow (1) | people (4 each) | places (4 each) | starts (4 each) | lengths (4 each) | spots (13 each)
func AppendBlock(out []byte, b Block) []byte {
	le := binary.LittleEndian
	out = append(out, blockForm)
	out = le.AppendUint32(out, uint32(len(b.Visits)))
	spots := byte(0)
	if b.Spots != nil {
		spots = 1
	}
	out = append(out, spots)
	for _, v := range b.Visits {
		out = le.AppendUint32(out, uint32(v.Person))
	}
	for _, v := range b.Visits {
		out = le.AppendUint32(out, uint32(v.Place))
	}
	for _, v := range b.Visits {
		out = le.AppendUint32(out, uint32(v.Start))
	}
	for _, v := range b.Visits {
		out = le.AppendUint32(out, uint32(v.End-v.Start))
	}
	for _, s := range b.Spots {
		out = le.AppendUint16(out, uint16(s.Row))
		out = le.AppendUint16(out, uint16(s.Column))
		point := byte(0)
		if s.Point {
			point = 1
		}
		out = append(out, point)
		out = le.AppendUint32(out, math.Float32bits(s.X))
		out = le.AppendUint32(out, math.Float32bits(s.Y))
	}
	return out
}

// ReadBlock appends the visits of a written block to b. Spots are filled up with unknown ones where only one of the two has them.
func ReadBlock(text []byte, b *Block) error {
	const head, visit, spot = 6, 16, 13
	le := binary.LittleEndian
	if len(text) < head || text[0] != blockForm {
		return fmt.Errorf("%d bytes: %w", len(text), ErrBlock)
	}
	n, spots := int(le.Uint32(text[1:])), text[5] == 1
	want := head + n*visit
	if spots {
		want += n * spot
	}
	if len(text) != want || text[5] > 1 {
		return fmt.Errorf("%d bytes for %d visits: %w", len(text), n, ErrBlock)
	}
	text = text[head:]
	had := len(b.Visits)
	for i := range n {
		v := Visit{Person: Person(le.Uint32(text[4*i:])), Place: Place(le.Uint32(text[4*(n+i):])), Start: Instant(le.Uint32(text[4*(2*n+i):]))}
		length := le.Uint32(text[4*(3*n+i):])
		if v.End = v.Start + Instant(length); length > MaxStay || v.End < v.Start {
			return fmt.Errorf("visit %d lasts %d s: %w", i, length, ErrBlock)
		}
		if err := v.Check(); err != nil {
			return fmt.Errorf("visit %d: %w: %w", i, err, ErrBlock)
		}
		b.Visits = append(b.Visits, v)
	}
	if !spots && b.Spots == nil {
		return nil
	}
	if b.Spots == nil {
		b.Spots = make([]Spot, had, len(b.Visits))
	}
	if !spots {
		b.Spots = append(b.Spots, make([]Spot, n)...)
		return nil
	}
	text = text[n*visit:]
	for i := range n {
		s := text[i*spot:]
		b.Spots = append(b.Spots, Spot{Row: int16(le.Uint16(s)), Column: int16(le.Uint16(s[2:])), Point: s[4] == 1, X: math.Float32frombits(le.Uint32(s[5:])), Y: math.Float32frombits(le.Uint32(s[9:]))})
	}
	return nil
}
