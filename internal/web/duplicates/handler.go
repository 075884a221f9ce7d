package duplicates

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/i18n"
	"firebreak/internal/person"
	"firebreak/internal/store"
	"firebreak/internal/web/record"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// Handler answers for the pages that compare people.
type Handler struct {
	s                 *site.Site
	list, pair, merge *ui.Page
}

// NewHandler parses the pages.
func NewHandler(s *site.Site) (*Handler, error) {
	h := &Handler{s: s}
	var errs [3]error
	h.list, errs[0] = New(s.Kit)
	h.pair, errs[1] = NewPair(s.Kit)
	h.merge, errs[2] = NewMerge(s.Kit)
	return h, errors.Join(errs[:]...)
}

const (
	pagePairs  = 25   // a page ends once it has so many pairs
	pagePeople = 4000 // or has compared so many people
	pageMerges = 20
)

// List is GET /o/{outbreak}/duplicates?after=: pairs that may be one person, of the people entered before one; at the top the newest merges too.
func (h *Handler) List(q *site.Request) error {
	values := q.URL.Query()
	v := ListView{Listing: ui.Listing{Path: q.Path("duplicates"), Values: values, Filters: []ui.Field{
		{Name: "area", Label: i18n.M("col.area"), Kind: ui.FieldSelect, Value: values.Get("area"), Options: append([]ui.Option{{Label: i18n.M("form.any")}}, record.AreaOptions(q)...)}}}}
	var before person.ID
	if s := values.Get("after"); s != "" {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n <= 0 {
			return store.ErrCursor
		}
		before = person.ID(n)
	}
	first := before == 0
	err := q.View(func(r *store.Reader) error {
		got, err := r.LookalikesFrom(q.Outbreak.ID, q.Within(), before, pagePairs, pagePeople)
		if err != nil {
			return err
		}
		v.Read = int64(got.Read)
		if got.Next != 0 {
			v.Next = strconv.FormatInt(int64(got.Next), 10)
		}
		if first {
			n := int64(len(got.Pairs))
			v.Total, v.More = &n, got.Next != 0
		}
		if v.Pairs, err = rows(q, r, got.Pairs); err != nil || !first {
			return err
		}
		v.Merges, err = merges(q, r)
		return err
	})
	if err != nil {
		return err
	}
	return q.Show(h.list, "duplicates", v)
}

func rows(q *site.Request, r *store.Reader, pairs []store.Lookalike) ([]Row, error) {
	var ids []person.ID
	for _, k := range pairs {
		ids = append(ids, k.A, k.B)
	}
	who, err := r.LikelyPeople(q.Outbreak.ID, ids)
	if err != nil {
		return nil, err
	}
	out := make([]Row, 0, len(pairs))
	for _, k := range pairs {
		a, b := who[k.A], who[k.B]
		row := Row{A: shown(q, a), B: shown(q, b), Href: record.PairHref(q, k.A, k.B), Likely: likely(k.Score), Area: q.AreaName(a.Where())}
		row.Same, row.Differ = record.Signs(k.Signs)
		if other := q.AreaName(b.Where()); other != row.Area {
			row.Area = strings.Trim(row.Area+" · "+other, " ·")
		}
		out = append(out, row)
	}
	return out, nil
}

// shown is somebody under the code of their newest record.
func shown(q *site.Request, l store.Likely) ui.Person {
	switch {
	case l.Case != nil:
		return record.Person(q, l.Person, l.Case.Code, q.Path("cases", l.Case.Code))
	case l.Contact != nil:
		return record.Person(q, l.Person, l.Contact.Code, q.Path("contacts", l.Contact.Code))
	}
	return record.Person(q, l.Person, "", "")
}

// likely says points in a word. A document alone makes it sure; what two documents that differ leave is possible at most.
func likely(score int) string {
	switch {
	case score >= 90:
		return "sure"
	case score >= 60:
		return "likely"
	}
	return "possible"
}

func merges(q *site.Request, r *store.Reader) ([]Merge, error) {
	list, who, err := r.RecentMerges(q.Outbreak.ID, q.Within(), pageMerges)
	if err != nil {
		return nil, err
	}
	var out []Merge
	for _, m := range list {
		k, err := mergeOf(q, r, m, who[m.Kept])
		if err != nil {
			return nil, err
		}
		out = append(out, k)
	}
	return out, nil
}

