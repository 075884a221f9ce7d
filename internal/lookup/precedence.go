package lookup

import (
	"sync"
	"sync/atomic"
	"time"
)

// Precedence lets what must not wait go before look-ups: while it is under way they stand back, for mostBack at a time, and then for as long not again. So a crowd that offers more than can be
// served still has half of its turns, however much else comes. The zero value is ready; it is safe for concurrent use.
type Precedence struct {
	under atomic.Int64 // ways that were begun and not ended

	mu    sync.Mutex
	open  chan struct{} // nil: nobody stands back; it is closed when they go on
	since time.Time     // when the first of them stood back
	not   time.Time     // until when nobody stands back again
}

// mostBack is for how long look-ups stand back at a time: a batch of samples is on the disk in two to four.
const mostBack = 2 * time.Millisecond

// Begin says that something is under way before which look-ups stand back. End must follow.
func (p *Precedence) Begin() { p.under.Add(1) }

// End says that it is over.
func (p *Precedence) End() {
	if p.under.Add(-1) > 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.goOn()
}

// wait stands back, if there is a reason to and it is not too soon again.
func (p *Precedence) wait() {
	if p == nil || p.under.Load() == 0 {
		return
	}
	p.mu.Lock()
	now := time.Now()
	if p.open == nil && now.Before(p.not) || p.under.Load() == 0 { // an End from now on finds who stands back
		p.mu.Unlock()
		return
	}
	if p.open == nil {
		open := make(chan struct{})
		p.open, p.since = open, now
		time.AfterFunc(mostBack, func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			if p.open == open {
				p.goOn()
			}
		})
	}
	open := p.open
	p.mu.Unlock()
	<-open
}

// goOn ends standing back. The caller holds mu.
func (p *Precedence) goOn() {
	if p.open == nil {
		return
	}
	close(p.open)
	p.open = nil
	now := time.Now()
	p.not = now.Add(now.Sub(p.since))
}
