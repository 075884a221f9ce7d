// Package search answers the Ctrl K palette: a case, contact or task by its code or number, a jurisdiction, a screen.
package search

import (
	"errors"
	"html/template"
	"slices"
	"strconv"
	"strings"

	"firebreak/internal/auth"
	"firebreak/internal/i18n"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/web/site"
)

// hit is one thing found.
type hit struct {
	Kind, Name, Note, Href string
}

// most is how many things an answer names.
const most = 12

// hits is the answer; js/search.js makes options of its links.
var hits = template.Must(template.New("hits").Parse(`{{range .}}<a href="{{.Href}}"><b>{{.Name}}</b> {{.Kind}}{{with .Note}} · {{.}}{{end}}</a>{{end}}`))

// Find is GET /o/{outbreak}/search?q=. It names only what the person may read.
func Find(q *site.Request) error {
	text := strings.TrimSpace(q.URL.Query().Get("q"))
	var out []hit
	if text != "" {
		var err error
		if out, err = find(q, text); err != nil {
			return err
		}
	}
	q.W.Header().Set("Content-Type", "text/html; charset=utf-8")
	return hits.Execute(q.W, out[:min(len(out), most)])
}

func find(q *site.Request, text string) ([]hit, error) {
	words := q.Words()
	var out []hit
	err := q.View(func(r *store.Reader) error {
		c, err := r.CaseByCode(q.Outbreak.ID, text)
		switch {
		case err == nil && q.Sees(auth.CaseRead, c.Area):
			out = append(out, hit{words.Msg(i18n.M("search.case")), c.Code, q.AreaName(c.Area), q.Path("cases", c.Code)})
		case err != nil && !errors.Is(err, store.ErrNotFound):
			return err
		}
		contacts, err := r.ContactsByCodes(q.Outbreak.ID, []string{text})
		if err != nil {
			return err
		}
		if k, ok := contacts[text]; ok && q.Sees(auth.ContactRead, k.Area) {
			out = append(out, hit{words.Msg(i18n.M("search.contact")), k.Code, q.AreaName(k.Area), q.Path("contacts", k.Code)})
		}
		if id, err := strconv.ParseInt(strings.TrimPrefix(text, "#"), 10, 64); err == nil {
			t, err := r.Task(task.ID(id), q.WithinFor(auth.TaskRead))
			switch {
			case err == nil && t.Outbreak == q.Outbreak.ID:
				n := strconv.FormatInt(id, 10)
				out = append(out, hit{words.Msg(i18n.M("search.task")), n, words.Enum("task.kind", string(t.Kind)), q.Path("tasks", n)})
			case err != nil && !errors.Is(err, store.ErrNotFound):
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	fold := strings.ToLower(text)
	for _, s := range q.Site.Screens {
		name := words.Enum("nav", s.Key)
		if strings.Contains(strings.ToLower(name), fold) && auth.MayAnywhere(q.Actor, s.Action, "", q.Now) {
			out = append(out, hit{words.Msg(i18n.M("search.screen")), name, "", q.Path() + s.Path})
		}
	}
	return append(out, areas(q, fold)...), nil
}

// areas are the jurisdictions within the person's own whose name or code begins with the text; the higher ones first.
func areas(q *site.Request, fold string) []hit {
	now := auth.MayAnywhere(q.Actor, auth.RollupRead, "", q.Now)
	var out []hit
	for _, top := range q.Tops(q.Action) {
		list := q.Tree.Subtree(top)
		if top == 0 {
			list = q.Tree.All()
		}
		for _, j := range list {
			starts := func(s string) bool { return strings.HasPrefix(strings.ToLower(s), fold) }
			if !slices.ContainsFunc([]string{j.Code, j.Name, j.NameEN}, starts) {
				continue
			}
			to := q.Path("tasks")
			if now {
				to = q.Path("now")
			}
			out = append(out, hit{q.Words().Msg(i18n.M("search.area")), q.AreaName(j.ID), j.Code, to + "?area=" + j.Code})
			if len(out) == most {
				return out
			}
		}
	}
	return out
}
