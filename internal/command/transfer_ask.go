package command

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"firebreak/internal/auth"
	"firebreak/internal/contact"
	"firebreak/internal/facility"
	"firebreak/internal/journal"
	"firebreak/internal/person"
	"firebreak/internal/response"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/transfer"
)

// ruleTransfer is the reason of the task of a request that somebody made by hand.
const ruleTransfer = "transfer_asked"

func onTransfer(id transfer.RequestID) task.Subject {
	return task.Subject{Kind: task.OnTransfer, ID: int64(id)}
}

// moves says whether a task is done by moving somebody.
func moves(t *task.Task) bool {
	return t.Owner == task.TransferDesk && (t.Kind == task.MoveCase || t.Kind == task.TransferCase || t.Kind == task.QuarantineContact)
}

// flushTransfers keeps the requests in step with the tasks of the transfer desk:
//
//  1. A request whose task has ended is cancelled, unless its people are in a vehicle: whoever is in one is brought somewhere.
//  2. An open task has one request, with its deadline. Somebody who is moved as a case is not moved as a contact too.
//  3. A case is brought to where it is treated by how ill it was found to be. Where that changes, or where they are, and nobody has fetched them yet, it is asked for anew.
//  4. A request of somebody whose household is moved for the same joins that party.
//  5. Whoever goes along with a child is moved, or not, as the child is. Who does not go along any more is moved for their own sake, where something asks for it.
func (w *world) flushTransfers(changes []task.Change) error {
	type subject struct{ open, over []task.Task }
	by := map[task.Subject]*subject{}
	var order []task.Subject
	note := func(t task.Task) {
		if !moves(&t) {
			return
		}
		s := by[t.Subject]
		if s == nil {
			s = &subject{}
			by[t.Subject] = s
			order = append(order, t.Subject)
		}
		if t.State == task.Open {
			s.open = append(s.open, t)
		} else {
			s.over = append(s.over, t)
		}
	}
	for _, c := range changes {
		note(c.Task)
	}
	again := map[task.Subject]bool{}
	for _, s := range w.askAgain {
		if again[s] {
			continue
		}
		again[s] = true
		list, err := w.tx.TasksOf(s)
		if err != nil {
			return err
		}
		for _, t := range list {
			if t.State == task.Open {
				note(t)
			}
		}
	}
	if len(order) == 0 && len(w.freed) == 0 {
		return nil
	}
	live := map[task.Subject][]transfer.Request{}
	for _, kind := range []task.SubjectKind{task.OnCase, task.OnContact} {
		var ids []int64
		for _, s := range order {
			if s.Kind == kind && !w.isFresh(s) {
				ids = append(ids, s.ID)
			}
		}
		found, err := w.tx.LiveRequestsByTask(kind, ids)
		if err != nil {
			return err
		}
		for id, list := range found {
			live[task.Subject{Kind: kind, ID: id}] = list
		}
	}
	var wanted []asked
	free := w.freed // went along with somebody who is not moved any more
	w.freed = nil
	for _, s := range order {
		x := by[s]
		open := slices.MaxFunc(append(x.open, task.Task{}), func(a, b task.Task) int { return cmp.Compare(a.OpenedAt.UnixMicro(), b.OpenedAt.UnixMicro()) })
		have := live[s]
		if len(have) > 0 && len(x.open) == 0 && s.Kind == task.OnCase && !again[s] { // something else may still ask for them to be brought
			list, err := w.tx.TasksOf(s)
			if err != nil {
				return err
			}
			for _, t := range list {
				if t.State == task.Open && moves(&t) {
					open = t
					x.open = append(x.open, t)
				}
			}
		}
		switch {
		case len(have) > 0 && len(x.open) == 0:
			for i := range have {
				if slices.ContainsFunc(x.over, func(t task.Task) bool { return t.Key == have[i].TaskKey }) {
					if err := w.cancelRequest(&have[i], "task"); err != nil {
						return err
					}
					if have[i].Companion {
						free = append(free, have[i].Person)
					}
				}
			}
		case len(have) > 0:
			anew, err := w.askAnew(have, open, again[s])
			if err != nil {
				return err
			}
			if anew != nil {
				wanted = append(wanted, *anew)
				continue
			}
			for i := range have {
				q := &have[i]
				if q.TaskKey != open.Key || !q.Deadline.Equal(open.Due) || !q.NotBefore.Equal(open.NotBefore) {
					q.TaskKey, q.Deadline, q.NotBefore = open.Key, open.Due, open.NotBefore
					if err := w.tx.UpdateRequest(q); err != nil {
						return err
					}
				}
			}
		case len(x.open) > 0:
			a, err := w.askedOf(open)
			if err != nil {
				return err
			}
			wanted = append(wanted, a)
		}
	}
	for _, p := range free {
		own, err := w.ownMove(p)
		if err != nil {
			return err
		}
		wanted = append(wanted, own...)
	}
	return w.addAsked(wanted)
}

