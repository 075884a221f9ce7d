package canned

import (
	"net/url"

	"firebreak/internal/facility"
	"firebreak/internal/i18n"
	"firebreak/internal/roster"
	"firebreak/internal/web/isolation"
	"firebreak/internal/web/ui"
)

// Isolation is the list of facilities of a city that keeps one in reserve.
func Isolation() isolation.ListView {
	t := ui.Listing{Path: "/isolation"}.Table("facilities", i18n.M("isolation.facilities"), ui.Column{Key: "facility", Label: i18n.M("isolation.facility")}, ui.Column{Key: "state", Label: i18n.M("col.state")},
		ui.Column{Key: "in", Label: i18n.M("isolation.people_in"), Numeric: true}, ui.Column{Key: "beds", Label: i18n.M("isolation.beds_free"), Numeric: true}, ui.Column{Key: "rooms", Label: i18n.M("isolation.col_rooms")}, ui.Column{Key: "staff", Label: i18n.M("isolation.col_staff")}, ui.Column{Key: "inspected", Label: i18n.M("inspect.col")})
	cells := func(name, kind, href, state string, in, booked, free, beds int64, staff, inspected ui.Cell) []ui.Cell {
		return []ui.Cell{ui.Link(name, href).With(i18n.M("isolation.kind_in", "kind", kind, "area", "水集街道")), ui.Enum("facility_state", state), ui.Number(in).With(i18n.M("isolation.and_expected", "n", booked)), ui.Number(free).With(i18n.M("isolation.of_beds", "n", beds)),
			ui.Words(i18n.M("isolation.rooms_used", "free", free, "in", in)).With(i18n.M("isolation.rooms_else", "booked", booked, "cleaning", 22)), staff, inspected}
	}
	t.Rows = []ui.Row{
		{ID: "1", Href: "/isolation/1", Label: "Q1", Status: ui.Done, Cells: cells("Q1 · 水集酒店", "Q", "/isolation/1", "open", 212, 14, 31, 257, ui.Signed(ui.Late, i18n.M("isolation.staff_now", "n", 2), "/isolation/1/roster"),
			ui.WordsLink(i18n.M("inspect.on", "when", i18n.Day("2022-03-11")), "/isolation/1/inspections").With(i18n.M("inspect.unmet_grave", "of", 2, "critical", 1)))},
		{ID: "2", Href: "/isolation/2", Label: "F1", Status: ui.OnTime, Cells: cells("F1 · 体育馆", "F", "/isolation/2", "reserve", 0, 0, 600, 600, ui.Text(""), ui.WordsLink(i18n.M("inspect.never"), "/isolation/2/inspections"))},
	}
	return isolation.ListView{NewHref: "/isolation/new", Ahead: []isolation.AheadView{Ahead()}, Table: t, Totals: []isolation.Count{{Label: i18n.M("isolation.people_in"), N: 212}, {Label: i18n.M("isolation.expected"), N: 14}, {Label: i18n.M("isolation.beds_free"), N: 31, Sub: i18n.M("isolation.of_beds", "n", 257)}}}
}

// NoIsolation is the list before anything was entered.
func NoIsolation() isolation.ListView {
	t := ui.Listing{Path: "/isolation"}.Table("facilities", i18n.M("isolation.facilities"), ui.Column{Key: "facility", Label: i18n.M("isolation.facility")})
	t.Empty = ui.Empty{Title: i18n.M("isolation.none"), Hint: i18n.M("isolation.none_hint"), Action: i18n.M("isolation.add"), Href: "/isolation/new"}
	return isolation.ListView{NewHref: "/isolation/new", Table: t}
}

