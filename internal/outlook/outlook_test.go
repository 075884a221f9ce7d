package outlook_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"firebreak/internal/command"
	"firebreak/internal/forecast"
	"firebreak/internal/outbreak"
	"firebreak/internal/outlook"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
)

var by = command.Owner("test")

// A forecast is made of what the store has, kept, read again the same, made again the same from the same day, and scored by what came later.
func TestAForecastIsKeptAndScored(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		ctx := t.Context()
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		now := time.Date(2022, 3, 13, 2, 0, 0, 0, time.UTC) // 10:00 in Shanghai
		db := open(func(o *store.Options) { o.Now = func() time.Time { return now } })
		commands := command.New(db, nil)
		must(db.Update(ctx, func(tx *store.Tx) error {
			_, _, _, err := tx.PutAreas([]place.NewJurisdiction{{Jurisdiction: place.Jurisdiction{Code: "37", Name: "City", Level: place.City, Population: 720_000}}}, nil, 1)
			return err
		}))
		_, err := commands.StartOutbreak(ctx, by, command.StartOutbreak{Name: "o", Pack: "covid19/2022-v9", Zone: "Asia/Shanghai", Area: "37"})
		must(err)
		var o outbreak.Outbreak
		must(db.View(ctx, func(r *store.Reader) (err error) { o, err = r.OutbreakByName("o"); return err }))
		l := outlook.New(outlook.Options{DB: db, Commands: commands})
		ask := outlook.Ask{A: "covid19/2022-v9", B: "covid19/2022-11", Replicates: 20, Days: 14}

		var invalid *command.Invalid
		_, err = l.Make(ctx, by, o.ID, ask)
		if !errors.As(err, &invalid) || !strings.Contains(err.Error(), forecast.ErrQuiet.Error()) {
			t.Fatalf("forecast without a case: %v", err)
		}
		add := func(day string, found string, n int) {
			t.Helper()
			for i := range n {
				_, err := commands.AddCase(ctx, by, command.AddCase{Outbreak: "o", Code: fmt.Sprint("C", day, found, i), Person: command.PersonFields{Age: "30"}, Fields: map[string]string{"class": "confirmed", "found": found, "confirmed_at": day + "T18:00:00+08:00", "area": "37"}})
				must(err)
			}
		}
		add("2022-03-05", "community", 1)
		add("2022-03-07", "community", 3)
		add("2022-03-08", "isolation", 4)
		add("2022-03-10", "isolation", 3)
		add("2022-03-10", "community", 1)
		k, err := l.Make(ctx, by, o.ID, ask)
		must(err)
		if k.Number != 1 || k.AsOf.String() != "2022-03-12" || k.MadeBy != "test" || k.Told.People != 720_000 || k.Told.Disease != "omicron-ba2" || k.A != "covid19/2022-v9@1" || len(k.Told.Variants) != 2 {
			t.Errorf("kept %+v", k.Forecast)
		}
		var again *outlook.Kept
		must(db.View(ctx, func(r *store.Reader) (err error) { again, err = outlook.Read(r, o.ID, 1); return err }))
		x, _ := json.Marshal(k.Told)
		y, _ := json.Marshal(again.Told)
		if string(x) != string(y) {
			t.Errorf("read again it says something else")
		}

		// Days later, with more cases, a forecast from the same day is the same; one from yesterday is not.
		now = now.Add(3 * 24 * time.Hour)
		add("2022-03-13", "isolation", 2)
		add("2022-03-14", "community", 500)
		ask.AsOf = k.AsOf
		same, err := l.Make(ctx, by, o.ID, ask)
		must(err)
		if same.Digest != k.Digest || same.Number != 2 {
			t.Errorf("digest %s of the same day and record, want %s", same.Digest, k.Digest)
		}
		// In the background it is the same one, and what cannot be is refused at once.
		if err := l.Start(ctx, by, o.ID, outlook.Ask{A: ask.A, B: ask.B, Days: 1}); !errors.As(err, &invalid) {
			t.Errorf("one day ahead: %v", err)
		}
		must(l.Start(ctx, by, o.ID, ask))
		l.Wait()
		if j, ok := l.Job(o.ID); !ok || !j.Over || j.Err != nil || j.Number != 3 || j.Done == 0 || j.Done != j.Of {
			t.Errorf("job %+v", j)
		}
		var scores []outlook.Score
		must(db.View(ctx, func(r *store.Reader) (err error) { scores, err = outlook.Scores(r, o, now, 10); return err }))
		if len(scores) != 3 || scores[2].Number != 1 || !scores[2].Held || scores[2].Variant != "a" {
			t.Fatalf("scores %+v", scores)
		}
		found := scores[2].Scored[0]
		if found.Quantity != forecast.Found || found.Days != 3 || len(found.Each) != 3 || found.Each[0].Happened != 2 || found.Each[1].Happened != 500 || found.Each[2].Happened != 0 || found.Inside90 > 2 || *found.Interval90 < 1000 {
			t.Errorf("scored %+v", found)
		}

		for _, bad := range []struct {
			field string
			ask   outlook.Ask
		}{
			{"a", outlook.Ask{A: "covid19/none", B: ask.B}}, {"b", outlook.Ask{A: ask.A, B: "measles/who"}}, {"params", outlook.Ask{A: ask.A, B: ask.B, Params: "cholera"}},
			{"as_of", outlook.Ask{A: ask.A, B: ask.B, AsOf: k.AsOf.Add(100)}}, {"forecast", outlook.Ask{A: ask.A, B: ask.B, Days: 5}}, {"forecast", outlook.Ask{A: ask.A, B: ask.B, Replicates: 1}},
		} {
			if _, err := l.Make(ctx, by, o.ID, bad.ask); !errors.As(err, &invalid) || invalid.Field != bad.field {
				t.Errorf("%+v: %v, want %s to be told", bad.ask, err, bad.field)
			}
		}
	})
}
