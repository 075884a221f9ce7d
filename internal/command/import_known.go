package command

import (
	"maps"
	"slices"

	"firebreak/internal/cases"
	"firebreak/internal/exchange"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/vault"
)

// knownRows finds whom the register knows by their document among the case rows of a chunk whose codes are new, and rejects the rows of those who have an open case, of the outbreak or of an earlier row:
// one illness is one case, whatever code another file gives it.
type knownRows struct {
	r    *store.Reader
	ids  *store.Identities
	o    outbreak.Outbreak
	tree *place.Tree
	top  place.AreaID // that the import is bound to; another area's case is not named

	people map[string]person.ID // by code
	same   map[string]string    // codes of people who are new themselves, and of an earlier row of theirs
}

func (k *knownRows) find(rows []exchange.Record) error {
	k.people, k.same = map[string]person.ID{}, map[string]string{}
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
	documents := make([]vault.Secret, len(list))
	for i, x := range list {
		documents[i] = vault.NewSecret(x.Case.Document)
	}
	found, err := k.ids.FindMany(k.r, vault.FieldDocument, documents)
	if err != nil {
		return err
	}
	all := map[person.ID]bool{}
	for _, people := range found {
		for _, p := range people {
			all[p] = true
		}
	}
	ids := slices.Sorted(maps.Keys(all))
	sick, err := k.r.CasesOfPeople(ids, k.o.ID)
	if err != nil {
		return err
	}
	met, err := k.r.ContactsOfPeople(ids, k.o.ID)
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
		p := found[i][0]
		if j := slices.IndexFunc(found[i], func(p person.ID) bool { return len(met[p]) > 0 }); j >= 0 {
			p = found[i][j]
		}
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
		if k.top != 0 && k.top != k.o.Area && (c.Area == 0 || !k.tree.Contains(k.top, c.Area)) {
			return "", true
		}
		return c.Code, true
	}
	return row, row != ""
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
