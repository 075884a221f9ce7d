package canned

import (
	"net/url"

	"firebreak/internal/i18n"
	"firebreak/internal/web/duplicates"
	"firebreak/internal/web/ui"
)

func merge() duplicates.Merge {
	return duplicates.Merge{Kept: person("LX-0412", "", "m", 34), Gone: []string{"LX-0533"}, At: at(12, 18, 5), By: "epi-laixi", Reason: "same document", Href: "/merges/7"}
}

// Duplicates is the first page of the pairs that may be one person.
func Duplicates() duplicates.ListView {
	contact := person("LX-C-118", "", "f", 15)
	contact.Href = "/contacts/LX-C-118"
	return duplicates.ListView{
		Listing: ui.Listing{Path: "/duplicates", Values: url.Values{}, Total: ptr[int64](3), More: true, Next: "204",
			Filters: []ui.Field{{Name: "area", Label: i18n.M("col.area"), Kind: ui.FieldSelect, Options: append([]ui.Option{{Label: i18n.M("form.any")}}, areaNames()...)}}},
		Read: 4000,
		Pairs: []duplicates.Row{
			{A: person("LX-0571", "", "f", 15), B: person("LX-0498", "", "f", 15), Href: "/duplicates/571-498", Likely: "sure", Same: []string{"document", "born", "sex"}, Area: "莱西市"},
			{A: contact, B: person("LX-0301", "", "f", 16), Href: "/duplicates/611-301", Likely: "likely", Same: []string{"name", "born"}, Differ: []string{"sex"}, Area: "莱西市 · 即墨区"},
			{A: person("LX-0288", "", "m", 61), B: person("LX-0287", "", "m", 61), Href: "/duplicates/288-287", Likely: "possible", Same: []string{"born", "sex", "area"}, Differ: []string{"name"}, Area: "市北区"},
		},
		Merges: []duplicates.Merge{merge()},
	}
}

// NoDuplicates is the list where no two look alike.
func NoDuplicates() duplicates.ListView {
	return duplicates.ListView{Listing: ui.Listing{Path: "/duplicates", Values: url.Values{}, Total: ptr[int64](0)}, Read: 212}
}

// Pair is two people side by side.
func Pair() duplicates.PairView {
	return duplicates.PairView{
		ListHref: "/duplicates", Likely: "likely", Same: []string{"name", "born", "area"}, Differ: []string{"sex"}, Keep: "b",
		A: duplicates.Side{Person: person("LX-0571", "", "f", 15), Roles: []duplicates.Role{{Kind: "case", Code: "LX-0571", Href: "/cases/LX-0571"}, {Kind: "contact", Code: "LX-C-118", Href: "/contacts/LX-C-118"}}},
		B: duplicates.Side{Person: person("LX-0498", "", "m", 15), Roles: []duplicates.Role{{Kind: "case", Code: "LX-0498", Href: "/cases/LX-0498"}}},
		Groups: []duplicates.Group{
			{Title: i18n.M("section.person"), Rows: []duplicates.Field{
				{Label: i18n.M("names.name"), MsgA: i18n.M("duplicates.the_same"), MsgB: i18n.M("duplicates.the_same")},
				{Label: i18n.M("names.document"), MsgA: i18n.M("duplicates.on_record")},
				{Name: "person.sex", Label: i18n.M("field.sex"), A: "female", B: "male", Differ: true, Chosen: "b"},
			}},
			{Title: i18n.M("duplicates.group_case"), Rows: []duplicates.Field{
				{Name: "case.onset", Label: i18n.M("field.onset"), A: "9 Mar 2022", B: "10 Mar 2022", Differ: true, Chosen: "a"},
				{Label: i18n.M("field.class"), A: "confirmed", B: "suspected", Differ: true, Fixed: true},
				{Label: i18n.M("field.hospital"), B: "Laixi hospital 2"},
			}},
			{Title: i18n.M("duplicates.group_ties"), Rows: []duplicates.Field{{Label: i18n.M("duplicates.samples"), A: "2", B: "4"}, {Label: i18n.M("duplicates.contacts"), A: "0", B: "23"}}},
		},
		Merge: &duplicates.MergeForm{Action: "/duplicates/571-498/merge", Version: "12", Seen: "8840", Reason: ui.Field{Name: "reason", Label: i18n.M("duplicates.merge_reason"), Kind: ui.FieldText, Required: true}},
		Tell:  ui.Form{ID: "apart", Action: "/duplicates/571-498/apart", Submit: i18n.M("duplicates.tell_apart"), Fields: []ui.Field{{Name: "reason", Label: i18n.M("duplicates.apart_reason"), Kind: ui.FieldText, Required: true}}},
	}
}

// PairChanged is the same after somebody changed one of the two, with the names open.
func PairChanged() duplicates.PairView {
	v := Pair()
	v.Apart = true
	v.Conflict = &ui.Conflict{Who: "epi-jimo", At: at(12, 21, 30), Changes: []ui.Change{{Label: i18n.M("field.onset"), Was: "9 Mar 2022", Theirs: "8 Mar 2022", Yours: "9 Mar 2022"}}}
	v.A.Who, v.B.Who = &ui.Identity{Name: "测试甲", Document: "X1"}, &ui.Identity{Name: "测试甲", Document: "X2"}
	v.Merge.Reason.Error = i18n.M("duplicates.reason_needed")
	return v
}

// PairGone is two who were made one by somebody else.
func PairGone() duplicates.PairView {
	m := merge()
	return duplicates.PairView{ListHref: "/duplicates", Gone: &m}
}

// MergeOne is a merge that may be undone.
func MergeOne() duplicates.MergeView {
	return duplicates.MergeView{ListHref: "/duplicates", Merge: merge(), Form: &ui.Form{ID: "undo", Action: "/merges/7/undo", Submit: i18n.M("duplicates.undo"), Danger: true, Cancel: "/duplicates",
		Fields: []ui.Field{{Name: "reason", Label: i18n.M("duplicates.undo_reason"), Kind: ui.FieldText, Required: true}}}}
}

// MergeUndone is one that was.
func MergeUndone() duplicates.MergeView {
	return duplicates.MergeView{ListHref: "/duplicates", Merge: merge(), Undone: true, UndoneAt: at(12, 20, 0), UndoneBy: "epi-jimo"}
}
