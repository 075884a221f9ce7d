package api

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/exchange"
	"firebreak/internal/importer"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/store"
)

// importPattern is the route whose body may be as large as an upload.
const importPattern = "POST /api/outbreaks/{outbreak}/imports"

// Import is an uploaded file on its way into an outbreak.
type Import struct {
	ID      int64  `json:"id"`
	File    string `json:"file"`
	Size    int64  `json:"size" doc:"Bytes."`
	SHA256  string `json:"sha256"`
	Area    string `json:"area,omitempty" doc:"Code: rows about people elsewhere are rejected."`
	By      string `json:"by" doc:"Login of who uploaded it, or started it last."`
	Purpose string `json:"purpose"`
	Kind    string `json:"kind,omitempty" doc:"cases, contacts or links"`
	MapName string `json:"map_name,omitempty" doc:"Of the saved map in use."`
	State   string `json:"state" doc:"uploaded, previewed, trying, tried, running, paused, failed, done or cancelled"`
	Needs   string `json:"needs,omitempty" doc:"What is to be chosen before it can run: map or dates. Only in the answer to the upload and in the preview."`
	Failure string `json:"failure,omitempty" doc:"With state failed, one word: unaccounted, unreadable, dates, invalid, forbidden, gone or server."`
	Detail  string `json:"detail,omitempty"`

	Rows            int64 `json:"rows" doc:"Done so far: created + updated + unchanged + rejected."`
	Created         int64 `json:"created"`
	Updated         int64 `json:"updated"`
	Unchanged       int64 `json:"unchanged"`
	Rejected        int64 `json:"rejected"`
	UnresolvedLinks int64 `json:"unresolved_links"`
	Links           int64 `json:"links"`
	Counts          int64 `json:"counts" doc:"Rows that are a number of cases and no person."`
	Warnings        int64 `json:"warnings"`
	RowsTotal       int64 `json:"rows_total,omitempty" doc:"Rows of the file, once a dry run has counted them."`

	UploadedAt   *time.Time `json:"uploaded_at"`
	TriedAt      *time.Time `json:"tried_at,omitempty"`
	StartedAt    *time.Time `json:"started_at,omitempty"`
	CheckpointAt *time.Time `json:"checkpoint_at,omitempty" doc:"When its last rows were taken in, or a process last said that it works on it."`
	EndedAt      *time.Time `json:"ended_at,omitempty"`
	DeleteAt     *time.Time `json:"delete_at" doc:"When the file is deleted."`
	DeletedAt    *time.Time `json:"deleted_at,omitempty"`
	Version      int64      `json:"version"`

	Problems []RowProblem `json:"problems,omitempty" doc:"The first 100, rejected rows first. Only where one import is asked for."`
}

// Imports is a page.
type Imports struct {
	Items []Import `json:"items"`
	Next  string   `json:"next,omitempty"`
}

// RowProblem is one thing wrong in a file.
type RowProblem struct {
	Row      int    `json:"row" doc:"As a spreadsheet counts; 0 is the file as a whole."`
	Column   string `json:"column,omitempty"`
	Value    string `json:"value,omitempty"`
	Reason   string `json:"reason"`
	Severity string `json:"severity" doc:"reject: the row was not taken in; warn: it was, with a doubt"`
}

// ImportPreview is what to look at before a file is imported.
type ImportPreview struct {
	Import     Import          `json:"import"`
	Header     []string        `json:"header"`
	Sample     [][]string      `json:"sample" doc:"The first rows as they stand in the file."`
	Map        json.RawMessage `json:"map,omitempty" doc:"What the columns are taken for, in the form that PUT takes."`
	Recognised []Recognised    `json:"recognised"`
	Dates      []DateColumn    `json:"dates"`
	Problems   []RowProblem    `json:"problems"`
	SameAs     int64           `json:"same_as,omitempty" doc:"Earlier import of a file with the same content."`
}

