package exchange

import (
	"bufio"
	"fmt"
	"io"
)

// CSVOptions say how text is written.
type CSVOptions struct {
	// Separator, default ','. Excel in countries with a decimal comma opens ';' by a double click.
	Separator byte
	// BOM writes a UTF-8 byte-order mark, without which Excel shows Chinese as garbage. R and most programs do not want it.
	BOM bool
}

// WriteCSV writes the header and the rows as UTF-8 CSV with \n line ends and returns the number of data rows. Texts that look
// like formulas are neutralised, headers too; reading the file back with this package gives the texts as they were, but for blanks at their ends.
func WriteCSV(w io.Writer, header []string, rows Rows, opt CSVOptions) (int, error) {
	sep := opt.Separator
	if sep == 0 {
		sep = ','
	}
	e := newCSVEncoder(w, sep)
	if opt.BOM {
		e.raw(utf8BOM)
	}
	for _, h := range header {
		e.text(h)
	}
	e.endRow()
	n := 0
	for row, err := range rows {
		if err != nil {
			return n, fmt.Errorf("write csv, after row %d: %w", n, err)
		}
		if err := checkWidth(row, header, n+1); err != nil {
			return n, fmt.Errorf("write csv: %w", err)
		}
		for _, v := range row {
			if v.kind == valueText {
				e.text(v.text)
			} else {
				e.plain(v.String())
			}
		}
		if e.endRow(); e.err != nil {
			return n, fmt.Errorf("write csv, row %d: %w", n+1, e.err)
		}
		n++
	}
	if err := e.flush(); err != nil {
		return n, fmt.Errorf("write csv: %w", err)
	}
	return n, nil
}

// csvEncoder writes cells. encoding/csv quotes only what its own separator needs; a program that splits at another one (Excel
// in half of Europe splits at ;) would then find cells that begin anywhere in a text, formulas included. So a cell with any
// usual separator is quoted.
type csvEncoder struct {
	w     *bufio.Writer
	sep   byte
	first bool
	empty bool // the row so far is one empty cell
	err   error
}

func newCSVEncoder(w io.Writer, sep byte) *csvEncoder {
	return &csvEncoder{w: bufio.NewWriterSize(w, 64<<10), sep: sep, first: true}
}

func (e *csvEncoder) raw(s string) {
	if e.err == nil {
		_, e.err = e.w.WriteString(s)
	}
}

func (e *csvEncoder) byte(b byte) {
	if e.err == nil {
		e.err = e.w.WriteByte(b)
	}
}

// text writes a cell of text, neutralised.
func (e *csvEncoder) text(s string) { e.cell(neutralise(s)) }

// plain writes a cell that is known to be harmless.
func (e *csvEncoder) plain(s string) { e.cell(s) }

func (e *csvEncoder) cell(s string) {
	e.empty = e.first && s == ""
	if !e.first {
		e.byte(e.sep)
	}
	e.first = false
	if !needsQuotes(s, e.sep) {
		e.raw(s)
		return
	}
	e.byte('"')
	from := 0
	for i := range len(s) {
		if s[i] == '"' {
			e.raw(s[from : i+1])
			e.byte('"')
			from = i + 1
		}
	}
	e.raw(s[from:])
	e.byte('"')
}

func needsQuotes(s string, sep byte) bool {
	if s == "" {
		return false
	}
	if s[0] == ' ' || s[0] == '\'' || s[len(s)-1] == ' ' || s[0] == '#' {
		return true
	}
	for i := range len(s) {
		switch c := s[i]; c {
		case '"', '\n', '\r', ',', ';', '\t', '|':
			return true
		default:
			if c == sep {
				return true
			}
		}
	}
	return false
}

func (e *csvEncoder) endRow() {
	if e.empty {
		e.raw(`""`) // one empty cell would be a blank line, which readers skip
	}
	e.byte('\n')
	e.first, e.empty = true, false
}

func (e *csvEncoder) flush() error {
	if e.err == nil {
		e.err = e.w.Flush()
	}
	return e.err
}
