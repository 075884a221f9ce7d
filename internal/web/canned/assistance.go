package canned

import (
	"time"

	"firebreak/internal/i18n"
	"firebreak/internal/web/assistance"
	"firebreak/internal/web/ui"
)

func assistanceRow() assistance.Row {
	return assistance.Row{Code: "A-12", Href: "/assistance/12", State: "asked", Tier: "close", From: "莱西市", To: "即墨区", AskedAt: at(12, 19, 0), Find: assistance.Clock{Due: at(12, 21, 0), Status: ui.Late, Href: "/tasks/7"},
		Hold: assistance.Clock{Due: at(13, 3, 0), Status: ui.OnTime}}
}

// AssistanceList is both sides: one that is late, one that was sent back.
func AssistanceList() assistance.ListView {
	back := assistance.Row{Code: "A-9", Href: "/assistance/9", State: "sent_back", Tier: "general", From: "莱西市", To: "市南区", AskedAt: at(12, 9, 0), Find: assistance.Clock{Due: at(12, 11, 0), Status: ui.Void}}
	found := assistance.Row{Code: "A-8", Href: "/assistance/8", State: "found", Tier: "close", From: "莱西市", To: "城阳区", AskedAt: at(12, 8, 0), Find: assistance.Clock{Due: at(12, 10, 0), Status: ui.Done}, Hold: assistance.Clock{Due: at(12, 22, 0), Status: ui.DueSoon}, ContactCode: "K-31", ContactHref: "/contacts/K-31"}
	return assistance.ListView{Listing: ui.Listing{Path: "/assistance"}, All: true, AllHref: "/assistance?state=all", OpenHref: "/assistance", Find: 2 * time.Hour, Hold: 8 * time.Hour, In: []assistance.Row{assistanceRow()}, Out: []assistance.Row{back, found}}
}

// AssistanceOne is a request as the office sees it that is asked.
func AssistanceOne() assistance.View {
	return assistance.View{Row: assistanceRow(), Together: 40 * time.Minute, FirstAt: at(10, 8, 0), LastAt: at(10, 8, 40), Setting: "体育馆", Clause: "tracing.close", Pack: "covid19/2022-v9@1", AskedBy: "li.w", Note: "每天早上晨跑",
		Accept:   &ui.Form{ID: "accept", Action: "/assistance/12?do=accepted", Submit: i18n.M("assistance.accept"), Version: "1"},
		SendBack: &ui.Form{ID: "send-back", Action: "/assistance/12?do=sent_back", Submit: i18n.M("assistance.send_back"), Version: "1", Fields: []ui.Field{{Name: "reason", Label: i18n.M("col.reason"), Kind: ui.FieldText, Required: true}}},
		Timeline: ui.Timeline{ID: "timeline", Label: i18n.M("case.timeline")}}
}

// AssistanceEnded is a request as the office sees it that asked, when the other could not find them.
func AssistanceEnded() assistance.View {
	r := assistanceRow()
	r.State, r.Outcome, r.Find, r.Hold = "ended", "lost", assistance.Clock{Due: at(12, 21, 0), Status: ui.Void}, assistance.Clock{}
	return assistance.View{Row: r, Case: "LX-0001", CaseHref: "/cases/LX-0001", First: "2022-03-09", Last: "2022-03-10", AskedBy: "li.w", AnsweredAt: at(12, 20, 0), AnsweredBy: "wang.f", EndedAt: at(12, 22, 0), Timeline: ui.Timeline{ID: "timeline", Label: i18n.M("case.timeline")}}
}
