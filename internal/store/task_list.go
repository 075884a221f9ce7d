package store

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/task"
)

// TaskFilter says which tasks are listed. Empty fields do not filter; Outbreak and Within are needed.
type TaskFilter struct {
	Outbreak  outbreak.ID
	Within    Within
	States    []task.State
	Duty      task.Duty
	Kinds     []task.Kind
	Owner     task.Role
	Owners    []task.Role // any of them
	Subject   task.Subject
	LateAt    time.Time // only open tasks whose deadline lies before this instant
	DueFrom   time.Time // deadline at or after
	DueBefore time.Time // deadline before
}

// TaskOrder is what a list of tasks is sorted by.
type TaskOrder string

// The orders. Opened is the order of IDs, which is that in which tasks were first opened.
const (
	ByDue    TaskOrder = "due"
	ByOpened TaskOrder = "opened"
)

// Page asks for one page of a list.
type Page struct {
	Limit  int    // rows; 0 means 50, at most 1000
	Desc   bool   // largest first
	Cursor string // Next or Prev of another page of the same list; empty for the first page
}

// TaskPage is one page of tasks. A cursor is empty where there is nothing further.
type TaskPage struct {
	Tasks      []task.Task
	Next, Prev string
}

// ErrCursor is wrapped when a page cursor was not made by the same list.
var ErrCursor = errors.New("page cursor is not of this list")

// taskKey is the place of a task in a list.
type taskKey struct{ due, id int64 }

func (k taskKey) compare(b taskKey, o TaskOrder) int {
	if o == ByOpened {
		return cmp.Compare(k.id, b.id)
	}
	return cmp.Or(cmp.Compare(k.due, b.due), cmp.Compare(k.id, b.id))
}

// cursor writes "due>123.45": the order, the direction in which to go on (< for the page before), the key.
func (k taskKey) cursor(o TaskOrder, back bool) string {
	way := ">"
	if back {
		way = "<"
	}
	return string(o) + way + strconv.FormatInt(k.due, 36) + "." + strconv.FormatInt(k.id, 36)
}

func parseTaskCursor(text string, o TaskOrder) (k taskKey, back bool, err error) {
	rest, ok := strings.CutPrefix(text, string(o))
	if ok && rest != "" && (rest[0] == '<' || rest[0] == '>') {
		due, id, both := strings.Cut(rest[1:], ".")
		var e1, e2 error
		k.due, e1 = strconv.ParseInt(due, 36, 64)
		k.id, e2 = strconv.ParseInt(id, 36, 64)
		if both && e1 == nil && e2 == nil {
			return k, rest[0] == '<', nil
		}
	}
	return k, false, fmt.Errorf("cursor %q: %w", text, ErrCursor)
}

// Tasks lists one page. Whichever the filter, it reads about as many rows as the better of the plans of reach needs.
func (r *Reader) Tasks(f TaskFilter, order TaskOrder, p Page) (TaskPage, error) {
	if order != ByDue && order != ByOpened {
		return TaskPage{}, fmt.Errorf("list tasks: unknown order %q", order)
	}
	q := taskQuery{r: r, f: f, order: order, limit: p.Limit, desc: p.Desc}
	if q.limit <= 0 {
		q.limit = 50
	}
	q.limit = min(q.limit, 1000)
	back := false
	if p.Cursor != "" {
		k, b, err := parseTaskCursor(p.Cursor, order)
		if err != nil {
			return TaskPage{}, fmt.Errorf("list tasks: %w", err)
		}
		q.after, back = &k, b
		q.desc = q.desc != back
	}
	keys, err := q.keys()
	if err != nil {
		return TaskPage{}, fmt.Errorf("list tasks: %w", err)
	}
	more := len(keys) > q.limit
	keys = keys[:min(len(keys), q.limit)]
	if back {
		slices.Reverse(keys)
	}
	var out TaskPage
	if len(keys) == 0 {
		return out, nil
	}
	if back || more {
		out.Next = keys[len(keys)-1].cursor(order, false)
	}
	if !back && p.Cursor != "" || back && more {
		out.Prev = keys[0].cursor(order, true)
	}
	ids := make([]task.ID, len(keys))
	for i, k := range keys {
		ids[i] = task.ID(k.id)
	}
	rows, err := r.storedTasks(ids)
	if err != nil {
		return TaskPage{}, err
	}
	for _, id := range ids {
		out.Tasks = append(out.Tasks, rows[id].Task)
	}
	return out, nil
}

// taskQuery finds the keys of one page, and of one row more.
type taskQuery struct {
	r     *Reader
	f     TaskFilter
	order TaskOrder
	limit int
	desc  bool
	after *taskKey

	reach  reach
	states []task.State
	kinds  []task.Kind // those that may occur
	byKind bool        // the filter leaves some kinds out
}

