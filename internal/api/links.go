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

	Certainty string `json:"certainty,omitempty" doc:"possible, probable or confirmed; left out where the source does not say"`
	Reason    string `json:"reason,omitempty" doc:"Why it was drawn all the same, where the days of onset speak against it."`
}

// NewLink joins two cases by their codes.
type NewLink struct {
	From      string `json:"from" maxLength:"200" doc:"Code; one that is no case's yet waits for it."`
	To        string `json:"to" maxLength:"200"`
	Kind      string `json:"kind" enum:"transmission,direct,cluster,event"`
	Setting   string `json:"setting,omitempty" maxLength:"2000"`
	Certainty string `json:"certainty,omitempty" enum:"possible,probable,confirmed"`
	Reason    string `json:"reason,omitempty" maxLength:"2000" doc:"Needed where the days of onset speak against a transmission."`
}

// LinkRemoval takes a link away.
type LinkRemoval struct {
	Reason string `json:"reason" maxLength:"2000"`
}

// LinkResolution says which case an unknown end is.
type LinkResolution struct {
	Case   string `json:"case" maxLength:"200" doc:"The code of the case."`
	Reason string `json:"reason" maxLength:"2000" doc:"How one knows."`
}

// Done says that an order was carried out.
type Done struct {
	Done bool `json:"done"`
}

// Links is a page.
type Links struct {
	Items []Link `json:"items"`
	Next  string `json:"next,omitempty"`
}

func linkViews(list []cases.Link) []Link {
	out := make([]Link, len(list))
	for i, l := range list {
		out[i] = Link{int64(l.ID), int64(l.From), int64(l.To), l.FromCode, l.ToCode, string(l.Kind), l.Setting, string(l.Certainty), l.Reason}
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
	type add struct {
		Asked
		Outbreak string `path:"outbreak"`
		Body     NewLink
	}
	operation(s, "add-link", http.MethodPost, "/api/outbreaks/{outbreak}/links", "Link two cases; between two people there is one link, which says what is known most surely", 200, func(c *call, in *add) (Done, error) {
		b := in.Body
		err := c.o.Commands.LinkCases(c.ctx, c.by(), command.LinkCases{Outbreak: in.Outbreak, From: b.From, To: b.To, Kind: cases.LinkKind(b.Kind), Setting: b.Setting, Certainty: cases.Certainty(b.Certainty), Reason: b.Reason})
		return Done{err == nil}, err
	})
	type remove struct {
		Record
		Body LinkRemoval
	}
	operation(s, "remove-link", http.MethodPost, "/api/links/{id}/remove", "Say that a link was drawn in error; no rule and no file draws it again", 200, func(c *call, in *remove) (Done, error) {
		err := c.o.Commands.RemoveLink(c.ctx, c.by(), command.RemoveLink{Link: cases.LinkID(in.ID), Reason: in.Body.Reason})
		return Done{err == nil}, err
	})
	type resolve struct {
		Record
		Body LinkResolution
	}
	operation(s, "resolve-link", http.MethodPost, "/api/links/{id}/resolve", "Say which case the unknown end of a link is, the infecting end first", 200, func(c *call, in *resolve) (Done, error) {
		err := c.o.Commands.ResolveLink(c.ctx, c.by(), command.ResolveLink{Link: cases.LinkID(in.ID), Case: in.Body.Case, Reason: in.Body.Reason})
		return Done{err == nil}, err
	})
}
