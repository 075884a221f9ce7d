package store_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/journal"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/task"
)

// area ids of the small tree that tests use: a city, two districts, a street of the first.
type accountTree struct{ city, north, south, street place.AreaID }

func plantTree(t *testing.T, db *store.DB) accountTree {
	t.Helper()
	area := func(code, parent string, level place.Level) place.NewJurisdiction {
		return place.NewJurisdiction{Jurisdiction: place.Jurisdiction{Code: code, Name: "area " + code, Level: level}, ParentCode: parent}
	}
	err := db.Update(t.Context(), func(tx *store.Tx) error {
		f, err := tx.Append(journal.Entry{Kind: journal.AreasImported, Actor: "test"})
		if err != nil {
			return err
		}
		_, _, _, err = tx.PutAreas([]place.NewJurisdiction{area("c", "", place.City), area("n", "c", place.District), area("s", "c", place.District), area("n1", "n", place.Street)}, nil, f.Seq)
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
		j, ok := tree.ByCode(code)
		if !ok {
			t.Fatalf("no area %q", code)
		}
		return j.ID
	}
	return accountTree{id("c"), id("n"), id("s"), id("n1")}
}

func change(t *testing.T, db *store.DB, fn func(tx *store.Tx) error) {
	t.Helper()
	if err := db.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func entries(t *testing.T, db *store.DB, kind journal.Kind) (out []journal.Entry) {
	t.Helper()
	err := db.View(t.Context(), func(r *store.Reader) error {
		all, err := r.EntriesAfter(0, 100000)
		for _, e := range all {
			if e.Kind == kind {
				out = append(out, e)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func user(t *testing.T, db *store.DB, id auth.UserID) (u store.User) {
	t.Helper()
	err := db.View(t.Context(), func(r *store.Reader) (err error) {
		u, err = r.User(id)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestUsers(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		db := open()
		tree := plantTree(t, db)
		ada := store.User{Login: " Ａda ", Title: "Duty officer", Area: tree.north, Lang: "zh"}
		oidc := store.User{Login: "bo", Title: "Bo", Area: tree.south, Issuer: "https://idp.example", Subject: "17"}
		until := time.Date(2027, 1, 2, 3, 4, 5, 6000, time.UTC)
		change(t, db, func(tx *store.Tx) error {
			if err := tx.AddUser(&ada, "$hash"); err != nil {
				return err
			}
			if err := tx.AddUser(&oidc, ""); err != nil {
				return err
			}
			for _, g := range []store.UserGrant{
				{Grant: auth.Grant{Role: auth.RoleDutyOfficer, Area: tree.north, Until: until}, Source: store.FromAdministrator, State: store.GrantInForce, GivenBy: 9},
				{Grant: auth.Grant{Role: auth.RoleAdministrator, Area: tree.north}, Source: store.FromAdministrator, State: store.GrantProposed, GivenBy: 9},
			} {
				if err := tx.PutGrant(ada.ID, g); err != nil {
					return err
				}
			}
			return nil
		})
		got := user(t, db, ada.ID)
		if got.Login != "ada" || got.Title != "Duty officer" || !got.HasPassword || got.Lang != "zh" || len(got.Grants) != 2 || got.Version != 1 {
			t.Errorf("user read back: %+v", got)
		}
		want := []auth.Grant{{Role: auth.RoleDutyOfficer, Area: tree.north, Until: until}}
		if a := got.Actor(); !reflect.DeepEqual(a.Grants, want) || a.UserID != ada.ID {
			t.Errorf("actor has grants %+v, want only the one in force %+v", a.Grants, want)
		}
		err := db.View(t.Context(), func(r *store.Reader) error {
			if u, err := r.UserByLogin("ADA"); err != nil || u.ID != ada.ID {
				t.Errorf("by login: %+v, %v", u, err)
			}
			if u, err := r.UserBySubject("https://idp.example", "17"); err != nil || u.ID != oidc.ID || u.HasPassword {
				t.Errorf("by subject: %+v, %v", u, err)
			}
			if _, err := r.UserBySubject("", ""); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("no subject finds %v, want nobody", err)
			}
			if _, err := r.User(99); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("unknown user: %v", err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, twin := range []store.User{{Login: "ADA"}, {Login: "other", Issuer: oidc.Issuer, Subject: oidc.Subject}} {
			if err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.AddUser(&twin, "") }); !errors.Is(err, store.ErrTaken) {
				t.Errorf("second %+v: %v, want ErrTaken", twin, err)
			}
		}

		got.Title = "Changed"
		change(t, db, func(tx *store.Tx) error { u := got; return tx.UpdateUser(&u) })
		var conflict *store.Conflict
		err = db.Update(t.Context(), func(tx *store.Tx) error { u := got; return tx.UpdateUser(&u) })
		if !errors.As(err, &conflict) || conflict.Have != 2 || conflict.Want != 1 {
			t.Errorf("change of an old version: %v, want a conflict of 2 with 1", err)
		}
		change(t, db, func(tx *store.Tx) error { return tx.SetPreferences(ada.ID, "en", "dark") })
		change(t, db, func(tx *store.Tx) error {
			return tx.RemoveGrant(ada.ID, auth.RoleAdministrator, tree.north, store.FromAdministrator)
		})
		if u := user(t, db, ada.ID); u.Lang != "en" || u.Theme != "dark" || len(u.Grants) != 1 || u.Title != "Changed" {
			t.Errorf("after the changes: %+v", u)
		}
		err = db.Update(t.Context(), func(tx *store.Tx) error {
			return tx.RemoveGrant(ada.ID, auth.RoleDriver, tree.north, store.FromAdministrator)
		})
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("taking a grant that is not there: %v", err)
		}
	})
}

// A page of users holds limit users however many grants they have, and nobody of another area.
func TestUsersPage(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		db := open()
		tree := plantTree(t, db)
		change(t, db, func(tx *store.Tx) error {
			for i := range 20 {
				u := store.User{Login: fmt.Sprint("u", i), Title: "x", Area: []place.AreaID{tree.north, tree.south}[i%2]}
				if err := tx.AddUser(&u, "h"); err != nil {
					return err
				}
				for _, role := range auth.Roles()[:i%4] {
					if err := tx.PutGrant(u.ID, store.UserGrant{Grant: auth.Grant{Role: role, Area: u.Area}, Source: store.FromAdministrator, State: store.GrantInForce}); err != nil {
						return err
					}
				}
			}
			return nil
		})
		// More areas than one statement takes, so that pages of several are merged.
		areas := []place.AreaID{tree.north}
		for i := range 700 {
			areas = append(areas, place.AreaID(10000+i))
		}
		var all []store.User
		err := db.View(t.Context(), func(r *store.Reader) error {
			for after := auth.UserID(0); ; {
				page, err := r.Users(areas, after, 3)
				if err != nil || len(page) == 0 {
					return err
				}
				if len(page) != 3 && len(all)+len(page) != 10 {
					t.Errorf("page of %d", len(page))
				}
				all, after = append(all, page...), page[len(page)-1].ID
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(all) != 10 {
			t.Errorf("%d users of the north, want 10", len(all))
		}
		for i, u := range all {
			if u.Area != tree.north || len(u.Grants) != (2*i)%4 {
				t.Errorf("user %d: area %d, %d grants", i, u.Area, len(u.Grants))
			}
		}
	})
}

func TestSessionsAreKept(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		db := open()
		u := store.User{Login: "ada", Title: "Ada"}
		change(t, db, func(tx *store.Tx) error { return tx.AddUser(&u, "h") })
		sessions, err := auth.NewSessions(db.Sessions(), auth.SessionPolicy{})
		if err != nil {
			t.Fatal(err)
		}
		ctx, now := t.Context(), db.Now()
		token, _, err := sessions.Start(ctx, u.ID, auth.SessionToken{}, now)
		if err != nil {
			t.Fatal(err)
		}
		other, _, err := sessions.Start(ctx, u.ID, auth.SessionToken{}, now)
		if err != nil {
			t.Fatal(err)
		}
		touched := func() time.Time {
			found, err := db.Sessions().Find(ctx, token.Hash())
			if err != nil {
				t.Fatal(err)
			}
			return found.SeenAt
		}
		// A request each second for five minutes: the use is written down four times, not three hundred.
		writes, last := 0, touched()
		for i := range 300 {
			if _, err := sessions.Find(ctx, token, now.Add(time.Duration(i)*time.Second)); err != nil {
				t.Fatal(err)
			}
			if i%10 != 0 {
				continue
			}
			if at := touched(); !at.Equal(last) {
				writes, last = writes+1, at
			}
		}
		if writes != 4 {
			t.Errorf("use written down %d times in 5 minutes, want 4", writes)
		}
		if _, err := sessions.Find(ctx, token, now.Add(13*time.Hour)); !errors.Is(err, auth.ErrNoSession) {
			t.Errorf("after 13 h: %v, want ErrNoSession", err)
		}
		if _, err := sessions.Find(ctx, token, now); !errors.Is(err, auth.ErrNoSession) {
			t.Errorf("an expired session came back: %v", err)
		}
		// Closing the account ends what is left, in the same change.
		change(t, db, func(tx *store.Tx) error { c := user(t, db, u.ID); c.Disabled = true; return tx.UpdateUser(&c) })
		if _, err := sessions.Find(ctx, other, now); !errors.Is(err, auth.ErrNoSession) {
			t.Errorf("session of a closed account: %v", err)
		}
		if _, err := db.FindActor(ctx, u.ID); !errors.Is(err, auth.ErrNoAccount) {
			t.Errorf("closed account acts: %v", err)
		}
		if in, out := len(entries(t, db, journal.UserLogin)), len(entries(t, db, journal.UserLogout)); in != 2 || out != 2 {
			t.Errorf("journal has %d log-ins and %d log-outs, want 2 and 2", in, out)
		}
		if _, _, err := sessions.Start(ctx, u.ID, auth.SessionToken{}, now.Add(-48*time.Hour)); err != nil {
			t.Fatal(err)
		}
		if n, err := db.PurgeSessions(ctx, now.Add(-24*time.Hour)); n != 1 || err != nil {
			t.Errorf("purged %d, %v, want 1", n, err)
		}
		if v, err := db.VerifyJournal(ctx); err != nil || !v.Intact {
			t.Errorf("journal: %+v, %v", v, err)
		}
	})
}

func TestAPITokensAreKept(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		db := open()
		ctx, now := t.Context(), db.Now()
		u := store.User{Login: "ada", Title: "Ada"}
		change(t, db, func(tx *store.Tx) error { return tx.AddUser(&u, "h") })
		tokens, err := auth.NewAPITokens(db.APITokens())
		if err != nil {
			t.Fatal(err)
		}
		owner := auth.Actor{UserID: u.ID, Login: "ada", Grants: []auth.Grant{{Role: auth.RoleEpidemiologist, Area: 1}}}
		secret, issued, err := tokens.Issue(ctx, owner, "nightly export", []auth.Action{auth.Export, auth.CaseRead}, now.Add(time.Hour), now)
		if err != nil {
			t.Fatal(err)
		}
		found, err := tokens.Find(ctx, secret, now)
		if err != nil || !reflect.DeepEqual(found, issued) {
			t.Errorf("found %+v, %v, want %+v", found, err, issued)
		}
		if _, err := db.APITokens().Find(ctx, auth.TokenHash{1}); !errors.Is(err, auth.ErrNoToken) {
			t.Errorf("unknown token: %v", err)
		}
		for range 2 { // the second time changes nothing
			change(t, db, func(tx *store.Tx) error { return tx.EndToken(issued.ID, "ada") })
		}
		if _, err := tokens.Find(ctx, secret, now); !errors.Is(err, auth.ErrNoToken) {
			t.Errorf("ended token: %v", err)
		}
		if n := len(entries(t, db, journal.TokenEnded)); n != 1 {
			t.Errorf("%d entries for one end", n)
		}
		e := entries(t, db, journal.TokenIssued)
		if len(e) != 1 || e[0].Subject != (task.Subject{Kind: store.OnToken, ID: int64(issued.ID)}) {
			t.Fatalf("token.issued: %+v", e)
		}
		if p := string(e[0].Payload); !strings.Contains(p, "case.read") || strings.Contains(p, secret.Reveal()) || strings.Contains(p, "nightly") {
			t.Errorf("payload %s", p)
		}
	})
}
