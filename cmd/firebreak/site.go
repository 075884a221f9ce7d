package main

import (
	"context"
	"fmt"
	"time"

	"firebreak/internal/command"
	"firebreak/internal/lab"
	"firebreak/internal/screening"
	"firebreak/internal/store"
)

type siteCmd struct {
	Add    siteAddCmd    `cmd:"" help:"Enter a site where people are sampled."`
	Invite siteInviteCmd `cmd:"" help:"Make an invitation by which one device enrols at a desk of a site."`
}

type siteAddCmd struct {
	dataFlags
	jsonFlag
	Outbreak string `required:"" placeholder:"NAME" help:"Outbreak that the site serves."`
	Code     string `arg:"" help:"What its sign says; unique in the outbreak."`
	Name     string `placeholder:"TEXT" help:"A longer name; the code otherwise."`
	Area     string `required:"" placeholder:"CODE" help:"Jurisdiction that it lies in."`
	Lanes    int64  `default:"1" placeholder:"N" help:"Desks that can sample at a time."`
	Opens    string `placeholder:"HH:MM" help:"When it opens, in the outbreak's zone; left out with --closes: it is open day and night."`
	Closes   string `placeholder:"HH:MM" help:"When it closes; earlier than it opens: after midnight."`
}

// Run enters a site.
func (c *siteAddCmd) Run(ctx context.Context, p *process) error {
	opens, closes, err := lab.ParseHours(c.Opens, c.Closes)
	if err != nil {
		return misused(err)
	}
	return c.with(ctx, p, false, func(db *store.DB) error {
		list, err := command.New(db, nil).AddSites(ctx, p.owner(), command.AddSites{Outbreak: c.Outbreak, Sites: []command.SiteFields{{Code: c.Code, Name: c.Name, Area: c.Area, Lanes: c.Lanes, Opens: opens, Closes: closes}}})
		if err != nil {
			return err
		}
		if c.JSON {
			return p.writeJSON(struct {
				ID   screening.SiteID `json:"id"`
				Code string           `json:"code"`
			}{list[0].ID, list[0].Code})
		}
		_, err = fmt.Fprintf(p.Stdout, "Site %s is entered; devices call it %d.\n", list[0].Code, list[0].ID)
		return err
	})
}

type siteInviteCmd struct {
	dataFlags
	jsonFlag
	Outbreak string `required:"" placeholder:"NAME" help:"Outbreak that the site serves."`
	Code     string `arg:"" help:"Code of the site."`
	Desk     string `required:"" placeholder:"TEXT" help:"Which desk or courier of the site: 3."`
	Role     string `enum:"desk,courier" default:"desk" help:"What the device is for: ${enum}."`
}

// Run makes an invitation and prints its secret, which is kept nowhere.
func (c *siteInviteCmd) Run(ctx context.Context, p *process) error {
	return c.with(ctx, p, false, func(db *store.DB) error {
		var site screening.Site
		err := db.View(ctx, func(r *store.Reader) error {
			o, err := r.OutbreakByName(c.Outbreak)
			if err != nil {
				return err
			}
			site, err = r.SiteByCode(o.ID, c.Code)
			return err
		})
		if err != nil {
			return err
		}
		inv, err := command.New(db, nil).Invite(ctx, p.owner(), command.Invite{Role: screening.Role(c.Role), Site: site.ID, Desk: c.Desk})
		if err != nil {
			return err
		}
		return p.writeInvitation(inv, c.JSON)
	})
}

// writeInvitation prints an invitation, which is kept nowhere.
func (p *process) writeInvitation(inv command.Invitation, asJSON bool) error {
	if asJSON {
		return p.writeJSON(struct {
			Device     screening.DeviceID `json:"device"`
			Invitation string             `json:"invitation"`
			EnrolBy    time.Time          `json:"enrol_by"`
		}{inv.Device, inv.Secret, inv.EnrolBy})
	}
	_, err := fmt.Fprintf(p.Stdout, "Device %d enrols with this invitation until %s, once:\n%s\n", inv.Device, inv.EnrolBy.Format(time.RFC3339), inv.Secret)
	return err
}
