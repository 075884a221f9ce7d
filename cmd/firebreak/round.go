package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"firebreak/internal/command"
	"firebreak/internal/exchange"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/turnout"
)

type roundCmd struct {
	Plan     roundPlanCmd     `cmd:"" help:"Plan a round: everybody who lives in some areas is due between two instants."`
	Change   roundChangeCmd   `cmd:"" help:"Correct a planned round, or the name and the end of an open one."`
	Open     roundOpenCmd     `cmd:"" help:"Let devices send tubes for a planned round."`
	Close    roundCloseCmd    `cmd:"" help:"End an open round. Tubes that come later are still taken."`
	Cancel   roundCancelCmd   `cmd:"" help:"Give up a round that never began."`
	Exempt   roundExemptCmd   `cmd:"" help:"Say who need not be sampled in a round, or refuses, each with a reason: one person, or a file of codes or documents."`
	Standing roundStandingCmd `cmd:"" help:"Standing rounds: add, end, list."`
	List     roundListCmd     `cmd:"" help:"List the rounds of an outbreak with who is due, sampled and missing, also while a server holds the folder."`
}

// roundFlags are those of every one of these commands.
type roundFlags struct {
	dataFlags
	jsonFlag
	Outbreak string `required:"" placeholder:"NAME" help:"Outbreak that the round belongs to."`
}

// roundRow is a round as the commands print it.
type roundRow struct {
	Number   int64           `json:"number"`
	ID       int64           `json:"id"` // what devices send
	Name     string          `json:"name"`
	State    string          `json:"state"`
	StartsAt time.Time       `json:"starts_at"`
	EndsAt   time.Time       `json:"ends_at"`
	Pool     int             `json:"pool"`
	ByPack   bool            `json:"by_pack"` // the pools follow the pack and the zones in force
	Group    string          `json:"group,omitempty"`
	Counts   *turnout.Counts `json:"counts,omitempty"` // of an open round, or one closed within seven days
}

func newRoundRow(r screening.Round) roundRow {
	return roundRow{r.Number, int64(r.ID), r.Name, string(r.State), r.StartsAt, r.EndsAt, r.Pool, r.ByPack, string(r.Group), nil}
}

func (f roundFlags) tell(p *process, r screening.Round) error {
	if f.JSON {
		return p.writeJSON(newRoundRow(r))
	}
	_, err := fmt.Fprintf(p.Stdout, "Round %d is %s.\n", r.Number, r.State)
	return err
}

type roundPlanCmd struct {
	roundFlags
	Name  string   `placeholder:"TEXT" help:"What people call it."`
	Area  []string `required:"" placeholder:"CODE" help:"Jurisdiction whose residents are due; may be repeated."`
	Start string   `required:"" placeholder:"TIME" help:"When sampling begins: RFC 3339, such as 2022-03-09T07:00:00+08:00."`
	End   string   `placeholder:"TIME" help:"When everybody should have been sampled; the pack's round length after the start when left out."`
	Pool  int      `placeholder:"N" help:"People a tube: 1, 5, 10 or 20. Left out: by the pack, as the zones in force have it."`
	Group string   `placeholder:"NAME" help:"Only the members of this group are due, such as port-worker."`
}

// Run plans a round.
func (c *roundPlanCmd) Run(ctx context.Context, p *process) error {
	in := command.PlanRound{Outbreak: c.Outbreak, Name: c.Name, Areas: c.Area, Pool: c.Pool, Group: c.Group}
	if err := readInstant("--start", c.Start, &in.StartsAt); err != nil {
		return err
	}
	if c.End != "" {
		if err := readInstant("--end", c.End, &in.EndsAt); err != nil {
			return err
		}
	}
	return c.with(ctx, p, false, func(db *store.DB) error {
		r, err := command.New(db, nil).PlanRound(ctx, p.owner(), in)
		if err != nil {
			return err
		}
		return c.tell(p, r)
	})
}

// readInstant reads the value of an option.
func readInstant(option, text string, into *time.Time) error {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return misused(fmt.Errorf("%s %q: want RFC 3339, such as 2022-03-09T07:00:00+08:00", option, text))
	}
	*into = t
	return nil
}

