// Package clusters is the list of clusters and the page of one: what its cases share, how many of those exposed fell ill, and the cases.
package clusters

import (
	"embed"
	"time"

	"firebreak/internal/cluster"
	"firebreak/internal/i18n"
	"firebreak/internal/web/ui"
)

//go:embed page.html new.html cluster.html
var files embed.FS

// New parses the list.
func New(k *ui.Kit) (*ui.Page, error) { return k.Page("clusters", files, "page.html") }

// NewForm parses the page on which a cluster is opened.
func NewForm(k *ui.Kit) (*ui.Page, error) { return k.Page("cluster-new", files, "new.html") }

// NewCluster parses the page of one cluster.
func NewCluster(k *ui.Kit) (*ui.Page, error) { return k.Page("cluster", files, "cluster.html") }

// ListView is the list of clusters.
type ListView struct {
	ui.Listing
	Clusters []Row
	NewHref  string // empty where the reader may open none
	// FromField gathers cases into clusters by a field of theirs; nil where the reader may not.
	FromField *ui.Form
}

// Row is one cluster.
type Row struct {
	Href, Code, Name string
	Kind             string // key: cluster.kind.<Kind>
	Area             string
	Members          int64
	Exposed          int64         // 0 where unknown
	Rate             *cluster.Rate // nil where it cannot be said
	First, Last      string        // ISO days of the exposure
	Closed           bool
}

// Table is the list as a table.
func (v ListView) Table() ui.Table {
	t := v.Listing.Table("clusters", i18n.M("nav.clusters"),
		ui.Column{Key: "code", Label: i18n.M("col.cluster")},
		ui.Column{Key: "name", Label: i18n.M("cluster.name")},
		ui.Column{Key: "kind", Label: i18n.M("cluster.shared")},
		ui.Column{Key: "area", Label: i18n.M("col.area")},
		ui.Column{Key: "cases", Label: i18n.M("col.cases"), Numeric: true},
		ui.Column{Key: "exposed", Label: i18n.M("cluster.exposed"), Numeric: true},
		ui.Column{Key: "rate", Label: i18n.M("cluster.rate"), Numeric: true},
		ui.Column{Key: "first", Label: i18n.M("cluster.first_day")},
		ui.Column{Key: "last", Label: i18n.M("cluster.last_day")},
		ui.Column{Key: "state", Label: i18n.M("col.state")},
	)
	t.Export, t.ExportPath = []string{"csv"}, v.Path+"/export"
	t.Empty = ui.Empty{Title: i18n.M("cluster.none"), Hint: i18n.M("cluster.none_hint")}
	for _, k := range v.Clusters {
		exposed, rate, state := ui.Text(""), ui.Text(""), cluster.Open
		if k.Exposed > 0 {
			exposed = ui.Number(k.Exposed)
		}
		if k.Rate != nil {
			rate = ui.Words(i18n.M("cluster.rate_of", "share", i18n.Share(k.Rate.Share), "low", i18n.Share(k.Rate.Low), "high", i18n.Share(k.Rate.High)))
		}
		status := ui.Status("")
		if k.Closed {
			state, status = cluster.Closed, ui.Done
		}
		t.Rows = append(t.Rows, ui.Row{ID: k.Code, Href: k.Href, Label: k.Code, Status: status, Cells: []ui.Cell{
			ui.Link(k.Code, k.Href), ui.Text(k.Name), ui.Enum("cluster.kind", k.Kind), ui.Text(k.Area), ui.Number(k.Members), exposed, rate, ui.Day(k.First), ui.Day(k.Last), ui.Enum("cluster.state", string(state)),
		}})
	}
	return t
}

// FormView is the form on which a cluster is opened.
type FormView struct{ Form ui.Form }

// View is the page of one cluster.
type View struct {
	Code, Name  string
	Kind        string // key: cluster.kind.<Kind>
	Setting     string
	Area        string
	First, Last string // ISO days
	Exposed     int64
	Members     int64
	Counted     int64         // of Members, those in the rate
	Rate        *cluster.Rate // nil where it cannot be said
	TooMany     bool          // more cases than people exposed: the number is wrong
	Note        string
	Closed      bool
	ClosedAt    time.Time
	Reason      string
	Curve       *ui.StackCurve // nil where no onset is known
	// Cases are those that the reader may see; Beyond counts the others.
	Cases  ui.Table
	Beyond int64
	// Shared is the page that asks visits which places they share; empty where the reader may not.
	Shared string
	// Join, Leave, Edit and State are what the reader may do; nil where not.
	Join, Leave, Edit, State *ui.Form
	Conflict                 *ui.Conflict
	Timeline                 ui.Timeline
}
