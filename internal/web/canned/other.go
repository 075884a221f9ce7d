package canned

import (
	"fmt"
	"time"

	"firebreak/internal/i18n"
	"firebreak/internal/web/chains"
	"firebreak/internal/web/errorpage"
	"firebreak/internal/web/imports"
	"firebreak/internal/web/login"
	"firebreak/internal/web/ui"
)

// Graph is a school cluster of three generations.
func Graph() ui.Graph {
	g := ui.Graph{ID: "graph", Label: i18n.M("chains.graph"), Days: days(15), Lanes: 12}
	g.Nodes = append(g.Nodes,
		ui.GraphNode{ID: "E0", X: 0, Y: 5, Kind: "event", Label: "莱西七中"},
		ui.GraphNode{ID: "LX-0001", X: 2, Y: 5, Kind: "confirmed", Label: "LX-0001", Href: "/cases/LX-0001", Size: 4})
	g.Links = append(g.Links, ui.GraphLink{From: "E0", To: "LX-0001"})
	for i := range 4 {
		second := fmt.Sprintf("LX-%04d", 10+i)
		g.Nodes = append(g.Nodes, ui.GraphNode{ID: second, X: 5 + float64(i)*0.7, Y: float64(1 + 3*i), Kind: "confirmed", Label: second, Href: "/cases/" + second, Size: 2, In: i > 2})
		g.Links = append(g.Links, ui.GraphLink{From: "LX-0001", To: second, Sure: i%2 == 0, Place: "3-2"})
		for j := range 2 {
			third := fmt.Sprintf("LX-%04d", 100+10*i+j)
			kind := "confirmed"
			if i == 1 && j == 1 {
				kind = "suspected"
			}
			g.Nodes = append(g.Nodes, ui.GraphNode{ID: third, X: 9 + float64(i+2*j)*0.8, Y: float64(3*i + j), Kind: kind, Label: third, Href: "/cases/" + third, In: j == 0})
			g.Links = append(g.Links, ui.GraphLink{From: second, To: third, Sure: j == 0})
		}
	}
	return g
}

// Chains is the chains of the outbreak.
func Chains() chains.View {
	return chains.View{
		Cases:      ui.Figure{Label: i18n.M("nav.cases"), Value: ptr[int64](574), Href: "/cases"},
		Linked:     ui.Figure{Label: i18n.M("chains.linked"), Value: ptr[int64](412), Href: "/cases?linked=1"},
		Unlinked:   ui.Figure{Label: i18n.M("chains.unlinked"), Value: ptr[int64](162), Href: "/cases?linked=0"},
		Graph:      Graph(),
		Path:       "/chains",
		Unresolved: 3, UnresolvedHref: "/chains/unresolved",
		Chains: []chains.Chain{
			{ID: "K-1", Href: "/chains?chain=K-1", Root: person("LX-0001", "王**", "m", 16), Size: 294, Generations: 5, Largest: 38, First: "2022-02-26", Last: "2022-03-12", Places: "莱西七中, 公交 7 路"},
			{ID: "K-2", Href: "/chains?chain=K-2", Size: 17, Generations: 3, Largest: 6, First: "2022-03-03", Last: "2022-03-10", Places: "即墨 market"},
		},
	}
}

// Login is the log-in page of a demonstration after a failed try.
func Login() login.View {
	return login.View{
		Form:      login.Form("/login", "/now", "duty", true),
		Providers: []login.Provider{{Name: "Shandong Health", Href: "/login/oidc"}},
		Demo:      []login.DemoAccount{{Role: "duty_officer", Name: "duty", Password: "demo-duty"}, {Role: "investigator", Name: "epi", Password: "demo-epi"}},
	}
}

// ErrorPage is a page for status.
func ErrorPage(status int) errorpage.View {
	return errorpage.View{Status: status, Request: "01HX-7F2A", Back: "/now"}
}

// Import is the import of a messy file at step.
func Import(step imports.Step) imports.View {
	v := imports.View{Step: step, File: "linelist.csv", Action: "/imports/7/next", Back: "/imports/7/back"}
	counts := imports.Counts{Rows: 28183, Created: 27870, Updated: 0, Unchanged: 21, Rejected: 292, Unresolved: 72}
	switch step {
	case imports.Upload:
		v.File = ""
		v.Upload = ui.Form{ID: "upload", Action: "/imports", Upload: true, Submit: i18n.M("import.upload"), Fields: []ui.Field{
			{Name: "file", Label: i18n.M("import.file"), Kind: ui.FieldFile, Required: true, Accept: ".csv,.tsv,.txt,.xlsx", Hint: i18n.M("import.file_hint")},
		}}
		v.Past = []imports.Past{{File: "linelist-0311.xlsx", Href: "/imports/6", State: "done", At: ui.Event{At: at(11, 8, 2), Who: "Qingdao CDC"}, Rows: 531}}
	case imports.Columns:
		fields := []ui.Option{{Value: "", Label: i18n.M("import.ignore")}, {Value: "code", Label: i18n.M("col.case")}, {Value: "reported", Label: i18n.M("col.reported")}, {Value: "age", Label: i18n.M("field.age")}, {Value: "sex", Label: i18n.M("field.sex")}, {Value: "source", Label: i18n.M("field.source")}}
		v.Format = &imports.Format{Kind: "linelist", Encoding: "UTF-8", Separator: "comma", DateOrder: "dmy", Rows: 28183,
			Doubts: []i18n.Msg{i18n.M("import.doubt.dates", "column", "date_announced", "n", 3)},
			Columns: []imports.Column{{Name: "patient_number", Field: "code", Options: fields}, {Name: "date_announced", Field: "reported", Options: fields}, {Name: "age", Field: "age", Options: fields},
				{Name: "gender", Field: "sex", Options: fields}, {Name: "contracted_from", Field: "source", Options: fields}},
			Preview: [][]imports.PreviewCell{
				{{Text: "1"}, {Text: "30/01/2020"}, {Text: "20"}, {Text: "F"}, {Text: ""}},
				{{Text: "2"}, {Text: "02/02/2020"}, {Text: "28-35", Bad: true}, {Text: "M"}, {Text: "P1"}},
				{{Text: "3"}, {Text: "31/02/2020", Bad: true}, {Text: "41"}, {Text: ""}, {Text: "P1, P2"}},
			}}
	case imports.Running:
		v.Progress = ui.Progress{ID: "job-7", Label: i18n.M("import.running", "file", "linelist.csv"), Done: 18240, Total: 28183, Rate: 11230, Left: 62 * time.Second, State: "running", Poll: "/imports/7/progress", Pause: "/imports/7/pause"}
	case imports.DryRun, imports.Result:
		v.Counts = &counts
		v.Rejections = []imports.Rejection{
			{Row: 412, Column: "patient_number", Reason: i18n.M("import.reason.no_code")},
			{Row: 977, Column: "date_announced", Value: "31/02/2020", Reason: i18n.M("import.reason.no_day")},
		}
		v.ErrorsHref, v.CasesHref = "/imports/7/errors.csv", "/cases"
	}
	return v
}
