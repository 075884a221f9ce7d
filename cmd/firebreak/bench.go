package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"firebreak/internal/benchload"
	"firebreak/internal/command"
	"firebreak/internal/outbreak"
	"firebreak/internal/store"
)

type benchOutbreakCmd struct {
	dataFlags
	jsonFlag
	Cases    int    `default:"100000" placeholder:"N" help:"Cases of the load."`
	Contacts int    `default:"-1" placeholder:"N" help:"Contacts of the load; -1 means five a case."`
	Tasks    int    `default:"-1" placeholder:"N" help:"Tasks of the load, about; -1 means one a contact. Records that are over have fewer of them than the rulebook would leave behind, so that the two can be chosen apart."`
	Seed     uint64 `default:"2022" placeholder:"N" help:"Another seed makes other people."`
	Keep     bool   `help:"Keep the folder that was made, so that the next run over it only measures. Without it a folder that this run made is removed."`
	Runs     int    `default:"25" placeholder:"N" help:"How often each question is asked, each time by another user of its sort and about other records."`
	Only     string `placeholder:"TEXT" help:"Ask only the questions whose name has this in it."`
	NoExport bool   `name:"no-export" help:"Leave out the export of all cases."`
	NoBulk   bool   `name:"no-bulk" help:"Leave out the change of 10,000 cases."`
	Lists    string `type:"path" placeholder:"DIR" help:"Write the load as cases.csv and contacts.csv into this folder, to measure imports, and stop."`
}

// Help is shown below the flags.
func (benchOutbreakCmd) Help() string {
	return "Builds a synthetic outbreak in the districts of Qingdao and measures what screens ask of it, over the screens themselves: each question is one request to the server's own handler, rendering included, " +
		"asked one after the other. The load is made from its seed alone; its clock stands at the load's last day, whatever the day. An interrupted build goes on where it was. " +
		"A figure above its limit does not change the exit code. Give --db a database with nothing else in it."
}

// benchNow is when the load ends and measuring begins: the clock runs on from there.
var benchNow = time.Date(2022, 11, 30, 7, 17, 0, 0, time.UTC)

// benchOutbreak is what the outbreak of the load is called.
const benchOutbreak = "bench"

// benchWorkload says what was measured, on what.
type benchWorkload struct {
	Engine   string  `json:"engine"`
	Cases    int     `json:"cases"`
	Contacts int     `json:"contacts"`
	Tasks    int64   `json:"tasks"`
	Seed     uint64  `json:"seed"`
	Cores    int     `json:"cores"`
	Machine  string  `json:"machine"`
	Go       string  `json:"go"`
	LoadedIn float64 `json:"loaded_in_s,omitempty"` // 0 where the folder held the load already
	Bytes    int64   `json:"bytes,omitempty"`       // of the SQLite file
}

// benchReport is the result of the command.
type benchReport struct {
	Workload  benchWorkload `json:"workload"`
	Questions []benchAnswer `json:"questions"`
	Jobs      []benchJob    `json:"jobs"`
}

