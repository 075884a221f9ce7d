package canned

import (
	"math"

	"firebreak/internal/forecast"
	"firebreak/internal/i18n"
	webforecast "firebreak/internal/web/forecast"
	"firebreak/internal/web/ui"
)

// Forecast is what may come of an outbreak under two packs, with an earlier forecast that has been scored.
func Forecast() webforecast.View {
	r := func(low, median, high float64) forecast.Range {
		return forecast.Range{Low90: low, Low50: math.Floor((low + median) / 2), Median: median, High50: math.Ceil((median + high) / 2), High90: high}
	}
	row := func(q forecast.Quantity, a, b, less forecast.Range, share float64) webforecast.Row {
		return webforecast.Row{Quantity: string(q), Flow: q.Flow(), A: webforecast.Cell{Range: a}, B: webforecast.Cell{Range: b}, Less: less, LessShare: share, Lifted: &webforecast.Cell{Range: r(a.Low90, 3*a.Median, 9*a.High90), Over: true}}
	}
	line := func(name string, from float64) ui.FanLine {
		l := ui.FanLine{Name: name}
		for k := range 4 {
			x := math.Max(0, from-2*float64(k))
			l.Low90, l.Low50, l.Median, l.High50, l.High90 = append(l.Low90, 0), append(l.Low50, math.Floor(x/2)), append(l.Median, x), append(l.High50, x+1), append(l.High90, x+4)
		}
		return l
	}
	pack := func(name string) ui.Field {
		return ui.Field{Name: name, Label: i18n.M("forecast.pack_" + name), Kind: ui.FieldSelect, Required: true, Options: []ui.Option{{Value: "covid19/2022-v9@1", Text: "covid19/2022-v9@1"}}}
	}
	return webforecast.View{
		New: ui.Form{ID: "make", Action: "/forecast", Submit: i18n.M("forecast.make"), Error: i18n.M("forecast.wrong", "value", "2022-03-12", "reason", "has not ended yet"), Fields: []ui.Field{pack("a"), pack("b"),
			{Name: "days", Label: i18n.M("forecast.length"), Kind: ui.FieldNumber, Value: "60", Min: "14", Max: "120"}}},
		Job: &webforecast.Job{Done: 30, Of: 120, By: "duty", Part: "/forecast?part=job"},
		Told: &webforecast.Told{Number: 2, AsOf: "2022-03-11", From: "2022-03-12", To: "2022-05-10", MadeAt: at(12, 8, 0), MadeBy: "duty", A: "covid19/2021-v8@1", B: "covid19/2022-v9@1", InForce: "covid19/2021-v8@1", Params: "omicron-ba2",
			Courses: 200, Draws: 4000, Seed: "1", Digest: "0f3a", Notes: []string{string(forecast.PoorFit), string(forecast.NoContacts)}, Unfound: r(20, 41, 90), Free: r(8, 17, 40), Factor: r(0, 0.21, 0.4), Lifted: true, Outgrown: true, Quiet: 7, DaysForward: 60,
			Zero:    []webforecast.ZeroRow{{Key: "a", Pack: "covid19/2021-v8@1", When: forecast.When{Share: 0.94, Low90: ptr(4), Low50: ptr(7), Median: ptr(10), High50: ptr(16)}}, {Key: "b", Pack: "covid19/2022-v9@1", Outgrown: 0.1, When: forecast.When{Share: 0.6, Low90: ptr(1), Low50: ptr(9), Median: ptr(22)}}},
			Rows:    []webforecast.Row{row(forecast.Infections, r(90, 150, 400), r(100, 210, 900), r(-500, -60, 0), 0.9), row(forecast.Rooms, r(2000, 2553, 4000), r(1800, 2300, 3900), r(-20, 250, 400), 0.1)},
			Nowcast: ui.Fan{ID: "nowcast", Label: i18n.M("forecast.nowcast"), Hint: i18n.M("forecast.nowcast_hint"), Days: days(4), Lines: []ui.FanLine{line("Infections", 12)}},
			Fans:    []ui.Fan{{ID: "fan-community", Label: i18n.M("quantity.community"), Days: days(4), Lines: []ui.FanLine{line("A", 6), line("B", 9)}}},
			Fit:     []forecast.Fit{{Quantity: forecast.Found, Record: 60, Courses: r(40, 50, 58), Outside: true}, {Quantity: forecast.Community, Record: 4, Courses: r(1, 4, 9)}}},
		Scores: []webforecast.ScoreRow{
			{Number: 2, Href: "/forecast?n=2", AsOf: "2022-03-11", Current: true, Pack: "covid19/2021-v8@1", Held: true, Scored: []forecast.Scored{{Quantity: forecast.Found}, {Quantity: forecast.Community}}},
			{Number: 1, Href: "/forecast?n=1", AsOf: "2022-03-07", Pack: "covid19/2022-v9@1", Scored: []forecast.Scored{{Quantity: forecast.Found, Days: 4, Inside50: 2, Inside90: 4, Interval90: ptr(21.5), Absolute: ptr(4.0)}, {Quantity: forecast.Community, Days: 4, Inside90: 3, Interval90: ptr(38.0), Absolute: ptr(3.2)}}}},
	}
}
