package store

import (
	"cmp"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/task"
)

// Coverage is how far a duty has been done: one line of the Now screen.
type Coverage struct {
	Duty         task.Duty
	Due          int64         // tasks that fell or fall due in the time asked about: Done + Open + Waived. Void tasks are no tasks.
	Done         int64         // done, in time or late
	DoneLate     int64         // of these, done after the deadline
	Open         int64         // still to be done
	Late         int64         // of these, past the deadline now
	Waived       int64         //
	MedianToDone time.Duration // from opening (or from when it could first be done): exact to the minute up to a day, to within 30 minutes up to 60 days, beyond that 60 days
	Timed        int64         // tasks the median stands on: done tasks but for those done before they were opened here; 0 means that there is no median
	OldestLate   time.Time     // deadline of the task that has been late the longest; zero when none is
	HeldBy       []Holder      // who holds the late ones, most first
}

// Holder is one role in one area that holds late tasks.
type Holder struct {
	Owner task.Role
	// Area is the jurisdiction directly below the one asked about that the tasks lie in; or that one itself, for tasks filed on it. With several
	// subtrees asked about it is the top of each. 0: the area is unknown.
	Area      place.AreaID
	Late      int64
	OldestDue time.Time // start of the clock hour in which the oldest of them fell due
}

// Coverage tells for each duty what was due in [from, to) within the bound, and what became of it, as seen at now. A zero from or to does not bound.
// It is exact. It reads the counters of whole hours, and tasks only of the hours that from, to and now cut.
func (r *Reader) Coverage(o outbreak.ID, w Within, from, to, now time.Time) ([]Coverage, error) {
	s, err := r.reach(w)
	if err != nil || s.empty() {
		return nil, err
	}
	tree, err := r.Tree()
	if err != nil {
		return nil, err
	}
	c := coverageQuery{r: r, o: o, reach: s, tree: tree, now: instant(now), lines: map[task.Duty]*coverageLine{}}
	c.from, c.to = minHour*hourMicros, maxHour*hourMicros
	if !from.IsZero() {
		c.from = max(c.from, instant(from))
	}
	if !to.IsZero() {
		c.to = min(c.to, instant(to))
	}
	out, err := c.run()
	if err != nil {
		return nil, fmt.Errorf("coverage of outbreak %d: %w", o, err)
	}
	return out, nil
}

// The hours that microseconds in 64 bits can hold, with room to spare.
const minHour, maxHour = -2_000_000_000, 2_000_000_000

type heldKey struct {
	owner task.Role
	area  place.AreaID
}

type heldCell struct{ late, hour int64 }

type coverageLine struct {
	Coverage
	times  timeCounts
	oldest int64 // hour of the oldest late task
	held   map[heldKey]*heldCell
}

type coverageQuery struct {
	r        *Reader
	o        outbreak.ID
	reach    reach
	tree     *place.Tree
	from, to int64 // instants
	now      int64
	lines    map[task.Duty]*coverageLine
}

func (c *coverageQuery) line(d task.Duty) *coverageLine {
	l := c.lines[d]
	if l == nil {
		l = &coverageLine{Coverage: Coverage{Duty: d}, oldest: maxHour, held: map[heldKey]*heldCell{}}
		c.lines[d] = l
	}
	return l
}

func (l *coverageLine) hold(owner task.Role, area place.AreaID, n, hour int64) {
	k := heldKey{owner, area}
	h := l.held[k]
	if h == nil {
		h = &heldCell{hour: maxHour}
		l.held[k] = h
	}
	h.late += n
	if n > 0 {
		h.hour = min(h.hour, hour)
	}
}

