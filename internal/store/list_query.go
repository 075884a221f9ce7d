package store

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"firebreak/internal/outbreak"
	"firebreak/internal/place"
)

// listQuery finds the rows of one page of a large table, sorted and filtered, without reading the table.
//
// The plans are those of reach, for any filter: walk an index of the sort order and drop what the filters leave out, or gather the rows that
// one filter finds by its own index, drop what the others leave out, and sort. Walking reads page/share rows, gathering reads all
// that the filter finds; both are estimated from counts that stop at countMost, and an estimate that was wrong (filters that
// exclude each other) is noticed while walking, since the walk goes in bounded steps.
type listQuery struct {
	r        *Reader
	table    string
	noun     string // whose IDs the table uses
	outbreak outbreak.ID
	column   listColumn
	desc     bool
	limit    int
	after    *listKey

	always string // a condition without an index
	parts  []listPart
	none   bool // the filters exclude everything
}

// listColumn is a column that a list can be sorted by. An index on (outbreak, column, id) exists, but for "id", which is the primary key.
type listColumn struct {
	name string
	text bool
}

// hidden is the column's value, out of reach of any index.
func (c listColumn) hidden() string {
	if c.text {
		return c.name + " || ''"
	}
	return "+" + c.name
}

// listPart is one filter, in the form that lets the engine use an index and in the form that does not. Empty gathered: no index serves it.
type listPart struct {
	gathered, walked string
	sorts            string // the sort column that the part bounds: walking that column, the part bounds the walk
	alone            bool   // the index that serves gathered does not begin with the outbreak
	counted          string // counts what gathered finds, where that differs: what follows "SELECT 1"
}

// listKey is the place of a row in a list.
type listKey struct {
	text   string
	number int64
	id     int64
}

// cursor writes "reported>a1.1f3": the column, the direction in which to go on, the ID and the column's value.
func (c listColumn) cursor(k listKey, back bool) string {
	way := ">"
	if back {
		way = "<"
	}
	value := k.text
	if !c.text {
		value = strconv.FormatInt(k.number, 36)
	}
	return c.name + way + strconv.FormatInt(k.id, 36) + "." + value
}

func (c listColumn) parseCursor(s string) (k listKey, back bool, err error) {
	rest, ok := strings.CutPrefix(s, c.name)
	if ok && rest != "" && (rest[0] == '<' || rest[0] == '>') {
		id, value, both := strings.Cut(rest[1:], ".")
		var e1, e2 error
		k.id, e1 = strconv.ParseInt(id, 36, 64)
		if c.text {
			k.text = value
		} else {
			k.number, e2 = strconv.ParseInt(value, 36, 64)
		}
		if both && e1 == nil && e2 == nil {
			return k, rest[0] == '<', nil
		}
	}
	return k, false, fmt.Errorf("cursor %q: %w", s, ErrCursor)
}

const (
	// countMost is how far a filter's rows are counted to choose a plan.
	countMost = 60_000
	// countFar is how far they are counted once a walk of countMost rows has not filled a page.
	countFar = 600_000
	// patience is how many rows a walk reads at least before it gives up for gathering. It gives up once it has read as many as gathering would: whatever the
	// filters have to do with the order, a page costs no more than twice the better way.
	patience = 8_000
)

// prefix selects the outbreak: with an index that begins with it, or without.
func (q *listQuery) prefix() string {
	return "outbreak = " + strconv.FormatInt(int64(q.outbreak), 10)
}

func (q *listQuery) hiddenPrefix() string {
	return "outbreak + 0 = " + strconv.FormatInt(int64(q.outbreak), 10)
}

// within adds the bound as a filter.
func (q *listQuery) within(w Within) error {
	s, err := q.r.reach(w)
	if err != nil {
		return err
	}
	q.none = q.none || s.empty()
	if !s.all {
		q.parts = append(q.parts, listPart{gathered: s.gathered("area"), walked: s.walked("area")})
	}
	return nil
}