func (q *taskQuery) keys() ([]taskKey, error) {
	var err error
	if q.reach, err = q.r.reach(q.f.Within); err != nil || q.reach.empty() {
		return nil, err
	}
	q.states = q.f.States
	if len(q.states) == 0 {
		q.states = []task.State{task.Open, task.Done, task.Waived, task.Void}
	}
	if !q.f.LateAt.IsZero() {
		q.states = slices.DeleteFunc(slices.Clone(q.states), func(s task.State) bool { return s != task.Open })
	}
	n, err := q.estimate()
	if err != nil {
		return nil, err
	}
	if len(q.states) == 0 || len(q.kinds) == 0 {
		return nil, nil
	}
	if q.f.Subject != (task.Subject{}) {
		return q.run(q.statement("outbreak = "+strconv.FormatInt(int64(q.f.Outbreak), 10)+" AND subject_kind = "+text(string(q.f.Subject.Kind))+" AND subject_id = "+strconv.FormatInt(q.f.Subject.ID, 10)+
			" AND state IN ("+texts(q.states)+")"+q.kindIn("kind")+q.reach.walked("area"), false))
	}
	page := float64(q.limit + 1)
	// What each plan reads, in rows; a strand costs about as much as 20 rows more. These decide which plan, never what it finds.
	share := func(of float64) float64 { return of / max(n.matching, 1) }
	kindStrands := min(n.kinds, page*share(n.kinds)) + page*float64(len(q.kinds)*len(q.states)) + 20*float64(len(q.kinds)*len(q.states))
	areaStrands := math.Inf(1)
	if !q.reach.all && n.areas > 0 {
		k := float64(len(q.reach.areas) * len(q.states))
		areaStrands = min(n.areas, page*share(n.areas)+page*min(k, n.areas/page)) + 20*k
	}
	if q.order == ByDue {
		if areaStrands < kindStrands {
			return q.merge(q.areaStrands())
		}
		return q.merge(q.kindStrands())
	}
	// By ID: walk the primary key, or gather the areas' or the kinds' tasks and sort.
	walk := page * share(n.rows)
	switch best := min(walk, 2*n.areas, 2*n.kinds); {
	case best == walk:
		// Only the primary key is left to walk.
		return q.run(q.statement(q.reach.unindexed(q.prefix())+" AND "+q.reach.unindexed("state")+" IN ("+texts(q.states)+")"+q.kindIn(q.reach.unindexed("kind"))+q.reach.walked("area"), false))
	case best == 2*n.areas && !q.reach.all:
		return q.run(q.statement(q.prefix()+q.reach.gathered("area")+" AND state IN ("+texts(q.states)+")"+q.kindIn(q.reach.unindexed("kind")), true))
	default:
		return q.run(q.statement(q.prefix()+" AND state IN ("+texts(q.states)+") AND kind IN ("+texts(q.kinds)+")"+q.reach.walked("area"), true))
	}
}

// taskCounts says how many rows a plan would have to choose from. They come from the counters of the subtree.
type taskCounts struct {
	rows     float64 // of the outbreak
	kinds    float64 // of the asked kinds and states, in all areas
	areas    float64 // of the asked states in the reach, all kinds
	matching float64 // of the asked kinds and states in the reach
}

// estimate reads the counters and, from them, the kinds that occur at all.
func (q *taskQuery) estimate() (n taskCounts, err error) {
	tops := []place.AreaID{0}
	tree, err := q.r.Tree()
	if err != nil {
		return n, err
	}
	small := 0 // areas without totals of their own
	if !q.reach.all {
		for _, a := range q.reach.roots {
			if len(tree.Subtree(a)) > 1 {
				tops = append(tops, a)
			} else {
				small++
			}
		}
	}
	rows, err := q.r.query(`SELECT area, kind, owner, n_open, n_done, n_waived, n_void FROM task_total WHERE outbreak = $1 AND area IN (`+numbers(tops)+`)`, int64(q.f.Outbreak))
	if err != nil {
		return n, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		var area place.AreaID
		var kind task.Kind
		var owner task.Role
		var c [4]float64
		if err := rows.Scan(&area, &kind, &owner, &c[0], &c[1], &c[2], &c[3]); err != nil {
			return n, err
		}
		var asked float64
		for i, s := range []task.State{task.Open, task.Done, task.Waived, task.Void} {
			if slices.Contains(q.states, s) {
				asked += c[i]
			}
		}
		wanted := (len(q.f.Kinds) == 0 || slices.Contains(q.f.Kinds, kind)) && (q.f.Duty == "" || kind.Duty() == q.f.Duty) && (q.f.Owner == "" || owner == q.f.Owner) &&
			(len(q.f.Owners) == 0 || slices.Contains(q.f.Owners, owner))
		whole := area == 0
		if whole {
			n.rows += c[0] + c[1] + c[2] + c[3]
			if wanted && asked > 0 {
				if !slices.Contains(q.kinds, kind) {
					q.kinds = append(q.kinds, kind)
				}
				n.kinds += asked
			}
			q.byKind = q.byKind || !wanted
		}
		if whole == q.reach.all {
			n.areas += asked
			if wanted {
				n.matching += asked
			}
		}
	}
	if err := rows.Err(); err != nil {
		return n, err
	}
	if small == 0 && n.matching == 0 {
		q.kinds = nil // the counters are exact: there is nothing to look for
	}
	if small > 0 {
		// Its own rows are counted, up to where the exact number no longer matters.
		few, err := q.r.few("task", int64(q.f.Outbreak), reach{areas: q.reach.areas})
		if err != nil {
			return n, err
		}
		add := 100 * float64(small)
		if !few {
			add = 2 * gatherMost
		}
		n.areas += add
		n.matching += add / 4
	}
	return n, nil
}

