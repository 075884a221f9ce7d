package api

import (
	"net/http"
	"time"

	"firebreak/internal/account"
	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/place"
	"firebreak/internal/store"
)

// User is an account.
type User struct {
	ID        int64      `json:"id"`
	Login     string     `json:"login"`
	Title     string     `json:"title" doc:"Post or name, as colleagues know the person."`
	Area      string     `json:"area" doc:"Code of the jurisdiction the account belongs to."`
	Roles     []UserRole `json:"roles"`
	Disabled  bool       `json:"disabled"`
	OneTime   bool       `json:"one_time" doc:"The password has to be changed at the first log-in."`
	Elsewhere bool       `json:"signs_on_elsewhere,omitempty"`
	CreatedAt *time.Time `json:"created_at,omitempty"`
	Version   int64      `json:"version"`
	Password  string     `json:"one_time_password,omitempty" doc:"Shown once, when it is made."`
}

// UserRole is a role of an account over an area and all that lies in it.
type UserRole struct {
	Role  string     `json:"role"`
	Area  string     `json:"area"`
	Until *time.Time `json:"until,omitempty" doc:"The first instant at which it no longer holds."`
	State string     `json:"state" doc:"in_force, or proposed while a second administrator has to confirm it"`
}

// Users is a page.
type Users struct {
	Items []User `json:"items"`
	Next  int64  `json:"next,omitempty" doc:"after of the next page"`
}

// NewUser is an account to be made. It gets a one-time password.
type NewUser struct {
	Login string     `json:"login" minLength:"1" maxLength:"200"`
	Title string     `json:"title" minLength:"1" maxLength:"200"`
	Area  string     `json:"area"`
	Role  string     `json:"role,omitempty" doc:"Over its area; others are given at /api/users/{id}/roles."`
	Until *time.Time `json:"until,omitempty" doc:"End of that role."`
}

// UserCorrection changes an account; what is left out stays.
type UserCorrection struct {
	Version  int64   `json:"version"`
	Title    *string `json:"title,omitempty"`
	Area     *string `json:"area,omitempty"`
	Disabled *bool   `json:"disabled,omitempty" doc:"A disabled account loses its sessions at once."`
}

// NewRole gives, confirms or takes a role.
type NewRole struct {
	Role  string     `json:"role"`
	Area  string     `json:"area"`
	Until *time.Time `json:"until,omitempty"`
}

func userView(u store.User, tree *place.Tree) User {
	code := func(a place.AreaID) string { j, _ := tree.Get(a); return j.Code }
	out := User{ID: int64(u.ID), Login: u.Login, Title: u.Title, Area: code(u.Area), Roles: []UserRole{}, Disabled: u.Disabled, OneTime: u.OneTime, Elsewhere: u.Subject != "", CreatedAt: clock(u.CreatedAt), Version: u.Version}
	for _, g := range u.Grants {
		out.Roles = append(out.Roles, UserRole{string(g.Role), code(g.Area), clock(g.Until), string(g.State)})
	}
	return out
}

// administers refuses who administers users nowhere.
func (c *call) administers() error {
	if !auth.MayAnywhere(c.actor, auth.UserAdmin, c.purpose, c.now) {
		return &command.Forbidden{Action: auth.UserAdmin, Decision: auth.May(c.actor, auth.UserAdmin, nil, c.purpose, c.now)}
	}
	return nil
}

// user reads an account that the caller administers; one of another area is not there.
func (c *call) user(id int64) (User, error) {
	if err := c.administers(); err != nil {
		return User{}, err
	}
	d, err := c.o.Accounts.User(c.ctx, c.actor, auth.UserID(id))
	if err != nil {
		return User{}, err
	}
	tree, err := c.o.DB.Tree(c.ctx)
	if err != nil {
		return User{}, err
	}
	return userView(d.User, tree), nil
}

func (c *call) areaOf(code string) (place.AreaID, error) {
	tree, err := c.o.DB.Tree(c.ctx)
	if err != nil {
		return 0, err
	}
	j, ok := tree.ByCode(code)
	if !ok {
		return 0, &command.Invalid{Field: "area", Value: code, Reason: "is not the code of a known jurisdiction"}
	}
	return j.ID, nil
}

func (c *call) grantOf(r NewRole) (g auth.Grant, err error) {
	if g.Role = auth.Role(r.Role); !g.Role.Valid() {
		return g, &command.Invalid{Field: "role", Value: r.Role, Reason: "is no role"}
	}
	if r.Until != nil {
		g.Until = *r.Until
	}
	g.Area, err = c.areaOf(r.Area)
	return g, err
}

