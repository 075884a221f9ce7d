package store

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/task"
)

// Recount says how counters compare with the rows they count.
type Recount struct {
	Tasks int64
	Wrong []string // one sentence for each counter that disagrees, at most wrongMost
	More  bool     // there are more than that
}

const wrongMost = 5

func (r *Recount) add(format string, args ...any) {
	if len(r.Wrong) == wrongMost {
		r.More = true
		return
	}
	r.Wrong = append(r.Wrong, fmt.Sprintf(format, args...))
}

// tallyKey names a sum of counters: those of an area, a duty and an owner over all hours.
type tallyKey struct {
	area  place.AreaID
	duty  task.Duty
	owner task.Role
}

// tally sums the counters open, done, late, waived and void, once plainly and once times their hour, so that a task counted in the wrong hour shows too.
type tally [10]int64

func (t *tally) add(state int, n, hours int64) {
	t[state] += n
	t[5+state] += hours
}

// RecountTasks compares the counters of coverage and of the task lists with the tasks themselves, for every area and hour, and changes nothing. It reads
// every task of the outbreak once. The times that tasks took are not compared. tx.RecountCoverage mends what it finds.
func (r *Reader) RecountTasks(o outbreak.ID) (out Recount, err error) {
	tree, err := r.Tree()
	if err != nil {
		return out, err
	}
	want, wantTotals, err := r.tallyTasks(o, tree, &out.Tasks)
	if err != nil {
		return out, fmt.Errorf("recount tasks: %w", err)
	}
	have, err := r.tallyCoverage(o)
	if err != nil {
		return out, fmt.Errorf("recount tasks: %w", err)
	}
	haveTotals, err := r.readTotals(o)
	if err != nil {
		return out, fmt.Errorf("recount tasks: %w", err)
	}
	for _, k := range bothKeys(want, have, func(a, b tallyKey) int {
		return cmp.Or(cmp.Compare(a.area, b.area), cmp.Compare(a.duty, b.duty), cmp.Compare(a.owner, b.owner))
	}) {
		if w, h := want[k], have[k]; w != h {
			j, _ := tree.Get(k.area)
			out.add("coverage of area %q, duty %s, owner %s counts %v (open, done, late, waived, void; then times hours), the tasks are %v", j.Code, k.duty, k.owner, h, w)
		}
	}
	for _, k := range bothKeys(wantTotals, haveTotals, func(a, b totalKey) int {
		return cmp.Or(cmp.Compare(a.area, b.area), cmp.Compare(a.kind, b.kind), cmp.Compare(a.owner, b.owner))
	}) {
		if w, h := wantTotals[k], haveTotals[k]; w != h {
			j, _ := tree.Get(k.area)
			out.add("the total of area %q, kind %s, owner %s counts %v (open, done, waived, void), the tasks are %v", j.Code, k.kind, k.owner, h, w)
		}
	}
	return out, nil
}

func bothKeys[K comparable, V any](a, b map[K]V, order func(K, K) int) []K {
	keys := maps.Clone(a)
	for k, v := range b {
		keys[k] = v
	}
	return slices.SortedFunc(maps.Keys(keys), order)
}

// tallyTasks sums the tasks as taskDelta.add spreads them over the areas above.
func (r *Reader) tallyTasks(o outbreak.ID, tree *place.Tree, n *int64) (map[tallyKey]tally, map[totalKey]totalCell, error) {
	const text = `SELECT area, kind, owner, CASE WHEN state = 'done' AND ended_at > due THEN 'late' ELSE state END AS how, COUNT(*),
SUM((due - ((due % 3600000000) + 3600000000) % 3600000000) / 3600000000) FROM task WHERE outbreak = $1 GROUP BY area, kind, owner, how`
	rows, err := r.query(text, int64(o))
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	out, totals := map[tallyKey]tally{}, map[totalKey]totalCell{}
	oneRoot := len(tree.Roots()) == 1
	for rows.Next() {
		var area place.AreaID
		var kind task.Kind
		var owner task.Role
		var how string
		var count, hours int64
		if err := rows.Scan(&area, &kind, &owner, &how, &count, &hours); err != nil {
			return nil, nil, err
		}
		*n += count
		state, total := 0, 0
		switch how {
		case string(task.Done):
			state, total = 1, 1
		case "late":
			state, total = 2, 1
		case string(task.Waived):
			state, total = 3, 2
		case string(task.Void):
			state, total = 4, 3
		}
		one := func(a place.AreaID, listed bool) {
			k := tallyKey{a, kind.Duty(), owner}
			t := out[k]
			t.add(state, count, hours)
			out[k] = t
			if listed {
				k := totalKey{a, kind, owner}
				c := totals[k]
				c[total] += count
				totals[k] = c
			}
		}
		path := tree.Path(area)
		one(0, true)
		if len(path) > 0 && oneRoot {
			path = path[1:]
		}
		for i, j := range path {
			if i == len(path)-1 && !hasCounters(tree, j) {
				break
			}
			one(j.ID, i < len(path)-1 || len(tree.Subtree(j.ID)) > 1)
		}
	}
	return out, totals, rows.Err()
}

