package store

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/protocol"
	"firebreak/internal/restriction"
)

const restrictionColumns = `id, outbreak, case_of, contact_of, area, district, made_at, kind, moving, newest, until_at, then_kind, then_at, review_at, ended_at, ended, told_at, told_of, told_by, told_how, to_tell,
reviewed_at, reviewed_by, reviewed_due, offer_kind, offered, offer_why, prop_change, prop_kind, prop_until, prop_ground, prop_words, prop_by, prop_at, version`

const versionColumns = `restriction, n, district, at, change, kind, moving, until_at, then_kind, then_at, review_at, fact, fact_row, rule, clause, pack, change_by, second, ground, words`

// RestrictionIDs hands out n consecutive IDs, and returns the first.
func (tx *Tx) RestrictionIDs(n int) (restriction.ID, error) {
	first, err := tx.nextIDs("restriction", int64(n))
	return restriction.ID(first), err
}

// restrictionRow is the row of a restriction from its area on.
func restrictionRow(r *restriction.Restriction) []any {
	t, p := r.Terms(), &r.Proposal
	return []any{int64(r.Area), int64(r.District), instant(r.MadeAt), string(t.Kind), flag(t.Moving), int64(len(r.Versions)), instant(t.Until), string(t.Then), instant(t.ThenAt), instant(t.Review), instant(r.EndedAt), string(r.Ended),
		instant(r.ToldAt), int64(r.ToldOf), r.ToldBy, string(r.ToldHow), flag(r.ToTell() > 0), instant(r.ReviewedAt), r.ReviewedBy, instant(r.ReviewedDue),
		string(r.Offer.Kind), flag(r.Offer.Offered), string(r.Offer.Why), string(p.Change), string(p.Kind), instant(p.Until), string(p.Ground), p.Words, p.By, instant(p.At)}
}

func versionRows(list []*restriction.Restriction, from func(*restriction.Restriction) int) [][]any {
	var rows [][]any
	for _, r := range list {
		for _, v := range r.Versions[from(r):] {
			b := v.Because
			rows = append(rows, []any{int64(r.ID), int64(v.N), int64(r.District), instant(v.At), string(v.Change), string(v.Kind), flag(v.Moving), instant(v.Until), string(v.Then), instant(v.ThenAt), instant(v.Review),
				b.Fact.Seq, b.Fact.Row, b.Rule, b.Clause, b.Pack, v.By, v.Second, string(v.Ground), v.Words})
		}
	}
	return rows
}

const putVersion = `INSERT INTO restriction_version (` + versionColumns + `) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
ON CONFLICT (restriction, n) DO UPDATE SET district = excluded.district, at = excluded.at, change = excluded.change, kind = excluded.kind, moving = excluded.moving, until_at = excluded.until_at, then_kind = excluded.then_kind,
then_at = excluded.then_at, review_at = excluded.review_at, fact = excluded.fact, fact_row = excluded.fact_row, rule = excluded.rule, clause = excluded.clause, pack = excluded.pack, change_by = excluded.change_by,
second = excluded.second, ground = excluded.ground, words = excluded.words`

// AddRestrictions inserts restrictions that have their IDs, with all their versions. Each passes Check.
func (tx *Tx) AddRestrictions(list []*restriction.Restriction) error {
	rows := make([][]any, len(list))
	for i, r := range list {
		if err := r.Check(); err != nil {
			return fmt.Errorf("insert restriction %d: %w", r.ID, err)
		}
		r.Row = 1
		rows[i] = append([]any{int64(r.ID), int64(r.Outbreak), int64(r.Cause.Case()), int64(r.Cause.Contact())}, append(restrictionRow(r), r.Row)...)
	}
	text := `INSERT INTO restriction (` + restrictionColumns + `) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35)`
	if err := tx.bulk(text, rows); err != nil {
		return fmt.Errorf("insert restrictions: %w", err)
	}
	if err := tx.bulk(putVersion, versionRows(list, func(*restriction.Restriction) int { return 0 })); err != nil {
		return fmt.Errorf("insert versions of restrictions: %w", err)
	}
	return nil
}

