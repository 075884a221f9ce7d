package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"

	"firebreak/internal/person"
)

// A person's code is what their card or phone shows and a registrar scans: ten characters that say nothing about the person and cannot be guessed from another's. It is
// the person's number, enciphered: nothing is stored, and a code is read without asking the database.
//
// The number (32 bits) with 18 zero bits after it goes through a Feistel network of ten rounds over two halves of 25 bits, each round keyed AES. Reading a code
// backwards must give the zero bits again, so a mistyped or invented code is found out but for one in 262,144.
const (
	codeHalf   = 25
	codeMask   = 1<<codeHalf - 1
	codeZeros  = 2*codeHalf - 32
	codeRounds = 10
	codeLength = 2 * codeHalf / 5
	// codeDigits has no I, L, O and U: they are read for others, or make words.
	codeDigits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
)

// coder makes and reads the codes. It does not change.
type coder struct{ block cipher.Block }

func newCoder(root []byte) coder {
	block, err := aes.NewCipher(derive(root, "firebreak vault: person codes", 16))
	if err != nil {
		panic(err) // 16 bytes are a key
	}
	return coder{block}
}

// half is one round's function of a half.
func (c coder) half(round int, right uint64, buf *[16]byte) uint64 {
	*buf = [16]byte{}
	buf[0] = byte(round)
	binary.BigEndian.PutUint32(buf[4:], uint32(right))
	c.block.Encrypt(buf[:], buf[:])
	return uint64(binary.BigEndian.Uint32(buf[:])) & codeMask
}

// PersonCode returns the code of a person, as it is printed: K7Q2M-4XD9R. It is empty for numbers that no person has.
func (v *Vault) PersonCode(p person.ID) string {
	if p <= 0 || p > 1<<32-1 {
		return ""
	}
	block := uint64(p) << codeZeros
	left, right := block>>codeHalf, block&codeMask
	var buf [16]byte
	for round := range codeRounds {
		left, right = right, left^v.codes.half(round, right, &buf)
	}
	block = left<<codeHalf | right
	out := make([]byte, 0, codeLength+1)
	for i := range codeLength {
		if i == codeLength/2 {
			out = append(out, '-')
		}
		out = append(out, codeDigits[block>>(5*(codeLength-1-i))&31])
	}
	return string(out)
}

// ReadPersonCode returns the person of a code, in capitals or not, with or without its hyphen. ok is false where no person can have it; whether there is such a
// person, the register tells.
func (v *Vault) ReadPersonCode(code string) (p person.ID, ok bool) {
	var block uint64
	n := 0
	for i := range len(code) {
		c := code[i]
		if c == '-' || c == ' ' {
			continue
		}
		d := codeDigit(c)
		if d < 0 || n == codeLength {
			return 0, false
		}
		block = block<<5 | uint64(d)
		n++
	}
	if n != codeLength {
		return 0, false
	}
	left, right := block>>codeHalf, block&codeMask
	var buf [16]byte
	for round := codeRounds - 1; round >= 0; round-- {
		left, right = right^v.codes.half(round, left, &buf), left
	}
	block = left<<codeHalf | right
	if block&(1<<codeZeros-1) != 0 || block == 0 {
		return 0, false
	}
	return person.ID(block >> codeZeros), true
}
