package vault

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/tink"

	"firebreak/internal/auth"
)

// Cell is the one place where a sealed value belongs. It is bound into the
// ciphertext: moved to another row, column or table, the value does not open.
type Cell struct {
	Table, Column string // as in the schema; neither may be empty or hold '|'
	Row           string // the row's id as text; not empty
}

func (c Cell) context() ([]byte, error) {
	if c.Table == "" || c.Column == "" || c.Row == "" || strings.Contains(c.Table, "|") || strings.Contains(c.Column, "|") {
		return nil, fmt.Errorf("vault: cell %q|%q|%q: want a table, a column and a row, the first two without '|'", c.Table, c.Column, c.Row)
	}
	b := make([]byte, 0, 64)
	b = append(b, c.Table...)
	b = append(b, '|')
	b = append(b, c.Column...)
	b = append(b, '|')
	return append(b, c.Row...), nil
}

// Reading is one opening of the vault, as it is journalled: who read which
// cells, for which purpose and why. It holds no plaintext.
type Reading struct {
	By      auth.UserID
	Device  int64 // that read, where no user did
	Purpose auth.Purpose
	Reason  string // in the reader's words, or the task or case that asks for it
	Cells   []Cell
}

// Journal records a reading so that it cannot be lost. It must return only when the
// entry is stored, and an error if it is not: then nothing is opened.
type Journal func(ctx context.Context, r Reading) error

// Request says who opens the vault and why.
type Request struct {
	By      auth.UserID
	Device  int64 // number of an enrolled device that reads for its desk; 0 where a user reads
	Purpose auth.Purpose
	Reason  string
}

// Item is one sealed value and where it was found.
type Item struct {
	Cell   Cell
	Sealed Sealed
}

// Errors of a [Vault].
var (
	// ErrNoPurpose: a request without reader, known purpose or reason.
	ErrNoPurpose = errors.New("vault: to read, say who, for what purpose and why")
	// ErrNotJournalled: the journal did not take the entry, so nothing was opened.
	ErrNotJournalled = errors.New("vault: the reading could not be journalled, so nothing was opened")
	// ErrUnknownKey: the keyring has no key of that id. Another copy of the server may have
	// rotated: read the keyring again.
	ErrUnknownKey = errors.New("vault: the keyring lacks the key that sealed this")
	// ErrTampered: the value was changed, or belongs to another cell.
	ErrTampered = errors.New("vault: the sealed value was changed or moved")
	// ErrNothingToSeal: an empty plaintext; store no value instead.
	ErrNothingToSeal = errors.New("vault: there is nothing to seal")
)

// Vault seals and opens values. It does not change; safe for concurrent use.
type Vault struct {
	aead    tink.AEAD
	primary KeyID
	keys    []KeyID
	fields  [fieldCount]*indexer
	codes   coder
	digests *indexer
	journal Journal

	certificates, checks certifier
}

// New makes a vault over a keyring. Whether the caller may read is decided by
// auth.May before; that a reading is journalled is seen to here.
func New(k *Keyring, j Journal) (*Vault, error) {
	if k == nil || k.data == nil {
		return nil, errors.New("vault: new: a keyring is required")
	}
	if j == nil {
		return nil, errors.New("vault: new: a journal is required")
	}
	a, err := aead.New(k.data)
	if err != nil {
		return nil, fmt.Errorf("vault: new: %w", err)
	}
	v := &Vault{aead: a, primary: k.Primary(), keys: k.Keys(), codes: newCoder(k.index[:]), digests: newDigester(k.index[:]), certificates: newCertifier(k.index[:], "certificate"), checks: newCertifier(k.index[:], "check link"), journal: j}
	for f := range fieldCount {
		v.fields[f] = newIndexer(k.index[:], f)
	}
	return v, nil
}

// WithJournal returns the same vault with another journal: one bound to the
// transaction in which the caller reads, say.
func (v *Vault) WithJournal(j Journal) (*Vault, error) {
	if j == nil {
		return nil, errors.New("vault: a journal is required")
	}
	w := *v
	w.journal = j
	return &w, nil
}

// Seal encrypts a value for a cell with the primary key.
func (v *Vault) Seal(c Cell, plain Secret) (Sealed, error) {
	if plain.IsZero() {
		return Sealed{}, ErrNothingToSeal
	}
	ad, err := c.context()
	if err != nil {
		return Sealed{}, err
	}
	b, err := v.aead.Encrypt([]byte(plain.text), ad)
	if err != nil {
		return Sealed{}, fmt.Errorf("vault: seal: %w", err)
	}
	return Sealed{b}, nil
}