// UpdateRestrictions writes restrictions that were read in this change, and the versions that they gained: of each, those from the number that had has on.
func (tx *Tx) UpdateRestrictions(list []*restriction.Restriction, had map[restriction.ID]int) error {
	var rows, reviews [][]any
	for _, r := range list {
		if err := r.Check(); err != nil {
			return fmt.Errorf("update restriction %d: %w", r.ID, err)
		}
		r.Row++
		rows = append(rows, append(restrictionRow(r), r.Row, int64(r.ID)))
		if n := had[r.ID]; n == len(r.Versions) {
			reviews = append(reviews, []any{instant(r.Terms().Review), int64(r.ID), int64(n)})
		}
	}
	text := `UPDATE restriction SET area = $1, district = $2, made_at = $3, kind = $4, moving = $5, newest = $6, until_at = $7, then_kind = $8, then_at = $9, review_at = $10, ended_at = $11, ended = $12, told_at = $13, told_of = $14, told_by = $15,
told_how = $16, to_tell = $17, reviewed_at = $18, reviewed_by = $19, reviewed_due = $20, offer_kind = $21, offered = $22, offer_why = $23, prop_change = $24, prop_kind = $25, prop_until = $26, prop_ground = $27,
prop_words = $28, prop_by = $29, prop_at = $30, version = $31 WHERE id = $32`
	if err := tx.bulk(text, rows); err != nil {
		return fmt.Errorf("update restrictions: %w", err)
	}
	if err := tx.bulk(putVersion, versionRows(list, func(r *restriction.Restriction) int { return had[r.ID] })); err != nil {
		return fmt.Errorf("insert versions of restrictions: %w", err)
	}
	if err := tx.bulk(`UPDATE restriction_version SET review_at = $1 WHERE restriction = $2 AND n = $3`, reviews); err != nil {
		return fmt.Errorf("update versions of restrictions: %w", err)
	}
	return nil
}

// restrictions reads restrictions with their versions and needs.
func (r *Reader) restrictions(where string, args ...any) ([]restriction.Restriction, error) {
	list, err := scanned(r, "read restrictions", `SELECT `+restrictionColumns+` FROM restriction WHERE `+where, args, func(scan func(...any) error) (x restriction.Restriction, err error) {
		var caseOf cases.ID
		var contactOf contact.ID
		var made, moving, newest, until, thenAt, review, ended, told, toTell, reviewed, reviewedDue, offered, propUntil, propAt int64
		var kind, then string
		p := &x.Proposal
		err = scan(&x.ID, &x.Outbreak, &caseOf, &contactOf, &x.Area, &x.District, &made, &kind, &moving, &newest, &until, &then, &thenAt, &review, &ended, &x.Ended, &told, &x.ToldOf, &x.ToldBy, &x.ToldHow, &toTell,
			&reviewed, &x.ReviewedBy, &reviewedDue, &x.Offer.Kind, &offered, &x.Offer.Why, &p.Change, &p.Kind, &propUntil, &p.Ground, &p.Words, &p.By, &propAt, &x.Row)
		x.MadeAt, x.EndedAt, x.ToldAt, x.ReviewedAt, x.ReviewedDue = when(made), when(ended), when(told), when(reviewed), when(reviewedDue)
		x.Offer.Offered, p.Until, p.At = offered != 0, when(propUntil), when(propAt)
		if x.Cause = restriction.OfCase(caseOf); caseOf == 0 {
			x.Cause = restriction.OfContact(contactOf)
		}
		x.Versions = make([]restriction.Version, 0, newest)
		return x, err
	})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	ids := make([]restriction.ID, len(list))
	for i := range list {
		ids[i] = list[i].ID
	}
	type ofOne struct {
		id restriction.ID
		restriction.Version
	}
	versions, err := gatherRestricted(ids, func(in string, args []any) ([]ofOne, error) {
		return scanned(r, "read versions of restrictions", `SELECT `+versionColumns+` FROM restriction_version WHERE restriction `+in+` ORDER BY restriction, n`, args, func(scan func(...any) error) (v ofOne, err error) {
			var district, at, moving, until, thenAt, review int64
			b := &v.Because
			err = scan(&v.id, &v.N, &district, &at, &v.Change, &v.Kind, &moving, &until, &v.Then, &thenAt, &review, &b.Fact.Seq, &b.Fact.Row, &b.Rule, &b.Clause, &b.Pack, &v.By, &v.Second, &v.Ground, &v.Words)
			v.At, v.Moving, v.Until, v.ThenAt, v.Review = when(at), moving != 0, when(until), when(thenAt), when(review)
			return v, err
		})
	}, func(v ofOne) restriction.ID { return v.id })
	if err != nil {
		return nil, err
	}
	needs, err := r.needsOf(ids)
	for i := range list {
		for _, v := range versions[list[i].ID] {
			if len(list[i].Versions) < cap(list[i].Versions) {
				list[i].Versions = append(list[i].Versions, v.Version)
			}
		}
		list[i].Needs = needs[list[i].ID]
	}
	return list, err
}

