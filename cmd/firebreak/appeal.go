package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"firebreak/internal/account"
	"firebreak/internal/api"
	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/screening"
	"firebreak/internal/store"
)

type appealCmd struct {
	List   appealListCmd   `cmd:"" help:"List appeals of people who are held, the newest first."`
	File   appealFileCmd   `cmd:"" help:"Enter the appeal of somebody who is held. While one waits for its answer, it is told again."`
	Answer appealAnswerCmd `cmd:"" help:"Answer an appeal: one person upholds a hold, two let somebody go."`
	Read   appealReadCmd   `cmd:"" help:"Read what somebody wrote in their appeal. Needs --purpose, --reason and the token of somebody who may answer it; each reading is journalled."`
}

// appealFlags are those of every one of these commands.
type appealFlags struct {
	dataFlags
	serverFlags
	jsonFlag
	Outbreak string `required:"" placeholder:"NAME" help:"Outbreak that they are held in."`
}

// appealRow is an appeal as the commands print it.
type appealRow struct {
	ID         int64      `json:"id"`
	Person     int64      `json:"person"`
	Area       string     `json:"area,omitempty"`
	Ground     string     `json:"ground"`
	Worded     bool       `json:"worded"`
	FiledAt    *time.Time `json:"filed_at"`
	FiledBy    string     `json:"filed_by"`
	Until      *time.Time `json:"until"`
	SecondedBy string     `json:"seconded_by,omitempty"`
	Answer     string     `json:"answer,omitempty"`
	AnsweredBy string     `json:"answered_by,omitempty"`
	Reason     string     `json:"reason,omitempty"`
	Version    int64      `json:"version"`
}

func appealRowOf(a screening.Appeal, tree *place.Tree) appealRow {
	j, _ := tree.Get(a.Area)
	return appealRow{int64(a.ID), int64(a.Person), j.Code, string(a.Ground), a.Worded, &a.FiledAt, a.FiledBy, &a.Until, a.SecondedBy, string(a.Answer), a.AnsweredBy, a.Reason, a.Version}
}

func appealRowTold(a api.HoldAppeal) appealRow {
	return appealRow{a.ID, a.Person, a.Area, a.Ground, a.Worded, a.FiledAt, a.FiledBy, a.Until, a.SecondedBy, a.Answer, a.AnsweredBy, a.Reason, a.Version}
}

type appealListCmd struct {
	appealFlags
	All bool `help:"Answered ones, and those whose holds have ended, too."`
}

// mostAppeals is how many appeals are listed.
const mostAppeals = 1000

// Run prints up to 1,000 appeals.
func (c *appealListCmd) Run(ctx context.Context, p *process) error {
	at, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	rows := []appealRow{}
	if at != nil {
		query := url.Values{"limit": {"200"}, "open": {strconv.FormatBool(!c.All)}}
		for len(rows) < mostAppeals {
			var page api.HoldAppeals
			if err := at.get(ctx, path("/api/outbreaks/%s/appeals", c.Outbreak), query, &page); err != nil {
				return err
			}
			for _, a := range page.Items {
				rows = append(rows, appealRowTold(a))
			}
			if page.Next == "" {
				break
			}
			query.Set("after", page.Next)
		}
		return c.print(p, rows)
	}
	return c.beside(ctx, p, func(db *store.DB) error {
		err := db.View(ctx, func(r *store.Reader) error {
			o, err := r.OutbreakByName(c.Outbreak)
			if err != nil {
				return err
			}
			tree, err := r.Tree()
			if err != nil {
				return err
			}
			list, err := r.Appeals(o.ID, store.Everywhere(), !c.All, 0, mostAppeals)
			for _, a := range list {
				rows = append(rows, appealRowOf(a, tree))
			}
			return err
		})
		if err != nil {
			return err
		}
		return c.print(p, rows)
	})
}

func (c *appealListCmd) print(p *process, rows []appealRow) error {
	if c.JSON {
		return p.writeJSON(struct {
			Appeals []appealRow `json:"appeals"`
		}{rows})
	}
	t := newTable("id", "area", "ground", "filed", "by", "held until", "answer")
	t.alignRight(0)
	for _, a := range rows {
		answer := a.Answer
		if answer == "" && a.SecondedBy != "" {
			answer = "one would let them go: " + a.SecondedBy
		}
		t.add(strconv.FormatInt(a.ID, 10), a.Area, a.Ground, a.FiledAt.UTC().Format(time.RFC3339), a.FiledBy, a.Until.UTC().Format(time.RFC3339), answer)
	}
	return t.write(p.Stdout)
}

// tell prints one appeal after an order about it.
func (f *appealFlags) tell(p *process, a appealRow, sentence string) error {
	if f.JSON {
		return p.writeJSON(a)
	}
	_, err := fmt.Fprintln(p.Stdout, sentence)
	return err
}

type appealFileCmd struct {
	appealFlags
	Code   string `placeholder:"CODE" help:"Who is held, by the code that they carry; or --person."`
	Person int64  `placeholder:"N" help:"Who is held, by number."`
	Ground string `required:"" enum:"negative,mistake,care,conditions,other" placeholder:"GROUND" help:"negative, mistake, care, conditions or other."`
	Words  string `placeholder:"TEXT" help:"Their own words, 500 characters at most. They are sealed as names are."`
}

