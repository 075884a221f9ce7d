package canned

import (
	"net/url"

	"firebreak/internal/i18n"
	"firebreak/internal/web/areas"
	"firebreak/internal/web/audit"
	"firebreak/internal/web/me"
	"firebreak/internal/web/packs"
	"firebreak/internal/web/ui"
	"firebreak/internal/web/users"
)

// Users is the list of accounts.
func Users(lang i18n.Lang) users.ListView {
	return users.ListView{NewHref: "/admin/users/new", Listing: ui.Listing{Path: "/admin/users", Values: url.Values{}, Filters: users.Filters(lang, url.Values{})}, Users: []users.Row{
		{Href: "/admin/users/1", Login: "zhao", Title: "Duty officer, Qingdao", Area: "青岛市", Roles: "Duty officer · 青岛市", State: "active"},
		{Href: "/admin/users/2", Login: "qian", Title: "Administrator, Laixi", Area: "莱西市", Roles: "Administrator · 莱西市", State: "waits"},
		{Href: "/admin/users/3", Login: "sun", Title: "Follow-up officer 3", Area: "莱西市", State: "onetime"},
		{Href: "/admin/users/4", Login: "li", Title: "Epidemiologist", Area: "莱西市", Roles: "Epidemiologist · 莱西市; Auditor · 莱西市", State: "disabled"},
	}}
}

// User is the page of an account that was just given a one-time password.
func User() users.View {
	return users.View{Login: "qian", Title: "Administrator, Laixi", Area: "莱西市", State: "waits", Created: at(1, 9, 0), List: "/admin/users", Secret: &users.Secret{Login: "qian", Password: "made1-up2fo-rtest-only0"},
		Account: &ui.Form{ID: "account", Action: "/admin/users/2", Version: "4", Submit: i18n.M("action.save"), Fields: []ui.Field{{Name: "title", Label: i18n.M("user.title"), Kind: ui.FieldText, Value: "Administrator, Laixi", Required: true}}},
		Roles: []users.Role{
			{Title: "Administrator", Area: "莱西市", Purposes: []string{"Run the system"}, Waits: true, By: "zhou", Confirm: "/admin/users/2/confirm", Revoke: "/admin/users/2/revoke", RoleKey: "administrator", AreaKey: "370285"},
			{Title: "Epidemiologist", Area: "莱西市", Purposes: []string{"Investigate a case", "Trace and follow up contacts"}, Until: at(11, 0, 0), Ended: true, Revoke: "/admin/users/2/revoke", RoleKey: "epidemiologist", AreaKey: "370285"},
			{Title: "Auditor", Area: "青岛市", Purposes: []string{"Audit"}, Provider: true},
		},
		Grant: &ui.Form{ID: "grant", Action: "/admin/users/2/grant", Submit: i18n.M("user.grant_submit"), Fields: []ui.Field{{Name: "role", Label: i18n.M("col.role"), Kind: ui.FieldSelect, Required: true, Options: []ui.Option{{Value: "driver", Text: "Driver – Move a person"}}}}},
		Tokens: []users.Token{
			{ID: 1, Label: "laboratory system", Rights: []string{"report results"}, Expires: at(20, 0, 0), End: "/admin/users/2/token"},
			{ID: 2, Label: "old", Rights: []string{"read cases"}, Expires: at(2, 0, 0)},
			{ID: 3, Label: "leaked", Rights: []string{"read cases"}, Expires: at(20, 0, 0), Ended: at(3, 8, 0)},
		},
		Sessions: 2, EndSessions: "/admin/users/2/sessions", NewPassword: "/admin/users/2/password", Disable: "/admin/users/2/disable", Version: "4",
		Timeline: ui.Timeline{ID: "user-history", Label: i18n.M("case.tab.history"), Events: []ui.Event{{At: at(12, 20, 0), Kind: "user.changed", Who: "zhou", Text: i18n.M("user.change.grant_proposed", "role", "Administrator", "area", "莱西市")}}},
	}
}

