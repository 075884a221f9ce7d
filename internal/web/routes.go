// Package web is the screens: the route table, and what stands around every request. Each screen is a package below; see ui/README.md and
// site. cmd imports it; it imports the screens.
package web

import (
	"errors"
	"net/http"

	"firebreak/internal/auth"
	"firebreak/internal/web/home"
	"firebreak/internal/web/now"
	"firebreak/internal/web/search"
	"firebreak/internal/web/site"
	"firebreak/internal/web/tasks"
)

// screens are the navigation, in order, with what a person must be allowed somewhere to be shown each.
func screens() []site.Screen {
	return []site.Screen{
		{Key: "now", Path: "/now", Action: auth.RollupRead},
		{Key: "tasks", Path: "/tasks", Action: auth.TaskRead},
	}
}

// handlers are the screens' handlers.
type handlers struct {
	home  *home.Handler
	now   *now.Handler
	tasks *tasks.Handler
}

func newHandlers(s *site.Site) (h handlers, err error) {
	var errs [3]error
	h.home, errs[0] = home.NewHandler(s)
	h.now, errs[1] = now.NewHandler(s)
	h.tasks, errs[2] = tasks.NewHandler(s)
	return h, errors.Join(errs[:]...)
}

// routes is every screen inside an outbreak, on one screen: address, right, handler. The caller is known, and holds the right in some area; each
// handler bounds what it shows to where.
func (h handlers) routes() []site.Route {
	return []site.Route{
		{Pattern: "GET /o/{outbreak}/now", Action: auth.RollupRead, Handle: h.now.Show},
		{Pattern: "GET /o/{outbreak}/map/districts.geojson", Action: auth.RollupRead, Handle: h.now.Districts},
		{Pattern: "GET /o/{outbreak}/map/cases.geojson", Action: auth.RollupRead, Handle: h.now.Cases},
		{Pattern: "GET /o/{outbreak}/map/zones.geojson", Action: auth.ZoneRead, Handle: h.now.Zones},

		{Pattern: "GET /o/{outbreak}/tasks", Action: auth.TaskRead, Handle: h.tasks.List},
		{Pattern: "POST /o/{outbreak}/tasks/waive", Action: auth.TaskWaive, Handle: h.tasks.WaiveMany},
		{Pattern: "POST /o/{outbreak}/tasks/done", Action: auth.TaskComplete, Handle: h.tasks.CompleteMany},
		{Pattern: "GET /o/{outbreak}/tasks/{task}", Action: auth.TaskRead, Handle: h.tasks.Show},
		{Pattern: "POST /o/{outbreak}/tasks/{task}/complete", Action: auth.TaskComplete, Handle: h.tasks.Complete},
		{Pattern: "POST /o/{outbreak}/tasks/{task}/waive", Action: auth.TaskWaive, Handle: h.tasks.Waive},

		{Pattern: "GET /o/{outbreak}/search", Action: auth.TaskRead, Handle: search.Find},
		{Pattern: "GET /o/{outbreak}/live", Action: anyScreen, Handle: liveEvents},
	}
}

// open are the addresses outside an outbreak. Log-in and preferences are access's own.
func (h handlers) open(s *site.Site, mux *http.ServeMux) {
	mux.Handle("GET /{$}", s.Access.Required(http.HandlerFunc(h.home.Root)))
	mux.Handle("GET /o/{outbreak}", s.Access.Required(http.HandlerFunc(h.home.Outbreak)))
	s.Access.Routes(mux)
}
