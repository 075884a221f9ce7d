package auth

import (
	"fmt"
	"hash/maphash"
	"net/netip"
	"sync"
	"time"
)

// Rate lets Burst attempts through at once and one more each Every after that.
type Rate struct {
	Burst int
	Every time.Duration
}

func (r Rate) validate() error {
	if r.Burst < 1 || r.Burst > 1_000_000 || r.Every < time.Millisecond || r.Every > 24*time.Hour {
		return fmt.Errorf("want burst 1 to 1000000 and every 1 ms to 24 h, got %d and %v", r.Burst, r.Every)
	}
	return nil
}

// LimiterOptions bounds log-in attempts. Zero fields take the defaults.
type LimiterOptions struct {
	// PerLogin bounds attempts on one login from anywhere; default 10, then one each 30 s.
	PerLogin Rate
	// PerIP bounds attempts from one IPv4 address or one IPv6 /64; default 60, then one each 2 s,
	// because a whole command post sits behind one address at shift change.
	PerIP Rate
}

// limiterBuckets is the number of buckets of each kind. Two logins that share a
// bucket share its attempts: with 65,536 buckets and a key drawn at start that is rare, cannot
// be aimed at, and costs a wait. In exchange memory is 1 MiB for ever, nothing has to be swept,
// and a flood of made-up logins cannot push a real one out, as it could from a table of bounded size.
const limiterBuckets = 1 << 16

// Limiter bounds log-in attempts per login and per network address. Safe for
// concurrent use. It lives in one process: with n copies of the server an
// attacker gets up to n times the rate.
type Limiter struct {
	perLogin, perIP Rate
	seed            maphash.Seed

	mu sync.Mutex
	// Each bucket is the virtual time (ns since start) at which it is full
	// again: the generic cell rate algorithm. A time in the past is a full bucket, so a
	// bucket expires by itself.
	start  time.Time
	logins []int64
	ips    []int64
}

// NewLimiter returns a limiter with every bucket full. now is the instant of the
// first attempt at the earliest.
func NewLimiter(o LimiterOptions, now time.Time) (*Limiter, error) {
	if o.PerLogin == (Rate{}) {
		o.PerLogin = Rate{Burst: 10, Every: 30 * time.Second}
	}
	if o.PerIP == (Rate{}) {
		o.PerIP = Rate{Burst: 60, Every: 2 * time.Second}
	}
	if err := o.PerLogin.validate(); err != nil {
		return nil, fmt.Errorf("auth: limiter: per login: %w", err)
	}
	if err := o.PerIP.validate(); err != nil {
		return nil, fmt.Errorf("auth: limiter: per IP: %w", err)
	}
	return &Limiter{
		perLogin: o.PerLogin, perIP: o.PerIP, seed: maphash.MakeSeed(), start: now,
		logins: make([]int64, limiterBuckets), ips: make([]int64, limiterBuckets),
	}, nil
}

// Attempt takes one attempt for login from ip. A wait of zero means go ahead;
// otherwise nothing was taken and the caller may come back after wait.
func (l *Limiter) Attempt(login string, ip netip.Addr, now time.Time) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := int64(now.Sub(l.start))
	a, b := l.login(login), l.ip(ip)
	nextA, waitA := take(*a, t, l.perLogin)
	nextB, waitB := take(*b, t, l.perIP)
	if wait := max(waitA, waitB); wait > 0 {
		return wait
	}
	*a, *b = nextA, nextB
	return 0
}

// Succeeded gives back what the login and the address have used up: who knows
// the password is not guessing. The address gets one attempt back, not all, so
// that one good account does not buy guesses at others.
func (l *Limiter) Succeeded(login string, ip netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	*l.login(login) = 0
	*l.ip(ip) -= int64(l.perIP.Every)
}

func (l *Limiter) login(login string) *int64 {
	return &l.logins[maphash.String(l.seed, NormalLogin(login))%limiterBuckets]
}

func (l *Limiter) ip(ip netip.Addr) *int64 {
	ip = ip.Unmap().WithZone("")
	if ip.Is6() {
		// One subscriber has a /64 to choose from; it counts as one.
		if p, err := ip.Prefix(64); err == nil {
			ip = p.Addr()
		}
	}
	return &l.ips[maphash.Comparable(l.seed, ip)%limiterBuckets]
}

// take returns the bucket after one attempt at t, or how long to wait for one.
// full is when the bucket is full again.
func take(full, t int64, r Rate) (next int64, wait time.Duration) {
	next = max(full, t) + int64(r.Every)
	if over := next - t - int64(r.Burst)*int64(r.Every); over > 0 {
		return full, time.Duration(over)
	}
	return next, 0
}
