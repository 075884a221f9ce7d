package imports

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/exchange"
	"firebreak/internal/i18n"
	"firebreak/internal/importer"
	"firebreak/internal/store"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// Handler answers for the imports of an outbreak.
type Handler struct {
	s    *site.Site
	page *ui.Page
}

// NewHandler parses the page.
func NewHandler(s *site.Site) (*Handler, error) {
	page, err := New(s.Kit)
	return &Handler{s, page}, err
}

// pageJobs is how many imports a page of the list has.
const pageJobs = 25

// List is GET /o/{outbreak}/imports.
func (h *Handler) List(q *site.Request) error { return h.list(q, http.StatusOK, nil) }

// list shows the list and the form; with an error of an upload it says what was wrong.
func (h *Handler) list(q *site.Request, status int, wrong error) error {
	v := View{Step: Upload, List: q.Path("imports"), KeepFor: int(h.s.Imports.Keep() / (24 * time.Hour)),
		Empty: ui.Empty{Title: i18n.M("import.none"), Hint: i18n.M("import.none_hint")}}
	var before store.ImportJobID
	if s := q.URL.Query().Get("before"); s != "" {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n <= 0 {
			return &command.Invalid{Field: "before", Value: s, Reason: "is not the number of an import"}
		}
		before = store.ImportJobID(n)
	} else {
		v.Part = q.Path("imports") + "?part=jobs"
	}
	jobs, err := h.s.Imports.Jobs(q.Context(), q.By(), q.Outbreak.ID, before, pageJobs+1)
	if err != nil {
		return err
	}
	if len(jobs) > pageJobs {
		jobs = jobs[:pageJobs]
		v.Older = q.Path("imports") + "?before=" + strconv.FormatInt(int64(jobs[pageJobs-1].ID), 10)
	}
	for _, j := range jobs {
		at := j.UploadedAt
		if !j.EndedAt.IsZero() {
			at = j.EndedAt
		}
		v.Jobs = append(v.Jobs, Job{File: j.File, Href: h.href(q, j), State: string(j.State), Kind: j.Kind, At: ui.Event{At: at, Who: j.Login}, Rows: j.Rows, Total: j.Total,
			Created: j.Created, Updated: j.Updated, Unchanged: j.Unchanged, Rejected: j.Rejected, Working: j.State.Working()})
	}
	v.Upload = ui.Form{ID: "upload", Action: q.Path("imports"), Upload: true, Submit: i18n.M("import.upload")}
	if areas := h.s.Imports.Areas(q.By(), q.Tree, q.Outbreak); len(areas) > 1 {
		f := ui.Field{Name: "area", Label: i18n.M("col.area"), Kind: ui.FieldSelect, Required: true, Hint: i18n.M("import.area_hint")}
		for _, a := range areas {
			j, _ := q.Tree.Get(a)
			f.Options = append(f.Options, ui.Option{Value: j.Code, Text: q.AreaName(a)})
		}
		v.Upload.Fields = append(v.Upload.Fields, f)
	}
	file := ui.Field{Name: "file", Label: i18n.M("import.file"), Kind: ui.FieldFile, Required: true, Accept: ".csv,.tsv,.txt,.xlsx", Hint: i18n.M("import.file_hint", "mib", h.s.Imports.MaxSize()>>20)}
	var invalid *command.Invalid
	switch {
	case errors.Is(wrong, importer.ErrNoPlace):
		v.NoPlace = true
	case errors.Is(wrong, importer.ErrTooLarge):
		file.Error = i18n.M("import.wrong.large", "mib", h.s.Imports.MaxSize()>>20)
	case errors.As(wrong, &invalid) && invalid.Field == "file":
		file.Error = reason(invalid.Reason)
	case wrong != nil:
		v.Upload.Error = i18n.M("import.wrong.other", "text", wrong.Error())
	}
	v.Upload.Fields = append(v.Upload.Fields, file)
	return q.ShowStatus(status, h.page, "imports", v, "jobs")
}

func (h *Handler) href(q *site.Request, j store.ImportJob) string {
	return q.Path("imports", strconv.FormatInt(int64(j.ID), 10))
}

// uploadTime is how long an upload may take on a slow line.
const uploadTime = 30 * time.Minute

