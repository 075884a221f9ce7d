package main

import (
	"fmt"
	"io"
	"sync"
	"time"
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
	done, total int64 // total is 0 where unknown

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
				fmt.Fprintf(g.w, "\r\x1b[K%s\n", g.line(time.Now()))
			}
			return
		case now := <-next.C:
			if g.terminal {
				fmt.Fprintf(g.w, "\r\x1b[K%s", g.line(now))
			} else {
				fmt.Fprintln(g.w, g.line(now))
			}
			shown = true
			next.Reset(every)
		}
	}
}

// line says "import cases.csv: 12000 of 48000 rows (25 %), 6000/s, 6s left".
func (g *progress) line(now time.Time) string {
	g.mu.Lock()
	done, total := g.done, g.total
	g.mu.Unlock()
	spent := now.Sub(g.start)
	rate := float64(done) / max(spent.Seconds(), 1e-9)
	if total <= 0 {
		return fmt.Sprintf("%s: %d %s, %.0f/s, %s", g.what, done, g.unit, rate, spent.Round(time.Second))
	}
	text := fmt.Sprintf("%s: %d of %d %s (%d %%), %.0f/s", g.what, done, total, g.unit, 100*done/total, rate)
	if done > 0 && done < total {
		left := time.Duration(float64(total-done) / rate * float64(time.Second))
		text += fmt.Sprintf(", %s left", max(left, time.Second).Round(time.Second))
	}
	return text
}
