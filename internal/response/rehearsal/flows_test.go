package rehearsal

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/day"
	"firebreak/internal/journal"
	"firebreak/internal/lab"
	"firebreak/internal/person"
	"firebreak/internal/protocol"
	"firebreak/internal/response"
	"firebreak/internal/screening"
	"firebreak/internal/task"
)

var update = flag.Bool("update", false, "write docs/flows.md anew")

// docs/flows.md is what the rules did when asked, under every pack; go test -update writes it anew.
func TestFlowsAreCurrent(t *testing.T) {
	t.Parallel()
	got := flows(t)
	file := filepath.Join("..", "..", "..", "docs", "flows.md")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not what the rules say; run go test ./internal/response/rehearsal -run Flows -update", file)
	}
}

// situations are the facts that a reader asks about, each entered into a world where A is a case found on 5 July 09:00 with
// the close contact B, whom C met.
func situations() []struct {
	title string
	enter func(*World) error
} {
	exposed := day.MustParse("2022-07-04")
	pcr := func(r lab.Result) func(*World) error {
		return func(w *World) error {
			_, err := w.Sample(2, lab.Specimen{Method: lab.PCR, TakenAt: w.now, Result: r, ResultAt: w.now})
			return err
		}
	}
	list := func(tier contact.Tier, e Exposure) func(*World) error {
		return func(w *World) error {
			_, err := w.AddContact(contact.Contact{Person: 9, Code: "N", Tier: tier, ListedAt: w.now}, e)
			return err
		}
	}
	return []struct {
		title string
		enter func(*World) error
	}{
		{"A suspected case is noted", func(w *World) error {
			_, err := w.AddCase(cases.Case{Person: 9, Code: "N", Class: cases.Suspected, Onset: exposed, NotedAt: w.now, Area: 1})
			return err
		}},
		{"A case is confirmed", func(w *World) error {
			_, err := w.AddCase(cases.Case{Person: 9, Code: "N", Class: cases.Confirmed, Onset: exposed, NotedAt: w.now, ConfirmedAt: w.now, Area: 1})
			return err
		}},
		{"The case is reported", func(w *World) error {
			return w.ChangeCase(1, journal.CaseReported, func(c *cases.Case) { c.ReportedAt = w.now })
		}},
		{"The case turns out to be none", func(w *World) error {
			return w.ChangeCase(1, journal.CaseCorrected, func(c *cases.Case) { c.Class = cases.Discarded })
		}},
		{"The case recovers", func(w *World) error {
			return w.ChangeCase(1, journal.CaseClosed, func(c *cases.Case) { c.Outcome, c.OutcomeOn = cases.Recovered, w.DayOf(w.now) })
		}},
		{"A close contact is listed, exposed the day before", list(contact.Close, Exposure{Case: 1, Last: exposed})},
		{"A secondary contact is listed, exposed the day before", list(contact.Secondary, Exposure{Parent: 1, Last: exposed})},
		{"A general contact is listed, exposed the day before", list(contact.General, Exposure{Case: 1, Last: exposed})},
		{"A check finds the contact well", func(w *World) error {
			return w.Check(1, contact.Check{Contact: 1, On: w.DayOf(w.now), At: w.now, Seen: true})
		}},
		{"A check finds nobody", func(w *World) error {
			return w.Check(1, contact.Check{Contact: 1, On: w.DayOf(w.now), At: w.now})
		}},
		{"A check finds a symptom", func(w *World) error {
			return w.Check(1, contact.Check{Contact: 1, On: w.DayOf(w.now), At: w.now, Seen: true, Symptoms: []string{"fever"}})
		}},
		{"The contact's specimen gives no result", pcr(lab.Inconclusive)},
		{"The contact's PCR is positive", pcr(lab.Positive)},
		{"A tube of three people is positive", func(w *World) error {
			return w.Pool("T", []person.ID{7, 8, 9}, w.now.Add(-6*time.Hour), lab.TubePositive)
		}},
		{"A tube of two people leaked", func(w *World) error {
			return w.Pool("T", []person.ID{7, 8}, w.now.Add(-6*time.Hour), lab.TubeLeaked)
		}},
		{"A tube is positive whose people are all singly negative", func(w *World) error {
			for _, p := range []person.ID{7, 8} {
				if _, err := w.Sample(p, lab.Specimen{Method: lab.PCR, TakenAt: w.now.Add(-time.Hour), Result: lab.Negative, ResultAt: w.now}); err != nil {
					return err
				}
			}
			return w.Pool("T", []person.ID{7, 8}, w.now.Add(-6*time.Hour), lab.TubePositive)
		}},
		{"Somebody reports a positive antigen self-test", func(w *World) error { return w.SelfTest(7, screening.SelfPositive) }},
	}
}