// Recognised is a layout that fits the header.
type Recognised struct {
	Format     string   `json:"format"`
	Title      string   `json:"title"`
	Kind       string   `json:"kind"`
	Confidence float64  `json:"confidence" doc:"0 to 1; from 0.8 on a file may be imported without a look."`
	Unmapped   []string `json:"unmapped" doc:"Columns kept beside the record as they are."`
}

// DateColumn is what a column of dates says about the order of day and month.
type DateColumn struct {
	Field   string `json:"field"`
	Column  string `json:"column"`
	Order   string `json:"order" doc:"ambiguous asks for a choice"`
	Example string `json:"example,omitempty"`
}

func importView(j store.ImportJob, tree *place.Tree) Import {
	a, _ := tree.Get(j.Area)
	return Import{ID: int64(j.ID), File: j.File, Size: j.Size, SHA256: hex.EncodeToString(j.SHA256), Area: a.Code, By: j.Login, Purpose: string(j.Purpose), Kind: j.Kind, MapName: j.MapName,
		State: string(j.State), Failure: j.Failure, Detail: j.Detail, Rows: j.Rows, Created: j.Created, Updated: j.Updated, Unchanged: j.Unchanged, Rejected: j.Rejected, UnresolvedLinks: j.Unresolved,
		Links: j.Links, Counts: j.Counts, Warnings: j.Warnings, RowsTotal: j.Total, UploadedAt: clock(j.UploadedAt), TriedAt: clock(j.TriedAt), StartedAt: clock(j.StartedAt),
		CheckpointAt: clock(j.CheckpointAt), EndedAt: clock(j.EndedAt), DeleteAt: clock(j.DeleteAt), DeletedAt: clock(j.DeletedAt), Version: j.Version}
}

func problemViews(list []exchange.Problem) []RowProblem {
	out := make([]RowProblem, len(list))
	for i, p := range list {
		out[i] = RowProblem{p.Row, p.Column, p.Value, p.Reason, string(p.Severity)}
	}
	return out
}

// outbreak finds an outbreak by its name, and the tree, for who may import somewhere.
func (c *call) outbreak(name string) (o outbreak.Outbreak, tree *place.Tree, err error) {
	if _, err := c.within(auth.Import); err != nil {
		return o, nil, err
	}
	err = c.o.DB.View(c.ctx, func(r *store.Reader) error {
		if o, err = r.OutbreakByName(name); err != nil {
			return err
		}
		tree, err = r.Tree()
		return err
	})
	return o, tree, err
}

// uploadInput is the request with a file. The body is read as it comes, by the operation itself: huma would write it to a temporary file in the clear.
type uploadInput struct {
	Asked
	Outbreak string `path:"outbreak"`
	Area     string `query:"area" doc:"Code: rows about people elsewhere are rejected. Needed where you may import in several areas of the outbreak and not in all of it."`
	Map      string `query:"map" doc:"Name of a saved column map. Left out: a saved map that fits, or the layout that is recognised."`
	Dates    string `query:"dates" enum:"iso,dmy,mdy,ymd" doc:"Order of day, month and year where the file leaves it open."`
	Then     string `query:"then" enum:"wait,dry-run,run" default:"wait" doc:"What to do with it at once, unless something must be chosen first (see needs)."`

	body huma.Context
}

// Resolve keeps the request until the operation reads it.
func (u *uploadInput) Resolve(ctx huma.Context) []error {
	u.body = ctx
	return nil
}

// ImportAsked is part of every input about one import.
type ImportAsked struct {
	Asked
	Outbreak string `path:"outbreak"`
	Import   int64  `path:"import"`
}

