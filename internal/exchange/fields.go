package exchange

import "strings"

// FieldsOf lists the fields that a file of the kind may have, in the order in which screens offer them.
func FieldsOf(k Kind) []Field {
	letter := map[Kind]string{KindCases: "c", KindContacts: "k", KindLinks: "l"}[k]
	var out []Field
	for _, f := range allFields() {
		if letter != "" && strings.Contains(fieldKinds(f), letter) {
			out = append(out, f)
		}
	}
	return out
}

// Columns finds a map's columns in a header: of each column its field, empty where no field takes it; and the map's columns that the header lacks.
func (m Map) Columns(header []string) (fields []Field, missing []string) {
	find := columnsByName(header)
	fields = make([]Field, len(header))
	for _, f := range allFields() {
		for _, name := range m.Fields[f].From {
			if i, ok := find(name); ok {
				fields[i] = f
			} else {
				missing = append(missing, name)
			}
		}
	}
	return fields, missing
}

// Dropped says of each column of a header whether the map leaves it out.
func (m Map) Dropped(header []string) []bool {
	find := columnsByName(header)
	out := make([]bool, len(header))
	for _, name := range m.Drop {
		if i, ok := find(name); ok {
			out[i] = true
		}
	}
	return out
}
