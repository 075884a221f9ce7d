package store

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/task"
)

// hourOf is the bucket of an instant in microseconds: whole hours since 1970 UTC.
func hourOf(us int64) int64 {
	h := us / hourMicros
	if us%hourMicros < 0 {
		h--
	}
	return h
}

const hourMicros = int64(time.Hour / time.Microsecond)

// coverageKey names a row of the counters.
type coverageKey struct {
	area  place.AreaID
	hour  int64
	duty  task.Duty
	owner task.Role
}

// coverageCell is what a row of the counters counts, or what a change adds to it.
type coverageCell struct {
	open, done, late, waived, void int64
	times                          timeBins
}

func (c *coverageCell) add(t task.Task, n int64) {
	switch t.State {
	case task.Open:
		c.open += n
	case task.Done:
		if t.EndedAt.After(t.Due) {
			c.late += n
		} else {
			c.done += n
		}
		if b, ok := timeBin(t); ok {
			if c.times == nil {
				c.times = timeBins{}
			}
			c.times[b] += n
		}
	case task.Waived:
		c.waived += n
	case task.Void:
		c.void += n
	}
}

func (c *coverageCell) zero() bool {
	return c.open == 0 && c.done == 0 && c.late == 0 && c.waived == 0 && c.void == 0 && len(c.times) == 0
}

type totalKey struct {
	area  place.AreaID
	kind  task.Kind
	owner task.Role
}

// totalCell counts by state: open, done, waived, void.
type totalCell [4]int64

// taskDelta gathers in memory what changes add to the counters, so that each row of them is written once.
type taskDelta struct {
	tree    *place.Tree
	oneRoot bool
	cells   map[coverageKey]*coverageCell
	totals  map[totalKey]*totalCell
	path    map[place.AreaID][]place.Jurisdiction
}

func newTaskDelta(tree *place.Tree) *taskDelta {
	return &taskDelta{tree: tree, oneRoot: len(tree.Roots()) == 1, cells: map[coverageKey]*coverageCell{}, totals: map[totalKey]*totalCell{}, path: map[place.AreaID][]place.Jurisdiction{}}
}

// add counts a task n times (1, or -1 to take it out) for its area (see hasCounters), each area above it, and 0, which stands for everything.
func (d *taskDelta) add(t task.Task, n int64) {
	path, ok := d.path[t.Area]
	if !ok {
		path = d.tree.Path(t.Area)
		d.path[t.Area] = path
	}
	k := coverageKey{hour: hourOf(instant(t.Due)), duty: t.Kind.Duty(), owner: t.Owner}
	d.one(k, t, n, true)
	if len(path) > 0 && d.oneRoot {
		path = path[1:] // 0 counts for the only root: who holds that holds everything
	}
	for i, j := range path {
		if i == len(path)-1 && !hasCounters(d.tree, j) {
			return
		}
		k.area = j.ID
		// An area with nothing below it needs no totals: its lists always go by task_area.
		d.one(k, t, n, i < len(path)-1 || len(d.tree.Subtree(j.ID)) > 1)
	}
}

// hasCounters says whether an area has counters of its own. A community has none: it holds so few tasks that they are counted when asked for, and a counter for each
// of them would cost an import more than all others together. A jurisdiction that is a leaf only because nothing smaller is known may be a whole district.
func hasCounters(tree *place.Tree, j place.Jurisdiction) bool {
	return j.Level != place.Community || len(tree.Subtree(j.ID)) > 1
}

func (d *taskDelta) one(k coverageKey, t task.Task, n int64, total bool) {
	c := d.cells[k]
	if c == nil {
		c = &coverageCell{}
		d.cells[k] = c
	}
	c.add(t, n)
	if !total {
		return
	}
	s := d.totals[totalKey{k.area, t.Kind, t.Owner}]
	if s == nil {
		s = &totalCell{}
		d.totals[totalKey{k.area, t.Kind, t.Owner}] = s
	}
	switch t.State {
	case task.Open:
		s[0] += n
	case task.Done:
		s[1] += n
	case task.Waived:
		s[2] += n
	case task.Void:
		s[3] += n
	}
}

