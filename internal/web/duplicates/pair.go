package duplicates

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"firebreak/internal/auth"
	"firebreak/internal/cases"
	"firebreak/internal/command"
	"firebreak/internal/i18n"
	"firebreak/internal/person"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/web/record"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// Show is GET /o/{outbreak}/duplicates/{pair}.
func (h *Handler) Show(q *site.Request) error {
	v, _, err := h.view(q, nil)
	if err != nil {
		return err
	}
	return q.Show(h.pair, "duplicates", v)
}

// view puts the page together, with what was chosen so far. Where the two were made one meanwhile it says so.
func (h *Handler) view(q *site.Request, c *choice) (v PairView, p store.Pair, err error) {
	a, b, err := pairOf(q)
	if err != nil {
		return v, p, err
	}
	v.ListHref = q.Path("duplicates")
	err = q.View(func(r *store.Reader) (err error) {
		p, err = r.Pair(q.Outbreak.ID, q.WithinFor(auth.CaseWrite), a, b)
		if errors.Is(err, store.ErrNotFound) {
			if gone, err2 := h.madeOne(q, r, a, b); err2 != nil || gone != nil {
				v.Gone = gone
				return err2
			}
		}
		if err != nil {
			return err
		}
		return h.compare(q, r, p, c, &v)
	})
	return v, p, err
}

// onePage is the record under which somebody is shown.
func onePage(l store.One) task.Subject {
	if l.Case != nil {
		return task.Subject{Kind: task.OnCase, ID: int64(l.Case.ID)}
	}
	return task.Subject{Kind: task.OnContact, ID: int64(l.Contact.ID)}
}

// madeOne finds the merge that stands of one of the two, where the reader may see it.
func (h *Handler) madeOne(q *site.Request, r *store.Reader, a, b person.ID) (*Merge, error) {
	for _, p := range []person.ID{a, b} {
		list, err := r.MergesOf(p)
		if err != nil {
			return nil, err
		}
		for _, m := range list {
			if m.Gone != p {
				continue
			}
			m, kept, err := r.MergeWithin(q.Outbreak.ID, q.WithinFor(auth.CaseWrite), m.ID)
			if errors.Is(err, store.ErrNotFound) {
				continue
			}
			if err != nil {
				return nil, err
			}
			out, err := mergeOf(q, r, m, kept)
			return &out, err
		}
	}
	return nil, nil
}

func (h *Handler) compare(q *site.Request, r *store.Reader, p store.Pair, c *choice, v *PairView) error {
	v.A, v.B = side(q, p.Who[0]), side(q, p.Who[1])
	v.Same, v.Differ = record.Signs(p.Signs)
	v.Apart = p.Apart
	if p.Score >= store.ProposeFrom {
		v.Likely = likely(p.Score)
	}
	if c == nil {
		// The older record goes on unless a person says otherwise: others know its number.
		c = &choice{keep: "b", take: map[string]string{}}
	}
	v.Keep = c.keep
	var err error
	if v.Groups, err = groups(q, r, p, c); err != nil {
		return err
	}
	seen, err := newest(r, p)
	if err != nil {
		return err
	}
	href := record.PairHref(q, p.A, p.B)
	v.Merge = &MergeForm{Action: href + "/merge", Version: strconv.FormatInt(p.Version, 10), Seen: strconv.FormatInt(seen, 10), Reason: reasonField(i18n.M("duplicates.merge_reason"), c.reason)}
	v.Tell = ui.Form{ID: "apart", Action: href + "/apart", Submit: i18n.M("duplicates.tell_apart"), Fields: []ui.Field{reasonField(i18n.M("duplicates.apart_reason"), "")}}
	if q.Site.Commands.Identities() != nil && q.Sees(auth.NameRead, p.Who[0].Where()) && q.Sees(auth.NameRead, p.Who[1].Where()) {
		v.Names.Ask = record.AskNames(q, href+"/names")
	}
	return nil
}

func side(q *site.Request, l store.One) Side {
	out := Side{Person: shown(q, l.Likely)}
	for _, c := range l.Cases {
		out.Roles = append(out.Roles, Role{"case", c.Code, q.Path("cases", c.Code)})
	}
	for _, c := range l.Contacts {
		out.Roles = append(out.Roles, Role{"contact", c.Code, q.Path("contacts", c.Code)})
	}
	return out
}

// newest is the last fact about either, which the reader has seen with this page.
func newest(r *store.Reader, p store.Pair) (seq int64, err error) {
	facts, err := record.Facts(r, subjects(p)...)
	if err == nil && len(facts) > 0 {
		seq = facts[0].Seq
	}
	return seq, err
}

