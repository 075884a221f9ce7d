package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"firebreak/internal/journal"
	"firebreak/internal/task"
)

// hashColumn reads a hash from a BYTEA or BLOB column.
type hashColumn journal.Hash

// Scan implements sql.Scanner.
func (h *hashColumn) Scan(src any) error {
	b, ok := src.([]byte)
	if !ok || len(b) != len(h) {
		return fmt.Errorf("hash column holds %T of %d bytes", src, len(b))
	}
	copy(h[:], b)
	return nil
}

const insertEntry = `INSERT INTO journal (seq, recorded_at, at, actor, outbreak, area, kind, subject_kind, subject_id, cause_seq, cause_row, rule, clause, pack, payload, hash)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`

// Append adds a fact to the journal and returns its place. Seq, RecordedAt and Hash are given here.
func (tx *Tx) Append(e journal.Entry) (task.FactRef, error) {
	row := tx.chain(&e, tx.g.seq, tx.g.head)
	if _, err := tx.exec(insertEntry, row...); err != nil {
		return task.FactRef{}, fmt.Errorf("append %s to the journal: %w", e.Kind, err)
	}
	tx.g.seq, tx.g.head = e.Seq, e.Hash
	return task.FactRef{Seq: e.Seq}, nil
}

// AppendAll adds many facts in their order, one after another, and returns the place of the first.
func (tx *Tx) AppendAll(list []journal.Entry) (first int64, err error) {
	seq, head := tx.g.seq, tx.g.head
	rows := make([][]any, len(list))
	for i, e := range list {
		rows[i] = tx.chain(&e, seq, head)
		seq, head = e.Seq, e.Hash
	}
	if err := tx.bulk(insertEntry, rows); err != nil {
		return 0, fmt.Errorf("append %d facts to the journal: %w", len(list), err)
	}
	first = tx.g.seq + 1
	tx.g.seq, tx.g.head = seq, head
	return first, nil
}

// chain completes a fact that follows entry seq with hash head, and returns its row.
func (tx *Tx) chain(e *journal.Entry, seq int64, head journal.Hash) []any {
	e.Seq = seq + 1
	e.RecordedAt = tx.now
	e.At = e.At.UTC().Truncate(time.Microsecond)
	if e.At.IsZero() {
		e.At = tx.now
	}
	if e.Payload == nil {
		e.Payload = []byte("{}")
	}
	e.Hash = e.Chain(head)
	return []any{e.Seq, instant(e.RecordedAt), instant(e.At), e.Actor, int64(e.Outbreak), int64(e.Area), string(e.Kind), string(e.Subject.Kind), e.Subject.ID,
		e.Cause.Seq, e.Cause.Row, e.Rule, e.Clause, e.Pack, string(e.Payload), e.Hash[:]}
}

const entryColumns = `seq, recorded_at, at, actor, outbreak, area, kind, subject_kind, subject_id, cause_seq, cause_row, rule, clause, pack, payload, hash`

func scanEntry(s interface{ Scan(...any) error }) (journal.Entry, error) {
	var e journal.Entry
	var recorded, at int64
	var payload string
	err := s.Scan(&e.Seq, &recorded, &at, &e.Actor, &e.Outbreak, &e.Area, &e.Kind, &e.Subject.Kind, &e.Subject.ID, &e.Cause.Seq, &e.Cause.Row,
		&e.Rule, &e.Clause, &e.Pack, &payload, (*hashColumn)(&e.Hash))
	e.RecordedAt, e.At, e.Payload = when(recorded), when(at), []byte(payload)
	return e, err
}

