package command

import (
	"errors"
	"strings"
	"testing"

	"firebreak/internal/auth"
	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/exchange"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/task"
	"firebreak/internal/vault"
)

// Who is entered as a case with a document that the register knows is that person, and what the register says of them stands. While that case is open there is no second
// one, and the answer names it; once it has ended another one can be entered.
func TestCaseOfAKnownDocument(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		s := withVault(t, open)
		ctx, by := t.Context(), Owner("test")
		const document = "110101199001010011"
		s.register("name,document,community code,household\n王芳," + document + ",370102,1\n")
		who := s.who(document)
		add := func(by By, code, document, class string) (Entered, error) {
			return s.AddCase(ctx, by, AddCase{Outbreak: "o", Code: code, Person: PersonFields{Sex: "male", Identity: IdentityFields{Name: "Fang", Document: document}}, Fields: map[string]string{"class": class, "onset": "2022-03-05", "area": "370101"}})
		}
		k, err := add(by, "C1", " 11010119900101 0011 ", "suspected")
		if err != nil || !k.Known || k.Person != who.ID {
			t.Fatalf("entered as %+v, %v; the register knew %d", k, err, who.ID)
		}
		if is := s.who(document); is.Sex != who.Sex || is.ID != who.ID {
			t.Errorf("the register says %+v now", is)
		}
		var wrong *Invalid
		if _, err := add(by, "C2", document, "confirmed"); !errors.As(err, &wrong) || wrong.Field != "document" || !strings.Contains(wrong.Reason, "case C1") || strings.Contains(err.Error(), document) {
			t.Errorf("a second case: %v", err)
		}
		if _, err := s.AddCase(ctx, by, AddCase{Outbreak: "o", Person: PersonFields{ID: who.ID}, Fields: map[string]string{"class": "suspected"}}); !errors.As(err, &wrong) || wrong.Field != "person" || !strings.Contains(wrong.Reason, "case C1") {
			t.Errorf("a second case by the person's number: %v", err)
		}
		if fresh, err := add(by, "C3", "110101199001010099", "suspected"); err != nil || fresh.Known || fresh.Person == who.ID {
			t.Errorf("a document that nobody has: %+v, %v", fresh, err)
		}
		if twice, err := add(by, "C1", "110101199001010077", "suspected"); !errors.As(err, &wrong) || wrong.Field != "code" {
			t.Errorf("another's code: %+v, %v", twice, err)
		}
		_, err = s.CorrectCase(ctx, by, CorrectCase{Case: k.ID, Version: k.Version, Fields: map[string]string{"outcome": "recovered"}})
		s.must(err)
		again, err := add(by, "C4", document, "confirmed")
		if err != nil || !again.Known || again.Person != who.ID || again.ID == k.ID {
			t.Errorf("ill again: %+v, %v", again, err)
		}
		// An office elsewhere is not told which case it is.
		s.far()
		var far place.AreaID
		s.must(s.db.View(ctx, func(r *store.Reader) error {
			tree, err := r.Tree()
			j, _ := tree.ByCode("3709")
			far = j.ID
			return err
		}))
		elsewhere := By{Actor: auth.Actor{UserID: 9, Login: "far", Grants: []auth.Grant{{Role: auth.RoleEpidemiologist, Area: far}}}, Purpose: auth.PurposeCaseInvestigation}
		_, err = s.AddCase(ctx, elsewhere, AddCase{Outbreak: "o", Person: PersonFields{Identity: IdentityFields{Document: document}}, Fields: map[string]string{"class": "suspected", "area": "3709"}})
		if !errors.As(err, &wrong) || wrong.Field != "document" || strings.Contains(wrong.Reason, "C4") || !strings.Contains(wrong.Reason, "another area") {
			t.Errorf("told elsewhere: %v", err)
		}
	})
}

// A contact who is entered as a case with the document that the register has is a case from then on: they are followed up as a contact no more, what asked for that is void, and the
// case says where they were exposed.
func TestAKnownContactBecomesTheCase(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		s := withVault(t, open)
		ctx, by := t.Context(), Owner("test")
		const document = "110101199001010011"
		index, err := s.AddCase(ctx, by, AddCase{Outbreak: "o", Code: "C1", Fields: map[string]string{"class": "confirmed", "onset": "2022-03-05", "area": "370101"}})
		s.must(err)
		met, err := s.ListContact(ctx, by, ListContact{Outbreak: "o", Code: "K1", Case: index.ID, Person: PersonFields{Identity: IdentityFields{Name: "Fang", Document: document}}, Fields: map[string]string{"last_exposed": "2022-03-04", "area": "370101"}})
		s.must(err)
		k, err := s.AddCase(ctx, by, AddCase{Outbreak: "o", Code: "C2", Person: PersonFields{Identity: IdentityFields{Document: document}}, Fields: map[string]string{"class": "confirmed", "area": "370101"}})
		if err != nil || k.Person != met.Person || k.ExposedTo != met.LastExposed || k.Found == cases.FoundInIsolation {
			t.Fatalf("entered as %+v, %v", k, err)
		}
		s.must(s.db.View(ctx, func(r *store.Reader) error {
			c, err := r.Contact(met.ID)
			if err != nil || c.State != contact.BecameCase || c.BecameCase != k.ID {
				t.Errorf("the contact is %s of case %d, %v", c.State, c.BecameCase, err)
			}
			list, err := r.TasksOf(onContact(met.ID))
			for _, x := range list {
				if x.State == task.Open {
					t.Errorf("%s of the contact is open", x.Kind)
				}
			}
			if len(list) == 0 {
				t.Error("nothing was asked for the contact")
			}
			links, err2 := r.LinksOf(k.ID)
			if err2 != nil || len(links) != 1 || links[0].From != index.ID {
				t.Errorf("links: %+v, %v", links, err2)
			}
			return err
		}))
	})
}

