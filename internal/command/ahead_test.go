package command

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/store/storetest"
	"firebreak/internal/task"
)

// TestLookAheadSaysWhatTheStoreSays: whoever is on record, an order that has looked ahead is told exactly what one that asks each time is told.
func TestLookAheadSaysWhatTheStoreSays(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		ctx, by := context.Background(), Owner("test")
		s := newStory(t, open, "covid19/2022-v9")
		n, failed := 0, false
		rapid.Check(t, func(t *rapid.T) {
			if n++; n > 20 && !failed { // each is some twenty orders on a real database
				return
			}
			defer func() { failed = failed || t.Failed() }()
			must := func(err error) {
				if err != nil {
					t.Fatal(err)
				}
			}
			name := "o" + strconv.Itoa(n)
			o, err := s.StartOutbreak(ctx, by, StartOutbreak{Name: name, Pack: "covid19/2022-v9", Zone: "Asia/Shanghai", Area: "37"})
			must(err)
			var ids []cases.ID
			var met []contact.ID
			for range rapid.IntRange(1, 3).Draw(t, "cases") {
				c, err := s.AddCase(ctx, by, AddCase{Outbreak: name, Fields: map[string]string{"class": rapid.SampledFrom([]string{"suspected", "confirmed"}).Draw(t, "class"), "area": "370101"}})
				must(err)
				ids = append(ids, c.ID)
				for range rapid.IntRange(0, 3).Draw(t, "contacts") {
					in := ListContact{Outbreak: name, Case: c.ID, Fields: map[string]string{"last_exposed": "2022-03-03", "tier": "close"}}
					if len(met) > 0 && rapid.Bool().Draw(t, "secondary") {
						in.Case, in.Parent, in.Fields["tier"] = 0, met[0], "secondary"
					}
					k, err := s.ListContact(ctx, by, in)
					must(err)
					if len(ids) > 1 && in.Case != 0 && rapid.Bool().Draw(t, "met another") {
						_, err := s.AddExposure(ctx, by, AddExposure{Contact: k.ID, Case: ids[0], Last: "2022-03-02"})
						must(err)
					}
					met = append(met, k.ID)
					if rapid.Bool().Draw(t, "checked") {
						_, err := s.RecordCheck(ctx, by, RecordCheck{Contact: k.ID, Seen: true})
						must(err)
					}
					if rapid.Bool().Draw(t, "sampled") {
						sp, err := s.TakeSpecimen(ctx, by, TakeSpecimen{Of: onContact(k.ID), Code: fmt.Sprintf("T%d-%d", n, k.ID)})
						must(err)
						_, err = s.ReportResult(ctx, by, ReportResult{Specimen: sp.ID, Result: rapid.SampledFrom([]string{"positive", "negative"}).Draw(t, "result")})
						must(err)
					}
				}
			}
			must(s.inID(ctx, by, o.ID, func(u *unit) error {
				plain, err := s.newWorld(u.tx, u.o)
				must(err)
				must(u.lookAhead(ids))
				same := func(what string, ahead, asked any, err1, err2 error) {
					if err1 != nil || err2 != nil {
						t.Fatalf("%s: %v, %v", what, err1, err2)
					}
					if diff := cmp.Diff(asked, ahead, cmpopts.EquateEmpty(), cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() })); diff != "" {
						t.Fatalf("%s (-store +ahead):\n%s", what, diff)
					}
				}
				subjects := []task.Subject{}
				for _, id := range ids {
					a, err1 := u.CaseFacts(id)
					b, err2 := plain.CaseFacts(id)
					same(fmt.Sprintf("case %d", id), a, b, err1, err2)
					c, err1 := u.contactsOf(id)
					d, err2 := plain.contactsOf(id)
					same(fmt.Sprintf("contacts of case %d", id), c, d, err1, err2)
					subjects = append(subjects, onCase(id))
				}
				for _, id := range met {
					a, err1 := u.ContactFacts(id)
					b, err2 := plain.ContactFacts(id)
					same(fmt.Sprintf("contact %d", id), a, b, err1, err2)
					subjects = append(subjects, onContact(id))
				}
				for _, k := range subjects {
					a, err1 := u.tasksOf(k)
					b, err2 := plain.tasksOf(k)
					same(fmt.Sprint(k), a, b, err1, err2)
				}
				return nil
			}))
		})
	})
}
