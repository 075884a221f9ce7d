package lookup

import (
	"bytes"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/results"
)

// A look-up is one line of request, a few headers and forty bytes of body. net/http spends several times more on each than it takes to look up and answer. So connections of
// the public address are read here first: what is a look-up in its plainest form is answered in place; with anything else, whatever it is, the connection goes on to net/http with all
// that was read. A fuzz test holds the two against each other: what is answered here, net/http reads the same way to the same byte.

const (
	// readsAtOnce is what a connection reads at a time: a look-up has 150 to 1,000 bytes. writesAtOnce has room for a few answers.
	readsAtOnce, writesAtOnce = 2 << 10, 4 << 10
	// firstWithin is how long a new connection, or a half request, may take; idle is how long a connection may be silent between two.
	firstWithin = 10 * time.Second
	idle        = 2 * time.Minute
	// headLength is more than the head of any answer has.
	headLength = 256
	// pause is for how long a connection that was turned away is not read from: what comes on it waits at its sender.
	pause = 100 * time.Millisecond
)

// direct is one connection of the public address.
type direct struct {
	net.Conn
	s    *Service
	from netip.Addr
	rest []byte // read, and not answered: net/http reads it first
	// writeBy is when an answer that is not taken is given up.
	writeBy time.Time
	// turn says that a turn is held, refused that none was to be had for what is being read, away that the turn of one who is turned away is held.
	turn, refused, away bool
	now                 *atOnce // nil where connections cannot be read and written without waiting: with TLS, and on some systems
}

// Read gives what was read before first. Only net/http calls it.
func (d *direct) Read(b []byte) (int, error) {
	if len(d.rest) > 0 {
		n := copy(b, d.rest)
		if d.rest = d.rest[n:]; len(d.rest) == 0 {
			d.rest = nil
		}
		return n, nil
	}
	return d.Conn.Read(b)
}

// Listener is the public address: it answers look-ups itself, and gives every other connection to whoever accepts from it.
type Listener struct {
	net.Listener
	s    *Service
	over chan net.Conn
	done chan struct{}
	once sync.Once
}

// Listen begins to answer what comes to l. Close it, then Shutdown the service.
func (s *Service) Listen(l net.Listener) *Listener {
	out := &Listener{Listener: l, s: s, over: make(chan net.Conn), done: make(chan struct{})}
	go out.accept()
	return out
}

func (l *Listener) accept() {
	for {
		c, err := l.Listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			// Out of file descriptors, say: those who are being served leave some again.
			l.s.o.Log.Error("connection not accepted", "error", err)
			time.Sleep(50 * time.Millisecond)
			continue
		}
		d := &direct{Conn: c, s: l.s}
		d.now = newAtOnce(d)
		if at, err := netip.ParseAddrPort(c.RemoteAddr().String()); err == nil {
			d.from = at.Addr().Unmap()
		}
		if !l.s.begin(d) {
			l.s.counts.shed.Add(1)
			if _, ok := c.(*tls.Conn); !ok { // a handshake would take more than there is
				// It goes into the socket's own buffer: nobody waits for it to be read.
				_, _ = c.Write(l.s.appendAnswer(nil, results.Result{}, ErrBusy))
			}
			_ = c.Close()
			continue
		}
		go func() {
			defer l.s.end(d)
			if !d.serve() {
				_ = c.Close() // there is nothing more to say to it
				return
			}
			_ = c.SetDeadline(time.Time{}) // net/http sets its own
			select {
			case l.over <- d:
			case <-l.done:
				_ = c.Close()
			}
		}()
	}
}

// Accept returns the next connection that is not about look-ups alone.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.over:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// Close ends accepting.
func (l *Listener) Close() error {
	err := l.Listener.Close()
	l.once.Do(func() { close(l.done) })
	return err
}

func (s *Service) begin(d *direct) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ending.Load() || len(s.conns) >= s.o.Connections {
		return false
	}
	s.conns[d] = struct{}{}
	s.served.Add(1)
	return true
}

func (s *Service) end(d *direct) {
	s.mu.Lock()
	delete(s.conns, d)
	s.mu.Unlock()
	s.served.Done()
}

// Shutdown lets the connections that are being answered finish, closes the others, and waits for them.
func (s *Service) Shutdown() {
	s.mu.Lock()
	s.ending.Store(true)
	for d := range s.conns {
		_ = d.SetReadDeadline(time.Now()) // it ends with its next read
	}
	s.mu.Unlock()
	s.served.Wait()
}

// answers are the buffers that answers are written in; a connection that is silent holds none.
var answers = sync.Pool{New: func() any { return new([writesAtOnce]byte) }}

