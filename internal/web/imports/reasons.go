package imports

import (
	"regexp"
	"strings"

	"firebreak/internal/i18n"
)

// reasons are the sentences of package exchange and command about a row or a file, and the texts import.reason.* that say the same. exchange says them in English,
// for error files that other programs read; a person reads them in their own language. A sentence that is not here is shown as it is.
var reasons = [...]struct{ begins, key string }{
	{"not a date in the order", "date_order"},
	{"not a date", "date"},
	{"day and month could be either way round", "either_way"},
	{"the order of day and month is not clear", "either_way"},
	{"not a known kind of link", "link_kind"},
	{"not a known ", "word"},
	{"the code was turned into a rounded number", "rounded_code"},
	{"the number was rounded", "rounded"},
	{"says exactly what", "repeat"},
	{"the code is also in row", "newer"},
	{"the code is already in row", "twice"},
	{"not an age", "age"},
	{"not a longitude and latitude", "point"},
	{"longitude and latitude are both zero", "zero_point"},
	{"names neither a case nor an event", "reference"},
	{"the case is linked to itself", "self_link"},
	{"the number of cases is not a whole number", "count"},
	{"no code in the row", "no_code"},
	{"the outcome says recovered", "died"},
	{"the row is ", "lump"},
	{"no case is named", "no_source"},
	{"a link needs two ends", "two_ends"},
	{"an earlier row joins the same two", "same_link"},
	{"the row has ", "cells"},
	{"a cell has exactly 32,767", "cut_cell"},
	{"THE FILE MAY BE CUT OFF", "cut_off"},
	{"a quotation mark opens", "quote"},
	{"text follows a closing quotation mark", "after_quote"},
	{"bytes that are not UTF-8", "bytes"},
	{"the column map takes", "column"},
	{"is known outside the area", "known_outside"},
	{"lies outside the area", "outside"},
	{"is not in the outbreak's area", "area"},
	{"neither end is a case in the area", "ends_outside"},
	{"the uploaded file is no longer here", "gone"},
	{"is empty", "empty"},
	{"has no rows", "empty"},
	{"is needed", "needed"},
	{"is not a text table", "format"},
	{"did not come in whole", "broken"},
	{"cannot be read", "unreadable"},
}

// number finds the number of a row in a sentence.
var number = regexp.MustCompile(`row (\d+)`)

// reason says a sentence of the import in the reader's words. text and row are there for all of them: some name the row or the word.
func reason(text string) i18n.Msg {
	row := ""
	if m := number.FindStringSubmatch(text); m != nil {
		row = m[1]
	}
	for _, r := range reasons {
		if strings.HasPrefix(text, r.begins) {
			return i18n.M("import.reason."+r.key, "text", text, "row", row)
		}
	}
	return i18n.M("import.reason.other", "text", text)
}
