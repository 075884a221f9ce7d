package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"firebreak/internal/account"
	"firebreak/internal/auth"
	"firebreak/internal/certificate"
	"firebreak/internal/checks"
	"firebreak/internal/command"
	"firebreak/internal/importer"
	"firebreak/internal/plan/roundcity"
	"firebreak/internal/roundplan"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/transferplan"
	"firebreak/internal/turnout"
)

// Problem is the answer to what could not be done: RFC 9457 with further members.
type Problem struct {
	huma.ErrorModel
	Kind     string        `json:"kind,omitempty" doc:"What went wrong, one word for programs."`
	Conflict *ConflictView `json:"conflict,omitempty" doc:"With kind conflict: the record as it is now."`
	Merged   *MergedView   `json:"merged,omitempty" doc:"With kind merged: which record goes on."`
}

// ConflictView tells the caller what somebody else did meanwhile.
type ConflictView struct {
	Noun    string            `json:"noun"`
	ID      int64             `json:"id"`
	Have    int64             `json:"have" doc:"The version stored now."`
	Want    int64             `json:"want" doc:"The version the change was made on."`
	Fields  map[string]string `json:"fields,omitempty" doc:"The fields as they are now, where the caller may read them."`
	Changes []Entry           `json:"changes,omitempty" doc:"The newest facts about the record, newest first, where the caller may read them."`
}

// errBusy is returned where as many walks of the journal or backups run as may.
var errBusy = errors.New("as many of these are under way as may be; try again in a minute")

// kinds maps kinds of error to HTTP statuses and words; the first that fits counts, and what fits none is our own failure: 500.
var kinds = [...]struct {
	is     func(error) bool
	status int
	kind   string
}{
	{as[*command.Forbidden], http.StatusForbidden, "forbidden"},
	{as[*account.Refused], http.StatusForbidden, "forbidden"},
	{is(account.ErrOwnGrant), http.StatusForbidden, "forbidden"},
	{is(account.ErrSamePerson), http.StatusForbidden, "forbidden"},
	{is(account.ErrSelf), http.StatusForbidden, "forbidden"},
	{is(account.ErrNotProposed), http.StatusConflict, "state"},
	{is(account.ErrSignsOnElsewhere), http.StatusConflict, "state"},
	{is(store.ErrTaken), http.StatusConflict, "taken"},
	{as[*store.NameRefused], http.StatusForbidden, "forbidden"},
	{is(store.ErrNameRequest), http.StatusUnprocessableEntity, "invalid"},
	{as[*command.Invalid], http.StatusUnprocessableEntity, "invalid"},
	{as[*command.NoBed], http.StatusUnprocessableEntity, "no-bed"},
	{as[*screening.Refusal], http.StatusUnprocessableEntity, "invalid"},
	{as[*command.AreasRejected], http.StatusUnprocessableEntity, "invalid"},
	{as[*account.FieldError], http.StatusUnprocessableEntity, "invalid"},
	{as[*store.Conflict], http.StatusConflict, "conflict"},
	{as[*certificate.Refused], http.StatusConflict, "not-released"},
	{is(checks.ErrNone), http.StatusConflict, "no-check-link"},
	{as[*command.Merged], http.StatusConflict, "merged"},
	{is(task.ErrState), http.StatusConflict, "state"},
	{is(roundplan.ErrBusy), http.StatusConflict, "state"},
	{is(transferplan.ErrBusy), http.StatusConflict, "state"},
	{is(transferplan.ErrMoved), http.StatusConflict, "state"},
	{is(transferplan.ErrNotMoved), http.StatusConflict, "state"},
	{is(roundcity.ErrOver), http.StatusConflict, "state"},
	{is(roundcity.ErrState), http.StatusConflict, "state"},
	{is(store.ErrImportState), http.StatusConflict, "state"},
	{is(command.ErrUnaccounted), http.StatusUnprocessableEntity, "unaccounted"},
	{is(store.ErrNoReason), http.StatusUnprocessableEntity, "invalid"},
	{is(store.ErrCursor), http.StatusBadRequest, "cursor"},
	{as[*http.MaxBytesError], http.StatusRequestEntityTooLarge, "too-large"},
	{is(store.ErrNotFound), http.StatusNotFound, "not-found"},
	{is(importer.ErrTooLarge), http.StatusRequestEntityTooLarge, "too-large"},
	{is(importer.ErrFileGone), http.StatusGone, "gone"},
	{is(importer.ErrNoPlace), http.StatusServiceUnavailable, "no-place"},
	{is(turnout.ErrLoading), http.StatusServiceUnavailable, "loading"},
	{as[*command.Reading], http.StatusServiceUnavailable, "loading"},
	{is(context.DeadlineExceeded), http.StatusServiceUnavailable, "busy"},
}

