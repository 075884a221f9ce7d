package command

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"firebreak/internal/auth"
	"firebreak/internal/day"
	"firebreak/internal/journal"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

// StandingRound has rounds open by themselves again and again: for the members of a group, or for all residents of areas.
type StandingRound struct {
	Outbreak string
	Name     string   // made from the group, or from the first area, when empty
	Areas    []string // codes; empty: the outbreak's area
	Group    string   // empty: all residents
	Pool     int      // 0: by the pack
	// Every (days) or Times (a week), with Apart between two tests of a person; all zero: as the pack has it for the group.
	Every int
	Times int
	Apart time.Duration
	At    string        // "07:00", local: when a round opens
	Runs  time.Duration // how long a round runs; the pack's round length when zero, and never longer than to the next
	Since day.Day       // today when zero
	Until day.Day       // zero: until somebody ends it
}

// StandingRound carries out the order and returns the standing round. The first round opens when its time comes: at the next tick of the clock at the earliest.
func (c *Commands) StandingRound(ctx context.Context, by By, in StandingRound) (out screening.Series, err error) {
	err = c.in(ctx, by, in.Outbreak, func(u *unit) error {
		if out, err = u.newSeries(in); err != nil {
			return err
		}
		if err := u.by.may(&u.tx.Reader, u.o, auth.ScreeningWrite, out.Area, u.now); err != nil {
			return err
		}
		if err := u.tx.AddSeries(&out); err != nil {
			return err
		}
		_, err := u.fact(journal.SeriesStarted, onSeries(out.ID), out.Area, u.now, map[string]any{"name": out.Name, "group": out.Group, "pool": out.Pool, "every_days": out.Rhythm.EveryDays,
			"times_a_week": out.Rhythm.TimesAWeek, "at_minute": out.AtMinute, "minutes": int(out.Length / time.Minute), "since": out.Since, "until": out.Until})
		return err
	})
	return out, err
}

func onSeries(id screening.SeriesID) task.Subject {
	return task.Subject{Kind: store.OnSeries, ID: int64(id)}
}

func (u *unit) newSeries(in StandingRound) (s screening.Series, err error) {
	s = screening.Series{Outbreak: u.o.ID, Name: strings.TrimSpace(in.Name), Group: screening.Group(strings.TrimSpace(in.Group)), Pool: in.Pool, Length: in.Runs, Since: in.Since, Until: in.Until,
		Rhythm: screening.Rhythm{EveryDays: in.Every, TimesAWeek: in.Times, Apart: in.Apart}}
	if s.Group != "" && !s.Group.Valid() {
		return s, &Invalid{"group", in.Group, "is small letters, digits and hyphens, 40 bytes at most"}
	}
	if len(in.Areas) == 0 {
		if j, ok := u.tree.Get(u.o.Area); ok {
			in.Areas = []string{j.Code}
		}
	}
	if s.Areas, s.Area, err = roundAreas(u.tree, u.o.Area, in.Areas); err != nil {
		return s, err
	}
	if s.Rhythm == (screening.Rhythm{}) {
		g, ok := u.pack.Screening.Group(s.Group)
		if ok {
			s.Rhythm, ok = g.Rhythm()
		}
		if !ok {
			return s, &Invalid{Field: "every", Reason: "is needed, or times: pack " + u.pack.Ref() + " has no rhythm for this group"}
		}
	}
	if err := s.Rhythm.Check(); err != nil {
		return s, &Invalid{Field: "every", Reason: err.Error()}
	}
	if s.Pool != 0 {
		if err := screening.CheckPool(s.Pool); err != nil {
			return s, &Invalid{"pool", strconv.Itoa(s.Pool), err.Error()}
		}
	} else if !u.pack.Screening.Set() {
		return s, &Invalid{Field: "pool", Reason: "is needed: pack " + u.pack.Ref() + " names no pool sizes"}
	}
	at, err := time.Parse("15:04", in.At)
	if err != nil {
		return s, &Invalid{"at", in.At, "is no time of day such as 07:00"}
	}
	s.AtMinute = at.Hour()*60 + at.Minute()
	if s.Since.IsZero() {
		s.Since = day.In(u.now, u.loc)
	}
	if !s.Until.IsZero() && s.Until < s.Since {
		return s, &Invalid{"until", s.Until.String(), "lies before the first day"}
	}
	shortest := time.Duration(s.Rhythm.Turn(1)) * 24 * time.Hour
	if s.Length == 0 {
		s.Length = min(u.pack.Screening.RoundLength.Duration(), shortest)
	}
	if s.Length = s.Length.Truncate(time.Minute); s.Length < time.Minute || s.Length > shortest {
		return s, &Invalid{"runs", s.Length.String(), "is at least a minute, and no longer than to the next round"}
	}
	if s.Name == "" {
		if s.Name = string(s.Group); s.Name == "" {
			j, _ := u.tree.Get(s.Areas[0])
			s.Name = j.Name
		}
	}
	return s, nil
}

