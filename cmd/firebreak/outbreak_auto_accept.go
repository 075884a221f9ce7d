package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"firebreak/internal/api"
	"firebreak/internal/command"
	"firebreak/internal/contact"
	"firebreak/internal/store"
)

type outbreakAutoAcceptCmd struct {
	Name   string   `arg:"" help:"Name of the outbreak."`
	Tier   []string `enum:"close,general" placeholder:"TIER" help:"Accept whom visits show in this tier, close or general; may be given twice."`
	Off    bool     `help:"Accept nobody any more."`
	Most   int      `placeholder:"N" help:"Of one case, 1 to 1,000; where more are found nobody is accepted."`
	Reason string   `placeholder:"TEXT" help:"Why; needed for a change."`
	dataFlags
	serverFlags
	jsonFlag
}

// Help is shown below the flags.
func (outbreakAutoAcceptCmd) Help() string {
	return "A server asks visits about each case that is confirmed from the change on, and lists those in the tiers as contacts, with the reason \"auto-accepted by setting\"; who lives in another district is asked of its office. Without --tier and --off it says what is set."
}

// Run says what is set, or changes it.
func (c *outbreakAutoAcceptCmd) Run(ctx context.Context, p *process) error {
	change := c.Off || len(c.Tier) > 0
	if c.Off && len(c.Tier) > 0 {
		return misused(fmt.Errorf("give --tier or --off"))
	}
	at, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	if at != nil {
		var out api.AutoAccept
		if err := at.get(ctx, path("/api/outbreaks/%s/auto-accept", c.Name), nil, &out); err != nil {
			return err
		}
		if change {
			in := api.AutoAcceptSet{Version: out.Version, Tiers: append([]string{}, c.Tier...), Most: c.Most, Reason: c.Reason}
			if err := at.send(ctx, http.MethodPut, path("/api/outbreaks/%s/auto-accept", c.Name), in, &out); err != nil {
				return err
			}
		}
		return c.tell(p, out)
	}
	on := c.beside
	if change {
		on = func(ctx context.Context, p *process, fn func(*store.DB) error) error {
			return c.with(ctx, p, false, fn)
		}
	}
	return on(ctx, p, func(db *store.DB) error {
		var a contact.AutoAccept
		err := db.View(ctx, func(r *store.Reader) error {
			o, err := r.OutbreakByName(c.Name)
			if err != nil {
				return err
			}
			a, err = r.AutoAccept(o.ID)
			return err
		})
		if err == nil && change {
			in := command.SetAutoAccept{Outbreak: c.Name, Version: a.Version, Most: c.Most, Reason: c.Reason}
			for _, t := range c.Tier {
				in.Tiers = append(in.Tiers, contact.Tier(t))
			}
			a, err = command.New(db, nil).SetAutoAccept(ctx, p.owner(), in)
		}
		if err != nil {
			return err
		}
		return c.tell(p, api.AutoAcceptOf(a))
	})
}

func (c *outbreakAutoAcceptCmd) tell(p *process, a api.AutoAccept) error {
	if c.JSON {
		return p.writeJSON(a)
	}
	if len(a.Tiers) == 0 {
		_, err := fmt.Fprintln(p.Stdout, "Nobody becomes a contact without somebody deciding.")
		return err
	}
	_, err := fmt.Fprintf(p.Stdout, "Whom visits show in tier %s becomes a contact of a case confirmed since %s, where there are no more than %d: set by %s (%s).\n", strings.Join(a.Tiers, ", "), a.SetAt.Format("2006-01-02 15:04Z"), a.Most, a.SetBy, a.Reason)
	return err
}
