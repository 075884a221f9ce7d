package response

import (
	"time"

	"firebreak/internal/contact"
	"firebreak/internal/day"
	"firebreak/internal/facility"
	"firebreak/internal/lab"
	"firebreak/internal/protocol"
	"firebreak/internal/restriction"
	"firebreak/internal/task"
)

// followUp is what the pack makes of a contact's facts: the frame that its tasks and its release share.
type followUp struct {
	tier  *protocol.Tier
	loc   *time.Location
	start day.Day // day 0: the last exposure
	end   day.Day // the last day of follow-up
	from  day.Day // the first day on which something can be done: when the contact was listed
	tests []day.Day
}

// frame computes it. Where no exposure is dated, day 0 is the day of listing: the contact cannot have been exposed later.
func frame(a ask, f *ContactFacts) followUp {
	c := &f.Contact
	u := followUp{tier: a.p.Tier(c.Tier), loc: zoneOf(f.Loc)}
	u.from = day.In(first(c.ListedAt, a.t.At, a.now), u.loc)
	for _, d := range []day.Day{c.LastExposed, c.FirstExposed, u.from} {
		if !d.IsZero() {
			u.start = d
			break
		}
	}
	u.end = u.start.Add(u.tier.FollowUpDays())
	for _, n := range u.tier.Tests.Value {
		if d := u.start.Add(n); d >= u.from {
			u.tests = append(u.tests, d)
		}
	}
	return u
}

// pointless says whether there is nothing to follow: the tier is not followed under this pack, or the last day had passed
// before the contact was listed.
func (u *followUp) pointless() bool { return !u.tier.Followed() || u.end < u.from }

// clause is the one that sets the length of follow-up.
func (u *followUp) clause() string {
	if !u.tier.Followed() {
		return u.tier.Control.Path
	}
	return u.tier.Days.Path
}

// groundless says whether nothing is left that made this person a contact: none of the cases and contacts they met is one.
func groundless(f *ContactFacts) bool {
	list := f.exposures()
	for i := range list {
		if list[i].Holds() {
			return false
		}
	}
	return len(list) > 0
}

// contactTasks says which tasks must stand for a contact, by all that is known of it:
//
//  1. Reach them.
//  2. Offer the best prophylaxis whose window was still open when they were listed.
//  3. Bring them under quarantine where the tier says so.
//  4. Check them: only the next check is open. Find them again after a missed one.
//  5. Sample them on each test day, because of a symptom, and again when a specimen gave no result.
//  6. Release them after the last day.
//  7. Find them who left a site without leave.
//  8. Tell them what they are asked, look at it again, and bring what is owed (restrict.go).
//  9. Over, or nothing left that made them a contact: nothing but what was done.
//  10. Let them go from a site when follow-up is over, or when the rest of it is spent at home.
func contactTasks(a ask, f ContactFacts) []task.Want {
	c := &f.Contact
	u := frame(a, &f)
	w := wants{ask: a, subject: task.Want{Area: c.Area, District: c.District}, list: make([]task.Want, 0, 12)}
	mine := func(s facility.Stay) bool { return s.ContactOf == c.ID }
	over, notBefore := u.siteOver(c)
	if u.pointless() {
		w.checkOut(f.Stays, over, notBefore, mine)
		return w.list
	}
	listed := first(c.ListedAt, a.t.At, a.now)
	clocks := &a.p.Clocks

	w.add(&clocks.ReachContact, want(task.ReachContact, firstReachOrder, task.FollowUpOfficer, listed, &clocks.ReachContact, earliest(c.ReachedAt, c.QuarantineAt)))
	w.prophylaxis(&f, &u, listed)
	w.quarantine(&f, &u, listed)
	w.checks(&f, &u, listed)
	w.contactSamples(&f, &u)
	w.release(&f, &u)
	w.gone(f.Stays, task.ReachContact, task.FollowUpOfficer, &clocks.ReachContact, mine)
	w.restriction(f.Restriction, task.FollowUpOfficer, task.FollowUpOfficer, carer(f.Restriction, a.now), u.loc)

	if c.Over() || groundless(&f) {
		w.list = done(w.list)
	}
	w.checkOut(f.Stays, over, notBefore, mine)
	return w.list
}

