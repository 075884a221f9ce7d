package canned

import (
	"net/url"
	"time"

	"firebreak/internal/i18n"
	"firebreak/internal/web/rounds"
	"firebreak/internal/web/ui"
)

func roundHead() rounds.Head {
	return rounds.Head{Href: "/rounds/4", Number: 4, Name: "全员检测", State: "planned", Where: "莱西市", Starts: at(13, 6, 0), Ends: at(14, 6, 0), Pool: 20,
		Tabs: []ui.Tab{{Label: i18n.M("round.tab.live"), Href: "/rounds/4"}, {Label: i18n.M("round.tab.plan"), Href: "/rounds/4/plan", Current: true}}}
}

// RoundUnplanned is a round without a plan, and with no laboratory to test its tubes.
func RoundUnplanned() rounds.PlanView {
	return rounds.PlanView{Head: roundHead(), May: true, Make: "/rounds/4/plan", Needs: []rounds.Need{{Text: i18n.M("plan.need.sites", "n", 312), OK: true}, {Text: i18n.M("plan.need.laboratories", "n", 0), Do: i18n.M("remedy.do.laboratory"), Href: "/laboratories/new"}}}
}

// RoundPlanning is one that is being planned.
func RoundPlanning() rounds.PlanView {
	v := RoundUnplanned()
	v.Needs, v.Running = nil, &rounds.Running{Stage: "planning", Step: 2, Steps: 4, Since: at(12, 21, 39), Poll: "/rounds/4/plan?part=running"}
	return v
}

// RoundPlan is the plan of a round that will be done too late, and what would help.
func RoundPlan() rounds.PlanView {
	saved := rounds.Bind{Resource: "laboratories", N: 2, Of: 6, Names: "水集, 望城", Change: []rounds.Change{{Name: "水集", Href: "/laboratories/1/edit"}}, More: true, From: at(13, 23, 0), To: at(14, 4, 0), Remedy: i18n.M("remedy.mobile", "n", 2, "of", 0), Saved: 186 * time.Minute}
	list := ui.Listing{Path: "/rounds/4/plan/assignments", Values: url.Values{}}.Table("plan-assignments", i18n.M("plan.list.assignments"), ui.Column{Key: "community", Label: i18n.M("plan.col.community")}, ui.Column{Key: "people", Label: i18n.M("plan.col.people"), Numeric: true})
	list.Rows = []ui.Row{{ID: "0", Cells: []ui.Cell{ui.Text("城关社区"), ui.Number(1240)}}}
	card := rounds.PlanCard{Href: "/rounds/4/plan", Sampling: at(14, 5, 15), Results: at(14, 13, 45), ResultsBy: at(14, 12, 0), Late: true, Whole: true, Bind: &saved, MadeAt: at(12, 21, 30)}
	return rounds.PlanView{Head: roundHead(), May: true, Again: true, Make: "/rounds/4/plan", Plan: &rounds.Planned{
		Card: card, Version: 3, By: "qian", AsOf: at(12, 21, 30), SamplingBy: at(14, 6, 0), People: 750_000, Tubes: 37_512, FrozenPeople: 1200, WalkKnown: true, WalkMedian: 340, WalkP90: 910, Stale: true,
		Short: []i18n.Msg{i18n.M("plan.short.late", "n", 2210, "at", at(14, 12, 0))}, Binds: []rounds.Bind{saved},
		Remedies: []rounds.Remedy{{Text: i18n.M("remedy.mobile", "n", 2, "of", 0), Results: at(14, 10, 39), Saved: 186 * time.Minute, Cost: 1_000_000, PerHour: 322_581, Apply: i18n.M("remedy.do.laboratory"), Href: "/laboratories/new?mobile=1"},
			{Text: i18n.M("remedy.often", "n", 0, "of", 0), Results: at(14, 13, 15), Saved: 30 * time.Minute, Cost: 18_000, PerHour: 36_000}},
		Useless: []i18n.Msg{i18n.M("remedy.lanes", "n", 10, "of", 0)},
		Notes:   []i18n.Msg{i18n.M("plan.note.areas_placed", "n", 40, "of", 212, "names", ""), i18n.M("plan.note.labs_placed", "n", 6, "of", 6, "names", "")},
		Map:     &ui.Map{ID: "plan-map", Label: i18n.M("plan.map"), Layers: []ui.MapLayer{{Key: "sites", Kind: "site", Href: "/rounds/4/plan/sites.geojson", Shown: true, Focus: true}}}, MapHint: i18n.M("plan.map_assumed"),
		Lists: []ui.Table{list}, City: "/rounds/4/plan/city.json", Versions: []rounds.Version{{Number: 2, MadeAt: at(12, 18, 0), By: "qian", Sampling: at(14, 5, 0), Results: at(14, 11, 30), InTime: true}}}}
}
