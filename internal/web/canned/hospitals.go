package canned

import (
	"time"

	"firebreak/internal/i18n"
	"firebreak/internal/web/hospitals"
	"firebreak/internal/web/ui"
)

// Care is the care screen of a city whose beds grow short: a reserve is proposed, and somebody waits too long.
func Care() hospitals.View {
	l := ui.Listing{Path: "/care"}
	waiting := l.Table("waiting", i18n.M("care.waiting"), ui.Column{Key: "case", Label: i18n.M("col.case")}, ui.Column{Key: "what", Label: i18n.M("care.what")}, ui.Column{Key: "severity", Label: i18n.M("care.severity")},
		ui.Column{Key: "due", Label: i18n.M("care.due")}, ui.Column{Key: "vehicle", Label: i18n.M("transfer.vehicle")}, ui.Column{Key: "owner", Label: i18n.M("care.holds")})
	waiting.Rows = []ui.Row{
		{ID: "LX-0007", Href: "/care/LX-0007", Label: "LX-0007", Status: ui.Late, Cells: []ui.Cell{ui.Link("LX-0007", "/care/LX-0007"), ui.Enum("task.kind", "move_to_icu"), ui.Enum("severity", "severe"), ui.Due(at(12, 20, 0), ui.Late), ui.Text(""), ui.Text("莱西市 · Hospital")}},
		{ID: "LX-0009", Href: "/care/LX-0009", Label: "LX-0009", Status: ui.OnTime, Cells: []ui.Cell{ui.Link("LX-0009", "/care/LX-0009"), ui.Enum("task.kind", "admit_case"), ui.Enum("severity", "unassessed"), ui.Due(at(12, 23, 0), ui.OnTime), ui.Text(""), ui.Text("莱西市 · Hospital")}},
		{ID: "LX-0012", Href: "/care/LX-0012", Label: "LX-0012", Status: ui.OnTime, Cells: []ui.Cell{ui.Link("LX-0012", "/care/LX-0012"), ui.Enum("task.kind", "transfer_case"), ui.Enum("severity", "moderate"), ui.Due(at(12, 23, 20), ui.OnTime), ui.WordsLink(i18n.M("transfer.state.planned"), "/transfers/41"), ui.Text("莱西市 · Transfer desk")}},
	}
	houses := l.Table("hospitals", i18n.M("care.hospitals"), ui.Column{Key: "hospital", Label: i18n.M("care.hospital")}, ui.Column{Key: "state", Label: i18n.M("col.state")}, ui.Column{Key: "ward", Label: i18n.M("care.ward_taken")},
		ui.Column{Key: "icu", Label: i18n.M("care.icu_taken")}, ui.Column{Key: "convertible", Label: i18n.M("care.convertible_head"), Numeric: true})
	houses.Rows = []ui.Row{{ID: "H1", Label: "莱西市人民医院", Status: ui.OnTime, Cells: []ui.Cell{ui.Text("莱西市人民医院"), ui.Enum("facility_state", "open"), ui.Part(251, 300), ui.Part(9, 12), ui.Number(12)}}}
	events := l.Table("events", i18n.M("care.events"), ui.Column{Key: "what", Label: i18n.M("care.what")}, ui.Column{Key: "hospital", Label: i18n.M("care.hospital")})
	events.Empty = ui.Empty{Title: i18n.M("care.no_events")}
	return hospitals.View{Waiting: waiting, Houses: houses, Events: events, Beds: []hospitals.Count{
		{Label: i18n.M("care.icu"), Free: 3, Beds: 12, Convertible: 12}, {Label: i18n.M("care.ward"), Free: 49, Beds: 300, Reserve: 200}, {Label: i18n.M("care.sites"), Free: 1204, Beds: 3000}},
		Proposals: []hospitals.Proposal{{Name: "莱西市中医医院", Kind: "hospital", ReadyIn: 24 * time.Hour, Beds: 312, Occupied: 260, Projected: 301, At: at(12, 21, 0), Decide: &ui.Form{ID: "reserve-1", Action: "/reserves/1", Submit: i18n.M("care.decide"),
			Fields: []ui.Field{{Name: "accept", Label: i18n.M("care.decision"), Kind: ui.FieldRadio, Value: "yes", Options: []ui.Option{{Value: "yes", Label: i18n.M("care.open_it")}, {Value: "no", Label: i18n.M("care.keep_shut")}}}}}}}}
}

// Patient is one in intensive care whose discharge waits for tests.
func Patient() hospitals.PatientView {
	tests := ui.Listing{Path: "/care/LX-0007"}.Table("specimens", i18n.M("care.tests"), ui.Column{Key: "taken", Label: i18n.M("care.taken")}, ui.Column{Key: "result", Label: i18n.M("lab.result")}, ui.Column{Key: "ct", Label: i18n.M("care.ct")})
	tests.Rows = []ui.Row{{ID: "S1", Label: "S1", Cells: []ui.Cell{ui.At(at(12, 8, 0)), ui.Enum("tube.result", "positive"), ui.Text("31.5")}}}
	return hospitals.PatientView{Code: "LX-0007", CaseHref: "/cases/LX-0007", Severity: "severe", Needs: "icu", StepDown: "ward", Clause: "care.severity.3.setting", Hospital: "莱西市人民医院", Level: "icu", Since: at(10, 9, 0), First: "li.w", Reason: "the family asks for it",
		Criteria:  []hospitals.Criterion{{Key: "negatives", Clause: "discharge.negatives", Have: 1, Want: 2, NotBefore: at(13, 8, 0)}, {Key: "min_days", Clause: "discharge.min_days", Have: 9, Want: 7, Met: true, Since: at(11, 0, 0)}},
		Specimens: tests, Steps: ui.Timeline{ID: "course", Label: i18n.M("care.course"), Events: []ui.Event{{At: at(12, 9, 0), Kind: "case.severity_recorded", Text: i18n.M("severity.severe"), Who: "wang.y"}, {At: at(10, 9, 0), Kind: "case.bed_moved", Text: i18n.M("care.bed_of", "hospital", "莱西市人民医院", "room", "301", "bed", 2), Who: "wang.y"}}},
		Forms: []hospitals.Form{{Title: i18n.M("care.discharge"), Form: ui.Form{ID: "discharge", Action: "/care/LX-0007/discharge", Submit: i18n.M("care.discharge"), Danger: true, Fields: []ui.Field{{Name: "reason", Label: i18n.M("col.reason"), Kind: ui.FieldText, Required: true, Hint: i18n.M("care.two_people")}}}}}}
}