// asked is a request that a task asks for.
type asked struct {
	transfer.Request
	imported bool // its person came with this file: there is nothing to look up
	because  task.Because
}

// addAsked keeps new requests: where people are now, and with whom of their household they move.
func (w *world) addAsked(list []asked) error {
	if len(list) == 0 {
		return nil
	}
	var people, known []person.ID
	for _, a := range list {
		people = append(people, a.Person)
		if !a.imported {
			known = append(known, a.Person)
		}
	}
	records, err := w.tx.PeopleByID(people)
	if err != nil {
		return err
	}
	have, err := w.tx.LiveRequestsOf(w.o.ID, known)
	if err != nil {
		return err
	}
	stays, err := w.tx.StaysOf(known)
	if err != nil {
		return err
	}
	var fresh []*transfer.Request
	for i := range list {
		q := &list[i].Request
		if old, is := have[q.Person]; is && old.ID == 0 { // of this same order: who is a case is moved as one
			if q.Class == facility.Case && old.Class == facility.Contact {
				fresh = slices.DeleteFunc(fresh, func(o *transfer.Request) bool { return o.Person == q.Person })
			} else {
				continue
			}
		} else if is {
			// In a vehicle, asked for by hand, as a case, or along with a child: that goes on. Who is a case goes along with nobody.
			// Who was let go and waits for a vehicle home is under an order again, and moved by that.
			if old.State == transfer.Aboard || old.Task.Kind == task.OnTransfer && !old.Released || !old.Released && (old.Class == facility.Case && !old.Companion || old.Companion && q.Class == facility.Contact) {
				continue
			}
			if err := w.cancelRequest(&old, "case"); err != nil {
				return err
			}
			if err := w.endTaskOf(&old, list[i].because); err != nil {
				return err
			}
			if err := w.cancelCompanions(&old, "case"); err != nil {
				return err
			}
		}
		q.Household = records[q.Person].Household
		for _, s := range stays[q.Person] {
			if s.State == facility.In && s.Outbreak == w.o.ID {
				q.From = s.Facility
			}
		}
		if q.From == 0 {
			q.From = w.broughtTo[q.Person] // at the door of a place that could not take them in
		}
		have[q.Person] = *q
		fresh = append(fresh, q)
	}
	return w.addRequests(fresh)
}

// addRequests numbers new requests, joins each to the party of its household, and keeps them.
func (w *world) addRequests(list []*transfer.Request) error {
	if len(list) == 0 {
		return nil
	}
	first, err := w.tx.RequestIDs(int64(len(list)))
	if err != nil {
		return err
	}
	var houses []person.HouseholdID
	for i, q := range list {
		q.ID = first + transfer.RequestID(i)
		if q.Task.Kind == "" { // nothing else asks for it
			q.Task = onTransfer(q.ID)
		}
		if q.Household != 0 {
			houses = append(houses, q.Household)
		}
	}
	slices.Sort(houses)
	there, err := w.tx.LiveRequestsOfHouseholds(w.o.ID, slices.Compact(houses))
	if err != nil {
		return err
	}
	for i, q := range list {
		q.Party = q.ID
		for _, o := range there[q.Household] {
			if o.State != transfer.Aboard && q.Together(&o) {
				q.Party = o.Party
				break
			}
		}
		for _, o := range list[:i] {
			if q.Party == q.ID && q.Together(o) {
				q.Party = o.Party
			}
		}
	}
	return w.tx.AddRequests(list)
}

