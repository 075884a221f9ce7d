// Package record shows what the pages of a case and of a contact have in common: the person behind them, their tasks, their specimens, and their
// facts with hash and author. Screens import it; it imports site and store.
package record

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/day"
	"firebreak/internal/i18n"
	"firebreak/internal/journal"
	"firebreak/internal/lab"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/web/happened"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// Person is somebody as lists show them.
func Person(q *site.Request, p person.Person, code, href string) ui.Person {
	out := ui.Person{Code: code, Href: href}
	switch p.Sex {
	case person.Female:
		out.Sex = "f"
	case person.Male:
		out.Sex = "m"
	case person.OtherSex:
		out.Sex = "o"
	case person.SexUnknown: // left empty
	}
	if p.ID == 0 {
		return out
	}
	if age := p.AgeAt(day.In(q.Now, q.Zone)); age != person.AgeUnknown {
		n := int(age)
		out.Age = &n
	}
	return out
}

// Both bounds a query to where the person may do both actions, narrowed to the area asked for: who may take lists out, and may read cases, takes out those
// cases that they may read where they may take lists out.
func Both(q *site.Request, one, other auth.Action) store.Within {
	a, b := q.WithinFor(one), q.WithinFor(other)
	var roots []place.AreaID
	for _, x := range a.Scope.Roots {
		for _, y := range b.Scope.Roots {
			switch {
			case q.Tree.Contains(x, y):
				roots = append(roots, y)
			case q.Tree.Contains(y, x):
				roots = append(roots, x)
			}
		}
	}
	slices.Sort(roots)
	a.Scope.Roots = slices.Compact(roots)
	return a
}

// AreaOptions are the areas that a list can be narrowed to: the one in force, and those below what the person may see.
func AreaOptions(q *site.Request) []ui.Option {
	var out []ui.Option
	if q.Area.ID != 0 {
		out = append(out, ui.Option{Value: q.Area.Code, Text: q.AreaName(q.Area.ID)})
	}
	for _, j := range q.Parts(q.Tops(q.Action)) {
		if j.ID != q.Area.ID {
			out = append(out, ui.Option{Value: j.Code, Text: q.AreaName(j.ID)})
		}
	}
	return out
}

// mostAreas is up to how many areas a form offers in a list; beyond it a code is typed.
const mostAreas = 400

// AreaField asks for an area: from a list where the person's areas fit in one.
func AreaField(q *site.Request, name, value string) ui.Field {
	f := ui.Field{Name: name, Label: i18n.M("col.area"), Kind: ui.FieldSelect, Value: value, Options: []ui.Option{{Label: i18n.M("form.unknown")}}}
	has := value == ""
	for _, top := range auth.ScopeOf(q.Actor, q.Action, q.Purpose(q.Action), q.Now).Roots {
		for _, j := range q.Tree.Subtree(top) {
			depth := len(q.Tree.Path(j.ID)) - len(q.Tree.Path(top))
			f.Options = append(f.Options, ui.Option{Value: j.Code, Text: strings.Repeat("\u2003", depth) + q.AreaName(j.ID)})
			has = has || j.Code == value
		}
	}
	if len(f.Options) > mostAreas {
		f.Kind, f.Options, f.Hint = ui.FieldText, nil, i18n.M("field.area_code")
		if j, ok := q.Tree.ByCode(value); ok {
			f.Hint = i18n.M("field.area_is", "area", q.AreaName(j.ID))
		}
	} else if !has {
		f.Options = append(f.Options, ui.Option{Value: value, Text: value}) // an area that is not the person's stays as it is
	}
	return f
}

// Status is how a task stands now.
func Status(q *site.Request, t task.Task) ui.Status {
	switch t.State {
	case task.Done:
		return ui.Done
	case task.Waived:
		return ui.Waived
	case task.Void:
		return ui.Void
	case task.Open: // by its deadline, below
	}
	return ui.StatusOf(t.Due, q.Now, site.Soon)
}

// Orders is the table of a subject's tasks, those still open first.
func Orders(q *site.Request, path string, list []task.Task) ui.Table {
	t := ui.Listing{Path: path}.Table("orders", i18n.M("nav.tasks"),
		ui.Column{Key: "task", Label: i18n.M("col.task")}, ui.Column{Key: "due", Label: i18n.M("col.due")},
		ui.Column{Key: "owner", Label: i18n.M("col.owner")}, ui.Column{Key: "because", Label: i18n.M("col.because")})
	t.Empty = ui.Empty{Title: i18n.M("case.no_tasks")}
	slices.SortStableFunc(list, func(a, b task.Task) int {
		if (a.State == task.Open) != (b.State == task.Open) {
			if a.State == task.Open {
				return -1
			}
			return 1
		}
		return a.Due.Compare(b.Due)
	})
	for _, k := range list {
		href := TaskHref(q, k.ID)
		s := Status(q, k)
		t.Rows = append(t.Rows, ui.Row{ID: strconv.FormatInt(int64(k.ID), 10), Href: href, Label: string(k.Kind), Status: s, Cells: []ui.Cell{
			{Kind: "enum", Prefix: "task.kind", Text: string(k.Kind), Href: href}, ui.Due(k.Due, s), ui.Text(Owner(q, k)), ui.Why(Because(q, k))}})
	}
	return t
}

