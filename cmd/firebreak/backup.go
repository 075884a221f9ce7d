package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/dustin/go-humanize"

	"firebreak/internal/api"
	"firebreak/internal/store"
	"firebreak/internal/vault"
)

type backupCmd struct {
	dataFlags
	serverFlags
	jsonFlag
	WithKey bool   `help:"Put the vault's key file in too. Whoever has such a backup can read every name: keep it as you keep the key."`
	Out     string `arg:"" optional:"" help:"File to write; one that exists is replaced. With --url the name of a new file in the server's folder for backups, made from the time where left out."`
}

// Help is shown below the flags.
func (backupCmd) Help() string {
	return "Works beside a running server: it reads one moment of the database while changes go on. The file appears whole or not at all, after its journal was walked and its checksum read back. " +
		"It needs room beside it for an uncompressed copy meanwhile. Names are sealed in it; without the vault's key nobody can read them, and the key is not in it unless asked for. Write the journal's head down elsewhere: " +
		"it proves later that nothing was cut off. With --url the server writes the file to the folder of serve --backups, where it stays. A backup with a broken journal is kept and ends with exit code 6."
}

// backupResult is a backup as the command prints it.
type backupResult struct {
	File  string `json:"file"`
	Bytes int64  `json:"bytes"` // of the file
	store.Manifest
}

// Run writes the backup and says what is in it.
func (c *backupCmd) Run(ctx context.Context, p *process) error {
	r, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	var out backupResult
	if r != nil {
		if c.WithKey {
			return misused(errors.New("--with-key: a server does not give its key away; run it on the server's machine with --data"))
		}
		waiting := p.waiting("backup")
		var got api.Backup
		err = r.post(ctx, "/api/backups", api.NewBackup{Name: c.Out}, &got)
		waiting.close()
		out = backupResult{got.File, got.Bytes, got.Manifest}
	} else {
		out, err = c.local(ctx, p)
	}
	if err != nil {
		return err
	}
	return c.tell(p, out, r != nil)
}

func (c *backupCmd) local(ctx context.Context, p *process) (out backupResult, err error) {
	if c.Out == "" {
		return out, misused(errors.New("name the file to write"))
	}
	o, err := c.options(p)
	if err != nil {
		return out, err
	}
	db, err := store.OpenBeside(ctx, o)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	b := store.BackupOptions{}
	if c.WithKey {
		if b.KeyFile, err = c.keyFile(ctx, p, db); err != nil {
			return out, err
		}
	}
	bar := p.progress("backup", "bytes")
	b.Seen = bar.stage
	out.Manifest, err = db.Backup(ctx, c.Out, b)
	bar.close()
	if err != nil {
		return out, err
	}
	out.File = c.Out
	st, err := os.Stat(c.Out)
	if err != nil {
		return out, err
	}
	out.Bytes = st.Size()
	return out, nil
}

// keyFile is the key's file, if it is there and fits.
func (c *backupCmd) keyFile(ctx context.Context, p *process, db *store.DB) (string, error) {
	if p.Getenv(masterKeyVar) != "" {
		return "", misused(fmt.Errorf("--with-key: the key is in %s, not in a file; keep it where that comes from", masterKeyVar))
	}
	if c.Data == "" {
		return "", misused(errors.New("--with-key needs --data: the key's file is in the data folder"))
	}
	err := db.View(ctx, func(r *store.Reader) error {
		_, err := r.CheckKey(store.KeyOptions{})
		return err
	})
	if err != nil {
		return "", fmt.Errorf("--with-key: %w", err)
	}
	return filepath.Join(c.Data, store.MasterKeyFile), nil
}

func (c *backupCmd) tell(p *process, b backupResult, there bool) error {
	var err error
	if c.JSON {
		err = p.writeJSON(b)
	} else {
		err = p.sayBackup(b, there)
	}
	if err == nil && b.Broken != "" {
		err = &failure{codeBroken, fmt.Errorf("the backup is written, but the journal in it is broken: %s", b.Broken)}
	}
	return err
}

