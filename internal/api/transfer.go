package api

import (
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/exchange"
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
			Map  string        `form:"map" required:"false" doc:"Column map (JSON) in place of the layout that is recognised."`
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
		f, given := in.RawBody.Data().File, in.RawBody.Data().Map
		src := exchange.NewSource(f.Filename, f.File, f.Size)
		m, err := layout(src, given, exchange.DateOrder(in.Dates))
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
}

// layout is the file's column map: the one given, or the one recognised.
func layout(src *exchange.Source, given string, order exchange.DateOrder) (m exchange.Map, err error) {
	if given != "" {
		if m, err = exchange.ParseMap([]byte(given)); err != nil {
			return m, &command.Invalid{Field: "map", Reason: err.Error()}
		}
		return ordered(m, order), nil
	}
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
	return ordered(found[0].Map, order), nil
}

// ordered says how the dates are written whose order the map leaves open.
func ordered(m exchange.Map, order exchange.DateOrder) exchange.Map {
	for f, col := range m.Fields {
		if f.IsDate() && col.Order == exchange.OrderDetect {
			col.Order = order
			m.Fields[f] = col
		}
	}
	return m
}
