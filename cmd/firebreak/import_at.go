package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"firebreak/internal/api"
	"firebreak/internal/command"
	"firebreak/internal/exchange"
	"firebreak/internal/importer"
	"firebreak/internal/store"
)

// startAt is start, on a server.
func (c *importCmd) startAt(ctx context.Context, r *remote) error {
	o, _, err := r.outbreak(ctx, c.Outbreak)
	if errors.Is(err, store.ErrNotFound) {
		if c.Pack == "" {
			return misused(fmt.Errorf("outbreak %q is new, or none of yours: to start it, name its protocol pack with --pack (firebreak pack list)", c.Outbreak))
		}
		return r.send(ctx, http.MethodPost, "/api/outbreaks", api.NewOutbreak{Name: c.Outbreak, Area: c.Area, Zone: c.Zone, Pack: c.Pack}, &o)
	}
	if err != nil || c.Pack == "" {
		return err
	}
	return c.samePack(o.Name, o.Pack)
}

// fileAt is file, on a server: the file is uploaded, run there, and waited for. Whoever interrupts the waiting does not stop the import.
func (c *importCmd) fileAt(ctx context.Context, p *process, r *remote, name string, rejects, warnings *problemFile) (res command.ImportResult, err error) {
	res.File = filepath.Base(name)
	job, err := c.uploadAt(ctx, p, r, name)
	if err != nil {
		return res, err
	}
	one := path("/api/outbreaks/%s/imports/%s", c.Outbreak, strconv.FormatInt(job.ID, 10))
	var preview api.ImportPreview
	if err := r.get(ctx, one+"/preview", nil, &preview); err != nil {
		return res, err
	}
	switch preview.Import.Needs {
	case "map":
		err = fmt.Errorf("the layout is not recognised from its columns (%s); give a column map with --map", strings.Join(preview.Header, ", "))
	case "dates":
		err = errors.New("the order of day and month is not clear; say which with --dates")
	default:
		c.used, err = exchange.ParseMap(preview.Map)
	}
	if err != nil {
		// What cannot be run is not left lying on the server.
		return res, rejected(errors.Join(fmt.Errorf("%s: %w", res.File, err), r.send(ctx, http.MethodPost, one+"/cancel", nil, &job)))
	}
	res.Format = c.used.Format
	if err := r.send(ctx, http.MethodPost, one+"/run", map[string]bool{"dry_run": c.DryRun}, &job); err != nil {
		return res, err
	}
	if err := r.await(ctx, one, p.progress(res.File, "rows"), &job); err != nil {
		return res, err
	}
	res.Kind, res.Rows, res.Created, res.Updated, res.Unchanged, res.Rejected = job.Kind, int(job.Rows), int(job.Created), int(job.Updated), int(job.Unchanged), int(job.Rejected)
	res.UnresolvedLinks, res.Links, res.Counts, res.Warnings = int(job.UnresolvedLinks), int(job.Links), int(job.Counts), int(job.Warnings)
	why := ""
	if res.Rejected+res.Warnings > 0 || job.State == "failed" {
		if why, err = r.problems(ctx, one+"/errors", res.File, rejects, warnings); err != nil {
			return res, err
		}
	}
	switch {
	case job.State == "done" || job.State == "tried":
	case job.Failure == importer.FailedForbidden:
		return res, &failure{codeDenied, fmt.Errorf("%s: %s", res.File, job.Detail)}
	case job.Failure == importer.FailedUnaccounted, job.Failure == importer.FailedUnreadable, job.Failure == importer.FailedDates, job.Failure == importer.FailedInvalid:
		return res, rejected(fmt.Errorf("%s: %s", res.File, job.Detail))
	default:
		return res, fmt.Errorf("%s: import %d is %s: %s", res.File, job.ID, job.State, job.Detail)
	}
	if res.Rejected > 0 && c.Errors == "" && !c.JSON {
		warnRejected(p, res.File, res.Rejected, why)
	}
	return res, nil
}

