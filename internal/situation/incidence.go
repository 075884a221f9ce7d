package situation

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"firebreak/internal/day"
)

// Incidence is the number of new cases on each of a run of consecutive days.
type Incidence struct {
	Start    day.Day // the first day; zero where the source numbers its days instead of dating them
	Local    []int   // cases infected within the area, by day
	Imported []int   // cases infected elsewhere, by day; nil for none
}

// IncidenceOf returns the incidence of an epidemic curve's daily totals.
func IncidenceOf(c EpiCurve) Incidence {
	inc := Incidence{Start: c.First, Local: make([]int, len(c.Bins))}
	for i, b := range c.Bins {
		inc.Local[i] = b.Total
	}
	return inc
}

// Len returns the number of days.
func (inc Incidence) Len() int { return len(inc.Local) }

// Total returns the cases of day t, counted from 0, wherever they were infected.
func (inc Incidence) Total(t int) int {
	if inc.Imported == nil {
		return inc.Local[t]
	}
	return inc.Local[t] + inc.Imported[t]
}

// Day returns the date of day t, counted from 0; zero where the source numbers its days.
func (inc Incidence) Day(t int) day.Day { return inc.Start.Add(t) }

func (inc Incidence) check() error {
	if inc.Imported != nil && len(inc.Imported) != len(inc.Local) {
		return fmt.Errorf("%d days of local but %d of imported cases: %w", len(inc.Local), len(inc.Imported), ErrArgument)
	}
	for t := range inc.Local {
		if inc.Local[t] < 0 || inc.Total(t) < inc.Local[t] {
			return fmt.Errorf("day %d: a number of cases is below 0: %w", t+1, ErrArgument)
		}
	}
	return nil
}

// window returns the row of the days first..last, counted from 0, with no value yet.
func (inc Incidence) window(first, last int) R {
	return R{Start: first + 1, End: last + 1, StartDay: inc.Day(first), EndDay: inc.Day(last)}
}

// ReadOptions are the settings of [ReadIncidence].
type ReadOptions struct {
	FillMissing bool // take a day that the file leaves out as a day without cases; default: it is an error
}

// RowError says which row and column of a file is wrong. Row counts lines from 1, the header being row 1.
type RowError struct {
	Row    int
	Column string // empty where the row as a whole is wrong
	Err    error
}

// Error returns the row, the column and what is wrong.
func (e *RowError) Error() string {
	if e.Column == "" {
		return fmt.Sprintf("row %d: %v", e.Row, e.Err)
	}
	return fmt.Sprintf("row %d, column %s: %v", e.Row, e.Column, e.Err)
}

// Unwrap returns what is wrong without the place.
func (e *RowError) Unwrap() error { return e.Err }

// Limits that keep a typing error in a file from becoming a year-long or gigabyte-sized estimate.
const (
	maxIncidenceDays = 36525 // a century
	maxDailyCases    = 1_000_000_000
)

// The names a column of an incidence file may have, in lower case.
var (
	dayColumns   = [...]string{"date", "dates", "day"}
	countColumns = [...]string{"i", "cases"}
)

// separator returns what stands between the columns: the comma, semicolon (spreadsheets of countries that write 1,5) or tab
// that the header has most of; a comma where it has none.
func separator(header []byte) rune {
	best, most := ',', 0
	for _, c := range []byte{',', ';', '\t'} {
		if n := bytes.Count(header, []byte{c}); n > most {
			best, most = rune(c), n
		}
	}
	return best
}

// maxHeader bounds the header row that is looked at for its separator, bytes.
const maxHeader = 4096

// ReadIncidence reads daily counts from text separated by commas, semicolons or tabs with a header row: a column date (or dates: ISO days; or
// day: whole numbers) and either I (or cases), or local and imported. Upper and lower case are the same; further columns are
// ignored. Days must follow one another; errors are of type *[RowError].
func ReadIncidence(r io.Reader, opts ReadOptions) (Incidence, error) {
	br := bufio.NewReaderSize(r, maxHeader)
	start, err := br.Peek(maxHeader)
	if err != nil && !errors.Is(err, io.EOF) {
		return Incidence{}, fmt.Errorf("read incidence: %w", err)
	}
	firstLine, _, _ := bytes.Cut(start, []byte("\n"))
	cr := csv.NewReader(br)
	cr.Comma = separator(firstLine)
	cr.ReuseRecord = true
	header, err := cr.Read()
	if errors.Is(err, io.EOF) {
		return Incidence{}, fmt.Errorf("read incidence: %w", &RowError{Row: 1, Err: errors.New("the file is empty, a header row is expected")})
	}
	if err != nil {
		return Incidence{}, fmt.Errorf("read incidence: %w", csvError(1, err))
	}
	cols, err := findColumns(header)
	if err != nil {
		return Incidence{}, fmt.Errorf("read incidence: %w", &RowError{Row: 1, Err: err})
	}
	ir := incidenceReader{opts: opts, cols: cols}
	for {
		rec, err := cr.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Incidence{}, fmt.Errorf("read incidence: %w", csvError(0, err))
		}
		row, _ := cr.FieldPos(0)
		if err := ir.add(row, rec); err != nil {
			return Incidence{}, fmt.Errorf("read incidence: %w", err)
		}
	}
	if len(ir.inc.Local) == 0 {
		return Incidence{}, fmt.Errorf("read incidence: %w", &RowError{Row: 2, Err: errors.New("no day follows the header")})
	}
	return ir.inc, nil
}

