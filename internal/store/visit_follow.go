package store

import (
	"fmt"
	"slices"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/day"
	"firebreak/internal/journal"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/task"
	"firebreak/internal/trace"
	"firebreak/internal/vault"
)

// VisitDays lists the days of an outbreak that have visits, rising.
func (r *Reader) VisitDays(o outbreak.ID) ([]day.Day, error) { return r.visitDays(o) }

// VisitsOfDay returns the visits that began on a day as one block, and the numbers of the rows that they are kept in. A day that was purged has none.
func (ids *Identities) VisitsOfDay(r *Reader, o outbreak.ID, d day.Day) (b trace.Block, rows []int64, err error) {
	rows, err = r.visitRows(`SELECT id FROM visit_block WHERE outbreak = $1 AND day = $2 ORDER BY id`, int64(o), d)
	if err != nil || len(rows) == 0 {
		return b, nil, err
	}
	if kept, err := r.visitDays(o); err != nil || !slices.Contains(kept, d) {
		return b, nil, err
	}
	b, err = ids.visitsOf(r, o, d)
	return b, rows, err
}

func (r *Reader) visitRows(text string, args ...any) (out []int64, err error) {
	rows, err := r.query(text, args...)
	if err != nil {
		return nil, fmt.Errorf("list blocks of visits: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("list blocks of visits: %w", err)
		}
		out = append(out, id)
	}
	return out, rows.Err()
}

// VisitPart is what of a block began on one day, with the number of its row.
type VisitPart struct {
	Row int64
	Day day.Day
	trace.Block
}

