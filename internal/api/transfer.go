package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"firebreak/internal/auth"
	"firebreak/internal/cases"
	"firebreak/internal/command"
	"firebreak/internal/contact"
	"firebreak/internal/exchange"
	"firebreak/internal/journal"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

// importPattern is the route whose body may be as large as an upload.
const importPattern = "POST /api/outbreaks/{outbreak}/imports"

// problemsMost is how many problems of a file an answer lists.
const problemsMost = 1000

// RowProblem is one thing wrong in a file.
type RowProblem struct {
	Row      int    `json:"row" doc:"As a spreadsheet counts; 0 is the file as a whole."`
	Column   string `json:"column,omitempty"`
	Value    string `json:"value,omitempty"`
	Reason   string `json:"reason"`
	Severity string `json:"severity" doc:"reject: the row was not taken in; warn: it was, with a doubt"`
}

// Imported says what became of the rows of a file.
type Imported struct {
	command.ImportResult
	DryRun   bool         `json:"dry_run,omitempty"`
	Problems []RowProblem `json:"problems" doc:"The first 1,000 rejected rows and warnings."`
	More     bool         `json:"more_problems,omitempty"`
}

func (s *server) transfer() {
	type upload struct {
		Asked
		Outbreak string `path:"outbreak"`
		DryRun   bool   `query:"dry_run" doc:"Do all but keep nothing."`
		Dates    string `query:"dates" enum:"iso,dmy,mdy,ymd" doc:"Order of day, month and year where the file leaves it open."`
		RawBody  huma.MultipartFormFiles[struct {
			File huma.FormFile `form:"file" required:"true" doc:"CSV or XLSX: cases, contacts or links."`
		}]
	}
	operation(s, "import-file", http.MethodPost, "/api/outbreaks/{outbreak}/imports", "Import a file; the same file again changes nothing", 200, func(c *call, in *upload) (out Imported, err error) {
		if _, err := c.within(auth.Import); err != nil {
			return out, err
		}
		select {
		case c.imports <- struct{}{}:
			defer func() { <-c.imports }()
		default:
			return out, errBusy
		}
		f := in.RawBody.Data().File
		src := exchange.NewSource(f.Filename, f.File, f.Size)
		m, err := layout(src, exchange.DateOrder(in.Dates))
		if err != nil {
			return out, err
		}
		out = Imported{DryRun: in.DryRun, Problems: []RowProblem{}}
		out.ImportResult, err = c.o.Commands.Import(c.ctx, c.by(), command.ImportFile{Outbreak: in.Outbreak, Source: src, Map: m, DryRun: in.DryRun, Problem: func(p exchange.Problem) error {
			if len(out.Problems) == problemsMost {
				out.More = true
				return nil
			}
			out.Problems = append(out.Problems, RowProblem{p.Row, p.Column, p.Value, p.Reason, string(p.Severity)})
			return nil
		}})
		if err != nil {
			return out, &failed{err, func(p *Problem) {
				if p.Kind == "unaccounted" {
					p.Import = &out.ImportResult
				}
			}}
		}
		return out, nil
	})

	type export struct {
		Asked
		Outbreak string `path:"outbreak"`
		Area     string `query:"area"`
		Format   string `query:"format" enum:"csv,json,ndjson" default:"csv"`
	}
	for _, noun := range []string{"cases", "contacts"} {
		handle(s, huma.Operation{OperationID: "export-" + noun, Method: http.MethodGet, Path: "/api/outbreaks/{outbreak}/export/" + noun, DefaultStatus: 200,
			Summary: "All " + noun + " that the caller may both read and export, as one stream; a stream that fails midway is cut off"}, func(c *call, in *export) (*huma.StreamResponse, error) {
			return c.export(noun, in.Outbreak, in.Area, in.Format)
		})
	}
}

// layout recognises the file's columns.
func layout(src *exchange.Source, order exchange.DateOrder) (m exchange.Map, err error) {
	t, err := src.Table(exchange.ReadOptions{})
	if err != nil {
		return m, err
	}
	header := t.Header()
	if err := t.Close(); err != nil {
		return m, err
	}
	found := exchange.Recognise(header)
	const sure = 0.8
	if len(found) == 0 || found[0].Confidence < sure {
		return m, &command.Invalid{Field: "file", Reason: "the layout is not recognised from its columns (" + strings.Join(header, ", ") + ")"}
	}
	m = found[0].Map
	for f, col := range m.Fields {
		if f.IsDate() && col.Order == exchange.OrderDetect {
			col.Order = order
			m.Fields[f] = col
		}
	}
	return m, nil
}

