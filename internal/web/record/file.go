package record

import (
	"net/http"
	"net/url"
	"time"

	"firebreak/internal/day"
	"firebreak/internal/exchange"
	"firebreak/internal/linelist"
	"firebreak/internal/web/site"
)

// SendFile sets the headers of a file to save.
func SendFile(q *site.Request, what string, f linelist.Format) {
	head := q.W.Header()
	head.Set("Content-Type", f.MediaType())
	head.Set("Content-Disposition", `attachment; filename="`+what+"-"+day.In(q.Now, q.Zone).String()+"."+f.Extension()+`"`)
	head.Set("Cache-Control", "private, no-store")
	// A million rows take longer than a page may; a reader who has gone ends the request.
	_ = http.NewResponseController(q.W).SetWriteDeadline(time.Time{})
}

// Sent notes a file in the journal. A file that could not be completed, or not be noted, is cut off, so that it cannot be taken for whole.
func Sent(q *site.Request, what string, f linelist.Format, rows int, values url.Values, err error) error {
	if err == nil {
		err = q.Site.Commands.NoteExport(q.Detached(), q.By(), q.Outbreak.ID, what, string(f), rows, linelist.Describe(values))
	}
	if err != nil {
		q.Site.Log.ErrorContext(q.Context(), "export cut off", "what", what, "rows", rows, "error", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}

// SendCSV notes a small table in the journal and sends it. An answer that breaks off is cut off, so that it cannot be taken for whole.
func SendCSV(q *site.Request, what string, header []string, rows [][]exchange.Value) error {
	if err := q.Site.Commands.NoteExport(q.Context(), q.By(), q.Outbreak.ID, what, string(linelist.CSV), len(rows), linelist.Describe(q.URL.Query())); err != nil {
		return err
	}
	SendFile(q, what, linelist.CSV)
	_, err := exchange.WriteCSV(q.W, header, func(yield func([]exchange.Value, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	}, exchange.CSVOptions{BOM: q.Lang() == "zh"})
	if err != nil {
		panic(http.ErrAbortHandler) // the answer has begun
	}
	return nil
}
