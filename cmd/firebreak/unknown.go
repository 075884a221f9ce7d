package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"firebreak/internal/api"
	"firebreak/internal/command"
	"firebreak/internal/store"
)

type labUnknownCmd struct {
	labFlags
	serverFlags
	Code string `arg:"" help:"Code of the laboratory."`
}

// unknownRow is an unknown tube as the command prints it.
type unknownRow struct {
	Tube     string     `json:"tube"`
	Since    *time.Time `json:"since"`
	Result   string     `json:"result,omitempty"`
	ResultAt *time.Time `json:"result_at,omitempty"`
	Problem  string     `json:"problem,omitempty"`
}

// Run lists tubes that a laboratory has, or has read, and that no desk has told of.
func (c *labUnknownCmd) Run(ctx context.Context, p *process) error {
	server, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	rows := []unknownRow{}
	if server != nil {
		var list api.UnknownTubes
		if err := server.get(ctx, path("/api/outbreaks/%s/laboratories/%s/unknown-tubes", c.Outbreak, c.Code), nil, &list); err != nil {
			return err
		}
		for _, t := range list.Items {
			rows = append(rows, unknownRow{t.Tube, t.Since, t.Result, t.ResultAt, t.Problem})
		}
		return c.tell(p, rows)
	}
	return c.beside(ctx, p, func(db *store.DB) error {
		err := db.View(ctx, func(r *store.Reader) error {
			o, err := r.OutbreakByName(c.Outbreak)
			if err != nil {
				return err
			}
			l, err := r.LaboratoryByCode(o.ID, c.Code)
			if err != nil {
				return err
			}
			list, err := r.UnknownTubes(l.ID)
			for _, t := range list {
				row := unknownRow{Tube: t.Code, Since: &t.Since, Result: string(t.Result), Problem: t.Problem}
				if !t.ResultAt.IsZero() {
					row.ResultAt = &t.ResultAt
				}
				rows = append(rows, row)
			}
			return err
		})
		if err != nil {
			return err
		}
		return c.tell(p, rows)
	})
}

func (c *labUnknownCmd) tell(p *process, rows []unknownRow) error {
	if c.JSON {
		return p.writeJSON(struct {
			Tubes []unknownRow `json:"tubes"`
		}{rows})
	}
	t := newTable("tube", "since", "result", "not joined because")
	for _, r := range rows {
		t.add(r.Tube, r.Since.UTC().Format(time.RFC3339), r.Result, r.Problem)
	}
	return t.write(p.Stdout)
}

type labSettleCmd struct {
	labFlags
	serverFlags
	Code   string `arg:"" help:"Code of the laboratory."`
	Tube   string `arg:"" help:"The whole label."`
	Reason string `required:"" placeholder:"TEXT" help:"What was found out, such as a label that was misread; the journal keeps it."`
}

// Run says what a tube was that no desk will ever tell of.
func (c *labSettleCmd) Run(ctx context.Context, p *process) error {
	server, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	if server != nil {
		var told api.UnknownWord
		if err := server.send(ctx, http.MethodPost, path("/api/outbreaks/%s/laboratories/%s/unknown-tubes/%s/settle", c.Outbreak, c.Code, c.Tube), api.UnknownWord{Reason: c.Reason}, &told); err != nil {
			return err
		}
		return c.tell(p)
	}
	return c.with(ctx, p, false, func(db *store.DB) error {
		if err := command.New(db, nil).SettleUnknown(ctx, p.owner(), command.SettleUnknown{Outbreak: c.Outbreak, Laboratory: c.Code, Tube: c.Tube, Reason: c.Reason}); err != nil {
			return err
		}
		return c.tell(p)
	})
}

func (c *labSettleCmd) tell(p *process) error {
	if c.JSON {
		return p.writeJSON(struct {
			Tube   string `json:"tube"`
			Reason string `json:"reason"`
		}{c.Tube, c.Reason})
	}
	_, err := fmt.Fprintf(p.Stdout, "Tube %s is settled.\n", c.Tube)
	return err
}
