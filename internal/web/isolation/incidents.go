package isolation

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"firebreak/internal/command"
	"firebreak/internal/facility"
	"firebreak/internal/i18n"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// NewIncidents parses the page of what went wrong at a facility, made for a phone.
func NewIncidents(k *ui.Kit) (*ui.Page, error) {
	return k.Page("isolation-incidents", files, "incidents.html", "head.html")
}

// IncidentsView is what went wrong at a facility.
type IncidentsView struct {
	Head
	Report  string   // where a report is posted; empty where the reader may not
	Kinds   []string // key: incident.kind.<kind>
	Grave   []ui.Option
	Typed   url.Values // what was refused
	Error   i18n.Msg
	Open    int64
	Day     int64 // of the last 24 hours
	Cards   []IncidentCard
	Shown   int // how many there are at most
	Limited bool
}

// IncidentCard is one incident.
type IncidentCard struct {
	ID         int64
	Kind       string // key: incident.kind.<Kind>
	Severity   string // key: incident.severity.<Severity>
	Status     ui.Status
	Due        time.Time // zero where it is closed, or no clock runs
	At         time.Time
	Where      string
	Who        string
	WhoHref    string
	Note, Done string
	NotedBy    string
	ClosedAt   time.Time
	ClosedBy   string
	Action     string // empty where the reader may not
	Version    int64
	Grave      []ui.Option
	Error      i18n.Msg
}

// Closed says whether it is dealt with.
func (c IncidentCard) Closed() bool { return !c.ClosedAt.IsZero() }

const shownIncidents = 200

// Incidents is GET /o/{outbreak}/isolation/{facility}/incidents.
func (h *Handler) Incidents(q *site.Request) error {
	return h.showIncidents(q, http.StatusOK, nil, 0, i18n.Msg{})
}

