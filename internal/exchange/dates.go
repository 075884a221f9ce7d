package exchange

import (
	"strconv"
	"strings"
	"time"

	"firebreak/internal/day"
)

// DateOrder says in which order a column writes day, month and year.
type DateOrder string

const (
	// OrderDetect: not yet known; Scan and Preview find it from the whole column.
	OrderDetect DateOrder = ""
	// OrderISO: year first, month words or Excel serial numbers only: nothing that could be read in two ways.
	OrderISO DateOrder = "iso"
	OrderDMY DateOrder = "dmy" // 31/01/2020
	OrderMDY DateOrder = "mdy" // 01/31/2020
	OrderYMD DateOrder = "ymd" // 20-01-31; four-digit years first are read under every order
	// OrderSerial: Excel day numbers (43861 = 2020-01-31). Five-digit serials are read under every order.
	OrderSerial DateOrder = "serial"
	// OrderAmbiguous: every value reads both ways (03/04/2020), or values contradict each other. A person must choose; Scan refuses.
	OrderAmbiguous DateOrder = "ambiguous"
)

func (o DateOrder) known() bool {
	switch o {
	case OrderISO, OrderDMY, OrderMDY, OrderYMD, OrderSerial:
		return true
	default:
		return false
	}
}

// dateForm is what a text says about a date before its order is known.
type dateForm uint8

const (
	formNone   dateForm = iota // not a date
	formYear                   // four-digit year first, or a month in words: can be read in one way only
	formSerial                 // Excel serial number
	formLast                   // a, b, then a four-digit year: dmy or mdy
	formShort                  // three short numbers: dmy, mdy or ymd with a two-digit year
)

// datePart is a text read as far as it can be without knowing the order. For formYear and formSerial d is the day.
type datePart struct {
	form    dateForm
	a, b, c int
	d       day.Day
}

