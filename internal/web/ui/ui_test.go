package ui_test

import (
	"bytes"
	"errors"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"firebreak/internal/i18n"
	"firebreak/internal/web/ui"
	"firebreak/internal/web/uitest"
)

var update = uitest.Update()

func page(t *testing.T, main string) *ui.Page {
	t.Helper()
	files := fstest.MapFS{"page.html": {Data: []byte(`{{define "title"}}x{{end}}{{define "main"}}` + main + `{{end}}`)}}
	p, err := uitest.Kit(t).Page("test", files, "page.html")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var now = time.Date(2022, 3, 12, 21, 40, 0, 0, time.UTC)

func TestStatusOf(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		due  time.Time
		want ui.Status
	}{
		{"no deadline", time.Time{}, ui.OnTime},
		{"just past", now.Add(-time.Microsecond), ui.Late},
		{"this instant", now, ui.DueSoon},
		{"at the edge of soon", now.Add(time.Hour), ui.DueSoon},
		{"later", now.Add(time.Hour + time.Microsecond), ui.OnTime},
	} {
		if got := ui.StatusOf(tc.due, now, time.Hour); got != tc.want {
			t.Errorf("%s: got %s, want %s", tc.name, got, tc.want)
		}
	}
}

func TestDutyStatus(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		duty ui.Duty
		want ui.Status
	}{
		{ui.Duty{}, ui.Done},
		{ui.Duty{Done: 3, Total: 3}, ui.Done},
		{ui.Duty{Done: 2, Total: 3}, ui.OnTime},
		{ui.Duty{Done: 2, Total: 3, DueSoon: 1}, ui.DueSoon},
		{ui.Duty{Done: 1, Total: 3, DueSoon: 1, Late: 1}, ui.Late},
	} {
		if got := tc.duty.Status(); got != tc.want {
			t.Errorf("%+v: got %s, want %s", tc.duty, got, tc.want)
		}
	}
}

func TestTableAddresses(t *testing.T) {
	t.Parallel()
	values := url.Values{"class": {"confirmed"}, "sort": {"due"}, "after": {"x"}}
	table := ui.Table{Path: "/cases", Values: values, Sort: "due", Next: "y", Prev: "w",
		Filters: []ui.Field{{Name: "class", Value: "confirmed"}}}
	for _, tc := range []struct{ name, got, want string }{
		{"same column turns round", table.SortHref(ui.Column{Key: "due"}), "/cases?class=confirmed&sort=-due"},
		{"other column starts over", table.SortHref(ui.Column{Key: "case"}), "/cases?class=confirmed&sort=case"},
		{"next", table.NextHref(), "/cases?after=y&class=confirmed&sort=due"},
		{"previous", table.PrevHref(), "/cases?before=w&class=confirmed&sort=due"},
		{"export takes all pages", table.ExportHref("csv"), "/cases?class=confirmed&format=csv&sort=due"},
		{"clear keeps the order", table.ClearHref(), "/cases?sort=due"},
		{"itself", table.SelfHref(), "/cases?after=x&class=confirmed&sort=due"},
		{"without a query", ui.Table{Path: "/cases"}.SelfHref(), "/cases"},
	} {
		if tc.got != tc.want {
			t.Errorf("%s: got %s, want %s", tc.name, tc.got, tc.want)
		}
	}
	if values.Get("after") != "x" || values.Get("sort") != "due" {
		t.Errorf("making addresses changed the query: %v", values)
	}
}

func TestChangeClash(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		change ui.Change
		want   bool
	}{
		{"only theirs", ui.Change{Was: "a", Theirs: "b", Yours: "a"}, false},
		{"both the same", ui.Change{Was: "a", Theirs: "b", Yours: "b"}, false},
		{"both differ", ui.Change{Was: "a", Theirs: "b", Yours: "c"}, true},
	} {
		if got := tc.change.Clash(); got != tc.want {
			t.Errorf("%s: got %v, want %v", tc.name, got, tc.want)
		}
	}
}

