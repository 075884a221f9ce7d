package api

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

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

// areasPattern is the route of files of jurisdictions; they may be larger than other requests.
const areasPattern = "POST /api/areas"

// mostAreas bounds such a request, bytes: a province's communities, or a country's outlines of districts.
const mostAreas = 64 << 20

// NewAreas are files of jurisdictions and of their boundaries; one of them may be left out.
type NewAreas struct {
	Jurisdictions string          `json:"jurisdictions,omitempty" doc:"CSV with the columns code, name, level, parent; population and name_en if known."`
	Boundaries    json.RawMessage `json:"boundaries,omitempty" doc:"GeoJSON FeatureCollection of polygons, WGS 84, with the property code."`
	DryRun        bool            `json:"dry_run,omitempty" doc:"Say what would happen, row by row, and change nothing."`
	Seen          *int64          `json:"seen,omitempty" doc:"seen of the dry run that was agreed to: a tree that has changed since is a conflict."`
}

// AreasImported is what became of the files, or would.
type AreasImported struct {
	command.AreasImported
	SeenAt int64                `json:"seen" doc:"The entry of the journal that had last changed the tree."`
	Rows   []command.AreaChange `json:"changes" doc:"One for each row of each file, unchanged ones aside."`
}

func (s *server) areas() {
	type bring struct {
		Asked
		Body NewAreas
	}
	handle(s, huma.Operation{OperationID: "import-areas", Method: http.MethodPost, Path: "/api/areas", DefaultStatus: 200, MaxBodyBytes: mostAreas,
		Summary: "Bring jurisdictions and boundaries, or see what they would change; all or nothing, and nothing is ever deleted"}, func(c *call, in *bring) (*answer[AreasImported], error) {
		b := in.Body
		done, err := c.o.Commands.ImportAreas(c.ctx, c.by(), command.ImportAreas{DryRun: b.DryRun, Seen: b.Seen,
			Jurisdictions: command.AreaFile{Name: "jurisdictions", Content: []byte(b.Jurisdictions)}, Boundaries: command.AreaFile{Name: "boundaries", Content: b.Boundaries}})
		if err != nil {
			return nil, err
		}
		out := AreasImported{done, done.Seen, []command.AreaChange{}}
		for _, r := range done.Changes {
			if r.Fate != command.AreaUnchanged {
				out.Rows = append(out.Rows, r)
			}
		}
		return &answer[AreasImported]{out}, nil
	})
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
