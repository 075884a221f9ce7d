package api

import (
	"cmp"
	"net/http"
	"slices"

	"firebreak/internal/command"
	"firebreak/internal/place"
)

// Area is a jurisdiction.
type Area struct {
	Code       string `json:"code"`
	Parent     string `json:"parent,omitempty" doc:"Code of the jurisdiction above."`
	Name       string `json:"name"`
	NameEN     string `json:"name_en,omitempty"`
	Level      string `json:"level"`
	Population int64  `json:"population,omitempty"`
	Children   int    `json:"children" doc:"How many lie directly below."`
}

// Areas is a page.
type Areas struct {
	Items []Area `json:"items"`
	Next  string `json:"next,omitempty"`
}

func (s *server) areas() {
	type list struct {
		Asked
		Parent string `query:"parent" doc:"Code: what lies directly below it. Left out: the tops of the tree."`
		Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"200"`
		Cursor string `query:"cursor"`
	}
	operation(s, "list-areas", http.MethodGet, "/api/areas", "One branch of the tree of jurisdictions, by code: those in the caller's areas, and those around them", 200, func(c *call, in *list) (out Areas, err error) {
		tree, err := c.o.DB.Tree(c.ctx)
		if err != nil {
			return out, err
		}
		var level []place.Jurisdiction
		if in.Parent == "" {
			for _, id := range tree.Roots() {
				j, _ := tree.Get(id)
				level = append(level, j)
			}
		} else {
			j, ok := tree.ByCode(in.Parent)
			if !ok {
				return out, &command.Invalid{Field: "query.parent", Value: in.Parent, Reason: "is not the code of a known jurisdiction"}
			}
			level = slices.Clone(tree.Children(j.ID))
		}
		slices.SortFunc(level, func(a, b place.Jurisdiction) int { return cmp.Compare(a.Code, b.Code) })
		out.Items = []Area{}
		for _, j := range level {
			if j.Code <= in.Cursor && in.Cursor != "" || !c.near(tree, j.ID) {
				continue
			}
			if len(out.Items) == in.Limit {
				out.Next = out.Items[in.Limit-1].Code
				break
			}
			up, _ := tree.Get(j.Parent)
			out.Items = append(out.Items, Area{j.Code, up.Code, j.Name, j.NameEN, string(j.Level), j.Population, len(tree.Children(j.ID))})
		}
		return out, nil
	})
}
