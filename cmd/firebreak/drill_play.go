package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/drill"
	"firebreak/internal/drill/pace"
	"firebreak/internal/drill/scenario"
	"firebreak/internal/drill/scorecard"
	"firebreak/internal/person"
	"firebreak/internal/store"
	"firebreak/internal/web/login"
)

// playFlags are those of a drill in which people play roles.
type playFlags struct {
	Play     bool     `help:"Open the drill to people: it is played by itself until --until-day, then goes on at --speed on the screens at --listen, where it can be paused."`
	UntilDay int      `default:"6" placeholder:"D" help:"With --play: the day since the first case at nine in the morning of which people come in."`
	Speed    int      `default:"10" placeholder:"N" help:"With --play: seconds of the drill in a real one, 1 to 60."`
	Roles    []string `placeholder:"ROLE,..." help:"With --play: roles that people hold from the beginning, such as transfer-dispatcher: nobody of the made-up offices does their tasks. Others can be taken and given back on the screens."`
	Listen   string   `default:"127.0.0.1:8080" placeholder:"ADDR" help:"With --play: address of the screens. On this machine alone the passwords are known to everybody; at any other address they are made."`
	NoOpen   bool     `help:"With --play: do not open the browser."`
}

func (f *playFlags) check() error {
	if f.UntilDay < 0 || f.UntilDay > 365 {
		return misused(errors.New("--until-day: a day since the first case, 0 to 365"))
	}
	if f.Speed < pace.Slowest || f.Speed > pace.Fastest {
		return misused(fmt.Errorf("--speed %d: %w", f.Speed, pace.ErrSpeed))
	}
	if err := pace.CheckHeld(f.Roles); err != nil {
		return misused(fmt.Errorf("--roles: %w", err))
	}
	if _, _, err := net.SplitHostPort(f.Listen); err != nil {
		return misused(fmt.Errorf("--listen: %w", err))
	}
	return nil
}

// playing is a drill that people are in.
type playing struct {
	*drillCmd
	p      *process
	server *playedServer
	logins []login.DemoAccount
	open   bool
}

// withPeople plays a drill until its day, lets people in, and stays when it is over until it is stopped.
func (c *drillCmd) withPeople(ctx context.Context, p *process, s *scenario.Scenario, dir string) (err error) {
	at := store.Options{Dir: dir, Unflushed: true} // until people come in
	tokens, err := begin(ctx, at, s, p)
	if err != nil {
		return err
	}
	play := &playing{drillCmd: c, p: p, server: &playedServer{p: p, at: at}}
	if play.logins, err = c.logins(ctx, at, s); err != nil {
		return err
	}
	// A port that is taken is found now, not when all is played.
	if l, err := net.Listen("tcp", c.Listen); err != nil {
		return fmt.Errorf("listen: %w", err)
	} else if err := l.Close(); err != nil {
		return err
	}
	if err := play.server.Start(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, play.server.stop(20*time.Second)) }()
	people := c.People
	if people == 0 {
		people = int(s.Place.People.Value)
	}
	if !c.JSON {
		_, _ = fmt.Fprintf(p.Stdout, "%s: a made-up town of %s people is played by itself until nine in the morning of day %d since the first case. This takes minutes.\n", s.Title.EN, humanize.Comma(int64(people)), c.UntilDay)
	}
	bar := p.progress("drill", "days")
	o := drill.Options{Scenario: s, People: c.People, Days: c.Days, Seed: c.Seed, Server: play.server, Tokens: tokens}
	o.Progress = func(day, of int) {
		if !play.open {
			bar.set(int64(day), int64(of))
		}
	}
	o.Said = func(text string) { _, _ = fmt.Fprintln(p.Stderr, text) }
	o.In = &drill.People{Day: c.UntilDay, Open: func(ctx context.Context, first, ends time.Time) error {
		bar.close()
		return play.letIn(ctx, s, first, ends)
	}}
	card, err := drill.Play(ctx, o)
	if !play.open {
		bar.close()
	}
	if err != nil {
		if play.open && ctx.Err() != nil {
			_, _ = fmt.Fprintln(p.Stderr, "The drill is broken off: its made-up town cannot go on. What was done can be looked at with firebreak serve --data, where a folder was given.")
		}
		return errors.Join(err, play.end(ctx, pace.BrokenOff))
	}
	if err := play.end(ctx, pace.Over); err != nil {
		return err
	}
	return play.over(ctx, card)
}

