package exchange

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// Tally is what Scan counted. Rows, Blank and Comments are counted where the rows are read, the others where they are mapped,
// so that Check compares two independent counts.
type Tally struct {
	Rows     int `json:"rows"`     // data rows below the header
	Blank    int `json:"blank"`    // empty rows among them, not in Rows
	Comments int `json:"comments"` // caption rows, not in Rows

	Cases    int `json:"cases"`    // rows accepted as a case
	Contacts int `json:"contacts"` // rows accepted as a contact
	Counts   int `json:"counts"`   // rows accepted as a count or a correction, not a person
	LinkRows int `json:"linkRows"` // rows accepted as a link (files of links)
	Rejected int `json:"rejected"` // rows refused, each with a reason

	CountSum    int `json:"countSum"`    // sum over the count rows; corrections are negative
	Links       int `json:"links"`       // links given, in LinkRows and within other rows
	RepeatLinks int `json:"repeatLinks"` // further mentions of a link already given
	SelfLinks   int `json:"selfLinks"`   // links whose two ends are one case, among Links
	RepeatRows  int `json:"repeatRows"`  // accepted rows that say exactly what an earlier one said
	Generated   int `json:"generated"`   // accepted persons without a code in the file
	// UnknownReferences are the tokens, in columns that name other cases, which are neither a case nor an event.
	UnknownReferences int `json:"unknownReferences"`
	Warnings          int `json:"warnings"` // problems of severity warn, rows' and file's

	// Truncated: the file looks cut off; see Problems. The consumer must show this and must not exit as if all were well.
	Truncated bool         `json:"truncated"`
	Problems  []Problem    `json:"problems,omitempty"` // those of the file as a whole
	Layout    Layout       `json:"layout"`
	Dates     []DateReport `json:"dates,omitempty"` // columns whose order was detected
}

// Check fails unless every data row is accounted for exactly once.
func (t Tally) Check() error {
	if got := t.Cases + t.Contacts + t.Counts + t.LinkRows + t.Rejected; got != t.Rows {
		return fmt.Errorf("rows do not reconcile: %d read, but %d cases + %d contacts + %d counts + %d links + %d rejected = %d",
			t.Rows, t.Cases, t.Contacts, t.Counts, t.LinkRows, t.Rejected, got)
	}
	return nil
}

// Scan reads the source by the map and calls fn once per data row, in the file's order. A Record, its parts and its slices
// belong to fn. An error of fn ends the scan and comes back wrapped.
//
// Date orders that the map leaves open are detected first, which reads the start of the file (all of it for columns without
// evidence) once more; if one stays open, Scan returns an AmbiguousDatesError and calls fn for no row.
//
// Memory is constant but for the codes seen, about 50 bytes each, kept to find codes that occur twice.
func Scan(ctx context.Context, s *Source, m Map, fn func(Record) error) (Tally, error) {
	if err := m.Validate(); err != nil {
		return Tally{}, err
	}
	m, dates, err := detectDates(ctx, s, m)
	if err != nil {
		return Tally{}, fmt.Errorf("scan %s: %w", s.name, err)
	}
	if err := ambiguous(dates); err != nil {
		return Tally{Dates: dates}, fmt.Errorf("scan %s: %w", s.name, err)
	}
	tally, err := scan(ctx, s, m, 0, fn)
	tally.Dates = dates
	if err != nil {
		return tally, fmt.Errorf("scan %s: %w", s.name, err)
	}
	return tally, tally.Check()
}

// scan maps the first limit rows, or all when limit is 0.
func scan(ctx context.Context, s *Source, m Map, limit int, fn func(Record) error) (tally Tally, err error) {
	t, err := s.Table(m.Read)
	if err != nil {
		return Tally{}, err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	p, problems, err := bind(m, t.Header())
	if err != nil {
		return Tally{}, err
	}
	mp := newMapper(p, m)
	defer func() {
		tally = mp.tally
		tally.Rows, tally.Blank, tally.Comments = t.Counts()
		tally.Problems = append(problems, t.Problems()...)
		tally.Warnings += len(tally.Problems)
		tally.Truncated = t.Truncated()
		tally.Layout = t.Layout()
	}()
	for n := 1; limit == 0 || n <= limit; n++ {
		if n%1024 == 0 {
			if err := ctx.Err(); err != nil {
				return tally, err
			}
		}
		row, err := t.Next()
		if errors.Is(err, io.EOF) {
			return tally, nil
		}
		if err != nil {
			return tally, err
		}
		if err := fn(mp.record(row)); err != nil {
			return tally, fmt.Errorf("row %d: %w", row.Number, err)
		}
	}
	return tally, nil
}

// PreviewReport is what a person checks before an import: how the file was read, what was recognised, what the first rows
// become and how the dates were understood.
type PreviewReport struct {
	Layout      Layout        `json:"layout"`
	Header      []string      `json:"header"`
	Sample      [][]string    `json:"sample"`      // the first rows as they stand in the file
	Recognised  []Recognition `json:"recognised"`  // the best first
	Map         *Map          `json:"map"`         // the map used: the given one or the best recognised; nil if there is none
	Records     []Record      `json:"records"`     // the first rows, mapped
	Dates       []DateReport  `json:"dates"`       // an order of OrderAmbiguous asks for a choice
	NeedsChoice bool          `json:"needsChoice"` // some date order is ambiguous, or nothing was recognised
	Problems    []Problem     `json:"problems"`    // those of the file as a whole, as far as it was read
}

// Preview reads the first n rows. m may be nil: then the best recognised map is used. With an ambiguous date order the rows
// are mapped all the same, those dates left out and reported.
func Preview(ctx context.Context, s *Source, m *Map, n int) (PreviewReport, error) {
	var opt ReadOptions
	if m != nil {
		opt = m.Read
	}
	t, err := s.Table(opt)
	if err != nil {
		return PreviewReport{}, fmt.Errorf("preview %s: %w", s.name, err)
	}
	r := PreviewReport{Layout: t.Layout(), Header: t.Header(), Recognised: Recognise(t.Header())}
	for len(r.Sample) < n {
		row, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return r, errors.Join(fmt.Errorf("preview %s: %w", s.name, err), t.Close())
		}
		r.Sample = append(r.Sample, append([]string(nil), row.Cells...))
	}
	if err := t.Close(); err != nil {
		return r, fmt.Errorf("preview %s: %w", s.name, err)
	}
	switch {
	case m != nil:
		if err := m.Validate(); err != nil {
			return r, err
		}
		used := m.clone()
		r.Map = &used
	case len(r.Recognised) > 0:
		used := r.Recognised[0].Map.clone()
		r.Map = &used
	default:
		r.NeedsChoice = true
		return r, nil
	}
	detected, dates, err := detectDates(ctx, s, *r.Map)
	if err != nil {
		return r, fmt.Errorf("preview %s: %w", s.name, err)
	}
	r.Map, r.Dates, r.NeedsChoice = &detected, dates, ambiguous(dates) != nil
	if n <= 0 {
		return r, nil
	}
	tally, err := scan(ctx, s, detected, n, func(rec Record) error {
		r.Records = append(r.Records, rec)
		return nil
	})
	r.Problems = tally.Problems
	if err != nil {
		return r, fmt.Errorf("preview %s: %w", s.name, err)
	}
	return r, nil
}
