package store

import (
	"cmp"
	"fmt"

	"firebreak/internal/cases"
	"firebreak/internal/outbreak"
	"firebreak/internal/task"
)

// NewLink is a link to insert, with where it came from.
type NewLink struct {
	cases.Link
	Origin task.FactRef
}

const linkColumns = `id, outbreak, from_case, to_case, from_code, to_code, kind, setting, certainty, reason`

func scanLink(s interface{ Scan(...any) error }) (l cases.Link, err error) {
	err = s.Scan(&l.ID, &l.Outbreak, &l.From, &l.To, &l.FromCode, &l.ToCode, &l.Kind, &l.Setting, &l.Certainty, &l.Reason)
	return l, err
}

// LinkPut is what became of a link that was given to AddLinks.
type LinkPut int

// What becomes of a link.
const (
	LinkKept     LinkPut = iota // there already, or removed by a person before
	LinkCreated                 // new
	LinkUpgraded                // two cases known to have met are known now to have infected, or more surely
)

// AddLinks inserts links. An end that is not a known case keeps its code and waits (ResolveLinks). Between two people there is one link: a transmission takes the
// place of a direct contact, whichever way that was told, and a contact adds nothing to a transmission. The surer certainty stays. A link that a person
// removed is left so. The answer tells what became of each of the list.
func (tx *Tx) AddLinks(list []NewLink) (put []LinkPut, err error) {
	put = make([]LinkPut, len(list))
	if len(list) == 0 {
		return put, nil
	}
	first, err := tx.nextIDs("link", int64(len(list)))
	if err != nil {
		return nil, err
	}
	const text = `INSERT INTO link (id, outbreak, from_case, to_case, from_code, to_code, kind, setting, certainty, reason, origin_seq, origin_row)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (outbreak, from_code, to_code, kind) DO NOTHING`
	for i := range list {
		l := &list[i]
		if l.Kind.Personal() {
			known, err := tx.LinksBetween(l.Link)
			if err != nil {
				return nil, err
			}
			if len(known) > 0 {
				l.ID = known[0].ID
				if put[i], err = tx.upgrade(known[0], l.Link); err != nil {
					return nil, err
				}
				continue
			}
		}
		l.ID = cases.LinkID(first + int64(i))
		n, err := tx.exec(text, int64(l.ID), int64(l.Outbreak), int64(l.From), int64(l.To), l.FromCode, l.ToCode, string(l.Kind), l.Setting, string(l.Certainty), l.Reason, l.Origin.Seq, l.Origin.Row)
		if err != nil {
			return nil, fmt.Errorf("insert link from %q to %q: %w", l.FromCode, l.ToCode, err)
		}
		if n == 1 {
			put[i] = LinkCreated
		}
	}
	return put, nil
}

// LinksBetween returns the links from person to person between the two ends of a link that say as much or less: a transmission the other way is another claim. What
// was removed is among them. The one that counts most comes first.
func (r *Reader) LinksBetween(l cases.Link) ([]cases.Link, error) {
	list, err := r.links(`SELECT `+linkColumns+` FROM link WHERE outbreak = $1 AND from_code = $2 AND to_code = $3 AND kind IN ('transmission', 'direct')
UNION SELECT `+linkColumns+` FROM link WHERE outbreak = $4 AND from_code = $5 AND to_code = $6 AND kind IN ('transmission', 'direct') ORDER BY 1`,
		int64(l.Outbreak), l.FromCode, l.ToCode, int64(l.Outbreak), l.ToCode, l.FromCode)
	if err != nil {
		return nil, err
	}
	var same, other []cases.Link
	for _, k := range list {
		forward := k.FromCode == l.FromCode
		switch {
		case k.Kind == cases.Transmission && forward:
			same = append(same, k)
		case k.Kind == cases.Transmission && l.Kind == cases.Direct, k.Kind == cases.Direct:
			other = append(other, k)
		}
	}
	return append(same, other...), nil
}

// upgrade makes a known link say what a new one says more.
func (tx *Tx) upgrade(known, l cases.Link) (LinkPut, error) {
	was := known
	if known.Kind == cases.Direct && l.Kind == cases.Transmission {
		known.Kind, known.From, known.To, known.FromCode, known.ToCode = l.Kind, l.From, l.To, l.FromCode, l.ToCode
		known.Certainty = l.Certainty // of the transmission, not of the meeting
	} else if l.Kind == known.Kind && l.Certainty.Surer(known.Certainty) {
		known.Certainty = l.Certainty
	}
	if known.Setting == "" {
		known.Setting = l.Setting
	}
	if known == was {
		return LinkKept, nil
	}
	known.Reason = cmp.Or(l.Reason, known.Reason)
	n, err := tx.exec(`UPDATE link SET kind = $1, from_case = $2, to_case = $3, from_code = $4, to_code = $5, certainty = $6, setting = $7, reason = $8 WHERE id = $9 AND aside = 0`,
		string(known.Kind), int64(known.From), int64(known.To), known.FromCode, known.ToCode, string(known.Certainty), known.Setting, known.Reason, int64(known.ID))
	if err != nil {
		return LinkKept, fmt.Errorf("upgrade link from %q to %q: %w", l.FromCode, l.ToCode, err)
	}
	if n == 0 {
		return LinkKept, nil // removed by a person
	}
	return LinkUpgraded, nil
}

