package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// cheap keeps tests fast; the costs of the default have their own test.
var cheap = HasherOptions{Params: HashParams{MemoryKiB: 64, Passes: 1, Lanes: 1}}

func newHasher(t testing.TB, o HasherOptions) *Hasher {
	t.Helper()
	h, err := NewHasher(o)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestHashAndVerify(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	h := newHasher(t, cheap)
	hash, err := h.Hash(ctx, "correct horse battery é")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(hash), "$argon2id$v=19$m=64,t=1,p=1$") {
		t.Errorf("hash %q is not a PHC string", string(hash))
	}
	for password, want := range map[string]bool{
		"correct horse battery é":       true,
		"correct horse battery e\u0301": true, // e and a combining accent: the same text from another keyboard
		"correct horse battery e":       false,
		"":                              false,
	} {
		ok, rehash, err := h.Verify(ctx, hash, password)
		if err != nil || ok != want || rehash {
			t.Errorf("Verify(%q) = %v, rehash %v, %v; want %v, false, nil", password, ok, rehash, err, want)
		}
	}
	again, err := h.Hash(ctx, "correct horse battery é")
	if err != nil || again == hash {
		t.Errorf("two hashes of one password are equal (%v): no salt", err)
	}
	dearer := newHasher(t, HasherOptions{Params: HashParams{MemoryKiB: 64, Passes: 2, Lanes: 1}})
	if ok, rehash, err := dearer.Verify(ctx, hash, "correct horse battery é"); !ok || !rehash || err != nil {
		t.Errorf("after the costs rose: ok %v, rehash %v, %v; want true, true, nil", ok, rehash, err)
	}
	if _, rehash, _ := dearer.Verify(ctx, hash, "wrong"); rehash {
		t.Error("a wrong password asks for a new hash")
	}
}

// The argon2id known answer of the reference implementation's command line,
// echo -n password | argon2 somesalt -id -t 2 -k 65536 -p 1 -l 32.
func TestVerifyKnownAnswer(t *testing.T) {
	t.Parallel()
	const known = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	ok, rehash, err := newHasher(t, HasherOptions{}).Verify(t.Context(), known, "password")
	if !ok || !rehash || err != nil {
		t.Errorf("Verify = %v, rehash %v, %v; want true, true, nil", ok, rehash, err)
	}
}

func TestDefaultHashParams(t *testing.T) {
	t.Parallel()
	if got, want := DefaultHashParams(), (HashParams{MemoryKiB: 19456, Passes: 2, Lanes: 1}); got != want {
		t.Errorf("default %+v, want %+v", got, want)
	}
	for _, o := range []HasherOptions{
		{Params: HashParams{MemoryKiB: 7, Passes: 1, Lanes: 1}}, {Params: HashParams{MemoryKiB: 64, Lanes: 1}},
		{Params: HashParams{MemoryKiB: 64, Passes: 1}}, {Params: HashParams{MemoryKiB: 1 << 20, Passes: 1, Lanes: 1}}, {Parallel: -1},
	} {
		if _, err := NewHasher(o); err == nil {
			t.Errorf("NewHasher(%+v) accepted", o)
		}
	}
}

func TestHashNeverPrints(t *testing.T) {
	t.Parallel()
	h := PasswordHash("$argon2id$v=19$secret")
	s := newSessionToken()
	a := newAPISecret()
	for _, v := range []any{h, &h, s, &s, a, &a, struct{ H any }{h}, []any{s, a}} {
		j, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{fmt.Sprint(v), fmt.Sprintf("%+v %#v %s %q %x", v, v, v, v, v), string(j)} {
			for _, secret := range []string{"$argon2id$", s.Reveal(), a.Reveal(), fmt.Sprintf("%x", a.Reveal()), fmt.Sprintf("%x", s.Reveal())} {
				if strings.Contains(text, secret) {
					t.Errorf("%T prints its secret: %s", v, text)
				}
			}
		}
	}
}

func TestHasherWaitsItsTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHasher(t, HasherOptions{Params: cheap.Params, Parallel: 2})
		h.slots <- struct{}{} // two hashes under way
		h.slots <- struct{}{}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		began := time.Now()
		if _, err := h.Hash(ctx, "x"); !errors.Is(err, ErrBusy) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Hash = %v, want ErrBusy", err)
		}
		if waited := time.Since(began); waited != 5*time.Second {
			t.Errorf("gave up after %v, want 5s", waited)
		}
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := h.VerifyNobody(t.Context(), "x"); err != nil {
				t.Errorf("after a slot came free: %v", err)
			}
		})
		synctest.Wait()
		<-h.slots
		wg.Wait()
		if n := len(h.slots); n != 1 {
			t.Errorf("%d slots taken, want 1: a slot was not given back", n)
		}
	})
}

func TestCheckPassword(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, login, password string
		want                  []error
	}{
		{"a sentence", "wei.li", "the bus left at dawn", nil},
		{"Chinese sentence of twelve", "wei.li", "今天早上七点公交车已经开走", nil},
		{"eleven characters", "wei.li", "bus at dawn", []error{ErrPasswordShort}},
		{"eleven Chinese characters are more than twelve bytes", "wei.li", "今天早上七点公交车开走", []error{ErrPasswordShort}},
		{"common", "wei.li", "Qwerty123456", []error{ErrPasswordCommon}},
		{"common with a year", "wei.li", "password2026!", []error{ErrPasswordCommon}},
		{"full-width letters are the same letters", "wei.li", "ｐａｓｓｗｏｒｄ２０２６", []error{ErrPasswordCommon}},
		{"digits that are on no list", "wei.li", "902834710562938", nil},
		{"counting", "wei.li", "1234567890123", []error{ErrPasswordCommon}},
		{"few letters", "wei.li", "abababababab", []error{ErrPasswordMonotone}},
		{"login inside", "Wei.Li", "go wei.li go now", []error{ErrPasswordLogin}},
		{"a login of two letters is in many words", "li", "the little bus left", nil},
		{"two faults", "weili", "weili", []error{ErrPasswordShort, ErrPasswordMonotone, ErrPasswordLogin}},
		{"too long", "wei.li", strings.Repeat("abcdefgh", 65), []error{ErrPasswordLong}},
		{"not text", "wei.li", "the bus left \xff\xfe", []error{ErrPasswordText}},
	}
	all := []error{ErrPasswordShort, ErrPasswordLong, ErrPasswordText, ErrPasswordCommon, ErrPasswordMonotone, ErrPasswordLogin}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := CheckPassword(tt.login, tt.password)
			for _, e := range all {
				want := false
				for _, w := range tt.want {
					want = want || errors.Is(w, e)
				}
				if errors.Is(got, e) != want {
					t.Errorf("CheckPassword = %v; want %v to be part of it: %v", got, e, want)
				}
			}
		})
	}
}

func TestNormalLogin(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{" Wei.Li ": "wei.li", "ＷＥＩ": "wei", "Straße": "strasse", "李伟": "李伟"} {
		if got := NormalLogin(in); got != want || NormalLogin(got) != got {
			t.Errorf("NormalLogin(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzParsePHC(f *testing.F) {
	f.Add("$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")
	f.Add("$argon2id$v=19$m=4294967295,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5Q")
	f.Add("$argon2i$v=16$m=8,t=1,p=1$$")
	f.Add("$argon2id$v=19$m=08,t=+1,p=1$c29tZXNhbHR$AAAAAAAAAAAAAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, s string) {
		h, err := parsePHC(PasswordHash(s))
		if err != nil {
			if !errors.Is(err, ErrBadHash) {
				t.Fatalf("error %v is not ErrBadHash", err)
			}
			return
		}
		if err := h.params.validate(); err != nil {
			t.Fatalf("accepted costs out of bounds: %v", err)
		}
		if got := string(h.encode()); got != s {
			t.Fatalf("%q was read as %q: two spellings of one hash", s, got)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	h := newHasher(b, HasherOptions{})
	hash, err := h.Hash(b.Context(), "the bus left at dawn")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if ok, _, err := h.Verify(b.Context(), hash, "the bus left at dawn"); !ok || err != nil {
			b.Fatal(ok, err)
		}
	}
}

// A made-up password is one that its account may have, also where chance would write the login into it.
func TestMadePassword(t *testing.T) {
	t.Parallel()
	for range 2000 {
		for _, login := range []string{"abc", "an", "qian", "a2b"} {
			if p := MadePassword(login); CheckPassword(login, p) != nil {
				t.Fatalf("%q for %s: %v", p, login, CheckPassword(login, p))
			}
		}
	}
}
