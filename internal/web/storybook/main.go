// Command storybook serves every page with canned data, to look at while building it:
//
//	go run ./internal/web/storybook
//
// Each page is shown in the language and theme last chosen; ?lang=zh&theme=dark choose at once. It
// is for developers; the product does not contain it.
package main

import (
	_ "embed"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"firebreak/internal/i18n"
	"firebreak/internal/web/areas"
	"firebreak/internal/web/assets"
	"firebreak/internal/web/assistance"
	"firebreak/internal/web/audit"
	"firebreak/internal/web/autoaccept"
	"firebreak/internal/web/canned"
	"firebreak/internal/web/cases"
	"firebreak/internal/web/chains"
	"firebreak/internal/web/clusters"
	"firebreak/internal/web/contacts"
	"firebreak/internal/web/duplicates"
	"firebreak/internal/web/errorpage"
	"firebreak/internal/web/followup"
	"firebreak/internal/web/forecast"
	"firebreak/internal/web/hospitals"
	"firebreak/internal/web/imports"
	"firebreak/internal/web/isolation"
	"firebreak/internal/web/login"
	"firebreak/internal/web/me"
	"firebreak/internal/web/now"
	"firebreak/internal/web/packs"
	"firebreak/internal/web/positives"
	"firebreak/internal/web/restrictions"
	"firebreak/internal/web/rounds"
	"firebreak/internal/web/scorecard"
	"firebreak/internal/web/sharedplaces"
	"firebreak/internal/web/situation"
	"firebreak/internal/web/tasks"
	"firebreak/internal/web/transfers"
	"firebreak/internal/web/ui"
	"firebreak/internal/web/users"
	"firebreak/internal/web/zones"
)

//go:embed districts.geojson
var districts string

func main() {
	listen := flag.String("listen", "localhost:8091", "address to serve at")
	flag.Parse()
	if err := run(*listen); err != nil {
		slog.Error("storybook stopped", "error", err)
		os.Exit(1)
	}
}