func (q *taskQuery) prefix() string {
	return "outbreak = " + strconv.FormatInt(int64(q.f.Outbreak), 10)
}

func (q *taskQuery) kindIn(column string) string {
	if !q.byKind {
		return ""
	}
	return " AND " + column + " IN (" + texts(q.kinds) + ")"
}

// areaStrands are the ordered runs of task_area: one for each area and state.
func (q *taskQuery) areaStrands() []string {
	var out []string
	for _, a := range q.reach.areas {
		for _, s := range q.states {
			out = append(out, q.statement(q.prefix()+" AND area = "+strconv.FormatInt(int64(a), 10)+" AND state = "+text(string(s))+q.kindIn(q.reach.unindexed("kind")), false))
		}
	}
	return out
}

// kindStrands are the ordered runs of task_kind: one for each kind and state.
func (q *taskQuery) kindStrands() []string {
	var out []string
	for _, k := range q.kinds {
		for _, s := range q.states {
			out = append(out, q.statement(q.prefix()+" AND state = "+text(string(s))+" AND kind = "+text(string(k))+q.reach.walked("area"), false))
		}
	}
	return out
}

// statement selects the first keys after the cursor of what where chooses. With sort the engine must sort, and not walk an index of the order.
func (q *taskQuery) statement(where string, sort bool) string {
	var b strings.Builder
	b.WriteString("SELECT due, id FROM task WHERE " + where)
	if q.f.Owner != "" {
		b.WriteString(" AND owner = " + text(string(q.f.Owner)))
	}
	if len(q.f.Owners) > 0 {
		b.WriteString(" AND owner IN (" + texts(q.f.Owners) + ")")
	}
	at := func(op string, t time.Time) {
		if !t.IsZero() {
			b.WriteString(" AND due " + op + " " + strconv.FormatInt(instant(t), 10))
		}
	}
	at("<", q.f.LateAt)
	at(">=", q.f.DueFrom)
	at("<", q.f.DueBefore)
	op, dir := ">", ""
	if q.desc {
		op, dir = "<", " DESC"
	}
	if k := q.after; k != nil {
		if q.order == ByDue {
			fmt.Fprintf(&b, " AND (due, id) %s (%d, %d)", op, k.due, k.id)
		} else {
			fmt.Fprintf(&b, " AND id %s %d", op, k.id)
		}
	}
	switch {
	case q.order == ByDue:
		b.WriteString(" ORDER BY due" + dir + ", id" + dir)
	case sort:
		b.WriteString(" ORDER BY +id" + dir)
	default:
		b.WriteString(" ORDER BY id" + dir)
	}
	b.WriteString(" LIMIT " + strconv.Itoa(q.limit+1))
	return b.String()
}

// merge runs the strands, many in one statement, and keeps the first keys of them all.
func (q *taskQuery) merge(strands []string) ([]taskKey, error) {
	const most = 100 // SQLite takes 500 in one statement
	var out []taskKey
	for part := range slices.Chunk(strands, most) {
		var b strings.Builder
		for i, s := range part {
			if i > 0 {
				b.WriteString(" UNION ALL ")
			}
			fmt.Fprintf(&b, "SELECT * FROM (%s) AS s%d", s, i)
		}
		keys, err := q.run(b.String())
		if err != nil {
			return nil, err
		}
		out = append(out, keys...)
		slices.SortFunc(out, func(a, b taskKey) int {
			if q.desc {
				a, b = b, a
			}
			return a.compare(b, q.order)
		})
		out = out[:min(len(out), q.limit+1)]
	}
	return out, nil
}

func (q *taskQuery) run(text string) ([]taskKey, error) {
	rows, err := q.r.query(text)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []taskKey
	for rows.Next() {
		var k taskKey
		if err := rows.Scan(&k.due, &k.id); err != nil {
			return nil, err
		}
		out = append(out, k)
	}
	return out, rows.Err()
}

// text quotes a literal: strands are many, and the number of placeholders is bounded.
func text(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func texts[T ~string](list []T) string {
	var b strings.Builder
	for i, s := range list {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(text(string(s)))
	}
	return b.String()
}
