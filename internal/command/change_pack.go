package command

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"firebreak/internal/auth"
	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/day"
	"firebreak/internal/journal"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/protocol"
	"firebreak/internal/response"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

// ChangePack puts another pack in force in an outbreak, in the middle of it: the rules answer with it from then on, and what stands is carried over. What was
// decided, due or done before keeps the pack that it was decided under.
type ChangePack struct {
	Outbreak string
	Version  int64  // of the outbreak, as the caller saw it; 0 for as it is now
	Pack     string // "covid19/2022-v9" or with its version; the version found is the one pinned
	Reason   string
}

// PackEffect is what a change of pack does to what stands.
type PackEffect struct {
	Cases     int `json:"cases"`      // looked at: those that have not ended
	Contacts  int `json:"contacts"`   // looked at: those who are followed up
	People    int `json:"people"`     // looked at: those who are held, or to be sampled because of tubes or self-tests
	Tubes     int `json:"tubes"`      // looked at: those in which somebody is to look for a swap
	Moved     int `json:"moved"`      // open tasks that get another deadline
	Voided    int `json:"voided"`     // open tasks that nobody has to do any more
	Added     int `json:"added"`      // tasks that nobody had to do before
	ReleaseOn int `json:"release_on"` // contacts who get another last day
	Released  int `json:"released"`   // contacts whose follow-up is over at once
	Sooner    int `json:"sooner"`     // holds that end sooner
	LetGo     int `json:"let_go"`     // holds that are lifted at once
	Held      int `json:"held"`       // holds that begin: somebody in a positive tube whom the pack before held not, or no longer
}

// Plus is the sum of two effects.
func (e PackEffect) Plus(o PackEffect) PackEffect {
	return PackEffect{e.Cases + o.Cases, e.Contacts + o.Contacts, e.People + o.People, e.Tubes + o.Tubes, e.Moved + o.Moved, e.Voided + o.Voided, e.Added + o.Added, e.ReleaseOn + o.ReleaseOn, e.Released + o.Released,
		e.Sooner + o.Sooner, e.LetGo + o.LetGo, e.Held + o.Held}
}

// PackPreview is what a change of pack would do, as far as it was looked at.
type PackPreview struct {
	From    string `json:"from"`
	To      string `json:"to"`
	Version int64  `json:"version"` // of the outbreak
	PackEffect
	AllCases    int `json:"all_cases"` // of Cases: how many there are
	AllContacts int `json:"all_contacts"`
	AllPeople   int `json:"all_people"`
	AllTubes    int `json:"all_tubes"`
}

// Of sets how many there are to be looked at.
func (p *PackPreview) Of(c store.StandingCounts) {
	p.AllCases, p.AllContacts, p.AllPeople, p.AllTubes = c.Cases, c.Contacts, c.People, c.Tubes
}

// Whole says whether everything was looked at. While it is, more may have come to an end, or begun.
func (p PackPreview) Whole() bool {
	return p.Cases >= p.AllCases && p.Contacts >= p.AllContacts && p.People >= p.AllPeople && p.Tubes >= p.AllTubes
}

const (
	// carryChunk is how many cases, contacts, people or tubes are carried over in one transaction, so that others' orders wait only briefly.
	carryChunk = 250
	// mostPreviewed bounds how many of each a preview looks at.
	mostPreviewed = 5_000
)

// newPack checks the order, and returns the pack.
func (u *unit) newPack(in ChangePack) (*protocol.Pack, error) {
	if err := u.by.may(&u.tx.Reader, u.o, auth.OutbreakAdmin, u.o.Area, u.now); err != nil {
		return nil, err
	}
	p, err := protocol.Load(in.Pack)
	if err != nil {
		return nil, &Invalid{"pack", in.Pack, err.Error()}
	}
	switch {
	case p.Ref() == u.o.Pack:
		return nil, &Invalid{"pack", p.Ref(), "is in force already"}
	case !protocol.SamePathogen(p.Ref(), u.o.Pack):
		return nil, &Invalid{"pack", p.Ref(), "is for another pathogen than " + u.o.Pack}
	case in.Version != 0 && in.Version != u.o.Version:
		return nil, &store.Conflict{Noun: "outbreak", ID: int64(u.o.ID), Have: u.o.Version, Want: in.Version}
	}
	return p, nil
}

