package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// HashParams are the costs of one argon2id hash.
type HashParams struct {
	MemoryKiB uint32 // memory of one hash, KiB
	Passes    uint32 // passes over the memory
	Lanes     uint8  // degree of parallelism
}

// DefaultHashParams is argon2id with 19 MiB, 2 passes, 1 lane: the first
// configuration of the OWASP Password Storage Cheat Sheet (2024). The second
// recommended option of RFC 9106 section 4 (64 MiB, 3 passes, 4 lanes) costs
// more, and is within reach through [HasherOptions] where memory allows; the default keeps an
// idle server small and a burst of log-ins at shift change short.
func DefaultHashParams() HashParams { return HashParams{MemoryKiB: 19 * 1024, Passes: 2, Lanes: 1} }

// Bounds on what a stored hash may ask for. A row that was tampered with must
// not be able to take the server's memory or time. The lower bound of the memory is 8 KiB a lane
// (RFC 9106 section 3.1).
const (
	maxMemoryKiB = 256 * 1024
	maxPasses    = 16
	maxLanes     = 16
	saltLen      = 16 // bytes, RFC 9106 section 3.1
	keyLen       = 32 // bytes
)

func (p HashParams) validate() error {
	switch {
	case p.Lanes < 1 || p.Lanes > maxLanes:
		return fmt.Errorf("lanes %d: want 1 to %d", p.Lanes, maxLanes)
	case p.Passes < 1 || p.Passes > maxPasses:
		return fmt.Errorf("passes %d: want 1 to %d", p.Passes, maxPasses)
	case p.MemoryKiB < 8*uint32(p.Lanes) || p.MemoryKiB > maxMemoryKiB:
		return fmt.Errorf("memory %d KiB: want %d to %d", p.MemoryKiB, 8*uint32(p.Lanes), maxMemoryKiB)
	}
	return nil
}

// PasswordHash is an argon2id hash in the PHC string format
// ($argon2id$v=19$m=...,t=...,p=...$salt$hash). It never prints itself.
type PasswordHash string

// String hides the hash, so that it does not get into a log by accident.
func (PasswordHash) String() string { return "[password hash]" }

// GoString hides the hash from %#v.
func (PasswordHash) GoString() string { return "[password hash]" }

// LogValue hides the hash from slog.
func (PasswordHash) LogValue() slog.Value { return slog.StringValue("[password hash]") }

// MarshalJSON hides the hash from JSON: no answer ever carries one.
func (PasswordHash) MarshalJSON() ([]byte, error) { return []byte(`"[password hash]"`), nil }

// ErrBadHash is returned for a stored hash that is not a PHC string of
// argon2id within bounds.
var ErrBadHash = errors.New("auth: stored password hash is not readable")

// ErrBusy is returned when the caller's context ended while it waited for its
// turn to hash. Nothing was decided about the password.
var ErrBusy = errors.New("auth: too many passwords being checked at once")

type phc struct {
	params    HashParams
	salt, key []byte
}

func (h phc) encode() PasswordHash {
	b64 := base64.RawStdEncoding
	return PasswordHash(fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		h.params.MemoryKiB, h.params.Passes, h.params.Lanes, b64.EncodeToString(h.salt), b64.EncodeToString(h.key)))
}

// parsePHC reads the one spelling that encode writes; everything else is
// [ErrBadHash].
func parsePHC(s PasswordHash) (phc, error) {
	bad := func(what string) (phc, error) { return phc{}, fmt.Errorf("%w: %s", ErrBadHash, what) }
	if len(s) > 512 {
		return bad("too long")
	}
	f := strings.Split(string(s), "$")
	if len(f) != 6 || f[0] != "" || f[1] != "argon2id" {
		return bad("not argon2id")
	}
	if f[2] != "v="+strconv.Itoa(argon2.Version) {
		return bad("version")
	}
	costs := strings.Split(f[3], ",")
	if len(costs) != 3 {
		return bad("costs")
	}
	var n [3]uint64
	for i, prefix := range [3]string{"m=", "t=", "p="} {
		digits, ok := strings.CutPrefix(costs[i], prefix)
		if !ok {
			return bad("costs")
		}
		v, err := strconv.ParseUint(digits, 10, 32)
		if err != nil || strconv.FormatUint(v, 10) != digits || (i == 2 && v > maxLanes) {
			return bad("costs")
		}
		n[i] = v
	}
	h := phc{params: HashParams{MemoryKiB: uint32(n[0]), Passes: uint32(n[1]), Lanes: uint8(n[2])}}
	if err := h.params.validate(); err != nil {
		return bad(err.Error())
	}
	var err error
	if h.salt, err = base64.RawStdEncoding.Strict().DecodeString(f[4]); err != nil || len(h.salt) < 8 || len(h.salt) > 64 {
		return bad("salt")
	}
	if h.key, err = base64.RawStdEncoding.Strict().DecodeString(f[5]); err != nil || len(h.key) < 16 || len(h.key) > 64 {
		return bad("key")
	}
	return h, nil
}

