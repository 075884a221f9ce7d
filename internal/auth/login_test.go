package auth

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

var office = netip.MustParseAddr("203.0.113.7")

func newLimiter(t interface{ Fatal(...any) }, o LimiterOptions, now time.Time) *Limiter {
	l, err := NewLimiter(o, now)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestLimiterPerLogin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(t, LimiterOptions{PerLogin: Rate{3, 30 * time.Second}}, time.Now())
		ip := func(i int) netip.Addr { return netip.AddrFrom4([4]byte{198, 51, 100, byte(i)}) }
		for i := range 3 {
			if wait := l.Attempt("wei", ip(i), time.Now()); wait != 0 {
				t.Fatalf("attempt %d: wait %v", i+1, wait)
			}
		}
		wait := l.Attempt("WEI ", ip(9), time.Now()) // another spelling, another address
		if wait != 30*time.Second {
			t.Fatalf("fourth attempt: wait %v, want 30s", wait)
		}
		if wait := l.Attempt("li", ip(9), time.Now()); wait != 0 {
			t.Errorf("another login must wait %v", wait)
		}
		time.Sleep(wait - time.Nanosecond)
		if l.Attempt("wei", ip(9), time.Now()) == 0 {
			t.Error("let in before the wait was over")
		}
		time.Sleep(time.Nanosecond)
		if wait := l.Attempt("wei", ip(9), time.Now()); wait != 0 {
			t.Errorf("after the wait: wait %v", wait)
		}
		l.Succeeded("wei", ip(9))
		if wait := l.Attempt("wei", ip(9), time.Now()); wait != 0 {
			t.Errorf("after a success: wait %v", wait)
		}
	})
}

func TestLimiterPerIP(t *testing.T) {
	t.Parallel()
	l := newLimiter(t, LimiterOptions{PerIP: Rate{5, 2 * time.Second}}, noon)
	try := func(ip string, i int) time.Duration {
		return l.Attempt(fmt.Sprint("login", i), netip.MustParseAddr(ip), noon)
	}
	for i := range 5 {
		if wait := try(fmt.Sprintf("2001:db8:1:2::%d", i+1), i); wait != 0 {
			t.Fatalf("attempt %d: wait %v", i+1, wait)
		}
	}
	if wait := try("2001:db8:1:2:ffff::1", 6); wait != 2*time.Second {
		t.Errorf("the same /64: wait %v, want 2s", wait)
	}
	if wait := try("2001:db8:1:3::1", 6); wait != 0 {
		t.Errorf("another /64: wait %v", wait)
	}
	for i := range 5 {
		try("192.0.2.1", 10+i)
	}
	if try("::ffff:192.0.2.1", 20) == 0 {
		t.Error("one IPv4 address in its IPv6 form counts as another")
	}
	if wait := try("192.0.2.2", 20); wait != 0 {
		t.Errorf("the neighbour: wait %v", wait)
	}
}

// Over any span, no more attempts pass than the burst and the refill allow; and
// who waits as told is let in.
func TestLimiterBound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := Rate{Burst: rapid.IntRange(1, 8).Draw(t, "burst"), Every: time.Duration(rapid.IntRange(1, 5000).Draw(t, "every ms")) * time.Millisecond}
		l := newLimiter(t, LimiterOptions{PerLogin: r, PerIP: Rate{1_000_000, time.Millisecond}}, noon)
		now, passed := noon, 0
		for range rapid.IntRange(1, 60).Draw(t, "attempts") {
			now = now.Add(time.Duration(rapid.IntRange(0, 3000).Draw(t, "gap ms")) * time.Millisecond)
			wait := l.Attempt("wei", office, now)
			if wait == 0 {
				passed++
			} else if rapid.Bool().Draw(t, "waits") {
				now = now.Add(wait)
				if again := l.Attempt("wei", office, now); again != 0 {
					t.Fatalf("waited %v as told, and must wait %v more", wait, again)
				}
				passed++
			}
			if most := r.Burst + int(now.Sub(noon)/r.Every); passed > most {
				t.Fatalf("%d attempts in %v, at most %d allowed", passed, now.Sub(noon), most)
			}
		}
	})
}

// A flood of made-up logins neither grows the limiter nor makes it forget.
func TestLimiterUnderFlood(t *testing.T) {
	t.Parallel()
	l := newLimiter(t, LimiterOptions{PerLogin: Rate{2, time.Hour}, PerIP: Rate{1_000_000, time.Millisecond}}, noon)
	for range 2 {
		l.Attempt("wei", office, noon)
	}
	for i := range 100_000 {
		l.Attempt(fmt.Sprint("made-up-", i), office, noon)
	}
	if l.Attempt("wei", office, noon) == 0 {
		t.Error("the flood made the limiter forget a login")
	}
	if len(l.logins) != limiterBuckets || len(l.ips) != limiterBuckets {
		t.Error("the limiter grew")
	}
}

func TestLimiterOptions(t *testing.T) {
	t.Parallel()
	for _, o := range []LimiterOptions{{PerLogin: Rate{Burst: 1}}, {PerIP: Rate{Burst: -1, Every: time.Second}}, {PerIP: Rate{1, 48 * time.Hour}}} {
		if _, err := NewLimiter(o, noon); err == nil {
			t.Errorf("NewLimiter(%+v) accepted", o)
		}
	}
}

