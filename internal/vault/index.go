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

// FieldDoor is which door somebody lives behind. It is sealed and never looked up, so it has no index.
const FieldDoor Field = 100

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
	case FieldDoor:
		return "door"
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

// newDigester makes the digests of texts that are no field.
func newDigester(root []byte) *indexer {
	key := derive(root, "firebreak vault: digests of rows", 32)
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
	// Taking a space out can bring a letter and an accent together that then
	// compose, so the steps are repeated until nothing changes; two rounds
	// nearly always do, and each further one needs a letter that still composes.
	for range maxRounds {
		next := normaliseOnce(f, value)
		if next == value {
			break
		}
		value = next
	}
	return value
}

// maxRounds bounds the work on text made to defeat Normalise.
const maxRounds = 16

func normaliseOnce(f Field, value string) string {
	folded := foldNFKC(value)
	switch f {
	case FieldDocument:
		return keep(strings.ToUpper(folded), func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
	case FieldPhone:
		return normalPhone(folded)
	case FieldName, FieldDoor, fieldCount:
	}
	return keep(folded, inName)
}

// inName reports whether r counts in the look-up of a name. The first lines
// are the common letters, which need no table.
func inName(r rune) bool {
	switch {
	case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r >= 0x4E00 && r <= 0x9FFF:
		return true
	case unicode.IsSpace(r), unicode.Is(unicode.C, r), unicode.Is(unicode.Pd, r):
		return false
	}
	return !strings.ContainsRune("·•‧・∙⋅.'’", r)
}

// foldNFKC composes and folds case. ASCII and the plain ideographs that most
// values here are made of take a short way: the ideographs are their own fold.
func foldNFKC(s string) string {
	plain := true
	for _, r := range s {
		if r >= utf8.RuneSelf && !(r >= 0x4E00 && r <= 0x9FFF) {
			plain = false
			break
		}
	}
	if plain {
		return strings.ToLower(s)
	}
	return norm.NFKC.String(cases.Fold().String(norm.NFKC.String(s)))
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
