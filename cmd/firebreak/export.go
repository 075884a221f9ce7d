package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode/utf8"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/linelist"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/vault"
)

type exportCmd struct {
	dataFlags
	serverFlags
	jsonFlag
	Outbreak string `required:"" placeholder:"NAME" help:"Outbreak to export from."`
	What     string `enum:"cases,contacts,links,chains,tasks" default:"cases" placeholder:"WHAT" help:"cases, contacts, links, chains or tasks."`
	Format   string `enum:"csv,xlsx,json,ndjson,geojson,epicontacts" default:"csv" placeholder:"FORMAT" help:"csv, xlsx, json or ndjson; for cases also geojson, and epicontacts: a zip of the two CSV files that R's epicontacts takes."`
	Area     string `placeholder:"CODE" help:"Only what lies in this jurisdiction."`
	BOM      bool   `name:"bom" help:"CSV begins with a byte-order mark, which Excel needs to show Chinese."`
	Names    bool   `help:"Names, documents and telephone numbers of cases or contacts too. Needs --purpose, --reason and the token of somebody who may read them; each reading is journalled."`
	Reason   string `placeholder:"TEXT" help:"Why names are needed, in a few words; the journal keeps it."`
	Out      string `required:"" placeholder:"FILE" help:"File to write; one that exists is replaced. - for stdout."`
}

// Help is shown below the flags.
func (exportCmd) Help() string {
	return "The file appears whole or not at all. Cases, contacts and links are taken back by firebreak import as they are. Cells that a spreadsheet would take for a formula are made plain text. Every export is journalled. " +
		"On the folder itself everything but names is open to whoever holds it; names are read only for a token's owner, with --token, as on a server."
}

// exportResult is an export as the command prints it.
type exportResult struct {
	File   string `json:"file"`
	What   string `json:"what"`
	Format string `json:"format"`
	Bytes  int64  `json:"bytes"`
	Names  bool   `json:"names,omitempty"`
}

// Run writes the file.
func (c *exportCmd) Run(ctx context.Context, p *process) error {
	if err := c.check(); err != nil {
		return misused(err)
	}
	r, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	out := exportResult{File: c.Out, What: c.What, Format: c.Format, Names: c.Names}
	bar := p.progress("export "+c.What, map[bool]string{true: "bytes", false: "rows"}[r != nil])
	if r != nil {
		out.Bytes, err = c.write(p, func(w io.Writer) error { return c.fetch(ctx, r, w, bar) })
	} else {
		out.Bytes, err = c.local(ctx, p, bar)
	}
	bar.close()
	switch {
	case err != nil:
		return err
	case c.Out == "-":
		return nil
	case c.JSON:
		return p.writeJSON(out)
	}
	_, err = fmt.Fprintf(p.Stdout, "%s: %s as %s, %d bytes.\n", c.Out, c.What, c.Format, out.Bytes)
	return err
}

func (c *exportCmd) check() error {
	if c.What != "cases" && (c.Format == "geojson" || c.Format == "epicontacts") {
		return fmt.Errorf("--format %s is for cases", c.Format)
	}
	if c.Out == "-" && c.JSON {
		return errors.New("--json tells of a file; the file itself cannot go to stdout then")
	}
	if !c.Names {
		return nil
	}
	n := utf8.RuneCountInString(strings.TrimSpace(c.Reason))
	switch {
	case c.What != "cases" && c.What != "contacts" || c.Format == "epicontacts":
		return errors.New("--names is for cases and contacts, and not in epicontacts")
	case !auth.Purpose(c.Purpose).Valid():
		return fmt.Errorf("--names: --purpose %q is none; say why the names are needed, such as contact-tracing", c.Purpose)
	case n < 1 || n > 200:
		return errors.New("--names: say with --reason in 1 to 200 characters why they are needed")
	}
	return nil
}

// fetch reads the stream of a server. A stream that was cut off is an error, so that nobody takes it for whole.
func (c *exportCmd) fetch(ctx context.Context, r *remote, w io.Writer, bar *progress) error {
	query := url.Values{"format": {c.Format}, "bom": {strconv.FormatBool(c.BOM)}}
	if c.Area != "" {
		query.Set("area", c.Area)
	}
	if c.Names {
		query.Set("names", "true")
		query.Set("reason", c.Reason)
	}
	res, err := r.ask(ctx, http.MethodGet, path("/api/outbreaks/%s/export/%s", c.Outbreak, c.What), query, "", nil)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, &sending{res.Body, bar, 0, 0})
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = fmt.Errorf("the server broke the stream off: %w", err)
	}
	return errors.Join(err, res.Body.Close())
}