// Add is POST /o/{outbreak}/imports: a file as a form sends it. The body is read as it comes; it is never in memory as a whole.
func (h *Handler) Add(q *site.Request) error {
	kind, _, err := mime.ParseMediaType(q.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		return h.list(q, http.StatusUnprocessableEntity, &command.Invalid{Field: "file", Reason: "is needed"})
	}
	// The server's own limit is for small requests. A connection without deadlines has none to move.
	c := http.NewResponseController(q.W)
	_ = c.SetReadDeadline(time.Now().Add(uploadTime))
	_ = c.SetWriteDeadline(time.Now().Add(uploadTime))
	q.Body = http.MaxBytesReader(q.W, q.Body, h.s.Imports.MaxSize()+1<<20)
	parts, err := q.MultipartReader()
	if err != nil {
		return h.list(q, http.StatusBadRequest, &command.Invalid{Field: "file", Reason: "did not come in whole: " + err.Error()})
	}
	u := importer.Upload{Outbreak: q.Outbreak.Name}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return h.list(q, http.StatusUnprocessableEntity, &command.Invalid{Field: "file", Reason: "is needed"})
		}
		if err != nil {
			return h.list(q, http.StatusBadRequest, &command.Invalid{Field: "file", Reason: "did not come in whole: " + err.Error()})
		}
		switch part.FormName() {
		case "area":
			code, err := io.ReadAll(io.LimitReader(part, 100))
			if err != nil {
				return &command.Invalid{Field: "area", Reason: "cannot be read"}
			}
			j, ok := q.Tree.ByCode(string(code))
			if !ok {
				return &command.Invalid{Field: "area", Value: string(code), Reason: "is not the code of a known jurisdiction"}
			}
			u.Area = j.ID
		case "file":
			if part.FileName() == "" {
				return h.list(q, http.StatusUnprocessableEntity, &command.Invalid{Field: "file", Reason: "is needed"})
			}
			u.Name, u.Body = part.FileName(), part
			j, err := h.s.Imports.Upload(q.Context(), q.By(), u)
			var large *http.MaxBytesError
			var invalid *command.Invalid
			switch {
			case errors.Is(err, importer.ErrTooLarge), errors.As(err, &large):
				return h.list(q, http.StatusRequestEntityTooLarge, importer.ErrTooLarge)
			case errors.As(err, &invalid):
				return h.list(q, http.StatusUnprocessableEntity, err)
			case errors.Is(err, importer.ErrNoPlace):
				return h.list(q, http.StatusServiceUnavailable, err)
			case err != nil:
				return err
			}
			http.Redirect(q.W, q.Request, h.href(q, j), http.StatusSeeOther)
			return nil
		}
	}
}

// job reads the import that the address names.
func (h *Handler) job(q *site.Request) (store.ImportJob, error) {
	id, err := q.Number("import")
	if err != nil {
		return store.ImportJob{}, err
	}
	return h.s.Imports.Job(q.Context(), q.By(), q.Outbreak.ID, store.ImportJobID(id))
}

// Show is GET /o/{outbreak}/imports/{import}: the step that the file is at, or with ?step=columns its columns again.
func (h *Handler) Show(q *site.Request) error {
	j, err := h.job(q)
	if err != nil {
		return err
	}
	return h.show(q, j, http.StatusOK)
}

func (h *Handler) show(q *site.Request, j store.ImportJob, status int) error {
	v := h.view(q, j)
	here := h.href(q, j)
	there := j.DeletedAt.IsZero()
	again := q.URL.Query().Get("step") == "columns" && there && (j.State == store.ImportTried || j.State == store.ImportFailed)
	switch {
	case j.State.Working():
		v.Step = Running
		if j.State == store.ImportTrying {
			v.Step = DryRun
		}
		v.Progress = h.progress(q, j)
	case there && (again || j.State == store.ImportUploaded || j.State == store.ImportPreviewed || j.State == store.ImportFailed && j.Rows == 0):
		v.Step = Columns
		if err := h.columns(q, j, &v); err != nil {
			if !errors.Is(err, importer.ErrFileGone) {
				return err
			}
			v.Step, v.Failure = Result, importer.FailedGone
		}
	default:
		v.Step = Result
		if j.State == store.ImportTried {
			v.Step, v.Run = DryRun, here+"/run"
		}
		if there && (j.State == store.ImportTried || j.State == store.ImportFailed) {
			v.Back = here + "?step=columns"
		}
		if there && (j.State == store.ImportPaused || j.State == store.ImportFailed) {
			v.Resume = here + "/run"
		}
		if err := h.outcome(q, j, &v); err != nil {
			return err
		}
	}
	if q.URL.Query().Get("part") == "running" && v.Progress.ID == "" {
		q.W.Header().Set("HX-Refresh", "true") // it has ended: the page goes on to the next step
		q.W.WriteHeader(http.StatusOK)
		return nil
	}
	return q.ShowStatus(status, h.page, "imports", v, "running")
}

// view is what every step of a file shows.
func (h *Handler) view(q *site.Request, j store.ImportJob) View {
	v := View{File: j.File, List: q.Path("imports"), Failure: j.Failure, Facts: &Facts{Who: j.Login, At: j.UploadedAt, Size: j.Size, KeptTill: j.DeleteAt, Deleted: j.DeletedAt}}
	if j.Area != q.Outbreak.Area {
		v.Facts.Area = q.AreaName(j.Area)
	}
	if j.Detail != "" {
		v.Detail = reason(j.Detail)
	}
	if !j.State.Ended() {
		v.Cancel = h.href(q, j) + "/cancel"
	}
	return v
}