// gatherRestricted is gatherIDs, with one text for one restriction: most orders ask about one.
func gatherRestricted[V any](ids []restriction.ID, read func(in string, args []any) ([]V, error), key func(V) restriction.ID) (map[restriction.ID][]V, error) {
	if len(ids) == 1 {
		list, err := read(`= $1`, []any{int64(ids[0])})
		return map[restriction.ID][]V{ids[0]: list}, err
	}
	return gatherIDs(ids, func(in string) ([]V, error) { return read(`IN (`+in+`)`, nil) }, key)
}

func (r *Reader) needsOf(ids []restriction.ID) (map[restriction.ID][]restriction.Need, error) {
	return gatherRestricted(ids, func(in string, args []any) ([]restriction.Need, error) {
		return scanned(r, "read needs", `SELECT id, restriction, kind, asked_at, asked_by, met_at, met_by FROM restriction_need WHERE restriction `+in+` ORDER BY id`, args, func(scan func(...any) error) (n restriction.Need, err error) {
			var asked, met int64
			err = scan(&n.ID, &n.Restriction, &n.Kind, &asked, &n.AskedBy, &met, &n.MetBy)
			n.AskedAt, n.MetAt = when(asked), when(met)
			return n, err
		})
	}, func(n restriction.Need) restriction.ID { return n.Restriction })
}

// Restriction returns one restriction; a negative ID is that of a hold, as OfHold shows it. The caller has checked, or checks, that its area may be read.
func (r *Reader) Restriction(id restriction.ID) (restriction.Restriction, error) {
	if id < 0 {
		holds, err := r.holds(`id = $1`, -int64(id))
		h, err := one(holds, err, "restriction", id)
		if err != nil {
			return restriction.Restriction{}, err
		}
		return restriction.OfHold(h), nil
	}
	list, err := r.restrictions(`id = $1`, int64(id))
	return one(list, err, "restriction", id)
}

// RestrictionsOfCases returns the restrictions whose causes are any of the cases.
func (r *Reader) RestrictionsOfCases(ids []cases.ID) (map[cases.ID][]restriction.Restriction, error) {
	return gatherIDs(ids, func(in string) ([]restriction.Restriction, error) {
		return r.restrictions(`case_of > 0 AND case_of IN (` + in + `) ORDER BY id`)
	}, func(x restriction.Restriction) cases.ID { return x.Cause.Case() })
}

// RestrictionsOfContacts returns the restrictions whose causes are any of the contacts.
func (r *Reader) RestrictionsOfContacts(ids []contact.ID) (map[contact.ID][]restriction.Restriction, error) {
	return gatherIDs(ids, func(in string) ([]restriction.Restriction, error) {
		return r.restrictions(`contact_of > 0 AND contact_of IN (` + in + `) ORDER BY id`)
	}, func(x restriction.Restriction) contact.ID { return x.Cause.Contact() })
}

