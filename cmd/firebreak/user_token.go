package main

import (
	"context"
	"fmt"
	"time"

	"firebreak/internal/account"
	"firebreak/internal/auth"
	"firebreak/internal/store"
)

type userTokenCmd struct {
	dataFlags
	jsonFlag
	Login string   `arg:"" help:"Login of the account under whose roles the token acts."`
	Scope []string `required:"" placeholder:"ACTION" help:"What it may be used for, such as case.read; may be repeated or parted by commas."`
	Label string   `default:"command line" help:"What it is for, in your words."`
	Days  int      `default:"90" help:"It ends after so many days, at most 400."`
}

// Help is shown below the flags.
func (userTokenCmd) Help() string {
	return "For commands with --url, for names in an export, and for other systems. The token never does more than the account may do. It is shown once. Scopes by command: import takes import, outbreak.admin too where it starts one; " +
		"situation case.read; tasks and why task.read, case.read and contact.read; duplicates case.write and contact.write; export export with what it reads, and name.read for names; backup backup; audit verify audit.read."
}

// Run makes the token and prints it.
func (c *userTokenCmd) Run(ctx context.Context, p *process) error {
	return c.with(ctx, p, false, func(db *store.DB) error {
		accounts, err := account.New(account.Options{DB: db})
		if err != nil {
			return err
		}
		var u store.User
		if err := db.View(ctx, func(r *store.Reader) (err error) {
			u, err = r.UserByLogin(c.Login)
			return err
		}); err != nil {
			return err
		}
		var scopes []auth.Action
		for _, text := range c.Scope {
			a := auth.Action(text)
			if !a.Valid() {
				return misused(fmt.Errorf("scope %q is unknown; there are %v", text, auth.Actions()))
			}
			if !auth.MayAnywhere(u.Actor(), a, "", db.Now()) {
				return misused(fmt.Errorf("scope %q: %s has no role that may do it", text, c.Login))
			}
			scopes = append(scopes, a)
		}
		const most = 400
		if c.Days < 1 || c.Days > most {
			return misused(fmt.Errorf("--days: %d is not 1 to %d", c.Days, most))
		}
		secret, t, err := accounts.IssueToken(ctx, u.Actor(), c.Label, scopes, db.Now().Add(time.Duration(c.Days)*24*time.Hour))
		if err != nil {
			return err
		}
		if c.JSON {
			return p.writeJSON(struct {
				Token     string    `json:"token"`
				Login     string    `json:"login"`
				ExpiresAt time.Time `json:"expires_at"`
			}{secret.Reveal(), c.Login, t.ExpiresAt.UTC()})
		}
		_, err = fmt.Fprintf(p.Stdout, "%s\n(shown once; it acts for %s until %s)\n", secret.Reveal(), c.Login, t.ExpiresAt.UTC().Format("2006-01-02 15:04 MST"))
		return err
	})
}
