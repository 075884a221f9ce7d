package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// lockedBuffer is a stream that the server and the test use at once.
type lockedBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

var servedAt = regexp.MustCompile(`http://([0-9.:]+) \(sqlite\)`)

// served runs the server in a fresh folder and returns its address, and what stops it and returns its exit code.
func served(t *testing.T, env map[string]string, args ...string) (url string, stop func() int, stderr *lockedBuffer) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	out, in := io.Pipe()
	stderr = &lockedBuffer{}
	code := make(chan int, 1)
	p := &process{Args: append([]string{"serve", "--data", t.TempDir(), "--listen", "127.0.0.1:0"}, args...), Stdin: strings.NewReader(""), Stdout: in, Stderr: stderr,
		Getenv: func(k string) string { return env[k] }, Now: time.Now, User: "test"}
	go func() { code <- execute(ctx, p); _ = in.Close() }()
	stop = sync.OnceValue(func() int {
		cancel()
		select {
		case c := <-code:
			return c
		case <-time.After(30 * time.Second):
			t.Error("the server did not stop within 30 s")
			return -1
		}
	})
	t.Cleanup(func() { stop() })
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatalf("the server said nothing; its log: %s", stderr)
	}
	m := servedAt.FindStringSubmatch(lines.Text())
	if m == nil {
		t.Fatalf("the server said %q", lines.Text())
	}
	go func() {
		for lines.Scan() { // what else it says is read, so that it need not wait
			continue
		}
	}()
	return "http://" + m[1], stop, stderr
}

func fetch(t *testing.T, url, token string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	got, err := (&http.Transport{}).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	body, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	return got.StatusCode, string(body)
}

func TestServe(t *testing.T) {
	t.Parallel()
	url, stop, stderr := served(t, map[string]string{metricsTokenVar: "secret"})
	for _, x := range []struct {
		path, token string
		status      int
		has         string
	}{
		{"/healthz", "", http.StatusOK, "ok"},
		{"/readyz", "", http.StatusOK, "ready"},
		{"/", "", http.StatusSeeOther, "/login"},
		{"/login", "", http.StatusOK, "<form"},
		{"/metrics", "", http.StatusUnauthorized, "token"},
		{"/metrics", "wrong", http.StatusUnauthorized, "token"},
		{"/metrics", "secret", http.StatusOK, "firebreak_request_seconds"},
	} {
		if status, body := fetch(t, url+x.path, x.token); status != x.status || !strings.Contains(body, x.has) {
			t.Errorf("%s: %d %.200q, want %d with %q", x.path, status, body, x.status, x.has)
		}
	}
	if code := stop(); code != codeOK {
		t.Errorf("stopped with code %d: %s", code, stderr)
	}
	if strings.Contains(stderr.String(), "secret") {
		t.Error("the log has the token")
	}
}

func TestMetricsAreNotServedUnasked(t *testing.T) {
	t.Parallel()
	url, _, _ := served(t, nil)
	if status, _ := fetch(t, url+"/metrics", ""); status != http.StatusNotFound {
		t.Errorf("/metrics without a token set: %d, want 404", status)
	}
}

func TestServeRefusesWrongArguments(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"--tls-cert", "x"}, {"--public-url", "firebreak.example.org"}, {"--public-url", "https://h/path"}, {"--trusted-proxy", "ten"}} {
		var stderr strings.Builder
		dir := t.TempDir()
		p := &process{Args: append([]string{"serve", "--data", dir + "/data"}, args...), Stdout: io.Discard, Stderr: &stderr, Getenv: func(string) string { return "" }, Now: time.Now, User: "test"}
		if code := execute(t.Context(), p); code != codeUsage {
			t.Errorf("%v: code %d, want %d: %s", args, code, codeUsage, stderr.String())
		}
		if _, err := os.Stat(dir + "/data"); !os.IsNotExist(err) {
			t.Errorf("%v: something was done: %v", args, err)
		}
	}
}