// EndStandingRound ends a standing round: no further round opens. One that is open goes on to its end. A reason is needed.
func (c *Commands) EndStandingRound(ctx context.Context, by By, id screening.SeriesID, version int64, reason string) (out screening.Series, err error) {
	if reason = strings.TrimSpace(reason); reason == "" {
		return out, &Invalid{Field: "reason", Reason: "is needed"}
	}
	if utf8.RuneCountInString(reason) > mostReason {
		return out, &Invalid{Field: "reason", Reason: fmt.Sprintf("has more than %d characters", mostReason)}
	}
	err = c.db.Update(ctx, func(tx *store.Tx) error {
		s, err := tx.Series(id)
		if err != nil {
			return err
		}
		o, err := tx.Outbreak(s.Outbreak)
		if err != nil {
			return err
		}
		return c.run(tx, by, o, func(u *unit) error {
			if err := u.by.may(&tx.Reader, o, auth.ScreeningWrite, s.Area, u.now); err != nil {
				return err
			}
			if version != 0 && version != s.Version {
				return &store.Conflict{Noun: "standing round", ID: int64(id), Have: s.Version, Want: version}
			}
			if out = s; !s.EndedAt.IsZero() {
				return nil
			}
			return u.endSeries(&s, &out, map[string]string{"reason": reason})
		})
	})
	return out, err
}

// endSeries ends a standing round; payload says why, nil that its time is over.
func (u *unit) endSeries(s, out *screening.Series, payload any) error {
	s.EndedAt = u.now
	if err := u.tx.UpdateSeries(s); err != nil {
		return err
	}
	*out = *s
	_, err := u.fact(journal.SeriesEnded, onSeries(s.ID), s.Area, u.now, payload)
	return err
}

// runSeries closes the rounds of standing rounds whose end has passed, and opens those whose time has come. It returns how many it opened and closed.
func (u *unit) runSeries() (n int, err error) {
	over, err := u.tx.OverdueInSeries(u.o.ID, u.now)
	if err != nil {
		return 0, err
	}
	for i := range over {
		r := &over[i]
		r.State, r.ClosedAt = screening.Closed, u.now
		if err := u.tx.UpdateRound(r); err != nil {
			return n, err
		}
		if _, err := u.fact(journal.RoundClosed, onRound(r.ID), r.Area, u.now, nil); err != nil {
			return n, err
		}
		n++
	}
	list, err := u.tx.SeriesOf(u.o.ID)
	if err != nil {
		return n, err
	}
	for i := range list {
		s := &list[i]
		if !s.EndedAt.IsZero() {
			continue
		}
		open, next, ended := s.Step(u.now, u.loc)
		if s.Pool == 0 && !u.pack.Screening.Set() { // the pack in force was changed for one that tests nobody by rounds
			open, ended = nil, true
		}
		if next == s.Turn && !ended {
			continue
		}
		s.Turn = next
		if open != nil {
			if err := u.openTurn(s, *open); err != nil {
				return n, err
			}
			n++
		}
		if ended {
			err = u.endSeries(s, s, nil)
		} else {
			err = u.tx.UpdateSeries(s)
		}
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// openTurn plans and opens the round of a turn.
func (u *unit) openTurn(s *screening.Series, o screening.Opening) error {
	r := screening.Round{Outbreak: u.o.ID, Name: fmt.Sprintf("%s %s", s.Name, day.In(o.StartsAt, u.loc)), Areas: s.Areas, Area: s.Area, Group: s.Group, Series: s.ID, State: screening.Open,
		StartsAt: o.StartsAt.UTC(), EndsAt: o.EndsAt.UTC(), OpenedAt: u.now}
	if err := u.setPools(&r, s.Pool); err != nil {
		return err
	}
	if err := u.tx.AddRound(&r); err != nil {
		return err
	}
	if _, err := u.fact(journal.RoundPlanned, onRound(r.ID), r.Area, u.now, roundFact(r, u.tree)); err != nil {
		return err
	}
	_, err := u.fact(journal.RoundOpened, onRound(r.ID), r.Area, u.now, nil)
	return err
}
