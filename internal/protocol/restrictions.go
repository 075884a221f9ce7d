package protocol

import (
	"time"

	"firebreak/internal/restriction"
)

// Restrictions say on which law, and for how long at most, people may be kept apart. Under a pack that leaves the section out nobody is, but for holds.
type Restrictions struct {
	Basis Basis `yaml:"basis"`
	// HomeDaysAs is what the home days of a tier are: quarantine-home or home-monitoring.
	HomeDaysAs Value[restriction.Kind] `yaml:"home_days_as" unit:"word" optional:"yes"`
	// IsolationLongest is how long isolation lasts from its newest proof or its last review; then it ends, unless somebody has looked again before.
	IsolationLongest Value[int] `yaml:"isolation_longest" unit:"d" optional:"yes"`
	ReviewIsolation  Value[int] `yaml:"review_isolation" unit:"d" optional:"yes"`  // somebody looks so often whether isolation must go on
	ReviewQuarantine Value[int] `yaml:"review_quarantine" unit:"d" optional:"yes"` // and quarantine
	ByHandLongest    Value[int] `yaml:"by_hand_longest" unit:"d" optional:"yes"`   // how far two people may move an end, from the day they do
	// Owed is what somebody gets who may not fetch it: it is on the notice.
	Owed Value[[]restriction.NeedKind] `yaml:"owed" unit:"word" optional:"yes"`
}

// Basis is the law that each kind stands on, in plain words. An outbreak elsewhere names its own (command.SetLegalBasis).
type Basis struct {
	Hold           Value[Text] `yaml:"hold" unit:"text" optional:"yes"`
	QuarantineSite Value[Text] `yaml:"quarantine_site" unit:"text" optional:"yes"`
	QuarantineHome Value[Text] `yaml:"quarantine_home" unit:"text" optional:"yes"`
	HomeMonitoring Value[Text] `yaml:"home_monitoring" unit:"text" optional:"yes"`
	Isolation      Value[Text] `yaml:"isolation" unit:"text" optional:"yes"`
}

// Set says whether the pack has the section.
func (r *Restrictions) Set() bool { return r.Basis.Isolation.Set() }

// Of returns the law that a kind stands on. Being fetched is a part of what it leads to.
func (b *Basis) Of(k restriction.Kind) *Value[Text] {
	switch k {
	case restriction.Hold:
		return &b.Hold
	case restriction.QuarantineSite:
		return &b.QuarantineSite
	case restriction.QuarantineHome:
		return &b.QuarantineHome
	case restriction.HomeMonitoring:
		return &b.HomeMonitoring
	default:
		return &b.Isolation
	}
}

// ByHand is how far two people may move an end.
func (r *Restrictions) ByHand() time.Duration { return r.ByHandLongest.Duration() }

func (c *checker) restrictions(p *Pack) {
	const at = "restrictions"
	r := &p.Restrictions
	if !r.Set() {
		if r.IsolationLongest.Set() || r.Owed.Set() {
			c.bad(at+".basis.isolation", "is needed where there is a restrictions section")
		}
		return
	}
	for path, set := range map[string]bool{at + ".basis.quarantine_site": r.Basis.QuarantineSite.Set(), at + ".basis.quarantine_home": r.Basis.QuarantineHome.Set(), at + ".basis.home_monitoring": r.Basis.HomeMonitoring.Set(),
		at + ".home_days_as": r.HomeDaysAs.Set(), at + ".owed": r.Owed.Set(), "clocks.tell_restriction": p.Clocks.TellRestriction.Set(), "clocks.meet_need": p.Clocks.MeetNeed.Set(),
		"clocks.answer_appeal": p.Clocks.AnswerAppeal.Set(), at + ".basis.hold": r.Basis.Hold.Set() || !p.Clocks.HoldLongest.Set()} {
		if !set {
			c.bad(path, "is needed where there is a restrictions section")
		}
	}
	for path, v := range map[string]Value[int]{at + ".isolation_longest": r.IsolationLongest, at + ".review_isolation": r.ReviewIsolation, at + ".review_quarantine": r.ReviewQuarantine, at + ".by_hand_longest": r.ByHandLongest} {
		if v.Value < 1 {
			c.bad(path, "must be 1 or more: nobody is kept apart without an end")
		}
	}
	if k := r.HomeDaysAs.Value; k != restriction.QuarantineHome && k != restriction.HomeMonitoring {
		c.bad(at+".home_days_as", "%q is not quarantine-home or home-monitoring", k)
	}
}