// putInForce makes the world answer with another pack from now on.
func (w *world) putInForce(p *protocol.Pack) {
	w.o.Earlier = append(slices.Clone(w.o.Earlier), outbreak.Era{Pack: w.o.Pack, Until: w.now})
	w.earlier = append(slices.Clone(w.earlier), response.Era{Pack: w.pack, Until: w.now})
	w.o.Pack, w.pack = p.Ref(), p
}

// ChangePack carries out the order. It returns when the pack is in force; cases and contacts are carried over after that, in chunks, by CarryPack: by the clock
// of the server, or by whoever gave the order and wants to wait.
func (c *Commands) ChangePack(ctx context.Context, by By, in ChangePack) (o outbreak.Outbreak, err error) {
	err = c.in(ctx, by, in.Outbreak, func(u *unit) error {
		p, err := u.newPack(in)
		if err != nil {
			return err
		}
		if strings.TrimSpace(in.Reason) == "" {
			return &Invalid{Field: "reason", Reason: "is needed"}
		}
		from := u.o.Pack
		u.putInForce(p)
		if err := u.tx.UpdateOutbreak(&u.o); err != nil {
			return err
		}
		ref, err := u.append(journal.Entry{Kind: journal.OutbreakPackChanged, Subject: onOutbreak(u.o.ID), Area: u.o.Area, At: u.now, Actor: by.Name(), Pack: u.o.Pack},
			map[string]any{"from": from, "to": u.o.Pack, "reason": in.Reason})
		if err != nil {
			return err
		}
		o = u.o
		for name, seq := range map[string]int64{carryEntry: ref.Seq, carryCases: 0, carryContacts: 0, carryPeople: 0, carryTubes: 0} {
			if err := u.tx.SetCursor(u.carryKey(name), seq); err != nil {
				return err
			}
		}
		return nil
	})
	return o, err
}

// The cursors of carrying over: the journal entry of the change, 0 when all is done, and the last of each that was looked at.
const (
	carryEntry    = "entry"
	carryCases    = "cases"
	carryContacts = "contacts"
	carryPeople   = "people"
	carryTubes    = "tubes"
)

// carryWalk is one walk over what has not ended.
type carryWalk struct {
	cursor string
	list   func(r *store.Reader, o outbreak.ID, after int64, limit int) ([]int64, error)
	carry  func(u *unit, ids []int64, ref task.FactRef, seen counted) (PackEffect, error)
}

func walkOf[T ~int64](cursor string, list func(*store.Reader, outbreak.ID, T, int) ([]T, error), carry func(*unit, []T, task.FactRef, counted) (PackEffect, error)) carryWalk {
	return carryWalk{cursor, func(r *store.Reader, o outbreak.ID, after int64, limit int) ([]int64, error) {
		ids, err := list(r, o, T(after), limit)
		out := make([]int64, len(ids))
		for i, id := range ids {
			out[i] = int64(id)
		}
		return out, err
	}, func(u *unit, ids []int64, ref task.FactRef, seen counted) (PackEffect, error) {
		typed := make([]T, len(ids))
		for i, id := range ids {
			typed[i] = T(id)
		}
		return carry(u, typed, ref, seen)
	}}
}

// carryWalks are the walks, in their order: who is a case or a contact first, as the tubes they are in ask for that.
func carryWalks() []carryWalk {
	return []carryWalk{
		walkOf(carryCases, (*store.Reader).StandingCases, (*unit).carryCases),
		walkOf(carryContacts, (*store.Reader).StandingContacts, (*unit).carryContacts),
		walkOf(carryPeople, (*store.Reader).StandingPeople, (*unit).carryPeople),
		walkOf(carryTubes, (*store.Reader).StandingTubes, (*unit).carryTubes),
	}
}

func (w *world) carryKey(name string) string {
	return "pack." + name + "." + strconv.FormatInt(int64(w.o.ID), 10)
}

// PackCarry is how far the carrying over of an outbreak has come.
type PackCarry struct {
	Entry int64 // the journal entry of the change
	Left  int   // cases, contacts, people and tubes still to look at
}