// cancelRequest ends a request: nobody comes any more, and no bed is kept.
func (w *world) cancelRequest(q *transfer.Request, reason string) error {
	if q.State == transfer.Aboard {
		return nil
	}
	to, err := q.State.Move(transfer.Cancelled)
	if err != nil {
		return err
	}
	if err := w.leavePlan(q); err != nil {
		return err
	}
	q.State, q.StateAt, q.Reason = to, w.now, reason
	return w.tx.UpdateRequest(q)
}

// leavePlan takes somebody out of the trip that was to fetch them, and gives their bed back. The caller keeps the request.
func (w *world) leavePlan(q *transfer.Request) error {
	if q.Stay != 0 {
		if err := w.giveUpBed(q.Stay); err != nil {
			return err
		}
		q.Stay = 0
	}
	id := q.Trip
	q.Trip, q.Promised = 0, time.Time{}
	if id == 0 {
		return nil
	}
	t, err := w.tx.Trip(id)
	if err != nil || t.State.Over() {
		return err
	}
	others, err := w.tx.RequestsOfTrip(id)
	if err != nil {
		return err
	}
	for _, o := range others {
		if o.ID != q.ID && o.Party == q.Party && o.State == transfer.Planned {
			return nil // somebody of the party is still fetched there
		}
	}
	for i := range t.Stops {
		if s := &t.Stops[i]; s.Party == q.Party && s.DoneAt.IsZero() {
			s.DoneAt, s.Outcome = w.now, transfer.NotNeeded
		}
	}
	return w.closeIfEmpty(&t, q.ID)
}

// endTaskOf voids the task of a request that has its own, when the rest of the ledger is written already.
func (w *world) endTaskOf(q *transfer.Request, because task.Because) error {
	if q.Task != onTransfer(q.ID) {
		return nil
	}
	existing, err := w.tx.TasksOf(q.Task)
	if err != nil {
		return err
	}
	return w.tx.ApplyTaskChanges(w.o.ID, task.Reconcile(existing, nil, q.Task, because, w.now))
}

// closeIfEmpty keeps a trip's stops, and ends it where nobody is in it and nobody is to be fetched. but is somebody who has just left it.
func (w *world) closeIfEmpty(t *transfer.Trip, but transfer.RequestID) error {
	others, err := w.tx.RequestsOfTrip(t.ID)
	if err != nil {
		return err
	}
	empty := !slices.ContainsFunc(others, func(o transfer.Request) bool {
		return o.ID != but && (o.State == transfer.Aboard || o.State == transfer.Planned)
	})
	if empty && !t.State.Over() {
		t.State = transfer.TripDropped
		if !t.StartedAt.IsZero() {
			t.State = transfer.TripDone
		}
		t.DoneAt = w.now
	}
	if err := w.tx.SetStops(t); err != nil {
		return err
	}
	return w.tx.UpdateTrip(t)
}

// endTransferOf cancels the request of a task that a person waived.
func (u *unit) endTransferOf(t task.Task) error {
	if t.Subject.Kind == task.OnTransfer {
		q, err := u.tx.Request(transfer.RequestID(t.Subject.ID))
		if err != nil || q.State.Over() {
			return err
		}
		return u.cancelRequest(&q, "waived")
	}
	if !moves(&t) {
		return nil
	}
	list, err := u.tx.LiveRequestsByTask(t.Subject.Kind, []int64{t.Subject.ID})
	if err != nil {
		return err
	}
	for _, q := range list[t.Subject.ID] {
		if q.TaskKey == t.Key {
			if err := u.cancelRequest(&q, "waived"); err != nil {
				return err
			}
		}
	}
	return nil
}

// AskTransfer asks by hand that a case or contact is moved, and opens the task that asks for it.
type AskTransfer struct {
	Outbreak string
	Case     string // code; or
	Contact  string
	Purpose  string
	To       string // code of a facility; empty: whichever takes them
	Deadline string // instant
	TransferNeeds
}

// TransferNeeds are what the crew and the place have to know of somebody.
type TransferNeeds struct {
	Seat      string   // seat, wheelchair or stretcher
	Care      []string // such as oxygen
	Note      string
	NotBefore string  // instant; empty: now
	Lon, Lat  float64 // where they are, if not at home; both 0: as known
}