// Me is a person's own account, with a token just made.
func Me() me.View {
	return me.View{Login: "zhao", Title: "Duty officer, Qingdao", Area: "青岛市", Secret: "fb_madeupfortestsonly",
		Password: &ui.Form{ID: "password", Action: "/me/password", Submit: i18n.M("me.change_password"), Fields: []ui.Field{{Name: "old", Label: i18n.M("me.old_password"), Kind: ui.FieldPassword, Required: true}}},
		Roles:    []users.Role{{Title: "Duty officer", Area: "青岛市", Purposes: []string{"Command the response"}}},
		Sessions: []me.Session{{ID: "ab", Started: at(12, 8, 0), Seen: at(12, 21, 39), This: true, End: "/me/session"}, {ID: "cd", Started: at(12, 9, 0), Seen: at(12, 20, 0), End: "/me/session"}},
		Tokens:   []users.Token{{ID: 1, Label: "wall screen", Rights: []string{"read counts"}, Expires: at(20, 0, 0), End: "/me/token/end"}},
		NewToken: &ui.Form{ID: "new-token", Action: "/me/token", Submit: i18n.M("me.make_token"), Fields: []ui.Field{{Name: "label", Label: i18n.M("me.token_label"), Kind: ui.FieldText, Required: true}}},
		Rights:   []me.Right{{Key: "rollup.read", Checked: true}, {Key: "case.read"}},
	}
}

