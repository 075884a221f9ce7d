package i18n

import (
	"fmt"
	"math"
	"strings"
	"time"

	"golang.org/x/text/message"
	"golang.org/x/text/number"
)

// Localizer speaks one language and shows instants in one zone (the outbreak's). It is cheap to
// make and not safe for concurrent use.
type Localizer struct {
	cat     *catalogue
	zone    *time.Location
	printer *message.Printer
}

func newLocalizer(c *catalogue, zone *time.Location) *Localizer {
	return &Localizer{cat: c, zone: zone, printer: message.NewPrinter(c.tag)}
}

// Lang is the catalogue in use.
func (l *Localizer) Lang() Lang { return l.cat.lang }

// Tag is the language's BCP 47 tag, for the lang attribute of a page.
func (l *Localizer) Tag() string { return l.cat.tag.String() }

// Zone is the zone instants are shown in.
func (l *Localizer) Zone() *time.Location { return l.zone }

// Formats returns the language's patterns, for what a browser module must format itself.
func (l *Localizer) Formats() Formats { return l.cat.formats }

// Pattern returns a message with its parameters still in braces, for a browser module that fills
// them in later. A missing key is returned in angle marks, as T does.
func (l *Localizer) Pattern(key string) string {
	m, ok := l.cat.messages[key]
	if !ok {
		return missing(key)
	}
	return m.form(l.cat.tag, nil).String()
}

// missing makes a hole visible on the page without breaking it; a test keeps it from happening.
func missing(key string) string { return "‹" + key + "›" }

// Has tells whether the language has the key.
func (l *Localizer) Has(key string) bool { _, ok := l.cat.messages[key]; return ok }

// T says the message of key with args as name, value pairs. Numbers, instants, durations and Msgs
// among the values are put in the language's form; the value of "n" chooses the plural form.
func (l *Localizer) T(key string, args ...any) string {
	m, ok := l.cat.messages[key]
	if !ok {
		return missing(key)
	}
	var count any
	for i := 0; i+1 < len(args); i += 2 {
		if args[i] == CountParam {
			count = args[i+1]
		}
	}
	parts := m.form(l.cat.tag, count)
	if len(parts) == 1 && parts[0].param == "" {
		return parts[0].text
	}
	var b strings.Builder
	for _, p := range parts {
		if p.param == "" {
			b.WriteString(p.text)
			continue
		}
		b.WriteString(l.argument(p.param, args))
	}
	return b.String()
}

// Msg says a message made elsewhere. The zero Msg is the empty text.
func (l *Localizer) Msg(m Msg) string {
	if m.IsZero() {
		return ""
	}
	return l.T(m.Key, m.Args...)
}

// Enum says a value of a closed set: the message prefix.value. A value without a message (a custom
// field's, say) is shown as it is.
func (l *Localizer) Enum(prefix, value string) string {
	if m, ok := l.cat.messages[prefix+"."+value]; ok && value != "" {
		var b strings.Builder
		for _, p := range m.form(l.cat.tag, nil) {
			b.WriteString(p.text)
		}
		return b.String()
	}
	return value
}

func (l *Localizer) argument(name string, args []any) string {
	for i := 0; i+1 < len(args); i += 2 {
		if args[i] == name {
			return l.Value(args[i+1])
		}
	}
	return "{" + name + "}"
}

// Value puts any supported value in the language's form; other values as fmt prints them.
func (l *Localizer) Value(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return l.Decimal(v, 2)
	case time.Time:
		return l.Short(v)
	case time.Duration:
		return l.Duration(v)
	case *time.Duration:
		if v != nil {
			return l.Duration(*v)
		}
		return "–"
	case Share:
		return l.Percent(float64(v), 1)
	case Day:
		return l.DayShort(string(v))
	case Msg:
		return l.Msg(v)
	}
	if n, ok := wholeNumber(v); ok {
		return l.Number(n)
	}
	return fmt.Sprint(v)
}

// Number writes a whole number with the language's grouping.
func (l *Localizer) Number(n int64) string { return l.printer.Sprint(number.Decimal(n)) }

// Decimal writes x with exactly digits decimals; NaN and infinities are a dash.
func (l *Localizer) Decimal(x float64, digits int) string {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return "–"
	}
	return l.printer.Sprint(number.Decimal(x, number.MinFractionDigits(digits), number.MaxFractionDigits(digits)))
}

// Percent writes a share (0.98) as percent with digits decimals. It rounds towards zero, so that
// 100 % is only ever said of everything.
func (l *Localizer) Percent(share float64, digits int) string {
	if math.IsNaN(share) || math.IsInf(share, 0) {
		return "–"
	}
	scale := math.Pow(10, float64(digits))
	// The small addend undoes binary rounding: 0.29*100 is 28.999999999999996.
	down := math.Floor(share*100*scale+1e-9) / scale
	return strings.Replace(l.cat.formats.Percent, "{n}", l.Decimal(down, digits), 1)
}