const longestNote = 300

func (u *unit) needs(q *transfer.Request, in TransferNeeds) (err error) {
	if q.Seat, err = transfer.ParseSeat(in.Seat); err != nil {
		return &Invalid{"seat", in.Seat, transfer.ErrSeat.Error()}
	}
	if q.Care, err = transfer.ParseCare(in.Care); err != nil {
		return &Invalid{"care", strings.Join(in.Care, " "), transfer.ErrCare.Error()}
	}
	if q.Note = strings.TrimSpace(in.Note); utf8.RuneCountInString(q.Note) > longestNote {
		return &Invalid{Field: "note", Reason: "is more than 300 characters"}
	}
	if in.NotBefore != "" {
		if q.NotBefore, err = ParseInstant(in.NotBefore, u.loc); err != nil {
			return &Invalid{"not_before", in.NotBefore, err.Error()}
		}
	}
	if in.Lon != 0 || in.Lat != 0 {
		if in.Lon < -180 || in.Lon > 180 || in.Lat < -90 || in.Lat > 90 {
			return &Invalid{Field: "lat", Reason: "and lon are degrees: a latitude from -90 to 90, a longitude from -180 to 180"}
		}
		q.Lon, q.Lat, q.Located = in.Lon, in.Lat, true
	}
	return nil
}

// AskTransfer carries out the order.
func (c *Commands) AskTransfer(ctx context.Context, by By, in AskTransfer) (out transfer.Request, err error) {
	err = c.in(ctx, by, in.Outbreak, func(u *unit) error {
		purpose, err := transfer.ParsePurpose(in.Purpose)
		if err != nil {
			return &Invalid{"purpose", in.Purpose, transfer.ErrPurpose.Error()}
		}
		q := &transfer.Request{Outbreak: u.o.ID, Purpose: purpose, State: transfer.Open, StateAt: u.now, MadeAt: u.now, FoundAt: u.now, MadeBy: by.Name()}
		if err := u.whoMoves(q, in.Case, in.Contact); err != nil {
			return err
		}
		if err := by.may(&u.tx.Reader, u.o, auth.TransferWrite, q.Area, u.now); err != nil {
			return err
		}
		ref, err := u.askByHand(q, in)
		if err != nil {
			return err
		}
		out = *q
		return u.standTransfer(q, ref)
	})
	return out, err
}

// askByHand writes a request that somebody makes, whose person and purpose are known.
func (u *unit) askByHand(q *transfer.Request, in AskTransfer) (ref task.FactRef, err error) {
	if q.Deadline, err = ParseInstant(in.Deadline, u.loc); err != nil || q.Deadline.IsZero() {
		return ref, &Invalid{"deadline", in.Deadline, "is needed: an instant such as 2022-03-10T18:00:00+08:00"}
	}
	if err := u.needs(q, in.TransferNeeds); err != nil {
		return ref, err
	}
	if q.To, err = u.placeToGo(in.To, q.Class, q.Purpose); err != nil {
		return ref, err
	}
	have, err := u.tx.LiveRequestsOf(u.o.ID, []person.ID{q.Person})
	if err != nil {
		return ref, err
	}
	if old, is := have[q.Person]; is {
		return ref, &Invalid{"person", string(old.State), "has a transfer that is not over: change that one"}
	}
	if q.ID, err = u.tx.RequestIDs(1); err != nil {
		return ref, err
	}
	q.Party, q.Task, q.TaskKey = q.ID, onTransfer(q.ID), taskFor(q.Purpose)
	if q.Purpose == transfer.ToHome {
		if q.Released, err = u.letGo(q); err != nil {
			return ref, err
		}
	}
	if err := u.tx.AddRequests([]*transfer.Request{q}); err != nil {
		return ref, err
	}
	return u.fact(journal.TransferAsked, onTransfer(q.ID), q.Area, u.now, map[string]any{"case": q.CaseOf, "contact": q.ContactOf, "purpose": q.Purpose, "deadline": q.Deadline, "to": q.To})
}

// taskFor is the task of a request that was made by hand.
func taskFor(p transfer.Purpose) task.Key {
	if p == transfer.ToHome {
		return task.Key{Kind: task.BringHome}
	}
	return task.Key{Kind: task.MovePerson}
}