// Run builds the load where it is not there yet, and measures.
func (c *benchOutbreakCmd) Run(ctx context.Context, p *process) (err error) {
	if c.Contacts < 0 {
		c.Contacts = 5 * c.Cases
	}
	if c.Tasks < 0 {
		c.Tasks = c.Contacts
	}
	if c.Cases < 1000 || c.Runs < 1 {
		return misused(errors.New("a load has at least 1,000 cases, and each question is asked at least once"))
	}
	if c.Lists != "" {
		return c.writeLists(ctx, p)
	}
	made := false
	if c.Data == "" {
		if c.Data, err = os.MkdirTemp("", "firebreak-bench-"); err != nil {
			return fmt.Errorf("make a folder for the load: %w", err)
		}
		made = true
	} else if entries, err := os.ReadDir(c.Data); errors.Is(err, os.ErrNotExist) || err == nil && len(entries) == 0 {
		made = true
	}
	defer func() {
		if made && !c.Keep {
			err = errors.Join(err, os.RemoveAll(c.Data))
		}
	}()
	o, err := c.options(p)
	if err != nil {
		return err
	}
	began := p.Now()
	o.Now = func() time.Time { return benchNow.Add(p.Now().Sub(began)) }
	report := benchReport{Workload: benchWorkload{Cases: c.Cases, Contacts: c.Contacts, Seed: c.Seed, Cores: runtime.GOMAXPROCS(0), Machine: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version()}}
	load, err := c.fill(ctx, p, o, &report.Workload)
	if err != nil {
		return err
	}
	// The load is measured by a process whose memory it was not built in, as far as that can be had: nothing of the build is kept.
	runtime.GC()
	db, err := store.Open(ctx, o)
	if err != nil {
		return held(err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	b := bench{c: c, p: p, db: db, load: load, report: &report}
	if err := b.run(ctx); err != nil {
		return err
	}
	if c.JSON {
		return p.writeJSON(report)
	}
	return b.write(p.Stdout)
}

// fill builds the load and closes the store again, so that measuring begins with the caches of a server that was just started.
func (c *benchOutbreakCmd) fill(ctx context.Context, p *process, o store.Options, w *benchWorkload) (load *benchload.Load, err error) {
	o.Unflushed = true
	db, err := store.Open(ctx, o)
	if err != nil {
		return nil, held(err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	w.Engine = db.Engine()
	out, err := c.outbreak(ctx, p, db)
	if err != nil {
		return nil, err
	}
	if load, err = c.load(ctx, db, out); err != nil {
		return nil, err
	}
	whole, err := load.Filled(ctx, db, out)
	if err != nil {
		return nil, err
	}
	if !whole {
		began := p.Now()
		progress := p.progress("load", "records")
		err = load.Fill(ctx, db, out, func(done, of int) { progress.set(int64(done), int64(of)) })
		progress.close()
		if err != nil {
			return nil, err
		}
		if err := db.Settle(ctx); err != nil {
			return nil, err
		}
		w.LoadedIn = p.Now().Sub(began).Seconds()
	}
	err = db.View(ctx, func(r *store.Reader) error {
		cover, err := r.Coverage(out.ID, store.Everywhere(), time.Time{}, time.Time{}, db.Now())
		for _, d := range cover {
			w.Tasks += d.Due
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if db.Engine() == "sqlite" {
		if st, err := os.Stat(filepath.Join(o.Dir, "main.db")); err == nil {
			w.Bytes = st.Size()
		}
	}
	return load, nil
}

// outbreak returns the load's outbreak, started where it is not there yet.
func (c *benchOutbreakCmd) outbreak(ctx context.Context, p *process, db *store.DB) (o outbreak.Outbreak, err error) {
	err = db.View(ctx, func(r *store.Reader) error {
		o, err = r.OutbreakByName(benchOutbreak)
		return err
	})
	if !errors.Is(err, store.ErrNotFound) {
		return o, err
	}
	if _, err := command.New(db, nil).ImportAreas(ctx, command.Owner("bench"), qingdaoAreas()); err != nil {
		return o, err
	}
	return command.New(db, nil).StartOutbreak(ctx, command.Owner("bench"), command.StartOutbreak{Name: benchOutbreak, Title: "Synthetic load", Pack: "covid19/2022-v9", Zone: "Asia/Shanghai", Area: "3702"})
}

func (c *benchOutbreakCmd) load(ctx context.Context, db *store.DB, o outbreak.Outbreak) (*benchload.Load, error) {
	tree, err := db.Tree(ctx)
	if err != nil {
		return nil, err
	}
	zone, err := o.Location()
	if err != nil {
		return nil, err
	}
	return benchload.New(benchload.Spec{Cases: c.Cases, Contacts: c.Contacts, Tasks: c.Tasks, Seed: c.Seed, Now: benchNow, Zone: zone, Tree: tree})
}

// writeLists writes the load as two files. The tree comes from an empty store that is thrown away.
func (c *benchOutbreakCmd) writeLists(ctx context.Context, p *process) (err error) {
	dir, err := os.MkdirTemp("", "firebreak-bench-")
	if err != nil {
		return fmt.Errorf("make a folder for the tree: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	db, err := store.Open(ctx, store.Options{Dir: dir, Now: func() time.Time { return benchNow }, Unflushed: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	o, err := c.outbreak(ctx, p, db)
	if err != nil {
		return err
	}
	load, err := c.load(ctx, db, o)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.Lists, 0o755); err != nil {
		return fmt.Errorf("write lists: %w", err)
	}
	for name, write := range map[string]func(io.Writer) (int, error){"cases.csv": load.WriteCases, "contacts.csv": load.WriteContacts} {
		f, err := os.Create(filepath.Join(c.Lists, name))
		if err != nil {
			return fmt.Errorf("write lists: %w", err)
		}
		n, err := write(f)
		if err = errors.Join(err, f.Close()); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
		if !c.JSON {
			if _, err := fmt.Fprintln(p.Stdout, name+": "+strconv.Itoa(n)+" rows"); err != nil {
				return err
			}
		}
	}
	if c.JSON {
		return p.writeJSON(map[string]int{"cases": c.Cases, "contacts": c.Contacts})
	}
	return nil
}
