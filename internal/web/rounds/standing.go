package rounds

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/day"
	"firebreak/internal/i18n"
	"firebreak/internal/protocol"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// listTabs lead from the rounds to the standing rounds and back.
func listTabs(q *site.Request, standing bool) []ui.Tab {
	return []ui.Tab{{Label: i18n.M("round.list"), Href: q.Path("rounds"), Current: !standing}, {Label: i18n.M("standing_round.title"), Href: q.Path("rounds", "standing"), Current: standing}}
}

// rhythmWords says a rhythm.
func rhythmWords(r screening.Rhythm) i18n.Msg {
	said := i18n.M("standing_round.times", "n", r.TimesAWeek)
	switch {
	case r.EveryDays == 1:
		said = i18n.M("standing_round.daily")
	case r.EveryDays > 0:
		said = i18n.M("standing_round.every", "n", r.EveryDays)
	}
	if r.Apart > 0 {
		said = i18n.M("standing_round.apart", "rhythm", said, "d", r.Apart)
	}
	return said
}

// byPack finds what the pack in force says of how often a group is tested.
func byPack(q *site.Request, group screening.Group) (r screening.Rhythm, clause string, ok bool) {
	g, ok := q.Pack.Screening.Group(group)
	if !ok {
		return r, "", false
	}
	r, ok = g.Rhythm()
	clause = g.Times.Path
	if g.Every.Set() {
		clause = g.Every.Path
	}
	return r, clause, ok
}

// groupWords says whose members are due.
func groupWords(q *site.Request, group screening.Group) ui.Cell {
	if group == "" {
		return ui.Words(i18n.M("standing_round.everybody"))
	}
	if g, ok := q.Pack.Screening.Group(group); ok {
		return ui.Text(said(q, g.Title))
	}
	return ui.Code(string(group), "")
}

func said(q *site.Request, t protocol.Text) string {
	if q.Lang() == "zh" {
		return t.ZH
	}
	return t.EN
}

// seriesSeen are the standing rounds any part of which the reader sees, with the last round of each.
func seriesSeen(q *site.Request, rd *store.Reader) (list []screening.Series, last map[screening.SeriesID]screening.Round, err error) {
	all, err := rd.SeriesOf(q.Outbreak.ID)
	if err != nil {
		return nil, nil, err
	}
	for _, s := range all {
		if len(due(q, screening.Round{Areas: s.Areas})) > 0 {
			list = append(list, s)
		}
	}
	rounds, err := rd.Rounds(q.Outbreak.ID)
	last = map[screening.SeriesID]screening.Round{}
	for _, r := range rounds {
		if was, ok := last[r.Series]; !ok || r.Number > was.Number {
			last[r.Series] = r
		}
	}
	return list, last, err
}

// Standing is GET /o/{outbreak}/rounds/standing.
func (h *Handler) Standing(q *site.Request) error {
	v := StandingView{Listing: ui.Listing{Path: q.Path("rounds", "standing"), Values: q.URL.Query()}, Tabs: listTabs(q, true)}
	if auth.MayAnywhere(q.Actor, auth.ScreeningWrite, "", q.Now) {
		v.NewHref = q.Path("rounds", "standing", "new")
	}
	err := q.View(func(rd *store.Reader) error {
		list, last, err := seriesSeen(q, rd)
		for _, s := range list {
			v.Series = append(v.Series, h.standingRow(q, s, last[s.ID]))
		}
		return err
	})
	if err != nil {
		return err
	}
	return q.Show(h.standing, "screening", v)
}

// opensNext is when a standing round opens its next round; zero: none will open. What nobody could open is passed over at the next tick of the clock, and told as passed over already.
func opensNext(s screening.Series, now time.Time, loc *time.Location) time.Time {
	if !s.EndedAt.IsZero() {
		return time.Time{}
	}
	open, next, over := s.Step(now, loc)
	switch {
	case open != nil:
		return open.StartsAt
	case over:
		return time.Time{}
	}
	s.Turn = next
	o, _ := s.Coming(loc)
	return o.StartsAt
}