// count adds a delta to the stored counters. The additions are blind: nothing is read, so that on PostgreSQL they go in one turn.
func (tx *Tx) count(o outbreak.ID, d *taskDelta) error {
	const addCell = `INSERT INTO coverage (outbreak, area, hour, duty, owner, n_open, n_done, n_late, n_waived, n_void, loose, times)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (outbreak, area, hour, duty, owner) DO UPDATE SET n_open = coverage.n_open + excluded.n_open, n_done = coverage.n_done + excluded.n_done,
n_late = coverage.n_late + excluded.n_late, n_waived = coverage.n_waived + excluded.n_waived, n_void = coverage.n_void + excluded.n_void,
loose = coverage.loose + excluded.loose, times = coverage.times || excluded.times`
	// In the order of the key: neighbours share pages, and writers that meet do so in the same order.
	keys := slices.SortedFunc(maps.Keys(d.cells), func(a, b coverageKey) int {
		return cmp.Or(cmp.Compare(a.area, b.area), cmp.Compare(a.hour, b.hour), cmp.Compare(a.duty, b.duty), cmp.Compare(a.owner, b.owner))
	})
	rows := make([][]any, 0, len(keys))
	timed := false
	for _, k := range keys {
		c := d.cells[k]
		c.times.tidy()
		if c.zero() {
			continue
		}
		timed = timed || len(c.times) > 0
		rows = append(rows, []any{int64(o), int64(k.area), k.hour, string(k.duty), string(k.owner), c.open, c.done, c.late, c.waived, c.void, int64(len(c.times)), c.times.String()})
	}
	if err := tx.bulk(addCell, rows); err != nil {
		return fmt.Errorf("count tasks for coverage: %w", err)
	}
	const addTotal = `INSERT INTO task_total (outbreak, area, kind, owner, n_open, n_done, n_waived, n_void) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (outbreak, area, kind, owner) DO UPDATE SET n_open = task_total.n_open + excluded.n_open, n_done = task_total.n_done + excluded.n_done,
n_waived = task_total.n_waived + excluded.n_waived, n_void = task_total.n_void + excluded.n_void`
	totals := slices.SortedFunc(maps.Keys(d.totals), func(a, b totalKey) int {
		return cmp.Or(cmp.Compare(a.area, b.area), cmp.Compare(a.kind, b.kind), cmp.Compare(a.owner, b.owner))
	})
	sums := make([][]any, 0, len(totals))
	for _, k := range totals {
		if s := *d.totals[k]; s != (totalCell{}) {
			sums = append(sums, []any{int64(o), int64(k.area), string(k.kind), string(k.owner), s[0], s[1], s[2], s[3]})
		}
	}
	if err := tx.bulk(addTotal, sums); err != nil {
		return fmt.Errorf("count tasks: %w", err)
	}
	if !timed {
		return nil
	}
	return tx.tidyTimes(o)
}

