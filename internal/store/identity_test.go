package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/journal"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/task"
	"firebreak/internal/vault"
)

// vaultWorld is a case and a contact in the north, a case in the south, each with a name.
type vaultWorld struct {
	accountTree
	ids                  *store.Identities
	caseN, caseS, contac task.Subject
	people               []person.ID
	reader               auth.Actor // an epidemiologist of the north
}

func openIdentities(t *testing.T, db *store.DB) *store.Identities {
	t.Helper()
	ids, err := db.OpenIdentities(t.Context(), store.KeyOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

func newVaultWorld(t *testing.T, db *store.DB) *vaultWorld {
	t.Helper()
	w := &vaultWorld{accountTree: plantTree(t, db), ids: openIdentities(t, db)}
	w.reader = auth.Actor{UserID: 5, Login: "epi", Grants: []auth.Grant{{Role: auth.RoleEpidemiologist, Area: w.north}}}
	change(t, db, func(tx *store.Tx) error {
		o := outbreak.Outbreak{Name: "test", Title: "Test", Area: w.city, Zone: time.UTC.String(), Pack: "x/y@1", Phase: "active"}
		if err := tx.AddOutbreak(&o); err != nil {
			return err
		}
		people := make([]person.Person, 3)
		for i := range people {
			people[i].Area = w.street
		}
		if err := tx.AddPeople(people); err != nil {
			return err
		}
		w.people = nil
		for _, p := range people {
			w.people = append(w.people, p.ID)
		}
		first, err := tx.CaseIDs(2)
		if err != nil {
			return err
		}
		list := []*store.NewCase{
			{Case: cases.Case{ID: first, Outbreak: o.ID, Person: w.people[0], Code: "N1", Class: cases.Confirmed, Area: w.street}},
			{Case: cases.Case{ID: first + 1, Outbreak: o.ID, Person: w.people[1], Code: "S1", Class: cases.Confirmed, Area: w.south}},
		}
		if err := tx.AddCases(list); err != nil {
			return err
		}
		id, err := tx.ContactIDs(1)
		if err != nil {
			return err
		}
		contacts := []*store.NewContact{{Contact: contact.Contact{ID: id, Outbreak: o.ID, Person: w.people[2], Code: "K1", Tier: contact.Close, State: contact.Listed, Area: w.north}}}
		if err := tx.AddContacts(contacts); err != nil {
			return err
		}
		w.caseN, w.caseS = task.Subject{Kind: task.OnCase, ID: int64(list[0].ID)}, task.Subject{Kind: task.OnCase, ID: int64(list[1].ID)}
		w.contac = task.Subject{Kind: task.OnContact, ID: int64(contacts[0].ID)}
		return w.ids.Add(tx, "import:epi", []store.IdentityValue{
			{Person: w.people[0], Field: vault.FieldName, Value: vault.NewSecret("Testa Northwind")},
			{Person: w.people[0], Field: vault.FieldDocument, Value: vault.NewSecret("X-100 200")},
			{Person: w.people[1], Field: vault.FieldName, Value: vault.NewSecret("Testo Southwind")},
			{Person: w.people[2], Field: vault.FieldName, Value: vault.NewSecret("Testi Contactsen")},
			{Person: w.people[2], Field: vault.FieldPhone}, // nobody gave one
		})
	})
	return w
}

func (w *vaultWorld) read(t *testing.T, about ...task.Subject) ([]store.Identity, error) {
	t.Helper()
	return w.ids.Read(t.Context(), store.NameRequest{
		By: w.reader, Purpose: auth.PurposeContactTracing, Reason: "call about symptoms", About: about, Fields: []vault.Field{vault.FieldName, vault.FieldDocument},
	})
}

func TestNamesAreReadWithAnEntry(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		db := open()
		w := newVaultWorld(t, db)
		got, err := w.read(t, w.caseN, w.contac)
		if err != nil {
			t.Fatal(err)
		}
		if got[0].Name.Reveal() != "Testa Northwind" || got[0].Document.Reveal() != "X-100 200" || got[1].Name.Reveal() != "Testi Contactsen" || !got[1].Document.IsZero() {
			t.Error("the names read are not those that were sealed")
		}
		if got[0].Person != w.people[0] || got[1].Subject != w.contac {
			t.Errorf("read %+v", got)
		}
		read := entries(t, db, journal.NameRead)
		if len(read) != 2 || read[0].Subject != w.caseN || read[1].Subject != w.contac || read[0].Actor != "epi" || read[0].Area != w.street {
			t.Fatalf("journal: %+v", read)
		}
		p := string(read[0].Payload)
		if !strings.Contains(p, `"contact-tracing"`) || !strings.Contains(p, "call about symptoms") || strings.Contains(p, "Northwind") {
			t.Errorf("payload %s", p)
		}

		// Whatever is refused opens nothing and is not said to have been read.
		refused := map[string]func() error{
			"another area": func() error {
				_, err := w.read(t, w.caseN, w.caseS)
				var r *store.NameRefused
				if err != nil && (!errors.As(err, &r) || r.Subject != w.caseS || r.Decision.Denial != auth.DeniedArea) {
					t.Errorf("another area: %v", err)
				}
				return err
			},
			"no reason": func() error {
				_, err := w.ids.Read(t.Context(), store.NameRequest{By: w.reader, Purpose: auth.PurposeContactTracing, Reason: " ", About: []task.Subject{w.caseN}})
				return err
			},
			"purpose of another role": func() error {
				_, err := w.ids.Read(t.Context(), store.NameRequest{By: w.reader, Purpose: auth.PurposeCare, Reason: "x", About: []task.Subject{w.caseN}})
				return err
			},
			"a person without case": func() error {
				_, err := w.read(t, task.Subject{Kind: task.OnPerson, ID: int64(w.people[0])})
				return err
			},
			"no such case": func() error { _, err := w.read(t, task.Subject{Kind: task.OnCase, ID: 4711}); return err },
		}
		for name, try := range refused {
			if err := try(); err == nil {
				t.Errorf("%s: names were read", name)
			}
		}
		if n := len(entries(t, db, journal.NameRead)); n != 2 {
			t.Errorf("%d name.read entries after refusals, want 2", n)
		}
		// A store that takes no entries gives no names.
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if got, err := w.read(t, w.caseN); err == nil {
			t.Errorf("a closed store gave %d names", len(got))
		}
	})
}

