package exchange

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/transform"
)

// ReadOptions say how a file is laid out; what is left zero is detected. They are saved with the Map.
type ReadOptions struct {
	Sheet     string `json:"sheet,omitempty"`     // XLSX: the sheet's name; default the first visible one
	Encoding  string `json:"encoding,omitempty"`  // text: one of UTF8, UTF16LE, UTF16BE, GB18030, Windows1252
	Separator string `json:"separator,omitempty"` // text: one ASCII character
	HeaderRow int    `json:"headerRow,omitempty"` // 1-based spreadsheet row of the header
}

// Layout is what Table found or was told about the file.
type Layout struct {
	Format    string   `json:"format"` // "text", "xlsx" or "list"
	Encoding  string   `json:"encoding,omitempty"`
	Separator string   `json:"separator,omitempty"`
	Sheet     string   `json:"sheet,omitempty"`
	Sheets    []string `json:"sheets,omitempty"`
	HeaderRow int      `json:"headerRow"`
	// Above are the rows over the header (titles, remarks), which are not data.
	Above [][]string `json:"above,omitempty"`
}

// Row is one data row. Cells has exactly one entry per header column and is good until the next call; its strings may be kept.
type Row struct {
	Number   int // as a spreadsheet numbers it, from 1
	Cells    []string
	Problems []Problem
}

// rowReader is what a text file and a sheet have in common: rows in order, blank ones included, then io.EOF.
type rowReader interface {
	next() (cells []string, problems []Problem, err error)
}

// Table streams the data rows of a Source.
type Table struct {
	layout Layout
	header []string
	rr     rowReader
	text   *textRows
	xlsx   *xlsxRowReader
	ahead  []bufferedRow // rows read while looking for the header
	number int
	last   int // number of the last row that was not blank
	done   bool

	rows, blank, comments int
	problems              []Problem
}

type bufferedRow struct {
	cells    []string
	problems []Problem
}

// headerSearch is how many rows are looked at for the header; line lists come with a few title rows at most.
const headerSearch = 30

// listRows are rows that are there already.
type listRows struct{ left [][]string }

func (l *listRows) next() ([]string, []Problem, error) {
	if len(l.left) == 0 {
		return nil, nil, io.EOF
	}
	row := l.left[0]
	l.left = l.left[1:]
	return row, nil, nil
}

// Sheets lists the sheets of a workbook; a text file has none.
func (s *Source) Sheets() ([]string, error) {
	is, err := s.isXLSX()
	if err != nil || !is {
		return nil, err
	}
	x, err := openXLSX(s, "")
	if err != nil {
		return nil, err
	}
	return x.sheets, x.close()
}

// Table opens the file (one sheet of it) and finds the header. Close it when done. A file without rows is ErrEmpty.
func (s *Source) Table(opt ReadOptions) (*Table, error) {
	if s.list != nil {
		return &Table{layout: Layout{Format: "list"}, header: headerNames(s.list[0]), rr: &listRows{s.list[1:]}}, nil
	}
	is, err := s.isXLSX()
	if err != nil {
		return nil, err
	}
	t := &Table{}
	if is {
		if t.xlsx, err = openXLSX(s, opt.Sheet); err != nil {
			return nil, err
		}
		t.rr = t.xlsx
		t.layout = Layout{Format: "xlsx", Sheet: t.xlsx.sheet, Sheets: t.xlsx.sheets}
	} else if err := t.openText(s, opt); err != nil {
		return nil, err
	}
	if err := t.findHeader(s, opt.HeaderRow); err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}

func (t *Table) openText(s *Source, opt ReadOptions) error {
	cs, err := detectCharset(s, opt.Encoding)
	if err != nil {
		return err
	}
	sample, err := decodedSample(s, cs)
	if err != nil {
		return err
	}
	if strings.Count(string(sample), "\x00") > 0 {
		return fmt.Errorf("read %s: the text has zero bytes: %w", s.name, ErrUnreadable)
	}
	sep, eol, hint := sniffText(sample)
	if opt.Separator != "" {
		if len(opt.Separator) != 1 || opt.Separator[0] >= utf8.RuneSelf || strings.ContainsAny(opt.Separator, "\"\r\n") {
			return fmt.Errorf("separator %q: want one ASCII character", opt.Separator)
		}
		sep = opt.Separator[0]
	}
	t.text = newTextRows(s, cs, sep, eol)
	t.rr = t.text
	t.layout = Layout{Format: "text", Encoding: cs.name, Separator: string(rune(sep))}
	if hint {
		// Excel does not show the "sep=;" line, so it has no row number.
		if _, _, err := t.text.next(); err != nil {
			return err
		}
		t.text.row = 0
	}
	return nil
}

