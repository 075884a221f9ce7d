package vault

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Sealed is an encrypted value as stored. It begins with the id of its key. It
// never prints its bytes, so that ciphertexts do not pile up in logs, where no retention period reaches them.
type Sealed struct{ b []byte }

// SealedFrom takes bytes that came from [Sealed.Bytes]; it keeps them, so the
// caller must not change them. Whether they open is only known when they are opened.
func SealedFrom(b []byte) Sealed { return Sealed{b} }

// Bytes is the stored form. The caller must not change it. Nil for the zero value.
func (s Sealed) Bytes() []byte { return s.b }

// IsZero reports whether there is nothing sealed: the person has no such value.
func (s Sealed) IsZero() bool { return len(s.b) == 0 }

// sealedPrefix is the length of Tink's prefix: a version byte and the key id.
const sealedPrefix = 5

// KeyID is the id of the key that sealed s; ok is false if s is no sealed value.
func (s Sealed) KeyID() (id KeyID, ok bool) {
	if len(s.b) < sealedPrefix || s.b[0] != 1 {
		return 0, false
	}
	return KeyID(binary.BigEndian.Uint32(s.b[1:sealedPrefix])), true
}

// String hides the bytes.
func (Sealed) String() string { return "[sealed]" }

// Format hides the bytes from every verb of fmt.
func (Sealed) Format(w fmt.State, _ rune) { hide(w, "[sealed]") }

// LogValue hides the bytes from slog.
func (Sealed) LogValue() slog.Value { return slog.StringValue("[sealed]") }

// MarshalText hides the bytes from JSON and the like.
func (Sealed) MarshalText() ([]byte, error) { return []byte("[sealed]"), nil }

// Secret is a plaintext of the vault: a name, a document or telephone number.
// Only [Secret.Reveal] shows it.
type Secret struct{ text string }

// NewSecret takes a plaintext as it was entered. Empty means that there is none.
func NewSecret(text string) Secret { return Secret{text} }

// Reveal is the plaintext. Each call is a place to look at in a review.
func (s Secret) Reveal() string { return s.text }

// IsZero reports whether there is no value.
func (s Secret) IsZero() bool { return s.text == "" }

// String hides the plaintext.
func (Secret) String() string { return "[redacted]" }

// Format hides the plaintext from every verb of fmt.
func (Secret) Format(w fmt.State, _ rune) { hide(w, "[redacted]") }

// LogValue hides the plaintext from slog.
func (Secret) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// MarshalText hides the plaintext from JSON and the like: an answer that shows
// a name says so with Reveal.
func (Secret) MarshalText() ([]byte, error) { return []byte("[redacted]"), nil }

// Name is a person's name. Only [Name.Reveal] shows it.
type Name struct{ Secret }

// maxNameRunes bounds a name; the longest real ones are well below.
const maxNameRunes = 200

// Why a text is no name.
var (
	ErrNameEmpty = errors.New("name: it is empty")
	ErrNameLong  = errors.New("name: it is longer than 200 characters")
	ErrNameText  = errors.New("name: it holds a control character or is not valid text")
)

// NewName takes a name as it was entered: composed (NFC), with single spaces
// and none around. The error is one of the ErrName values and does not show the name.
func NewName(text string) (Name, error) {
	if !utf8.ValidString(text) {
		return Name{}, ErrNameText
	}
	text = strings.Join(strings.Fields(norm.NFC.String(text)), " ")
	switch {
	case text == "":
		return Name{}, ErrNameEmpty
	case utf8.RuneCountInString(text) > maxNameRunes:
		return Name{}, ErrNameLong
	case strings.ContainsFunc(text, unicode.IsControl):
		return Name{}, ErrNameText
	}
	return Name{NewSecret(text)}, nil
}

// NameOf takes a name back from what [Vault.Open] returned.
func NameOf(s Secret) Name { return Name{s} }

// Masked is the name for a desk screen, where people stand in line: its first
// character and two stars, whatever its length (王**). The person recognises it, the next in line learns little.
// A first letter with marks that have no composed form keeps its marks.
func (n Name) Masked() string {
	end := 0
	for i, r := range n.text {
		if i > 0 && !unicode.Is(unicode.M, r) {
			break
		}
		end = i + utf8.RuneLen(r)
	}
	if end == 0 {
		return ""
	}
	return n.text[:end] + "**"
}

func hide(w fmt.State, as string) {
	// A failure to print a placeholder has nobody to be told to.
	_, _ = io.WriteString(w, as)
}