// A list of cases names people by code. Whose document the register knows is that person; a row of somebody who has an open case under another code, known or of an earlier row, is rejected with that code, and told of
// again when the file is read again. Who was listed as a contact with it is the case, with one name.
func TestImportOfAKnownDocument(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		s := withVault(t, open)
		ctx, by := t.Context(), Owner("test")
		s.register("name,document,community code,household\n王芳,A1,370102,1\n李雷,A2,370102,2\n")
		fang, lei := s.who("A1"), s.who("A2")
		_, err := s.AddCase(ctx, by, AddCase{Outbreak: "o", Code: "C1", Person: PersonFields{ID: lei.ID}, Fields: map[string]string{"class": "confirmed", "onset": "2022-03-04", "area": "370101"}})
		s.must(err)
		load := func(name, text string) (ImportFile, ImportResult, []exchange.Problem) {
			t.Helper()
			src, m := source(t, name, text)
			var told []exchange.Problem
			in := ImportFile{Outbreak: "o", Source: src, Map: m, Problem: func(p exchange.Problem) error { told = append(told, p); return nil }}
			out, err := s.Import(ctx, by, in)
			s.must(err)
			return in, out, told
		}
		_, out, told := load("contacts.csv", "contact_id,name,document number,source_case_id,date_of_last_contact\nF3,Han,A3,C1,2022-03-04\n")
		if out.Kind != "contacts" || out.Created != 1 || len(told) != 0 {
			t.Fatalf("contacts: %+v, %v", out, told)
		}
		const text = "code,name,document number,class,onset,outcome\nF1,Fang,a1,confirmed,2022-03-05,\nF2,Lei,A2,confirmed,2022-03-05,\nF3,Han,A3,confirmed,2022-03-06,\nF4,New,A4,confirmed,2022-03-01,recovered\nF5,New,A4,confirmed,2022-03-06,\nF6,New,A4,suspected,2022-03-06,\n"
		in, out, told := load("cases.csv", text)
		if out.Kind != "cases" || out.Created != 4 || out.Rejected != 2 || len(told) != 2 || told[0].Row != 3 || !strings.Contains(told[0].Reason, "case C1") || told[1].Row != 7 || !strings.Contains(told[1].Reason, "case F5") {
			t.Fatalf("cases: %+v, %+v", out, told)
		}
		s.must(s.db.View(ctx, func(r *store.Reader) error {
			codes, err := r.CasesByCodes(s.outbreakID(), []string{"F1", "F2", "F3", "F4", "F5", "F6"})
			if err != nil {
				return err
			}
			k, err := r.ContactsByCodes(s.outbreakID(), []string{"F3"})
			if err != nil {
				return err
			}
			if codes["F1"].Person != fang.ID || codes["F2"].ID != 0 || codes["F6"].ID != 0 || codes["F4"].Person == 0 || codes["F4"].Person != codes["F5"].Person {
				t.Errorf("cases are of %d, %d and %d; the register knew %d", codes["F1"].Person, codes["F4"].Person, codes["F5"].Person, fang.ID)
			}
			if met := k["F3"]; met.Person != codes["F3"].Person || met.State != contact.BecameCase || met.Contact.BecameCase != codes["F3"].ID {
				t.Errorf("the contact is %+v", met.Contact)
			}
			found, err := s.identities.Find(r, vault.FieldName, vault.NewSecret("王芳"))
			if err != nil || len(found) != 1 || found[0] != fang.ID {
				t.Errorf("the register's name is of %v, %v", found, err)
			}
			return nil
		}))
		var again []exchange.Problem
		in.Source, in.Map = source(t, "cases.csv", text)
		in.Problem = func(p exchange.Problem) error { again = append(again, p); return nil }
		s.must(s.ImportProblems(ctx, in, 6))
		if len(again) != 2 || again[0].Reason != told[0].Reason || again[1].Reason != told[1].Reason {
			t.Errorf("told again: %+v", again)
		}
		in.Source, in.Map = source(t, "cases.csv", text)
		if out, err = s.Import(ctx, by, in); err != nil || out.Unchanged != 4 || out.Rejected != 2 {
			t.Errorf("in again: %+v, %v", out, err)
		}
	})
}
