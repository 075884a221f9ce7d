package isolation

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/facility"
	"firebreak/internal/i18n"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// Findings are what can be found, in order. Key: finding.<finding>.
func (InspectionsView) Findings() (out []string) {
	for _, f := range facility.Findings() {
		out = append(out, string(f))
	}
	return out
}

// NewInspections parses the page of the standards of a site and how it was inspected, made for a phone.
func NewInspections(k *ui.Kit) (*ui.Page, error) {
	return k.Page("isolation-inspections", files, "inspections.html", "head.html")
}

// InspectionsView is how a site stands by the standards that it is held to.
type InspectionsView struct {
	Head
	Standing
	Standards []StandardCard
	Inspect   string     // where an inspection is posted; empty where the reader may not
	Seen      int64      // the newest inspection that the page shows; -1 where there is none
	Typed     url.Values // what was refused
	Error     i18n.Msg
	NoList    i18n.Msg // why there is no list
	Past      []PastInspection
	Shown     int // how many past ones there are at most
}

// Standing is when a site was last inspected, and what is to be put right.
type Standing struct {
	Last    time.Time // whole; zero: never
	Due     time.Time
	Overdue bool // or never
	Every   int  // days
	Lacks   []Lack
	Grave   int // of them critical
}

// Lack is a standard that a site does not meet.
type Lack struct {
	Words    string
	Critical bool
	Note     string
	Found    time.Time
	Due      time.Time // zero where no task stands for it
	Status   ui.Status
}

// StandardCard is one standard, with how it was found the last time.
type StandardCard struct {
	ID       string
	Words    string
	Critical bool
	Assumed  bool   // no text that makes the rule was found
	Finding  string // key: finding.<Finding>; empty: never looked at
	At       time.Time
	Note     string
	Status   ui.Status
}

// PastInspection is an inspection on record.
type PastInspection struct {
	At                time.Time
	Inspector, Note   string
	Whole             bool
	Met, Unmet, Apart int64 // Apart: of which nothing of the kind is there
	Lacks             []Lack
}

const shownInspections = 20

func wordsOf(q *site.Request, id string) string {
	s, ok := q.Pack.Isolation.Standard(id)
	switch {
	case !ok: // of a pack that was in force before
		return id
	case q.Lang() == "zh":
		return s.Words.Value.ZH
	}
	return s.Words.Value.EN
}

// standingOf says how each of the facilities stands. A facility that has no list of standards is not in it.
func standingOf(q *site.Request, r *store.Reader, list []facility.Facility) (map[facility.ID]Standing, error) {
	rules := &q.Pack.Isolation
	var ids []facility.ID
	for _, f := range list {
		if f.Kind.Inspected() && len(rules.Standards) > 0 {
			ids = append(ids, f.ID)
		}
	}
	last, err := r.LastInspected(ids)
	if err != nil {
		return nil, err
	}
	open, err := r.OpenDeficiencies(ids)
	if err != nil {
		return nil, err
	}
	out := make(map[facility.ID]Standing, len(ids))
	for _, id := range ids {
		s := Standing{Last: last[id], Every: rules.InspectEvery.Value, Due: facility.InspectionDue(last[id], rules.InspectEvery.Duration())}
		s.Overdue = !q.Now.Before(s.Due)
		for _, d := range open[id] {
			if d.Critical {
				s.Grave++
			}
			s.Lacks = append(s.Lacks, Lack{Words: wordsOf(q, d.Standard), Critical: d.Critical, Note: d.Note, Found: d.FoundAt, Status: ui.OnTime})
		}
		out[id] = s
	}
	return out, nil
}

// standing says how one facility stands, with the deadline of what is to be put right; nil where it has no list of standards.
func standing(q *site.Request, r *store.Reader, f facility.Facility) (*Standing, error) {
	all, err := standingOf(q, r, []facility.Facility{f})
	if err != nil {
		return nil, err
	}
	s, ok := all[f.ID]
	if !ok {
		return nil, nil
	}
	open, err := r.OpenDeficiencies([]facility.ID{f.ID})
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(open[f.ID]))
	for i, d := range open[f.ID] {
		ids[i] = int64(d.ID)
	}
	tasks, err := r.TasksOfMany(task.OnDeficiency, ids)
	if err != nil {
		return nil, err
	}
	for i, id := range ids {
		for _, t := range tasks[id] {
			if t.State == task.Open {
				s.Lacks[i].Due, s.Lacks[i].Status = t.Due, ui.DueSoon
				if t.Late(q.Now) {
					s.Lacks[i].Status = ui.Late
				}
			}
		}
	}
	return &s, nil
}

// cell says in the list of facilities when a site was last inspected, and how much it lacks.
func (s Standing) cell(href string, loc *time.Location) ui.Cell {
	said := i18n.M("inspect.never")
	switch on := i18n.Day(s.Last.In(loc).Format(time.DateOnly)); {
	case s.Last.IsZero():
	case s.Overdue:
		said = i18n.M("inspect.overdue_on", "when", on)
	default:
		said = i18n.M("inspect.on", "when", on)
	}
	cell := ui.WordsLink(said, href)
	switch {
	case s.Grave > 0:
		return cell.With(i18n.M("inspect.unmet_grave", "of", len(s.Lacks), "critical", s.Grave))
	case len(s.Lacks) > 0:
		return cell.With(i18n.M("inspect.unmet", "n", len(s.Lacks)))
	}
	return cell
}

