package main

import (
	"context"
	"strconv"
	"time"

	"github.com/dustin/go-humanize"

	"firebreak/internal/api"
	"firebreak/internal/outbreak"
	"firebreak/internal/store"
)

type drillsCmd struct {
	Play drillCmd     `cmd:"" default:"withargs" help:"Play a scenario against the real system, and score it; its card is kept where it was played."`
	List drillListCmd `cmd:"" help:"List the score cards that are kept."`
	Show drillShowCmd `cmd:"" help:"Print a score card that was kept."`
}

type drillListCmd struct {
	Outbreak string `required:"" placeholder:"NAME" help:"Outbreak that was played: it has the name of its scenario."`
	dataFlags
	serverFlags
	jsonFlag
}

// Run lists the newest cards.
func (c *drillListCmd) Run(ctx context.Context, p *process) error {
	var out api.DrillCards
	err := readOutbreak(ctx, p, c.dataFlags, c.serverFlags, c.Outbreak, func(s *remote) error {
		return s.get(ctx, path("/api/outbreaks/%s/drill-cards", c.Outbreak), nil, &out)
	}, func(r *store.Reader, o outbreak.Outbreak, _ time.Time) (err error) {
		out, err = api.DrillCardsOf(r, o)
		return err
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return p.writeJSON(out)
	}
	n := func(x int) string { return humanize.Comma(int64(x)) }
	t := newTable("number", "scenario", "people", "days", "seed", "infected", "found", "community zero", "lost", "unreconciled", "kept")
	t.alignRight(0, 2, 3, 5, 6, 7, 8, 9)
	for _, k := range out.Items {
		zero := "not reached"
		if k.Card.CommunityZero != nil {
			zero = n(*k.Card.CommunityZero)
		}
		t.add(strconv.FormatInt(k.Number, 10), k.Card.Scenario, n(k.Card.People), n(k.Card.Days), strconv.FormatUint(k.Card.Seed, 10), n(k.Card.TrueInfected), n(k.Card.Found), zero, n(k.Card.Lost), n(k.Card.Unreconciled), k.KeptAt.UTC().Format(time.RFC3339))
	}
	return t.write(p.Stdout)
}

type drillShowCmd struct {
	Outbreak string `required:"" placeholder:"NAME" help:"Outbreak that was played: it has the name of its scenario."`
	Number   int64  `placeholder:"N" help:"Number of the card; the newest when left out."`
	dataFlags
	serverFlags
	jsonFlag
}

// Run prints a card.
func (c *drillShowCmd) Run(ctx context.Context, p *process) error {
	var out api.DrillCard
	err := readOutbreak(ctx, p, c.dataFlags, c.serverFlags, c.Outbreak, func(s *remote) error {
		if c.Number != 0 {
			return s.get(ctx, path("/api/outbreaks/%s/drill-cards/%v", c.Outbreak, c.Number), nil, &out)
		}
		var all api.DrillCards
		if err := s.get(ctx, path("/api/outbreaks/%s/drill-cards", c.Outbreak), nil, &all); err != nil {
			return err
		}
		return newestCard(all, &out)
	}, func(r *store.Reader, o outbreak.Outbreak, _ time.Time) (err error) {
		if c.Number != 0 {
			out, err = api.DrillCardOf(r, o, c.Number)
			return err
		}
		all, err := api.DrillCardsOf(r, o)
		if err != nil {
			return err
		}
		return newestCard(all, &out)
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return p.writeJSON(out)
	}
	return writeCard(p.Stdout, &out.Card)
}

func newestCard(all api.DrillCards, out *api.DrillCard) error {
	if len(all.Items) == 0 {
		return store.ErrNotFound
	}
	*out = all.Items[0]
	return nil
}
