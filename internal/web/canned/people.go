package canned

import (
	"fmt"
	"net/url"
	"time"

	"firebreak/internal/i18n"
	"firebreak/internal/web/cases"
	"firebreak/internal/web/contacts"
	"firebreak/internal/web/followup"
	"firebreak/internal/web/tasks"
	"firebreak/internal/web/ui"
)

func person(code, masked, sex string, age int) ui.Person {
	return ui.Person{Code: code, Masked: masked, Sex: sex, Age: &age, Href: "/cases/" + code}
}

func areaNames() []ui.Option {
	return []ui.Option{{Value: "370285", Text: "莱西市"}, {Value: "370215", Text: "即墨区"}, {Value: "370203", Text: "市北区"}}
}

func because(m i18n.Msg) ui.Because {
	return ui.Because{Text: m, Href: "/tasks/8841"}
}

// Cases is a page of the list of cases.
func Cases() cases.ListView {
	values := url.Values{"class": {"confirmed"}, "sort": {"due"}}
	v := cases.ListView{NewHref: "/cases/new", ImportHref: "/imports", Write: true, Export: true, Listing: ui.Listing{
		Path: "/cases", Values: values, Sort: "due", Total: ptr[int64](574), Next: "LX-0548",
		Filters: cases.Filters(areaNames(), values),
	}}
	kinds := []string{"move_case", "investigate", "list_contacts", "report", "investigate", ""}
	classes := []string{"confirmed", "confirmed", "asymptomatic", "confirmed", "suspected", "confirmed"}
	for i := range 18 {
		sex, found := "m", "outside"
		if i%2 == 1 {
			sex = "f"
		}
		if i%3 != 0 {
			found = "inside"
		}
		due := Now().Add(time.Duration(i*35-70) * time.Minute)
		status := ui.StatusOf(due, Now(), time.Hour)
		v.Cases = append(v.Cases, cases.Row{
			ID: fmt.Sprintf("%d.1", 574-i), Person: person(fmt.Sprintf("LX-%04d", 574-i), []string{"王**", "李*", "张**", "刘*", "陈**"}[i%5], sex, 9+i*3),
			Class: classes[i%6], Onset: at(12-i%6, 0, 0).Format(time.DateOnly), Reported: at(12-i/6, 0, 0).Format(time.DateOnly),
			Found: found, Area: []string{"莱西市", "莱西市", "即墨区", "市北区"}[i%4], Contacts: int64(3 + i*7%40),
			NextTask: kinds[i%6], Due: due, Status: status,
		})
	}
	v.Cases[5].Onset = ""
	return v
}

// NoCases is the list in an outbreak without a case.
func NoCases() cases.ListView { return cases.ListView{Listing: ui.Listing{Path: "/cases"}} }