// Carrying says how far the carrying over has come; ok is false where nothing is under way.
func Carrying(r *store.Reader, o outbreak.ID) (c PackCarry, ok bool, err error) {
	w := &world{o: outbreak.Outbreak{ID: o}}
	if c.Entry, err = r.Cursor(w.carryKey(carryEntry)); err != nil || c.Entry == 0 {
		return c, false, err
	}
	var at store.StandingAt
	for name, into := range map[string]*int64{carryCases: (*int64)(&at.Case), carryContacts: (*int64)(&at.Contact), carryPeople: (*int64)(&at.Person), carryTubes: (*int64)(&at.Tube)} {
		if *into, err = r.Cursor(w.carryKey(name)); err != nil {
			return c, false, err
		}
	}
	left, err := r.CountStanding(o, at)
	c.Left = left.Sum()
	return c, true, err
}

// CarryPack looks at up to most cases, contacts, people and tubes, chunk by chunk, and says whether there may be more. Each chunk is one transaction
// that also notes how far it has come, so that it goes on after an interruption, on whichever server.
func (c *Commands) CarryPack(ctx context.Context, o outbreak.ID, most int, progress func(PackEffect)) (left bool, err error) {
	err = c.db.View(ctx, func(r *store.Reader) (err error) {
		_, left, err = Carrying(r, o)
		return err
	})
	if err != nil || !left {
		return false, err
	}
	var sum PackEffect
	for looked := 0; looked < most; {
		var n int
		var did PackEffect
		err := c.inID(ctx, Owner("clock"), o, func(u *unit) (err error) {
			n, did, err = u.carryOn()
			return err
		})
		if err != nil {
			return true, fmt.Errorf("carry over to another pack: %w", err)
		}
		if n == 0 {
			return false, nil
		}
		looked += n
		sum = sum.Plus(did)
		if progress != nil {
			progress(sum)
		}
	}
	return true, nil
}

// carryOn looks at the next chunk, and says how many that were; 0 when all is done.
func (u *unit) carryOn() (int, PackEffect, error) {
	entry, err := u.tx.Cursor(u.carryKey(carryEntry))
	if err != nil || entry == 0 {
		return 0, PackEffect{}, err
	}
	ref := task.FactRef{Seq: entry}
	for _, w := range carryWalks() {
		at, err := u.tx.Cursor(u.carryKey(w.cursor))
		if err != nil {
			return 0, PackEffect{}, err
		}
		ids, err := w.list(&u.tx.Reader, u.o.ID, at, carryChunk)
		if err != nil {
			return 0, PackEffect{}, err
		}
		if len(ids) == 0 {
			continue
		}
		did, err := w.carry(u, ids, ref, counted{})
		if err != nil {
			return 0, did, err
		}
		return len(ids), did, u.tx.SetCursor(u.carryKey(w.cursor), ids[len(ids)-1])
	}
	return 0, PackEffect{}, u.tx.SetCursor(u.carryKey(carryEntry), 0)
}

func (u *unit) carryCases(ids []cases.ID, ref task.FactRef, seen counted) (PackEffect, error) {
	if err := u.lookAtCases(ids); err != nil {
		return PackEffect{}, err
	}
	did, err := u.carry(subjects(ids, onCase), ref, seen)
	did.Cases = len(ids)
	return did, err
}

func (u *unit) carryContacts(ids []contact.ID, ref task.FactRef, seen counted) (PackEffect, error) {
	if err := u.lookAtContacts(ids); err != nil {
		return PackEffect{}, err
	}
	ends := make(map[contact.ID]day.Day, len(ids))
	for _, id := range ids {
		c, err := u.getContact(id)
		if err != nil {
			return PackEffect{}, err
		}
		ends[id] = c.EndsOn
	}
	did, err := u.carry(subjects(ids, onContact), ref, seen)
	did.Contacts = len(ids)
	for _, id := range ids {
		switch c := u.contacts[id]; {
		case c.State.Over():
			did.Released++
		case c.EndsOn != ends[id]:
			did.ReleaseOn++
		}
	}
	return did, err
}

func (u *unit) carryPeople(ids []person.ID, ref task.FactRef, seen counted) (PackEffect, error) {
	if err := u.lookAtPeople(ids); err != nil {
		return PackEffect{}, err
	}
	did, err := u.carry(subjects(ids, onPerson), ref, seen)
	did.People = len(ids)
	return did, err
}