func (c *coverageQuery) run() ([]Coverage, error) {
	if c.from >= c.to {
		return nil, nil
	}
	// Whole hours between the cut ones.
	first, past := hourOf(c.from), hourOf(c.to)
	if first*hourMicros < c.from {
		if err := c.cutHour(first); err != nil {
			return nil, err
		}
		first++
	}
	if past*hourMicros < c.to && past >= first {
		if err := c.cutHour(past); err != nil {
			return nil, err
		}
	}
	if first < past {
		if err := c.wholeHours(first, past); err != nil {
			return nil, err
		}
	}
	var out []Coverage
	for _, d := range slices.SortedFunc(maps.Keys(c.lines), func(a, b task.Duty) int {
		return cmp.Compare(slices.Index(task.Duties(), a), slices.Index(task.Duties(), b))
	}) {
		l := c.lines[d]
		l.Due = l.Done + l.Open + l.Waived
		if l.Due == 0 {
			continue
		}
		l.MedianToDone, l.Timed = l.times.median()
		if l.Late > 0 {
			if err := c.oldestLate(l); err != nil {
				return nil, err
			}
		}
		for k, h := range l.held {
			if h.late > 0 {
				l.HeldBy = append(l.HeldBy, Holder{Owner: k.owner, Area: k.area, Late: h.late, OldestDue: when(h.hour * hourMicros)})
			}
		}
		slices.SortFunc(l.HeldBy, func(a, b Holder) int {
			return cmp.Or(-cmp.Compare(a.Late, b.Late), a.OldestDue.Compare(b.OldestDue), cmp.Compare(a.Area, b.Area), cmp.Compare(a.Owner, b.Owner))
		})
		out = append(out, l.Coverage)
	}
	return out, nil
}

// tops are the areas that together are the reach: those whose counters are read, and those whose tasks are.
func (c *coverageQuery) tops() (counters, tasks []place.AreaID) {
	if c.reach.all {
		return []place.AreaID{0}, nil
	}
	return c.split(c.reach.roots)
}

// split parts the areas that have counters from those that have none.
func (c *coverageQuery) split(areas []place.AreaID) (counters, tasks []place.AreaID) {
	for _, a := range areas {
		if j, ok := c.tree.Get(a); ok && !hasCounters(c.tree, j) {
			tasks = append(tasks, a)
		} else {
			counters = append(counters, a)
		}
	}
	return counters, tasks
}

// parts are the areas that holders are told apart by; rest is where the late tasks count that lie in none of them.
func (c *coverageQuery) parts() (parts []place.AreaID, rest place.AreaID) {
	if len(c.reach.roots) != 1 {
		return c.reach.roots, 0
	}
	for _, j := range c.tree.Children(c.reach.roots[0]) {
		parts = append(parts, j.ID)
	}
	return parts, c.reach.roots[0]
}

// wholeHours adds the hours [first, past).
func (c *coverageQuery) wholeHours(first, past int64) error {
	counters, tasks := c.tops()
	if len(tasks) > 0 {
		if err := c.tasksOf(tasks, first, past); err != nil {
			return err
		}
	}
	if len(counters) == 0 {
		return nil
	}
	nowHour := hourOf(c.now)
	if err := c.sums(counters, first, past, nowHour); err != nil {
		return err
	}
	if err := c.times(counters, first, past); err != nil {
		return err
	}
	if err := c.holders(counters, first, min(past, nowHour)); err != nil {
		return err
	}
	if nowHour < first || nowHour >= past {
		return nil
	}
	// Of the current hour the counters cannot tell which tasks are late yet.
	return c.scan("state = 'open'", nowHour*hourMicros, c.now, func(t lateRow) {
		if slices.Contains(tasks, t.area) {
			return
		}
		l := c.line(t.kind.Duty())
		l.Late++
		l.oldest = min(l.oldest, nowHour)
		l.hold(t.owner, c.partOf(t.area), 1, nowHour)
	})
}

// tasksOf counts the tasks of areas that have no counters.
func (c *coverageQuery) tasksOf(areas []place.AreaID, first, past int64) error {
	rows, err := c.r.query(`SELECT state, kind, owner, area, due, not_before, opened_at, ended_at FROM task WHERE outbreak = $1 AND area IN (`+numbers(areas)+`)
AND state IN ('open', 'done', 'waived') AND due >= $2 AND due < $3`, int64(c.o), first*hourMicros, past*hourMicros)
	if err != nil {
		return err
	}
	return eachLateRow(rows, c.count)
}

func (c *coverageQuery) sums(tops []place.AreaID, first, past, nowHour int64) error {
	rows, err := c.r.query(`SELECT duty, SUM(n_open), SUM(n_done), SUM(n_late), SUM(n_waived), SUM(CASE WHEN hour < $1 THEN n_open ELSE 0 END),
MIN(CASE WHEN hour < $1 AND n_open > 0 THEN hour ELSE $2 END)
FROM coverage WHERE outbreak = $3 AND area IN (`+numbers(tops)+`) AND hour >= $4 AND hour < $5 GROUP BY duty`, nowHour, int64(maxHour), int64(c.o), first, past)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		var duty task.Duty
		var open, done, late, waived, lateOpen, oldest int64
		if err := rows.Scan(&duty, &open, &done, &late, &waived, &lateOpen, &oldest); err != nil {
			return err
		}
		l := c.line(duty)
		l.Open += open
		l.Done += done + late
		l.DoneLate += late
		l.Waived += waived
		l.Late += lateOpen
		l.oldest = min(l.oldest, oldest)
	}
	return rows.Err()
}

