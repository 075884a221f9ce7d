package importer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"sync"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/exchange"
	"firebreak/internal/store"
	"firebreak/internal/vault"
)

// Words for what made an import fail, as they stand in ImportJob.Failure.
const (
	FailedUnaccounted = "unaccounted" // the counts do not reconcile, or the file looks cut off
	FailedUnreadable  = "unreadable"  // the file itself
	FailedDates       = "dates"       // the order of day and month is not clear
	FailedInvalid     = "invalid"     // the map does not fit, or the area
	FailedForbidden   = "forbidden"   // whoever started it may no longer
	FailedGone        = "gone"        // the file is not there
	FailedServer      = "server"      // ours; the log says what
)

// Run works on what waits until ctx ends, and then waits for what it began. What was under way when a process died is taken up again, from its last chunk.
func (s *Service) Run(ctx context.Context) {
	var working sync.WaitGroup
	defer working.Wait()
	slots := make(chan struct{}, s.o.AtOnce)
	look := time.NewTicker(10 * time.Second)
	defer look.Stop()
	tidy := time.NewTicker(time.Hour)
	defer tidy.Stop()
	// A folder belongs to one process: whatever is said to be worked on in it was lost with the process before.
	lost := time.Time{}
	if s.db.Engine() == "sqlite" {
		lost = time.UnixMicro(math.MaxInt64 / 2)
	}
	s.tidy(ctx)
	for {
		s.take(ctx, lost, slots, &working)
		lost = time.Time{}
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		case <-look.C:
		case <-tidy.C:
			s.tidy(ctx)
		}
	}
}

// tidy deletes what is to be deleted.
func (s *Service) tidy(ctx context.Context) {
	if _, err := s.Purge(ctx); err != nil && ctx.Err() == nil {
		s.o.Log.ErrorContext(ctx, "import files not deleted in time", "error", err)
	}
	if err := s.sweep(ctx); err != nil && ctx.Err() == nil {
		s.o.Log.ErrorContext(ctx, "import files not swept", "error", err)
	}
}

// take begins what waits, as far as there are slots.
func (s *Service) take(ctx context.Context, lost time.Time, slots chan struct{}, working *sync.WaitGroup) {
	if s.o.Dir == "" || s.cmds.Identities() == nil {
		return
	}
	if lost.IsZero() {
		lost = s.db.Now().Add(-s.o.Lost)
	}
	var list []store.ImportJob
	err := s.db.View(ctx, func(r *store.Reader) (err error) {
		list, err = r.ImportWork(lost)
		return err
	})
	if err != nil {
		if ctx.Err() == nil {
			s.o.Log.ErrorContext(ctx, "imports that wait not read", "error", err)
		}
		return
	}
	for _, j := range list {
		if _, err := os.Stat(s.path(j.ID, uploadFile)); errors.Is(err, fs.ErrNotExist) && s.db.Engine() != "sqlite" && s.db.Now().Sub(j.CheckpointAt) < 2*s.o.Lost {
			continue // it may lie with another server, which is slow to take it
		}
		select {
		case slots <- struct{}{}:
		default:
			return // whoever ends wakes this loop
		}
		run, stop := context.WithCancel(ctx)
		if !s.begin(j.ID, j.Rows, stop) { // this process works on it
			stop()
			<-slots
			continue
		}
		working.Go(func() {
			defer func() {
				s.end(j.ID)
				stop()
				<-slots
				s.nudge()
			}()
			s.work(ctx, run, j.ID, lost)
		})
	}
}

func (s *Service) begin(id store.ImportJobID, rows int64, stop context.CancelFunc) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.active[id] != nil {
		return false
	}
	s.active[id] = &activity{stop, time.Now(), rows}
	return true
}

func (s *Service) end(id store.ImportJobID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.active, id)
}

// stopWork ends what this process does with an import. That it stopped was written before.
func (s *Service) stopWork(id store.ImportJobID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.active[id]; a != nil {
		a.stop()
	}
}

// errTaken is returned where somebody else works on an import, or it does not wait any more.
var errTaken = errors.New("the import does not wait")