// letGo says whether nothing keeps somebody apart any more.
func (w *world) letGo(q *transfer.Request) (bool, error) {
	if q.CaseOf != 0 {
		c, err := w.getCase(q.CaseOf)
		return err == nil && c.Closed(), err
	}
	c, err := w.getContact(q.ContactOf)
	return err == nil && c.Over() && c.State != contact.BecameCase, err
}

// whoMoves fills in who is moved, and from where.
func (u *unit) whoMoves(q *transfer.Request, caseCode, contactCode string) error {
	switch {
	case (caseCode == "") == (contactCode == ""):
		return &Invalid{Field: "case", Reason: "or contact: one of them is needed"}
	case caseCode != "":
		c, err := u.tx.CaseByCode(u.o.ID, strings.TrimSpace(caseCode))
		if err != nil {
			return err
		}
		q.Person, q.CaseOf, q.Class, q.Area, q.District, q.Lon, q.Lat, q.Located = c.Person, c.ID, facility.Case, c.Area, c.District, c.Lon, c.Lat, c.Located
	default:
		code := strings.TrimSpace(contactCode)
		found, err := u.tx.ContactsByCodes(u.o.ID, []string{code})
		if err != nil {
			return err
		}
		c, is := found[code]
		if !is {
			return fmt.Errorf("contact %q: %w", code, store.ErrNotFound)
		}
		q.Person, q.ContactOf, q.Class, q.Tier, q.Area, q.District = c.Person, c.ID, facility.Contact, c.Tier, c.Area, c.District
	}
	p, err := u.tx.Person(q.Person)
	if err != nil {
		return err
	}
	q.Household = p.Household
	stays, err := u.tx.StaysOf([]person.ID{q.Person})
	for _, s := range stays[q.Person] {
		if s.State == facility.In && s.Outbreak == u.o.ID {
			q.From = s.Facility
		}
	}
	return err
}

// placeToGo reads the code of a facility that somebody is to be brought to.
func (u *unit) placeToGo(code string, class facility.Class, purpose transfer.Purpose) (facility.ID, error) {
	if code = strings.TrimSpace(code); code == "" {
		return 0, nil
	}
	f, err := u.tx.FacilityByCode(u.o.ID, code)
	switch {
	case err != nil:
		if isNotFound(err) {
			err = &Invalid{"to", code, "is not the code of a facility"}
		}
		return 0, err
	case purpose == transfer.ToHome:
		return 0, &Invalid{"to", code, "is not where somebody goes who goes home"}
	case f.Kind.Takes() != class:
		return 0, &Invalid{"to", code, "does not take a " + string(class)}
	}
	return f.ID, nil
}

// standTransfer lets the task of a request made by hand stand, or end, as the request does.
func (u *unit) standTransfer(q *transfer.Request, ref task.FactRef) error {
	because := task.Because{Fact: ref, Rule: ruleTransfer, Pack: u.pack.Ref()}
	w := task.Want{Key: q.TaskKey, Owner: task.TransferDesk, Area: q.Area, District: q.District, NotBefore: q.NotBefore, Due: q.Deadline, Because: because, DoneAt: q.ArrivedAt}
	s := response.Stand{Subject: q.Task, Because: because}
	if q.State != transfer.Cancelled {
		s.Tasks = []task.Want{w}
	}
	_, err := u.Apply(s)
	return err
}

// ChangeTransfer changes what is known of a request that is not over. What was promised stays promised; the next plan sees what is needed.
type ChangeTransfer struct {
	Transfer transfer.RequestID
	Version  int64 // that the caller has seen; 0 is whatever stands
	Purpose  string
	To       string
	Deadline string // only of one made by hand; empty leaves it
	TransferNeeds
}

