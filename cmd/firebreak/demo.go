package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"firebreak/internal/account"
	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/demo"
	"firebreak/internal/i18n"
	"firebreak/internal/place"
	"firebreak/internal/place/qingdao"
	"firebreak/internal/store"
	"firebreak/internal/web/login"
)

type demoCmd struct {
	Data      string `type:"path" placeholder:"DIR" help:"Folder to build the demo in; it must be empty or absent. Without it a folder for temporary files is used and removed afterwards."`
	Listen    string `default:"127.0.0.1:8080" placeholder:"ADDR" help:"Address to listen on. The demo's passwords are known to everybody: keep it on this machine."`
	Seed      uint64 `default:"2022" help:"Another seed makes another outbreak."`
	Cases     int    `default:"200" help:"Infections found so far, 40 to 2,000."`
	Residents int    `default:"24000" help:"People of the street that is being tested, 2,400 to 240,000."`
	NoOpen    bool   `help:"Do not open the browser."`
	Still     bool   `help:"Let nothing happen by itself. Otherwise something does every few seconds, so that open screens change."`
	Build     bool   `help:"Build the folder and stop, without serving it."`
}

// demoRoles are who can log in to the demo, and where.
func demoRoles() []struct {
	role auth.Role
	area string
	name string
} {
	return []struct {
		role auth.Role
		area string
		name string
	}{
		{auth.RoleDutyOfficer, "3702", "Duty officer, Qingdao"},
		{auth.RoleEpidemiologist, "370285", "Epidemiologist, Laixi"},
		{auth.RoleFollowUpOfficer, "370285", "Follow-up officer, Laixi"},
		{auth.RoleScreeningCoordinator, "3702", "Screening coordinator, Qingdao"},
		{auth.RoleLaboratory, "370285", "Laboratory, Laixi"},
		{auth.RoleCommunityWorker, "370285001", "Community worker, Shuiji street"},
		{auth.RoleTransferDispatcher, "3702", "Transfer dispatcher, Qingdao"},
		{auth.RoleIsolationStaff, "3702", "Isolation site, Qingdao"},
		{auth.RoleHospital, "3702", "Hospital, Qingdao"},
		{auth.RoleHigherLevelViewer, "37", "Provincial viewer (counts only)"},
		{auth.RoleAuditor, "3702", "Auditor, Qingdao"},
		{auth.RoleAdministrator, "37", "Administrator"},
	}
}

