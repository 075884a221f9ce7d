// Package errorpage is what a person sees when a request cannot be served.
package errorpage

import (
	"embed"
	"strconv"

	"firebreak/internal/i18n"
	"firebreak/internal/web/ui"
)

//go:embed page.html
var files embed.FS

// New parses the page.
func New(k *ui.Kit) (*ui.Page, error) { return k.Page("error", files, "page.html") }

// View is the error page.
type View struct {
	Status int // HTTP
	// Detail says more than the status does; may be zero.
	Detail i18n.Msg
	// Request is the number under which the log has the cause; empty if it has none.
	Request string
	// Back is where to go on from.
	Back string
}

// Known is the status whose words are shown: this one, or that of its class.
func (v View) Known() string {
	switch v.Status {
	case 401, 403, 404, 409, 413, 422, 429, 503:
		return strconv.Itoa(v.Status)
	}
	if v.Status >= 400 && v.Status < 500 {
		return "400"
	}
	return "500"
}
