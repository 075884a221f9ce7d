// Package whereabouts keeps in memory who was where: the tracing index of each outbreak, made from the blocks of visits that the store keeps, so that a question about a case is answered in
// milliseconds.
//
// It is a read model: when the server starts it reads the blocks in the background, the newest day first, then it follows the journal. It can be thrown away and rebuilt at any time; the tests hold
// both ways against each other. Each server over one store has its own. It knows numbers, not names. command, cmd and above import it; it imports store, trace and the nouns.
package whereabouts

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"firebreak/internal/day"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/store"
	"firebreak/internal/trace"
)

// Whereabouts follows one store. It is safe for concurrent use.
type Whereabouts struct {
	db  *store.DB
	ids *store.Identities
	log *slog.Logger

	mu     sync.RWMutex
	cities map[outbreak.ID]*city
	cursor int64 // journal entry up to which everything is taken over
	begun  bool

	step sync.Mutex // held by who reads
}

// Options of a Whereabouts.
type Options struct {
	DB         *store.DB
	Identities *store.Identities
	Log        *slog.Logger // nil means slog.Default
}

// New makes a Whereabouts that knows nothing yet; see Run.
func New(o Options) *Whereabouts {
	w := &Whereabouts{db: o.DB, ids: o.Identities, log: o.Log, cities: map[outbreak.ID]*city{}}
	if w.log == nil {
		w.log = slog.Default()
	}
	return w
}

// City is who was where in one outbreak, at one moment.
type City struct {
	*trace.View
	people *people
	// Unread is the last day of which visits are still to be read; days are read from the newest on. Left is how many those are, of Total that there were when reading began.
	Unread      day.Day
	Left, Total int
}

// Complete says whether everything is in that began on a day or later.
func (c *City) Complete(from day.Day) bool { return c.Left == 0 || c.Unread < from }

// Number returns the number of a person of the register; false where no visit is known to be theirs.
func (c *City) Number(p person.ID) (trace.Person, bool) { return c.people.number(p) }

// Person returns who a number is; 0 where nobody knows.
func (c *City) Person(n trace.Person) person.ID { return c.people.who(int64(n)) }

// Same returns the number under which a number's visits are in the index: that of the person's first, where their visits came under several names.
func (c *City) Same(n int64) trace.Person { return c.people.same(n) }

// Numbers is how many numbers of people there are.
func (c *City) Numbers() int { return c.people.size() }

// Population is how many people the visits are of: one who came under several names is one, as far as that is known.
func (c *City) Population() int { return c.people.count() }

// endless is after every day.
var endless = day.Of(9999, 12, 31)

// ErrNone is wrapped where no visits of an outbreak are known at all.
var ErrNone = errors.New("no visits are known")

// Of returns who was where in an outbreak, as far as it is known by now.
func (w *Whereabouts) Of(o outbreak.ID) (*City, error) {
	w.mu.RLock()
	c := w.cities[o]
	begun := w.begun
	w.mu.RUnlock()
	if c == nil {
		if !begun {
			return &City{View: trace.NewIndex(0).View(), people: &people{}, Unread: endless, Left: 1, Total: 1}, nil
		}
		return nil, fmt.Errorf("outbreak %d: %w", o, ErrNone)
	}
	return c.now(), nil
}

// Progress says of each outbreak with visits how far the reading has come.
type Progress struct {
	Outbreak    outbreak.ID
	Left, Total int // days
	Visits      int
	Bytes       int
}

// Progress lists how far the reading has come, in no order.
func (w *Whereabouts) Progress() []Progress {
	w.mu.RLock()
	defer w.mu.RUnlock()
	var out []Progress
	for id, c := range w.cities {
		x := c.now()
		out = append(out, Progress{id, x.Left, x.Total, x.Visits(), x.Bytes()})
	}
	return out
}

// Run reads all blocks and follows the journal until ctx ends.
func (w *Whereabouts) Run(ctx context.Context) {
	if w.ids == nil {
		return // nothing can be read
	}
	grew, stop := w.db.Watch()
	defer stop()
	settle := time.NewTicker(time.Hour)
	defer settle.Stop()
	for {
		err := w.Follow(ctx)
		if err != nil && ctx.Err() == nil {
			w.log.Error("visits not followed", "error", err)
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
		}
		if err == nil {
			select {
			case <-ctx.Done():
			case <-settle.C:
				w.settle()
			case <-grew:
			}
		}
		if ctx.Err() != nil {
			return
		}
	}
}

// settle joins what came in of days that are over.
func (w *Whereabouts) settle() {
	w.mu.RLock()
	defer w.mu.RUnlock()
	for _, c := range w.cities {
		c.settle(w.db.Now())
	}
}

// Follow reads what was not read yet, and returns when it has come to the journal's end: Run does it again and again.
func (w *Whereabouts) Follow(ctx context.Context) error {
	w.step.Lock()
	defer w.step.Unlock()
	if !w.begun {
		if err := w.begin(ctx); err != nil {
			return fmt.Errorf("begin: %w", err)
		}
	}
	if err := w.follow(ctx); err != nil {
		return fmt.Errorf("follow: %w", err)
	}
	// What comes in meanwhile is taken over between two days, so that somebody who was just listed is found.
	for {
		c := w.unread()
		if c == nil {
			// All that was read by days is behind the cursor: what comes is told of once.
			for _, c := range w.all() {
				clear(c.rows)
			}
			return nil
		}
		if err := c.readDay(ctx, w); err != nil {
			return fmt.Errorf("read visits: %w", err)
		}
		if err := w.follow(ctx); err != nil {
			return fmt.Errorf("follow: %w", err)
		}
	}
}

// unread returns a city of which days are left to be read, or one that is made anew.
func (w *Whereabouts) unread() *city {
	w.mu.RLock()
	defer w.mu.RUnlock()
	for _, c := range w.cities {
		if len(c.left) > 0 || c.next != nil {
			return c
		}
	}
	return nil
}

// begin finds out which outbreaks have visits, and from where the journal is followed.
func (w *Whereabouts) begin(ctx context.Context) error {
	cities := map[outbreak.ID]*city{}
	var cursor int64
	err := w.db.View(ctx, func(r *store.Reader) error {
		end, err := r.JournalEnd()
		if err != nil {
			return err
		}
		cursor = end.Seq
		list, err := r.Outbreaks()
		if err != nil {
			return err
		}
		for _, o := range list {
			days, err := r.VisitDays(o.ID)
			if err != nil {
				return err
			}
			if len(days) == 0 {
				continue
			}
			if cities[o.ID], err = newCity(r, w.ids, o, days); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cities, w.cursor, w.begun = cities, cursor, true
	return nil
}

// Read makes the index of one outbreak's visits from one day to another, for whoever asks only once: a command line beside the data.
func Read(r *store.Reader, ids *store.Identities, o outbreak.Outbreak, from, to day.Day) (*City, error) {
	days, err := r.VisitDays(o.ID)
	if err != nil {
		return nil, err
	}
	var wanted []day.Day
	for _, d := range days {
		if d >= from && d <= to {
			wanted = append(wanted, d)
		}
	}
	c, err := newCity(r, ids, o, wanted)
	if err != nil {
		return nil, err
	}
	for len(c.left) > 0 {
		if err := c.take(r, ids); err != nil {
			return nil, err
		}
	}
	return c.now(), nil
}