// Owner is the title of a task's owner.
func Owner(q *site.Request, t task.Task) string { return auth.Role(t.Owner).Title(auth.Lang(q.Lang())) }

// Because is the rule behind a task, and the way to the whole chain.
func Because(q *site.Request, t task.Task) ui.Because {
	return ui.Because{Text: i18n.M("rule." + t.Because.Rule), Href: TaskHref(q, t.ID) + "#why"}
}

// TaskHref is the page of a task.
func TaskHref(q *site.Request, id task.ID) string {
	return q.Path("tasks", strconv.FormatInt(int64(id), 10))
}

// Specimens is the table of a person's specimens. href gives the address where one is reported or corrected.
func Specimens(path string, list []lab.Specimen, href func(lab.Specimen) string) ui.Table {
	t := ui.Listing{Path: path}.Table("samples", i18n.M("case.tab.samples"),
		ui.Column{Key: "code", Label: i18n.M("col.specimen")}, ui.Column{Key: "method", Label: i18n.M("col.method")}, ui.Column{Key: "taken", Label: i18n.M("col.taken")},
		ui.Column{Key: "result", Label: i18n.M("col.result")}, ui.Column{Key: "at", Label: i18n.M("col.result_at")}, ui.Column{Key: "ct", Label: i18n.M("col.ct"), Numeric: true}, ui.Column{Key: "lab", Label: i18n.M("col.lab")})
	t.Empty = ui.Empty{Title: i18n.M("samples.empty"), Hint: i18n.M("samples.empty_hint")}
	for _, s := range list {
		result, at, ct, status := "awaited", ui.Text(""), ui.Text(""), ui.OnTime
		if s.Result != lab.Awaited {
			result, at, status = string(s.Result), ui.At(s.ResultAt), ui.Done
		}
		if s.Ct != 0 {
			ct = ui.Text(strconv.FormatFloat(s.Ct, 'f', -1, 64))
		}
		t.Rows = append(t.Rows, ui.Row{ID: strconv.FormatInt(int64(s.ID), 10), Href: href(s), Label: s.Code, Status: status, Cells: []ui.Cell{
			ui.Link(s.Code, href(s)), ui.Enum("method", string(s.Method)), ui.At(s.TakenAt), ui.Enum("result", result), at, ct, ui.Text(s.Lab)}})
	}
	return t
}

// SampleForm is the form below a list of specimens: for the result of the one chosen, else to take another. nil where the person may do neither.
func SampleForm(q *site.Request, area place.AreaID, href string, list []lab.Specimen, chosen string) (*ui.Form, i18n.Msg) {
	for _, s := range list {
		if s.Code != chosen || !q.Sees(auth.ResultWrite, area) {
			continue
		}
		f := ui.Form{ID: "result", Action: href + "/samples/" + fmt.Sprint(int64(s.ID)), Submit: i18n.M("samples.report"), Cancel: href + "?tab=samples", Version: fmt.Sprint(s.Version), Fields: []ui.Field{
			{Name: "result", Label: i18n.M("col.result"), Kind: ui.FieldSelect, Value: string(s.Result), Required: true, Options: ui.Choices("result", "negative", "positive", "inconclusive", "invalid")[1:]},
			{Name: "at", Label: i18n.M("col.result_at"), Kind: ui.FieldInstant, Value: Local(q.Now, q.Zone)},
			{Name: "ct", Label: i18n.M("col.ct"), Kind: ui.FieldText},
		}}
		title := i18n.M("samples.result_of", "code", s.Code)
		if s.Result != lab.Awaited {
			f.Submit = i18n.M("samples.correct")
			f.Fields = append(f.Fields, ui.Field{Name: "reason", Label: i18n.M("col.reason"), Kind: ui.FieldText, Required: true})
		}
		return &f, title
	}
	if !q.Sees(auth.SampleWrite, area) {
		return nil, i18n.Msg{}
	}
	return &ui.Form{ID: "take", Action: href + "/samples", Submit: i18n.M("samples.take"), Fields: []ui.Field{
		{Name: "code", Label: i18n.M("col.specimen"), Kind: ui.FieldText, Required: true, Autocomplete: "off"},
		{Name: "method", Label: i18n.M("col.method"), Kind: ui.FieldSelect, Value: "pcr", Options: ui.Choices("method", "pcr", "antigen", "serology", "culture")[1:]},
		{Name: "at", Label: i18n.M("col.taken"), Kind: ui.FieldInstant, Value: Local(q.Now, q.Zone), Max: Local(q.Now, q.Zone)},
		{Name: "lab", Label: i18n.M("col.lab"), Kind: ui.FieldText},
	}}, i18n.M("samples.take_one")
}

