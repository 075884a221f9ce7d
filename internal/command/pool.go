package command

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/journal"
	"firebreak/internal/lab"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/response"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

// tubesResulted lets the rulebook answer results of tubes, in the change that stores them.
func (u *unit) tubesResulted(changed []changedTube) error {
	list := make([]reportedTube, len(changed))
	for i := range changed {
		c := &changed[i]
		list[i] = reportedTube{Tube: c.Tube, ref: c.Ref, kind: c.Kind, area: c.SiteArea}
	}
	return u.tubesReported(list)
}

// reportedTube is a tube of which something became known that the rulebook answers.
type reportedTube struct {
	store.Tube
	ref  task.FactRef
	kind journal.Kind // TubePositive, TubeFailed, TubeCorrected; TubesResulted for a first negative, TubesRegistered for a tube that was only taken
	area place.AreaID // of the site; 0 where it was not asked for
}

// members are the people in a tube, as the records go on: who was merged into another is that one.
func (u *unit) members(t *store.Tube) ([]screening.Sampled, error) {
	if u.pool.merged == nil {
		var err error
		if u.pool.merged, err = u.tx.MergedPeople(); err != nil {
			return nil, err
		}
	}
	list, err := screening.UnpackMembers(nil, t.Members, t.ClosedAt)
	if err != nil {
		return nil, fmt.Errorf("tube %q: %w", t.Code, err)
	}
	for i := range list {
		if into, ok := u.pool.merged[list[i].Person]; ok {
			list[i].Person = into
		}
	}
	return list, nil
}

// only is the one person in a tube.
func (u *unit) only(t *store.Tube) (screening.Sampled, error) {
	members, err := u.members(t)
	if err != nil {
		return screening.Sampled{}, err
	}
	if len(members) != 1 {
		return screening.Sampled{}, fmt.Errorf("tube %q has %d people, not the one it says: %w", t.Code, len(members), screening.ErrPacked)
	}
	return members[0], nil
}

// tubesReported lets the rulebook answer what became known of tubes:
//
//  1. A tube with one person in it is that person's specimen, where somebody is to do something about it: it is positive, or they are in a positive tube, a case, a
//     contact, or reported a self-test. Otherwise a negative one is a count, and one that told nothing is answered as a tube.
//  2. A tube with several people that is positive, told nothing or was corrected is taken apart into its people; what was taken from them singly since is looked for.
//  3. The rules answer, for tubes, then for single specimens.
func (u *unit) tubesReported(list []reportedTube) error {
	var singles, several []reportedTube
	for _, t := range list {
		switch {
		case t.People == 1:
			singles = append(singles, t)
		case t.kind != journal.TubesResulted && t.kind != journal.TubesRegistered:
			several = append(several, t)
		}
	}
	own, asTubes, err := u.sortSingles(singles)
	if err != nil {
		return err
	}
	several = append(several, asTubes...)
	earlier, err := u.takeApart(several)
	if err != nil {
		return err
	}
	taken, err := u.asSpecimens(append(own, earlier...))
	if err != nil {
		return err
	}
	ids := make([]screening.TubeID, len(several))
	triggers := make([]response.Trigger, len(several))
	for i, t := range several {
		ids[i] = t.ID
		triggers[i] = response.Trigger{Kind: t.kind, Subject: onTube(t.ID), Ref: t.ref, At: t.ResultAt}
	}
	if err := u.lookAtTubes(ids); err != nil {
		return err
	}
	people := u.memberIDs(ids)
	for _, s := range taken {
		people = append(people, s.Person)
	}
	if err := u.lookAtPeople(people); err != nil {
		return err
	}
	for _, s := range taken {
		triggers = append(triggers, u.rolesNow(s)...)
	}
	return u.react(triggers...)
}

// takenSpecimen is a specimen with the fact that tells of it.
type takenSpecimen struct {
	lab.Specimen
	kind journal.Kind
	ref  task.FactRef
	at   time.Time
}

// rolesNow are the triggers of a specimen's fact: for the contact and the case that the person is, and for themselves. Contacts come first: one who is positive becomes a
// case by the rules for contacts.
func (u *unit) rolesNow(s takenSpecimen) []response.Trigger {
	var out []response.Trigger
	p := u.pool.people[s.Person]
	for _, id := range p.contacts {
		out = append(out, response.Trigger{Kind: s.kind, Subject: onContact(id), Ref: s.ref, At: s.at})
	}
	for _, id := range p.cases {
		out = append(out, response.Trigger{Kind: s.kind, Subject: onCase(id), Ref: s.ref, At: s.at})
	}
	return append(out, response.Trigger{Kind: s.kind, Subject: onPerson(s.Person), Ref: s.ref, At: s.at})
}

