package command

import (
	"context"
	"errors"
	"strings"
	"testing"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/exchange"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/task"
)

func (s *story) exposures(id contact.ID) (out []contact.Exposure) {
	s.t.Helper()
	s.must(s.db.View(context.Background(), func(r *store.Reader) (err error) {
		out, err = r.Exposures(id)
		return err
	}))
	return out
}

func (s *story) contactsOf(id cases.ID) (out []contact.ID) {
	s.t.Helper()
	s.must(s.db.View(context.Background(), func(r *store.Reader) error {
		list, err := r.ContactsOf(id)
		for _, k := range list {
			out = append(out, k.ID)
		}
		n, errCount := r.CountContactsOf(id)
		if n != len(list) {
			s.t.Errorf("case %d has %d contacts, counted as %d", id, len(list), n)
		}
		return errors.Join(err, errCount)
	}))
	return out
}

// TestSeveralSources: a contact of two cases is followed by both; when one is none, or they never met, the other holds.
func TestSeveralSources(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		ctx, by := context.Background(), Owner("test")
		s := newStory(t, open, "covid19/2022-v9")
		add := func(code string) cases.Case {
			c, err := s.AddCase(ctx, by, AddCase{Outbreak: "o", Code: code, Fields: map[string]string{"class": "confirmed", "onset": "2022-03-03", "area": "370101"}})
			s.must(err)
			return c.Case
		}
		a, d := add("A"), add("D")
		b, err := s.ListContact(ctx, by, ListContact{Outbreak: "o", Code: "B", Case: a.ID, Fields: map[string]string{"last_exposed": "2022-03-04"}})
		s.must(err)
		b.Contact, err = s.AddExposure(ctx, by, AddExposure{Contact: b.ID, Case: d.ID, First: "2022-03-01", Last: "2022-03-02", Tier: "general", Certainty: "probable", Setting: "bus", SaidBy: "D"})
		s.must(err)
		if b.Tier != contact.Close || b.Case != a.ID || b.LastExposed.String() != "2022-03-04" || b.FirstExposed.String() != "2022-03-01" {
			t.Errorf("B of both: %s of case %d, exposed %s to %s", b.Tier, b.Case, b.FirstExposed, b.LastExposed)
		}
		for _, id := range []cases.ID{a.ID, d.ID} {
			if got := s.contactsOf(id); len(got) != 1 || got[0] != b.ID {
				t.Errorf("case %d has contacts %v", id, got)
			}
		}

		a, err = s.CorrectCase(ctx, by, CorrectCase{Case: a.ID, Version: a.Version, Fields: map[string]string{"class": "discarded"}})
		s.must(err)
		if now := s.contact(b.ID); now.Tier != contact.General || now.Case != d.ID || now.State != contact.Released {
			t.Errorf("B when A is none: %s of case %d, %s", now.Tier, now.Case, now.State)
		}
		a, err = s.CorrectCase(ctx, by, CorrectCase{Case: a.ID, Version: a.Version, Fields: map[string]string{"class": "confirmed"}})
		s.must(err)
		if now := s.contact(b.ID); now.Tier != contact.Close || now.Case != a.ID || now.State != contact.Listed || s.tasks(onContact(b.ID))[task.ReleaseContact].State != task.Open {
			t.Errorf("B when A is one again: %s of case %d, %s", now.Tier, now.Case, now.State)
		}

		list := s.exposures(b.ID)
		if len(list) != 2 || list[1].SaidBy != "D" || list[1].Certainty != cases.Likely || list[1].Setting != "bus" {
			t.Fatalf("exposures: %+v", list)
		}
		var invalid *Invalid
		if _, err = s.CorrectContact(ctx, by, CorrectContact{Contact: b.ID, Version: s.contact(b.ID).Version, Fields: map[string]string{"last_exposed": "2022-03-03"}}); !errors.As(err, &invalid) || invalid.Field != "last_exposed" {
			t.Errorf("the last day of two exposures corrected at once: %v", err)
		}
		if _, err = s.EndExposure(ctx, by, EndExposure{Exposure: list[0].ID, Version: list[0].Version}); !errors.As(err, &invalid) || invalid.Field != "reason" {
			t.Errorf("ended without a reason: %v", err)
		}
		_, err = s.EndExposure(ctx, by, EndExposure{Exposure: list[0].ID, Version: list[0].Version, Reason: "A was abroad"})
		s.must(err)
		var conflict *store.Conflict
		if _, err = s.EndExposure(ctx, by, EndExposure{Exposure: list[0].ID, Version: list[0].Version, Reason: "again"}); !errors.As(err, &conflict) {
			t.Errorf("ended by two: %v", err)
		}
		if now := s.contact(b.ID); now.Tier != contact.General || now.Case != d.ID {
			t.Errorf("B without A: %s of case %d", now.Tier, now.Case)
		}
		if got := s.contactsOf(a.ID); len(got) != 0 {
			t.Errorf("A still has contacts %v", got)
		}

		// A person's judgement of the tier is of all that holds, and the same exposure told again is one.
		now := s.contact(b.ID)
		_, err = s.CorrectContact(ctx, by, CorrectContact{Contact: b.ID, Version: now.Version, Fields: map[string]string{"tier": "close"}})
		s.must(err)
		b.Contact, err = s.AddExposure(ctx, by, AddExposure{Contact: b.ID, Case: d.ID, Last: "2022-03-05", Tier: "general"})
		s.must(err)
		if b.Tier != contact.Close || b.LastExposed.String() != "2022-03-05" || len(s.exposures(b.ID)) != 2 {
			t.Errorf("B judged close: %s, exposed until %s, %d exposures", b.Tier, b.LastExposed, len(s.exposures(b.ID)))
		}
		for field, in := range map[string]AddExposure{
			"case":      {Contact: b.ID, Last: "2022-03-01"},
			"last":      {Contact: b.ID, Case: d.ID, Last: "2022-03-09"},
			"tier":      {Contact: b.ID, Case: d.ID, Last: "2022-03-01", Tier: "near"},
			"certainty": {Contact: b.ID, Case: d.ID, Last: "2022-03-01", Certainty: "sure"},
			"parent":    {Contact: b.ID, Parent: b.ID, Last: "2022-03-01"},
		} {
			if _, err := s.AddExposure(ctx, by, in); !errors.As(err, &invalid) || invalid.Field != field {
				t.Errorf("%+v: %v, want %s to be wrong", in, err, field)
			}
		}
	})
}