// mostFacts bounds a page's history.
const mostFacts = 200

// Facts are the facts of several subjects (one person's roles), newest first.
func Facts(r *store.Reader, subjects ...task.Subject) ([]journal.Entry, error) {
	var out []journal.Entry
	for _, s := range subjects {
		list, err := r.EntriesOf(s, mostFacts)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	slices.SortFunc(out, func(a, b journal.Entry) int { return int(b.Seq - a.Seq) })
	return out[:min(len(out), mostFacts)], nil
}

// History is the table of facts: when, what, what changed, by whom, and the hash that chains it.
func History(q *site.Request, r *store.Reader, path string, facts []journal.Entry) (ui.Table, error) {
	t := ui.Listing{Path: path}.Table("history", i18n.M("case.tab.history"),
		ui.Column{Key: "at", Label: i18n.M("col.at")}, ui.Column{Key: "fact", Label: i18n.M("col.fact")}, ui.Column{Key: "changed", Label: i18n.M("col.changed")},
		ui.Column{Key: "who", Label: i18n.M("col.who")}, ui.Column{Key: "hash", Label: i18n.M("col.hash")})
	t.Empty = ui.Empty{Title: i18n.M("timeline.none")}
	for _, e := range facts {
		said, err := happened.Say(q, r, e)
		if err != nil {
			return t, err
		}
		seq := strconv.FormatInt(e.Seq, 10)
		t.Rows = append(t.Rows, ui.Row{ID: seq, Label: "#" + seq, Cells: []ui.Cell{ui.At(e.RecordedAt), ui.Words(said.Text), ui.Text(changesIn(q, e)), ui.Text(happened.Who(q, e.Actor)), ui.Text(fmt.Sprintf("#%s %x", seq, e.Hash[:6]))}})
	}
	return t, nil
}

// Changes are the fields that a fact changed.
func Changes(e journal.Entry) map[string]command.Change {
	var p struct {
		Changed map[string]command.Change `json:"changed"`
	}
	// Facts of other kinds have another payload; they changed no field.
	_ = json.Unmarshal(e.Payload, &p)
	return p.Changed
}

func changesIn(q *site.Request, e journal.Entry) string {
	changed := Changes(e)
	var b strings.Builder
	for i, name := range slices.Sorted(maps.Keys(changed)) {
		if i > 0 {
			b.WriteString("; ")
		}
		label := name
		if m := FieldLabel(name); m.Key != "field.own" {
			label = q.Words().Msg(m)
		}
		c := changed[name]
		fmt.Fprintf(&b, "%s: %s → %s", label, Said(q, name, c.From), Said(q, name, c.To))
	}
	return b.String()
}

// Said is the text of a field as a person reads it: days and instants as the language writes them, words of a closed set in its words.
func Said(q *site.Request, name, s string) string {
	w := q.Words()
	switch {
	case s == "":
		return "–"
	case strings.HasSuffix(name, "_at"):
		if t, err := command.ParseInstant(s, q.Zone); err == nil {
			return w.DateTime(t)
		}
	case name == "class", name == "outcome", name == "tier":
		return w.Enum(name, s)
	case name == "found" && s == "isolation":
		return w.Enum(name, "inside")
	case name == "found" && s == "community":
		return w.Enum(name, "outside")
	case name == "area":
		if j, ok := q.Tree.ByCode(s); ok {
			return q.AreaName(j.ID)
		}
	}
	if _, err := day.Parse(s); err == nil {
		return w.Day(s)
	}
	return s
}

// FieldLabel names a field of a case or a contact: an outbreak's own field by its own name.
func FieldLabel(name string) i18n.Msg {
	if own, ok := strings.CutPrefix(name, "x."); ok {
		return i18n.M("field.own", "name", own)
	}
	return i18n.M("field." + name)
}

// Timeline is one person's facts in order, newest first, in all their roles, and what is planned for them.
func Timeline(q *site.Request, r *store.Reader, facts []journal.Entry, open []task.Task) (ui.Timeline, error) {
	out := ui.Timeline{ID: "timeline", Label: i18n.M("case.timeline"), Now: q.Now}
	slices.SortFunc(open, func(a, b task.Task) int { return b.Due.Compare(a.Due) })
	for _, k := range open {
		if k.State != task.Open {
			continue
		}
		b := Because(q, k)
		out.Events = append(out.Events, ui.Event{At: k.Due, Kind: "task", Text: i18n.M("task.kind." + string(k.Kind)), Status: Status(q, k), Href: TaskHref(q, k.ID), Because: &b})
	}
	for _, e := range facts {
		ev, err := happened.Say(q, r, e)
		if err != nil {
			return out, err
		}
		ev.At, ev.Href, ev.Text = e.At, "", i18n.M("event.detail", "text", detail(q, e))
		if ev.Who = happened.Who(q, e.Actor); e.Rule != "" {
			ev.Who = ""
		}
		out.Events = append(out.Events, ev)
	}
	slices.SortStableFunc(out.Events, func(a, b ui.Event) int { return b.At.Compare(a.At) })
	return out, nil
}

// detail is what a fact says beside its kind, on a page that says whom it is about: what changed, what was found, why a name was read; else where.
func detail(q *site.Request, e journal.Entry) string {
	if s := changesIn(q, e); s != "" {
		return s
	}
	var p struct {
		Seen        bool         `json:"seen"`
		Symptoms    []string     `json:"symptoms"`
		Temperature float64      `json:"temperature"`
		Purpose     auth.Purpose `json:"purpose"`
		Reason      string       `json:"reason"`
		Self        bool         `json:"self"`
	}
	if err := json.Unmarshal(e.Payload, &p); err != nil {
		return q.AreaName(e.Area) // of a kind whose payload is of another form
	}
	switch e.Kind {
	case journal.ContactChecked, journal.ContactSymptom, journal.ContactMissed:
		found := "well"
		switch {
		case !p.Seen:
			found = "unreached"
		case len(p.Symptoms) > 0:
			found = "symptoms"
		}
		parts := []string{q.Words().Enum("visit", found)}
		if p.Temperature != 0 {
			parts = append(parts, strconv.FormatFloat(p.Temperature, 'f', 1, 64)+" °C")
		}
		if found == "symptoms" {
			parts = append(parts, SymptomsSaid(q.Words(), p.Symptoms))
		}
		if p.Self {
			parts = append(parts, q.Words().T("checks.self"))
		}
		return strings.Join(parts, " · ")
	case journal.NameRead:
		return p.Purpose.Title(auth.Lang(q.Lang())) + ": " + p.Reason
	default: // its place says most
	}
	return q.AreaName(e.Area)
}

// SpecimenEvents are the specimens of a person as events of a timeline: taken, and reported.
func SpecimenEvents(q *site.Request, list []lab.Specimen) []ui.Event {
	var out []ui.Event
	for _, s := range list {
		w := q.Words()
		out = append(out, ui.Event{At: s.TakenAt, Kind: "sample", Text: i18n.M("event.detail", "text", s.Code+" · "+w.Enum("method", string(s.Method)))})
		if s.Result != lab.Awaited {
			kind := "result.reported"
			if s.Result == lab.Positive {
				kind = "positive"
			}
			out = append(out, ui.Event{At: s.ResultAt, Kind: kind, Text: i18n.M("event.detail", "text", s.Code+" · "+w.Enum("result", string(s.Result)))})
		}
	}
	return out
}

// Local is an instant as an input of type datetime-local takes it; empty for none.
func Local(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return t.In(zone).Format("2006-01-02T15:04")
}

// TakeFrom reads the form of SampleForm that takes a specimen; Of is the caller's to say.
func TakeFrom(form url.Values) (in command.TakeSpecimen, typed map[string]string) {
	typed = typedIn(form)
	return command.TakeSpecimen{Code: typed["code"], Method: typed["method"], TakenAt: typed["at"], Lab: typed["lab"]}, typed
}

// ResultFrom reads the form of SampleForm that reports or corrects a result.
func ResultFrom(id string, form url.Values) (in command.ReportResult, typed map[string]string, err error) {
	typed = typedIn(form)
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return in, typed, fmt.Errorf("specimen %q: %w", id, store.ErrNotFound)
	}
	in = command.ReportResult{Specimen: lab.SpecimenID(n), Result: typed["result"], ResultAt: typed["at"], Reason: typed["reason"]}
	if in.Version, err = strconv.ParseInt(typed["version"], 10, 64); err != nil {
		return in, typed, &command.Invalid{Field: "version", Value: typed["version"], Reason: "is not the version of a record"}
	}
	if typed["ct"] != "" {
		if in.Ct, err = strconv.ParseFloat(typed["ct"], 64); err != nil {
			return in, typed, &command.Invalid{Field: "ct", Value: typed["ct"], Reason: "is not a number"}
		}
	}
	return in, typed, nil
}

func typedIn(form url.Values) map[string]string {
	out := map[string]string{}
	for k := range form {
		out[k] = strings.TrimSpace(form.Get(k))
	}
	return out
}