// Case is the page of one case at tab.
func Case(tab cases.TabKey) cases.View {
	p := person("LX-0571", "王**", "f", 15)
	p.NameHref = "/cases/LX-0571/name"
	v := cases.View{
		Person: p, Class: "confirmed", Found: "outside", IllnessDay: 4, Where: "莱西 isolation site 2", Area: "莱西市 水集街道",
		Editing: []string{"莱西 team 2"}, Tab: tab,
		Tabs: cases.Tabs("/cases/LX-0571", tab, map[cases.TabKey]int64{cases.Contacts: 23, cases.ProposalsTab: 3, cases.Samples: 4, cases.Orders: 2}),
		Next: &cases.Task{Kind: "investigate", Href: "/tasks/8843", Due: at(13, 0, 10), Status: ui.OnTime},
		Timeline: ui.Timeline{ID: "timeline", Label: i18n.M("case.timeline"), Now: Now(), Events: []ui.Event{
			{At: at(13, 8, 0), Kind: "sample", Text: i18n.M("event.text.sample_due", "day", 4), Status: ui.OnTime, Because: &ui.Because{Text: i18n.M("because.test_day", "day", 4), Href: "/tasks/8850"}},
			{At: at(12, 20, 10), Kind: "moved", Text: i18n.M("event.text.arrived", "place", "莱西 isolation site 2"), Who: "bus 14"},
			{At: at(12, 17, 55), Kind: "confirmed", Text: i18n.M("event.text.confirmed", "case", "LX-0571"), Who: "Qingdao CDC"},
			{At: at(12, 15, 20), Kind: "positive", Text: i18n.M("event.text.pool_positive", "pool", "Q7-0398", "n", 10), Href: "/samples/Q7-0398"},
			{At: at(12, 9, 5), Kind: "sample", Text: i18n.M("event.text.sampled", "site", "水集-12")},
			{At: at(10, 0, 0), Day: "2022-03-10", Kind: "onset", Text: i18n.M("event.text.onset_corrected", "day", i18n.Day("2022-03-09")), Corrected: true, Who: "莱西 team 2"},
			{At: at(9, 0, 0), Day: "2022-03-09", Kind: "onset", Text: i18n.M("event.text.onset"), Who: "莱西 team 2"},
			{At: at(7, 8, 0), Until: at(7, 17, 0), Kind: "exposure", Text: i18n.M("event.text.exposed", "place", "莱西七中", "case", "LX-0498"), Href: "/cases/LX-0498"},
		}},
		Tasks: []cases.Task{
			{Kind: "list_contacts", Href: "/tasks/8842", Owner: "莱西 team 2", Due: at(12, 21, 5), Status: ui.Late, Because: because(i18n.M("because.confirmed", "case", "LX-0571"))},
			{Kind: "investigate", Href: "/tasks/8843", Owner: "莱西 team 2", Due: at(13, 0, 10), Status: ui.OnTime, Because: because(i18n.M("because.confirmed", "case", "LX-0571"))},
			{Kind: "move_case", Href: "/tasks/8841", Owner: "莱西 transfer desk", Due: at(12, 19, 55), Status: ui.Done, Because: because(i18n.M("because.confirmed", "case", "LX-0571"))},
		},
		Tiers: []cases.Tier{
			{Tier: "close", Total: 14, Placed: 12, Href: "/contacts?case=LX-0571&tier=close"},
			{Tier: "secondary", Total: 9, Placed: 4, Href: "/contacts?case=LX-0571&tier=secondary"},
		},
		Places: []cases.Place{
			{Name: "莱西七中 3-2", Href: "/places/812", From: at(9, 7, 40), Until: at(9, 17, 10), Contacts: 12},
			{Name: "公交 7 路", Href: "/places/77", From: at(9, 17, 15), Until: at(9, 17, 45), Contacts: 2},
		},
		Investigation: ui.Form{ID: "investigation", Action: "/cases/LX-0571/investigation", Autosave: "/cases/LX-0571/draft", Version: "7", Submit: i18n.M("action.save"), Cancel: "/cases/LX-0571",
			Conflict: &ui.Conflict{Who: "莱西 team 2", At: at(12, 21, 33), Reload: "/cases/LX-0571?tab=investigation", Changes: []ui.Change{
				{Label: i18n.M("field.onset"), Was: "2022-03-10", Theirs: "2022-03-09", Yours: "2022-03-08"},
				{Label: i18n.M("field.occupation"), Was: "", Theirs: "学生", Yours: ""},
			}},
			Fields: []ui.Field{
				{Name: "onset", Label: i18n.M("field.onset"), Kind: ui.FieldDate, Value: "2022-03-15", Required: true, Max: "2022-03-12", Error: i18n.M("field.error.future")},
				{Name: "symptomatic", Label: i18n.M("field.symptomatic"), Kind: ui.FieldRadio, Value: "yes", Options: []ui.Option{{Value: "yes", Label: i18n.M("form.yes")}, {Value: "no", Label: i18n.M("form.no")}}},
				{Name: "occupation", Label: i18n.M("field.occupation"), Kind: ui.FieldText, Value: "学生", EditedBy: "莱西 team 2"},
				{Name: "class", Label: i18n.M("col.class"), Kind: ui.FieldSelect, Value: "confirmed", Options: ui.Choices("class", cases.Classes()...), Hint: i18n.M("field.class_hint")},
				{Name: "story", Label: i18n.M("field.story"), Kind: ui.FieldArea, Value: ""},
				{Name: "mask", Label: i18n.M("field.mask"), Kind: ui.FieldCheck, Checked: true},
			}},
		Graph: Graph(),
	}
	if tab == cases.Contacts {
		c := Contacts()
		c.Path = "/cases/LX-0571"
		v.List = c.Table()
	}
	if tab == cases.ProposalsTab {
		v.Proposals = Proposals()
	}
	return v
}

