package command

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"firebreak/internal/exchange"
	"firebreak/internal/journal"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
)

func source(t testing.TB, name, text string) (*exchange.Source, exchange.Map) {
	t.Helper()
	src := exchange.NewSource(name, strings.NewReader(text), int64(len(text)))
	p, err := exchange.Preview(t.Context(), src, nil, 0)
	if err != nil || p.Map == nil {
		t.Fatalf("%s is not recognised: %v", name, err)
	}
	return src, *p.Map
}

func TestImportBoundToADistrict(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		db := open()
		c := New(db, nil)
		err := db.Update(t.Context(), func(tx *store.Tx) error {
			ref, err := tx.Append(journal.Entry{Kind: journal.AreasImported, Actor: "test"})
			if err != nil {
				return err
			}
			_, _, _, err = tx.PutAreas([]place.NewJurisdiction{
				{Jurisdiction: place.Jurisdiction{Code: "3", Name: "City", Level: place.City}},
				{Jurisdiction: place.Jurisdiction{Code: "31", Name: "East", Level: place.District}, ParentCode: "3"},
				{Jurisdiction: place.Jurisdiction{Code: "32", Name: "West", Level: place.District}, ParentCode: "3"},
			}, nil, ref.Seq)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.StartOutbreak(t.Context(), Owner("test"), StartOutbreak{Name: "o", Pack: "covid19/2022-v9", Zone: "Asia/Shanghai", Area: "3"}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.AddCase(t.Context(), Owner("test"), AddCase{Outbreak: "o", Code: "W-1", Fields: map[string]string{"class": "suspected", "area": "32"}}); err != nil {
			t.Fatal(err)
		}
		tree, err := db.Tree(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		east, _ := tree.ByCode("31")
		src, m := source(t, "cases.csv", "code,class,onset,report,diagnosed,outcome,exposure_start,district,hospital\n"+
			"E-1,confirmed,2022-03-01,,,,,East,First\nE-2,suspected,,,,,,,\nE-3,suspected,,,,,,32,\nW-1,confirmed,,,,,,,Stolen\n")
		var told []string
		problem := func(p exchange.Problem) error {
			told = append(told, fmt.Sprintf("%d %s %s", p.Row, p.Severity, p.Reason))
			return nil
		}
		var kept ImportResult
		in := ImportFile{Outbreak: "o", Source: src, Map: m, Area: east.ID, Problem: problem, Kept: func(_ *store.Tx, r ImportResult) error { kept = r; return nil }}
		got, err := c.Import(t.Context(), Owner("test"), in)
		if err != nil || got.Rows != 4 || got.Created != 2 || got.Rejected != 2 {
			t.Fatalf("got %+v, %v; want 2 of 4 rows created, 2 rejected", got, err)
		}
		if kept.Rows != 4 || kept.Rejected != 2 {
			t.Errorf("kept %+v", kept)
		}
		want := []string{"4 reject lies outside the area of this import", "5 reject is known outside the area of this import"}
		if diff := cmp.Diff(want, told); diff != "" {
			t.Errorf("told (-want +got):\n%s", diff)
		}
		// Whoever goes on after an interruption can be told again.
		told = nil
		if err := c.ImportProblems(t.Context(), in, 4); err != nil || !cmp.Equal(told, want) {
			t.Errorf("told again %q, %v", told, err)
		}
		told = nil
		if err := c.ImportProblems(t.Context(), in, 3); err != nil || !cmp.Equal(told, want[:1]) {
			t.Errorf("told again of three rows: %q, %v", told, err)
		}
		err = db.View(t.Context(), func(r *store.Reader) error {
			o, err := r.OutbreakByName("o")
			if err != nil {
				return err
			}
			list, err := r.CasesByCodes(o.ID, []string{"E-1", "E-2", "W-1"})
			for _, code := range []string{"E-1", "E-2"} {
				if list[code].Area != east.ID {
					t.Errorf("%s is in area %d, want %d", code, list[code].Area, east.ID)
				}
			}
			if list["W-1"].Hospital != "" {
				t.Error("the west's case was changed from the east")
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		links, lm := source(t, "links.csv", "from,to,kind,setting\nE-1,E-2,direct,\nW-1,X-9,direct,\nW-1,E-1,direct,\n")
		got, err = c.Import(t.Context(), Owner("test"), ImportFile{Outbreak: "o", Source: links, Map: lm, Area: east.ID})
		if err != nil || got.Created != 2 || got.Rejected != 1 {
			t.Errorf("links: %+v, %v; want 2 created and 1 rejected", got, err)
		}
		// What the hook refuses is taken back with its chunk.
		broken := errors.New("the job was cancelled")
		src, m = source(t, "more.csv", "code,class,onset,report,diagnosed,outcome,exposure_start\nE-9,suspected,,,,,\n")
		_, err = c.Import(t.Context(), Owner("test"), ImportFile{Outbreak: "o", Source: src, Map: m, Kept: func(*store.Tx, ImportResult) error { return broken }})
		if !errors.Is(err, broken) {
			t.Errorf("got %v, want the hook's error", err)
		}
		err = db.View(t.Context(), func(r *store.Reader) error {
			o, _ := r.OutbreakByName("o")
			list, err := r.CasesByCodes(o.ID, []string{"E-9"})
			if len(list) != 0 {
				t.Error("a chunk that the hook refused was kept")
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
