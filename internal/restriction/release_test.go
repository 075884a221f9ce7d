package restriction

import (
	"errors"
	"testing"
	"time"
)

// TestRelease: whoever was asked to stay apart, and is free, is released; nobody else is.
func TestRelease(t *testing.T) {
	t.Parallel()
	week := noon.Add(7 * 24 * time.Hour)
	made, _ := Follow(nil, atSite(week), noon)
	ended := func(r Restriction, why Ended, at time.Time) Restriction {
		r = r.copy()
		r.end(why, at, r.Now().Because)
		return r
	}
	watched := made.copy()
	watched.Versions[0].Terms.Kind, watched.Versions[0].Then = HomeMonitoring, ""
	hold := made.copy()
	hold.Cause = OfTube(4)
	for _, why := range EndedWords() {
		got := ended(made, why, noon.Add(time.Hour))
		if rel, err := got.Release(); (err == nil) != why.Frees() || err != nil && !errors.Is(err, ErrNoExit) {
			t.Errorf("%s: %+v, %v", why, rel, err)
		}
	}
	for name, c := range map[string]struct {
		r    Restriction
		want error
	}{
		"stands":       {made, ErrStands},
		"watched only": {ended(watched, EndedReleased, week), ErrNotApart},
		"a hold":       {ended(hold, EndedReleased, week), ErrNoExit},
		"in time":      {ended(made, EndedReleased, week), nil},
	} {
		if _, err := c.r.Release(); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}

	// Let go early by two people: it would have lasted the week.
	early := ended(made, EndedAgreed, noon.Add(48*time.Hour))
	early.Versions[1].By, early.Versions[1].Second = "a", "b"
	rel, err := early.Release()
	if err != nil || !rel.ByTwo || !rel.From.Equal(noon) || !rel.At.Equal(noon.Add(48*time.Hour)) || !rel.Planned.Equal(week) || rel.Version != 2 || rel.Home {
		t.Errorf("early: %+v, %v", rel, err)
	}
	// It began again: the time before was another one.
	again := early.copy()
	again.Ended, again.EndedAt = NotEnded, time.Time{}
	if _, err := again.Release(); !errors.Is(err, ErrStands) {
		t.Errorf("again: %v", err)
	}
	home := made.Terms()
	home.Kind, home.Moving = QuarantineHome, false
	again.add(Version{At: noon.Add(72 * time.Hour), Change: Again, Terms: home, Because: made.Now().Because})
	again = ended(again, EndedReleased, week)
	if rel, err = again.Release(); err != nil || !rel.From.Equal(noon.Add(72*time.Hour)) || rel.Version != 4 || !rel.Home || rel.ByTwo || !rel.Planned.IsZero() {
		t.Errorf("again: %+v, %v", rel, err)
	}
}
