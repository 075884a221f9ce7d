package isolation

import (
	"fmt"
	"strconv"
	"time"

	"firebreak/internal/facility"
	"firebreak/internal/i18n"
	"firebreak/internal/occupancy"
	"firebreak/internal/store"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// AheadView is how full one facility, or all of a kind, are expected to be.
type AheadView struct {
	ID     string
	Title  i18n.Msg
	Status ui.Status
	Full   i18n.Msg   // when the last place is given
	Says   []i18n.Msg // what else there is to know
	Tiers  []Count    // places by how soon they can be used; of a kind
	Rows   []AheadRow // none of a facility that gives no places
	Coming bool       // whether the rows say who is to come and has no bed
	Hours  string     // that a room is turned round
}

// AheadRow is one instant.
type AheadRow struct {
	facility.Point
	Parts []AheadPart
}

// AheadPart is a part of the bar, in hundredths of its width.
type AheadPart struct {
	Class string
	X, W  string
}

// Lack is how many find no place; Then if as many come as in the last day.
func (r AheadRow) Lack() int64 { return r.Point.Short(false) }

// Then is how many find no place if as many come as in the last day.
func (r AheadRow) Then() int64 { return r.Point.Short(true) }

// NewAheadRow is one instant with its bar.
func NewAheadRow(p facility.Point) AheadRow {
	out := AheadRow{Point: p}
	at := 0.0
	for _, x := range []struct {
		class string
		n     int64
	}{{"a-use", p.InUse}, {"a-held", p.Held}, {"a-turn", p.Turning}} {
		if x.n == 0 || p.Places == 0 {
			continue
		}
		w := 100 * float64(x.n) / float64(p.Places)
		out.Parts = append(out.Parts, AheadPart{x.class, fmt.Sprintf("%.2f", at), fmt.Sprintf("%.2f", w)})
		at += w
	}
	return out
}

func aheadRows(a facility.Ahead) (out []AheadRow) {
	for _, p := range occupancy.Table(a) {
		out = append(out, NewAheadRow(p))
	}
	return out
}

// fullLine says when the last place is given, and how it stands.
func fullLine(q *site.Request, a facility.Ahead) (i18n.Msg, ui.Status) {
	at := func(t time.Time) string { return q.Words().Short(t) }
	soon := func(t time.Time) ui.Status {
		if t.Sub(q.Now) <= 24*time.Hour {
			return ui.Late
		}
		return ui.DueSoon
	}
	switch {
	case a.Points[0].Free == 0:
		return i18n.M("ahead.full_now"), ui.Late
	case !a.Full.IsZero():
		return i18n.M("ahead.full", "at", at(a.Full)), soon(a.Full)
	case !a.FullTrend.IsZero():
		return i18n.M("ahead.full_trend", "at", at(a.FullTrend), "n", a.Came24), soon(a.FullTrend)
	}
	return i18n.M("ahead.not_full", "days", occupancy.Days, "n", a.Came24), ui.OnTime
}

func hoursSaid(q *site.Request, d time.Duration) string { return q.Words().Decimal(d.Hours(), 0) }

// aheadOf is how full one facility is expected to be; nil where it has no rooms.
func aheadOf(q *site.Request, r *store.Reader, f facility.Facility) (*AheadView, error) {
	h, err := occupancy.ReadOne(r, q.Outbreak, q.Pack, f, q.Now, q.Zone, occupancy.Days)
	if err != nil {
		return nil, err
	}
	v := &AheadView{ID: "ahead", Title: i18n.M("ahead.title"), Rows: aheadRows(h.Ahead), Hours: hoursSaid(q, q.Pack.Isolation.TurnRoom.Duration())}
	switch all := h.Now + h.In24 + h.In48 + h.In72 + h.Beyond; {
	case f.State == facility.Closing:
		v.Full, v.Status = i18n.M("ahead.closing"), ui.OnTime
	case all == 0:
		return nil, nil
	case f.State == facility.Reserve:
		v.Full, v.Status, v.Rows = i18n.M("ahead.in_reserve", "n", all), ui.OnTime, nil
	default:
		v.Full, v.Status = fullLine(q, h.Ahead)
	}
	if h.NoDay > 0 {
		v.Says = append(v.Says, i18n.M("ahead.no_day", "n", h.NoDay))
	}
	return v, nil
}

// aheadOfAll is how full all facilities that the reader sees are expected to be, by kind, and when each is full.
func aheadOfAll(q *site.Request, r *store.Reader, w store.Within) (out []AheadView, full map[facility.ID]ui.Cell, err error) {
	x, err := occupancy.Read(r, q.Outbreak, q.Pack, w, q.Now, q.Zone, occupancy.Days)
	if err != nil {
		return nil, nil, err
	}
	for _, k := range x.Kinds {
		v := AheadView{ID: "ahead-" + string(k.Kind), Title: i18n.M("ahead.of_kind", "kind", q.Words().Enum("facility_kinds", string(k.Kind))), Rows: aheadRows(k.Ahead), Coming: true, Hours: hoursSaid(q, x.Turn)}
		v.Full, v.Status = fullLine(q, k.Ahead)
		if k.Wanted > 0 {
			v.Says = append(v.Says, i18n.M("ahead.wanted", "n", k.Wanted))
		}
		if k.NoDay > 0 {
			v.Says = append(v.Says, i18n.M("ahead.no_day", "n", k.NoDay))
		}
		if x.More {
			v.Says = append(v.Says, i18n.M("ahead.more"))
		}
		v.Tiers = []Count{{Label: i18n.M("ahead.tier.now"), N: k.Now}}
		for _, t := range []Count{{Label: i18n.M("ahead.tier.in24"), N: k.In24}, {Label: i18n.M("ahead.tier.in48"), N: k.In48}, {Label: i18n.M("ahead.tier.in72"), N: k.In72}, {Label: i18n.M("ahead.tier.later"), N: k.Beyond}} {
			if t.N > 0 {
				v.Tiers = append(v.Tiers, t)
			}
		}
		out = append(out, v)
	}
	full = map[facility.ID]ui.Cell{}
	for _, h := range x.Houses {
		switch {
		case h.State == facility.Reserve || h.State == facility.Closing || h.Now+h.In24+h.In48+h.In72+h.Beyond == 0:
			full[h.ID] = ui.Text("")
		case h.Points[0].Free == 0 && h.State == facility.Open:
			full[h.ID] = ui.Words(i18n.M("ahead.full_now"))
		case !h.FullTrend.IsZero():
			full[h.ID] = ui.At(h.FullTrend)
		default:
			full[h.ID] = ui.Words(i18n.M("ahead.never", "days", strconv.Itoa(occupancy.Days)))
		}
	}
	return out, full, nil
}