// oneOf adds "column is one of". An index on (outbreak, column) is there; with partial it leaves out the empty value.
func oneOf[T ~string](q *listQuery, column string, partial bool, values []T) {
	if len(values) == 0 {
		return
	}
	p := listPart{walked: " AND " + column + " || '' IN (" + texts(values) + ")"}
	switch {
	case !partial:
		p.gathered = " AND " + column + " IN (" + texts(values) + ")"
	case !slices.Contains(values, ""):
		p.gathered = " AND " + column + " <> '' AND " + column + " IN (" + texts(values) + ")"
	}
	q.parts = append(q.parts, p)
}

// between adds from <= column < before for a column of texts with an index on (outbreak, column); empty bounds do not filter.
func (q *listQuery) between(column, from, before string) {
	if from == "" && before == "" {
		return
	}
	write := func(name string) string {
		// Unknown days are in no range. One bound on each side: with two, SQLite would begin at the wrong one.
		s := " AND " + name + " > ''"
		if from != "" {
			s = " AND " + name + " >= " + text(from)
		}
		if before != "" {
			s += " AND " + name + " < " + text(before)
		}
		return s
	}
	q.parts = append(q.parts, listPart{gathered: write(column), walked: write(column + " || ''"), sorts: column})
}

// instants adds a range of instants on a column with an index on (outbreak, column).
func (q *listQuery) instants(column string, r InstantRange) {
	if r == (InstantRange{}) {
		return
	}
	write := func(name string) string {
		s := " AND " + name + " > 0" // as in between
		if !r.From.IsZero() {
			s = " AND " + name + " >= " + strconv.FormatInt(instant(r.From), 10)
		}
		if !r.Before.IsZero() {
			s += " AND " + name + " < " + strconv.FormatInt(instant(r.Before), 10)
		}
		return s
	}
	q.parts = append(q.parts, listPart{gathered: write(column), walked: write("+" + column), sorts: column})
}

// prefixed adds "column begins with".
func (q *listQuery) prefixed(column, begin string) {
	if begin == "" {
		return
	}
	write := func(name string) string {
		return " AND " + name + " >= " + text(begin) + " AND " + name + " < " + text(begin+"\U0010FFFF")
	}
	q.parts = append(q.parts, listPart{gathered: write(column), walked: write(column + " || ''"), sorts: column})
}

// attribute adds an equality on one of the outbreak's own fields. No index serves it; REPLACE looks for a text on both engines alike.
func (q *listQuery) attribute(name, value string) error {
	if name == "" {
		return nil
	}
	member, err := writeAttributes(map[string]string{name: value})
	if err != nil {
		return err
	}
	member = text(strings.Trim(member, "{}"))
	q.parts = append(q.parts, listPart{walked: " AND REPLACE(attributes, " + member + ", '') <> attributes"})
	return nil
}

// late adds "has an open task whose deadline lies before at".
func (q *listQuery) late(subject, kinds string, before int64) {
	task := "FROM task t WHERE t.outbreak = " + strconv.FormatInt(int64(q.outbreak), 10) + " AND t.state = 'open' AND t.kind IN (" + kinds + ") AND t.due < " + strconv.FormatInt(before, 10)
	walked := " AND EXISTS (SELECT 1 FROM task t WHERE t.subject_kind = " + text(subject) + " AND t.subject_id = " + q.table + ".id AND t.state || '' = 'open' AND t.due < " +
		strconv.FormatInt(before, 10) + ")"
	// The inner query reads the index alone, which knows the kinds of task and not the kind of subject; the condition behind it asks again for the few that are left.
	q.parts = append(q.parts, listPart{gathered: " AND id IN (SELECT t.subject_id " + task + ")" + walked, alone: true, counted: task, walked: walked})
}

