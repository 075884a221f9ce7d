package api

import (
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/store"
)

// Listed is part of every input of a list.
type Listed struct {
	Asked
	Outbreak string `path:"outbreak" doc:"Name of the outbreak."`
	Area     string `query:"area" doc:"Code of a jurisdiction: only what lies in it or below."`
	Limit    int    `query:"limit" minimum:"1" maximum:"1000" default:"50" doc:"Rows of a page."`
	Cursor   string `query:"cursor" doc:"next or prev of another page of the same list, taken as it is."`
	Desc     bool   `query:"desc" doc:"Largest first."`
}

func (l Listed) page() store.Page {
	return store.Page{Limit: l.Limit, Cursor: l.Cursor, Desc: l.Desc}
}

// within is where the caller may do the action, for the stated purpose; Forbidden with the reason where that is nowhere.
func (c *call) within(action auth.Action) (store.Within, error) {
	s := auth.ScopeOf(c.actor, action, c.purpose, c.now)
	if s.Empty() {
		return store.Within{}, &command.Forbidden{Action: action, Decision: auth.May(c.actor, action, nil, c.purpose, c.now)}
	}
	return store.Within{Scope: s}, nil
}

// inside is an outbreak as a request sees it.
type inside struct {
	*store.Reader
	o      outbreak.Outbreak
	loc    *time.Location
	tree   *place.Tree
	within store.Within
}

// view reads in one snapshot what belongs to an outbreak, bound to where the caller may do the action and to the area asked for.
func (c *call) view(action auth.Action, name, area string, fn func(*inside) error) error {
	w, err := c.within(action)
	if err != nil {
		return err
	}
	return c.o.DB.View(c.ctx, func(r *store.Reader) error {
		o, err := r.OutbreakByName(name)
		if err != nil {
			return err
		}
		in, err := open(r, o, w)
		if err != nil {
			return err
		}
		if area != "" {
			j, ok := in.tree.ByCode(area)
			if !ok {
				return &command.Invalid{Field: "query.area", Value: area, Reason: "is not the code of a known jurisdiction"}
			}
			in.within = w.At(j.ID)
		}
		return fn(in)
	})
}

func open(r *store.Reader, o outbreak.Outbreak, w store.Within) (*inside, error) {
	loc, err := o.Location()
	if err != nil {
		return nil, err
	}
	tree, err := r.Tree()
	return &inside{r, o, loc, tree, w}, err
}

// sees says whether the caller may do the action on what belongs to an area of the outbreak. What has no known area belongs to the outbreak's.
func (in *inside) sees(area place.AreaID) (bool, error) {
	if area == 0 {
		area = in.o.Area
	}
	return in.Reader.Sees(in.within, area)
}

// record reads one record in one snapshot: find returns its outbreak and area, show makes the answer. A record outside the caller's scope is
// not found: nobody learns that it is there.
func (c *call) record(action auth.Action, noun string, id int64, find func(*store.Reader) (outbreak.ID, place.AreaID, error), show func(*inside) error) error {
	w, err := c.within(action)
	if err != nil {
		return err
	}
	return c.o.DB.View(c.ctx, func(r *store.Reader) error {
		oid, area, err := find(r)
		if err != nil {
			return err
		}
		o, err := r.Outbreak(oid)
		if err != nil {
			return err
		}
		in, err := open(r, o, w)
		if err != nil {
			return err
		}
		ok, err := in.sees(area)
		if err != nil {
			return err
		}
		if !ok {
			return notFound(noun, id)
		}
		return show(in)
	})
}

func (in *inside) code(a place.AreaID) string {
	j, _ := in.tree.Get(a)
	return j.Code
}

// clock writes an instant; the unknown one is left out.
func clock(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// words turns the texts of a repeated query parameter into the words of a closed set.
func words[T ~string](name string, list []string, parse func(string) (T, error)) ([]T, error) {
	var out []T
	for _, s := range list {
		w, err := parse(s)
		if err != nil {
			return nil, &command.Invalid{Field: "query." + name, Value: s, Reason: err.Error()}
		}
		out = append(out, w)
	}
	return out, nil
}