func TestLogIn(t *testing.T) {
	t.Parallel()
	h := newHasher(t, cheap)
	hash, err := h.Hash(t.Context(), "the bus left at dawn")
	if err != nil {
		t.Fatal(err)
	}
	old, err := newHasher(t, HasherOptions{Params: HashParams{MemoryKiB: 32, Passes: 1, Lanes: 1}}).Hash(t.Context(), "the bus left at dawn")
	if err != nil {
		t.Fatal(err)
	}
	storeDown := errors.New("store is down")
	accounts := map[string]Account{
		"wei":    {UserID: 1, Login: "wei", Hash: hash},
		"old":    {UserID: 2, Login: "old", Hash: old},
		"closed": {UserID: 3, Login: "closed", Hash: hash, Closed: true},
		"oidc":   {UserID: 4, Login: "oidc"},
		"broken": {UserID: 5, Login: "broken", Hash: "md5"},
	}
	tests := []struct {
		name, login, password string
		want                  error
		user                  UserID
		rehashed              bool
	}{
		{"right", " Wei ", "the bus left at dawn", nil, 1, false},
		{"right, hash of older costs", "old", "the bus left at dawn", nil, 2, true},
		{"wrong", "wei", "the bus left at dusk", ErrBadLogin, 0, false},
		{"unknown", "nobody", "the bus left at dawn", ErrBadLogin, 0, false},
		{"closed", "closed", "the bus left at dawn", ErrBadLogin, 0, false},
		{"signs on elsewhere", "oidc", "", ErrBadLogin, 0, false},
		{"stored hash is damaged", "broken", "the bus left at dawn", ErrBadHash, 0, false},
		{"store is down", "down", "the bus left at dawn", storeDown, 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var set PasswordHash
			desk, err := NewLoginDesk(Accounts{
				Find: func(_ context.Context, login string) (Account, error) {
					if login == "down" {
						return Account{}, storeDown
					}
					a, ok := accounts[login]
					if !ok {
						return Account{}, ErrNoAccount
					}
					return a, nil
				},
				SetHash: func(_ context.Context, _ UserID, h PasswordHash) error { set = h; return nil },
			}, h, newLimiter(t, LimiterOptions{}, noon))
			if err != nil {
				t.Fatal(err)
			}
			got, err := desk.LogIn(t.Context(), tt.login, tt.password, office, noon)
			if !errors.Is(err, tt.want) || got.UserID != tt.user {
				t.Errorf("LogIn = user %d, %v; want %d, %v", got.UserID, err, tt.user, tt.want)
			}
			if (set != "") != tt.rehashed {
				t.Errorf("new hash stored: %v, want %v", set != "", tt.rehashed)
			}
			if tt.rehashed {
				if ok, again, err := h.Verify(t.Context(), set, tt.password); !ok || again || err != nil {
					t.Errorf("the new hash: ok %v, rehash %v, %v", ok, again, err)
				}
			}
		})
	}
}

// An unknown login waits for a hashing slot and hashes as a known one does: the
// delay tells nothing. Seen by taking the slots away.
func TestLogInUnknownCostsAHash(t *testing.T) {
	t.Parallel()
	h := newHasher(t, HasherOptions{Params: cheap.Params, Parallel: 1})
	desk, err := NewLoginDesk(Accounts{
		Find:    func(context.Context, string) (Account, error) { return Account{}, ErrNoAccount },
		SetHash: func(context.Context, UserID, PasswordHash) error { return nil },
	}, h, newLimiter(t, LimiterOptions{}, noon))
	if err != nil {
		t.Fatal(err)
	}
	if h.dummy.params != h.params {
		t.Error("the dummy hash has other costs than a real one")
	}
	h.slots <- struct{}{}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel)
	if _, err := desk.LogIn(ctx, "nobody", "x", office, noon); !errors.Is(err, ErrBusy) {
		t.Errorf("LogIn = %v, want ErrBusy: an unknown login did not hash", err)
	}
}

func TestLogInLimit(t *testing.T) {
	t.Parallel()
	h := newHasher(t, cheap)
	hash, err := h.Hash(t.Context(), "the bus left at dawn")
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	desk, err := NewLoginDesk(Accounts{
		Find: func(context.Context, string) (Account, error) {
			asked++
			return Account{UserID: 1, Hash: hash}, nil
		},
		SetHash: func(context.Context, UserID, PasswordHash) error { return nil },
	}, h, newLimiter(t, LimiterOptions{PerLogin: Rate{3, time.Minute}}, noon))
	if err != nil {
		t.Fatal(err)
	}
	for range 20 { // who knows the password is never limited
		if _, err := desk.LogIn(t.Context(), "wei", "the bus left at dawn", office, noon); err != nil {
			t.Fatal(err)
		}
	}
	asked = 0
	var tooMany *TooManyAttempts
	for range 10 {
		_, err = desk.LogIn(t.Context(), "wei", "guess", office, noon)
	}
	if !errors.As(err, &tooMany) || tooMany.Wait <= 0 || tooMany.Wait > time.Minute {
		t.Errorf("tenth guess: %v, want TooManyAttempts within a minute", err)
	}
	if asked != 3 {
		t.Errorf("%d guesses reached the store, want 3", asked)
	}
}