// Index is the blind index under which a value is found. ok is false where the
// value holds nothing to look up; such a row gets no index, lest all of them be found as equal.
func (v *Vault) Index(f Field, value Secret) (x Index, ok bool) {
	if f < 0 || f >= fieldCount {
		return Index{}, false
	}
	n := Normalise(f, value.text)
	if n == "" {
		return Index{}, false
	}
	return v.fields[f].index(n), true
}

// Digest is a number from 1 to 2^63-1 that stands for a text: the same text has the same, and without the key nothing can be told from it. It says whether a row of a register says what it
// said before, and which people are one household, without keeping what was said.
func (v *Vault) Digest(text string) int64 {
	x := v.digests.index(text)
	return max(1, int64(binary.BigEndian.Uint64(x[:8])>>1)) //nolint:gosec // 63 bits
}

// Open returns the plaintext of one cell, after the reading is journalled.
//
// Errors: [ErrNoPurpose], [ErrNotJournalled] (with the journal's own error),
// [ErrUnknownKey], [ErrTampered]. With any of them there is no plaintext.
func (v *Vault) Open(ctx context.Context, req Request, it Item) (Secret, error) {
	out, err := v.OpenAll(ctx, req, []Item{it})
	if err != nil {
		return Secret{}, err
	}
	return out[0], nil
}

// OpenAll opens many cells with one journal entry that lists them: a page of a
// list, a block of an export. It gives all or, with an error, none. An item
// with nothing sealed gives the zero Secret and is not listed.
func (v *Vault) OpenAll(ctx context.Context, req Request, items []Item) ([]Secret, error) {
	if req.By == 0 && req.Device == 0 || !req.Purpose.Valid() || strings.TrimSpace(req.Reason) == "" {
		return nil, fmt.Errorf("%w (user %d, purpose %q, reason of %d bytes)", ErrNoPurpose, req.By, req.Purpose, len(req.Reason))
	}
	r := Reading{By: req.By, Device: req.Device, Purpose: req.Purpose, Reason: req.Reason}
	for _, it := range items {
		if !it.Sealed.IsZero() {
			r.Cells = append(r.Cells, it.Cell)
		}
	}
	out := make([]Secret, len(items))
	if len(r.Cells) == 0 {
		return out, nil
	}
	if v.journal == nil {
		return nil, ErrNotJournalled
	}
	if err := v.journal(ctx, r); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotJournalled, err)
	}
	for i, it := range items {
		if it.Sealed.IsZero() {
			continue
		}
		b, err := v.open(it.Cell, it.Sealed)
		if err != nil {
			return nil, err
		}
		out[i] = Secret{string(b)}
	}
	return out, nil
}

// open decrypts. It is for OpenAll, which has journalled, and Move, which lets no plaintext out.
func (v *Vault) open(c Cell, s Sealed) ([]byte, error) {
	ad, err := c.context()
	if err != nil {
		return nil, err
	}
	id, ok := s.KeyID()
	if !ok {
		return nil, fmt.Errorf("%w: %s|%s|%s", ErrTampered, c.Table, c.Column, c.Row)
	}
	if !slices.Contains(v.keys, id) {
		return nil, fmt.Errorf("%w: key %d, %s|%s|%s", ErrUnknownKey, id, c.Table, c.Column, c.Row)
	}
	b, err := v.aead.Decrypt(s.b, ad)
	if err != nil {
		return nil, fmt.Errorf("%w: %s|%s|%s", ErrTampered, c.Table, c.Column, c.Row)
	}
	return b, nil
}

// Rewrap seals a value again with the primary key if another key sealed it;
// changed says so. After a rotation it is called on every cell, in batches that
// may be cut short and begun again. Nobody sees the plaintext, so nothing is journalled.
func (v *Vault) Rewrap(c Cell, s Sealed) (out Sealed, changed bool, err error) {
	if id, ok := s.KeyID(); s.IsZero() || ok && id == v.primary {
		return s, false, nil
	}
	out, err = v.Move(c, c, s)
	return out, err == nil, err
}

// Move seals a value for another cell: when two records of one person are
// merged, or a merge is undone. Nobody sees the plaintext, so nothing is
// journalled here; the merge itself is.
func (v *Vault) Move(from, to Cell, s Sealed) (Sealed, error) {
	b, err := v.open(from, s)
	if err != nil {
		return Sealed{}, err
	}
	defer clear(b)
	ad, err := to.context()
	if err != nil {
		return Sealed{}, err
	}
	out, err := v.aead.Encrypt(b, ad)
	if err != nil {
		return Sealed{}, fmt.Errorf("vault: move: %w", err)
	}
	return Sealed{out}, nil
}
