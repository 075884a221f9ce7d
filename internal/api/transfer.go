package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

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

func (s *server) transfer() {
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
