package laboratories

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/exchange"
	"firebreak/internal/i18n"
	"firebreak/internal/lab"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/web/happened"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// mostFile is how large a file of results may be: a million rows, ten times what the largest laboratory reads in a day.
const mostFile = 64 << 20

// uploadTime is how long a file may take on a slow line.
const uploadTime = 30 * time.Minute

// shownRejects is how many rejected rows a page lists.
const shownRejects = 500

func resultChoices() []ui.Option {
	var out []ui.Option
	for _, r := range lab.TubeResults() {
		out = append(out, ui.Option{Value: string(r), Label: i18n.M("tube.result." + string(r))})
	}
	return append([]ui.Option{{Label: i18n.M("lab.choose")}}, out...)
}

// page reads what stands on the page of results. tube is a label that was asked for.
func (h *Handler) page(q *site.Request, tube string) (v ResultsView, err error) {
	err = q.View(func(rd *store.Reader) (err error) {
		if v.Head, err = h.head(q, rd, "results"); err != nil {
			return err
		}
		if tube != "" {
			if v.Tube, err = h.tube(q, rd, v.Laboratory, tube); errors.Is(err, store.ErrNotFound) {
				v.Absent, err = tube, nil
			}
		}
		return err
	})
	if err != nil {
		return v, err
	}
	v.Find = ui.Form{ID: "find", Action: hrefOf(q, v.Laboratory.ID, "results"), Get: true, Submit: i18n.M("lab.find"), Fields: []ui.Field{{Name: "tube", Label: i18n.M("tube.code"), Kind: ui.FieldSearch, Value: tube, Autocomplete: "off"}}}
	if !writes(q, v.Laboratory) {
		return v, nil
	}
	v.Upload = &ui.Form{ID: "file", Action: hrefOf(q, v.Laboratory.ID, "file"), Upload: true, Submit: i18n.M("lab.send_file"), Fields: []ui.Field{
		{Name: "file", Label: i18n.M("lab.file"), Kind: ui.FieldFile, Required: true, Accept: ".csv,.tsv,.txt,.xlsx", Hint: i18n.M("lab.file_hint")}}}
	v.One = oneForm(q, v.Laboratory, url.Values{"tube": {tube}})
	return v, nil
}

func oneForm(q *site.Request, l lab.Laboratory, v url.Values) *ui.Form {
	return &ui.Form{ID: "one", Action: hrefOf(q, l.ID, "results"), Submit: i18n.M("lab.report"), Fields: []ui.Field{
		{Name: "tube", Label: i18n.M("tube.code"), Kind: ui.FieldText, Value: v.Get("tube"), Required: true, Autocomplete: "off", Hint: i18n.M("lab.tube_hint")},
		{Name: "result", Label: i18n.M("lab.result"), Kind: ui.FieldSelect, Value: v.Get("result"), Required: true, Options: resultChoices()},
		{Name: "at", Label: i18n.M("lab.known_at"), Kind: ui.FieldInstant, Value: v.Get("at"), Hint: i18n.M("lab.known_hint")},
		{Name: "ct", Label: i18n.M("lab.ct"), Kind: ui.FieldText, Value: v.Get("ct"), Autocomplete: "off", Hint: i18n.M("lab.ct_hint")},
		{Name: "run", Label: i18n.M("lab.run"), Kind: ui.FieldText, Value: v.Get("run"), Autocomplete: "off"},
		{Name: "reason", Label: i18n.M("lab.why_corrected"), Kind: ui.FieldText, Value: v.Get("reason"), Autocomplete: "off", Hint: i18n.M("lab.why_hint")}}}
}

// tube reads where a tube is and what was told of it, registered or not. One that is at another laboratory is shown too: whoever looks for it wants to know that.
func (h *Handler) tube(q *site.Request, rd *store.Reader, at lab.Laboratory, code string) (*TubeView, error) {
	names := map[lab.LaboratoryID]string{0: "", at.ID: at.Code}
	name := func(id lab.LaboratoryID) (string, error) {
		if s, ok := names[id]; ok {
			return s, nil
		}
		l, err := rd.Laboratory(id)
		names[id] = l.Code
		return l.Code, err
	}
	t, err := rd.TubeByCode(q.Outbreak.ID, code)
	if errors.Is(err, store.ErrNotFound) {
		return h.unregistered(q, rd, at, code, name)
	}
	if err == nil && t.Laboratory != at.ID && !q.Sees(auth.SampleRead, t.District) {
		err = fmt.Errorf("tube %q: %w", code, store.ErrNotFound)
	}
	if err != nil {
		return nil, err
	}
	out := &TubeView{Code: t.Code, People: int64(t.People), Closed: t.ClosedAt, AtLab: t.AtLab, Result: resultKey(t.Result)}
	if out.Lab, err = name(t.Laboratory); err != nil {
		return nil, err
	}
	if t.Box != 0 {
		b, err := rd.Box(t.Box)
		if err != nil {
			return nil, err
		}
		if out.Box = b.Code; b.Laboratory == at.ID || b.Laboratory == 0 && q.Sees(auth.SampleRead, b.District) {
			out.BoxHref = hrefOf(q, at.ID, "boxes", strconv.FormatInt(int64(b.ID), 10))
		}
	}
	told, err := rd.TubeReports([]screening.TubeID{t.ID})
	if err != nil {
		return nil, err
	}
	return out, out.reports(q, told[t.ID], name)
}