func (r *Reader) tallyCoverage(o outbreak.ID) (map[tallyKey]tally, error) {
	const text = `SELECT area, duty, owner, SUM(n_open), SUM(n_done), SUM(n_late), SUM(n_waived), SUM(n_void),
SUM(n_open * hour), SUM(n_done * hour), SUM(n_late * hour), SUM(n_waived * hour), SUM(n_void * hour) FROM coverage WHERE outbreak = $1 GROUP BY area, duty, owner`
	rows, err := r.query(text, int64(o))
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	out := map[tallyKey]tally{}
	for rows.Next() {
		var k tallyKey
		var t tally
		if err := rows.Scan(&k.area, &k.duty, &k.owner, &t[0], &t[1], &t[2], &t[3], &t[4], &t[5], &t[6], &t[7], &t[8], &t[9]); err != nil {
			return nil, err
		}
		if t != (tally{}) {
			out[k] = t
		}
	}
	return out, rows.Err()
}

func (r *Reader) readTotals(o outbreak.ID) (map[totalKey]totalCell, error) {
	rows, err := r.query(`SELECT area, kind, owner, n_open, n_done, n_waived, n_void FROM task_total WHERE outbreak = $1`, int64(o))
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	out := map[totalKey]totalCell{}
	for rows.Next() {
		var k totalKey
		var c totalCell
		if err := rows.Scan(&k.area, &k.kind, &k.owner, &c[0], &c[1], &c[2], &c[3]); err != nil {
			return nil, err
		}
		if c != (totalCell{}) {
			out[k] = c
		}
	}
	return out, rows.Err()
}

// StrayRows counts rows that point at nothing, and IDs that would be given out twice: each is a sentence. No engine can do that for us: the tables have no
// foreign keys, so that they can be partitioned.
func (r *Reader) StrayRows() ([]string, error) {
	questions := [...]struct{ what, text string }{
		{"cases whose person is not there", `SELECT COUNT(*) FROM cases c WHERE NOT EXISTS (SELECT 1 FROM person p WHERE p.id = c.person)`},
		{"cases of no outbreak", `SELECT COUNT(*) FROM cases c WHERE NOT EXISTS (SELECT 1 FROM outbreak o WHERE o.id = c.outbreak)`},
		{"contacts whose person is not there", `SELECT COUNT(*) FROM contact c WHERE NOT EXISTS (SELECT 1 FROM person p WHERE p.id = c.person)`},
		{"contacts whose case is not there", `SELECT COUNT(*) FROM contact c WHERE c.case_id > 0 AND NOT EXISTS (SELECT 1 FROM cases k WHERE k.id = c.case_id)`},
		{"exposures whose contact is not there", `SELECT COUNT(*) FROM exposure e WHERE NOT EXISTS (SELECT 1 FROM contact k WHERE k.id = e.contact)`},
		{"exposures whose case is not there", `SELECT COUNT(*) FROM exposure e WHERE e.case_id > 0 AND NOT EXISTS (SELECT 1 FROM cases k WHERE k.id = e.case_id)`},
		{"links whose case is not there", `SELECT COUNT(*) FROM link l WHERE l.from_case > 0 AND NOT EXISTS (SELECT 1 FROM cases k WHERE k.id = l.from_case) OR l.to_case > 0 AND NOT EXISTS (SELECT 1 FROM cases k WHERE k.id = l.to_case)`},
		{"tasks whose case is not there", `SELECT COUNT(*) FROM task t WHERE t.subject_kind = 'case' AND NOT EXISTS (SELECT 1 FROM cases k WHERE k.id = t.subject_id)`},
		{"tasks whose contact is not there", `SELECT COUNT(*) FROM task t WHERE t.subject_kind = 'contact' AND NOT EXISTS (SELECT 1 FROM contact k WHERE k.id = t.subject_id)`},
		{"tasks made by a fact that is not in the journal", `SELECT COUNT(*) FROM task t WHERE t.because_seq > (SELECT seq FROM journal_head WHERE id = 1)`},
		{"members of a cluster that is not there", `SELECT COUNT(*) FROM cluster_member m WHERE NOT EXISTS (SELECT 1 FROM cluster k WHERE k.id = m.cluster)`},
		{"members of a cluster whose case is not there", `SELECT COUNT(*) FROM cluster_member m WHERE NOT EXISTS (SELECT 1 FROM cases c WHERE c.id = m.case_id)`},
		{"sealed names of nobody", `SELECT COUNT(*) FROM identity i WHERE NOT EXISTS (SELECT 1 FROM person p WHERE p.id = i.person)`},
	}
	var out []string
	for _, q := range questions {
		var n int64
		if err := r.row(q.text).Scan(&n); err != nil {
			return nil, fmt.Errorf("count %s: %w", q.what, err)
		}
		if n > 0 {
			out = append(out, fmt.Sprintf("%d %s", n, q.what))
		}
	}
	for _, noun := range [...]string{"person", "outbreak", "cases", "link", "contact", "exposure", "specimen", "task", "zone", "cluster", "cluster_member", "users"} {
		var next, last int64
		if err := r.row(`SELECT (SELECT next FROM id_block WHERE noun = $1), (SELECT COALESCE(MAX(id), 0) FROM `+noun+`)`, noun).Scan(&next, &last); err != nil {
			return nil, fmt.Errorf("compare IDs of %s: %w", noun, err)
		}
		if last >= next {
			out = append(out, fmt.Sprintf("the next ID of %s is %d, and %d is there already", noun, next, last))
		}
	}
	return out, nil
}
