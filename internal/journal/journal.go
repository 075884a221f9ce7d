// Package journal holds facts as they happened: the audit trail, the outbox and the answer to "why" in one record.
//
// The journal is append-only and chained by hashes: each entry's hash covers its content and the hash before it, so an
// altered, removed or inserted entry breaks the chain at that place. This package says what an entry is and how it is
// chained; internal/store writes it, in the same transaction as the change it tells of. It does no I/O and reads no clock.
package journal

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/task"
)

// Kind is the kind of fact: a noun and what happened to it, "case.confirmed". See kinds.go.
type Kind string

// Entry is one fact.
type Entry struct {
	Seq        int64     // 1, 2, 3 ... without gaps; given by the store
	RecordedAt time.Time // when the system took it down; microseconds
	At         time.Time // when it happened, as the source says; microseconds
	Actor      string    // login of the person, or "rule:<name>", or "import:<login>"
	Outbreak   outbreak.ID
	Area       place.AreaID
	Kind       Kind
	Subject    task.Subject
	Cause      task.FactRef // the fact that brought this one about, when a rule did
	Rule       string
	Clause     string
	Pack       string
	Payload    []byte // JSON; IDs and values, never names
	Hash       Hash   // given by the store
}

// Hash is a link of the chain.
type Hash [sha256.Size]byte

// Chain returns the hash of e after prev. Every field is covered, each with its length before it, so that no two different
// entries can give the same bytes.
func (e Entry) Chain(prev Hash) Hash {
	buf := make([]byte, 0, 256+len(e.Payload))
	buf = append(buf, "firebreak journal 1\n"...)
	buf = append(buf, prev[:]...)
	for _, n := range []int64{e.Seq, micros(e.RecordedAt), micros(e.At), int64(e.Outbreak), int64(e.Area), e.Subject.ID, e.Cause.Seq, e.Cause.Row} {
		buf = binary.BigEndian.AppendUint64(buf, uint64(n))
	}
	for _, s := range []string{e.Actor, string(e.Kind), string(e.Subject.Kind), e.Rule, e.Clause, e.Pack, string(e.Payload)} {
		buf = binary.BigEndian.AppendUint32(buf, uint32(len(s)))
		buf = append(buf, s...)
	}
	return sha256.Sum256(buf)
}

// micros is how instants are stored: microseconds since 1970 UTC, 0 for the zero time.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// ErrBroken is wrapped by Verifier.Next at the first entry that does not fit.
var ErrBroken = errors.New("journal is not intact")

// Verifier walks the chain from its start.
type Verifier struct {
	seq  int64
	hash Hash
}

// Next checks the next entry.
func (v *Verifier) Next(e Entry) error {
	if e.Seq != v.seq+1 {
		return fmt.Errorf("entry %d follows entry %d: %w", e.Seq, v.seq, ErrBroken)
	}
	if e.Chain(v.hash) != e.Hash {
		return fmt.Errorf("entry %d does not match its hash: altered, or the entry before it was: %w", e.Seq, ErrBroken)
	}
	v.seq, v.hash = e.Seq, e.Hash
	return nil
}

// Head returns the last entry checked and its hash.
func (v *Verifier) Head() (int64, Hash) { return v.seq, v.hash }
