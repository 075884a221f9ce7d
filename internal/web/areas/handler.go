package areas

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/i18n"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// Handler answers for the tree of jurisdictions.
type Handler struct {
	s             *site.Site
	page, preview *ui.Page
}

// NewHandler parses the pages.
func NewHandler(s *site.Site) (*Handler, error) {
	h := &Handler{s: s}
	var errs [2]error
	h.page, errs[0] = New(s.Kit)
	h.preview, errs[1] = NewPreview(s.Kit)
	return h, errors.Join(errs[:]...)
}

const (
	root = "/admin/areas"
	// mostFound is how many jurisdictions a search shows.
	mostFound = 200
	// mostChanges is how many changes a preview shows; all are counted.
	mostChanges = 500
	// mostFiles bounds the files of one upload, bytes: all communities of a large city with their outlines. What is larger comes by the command line.
	mostFiles = 16 << 20
	// takes is how long an upload on a slow line, and the counting anew after a move, may take.
	takes = 10 * time.Minute
)

// Show is GET /admin/areas: what lies directly in ?at=, or the tops of the person's areas; with ?q= what is called so.
func (h *Handler) Show(q *site.Request) error {
	return h.show(q, http.StatusOK, i18n.Msg{})
}

func (h *Handler) show(q *site.Request, status int, wrong i18n.Msg) error {
	values := q.URL.Query()
	text := strings.ToLower(strings.TrimSpace(values.Get("q")))
	v := View{Root: root, Listing: ui.Listing{Path: root, Values: values, Filters: Filters(values.Get("q"))}, Upload: upload(wrong)}
	tops := q.Tops(auth.AreaAdmin)
	mine := func(a place.AreaID) bool {
		return slices.ContainsFunc(tops, func(top place.AreaID) bool { return top == 0 || q.Tree.Contains(top, a) })
	}
	var drawn map[place.AreaID]bool
	if err := q.View(func(r *store.Reader) (err error) { drawn, err = r.Outlined(); return err }); err != nil {
		return err
	}
	for _, j := range q.Tree.All() {
		if mine(j.ID) {
			v.Total++
			if drawn[j.ID] {
				v.Drawn++
			}
		}
	}
	switch code := values.Get("at"); {
	case text != "":
		v.Found = true
		for _, j := range q.Tree.All() {
			if !mine(j.ID) || !strings.Contains(strings.ToLower(j.Code+"\n"+j.Name+"\n"+j.NameEN), text) {
				continue
			}
			if len(v.Areas) == mostFound {
				v.More = true
				break
			}
			v.Areas = append(v.Areas, h.row(q, j, drawn))
		}
	case code != "":
		j, ok := q.Tree.ByCode(code)
		if !ok || !mine(j.ID) {
			return &command.Invalid{Field: "at", Value: code, Reason: "is not the code of a known jurisdiction"}
		}
		v.Path = []Step{{q.Words().T("area.top"), root}}
		for _, up := range q.Tree.Path(j.ID) {
			if mine(up.ID) {
				v.Path = append(v.Path, Step{q.AreaName(up.ID), hrefOf(up.Code)})
			}
		}
		for _, k := range q.Tree.Children(j.ID) {
			v.Areas = append(v.Areas, h.row(q, k, drawn))
		}
	default:
		if len(tops) == 1 && tops[0] == 0 {
			tops = q.Tree.Roots()
		}
		for _, a := range tops {
			j, _ := q.Tree.Get(a)
			v.Areas = append(v.Areas, h.row(q, j, drawn))
		}
	}
	if n, ok := counts(values.Get("imported")); ok {
		v.Done = n
	}
	return q.ShowStatus(status, h.page, "areas", v)
}

func hrefOf(code string) string { return root + "?" + url.Values{"at": {code}}.Encode() }