// carer is who brings what is owed: the site where they stay, or the community.
func carer(r *restriction.Restriction, now time.Time) task.Role {
	if r.Stands() && r.Terms().InForce(now) == restriction.QuarantineSite {
		return task.QuarantineManager
	}
	return task.CommunityWorker
}

func (w *wants) prophylaxis(f *ContactFacts, u *followUp, listed time.Time) {
	since := u.start
	if !f.Contact.FirstExposed.IsZero() {
		since = f.Contact.FirstExposed
	}
	for i := range w.p.Prophylaxis.Options {
		o := &w.p.Prophylaxis.Options[i]
		if due := lastOf(since, u.loc).Add(o.Within.Duration()); listed.Before(due) {
			w.add(&o.Within, task.Want{Key: task.Key{Kind: task.OfferProphylaxis, Ordinal: i}, Owner: task.FollowUpOfficer, Due: due, DoneAt: f.Contact.ProphylaxisAt})
			return
		}
	}
}

// quarantine wants the contact brought where the tier asks. One who comes nearer in tier and was at home is not done with
// that when the new tier asks for a site.
func (w *wants) quarantine(f *ContactFacts, u *followUp, listed time.Time) {
	c := &f.Contact
	ordinal, owner := 0, task.FollowUpOfficer
	control := u.tier.Control.Value
	switch lifted, milder := byHand(f.Restriction); { // what two people agreed on is not brought about by force
	case lifted, milder == restriction.HomeMonitoring:
		return
	case milder == restriction.QuarantineHome && control == protocol.Site:
		control = protocol.Home
	}
	switch control {
	case protocol.Home:
	case protocol.Site:
		ordinal, owner = siteOrdinal, task.TransferDesk
	default:
		return
	}
	since, doneAt := listed, c.QuarantineAt
	if !c.TierAt.IsZero() {
		since = latest(since, c.TierAt)
		ordinal += againBy * int(day.In(c.TierAt, u.loc))
		if w.p.Tiers.Secondary.Control.Value != u.tier.Control.Value && doneAt.Before(c.TierAt) {
			doneAt = time.Time{}
		}
	}
	w.add(&w.p.Clocks.Quarantine, want(task.QuarantineContact, ordinal, owner, since, &w.p.Clocks.Quarantine, doneAt))
}

// checks wants the next check, keeps those that were made, and wants a contact found who was not seen.
//
// Checks are numbered from 1 by their slot since the first one possible: day by day, as many a day as the tier says. A check
// that is late stays the next one; the visit that sees the contact at last ends it, and the slots in between are gone.
func (w *wants) checks(f *ContactFacts, u *followUp, listed time.Time) {
	n := u.tier.ChecksPerDay.Value
	if n == 0 {
		return
	}
	owner := task.FollowUpOfficer
	if u.tier.Control.Value == protocol.Site {
		owner = task.QuarantineManager
	}
	slots := (u.end.Sub(u.from) + 1) * n
	due := func(slot int) time.Time {
		d := u.from.Add(slot / n)
		if slot%n == n-1 {
			return lastOf(d, u.loc)
		}
		return d.Start(u.loc).Add(24 * time.Hour / time.Duration(n) * time.Duration(slot%n+1))
	}
	next := 0
	for next < slots && !due(next).After(listed) {
		next++
	}
	missed := -1 // the slot at which nobody was seen, while that lasts
	var missedAt time.Time
	clause := u.tier.ChecksPerDay.Path
	find := func(doneAt time.Time) {
		w.add(&w.p.Clocks.MissedCheck, want(task.ReachContact, missed+1, task.FollowUpOfficer, missedAt, &w.p.Clocks.MissedCheck, doneAt))
	}
	for _, k := range f.Checks {
		slot := k.On.Sub(u.from)*n + min(k.Slot, n-1)
		switch {
		case k.Seen:
			if missed >= 0 {
				find(k.At)
				missed = -1
			}
			if slot >= next {
				w.under(clause, task.Want{Key: task.Key{Kind: task.CheckContact, Ordinal: next + 1}, Owner: owner, Due: due(next), DoneAt: k.At})
				next = slot + 1
			}
		case missed < 0 && slot >= 0:
			missed, missedAt = slot, k.At
		}
	}
	if missed >= 0 {
		find(time.Time{})
	}
	if next < slots {
		t := task.Want{Key: task.Key{Kind: task.CheckContact, Ordinal: next + 1}, Owner: owner, Due: due(next)}
		if next > 0 {
			t.NotBefore = due(next - 1)
		}
		w.under(clause, t)
	}
}

