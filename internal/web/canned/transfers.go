package canned

import (
	"net/url"
	"time"

	"firebreak/internal/i18n"
	"firebreak/internal/web/transfers"
	"firebreak/internal/web/ui"
)

func arrivals() ui.Table {
	t := ui.Listing{Path: "/transfers", Values: url.Values{}}.Table("arriving", i18n.M("transfer.arriving"), ui.Column{Key: "at", Label: i18n.M("transfer.arrives")}, ui.Column{Key: "site", Label: i18n.M("transfer.site")},
		ui.Column{Key: "vehicle", Label: i18n.M("transfer.vehicle")}, ui.Column{Key: "people", Label: i18n.M("transfer.people"), Numeric: true}, ui.Column{Key: "state", Label: i18n.M("col.state")})
	t.Empty = ui.Empty{Title: i18n.M("transfer.nobody_arrives"), Hint: i18n.M("transfer.nobody_arrives_hint")}
	return t
}

// TransferAutoPlan is a setting that was made for the night.
func TransferAutoPlan() transfers.AutoPlanView {
	return transfers.AutoPlanView{List: "/transfers", Now: &transfers.AutoPlanSetting{Every: 10, At: at(12, 20, 0), By: "qian", Why: "夜间人手不足"},
		Set: &ui.Form{ID: "set", Action: "/transfers/auto-plan", Version: "1", Submit: i18n.M("action.save"), Cancel: "/transfers", Fields: []ui.Field{
			{Name: "every", Label: i18n.M("auto_plan.every"), Kind: ui.FieldNumber, Value: "10", Min: "0", Max: "120", Required: true, Hint: i18n.M("auto_plan.every_hint")},
			{Name: "reason", Label: i18n.M("col.reason"), Kind: ui.FieldArea, Required: true}}}}
}

// TransferBoard is a board with vehicles under way, somebody late, and what giving a party to another vehicle would cost.
func TransferBoard() transfers.View {
	v := transfers.View{Href: "/transfers", May: true, Auto: 10, Figures: []transfers.Figure{{Key: "open", N: 3}, {Key: "planned", N: 21}, {Key: "aboard", N: 4}, {Key: "no-show", N: 1}, {Key: "refused", N: 0}, {Key: "late", N: 2, Late: true}},
		ToBed: &transfers.ToBed{People: 118, Late: 4, Median: 156 * time.Minute, P90: 223 * time.Minute}, Plan: &transfers.Plan{Version: 14, MadeAt: at(12, 21, 20), By: "qian", People: 25, Unserved: 1},
		Needed: &transfers.Needed{Items: []transfers.More{{Class: "case", Vehicles: 2, Seats: 4, Stretchers: 1, Unserved: 1, Late: 5}, {Class: "contact", Vehicles: 1, Seats: 20, Late: 3, LateThen: 1}}},
		Cost:   &transfers.Cost{Party: 41, Vehicle: "鲁B-120", ID: 2, Fits: true, Minutes: 6.5, Km: 3.2, At: at(12, 22, 5), Late: []transfers.CostLate{{Party: 44, By: 12 * time.Minute}}},
		Waiting: []transfers.Party{{ID: 41, Href: "/transfers/41", People: 3, Class: "contact", Purpose: "quarantine", Area: "水集社区", State: "planned", Status: ui.DueSoon, Deadline: at(12, 22, 20), Promised: at(12, 21, 55), Vehicle: "鲁B-119", Wheelchairs: 1, Needs: []string{"oxygen"}, Companions: 1, Moves: true},
			{ID: 38, Href: "/transfers/38", People: 1, Class: "case", Purpose: "isolation", Area: "望城社区", State: "no-show", Status: ui.Late, Deadline: at(12, 20, 10), Reason: "no answer", Again: "/transfers/38/again"},
			{ID: 44, Href: "/transfers/44", People: 1, Class: "case", Purpose: "isolation", Area: "望城社区", State: "open", Status: ui.DueSoon, Deadline: at(12, 22, 50), Alone: true, Moves: true}},
		Vehicles: []transfers.Vehicle{{ID: 1, Code: "鲁B-119", Href: "/transfers/vehicles/1", State: "ready", Crew: "A", Seats: 20, Last: "contact", Bars: []transfers.Bar{{X: 0, Width: 700, Kind: "shift"}, {X: 120, Width: 140, Kind: "started", Stops: []int{130, 170, 240}}},
			Trips: []transfers.Trip{{ID: 3, State: "started", Class: "contact", To: "水集酒店", Leaves: at(12, 21, 10), Arrives: at(12, 22, 30), Delay: 10 * time.Minute, Stops: 3, Done: 1, People: 6, Late: true}}},
			{ID: 2, Code: "鲁B-120", Href: "/transfers/vehicles/2", State: "broken", Broken: true, Seats: 6}},
		Hours: []transfers.Hour{{X: 83, At: at(12, 21, 0)}, {X: 167, At: at(12, 22, 0)}},
		Sites: []transfers.Site{{Code: "Q1", Name: "水集酒店", Kind: "quarantine-site", Grave: 2, Standards: "/isolation/1/inspections"}, {Code: "I1", Name: "体育馆方舱", Kind: "isolation-site", Full: true, Reason: "no beds", Since: at(12, 20, 0)}}}
	v.Arriving = arrivals()
	v.Arriving.Rows = []ui.Row{{ID: "3", Label: "水集酒店", Status: ui.OnTime, Cells: []ui.Cell{ui.Due(at(12, 22, 30), ui.OnTime), ui.Text("水集酒店"), ui.Code("鲁B-119", ""), ui.Number(6), ui.Enum("transfer.trip", "started")}}}
	return v
}

