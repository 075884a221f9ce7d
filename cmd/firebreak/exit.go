package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/journal"
	"firebreak/internal/place"
	"firebreak/internal/protocol"
	"firebreak/internal/situation"
	"firebreak/internal/store"
)

// The exit codes. docs/cli.md prints the table of outcomes; scripts rely on the numbers.
const (
	codeOK          = 0
	codeFailed      = 1
	codeUsage       = 2
	codeRejected    = 3
	codeHeld        = 4
	codeNotFound    = 5
	codeBroken      = 6
	codeUnhealthy   = 7
	codeDenied      = 8
	codeUnsound     = 9
	codeInterrupted = 130
)

// outcome is one way in which a command ends.
type outcome struct {
	Code int
	Kind string // for machines: the kind in the JSON error
	When string // for people
}

func outcomes() []outcome {
	return []outcome{
		{codeOK, "ok", "all is done"},
		{codeFailed, "failed", "anything that has no code of its own; the sentence says what"},
		{codeUsage, "usage", "the arguments are wrong; nothing was done"},
		{codeRejected, "rejected", "the input was refused, or rows or links are not accounted for"},
		{codeHeld, "held", "another firebreak process holds the folder"},
		{codeNotFound, "not_found", "the file, folder, outbreak, pack or record is not there"},
		{codeBroken, "broken", "the journal is not intact"},
		{codeUnhealthy, "unhealthy", "`check` found something to act on, other than a broken journal"},
		{codeDenied, "denied", "whoever asks may not: no token, an ended one, or a right or purpose that is lacking"},
		{codeUnsound, "unsound", "a drill was played, and somebody was lost or a count does not reconcile"},
		{codeInterrupted, "interrupted", "stopped by a signal; what was acknowledged before is kept"},
	}
}

// failure is an error whose exit code the command has chosen.
type failure struct {
	code int
	err  error
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// misused: the arguments are wrong.
func misused(err error) error { return &failure{codeUsage, err} }

// rejected: the input is wrong.
func rejected(err error) error { return &failure{codeRejected, err} }

// codeOf is the one table from errors to exit codes.
func codeOf(err error) int {
	var f *failure
	var incidence *situation.RowError
	var area *place.RowError
	var outline *place.FeatureError
	var invalid *command.Invalid
	var forbidden *command.Forbidden
	var names *store.NameRefused
	var told *refusal
	var merged *command.Merged
	var noBed *command.NoBed
	switch {
	case err == nil:
		return codeOK
	case errors.As(err, &f):
		return f.code
	case errors.Is(err, context.Canceled):
		return codeInterrupted
	case errors.As(err, &told):
		return told.code()
	case errors.As(err, &forbidden), errors.As(err, &names), errors.Is(err, auth.ErrNoToken), errors.Is(err, auth.ErrBadToken):
		return codeDenied
	case errors.Is(err, store.ErrHeld), errors.Is(err, store.ErrBackupRuns):
		return codeHeld
	case errors.Is(err, journal.ErrBroken):
		return codeBroken
	case errors.As(err, &incidence), errors.As(err, &area), errors.As(err, &outline), errors.Is(err, place.ErrNoTree):
		return codeRejected
	case errors.Is(err, situation.ErrArgument), errors.As(err, &invalid), errors.As(err, &merged), errors.As(err, &noBed):
		return codeUsage
	case errors.Is(err, store.ErrNotFound), errors.Is(err, protocol.ErrUnknown), errors.Is(err, fs.ErrNotExist):
		return codeNotFound
	}
	return codeFailed
}

func kindOf(code int) string {
	all := outcomes()
	if i := slices.IndexFunc(all, func(o outcome) bool { return o.Code == code }); i >= 0 {
		return all[i].Kind
	}
	return "failed"
}

// report says on stderr what went wrong: one sentence, or one JSON object where the caller asked for JSON.
func (p *process) report(err error) {
	if err == nil {
		return
	}
	code := codeOf(err)
	// Parsing may have failed before the flag was read, so the arguments themselves are asked.
	if slices.ContainsFunc(p.Args, func(a string) bool { return a == "--json" || a == "--json=true" }) {
		type problem struct {
			Kind    string `json:"kind"`
			Code    int    `json:"code"`
			Message string `json:"message"`
		}
		// When stderr cannot be written to, nobody is there to be told.
		_ = json.NewEncoder(p.Stderr).Encode(struct {
			Error problem `json:"error"`
		}{problem{kindOf(code), code, err.Error()}})
		return
	}
	_, _ = fmt.Fprintf(p.Stderr, "firebreak: %s\n", strings.ReplaceAll(err.Error(), "\n", "; "))
	if code == codeUsage {
		_, _ = fmt.Fprintln(p.Stderr, "See firebreak --help.")
	}
}