// await asks until the server has ended what it does with a file.
func (r *remote) await(ctx context.Context, path string, bar *progress, job *api.Import) error {
	defer bar.close()
	for job.State == "running" || job.State == "trying" {
		if err := r.get(ctx, path, url.Values{"wait": {"2"}}, job); err != nil {
			if ctx.Err() != nil {
				err = fmt.Errorf("no longer waited for; import %d goes on at the server: %w", job.ID, err)
			}
			return err
		}
		bar.set(job.Rows, job.RowsTotal)
	}
	return nil
}

// uploadAt sends a file as it is read, and says what its columns are where that was given: by a file, else by the name of a map saved on the server.
func (c *importCmd) uploadAt(ctx context.Context, p *process, r *remote, name string) (job api.Import, err error) {
	f, err := p.openInput(name)
	if err != nil {
		return job, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	size := int64(0)
	if st, err := os.Stat(name); err == nil {
		size = st.Size()
	}
	query := url.Values{}
	if c.Dates != "" {
		query.Set("dates", c.Dates)
	}
	text, err := os.ReadFile(c.Map)
	switch {
	case c.Map == "":
	case errors.Is(err, fs.ErrNotExist):
		query.Set("map", c.Map)
	case err != nil:
		return job, err
	}
	bar := p.progress("send "+filepath.Base(name), "bytes")
	err = r.upload(ctx, path("/api/outbreaks/%s/imports", c.Outbreak), query, filepath.Base(name), &sending{f, bar, 0, size}, &job)
	bar.close()
	if err != nil || len(text) == 0 {
		return job, err
	}
	m, err := exchange.ParseMap(text)
	if err != nil {
		return job, rejected(fmt.Errorf("column map %s: %w", c.Map, err))
	}
	err = r.send(ctx, http.MethodPut, path("/api/outbreaks/%s/imports/%s/map", c.Outbreak, strconv.FormatInt(job.ID, 10)), map[string]any{"version": job.Version, "map": ordered(m, exchange.DateOrder(c.Dates))}, &job)
	return job, err
}

// problems copies what the server found in a file into ours, one line for a rejected row, and returns why the last was rejected.
func (r *remote) problems(ctx context.Context, path, file string, rejects, warnings *problemFile) (why string, err error) {
	res, err := r.ask(ctx, http.MethodGet, path, nil, "", nil)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, res.Body.Close()) }()
	lines := csv.NewReader(res.Body)
	lines.FieldsPerRecord, lines.ReuseRecord = 5, true
	last := 0
	for first := true; ; first = false {
		l, err := lines.Read()
		if errors.Is(err, io.EOF) {
			return why, nil
		}
		if err != nil {
			return why, fmt.Errorf("error file of %s: %w", file, err)
		}
		if first {
			continue // the header
		}
		x := exchange.Problem{Column: l[1], Value: l[2], Reason: l[3], Severity: exchange.Severity(l[4])}
		if l[0] != "" {
			if x.Row, err = strconv.Atoi(l[0]); err != nil {
				return why, fmt.Errorf("error file of %s: row: %w", file, err)
			}
		}
		to := warnings
		if x.Severity == exchange.Reject {
			if x.Row == last { // the first reason stands
				continue
			}
			to, last, why = rejects, x.Row, x.Error()
		}
		if err := to.write(file, x); err != nil {
			return why, err
		}
	}
}

// saveMap saves a column map on the server; one of the same name is replaced.
func (r *remote) saveMap(ctx context.Context, outbreak, name string, m exchange.Map) error {
	maps := path("/api/outbreaks/%s/maps", outbreak)
	var list api.ColumnMaps
	if err := r.get(ctx, maps, nil, &list); err != nil {
		return err
	}
	var saved api.ColumnMap
	for _, old := range list.Items {
		if old.Name == name && !old.Shared {
			return r.send(ctx, http.MethodPut, maps+"/"+strconv.FormatInt(old.ID, 10), map[string]any{"version": old.Version, "name": name, "map": m}, &saved)
		}
	}
	return r.send(ctx, http.MethodPost, maps, map[string]any{"name": name, "map": m}, &saved)
}

// sending shows how much of a file is sent.
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
