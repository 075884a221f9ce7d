package command

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"firebreak/internal/day"
	"firebreak/internal/exchange"
	"firebreak/internal/place"
	"firebreak/internal/place/qingdao"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
)

// The imports that are measured. A live list is of the last ten days, so that most of what the rulebook wants is still to be done; a closed one is
// years old with every outcome known, so that much of it is done or no longer wanted.
var benchNow = time.Date(2022, 9, 20, 2, 0, 0, 0, time.UTC)

const (
	benchCaseHeader    = "case_id,name,phone,sex,age,district,community,classification,date_onset,date_report,date_confirmation,date_isolation,outcome,date_outcome,hospital,occupation\n"
	benchContactHeader = "contact_id,source_case,name,phone,sex,age,district,community,tier,relation,setting,last_exposure,date_report\n"
)

// benchCommunities are the names of districts and of the places in them that are leaves of the shipped tree.
func benchAreas(tb testing.TB) (list []place.NewJurisdiction, leaves [][2]string) {
	tb.Helper()
	list, err := qingdao.Jurisdictions()
	if err != nil {
		tb.Fatal(err)
	}
	byCode := map[string]place.NewJurisdiction{}
	above := map[string]bool{}
	for _, j := range list {
		byCode[j.Code] = j
		above[j.ParentCode] = true
	}
	for _, j := range list {
		if above[j.Code] {
			continue
		}
		d := j
		for d.Level != place.District && d.ParentCode != "" {
			d = byCode[d.ParentCode]
		}
		leaves = append(leaves, [2]string{d.Name, j.Name})
	}
	return list, leaves
}

// benchCases writes n cases; live ones are of the ten days before benchNow.
func benchCases(n int, live bool, leaves [][2]string) []byte {
	var b bytes.Buffer
	b.WriteString(benchCaseHeader)
	first, span := day.MustParse("2020-01-10"), 300
	if live {
		first, span = day.In(benchNow, time.UTC).Add(-10), 10
	}
	for i := range n {
		on := first.Add(i * span / n)
		a := leaves[i*7919%len(leaves)]
		isolated, outcome, ended := on.Add(2).String(), "recovered", on.Add(16).String()
		if live {
			outcome, ended = "", ""
			if i%3 > 0 {
				isolated = ""
			}
		}
		fmt.Fprintf(&b, "QD-%07d,Person %d,138%08d,%s,%d,%s,%s,%s,%s,%s,%s,%s,%s,%s,Hospital %d,teacher\n", i, i, i, []string{"M", "F"}[i%2], i%90, a[0], a[1],
			[]string{"Confirmed", "Confirmed", "Asymptomatic", "Suspected"}[i%4], on.Add(-2), on, on, isolated, outcome, ended, i%12)
	}
	return b.Bytes()
}

// benchContacts writes n contacts, five of each case.
func benchContacts(n int, live bool, leaves [][2]string) []byte {
	var b bytes.Buffer
	b.WriteString(benchContactHeader)
	first, span := day.MustParse("2020-01-10"), 300
	if live {
		first, span = day.In(benchNow, time.UTC).Add(-10), 10
	}
	for i := range n {
		on := first.Add(i * span / n)
		a := leaves[i*104729%len(leaves)]
		fmt.Fprintf(&b, "K-%07d,QD-%07d,Contact %d,139%08d,%s,%d,%s,%s,%s,colleague,work,%s,%s\n", i, i/5, i, i, []string{"M", "F"}[i%2], i%90, a[0], a[1],
			[]string{"close", "close", "close", "general"}[i%4], on.Add(-1), on)
	}
	return b.Bytes()
}

// benchStore opens a store with the shipped tree of Qingdao, a vault and an outbreak under v9 by the name of "o".
func benchStore(tb testing.TB, open storetest.Open, areas []place.NewJurisdiction) *Commands {
	tb.Helper()
	ctx := context.Background()
	db := open(func(o *store.Options) { o.Now = func() time.Time { return benchNow } })
	ids, err := db.OpenIdentities(ctx, store.KeyOptions{})
	if err != nil {
		tb.Fatal(err)
	}
	if err := db.Update(ctx, func(tx *store.Tx) error {
		_, _, _, err := tx.PutAreas(areas, nil, 1)
		return err
	}); err != nil {
		tb.Fatal(err)
	}
	c := New(db, ids)
	if _, err := c.StartOutbreak(ctx, Owner("test"), StartOutbreak{Name: "o", Pack: "covid19/2022-v9", Zone: "Asia/Shanghai", Area: "3702"}); err != nil {
		tb.Fatal(err)
	}
	return c
}