func (r *Reader) entries(text string, args ...any) ([]journal.Entry, error) {
	rows, err := r.query(text, args...)
	if err != nil {
		return nil, fmt.Errorf("read journal: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []journal.Entry
	for rows.Next() {
		e, err := scanEntry(rows)
		if err != nil {
			return nil, fmt.Errorf("read journal: %w", err)
		}
		out = append(out, e)
	}
	return out, rows.Err()
}

// Entry returns one fact.
func (r *Reader) Entry(seq int64) (journal.Entry, error) {
	e, err := scanEntry(r.row(`SELECT `+entryColumns+` FROM journal WHERE seq = $1`, seq))
	if errors.Is(err, sql.ErrNoRows) {
		return e, fmt.Errorf("journal entry %d: %w", seq, ErrNotFound)
	}
	return e, err
}

// EntriesAfter returns up to limit facts after seq, oldest first: what a consumer with a cursor reads next.
func (r *Reader) EntriesAfter(seq int64, limit int) ([]journal.Entry, error) {
	return r.entries(`SELECT `+entryColumns+` FROM journal WHERE seq > $1 ORDER BY seq LIMIT $2`, seq, limit)
}

// EntriesOf returns up to limit facts about one subject, newest first.
func (r *Reader) EntriesOf(s task.Subject, limit int) ([]journal.Entry, error) {
	return r.entries(`SELECT `+entryColumns+` FROM journal WHERE subject_kind = $1 AND subject_id = $2 ORDER BY seq DESC LIMIT $3`, string(s.Kind), s.ID, limit)
}

// EntriesOfKinds returns the facts of some kinds about one subject, oldest first.
func (r *Reader) EntriesOfKinds(s task.Subject, kinds ...journal.Kind) ([]journal.Entry, error) {
	args := []any{string(s.Kind), s.ID}
	var marks []string
	for _, k := range kinds {
		args = append(args, string(k))
		marks = append(marks, "$"+strconv.Itoa(len(args)))
	}
	return r.entries(`SELECT `+entryColumns+` FROM journal WHERE subject_kind = $1 AND subject_id = $2 AND kind IN (`+strings.Join(marks, ", ")+`) ORDER BY seq`, args...)
}

// LatestEntries returns the newest facts of an outbreak, newest first, without the thousands of batches that devices send in a round; 0 means of all, with them.
func (r *Reader) LatestEntries(outbreakID int64, limit int) ([]journal.Entry, error) {
	if outbreakID == 0 {
		return r.entries(`SELECT `+entryColumns+` FROM journal ORDER BY seq DESC LIMIT $1`, limit)
	}
	return r.entries(`SELECT `+entryColumns+` FROM journal WHERE outbreak = $1 AND kind <> 'tubes.registered' AND kind NOT IN ('person.held', 'person.hold_lifted', 'person.hold_shortened', 'person.hold_over') ORDER BY seq DESC LIMIT $2`, outbreakID, limit)
}

// Verification is what walking the journal found.
type Verification struct {
	Entries int64  `json:"entries"`
	Head    string `json:"head"`             // hash of the last good entry, hex
	Intact  bool   `json:"intact"`           //
	Broken  string `json:"broken,omitempty"` // what is wrong, and where
}

// VerifyJournal walks the whole chain and compares its end with the head that every commit writes, so that entries altered, removed (also
// from the end) or inserted are found.
func (db *DB) VerifyJournal(ctx context.Context) (Verification, error) {
	return db.VerifyJournalShowing(ctx, func(int64, int64) {})
}

// VerifyJournalShowing is VerifyJournal with progress: seen is called now and then with the entries walked and those the head promises.
func (db *DB) VerifyJournalShowing(ctx context.Context, seen func(done, total int64)) (Verification, error) {
	var out Verification
	err := db.View(ctx, func(r *Reader) error {
		end, err := r.JournalEnd()
		if errors.Is(err, journal.ErrBroken) {
			out = Verification{Broken: err.Error()}
			return nil
		}
		if err != nil {
			return err
		}
		var v journal.Verifier
		broken, err := r.walkJournal(&v, func(done int64) { seen(done, end.Seq) })
		if err != nil {
			return fmt.Errorf("read journal: %w", err)
		}
		last, hash := v.Head()
		if broken == nil && (last != end.Seq || hash != end.Hash) {
			broken = fmt.Errorf("the journal ends at entry %d, its head says %d: entries were removed or added at the end: %w", last, end.Seq, journal.ErrBroken)
		}
		out = Verification{Entries: last, Head: fmt.Sprintf("%x", hash), Intact: broken == nil}
		if broken != nil {
			out.Broken = broken.Error()
		}
		return nil
	})
	return out, err
}

// VerifyJournalFrom goes on from where v stands, over at most so many entries, and returns how many the head promises. ended says that the end was reached, or that
// something does not fit: then broken says what. A check of a long journal is made of such steps, none of which holds a snapshot for long; what is
// appended between two of them is walked too.
func (db *DB) VerifyJournalFrom(ctx context.Context, v *journal.Verifier, most int) (total int64, ended bool, broken, err error) {
	const batch = 2000
	err = db.View(ctx, func(r *Reader) error {
		end, err := r.JournalEnd()
		if errors.Is(err, journal.ErrBroken) {
			ended, broken = true, err
			return nil
		}
		if err != nil {
			return err
		}
		total = end.Seq
		for walked := 0; walked < most; {
			last, hash := v.Head()
			list, err := r.EntriesAfter(last, batch)
			if err != nil {
				return err
			}
			for _, e := range list {
				if broken = v.Next(e); broken != nil {
					ended = true
					return nil
				}
			}
			if walked += len(list); len(list) > 0 {
				continue
			}
			if ended = true; last != end.Seq || hash != end.Hash {
				broken = fmt.Errorf("the journal ends at entry %d, its head says %d: entries were removed or added at the end: %w", last, end.Seq, journal.ErrBroken)
			}
			return nil
		}
		return nil
	})
	return total, ended, broken, err
}

// EntryFilter says which facts of the journal a reader looks for. Zero fields are any.
type EntryFilter struct {
	Kind        journal.Kind
	Actor       string
	Subject     task.Subject
	From, Until time.Time // of the recording; Until is excluded
}

// EntriesBefore returns up to limit facts before seq, newest first, looking back over no more than window entries, and how far back it looked.
func (r *Reader) EntriesBefore(seq, window int64, f EntryFilter, limit int) (list []journal.Entry, back int64, err error) {
	back = max(seq-window, 1)
	text, args := `SELECT `+entryColumns+` FROM journal WHERE seq < $1 AND seq >= $2`, []any{seq, back}
	add := func(condition string, value any) {
		args = append(args, value)
		text += " AND " + condition + " $" + strconv.Itoa(len(args))
	}
	if f.Kind != "" {
		add("kind =", string(f.Kind))
	}
	if f.Actor != "" {
		add("actor =", f.Actor)
	}
	if f.Subject.Kind != "" {
		add("subject_kind =", string(f.Subject.Kind))
		add("subject_id =", f.Subject.ID)
	}
	if !f.From.IsZero() {
		add("recorded_at >=", instant(f.From))
	}
	if !f.Until.IsZero() {
		add("recorded_at <", instant(f.Until))
	}
	args = append(args, limit)
	list, err = r.entries(text+" ORDER BY seq DESC LIMIT $"+strconv.Itoa(len(args)), args...)
	if len(list) == limit {
		back = list[limit-1].Seq
	}
	return list, back, err
}

// walkJournal gives v the entries in order until one does not fit: that is broken. err is a failure to read at all.
func (r *Reader) walkJournal(v *journal.Verifier, seen func(done int64)) (broken, err error) {
	rows, err := r.query(`SELECT ` + entryColumns + ` FROM journal ORDER BY seq`)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		e, err := scanEntry(rows)
		if err != nil {
			if r.ctx.Err() != nil {
				return nil, r.ctx.Err()
			}
			// A column that no longer holds what Append writes (a hash of another length, say) was altered.
			last, _ := v.Head()
			return fmt.Errorf("the entry after %d cannot be read (%w): %w", last, err, journal.ErrBroken), nil
		}
		if broken := v.Next(e); broken != nil {
			return broken, nil
		}
		if e.Seq%1024 == 0 {
			seen(e.Seq)
		}
	}
	return nil, rows.Err()
}

// Cursor returns how far a named consumer has read.
func (r *Reader) Cursor(name string) (int64, error) {
	var seq int64
	err := r.row("SELECT seq FROM cursor WHERE name = $1", name).Scan(&seq)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return seq, err
}

// SetCursor notes how far a named consumer has read, in the same transaction as what it did with it.
func (tx *Tx) SetCursor(name string, seq int64) error {
	_, err := tx.exec("INSERT INTO cursor (name, seq) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET seq = excluded.seq", name, seq)
	return err
}

// watchers are those who want to know at once that the journal grew.
type watchers struct {
	mu   sync.Mutex
	next int
	all  map[int]chan struct{}
}

// Watch returns a channel that gets a value after the journal grew, by this node's commits at once and by other nodes' within a second. Several
// commits may make one value: read from your cursor. Call stop when done.
func (db *DB) Watch() (grew <-chan struct{}, stop func()) {
	w := &db.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.all == nil {
		w.all = map[int]chan struct{}{}
	}
	id := w.next
	w.next++
	c := make(chan struct{}, 1)
	w.all[id] = c
	return c, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.all, id)
	}
}