// readDate reads one cell. Times of day are stepped over: the day counts as it is written, in whatever zone that was.
func readDate(s string) datePart {
	if len(s) == 10 && s[4] == '-' && s[7] == '-' {
		if d, err := day.Parse(s); err == nil && plausible(d) {
			return datePart{form: formYear, d: d}
		}
		return datePart{}
	}
	if len(s) < 4 || len(s) > 40 {
		return datePart{}
	}
	var nums [3]int
	var width [3]int
	n, month, monthAt := 0, 0, -1
	i := 0
	for i < len(s) {
		c := s[i]
		switch {
		case c >= '0' && c <= '9':
			j, v := i, 0
			for j < len(s) && s[j] >= '0' && s[j] <= '9' && j-i < 9 {
				v = v*10 + int(s[j]-'0')
				j++
			}
			if n == 3 {
				return datePart{}
			}
			nums[n], width[n] = v, j-i
			n++
			i = j
			if n == 1 && i < len(s) && s[i] == '.' && width[0] == 5 && month == 0 {
				return serialPart(s)
			}
			if n+b2i(month > 0) == 3 || n == 1 && width[0] == 8 {
				if !timeOnly(s[i:]) {
					return datePart{}
				}
				i = len(s)
			}
		case c == '-' || c == '/' || c == '.' || c == ' ' || c == ',':
			i++
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			j := i
			for j < len(s) && (s[j]|0x20 >= 'a' && s[j]|0x20 <= 'z') {
				j++
			}
			word := s[i:j]
			i = j
			if n > 0 && ordinalSuffix(word) {
				continue
			}
			if n > 0 && strings.EqualFold(word, "de") { // 31 de enero de 2020
				continue
			}
			if month > 0 {
				return datePart{}
			}
			if month = monthOf(word); month == 0 {
				return datePart{}
			}
			monthAt = n
			if i < len(s) && s[i] == '.' {
				i++
			}
		default:
			rest := s[i:]
			switch {
			case strings.HasPrefix(rest, "年"), strings.HasPrefix(rest, "月"), strings.HasPrefix(rest, "日"):
				i += len("年")
			default:
				return datePart{}
			}
		}
	}
	switch {
	case month > 0 && n == 2:
		switch {
		case width[0] == 4 && monthAt == 1:
			return fixed(nums[0], month, nums[1])
		case width[1] == 4 || width[1] == 2 && width[0] <= 2 && monthAt == 1:
			return fixed(fullYear(nums[1], width[1]), month, nums[0])
		}
		return datePart{}
	case month > 0:
		return datePart{}
	case n == 1 && width[0] == 8:
		return fixed(nums[0]/10000, nums[0]/100%100, nums[0]%100)
	case n == 1 && width[0] == 5 && len(s) == 5:
		return serialPart(s)
	case n == 3 && width[0] == 4 && width[1] <= 2 && width[2] <= 2:
		return fixed(nums[0], nums[1], nums[2])
	case n == 3 && width[2] == 4 && width[0] <= 2 && width[1] <= 2:
		p := datePart{form: formLast, a: nums[0], b: nums[1], c: nums[2]}
		if !p.fits(OrderDMY) && !p.fits(OrderMDY) {
			return datePart{}
		}
		return p
	case n == 3 && width[0] <= 2 && width[1] <= 2 && width[2] == 2:
		p := datePart{form: formShort, a: nums[0], b: nums[1], c: nums[2]}
		if !p.fits(OrderDMY) && !p.fits(OrderMDY) && !p.fits(OrderYMD) {
			return datePart{}
		}
		return p
	default:
		return datePart{}
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// fixed makes a part that reads in one way only.
func fixed(y, m, d int) datePart {
	if v, ok := makeDay(y, m, d); ok {
		return datePart{form: formYear, d: v}
	}
	return datePart{}
}

func makeDay(y, m, d int) (day.Day, bool) {
	if m < 1 || m > 12 || d < 1 || d > 31 {
		return 0, false
	}
	v := day.Of(y, time.Month(m), d)
	if _, gm, gd := v.Date(); gm != time.Month(m) || gd != d || !plausible(v) {
		return 0, false
	}
	return v, true
}

// plausible bounds the years that a person's record may speak of: the birth of the oldest patient to the end of the century.
// A typing error such as 0202-01-31 or 20200-01-31 is reported instead of stored.
func plausible(d day.Day) bool {
	return d >= minPlausible && d <= maxPlausible
}

const (
	minPlausible day.Day = 689944 // 1890-01-01
	maxPlausible day.Day = 767009 // 2100-12-31
)

// serialPart reads an Excel day number between 1954 and 2119; smaller numbers are ages and counts.
func serialPart(s string) datePart {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f < 20000 || f > 80000 {
		return datePart{}
	}
	d, ok := serialDay(f, false)
	if !ok || !plausible(d) {
		return datePart{}
	}
	return datePart{form: formSerial, d: d}
}

// fullYear completes a two-digit year: 00-69 is 2000-2069, 70-99 is 1970-1999.
func fullYear(y, width int) int {
	switch {
	case width != 2:
		return y
	case y < 70:
		return 2000 + y
	default:
		return 1900 + y
	}
}

// in returns the day that the part names under the order.
func (p datePart) in(o DateOrder) (day.Day, bool) {
	switch p.form {
	case formYear, formSerial:
		return p.d, true
	case formLast:
		switch o {
		case OrderDMY:
			return makeDay(p.c, p.b, p.a)
		case OrderMDY:
			return makeDay(p.c, p.a, p.b)
		default: // the form leaves no other order
		}
	case formShort:
		switch o {
		case OrderDMY:
			return makeDay(fullYear(p.c, 2), p.b, p.a)
		case OrderMDY:
			return makeDay(fullYear(p.c, 2), p.a, p.b)
		case OrderYMD:
			return makeDay(fullYear(p.a, 2), p.b, p.c)
		default: // the form leaves no other order
		}
	case formNone: // no date
	}
	return 0, false
}

func (p datePart) fits(o DateOrder) bool {
	_, ok := p.in(o)
	return ok
}

// timeOnly says whether what follows a date is nothing, or a time of day with or without a zone.
func timeOnly(s string) bool {
	s = strings.TrimPrefix(s, "日")
	if s == "" || s == "." || s == " " {
		return true
	}
	if s[0] != 'T' && s[0] != ' ' && s[0] != 't' && s[0] != ',' {
		return false
	}
	digit := false
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			digit = true
		case strings.IndexByte(":.+-, ZzAaPpMmUTC", c) >= 0:
		default:
			return false
		}
	}
	return digit
}

