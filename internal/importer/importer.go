// Package importer carries an uploaded file through all its steps: it keeps it sealed in the data folder, shows what its columns are taken for, tries it
// without changing anything, imports it in the background, goes on after a restart, and deletes it in time.
//
// The rows themselves are taken in by command.Import, as the person who gave the order, for their purpose, within the area of the job. How far it has come is
// written in the same transaction as each chunk of rows, so that a process which dies at any moment leaves counts that are true. web, api and cmd may import it.
package importer

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/store"
)

// Errors of a Service.
var (
	// ErrTooLarge is wrapped when a file is larger than what is taken.
	ErrTooLarge = errors.New("the file is too large")
	// ErrNoPlace is returned where files cannot be kept: no data folder, or no vault to seal them in.
	ErrNoPlace = errors.New("uploads are not kept here: the server needs a data folder (--data) and the vault's key")
	// ErrFileGone is wrapped when a file was deleted, or lies on another server.
	ErrFileGone = errors.New("the uploaded file is no longer here; upload it again")
)

// Options configures a Service. DB and Commands are required.
type Options struct {
	DB       *store.DB
	Commands *command.Commands
	// Dir is where files lie; empty means the folder "imports" in the store's data folder.
	Dir string
	// MaxSize bounds a file, bytes; default 256 MiB.
	MaxSize int64
	// Keep is how long a file is kept after its last step; default 7 days.
	Keep time.Duration
	// AtOnce is how many files are worked on at a time; default 2.
	AtOnce int
	// Lost is how long a server process gives no sign of life before another takes its work over; default 2 min. Only on PostgreSQL: a folder has one process.
	Lost time.Duration
	Log  *slog.Logger // default slog.Default
}

// Service runs imports. It is safe for concurrent use. Run it, else nothing is worked on.
type Service struct {
	db   *store.DB
	cmds *command.Commands
	o    Options
	id   int64 // tells this process from others
	wake chan struct{}

	mu     sync.Mutex
	active map[store.ImportJobID]*activity
}

// activity is one file being worked on.
type activity struct {
	stop  context.CancelFunc
	since time.Time
	rows  int64 // done when it began
}

