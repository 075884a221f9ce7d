package api

import (
	"fmt"
	"net/http"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/store"
)

// AsideTube is a tube that was not taken when a device sent it. Who is in it is not told.
type AsideTube struct {
	ID        int64      `json:"id"`
	Tube      string     `json:"tube" doc:"Its label, as it came."`
	Reason    string     `json:"reason" doc:"Why it was not taken, such as tube_used or person_twice."`
	People    int        `json:"people"`
	Site      int64      `json:"site"`
	Device    int64      `json:"device"`
	AsideAt   *time.Time `json:"aside_at"`
	SettledAt *time.Time `json:"settled_at,omitempty"`
	SettledBy string     `json:"settled_by,omitempty"`
	Note      string     `json:"note,omitempty"`
	Taken     bool       `json:"taken" doc:"It was corrected, and is a tube as any other."`
}

// AsideTubes is a list.
type AsideTubes struct {
	Items []AsideTube `json:"items"`
}

// AsideCorrection is what was wrong with a tube that was set aside.
type AsideCorrection struct {
	Code     string       `json:"code,omitempty" maxLength:"40" doc:"The label that it really has; as it came when left out."`
	ClosedAt *time.Time   `json:"closed_at,omitempty" doc:"When it really was closed; its swabs move along."`
	People   []AsidePlace `json:"people,omitempty" maxItems:"20" doc:"Who was meant where a code is nobody's."`
	Note     string       `json:"note" minLength:"1" maxLength:"500" doc:"What was found out."`
}

// AsidePlace is one person in such a tube.
type AsidePlace struct {
	Place  int    `json:"place" minimum:"0" doc:"In the tube, from 0."`
	Person string `json:"person,omitempty" doc:"The code on their card; left out: nobody, it was a slip."`
}

// AsideWord is why a tube is not taken.
type AsideWord struct {
	Note string `json:"note" minLength:"1" maxLength:"500" doc:"What was done about it."`
}

// TakenTube is a tube that was corrected and taken.
type TakenTube struct {
	Code   string `json:"tube"`
	People int    `json:"people"`
}

// asideIn checks that a tube set aside is of the round of the address.
func (c *call) asideIn(outbreak string, round, tube int64) error {
	return c.view(auth.ScreeningWrite, outbreak, "", func(v *inside) error {
		r, err := v.RoundByNumber(v.o.ID, round)
		if err != nil {
			return err
		}
		t, err := v.AsideTube(tube)
		if err == nil && t.Round != r.ID {
			err = fmt.Errorf("tube %d set aside: %w", tube, store.ErrNotFound)
		}
		return err
	})
}

func (s *server) aside() {
	operation(s, "list-aside", http.MethodGet, "/api/outbreaks/{outbreak}/rounds/{round}/aside", "Tubes that devices sent and that were not taken", 200, func(c *call, in *InRound) (out AsideTubes, err error) {
		out.Items = []AsideTube{}
		return out, c.view(auth.ScreeningRead, in.Outbreak, "", func(v *inside) error {
			r, err := v.RoundByNumber(v.o.ID, in.Round)
			if err != nil {
				return err
			}
			list, err := v.AsideTubes(r.ID)
			for _, t := range list {
				ok, err := v.sees(t.District)
				if err != nil {
					return err
				}
				if ok {
					out.Items = append(out.Items, AsideTube{t.ID, t.Code, string(t.Reason), t.People, int64(t.Site), int64(t.Device), clock(t.AsideAt), clock(t.SettledAt), t.SettledBy, t.Note, t.Tube != 0})
				}
			}
			return err
		})
	})
	type take struct {
		InRound
		Tube int64 `path:"tube" doc:"Its number in the list of those set aside."`
		Body AsideCorrection
	}
	operation(s, "accept-aside", http.MethodPost, "/api/outbreaks/{outbreak}/rounds/{round}/aside/{tube}/accept", "Take a tube that was set aside, after what was wrong with it is corrected", 200, func(c *call, in *take) (out TakenTube, err error) {
		if err := c.asideIn(in.Outbreak, in.Round, in.Tube); err != nil {
			return out, err
		}
		order := command.AcceptAside{Tube: in.Tube, Code: in.Body.Code, Note: in.Body.Note, People: map[int]string{}}
		if in.Body.ClosedAt != nil {
			order.ClosedAt = *in.Body.ClosedAt
		}
		for _, p := range in.Body.People {
			order.People[p.Place] = p.Person
		}
		t, err := c.o.Commands.AcceptAside(c.ctx, c.by(), order)
		return TakenTube{t.Code, t.People}, err
	})
	type word struct {
		InRound
		Tube int64 `path:"tube" doc:"Its number in the list of those set aside."`
		Body AsideWord
	}
	operation(s, "discard-aside", http.MethodPost, "/api/outbreaks/{outbreak}/rounds/{round}/aside/{tube}/discard", "Say of a tube that was set aside that it is not taken, and why", 200, func(c *call, in *word) (out AsideWord, err error) {
		if err := c.asideIn(in.Outbreak, in.Round, in.Tube); err != nil {
			return out, err
		}
		return in.Body, c.o.Commands.SettleAside(c.ctx, c.by(), command.SettleAside{Tube: in.Tube, Note: in.Body.Note})
	})
}