// conditions is every filter but one in the form without an index, and that one as asked.
func (q *listQuery) conditions(gather int) string {
	var b strings.Builder
	for i, p := range q.parts {
		switch {
		case i == gather, gather < 0 && p.sorts == q.column.name && p.sorts != "":
			b.WriteString(p.gathered)
		default:
			b.WriteString(p.walked)
		}
	}
	return b.String() + q.always
}

// plan is how the rows are found: by gathering with one part (gather >= 0), or by walking.
type plan struct {
	gather   int // the part to gather by; -1 walks
	fallback int // the part to gather by when the walk takes too long; -1: none
	rows     int // what the fallback finds
}

// choose counts what each part finds, as far as that matters. page is how many rows are wanted.
func (q *listQuery) choose(page int) (plan, error) { return q.chooseBy(page, countMost) }

// chooseBy counts up to most rows of each part.
func (q *listQuery) chooseBy(page, most int) (plan, error) {
	p := plan{gather: -1, fallback: -1}
	if len(q.parts) == 0 {
		return p, nil
	}
	var total float64
	if err := q.r.row("SELECT next FROM id_block WHERE noun = $1", q.noun).Scan(&total); err != nil {
		return p, err
	}
	share, least, known := 1.0, math.Inf(1), false
	for i, part := range q.parts {
		if part.gathered == "" {
			continue
		}
		var n float64
		counted := part.counted
		if counted == "" {
			counted = "FROM " + q.table + " WHERE " + q.gatherFrom(i) + part.gathered
		}
		err := q.r.row("SELECT COUNT(*) FROM (SELECT 1 "+counted+" LIMIT $1) AS counted", most).Scan(&n)
		if err != nil {
			return p, err
		}
		if part.sorts != q.column.name {
			share *= min(1, max(n, 1)/max(total, 1))
		}
		if n < least {
			least, p.fallback, p.rows, known = n, i, int(n), int(n) < most
		}
	}
	if !known {
		p.fallback = -1 // more than the count tells; walking finds a page of so many soon enough
		return p, nil
	}
	if walk := float64(page) / share; 2*least < walk {
		p.gather = p.fallback
	}
	return p, nil
}

// gatherStatement selects what the part finds, sorted.
func (q *listQuery) gatherStatement(gather int) string {
	dir := ""
	if q.desc {
		dir = " DESC"
	}
	order := " ORDER BY " + q.column.hidden() + dir + ", +id" + dir
	if q.column.name == "id" {
		order = " ORDER BY +id" + dir
	}
	return q.selection() + " WHERE " + q.gatherFrom(gather) + q.conditions(gather) + q.past(q.after, q.column.hidden(), q.desc, "") + order + " LIMIT " + strconv.Itoa(q.limit+1)
}

func (q *listQuery) selection() string { return "SELECT " + q.column.name + ", id FROM " + q.table }

// gatherFrom is the beginning of a gathering's WHERE.
func (q *listQuery) gatherFrom(gather int) string {
	if q.parts[gather].alone {
		return q.hiddenPrefix()
	}
	return q.prefix()
}

// walkFrom is the beginning of a walk's WHERE.
func (q *listQuery) walkFrom() string {
	if q.column.name == "id" {
		return q.hiddenPrefix()
	}
	return q.prefix()
}

// past is the condition "after the key" (or, with orEqual, "not after it" turned round by the caller's desc).
func (q *listQuery) past(k *listKey, column string, desc bool, orEqual string) string {
	if k == nil {
		return ""
	}
	op := ">"
	if desc {
		op = "<"
	}
	op += orEqual
	id := strconv.FormatInt(k.id, 10)
	if q.column.name == "id" {
		return " AND id " + op + " " + id
	}
	value := strconv.FormatInt(k.number, 10)
	if q.column.text {
		value = text(k.text)
	}
	return " AND (" + column + ", id) " + op + " (" + value + ", " + id + ")"
}

func (q *listQuery) walkOrder() string {
	dir := ""
	if q.desc {
		dir = " DESC"
	}
	if q.column.name == "id" {
		return " ORDER BY id" + dir
	}
	return " ORDER BY " + q.column.name + dir + ", id" + dir
}