func (h *Handler) showIncidents(q *site.Request, status int, typed url.Values, card int64, wrong i18n.Msg) error {
	var v IncidentsView
	err := q.View(func(r *store.Reader) error {
		f, err := read(q, r, q.PathValue("facility"))
		if err != nil {
			return err
		}
		list, err := r.IncidentsAt(f.ID, shownIncidents+1)
		if err != nil {
			return err
		}
		v = IncidentsView{Head: headOf(q, f), Kinds: incidentKinds(), Grave: ui.Choices("incident.severity", severities()...), Typed: typed, Shown: shownIncidents}
		if keeps(q, f) {
			v.Report = hrefOf(q, f.ID, "incidents")
		}
		if card == 0 {
			v.Error = wrong
		}
		if v.Limited = len(list) > shownIncidents; v.Limited {
			list = list[:shownIncidents]
		}
		ids := make([]int64, len(list))
		var stays []facility.Stay
		for i, x := range list {
			ids[i] = int64(x.ID)
			if x.Stay != 0 {
				s, err := r.Stay(x.Stay)
				if err != nil {
					return err
				}
				stays = append(stays, s)
			}
		}
		who, err := guests(q, r, f, stays)
		if err != nil {
			return err
		}
		tasks, err := r.TasksOfMany(task.OnIncident, ids)
		if err != nil {
			return err
		}
		for _, x := range list {
			if x.Open() {
				v.Open++
			}
			if q.Now.Sub(x.HappenedAt) < 24*time.Hour {
				v.Day++
			}
			c := h.incidentCard(q, f, x, who[x.Stay], tasks[int64(x.ID)])
			if card == c.ID {
				c.Error, c.Where, c.Note, c.Done = wrong, typed.Get("where"), typed.Get("note"), typed.Get("done")
			}
			v.Cards = append(v.Cards, c)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return q.ShowStatus(status, h.incidents, "isolation", v)
}

func (h *Handler) incidentCard(q *site.Request, f facility.Facility, x facility.Incident, who Guest, tasks []task.Task) IncidentCard {
	c := IncidentCard{ID: int64(x.ID), Kind: string(x.Kind), Severity: string(x.Severity), At: x.HappenedAt, Where: x.Where, Who: who.Of, WhoHref: who.Href, Note: x.Note, Done: x.Done, NotedBy: x.NotedBy, ClosedAt: x.ClosedAt, ClosedBy: x.ClosedBy,
		Version: x.Version, Status: ui.Done, Grave: ui.Choices("incident.severity", severities()...)}
	if keeps(q, f) {
		c.Action = hrefOf(q, f.ID, "incidents", number(x.ID))
	}
	if x.Open() {
		c.Status = ui.OnTime
		for _, t := range tasks {
			if t.State == task.Open {
				c.Due, c.Status = t.Due, ui.DueSoon
				if t.Late(q.Now) {
					c.Status = ui.Late
				}
			}
		}
	}
	return c
}

func incidentKinds() (out []string) {
	for _, k := range facility.IncidentKinds() {
		out = append(out, string(k))
	}
	return out
}

func severities() (out []string) {
	for _, s := range facility.IncidentSeverities() {
		out = append(out, string(s))
	}
	return out
}

func incidentFields(form url.Values) command.IncidentFields {
	return command.IncidentFields{Kind: form.Get("kind"), Severity: form.Get("severity"), Where: form.Get("where"), Who: form.Get("who"), Note: form.Get("note"), Done: form.Get("done")}
}

// NoteIncident is POST /o/{outbreak}/isolation/{facility}/incidents: one tap on what happened; the rest can follow.
func (h *Handler) NoteIncident(q *site.Request) error {
	form, f, err := h.posted(q)
	if err != nil {
		return err
	}
	_, err = h.s.Commands.NoteIncident(q.Context(), by(q, f, keeper(f)), command.NoteIncident{Facility: f.ID, IncidentFields: incidentFields(form)})
	if err == nil {
		return q.Done(hrefOf(q, f.ID, "incidents"), "incident", 1)
	}
	if m, status, ok := refusedIncident(q, err); ok {
		return h.showIncidents(q, status, form, 0, m)
	}
	return err
}

// ChangeIncident is POST /o/{outbreak}/isolation/{facility}/incidents/{incident}: more is known, or it is dealt with.
func (h *Handler) ChangeIncident(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(q.PathValue("incident"), 10, 64)
	if err != nil {
		return fmt.Errorf("incident %q: %w", q.PathValue("incident"), store.ErrNotFound)
	}
	var f facility.Facility
	err = q.View(func(r *store.Reader) error {
		if f, err = read(q, r, q.PathValue("facility")); err != nil {
			return err
		}
		x, err := r.Incident(facility.IncidentID(id))
		if err == nil && x.Facility != f.ID {
			err = fmt.Errorf("incident %d: %w", id, store.ErrNotFound)
		}
		return err
	})
	if err != nil {
		return err
	}
	version, _ := strconv.ParseInt(form.Get("version"), 10, 64) // 0: as it stands
	_, err = h.s.Commands.ChangeIncident(q.Context(), by(q, f, keeper(f)), command.ChangeIncident{Incident: facility.IncidentID(id), Version: version, Close: form.Get("close") != "", IncidentFields: incidentFields(form)})
	if err == nil {
		return q.Done(hrefOf(q, f.ID, "incidents"), "saved", 1)
	}
	if m, status, ok := refusedIncident(q, err); ok {
		return h.showIncidents(q, status, form, id, m)
	}
	return err
}

func refusedIncident(q *site.Request, err error) (i18n.Msg, int, bool) {
	var wrong *command.Invalid
	if errors.As(err, &wrong) {
		switch wrong.Field {
		case "done":
			if wrong.Value == "" {
				return i18n.M("incident.needs_done"), http.StatusUnprocessableEntity, true
			}
		case "who":
			return i18n.M("incident.bad_who", "who", wrong.Value), http.StatusUnprocessableEntity, true
		}
	}
	return refused(q, err)
}

// incidentsLine says on the page of a facility how many incidents are open.
func incidentsLine(r *store.Reader, f facility.Facility) (i18n.Msg, error) {
	list, err := r.IncidentsAt(f.ID, shownIncidents)
	if err != nil {
		return i18n.Msg{}, err
	}
	open := 0
	for _, x := range list {
		if x.Open() {
			open++
		}
	}
	if open == 0 {
		return i18n.M("incident.button_none"), nil
	}
	return i18n.M("incident.button", "n", open), nil
}
