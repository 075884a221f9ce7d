package command

import (
	"context"
	"fmt"
	"testing"
	"time"

	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
)

// BenchmarkCorrectCases makes one change to 1,000 cases with five contacts each. The processor time of a case is what to compare on a machine that has other work.
func BenchmarkCorrectCases(b *testing.B) {
	const rows = 1000
	areas, leaves := benchAreas(b)
	for _, engine := range []struct {
		name string
		open func(testing.TB) storetest.Open
	}{{"sqlite", storetest.SQLite}, {"postgresql", storetest.Postgres}} {
		b.Run(engine.name, func(b *testing.B) {
			c := benchStore(b, engine.open(b), areas)
			importBytes(b, c, "cases.csv", benchCases(rows, true, leaves))
			importBytes(b, c, "contacts.csv", benchContacts(5*rows, true, leaves))
			in := CorrectCases{Reason: "measuring"}
			err := c.db.View(context.Background(), func(r *store.Reader) error {
				o, err := r.OutbreakByName("o")
				if err != nil {
					return err
				}
				in.Outbreak = o.ID
				page, err := r.Cases(store.CaseFilter{Outbreak: o.ID, Within: store.Everywhere()}, store.CasesByID, store.Page{Limit: rows})
				for _, k := range page.Cases {
					in.Cases = append(in.Cases, CaseRef{Case: k.ID})
				}
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
			used := cpuTime(b)
			start := time.Now()
			n := 0
			for b.Loop() {
				n++
				in.Fields = map[string]string{"hospital": fmt.Sprint("Hospital ", n)}
				done, err := c.CorrectCases(context.Background(), Owner("test"), in)
				if err != nil || len(done) != rows || !done[0].Changed {
					b.Fatalf("%d done: %v", len(done), err)
				}
			}
			all := float64(n * len(in.Cases))
			b.ReportMetric(float64((cpuTime(b)-used).Microseconds())/all, "cpu-us/case")
			b.ReportMetric(all/time.Since(start).Seconds(), "cases/s")
		})
	}
}