type roundChangeCmd struct {
	roundFlags
	Number int64    `arg:"" help:"Number of the round in its outbreak."`
	Name   *string  `placeholder:"TEXT" help:"What people call it."`
	Area   []string `placeholder:"CODE" help:"Jurisdiction whose residents are due, in place of those before; may be repeated."`
	Start  string   `placeholder:"TIME" help:"When sampling begins."`
	End    string   `placeholder:"TIME" help:"When everybody should have been sampled."`
	Pool   *int     `placeholder:"N" help:"People a tube: 1, 5, 10 or 20; 0: by the pack."`
}

// Run changes a round.
func (c *roundChangeCmd) Run(ctx context.Context, p *process) error {
	in := command.ChangeRound{Name: c.Name, Areas: c.Area, Pool: c.Pool}
	for _, x := range []struct {
		option, text string
		into         **time.Time
	}{{"--start", c.Start, &in.StartsAt}, {"--end", c.End, &in.EndsAt}} {
		if x.text == "" {
			continue
		}
		*x.into = &time.Time{}
		if err := readInstant(x.option, x.text, *x.into); err != nil {
			return err
		}
	}
	return c.move(ctx, p, c.Number, func(o *command.Commands, by command.By, id screening.RoundID) (screening.Round, error) {
		in.Round = id
		return o.ChangeRound(ctx, by, in)
	})
}

// move gives an order about the round of a number.
func (f roundFlags) move(ctx context.Context, p *process, number int64, order func(*command.Commands, command.By, screening.RoundID) (screening.Round, error)) error {
	return f.with(ctx, p, false, func(db *store.DB) error {
		var r screening.Round
		err := db.View(ctx, func(rd *store.Reader) error {
			o, err := rd.OutbreakByName(f.Outbreak)
			if err != nil {
				return err
			}
			r, err = rd.RoundByNumber(o.ID, number)
			return err
		})
		if err != nil {
			return err
		}
		if r, err = order(command.New(db, nil), p.owner(), r.ID); err != nil {
			return err
		}
		return f.tell(p, r)
	})
}

type roundOpenCmd struct {
	roundFlags
	Number int64 `arg:"" help:"Number of the round in its outbreak."`
}

// Run opens a round.
func (c *roundOpenCmd) Run(ctx context.Context, p *process) error {
	return c.move(ctx, p, c.Number, func(o *command.Commands, by command.By, id screening.RoundID) (screening.Round, error) {
		return o.OpenRound(ctx, by, id, 0)
	})
}

type roundCloseCmd struct {
	roundFlags
	Number int64 `arg:"" help:"Number of the round in its outbreak."`
}

// Run closes a round.
func (c *roundCloseCmd) Run(ctx context.Context, p *process) error {
	return c.move(ctx, p, c.Number, func(o *command.Commands, by command.By, id screening.RoundID) (screening.Round, error) {
		return o.CloseRound(ctx, by, id, 0)
	})
}

type roundCancelCmd struct {
	roundFlags
	Number int64  `arg:"" help:"Number of the round in its outbreak."`
	Reason string `required:"" placeholder:"TEXT" help:"Why; the journal keeps it."`
}

// Run cancels a round.
func (c *roundCancelCmd) Run(ctx context.Context, p *process) error {
	return c.move(ctx, p, c.Number, func(o *command.Commands, by command.By, id screening.RoundID) (screening.Round, error) {
		return o.CancelRound(ctx, by, id, 0, c.Reason)
	})
}

type roundExemptCmd struct {
	roundFlags
	Number   int64  `arg:"" help:"Number of the round in its outbreak."`
	File     string `type:"path" placeholder:"FILE" help:"CSV or XLSX with a column of codes or documents; its columns standing and reason go before the options."`
	Code     string `placeholder:"CODE" help:"One person, by the code on their card."`
	Document string `placeholder:"NUMBER" help:"One person, by their document."`
	Standing string `enum:"exempt,refused,none" default:"exempt" help:"What is said of them: exempt, refused, or none to take it back."`
	Reason   string `placeholder:"TEXT" help:"Why; needed unless the file says it."`
}

