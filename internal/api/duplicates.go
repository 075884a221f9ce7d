package api

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/person"
	"firebreak/internal/store"
)

// Lookalike is two people who may be one.
type Lookalike struct {
	A       LookalikePerson `json:"a" doc:"In the list, who was entered later."`
	B       LookalikePerson `json:"b"`
	Points  int             `json:"points" doc:"How likely they are one: from 45 on they are proposed, from 90 on it is very likely."`
	Same    []string        `json:"same" doc:"What they have in common: document, phone, name, born, age, sex, area, district, onset, code; the strongest first."`
	Differ  []string        `json:"differ" doc:"What speaks against it."`
	Version int64           `json:"version" doc:"Name it in a merge."`
}

// LookalikePerson is somebody and what people call their newest records.
type LookalikePerson struct {
	Person  int64  `json:"person"`
	Case    string `json:"case,omitempty"`
	Contact string `json:"contact,omitempty"`
}

// Lookalikes is a page.
type Lookalikes struct {
	Items    []Lookalike `json:"items"`
	Compared int         `json:"compared" doc:"People who were compared for this page."`
	Next     string      `json:"next,omitempty"`
}

// Merge is two people found to be one.
type Merge struct {
	ID       int64      `json:"id"`
	Kept     int64      `json:"kept" doc:"The person who goes on."`
	Gone     int64      `json:"gone"`
	At       *time.Time `json:"at,omitempty"`
	By       string     `json:"by"`
	Reason   string     `json:"reason"`
	UndoneAt *time.Time `json:"undone_at,omitempty"`
	UndoneBy string     `json:"undone_by,omitempty"`
}

// Merges is a list.
type Merges struct {
	Items []Merge `json:"items"`
}

// MergeOf shows a merge.
func MergeOf(m store.Merge) Merge {
	return Merge{m.ID, int64(m.Kept), int64(m.Gone), clock(m.At), m.By, m.Reason, clock(m.UndoneAt), m.UndoneBy}
}

// MergeOrder makes two people one.
type MergeOrder struct {
	Kept    int64    `json:"kept" doc:"The person who goes on."`
	Gone    int64    `json:"gone"`
	Version int64    `json:"version" doc:"The version of the pair that was compared."`
	Reason  string   `json:"reason" minLength:"1" maxLength:"2000"`
	Take    []string `json:"take,omitempty" maxItems:"100" doc:"Fields in which the one who goes counts: person.sex, case.onset, contact.relation. Elsewhere the one who is kept counts where it says something."`
}

// ApartOrder tells two people apart.
type ApartOrder struct {
	One    int64  `json:"one"`
	Other  int64  `json:"other"`
	Reason string `json:"reason" minLength:"1" maxLength:"2000"`
}

// Apart is two people who are not one.
type Apart struct {
	One   int64 `json:"one"`
	Other int64 `json:"other"`
}

// UnmergeOrder takes a merge back.
type UnmergeOrder struct {
	Merge  int64  `json:"merge"`
	Reason string `json:"reason" minLength:"1" maxLength:"2000"`
}

// MergedView tells which record goes on in place of the one that was named.
type MergedView struct {
	Noun string `json:"noun"`
	Code string `json:"code" doc:"The record that was named; a person's number."`
	Into string `json:"into" doc:"The one that goes on."`
}

const (
	comparedMost = 4000 // people who are compared for a page
	mergesMost   = 100
)