func (h *Handler) progress(q *site.Request, j store.ImportJob) ui.Progress {
	here := h.href(q, j)
	p := ui.Progress{ID: "job", Label: i18n.M("import.running", "file", j.File), Done: j.Rows, Total: j.Total, Rate: h.s.Imports.Rate(j), State: string(j.State), Poll: here + "?part=running", Pause: here + "/pause"}
	if j.State == store.ImportTrying {
		p.Label = i18n.M("import.trying", "file", j.File)
	} else {
		p.Event = "imports"
	}
	if j.Runner == 0 {
		p.State = "waiting"
	}
	if p.Rate > 0 && p.Total > p.Done {
		p.Left = time.Duration(float64(p.Total-p.Done) / p.Rate * float64(time.Second)).Round(time.Second)
	}
	return p
}

// shown is how many problems the page lists; the file has all.
const shown = 50

// outcome fills in what a dry run would do, or an import did.
func (h *Handler) outcome(q *site.Request, j store.ImportJob, v *View) error {
	v.Counts = &Counts{Rows: j.Rows, Created: j.Created, Updated: j.Updated, Unchanged: j.Unchanged, Rejected: j.Rejected, Unresolved: j.Unresolved, Warnings: j.Warnings}
	if j.State != store.ImportTried {
		if auth.MayAnywhere(q.Actor, auth.CaseRead, "", q.Now) {
			v.CasesHref = q.Path("cases") + "?sort=-entered"
			v.UnresolvedHref = q.Path("chains", "unresolved")
		}
		if j.Kind == string(exchange.KindContacts) && auth.MayAnywhere(q.Actor, auth.ContactRead, "", q.Now) {
			v.CasesHref = q.Path("contacts")
		}
	}
	if !h.s.Imports.HasErrorFile(j) {
		return nil
	}
	list, err := h.s.Imports.Problems(q.Context(), q.By(), q.Outbreak.ID, j.ID, shown+1)
	if err != nil {
		return err
	}
	v.ErrorsHref = h.href(q, j) + "/errors.csv"
	if v.More = len(list) > shown; v.More {
		list = list[:shown]
	}
	for _, p := range list {
		v.Rejections = append(v.Rejections, Rejection{Row: int64(p.Row), Column: p.Column, Value: p.Value, Reason: reason(p.Reason), Doubt: p.Severity == exchange.Warn})
	}
	return nil
}

// Run is POST /o/{outbreak}/imports/{import}/run: import it, or go on where it stopped.
func (h *Handler) Run(q *site.Request) error {
	return h.step(q, func(ctx context.Context, j store.ImportJob) error {
		_, err := h.s.Imports.Start(ctx, q.By(), q.Outbreak.ID, j.ID, false)
		return err
	})
}

// Pause is POST /o/{outbreak}/imports/{import}/pause.
func (h *Handler) Pause(q *site.Request) error {
	return h.step(q, func(ctx context.Context, j store.ImportJob) error {
		_, err := h.s.Imports.Pause(ctx, q.By(), q.Outbreak.ID, j.ID)
		return err
	})
}

// Cancel is POST /o/{outbreak}/imports/{import}/cancel.
func (h *Handler) Cancel(q *site.Request) error {
	return h.step(q, func(ctx context.Context, j store.ImportJob) error {
		_, err := h.s.Imports.Cancel(ctx, q.By(), q.Outbreak.ID, j.ID)
		return err
	})
}

// step does something with an import and shows where it is then. What somebody else did meanwhile is no error: the page shows it.
func (h *Handler) step(q *site.Request, do func(context.Context, store.ImportJob) error) error {
	j, err := h.job(q)
	if err != nil {
		return err
	}
	var conflict *store.Conflict
	if err := do(q.Detached(), j); err != nil && !errors.Is(err, store.ErrImportState) && !errors.As(err, &conflict) && !errors.Is(err, importer.ErrFileGone) {
		return err
	}
	http.Redirect(q.W, q.Request, h.href(q, j), http.StatusSeeOther)
	return nil
}

// Errors is GET /o/{outbreak}/imports/{import}/errors.csv.
func (h *Handler) Errors(q *site.Request) error {
	j, err := h.job(q)
	if err != nil {
		return err
	}
	begun := false
	err = h.s.Imports.ErrorFile(q.Context(), q.By(), q.Outbreak.ID, j.ID, func() {
		begun = true
		head := q.W.Header()
		head.Set("Content-Type", "text/csv; charset=utf-8")
		head.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": strings.TrimSuffix(j.File, ".csv") + "-errors.csv"}))
		head.Set("Cache-Control", "private, no-store")
	}, q.W)
	switch {
	case err != nil && begun:
		h.s.Log.ErrorContext(q.Context(), "error file broke off", "request", auth.RequestIDFrom(q.Context()), "error", err)
		panic(http.ErrAbortHandler) // the reader must not take what came for all there is
	case errors.Is(err, importer.ErrFileGone):
		return fmt.Errorf("error file of import %d: %w", j.ID, store.ErrNotFound)
	}
	return err
}
