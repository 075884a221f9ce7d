package auth

import (
	"crypto/rand"
	_ "embed"
	"encoding/base32"
	"errors"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Bounds of a new password. Length is what counts; no mix of character classes is asked for
// (NIST SP 800-63B section 5.1.1.2).
const (
	minPasswordRunes = 12
	maxPasswordBytes = 512
	minDistinctRunes = 5
)

// Why a new password is refused. Each is a sentence for the person who chose it.
var (
	ErrPasswordShort    = errors.New("password: use at least 12 characters")
	ErrPasswordLong     = errors.New("password: use at most 512 bytes")
	ErrPasswordText     = errors.New("password: it is not valid text")
	ErrPasswordCommon   = errors.New("password: it is on the list of common passwords")
	ErrPasswordMonotone = errors.New("password: use at least 5 different characters")
	ErrPasswordLogin    = errors.New("password: it must not contain the login")
)

// commonPasswords is a short list of what people choose when twelve characters
// are asked of them, one a line, lower case. Shorter ones need no list.
//
//go:embed common-passwords.txt
var commonPasswords string

// CheckPassword judges a new password for the account of login. All that is
// wrong is joined into one error; each part is one of the ErrPassword values.
func CheckPassword(login, password string) error {
	if !utf8.ValidString(password) {
		return ErrPasswordText
	}
	if len(password) > maxPasswordBytes {
		return ErrPasswordLong
	}
	var errs []error
	plain := fold(password)
	if utf8.RuneCountInString(norm.NFKC.String(password)) < minPasswordRunes {
		errs = append(errs, ErrPasswordShort)
	}
	distinct := map[rune]bool{}
	for _, r := range plain {
		distinct[r] = true
	}
	if len(distinct) < minDistinctRunes {
		errs = append(errs, ErrPasswordMonotone)
	}
	// A year or an exclamation mark at the end makes a common password no rarer.
	const tail = "0123456789!.?"
	stem := strings.TrimRight(plain, tail)
	for line := range strings.Lines(commonPasswords) {
		c := strings.TrimSpace(line)
		if c != "" && (plain == c || stem != "" && stem == strings.TrimRight(c, tail)) {
			errs = append(errs, ErrPasswordCommon)
			break
		}
	}
	if l := fold(login); len(l) >= 3 && strings.Contains(plain, l) {
		errs = append(errs, ErrPasswordLogin)
	}
	return errors.Join(errs...)
}

// NormalLogin is the spelling under which a login is stored and looked up:
// NFKC, case folded, no space around. Two logins that look alike to their
// owners are one.
func NormalLogin(login string) string { return fold(strings.TrimSpace(login)) }

func fold(s string) string { return norm.NFKC.String(cases.Fold().String(norm.NFKC.String(s))) }

// MadePassword is 20 letters and digits in groups of five: 100 bits, and readable over the telephone. It is one that the account of login may have: chance writes a short login now and then.
func MadePassword(login string) string {
	for {
		b := make([]byte, 13)
		rand.Read(b) // never fails
		s := strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b))[:20]
		s = s[:5] + "-" + s[5:10] + "-" + s[10:15] + "-" + s[15:]
		if CheckPassword(login, s) == nil {
			return s
		}
	}
}
