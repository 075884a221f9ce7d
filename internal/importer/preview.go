package importer

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"

	"firebreak/internal/command"
	"firebreak/internal/exchange"
	"firebreak/internal/journal"
	"firebreak/internal/outbreak"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

// Preview is what a person checks before a file is tried or imported.
type Preview struct {
	Job store.ImportJob
	exchange.PreviewReport
	Saved []store.ColumnMap // all that may be chosen in the outbreak
	// Same is an earlier import of a file with the same content; its ID is 0 where there is none.
	Same store.ImportJob
}

// PreviewRows is how many rows a preview shows.
const PreviewRows = 8

// Preview reads the first rows of a file by the map of its job, or by m where it is not nil: a choice not yet made.
func (s *Service) Preview(ctx context.Context, by command.By, o outbreak.ID, id store.ImportJobID, m *exchange.Map) (p Preview, err error) {
	w, err := s.Within(by)
	if err != nil {
		return p, err
	}
	err = s.db.View(ctx, func(r *store.Reader) error {
		if p.Job, err = inOutbreak(r, o, id, w); err != nil {
			return err
		}
		if p.Saved, err = r.ColumnMaps(o); err != nil {
			return err
		}
		p.Same, _, err = r.SameImport(o, w, p.Job.SHA256, id)
		return err
	})
	if err != nil {
		return p, err
	}
	if m == nil && p.Job.Mapping != "" {
		chosen, err := mapOf(p.Job)
		if err != nil {
			return p, err
		}
		m = &chosen
	}
	src, closeFile, err := s.source(p.Job)
	if err != nil {
		return p, err
	}
	p.PreviewReport, err = exchange.Preview(ctx, src, m, PreviewRows)
	if err = errors.Join(err, closeFile()); err != nil && ctx.Err() == nil {
		return p, &command.Invalid{Field: "file", Value: p.Job.File, Reason: reasonOf(err)}
	}
	return p, err
}

// Choose sets what the columns of a file are. version is the job's as the caller read it. name is the saved map it came from, if any.
func (s *Service) Choose(ctx context.Context, by command.By, o outbreak.ID, id store.ImportJobID, version int64, m exchange.Map, name string) (store.ImportJob, error) {
	if err := m.Validate(); err != nil {
		return store.ImportJob{}, &command.Invalid{Field: "map", Reason: err.Error()}
	}
	text, err := jsonOf(m)
	if err != nil {
		return store.ImportJob{}, err
	}
	j, err := s.change(ctx, by, o, id, func(tx *store.Tx, j *store.ImportJob) error {
		if !j.DeletedAt.IsZero() {
			return fmt.Errorf("import %d: %w", id, ErrFileGone)
		}
		if version != 0 && version != j.Version {
			return &store.Conflict{Noun: "import", ID: int64(id), Have: j.Version, Want: version}
		}
		j.Mapping, j.Kind, j.MapName = string(text), string(m.Kind), name
		j.State, j.Failure, j.Detail, j.Runner = store.ImportPreviewed, "", "", 0
		j.ImportCounts, j.Total, j.DeleteAt = store.ImportCounts{}, 0, tx.Now().Add(s.o.Keep)
		return nil
	})
	if err == nil {
		s.stopWork(id)
	}
	return j, err
}

// Problems returns the first problems of a job's dry run or import, at most n, rejected rows before doubts.
func (s *Service) Problems(ctx context.Context, by command.By, o outbreak.ID, id store.ImportJobID, n int) (list []exchange.Problem, err error) {
	j, err := s.Job(ctx, by, o, id)
	if err != nil {
		return nil, err
	}
	f, err := s.open(j, errorsFile)
	if errors.Is(err, ErrFileGone) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	var doubts []exchange.Problem
	r := csv.NewReader(io.NewSectionReader(f, 0, f.Size()))
	r.ReuseRecord = true
	if _, err := r.Read(); err != nil { // the header
		return nil, fmt.Errorf("read problems of import %d: %w", id, err)
	}
	for read := 0; len(list) < n && read < problemsRead; read++ {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read problems of import %d: %w", id, err)
		}
		p := exchange.Problem{Column: row[1], Value: row[2], Reason: row[3], Severity: exchange.Severity(row[4])}
		if row[0] != "" {
			if p.Row, err = strconv.Atoi(row[0]); err != nil {
				return nil, fmt.Errorf("read problems of import %d: %w", id, err)
			}
		}
		switch {
		case p.Severity == exchange.Reject:
			list = append(list, p)
		case len(doubts) < n:
			doubts = append(doubts, p)
		}
	}
	return append(list, doubts[:min(len(doubts), n-len(list))]...), nil
}

