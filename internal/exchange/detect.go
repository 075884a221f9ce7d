package exchange

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// DateReport is what the values of one date column say about their order.
type DateReport struct {
	Field  Field     `json:"field"`
	Column string    `json:"column"`
	Order  DateOrder `json:"order"` // OrderAmbiguous when a person must choose; OrderDetect when the column is empty
	// FromOthers: the column's own values read both ways; the order is that of the file's other date columns.
	FromOthers bool   `json:"fromOthers,omitempty"`
	Filled     int    `json:"filled"` // cells with a value, among the rows that were looked at
	Unreadable int    `json:"unreadable,omitempty"`
	DMY        int    `json:"dmy,omitempty"` // values that can only be day-month-year
	MDY        int    `json:"mdy,omitempty"` // values that can only be month-day-year
	Open       int    `json:"open,omitempty"`
	Example    string `json:"example,omitempty"` // a value that reads several ways
}

// AmbiguousDatesError says that a column's dates can be read in two ways and nobody has chosen. Scan returns it before the
// first row: set Column.Order in the map and try again.
type AmbiguousDatesError struct {
	Columns []DateReport
}

// Error names the columns.
func (e *AmbiguousDatesError) Error() string {
	var b strings.Builder
	b.WriteString("the order of day and month is not clear; choose it for ")
	for i, c := range e.Columns {
		if i > 0 {
			b.WriteString("; ")
		}
		fmt.Fprintf(&b, "column %q (for example %q; %d values are only day-month, %d only month-day)", c.Column, c.Example, c.DMY, c.MDY)
	}
	return b.String()
}

// dateSample is how many rows are looked at before the question is put whether every date column is decided. A column that
// is not is read to its end.
const dateSample = 5000

// detectDates finds the order of every date column that the map leaves open, and returns the map with the orders filled in.
func detectDates(ctx context.Context, s *Source, m Map) (Map, []DateReport, error) {
	m = m.clone()
	t, err := s.Table(m.Read)
	if err != nil {
		return m, nil, err
	}
	defer t.Close() //nolint:errcheck // reading only; an error shows at Next
	p, _, err := bind(m, t.Header())
	if err != nil {
		return m, nil, err
	}
	type column struct {
		o     *op
		tally dateTally
	}
	var open []*column
	var known []DateOrder
	for _, o := range p.ops {
		if !o.field.IsDate() || len(o.cols) == 0 {
			continue
		}
		if o.order.known() {
			known = append(known, o.order)
			continue
		}
		open = append(open, &column{o: o})
	}
	if len(open) == 0 {
		return m, nil, nil
	}
	undecided := func() bool {
		for _, c := range open {
			if d := c.tally.decide(); d == OrderDetect || d == OrderAmbiguous {
				return true
			}
		}
		return false
	}
	for n := 1; ; n++ {
		row, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return m, nil, err
		}
		for _, c := range open {
			if v, _ := c.o.take(row.Cells); v != "" {
				c.tally.add(v)
			}
		}
		if n%dateSample == 0 {
			if err := ctx.Err(); err != nil {
				return m, nil, fmt.Errorf("detect date orders: %w", err)
			}
			if !undecided() {
				break
			}
		}
	}
	for _, c := range open {
		if o := c.tally.decide(); o == OrderDMY && c.tally.order[OrderDMY] > 0 || o == OrderMDY || o == OrderYMD {
			known = append(known, o)
		}
	}
	reports := make([]DateReport, 0, len(open))
	for _, c := range open {
		names := make([]string, len(c.o.cols))
		for i, col := range c.o.cols {
			names[i] = p.header[col]
		}
		r := DateReport{Field: c.o.field, Column: strings.Join(names, " + "), Order: c.tally.decide(), Filled: c.tally.filled, Unreadable: c.tally.bad,
			DMY: c.tally.order[OrderDMY], MDY: c.tally.order[OrderMDY], Open: c.tally.open, Example: c.tally.example}
		mixed := r.DMY > 0 && r.MDY > 0
		if other := unanimous(known); other != OrderDetect && !mixed && (r.Order == OrderAmbiguous || r.Order == OrderDetect) {
			r.Order, r.FromOthers = other, true
		}
		reports = append(reports, r)
		col := m.Fields[c.o.field]
		col.Order = r.Order
		if r.Order == OrderDetect {
			col.Order = OrderISO // an empty column: nothing will be read by it
		}
		m.Fields[c.o.field] = col
	}
	return m, reports, nil
}

// unanimous returns the one order of day and month that all decided columns share.
func unanimous(orders []DateOrder) DateOrder {
	found := OrderDetect
	for _, o := range orders {
		switch o {
		case OrderDMY, OrderMDY, OrderYMD:
			if found != OrderDetect && found != o {
				return OrderDetect
			}
			found = o
		default: // year first or serial says nothing about day and month
		}
	}
	return found
}

func ambiguous(reports []DateReport) error {
	var bad []DateReport
	for _, r := range reports {
		if r.Order == OrderAmbiguous {
			bad = append(bad, r)
		}
	}
	if len(bad) == 0 {
		return nil
	}
	return &AmbiguousDatesError{Columns: bad}
}