// decodedSample returns the start of the file as UTF-8, ending at a whole character.
func decodedSample(s *Source, cs charset) ([]byte, error) {
	const n = 64 << 10
	var r io.Reader = io.NewSectionReader(s.r, cs.bom, s.size-cs.bom)
	if dec := cs.decoder(); dec != nil {
		r = transform.NewReader(r, dec.NewDecoder())
	}
	b, err := io.ReadAll(io.LimitReader(r, n))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", s.name, err)
	}
	if len(b) == n {
		b = b[:len(b)-cutRune(b)]
	}
	return b, nil
}

// findHeader reads ahead, chooses the header row and leaves the rows below it to be served.
func (t *Table) findHeader(s *Source, want int) error {
	var seen []bufferedRow
	for len(seen) < max(headerSearch, want) {
		cells, problems, err := t.rr.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		seen = append(seen, bufferedRow{cells: append([]string(nil), cells...), problems: append([]Problem(nil), problems...)})
	}
	at := want - 1
	if want <= 0 {
		at = chooseHeader(seen)
	}
	if at < 0 || at >= len(seen) || isBlank(seen[at].cells) {
		if want > 0 && len(seen) > 0 {
			return fmt.Errorf("read %s: no header in row %d", s.name, want)
		}
		return fmt.Errorf("read %s: %w", s.name, ErrEmpty)
	}
	for _, r := range seen[:at] {
		if !isBlank(r.cells) {
			t.layout.Above = append(t.layout.Above, r.cells)
		}
	}
	t.problems = append(t.problems, seen[at].problems...)
	t.layout.HeaderRow = at + 1
	t.header = headerNames(seen[at].cells)
	t.ahead = seen[at+1:]
	t.number, t.last = at+1, at+1
	return nil
}

// chooseHeader picks the first row that is nearly as wide as the table and reads like names: few numbers and dates. Titles above a line list are narrow; data rows have numbers.
func chooseHeader(rows []bufferedRow) int {
	widest := 0
	for _, r := range rows {
		widest = max(widest, filled(r.cells))
	}
	first := -1
	for i, r := range rows {
		n := filled(r.cells)
		if n == 0 {
			continue
		}
		if first < 0 && (n > 1 || widest == 1) {
			first = i
		}
		if n*2 < widest {
			continue
		}
		odd := 0
		for _, c := range r.cells {
			if startsLikeNumber(c) {
				odd++
			}
		}
		if odd*5 <= n {
			return i
		}
	}
	return first
}

func startsLikeNumber(s string) bool {
	s = strings.TrimSpace(s)
	return s != "" && (s[0] >= '0' && s[0] <= '9' || s[0] == '-' && len(s) > 1)
}

func filled(cells []string) int {
	n := 0
	for _, c := range cells {
		if trim(c) != "" {
			n++
		}
	}
	return n
}

func isBlank(cells []string) bool {
	for _, c := range cells {
		if c != "" && trim(c) != "" {
			return false
		}
	}
	return true
}

// headerNames trims the names, drops empty ones at the end, and makes every name unique and non-empty, so that each column
// can be spoken of.
func headerNames(cells []string) []string {
	n := len(cells)
	for n > 0 && trim(cells[n-1]) == "" {
		n--
	}
	names := make([]string, 0, n)
	seen := map[string]bool{}
	for i, c := range cells[:n] {
		name := strings.Join(strings.Fields(restore(trim(c))), " ")
		if name == "" {
			name = fmt.Sprintf("column %d", i+1)
		}
		base := name
		for k := 2; seen[name]; k++ {
			name = fmt.Sprintf("%s (%d)", base, k)
		}
		seen[name] = true
		names = append(names, name)
	}
	return names
}

// Header returns the column names, unique and not empty.
func (t *Table) Header() []string { return t.header }

// Layout returns how the file was read.
func (t *Table) Layout() Layout { return t.layout }

// Counts returns the data rows served so far, and the rows below the header that are no data: blank ones, and comments (a
// second caption row starting with #, as SORMAS writes).
func (t *Table) Counts() (rows, blank, comments int) { return t.rows, t.blank, t.comments }

// Problems returns what is wrong with the file as a whole; complete after Next returned io.EOF.
func (t *Table) Problems() []Problem { return t.problems }

// Close releases the workbook; the Source stays open.
func (t *Table) Close() error {
	if t.xlsx == nil {
		return nil
	}
	return t.xlsx.close()
}