// Proposals are those whom visits propose as contacts of a case, with names open, while visits are still being read.
func Proposals() *cases.Proposals {
	p := &cases.Proposals{Case: "LX-0571", Path: "/cases/LX-0571", Write: true, Vault: true, Elsewhere: "/cases/LX-0571/assistance", Named: true, Asked: true, Found: 7, LeftOut: 2, Left: 3, Days: 14,
		Ask: &ui.Form{ID: "ask", Action: "/cases/LX-0571/trace", Submit: i18n.M("proposal.ask"), Fields: []ui.Field{{Name: "purpose", Label: i18n.M("names.purpose"), Kind: ui.FieldSelect, Required: true, Value: "contact-tracing",
			Options: []ui.Option{{Value: "contact-tracing", Text: "Trace contacts"}}}}}}
	row := func(i int, name, tier string, together time.Duration, where string, places int64) cases.Proposal {
		who := person(fmt.Sprintf("P-%d", 40+i), "", []string{"f", "m"}[i%2], 14+9*i)
		who.Href = ""
		x := cases.Proposal{ID: fmt.Sprint(40 + i), Person: who, Name: name, Tier: tier, Together: together, Places: places, Where: where, Clause: "contacts.close.same_place", Pack: "covid19/2021-v8@3", Area: "莱西市", State: "proposed"}
		if together > 0 {
			x.First, x.Last = at(9, 7, 40), at(9, 17, 10+i)
		}
		return x
	}
	p.Waiting = []cases.Proposal{row(0, "孙小红", "close", 9*time.Hour+30*time.Minute, "莱西七中 3-2", 1), row(1, "周强", "close", 0, "", 0), row(2, "吴芳", "general", 30*time.Minute, "公交 7 路, 水集市场", 2)}
	p.Waiting[1].Lives, p.Waiting[1].Clause = true, "contacts.close.household"
	yes, no := row(3, "李明", "general", 25*time.Minute, "水集市场", 1), row(4, "赵刚", "close", 4*time.Hour, "莱西七中 3-2", 1)
	yes.State, yes.DecidedTier, yes.By, yes.At, yes.Reason, yes.Contact = "confirmed", "close", "莱西 team 2", at(12, 20, 5), "shared a meal", ui.Person{Code: "K-20115", Href: "/contacts/K-20115"}
	no.State, no.DecidedTier, no.By, no.At, no.Reason = "rejected", "close", "莱西 team 2", at(12, 20, 9), "was ill at home that day"
	p.Decided = []cases.Proposal{yes, no}
	return p
}

// NoProposals is the tab before anybody asked.
func NoProposals() cases.View {
	v := Case(cases.ProposalsTab)
	ask := v.Proposals.Ask
	v.Proposals = &cases.Proposals{Case: "LX-0571", Path: "/cases/LX-0571", Write: true, Vault: true, Ask: ask}
	return v
}

// Reject is the page that asks why proposals are no contacts.
func Reject() cases.DecideView {
	return cases.DecideView{Case: "LX-0571", Do: "reject", Count: 2, Back: "/cases/LX-0571?tab=proposals", Form: ui.Form{ID: "decide", Action: "/cases/LX-0571/proposals?do=reject", Submit: i18n.M("proposal.reject"), Danger: true,
		Cancel: "/cases/LX-0571?tab=proposals", Hidden: map[string]string{"ids": "40,42"}, Fields: []ui.Field{{Name: "reason", Label: i18n.M("col.reason"), Kind: ui.FieldText, Required: true}}}}
}

