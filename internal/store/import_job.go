package store

import (
	"errors"
	"fmt"
	"math"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/task"
)

// OnImport is what the journal's entries about an import as a whole are about.
const OnImport task.SubjectKind = "import"

// ErrImportState is wrapped when an import is not in a state in which what was asked for can be done.
var ErrImportState = errors.New("the import is at another step")

// ImportJobID names an import.
type ImportJobID int64

// ImportState is how far an uploaded file has come.
type ImportState string

// The states. A file is uploaded, then previewed (its columns are chosen), tried (a dry run), and imported. A dry run may be left out.
const (
	ImportUploaded  ImportState = "uploaded"  // the file is in; nobody has said what its columns mean
	ImportPreviewed ImportState = "previewed" // its columns are chosen
	ImportTrying    ImportState = "trying"    // a dry run waits or is under way
	ImportTried     ImportState = "tried"     // what would happen is known
	ImportRunning   ImportState = "running"   // it waits or is under way
	ImportPaused    ImportState = "paused"    // by a person; what is in stays in
	ImportFailed    ImportState = "failed"    // see Failure; what is in stays in
	ImportDone      ImportState = "done"
	ImportCancelled ImportState = "cancelled" // by a person; what is in stays in
)

// Ended says whether nothing more will happen.
func (s ImportState) Ended() bool { return s == ImportDone || s == ImportCancelled }

// Working says whether the file is being read, or waits for it.
func (s ImportState) Working() bool { return s == ImportTrying || s == ImportRunning }

// follows says from which states a state can be reached.
func (s ImportState) follows(from ImportState) bool {
	switch s {
	case ImportPreviewed:
		return from == ImportUploaded || from == ImportPreviewed || from == ImportTried || from == ImportTrying || from == ImportFailed
	case ImportTrying:
		return from == ImportUploaded || from == ImportPreviewed || from == ImportTried // uploaded: what was proposed for its columns is taken
	case ImportTried:
		return from == ImportTrying
	case ImportRunning:
		return from == ImportUploaded || from == ImportPreviewed || from == ImportTried || from == ImportPaused || from == ImportFailed
	case ImportPaused, ImportDone:
		return from == ImportRunning
	case ImportFailed:
		return from.Working()
	case ImportCancelled:
		return !from.Ended()
	case ImportUploaded:
	}
	return false
}

// ImportCounts is what became of the rows so far: Rows = Created + Updated + Unchanged + Rejected.
type ImportCounts struct {
	Rows, Created, Updated, Unchanged, Rejected int64
	Unresolved                                  int64 // links with an end that is no known case; known at the end
	Links, Counts, Warnings                     int64
}

// ImportJob is an uploaded file on its way into an outbreak.
type ImportJob struct {
	ID       ImportJobID
	Outbreak outbreak.ID
	Area     place.AreaID // whose records it may touch: this and what lies below
	District place.AreaID
	User     auth.UserID
	Login    string
	Purpose  auth.Purpose

	File   string // its name, as the uploader called it
	Size   int64  // bytes
	SHA256 []byte
	// SealedKey opens the sealed files; empty once they are deleted.
	SealedKey []byte

	Kind    string // of the chosen map: cases, contacts, links; empty before
	Mapping string // the chosen map as JSON; empty before
	MapName string // of the saved map it came from

	State   ImportState
	Failure string // of ImportFailed: a word for programs
	Detail  string // of ImportFailed: a sentence for people
	Runner  int64  // the process that works on it

	ImportCounts
	Total int64 // rows of the file; 0 until they were counted by a dry run

	UploadedAt, TriedAt, StartedAt, CheckpointAt, EndedAt time.Time
	DeleteAt                                              time.Time // when the files are deleted
	DeletedAt                                             time.Time // when they were
	Version                                               int64
}

const importJobColumns = `id, outbreak, area, district, by_user, by_login, purpose, file, size, sha256, sealed_key, kind, mapping, map_name, state, failure, detail, runner,
rows_done, created, updated, unchanged, rejected, unresolved, links, counts, warnings, rows_total, uploaded_at, tried_at, started_at, checkpoint_at, ended_at, delete_at, deleted_at, version`

