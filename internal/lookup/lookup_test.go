package lookup

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"firebreak/internal/person"
	"firebreak/internal/results"
)

var noon = time.Date(2022, 3, 5, 4, 0, 0, 0, time.UTC)

// code reads the codes of these tests: person 7's is 00000-00007.
func code(s string) (person.ID, bool) {
	var n person.ID
	if _, err := fmt.Sscanf(strings.ReplaceAll(s, "-", ""), "%010d", &n); err != nil || n == 0 {
		return 0, false
	}
	return n, true
}

func of(p person.ID, _ time.Time) (results.Result, error) {
	if p == 99 {
		return results.Result{}, results.ErrLoading
	}
	return results.Result{State: results.State(p % 6), Sampled: noon.Add(-time.Hour)}, nil
}

func newService(t *testing.T, o Options) *Service {
	t.Helper()
	o.Of, o.Code = of, code
	if o.Now == nil {
		o.Now = func() time.Time { return noon }
	}
	return New(o)
}

// serve serves at a public address as the program does, with a site behind it.
func serve(t *testing.T, s *Service) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle(Path, s)
	mux.HandleFunc("/public/", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "site") })
	web := &http.Server{Handler: mux, ReadHeaderTimeout: time.Second}
	done := make(chan error, 1)
	go func() { done <- web.Serve(s.Listen(l)) }()
	t.Cleanup(func() {
		_ = web.Close()
		s.Shutdown()
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

func ask(code string, more ...string) string {
	body := `{"code":"` + code + `"}`
	return fmt.Sprintf("POST /public/v1/result HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n%s", strings.Join(more, ""), len(body), body)
}

// The plain way and the long way round say the same, to the letter.
func TestBothWaysAnswerTheSame(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		code string
		want string
	}{
		"negative": {"00000-00002", `200 {"state":"negative","sampled_at":"2022-03-05T03:00:00Z"}`},
		"checked":  {"0000000003", `200 {"state":"checked","sampled_at":"2022-03-05T03:00:00Z"}`},
		"positive": {"00000-00005", `200 {"state":"positive","sampled_at":"2022-03-05T03:00:00Z"}`},
		"wrong":    {"XXXXX-XXXXX", `404 {"error":{"code":"no_code","text":"no card has this code: compare it with the card, letter by letter"}}`},
		"empty":    {"", `404 {"error":{"code":"no_code","text":"no card has this code: compare it with the card, letter by letter"}}`},
		"loading":  {"00000-00099", `503 {"error":{"code":"loading","text":"results are just being read; ask again in some seconds"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := serve(t, newService(t, Options{}))
			conn, err := net.Dial("tcp", at)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			in := bufio.NewReader(conn)
			// First twice in place, then with a header that sends it to net/http, where it stays.
			for i, more := range []string{"", "", "Accept-Encoding: \x80\r\n"} {
				if _, err := io.WriteString(conn, ask(c.code, more)); err != nil {
					t.Fatal(err)
				}
				r, err := http.ReadResponse(in, nil)
				if err != nil {
					t.Fatal(err)
				}
				body, err := io.ReadAll(r.Body)
				if err != nil {
					t.Fatal(err)
				}
				if got := fmt.Sprint(r.StatusCode, " ", strings.TrimRight(string(body), " ")); got != c.want {
					t.Errorf("asked %d times: %s, want %s", i+1, got, c.want)
				}
				if len(body) != answerLength {
					t.Errorf("the body has %d bytes: its length tells what is in it", len(body))
				}
				for h, want := range map[string]string{"Content-Type": "application/json", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"} {
					if got := r.Header.Get(h); got != want {
						t.Errorf("%s: %q", h, got)
					}
				}
				if retry := r.Header.Get("Retry-After"); (r.StatusCode == 503) != (retry != "") {
					t.Errorf("status %d, Retry-After %q", r.StatusCode, retry)
				}
			}
		})
	}
}

// What is no plain look-up reaches net/http whole: half requests, forms, the site's pages, several at once.
func TestOtherRequestsGoOn(t *testing.T) {
	t.Parallel()
	at := serve(t, newService(t, Options{}))
	for name, c := range map[string]struct {
		send []string // in pieces
		want []int
	}{
		"a page":                  {[]string{"GET /public/ HTTP/1.1\r\nHost: x\r\n\r\n"}, []int{200}},
		"a page after a look-up":  {[]string{ask("0000000002") + "GET /public/ HTTP/1.1\r\nHost: x\r\n\r\n" + ask("0000000002")}, []int{200, 200, 200}},
		"two in one piece":        {[]string{ask("0000000002") + ask("0000000003")}, []int{200, 200}},
		"thirty in one piece":     {[]string{strings.Repeat(ask("0000000002"), 30)}, slicesRepeat(200, 30)},
		"one in three pieces":     {[]string{ask("0000000002")[:30], ask("0000000002")[30:90], ask("0000000002")[90:]}, []int{200}},
		"a form":                  {[]string{"POST /public/v1/result HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 16\r\n\r\ncode=00000-00002"}, []int{200}},
		"a form with more":        {[]string{"POST /public/v1/result HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 20\r\n\r\na=1&code=00000-00002"}, []int{200}},
		"spaces in it":            {[]string{"POST /public/v1/result HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 24\r\n\r\n{ \"code\": \"00000-00002\"}"}, []int{200}},
		"in chunks":               {[]string{"POST /public/v1/result HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n16\r\n{\"code\":\"00000-00002\"}\r\n0\r\n\r\n"}, []int{200}},
		"no host":                 {[]string{strings.Replace(ask("0000000002"), "Host: x\r\n", "", 1)}, []int{400}},
		"two lengths":             {[]string{ask("0000000002", "Content-Length: 3\r\n")}, []int{400}},
		"length and chunks":       {[]string{ask("0000000002", "Transfer-Encoding: chunked\r\n") + "\r\n\r\n"}, []int{400}},
		"too long":                {[]string{"POST /public/v1/result HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 600\r\n\r\n" + strings.Repeat("x", 600)}, []int{413}},
		"not JSON":                {[]string{"POST /public/v1/result HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 3\r\n\r\n[1]"}, []int{400}},
		"a number":                {[]string{"POST /public/v1/result HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{\"code\":1}"}, []int{400}},
		"another type":            {[]string{"POST /public/v1/result HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nabc"}, []int{415}},
		"a code in the address":   {[]string{"GET /public/v1/result?code=00000-00002 HTTP/1.1\r\nHost: x\r\n\r\n"}, []int{405}},
		"a header as long as all": {[]string{ask("0000000002", "Cookie: "+strings.Repeat("x", 3000)+"\r\n")}, []int{200}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, err := net.Dial("tcp", at)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			go func() {
				for _, piece := range c.send {
					_, _ = io.WriteString(conn, piece)
					time.Sleep(20 * time.Millisecond)
				}
			}()
			_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
			in := bufio.NewReader(conn)
			for i, want := range c.want {
				r, err := http.ReadResponse(in, nil)
				if err != nil {
					t.Fatalf("answer %d: %v", i, err)
				}
				if _, err := io.Copy(io.Discard, r.Body); err != nil {
					t.Fatal(err)
				}
				if r.StatusCode != want {
					t.Errorf("answer %d: status %d, want %d", i, r.StatusCode, want)
				}
			}
		})
	}
}

func slicesRepeat(v, n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = v
	}
	return out
}

// A flood of made-up codes is stopped, from its address alone, and only for a while. Who has a card is not kept from their result by others' mistakes before that.
func TestWrongCodesFlood(t *testing.T) {
	t.Parallel()
	var now atomic.Int64
	s := newService(t, Options{Now: func() time.Time { return noon.Add(time.Duration(now.Load())) }})
	bad, good := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	for i := range wrongBurst {
		if _, err := s.Ask("XXXXX-XXXXX", bad); !errors.Is(err, ErrNoCode) {
			t.Fatalf("wrong code %d: %v", i+1, err)
		}
	}
	for range 1000 {
		if _, err := s.Ask("XXXXX-XXXXX", bad); !errors.Is(err, ErrTooMany) {
			t.Fatal(err)
		}
	}
	if _, err := s.Ask("00000-00002", bad); !errors.Is(err, ErrTooMany) {
		t.Errorf("right code after a flood: %v: a flood would be told which codes are right", err)
	}
	if _, err := s.Ask("00000-00002", good); err != nil {
		t.Errorf("from elsewhere: %v", err)
	}
	now.Store(int64(wrongEvery))
	if _, err := s.Ask("00000-00002", bad); err != nil {
		t.Errorf("three seconds later: %v", err)
	}
	if c := s.Counts(); c.Answered != 2 || c.Unknown != wrongBurst || c.Limited != 1001 {
		t.Errorf("%+v", c)
	}
	// An IPv6 subscriber counts as one; a neighbour is not barred with them.
	for i := range wrongBurst {
		_, _ = s.Ask("XXXXX-XXXXX", netip.MustParseAddr(fmt.Sprintf("2001:db8:1:2::%x", i+1)))
	}
	if _, err := s.Ask("00000-00002", netip.MustParseAddr("2001:db8:1:2:ffff::1")); !errors.Is(err, ErrTooMany) {
		t.Errorf("the same subscriber: %v", err)
	}
	if _, err := s.Ask("00000-00002", netip.MustParseAddr("2001:db8:1:3::1")); err != nil {
		t.Errorf("another subscriber: %v", err)
	}
}

// Behind a proxy it is the address that the proxy names which is held to account; anybody else's claim is not believed.
func TestWhoAsksBehindAProxy(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		proxies []netip.Prefix
		apart   bool
	}{
		"a proxy":        {[]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, true},
		"somebody's lie": {nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := serve(t, newService(t, Options{Proxies: c.proxies}))
			conn, err := net.Dial("tcp", at)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			in := bufio.NewReader(conn)
			status := func(code, from string) int {
				if _, err := io.WriteString(conn, ask(code, "X-Forwarded-For: "+from+"\r\n")); err != nil {
					t.Fatal(err)
				}
				r, err := http.ReadResponse(in, nil)
				if err != nil {
					t.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, r.Body)
				return r.StatusCode
			}
			for range wrongBurst {
				status("XXXXX-XXXXX", "203.0.113.9")
			}
			if got := status("00000-00002", "203.0.113.9"); got != 429 {
				t.Errorf("who was wrong often: %d", got)
			}
			if got := status("00000-00002", "203.0.113.10"); (got == 200) != c.apart {
				t.Errorf("somebody else: %d", got)
			}
		})
	}
}

// More than may wait is turned away at once, those who wait longest get their answer, and afterwards all is as before.
func TestTooManyAtOnce(t *testing.T) {
	t.Parallel()
	s := newService(t, Options{AtOnce: 1, Waiting: 3, WaitsAtMost: time.Minute})
	if !s.enter() {
		t.Fatal("the first has no turn")
	}
	var answered atomic.Int64
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if _, err := s.Ask("00000-00002", netip.Addr{}); err == nil {
				answered.Add(1)
			}
		})
	}
	for s.waiting.Load() < 3 {
		time.Sleep(time.Millisecond)
	}
	for range 100 {
		began := time.Now()
		if _, err := s.Ask("00000-00002", netip.Addr{}); !errors.Is(err, ErrBusy) {
			t.Fatal(err)
		}
		if took := time.Since(began); took > time.Second {
			t.Fatalf("turned away after %s", took)
		}
	}
	s.leave()
	wg.Wait()
	if answered.Load() != 3 {
		t.Errorf("%d of 3 who waited were answered", answered.Load())
	}
	if _, err := s.Ask("00000-00002", netip.Addr{}); err != nil {
		t.Errorf("afterwards: %v", err)
	}
	if c := s.Counts(); c.Shed != 100 {
		t.Errorf("%+v", c)
	}
}

func TestWaitedTooLong(t *testing.T) {
	t.Parallel()
	s := newService(t, Options{AtOnce: 1, WaitsAtMost: time.Nanosecond})
	s.enter()
	go func() {
		for s.waiting.Load() == 0 {
			time.Sleep(time.Millisecond)
		}
		s.leave()
	}()
	if _, err := s.Ask("00000-00002", netip.Addr{}); !errors.Is(err, ErrBusy) {
		t.Error(err)
	}
	if _, err := s.Ask("00000-00002", netip.Addr{}); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// A crowd on the public address: whoever is turned away hears so, and when to come again.
func TestCrowd(t *testing.T) {
	t.Parallel()
	s := newService(t, Options{AtOnce: 1, Waiting: 1, WaitsAtMost: time.Minute, Connections: 30})
	at := serve(t, s)
	if !s.enter() {
		t.Fatal("no turn")
	}
	var statuses [600]atomic.Int64
	var wg sync.WaitGroup
	for range 60 {
		wg.Go(func() {
			conn, err := net.Dial("tcp", at)
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			_, _ = io.WriteString(conn, ask("0000000002"))
			r, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				return // one of those above the number of connections may be reset before its answer is read
			}
			if r.StatusCode == 503 && r.Header.Get("Retry-After") == "" {
				t.Error("turned away without a time")
			}
			statuses[r.StatusCode].Add(1)
		})
	}
	for s.Counts().Shed < 58 {
		time.Sleep(time.Millisecond)
	}
	s.leave()
	wg.Wait()
	if statuses[200].Load() != 1 && statuses[200].Load() != 2 || statuses[503].Load() == 0 {
		t.Errorf("%d answered, %d turned away", statuses[200].Load(), statuses[503].Load())
	}
}

func TestShutdown(t *testing.T) {
	t.Parallel()
	s := newService(t, Options{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ours := s.Listen(l)
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(conn)
	_, _ = io.WriteString(conn, ask("0000000002"))
	if r, err := http.ReadResponse(in, nil); err != nil || r.StatusCode != 200 {
		t.Fatal(r, err)
	}
	if err := ours.Close(); err != nil {
		t.Fatal(err)
	}
	s.Shutdown() // must return though the connection is open
	_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	if _, err := io.Copy(io.Discard, in); err != nil {
		t.Errorf("the connection was not ended: %v", err)
	}
}

// What is answered in place, net/http would have read in the same way, to the same byte; and it never takes a part of a request for a whole one.
func FuzzParse(f *testing.F) {
	f.Add([]byte(ask("00000-00002")))
	f.Add([]byte(ask("00000-00002") + ask("00000-00003")))
	f.Add([]byte(ask("00000-00002", "X-Forwarded-For: 1.2.3.4, 5.6.7.8\r\n", "User-Agent: x\r\n")))
	f.Add([]byte(ask("00000-00002", "Transfer-Encoding: chunked\r\n")))
	f.Add([]byte(ask("00000-00002", "Content-Length : 1\r\n")))
	f.Add([]byte(ask("00000-00002", "Connection: close\r\n")))
	f.Add([]byte(ask("00000-00002", " folded: x\r\n")))
	f.Add([]byte("POST /public/v1/result HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 16\r\n\r\ncode=00000-00002"))
	f.Fuzz(func(t *testing.T, b []byte) {
		q, k := parse(b)
		if k == partial && len(b) > 0 {
			return
		}
		if k != whole {
			return
		}
		in := bytes.NewReader(b)
		br := bufio.NewReaderSize(in, len(b)+16)
		r, err := http.ReadRequest(br)
		if err != nil {
			t.Fatalf("net/http does not read it: %v", err)
		}
		if r.Method != http.MethodPost || r.URL.String() != Path || r.Host == "" || len(r.TransferEncoding) > 0 || r.Close {
			t.Fatalf("net/http reads %s %s, host %q, %v, close %v", r.Method, r.URL, r.Host, r.TransferEncoding, r.Close)
		}
		w := httptest.NewRecorder()
		got, err := readCode(w, r)
		if err != nil || got != string(q.code) {
			t.Fatalf("net/http reads code %q, %v; here it is %q", got, err, q.code)
		}
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			t.Fatal(err)
		}
		if rest := br.Buffered() + in.Len(); rest != len(b)-q.length {
			t.Fatalf("net/http leaves %d bytes, here %d are left", rest, len(b)-q.length)
		}
		if f := r.Header.Values("X-Forwarded-For"); len(f) > 1 || len(f) == 1 && f[0] != string(q.forwarded) {
			t.Fatalf("forwarded %q, here %q", f, q.forwarded)
		}
		for i := range q.length {
			if _, k := parse(b[:i]); k == whole {
				t.Fatalf("%d of %d bytes are taken for a whole request", i, q.length)
			}
		}
	})
}

func BenchmarkAnswer(b *testing.B) {
	s := New(Options{Of: of, Code: func(string) (person.ID, bool) { return 2, true }, Now: time.Now})
	d := &direct{s: s}
	in := []byte(ask("00000-00002", "User-Agent: Mozilla/5.0 (Linux; Android 10)\r\nAccept: */*\r\n"))
	buf := make([]byte, 0, writesAtOnce)
	b.ReportAllocs()
	for b.Loop() {
		out := buf
		if used, k := d.answer(in, &out); used != len(in) || k != whole {
			b.Fatal(used, k)
		}
	}
}

// Whoever asks and asks and never reads an answer holds nobody up but themselves.
func TestAnswersNotRead(t *testing.T) {
	t.Parallel()
	at := serve(t, newService(t, Options{AtOnce: 1}))
	deaf, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer deaf.Close()
	many := []byte(strings.Repeat(ask("0000000002"), 1000))
	// What it sends is no longer taken when neither side's buffers have room: it waits for a second then.
	for err == nil {
		_ = deaf.SetWriteDeadline(time.Now().Add(time.Second))
		_, err = deaf.Write(many)
	}
	for range 3 {
		conn, err := net.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(time.Minute))
		in := bufio.NewReader(conn)
		for range 100 {
			_, _ = io.WriteString(conn, ask("0000000002"))
			r, err := http.ReadResponse(in, nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, r.Body); err != nil || r.StatusCode != 200 {
				t.Fatalf("%d (%v)", r.StatusCode, err)
			}
		}
		_ = conn.Close()
	}
}
