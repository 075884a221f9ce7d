package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"firebreak/internal/api"
	"firebreak/internal/command"
	"firebreak/internal/i18n"
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
	l, err := c.words(plan)
	if err != nil {
		return err
	}
	say := func(m i18n.Msg) { _, _ = fmt.Fprintln(p.Stdout, l.Msg(m)) } // what follows reports when nobody can be written to
	say(i18n.M("plan.say.kept", "version", version, "round", c.Number))
	for _, n := range notes {
		say(i18n.M("plan.say.assumed", "note", roundplan.NoteWords(n, l.T("round.and"))))
	}
	return tellPlan(p, l, plan)
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
