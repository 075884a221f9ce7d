package canned

import (
	"net/url"

	"firebreak/internal/i18n"
	"firebreak/internal/web/ui"
	"firebreak/internal/web/zones"
)

// Zones is the list of zones.
func Zones() zones.ListView {
	return zones.ListView{Draws: true, Listing: ui.Listing{Path: "/zones", Values: url.Values{}, Filters: zones.Filters(areaNames(), url.Values{})}, Zones: []zones.Row{
		{Href: "/zones/3", Area: "水集社区", Within: "莱西市", Level: "封控区", State: "proposed", Since: at(12, 20, 15), End: i18n.M("zone.end_after", "day", i18n.Day("2022-03-26")), Clause: "zones.propose"},
		{Href: "/zones/2", Area: "望城社区", Within: "莱西市", Level: "封控区", State: "in_force", Since: at(4, 9, 0), End: i18n.M("zone.end_met", "day", i18n.Day("2022-03-11")), Met: true, Clause: "zones.propose"},
		{Href: "/zones/1", Area: "店埠社区", Within: "莱西市", Level: "防范区", State: "lifted", Since: at(11, 8, 0), End: i18n.M("event.detail", "text", "no case for 14 days; all negative"), Clause: "zones.propose"},
	}}
}

// ZoneView is a proposed zone, as who decides it sees it.
func ZoneView() zones.View {
	return zones.View{ID: 3, Area: "水集社区", Path: []ui.Crumb{{Name: "莱西市", Href: "/zones?area=370285"}}, Population: 4120, Level: "封控区", Conduct: "区域封闭、足不出户、服务上门", State: "proposed",
		Since: at(12, 20, 15), Proposed: at(12, 20, 15), Task: &zones.Task{Kind: "decide_zone", Href: "/tasks/8841", Due: at(13, 0, 15), Status: ui.OnTime, Owner: "Duty officer"},
		Because: []zones.Reason{
			{Kind: "rule", Text: i18n.M("rule.case_confirmed"), Ref: "response/on_case_confirmed.go"},
			{Kind: "clause", Text: i18n.M("zone.proposes", "level", "封控区"), Ref: "covid19/2021-v8@1 zones.propose · [48]"},
			{Kind: "fact", Text: i18n.M("happened.case.confirmed", "who", "LX-0571", "area", "水集社区"), Ref: "#4711", Href: "/cases/LX-0571", At: at(12, 20, 15)},
		},
		Lifting: &zones.Lifting{From: "2022-03-12", Until: "2022-03-26", Clauses: []zones.Clause{
			{What: "clean_for", Value: "14", Unit: "d", Path: "covid19/2021-v8@1 zones.levels.0.clean_for", Source: "[48]", Status: "official"},
			{What: "last_test", Value: "48", Unit: "h", Path: "covid19/2021-v8@1 zones.levels.0.last_test", Source: "[48]", Status: "assumed"},
		}},
		Decide: &ui.Form{ID: "decide", Action: "/zones/3", Version: "1", Submit: i18n.M("zone.decide_submit"), Hidden: map[string]string{"was_state": "proposed", "was_level": "lockdown"}, Fields: []ui.Field{
			{Name: "decision", Label: i18n.M("zone.decision"), Kind: ui.FieldRadio, Required: true, Options: []ui.Option{{Value: "draw:lockdown", Label: i18n.M("zone.draw_as_proposed", "level", "封控区")}, {Value: "draw:controlled", Label: i18n.M("zone.draw_otherwise", "level", "管控区")}, {Value: "decline", Label: i18n.M("zone.decline")}}},
			{Name: "reason", Label: i18n.M("col.reason"), Kind: ui.FieldArea, Required: true, Hint: i18n.M("zone.reason_hint")},
		}},
		Timeline: ui.Timeline{ID: "zone-history", Label: i18n.M("case.tab.history"), Events: []ui.Event{{At: at(12, 20, 15), Kind: "zone.proposed", Text: i18n.M("zone.event.proposed", "level", "封控区")}}},
	}
}
