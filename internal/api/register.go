package api

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/exchange"
	"firebreak/internal/importer"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
)

// registerPattern is the route whose body may be as large as a register file.
const registerPattern = "POST /api/outbreaks/{outbreak}/register"

const (
	// mostRegister bounds a register file, bytes: it is held in memory while it is read, because nothing of it may lie on the disk in the clear. Some 150,000 people.
	mostRegister = 16 << 20
	// mostRegisterProblems is how many problems one answer tells.
	mostRegisterProblems = 1000
)

// Registered says what became of the rows of a population register: rows = created + moved + updated + unchanged + rejected.
type Registered struct {
	command.RegisterResult
	Preview      bool              `json:"preview" doc:"Nothing was kept."`
	Area         string            `json:"area,omitempty" doc:"Code of what bounded the import."`
	Problems     []RegisterProblem `json:"problems"`
	ProblemsMore int               `json:"problems_more" doc:"Problems that are not told here, because there are more than 1,000."`
}

// RegisterProblem is one thing wrong in a register. It never repeats what stands in the file: in a row whose cells have slipped, anything may stand anywhere.
type RegisterProblem struct {
	Row        int    `json:"row" doc:"As a spreadsheet numbers it; 0 is the file as a whole."`
	Column     string `json:"column,omitempty" doc:"Header, as in the file."`
	ValueClass string `json:"value_class,omitempty" doc:"What the column holds: document, name, phone, community, building, door, household, birth-date, age, sex or group."`
	Reason     string `json:"reason"`
	Severity   string `json:"severity" doc:"reject: the row was not taken in; warn: it was, and somebody should look at it."`
}

// registerInput is the request with a register. The body is read by the operation itself: huma would write a form to a temporary file in the clear.
type registerInput struct {
	Asked
	Outbreak string `path:"outbreak"`
	Area     string `query:"area" doc:"Code: rows of people elsewhere are rejected. Needed where you may import in several areas of the outbreak and not in all of it."`
	Preview  bool   `query:"preview" doc:"Do all but keep nothing."`
	File     string `query:"file" maxLength:"120" doc:"Name of the file, for a body that is no form."`

	body huma.Context
}

// Resolve keeps the request until the operation reads it.
func (u *registerInput) Resolve(ctx huma.Context) []error {
	u.body = ctx
	return nil
}

func (s *server) register() {
	const path = "/api/outbreaks/{outbreak}/register"
	operation(s, "import-people", http.MethodPost, path, "Take in a population register: who lives where, by document. Given again it changes nothing; a row with another community moves somebody", 200,
		func(c *call, in *registerInput) (Registered, error) { return c.importPeople(in) })
	file := &huma.Schema{Type: "string", Format: "binary", Description: "CSV or XLSX with a header in English or Chinese; 16 MiB at most. Columns: docs/register.md."}
	// Told only in the description: huma would read the body before the operation does.
	s.api.OpenAPI().Paths[path].Post.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"multipart/form-data": {Schema: &huma.Schema{Type: "object", Required: []string{"file"}, Properties: map[string]*huma.Schema{"file": file}}},
		"text/csv":            {Schema: file},
		"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {Schema: file},
	}}
}

// importPeople finds where the rows may go before it reads any, then takes them in.
func (c *call) importPeople(in *registerInput) (out Registered, err error) {
	o, tree, err := c.outbreak(in.Outbreak)
	if err != nil {
		return out, err
	}
	area, err := c.registerArea(in.Area, o, tree)
	if err != nil {
		return out, err
	}
	src, err := tableFile(in.body, cmp.Or(in.File, "register"), mostRegister, "firebreak people import")
	if err != nil {
		return out, err
	}
	j, _ := tree.Get(area)
	out = Registered{Preview: in.Preview, Area: j.Code, Problems: []RegisterProblem{}}
	out.RegisterResult, err = c.o.Commands.ImportPeople(c.ctx, c.by(), command.ImportPeople{Outbreak: in.Outbreak, Source: src, Area: area, DryRun: in.Preview, Problem: func(p exchange.Problem) error {
		if len(out.Problems) == mostRegisterProblems {
			out.ProblemsMore++
			return nil
		}
		out.Problems = append(out.Problems, RegisterProblem{Row: p.Row, Column: p.Column, ValueClass: exchange.RegisterColumn(p.Column), Reason: p.Reason, Severity: string(p.Severity)})
		return nil
	}})
	if errors.Is(err, exchange.ErrNotRegister) {
		err = &command.Invalid{Field: "file", Reason: exchange.ErrNotRegister.Error()}
	}
	return out, err
}

// registerArea is what bounds the import: the area asked for, or the only one there is in which the caller may import.
func (c *call) registerArea(code string, o outbreak.Outbreak, tree *place.Tree) (place.AreaID, error) {
	area := o.Area
	if code != "" {
		j, ok := tree.ByCode(code)
		if !ok {
			return 0, &command.Invalid{Field: "query.area", Value: code, Reason: "is not the code of a known jurisdiction"}
		}
		area = j.ID
	} else if areas := c.o.Imports.Areas(c.by(), tree, o); len(areas) == 1 {
		area = areas[0]
	} else if len(areas) > 1 {
		return 0, &command.Invalid{Field: "query.area", Reason: "is needed: there are several in which you may import"}
	}
	var path []place.AreaID
	for _, j := range tree.Path(area) {
		path = append(path, j.ID)
	}
	if d := auth.May(c.actor, auth.Import, path, c.purpose, c.now); !d.Allowed {
		return 0, &command.Forbidden{Action: auth.Import, Decision: d}
	}
	return area, nil
}

// tableFile reads a table of at most so many bytes out of a form, or the body as it is, and looks whether it is a table at all. larger is what takes larger ones.
func tableFile(in huma.Context, name string, most int64, larger string) (*exchange.Source, error) {
	broken := func(err error) error {
		if as[*http.MaxBytesError](err) {
			return err
		}
		return &command.Invalid{Field: "file", Reason: "did not come in whole: " + err.Error()}
	}
	body := in.BodyReader()
	kind, params, err := mime.ParseMediaType(in.Header("Content-Type"))
	if err == nil && kind == "multipart/form-data" {
		for parts := multipart.NewReader(body, params["boundary"]); ; {
			part, err := parts.NextPart()
			if errors.Is(err, io.EOF) {
				return nil, &command.Invalid{Field: "file", Reason: "is needed"}
			}
			if err != nil {
				return nil, broken(err)
			}
			if part.FormName() == "file" {
				body, name = part, cmp.Or(part.FileName(), name)
				break
			}
		}
	}
	data, err := io.ReadAll(io.LimitReader(body, most+1))
	switch {
	case err != nil:
		return nil, broken(err)
	case int64(len(data)) > most:
		return nil, fmt.Errorf("%w: more than %d MiB; give it in parts, or to %s", importer.ErrTooLarge, most>>20, larger)
	case len(data) == 0:
		return nil, &command.Invalid{Field: "file", Reason: "is empty"}
	}
	src := exchange.NewSource(name, bytes.NewReader(data), int64(len(data)))
	t, err := src.Table(exchange.ReadOptions{})
	if err == nil {
		err = t.Close()
	}
	if err != nil {
		return nil, &command.Invalid{Field: "file", Value: name, Reason: "cannot be read: " + err.Error()}
	}
	return src, nil
}