// keys returns the keys of the page and of one row more.
func (q *listQuery) keys() ([]listKey, error) {
	if q.none {
		return nil, nil
	}
	p, err := q.choose(q.limit + 1)
	if err != nil {
		return nil, err
	}
	if p.gather >= 0 {
		return q.run(q.gatherStatement(p.gather))
	}
	if len(q.parts) == 0 {
		return q.run(q.selection() + " WHERE " + q.walkFrom() + q.always + q.past(q.after, q.column.name, q.desc, "") + q.walkOrder() + " LIMIT " + strconv.Itoa(q.limit+1))
	}
	var out []listKey
	at, read, step, looked := q.after, 0, 4000, false
	for len(out) <= q.limit {
		end, err := q.boundary(at, step)
		if err != nil {
			return nil, err
		}
		keys, err := q.run(q.selection() + " WHERE " + q.walkFrom() + q.conditions(-1) + q.past(at, q.column.name, q.desc, "") + q.past(end, q.column.name, !q.desc, "=") +
			q.walkOrder() + " LIMIT " + strconv.Itoa(q.limit+1-len(out)))
		if err != nil {
			return nil, err
		}
		out = append(out, keys...)
		if end == nil {
			break
		}
		read += step
		at, step = end, min(step*4, 128_000)
		if len(out) > q.limit {
			continue
		}
		if p.fallback < 0 && !looked && read >= countMost {
			// So much was read for less than a page: the filters contradict the order. Now it pays to count further.
			looked = true
			if p, err = q.chooseBy(q.limit+1, countFar); err != nil {
				return nil, err
			}
		}
		if p.fallback < 0 {
			continue
		}
		most := max(p.rows, patience)
		if looked {
			most = read
		}
		if read >= most {
			return q.run(q.gatherStatement(p.fallback))
		}
		step = min(step, most-read)
	}
	return out, nil
}

// boundary is the key n rows after the given one, whatever the filters; nil when there are fewer.
func (q *listQuery) boundary(from *listKey, n int) (*listKey, error) {
	keys, err := q.run(q.selection() + " WHERE " + q.walkFrom() + q.bounds() + q.past(from, q.column.name, q.desc, "") + q.walkOrder() + " LIMIT 1 OFFSET " + strconv.Itoa(n))
	if err != nil || len(keys) == 0 {
		return nil, err
	}
	return &keys[0], nil
}

// bounds are the filters on the sort column itself: they bound the walk.
func (q *listQuery) bounds() string {
	var b strings.Builder
	for _, p := range q.parts {
		if p.sorts == q.column.name && p.sorts != "" {
			b.WriteString(p.gathered)
		}
	}
	return b.String()
}

func (q *listQuery) run(statement string) ([]listKey, error) {
	rows, err := q.r.query(statement)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []listKey
	for rows.Next() {
		var k listKey
		var err error
		switch {
		case q.column.name == "id":
			err = rows.Scan(&k.number, &k.id)
		case q.column.text:
			err = rows.Scan(&k.text, &k.id)
		default:
			err = rows.Scan(&k.number, &k.id)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, k)
	}
	return out, rows.Err()
}

// page finds one page and the cursors of its neighbours.
func (q *listQuery) page(p Page) (ids []int64, next, prev string, err error) {
	q.limit, q.desc = p.Limit, p.Desc
	if q.limit <= 0 {
		q.limit = 50
	}
	q.limit = min(q.limit, 1000)
	back := false
	if p.Cursor != "" {
		k, b, err := q.column.parseCursor(p.Cursor)
		if err != nil {
			return nil, "", "", err
		}
		q.after, back = &k, b
		q.desc = q.desc != back
	}
	keys, err := q.keys()
	if err != nil || len(keys) == 0 {
		return nil, "", "", err
	}
	more := len(keys) > q.limit
	keys = keys[:min(len(keys), q.limit)]
	if back {
		slices.Reverse(keys)
	}
	if back || more {
		next = q.column.cursor(keys[len(keys)-1], false)
	}
	if !back && p.Cursor != "" || back && more {
		prev = q.column.cursor(keys[0], true)
	}
	for _, k := range keys {
		ids = append(ids, k.id)
	}
	return ids, next, prev, nil
}