// Contacts is a page of the list of contacts.
func Contacts() contacts.View {
	values := url.Values{}
	v := contacts.View{CasesHref: "/cases", Export: true, Listing: ui.Listing{Path: "/contacts", Values: values, Total: ptr[int64](2553), Next: "c2", Prev: "c0", Sort: "contact", Filters: contacts.Filters(areaNames(), values)}}
	tiers := contacts.Tiers()
	states := contacts.States()
	settings := []string{"household", "class", "vehicle", "meal", "work"}
	for i := range 14 {
		p := person(fmt.Sprintf("C-%05d", 20112+i), []string{"孙**", "周*", "吴**"}[i%3], []string{"f", "m"}[i%2], 8+5*i)
		p.Href = "/contacts/" + p.Code
		s := []ui.Status{ui.OnTime, ui.OnTime, ui.DueSoon, ui.Late, ui.Done}[i%5]
		v.Contacts = append(v.Contacts, contacts.Row{ID: p.Code, Person: p, Case: person("LX-0571", "王**", "f", 15), Tier: tiers[i%3], LastExposure: at(9, 0, 0).Format(time.DateOnly),
			Setting: settings[i%5], State: states[i%6], Area: "莱西市", NextTask: "check_contact", Due: Now().Add(time.Duration(i-3) * time.Hour), EndsOn: at(23, 0, 0).Format(time.DateOnly), Status: s})
	}
	return v
}

// Tasks is a page of the list of tasks.
func Tasks() tasks.ListView {
	values := url.Values{}
	kinds := []string{"move_contact", "list_contacts", "investigate", "follow_up", "sample", "report", "move_case", "disinfect"}
	v := tasks.ListView{Listing: ui.Listing{Path: "/tasks", Values: values, Total: ptr[int64](163), Next: "t2", Sort: "due", Filters: tasks.Filters(kinds, areaNames(), values)}}
	for i := range 16 {
		due := Now().Add(time.Duration(i*27-130) * time.Minute)
		p := person(fmt.Sprintf("LX-%04d", 560+i), "李*", []string{"f", "m"}[i%2], 20+i)
		v.Tasks = append(v.Tasks, tasks.Row{ID: fmt.Sprint(8840 + i), Href: fmt.Sprint("/tasks/", 8840+i), Kind: kinds[i%8], Subject: p,
			Owner: []string{"即墨 transfer desk", "市北 trace team 4", "莱西 team 2"}[i%3], Area: []string{"即墨区", "市北区", "莱西市"}[i%3],
			Due: due, Status: ui.StatusOf(due, Now(), time.Hour), Because: because(i18n.M("because.confirmed", "case", p.Code))})
	}
	return v
}

// Task is the page of a late task.
func Task() tasks.View {
	p := person("C-20115", "孙**", "f", 23)
	return tasks.View{
		ID: "8841", Kind: "move_contact", Subject: p, Duty: ui.Moved, Owner: "即墨 transfer desk", Area: "即墨区",
		Created: at(12, 17, 30), Due: at(12, 19, 30), Status: ui.Late, EscalatedTo: "Qingdao",
		Because: []tasks.Step{
			{Kind: "rule", Text: i18n.M("because.close_contact_moved"), Ref: "response/on_contact_listed.go", At: at(12, 17, 30)},
			{Kind: "clause", Text: i18n.M("because.clause", "value", 8*time.Hour), Ref: "covid19/2021-v8@3 contacts.close.place_within"},
			{Kind: "fact", Text: i18n.M("event.text.listed", "case", "LX-0571", "n", 23), Ref: "#48211", At: at(12, 17, 30), Who: "莱西 team 2", Href: "/journal/48211"},
			{Kind: "fact", Text: i18n.M("event.text.confirmed", "case", "LX-0571"), Ref: "#48102", At: at(12, 17, 5), Who: "Qingdao CDC", Href: "/journal/48102"},
			{Kind: "fact", Text: i18n.M("event.text.pool_positive", "pool", "Q7-0398", "n", 10), Ref: "#47990", At: at(12, 15, 20), Href: "/journal/47990"},
		},
		Complete: ui.Form{ID: "complete", Action: "/tasks/8841/done", Version: "3", Submit: i18n.M("task.complete"), Fields: []ui.Field{
			{Name: "place", Label: i18n.M("col.place"), Kind: ui.FieldSelect, Required: true, Options: []ui.Option{{Value: "s2", Text: "即墨 isolation site 2"}, {Value: "s3", Text: "即墨 isolation site 3"}}},
			{Name: "at", Label: i18n.M("col.at"), Kind: ui.FieldInstant, Value: "2022-03-12T21:40", Required: true},
		}},
		Waive: &ui.Dialog{ID: "waive", Title: i18n.M("bulk.waive"), Text: i18n.M("task.waive_text"), Form: ui.Form{ID: "waive-form", Action: "/tasks/8841/waive", Submit: i18n.M("bulk.waive"), Danger: true, Cancel: "/tasks/8841",
			Fields: []ui.Field{{Name: "reason", Label: i18n.M("col.reason"), Kind: ui.FieldArea, Required: true}}}},
		Assign: &ui.Dialog{ID: "assign", Title: i18n.M("bulk.assign"), Form: ui.Form{ID: "assign-form", Action: "/tasks/8841/assign", Submit: i18n.M("bulk.assign"), Cancel: "/tasks/8841",
			Fields: []ui.Field{{Name: "owner", Label: i18n.M("col.owner"), Kind: ui.FieldText, Required: true}}}},
		Timeline: ui.Timeline{ID: "task-history", Label: i18n.M("case.tab.history"), Events: []ui.Event{
			{At: at(12, 19, 31), Kind: "escalated", Text: i18n.M("event.text.escalated", "level", "Qingdao")},
			{At: at(12, 17, 30), Kind: "created", Text: i18n.M("event.text.task_made")},
		}},
	}
}

