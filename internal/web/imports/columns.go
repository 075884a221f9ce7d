package imports

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"firebreak/internal/command"
	"firebreak/internal/exchange"
	"firebreak/internal/i18n"
	"firebreak/internal/importer"
	"firebreak/internal/outbreak"
	"firebreak/internal/store"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// leftOut is the choice for a column that is not kept at all; the empty choice keeps it beside the record.
const leftOut = "-"

// columns fills in the step at which a person says what the columns are.
func (h *Handler) columns(q *site.Request, j store.ImportJob, v *View) error {
	p, err := h.s.Imports.Preview(q.Context(), q.By(), q.Outbreak.ID, j.ID, nil)
	var invalid *command.Invalid
	if errors.As(err, &invalid) { // the choices made do not fit the file: it is shown without them
		v.Doubts = append(v.Doubts, Doubt{reason(invalid.Reason)})
		m := exchange.Map{Kind: exchange.KindCases}
		p, err = h.s.Imports.Preview(q.Context(), q.By(), q.Outbreak.ID, j.ID, &m)
	}
	if err != nil {
		return err
	}
	v.Action = h.href(q, j) + "/columns"
	if p.Same.ID != 0 {
		v.Facts.Same, v.Facts.SameAt, v.Facts.SameWho = h.href(q, p.Same), p.Same.UploadedAt, p.Same.Login
	}
	m := exchange.Map{Kind: exchange.KindCases}
	if p.Map != nil {
		m = *p.Map
	}
	f := &Format{Kind: string(m.Kind), MapName: j.MapName, Version: j.Version, Reading: reading(p.Layout, m)}
	sure := j.MapName != "" || j.State != store.ImportUploaded
	for _, r := range p.Recognised {
		f.Maps = append(f.Maps, ui.Option{Value: "r:" + r.Format, Text: r.Title})
		if r.Format == m.Format && j.MapName == "" {
			f.Title, f.Percent = r.Title, int(100*r.Confidence)
			sure = sure || r.Confidence >= importer.Sure
		}
	}
	for _, s := range p.Saved {
		f.Maps = append(f.Maps, ui.Option{Value: "s:" + strconv.FormatInt(int64(s.ID), 10), Text: s.Name})
	}
	if len(f.Maps) > 0 {
		f.Maps = append([]ui.Option{{Label: i18n.M("import.map_asbelow")}}, f.Maps...)
	}
	bad := badCells(p)
	fields, _ := m.Columns(p.Header)
	dropped := m.Dropped(p.Header)
	dates := map[exchange.Field]exchange.DateReport{}
	for _, d := range p.Dates {
		dates[d.Field] = d
	}
	options := fieldOptions(m.Kind)
	for i, name := range p.Header {
		c := Column{Name: name, Field: string(fields[i]), Options: options, Values: firstValues(p.Sample, i), Sure: Sure}
		switch {
		case dropped[i]:
			c.Field, c.Sure = leftOut, Left
		case fields[i] == "":
			c.Sure = Kept
		case !sure || bad[i] > 0:
			c.Sure = Check
		}
		if fields[i].IsDate() {
			c.Orders = orders()
			c.Order = string(m.Fields[fields[i]].Order)
			if c.Order == string(exchange.OrderAmbiguous) {
				c.Order, c.Sure = "", Choose
			}
			if d, detected := dates[fields[i]]; detected && d.FromOthers && c.Sure == Sure {
				c.Sure = Check
			}
		}
		f.Columns = append(f.Columns, c)
	}
	v.Format, v.Sample = f, p.Header
	for r, row := range p.Sample {
		cells := make([]PreviewCell, len(row))
		for i, text := range row {
			cells[i] = PreviewCell{Text: text, Bad: r < len(p.Records) && isBad(p.Records[r], p.Header[i])}
		}
		v.Rows = append(v.Rows, cells)
	}
	v.Doubts = append(v.Doubts, doubts(p, m, sure)...)
	return nil
}

