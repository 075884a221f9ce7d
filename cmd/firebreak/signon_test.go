package main

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func signOnText(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "providers.json")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestServeOffersSignOn: the provider is on the log-in page; that it cannot be reached keeps nobody from starting the server.
func TestServeOffersSignOn(t *testing.T) {
	t.Parallel()
	file := signOnText(t, `{"providers": [{"key": "office", "name": "City health office", "issuer": "http://127.0.0.1:1/realm", "client_id": "firebreak", "client_secret_env": "OFFICE_SECRET"}]}`)
	url, stop, stderr := served(t, map[string]string{"OFFICE_SECRET": "hush"}, "--sign-on", file, "--public-url", "http://firebreak.example.org")
	if status, body := fetch(t, url+"/login", ""); status != http.StatusOK || !strings.Contains(body, "Log in with City health office") || !strings.Contains(body, "/signon/office") {
		t.Errorf("log-in page: %d %.600q", status, body)
	}
	if status, body := fetch(t, url+"/signon/office", ""); status != http.StatusServiceUnavailable || !strings.Contains(body, "City health office did not work") {
		t.Errorf("provider that is down: %d %.600q", status, body)
	}
	if code := stop(); code != codeOK {
		t.Errorf("stopped with code %d: %s", code, stderr)
	}
	if strings.Contains(stderr.String(), "hush") {
		t.Error("the log has the secret")
	}
}

func TestWrongSignOnFileIsNamed(t *testing.T) {
	t.Parallel()
	const public = "https://firebreak.example.org"
	for _, c := range []struct{ name, text, public, want string }{
		{"no public address", `{}`, "", "--sign-on needs --public-url"},
		{"no JSON", `providers:`, public, "invalid character"},
		{"no provider", `{"providers": []}`, public, "no providers"},
		{"a field that is none", `{"providers": [{"key": "a", "secret": "x"}]}`, public, `unknown field "secret"`},
		{"a secret that is not set", `{"providers": [{"key": "a", "client_secret_env": "NOT_SET"}]}`, public, "provider 1 (a): client_secret_env: NOT_SET is not set"},
		{"no issuer", `{"providers": [{"key": "a", "name": "A", "client_id": "c"}]}`, public, `provider 1 (a): issuer "": want an absolute http(s) URL`},
		{"a place nobody knows", `{"providers": [{"key": "a", "name": "A", "issuer": "https://a", "client_id": "c", "rules": [{"claim": "g", "value": "v", "role": "auditor", "area": "4711"}]}]}`, public,
			`provider 1 (a): rule 1, area: "4711" is the code of no known jurisdiction`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			args := []string{"serve", "--data", t.TempDir(), "--listen", "127.0.0.1:0", "--sign-on", signOnText(t, c.text)}
			if c.public != "" {
				args = append(args, "--public-url", c.public)
			}
			var stderr strings.Builder
			p := &process{Args: args, Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: &stderr, Getenv: func(string) string { return "" }, Now: time.Now, User: "test"}
			if code := execute(t.Context(), p); code != codeUsage || !strings.Contains(stderr.String(), c.want) {
				t.Errorf("code %d, want %d and %q: %s", code, codeUsage, c.want, stderr.String())
			}
		})
	}
}
