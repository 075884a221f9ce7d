package command

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/lab"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/task"
)

// TestManyIsOneByOne: whatever is told of people in one request, in whatever order, has the outcome of telling it row by row: the same rows are refused, and everybody
// ends with the same open and done tasks.
func TestManyIsOneByOne(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		ctx, by := context.Background(), Owner("test")
		s := newStory(t, open, "covid19/2022-v9")
		n, failed, enough := 0, false, 20
		if testing.Short() {
			enough = 6
		}
		rapid.Check(t, func(t *rapid.T) {
			if n++; n > enough && !failed { // each is some hundred orders on a real database
				return
			}
			defer func() { failed = failed || t.Failed() }()
			must := func(err error) {
				if err != nil {
					t.Fatal(err)
				}
			}
			s.clock.set(time.Date(2022, 3, 5, 1, 0, 0, 0, time.UTC))
			type side struct {
				name  string
				ids   []cases.ID
				met   []contact.ID
				taken []lab.Specimen
			}
			sides := []*side{{name: fmt.Sprintf("one%d", n)}, {name: fmt.Sprintf("many%d", n)}}
			sources, contacts := rapid.IntRange(1, 2).Draw(t, "cases"), rapid.IntRange(1, 6).Draw(t, "contacts")
			var second []int
			for range contacts {
				second = append(second, rapid.IntRange(0, 3).Draw(t, "second"))
			}
			for _, x := range sides {
				_, err := s.StartOutbreak(ctx, by, StartOutbreak{Name: x.name, Pack: "covid19/2022-v9", Zone: "Asia/Shanghai", Area: "37"})
				must(err)
				for range sources {
					c, err := s.AddCase(ctx, by, AddCase{Outbreak: x.name, Fields: map[string]string{"class": "confirmed", "area": "370101"}})
					must(err)
					x.ids = append(x.ids, c.ID)
				}
				for i, of := range second {
					in := ListContact{Outbreak: x.name, Case: x.ids[i%sources], Fields: map[string]string{"last_exposed": "2022-03-03", "tier": "close"}}
					if of > 0 && i > 0 {
						in.Case, in.Parent, in.Fields["tier"] = 0, x.met[0], "secondary"
					}
					k, err := s.ListContact(ctx, by, in)
					must(err)
					x.met = append(x.met, k.ID)
				}
			}
			one, many := sides[0], sides[1]
			// Of the tasks of one side the other's is the one with the same kind and number.
			twin := func(x *side, of task.Subject, kind task.Kind, ordinal int) task.ID {
				var id task.ID
				must(s.db.View(ctx, func(r *store.Reader) error {
					list, err := r.TasksOf(of)
					for _, t := range list {
						if t.Kind == kind && t.Ordinal == ordinal {
							id = t.ID
						}
					}
					return err
				}))
				return id
			}
			for step := range rapid.IntRange(2, 5).Draw(t, "steps") {
				s.clock.set(s.clock.now().Add(3 * time.Hour))
				rows := rapid.IntRange(1, 8).Draw(t, "rows")
				var refused [2][]int
				switch rapid.IntRange(0, 3).Draw(t, "what") {
				case 0:
					var all [2][]Done
					for range rows {
						i := rapid.IntRange(0, contacts-1).Draw(t, "of")
						kind := rapid.SampledFrom([]task.Kind{task.ReachContact, task.QuarantineContact, task.TellRestriction, task.CheckContact}).Draw(t, "kind")
						var ordinal int
						for _, x := range s.tasksAll(onContact(one.met[i])) {
							if x.Kind == kind {
								ordinal = x.Ordinal
							}
						}
						for k, x := range sides {
							all[k] = append(all[k], Done{Task: twin(x, onContact(x.met[i]), kind, ordinal)})
						}
					}
					for i := range rows {
						r, err := s.CompleteTasks(ctx, by, one.name, all[0][i:i+1])
						must(err)
						if len(r) > 0 {
							refused[0] = append(refused[0], i)
						}
					}
					r, err := s.CompleteTasks(ctx, by, many.name, all[1])
					must(err)
					for _, x := range r {
						refused[1] = append(refused[1], x.Row)
					}
				case 1:
					var all [2][]RecordCheck
					for range rows {
						i := rapid.IntRange(0, contacts-1).Draw(t, "of")
						row := RecordCheck{Slot: rapid.IntRange(0, 1).Draw(t, "slot"), Seen: rapid.Bool().Draw(t, "seen"), Temperature: rapid.SampledFrom([]float64{36.6, 38.5, 99}).Draw(t, "°C")}
						for k, x := range sides {
							row.Contact = x.met[i]
							all[k] = append(all[k], row)
						}
					}
					for i := range rows {
						r, err := s.RecordChecks(ctx, by, one.name, all[0][i:i+1])
						must(err)
						if len(r) > 0 {
							refused[0] = append(refused[0], i)
						}
					}
					r, err := s.RecordChecks(ctx, by, many.name, all[1])
					must(err)
					for _, x := range r {
						refused[1] = append(refused[1], x.Row)
					}
				case 2:
					var all [2][]TakeSpecimen
					for i := range rows {
						of := rapid.IntRange(0, contacts-1).Draw(t, "of")
						for k, x := range sides {
							all[k] = append(all[k], TakeSpecimen{Of: onContact(x.met[of]), Code: fmt.Sprintf("S%d-%d", step, rapid.SampledFrom([]int{i, 0}).Draw(t, "code"))})
						}
						all[1][i].Code = all[0][i].Code
					}
					for i := range rows {
						out, r, err := s.TakeSpecimens(ctx, by, one.name, all[0][i:i+1])
						must(err)
						if len(r) > 0 {
							refused[0] = append(refused[0], i)
							continue
						}
						one.taken = append(one.taken, out...)
					}
					out, r, err := s.TakeSpecimens(ctx, by, many.name, all[1])
					must(err)
					for _, x := range r {
						refused[1] = append(refused[1], x.Row)
					}
					for i, x := range out {
						if !slices.Contains(refused[1], i) {
							many.taken = append(many.taken, x)
						}
					}
				case 3:
					if len(one.taken) == 0 || len(one.taken) != len(many.taken) {
						continue
					}
					var all [2][]ReportResult
					for range rows {
						i := rapid.IntRange(0, len(one.taken)-1).Draw(t, "of")
						result := rapid.SampledFrom([]string{"negative", "positive"}).Draw(t, "result")
						for k, x := range sides {
							all[k] = append(all[k], ReportResult{Specimen: x.taken[i].ID, Result: result})
						}
					}
					for i := range rows {
						r, err := s.ReportResults(ctx, by, one.name, all[0][i:i+1])
						must(err)
						if len(r) > 0 {
							refused[0] = append(refused[0], i)
						}
					}
					r, err := s.ReportResults(ctx, by, many.name, all[1])
					must(err)
					for _, x := range r {
						refused[1] = append(refused[1], x.Row)
					}
				}
				slices.Sort(refused[1])
				if d := cmp.Diff(refused[0], refused[1]); d != "" {
					t.Fatalf("refused row by row (-) and together (+):\n%s", d)
				}
			}
			for i := range contacts {
				a, b := s.stands(onContact(one.met[i])), s.stands(onContact(many.met[i]))
				if d := cmp.Diff(a, b); d != "" {
					t.Errorf("contact %d row by row (-) and together (+):\n%s", i, d)
				}
			}
			for i := range sources {
				a, b := s.stands(onCase(one.ids[i])), s.stands(onCase(many.ids[i]))
				if d := cmp.Diff(a, b); d != "" {
					t.Errorf("case %d row by row (-) and together (+):\n%s", i, d)
				}
			}
		})
	})
}

func (s *story) tasksAll(of task.Subject) (list []task.Task) {
	s.t.Helper()
	s.must(s.db.View(context.Background(), func(r *store.Reader) (err error) {
		list, err = r.TasksOf(of)
		return err
	}))
	return list
}

// stands says in words where somebody and their tasks stand. Tasks that came and went without anybody's doing are left out.
func (s *story) stands(of task.Subject) string {
	var lines []string
	for _, t := range s.tasksAll(of) {
		if t.Kind == task.DecideZone {
			t.Ordinal = 0 // the zone's number
		}
		if t.State != task.Void {
			lines = append(lines, fmt.Sprintf("%s %d %s due %s", t.Kind, t.Ordinal, t.State, t.Due.Format(time.RFC3339)))
		}
	}
	slices.Sort(lines)
	if of.Kind == task.OnContact {
		c := s.contact(contact.ID(of.ID))
		lines = append(lines, fmt.Sprintf("%s %s reached %s ends %s symptoms %v case %v", c.State, c.Tier, c.ReachedAt.Format(time.RFC3339), c.EndsOn, c.Symptoms, c.BecameCase != 0))
	}
	return strings.Join(append(lines, strconv.Itoa(len(lines))), "\n")
}
