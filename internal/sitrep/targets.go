package sitrep

import (
	"fmt"
	"slices"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/day"
	"firebreak/internal/outbreak"
	"firebreak/internal/situation"
	"firebreak/internal/store"
)

// Targets is the response measured against what the world has agreed on.
type Targets struct {
	// Milestones are the days of this outbreak from which its 7-1-7 is measured.
	Milestones Milestones         `json:"milestones"`
	S717       situation.Event717 `json:"7-1-7"`
	Tracing    situation.Tracing  `json:"tracing"` // contacts of new cases in quarantine within 72 hours
}

// Milestones are the days of an outbreak. An unknown one is absent.
type Milestones struct {
	Emerged  day.Day `json:"emerged,omitzero"`  // the first onset of any case
	Detected day.Day `json:"detected,omitzero"` // first anything of any case on record: sampled, noted, reported or confirmed
	Notified day.Day `json:"notified,omitzero"` // the first case reported
	// Responded is when the first case reported was confirmed, isolated, investigated and its list of contacts complete: of the seven early actions those that stand
	// on record here. The others (plans, points of entry, telling the public) are for people to judge.
	Responded day.Day `json:"responded,omitzero"`
}

// traced is a case, with the quarantine of its contacts.
type traced struct {
	confirmed bool
	kept      time.Time // since when they could infect nobody
	situation.TracedCase
}

// steps gathers what the targets are measured from.
type steps struct {
	loc   *time.Location
	at    map[cases.ID]*traced
	order []cases.ID
	first cases.Case // the first reported
	days  Milestones
}

func earlier(d *day.Day, other day.Day) {
	if !other.IsZero() && (d.IsZero() || other < *d) {
		*d = other
	}
}

func (s *steps) add(c cases.Case) {
	earlier(&s.days.Emerged, c.Onset)
	for _, at := range []time.Time{c.NotedAt, c.ReportedAt, c.ConfirmedAt} {
		earlier(&s.days.Detected, day.In(at, s.loc))
	}
	earlier(&s.days.Detected, c.Sampled)
	earlier(&s.days.Notified, day.In(c.ReportedAt, s.loc))
	if !c.ReportedAt.IsZero() && (s.first.ReportedAt.IsZero() || c.ReportedAt.Before(s.first.ReportedAt)) {
		s.first = c
	}
	s.at[c.ID] = &traced{confirmed: c.Class.Infected(), kept: c.IsolatedAt, TracedCase: situation.TracedCase{Confirmed: c.ConfirmedAt, Listed: c.ListedAt}}
	s.order = append(s.order, c.ID)
}

// measure reads what became of the contacts. Those of cases beyond the reader's reach are not counted.
func (s *steps) measure(r *store.Reader, o outbreak.Outbreak, now time.Time, out *Targets) error {
	if all := []time.Time{s.first.ConfirmedAt, s.first.IsolatedAt, s.first.Investigated, s.first.ListedAt}; !slices.ContainsFunc(all, time.Time.IsZero) {
		s.days.Responded = day.In(slices.MaxFunc(all, time.Time.Compare), s.loc)
	}
	var today day.Day
	if !now.IsZero() {
		today = day.In(now, s.loc)
	}
	event := situation.Event{Emerged: s.days.Emerged, Detected: s.days.Detected, Notified: s.days.Notified, Responded: s.days.Responded}
	out.Milestones, out.S717 = s.days, situation.Measure717([]situation.Event{event}, situation.Default717(), today).Events[0]
	err := r.EachTraced(o.ID, func(t store.Traced) {
		c := s.at[t.Case]
		if c == nil || !c.confirmed {
			return
		}
		// A contact who was found to be a case was kept apart when the case was, if not before.
		if became := s.at[t.BecameCase]; became != nil && t.QuarantineAt.IsZero() {
			t.QuarantineAt = became.kept
		}
		c.Contacts = append(c.Contacts, t.QuarantineAt)
	})
	if err != nil {
		return err
	}
	var list []situation.TracedCase
	latest := now
	for _, id := range s.order {
		if c := s.at[id]; c.confirmed {
			list = append(list, c.TracedCase)
			if now.IsZero() && c.Confirmed.After(latest) {
				latest = c.Confirmed
			}
		}
	}
	if out.Tracing, err = situation.MeasureTracing(list, situation.DefaultTracingTarget(), latest); err != nil {
		return fmt.Errorf("tracing: %w", err)
	}
	return nil
}