// problemsRead is how many lines are looked through for the first rejected rows.
const problemsRead = 20_000

// ErrorFile writes all problems of a job's dry run or import as CSV. That the values leave is in the journal, with the purpose. The error wraps ErrFileGone where there is
// none (any more), before anything is written.
func (s *Service) ErrorFile(ctx context.Context, by command.By, o outbreak.ID, id store.ImportJobID, begin func(), w io.Writer) (err error) {
	j, err := s.Job(ctx, by, o, id)
	if err != nil {
		return err
	}
	f, err := s.open(j, errorsFile)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		b, err := jsonOf(map[string]any{"what": "import-errors", "import": int64(id), "format": "csv", "purpose": by.Purpose})
		if err != nil {
			return err
		}
		_, err = tx.Append(journal.Entry{Kind: journal.Exported, Actor: by.Name(), Outbreak: j.Outbreak, Area: j.Area, Subject: task.Subject{Kind: store.OnImport, ID: int64(id)}, Payload: b})
		return err
	})
	if err != nil {
		return err
	}
	begin()
	_, err = io.Copy(w, io.NewSectionReader(f, 0, f.Size()))
	return err
}

// HasErrorFile says whether ErrorFile has something to give.
func (s *Service) HasErrorFile(j store.ImportJob) bool {
	f, err := s.open(j, errorsFile)
	return err == nil && f.Close() == nil
}

// Pause stops an import, or a dry run, until somebody starts it again. What is in stays in.
func (s *Service) Pause(ctx context.Context, by command.By, o outbreak.ID, id store.ImportJobID) (store.ImportJob, error) {
	return s.halt(ctx, by, o, id, func(tx *store.Tx, j *store.ImportJob) error {
		if j.State == store.ImportTrying { // nothing of a dry run is kept, so there is nothing to go on from
			j.State, j.ImportCounts = store.ImportPreviewed, store.ImportCounts{}
		} else {
			j.State = store.ImportPaused
		}
		j.Runner, j.DeleteAt = 0, tx.Now().Add(s.o.Keep)
		return note(tx, *j, journal.ImportStopped, by.Name(), map[string]any{"state": j.State, "rows": j.Rows})
	})
}

// Cancel ends an import. What is in stays in; its files are deleted.
func (s *Service) Cancel(ctx context.Context, by command.By, o outbreak.ID, id store.ImportJobID) (store.ImportJob, error) {
	j, err := s.halt(ctx, by, o, id, func(tx *store.Tx, j *store.ImportJob) error {
		j.State, j.Runner, j.EndedAt, j.DeleteAt = store.ImportCancelled, 0, tx.Now(), tx.Now()
		return note(tx, *j, journal.ImportStopped, by.Name(), map[string]any{"state": j.State, "rows": j.Rows})
	})
	if err != nil {
		return j, err
	}
	if _, err := s.Purge(ctx); err != nil {
		s.o.Log.ErrorContext(ctx, "files of a cancelled import not deleted yet", "import", int64(id), "error", err)
	}
	return s.Job(ctx, by, o, id)
}

func (s *Service) halt(ctx context.Context, by command.By, o outbreak.ID, id store.ImportJobID, step func(*store.Tx, *store.ImportJob) error) (store.ImportJob, error) {
	j, err := s.change(ctx, by, o, id, step)
	if err == nil {
		s.stopWork(id)
	}
	return j, err
}
