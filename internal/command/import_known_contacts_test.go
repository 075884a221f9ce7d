package command

import (
	"errors"
	"strings"
	"testing"

	"firebreak/internal/contact"
	"firebreak/internal/exchange"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/task"
	"firebreak/internal/vault"
)

// loadKnown imports a file and returns what became of it, and what was told of its rows.
func (s *story) loadKnown(name, text string) (ImportResult, []exchange.Problem) {
	s.t.Helper()
	src, m := source(s.t, name, text)
	var told []exchange.Problem
	out, err := s.Import(s.t.Context(), Owner("test"), ImportFile{Outbreak: "o", Source: src, Map: m, Problem: func(p exchange.Problem) error { told = append(told, p); return nil }})
	s.must(err)
	return out, told
}

// holders are who has a document.
func (s *story) holders(document string) (out []person.ID) {
	s.t.Helper()
	s.must(s.db.View(s.t.Context(), func(r *store.Reader) (err error) {
		out, err = s.identities.Find(r, vault.FieldDocument, vault.NewSecret(document))
		return err
	}))
	return out
}

func (s *story) caseOf(code string) (id caseID) {
	s.t.Helper()
	s.must(s.db.View(s.t.Context(), func(r *store.Reader) error {
		k, err := r.CaseByCode(s.outbreakID(), code)
		id = k.ID
		return err
	}))
	return id
}

func (s *story) areaOf(code string) (id place.AreaID) {
	s.t.Helper()
	s.must(s.db.View(s.t.Context(), func(r *store.Reader) error {
		tree, err := r.Tree()
		j, _ := tree.ByCode(code)
		id = j.ID
		return err
	}))
	return id
}

// A list of contacts names people by code. Whose document the register knows is that person, and what the register says of them stands. Who is a contact already, under another code or in an earlier row, is not listed
// twice: they have one exposure more. Who is an open case is a contact who became it. A case has not met itself.
func TestImportOfContactsOfAKnownDocument(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		s := withVault(t, open)
		ctx, by := t.Context(), Owner("test")
		s.register("name,document,community code,household\n王芳,A1,370102,1\n李雷,A2,370102,2\n韩梅,A3,370102,3\n")
		fang, lei, mei := s.who("A1"), s.who("A2"), s.who("A3")
		for code, who := range map[string]person.ID{"C1": lei.ID, "C2": 0} {
			_, err := s.AddCase(ctx, by, AddCase{Outbreak: "o", Code: code, Person: PersonFields{ID: who}, Fields: map[string]string{"class": "confirmed", "onset": "2022-03-05", "area": "370101"}})
			s.must(err)
		}
		known, err := s.ListContact(ctx, by, ListContact{Outbreak: "o", Code: "K1", Case: s.caseOf("C1"), Person: PersonFields{ID: mei.ID}, Fields: map[string]string{"last_exposed": "2022-03-03", "area": "370101"}})
		s.must(err)
		const text = "contact_id,name,document number,telephone,source_case_id,date_of_last_contact\n" +
			"F1,Fang,a1,13900000001,C1,2022-03-04\n" + // the register has them under another name
			"F2,Mei,A3,,C2,2022-03-04\n" + // a contact already
			"F3,Lei,A2,,C2,2022-03-04\n" + // an open case
			"F4,New,A4,,C1,2022-03-04\n" + // nobody yet
			"F5,New,A4,,C2,2022-03-05\n" + // the same under another code
			"F6,Lei,A2,,C1,2022-03-04\n" + // the case itself
			"F7,Other,,,C1,2022-03-04\n" // no document: somebody of their own
		out, told := s.loadKnown("contacts.csv", text)
		if out.Created != 4 || out.Updated != 2 || out.Rejected != 1 || len(told) != 1 || told[0].Row != 7 || told[0].Column != "document" || !strings.Contains(told[0].Reason, "nobody is a contact of themselves") {
			t.Fatalf("%+v, %+v", out, told)
		}
		check := func() {
			t.Helper()
			for document, want := range map[string]person.ID{"A1": fang.ID, "A2": lei.ID, "A3": mei.ID, "A4": 0} {
				if got := s.holders(document); len(got) != 1 || want != 0 && got[0] != want {
					t.Errorf("%s is of %v, want %d", document, got, want)
				}
			}
			s.must(s.db.View(ctx, func(r *store.Reader) error {
				k, err := r.ContactsByCodes(s.outbreakID(), []string{"F1", "F2", "F3", "F4", "F5", "F6", "F7"})
				if err != nil {
					return err
				}
				if len(k) != 4 || k["F1"].Person != fang.ID || k["F3"].Person != lei.ID || k["F4"].Person != s.holders("A4")[0] || k["F7"].Person == 0 {
					t.Errorf("listed are %+v", k)
				}
				if sick := k["F3"]; sick.State != contact.BecameCase || sick.Contact.BecameCase != s.caseOf("C1") {
					t.Errorf("the open case is listed as %+v", sick.Contact)
				}
				tasks, err := r.TasksOf(onContact(k["F3"].ID))
				for _, x := range tasks {
					if x.State == task.Open {
						t.Errorf("%s is asked of a contact who is a case", x.Kind)
					}
				}
				if err != nil {
					return err
				}
				links, err := r.LinksOf(s.caseOf("C1"))
				if err != nil || len(links) != 1 || links[0].From != s.caseOf("C2") {
					t.Errorf("links of the case: %+v, %v", links, err)
				}
				m, err := r.Contact(known.ID)
				if err != nil || m.LastExposed.String() != "2022-03-04" || m.Attributes["other_codes"] != "F2" || m.State != contact.Listed {
					t.Errorf("the contact who was known: %+v, %v", m, err)
				}
				if n, f := s.exposures(known.ID), s.exposures(k["F4"].ID); len(n) != 2 || len(f) != 2 || k["F4"].LastExposed.String() != "2022-03-05" {
					t.Errorf("they met %v and %v, until %s", n, f, k["F4"].LastExposed)
				}
				name, err := s.identities.Find(r, vault.FieldName, vault.NewSecret("王芳"))
				if err != nil || len(name) != 1 || name[0] != fang.ID {
					t.Errorf("the register's name is of %v, %v", name, err)
				}
				phone, err := s.identities.Find(r, vault.FieldPhone, vault.NewSecret("13900000001"))
				if err != nil || len(phone) != 1 || phone[0] != fang.ID {
					t.Errorf("the telephone number is of %v, %v", phone, err)
				}
				return nil
			}))
		}
		check()
		if out, told = s.loadKnown("contacts.csv", text); out.Unchanged != 6 || out.Rejected != 1 || len(told) != 1 {
			t.Errorf("in again: %+v, %+v", out, told)
		}
		check()
	})
}