func ordinalSuffix(w string) bool {
	switch strings.ToLower(w) {
	case "st", "nd", "rd", "th":
		return true
	default:
		return false
	}
}

// monthOf knows English, French, Spanish and Portuguese months by the first letters that tell them apart.
func monthOf(w string) int {
	if len(w) < 3 {
		return 0
	}
	w = strings.ToLower(w)
	if len(w) > 10 {
		return 0
	}
	switch w[:3] {
	case "jan", "ene":
		return 1
	case "feb", "fev":
		return 2
	case "mar":
		return 3
	case "apr", "avr", "abr":
		return 4
	case "may", "mai":
		return 5
	case "jun":
		return 6
	case "jui": // juin, juillet
		if strings.HasPrefix(w, "juin") {
			return 6
		}
		return 7
	case "jul":
		return 7
	case "aug", "ago":
		return 8
	case "sep", "set":
		return 9
	case "oct", "out":
		return 10
	case "nov":
		return 11
	case "dec", "dic", "dez":
		return 12
	default:
		return 0
	}
}

// dateTally counts what a column's values say about its order.
type dateTally struct {
	filled, bad, fixed, serial int
	order                      map[DateOrder]int // values that only this order reads
	open                       int               // values that several orders read, to different days
	same                       int               // values that read the same in every order (03/03/2020)
	example                    string            // one open or contradicting value
}

func (t *dateTally) add(s string) {
	t.filled++
	p := readDate(s)
	switch p.form {
	case formNone:
		t.bad++
	case formYear:
		t.fixed++
	case formSerial:
		t.serial++
	case formLast, formShort:
		var only DateOrder
		var days [3]day.Day
		fits := 0
		for i, o := range []DateOrder{OrderDMY, OrderMDY, OrderYMD} {
			if d, ok := p.in(o); ok {
				days[i] = d
				only = o
				fits++
			}
		}
		switch {
		case fits == 1:
			if t.order == nil {
				t.order = map[DateOrder]int{}
			}
			t.order[only]++
		case p.form == formLast && days[0] == days[1]:
			t.same++
		default:
			t.open++
			if t.example == "" {
				t.example = s
			}
		}
	}
}

// clearMajority is how many values must speak for an order against each one that contradicts it. Below that the column is
// mixed, and guessing would shift real dates by months.
const clearMajority = 50

// decide returns the column's order, OrderDetect when it has no evidence at all, or OrderAmbiguous.
func (t *dateTally) decide() DateOrder {
	best, n, others := OrderDetect, 0, 0
	for _, o := range []DateOrder{OrderDMY, OrderMDY, OrderYMD} {
		k := t.order[o]
		if k > n {
			others += n
			best, n = o, k
		} else {
			others += k
		}
	}
	switch {
	case n > 0 && n >= clearMajority*others:
		return best
	case n > 0 || t.open > 0:
		return OrderAmbiguous
	case t.serial > 0 && t.fixed == 0 && t.same == 0:
		return OrderSerial
	case t.same > 0 && t.fixed == 0:
		return OrderDMY
	case t.fixed > 0 || t.serial > 0:
		return OrderISO
	default:
		return OrderDetect
	}
}
