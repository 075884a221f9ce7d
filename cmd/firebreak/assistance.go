package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"firebreak/internal/api"
	"firebreak/internal/command"
	"firebreak/internal/contact"
	"firebreak/internal/place"
	"firebreak/internal/store"
)

type assistanceCmd struct {
	List   assistanceListCmd   `cmd:"" help:"List requests of one office to another to find somebody, the newest first."`
	Ask    assistanceAskCmd    `cmd:"" help:"Ask the office of another district to find somebody whom a case told of."`
	Answer assistanceAnswerCmd `cmd:"" help:"Accept a request, by which the person is listed as a contact, send it back, or withdraw it."`
}

// assistanceFlags are those of every one of these commands.
type assistanceFlags struct {
	dataFlags
	serverFlags
	jsonFlag
	Outbreak string `required:"" placeholder:"NAME" help:"Outbreak of the case."`
}

type assistanceListCmd struct {
	assistanceFlags
	Side string `enum:"in,out,both" default:"both" help:"in: what is asked of the offices in --area; out: what they asked; both."`
	Area string `placeholder:"CODE" help:"Only what concerns this jurisdiction."`
	Open bool   `help:"Only those for which somebody waits."`
}

// mostAssistance is how many requests are listed.
const mostAssistance = 1000

// Run prints up to 1,000 requests.
func (c *assistanceListCmd) Run(ctx context.Context, p *process) error {
	at, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	side := c.Side
	if side == "both" {
		side = ""
	}
	var list api.AssistanceList
	if at != nil {
		query := url.Values{"limit": {strconv.Itoa(mostAssistance)}, "open": {strconv.FormatBool(c.Open)}}
		for name, v := range map[string]string{"side": side, "area": c.Area} {
			if v != "" {
				query.Set(name, v)
			}
		}
		if err := at.get(ctx, path("/api/outbreaks/%s/assistance", c.Outbreak), query, &list); err != nil {
			return err
		}
		return c.print(p, list.Items)
	}
	return c.beside(ctx, p, func(db *store.DB) error {
		list.Items = []api.Assistance{}
		err := db.View(ctx, func(r *store.Reader) error {
			o, err := r.OutbreakByName(c.Outbreak)
			if err != nil {
				return err
			}
			tree, err := r.Tree()
			if err != nil {
				return err
			}
			within := store.Everywhere()
			if c.Area != "" {
				j, ok := tree.ByCode(c.Area)
				if !ok {
					return misused(fmt.Errorf("--area %q is not the code of a known jurisdiction", c.Area))
				}
				within = within.At(j.ID)
			}
			found, err := r.AssistanceList(store.AssistanceFilter{Outbreak: o.ID, Within: within, In: side == "in", Out: side == "out", Open: c.Open}, mostAssistance)
			for _, a := range found {
				list.Items = append(list.Items, api.AssistanceOf(a, codes(tree)))
			}
			return err
		})
		if err != nil {
			return err
		}
		return c.print(p, list.Items)
	})
}

func codes(tree *place.Tree) func(place.AreaID) string {
	return func(id place.AreaID) string {
		j, _ := tree.Get(id)
		return j.Code
	}
}

func (c *assistanceListCmd) print(p *process, list []api.Assistance) error {
	if c.JSON {
		return p.writeJSON(struct {
			Assistance []api.Assistance `json:"assistance"`
		}{list})
	}
	t := newTable("id", "state", "tier", "from", "asked of", "asked", "found", "under quarantine", "reason")
	t.alignRight(0)
	at := func(t *time.Time) string {
		if t == nil {
			return ""
		}
		return t.UTC().Format(time.RFC3339)
	}
	for _, a := range list {
		t.add(strconv.FormatInt(a.ID, 10), a.State, a.Tier, a.From, a.Area, at(a.AskedAt), at(a.FoundAt), at(a.QuarantinedAt), a.Reason)
	}
	return t.write(p.Stdout)
}

type assistanceAskCmd struct {
	assistanceFlags
	Case     string `required:"" placeholder:"CODE" help:"Whom they met."`
	Area     string `required:"" placeholder:"CODE" help:"Where they live: its office is asked."`
	Last     string `required:"" placeholder:"DAY" help:"The last day on which they met, YYYY-MM-DD."`
	First    string `placeholder:"DAY" help:"The first."`
	Tier     string `enum:"close,general" default:"close" help:"close or general."`
	Setting  string `placeholder:"TEXT" help:"Where they met."`
	Name     string `placeholder:"NAME" help:"Who it is; sealed."`
	Document string `placeholder:"NUMBER" help:"Number of a document; sealed."`
	Phone    string `placeholder:"NUMBER" help:"Telephone; sealed."`
	Note     string `placeholder:"TEXT" help:"For the office that is asked, 500 characters at most."`
}

