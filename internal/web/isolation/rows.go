package isolation

import (
	"strconv"
	"strings"

	"firebreak/internal/command"
	"firebreak/internal/facility"
)

// columns are what a row may say of a room, in the order that is taken where no header says otherwise.
var columns = []string{"code", "lift", "beds", "use", "care", "level"}

// ReadRows reads rooms as people paste them from a sheet, each with the line in which it stands; see readSheet. Needs in one cell are separated by spaces or plus signs.
func ReadRows(text string) (list []command.RoomFields, lines []int, err error) {
	rows, err := readSheet(text, "code", columns)
	if err != nil {
		return nil, nil, err
	}
	for _, x := range rows {
		row := x.cells
		f := command.RoomFields{Code: row["code"], Group: row["lift"], Beds: 1, Use: facility.Use(strings.ToLower(row["use"])), Level: facility.Level(strings.ToLower(row["level"])), Care: careOf(row["care"])}
		if row["beds"] != "" {
			if f.Beds, err = strconv.ParseInt(row["beds"], 10, 64); err != nil {
				return nil, nil, x.wrong("beds", row["beds"], "is no number")
			}
		}
		list, lines = append(list, f), append(lines, x.line)
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
