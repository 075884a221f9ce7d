// Package site is what the handlers of all screens share: the request of an identified person inside an outbreak, with their scope, language and
// purpose; the frame around each page; and one table from kinds of error to HTTP statuses.
//
// A screen's package has a handler.go with a Handler made by NewHandler(s *Site): it parses the pages once, and its methods have the form of
// Handle. Package web lists them in its route table. Screens import site; site imports no screen but the error page's.
package site

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/board"
	"firebreak/internal/command"
	"firebreak/internal/i18n"
	"firebreak/internal/importer"
	"firebreak/internal/outbreak"
	"firebreak/internal/outlook"
	"firebreak/internal/place"
	"firebreak/internal/protocol"
	"firebreak/internal/roundplan"
	"firebreak/internal/store"
	"firebreak/internal/transferplan"
	"firebreak/internal/turnout"
	"firebreak/internal/web/access"
	"firebreak/internal/web/live"
	"firebreak/internal/web/ui"
)

// Site is what a screen's handlers stand on. It is safe for concurrent use. All fields are required but Turnout, Plans, Transfers, PublicURL, Observe and Screens.
type Site struct {
	DB       *store.DB
	Commands *command.Commands
	Kit      *ui.Kit
	Access   *access.Access
	Boards   *board.Boards // case counts for the figures of the Now screen
	Live     *live.Hub
	Imports  *importer.Service
	Log      *slog.Logger
	// Turnout counts who is sampled and missing; without it rounds are shown without counts.
	Turnout *turnout.Turnout
	// Plans plans rounds; without it none is planned, and the plan that a round is held against is a straight line.
	Plans *roundplan.Planner
	// Transfers plans transfers; without it none is planned.
	Transfers *transferplan.Planner
	// Outlook makes forecasts; nil where none are made.
	Outlook *outlook.Outlook
	// PublicURL is the address that phones reach the server at, without a path: https://firebreak.example.org. Where it is empty, the address that the reader's browser uses.
	PublicURL string
	// Observe is told of each request that was answered: its route, status and how long it took. nil tells nobody.
	Observe func(route string, status int, took time.Duration)
	// Screens are the entries of the navigation, in order; package web sets them.
	Screens []Screen
}

// Screen is one entry of the navigation.
type Screen struct {
	Key    string // nav.<Key>
	Path   string // below the outbreak's: "/now"
	Action auth.Action
	Or     auth.Action // another action that opens it; may be empty
	Whole  bool        // of the whole installation rather than an outbreak: Path is the address itself
	Played bool        // only where a drill is played
}

// May says whether the person may use the screen somewhere.
func (s Screen) May(a auth.Actor, now time.Time) bool {
	return auth.MayAnywhere(a, s.Action, "", now) || s.Or != "" && auth.MayAnywhere(a, s.Or, "", now)
}

// Href is the screen's address, seen from an outbreak.
func (s Screen) Href(outbreak string) string {
	if s.Whole {
		return s.Path
	}
	return OutbreakPath(outbreak) + s.Path
}

// maxForm bounds what a form may send, bytes. A screen that takes files reads the body itself.
const maxForm = 1 << 20

// AnyScreen is the action of a route for whoever may use any screen of the navigation; the request carries the first such action.
const AnyScreen auth.Action = ""

// Handle answers one request inside an outbreak. An error it returns becomes the error page of its kind; it returns errors before it
// writes anything.
type Handle func(*Request) error

// Route is one line of the route table.
type Route struct {
	Pattern string      // "GET /o/{outbreak}/tasks"
	Action  auth.Action // what the caller must be allowed somewhere; the queries narrow it to where
	Handle  Handle
	Paper   bool // the page is made to be printed: ?as=pdf gives it as a PDF
}

// Mount registers a route: the caller is known, may do the action in some area, and the outbreak exists.
func (s *Site) Mount(mux *http.ServeMux, r Route) {
	mux.Handle(r.Pattern, s.Access.Required(http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		q, err := s.request(w, hr, r.Action)
		if err == nil {
			q.paper = r.Paper
			err = r.Handle(q)
		}
		if err != nil {
			s.Fail(w, hr, err)
		}
	})))
}