// HasherOptions configures a [Hasher]. The zero value is the default.
type HasherOptions struct {
	Params   HashParams // zero: DefaultHashParams
	Parallel int        // hashes computed at one time, default 4: memory is bounded by Parallel x MemoryKiB
}

// Hasher makes and checks password hashes, a bounded number at a time, so that
// a flood of log-ins waits instead of exhausting memory. Safe for concurrent use.
type Hasher struct {
	params HashParams
	slots  chan struct{}
	dummy  phc // what an unknown login is checked against
}

// NewHasher returns a Hasher; the error names the option that is out of range.
func NewHasher(o HasherOptions) (*Hasher, error) {
	if o.Params == (HashParams{}) {
		o.Params = DefaultHashParams()
	}
	if o.Parallel == 0 {
		o.Parallel = 4
	}
	if err := o.Params.validate(); err != nil {
		return nil, fmt.Errorf("auth: hasher options: %w", err)
	}
	if o.Parallel < 0 || o.Parallel > 256 {
		return nil, fmt.Errorf("auth: hasher options: parallel %d: want 1 to 256", o.Parallel)
	}
	dummy := phc{params: o.Params, salt: make([]byte, saltLen), key: make([]byte, keyLen)}
	rand.Read(dummy.salt) // crypto/rand.Read never fails: it ends the program instead
	rand.Read(dummy.key)
	return &Hasher{params: o.Params, slots: make(chan struct{}, o.Parallel), dummy: dummy}, nil
}

// Hash makes a hash of the password with a fresh salt. It does not judge the
// password: see [CheckPassword]. It waits for its turn and returns [ErrBusy] if
// ctx ends first.
func (h *Hasher) Hash(ctx context.Context, password string) (PasswordHash, error) {
	out := phc{params: h.params, salt: make([]byte, saltLen)}
	rand.Read(out.salt)
	var err error
	if out.key, err = h.derive(ctx, password, out, keyLen); err != nil {
		return "", err
	}
	return out.encode(), nil
}

// Verify reports whether the password is the one behind hash, and whether the hash should be
// made anew because the costs have changed since (rehash is only meaningful with ok).
// The comparison takes constant time.
func (h *Hasher) Verify(ctx context.Context, hash PasswordHash, password string) (ok, rehash bool, err error) {
	want, err := parsePHC(hash)
	if err != nil {
		return false, false, err
	}
	got, err := h.derive(ctx, password, want, uint32(len(want.key)))
	if err != nil {
		return false, false, err
	}
	ok = subtle.ConstantTimeCompare(got, want.key) == 1
	return ok, ok && (want.params != h.params || len(want.salt) != saltLen || len(want.key) != keyLen), nil
}

// VerifyNobody spends the time of one Verify and always says no: it is called
// when no account has the login, so that the answer's delay does not tell which logins exist.
func (h *Hasher) VerifyNobody(ctx context.Context, password string) error {
	_, err := h.derive(ctx, password, h.dummy, keyLen)
	return err
}

func (h *Hasher) derive(ctx context.Context, password string, p phc, n uint32) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBusy, err)
	}
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: %w", ErrBusy, ctx.Err())
	}
	return argon2.IDKey(prepare(password), p.salt, p.params.Passes, p.params.MemoryKiB, p.params.Lanes, n), nil
}

// prepare makes the same password typed on two keyboards the same bytes:
// NFKC, as NIST SP 800-63B section 5.1.1.2 asks. Anything longer than
// maxPasswordBytes cannot have been set, and is cut so that it costs no more to refuse.
func prepare(password string) []byte {
	if len(password) > maxPasswordBytes+1 {
		password = password[:maxPasswordBytes+1]
	}
	return norm.NFKC.Bytes([]byte(password))
}