func mergeOf(q *site.Request, r *store.Reader, m store.Merge, kept store.Likely) (Merge, error) {
	gone, err := record.GoneCodes(q, r, m)
	return Merge{Kept: shown(q, kept), Gone: gone, At: m.At, By: m.By, Reason: m.Reason, Href: record.MergeHref(q, m)}, err
}

// ShowMerge is GET /o/{outbreak}/merges/{merge}.
func (h *Handler) ShowMerge(q *site.Request) error {
	v, err := h.mergeView(q)
	if err != nil {
		return err
	}
	return q.Show(h.merge, "duplicates", v)
}

func (h *Handler) mergeView(q *site.Request) (v MergeView, err error) {
	id, err := q.Number("merge")
	if err != nil {
		return v, err
	}
	return v, q.View(func(r *store.Reader) error {
		m, kept, err := r.MergeWithin(q.Outbreak.ID, q.WithinFor(auth.CaseWrite), id)
		if err != nil {
			return err
		}
		v.ListHref = q.Path("duplicates")
		if v.Merge, err = mergeOf(q, r, m, kept); err != nil {
			return err
		}
		if !m.Stands() {
			v.Undone, v.UndoneAt, v.UndoneBy = true, m.UndoneAt, m.UndoneBy
			return nil
		}
		v.Form = &ui.Form{ID: "undo", Action: q.Path("merges", strconv.FormatInt(m.ID, 10), "undo"), Submit: i18n.M("duplicates.undo"), Danger: true, Cancel: q.Path("duplicates"),
			Fields: []ui.Field{reasonField(i18n.M("duplicates.undo_reason"), "")}}
		return nil
	})
}

// Undo is POST /o/{outbreak}/merges/{merge}/undo: the two are two again.
func (h *Handler) Undo(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	v, err := h.mergeView(q) // who may not see it is told that there is none
	if err != nil {
		return err
	}
	if v.Undone {
		return q.ShowStatus(http.StatusConflict, h.merge, "duplicates", v)
	}
	id, _ := strconv.ParseInt(q.PathValue("merge"), 10, 64)
	m, err := h.s.Commands.UnmergePeople(q.Context(), q.By(), command.UnmergePeople{Merge: id, Reason: form.Get("reason")})
	var wrong *command.Invalid
	var conflict *store.Conflict
	switch {
	case err == nil:
		return q.Done(record.PairHref(q, m.Kept, m.Gone), "unmerged", 1)
	case errors.As(err, &wrong):
		v.Form.Fields[0].Value = form.Get("reason")
		if wrong.Field == "reason" {
			v.Form.Fields[0].Error = i18n.M("duplicates.reason_needed")
		} else {
			v.Form.Error = i18n.M("duplicates.later_first")
		}
		return q.ShowStatus(http.StatusUnprocessableEntity, h.merge, "duplicates", v)
	case errors.As(err, &conflict):
		if v, err = h.mergeView(q); err != nil {
			return err
		}
		return q.ShowStatus(http.StatusConflict, h.merge, "duplicates", v)
	}
	return err
}

func reasonField(label i18n.Msg, value string) ui.Field {
	return ui.Field{Name: "reason", Label: label, Kind: ui.FieldText, Required: true, Value: value, Autocomplete: "off"}
}

// pairOf reads the two people of the address.
func pairOf(q *site.Request) (a, b person.ID, err error) {
	x, y, ok := strings.Cut(q.PathValue("pair"), "-")
	n, err1 := strconv.ParseInt(x, 10, 64)
	m, err2 := strconv.ParseInt(y, 10, 64)
	if !ok || err1 != nil || err2 != nil || n <= 0 || m <= 0 || n == m {
		return 0, 0, store.ErrNotFound
	}
	return person.ID(max(n, m)), person.ID(min(n, m)), nil
}

// choice is what a person chose on the page of a pair.
type choice struct {
	keep   string            // "a" or "b"
	take   map[string]string // field to "a" or "b"
	reason string
}

func readChoice(form url.Values) (choice, error) {
	c := choice{keep: form.Get("keep"), take: map[string]string{}, reason: strings.TrimSpace(form.Get("reason"))}
	if c.keep != "a" && c.keep != "b" {
		return c, &command.Invalid{Field: "keep", Value: c.keep, Reason: "is a or b"}
	}
	for name := range form {
		if field, ok := strings.CutPrefix(name, "take."); ok {
			c.take[field] = form.Get(name)
		}
	}
	return c, nil
}

// taken are the fields in which the record that goes was chosen.
func (c choice) taken() (out []string) {
	for field, side := range c.take {
		if side != c.keep {
			out = append(out, field)
		}
	}
	return out
}