// unregistered is a tube that no desk has told of.
func (h *Handler) unregistered(q *site.Request, rd *store.Reader, at lab.Laboratory, code string, name func(lab.LaboratoryID) (string, error)) (*TubeView, error) {
	awaited, err := rd.AwaitedTubes(q.Outbreak.ID, []string{code})
	if err != nil {
		return nil, err
	}
	told, err := rd.AwaitedResults(q.Outbreak.ID, []string{code})
	if err != nil {
		return nil, err
	}
	a, ok := awaited[code]
	var list []lab.Report
	for _, x := range told[code] {
		list = append(list, x.Report)
		ok = ok && (a.Laboratory == 0 || a.Laboratory == at.ID) || x.Laboratory == at.ID
	}
	if !ok {
		return nil, fmt.Errorf("tube %q: %w", code, store.ErrNotFound)
	}
	out := &TubeView{Code: code, Unknown: true, AtLab: a.AtLab, Result: "awaited"}
	if out.Lab, err = name(a.Laboratory); err != nil {
		return nil, err
	}
	return out, out.reports(q, list, name)
}

// reports fills in what was told, and marks what stands.
func (v *TubeView) reports(q *site.Request, list []lab.Report, name func(lab.LaboratoryID) (string, error)) error {
	stands := -1
	for i, r := range list {
		where, err := name(r.Laboratory)
		if err != nil {
			return err
		}
		v.Reports = append(v.Reports, Report{Result: string(r.Result), At: r.At, Ct: r.Ct, Run: r.Run, Reason: r.Reason, Lab: where, Told: r.ToldAt, By: happened.Who(q, r.ToldBy)})
		if stands < 0 || !r.At.Before(list[stands].At) {
			stands = i
		}
	}
	if stands >= 0 {
		v.Reports[stands].Standing = true
		v.Result = string(list[stands].Result)
	}
	return nil
}

// Results is GET /o/{outbreak}/laboratories/{laboratory}/results.
func (h *Handler) Results(q *site.Request) error {
	v, err := h.page(q, strings.TrimSpace(q.URL.Query().Get("tube")))
	if err != nil {
		return err
	}
	return q.Show(h.results, "laboratories", v)
}

// Report is POST /o/{outbreak}/laboratories/{laboratory}/results: the result of one tube, new or corrected.
func (h *Handler) Report(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	l, err := h.find(q)
	if err != nil {
		return err
	}
	row := command.TubeRow{Code: strings.TrimSpace(form.Get("tube")), Result: form.Get("result"), At: form.Get("at"), Ct: form.Get("ct"), Run: form.Get("run"), Reason: form.Get("reason")}
	done, err := h.s.Commands.ReportTubes(q.Context(), q.By(), command.ReportTubes{Outbreak: q.Outbreak.Name, Laboratory: l.Code, Rows: []command.TubeRow{row}})
	if err != nil {
		return err
	}
	if len(done.Rejects) == 0 {
		said := "reported"
		if done.Unchanged > 0 {
			said = "none"
		}
		return q.Done(tubeHref(q, l.ID, row.Code), said, 1)
	}
	v, err := h.page(q, row.Code)
	if err != nil {
		return err
	}
	v.Absent = "" // the field says what is wrong
	v.One = oneForm(q, v.Laboratory, form)
	bad := done.Rejects[0]
	for i := range v.One.Fields {
		if v.One.Fields[i].Name == bad.Field {
			v.One.Fields[i].Error = rejection(bad)
			return q.ShowStatus(http.StatusUnprocessableEntity, h.results, "laboratories", v)
		}
	}
	v.One.Error = rejection(bad)
	return q.ShowStatus(http.StatusUnprocessableEntity, h.results, "laboratories", v)
}

