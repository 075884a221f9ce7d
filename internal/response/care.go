package response

import (
	"cmp"
	"slices"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/day"
	"firebreak/internal/facility"
	"firebreak/internal/lab"
	"firebreak/internal/protocol"
	"firebreak/internal/task"
	"firebreak/internal/treatment"
)

// CareFacts is what is known of how a case is treated.
type CareFacts struct {
	Severity   []treatment.SeverityChange // by At, then by ID
	Admissions []treatment.Admission      // by AdmittedAt
	Stays      []facility.Stay            // of the case, those that are in hospitals, the oldest first
	FullICU    bool                       // where they lie no bed of intensive care is free
}

// span is a time in hospitals without a break.
type span struct {
	from, to time.Time // to is zero while it lasts
	moved    bool      // it ended because they went on elsewhere
}

// spans returns the times in hospitals, the oldest first. Whoever is brought to a bed is in one, whether or not anybody has admitted them yet; from one hospital to another is no break.
func (f *CareFacts) spans() (out []span) {
	var all []span
	for _, a := range f.Admissions {
		if a.Ended != treatment.Mistaken {
			all = append(all, span{a.AdmittedAt, a.EndedAt, a.Ended == treatment.Moved})
		}
	}
	for _, s := range f.Stays {
		if !s.InAt.IsZero() && s.Leaving != facility.LeftError {
			all = append(all, span{s.InAt, s.LeftAt, s.Leaving == facility.LeftMoved})
		}
	}
	slices.SortStableFunc(all, func(a, b span) int { return a.from.Compare(b.from) })
	for _, s := range all {
		n := len(out) - 1
		if n < 0 || !out[n].to.IsZero() && s.from.After(out[n].to) {
			out = append(out, s)
			continue
		}
		last := &out[n]
		switch {
		case last.to.IsZero() || s.to.IsZero():
			last.to, last.moved = time.Time{}, false
		case s.to.After(last.to):
			last.to, last.moved = s.to, s.moved
		case s.to.Equal(last.to):
			last.moved = last.moved && s.moved
		}
	}
	return out
}

// in returns the admission that is open; nil for none.
func (f *CareFacts) in() *treatment.Admission {
	for i := range f.Admissions {
		if f.Admissions[i].Open() {
			return &f.Admissions[i]
		}
	}
	return nil
}

// discharged returns the last admission that ended by discharge, and how many did.
func (f *CareFacts) discharged() (last *treatment.Admission, n int) {
	for i := range f.Admissions {
		if f.Admissions[i].Ended == treatment.Discharged {
			last, n = &f.Admissions[i], n+1
		}
	}
	return last, n
}

// cameAs returns the admission by which somebody came to hospitals, before they went from one to another without a break.
func (f *CareFacts) cameAs(in *treatment.Admission) *treatment.Admission {
	for i := len(f.Admissions) - 1; i >= 0; i-- {
		if a := &f.Admissions[i]; in.From != 0 && a.ID == in.From {
			in = a
		}
	}
	return in
}

// admittedFrom returns when they were first admitted at or after an instant. A transfer is no new admission.
func (f *CareFacts) admittedFrom(from time.Time) time.Time {
	var out time.Time
	for _, a := range f.Admissions {
		if a.From == 0 && a.Ended != treatment.Mistaken && !a.AdmittedAt.Before(from) {
			out = earliest(out, a.AdmittedAt)
		}
	}
	return out
}

// Need is the care that a case needs now.
type Need struct {
	Setting  treatment.Setting
	Clause   string // the value of the pack that says so; empty where the pack says nothing
	Severity treatment.Severity
	AtRisk   bool
	Told     bool      // somebody has assessed them
	Since    time.Time // since when they have needed a hospital, or intensive care, without a break; zero: since they were known
	// ToldSince is since when all that was told asks for a hospital, or for none, as this does; zero where nobody has told anything.
	ToldSince time.Time
}