func TestFindByValue(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		db := open()
		w := newVaultWorld(t, db)
		find := func(f vault.Field, value string) (out []person.ID) {
			t.Helper()
			err := db.View(t.Context(), func(r *store.Reader) (err error) {
				out, err = w.ids.Find(r, f, vault.NewSecret(value))
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		check := func(what string, got []person.ID, want ...person.ID) {
			t.Helper()
			if !slices.Equal(got, want) {
				t.Errorf("%s: found %v, want %v", what, got, want)
			}
		}
		check("name", find(vault.FieldName, "TESTA  northwind"), w.people[0])
		check("document", find(vault.FieldDocument, "x100200"), w.people[0])
		check("document in another field", find(vault.FieldPhone, "x100200"))
		check("unknown", find(vault.FieldName, "Nobody"))
		check("nothing", find(vault.FieldName, " "))
		err := db.View(t.Context(), func(r *store.Reader) error {
			many, err := w.ids.FindMany(r, vault.FieldName, []vault.Secret{vault.NewSecret("nobody"), vault.NewSecret("testi contactsen"), vault.NewSecret(""), vault.NewSecret("Testi Contactsen")})
			if err == nil && (len(many) != 4 || len(many[0]) != 0 || !slices.Equal(many[1], many[3]) || !slices.Equal(many[1], w.people[2:])) {
				t.Errorf("many: %v", many)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		change(t, db, func(tx *store.Tx) error {
			return w.ids.Set(tx, "epi", store.IdentityValue{Person: w.people[0], Field: vault.FieldName, Value: vault.NewSecret("Testa Renamed")})
		})
		check("old name", find(vault.FieldName, "Testa Northwind"))
		check("new name", find(vault.FieldName, "Testa Renamed"), w.people[0])
		change(t, db, func(tx *store.Tx) error {
			return w.ids.Set(tx, "epi", store.IdentityValue{Person: w.people[0], Field: vault.FieldDocument})
		})
		check("removed document", find(vault.FieldDocument, "X100200"))
		if got, err := w.read(t, w.caseN); err != nil || got[0].Name.Reveal() != "Testa Renamed" || !got[0].Document.IsZero() {
			t.Errorf("after the changes: %v, %v", got, err)
		}
	})
}

func TestMoveAndBack(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		db := open()
		w := newVaultWorld(t, db)
		from, to := w.people[0], w.people[2] // the case's document goes to the contact, who has a name of their own
		var moved []vault.Field
		change(t, db, func(tx *store.Tx) (err error) { moved, err = w.ids.Move(tx, from, to); return err })
		if !slices.Equal(moved, []vault.Field{vault.FieldDocument}) {
			t.Fatalf("moved %v, want the document only", moved)
		}
		got, err := w.read(t, w.contac, w.caseN)
		if err != nil || got[0].Document.Reveal() != "X-100 200" || got[0].Name.Reveal() != "Testi Contactsen" || !got[1].Document.IsZero() || got[1].Name.Reveal() != "Testa Northwind" {
			t.Errorf("after the move: %v, %v", got, err)
		}
		find := func() (out []person.ID) {
			err := db.View(t.Context(), func(r *store.Reader) (err error) {
				out, err = w.ids.Find(r, vault.FieldDocument, vault.NewSecret("X100200"))
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		if got := find(); !slices.Equal(got, []person.ID{to}) {
			t.Errorf("document found at %v, want %v", got, to)
		}
		change(t, db, func(tx *store.Tx) error { return w.ids.Unmove(tx, from, to, moved) })
		if got, err := w.read(t, w.contac, w.caseN); err != nil || !got[0].Document.IsZero() || got[1].Document.Reveal() != "X-100 200" {
			t.Errorf("after moving back: %v, %v", got, err)
		}
		if got := find(); !slices.Equal(got, []person.ID{from}) {
			t.Errorf("document found at %v, want %v", got, from)
		}
		err = db.Update(t.Context(), func(tx *store.Tx) error { return w.ids.Unmove(tx, from, to, moved) })
		if !errors.Is(err, store.ErrNothingToMove) {
			t.Errorf("moving back twice: %v", err)
		}
	})
}

// A rotation seals everything anew in several calls, with another copy of the server writing and reading meanwhile, and ends with one key.
func TestRotation(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		var o store.Options
		db := open(func(now *store.Options) { o = *now })
		w := newVaultWorld(t, db)
		const n = 4100 // three batches
		var many []store.IdentityValue
		for i := range n {
			many = append(many, store.IdentityValue{Person: person.ID(1000 + i), Field: vault.FieldName, Value: vault.NewSecret(fmt.Sprint("Testperson ", i))})
		}
		change(t, db, func(tx *store.Tx) error { return w.ids.Add(tx, "import", many) })
		other := openIdentities(t, db) // with a keyring of its own in memory

		keys := func() (out []byte) {
			var text string
			if err := storetest.SQL(t, o).QueryRow(`SELECT wrapped FROM vault_keyring`).Scan(&text); err != nil {
				t.Fatal(err)
			}
			return []byte(text)
		}
		before := keys()
		if err := w.ids.Rotate(t.Context(), "admin"); err != nil {
			t.Fatal(err)
		}
		if bytes.Equal(before, keys()) {
			t.Fatal("the keyring did not change")
		}
		first, err := w.ids.Rewrap(t.Context(), "admin", 1)
		if err != nil || first.Done || first.Values != 2000 {
			t.Fatalf("first batch: %+v, %v", first, err)
		}
		// In between the other copy seals below and above the point reached.
		change(t, db, func(tx *store.Tx) error {
			return other.Add(tx, "import", []store.IdentityValue{
				{Person: w.people[1], Field: vault.FieldPhone, Value: vault.NewSecret("13800000000")},
				{Person: 900000, Field: vault.FieldPhone, Value: vault.NewSecret("13800000001")},
			})
		})
		rest, err := other.Rewrap(t.Context(), "admin", 0)
		if err != nil || !rest.Done || first.Values+rest.Values != n+4 {
			t.Fatalf("the rest: %+v, %v, want %d in all", rest, err, n+4)
		}
		if again, err := w.ids.Rewrap(t.Context(), "admin", 0); err != nil || !again.Done || again.Values != 0 {
			t.Errorf("once more: %+v, %v", again, err)
		}
		// Every stored value is under one key: the first five bytes are Tink's prefix.
		rows, err := storetest.SQL(t, o).Query(`SELECT sealed FROM identity`)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		seen := map[string]int{}
		for rows.Next() {
			var b []byte
			if err := rows.Scan(&b); err != nil {
				t.Fatal(err)
			}
			seen[string(b[:5])]++
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		if len(seen) != 1 {
			t.Errorf("values under %d keys, want 1", len(seen))
		}
		if got, err := w.read(t, w.caseN); err != nil || got[0].Name.Reveal() != "Testa Northwind" {
			t.Errorf("after the rotation: %v, %v", got, err)
		}
		if e := entries(t, db, journal.KeyRotated); len(e) != 2 || !strings.Contains(string(e[1].Payload), "dropped") {
			t.Errorf("journal: %+v", e)
		}
	})
}

func TestMasterKey(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		db := open()
		w := newVaultWorld(t, db)
		path := filepath.Join(db.Dir(), store.MasterKeyFile)
		st, err := os.Stat(path)
		if err != nil || st.Mode().Perm() != 0o600 {
			t.Fatalf("key file: %v, %v, want mode 0600", st, err)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		db = open()
		w.ids = openIdentities(t, db)
		if got, err := w.read(t, w.caseN); err != nil || got[0].Name.Reveal() != "Testa Northwind" {
			t.Errorf("after reopening: %v, %v", got, err)
		}
		if _, err := db.OpenIdentities(t.Context(), store.KeyOptions{MasterKey: vault.NewMasterKey().Text()}); !errors.Is(err, vault.ErrWrongMasterKey) {
			t.Errorf("another key: %v, want ErrWrongMasterKey", err)
		}
		// Without its file the vault stays shut; above all no new key is made.
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if _, err := db.OpenIdentities(t.Context(), store.KeyOptions{}); !errors.Is(err, vault.ErrNoMasterKey) {
			t.Errorf("no key: %v, want ErrNoMasterKey", err)
		}
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("a key was made: %v", err)
		}
		if w.ids, err = db.OpenIdentities(t.Context(), store.KeyOptions{MasterKey: string(text)}); err != nil {
			t.Fatal(err)
		}
		if got, err := w.read(t, w.caseN); err != nil || got[0].Name.Reveal() != "Testa Northwind" {
			t.Errorf("with the key from the environment: %v, %v", got, err)
		}
	})
}

// No name, document or telephone number stands in the files.
func TestNamesAreNotInTheFiles(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t)()
	newVaultWorld(t, db)
	dir := db.Dir()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) < 2 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, f := range files {
		b, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"Northwind", "northwind", "Contactsen", "X-100", "X100200"} {
			if bytes.Contains(b, []byte(name)) {
				t.Errorf("%s holds %q", f.Name(), name)
			}
		}
	}
}