// files names the file in which the functions of a rule are: most have one of their own.
func files(t *testing.T, rule string) string {
	t.Helper()
	declared := regexp.MustCompile(`(?im)^func on(case|contact)?` + strings.ReplaceAll(rule, "_", "") + `\(`)
	names, err := filepath.Glob(filepath.Join("..", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if declared.Match(text) {
			return filepath.Base(name)
		}
	}
	t.Errorf("no file has the rule %s", rule)
	return ""
}

func flows(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("# What follows from what\n\nGenerated from the rules: each fact below was entered into a rehearsal under each pack, and this is what the rulebook ordered.\nDo not edit; `go test ./internal/response/rehearsal -run Flows -update` writes it anew.\n\n## Rules and the facts they answer\n\n| rule | file | facts |\n|---|---|---|\n")
	words := response.Words("en")
	for _, r := range response.Rules() {
		var on []string
		for _, k := range r.On {
			on = append(on, "`"+string(k)+"`")
		}
		fmt.Fprintf(&b, "| %s | `%s` | %s |\n", words["rule."+r.Name], files(t, r.Name), strings.Join(on, ", "))
	}
	b.WriteString("\nA late task climbs as `on_deadline_passed.go` says (`escalation` in the pack).\n")
	for _, p := range allPacks(t) {
		fmt.Fprintf(&b, "\n## %s\n\n%s (%s)\n", p.Ref(), p.Title.EN, p.Title.ZH)
		for _, s := range situations() {
			fmt.Fprintf(&b, "\n### %s\n\n", s.title)
			flow(t, &b, p, s.enter)
		}
	}
	return b.String()
}

func flow(t *testing.T, b *strings.Builder, p *protocol.Pack, enter func(*World) error) {
	t.Helper()
	w := New(p, shanghai)
	w.now = time.Date(2022, 7, 5, 9, 0, 0, 0, shanghai)
	yesterday := day.MustParse("2022-07-04")
	_, err := w.AddCase(cases.Case{Person: 1, Code: "A", Class: cases.Confirmed, Onset: yesterday, NotedAt: w.now, ConfirmedAt: w.now, Area: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.AddContact(contact.Contact{Person: 2, Code: "B", Tier: contact.Close, ListedAt: w.now}, Exposure{Case: 1, Last: yesterday}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.AddContact(contact.Contact{Person: 3, Code: "C", Tier: contact.Secondary, ListedAt: w.now}, Exposure{Parent: 1, Last: yesterday}); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(time.Hour)
	before := map[string]task.State{}
	name := func(x task.Task) string {
		code := ""
		if c, ok := w.Case(cases.ID(x.Subject.ID)); ok && x.Subject.Kind == task.OnCase {
			code = c.Code
		}
		if c, ok := w.Contact(contact.ID(x.Subject.ID)); ok && x.Subject.Kind == task.OnContact {
			code = c.Code
		}
		if x.Subject.Kind == task.OnPerson {
			code = fmt.Sprintf("P%d", x.Subject.ID)
		}
		if x.Subject.Kind == task.OnTube {
			code = w.tubes[x.Subject.ID-1].code
		}
		return fmt.Sprintf("%s %s/%d", code, x.Kind, x.Ordinal)
	}
	for _, x := range w.AllTasks() {
		before[name(x)] = x.State
	}
	facts := len(w.log)
	if err := enter(w); err != nil {
		t.Fatal(err)
	}
	var rows, brought []string
	for _, x := range w.AllTasks() {
		if old, had := before[name(x)]; had && old == x.State {
			continue
		}
		code, _, _ := strings.Cut(name(x), " ")
		c, _ := p.Clause(x.Because.Clause)
		due := x.Due.In(shanghai).Format("02 Jan 15:04")
		rows = append(rows, fmt.Sprintf("| %s | %s | %s | %s | %s | `%s` = %s %s (%s) |\n", code, response.Words("en")["task."+string(x.Kind)], x.State, x.Owner, due, c.Path, c.Value, c.Unit, c.Status))
	}
	for _, f := range w.log[facts:] {
		if f.By.Rule != "" {
			brought = append(brought, fmt.Sprintf("`%s` by %s under `%s`", f.Kind, f.By.Rule, f.By.Clause))
		}
	}
	if len(rows) == 0 {
		b.WriteString("No task changes.\n")
	} else {
		b.WriteString("| who | task | state | owner | due | under |\n|---|---|---|---|---|---|\n")
		b.WriteString(strings.Join(rows, ""))
	}
	if brought = slices.Compact(brought); len(brought) > 0 {
		fmt.Fprintf(b, "\nBrings about: %s.\n", strings.Join(brought, "; "))
	}
}