// doubts are what a person should look at before going on.
func doubts(p importer.Preview, m exchange.Map, sure bool) (out []Doubt) {
	add := func(m i18n.Msg) { out = append(out, Doubt{m}) }
	switch {
	case len(m.Fields) == 0:
		add(i18n.M("import.doubt.nothing"))
	case !sure:
		add(i18n.M("import.doubt.unsure"))
	}
	if len(p.Sample) == 0 {
		add(i18n.M("import.doubt.norows"))
	}
	for _, d := range p.Dates {
		switch {
		case d.Order == exchange.OrderAmbiguous:
			add(i18n.M("import.doubt.ambiguous", "column", d.Column, "example", d.Example))
		case d.FromOthers:
			add(i18n.M("import.doubt.fromothers", "column", d.Column, "order", i18n.M("dateorder."+string(d.Order))))
		}
	}
	if _, ok := m.Fields[exchange.FieldCode]; !ok && m.Kind != exchange.KindLinks && len(m.Fields) > 0 {
		add(i18n.M("import.doubt.nocode"))
	}
	if _, missing := m.Columns(p.Header); len(missing) > 0 {
		add(i18n.M("import.doubt.missing", "columns", strings.Join(missing, ", ")))
	}
	for _, x := range p.Problems {
		add(reason(x.Reason))
	}
	return out
}

func isBad(r exchange.Record, column string) bool {
	return slices.ContainsFunc(r.Problems, func(p exchange.Problem) bool { return p.Column == column })
}

// badCells counts, of each column, the first rows whose cell cannot be read.
func badCells(p importer.Preview) []int {
	out := make([]int, len(p.Header))
	for _, r := range p.Records {
		for i, name := range p.Header {
			if isBad(r, name) {
				out[i]++
			}
		}
	}
	return out
}

// firstValues are up to three different values of a column, cut to what fits.
func firstValues(sample [][]string, column int) (out []string) {
	for _, row := range sample {
		if column >= len(row) || len(out) == 3 {
			continue
		}
		s := []rune(strings.TrimSpace(row[column]))
		if len(s) > 40 {
			s = append(s[:39], '…')
		}
		if len(s) > 0 && !slices.Contains(out, string(s)) {
			out = append(out, string(s))
		}
	}
	return out
}

// fieldOptions are what a column can mean in a file of a kind.
func fieldOptions(k exchange.Kind) []ui.Option {
	out := []ui.Option{{Label: i18n.M("import.keep")}, {Value: leftOut, Label: i18n.M("import.ignore")}}
	for _, f := range exchange.FieldsOf(k) {
		out = append(out, ui.Option{Value: string(f), Label: i18n.M("importfield." + string(f))})
	}
	return out
}

// orders are the choices for a column of dates.
func orders() []ui.Option {
	out := []ui.Option{{Label: i18n.M("import.order_auto")}}
	for _, o := range []exchange.DateOrder{exchange.OrderISO, exchange.OrderDMY, exchange.OrderMDY, exchange.OrderYMD, exchange.OrderSerial} {
		out = append(out, ui.Option{Value: string(o), Label: i18n.M("dateorder." + string(o))})
	}
	return out
}

// separators are the choices, by the word that stands for each in a form.
var separators = [...]struct{ word, char string }{{"comma", ","}, {"semicolon", ";"}, {"tab", "\t"}, {"pipe", "|"}}

// reading are the choices about the file as a whole.
func reading(l exchange.Layout, m exchange.Map) []ui.Field {
	kind := ui.Field{Name: "kind", Label: i18n.M("import.kind"), Kind: ui.FieldSelect, Value: string(m.Kind)}
	for _, k := range []exchange.Kind{exchange.KindCases, exchange.KindContacts, exchange.KindLinks} {
		kind.Options = append(kind.Options, ui.Option{Value: string(k), Label: i18n.M("format." + string(k))})
	}
	out := []ui.Field{kind}
	if l.Format == "xlsx" {
		if len(l.Sheets) > 1 {
			sheet := ui.Field{Name: "sheet", Label: i18n.M("import.sheet"), Kind: ui.FieldSelect, Value: l.Sheet}
			for _, s := range l.Sheets {
				sheet.Options = append(sheet.Options, ui.Option{Value: s, Text: s})
			}
			out = append(out, sheet)
		}
	} else {
		enc := ui.Field{Name: "encoding", Label: i18n.M("import.encoding"), Kind: ui.FieldSelect, Value: l.Encoding}
		for _, e := range []string{exchange.UTF8, exchange.GB18030, exchange.UTF16LE, exchange.UTF16BE, exchange.Windows1252} {
			enc.Options = append(enc.Options, ui.Option{Value: e, Text: strings.ToUpper(e)})
		}
		sep := ui.Field{Name: "separator", Label: i18n.M("import.separator"), Kind: ui.FieldSelect}
		for _, s := range separators {
			sep.Options = append(sep.Options, ui.Option{Value: s.word, Label: i18n.M("separator." + s.word)})
			if s.char == l.Separator {
				sep.Value = s.word
			}
		}
		out = append(out, enc, sep)
	}
	return append(out, ui.Field{Name: "header", Label: i18n.M("import.header_row"), Kind: ui.FieldNumber, Value: strconv.Itoa(l.HeaderRow), Min: "1", Max: "30"})
}

