package importer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/exchange"
	"firebreak/internal/journal"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/vault"
)

// The files of an import, beside each other in the folder: <number>.upload is what came, <number>.errors what was wrong in it. Both are sealed under the
// job's own key. What ends in .part is being written.
const (
	uploadFile = "upload"
	errorsFile = "errors"
)

func (s *Service) path(id store.ImportJobID, what string) string {
	return filepath.Join(s.o.Dir, strconv.FormatInt(int64(id), 10)+"."+what)
}

// sealedName is what a sealed file is bound to.
func sealedName(id store.ImportJobID, what string) string {
	return "import/" + strconv.FormatInt(int64(id), 10) + "/" + what
}

// sealing writes one sealed file: it appears whole, on disk, or not at all.
type sealing struct {
	f    *os.File
	w    *vault.FileWriter
	path string
}

func (s *Service) seal(key vault.FileKey, id store.ImportJobID, what string) (*sealing, error) {
	path := s.path(id, what)
	f, err := os.OpenFile(path+".part", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("seal import file: %w", err)
	}
	return &sealing{f, key.Writer(f, sealedName(id, what)), path}, nil
}

func (w *sealing) Write(p []byte) (int, error) { return w.w.Write(p) }

// keep makes the file appear.
func (w *sealing) keep() error {
	err := errors.Join(w.w.Close(), w.f.Sync())
	if err = errors.Join(err, w.f.Close()); err != nil {
		return errors.Join(fmt.Errorf("seal import file: %w", err), os.Remove(w.path+".part"))
	}
	if err := os.Rename(w.path+".part", w.path); err != nil {
		return fmt.Errorf("seal import file: %w", err)
	}
	return syncFolder(filepath.Dir(w.path))
}

// syncFolder makes a renamed file survive a power cut, where the system can.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	_ = d.Sync() // not every system flushes a folder, and none has lost the file's content
	return d.Close()
}

// drop takes back what was written.
func (w *sealing) drop() error { return errors.Join(w.f.Close(), os.Remove(w.path+".part")) }

// opened is a sealed file being read.
type opened struct {
	*vault.FileReader
	f *os.File
}

func (o *opened) Close() error { return o.f.Close() }

// open opens a sealed file of a job. The error wraps ErrFileGone where it is not there any more.
func (s *Service) open(j store.ImportJob, what string) (*opened, error) {
	if s.o.Dir == "" || s.cmds.Identities() == nil {
		return nil, ErrNoPlace
	}
	if len(j.SealedKey) == 0 {
		return nil, fmt.Errorf("import %d: %w", j.ID, ErrFileGone)
	}
	key, err := s.cmds.Identities().OpenFileKey(j.SealedKey)
	if err != nil {
		return nil, fmt.Errorf("import %d: %w", j.ID, err)
	}
	f, err := os.Open(s.path(j.ID, what))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("import %d: %w", j.ID, ErrFileGone)
	}
	if err != nil {
		return nil, fmt.Errorf("import %d: %w", j.ID, err)
	}
	st, err := f.Stat()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("import %d: %w", j.ID, err), f.Close())
	}
	r, err := key.Reader(f, st.Size(), sealedName(j.ID, what))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("import %d: %w", j.ID, err), f.Close())
	}
	return &opened{r, f}, nil
}

// source opens the upload of a job as a table.
func (s *Service) source(j store.ImportJob) (*exchange.Source, func() error, error) {
	o, err := s.open(j, uploadFile)
	if err != nil {
		return nil, nil, err
	}
	return exchange.NewSource(j.File, o, o.Size()), o.Close, nil
}

// remove deletes the files of a job. It is no error that they are not there.
func (s *Service) remove(id store.ImportJobID) error {
	var errs []error
	for _, what := range []string{uploadFile, uploadFile + ".part", errorsFile, errorsFile + ".part"} {
		if err := os.Remove(s.path(id, what)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Purge deletes the files whose time has come, and their keys, and returns of how many imports. The deletion is in the journal.
func (s *Service) Purge(ctx context.Context) (n int, err error) {
	var list []store.ImportJob
	err = s.db.View(ctx, func(r *store.Reader) error {
		list, err = r.ImportsToDelete(s.db.Now())
		return err
	})
	if err != nil {
		return 0, err
	}
	for _, j := range list {
		if s.o.Dir != "" {
			if err := s.remove(j.ID); err != nil {
				return n, fmt.Errorf("delete the files of import %d: %w", j.ID, err)
			}
		}
		err := s.db.Update(ctx, func(tx *store.Tx) error {
			now, err := tx.ImportJob(j.ID, store.Everywhere())
			if err != nil || now.Version != j.Version {
				return err // somebody went on with it: next time
			}
			from := now.State
			if !now.State.Ended() {
				now.State, now.EndedAt = store.ImportCancelled, tx.Now()
			}
			now.SealedKey, now.DeletedAt = nil, tx.Now()
			if err := tx.UpdateImportJob(&now, from); err != nil {
				return err
			}
			return note(tx, now, journal.ImportFileDeleted, "retention", map[string]any{"file_sha256": fmt.Sprintf("%x", now.SHA256)})
		})
		if err != nil {
			return n, fmt.Errorf("delete the files of import %d: %w", j.ID, err)
		}
		n++
	}
	return n, nil
}

// sweep removes what uploads that broke off left behind: files that are being written, and files of no import, older than an hour.
func (s *Service) sweep(ctx context.Context) error {
	if s.o.Dir == "" {
		return nil
	}
	list, err := os.ReadDir(s.o.Dir)
	if err != nil {
		return fmt.Errorf("sweep import files: %w", err)
	}
	for _, e := range list {
		number, what, _ := strings.Cut(e.Name(), ".")
		id, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			continue // not ours
		}
		st, err := e.Info()
		if err != nil || time.Since(st.ModTime()) < time.Hour {
			continue
		}
		known := false
		err = s.db.View(ctx, func(r *store.Reader) (err error) {
			known, err = r.ImportExists(store.ImportJobID(id))
			return err
		})
		if err != nil {
			return err
		}
		if known && !strings.HasSuffix(what, ".part") {
			continue
		}
		if err := os.Remove(filepath.Join(s.o.Dir, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("sweep import files: %w", err)
		}
	}
	return nil
}

// note writes to the journal what happened to an import as a whole.
func note(tx *store.Tx, j store.ImportJob, kind journal.Kind, actor string, payload map[string]any) error {
	payload["import"] = int64(j.ID)
	b, err := jsonOf(payload)
	if err != nil {
		return err
	}
	_, err = tx.Append(journal.Entry{Kind: kind, Actor: actor, Outbreak: j.Outbreak, Area: j.Area, Subject: task.Subject{Kind: store.OnImport, ID: int64(j.ID)}, Payload: b})
	return err
}
