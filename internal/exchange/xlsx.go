package exchange

import (
	"archive/zip"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"firebreak/internal/day"
)

// The sizes that a workbook may unpack to. A line list of a million rows and thirty columns is about 2 GB of XML; a sheet
// above unzipXMLLimit is unpacked to a temporary file, not into memory.
const (
	unzipSizeLimit = 6 << 30
	unzipXMLLimit  = 16 << 20
)

// The heights at which spreadsheets end: .xls and .xlsx.
const (
	xlsRows  = 65536
	xlsxRows = 1048576
)

// maxCellChars is what a spreadsheet cell holds at most; longer texts are cut by the program that wrote the sheet.
const maxCellChars = 32767

// xlsxRowReader streams one sheet. Two passes run in step, one over the stored values and one over what Excel shows: only the
// second tells that a number is meant as a date.
type xlsxRowReader struct {
	f        *excelize.File
	raw      *excelize.Rows
	shown    *excelize.Rows
	sheets   []string
	sheet    string
	row      int
	date1904 bool
	cells    []string
	problems []Problem
}

func openXLSX(s *Source, sheet string) (*xlsxRowReader, error) {
	if err := checkZIP(s); err != nil {
		return nil, err
	}
	f, err := excelize.OpenReader(io.NewSectionReader(s.r, 0, s.size), excelize.Options{UnzipSizeLimit: unzipSizeLimit, UnzipXMLSizeLimit: unzipXMLLimit})
	if err != nil {
		return nil, fmt.Errorf("open workbook %s: %w: %w", s.name, ErrUnreadable, err)
	}
	x := &xlsxRowReader{f: f, sheets: f.GetSheetList(), sheet: sheet}
	if err := x.open(s); err != nil {
		_ = x.close() // the first error is the one to tell
		return nil, err
	}
	return x, nil
}

func (x *xlsxRowReader) open(s *Source) error {
	if x.sheet == "" {
		for _, name := range x.sheets {
			if visible, err := x.f.GetSheetVisible(name); err == nil && visible {
				x.sheet = name
				break
			}
		}
	}
	if !slices.Contains(x.sheets, x.sheet) {
		return fmt.Errorf("open workbook %s: no sheet %q; it has %q", s.name, x.sheet, x.sheets)
	}
	if props, err := x.f.GetWorkbookProps(); err == nil && props.Date1904 != nil {
		x.date1904 = *props.Date1904
	}
	var err error
	if x.raw, err = x.f.Rows(x.sheet); err != nil {
		return fmt.Errorf("open sheet %q of %s: %w", x.sheet, s.name, err)
	}
	if x.shown, err = x.f.Rows(x.sheet); err != nil {
		return fmt.Errorf("open sheet %q of %s: %w", x.sheet, s.name, err)
	}
	return nil
}

// checkZIP refuses an archive that is no workbook or that would unpack to more than unzipSizeLimit, before anything is unpacked.
func checkZIP(s *Source) error {
	z, err := zip.NewReader(s.r, s.size)
	if err != nil {
		return fmt.Errorf("open workbook %s: %w: %w", s.name, ErrUnreadable, err)
	}
	var total uint64
	workbook := false
	for _, f := range z.File {
		total += f.UncompressedSize64
		workbook = workbook || f.Name == "[Content_Types].xml"
	}
	if !workbook {
		return fmt.Errorf("open workbook %s: a ZIP archive, but no workbook: %w", s.name, ErrUnreadable)
	}
	if total > unzipSizeLimit {
		return fmt.Errorf("open workbook %s: it would unpack to %d bytes, more than %d: %w", s.name, total, int64(unzipSizeLimit), ErrUnreadable)
	}
	return nil
}

func (x *xlsxRowReader) next() (cells []string, problems []Problem, err error) {
	x.problems = x.problems[:0]
	if !x.raw.Next() || !x.shown.Next() {
		if err := x.raw.Error(); err != nil {
			return nil, nil, fmt.Errorf("read sheet %q, row %d: %w", x.sheet, x.row+1, err)
		}
		if err := x.shown.Error(); err != nil {
			return nil, nil, fmt.Errorf("read sheet %q, row %d: %w", x.sheet, x.row+1, err)
		}
		return nil, nil, io.EOF
	}
	x.row++
	raw, err := x.raw.Columns(excelize.Options{RawCellValue: true})
	if err != nil {
		return nil, nil, fmt.Errorf("read sheet %q, row %d: %w", x.sheet, x.row, err)
	}
	shown, err := x.shown.Columns()
	if err != nil {
		return nil, nil, fmt.Errorf("read sheet %q, row %d: %w", x.sheet, x.row, err)
	}
	x.cells = x.cells[:0]
	for i, v := range raw {
		s := v
		if i < len(shown) {
			s = shown[i]
		}
		cell, reason := x.cell(v, s)
		if reason != "" {
			x.problems = append(x.problems, Problem{Row: x.row, Value: s, Reason: reason, Severity: Warn})
		}
		x.cells = append(x.cells, cell)
	}
	return x.cells, x.problems, nil
}