// TransferBoardEmpty is a board before anything is entered.
func TransferBoardEmpty() transfers.View {
	return transfers.View{Href: "/transfers", May: true, Figures: []transfers.Figure{{Key: "open"}, {Key: "late", Late: true}}, Arriving: arrivals()}
}

// TransferParty is a child who is a case, whom an adult of the household may go along with.
func TransferParty() transfers.RequestView {
	hands := ui.Listing{Path: "/transfers/44", Values: url.Values{}}.Table("hands", i18n.M("transfer.hand_overs"), ui.Column{Key: "at", Label: i18n.M("box.when")}, ui.Column{Key: "end", Label: i18n.M("transfer.end")})
	hands.Empty = ui.Empty{Title: i18n.M("transfer.no_hand_over")}
	return transfers.RequestView{Party: transfers.Party{ID: 44, Href: "/transfers/44", People: 1, Class: "case", Purpose: "isolation", Area: "望城社区", State: "open", Status: ui.DueSoon, Deadline: at(12, 22, 50), Alone: true}, Back: "/transfers", Hands: hands,
		Who: []transfers.Member{{Code: "LX-0031", Href: "/cases/LX-0031", Seat: "seat"}, {Code: "LX-0031", Href: "/cases/LX-0031", Seat: "seat", With: true}},
		Stays: &ui.Form{ID: "stays", Action: "/transfers/44/companions/cancel", Submit: i18n.M("transfer.stays_submit"), Fields: []ui.Field{{Name: "transfer", Label: i18n.M("transfer.who_stays"), Kind: ui.FieldSelect, Value: "45", Options: []ui.Option{{Value: "45", Label: i18n.M("transfer.companion_n", "code", "LX-0031", "n", 1)}}},
			{Name: "reason", Label: i18n.M("col.reason"), Kind: ui.FieldText, Required: true, Hint: i18n.M("transfer.stays_hint")}}},
		Along: &ui.Form{ID: "along", Action: "/transfers/44/companions", Submit: i18n.M("transfer.goes_along"), Fields: []ui.Field{
			{Name: "person", Label: i18n.M("transfer.who_goes"), Kind: ui.FieldSelect, Value: "7", Options: []ui.Option{{Value: "7", Label: i18n.M("transfer.adult_of", "sex", i18n.M("transfer.adult_female"), "age", 38)}, {Value: "8", Label: i18n.M("transfer.adult", "sex", i18n.M("transfer.adult_male"))}}},
			{Name: "agreed", Label: i18n.M("transfer.agreed"), Kind: ui.FieldCheck, Hint: i18n.M("transfer.agreed_hint")}}}}
}