// Next returns the next data row, or io.EOF after the last. Any other error ends the reading.
func (t *Table) Next() (Row, error) {
	for {
		cells, problems, err := t.read()
		if errors.Is(err, io.EOF) {
			t.finish()
			return Row{}, io.EOF
		}
		if err != nil {
			return Row{}, err
		}
		t.number++
		if t.layout.Format == "list" {
			t.rows++
			return t.shape(cells, problems), nil
		}
		if isBlank(cells) {
			t.blank++
			continue
		}
		t.last = t.number
		if t.rows == 0 && t.number == t.layout.HeaderRow+1 && isCaptions(cells) {
			// SORMAS writes the property names in one row and then the captions in the reader's language, marked by #.
			t.comments++
			continue
		}
		t.rows++
		return t.shape(cells, problems), nil
	}
}

// isCaptions says whether a row right below the header only repeats it in other words. A first case that happens to be called
// "#1" has a date, a number or an empty cell somewhere.
func isCaptions(cells []string) bool {
	if len(cells) < 3 || !strings.HasPrefix(cells[0], "#") || len(trim(cells[0])) < 2 {
		return false
	}
	for i, c := range cells {
		if trim(c) == "" || startsLikeNumber(strings.TrimPrefix(c, "#")) && i == 0 || startsLikeNumber(c) {
			return false
		}
	}
	return true
}

func (t *Table) read() ([]string, []Problem, error) {
	if len(t.ahead) > 0 {
		r := t.ahead[0]
		t.ahead = t.ahead[1:]
		return r.cells, r.problems, nil
	}
	return t.rr.next()
}

// shape gives the row as many cells as the header has and reports when it had another number.
func (t *Table) shape(cells []string, problems []Problem) Row {
	row := Row{Number: t.number, Problems: problems}
	width := len(t.header)
	switch {
	case len(cells) < width:
		if t.xlsx == nil && len(problems) == 0 {
			row.Problems = append(row.Problems, Problem{Row: t.number, Severity: Warn,
				Reason: fmt.Sprintf("the row has %d cells, the header %d; the missing ones were read as empty", len(cells), width)})
		}
		for len(cells) < width {
			cells = append(cells, "")
		}
	case len(cells) > width:
		if !isBlank(cells[width:]) {
			// Nearly always a separator inside a text that should have been quoted: every cell after it sits one column too far
			// to the right, so taking the row would store wrong facts.
			row.Problems = append(row.Problems, Problem{Row: t.number, Severity: Reject, Value: strings.Join(cells[width:], t.layout.Separator),
				Reason: fmt.Sprintf("the row has %d cells, the header %d; values may stand in the wrong columns", len(cells), width)})
		}
		cells = cells[:width]
	}
	for _, c := range cells {
		if len(c) >= maxCellChars && utf8.RuneCountInString(c) == maxCellChars {
			row.Problems = append(row.Problems, Problem{Row: t.number, Value: string([]rune(c)[:40]) + "…", Severity: Warn,
				Reason: "a cell has exactly 32,767 characters, the most that a spreadsheet cell holds: its end was probably cut off"})
		}
	}
	row.Cells = cells
	return row
}

// finish raises the alarms that can only be known at the end.
func (t *Table) finish() {
	if t.done {
		return
	}
	t.done = true
	if t.last == xlsRows || t.last == xlsxRows {
		t.problems = append(t.problems, Problem{Row: t.last, Severity: Warn, Reason: fmt.Sprintf(
			"THE FILE MAY BE CUT OFF: it ends at exactly row %d, where a spreadsheet ends; rows below it may be lost. Ask the sender how many rows there should be", t.last)})
	}
	if t.text != nil && t.text.cut && t.rows > 0 && len(t.text.cells) < len(t.header) {
		t.problems = append(t.problems, Problem{Row: t.last, Severity: Warn,
			Reason: "THE FILE MAY BE CUT OFF: its last row is incomplete and has no line end"})
	}
}

// Truncated says whether the file looks cut off; call it after the last row.
func (t *Table) Truncated() bool {
	for _, p := range t.problems {
		if strings.HasPrefix(p.Reason, "THE FILE MAY BE CUT OFF") {
			return true
		}
	}
	return false
}

// trim takes off blanks of every script and marks that cannot be seen.
func trim(s string) string {
	if s == "" {
		return s
	}
	if a, z := s[0], s[len(s)-1]; a > ' ' && a < 0x7F && z > ' ' && z < 0x7F {
		return s
	}
	return strings.TrimFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || r == '\uFEFF' || r == '\u200B' || r == '\u200E' || r == '\u200F' || unicode.IsControl(r)
	})
}

// normalise makes header names comparable: lower case, letters and digits only, no unit in brackets.
func normalise(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r == '(' || r == '（' || r == '[' {
			if b.Len() > 0 && r != '[' {
				break
			}
			continue
		}
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}
