// Package planfile reads the files that planners are asked by, strictly: what is wrong is said with its field. The planners import it; it imports nothing of ours.
package planfile

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// FieldError says which field of a file is wrong, such as "sites[12].lanes".
type FieldError struct {
	Field string
	Err   error
}

// Error returns the field and what is wrong with it.
func (e *FieldError) Error() string { return e.Field + ": " + e.Err.Error() }

// Unwrap returns what is wrong.
func (e *FieldError) Unwrap() error { return e.Err }

// Wrong makes a FieldError.
func Wrong(field, format string, args ...any) error {
	return &FieldError{field, fmt.Errorf(format, args...)}
}

// Read reads one JSON value of at most so many bytes: an unknown field, a wrong type or a second value is a FieldError.
func Read(r io.Reader, most int64, into any) error {
	limited := &io.LimitedReader{R: r, N: most + 1}
	d := json.NewDecoder(limited)
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if limited.N == 0 {
		return Wrong("file", "larger than %d MB", most>>20)
	}
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &kind):
		return Wrong(kind.Field, "is a %s at byte %d, want %s", kind.Value, kind.Offset, kind.Type)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return Wrong("file", "ends in the middle of a value, at byte %d", d.InputOffset())
	case err != nil:
		return Wrong("file", "near byte %d: %w", d.InputOffset(), err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Wrong("file", "goes on after its value, at byte %d", d.InputOffset())
	}
	return nil
}