// Run builds a synthetic outbreak in the real districts of Qingdao, by real orders at their times, and serves it.
func (c *demoCmd) Run(ctx context.Context, p *process) (err error) {
	dir := c.Data
	if dir == "" {
		if c.Build {
			return misused(errors.New("--build needs --data"))
		}
		if dir, err = os.MkdirTemp("", "firebreak-demo-"); err != nil {
			return fmt.Errorf("make a folder for the demo: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	} else if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return misused(fmt.Errorf("%s is not empty; the demo is built into an empty folder", dir))
	}
	logins, town, err := c.build(ctx, p, dir)
	if err != nil {
		return err
	}
	if c.Build {
		_, err := fmt.Fprintf(p.Stdout, "The demo is in %s; serve it with: firebreak serve --data %s\n", dir, dir)
		return err
	}
	db, err := store.Open(ctx, store.Options{Dir: dir})
	if err != nil {
		return held(err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	s, err := newServer(ctx, p, db, serverOptions{demo: logins})
	if err != nil {
		return err
	}
	t := newTable("login", "password", "who")
	for _, l := range logins {
		t.add(l.Name, l.Password, l.Titles["en"])
	}
	if err := t.write(p.Stdout); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(p.Stdout, "\nPublic site: http://%s/public/ (somebody's code: %s)\nCapture app: http://%[1]s/desk/ (invite it on a sampling site's page)\n", c.Listen, town.Example()); err != nil {
		return err
	}
	if !c.NoOpen && p.Terminal {
		go openBrowser("http://" + strings.Replace(c.Listen, "0.0.0.0", "localhost", 1))
	}
	if !c.Still {
		ctx, stop := context.WithCancel(ctx)
		ended := make(chan struct{})
		defer func() { stop(); <-ended }() // before the store is closed
		go func() {
			defer close(ended)
			town.Through(s.capture)
			if err := demo.Alive(ctx, s.commands, town, rand.New(rand.NewPCG(c.Seed, 1)), aliveEvery, s.refused); err != nil {
				s.refused(err)
			}
		}()
	}
	return s.run(ctx, p, listening{main: c.Listen})
}

// aliveEvery is how often something happens by itself, on average.
const aliveEvery = 4 * time.Second

// refused notes an order of the demo's own that was not taken: a person was quicker.
func (s *server) refused(err error) { s.log.Info("demo order refused", "error", err) }

// build fills the folder. A power cut while it is filled costs a folder that can be made again, so nothing waits for the disk until the end.
func (c *demoCmd) build(ctx context.Context, p *process, dir string) (logins []login.DemoAccount, town *demo.Town, err error) {
	clock := &demo.Clock{}
	clock.Set(p.Now())
	db, err := store.Open(ctx, store.Options{Dir: dir, Now: clock.Now, Unflushed: true})
	if err != nil {
		return nil, nil, held(err)
	}
	logins, town, err = c.fill(ctx, p, db, clock)
	if err = errors.Join(err, db.Close()); err != nil {
		return nil, nil, err
	}
	return logins, town, flushFile(filepath.Join(dir, "main.db"))
}

// flushFile waits until a file is on the disk.
func flushFile(name string) error {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("flush the demo: %w", err)
	}
	return errors.Join(f.Sync(), f.Close())
}

func (c *demoCmd) fill(ctx context.Context, p *process, db *store.DB, clock *demo.Clock) ([]login.DemoAccount, *demo.Town, error) {
	now := p.Now()
	if _, err := command.New(db, nil).ImportAreas(ctx, command.Owner("demo"), qingdaoAreas()); err != nil {
		return nil, nil, err
	}
	tree, err := db.Tree(ctx)
	if err != nil {
		return nil, nil, err
	}
	logins, err := demoLogins(ctx, db, tree, demoDistrict, func(string) string { return demoPassword })
	if err != nil {
		return nil, nil, err
	}
	shapes, err := qingdao.Outlines()
	if err != nil {
		return nil, nil, err
	}
	steps, err := demo.Script(demo.Setting{Tree: tree, Outlines: shapes}, now, c.Seed, c.Cases)
	if err != nil {
		return nil, nil, err
	}
	testing, err := demo.Testing(demo.Setting{Tree: tree, Outlines: shapes}, now, c.Seed, c.Residents)
	if err != nil {
		return nil, nil, err
	}
	steps = demo.Merge(steps, testing)
	ids, err := db.OpenIdentities(ctx, store.KeyOptions{MasterKey: p.Getenv("FIREBREAK_MASTER_KEY")})
	if err != nil {
		return nil, nil, err
	}
	cmds := command.New(db, ids)
	if _, err := demo.Start(ctx, cmds, clock, steps[0].At.Add(-time.Hour)); err != nil {
		return nil, nil, err
	}
	progress := p.progress("demo", "orders")
	town, err := demo.Play(ctx, cmds, clock, steps, func(done, of int) { progress.set(int64(done), int64(of)) })
	progress.close()
	if err != nil {
		return nil, nil, err
	}
	clock.Set(now)
	if _, err := cmds.Tick(ctx); err != nil {
		return nil, nil, err
	}
	return logins, town, nil
}

// demoPassword is everybody's password in the demo, which listens on this machine only.
const demoPassword = "cut-the-chain-2022"

// demoDistrict is where the demo's outbreak is: Laixi.
const demoDistrict = "370285"

// demoLogins makes an account for each role. Those of the demo's district are of the district that is given, and its first street.
func demoLogins(ctx context.Context, db *store.DB, tree *place.Tree, district string, password func(login string) string) ([]login.DemoAccount, error) {
	accounts, err := account.New(account.Options{DB: db})
	if err != nil {
		return nil, err
	}
	var out []login.DemoAccount
	for _, r := range demoRoles() {
		title := r.name
		if rest, below := strings.CutPrefix(r.area, demoDistrict); below && district != demoDistrict {
			r.area, title = district, ""
			if j, ok := tree.ByCode(district); ok && rest != "" {
				if streets := tree.Children(j.ID); len(streets) > 0 {
					r.area = streets[0].Code
				}
			}
		}
		j, ok := tree.ByCode(r.area)
		if !ok {
			return nil, fmt.Errorf("demo: jurisdiction %s is not in the shipped set", r.area)
		}
		title = cmp.Or(title, r.role.Title(auth.English)+", "+cmp.Or(j.NameEN, j.Name))
		name := demo.Login(r.role)
		secret := password(name)
		_, err := accounts.OperatorAdd(ctx, account.NewUser{Login: name, Title: title, Area: j.ID, Password: secret}, []auth.Grant{{Role: r.role, Area: j.ID}})
		if err != nil {
			return nil, fmt.Errorf("demo: add account %s: %w", name, err)
		}
		out = append(out, login.DemoAccount{Titles: map[i18n.Lang]string{"en": title, "zh": r.role.Title(auth.Chinese) + "，" + j.Name}, Role: string(r.role), Name: name, Password: secret})
	}
	return out, nil
}

// openBrowser tries; the address is printed anyway.
func openBrowser(url string) {
	time.Sleep(300 * time.Millisecond) // the server is about to listen
	name := map[string]string{"darwin": "open", "windows": filepath.Join(os.Getenv("SystemRoot"), "explorer.exe")}[runtime.GOOS]
	if name == "" {
		name = "xdg-open"
	}
	_ = exec.Command(name, url).Start()
}
