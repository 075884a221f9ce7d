package canned

import (
	"time"

	"firebreak/internal/i18n"
	"firebreak/internal/web/now"
	"firebreak/internal/web/ui"
)

// Curve is three weeks of a school outbreak with one day of no data.
func Curve() ui.EpiCurve {
	return ui.EpiCurve{
		ID: "epi", Label: i18n.M("curve.title", "n", 21), ByWhat: "onset", Days: days(21), Incomplete: 3, Href: "/cases",
		In:  []int{0, 0, 0, 1, 2, 5, 9, 14, -1, 31, 38, 44, 52, 47, 41, 44, 39, 31, 22, 12, 4},
		Out: []int{1, 2, 3, 7, 13, 22, 27, 25, -1, 21, 17, 12, 9, 7, 6, 4, 4, 3, 2, 1, 0},
	}
}

// NowView is the Now screen in week two.
func NowView() now.View {
	return now.View{
		Path:    "/now",
		Days:    ui.Figure{Label: i18n.M("now.days_since"), Value: ptr[int64](1), Sub: i18n.M("now.last_case", "day", "LX-0571"), Href: "/cases?found=outside&sort=-onset"},
		Inside:  ui.Figure{Label: i18n.M("now.inside"), Value: ptr[int64](43), Href: "/cases?found=inside&reported=today"},
		Outside: ui.Figure{Label: i18n.M("now.outside"), Value: ptr[int64](2), Href: "/cases?found=outside&reported=today", Alarm: true},
		Rt:      &ui.Estimate{Mean: 0.81, Low: 0.70, High: 0.93}, RtHref: "/situation",
		Curve: Curve(),
		Duties: []ui.Duty{
			{Kind: ui.Tested, Done: 9_871_204, Total: 10_071_722, Unit: "people", Median: ptr(186 * time.Minute),
				Finish: &ui.Interval{At: at(13, 5, 40), Low: at(13, 5, 10), High: at(13, 6, 30)}, Href: "/screening"},
			{Kind: ui.Traced, Done: 212, Total: 214, Late: 2, Unit: "cases", Median: ptr(162 * time.Minute), HeldBy: "市北 trace team 4", Href: "/tasks?duty=traced", LateHref: "/tasks?duty=traced&late=1"},
			{Kind: ui.Moved, Done: 598, Total: 611, DueSoon: 9, Late: 4, Unit: "people", Median: ptr(100 * time.Minute), HeldBy: "即墨 transfer desk", Note: i18n.M("duty.rooms", "n", 1204), Href: "/tasks?duty=moved", LateHref: "/tasks?duty=moved&late=1"},
			{Kind: ui.Isolated, Done: 2553, Total: 2560, DueSoon: 7, Unit: "people", Median: ptr(95 * time.Minute), Href: "/tasks?duty=isolated"},
			{Kind: ui.Treated, Done: 251, Total: 251, Unit: "cases", Note: i18n.M("duty.icu", "n", 61), Href: "/tasks?duty=treated"},
		},
		Map: ui.Map{ID: "map", Label: i18n.M("map.title"),
			Layers: []ui.MapLayer{
				{Key: "districts", Kind: "area", Href: "/storybook/districts.geojson", Shown: true},
				{Key: "zones", Kind: "zone", Href: "/storybook/zones.geojson", Shown: true},
				{Key: "cases", Kind: "point", Href: "/storybook/cases.geojson", Shown: true},
			},
			Areas: []ui.MapArea{
				{Code: "370285", Name: "莱西市", Href: "/now?area=370285", Cases: ptr[int64](531), New: ptr[int64](39), Late: ptr[int64](5)},
				{Code: "370215", Name: "即墨区", Href: "/now?area=370215", Cases: ptr[int64](28), New: ptr[int64](4), Late: ptr[int64](4)},
				{Code: "370203", Name: "市北区", Href: "/now?area=370203", Cases: ptr[int64](11), New: ptr[int64](2), Late: ptr[int64](2)},
				{Code: "370283", Name: "平度市", Href: "/now?area=370283", Cases: ptr[int64](4), New: ptr[int64](0), Late: ptr[int64](0)},
				{Code: "370283104", Name: "田庄镇", New: ptr[int64](0), Late: ptr[int64](0)},
			}, Protected: i18n.M("map.protected", "least", 5, "floor", 20_000)},
		Late: []now.Holder{
			{Name: "即墨 transfer desk", Status: ui.Late, Count: 4, Oldest: 130 * time.Minute, Href: "/tasks?owner=jimo-transfer"},
			{Name: "市北 trace team 4", Status: ui.Late, Count: 2, Oldest: 41 * time.Minute, Href: "/tasks?owner=shibei-4"},
			{Name: "lab 水集", Status: ui.DueSoon, Note: i18n.M("now.backlog", "d", 192*time.Minute), Href: "/screening/labs"},
		},
		LateHref: "/tasks?late=1",
		Events: []ui.Event{
			{At: at(12, 21, 39), Kind: "result", Text: i18n.M("event.text.pool_positive", "pool", "Q7-0412", "n", 10), Href: "/tasks/8841"},
			{At: at(12, 21, 36), Kind: "moved", Text: i18n.M("event.text.moved", "n", 3, "place", "水集 isolation site 2"), Who: "bus 14"},
			{At: at(12, 21, 31), Kind: "confirmed", Text: i18n.M("event.text.confirmed", "case", "LX-0574"), Href: "/cases/LX-0574"},
			{At: at(12, 21, 20), Kind: "listed", Text: i18n.M("event.text.listed", "case", "LX-0571", "n", 23), Href: "/cases/LX-0571", Who: "莱西 team 2"},
		},
	}
}

// NowEmpty is the Now screen of an outbreak without a case.
func NowEmpty() now.View {
	return now.View{Empty: &ui.Empty{Title: i18n.M("now.empty"), Hint: i18n.M("now.empty_hint"), Action: i18n.M("nav.imports"), Href: "/imports"}}
}