func (h *Handler) row(q *site.Request, j place.Jurisdiction, drawn map[place.AreaID]bool) Row {
	r := Row{Code: j.Code, Name: q.AreaName(j.ID), Level: string(j.Level), Up: q.AreaName(j.Parent), Population: j.Population, Below: int64(len(q.Tree.Children(j.ID))), Boundary: drawn[j.ID]}
	if r.Other, r.OtherLang = j.Name, "zh"; r.Name == j.Name {
		r.Other, r.OtherLang = j.NameEN, "en"
	}
	if r.Below > 0 {
		r.Href = hrefOf(j.Code)
	}
	return r
}

func upload(wrong i18n.Msg) ui.Form {
	return ui.Form{ID: "bring-files", Action: root + "/preview", Upload: true, Submit: i18n.M("area.preview"), Error: wrong, Fields: []ui.Field{
		{Name: "jurisdictions", Label: i18n.M("area.file"), Kind: ui.FieldFile, Accept: ".csv,.tsv,.txt"},
		{Name: "boundaries", Label: i18n.M("area.shapes"), Kind: ui.FieldFile, Accept: ".geojson,.json"},
	}}
}

// longer gives a request more time than a page has. A connection without deadlines has none to move.
func longer(q *site.Request) {
	c := http.NewResponseController(q.W)
	_ = c.SetReadDeadline(time.Now().Add(takes))
	_ = c.SetWriteDeadline(time.Now().Add(takes))
}

// Preview is POST /admin/areas/preview: what the files would change. Nothing is kept of them: the page carries them to the next step.
func (h *Handler) Preview(q *site.Request) error {
	longer(q)
	q.Body = http.MaxBytesReader(q.W, q.Body, mostFiles+1<<20)
	var in command.ImportAreas
	err := q.ParseMultipartForm(mostFiles + 1<<20)
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return h.show(q, http.StatusRequestEntityTooLarge, i18n.M("area.large", "mib", mostFiles>>20))
	}
	if err != nil {
		return h.show(q, http.StatusUnprocessableEntity, i18n.M("area.reason.needed"))
	}
	for name, file := range map[string]*command.AreaFile{"jurisdictions": &in.Jurisdictions, "boundaries": &in.Boundaries} {
		part, head, err := q.FormFile(name)
		if errors.Is(err, http.ErrMissingFile) {
			continue
		}
		if err == nil {
			file.Name = head.Filename
			file.Content, err = io.ReadAll(part)
			err = errors.Join(err, part.Close())
		}
		if err != nil {
			return err
		}
	}
	return h.try(q, in, http.StatusOK, false)
}

func (h *Handler) try(q *site.Request, in command.ImportAreas, status int, stale bool) error {
	in.DryRun, in.Seen = true, nil
	done, err := h.s.Commands.ImportAreas(q.Context(), q.By(), in)
	var invalid *command.Invalid
	if errors.As(err, &invalid) {
		return h.show(q, http.StatusUnprocessableEntity, Reason(invalid.Reason))
	}
	if err != nil {
		return err
	}
	v := Preview{Root: root, Counts: countsOf(done), Stale: stale, Problem: upload(i18n.Msg{})}
	for _, f := range done.Files {
		v.Files = append(v.Files, f.File)
	}
	// What a person has to mend comes first.
	list := slices.DeleteFunc(slices.Clone(done.Changes), func(c command.AreaChange) bool { return c.Fate == command.AreaUnchanged })
	slices.SortStableFunc(list, func(a, b command.AreaChange) int { return cmp.Compare(rank(a.Fate), rank(b.Fate)) })
	if n := len(list) - mostChanges; n > 0 {
		v.More, list = int64(n), list[:mostChanges]
	}
	for _, c := range list {
		x := Change{File: c.File, Row: int64(c.Row), Outline: c.Outline, Code: c.Code, Name: c.Name, Fate: string(c.Fate), Records: int64(c.Records), Column: c.Column}
		if c.Reason != "" {
			x.Reason = Reason(c.Reason)
		}
		for _, f := range c.Fields {
			x.Fields = append(x.Fields, Field{f.Field, f.From, f.To})
		}
		v.Changes = append(v.Changes, x)
	}
	if done.Rejected == 0 && len(list) > 0 {
		payload, err := pack(in)
		if err != nil {
			return err
		}
		v.Apply = &Apply{Action: root, Payload: payload, Seen: strconv.FormatInt(done.Seen, 10)}
	}
	return q.ShowStatus(status, h.preview, "areas", v)
}