// sortSingles parts the tubes with one person into those that are somebody's specimen, and those that the rules answer as tubes.
func (u *unit) sortSingles(list []reportedTube) (own []singleTube, asTubes []reportedTube, err error) {
	if len(list) == 0 {
		return nil, nil, nil
	}
	all := make([]singleTube, len(list))
	people := make([]person.ID, len(list))
	codes := make([]string, len(list))
	for i := range list {
		m, err := u.only(&list[i].Tube)
		if err != nil {
			return nil, nil, err
		}
		all[i] = singleTube{list[i], m}
		people[i], codes[i] = m.Person, list[i].Code
	}
	concerned, err := u.concerned(people)
	if err != nil {
		return nil, nil, err
	}
	known, err := u.tx.SpecimensByCodes(u.o.ID, codes)
	if err != nil {
		return nil, nil, err
	}
	ids := make([]screening.TubeID, len(list))
	for i := range list {
		ids[i] = list[i].ID
	}
	answered, err := u.tx.MembersOfTubes(ids) // as tubes, before
	if err != nil {
		return nil, nil, err
	}
	for _, t := range all {
		_, specimen := known[t.Code]
		if specimen || concerned[t.member.Person] || t.Result == lab.TubePositive {
			own = append(own, t)
		}
		if !specimen && !concerned[t.member.Person] && t.Result.Again() || len(answered[t.ID]) > 0 {
			asTubes = append(asTubes, t.reportedTube)
		}
	}
	return own, asTubes, nil
}

// concerned says of which of the people a single specimen is somebody's business: they are in a tube that the rules look at, a case, a contact, or reported a self-test.
func (u *unit) concerned(people []person.ID) (map[person.ID]bool, error) {
	people = sortedSet(people)
	out := map[person.ID]bool{}
	shares, err := u.tx.TubesOfPeople(people, u.o.ID)
	if err != nil {
		return nil, err
	}
	sick, err := u.tx.CasesOfPeople(people, u.o.ID)
	if err != nil {
		return nil, err
	}
	met, err := u.tx.ContactsOfPeople(people, u.o.ID)
	if err != nil {
		return nil, err
	}
	tested, err := u.tx.SelfTestsOf(people, u.o.ID)
	if err != nil {
		return nil, err
	}
	for _, p := range people {
		out[p] = len(shares[p])+len(sick[p])+len(met[p])+len(tested[p]) > 0
	}
	return out, nil
}

// takeApart writes a row for each person in tubes that the rules look at from now on, and returns the single tubes that were taken from them since and are no specimens
// yet.
func (u *unit) takeApart(list []reportedTube) (earlier []singleTube, err error) {
	if len(list) == 0 {
		return nil, nil
	}
	ids := make([]screening.TubeID, len(list))
	for i := range list {
		ids[i] = list[i].ID
	}
	have, err := u.tx.MembersOfTubes(ids)
	if err != nil {
		return nil, err
	}
	swabbed := map[person.ID]time.Time{}
	var since time.Time
	var fresh []store.TubeMember
	for i := range list {
		t := &list[i]
		members, err := u.members(&t.Tube)
		if err != nil {
			return nil, err
		}
		area, err := u.siteArea(t)
		if err != nil {
			return nil, err
		}
		for _, m := range members {
			if slices.ContainsFunc(have[t.ID], func(x store.TubeMember) bool { return x.Person == m.Person }) {
				continue
			}
			row := store.TubeMember{Tube: t.ID, Person: m.Person, Outbreak: u.o.ID, Area: area, District: t.District, At: m.At}
			fresh, have[t.ID] = append(fresh, row), append(have[t.ID], row)
			if at, ok := swabbed[m.Person]; !ok || m.At.Before(at) {
				swabbed[m.Person] = m.At
			}
			if since.IsZero() || m.At.Before(since) {
				since = m.At
			}
		}
	}
	if err := u.tx.AddTubeMembers(fresh); err != nil || len(fresh) == 0 {
		return nil, err
	}
	singles, err := u.tx.SinglesTakenSince(u.o.ID, since)
	if err != nil {
		return nil, err
	}
	for _, t := range singles {
		x := singleTube{reportedTube: reportedTube{Tube: t, ref: task.FactRef{Seq: t.Changed}, kind: journal.TubesRegistered}}
		if x.member, err = u.only(&x.Tube); err != nil {
			return nil, err
		}
		if at, ok := swabbed[x.member.Person]; ok && x.member.At.After(at) {
			earlier = append(earlier, x)
		}
	}
	return earlier, nil
}