// Facility is a quarantine site with a room in every state.
func Facility() isolation.View {
	near := isolation.Guest{Stay: 7, Of: "LX-K-0310", OfHref: "/contacts/LX-K-0310", Href: "/isolation/1/stays/7", Bed: 1, In: true, Since: at(10, 9, 0), Ends: "2022-03-24"}
	over := isolation.Guest{Stay: 8, Of: "LX-K-0102", OfHref: "/contacts/LX-K-0102", Href: "/isolation/1/stays/8", Bed: 1, In: true, Since: at(1, 9, 0), Over: true}
	come := isolation.Guest{Stay: 9, Of: "LX-K-0412", OfHref: "/isolation/1/stays/9", Href: "/isolation/1/stays/9", Bed: 1, Since: at(12, 20, 0)}
	with := isolation.Guest{Stay: 10, Of: near.Of, OfHref: near.OfHref, Href: "/isolation/1/stays/10", Bed: 2, In: true, Since: at(10, 9, 0), Ends: near.Ends, With: true}
	people := ui.Listing{Path: "/isolation/1"}.Table("people", i18n.M("isolation.people"), ui.Column{Key: "who", Label: i18n.M("isolation.who")}, ui.Column{Key: "room", Label: i18n.M("isolation.room")}, ui.Column{Key: "ends", Label: i18n.M("isolation.ends")})
	people.Rows = []ui.Row{{ID: "8", Href: over.Href, Label: over.Of, Status: ui.Late, Cells: []ui.Cell{ui.Code(over.Of, over.Href), ui.Text("302"), ui.Words(i18n.M("isolation.to_leave"))}},
		{ID: "7", Href: near.Href, Label: near.Of, Status: ui.OnTime, Cells: []ui.Cell{ui.Code(near.Of, near.Href), ui.Text("301"), ui.Day(near.Ends)}},
		{ID: "10", Href: with.Href, Status: ui.OnTime, Cells: []ui.Cell{ui.WordsLink(i18n.M("isolation.companion_of", "code", with.Of), with.Href), ui.Text("301"), ui.Day(with.Ends)}}}
	room := func(code string, s isolation.RoomState, who ...isolation.Guest) isolation.Room {
		return isolation.Room{Code: code, Href: "/isolation/1/rooms/" + code, State: s, Use: "private", Beds: 2, Guests: who}
	}
	ahead := Ahead()
	ahead.ID, ahead.Title, ahead.Coming, ahead.Tiers = "ahead", i18n.M("ahead.title"), false, nil
	stands := SiteStanding()
	return isolation.View{Staff: &isolation.StaffLine{Href: "/isolation/1/roster", On: 4, Short: 2, Short72: 3, Status: ui.Late, Asked: true}, Ahead: &ahead, Standing: &stands, InspectionsHref: "/isolation/1/inspections", MayInspect: true, Head: isolation.Head{Code: "Q1", Name: "水集酒店", Href: "/isolation/1", Kind: "quarantine-site", State: "opening", Status: ui.DueSoon, Area: "水集街道", Tier: "close", Usable: at(13, 8, 0), Phone: "0532-8000", RoomsHref: "/isolation/1/rooms"},
		Counts:   []isolation.Count{{Label: i18n.M("isolation.people_in"), N: 3}, {Label: i18n.M("isolation.expected"), N: 1}, {Label: i18n.M("isolation.beds_free"), N: 2, Sub: i18n.M("isolation.of_beds", "n", 10)}},
		Arrivals: []isolation.Arrival{{Room: "303", Href: "/isolation/1/rooms/303", Guests: []isolation.Guest{come}}, {Room: "304", Href: "/isolation/1/rooms/304", Guests: []isolation.Guest{come}, Wait: isolation.Cleaning}}, CheckIn: "/isolation/1/arrivals",
		Turns: []isolation.Turn{{Code: "304", Href: "/isolation/1/rooms/304", Since: at(12, 18, 0), Action: "/isolation/1/rooms/304", Version: 3}}, Rooms: 5, People: people,
		Corridors: []isolation.Corridor{{Name: "电梯A", Class: "contact", Rooms: []isolation.Room{room("301", isolation.In, near, with), room("302", isolation.In, over), room("303", isolation.Booked, come)}}, {Rooms: []isolation.Room{room("304", isolation.Cleaning), room("305", isolation.Broken), room("306", isolation.Free)}}},
		Forms: []isolation.Form{{Title: i18n.M("isolation.book"), Hint: i18n.M("isolation.book_hint"), Form: ui.Form{ID: "book", Action: "/isolation/1/stays", Submit: i18n.M("isolation.book"), Error: i18n.M("isolation.refused_in", "room", "301", "rule", "no bed is left"),
			Fields: []ui.Field{{Name: "codes", Label: i18n.M("isolation.codes.contact"), Kind: ui.FieldArea, Required: true, Hint: i18n.M("isolation.codes_hint")}}}}}}
}