func (s *server) imports() {
	const base = "/api/outbreaks/{outbreak}/imports"
	handle(s, huma.Operation{OperationID: "upload-import", Method: http.MethodPost, Path: base, Summary: "Upload a file: it is kept encrypted, and nothing of it is in the outbreak before it is run", DefaultStatus: 201},
		func(c *call, in *uploadInput) (*answer[Import], error) {
			out, err := c.upload(in)
			return &answer[Import]{out}, err
		})
	// Told only in the description: huma would read the body before the operation does.
	s.api.OpenAPI().Paths[base].Post.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"multipart/form-data": {Schema: &huma.Schema{Type: "object", Required: []string{"file"},
		Properties: map[string]*huma.Schema{"file": {Type: "string", Format: "binary", Description: "CSV or XLSX: cases, contacts or links."}}}}}}

	type list struct {
		Asked
		Outbreak string `path:"outbreak"`
		Limit    int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
		Cursor   string `query:"cursor" doc:"next of the page before."`
	}
	operation(s, "list-imports", http.MethodGet, base, "The imports in the areas in which you may import, the newest first", 200, func(c *call, in *list) (out Imports, err error) {
		o, tree, err := c.outbreak(in.Outbreak)
		if err != nil {
			return out, err
		}
		var before int64
		if in.Cursor != "" {
			if before, err = strconv.ParseInt(in.Cursor, 36, 64); err != nil || before <= 0 {
				return out, store.ErrCursor
			}
		}
		jobs, err := c.o.Imports.Jobs(c.ctx, c.by(), o.ID, store.ImportJobID(before), in.Limit+1)
		out.Items = []Import{}
		for i, j := range jobs {
			if i == in.Limit {
				out.Next = strconv.FormatInt(int64(jobs[i-1].ID), 36)
				break
			}
			out.Items = append(out.Items, importView(j, tree))
		}
		return out, err
	})

	type one struct {
		ImportAsked
		Wait int `query:"wait" minimum:"0" maximum:"30" default:"0" doc:"Seconds to wait for the end of what is under way."`
	}
	operation(s, "get-import", http.MethodGet, base+"/{import}", "One import, its counts and first problems", 200, func(c *call, in *one) (out Import, err error) {
		o, tree, err := c.outbreak(in.Outbreak)
		if err != nil {
			return out, err
		}
		j, err := c.await(o.ID, store.ImportJobID(in.Import), time.Duration(in.Wait)*time.Second)
		if err != nil {
			return out, err
		}
		out = importView(j, tree)
		const first = 100
		problems, err := c.o.Imports.Problems(c.ctx, c.by(), o.ID, j.ID, first)
		if err != nil && !errors.Is(err, importer.ErrNoPlace) {
			return out, err
		}
		out.Problems = problemViews(problems)
		return out, nil
	})
	operation(s, "preview-import", http.MethodGet, base+"/{import}/preview", "The first rows of a file and what its columns are taken for", 200, func(c *call, in *ImportAsked) (out ImportPreview, err error) {
		o, tree, err := c.outbreak(in.Outbreak)
		if err != nil {
			return out, err
		}
		p, err := c.o.Imports.Preview(c.ctx, c.by(), o.ID, store.ImportJobID(in.Import), nil)
		if err != nil {
			return out, err
		}
		return previewView(p, tree)
	})
	type chooseInput struct {
		ImportAsked
		Body struct {
			Version int64          `json:"version"`
			Name    string         `json:"name,omitempty" doc:"Of a saved map, in place of map."`
			Map     map[string]any `json:"map,omitempty" doc:"In the form that the preview gives."`
		}
	}
	operation(s, "set-import-map", http.MethodPut, base+"/{import}/map", "Say what the columns are", 200, func(c *call, in *chooseInput) (out Import, err error) {
		o, tree, err := c.outbreak(in.Outbreak)
		if err != nil {
			return out, err
		}
		var m exchange.Map
		if in.Body.Name != "" {
			m, err = c.savedMap(o.ID, in.Body.Name)
		} else {
			m, err = mapFrom(in.Body.Map)
		}
		if err != nil {
			return out, err
		}
		j, err := c.o.Imports.Choose(c.ctx, c.by(), o.ID, store.ImportJobID(in.Import), in.Body.Version, m, in.Body.Name)
		return importView(j, tree), err
	})
	type runInput struct {
		ImportAsked
		Body struct {
			DryRun bool `json:"dry_run,omitempty" doc:"Do all but keep nothing."`
		}
	}
	operation(s, "run-import", http.MethodPost, base+"/{import}/run", "Import it, or go on where it stopped; it goes on in the background", 202, func(c *call, in *runInput) (out Import, err error) {
		o, tree, err := c.outbreak(in.Outbreak)
		if err != nil {
			return out, err
		}
		j, err := c.o.Imports.Start(c.ctx, c.by(), o.ID, store.ImportJobID(in.Import), in.Body.DryRun)
		return importView(j, tree), err
	})
	operation(s, "pause-import", http.MethodPost, base+"/{import}/pause", "Stop it until it is run again", 200, func(c *call, in *ImportAsked) (out Import, err error) {
		o, tree, err := c.outbreak(in.Outbreak)
		if err != nil {
			return out, err
		}
		j, err := c.o.Imports.Pause(c.ctx, c.by(), o.ID, store.ImportJobID(in.Import))
		return importView(j, tree), err
	})
	operation(s, "cancel-import", http.MethodPost, base+"/{import}/cancel", "End it and delete its file; what is in stays in", 200, func(c *call, in *ImportAsked) (out Import, err error) {
		o, tree, err := c.outbreak(in.Outbreak)
		if err != nil {
			return out, err
		}
		j, err := c.o.Imports.Cancel(c.ctx, c.by(), o.ID, store.ImportJobID(in.Import))
		return importView(j, tree), err
	})
	handle(s, huma.Operation{OperationID: "import-errors", Method: http.MethodGet, Path: base + "/{import}/errors", DefaultStatus: 200,
		Summary: "All problems of the dry run or import as CSV: row, column, value, reason, severity"}, func(c *call, in *ImportAsked) (*huma.StreamResponse, error) {
		o, _, err := c.outbreak(in.Outbreak)
		if err != nil {
			return nil, err
		}
		j, err := c.o.Imports.Job(c.ctx, c.by(), o.ID, store.ImportJobID(in.Import))
		if err != nil {
			return nil, err
		}
		if !c.o.Imports.HasErrorFile(j) {
			return nil, notFound("error file of import", in.Import)
		}
		return &huma.StreamResponse{Body: func(h huma.Context) {
			err := c.o.Imports.ErrorFile(c.ctx, c.by(), o.ID, j.ID, func() {
				h.SetHeader("Content-Type", "text/csv; charset=utf-8")
				h.SetHeader("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": "import-" + strconv.FormatInt(int64(j.ID), 10) + "-errors.csv"}))
			}, h.BodyWriter())
			if err != nil {
				c.o.Log.ErrorContext(c.ctx, "error file broke off", "request", auth.RequestIDFrom(c.ctx), "error", err)
				panic(http.ErrAbortHandler) // the reader must not take what came for all there is
			}
		}}, nil
	})
}

