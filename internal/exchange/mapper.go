package exchange

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/maphash"
	"strconv"
	"strings"

	"firebreak/internal/day"
)

// mapper turns rows into Records. It remembers codes and links, to find those that occur twice.
type mapper struct {
	*plan
	repeats Repeats
	seed    maphash.Seed
	codes   map[uint64]firstSeen
	links   map[uint64]struct{}
	digests map[string]int // rows without a code, by content
	refBuf  []reference
	tally   Tally
}

type firstSeen struct {
	content uint64
	row     int
}

func newMapper(p *plan, m Map) *mapper {
	return &mapper{plan: p, repeats: m.Repeats, seed: maphash.MakeSeed(), codes: map[uint64]firstSeen{}, links: map[uint64]struct{}{}, digests: map[string]int{}}
}

// rowMapping is the work on one row.
type rowMapping struct {
	*mapper
	row   Row
	rec   Record
	attrs []Attribute
}

func (mp *mapper) record(row Row) Record {
	w := rowMapping{mapper: mp, row: row, rec: Record{Row: row.Number}}
	w.rec.Problems = append(w.rec.Problems, row.Problems...)
	for _, p := range row.Problems {
		w.rec.Rejected = w.rec.Rejected || p.Severity == Reject
	}
	if !w.rec.Rejected {
		switch mp.kind {
		case KindContacts:
			w.contact()
		case KindLinks:
			w.link()
		default:
			w.caseOrCount()
		}
	}
	mp.count(&w.rec)
	return w.rec
}

func (mp *mapper) count(r *Record) {
	for _, p := range r.Problems {
		if p.Severity == Warn {
			mp.tally.Warnings++
		}
	}
	if r.Rejected {
		r.Case, r.Contact, r.Count, r.Links = nil, nil, nil, nil
		mp.tally.Rejected++
		return
	}
	mp.tally.Links += len(r.Links)
	for _, l := range r.Links {
		if l.FromCode == l.ToCode {
			mp.tally.SelfLinks++
		}
	}
	if r.Repeat {
		mp.tally.RepeatRows++
	}
	switch {
	case r.Case != nil:
		mp.tally.Cases++
		if r.Case.Generated {
			mp.tally.Generated++
		}
	case r.Contact != nil:
		mp.tally.Contacts++
		if r.Contact.Generated {
			mp.tally.Generated++
		}
	case r.Count != nil:
		mp.tally.Counts++
		mp.tally.CountSum += r.Count.Count
	default:
		mp.tally.LinkRows++
	}
}

func (w *rowMapping) warn(col int, value, reason string) { w.problem(Warn, col, value, reason) }

func (w *rowMapping) reject(col int, value, reason string) {
	w.problem(Reject, col, value, reason)
	w.rec.Rejected = true
}

func (w *rowMapping) problem(sev Severity, col int, value, reason string) {
	p := Problem{Row: w.row.Number, Value: value, Reason: reason, Severity: sev}
	if col >= 0 {
		p.Column = w.header[col]
	}
	w.rec.Problems = append(w.rec.Problems, p)
}

// keep stores a cell that no field took, so that nothing of the row is lost.
func (w *rowMapping) keep(col int) {
	if col < 0 {
		return
	}
	name := w.header[col]
	for _, a := range w.attrs {
		if a.Name == name {
			return
		}
	}
	if v := restore(trim(w.row.Cells[col])); v != "" {
		w.attrs = append(w.attrs, Attribute{Name: name, Value: v})
	}
}

func (w *rowMapping) keepRest() {
	for _, c := range w.kept {
		v := w.row.Cells[c]
		if v == "" {
			continue
		}
		if v = restore(trim(v)); !isMissing(v) {
			w.attrs = append(w.attrs, Attribute{Name: w.header[c], Value: v})
		}
	}
}

// date reads a date field; what cannot be read is reported and kept as text.
func (w *rowMapping) date(o *op) (day.Day, int) {
	v, col := o.take(w.row.Cells)
	if v == "" {
		return 0, -1
	}
	p := readDate(v)
	if d, ok := p.in(o.order); ok {
		return d, col
	}
	if unknownWord(v) {
		w.keep(col)
		return 0, -1
	}
	reason := "not a date; kept as text"
	switch {
	case p.form == formNone:
	case o.order == OrderAmbiguous || !o.order.known():
		reason = "day and month could be either way round; choose the date order"
	default:
		reason = fmt.Sprintf("not a date in the order %s of this column; kept as text", o.order)
	}
	w.warn(col, v, reason)
	w.keep(col)
	return 0, -1
}

