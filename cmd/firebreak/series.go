package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"firebreak/internal/command"
	"firebreak/internal/day"
	"firebreak/internal/screening"
	"firebreak/internal/store"
)

type roundStandingCmd struct {
	Add  seriesAddCmd  `cmd:"" help:"Have rounds open by themselves again and again, while a server runs: for a group, or for all residents."`
	End  seriesEndCmd  `cmd:"" help:"End a standing round: no further round opens."`
	List seriesListCmd `cmd:"" help:"List the standing rounds of an outbreak, also while a server holds the folder."`
}

// seriesRow is a standing round as the commands print it.
type seriesRow struct {
	ID        int64     `json:"id"`
	Name      string    `json:"name"`
	Group     string    `json:"group,omitempty"`
	Pool      int       `json:"pool"` // 0: by the pack
	EveryDays int       `json:"every_days,omitempty"`
	PerWeek   int       `json:"times_a_week,omitempty"`
	At        string    `json:"at"` // local time of day
	Minutes   int       `json:"minutes"`
	Since     day.Day   `json:"since"`
	Until     day.Day   `json:"until,omitzero"`
	Next      time.Time `json:"next,omitzero"` // when the next round opens
	EndedAt   time.Time `json:"ended_at,omitzero"`
}

func newSeriesRow(s screening.Series, loc *time.Location) seriesRow {
	row := seriesRow{ID: int64(s.ID), Name: s.Name, Group: string(s.Group), Pool: s.Pool, EveryDays: s.Rhythm.EveryDays, PerWeek: s.Rhythm.TimesAWeek, At: fmt.Sprintf("%02d:%02d", s.AtMinute/60, s.AtMinute%60),
		Minutes: int(s.Length / time.Minute), Since: s.Since, Until: s.Until, EndedAt: s.EndedAt}
	if next, ok := s.Coming(loc); ok {
		row.Next = next.StartsAt
	}
	return row
}

func (f roundFlags) tellSeries(ctx context.Context, p *process, db *store.DB, s screening.Series) error {
	var loc *time.Location
	err := db.View(ctx, func(r *store.Reader) error {
		o, err := r.Outbreak(s.Outbreak)
		if err == nil {
			loc, err = o.Location()
		}
		return err
	})
	if err != nil {
		return err
	}
	row := newSeriesRow(s, loc)
	if f.JSON {
		return p.writeJSON(row)
	}
	switch {
	case !row.EndedAt.IsZero():
		_, err = fmt.Fprintf(p.Stdout, "Standing round %d (%s) has ended.\n", row.ID, row.Name)
	default:
		_, err = fmt.Fprintf(p.Stdout, "Standing round %d (%s): the next opens at %s.\n", row.ID, row.Name, row.Next.Format(time.RFC3339))
	}
	return err
}

type seriesAddCmd struct {
	roundFlags
	Name  string        `placeholder:"TEXT" help:"What people call it."`
	Area  []string      `placeholder:"CODE" help:"Jurisdiction; may be repeated. The outbreak's when left out."`
	Group string        `placeholder:"NAME" help:"Only the members of this group are due, such as port-worker."`
	Every int           `placeholder:"DAYS" help:"Every so many days. The pack's rhythm for the group when this and --times are left out."`
	Times int           `placeholder:"N" help:"So many times a week."`
	At    string        `required:"" placeholder:"HH:MM" help:"When a round opens, local time."`
	Runs  time.Duration `placeholder:"DURATION" help:"How long a round runs, such as 10h; the pack's round length when left out."`
	Pool  int           `placeholder:"N" help:"People a tube: 1, 5, 10 or 20. Left out: by the pack."`
	Since string        `placeholder:"DAY" help:"The first day, such as 2022-07-04; today when left out."`
	Until string        `placeholder:"DAY" help:"The last day."`
}

// Run sets a standing round up.
func (c *seriesAddCmd) Run(ctx context.Context, p *process) error {
	in := command.StandingRound{Outbreak: c.Outbreak, Name: c.Name, Areas: c.Area, Group: c.Group, Pool: c.Pool, Every: c.Every, Times: c.Times, At: c.At, Runs: c.Runs}
	for _, x := range []struct {
		option, text string
		into         *day.Day
	}{{"--since", c.Since, &in.Since}, {"--until", c.Until, &in.Until}} {
		if x.text == "" {
			continue
		}
		d, err := day.Parse(x.text)
		if err != nil {
			return misused(fmt.Errorf("%s: %w", x.option, err))
		}
		*x.into = d
	}
	return c.with(ctx, p, false, func(db *store.DB) error {
		s, err := command.New(db, nil).StandingRound(ctx, p.owner(), in)
		if err != nil {
			return err
		}
		return c.tellSeries(ctx, p, db, s)
	})
}

type seriesEndCmd struct {
	roundFlags
	Reason string `required:"" placeholder:"TEXT" help:"Why it ends; the journal keeps it."`
	ID     int64  `arg:"" help:"ID of the standing round, as list tells it."`
}

// Run ends a standing round.
func (c *seriesEndCmd) Run(ctx context.Context, p *process) error {
	return c.with(ctx, p, false, func(db *store.DB) error {
		err := db.View(ctx, func(r *store.Reader) error {
			o, err := r.OutbreakByName(c.Outbreak)
			if err != nil {
				return err
			}
			s, err := r.Series(screening.SeriesID(c.ID))
			if err == nil && s.Outbreak != o.ID {
				err = fmt.Errorf("standing round %d of outbreak %q: %w", c.ID, c.Outbreak, store.ErrNotFound)
			}
			return err
		})
		if err != nil {
			return err
		}
		s, err := command.New(db, nil).EndStandingRound(ctx, p.owner(), screening.SeriesID(c.ID), 0, c.Reason)
		if err != nil {
			return err
		}
		return c.tellSeries(ctx, p, db, s)
	})
}

type seriesListCmd struct {
	roundFlags
}

// Run lists the standing rounds.
func (c *seriesListCmd) Run(ctx context.Context, p *process) error {
	rows := []seriesRow{}
	err := c.beside(ctx, p, func(db *store.DB) error {
		return db.View(ctx, func(r *store.Reader) error {
			o, err := r.OutbreakByName(c.Outbreak)
			if err != nil {
				return err
			}
			loc, err := o.Location()
			if err != nil {
				return err
			}
			list, err := r.SeriesOf(o.ID)
			for _, s := range list {
				rows = append(rows, newSeriesRow(s, loc))
			}
			return err
		})
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return p.writeJSON(struct {
			Standing []seriesRow `json:"standing_rounds"`
		}{rows})
	}
	t := newTable("id", "name", "group", "rhythm", "at", "since", "next", "ended")
	t.alignRight(0)
	for _, r := range rows {
		rhythm := fmt.Sprintf("every %d d", r.EveryDays)
		if r.PerWeek > 0 {
			rhythm = fmt.Sprintf("%d a week", r.PerWeek)
		}
		text := func(at time.Time) string {
			if at.IsZero() {
				return ""
			}
			return at.Format(time.RFC3339)
		}
		t.add(strconv.FormatInt(r.ID, 10), r.Name, r.Group, rhythm, r.At, r.Since.String(), text(r.Next), text(r.EndedAt))
	}
	return t.write(p.Stdout)
}
