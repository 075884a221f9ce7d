package lookup

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/results"
)

// Path is where single results are asked for.
const Path = "/public/v1/result"

// answerLength is what the body of every answer is filled up to with spaces: who listens to an encrypted line learns no result from its length.
const answerLength = 224

// mostBody is what a question may be long; a code has eleven characters.
const mostBody = 512

// retryAfter is how many seconds whoever was turned away is asked to wait; a page adds chance to it.
const retryAfter = "3"

// kinds says how each error is answered.
var kinds = map[error]struct {
	status int
	code   string
	retry  string // seconds
}{
	ErrNoCode:  {http.StatusNotFound, "no_code", ""},
	ErrTooMany: {http.StatusTooManyRequests, "too_many", "60"},
	ErrBusy:    {http.StatusServiceUnavailable, "busy", retryAfter},
	ErrLoading: {http.StatusServiceUnavailable, "loading", retryAfter},
	errForm:    {http.StatusBadRequest, "bad_form", ""},
	errMedia:   {http.StatusUnsupportedMediaType, "bad_form", ""},
	errLong:    {http.StatusRequestEntityTooLarge, "too_large", ""},
}

var (
	errForm  = errors.New(`want {"code":"K7Q2M-4XD9R"}, or code=K7Q2M-4XD9R as a form`)
	errMedia = errors.New("want application/json or application/x-www-form-urlencoded")
	errLong  = errors.New("a question has at most 512 bytes")
)

// appendBody appends the body of an answer.
func appendBody(b []byte, r results.Result, err error) []byte {
	from := len(b)
	if err != nil {
		b = append(b, `{"error":{"code":"`...)
		b = append(b, kinds[err].code...)
		b = append(b, `","text":`...)
		b = strconv.AppendQuote(b, err.Error())
		b = append(b, `}}`...)
	} else {
		b = append(b, `{"state":"`...)
		b = append(b, r.State.String()...)
		b = append(b, '"')
		b = appendInstant(b, "sampled_at", r.Sampled)
		b = appendInstant(b, "result_at", r.Resulted)
		b = appendInstant(b, "negative_at", r.Negative)
		b = appendInstant(b, "held_until", r.HeldUntil)
		b = appendInstant(b, "lifted_at", r.Lifted)
		b = append(b, '}')
	}
	for len(b)-from < answerLength {
		b = append(b, ' ')
	}
	return b
}

func appendInstant(b []byte, name string, t time.Time) []byte {
	if t.IsZero() {
		return b
	}
	b = append(b, `,"`...)
	b = append(b, name...)
	b = append(b, `":"`...)
	b = t.UTC().AppendFormat(b, time.RFC3339)
	return append(b, '"')
}

// ServeHTTP is POST /public/v1/result. A code is never part of an address: addresses end up in logs, histories and caches.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if r.Method != http.MethodPost {
		h.Set("Allow", http.MethodPost)
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	var out results.Result
	code, err := readCode(w, r)
	if err == nil {
		out, err = s.Ask(code, auth.ClientIP(r, s.o.Proxies))
	}
	status := http.StatusOK
	if err != nil {
		k := kinds[err]
		status = k.status
		if k.retry != "" {
			h.Set("Retry-After", k.retry)
		}
	}
	h.Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(appendBody(nil, out, err)) // who asked may have gone
}

// readCode reads the code of a question.
func readCode(w http.ResponseWriter, r *http.Request) (string, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || r.Header.Get("Content-Encoding") != "" {
		return "", errMedia
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mostBody))
	var long *http.MaxBytesError
	if errors.As(err, &long) {
		return "", errLong
	}
	if err != nil {
		return "", errForm
	}
	switch kind {
	case "application/json":
		var in struct {
			Code *string `json:"code"`
		}
		if json.Unmarshal(body, &in) != nil || in.Code == nil {
			return "", errForm
		}
		return *in.Code, nil
	case "application/x-www-form-urlencoded":
		v, err := url.ParseQuery(string(body))
		if err != nil || len(v["code"]) != 1 {
			return "", errForm
		}
		return v.Get("code"), nil
	}
	return "", errMedia
}