// NeedOf says which care a case needs by the pack, from the newest that was told of how ill they are:
//
//  1. The newest record of severity counts. Without one, somebody proven to have no symptoms counts as that, and anybody else as not assessed.
//  2. Somebody at risk of severe illness is treated where the pack says, when that is more care.
//  3. The need has stood since the first record of an unbroken run that asked for as much.
func NeedOf(p *protocol.Pack, f CaseFacts) Need {
	last := treatment.Newest(f.Care.Severity)
	if last == nil {
		s := treatment.Unassessed
		if f.Case.Class == cases.Asymptomatic {
			s = treatment.Asymptomatic
		}
		setting, clause := p.Care.Setting(s, false)
		return Need{Setting: setting, Clause: clause, Severity: s}
	}
	setting, clause := p.Care.Setting(last.Severity, last.AtRisk)
	n := Need{Setting: setting, Clause: clause, Severity: last.Severity, AtRisk: last.AtRisk, Told: true}
	for _, s := range slices.Backward(f.Care.Severity) {
		if was, _ := p.Care.Setting(s.Severity, s.AtRisk); was.Hospital() != setting.Hospital() {
			break
		}
		n.ToldSince = s.At
	}
	for _, s := range slices.Backward(f.Care.Severity) {
		was, _ := p.Care.Setting(s.Severity, s.AtRisk)
		if was.Hospital() != setting.Hospital() || setting == treatment.InICU && was != setting {
			return n
		}
		n.Since = s.At
	}
	// All that was told asks for a hospital. So did not knowing, where the pack says that.
	if first, _ := p.Care.Setting(treatment.Unassessed, false); setting == treatment.InWard && first.Hospital() && f.Case.Class != cases.Asymptomatic {
		n.Since = time.Time{}
	}
	return n
}

// treat wants what a hospital, and whoever brings people there, is to do for a case:
//
//  1. Who needs a hospital is admitted, by the clock from when they were known, or from when they grew so ill. Who has left one without a discharge and needs one is admitted again.
//  2. Who was found to need one and stays at a site or at home is brought there. Until they are isolated, what isolates them brings them there: moves says that it stands, moved when that was done.
//  3. Who needs intensive care and lies in a ward is moved there. Where the hospital has no bed of it free, they are also to be brought to one that has; whichever comes first.
//
// What was done stays done when they get better.
func (w *wants) treat(f *CaseFacts, from, moved time.Time, moves bool) {
	p, c := w.p, &f.Case
	need := NeedOf(p, *f)
	since := latest(from, need.Since)
	admitted := c.AdmittedAt
	if need.Setting.Hospital() || !admitted.IsZero() {
		// Somebody admitted before they were so ill needs no second admission; one that is over counts for nothing new.
		w.add(&p.Clocks.AdmitCase, want(task.AdmitCase, 0, task.Hospital, since, &p.Clocks.AdmitCase, admitted))
	}
	w.admitAgain(f, &need, since)
	if !moves {
		w.bring(f, &need, from, moved)
	}
	in := f.Care.in()
	if in == nil || need.Setting != treatment.InICU || in.Level == facility.ICU && !in.LevelAt.After(since) {
		return
	}
	since = latest(since, f.Care.cameAs(in).AdmittedAt)
	ordinal := int(day.In(since, zoneOf(f.Loc)))
	there := want(task.MoveToICU, ordinal, task.Hospital, since, &p.Clocks.MoveToICU, time.Time{})
	elsewhere := want(task.TransferCase, icuOrdinal+ordinal, task.TransferDesk, since, &p.Clocks.TransferCase, time.Time{})
	brought := in.From != 0 && in.LevelAt.Equal(in.AdmittedAt)
	if in.Level == facility.ICU {
		if in.From == 0 && in.LevelAt.Equal(in.AdmittedAt) {
			return // they were admitted there
		}
		there.DoneAt, elsewhere.DoneAt = in.LevelAt, in.LevelAt
	}
	w.add(&p.Clocks.MoveToICU, there)
	if brought && in.Level == facility.ICU || in.Level != facility.ICU && f.Care.FullICU {
		w.add(&p.Clocks.TransferCase, elsewhere)
	}
}

