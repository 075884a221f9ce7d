package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"firebreak/internal/command"
	"firebreak/internal/exchange"
	"firebreak/internal/store"
)

// visits takes lists of visits in, up to the first file that fails.
func (c *importCmd) visits(ctx context.Context, p *process) error {
	return c.with(ctx, p, true, func(db *store.DB) (err error) {
		ids, err := db.OpenIdentities(ctx, store.KeyOptions{MasterKey: p.Getenv("FIREBREAK_MASTER_KEY")})
		if err != nil {
			return err
		}
		cmds := command.New(db, ids)
		if c.Outbreak == "" {
			if c.Outbreak, err = onlyOutbreak(ctx, db); err != nil {
				return err
			}
		} else if err := c.start(ctx, p, cmds); err != nil {
			return err
		}
		return importFiles(c.problemFlags, c.Files, func(path string, rejects, warnings *problemFile) (command.VisitsResult, error) {
			return c.visitsFile(ctx, p, cmds, path, rejects, warnings)
		}, func(results []command.VisitsResult, failed error) error {
			return errors.Join(failed, c.printVisits(p, results))
		})
	})
}

// onlyOutbreak is the outbreak where there is only one.
func onlyOutbreak(ctx context.Context, db *store.DB) (name string, err error) {
	err = db.View(ctx, func(r *store.Reader) error {
		list, err := r.Outbreaks()
		if err != nil {
			return err
		}
		if len(list) != 1 {
			return misused(fmt.Errorf("there are %d outbreaks here: name one with --outbreak", len(list)))
		}
		name = list[0].Name
		return nil
	})
	return name, err
}

func (c *importCmd) visitsFile(ctx context.Context, p *process, cmds *command.Commands, path string, rejects, warnings *problemFile) (res command.VisitsResult, err error) {
	src, err := exchange.Open(path)
	if err != nil {
		return res, err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	progress := p.progress(src.Name(), c.Kind)
	told := toldRows{file: src.Name(), rejects: rejects, warnings: warnings}
	if c.Kind == "places" {
		res, err = cmds.ImportPlaces(ctx, p.owner(), command.ImportPlaces{Outbreak: c.Outbreak, Source: src, DryRun: c.DryRun, Problem: told.problem})
	} else {
		res, err = cmds.ImportVisits(ctx, p.owner(), command.ImportVisits{
			Outbreak: c.Outbreak, Source: src, Meetings: c.Kind == "meetings", DryRun: c.DryRun,
			Problem:  told.problem,
			Progress: func(r command.VisitsResult) { progress.set(int64(r.Rows), 0) },
		})
	}
	progress.close()
	switch {
	case errors.Is(err, command.ErrUnaccounted), errors.Is(err, exchange.ErrNotVisits), errors.Is(err, exchange.ErrNotMeetings), errors.Is(err, exchange.ErrNotPlaces):
		return res, rejected(err)
	case err == nil && res.Rejected > 0 && c.Errors == "" && !c.JSON:
		warnRejected(p, res.File, res.Rejected, told.why)
	}
	return res, err
}

func (c *importCmd) printVisits(p *process, results []command.VisitsResult) error {
	if c.JSON {
		return p.writeJSON(struct {
			DryRun bool                   `json:"dry_run,omitempty"`
			Files  []command.VisitsResult `json:"files"`
		}{c.DryRun, results})
	}
	t := newTable("file", "rows", "taken", "in already", "rejected")
	t.alignRight(1, 2, 3, 4)
	for _, r := range results {
		t.add(r.File, strconv.Itoa(r.Rows), strconv.Itoa(r.Taken), strconv.Itoa(r.Again), strconv.Itoa(r.Rejected))
	}
	if c.DryRun {
		if _, err := fmt.Fprintln(p.Stdout, "Dry run: nothing was kept."); err != nil {
			return err
		}
	}
	return t.write(p.Stdout)
}