func run(listen string) error {
	handler, err := newHandler()
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(os.Stdout, "storybook at http://%s/\n", listen); err != nil {
		return err
	}
	server := &http.Server{Addr: listen, Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	return server.ListenAndServe()
}

// story is one page with one set of data.
type story struct {
	path   string
	parse  func(*ui.Kit) (*ui.Page, error)
	screen string // the navigation entry that is current
	view   any
	anon   bool
}

func stories() []story {
	out := []story{
		{path: "/now", parse: now.New, screen: "now", view: canned.NowView()},
		{path: "/now-empty", parse: now.New, screen: "now", view: canned.NowEmpty()},
		{path: "/cases", parse: cases.New, screen: "cases", view: canned.Cases()},
		{path: "/cases-empty", parse: cases.New, screen: "cases", view: canned.NoCases()},
		{path: "/contacts", parse: contacts.New, screen: "contacts", view: canned.Contacts()},
		{path: "/tasks", parse: tasks.New, screen: "tasks", view: canned.Tasks()},
		{path: "/tasks/8841", parse: tasks.NewTask, screen: "tasks", view: canned.Task()},
		{path: "/situation", parse: situation.New, screen: "situation", view: canned.Situation()},
		{path: "/forecast", parse: forecast.New, screen: "forecast", view: canned.Forecast()},
		{path: "/drill", parse: scorecard.New, screen: "drill", view: canned.Scorecard()},
		{path: "/chains", parse: chains.New, screen: "chains", view: canned.Chains()},
		{path: "/isolation", parse: isolation.New, screen: "isolation", view: canned.Isolation()},
		{path: "/isolation-empty", parse: isolation.New, screen: "isolation", view: canned.NoIsolation()},
		{path: "/isolation/1", parse: isolation.NewFacility, screen: "isolation", view: canned.Facility()},
		{path: "/isolation/1/checks", parse: isolation.NewChecks, screen: "isolation", view: canned.Checks()},
		{path: "/isolation/1/stays/8", parse: isolation.NewOne, screen: "isolation", view: canned.Stay()},
		{path: "/care", parse: hospitals.New, screen: "care", view: canned.Care()},
		{path: "/care/LX-0007", parse: hospitals.NewPatient, screen: "care", view: canned.Patient()},
		{path: "/assistance", parse: assistance.New, screen: "assistance", view: canned.AssistanceList()},
		{path: "/assistance/12", parse: assistance.NewOne, screen: "assistance", view: canned.AssistanceOne()},
		{path: "/clusters/CL-1", parse: clusters.NewCluster, screen: "clusters", view: canned.Cluster()},
		{path: "/clusters/new", parse: clusters.NewForm, screen: "clusters", view: canned.ClusterForm()},
		{path: "/shared", parse: sharedplaces.New, screen: "shared", view: canned.Shared()},
		{path: "/shared-answer", parse: sharedplaces.New, screen: "shared", view: canned.SharedAnswer()},
		{path: "/positives", parse: positives.New, screen: "positives", view: canned.Positives()},
		{path: "/restrictions", parse: restrictions.New, screen: "restrictions", view: canned.Restrictions()},
		{path: "/restrictions/7", parse: restrictions.NewOne, screen: "restrictions", view: canned.Restriction()},
		{path: "/restrictions/7/certificate", parse: restrictions.NewCertificate, screen: "restrictions", view: canned.Certificate()},
		{path: "/restrictions/7/notice", parse: restrictions.NewNotice, screen: "restrictions", view: canned.Notices()},
		{path: "/rounds/4/plan", parse: rounds.NewPlan, screen: "screening", view: canned.RoundPlan()},
		{path: "/rounds/5/plan", parse: rounds.NewPlan, screen: "screening", view: canned.RoundUnplanned()},
		{path: "/transfers", parse: transfers.New, screen: "transfers", view: canned.TransferBoard()},
		{path: "/transfers/auto-plan", parse: transfers.NewAutoPlan, screen: "transfers", view: canned.TransferAutoPlan()},
		{path: "/zones", parse: zones.New, screen: "zones", view: canned.Zones()},
		{path: "/zones/3", parse: zones.NewZone, screen: "zones", view: canned.ZoneView()},
		{path: "/admin/users", parse: users.New, screen: "users", view: canned.Users("en")},
		{path: "/o/laixi/auto-accept", parse: autoaccept.New, screen: "cases", view: canned.AutoAccept()},
		{path: "/o/laixi/pack", parse: packs.NewChange, screen: "packs", view: canned.PackChange()},
		{path: "/admin/areas", parse: areas.New, screen: "areas", view: canned.Areas()},
		{path: "/admin/areas/preview", parse: areas.NewPreview, screen: "areas", view: canned.AreasPreview()},
		{path: "/admin/users/2", parse: users.NewUser, screen: "users", view: canned.User()},
		{path: "/admin/audit", parse: audit.New, screen: "audit", view: canned.Audit()},
		{path: "/packs", parse: packs.New, screen: "packs", view: canned.Packs()},
		{path: "/packs/covid19", parse: packs.NewPack, screen: "packs", view: canned.Pack()},
		{path: "/me", parse: me.New, view: canned.Me()},
		{path: "/duplicates", parse: duplicates.New, screen: "duplicates", view: canned.Duplicates()},
		{path: "/duplicates/571-498", parse: duplicates.NewPair, screen: "duplicates", view: canned.Pair()},
		{path: "/merges/7", parse: duplicates.NewMerge, screen: "duplicates", view: canned.MergeOne()},
		{path: "/followup", parse: followup.New, screen: "followup", view: canned.Followup()},
		{path: "/doors", parse: followup.NewDoors, screen: "followup", view: canned.Doors()},
		{path: "/login", parse: login.New, view: canned.Login(), anon: true},
		{path: "/error", parse: errorpage.New, view: canned.ErrorPage(404)},
	}
	for _, tab := range []cases.TabKey{cases.Overview, cases.Investigation, cases.Contacts, cases.ProposalsTab, cases.Chain} {
		out = append(out, story{path: "/case-" + string(tab), parse: cases.NewCase, screen: "cases", view: canned.Case(tab)})
	}
	for _, step := range imports.Steps() {
		out = append(out, story{path: "/imports-" + string(step), parse: imports.New, screen: "imports", view: canned.Import(step)})
	}
	return out
}

func newHandler() (http.Handler, error) {
	bundle, err := i18n.Load()
	if err != nil {
		return nil, err
	}
	set, err := assets.Load()
	if err != nil {
		return nil, err
	}
	kit := ui.NewKit(bundle, set)
	mux := http.NewServeMux()
	mux.Handle("GET "+assets.Root, set)
	var links []string
	for _, s := range stories() {
		page, err := s.parse(kit)
		if err != nil {
			return nil, err
		}
		links = append(links, s.path)
		mux.HandleFunc("GET "+s.path, func(w http.ResponseWriter, r *http.Request) {
			lang := bundle.Negotiate(i18n.Lang(choice(w, r, "lang")), r.Header.Get("Accept-Language"))
			theme := ui.Theme(choice(w, r, "theme"))
			frame := canned.Frame(lang, theme, s.screen, s.path)
			if s.anon {
				frame = canned.Anonymous(lang, theme, s.path)
			}
			frame.Wide = s.screen == "now"
			if !s.anon {
				frame.Live = "/live"
			}
			fragment := "layout"
			if part := r.FormValue("part"); part != "" {
				fragment = part
			}
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			if err := page.Fragment(w, fragment, frame, s.view); err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
			}
		})
	}
	mux.HandleFunc("POST /preferences", func(w http.ResponseWriter, r *http.Request) {
		choice(w, r, "lang")
		choice(w, r, "theme")
		back := r.FormValue("back")
		if !strings.HasPrefix(back, "/") || strings.HasPrefix(back, "//") {
			back = "/"
		}
		http.Redirect(w, r, back, http.StatusSeeOther)
	})
	mux.HandleFunc("GET /live", live)
	mux.HandleFunc("GET /search", func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprint(w, `<a href="/case-overview"><b>LX-0571</b> 王**</a><a href="/tasks/8841"><b>8841</b> 即墨 transfer desk</a>`)
	})
	for name, body := range map[string]string{"districts": districts, "zones": zoneLayer, "cases": points} {
		mux.HandleFunc("GET /storybook/"+name+".geojson", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/geo+json")
			_, _ = fmt.Fprint(w, body)
		})
	}
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		for _, l := range links {
			_, _ = fmt.Fprintf(w, `<p>%s: <a href="%[1]s?lang=en&theme=light">en</a> <a href="%[1]s?lang=en&theme=dark">en dark</a> <a href="%[1]s?lang=zh&theme=light">zh</a> <a href="%[1]s?lang=zh&theme=dark">zh dark</a></p>`, l)
		}
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", assets.ContentSecurityPolicy)
		mux.ServeHTTP(w, r)
	}), nil
}