func subjects(p store.Pair) (out []task.Subject) {
	for _, l := range p.Who {
		for _, c := range l.Cases {
			out = append(out, task.Subject{Kind: task.OnCase, ID: int64(c.ID)})
		}
		for _, c := range l.Contacts {
			out = append(out, task.Subject{Kind: task.OnContact, ID: int64(c.ID)})
		}
	}
	return out
}

// groups are the lines of the comparison: what the vault would say, the person, the cases, the contacts, and what hangs on each.
func groups(q *site.Request, r *store.Reader, p store.Pair, c *choice) ([]Group, error) {
	out := []Group{{Title: i18n.M("section.person"), Rows: append(marks(p), people(q, p, c)...)}}
	words := func(prefix string, names []string, a, b map[string]string, fixed ...string) (rows []Field) {
		for _, name := range names {
			if a[name] == "" && b[name] == "" {
				continue
			}
			f := Field{Label: record.FieldLabel(name), A: known(q, name, a[name]), B: known(q, name, b[name]), Differ: a[name] != "" && b[name] != "" && a[name] != b[name]}
			switch {
			case f.Differ && slices.Contains(fixed, name):
				f.Fixed = true
			case f.Differ:
				f.choose(prefix+name, c)
			}
			rows = append(rows, f)
		}
		return rows
	}
	a, b := p.Who[0], p.Who[1]
	var x, y map[string]string
	if k := first(a.Cases); k != nil {
		x = command.CaseFields(*k, q.Zone, q.Tree)
	}
	if k := first(b.Cases); k != nil {
		y = command.CaseFields(*k, q.Zone, q.Tree)
	}
	if rows := words("case.", names(command.CaseFieldNames(), x, y), x, y, chosenBy("case", x, y)...); len(rows) > 0 {
		out = append(out, Group{Title: i18n.M("duplicates.group_case"), Rows: rows})
	}
	x, y = nil, nil
	if len(a.Contacts) > 0 {
		x = command.ContactFields(a.Contacts[0], q.Zone, q.Tree)
	}
	if len(b.Contacts) > 0 {
		y = command.ContactFields(b.Contacts[0], q.Zone, q.Tree)
	}
	if from, err := sources(q, r, a, b); err != nil {
		return nil, err
	} else if from.A != "" || from.B != "" {
		out = append(out, Group{Title: i18n.M("duplicates.group_contact"), Rows: []Field{from}})
	}
	if rows := words("contact.", names(command.ContactFieldNames(), x, y), x, y, chosenBy("contact", x, y)...); len(rows) > 0 {
		if g := &out[len(out)-1]; g.Title.Key == "duplicates.group_contact" {
			g.Rows = append(g.Rows, rows...)
		} else {
			out = append(out, Group{Title: i18n.M("duplicates.group_contact"), Rows: rows})
		}
	}
	rows, err := ties(r, p)
	return append(out, Group{Title: i18n.M("duplicates.group_ties"), Rows: rows}), err
}

// sources says through whom each of the two is a contact, as far as the reader may read it.
func sources(q *site.Request, r *store.Reader, a, b store.One) (Field, error) {
	code := func(l store.One) (string, error) {
		switch {
		case len(l.Contacts) == 0:
		case l.Contacts[0].Case != 0:
			if k, err := r.Case(l.Contacts[0].Case); err != nil || q.Sees(auth.CaseRead, k.Area) {
				return k.Code, err
			}
		case l.Contacts[0].Parent != 0:
			if k, err := r.Contact(l.Contacts[0].Parent); err != nil || q.Sees(auth.ContactRead, k.Area) {
				return k.Code, err
			}
		default:
			return l.Contacts[0].SourceCode, nil
		}
		return "", nil
	}
	f := Field{Label: i18n.M("duplicates.source")}
	var err1, err2 error
	f.A, err1 = code(a)
	f.B, err2 = code(b)
	f.Differ = f.A != "" && f.B != "" && f.A != f.B
	return f, errors.Join(err1, err2)
}

// chosenBy are the fields of a noun in which no choice is offered: the order decides those itself.
func chosenBy(noun string, x, y map[string]string) (out []string) {
	free := command.MergeFields()[noun]
	for _, m := range []map[string]string{x, y} {
		for name := range m {
			if !slices.Contains(free, name) && !strings.HasPrefix(name, "x.") {
				out = append(out, name)
			}
		}
	}
	return out
}

// names are the fields in the order of the form, the outbreak's own ones last; where somebody lives on the map is not compared in degrees.
func names(list []string, maps_ ...map[string]string) []string {
	list = slices.DeleteFunc(list, func(s string) bool { return s == "lon" || s == "lat" })
	own := map[string]bool{}
	for _, m := range maps_ {
		for name := range m {
			if strings.HasPrefix(name, "x.") && !command.WrittenByRule(name) {
				own[name] = true
			}
		}
	}
	return append(list, slices.Sorted(maps.Keys(own))...)
}