// rejection says in the reader's words why a row was not taken.
func rejection(r command.RejectedTube) i18n.Msg {
	if r.Why == "row" {
		return i18n.M("lab.reject.row", "text", r.Reason)
	}
	return rejectText(r.Why + " " + r.With)
}

// rejectText says a reason as it is kept: its key and what it names besides.
func rejectText(problem string) i18n.Msg {
	why, with, _ := strings.Cut(problem, " ")
	switch why {
	case "before_closed", "before_came":
		if at, err := time.Parse(time.RFC3339, with); err == nil {
			return i18n.M("lab.reject."+why, "at", at)
		}
	case "outdated", "untimed":
		return i18n.M("lab.reject."+why, "result", i18n.M("tube.result."+with))
	case "well":
		return i18n.M("lab.reject.well", "tube", with)
	}
	return i18n.M("lab.reject." + why)
}

// File is POST /o/{outbreak}/laboratories/{laboratory}/file: a laboratory's file of results. It is taken while the sender waits, and to its end though they leave.
func (h *Handler) File(q *site.Request) error {
	name, body, wrong, err := h.received(q)
	if err != nil {
		return err
	}
	v, err := h.page(q, "")
	if err != nil {
		return err
	}
	if !writes(q, v.Laboratory) {
		return fmt.Errorf("results of laboratory %d: %w", v.Laboratory.ID, store.ErrNotFound)
	}
	if wrong.Key != "" {
		v.Upload.Fields[0].Error = wrong
		return q.ShowStatus(http.StatusUnprocessableEntity, h.results, "laboratories", v)
	}
	src := exchange.NewSource(name, bytes.NewReader(body), int64(len(body)))
	out, err := h.s.Commands.ReportTubeFile(q.Detached(), q.By(), command.ReportTubeFile{Outbreak: q.Outbreak.Name, Laboratory: v.Laboratory.Code, Source: src})
	report := &FileReport{Name: name, TubeFileReported: out, Shown: out.Rejects[:min(len(out.Rejects), shownRejects)]}
	status := http.StatusOK
	switch {
	case errors.Is(err, exchange.ErrNoTubeColumns):
		v.Upload.Fields[0].Error = i18n.M("lab.wrong.columns")
		return q.ShowStatus(http.StatusUnprocessableEntity, h.results, "laboratories", v)
	case errors.Is(err, command.ErrTubeFileCut):
		status, report.Broken = http.StatusUnprocessableEntity, i18n.M("lab.wrong.cut")
	case errors.Is(err, exchange.ErrEmpty), errors.Is(err, exchange.ErrUnreadable):
		v.Upload.Fields[0].Error = i18n.M("lab.wrong.unreadable")
		return q.ShowStatus(http.StatusUnprocessableEntity, h.results, "laboratories", v)
	case err != nil:
		return err
	}
	if v, err = h.page(q, ""); err != nil { // what is in hand has changed
		return err
	}
	for _, r := range lab.TubeResults() {
		if n := out.Results[r]; n > 0 {
			report.Results = append(report.Results, Count{string(r), n})
		}
	}
	v.File = report
	return q.ShowStatus(status, h.results, "laboratories", v)
}

// received reads the file that a form sends. What is wrong with it is said in words.
func (h *Handler) received(q *site.Request) (name string, body []byte, wrong i18n.Msg, err error) {
	kind, _, err := mime.ParseMediaType(q.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		return "", nil, i18n.M("lab.wrong.no_file"), nil
	}
	c := http.NewResponseController(q.W)
	_ = c.SetReadDeadline(time.Now().Add(uploadTime)) // a connection without deadlines has none to move
	_ = c.SetWriteDeadline(time.Now().Add(uploadTime))
	q.Body = http.MaxBytesReader(q.W, q.Body, mostFile+1<<20)
	parts, err := q.MultipartReader()
	if err != nil {
		return "", nil, i18n.M("lab.wrong.no_file"), nil
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return "", nil, i18n.M("lab.wrong.no_file"), nil
		}
		if err != nil {
			return "", nil, i18n.M("lab.wrong.broken"), nil //nolint:nilerr // said to whoever sent it
		}
		if part.FormName() != "file" || part.FileName() == "" {
			continue
		}
		body, err := io.ReadAll(io.LimitReader(part, mostFile+1))
		var large *http.MaxBytesError
		switch {
		case errors.As(err, &large), len(body) > mostFile:
			return "", nil, i18n.M("lab.wrong.large", "mib", mostFile>>20), nil
		case err != nil:
			return "", nil, i18n.M("lab.wrong.broken"), nil //nolint:nilerr // as above
		}
		return part.FileName(), body, i18n.Msg{}, nil
	}
}
