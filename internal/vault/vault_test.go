package vault

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"firebreak/internal/auth"
)

var (
	cell = Cell{"person_vault", "name", "42"}
	req  = Request{By: 7, Purpose: auth.PurposeContactTracing, Reason: "task 9"}
)

func newKeyring(t interface{ Fatal(...any) }) *Keyring {
	k, err := NewKeyring()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func newVault(t interface{ Fatal(...any) }, k *Keyring, j Journal) *Vault {
	v, err := New(k, j)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// accept is a journal that takes everything.
func accept(context.Context, Reading) error { return nil }

func seal(t interface{ Fatal(...any) }, v *Vault, c Cell, text string) Sealed {
	s, err := v.Seal(c, NewSecret(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSealAndOpen(t *testing.T) {
	t.Parallel()
	v := newVault(t, newKeyring(t), accept)
	word := rapid.StringMatching(`[a-z_]{1,12}`)
	rapid.Check(t, func(t *rapid.T) {
		c := Cell{word.Draw(t, "table"), word.Draw(t, "column"), rapid.StringN(1, 20, -1).Draw(t, "row")}
		text := rapid.StringN(1, 80, -1).Draw(t, "text")
		s := seal(t, v, c, text)
		if bytes.Contains(s.Bytes(), []byte(text)) && len(text) > 3 {
			t.Fatal("the plaintext stands in the ciphertext")
		}
		if again := seal(t, v, c, text); bytes.Equal(again.Bytes(), s.Bytes()) {
			t.Fatal("sealing twice gave the same bytes")
		}
		got, err := v.Open(context.Background(), req, Item{c, SealedFrom(s.Bytes())})
		if err != nil || got.Reveal() != text {
			t.Fatalf("Open = %q, %v; want %q", got.Reveal(), err, text)
		}
		other := c
		switch rapid.IntRange(0, 3).Draw(t, "moved") {
		case 0:
			other.Table += "x"
		case 1:
			other.Column += "x"
		case 2:
			other.Row += "x"
		case 3: // the same letters, cut elsewhere
			c.Column += "x"
			s = seal(t, v, c, text)
			other = Cell{c.Table + c.Column[:1], c.Column[1:], c.Row}
		}
		if got, err := v.Open(context.Background(), req, Item{other, s}); !errors.Is(err, ErrTampered) || !got.IsZero() {
			t.Fatalf("opened in another cell: %v", err)
		}
	})
}

func TestTamperedByteFails(t *testing.T) {
	t.Parallel()
	v := newVault(t, newKeyring(t), accept)
	s := seal(t, v, cell, "王小明")
	for i := range s.Bytes() {
		for bit := range 8 {
			b := bytes.Clone(s.Bytes())
			b[i] ^= 1 << bit
			got, err := v.Open(t.Context(), req, Item{cell, SealedFrom(b)})
			if !errors.Is(err, ErrTampered) && !errors.Is(err, ErrUnknownKey) || !got.IsZero() {
				t.Fatalf("byte %d, bit %d changed: %v", i, bit, err)
			}
		}
	}
	for n := 1; n < len(s.Bytes()); n++ {
		if _, err := v.Open(t.Context(), req, Item{cell, SealedFrom(s.Bytes()[:n])}); err == nil {
			t.Fatalf("cut to %d bytes and opened", n)
		}
	}
	if _, err := v.Open(t.Context(), req, Item{cell, SealedFrom(append(bytes.Clone(s.Bytes()), 0))}); !errors.Is(err, ErrTampered) {
		t.Errorf("a byte added: %v", err)
	}
}

func TestCellIsUnambiguous(t *testing.T) {
	t.Parallel()
	v := newVault(t, newKeyring(t), accept)
	for _, c := range []Cell{{"", "b", "c"}, {"a", "", "c"}, {"a", "b", ""}, {"a|b", "c", "d"}, {"a", "b|c", "d"}} {
		if _, err := v.Seal(c, NewSecret("x")); err == nil {
			t.Errorf("sealed for %+v", c)
		}
	}
	if _, err := v.Seal(cell, NewSecret("")); !errors.Is(err, ErrNothingToSeal) {
		t.Errorf("sealed nothing: %v", err)
	}
}

// No journal entry, no plaintext: whatever goes wrong with the journal.
func TestReadingIsJournalledFirst(t *testing.T) {
	t.Parallel()
	k := newKeyring(t)
	var entries []Reading
	diskFull := errors.New("disk is full")
	var fail error
	v := newVault(t, k, func(_ context.Context, r Reading) error {
		if fail != nil {
			return fail
		}
		entries = append(entries, r)
		return nil
	})
	s := seal(t, v, cell, "王小明")
	if len(entries) != 0 {
		t.Errorf("sealing was journalled as a reading")
	}

	fail = diskFull
	if got, err := v.Open(t.Context(), req, Item{cell, s}); !errors.Is(err, ErrNotJournalled) || !errors.Is(err, diskFull) || !got.IsZero() {
		t.Errorf("with a broken journal: %q, %v", got.Reveal(), err)
	}
	fail = nil

	for _, bad := range []Request{
		{}, {Purpose: req.Purpose, Reason: "x"}, {By: 7, Reason: "x"}, {By: 7, Purpose: "curiosity", Reason: "x"}, {By: 7, Purpose: req.Purpose, Reason: " "},
	} {
		if got, err := v.Open(t.Context(), bad, Item{cell, s}); !errors.Is(err, ErrNoPurpose) || !got.IsZero() {
			t.Errorf("request %+v: %v, want ErrNoPurpose", bad, err)
		}
	}
	if len(entries) != 0 {
		t.Fatalf("%d entries for readings that were refused", len(entries))
	}

	other := Cell{"person_vault", "document", "42"}
	empty := Item{Cell: Cell{"person_vault", "phone", "42"}}
	got, err := v.OpenAll(t.Context(), req, []Item{{cell, s}, empty, {other, seal(t, v, other, "37020219900101123X")}})
	if err != nil || len(got) != 3 || got[0].Reveal() != "王小明" || !got[1].IsZero() || got[2].Reveal() != "37020219900101123X" {
		t.Errorf("OpenAll = %v, %v", got, err)
	}
	if len(entries) != 1 || entries[0].By != 7 || entries[0].Purpose != req.Purpose || entries[0].Reason != "task 9" || !slices.Equal(entries[0].Cells, []Cell{cell, other}) {
		t.Errorf("journal %+v, want one entry with two cells", entries)
	}
	if got, err := v.OpenAll(t.Context(), req, []Item{{cell, s}, {other, s}}); !errors.Is(err, ErrTampered) || got != nil {
		t.Errorf("one of two tampered: %v, %v; want nothing", got, err)
	}
	if len(entries) != 2 {
		t.Errorf("an attempt on a tampered value left no entry")
	}
	if _, err := v.OpenAll(t.Context(), req, []Item{empty}); err != nil || len(entries) != 2 {
		t.Errorf("opening nothing: %v, %d entries", err, len(entries))
	}

	if _, err := New(k, nil); err == nil {
		t.Error("a vault without a journal")
	}
	if _, err := v.WithJournal(nil); err == nil {
		t.Error("a vault whose journal was taken away")
	}
	if got, err := new(Vault).Open(t.Context(), req, Item{cell, s}); !errors.Is(err, ErrNotJournalled) || !got.IsZero() {
		t.Errorf("the zero vault: %v", err)
	}
	here := 0
	w, err := v.WithJournal(func(context.Context, Reading) error { here++; return nil })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Open(t.Context(), req, Item{cell, s}); err != nil || here != 1 || len(entries) != 2 {
		t.Errorf("bound journal: %v, %d entries there, %d here", err, here, len(entries))
	}
}

func TestRotation(t *testing.T) {
	t.Parallel()
	first := newKeyring(t)
	v1 := newVault(t, first, accept)
	s1 := seal(t, v1, cell, "王小明")
	x1, _ := v1.Index(FieldName, NewSecret("王小明"))

	second, err := first.Rotate()
	if err != nil {
		t.Fatal(err)
	}
	if len(second.Keys()) != 2 || second.Primary() == first.Primary() || len(first.Keys()) != 1 {
		t.Fatalf("keys %v and primary %d after, %v before", second.Keys(), second.Primary(), first.Keys())
	}
	v2 := newVault(t, second, accept)
	if got, err := v2.Open(t.Context(), req, Item{cell, s1}); err != nil || got.Reveal() != "王小明" {
		t.Errorf("an old value after rotation: %v", err)
	}
	if x2, _ := v2.Index(FieldName, NewSecret("王小明")); x2 != x1 {
		t.Error("rotation changed the blind index")
	}
	s2, changed, err := v2.Rewrap(cell, s1)
	if err != nil || !changed {
		t.Fatalf("Rewrap: %v, %v", changed, err)
	}
	if id, ok := s2.KeyID(); !ok || id != second.Primary() {
		t.Errorf("sealed by key %d, want %d", id, second.Primary())
	}
	if again, changed, err := v2.Rewrap(cell, s2); err != nil || changed || !bytes.Equal(again.Bytes(), s2.Bytes()) {
		t.Errorf("Rewrap twice: changed %v, %v", changed, err)
	}
	if s, changed, err := v2.Rewrap(cell, Sealed{}); err != nil || changed || !s.IsZero() {
		t.Errorf("Rewrap of nothing: %v, %v", changed, err)
	}
	if _, err := v1.Open(t.Context(), req, Item{cell, s2}); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("a server that has not read the new keyring: %v, want ErrUnknownKey", err)
	}
	if _, _, err := v2.Rewrap(Cell{"person_vault", "name", "43"}, s1); !errors.Is(err, ErrTampered) {
		t.Errorf("Rewrap in another row: %v, want ErrTampered", err)
	}

	third, err := second.Drop(first.Primary())
	if err != nil {
		t.Fatal(err)
	}
	v3 := newVault(t, third, accept)
	if got, err := v3.Open(t.Context(), req, Item{cell, s2}); err != nil || got.Reveal() != "王小明" {
		t.Errorf("after the old key was dropped: %v", err)
	}
	if _, err := v3.Open(t.Context(), req, Item{cell, s1}); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("a value not rewrapped: %v, want ErrUnknownKey", err)
	}
	if _, err := third.Drop(third.Primary()); err == nil {
		t.Error("the primary was dropped")
	}
	if _, err := third.Drop(1); err == nil {
		t.Error("a key that is not there was dropped")
	}
}

func TestMove(t *testing.T) {
	t.Parallel()
	v := newVault(t, newKeyring(t), accept)
	to := Cell{"person_vault", "name", "43"}
	s, err := v.Move(cell, to, seal(t, v, cell, "王小明"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := v.Open(t.Context(), req, Item{to, s}); err != nil || got.Reveal() != "王小明" {
		t.Errorf("in its new cell: %v", err)
	}
	if _, err := v.Open(t.Context(), req, Item{cell, s}); !errors.Is(err, ErrTampered) {
		t.Errorf("in its old cell: %v, want ErrTampered", err)
	}
	if _, err := v.Move(cell, to, s); !errors.Is(err, ErrTampered) {
		t.Errorf("moved from where it is not: %v", err)
	}
}

// Nothing of the vault prints itself, by whatever road.
func TestNothingPrints(t *testing.T) {
	t.Parallel()
	v := newVault(t, newKeyring(t), accept)
	name, err := NewName("Anna Beispiel")
	if err != nil {
		t.Fatal(err)
	}
	m := NewMasterKey()
	s := seal(t, v, cell, "Anna Beispiel")
	type row struct {
		N Name
		S Secret
		C Sealed
		M MasterKey
		P *Name
	}
	all := row{name, name.Secret, s, m, &name}
	secrets := []string{"Anna", "Beispiel", fmt.Sprintf("%x", "Anna"), fmt.Sprintf("%X", "Anna"), fmt.Sprint([]byte("Anna"))[1:14],
		fmt.Sprintf("%x", s.Bytes()), fmt.Sprint(s.Bytes()), strings.Split(m.Text(), ":")[1], fmt.Sprintf("%x", m.key), fmt.Sprint(m.key)}
	for _, val := range []any{name, name.Secret, s, m, &name, &s, &m, all, &all, []Name{name}, map[string]Sealed{"a": s}} {
		var texts []string
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%b", "%o", "%U", "%c"} {
			texts = append(texts, fmt.Sprintf(verb, val))
		}
		j, err := json.Marshal(val)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(j))
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "v", val)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "v", val)
		texts = append(texts, log.String())
		for _, text := range texts {
			for _, secret := range secrets {
				if strings.Contains(text, secret) {
					t.Errorf("%T prints %q: %s", val, secret, text)
				}
			}
		}
	}
	if name.Reveal() != "Anna Beispiel" {
		t.Error("Reveal does not reveal: the test proves nothing")
	}
	if _, err := NewName("Anna\x07Beispiel"); err == nil || strings.Contains(err.Error(), "Anna") {
		t.Errorf("error %v shows the name", err)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in, want, masked string
		err                    error
	}{
		{"two characters", "王明", "王明", "王**", nil},
		{"three characters", "王小明", "王小明", "王**", nil},
		{"spaces", "  Anna \t Beispiel ", "Anna Beispiel", "A**", nil},
		{"composed", "E\u0301va", "Éva", "É**", nil},
		{"no composed form", "R\u0308a", "R\u0308a", "R\u0308**", nil},
		{"beyond the basic plane", "𠮷田", "𠮷田", "𠮷**", nil},
		{"one character", "王", "王", "王**", nil},
		{"empty", " \n ", "", "", ErrNameEmpty},
		{"long", strings.Repeat("王", 201), "", "", ErrNameLong},
		{"control character", "王\x00明", "", "", ErrNameText},
		{"not text", "王\xff", "", "", ErrNameText},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := NewName(tt.in)
			if !errors.Is(err, tt.err) || got.Reveal() != tt.want || got.Masked() != tt.masked {
				t.Errorf("NewName = %q, masked %q, %v; want %q, %q, %v", got.Reveal(), got.Masked(), err, tt.want, tt.masked, tt.err)
			}
		})
	}
}

// What an import does for each value of each row.
func BenchmarkSealAndIndex(b *testing.B) {
	v := newVault(b, newKeyring(b), accept)
	for _, bench := range []struct {
		name string
		f    Field
		text string
	}{{"name", FieldName, "欧阳小明"}, {"latin", FieldName, "Anna-Maria Beispiel"}, {"document", FieldDocument, "37020219900101123x"}, {"phone", FieldPhone, "+86 138 0000 0000"}} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			value := NewSecret(bench.text)
			for b.Loop() {
				if _, err := v.Seal(cell, value); err != nil {
					b.Fatal(err)
				}
				if _, ok := v.Index(bench.f, value); !ok {
					b.Fatal("no index")
				}
			}
		})
	}
}

func BenchmarkIndex(b *testing.B) {
	v := newVault(b, newKeyring(b), accept)
	value := NewSecret("欧阳小明")
	b.ReportAllocs()
	for b.Loop() {
		v.Index(FieldName, value)
	}
}

func BenchmarkOpen(b *testing.B) {
	v := newVault(b, newKeyring(b), accept)
	it := Item{cell, seal(b, v, cell, "欧阳小明")}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Open(b.Context(), req, it); err != nil {
			b.Fatal(err)
		}
	}
}
