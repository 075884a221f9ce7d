package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"firebreak/internal/trace"
)

// traceCompared is what an SQL engine took for the same questions, with the same answers.
type traceCompared struct {
	Engine string  `json:"engine"`
	Load   float64 `json:"load_per_s"` // visits a second, indexes included
	Q1     float64 `json:"q1_ms"`
	Q2Top  float64 `json:"q2_top50_ms"`
	Q4     float64 `json:"q4_ms"`
	// Same says whether the answers were the engine's own: as many contacts of each case with as many seconds, as many secondary contacts, as many shared places.
	Same bool `json:"same_answers"`
	// Clock says that times are by the clock, because the engine's work is done in processes of its own.
	Clock bool `json:"by_the_clock"`
}

// compareDialect is how an engine says the smaller and the larger of two.
type compareDialect struct{ driver, least, greatest string }

// compare asks the same of SQLite, and of PostgreSQL where --db names one. The tables have the best indexes we know for the questions: covering, by place and by person, and the longest
// visit bounds what is looked at.
func (c *benchTraceCmd) compare(ctx context.Context, all []trace.Visit, view *trace.View, list []trace.Case, until trace.Instant) (out []traceCompared, err error) {
	dir, err := os.MkdirTemp("", "firebreak-bench-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the comparison: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	one, err := c.compareOne(ctx, compareDialect{"sqlite", "min", "max"}, "file:"+filepath.Join(dir, "compare.db")+"?_pragma=synchronous(off)&_pragma=cache_size(-1000000)", all, view, list, until)
	if err != nil {
		return nil, fmt.Errorf("compare with SQLite: %w", err)
	}
	out = append(out, one)
	if c.DB != "" {
		if one, err = c.compareOne(ctx, compareDialect{"pgx", "least", "greatest"}, c.DB, all, view, list, until); err != nil {
			return nil, fmt.Errorf("compare with PostgreSQL: %w", err)
		}
		one.Engine, one.Clock = "postgresql", true
		out = append(out, one)
	}
	return out, nil
}

func (c *benchTraceCmd) compareOne(ctx context.Context, d compareDialect, url string, all []trace.Visit, view *trace.View, list []trace.Case, until trace.Instant) (out traceCompared, err error) {
	out = traceCompared{Engine: d.driver, Same: true}
	db, err := sql.Open(d.driver, url)
	if err != nil {
		return out, err
	}
	db.SetMaxOpenConns(1)
	defer func() {
		_, dropped := db.ExecContext(ctx, `DROP TABLE IF EXISTS bench_visit`)
		err = errors.Join(err, dropped, db.Close())
	}()
	began := time.Now()
	longest, err := loadCompared(ctx, db, all)
	if err != nil {
		return out, err
	}
	out.Load = float64(len(all)) / time.Since(began).Seconds()
	rules := benchTraceRules()
	rules.Household = ""
	contacts := fmt.Sprintf(`SELECT o.person, SUM(%[1]s(o.e, c.e) - %[2]s(o.s, c.s)), MIN(%[2]s(o.s, c.s)) FROM
		(SELECT place, %[2]s(s, $1) AS s, %[1]s(e, $2) AS e FROM bench_visit WHERE person = $3 AND s < $2 AND s > $1 - $4 AND e > $1) AS c
		JOIN bench_visit AS o ON o.place = c.place AND o.s < c.e AND o.s > c.s - $4 AND o.e > c.s
		WHERE o.person <> $3 GROUP BY o.person HAVING SUM(%[1]s(o.e, c.e) - %[2]s(o.s, c.s)) >= $5`, d.least, d.greatest)
	clock := func() time.Duration {
		if d.driver == "pgx" {
			return time.Duration(time.Now().UnixNano())
		}
		return cpuOf(syscall.RUSAGE_SELF)
	}
	ask := func(k trace.Case) (people int, seconds int64, err error) {
		rows, err := db.QueryContext(ctx, contacts, int64(k.Window.From), int64(k.Window.To), int64(k.Person), longest+1, 900)
		if err != nil {
			return 0, 0, err
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		for rows.Next() {
			var person, sum, first int64
			if err := rows.Scan(&person, &sum, &first); err != nil {
				return 0, 0, err
			}
			people, seconds = people+1, seconds+sum
		}
		return people, seconds, rows.Err()
	}
	const asked = 20
	list = list[:min(len(list), 200)]
	if _, _, err := ask(list[0]); err != nil {
		return out, err
	}
	var people [asked]int
	var seconds [asked]int64
	before := clock()
	for i := range asked {
		if people[i], seconds[i], err = ask(list[i%len(list)]); err != nil {
			return out, err
		}
	}
	out.Q1 = 1000 * (clock() - before).Seconds() / asked
	for i := range asked {
		ours := view.Contacts(rules, list[i%len(list)])
		sum := int64(0)
		for _, x := range ours.List {
			sum += int64(x.Seconds)
		}
		out.Same = out.Same && people[i] == len(ours.List) && seconds[i] == sum
	}

	// The 50 riskiest of one case, given as a list.
	sources := view.Contacts(rules, list[0]).Sources(50, nil)
	text := `SELECT COUNT(*) FROM (SELECT DISTINCT o.person FROM (`
	for i, s := range sources {
		if i > 0 {
			text += ` UNION ALL `
		}
		text += fmt.Sprintf(`SELECT place, %s(s, %d) AS s, %s(e, %d) AS e FROM bench_visit WHERE person = %d AND e > %d`, d.greatest, s.Exposed, d.least, until, s.Person, s.Exposed)
	}
	text += fmt.Sprintf(`) AS c JOIN bench_visit AS o ON o.place = c.place AND o.s < c.e AND o.s > c.s - %d AND o.e > c.s WHERE %s(o.e, c.e) - %s(o.s, c.s) >= 900 AND o.person <> %d`,
		longest+1, d.least, d.greatest, list[0].Person)
	for _, s := range sources {
		text += fmt.Sprintf(` AND o.person <> %d`, s.Person)
	}
	text += `) AS found`
	before = clock()
	found := 0
	if err := db.QueryRowContext(ctx, text).Scan(&found); err != nil {
		return out, err
	}
	out.Q2Top = 1000 * (clock() - before).Seconds()
	out.Same = out.Same && found == len(view.Secondaries(rules, sources, []trace.Person{list[0].Person}, until))

	text = `SELECT COUNT(*) FROM (SELECT place, day FROM (`
	for i, k := range list {
		if i > 0 {
			text += ` UNION ALL `
		}
		// A visit over midnight counts on both days.
		text += fmt.Sprintf(`SELECT place, person, %[5]s(s, %[2]d) / 86400 AS day FROM bench_visit WHERE person = %[1]d AND s < %[3]d AND e > %[2]d
			UNION ALL SELECT place, person, (%[4]s(e, %[3]d) - 1) / 86400 AS day FROM bench_visit WHERE person = %[1]d AND s < %[3]d AND e > %[2]d AND e > s`, k.Person, k.Window.From, k.Window.To, d.least, d.greatest)
	}
	text += `) AS c GROUP BY place, day HAVING COUNT(DISTINCT person) >= 3) AS found`
	if d.driver == "sqlite" && len(list) > 200 {
		return out, errors.New("too many cases for one statement")
	}
	before = clock()
	if err := db.QueryRowContext(ctx, text).Scan(&found); err != nil {
		out.Q4 = -1 // more parts than the engine takes in one statement
		return out, nil
	}
	out.Q4 = 1000 * (clock() - before).Seconds()
	out.Same = out.Same && found == len(view.Shared(list, c.People))
	return out, nil
}

// loadCompared fills the table and returns the longest visit in seconds.
func loadCompared(ctx context.Context, db *sql.DB, all []trace.Visit) (longest int64, err error) {
	for _, text := range []string{`DROP TABLE IF EXISTS bench_visit`, `CREATE TABLE bench_visit (person BIGINT NOT NULL, place BIGINT NOT NULL, s BIGINT NOT NULL, e BIGINT NOT NULL)`} {
		if _, err := db.ExecContext(ctx, text); err != nil {
			return 0, err
		}
	}
	const rows, statement = 200, `INSERT INTO bench_visit (person, place, s, e) VALUES `
	for at := 0; at < len(all); at += 100_000 {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return 0, err
		}
		for part := all[at:min(len(all), at+100_000)]; len(part) > 0; {
			n := min(rows, len(part))
			text := []byte(statement)
			for i, v := range part[:n] {
				if i > 0 {
					text = append(text, ',')
				}
				text = fmt.Appendf(text, "(%d,%d,%d,%d)", v.Person, v.Place, v.Start, v.End)
				longest = max(longest, int64(v.End-v.Start))
			}
			if _, err := tx.ExecContext(ctx, string(text)); err != nil {
				return 0, errors.Join(err, tx.Rollback())
			}
			part = part[n:]
		}
		if err := tx.Commit(); err != nil {
			return 0, err
		}
	}
	for _, text := range []string{`CREATE INDEX bench_visit_place ON bench_visit (place, s, e, person)`, `CREATE INDEX bench_visit_person ON bench_visit (person, s, e, place)`, `ANALYZE`} {
		if _, err := db.ExecContext(ctx, text); err != nil {
			return 0, err
		}
	}
	return longest, nil
}