// columns are the places of the wanted columns; -1 for absent.
type columns struct {
	day, count, imported             int
	dayName, countName, importedName string
	numbered                         bool // the day column holds numbers if its first value is one
}

func findColumns(header []string) (columns, error) {
	at := map[string]int{}
	for i, h := range header {
		name := strings.ToLower(strings.TrimSpace(strings.TrimPrefix(h, "\ufeff")))
		if _, twice := at[name]; twice && name != "" {
			return columns{}, fmt.Errorf("column %q appears twice", name)
		}
		at[name] = i
	}
	c := columns{day: -1, count: -1, imported: -1}
	for _, name := range dayColumns {
		if i, ok := at[name]; ok {
			c.day, c.dayName = i, name
			break
		}
	}
	if c.day < 0 {
		return c, fmt.Errorf("no column date, dates or day among %q", header)
	}
	local, hasLocal := at["local"]
	imported, hasImported := at["imported"]
	if hasLocal && hasImported {
		c.count, c.countName = local, "local"
		c.imported, c.importedName = imported, "imported"
		return c, nil
	}
	if hasLocal || hasImported {
		return c, errors.New("columns local and imported must come together")
	}
	for _, name := range countColumns {
		if i, ok := at[name]; ok {
			c.count, c.countName = i, strings.TrimSpace(header[i])
			return c, nil
		}
	}
	return c, fmt.Errorf("no column I or cases, nor local and imported, among %q", header)
}

// incidenceReader adds one row after the other.
type incidenceReader struct {
	opts ReadOptions
	cols columns
	inc  Incidence
	next int // the expected day: a day.Day, or a number where days are numbered
}

func (ir *incidenceReader) add(row int, rec []string) error {
	c := &ir.cols
	at, err := ir.parseDay(strings.TrimSpace(rec[c.day]))
	if err != nil {
		return &RowError{Row: row, Column: c.dayName, Err: err}
	}
	local, err := parseCount(rec[c.count])
	if err != nil {
		return &RowError{Row: row, Column: c.countName, Err: err}
	}
	imported := 0
	if c.imported >= 0 {
		if imported, err = parseCount(rec[c.imported]); err != nil {
			return &RowError{Row: row, Column: c.importedName, Err: err}
		}
	}
	if len(ir.inc.Local) > 0 && at != ir.next {
		if at < ir.next {
			return &RowError{Row: row, Column: c.dayName, Err: fmt.Errorf("%s does not come after the day before it (%s)", rec[c.day], ir.name(ir.next-1))}
		}
		if !ir.opts.FillMissing {
			return &RowError{Row: row, Column: c.dayName, Err: fmt.Errorf("%s follows %s: the days between are missing", rec[c.day], ir.name(ir.next-1))}
		}
		if at-ir.next > maxIncidenceDays {
			return &RowError{Row: row, Column: c.dayName, Err: fmt.Errorf("%s leaves more than %d days out", rec[c.day], maxIncidenceDays)}
		}
		for ; ir.next < at; ir.next++ {
			ir.push(0, 0)
		}
	}
	ir.push(local, imported)
	ir.next = at + 1
	if len(ir.inc.Local) > maxIncidenceDays {
		return &RowError{Row: row, Err: fmt.Errorf("more than %d days", maxIncidenceDays)}
	}
	return nil
}

func (ir *incidenceReader) push(local, imported int) {
	ir.inc.Local = append(ir.inc.Local, local)
	if ir.cols.imported >= 0 {
		ir.inc.Imported = append(ir.inc.Imported, imported)
	}
}

// parseDay reads an ISO day, or a number in files whose first row has one.
func (ir *incidenceReader) parseDay(text string) (int, error) {
	firstRow := len(ir.inc.Local) == 0
	if firstRow || ir.cols.numbered {
		n, err := strconv.Atoi(text)
		if err == nil && n >= -maxDailyCases && n <= maxDailyCases {
			ir.cols.numbered = true
			return n, nil
		}
		if ir.cols.numbered {
			return 0, fmt.Errorf("%q is not a day number, as the rows above have", text)
		}
	}
	d, err := day.Parse(text)
	if err != nil {
		return 0, err
	}
	if firstRow {
		ir.inc.Start = d
	}
	return int(d), nil
}

func (ir *incidenceReader) name(at int) string {
	if ir.cols.numbered {
		return strconv.Itoa(at)
	}
	return day.Day(at).String()
}

func parseCount(text string) (int, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return 0, errors.New("the number of cases is empty")
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, fmt.Errorf("%q is not a whole number", text)
	}
	if n < 0 || n > maxDailyCases {
		return 0, fmt.Errorf("%d is not between 0 and %d", n, maxDailyCases)
	}
	return n, nil
}

// csvError turns the csv package's own place into a RowError.
func csvError(row int, err error) error {
	var perr *csv.ParseError
	if errors.As(err, &perr) {
		return &RowError{Row: perr.Line, Err: perr.Err}
	}
	if row > 0 {
		return &RowError{Row: row, Err: err}
	}
	return err
}