// Inspections is GET /o/{outbreak}/isolation/{facility}/inspections.
func (h *Handler) Inspections(q *site.Request) error {
	return h.showInspections(q, http.StatusOK, nil, i18n.Msg{})
}

func (h *Handler) showInspections(q *site.Request, status int, typed url.Values, wrong i18n.Msg) error {
	var v InspectionsView
	err := q.View(func(r *store.Reader) error {
		f, err := read(q, r, q.PathValue("facility"))
		if err != nil {
			return err
		}
		v = InspectionsView{Head: headOf(q, f), Typed: typed, Error: wrong, Shown: shownInspections, Seen: -1}
		s, err := standing(q, r, f)
		if err != nil {
			return err
		}
		switch {
		case !f.Kind.Inspected():
			v.NoList = i18n.M("inspect.hospital")
		case s == nil:
			v.NoList = i18n.M("inspect.no_list")
		default:
			v.Standing = *s
			if q.Sees(auth.FacilityInspect, f.Area) {
				v.Inspect = hrefOf(q, f.ID, "inspections")
			}
			if v.Standards, err = standards(q, r, f); err != nil {
				return err
			}
		}
		past, err := r.InspectionsAt(f.ID, shownInspections)
		if len(past) > 0 {
			v.Seen = int64(past[0].ID)
		}
		for _, x := range past {
			p := PastInspection{At: x.MadeAt, Inspector: x.Inspector, Note: x.Note, Whole: x.Whole, Met: x.Count(facility.Met), Unmet: x.Count(facility.Unmet), Apart: x.Count(facility.NotApplicable)}
			for _, c := range x.Checked {
				if c.Finding == facility.Unmet {
					p.Lacks = append(p.Lacks, Lack{Words: wordsOf(q, c.Standard), Note: c.Note})
				}
			}
			v.Past = append(v.Past, p)
		}
		return err
	})
	if err != nil {
		return err
	}
	return q.ShowStatus(status, h.inspections, "isolation", v)
}

func standards(q *site.Request, r *store.Reader, f facility.Facility) (out []StandardCard, err error) {
	looked, err := r.LookedAt(f.ID)
	if err != nil {
		return nil, err
	}
	for _, s := range q.Pack.Isolation.Standards {
		c := StandardCard{ID: s.ID, Words: wordsOf(q, s.ID), Critical: s.Critical.Value, Assumed: s.Words.Status == "assumed", Status: ui.Void}
		if l, ok := looked[s.ID]; ok {
			c.Finding, c.At, c.Note, c.Status = string(l.Finding), l.At, l.Note, findingStatus(l.Finding)
		}
		out = append(out, c)
	}
	return out, nil
}

func findingStatus(f facility.Finding) ui.Status {
	switch f {
	case facility.Met:
		return ui.Done
	case facility.Unmet:
		return ui.Late
	case facility.NotApplicable:
	}
	return ui.Void
}

// Inspect is POST /o/{outbreak}/isolation/{facility}/inspections.
func (h *Handler) Inspect(q *site.Request) error {
	form, f, err := h.posted(q)
	if err != nil {
		return err
	}
	seen, _ := strconv.ParseInt(form.Get("seen"), 10, 64) // 0: whatever stands
	in := command.InspectFacility{Facility: f.ID, Seen: facility.InspectionID(seen), At: strings.TrimSpace(form.Get("at")), Inspector: form.Get("inspector"), Note: form.Get("note")}
	for _, s := range q.Pack.Isolation.Standards {
		if found := form.Get("finding." + s.ID); found != "" {
			in.Checked = append(in.Checked, command.CheckedFields{Standard: s.ID, Finding: found, Note: form.Get("note." + s.ID)})
		} else if strings.TrimSpace(form.Get("note."+s.ID)) != "" {
			return h.showInspections(q, http.StatusUnprocessableEntity, form, i18n.M("inspect.note_alone", "standard", wordsOf(q, s.ID)))
		}
	}
	_, err = h.s.Commands.InspectFacility(q.Context(), by(q, f, auth.FacilityInspect), in)
	if err == nil {
		return q.Done(hrefOf(q, f.ID, "inspections"), "inspected", 1)
	}
	var wrong *command.Invalid
	var conflict *store.Conflict
	switch {
	case errors.As(err, &conflict):
		return h.showInspections(q, http.StatusConflict, form, i18n.M("inspect.conflict"))
	case errors.As(err, &wrong) && wrong.Field == "items" && wrong.Value == "":
		return h.showInspections(q, http.StatusUnprocessableEntity, form, i18n.M("inspect.nothing"))
	case errors.As(err, &wrong) && wrong.Field == "at":
		return h.showInspections(q, http.StatusUnprocessableEntity, form, i18n.M("inspect.bad_at", "at", wrong.Value))
	}
	if m, status, ok := refused(q, err); ok {
		return h.showInspections(q, status, form, m)
	}
	return err
}
