package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"firebreak/internal/journal"
	"firebreak/internal/protocol"
	"firebreak/internal/store"
	"firebreak/internal/vault"
)

type checkCmd struct {
	Deep bool `help:"Walk the whole journal, every page of the database, and every row that points at another."`
	dataFlags
	jsonFlag
}

// finding is what one check found.
type finding struct {
	Check  string `json:"check"`
	State  state  `json:"state"`
	Detail string `json:"detail"`
	broken bool   // the journal is not intact
}

type state string

const (
	fine    state = "ok"
	warning state = "warning" // look at it soon; the exit code stays 0
	wrong   state = "failed"
)

// Free space. A day of a city's work is some hundred megabytes; SQLite needs room for its write-ahead log and a backup.
const (
	diskFailed  = 512 << 20
	diskWarning = 5 << 30
)

// clockSlack is how far the clock may stand behind the last journal entry: time servers step by less.
const clockSlack = 2 * time.Second

// Help is shown below the flags.
func (checkCmd) Help() string {
	return "Changes nothing, and works beside a running server. It looks at the folder, the schema, the end of the journal, jurisdictions, packs, the clock, the counters against a recount of every task, the vault's key, and free space. " +
		"Where the schema is old, what lies in the database is not looked at until firebreak migrate has run."
}

// Run does every check that can be done and fails when one of them did.
func (c *checkCmd) Run(ctx context.Context, p *process) error {
	o, err := c.options(p)
	if err != nil {
		return err
	}
	schema, err := store.ReadSchema(ctx, o)
	if err != nil {
		return err
	}
	state := finding{Check: "schema", State: fine, Detail: fmt.Sprintf("version %d on %s", schema.Have, schema.Engine)}
	switch {
	case schema.Have < schema.Want:
		state = finding{Check: "schema", State: wrong, Detail: fmt.Sprintf("version %d, this program needs %d: run firebreak migrate", schema.Have, schema.Want)}
	case schema.Have > schema.Want:
		state = finding{Check: "schema", State: wrong, Detail: fmt.Sprintf("version %d is newer than this program, which knows %d: use the newer program", schema.Have, schema.Want)}
	}
	var list []finding
	if o.Dir != "" {
		list = append(list, checkFolder(o.Dir))
	}
	list = append(list, state)
	if schema.Current() {
		err := c.beside(ctx, p, func(db *store.DB) error {
			found, err := c.inside(ctx, p, db)
			list = append(list, found...)
			return err
		})
		if err != nil {
			return err
		}
	}
	if o.Dir != "" {
		list = append(list, checkDisk(o.Dir))
	}
	return c.tell(p, list)
}

// inside checks what the open store holds. An error is a failure to look, not a finding.
func (c *checkCmd) inside(ctx context.Context, p *process, db *store.DB) ([]finding, error) {
	var list []finding
	last := time.Time{}
	err := db.View(ctx, func(r *store.Reader) error {
		at, err := r.VerifyJournalEnd()
		last = at
		end, endErr := r.JournalEnd()
		f := finding{Check: "journal", State: fine, Detail: fmt.Sprintf("%d entries, head %x; the last one fits (--deep walks all)", end.Seq, end.Hash)}
		if err = cmp.Or(err, endErr); errors.Is(err, journal.ErrBroken) {
			f = finding{Check: "journal", State: wrong, Detail: err.Error(), broken: true}
		} else if err != nil {
			return err
		}
		list = append(list, f)
		tree, err := r.Tree()
		if err != nil {
			list = append(list, finding{Check: "areas", State: wrong, Detail: err.Error()})
		} else {
			list = append(list, finding{Check: "areas", State: fine, Detail: fmt.Sprintf("%d jurisdictions", tree.Len())})
		}
		packs, err := checkPacks(r)
		if err != nil {
			return err
		}
		counters, err := checkCounters(p, r)
		if err != nil {
			return err
		}
		key, err := checkKey(p, r)
		list = append(list, packs, counters, key)
		if err != nil || !c.Deep {
			return err
		}
		rows, err := checkRows(p, r)
		list = append(list, rows)
		return err
	})
	if err != nil {
		return list, err
	}
	list = append(list, checkClock(p.Now(), last))
	if !c.Deep {
		return list, nil
	}
	bar := p.progress("verify", "entries")
	v, err := db.VerifyJournalShowing(ctx, bar.set)
	bar.close()
	if err != nil {
		return list, err
	}
	f := finding{Check: "whole journal", State: fine, Detail: fmt.Sprintf("%d entries, head %s", v.Entries, v.Head)}
	if !v.Intact {
		f.State, f.Detail, f.broken = wrong, v.Broken, true
	}
	list = append(list, f)
	f = finding{Check: "pages", State: fine, Detail: "every page was read"}
	if db.Engine() != "sqlite" {
		f.Detail = "left to the tools of " + db.Engine()
	}
	if err := db.CheckPages(ctx); err != nil {
		f.State, f.Detail = wrong, err.Error()
	}
	return append(list, f), nil
}

func checkPacks(r *store.Reader) (finding, error) {
	f := finding{Check: "packs", State: fine}
	list, err := r.Outbreaks()
	if err != nil {
		return f, err
	}
	var bad []string
	for _, o := range list {
		if _, err := protocol.Load(o.Pack); err != nil {
			bad = append(bad, fmt.Sprintf("outbreak %s: %v", o.Name, err))
		}
	}
	f.Detail = fmt.Sprintf("the packs of %d outbreaks load", len(list))
	if len(bad) > 0 {
		f.State, f.Detail = wrong, strings.Join(bad, "; ")
	}
	return f, nil
}

