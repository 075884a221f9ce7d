package positives

import (
	"fmt"
	"net/url"
	"strconv"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/i18n"
	"firebreak/internal/person"
	"firebreak/internal/positives"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/web/happened"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// Handler answers for the page of positive tubes.
type Handler struct {
	s    *site.Site
	page *ui.Page
}

// NewHandler parses the page.
func NewHandler(s *site.Site) (*Handler, error) {
	p, err := New(s.Kit)
	return &Handler{s: s, page: p}, err
}

// pageTubes is how many tubes a page has.
const pageTubes = 20

// Show is GET /o/{outbreak}/positives.
func (h *Handler) Show(q *site.Request) error {
	f := positives.Find{Outbreak: q.Outbreak.ID, Within: q.Within(), Limit: pageTubes}
	if after := q.URL.Query().Get("after"); after != "" {
		n, err := strconv.ParseInt(after, 10, 64)
		if err != nil || n < 1 {
			return fmt.Errorf("positive tubes after %q: %w", after, store.ErrCursor)
		}
		f.Before = screening.TubeID(n)
	}
	v := View{Longest: q.Pack.Clocks.HoldLongest.Duration(), Clause: q.Pack.Clocks.HoldLongest.Path, Pack: q.Pack.Ref()}
	if !q.Pack.Clocks.HoldLongest.Set() {
		v.Longest, v.Clause = 0, ""
	}
	err := q.View(func(r *store.Reader) error {
		list, next, err := positives.Read(r, q.Pack, f)
		if err != nil {
			return err
		}
		if next != 0 {
			values := url.Values{"after": {strconv.FormatInt(int64(next), 10)}}
			if q.Area.ID != 0 {
				values.Set("area", q.Area.Code)
			}
			v.NextHref = q.Path("positives") + "?" + values.Encode()
		}
		code, err := happened.PersonCodes(q, r)
		if err != nil {
			return err
		}
		for i := range list {
			v.Tubes = append(v.Tubes, tube(q, &list[i], code))
		}
		return nil
	})
	if err != nil {
		return err
	}
	return q.Show(h.page, "positives", v)
}

func tube(q *site.Request, t *positives.Tube, code func(person.ID) string) Tube {
	out := Tube{ID: "tube-" + strconv.FormatInt(int64(t.ID), 10), Code: t.Code, Household: t.Kind == screening.Household, Site: t.Site.Name, Desk: t.Desk, Area: q.AreaName(t.Site.Area), ClosedAt: t.ClosedAt,
		ResultAt: t.ResultAt, People: t.People, Held: t.Held(), Late: t.Late(q.Now), Settled: t.Settled(), Before: neighbour(t.Before), After: neighbour(t.After)}
	if k := t.Check; k != nil {
		out.Check = &Check{Href: q.Path("tasks", strconv.FormatInt(int64(k.ID), 10)), Owner: auth.Role(k.Owner).Title(auth.Lang(q.Lang())), Due: k.Due, Status: status(q, k)}
		if k.State == task.Open && q.Sees(auth.ResultWrite, t.Site.Area) {
			out.RecordCheck = &ui.Form{ID: out.ID + "-check", Action: q.Path("positives", t.Code, "check"), Submit: i18n.M("positive.record"),
				Fields: []ui.Field{{Name: "finding", Label: i18n.M("positive.finding"), Kind: ui.FieldArea, Required: true}}}
		}
	}
	if c := t.Finding; c != nil {
		out.Finding, out.FindingBy, out.FindingAt = c.Finding, c.By, c.At
	}
	for _, m := range t.Members {
		x := Member{Code: code(m.Person), SwabbedAt: m.At, Standing: m.Standing, Hold: i18n.M("positive.not_held")}
		if m.Area != 0 {
			x.Area = q.AreaName(m.Area)
		}
		if hold := m.Hold; hold != nil {
			x.Held, x.Until = hold.Stands(), hold.Until
			switch {
			case !x.Held:
				x.Hold = i18n.M("positive.lifted." + string(hold.Lifted))
			case hold.ToldAt.IsZero():
				x.Hold = i18n.M("positive.not_told")
			default:
				x.Hold = i18n.M("positive.told")
			}
		}
		if k := m.Sample; k != nil {
			x.Due, x.Status, x.Owner, x.Href = k.Due, status(q, k), auth.Role(k.Owner).Title(auth.Lang(q.Lang())), q.Path("tasks", strconv.FormatInt(int64(k.ID), 10))
		}
		for _, id := range m.Household {
			x.Home = append(x.Home, code(id))
		}
		out.Members = append(out.Members, x)
	}
	return out
}

func neighbour(t *store.Tube) *Neighbour {
	if t == nil {
		return nil
	}
	return &Neighbour{Code: t.Code, People: t.People, ClosedAt: t.ClosedAt, Result: string(t.Result)}
}

// soon is how long before its deadline somebody should look at a task.
const soon = 1 * 60 * 60 * 1e9

func status(q *site.Request, t *task.Task) ui.Status {
	switch t.State {
	case task.Done:
		return ui.Done
	case task.Waived:
		return ui.Waived
	case task.Void:
		return ui.Void
	case task.Open:
	}
	return ui.StatusOf(t.Due, q.Now, soon)
}

// Check is POST /o/{outbreak}/positives/{tube}/check.
func (h *Handler) Check(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	if err := h.s.Commands.CheckTube(q.Context(), q.By(), command.CheckTube{Outbreak: q.Outbreak.Name, Tube: q.PathValue("tube"), Finding: form.Get("finding")}); err != nil {
		return err
	}
	return q.Done(q.Path("positives"), "saved", 1)
}
