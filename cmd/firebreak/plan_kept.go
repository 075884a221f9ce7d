package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"firebreak/internal/api"
	"firebreak/internal/command"
	"firebreak/internal/plan/round"
	"firebreak/internal/plan/roundcity"
	"firebreak/internal/roundplan"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/turnout"
)

// kept plans a round of an outbreak, and keeps the plan with it.
func (c *planRoundCmd) kept(ctx context.Context, p *process) error {
	server, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	if server != nil {
		var out api.RoundPlan
		if err := server.send(ctx, http.MethodPost, path("/api/outbreaks/%s/rounds/%v/plan", c.Outbreak, c.Number), nil, &out); err != nil {
			return err
		}
		var plan round.Plan
		if err := json.Unmarshal(out.Plan, &plan); err != nil {
			return fmt.Errorf("answer of %s: %w", c.URL, err)
		}
		return c.tell(p, out.Version, plan, out.Assumed)
	}
	return c.with(ctx, p, false, func(db *store.DB) error {
		planner, id, err := planOf(ctx, db, c.Outbreak, c.Number)
		if err != nil {
			return err
		}
		out, err := planner.Make(ctx, p.owner(), id)
		if err != nil {
			return unplannable(err)
		}
		return c.tell(p, out.Kept.Version, out.Plan, out.Notes)
	})
}

// unplannable says that it is the round that cannot be planned.
func unplannable(err error) error {
	if errors.Is(err, roundcity.ErrOver) || errors.Is(err, roundcity.ErrState) {
		return misused(err)
	}
	return err
}

// planOf counts who is due and finds a round by its number.
func planOf(ctx context.Context, db *store.DB, outbreak string, number int64) (*roundplan.Planner, screening.RoundID, error) {
	var id screening.RoundID
	err := db.View(ctx, func(r *store.Reader) error {
		o, err := r.OutbreakByName(outbreak)
		if err != nil {
			return err
		}
		x, err := r.RoundByNumber(o.ID, number)
		id = x.ID
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	counts := turnout.New(turnout.Options{DB: db})
	if err := counts.Build(ctx); err != nil {
		return nil, 0, err
	}
	return roundplan.New(roundplan.Options{DB: db, Commands: command.New(db, nil), Turnout: counts}), id, nil
}

func (c *planRoundCmd) tell(p *process, version int64, plan round.Plan, notes []roundcity.Note) error {
	if !c.Remedies {
		plan.Remedies = nil
	}
	if c.JSON {
		return p.writeJSON(plan)
	}
	_, _ = fmt.Fprintf(p.Stdout, "Plan %d of round %d is kept.\n", version, c.Number) // what follows reports when nobody can be written to
	for _, n := range notes {
		_, _ = fmt.Fprintf(p.Stdout, "Assumed: %s\n", noteText(n))
	}
	return tellPlan(p, plan)
}

// noteText says what was assumed.
func noteText(n roundcity.Note) string {
	of := fmt.Sprintf("%d of %d", n.N, n.Of)
	switch n.Kind {
	case roundcity.NoSites:
		return "no site of the round's area is in use."
	case roundcity.NoLaboratories:
		return "no laboratory that has said what it can read is in use."
	case roundcity.NobodyDue:
		return "nobody is due."
	case roundcity.NoMap:
		return "nothing is known of where anything lies; everything is taken to be near."
	case roundcity.AreasPlaced:
		return of + " communities have no outline; they lie at their sites, or around the middle of what they belong to."
	case roundcity.SitesPlaced:
		return of + " sites have no coordinates; they stand in the middle of their area."
	case roundcity.SitesAlwaysOpen:
		return of + " sites have no hours; they are open day and night."
	case roundcity.LabsPlaced:
		return of + " laboratories stand in the middle of their area."
	case roundcity.LabsMeasured:
		return of + " laboratories have not said what they read; as they did lately."
	case roundcity.LabsLeftOut:
		return of + " laboratories have not said what they read, and are left out."
	case roundcity.LabsTurnaround:
		return of + " laboratories have not said how long a run takes; four hours."
	case roundcity.LateLaboratory:
		return fmt.Sprintf("%d tubes are fetched from laboratories that are not used.", n.N)
	case roundcity.Endless:
		return "of a round of more than ten days the first ten are planned."
	case roundcity.AsManyAsNeeded:
		return "as many samplers and couriers as the plan asks for."
	}
	return string(n.Kind)
}

type planCityCmd struct {
	Outbreak string `required:"" placeholder:"NAME" help:"Outbreak that the round belongs to."`
	Number   int64  `name:"round" required:"" placeholder:"N" help:"Number of the round."`
	dataFlags
	serverFlags
	jsonFlag // the city is JSON with and without it
}

// Run prints the city of a round, also while a server holds the folder.
func (c *planCityCmd) Run(ctx context.Context, p *process) error {
	server, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	if server != nil {
		var city round.City
		if err := server.get(ctx, path("/api/outbreaks/%s/rounds/%v/city", c.Outbreak, c.Number), nil, &city); err != nil {
			return err
		}
		return p.writeJSON(city)
	}
	return c.beside(ctx, p, func(db *store.DB) error {
		planner, id, err := planOf(ctx, db, c.Outbreak, c.Number)
		if err != nil {
			return err
		}
		city, _, err := planner.City(ctx, id)
		if err != nil {
			return unplannable(err)
		}
		return p.writeJSON(city)
	})
}
