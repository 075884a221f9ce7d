package command

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"firebreak/internal/auth"
	"firebreak/internal/cases"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/vault"
)

// IdentityFields are what only the vault keeps of a person. Empty means: nothing is said of it.
type IdentityFields struct {
	Name     string
	Document string // number of an identity card, passport or the like
	Phone    string
}

// mostIdentity bounds each value: the longest names on record are shorter.
const mostIdentity = 200 // characters

// values are the fields that say something, ready to be sealed.
func (f IdentityFields) values(p person.ID) ([]store.IdentityValue, error) {
	var out []store.IdentityValue
	for _, v := range []struct {
		name, text string
		field      vault.Field
	}{{"name", f.Name, vault.FieldName}, {"document", f.Document, vault.FieldDocument}, {"phone", f.Phone, vault.FieldPhone}} {
		text := strings.TrimSpace(v.text)
		if text == "" {
			continue
		}
		if n := utf8.RuneCountInString(text); n > mostIdentity {
			return nil, &Invalid{Field: v.name, Reason: fmt.Sprintf("has %d characters; up to %d are kept", n, mostIdentity)}
		}
		out = append(out, store.IdentityValue{Person: p, Field: v.field, Value: vault.NewSecret(text)})
	}
	return out, nil
}

// seal gives a person who was just added what identifies them.
func (u *unit) seal(p person.ID, in IdentityFields) error {
	values, err := in.values(p)
	if err != nil || len(values) == 0 {
		return err
	}
	if u.identities == nil {
		return &Invalid{Field: "name", Reason: "cannot be kept: no vault is open"}
	}
	return u.identities.Add(u.tx, u.by.Name(), values)
}

// Identify corrects what the vault keeps of the person behind a case or a contact. The journal tells who changed which field, not what it says.
type Identify struct {
	Of     task.Subject // a case or a contact
	Fields IdentityFields
}

// Identify carries out the order. A field that is empty stays as it is.
func (c *Commands) Identify(ctx context.Context, by By, in Identify) error {
	return c.db.Update(ctx, func(tx *store.Tx) error {
		p, err := by.mayIdentify(tx, in.Of)
		if err != nil {
			return err
		}
		values, err := in.Fields.values(p)
		if err != nil {
			return err
		}
		if len(values) == 0 {
			return &Invalid{Field: "name", Reason: "nothing is given to be kept"}
		}
		if c.identities == nil {
			return &Invalid{Field: "name", Reason: "cannot be kept: no vault is open"}
		}
		if p == 0 {
			return &Invalid{Field: "name", Reason: "the record is of nobody known"}
		}
		for _, v := range values {
			if err := c.identities.Set(tx, by.Name(), v); err != nil {
				return err
			}
		}
		return nil
	})
}

// mayIdentify checks that the caller may write the record, and returns whose it is.
func (b By) mayIdentify(tx *store.Tx, of task.Subject) (person.ID, error) {
	switch of.Kind {
	case task.OnCase:
		k, err := tx.Case(cases.ID(of.ID))
		if err != nil {
			return 0, err
		}
		return k.Person, b.mayWrite(tx, auth.CaseWrite, k.Outbreak, k.Area)
	case task.OnContact:
		k, err := tx.Contact(contactID(of.ID))
		if err != nil {
			return 0, err
		}
		return k.Person, b.mayWrite(tx, auth.ContactWrite, k.Outbreak, k.Area)
	default: // nothing else is a person's
	}
	return 0, &Invalid{Field: "of", Value: string(of.Kind), Reason: "is neither a case nor a contact"}
}

func (b By) mayWrite(tx *store.Tx, action auth.Action, id outbreak.ID, area place.AreaID) error {
	o, err := tx.Outbreak(id)
	if err != nil {
		return err
	}
	return b.may(&tx.Reader, o, action, area, tx.Now())
}
