package drill

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"firebreak/internal/drill/scorecard"
)

// role is somebody who calls the server, as the login that they have.
type role string

// The people of the response.
const (
	admin       role = "admin"
	duty        role = "duty"
	epi         role = "epi"
	followUp    role = "follow-up"
	coordinator role = "coordinator"
	sampler     role = "sampler"
	laboratory  role = "laboratory"
	dispatcher  role = "dispatcher"
	siteStaff   role = "site"
	hospital    role = "hospital"
	community   role = "community"
	auditor     role = "auditor"
)

// Account is a login that a drill needs: its role, why it reads records, and what its token is for.
type Account struct {
	Login, Role, Purpose string
	Scopes               []string
}

// Accounts lists them. Whoever prepares a server for a drill makes them, over the whole tree, with a token each.
func Accounts() []Account {
	return []Account{
		{string(admin), "administrator", "administration", []string{"outbreak.admin"}},
		{string(duty), "duty-officer", "command", []string{"outbreak.admin", "task.read", "case.read", "contact.read", "sample.read", "zone.read", "zone.write", "facility.write", "screening.read", "transfer.read", "isolation.read", "care.read", "restriction.read", "restriction.review"}},
		{string(epi), "epidemiologist", "contact-tracing", []string{"case.read", "case.write", "contact.read", "contact.write", "task.read", "task.complete", "name.read", "restriction.read", "restriction.tell", "restriction.review"}},
		{string(followUp), "follow-up-officer", "contact-tracing", []string{"contact.read", "follow-up.write", "task.read", "task.complete", "restriction.read", "restriction.tell", "restriction.review"}},
		{string(coordinator), "screening-coordinator", "screening", []string{"screening.read", "screening.write", "standing.write", "sample.read", "task.read", "task.complete", "name.read", "import"}},
		{string(sampler), "sampler", "screening", []string{"screening.read", "sample.write", "task.read", "task.complete"}},
		{string(laboratory), "laboratory", "screening", []string{"sample.read", "result.write", "task.read", "task.complete"}},
		{string(dispatcher), "transfer-dispatcher", "transfer", []string{"transfer.read", "transfer.write", "isolation.read", "task.read", "task.complete"}},
		{string(siteStaff), "isolation-staff", "isolation", []string{"isolation.read", "isolation.write", "facility.write", "follow-up.write", "sample.write", "task.read", "task.complete", "restriction.tell"}},
		{string(hospital), "hospital", "care", []string{"care.read", "care.write", "facility.write", "case.read", "sample.write", "task.read", "task.complete", "restriction.tell", "restriction.review", "restriction.read"}},
		{string(community), "community-worker", "isolation", []string{"follow-up.write", "need.write", "task.read", "task.complete", "restriction.tell"}},
		{string(auditor), "auditor", "audit", []string{"audit.read"}},
	}
}

// Server is what a drill is played against.
type Server interface {
	// URL is where it answers.
	URL() string
	// Kill ends it as a power cut ends a process: without a word, in the middle of whatever it does.
	Kill(context.Context) error
	// Start starts it again on what is left.
	Start(context.Context) error
}

// ErrNotOurs is returned by a server's Kill that this process does not run.
var ErrNotOurs = errors.New("the server is somebody else's: it is not killed")

// refusal is an answer that says no.
type refusal struct {
	method, path string
	who          role
	status       int
	text         string
}

func (r *refusal) Error() string {
	return fmt.Sprintf("%s %s as %s: %d: %s", r.method, r.path, r.who, r.status, r.text)
}

// refusedWith says whether an error is an answer of one of some statuses.
func refusedWith(err error, statuses ...int) bool {
	var r *refusal
	if !errors.As(err, &r) {
		return false
	}
	return slices.Contains(statuses, r.status)
}

// client sends requests. What it could not send it sends again: so do phones, and people at a screen that says that the server is away.
type client struct {
	http     *http.Client
	server   Server
	tokens   map[string]string
	purposes map[role]string
	// took is how long answers of each route took, for the report.
	mu   sync.Mutex // devices send side by side
	took map[string]*scorecard.Took
}

func newClient(server Server, tokens map[string]string) *client {
	c := &client{server: server, tokens: tokens, purposes: map[role]string{}, took: map[string]*scorecard.Took{},
		http: &http.Client{Timeout: 5 * time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}}}
	for _, a := range Accounts() {
		c.purposes[role(a.Login)] = a.Purpose
	}
	return c
}

// as sends a request as somebody, and reads the answer into out, where there is one. route names it in the report.
func (c *client) as(ctx context.Context, who role, route, method, path string, in, out any) error {
	return c.read(ctx, who, route, method, path, http.Header{"Authorization": {"Bearer " + c.tokens[string(who)]}, "Firebreak-Purpose": {c.purposes[who]}}, in, out)
}

// device sends a request as a phone with a key; without one as a phone that enrols.
func (c *client) device(ctx context.Context, key, path string, in, out any) error {
	header := http.Header{}
	if key != "" {
		header.Set("Authorization", "Bearer "+key)
	}
	return c.read(ctx, "device", "POST "+path, http.MethodPost, path, header, in, out)
}

func (c *client) read(ctx context.Context, who role, route, method, path string, header http.Header, in, out any) error {
	text, err := c.send(ctx, who, route, method, path, header, in)
	if err != nil || out == nil {
		return err
	}
	if err := json.Unmarshal(text, out); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}

// tries and pause are how often, and after how long, a request is sent again that found no server, or a busy one.
const (
	tries = 200
	pause = 50 * time.Millisecond
)

func (c *client) send(ctx context.Context, who role, route, method, path string, header http.Header, in any) ([]byte, error) {
	var body []byte
	switch x := in.(type) {
	case nil:
	case []byte:
		body = x
	default:
		var err error
		if body, err = json.Marshal(in); err != nil {
			return nil, err
		}
	}
	if header.Get("Content-Type") == "" && body != nil {
		header.Set("Content-Type", "application/json")
	}
	began := time.Now()
	defer func() { c.note(route, time.Since(began)) }()
	for n := 0; ; n++ {
		text, status, err := c.once(ctx, method, path, header, body)
		switch {
		case err == nil && status < 300:
			return text, nil
		case err == nil && status != http.StatusServiceUnavailable:
			return nil, &refusal{method, path, who, status, string(text)}
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case n == tries:
			if err == nil {
				err = &refusal{method, path, who, status, string(text)}
			}
			return nil, fmt.Errorf("%s %s: tried %d times: %w", method, path, n, err)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(pause):
		}
	}
}

func (c *client) once(ctx context.Context, method, path string, header http.Header, body []byte) ([]byte, int, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.server.URL()+path, bytes.NewReader(body))
	if err != nil {
		return nil, 0, err
	}
	req.Header = header
	res, err := c.http.Do(req)
	if err != nil {
		return nil, 0, err
	}
	text, err := io.ReadAll(res.Body)
	return text, res.StatusCode, errors.Join(err, res.Body.Close())
}

func (c *client) note(route string, d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.took[route]
	if t == nil {
		t = &scorecard.Took{Route: route}
		c.took[route] = t
	}
	t.N++
	t.S += d.Seconds()
}