func (h *Handler) standingRow(q *site.Request, s screening.Series, last screening.Round) StandingRow {
	row := StandingRow{ID: int64(s.ID), Name: s.Name, Group: groupWords(q, s.Group), Areas: areaNames(q, s.Areas), Ended: s.EndedAt, Until: s.Until.String(),
		Rhythm: rhythmWords(s.Rhythm), At: i18n.M("standing_round.opens", "at", fmt.Sprintf("%02d:%02d", s.AtMinute/60, s.AtMinute%60), "d", s.Length)}
	if j, _ := q.Tree.Get(s.Areas[0]); s.Name == string(s.Group) || s.Group == "" && s.Name == j.Name {
		row.Name = "" // nobody gave it one
	}
	switch r, clause, ok := byPack(q, s.Group); {
	case ok && r == s.Rhythm:
		row.Clause = ui.Code(clause, "/packs/"+q.Pack.Name+"#screening")
	case ok:
		row.Clause = ui.Words(i18n.M("standing_round.pack_differs", "rhythm", rhythmWords(r)))
	default:
		row.Clause = ui.Words(i18n.M("standing_round.by_hand"))
	}
	row.Next = opensNext(s, q.Now, q.Zone)
	if last.ID != 0 {
		row.Last, row.LastHref, row.Number = i18n.M("standing_round.last_round", "round", Title(last.Number, last.Name), "state", i18n.M("round.state."+string(last.State))), href(q, last), last.Number
	}
	if s.EndedAt.IsZero() && q.Sees(auth.ScreeningWrite, s.Area) {
		row.End = q.Path("rounds", "standing", "end") + "?series=" + strconv.FormatInt(int64(s.ID), 10)
	}
	return row
}

// standingForm are the fields of a standing round.
func (h *Handler) standingForm(q *site.Request, v url.Values, wrong *command.Invalid) FormView {
	pick, more := pickAreas(q, append(slices.Clone(v["areas"]), codes(v.Get("more"))...))
	group := ui.Field{Name: "group", Label: i18n.M("standing_round.group"), Kind: ui.FieldSelect, Value: v.Get("group"), Hint: i18n.M("standing_round.group_hint"), Options: []ui.Option{{Label: i18n.M("standing_round.everybody")}}}
	for i := range q.Pack.Screening.Groups {
		g := &q.Pack.Screening.Groups[i]
		o := ui.Option{Value: string(g.Name), Text: said(q, g.Title)}
		if r, ok := g.Rhythm(); ok {
			o = ui.Option{Value: o.Value, Label: i18n.M("standing_round.group_rhythm", "group", o.Text, "rhythm", rhythmWords(r))}
		}
		group.Options = append(group.Options, o)
	}
	number := func(name, most string) ui.Field {
		return ui.Field{Name: name, Label: i18n.M("standing_round.field." + name), Kind: ui.FieldNumber, Value: v.Get(name), Min: "1", Max: most, Hint: i18n.M("standing_round.hint." + name)}
	}
	f := ui.Form{ID: "standing", Action: q.Path("rounds", "standing"), Submit: i18n.M("standing_round.start"), Cancel: q.Path("rounds", "standing"), Fields: []ui.Field{
		group, number("every", "60"), number("times", "7"), number("apart", "168"), pick, more,
		{Name: "since", Label: i18n.M("standing_round.since"), Kind: ui.FieldDate, Value: v.Get("since"), Required: true},
		{Name: "until", Label: i18n.M("standing_round.until"), Kind: ui.FieldDate, Value: v.Get("until"), Hint: i18n.M("standing_round.until_hint")},
		{Name: "at", Label: i18n.M("standing_round.at"), Kind: ui.FieldText, Value: v.Get("at"), Required: true, Hint: i18n.M("standing_round.at_hint", "zone", q.Zone.String()), Autocomplete: "off"},
		number("runs", "1440"), poolField(q, v),
		{Name: "name", Label: i18n.M("round.name"), Kind: ui.FieldText, Value: v.Get("name"), Hint: i18n.M("standing_round.name_hint"), Autocomplete: "off"},
	}}
	mark(&f, wrong)
	return FormView{i18n.M("standing_round.new"), f}
}

// NewStanding is GET /o/{outbreak}/rounds/standing/new: from tomorrow, in the morning.
func (h *Handler) NewStanding(q *site.Request) error {
	v := url.Values{"since": {day.In(q.Now, q.Zone).Add(1).String()}, "at": {"07:00"}, "pool": {"10"}}
	if q.Pack.Screening.Pools().Else != 0 {
		v.Set("pool", "0")
	}
	if j, ok := q.Tree.Get(q.Outbreak.Area); ok && q.Sees(auth.ScreeningWrite, j.ID) {
		v.Set("areas", j.Code)
	}
	return q.Show(h.form, "screening", h.standingForm(q, v, nil))
}