// words reads a field of words; an unknown word is reported, and every word that maps to nothing is kept as text.
func (w *rowMapping) words(o *op, parse func(string) (string, bool), what string) string {
	v, col := o.take(w.row.Cells)
	if v == "" {
		return ""
	}
	r, ok := o.word(v, parse)
	if !ok {
		w.warn(col, v, "not a known "+what+"; kept as text, add a translation to the column map")
	}
	if r == "" {
		w.keep(col)
	}
	return r
}

// code returns the row's code, "" if it has none.
func (w *rowMapping) code(o *op) (code string, col int) {
	if o == nil {
		return "", -1
	}
	v, col := o.take(w.row.Cells)
	if v == "" {
		return "", -1
	}
	if spoiltNumber(v) {
		w.reject(col, v, "the code was turned into a rounded number by a spreadsheet; its digits are lost, so the person cannot be told from others")
		return v, col
	}
	if o.prefix != "" && !strings.HasPrefix(v, o.prefix) {
		v = o.prefix + v
	}
	return v, col
}

// spoiltNumber recognises 3.70202E+17, which is what a spreadsheet makes of an identity number.
func spoiltNumber(s string) bool {
	mantissa, exponent, ok := strings.Cut(s, "E+")
	if !ok || !isDigits(exponent) || mantissa == "" {
		return false
	}
	_, err := strconv.ParseFloat(mantissa, 64)
	return err == nil && mantissa[0] >= '0' && mantissa[0] <= '9'
}

// generate makes a code from the row's content. Equal rows of one file are told apart by their order, so the same file gives
// the same codes again, wherever its rows move; a row whose content changes becomes another.
func (w *rowMapping) generate() string {
	h := sha256.New()
	for _, c := range w.row.Cells {
		h.Write([]byte(trim(c)))
		h.Write([]byte{0x1F})
	}
	digest := hex.EncodeToString(h.Sum(nil)[:8])
	w.digests[digest]++
	return "row-" + digest + "-" + strconv.Itoa(w.digests[digest])
}

// hashContent covers all cells of the row.
func (w *rowMapping) hashContent() uint64 {
	var h maphash.Hash
	h.SetSeed(w.seed)
	for _, c := range w.row.Cells {
		h.WriteString(c)
		h.WriteByte(0x1F)
	}
	return h.Sum64()
}

// checkRepeat finds out whether an earlier row has the same key. The same content is a repeat; other content is refused or,
// if the map says so, an update.
func (w *rowMapping) checkRepeat(key, code string, col int) {
	k := maphash.String(w.seed, key)
	content := w.hashContent()
	first, seen := w.codes[k]
	if !seen {
		w.codes[k] = firstSeen{content: content, row: w.row.Number}
		return
	}
	switch {
	case first.content == content:
		w.rec.Repeat = true
		w.warn(col, code, fmt.Sprintf("says exactly what row %d says", first.row))
	case w.repeats == RepeatsUpdate:
		w.codes[k] = firstSeen{content: content, row: first.row}
		w.warn(col, code, fmt.Sprintf("the code is also in row %d; this row was taken as the newer state", first.row))
	default:
		w.reject(col, code, fmt.Sprintf("the code is already in row %d with other content: one person twice, or two people under one code", first.row))
	}
}

// person fills what cases and contacts have in common.
func (w *rowMapping) person(p *Person, o *op) {
	switch o.field {
	case FieldOtherCode:
		p.OtherCodes = w.list(o)
	case FieldName:
		p.Name = o.joined(w.row.Cells)
	case FieldDocument:
		v, col := o.take(w.row.Cells)
		if spoiltNumber(v) {
			w.warn(col, v, "the number was rounded by a spreadsheet, its digits are lost; kept as text only")
			w.keep(col)
			return
		}
		p.Document = v
	case FieldPhone:
		p.Phone, _ = o.take(w.row.Cells)
	case FieldSex:
		p.Sex = Sex(w.words(o, sexWord, "sex"))
	case FieldAge, FieldAgeMonths:
		w.age(p, o)
	case FieldAgeClass:
		v, col := o.take(w.row.Cells)
		switch {
		case v == "" || unknownWord(v):
		case p.Age.Class != "" && p.Age.Class != v:
			w.keep(col)
		default:
			p.Age.Class = v
		}
	case FieldBirth:
		p.Birth, _ = w.date(o)
	case FieldOccupation:
		p.Occupation, _ = o.take(w.row.Cells)
	case FieldCountry:
		p.Area.Country, _ = o.take(w.row.Cells)
	case FieldProvince:
		p.Area.Province, _ = o.take(w.row.Cells)
	case FieldCity:
		p.Area.City, _ = o.take(w.row.Cells)
	case FieldDistrict:
		p.Area.District, _ = o.take(w.row.Cells)
	case FieldStreet:
		p.Area.Street, _ = o.take(w.row.Cells)
	case FieldCommunity:
		p.Area.Community, _ = o.take(w.row.Cells)
	case FieldAddress:
		p.Area.Address = o.joined(w.row.Cells)
	case FieldLon: // with its latitude
		w.point(p, o, w.byField[FieldLat])
	default: // not of the person: the mapper of the record takes it
	}
}

