package importer

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/exchange"
	"firebreak/internal/journal"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/store"
)

// Upload is a file as it comes in.
type Upload struct {
	Outbreak string
	// Area bounds what the rows may touch; 0 takes the only one there is: see Areas.
	Area place.AreaID
	Name string // of the file
	Body io.Reader
}

// Upload keeps a file, sealed, and proposes what its columns are. What is no table at all is refused with *command.Invalid and not kept; what is too large with
// ErrTooLarge; an upload that breaks off leaves nothing.
func (s *Service) Upload(ctx context.Context, by command.By, u Upload) (j store.ImportJob, err error) {
	ids := s.cmds.Identities()
	if s.o.Dir == "" || ids == nil {
		return j, ErrNoPlace
	}
	if j, err = s.place(ctx, by, u); err != nil {
		return j, err
	}
	key, wrapped, err := ids.NewFileKey()
	if err != nil {
		return j, err
	}
	j.SealedKey = wrapped
	err = s.db.Update(ctx, func(tx *store.Tx) (err error) {
		j.ID, err = tx.NextImportID()
		return err
	})
	if err != nil {
		return j, err
	}
	w, err := s.seal(key, j.ID, uploadFile)
	if err != nil {
		return j, err
	}
	digest := sha256.New()
	n, err := io.Copy(io.MultiWriter(w, digest), io.LimitReader(u.Body, s.o.MaxSize+1))
	switch {
	case err != nil:
		return j, errors.Join(&command.Invalid{Field: "file", Reason: "did not come in whole: " + err.Error()}, w.drop())
	case n > s.o.MaxSize:
		return j, errors.Join(fmt.Errorf("%w: more than %d MiB", ErrTooLarge, s.o.MaxSize>>20), w.drop())
	case n == 0:
		return j, errors.Join(&command.Invalid{Field: "file", Reason: "is empty"}, w.drop())
	}
	if err := w.keep(); err != nil {
		return j, err
	}
	j.Size, j.SHA256 = n, digest.Sum(nil)
	if err := s.enter(ctx, by, &j); err != nil {
		return j, errors.Join(err, s.remove(j.ID))
	}
	return j, nil
}

// place finds where the rows of an upload may go, before anything of it is read.
func (s *Service) place(ctx context.Context, by command.By, u Upload) (j store.ImportJob, err error) {
	j = store.ImportJob{User: by.Actor.UserID, Login: by.Actor.Login, Purpose: by.Purpose, State: store.ImportUploaded, File: fileName(u.Name)}
	w, err := s.Within(by)
	if err != nil {
		return j, err
	}
	err = s.db.View(ctx, func(r *store.Reader) error {
		o, err := r.OutbreakByName(u.Outbreak)
		if err != nil {
			return err
		}
		tree, err := r.Tree()
		if err != nil {
			return err
		}
		j.Outbreak, j.Area = o.ID, u.Area
		switch areas := s.Areas(by, tree, o); {
		case u.Area != 0 && (!holds(w.Scope, tree, u.Area) || o.Area != 0 && !tree.Contains(o.Area, u.Area)):
			return &command.Forbidden{Action: auth.Import, Decision: auth.May(by.Actor, auth.Import, pathOf(tree, u.Area), by.Purpose, s.db.Now())}
		case u.Area != 0:
		case len(areas) == 1:
			j.Area = areas[0]
		case len(areas) == 0:
			return &command.Forbidden{Action: auth.Import, Decision: auth.May(by.Actor, auth.Import, pathOf(tree, o.Area), by.Purpose, s.db.Now())}
		default:
			return &command.Invalid{Field: "area", Reason: "is needed: there are several in which you may import"}
		}
		if j.Area != 0 {
			j.District = tree.District(j.Area)
		}
		return nil
	})
	return j, err
}

func pathOf(tree *place.Tree, a place.AreaID) (path []place.AreaID) {
	for _, j := range tree.Path(a) {
		path = append(path, j.ID)
	}
	return path
}

