package vault

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"strings"
)

// A certificate's code is what somebody is shown who wants to know whether a certificate of release is true: twenty characters that say nothing about the person or the restriction,
// and that nobody can make up. Nothing is stored for it.
//
// The number of the restriction (40 bits) and its version (10 bits) are the first half under a mask; the second half is their HMAC-SHA-256, cut to 50 bits, and the mask is made of
// the second half with another key. Whoever makes one up hits a code once in 10^15.
const (
	certificateHalf = 50
	certificateMask = 1<<certificateHalf - 1
	versionBits     = 10
	halfLength      = certificateHalf / 5
)

//
// The code of a check link is made the same way, with keys of its own: what is asked with it is how somebody is who stays at home or at a site.

// certifier makes and reads the codes of one sort. It does not change.
type certifier struct{ mac, mask []byte }

func newCertifier(root []byte, of string) certifier {
	return certifier{derive(root, "firebreak vault: "+of+" codes", 32), derive(root, "firebreak vault: mask of "+of+" codes", 32)}
}

func keyed(key []byte, in uint64) uint64 {
	m := hmac.New(sha256.New, key)
	m.Write(binary.BigEndian.AppendUint64(nil, in)) // a hash never fails
	return binary.BigEndian.Uint64(m.Sum(nil)) & certificateMask
}

// CertificateCode returns the code of the certificate that a version of a restriction gives, as it is printed: four groups of five. It is empty for numbers that no restriction has.
func (v *Vault) CertificateCode(restriction int64, version int) string {
	return v.certificates.code(restriction, version)
}

// ReadCertificateCode returns the restriction and its version of a code, in capitals or not, with or without its hyphens. ok is false where it was not made here.
func (v *Vault) ReadCertificateCode(code string) (restriction int64, version int, ok bool) {
	return v.certificates.read(code)
}

// CheckCode returns the code of the check link of a restriction, for the time that it was made or began again so often. It is empty for numbers that no restriction has.
func (v *Vault) CheckCode(restriction int64, time int) string {
	return v.checks.code(restriction, time)
}

// ReadCheckCode returns what the code of a check link is of, however it is typed. ok is false where it was not made here.
func (v *Vault) ReadCheckCode(code string) (restriction int64, time int, ok bool) {
	return v.checks.read(code)
}

func (c certifier) code(restriction int64, version int) string {
	if restriction <= 0 || restriction >= 1<<(certificateHalf-versionBits) || version <= 0 || version >= 1<<versionBits {
		return ""
	}
	about := uint64(restriction)<<versionBits | uint64(version)
	tag := keyed(c.mac, about)
	half := [2]uint64{about ^ keyed(c.mask, tag), tag}
	var b strings.Builder
	for i := range 2 * halfLength {
		if i > 0 && i%5 == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(codeDigits[half[i/halfLength]>>(5*(halfLength-1-i%halfLength))&31])
	}
	return b.String()
}

func (c certifier) read(code string) (restriction int64, version int, ok bool) {
	var half [2]uint64
	n := 0
	for i := range len(code) {
		if code[i] == '-' || code[i] == ' ' {
			continue
		}
		d := codeDigit(code[i])
		if d < 0 || n == 2*halfLength {
			return 0, 0, false
		}
		half[n/halfLength] = half[n/halfLength]<<5 | uint64(d)
		n++
	}
	if n != 2*halfLength {
		return 0, 0, false
	}
	about := half[0] ^ keyed(c.mask, half[1])
	var have, want [8]byte
	binary.BigEndian.PutUint64(have[:], half[1])
	binary.BigEndian.PutUint64(want[:], keyed(c.mac, about))
	if subtle.ConstantTimeCompare(have[:], want[:]) != 1 {
		return 0, 0, false
	}
	return int64(about >> versionBits), int(about & (1<<versionBits - 1)), true
}

// codeDigit reads one character of a code as people write it; -1 for what no code has.
func codeDigit(c byte) int {
	if c >= 'a' && c <= 'z' {
		c -= 'a' - 'A'
	}
	switch c {
	case 'O':
		c = '0'
	case 'I', 'L':
		c = '1'
	}
	return strings.IndexByte(codeDigits, c)
}