func (s *server) duplicates() {
	operation(s, "list-duplicates", http.MethodGet, "/api/outbreaks/{outbreak}/duplicates",
		"Propose pairs of people who may be one, those entered last first; a page holds limit pairs and those of the same people", 200, (*call).listDuplicates)
	type listed struct {
		Asked
		Outbreak string `path:"outbreak"`
	}
	operation(s, "list-merges", http.MethodGet, "/api/outbreaks/{outbreak}/merges", "List the newest merges that stand, up to 100", 200, func(c *call, in *listed) (out Merges, err error) {
		out.Items = []Merge{}
		return out, c.view(auth.CaseWrite, in.Outbreak, "", func(v *inside) error {
			list, _, err := v.RecentMerges(v.o.ID, v.within, mergesMost)
			for _, m := range list {
				out.Items = append(out.Items, MergeOf(m))
			}
			return err
		})
	})
	type compared struct {
		Asked
		Outbreak string `path:"outbreak"`
		A        string `query:"a" required:"true" doc:"Code of a case or a contact; case:CODE, contact:CODE or person:NUMBER where that is not enough."`
		B        string `query:"b" required:"true"`
	}
	operation(s, "compare-duplicates", http.MethodGet, "/api/outbreaks/{outbreak}/duplicates/pair", "Compare two people, a and b as asked for, also such as are not proposed", 200, func(c *call, in *compared) (out Lookalike, err error) {
		return out, c.view(auth.CaseWrite, in.Outbreak, "", func(v *inside) error {
			a, err := v.PersonCalled(v.o.ID, in.A)
			if err != nil {
				return err
			}
			b, err := v.PersonCalled(v.o.ID, in.B)
			if err != nil {
				return err
			}
			p, err := v.comparable(a, b)
			out = LookalikeOf(p.Lookalike, p.Who[0].Likely, p.Who[1].Likely, p.Version)
			if p.A != a {
				out.A, out.B = out.B, out.A
			}
			return err
		})
	})
	type merge struct {
		Asked
		Outbreak string `path:"outbreak"`
		Body     MergeOrder
	}
	operation(s, "merge-duplicates", http.MethodPost, "/api/outbreaks/{outbreak}/duplicates/merge", "Say that two people are one", 201, func(c *call, in *merge) (out Merge, err error) {
		kept, gone := person.ID(in.Body.Kept), person.ID(in.Body.Gone)
		if err := c.pair(in.Outbreak, kept, gone); err != nil {
			return out, err
		}
		m, err := c.o.Commands.MergePeople(c.ctx, c.by(), command.MergePeople{Kept: kept, Gone: gone, Seen: in.Body.Version, Reason: in.Body.Reason, Take: in.Body.Take})
		return MergeOf(m), err
	})
	type apart struct {
		Asked
		Outbreak string `path:"outbreak"`
		Body     ApartOrder
	}
	operation(s, "tell-duplicates-apart", http.MethodPost, "/api/outbreaks/{outbreak}/duplicates/apart", "Say that two people who look alike are two", 200, func(c *call, in *apart) (out Apart, err error) {
		one, other := person.ID(in.Body.One), person.ID(in.Body.Other)
		if err := c.pair(in.Outbreak, one, other); err != nil {
			return out, err
		}
		err = c.o.Commands.TellApart(c.ctx, c.by(), command.TellApart{One: one, Other: other, Reason: in.Body.Reason})
		return Apart{in.Body.One, in.Body.Other}, err
	})
	type unmerge struct {
		Asked
		Outbreak string `path:"outbreak"`
		Body     UnmergeOrder
	}
	operation(s, "unmerge-duplicates", http.MethodPost, "/api/outbreaks/{outbreak}/duplicates/unmerge", "Take a merge back: the two are two people again", 200, func(c *call, in *unmerge) (out Merge, err error) {
		err = c.view(auth.CaseWrite, in.Outbreak, "", func(v *inside) error {
			_, _, err := v.MergeWithin(v.o.ID, v.within, in.Body.Merge)
			return err
		})
		if err != nil {
			return out, err
		}
		m, err := c.o.Commands.UnmergePeople(c.ctx, c.by(), command.UnmergePeople{Merge: in.Body.Merge, Reason: in.Body.Reason})
		return MergeOf(m), err
	})
}

func (c *call) listDuplicates(in *Listed) (out Lookalikes, err error) {
	var before int64
	if in.Cursor != "" {
		if before, err = strconv.ParseInt(in.Cursor, 36, 64); err != nil || before <= 0 {
			return out, store.ErrCursor
		}
	}
	if in.Desc {
		return out, &command.Invalid{Field: "query.desc", Reason: "pairs are listed newest first only"}
	}
	return out, c.view(auth.CaseWrite, in.Outbreak, in.Area, func(v *inside) error {
		got, err := v.LookalikesFrom(v.o.ID, v.within, person.ID(before), in.Limit, comparedMost)
		if err != nil {
			return err
		}
		out.Items, out.Compared = []Lookalike{}, got.Read
		if got.Next != 0 {
			out.Next = strconv.FormatInt(int64(got.Next), 36)
		}
		var ids []person.ID
		for _, k := range got.Pairs {
			ids = append(ids, k.A, k.B)
		}
		who, err := v.LikelyPeople(v.o.ID, ids)
		if err != nil {
			return err
		}
		for _, k := range got.Pairs {
			version, err := v.PairVersion(k.A, k.B)
			if err != nil {
				return err
			}
			out.Items = append(out.Items, LookalikeOf(k, who[k.A], who[k.B], version))
		}
		return nil
	})
}

// LookalikeOf shows two people who may be one, and the version of the pair.
func LookalikeOf(k store.Lookalike, a, b store.Likely, version int64) Lookalike {
	out := Lookalike{A: likelyView(a), B: likelyView(b), Points: k.Score, Version: version, Same: []string{}, Differ: []string{}}
	for _, s := range k.Signs {
		if s.Differ {
			out.Differ = append(out.Differ, s.Name)
		} else {
			out.Same = append(out.Same, s.Name)
		}
	}
	return out
}

func likelyView(l store.Likely) LookalikePerson {
	out := LookalikePerson{Person: int64(l.ID)}
	if l.Case != nil {
		out.Case = l.Case.Code
	}
	if l.Contact != nil {
		out.Contact = l.Contact.Code
	}
	return out
}

// pair checks that the caller may compare two people of an outbreak: others are not found. One who was merged is told with whoever goes on.
func (c *call) pair(name string, a, b person.ID) error {
	if a == b {
		return &command.Invalid{Field: "other", Value: strconv.FormatInt(int64(b), 10), Reason: "is the same person"}
	}
	return c.view(auth.CaseWrite, name, "", func(v *inside) error {
		_, err := v.comparable(a, b)
		return err
	})
}

func (in *inside) comparable(a, b person.ID) (store.Pair, error) {
	pair, err := in.Pair(in.o.ID, in.within, a, b)
	if !errors.Is(err, store.ErrNotFound) {
		return pair, err
	}
	for _, p := range []person.ID{a, b} {
		list, err := in.MergesOf(p)
		if err != nil {
			return pair, err
		}
		for _, m := range list {
			if _, _, err := in.MergeWithin(in.o.ID, in.within, m.ID); m.Gone == p && err == nil {
				return pair, &command.Merged{Noun: "person", Code: fmt.Sprint(p), Into: fmt.Sprint(m.Kept)}
			}
		}
	}
	return pair, err
}
