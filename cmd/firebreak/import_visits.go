package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"firebreak/internal/api"
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
		return c.eachVisits(p, func(src *exchange.Source, told *toldRows, progress *progress) (command.VisitsResult, error) {
			if c.Kind == placesKind {
				return cmds.ImportPlaces(ctx, p.owner(), command.ImportPlaces{Outbreak: c.Outbreak, Source: src, DryRun: c.DryRun, Problem: told.problem})
			}
			return cmds.ImportVisits(ctx, p.owner(), command.ImportVisits{
				Outbreak: c.Outbreak, Source: src, Form: exchange.VisitForm(c.Kind), Steps: c.Steps, DryRun: c.DryRun,
				Problem:  told.problem,
				Progress: func(r command.VisitsResult) { progress.set(int64(r.Rows), 0) },
			})
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

// placesKind is the one kind that is no list of visits.
const placesKind = "places"

// eachVisits takes file after file in, each by one.
func (c *importCmd) eachVisits(p *process, one func(*exchange.Source, *toldRows, *progress) (command.VisitsResult, error)) error {
	return importFiles(c.problemFlags, c.Files, func(path string, rejects, warnings *problemFile) (res command.VisitsResult, err error) {
		src, err := exchange.Open(path)
		if err != nil {
			return res, err
		}
		defer func() { err = errors.Join(err, src.Close()) }()
		progress := p.progress(src.Name(), c.Kind)
		told := toldRows{file: src.Name(), rejects: rejects, warnings: warnings}
		res, err = one(src, &told, progress)
		progress.close()
		switch {
		case errors.Is(err, exchange.ErrSteps):
			return res, misused(err)
		case errors.Is(err, command.ErrUnaccounted), errors.Is(err, exchange.ErrNotVisits), errors.Is(err, exchange.ErrNotMeetings), errors.Is(err, exchange.ErrNotStays), errors.Is(err, exchange.ErrNotPlaces):
			return res, rejected(err)
		case err == nil && res.Rejected > 0 && c.Errors == "" && !c.JSON:
			warnRejected(p, res.File, res.Rejected, told.why)
		}
		return res, err
	}, func(results []command.VisitsResult, failed error) error {
		return errors.Join(failed, c.printVisits(p, results))
	})
}

// visitsAt is visits, through a server: the rows go there in blocks, each of which is kept before the next is sent.
func (c *importCmd) visitsAt(ctx context.Context, p *process, r *remote) error {
	if c.Outbreak == "" {
		return misused(errors.New("missing flags: --outbreak=NAME"))
	}
	to, query := path("/api/outbreaks/%s/visits", c.Outbreak), url.Values{"form": {c.Kind}}
	if c.Kind == placesKind {
		to, query = path("/api/outbreaks/%s/visit-places", c.Outbreak), url.Values{}
	}
	if c.Steps != "" {
		query.Set("steps", c.Steps)
	}
	if c.DryRun {
		query.Set("preview", "true")
	}
	return c.eachVisits(p, func(src *exchange.Source, told *toldRows, progress *progress) (command.VisitsResult, error) {
		s := sentVisits{to: to, query: query, src: src, told: told, progress: progress, out: command.VisitsResult{File: src.Name()}}
		err := s.send(ctx, r)
		return s.out, err
	})
}

// A block that is sent has so many rows and bytes at most: with as many rows a server keeps blocks as it does of a file that lies beside the data, so that the same rows by either way are the same.
const (
	mostSentRows  = 5000
	mostSentBytes = 4 << 20
)

// sentVisits is one file on its way to a server.
type sentVisits struct {
	to       string
	query    url.Values
	src      *exchange.Source
	told     *toldRows
	progress *progress
	out      command.VisitsResult
}

func (s *sentVisits) send(ctx context.Context, r *remote) (err error) {
	t, err := s.src.Table(exchange.ReadOptions{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	var block bytes.Buffer
	var numbers []int // of the rows in the file
	lines := csv.NewWriter(&block)
	put := func() error {
		lines.Flush()
		if len(numbers) > 0 {
			if err := s.block(ctx, r, &block, numbers); err != nil {
				return err
			}
		}
		block.Reset()
		numbers = numbers[:0]
		return lines.Write(t.Header())
	}
	if err := lines.Write(t.Header()); err != nil {
		return err
	}
	for {
		row, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		broken := false
		for _, x := range row.Problems {
			broken = broken || x.Severity == exchange.Reject
			if x.Severity != exchange.Reject {
				s.out.Warnings++
			}
			if err := s.told.problem(x); err != nil {
				return err
			}
		}
		if broken { // what the file itself tells of a row: the server does not see it
			s.out.Rows++
			s.out.Rejected++
			continue
		}
		if err := lines.Write(row.Cells); err != nil {
			return err
		}
		lines.Flush()
		if numbers = append(numbers, row.Number); len(numbers) >= mostSentRows || block.Len() >= mostSentBytes {
			if err := put(); err != nil {
				return err
			}
		}
	}
	if err := put(); err != nil {
		return err
	}
	for _, x := range t.Problems() {
		s.out.Warnings++
		if err := s.told.problem(x); err != nil {
			return err
		}
	}
	if t.Truncated() {
		return fmt.Errorf("%s: the file looks cut off after %d rows; what it holds was taken in, the rest is missing: %w", s.out.File, s.out.Rows, command.ErrUnaccounted)
	}
	return nil
}

// block sends some rows, and adds up what became of them.
func (s *sentVisits) block(ctx context.Context, r *remote, text io.Reader, numbers []int) error {
	res, err := r.ask(ctx, http.MethodPost, s.to, s.query, "text/csv", text)
	if err != nil {
		return err
	}
	var got api.VisitsTaken
	if err := r.decode(res, &got); err != nil {
		return err
	}
	s.out.Rows, s.out.Taken, s.out.Again, s.out.Rejected = s.out.Rows+got.Rows, s.out.Taken+got.Taken, s.out.Again+got.Again, s.out.Rejected+got.Rejected
	s.out.Warnings, s.out.Unused = s.out.Warnings+got.Warnings, got.Unused
	for _, x := range got.Problems {
		row := x.Row
		if at := row - 2; at >= 0 && at < len(numbers) { // below the header
			row = numbers[at]
		}
		if err := s.told.problem(exchange.Problem{Row: row, Column: x.Column, Reason: x.Reason, Severity: exchange.Severity(x.Severity)}); err != nil {
			return err
		}
	}
	if got.Rows != len(numbers) || got.Taken+got.Again+got.Rejected != got.Rows {
		return fmt.Errorf("%s: %d rows sent, %d read, %d taken + %d again + %d rejected: %w", s.out.File, len(numbers), got.Rows, got.Taken, got.Again, got.Rejected, command.ErrUnaccounted)
	}
	s.progress.set(int64(s.out.Rows), 0)
	return nil
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