// siteArea is where a tube was closed.
func (u *unit) siteArea(t *reportedTube) (place.AreaID, error) {
	if t.area != 0 {
		return t.area, nil
	}
	s, err := u.tx.Site(t.Site)
	return s.Area, err
}

// singleTube is a tube with one person in it, and that person.
type singleTube struct {
	reportedTube
	member screening.Sampled
}

// otherLabel is that of its specimen where the tube's own is taken.
func (t *singleTube) otherLabel() string { return fmt.Sprintf("%s/%d", t.Code, t.ID) }

// specimenResult is what the result of a tube says of the one person in it.
func specimenResult(r lab.TubeResult) lab.Result {
	switch r {
	case lab.TubeNegative:
		return lab.Negative
	case lab.TubePositive:
		return lab.Positive
	case lab.TubeInconclusive:
		return lab.Inconclusive
	case lab.TubeInvalid, lab.TubeLost, lab.TubeLeaked:
		return lab.Invalid
	case lab.TubeAwaited:
	}
	return lab.Awaited
}

// asSpecimens keeps single tubes as specimens of their people, under the label of the tube, and tells of each. A tube that is told again as it was is left out.
func (u *unit) asSpecimens(list []singleTube) (out []takenSpecimen, err error) {
	if len(list) == 0 {
		return nil, nil
	}
	codes := make([]string, 0, 2*len(list))
	people := make([]person.ID, len(list))
	for i := range list {
		people[i] = list[i].member.Person
		codes = append(codes, list[i].Code, list[i].otherLabel())
	}
	known, err := u.tx.SpecimensByCodes(u.o.ID, codes)
	if err != nil {
		return nil, err
	}
	who, err := u.tx.PeopleByID(sortedSet(people))
	if err != nil {
		return nil, err
	}
	var fresh, changed []*lab.Specimen
	var entries []journal.Entry
	seen := map[screening.TubeID]bool{}
	for i := range list {
		t := &list[i]
		if seen[t.ID] {
			continue
		}
		seen[t.ID] = true
		result := specimenResult(t.Result)
		s := &lab.Specimen{Outbreak: u.o.ID, Person: t.member.Person, Area: who[t.member.Person].Area, District: who[t.member.Person].District, Code: t.Code, Method: lab.PCR, TakenAt: t.member.At}
		kind, was := journal.SpecimenTaken, lab.Awaited
		old, ok := known[t.Code]
		if ok && old.Person != t.member.Person && !t.member.At.Equal(old.TakenAt) {
			// The label is on a specimen of somebody else, which no desk took.
			s.Code = t.otherLabel()
			old, ok = known[s.Code]
		}
		if ok {
			if old.Result == result {
				continue
			}
			was, s = old.Result, &old
			changed = append(changed, s)
		} else {
			if s.Area == 0 {
				if s.Area, err = u.siteArea(&t.reportedTube); err != nil {
					return nil, err
				}
				s.District = t.District
			}
			fresh = append(fresh, s)
		}
		at := s.TakenAt
		if s.Result, s.ResultAt = result, t.ResultAt; result != lab.Awaited {
			kind, at = journal.ResultReported, t.ResultAt
			if was != lab.Awaited {
				kind = journal.ResultCorrected
			}
		}
		out = append(out, takenSpecimen{Specimen: *s, kind: kind, at: at})
		payload, err := json.Marshal(map[string]any{"code": s.Code, "person": s.Person, "method": s.Method, "from": was, "result": s.Result, "tube": t.ID})
		if err != nil {
			return nil, err
		}
		entries = append(entries, journal.Entry{Kind: kind, Outbreak: u.o.ID, Area: s.Area, At: at, Actor: u.by.Name(), Cause: t.ref, Payload: payload})
	}
	if err := u.tx.AddSpecimens(fresh); err != nil {
		return nil, err
	}
	if err := u.tx.UpdateSpecimens(changed); err != nil {
		return nil, err
	}
	byCode := map[string]*lab.Specimen{}
	for _, s := range slices.Concat(fresh, changed) {
		byCode[s.Code] = s
	}
	for i := range out {
		out[i].Specimen = *byCode[out[i].Code]
		entries[i].Subject = task.Subject{Kind: task.OnSpecimen, ID: int64(out[i].ID)}
	}
	first, err := u.tx.AppendAll(entries)
	for i := range out {
		out[i].ref = task.FactRef{Seq: first + int64(i)}
	}
	return out, err
}