// contactSamples wants a specimen for each test day that is not before the listing. A specimen counts for the day it was taken
// and for every test day before it that was missed: those are done, late.
func (w *wants) contactSamples(f *ContactFacts, u *followUp) {
	for _, d := range u.tests {
		taken := takenSince(f.Specimens, d.Start(u.loc))
		t := task.Want{Key: task.Key{Kind: task.SampleContact, Ordinal: int(d)}, Owner: task.SamplingTeam, NotBefore: d.Start(u.loc), Due: lastOf(d, u.loc)}
		if len(taken) > 0 {
			t.DoneAt = taken[0].TakenAt
		}
		w.under(u.tier.Tests.Path, t)
		if on := u.tier.DoubleOn; on.Set() && u.start.Add(on.Value) == d {
			t.Ordinal, t.DoneAt = t.Ordinal+doubleOrdinal, time.Time{}
			if len(taken) > 1 {
				t.DoneAt = taken[1].TakenAt
			}
			w.under(on.Path, t)
		}
	}
	if on := symptomDay(f, u); !on.IsZero() {
		clock := &w.p.Clocks.SampleSymptom
		w.add(clock, want(task.SampleContact, symptomOrdinal+int(on), task.SamplingTeam, symptomAt(f, on, u.loc), clock, takenFrom(f.Specimens, on.Start(u.loc))))
	}
	for _, s := range f.Specimens {
		if s.Result == lab.Inconclusive || s.Result == lab.Invalid {
			w.again(task.SampleContact, f.Specimens, s, u.loc)
		}
	}
}

// release wants follow-up ended soon after its last day; the rule followup_due does it where the facts allow. Its ordinal is
// that day: one who is released and met again is released again. Follow-up that ended because it had no ground is not the
// release that was wanted.
func (w *wants) release(f *ContactFacts, u *followUp) {
	over := u.end.Add(1).Start(u.loc)
	t := task.Want{Key: task.Key{Kind: task.ReleaseContact, Ordinal: int(u.end)}, Owner: task.FollowUpOfficer, NotBefore: over, Due: over.Add(w.p.Clocks.ReleaseContact.Duration())}
	if u.tier.Control.Value == protocol.Site && !u.tier.HomeDays.Set() {
		t.Owner = task.QuarantineManager
	}
	if f.Contact.State == contact.Released && f.Contact.EndedBy != ruleGroundless {
		t.DoneAt = first(f.Contact.EndedAt, endOrNow(u.end, u.loc, w.now))
	}
	w.under(u.tier.Days.Path, t)
}

// takenSince returns the specimens taken from an instant on.
func takenSince(all []lab.Specimen, from time.Time) []lab.Specimen {
	for i, s := range all {
		if !s.TakenAt.Before(from) {
			return all[i:]
		}
	}
	return nil
}

// symptomDay is the day of the first symptom since listing, as the contact or a check tells it; unknown when well.
func symptomDay(f *ContactFacts, u *followUp) day.Day {
	if f.Contact.Symptoms {
		if !f.Contact.SymptomOn.IsZero() {
			return f.Contact.SymptomOn
		}
	}
	for _, k := range f.Checks {
		if k.Symptomatic() {
			return k.On
		}
	}
	if f.Contact.Symptoms {
		return u.from
	}
	return 0
}

// symptomAt is when the symptom became known: the check that found it, or the end of its day.
func symptomAt(f *ContactFacts, on day.Day, loc *time.Location) time.Time {
	for _, k := range f.Checks {
		if k.Symptomatic() {
			return k.At
		}
	}
	return lastOf(on, loc)
}