// Audit is a page of the journal after a check.
func Audit() audit.View {
	return audit.View{Listing: ui.Listing{Path: "/admin/audit", Values: url.Values{}, Next: "41", Filters: audit.Filters(url.Values{})},
		Check: audit.Check{Action: "/admin/audit/check", Result: &audit.Result{At: at(12, 21, 0), Entries: 4711, Head: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", Intact: true}},
		Entries: []audit.Entry{
			{Seq: 43, At: at(12, 21, 30), Kind: "name.read", About: i18n.M("audit.about", "what", i18n.M("happened.some.case"), "n", "7"), Who: "qian", Area: "莱西市", Detail: ui.Words(i18n.M("audit.name_read", "purpose", "Investigate a case", "reason", "call about onset", "fields", "name, phone"))},
			{Seq: 42, At: at(12, 21, 0), Kind: "user.changed", About: i18n.M("audit.about_user", "n", "3"), Who: "zhou", Area: "青岛市", Detail: ui.Words(i18n.M("audit.user", "login", "sun", "what", i18n.M("user.change.one_time")))},
			{Seq: 41, At: at(12, 20, 0), Kind: "backup.made", About: i18n.M("event.detail", "text", ""), Who: "operator", Detail: ui.Code("entries 40", "")},
		}}
}

// Pack is the page of a pack with two values.
func Pack() packs.View {
	return packs.View{List: "/packs", Supersedes: "covid19/2021-v8@1", Row: packs.Row{Ref: "covid19/2022-v9@1", Href: "/packs/covid19/2022-v9@1", Title: "COVID-19, 9th edition", Pathogen: "SARS-CoV-2", Area: "CN", From: "2022-06-27", Assumed: 1, Values: 2, UsedBy: []packs.Use{{Name: "Laixi 2022", Href: "/o/laixi"}}},
		Sections: []packs.Section{{Key: "zones", Values: []packs.Value{
			{Path: "zones.levels.0.clean_for", Value: "7", Unit: "d", Source: "[48]", Refs: []string{"48"}, Status: "official"},
			{Path: "zones.levels.0.strict", Value: "true", Switch: true, Source: "general knowledge", Status: "assumed"},
		}}}, Sources: []packs.Source{{Number: "48", Text: "9th edition"}}}
}

// Packs is the list of packs.
func Packs() packs.ListView {
	return packs.ListView{Packs: []packs.Row{Pack().Row}, Changes: []packs.Settings{{Name: "Laixi 2022", Pack: "/o/laixi/pack", AutoAccept: "/o/laixi/auto-accept"}}}
}

// PackChange is an outbreak between two packs: one change still runs, the next is looked at.
func PackChange() packs.ChangeView {
	return packs.ChangeView{List: "/packs", Now: "covid19/2022-v9@1", NowHref: "/packs/covid19/2022-v9@1", Earlier: []packs.Earlier{{Ref: "covid19/2021-v8@1", Href: "/packs/covid19/2021-v8@1", Until: at(10, 0, 0)}}, Left: 1250, Part: "/o/laixi/pack?part=carry",
		Choose:  ui.Form{ID: "choose-pack", Action: "/o/laixi/pack", Get: true, Submit: i18n.M("pack.preview"), Fields: []ui.Field{{Name: "to", Label: i18n.M("pack.name"), Kind: ui.FieldSelect, Value: "covid19/2022-11@1", Required: true, Options: []ui.Option{{Value: "covid19/2022-11@1", Text: "covid19/2022-11@1 – Twenty measures"}}}}},
		Preview: &packs.Effect{From: "covid19/2022-v9@1", To: "covid19/2022-11@1", Moved: 120, Voided: 44, Added: 3, ReleaseOn: 431, Released: 12, LetGo: 8, Sooner: 2, Held: 0, People: 14, AllPeople: 14, Cases: 310, AllCases: 310, Contacts: 5000, AllContacts: 7200},
		Apply:   ui.Form{ID: "apply-pack", Action: "/o/laixi/pack", Version: "2", Submit: i18n.M("pack.apply"), Cancel: "/o/laixi/pack", Hidden: map[string]string{"to": "covid19/2022-11@1"}, Fields: []ui.Field{{Name: "reason", Label: i18n.M("pack.reason"), Kind: ui.FieldArea, Required: true}}}}
}

// Areas is a branch of the tree of jurisdictions, after files were brought in.
func Areas() areas.View {
	return areas.View{Root: "/admin/areas", Listing: ui.Listing{Path: "/admin/areas", Values: url.Values{}, Filters: areas.Filters("")}, Total: 2273, Drawn: 10,
		Path: []areas.Step{{Name: "All", Href: "/admin/areas"}, {Name: "Qingdao", Href: "/admin/areas?at=3702"}},
		Areas: []areas.Row{
			{Code: "370285", Name: "Laixi", Other: "莱西市", OtherLang: "zh", Level: "district", Href: "/admin/areas?at=370285", Population: 720086, Below: 17, Boundary: true},
			{Code: "370299", Name: "新区", Level: "development zone"},
		},
		Done: &areas.Counts{Created: 1, Updated: 2, Unchanged: 2270, Drawn: 1},
		Upload: ui.Form{ID: "bring-files", Action: "/admin/areas/preview", Upload: true, Submit: i18n.M("area.preview"), Fields: []ui.Field{
			{Name: "jurisdictions", Label: i18n.M("area.file"), Kind: ui.FieldFile, Accept: ".csv"}}}}
}

// AreasPreview is what files of jurisdictions would change: one row of each sort.
func AreasPreview() areas.Preview {
	return areas.Preview{Root: "/admin/areas", Files: []string{"areas.csv", "districts.geojson"}, Counts: areas.Counts{Created: 1, Updated: 1, Moved: 1, Unchanged: 3, Rejected: 2, Outlines: 1, Drawn: 1}, Stale: true, More: 7,
		Problem: ui.Form{ID: "bring-files", Action: "/admin/areas/preview", Upload: true, Submit: i18n.M("area.preview")},
		Changes: []areas.Change{
			{File: "areas.csv", Row: 5, Code: "370101", Name: "Community", Fate: "rejected", Column: "parent", Reason: areas.Reason("12 records lie in it or below and would come to lie in another district: rows are kept by district")},
			{File: "areas.csv", Row: 6, Fate: "rejected", Column: "code", Reason: areas.Reason("is empty")},
			{File: "areas.csv", Row: 2, Code: "370102", Name: "East", Fate: "updated", Records: 3, Fields: []areas.Field{{Name: "parent", From: "3701", To: "370110"}, {Name: "population", From: "0", To: "90"}}},
			{File: "areas.csv", Row: 3, Code: "370103", Name: "New", Fate: "created"},
			{File: "districts.geojson", Row: 1, Outline: true, Code: "3701", Name: "District", Fate: "created"},
		}}
}