// icuOrdinal sets apart bringing somebody from a ward to the intensive care of another hospital.
const icuOrdinal = 50_000_000

// bring wants somebody brought to a hospital who was found to need one and is in none: since it was told, or since they left one with the need standing. Who was discharged, died or went without leave is not brought back by it.
func (w *wants) bring(f *CaseFacts, need *Need, from, moved time.Time) {
	if !need.Told || !need.Setting.Hospital() {
		return
	}
	clock := &w.p.Clocks.TransferCase
	since := latest(from, need.ToldSince)
	add := func(doneAt time.Time) {
		w.add(clock, want(task.TransferCase, int(day.In(since, zoneOf(f.Loc))), task.TransferDesk, since, clock, doneAt))
	}
	for _, s := range f.Care.spans() {
		if !s.to.IsZero() && !s.to.After(since) {
			continue
		}
		if !s.from.Before(since) && moved.Before(s.from) { // not by what isolated them
			add(s.from)
		}
		if s.to.IsZero() || !s.moved {
			return
		}
		since = s.to
	}
	add(time.Time{})
}

// admitAgain wants those admitted again who left a hospital for elsewhere, and need one again.
func (w *wants) admitAgain(f *CaseFacts, need *Need, since time.Time) {
	clock := &w.p.Clocks.AdmitCase
	for i, a := range f.Care.Admissions {
		if a.Ended != treatment.Moved {
			continue
		}
		var again time.Time
		on := false
		for _, b := range f.Care.Admissions[i+1:] {
			if b.Ended != treatment.Mistaken && !b.AdmittedAt.Before(a.EndedAt) {
				again, on = b.AdmittedAt, b.From == a.ID
				break
			}
		}
		if on || again.IsZero() && !need.Setting.Hospital() {
			continue
		}
		w.add(clock, want(task.AdmitCase, int(day.In(a.EndedAt, zoneOf(f.Loc))), task.Hospital, latest(since, a.EndedAt), clock, again))
	}
}

// afterDischarge wants what follows for somebody who left a hospital as recovered:
//
//  1. A test on each of the pack's days at home.
//  2. Somebody looks after them until the last day.
//  3. A positive after it, that does not count as negative: back to a hospital.
func (w *wants) afterDischarge(f *CaseFacts, loc *time.Location) []task.Want {
	last, _ := f.Care.discharged()
	if last == nil || f.Case.Outcome != cases.Recovered {
		return nil
	}
	list := w.list
	w.list = nil
	d := &w.p.Discharge
	left := day.In(last.EndedAt, loc)
	for _, n := range d.HomeTests.Value {
		on := left.Add(n)
		t := task.Want{Key: task.Key{Kind: task.SampleHome, Ordinal: int(on)}, Owner: task.SamplingTeam, NotBefore: on.Start(loc), Due: lastOf(on, loc), DoneAt: takenFrom(f.Specimens, on.Start(loc))}
		w.under(d.HomeTests.Path, t)
	}
	if d.HomeDays.Value > 0 {
		on := left.Add(d.HomeDays.Value)
		t := task.Want{Key: task.Key{Kind: task.MonitorHome, Ordinal: int(left)}, Owner: task.CommunityWorker, NotBefore: last.EndedAt, Due: lastOf(on, loc), DoneAt: last.MonitoredAt}
		w.under(d.HomeDays.Path, t)
	}
	w.readmit(f, loc)
	out := w.list
	w.list = list
	return out
}

