package access

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/i18n"
	"firebreak/internal/web/login"
)

// maxForm bounds what a form of this package may send, bytes.
const maxForm = 16 << 10

func (a *Access) showLogin(w http.ResponseWriter, r *http.Request) {
	next := LocalPath(r.URL.Query().Get("next"))
	if _, ok := auth.ActorFrom(r.Context()); ok {
		http.Redirect(w, r, next, http.StatusSeeOther)
		return
	}
	v := a.loginView(next, "", false)
	if r.URL.Query().Has("out") {
		v.Notice = i18n.M("login.out")
	}
	if r.URL.Query().Has("changed") {
		v.Notice = i18n.M("login.changed")
	}
	a.render(w, r, a.page, http.StatusOK, v)
}

func (a *Access) loginView(next, name string, failed bool) login.View {
	v := login.View{Form: login.Form("/login", next, name, failed), Demo: a.o.Demo}
	for _, p := range a.o.SignOn {
		v.Providers = append(v.Providers, login.Provider{Name: p.Name, Href: p.href(next)})
	}
	return v
}

// logIn checks name and password. The address that limits are counted for is the one behind the trusted proxies.
func (a *Access) logIn(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		a.Fail(w, r, http.StatusBadRequest, nil)
		return
	}
	next, name := LocalPath(r.PostForm.Get("next")), r.PostForm.Get("name")
	token, u, err := a.o.Accounts.LogIn(r.Context(), name, r.PostForm.Get("password"), auth.ClientIP(r, a.o.Proxies), a.cookies.Read(r))
	var tooMany *auth.TooManyAttempts
	switch {
	case err == nil:
		a.cookies.Set(w, token)
		a.setLook(w, u.Lang, u.Theme)
		http.Redirect(w, r, next, http.StatusSeeOther)
	case errors.As(err, &tooMany):
		// Rounded up: who waits as long as they are told must not be refused again.
		wait := (tooMany.Wait + time.Second - 1).Truncate(time.Second)
		w.Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)))
		v := a.loginView(next, name, false)
		v.Form.Error = i18n.M("login.wait", "wait", max(wait, time.Minute).Round(time.Minute))
		a.render(w, r, a.page, http.StatusTooManyRequests, v)
	case errors.Is(err, auth.ErrBadLogin), errors.Is(err, auth.ErrNoAccount):
		a.o.Log.InfoContext(r.Context(), "log-in refused", "request", auth.RequestIDFrom(r.Context()), "ip", auth.ClientIP(r, a.o.Proxies))
		a.render(w, r, a.page, http.StatusUnauthorized, a.loginView(next, name, true))
	case errors.Is(err, auth.ErrBusy):
		w.Header().Set("Retry-After", "5")
		a.Fail(w, r, http.StatusServiceUnavailable, err)
	default:
		a.Fail(w, r, http.StatusInternalServerError, err)
	}
}

func (a *Access) logOut(w http.ResponseWriter, r *http.Request) {
	if err := a.o.Accounts.LogOut(r.Context(), a.cookies.Read(r)); err != nil {
		a.Fail(w, r, http.StatusInternalServerError, err)
		return
	}
	a.cookies.Clear(w)
	// What this browser keeps of the pages that were seen goes with the session.
	w.Header().Set("Clear-Site-Data", `"cache"`)
	http.Redirect(w, r, "/login?out", http.StatusSeeOther)
}
