package canned

import (
	"firebreak/internal/cluster"
	"firebreak/internal/i18n"
	"firebreak/internal/web/clusters"
	"firebreak/internal/web/ui"
)

// Cluster is the page of a cluster in a school, while somebody else has changed it.
func Cluster() clusters.View {
	rate, _ := cluster.AttackRate(17, 45)
	members := ui.Listing{Path: "/clusters/CL-1"}.Table("members", i18n.M("col.cases"), ui.Column{Key: "case", Label: i18n.M("col.case")}, ui.Column{Key: "class", Label: i18n.M("col.class")}, ui.Column{Key: "onset", Label: i18n.M("col.onset")})
	members.Rows = []ui.Row{{ID: "LX-0001", Href: "/cases/LX-0001", Label: "LX-0001", Cells: []ui.Cell{ui.Link("LX-0001", "/cases/LX-0001"), ui.Enum("class", "confirmed"), ui.Day("2022-02-28")}}}
	return clusters.View{
		Code: "CL-1", Name: "三年二班", Kind: "school", Setting: "莱西七中", Area: "莱西市", First: "2022-02-24", Last: "2022-03-02", Exposed: 45, Members: 18, Counted: 17, Rate: &rate,
		Curve: &ui.StackCurve{ID: "curve", Label: i18n.M("cluster.curve"), Days: days(3), ByWhat: "onset", Stacks: []ui.Stack{{Name: i18n.M("col.cases"), N: []int{1, 0, 4}}}},
		Cases: members, Beyond: 2, Shared: "/shared?cluster=CL-1",
		Join: &ui.Form{ID: "join", Action: "/clusters/CL-1/cases", Submit: i18n.M("cluster.join"), Fields: []ui.Field{
			{Name: "cases", Label: i18n.M("col.cases"), Kind: ui.FieldText, Value: "LX-9", Required: true, Hint: i18n.M("cluster.cases_hint"), Error: i18n.M("form.invalid", "reason", "LX-9 is not the code of a known case")}}},
		Leave:    &ui.Form{ID: "leave", Action: "/clusters/CL-1/leave", Submit: i18n.M("cluster.leave"), Danger: true, Fields: []ui.Field{{Name: "case", Label: i18n.M("col.case"), Kind: ui.FieldSelect, Value: "LX-0001", Options: []ui.Option{{Value: "LX-0001", Text: "LX-0001"}}}}},
		State:    &ui.Form{ID: "state", Action: "/clusters/CL-1/state", Submit: i18n.M("cluster.close"), Version: "3", Fields: []ui.Field{{Name: "reason", Label: i18n.M("col.reason"), Kind: ui.FieldText, Required: true}}},
		Edit:     &ui.Form{ID: "edit", Action: "/clusters/CL-1", Submit: i18n.M("form.save"), Version: "3", Fields: []ui.Field{{Name: "exposed", Label: i18n.M("cluster.exposed"), Kind: ui.FieldNumber, Value: "45", Hint: i18n.M("cluster.exposed_hint")}}},
		Conflict: &ui.Conflict{Who: "li.w", At: at(12, 21, 30), Reload: "/clusters/CL-1", Changes: []ui.Change{{Label: i18n.M("cluster.exposed"), Was: "44", Theirs: "45", Yours: "46"}}},
		Timeline: ui.Timeline{ID: "cluster-history", Label: i18n.M("case.tab.history"), Events: []ui.Event{
			{At: at(12, 21, 30), Kind: "cluster.left", Text: i18n.M("cluster.event.left", "case", "LX-0007", "reason", "other class"), Who: "li.w"},
			{At: at(12, 20, 0), Kind: "cluster.joined", Text: i18n.M("cluster.event.joined", "n", 2), Who: "li.w"}}},
	}
}

// ClusterForm is a cluster being opened.
func ClusterForm() clusters.FormView {
	return clusters.FormView{Form: ui.Form{ID: "new", Action: "/clusters", Submit: i18n.M("cluster.open"), Cancel: "/clusters", Fields: []ui.Field{
		{Name: "name", Label: i18n.M("cluster.name"), Kind: ui.FieldText, Required: true, Hint: i18n.M("cluster.name_hint")},
		{Name: "kind", Label: i18n.M("cluster.shared"), Kind: ui.FieldSelect, Value: "household", Options: []ui.Option{{Value: "household", Label: i18n.M("cluster.kind.household")}}},
	}}}
}

// ClosedCluster is one as a reader sees it who may change nothing, with a number that cannot be.
func ClosedCluster() clusters.View {
	return clusters.View{Code: "CL-2", Name: "Bus 7", Kind: "transport", Exposed: 3, Members: 4, Counted: 4, TooMany: true, Note: "Asked the driver.", Closed: true, ClosedAt: at(12, 9, 0), Reason: "nobody new since a fortnight",
		Cases: ui.Listing{Path: "/clusters/CL-2"}.Table("members", i18n.M("col.cases"), ui.Column{Key: "case", Label: i18n.M("col.case")})}
}
