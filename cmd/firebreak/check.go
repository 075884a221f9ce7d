package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"firebreak/internal/journal"
	"firebreak/internal/protocol"
	"firebreak/internal/store"
	"firebreak/internal/vault"
)

type checkCmd struct {
	Deep bool `help:"Walk the whole journal and every page of the database."`
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
	return "Changes nothing. Where the schema is old, what lies in the database is not looked at until firebreak migrate has run."
}

// Run does every check that can be done and fails when one of them did.
func (c *checkCmd) Run(ctx context.Context, p *process) error {
	o, err := c.options(p)
	if err != nil {
		return err
	}
	schema, err := store.ReadSchema(ctx, o)
	if err != nil {
		return held(err)
	}
	list := []finding{{Check: "schema", State: fine, Detail: fmt.Sprintf("version %d on %s", schema.Have, schema.Engine)}}
	switch {
	case schema.Have < schema.Want:
		list[0] = finding{Check: "schema", State: wrong, Detail: fmt.Sprintf("version %d, this program needs %d: run firebreak migrate", schema.Have, schema.Want)}
	case schema.Have > schema.Want:
		list[0] = finding{Check: "schema", State: wrong, Detail: fmt.Sprintf("version %d is newer than this program, which knows %d: use the newer program", schema.Have, schema.Want)}
	default:
		err := c.with(ctx, p, false, func(db *store.DB) error {
			found, err := c.inside(ctx, p, db)
			list = append(list, found...)
			return err
		})
		if err != nil {
			return err
		}
	}
	if o.Dir != "" {
		list = append(list, checkDisk(o.Dir), checkKey(p, o.Dir))
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
		f := finding{Check: "journal", State: fine, Detail: fmt.Sprintf("%d entries; the last one fits (--deep walks all)", db.Head())}
		if errors.Is(err, journal.ErrBroken) {
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
		list = append(list, packs)
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

// The vault's files in the data folder, and the variable that holds the master key where it shall not lie on the same disk.
const (
	masterKeyFile = "master.key"
	keyringFile   = "keyring.json"
	masterKeyVar  = "FIREBREAK_MASTER_KEY"
)

// checkKey looks whether the master key is there, is readable by its owner only, and opens the keyring.
func checkKey(p *process, dir string) finding {
	f := finding{Check: "key", State: fine}
	key, err := vault.ParseMasterKey(p.Getenv(masterKeyVar))
	from := masterKeyVar
	if errors.Is(err, vault.ErrNoMasterKey) {
		key, err = vault.ReadMasterKeyFile(filepath.Join(dir, masterKeyFile))
		from = masterKeyFile
	}
	noKey := errors.Is(err, vault.ErrNoMasterKey)
	if err != nil && !noKey {
		f.State, f.Detail = wrong, err.Error()
		return f
	}
	_, ringErr := vault.ReadKeyringFile(filepath.Join(dir, keyringFile), key)
	noRing := errors.Is(ringErr, fs.ErrNotExist)
	switch {
	case noKey && noRing:
		f.State, f.Detail = warning, "there is no key yet: no name can be kept"
	case noKey:
		f.State, f.Detail = wrong, fmt.Sprintf("%s is there but no master key (%s, or %s in the folder): names cannot be read", keyringFile, masterKeyVar, masterKeyFile)
	case noRing:
		f.State, f.Detail = warning, fmt.Sprintf("master key %s from %s; there is no keyring yet", key.CheckValue(), from)
	case ringErr != nil:
		f.State, f.Detail = wrong, ringErr.Error()
	default:
		f.Detail = fmt.Sprintf("master key %s from %s opens the keyring; keep a copy apart from the backups", key.CheckValue(), from)
	}
	return f
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