// work does what an import waits for. all ends with the service, run also when somebody stops the import.
func (s *Service) work(all, run context.Context, id store.ImportJobID, lost time.Time) {
	var j store.ImportJob
	err := s.db.Update(all, func(tx *store.Tx) (err error) {
		if j, err = tx.ImportJob(id, store.Everywhere()); err != nil {
			return err
		}
		if !j.State.Working() || j.Runner != 0 && !j.CheckpointAt.Before(lost) {
			return errTaken
		}
		j.Runner, j.CheckpointAt = s.id, tx.Now()
		return tx.UpdateImportJob(&j, j.State)
	})
	if err != nil {
		if !errors.Is(err, errTaken) && all.Err() == nil {
			s.o.Log.ErrorContext(all, "import not taken up", "import", int64(id), "error", err)
		}
		return
	}
	beat := make(chan struct{})
	var beating sync.WaitGroup
	beating.Go(func() { s.beat(run, id, beat) })
	state := j.State
	err = s.rows(run, &j)
	close(beat)
	beating.Wait()

	// The end of it must be written even while the service stops.
	ending := context.WithoutCancel(all)
	var conflict *store.Conflict
	switch {
	case errors.As(err, &conflict) || run.Err() != nil && all.Err() == nil:
		return // paused, cancelled or changed by a person, which is written already
	case all.Err() != nil:
		err = s.db.Update(ending, func(tx *store.Tx) error {
			now, err := tx.ImportJob(id, store.Everywhere())
			if err != nil || now.Runner != s.id {
				return err
			}
			now.Runner = 0 // whoever starts next goes on
			return tx.UpdateImportJob(&now, now.State)
		})
	case err != nil:
		word, detail := s.failure(ending, j, err)
		s.o.Log.WarnContext(ending, "import failed", "import", int64(id), "failure", word, "error", err)
		err = s.settle(ending, id, state, func(now *store.ImportJob, at time.Time) {
			now.State, now.Failure, now.Detail, now.EndedAt = store.ImportFailed, word, detail, at
			switch {
			case state == store.ImportTrying:
				now.ImportCounts = store.ImportCounts{} // nothing was kept, so there is nothing to go on from
			case word == FailedUnaccounted:
				now.ImportCounts, now.Total = j.ImportCounts, max(j.Total, j.Rows)
			}
		})
	default:
		err = s.settle(ending, id, state, func(now *store.ImportJob, at time.Time) {
			now.ImportCounts, now.Total = j.ImportCounts, j.Rows
			if state == store.ImportTrying {
				now.State, now.TriedAt = store.ImportTried, at
			} else {
				now.State, now.EndedAt = store.ImportDone, at
			}
		})
	}
	if err != nil && !errors.As(err, &conflict) {
		s.o.Log.ErrorContext(ending, "the end of an import not written", "import", int64(id), "error", err)
	}
}

// settle writes the last step of a job that this process works on.
func (s *Service) settle(ctx context.Context, id store.ImportJobID, from store.ImportState, step func(*store.ImportJob, time.Time)) error {
	return s.db.Update(ctx, func(tx *store.Tx) error {
		now, err := tx.ImportJob(id, store.Everywhere())
		if err != nil || now.Runner != s.id || now.State != from {
			return err // a person was quicker
		}
		step(&now, tx.Now())
		now.Runner, now.CheckpointAt, now.DeleteAt = 0, tx.Now(), tx.Now().Add(s.o.Keep)
		return tx.UpdateImportJob(&now, from)
	})
}

// beat gives a sign of life while a file is read that takes long between two chunks.
func (s *Service) beat(ctx context.Context, id store.ImportJobID, end <-chan struct{}) {
	tick := time.NewTicker(s.o.Lost / 4)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-end:
			return
		case <-tick.C:
			err := s.db.Update(ctx, func(tx *store.Tx) error { return tx.BeatImport(id, s.id) })
			if err != nil && ctx.Err() == nil {
				s.o.Log.ErrorContext(ctx, "import gives no sign of life", "import", int64(id), "error", err)
			}
		}
	}
}

