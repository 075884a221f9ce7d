package record

import (
	"errors"
	"strconv"
	"strings"

	"firebreak/internal/checks"
	"firebreak/internal/command"
	"firebreak/internal/contact"
	"firebreak/internal/i18n"
	"firebreak/internal/restriction"
	"firebreak/internal/store"
	"firebreak/internal/web/site"
)

// checkPath is where somebody says how they are by a link; its code follows.
const checkPath = "/public/check?code="

// CheckLink is the address, below that of the server, of the check link that goes with a restriction; empty where it has none, or where this server holds no keys.
func CheckLink(q *site.Request, r *store.Reader, x *restriction.Restriction) (string, error) {
	ids := q.Site.Commands.Identities()
	if ids == nil {
		return "", nil
	}
	v, err := ids.Vault(r)
	if err != nil {
		return "", err
	}
	code, err := checks.Code(r, v, q.Pack, x)
	if errors.Is(err, checks.ErrNone) {
		return "", nil
	}
	return checkPath + code, err
}

// Temperature reads a body temperature as people write it; 0 for none.
//
// Errors: *command.Invalid for what is no number.
func Temperature(text string) (float64, error) {
	s := strings.Replace(strings.TrimSpace(text), ",", ".", 1)
	if s == "" {
		return 0, nil
	}
	t, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, &command.Invalid{Field: "temperature", Value: s, Reason: "is not a number"}
	}
	return t, nil
}

// SymptomWords are the symptoms that a form offers; key: symptom.<word>.
func SymptomWords() []string {
	out := make([]string, 0, len(contact.Symptoms()))
	for _, s := range contact.Symptoms() {
		out = append(out, string(s))
	}
	return out
}

// SymptomsSaid says symptoms in the reader's words; what is none of the forms' words stays as it was written.
func SymptomsSaid(l *i18n.Localizer, list []string) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = s
		if _, err := contact.ParseSymptom(s); err == nil {
			out[i] = l.T("symptom." + s)
		}
	}
	return strings.Join(out, ", ")
}
