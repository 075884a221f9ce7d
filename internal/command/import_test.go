package command

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"firebreak/internal/exchange"
	"firebreak/internal/outbreak"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
)

// dataDir finds shared/data beside the project's root, or beside a folder above it.
func dataDir(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if d := filepath.Join(dir, "shared", "data"); exists(d) {
			return d
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Skip("shared/data is not beside this checkout")
		}
		dir = up
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func importAll(t *testing.T, c *Commands, name string, files ...string) []ImportResult {
	t.Helper()
	var out []ImportResult
	for _, f := range files {
		src, err := exchange.Open(f)
		if err != nil {
			t.Fatal(err)
		}
		table, err := src.Table(exchange.ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		found := exchange.Recognise(table.Header())
		if err := table.Close(); err != nil {
			t.Fatal(err)
		}
		if len(found) == 0 {
			t.Fatalf("%s is not recognised", f)
		}
		res, err := c.Import(context.Background(), Owner("test"), ImportFile{Outbreak: name, Source: src, Map: found[0].Map})
		if err != nil {
			t.Fatal(err)
		}
		if err := src.Close(); err != nil {
			t.Fatal(err)
		}
		out = append(out, res)
	}
	return out
}

func TestImportOfPublishedSets(t *testing.T) {
	data := dataDir(t)
	sets := []struct {
		name, pack string
		files      []string
		want       []ImportResult
	}{
		{"mers", "mers/who", []string{"mers_korea_2015/linelist.csv", "mers_korea_2015/contacts.csv"}, []ImportResult{
			{Kind: "cases", Rows: 162, Created: 162}, {Kind: "links", Rows: 98, Created: 98, Links: 98}}},
		{"singapore", "covid19/who", []string{"singapore_covid_2020/linelist.csv", "singapore_covid_2020/links.csv"}, []ImportResult{
			{Kind: "cases", Rows: 93, Created: 93}, {Kind: "links", Rows: 109, Links: 109, Unchanged: 109}}},
		{"ebola", "ebola/who", []string{"ebola_sim/linelist.csv", "ebola_sim/contacts.csv"}, []ImportResult{
			{Kind: "cases", Rows: 5829, Created: 5829}, {Kind: "links", Rows: 3800, Created: 3800, Links: 3800}}},
		{"india", "covid19/who", []string{"covid19india_2020/linelist.csv"}, []ImportResult{
			{Kind: "cases", Rows: 28183, Created: 28183, Counts: 292}}},
	}
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		db := open()
		c := New(db, nil)
		for _, s := range sets {
			t.Run(s.name, func(t *testing.T) {
				if raceDetector && s.want[0].Rows > 1000 {
					t.Skip("thousands of rows take minutes under the race detector; make test runs this test once more without it")
				}
				if _, err := c.StartOutbreak(context.Background(), Owner("test"), StartOutbreak{Name: s.name, Pack: s.pack, Zone: "Asia/Shanghai"}); err != nil {
					t.Fatal(err)
				}
				var files []string
				for _, f := range s.files {
					files = append(files, filepath.Join(data, f))
				}
				got := importAll(t, c, s.name, files...)
				for i := range got {
					g := ImportResult{Kind: got[i].Kind, Rows: got[i].Rows, Created: got[i].Created, Updated: got[i].Updated, Unchanged: got[i].Unchanged, Rejected: got[i].Rejected, Counts: got[i].Counts}
					w := s.want[i]
					w.Links = 0
					if d := cmp.Diff(w, g); d != "" {
						t.Errorf("%s (-want +got):\n%s", s.files[i], d)
					}
					t.Logf("%+v", got[i])
				}
				again := importAll(t, c, s.name, files...)
				for i := range again {
					if again[i].Unchanged != again[i].Rows {
						t.Errorf("%s again: %+v", s.files[i], again[i])
					}
				}
				tasksStand(t, db, s.name)
			})
		}
		v, err := db.VerifyJournal(context.Background())
		if err != nil || !v.Intact {
			t.Errorf("journal: %+v, %v", v, err)
		}
	})
}

// tasksStand checks that every open task has a deadline, an owner and a reason, and that there are some.
func tasksStand(t *testing.T, db *store.DB, name string) {
	t.Helper()
	err := db.View(context.Background(), func(r *store.Reader) error {
		var o outbreak.Outbreak
		o, err := r.OutbreakByName(name)
		if err != nil {
			return err
		}
		page, err := r.Tasks(store.TaskFilter{Outbreak: o.ID, Within: store.Everywhere(), LateAt: time.Now()}, store.ByDue, store.Page{Limit: 1000})
		if err != nil {
			return err
		}
		if len(page.Tasks) == 0 {
			t.Error("no task is late years after the outbreak")
		}
		for _, k := range page.Tasks {
			if k.Due.IsZero() || k.Owner == "" || k.Because.Rule == "" || k.Because.Clause == "" || k.Because.Fact.Seq == 0 || k.Because.Pack == "" {
				t.Errorf("task without deadline, owner or reason: %+v", k)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