// Stay is somebody who is to be let go.
func Stay() isolation.OneView {
	return isolation.OneView{Head: Facility().Head, Title: i18n.M("isolation.stay_of", "who", "LX-K-0102"), StateKey: "in", Status: ui.Done, Facts: []isolation.Fact{{Label: i18n.M("isolation.room"), Value: ui.Code("302", "/isolation/1/rooms/302")}, {Label: i18n.M("isolation.since"), Value: ui.At(at(1, 9, 0))}, {Label: i18n.M("isolation.ends"), Value: ui.Words(i18n.M("isolation.to_leave"))}},
		Guests: []isolation.Guest{{Of: "LX-K-0103", Href: "/isolation/1/stays/10", Bed: 2, In: true, Since: at(2, 9, 0), With: true}}, Forms: []isolation.Form{{Title: i18n.M("isolation.check_out"), Hint: i18n.M("isolation.check_out_hint"), Form: ui.Form{ID: "check-out", Action: "/isolation/1/stays/8/check-out", Submit: i18n.M("isolation.check_out"),
			Fields: []ui.Field{{Name: "leaving", Label: i18n.M("isolation.leaving"), Kind: ui.FieldRadio, Required: true, Options: []ui.Option{{Value: "released", Label: i18n.M("leaving.released")}, {Value: "moved", Label: i18n.M("leaving.moved")}}}}}}}}
}

// Checks is a site in the morning: one is late, one was not reached, one told a symptom themselves.
func Checks() isolation.ChecksView {
	words := []string{"fever", "cough", "unspecified"}
	card := func(id int64, room, of string, status ui.Status) isolation.CheckCard {
		return isolation.CheckCard{ID: id, Room: room, RoomHref: "/isolation/1/rooms/" + room, Bed: 1, Of: of, OfHref: "/contacts/" + of, Tier: "close", Day: 3, Days: 10, Due: at(12, 12, 0), Status: status, Action: "/isolation/1/checks/" + of, Symptoms: words}
	}
	late, ill, done := card(7, "301", "LX-K-0310", ui.Late), card(8, "302", "LX-K-0311", ui.DueSoon), card(9, "303", "LX-K-0312", ui.Done)
	late.Due, late.Last = at(11, 23, 59), isolation.LastCheck{At: at(11, 9, 0), Found: "unreached"}
	ill.Last, ill.Typed, ill.Error = isolation.LastCheck{At: at(11, 20, 0), Found: "symptoms", Temperature: 37.8, Symptoms: "fever", Self: true}, "hot", i18n.M("checks.bad_temperature")
	done.Result = "well"
	return isolation.ChecksView{Head: Facility().Head, Due: 3, Late: 1, People: 6, Made: 2, Next: at(12, 12, 0), Without: 1,
		Groups: []isolation.CheckGroup{{Title: i18n.M("checks.late"), Cards: []isolation.CheckCard{late}}, {Title: i18n.M("checks.lift", "name", "3"), Cards: []isolation.CheckCard{ill, done}}}}
}

// Ahead is a kind of facility that is full in a day and a half if as many come as before.
func Ahead() isolation.AheadView {
	row := func(d, h int, p facility.Point) isolation.AheadRow {
		p.At = at(d, h, 40)
		return isolation.NewAheadRow(p)
	}
	return isolation.AheadView{ID: "ahead-quarantine-site", Title: i18n.M("ahead.of_kind", "kind", "Q"), Status: ui.DueSoon, Full: i18n.M("ahead.full_trend", "at", "14 Mar 09:40", "n", 96), Coming: true, Hours: "6",
		Says:  []i18n.Msg{i18n.M("ahead.wanted", "n", 44), i18n.M("ahead.no_day", "n", 3)},
		Tiers: []isolation.Count{{Label: i18n.M("ahead.tier.now"), N: 257}, {Label: i18n.M("ahead.tier.in24"), N: 600}},
		Rows: []isolation.AheadRow{row(12, 21, facility.Point{People: 212, Places: 257, InUse: 190, Held: 14, Turning: 22, Free: 31}), row(13, 3, facility.Point{People: 226, Places: 257, InUse: 204, Turning: 10, Free: 43, Wanted: 20, Trend: 20}),
			row(13, 21, facility.Point{People: 220, Places: 257, InUse: 199, Turning: 5, Free: 53, Wanted: 44, Trend: 96})}}
}