// fileName is a name as it may stand on a screen and in the journal: without folders and control characters, of bounded length.
func fileName(name string) string {
	name = filepath.Base(strings.ReplaceAll(strings.ToValidUTF8(name, ""), `\`, "/"))
	name = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, name))
	for utf8.RuneCountInString(name) > 120 {
		_, n := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-n]
	}
	if name == "" || name == "." || name == "/" {
		return "upload"
	}
	return name
}

// enter looks whether the upload is a table, proposes a map and makes its record.
func (s *Service) enter(ctx context.Context, by command.By, j *store.ImportJob) error {
	src, closeFile, err := s.source(*j)
	if err != nil {
		return err
	}
	report, err := exchange.Preview(ctx, src, nil, 0)
	if err = errors.Join(err, closeFile()); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return &command.Invalid{Field: "file", Value: j.File, Reason: reasonOf(err)}
	}
	return s.db.Update(ctx, func(tx *store.Tx) error {
		saved, err := tx.ColumnMaps(j.Outbreak)
		if err != nil {
			return err
		}
		m, name := propose(report, saved)
		if m != nil {
			text, err := jsonOf(m)
			if err != nil {
				return err
			}
			j.Mapping, j.Kind, j.MapName = string(text), string(m.Kind), name
		}
		j.UploadedAt, j.DeleteAt = tx.Now(), tx.Now().Add(s.o.Keep)
		if err := tx.AddImportJob(j); err != nil {
			return err
		}
		return note(tx, *j, journal.ImportUploaded, by.Name(), map[string]any{"file": j.File, "size": j.Size, "sha256": fmt.Sprintf("%x", j.SHA256), "purpose": j.Purpose})
	})
}

// reasonOf is what a person is told of a file that cannot be read.
func reasonOf(err error) string {
	switch {
	case errors.Is(err, exchange.ErrEmpty):
		return "has no rows"
	case errors.Is(err, exchange.ErrUnreadable):
		return "is not a text table (CSV) or an XLSX workbook"
	}
	return "cannot be read: " + err.Error()
}

// propose chooses the map that a new file is shown with: a saved one all of whose columns the file has and that explains as many as the best layout that is
// recognised; else that layout. The map is nil where nothing fits.
func propose(report exchange.PreviewReport, saved []store.ColumnMap) (*exchange.Map, string) {
	var best *exchange.Map
	most, sure := 0, false
	if len(report.Recognised) > 0 {
		best = &report.Recognised[0].Map
		most = taken(*best, report.Header)
		sure = report.Recognised[0].Confidence >= Sure
	}
	name := ""
	for _, x := range saved {
		m, err := exchange.ParseMap([]byte(x.Mapping))
		if err != nil {
			continue // of another version; it is listed and can be seen to
		}
		_, missing := m.Columns(report.Header)
		if n := taken(m, report.Header); len(missing) == 0 && n > 0 && (n > most || n == most && name == "" || !sure && name == "") {
			best, most, name = &m, n, x.Name
		}
	}
	return best, name
}

// Sure is the confidence of a recognised layout from which on a file may be imported without a person looking at its columns.
const Sure = 0.8

// taken counts the columns that a map says something about.
func taken(m exchange.Map, header []string) int {
	n := 0
	fields, _ := m.Columns(header)
	for i, d := range m.Dropped(header) {
		if d || fields[i] != "" {
			n++
		}
	}
	return n
}

func jsonOf(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("write import: %w", err)
	}
	return b, nil
}

// mapOf reads the map chosen for a job.
func mapOf(j store.ImportJob) (exchange.Map, error) {
	if j.Mapping == "" {
		return exchange.Map{}, &command.Invalid{Field: "map", Reason: "is not chosen yet: say what the columns are"}
	}
	return exchange.ParseMap([]byte(j.Mapping))
}

// outbreakOf reads the outbreak of a job.
func (s *Service) outbreakOf(ctx context.Context, j store.ImportJob) (o outbreak.Outbreak, err error) {
	err = s.db.View(ctx, func(r *store.Reader) error {
		o, err = r.Outbreak(j.Outbreak)
		return err
	})
	return o, err
}
