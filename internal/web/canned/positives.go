package canned

import (
	"time"

	"firebreak/internal/i18n"
	"firebreak/internal/web/positives"
	"firebreak/internal/web/ui"
)

// Positives is a page of positive tubes: one in full swing, one whose people are all negative.
func Positives() positives.View {
	swabbed, reported, until := at(12, 14, 10), at(12, 21, 39), at(13, 21, 39)
	held := func(code, standing string, told string, due ui.Status) positives.Member {
		return positives.Member{Code: code, Area: "水集社区", SwabbedAt: swabbed, Standing: standing, Hold: i18n.M("positive." + told), Held: true, Until: until, Due: at(13, 3, 39), Status: due, Owner: "Sampler", Href: "/tasks/9101"}
	}
	one := held("7Q4M-2XKD", "unsampled", "not_told", ui.Late)
	one.Home = []string{"8R5N-3YLE", "9S6P-4ZMF"}
	free := func(code string) positives.Member {
		return positives.Member{Code: code, Area: "望城社区", SwabbedAt: swabbed, Standing: "negative", Hold: i18n.M("positive.lifted.negative"), Due: at(13, 3, 0), Status: ui.Done, Owner: "Sampler", Href: "/tasks/9102"}
	}
	return positives.View{Longest: 24 * time.Hour, Clause: "clocks.hold_longest", Pack: "covid19/2021-v8@1", NextHref: "/positives?after=412", Ask: &ui.Form{ID: "names", Action: "/appeals/words", Submit: i18n.M("names.show"), Fields: []ui.Field{{Name: "reason", Label: i18n.M("names.reason"), Kind: ui.FieldText, Required: true, Hint: i18n.M("names.reason_hint")}}}, Appeals: []positives.Appeal{
		{Code: "7Q4M-2XKD", Area: "水集社区", Ground: "care", Worded: true, FiledAt: at(12, 23, 0), FiledBy: "public", Until: until, Due: at(13, 5, 0), Status: ui.DueSoon, Owner: "Duty officer", Href: "/tasks/9103", SecondedBy: "duty", SecondedAt: at(13, 1, 0),
			Second: "nobody else can go", Answer: &ui.Form{ID: "appeal-1", Action: "/appeals/1", Submit: i18n.M("positive.appeal_answer"), Fields: []ui.Field{{Name: "reason", Label: i18n.M("positive.appeal_reason"), Kind: ui.FieldArea, Required: true}}}},
	}, Tubes: []positives.Tube{
		{ID: "tube-413", Code: "Q7-0413", Site: "水集-12", Desk: "3", Area: "水集社区", ClosedAt: swabbed, ResultAt: reported, People: 3, Held: 3, Late: 1,
			Members: []positives.Member{one, held("A7BC-5DEF", "awaited", "told", ui.Done), held("B8CD-6EFG", "negative", "told", ui.Done)},
			Before:  &positives.Neighbour{Code: "Q7-0412", People: 10, ClosedAt: at(12, 14, 4), Result: "negative"}, After: &positives.Neighbour{Code: "Q7-0414", People: 10, ClosedAt: at(12, 14, 17)}},
		{ID: "tube-409", Code: "Q7-0409", Household: true, Site: "望城-3", Area: "望城社区", ClosedAt: swabbed, ResultAt: reported, People: 2, Members: []positives.Member{free("C9DE-7FGH"), free("D2EF-8GHJ")},
			Check:       &positives.Check{Href: "/tasks/9103", Owner: "Laboratory", Due: at(13, 12, 0), Status: ui.DueSoon},
			RecordCheck: &ui.Form{ID: "tube-409-check", Action: "/positives/Q7-0409/check", Submit: i18n.M("positive.record"), Fields: []ui.Field{{Name: "finding", Label: i18n.M("positive.finding"), Kind: ui.FieldArea, Required: true}}}},
	}}
}
