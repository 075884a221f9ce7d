package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/auth/signon"
	"firebreak/internal/store"
	"firebreak/internal/web/access"
)

// signOnFile is what serve --sign-on reads: the OpenID Connect providers of the health office.
type signOnFile struct {
	Providers []signOnProvider `json:"providers"`
}

type signOnProvider struct {
	Key    string `json:"key"`  // in the callback's address: PUBLIC-URL/signon/KEY/callback
	Name   string `json:"name"` // on the button
	Issuer string `json:"issuer"`
	// The secret is in the environment, never in the file: SecretEnv names the variable. Empty for a public client.
	ClientID   string       `json:"client_id"`
	SecretEnv  string       `json:"client_secret_env"`
	Scopes     []string     `json:"scopes"`
	LoginClaim string       `json:"login_claim"`
	GrantHours float64      `json:"grant_hours"`
	Rules      []signOnRule `json:"rules"`
}

// signOnRule gives a role over a jurisdiction to whoever has a value in a claim.
type signOnRule struct {
	Claim string    `json:"claim"`
	Value string    `json:"value"`
	Role  auth.Role `json:"role"`
	Area  string    `json:"area"` // code
}

// readSignOn reads the file and makes providers of it. Errors name the provider and what is wrong with it.
func readSignOn(ctx context.Context, p *process, db *store.DB, name, publicURL string) ([]access.Provider, error) {
	if name == "" {
		return nil, nil
	}
	if publicURL == "" {
		return nil, misused(errors.New("--sign-on needs --public-url: providers send people back to it"))
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, misused(fmt.Errorf("--sign-on: %w", err))
	}
	var file signOnFile
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&file); err != nil {
		return nil, misused(fmt.Errorf("--sign-on %s: %w", name, err))
	}
	if len(file.Providers) == 0 {
		return nil, misused(fmt.Errorf("--sign-on %s: no providers", name))
	}
	tree, err := db.Tree(ctx)
	if err != nil {
		return nil, err
	}
	var out []access.Provider
	for i, in := range file.Providers {
		wrong := func(format string, args ...any) error {
			return misused(fmt.Errorf("--sign-on %s: provider %d (%s): %w", name, i+1, in.Key, fmt.Errorf(format, args...)))
		}
		cfg := signon.Config{Issuer: in.Issuer, ClientID: in.ClientID, Scopes: in.Scopes, LoginClaim: in.LoginClaim, GrantFor: time.Duration(in.GrantHours * float64(time.Hour)),
			RedirectURL: strings.TrimSuffix(publicURL, "/") + "/signon/" + url.PathEscape(in.Key) + "/callback"}
		if in.SecretEnv != "" {
			if cfg.ClientSecret = p.Getenv(in.SecretEnv); cfg.ClientSecret == "" {
				return nil, wrong("client_secret_env: %s is not set", in.SecretEnv)
			}
		}
		for k, r := range in.Rules {
			j, ok := tree.ByCode(r.Area)
			if !ok {
				return nil, wrong("rule %d, area: %q is the code of no known jurisdiction", k+1, r.Area)
			}
			cfg.Rules = append(cfg.Rules, signon.Rule{Claim: r.Claim, Value: r.Value, Role: r.Role, Area: j.ID})
		}
		if err := cfg.Validate(); err != nil {
			return nil, wrong("%w", err)
		}
		out = append(out, access.Provider{Key: in.Key, Name: in.Name, Config: cfg})
	}
	return out, nil
}
