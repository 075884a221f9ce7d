package isolation

import (
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"firebreak/internal/command"
	"firebreak/internal/facility"
)

// shiftColumns are what a row says of a shift, in the order that is taken where no header says otherwise.
var shiftColumns = []string{"worker", "role", "zone", "from", "to"}

// ReadShifts reads shifts as people paste them from a sheet: one a line, the cells separated by tabs, commas or semicolons. A first line of column names, in any order, is
// taken as such. lines tells in which line each shift stands, for what is found wrong later. The error is a *command.Invalid that names the line.
func ReadShifts(text string) (list []command.ShiftOf, lines []int, err error) {
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
	order := shiftColumns
	for begun := false; ; {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			line := 1
			if bad := (*csv.ParseError)(nil); errors.As(err, &bad) {
				line = bad.Line
			}
			return nil, nil, wrongLine(line, "row", "", "cannot be read: "+err.Error())
		}
		line, _ := r.FieldPos(0)
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if strings.Join(cells, "") == "" {
			continue
		}
		if !begun && slices.ContainsFunc(cells, func(c string) bool { return strings.EqualFold(c, "worker") }) {
			begun = true
			if order, err = shiftHeader(cells, line); err != nil {
				return nil, nil, err
			}
			continue
		}
		begun = true
		if len(cells) > len(order) {
			return nil, nil, wrongLine(line, "row", "", "has more cells than there are columns")
		}
		row := map[string]string{}
		for i, c := range cells {
			row[order[i]] = c
		}
		list, lines = append(list, command.ShiftOf{Worker: row["worker"], Role: row["role"], Zone: row["zone"], From: row["from"], To: row["to"]}), append(lines, line)
	}
	if len(list) == 0 {
		return nil, nil, &command.Invalid{Field: "rows", Reason: "no row with a shift was found"}
	}
	return list, lines, nil
}

// InWords takes the words of the page for roles and zones, as well as those of the interface: who pastes a sheet in Chinese has written it in Chinese. word says in the page's language what a value is
// called.
func InWords(list []command.ShiftOf, word func(prefix, value string) string) {
	for i := range list {
		for _, r := range facility.Roles() {
			if name := word("staff_role", string(r)); name != "" && list[i].Role == name {
				list[i].Role = string(r)
			}
		}
		for _, z := range []facility.StaffZone{facility.CleanZone, facility.ContaminatedZone} {
			if name := word("staff_zone", string(z)); name != "" && list[i].Zone == name {
				list[i].Zone = string(z)
			}
		}
	}
}

func wrongLine(line int, field, value, reason string) error {
	return &command.Invalid{Field: strconv.Itoa(line) + ": " + field, Value: value, Reason: reason}
}

// shiftHeader reads the names of columns.
func shiftHeader(cells []string, line int) (order []string, err error) {
	for _, c := range cells {
		c = strings.ToLower(c)
		switch {
		case !slices.Contains(shiftColumns, c):
			return nil, wrongLine(line, "row", c, "is none of the columns "+strings.Join(shiftColumns, ", "))
		case slices.Contains(order, c):
			return nil, wrongLine(line, "row", c, "is there twice")
		}
		order = append(order, c)
	}
	return order, nil
}