// logins makes an account for each role, with a password that everybody knows where the screens are on this machine alone.
func (c *drillCmd) logins(ctx context.Context, at store.Options, s *scenario.Scenario) (out []login.DemoAccount, err error) {
	db, err := store.Open(ctx, at)
	if err != nil {
		return nil, held(err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	tree, err := db.Tree(ctx)
	if err != nil {
		return nil, err
	}
	password := func(string) string { return demoPassword }
	if !c.here() {
		password = auth.MadePassword
	}
	return demoLogins(ctx, db, tree, s.Place.Area, password)
}

// here says whether the screens are on this machine alone.
func (f *playFlags) here() bool {
	host, _, err := net.SplitHostPort(f.Listen)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}

// letIn serves the folder at the people's address, safely from now on, and says who can log in.
func (x *playing) letIn(ctx context.Context, s *scenario.Scenario, first, ends time.Time) error {
	if err := x.server.stop(20 * time.Second); err != nil {
		return err
	}
	if x.Data != "" {
		if err := flushFile(filepath.Join(x.server.at.Dir, "main.db")); err != nil {
			return err
		}
		x.server.at.Unflushed = false
	}
	x.server.listen = x.Listen
	if x.here() {
		x.server.demo = x.logins
	}
	if err := x.server.Start(ctx); err != nil {
		return err
	}
	err := x.server.s.commands.OpenDrill(ctx, command.Owner("drill"), command.OpenDrill{Scenario: s.Name, Seed: x.Seed, Speed: x.Speed, Held: x.Roles, Zone: s.Zone, First: first, Ends: ends})
	if err != nil {
		return err
	}
	x.open = true
	if x.JSON {
		return nil
	}
	t := newTable("login", "password", "who")
	for _, l := range x.logins {
		t.add(l.Name, l.Password, l.Titles["en"])
	}
	if err := t.write(x.p.Stdout); err != nil {
		return err
	}
	code, err := someCode(ctx, x.server.s)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(x.p.Stdout, "\nfirebreak serves %s (day %d of the drill, at %d times the speed of the world)\nPublic site: %s/public/ (somebody's code: %s)\nThe duty officer and the administrator can pause it, change its speed, step it and take roles, in the bar of every page.\nIt cannot go on when this program has ended.\n",
		x.server.URL(), x.UntilDay, x.Speed, x.server.URL(), code); err != nil {
		return err
	}
	if !x.here() {
		if _, err := fmt.Fprintln(x.p.Stdout, "Passwords cross the network in the clear."); err != nil {
			return err
		}
	}
	if !x.NoOpen && x.p.Terminal {
		go openBrowser(x.server.URL())
	}
	return nil
}

// someCode is the code on somebody's card, to try the public site with.
func someCode(ctx context.Context, s *server) (code string, err error) {
	err = s.db.View(ctx, func(r *store.Reader) error {
		v, err := s.commands.Identities().Vault(r)
		if err == nil {
			code = v.PersonCode(person.ID(1))
		}
		return err
	})
	return code, err
}

// end says that nobody plays the town any more.
func (x *playing) end(ctx context.Context, s pace.State) error {
	if !x.open {
		return nil
	}
	return x.server.s.commands.EndDrill(context.WithoutCancel(ctx), command.Owner("drill"), s)
}

// over prints the card, and leaves the screens up.
func (x *playing) over(ctx context.Context, card *scorecard.Card) error {
	err := x.write(x.p, card)
	if !x.JSON {
		_, said := fmt.Fprintf(x.p.Stdout, "The drill is over. Its screens stay at %s until this program is stopped.\n", x.server.URL())
		err = errors.Join(err, said)
	}
	select {
	case <-ctx.Done():
	case stopped := <-x.server.over:
		x.server.over <- stopped // for whoever waits for its end
	}
	return err
}

// playedBefore says what becomes of a folder in which a drill was played.
func playedBefore(dir string, p pace.Pace) error {
	what := "a drill was begun"
	if p.State != pace.Unpaced {
		what = "a drill was played, until " + strings.TrimSuffix(p.Clock(time.Now()).UTC().Format(time.RFC3339), "Z") + "Z"
	}
	return fmt.Errorf("%s: in this folder %s. Its made-up town was in the program that played it and cannot go on: look at it with firebreak serve --data %s, or play in an empty folder", dir, what, dir)
}
