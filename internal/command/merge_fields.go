package command

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/day"
	"firebreak/internal/person"
	"firebreak/internal/store"
)

// MergeFields are the fields in which whoever merges two people may say which record counts, by noun: person, case, contact. An outbreak's own fields join
// them, written "case.x.name". Not among them are the class of a case and the tier of a contact: the surer and the nearer one count, whoever is kept.
func MergeFields() map[string][]string {
	free := func(list []string, but ...string) []string {
		return slices.DeleteFunc(list, func(name string) bool { return slices.Contains(but, name) })
	}
	return map[string][]string{"person": {"sex", "born", "age"}, "case": free(CaseFieldNames(), "class", "lon", "lat"), "contact": free(ContactFieldNames(), "tier")}
}

// checkTake refuses names of fields that cannot be taken from a record.
func checkTake(take []string) error {
	fields := MergeFields()
	for _, s := range take {
		noun, name, _ := strings.Cut(s, ".")
		own := strings.HasPrefix(name, attributePrefix) && name != attributePrefix && noun != "person"
		if _, ok := fields[noun]; !ok || !own && !slices.Contains(fields[noun], name) {
			return &Invalid{"take", s, "is no field whose value can be chosen"}
		}
	}
	return nil
}

// taken are the names of the fields of a noun in which the record that goes counts.
func (m *merging) taken(noun string) (out []string) {
	for _, s := range m.in.Take {
		if name, ok := strings.CutPrefix(s, noun+"."); ok {
			out = append(out, name)
		}
	}
	return out
}

// pick keeps of texts those that are taken and say something: what the other record does not say takes nothing away.
func pick(texts map[string]string, names []string) map[string]string {
	out := map[string]string{}
	for _, name := range names {
		if texts[name] != "" {
			out[name] = texts[name]
		}
	}
	return out
}

func (m *merging) takePerson() {
	p, g := &m.kept, m.gone
	for _, name := range m.taken("person") {
		switch {
		case name == "sex" && g.Sex != person.SexUnknown:
			p.Sex = g.Sex
		case name == "born" && !g.Born.IsZero():
			p.Born = g.Born
		case name == "age" && g.Age != person.AgeUnknown:
			// A day of birth says more than an age, so a chosen age means that the day is wrong, unless the other record has both.
			p.Age, p.AgeClass, p.Born = g.Age, g.AgeClass, g.Born
		}
	}
}

func (m *merging) takeCase(u *unit, k *cases.Case, o cases.Case) error {
	r := reading{u.loc, u.tree}
	if _, err := setFields(caseFields, k, &k.Attributes, r, pick(r.caseText(&o), m.taken("case"))); err != nil {
		return err
	}
	return checkCase(*k, u.now, u.loc)
}

func (m *merging) takeContact(u *unit, k *contact.Contact, o contact.Contact) error {
	r := reading{u.loc, u.tree}
	if _, err := setFields(contactFields, k, &k.Attributes, r, pick(r.contactText(&o), m.taken("contact"))); err != nil {
		return err
	}
	if n, ok := day.Between(k.FirstExposed, k.LastExposed); ok && n < 0 {
		return &Invalid{"take", k.LastExposed.String(), "leaves the last exposure before the first"}
	}
	return nil
}

// MergedRecords are the cases and contacts that a merge took from the one who is gone: marked as merged into another, or given to the one who is kept.
func MergedRecords(m store.Merge) (ofCases []cases.ID, ofContacts []contact.ID, err error) {
	var back undo
	if err := json.Unmarshal(m.Undo, &back); err != nil {
		return nil, nil, fmt.Errorf("read the way back of merge %d: %w", m.ID, err)
	}
	is := func(v store.Value, n int64) bool { return v.N != nil && *v.N == n }
	for _, w := range back.Rows {
		if !(w.Column == "person" && is(w.Before, int64(m.Gone)) || w.Column == "merged_into" && is(w.Before, 0)) {
			continue
		}
		switch w.Table {
		case "cases":
			ofCases = append(ofCases, cases.ID(w.ID))
		case "contact":
			ofContacts = append(ofContacts, contact.ID(w.ID))
		}
	}
	return ofCases, ofContacts, nil
}