// Incidents is a site where somebody fell ill just now, and a complaint was dealt with.
func Incidents() isolation.IncidentsView {
	grave := ui.Choices("incident.severity", "minor", "serious", "critical")
	return isolation.IncidentsView{Head: Facility().Head, Report: "/isolation/1/incidents", Kinds: []string{"medical", "without-leave", "fire", "complaint"}, Grave: grave, Open: 2, Day: 2, Shown: 200, Limited: true, Cards: []isolation.IncidentCard{
		{ID: 3, Kind: "medical", Severity: "critical", Status: ui.Late, Due: at(12, 21, 0), At: at(12, 20, 30), Where: "301", Who: "LX-K-0310", WhoHref: "/isolation/1/stays/7", Note: "胸闷", NotedBy: "q1-desk", Action: "/isolation/1/incidents/3", Version: 1, Grave: grave, Error: i18n.M("incident.needs_done")},
		{ID: 2, Kind: "without-leave", Severity: "serious", Status: ui.DueSoon, Due: at(12, 23, 0), At: at(12, 21, 0), NotedBy: "q1-desk", Version: 1},
		{ID: 1, Kind: "complaint", Severity: "minor", Status: ui.Done, At: at(11, 9, 0), Where: "2", Note: "盒饭已凉", Done: "已更换保温箱", NotedBy: "q1-desk", ClosedAt: at(11, 12, 0), ClosedBy: "q1-desk", Action: "/isolation/1/incidents/1", Version: 2, Grave: grave}}}
}

// Roster is the roster of a site on which somebody is missing, with a cancelling that was refused.
func Roster() isolation.RosterView {
	gap := facility.Shortage{Role: facility.MedicalStaff, From: at(12, 20, 0), To: at(13, 8, 0), Wanted: 4, OnDuty: 2}
	loop := facility.Loop{Worker: "N01", Since: at(11, 8, 0), Last: at(13, 20, 0), Out: at(20, 20, 0)}
	crossing := facility.Loop{Worker: "王<五>", Since: at(10, 8, 0), Last: at(11, 20, 0), Out: at(18, 20, 0), Crosses: []facility.ShiftID{5}}
	return isolation.RosterView{Head: Facility().Head, Asked: true, People: 180, Most: 212, From: "2022-03-12", To: "2022-03-18", Prev: "/isolation/1/roster?day=2022-03-05", Next: "/isolation/1/roster?day=2022-03-19", TestEvery: 1, Apart: 7,
		Needs: []isolation.NeedRow{{Need: roster.Need{Role: facility.MedicalStaff, Wanted: 4, OnDuty: 2, Short24: 2, Short72: 5, From: at(12, 20, 0), Hours: 30, Assumed: true}, Status: ui.Late},
			{Need: roster.Need{Role: facility.Security, Wanted: 4, OnDuty: 4, Short72: 4, From: at(14, 20, 0), Hours: 12, Assumed: true}, Status: ui.DueSoon},
			{Need: roster.Need{Role: facility.Logistics, Wanted: 1, OnDuty: 1}, Status: ui.Done}, {Need: roster.Need{Role: facility.Counselling, OnDuty: 1, NotAskedFor: true}, Status: ui.Void}},
		Gaps: []isolation.Gap{{Shortage: gap, Status: ui.Late}, {Shortage: facility.Shortage{Role: facility.Security, From: at(14, 20, 0), To: at(15, 8, 0), Wanted: 4}, Status: ui.DueSoon}}, MoreGaps: 2,
		On: []isolation.ShiftRow{{Worker: "N01"}, {Worker: "N02"}},
		Days: []isolation.RosterDay{{Day: "2022-03-12", Today: true, Open: true, N: 2, Blocks: []isolation.ShiftBlock{
			{From: at(12, 8, 0), To: at(12, 20, 0), Shifts: []isolation.ShiftRow{
				{ID: 1, Worker: "N01", Role: "medical", Zone: "contaminated", State: "on", Status: ui.Done, Until: at(12, 20, 0), Cancel: "/isolation/1/roster/1", Version: 1},
				{ID: 2, Worker: "N07", Role: "logistics", Zone: "clean", State: "cancelled", Status: ui.Void, Why: "发热<37.9>", WhyBy: "q1-desk", WhyAt: at(12, 7, 0), Version: 2}}},
			{From: at(12, 20, 0), To: at(13, 8, 0), NextDay: true, Shifts: []isolation.ShiftRow{
				{ID: 3, Worker: "N03", Role: "security", State: "planned", Status: ui.OnTime, Cancel: "/isolation/1/roster/3", Version: 1, Error: i18n.M("roster.needs_reason"), Typed: " "}}}}},
			{Day: "2022-03-13", N: 1, Blocks: []isolation.ShiftBlock{{From: at(13, 8, 0), To: at(13, 20, 0), Shifts: []isolation.ShiftRow{
				{ID: 5, Worker: "王<五>", Role: "liaison", Zone: "clean", State: "planned", Status: ui.OnTime, Crosses: true, Cancel: "/isolation/1/roster/5", Version: 1}}}}}},
		Loops: []isolation.LoopRow{{Loop: loop, In: true, Status: ui.OnTime}, {Loop: crossing, Status: ui.Late}},
		Forms: isolation.ShiftForms("/isolation/1/roster", url.Values{"worker": {"N01"}})}
}

