package main

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"firebreak/internal/api"
	"firebreak/internal/command"
	"firebreak/internal/screening"
	"firebreak/internal/store"
)

type asideCmd struct {
	List    asideListCmd    `cmd:"" help:"List tubes of a round that devices sent and that were not taken."`
	Accept  asideAcceptCmd  `cmd:"" help:"Take a tube that was set aside, after what was wrong with it is corrected."`
	Discard asideDiscardCmd `cmd:"" help:"Say of a tube that was set aside that it is not taken, and why."`
}

// asideFlags are those of every one of these commands.
type asideFlags struct {
	dataFlags
	serverFlags
	jsonFlag
	Outbreak string `required:"" placeholder:"NAME" help:"Outbreak that the round belongs to."`
	Round    int64  `required:"" placeholder:"N" help:"Number of the round."`
}

// path is where the tubes of the round are in the interface.
func (f *asideFlags) path() string {
	return path("/api/outbreaks/%s/rounds/%d/aside", f.Outbreak, f.Round)
}

// find finds the round.
func (f *asideFlags) find(r *store.Reader) (screening.Round, error) {
	o, err := r.OutbreakByName(f.Outbreak)
	if err != nil {
		return screening.Round{}, err
	}
	return r.RoundByNumber(o.ID, f.Round)
}

// mine checks that a tube that was set aside is of the round.
func (f *asideFlags) mine(ctx context.Context, db *store.DB, tube int64) error {
	return db.View(ctx, func(r *store.Reader) error {
		round, err := f.find(r)
		if err != nil {
			return err
		}
		t, err := r.AsideTube(tube)
		if err == nil && t.Round != round.ID {
			err = fmt.Errorf("tube %d set aside in round %d: %w", tube, f.Round, store.ErrNotFound)
		}
		return err
	})
}

// asideRow is a tube as the command prints it. Who is in it is not told.
type asideRow struct {
	ID      int64      `json:"id"`
	Tube    string     `json:"tube"`
	Reason  string     `json:"reason"`
	People  int        `json:"people"`
	AsideAt *time.Time `json:"aside_at"`
	Settled bool       `json:"settled"`
	Taken   bool       `json:"taken"`
	Note    string     `json:"note,omitempty"`
}

type asideListCmd struct {
	asideFlags
	All bool `help:"Those that were settled too."`
}

// Run lists them.
func (c *asideListCmd) Run(ctx context.Context, p *process) error {
	server, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	rows := []asideRow{}
	if server != nil {
		var list api.AsideTubes
		if err := server.get(ctx, c.path(), nil, &list); err != nil {
			return err
		}
		for _, t := range list.Items {
			rows = append(rows, asideRow{t.ID, t.Tube, t.Reason, t.People, t.AsideAt, t.SettledAt != nil, t.Taken, t.Note})
		}
		return c.tell(p, rows)
	}
	return c.beside(ctx, p, func(db *store.DB) error {
		err := db.View(ctx, func(r *store.Reader) error {
			round, err := c.find(r)
			if err != nil {
				return err
			}
			list, err := r.AsideTubes(round.ID)
			for _, t := range list {
				rows = append(rows, asideRow{t.ID, t.Code, string(t.Reason), t.People, &t.AsideAt, !t.SettledAt.IsZero(), t.Tube != 0, t.Note})
			}
			return err
		})
		if err != nil {
			return err
		}
		return c.tell(p, rows)
	})
}

func (c *asideListCmd) tell(p *process, rows []asideRow) error {
	if !c.All {
		rows = slices.DeleteFunc(rows, func(r asideRow) bool { return r.Settled })
	}
	if c.JSON {
		return p.writeJSON(struct {
			Tubes []asideRow `json:"tubes"`
		}{rows})
	}
	t := newTable("number", "tube", "because", "people", "since", "note")
	t.alignRight(0)
	t.alignRight(3)
	for _, r := range rows {
		t.add(strconv.FormatInt(r.ID, 10), r.Tube, r.Reason, strconv.Itoa(r.People), r.AsideAt.UTC().Format(time.RFC3339), r.Note)
	}
	return t.write(p.Stdout)
}

