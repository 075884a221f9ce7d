package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"firebreak/internal/command"
	"firebreak/internal/exchange"
	"firebreak/internal/place"
	"firebreak/internal/store"
)

type peopleCmd struct {
	Import peopleImportCmd `cmd:"" help:"Take in a population register: who lives where, by document. Given again, it changes nothing; a row with another community moves somebody."`
}

type peopleImportCmd struct {
	dataFlags
	jsonFlag
	Outbreak string `required:"" placeholder:"NAME" help:"Outbreak whose area the people live in."`
	Area     string `placeholder:"CODE" help:"Jurisdiction that bounds the import: rows of people elsewhere are rejected."`
	problemFlags
	DryRun bool     `help:"Do all but keep nothing."`
	Files  []string `arg:"" name:"file" help:"CSV or XLSX files with a header, in English or Chinese: document, name, phone, community code, building, door, household, birth date, age, sex, group."`
}

// Run imports file after file, up to the first that fails.
func (c *peopleImportCmd) Run(ctx context.Context, p *process) error {
	return c.with(ctx, p, true, func(db *store.DB) (err error) {
		ids, err := db.OpenIdentities(ctx, store.KeyOptions{MasterKey: p.Getenv("FIREBREAK_MASTER_KEY")})
		if err != nil {
			return err
		}
		var area place.AreaID
		if c.Area != "" {
			tree, err := db.Tree(ctx)
			if err != nil {
				return err
			}
			j, ok := tree.ByCode(c.Area)
			if !ok {
				return misused(fmt.Errorf("--area %q is not the code of a known jurisdiction", c.Area))
			}
			area = j.ID
		}
		cmds := command.New(db, ids)
		return importFiles(c.problemFlags, c.Files, func(path string, rejects, warnings *problemFile) (command.RegisterResult, error) {
			return c.file(ctx, p, cmds, path, area, rejects, warnings)
		}, func(results []command.RegisterResult, failed error) error {
			return errors.Join(failed, c.print(p, results))
		})
	})
}

func (c *peopleImportCmd) file(ctx context.Context, p *process, cmds *command.Commands, path string, area place.AreaID, rejects, warnings *problemFile) (res command.RegisterResult, err error) {
	src, err := exchange.Open(path)
	if err != nil {
		return res, err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	progress := p.progress(src.Name(), "people")
	told := toldRows{file: src.Name(), rejects: rejects, warnings: warnings}
	res, err = cmds.ImportPeople(ctx, p.owner(), command.ImportPeople{
		Outbreak: c.Outbreak, Source: src, Area: area, DryRun: c.DryRun,
		Problem:  told.problem,
		Progress: func(r command.RegisterResult) { progress.set(int64(r.Rows), 0) },
	})
	progress.close()
	switch {
	case errors.Is(err, command.ErrUnaccounted), errors.Is(err, exchange.ErrNotRegister):
		return res, rejected(err)
	case err == nil && res.Rejected > 0 && c.Errors == "" && !c.JSON:
		warnRejected(p, res.File, res.Rejected, told.why)
	}
	return res, err
}

func (c *peopleImportCmd) print(p *process, results []command.RegisterResult) error {
	if c.JSON {
		return p.writeJSON(struct {
			Files []command.RegisterResult `json:"files"`
		}{results})
	}
	for _, r := range results {
		_, err := fmt.Fprintf(p.Stdout, "%s: %d rows: %d new, %d moved, %d changed, %d as before, %d rejected; %d new buildings.\n", r.File, r.Rows, r.Created, r.Moved, r.Updated, r.Unchanged, r.Rejected, r.Buildings)
		if err == nil && len(r.Unused) > 0 {
			_, err = fmt.Fprintf(p.Stdout, "%s: the register keeps nothing of these columns: %s.\n", r.File, strings.Join(r.Unused, ", "))
		}
		if err != nil {
			return err
		}
	}
	return nil
}