// RestrictionsOf returns the restrictions of one person in an outbreak (0: in all), holds among them, those that stand first, then the newest: what somebody may be told of their own.
func (r *Reader) RestrictionsOf(p person.ID, o outbreak.ID) ([]restriction.Restriction, error) {
	out, err := r.restrictions(`(case_of > 0 AND case_of IN (SELECT id FROM cases WHERE person = $1) OR contact_of > 0 AND contact_of IN (SELECT id FROM contact WHERE person = $1)) AND (outbreak = $2 OR $2 = 0) ORDER BY id`, int64(p), int64(o))
	if err != nil {
		return nil, err
	}
	holds, err := r.holds(`person = $1 AND (outbreak = $2 OR $2 = 0) ORDER BY id`, int64(p), int64(o))
	for _, h := range holds {
		out = append(out, restriction.OfHold(h))
	}
	slices.SortStableFunc(out, func(a, b restriction.Restriction) int {
		return cmp.Or(cmp.Compare(flag(!a.Stands()), flag(!b.Stands())), b.MadeAt.Compare(a.MadeAt))
	})
	return out, err
}

// RestrictionOfCause returns the restriction of one case or contact; an empty list where there is none.
func (r *Reader) RestrictionOfCause(c restriction.Cause) ([]restriction.Restriction, error) {
	if id := c.Case(); id != 0 {
		return r.restrictions(`case_of > 0 AND case_of = $1`, int64(id))
	}
	return r.restrictions(`contact_of > 0 AND contact_of = $1`, int64(c.Contact()))
}

// RestrictionsOver returns up to limit restrictions of an outbreak that stand and whose last moment has passed, the longest ago first. Holds are in HoldsOver.
func (r *Reader) RestrictionsOver(o outbreak.ID, now time.Time, limit int) ([]restriction.Restriction, error) {
	return r.restrictions(`outbreak = $1 AND ended_at = 0 AND until_at <= $2 ORDER BY until_at, id LIMIT $3`, int64(o), instant(now), limit)
}

// RestrictedPerson returns whose a restriction is: the person of its case, contact or hold.
func (r *Reader) RestrictedPerson(x *restriction.Restriction) (person.ID, error) {
	switch {
	case x.Cause.Case() != 0:
		c, err := r.Case(x.Cause.Case())
		return c.Person, err
	case x.Cause.Contact() != 0:
		c, err := r.Contact(x.Cause.Contact())
		return c.Person, err
	}
	holds, err := r.holds(`id = $1`, -int64(x.ID))
	h, err := one(holds, err, "hold", -x.ID)
	return h.Person, err
}

// RestrictionFilter says which restrictions a list shows. The zero value is all that stand.
type RestrictionFilter struct {
	Within    Within
	Kind      restriction.Kind // as in force; empty: every kind
	Ended     bool             // those that have ended, instead of those that stand
	Ending    bool             // by EndsBy
	Untold    bool             // somebody is to be told and was not
	Appealed  bool             // an appeal waits for its answer
	ReviewDue bool             // somebody is to look at it by EndsBy
	Proposed  bool             // a change waits for its second person
	EndsBy    time.Time
	Now       time.Time
	Facility  int64  // whose stay is in this facility; 0: wherever they are
	After     string // RestrictionPage.Next
	Limit     int
}

// RestrictionPage is one page of a list, the first to end first (ended: the last that ended first).
type RestrictionPage struct {
	List []restriction.Restriction
	Next string // of the page after it; empty at the end
}

// RestrictionList reads a page.
func (r *Reader) RestrictionList(o outbreak.ID, f RestrictionFilter) (RestrictionPage, error) {
	in, err := r.reach(f.Within)
	if err != nil || in.empty() {
		return RestrictionPage{}, err
	}
	var out []restriction.Restriction
	if f.Kind != restriction.Hold {
		if out, err = r.restrictionPart(o, f, in); err != nil {
			return RestrictionPage{}, err
		}
	}
	if (f.Kind == "" || f.Kind == restriction.Hold) && !f.ReviewDue && !f.Proposed {
		holds, err := r.holdPart(o, f, in)
		if err != nil {
			return RestrictionPage{}, err
		}
		out = append(out, holds...)
	}
	slices.SortFunc(out, f.order)
	p := RestrictionPage{List: out}
	if len(out) > f.Limit {
		p.List = out[:f.Limit]
		last := &p.List[f.Limit-1]
		p.Next = strconv.FormatInt(instant(f.at(last)), 36) + "." + strconv.FormatInt(int64(last.ID), 36)
	}
	return p, nil
}

