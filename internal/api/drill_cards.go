package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"firebreak/internal/command"
	"firebreak/internal/drill/scorecard"
	"firebreak/internal/outbreak"
	"firebreak/internal/store"
)

// DrillCard is a score card as it was kept.
type DrillCard struct {
	Number int64          `json:"number" doc:"1, 2, 3 ... of the outbreak."`
	KeptAt *time.Time     `json:"kept_at"`
	KeptBy string         `json:"kept_by"`
	Card   scorecard.Card `json:"card" doc:"As firebreak drill --json prints it."`
}

// DrillCards is the list.
type DrillCards struct {
	Items []DrillCard `json:"items" doc:"The newest first."`
}

// drillCardsListed is how many cards a list has at most: the newest.
const drillCardsListed = 100

func (s *server) drillCards() {
	const at = "/api/outbreaks/{outbreak}/drill-cards"
	type list struct {
		Asked
		Outbreak string `path:"outbreak"`
	}
	operation(s, "list-drill-cards", http.MethodGet, at, "The newest score cards of a drill, at most 100; for who reads the cases of all of the outbreak", 200, func(c *call, in *list) (out DrillCards, err error) {
		return out, c.wholeOutbreak(in.Outbreak, func(v *inside) (err error) {
			out, err = DrillCardsOf(v.Reader, v.o)
			return err
		})
	})
	type one struct {
		Asked
		Outbreak string `path:"outbreak"`
		Number   int64  `path:"number"`
	}
	operation(s, "get-drill-card", http.MethodGet, at+"/{number}", "A score card: the drill beside paper and beside doing nothing", 200, func(c *call, in *one) (out DrillCard, err error) {
		return out, c.wholeOutbreak(in.Outbreak, func(v *inside) error {
			out, err = DrillCardOf(v.Reader, v.o, in.Number)
			return err
		})
	})
	type keep struct {
		Asked
		Outbreak string `path:"outbreak"`
		Body     scorecard.Card
	}
	operation(s, "keep-drill-card", http.MethodPost, at, "Keep the score card of a drill, or of an earlier one to hold it against; only where a drill is played", 201, func(c *call, in *keep) (out DrillCard, err error) {
		b := &in.Body
		text, err := json.Marshal(b)
		if err != nil {
			return out, fmt.Errorf("write a score card: %w", err)
		}
		k, err := c.o.Commands.KeepDrillCard(c.ctx, c.by(), command.KeepDrillCard{Outbreak: in.Outbreak, Scenario: b.Scenario, People: b.People, Days: b.Days, Seed: b.Seed, Card: text, Lost: b.Lost, Unreconciled: b.Unreconciled})
		if errors.Is(err, store.ErrNoDrill) {
			return out, &command.Invalid{Field: "outbreak", Value: in.Outbreak, Reason: err.Error()}
		}
		if err != nil {
			return out, err
		}
		return drillCardView(k)
	})
}

func drillCardView(k store.DrillCard) (DrillCard, error) {
	card, err := scorecard.Decode(k.Card)
	if err != nil {
		return DrillCard{}, err
	}
	return DrillCard{Number: k.Number, KeptAt: clock(k.KeptAt), KeptBy: k.KeptBy, Card: *card}, nil
}

// DrillCardsOf lists the newest score cards of an outbreak.
func DrillCardsOf(r *store.Reader, o outbreak.Outbreak) (DrillCards, error) {
	out := DrillCards{Items: []DrillCard{}}
	list, err := r.DrillCards(o.ID, drillCardsListed)
	if err != nil {
		return out, err
	}
	for _, k := range list {
		c, err := drillCardView(k)
		if err != nil {
			return out, err
		}
		out.Items = append(out.Items, c)
	}
	return out, nil
}

// DrillCardOf reads one.
func DrillCardOf(r *store.Reader, o outbreak.Outbreak, number int64) (DrillCard, error) {
	k, err := r.DrillCard(o.ID, number)
	if err != nil {
		return DrillCard{}, err
	}
	return drillCardView(k)
}