// Compact writes a large number short ("10.07 M", "1007万"); below the language's first size it is
// Number.
func (l *Localizer) Compact(n int64) string {
	for _, c := range l.cat.formats.Compact {
		if math.Abs(float64(n)) >= c.From {
			return strings.Replace(c.Pattern, "{n}", l.Decimal(float64(n)/c.Divide, c.Digits), 1)
		}
	}
	return l.Number(n)
}

// Range writes an interval of two formatted ends.
func (l *Localizer) Range(low, high string) string {
	return strings.NewReplacer("{low}", low, "{high}", high).Replace(l.cat.formats.Range)
}

// Date writes the day of t in the zone, with its year.
func (l *Localizer) Date(t time.Time) string { return l.pattern(l.cat.formats.Date, t) }

// DateShort writes the day of t in the zone, without its year.
func (l *Localizer) DateShort(t time.Time) string { return l.pattern(l.cat.formats.DateShort, t) }

// Clock writes hour and minute of t in the zone.
func (l *Localizer) Clock(t time.Time) string { return l.pattern(l.cat.formats.Clock, t) }

// Short writes day, hour and minute of t in the zone.
func (l *Localizer) Short(t time.Time) string { return l.pattern(l.cat.formats.Short, t) }

// DateTime writes day, year, hour and minute of t in the zone.
func (l *Localizer) DateTime(t time.Time) string { return l.pattern(l.cat.formats.DateTime, t) }

// Exact writes t to the second with the zone's offset: the text shown on hover.
func (l *Localizer) Exact(t time.Time) string { return l.pattern(l.cat.formats.Exact, t) }

// Day writes an ISO day ("2022-03-12"), which has no zone to convert. Text that is no day is
// returned as it is.
func (l *Localizer) Day(iso string) string { return l.isoDay(l.cat.formats.Date, iso) }

// DayShort is Day without the year.
func (l *Localizer) DayShort(iso string) string { return l.isoDay(l.cat.formats.DateShort, iso) }

func (l *Localizer) isoDay(pattern, iso string) string {
	t, err := time.ParseInLocation(time.DateOnly, iso, l.zone)
	if err != nil {
		return iso
	}
	return l.pattern(pattern, t)
}

// pattern fills {d} {dd} {m} {mo} {mon} {yyyy} {hh} {mm} {ss} {offset}. The zero time is a dash.
func (l *Localizer) pattern(p string, t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	t = t.In(l.zone)
	return strings.NewReplacer(
		"{d}", t.Format("2"), "{dd}", t.Format("02"), "{m}", t.Format("1"), "{mo}", t.Format("01"),
		"{mon}", l.cat.formats.Months[t.Month()-1], "{yyyy}", t.Format("2006"),
		"{hh}", t.Format("15"), "{mm}", t.Format("04"), "{ss}", t.Format("05"), "{offset}", t.Format("-07:00"),
	).Replace(p)
}

// Duration writes the size of d in the two largest units that matter: "35 min", "1 h 20", "3 d 4 h".
// Seconds are dropped; under a minute is said in words.
func (l *Localizer) Duration(d time.Duration) string {
	if d < 0 {
		d = -d
	}
	minutes := int(d / time.Minute)
	hours, days := minutes/60, minutes/(24*60)
	switch {
	case minutes < 1:
		return l.T("duration.moment")
	case hours < 1:
		return l.T("duration.min", "m", minutes)
	case days < 2 && minutes%60 == 0:
		return l.T("duration.h", "h", hours)
	case days < 2:
		return l.T("duration.hmin", "h", hours, "m", fmt.Sprintf("%02d", minutes%60))
	case hours%24 == 0 || days >= 14:
		return l.T("duration.d", "d", days)
	default:
		return l.T("duration.dh", "d", days, "h", hours%24)
	}
}

// Deadline says how far an open deadline is: "in 1 h 20" or "35 min late".
func (l *Localizer) Deadline(due, now time.Time) string {
	if due.IsZero() {
		return "–"
	}
	if due.Before(now) {
		return l.T("duration.late", "d", now.Sub(due))
	}
	return l.T("duration.in", "d", due.Sub(now))
}

// Ago says how long something is past: "35 min ago". A future instant is said as a deadline is.
func (l *Localizer) Ago(t, now time.Time) string {
	if t.IsZero() {
		return "–"
	}
	if t.After(now) {
		return l.T("duration.in", "d", t.Sub(now))
	}
	return l.T("duration.ago", "d", now.Sub(t))
}