// VisitsSent returns the parts of one block that are kept still: of a day that was purged nothing is.
func (ids *Identities) VisitsSent(r *Reader, o outbreak.ID, source string, seq int64) ([]VisitPart, error) {
	rows, err := r.query(`SELECT b.id, b.day, b.content, d.wrapped FROM visit_block b JOIN visit_day d ON d.outbreak = b.outbreak AND d.day = b.day
WHERE b.outbreak = $1 AND b.source = $2 AND b.seq = $3 ORDER BY b.id`, int64(o), source, seq)
	if err != nil {
		return nil, fmt.Errorf("read block %d of %s: %w", seq, source, err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	_, decoder := visitCoders()
	var out []VisitPart
	for rows.Next() {
		var p VisitPart
		var content, wrapped []byte
		if err := rows.Scan(&p.Row, &p.Day, &content, &wrapped); err != nil {
			return nil, fmt.Errorf("read block %d of %s: %w", seq, source, err)
		}
		key, err := ids.OpenFileKey(wrapped)
		if err != nil {
			return nil, err
		}
		packed, err := key.Open(visitBlockName(o, p.Day, source, seq), content)
		if err != nil {
			return nil, err
		}
		plain, err := decoder.DecodeAll(packed, nil)
		if err != nil {
			return nil, fmt.Errorf("read block %d of %s: %w", seq, source, err)
		}
		if err := trace.ReadBlock(plain, &p.Block); err != nil {
			return nil, fmt.Errorf("block %d of %s: %w", seq, source, err)
		}
		out = append(out, p)
	}
	return out, rows.Err()
}

// EachVisitor calls fn with the number of everybody who has visits and who the register says they are; 0 where nobody knows.
func (r *Reader) EachVisitor(o outbreak.ID, fn func(number int64, p person.ID)) error {
	return r.eachPair(func(n, p int64) { fn(n, person.ID(p)) }, "read who has visits", `SELECT id, person FROM visitor WHERE outbreak = $1`, int64(o))
}

// eachPair calls fn with each row of a question that answers two numbers, and holds none of them.
func (r *Reader) eachPair(fn func(a, b int64), what, text string, args ...any) error {
	rows, err := r.query(text, args...)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		var a, b int64
		if err := rows.Scan(&a, &b); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		fn(a, b)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// Visitors says of numbers in visits who the register says they are; those of nobody are left out.
func (r *Reader) Visitors(list []int64) (map[int64]person.ID, error) {
	out := map[int64]person.ID{}
	err := inChunks(list, func(part []int64) error {
		return r.eachPair(func(n, p int64) { out[n] = person.ID(p) }, "read who has visits", `SELECT id, person FROM visitor WHERE id IN (`+numbers(part)+`) AND person > 0`)
	})
	return out, err
}

// CodesSince says who goes by which number in visits because a case or a contact after the given ones has that code, and up to which case and contact that is.
func (ids *Identities) CodesSince(r *Reader, o outbreak.ID, c cases.ID, k contact.ID) (people map[int64]person.ID, lastCase cases.ID, lastContact contact.ID, err error) {
	v, err := ids.Vault(r)
	if err != nil {
		return nil, c, k, err
	}
	lastCase, lastContact = c, k
	byDigest := map[int64]person.ID{}
	var digests []int64
	take := func(text string, after int64, last func(int64)) error {
		rows, err := r.query(text, int64(o), after)
		if err != nil {
			return fmt.Errorf("read codes: %w", err)
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		for rows.Next() {
			var id, p int64
			var code string
			if err := rows.Scan(&id, &code, &p); err != nil {
				return fmt.Errorf("read codes: %w", err)
			}
			last(id)
			d := visitDigest(v, visitorNames, o, code)
			if _, ok := byDigest[d]; !ok {
				digests = append(digests, d)
				byDigest[d] = person.ID(p)
			}
		}
		return rows.Err()
	}
	err = take(`SELECT id, code, person FROM cases WHERE outbreak = $1 AND id > $2 ORDER BY id`, int64(c), func(id int64) { lastCase = cases.ID(id) })
	if err == nil {
		err = take(`SELECT id, code, person FROM contact WHERE outbreak = $1 AND id > $2 ORDER BY id`, int64(k), func(id int64) { lastContact = contact.ID(id) })
	}
	if err != nil {
		return nil, c, k, err
	}
	people = map[int64]person.ID{}
	err = inChunks(digests, func(part []int64) error {
		return r.eachPair(func(n, d int64) { people[n] = byDigest[d] }, "look for names of visits",
			`SELECT id, digest FROM visitor WHERE outbreak = $1 AND person = 0 AND digest IN (`+numbers(part)+`)`, int64(o))
	})
	return people, lastCase, lastContact, err
}

// EachVisitPlace calls fn with the number of every place whose kind is known, and the kind.
func (r *Reader) EachVisitPlace(o outbreak.ID, fn func(number int64, k trace.Kind)) error {
	return r.eachPair(func(n, k int64) { fn(n, trace.Kind(k)) }, "read kinds of places", `SELECT id, kind FROM visit_place WHERE outbreak = $1 AND kind > 0`, int64(o))
}

// VisitPlaceKinds returns the kinds of places by number; those of which nothing is known are left out.
func (r *Reader) VisitPlaceKinds(list []int64) (map[int64]trace.Kind, error) {
	out := map[int64]trace.Kind{}
	err := inChunks(list, func(part []int64) error {
		return r.eachPair(func(n, k int64) { out[n] = trace.Kind(k) }, "read kinds of places", `SELECT id, kind FROM visit_place WHERE id IN (`+numbers(part)+`) AND kind > 0`)
	})
	return out, err
}

// EachHousehold calls fn with everybody who lives in a household that is known, and which.
func (r *Reader) EachHousehold(fn func(p person.ID, household int64)) error {
	return r.eachPair(func(p, h int64) { fn(person.ID(p), h) }, "read households", `SELECT id, household FROM person WHERE household > 0`)
}

// SetVisitPlaceKinds says of what kind places are. A place that has a kind keeps it, unless anew is true. It returns the numbers of those that changed.
func (tx *Tx) SetVisitPlaceKinds(kinds map[int64]trace.Kind, anew bool) (changed []int64, err error) {
	list := make([]int64, 0, len(kinds))
	for n, k := range kinds {
		if k != trace.Unknown {
			list = append(list, n)
		}
	}
	slices.Sort(list)
	was, err := tx.VisitPlaceKinds(list)
	if err != nil {
		return nil, err
	}
	var rows [][]any
	for _, n := range list {
		if old := was[n]; old == kinds[n] || old != trace.Unknown && !anew {
			continue
		}
		changed = append(changed, n)
		rows = append(rows, []any{int64(kinds[n]), n})
	}
	if err := tx.bulk(`UPDATE visit_place SET kind = $1 WHERE id = $2`, rows); err != nil {
		return nil, fmt.Errorf("write kinds of places: %w", err)
	}
	return changed, nil
}

// VisitorNumbered returns the numbers of people of visits by what the sender calls them; those whom no visit names are left out.
func (ids *Identities) VisitorNumbered(r *Reader, o outbreak.ID, texts []string) (map[string]int64, error) {
	return ids.numbered(r, visitorNames, o, texts)
}

// PlacesNumbered is VisitorNumbered for places.
func (ids *Identities) PlacesNumbered(r *Reader, o outbreak.ID, texts []string) (map[string]int64, error) {
	return ids.numbered(r, placeNames, o, texts)
}

func (ids *Identities) numbered(r *Reader, names visitNames, o outbreak.ID, texts []string) (map[string]int64, error) {
	v, err := ids.Vault(r)
	if err != nil {
		return nil, err
	}
	byDigest := make(map[int64]string, len(texts))
	digests := make([]int64, 0, len(texts))
	for _, t := range texts {
		d := visitDigest(v, names, o, t)
		byDigest[d] = t
		digests = append(digests, d)
	}
	out := map[string]int64{}
	err = inChunks(digests, func(part []int64) error {
		return r.eachPair(func(n, d int64) { out[byDigest[d]] = n }, "look for names of visits", `SELECT id, digest FROM `+names.table+` WHERE outbreak = $1 AND digest IN (`+numbers(part)+`)`, int64(o))
	})
	return out, err
}

// SetVisitorPerson says who somebody in visits is.
func (tx *Tx) SetVisitorPerson(number int64, p person.ID) error {
	if _, err := tx.exec(`UPDATE visitor SET person = $1 WHERE id = $2`, int64(p), number); err != nil {
		return fmt.Errorf("say who visits: %w", err)
	}
	return nil
}

// knownVisitors says who strangers in visits are, where what the sender calls them is a document that is somebody's now: visits often come in before a desk or the register knows whose they are. It
// is a fact for each, by which every server that holds the visits learns of it.
func knownVisitors(tx *Tx, v *vault.Vault, actor string, list []IdentityValue) error {
	type document struct {
		text string
		of   person.ID
	}
	var documents []document
	for _, x := range list {
		if text := x.Value.Reveal(); x.Field == vault.FieldDocument && text != "" {
			documents = append(documents, document{text, x.Person})
			if normal := vault.Normalise(x.Field, text); normal != text {
				documents = append(documents, document{normal, x.Person})
			}
		}
	}
	if len(documents) == 0 {
		return nil
	}
	var outbreaks []int64
	if err := tx.eachPair(func(o, _ int64) { outbreaks = append(outbreaks, o) }, "look for outbreaks with visits", `SELECT outbreak, 0 FROM visit_key ORDER BY outbreak`); err != nil {
		return err
	}
	for _, o := range outbreaks {
		who := make(map[int64]person.ID, len(documents))
		digests := make([]int64, 0, len(documents))
		for _, d := range documents {
			digest := visitDigest(v, visitorNames, outbreak.ID(o), d.text)
			who[digest] = d.of
			digests = append(digests, digest)
		}
		var known [][]any
		var facts []journal.Entry
		err := inChunks(digests, func(part []int64) error {
			rows, err := tx.query(`SELECT id, digest, district FROM visitor WHERE outbreak = $1 AND person = 0 AND digest IN (`+numbers(part)+`) ORDER BY id`, o)
			if err != nil {
				return err
			}
			defer rows.Close() //nolint:errcheck // rows.Err tells
			for rows.Next() {
				var id, digest, district int64
				if err := rows.Scan(&id, &digest, &district); err != nil {
					return err
				}
				p := who[digest]
				known = append(known, []any{int64(p), id})
				facts = append(facts, journal.Entry{Kind: journal.VisitorKnown, Actor: actor, Outbreak: outbreak.ID(o), Area: place.AreaID(district),
					Subject: task.Subject{Kind: task.OnPerson, ID: int64(p)}, Payload: fmt.Appendf(nil, `{"visitor":%d}`, id)})
			}
			return rows.Err()
		})
		if err != nil {
			return fmt.Errorf("look for documents among visits: %w", err)
		}
		if len(known) == 0 {
			continue
		}
		if err := tx.bulk(`UPDATE visitor SET person = $1 WHERE id = $2`, known); err != nil {
			return fmt.Errorf("say who visits: %w", err)
		}
		if _, err := tx.AppendAll(facts); err != nil {
			return err
		}
	}
	return nil
}
