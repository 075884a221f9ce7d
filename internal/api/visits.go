package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"firebreak/internal/command"
	"firebreak/internal/exchange"
	"firebreak/internal/importer"
)

// Routes whose body may be as large as a block of visits.
const (
	visitsPattern      = "POST /api/outbreaks/{outbreak}/visits"
	visitPlacesPattern = "POST /api/outbreaks/{outbreak}/visit-places"
)

const (
	// mostVisits bounds a block of visits, bytes: it is held in memory while it is read, because nothing of it may lie on the disk in the clear. Some 100,000 visits.
	mostVisits = 8 << 20
	// mostVisitProblems is how many problems one answer tells.
	mostVisitProblems = 1000
)

// VisitBlock is a block of visits, or of meetings.
type VisitBlock struct {
	Visits   []Visit      `json:"visits,omitempty" doc:"Who was where. Either these or meetings."`
	Meetings []VisitOfTwo `json:"meetings,omitempty" doc:"Who was with whom, as devices measure it or people tell it."`
}

// Visit is one stay of a person in a place. Times are ISO 8601; without an offset they are of the outbreak's zone.
type Visit struct {
	Person string       `json:"person" maxLength:"200" doc:"As the sender calls them; who it is in the register is found out by the code of a case or contact, the code on the card, or the document."`
	Place  string       `json:"place" maxLength:"200"`
	Kind   string       `json:"kind,omitempty" doc:"Of place: home, school, class, office, factory, shop, canteen, transport, care, hospital, leisure, worship, outdoors or quarantine."`
	Start  string       `json:"start"`
	End    string       `json:"end" doc:"At most 12 days after the start."`
	Seat   string       `json:"seat,omitempty" doc:"Row and letter or number, such as 12A."`
	X      *json.Number `json:"x,omitempty" doc:"Metres."`
	Y      *json.Number `json:"y,omitempty" doc:"Metres."`
}

// VisitOfTwo is one time that two people were together.
type VisitOfTwo struct {
	Person  string       `json:"person" maxLength:"200"`
	Other   string       `json:"other" maxLength:"200"`
	Start   string       `json:"start" doc:"A day without a time is its noon; where neither end nor seconds is told, the whole day."`
	End     string       `json:"end,omitempty" doc:"This or seconds, or neither: then nobody knows how long it was, and it is kept as that. Whoever was met so is proposed in the tier of the pack's tracing.untimed."`
	Seconds *json.Number `json:"seconds,omitempty"`
	Metres  *json.Number `json:"metres,omitempty" doc:"Between them, where that was measured."`
}

// VisitsTaken says what became of the rows: rows = taken + again + rejected.
type VisitsTaken struct {
	command.VisitsResult
	Preview      bool           `json:"preview" doc:"Nothing was kept."`
	Problems     []VisitProblem `json:"problems"`
	ProblemsMore int            `json:"problems_more" doc:"Problems that are not told here, because there are more than 1,000."`
}

// VisitProblem is one thing wrong in a list of visits. It never repeats what stands there.
type VisitProblem struct {
	Row      int    `json:"row" doc:"In a file as a spreadsheet numbers it, in a JSON block counted from 1; 0 is the whole."`
	Column   string `json:"column,omitempty"`
	Reason   string `json:"reason"`
	Severity string `json:"severity" doc:"reject: the row was not taken in; warn: it was, with a doubt."`
}

// VisitsAsked is part of every input with visits. The body is read by the operation itself: huma would write a form to a temporary file in the clear.
type VisitsAsked struct {
	Asked
	Outbreak string `path:"outbreak"`
	Preview  bool   `query:"preview" doc:"Do all but keep nothing."`
	File     string `query:"file" maxLength:"120" doc:"Name of the file, for a body that is no form."`

	body huma.Context
}

// Resolve keeps the request until the operation reads it.
func (u *VisitsAsked) Resolve(ctx huma.Context) []error {
	u.body = ctx
	return nil
}

func (s *server) visits() {
	type visits struct {
		VisitsAsked
		Form  string `query:"form" enum:"visits,meetings,stays" default:"visits" doc:"What a file lists: visits, meetings of two people, or stays by days in one or more groups of columns. A JSON block says it by its member."`
		Steps string `query:"steps" maxLength:"80" doc:"Of a file of meetings that counts steps: when step 1 began, how long a step is, and how many a day has, such as 2017-10-12T07:00,5m,192."`
	}
	operation(s, "import-visits", http.MethodPost, strings.TrimPrefix(visitsPattern, "POST "), "Take in a block of visits: who was where, or with whom, and when. They are kept before the answer is given; the same block again changes nothing", 200,
		func(c *call, in *visits) (VisitsTaken, error) {
			return c.takeVisits(&in.VisitsAsked, exchange.VisitForm(in.Form), in.Steps)
		})
	operation(s, "import-visit-places", http.MethodPost, strings.TrimPrefix(visitPlacesPattern, "POST "), "Say of what kind places of visits are, from a file with the columns place and kind", 200,
		func(c *call, in *VisitsAsked) (VisitsTaken, error) { return c.takeVisitPlaces(in) })
	// Told only in the description: huma would read the body before the operation does.
	file := &huma.Schema{Type: "string", Format: "binary", Description: "CSV or XLSX with a header in English or Chinese; 8 MiB at most. Columns: docs/tracing.md."}
	files := func() map[string]*huma.MediaType {
		return map[string]*huma.MediaType{
			"multipart/form-data": {Schema: &huma.Schema{Type: "object", Required: []string{"file"}, Properties: map[string]*huma.Schema{"file": file}}},
			"text/csv":            {Schema: file},
			"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {Schema: file},
		}
	}
	paths := s.api.OpenAPI().Paths
	paths[strings.TrimPrefix(visitPlacesPattern, "POST ")].Post.RequestBody = &huma.RequestBody{Required: true, Content: files()}
	body := files()
	body["application/json"] = &huma.MediaType{Schema: s.api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[VisitBlock](), true, "VisitBlock")}
	paths[strings.TrimPrefix(visitsPattern, "POST ")].Post.RequestBody = &huma.RequestBody{Required: true, Content: body}
}