func as[T error](err error) bool {
	var t T
	return errors.As(err, &t)
}

func is(target error) func(error) bool {
	return func(err error) bool { return errors.Is(err, target) }
}

// kindOf is what an error is to a caller; empty where it is our own failure.
func kindOf(err error) (status int, kind string) {
	for _, k := range kinds {
		if k.is(err) {
			return k.status, k.kind
		}
	}
	return 0, ""
}

// note puts on record that the caller asked for what they may not.
func (c *call) note(err error) {
	if failed := c.o.Commands.NoteRefusal(c.ctx, c.actor, c.asked, err); failed != nil {
		c.o.Log.ErrorContext(c.ctx, "refusal not on record", "request", auth.RequestIDFrom(c.ctx), "error", failed)
	}
}

// failed carries a problem that a handler has filled in further than the table does.
type failed struct {
	error
	add func(*Problem)
}

func (f *failed) Unwrap() error { return f.error }

// problem says what went wrong. Our own failures are logged and not told.
func (c *call) problem(err error) error {
	p := &Problem{ErrorModel: huma.ErrorModel{Status: http.StatusInternalServerError, Detail: "the server failed; it is in its log"}, Kind: "failure"}
	if status, kind := kindOf(err); kind != "" {
		p.Status, p.Kind, p.Detail = status, kind, err.Error()
	}
	if p.Status == http.StatusInternalServerError && !errors.Is(err, context.Canceled) {
		c.o.Log.ErrorContext(c.ctx, "API request failed", "request", auth.RequestIDFrom(c.ctx), "error", err)
	}
	c.note(err)
	var forbidden *command.Forbidden
	if errors.As(err, &forbidden) {
		switch forbidden.Decision.Denial {
		case auth.DeniedNoPurpose:
			p.Kind = "no-purpose"
			p.Errors = []*huma.ErrorDetail{{Location: "header.Firebreak-Purpose", Message: "is needed: " + forbidden.Decision.Reason}}
		case auth.DeniedPurpose:
			p.Kind = "purpose"
			p.Errors = []*huma.ErrorDetail{{Location: "header.Firebreak-Purpose", Message: forbidden.Decision.Reason, Value: string(c.purpose)}}
		default:
		}
	}
	var invalid *command.Invalid
	if errors.As(err, &invalid) {
		p.Errors = []*huma.ErrorDetail{{Location: c.location(invalid.Field), Message: invalid.Reason}}
		if invalid.Value != "" {
			p.Errors[0].Value = invalid.Value
		}
	}
	var rows *command.AreasRejected
	if errors.As(err, &rows) {
		for _, r := range rows.Rows {
			p.Errors = append(p.Errors, &huma.ErrorDetail{Location: "body." + r.File + "." + strconv.Itoa(r.Row), Message: r.String()})
		}
	}
	var field *account.FieldError
	if errors.As(err, &field) {
		p.Errors = []*huma.ErrorDetail{{Location: "body." + field.Field, Message: field.Err.Error()}}
	}
	var conflict *store.Conflict
	if errors.As(err, &conflict) {
		p.Conflict = &ConflictView{Noun: conflict.Noun, ID: conflict.ID, Have: conflict.Have, Want: conflict.Want}
	}
	var merged *command.Merged
	if errors.As(err, &merged) {
		p.Merged = &MergedView{merged.Noun, merged.Code, merged.Into}
	}
	var f *failed
	if errors.As(err, &f) {
		f.add(p)
	}
	p.Title = http.StatusText(p.Status)
	if p.Status == http.StatusServiceUnavailable {
		return huma.ErrorWithHeaders(p, http.Header{"Retry-After": {"60"}})
	}
	return p
}

// location is the path of an order's field in the request.
func (c *call) location(field string) string {
	switch {
	case strings.HasPrefix(field, "query.") || strings.HasPrefix(field, "header."):
		return field
	case len(c.fields) > 0 && (slices.Contains(c.fields, field) || strings.HasPrefix(field, "x.")):
		return "body.fields." + field
	case len(c.fields) > 0 && slices.Contains([]string{"sex", "born", "age", "name", "document", "phone"}, field):
		return "body.person." + field
	}
	return "body." + field
}

// write answers with a problem outside any operation.
func write(w http.ResponseWriter, p *Problem) {
	p.Title = http.StatusText(p.Status)
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	// A reader who went away is no failure of ours.
	_ = json.NewEncoder(w).Encode(p)
}

func notFound(noun string, id any) error {
	return fmt.Errorf("%s %v: %w", noun, id, store.ErrNotFound)
}
