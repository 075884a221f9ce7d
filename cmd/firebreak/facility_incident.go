package main

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"firebreak/internal/api"
	"firebreak/internal/command"
	"firebreak/internal/facility"
	"firebreak/internal/outbreak"
	"firebreak/internal/store"
)

type facilityIncidentsCmd struct {
	facilityFlags
	Code string `arg:"" help:"Code of the facility."`
}

// incidents reads what went wrong at a facility.
func (c *facilityFlags) incidents(ctx context.Context, p *process, code string) (out api.Incidents, err error) {
	return out, c.read(ctx, p, func(s *remote) error {
		return s.get(ctx, path("/api/outbreaks/%s/facilities/%s/incidents", c.Outbreak, code), nil, &out)
	}, func(r *store.Reader, o outbreak.Outbreak) (err error) {
		out, err = api.IncidentsAt(r, o, code)
		return err
	})
}

// Run lists the incidents of a facility.
func (c *facilityIncidentsCmd) Run(ctx context.Context, p *process) error {
	out, err := c.incidents(ctx, p, c.Code)
	if err != nil {
		return err
	}
	if c.JSON {
		return p.writeJSON(out)
	}
	t := newTable("NUMBER", "KIND", "SEVERITY", "HAPPENED", "WHERE", "WHO", "NOTED BY", "CLOSED", "CLOSED BY")
	t.alignRight(0)
	for _, x := range out.Items {
		t.add(strconv.FormatInt(x.ID, 10), x.Kind, x.Severity, x.HappenedAt.Format(time.RFC3339), x.Where, x.Who, x.NotedBy, instantText(x.ClosedAt), x.ClosedBy)
	}
	return t.write(p.Stdout)
}

type facilityIncidentCmd struct {
	facilityFlags
	Code     string `arg:"" help:"Code of the facility."`
	Kind     string `arg:"" help:"medical, without-leave, violence, self-harm, fire, food, breach (of infection control), outage, complaint or other."`
	Severity string `placeholder:"WORD" help:"minor, serious or critical; as is usual for the kind when left out."`
	At       string `placeholder:"INSTANT" help:"When it happened; now when left out."`
	Where    string `placeholder:"TEXT" help:"Room, floor or zone."`
	Who      string `placeholder:"CODE" help:"Case or contact who is concerned, and stays or stayed there."`
	Note     string `placeholder:"TEXT" help:"What happened."`
	Done     string `placeholder:"TEXT" help:"What was done."`
}

// Run tells of an incident.
func (c *facilityIncidentCmd) Run(ctx context.Context, p *process) error {
	if _, err := facility.ParseIncidentKind(c.Kind); err != nil {
		return misused(err)
	}
	body := api.NewIncident{At: c.At, IncidentFields: api.IncidentFields{Kind: c.Kind, Severity: c.Severity, Where: c.Where, Who: c.Who, Note: c.Note, Done: c.Done}}
	var out api.Incident
	err := c.through(ctx, p, func(s *remote) error {
		return s.send(ctx, http.MethodPost, path("/api/outbreaks/%s/facilities/%s/incidents", c.Outbreak, c.Code), body, &out)
	}, func(orders *command.Commands, by command.By, db *store.DB) error {
		f, err := c.facilityOf(ctx, db, c.Code)
		if err != nil {
			return err
		}
		x, err := orders.NoteIncident(ctx, by, command.NoteIncident{Facility: f.ID, At: c.At, IncidentFields: command.IncidentFields{Kind: c.Kind, Severity: c.Severity, Where: c.Where, Who: c.Who, Note: c.Note, Done: c.Done}})
		if err != nil {
			return err
		}
		return c.inside(ctx, db, func(r *store.Reader, o outbreak.Outbreak) error {
			out, err = api.IncidentNow(r, o, x.ID)
			return err
		})
	})
	return c.toldOfIncident(p, out, err)
}

func (c *facilityFlags) toldOfIncident(p *process, x api.Incident, err error) error {
	if err != nil {
		return err
	}
	if c.JSON {
		return p.writeJSON(x)
	}
	state := "open"
	if x.ClosedAt != nil {
		state = "closed"
	}
	_, err = fmt.Fprintf(p.Stdout, "Incident %d at %s (%s, %s) is %s.\n", x.ID, x.Facility, x.Kind, x.Severity, state)
	return err
}

type facilitySettleCmd struct {
	facilityFlags
	Code   string `arg:"" help:"Code of the facility."`
	Number int64  `arg:"" help:"Number of the incident, as incidents lists it."`
	Done   string `placeholder:"TEXT" help:"What was done; needed unless it is on record."`
	Reopen bool   `help:"It is not dealt with after all."`
}

// Run says that an incident is dealt with, or is not after all.
func (c *facilitySettleCmd) Run(ctx context.Context, p *process) error {
	list, err := c.incidents(ctx, p, c.Code)
	if err != nil {
		return err
	}
	var x *api.Incident
	for i := range list.Items {
		if list.Items[i].ID == c.Number {
			x = &list.Items[i]
		}
	}
	if x == nil {
		return fmt.Errorf("incident %d at %s: %w", c.Number, c.Code, store.ErrNotFound)
	}
	body := api.IncidentChange{Close: !c.Reopen, Version: x.Version, IncidentFields: x.IncidentFields}
	if c.Done != "" {
		body.Done = c.Done
	}
	var out api.Incident
	err = c.through(ctx, p, func(s *remote) error {
		return s.send(ctx, http.MethodPut, path("/api/incidents/%s", strconv.FormatInt(c.Number, 10)), body, &out)
	}, func(orders *command.Commands, by command.By, db *store.DB) error {
		f := body.IncidentFields
		y, err := orders.ChangeIncident(ctx, by, command.ChangeIncident{Incident: facility.IncidentID(c.Number), Version: body.Version, Close: body.Close,
			IncidentFields: command.IncidentFields{Kind: f.Kind, Severity: f.Severity, Where: f.Where, Who: f.Who, Note: f.Note, Done: f.Done}})
		if err != nil {
			return err
		}
		return c.inside(ctx, db, func(r *store.Reader, o outbreak.Outbreak) error {
			out, err = api.IncidentNow(r, o, y.ID)
			return err
		})
	})
	return c.toldOfIncident(p, out, err)
}
