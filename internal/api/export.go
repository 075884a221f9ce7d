package api

import (
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/linelist"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/vault"
)

// exportPattern is the route that may stream for minutes.
const exportPattern = "GET /api/outbreaks/{outbreak}/export/{what}"

// exporting is the input of an export.
type exporting struct {
	Asked
	Outbreak string `path:"outbreak"`
	What     string `path:"what" enum:"cases,contacts,links,chains,tasks"`
	Area     string `query:"area" doc:"Code of a jurisdiction: only what lies in it or below."`
	Format   string `query:"format" enum:"csv,xlsx,json,ndjson,geojson,epicontacts" default:"csv" doc:"geojson and epicontacts (a zip of two CSV files) for cases only."`
	BOM      bool   `query:"bom" doc:"CSV begins with a byte-order mark, which Excel needs to show Chinese."`
	Names    bool   `query:"names" doc:"Names, documents and telephone numbers of cases or contacts too: needs the right to read them, and each reading is journalled."`
	Reason   string `query:"reason" maxLength:"200" doc:"Why names are needed, in a few words; required with names."`
}

func (s *server) export() {
	handle(s, huma.Operation{OperationID: "export", Method: http.MethodGet, Path: strings.TrimPrefix(exportPattern, "GET "), DefaultStatus: 200,
		Summary: "All that the caller may both read and export, as one stream, as import takes it back; a stream that fails midway is cut off"}, func(c *call, in *exporting) (*huma.StreamResponse, error) {
		return c.export(in)
	})
}

// exported is the right to read each kind of list.
func exported(what string) auth.Action {
	switch what {
	case "contacts":
		return auth.ContactRead
	case "tasks":
		return auth.TaskRead
	}
	return auth.CaseRead
}

// export checks, notes in the journal that and why the data leave, and streams them.
func (c *call) export(in *exporting) (*huma.StreamResponse, error) {
	format := linelist.Format(in.Format)
	formats := linelist.ContactFormats()
	if in.What == "cases" {
		formats = linelist.CaseFormats()
	}
	if !slices.Contains(formats, format) {
		return nil, &command.Invalid{Field: "query.format", Value: in.Format, Reason: "is not a format of " + in.What}
	}
	actions := []auth.Action{exported(in.What), auth.Export}
	if in.Names {
		if in.What != "cases" && in.What != "contacts" || format == linelist.Epicontacts {
			return nil, &command.Invalid{Field: "query.names", Value: "true", Reason: "is for cases and contacts, and not in epicontacts"}
		}
		if n := utf8.RuneCountInString(strings.TrimSpace(in.Reason)); n < 1 || n > 200 {
			return nil, &command.Invalid{Field: "query.reason", Value: in.Reason, Reason: "say in 1 to 200 characters why the names are needed"}
		}
		if c.o.Commands.Identities() == nil {
			return nil, &command.Invalid{Field: "query.names", Value: "true", Reason: "this server has no vault"}
		}
		actions = append(actions, auth.NameRead)
	}
	var o outbreak.Outbreak
	var within store.Within
	err := c.view(actions[0], in.Outbreak, in.Area, func(v *inside) error {
		o, within = v.o, v.within
		var err error
		within.Scope, err = c.common(v.tree, actions)
		return err
	})
	if err != nil {
		return nil, err
	}
	zone, err := o.Location()
	if err != nil {
		return nil, err
	}
	err = c.o.Commands.BeginExport(c.ctx, c.by(), command.Export{Outbreak: o.ID, What: in.What, Format: in.Format, Area: in.Area, Names: in.Names, Reason: in.Reason})
	if err != nil {
		return nil, err
	}
	options := linelist.Options{Format: format, Zone: zone, BOM: in.BOM}
	if in.Names {
		options.Names = func(about []task.Subject) ([]store.Identity, error) {
			return c.o.Commands.Identities().Read(c.ctx, store.NameRequest{By: c.actor, Purpose: c.purpose, Reason: in.Reason, About: about,
				Fields: []vault.Field{vault.FieldName, vault.FieldDocument, vault.FieldPhone}})
		}
	}
	return &huma.StreamResponse{Body: func(h huma.Context) {
		h.SetHeader("Content-Type", format.MediaType())
		h.SetHeader("Content-Disposition", `attachment; filename="`+in.What+"."+format.Extension()+`"`)
		h.SetHeader("Cache-Control", "private, no-store")
		if _, err := linelist.Write(c.ctx, c.o.DB, linelist.What(in.What), o.ID, within, h.BodyWriter(), options); err != nil {
			if c.ctx.Err() == nil {
				c.o.Log.ErrorContext(c.ctx, "export broke off", "request", auth.RequestIDFrom(c.ctx), "error", err)
			}
			panic(http.ErrAbortHandler) // the reader must not take what came for all there is
		}
	}}, nil
}

// common is where the caller may do all of the actions; Forbidden with the first that is allowed nowhere.
func (c *call) common(tree *place.Tree, actions []auth.Action) (auth.Scope, error) {
	var scopes []auth.Scope
	for _, a := range actions {
		w, err := c.within(a)
		if err != nil {
			return auth.Scope{}, err
		}
		scopes = append(scopes, w.Scope)
	}
	return store.Common(tree, scopes...), nil
}