// serve answers look-ups until the connection ends. over says that it goes on with net/http.
func (d *direct) serve() (over bool) {
	var in [readsAtOnce]byte
	n, half := 0, false
	deadline := time.Now().Add(firstWithin)
	if d.SetReadDeadline(deadline) != nil {
		return false
	}
	for {
		k, err := d.receive(in[n:])
		if err != nil {
			return false
		}
		n += k
		kind := more
		for kind == more {
			var used int
			if used, kind, err = d.reply(in[:n]); err != nil {
				return false
			}
			n = copy(in[:], in[used:n])
		}
		switch {
		case kind == foreign || kind == partial && n == len(in):
			d.rest = bytes.Clone(in[:n])
			return true
		case kind == turnedAway:
			time.Sleep(pause)
		}
		// A deadline costs as much as a look-up: it is moved only when that matters. A half request gets no second one by sending a byte now and then.
		now, was := time.Now(), half
		half = n > 0
		switch {
		case half && !was:
			deadline = now.Add(firstWithin)
			err = d.SetReadDeadline(deadline)
		case !half && (was || deadline.Sub(now) < idle/2):
			deadline = now.Add(idle)
			err = d.SetReadDeadline(deadline)
		}
		if err != nil || d.s.ending.Load() {
			return false
		}
	}
}

// receive waits for more to read. Reading and writing are most of what a look-up costs: so a turn is taken before what came is read, and left after the answer was written.
// Else a crowd's connections would all be read at once, and whoever sends samples would wait behind them.
func (d *direct) receive(b []byte) (int, error) {
	if d.now == nil {
		return d.Conn.Read(b)
	}
	return d.now.read(b)
}

// enter waits for a turn for what is about to be read; where there is none, for that of one who is turned away.
func (d *direct) enter() {
	d.turn = d.s.enter()
	if d.refused = !d.turn; d.refused {
		d.s.enterAway()
		d.away = true
	}
}

// leave gives back the turn that is held, if any.
func (d *direct) leave() {
	if d.turn {
		d.turn = false
		d.s.leave()
	}
	if d.away {
		d.away = false
		d.s.leaveAway()
	}
}

// reply answers what stands in a buffer, as far as one writing goes.
func (d *direct) reply(in []byte) (used int, k kind, err error) {
	buf := answers.Get().(*[writesAtOnce]byte)
	defer answers.Put(buf)
	out := buf[:0]
	used, k = d.answer(in, &out)
	if d.turn || d.away {
		if d.now != nil {
			out, err = d.now.write(out)
		}
		d.leave()
	}
	if len(out) == 0 || err != nil {
		return used, k, err
	}
	if now := time.Now(); d.writeBy.Sub(now) < firstWithin {
		d.writeBy = now.Add(2 * firstWithin)
		if err := d.SetWriteDeadline(d.writeBy); err != nil {
			return used, k, err
		}
	}
	_, err = d.Write(out)
	if d.now != nil && err == nil {
		d.writeBy = time.Time{}
		err = d.SetWriteDeadline(d.writeBy) // what is written at once has none
	}
	return used, k, err
}

// kind is what stands in a buffer.
type kind int

const (
	whole      kind = iota // nothing is left
	partial                // the beginning of what may be a look-up
	foreign                // something else
	turnedAway             // a look-up, and there was no turn for it
	more                   // look-ups for whose answers there was no room
)

// answer appends the answers to the look-ups in a buffer, under one turn, which it leaves to reply. used is how much of it they were.
func (d *direct) answer(in []byte, out *[]byte) (used int, k kind) {
	refused := d.refused
	d.refused = false
	for used < len(in) {
		if cap(*out)-len(*out) < answerLength+headLength {
			return used, more
		}
		q, k := parse(in[used:])
		if k != whole {
			if refused && k == partial {
				k = turnedAway
			}
			return used, k
		}
		used += q.length
		var r results.Result
		err := ErrBusy
		if !d.turn && !refused {
			d.turn = d.s.enter()
			refused = !d.turn
		}
		if d.turn {
			r, err = d.s.ask(string(q.code), d.client(q.forwarded))
			if errors.Is(err, ErrBusy) {
				refused = true
			}
		}
		*out = d.s.appendAnswer(*out, r, err)
	}
	if refused {
		return used, turnedAway
	}
	return used, whole
}

// client is who asks: see auth.ClientIP.
func (d *direct) client(forwarded []byte) netip.Addr {
	if len(forwarded) == 0 || len(d.s.o.Proxies) == 0 {
		return d.from
	}
	return auth.ClientIP(&http.Request{RemoteAddr: netip.AddrPortFrom(d.from, 0).String(), Header: http.Header{"X-Forwarded-For": {string(forwarded)}}}, d.s.o.Proxies)
}

// dateLine is the Date of one second.
type dateLine struct {
	second int64
	text   []byte
}

