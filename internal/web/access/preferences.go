package access

import (
	"net/http"
	"net/url"

	"firebreak/internal/auth"
	"firebreak/internal/i18n"
)

// lookCookie keeps language and theme in the browser, for the pages before log-in. It holds nothing else and is no secret.
const lookCookie = "firebreak-look"

func readLook(r *http.Request) (lang, theme string) {
	c, err := r.Cookie(lookCookie)
	if err != nil {
		return "", "" // http.ErrNoCookie is the only error there is
	}
	v, err := url.ParseQuery(c.Value)
	if err != nil {
		return "", ""
	}
	lang, theme = v.Get("lang"), v.Get("theme")
	if theme != "light" && theme != "dark" {
		theme = ""
	}
	return lang, theme
}

func (a *Access) setLook(w http.ResponseWriter, lang, theme string) {
	v := url.Values{}
	if lang != "" {
		v.Set("lang", lang)
	}
	if theme != "" {
		v.Set("theme", theme)
	}
	http.SetCookie(w, &http.Cookie{
		Name: lookCookie, Value: v.Encode(), Path: "/", MaxAge: 400 * 24 * 3600, Secure: a.o.TLS, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// preferences keeps language or theme, whichever was posted, and goes back to where the person was: with the account after log-in, and
// always in this browser.
func (a *Access) preferences(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		a.Fail(w, r, http.StatusBadRequest, nil)
		return
	}
	lang, theme := readLook(r)
	u, known := VisitorFrom(r.Context())
	if known {
		lang, theme = u.Lang, u.Theme
	}
	if want := r.PostForm.Get("lang"); want != "" {
		// A language that is not there is refused rather than kept and never shown.
		if a.o.Kit.Bundle().Negotiate(i18n.Lang(want), "") != i18n.Lang(want) {
			a.Fail(w, r, http.StatusBadRequest, nil)
			return
		}
		lang = want
	}
	switch want := r.PostForm.Get("theme"); want {
	case "":
	case "light", "dark":
		theme = want
	default:
		a.Fail(w, r, http.StatusBadRequest, nil)
		return
	}
	if known {
		actor, _ := auth.ActorFrom(r.Context())
		if err := a.o.Accounts.SetPreferences(r.Context(), actor, lang, theme); err != nil {
			a.Fail(w, r, http.StatusInternalServerError, err)
			return
		}
	}
	a.setLook(w, lang, theme)
	back := r.PostForm.Get("back")
	// The log-in page may be come back to from here: the person asked from it.
	if at, err := url.Parse(back); err != nil || at.Path != "/login" || at.Host != "" || at.Scheme != "" {
		back = LocalPath(back)
	} else if next := at.Query().Get("next"); next != "" {
		back = "/login?next=" + url.QueryEscape(LocalPath(next))
	} else {
		back = "/login"
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
}
