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
	serverFlags
	jsonFlag
}

// Help is shown below the flags.
func (auditVerifyCmd) Help() string {
	return "Reads beside a running server. With --url the server walks it, for whoever may read the audit trail. Compare the head with one that you wrote down: a journal that was cut off and chained anew ends in another."
}

// Run walks the journal. The result is written in either case; a broken journal is an error besides.
func (c *auditVerifyCmd) Run(ctx context.Context, p *process) error {
	r, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	var v store.Verification
	if r != nil {
		waiting := p.waiting("verify")
		err = r.get(ctx, "/api/journal/verification", nil, &v)
		waiting.close()
	} else {
		err = c.beside(ctx, p, func(db *store.DB) (err error) {
			bar := p.progress("verify", "entries")
			v, err = db.VerifyJournalShowing(ctx, bar.set)
			bar.close()
			return err
		})
	}
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
}