// Head returns the sequence of the last journal entry this node knows to be committed.
func (db *DB) Head() int64 { return db.head.Load() }

// reached tells the watchers that the journal now ends at seq.
func (db *DB) reached(seq int64) {
	for {
		old := db.head.Load()
		if seq <= old {
			return
		}
		if db.head.CompareAndSwap(old, seq) {
			break
		}
	}
	db.watch.mu.Lock()
	defer db.watch.mu.Unlock()
	for _, c := range db.watch.all {
		select {
		case c <- struct{}{}:
		default: // it has not looked yet; one value is enough
		}
	}
}

func (db *DB) loadHead(ctx context.Context) error {
	// An empty database has no head yet. Two nodes may both find that; the second insert does nothing.
	if _, err := db.writes.ExecContext(ctx, "INSERT INTO journal_head (id, seq, hash) VALUES (1, 0, $1) ON CONFLICT (id) DO NOTHING", make([]byte, len(journal.Hash{}))); err != nil {
		return fmt.Errorf("start the journal: %w", err)
	}
	var seq int64
	if err := db.reads.QueryRowContext(ctx, "SELECT seq FROM journal_head WHERE id = 1").Scan(&seq); err != nil {
		return fmt.Errorf("read journal head: %w", err)
	}
	db.head.Store(seq)
	return nil
}

// follow looks once a second whether another node has written.
func (db *DB) follow(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			var seq int64
			// A failure here shows everywhere else; the next tick tries again.
			if err := db.reads.QueryRowContext(ctx, "SELECT seq FROM journal_head WHERE id = 1").Scan(&seq); err == nil {
				db.reached(seq)
			}
			if db.Drill() {
				_ = db.loadDrill(ctx) // as above
			}
		}
	}
}