// Total is how many rows a list has, as far as it was counted.
type Total struct {
	N    int64
	More bool // there are more than N
}

// TotalMost is how far lists are counted.
const TotalMost = 1000

// total counts up to TotalMost rows, reading no more of the table than a page or two would.
func (q *listQuery) total() (Total, error) {
	if q.none {
		return Total{}, nil
	}
	p, err := q.choose(TotalMost / 4)
	if err != nil {
		return Total{}, err
	}
	count := func(where string, most int64) (n int64, err error) {
		err = q.r.row("SELECT COUNT(*) FROM (SELECT 1 FROM " + q.table + " WHERE " + where + " LIMIT " + strconv.FormatInt(most, 10) + ") AS counted").Scan(&n)
		return n, err
	}
	if p.gather < 0 && p.fallback >= 0 {
		p.gather = p.fallback // an exact count is worth gathering what can be gathered
	}
	if p.gather >= 0 || len(q.parts) == 0 {
		from := q.prefix()
		if p.gather >= 0 {
			from = q.gatherFrom(p.gather)
		}
		n, err := count(from+q.conditions(p.gather), TotalMost+1)
		return Total{min(n, TotalMost), n > TotalMost}, err
	}
	var t Total
	var at *listKey
	for step, read := 4000, 0; ; step *= 4 {
		end, err := q.boundary(at, step)
		if err != nil {
			return t, err
		}
		n, err := count(q.walkFrom()+q.conditions(-1)+q.past(at, q.column.name, q.desc, "")+q.past(end, q.column.name, !q.desc, "="), TotalMost+1-t.N)
		if err != nil {
			return t, err
		}
		t.N += n
		read += step
		switch {
		case t.N > TotalMost:
			return Total{TotalMost, true}, nil
		case end == nil:
			return t, nil
		case read >= 16_000:
			t.More = true // there may be; looking on would cost more than the number is worth
			return t, nil
		}
		at = end
	}
}

// each calls fn for the IDs of all rows that match, in batches in the order of IDs, in constant memory: what is gathered is at most
// countMost numbers, and what is walked is walked by the primary key.
func (q *listQuery) each(fn func(ids []int64) error) error {
	if q.none {
		return nil
	}
	q.column, q.desc = listColumn{name: "id"}, false
	p, err := q.choose(math.MaxInt32)
	if err != nil {
		return err
	}
	if p.gather >= 0 {
		q.limit = countMost
		keys, err := q.run(q.gatherStatement(p.gather))
		if err != nil {
			return err
		}
		return inChunks(keys, func(part []listKey) error { return fn(idsOf(part)) })
	}
	const batch = 2000
	var at *listKey
	for {
		keys, err := q.run(q.selection() + " WHERE " + q.hiddenPrefix() + q.conditions(-1) + q.past(at, "id", false, "") + " ORDER BY id LIMIT " + strconv.Itoa(batch))
		if err != nil || len(keys) == 0 {
			return err
		}
		if err := fn(idsOf(keys)); err != nil {
			return err
		}
		at = &keys[len(keys)-1]
	}
}

func idsOf(keys []listKey) []int64 {
	ids := make([]int64, len(keys))
	for i, k := range keys {
		ids[i] = k.id
	}
	return ids
}

// Sees says whether what belongs to the area lies in the bound: asked before one record is shown.
func (r *Reader) Sees(w Within, a place.AreaID) (bool, error) {
	s, err := r.reach(w)
	return err == nil && s.holds(a), err
}