// cell turns a stored value into text: dates become ISO, other numbers lose the noise of binary fractions.
func (x *xlsxRowReader) cell(raw, shown string) (text, reason string) {
	const lost = "a number of more than 15 digits was stored as a number by the spreadsheet, which keeps only 15: its last digits are lost"
	if raw == "" || raw[0] > '9' {
		return raw, ""
	}
	if raw == shown && !strings.ContainsAny(raw, "eE") {
		// Text, or a number shown as stored. A text of 18 digits is whole; a number of 18 digits ends in zeros.
		if len(raw) > 15 && isDigits(raw) && strings.Trim(raw[15:], "0") == "" {
			return raw, lost
		}
		return raw, ""
	}
	f, err := strconv.ParseFloat(raw, 64)
	if err != nil {
		return raw, ""
	}
	if raw != shown && looksLikeShownDate(shown) {
		if iso, ok := serialISO(f, x.date1904); ok {
			return iso, ""
		}
	}
	if strings.ContainsAny(raw, "eE.") {
		text = strconv.FormatFloat(f, 'f', -1, 64)
		if s15 := strconv.FormatFloat(f, 'g', 15, 64); len(strings.Trim(text, "-0.")) > 16 {
			if g, err := strconv.ParseFloat(s15, 64); err == nil {
				text = strconv.FormatFloat(g, 'f', -1, 64)
			}
		}
	} else {
		text = raw
	}
	if digits := strings.TrimLeft(text, "-0"); len(digits) > 15 && !strings.Contains(digits, ".") {
		return text, lost
	}
	return text, ""
}

func (x *xlsxRowReader) close() error {
	var first error
	for _, r := range []*excelize.Rows{x.raw, x.shown} {
		if r == nil {
			continue
		}
		if err := r.Close(); err != nil && first == nil {
			first = err
		}
	}
	if err := x.f.Close(); err != nil && first == nil {
		first = err
	}
	return first
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// looksLikeShownDate says whether a shown number reads as a date: it has digits with date punctuation or month words, and is
// not merely a number with separators, a percentage or money.
func looksLikeShownDate(s string) bool {
	if strings.ContainsAny(s, "%$€£¥Ee") && !strings.ContainsAny(s, "-/年") {
		return false
	}
	plain := strings.Map(func(r rune) rune {
		if r == ',' || r == ' ' || r == '\u00A0' {
			return -1
		}
		return r
	}, s)
	if _, err := strconv.ParseFloat(plain, 64); err == nil {
		return false
	}
	groups, in := 0, false
	for _, r := range s {
		d := r >= '0' && r <= '9'
		if d && !in {
			groups++
		}
		in = d
	}
	return groups >= 2 && strings.ContainsAny(s, "-/.年月日: ")
}

// serialISO turns an Excel serial number into an ISO day, with the time of day when it has one. Day 60 of the 1900 system is
// 29 February 1900, which never was.
func serialISO(f float64, date1904 bool) (string, bool) {
	d, ok := serialDay(f, date1904)
	if !ok {
		return "", false
	}
	fraction := f - float64(int64(f))
	if fraction < 1.0/172800 {
		return d.String(), true
	}
	t := time.Duration(fraction*86400+0.5) * time.Second
	return fmt.Sprintf("%sT%02d:%02d:%02d", d, int(t.Hours()), int(t.Minutes())%60, int(t.Seconds())%60), true
}

func serialDay(f float64, date1904 bool) (day.Day, bool) {
	if !(f >= 1 && f < 2958466) {
		return 0, false
	}
	n := int(f)
	if date1904 {
		return day.Of(1904, 1, 1).Add(n), true
	}
	switch {
	case n == 60:
		return 0, false
	case n < 60:
		return day.Of(1899, 12, 31).Add(n), true
	default:
		return day.Of(1899, 12, 30).Add(n), true
	}
}