func (c *coverageQuery) times(tops []place.AreaID, first, past int64) error {
	rows, err := c.r.query(`SELECT duty, times FROM coverage WHERE outbreak = $1 AND area IN (`+numbers(tops)+`) AND hour >= $2 AND hour < $3 AND times <> ''`, int64(c.o), first, past)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		var duty task.Duty
		var text string
		if err := rows.Scan(&duty, &text); err != nil {
			return err
		}
		counts := &c.line(duty).times
		if err := readBins(text, func(bin, n int64) { counts[bin] += n }); err != nil {
			return err
		}
	}
	return rows.Err()
}

// holders splits the late tasks of the hours [first, past) by part; what the parts do not hold is the rest's.
func (c *coverageQuery) holders(tops []place.AreaID, first, past int64) error {
	if first >= past {
		return nil
	}
	parts, rest := c.parts()
	parts, uncounted := c.split(parts)
	type owned struct {
		duty  task.Duty
		owner task.Role
	}
	whole := map[owned]int64{}
	add := func(areas []place.AreaID, each func(owned, place.AreaID, int64, int64)) error {
		if len(areas) == 0 {
			return nil
		}
		rows, err := c.r.query(`SELECT area, duty, owner, SUM(n_open), MIN(hour) FROM coverage
WHERE outbreak = $1 AND area IN (`+numbers(areas)+`) AND hour >= $2 AND hour < $3 AND n_open > 0 GROUP BY area, duty, owner`, int64(c.o), first, past)
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		for rows.Next() {
			var k owned
			var area place.AreaID
			var n, hour int64
			if err := rows.Scan(&area, &k.duty, &k.owner, &n, &hour); err != nil {
				return err
			}
			each(k, area, n, hour)
		}
		return rows.Err()
	}
	if err := add(tops, func(k owned, _ place.AreaID, n, _ int64) { whole[k] += n }); err != nil {
		return err
	}
	if err := add(parts, func(k owned, a place.AreaID, n, hour int64) {
		whole[k] -= n
		c.line(k.duty).hold(k.owner, a, n, hour)
	}); err != nil {
		return err
	}
	// What no counter tells is asked of the tasks: the communities of a street, and then what is filed on the street itself.
	below := len(uncounted) > 0 && len(c.reach.roots) == 1
	filed := func(areas []place.AreaID, each func(owned, place.AreaID, int64, int64)) error {
		rows, err := c.r.query(`SELECT area, kind, owner, COUNT(*), MIN(due) FROM task WHERE outbreak = $1 AND area IN (`+numbers(areas)+`) AND state = 'open'
AND due >= $2 AND due < $3 GROUP BY area, kind, owner`, int64(c.o), first*hourMicros, past*hourMicros)
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		for rows.Next() {
			var k owned
			var kind task.Kind
			var area place.AreaID
			var n, due int64
			if err := rows.Scan(&area, &kind, &k.owner, &n, &due); err != nil {
				return err
			}
			k.duty = kind.Duty()
			each(k, area, n, hourOf(due))
		}
		return rows.Err()
	}
	if below {
		if err := filed(uncounted, func(k owned, a place.AreaID, n, hour int64) {
			whole[k] -= n
			c.line(k.duty).hold(k.owner, a, n, hour)
		}); err != nil {
			return err
		}
	}
	maps.DeleteFunc(whole, func(_ owned, n int64) bool { return n == 0 })
	if len(whole) == 0 {
		return nil
	}
	if below {
		on := []place.AreaID{rest}
		if c.reach.all {
			on = append(on, 0) // tasks of unknown area
		}
		return filed(on, func(k owned, _ place.AreaID, n, hour int64) {
			if whole[k] > 0 {
				c.line(k.duty).hold(k.owner, rest, n, hour)
			}
		})
	}
	// Their oldest hour is the first in which the whole holds more than its parts.
	minus := "n_open"
	if len(parts) > 0 {
		minus = "CASE WHEN area IN (" + numbers(parts) + ") THEN -n_open ELSE n_open END"
	}
	rows, err := c.r.query(`SELECT duty, owner, MIN(hour) FROM (SELECT duty, owner, hour FROM coverage
WHERE outbreak = $1 AND area IN (`+numbers(slices.Concat(tops, parts))+`) AND hour >= $2 AND hour < $3 AND n_open > 0 GROUP BY duty, owner, hour HAVING SUM(`+minus+`) > 0) AS outside
GROUP BY duty, owner`, int64(c.o), first, past)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		var k owned
		var hour int64
		if err := rows.Scan(&k.duty, &k.owner, &hour); err != nil {
			return err
		}
		c.line(k.duty).hold(k.owner, rest, whole[k], hour)
	}
	return rows.Err()
}

