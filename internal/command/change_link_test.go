package command

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
)

func (s *story) links() (out []cases.Link) {
	s.t.Helper()
	s.must(s.db.View(context.Background(), func(r *store.Reader) error {
		o, err := r.OutbreakByName("o")
		s.must(err)
		out, err = r.Links(o.ID)
		return err
	}))
	return out
}

// TestLinks: one link between two people, upgraded; no circle; not against the days, but with a reason; removed for good, but by a person; resolved by hand.
func TestLinks(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		ctx, by := context.Background(), Owner("test")
		s := newStory(t, open, "covid19/2022-v9")
		for code, onset := range map[string]string{"A": "2022-03-01", "B": "2022-03-03", "C": "2022-03-04", "D": ""} {
			_, err := s.AddCase(ctx, by, AddCase{Outbreak: "o", Code: code, Fields: map[string]string{"class": "confirmed", "onset": onset}})
			s.must(err)
		}
		link := func(from, to string, kind cases.LinkKind, sure cases.Certainty, reason string) error {
			return s.LinkCases(ctx, by, LinkCases{Outbreak: "o", From: from, To: to, Kind: kind, Certainty: sure, Reason: reason})
		}
		refused := func(err error, field, says string) {
			t.Helper()
			var invalid *Invalid
			if !errors.As(err, &invalid) || invalid.Field != field || !strings.Contains(invalid.Reason, says) {
				t.Errorf("got %v, want %s to be refused: %s", err, field, says)
			}
		}
		s.must(link("B", "A", cases.Direct, cases.Possible, ""))
		s.must(link("A", "B", cases.Transmission, cases.Likely, ""))
		s.must(link("A", "B", cases.Direct, cases.Certain, ""))
		s.must(link("A", "B", cases.Transmission, cases.Possible, ""))
		if l := s.links(); len(l) != 1 || l[0].Kind != cases.Transmission || l[0].FromCode != "A" || l[0].Certainty != cases.Likely {
			t.Fatalf("A and B: %+v", l)
		}
		s.must(link("B", "C", cases.Transmission, "", ""))
		refused(link("C", "A", cases.Transmission, "", "sure of it"), "to", "C infected A infected B infected C")
		refused(link("C", "B", cases.Transmission, "", "sure of it"), "to", "circle")
		s.must(link("B", "D", cases.Transmission, "", "")) // of D no onset is known
		_, err := s.AddCase(ctx, by, AddCase{Outbreak: "o", Code: "E", Fields: map[string]string{"class": "confirmed", "onset": "2022-02-26"}})
		s.must(err)
		refused(link("A", "E", cases.Transmission, "", ""), "to", "before 2022-02-28")
		refused(link("A", "E", cases.Transmission, "sure", ""), "certainty", "possible")
		s.must(link("A", "E", cases.Transmission, "", "A's onset was told wrongly"))

		first := s.links()[0]
		refused(s.RemoveLink(ctx, by, RemoveLink{Link: first.ID}), "reason", "needed")
		s.must(s.RemoveLink(ctx, by, RemoveLink{Link: first.ID, Reason: "another A"}))
		if err := s.RemoveLink(ctx, by, RemoveLink{Link: first.ID, Reason: "again"}); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("removed twice: %v", err)
		}
		s.must(s.db.Update(ctx, func(tx *store.Tx) error { // as a file and a rule do
			put, err := tx.AddLinks([]store.NewLink{{Link: cases.Link{Outbreak: first.Outbreak, From: first.From, To: first.To, FromCode: "A", ToCode: "B", Kind: cases.Direct}}})
			if err == nil && put[0] != store.LinkKept {
				t.Error("a link that a person removed was drawn again")
			}
			return err
		}))
		if n := len(s.links()); n != 3 {
			t.Errorf("%d links stand", n)
		}
		s.must(link("A", "B", cases.Transmission, "", ""))
		if n := len(s.links()); n != 4 {
			t.Errorf("%d links stand after the person drew it again", n)
		}

		s.must(link("Z", "D", cases.Transmission, "", ""))
		list := s.links()
		waiting := list[len(list)-1]
		refused(s.ResolveLink(ctx, by, ResolveLink{Link: waiting.ID, Case: "D", Reason: "told so"}), "case", "same case")
		refused(s.ResolveLink(ctx, by, ResolveLink{Link: waiting.ID, Case: "Y", Reason: "told so"}), "case", "no case")
		s.must(s.ResolveLink(ctx, by, ResolveLink{Link: waiting.ID, Case: "C", Reason: "Z is what the school calls C"}))
		if list = s.links(); !list[len(list)-1].Resolved() || list[len(list)-1].FromCode != "Z" {
			t.Errorf("resolved: %+v", list[len(list)-1])
		}
	})
}

