package site

import (
	"context"
	"errors"
	"net/http"

	"firebreak/internal/account"
	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

// statuses maps kinds of error to HTTP statuses; the first that fits counts, and what fits none is our own failure: 500.
var statuses = [...]struct {
	is     func(error) bool
	status int
}{
	{as[*command.Forbidden], http.StatusForbidden},
	{as[*account.Refused], http.StatusForbidden},
	{as[*command.Invalid], http.StatusUnprocessableEntity},
	{as[*command.NoBed], http.StatusUnprocessableEntity},
	{as[*command.AreasRejected], http.StatusUnprocessableEntity},
	{as[*store.Conflict], http.StatusConflict},
	{as[*command.Merged], http.StatusConflict},
	{as[*http.MaxBytesError], http.StatusRequestEntityTooLarge},
	{is(store.ErrNotFound), http.StatusNotFound},
	{is(task.ErrState), http.StatusConflict},
	{is(store.ErrImportState), http.StatusConflict},
	{is(store.ErrNoReason), http.StatusUnprocessableEntity},
	{is(store.ErrCursor), http.StatusBadRequest},
	{is(ErrBusy), http.StatusServiceUnavailable},
	{is(context.DeadlineExceeded), http.StatusServiceUnavailable},
}

// ErrBusy is wrapped where the server takes no more of the kind at the moment.
var ErrBusy = errors.New("too many at a time")

func as[T error](err error) bool {
	var t T
	return errors.As(err, &t)
}

func is(target error) func(error) bool {
	return func(err error) bool { return errors.Is(err, target) }
}

// Status is the HTTP status of an error.
func Status(err error) int {
	for _, s := range statuses {
		if s.is(err) {
			return s.status
		}
	}
	return http.StatusInternalServerError
}

// Fail answers with the error page of an error's kind. The cause goes to the log under the request's number where it is our own; what a person did wrong is
// not logged as an error.
func (s *Site) Fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return // nobody waits for an answer
	}
	status := Status(err)
	if actor, ok := auth.ActorFrom(r.Context()); ok {
		if noted := s.Commands.NoteRefusal(r.Context(), actor, r.Pattern, err); noted != nil {
			s.Log.ErrorContext(r.Context(), "refusal not on record", "request", auth.RequestIDFrom(r.Context()), "error", noted)
		}
	}
	if status < http.StatusInternalServerError {
		s.Log.InfoContext(r.Context(), "request refused", "request", auth.RequestIDFrom(r.Context()), "path", r.URL.Path, "status", status, "reason", err.Error())
		err = nil
	}
	s.Access.Fail(w, r, status, err)
}