// Columns is POST /o/{outbreak}/imports/{import}/columns. do says what then: try it, keep the choices, or read the file again by the choices about it as a whole.
func (h *Handler) Columns(q *site.Request) error {
	j, err := h.job(q)
	if err != nil {
		return err
	}
	form, err := q.Form()
	if err != nil {
		return err
	}
	version, err := strconv.ParseInt(form.Get("version"), 10, 64)
	if err != nil {
		return &command.Invalid{Field: "version", Value: form.Get("version"), Reason: "is not a number"}
	}
	p, err := h.s.Imports.Preview(q.Context(), q.By(), q.Outbreak.ID, j.ID, nil)
	var invalid *command.Invalid
	if errors.As(err, &invalid) {
		p, err = h.s.Imports.Preview(q.Context(), q.By(), q.Outbreak.ID, j.ID, &exchange.Map{Kind: exchange.KindCases})
	}
	if errors.Is(err, importer.ErrFileGone) {
		http.Redirect(q.W, q.Request, h.href(q, j), http.StatusSeeOther)
		return nil
	}
	if err != nil {
		return err
	}
	m, name, err := h.chosen(q, form, j, p)
	if err != nil {
		return err
	}
	do := form.Get("do")
	if save := strings.TrimSpace(form.Get("save")); save != "" && do != "again" {
		if name, err = h.save(q, save, form.Get("shared") != "", p.Saved, m); err != nil {
			return err
		}
	}
	j, err = h.s.Imports.Choose(q.Context(), q.By(), q.Outbreak.ID, j.ID, version, m, name)
	if err != nil {
		return err
	}
	if do == "try" && len(m.Fields) > 0 {
		// A choice that is still needed is asked for before the file is read to its end.
		p, err := h.s.Imports.Preview(q.Context(), q.By(), q.Outbreak.ID, j.ID, nil)
		if err == nil && !p.NeedsChoice {
			if _, err := h.s.Imports.Start(q.Context(), q.By(), q.Outbreak.ID, j.ID, true); err != nil {
				return err
			}
		} else if err != nil && !errors.As(err, &invalid) {
			return err
		}
	}
	http.Redirect(q.W, q.Request, h.href(q, j), http.StatusSeeOther)
	return nil
}

// save keeps the map under a name; one of the same name that is the person's to change is replaced.
func (h *Handler) save(q *site.Request, name string, shared bool, saved []store.ColumnMap, m exchange.Map) (string, error) {
	in := store.ColumnMap{Outbreak: q.Outbreak.ID, Name: name}
	if shared {
		in.Outbreak = outbreak.ID(0)
	}
	for _, s := range saved {
		if s.Name == name && s.Outbreak == in.Outbreak {
			in.ID, in.Version = s.ID, s.Version
		}
	}
	out, err := h.s.Imports.SaveMap(q.Context(), q.By(), in, m)
	return out.Name, err
}

