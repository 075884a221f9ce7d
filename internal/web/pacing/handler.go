// Package pacing answers for the bar of a drill that people play in: what its clock shows, and what whoever controls it asks. The bar itself is part of the frame.
package pacing

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"firebreak/internal/command"
	"firebreak/internal/web/access"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// New parses the part: it is the frame's, so the page has nothing of its own.
func New(k *ui.Kit) (*ui.Page, error) { return k.Page("pacing", nil) }

// Handler answers for the bar.
type Handler struct {
	s    *site.Site
	page *ui.Page
}

// NewHandler parses the part.
func NewHandler(s *site.Site) (*Handler, error) {
	page, err := New(s.Kit)
	return &Handler{s, page}, err
}

// Face is GET /drill/clock: what the bar shows now, for it to be kept right.
func (h *Handler) Face(q *site.Request) error {
	f := q.Frame("")
	if f.Play == nil {
		return &command.Invalid{Field: "drill", Reason: "nobody plays one here"}
	}
	q.W.Header().Set("Content-Type", "text/html; charset=utf-8")
	q.W.Header().Set("Cache-Control", "private, no-store")
	return h.page.Fragment(q.W, "drill-face", f, nil)
}

// Change is POST /drill/pace. It leads back to the page it came from.
func (h *Handler) Change(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	order := command.PaceDrill{Do: form.Get("do")}
	switch order.Do {
	case "speed":
		n, err := strconv.Atoi(form.Get("speed"))
		if err != nil {
			return &command.Invalid{Field: "speed", Value: form.Get("speed"), Reason: "is not a number"}
		}
		order.Speed = n
	case "step":
		n, err := strconv.Atoi(form.Get("minutes"))
		if err != nil || n < 1 {
			return &command.Invalid{Field: "minutes", Value: form.Get("minutes"), Reason: "is not a number of minutes"}
		}
		order.To = q.Now.Add(time.Duration(n) * time.Minute)
		if ends := q.Site.DB.Pace().Ends; order.To.After(ends) {
			order.To = ends
		}
	case "hold":
		order.Held = slices.Clone(form["held"])
	}
	if err := q.Site.Commands.PaceDrill(q.Context(), command.By{Actor: q.Actor}, order); err != nil {
		return err
	}
	http.Redirect(q.W, q.Request, access.LocalPath(form.Get("back")), http.StatusSeeOther)
	return nil
}
