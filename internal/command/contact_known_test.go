package command

import (
	"testing"

	"firebreak/internal/contact"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/vault"
)

// Whoever is named with a document that the register knows is that person: no second one is made, what the register says of them stands, and what it did not know is kept. Named again they have one exposure more. A document
// that nobody has makes a new person.
func TestContactOfAKnownDocument(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		s := withVault(t, open)
		ctx, by := t.Context(), Owner("test")
		const document = "110101199001010011"
		s.register("name,document,community code,household\n王芳," + document + ",370102,1\n")
		who := s.who(document)
		k, err := s.AddCase(ctx, by, AddCase{Outbreak: "o", Code: "C1", Fields: map[string]string{"class": "confirmed", "onset": "2022-03-05", "area": "370101"}})
		s.must(err)
		other, err := s.AddCase(ctx, by, AddCase{Outbreak: "o", Code: "C2", Fields: map[string]string{"class": "confirmed", "onset": "2022-03-05", "area": "370101"}})
		s.must(err)
		people := func() (n int) {
			t.Helper()
			s.must(s.db.View(ctx, func(r *store.Reader) error {
				found, err := s.identities.Find(r, vault.FieldDocument, vault.NewSecret(document))
				n = len(found)
				return err
			}))
			return n
		}
		list := func(of caseID, document, phone string) Listed {
			t.Helper()
			c, err := s.ListContact(ctx, by, ListContact{Outbreak: "o", Case: of, Person: PersonFields{Sex: "male", Identity: IdentityFields{Name: "Fang", Document: document, Phone: phone}}, Fields: map[string]string{"last_exposed": "2022-03-04", "area": "370101"}})
			s.must(err)
			return c
		}
		c := list(k.ID, " 11010119900101 0011 ", "13900000001")
		if !c.Known || c.Person != who.ID || people() != 1 {
			t.Fatalf("listed as %+v; the register knew %d, and %d people have the document", c, who.ID, people())
		}
		s.must(s.db.View(ctx, func(r *store.Reader) error {
			p, err := r.Person(who.ID)
			if err == nil && p.Sex != who.Sex {
				t.Errorf("the register says %q now", p.Sex)
			}
			for field, value := range map[vault.Field]string{vault.FieldPhone: "13900000001", vault.FieldDocument: document} {
				found, err := s.identities.Find(r, field, vault.NewSecret(value))
				if err != nil || len(found) != 1 || found[0] != who.ID {
					t.Errorf("%s is of %v, %v", field, found, err)
				}
			}
			return err
		}))
		if again := list(other.ID, document, "13900000002"); !again.Known || again.ID != c.ID || len(s.exposures(c.ID)) != 2 {
			t.Errorf("named by another case: %+v, %d exposures", again, len(s.exposures(c.ID)))
		}
		if fresh := list(k.ID, "110101199001010099", ""); fresh.Known || fresh.Person == who.ID {
			t.Errorf("a document that nobody has: %+v", fresh)
		}
		many, refused, err := s.ListContacts(ctx, by, "o", []ListContact{
			{Outbreak: "o", Case: k.ID, Person: PersonFields{Identity: IdentityFields{Document: "110101199001010088"}}, Fields: map[string]string{"last_exposed": "2022-03-04"}},
			{Outbreak: "o", Case: other.ID, Person: PersonFields{Identity: IdentityFields{Document: "110101199001010088"}}, Fields: map[string]string{"last_exposed": "2022-03-04"}},
		})
		if err != nil || len(refused) != 0 || many[0].Known || !many[1].Known || many[0].ID != many[1].ID {
			t.Errorf("two rows of one: %+v, %v, %v", many, refused, err)
		}
		a, err := s.AskAssistance(ctx, by, AskAssistance{Outbreak: "o", Case: s.far(), Person: PersonFields{Identity: IdentityFields{Document: document}}, Fields: map[string]string{"last_exposed": "2022-03-04", "area": "370101"}})
		if err != nil || a.Person != who.ID || a.State != contact.AssistanceAsked {
			t.Errorf("asked of another office: %+v, %v", a, err)
		}
	})
}

// far adds a case in another district, and returns it.
func (s *story) far() caseID {
	s.t.Helper()
	s.must(s.db.Update(s.t.Context(), func(tx *store.Tx) error {
		_, _, _, err := tx.PutAreas([]place.NewJurisdiction{{Jurisdiction: place.Jurisdiction{Code: "3709", Name: "Far", Level: place.District}, ParentCode: "37"}}, nil, 2)
		return err
	}))
	k, err := s.AddCase(s.t.Context(), Owner("test"), AddCase{Outbreak: "o", Code: "F1", Fields: map[string]string{"class": "confirmed", "onset": "2022-03-05", "area": "3709"}})
	s.must(err)
	return k.ID
}