// upload takes the file out of the form and does what is asked for next.
func (c *call) upload(in *uploadInput) (out Import, err error) {
	o, tree, err := c.outbreak(in.Outbreak)
	if err != nil {
		return out, err
	}
	u := importer.Upload{Outbreak: in.Outbreak}
	if in.Area != "" {
		a, ok := tree.ByCode(in.Area)
		if !ok {
			return out, &command.Invalid{Field: "query.area", Value: in.Area, Reason: "is not the code of a known jurisdiction"}
		}
		u.Area = a.ID
	}
	kind, params, err := mime.ParseMediaType(in.body.Header("Content-Type"))
	if err != nil || kind != "multipart/form-data" || params["boundary"] == "" {
		return out, &command.Invalid{Field: "file", Reason: "is needed, as multipart/form-data"}
	}
	parts := multipart.NewReader(in.body.BodyReader(), params["boundary"])
	for u.Body == nil {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return out, &command.Invalid{Field: "file", Reason: "is needed"}
		}
		if err != nil {
			return out, &command.Invalid{Field: "file", Reason: "did not come in whole: " + err.Error()}
		}
		if part.FormName() == "file" {
			u.Name, u.Body = part.FileName(), part
		}
	}
	j, err := c.o.Imports.Upload(c.ctx, c.by(), u)
	if err != nil {
		return out, err
	}
	sure := j.MapName != ""
	if in.Map != "" {
		m, err := c.savedMap(o.ID, in.Map)
		if err != nil {
			return out, err
		}
		if j, err = c.o.Imports.Choose(c.ctx, c.by(), o.ID, j.ID, j.Version, m, in.Map); err != nil {
			return out, err
		}
		sure = true
	}
	p, err := c.o.Imports.Preview(c.ctx, c.by(), o.ID, j.ID, nil)
	if err != nil {
		return out, err
	}
	if in.Dates != "" && p.Map != nil && p.NeedsChoice {
		for f, col := range p.Map.Fields {
			if col.Order == exchange.OrderAmbiguous {
				col.Order = exchange.DateOrder(in.Dates)
				p.Map.Fields[f] = col
			}
		}
		if j, err = c.o.Imports.Choose(c.ctx, c.by(), o.ID, j.ID, j.Version, *p.Map, j.MapName); err != nil {
			return out, err
		}
		p.NeedsChoice = false
	}
	needs := needsOf(p, sure)
	if in.Then != "wait" && needs == "" {
		if j, err = c.o.Imports.Start(c.ctx, c.by(), o.ID, j.ID, in.Then == "dry-run"); err != nil {
			return out, err
		}
	}
	out = importView(j, tree)
	out.Needs = needs
	return out, nil
}