// Run enters the appeal.
func (c *appealFileCmd) Run(ctx context.Context, p *process) error {
	if (c.Code == "") == (c.Person == 0) {
		return misused(fmt.Errorf("give --code or --person"))
	}
	at, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	if at != nil {
		var a api.HoldAppeal
		if err := at.send(ctx, http.MethodPost, path("/api/outbreaks/%s/appeals", c.Outbreak), api.NewAppeal{Person: c.Person, Code: c.Code, Ground: c.Ground, Words: c.Words}, &a); err != nil {
			return err
		}
		return c.tell(p, appealRowTold(a), c.sentence(a.ID))
	}
	return c.order(ctx, p, func(cmds *command.Commands) (screening.Appeal, string, error) {
		a, err := cmds.AppealHold(ctx, p.owner(), command.AppealHold{Outbreak: c.Outbreak, Person: person.ID(c.Person), Code: c.Code, Ground: c.Ground, Words: c.Words})
		return a, c.sentence(int64(a.ID)), err
	})
}

func (c *appealFileCmd) sentence(id int64) string {
	return fmt.Sprintf("Appeal %d waits for its answer.", id)
}

// order carries an order out on the folder, and prints the appeal.
func (f *appealFlags) order(ctx context.Context, p *process, give func(*command.Commands) (screening.Appeal, string, error)) error {
	return f.with(ctx, p, false, func(db *store.DB) error {
		ids, err := db.OpenIdentities(ctx, store.KeyOptions{MasterKey: p.Getenv(masterKeyVar)})
		if err != nil {
			return err
		}
		a, sentence, err := give(command.New(db, ids))
		if err != nil {
			return err
		}
		tree, err := db.Tree(ctx)
		if err != nil {
			return err
		}
		return f.tell(p, appealRowOf(a, tree), sentence)
	})
}

type appealAnswerCmd struct {
	appealFlags
	Appeal int64  `arg:"" help:"Number of the appeal, as list prints it."`
	Answer string `arg:"" enum:"upheld,lifted" help:"upheld or lifted. To let somebody go a second person must say lifted too."`
	Reason string `required:"" placeholder:"TEXT" help:"What the person is told, 500 characters at most."`
}

// Run answers it.
func (c *appealAnswerCmd) Run(ctx context.Context, p *process) error {
	at, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	if at != nil {
		var a api.HoldAppeal
		if err := at.send(ctx, http.MethodPost, path("/api/outbreaks/%s/appeals/%d/answer", c.Outbreak, c.Appeal), api.AppealAnswer{Answer: c.Answer, Reason: c.Reason}, &a); err != nil {
			return err
		}
		return c.tell(p, appealRowTold(a), c.sentence(a.Answer))
	}
	return c.order(ctx, p, func(cmds *command.Commands) (screening.Appeal, string, error) {
		a, err := cmds.AnswerAppeal(ctx, p.owner(), command.AnswerAppeal{Outbreak: c.Outbreak, Appeal: screening.AppealID(c.Appeal), Answer: c.Answer, Reason: c.Reason})
		return a, c.sentence(string(a.Answer)), err
	})
}

func (c *appealAnswerCmd) sentence(answer string) string {
	switch screening.Answer(answer) {
	case screening.AnswerUpheld:
		return fmt.Sprintf("Appeal %d is answered: the hold goes on.", c.Appeal)
	case screening.AnswerLifted:
		return fmt.Sprintf("Appeal %d is answered: they are let go.", c.Appeal)
	case screening.Unanswered:
	}
	return fmt.Sprintf("Noted. A second person must agree before appeal %d lets anybody go.", c.Appeal)
}

type appealReadCmd struct {
	appealFlags
	Appeal int64  `arg:"" help:"Number of the appeal, as list prints it."`
	Reason string `required:"" placeholder:"TEXT" help:"Why the words are needed, in 1 to 200 characters; the journal keeps it."`
}

// Run prints the words.
func (c *appealReadCmd) Run(ctx context.Context, p *process) error {
	if !auth.Purpose(c.Purpose).Valid() {
		return misused(fmt.Errorf("--purpose %q is none; say why the words are needed, such as screening", c.Purpose))
	}
	at, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	if at != nil {
		var out api.AppealWords
		if err := at.send(ctx, http.MethodPost, path("/api/outbreaks/%s/appeals/%d/words", c.Outbreak, c.Appeal), api.WordsRequest{Reason: c.Reason}, &out); err != nil {
			return err
		}
		return c.say(p, out)
	}
	return c.with(ctx, p, false, func(db *store.DB) error {
		by, err := c.holder(ctx, p, db)
		if err != nil {
			return err
		}
		ids, err := db.OpenIdentities(ctx, store.KeyOptions{MasterKey: p.Getenv(masterKeyVar)})
		if err != nil {
			return err
		}
		id := screening.AppealID(c.Appeal)
		said, err := ids.AppealWords(ctx, store.AppealWordsRequest{By: by.Actor, Purpose: by.Purpose, Reason: c.Reason, Appeals: []screening.AppealID{id}})
		if err != nil {
			return err
		}
		return c.say(p, api.AppealWords{Words: said[id].Reveal()})
	})
}

func (c *appealReadCmd) say(p *process, out api.AppealWords) error {
	if c.JSON {
		return p.writeJSON(out)
	}
	if out.Words == "" {
		out.Words = "They wrote nothing."
	}
	_, err := fmt.Fprintln(p.Stdout, out.Words)
	return err
}

// holder is whoever the token stands for, on the folder itself: what is sealed is opened for nobody else.
func (f serverFlags) holder(ctx context.Context, p *process, db *store.DB) (command.By, error) {
	text := f.secret(p)
	if text == "" {
		return command.By{}, &failure{codeDenied, fmt.Errorf("what is sealed needs the token of somebody who may read it: --token, or the variable %s", tokenVar)}
	}
	secret, err := auth.ParseAPISecret(text)
	if err != nil {
		return command.By{}, err
	}
	accounts, err := account.New(account.Options{DB: db})
	if err != nil {
		return command.By{}, err
	}
	actor, err := accounts.TokenActor(ctx, secret)
	return command.By{Actor: actor, Purpose: auth.Purpose(f.Purpose)}, err
}