// MountWhole registers a route outside the outbreaks: the caller is known, and may do the action in some area, or whoever they are where it is AnyScreen.
// The request carries the newest outbreak, for its navigation and its time zone, if there is one; its ID is 0 otherwise.
func (s *Site) MountWhole(mux *http.ServeMux, r Route) {
	mux.Handle(r.Pattern, s.Access.Required(http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		q, err := s.whole(w, hr, r.Action)
		if err == nil {
			err = r.Handle(q)
		}
		if err != nil {
			s.Fail(w, hr, err)
		}
	})))
}

func (s *Site) whole(w http.ResponseWriter, hr *http.Request, action auth.Action) (*Request, error) {
	actor, _ := auth.ActorFrom(hr.Context())
	q := &Request{Request: hr, W: w, Site: s, Actor: actor, Action: action, Now: s.DB.Now(), Zone: time.UTC}
	if action != AnyScreen && !auth.MayAnywhere(actor, action, "", q.Now) {
		return nil, &command.Forbidden{Action: action, Decision: auth.May(actor, action, nil, "", q.Now)}
	}
	err := s.DB.View(hr.Context(), func(r *store.Reader) (err error) {
		list, err := r.Outbreaks()
		if err != nil {
			return err
		}
		if len(list) > 0 {
			q.Outbreak = list[0]
		}
		q.Tree, err = r.Tree()
		return err
	})
	if err == nil && q.Outbreak.ID != 0 {
		q.Zone, err = q.Outbreak.Location()
	}
	q.frame = s.Access.Frame(hr)
	return q, err
}

// Request is one request of an identified person inside an outbreak.
type Request struct {
	*http.Request
	W        http.ResponseWriter
	Site     *Site
	Actor    auth.Actor
	Action   auth.Action // of the route
	Outbreak outbreak.Outbreak
	Zone     *time.Location // of the outbreak
	Pack     *protocol.Pack // in force
	Tree     *place.Tree
	Now      time.Time
	// Area is the jurisdiction that ?area= names; its ID is 0 where none is asked for.
	Area place.Jurisdiction

	paper bool // of the route
	frame ui.Frame
}

func (s *Site) request(w http.ResponseWriter, hr *http.Request, action auth.Action) (*Request, error) {
	actor, _ := auth.ActorFrom(hr.Context())
	q := &Request{Request: hr, W: w, Site: s, Actor: actor, Action: action, Now: s.DB.Now()}
	// Whoever may not use the screen is told so before being told whether the outbreak exists.
	if action == AnyScreen {
		for _, screen := range s.Screens {
			if auth.MayAnywhere(actor, screen.Action, "", q.Now) {
				q.Action = screen.Action
				break
			}
		}
	}
	if !auth.MayAnywhere(actor, q.Action, "", q.Now) {
		return nil, &command.Forbidden{Action: action, Decision: auth.May(actor, action, nil, q.Purpose(action), q.Now)}
	}
	err := s.DB.View(hr.Context(), func(r *store.Reader) (err error) {
		if q.Outbreak, err = r.OutbreakByName(hr.PathValue("outbreak")); err != nil {
			return err
		}
		q.Tree, err = r.Tree()
		return err
	})
	if err != nil {
		return nil, err
	}
	if q.Zone, err = q.Outbreak.Location(); err != nil {
		return nil, err
	}
	if q.Pack, err = protocol.Load(q.Outbreak.Pack); err != nil {
		return nil, err
	}
	if code := hr.URL.Query().Get("area"); code != "" {
		j, ok := q.Tree.ByCode(code)
		if !ok {
			return nil, &command.Invalid{Field: "area", Value: code, Reason: "is not the code of a known jurisdiction"}
		}
		q.Area = j
	}
	q.frame = s.Access.Frame(hr)
	return q, nil
}

// purposeCookie keeps what the person last answered to "why do you need it?".
const purposeCookie = "firebreak-purpose"

// Purpose is why the person asks: what they last chose if their role allows it for the action, else the first that it allows. It is empty where
// the action touches no record of a person.
func (q *Request) Purpose(action auth.Action) auth.Purpose {
	if !action.Personal() {
		return ""
	}
	may := auth.PurposesFor(q.Actor, action, q.Now)
	if c, err := q.Cookie(purposeCookie); err == nil {
		for _, p := range may {
			if string(p) == c.Value {
				return p
			}
		}
	}
	if len(may) == 0 {
		return ""
	}
	return may[0]
}