// tidyTimes puts the lists in order that many additions have made long, so that no row grows without bound.
func (tx *Tx) tidyTimes(o outbreak.ID) error {
	// SQLite would walk all of the outbreak's rows, at each change, before it took the index that holds these few.
	rows, err := tx.query(`SELECT area, hour, duty, owner, times FROM coverage WHERE `+tx.db.d.unindexed("outbreak")+` = $1 AND loose >= 512`, int64(o))
	if err != nil {
		return fmt.Errorf("read long time lists: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var tidied [][]any
	for rows.Next() {
		var k coverageKey
		var text string
		if err := rows.Scan(&k.area, &k.hour, &k.duty, &k.owner, &text); err != nil {
			return fmt.Errorf("read long time lists: %w", err)
		}
		b := timeBins{}
		if err := readBins(text, func(bin, n int64) { b[bin] += n }); err != nil {
			return err
		}
		b.tidy()
		tidied = append(tidied, []any{b.String(), int64(o), int64(k.area), k.hour, string(k.duty), string(k.owner)})
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read long time lists: %w", err)
	}
	if err := rows.Close(); err != nil {
		return fmt.Errorf("read long time lists: %w", err)
	}
	return tx.bulk(`UPDATE coverage SET loose = 0, times = $1 WHERE outbreak = $2 AND area = $3 AND hour = $4 AND duty = $5 AND owner = $6`, tidied)
}

// RecountCoverage builds the counters of an outbreak anew from its tasks: after jurisdictions moved in the tree, and for repair.
func (tx *Tx) RecountCoverage(o outbreak.ID) error {
	for _, text := range []string{`DELETE FROM coverage WHERE outbreak = $1`, `DELETE FROM task_total WHERE outbreak = $1`} {
		if _, err := tx.exec(text, int64(o)); err != nil {
			return fmt.Errorf("recount coverage: %w", err)
		}
	}
	tree, err := tx.Tree()
	if err != nil {
		return err
	}
	const part = 20_000 // tasks held in memory at a time
	for last := task.ID(0); ; {
		rows, err := tx.tasks(`SELECT `+taskColumns+` FROM task WHERE id > $1 ORDER BY id LIMIT $2`, int64(last), part)
		if err != nil {
			return fmt.Errorf("recount coverage: %w", err)
		}
		if len(rows) == 0 {
			return nil
		}
		d := newTaskDelta(tree)
		for _, t := range rows {
			if t.Outbreak == o {
				d.add(t.Task, 1)
			}
		}
		if err := tx.count(o, d); err != nil {
			return err
		}
		last = rows[len(rows)-1].ID
	}
}

// recountAll recounts every outbreak that has tasks.
func (tx *Tx) recountAll() error {
	rows, err := tx.query(`SELECT DISTINCT outbreak FROM task_total WHERE area = 0 ORDER BY outbreak`)
	if err != nil {
		return fmt.Errorf("read outbreaks with tasks: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var all []outbreak.ID
	for rows.Next() {
		var o outbreak.ID
		if err := rows.Scan(&o); err != nil {
			return fmt.Errorf("read outbreaks with tasks: %w", err)
		}
		all = append(all, o)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return fmt.Errorf("read outbreaks with tasks: %w", err)
	}
	for _, o := range all {
		if err := tx.RecountCoverage(o); err != nil {
			return err
		}
	}
	return nil
}

// timeBins counts done tasks by how long they took: see timeBin.
type timeBins map[int64]int64

const (
	dayMinutes = 24 * 60
	// lastBin is 60 days: what took longer is counted as that.
	lastBin = dayMinutes + 59*24
)

// timeBin is the bin of a done task: whole minutes from its opening (or from when it could first be done) up to a day, whole hours from there. A task that the
// facts say was done before it was opened here has no time: an import would otherwise drown the median in zeros.
func timeBin(t task.Task) (int64, bool) {
	start := t.OpenedAt
	if t.NotBefore.After(start) {
		start = t.NotBefore
	}
	if t.EndedAt.Before(start) {
		return 0, false
	}
	m := int64(t.EndedAt.Sub(start) / time.Minute)
	if m < dayMinutes {
		return m, true
	}
	return min(dayMinutes+(m-dayMinutes)/60, lastBin), true
}

// binTime is the time a bin stands for: its minutes exactly, the middle of its hour beyond a day.
func binTime(b int64) time.Duration {
	if b < dayMinutes {
		return time.Duration(b) * time.Minute
	}
	return 24*time.Hour + time.Duration(b-dayMinutes)*time.Hour + 30*time.Minute
}

func (b timeBins) tidy() { maps.DeleteFunc(b, func(_, n int64) bool { return n == 0 }) }

// String writes the bins as stored: "5,7*3,40*-1,", in ascending order.
func (b timeBins) String() string {
	var out strings.Builder
	for _, bin := range slices.Sorted(maps.Keys(b)) {
		out.WriteString(strconv.FormatInt(bin, 10))
		if n := b[bin]; n != 1 {
			out.WriteByte('*')
			out.WriteString(strconv.FormatInt(n, 10))
		}
		out.WriteByte(',')
	}
	return out.String()
}

// readBins goes through stored bins. It is written by hand because the coverage of a nation reads millions of them.
func readBins(text string, each func(bin, n int64)) error {
	for i := 0; i < len(text); {
		var part [2]int64 // bin, count
		at, negative, digits := 0, false, 0
	item:
		for ; ; i++ {
			if i == len(text) {
				return fmt.Errorf("read time list of coverage: it ends within an item")
			}
			switch c := text[i]; {
			case c >= '0' && c <= '9':
				part[at] = part[at]*10 + int64(c-'0')
				digits++
			case c == '-' && at == 1 && digits == 0:
				negative = true
			case c == '*' && at == 0 && digits > 0:
				at, digits = 1, 0
			case c == ',' && digits > 0:
				i++
				break item
			default:
				return fmt.Errorf("read time list of coverage: %q at %d is not part of a bin", c, i)
			}
		}
		switch {
		case part[0] > lastBin:
			return fmt.Errorf("read time list of coverage: bin %d is beyond the last", part[0])
		case at == 0:
			part[1] = 1
		case negative:
			part[1] = -part[1]
		}
		each(part[0], part[1])
	}
	return nil
}

// timeCounts are the counts of all bins.
type timeCounts [lastBin + 1]int64

// median is the middle time; of an even number the mean of the two middle ones. n is how many there are.
func (b *timeCounts) median() (d time.Duration, n int64) {
	for _, c := range b {
		n += c
	}
	if n == 0 {
		return 0, 0
	}
	var seen int64
	var lower time.Duration
	found := false
	for i, count := range b {
		bin := int64(i)
		seen += count
		if !found && seen >= (n+1)/2 {
			lower, found = binTime(bin), true
		}
		if seen >= n/2+1 {
			return (lower + binTime(bin)) / 2, n
		}
	}
	return lower, n
}