// endHolds lets go whoever is held past the last moment.
func (u *unit) endHolds() (int, error) {
	over, err := u.tx.HoldsOver(u.o.ID, u.now, clockBatch)
	if err != nil || len(over) == 0 {
		return 0, err
	}
	people := make([]person.ID, len(over))
	for i, h := range over {
		people[i] = h.Person
	}
	if err := u.lookAtPeople(people); err != nil {
		return 0, err
	}
	for _, h := range over {
		if !u.holdOf(h.Tube, h.Person).Stands() {
			continue // with another of theirs
		}
		ref, err := u.fact(journal.HoldOver, onPerson(h.Person), h.Area, h.Until, map[string]any{"tube": h.Tube, "until": h.Until.UTC()})
		if err != nil {
			return 0, err
		}
		if err := u.react(response.Trigger{Kind: journal.HoldOver, Subject: onPerson(h.Person), Ref: ref, At: h.Until}); err != nil {
			return 0, err
		}
	}
	return len(over), nil
}

// readTubes are how many tubes the clock reads at a time for those of people who are to be sampled.
const readTubes = 5_000

// seeTubes looks in the tubes that came in since it last did for people who are to be sampled: what they were asked for is done. A desk's tube reaches the rules by this
// within a tick; the capture path waits for nothing.
func (c *Commands) seeTubes(ctx context.Context, list []outbreak.Outbreak) (seen int, err error) {
	wanted := map[outbreak.ID]map[person.ID][]task.Kind{}
	var merged map[person.ID]person.ID
	for {
		var from int64
		var tubes []store.Tube
		found := map[outbreak.ID][]reportedTube{}
		again := map[outbreak.ID][]sampledAgain{}
		err := c.db.View(ctx, func(r *store.Reader) (err error) {
			if from, err = r.TubesRead(); err != nil {
				return err
			}
			if tubes, err = r.TubesChanged(from, readTubes); err != nil || len(tubes) == 0 {
				return err
			}
			if len(wanted) == 0 {
				if merged, err = r.MergedPeople(); err != nil {
					return err
				}
				for _, o := range list {
					if wanted[o.ID], err = r.ToBeSampled(o.ID); err != nil {
						return err
					}
				}
			}
			var members []screening.Sampled
			for _, t := range tubes {
				who := wanted[t.Outbreak]
				if len(who) == 0 {
					continue
				}
				if members, err = screening.UnpackMembers(members[:0], t.Members, t.ClosedAt); err != nil {
					return fmt.Errorf("tube %q: %w", t.Code, err)
				}
				for _, m := range members {
					if into, ok := merged[m.Person]; ok {
						m.Person = into
					}
					kinds, ok := who[m.Person]
					if ok && t.People == 1 {
						found[t.Outbreak] = append(found[t.Outbreak], reportedTube{Tube: t, ref: task.FactRef{Seq: t.Changed}, kind: journal.TubesRegistered})
					}
					if ok && t.People > 1 && slices.Contains(kinds, task.SampleAgain) {
						again[t.Outbreak] = append(again[t.Outbreak], sampledAgain{t, m})
					}
				}
			}
			return nil
		})
		if err != nil || len(tubes) == 0 {
			return seen, err
		}
		last := tubes[len(tubes)-1].Changed
		for _, o := range list {
			if len(found[o.ID])+len(again[o.ID]) == 0 {
				continue
			}
			err := c.inID(ctx, Owner("clock"), o.ID, func(u *unit) error {
				if err := u.tubesReported(found[o.ID]); err != nil {
					return err
				}
				return u.sampledInTubes(again[o.ID])
			})
			if err != nil {
				return seen, fmt.Errorf("outbreak %q: %w", o.Name, err)
			}
			seen += len(found[o.ID]) + len(again[o.ID])
		}
		// What was seen is seen again if the server stops here; that changes nothing.
		if err := c.db.Update(ctx, func(tx *store.Tx) error { return tx.SetTubesRead(last) }); err != nil {
			return seen, err
		}
		if len(tubes) < readTubes {
			return seen, nil
		}
	}
}

// sampledAgain is somebody whose tube told nothing, in a tube of several people later.
type sampledAgain struct {
	store.Tube
	member screening.Sampled
}