func (u *unit) carryTubes(ids []screening.TubeID, ref task.FactRef, seen counted) (PackEffect, error) {
	if err := u.lookAtTubes(ids); err != nil {
		return PackEffect{}, err
	}
	did, err := u.carry(subjects(ids, onTube), ref, seen)
	did.Tubes = len(ids)
	return did, err
}

func subjects[T any](ids []T, on func(T) task.Subject) []task.Subject {
	out := make([]task.Subject, len(ids))
	for i, id := range ids {
		out[i] = on(id)
	}
	return out
}

// counted are the tasks and holds whose change was counted. A tube that is looked at because of one of its people changes what stands for the others too; a preview, which keeps nothing, comes to
// the same change again with each of them.
type counted map[counting]bool

type counting struct {
	subject task.Subject
	key     task.Key         // of a task
	hold    screening.TubeID // or of a hold
}

// once says whether something was not counted yet.
func (c counted) once(k counting) bool {
	was := c[k]
	c[k] = true
	return !was
}

// carry lets the rulebook answer the change for some subjects, and counts what that does to open tasks and holds.
func (u *unit) carry(list []task.Subject, ref task.FactRef, seen counted) (did PackEffect, err error) {
	changed := u.o.Earlier[len(u.o.Earlier)-1].Until
	for _, s := range list {
		if err := u.react(response.Trigger{Kind: journal.OutbreakPackChanged, Subject: s, Ref: ref, At: changed}); err != nil {
			return did, err
		}
	}
	for i := range u.pool.facts {
		f := &u.pool.facts[i]
		if !seen.once(counting{subject: f.Subject, hold: f.tube}) {
			continue
		}
		switch f.Kind {
		case journal.HoldShortened:
			did.Sooner++
		case journal.HoldLifted:
			did.LetGo++
		case journal.PersonHeld:
			did.Held++
		default: // no fact of a hold
		}
	}
	changes, err := u.taskChanges()
	if err != nil {
		return did, err
	}
	for _, c := range changes {
		if !seen.once(counting{subject: c.Task.Subject, key: c.Task.Key}) {
			continue
		}
		switch {
		case c.Kind == task.Withdraw:
			did.Voided++
		case (c.Kind == task.OpenNew || c.Kind == task.Reinstate) && c.Task.State == task.Open:
			did.Added++
		case c.Kind == task.Amend:
			was, err := u.tasksOf(c.Task.Subject)
			if err != nil {
				return did, err
			}
			if slices.ContainsFunc(was, func(t task.Task) bool { return t.Key == c.Task.Key && !t.Due.Equal(c.Task.Due) }) {
				did.Moved++
			}
		}
	}
	return did, nil
}

// PreviewPack says what a change of pack would do, without doing it. Of a large outbreak it looks at the first cases and contacts that stand, and says how many
// that were.
func (c *Commands) PreviewPack(ctx context.Context, by By, in ChangePack) (out PackPreview, err error) {
	look := func(fn func(*unit) error) error { // in a change that is not kept
		err := c.in(ctx, by, in.Outbreak, func(u *unit) error {
			p, err := u.newPack(in)
			if err != nil {
				return err
			}
			out.From, out.To, out.Version = u.o.Pack, p.Ref(), u.o.Version
			u.putInForce(p)
			if err := fn(u); err != nil {
				return err
			}
			return errDryRun
		})
		if errors.Is(err, errDryRun) {
			return nil
		}
		return err
	}
	if err := look(func(u *unit) (err error) {
		all, err := u.tx.CountStanding(u.o.ID, store.StandingAt{})
		out.Of(all)
		return err
	}); err != nil {
		return out, err
	}
	seen := counted{}
	for _, w := range carryWalks() {
		at := int64(0)
		for n, looked := carryChunk, 0; n == carryChunk && looked < mostPreviewed; looked += n {
			var did PackEffect
			var last int64
			if err := look(func(u *unit) error {
				ids, err := w.list(&u.tx.Reader, u.o.ID, at, carryChunk)
				if n = len(ids); err != nil || n == 0 {
					return err
				}
				last = ids[n-1]
				did, err = w.carry(u, ids, task.FactRef{}, seen)
				return err
			}); err != nil {
				return out, err
			}
			at, out.PackEffect = last, out.Plus(did)
		}
	}
	return out, nil
}
