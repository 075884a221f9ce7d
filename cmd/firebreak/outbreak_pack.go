package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"firebreak/internal/api"
	"firebreak/internal/command"
	"firebreak/internal/store"
)

type outbreakPackCmd struct {
	Name   string `arg:"" help:"Name of the outbreak."`
	Pack   string `arg:"" help:"Protocol pack of the same pathogen, such as covid19/2022-v9@1; without a version the newest."`
	Reason string `placeholder:"TEXT" help:"Why; needed, but for --dry-run."`
	DryRun bool   `help:"Say what would change, and change nothing."`
	dataFlags
	serverFlags
	jsonFlag
}

// Help is shown below the flags.
func (outbreakPackCmd) Help() string {
	return "The rules answer with the new pack at once; open tasks, days of release and ends of holds of what has not ended are carried over after that. What was due, done or decided before keeps the pack it was decided under, which firebreak why shows. Interrupted, it goes on when a server runs on the data."
}

// Run puts the pack in force and carries everything over.
func (c *outbreakPackCmd) Run(ctx context.Context, p *process) error {
	order := command.ChangePack{Outbreak: c.Name, Pack: c.Pack, Reason: c.Reason}
	r, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	if r != nil {
		var out api.PackChanged
		in := api.PackChange{Pack: c.Pack, Reason: c.Reason, DryRun: c.DryRun}
		if err := r.send(ctx, http.MethodPost, "/api/outbreaks/"+url.PathEscape(c.Name)+"/pack", in, &out); err != nil {
			return err
		}
		return c.tell(p, out)
	}
	return c.with(ctx, p, false, func(db *store.DB) error {
		cmds, by := command.New(db, nil), p.owner()
		var out api.PackChanged
		if c.DryRun {
			if out.PackPreview, err = cmds.PreviewPack(ctx, by, order); err != nil {
				return err
			}
			return c.tell(p, out)
		}
		o, err := cmds.ChangePack(ctx, by, order)
		if err != nil {
			return err
		}
		out.From, out.To, out.Version = o.Earlier[len(o.Earlier)-1].Pack, o.Pack, o.Version
		const part = 10_000
		for out.Left = true; out.Left; {
			was := out.PackEffect
			if out.Left, err = cmds.CarryPack(ctx, o.ID, part, func(e command.PackEffect) { out.PackEffect = was.Plus(e) }); err != nil {
				return fmt.Errorf("%s is in force; carrying over stopped and goes on when a server runs: %w", o.Pack, err)
			}
		}
		out.Of(store.StandingCounts{Cases: out.Cases, Contacts: out.Contacts, People: out.People, Tubes: out.Tubes})
		return c.tell(p, out)
	})
}

func (c *outbreakPackCmd) tell(p *process, out api.PackChanged) error {
	if c.JSON {
		return p.writeJSON(out)
	}
	what := "is in force in place of"
	if c.DryRun {
		what = "would be in force in place of"
	}
	_, err := fmt.Fprintf(p.Stdout, "%s %s %s.\nOpen tasks: %d with another deadline, %d void, %d added. Contacts: %d with another last day, %d released at once. People held: %d let go at once, %d sooner, %d held anew.\nLooked at %d of %d cases, %d of %d contacts, %d of %d people who are held or to be sampled, and %d of %d tubes.\n",
		out.To, what, out.From, out.Moved, out.Voided, out.Added, out.ReleaseOn, out.Released, out.LetGo, out.Sooner, out.Held, out.Cases, out.AllCases, out.Contacts, out.AllContacts,
		out.People, out.AllPeople, out.Tubes, out.AllTubes)
	return err
}