// rows tries or imports the rows of a file, and leaves in j what became of them.
func (s *Service) rows(ctx context.Context, j *store.ImportJob) (err error) {
	user, err := s.db.FindActor(ctx, j.User)
	if errors.Is(err, auth.ErrNoAccount) {
		return &command.Forbidden{Action: auth.Import, Decision: auth.Decision{Reason: "the account " + j.Login + " is closed"}}
	}
	if err != nil {
		return err
	}
	by := command.By{Actor: user.Actor(), Purpose: j.Purpose}
	o, err := s.outbreakOf(ctx, *j)
	if err != nil {
		return err
	}
	m, err := mapOf(*j)
	if err != nil {
		return err
	}
	src, closeFile, err := s.source(*j)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeFile()) }()
	key, err := s.cmds.Identities().OpenFileKey(j.SealedKey)
	if err != nil {
		return err
	}
	problems, err := s.openProblems(key, j.ID)
	if err != nil {
		return err
	}
	dry := j.State == store.ImportTrying
	base := j.ImportCounts
	in := command.ImportFile{Outbreak: o.Name, Area: j.Area, Source: src, Map: m, DryRun: dry, SkipRows: int(base.Rows), Problem: problems.add}
	if dry {
		base, in.SkipRows = store.ImportCounts{}, 0
	}
	if err := s.cmds.ImportProblems(ctx, in, in.SkipRows); err != nil {
		return errors.Join(err, problems.file.drop())
	}
	// last is the job as its last chunk left it; next what the chunk under way would make of it.
	last, next := *j, *j
	if dry {
		var told time.Time
		in.Progress = func(r command.ImportResult) {
			if time.Since(told) < time.Second {
				return
			}
			told = time.Now()
			err := s.db.Update(ctx, func(tx *store.Tx) error {
				next = last
				next.ImportCounts, next.CheckpointAt = add(base, r, 0), tx.Now()
				return tx.UpdateImportJob(&next, store.ImportTrying)
			})
			if err == nil {
				last = next
			} else if ctx.Err() == nil {
				s.o.Log.WarnContext(ctx, "progress of a dry run not written", "import", int64(j.ID), "error", err)
			}
		}
	} else {
		in.Kept = func(tx *store.Tx, r command.ImportResult) error {
			next = last // the chunk may be run again
			next.ImportCounts, next.CheckpointAt = add(base, r, in.SkipRows), tx.Now()
			return tx.UpdateImportJob(&next, store.ImportRunning)
		}
		in.Progress = func(command.ImportResult) { last = next }
	}
	got, err := s.cmds.Import(ctx, by, in)
	if err != nil && !errors.Is(err, command.ErrUnaccounted) {
		return errors.Join(err, problems.file.drop())
	}
	j.ImportCounts = add(base, got, in.SkipRows)
	j.Links, j.Counts, j.Warnings, j.Unresolved = int64(got.Links), int64(got.Counts), int64(got.Warnings), int64(got.UnresolvedLinks)
	if in.SkipRows > 0 {
		more, err := s.cmds.ImportUnresolved(ctx, in, in.SkipRows)
		if err != nil {
			return errors.Join(err, problems.file.drop())
		}
		j.Unresolved += int64(more)
	}
	if err := errors.Join(err, problems.keep()); err != nil {
		return err
	}
	return reconcile(*j, got)
}

// add joins what an earlier part of an import did to what the present one has done; the rows that this one skipped are in both.
func add(base store.ImportCounts, r command.ImportResult, skipped int) store.ImportCounts {
	return store.ImportCounts{Rows: int64(r.Rows), Created: base.Created + int64(r.Created), Updated: base.Updated + int64(r.Updated),
		Unchanged: base.Unchanged + int64(r.Unchanged) - int64(skipped), Rejected: base.Rejected + int64(r.Rejected)}
}

// reconcile is the job's own last word: over all its parts, each row is accounted for once.
func reconcile(j store.ImportJob, r command.ImportResult) error {
	c := j.ImportCounts
	if sum := c.Created + c.Updated + c.Unchanged + c.Rejected; sum != c.Rows || c.Rows != int64(r.Rows) {
		return fmt.Errorf("%d rows read, %d accounted for over all parts of the import: %w", r.Rows, sum, command.ErrUnaccounted)
	}
	return nil
}

// failure is the word for what went wrong, and what a person is told. Where neither the person nor the rules explain it, the file is read once more without
// touching anything: what fails then is the file, what does not is ours.
func (s *Service) failure(ctx context.Context, j store.ImportJob, err error) (word, detail string) {
	var dates *exchange.AmbiguousDatesError
	var forbidden *command.Forbidden
	var invalid *command.Invalid
	switch {
	case errors.Is(err, command.ErrUnaccounted):
		return FailedUnaccounted, err.Error()
	case errors.As(err, &dates):
		return FailedDates, dates.Error()
	case errors.As(err, &forbidden):
		return FailedForbidden, forbidden.Error()
	case errors.As(err, &invalid):
		return FailedInvalid, invalid.Error()
	case errors.Is(err, ErrFileGone), errors.Is(err, vault.ErrFileDamaged), errors.Is(err, vault.ErrBadKeyring):
		return FailedGone, ErrFileGone.Error()
	}
	src, closeFile, open := s.source(j)
	if open != nil {
		return FailedGone, ErrFileGone.Error()
	}
	m, bad := mapOf(j)
	if bad == nil {
		_, bad = exchange.Scan(ctx, src, m, func(exchange.Record) error { return nil })
	}
	if closed := closeFile(); closed != nil {
		s.o.Log.ErrorContext(ctx, "import file not closed", "import", int64(j.ID), "error", closed)
	}
	if bad != nil {
		return FailedUnreadable, reasonOf(bad)
	}
	return FailedServer, ""
}

// problemSink writes the sealed list of problems.
type problemSink struct {
	file *sealing
	csv  *exchange.ProblemWriter
}

func (s *Service) openProblems(key vault.FileKey, id store.ImportJobID) (*problemSink, error) {
	f, err := s.seal(key, id, errorsFile)
	if err != nil {
		return nil, err
	}
	return &problemSink{f, exchange.NewProblemWriter(f)}, nil
}

func (p *problemSink) add(x exchange.Problem) error { return p.csv.Write(x) }

func (p *problemSink) keep() error {
	if err := p.csv.Flush(); err != nil {
		return errors.Join(err, p.file.drop())
	}
	return p.file.keep()
}
