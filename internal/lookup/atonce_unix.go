//go:build unix

package lookup

import (
	"io"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// atOnce reads and writes a connection's socket without waiting, under a turn.
type atOnce struct {
	d      *direct
	raw    syscall.RawConn
	into   []byte // read into
	n      int
	err    error
	waited bool
	from   []byte // still to be written
	// Made once: a look-up makes no garbage.
	reading, writing func(fd uintptr) bool
}

// newAtOnce returns nil for what is no plain TCP connection.
func newAtOnce(d *direct) *atOnce {
	tcp, ok := d.Conn.(*net.TCPConn)
	if !ok {
		return nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil
	}
	a := &atOnce{d: d, raw: raw}
	a.reading, a.writing = a.ready, a.put
	return a
}

// read waits until something can be read, takes a turn, and reads it.
func (a *atOnce) read(b []byte) (int, error) {
	a.into, a.waited = b, false
	if err := a.raw.Read(a.reading); err != nil {
		return 0, err
	}
	a.into = nil
	return a.n, a.err
}

// ready is called at once, when there is seldom anything to read yet, and again when there is.
func (a *atOnce) ready(fd uintptr) bool {
	if a.waited {
		a.d.enter()
	}
	a.waited = true
	for {
		a.n, a.err = unix.Read(int(fd), a.into)
		if a.err != unix.EINTR { //nolint:errorlint // a number of the system
			break
		}
	}
	if a.err == unix.EAGAIN || a.n <= 0 { //nolint:errorlint // as above
		a.d.refused = false
		a.d.leave()
	}
	switch {
	case a.err == unix.EAGAIN: //nolint:errorlint // as above
		return false
	case a.err == nil && a.n == 0:
		a.err = io.EOF
	case a.err != nil:
		a.n = 0
	}
	return true
}

// write writes what the socket takes at once, and returns the rest.
func (a *atOnce) write(b []byte) (rest []byte, err error) {
	a.from, a.err = b, nil
	if err := a.raw.Write(a.writing); err != nil {
		return b, err
	}
	rest, a.from = a.from, nil
	return rest, a.err
}

func (a *atOnce) put(fd uintptr) bool {
	n, err := unix.Write(int(fd), a.from)
	if n > 0 {
		a.from = a.from[n:]
	}
	if err != nil && err != unix.EAGAIN && err != unix.EINTR {
		a.err = err
	}
	return true
}
