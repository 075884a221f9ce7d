package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"firebreak/internal/api"
	"firebreak/internal/command"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/store"
	"firebreak/internal/transfer"
)

// alongFlags are those of the commands about one transfer: of a child, or of whoever goes along with it.
type alongFlags struct {
	transferFlags
	Transfer int64 `arg:"" help:"Number of the transfer, as list prints it: of the child; to cancel, of whoever goes along."`
}

// request reads the transfer, which must be of the outbreak.
func (c *alongFlags) request(r *store.Reader, o outbreak.Outbreak) (transfer.Request, error) {
	q, err := r.Request(transfer.RequestID(c.Transfer))
	if err == nil && q.Outbreak != o.ID {
		err = fmt.Errorf("transfer %d of outbreak %q: %w", c.Transfer, o.Name, store.ErrNotFound)
	}
	return q, err
}

// order gives an order about the transfer, which must be of the outbreak, and tells how the request stands that it brought about.
func (c *alongFlags) order(ctx context.Context, p *process, give func(*store.DB) (transfer.Request, error)) (out api.Transfer, err error) {
	return out, c.with(ctx, p, false, func(db *store.DB) error {
		err := insideOutbreak(ctx, db, c.Outbreak, func(r *store.Reader, o outbreak.Outbreak) error {
			_, err := c.request(r, o)
			return err
		})
		if err != nil {
			return err
		}
		q, err := give(db)
		if err != nil {
			return err
		}
		return insideOutbreak(ctx, db, c.Outbreak, func(r *store.Reader, o outbreak.Outbreak) error {
			out, err = api.TransferNow(r, o, q, db.Now())
			return err
		})
	})
}

type transferCompanionsCmd struct{ alongFlags }

// Run lists who of a child's household can go along.
func (c *transferCompanionsCmd) Run(ctx context.Context, p *process) error {
	var out api.Companions
	err := readOutbreak(ctx, p, c.dataFlags, c.serverFlags, c.Outbreak, func(s *remote) error {
		return s.get(ctx, path("/api/transfers/%d/companions", c.Transfer), nil, &out)
	}, func(r *store.Reader, o outbreak.Outbreak, now time.Time) error {
		q, err := c.request(r, o)
		if err != nil {
			return err
		}
		out, err = api.CompanionsOf(r, o, &q, now)
		return err
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return p.writeJSON(out)
	}
	t := newTable("PERSON", "SEX", "AGE", "CAN GO", "WHY NOT")
	for _, a := range out.Items {
		age, can := "", "yes"
		if a.Age != nil {
			age = strconv.Itoa(*a.Age)
		}
		if !a.Can {
			can = "no"
		}
		t.add(strconv.FormatInt(a.Person, 10), a.Sex, age, can, a.Not)
	}
	if err := t.write(p.Stdout); err != nil {
		return err
	}
	for _, a := range out.Items {
		if a.Can {
			return nil
		}
	}
	_, err = fmt.Fprintln(p.Stdout, "Nobody of the household can go along: the family may choose somebody else (accompany --document, --name and --chosen-by).")
	return err
}

type transferAccompanyCmd struct {
	alongFlags
	Person   int64  `placeholder:"N" help:"Number of the adult, as companions prints it."`
	Document string `placeholder:"NUMBER" help:"Number of the document of somebody whom the family has chosen, with --name. Whom the register does not know is entered with the two."`
	Name     string `placeholder:"NAME" help:"Their name."`
	ChosenBy string `placeholder:"TEXT" help:"Of somebody who lives elsewhere: who of the child's family has chosen them, and how they said so, such as: mother, by phone."`
	Agreed   bool   `help:"They said themselves that they go along. Needed: nobody is made to."`
}

// Run has an adult go along.
func (c *transferAccompanyCmd) Run(ctx context.Context, p *process) error {
	if (c.Person == 0) == (c.Document == "") {
		return misused(errors.New("say who goes along: --person N, or --document NUMBER with --name"))
	}
	server, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	var out api.Transfer
	if server != nil {
		err = server.send(ctx, http.MethodPost, path("/api/transfers/%d/companions", c.Transfer), api.NewCompanion{Person: c.Person, Document: c.Document, Name: c.Name, Agreed: c.Agreed, ChosenBy: c.ChosenBy}, &out)
	} else {
		out, err = c.here(ctx, p)
	}
	if err != nil {
		return err
	}
	if c.JSON {
		return p.writeJSON(out)
	}
	_, err = fmt.Fprintf(p.Stdout, "Person %d goes along with the child of transfer %d: transfer %d, party %d, by %s.\n", out.Companion, c.Transfer, out.ID, out.Party, instantText(out.Deadline))
	return err
}

func (c *transferAccompanyCmd) here(ctx context.Context, p *process) (api.Transfer, error) {
	return c.order(ctx, p, func(db *store.DB) (transfer.Request, error) {
		ids, err := db.OpenIdentities(ctx, store.KeyOptions{MasterKey: p.Getenv(masterKeyVar)})
		if err != nil {
			return transfer.Request{}, err
		}
		return command.New(db, ids).Accompany(ctx, p.owner(), command.Accompany{Transfer: transfer.RequestID(c.Transfer), Person: person.ID(c.Person), Document: c.Document, Name: c.Name, Agreed: c.Agreed, ChosenBy: c.ChosenBy})
	})
}

type transferCancelCmd struct {
	alongFlags
	Reason string `required:"" placeholder:"TEXT" help:"Why, such as: stays with the other child."`
}

// Run cancels the transfer of an adult who goes along with a child, or one that was asked for by hand.
func (c *transferCancelCmd) Run(ctx context.Context, p *process) error {
	server, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	var out api.Transfer
	if server != nil {
		err = server.send(ctx, http.MethodPost, path("/api/transfers/%d/cancel", c.Transfer), api.Reasoned{Reason: c.Reason}, &out)
	} else {
		out, err = c.here(ctx, p)
	}
	if err != nil {
		return err
	}
	if c.JSON {
		return p.writeJSON(out)
	}
	who := "Transfer " + strconv.FormatInt(out.ID, 10) + " is cancelled"
	if out.Companion != 0 {
		who = fmt.Sprintf("Person %d does not go along any more: transfer %d is cancelled", out.Companion, out.ID)
	}
	_, err = fmt.Fprintf(p.Stdout, "%s; what a task asks for stands.\n", who)
	return err
}

func (c *transferCancelCmd) here(ctx context.Context, p *process) (api.Transfer, error) {
	return c.order(ctx, p, func(db *store.DB) (transfer.Request, error) {
		return command.New(db, nil).CancelTransfer(ctx, p.owner(), transfer.RequestID(c.Transfer), 0, c.Reason)
	})
}
