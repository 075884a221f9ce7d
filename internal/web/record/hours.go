package record

import (
	"net/url"
	"time"

	"firebreak/internal/command"
	"firebreak/internal/lab"
)

// Hours reads the fields opens and closes of a form; both empty are day and night. The error is a *command.Invalid of the field that is wrong.
func Hours(v url.Values) (opens, closes time.Duration, err error) {
	if opens, closes, err = lab.ParseHours(v.Get("opens"), v.Get("closes")); err == nil {
		return opens, closes, nil
	}
	field := "opens"
	if _, bad := lab.ParseTimeOfDay(v.Get("opens")); bad == nil {
		field = "closes"
	}
	return 0, 0, &command.Invalid{Field: field, Value: v.Get(field), Reason: lab.ErrTimeOfDay.Error()}
}
