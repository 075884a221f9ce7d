package audit

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/day"
	"firebreak/internal/i18n"
	"firebreak/internal/journal"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/web/happened"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// Handler answers for the audit trail.
type Handler struct {
	s    *site.Site
	page *ui.Page

	mu     sync.Mutex
	checks map[auth.UserID]*check // of each auditor, the last one
}

// check is a check of the chain. It goes on while its page is open, a step with each request: nothing runs for nobody.
type check struct {
	mu       sync.Mutex
	verifier journal.Verifier
	total    int64
	result   *Result // nil while it runs
}

// NewHandler parses the page.
func NewHandler(s *site.Site) (*Handler, error) {
	page, err := New(s.Kit)
	return &Handler{s: s, page: page, checks: map[auth.UserID]*check{}}, err
}

const (
	root     = "/admin/audit"
	pageRows = 50
	batch    = 500
	// window is how many entries one query looks back over, and furthest how many one page does: some 0.1 s and 1 s.
	window   = 50_000
	furthest = 500_000
	// step is how many entries one request checks: about 0.3 s.
	step = 40_000
)

// List is GET /admin/audit.
func (h *Handler) List(q *site.Request) error {
	if q.URL.Query().Get("part") == "check" {
		if err := h.goOn(q); err != nil {
			return err
		}
		return q.Show(h.page, "audit", h.check(q), "check")
	}
	values := q.URL.Query()
	v := View{Listing: ui.Listing{Path: root, Values: values, Filters: Filters(values)}, Check: h.check(q)}
	before := h.s.DB.Head() + 1
	if s := values.Get("after"); s != "" {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n < 1 {
			return fmt.Errorf("audit before %q: %w", s, store.ErrCursor)
		}
		before = n
	}
	err := q.View(func(r *store.Reader) error {
		f, ok, err := h.filter(q, r)
		if err != nil || !ok {
			return err
		}
		sees := h.sees(q, r)
		for end := max(before-furthest, 1); before > end && len(v.Entries) < pageRows; {
			list, back, err := r.EntriesBefore(before, window, f, batch)
			if err != nil {
				return err
			}
			for _, e := range list {
				if len(v.Entries) == pageRows {
					back = e.Seq + 1 // this one begins the next page
					break
				}
				area, may, err := sees(e)
				if err != nil {
					return err
				}
				if may {
					v.Entries = append(v.Entries, h.entry(q, e, area))
				}
			}
			before = back
		}
		if before > 1 {
			v.Next = strconv.FormatInt(before, 10)
			if len(v.Entries) < pageRows {
				v.SearchedBack = before
				next := v.Listing.Table("audit", i18n.Msg{})
				v.More, v.Next = next.NextHref(), ""
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return q.Show(h.page, "audit", v)
}

// filter reads the filters; ok is false where what is asked for does not exist, so that nothing can be about it.
func (h *Handler) filter(q *site.Request, r *store.Reader) (f store.EntryFilter, ok bool, err error) {
	v := q.URL.Query()
	f.Kind, f.Actor = journal.Kind(v.Get("kind")), strings.TrimSpace(v.Get("who"))
	if f.Kind != "" && !slices.Contains(journal.Kinds(), f.Kind) {
		return f, false, &command.Invalid{Field: "kind", Value: string(f.Kind), Reason: "is no kind of fact"}
	}
	for _, x := range []struct {
		name string
		into *time.Time
		add  int
	}{{"from", &f.From, 0}, {"until", &f.Until, 1}} {
		if s := v.Get(x.name); s != "" {
			d, err := day.Parse(s)
			if err != nil {
				return f, false, &command.Invalid{Field: x.name, Value: s, Reason: "is not a day"}
			}
			*x.into = d.Add(x.add).Start(q.Zone)
		}
	}
	code := strings.TrimSpace(v.Get("about"))
	if code == "" {
		return f, true, nil
	}
	c, err := r.CaseByCode(q.Outbreak.ID, code)
	if err == nil {
		f.Subject = task.Subject{Kind: task.OnCase, ID: int64(c.ID)}
		return f, true, nil
	}
	if !errors.Is(err, store.ErrNotFound) {
		return f, false, err
	}
	contacts, err := r.ContactsByCodes(q.Outbreak.ID, []string{code})
	if err != nil {
		return f, false, err
	}
	if k, found := contacts[code]; found {
		f.Subject = task.Subject{Kind: task.OnContact, ID: int64(k.ID)}
		return f, true, nil
	}
	u, err := r.UserByLogin(code)
	if err == nil {
		f.Subject = task.Subject{Kind: store.OnUser, ID: int64(u.ID)}
		return f, true, nil
	}
	if errors.Is(err, store.ErrNotFound) {
		return f, false, nil
	}
	return f, false, err
}

// sees says of an entry where it belongs and whether the auditor may see it. A log-in or a token belongs where its account does; what belongs to no area at
// all, such as a backup, is for who audits every root of the tree.
func (h *Handler) sees(q *site.Request, r *store.Reader) func(journal.Entry) (place.AreaID, bool, error) {
	scope := auth.ScopeOf(q.Actor, auth.AuditRead, "", q.Now)
	all := true
	for _, top := range q.Tree.Roots() {
		all = all && slices.Contains(scope.Roots, top)
	}
	users, tokens, outbreaks := map[int64]place.AreaID{}, map[int64]place.AreaID{}, map[int64]place.AreaID{}
	home := func(u auth.UserID) (place.AreaID, error) {
		a, known := users[int64(u)]
		if !known {
			x, err := r.User(u)
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				return 0, err
			}
			a = x.Area
			users[int64(u)] = a
		}
		return a, nil
	}
	return func(e journal.Entry) (area place.AreaID, may bool, err error) {
		area = e.Area
		switch {
		case area != 0:
		case e.Subject.Kind == store.OnUser:
			area, err = home(auth.UserID(e.Subject.ID))
		case e.Subject.Kind == store.OnToken:
			a, known := tokens[e.Subject.ID]
			if !known {
				t, terr := r.Token(auth.TokenID(e.Subject.ID))
				if terr != nil && !errors.Is(terr, store.ErrNotFound) {
					return 0, false, terr
				}
				if a, err = home(t.UserID); err == nil {
					tokens[e.Subject.ID] = a
				}
			}
			area = a
		case e.Outbreak != 0:
			a, known := outbreaks[int64(e.Outbreak)]
			if !known {
				o, oerr := r.Outbreak(e.Outbreak)
				if oerr != nil {
					return 0, false, oerr
				}
				a = o.Area
				outbreaks[int64(e.Outbreak)] = a
			}
			area = a
		}
		if err != nil {
			return 0, false, err
		}
		return area, all || area != 0 && scope.Contains(store.AreaPath(q.Tree, area)), nil
	}
}

func (h *Handler) entry(q *site.Request, e journal.Entry, area place.AreaID) Entry {
	out := Entry{Seq: e.Seq, At: e.RecordedAt, Kind: string(e.Kind), Who: happened.Who(q, e.Actor), Area: q.AreaName(area), About: i18n.M("event.detail", "text", ""), Detail: Detail(q, e)}
	switch e.Subject.Kind {
	case "":
	case store.OnUser, store.OnToken:
		out.About = i18n.M("audit.about_"+string(e.Subject.Kind), "n", strconv.FormatInt(e.Subject.ID, 10))
	default:
		// The auditor sees who looked, and no person: the number of the record tells two of them apart.
		out.About = i18n.M("audit.about", "what", i18n.M("happened.some."+string(e.Subject.Kind)), "n", strconv.FormatInt(e.Subject.ID, 10))
	}
	return out
}

// Start is POST /admin/audit/check: the chain is walked from its start.
func (h *Handler) Start(q *site.Request) error {
	h.mu.Lock()
	h.checks[q.Actor.UserID] = &check{total: h.s.DB.Head()}
	h.mu.Unlock()
	if err := h.goOn(q); err != nil {
		return err
	}
	http.Redirect(q.W, q.Request, root, http.StatusSeeOther)
	return nil
}

func (h *Handler) of(u auth.UserID) *check {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.checks[u]
}

// goOn walks one step of the person's check, if one runs.
func (h *Handler) goOn(q *site.Request) error {
	c := h.of(q.Actor.UserID)
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.result != nil {
		return nil
	}
	v := c.verifier
	total, ended, broken, err := h.s.DB.VerifyJournalFrom(q.Context(), &v, step)
	if err != nil {
		return err
	}
	c.verifier, c.total = v, max(total, c.total)
	if ended {
		last, hash := v.Head()
		c.result = &Result{At: q.Now, Entries: last, Head: fmt.Sprintf("%x", hash), Intact: broken == nil}
		if broken != nil {
			c.result.Broken = broken.Error()
		}
	}
	return nil
}

func (h *Handler) check(q *site.Request) Check {
	out := Check{Action: root + "/check"}
	c := h.of(q.Actor.UserID)
	if c == nil {
		return out
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if out.Result = c.result; c.result == nil {
		done, _ := c.verifier.Head()
		out.Progress = ui.Progress{ID: "walk", Label: i18n.M("audit.checking"), Done: done, Total: c.total, State: "running", Poll: root + "?part=check"}
	}
	return out
}
