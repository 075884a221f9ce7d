// Package results keeps in memory what each person is told of their latest sample: 12 bytes a person, so that a crowd that looks for its results asks no database, and is
// answered while the database is busy or away.
//
// It is a read model: built once from tubes and single specimens, then it follows the journal. It can be thrown away and rebuilt at any time; the tests hold both ways
// against each other. It knows people by number only, and forgets samples after two weeks. lookup, web and cmd import it; it imports store and the nouns.
package results

import (
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"firebreak/internal/person"
	"firebreak/internal/store"
)

// Kept is for how long after it was taken a sample is shown. Nobody at a door asks for an older one, and what is not kept cannot leak.
const Kept = 14 * 24 * time.Hour

// pageSize is how many people share a page of the table.
const pageSize = 1 << 12

// page is what is kept of people with consecutive numbers.
type page struct {
	words   [pageSize]atomic.Uint64
	sources [pageSize]uint32 // of the one who writes alone
}

// Results follows one store. Of is safe for concurrent use and waits for nobody.
type Results struct {
	*store.Follower
	db  *store.DB
	log *slog.Logger

	pages atomic.Pointer[[]*page]    // by person number; nil where nobody of a page is known
	same  atomic.Pointer[samePeople] // who was merged
	holds atomic.Pointer[holds]

	since  int64 // journal entry from which on tubes are read
	cursor int64 // journal entry up to which they are
}

// samePeople is which records are of one person.
type samePeople struct {
	into  map[person.ID]person.ID   // to the one who is left
	gones map[person.ID][]person.ID // of the one who is left
}

// holds are those that stand and those that ended not long ago, by whose they are. There are thousands where there are millions of people; they are read anew when one changes.
type holds map[person.ID]hold

// hold is what is known of somebody's holds together.
type hold struct {
	until  time.Time // of the one that stands longest; zero where none does
	lifted time.Time // when the last one that ended did; zero where none has
	appeal Appeal    // the last one
}

// Appeal is what somebody is told of their last appeal against being held.
type Appeal struct {
	Filed    time.Time // zero where there is none
	Answer   string    // upheld or lifted; empty while it waits
	Answered time.Time
	Reason   string // that they are given
}

// later returns the later of two.
func (a Appeal) later(b Appeal) Appeal {
	if b.Filed.After(a.Filed) {
		return b
	}
	return a
}

func (h hold) with(x store.HoldTold) hold {
	if x.LiftedAt.IsZero() {
		if x.Until.After(h.until) {
			h.until = x.Until
		}
	} else if x.LiftedAt.After(h.lifted) {
		h.lifted = x.LiftedAt
	}
	return h
}

// Options of Results.
type Options struct {
	DB  *store.DB
	Log *slog.Logger // nil means slog.Default
}

// New makes Results that know nothing yet; see Run.
func New(o Options) *Results {
	r := &Results{db: o.DB, log: o.Log}
	if r.log == nil {
		r.log = slog.Default()
	}
	r.Follower = store.NewFollower(r.db, r.log, "results", r.build, r.follow)
	r.pages.Store(&[]*page{})
	r.same.Store(&samePeople{})
	r.holds.Store(&holds{})
	return r
}

// ErrLoading is returned until everything was read once.
var ErrLoading = errors.New("results are still being read; ask again in a few seconds")

// Result is what is known of somebody's latest sample.
type Result struct {
	State    State
	Sampled  time.Time // zero where Nothing is known
	Resulted time.Time // zero where it is not known, or came after more than five days
	Negative time.Time // to the minute: when the latest negative sample before this one was taken; zero where there is none
	// HeldUntil is when a hold on them ends at the latest: they stay where they are until then, or until it is lifted. Zero where nothing holds them.
	HeldUntil time.Time
	// Lifted is when the last hold ended; zero where there was none within Kept, or another stands.
	Lifted time.Time
	// Appeal is their last one against a hold that is told here.
	Appeal Appeal
}

// Of returns what a person is told now. It answers ErrLoading while the store is still being read; nothing else can fail.
func (r *Results) Of(p person.ID, now time.Time) (Result, error) {
	if !r.IsReady() {
		return Result{}, ErrLoading
	}
	same := r.same.Load()
	if into, ok := same.into[p]; ok {
		p = into
	}
	rec, held := r.read(p), (*r.holds.Load())[p]
	for _, gone := range same.gones[p] {
		rec = joined(rec, r.read(gone))
		other := (*r.holds.Load())[gone]
		held = held.with(store.HoldTold{Until: other.until}).with(store.HoldTold{LiftedAt: other.lifted})
		held.appeal = held.appeal.later(other.appeal)
	}
	from := now.Add(-Kept)
	var out Result
	switch {
	case held.until.After(now):
		out.HeldUntil = held.until
	case held.lifted.After(from):
		out.Lifted = held.lifted
	}
	if !out.HeldUntil.IsZero() || !out.Lifted.IsZero() {
		out.Appeal = held.appeal
	}
	at := epoch.Add(time.Duration(rec.sampled) * time.Second)
	if rec.state == Nothing || at.Before(from) {
		return out, nil
	}
	out.State, out.Sampled = rec.state, at
	if rec.took < mostTook && rec.state != Awaited {
		out.Resulted = out.Sampled.Truncate(time.Minute).Add(time.Duration(rec.took) * time.Minute)
	}
	if minute, ok := rec.negativeMinute(); ok {
		if at := epoch.Add(time.Duration(minute) * time.Minute); !at.Before(from) {
			out.Negative = at
		}
	}
	return out, nil
}

// read returns what is kept under one number.
func (r *Results) read(p person.ID) record {
	pages := *r.pages.Load()
	if p < 0 || int64(p)/pageSize >= int64(len(pages)) || pages[p/pageSize] == nil {
		return record{}
	}
	return unpack(pages[p/pageSize].words[p%pageSize].Load(), 0)
}

// page returns the page of a person for whoever writes, and makes it.
func (r *Results) page(p person.ID) *page {
	pages := *r.pages.Load()
	i := int(p / pageSize)
	if i < len(pages) && pages[i] != nil {
		return pages[i]
	}
	// Readers hold the old table while they read from it.
	next := make([]*page, max(i+1, len(pages)))
	copy(next, pages)
	next[i] = new(page)
	r.pages.Store(&next)
	return next[i]
}

// known returns what is kept of a person, for whoever writes.
func (r *Results) known(p person.ID) record {
	pages := *r.pages.Load()
	if i := int64(p) / pageSize; i >= int64(len(pages)) || pages[i] == nil {
		return record{}
	}
	at := pages[p/pageSize]
	return unpack(at.words[p%pageSize].Load(), at.sources[p%pageSize])
}

func (r *Results) write(p person.ID, rec record) {
	at := r.page(p)
	at.sources[p%pageSize] = rec.source
	at.words[p%pageSize].Store(rec.pack())
}

// Bytes is how much memory the table takes.
func (r *Results) Bytes() int64 {
	n := int64(0)
	for _, p := range *r.pages.Load() {
		if p != nil {
			n += pageSize * 12
		}
		n += 8
	}
	return n
}
