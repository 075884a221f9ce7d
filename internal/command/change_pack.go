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
	"firebreak/internal/protocol"
	"firebreak/internal/response"
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
	Moved     int `json:"moved"`      // open tasks that get another deadline
	Voided    int `json:"voided"`     // open tasks that nobody has to do any more
	Added     int `json:"added"`      // tasks that nobody had to do before
	ReleaseOn int `json:"release_on"` // contacts who get another last day
	Released  int `json:"released"`   // contacts whose follow-up is over at once
}

// Plus is the sum of two effects.
func (e PackEffect) Plus(o PackEffect) PackEffect {
	return PackEffect{e.Cases + o.Cases, e.Contacts + o.Contacts, e.Moved + o.Moved, e.Voided + o.Voided, e.Added + o.Added, e.ReleaseOn + o.ReleaseOn, e.Released + o.Released}
}

// PackPreview is what a change of pack would do, as far as it was looked at.
type PackPreview struct {
	From    string `json:"from"`
	To      string `json:"to"`
	Version int64  `json:"version"` // of the outbreak
	PackEffect
	AllCases    int `json:"all_cases"` // of Cases: how many there are
	AllContacts int `json:"all_contacts"`
}

// Whole says whether everything was looked at.
func (p PackPreview) Whole() bool { return p.Cases >= p.AllCases && p.Contacts >= p.AllContacts }

const (
	// carryChunk is how many cases or contacts are carried over in one transaction, so that others' orders wait only briefly.
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
		for name, seq := range map[string]int64{carryEntry: ref.Seq, carryCases: 0, carryContacts: 0} {
			if err := u.tx.SetCursor(u.carryKey(name), seq); err != nil {
				return err
			}
		}
		return nil
	})
	return o, err
}

// The cursors of carrying over: the journal entry of the change, 0 when all is done, and the last case and contact that were looked at.
const (
	carryEntry    = "entry"
	carryCases    = "cases"
	carryContacts = "contacts"
)

func (w *world) carryKey(name string) string {
	return "pack." + name + "." + strconv.FormatInt(int64(w.o.ID), 10)
}

// PackCarry is how far the carrying over of an outbreak has come.
type PackCarry struct {
	Entry int64 // the journal entry of the change
	Left  int   // cases and contacts still to look at
}

// Carrying says how far the carrying over has come; ok is false where nothing is under way.
func Carrying(r *store.Reader, o outbreak.ID) (c PackCarry, ok bool, err error) {
	w := &world{o: outbreak.Outbreak{ID: o}}
	if c.Entry, err = r.Cursor(w.carryKey(carryEntry)); err != nil || c.Entry == 0 {
		return c, false, err
	}
	var at [2]int64
	for i, name := range []string{carryCases, carryContacts} {
		if at[i], err = r.Cursor(w.carryKey(name)); err != nil {
			return c, false, err
		}
	}
	c.Left, err = r.CountStandingAfter(o, cases.ID(at[0]), contact.ID(at[1]))
	return c, true, err
}

// CarryPack looks at up to most cases and contacts, chunk by chunk, and says whether there may be more. Each chunk is one transaction
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
	at, err := u.tx.Cursor(u.carryKey(carryCases))
	if err != nil {
		return 0, PackEffect{}, err
	}
	ids, err := u.tx.StandingCases(u.o.ID, cases.ID(at), carryChunk)
	if err != nil {
		return 0, PackEffect{}, err
	}
	if len(ids) > 0 {
		did, err := u.carryCases(ids, ref)
		if err != nil {
			return 0, did, err
		}
		return len(ids), did, u.tx.SetCursor(u.carryKey(carryCases), int64(ids[len(ids)-1]))
	}
	if at, err = u.tx.Cursor(u.carryKey(carryContacts)); err != nil {
		return 0, PackEffect{}, err
	}
	people, err := u.tx.StandingContacts(u.o.ID, contact.ID(at), carryChunk)
	if err != nil {
		return 0, PackEffect{}, err
	}
	if len(people) > 0 {
		did, err := u.carryContacts(people, ref)
		if err != nil {
			return 0, did, err
		}
		return len(people), did, u.tx.SetCursor(u.carryKey(carryContacts), int64(people[len(people)-1]))
	}
	return 0, PackEffect{}, u.tx.SetCursor(u.carryKey(carryEntry), 0)
}

func (u *unit) carryCases(ids []cases.ID, ref task.FactRef) (PackEffect, error) {
	if err := u.lookAtCases(ids); err != nil {
		return PackEffect{}, err
	}
	return u.carry(len(ids), 0, subjects(ids, onCase), ref)
}

func (u *unit) carryContacts(ids []contact.ID, ref task.FactRef) (PackEffect, error) {
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
	did, err := u.carry(0, len(ids), subjects(ids, onContact), ref)
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

func subjects[T any](ids []T, on func(T) task.Subject) []task.Subject {
	out := make([]task.Subject, len(ids))
	for i, id := range ids {
		out[i] = on(id)
	}
	return out
}

// carry lets the rulebook answer the change for some subjects, and counts what that does to open tasks.
func (u *unit) carry(nCases, nContacts int, list []task.Subject, ref task.FactRef) (PackEffect, error) {
	did := PackEffect{Cases: nCases, Contacts: nContacts}
	changed := u.o.Earlier[len(u.o.Earlier)-1].Until
	for _, s := range list {
		if err := u.react(response.Trigger{Kind: journal.OutbreakPackChanged, Subject: s, Ref: ref, At: changed}); err != nil {
			return did, err
		}
	}
	changes, err := u.taskChanges()
	if err != nil {
		return did, err
	}
	for _, c := range changes {
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
	look := func(fn func(*unit) error) error {
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
		out.AllCases, out.AllContacts, err = u.tx.CountStanding(u.o.ID)
		return err
	}); err != nil {
		return out, err
	}
	var lastCase cases.ID
	for n := carryChunk; n == carryChunk && out.Cases < mostPreviewed; {
		var did PackEffect
		at := lastCase
		if err := look(func(u *unit) error {
			ids, err := u.tx.StandingCases(u.o.ID, at, carryChunk)
			if n = len(ids); err != nil || n == 0 {
				return err
			}
			lastCase = ids[n-1]
			did, err = u.carryCases(ids, task.FactRef{})
			return err
		}); err != nil {
			return out, err
		}
		out.PackEffect = out.Plus(did)
	}
	var lastContact contact.ID
	for n := carryChunk; n == carryChunk && out.Contacts < mostPreviewed; {
		var did PackEffect
		at := lastContact
		if err := look(func(u *unit) error {
			ids, err := u.tx.StandingContacts(u.o.ID, at, carryChunk)
			if n = len(ids); err != nil || n == 0 {
				return err
			}
			lastContact = ids[n-1]
			did, err = u.carryContacts(ids, task.FactRef{})
			return err
		}); err != nil {
			return out, err
		}
		out.PackEffect = out.Plus(did)
	}
	return out, nil
}
