package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"firebreak/internal/auth"
	"firebreak/internal/journal"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
)

// twoDistricts makes a city of two districts and returns their IDs.
func twoDistricts(t *testing.T, db *store.DB) (city, east, west place.AreaID) {
	t.Helper()
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
	tree, err := db.Tree(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	id := func(code string) place.AreaID {
		j, _ := tree.ByCode(code)
		return j.ID
	}
	return id("3"), id("31"), id("32")
}

func TestImportJobs(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		db := open()
		city, east, west := twoDistricts(t, db)
		at := time.Date(2022, 3, 12, 8, 0, 0, 0, time.UTC)
		add := func(area place.AreaID, state store.ImportState) store.ImportJob {
			j := store.ImportJob{Outbreak: 1, Area: area, District: area, User: 7, Login: "epi", Purpose: "contact-tracing", File: "l.csv", Size: 9, SHA256: []byte{1, 2}, SealedKey: []byte{3},
				State: state, UploadedAt: at, DeleteAt: at.Add(time.Hour)}
			err := db.Update(t.Context(), func(tx *store.Tx) (err error) {
				if j.ID, err = tx.NextImportID(); err != nil {
					return err
				}
				return tx.AddImportJob(&j)
			})
			if err != nil {
				t.Fatal(err)
			}
			return j
		}
		a, b := add(east, store.ImportUploaded), add(west, store.ImportUploaded)
		of := func(w store.Within) (ids []store.ImportJobID) {
			err := db.View(t.Context(), func(r *store.Reader) error {
				list, err := r.ImportJobs(1, w, 0, 10)
				for _, j := range list {
					ids = append(ids, j.ID)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return ids
		}
		for name, c := range map[string]struct {
			roots []place.AreaID
			want  []store.ImportJobID
		}{"city": {[]place.AreaID{city}, []store.ImportJobID{b.ID, a.ID}}, "east": {[]place.AreaID{east}, []store.ImportJobID{a.ID}}, "nobody": {nil, nil}} {
			if got := of(store.Within{Scope: auth.Scope{Roots: c.roots}}); !cmp.Equal(got, c.want) {
				t.Errorf("%s sees %v, want %v", name, got, c.want)
			}
		}
		err := db.View(t.Context(), func(r *store.Reader) error {
			if _, err := r.ImportJob(b.ID, store.Within{Scope: auth.Scope{Roots: []place.AreaID{east}}}); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("the west's import from the east: %v, want ErrNotFound", err)
			}
			got, err := r.ImportJob(a.ID, store.Everywhere())
			if diff := cmp.Diff(a, got); diff != "" {
				t.Errorf("stored and read (-want +got):\n%s", diff)
			}
			_, same, err2 := r.SameImport(1, store.Everywhere(), []byte{1, 2}, a.ID)
			if same {
				t.Error("a file that was never imported counts as imported")
			}
			return errors.Join(err, err2)
		})
		if err != nil {
			t.Fatal(err)
		}
		update := func(j *store.ImportJob, from store.ImportState) error {
			return db.Update(t.Context(), func(tx *store.Tx) error { return tx.UpdateImportJob(j, from) })
		}
		stale := a
		for _, s := range []store.ImportState{store.ImportPreviewed, store.ImportTrying, store.ImportTried, store.ImportRunning, store.ImportPaused, store.ImportRunning} {
			from := a.State
			a.State = s
			if err := update(&a, from); err != nil {
				t.Fatalf("%s to %s: %v", from, s, err)
			}
		}
		var conflict *store.Conflict
		stale.State = store.ImportPreviewed
		if err := update(&stale, store.ImportUploaded); !errors.As(err, &conflict) || conflict.Have != a.Version {
			t.Errorf("an old version: %v, want a conflict with version %d", err, a.Version)
		}
		work := func(before time.Time) int {
			n := 0
			if err := db.View(t.Context(), func(r *store.Reader) error {
				list, err := r.ImportWork(before)
				n = len(list)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return n
		}
		if n := work(at); n != 1 {
			t.Errorf("%d imports wait for work, want 1", n)
		}
		a.Runner, a.CheckpointAt = 5, at
		if err := update(&a, a.State); err != nil {
			t.Fatal(err)
		}
		if work(at) != 0 || work(at.Add(time.Second)) != 1 {
			t.Error("an import counts as lost at the wrong time")
		}
		a.State, a.Rows, a.Created, a.EndedAt = store.ImportDone, 5, 5, at
		if err := update(&a, store.ImportRunning); err != nil {
			t.Fatal(err)
		}
		back := a
		back.State = store.ImportRunning
		if err := update(&back, store.ImportDone); !errors.Is(err, store.ErrImportState) {
			t.Errorf("from done to running: %v, want ErrImportState", err)
		}
		err = db.View(t.Context(), func(r *store.Reader) error {
			if j, same, err := r.SameImport(1, store.Everywhere(), []byte{1, 2}, b.ID); err != nil || !same || j.ID != a.ID {
				t.Errorf("the same file again: %v %v %v", j.ID, same, err)
			}
			early, err := r.ImportsToDelete(at)
			late, err2 := r.ImportsToDelete(at.Add(time.Hour))
			if len(early) != 0 || len(late) != 2 {
				t.Errorf("files to delete: %d before their time and %d after, want 0 and 2", len(early), len(late))
			}
			return errors.Join(err, err2)
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestColumnMaps(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		db := open()
		add := func(o outbreak.ID, name string) (store.ColumnMap, error) {
			m := store.ColumnMap{Outbreak: o, Name: name, Kind: "cases", Mapping: "{}", User: 1, Login: "epi"}
			err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.AddColumnMap(&m) })
			return m, err
		}
		shared, err := add(0, "County list")
		if err != nil {
			t.Fatal(err)
		}
		own, err := add(4, "County list")
		if err != nil {
			t.Fatal(err)
		}
		var conflict *store.Conflict
		if _, err := add(4, "County list"); !errors.As(err, &conflict) || conflict.ID != int64(own.ID) {
			t.Errorf("the same name again: %v, want a conflict with map %d", err, own.ID)
		}
		named := func(o outbreak.ID) store.ColumnMapID {
			var m store.ColumnMap
			if err := db.View(t.Context(), func(r *store.Reader) (err error) {
				m, err = r.ColumnMapByName(o, "County list")
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return m.ID
		}
		if got := named(4); got != own.ID {
			t.Errorf("the outbreak's own map comes first: got %d, want %d", got, own.ID)
		}
		if got := named(5); got != shared.ID {
			t.Errorf("another outbreak sees the shared one: got %d, want %d", got, shared.ID)
		}
		err = db.View(t.Context(), func(r *store.Reader) error {
			if _, err := r.ColumnMap(5, own.ID); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("another outbreak's map: %v, want ErrNotFound", err)
			}
			list, err := r.ColumnMaps(4)
			if len(list) != 2 || list[0].ID != own.ID {
				t.Errorf("maps of the outbreak: %v", list)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		old := own
		own.Mapping = `{"a":1}`
		if err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.UpdateColumnMap(&own) }); err != nil || own.Version != 2 {
			t.Fatalf("change a map: version %d, %v", own.Version, err)
		}
		if err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.UpdateColumnMap(&old) }); !errors.As(err, &conflict) {
			t.Errorf("change it on the old version: %v, want a conflict", err)
		}
		if err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.DeleteColumnMap(own.ID, 2) }); err != nil {
			t.Fatal(err)
		}
		if got := named(4); got != shared.ID {
			t.Errorf("after deleting: map %d, want %d", got, shared.ID)
		}
	})
}
