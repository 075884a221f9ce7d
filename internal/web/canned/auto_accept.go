package canned

import (
	"firebreak/internal/i18n"
	"firebreak/internal/web/autoaccept"
	"firebreak/internal/web/ui"
)

// AutoAccept is the setting of an outbreak, and another one that was asked about.
func AutoAccept() autoaccept.View {
	return autoaccept.View{
		List: "/cases", Now: &autoaccept.Setting{Tiers: []string{"close"}, Most: 50, At: at(12, 8, 30), By: "duty", Why: "夜间人手不足"},
		Choose: ui.Form{ID: "choose", Action: "/o/laixi/auto-accept", Get: true, Submit: i18n.M("auto.preview"), Fields: []ui.Field{
			{Name: "tiers", Label: i18n.M("auto.tiers"), Kind: ui.FieldRadio, Value: "close,general", Hint: i18n.M("auto.tiers_hint"), Options: []ui.Option{{Value: "", Label: i18n.M("auto.nobody")}, {Value: "close,general", Label: i18n.M("auto.both")}}},
			{Name: "most", Label: i18n.M("auto.most"), Kind: ui.FieldNumber, Value: "120", Min: "1", Max: "1000", Hint: i18n.M("auto.most_hint")},
		}},
		Effect: &autoaccept.Effect{Tiers: []string{"close", "general"}, Most: 120, Cases: 41, Accepted: 1_312, Of: 38, Beyond: 2, Waiting: 407},
		Apply: ui.Form{ID: "apply", Action: "/o/laixi/auto-accept", Version: "1", Submit: i18n.M("auto.apply"), Cancel: "/o/laixi/auto-accept", Hidden: map[string]string{"tiers": "close,general", "most": "120"},
			Fields: []ui.Field{{Name: "reason", Label: i18n.M("auto.reason"), Kind: ui.FieldArea, Required: true}}},
	}
}

// NeverAutoAccept is an outbreak in which nobody ever set it.
func NeverAutoAccept() autoaccept.View {
	v := AutoAccept()
	v.Now, v.Effect = nil, nil
	return v
}