// New returns a service. Files are kept only where there is a folder and a vault; without, uploads are refused with ErrNoPlace.
func New(o Options) (*Service, error) {
	if o.DB == nil || o.Commands == nil {
		return nil, errors.New("importer: a store and its commands are required")
	}
	if o.Dir == "" && o.DB.Dir() != "" {
		o.Dir = filepath.Join(o.DB.Dir(), "imports")
	}
	if o.MaxSize == 0 {
		o.MaxSize = 256 << 20
	}
	if o.Keep == 0 {
		o.Keep = 7 * 24 * time.Hour
	}
	if o.AtOnce == 0 {
		o.AtOnce = 2
	}
	if o.Lost == 0 {
		o.Lost = 2 * time.Minute
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	var id [8]byte
	_, _ = rand.Read(id[:]) // never fails
	s := &Service{db: o.DB, cmds: o.Commands, o: o, id: int64(binary.BigEndian.Uint64(id[:])>>1) | 1, wake: make(chan struct{}, 1), active: map[store.ImportJobID]*activity{}}
	if o.Dir != "" {
		if err := os.MkdirAll(o.Dir, 0o700); err != nil {
			return nil, fmt.Errorf("importer: %w", err)
		}
	}
	return s, nil
}

// Keep is how long a file is kept after its last step.
func (s *Service) Keep() time.Duration { return s.o.Keep }

// MaxSize is the largest file that is taken, bytes.
func (s *Service) MaxSize() int64 { return s.o.MaxSize }

// Within is where the caller may import; Forbidden with the reason where that is nowhere.
func (s *Service) Within(by command.By) (store.Within, error) {
	now := s.db.Now()
	scope := auth.ScopeOf(by.Actor, auth.Import, by.Purpose, now)
	if scope.Empty() {
		return store.Within{}, &command.Forbidden{Action: auth.Import, Decision: auth.May(by.Actor, auth.Import, nil, by.Purpose, now)}
	}
	return store.Within{Scope: scope}, nil
}

// Job returns one import that the caller may see. The error wraps store.ErrNotFound for others.
func (s *Service) Job(ctx context.Context, by command.By, o outbreak.ID, id store.ImportJobID) (j store.ImportJob, err error) {
	w, err := s.Within(by)
	if err != nil {
		return j, err
	}
	err = s.db.View(ctx, func(r *store.Reader) error {
		j, err = inOutbreak(r, o, id, w)
		return err
	})
	return j, err
}

func inOutbreak(r *store.Reader, o outbreak.ID, id store.ImportJobID, w store.Within) (store.ImportJob, error) {
	j, err := r.ImportJob(id, w)
	if err == nil && j.Outbreak != o {
		err = fmt.Errorf("import %d: %w", id, store.ErrNotFound)
	}
	return j, err
}

// Jobs returns the imports of an outbreak that the caller may see, the newest first.
func (s *Service) Jobs(ctx context.Context, by command.By, o outbreak.ID, before store.ImportJobID, limit int) (list []store.ImportJob, err error) {
	w, err := s.Within(by)
	if err != nil {
		return nil, err
	}
	err = s.db.View(ctx, func(r *store.Reader) error {
		list, err = r.ImportJobs(o, w, before, limit)
		return err
	})
	return list, err
}

// Areas are the areas an import of the caller into an outbreak can be bound to: all of the outbreak's where they may import there, else the tops of what is theirs in it. A
// single 0 stands for an outbreak without an area.
func (s *Service) Areas(by command.By, tree *place.Tree, o outbreak.Outbreak) []place.AreaID {
	w, err := s.Within(by)
	if err != nil {
		return nil
	}
	if holds(w.Scope, tree, o.Area) {
		return []place.AreaID{o.Area}
	}
	var out []place.AreaID
	for _, root := range w.Scope.Roots {
		if o.Area == 0 || tree.Contains(o.Area, root) {
			out = append(out, root)
		}
	}
	return out
}

func holds(s auth.Scope, tree *place.Tree, a place.AreaID) bool {
	var path []place.AreaID
	for _, j := range tree.Path(a) {
		path = append(path, j.ID)
	}
	return s.Contains(path)
}

// Rate is how fast a file is worked on by this process, rows a second; 0 where it is not.
func (s *Service) Rate(j store.ImportJob) float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.active[j.ID]
	if a == nil || j.Rows <= a.rows {
		return 0
	}
	took := time.Since(a.since).Seconds()
	if took < 0.2 {
		return 0
	}
	return float64(j.Rows-a.rows) / took
}

// change writes a step of a job that the caller may see. step sees the job as it is now.
func (s *Service) change(ctx context.Context, by command.By, o outbreak.ID, id store.ImportJobID, step func(*store.Tx, *store.ImportJob) error) (j store.ImportJob, err error) {
	w, err := s.Within(by)
	if err != nil {
		return j, err
	}
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		if j, err = inOutbreak(&tx.Reader, o, id, w); err != nil {
			return err
		}
		from := j.State
		if err := step(tx, &j); err != nil {
			return err
		}
		return tx.UpdateImportJob(&j, from)
	})
	return j, err
}

// Start has a file tried (dry) or imported. Who starts it is who it runs as. From paused or failed it goes on where it stopped.
func (s *Service) Start(ctx context.Context, by command.By, o outbreak.ID, id store.ImportJobID, dry bool) (store.ImportJob, error) {
	j, err := s.change(ctx, by, o, id, func(tx *store.Tx, j *store.ImportJob) error {
		if !j.DeletedAt.IsZero() {
			return fmt.Errorf("import %d: %w", id, ErrFileGone)
		}
		if j.Mapping == "" {
			return &command.Invalid{Field: "map", Reason: "is not chosen yet: say what the columns are"}
		}
		if m, err := mapOf(*j); err != nil || len(m.Fields) == 0 {
			return errors.Join(err, &command.Invalid{Field: "map", Reason: "says of no column what it is"})
		}
		if j.State != store.ImportPaused && j.State != store.ImportFailed {
			j.ImportCounts = store.ImportCounts{}
			j.StartedAt = tx.Now()
		}
		j.State, j.Runner, j.Failure, j.Detail, j.CheckpointAt = store.ImportRunning, 0, "", "", tx.Now()
		if dry {
			j.State = store.ImportTrying
		}
		j.User, j.Login, j.Purpose = by.Actor.UserID, by.Actor.Login, by.Purpose
		return nil
	})
	if err == nil {
		s.nudge()
	}
	return j, err
}

func (s *Service) nudge() {
	select {
	case s.wake <- struct{}{}:
	default: // it is awake already
	}
}