func (r *Reader) importJobs(text string, args ...any) ([]ImportJob, error) {
	rows, err := r.query(`SELECT `+importJobColumns+` FROM import_job WHERE `+text, args...)
	if err != nil {
		return nil, fmt.Errorf("read imports: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []ImportJob
	for rows.Next() {
		var j ImportJob
		var uploaded, tried, started, checkpoint, ended, del, deleted int64
		if err := rows.Scan(&j.ID, &j.Outbreak, &j.Area, &j.District, &j.User, &j.Login, &j.Purpose, &j.File, &j.Size, &j.SHA256, &j.SealedKey, &j.Kind, &j.Mapping, &j.MapName,
			&j.State, &j.Failure, &j.Detail, &j.Runner, &j.Rows, &j.Created, &j.Updated, &j.Unchanged, &j.Rejected, &j.Unresolved, &j.Links, &j.Counts, &j.Warnings, &j.Total,
			&uploaded, &tried, &started, &checkpoint, &ended, &del, &deleted, &j.Version); err != nil {
			return nil, fmt.Errorf("read imports: %w", err)
		}
		j.UploadedAt, j.TriedAt, j.StartedAt, j.CheckpointAt, j.EndedAt, j.DeleteAt, j.DeletedAt = when(uploaded), when(tried), when(started), when(checkpoint), when(ended), when(del), when(deleted)
		out = append(out, j)
	}
	return out, rows.Err()
}

// ImportJob returns one import in the bound; outside of it, or not there, the error wraps ErrNotFound.
func (r *Reader) ImportJob(id ImportJobID, w Within) (ImportJob, error) {
	reach, err := r.reach(w)
	if err != nil {
		return ImportJob{}, err
	}
	list, err := r.importJobs(`id = $1`, int64(id))
	if err != nil {
		return ImportJob{}, err
	}
	if len(list) == 0 || !reach.holds(list[0].Area) {
		return ImportJob{}, fmt.Errorf("import %d: %w", id, ErrNotFound)
	}
	return list[0], nil
}

// ImportJobs returns the imports of an outbreak in the bound, the newest first: at most limit, older than before where it is not 0.
func (r *Reader) ImportJobs(o outbreak.ID, w Within, before ImportJobID, limit int) ([]ImportJob, error) {
	reach, err := r.reach(w)
	if err != nil || reach.empty() {
		return nil, err
	}
	if before == 0 {
		before = math.MaxInt64
	}
	return r.importJobs(`outbreak = $1 AND id < $2`+reach.gathered("area")+` ORDER BY id DESC LIMIT $3`, int64(o), int64(before), limit)
}

// SameImport returns the newest import in the bound of a file with the same content, other than not.
func (r *Reader) SameImport(o outbreak.ID, w Within, sha256 []byte, not ImportJobID) (j ImportJob, ok bool, err error) {
	reach, err := r.reach(w)
	if err != nil || reach.empty() {
		return j, false, err
	}
	list, err := r.importJobs(`outbreak = $1 AND sha256 = $2 AND id <> $3 AND state IN ('running', 'paused', 'done')`+reach.gathered("area")+` ORDER BY id DESC LIMIT 1`, int64(o), sha256, int64(not))
	if err != nil || len(list) == 0 {
		return j, false, err
	}
	return list[0], true, nil
}

// ImportWork returns the imports that wait for a process or lost theirs: no process works on them, or its last sign of life is older than before. It is for
// the program itself.
func (r *Reader) ImportWork(before time.Time) ([]ImportJob, error) {
	return r.importJobs(`state IN ('trying', 'running') AND (runner = 0 OR checkpoint_at < $1) ORDER BY id`, instant(before))
}

// ImportsToDelete returns the imports whose files are to be deleted by now. It is for the program itself.
func (r *Reader) ImportsToDelete(now time.Time) ([]ImportJob, error) {
	return r.importJobs(`deleted_at = 0 AND delete_at <= $1 AND state NOT IN ('trying', 'running') ORDER BY id`, instant(now))
}

// ImportExists says whether an import is there. It is for the program itself.
func (r *Reader) ImportExists(id ImportJobID) (bool, error) {
	var n int64
	err := r.row(`SELECT COUNT(*) FROM import_job WHERE id = $1`, int64(id)).Scan(&n)
	return n > 0, err
}

// NextImportID hands out the number of an import before its file is there: the file is named by it.
func (tx *Tx) NextImportID() (ImportJobID, error) {
	id, err := tx.nextIDs("import", 1)
	return ImportJobID(id), err
}

// AddImportJob inserts an import under the number it has.
func (tx *Tx) AddImportJob(j *ImportJob) error {
	j.Version = 1
	_, err := tx.exec(`INSERT INTO import_job (`+importJobColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36)`,
		int64(j.ID), int64(j.Outbreak), int64(j.Area), int64(j.District), int64(j.User), j.Login, string(j.Purpose), j.File, j.Size, blob(j.SHA256), blob(j.SealedKey), j.Kind, j.Mapping, j.MapName,
		string(j.State), j.Failure, j.Detail, j.Runner, j.Rows, j.Created, j.Updated, j.Unchanged, j.Rejected, j.Unresolved, j.Links, j.Counts, j.Warnings, j.Total,
		instant(j.UploadedAt), instant(j.TriedAt), instant(j.StartedAt), instant(j.CheckpointAt), instant(j.EndedAt), instant(j.DeleteAt), instant(j.DeletedAt), j.Version)
	if err != nil {
		return fmt.Errorf("insert import: %w", err)
	}
	return nil
}

// blob is what a column of bytes that is never NULL takes.
func blob(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// UpdateImportJob writes an import's progress; what it is about does not change. The version must be the one stored, and the state one that can follow
// from: else the error is a *Conflict, or wraps ErrImportState.
func (tx *Tx) UpdateImportJob(j *ImportJob, from ImportState) error {
	if j.State != from && !j.State.follows(from) {
		return fmt.Errorf("import %d is %s and cannot become %s: %w", j.ID, from, j.State, ErrImportState)
	}
	n, err := tx.exec(`UPDATE import_job SET sealed_key = $1, kind = $2, mapping = $3, map_name = $4, state = $5, failure = $6, detail = $7, runner = $8,
rows_done = $9, created = $10, updated = $11, unchanged = $12, rejected = $13, unresolved = $14, links = $15, counts = $16, warnings = $17, rows_total = $18,
tried_at = $19, started_at = $20, checkpoint_at = $21, ended_at = $22, delete_at = $23, deleted_at = $24, version = version + 1 WHERE id = $25 AND version = $26 AND state = $27`,
		blob(j.SealedKey), j.Kind, j.Mapping, j.MapName, string(j.State), j.Failure, j.Detail, j.Runner, j.Rows, j.Created, j.Updated, j.Unchanged, j.Rejected, j.Unresolved, j.Links, j.Counts, j.Warnings, j.Total,
		instant(j.TriedAt), instant(j.StartedAt), instant(j.CheckpointAt), instant(j.EndedAt), instant(j.DeleteAt), instant(j.DeletedAt), int64(j.ID), j.Version, string(from))
	if err != nil {
		return fmt.Errorf("update import %d: %w", j.ID, err)
	}
	if n == 0 {
		now, err := tx.ImportJob(j.ID, Everywhere())
		if err != nil {
			return err
		}
		return &Conflict{Noun: "import", ID: int64(j.ID), Have: now.Version, Want: j.Version}
	}
	j.Version++
	return nil
}

// BeatImport notes that a process still works on an import. It changes nothing else and no version.
func (tx *Tx) BeatImport(id ImportJobID, runner int64) error {
	_, err := tx.exec(`UPDATE import_job SET checkpoint_at = $1 WHERE id = $2 AND runner = $3`, instant(tx.now), int64(id), runner)
	if err != nil {
		return fmt.Errorf("import %d gives a sign of life: %w", id, err)
	}
	return nil
}
