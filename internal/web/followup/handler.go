package followup

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/contact"
	"firebreak/internal/day"
	"firebreak/internal/i18n"
	"firebreak/internal/person"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/web/record"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// Handler answers for an officer's day.
type Handler struct {
	s     *site.Site
	page  *ui.Page
	doors *ui.Page
}

// NewHandler parses the page.
func NewHandler(s *site.Site) (*Handler, error) {
	page, err := New(s.Kit)
	if err != nil {
		return nil, err
	}
	doors, err := NewDoors(s.Kit)
	return &Handler{s, page, doors}, err
}

// mostVisits is how many people one page lists: more than one officer sees in a day.
const mostVisits = 100

// mostCounted is up to how many are counted: the most that one question to the store tells, and more than a district visits in a day.
const mostCounted = 1000

// Show is GET /o/{outbreak}/followup: the checks of the officer's area that are due by the end of the day, the most urgent first, and those done today.
func (h *Handler) Show(q *site.Request) error {
	v, _, err := h.day(q)
	if err != nil {
		return err
	}
	v.Ask = record.AskNames(q, q.Path("followup"))
	return q.Show(h.page, "followup", v)
}

// Names is POST /o/{outbreak}/followup: the officer said why they need the names and telephones of the people whom the day lists.
func (h *Handler) Names(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	v, about, err := h.day(q)
	if err != nil {
		return err
	}
	if len(about) > 0 {
		who, bad, err := record.ReadNames(q, form, q.Path("followup"), about...)
		if err != nil {
			return err
		}
		v.Ask = bad
		for i := range who {
			v.Visits[i].Who = &who[i]
		}
	}
	return q.Show(h.page, "followup", v)
}

// day lists the visits, and whom each is about.
func (h *Handler) day(q *site.Request) (View, []task.Subject, error) {
	today := day.In(q.Now, q.Zone)
	v := View{Officer: q.Actor.Login, Day: today.String(), DoorsHref: q.Path("doors")}
	if q.Area.ID != 0 {
		v.Officer = q.AreaName(q.Area.ID)
	}
	var about []task.Subject
	err := q.View(func(r *store.Reader) error {
		f := store.TaskFilter{Outbreak: q.Outbreak.ID, Within: q.WithinFor(auth.FollowUpWrite), Kinds: []task.Kind{task.CheckContact}, States: []task.State{task.Open}, DueBefore: today.Add(1).Start(q.Zone)}
		open, err := r.Tasks(f, store.ByDue, store.Page{Limit: mostCounted})
		if err != nil {
			return err
		}
		f.States, f.DueFrom = []task.State{task.Done}, today.Start(q.Zone)
		done, err := r.Tasks(f, store.ByDue, store.Page{Limit: mostCounted})
		if err != nil {
			return err
		}
		v.Open, v.Done = int64(len(open.Tasks)), int64(len(done.Tasks))
		v.More = len(open.Tasks) > mostVisits
		for _, t := range slices.Concat(open.Tasks[:min(len(open.Tasks), mostVisits)], done.Tasks[:min(len(done.Tasks), mostVisits)]) {
			x, err := h.visit(q, r, contact.ID(t.Subject.ID), t)
			if err != nil {
				return err
			}
			v.Visits = append(v.Visits, x)
			if t.State == task.Open { // these come first: about is as long as what is open still
				about = append(about, t.Subject)
			}
		}
		return nil
	})
	return v, about, err
}

