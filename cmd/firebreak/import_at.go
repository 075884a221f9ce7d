package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"

	"firebreak/internal/api"
	"firebreak/internal/command"
	"firebreak/internal/exchange"
	"firebreak/internal/store"
)

// startAt is start, on a server.
func (c *importCmd) startAt(ctx context.Context, r *remote) error {
	o, _, err := r.outbreak(ctx, c.Outbreak)
	if errors.Is(err, store.ErrNotFound) {
		if c.Pack == "" {
			return misused(fmt.Errorf("outbreak %q is new, or none of yours: to start it, name its protocol pack with --pack (firebreak pack list)", c.Outbreak))
		}
		return r.post(ctx, "/api/outbreaks", api.NewOutbreak{Name: c.Outbreak, Area: c.Area, Zone: c.Zone, Pack: c.Pack}, &o)
	}
	if err != nil || c.Pack == "" {
		return err
	}
	return c.samePack(o.Name, o.Pack)
}

// fileAt is file, on a server: the file is sent as it is read.
func (c *importCmd) fileAt(ctx context.Context, p *process, r *remote, name string, rejects, warnings *problemFile) (res command.ImportResult, err error) {
	f, err := p.openInput(name)
	if err != nil {
		return res, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	size := int64(0)
	if st, err := os.Stat(name); err == nil {
		size = st.Size()
	}
	fields := map[string]string{}
	if c.Map != "" {
		text, err := os.ReadFile(c.Map)
		if err != nil {
			return res, err
		}
		fields["map"] = string(text)
	}
	query := url.Values{}
	if c.Dates != "" {
		query.Set("dates", c.Dates)
	}
	if c.DryRun {
		query.Set("dry_run", "true")
	}
	res.File = filepath.Base(name)
	bar := p.progress("send "+res.File, "bytes")
	var got api.Imported
	err = r.upload(ctx, path("/api/outbreaks/%s/imports", c.Outbreak), query, res.File, &sending{f, bar, 0, size}, fields, &got)
	bar.close()
	var told *refusal
	if errors.As(err, &told) && told.Import != nil {
		return *told.Import, err
	}
	if err != nil {
		return res, err
	}
	lastRow, lastWhy := 0, ""
	for _, x := range got.Problems {
		problem := exchange.Problem{Row: x.Row, Column: x.Column, Value: x.Value, Reason: x.Reason, Severity: exchange.Severity(x.Severity)}
		to := warnings
		if problem.Severity == exchange.Reject {
			if x.Row == lastRow { // one line a row: the first reason stands
				continue
			}
			to, lastRow, lastWhy = rejects, x.Row, problem.Error()
		}
		if err := to.write(got.File, problem); err != nil {
			return got.ImportResult, err
		}
	}
	switch {
	case got.More && (c.Errors != "" || c.Warnings != ""):
		_, _ = fmt.Fprintf(p.Stderr, "%s: the server names the first %d problems; there are more.\n", got.File, len(got.Problems))
	case got.Rejected > 0 && c.Errors == "" && !c.JSON:
		_, _ = fmt.Fprintf(p.Stderr, "%s: %d rows were rejected, one of them because: %s. --errors FILE lists them.\n", got.File, got.Rejected, lastWhy)
	}
	return got.ImportResult, nil
}

// sending shows how much of a file is sent; after that the server is at it.
type sending struct {
	io.Reader
	bar  *progress
	done int64
	size int64
}

// Read implements io.Reader.
func (s *sending) Read(b []byte) (int, error) {
	n, err := s.Reader.Read(b)
	s.done += int64(n)
	s.bar.set(s.done, s.size)
	return n, err
}