type asideAcceptCmd struct {
	asideFlags
	Tube   int64          `arg:"" help:"Its number, as list prints it."`
	Label  string         `placeholder:"CODE" help:"The label that it really has; as it came when left out."`
	Closed time.Time      `placeholder:"TIME" help:"When it really was closed, such as 2022-03-10T14:05:00+08:00; its swabs move along."`
	Person map[int]string `placeholder:"PLACE=CODE" help:"Who was meant at a place in the tube, from 0, by the code on their card; PLACE= for nobody. May be repeated."`
	Note   string         `required:"" placeholder:"TEXT" help:"What was found out; it stays on record."`
}

// Run takes the tube.
func (c *asideAcceptCmd) Run(ctx context.Context, p *process) error {
	server, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	if server != nil {
		in := api.AsideCorrection{Code: c.Label, Note: c.Note}
		if !c.Closed.IsZero() {
			in.ClosedAt = &c.Closed
		}
		for _, place := range slices.Sorted(maps.Keys(c.Person)) {
			in.People = append(in.People, api.AsidePlace{Place: place, Person: c.Person[place]})
		}
		var out api.TakenTube
		if err := server.send(ctx, http.MethodPost, c.path()+path("/%d/accept", c.Tube), in, &out); err != nil {
			return err
		}
		return c.tell(p, out)
	}
	return c.with(ctx, p, false, func(db *store.DB) error {
		if err := c.mine(ctx, db, c.Tube); err != nil {
			return err
		}
		ids, err := db.OpenIdentities(ctx, store.KeyOptions{MasterKey: p.Getenv(masterKeyVar)})
		if err != nil {
			return err
		}
		t, err := command.New(db, ids).AcceptAside(ctx, p.owner(), command.AcceptAside{Tube: c.Tube, Code: c.Label, ClosedAt: c.Closed, People: c.Person, Note: c.Note})
		if err != nil {
			return err
		}
		return c.tell(p, api.TakenTube{Code: t.Code, People: t.People})
	})
}

func (c *asideAcceptCmd) tell(p *process, t api.TakenTube) error {
	if c.JSON {
		return p.writeJSON(t)
	}
	_, err := fmt.Fprintf(p.Stdout, "Tube %s is taken, with %d people.\n", t.Code, t.People)
	return err
}

type asideDiscardCmd struct {
	asideFlags
	Tube int64  `arg:"" help:"Its number, as list prints it."`
	Note string `required:"" placeholder:"TEXT" help:"What was done about it; it stays on record."`
}

// Run says that the tube is not taken.
func (c *asideDiscardCmd) Run(ctx context.Context, p *process) error {
	server, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	if server != nil {
		var out api.AsideWord
		if err := server.send(ctx, http.MethodPost, c.path()+path("/%d/discard", c.Tube), api.AsideWord{Note: c.Note}, &out); err != nil {
			return err
		}
		return c.tell(p)
	}
	return c.with(ctx, p, false, func(db *store.DB) error {
		if err := c.mine(ctx, db, c.Tube); err != nil {
			return err
		}
		if err := command.New(db, nil).SettleAside(ctx, p.owner(), command.SettleAside{Tube: c.Tube, Note: c.Note}); err != nil {
			return err
		}
		return c.tell(p)
	})
}

func (c *asideDiscardCmd) tell(p *process) error {
	if c.JSON {
		return p.writeJSON(struct {
			ID   int64  `json:"id"`
			Note string `json:"note"`
		}{c.Tube, c.Note})
	}
	_, err := fmt.Fprintf(p.Stdout, "Tube %d is not taken.\n", c.Tube)
	return err
}
