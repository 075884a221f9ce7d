package main

import (
	"context"
	"fmt"

	"firebreak/internal/store"
)

type auditCmd struct {
	Verify auditVerifyCmd `cmd:"" help:"Walk the whole journal and find any entry altered, removed or inserted."`
}

type auditVerifyCmd struct {
	dataFlags
	jsonFlag
}

// Run walks the journal. The result is written in either case; a broken journal is an error besides.
func (c *auditVerifyCmd) Run(ctx context.Context, p *process) error {
	return c.with(ctx, p, false, func(db *store.DB) error {
		bar := p.progress("verify", "entries")
		v, err := db.VerifyJournalShowing(ctx, bar.set)
		bar.close()
		if err != nil {
			return err
		}
		if c.JSON {
			err = p.writeJSON(v)
		} else if v.Intact {
			_, err = fmt.Fprintf(p.Stdout, "The journal is intact: %d entries, head %s.\n", v.Entries, v.Head)
		}
		if err == nil && !v.Intact {
			err = &failure{codeBroken, fmt.Errorf("%s (%d entries before it are good)", v.Broken, v.Entries)}
		}
		return err
	})
}