// visit is the card of one contact and the task to check on them.
func (h *Handler) visit(q *site.Request, r *store.Reader, id contact.ID, t task.Task) (Visit, error) {
	c, err := r.Contact(id)
	if err != nil {
		return Visit{}, err
	}
	var p person.Person
	if c.Person != 0 {
		if p, err = r.Person(c.Person); err != nil {
			return Visit{}, err
		}
	}
	href := q.Path("contacts", c.Code)
	x := Visit{ID: strconv.FormatInt(int64(t.ID), 10), Person: record.Person(q, p, c.Code, href), Tier: string(c.Tier), Address: q.AreaName(c.Area), Due: t.Due, Status: record.Status(q, t), FormHref: href + "#check-title", Because: record.Because(q, t)}
	today := day.In(q.Now, q.Zone)
	if n, ok := day.Between(c.LastExposed, today); ok {
		x.Day = max(n, 0)
	}
	if n, ok := day.Between(c.LastExposed, c.EndsOn); ok {
		x.Days = max(n, 0)
	}
	checks, err := r.Checks(id)
	if err != nil {
		return x, err
	}
	slot := 0
	for _, k := range checks {
		if k.On != today {
			continue
		}
		slot = k.Slot + 1
		if !k.Seen {
			slot = k.Slot // nobody was there: the next try is for the same check
		}
		x.At, x.Result = k.At, result(k)
	}
	if t.State == task.Open && x.Result != "unreached" {
		x.Result, x.At = "", time.Time{}
	}
	// The card says which check of the day it is, so that a second tap after a lost answer is the same check, and not another.
	x.Action = q.Path("followup", c.Code) + "?slot=" + strconv.Itoa(min(slot, 23)) + "&task=" + x.ID
	return x, nil
}

func result(k contact.Check) string {
	switch {
	case !k.Seen:
		return "unreached"
	case k.Symptomatic():
		return "symptoms"
	}
	return "well"
}

// Answer is POST /o/{outbreak}/followup/{contact}: one tap. A phone gets the card back, a browser without scripts the day.
func (h *Handler) Answer(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	code := q.PathValue("contact")
	var c contact.Contact
	err = q.View(func(r *store.Reader) error {
		found, err := r.ContactsByCodes(q.Outbreak.ID, []string{code})
		if err != nil {
			return err
		}
		k, ok := found[code]
		if !ok || !q.Sees(q.Action, k.Area) {
			return fmt.Errorf("contact %q: %w", code, store.ErrNotFound)
		}
		c = k.Contact
		return nil
	})
	if err != nil {
		return err
	}
	in := command.RecordCheck{Contact: c.ID}
	if in.Slot, err = strconv.Atoi(q.URL.Query().Get("slot")); err != nil {
		return &command.Invalid{Field: "slot", Value: q.URL.Query().Get("slot"), Reason: "is not a count"}
	}
	answer := form.Get("result")
	switch answer {
	case "well":
		in.Seen = true
	case "symptoms":
		in.Seen, in.Symptoms = true, []string{"unspecified"}
	case "unreached":
	default:
		return &command.Invalid{Field: "result", Value: answer, Reason: "is well, symptoms or unreached"}
	}
	if _, err := h.s.Commands.RecordCheck(q.Context(), q.By(), in); err != nil {
		return err
	}
	if q.Header.Get("HX-Request") != "true" {
		if answer == "symptoms" {
			return q.Done(q.Path("contacts", c.Code), "saved", 1) // what symptoms, and since when, is asked there
		}
		return q.Done(q.Path("followup"), "saved", 1)
	}
	var x Visit
	err = q.View(func(r *store.Reader) error {
		id, _ := strconv.ParseInt(q.URL.Query().Get("task"), 10, 64)
		t, err := r.Task(task.ID(id), store.Within{Scope: auth.ScopeOf(q.Actor, q.Action, q.Purpose(q.Action), q.Now)})
		if errors.Is(err, store.ErrNotFound) {
			t, err = task.Task{Subject: task.Subject{Kind: task.OnContact, ID: int64(c.ID)}, State: task.Done}, nil
		}
		if err != nil {
			return err
		}
		if t.Subject.ID != int64(c.ID) {
			return fmt.Errorf("task %d: %w", id, store.ErrNotFound)
		}
		x, err = h.visit(q, r, c.ID, t)
		return err
	})
	if err != nil {
		return err
	}
	x.ID = q.URL.Query().Get("task")
	x.Result, x.At, x.Told = answer, q.Now, i18n.M("followup.told_"+answer)
	if answer != "unreached" {
		x.Status = ui.Done
	}
	q.W.Header().Set("Content-Type", "text/html; charset=utf-8")
	q.W.WriteHeader(http.StatusOK)
	return h.page.Fragment(q.W, "visit", q.Frame("followup"), x)
}
