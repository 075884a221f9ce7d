package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/journal"
	"firebreak/internal/store"
)

// backupPattern may take minutes.
const backupPattern = "POST /api/backups"

// NewBackup orders a backup.
type NewBackup struct {
	Name string `json:"name,omitempty" maxLength:"100" doc:"Name of the file, which must be new; made from the time where left out."`
}

// Backup is one that was written on the server.
type Backup struct {
	File     string         `json:"file" doc:"Its name in the server's folder for backups."`
	Bytes    int64          `json:"bytes"`
	Manifest store.Manifest `json:"manifest"`
}

// backupName keeps a name inside the folder and out of the hidden ones.
var backupName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)

func (s *server) backups() {
	type order struct {
		Asked
		Body NewBackup
	}
	// The file stays on the server: whoever may run the system may not see people by that (ADR 0008). The key never goes into it.
	operation(s, "make-backup", http.MethodPost, "/api/backups", "Have the server write a backup into its folder for backups, where it stays; answers when it is read back whole", 201, func(c *call, in *order) (out Backup, err error) {
		if err := c.everywhere(auth.Backup); err != nil {
			return out, err
		}
		if c.o.Backups == "" {
			return out, &command.Invalid{Field: "name", Value: in.Body.Name, Reason: "this server writes no backups: it was started without --backups"}
		}
		out.File = in.Body.Name
		if out.File == "" {
			out.File = "firebreak-" + c.now.UTC().Format("20060102T150405Z") + ".fbk"
		}
		if !backupName.MatchString(out.File) {
			return out, &command.Invalid{Field: "name", Value: out.File, Reason: "want letters, digits, dots, hyphens and underscores, at most 100, and no folder"}
		}
		file := filepath.Join(c.o.Backups, out.File)
		if _, err := os.Lstat(file); err == nil {
			return out, &command.Invalid{Field: "name", Value: out.File, Reason: "is there already"}
		}
		release, err := c.walk()
		if err != nil {
			return out, err
		}
		defer release()
		if out.Manifest, err = c.o.DB.Backup(c.ctx, file, store.BackupOptions{}); err != nil {
			return out, err
		}
		st, err := os.Stat(file)
		if err != nil {
			return out, err
		}
		out.Bytes = st.Size()
		payload, err := json.Marshal(map[string]any{"file": out.File, "journal_seq": out.Manifest.JournalSeq, "journal_hash": out.Manifest.JournalHash, "sha256": out.Manifest.SHA256})
		if err != nil {
			return out, err
		}
		err = c.o.DB.Update(c.ctx, func(tx *store.Tx) error {
			_, err := tx.Append(journal.Entry{Kind: journal.BackedUp, Actor: c.actor.Login, Payload: payload})
			return err
		})
		if err != nil {
			return out, fmt.Errorf("note the backup: %w", err)
		}
		return out, nil
	})
}

// everywhere checks that the caller may do the action in the whole tree: at each of its roots.
func (c *call) everywhere(action auth.Action) error {
	if _, err := c.within(action); err != nil {
		return err
	}
	tree, err := c.o.DB.Tree(c.ctx)
	if err != nil {
		return err
	}
	for _, root := range tree.Roots() {
		if d := auth.May(c.actor, action, store.AreaPath(tree, root), c.purpose, c.now); !d.Allowed {
			return &command.Forbidden{Action: action, Decision: d}
		}
	}
	return nil
}
