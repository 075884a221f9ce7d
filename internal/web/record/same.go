package record

import (
	"strconv"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/person"
	"firebreak/internal/store"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// mostAlike bounds what a record's page says of others that may be of the same person.
const mostAlike = 3

// Same tells who may merge them which other records may be of the same person, and which were merged into this one.
func Same(q *site.Request, r *store.Reader, p person.ID) (out ui.Same, err error) {
	if p == 0 || !auth.MayAnywhere(q.Actor, auth.CaseWrite, q.Purpose(auth.CaseWrite), q.Now) {
		return out, nil
	}
	w := q.WithinFor(auth.CaseWrite)
	pairs, err := r.LookalikesOf(q.Outbreak.ID, w, p)
	if err != nil {
		return out, err
	}
	pairs = pairs[:min(mostAlike, len(pairs))]
	var ids []person.ID
	for _, k := range pairs {
		ids = append(ids, k.A, k.B)
	}
	who, err := r.LikelyPeople(q.Outbreak.ID, ids)
	if err != nil {
		return out, err
	}
	for _, k := range pairs {
		other := k.A
		if other == p {
			other = k.B
		}
		same, _ := Signs(k.Signs)
		out.Alike = append(out.Alike, ui.Alike{Code: who[other].Code(), Href: PairHref(q, k.A, k.B), Signs: same})
	}
	merges, err := r.MergesOf(p)
	if err != nil {
		return out, err
	}
	for _, m := range merges {
		if m.Kept != p {
			continue
		}
		gone, err := GoneCodes(q, r, m)
		if err != nil {
			return out, err
		}
		out.Merged = append(out.Merged, ui.Merged{Codes: ui.Codes(gone), At: m.At, By: m.By, Reason: m.Reason, Href: MergeHref(q, m)})
	}
	return out, nil
}

// Signs parts what two people have in common from what they differ in, strongest first, as the words same.<sign>.
func Signs(list []store.Sign) (same, differ []string) {
	for _, s := range list {
		if s.Differ {
			differ = append(differ, s.Name)
		} else {
			same = append(same, s.Name)
		}
	}
	return same, differ
}

// PairHref is the page of two people side by side.
func PairHref(q *site.Request, a, b person.ID) string {
	return q.Path("duplicates", strconv.FormatInt(int64(max(a, b)), 10)+"-"+strconv.FormatInt(int64(min(a, b)), 10))
}

// MergeHref is the page of a merge.
func MergeHref(q *site.Request, m store.Merge) string {
	return q.Path("merges", strconv.FormatInt(m.ID, 10))
}

// GoneCodes are the codes of the records that a merge took from the one who is gone, as far as the reader may read them.
func GoneCodes(q *site.Request, r *store.Reader, m store.Merge) (out []string, err error) {
	ofCases, ofContacts, err := command.MergedRecords(m)
	if err != nil {
		return nil, err
	}
	for _, id := range ofCases {
		c, err := r.Case(id)
		if err != nil {
			return nil, err
		}
		if q.Sees(auth.CaseRead, c.Area) {
			out = append(out, c.Code)
		}
	}
	for _, id := range ofContacts {
		c, err := r.Contact(id)
		if err != nil {
			return nil, err
		}
		if q.Sees(auth.ContactRead, c.Area) {
			out = append(out, c.Code)
		}
	}
	return out, nil
}