// needsOf says what must be chosen before a file can run. sure says that somebody has said what its columns are.
func needsOf(p importer.Preview, sure bool) string {
	sure = sure || p.Job.State != store.ImportUploaded || len(p.Recognised) > 0 && p.Recognised[0].Confidence >= importer.Sure
	switch {
	case p.Map == nil || len(p.Map.Fields) == 0 || !sure:
		return "map"
	case p.NeedsChoice:
		return "dates"
	}
	return ""
}

func previewView(p importer.Preview, tree *place.Tree) (out ImportPreview, err error) {
	out = ImportPreview{Import: importView(p.Job, tree), Header: p.Header, Sample: p.Sample, Problems: problemViews(p.Problems), SameAs: int64(p.Same.ID), Recognised: []Recognised{}, Dates: []DateColumn{}}
	if out.Sample == nil {
		out.Sample = [][]string{}
	}
	out.Import.Needs = needsOf(p, p.Job.MapName != "")
	if p.Map != nil {
		if out.Map, err = json.Marshal(p.Map); err != nil {
			return out, err
		}
	}
	for _, r := range p.Recognised {
		unmapped := r.Unmapped
		if unmapped == nil {
			unmapped = []string{}
		}
		out.Recognised = append(out.Recognised, Recognised{r.Format, r.Title, string(r.Kind), r.Confidence, unmapped})
	}
	for _, d := range p.Dates {
		out.Dates = append(out.Dates, DateColumn{string(d.Field), d.Column, string(d.Order), d.Example})
	}
	return out, nil
}

// await reads an import, again and again until nothing is under way with it or the time is over.
func (c *call) await(o outbreak.ID, id store.ImportJobID, wait time.Duration) (j store.ImportJob, err error) {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	end := time.After(wait)
	for {
		if j, err = c.o.Imports.Job(c.ctx, c.by(), o, id); err != nil || !j.State.Working() || wait == 0 {
			return j, err
		}
		select {
		case <-c.ctx.Done():
			return j, c.ctx.Err()
		case <-end:
			return j, nil
		case <-tick.C:
		}
	}
}

// mapFrom reads a map as strictly as a saved one.
func mapFrom(v map[string]any) (exchange.Map, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return exchange.Map{}, err
	}
	m, err := exchange.ParseMap(b)
	if err != nil {
		return m, &command.Invalid{Field: "map", Reason: err.Error()}
	}
	return m, nil
}
