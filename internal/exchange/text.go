package exchange

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/transform"
)

// maxRowBytes bounds one row of a text file. A spreadsheet cell holds at most 32,767 characters, so a longer row is nearly
// always a quote that was opened and never closed.
const maxRowBytes = 1 << 20

// maxRunaways is how many never-closed quotes are tolerated before line breaks inside quotes are no longer accepted: each one
// costs a search through maxRowBytes, and a file full of them would take for ever.
const maxRunaways = 20

// textRows reads separated text as RFC 4180 has it, leniently: every record is one spreadsheet row, blank lines included, so
// that row numbers are those that a person sees. encoding/csv is not used because it skips blank lines without a trace and
// gives up at the first odd quote.
type textRows struct {
	r     io.Reader
	sep   byte
	eol   byte // '\n', or '\r' in files of the old Macintosh
	buf   []byte
	start int
	end   int
	eof   bool
	row   int
	dirty bool // check every row for bytes that are no UTF-8

	cells    []string
	scratch  []byte
	ends     []int
	runaways int
	problems []Problem
	cut      bool // the last row has no line end
}

func newTextRows(s *Source, cs charset, sep, eol byte) *textRows {
	var r io.Reader = io.NewSectionReader(s.r, cs.bom, s.size-cs.bom)
	if dec := cs.decoder(); dec != nil {
		r = transform.NewReader(r, dec.NewDecoder())
	}
	return &textRows{r: r, sep: sep, eol: eol, dirty: cs.dirty, buf: make([]byte, 128<<10)}
}

// fill reads more, growing the buffer up to maxRowBytes. It reports whether anything was added.
func (t *textRows) fill() (bool, error) {
	if t.eof {
		return false, nil
	}
	if t.start > 0 {
		t.end = copy(t.buf, t.buf[t.start:t.end])
		t.start = 0
	}
	if t.end == len(t.buf) {
		if len(t.buf) >= maxRowBytes {
			return false, nil
		}
		t.buf = append(t.buf, make([]byte, len(t.buf))...)
	}
	for range 100 {
		n, err := t.r.Read(t.buf[t.end:])
		t.end += n
		if errors.Is(err, io.EOF) {
			t.eof = true
			return n > 0, nil
		}
		if err != nil {
			return false, fmt.Errorf("read row %d: %w", t.row+1, err)
		}
		if n > 0 {
			return true, nil
		}
	}
	return false, fmt.Errorf("read row %d: %w", t.row+1, io.ErrNoProgress)
}

// next returns the cells of the next row and its problems; both are good until the next call. After the last row it returns io.EOF.
func (t *textRows) next() (cells []string, problems []Problem, err error) {
	t.problems = t.problems[:0]
	line, err := t.line()
	if err != nil {
		return nil, nil, err
	}
	t.row++
	if bytes.IndexByte(line, '"') >= 0 {
		if done, err := t.quoted(); err != nil {
			return nil, nil, err
		} else if done {
			t.checkText()
			return t.cells, t.problems, nil
		}
		// The quote never closes; the buffer may have moved, so look the line up again and take it as it stands.
		if line, err = t.line(); err != nil {
			return nil, nil, err
		}
		t.problems = append(t.problems, Problem{Row: t.row, Severity: Reject,
			Reason: "a quotation mark opens in this row and never closes; the row was read up to its line end, check it and the rows below"})
	}
	t.consume(len(line))
	t.split(string(trimCR(line)))
	t.checkText()
	return t.cells, t.problems, nil
}

// line finds the next physical line, without consuming it.
func (t *textRows) line() ([]byte, error) {
	from := 0
	for {
		if i := bytes.IndexByte(t.buf[t.start+from:t.end], t.eol); i >= 0 {
			return t.buf[t.start : t.start+from+i], nil
		}
		from = t.end - t.start
		more, err := t.fill()
		if err != nil {
			return nil, err
		}
		if more {
			continue
		}
		if t.start == t.end {
			return nil, io.EOF
		}
		if !t.eof {
			return nil, fmt.Errorf("row %d is longer than %d bytes: is this a table?", t.row+1, maxRowBytes)
		}
		t.cut = true
		return t.buf[t.start:t.end], nil
	}
}

// consume steps over n bytes and the line end after them.
func (t *textRows) consume(n int) {
	t.start = min(t.start+n+1, t.end)
}

func trimCR(b []byte) []byte {
	if n := len(b); n > 0 && b[n-1] == '\r' {
		return b[:n-1]
	}
	return b
}

// split cuts a line without quotes. The cells share one string.
func (t *textRows) split(line string) {
	t.cells = t.cells[:0]
	for {
		i := strings.IndexByte(line, t.sep)
		if i < 0 {
			t.cells = append(t.cells, line)
			return
		}
		t.cells = append(t.cells, line[:i])
		line = line[i+1:]
	}
}