func (c *call) takeVisits(in *VisitsAsked, form exchange.VisitForm, steps string) (out VisitsTaken, err error) {
	// Who may not is refused before anything of the body is read.
	if _, _, err := c.outbreak(in.Outbreak); err != nil {
		return out, err
	}
	var src *exchange.Source
	if kind, _, _ := mime.ParseMediaType(in.body.Header("Content-Type")); kind == "application/json" {
		src, form, err = visitBlock(in.body.BodyReader())
	} else {
		src, err = tableFile(in.body, "visits", mostVisits, "firebreak import")
	}
	if err != nil {
		return out, err
	}
	out = VisitsTaken{Preview: in.Preview, Problems: []VisitProblem{}}
	out.VisitsResult, err = c.o.Commands.ImportVisits(c.ctx, c.by(), command.ImportVisits{Outbreak: in.Outbreak, Source: src, Form: form, Steps: steps, DryRun: in.Preview, Problem: out.tell})
	return out, visitsRefused(err)
}

func (c *call) takeVisitPlaces(in *VisitsAsked) (out VisitsTaken, err error) {
	if _, _, err := c.outbreak(in.Outbreak); err != nil {
		return out, err
	}
	src, err := tableFile(in.body, "places", mostVisits, "firebreak import")
	if err != nil {
		return out, err
	}
	out = VisitsTaken{Preview: in.Preview, Problems: []VisitProblem{}}
	out.VisitsResult, err = c.o.Commands.ImportPlaces(c.ctx, c.by(), command.ImportPlaces{Outbreak: in.Outbreak, Source: src, DryRun: in.Preview, Problem: out.tell})
	return out, visitsRefused(err)
}

func (out *VisitsTaken) tell(p exchange.Problem) error {
	if len(out.Problems) == mostVisitProblems {
		out.ProblemsMore++
		return nil
	}
	out.Problems = append(out.Problems, VisitProblem{Row: p.Row, Column: p.Column, Reason: p.Reason, Severity: string(p.Severity)})
	return nil
}

// visitsRefused says of a list that is none which field of the request is wrong.
func visitsRefused(err error) error {
	for _, no := range []error{exchange.ErrNotVisits, exchange.ErrNotMeetings, exchange.ErrNotStays, exchange.ErrNotPlaces} {
		if errors.Is(err, no) {
			return &command.Invalid{Field: "file", Reason: no.Error()}
		}
	}
	if errors.Is(err, exchange.ErrSteps) {
		return &command.Invalid{Field: "query.steps", Reason: exchange.ErrSteps.Error()}
	}
	return err
}

// visitBlock reads a JSON block as the table that it is, so that each row is judged as a row of a file is.
func visitBlock(body io.Reader) (*exchange.Source, exchange.VisitForm, error) {
	text, err := io.ReadAll(io.LimitReader(body, mostVisits+1))
	switch {
	case err != nil && as[*http.MaxBytesError](err):
		return nil, "", err
	case err != nil:
		return nil, "", &command.Invalid{Field: "visits", Reason: "did not come in whole: " + err.Error()}
	case len(text) > mostVisits:
		return nil, "", fmt.Errorf("%w: more than %d MiB; give it in parts", importer.ErrTooLarge, mostVisits>>20)
	}
	var block struct {
		Visits   *[]json.RawMessage `json:"visits"`
		Meetings *[]json.RawMessage `json:"meetings"`
	}
	if err := strictly(text, &block); err != nil {
		return nil, "", &command.Invalid{Field: "visits", Reason: "is no block of visits: " + err.Error()}
	}
	if (block.Visits == nil) == (block.Meetings == nil) {
		return nil, "", &command.Invalid{Field: "visits", Reason: "or meetings are needed, one of the two"}
	}
	number := func(n *json.Number) string {
		if n == nil {
			return ""
		}
		return n.String()
	}
	if block.Visits != nil {
		rows, err := rowsOf("visits", *block.Visits, func(v Visit) []string {
			return []string{v.Person, v.Place, v.Kind, v.Start, v.End, v.Seat, number(v.X), number(v.Y)}
		})
		return exchange.NewList("visits", []string{"person", "place", "kind", "start", "end", "seat", "x", "y"}, rows), exchange.Visits, err
	}
	rows, err := rowsOf("meetings", *block.Meetings, func(v VisitOfTwo) []string {
		return []string{v.Person, v.Other, v.Start, v.End, number(v.Seconds), number(v.Metres)}
	})
	return exchange.NewList("meetings", []string{"person", "other", "start", "end", "seconds", "metres"}, rows), exchange.Meetings, err
}

func rowsOf[T any](member string, list []json.RawMessage, cells func(T) []string) ([][]string, error) {
	rows := make([][]string, len(list))
	for i, text := range list {
		var v T
		if err := strictly(text, &v); err != nil {
			field := fmt.Sprintf("%s[%d]", member, i)
			var wrong *json.UnmarshalTypeError
			if errors.As(err, &wrong) && wrong.Field != "" {
				return nil, &command.Invalid{Field: field + "." + wrong.Field, Reason: "is a " + wrong.Value + ", not a " + wrong.Type.String()}
			}
			return nil, &command.Invalid{Field: field, Reason: err.Error()}
		}
		rows[i] = cells(v)
	}
	return rows, nil
}

// strictly reads JSON in which every member is known.
func strictly(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is something after the end")
	}
	return nil
}
