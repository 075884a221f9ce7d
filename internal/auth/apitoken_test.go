package auth

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestAPIToken(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	m := newMemory()
	tokens, err := NewAPITokens(m.tokenStore())
	if err != nil {
		t.Fatal(err)
	}
	owner := Actor{UserID: 7, Grants: []Grant{{Role: RoleEpidemiologist, Area: 5}}}
	expires := noon.Add(30 * 24 * time.Hour)
	secret, stored, err := tokens.Issue(ctx, owner, " nightly export ", []Action{Export, CaseRead, Export}, expires, noon)
	if err != nil {
		t.Fatal(err)
	}
	if stored.ID == 0 || stored.Label != "nightly export" || !slices.Equal(stored.Scopes, []Action{CaseRead, Export}) {
		t.Errorf("stored %+v", stored)
	}
	parsed, err := ParseAPISecret(secret.Reveal())
	if err != nil || parsed != secret || !strings.HasPrefix(secret.Reveal(), "fb_") || len(secret.Reveal()) != 61 {
		t.Fatalf("ParseAPISecret = %v, %v", parsed, err)
	}
	if got, err := tokens.Find(ctx, parsed, expires.Add(-time.Nanosecond)); err != nil || got.UserID != 7 {
		t.Errorf("Find = %+v, %v", got, err)
	}
	if _, err := tokens.Find(ctx, parsed, expires); !errors.Is(err, ErrNoToken) {
		t.Errorf("at expiry: %v, want ErrNoToken", err)
	}
	row := m.tokens[secret.Hash()]
	row.RevokedAt = noon
	m.tokens[secret.Hash()] = row
	for _, s := range []APISecret{parsed, newAPISecret(), {}} {
		if _, err := tokens.Find(ctx, s, noon); !errors.Is(err, ErrNoToken) {
			t.Errorf("revoked or unknown: %v, want ErrNoToken", err)
		}
	}

	byToken := owner
	byToken.Token = &TokenUse{ID: 1, Scopes: []Action{CaseRead}}
	for name, issue := range map[string]func() error{
		"a token cannot": func() error {
			_, _, err := tokens.Issue(ctx, byToken, "x", []Action{CaseRead}, expires, noon)
			return err
		},
		"label": func() error {
			_, _, err := tokens.Issue(ctx, owner, " ", []Action{CaseRead}, expires, noon)
			return err
		},
		"scopes: name": func() error {
			_, _, err := tokens.Issue(ctx, owner, "x", nil, expires, noon)
			return err
		},
		`"user.admin"`: func() error {
			_, _, err := tokens.Issue(ctx, owner, "x", []Action{CaseRead, UserAdmin}, expires, noon)
			return err
		},
		"expiry": func() error {
			return errors.Join(
				second(tokens.Issue(ctx, owner, "x", []Action{CaseRead}, noon, noon)),
				second(tokens.Issue(ctx, owner, "x", []Action{CaseRead}, noon.Add(401*24*time.Hour), noon)))
		},
	} {
		if err := issue(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("error %v does not name %s", err, name)
		}
	}
	if len(m.tokens) != 1 {
		t.Errorf("%d tokens stored, want 1", len(m.tokens))
	}
}

func second(_ APISecret, _ APIToken, err error) error {
	if err == nil {
		return nil
	}
	return err
}

// One wrong letter anywhere is seen without asking the store.
func TestAPISecretChecksum(t *testing.T) {
	t.Parallel()
	good := newAPISecret().Reveal()
	for i := range good {
		for _, c := range "a7z_" {
			bad := good[:i] + string(c) + good[i+1:]
			if _, err := ParseAPISecret(bad); bad != good && !errors.Is(err, ErrBadToken) {
				t.Errorf("changed at %d: %v, want ErrBadToken", i, err)
			}
		}
	}
}

func FuzzParseAPISecret(f *testing.F) {
	f.Add(newAPISecret().Reveal())
	f.Add("fb_")
	f.Add("fb_" + strings.Repeat("a", 58))
	f.Fuzz(func(t *testing.T, s string) {
		got, err := ParseAPISecret(s)
		if err != nil {
			if got != (APISecret{}) || !errors.Is(err, ErrBadToken) {
				t.Fatalf("ParseAPISecret = %v, %v", got, err)
			}
			return
		}
		if got.Reveal() != s || len(s) != 61 {
			t.Fatalf("%q accepted as %q", s, got.Reveal())
		}
	})
}

func FuzzParseSessionToken(f *testing.F) {
	f.Add(newSessionToken().Reveal())
	f.Add(strings.Repeat("_", 43))
	f.Fuzz(func(t *testing.T, s string) {
		if got, ok := parseSessionToken(s); ok && (got.Reveal() != s || len(s) != 43) {
			t.Fatalf("%q accepted as %q", s, got.Reveal())
		}
	})
}
