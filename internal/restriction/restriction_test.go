package restriction

import (
	"errors"
	"testing"
	"time"

	"firebreak/internal/task"
)

var (
	noon = time.Date(2022, 7, 5, 12, 0, 0, 0, time.UTC)
	why  = task.Because{Fact: task.FactRef{Seq: 7}, Rule: "contact_listed", Clause: "tiers.close.control", Pack: "covid19/2022-v9@1"}
)

func atSite(until time.Time) Want {
	return Want{Cause: OfContact(3), Terms: Terms{Kind: QuarantineSite, Until: until, Then: QuarantineHome, ThenAt: until.Add(-72 * time.Hour), Review: noon.Add(1000 * time.Hour)}, Since: noon, Because: why}
}

func TestFollow(t *testing.T) {
	t.Parallel()
	week := noon.Add(240 * time.Hour)
	made, changed := Follow(nil, atSite(week), noon)
	if !changed || made.Check() != nil || made.Terms().Review != week || made.ToTell() != 1 || made.Offer.Kind != QuarantineHome {
		t.Fatalf("%+v, %v", made, made.Check())
	}
	if same, again := Follow(&made, atSite(week), noon.Add(time.Hour)); again || len(same.Versions) != 1 {
		t.Errorf("asked again: %+v", same)
	}
	if k := made.Terms().InForce(week.Add(-time.Hour)); k != QuarantineHome {
		t.Errorf("in its last days it is %s", k)
	}
	moving := atSite(week)
	moving.Terms.Moving = true
	home := atSite(week)
	home.Terms = Terms{Kind: QuarantineHome, Until: week}
	for name, c := range map[string]struct {
		want Want
		now  time.Time
		is   Change
		end  Ended
	}{
		"longer":              {atSite(week.Add(time.Hour)), noon, Longer, NotEnded},
		"shorter":             {atSite(week.Add(-time.Hour)), noon, Shorter, NotEnded},
		"milder":              {home, noon, Milder, NotEnded},
		"fetched after all":   {moving, noon, Stricter, NotEnded},
		"cause is none":       {Want{Cause: OfContact(3), Why: EndedCorrected, Because: why}, noon, Over, EndedCorrected},
		"its time is up":      {atSite(week), week, Over, EndedOver},
		"cause gone, unnamed": {Want{Cause: OfContact(3), Because: why}, noon, Over, EndedCorrected},
	} {
		got, changed := Follow(&made, c.want, c.now)
		if !changed || got.Now().Change != c.is || got.Ended != c.end || got.Check() != nil {
			t.Errorf("%s: %+v (%v)", name, got, got.Check())
		}
		if len(made.Versions) != 1 {
			t.Fatalf("%s: what stood was written to", name)
		}
	}
	for name, w := range map[string]Want{"nothing wanted": {Cause: OfContact(3)}, "no cause": {Terms: Terms{Kind: Isolation, Until: week}}, "over before it begins": atSite(noon)} {
		if got, changed := Follow(nil, w, noon); changed {
			t.Errorf("%s made %+v", name, got)
		}
	}
}

func TestTwoPeople(t *testing.T) {
	t.Parallel()
	week := noon.Add(240 * time.Hour)
	r, _ := Follow(nil, atSite(week), noon)
	p := Proposal{Change: Milder, Kind: QuarantineHome, Ground: GroundCare, Words: "a child of two", By: "a"}
	for name, c := range map[string]struct {
		change func(*Proposal)
		want   error
	}{
		"a ground of one's own": {func(p *Proposal) { p.Ground = "example" }, ErrGround},
		"stricter":              {func(p *Proposal) { p.Change = Stricter }, ErrChange},
		"not milder":            {func(p *Proposal) { p.Kind = Isolation }, ErrOption},
		"longer than allowed":   {func(p *Proposal) { p.Change, p.Ground, p.Until = Longer, GroundAwaited, week.Add(100*time.Hour) }, ErrUntil},
		"longer, but sooner":    {func(p *Proposal) { p.Change, p.Ground, p.Until = Longer, GroundAwaited, week.Add(-time.Hour) }, ErrUntil},
		"without a word":        {func(p *Proposal) { p.Words = "" }, ErrWords},
	} {
		x := p
		c.change(&x)
		if _, err := r.Propose(x, 72*time.Hour, noon); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	proposed, err := r.Propose(p, 72*time.Hour, noon)
	if err != nil || proposed.Terms() != r.Terms() {
		t.Fatalf("%+v, %v", proposed, err)
	}
	if _, err := proposed.Propose(p, 0, noon); !errors.Is(err, ErrPending) {
		t.Errorf("a second proposal: %v", err)
	}
	if _, err := proposed.Agree("a", why, noon); !errors.Is(err, ErrSame) {
		t.Errorf("alone: %v", err)
	}
	agreed, err := proposed.Agree("b", why, noon.Add(time.Hour))
	if err != nil || agreed.Check() != nil || agreed.Terms().Kind != QuarantineHome || !agreed.Offer.Offered {
		t.Fatalf("%+v, %v, %v", agreed, err, agreed.Check())
	}
	if stays, changed := Follow(&agreed, atSite(week), noon.Add(2*time.Hour)); changed || stays.Terms().Kind != QuarantineHome {
		t.Errorf("a rule undid what two agreed on: %+v", stays.Now())
	}
	newer := atSite(week)
	newer.Since = noon.Add(3 * time.Hour)
	if again, _ := Follow(&agreed, newer, noon.Add(3*time.Hour)); again.Now().Change != Stricter {
		t.Errorf("a newer reason: %+v", again.Now())
	}
	forged := agreed
	forged.Versions = append([]Version(nil), agreed.Versions...)
	forged.Versions[1].Second = "a"
	if forged.Check() == nil {
		t.Error("a change by one person passes")
	}
	if err := (&Restriction{Versions: r.Versions}).Check(); !errors.Is(err, ErrCause) {
		t.Errorf("without a cause: %v", err)
	}
	if !OfContact(0).IsZero() || !OfCase(-1).IsZero() {
		t.Error("a case or contact that is none is a cause")
	}
}
