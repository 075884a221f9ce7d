package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"firebreak/internal/auth"
	"firebreak/internal/place"
	"firebreak/internal/plan/round"
	"firebreak/internal/plan/roundcity"
	"firebreak/internal/roundplan"
	"firebreak/internal/screening"
	"firebreak/internal/store"
)

// RoundPlan is a plan of a round: who goes where and when, what holds it up, and what would help.
type RoundPlan struct {
	Round    int64            `json:"round"`
	Version  int64            `json:"version" doc:"1, 2, 3 ... of the round."`
	AsOf     *time.Time       `json:"as_of" doc:"What came in before it has happened."`
	MadeAt   *time.Time       `json:"made_at"`
	MadeBy   string           `json:"made_by"`
	Digest   string           `json:"sha256" doc:"Of the city that was planned, as JSON."`
	Assumed  []roundcity.Note `json:"assumed" doc:"What was not known, and what was taken in its place."`
	Plan     json.RawMessage  `json:"plan" doc:"As firebreak plan round prints it; docs/plan-round.md says what its fields mean. Times are hours since its start."`
	Versions []PlanVersion    `json:"versions,omitempty" doc:"All plans of the round, the newest first; only where the plan is asked for."`
}

// PlanVersion is one of a round's plans in short.
type PlanVersion struct {
	Version        int64      `json:"version"`
	MadeAt         *time.Time `json:"made_at"`
	MadeBy         string     `json:"made_by"`
	FinishSampling *time.Time `json:"finish_sampling_at"`
	FinishResults  *time.Time `json:"finish_results_at"`
	InTime         bool       `json:"in_time" doc:"Everybody is planned for, and all results are there when they were promised."`
}

func planView(r screening.Round, p *roundplan.Plan) (out RoundPlan, err error) {
	out = RoundPlan{Round: r.Number, Version: p.Kept.Version, AsOf: clock(p.Kept.AsOf), MadeAt: clock(p.Kept.MadeAt), MadeBy: p.Kept.MadeBy, Digest: p.Kept.Digest, Assumed: p.Notes}
	if out.Assumed == nil {
		out.Assumed = []roundcity.Note{}
	}
	if out.Plan, err = json.Marshal(p.Plan); err != nil {
		return out, fmt.Errorf("write the plan of round %d: %w", r.Number, err)
	}
	return out, nil
}

// wholeRound reads a round for a caller who sees all of it: a plan and what it is made of tell of all of its areas.
func (c *call) wholeRound(a InRound, show func(*inside, screening.Round) error) error {
	return c.round(a, auth.ScreeningRead, "", func(v *inside, r screening.Round, _ []place.AreaID) error {
		for _, x := range r.Areas {
			ok, err := v.sees(x)
			if err != nil {
				return err
			}
			if !ok {
				return notFound("plan of round", r.Number)
			}
		}
		if c.o.Plans == nil {
			return notFound("plan of round", r.Number)
		}
		return show(v, r)
	})
}

func (s *server) roundPlans() {
	const at = "/api/outbreaks/{outbreak}/rounds/{round}/plan"
	operation(s, "get-round-plan", http.MethodGet, at, "The newest plan of a round: who goes where and when, what holds it up, and what would help; for who sees all of the round", 200, func(c *call, in *InRound) (out RoundPlan, err error) {
		return out, c.wholeRound(*in, func(v *inside, r screening.Round) error {
			p, err := c.o.Plans.Latest(v.Reader, r.ID)
			if err != nil {
				return err
			}
			if p == nil {
				return notFound("plan of round", r.Number)
			}
			if out, err = planView(r, p); err != nil {
				return err
			}
			list, err := v.RoundPlans(r.ID)
			for _, x := range list {
				out.Versions = append(out.Versions, versionView(x))
			}
			return err
		})
	})
	operation(s, "make-round-plan", http.MethodPost, at, "Plan a round as it stands now, and keep the plan; it answers when that is done, which takes seconds. 409 where it is being planned already", 201, func(c *call, in *InRound) (out RoundPlan, err error) {
		var x screening.Round
		if err := c.wholeRound(*in, func(_ *inside, r screening.Round) error { x = r; return nil }); err != nil {
			return out, err
		}
		p, err := c.o.Plans.Make(c.ctx, c.by(), x.ID)
		if err != nil {
			return out, err
		}
		return planView(x, p)
	})
	handle(s, huma.Operation{OperationID: "get-round-city", Method: http.MethodGet, Path: "/api/outbreaks/{outbreak}/rounds/{round}/city",
		Summary: "What a plan of a round would be made of now, as firebreak plan round --in reads it; for who sees all of the round"}, func(c *call, in *InRound) (*answer[json.RawMessage], error) {
		var x screening.Round
		if err := c.wholeRound(*in, func(_ *inside, r screening.Round) error { x = r; return nil }); err != nil {
			return nil, err
		}
		city, _, err := c.o.Plans.City(c.ctx, x.ID)
		if err != nil {
			return nil, err
		}
		return cityAnswer(city)
	})
}

func versionView(x store.RoundPlan) PlanVersion {
	return PlanVersion{Version: x.Version, MadeAt: clock(x.MadeAt), MadeBy: x.MadeBy, FinishSampling: clock(x.SamplingAt), FinishResults: clock(x.ResultsAt), InTime: x.InTime}
}

func cityAnswer(city round.City) (*answer[json.RawMessage], error) {
	text, err := json.Marshal(city)
	if err != nil {
		return nil, fmt.Errorf("write the city of a round: %w", err)
	}
	return &answer[json.RawMessage]{Body: text}, nil
}