// Run asks.
func (c *assistanceAskCmd) Run(ctx context.Context, p *process) error {
	fields := map[string]string{"area": c.Area, "last_exposed": c.Last, "tier": c.Tier}
	for name, v := range map[string]string{"first_exposed": c.First, "setting": c.Setting} {
		if v != "" {
			fields[name] = v
		}
	}
	at, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	if at != nil {
		id, err := caseAt(ctx, at, c.Outbreak, c.Case)
		if err != nil {
			return err
		}
		var a api.Assistance
		if err := at.send(ctx, http.MethodPost, path("/api/cases/%d/assistance", id), api.AssistanceAsked{Name: c.Name, Document: c.Document, Phone: c.Phone, Fields: fields, Note: c.Note}, &a); err != nil {
			return err
		}
		return sayAssistance(p, c.JSON, a)
	}
	return c.with(ctx, p, false, func(db *store.DB) error {
		in := command.AskAssistance{Outbreak: c.Outbreak, Fields: fields, Note: c.Note, Person: command.PersonFields{Identity: command.IdentityFields{Name: c.Name, Document: c.Document, Phone: c.Phone}}}
		err := db.View(ctx, func(r *store.Reader) error {
			o, err := r.OutbreakByName(c.Outbreak)
			if err != nil {
				return err
			}
			k, err := r.CaseByCode(o.ID, c.Case)
			in.Case = k.ID
			return err
		})
		if err != nil {
			return err
		}
		cmds, err := ordersOn(ctx, p, db)
		if err != nil {
			return err
		}
		a, err := cmds.AskAssistance(ctx, p.owner(), in)
		if err != nil {
			return err
		}
		return tellAssistance(ctx, p, db, c.JSON, a)
	})
}

// caseAt finds the number of a case by its code at a server.
func caseAt(ctx context.Context, at *remote, outbreak, code string) (int64, error) {
	query := url.Values{"code": {code}, "sort": {"code"}, "limit": {"1"}} // one whose code only begins so stands behind it
	var list api.Cases
	if err := at.get(ctx, path("/api/outbreaks/%s/cases", outbreak), query, &list); err != nil {
		return 0, err
	}
	if len(list.Items) == 0 || list.Items[0].Code != code {
		return 0, fmt.Errorf("case %q: %w", code, store.ErrNotFound)
	}
	return list.Items[0].ID, nil
}

// ordersOn are the orders over a folder with its vault open.
func ordersOn(ctx context.Context, p *process, db *store.DB) (*command.Commands, error) {
	ids, err := db.OpenIdentities(ctx, store.KeyOptions{MasterKey: p.Getenv(masterKeyVar)})
	if err != nil {
		return nil, err
	}
	return command.New(db, ids), nil
}

func tellAssistance(ctx context.Context, p *process, db *store.DB, asJSON bool, a contact.Assistance) error {
	tree, err := db.Tree(ctx)
	if err != nil {
		return err
	}
	return sayAssistance(p, asJSON, api.AssistanceOf(a, codes(tree)))
}

func sayAssistance(p *process, asJSON bool, a api.Assistance) error {
	if asJSON {
		return p.writeJSON(a)
	}
	_, err := fmt.Fprintf(p.Stdout, "Request %s from %s to %s is %s.\n", a.Code, a.From, a.Area, a.State)
	return err
}

type assistanceAnswerCmd struct {
	assistanceFlags
	Assistance int64  `arg:"" help:"Number of the request, as list prints it."`
	Answer     string `arg:"" enum:"accepted,sent_back,withdrawn" help:"accepted, sent_back or withdrawn."`
	Reason     string `placeholder:"TEXT" help:"Needed to send back and to withdraw: the other office is told it."`
}

// Run answers.
func (c *assistanceAnswerCmd) Run(ctx context.Context, p *process) error {
	at, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	if at != nil {
		var a api.Assistance
		if err := at.send(ctx, http.MethodPost, path("/api/assistance/%d/answer", c.Assistance), api.AssistanceAnswer{Answer: c.Answer, Reason: c.Reason}, &a); err != nil {
			return err
		}
		return sayAssistance(p, c.JSON, a)
	}
	return c.with(ctx, p, false, func(db *store.DB) error {
		cmds, err := ordersOn(ctx, p, db)
		if err != nil {
			return err
		}
		a, err := cmds.AnswerAssistance(ctx, p.owner(), command.AnswerAssistance{Assistance: contact.AssistanceID(c.Assistance), Answer: contact.AssistanceState(c.Answer), Reason: c.Reason})
		if err != nil {
			return err
		}
		return tellAssistance(ctx, p, db, c.JSON, a)
	})
}