// lateRow is what the cut hours need of a task.
type lateRow struct {
	task.Task
	kind  task.Kind
	owner task.Role
	area  place.AreaID
}

// scan reads the tasks of the reach that are due in [from, to), an hour at most.
func (c *coverageQuery) scan(state string, from, to int64, each func(lateRow)) error {
	from, to = max(from, c.from), min(to, c.to)
	if from >= to {
		return nil
	}
	rows, err := c.r.query(`SELECT state, kind, owner, area, due, not_before, opened_at, ended_at FROM task WHERE outbreak = $1 AND `+state+` AND kind IN (`+texts(task.Kinds())+`)
AND due >= $2 AND due < $3`+c.reach.walked("area"), int64(c.o), from, to)
	if err != nil {
		return err
	}
	return eachLateRow(rows, each)
}

func eachLateRow(rows *sql.Rows, each func(lateRow)) error {
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		var t lateRow
		var due, notBefore, opened, ended int64
		if err := rows.Scan(&t.State, &t.kind, &t.owner, &t.area, &due, &notBefore, &opened, &ended); err != nil {
			return err
		}
		t.Due, t.NotBefore, t.OpenedAt, t.EndedAt = when(due), when(notBefore), when(opened), when(ended)
		each(t)
	}
	return rows.Err()
}

// cutHour counts the tasks of an hour that lies only partly between from and to.
func (c *coverageQuery) cutHour(hour int64) error {
	return c.scan("state IN ('open', 'done', 'waived')", hour*hourMicros, (hour+1)*hourMicros, c.count)
}

// count counts one task.
func (c *coverageQuery) count(t lateRow) {
	var one coverageCell
	one.add(t.Task, 1)
	l := c.line(t.kind.Duty())
	l.Open += one.open
	l.Done += one.done + one.late
	l.DoneLate += one.late
	l.Waived += one.waived
	for b, n := range one.times {
		l.times[b] += n
	}
	if due := instant(t.Due); t.State == task.Open && due < c.now {
		l.Late++
		l.oldest = min(l.oldest, hourOf(due))
		l.hold(t.owner, c.partOf(t.area), 1, hourOf(due))
	}
}

// partOf is the area that a holder is shown as.
func (c *coverageQuery) partOf(a place.AreaID) place.AreaID {
	parts, rest := c.parts()
	for _, p := range parts {
		if c.tree.Contains(p, a) {
			return p
		}
	}
	return rest
}

// oldestLate looks up the deadline itself, now that its hour is known.
func (c *coverageQuery) oldestLate(l *coverageLine) error {
	from, to := max(l.oldest*hourMicros, c.from), min((l.oldest+1)*hourMicros, c.to, c.now)
	oldest := int64(0)
	for _, k := range kindsOf(l.Duty) {
		due, err := c.firstDue(k, from, to)
		if err != nil {
			return err
		}
		if due != 0 && (oldest == 0 || due < oldest) {
			oldest = due
		}
	}
	l.OldestLate = when(oldest)
	return nil
}

func (c *coverageQuery) firstDue(k task.Kind, from, to int64) (due int64, err error) {
	rows, err := c.r.query(`SELECT due FROM task WHERE outbreak = `+strconv.FormatInt(int64(c.o), 10)+` AND state = 'open' AND kind = `+text(string(k))+
		` AND due >= $1 AND due < $2`+c.reach.walked("area")+` ORDER BY due LIMIT 1`, from, to)
	if err != nil {
		return 0, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	if rows.Next() {
		err = rows.Scan(&due)
	}
	return due, cmp.Or(err, rows.Err())
}

func kindsOf(d task.Duty) []task.Kind {
	return slices.DeleteFunc(task.Kinds(), func(k task.Kind) bool { return k.Duty() != d })
}
