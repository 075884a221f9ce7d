package store_test

import (
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/task"
)

// BenchmarkLedger fills a ledger and asks it what screens ask. FIREBREAK_BENCH_TASKS sets how many tasks (100,000); the tree is a city of 10 districts, 145
// streets and 2,175 communities; a third of the tasks is open; deadlines are spread by the minute over 30 days. It reports the cost of writing a task, and for each
// question the 95th percentile in milliseconds.
func BenchmarkLedger(b *testing.B) {
	tasks := 100_000
	if s := os.Getenv("FIREBREAK_BENCH_TASKS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			b.Fatalf("FIREBREAK_BENCH_TASKS: %v", err)
		}
		tasks = n
	}
	b.Run("sqlite", func(b *testing.B) { benchLedger(b, storetest.SQLite(b)(), tasks) })
	b.Run("postgresql", func(b *testing.B) { benchLedger(b, storetest.Postgres(b)(), tasks) })
}

func benchLedger(b *testing.B, db *store.DB, tasks int) {
	tree := city(b, db, 10, 15, 15)
	rng := rand.New(rand.NewPCG(1, 1))
	kinds := []task.Kind{task.ReachContact, task.QuarantineContact, task.CheckContact, task.SampleContact, task.ReleaseContact}
	roles := []task.Role{task.FollowUpOfficer, task.QuarantineManager, task.FollowUpOfficer, task.SamplingTeam, task.FollowUpOfficer}
	start := time.Now()
	const part = 5000
	for n := 0; n < tasks; n += part {
		changes := make([]task.Change, 0, part)
		for i := range part {
			subject := (n + i) / len(kinds)
			kind := (n + i) % len(kinds)
			area := tree.All()[(subject*7919)%tree.Len()].ID
			t := newTask(int64(subject), kinds[kind], tree, area, taskNoon.Add(time.Duration(rng.IntN(30*24*60))*time.Minute))
			t.Owner = roles[kind]
			if rng.IntN(3) > 0 {
				t.State, t.EndedAt = task.Done, taskNoon.Add(time.Duration(rng.IntN(40*24*60))*time.Minute)
			}
			changes = append(changes, task.Change{Kind: task.OpenNew, Task: t})
		}
		mustUpdate(b, db, func(tx *store.Tx) error { return tx.ApplyTaskChanges(1, changes) })
	}
	perTask := float64(time.Since(start).Microseconds()) / float64(tasks)
	if db.Engine() == "postgresql" {
		b.Log("PostgreSQL plans by the statistics that autovacuum has gathered so far")
	}
	now := taskNoon.Add(20*24*time.Hour + 17*time.Minute)
	nation := store.Within{Scope: auth.Scope{Roots: tree.Roots()}}
	at := func(code string) store.Within {
		j, _ := tree.ByCode(code)
		return store.Within{Scope: auth.Scope{Roots: []place.AreaID{j.ID}}}
	}
	list := func(f store.TaskFilter, o store.TaskOrder, p store.Page) func(*store.Reader) error {
		f.Outbreak = 1
		return func(r *store.Reader) error {
			_, err := r.Tasks(f, o, p)
			return err
		}
	}
	cover := func(w store.Within) func(*store.Reader) error {
		return func(r *store.Reader) error {
			_, err := r.Coverage(1, w, time.Time{}, time.Time{}, now)
			return err
		}
	}
	opened := []task.State{task.Open}
	questions := []struct {
		name string
		ask  func(*store.Reader) error
	}{
		{"open-due-nation", list(store.TaskFilter{Within: nation, States: opened}, store.ByDue, store.Page{})},
		{"open-due-district", list(store.TaskFilter{Within: at("103"), States: opened}, store.ByDue, store.Page{})},
		{"open-due-street", list(store.TaskFilter{Within: at("103004"), States: opened}, store.ByDue, store.Page{})},
		{"late-owner-nation", list(store.TaskFilter{Within: nation, LateAt: now, Owner: task.SamplingTeam}, store.ByDue, store.Page{})},
		{"late-owner-district", list(store.TaskFilter{Within: at("103"), LateAt: now, Owner: task.SamplingTeam}, store.ByDue, store.Page{})},
		{"done-due-district", list(store.TaskFilter{Within: at("103"), States: []task.State{task.Done}}, store.ByDue, store.Page{Desc: true})},
		{"all-opened-nation", list(store.TaskFilter{Within: nation}, store.ByOpened, store.Page{Desc: true})},
		{"all-opened-district", list(store.TaskFilter{Within: at("103")}, store.ByOpened, store.Page{Desc: true})},
		{"open-opened-community", list(store.TaskFilter{Within: at("103004005"), States: opened}, store.ByOpened, store.Page{Desc: true})},
		{"coverage-nation", cover(nation)},
		{"coverage-district", cover(at("103"))},
		{"coverage-community", cover(at("103004005"))},
	}
	for _, q := range questions {
		b.Run(q.name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				begin := time.Now()
				view(b, db, q.ask)
				took = append(took, time.Since(begin))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[(len(took)-1)*95/100].Microseconds())/1000, "p95-ms")
			b.ReportMetric(perTask, "us/inserted-task")
		})
	}
}