func (c *exportCmd) local(ctx context.Context, p *process, bar *progress) (size int64, err error) {
	err = c.with(ctx, p, false, func(db *store.DB) error {
		var o outbreak.Outbreak
		w := store.Everywhere()
		err := db.View(ctx, func(r *store.Reader) (err error) {
			if o, err = r.OutbreakByName(c.Outbreak); err != nil || c.Area == "" {
				return err
			}
			tree, err := r.Tree()
			if err != nil {
				return err
			}
			j, ok := tree.ByCode(c.Area)
			if !ok {
				return fmt.Errorf("jurisdiction %q: %w", c.Area, store.ErrNotFound)
			}
			w = w.At(j.ID)
			return nil
		})
		if err != nil {
			return err
		}
		zone, err := o.Location()
		if err != nil {
			return fmt.Errorf("outbreak %q: time zone: %w", o.Name, err)
		}
		by := p.owner()
		options := linelist.Options{Format: linelist.Format(c.Format), Zone: zone, BOM: c.BOM, Seen: func(rows int) { bar.set(int64(rows), 0) }}
		var ids *store.Identities
		if c.Names {
			if by, ids, err = c.namesFor(ctx, p, db); err != nil {
				return err
			}
			options.Names = func(about []task.Subject) ([]store.Identity, error) {
				return ids.Read(ctx, store.NameRequest{By: by.Actor, Purpose: by.Purpose, Reason: c.Reason, About: about, Fields: []vault.Field{vault.FieldName, vault.FieldDocument, vault.FieldPhone}})
			}
			if w, err = c.reach(ctx, db, by, w.Area); err != nil {
				return err
			}
		}
		err = command.New(db, ids).BeginExport(ctx, by, command.Export{Outbreak: o.ID, What: c.What, Format: c.Format, Area: c.Area, Names: c.Names, Reason: c.Reason})
		if err != nil {
			return err
		}
		size, err = c.write(p, func(to io.Writer) error {
			_, err := linelist.Write(ctx, db, linelist.What(c.What), o.ID, w, to, options)
			return err
		})
		return err
	})
	return size, err
}

// namesFor is whoever the token stands for, and the vault they read names from.
func (c *exportCmd) namesFor(ctx context.Context, p *process, db *store.DB) (command.By, *store.Identities, error) {
	by, err := c.holder(ctx, p, db)
	if err != nil {
		return by, nil, err
	}
	ids, err := db.OpenIdentities(ctx, store.KeyOptions{MasterKey: p.Getenv(masterKeyVar)})
	return by, ids, err
}

// reach is where the token's owner may read, take out and read the names of what is exported.
func (c *exportCmd) reach(ctx context.Context, db *store.DB, by command.By, area place.AreaID) (store.Within, error) {
	read := auth.CaseRead
	if c.What == "contacts" {
		read = auth.ContactRead
	}
	var scopes []auth.Scope
	for _, a := range []auth.Action{read, auth.Export, auth.NameRead} {
		s := auth.ScopeOf(by.Actor, a, by.Purpose, db.Now())
		if s.Empty() {
			return store.Within{}, &command.Forbidden{Action: a, Decision: auth.May(by.Actor, a, nil, by.Purpose, db.Now())}
		}
		scopes = append(scopes, s)
	}
	tree, err := db.Tree(ctx)
	return store.Within{Scope: store.Common(tree, scopes...), Area: area}, err
}

// write gives fill the file to write: under another name until it is whole and on the disk. It returns the number of bytes.
func (c *exportCmd) write(p *process, fill func(io.Writer) error) (size int64, err error) {
	if c.Out == "-" {
		w := bufio.NewWriter(p.Stdout)
		if err := fill(w); err != nil {
			return 0, err
		}
		return 0, w.Flush()
	}
	f, err := os.CreateTemp(filepath.Dir(c.Out), "."+filepath.Base(c.Out)+".*") // mode 0600
	if err != nil {
		return 0, fmt.Errorf("--out: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	w := bufio.NewWriterSize(f, 1<<16)
	err = fill(w)
	if err == nil {
		err = errors.Join(w.Flush(), f.Sync())
	}
	st, statErr := f.Stat()
	if err = errors.Join(err, statErr, f.Close()); err != nil {
		return 0, err
	}
	return st.Size(), os.Rename(f.Name(), c.Out)
}
