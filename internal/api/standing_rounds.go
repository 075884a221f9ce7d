package api

import (
	"fmt"
	"net/http"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/day"
	"firebreak/internal/screening"
)

// StandingRound opens a round by itself on the days of its rhythm, for the members of a group or for all residents.
type StandingRound struct {
	ID        int64      `json:"id"`
	Name      string     `json:"name"`
	Areas     []string   `json:"areas" doc:"Codes: whose residents are due."`
	Group     string     `json:"group,omitempty" doc:"Whose members are due; left out where all residents are."`
	Pool      int        `json:"pool,omitempty" doc:"People a tube holds at most; by the pack where it is left out."`
	EveryDays int        `json:"every_days,omitempty"`
	PerWeek   int        `json:"times_a_week,omitempty"`
	At        string     `json:"at" doc:"When a round opens: local time of the outbreak." example:"07:00"`
	Minutes   int        `json:"minutes" doc:"How long a round runs."`
	Since     string     `json:"since" format:"date"`
	Until     string     `json:"until,omitempty" format:"date" doc:"The last day; left out: until somebody ends it."`
	Next      *time.Time `json:"next,omitempty" doc:"When the next round opens."`
	EndedAt   *time.Time `json:"ended_at,omitempty"`
	Version   int64      `json:"version"`
}

// StandingRounds are those of an outbreak, the oldest first.
type StandingRounds struct {
	Items []StandingRound `json:"items"`
}

// NewStandingRound sets one up.
type NewStandingRound struct {
	Name      string   `json:"name,omitempty" maxLength:"200" doc:"Made from the group, or the first area, where it is left out."`
	Areas     []string `json:"areas,omitempty" doc:"Codes; the outbreak's area where they are left out."`
	Group     string   `json:"group,omitempty" doc:"Only its members are due."`
	Pool      int      `json:"pool,omitempty" doc:"1, 5, 10 or 20; by the pack where it is left out."`
	EveryDays int      `json:"every_days,omitempty" minimum:"0" doc:"This, or times_a_week; the pack's rhythm for the group where both are left out."`
	PerWeek   int      `json:"times_a_week,omitempty" minimum:"0"`
	Apart     int      `json:"apart_hours,omitempty" minimum:"0" maximum:"168" doc:"At least, from one test of a person to the next."`
	At        string   `json:"at" example:"07:00"`
	Minutes   int      `json:"minutes,omitempty" minimum:"0" doc:"By the pack where it is left out, and never longer than to the next."`
	Since     string   `json:"since,omitempty" format:"date" doc:"Today where it is left out."`
	Until     string   `json:"until,omitempty" format:"date"`
}

// EndStanding ends a standing round.
type EndStanding struct {
	Version int64  `json:"version,omitempty" doc:"The version that the caller has seen; whatever stands where it is left out."`
	Reason  string `json:"reason" minLength:"1" maxLength:"200" doc:"Why it ends; the journal keeps it."`
}

func (in *inside) standingRound(s screening.Series, loc *time.Location) StandingRound {
	out := StandingRound{ID: int64(s.ID), Name: s.Name, Areas: make([]string, len(s.Areas)), Group: string(s.Group), Pool: s.Pool, EveryDays: s.Rhythm.EveryDays, PerWeek: s.Rhythm.TimesAWeek,
		At: fmt.Sprintf("%02d:%02d", s.AtMinute/60, s.AtMinute%60), Minutes: int(s.Length / time.Minute), Since: s.Since.String(), Until: s.Until.String(), EndedAt: clock(s.EndedAt), Version: s.Version}
	for i, a := range s.Areas {
		out.Areas[i] = in.code(a)
	}
	if next, ok := s.Coming(loc); ok {
		out.Next = clock(next.StartsAt)
	}
	return out
}

// seriesSeen shows the standing rounds of an outbreak any part of which the caller sees; id: only that one.
func (c *call) seriesSeen(name string, id screening.SeriesID, show func(StandingRound)) error {
	return c.view(auth.ScreeningRead, name, "", func(v *inside) error {
		loc, err := v.o.Location()
		if err != nil {
			return err
		}
		list, err := v.SeriesOf(v.o.ID)
		if err != nil {
			return err
		}
		found := false
		for _, s := range list {
			mine, err := c.part(v, auth.ScreeningRead, screening.Round{Areas: s.Areas}, "")
			if err != nil {
				return err
			}
			if len(mine) > 0 && (id == 0 || s.ID == id) {
				show(v.standingRound(s, loc))
				found = true
			}
		}
		if id != 0 && !found {
			return notFound("standing round", int64(id))
		}
		return nil
	})
}

func (s *server) standingRounds() {
	type list struct {
		Asked
		Outbreak string `path:"outbreak"`
	}
	operation(s, "list-standing-rounds", http.MethodGet, "/api/outbreaks/{outbreak}/standing-rounds", "Rounds that open by themselves again and again", 200, func(c *call, in *list) (out StandingRounds, err error) {
		out.Items = []StandingRound{}
		return out, c.seriesSeen(in.Outbreak, 0, func(r StandingRound) { out.Items = append(out.Items, r) })
	})
	type add struct {
		Asked
		Outbreak string `path:"outbreak"`
		Body     NewStandingRound
	}
	operation(s, "add-standing-round", http.MethodPost, "/api/outbreaks/{outbreak}/standing-rounds", "Have rounds open by themselves, for a group or for all residents", 201, func(c *call, in *add) (out StandingRound, err error) {
		b := in.Body
		order := command.StandingRound{Outbreak: in.Outbreak, Name: b.Name, Areas: b.Areas, Group: b.Group, Pool: b.Pool, Every: b.EveryDays, Times: b.PerWeek, Apart: time.Duration(b.Apart) * time.Hour, At: b.At,
			Runs: time.Duration(b.Minutes) * time.Minute}
		for _, d := range []struct {
			field, text string
			into        *day.Day
		}{{"since", b.Since, &order.Since}, {"until", b.Until, &order.Until}} {
			if d.text == "" {
				continue
			}
			if *d.into, err = day.Parse(d.text); err != nil {
				return out, &command.Invalid{Field: d.field, Value: d.text, Reason: "is no day such as 2022-07-04"}
			}
		}
		made, err := c.o.Commands.StandingRound(c.ctx, c.by(), order)
		if err != nil {
			return out, err
		}
		return out, c.seriesSeen(in.Outbreak, made.ID, func(r StandingRound) { out = r })
	})
	type end struct {
		Asked
		Outbreak string `path:"outbreak"`
		ID       int64  `path:"id"`
		Body     EndStanding
	}
	operation(s, "end-standing-round", http.MethodPost, "/api/outbreaks/{outbreak}/standing-rounds/{id}/end", "End a standing round: no further round opens; one that is open goes on to its end", 200, func(c *call, in *end) (out StandingRound, err error) {
		id := screening.SeriesID(in.ID)
		if err := c.seriesSeen(in.Outbreak, id, func(StandingRound) {}); err != nil {
			return out, err
		}
		if _, err := c.o.Commands.EndStandingRound(c.ctx, c.by(), id, in.Body.Version, in.Body.Reason); err != nil {
			return out, err
		}
		return out, c.seriesSeen(in.Outbreak, id, func(r StandingRound) { out = r })
	})
}
