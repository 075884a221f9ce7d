package paper

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// font is what letters are taken from.
type font int

const (
	latin font = iota
	latinBold
	hanPlain
	hanBold
)

// piece is a part of a line in one font.
type piece struct {
	text  string
	font  font
	small bool
	wide  float64
}

func (c piece) size(of float64) float64 {
	if c.small {
		return min(of, little)
	}
	return of
}

// flow breaks text into lines.
type flow struct {
	measure func(s string, f font, size float64) float64
}

// word is what no line is broken in.
type word struct {
	piece
	glued bool // to what is before it
}

// words cuts runs where a line may break.
func words(runs []run) []word {
	var out []word
	before := rune(0)
	for _, r := range runs {
		rest := r.text
		for rest != "" {
			n := next(rest)
			first, _ := utf8.DecodeRuneInString(rest)
			out = append(out, word{piece{text: rest[:n], font: fontOf(first, r.bold), small: r.small}, !mayBreak(before, first)})
			before, _ = utf8.DecodeLastRuneInString(rest[:n])
			rest = rest[n:]
		}
	}
	return out
}

// next returns how many bytes the first word of a text has: a Chinese character, or what goes to the next space or Chinese character.
func next(s string) int {
	for i, c := range s {
		switch {
		case chinese(c) && i == 0:
			return utf8.RuneLen(c)
		case chinese(c):
			return i
		case c == ' ':
			return i + 1
		}
	}
	return len(s)
}

// Some may not begin a line; after others no line ends.
const (
	neverFirst = "，。、；：？！）》」』”’】％"
	neverLast  = "（《「『“‘【"
)

// mayBreak says whether a line may end between two characters.
func mayBreak(a, b rune) bool {
	if a == ' ' {
		return true
	}
	return a != 0 && (chinese(a) || chinese(b)) && !strings.ContainsRune(neverFirst, b) && !strings.ContainsRune(neverLast, a)
}

func chinese(c rune) bool {
	return unicode.Is(unicode.Han, c) || c >= 0x3000 && c <= 0x303f || c >= 0xff00 && c <= 0xffef
}

// fontOf says where the letter of a character is.
func fontOf(c rune, bold bool) font {
	switch {
	case chinese(c) && bold:
		return hanBold
	case chinese(c):
		return hanPlain
	case bold:
		return latinBold
	}
	return latin
}

// fit breaks runs into lines no wider than most millimetres; there is one at least.
func (f *flow) fit(runs []run, most, size float64) [][]piece {
	var out [][]piece
	var now []piece
	var used float64
	put := func(c piece) {
		if n := len(now); n > 0 && now[n-1].font == c.font && now[n-1].small == c.small {
			now[n-1].text += c.text
			now[n-1].wide += c.wide
		} else {
			now = append(now, c)
		}
		used += c.wide
	}
	brk := func() {
		out = append(out, now)
		now, used = nil, 0
	}
	list := words(runs)
	for i := 0; i < len(list); {
		// Words glued together go to a line together.
		j, wide, bare := i, 0.0, 0.0
		for ; j < len(list) && (j == i || list[j].glued); j++ {
			c := &list[j].piece
			c.wide = f.measure(c.text, c.font, c.size(size))
			bare = wide + f.measure(strings.TrimRight(c.text, " "), c.font, c.size(size)) // a space at the end of a line needs no room
			wide += c.wide
		}
		if used > 0 && used+bare > most {
			brk()
		}
		for _, w := range list[i:j] {
			if bare <= most || used+w.wide <= most {
				put(w.piece)
				continue
			}
			for _, c := range w.text { // longer than a line, such as an address
				one := w.piece
				one.text = string(c)
				one.wide = f.measure(one.text, one.font, one.size(size))
				if used > 0 && used+one.wide > most {
					brk()
				}
				put(one)
			}
		}
		i = j
	}
	if len(now) > 0 || len(out) == 0 {
		brk()
	}
	return out
}

// gap is between the columns of a table.
const gap = 3.0

// columns shares the width of a sheet among the columns of a table: each gets what its longest cell wants, and where that is too much, those who want more than their share give.
func (p *printer) columns(t table) []float64 {
	n := 0
	for _, r := range t.rows {
		n = max(n, len(r))
	}
	want := make([]float64, n)
	for _, r := range t.rows {
		for i, c := range r {
			var w float64
			for _, x := range words(c) {
				w += p.measure(x.text, x.font, x.size(little))
			}
			want[i] = max(want[i], w+gap+0.1)
		}
	}
	return share(want, right-left)
}

// share gives each what it wants, as long as there is enough, and a part of what is over; otherwise the largest are cut to one width.
func share(want []float64, all float64) []float64 {
	out := make([]float64, len(want))
	open, rest := len(want), all
	for open > 0 {
		each, served := rest/float64(open), false
		for i, w := range want {
			if out[i] == 0 && w <= each {
				out[i], served = w, true
				rest -= w
				open--
			}
		}
		if served {
			continue
		}
		for i := range out {
			if out[i] == 0 {
				out[i] = each
			}
		}
		return out
	}
	for i, w := range want { // there is enough
		out[i] = w + rest/float64(len(want))
	}
	return out
}
