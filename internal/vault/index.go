package vault

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Field is a kind of value that can be looked up exactly.
type Field int

// The fields. Each has its own index key: equal texts in two fields have
// different indexes.
const (
	FieldName Field = iota
	FieldDocument
	FieldPhone
	fieldCount
)

// String is the field's word; it is part of the derivation of the field's key
// and must never change.
func (f Field) String() string {
	switch f {
	case FieldName:
		return "name"
	case FieldDocument:
		return "document"
	case FieldPhone:
		return "phone"
	case fieldCount:
	}
	return "unknown field"
}

// Index is a blind index: the first 16 bytes of HMAC-SHA-256 over the
// normalised value. Equal values have equal indexes; without the key nothing
// else can be told. At a billion values a chance collision has a likelihood of 1e-21.
type Index [16]byte

// indexer makes the indexes of one field. Keyed hash states are kept for
// reuse: setting up the key is half the cost.
type indexer struct{ states sync.Pool }

func newIndexer(root []byte, f Field) *indexer {
	key := derive(root, "firebreak vault: blind index of "+f.String(), 32)
	return &indexer{states: sync.Pool{New: func() any { return &indexState{mac: hmac.New(sha256.New, key)} }}}
}

type indexState struct {
	mac hash.Hash
	sum [sha256.Size]byte
	in  []byte
}

func (x *indexer) index(normal string) Index {
	s := x.states.Get().(*indexState)
	s.mac.Reset()
	s.in = append(s.in[:0], normal...)
	s.mac.Write(s.in) // a hash never fails
	sum := s.mac.Sum(s.sum[:0])
	out := Index(sum[:len(Index{})])
	clear(s.in)
	x.states.Put(s)
	return out
}

// Normalise gives the form under which a value is looked up. Two spellings that
// a registrar means to be the same have one form; normalising twice changes nothing. The result is empty where the
// value holds nothing to look up.
//
// Every field: NFKC (full-width forms become plain ones), case folded, white
// space and invisible characters removed. Beyond that:
//   - name: the middle dots and hyphens between parts of a transliterated name are removed, because every register writes another one;
//   - document: only letters and digits are kept, and letters are upper case, so the X that ends some
//     resident numbers is one letter however it was typed;
//   - phone: only digits are kept; the prefix of China (+86, 0086) is left out before an 11-digit mobile number,
//     and 00 stands for +.
func Normalise(f Field, value string) string {
	switch f {
	case FieldDocument:
		return keep(strings.ToUpper(foldNFKC(value)), func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
	case FieldPhone:
		return normalPhone(foldNFKC(value))
	case FieldName, fieldCount:
	}
	return keep(foldNFKC(value), func(r rune) bool {
		return !unicode.IsSpace(r) && !unicode.Is(unicode.C, r) && !unicode.Is(unicode.Pd, r) && !strings.ContainsRune("·•‧・∙⋅.'’", r)
	})
}

// foldNFKC folds case and form until nothing changes: folding can undo a
// composition and the other way round.
func foldNFKC(s string) string {
	if plainHan(s) {
		return s
	}
	fold := cases.Fold()
	for range 4 {
		next := norm.NFKC.String(fold.String(norm.NFKC.String(s)))
		if next == s {
			break
		}
		s = next
	}
	return s
}

// plainHan reports whether s is made only of unified ideographs of the basic
// block, ASCII digits and ASCII lower-case letters: what most values here are made of, and what folding leaves alone.
func plainHan(s string) bool {
	for _, r := range s {
		if !(r >= 0x4E00 && r <= 0x9FFF || r >= '0' && r <= '9' || r >= 'a' && r <= 'z') {
			return false
		}
	}
	return true
}

func keep(s string, ok func(rune) bool) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !ok(r) {
			return -1
		}
		return r
	}, s)
}

func normalPhone(s string) string {
	international := strings.HasPrefix(strings.TrimLeftFunc(s, func(r rune) bool { return r != '+' && !unicode.IsDigit(r) }), "+")
	digits := keep(s, func(r rune) bool { return r >= '0' && r <= '9' })
	if !international && strings.HasPrefix(digits, "00") {
		digits, international = digits[2:], true
	}
	if rest, ok := strings.CutPrefix(digits, "86"); ok && len(rest) == 11 && rest[0] == '1' {
		return rest
	}
	if international && digits != "" {
		return "00" + digits
	}
	return digits
}
