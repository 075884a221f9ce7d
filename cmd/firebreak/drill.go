package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"firebreak/internal/account"
	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/drill"
	"firebreak/internal/drill/scenario"
	"firebreak/internal/drill/scorecard"
	"firebreak/internal/store"
	"firebreak/internal/web/login"
)

// drillPlanSteps is how long a plan of transfers is searched for in a drill, where somebody plans again every ten minutes of its clock. A server searches up to thirty times as long.
const drillPlanSteps = 2000

type drillCmd struct {
	jsonFlag
	Scenario string `required:"" placeholder:"NAME|FILE" help:"Scenario: one that ships (laixi-2022), or a file (docs/drill.md)."`
	People   int    `placeholder:"N" help:"People of the city; as many as the scenario says when left out."`
	Days     int    `placeholder:"D" help:"Days that are played; as many as the scenario says when left out."`
	Seed     uint64 `default:"1" placeholder:"S" help:"Another seed makes another city and another outbreak; the same one the same drill."`
	Data     string `type:"path" placeholder:"DIR" help:"Folder to play in, empty or absent; it can be served and looked at afterwards. Without it a folder for temporary files is used and removed."`
	URL      string `name:"url" placeholder:"URL" help:"Play against a server that runs on a folder made with --prepare, in place of one in this process. Nothing kills it: such injects are left out."`
	Tokens   string `type:"path" placeholder:"FILE" help:"Tokens of the drill's accounts, as --prepare wrote them; goes with --url."`
	Beside   string `type:"existingfile" placeholder:"FILE" help:"Card of an earlier drill, as --json printed it: it is kept too, and this drill is shown beside it."`
	playFlags
	Profile string `hidden:"" type:"path" placeholder:"DIR" help:"Write what each day took into this folder, with a CPU profile of each."`
	Prepare bool   `help:"Make the folder --data ready for a drill, print its accounts' tokens as JSON, and play nothing."`
}

// Help is shown below the flags.
func (drillCmd) Help() string {
	return "A made-up city in which a disease really spreads, and everybody who answers it: clinics, investigators, samplers, laboratories, dispatchers, drivers, sites, hospitals. They act through the public interface alone, on a virtual clock, with their delays and mistakes; " +
		"what the system does not ask for is not done. The score card holds what the system knew against what is true. It ends with code 9 where anybody was lost or a count did not reconcile."
}