// live sends every topic every five seconds, to see the pages refresh themselves.
func live(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	flusher := http.NewResponseController(w)
	ticker := time.NewTicker(5 * time.Second)
	defer ticker.Stop()
	for {
		for _, topic := range []string{now.TopicFigures, now.TopicDuties, now.TopicLate, now.TopicEvents, "cases", "contacts", "tasks"} {
			_, _ = fmt.Fprintf(w, "event: %s\ndata: 1\n\n", topic)
		}
		if err := flusher.Flush(); err != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-ticker.C:
		}
	}
}

// choice is the value asked for, remembered in a cookie for the next page.
func choice(w http.ResponseWriter, r *http.Request, name string) string {
	if v := r.FormValue(name); v != "" {
		http.SetCookie(w, &http.Cookie{Name: name, Value: v, Path: "/", SameSite: http.SameSiteLaxMode, HttpOnly: true})
		return v
	}
	if c, err := r.Cookie(name); err == nil {
		return c.Value
	}
	return ""
}

// Made-up zones and cases around Laixi.
const zoneLayer = `{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"level":"high","href":"/now"},"geometry":{"type":"Polygon","coordinates":[[[120.46,36.84],[120.56,36.84],[120.56,36.9],[120.46,36.9],[120.46,36.84]]]}},
{"type":"Feature","properties":{"level":"medium","href":"/now"},"geometry":{"type":"Polygon","coordinates":[[[120.4,36.36],[120.5,36.36],[120.5,36.44],[120.4,36.44],[120.4,36.36]]]}}]}`

const points = `{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"n":212,"inside":true,"href":"/cases"},"geometry":{"type":"Point","coordinates":[120.5,36.87]}},
{"type":"Feature","properties":{"n":9,"inside":false,"href":"/cases"},"geometry":{"type":"Point","coordinates":[120.53,36.85]}},
{"type":"Feature","properties":{"n":11,"inside":true,"href":"/cases"},"geometry":{"type":"Point","coordinates":[120.44,36.39]}},
{"type":"Feature","properties":{"n":4,"inside":false,"href":"/cases"},"geometry":{"type":"Point","coordinates":[120.37,36.09]}}]}`