func checkClock(now, last time.Time) finding {
	f := finding{Check: "clock", State: fine, Detail: now.UTC().Format(time.RFC3339)}
	if behind := last.Sub(now); behind > clockSlack {
		f.State = wrong
		f.Detail = fmt.Sprintf("it stands %s before the last journal entry (%s): set it right, or deadlines are wrong", behind.Round(time.Second), last.Format(time.RFC3339))
	}
	return f
}

func checkDisk(dir string) finding {
	f := finding{Check: "disk", State: fine}
	free, err := diskFree(dir)
	if err != nil {
		f.State, f.Detail = wrong, err.Error()
		return f
	}
	f.Detail = humanize.IBytes(uint64(max(free, 0))) + " free"
	switch {
	case free < diskFailed:
		f.State = wrong
	case free < diskWarning:
		f.State = warning
	}
	return f
}

// checkFolder looks who may look into the folder.
func checkFolder(dir string) finding {
	f := finding{Check: "folder", State: fine, Detail: dir}
	st, err := os.Stat(dir)
	switch {
	case err != nil:
		f.State, f.Detail = wrong, err.Error()
	case runtime.GOOS != "windows" && st.Mode().Perm()&0o077 != 0:
		f.State, f.Detail = warning, fmt.Sprintf("%s has mode %04o: others on this machine can look into it; make it 0700", dir, st.Mode().Perm())
	}
	return f
}

// checkCounters recounts the tasks of every outbreak.
func checkCounters(p *process, r *store.Reader) (finding, error) {
	f := finding{Check: "counters", State: fine}
	list, err := r.Outbreaks()
	if err != nil {
		return f, err
	}
	bar := p.progress("recount", "outbreaks")
	defer bar.close()
	var tasks int64
	var bad []string
	for i, o := range list {
		bar.set(int64(i), int64(len(list)))
		found, err := r.RecountTasks(o.ID)
		if err != nil {
			return f, err
		}
		tasks += found.Tasks
		for _, text := range found.Wrong {
			bad = append(bad, fmt.Sprintf("outbreak %s: %s", o.Name, text))
		}
		if found.More {
			bad = append(bad, "and more")
		}
	}
	f.Detail = humanize.Comma(tasks) + " tasks, recounted, are what coverage and lists say"
	if len(bad) > 0 {
		f.State, f.Detail = wrong, strings.Join(bad, "; ")
	}
	return f, nil
}

// checkRows looks for rows that point at nothing.
func checkRows(p *process, r *store.Reader) (finding, error) {
	f := finding{Check: "rows", State: fine, Detail: "every row that points at another finds it"}
	bar := p.progress("check rows", "")
	defer bar.close()
	stray, err := r.StrayRows()
	if len(stray) > 0 {
		f.State, f.Detail = wrong, strings.Join(stray, "; ")
	}
	return f, err
}

// masterKeyVar is the variable that holds the master key where it shall not lie on the same disk as the data.
const masterKeyVar = "FIREBREAK_MASTER_KEY"

// checkKey looks whether the vault's key is there, is readable by its owner only, and opens the keyring in the database.
func checkKey(p *process, r *store.Reader) (finding, error) {
	f := finding{Check: "key", State: fine}
	from := store.MasterKeyFile
	if p.Getenv(masterKeyVar) != "" {
		from = masterKeyVar
	}
	found, err := r.CheckKey(store.KeyOptions{MasterKey: p.Getenv(masterKeyVar)})
	switch {
	case errors.Is(err, vault.ErrNoMasterKey) && !found.Keyring:
		f.State, f.Detail = warning, "there is no key and no keyring yet: both are made when the first name comes"
	case errors.Is(err, vault.ErrNoMasterKey):
		f.State, f.Detail = wrong, fmt.Sprintf("the database has a keyring but there is no key (%s in the folder, or %s): names cannot be read", store.MasterKeyFile, masterKeyVar)
	case errors.Is(err, vault.ErrWrongMasterKey):
		f.State, f.Detail = wrong, fmt.Sprintf("key %s from %s is not the one of this database: names cannot be read", found.CheckValue, from)
	case err != nil:
		f.State, f.Detail = wrong, err.Error()
	case !found.Keyring:
		f.State, f.Detail = warning, fmt.Sprintf("key %s from %s; there is no keyring yet", found.CheckValue, from)
	default:
		f.Detail = fmt.Sprintf("key %s from %s opens the keyring; keep a copy apart from the backups", found.CheckValue, from)
	}
	return f, nil
}

// tell writes the findings and turns the failed ones into the command's error.
func (c *checkCmd) tell(p *process, list []finding) error {
	var bad []string
	code := codeUnhealthy
	for _, f := range list {
		if f.State == wrong {
			bad = append(bad, f.Check)
		}
		if f.broken {
			code = codeBroken
		}
	}
	if c.JSON {
		if err := p.writeJSON(struct {
			OK     bool      `json:"ok"`
			Checks []finding `json:"checks"`
		}{len(bad) == 0, list}); err != nil {
			return err
		}
	} else {
		t := newTable("check", "state", "")
		for _, f := range list {
			t.add(f.Check, string(f.State), f.Detail)
		}
		if err := t.write(p.Stdout); err != nil {
			return err
		}
	}
	if len(bad) > 0 {
		return &failure{code, fmt.Errorf("failed: %s", strings.Join(bad, ", "))}
	}
	return nil
}
