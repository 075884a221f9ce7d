package place

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// RowError says which row and column of a file of jurisdictions is wrong. Row counts lines from 1, the header being row 1.
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

// Limits that catch a file with its columns shifted or its separators lost.
const (
	maxCode       = 64
	maxName       = 200
	maxLevel      = 32
	maxPopulation = 20_000_000_000
	maxHeader     = 4096
)

// JurisdictionRow is a jurisdiction of a file and the row it stands in.
type JurisdictionRow struct {
	NewJurisdiction
	Row int // as in RowError
}

// ReadJurisdictions reads jurisdictions from text separated by commas, semicolons or tabs with a header row. Columns: code,
// name and level; parent (a code; empty at a root); population, which may carry its year (population_2020), and name_en may be left out;
// others are ignored. Parents may stand below their children and may be missing from the file (then they must be known
// where the list is put to use). Every error about the content is, or wraps, a *[RowError].
func ReadJurisdictions(r io.Reader) ([]NewJurisdiction, error) {
	rows, wrong, err := readJurisdictions(r)
	if err == nil && len(wrong) > 0 {
		err = wrong[0]
	}
	if err != nil {
		return nil, fmt.Errorf("read jurisdictions: %w", err)
	}
	list := make([]NewJurisdiction, len(rows))
	for i, row := range rows {
		list[i] = row.NewJurisdiction
	}
	return list, nil
}

// CheckJurisdictions reads the same, and goes on after a wrong row: it returns the rows that are right and what is wrong with each of the others. The error is
// of what makes the whole file unreadable: no header, a column that is missing, a quotation mark that is never closed.
func CheckJurisdictions(r io.Reader) (rows []JurisdictionRow, wrong []*RowError, err error) {
	if rows, wrong, err = readJurisdictions(r); err != nil {
		return nil, nil, fmt.Errorf("read jurisdictions: %w", err)
	}
	return rows, wrong, nil
}

func readJurisdictions(r io.Reader) (list []JurisdictionRow, wrong []*RowError, err error) {
	br := bufio.NewReaderSize(r, maxHeader)
	start, err := br.Peek(maxHeader)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, err
	}
	firstLine, _, _ := bytes.Cut(start, []byte("\n"))
	cr := csv.NewReader(br)
	cr.Comma = separator(firstLine)
	cr.ReuseRecord = true
	header, err := cr.Read()
	if errors.Is(err, io.EOF) {
		return nil, nil, &RowError{Row: 1, Err: errors.New("the file is empty, a header row is expected")}
	}
	if err != nil {
		return nil, nil, csvError(err)
	}
	cols, err := findAreaColumns(header)
	if err != nil {
		return nil, nil, &RowError{Row: 1, Err: err}
	}
	first := map[string]int{} // row of each code
	for {
		rec, err := cr.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		var short *csv.ParseError
		if errors.As(err, &short) && errors.Is(err, csv.ErrFieldCount) {
			wrong = append(wrong, &RowError{Row: short.Line, Err: short.Err})
			continue
		}
		if err != nil {
			return nil, nil, csvError(err)
		}
		row, _ := cr.FieldPos(0)
		n, bad := cols.parse(row, rec)
		if was, twice := first[n.Code]; twice && bad == nil {
			bad = &RowError{Row: row, Column: "code", Err: fmt.Errorf("%q stands in row %d already", n.Code, was)}
		}
		if bad != nil {
			wrong = append(wrong, bad)
			continue
		}
		first[n.Code] = row
		list = append(list, JurisdictionRow{n, row})
	}
	if len(list)+len(wrong) == 0 {
		return nil, nil, &RowError{Row: 2, Err: errors.New("no jurisdiction follows the header")}
	}
	return list, wrong, nil
}

// separator returns the comma, semicolon or tab that the header has most of; a comma where it has none.
func separator(header []byte) rune {
	best, most := ',', 0
	for _, c := range []byte{',', ';', '\t'} {
		if n := bytes.Count(header, []byte{c}); n > most {
			best, most = rune(c), n
		}
	}
	return best
}

// areaColumns are the places of the wanted columns; -1 for absent.
type areaColumns struct {
	code, name, nameEN, level, parent, population int
	populationName                                string
}

func findAreaColumns(header []string) (areaColumns, error) {
	c := areaColumns{code: -1, name: -1, nameEN: -1, level: -1, parent: -1, population: -1}
	for i, h := range header {
		name := strings.ToLower(strings.TrimSpace(strings.TrimPrefix(h, "\ufeff")))
		var at *int
		switch {
		case name == "code":
			at = &c.code
		case name == "name":
			at = &c.name
		case name == "name_en":
			at = &c.nameEN
		case name == "level":
			at = &c.level
		case name == "parent":
			at = &c.parent
		case name == "population" || strings.HasPrefix(name, "population_"):
			at = &c.population
			c.populationName = name
		default:
			continue
		}
		if *at >= 0 {
			return c, fmt.Errorf("column %q is a second one of its kind", name)
		}
		*at = i
	}
	for _, need := range []struct {
		at   int
		name string
	}{{c.code, "code"}, {c.name, "name"}, {c.level, "level"}, {c.parent, "parent"}} {
		if need.at < 0 {
			return c, fmt.Errorf("no column %s among %q", need.name, header)
		}
	}
	return c, nil
}

func (c areaColumns) parse(row int, rec []string) (n NewJurisdiction, wrong *RowError) {
	text := func(at, most int, column string, needed bool) string {
		if at < 0 || wrong != nil {
			return ""
		}
		s := strings.TrimSpace(rec[at])
		if bad := checkText(s, most, needed); bad != nil {
			wrong = &RowError{Row: row, Column: column, Err: bad}
		}
		return s
	}
	n.Code = text(c.code, maxCode, "code", true)
	n.Name = text(c.name, maxName, "name", true)
	n.NameEN = text(c.nameEN, maxName, "name_en", false)
	n.Level = Level(strings.ToLower(text(c.level, maxLevel, "level", true)))
	n.ParentCode = text(c.parent, maxCode, "parent", false)
	if wrong != nil {
		return n, wrong
	}
	if n.ParentCode == n.Code {
		return n, &RowError{Row: row, Column: "parent", Err: fmt.Errorf("%q is its own parent", n.Code)}
	}
	if c.population >= 0 {
		var err error
		if n.Population, err = parsePopulation(strings.TrimSpace(rec[c.population])); err != nil {
			return n, &RowError{Row: row, Column: c.populationName, Err: err}
		}
	}
	return n, nil
}

func checkText(s string, most int, needed bool) error {
	switch {
	case s == "" && needed:
		return errors.New("is empty")
	case !utf8.ValidString(s):
		return errors.New("is not UTF-8 text")
	case utf8.RuneCountInString(s) > most:
		return fmt.Errorf("is longer than %d characters", most)
	case strings.ContainsFunc(s, unicode.IsControl):
		return fmt.Errorf("%q holds a line break or another control character", s)
	}
	return nil
}

func parsePopulation(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not a whole number", text)
	}
	if n < 0 || n > maxPopulation {
		return 0, fmt.Errorf("%d is not between 0 and %d", n, int64(maxPopulation))
	}
	return n, nil
}

// csvError turns the csv package's own place into a RowError; an error of the reader below stays as it is.
func csvError(err error) error {
	var perr *csv.ParseError
	if errors.As(err, &perr) {
		return &RowError{Row: perr.Line, Err: perr.Err}
	}
	return err
}
