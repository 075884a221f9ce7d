package canned

import (
	"time"

	"firebreak/internal/i18n"
	"firebreak/internal/web/sharedplaces"
	"firebreak/internal/web/ui"
)

// Shared is the page before visits are asked.
func Shared() sharedplaces.View {
	return sharedplaces.View{
		Path: "/shared?since=2022-03-05", Vault: true, Limit: 200,
		Filter: &ui.Form{ID: "which", Action: "/shared", Get: true, Fields: []ui.Field{{Name: "since", Label: i18n.M("shared.since"), Kind: ui.FieldDate, Value: "2022-03-05"}}},
		Cases: []sharedplaces.Case{
			{Code: "LX-0031", Href: "/cases/LX-0031", Class: "confirmed", Onset: "2022-03-10", Confirmed: at(11, 9, 30), Area: "莱西市", Chosen: true},
			{Code: "LX-0044", Href: "/cases/LX-0044", Class: "asymptomatic", Area: "即墨区", Source: true},
		},
		Fields: []ui.Field{
			{Name: "days", Label: i18n.M("shared.days"), Kind: ui.FieldRadio, Value: "back", Options: []ui.Option{{Value: "back", Label: i18n.M("shared.back")}, {Value: "on", Label: i18n.M("shared.on")}}},
			{Name: "purpose", Label: i18n.M("names.purpose"), Kind: ui.FieldSelect, Value: "contact-tracing", Required: true, Options: []ui.Option{{Value: "contact-tracing", Text: "Contact tracing"}}},
		},
	}
}

// SharedAnswer is the page with what visits say.
func SharedAnswer() sharedplaces.View {
	v := Shared()
	v.Filter, v.Cluster, v.ClusterHref, v.Left, v.Days = nil, "CL-3", "/clusters/CL-3", 2, 14
	v.Answer = &sharedplaces.Answer{Backward: true, Cases: 5, Unknown: []string{"LX-0044"}, Visits: 12_480, Population: 1_205, Found: 9, Beside: 31,
		Shown: 3, Places: []sharedplaces.Place{
			{Rank: 1, Name: "水集市场", Kind: "shop", Days: []sharedplaces.Day{
				{Day: "2022-03-06", Cases: 4, Of: 5, Visits: 62, Expected: 0.26, ByChance: 0.0004, Chance: "hardly", Who: []sharedplaces.Stay{
					{Code: "LX-0031", Href: "/cases/LX-0031", From: at(6, 9, 10), To: at(6, 10, 0), X: 550, Width: 50},
					{Code: "LX-0032", Href: "/cases/LX-0032", From: at(6, 9, 20), To: at(6, 9, 50), X: 560, Width: 30}},
					Open: &ui.Form{ID: "open-1", Action: "/clusters", Submit: i18n.M("shared.open_cluster"), Hidden: map[string]string{"name": "水集市场", "kind": "shop"}}},
				{Day: "2022-03-05", Cases: 3, Of: 5, Visits: 71, Expected: 0.29, ByChance: 0.2, Chance: "perhaps"}}},
			{Rank: 2, Name: "3 路公交", Kind: "transport", Days: []sharedplaces.Day{{Day: "2022-03-07", Cases: 3, Of: 5, Visits: 640, Expected: 2.66, ByChance: 41, Chance: "likely"}}},
		},
		People: []sharedplaces.Person{{Name: "P9", Cases: 7, Together: 95 * time.Minute, Others: 6, Met: []sharedplaces.Met{{Code: "LX-0031", Href: "/cases/LX-0031", Tier: "close", For: 50 * time.Minute, First: at(6, 9, 10)}}},
			{Name: "LX-0032", Code: "LX-0032", Href: "/cases/LX-0032", Cases: 2, Together: 20 * time.Minute}},
	}
	return v
}

// SharedEmpty is the page where there is nobody to choose from, and of one who may not ask.
func SharedEmpty() sharedplaces.View {
	return sharedplaces.View{Path: "/shared"}
}