// first is the case that a merge would join: the first that was not discarded.
func first(list []cases.Case) *cases.Case {
	for i := range list {
		if list[i].Class != cases.Discarded {
			return &list[i]
		}
	}
	if len(list) > 0 {
		return &list[0]
	}
	return nil
}

func known(q *site.Request, name, s string) string {
	if s == "" {
		return ""
	}
	return record.Said(q, name, s)
}

// choose offers the field: what was chosen so far, else the record that goes on.
func (f *Field) choose(name string, c *choice) {
	f.Name, f.Chosen = name, c.keep
	if s := c.take[name]; s == "a" || s == "b" {
		f.Chosen = s
	}
}

// marks compares what the vault keeps by its blind index: nothing is opened.
func marks(p store.Pair) (out []Field) {
	for _, name := range []string{"name", "document", "phone"} {
		f := Field{Label: i18n.M("names." + name)}
		has, none := i18n.M("duplicates.on_record"), i18n.Msg{}
		switch p.Mark(name) {
		case "":
			continue
		case "same":
			f.MsgA, f.MsgB = i18n.M("duplicates.the_same"), i18n.M("duplicates.the_same")
		case "a":
			f.MsgA, f.MsgB = has, none
		case "b":
			f.MsgA, f.MsgB = none, has
		default:
			f.MsgA, f.MsgB, f.Differ = i18n.M("duplicates.another"), i18n.M("duplicates.another"), true
		}
		out = append(out, f)
	}
	return out
}

func people(q *site.Request, p store.Pair, c *choice) (out []Field) {
	a, b := p.Who[0], p.Who[1]
	sex := func(l store.One) i18n.Msg {
		if s := shown(q, l.Likely).Sex; s != "" {
			return i18n.M("sex." + s)
		}
		return i18n.Msg{}
	}
	if a.Sex != "" || b.Sex != "" {
		f := Field{Label: i18n.M("field.sex"), MsgA: sex(a), MsgB: sex(b), Differ: a.Sex != "" && b.Sex != "" && a.Sex != b.Sex}
		if f.Differ {
			f.A, f.B = q.Words().Msg(f.MsgA), q.Words().Msg(f.MsgB)
			f.choose("person.sex", c)
		}
		out = append(out, f)
	}
	if !a.Born.IsZero() || !b.Born.IsZero() {
		f := Field{Label: i18n.M("field.born"), A: known(q, "born", a.Born.String()), B: known(q, "born", b.Born.String()), Differ: !a.Born.IsZero() && !b.Born.IsZero() && a.Born != b.Born}
		if f.Differ {
			f.choose("person.born", c)
		}
		out = append(out, f)
	}
	if a.Age != person.AgeUnknown || b.Age != person.AgeUnknown {
		years := func(n person.Age) string {
			if n == person.AgeUnknown {
				return ""
			}
			return strconv.Itoa(int(n))
		}
		f := Field{Label: i18n.M("field.age"), A: years(a.Age), B: years(b.Age), Differ: a.Age != person.AgeUnknown && b.Age != person.AgeUnknown && a.Age != b.Age}
		if f.Differ {
			f.choose("person.age", c)
		}
		out = append(out, f)
	}
	return out
}

// ties are how much hangs on each of the two.
func ties(r *store.Reader, p store.Pair) (out []Field, err error) {
	n := [2][3]int{}
	for i, l := range p.Who {
		n[i][0] = l.Samples
		for _, c := range l.Cases {
			k, err := r.CountContactsOf(c.ID)
			if err != nil {
				return nil, err
			}
			links, err := r.LinksOf(c.ID)
			if err != nil {
				return nil, err
			}
			n[i][1] += k
			n[i][2] += len(links)
		}
	}
	for i, label := range []i18n.Msg{i18n.M("duplicates.samples"), i18n.M("duplicates.contacts"), i18n.M("duplicates.links")} {
		out = append(out, Field{Label: label, A: fmt.Sprint(n[0][i]), B: fmt.Sprint(n[1][i])})
	}
	return out, nil
}

