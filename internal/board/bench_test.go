package board

import (
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"testing"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/command"
	"firebreak/internal/day"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
)

// benchCases is the size of the outbreak; FIREBREAK_BENCH_CASES sets another.
func benchCases(b *testing.B) int {
	b.Helper()
	n, err := strconv.Atoi(os.Getenv("FIREBREAK_BENCH_CASES"))
	if err != nil {
		return 100_000
	}
	return n
}

// BenchmarkBoard measures an outbreak of benchCases cases over 100 days in 300 communities of 10 districts: the first build, bringing the board up to date
// with one new case, and what one Now screen asks of it.
func BenchmarkBoard(b *testing.B) {
	n := benchCases(b)
	db := storetest.SQLite(b)()
	areas := []place.NewJurisdiction{{Jurisdiction: place.Jurisdiction{Code: "c", Name: "c", Level: place.City}}}
	for d := range 10 {
		district := fmt.Sprintf("c%d", d)
		areas = append(areas, place.NewJurisdiction{Jurisdiction: place.Jurisdiction{Code: district, Name: district, Level: place.District}, ParentCode: "c"})
		for k := range 30 {
			code := fmt.Sprintf("%s-%02d", district, k)
			areas = append(areas, place.NewJurisdiction{Jurisdiction: place.Jurisdiction{Code: code, Name: code, Level: place.Community}, ParentCode: district})
		}
	}
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	must(db.Update(b.Context(), func(tx *store.Tx) error {
		_, _, _, err := tx.PutAreas(areas, nil, 1)
		return err
	}))
	cmds := command.New(db, nil)
	o, err := cmds.StartOutbreak(b.Context(), command.Owner("bench"), command.StartOutbreak{Name: "o", Pack: "covid19/2022-v9", Area: "c"})
	must(err)
	tree, err := db.Tree(b.Context())
	must(err)
	var communities []place.AreaID
	for _, j := range tree.All() {
		if j.Level == place.Community {
			communities = append(communities, j.ID)
		}
	}
	first := day.MustParse("2022-01-01")
	for done := 0; done < n; done += 10_000 {
		must(db.Update(b.Context(), func(tx *store.Tx) error {
			size := min(10_000, n-done)
			id, err := tx.CaseIDs(size)
			if err != nil {
				return err
			}
			list := make([]*store.NewCase, size)
			for i := range list {
				k := done + i
				on := first.Add(k % 100)
				list[i] = &store.NewCase{Case: cases.Case{ID: id + cases.ID(i), Outbreak: o.ID, Code: strconv.Itoa(k), Class: cases.Confirmed, Area: communities[k%len(communities)],
					Onset: on, ConfirmedAt: on.Add(k % 4).Start(time.UTC), Found: []cases.Found{cases.FoundInIsolation, cases.FoundCommunity}[k%2]}}
			}
			return tx.AddCases(list)
		}))
	}
	b.Run(fmt.Sprintf("build/cases=%d", n), func(b *testing.B) {
		for b.Loop() {
			if _, err := rebuild(b.Context(), db, o.ID); err != nil {
				b.Fatal(err)
			}
		}
	})
	boards := New(db, slog.Default())
	if _, err := boards.Of(b.Context(), o.ID); err != nil {
		b.Fatal(err)
	}
	b.Run(fmt.Sprintf("follow/cases=%d", n), func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			_, err := cmds.AddCase(b.Context(), command.Owner("bench"), command.AddCase{Outbreak: "o", Fields: map[string]string{"class": "confirmed", "area": "c0"}})
			must(err)
			b.StartTimer()
			if _, err := boards.Of(b.Context(), o.ID); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run(fmt.Sprintf("now/cases=%d", n), func(b *testing.B) {
		for b.Loop() {
			board, err := boards.Of(b.Context(), o.ID)
			must(err)
			board.Figures(0)
			if _, err := board.IncompleteFrom(first.Add(100)); err != nil {
				b.Fatal(err)
			}
			for _, j := range tree.All()[:11] {
				board.On(j.ID, first.Add(99))
			}
		}
	})
}