func TestTextFromRecordsIsEscaped(t *testing.T) {
	t.Parallel()
	p := page(t, `{{template "table" .}}`)
	evil := `<img src=x onerror="alert(1)">`
	table := ui.Table{ID: "t", Path: "/x", Caption: i18n.M("nav.cases"), Columns: []ui.Column{{Key: "a", Label: i18n.M("col.case")}},
		Rows: []ui.Row{{ID: evil, Href: "javascript:alert(1)", Label: evil, Cells: []ui.Cell{ui.Link(evil, "javascript:alert(1)")}}}}
	var b bytes.Buffer
	frame := ui.Frame{Lang: "en", Now: now, User: &ui.User{Name: evil, Role: evil}, Outbreak: &ui.Outbreak{Name: evil}}
	if err := p.Render(&b, frame, table); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"<img", `href="javascript:`} {
		if strings.Contains(b.String(), bad) {
			t.Errorf("the page contains %q", bad)
		}
	}
}

// Two readers of different languages at once must each get their own words.
func TestRenderingAtOnceKeepsLanguagesApart(t *testing.T) {
	t.Parallel()
	p := page(t, `{{t "nav.cases"}} {{clock frame.Now}}`)
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			frame, want := ui.Frame{Lang: "en", Now: now}, "Cases 21:40"
			if i%2 == 1 {
				frame = ui.Frame{Lang: "zh", Now: now, Zone: time.FixedZone("CST", 8*3600)}
				want = "病例 05:40"
			}
			var b bytes.Buffer
			if err := p.Fragment(&b, "main", frame, nil); err != nil || b.String() != want {
				t.Errorf("got %q, %v, want %q", b.String(), err, want)
			}
		})
	}
	wg.Wait()
}

type brokenWriter struct{}

var errBroken = errors.New("broken")

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func TestErrors(t *testing.T) {
	t.Parallel()
	kit := uitest.Kit(t)
	bad := fstest.MapFS{"page.html": {Data: []byte(`{{define "main"}}{{nope}}{{end}}`)}}
	if _, err := kit.Page("bad", bad, "page.html"); err == nil || !strings.Contains(err.Error(), "bad") {
		t.Errorf("a page with an unknown function: got %v, want an error naming the page", err)
	}
	p := page(t, `before {{.Missing.Field}}`)
	var b bytes.Buffer
	if err := p.Fragment(&b, "main", ui.Frame{Lang: "en"}, ui.Duty{}); err == nil || b.Len() != 0 {
		t.Errorf("a failing template: got %q, %v, want nothing and an error", b.String(), err)
	}
	if err := page(t, `x`).Fragment(brokenWriter{}, "main", ui.Frame{Lang: "en"}, nil); !errors.Is(err, errBroken) {
		t.Errorf("a failing writer: got %v, want its error", err)
	}
}

// Components that no page's golden file shows in all their forms.
func TestComponents(t *testing.T) {
	t.Parallel()
	p := page(t, `{{range .Statuses}}{{template "badge" .}}
{{end}}{{template "progress" .Unknown}}
{{template "rtcurve" .Rt}}
{{template "crumbs" .Crumbs}}
{{template "timeline" .Timeline}}
{{template "duty" .Idle}}
{{template "toast" .Toast}}`)
	nan := func() float64 { var zero float64; return zero / zero }()
	uitest.Golden(t, *update, "components", p, "main", ui.Frame{Lang: "en", Now: now}, struct {
		Statuses []ui.Status
		Unknown  ui.Progress
		Rt       ui.RtCurve
		Crumbs   []ui.Crumb
		Timeline ui.Timeline
		Idle     ui.Duty
		Toast    ui.Toast
	}{
		ui.Statuses(),
		ui.Progress{ID: "job", Label: i18n.M("nav.imports"), Done: 1204, State: "paused", Resume: "/resume"},
		ui.RtCurve{ID: "rt", Label: i18n.M("rt.mean"), Days: []string{"2022-03-11", "2022-03-12"}, Mean: []float64{nan, 0.81}, Low: []float64{nan, 0.7}, High: []float64{nan, 0.93}},
		[]ui.Crumb{{Name: "山东省", Href: "/?area=37"}, {Name: "青岛市"}},
		ui.Timeline{ID: "line", Label: i18n.M("case.timeline")},
		ui.Duty{Kind: ui.Tested, Unit: "people", Href: "/screening"},
		ui.Toast{Text: i18n.M("status.done"), Undo: "/undo/1"},
	})
}
