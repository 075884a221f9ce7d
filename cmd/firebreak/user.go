package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"firebreak/internal/account"
	"firebreak/internal/auth"
	"firebreak/internal/place"
	"firebreak/internal/store"
)

type userCmd struct {
	Add      userAddCmd      `cmd:"" help:"Add an account with its roles; on a new folder this makes the first administrator."`
	Grant    userGrantCmd    `cmd:"" help:"Give an account further roles."`
	Password userPasswordCmd `cmd:"" help:"Set an account's password."`
	Token    userTokenCmd    `cmd:"" help:"Make an API token of an account."`
	List     userListCmd     `cmd:"" help:"List the accounts and their roles."`
}

// userRoles are roles as the command line writes them.
type userRoles struct {
	Role []string `required:"" placeholder:"ROLE@AREA" help:"Role over an area and all below it, such as epidemiologist@370285 (the area's code); may be repeated."`
}

func (f userRoles) grants(tree *place.Tree) ([]auth.Grant, error) {
	var out []auth.Grant
	for _, text := range f.Role {
		role, code, ok := strings.Cut(text, "@")
		if !ok {
			return nil, misused(fmt.Errorf("role %q: write ROLE@AREA", text))
		}
		if !auth.Role(role).Valid() {
			var known []string
			for _, r := range auth.Roles() {
				known = append(known, string(r))
			}
			return nil, misused(fmt.Errorf("role %q is unknown; there are %s", role, strings.Join(known, ", ")))
		}
		area, ok := tree.ByCode(code)
		if !ok {
			return nil, misused(fmt.Errorf("role %q: %q is not the code of a known jurisdiction (firebreak areas list)", text, code))
		}
		out = append(out, auth.Grant{Role: auth.Role(role), Area: area.ID})
	}
	return out, nil
}

// passwordFlag says where a password comes from. It is never an argument: those are in the list of processes.
type passwordFlag struct {
	PasswordStdin bool `name:"password-stdin" help:"Read the password from standard input; without this one is made up and printed once."`
}

func (f passwordFlag) password(p *process, login string) (text string, made bool, err error) {
	if !f.PasswordStdin {
		return auth.MadePassword(login), true, nil
	}
	line, err := bufio.NewReader(p.Stdin).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", false, fmt.Errorf("read password: %w", err)
	}
	return strings.TrimRight(line, "\r\n"), false, nil
}

type userAddCmd struct {
	dataFlags
	jsonFlag
	userRoles
	passwordFlag
	Login string `arg:"" help:"Login."`
	Title string `help:"Post or name, as colleagues know the person; the login when empty."`
	Lang  string `enum:",en,zh" default:"" help:"Language of the screens; empty follows the browser."`
}

// Run adds the account.
func (c *userAddCmd) Run(ctx context.Context, p *process) error {
	return c.with(ctx, p, true, func(db *store.DB) error {
		tree, err := db.Tree(ctx)
		if err != nil {
			return err
		}
		if tree.Len() == 0 {
			return rejected(errors.New("there are no jurisdictions yet, and a role is held over one: import them first (firebreak areas import)"))
		}
		grants, err := c.grants(tree)
		if err != nil {
			return err
		}
		password, made, err := c.password(p, c.Login)
		if err != nil {
			return err
		}
		accounts, err := account.New(account.Options{DB: db})
		if err != nil {
			return err
		}
		if c.Title == "" {
			c.Title = c.Login
		}
		u, err := accounts.OperatorAdd(ctx, account.NewUser{Login: c.Login, Title: c.Title, Area: grants[0].Area, Password: password, Lang: c.Lang}, grants)
		if err != nil {
			return refusedField(err)
		}
		return c.tell(p, u.Login, password, made)
	})
}

func (j jsonFlag) tell(p *process, login, password string, made bool) error {
	if !made {
		password = ""
	}
	if j.JSON {
		return p.writeJSON(struct {
			Login    string `json:"login"`
			Password string `json:"password,omitempty"`
		}{login, password})
	}
	if made {
		_, err := fmt.Fprintf(p.Stdout, "%s\npassword: %s (shown once)\n", login, password)
		return err
	}
	_, err := fmt.Fprintln(p.Stdout, login)
	return err
}

// refusedField makes a wrong field of an account a wrong argument.
func refusedField(err error) error {
	var field *account.FieldError
	if errors.As(err, &field) {
		return misused(err)
	}
	return err
}

type userGrantCmd struct {
	dataFlags
	jsonFlag
	userRoles
	Login string `arg:"" help:"Login."`
}

// Run gives the roles.
func (c *userGrantCmd) Run(ctx context.Context, p *process) error {
	return c.with(ctx, p, false, func(db *store.DB) error {
		tree, err := db.Tree(ctx)
		if err != nil {
			return err
		}
		grants, err := c.grants(tree)
		if err != nil {
			return err
		}
		accounts, err := account.New(account.Options{DB: db})
		if err != nil {
			return err
		}
		if err := accounts.OperatorGrant(ctx, c.Login, grants); err != nil {
			return err
		}
		return c.tell(p, c.Login, "", false)
	})
}

type userPasswordCmd struct {
	dataFlags
	jsonFlag
	passwordFlag
	Login string `arg:"" help:"Login."`
}

// Run sets the password and ends the account's sessions.
func (c *userPasswordCmd) Run(ctx context.Context, p *process) error {
	return c.with(ctx, p, false, func(db *store.DB) error {
		password, made, err := c.password(p, c.Login)
		if err != nil {
			return err
		}
		accounts, err := account.New(account.Options{DB: db})
		if err != nil {
			return err
		}
		if err := accounts.OperatorSetPassword(ctx, c.Login, password); err != nil {
			return refusedField(err)
		}
		return c.tell(p, c.Login, password, made)
	})
}

type userListCmd struct {
	dataFlags
	jsonFlag
}

// userRow is one account as the command prints it.
type userRow struct {
	Login    string   `json:"login"`
	Title    string   `json:"title"`
	Roles    []string `json:"roles"` // ROLE@AREA
	Disabled bool     `json:"disabled"`
}

// Run lists all accounts.
func (c *userListCmd) Run(ctx context.Context, p *process) error {
	return c.with(ctx, p, false, func(db *store.DB) error {
		rows := []userRow{}
		err := db.View(ctx, func(r *store.Reader) error {
			tree, err := r.Tree()
			if err != nil {
				return err
			}
			var areas []place.AreaID
			for _, j := range tree.All() {
				areas = append(areas, j.ID)
			}
			after := auth.UserID(0)
			for {
				const page = 500
				list, err := r.Users(areas, after, page)
				if err != nil {
					return err
				}
				for _, u := range list {
					after = u.ID
					row := userRow{Login: u.Login, Title: u.Title, Disabled: u.Disabled, Roles: []string{}}
					for _, g := range u.Grants {
						area, _ := tree.Get(g.Area)
						row.Roles = append(row.Roles, string(g.Role)+"@"+area.Code)
					}
					rows = append(rows, row)
				}
				if len(list) < page {
					return nil
				}
			}
		})
		if err != nil {
			return err
		}
		if c.JSON {
			return p.writeJSON(struct {
				Users []userRow `json:"users"`
			}{rows})
		}
		t := newTable("login", "title", "roles", "")
		for _, u := range rows {
			state := ""
			if u.Disabled {
				state = "disabled"
			}
			t.add(u.Login, u.Title, strings.Join(u.Roles, " "), state)
		}
		return t.write(p.Stdout)
	})
}
