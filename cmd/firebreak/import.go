package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"firebreak/internal/command"
	"firebreak/internal/exchange"
	"firebreak/internal/importer"
	"firebreak/internal/outbreak"
	"firebreak/internal/protocol"
	"firebreak/internal/store"
)

type importCmd struct {
	dataFlags
	serverFlags
	jsonFlag
	Kind     string `enum:",visits,meetings,stays,places" default:"" placeholder:"KIND" help:"visits: lists of who was where and when, with the columns person, place, start and end, and seat, x, y and kind (of the place) where they are known. meetings: lists of who was with whom, as proximity devices measure it or people tell it, with the columns person, other, start, and end or seconds, or step, and metres. stays: lists of who stayed where, by days, with the columns person (or firstname and lastname), place, arrival and leave, or place1, arrival1, leave1, place2 and so on. places: lists of places of visits, with the columns place and kind. Otherwise cases, contacts and links are told apart by their columns."`
	Steps    string `placeholder:"BEGIN,LENGTH,A-DAY" help:"Of lists of meetings that count steps in a column step: when step 1 began, how long a step is, and how many a day has, such as 2017-10-12T07:00,5m,192."`
	Outbreak string `placeholder:"NAME" help:"Outbreak to import into; it is started when there is none of that name. Visits, meetings and places go to the only outbreak where it is left out."`
	Pack     string `placeholder:"NAME@VERSION" help:"Protocol pack of an outbreak that is started (see pack list)."`
	Area     string `placeholder:"CODE" help:"Jurisdiction of an outbreak that is started."`
	Zone     string `default:"UTC" placeholder:"ZONE" help:"Time zone of an outbreak that is started, such as Asia/Shanghai."`
	Map      string `placeholder:"MAP" help:"Column map in place of the layout that is recognised: the name of a saved one (see maps list), or a JSON file."`
	SaveMap  string `name:"save-map" placeholder:"NAME" help:"Save the column map that the last file was read by, for the next one of its sort."`
	Dates    string `enum:",iso,dmy,mdy,ymd" default:"" placeholder:"ORDER" help:"Order of day, month and year where the file leaves it open: iso, dmy, mdy or ymd."`
	problemFlags
	DryRun bool     `help:"Do all but keep nothing."`
	Files  []string `arg:"" name:"file" help:"CSV or XLSX files: cases, contacts or links, in any order."`

	used exchange.Map // by the last file
}

// Run imports file after file. All rows are accounted for, or it fails.
func (c *importCmd) Run(ctx context.Context, p *process) error {
	r, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	switch {
	case c.Steps != "" && c.Kind != string(exchange.Meetings):
		return misused(errors.New("--steps is of --kind meetings"))
	case c.Kind != "" && r != nil:
		return c.visitsAt(ctx, p, r)
	case c.Kind != "":
		return c.visits(ctx, p)
	}
	if c.Outbreak == "" {
		return misused(errors.New("missing flags: --outbreak=NAME"))
	}
	if r != nil {
		if err := c.startAt(ctx, r); err != nil {
			return err
		}
		return c.each(p, func(path string, rejects, warnings *problemFile) (command.ImportResult, error) {
			return c.fileAt(ctx, p, r, path, rejects, warnings)
		}, func(name string) error { return r.saveMap(ctx, c.Outbreak, name, c.used) })
	}
	return c.with(ctx, p, true, func(db *store.DB) error {
		ids, err := db.OpenIdentities(ctx, store.KeyOptions{MasterKey: p.Getenv("FIREBREAK_MASTER_KEY")})
		if err != nil {
			return err
		}
		cmds := command.New(db, ids)
		if err := c.start(ctx, p, cmds); err != nil {
			return err
		}
		return c.each(p, func(path string, rejects, warnings *problemFile) (command.ImportResult, error) {
			return c.file(ctx, p, cmds, path, rejects, warnings)
		}, func(name string) error { return c.saveMap(ctx, p, cmds, name) })
	})
}

// each imports the files one after the other, up to the first that fails, saves the column map where asked, and prints what became of them.
func (c *importCmd) each(p *process, one func(path string, rejects, warnings *problemFile) (command.ImportResult, error), save func(name string) error) error {
	return importFiles(c.problemFlags, c.Files, one, func(results []command.ImportResult, failed error) error {
		if failed == nil && c.SaveMap != "" {
			if err := save(c.SaveMap); err != nil {
				failed = fmt.Errorf("save column map: %w", err)
			}
		}
		return errors.Join(failed, c.print(p, results))
	})
}

