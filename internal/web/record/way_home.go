package record

import (
	"firebreak/internal/facility"
	"firebreak/internal/i18n"
	"firebreak/internal/web/ui"
)

// WayHome are the fields of how somebody goes home who is released, as far as they have said.
func WayHome(way facility.WayHome, takenBy string) []ui.Field {
	f := ui.Field{Name: "way_home", Label: i18n.M("isolation.way_home"), Kind: ui.FieldRadio, Value: string(way), Hint: i18n.M("isolation.way_home_hint")}
	for _, w := range []facility.WayHome{facility.WayTransport, facility.WayOwn} {
		f.Options = append(f.Options, ui.Option{Value: string(w), Label: i18n.M("way_home." + string(w))})
	}
	return []ui.Field{f, {Name: "taken_by", Label: i18n.M("isolation.taken_by"), Kind: ui.FieldText, Value: takenBy, Hint: i18n.M("isolation.taken_by_hint"), Autocomplete: "off"}}
}