// Merge is POST /o/{outbreak}/duplicates/{pair}/merge: the two are one person.
func (h *Handler) Merge(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	a, b, err := pairOf(q)
	if err != nil {
		return err
	}
	c, err := readChoice(form)
	if err != nil {
		return err
	}
	v, _, err := h.view(q, &c) // who may not see both is told that there is no such pair
	if err != nil {
		return err
	}
	if v.Gone != nil {
		return q.ShowStatus(http.StatusConflict, h.pair, "duplicates", v)
	}
	version, err := strconv.ParseInt(form.Get("version"), 10, 64)
	if err != nil {
		return &command.Invalid{Field: "version", Value: form.Get("version"), Reason: "is not the version of a record"}
	}
	in := command.MergePeople{Kept: b, Gone: a, Seen: version, Reason: c.reason, Take: slices.Sorted(slices.Values(c.taken()))}
	if c.keep == "a" {
		in.Kept, in.Gone = a, b
	}
	_, err = h.s.Commands.MergePeople(q.Context(), q.By(), in)
	var wrong *command.Invalid
	var conflict *store.Conflict
	var merged *command.Merged
	switch {
	case err == nil:
		return h.onward(q, in.Kept, "merged")
	case errors.As(err, &wrong):
		if wrong.Field == "reason" {
			v.Merge.Reason.Error = i18n.M("duplicates.reason_needed")
		} else {
			v.Merge.Error = i18n.M("form.invalid_field", "field", wrong.Field, "reason", wrong.Reason)
		}
		return q.ShowStatus(http.StatusUnprocessableEntity, h.pair, "duplicates", v)
	case errors.As(err, &conflict), errors.As(err, &merged):
		return h.again(q, c, form.Get("seen"))
	}
	return err
}

// again shows the pair as it is now, with what others did since the person opened it: nothing was merged.
func (h *Handler) again(q *site.Request, c choice, seen string) error {
	v, p, err := h.view(q, &c)
	if err != nil {
		return err
	}
	if v.Gone == nil {
		since, _ := strconv.ParseInt(seen, 10, 64)
		v.Conflict = &ui.Conflict{Who: "–", At: q.Now}
		err = q.View(func(r *store.Reader) error {
			facts, err := record.Facts(r, subjects(p)...)
			if err != nil {
				return err
			}
			for i, e := range facts { // newest first
				if i == 0 {
					v.Conflict.Who, v.Conflict.At = e.Actor, e.RecordedAt
				}
				if e.Seq <= since {
					break
				}
				changes := record.Changes(e)
				for _, name := range slices.Sorted(maps.Keys(changes)) {
					was, now := record.Said(q, name, changes[name].From), record.Said(q, name, changes[name].To)
					v.Conflict.Changes = append(v.Conflict.Changes, ui.Change{Label: record.FieldLabel(name), Was: was, Theirs: now, Yours: was})
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return q.ShowStatus(http.StatusConflict, h.pair, "duplicates", v)
}

// onward goes to the record of somebody.
func (h *Handler) onward(q *site.Request, p person.ID, said string) error {
	to := q.Path("duplicates")
	err := q.View(func(r *store.Reader) error {
		who, err := r.LikelyPeople(q.Outbreak.ID, []person.ID{p})
		if href := shown(q, who[p]).Href; href != "" {
			to = href
		}
		return err
	})
	if err != nil {
		return err
	}
	return q.Done(to, said, 1)
}

// TellApart is POST /o/{outbreak}/duplicates/{pair}/apart: the two are two people, and are not proposed again.
func (h *Handler) TellApart(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	a, b, err := pairOf(q)
	if err != nil {
		return err
	}
	v, _, err := h.view(q, nil)
	if err != nil {
		return err
	}
	if v.Gone != nil {
		return q.ShowStatus(http.StatusConflict, h.pair, "duplicates", v)
	}
	err = h.s.Commands.TellApart(q.Context(), q.By(), command.TellApart{One: a, Other: b, Reason: form.Get("reason")})
	var wrong *command.Invalid
	if errors.As(err, &wrong) {
		v.Tell.Fields[0].Value, v.Tell.Fields[0].Error = form.Get("reason"), i18n.M("duplicates.reason_needed")
		return q.ShowStatus(http.StatusUnprocessableEntity, h.pair, "duplicates", v)
	}
	if err != nil {
		return err
	}
	return q.Done(q.Path("duplicates"), "apart", 1)
}

// Names is POST /o/{outbreak}/duplicates/{pair}/names: the reader said why they need to know who the two are.
func (h *Handler) Names(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	v, p, err := h.view(q, nil)
	if err != nil {
		return err
	}
	if v.Gone != nil {
		return q.ShowStatus(http.StatusConflict, h.pair, "duplicates", v)
	}
	who, bad, err := record.ReadNames(q, form, q.Path("duplicates", q.PathValue("pair"), "names"), onePage(p.Who[0]), onePage(p.Who[1]))
	if err != nil {
		return err
	}
	v.Names.Ask = bad
	if len(who) == 2 {
		v.A.Who, v.B.Who = &who[0], &who[1]
	}
	return q.Show(h.pair, "duplicates", v)
}
