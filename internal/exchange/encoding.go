package exchange

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// The names of the encodings that are detected, as in Map.Read.Encoding.
const (
	UTF8        = "utf-8"
	UTF16LE     = "utf-16le"
	UTF16BE     = "utf-16be"
	GB18030     = "gb18030"
	Windows1252 = "windows-1252"
)

// charset is a detected or chosen encoding and the length of the byte-order mark before the text.
type charset struct {
	name string
	bom  int64
	// dirty: the text is UTF-8 but for some bytes, so rows need a look each.
	dirty bool
}

func (c charset) decoder() encoding.Encoding {
	switch c.name {
	case UTF16LE:
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	case UTF16BE:
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	case GB18030:
		return simplifiedchinese.GB18030
	case Windows1252:
		return charmap.Windows1252
	default:
		return nil
	}
}

const (
	utf8BOM    = "\xEF\xBB\xBF"
	utf16LEBOM = "\xFF\xFE"
	utf16BEBOM = "\xFE\xFF"
)

// detectCharset finds the encoding. wanted, when set, is taken as given; only its byte-order mark is looked for. The whole
// file is looked at for UTF-8, because the first Chinese name may stand in the last row; the others are told apart by a sample.
func detectCharset(s *Source, wanted string) (charset, error) {
	if c, ok := s.charsets[wanted]; ok {
		return c, nil
	}
	c, err := findCharset(s, wanted)
	if err == nil {
		if s.charsets == nil {
			s.charsets = map[string]charset{}
		}
		s.charsets[wanted] = c
	}
	return c, err
}

func findCharset(s *Source, wanted string) (charset, error) {
	head, err := s.head(64 << 10)
	if err != nil {
		return charset{}, err
	}
	var found charset
	switch {
	case bytes.HasPrefix(head, []byte(utf8BOM)):
		found = charset{name: UTF8, bom: 3}
	case bytes.HasPrefix(head, []byte(utf16LEBOM)):
		found = charset{name: UTF16LE, bom: 2}
	case bytes.HasPrefix(head, []byte(utf16BEBOM)):
		found = charset{name: UTF16BE, bom: 2}
	}
	switch wanted {
	case "":
	case UTF8, UTF16LE, UTF16BE, GB18030, Windows1252:
		if found.name != wanted {
			found = charset{name: wanted}
		}
	default:
		return charset{}, fmt.Errorf("unknown encoding %q: want %s, %s, %s, %s or %s", wanted, UTF8, UTF16LE, UTF16BE, GB18030, Windows1252)
	}
	if found.name == "" {
		found.name = utf16Without(head)
	}
	if found.name != "" && found.name != UTF8 {
		return found, nil
	}
	good, bad, sample, err := surveyUTF8(s)
	if err != nil {
		return charset{}, err
	}
	switch {
	case bad == 0:
		return charset{name: UTF8, bom: found.bom}, nil
	case found.name == UTF8 || good > 4*bad:
		// A UTF-8 file into which another program pasted a few foreign bytes: read the rest right, report those rows.
		return charset{name: UTF8, bom: found.bom, dirty: true}, nil
	case looksGB18030(sample):
		return charset{name: GB18030}, nil
	default:
		return charset{name: Windows1252}, nil
	}
}

// utf16Without recognises UTF-16 that has no byte-order mark by its zero bytes: Latin letters, digits, separators and line
// ends all have one, always on the same side.
func utf16Without(b []byte) string {
	var even, odd int
	for i, c := range b {
		if c != 0 {
			continue
		}
		if i%2 == 0 {
			even++
		} else {
			odd++
		}
	}
	pairs := len(b) / 2
	switch {
	case pairs == 0:
		return ""
	case odd*5 > pairs && even*20 < odd:
		return UTF16LE
	case even*5 > pairs && odd*20 < even:
		return UTF16BE
	default:
		return ""
	}
}

// surveyUTF8 counts the well-formed multi-byte characters and the ill-formed bytes of the whole file, and keeps a sample of
// the surroundings of ill-formed ones.
func surveyUTF8(s *Source) (good, bad int, sample []byte, err error) {
	const maxSample = 64 << 10
	buf := make([]byte, 256<<10)
	var off int64
	kept := 0
	for {
		n, rerr := s.r.ReadAt(buf[kept:min(int64(len(buf)), int64(kept)+s.size-off)], off)
		if rerr != nil && !errors.Is(rerr, io.EOF) {
			return 0, 0, nil, fmt.Errorf("read %s: %w", s.name, rerr)
		}
		off += int64(n)
		b := buf[:kept+n]
		last := off >= s.size || n == 0
		whole := len(b)
		if !last {
			whole -= cutRune(b)
		}
		chunk := b[:whole]
		if utf8.Valid(chunk) {
			good += len(chunk) - ascii(chunk)
		} else {
			g, w := countRunes(chunk)
			good, bad = good+g, bad+w
			if room := maxSample - len(sample); room > 0 {
				sample = append(sample, highLines(chunk, room)...)
			}
		}
		if last {
			return good, bad, sample, nil
		}
		kept = copy(buf, b[whole:])
	}
}

// ascii counts the bytes below 0x80.
func ascii(b []byte) int {
	n := 0
	for _, c := range b {
		if c < utf8.RuneSelf {
			n++
		}
	}
	return n
}

// cutRune is the number of bytes at the end of b that begin a character without ending it.
func cutRune(b []byte) int {
	for i := 1; i <= min(utf8.UTFMax-1, len(b)); i++ {
		if c := b[len(b)-i]; utf8.RuneStart(c) {
			if c >= utf8.RuneSelf && !utf8.FullRune(b[len(b)-i:]) {
				return i
			}
			return 0
		}
	}
	return 0
}

func countRunes(b []byte) (good, bad int) {
	for len(b) > 0 {
		if b[0] < utf8.RuneSelf {
			b = b[1:]
			continue
		}
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			bad++
		} else {
			good++
		}
		b = b[n:]
	}
	return good, bad
}

// highLines returns the lines of b that have bytes above ASCII, up to room bytes.
func highLines(b []byte, room int) []byte {
	var out []byte
	for line := range bytes.SplitSeq(b, []byte{'\n'}) {
		if ascii(line) == len(line) {
			continue
		}
		if len(out)+len(line) >= room {
			break
		}
		out = append(append(out, line...), '\n')
	}
	return out
}

// looksGB18030 tells GB18030 from a Western single-byte text. In Chinese text the high bytes come in pairs whose second byte
// is nearly always high too (the GB2312 core); in a Western text accented letters stand alone between plain ones, and what
// would be the second byte is an ASCII letter.
func looksGB18030(sample []byte) bool {
	var core, extension, broken int
	for i := 0; i < len(sample); {
		c := sample[i]
		if c < utf8.RuneSelf {
			i++
			continue
		}
		if i+1 >= len(sample) {
			break
		}
		d := sample[i+1]
		switch {
		case c == 0x80 || c == 0xFF:
			broken++
			i++
		case d >= 0xA1 && d <= 0xFE && c >= 0xA1 && c <= 0xF7:
			core++
			i += 2
		case d >= '0' && d <= '9' && i+3 < len(sample) && sample[i+2] >= 0x81 && sample[i+3] >= '0' && sample[i+3] <= '9':
			extension++
			i += 4
		case d >= 0x40 && d != 0x7F && d != 0xFF:
			extension++
			i += 2
		default:
			broken++
			i++
		}
	}
	return core > 0 && core >= 2*(extension+2*broken)
}