// Run says who is exempt or refuses.
func (c *roundExemptCmd) Run(ctx context.Context, p *process) error {
	if one := c.Code != "" || c.Document != ""; one == (c.File != "") || c.Code != "" && c.Document != "" {
		return misused(errors.New("give --file, or --code, or --document"))
	}
	standing := screening.Standing(c.Standing)
	if standing == "none" {
		standing = ""
	}
	return c.with(ctx, p, false, func(db *store.DB) (err error) {
		ids, err := db.OpenIdentities(ctx, store.KeyOptions{MasterKey: p.Getenv("FIREBREAK_MASTER_KEY")})
		if err != nil {
			return err
		}
		var id screening.RoundID
		err = db.View(ctx, func(r *store.Reader) error {
			o, err := r.OutbreakByName(c.Outbreak)
			if err != nil {
				return err
			}
			x, err := r.RoundByNumber(o.ID, c.Number)
			id = x.ID
			return err
		})
		if err != nil {
			return err
		}
		cmds, by := command.New(db, ids), p.owner()
		var out command.StandingsResult
		if c.File == "" {
			out, err = cmds.SetStandings(ctx, by, command.SetStandings{Round: id, People: []command.StandingFields{{Code: c.Code, Document: c.Document, Standing: standing, Reason: c.Reason}}})
		} else {
			src, openErr := exchange.Open(c.File)
			if openErr != nil {
				return openErr
			}
			defer func() { err = errors.Join(err, src.Close()) }()
			out, err = cmds.SetStandingsFrom(ctx, by, id, src, standing, c.Reason)
		}
		switch {
		case errors.Is(err, command.ErrUnaccounted), errors.Is(err, exchange.ErrNotStandings):
			return rejected(err)
		case err != nil:
			return err
		}
		if c.JSON {
			return p.writeJSON(out)
		}
		for _, x := range out.Rejected {
			_, _ = fmt.Fprintf(p.Stderr, "row %d: %s\n", x.Row, x.Reason)
		}
		_, err = fmt.Fprintf(p.Stdout, "%d people given: %d set, %d as before, %d rejected.\n", out.Given, out.Set, out.Unchanged, len(out.Rejected))
		return err
	})
}

type roundListCmd struct {
	roundFlags
}

// Run lists the rounds, counted as the tubes that are projected say.
func (c *roundListCmd) Run(ctx context.Context, p *process) error {
	rows := []roundRow{}
	err := c.beside(ctx, p, func(db *store.DB) error {
		var rounds []screening.Round
		err := db.View(ctx, func(r *store.Reader) error {
			o, err := r.OutbreakByName(c.Outbreak)
			if err != nil {
				return err
			}
			rounds, err = r.Rounds(o.ID)
			return err
		})
		if err != nil || len(rounds) == 0 {
			return err
		}
		t := turnout.New(turnout.Options{DB: db})
		if err := t.Build(ctx); err != nil {
			return err
		}
		tree, err := db.Tree(ctx)
		if err != nil {
			return err
		}
		for _, r := range rounds {
			row := newRoundRow(r)
			n, err := t.Count(r.ID, tree, r.Areas...)
			switch {
			case errors.Is(err, turnout.ErrNotKept):
			case err != nil:
				return err
			default:
				row.Counts = &n
			}
			rows = append(rows, row)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return p.writeJSON(struct {
			Rounds []roundRow `json:"rounds"`
		}{rows})
	}
	t := newTable("round", "id", "name", "state", "starts", "ends", "due", "sampled", "exempt", "refused", "missing")
	t.alignRight(0, 1, 6, 7, 8, 9, 10)
	n := func(v int64) string { return strconv.FormatInt(v, 10) }
	for _, r := range rows {
		counts := []string{"", "", "", "", ""}
		if k := r.Counts; k != nil {
			counts = []string{n(k.Due), n(k.Sampled), n(k.Exempt), n(k.Refused), n(k.Missing)}
		}
		t.add(append([]string{n(r.Number), n(r.ID), r.Name, r.State, r.StartsAt.Format(time.RFC3339), r.EndsAt.Format(time.RFC3339)}, counts...)...)
	}
	return t.write(p.Stdout)
}
