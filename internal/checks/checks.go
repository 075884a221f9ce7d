// Package checks reads who is due for a check now: at a site by lift and room, and by a link of their own for whoever answers for themselves.
//
// A check is a task of a contact (task.CheckContact), so many a day as the tier says. Cases are looked after by a hospital and have none. web, api and cmd import it; it imports store, protocol and
// the nouns. It writes nothing: command.RecordCheck and command.ReportCheck do.
package checks

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"firebreak/internal/contact"
	"firebreak/internal/facility"
	"firebreak/internal/place"
	"firebreak/internal/protocol"
	"firebreak/internal/restriction"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

// Due is somebody whose check can be made now.
type Due struct {
	Task    task.Task
	Contact contact.Contact
	Stay    facility.Stay
	Room    facility.Room
	Last    contact.Check // the newest; zero for none
}

// Round is the checks of a site.
type Round struct {
	Due     []Due     // whoever is late first, then by lift and room
	People  int       // who are there
	Made    int       // of them, those whose next check comes later
	Next    time.Time // when it does, for the first of them; zero for none
	Without int       // of them, those who have no checks: cases, and contacts whose follow-up is over
}

// Late counts those who are late.
func (x Round) Late(now time.Time) (n int) {
	for _, d := range x.Due {
		if d.Task.Late(now) {
			n++
		}
	}
	return n
}

// AtSite reads the checks of those who stay in a facility. The caller has checked that it may be read.
func AtSite(r *store.Reader, f facility.Facility, now time.Time) (out Round, err error) {
	stays, err := r.StaysIn([]facility.ID{f.ID})
	if err != nil {
		return out, err
	}
	rooms, err := r.RoomsOf([]facility.ID{f.ID})
	if err != nil {
		return out, err
	}
	byRoom := map[facility.RoomID]facility.Room{}
	for _, m := range rooms[f.ID] {
		byRoom[m.ID] = m
	}
	var list []facility.Stay
	var met []contact.ID
	for _, s := range stays[f.ID] {
		if s.State != facility.In || s.Companion {
			continue
		}
		list = append(list, s)
		if s.ContactOf != 0 {
			met = append(met, s.ContactOf)
		}
	}
	open, err := Open(r, met)
	if err != nil {
		return out, err
	}
	out.People = len(list)
	for _, s := range list {
		d, ok := open[s.ContactOf]
		switch {
		case !ok:
			out.Without++
		case d.Task.NotBefore.After(now):
			out.Made++
			if out.Next.IsZero() || d.Task.NotBefore.Before(out.Next) {
				out.Next = d.Task.NotBefore
			}
		default:
			d.Stay, d.Room = s, byRoom[s.Room]
			out.Due = append(out.Due, d)
		}
	}
	Sort(out.Due, now)
	return out, nil
}

// Sort puts those who are late first, and then goes from lift to lift and from room to room.
func Sort(list []Due, now time.Time) {
	late := func(d Due) int {
		if d.Task.Late(now) {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(list, func(a, b Due) int {
		return cmp.Or(cmp.Compare(late(a), late(b)), place.CompareNames(a.Room.Group, b.Room.Group), place.CompareNames(a.Room.Code, b.Room.Code), cmp.Compare(a.Stay.Bed, b.Stay.Bed), cmp.Compare(a.Contact.Code, b.Contact.Code))
	})
}

// Open reads the check that stands open for each of the contacts, whether or not its time has come. Those who have none are left out.
func Open(r *store.Reader, ids []contact.ID) (map[contact.ID]Due, error) {
	plain := make([]int64, len(ids))
	for i, id := range ids {
		plain[i] = int64(id)
	}
	tasks, err := r.TasksOfMany(task.OnContact, plain)
	if err != nil {
		return nil, err
	}
	known, err := r.ContactsByID(ids)
	if err != nil {
		return nil, err
	}
	made, err := r.ChecksOfMany(ids)
	if err != nil {
		return nil, err
	}
	out := map[contact.ID]Due{}
	for _, c := range known {
		for _, t := range tasks[int64(c.ID)] {
			if t.Kind != task.CheckContact || t.State != task.Open {
				continue
			}
			d := Due{Task: t, Contact: c}
			if list := made[c.ID]; len(list) > 0 {
				d.Last = list[len(list)-1]
			}
			out[c.ID] = d
		}
	}
	return out, nil
}

// Slot is the check of the day that is made at an instant, by how many a day the tier asks for.
func Slot(p *protocol.Pack, tier contact.Tier, at time.Time, loc *time.Location) int {
	t := p.Tier(tier)
	if t == nil {
		return 0
	}
	return contact.SlotAt(at, t.ChecksPerDay.Value, loc)
}

// Coder makes the code of a check link.
type Coder interface {
	CheckCode(restriction int64, time int) string
}

// Reader reads the code of a check link.
type Reader interface {
	ReadCheckCode(code string) (restriction int64, time int, ok bool)
}

// Why a link cannot be used, or is not given.
var (
	ErrNoCode = errors.New("no check link has this code")
	ErrOver   = errors.New("the check link does not hold any more: what it was given for has ended")
	ErrNone   = errors.New("has no check link: nobody is to be checked under it")
)

// Code returns the code of the check link that goes with a restriction: for as long as it stands, and where checks are to be made.
//
// Errors: ErrNone.
func Code(r *store.Reader, codes Coder, p *protocol.Pack, x *restriction.Restriction) (string, error) {
	_, err := linked(r, p, x)
	if err != nil {
		return "", err
	}
	code := codes.CheckCode(int64(x.ID), x.Began())
	if code == "" {
		return "", ErrNone
	}
	return code, nil
}

// linked is the contact who answers by the link of a restriction.
func linked(r *store.Reader, p *protocol.Pack, x *restriction.Restriction) (c contact.Contact, err error) {
	if !x.Stands() || x.Cause.Contact() == 0 {
		return c, ErrNone
	}
	if c, err = r.Contact(x.Cause.Contact()); err != nil {
		return c, err
	}
	if t := p.Tier(c.Tier); c.Over() || t == nil || t.ChecksPerDay.Value == 0 {
		return c, ErrNone
	}
	return c, nil
}

// Link is whose a check link is.
type Link struct {
	Restriction restriction.Restriction
	Contact     contact.Contact
}

// Find returns whose the check link of a code is. Its restriction stands.
//
// Errors: ErrNoCode, ErrOver.
func Find(r *store.Reader, codes Reader, code string) (out Link, err error) {
	id, time, ok := codes.ReadCheckCode(code)
	if !ok {
		return out, ErrNoCode
	}
	if out.Restriction, err = r.Restriction(restriction.ID(id)); errors.Is(err, store.ErrNotFound) {
		return out, ErrOver
	} else if err != nil {
		return out, err
	}
	if out.Restriction.Began() != time {
		return out, ErrOver
	}
	o, err := r.Outbreak(out.Restriction.Outbreak)
	if err != nil {
		return out, err
	}
	pack, err := protocol.Load(o.Pack)
	if err != nil {
		return out, err
	}
	out.Contact, err = linked(r, pack, &out.Restriction)
	if errors.Is(err, ErrNone) {
		err = ErrOver
	}
	return out, err
}