// Run plays the scenario.
func (c *drillCmd) Run(ctx context.Context, p *process) (err error) {
	s, err := c.read()
	if err != nil {
		return err
	}
	if c.People < 0 || c.Days < 0 || c.Days > 366 {
		return misused(errors.New("--people, --days: a drill has people, and 1 to 366 days"))
	}
	if (c.URL == "") != (c.Tokens == "") || c.URL != "" && c.Data != "" || c.Prepare && c.Data == "" {
		return misused(errors.New("give --data, or --url with --tokens; --prepare goes with --data"))
	}
	if c.Play && (c.URL != "" || c.Prepare) {
		return misused(errors.New("--play is in this process: it goes neither with --url nor with --prepare"))
	}
	if err := c.check(); err != nil {
		return err
	}
	if c.Prepare {
		return c.prepare(ctx, p, s)
	}
	o := drill.Options{Scenario: s, People: c.People, Days: c.Days, Seed: c.Seed}
	if c.Beside != "" {
		text, err := os.ReadFile(c.Beside)
		if err != nil {
			return err
		}
		before, err := scorecard.Decode(text)
		if err != nil {
			return rejected(fmt.Errorf("--beside %s: %w", c.Beside, err))
		}
		o.Before = []*scorecard.Card{before}
	}
	if c.URL != "" {
		text, err := os.ReadFile(c.Tokens)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(text, &o.Tokens); err != nil {
			return misused(fmt.Errorf("--tokens %s: %w", c.Tokens, err))
		}
		o.Server = elsewhere(strings.TrimRight(c.URL, "/"))
		return c.play(ctx, p, o)
	}
	dir := c.Data
	if dir == "" {
		if dir, err = os.MkdirTemp("", "firebreak-drill-"); err != nil {
			return fmt.Errorf("make a folder for the drill: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	if c.Play {
		return c.withPeople(ctx, p, s, dir)
	}
	// A folder that is removed afterwards need not survive a power cut.
	at := store.Options{Dir: dir, Unflushed: c.Data == ""}
	if o.Tokens, err = begin(ctx, at, s, p); err != nil {
		return err
	}
	server := &playedServer{p: p, at: at}
	if err := server.Start(ctx); err != nil {
		return err
	}
	o.Server = server
	err = c.play(ctx, p, o)
	return errors.Join(err, server.stop(20*time.Second))
}

// read returns the scenario: a shipped one, or a file.
func (c *drillCmd) read() (*scenario.Scenario, error) {
	if slices.Contains(scenario.Names(), c.Scenario) {
		return scenario.Load(c.Scenario)
	}
	text, err := os.ReadFile(c.Scenario)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, misused(fmt.Errorf("--scenario %s: there is no such file, and shipped are %s", c.Scenario, strings.Join(scenario.Names(), ", ")))
	}
	if err != nil {
		return nil, err
	}
	s, err := scenario.Read(filepath.Base(c.Scenario), text)
	if err != nil {
		return nil, rejected(err)
	}
	return s, nil
}

func (c *drillCmd) play(ctx context.Context, p *process, o drill.Options) error {
	bar := p.progress("drill", "days")
	profile, err := newDrillProfile(c.Profile)
	if err != nil {
		return err
	}
	o.Progress = func(day, of int) {
		bar.set(int64(day), int64(of))
		profile.at(day)
	}
	o.Said = func(text string) { _, _ = fmt.Fprintln(p.Stderr, text) }
	card, err := drill.Play(ctx, o)
	bar.close()
	err = errors.Join(err, profile.close())
	if err != nil {
		if errors.Is(err, scenario.ErrInvalid) {
			return rejected(err)
		}
		return err
	}
	return c.write(p, card)
}

// write writes the card; one that is not sound is a failure.
func (c *drillCmd) write(p *process, card *scorecard.Card) (err error) {
	if c.JSON {
		err = p.writeJSON(card)
	} else {
		err = writeCard(p.Stdout, card)
	}
	if !card.Sound() {
		err = errors.Join(err, &failure{codeUnsound, fmt.Errorf("%d people were lost, %d counts do not reconcile: %s", card.Lost, card.Unreconciled, strings.Join(card.Why, "; "))})
	}
	return err
}

// prepare makes a folder ready and prints the tokens.
func (c *drillCmd) prepare(ctx context.Context, p *process, s *scenario.Scenario) error {
	tokens, err := begin(ctx, store.Options{Dir: c.Data}, s, p)
	if err != nil {
		return err
	}
	return p.writeJSON(tokens)
}

// officeLogin begins the logins of the made-up offices: on record they are told from people.
const officeLogin = "office."

// begin makes an empty folder one for a drill: its clock, the tree, and the accounts of those who play, each with a token.
func begin(ctx context.Context, at store.Options, s *scenario.Scenario, p *process) (tokens map[string]string, err error) {
	db, err := store.Open(ctx, at)
	if err != nil {
		return nil, held(err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.BeginDrill(ctx, s.Start); err != nil {
		if errors.Is(err, store.ErrNotNew) {
			if db.Drill() {
				return nil, rejected(playedBefore(at.Dir, db.Pace()))
			}
			return nil, rejected(fmt.Errorf("%s: %w", at.Dir, err))
		}
		return nil, err
	}
	if _, err := command.New(db, nil).ImportAreas(ctx, p.owner(), qingdaoAreas()); err != nil {
		return nil, err
	}
	tree, err := db.Tree(ctx)
	if err != nil {
		return nil, err
	}
	accounts, err := account.New(account.Options{DB: db})
	if err != nil {
		return nil, err
	}
	root := tree.Roots()[0]
	tokens = map[string]string{}
	for _, a := range drill.Accounts() {
		u, err := accounts.OperatorAdd(ctx, account.NewUser{Login: officeLogin + a.Login, Title: officeLogin + a.Login, Area: root, Password: auth.MadePassword(officeLogin + a.Login)}, []auth.Grant{{Role: auth.Role(a.Role), Area: root}})
		if err != nil {
			return nil, fmt.Errorf("account %s: %w", a.Login, err)
		}
		scopes := make([]auth.Action, len(a.Scopes))
		for i, x := range a.Scopes {
			scopes[i] = auth.Action(x)
		}
		secret, _, err := accounts.IssueToken(ctx, u.Actor(), "drill", scopes, db.Now().Add(400*24*time.Hour))
		if err != nil {
			return nil, fmt.Errorf("token of %s: %w", a.Login, err)
		}
		tokens[a.Login] = secret.Reveal()
	}
	return tokens, nil
}

// elsewhere is a server that somebody else runs.
type elsewhere string

// URL is where it answers.
func (e elsewhere) URL() string { return string(e) }

// Kill is not possible.
func (e elsewhere) Kill(context.Context) error { return drill.ErrNotOurs }

// Start is not needed.
func (e elsewhere) Start(context.Context) error { return nil }

// playedServer is the whole server in this process, on a port of this machine.
type playedServer struct {
	p   *process
	at  store.Options
	url string
	// listen is where it listens; empty: at a port that is free. demo are who can log in with a click.
	listen string
	demo   []login.DemoAccount
	halt   context.CancelFunc
	over   chan error
	s      *server
}

// URL is where it answers.
func (s *playedServer) URL() string { return s.url }

var playedAt = regexp.MustCompile(`^firebreak serves (http://[^ ]+) `)

// Start opens the store and serves it.
func (s *playedServer) Start(ctx context.Context) error {
	db, err := store.Open(ctx, s.at)
	if err != nil {
		return held(err)
	}
	out, in := io.Pipe()
	p := *s.p
	p.Stdout, p.Quiet = in, true
	if s.s, err = newServer(ctx, &p, db, serverOptions{planSteps: drillPlanSteps, demo: s.demo}); err != nil {
		return errors.Join(err, db.Close())
	}
	ctx, s.halt = context.WithCancel(context.WithoutCancel(ctx))
	s.over = make(chan error, 1)
	go func() {
		err := s.s.run(ctx, &p, listening{main: cmp.Or(s.listen, "127.0.0.1:0")})
		s.over <- errors.Join(err, db.Close(), in.Close())
	}()
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if m := playedAt.FindStringSubmatch(lines.Text()); m != nil {
			s.url = m[1]
			go func() { _, _ = io.Copy(io.Discard, out) }() // what else it says is read, so that it need not wait
			return nil
		}
	}
	return fmt.Errorf("the server did not start: %w", <-s.over)
}

// Kill cuts every connection and abandons what is under way.
func (s *playedServer) Kill(context.Context) error {
	_ = s.stop(0) // that requests were cut off is what was wanted
	return nil
}

// stop ends it, giving requests under way a time.
func (s *playedServer) stop(drain time.Duration) error {
	s.s.drain = max(drain, 1)
	s.halt()
	return <-s.over
}

// writeCard writes the card for people.
func writeCard(w io.Writer, c *scorecard.Card) error {
	n := func(x int) string { return humanize.Comma(int64(x)) }
	day := func(x *int) string {
		if x == nil {
			return "not reached"
		}
		return n(*x)
	}
	t := newTable("what", "the system", "paper", "nothing")
	t.alignRight(1, 2, 3)
	t.add("infected", n(c.TrueInfected), n(c.Paper.Infected), n(c.Nothing.Infected))
	t.add("found", n(c.Found), n(c.Paper.Found), "")
	t.add("found before they infected anybody", n(c.FoundBefore), "", "")
	t.add("found in isolation", n(c.FoundInIsolation), n(c.Paper.InIsolation), "")
	t.add("days from the first case to community zero", day(c.CommunityZero), day(c.Paper.CommunityZero), "")
	t.add("hours from infection to isolation, median / p90", fmt.Sprintf("%.0f / %.0f", c.ToIsolation.Median, c.ToIsolation.P90), "", "")
	t.add("contacts listed / infected", n(c.Contacts)+" / "+n(c.ContactsIll), n(c.Paper.Contacts), "")
	t.add("rounds / in 24 h", n(c.Rounds)+" / "+n(c.RoundsIn24h), "", "")
	t.add("transfers / in time", n(c.Transfers)+" / "+n(c.TransfersInTime), "", "")
	t.add("people restricted / without need", n(c.Restricted)+" / "+n(c.WithoutNeed), "", "")
	t.add("person-days without need", n(int(c.DaysWithout)), "", "")
	t.add("at quarantine sites at once, at most", n(c.PeakRooms), n(c.Paper.PeakRooms), "")
	t.add("beds of cases at once, at most", n(c.PeakBeds), "", "")
	t.add("tubes a day, at most", n(c.PeakTubes), "", "")
	t.add("tasks due / late", n(int(c.TasksDue))+" / "+n(int(c.TasksLate)), "", "")
	t.add("lost", n(c.Lost), "", "")
	t.add("counts that do not reconcile", n(c.Unreconciled), "", "")
	t.add("took, s", fmt.Sprintf("%.1f", c.Wall), "", "")
	if err := t.write(w); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(w, "\n%s, %s people, %d days, seed %d.\n", c.Scenario, n(c.People), c.Days, c.Seed); err != nil {
		return fmt.Errorf("write the card: %w", err)
	}
	if len(c.Refused) == 0 {
		return nil
	}
	var said []string
	for route, times := range c.Refused {
		said = append(said, fmt.Sprintf("%s %d", route, times))
	}
	slices.SortFunc(said, cmp.Compare[string])
	_, err := fmt.Fprintf(w, "Requests refused: %s.\n", strings.Join(said, ", "))
	return err
}
