package now

import (
	"firebreak/internal/board"
	"firebreak/internal/day"
	"firebreak/internal/i18n"
	"firebreak/internal/situation"
	"firebreak/internal/web/ui"
)

// daysSince is the number of days since the last case that was found in the community. Where later cases have no such finding on record it stays
// unknown: a good number must not come from missing data.
func daysSince(f board.Figures, today day.Day, href string) (ui.Figure, error) {
	out := ui.Figure{Label: i18n.M("now.days_since"), Href: href + "?found=outside&sort=-onset", Why: i18n.M("now.no_community")}
	counts := make([]situation.FoundCount, 0, len(f.New))
	var unknown int
	for _, d := range f.New {
		if d.Day > today {
			continue // a clock elsewhere is ahead; it counts when its day has come
		}
		if today.Sub(d.Day) >= situation.MaxCurveDays {
			continue // a typing error in some date
		}
		counts = append(counts, situation.FoundCount{Day: d.Day, Isolated: d.Inside, Community: d.Outside, Unknown: d.Unknown})
		unknown += d.Unknown
		if d.Outside > 0 {
			unknown = d.Unknown
		}
	}
	found, err := situation.FoundOf(counts, situation.FoundOptions{AsOf: today, GapsAreZero: true})
	if err != nil {
		return out, err
	}
	switch {
	case !found.Certain:
		out.Why = i18n.M("now.uncertain", "n", unknown)
	case found.DaysSince != nil:
		n := int64(*found.DaysSince)
		out.Value = &n
		out.Sub = i18n.M("now.last_case", "day", i18n.Day(found.LastCommunity.String()))
	}
	return out, nil
}

// curve is the last days by day of onset; cases whose finding is not on record are drawn with those found in the community, since nothing says that
// they infected nobody.
func curve(ill []board.Day, today, incomplete day.Day) ui.EpiCurve {
	c := ui.EpiCurve{ID: "epi", Label: i18n.M("curve.title", "n", curveDays), ByWhat: "ill"}
	first := today.Add(1 - curveDays)
	c.In, c.Out = make([]int, curveDays), make([]int, curveDays)
	for i := range curveDays {
		c.Days = append(c.Days, first.Add(i).String())
	}
	for _, d := range ill {
		if i := d.Day.Sub(first); i >= 0 && i < curveDays {
			c.In[i] += d.Inside
			c.Out[i] += d.Outside + d.Unknown
		}
	}
	if !incomplete.IsZero() && incomplete <= today {
		c.Incomplete = min(today.Sub(incomplete)+1, curveDays)
	}
	return c
}

// rtDays bounds the series that Rt is estimated from: older cases infect nobody now.
const rtDays = 120

// window is the days that one Rt is estimated over.
const window = 7

// estimate is Rt of the last seven complete days by Cori's method with the pack's serial interval. Days not yet complete are left out: they would pull it down. It is
// nil where its coefficient of variation is above 0.3, the precision that Cori et al. 2013 (Am J Epidemiol 178:1505) ask for, which takes about 11 cases, and where no
// seven complete days lie behind the first onset; early says that it is the latter.
func estimate(ill []board.Day, today, incomplete day.Day, mean, sd float64) (r *ui.Estimate, early bool, err error) {
	last := today
	if !incomplete.IsZero() && incomplete <= today {
		last = incomplete.Add(-1)
	}
	inc := situation.Incidence{}
	for _, d := range ill {
		if d.Day > last || last.Sub(d.Day) >= rtDays {
			continue
		}
		if inc.Start.IsZero() {
			inc.Start = d.Day
			inc.Local = make([]int, last.Sub(d.Day)+1)
		}
		inc.Local[d.Day.Sub(inc.Start)] += d.Total()
	}
	if mean <= 0 || len(inc.Local) == 0 {
		return nil, mean > 0 && len(ill) > 0, nil
	}
	si, err := situation.SIFromMoments(mean, sd)
	if err != nil {
		return nil, false, err
	}
	rows, err := situation.Cori(inc, si, situation.CoriOptions{Window: window})
	if err != nil || len(rows) == 0 {
		return nil, len(inc.Local) <= window, err
	}
	row := rows[len(rows)-1]
	if row.Mean == nil || *row.SD > 0.3**row.Mean {
		return nil, false, nil
	}
	return &ui.Estimate{Mean: *row.Mean, Low: *row.Q025, High: *row.Q975}, false, nil
}