// exportTypes are the media types of the formats.
func exportType(format string) string {
	switch format {
	case "json":
		return "application/json"
	case "ndjson":
		return "application/x-ndjson"
	}
	return "text/csv; charset=utf-8"
}

// errStop ends a walk whose reader has gone.
var errStop = errors.New("the reader stopped")

// export checks, notes in the journal that and why the data leave, and streams them.
func (c *call) export(noun, outbreakName, area, format string) (*huma.StreamResponse, error) {
	read := auth.CaseRead
	names := command.CaseFieldNames()
	if noun == "contacts" {
		read, names = auth.ContactRead, command.ContactFieldNames()
	}
	readable, err := c.within(read)
	if err != nil {
		return nil, err
	}
	err = c.view(auth.Export, outbreakName, area, func(v *inside) error { return nil })
	if err != nil {
		return nil, err
	}
	err = c.o.DB.Update(c.ctx, func(tx *store.Tx) error {
		o, err := tx.OutbreakByName(outbreakName)
		if err != nil {
			return err
		}
		payload, err := json.Marshal(map[string]any{"what": noun, "format": format, "area": area, "purpose": c.purpose})
		if err != nil {
			return err
		}
		_, err = tx.Append(journal.Entry{Kind: journal.Exported, Actor: c.actor.Login, Outbreak: o.ID, Area: o.Area, Subject: task.Subject{Kind: task.OnOutbreak, ID: int64(o.ID)}, Payload: payload})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("note export: %w", err)
	}
	return &huma.StreamResponse{Body: func(h huma.Context) {
		h.SetHeader("Content-Type", exportType(format))
		h.SetHeader("Content-Disposition", `attachment; filename="`+noun+"."+format+`"`)
		err := c.view(auth.Export, outbreakName, area, func(v *inside) error { return v.stream(h.BodyWriter(), noun, format, names, readable) })
		if err != nil {
			if c.ctx.Err() == nil {
				c.o.Log.ErrorContext(c.ctx, "export broke off", "request", auth.RequestIDFrom(c.ctx), "error", err)
			}
			panic(http.ErrAbortHandler) // the reader must not take what came for all there is
		}
	}}, nil
}

// stream writes the records in the bound that are readable too.
func (in *inside) stream(w io.Writer, noun, format string, names []string, readable store.Within) error {
	holds, err := in.Holds(readable)
	if err != nil {
		return err
	}
	may := func(a place.AreaID) bool { return holds == nil || holds(a) }
	header := append([]string{"id", "code", "person"}, names...)
	head := func(id, person int64, code string, fields map[string]string) []exchange.Value {
		row := []exchange.Value{exchange.Number(float64(id)), exchange.Text(code), exchange.Number(float64(person))}
		for _, n := range names {
			row = append(row, exchange.Text(fields[n]))
		}
		return row
	}
	rows := func(yield func([]exchange.Value, error) bool) {
		give := func(row []exchange.Value) error {
			if !yield(row, nil) {
				return errStop
			}
			return nil
		}
		var err error
		if noun == "contacts" {
			err = in.EachContactOf(store.ContactFilter{Outbreak: in.o.ID, Within: in.within}, func(k contact.Contact) error {
				if !may(k.Area) {
					return nil
				}
				return give(head(int64(k.ID), int64(k.Person), k.Code, command.ContactFields(k, in.loc, in.tree)))
			})
		} else {
			err = in.EachCaseOf(store.CaseFilter{Outbreak: in.o.ID, Within: in.within}, func(k cases.Case) error {
				if !may(k.Area) {
					return nil
				}
				return give(head(int64(k.ID), int64(k.Person), k.Code, command.CaseFields(k, in.loc, in.tree)))
			})
		}
		if err != nil && !errors.Is(err, errStop) {
			yield(nil, err)
		}
	}
	switch format {
	case "json":
		_, err = exchange.WriteJSON(w, header, rows)
	case "ndjson":
		_, err = exchange.WriteNDJSON(w, header, rows)
	default:
		_, err = exchange.WriteCSV(w, header, rows, exchange.CSVOptions{})
	}
	return err
}