func BenchmarkAddIdentities(b *testing.B) {
	for _, field := range []vault.Field{vault.FieldName} {
		b.Run(field.String(), func(b *testing.B) {
			db := storetest.SQLite(b)()
			ids, err := db.OpenIdentities(b.Context(), store.KeyOptions{})
			if err != nil {
				b.Fatal(err)
			}
			next := 0
			for b.Loop() {
				list := make([]store.IdentityValue, 5000)
				for i := range list {
					next++
					list[i] = store.IdentityValue{Person: person.ID(next), Field: field, Value: vault.NewSecret(fmt.Sprint("Testperson ", next))}
				}
				if err := db.Update(b.Context(), func(tx *store.Tx) error { return ids.Add(tx, "bench", list) }); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(next)/b.Elapsed().Seconds(), "values/s")
		})
	}
}

// What people wrote in appeals before words were sealed is sealed when the vault is opened, once, and a rotation seals it anew.
func TestOldAppealsAreSealed(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		var o store.Options
		db := open(func(now *store.Options) { o = *now })
		w := newVaultWorld(t, db)
		at := time.Date(2022, 3, 10, 4, 0, 0, 0, time.UTC)
		list := []screening.Appeal{
			{Outbreak: 1, Person: w.people[0], Area: w.north, Ground: screening.AppealCare, FiledAt: at, FiledBy: "public", Until: at.Add(time.Hour)},
			{Outbreak: 1, Person: w.people[1], Area: w.north, Ground: screening.AppealOther, FiledAt: at, FiledBy: "public", Until: at.Add(time.Hour)},
		}
		change(t, db, func(tx *store.Tx) error { return errors.Join(tx.AddAppeal(&list[0]), tx.AddAppeal(&list[1])) })
		beside := storetest.SQL(t, o)
		if _, err := beside.Exec(`UPDATE appeal SET words = 'my mother is alone' WHERE id = ` + fmt.Sprint(list[0].ID)); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			w.ids = openIdentities(t, db)
		}
		left := func() (words string, sealed []byte) {
			t.Helper()
			if err := beside.QueryRow(`SELECT a.words, w.sealed FROM appeal a JOIN appeal_words w ON w.appeal = a.id`).Scan(&words, &sealed); err != nil {
				t.Fatal(err)
			}
			return words, sealed
		}
		words, before := left()
		if words != "" || bytes.Contains(before, []byte("mother")) {
			t.Errorf("left: %q, %q", words, before)
		}
		if err := w.ids.Rotate(t.Context(), "admin"); err != nil {
			t.Fatal(err)
		}
		if done, err := w.ids.Rewrap(t.Context(), "admin", 0); err != nil || !done.Done {
			t.Fatalf("%+v, %v", done, err)
		}
		if _, after := left(); bytes.Equal(before[:5], after[:5]) {
			t.Error("the words are under the old key")
		}
		duty := auth.Actor{UserID: 6, Login: "duty", Grants: []auth.Grant{{Role: auth.RoleDutyOfficer, Area: w.north}}}
		said, err := w.ids.AppealWords(t.Context(), store.AppealWordsRequest{By: duty, Purpose: auth.PurposesFor(duty, auth.AppealAnswer, at)[0], Reason: "to answer", Appeals: []screening.AppealID{list[0].ID, list[1].ID}})
		if err != nil || len(said) != 1 || said[list[0].ID].Reveal() != "my mother is alone" {
			t.Errorf("read: %v, %v", said, err)
		}
	})
}
