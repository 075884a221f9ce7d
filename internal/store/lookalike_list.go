package store

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/place"
)

// step is how many people are compared at a time on the way through an outbreak.
const step = 200

// LookalikesFrom gathers the pages of Lookalikes from one on until they hold some pairs, or some people were compared, whichever comes first: so that neither a
// city without look-alikes nor one full of them makes the caller wait. Each pair comes once, with the person of it who was entered later.
func (r *Reader) LookalikesFrom(o outbreak.ID, w Within, before person.ID, pairs, people int) (LookalikePage, error) {
	out := LookalikePage{Next: before}
	for {
		got, err := r.Lookalikes(o, w, out.Next, step)
		if err != nil {
			return out, err
		}
		out.Pairs, out.Read, out.Next = append(out.Pairs, got.Pairs...), out.Read+got.Read, got.Next
		if out.Next == 0 || len(out.Pairs) >= pairs || out.Read >= people {
			break
		}
	}
	slices.SortFunc(out.Pairs, likeliest)
	return out, nil
}

func likeliest(x, y Lookalike) int {
	return cmp.Or(y.Score-x.Score, cmp.Compare(y.A, x.A), cmp.Compare(y.B, x.B))
}

// Pair is two people of an outbreak side by side.
type Pair struct {
	Lookalike        // also of two who are not alike enough to be proposed
	Version   int64  // for command.MergePeople
	Who       [2]One // A, B
	Apart     bool   // they were told apart
}

// One is somebody with all their records in one outbreak that go on.
type One struct {
	Likely
	Cases    []cases.Case
	Contacts []contact.Contact
	Samples  int
}

// Pair reads two people side by side. Unless every record of both lies within the bound, and neither was merged, they are not found.
func (r *Reader) Pair(o outbreak.ID, w Within, a, b person.ID) (Pair, error) {
	a, b = max(a, b), min(a, b)
	out := Pair{Lookalike: Lookalike{A: a, B: b}}
	missing := fmt.Errorf("people %d and %d: %w", a, b, ErrNotFound)
	if a == b {
		return out, missing
	}
	bound, err := r.reach(w)
	if err != nil {
		return out, fmt.Errorf("compare people: %w", err)
	}
	who, err := r.LikelyPeople(o, []person.ID{a, b})
	if err != nil {
		return out, err
	}
	for i, id := range []person.ID{a, b} {
		l, ok := who[id]
		if !ok || !bound.holdsAll(l) {
			return out, missing
		}
		if out.Who[i], err = r.one(o, l); err != nil {
			return out, err
		}
		for _, c := range out.Who[i].Cases {
			ok = ok && bound.holds(c.Area)
		}
		if !ok {
			return out, missing
		}
	}
	out.Signs, out.Score = Compare(who[a], who[b])
	if out.Version, err = r.PairVersion(a, b); err != nil {
		return out, err
	}
	apart, err := r.toldApart(map[[2]person.ID]bool{{a, b}: true})
	out.Apart = slices.Contains(apart, [2]person.ID{a, b})
	return out, err
}

func (r *Reader) one(o outbreak.ID, l Likely) (One, error) {
	out := One{Likely: l}
	list, err := r.CasesOf(l.ID)
	if err != nil {
		return out, err
	}
	for _, c := range list {
		if c.Outbreak == o && c.MergedInto == 0 {
			out.Cases = append(out.Cases, c)
		}
	}
	contacts, err := r.ContactsOfPerson(l.ID)
	if err != nil {
		return out, err
	}
	for _, c := range contacts {
		if c.Outbreak == o && c.MergedInto == 0 {
			out.Contacts = append(out.Contacts, c)
		}
	}
	samples, err := r.SpecimensOf(l.ID, o)
	out.Samples = len(samples)
	return out, err
}

// Mark says how what the vault keeps of two people compares: "same", "differ", "a" or "b" where only that one has it, empty where neither has. Nothing is opened.
func (p Pair) Mark(field string) string {
	x, y := p.Who[0].marks[field], p.Who[1].marks[field]
	switch {
	case x == "" && y == "":
		return ""
	case y == "":
		return "a"
	case x == "":
		return "b"
	case x == y:
		return "same"
	}
	return "differ"
}

// mostMerges is how many of the newest merges are looked through for those within a caller's bound.
const mostMerges = 500

// RecentMerges returns the newest merges that stand and whose person's records in the outbreak all lie within the bound, newest first, with that person.
func (r *Reader) RecentMerges(o outbreak.ID, w Within, limit int) ([]Merge, map[person.ID]Likely, error) {
	bound, err := r.reach(w)
	if err != nil {
		return nil, nil, fmt.Errorf("list merges: %w", err)
	}
	list, err := r.merges(`SELECT `+mergeColumns+` FROM person_merge WHERE undone_at = 0 ORDER BY id DESC LIMIT $1`, mostMerges)
	if err != nil || len(list) == 0 {
		return nil, nil, err
	}
	var ids []person.ID
	for _, m := range list {
		ids = append(ids, m.Kept)
	}
	slices.Sort(ids)
	who, err := r.LikelyPeople(o, slices.Compact(ids))
	if err != nil {
		return nil, nil, err
	}
	list = slices.DeleteFunc(list, func(m Merge) bool { return !bound.holdsAll(who[m.Kept]) })
	return list[:min(limit, len(list))], who, nil
}

// MergeWithin reads a merge whose person's records in the outbreak all lie within the bound; another is not found. The person is whoever goes on now.
func (r *Reader) MergeWithin(o outbreak.ID, w Within, id int64) (Merge, Likely, error) {
	m, err := r.Merge(id)
	if err != nil {
		return Merge{}, Likely{}, err
	}
	bound, err := r.reach(w)
	if err != nil {
		return Merge{}, Likely{}, fmt.Errorf("read merge %d: %w", id, err)
	}
	who, err := r.LikelyPeople(o, []person.ID{m.Kept})
	if err == nil && !bound.holdsAll(who[m.Kept]) {
		err = fmt.Errorf("merge %d: %w", id, ErrNotFound)
	}
	return m, who[m.Kept], err
}

// Code is what people call somebody's newest record: the case's, else the contact's.
func (l Likely) Code() string { return l.code() }

// Where is the smallest area known of somebody: their record's, else their own.
func (l Likely) Where() place.AreaID { return l.area() }

// PersonCalled finds who is meant by what people call a record: the code of a case, else of a contact; or "person:12", "case:CODE" and "contact:CODE" where
// that would be another. Nobody is ErrNotFound.
func (r *Reader) PersonCalled(o outbreak.ID, name string) (person.ID, error) {
	kind, code, ok := strings.Cut(name, ":")
	if ok && kind == "person" {
		id, err := strconv.ParseInt(code, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("person %q: %w", code, ErrNotFound)
		}
		p, err := r.Person(person.ID(id))
		return p.ID, err
	}
	if !ok || kind != "case" && kind != "contact" {
		kind, code = "", name
	}
	if kind != "contact" {
		if c, err := r.CaseByCode(o, code); err == nil || !errors.Is(err, ErrNotFound) || kind == "case" {
			return c.Person, err
		}
	}
	list, err := r.ContactsByCodes(o, []string{code})
	if err != nil {
		return 0, err
	}
	c, found := list[code]
	if !found {
		return 0, fmt.Errorf("record %q: %w", name, ErrNotFound)
	}
	return c.Person, nil
}