// ChosenPurpose is what the person last chose; empty before they did.
func (q *Request) ChosenPurpose() string {
	c, err := q.Cookie(purposeCookie)
	if err != nil {
		return "" // http.ErrNoCookie is the only error there is
	}
	return c.Value
}

// ChoosePurpose keeps the purpose that the person works for in their browser. It gives nobody a right: each action asks again whether the role has it.
func (q *Request) ChoosePurpose(p auth.Purpose) {
	http.SetCookie(q.W, &http.Cookie{Name: purposeCookie, Value: string(p), Path: "/", MaxAge: int(q.Site.Access.Accounts().SessionLife() / time.Second),
		Secure: q.Site.Access.TLS(), HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

// PurposesOf lists the purposes for which a person may read or change anything about people.
func PurposesOf(a auth.Actor, now time.Time) []auth.Purpose {
	var out []auth.Purpose
	for _, p := range auth.Purposes() {
		for _, action := range auth.Actions() {
			if action.Personal() && auth.MayAnywhere(a, action, p, now) {
				out = append(out, p)
				break
			}
		}
	}
	return out
}

// Within bounds a query to where the person may do the route's action, narrowed to the area asked for.
func (q *Request) Within() store.Within { return q.WithinFor(q.Action) }

// WithinFor is Within for another action: what a page shows beside its own matter.
func (q *Request) WithinFor(action auth.Action) store.Within {
	return store.Within{Scope: auth.ScopeOf(q.Actor, action, q.Purpose(action), q.Now), Area: q.Area.ID}
}

// Sees tells whether the person may do action in an area. What has no known area belongs to the outbreak's.
func (q *Request) Sees(action auth.Action, area place.AreaID) bool {
	if area == 0 {
		area = q.Outbreak.Area
	}
	return auth.ScopeOf(q.Actor, action, q.Purpose(action), q.Now).Contains(q.path(area))
}

func (q *Request) path(area place.AreaID) []place.AreaID {
	var path []place.AreaID
	for _, j := range q.Tree.Path(area) {
		path = append(path, j.ID)
	}
	return path
}

// By is the caller of an order. Orders of a screen are given for the purpose of the route's action.
func (q *Request) By() command.By {
	return command.By{Actor: q.Actor, Purpose: q.Purpose(q.Action)}
}

// View reads in one snapshot.
func (q *Request) View(fn func(*store.Reader) error) error { return q.Site.DB.View(q.Context(), fn) }

// Form parses what was posted, up to 1 MiB.
func (q *Request) Form() (url.Values, error) {
	q.Body = http.MaxBytesReader(q.W, q.Body, maxForm)
	if err := q.ParseForm(); err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return nil, err
		}
		return nil, &command.Invalid{Field: "form", Reason: "cannot be read"}
	}
	return q.PostForm, nil
}

// Number is a number of the address, such as that of a record. What is none wraps store.ErrNotFound: there is nothing of such a number.
func (q *Request) Number(name string) (int64, error) {
	n, err := strconv.ParseInt(q.PathValue(name), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s %q: %w", name, q.PathValue(name), store.ErrNotFound)
	}
	return n, nil
}

// Path is an address inside the outbreak: q.Path("tasks", "12") is "/o/laixi-2022/tasks/12".
func (q *Request) Path(parts ...string) string { return OutbreakPath(q.Outbreak.Name, parts...) }

// OutbreakPath is an address inside an outbreak.
func OutbreakPath(name string, parts ...string) string {
	var b strings.Builder
	b.WriteString("/o/" + url.PathEscape(name))
	for _, p := range parts {
		b.WriteString("/" + url.PathEscape(p))
	}
	return b.String()
}

// AreaName is a jurisdiction's name in the person's language; empty for an unknown one.
func (q *Request) AreaName(id place.AreaID) string {
	j, _ := q.Tree.Get(id)
	return q.name(j)
}

func (q *Request) name(j place.Jurisdiction) string {
	if q.frame.Lang != "zh" && j.NameEN != "" {
		return j.NameEN
	}
	return j.Name
}

// Words puts messages in the person's language and the outbreak's zone, for what must be words before it is a page.
func (q *Request) Words() *i18n.Localizer { return q.Site.Kit.Bundle().Localizer(q.frame.Lang, q.Zone) }

// Lang is the person's language.
func (q *Request) Lang() i18n.Lang { return q.frame.Lang }