// start makes the outbreak when there is none of that name, and refuses a pack that is not the one in force.
func (c *importCmd) start(ctx context.Context, p *process, cmds *command.Commands) error {
	var o outbreak.Outbreak
	err := cmds.DB().View(ctx, func(r *store.Reader) (err error) {
		o, err = r.OutbreakByName(c.Outbreak)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		if c.Pack == "" {
			return misused(fmt.Errorf("outbreak %q is new: name its protocol pack with --pack (firebreak pack list)", c.Outbreak))
		}
		_, err = cmds.StartOutbreak(ctx, p.owner(), command.StartOutbreak{Name: c.Outbreak, Area: c.Area, Zone: c.Zone, Pack: c.Pack})
		return err
	}
	if err != nil || c.Pack == "" {
		return err
	}
	return c.samePack(o.Name, o.Pack)
}

func (c *importCmd) samePack(name, inForce string) error {
	pack, err := protocol.Load(c.Pack)
	if err != nil {
		return err
	}
	if pack.Ref() != inForce {
		return misused(fmt.Errorf("outbreak %q runs under %s, not %s; an import does not change the pack in force", name, inForce, pack.Ref()))
	}
	return nil
}

func (c *importCmd) file(ctx context.Context, p *process, cmds *command.Commands, path string, rejects, warnings *problemFile) (res command.ImportResult, err error) {
	src, err := exchange.Open(path)
	if err != nil {
		return res, err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	res.File = src.Name()
	m, err := c.layout(ctx, cmds, src)
	if err != nil {
		return res, rejected(fmt.Errorf("%s: %w", src.Name(), err))
	}
	c.used = m
	progress := p.progress(src.Name(), "rows")
	told := toldRows{file: src.Name(), rejects: rejects, warnings: warnings}
	res, err = cmds.Import(ctx, p.owner(), command.ImportFile{
		Outbreak: c.Outbreak, Source: src, Map: m, DryRun: c.DryRun,
		Problem:  told.problem,
		Progress: func(r command.ImportResult) { progress.set(int64(r.Rows), 0) },
	})
	progress.close()
	var dates *exchange.AmbiguousDatesError
	switch {
	case errors.As(err, &dates):
		return res, rejected(fmt.Errorf("%w; say which with --dates", err))
	case errors.Is(err, command.ErrUnaccounted):
		return res, rejected(err)
	case err == nil && res.Rejected > 0 && c.Errors == "" && !c.JSON:
		warnRejected(p, res.File, res.Rejected, told.why)
	}
	return res, err
}

// layout is the file's column map: the one given, or the one recognised.
func (c *importCmd) layout(ctx context.Context, cmds *command.Commands, src *exchange.Source) (m exchange.Map, err error) {
	if c.Map != "" {
		if m, err = c.namedMap(ctx, cmds); err != nil {
			return m, fmt.Errorf("column map %s: %w", c.Map, err)
		}
	} else {
		t, err := src.Table(exchange.ReadOptions{})
		if err != nil {
			return m, err
		}
		header := t.Header()
		if err := t.Close(); err != nil {
			return m, err
		}
		found := exchange.Recognise(header)
		const sure = 0.8
		if len(found) == 0 || found[0].Confidence < sure {
			return m, fmt.Errorf("the layout is not recognised from its columns (%s); give a column map with --map", strings.Join(header, ", "))
		}
		m = found[0].Map
	}
	return ordered(m, exchange.DateOrder(c.Dates)), nil
}

// ordered says how the dates are written whose order the map leaves open; an empty order leaves it open.
func ordered(m exchange.Map, order exchange.DateOrder) exchange.Map {
	for f, col := range m.Fields {
		if order != "" && f.IsDate() && col.Order == exchange.OrderDetect {
			col.Order = order
			m.Fields[f] = col
		}
	}
	return m
}

// namedMap is the saved map of that name; else the file of that name.
func (c *importCmd) namedMap(ctx context.Context, cmds *command.Commands) (m exchange.Map, err error) {
	var saved store.ColumnMap
	err = cmds.DB().View(ctx, func(r *store.Reader) error {
		o, err := r.OutbreakByName(c.Outbreak)
		if err != nil {
			return err
		}
		saved, err = r.ColumnMapByName(o.ID, c.Map)
		return err
	})
	if err == nil {
		return exchange.ParseMap([]byte(saved.Mapping))
	}
	if !errors.Is(err, store.ErrNotFound) {
		return m, err
	}
	text, err := os.ReadFile(c.Map)
	if errors.Is(err, fs.ErrNotExist) {
		return m, errors.New("there is neither a saved map nor a file of that name; see: firebreak maps list")
	}
	if err != nil {
		return m, err
	}
	return exchange.ParseMap(text)
}

// saveMap saves the map of the last file; one of the same name is replaced.
func (c *importCmd) saveMap(ctx context.Context, p *process, cmds *command.Commands, name string) error {
	var in store.ColumnMap
	err := cmds.DB().View(ctx, func(r *store.Reader) error {
		o, err := r.OutbreakByName(c.Outbreak)
		if err != nil {
			return err
		}
		in = store.ColumnMap{Outbreak: o.ID, Name: name}
		list, err := r.ColumnMaps(o.ID)
		for _, m := range list {
			if m.Outbreak == o.ID && m.Name == name {
				in.ID, in.Version = m.ID, m.Version
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	_, err = importer.SaveMap(ctx, cmds.DB(), p.owner(), in, c.used)
	return err
}

func (c *importCmd) print(p *process, results []command.ImportResult) error {
	if c.JSON {
		return p.writeJSON(struct {
			DryRun bool                   `json:"dry_run,omitempty"`
			Files  []command.ImportResult `json:"files"`
		}{c.DryRun, results})
	}
	t := newTable("file", "kind", "rows", "created", "updated", "unchanged", "rejected", "unresolved links")
	t.alignRight(2, 3, 4, 5, 6, 7)
	for _, r := range results {
		t.add(r.File, r.Kind, strconv.Itoa(r.Rows), strconv.Itoa(r.Created), strconv.Itoa(r.Updated), strconv.Itoa(r.Unchanged), strconv.Itoa(r.Rejected), strconv.Itoa(r.UnresolvedLinks))
	}
	if c.DryRun {
		if _, err := fmt.Fprintln(p.Stdout, "Dry run: nothing was kept."); err != nil {
			return err
		}
	}
	return t.write(p.Stdout)
}

// problemFile is a CSV file of rows that need a person; nil writes nothing.
type problemFile struct {
	f *os.File
	w *exchange.ProblemWriter
}

// problemFlags name the files in which an import tells of single rows.
type problemFlags struct {
	Errors   string `type:"path" placeholder:"FILE" help:"Write one line for each rejected row, with its number and the reason, as CSV."`
	Warnings string `type:"path" placeholder:"FILE" help:"Write what was taken in with a doubt, as CSV."`
}

// importFiles takes files in one after the other, up to the first that fails, and has told what became of them, of that one too.
func importFiles[T any](f problemFlags, files []string, one func(path string, rejects, warnings *problemFile) (T, error), tell func(results []T, failed error) error) (err error) {
	rejects, err := openProblems(f.Errors)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rejects.close()) }()
	warnings, err := openProblems(f.Warnings)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, warnings.close()) }()
	results := []T{}
	for _, path := range files {
		res, err := one(path, rejects, warnings)
		if results = append(results, res); err != nil {
			return tell(results, err)
		}
	}
	return tell(results, nil)
}

func openProblems(path string) (*problemFile, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	return &problemFile{f, exchange.NewProblemWriter(io.Writer(f))}, nil
}

func (o *problemFile) write(file string, x exchange.Problem) error {
	if o == nil {
		return nil
	}
	x.Reason = file + ": " + x.Reason
	return o.w.Write(x)
}

func (o *problemFile) close() error {
	if o == nil {
		return nil
	}
	return errors.Join(o.w.Flush(), o.f.Close())
}

// toldRows writes down what an import says of the rows of a file: one line for a row that is rejected, with the first reason, and every warning.
type toldRows struct {
	file              string
	rejects, warnings *problemFile
	row               int    // rejected last
	why               string // and the reason
}

func (t *toldRows) problem(x exchange.Problem) error {
	if x.Severity != exchange.Reject {
		return t.warnings.write(t.file, x)
	}
	if x.Row == t.row {
		return nil
	}
	t.row, t.why = x.Row, x.Error()
	return t.rejects.write(t.file, x)
}

// warnRejected says that rows of a file were rejected, to whoever did not ask for the file that lists them.
func warnRejected(p *process, file string, n int, why string) {
	_, _ = fmt.Fprintf(p.Stderr, "%s: %d rows were rejected, the last because: %s. --errors FILE lists them all.\n", file, n, why)
}