func (s *Service) appendAnswer(b []byte, r results.Result, err error) []byte {
	status, retry := http.StatusOK, ""
	if err != nil {
		status, retry = kinds[err].status, kinds[err].retry
	}
	b = append(b, "HTTP/1.1 "...)
	b = strconv.AppendInt(b, int64(status), 10)
	b = append(b, ' ')
	b = append(b, http.StatusText(status)...)
	b = append(b, "\r\nContent-Type: application/json\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"...)
	if retry != "" {
		b = append(b, "Retry-After: "...)
		b = append(b, retry...)
		b = append(b, "\r\n"...)
	}
	now := s.o.Now()
	d := s.date.Load()
	if d == nil || d.second != now.Unix() {
		d = &dateLine{now.Unix(), now.UTC().AppendFormat(nil, "Date: Mon, 02 Jan 2006 15:04:05 GMT\r\n")}
		s.date.Store(d)
	}
	b = append(b, d.text...)
	b = append(b, "Content-Length: "...)
	b = strconv.AppendInt(b, answerLength, 10)
	b = append(b, "\r\n\r\n"...)
	return appendBody(b, r, err)
}

// question is a look-up in its plainest form.
type question struct {
	code, forwarded []byte
	length          int // of the whole request
}

var (
	requestLine = []byte("POST " + Path + " HTTP/1.1\r\n")
	bodyBegins  = []byte(`{"code":"`)
	bodyEnds    = []byte(`"}`)
	formBegins  = []byte("code=")
)

// parse reads one request. It is foreign as soon as there is anything in it that is not plain.
func parse(b []byte) (q question, k kind) {
	if len(b) < len(requestLine) {
		if bytes.HasPrefix(requestLine, b) {
			return q, partial
		}
		return q, foreign
	}
	if !bytes.HasPrefix(b, requestLine) {
		return q, foreign
	}
	at := len(requestLine)
	length, hosts, json, form := -1, 0, false, false
	for {
		end := bytes.IndexByte(b[at:], '\n')
		if end < 0 {
			return q, partial
		}
		if end == 0 || b[at+end-1] != '\r' {
			return q, foreign
		}
		line := b[at : at+end-1]
		at += end + 1
		if len(line) == 0 {
			break
		}
		name, value, ok := header(line)
		if !ok {
			return q, foreign
		}
		switch {
		case is(name, "host"):
			if hosts++; !plainHost(value) {
				return q, foreign
			}
		case is(name, "content-length"):
			n, err := strconv.ParseUint(string(value), 10, 16)
			if err != nil || length >= 0 || value[0] == '+' || n > mostBody {
				return q, foreign
			}
			length = int(n)
		case is(name, "content-type"):
			if json || form {
				return q, foreign
			}
			json, form = string(value) == "application/json", string(value) == "application/x-www-form-urlencoded"
			if !json && !form {
				return q, foreign
			}
		case is(name, "connection"):
			if !is(value, "keep-alive") {
				return q, foreign
			}
		case is(name, "x-forwarded-for"):
			if q.forwarded != nil {
				return q, foreign
			}
			q.forwarded = value
		case is(name, "transfer-encoding"), is(name, "expect"), is(name, "upgrade"), is(name, "trailer"), is(name, "te"), is(name, "content-encoding"):
			return q, foreign
		}
	}
	if hosts != 1 || length < 0 || !json && !form {
		return q, foreign
	}
	if len(b) < at+length {
		return q, partial
	}
	body := b[at : at+length]
	q.length = at + length
	if json {
		body, ok := bytes.CutPrefix(body, bodyBegins)
		if !ok {
			return q, foreign
		}
		if q.code, ok = bytes.CutSuffix(body, bodyEnds); !ok {
			return q, foreign
		}
	} else {
		var ok bool
		if q.code, ok = bytes.CutPrefix(body, formBegins); !ok {
			return q, foreign
		}
	}
	for _, c := range q.code {
		if c != '-' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return q, foreign
		}
	}
	return q, whole
}

// header splits a line of the header. ok is false for what is not plain: spaces around the name, lines that go on, bytes that are no text.
func header(line []byte) (name, value []byte, ok bool) {
	i := bytes.IndexByte(line, ':')
	if i <= 0 {
		return nil, nil, false
	}
	name, value = line[:i], line[i+1:]
	for _, c := range name {
		if c != '-' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return nil, nil, false
		}
	}
	for _, c := range value {
		if c < ' ' || c >= 0x7f {
			return nil, nil, false
		}
	}
	value = bytes.TrimSpace(value)
	return name, value, len(value) > 0
}

// plainHost leaves everything but names, numbers and ports to net/http.
func plainHost(b []byte) bool {
	for _, c := range b {
		if c != '-' && c != '.' && c != ':' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

// is compares with a word in small letters.
func is(b []byte, word string) bool {
	return len(b) == len(word) && strings.EqualFold(string(b), word)
}
