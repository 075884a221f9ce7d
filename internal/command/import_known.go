package command

import (
	"maps"
	"slices"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/exchange"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/vault"
)

// knownRows finds whom the register knows by their document among the rows of a chunk whose codes are new. Rows of cases of those who have an open case, of the outbreak or of an earlier row, are rejected: one illness is one
// case, whatever code another file gives it. Rows of contacts (import_known_contacts.go) say more of the contact whom the document is of, where there is one.
type knownRows struct {
	r    *store.Reader
	ids  *store.Identities
	o    outbreak.Outbreak
	tree *place.Tree
	top  place.AreaID // that the import is bound to; another area's case is not named

	people map[string]person.ID // by code
	same   map[string]string    // codes of people who are new themselves, and of an earlier row of theirs; of contacts, of whoever has an earlier row

	contacts map[string]contact.ID // by code: who is a contact already, under another code
	sick     map[string]cases.ID   // by code: the case that a new contact is ill as
}

func (k *knownRows) find(rows []exchange.Record) error {
	k.people, k.same, k.contacts, k.sick = map[string]person.ID{}, map[string]string{}, map[string]contact.ID{}, map[string]cases.ID{}
	if err := k.findCases(rows); err != nil {
		return err
	}
	return k.findContacts(rows)
}

// whose finds by the documents of rows whom the register knows, row by row, and what each of them is here: cases, contacts.
func (k *knownRows) whose(list []*exchange.Record, document func(*exchange.Record) string) (found [][]person.ID, sick map[person.ID][]cases.Case, met map[person.ID][]contact.Contact, err error) {
	documents := make([]vault.Secret, len(list))
	for i, x := range list {
		documents[i] = vault.NewSecret(document(x))
	}
	if found, err = k.ids.FindMany(k.r, vault.FieldDocument, documents); err != nil {
		return nil, nil, nil, err
	}
	all := map[person.ID]bool{}
	for _, people := range found {
		for _, p := range people {
			all[p] = true
		}
	}
	ids := slices.Sorted(maps.Keys(all))
	if sick, err = k.r.CasesOfPeople(ids, k.o.ID); err != nil {
		return nil, nil, nil, err
	}
	met, err = k.r.ContactsOfPeople(ids, k.o.ID)
	return found, sick, met, err
}

func (k *knownRows) findCases(rows []exchange.Record) error {
	var list []*exchange.Record
	var codes []string
	for i := range rows {
		if x := &rows[i]; x.Case != nil && !x.Rejected && !x.Repeat && x.Case.Document != "" {
			list, codes = append(list, x), append(codes, x.Case.Code)
		}
	}
	if len(list) == 0 || k.ids == nil {
		return nil
	}
	knownCases, err := k.r.CasesByCodes(k.o.ID, unique(codes))
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(x *exchange.Record) bool {
		_, is := knownCases[x.Case.Code]
		return is
	})
	found, sick, met, err := k.whose(list, func(x *exchange.Record) string { return x.Case.Document })
	if err != nil {
		return err
	}
	earlier := map[string]*exchange.CaseRecord{} // by document, of rows whose person is new
	open := map[person.ID]string{}               // code of an earlier row
	for i, x := range list {
		row, document := x.Case, vault.Normalise(vault.FieldDocument, x.Case.Document)
		if len(found[i]) == 0 {
			switch was := earlier[document]; {
			case was == nil:
				earlier[document] = row
			case was.Code == row.Code:
			case isOpen(was) && isOpen(row):
				k.reject(x, was.Code)
			default:
				k.same[row.Code] = was.Code
				earlier[document] = row
			}
			continue
		}
		p := listed(found[i], met)
		if isOpen(row) {
			if code, ok := k.openOf(sick[p], open[p]); ok && code != row.Code {
				k.reject(x, code)
				continue
			}
			open[p] = row.Code
		}
		k.people[row.Code] = p
	}
	return nil
}

// openOf is the code of a case that somebody has and that is open, empty where it lies in another area; or that of an earlier row.
func (k *knownRows) openOf(list []cases.Case, row string) (code string, ok bool) {
	for _, c := range list {
		if c.Closed() {
			continue
		}
		if !k.within(c.Area) {
			return "", true
		}
		return c.Code, true
	}
	return row, row != ""
}

// within says whether a record of an area is one that the import may touch.
func (k *knownRows) within(a place.AreaID) bool {
	return k.top == 0 || k.top == k.o.Area || a != 0 && k.tree.Contains(k.top, a)
}

func (k *knownRows) reject(x *exchange.Record, code string) {
	p := exchange.Problem{Row: x.Row, Value: x.Case.Code, Severity: exchange.Reject, Reason: "has the document of the case " + code + ", which is open: correct that one"}
	if code == "" {
		p.Reason = "has the document of somebody who has an open case in another area: ask the office there"
	}
	x.Case, x.Links, x.Rejected = nil, nil, true
	x.Problems = append(x.Problems, p)
}

// isOpen says whether a row tells of a case that has not ended.
func isOpen(r *exchange.CaseRecord) bool {
	return r.Outcome == "" && r.Class != exchange.Discarded
}
