package site

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"

	"firebreak/internal/i18n"
	"firebreak/internal/place"
	"firebreak/internal/web/paper"
	"firebreak/internal/web/ui"
)

// Frame is what stands around the page; current is the key of its screen in the navigation.
func (q *Request) Frame(current string) ui.Frame {
	f := q.frame
	f.Zone, f.Now = q.Zone, q.Now
	if q.Outbreak.ID != 0 {
		f.Outbreak = &ui.Outbreak{Name: q.Outbreak.Title, Pack: q.Outbreak.Pack, Href: q.Path()}
	}
	if q.Pack != nil { // inside an outbreak
		f.Search, f.Live = q.Path("search"), q.Path("live")
	}
	f.Wide = current == "now"
	for _, s := range q.Site.Screens {
		if s.May(q.Actor, q.Now) && (s.Whole || q.Outbreak.ID != 0) && (!s.Played || q.Site.DB.Drill()) {
			f.Nav = append(f.Nav, ui.NavItem{Key: s.Key, Href: s.Href(q.Outbreak.Name), Current: s.Key == current, Apart: s.Whole})
		}
	}
	f.Crumbs = q.crumbs()
	if q.paper {
		f.Paper = q.asPaper()
	}
	if t, ok := readToast(q.URL.Query()); ok {
		f.Toasts = append(f.Toasts, t)
	}
	return f
}

// crumbs is the way from the top of what the person may see down to the area in view.
func (q *Request) crumbs() []ui.Crumb {
	if q.Area.ID == 0 {
		return nil
	}
	roots := q.Within().Scope.Roots
	var out []ui.Crumb
	seen := false
	for _, j := range q.Tree.Path(q.Area.ID) {
		seen = seen || slices.Contains(roots, j.ID)
		if !seen {
			continue
		}
		c := ui.Crumb{Name: q.name(j)}
		if j.ID != q.Area.ID {
			c.Href = q.with("area", j.Code)
		}
		out = append(out, c)
	}
	return out
}

// with is the address of this page with one value of its query changed, and without where in a list it stood.
func (q *Request) with(key, value string) string {
	v := q.URL.Query()
	for _, k := range []string{"after", "before", "part", toastKey} {
		v.Del(k)
	}
	v.Set(key, value)
	return q.URL.Path + "?" + v.Encode()
}

// AreaHref is this page for another area.
func (q *Request) AreaHref(id place.AreaID) string {
	j, _ := q.Tree.Get(id)
	return q.with("area", j.Code)
}

// Show answers with a page, or with the part of it that ?part= names where parts lists it.
func (q *Request) Show(p *ui.Page, current string, view any, parts ...string) error {
	return q.ShowStatus(http.StatusOK, p, current, view, parts...)
}

// ShowStatus is Show with a status, for a form that comes back with what is wrong in it.
func (q *Request) ShowStatus(status int, p *ui.Page, current string, view any, parts ...string) error {
	name := "layout"
	if part := q.URL.Query().Get("part"); part != "" && slices.Contains(parts, part) {
		name = part
	}
	var b bytes.Buffer
	if err := p.Fragment(&b, name, q.Frame(current), view); err != nil {
		return err
	}
	h := q.W.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "private, no-store")
	if q.paper && status == http.StatusOK && q.URL.Query().Get(asKey) == asPDF {
		sheets, err := q.printed(&b)
		if err != nil {
			return err
		}
		b = *sheets
		h.Set("Content-Type", "application/pdf")
		h.Set("Content-Disposition", `inline; filename="`+path.Base(q.URL.Path)+`.pdf"`)
	}
	q.W.WriteHeader(status)
	// A reader who went away is no failure of ours.
	_, _ = b.WriteTo(q.W)
	return nil
}

// The query that asks for a page as a PDF.
const (
	asKey = "as"
	asPDF = "pdf"
)

// asPaper is the address of this page as a PDF.
func (q *Request) asPaper() string {
	v := q.URL.Query()
	v.Set(asKey, asPDF)
	return q.URL.Path + "?" + v.Encode()
}

// printed turns a page into a PDF, with the outbreak and the hour at the foot of each sheet.
func (q *Request) printed(page io.Reader) (*bytes.Buffer, error) {
	l := q.Site.Kit.Bundle().Localizer(q.Lang(), q.Zone)
	foot := "firebreak · " + l.DateTime(q.Now)
	if q.Outbreak.Title != "" {
		foot = q.Outbreak.Title + " · " + foot
	}
	var b bytes.Buffer
	return &b, paper.Write(&b, page, foot, q.Now)
}

// toastKey carries the message of the step just done over a redirect; only keys of the catalogues are shown, so a crafted link can say nothing of its own.
const toastKey = "said"

// toasts are the messages said.<word> that a redirect may carry, with a count.
var toasts = [...]string{"done", "waived", "saved", "removed", "merged", "unmerged", "apart", "decided", "none", "planned", "planning", "opened", "closed", "cancelled", "reported", "settled", "signed", "revoked", "stood", "moved", "sites", "laboratories", "taken", "known_person", "known_case", "gathered", "incident",
	"standing_started", "standing_ended", "assistance_asked", "assistance_accepted", "assistance_sent_back", "assistance_withdrawn"}

func readToast(v url.Values) (ui.Toast, bool) {
	word := v.Get(toastKey)
	if !slices.Contains(toasts[:], word) {
		return ui.Toast{}, false
	}
	n, err := strconv.Atoi(v.Get("n"))
	if err != nil || n < 0 {
		n = 1
	}
	return ui.Toast{Text: i18n.M("said."+word, "n", n), Error: word == "none"}, true
}

// Done sends the person on after a step, with what was done: "done", "waived", "saved", "removed", "merged", "unmerged", "apart" or "none", and of how many records.
func (q *Request) Done(path, said string, n int) error {
	v := url.Values{toastKey: {said}, "n": {strconv.Itoa(n)}}
	sep := "?"
	if u, err := url.Parse(path); err == nil && u.RawQuery != "" {
		sep = "&"
	}
	http.Redirect(q.W, q.Request, path+sep+v.Encode(), http.StatusSeeOther)
	return nil
}

// Detached is a context that goes on when the reader leaves: what was begun for them is finished.
func (q *Request) Detached() context.Context { return context.WithoutCancel(q.Context()) }