// onRequest runs an order about a request that the caller may change.
func (c *Commands) onRequest(ctx context.Context, by By, id transfer.RequestID, version int64, fn func(*unit, *transfer.Request) error) (out transfer.Request, err error) {
	err = c.db.Update(ctx, func(tx *store.Tx) error {
		q, err := tx.Request(id)
		if err != nil {
			return err
		}
		o, err := tx.Outbreak(q.Outbreak)
		if err != nil {
			return err
		}
		return c.run(tx, by, o, func(u *unit) error {
			if err := by.may(&tx.Reader, o, auth.TransferWrite, q.Area, u.now); err != nil {
				return err
			}
			if version != 0 && version != q.Version {
				return &store.Conflict{Noun: "transfer", ID: int64(id), Have: q.Version, Want: version}
			}
			err := fn(u, &q)
			out = q
			return err
		})
	})
	return out, err
}

// ChangeTransfer carries out the order.
func (c *Commands) ChangeTransfer(ctx context.Context, by By, in ChangeTransfer) (transfer.Request, error) {
	return c.onRequest(ctx, by, in.Transfer, in.Version, func(u *unit, q *transfer.Request) error {
		if q.State.Over() || q.State == transfer.Aboard {
			return &Invalid{"state", string(q.State), "only who waits can be changed"}
		}
		purpose, err := transfer.ParsePurpose(cmp.Or(in.Purpose, string(q.Purpose)))
		if err != nil {
			return &Invalid{"purpose", in.Purpose, transfer.ErrPurpose.Error()}
		}
		if q.To, err = u.placeToGo(in.To, q.Class, purpose); err != nil {
			return err
		}
		if q.Purpose = purpose; q.Task.Kind == task.OnTransfer {
			q.TaskKey = taskFor(purpose)
		}
		if in.Deadline != "" {
			if q.Task.Kind != task.OnTransfer {
				return &Invalid{"deadline", in.Deadline, "is the task's: the rulebook sets it"}
			}
			if q.Deadline, err = ParseInstant(in.Deadline, u.loc); err != nil {
				return &Invalid{"deadline", in.Deadline, err.Error()}
			}
		}
		if err := u.needs(q, in.TransferNeeds); err != nil {
			return err
		}
		if err := u.tx.UpdateRequest(q); err != nil {
			return err
		}
		ref, err := u.fact(journal.TransferChanged, onTransfer(q.ID), q.Area, u.now, map[string]any{"purpose": q.Purpose, "to": q.To, "seat": q.Seat, "care": q.Care, "deadline": q.Deadline})
		if err != nil || q.Task.Kind != task.OnTransfer {
			return err
		}
		return u.standTransfer(q, ref)
	})
}

// AskAgain says that a party who was not there, or would not come, is to be fetched after all.
func (c *Commands) AskAgain(ctx context.Context, by By, id transfer.RequestID, version int64) (transfer.Request, error) {
	return c.onRequest(ctx, by, id, version, func(u *unit, q *transfer.Request) error {
		if q.State != transfer.NoShow && q.State != transfer.Refused {
			return &Invalid{"state", string(q.State), "is not one to ask again"}
		}
		q.State, q.StateAt, q.Reason, q.Trip, q.Promised = transfer.Open, u.now, "", 0, time.Time{}
		if err := u.tx.UpdateRequest(q); err != nil {
			return err
		}
		_, err := u.fact(journal.TransferChanged, onTransfer(q.ID), q.Area, u.now, map[string]any{"state": q.State})
		return err
	})
}

// CancelTransfer ends a request that was made by hand; what a task asks for ends with the task.
func (c *Commands) CancelTransfer(ctx context.Context, by By, id transfer.RequestID, version int64, reason string) (transfer.Request, error) {
	return c.onRequest(ctx, by, id, version, func(u *unit, q *transfer.Request) error {
		switch reason = strings.TrimSpace(reason); {
		case reason == "" || utf8.RuneCountInString(reason) > longestNote:
			return &Invalid{Field: "reason", Reason: "is needed, of 300 characters at most"}
		case q.Task.Kind != task.OnTransfer && !q.Companion: // whoever goes along may always think better of it
			return &Invalid{"state", string(q.State), "is what a task asks for: waive that"}
		case q.State == transfer.Aboard || q.State.Over():
			return &Invalid{"state", string(q.State), "cannot be cancelled"}
		}
		if err := u.endRequest(q, reason); err != nil {
			return err
		}
		if q.Task != onTransfer(q.ID) { // they do not go along any more; what asks for the child stands
			u.askAgainFor(q.Person)
			return nil
		}
		return u.cancelCompanions(q, reason)
	})
}
