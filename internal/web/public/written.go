package public

import (
	"net/http"
	"net/netip"
	"strings"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/i18n"
	"firebreak/internal/web/ui"
)

// What strangers may write is bounded: a household's tests at once from one address, and one more every five minutes; and so many from everywhere, that a flood leaves the desks their place at the
// disk.
const (
	reportBurst = 10
	reportEvery = 5 * time.Minute
	reports     = 4 // at a time
)

// written is a form by which somebody writes something.
type written struct {
	lang  i18n.Lang
	from  netip.Addr
	typed func(field string) string
}

// take reads a form by which somebody writes something, unless too much comes, from their address or at a time: then they were answered, with tooMany in the first case. The caller calls done.
func (p *Site) take(w http.ResponseWriter, r *http.Request, tooMany i18n.Msg) (in written, done func(), ok bool) {
	in.lang = p.lang(r, i18n.Lang(r.PathValue("lang")))
	r.Body = http.MaxBytesReader(w, r.Body, 8<<10)
	if err := r.ParseForm(); err != nil {
		p.fail(w, r, in.lang, http.StatusBadRequest, i18n.M("public.failed.form"))
		return in, nil, false
	}
	in.from = auth.ClientIP(r, p.o.Proxies)
	if p.reported.Barred(in.from, p.o.DB.Now()) {
		w.Header().Set("Retry-After", "300")
		p.fail(w, r, in.lang, http.StatusTooManyRequests, tooMany)
		return in, nil, false
	}
	select {
	case p.reports <- struct{}{}:
	default:
		p.busy(w, r, in.lang)
		return in, nil, false
	}
	in.typed = func(field string) string { return strings.TrimSpace(r.PostForm.Get(field)) }
	return in, func() { <-p.reports }, true
}

// answer is a page for one person, which nobody keeps.
func (p *Site) answer(w http.ResponseWriter, r *http.Request, status int, page *ui.Page, f ui.Frame, view any) {
	out, err := render(page, f, view)
	if err != nil {
		p.broken(w, r, f.Lang, err)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	write(w, r, status, out)
}