// quoted reads one record that has quotation marks, perhaps over several lines. It reports false, consuming nothing, when a
// quote never closes.
func (t *textRows) quoted() (bool, error) {
	t.scratch, t.ends = t.scratch[:0], t.ends[:0]
	pos := 0 // offset from t.start
	loose := false
	// at returns the byte at pos, reading on as needed.
	at := func() (byte, bool, error) {
		for t.start+pos >= t.end {
			more, err := t.fill()
			if err != nil || !more {
				return 0, false, err
			}
		}
		return t.buf[t.start+pos], true, nil
	}
	for {
		c, ok, err := at()
		if err != nil {
			return false, err
		}
		quotedCell := ok && c == '"'
		if quotedCell {
			pos++
			closed := false
			for !closed {
				c, ok, err = at()
				if err != nil {
					return false, err
				}
				if !ok || (c == t.eol && t.runaways >= maxRunaways) {
					t.runaways++
					return false, nil
				}
				if c != '"' {
					// Take the run up to the next quote at once; a line end within the quotes belongs to the cell.
					run := t.buf[t.start+pos : t.end]
					if i := bytes.IndexByte(run, '"'); i >= 0 {
						run = run[:i]
					}
					if t.runaways >= maxRunaways {
						if i := bytes.IndexByte(run, t.eol); i >= 0 {
							run = run[:i]
						}
					}
					t.scratch = append(t.scratch, run...)
					pos += len(run)
					continue
				}
				pos++
				c, ok, err = at()
				if err != nil {
					return false, err
				}
				if ok && c == '"' {
					t.scratch = append(t.scratch, '"')
					pos++
					continue
				}
				closed = true
			}
		}
		// What is left of the cell is plain; after a closing quote there should be nothing.
		plainFrom := len(t.scratch)
		for {
			c, ok, err = at()
			if err != nil {
				return false, err
			}
			if !ok || c == t.sep || c == t.eol {
				break
			}
			t.scratch = append(t.scratch, c)
			pos++
		}
		if rest := bytes.TrimRight(t.scratch[plainFrom:], " \r"); quotedCell && len(rest) > 0 {
			loose = true
		} else if quotedCell {
			t.scratch = t.scratch[:plainFrom]
		}
		atEnd := !ok || c == t.eol
		if atEnd && !quotedCell {
			t.scratch = trimCR(t.scratch)
			if len(t.ends) > 0 && len(t.scratch) < t.ends[len(t.ends)-1] {
				t.scratch = t.scratch[:t.ends[len(t.ends)-1]]
			}
		}
		t.ends = append(t.ends, len(t.scratch))
		if atEnd {
			if !ok {
				t.cut = true
			}
			t.consume(pos)
			break
		}
		pos++
	}
	all := string(t.scratch)
	t.cells = t.cells[:0]
	from := 0
	for _, e := range t.ends {
		cell := all[from:e]
		if strings.Contains(cell, "\r\n") {
			cell = strings.ReplaceAll(cell, "\r\n", "\n")
		}
		t.cells = append(t.cells, cell)
		from = e
	}
	if loose {
		t.problems = append(t.problems, Problem{Row: t.row, Severity: Warn, Reason: "text follows a closing quotation mark in this row; it was kept, check the cell"})
	}
	return true, nil
}

// checkText reports bytes that are no UTF-8 and makes them visible instead of passing them on.
func (t *textRows) checkText() {
	if !t.dirty {
		return
	}
	for i, c := range t.cells {
		if !utf8.ValidString(c) {
			t.cells[i] = strings.ToValidUTF8(c, "\uFFFD")
			t.problems = append(t.problems, Problem{Row: t.row, Value: t.cells[i], Severity: Warn, Reason: "bytes that are not UTF-8 were replaced by \uFFFD"})
		}
	}
}

// sniffText finds the separator and the line end from a sample of the decoded text. hint is the length of an Excel
// "sep=;" line, to be stepped over.
func sniffText(sample []byte) (sep, eol byte, hint bool) {
	eol = '\n'
	if bytes.IndexByte(sample, '\n') < 0 && bytes.IndexByte(sample, '\r') >= 0 {
		eol = '\r'
	}
	if len(sample) >= 5 && strings.EqualFold(string(sample[:4]), "sep=") && (len(sample) == 5 || sample[5] == '\r' || sample[5] == '\n') && sample[4] < utf8.RuneSelf {
		return sample[4], eol, true
	}
	sep = ','
	best := 0.0
	for _, c := range []byte{',', '\t', ';', '|'} {
		if score := separatorScore(sample, c, eol); score > best {
			best, sep = score, c
		}
	}
	return sep, eol, false
}

// separatorScore is high when many lines have the same, large number of cells and the first long line is one of them.
func separatorScore(sample []byte, sep, eol byte) float64 {
	t := &textRows{r: bytes.NewReader(sample), sep: sep, eol: eol, buf: make([]byte, len(sample)+1), runaways: maxRunaways - 1}
	widths := map[int]int{}
	rows, first := 0, 0
	for rows < 200 {
		cells, _, err := t.next()
		if err != nil {
			break
		}
		if len(cells) == 1 && strings.TrimSpace(cells[0]) == "" {
			continue
		}
		if rows == 0 {
			first = len(cells)
		}
		rows++
		widths[len(cells)]++
	}
	width, n := 1, 0
	for w, k := range widths {
		if k > n || k == n && w > width {
			width, n = w, k
		}
	}
	if width < 2 {
		// A file of a header and ragged rows, or of titles: any line with this separator is a weak sign.
		most := 0
		for w := range widths {
			most = max(most, w)
		}
		return float64(most-1) / float64(10*max(rows, 1))
	}
	score := float64(n) / float64(rows) * float64(width-1)
	if first != width {
		score /= 2
	}
	return score
}
