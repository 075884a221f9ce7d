package sites

import (
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/command"
	"firebreak/internal/lab"
)

// columns are what a row may say of a site, in the order that is taken where no header says otherwise.
var columns = []string{"code", "name", "area", "lanes", "lon", "lat", "opens", "closes"}

// mostRows is more sites than any city has opened in one round.
const mostRows = 20_000

// ReadRows reads sites as people paste them from a sheet: one a line, the cells separated by tabs, commas or semicolons. A first line of column names, in any order, is
// taken as such. lines tells in which line each site stands, for what is found wrong later. The error is a *command.Invalid that names the line.
func ReadRows(text string) (list []command.SiteFields, lines []int, err error) {
	text = strings.TrimPrefix(text, "\ufeff")
	first, _, _ := strings.Cut(strings.TrimLeft(text, "\r\n"), "\n")
	r := csv.NewReader(strings.NewReader(text))
	r.FieldsPerRecord, r.LazyQuotes = -1, true // no trimming by the reader: an empty cell between two tabs is space to it
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
		f := command.SiteFields{Code: row["code"], Name: row["name"], Area: row["area"], Lanes: 1}
		if row["lanes"] != "" {
			if f.Lanes, err = strconv.ParseInt(row["lanes"], 10, 64); err != nil {
				return nil, nil, wrong("lanes", row["lanes"], "is no number")
			}
		}
		if row["lon"] != "" || row["lat"] != "" {
			f.Located = true
			for name, into := range map[string]*float64{"lon": &f.Lon, "lat": &f.Lat} {
				if *into, err = strconv.ParseFloat(row[name], 64); err != nil {
					return nil, nil, wrong(name, row[name], "is no number of degrees")
				}
			}
		}
		if row["opens"] != "" || row["closes"] != "" { // neither: day and night
			for name, into := range map[string]*time.Duration{"opens": &f.Opens, "closes": &f.Closes} {
				if *into, err = lab.ParseTimeOfDay(row[name]); err != nil {
					return nil, nil, wrong(name, row[name], err.Error())
				}
			}
		}
		if list = append(list, f); len(list) > mostRows {
			return nil, nil, wrong("row", "", "is one too many: at most 20,000 sites are entered at a time")
		}
		lines = append(lines, line)
	}
	if len(list) == 0 {
		return nil, nil, &command.Invalid{Field: "rows", Reason: "no row with a site was found"}
	}
	return list, lines, nil
}