// readmit wants somebody back in a hospital who is positive after discharge. Once they are, it is done.
func (w *wants) readmit(f *CaseFacts, loc *time.Location) {
	last, _ := f.Care.discharged()
	if last == nil {
		return
	}
	if s := positiveAfter(w.p, f.Specimens, last.EndedAt); s != nil {
		w.add(&w.p.Clocks.ReadmitCase, want(task.ReadmitCase, int(day.In(s.TakenAt, loc)), task.Hospital, s.ResultAt, &w.p.Clocks.ReadmitCase, f.Care.admittedFrom(last.EndedAt)))
	}
}

// positiveAfter returns the first specimen taken after an instant that is positive, and does not count as negative.
func positiveAfter(p *protocol.Pack, all []lab.Specimen, at time.Time) *lab.Specimen {
	for i := range all {
		if s := &all[i]; s.TakenAt.After(at) && s.Result == lab.Positive && slices.Contains(p.Cases.ConfirmBy.Value, s.Method) && !counts(p, *s) {
			return s
		}
	}
	return nil
}

// CriterionKey names one condition of discharge.
type CriterionKey string

// The conditions of discharge.
const (
	MinDays     CriterionKey = "min_days"
	SymptomFree CriterionKey = "symptom_free"
	Negatives   CriterionKey = "negatives"
	NotIll      CriterionKey = "severity" // no longer so ill that the pack asks for a hospital; see Criteria
)

// Criterion is one condition of discharge, and whether it is met.
type Criterion struct {
	Key    CriterionKey
	Clause string // the value of the pack that asks for it
	Met    bool
	Since  time.Time // when it was met
	// NotBefore is the first instant at which it can be met, where that is known; zero where it depends on what is still to be found.
	NotBefore time.Time
	Have      int // negatives in a row, or days without symptoms
	Want      int
}

// Criteria are the conditions of the pack for the discharge of a case, each with whether and since when it is met:
//
//  1. The least number of days since onset, or since the sample that proved the infection.
//  2. Days without symptoms: since the first of the last records that say so.
//  3. Negatives in a row, the last at least the gap after the first.
//  4. Not severe or critical when last assessed, whatever the tests say.
func Criteria(p *protocol.Pack, f CaseFacts, now time.Time) []Criterion {
	d := &p.Discharge
	loc := zoneOf(f.Loc)
	ref := f.Case.Reference(loc)
	var out []Criterion
	if d.MinDays.Set() {
		c := Criterion{Key: MinDays, Clause: d.MinDays.Path, Want: d.MinDays.Value}
		if !ref.IsZero() {
			c.NotBefore = ref.Add(d.MinDays.Value).Start(loc)
			c.Have = max(0, int(day.In(now, loc)-ref))
			if c.Met = !now.Before(c.NotBefore); c.Met {
				c.Since = c.NotBefore
			}
		}
		out = append(out, c)
	}
	if d.SymptomFree.Set() {
		out = append(out, symptomFree(p, f, now, loc))
	}
	if d.Negatives.Value > 0 {
		out = append(out, negatives(p, f))
	}
	if last := treatment.Newest(f.Care.Severity); last != nil && p.Care.Set() {
		c := Criterion{Key: NotIll, Clause: clauseOf(&p.Care, last.Severity), Met: !last.Severity.Worse(treatment.Moderate)}
		for _, s := range slices.Backward(f.Care.Severity) {
			if s.Severity.Worse(treatment.Moderate) {
				break
			}
			c.Since = s.At
		}
		if !c.Met {
			c.Since = time.Time{}
		}
		out = append(out, c)
	}
	return out
}

// clauseOf is the value that says where somebody so ill is treated.
func clauseOf(c *protocol.Care, s treatment.Severity) string {
	if l, ok := c.Level(s); ok {
		return l.Setting.Path
	}
	return c.Unassessed.Path
}

