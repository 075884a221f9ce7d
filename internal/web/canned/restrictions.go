package canned

import (
	"time"

	"firebreak/internal/certificate"
	"firebreak/internal/day"
	"firebreak/internal/i18n"
	"firebreak/internal/place"
	"firebreak/internal/protocol"
	"firebreak/internal/restriction"
	"firebreak/internal/task"
	"firebreak/internal/web/restrictions"
	"firebreak/internal/web/ui"
)

func siteLaw() protocol.Text {
	p, err := protocol.Load("covid19/2022-v9@1")
	if err != nil {
		return protocol.Text{}
	}
	return p.Restrictions.Basis.QuarantineSite.Value
}

// Restrictions is a page of the list: one to be told, one at home, one held.
func Restrictions() restrictions.ListView {
	l := ui.Listing{Path: "/restrictions", Next: "x.1"}
	t := l.Table("restrictions", i18n.M("nav.restrictions"), ui.Column{Key: "person", Label: i18n.M("positive.person")}, ui.Column{Key: "kind", Label: i18n.M("restriction.kind")}, ui.Column{Key: "until", Label: i18n.M("restriction.until")},
		ui.Column{Key: "told", Label: i18n.M("restriction.told")}, ui.Column{Key: "review", Label: i18n.M("restriction.review")}, ui.Column{Key: "cause", Label: i18n.M("restriction.cause")}, ui.Column{Key: "area", Label: i18n.M("col.area")})
	row := func(id, code, kind string, until time.Time, s ui.Status, told string, review ui.Cell, cause string) ui.Row {
		return ui.Row{ID: id, Href: "/restrictions/7", Label: code, Status: s, Cells: []ui.Cell{ui.Code(code, "/restrictions/7"), ui.Enum("restriction.kind", kind), ui.At(until), ui.Words(i18n.M("restriction." + told)), review, ui.Link(cause, "/contacts/B"), ui.Text("水集社区")}}
	}
	t.Rows = []ui.Row{
		row("r1", "7Q4M-2XKD", "hold", at(13, 21, 39), ui.DueSoon, "told_no", ui.Text(""), "Q7-0413"),
		row("r2", "8R5N-3YLE", "quarantine-home", at(18, 23, 59), ui.OnTime, "told_yes", ui.Text(""), "LX-0007-C2"),
		row("r3", "9S6P-4ZMF", "isolation", at(24, 9, 0), ui.OnTime, "told_yes", ui.Due(at(13, 9, 0), ui.DueSoon), "LX-0007"),
	}
	return restrictions.ListView{Table: t, Notices: "/restrictions/notices", Counts: []restrictions.Count{{Label: i18n.M("restriction.show.standing"), N: 3, Href: "/restrictions"}, {Label: i18n.M("restriction.show.untold"), N: 1, Href: "/restrictions?show=untold"}},
		Appeals: restrictions.Appeals{Filed: 9, Open: 2, Late: 1, Upheld: 4, Lifted: 2, Lapsed: 1, Median: 3*time.Hour + 20*time.Minute, Href: "/positives"}}
}