// chosen is the map that a form asks for, and the saved map it is.
func (h *Handler) chosen(q *site.Request, form url.Values, j store.ImportJob, p importer.Preview) (exchange.Map, string, error) {
	base := exchange.Map{Kind: exchange.KindCases}
	if p.Map != nil {
		base = *p.Map
	}
	if form.Get("do") == "again" {
		switch how, what, _ := strings.Cut(form.Get("map"), ":"); how {
		case "r":
			for _, r := range p.Recognised {
				if r.Format == what {
					r.Map.Read = base.Read
					return r.Map, "", nil
				}
			}
		case "s":
			for _, s := range p.Saved {
				if strconv.FormatInt(int64(s.ID), 10) == what {
					m, err := exchange.ParseMap([]byte(s.Mapping))
					return m, s.Name, err
				}
			}
		}
	}
	read, changed, err := howRead(form, p.Layout, base.Read)
	if err != nil {
		return base, "", err
	}
	kind := exchange.Kind(form.Get("kind"))
	if len(exchange.FieldsOf(kind)) == 0 {
		return base, "", &command.Invalid{Field: "kind", Value: form.Get("kind"), Reason: "is not a kind of file"}
	}
	if changed {
		// Other columns may have come out: what they are is looked for anew.
		fresh := exchange.Map{Kind: kind, Read: read}
		again, err := h.s.Imports.Preview(q.Context(), q.By(), q.Outbreak.ID, j.ID, &fresh)
		if err != nil {
			return base, "", err
		}
		return recognised(again.Recognised, kind, fresh), "", nil
	}
	if kind != base.Kind {
		fresh := exchange.Map{Kind: kind, Read: read}
		return recognised(p.Recognised, kind, fresh), "", nil
	}
	m := columnsOf(form, p.Header, base)
	m.Read = read
	if err := m.Validate(); err != nil {
		return m, "", &command.Invalid{Field: "columns", Reason: err.Error()}
	}
	return m, j.MapName, nil
}

// recognised is the best layout of a kind, or the map without any column.
func recognised(list []exchange.Recognition, kind exchange.Kind, fresh exchange.Map) exchange.Map {
	for _, r := range list {
		if r.Kind == kind {
			r.Map.Read = fresh.Read
			return r.Map
		}
	}
	return fresh
}

// howRead reads the choices about the file as a whole. What is as it was detected stays to be detected.
func howRead(form url.Values, l exchange.Layout, old exchange.ReadOptions) (out exchange.ReadOptions, changed bool, err error) {
	out = old
	if s := form.Get("sheet"); s != "" && s != l.Sheet {
		out.Sheet, changed = s, true
	}
	if s := form.Get("encoding"); s != "" && s != l.Encoding {
		out.Encoding, changed = s, true
	}
	for _, s := range separators {
		if s.word == form.Get("separator") && s.char != l.Separator {
			out.Separator, changed = s.char, true
		}
	}
	if s := form.Get("header"); s != "" && s != strconv.Itoa(l.HeaderRow) {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > 30 {
			return out, false, &command.Invalid{Field: "header", Value: s, Reason: "is not a row from 1 to 30"}
		}
		out.HeaderRow, changed = n, true
	}
	return out, changed, nil
}

// columnsOf reads the choice for each column. What else the map knew of a field (translations, prefixes, the order of several columns) stays.
func columnsOf(form url.Values, header []string, base exchange.Map) exchange.Map {
	m := exchange.Map{Format: base.Format, Kind: base.Kind, References: base.References, Repeats: base.Repeats, Fields: map[exchange.Field]exchange.Column{}}
	known := exchange.FieldsOf(base.Kind)
	for i, name := range header {
		n := strconv.Itoa(i)
		choice := form.Get("col-" + n)
		if choice == leftOut {
			m.Drop = append(m.Drop, name)
			continue
		}
		f := exchange.Field(choice)
		if choice == "" || !slices.Contains(known, f) {
			continue
		}
		c, begun := m.Fields[f]
		if !begun {
			c = base.Fields[f]
			c.From = nil
		}
		if f.IsDate() && form.Has("order-"+n) {
			c.Order = exchange.DateOrder(form.Get("order-" + n))
		} else if c.Order == exchange.OrderAmbiguous {
			c.Order = exchange.OrderDetect
		}
		c.From = append(c.From, name)
		m.Fields[f] = c
	}
	for f, c := range m.Fields {
		before := base.Fields[f].From
		slices.SortStableFunc(c.From, func(a, b string) int { return at(before, a) - at(before, b) })
	}
	for f, c := range base.Fields { // a value for every row comes from no column
		if _, taken := m.Fields[f]; !taken && len(c.From) == 0 && c.Default != "" {
			m.Fields[f] = c
		}
	}
	return m
}

// at is the place of a name in a list; those that are not in it come last.
func at(list []string, name string) int {
	if i := slices.Index(list, name); i >= 0 {
		return i
	}
	return len(list)
}
