package account_test

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"firebreak/internal/account"
	"firebreak/internal/auth"
	"firebreak/internal/journal"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
)

const good = "correct horse battery"

var from = netip.MustParseAddr("192.0.2.7")

// world is a city of two districts with its first administrator.
type world struct {
	t                  *testing.T
	db                 *store.DB
	s                  *account.Service
	city, north, south place.AreaID
	root               store.User
}

func newWorld(t *testing.T, db *store.DB) *world {
	t.Helper()
	w := &world{t: t, db: db}
	var err error
	// One pass over 8 KiB: the tests are not about the cost of a guess.
	if w.s, err = account.New(account.Options{DB: db, Hasher: auth.HasherOptions{Params: auth.HashParams{MemoryKiB: 8, Passes: 1, Lanes: 1}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.s.OperatorAdd(t.Context(), account.NewUser{Login: "root", Title: "Administrator", Password: good}, nil); !errors.Is(err, account.ErrNoAreas) {
		t.Fatalf("first user without jurisdictions: %v, want ErrNoAreas", err)
	}
	area := func(code, parent string) place.NewJurisdiction {
		return place.NewJurisdiction{Jurisdiction: place.Jurisdiction{Code: code, Name: "area " + code, Level: place.District}, ParentCode: parent}
	}
	err = db.Update(t.Context(), func(tx *store.Tx) error {
		f, err := tx.Append(journal.Entry{Kind: journal.AreasImported, Actor: "test"})
		if err != nil {
			return err
		}
		_, _, _, err = tx.PutAreas([]place.NewJurisdiction{area("c", ""), area("n", "c"), area("s", "c")}, nil, f.Seq)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	tree, err := db.Tree(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for code, id := range map[string]*place.AreaID{"c": &w.city, "n": &w.north, "s": &w.south} {
		j, _ := tree.ByCode(code)
		*id = j.ID
	}
	if w.root, err = w.s.OperatorAdd(t.Context(), account.NewUser{Login: "root", Title: "Administrator", Password: good}, nil); err != nil {
		t.Fatal(err)
	}
	return w
}

// operator adds a user with one role on the machine itself.
func (w *world) operator(login string, role auth.Role, area place.AreaID) store.User {
	w.t.Helper()
	u, err := w.s.OperatorAdd(w.t.Context(), account.NewUser{Login: login, Title: login, Password: good, Area: area}, []auth.Grant{{Role: role, Area: area}})
	if err != nil {
		w.t.Fatal(err)
	}
	return u
}

func (w *world) user(id auth.UserID) store.User {
	w.t.Helper()
	u, err := w.s.Open(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return u
}

// wantRefused fails unless err says that the caller may not.
func wantRefused(t *testing.T, what string, err error) {
	t.Helper()
	var r *account.Refused
	if !errors.As(err, &r) {
		t.Errorf("%s: %v, want a refusal", what, err)
	}
}

func TestFirstUserIsAdministrator(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		w := newWorld(t, open())
		if g := w.root.InForce(); len(g) != 1 || g[0].Role != auth.RoleAdministrator || g[0].Area != w.city || w.root.Area != w.city {
			t.Errorf("first user holds %+v in area %d", g, w.root.Area)
		}
		second, err := w.s.OperatorAdd(t.Context(), account.NewUser{Login: "second", Title: "Second", Password: good}, nil)
		if err != nil || len(second.Grants) != 0 {
			t.Errorf("second user holds %+v, %v, want nothing", second.Grants, err)
		}
		if _, err := w.s.OperatorAdd(t.Context(), account.NewUser{Login: "ROOT", Title: "x", Password: good}, nil); !errors.Is(err, store.ErrTaken) {
			t.Errorf("same login: %v", err)
		}
	})
}

func TestAdministrationEndsAtTheSubtree(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		w := newWorld(t, open())
		ctx := t.Context()
		north := w.operator("north", auth.RoleAdministrator, w.north).Actor()
		south := w.operator("south", auth.RoleEpidemiologist, w.south)
		top := w.operator("top", auth.RoleDutyOfficer, w.city)

		u, err := w.s.AddUser(ctx, north, account.NewUser{Login: "new", Title: "New", Password: good, Area: w.north})
		if err != nil {
			t.Fatal(err)
		}
		if state, err := w.s.Grant(ctx, north, u.ID, auth.Grant{Role: auth.RoleEpidemiologist, Area: w.north}); err != nil || state != store.GrantInForce {
			t.Errorf("grant in own area: %v, %v", state, err)
		}
		_, err = w.s.AddUser(ctx, north, account.NewUser{Login: "x", Title: "X", Password: good, Area: w.south})
		wantRefused(t, "user of another area", err)
		_, err = w.s.AddUser(ctx, north, account.NewUser{Login: "x", Title: "X", Password: good})
		wantRefused(t, "user of no area", err)
		_, err = w.s.Grant(ctx, north, u.ID, auth.Grant{Role: auth.RoleEpidemiologist, Area: w.south})
		wantRefused(t, "role in another area", err)
		_, err = w.s.Grant(ctx, north, u.ID, auth.Grant{Role: auth.RoleEpidemiologist, Area: w.city})
		wantRefused(t, "role above", err)
		_, err = w.s.Grant(ctx, north, south.ID, auth.Grant{Role: auth.RoleEpidemiologist, Area: w.north})
		wantRefused(t, "role for a user of another area", err)
		if _, err := w.s.Grant(ctx, north, north.UserID, auth.Grant{Role: auth.RoleEpidemiologist, Area: w.north}); !errors.Is(err, account.ErrOwnGrant) {
			t.Errorf("role for oneself: %v", err)
		}
		wantRefused(t, "password of another area's user", w.s.SetPassword(ctx, north, south.ID, good+"!"))
		wantRefused(t, "password of a user above", w.s.SetPassword(ctx, north, top.ID, good+"!"))
		_, err = w.s.AddUser(ctx, u.Actor(), account.NewUser{Login: "x", Title: "X", Password: good, Area: w.north})
		wantRefused(t, "by who is no administrator", err)
		off := true
		_, err = w.s.ChangeUser(ctx, north, south.ID, 1, account.UserChange{Disabled: &off})
		wantRefused(t, "disable another area's user", err)
		_, err = w.s.ChangeUser(ctx, north, u.ID, 1, account.UserChange{Area: &w.south})
		wantRefused(t, "move a user out of the area", err)
		wantRefused(t, "revoke in another area", w.s.Revoke(ctx, north, south.ID, auth.RoleEpidemiologist, w.south))

		// A user of the own area who holds a role above is out of reach, too.
		if err := w.s.OperatorGrant(ctx, "new", []auth.Grant{{Role: auth.RoleDutyOfficer, Area: w.city}}); err != nil {
			t.Fatal(err)
		}
		wantRefused(t, "password of a user with a role above", w.s.SetPassword(ctx, north, u.ID, good+"!"))

		list, err := w.s.ListUsers(ctx, north, 0, 100)
		var logins []string
		for _, u := range list {
			logins = append(logins, u.Login)
		}
		if err != nil || !slices.Equal(logins, []string{"north", "new"}) {
			t.Errorf("the administrator of the north lists %v, %v", logins, err)
		}
		if list, err := w.s.ListUsers(ctx, south.Actor(), 0, 100); err != nil || len(list) != 0 {
			t.Errorf("who administers nothing lists %d users, %v", len(list), err)
		}
	})
}

func TestTwoPeopleMakeAnAdministrator(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		w := newWorld(t, open())
		ctx := t.Context()
		root, second := w.root.Actor(), w.operator("second", auth.RoleAdministrator, w.city).Actor()
		u := w.operator("new", auth.RoleAuditor, w.north)
		state, err := w.s.Grant(ctx, root, u.ID, auth.Grant{Role: auth.RoleAdministrator, Area: w.north})
		if err != nil || state != store.GrantProposed {
			t.Fatalf("proposed: %v, %v", state, err)
		}
		admin := func() bool {
			return auth.MayAnywhere(w.user(u.ID).Actor(), auth.UserAdmin, "", time.Now())
		}
		if admin() {
			t.Error("a proposed grant is in force")
		}
		confirm := func(a auth.Actor) error {
			return w.s.ConfirmGrant(ctx, a, u.ID, auth.RoleAdministrator, w.north)
		}
		if err := confirm(root); !errors.Is(err, account.ErrSamePerson) {
			t.Errorf("confirmed by the proposer: %v", err)
		}
		if err := confirm(u.Actor()); !errors.Is(err, account.ErrOwnGrant) {
			t.Errorf("confirmed by the one who gets it: %v", err)
		}
		// Coming in as the other administrator is barred as well.
		wantRefused(t, "password of the other administrator", w.s.SetPassword(ctx, root, second.UserID, good+"!"))
		if admin() {
			t.Error("still one person only, and the grant is in force")
		}
		if err := confirm(second); err != nil || !admin() {
			t.Errorf("confirmed by a second: %v, in force %v", err, admin())
		}
		if err := confirm(second); !errors.Is(err, account.ErrNotProposed) {
			t.Errorf("confirmed again: %v", err)
		}
		// An end for it needs nobody else, a later one does.
		now := time.Now()
		for _, step := range []struct {
			until time.Duration
			want  store.GrantState
		}{{48 * time.Hour, store.GrantInForce}, {24 * time.Hour, store.GrantInForce}, {72 * time.Hour, store.GrantProposed}} {
			got, err := w.s.Grant(ctx, root, u.ID, auth.Grant{Role: auth.RoleAdministrator, Area: w.north, Until: now.Add(step.until)})
			if err != nil || got != step.want {
				t.Errorf("until %v: %v, %v, want %v", step.until, got, err, step.want)
			}
		}
	})
}

func TestPasswords(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		w := newWorld(t, open())
		ctx := t.Context()
		u := w.operator("ada", auth.RoleAuditor, w.north)
		logIn := func(password string) error {
			_, _, err := w.s.LogIn(ctx, "Ada", password, from, auth.SessionToken{})
			return err
		}
		token, _, err := w.s.LogIn(ctx, "ada", good, from, auth.SessionToken{})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.s.ChangePassword(ctx, u.Actor(), "wrong one entirely", "another long phrase", from); !errors.Is(err, auth.ErrBadLogin) {
			t.Errorf("change with a wrong old password: %v", err)
		}
		var field *account.FieldError
		if err := w.s.ChangePassword(ctx, u.Actor(), good, "short", from); !errors.As(err, &field) || field.Field != "password" || !errors.Is(err, auth.ErrPasswordShort) {
			t.Errorf("short password: %v", err)
		}
		if err := w.s.ChangePassword(ctx, u.Actor(), good, "another long phrase", from); err != nil {
			t.Fatal(err)
		}
		if _, err := w.s.Sessions().Find(ctx, token, w.db.Now()); !errors.Is(err, auth.ErrNoSession) {
			t.Errorf("session after the change of password: %v", err)
		}
		if err := logIn(good); !errors.Is(err, auth.ErrBadLogin) {
			t.Errorf("old password: %v", err)
		}
		if err := w.s.SetPassword(ctx, w.root.Actor(), u.ID, "set by the administrator"); err != nil {
			t.Fatal(err)
		}
		if err := logIn("set by the administrator"); err != nil {
			t.Errorf("new password: %v", err)
		}
		off := true
		if _, err := w.s.ChangeUser(ctx, w.root.Actor(), u.ID, w.user(u.ID).Version, account.UserChange{Disabled: &off}); err != nil {
			t.Fatal(err)
		}
		if err := logIn("set by the administrator"); !errors.Is(err, auth.ErrBadLogin) {
			t.Errorf("disabled: %v", err)
		}
		if _, err := w.s.ChangeUser(ctx, w.root.Actor(), w.root.ID, w.root.Version, account.UserChange{Disabled: &off}); !errors.Is(err, account.ErrSelf) {
			t.Errorf("disable oneself: %v", err)
		}
		if err := w.s.OperatorSetPassword(ctx, "ada", "set on the machine itself"); err != nil {
			t.Fatal(err)
		}
		if err := logIn("set on the machine itself"); err != nil {
			t.Errorf("after the operator: %v", err)
		}
		// Nothing that was typed as a password, and no hash, is in the journal.
		err = w.db.View(ctx, func(r *store.Reader) error {
			all, err := r.EntriesAfter(0, 1000)
			for _, e := range all {
				if p := string(e.Payload); strings.Contains(p, "argon2") || strings.Contains(p, "phrase") || strings.Contains(p, "horse") {
					t.Errorf("entry %d: %s", e.Seq, p)
				}
			}
			if len(all) < 10 {
				t.Errorf("%d entries only", len(all))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestTokens(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		w := newWorld(t, open())
		ctx := t.Context()
		owner := w.operator("epi", auth.RoleEpidemiologist, w.north).Actor()
		stranger := w.operator("epi2", auth.RoleEpidemiologist, w.north).Actor()
		secret, token, err := w.s.IssueToken(ctx, owner, "export", []auth.Action{auth.Export}, w.db.Now().Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		wantRefused(t, "a stranger ends a token", w.s.EndToken(ctx, stranger, token.ID))
		if _, err := w.s.Tokens().Find(ctx, secret, w.db.Now()); err != nil {
			t.Errorf("the token no longer holds: %v", err)
		}
		if err := w.s.EndToken(ctx, w.root.Actor(), token.ID); err != nil {
			t.Errorf("the administrator ends it: %v", err)
		}
		if _, err := w.s.Tokens().Find(ctx, secret, w.db.Now()); !errors.Is(err, auth.ErrNoToken) {
			t.Errorf("ended token: %v", err)
		}
		if list, err := w.s.OwnTokens(ctx, owner); err != nil || len(list) != 1 || list[0].RevokedAt.IsZero() {
			t.Errorf("own tokens: %+v, %v", list, err)
		}
	})
}

func TestSignOn(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		w := newWorld(t, open())
		ctx := t.Context()
		until := w.db.Now().Add(time.Hour)
		epi := auth.Grant{Role: auth.RoleEpidemiologist, Area: w.north, Until: until}
		auditor := auth.Grant{Role: auth.RoleAuditor, Area: w.city, Until: until}
		sign := func(login, subject string, grants ...auth.Grant) (store.User, error) {
			_, u, err := w.s.SignOn(ctx, account.SignedOn{Issuer: "https://idp.example", Subject: subject, Login: login, Grants: grants}, auth.SessionToken{})
			return u, err
		}
		if _, err := sign("wei", "1"); !errors.Is(err, account.ErrNoRole) {
			t.Errorf("a stranger without a role: %v", err)
		}
		u, err := sign("wei", "1", epi)
		if err != nil || len(u.Grants) != 1 || u.Grants[0].Grant != epi || u.Area != w.north || u.HasPassword {
			t.Fatalf("first sign-on: %+v, %v", u, err)
		}
		// The same subject is the same account whatever its login is now; its roles are those of now.
		again, err := sign("renamed", "1", auditor)
		if err != nil || again.ID != u.ID || again.Login != "wei" || len(again.Grants) != 1 || again.Grants[0].Grant != auditor {
			t.Errorf("second sign-on: %+v, %v", again, err)
		}
		// A role given here stays when the provider gives none any more.
		if err := w.s.OperatorGrant(ctx, "wei", []auth.Grant{{Role: auth.RoleDriver, Area: w.north}}); err != nil {
			t.Fatal(err)
		}
		if u, err := sign("wei", "1"); err != nil || len(u.Grants) != 1 || u.Grants[0].Role != auth.RoleDriver {
			t.Errorf("third sign-on: %+v, %v", u, err)
		}
		if err := w.s.Revoke(ctx, w.root.Actor(), u.ID, auth.RoleDriver, w.north); err != nil {
			t.Fatal(err)
		}
		if _, err := sign("wei", "1"); !errors.Is(err, account.ErrNoRole) {
			t.Errorf("without any role: %v", err)
		}
		// Nobody becomes a local user by choosing that user's name at the provider.
		if _, err := sign("root", "2", epi); !errors.Is(err, store.ErrTaken) {
			t.Errorf("a local user's login: %v", err)
		}
		if err := w.s.SetPassword(ctx, w.root.Actor(), u.ID, good); !errors.Is(err, account.ErrSignsOnElsewhere) {
			t.Errorf("password for an account of the provider: %v", err)
		}
	})
}

func TestWrongFields(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.SQLite(t)())
	for _, c := range []struct {
		field string
		n     account.NewUser
	}{
		{"login", account.NewUser{Login: "", Title: "x", Password: good}},
		{"login", account.NewUser{Login: "two words", Title: "x", Password: good}},
		{"login", account.NewUser{Login: strings.Repeat("a", 65), Title: "x", Password: good}},
		{"title", account.NewUser{Login: "a", Title: " ", Password: good}},
		{"title", account.NewUser{Login: "a", Title: "x\ny", Password: good}},
		{"password", account.NewUser{Login: "a", Title: "x", Password: "short"}},
		{"lang", account.NewUser{Login: "a", Title: "x", Password: good, Lang: "../en"}},
		{"area", account.NewUser{Login: "a", Title: "x", Password: good, Area: 4711}},
	} {
		_, err := w.s.OperatorAdd(t.Context(), c.n, nil)
		var f *account.FieldError
		if !errors.As(err, &f) || f.Field != c.field {
			t.Errorf("%+v: %v, want field %s", c.n.Login, err, c.field)
		}
	}
	for _, g := range []auth.Grant{{Role: "king", Area: w.north}, {Role: auth.RoleDriver, Area: 4711}, {Role: auth.RoleDriver, Area: w.north, Until: w.db.Now()}} {
		var f *account.FieldError
		if err := w.s.OperatorGrant(t.Context(), "root", []auth.Grant{g}); !errors.As(err, &f) {
			t.Errorf("grant %+v: %v, want a field error", g, err)
		}
	}
}
