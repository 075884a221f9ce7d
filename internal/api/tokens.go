package api

import (
	"net/http"
	"strconv"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/command"
)

// Token is an API token of the caller.
type Token struct {
	ID        int64      `json:"id"`
	Label     string     `json:"label"`
	Scopes    []string   `json:"scopes"`
	CreatedAt *time.Time `json:"created_at,omitempty"`
	ExpiresAt *time.Time `json:"expires_at,omitempty"`
	EndedAt   *time.Time `json:"ended_at,omitempty"`
	Secret    string     `json:"secret,omitempty" doc:"Shown once, when the token is made."`
}

func tokenView(t auth.APIToken) Token {
	out := Token{ID: int64(t.ID), Label: t.Label, CreatedAt: clock(t.CreatedAt), ExpiresAt: clock(t.ExpiresAt), EndedAt: clock(t.RevokedAt)}
	for _, s := range t.Scopes {
		out.Scopes = append(out.Scopes, string(s))
	}
	return out
}

// Tokens is a list.
type Tokens struct {
	Items []Token `json:"items"`
}

// NewToken makes a token.
type NewToken struct {
	Label     string    `json:"label" minLength:"1" maxLength:"200" pattern:"\\S" doc:"What it is for."`
	Scopes    []string  `json:"scopes" minItems:"1" doc:"Actions it may be used for, such as case.read."`
	ExpiresAt time.Time `json:"expires_at" doc:"Within 400 days."`
}

// tokenLife is how far ahead a token may end; auth.APITokens has the last word.
const tokenLife = 400 * 24 * time.Hour

func (s *server) tokens() {
	type none struct{ Asked }
	operation(s, "list-tokens", http.MethodGet, "/api/tokens", "The caller's own API tokens, ended ones included", 200, func(c *call, _ *none) (out Tokens, err error) {
		list, err := c.o.Accounts.OwnTokens(c.ctx, c.actor)
		out.Items = make([]Token, len(list))
		for i, t := range list {
			out.Items[i] = tokenView(t)
		}
		return out, err
	})
	type issue struct {
		Asked
		Body NewToken
	}
	operation(s, "issue-token", http.MethodPost, "/api/tokens", "Make an API token; a token cannot make a token", 201, func(c *call, in *issue) (out Token, err error) {
		if c.actor.Token != nil {
			return out, &command.Forbidden{Action: "issue token", Decision: auth.Decision{Denial: auth.DeniedScope, Reason: "a token cannot make a token; log in"}}
		}
		var scopes []auth.Action
		for i, s := range in.Body.Scopes {
			a := auth.Action(s)
			if !auth.MayAnywhere(c.actor, a, "", c.now) {
				return out, &command.Invalid{Field: "scopes[" + strconv.Itoa(i) + "]", Value: s, Reason: "is not an action you may do"}
			}
			scopes = append(scopes, a)
		}
		if e := in.Body.ExpiresAt; !c.now.Before(e) || e.Sub(c.now) > tokenLife {
			return out, &command.Invalid{Field: "expires_at", Value: e.Format(time.RFC3339), Reason: "want an instant within 400 days"}
		}
		secret, t, err := c.o.Accounts.IssueToken(c.ctx, c.actor, in.Body.Label, scopes, in.Body.ExpiresAt)
		if err != nil {
			return out, err
		}
		out = tokenView(t)
		out.Secret = secret.Reveal()
		return out, nil
	})
	operation(s, "end-token", http.MethodDelete, "/api/tokens/{id}", "End one of the caller's own API tokens", 200, func(c *call, in *Record) (out Token, err error) {
		list, err := c.o.Accounts.OwnTokens(c.ctx, c.actor)
		if err != nil {
			return out, err
		}
		for _, t := range list {
			if int64(t.ID) != in.ID {
				continue
			}
			if err := c.o.Accounts.EndToken(c.ctx, c.actor, t.ID); err != nil {
				return out, err
			}
			t.RevokedAt = c.now
			return tokenView(t), nil
		}
		return out, notFound("token", in.ID)
	})
}