func symptomFree(p *protocol.Pack, f CaseFacts, now time.Time, loc *time.Location) Criterion {
	d := &p.Discharge
	c := Criterion{Key: SymptomFree, Clause: d.SymptomFree.Path, Want: d.SymptomFree.Value}
	var from time.Time
	for _, s := range slices.Backward(f.Care.Severity) {
		if s.Severity != treatment.Asymptomatic {
			break
		}
		from = s.At
	}
	if len(f.Care.Severity) == 0 && f.Case.Class == cases.Asymptomatic {
		from = lastOf(f.Case.Reference(loc), loc) // they never had any
	}
	if from.IsZero() {
		return c
	}
	since := day.In(from, loc)
	c.Have = max(0, int(day.In(now, loc)-since))
	c.NotBefore = since.Add(c.Want).Start(loc)
	if c.Met = c.Have >= c.Want; c.Met {
		c.Since = c.NotBefore
	}
	return c
}

func negatives(p *protocol.Pack, f CaseFacts) Criterion {
	d := &p.Discharge
	c := Criterion{Key: Negatives, Clause: d.Negatives.Path, Want: d.Negatives.Value}
	var run []lab.Specimen
	run, c.Since, c.Met = cleared(p, f)
	c.Have = len(run)
	if !c.Met && len(run) > 0 {
		c.NotBefore = run[0].TakenAt.Add(d.Gap.Duration())
	}
	return c
}

// Dischargeable says whether every condition is met.
func Dischargeable(list []Criterion) bool {
	return !slices.ContainsFunc(list, func(c Criterion) bool { return !c.Met })
}

// BedFacts is how the beds of an outbreak stand when a rule runs.
type BedFacts struct {
	Kinds     map[facility.Kind]KindFacts
	Reserves  []ReserveFacts       // in reserve
	Opening   []ReserveFacts       // ordered to open
	Proposals []treatment.Proposal // that stand, and those that were declined lately
}

// KindFacts are the beds of all open facilities of a kind.
type KindFacts struct {
	treatment.Beds
	In24, Left24 int64 // people who came and left in the last 24 hours
}

// ReserveFacts is a facility that does not take people yet.
type ReserveFacts struct {
	Facility facility.Facility
	Beds     int64
}

// Projected is how many will be taken after a time, if people come and leave as in the last 24 hours; never fewer than now.
func (k KindFacts) Projected(ahead time.Duration) int64 {
	return k.Taken() + max(0, int64(float64(k.In24-k.Left24)*ahead.Hours()/24))
}

// Shortage is one kind of which too many beds are taken, or will be.
type Shortage struct {
	Kind      facility.Kind
	Beds      int64 // open now
	Coming    int64 // being opened
	Taken     int64
	Projected int64
	Share     float64 // that is allowed
	Clause    string
}

// short says whether so many beds are too few.
func (s Shortage) short(beds int64) bool { return float64(s.Projected) >= s.Share*float64(beds) }

// Shortages says of which kinds beds are short, by the pack: so much of what is open, or being opened, is taken or will be.
// A kind of which nobody needs a bed is never short.
func Shortages(p *protocol.Pack, f BedFacts) []Shortage {
	var out []Shortage
	for _, k := range facility.Kinds() {
		share := p.Care.Reserve.Share(k)
		beds := f.Kinds[k]
		if !share.Set() || beds.Taken() == 0 {
			continue
		}
		s := Shortage{Kind: k, Beds: beds.Beds.Beds, Taken: beds.Taken(), Projected: beds.Projected(p.Care.Reserve.Ahead.Duration()), Share: share.Value, Clause: share.Path}
		for _, o := range f.Opening {
			if o.Facility.Kind == k {
				s.Coming += o.Beds
			}
		}
		if s.short(s.Beds + s.Coming) {
			out = append(out, s)
		}
	}
	return out
}

// soonest puts reserves in the order in which they are proposed: usable soonest, then the largest, then by code.
func soonest(a, b ReserveFacts) int {
	return cmp.Or(cmp.Compare(a.Facility.ReadyIn, b.Facility.ReadyIn), -cmp.Compare(a.Beds, b.Beds), cmp.Compare(a.Facility.Code, b.Facility.Code))
}