// standingTyped reads the form.
func standingTyped(q *site.Request, form url.Values) (in command.StandingRound, err error) {
	in = command.StandingRound{Outbreak: q.Outbreak.Name, Name: form.Get("name"), Group: form.Get("group"), Areas: append(slices.Clone(form["areas"]), codes(form.Get("more"))...), At: strings.TrimSpace(form.Get("at"))}
	if len(in.Areas) == 0 {
		return in, &command.Invalid{Field: "areas", Reason: "at least one is needed: whose residents are due"}
	}
	for _, x := range []struct {
		name string
		into *day.Day
	}{{"since", &in.Since}, {"until", &in.Until}} {
		if text := form.Get(x.name); text != "" {
			if *x.into, err = day.Parse(text); err != nil {
				return in, &command.Invalid{Field: x.name, Value: text, Reason: "is no day"}
			}
		}
	}
	var apart, runs int
	for _, x := range []struct {
		name string
		into *int
	}{{"every", &in.Every}, {"times", &in.Times}, {"pool", &in.Pool}, {"apart", &apart}, {"runs", &runs}} {
		text := strings.TrimSpace(form.Get(x.name))
		if text == "" {
			continue
		}
		const most = 10_000 // far above any bound of the order, and small enough that no length overflows
		if *x.into, err = strconv.Atoi(text); err != nil || *x.into < 0 || *x.into > most {
			return in, &command.Invalid{Field: x.name, Value: text, Reason: "is not a whole number that fits"}
		}
	}
	in.Apart, in.Runs = time.Duration(apart)*time.Hour, time.Duration(runs)*time.Hour
	return in, nil
}

// StartStanding is POST /o/{outbreak}/rounds/standing.
func (h *Handler) StartStanding(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	in, err := standingTyped(q, form)
	if err == nil {
		_, err = h.s.Commands.StandingRound(q.Context(), q.By(), in)
	}
	var wrong *command.Invalid
	if errors.As(err, &wrong) {
		return q.ShowStatus(http.StatusUnprocessableEntity, h.form, "screening", h.standingForm(q, form, wrong))
	}
	if err != nil {
		return err
	}
	return q.Done(q.Path("rounds", "standing"), "standing_started", 1)
}

// oneSeries reads the standing round that is asked for, if any part of it is the reader's.
func oneSeries(q *site.Request, text string) (s screening.Series, err error) {
	err = q.View(func(rd *store.Reader) error {
		list, _, err := seriesSeen(q, rd)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(list, func(x screening.Series) bool { return strconv.FormatInt(int64(x.ID), 10) == text })
		if i < 0 {
			return fmt.Errorf("standing round %q: %w", text, store.ErrNotFound)
		}
		s = list[i]
		return nil
	})
	return s, err
}

func (h *Handler) endForm(q *site.Request, s screening.Series, v url.Values, wrong *command.Invalid) FormView {
	f := ui.Form{ID: "end-standing", Action: q.Path("rounds", "standing", "end"), Submit: i18n.M("standing_round.end"), Danger: true, Cancel: q.Path("rounds", "standing"), Version: strconv.FormatInt(s.Version, 10),
		Hidden: map[string]string{"series": strconv.FormatInt(int64(s.ID), 10)},
		Fields: []ui.Field{{Name: "reason", Label: i18n.M("col.reason"), Kind: ui.FieldText, Value: v.Get("reason"), Required: true, Hint: i18n.M("standing_round.end_hint"), Autocomplete: "off"}}}
	mark(&f, wrong)
	return FormView{i18n.M("standing_round.end_titled", "name", s.Name), f}
}

// EndStandingForm is GET /o/{outbreak}/rounds/standing/end?series=: why it ends is asked for first.
func (h *Handler) EndStandingForm(q *site.Request) error {
	s, err := oneSeries(q, q.URL.Query().Get("series"))
	if err != nil {
		return err
	}
	if !s.EndedAt.IsZero() || !q.Sees(auth.ScreeningWrite, s.Area) {
		return fmt.Errorf("end standing round %d: %w", s.ID, store.ErrNotFound)
	}
	return q.Show(h.form, "screening", h.endForm(q, s, nil, nil))
}

// EndStanding is POST /o/{outbreak}/rounds/standing/end.
func (h *Handler) EndStanding(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	s, err := oneSeries(q, form.Get("series"))
	if err != nil {
		return err
	}
	// No version is held against it: what changes one meanwhile is a round that it opened, and it is to end all the same.
	_, err = h.s.Commands.EndStandingRound(q.Context(), q.By(), s.ID, 0, form.Get("reason"))
	var wrong *command.Invalid
	if errors.As(err, &wrong) {
		return q.ShowStatus(http.StatusUnprocessableEntity, h.form, "screening", h.endForm(q, s, form, wrong))
	}
	if err != nil {
		return err
	}
	return q.Done(q.Path("rounds", "standing"), "standing_ended", 1)
}