func (f *RestrictionFilter) at(x *restriction.Restriction) time.Time {
	if f.Ended {
		return x.EndedAt
	}
	return x.Terms().Until
}

func (f RestrictionFilter) order(a, b restriction.Restriction) int {
	if f.Ended {
		return cmp.Or(f.at(&b).Compare(f.at(&a)), cmp.Compare(b.ID, a.ID))
	}
	return cmp.Or(f.at(&a).Compare(f.at(&b)), cmp.Compare(a.ID, b.ID))
}

// place reads Next.
func (f *RestrictionFilter) place() (at, id int64, err error) {
	if f.After == "" {
		return 0, 0, nil
	}
	first, second, ok := strings.Cut(f.After, ".")
	if ok {
		if at, err = strconv.ParseInt(first, 36, 64); err == nil {
			id, err = strconv.ParseInt(second, 36, 64)
		}
	}
	if !ok || err != nil {
		return 0, 0, fmt.Errorf("page %q: %w", f.After, ErrCursor)
	}
	return at, id, nil
}

// bounds are the conditions that restrictions and holds share, on the columns of their end; sign turns an ID of the table into that of the list.
func (f *RestrictionFilter) bounds(ended, sign, personOf string) (string, error) {
	at, id, err := f.place()
	if err != nil {
		return "", err
	}
	out, column, way := ` AND `+ended+` = 0`, `until_at`, `>`
	if f.Ended {
		out, column, way = ` AND `+ended+` > 0`, ended, `<`
	}
	if f.After != "" {
		out += fmt.Sprintf(` AND (%s %s %d OR %s = %d AND %sid %s %d)`, column, way, at, column, at, sign, way, id)
	}
	if f.Ending {
		out += fmt.Sprintf(` AND until_at <= %d`, instant(f.EndsBy))
	}
	if f.Appealed {
		out += ` AND EXISTS (SELECT 1 FROM appeal a WHERE a.outbreak = x.outbreak AND a.answered_at = 0 AND a.person = ` + personOf + `)`
	}
	if f.Facility != 0 {
		out += fmt.Sprintf(` AND EXISTS (SELECT 1 FROM stay s WHERE s.state = 'in' AND s.facility = %d AND s.person = %s)`, f.Facility, personOf)
	}
	order := ` ORDER BY ` + column + `, ` + sign + `id`
	if f.Ended {
		order = ` ORDER BY ` + column + ` DESC, ` + sign + `id DESC`
	}
	return out + order + ` LIMIT ` + strconv.Itoa(f.Limit+1), nil
}

const restrictedPerson = `(CASE WHEN x.case_of > 0 THEN (SELECT person FROM cases WHERE id = x.case_of) ELSE (SELECT person FROM contact WHERE id = x.contact_of) END)`

func (r *Reader) restrictionPart(o outbreak.ID, f RestrictionFilter, in reach) ([]restriction.Restriction, error) {
	where := ` x.outbreak = $1` + in.gathered("x.area")
	// As Terms.InForce.
	moved := fmt.Sprintf(`x.then_kind <> '' AND x.then_at <= %d`, instant(f.Now))
	switch f.Kind {
	case "":
	case restriction.Transfer:
		where += ` AND x.moving = 1 AND NOT (` + moved + `)`
	default:
		where += ` AND (` + moved + ` AND x.then_kind = '` + string(f.Kind) + `' OR NOT (` + moved + `) AND x.moving = 0 AND x.kind = '` + string(f.Kind) + `')`
	}
	if f.Untold {
		where += ` AND x.to_tell = 1`
	}
	if f.ReviewDue {
		where += fmt.Sprintf(` AND x.review_at < x.until_at AND x.review_at <= %d`, instant(f.EndsBy))
	}
	if f.Proposed {
		where += ` AND x.prop_change <> ''`
	}
	rest, err := f.bounds("ended_at", "", restrictedPerson)
	if err != nil {
		return nil, err
	}
	ids, err := walk[int64](r, "list restrictions", `SELECT id FROM restriction x WHERE`+where+rest, int64(o))
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	return r.restrictions(`id IN (` + joined(ids) + `)`)
}

