package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"firebreak/internal/deskload"
	"firebreak/internal/store"
)

func TestBenchLookup(t *testing.T) {
	t.Parallel()
	inProcesses(t)
	out, err := exec.CommandContext(t.Context(), "firebreak", "bench", "lookup", "--people", "30000", "--conns", "10", "--rate", "500", "--for", "1s", "--json").Output()
	if err != nil {
		t.Fatal(err)
	}
	var got lookupReport
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%s: %v", out, err)
	}
	if got.Wrong+got.Beside.Wrong+got.Twice.Wrong != 0 || got.PerS <= 0 || got.PerS > 600 || got.Limit < got.PerS/2 || got.Idle.P99 <= 0 || got.Beside.AckMS.P99 <= 0 || got.Twice.Offered <= got.Limit || got.ReadyIn <= 0 {
		t.Errorf("%s", out)
	}
}

// A server that was killed tells everybody the same afterwards, from tubes alone. The public address serves the public and nobody else; the other address does not serve the public.
func TestPublicAddressAfterKill(t *testing.T) {
	t.Parallel()
	inProcesses(t)
	examined := func(db *store.DB, city *deskload.City) error { return city.Examine(t.Context(), db) }
	eachLoad(t, 5000, 1, examined, func(t *testing.T, p *process, l load, city *deskload.City) {
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		public := "127.0.0.1:0"
		for round := range 2 {
			s, err := startServer(p, l.Options, "127.0.0.1:0", l.key, "--public-listen", public)
			must(err)
			public = s.public // the same again after the kill
			b := lookupBench{city: city, codes: city.Codes(), server: s}
			_, err = b.ready(t.Context(), time.Now())
			must(err)
			got, err := deskload.Crowd{Codes: b.codes, Addr: s.public, Conns: 4, For: 300 * time.Millisecond}.Ask(t.Context())
			must(err)
			if got.Answered == 0 || got.Wrong != 0 {
				t.Errorf("round %d: %d answered, %d of them wrong", round, got.Answered, got.Wrong)
			}
			for url, want := range map[string]int{
				"http://" + s.public + "/public/en/":                    200,
				"http://" + s.public + "/login":                         404,
				"http://" + s.public + "/api/v1/openapi.json":           404,
				"http://" + s.public + "/capture/v1/desk":               404,
				"http://" + s.public + "/metrics":                       404,
				"http://" + s.addr + "/public/en/":                      404,
				"http://" + s.addr + "/healthz":                         200,
				"http://" + s.public + "/public/en/areas/" + "1000":     200,
				"http://" + s.public + "/public/v1/result?code=0000000": 405,
			} {
				r, err := http.Get(url) //nolint:noctx // a test
				must(err)
				body, _ := io.ReadAll(r.Body)
				_ = r.Body.Close()
				if r.StatusCode != want && !(want == 404 && r.StatusCode == 401) {
					t.Errorf("%s: %d, want %d: %.80s", strings.TrimPrefix(url, "http://"), r.StatusCode, want, body)
				}
			}
			if round == 0 {
				must(s.cmd.Process.Kill())
				_ = s.cmd.Wait() // it was killed
				continue
			}
			must(s.stop())
		}
	})
}
