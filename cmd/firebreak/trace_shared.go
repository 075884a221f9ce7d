package main

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/api"
	"firebreak/internal/command"
	"firebreak/internal/store"
)

type traceSharedCmd struct {
	dataFlags
	serverFlags
	jsonFlag
	Outbreak string   `required:"" placeholder:"NAME" help:"Outbreak of the cases."`
	Cases    []string `required:"" placeholder:"CODE" help:"Codes of the cases, parted by commas: three at least that visits know."`
	Forward  bool     `help:"Look at the days on which they may have infected others, rather than at those on which they may have been infected."`
	From     string   `placeholder:"T" help:"Look at every case from this time on, such as 2022-03-07 or 2022-03-07T08:30; otherwise by the protocol pack."`
	To       string   `placeholder:"T" help:"Look at every case until this time."`
	Most     int      `default:"50" placeholder:"N" help:"How many places, and people, are listed, 1 to 1,000."`
}

// Help is shown below the flags.
func (traceSharedCmd) Help() string {
	return "Lists places where three or more of the cases were on one day, the least likely by chance first: the score is minus the decimal logarithm of how likely that many are if cases go where everybody goes, and the last number how many places and days would score so by chance alone. Then those who were with two or more of the cases, by the pack's clauses. The question is written to the journal before it is answered."
}

// Run asks.
func (c *traceSharedCmd) Run(ctx context.Context, p *process) error {
	const most = 1_000
	if c.Most < 1 || c.Most > most {
		return misused(fmt.Errorf("--most %d is not 1 to %d", c.Most, most))
	}
	at, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	if at != nil {
		in := api.SharedPlacesRequest{Cases: c.Cases, Forward: c.Forward, Most: c.Most}
		zone, err := zoneAt(ctx, at, c.Outbreak)
		if err != nil {
			return err
		}
		from, to, err := moments(c.From, c.To, zone)
		if err != nil {
			return err
		}
		if !from.IsZero() {
			in.From = &from
		}
		if !to.IsZero() {
			in.To = &to
		}
		var out command.SharedTraced
		if err := at.send(ctx, http.MethodPost, path("/api/outbreaks/%s/trace/shared", c.Outbreak), in, &out); err != nil {
			return err
		}
		return c.print(p, out)
	}
	return c.with(ctx, p, false, func(db *store.DB) error {
		cmds, err := ordersOn(ctx, p, db)
		if err != nil {
			return err
		}
		in := command.SharedPlaces{Outbreak: c.Outbreak, Cases: c.Cases, Forward: c.Forward, Most: c.Most}
		if err := db.View(ctx, func(r *store.Reader) error {
			o, err := r.OutbreakByName(c.Outbreak)
			if err != nil {
				return err
			}
			zone, err := o.Location()
			if err != nil {
				return err
			}
			in.From, in.To, err = moments(c.From, c.To, zone)
			return err
		}); err != nil {
			return err
		}
		out, err := cmds.SharedPlaces(ctx, p.owner(), in)
		if err != nil {
			return err
		}
		return c.print(p, out)
	})
}

// zoneAt is the zone of an outbreak of a server; UTC where there is none, of which the question then tells.
func zoneAt(ctx context.Context, at *remote, name string) (*time.Location, error) {
	var list api.Outbreaks
	if err := at.get(ctx, "/api/outbreaks", nil, &list); err != nil {
		return nil, err
	}
	for _, o := range list.Items {
		if o.Name == name {
			zone, err := time.LoadLocation(o.Zone)
			if err != nil {
				return nil, fmt.Errorf("zone of outbreak %s: %w", name, err)
			}
			return zone, nil
		}
	}
	return time.UTC, nil
}

func (c *traceSharedCmd) print(p *process, out command.SharedTraced) error {
	if c.JSON {
		return p.writeJSON(out)
	}
	var unknown []string
	for _, k := range out.Asked {
		if !k.Known {
			unknown = append(unknown, k.Case)
		}
	}
	if _, err := fmt.Fprintf(p.Stdout, "%d cases of %s, by %s, in %d visits of %d people: %d places that three or more share on a day.\n", len(out.Asked)-len(unknown), out.Outbreak, out.Pack, out.Visits, out.Population, out.PlacesFound); err != nil {
		return err
	}
	if len(unknown) > 0 {
		if _, err := fmt.Fprintf(p.Stdout, "Visits do not know %s.\n", strings.Join(unknown, ", ")); err != nil {
			return err
		}
	}
	t := newTable("place", "kind", "day", "cases", "expected", "visits", "score", "by chance", "who, from")
	t.alignRight(3, 4, 5, 6, 7)
	for _, x := range out.Places {
		var who []string
		for _, k := range x.Who {
			who = append(who, k.Case+" "+k.From.Format("15:04"))
		}
		t.add(x.Place, x.Kind, x.Day, strconv.Itoa(x.Cases), strconv.FormatFloat(x.Expected, 'g', 2, 64), strconv.Itoa(x.Visits), strconv.FormatFloat(x.Score, 'f', 1, 64), strconv.FormatFloat(x.ByChance, 'g', 2, 64), strings.Join(who, ", "))
	}
	if err := t.write(p.Stdout); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(p.Stdout, "\n%d people were with two or more of them.\n", out.PeopleFound); err != nil {
		return err
	}
	t = newTable("person", "case", "cases", "dose, h", "with")
	t.alignRight(2, 3)
	for _, x := range out.People {
		var with []string
		for _, m := range x.Met {
			with = append(with, fmt.Sprintf("%s %s %d min", m.Case, m.Tier, m.OverlapSeconds/60))
		}
		t.add(x.Person, x.Case, strconv.Itoa(x.Cases), strconv.FormatFloat(x.DoseHours, 'f', 1, 64), strings.Join(with, ", "))
	}
	return t.write(p.Stdout)
}