func (r *Reader) holdPart(o outbreak.ID, f RestrictionFilter, in reach) ([]restriction.Restriction, error) {
	where := ` x.outbreak = $1` + in.gathered("x.area")
	if f.Untold {
		where += ` AND x.told_at = 0`
	}
	rest, err := f.bounds("lifted_at", "-", "x.person")
	if err != nil {
		return nil, err
	}
	ids, err := walk[int64](r, "list holds", `SELECT id FROM hold x WHERE`+where+rest, int64(o))
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	holds, err := r.holds(`id IN (` + joined(ids) + `)`)
	out := make([]restriction.Restriction, len(holds))
	for i, h := range holds {
		out[i] = restriction.OfHold(h)
	}
	return out, err
}

func joined(ids []int64) string {
	var b strings.Builder
	for i, id := range ids {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.FormatInt(id, 10))
	}
	return b.String()
}

// RestrictionCounts counts what stands in an outbreak within a bound: each is a filter of the list.
type RestrictionCounts struct {
	Standing, Untold, Ending, ReviewDue, Appealed, Proposed int
}

// CountRestrictions counts, holds among them.
func (r *Reader) CountRestrictions(o outbreak.ID, f RestrictionFilter) (c RestrictionCounts, err error) {
	in, err := r.reach(f.Within)
	if err != nil || in.empty() {
		return c, err
	}
	by := instant(f.EndsBy)
	var holds RestrictionCounts
	appealed := func(p string) string {
		return `CASE WHEN EXISTS (SELECT 1 FROM appeal a WHERE a.outbreak = x.outbreak AND a.answered_at = 0 AND a.person = ` + p + `) THEN 1 ELSE 0 END`
	}
	err = r.row(`SELECT COUNT(*), COALESCE(SUM(to_tell), 0), COALESCE(SUM(CASE WHEN until_at <= $2 THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN review_at < until_at AND review_at <= $2 THEN 1 ELSE 0 END), 0),
COALESCE(SUM(`+appealed(restrictedPerson)+`), 0), COALESCE(SUM(CASE WHEN prop_change <> '' THEN 1 ELSE 0 END), 0) FROM restriction x WHERE outbreak = $1 AND ended_at = 0`+in.gathered("x.area"), int64(o), by).
		Scan(&c.Standing, &c.Untold, &c.Ending, &c.ReviewDue, &c.Appealed, &c.Proposed)
	if err != nil {
		return c, fmt.Errorf("count restrictions: %w", err)
	}
	err = r.row(`SELECT COUNT(*), COALESCE(SUM(CASE WHEN told_at = 0 THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN until_at <= $2 THEN 1 ELSE 0 END), 0), COALESCE(SUM(`+appealed("x.person")+`), 0)
FROM hold x WHERE outbreak = $1 AND lifted_at = 0`+in.gathered("x.area"), int64(o), by).Scan(&holds.Standing, &holds.Untold, &holds.Ending, &holds.Appealed)
	if err != nil {
		return c, fmt.Errorf("count holds: %w", err)
	}
	c.Standing += holds.Standing
	c.Untold += holds.Untold
	c.Ending += holds.Ending
	c.Appealed += holds.Appealed
	return c, nil
}