// TestContactWhoBecameCaseIsLinked: to each case they met, once, whatever is told besides.
func TestContactWhoBecameCaseIsLinked(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		ctx, by := context.Background(), Owner("test")
		s := newStory(t, open, "covid19/2022-v9")
		a, err := s.AddCase(ctx, by, AddCase{Outbreak: "o", Code: "A", Fields: map[string]string{"class": "confirmed", "onset": "2022-03-01"}})
		s.must(err)
		k, err := s.ListContact(ctx, by, ListContact{Outbreak: "o", Code: "K", Case: a.ID, Fields: map[string]string{"last_exposed": "2022-03-04", "setting": "home"}})
		s.must(err)
		sp, err := s.TakeSpecimen(ctx, by, TakeSpecimen{Of: onContact(k.ID), Code: "T"})
		s.must(err)
		_, err = s.ReportResult(ctx, by, ReportResult{Specimen: sp.ID, Result: "positive"})
		s.must(err)
		l := s.links()
		if len(l) != 1 || l[0].Kind != cases.Direct || l[0].Certainty != cases.Likely || l[0].FromCode != "A" || l[0].ToCode != "K" || l[0].Setting != "home" {
			t.Fatalf("links by rule: %+v", l)
		}
		s.must(s.LinkCases(ctx, by, LinkCases{Outbreak: "o", From: "A", To: "K", Kind: cases.Transmission}))
		if l = s.links(); len(l) != 1 || l[0].Kind != cases.Transmission {
			t.Fatalf("links after the investigator told of it: %+v", l)
		}
		s.must(s.RemoveLink(ctx, by, RemoveLink{Link: l[0].ID, Reason: "sequences differ"}))
		now := s.contact(k.ID)
		_, err = s.CorrectContact(ctx, by, CorrectContact{Contact: k.ID, Version: now.Version, Fields: map[string]string{"relation": "cousin"}})
		s.must(err)
		if l = s.links(); len(l) != 0 {
			t.Errorf("the rule drew again what a person removed: %+v", l)
		}
	})
}

// TestCircleOf compares with walking every way.
func TestCircleOf(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const n = 5
		var all []cases.Link
		reach := [n + 1][n + 1]bool{}
		for i := range rapid.IntRange(0, 8).Draw(t, "links") {
			from, to := rapid.IntRange(1, n).Draw(t, "from"), rapid.IntRange(1, n).Draw(t, "to")
			all = append(all, cases.Link{ID: cases.LinkID(i + 1), From: cases.ID(from), To: cases.ID(to), FromCode: string(rune('0' + from)), ToCode: string(rune('0' + to)), Kind: cases.Transmission})
			reach[from][to] = true
		}
		for k := 1; k <= n; k++ {
			for i := 1; i <= n; i++ {
				for j := 1; j <= n; j++ {
					reach[i][j] = reach[i][j] || reach[i][k] && reach[k][j]
				}
			}
		}
		from, to := rapid.IntRange(1, n).Draw(t, "new from"), rapid.IntRange(1, n).Draw(t, "new to")
		if from == to {
			t.Skip("one case")
		}
		circle := circleOf(all, cases.Link{From: cases.ID(from), To: cases.ID(to), FromCode: string(rune('0' + from)), Kind: cases.Transmission})
		if got, want := circle != nil, reach[to][from]; got != want {
			t.Fatalf("circle %v, want %v", circle, want)
		}
		if circle != nil && (circle[0] != circle[len(circle)-1] || circle[1] != string(rune('0'+to))) {
			t.Fatalf("circle of %d and %d is told as %v", from, to, circle)
		}
	})
}

// TestASuspicionIsAnsweredOnce: a contact with a symptom and a positive antigen test is ruled out as a case. The negatives that follow make no case of the old antigen test again.
func TestASuspicionIsAnsweredOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		ctx, by := t.Context(), Owner("test")
		s := newStory(t, open, "covid19/who")
		a, err := s.AddCase(ctx, by, AddCase{Outbreak: "o", Code: "A", Fields: map[string]string{"class": "confirmed", "onset": "2022-03-03"}})
		s.must(err)
		k, err := s.ListContact(ctx, by, ListContact{Outbreak: "o", Code: "K", Case: a.ID, Fields: map[string]string{"last_exposed": "2022-03-04"}})
		s.must(err)
		_, err = s.RecordCheck(ctx, by, RecordCheck{Contact: k.ID, Seen: true, Symptoms: []string{"fever", "cough"}})
		s.must(err)
		if now := s.contact(k.ID); now.State != contact.BecameCase {
			t.Fatalf("an ill contact is %s", now.State)
		}
		result := func(method, is string, want contact.State, cases int) {
			t.Helper()
			s.clock.set(s.clock.now().Add(time.Hour))
			sp, err := s.TakeSpecimen(ctx, by, TakeSpecimen{Of: onContact(k.ID), Method: method})
			s.must(err)
			s.clock.set(s.clock.now().Add(time.Hour))
			_, err = s.ReportResult(ctx, by, ReportResult{Specimen: sp.ID, Result: is})
			s.must(err)
			if now := s.contact(k.ID); now.State != want {
				t.Errorf("after %s %s the contact is %s, want %s", method, is, now.State, want)
			}
			s.must(s.db.View(ctx, func(r *store.Reader) error {
				list, err := r.CasesOf(k.Person)
				if len(list) != cases {
					t.Errorf("after %s %s they were taken for a case %d times, want %d", method, is, len(list), cases)
				}
				return err
			}))
		}
		result("antigen", "positive", contact.BecameCase, 1)
		result("pcr", "negative", contact.Followed, 1)
		result("pcr", "negative", contact.Followed, 1)
		result("antigen", "positive", contact.BecameCase, 2)
	})
}