// Followup is one officer's day, half done.
func Followup() followup.View {
	v := followup.View{Officer: "水集街道 officer 3", Day: "2022-03-12", Open: 5, Done: 2}
	for i := range 7 {
		due := Now().Add(time.Duration(i*50-60) * time.Minute)
		x := followup.Visit{ID: fmt.Sprint(i), Person: person(fmt.Sprintf("C-%05d", 20200+i), "赵**", []string{"f", "m"}[i%2], 30+i), Tier: []string{"close", "secondary"}[i%2], Day: 3 + i, Days: 14,
			Address: fmt.Sprintf("水集街道 福州路 %d-%d-501", 12+i, i+1), Who: &ui.Identity{Name: "赵小明", Phone: "555 0100"}, Due: due, Status: ui.StatusOf(due, Now(), time.Hour),
			Action: "/followup/answer", FormHref: "/followup/form", Because: because(i18n.M("because.daily_check"))}
		if i > 4 {
			x.Status, x.Result, x.At = ui.Done, "well", at(12, 9, 12+i)
		}
		v.Visits = append(v.Visits, x)
	}
	return v
}

// Doors is a morning of visits in two buildings, one of which nobody knows.
func Doors() followup.DoorsView {
	check := followup.DoorTask{ID: 31, Kind: "check_contact", Due: at(12, 12, 0), Status: ui.DueSoon, Action: "/doors/31", Check: true}
	food := followup.DoorTask{ID: 32, Kind: "meet_need", Need: "food", Due: at(12, 9, 0), Status: ui.Late, Action: "/doors/32"}
	swab := followup.DoorTask{ID: 33, Kind: "sample_contact", Due: at(12, 23, 59), Status: ui.OnTime}
	return followup.DoorsView{Where: "水集街道", Day: "2022-03-12", Visits: 2, Late: 1, Houses: []followup.DoorHouse{
		{Building: "3号楼2单元", Area: "水集街道", Visits: []followup.DoorVisit{{ID: 4, Code: "LX-K-0410", Href: "/contacts/LX-K-0410", Kind: "quarantine-home", Until: at(18, 23, 59), Who: &ui.Identity{Name: "王小明", Phone: "138 0000 0000", Door: "502"}, Tasks: []followup.DoorTask{food, check}}}},
		{Area: "水集街道", Visits: []followup.DoorVisit{{ID: 5, Code: "LX-K-0411", Kind: "home-monitoring", Until: at(15, 23, 59), Tasks: []followup.DoorTask{swab}}}},
	}}
}
