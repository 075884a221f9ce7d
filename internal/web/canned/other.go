package canned

import (
	"fmt"
	"time"

	"firebreak/internal/i18n"
	"firebreak/internal/web/chains"
	"firebreak/internal/web/errorpage"
	"firebreak/internal/web/imports"
	"firebreak/internal/web/login"
	"firebreak/internal/web/situation"
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

// Situation is the situation of the outbreak, its curve stacked by where cases were found.
func Situation() situation.View {
	return situation.View{
		Path: "/situation",
		Cut: ui.Form{ID: "cut", Submit: i18n.M("situation.draw"), Hidden: map[string]string{"area": "370285"}, Fields: []ui.Field{
			{Name: "by", Label: i18n.M("situation.by"), Kind: ui.FieldSelect, Value: "onset", Options: ui.Choices("curve", "onset", "report", "confirmation")[1:]},
		}},
		Area: "莱西市",
		Figures: []ui.Figure{
			{Label: i18n.M("nav.cases"), Value: ptr[int64](574), Href: "/cases", Sub: i18n.M("situation.counts", "n", 12)},
			{Label: i18n.M("situation.deaths"), Value: ptr[int64](0)},
			{Label: i18n.M("situation.inside"), Value: ptr[int64](402), Sub: i18n.M("situation.share", "share", "70%", "n", 574)},
		},
		Curve: ui.StackCurve{ID: "curve", Label: i18n.M("situation.curve"), Days: days(4), ByWhat: "onset", Incomplete: 1, Stacks: []ui.Stack{
			{Name: i18n.M("found_as.isolated"), N: []int{0, 2, 5, 3}}, {Name: i18n.M("found_as.community"), N: []int{4, 0, 1, 0}}}},
		Undated: 3,
		Rt:      ui.RtCurve{ID: "rt", Label: i18n.M("rt.mean"), Days: days(2), Mean: []float64{1.4, 0.81}, Low: []float64{1.1, 0.7}, High: []float64{1.8, 0.93}},
		Serial:  i18n.M("situation.serial", "mean", "2.9", "sd", "1.6"), SerialSource: "Backer et al. 2022",
		Growth: situation.Growth{First: "2022-03-05", Last: "2022-03-11", Rate: &ui.Estimate{Mean: -0.12, Low: -0.2, High: -0.04}, Time: i18n.M("situation.halves", "days", "5.8", "low", "3.5", "high", "17.3"),
			R: &ui.Estimate{Mean: 0.72, Low: 0.58, High: 0.89}},
		Weeks:  []situation.Week{{Start: "2022-02-26", End: "2022-03-04", R: ptr(2.4), Low: ptr(2.0), High: ptr(2.9)}, {Start: "2022-03-05", End: "2022-03-11", R: ptr(0.6), Rising: true}, {Start: "2022-03-12", End: "2022-03-18"}},
		Delays: []situation.Delay{{From: "onset", To: "isolation", N: 540, Median: ptr(2.0), Q1: ptr(1.0), Q3: ptr(3.0), Negative: 1}, {From: "report", To: "confirmation"}},
		Targets: []situation.Target{
			{Label: i18n.M("situation.detect"), Found: i18n.M("situation.took", "n", 6), Status: ui.Done, Word: i18n.M("situation.met")},
			{Label: i18n.M("situation.notify"), Found: i18n.M("situation.took", "n", 2), Status: ui.Late, Word: i18n.M("situation.missed")},
			{Label: i18n.M("situation.respond"), Status: ui.OnTime, Word: i18n.M("situation.open")},
		},
		Milestones: []situation.Milestone{{Key: "emerged", Day: "2022-02-26"}, {Key: "responded"}},
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
	v := imports.View{Step: step, File: "linelist.csv", List: "/imports", Action: "/imports/7/columns", Cancel: "/imports/7/cancel",
		Facts: &imports.Facts{Who: "epi-laixi", At: at(12, 8, 2), Area: "Laixi", Size: 3_145_728, KeptTill: at(19, 8, 2)}}
	counts := imports.Counts{Rows: 28183, Created: 27870, Updated: 0, Unchanged: 21, Rejected: 292, Unresolved: 72, Warnings: 310}
	switch step {
	case imports.Upload:
		v.File, v.Facts, v.Cancel, v.KeepFor, v.Part, v.Older = "", nil, "", 7, "/imports?part=jobs", "/imports?before=5"
		v.Upload = ui.Form{ID: "upload", Action: "/imports", Upload: true, Submit: i18n.M("import.upload"), Fields: []ui.Field{
			{Name: "file", Label: i18n.M("import.file"), Kind: ui.FieldFile, Required: true, Accept: ".csv,.tsv,.txt,.xlsx", Hint: i18n.M("import.file_hint", "mib", 256)},
		}}
		v.Jobs = []imports.Job{
			{File: "linelist-0312.csv", Href: "/imports/8", State: "running", Kind: "cases", At: ui.Event{At: at(12, 8, 30), Who: "epi-laixi"}, Rows: 18240, Total: 28183, Created: 18100, Rejected: 140, Working: true},
			{File: "contacts.csv", Href: "/imports/7", State: "failed", Kind: "contacts", At: ui.Event{At: at(11, 9, 2), Who: "epi-laixi"}},
			{File: "linelist-0311.xlsx", Href: "/imports/6", State: "done", Kind: "cases", At: ui.Event{At: at(11, 8, 2), Who: "Qingdao CDC"}, Rows: 531, Created: 500, Updated: 20, Unchanged: 10, Rejected: 1},
			{File: "links.csv", Href: "/imports/5", State: "paused", Kind: "links", At: ui.Event{At: at(10, 8, 2), Who: "Qingdao CDC"}, Rows: 1000, Created: 1000},
		}
	case imports.Columns:
		fields := []ui.Option{{Label: i18n.M("import.keep")}, {Value: "-", Label: i18n.M("import.ignore")}, {Value: "code", Label: i18n.M("importfield." + "code")}, {Value: "report", Label: i18n.M("importfield." + "report")},
			{Value: "age", Label: i18n.M("importfield." + "age")}, {Value: "sex", Label: i18n.M("importfield." + "sex")}, {Value: "source", Label: i18n.M("importfield." + "source")}}
		days := []ui.Option{{Label: i18n.M("import.order_auto")}, {Value: "dmy", Label: i18n.M("dateorder." + "dmy")}, {Value: "mdy", Label: i18n.M("dateorder." + "mdy")}}
		v.Doubts = []imports.Doubt{{Text: i18n.M("import.doubt.ambiguous", "column", "date_announced", "example", "03/04/2020")}, {Text: i18n.M("import.doubt.unsure")}}
		v.Facts.Same, v.Facts.SameAt, v.Facts.SameWho = "/imports/6", at(11, 8, 2), "Qingdao CDC"
		v.Format = &imports.Format{Kind: "cases", Title: "covid19india.org raw data", Percent: 76, Version: 3,
			Reading: []ui.Field{
				{Name: "kind", Label: i18n.M("import.kind"), Kind: ui.FieldSelect, Value: "cases", Options: []ui.Option{{Value: "cases", Label: i18n.M("format." + "cases")}, {Value: "contacts", Label: i18n.M("format." + "contacts")}}},
				{Name: "encoding", Label: i18n.M("import.encoding"), Kind: ui.FieldSelect, Value: "utf-8", Options: []ui.Option{{Value: "utf-8", Text: "UTF-8"}, {Value: "gb18030", Text: "GB18030"}}},
				{Name: "separator", Label: i18n.M("import.separator"), Kind: ui.FieldSelect, Value: "comma", Options: []ui.Option{{Value: "comma", Label: i18n.M("separator." + "comma")}, {Value: "tab", Label: i18n.M("separator." + "tab")}}},
				{Name: "header", Label: i18n.M("import.header_row"), Kind: ui.FieldNumber, Value: "1", Min: "1", Max: "30"},
			},
			Maps: []ui.Option{{Label: i18n.M("import.map_asbelow")}, {Value: "r:india", Text: "covid19india.org raw data"}, {Value: "s:4", Text: "County list"}},
			Columns: []imports.Column{
				{Name: "patient_number", Field: "code", Options: fields, Values: []string{"1", "2", "3"}, Sure: imports.Sure},
				{Name: "date_announced", Field: "report", Options: fields, Values: []string{"03/04/2020", "05/06/2020"}, Orders: days, Sure: imports.Choose},
				{Name: "age", Field: "age", Options: fields, Values: []string{"20", "28-35", "41"}, Sure: imports.Check},
				{Name: "notes", Options: fields, Values: []string{"Travelled from Wuhan"}, Sure: imports.Kept},
				{Name: "backup", Field: "-", Options: fields, Sure: imports.Left},
			}}
		v.Sample = []string{"patient_number", "date_announced", "age", "notes", "backup"}
		v.Rows = [][]imports.PreviewCell{
			{{Text: "1"}, {Text: "03/04/2020"}, {Text: "20"}, {Text: "Travelled from Wuhan"}, {Text: ""}},
			{{Text: "2"}, {Text: "05/06/2020"}, {Text: "28-35", Bad: true}, {Text: ""}, {Text: "x"}},
		}
	case imports.Running:
		v.Progress = ui.Progress{ID: "job", Label: i18n.M("import.running", "file", "linelist.csv"), Done: 18240, Total: 28183, Rate: 11230, Left: 62 * time.Second, State: "running", Poll: "/imports/7?part=running", Event: "imports", Pause: "/imports/7/pause"}
	case imports.DryRun, imports.Result:
		v.Counts = &counts
		v.Rejections = []imports.Rejection{
			{Row: 412, Column: "patient_number", Value: "P12", Reason: i18n.M("import.reason."+"twice", "row", "7", "text", "")},
			{Row: 977, Column: "date_announced", Value: "31/02/2020", Reason: i18n.M("import.reason."+"date", "row", "", "text", ""), Doubt: true},
			{Reason: i18n.M("import.reason."+"cut_off", "row", "", "text", "")},
		}
		v.More, v.ErrorsHref = true, "/imports/7/errors.csv"
		if step == imports.DryRun {
			v.Run, v.Back = "/imports/7/run", "/imports/7?step=columns"
		} else {
			v.Cancel, v.CasesHref, v.UnresolvedHref = "", "/cases", "/chains/unresolved"
		}
	}
	return v
}