// Restriction is one: a contact at a site, whom one person would let go home.
func Restriction() restrictions.OneView {
	form := func(id, submit string, fields ...ui.Field) *ui.Form {
		return &ui.Form{ID: id, Action: "/restrictions/7/" + id, Version: "3", Submit: i18n.M(submit), Fields: fields}
	}
	needs := ui.Listing{Path: "/restrictions/7"}.Table("needs", i18n.M("restriction.needs"), ui.Column{Key: "need", Label: i18n.M("restriction.need")}, ui.Column{Key: "asked", Label: i18n.M("restriction.need_asked")}, ui.Column{Key: "met", Label: i18n.M("restriction.need_met")})
	needs.Rows = []ui.Row{{ID: "n1", Label: "1", Status: ui.Late, Cells: []ui.Cell{ui.Enum("restriction.need", "medicine"), ui.At(at(12, 8, 0)), ui.Due(at(12, 20, 0), ui.Late)}}}
	return restrictions.OneView{Code: "8R5N-3YLE", Kind: "quarantine-site", Stands: true, Until: at(18, 23, 59), Then: "quarantine-home", ThenAt: at(16, 0, 0), Area: "水集社区", Cause: "LX-0007-C2", CauseHref: "/contacts/LX-0007-C2",
		ToldAt: at(11, 12, 0), ToldBy: "wang", ToldHow: "in-person", OfferKind: "quarantine-home", WhyNot: "no-room", Basis: siteLaw(), Notice: "/restrictions/7/notice", Needs: needs,
		Versions: []restrictions.Version{
			{N: 1, At: at(11, 10, 0), Change: "made", Kind: "quarantine-site", Moving: true, Until: at(18, 23, 59), Rule: "contact_listed", Clause: "tiers.close.control", Pack: "covid19/2022-v9@1", Fact: "/contacts/LX-0007-C2#history"},
			{N: 2, At: at(11, 15, 0), Change: "arrived", Kind: "quarantine-site", Until: at(18, 23, 59), Rule: "contact_progress", Clause: "tiers.close.control", Pack: "covid19/2022-v9@1"},
		},
		Proposal: &restrictions.Proposal{Change: "milder", Kind: "quarantine-home", Ground: "care", Until: at(18, 23, 59), At: at(12, 20, 0), By: "duty", Words: "cares for a child of two"},
		Agree:    form("agree", "restriction.agree"), Withdraw: form("withdraw", "restriction.withdraw"),
		Need: form("need-form", "restriction.need_add", ui.Field{Name: "need", Label: i18n.M("restriction.need"), Kind: ui.FieldSelect, Required: true, Options: ui.Choices("restriction.need", "food", "medicine")}),
		Meet: []ui.Form{{ID: "need-1", Action: "/restrictions/7/needs/1", Submit: i18n.M("restriction.need_done", "need", "medicine")}}}
}

// Notices is a notice as it is printed.
func Notices() restrictions.NoticesView {
	return restrictions.NoticesView{Back: "/restrictions/7", Notices: []restrictions.Notice{{Code: "8R5N-3YLE", Kind: "quarantine-site", Authority: "莱西市", Until: at(18, 23, 59), Then: "quarantine-home", ThenAt: at(16, 0, 0), Moving: true,
		Cause: i18n.M("notice.cause.contact"), Law: siteLaw(), OfferKind: "quarantine-home", WhyNot: "edition", Owed: []string{"food", "medicine", "care", "children", "pay", "advice", "animals", "waste"}, Answer: 6 * time.Hour,
		Size: 29, Path: "M4 4h7v1h-7z", Href: "https://laixi.example/public/", CheckCode: "M3T8Q-11XZ0-7KPAB-9WE5D", CheckHref: "https://laixi.example/public/check?code=M3T8Q-11XZ0-7KPAB-9WE5D", CheckSize: 29, CheckPath: "M4 4h7v1h-7z", Version: 1, Pack: "covid19/2022-v9@1"}}}
}

// Certificate is that of a contact who was at a site and then at home.
func Certificate() restrictions.CertificateView {
	words, err := i18n.Load()
	if err != nil {
		return restrictions.CertificateView{}
	}
	town, watch := place.Jurisdiction{Name: "莱西市", NameEN: "Laixi"}, day.MustParse("2022-03-25")
	c := certificate.Certificate{Release: restriction.Release{From: at(8, 20, 0), At: at(18, 23, 59), As: restriction.EndedAgreed, ByTwo: true, Because: task.Because{Rule: "contact_progress", Clause: "tiers.close.control", Pack: "covid19/2022-v9@1"}},
		Places: []certificate.Place{{Where: certificate.Site, District: town, From: at(9, 2, 30), To: at(15, 10, 0)}, {Where: certificate.Home, District: town, From: at(15, 10, 0), To: at(18, 23, 59)}}, Watch: watch}
	v := restrictions.CertificateView{Back: "/restrictions/7", Person: "8R5N-3YLE", Code: "K7Q2M-4XD9R-0A1B2-C3D4E", Size: 29, Path: "M4 4h7v1h-7z", Href: "https://laixi.example/public/certificate?code=K7Q2M-4XD9R-0A1B2-C3D4E"}
	for _, l := range words.Languages() {
		v.Sheets = append(v.Sheets, restrictions.NewSheet(words.Localizer(l.Lang, nil), c, town, at(19, 9, 0)))
	}
	return v
}
