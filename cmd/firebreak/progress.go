package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/dustin/go-humanize"

	"firebreak/internal/store"
)

// Progress shows itself only after a second, then moves five times a second on a terminal; in a log it adds a line every ten.
const (
	progressAfter    = time.Second
	progressTerminal = 200 * time.Millisecond
	progressLog      = 10 * time.Second
)

// progress is a line that tells how far a long command is: count, rate and the time left. close it before writing anything else.
type progress struct {
	w        io.Writer
	terminal bool
	what     string // "import cases.csv"
	unit     string // "rows"
	start    time.Time

	mu          sync.Mutex
	at          store.Stage // the part that is under way, where there are several
	done, total int64       // total is 0 where unknown

	quit, ended chan struct{}
}

// progress starts a line on stderr. Its goroutine ends with close.
func (p *process) progress(what, unit string) *progress {
	g := &progress{w: p.Stderr, terminal: p.Terminal, what: what, unit: unit, start: time.Now(), quit: make(chan struct{}), ended: make(chan struct{})}
	go g.show()
	return g
}

// set says how many of how many are done; total 0 means that nobody knows.
func (g *progress) set(done, total int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.done, g.total = done, total
}

// waiting starts a line that tells only how long somebody else has been at it.
func (p *process) waiting(what string) *progress { return p.progress(what+": the server is at it", "") }

// stage says how far a part of the work is. Each part has a rate of its own.
func (g *progress) stage(at store.Stage, done, total int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if at != g.at {
		g.at, g.start = at, time.Now()
	}
	g.done, g.total = done, total
}

// close ends the line and waits until it is written. Call it once.
func (g *progress) close() {
	close(g.quit)
	<-g.ended
}

func (g *progress) show() {
	defer close(g.ended)
	every := progressLog
	if g.terminal {
		every = progressTerminal
	}
	next := time.NewTimer(progressAfter)
	defer next.Stop()
	shown := false
	for {
		select {
		case <-g.quit:
			if shown && g.terminal {
				_, _ = fmt.Fprintf(g.w, "\r\x1b[K%s\n", g.line(time.Now()))
			}
			return
		case now := <-next.C:
			if g.terminal {
				_, _ = fmt.Fprintf(g.w, "\r\x1b[K%s", g.line(now))
			} else {
				_, _ = fmt.Fprintln(g.w, g.line(now))
			}
			shown = true
			next.Reset(every)
		}
	}
}

// line says "import cases.csv: 12000 of 48000 rows (25 %), 6000/s, 6s left".
func (g *progress) line(now time.Time) string {
	g.mu.Lock()
	done, total, what, unit, start := g.done, g.total, g.what, g.unit, g.start
	if g.at != "" {
		what += ", " + string(g.at)
	}
	if g.at == store.StageWalk {
		unit = "entries"
	}
	g.mu.Unlock()
	spent := now.Sub(start)
	rate := float64(done) / max(spent.Seconds(), 1e-9)
	amount := func(v float64) string { // "12000", or "12 MiB"
		if unit == "bytes" {
			return humanize.IBytes(uint64(max(v, 0)))
		}
		return fmt.Sprintf("%.0f", v)
	}
	noun := " " + unit
	if unit == "bytes" {
		noun = ""
	}
	switch {
	case unit == "":
		return fmt.Sprintf("%s, %s", what, spent.Round(time.Second))
	case total <= 0:
		return fmt.Sprintf("%s: %s%s, %s/s, %s", what, amount(float64(done)), noun, amount(rate), spent.Round(time.Second))
	}
	text := fmt.Sprintf("%s: %s of %s%s (%d %%), %s/s", what, amount(float64(done)), amount(float64(total)), noun, 100*done/total, amount(rate))
	if done > 0 && done < total {
		left := time.Duration(float64(total-done) / rate * float64(time.Second))
		text += fmt.Sprintf(", %s left", max(left, time.Second).Round(time.Second))
	}
	return text
}
