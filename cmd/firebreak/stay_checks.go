package main

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"firebreak/internal/api"
	"firebreak/internal/command"
	"firebreak/internal/contact"
	"firebreak/internal/outbreak"
	"firebreak/internal/store"
)

type stayChecksCmd struct {
	facilityFlags
	Facility string `arg:"" help:"Code of the facility."`
}

// due reads who is to be checked at a site now.
func (c *facilityFlags) due(ctx context.Context, p *process, code string) (out api.ChecksDue, err error) {
	err = readOutbreak(ctx, p, c.dataFlags, c.serverFlags, c.Outbreak, func(s *remote) error {
		return s.get(ctx, path("/api/outbreaks/%s/facilities/%s/checks", c.Outbreak, code), nil, &out)
	}, func(r *store.Reader, o outbreak.Outbreak, now time.Time) (err error) {
		out, err = api.ChecksDueAt(r, o, code, now)
		return err
	})
	return out, err
}

// Run lists who is to be checked.
func (c *stayChecksCmd) Run(ctx context.Context, p *process) error {
	out, err := c.due(ctx, p, c.Facility)
	if err != nil {
		return err
	}
	if c.JSON {
		return p.writeJSON(out)
	}
	t := newTable("CONTACT", "LIFT", "ROOM", "BED", "DUE", "LATE", "LAST", "FOUND")
	for _, d := range out.Items {
		late, last, found := "", "", ""
		if d.Late {
			late = "late"
		}
		if k := d.Last; k != nil {
			last, found = k.At, "well"
			switch {
			case !k.Seen:
				found = "not reached"
			case len(k.Symptoms) > 0:
				found = "symptoms"
			}
			if k.Self {
				found += " (told by themselves)"
			}
		}
		t.add(d.Of, d.Group, d.Room, strconv.FormatInt(d.Bed, 10), d.Due.Format(time.RFC3339), late, last, found)
	}
	if err := t.write(p.Stdout); err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.Stdout, "%d of %d people to check now; %d done for now, %d without checks.\n", len(out.Items), out.People, out.Made, out.Without)
	return err
}

type stayCheckCmd struct {
	facilityFlags
	Facility    string   `arg:"" help:"Code of the facility."`
	Contact     string   `arg:"" help:"Code of the contact, as checks lists it."`
	Temperature float64  `placeholder:"°C" help:"From 30 to 45; left out where it was not taken."`
	Symptom     []string `placeholder:"WORD" help:"fever, cough, sore-throat, breathing, tired, aches, no-smell, stomach, rash, bleeding or unspecified; may be repeated. With none they feel well."`
	Unreached   bool     `help:"Nobody was there."`
	Note        string   `placeholder:"TEXT" help:"What else there is to say."`
}

// Run records a check.
func (c *stayCheckCmd) Run(ctx context.Context, p *process) error {
	for _, s := range c.Symptom {
		if _, err := contact.ParseSymptom(s); err != nil {
			return misused(err)
		}
	}
	if c.Unreached && (len(c.Symptom) > 0 || c.Temperature != 0) {
		return misused(fmt.Errorf("--unreached: nobody was there whose --symptom or --temperature could be told"))
	}
	due, err := c.due(ctx, p, c.Facility)
	if err != nil {
		return err
	}
	var who *api.CheckDue
	for i := range due.Items {
		if due.Items[i].Of == c.Contact {
			who = &due.Items[i]
		}
	}
	if who == nil {
		return fmt.Errorf("contact %q at %s with a check that is due now: %w", c.Contact, c.Facility, store.ErrNotFound)
	}
	row := api.CheckMade{Contact: who.Contact, Slot: who.Slot, Seen: !c.Unreached, Temperature: c.Temperature, Symptoms: c.Symptom, Note: c.Note}
	out := api.ManyDone{Rows: 1, Done: 1, Refused: []api.RefusedRow{}}
	err = c.through(ctx, p, func(s *remote) error {
		if err := s.send(ctx, http.MethodPost, path("/api/outbreaks/%s/checks", c.Outbreak), api.ChecksMade{Rows: []api.CheckMade{row}}, &out); err != nil {
			return err
		}
		if len(out.Refused) > 0 {
			return fmt.Errorf("check of %s: %s", c.Contact, out.Refused[0].Reason)
		}
		return nil
	}, func(orders *command.Commands, by command.By, _ *store.DB) error {
		_, err := orders.RecordCheck(ctx, by, command.RecordCheck{Contact: contact.ID(row.Contact), Slot: row.Slot, Seen: row.Seen, Temperature: row.Temperature, Symptoms: row.Symptoms, Note: row.Note})
		return err
	})
	if err != nil || !c.JSON {
		return err
	}
	return p.writeJSON(out)
}