func (s *server) users() {
	type list struct {
		Asked
		Query string `query:"q" doc:"Part of the login or the title."`
		After int64  `query:"after" minimum:"0"`
		Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"50"`
	}
	operation(s, "list-users", http.MethodGet, "/api/users", "The accounts of the areas in which the caller administers users", 200, func(c *call, in *list) (out Users, err error) {
		if err := c.administers(); err != nil {
			return out, err
		}
		tree, err := c.o.DB.Tree(c.ctx)
		if err != nil {
			return out, err
		}
		out.Items = []User{}
		text, after := auth.NormalLogin(in.Query), auth.UserID(in.After)
		const batch = 500
		for {
			part, err := c.o.Accounts.ListUsers(c.ctx, c.actor, after, batch)
			if err != nil {
				return out, err
			}
			for _, u := range part {
				if after = u.ID; !u.Named(text) {
					continue
				}
				if len(out.Items) == in.Limit {
					out.Next = out.Items[in.Limit-1].ID
					return out, nil
				}
				out.Items = append(out.Items, userView(u, tree))
			}
			if len(part) < batch {
				return out, nil
			}
		}
	})
	operation(s, "get-user", http.MethodGet, "/api/users/{id}", "An account with its roles", 200, func(c *call, in *Record) (User, error) { return c.user(in.ID) })
	type create struct {
		Asked
		Body NewUser
	}
	operation(s, "add-user", http.MethodPost, "/api/users", "Make an account with a one-time password, and give it a role over its area", 201, func(c *call, in *create) (out User, err error) {
		if err := c.administers(); err != nil {
			return out, err
		}
		b := in.Body
		at, err := c.areaOf(b.Area)
		if err != nil {
			return out, err
		}
		var g auth.Grant
		if b.Role != "" {
			if g, err = c.grantOf(NewRole{b.Role, b.Area, b.Until}); err != nil {
				return out, err
			}
			if !g.Until.IsZero() && !c.now.Before(g.Until) {
				return out, &command.Invalid{Field: "until", Reason: "has passed"}
			}
		}
		n := account.NewUser{Login: b.Login, Title: b.Title, Area: at, Password: auth.MadePassword(b.Login), OneTime: true}
		u, err := c.o.Accounts.AddUser(c.ctx, c.actor, n)
		if err != nil {
			return out, err
		}
		if b.Role != "" {
			if _, err := c.o.Accounts.Grant(c.ctx, c.actor, u.ID, g); err != nil {
				return out, err
			}
		}
		out, err = c.user(int64(u.ID))
		out.Password = n.Password
		return out, err
	})
	type correct struct {
		Record
		Body UserCorrection
	}
	operation(s, "correct-user", http.MethodPatch, "/api/users/{id}", "Change an account's title or area, disable or enable it", 200, func(c *call, in *correct) (out User, err error) {
		if _, err := c.user(in.ID); err != nil {
			return out, err
		}
		change := account.UserChange{Title: in.Body.Title, Disabled: in.Body.Disabled}
		if in.Body.Area != nil {
			at, err := c.areaOf(*in.Body.Area)
			if err != nil {
				return out, err
			}
			change.Area = &at
		}
		if _, err := c.o.Accounts.ChangeUser(c.ctx, c.actor, auth.UserID(in.ID), in.Body.Version, change); err != nil {
			return out, err
		}
		return c.user(in.ID)
	})
	type role struct {
		Record
		Body NewRole
	}
	for _, step := range []struct {
		id, path, summary string
		do                func(*call, auth.UserID, auth.Grant) error
	}{
		{"give-role", "", "Give a role over an area, or a new end to one; that of an administrator waits for a second one", func(c *call, u auth.UserID, g auth.Grant) error {
			_, err := c.o.Accounts.Grant(c.ctx, c.actor, u, g)
			return err
		}},
		{"confirm-role", "/confirm", "Confirm the role of an administrator, as the second of two people", func(c *call, u auth.UserID, g auth.Grant) error {
			return c.o.Accounts.ConfirmGrant(c.ctx, c.actor, u, g.Role, g.Area)
		}},
		{"end-role", "/end", "Take a role away", func(c *call, u auth.UserID, g auth.Grant) error {
			return c.o.Accounts.Revoke(c.ctx, c.actor, u, g.Role, g.Area)
		}},
	} {
		operation(s, step.id, http.MethodPost, "/api/users/{id}/roles"+step.path, step.summary, 200, func(c *call, in *role) (out User, err error) {
			if _, err := c.user(in.ID); err != nil {
				return out, err
			}
			g, err := c.grantOf(in.Body)
			if err != nil {
				return out, err
			}
			if err := step.do(c, auth.UserID(in.ID), g); err != nil {
				return out, err
			}
			return c.user(in.ID)
		})
	}
	operation(s, "reset-password", http.MethodPost, "/api/users/{id}/password", "Give a one-time password, shown this once; sessions and tokens of the account end", 200, func(c *call, in *Record) (out User, err error) {
		of, err := c.user(in.ID)
		if err != nil {
			return out, err
		}
		made := auth.MadePassword(of.Login)
		if err := c.o.Accounts.SetPassword(c.ctx, c.actor, auth.UserID(in.ID), made); err != nil {
			return out, err
		}
		out, err = c.user(in.ID)
		out.Password = made
		return out, err
	})
	operation(s, "end-sessions", http.MethodPost, "/api/users/{id}/sessions/end", "Log the account out everywhere", 200, func(c *call, in *Record) (out User, err error) {
		if _, err := c.user(in.ID); err != nil {
			return out, err
		}
		if err := c.o.Accounts.EndSessions(c.ctx, c.actor, auth.UserID(in.ID)); err != nil {
			return out, err
		}
		return c.user(in.ID)
	})
}
