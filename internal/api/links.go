package api

import (
	"net/http"
	"strconv"

	"firebreak/internal/auth"
	"firebreak/internal/cases"
	"firebreak/internal/command"
	"firebreak/internal/place"
	"firebreak/internal/store"
)

// Link joins two cases.
type Link struct {
	ID       int64  `json:"id"`
	From     int64  `json:"from,omitempty" doc:"Left out while the end is no known case."`
	To       int64  `json:"to,omitempty"`
	FromCode string `json:"from_code"`
	ToCode   string `json:"to_code"`
	Kind     string `json:"kind" doc:"transmission (from infected to), direct, cluster or event"`
	Setting  string `json:"setting,omitempty"`
}

// Links is a page.
type Links struct {
	Items []Link `json:"items"`
	Next  string `json:"next,omitempty"`
}

func linkViews(list []cases.Link) []Link {
	out := make([]Link, len(list))
	for i, l := range list {
		out[i] = Link{int64(l.ID), int64(l.From), int64(l.To), l.FromCode, l.ToCode, string(l.Kind), l.Setting}
	}
	return out
}

func (s *server) links() {
	operation(s, "list-links", http.MethodGet, "/api/outbreaks/{outbreak}/links", "List the links with an end that the caller may read, by id", 200, func(c *call, in *Listed) (out Links, err error) {
		var after int64
		if in.Cursor != "" {
			if after, err = strconv.ParseInt(in.Cursor, 36, 64); err != nil {
				return out, store.ErrCursor
			}
		}
		if in.Desc {
			return out, &command.Invalid{Field: "query.desc", Reason: "links are listed by id only"}
		}
		return out, c.view(auth.CaseRead, in.Outbreak, in.Area, func(v *inside) error {
			holds, err := v.Holds(v.within)
			if err != nil {
				return err
			}
			list, err := v.Links(v.o.ID)
			if err != nil {
				return err
			}
			known := map[cases.ID]bool{}
			if holds != nil {
				// One walk of the cases answers for all links.
				if err := v.EachCase(v.o.ID, func(a place.AreaID) bool { return holds(a) }, func(k cases.Case) error {
					known[k.ID] = true
					return nil
				}); err != nil {
					return err
				}
			}
			page := []cases.Link{}
			for _, l := range list {
				if int64(l.ID) <= after || holds != nil && !known[l.From] && !known[l.To] {
					continue
				}
				if len(page) == in.Limit {
					out.Next = strconv.FormatInt(int64(page[in.Limit-1].ID), 36)
					break
				}
				page = append(page, l)
			}
			out.Items = linkViews(page)
			return nil
		})
	})
}
