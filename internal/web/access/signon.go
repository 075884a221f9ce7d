package access

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"firebreak/internal/account"
	"firebreak/internal/auth"
	"firebreak/internal/auth/signon"
	"firebreak/internal/i18n"
	"firebreak/internal/store"
)

// Provider is a sign-on provider of the health office. Config.RedirectURL is this server's address and /signon/<Key>/callback.
type Provider struct {
	Key    string // in addresses: lower-case letters, digits and '-'
	Name   string // on the button
	Config signon.Config
}

func (p Provider) href(next string) string {
	return "/signon/" + p.Key + "?next=" + url.QueryEscape(next)
}

// provider is asked for its discovery document when the first person signs on: a provider that is down must not keep the server from
// starting.
type provider struct {
	Provider
	mu    sync.Mutex
	found *signon.Provider
}

func newProviders(list []Provider) (map[string]*provider, error) {
	out := make(map[string]*provider, len(list))
	for _, p := range list {
		bad := func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-') }
		if p.Key == "" || strings.ContainsFunc(p.Key, bad) || p.Name == "" || out[p.Key] != nil {
			return nil, fmt.Errorf("sign-on provider %q: want a name, and a key of its own in lower-case letters, digits and '-'", p.Key)
		}
		out[p.Key] = &provider{Provider: p}
	}
	return out, nil
}

func (p *provider) get(ctx context.Context) (*signon.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found != nil {
		return p.found, nil
	}
	// The keys are read again later with the same client, so this must not end with the request.
	found, err := signon.New(context.WithoutCancel(ctx), p.Config)
	if err != nil {
		return nil, err
	}
	p.found = found
	return found, nil
}

func (a *Access) beginSignOn(w http.ResponseWriter, r *http.Request) {
	p, ok := a.providers[r.PathValue("provider")]
	if !ok {
		a.Fail(w, r, http.StatusNotFound, nil)
		return
	}
	found, err := p.get(r.Context())
	if err == nil {
		err = found.Begin(w, r, LocalPath(r.URL.Query().Get("next")), a.o.TLS, a.o.DB.Real())
	}
	if err != nil {
		a.signOnFailed(w, r, p, http.StatusServiceUnavailable, i18n.M("login.signon", "name", p.Name), err)
	}
}

func (a *Access) finishSignOn(w http.ResponseWriter, r *http.Request) {
	p, ok := a.providers[r.PathValue("provider")]
	if !ok {
		a.Fail(w, r, http.StatusNotFound, nil)
		return
	}
	again := i18n.M("login.signon", "name", p.Name)
	found, err := p.get(r.Context())
	if err != nil {
		a.signOnFailed(w, r, p, http.StatusServiceUnavailable, again, err)
		return
	}
	id, err := found.Finish(w, r, a.o.TLS, a.o.DB.Real())
	if err != nil {
		a.signOnFailed(w, r, p, http.StatusUnauthorized, again, err)
		return
	}
	token, u, err := a.o.Accounts.SignOn(r.Context(), account.SignedOn{Issuer: id.Issuer, Subject: id.Subject, Login: id.Login, Grants: id.Grants}, a.cookies.Read(r))
	switch {
	case err == nil:
		a.cookies.Set(w, token)
		a.setLook(w, u.Lang, u.Theme)
		http.Redirect(w, r, LocalPath(id.Next), http.StatusSeeOther)
	case errors.Is(err, account.ErrNoRole):
		a.signOnFailed(w, r, p, http.StatusForbidden, i18n.M("login.norole"), err)
	case errors.Is(err, auth.ErrNoAccount):
		a.signOnFailed(w, r, p, http.StatusForbidden, i18n.M("login.disabled"), err)
	case errors.Is(err, store.ErrTaken):
		a.signOnFailed(w, r, p, http.StatusConflict, i18n.M("login.taken"), err)
	default:
		a.Fail(w, r, http.StatusInternalServerError, err)
	}
}

// signOnFailed shows the log-in page with what to do next; the cause is for the log.
func (a *Access) signOnFailed(w http.ResponseWriter, r *http.Request, p *provider, status int, say i18n.Msg, cause error) {
	a.o.Log.WarnContext(r.Context(), "sign-on failed", "request", auth.RequestIDFrom(r.Context()), "provider", p.Key, "status", status, "error", cause)
	v := a.loginView("/", "", false)
	v.Notice = say
	a.render(w, r, a.page, status, v)
}
