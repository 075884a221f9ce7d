// Package lookup answers people who ask for their result by the code on their card. It is apart from screens, API and capture: its answers come from memory alone, it never asks the
// database, and what is more than it may do at a time is turned away with a clear answer, so that a crowd slows neither the desks nor the command post (ADR 12).
//
// cmd and web import it; it imports results.
package lookup

import (
	"errors"
	"log/slog"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"firebreak/internal/person"
	"firebreak/internal/results"
)

// Options of a Service.
type Options struct {
	// Of tells what is known of a person: results.Results.Of.
	Of func(p person.ID, now time.Time) (results.Result, error)
	// Code reads a code: vault.Vault.ReadPersonCode.
	Code func(string) (person.ID, bool)
	Now  func() time.Time // nil is time.Now
	Log  *slog.Logger     // nil is slog.Default
	// Proxies are the reverse proxies whose X-Forwarded-For is believed.
	Proxies []netip.Prefix
	// AtOnce is how many look-ups are worked on at a time; 0 is half the processors, at least one: the other half is the desks'.
	AtOnce int
	// Waiting is how many may wait for their turn beside them; what comes on top is turned away at once. 0 is 512.
	Waiting int
	// WaitsAtMost is for how long one waits before it is turned away; 0 is 50 ms.
	WaitsAtMost time.Duration
	// Connections is how many may be open at a time at the public address; 0 is 16,384, about 100 MB.
	Connections int
	// Before is what look-ups stand back for; nil is nothing.
	Before *Precedence
}

// Service answers look-ups. It is safe for concurrent use.
type Service struct {
	o       Options
	turns   chan struct{}
	away    chan struct{} // turns of those who are turned away: one at a time, so that thousands at once are not ready to run before all else
	waiting atomic.Int64
	wrong   *Limit
	date    atomic.Pointer[dateLine]
	counts  counters

	mu     sync.Mutex
	conns  map[*direct]struct{}
	ending atomic.Bool
	served sync.WaitGroup
}

// counters say what became of the look-ups since the start.
type counters struct{ answered, unknown, limited, shed, loading atomic.Int64 }

// Counts is what became of the look-ups since the start.
type Counts struct{ Answered, Unknown, Limited, Shed, Loading int64 }

// New makes a Service.
func New(o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.AtOnce == 0 {
		o.AtOnce = max(1, runtime.GOMAXPROCS(0)/2)
	}
	if o.Waiting == 0 {
		o.Waiting = 512
	}
	if o.WaitsAtMost == 0 {
		o.WaitsAtMost = 50 * time.Millisecond
	}
	if o.Connections == 0 {
		o.Connections = 16 << 10
	}
	return &Service{o: o, turns: make(chan struct{}, o.AtOnce), away: make(chan struct{}, 1), wrong: NewLimit(wrongBurst, wrongEvery, o.Now()), conns: map[*direct]struct{}{}}
}

// Counts returns what became of the look-ups since the start.
func (s *Service) Counts() Counts {
	c := &s.counts
	return Counts{c.answered.Load(), c.unknown.Load(), c.limited.Load(), c.shed.Load(), c.loading.Load()}
}

// Reasons why a look-up has no answer.
var (
	// ErrNoCode is returned for a code that nobody can have.
	ErrNoCode = errors.New("no card has this code: compare it with the card, letter by letter")
	// ErrTooMany is returned to whoever sent many codes that nobody can have.
	ErrTooMany = errors.New("too many codes from your network were wrong; wait a minute")
	// ErrBusy is returned when more is asked than can be answered.
	ErrBusy = errors.New("very many people are asking now; ask again in some seconds")
	// ErrLoading is returned for a short time after the server was started.
	ErrLoading = errors.New("results are just being read; ask again in some seconds")
)

// Ask returns what whoever carries a code is told. from is who asks, so that codes are not tried out; it is invalid where that is not known.
//
// Errors: ErrNoCode, ErrTooMany, ErrBusy, ErrLoading.
func (s *Service) Ask(code string, from netip.Addr) (results.Result, error) {
	if !s.enter() {
		return results.Result{}, ErrBusy
	}
	defer s.leave()
	return s.ask(code, from)
}

// Carrier is who carries a code, for what is told of them beside their result: mistakes count as they do in Ask.
//
// Errors: ErrNoCode, ErrTooMany.
func (s *Service) Carrier(code string, from netip.Addr) (person.ID, error) {
	return s.read(code, from, s.o.Now())
}

// Check says whether somebody can have a code, to whoever is about to send it along with something else: mistakes count as they do in Ask.
//
// Errors: ErrNoCode, ErrTooMany.
func (s *Service) Check(code string, from netip.Addr) error {
	_, err := s.read(code, from, s.o.Now())
	return err
}

// Given reads a code of another sort than a card's, such as that of a certificate: mistakes count as they do in Ask. read says whether such a code was ever given.
//
// Errors: ErrNoCode, ErrTooMany, and what read returns.
func (s *Service) Given(from netip.Addr, read func() (bool, error)) error {
	now := s.o.Now()
	if s.wrong.Barred(from, now) {
		s.counts.limited.Add(1)
		return ErrTooMany
	}
	given, err := read()
	if err == nil && !given {
		s.wrong.Note(from, now)
		s.counts.unknown.Add(1)
		err = ErrNoCode
	}
	return err
}

// read reads a code, and holds whoever sends wrong ones to account.
func (s *Service) read(code string, from netip.Addr, now time.Time) (person.ID, error) {
	if s.wrong.Barred(from, now) {
		s.counts.limited.Add(1)
		return 0, ErrTooMany
	}
	p, ok := s.o.Code(code)
	if !ok {
		s.wrong.Note(from, now)
		s.counts.unknown.Add(1)
		return 0, ErrNoCode
	}
	return p, nil
}

func (s *Service) ask(code string, from netip.Addr) (results.Result, error) {
	now := s.o.Now()
	p, err := s.read(code, from, now)
	if err != nil {
		return results.Result{}, err
	}
	r, err := s.o.Of(p, now)
	if err != nil {
		s.counts.loading.Add(1)
		return r, ErrLoading
	}
	s.counts.answered.Add(1)
	return r, nil
}

// enter waits for a turn. It says no when too many wait already, or it took too long.
func (s *Service) enter() bool {
	select {
	case s.turns <- struct{}{}:
		s.o.Before.wait()
		return true
	default:
	}
	if s.waiting.Add(1) > int64(s.o.Waiting) {
		s.waiting.Add(-1)
		s.counts.shed.Add(1)
		return false
	}
	// There is no timer: whoever waited too long says so when its turn comes, and turns come by the microsecond.
	began := time.Now()
	s.turns <- struct{}{}
	s.waiting.Add(-1)
	if time.Since(began) > s.o.WaitsAtMost {
		<-s.turns
		s.counts.shed.Add(1)
		return false
	}
	s.o.Before.wait()
	return true
}

func (s *Service) leave() { <-s.turns }

// enterAway waits for the turn of one who is turned away.
func (s *Service) enterAway() {
	s.away <- struct{}{}
	s.o.Before.wait()
}

func (s *Service) leaveAway() { <-s.away }
