package exchange

import (
	"fmt"
	"iter"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"firebreak/internal/day"
)

// Value is one cell to export. Its kind decides how each format writes it: a code "007" stays text everywhere, a number is a
// number in XLSX and JSON. The zero Value is an empty cell (null in JSON).
type Value struct {
	kind valueKind
	text string
	num  float64
	day  day.Day
}

type valueKind uint8

const (
	valueNone valueKind = iota
	valueText
	valueNumber
	valueDay
	valueBool
)

// Text is a text cell; the empty text is an empty cell.
func Text(s string) Value {
	if s == "" {
		return Value{}
	}
	return Value{kind: valueText, text: s}
}

// Number is a number cell; NaN and infinities are empty cells.
func Number(f float64) Value {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return Value{}
	}
	return Value{kind: valueNumber, num: f}
}

// Int is a number cell without a fraction.
func Int(n int) Value { return Number(float64(n)) }

// Date is a calendar day, ISO in text formats; the unknown day is an empty cell.
func Date(d day.Day) Value {
	if d.IsZero() {
		return Value{}
	}
	return Value{kind: valueDay, day: d}
}

// Bool is true or false.
func Bool(b bool) Value {
	v := Value{kind: valueBool}
	if b {
		v.num = 1
	}
	return v
}

// String is the cell as CSV has it, before neutralisation and quoting.
func (v Value) String() string {
	switch v.kind {
	case valueText:
		return v.text
	case valueNumber:
		return strconv.FormatFloat(v.num, 'f', -1, 64)
	case valueDay:
		return v.day.String()
	case valueBool:
		return strconv.FormatBool(v.num != 0)
	default:
		return ""
	}
}

// Rows are the rows of an export, each as wide as the header. The slice may be reused by its maker between rows. An error
// ends the export; the writer returns it.
type Rows = iter.Seq2[[]Value, error]

// neutralise makes a text harmless in a spreadsheet: a cell that begins like a formula (=, +, -, @, tab, carriage return, and
// the full-width forms that some input methods and programs treat alike) gets an apostrophe before it, unless it is a plain
// number. A text that begins with apostrophes and then like a formula gets one more, so that restore gives back every text as
// it was: export and import again is without loss.
func neutralise(s string) string {
	if formulaLike(strings.TrimLeft(s, "'")) && !plainNumber(s) {
		return "'" + s
	}
	return s
}

// restore takes off the apostrophe that neutralise put there.
func restore(s string) string {
	if len(s) > 1 && s[0] == '\'' && formulaLike(strings.TrimLeft(s, "'")) {
		return s[1:]
	}
	return s
}

func formulaLike(s string) bool {
	if s == "" {
		return false
	}
	switch s[0] {
	case '=', '+', '-', '@', '\t', '\r', '\n', '|', '%':
		return true
	}
	if s[0] < utf8.RuneSelf {
		if s[0] == ' ' {
			// Some programs trim before they look.
			return formulaLike(strings.TrimLeft(s, " "))
		}
		return false
	}
	r, _ := utf8.DecodeRuneInString(s)
	return r == '＝' || r == '＋' || r == '－' || r == '＠'
}

// plainNumber says whether a spreadsheet would read the text as a number and nothing else. ParseFloat would also take
// "-Inf", "+0x1p4" and "1_000".
func plainNumber(s string) bool {
	digits, point := 0, false
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			digits++
		case (c == '-' || c == '+') && i == 0:
		case c == '.' && !point:
			point = true
		default:
			return false
		}
	}
	return digits > 0
}

// checkWidth guards against rows that do not fit the header: their values would stand under wrong names.
func checkWidth(row []Value, header []string, n int) error {
	if len(row) != len(header) {
		return fmt.Errorf("export row %d: %d cells for %d columns", n, len(row), len(header))
	}
	return nil
}