func (p *process) sayBackup(b backupResult, there bool) error {
	where := b.File
	if there {
		where += ", in the server's folder for backups"
	}
	if _, err := fmt.Fprintf(p.Stdout, "%s: %s, read back whole.\nJournal: %d entries, head %s\n", where, humanize.IBytes(uint64(max(b.Bytes, 0))), b.JournalSeq, b.JournalHash); err != nil {
		return err
	}
	t := newTable("holds", "rows")
	t.alignRight(1)
	for _, noun := range []string{"outbreak", "person", "cases", "contact", "link", "specimen", "task"} {
		t.add(noun, humanize.Comma(b.Counts[noun]))
	}
	if err := t.write(p.Stdout); err != nil {
		return err
	}
	text := "No names are in it yet.\n"
	switch {
	case b.KeyFile != "":
		text = "The vault's key is in it: whoever has this file can read every name.\n"
	case b.NamesSealed:
		text = fmt.Sprintf("The names in it are sealed. Without the vault's key (%s, or %s) nobody can ever read them, and the key is not in this file: keep a copy of it elsewhere.\n", store.MasterKeyFile, masterKeyVar)
	}
	_, err := fmt.Fprint(p.Stdout, text)
	return err
}

type restoreCmd struct {
	dataFlags
	jsonFlag
	File string `arg:"" help:"Backup to restore."`
}

// Help is shown below the flags.
func (restoreCmd) Help() string {
	return "Into a folder that is empty or absent, or with --db into an empty database. Nothing appears there before the checksum, the schema's version and the whole journal were found right. Compare the head it names with the one that you wrote down."
}

// restoreResult is a restore as the command prints it.
type restoreResult struct {
	File string `json:"file"`
	store.Manifest
	Names string `json:"names"` // "none", "readable" or "sealed": whether the key at hand opens them
}

// Run restores a backup and says whether its names can be read.
func (c *restoreCmd) Run(ctx context.Context, p *process) error {
	o, err := c.options(p)
	if err != nil {
		return err
	}
	if _, err := os.Stat(c.File); err != nil {
		return err
	}
	bar := p.progress("restore", "bytes")
	m, err := store.RestoreShowing(ctx, c.File, o, bar.stage)
	bar.close()
	switch {
	case errors.Is(err, store.ErrNotEmpty):
		return rejected(fmt.Errorf("%w; restore into another folder, and look at it before you let it take the place of what is there", err))
	case errors.Is(err, store.ErrDamaged):
		return rejected(fmt.Errorf("%w; nothing was restored", err))
	case err != nil:
		return err
	}
	out := restoreResult{File: c.File, Manifest: m, Names: "none"}
	var keyErr error
	if m.NamesSealed {
		out.Names = "readable"
		if keyErr = c.key(ctx, p, o); keyErr != nil {
			out.Names = "sealed"
		}
	}
	if c.JSON {
		return p.writeJSON(out)
	}
	where := c.Data
	if o.URL != "" {
		where = "the database"
	}
	if _, err := fmt.Fprintf(p.Stdout, "%s is restored into %s: as of %s, checksum right, journal intact.\nJournal: %d entries, head %s\n", c.File, where, m.CreatedAt.Format("2006-01-02 15:04:05 MST"), m.JournalSeq, m.JournalHash); err != nil {
		return err
	}
	switch out.Names {
	case "sealed":
		_, err = fmt.Fprintf(p.Stdout, "The names in it cannot be read: %v. Put the key's file into the folder as %s, or set %s, before you serve it.\n", keyErr, store.MasterKeyFile, masterKeyVar)
	case "readable":
		_, err = fmt.Fprintln(p.Stdout, "The key opens its names.")
	}
	return err
}

func (c *restoreCmd) key(ctx context.Context, p *process, o store.Options) error {
	db, err := store.OpenBeside(ctx, o)
	if err != nil {
		return err
	}
	err = db.View(ctx, func(r *store.Reader) error {
		_, err := r.CheckKey(store.KeyOptions{Dir: o.Dir, MasterKey: p.Getenv(masterKeyVar)})
		if errors.Is(err, vault.ErrNoMasterKey) {
			err = errors.New("the vault's key is not here")
		}
		return err
	})
	return errors.Join(err, db.Close())
}