// RestoreLink brings back a link that was removed, if it is there and was; it says whether. A person orders that.
func (tx *Tx) RestoreLink(l cases.Link) (bool, error) {
	n, err := tx.exec(`UPDATE link SET aside = 0, from_case = $1, to_case = $2, certainty = $3, reason = $4 WHERE outbreak = $5 AND from_code = $6 AND to_code = $7 AND kind = $8 AND aside > 0`,
		int64(l.From), int64(l.To), string(l.Certainty), l.Reason, int64(l.Outbreak), l.FromCode, l.ToCode, string(l.Kind))
	if err != nil {
		return false, fmt.Errorf("restore link from %q to %q: %w", l.FromCode, l.ToCode, err)
	}
	return n > 0, nil
}

// JoinLink joins the ends of a link to cases, by a person's hand: 0 leaves an end as it is.
func (tx *Tx) JoinLink(id cases.LinkID, from, to cases.ID) error {
	n, err := tx.exec(`UPDATE link SET from_case = CASE WHEN from_case = 0 THEN $1 ELSE from_case END, to_case = CASE WHEN to_case = 0 THEN $2 ELSE to_case END WHERE id = $3 AND aside = 0`,
		int64(from), int64(to), int64(id))
	if err == nil && n == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("join link %d: %w", id, err)
	}
	return nil
}

// ResolveLinks joins the waiting ends of an outbreak's links to cases that are known by now, and returns how many ends it joined.
func (tx *Tx) ResolveLinks(o outbreak.ID) (int64, error) {
	from, err := tx.exec(`UPDATE link SET from_case = (SELECT CASE WHEN c.merged_into > 0 THEN c.merged_into ELSE c.id END FROM cases c WHERE c.outbreak = link.outbreak AND c.code = link.from_code)
WHERE outbreak = $1 AND from_case = 0 AND EXISTS (SELECT 1 FROM cases c WHERE c.outbreak = link.outbreak AND c.code = link.from_code)`, int64(o))
	if err != nil {
		return 0, fmt.Errorf("resolve links: %w", err)
	}
	to, err := tx.exec(`UPDATE link SET to_case = (SELECT CASE WHEN c.merged_into > 0 THEN c.merged_into ELSE c.id END FROM cases c WHERE c.outbreak = link.outbreak AND c.code = link.to_code)
WHERE outbreak = $1 AND to_case = 0 AND EXISTS (SELECT 1 FROM cases c WHERE c.outbreak = link.outbreak AND c.code = link.to_code)`, int64(o))
	if err != nil {
		return 0, fmt.Errorf("resolve links: %w", err)
	}
	return from + to, nil
}

// RemoveLink sets a link that was drawn in error aside under the mark, the journal entry that tells of it: no rule and no file draws it again.
func (tx *Tx) RemoveLink(id cases.LinkID, mark int64) error {
	n, err := tx.exec(`UPDATE link SET aside = $1 WHERE id = $2 AND aside = 0`, mark, int64(id))
	if err == nil && n == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("remove link %d: %w", id, err)
	}
	return nil
}

// ForgetLinks deletes links that a rule drew because of what was taken back: the rule may draw them again when there is reason.
func (tx *Tx) ForgetLinks(ids []cases.LinkID) error {
	return inChunks(ids, func(part []cases.LinkID) error {
		if _, err := tx.exec(`DELETE FROM link WHERE id IN (` + numbers(part) + `)`); err != nil {
			return fmt.Errorf("forget links: %w", err)
		}
		return nil
	})
}

func (r *Reader) links(text string, args ...any) ([]cases.Link, error) {
	rows, err := r.query(text, args...)
	if err != nil {
		return nil, fmt.Errorf("read links: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []cases.Link
	for rows.Next() {
		l, err := scanLink(rows)
		if err != nil {
			return nil, fmt.Errorf("read links: %w", err)
		}
		out = append(out, l)
	}
	return out, rows.Err()
}

// Link returns one link.
func (r *Reader) Link(id cases.LinkID) (cases.Link, error) {
	l, err := r.links(`SELECT `+linkColumns+` FROM link WHERE id = $1 AND aside = 0`, int64(id))
	if err == nil && len(l) == 0 {
		return cases.Link{}, fmt.Errorf("link %d: %w", id, ErrNotFound)
	}
	if err != nil {
		return cases.Link{}, err
	}
	return l[0], nil
}

// Links returns all links of an outbreak, by ID. Those that a merge set aside are left out.
func (r *Reader) Links(o outbreak.ID) ([]cases.Link, error) {
	return r.links(`SELECT `+linkColumns+` FROM link WHERE outbreak = $1 AND aside = 0 ORDER BY id`, int64(o))
}

// LinksOf returns the links of one case, either way, by ID.
func (r *Reader) LinksOf(c cases.ID) ([]cases.Link, error) {
	return r.links(`SELECT `+linkColumns+` FROM link WHERE from_case = $1 AND from_case > 0 AND aside = 0
UNION SELECT `+linkColumns+` FROM link WHERE to_case = $2 AND to_case > 0 AND aside = 0 ORDER BY 1`, int64(c), int64(c))
}

// UnresolvedLinks returns the links that have an end which is no known case, and how many there are in all.
func (r *Reader) UnresolvedLinks(o outbreak.ID, limit int) ([]cases.Link, int64, error) {
	var n int64
	if err := r.row(`SELECT COUNT(*) FROM link WHERE outbreak = $1 AND kind <> 'event' AND aside = 0 AND (from_case = 0 OR to_case = 0)`, int64(o)).Scan(&n); err != nil {
		return nil, 0, fmt.Errorf("count unresolved links: %w", err)
	}
	list, err := r.links(`SELECT `+linkColumns+` FROM link WHERE outbreak = $1 AND kind <> 'event' AND aside = 0 AND (from_case = 0 OR to_case = 0) ORDER BY id LIMIT $2`, int64(o), limit)
	return list, n, err
}