func rank(f command.AreaFate) int {
	return slices.Index([]command.AreaFate{command.AreaRejected, command.AreaUpdated, command.AreaCreated}, f)
}

// Apply is POST /admin/areas: the files of a preview that somebody agreed to. They are checked anew, all of them.
func (h *Handler) Apply(q *site.Request) error {
	longer(q)
	q.Body = http.MaxBytesReader(q.W, q.Body, 2*mostFiles)
	if err := q.ParseForm(); err != nil {
		return h.show(q, http.StatusRequestEntityTooLarge, i18n.M("area.large", "mib", mostFiles>>20))
	}
	seen, err := strconv.ParseInt(q.PostForm.Get("seen"), 10, 64)
	if err != nil {
		return &command.Invalid{Field: "seen", Value: q.PostForm.Get("seen"), Reason: "is not a number"}
	}
	in, err := unpack(q.PostForm.Get("files"))
	if err != nil {
		return &command.Invalid{Field: "files", Reason: "are not those of a preview"}
	}
	in.Seen = &seen
	done, err := h.s.Commands.ImportAreas(q.Context(), q.By(), in)
	var conflict *store.Conflict
	var rows *command.AreasRejected
	switch {
	case errors.As(err, &conflict):
		return h.try(q, in, http.StatusConflict, true)
	case errors.As(err, &rows):
		return h.try(q, in, http.StatusUnprocessableEntity, false)
	case err != nil:
		return err
	}
	n := countsOf(done)
	text := make([]string, 0, 4)
	for _, k := range []int64{n.Created, n.Updated, n.Unchanged, n.Drawn} {
		text = append(text, strconv.FormatInt(k, 10))
	}
	http.Redirect(q.W, q.Request, root+"?imported="+strings.Join(text, "-"), http.StatusSeeOther)
	return nil
}

func countsOf(d command.AreasImported) Counts {
	return Counts{int64(d.Created), int64(d.Updated), int64(d.Moved), int64(d.Unchanged), int64(d.Rejected), int64(d.Outlines), int64(d.Drawn)}
}

// counts reads what a redirect says: four numbers, and nothing else.
func counts(text string) (*Counts, bool) {
	parts := strings.Split(text, "-")
	if len(parts) != 4 {
		return nil, false
	}
	var c Counts
	for i, to := range []*int64{&c.Created, &c.Updated, &c.Unchanged, &c.Drawn} {
		n, err := strconv.ParseUint(parts[i], 10, 32)
		if err != nil {
			return nil, false
		}
		*to = int64(n)
	}
	return &c, true
}

// pack makes the files a text that a form can carry.
func pack(in command.ImportAreas) (string, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if err := errors.Join(json.NewEncoder(z).Encode([]command.AreaFile{in.Jurisdictions, in.Boundaries}), z.Close()); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(b.Bytes()), nil
}

func unpack(text string) (in command.ImportAreas, err error) {
	packed, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return in, err
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return in, err
	}
	var files []command.AreaFile
	// Contents stand there as base64. What unpacks to more than was let in is none of ours.
	if err := json.NewDecoder(io.LimitReader(z, 2*mostFiles)).Decode(&files); err != nil {
		return in, err
	}
	if len(files) != 2 {
		return in, errors.New("two files are expected")
	}
	in.Jurisdictions, in.Boundaries = files[0], files[1]
	return in, nil
}