// TestImportOfSeveralSources: a file names two cases for one contact, one of them unknown, in two rows; both are exposures, and importing it again changes nothing.
func TestImportOfSeveralSources(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		ctx, by := context.Background(), Owner("test")
		s := newStory(t, open, "covid19/2022-v9")
		a, err := s.AddCase(ctx, by, AddCase{Outbreak: "o", Code: "A", Fields: map[string]string{"class": "confirmed", "onset": "2022-03-03", "area": "370101"}})
		s.must(err)
		m := exchange.Map{Format: "t", Kind: exchange.KindContacts, Fields: map[exchange.Field]exchange.Column{
			exchange.FieldCode: {From: []string{"id"}}, exchange.FieldSource: {From: []string{"of"}}, exchange.FieldLastExposure: {From: []string{"last"}}}}
		const text = "id,of,last\nK,A,2022-03-04\nK,Z,2022-03-02\n"
		load := func() ImportResult {
			src := exchange.NewSource("k.csv", strings.NewReader(text), int64(len(text)))
			out, err := s.Import(ctx, by, ImportFile{Outbreak: "o", Source: src, Map: m})
			s.must(err)
			return out
		}
		if out := load(); out.Created != 1 || out.Updated != 1 || out.UnresolvedLinks != 1 {
			t.Errorf("import: %+v", out)
		}
		k := s.contactsOf(a.ID)
		if len(k) != 1 {
			t.Fatalf("A has contacts %v", k)
		}
		if out := load(); out.Created+out.Updated != 0 {
			t.Errorf("import again: %+v", out)
		}
		list := s.exposures(k[0])
		if len(list) != 2 || list[1].SourceCode != "Z" || list[1].Last.String() != "2022-03-02" {
			t.Fatalf("exposures: %+v", list)
		}
		if now := s.contact(k[0]); now.Case != a.ID || now.LastExposed.String() != "2022-03-04" {
			t.Errorf("K is of case %d, last exposed %s", now.Case, now.LastExposed)
		}
	})
}