// AddNeed inserts a need and gives it its ID.
func (tx *Tx) AddNeed(n *restriction.Need, o outbreak.ID, district int64) error {
	id, err := tx.nextIDs("restriction_need", 1)
	if err != nil {
		return err
	}
	n.ID = restriction.NeedID(id)
	_, err = tx.exec(`INSERT INTO restriction_need (id, restriction, outbreak, district, kind, asked_at, asked_by, met_at, met_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		id, int64(n.Restriction), int64(o), district, string(n.Kind), instant(n.AskedAt), n.AskedBy, instant(n.MetAt), n.MetBy)
	return wrap(err, "insert need", id)
}

// MeetNeed writes that a need was met.
func (tx *Tx) MeetNeed(n *restriction.Need) error {
	_, err := tx.exec(`UPDATE restriction_need SET met_at = $1, met_by = $2 WHERE id = $3`, instant(n.MetAt), n.MetBy, int64(n.ID))
	return wrap(err, "meet need", int64(n.ID))
}

// LegalBases returns the law that an outbreak names in place of its pack's, by kind.
func (r *Reader) LegalBases(o outbreak.ID) (map[restriction.Kind]protocol.Text, error) {
	type row struct {
		kind restriction.Kind
		text protocol.Text
	}
	list, err := scanned(r, "read legal bases", `SELECT kind, text_en, text_zh FROM legal_basis WHERE outbreak = $1`, []any{int64(o)}, func(scan func(...any) error) (x row, err error) {
		err = scan(&x.kind, &x.text.EN, &x.text.ZH)
		return x, err
	})
	out := map[restriction.Kind]protocol.Text{}
	for _, x := range list {
		out[x.kind] = x.text
	}
	return out, err
}

// SetLegalBasis names the law for a kind; with empty texts the pack's holds again.
func (tx *Tx) SetLegalBasis(o outbreak.ID, k restriction.Kind, t protocol.Text, by string) error {
	if _, err := tx.exec(`DELETE FROM legal_basis WHERE outbreak = $1 AND kind = $2`, int64(o), string(k)); err != nil {
		return fmt.Errorf("set the legal basis of %s: %w", k, err)
	}
	if t == (protocol.Text{}) {
		return nil
	}
	_, err := tx.exec(`INSERT INTO legal_basis (outbreak, kind, text_en, text_zh, set_at, set_by) VALUES ($1, $2, $3, $4, $5, $6)`, int64(o), string(k), t.EN, t.ZH, instant(tx.Now()), by)
	if err != nil {
		return fmt.Errorf("set the legal basis of %s: %w", k, err)
	}
	return nil
}

// AppealFigures are what became of appeals that were filed in a time.
type AppealFigures struct {
	Filed, Open, Late, Upheld, Lifted, Lapsed int // late: open beyond their deadline; lapsed: what they were against ended first
	Median                                    time.Duration
}

// AppealFigures counts the appeals of an outbreak within a bound that were filed from an instant on. An open one is late once its deadline, after on from when it was filed and not after the end of what it is against, has passed.
func (r *Reader) AppealFigures(o outbreak.ID, w Within, from, now time.Time, after time.Duration) (f AppealFigures, err error) {
	in, err := r.reach(w)
	if err != nil || in.empty() {
		return f, err
	}
	list, err := r.appeals(`outbreak = $1 AND filed_at >= $2`+in.gathered("area")+` ORDER BY id`, int64(o), instant(from))
	if err != nil {
		return f, err
	}
	var took []time.Duration
	for i := range list {
		a := &list[i]
		f.Filed++
		due := a.FiledAt.Add(after)
		if a.Until.Before(due) {
			due = a.Until
		}
		switch {
		case a.Answer == "upheld":
			f.Upheld++
			took = append(took, a.AnsweredAt.Sub(a.FiledAt))
		case a.Answer == "lifted":
			f.Lifted++
			took = append(took, a.AnsweredAt.Sub(a.FiledAt))
		case !now.Before(a.Until):
			f.Lapsed++
		default:
			f.Open++
			if now.After(due) {
				f.Late++
			}
		}
	}
	if len(took) > 0 {
		slices.Sort(took)
		f.Median = took[len(took)/2]
	}
	return f, nil
}