func (w *rowMapping) age(p *Person, o *op) {
	v, col := o.take(w.row.Cells)
	if v == "" || p.Age.Known {
		return
	}
	unit := ""
	if o.field == FieldAgeMonths {
		unit = "months"
	} else if u := w.byField[FieldAgeUnit]; u != nil {
		unit, _ = u.take(w.row.Cells)
	}
	a, ok := parseAge(v, unit)
	if !ok {
		w.warn(col, strings.TrimSpace(v+" "+unit), "not an age; kept as text")
		w.keep(col)
		return
	}
	p.Age = a
}

func (w *rowMapping) point(p *Person, lon, lat *op) {
	if lat == nil {
		return
	}
	x, colX := lon.take(w.row.Cells)
	y, colY := lat.take(w.row.Cells)
	if x == "" && y == "" {
		return
	}
	vx, okX := parseCoordinate(x, 180)
	vy, okY := parseCoordinate(y, 90)
	switch {
	case !okX || !okY:
		w.warn(max(colX, colY), x+", "+y, "not a longitude and latitude in degrees; kept as text")
	case vx == 0 && vy == 0:
		w.warn(colX, "0, 0", "longitude and latitude are both zero, which stands for unknown in many systems; kept as text")
	default:
		p.Lon, p.Lat, p.HasPoint = vx, vy, true
		return
	}
	w.keep(colX)
	w.keep(colY)
}

// list reads every column of an op as a list of texts. Names of clusters may hold any character but the separators.
func (w *rowMapping) list(o *op) []string {
	var out []string
	for _, c := range o.cols {
		v, ok := o.clean(w.row.Cells[c])
		if !ok {
			continue
		}
		if !strings.ContainsAny(v, defaultSplit) {
			out = append(out, v)
			continue
		}
		for part := range strings.FieldsFuncSeq(v, func(r rune) bool { return strings.ContainsRune(defaultSplit, r) }) {
			if part = trim(part); part != "" {
				out = append(out, part)
			}
		}
	}
	return out
}

// references reads every column of an op as codes of cases and events; other tokens are reported one by one and the cell kept.
func (w *rowMapping) references(o *op, take func(reference)) {
	for _, c := range o.cols {
		v, ok := o.clean(w.row.Cells[c])
		if !ok {
			continue
		}
		w.refBuf = readReferences(w.refBuf[:0], v, w.refs)
		for _, r := range w.refBuf {
			if r.what == refUnknown {
				w.tally.UnknownReferences++
				w.warn(c, r.code, "names neither a case nor an event; kept as text")
				w.keep(c)
				continue
			}
			take(r)
		}
	}
}

// addLink gives a link unless the file gave it before.
func (w *rowMapping) addLink(l LinkRecord, col int) bool {
	l.Row = w.row.Number
	if (l.Kind == LinkDirect || l.Kind == LinkCluster) && lessCode(l.ToCode, l.FromCode) {
		l.FromCode, l.ToCode = l.ToCode, l.FromCode
	}
	if l.FromCode == l.ToCode {
		w.warn(col, l.FromCode, "the case is linked to itself; the link is kept as given, it joins no two people")
	}
	var h maphash.Hash
	h.SetSeed(w.seed)
	for _, s := range [...]string{string(l.Kind), l.FromCode, l.ToCode, l.Setting} {
		h.WriteString(s)
		h.WriteByte(0x1F)
	}
	k := h.Sum64()
	if _, seen := w.links[k]; seen {
		w.tally.RepeatLinks++
		return false
	}
	w.links[k] = struct{}{}
	w.rec.Links = append(w.rec.Links, l)
	return true
}