// sampledInTubes notes in which later tubes people are whose tube told nothing, and lets the rules answer.
func (u *unit) sampledInTubes(list []sampledAgain) error {
	if len(list) == 0 {
		return nil
	}
	ids := make([]screening.TubeID, len(list))
	for i := range list {
		ids[i] = list[i].ID
	}
	have, err := u.tx.MembersOfTubes(sortedSet(ids))
	if err != nil {
		return err
	}
	var fresh []store.TubeMember
	var people []person.ID
	var triggers []response.Trigger
	for i := range list {
		x := &list[i]
		if slices.ContainsFunc(have[x.ID], func(m store.TubeMember) bool { return m.Person == x.member.Person }) {
			continue
		}
		area, err := u.siteArea(&reportedTube{Tube: x.Tube})
		if err != nil {
			return err
		}
		fresh = append(fresh, store.TubeMember{Tube: x.ID, Person: x.member.Person, Outbreak: u.o.ID, Area: area, District: x.District, At: x.member.At})
		people = append(people, x.member.Person)
		triggers = append(triggers, response.Trigger{Kind: journal.SpecimenTaken, Subject: onPerson(x.member.Person), Ref: task.FactRef{Seq: x.Changed}, At: x.member.At})
	}
	if err := u.tx.AddTubeMembers(fresh); err != nil {
		return err
	}
	// Read before in this order, they would not show the tube.
	for _, p := range people {
		delete(u.pool.people, p)
	}
	if err := u.lookAtPeople(people); err != nil {
		return err
	}
	return u.react(triggers...)
}

// CheckTube records what was found when somebody looked for a swapped tube or a missing member.
type CheckTube struct {
	Outbreak string
	Tube     string // its label
	Finding  string // in words; needed
	At       string // instant; now when empty
}

// CheckTube carries out the order.
func (c *Commands) CheckTube(ctx context.Context, by By, in CheckTube) error {
	finding := strings.TrimSpace(in.Finding)
	const longest = 2000
	if finding == "" || len(finding) > longest {
		return &Invalid{Field: "finding", Reason: "is needed, of 2000 bytes at most: what was found"}
	}
	return c.in(ctx, by, in.Outbreak, func(u *unit) error {
		t, err := u.tx.TubeByCode(u.o.ID, strings.TrimSpace(in.Tube))
		if isNotFound(err) {
			return &Invalid{"tube", in.Tube, "is not registered"}
		}
		if err != nil {
			return err
		}
		s, err := u.tx.Site(t.Site)
		if err != nil {
			return err
		}
		if err := by.may(&u.tx.Reader, u.o, auth.ResultWrite, s.Area, u.now); err != nil {
			return err
		}
		members, err := u.tx.MembersOfTubes([]screening.TubeID{t.ID})
		if err != nil {
			return err
		}
		if len(members) == 0 {
			return &Invalid{"tube", in.Tube, "asks for no check: it was neither positive nor without a result"}
		}
		at, err := u.past("at", in.At)
		if err != nil {
			return err
		}
		if err := u.tx.PutTubeCheck(store.TubeCheck{Tube: t.ID, Outbreak: u.o.ID, District: t.District, At: at, By: by.Name(), Finding: finding}); err != nil {
			return err
		}
		ref, err := u.fact(journal.TubeChecked, onTube(t.ID), s.Area, at, map[string]any{"tube": t.Code, "finding": finding})
		if err != nil {
			return err
		}
		return u.react(response.Trigger{Kind: journal.TubeChecked, Subject: onTube(t.ID), Ref: ref, At: at})
	})
}

// tellHeld records that somebody was told of a hold; t is its task.
func (u *unit) tellHeld(t task.Task, at time.Time) error {
	p := person.ID(t.Subject.ID)
	if err := u.lookAtPeople([]person.ID{p}); err != nil {
		return err
	}
	k := holdKey{screening.TubeID(t.Ordinal), p}
	h := u.pool.holds[k]
	if h == nil || !h.Stands() {
		return &Invalid{"task", string(t.Kind), "is of a hold that does not stand any more"}
	}
	if at.Before(h.Since) {
		return &Invalid{Field: "at", Value: at.Format(time.RFC3339), Reason: "lies before the hold began"}
	}
	u.changeHold(k, h)
	h.ToldAt = at
	ref, err := u.fact(journal.PersonTold, t.Subject, t.Area, at, map[string]any{"tube": h.Tube, "until": h.Until.UTC(), "task": t.ID})
	if err != nil {
		return err
	}
	return u.react(response.Trigger{Kind: journal.PersonTold, Subject: t.Subject, Ref: ref, At: at})
}
