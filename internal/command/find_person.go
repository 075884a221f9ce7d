package command

import (
	"slices"
	"strings"

	"firebreak/internal/person"
	"firebreak/internal/store"
	"firebreak/internal/vault"
)

// lookup says how somebody is looked for by their document.
type lookup struct {
	// listed: of several who have the same document, which is for the page of duplicates to settle, one who is a contact here already goes before others. Else whoever was there first.
	listed bool
	// complete: what is told of them and not yet on record is kept. Nothing on record is changed by it.
	complete bool
	// enter: whom the register does not know is entered with what is told of them.
	enter bool
}

// find finds the person whose document the register has; 0 where it has nobody's, or none is given, and nobody is entered. Known says that the register had them.
func (u *unit) find(who IdentityFields, by lookup) (id person.ID, known bool, err error) {
	document := strings.TrimSpace(who.Document)
	if document == "" || u.identities == nil {
		return 0, false, nil
	}
	found, err := u.identities.Find(&u.tx.Reader, vault.FieldDocument, vault.NewSecret(document))
	switch {
	case err != nil:
		return 0, false, err
	case len(found) == 0 && by.enter:
		list := []person.Person{{Age: person.AgeUnknown}}
		if err := u.tx.AddPeople(list); err != nil {
			return 0, false, err
		}
		return list[0].ID, false, u.seal(list[0].ID, who)
	case len(found) == 0:
		return 0, false, nil
	}
	id = found[0]
	if by.listed && len(found) > 1 {
		listed, err := u.tx.ContactsOfPeople(found, u.o.ID)
		if err != nil {
			return 0, false, err
		}
		if i := slices.IndexFunc(found, func(p person.ID) bool { return len(listed[p]) > 0 }); i >= 0 {
			id = found[i]
		}
	}
	if by.complete {
		err = u.complete(id, who)
	}
	return id, true, err
}

// complete keeps what is told of somebody and is not on record.
func (u *unit) complete(id person.ID, who IdentityFields) error {
	values, err := who.values(id)
	if err != nil {
		return err
	}
	has, err := u.tx.IdentityFields(id)
	if err != nil {
		return err
	}
	values = slices.DeleteFunc(values, func(v store.IdentityValue) bool { return has[v.Field] })
	if len(values) == 0 {
		return nil
	}
	return u.identities.Add(u.tx, u.by.Name(), values)
}

// named finds the person whom an order names with a document; where the register knows them, nothing else that the order says of them is taken.
func (u *unit) named(in PersonFields) (PersonFields, bool, error) {
	if in.ID != 0 {
		return in, false, nil
	}
	id, known, err := u.find(in.Identity, lookup{listed: true, complete: true})
	if err != nil || !known {
		return in, false, err
	}
	return PersonFields{ID: id}, true, nil
}

// carried finds somebody by what they carry, a code or a document, and enters whom the register does not know with document and name, as at a desk.
func (u *unit) carried(code string, who IdentityFields) (person.ID, error) {
	code, who.Document, who.Name, who.Phone = strings.TrimSpace(code), strings.TrimSpace(who.Document), strings.TrimSpace(who.Name), strings.TrimSpace(who.Phone)
	if u.identities == nil {
		return 0, &Invalid{Field: "code", Reason: "nobody can be found: no vault is open"}
	}
	if code != "" {
		v, err := u.identities.Vault(&u.tx.Reader)
		if err != nil {
			return 0, err
		}
		if id, ok := v.ReadPersonCode(code); ok {
			if _, err := u.tx.Person(id); err == nil || !isNotFound(err) {
				return id, err
			}
		}
		return 0, &Invalid{"code", code, "is nobody's: is it typed as it is printed?"}
	}
	if who.Document == "" || who.Name == "" {
		return 0, &Invalid{Field: "document", Reason: "is needed with the name, where no code is given"}
	}
	id, _, err := u.find(who, lookup{enter: true}) // several with one document are one until somebody tells them apart
	return id, err
}