// EmptyRoster is the same for whoever may only read, of a site of which the pack asks nothing.
func EmptyRoster() isolation.RosterView {
	return isolation.RosterView{Head: Facility().Head, From: "2022-03-12", To: "2022-03-18", Prev: "/isolation/1/roster?day=2022-03-05", Next: "/isolation/1/roster?day=2022-03-19", Apart: 5}
}

// SiteStanding is a site that lacks something critical, which is late, and something that is not.
func SiteStanding() isolation.Standing {
	return isolation.Standing{Last: at(11, 9, 0), Due: at(18, 9, 0), Every: 7, Grave: 1, Lacks: []isolation.Lack{
		{Words: "Refuse is kept apart", Critical: true, Note: "暂存间未上锁", Found: at(11, 9, 0), Due: at(12, 9, 0), Status: ui.Late}, {Words: "Notices are there in <all> languages", Found: at(11, 9, 0), Due: at(14, 9, 0), Status: ui.DueSoon}}}
}

// Inspections is a site whose inspection is being entered, with what was refused.
func Inspections() isolation.InspectionsView {
	return isolation.InspectionsView{Head: Facility().Head, Standing: SiteStanding(), Inspect: "/isolation/1/inspections", Seen: 3, Shown: 20, Typed: url.Values{"finding.waste": {"unmet"}, "note.waste": {"无<袋>"}, "note.care": {"?"}}, Error: i18n.M("inspect.note_alone", "standard", "care"),
		Standards: []isolation.StandardCard{{ID: "zones", Words: "Three areas are set apart", Critical: true, Finding: "met", At: at(11, 9, 0), Status: ui.Done},
			{ID: "waste", Words: "Refuse is kept apart", Critical: true, Assumed: true, Finding: "unmet", At: at(11, 9, 0), Note: "暂存间未上锁", Status: ui.Late}, {ID: "care", Words: "Who needs care is known", Assumed: true, Status: ui.Void}},
		Past: []isolation.PastInspection{{At: at(11, 9, 0), Inspector: "市卫生监督所", Note: "早班", Whole: true, Met: 20, Unmet: 2, Lacks: []isolation.Lack{{Words: "Refuse is kept apart", Note: "暂存间未上锁"}}}, {At: at(9, 9, 0), Inspector: "q1-desk", Met: 1}}}
}

// SeenInspections is the same for whoever may only read, of a site that was never inspected.
func SeenInspections() isolation.InspectionsView {
	return isolation.InspectionsView{Head: Facility().Head, Standing: isolation.Standing{Overdue: true, Every: 7}, Standards: Inspections().Standards[2:]}
}
