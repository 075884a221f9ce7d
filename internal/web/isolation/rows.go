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

// columns are what a row may say of a room, in the order that is taken where no header says otherwise.
var columns = []string{"code", "lift", "beds", "use", "care", "level"}

// ReadRows reads rooms as people paste them from a sheet: one a line, the cells separated by tabs, commas or semicolons. A first line of column names, in any order, is
// taken as such. Needs in one cell are separated by spaces or plus signs. lines tells in which line each room stands, for what is found wrong later. The error is a
// *command.Invalid that names the line.
func ReadRows(text string) (list []command.RoomFields, lines []int, err error) {
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
	for n := 0; ; n++ {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		line, _ := r.FieldPos(0)
		wrong := func(field, value, reason string) error {
			return &command.Invalid{Field: strconv.Itoa(line) + ": " + field, Value: value, Reason: reason}
		}
		if err != nil {
			return nil, nil, wrong("row", "", "cannot be read: "+err.Error())
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if strings.Join(cells, "") == "" {
			continue
		}
		if n == 0 && slices.ContainsFunc(cells, func(c string) bool { return strings.EqualFold(c, "code") }) {
			order = nil
			for _, c := range cells {
				c = strings.ToLower(c)
				if !slices.Contains(columns, c) {
					return nil, nil, wrong("row", c, "is none of the columns "+strings.Join(columns, ", "))
				}
				order = append(order, c)
			}
			continue
		}
		if len(cells) > len(order) {
			return nil, nil, wrong("row", "", "has more cells than there are columns")
		}
		row := map[string]string{}
		for i, c := range cells {
			row[order[i]] = c
		}
		f := command.RoomFields{Code: row["code"], Group: row["lift"], Beds: 1, Use: facility.Use(strings.ToLower(row["use"])), Level: facility.Level(strings.ToLower(row["level"])), Care: careOf(row["care"])}
		if row["beds"] != "" {
			if f.Beds, err = strconv.ParseInt(row["beds"], 10, 64); err != nil {
				return nil, nil, wrong("beds", row["beds"], "is no number")
			}
		}
		list, lines = append(list, f), append(lines, line)
	}
	if len(list) == 0 {
		return nil, nil, &command.Invalid{Field: "rows", Reason: "no row with a room was found"}
	}
	return list, lines, nil
}

// careOf reads the needs that a room meets.
func careOf(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" +,;/\u3001\uff0c", r) })
}