// Who is named by hand with the document of a case has not met that case; of another open one they are listed as a contact who became a case, and nobody follows them up beside it.
func TestAnOpenCaseIsListedAsAContact(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		s := withVault(t, open)
		ctx, by := t.Context(), Owner("test")
		s.register("name,document,community code,household\n李雷,A2,370102,2\n")
		for code, who := range map[string]PersonFields{"C1": {ID: s.who("A2").ID}, "C2": {}} {
			_, err := s.AddCase(ctx, by, AddCase{Outbreak: "o", Code: code, Person: who, Fields: map[string]string{"class": "confirmed", "onset": "2022-03-05", "area": "370101"}})
			s.must(err)
		}
		list := func(of string) (Listed, error) {
			return s.ListContact(ctx, by, ListContact{Outbreak: "o", Case: s.caseOf(of), Person: PersonFields{Identity: IdentityFields{Document: "A2"}}, Fields: map[string]string{"last_exposed": "2022-03-04", "area": "370101"}})
		}
		var wrong *Invalid
		if _, err := list("C1"); !errors.As(err, &wrong) || wrong.Field != "document" || wrong.Value != "" {
			t.Errorf("a contact of themselves: %v", err)
		}
		far := s.far()
		_, err := s.AskAssistance(ctx, by, AskAssistance{Outbreak: "o", Case: far, Person: PersonFields{Identity: IdentityFields{Document: "A2"}}, Fields: map[string]string{"last_exposed": "2022-03-04", "area": "370101"}})
		s.must(err)
		if _, err := s.AskAssistance(ctx, by, AskAssistance{Outbreak: "o", Case: s.caseOf("C1"), Person: PersonFields{Identity: IdentityFields{Document: "A2"}}, Fields: map[string]string{"last_exposed": "2022-03-04", "area": "3709"}}); !errors.As(err, &wrong) || wrong.Field != "document" {
			t.Errorf("asked of another office about themselves: %v", err)
		}
		k, err := list("C2")
		if err != nil || k.State != contact.BecameCase || k.Contact.BecameCase != s.caseOf("C1") {
			t.Fatalf("listed as %+v, %v", k.Contact, err)
		}
		s.must(s.db.View(ctx, func(r *store.Reader) error {
			tasks, err := r.TasksOf(onContact(k.ID))
			for _, x := range tasks {
				if x.State == task.Open {
					t.Errorf("%s is asked of them", x.Kind)
				}
			}
			return err
		}))
	})
}

// An import that is bound to an area takes in nothing of whoever is known elsewhere, and does not say who that is.
func TestBoundImportOfContactsKnownElsewhere(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		s := withVault(t, open)
		ctx, by := t.Context(), Owner("test")
		far := s.far()
		_, err := s.ListContact(ctx, by, ListContact{Outbreak: "o", Code: "K1", Case: far, Person: PersonFields{Identity: IdentityFields{Document: "A1"}}, Fields: map[string]string{"last_exposed": "2022-03-03", "area": "3709"}})
		s.must(err)
		_, err = s.AddCase(ctx, by, AddCase{Outbreak: "o", Code: "F2", Person: PersonFields{Identity: IdentityFields{Document: "A2"}}, Fields: map[string]string{"class": "confirmed", "onset": "2022-03-05", "area": "3709"}})
		s.must(err)
		src, m := source(t, "contacts.csv", "contact_id,document number,source_case_id,date_of_last_contact\nX1,A1,C9,2022-03-04\nX2,A2,C9,2022-03-04\n")
		var told []exchange.Problem
		out, err := s.Import(ctx, by, ImportFile{Outbreak: "o", Source: src, Map: m, Area: s.areaOf("3701"), Problem: func(p exchange.Problem) error { told = append(told, p); return nil }})
		if err != nil || out.Rejected != 2 || len(told) != 2 {
			t.Fatalf("%+v, %+v, %v", out, told, err)
		}
		for _, p := range told {
			if p.Column != "document" || !strings.Contains(p.Reason, "in another area") || strings.Contains(p.Reason, "K1") || strings.Contains(p.Reason, "F2") {
				t.Errorf("told %+v", p)
			}
		}
	})
}
