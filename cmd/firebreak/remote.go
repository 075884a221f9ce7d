package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"time"

	"firebreak/internal/api"
	"firebreak/internal/store"
)

// tokenVar holds the API token where --token is not given.
const tokenVar = "FIREBREAK_TOKEN"

// serverFlags let a command do the same through a running server.
type serverFlags struct {
	URL     string `name:"url" placeholder:"URL" help:"Address of a running server: do the same through it, within the rights of the token."`
	Token   string `placeholder:"TOKEN" help:"API token (see user token). The variable FIREBREAK_TOKEN keeps it out of the list of processes."`
	Purpose string `placeholder:"PURPOSE" help:"Why the records are needed, such as contact-tracing. A server asks for it where records of people are touched."`
}

// remote is a server as a caller with a token sees it.
type remote struct {
	base    *url.URL
	token   string
	purpose string
	client  *http.Client
}

// secret is the token that was given, or the one of the environment.
func (f serverFlags) secret(p *process) string {
	if f.Token != "" {
		return f.Token
	}
	return p.Getenv(tokenVar)
}

// at returns the server that the flags name; nil where they name none.
func (f serverFlags) at(p *process, d dataFlags) (*remote, error) {
	if f.URL == "" {
		return nil, nil
	}
	if d.Data != "" || d.DB != "" {
		return nil, misused(errors.New("--url is in place of --data and --db: give one of them"))
	}
	u, err := url.Parse(f.URL)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" {
		return nil, misused(fmt.Errorf("--url %q: want https://host, with a port where it is not the usual one", f.URL))
	}
	r := &remote{base: u, token: f.secret(p), purpose: f.Purpose, client: &http.Client{}}
	if r.token == "" {
		return nil, misused(fmt.Errorf("--url needs an API token: --token, or the variable %s (firebreak user token makes one)", tokenVar))
	}
	return r, nil
}

// refusal is a problem that the server told.
type refusal struct {
	api.Problem
}

// Error implements error.
func (e *refusal) Error() string {
	text := e.Detail
	for _, x := range e.Errors {
		if !strings.Contains(text, x.Message) {
			text += "; " + strings.TrimPrefix(x.Location+" ", " ") + x.Message
		}
	}
	if e.Kind == "no-purpose" {
		text += " (--purpose)"
	}
	return "the server says: " + text
}

// code is the exit code for the kind of problem.
func (e *refusal) code() int {
	switch e.Kind {
	case "unknown-caller", "forbidden", "no-purpose", "purpose":
		return codeDenied
	case "not-found":
		return codeNotFound
	case "unreadable", "ambiguous-dates", "unaccounted":
		return codeRejected
	case "broken":
		return codeBroken
	case "invalid", "merged":
		return codeUsage
	}
	if e.Status == http.StatusUnprocessableEntity {
		return codeUsage
	}
	return codeFailed
}

// ask sends a request and returns the answer's body, which the caller closes. A problem is a *refusal.
func (r *remote) ask(ctx context.Context, method, path string, query url.Values, contentType string, body io.Reader) (*http.Response, error) {
	u := r.base.JoinPath(path)
	u.RawQuery = query.Encode()
	req, err := http.NewRequestWithContext(ctx, method, u.String(), body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+r.token)
	if r.purpose != "" {
		req.Header.Set("Firebreak-Purpose", r.purpose)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	res, err := r.client.Do(req)
	if err != nil {
		var at *url.Error
		if errors.As(err, &at) {
			err = at.Err // the address is said below
		}
		return nil, fmt.Errorf("ask %s: %w", r.base.Redacted(), err)
	}
	if res.StatusCode < 300 {
		return res, nil
	}
	text, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err = errors.Join(err, res.Body.Close()); err != nil {
		return nil, fmt.Errorf("ask %s: %w", r.base.Redacted(), err)
	}
	told := &refusal{}
	switch ok := json.Unmarshal(text, &told.Problem) == nil && told.Detail != ""; {
	case ok:
	case res.StatusCode == http.StatusUnauthorized:
		told.Status, told.Kind, told.Detail = res.StatusCode, "unknown-caller", "the token does not hold: mistyped, ended or revoked"
	default:
		told.Status, told.Detail = res.StatusCode, fmt.Sprintf("%s, and it does not look like firebreak", res.Status)
	}
	return nil, told
}

// get reads the answer to a GET into out.
func (r *remote) get(ctx context.Context, path string, query url.Values, out any) error {
	res, err := r.ask(ctx, http.MethodGet, path, query, "", nil)
	if err != nil {
		return err
	}
	return r.decode(res, out)
}

// send sends in as JSON, nothing where it is nil, and reads the answer into out.
func (r *remote) send(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	kind := ""
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body, kind = bytes.NewReader(text), "application/json"
	}
	res, err := r.ask(ctx, method, path, nil, kind, body)
	if err != nil {
		return err
	}
	return r.decode(res, out)
}

// decode reads a JSON answer; whatever else comes is not our server's.
func (r *remote) decode(res *http.Response, out any) error {
	err := json.NewDecoder(res.Body).Decode(out)
	if err = errors.Join(err, res.Body.Close()); err != nil {
		return fmt.Errorf("answer of %s: %w", r.base.Redacted(), err)
	}
	return nil
}

// upload sends one file as a form, as it is read.
func (r *remote) upload(ctx context.Context, path string, query url.Values, name string, file io.Reader, out any) error {
	from, to := io.Pipe()
	form := multipart.NewWriter(to)
	go func() {
		err := func() error {
			part, err := form.CreateFormFile("file", name)
			if err != nil {
				return err
			}
			if _, err = io.Copy(part, file); err != nil {
				return err
			}
			return form.Close()
		}()
		to.CloseWithError(err) // nil is the end
	}()
	defer from.Close() //nolint:errcheck // ends the writer above where the server did not read all
	res, err := r.ask(ctx, http.MethodPost, path, query, form.FormDataContentType(), from)
	if err != nil {
		return err
	}
	return r.decode(res, out)
}

// outbreak finds an outbreak by name among those the token sees.
func (r *remote) outbreak(ctx context.Context, name string) (o api.Outbreak, zone *time.Location, err error) {
	var list api.Outbreaks
	if err := r.get(ctx, "/api/outbreaks", nil, &list); err != nil {
		return o, nil, err
	}
	for _, o := range list.Items {
		if o.Name != name {
			continue
		}
		zone, err := time.LoadLocation(o.Zone)
		if err != nil {
			return o, nil, fmt.Errorf("outbreak %q: time zone: %w", name, err)
		}
		return o, zone, nil
	}
	return o, nil, fmt.Errorf("outbreak %q: %w", name, store.ErrNotFound)
}

// path puts names into a path of the interface.
func path(format string, names ...any) string {
	for i, n := range names {
		switch n.(type) {
		case int, int64: // for %d
		default:
			names[i] = url.PathEscape(fmt.Sprint(n))
		}
	}
	return fmt.Sprintf(format, names...)
}