// importBytes imports a file held in memory.
func importBytes(tb testing.TB, c *Commands, name string, data []byte) ImportResult {
	tb.Helper()
	res, err := tryImport(c, name, data, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return res
}

func tryImport(c *Commands, name string, data []byte, progress func(ImportResult)) (ImportResult, error) {
	src := exchange.NewSource(name, bytes.NewReader(data), int64(len(data)))
	table, err := src.Table(exchange.ReadOptions{})
	if err != nil {
		return ImportResult{}, err
	}
	found := exchange.Recognise(table.Header())
	if err := table.Close(); err != nil {
		return ImportResult{}, err
	}
	if len(found) == 0 {
		return ImportResult{}, fmt.Errorf("%s is not recognised", name)
	}
	return c.Import(context.Background(), Owner("test"), ImportFile{Outbreak: "o", Source: src, Map: found[0].Map, Progress: progress})
}

// cpuTime is what this process has used of the processors, PostgreSQL's own use not counted.
func cpuTime(tb testing.TB) time.Duration {
	tb.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkImport imports cases and then their contacts, as firebreak import does. FIREBREAK_BENCH_ROWS sets how many rows a file has (20,000). Beside rows/s
// it reports the processor time of a row, which is what to compare on a machine that has other work, and the tasks that a row makes.
func BenchmarkImport(b *testing.B) {
	rows := 20_000
	if s := os.Getenv("FIREBREAK_BENCH_ROWS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			b.Fatalf("FIREBREAK_BENCH_ROWS: %v", err)
		}
		rows = n
	}
	areas, leaves := benchAreas(b)
	for _, engine := range []struct {
		name string
		open func(testing.TB) storetest.Open
	}{{"sqlite", storetest.SQLite}, {"postgresql", storetest.Postgres}} {
		for _, mix := range []string{"live", "closed"} {
			live := mix == "live"
			files := map[string][]byte{"cases": benchCases(rows, live, leaves), "contacts": benchContacts(rows, live, leaves)}
			first := benchCases(rows/5, live, leaves) // the contacts' cases
			for _, kind := range []string{"cases", "contacts"} {
				b.Run(engine.name+"/"+mix+"-"+kind, func(b *testing.B) {
					var wall, cpu time.Duration
					var tasks int64
					for b.Loop() {
						b.StopTimer()
						c := benchStore(b, engine.open(b), areas)
						before := int64(0)
						if kind == "contacts" {
							importBytes(b, c, "cases.csv", first)
							before = countTasks(b, c.db)
						}
						used, start := cpuTime(b), time.Now()
						b.StartTimer()
						res := importBytes(b, c, kind+".csv", files[kind])
						b.StopTimer()
						wall += time.Since(start)
						cpu += cpuTime(b) - used
						if res.Created != rows {
							b.Fatalf("%+v", res)
						}
						tasks += countTasks(b, c.db) - before
						if err := c.db.Close(); err != nil {
							b.Fatal(err)
						}
						b.StartTimer()
					}
					n := float64(rows) * float64(b.N)
					b.ReportMetric(n/wall.Seconds(), "rows/s")
					b.ReportMetric(float64(cpu.Microseconds())/n, "cpu-us/row")
					b.ReportMetric(float64(tasks)/n, "tasks/row")
				})
			}
		}
	}
}

// countTasks counts all tasks by the ledger's own counters.
func countTasks(tb testing.TB, db *store.DB) (n int64) {
	tb.Helper()
	err := db.View(context.Background(), func(r *store.Reader) error {
		lines, err := r.Coverage(1, store.Everywhere(), time.Time{}, time.Time{}, benchNow)
		for _, l := range lines {
			n += l.Due
		}
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return n
}
