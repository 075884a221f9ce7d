// Package home is where a person lands: it leads to the newest outbreak, or says what to do where there is none.
package home

import (
	"embed"
	"net/http"

	"firebreak/internal/auth"
	"firebreak/internal/i18n"
	"firebreak/internal/outbreak"
	"firebreak/internal/store"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

//go:embed page.html
var files embed.FS

// New parses the page.
func New(k *ui.Kit) (*ui.Page, error) { return k.Page("home", files, "page.html") }

// View says what to do next.
type View struct{ Empty ui.Empty }

// Handler answers for the root and for an outbreak's own address.
type Handler struct {
	s    *site.Site
	page *ui.Page
}

// NewHandler parses the page.
func NewHandler(s *site.Site) (*Handler, error) {
	page, err := New(s.Kit)
	return &Handler{s, page}, err
}

// Root is GET /: to the newest outbreak, or the page that says how to begin.
func (h *Handler) Root(w http.ResponseWriter, r *http.Request) {
	if err := h.root(w, r); err != nil {
		h.s.Fail(w, r, err)
	}
}

func (h *Handler) root(w http.ResponseWriter, r *http.Request) error {
	actor, _ := auth.ActorFrom(r.Context())
	first, ok := h.first(actor)
	var list []outbreak.Outbreak
	err := h.s.DB.View(r.Context(), func(rd *store.Reader) (err error) {
		list, err = rd.Outbreaks()
		return err
	})
	if err != nil {
		return err
	}
	v := View{Empty: ui.Empty{Title: i18n.M("home.empty"), Hint: i18n.M("home.empty_hint")}}
	switch {
	case len(list) > 0 && ok:
		http.Redirect(w, r, first.Href(list[0].Name), http.StatusSeeOther)
		return nil
	case ok && first.Whole:
		http.Redirect(w, r, first.Path, http.StatusSeeOther)
		return nil
	case len(list) > 0:
		v.Empty = ui.Empty{Title: i18n.M("home.no_screen"), Hint: i18n.M("home.no_screen_hint")}
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	return h.page.Render(w, h.s.Access.Frame(r), v)
}

// Outbreak is GET /o/{outbreak}: to the first of the person's screens.
func (h *Handler) Outbreak(w http.ResponseWriter, r *http.Request) {
	actor, _ := auth.ActorFrom(r.Context())
	first, ok := h.first(actor)
	if !ok {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	http.Redirect(w, r, first.Href(r.PathValue("outbreak")), http.StatusSeeOther)
}

// first is the first screen of the navigation that the person may use.
func (h *Handler) first(a auth.Actor) (site.Screen, bool) {
	for _, s := range h.s.Screens {
		if s.May(a, h.s.DB.Now()) {
			return s, true
		}
	}
	return site.Screen{}, false
}
