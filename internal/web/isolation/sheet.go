package isolation

import (
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"firebreak/internal/command"
)

// sheetRow is a row that somebody pasted: its cells by column, and the line in which it stands.
type sheetRow struct {
	line  int
	cells map[string]string
}

// wrong is what is wrong with a cell of the row.
func (x sheetRow) wrong(field, value, reason string) error {
	return wrongLine(x.line, field, value, reason)
}

func wrongLine(line int, field, value, reason string) error {
	return &command.Invalid{Field: strconv.Itoa(line) + ": " + field, Value: value, Reason: reason}
}

// readSheet reads rows as people paste them from a sheet: one a line, the cells separated by tabs, commas or semicolons, in the order of the columns. A first line that has the
// leading column's name is one of column names, in any order. The error is a *command.Invalid that names the line.
func readSheet(text, leading string, columns []string) (out []sheetRow, err error) {
	text = strings.TrimPrefix(text, "\ufeff")
	first, _, _ := strings.Cut(strings.TrimLeft(text, "\r\n"), "\n")
	r := csv.NewReader(strings.NewReader(text))
	r.FieldsPerRecord, r.LazyQuotes = -1, true
	for _, sep := range []rune{'\t', ';', ','} {
		if strings.ContainsRune(first, sep) {
			r.Comma = sep
			break
		}
	}
	order := columns
	for begun := false; ; {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			line := 1
			if bad := (*csv.ParseError)(nil); errors.As(err, &bad) {
				line = bad.Line
			}
			return nil, wrongLine(line, "row", "", "cannot be read: "+err.Error())
		}
		line, _ := r.FieldPos(0)
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if strings.Join(cells, "") == "" {
			continue
		}
		if !begun && slices.ContainsFunc(cells, func(c string) bool { return strings.EqualFold(c, leading) }) {
			begun = true
			if order, err = sheetHeader(cells, columns, line); err != nil {
				return nil, err
			}
			continue
		}
		begun = true
		if len(cells) > len(order) {
			return nil, wrongLine(line, "row", "", "has more cells than there are columns")
		}
		x := sheetRow{line, map[string]string{}}
		for i, c := range cells {
			x.cells[order[i]] = c
		}
		out = append(out, x)
	}
}

// sheetHeader reads the names of columns.
func sheetHeader(cells, columns []string, line int) (order []string, err error) {
	for _, c := range cells {
		c = strings.ToLower(c)
		switch {
		case !slices.Contains(columns, c):
			return nil, wrongLine(line, "row", c, "is none of the columns "+strings.Join(columns, ", "))
		case slices.Contains(order, c):
			return nil, wrongLine(line, "row", c, "is there twice")
		}
		order = append(order, c)
	}
	return order, nil
}
