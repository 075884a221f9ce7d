package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"firebreak/internal/api"
	"firebreak/internal/outbreak"
	"firebreak/internal/restriction"
	"firebreak/internal/store"
	"firebreak/internal/vault"
)

// paper reads what a restriction gives somebody with a code of the vault in it: from a server, or from the folder, whose keys make the code.
func (c *restrictionFlags) paper(ctx context.Context, p *process, id int64, page string, out any, here func(*store.Reader, *vault.Vault, outbreak.Outbreak, *restriction.Restriction, time.Time) error) error {
	at, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	if at != nil {
		return at.get(ctx, path("/api/outbreaks/%s/restrictions/%s/"+page, c.Outbreak, strconv.FormatInt(id, 10)), nil, out)
	}
	return c.with(ctx, p, false, func(db *store.DB) error {
		ids, err := db.OpenIdentities(ctx, store.KeyOptions{MasterKey: p.Getenv(masterKeyVar)})
		if err != nil {
			return err
		}
		return insideOutbreak(ctx, db, c.Outbreak, func(r *store.Reader, o outbreak.Outbreak) error {
			x, err := r.Restriction(restriction.ID(id))
			if err == nil && x.Outbreak != o.ID {
				err = fmt.Errorf("restriction %d of outbreak %q: %w", id, c.Outbreak, store.ErrNotFound)
			}
			if err != nil {
				return err
			}
			v, err := ids.Vault(r)
			if err != nil {
				return err
			}
			return here(r, v, o, &x, db.Now())
		})
	})
}

type restrictionCertificateCmd struct {
	restrictionFlags
	Restriction int64 `arg:"" help:"Its number, as list has it with --show ended."`
}

// Run says a certificate of release; the page in the browser prints it.
func (c *restrictionCertificateCmd) Run(ctx context.Context, p *process) error {
	var out api.Certificate
	err := c.paper(ctx, p, c.Restriction, "certificate", &out, func(r *store.Reader, v *vault.Vault, o outbreak.Outbreak, x *restriction.Restriction, now time.Time) error {
		loc, err := o.Location()
		if err != nil {
			return err
		}
		out, err = api.CertificateOf(r, v, x, loc, now)
		return err
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return p.writeJSON(out)
	}
	t := newTable("WHERE", "DISTRICT", "FROM", "TO")
	for _, k := range out.Places {
		t.add(k.Where, k.District, said(k.From), said(k.To))
	}
	by := "rule " + out.Rule
	if out.ByTwo {
		by = "two people"
	}
	watch := "none"
	if out.WatchUntil != "" {
		watch = "until " + out.WatchUntil
	}
	if _, err := fmt.Fprintf(p.Stdout, "code      %s\nfrom      %s\nreleased  %s (%s, by %s: %s of %s)\nwatch     %s\n", out.Code, said(out.From), said(out.Released), out.How, by, out.Clause, out.Pack, watch); err != nil {
		return err
	}
	return t.write(p.Stdout)
}

type restrictionCheckLinkCmd struct {
	restrictionFlags
	Restriction int64 `arg:"" help:"Its number, as list has it."`
}

// Run says the link.
func (c *restrictionCheckLinkCmd) Run(ctx context.Context, p *process) error {
	var out api.CheckLink
	err := c.paper(ctx, p, c.Restriction, "check-link", &out, func(r *store.Reader, v *vault.Vault, o outbreak.Outbreak, x *restriction.Restriction, _ time.Time) (err error) {
		out, err = api.CheckLinkOf(r, v, o, x)
		return err
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return p.writeJSON(out)
	}
	_, err = fmt.Fprintf(p.Stdout, "%s\n%s\n", out.Code, out.Path)
	return err
}
