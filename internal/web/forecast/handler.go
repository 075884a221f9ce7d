package forecast

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/forecast"
	"firebreak/internal/i18n"
	"firebreak/internal/outlook"
	"firebreak/internal/protocol"
	"firebreak/internal/store"
	"firebreak/internal/web/happened"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// Handler answers for forecasts.
type Handler struct {
	s    *site.Site
	page *ui.Page
}

// NewHandler parses the page.
func NewHandler(s *site.Site) (*Handler, error) {
	page, err := New(s.Kit)
	return &Handler{s, page}, err
}

// scored is how many of the newest forecasts are listed with how they have done.
const scored = 12

// may says whether the reader reads the cases of the whole outbreak: a forecast tells of all of it.
func may(q *site.Request) error {
	if q.Sees(auth.CaseRead, q.Outbreak.Area) {
		return nil
	}
	return &command.Forbidden{Action: auth.CaseRead, Decision: auth.May(q.Actor, auth.CaseRead, nil, "", q.Now)}
}

// Show is GET /o/{outbreak}/forecast: the newest forecast, or that of ?n=.
func (h *Handler) Show(q *site.Request) error {
	return h.show(q, http.StatusOK, url.Values{"a": {q.Outbreak.Pack}}, nil)
}

func (h *Handler) show(q *site.Request, status int, form url.Values, wrong *command.Invalid) error {
	if may(q) != nil {
		return q.Show(h.page, "forecast", View{Empty: &ui.Empty{Title: i18n.M("forecast.whole"), Hint: i18n.M("forecast.whole_hint")}})
	}
	part := q.URL.Query().Get("part") != ""
	job := h.job(q)
	if part {
		if job == nil { // it is there: the whole page is read again
			q.W.Header().Set("HX-Refresh", "true")
		}
		return q.ShowStatus(status, h.page, "forecast", View{Job: job}, "job")
	}
	var number int64
	if n := q.URL.Query().Get("n"); n != "" {
		var err error
		if number, err = strconv.ParseInt(n, 10, 64); err != nil {
			return &command.Invalid{Field: "n", Value: n, Reason: "is not a number"}
		}
	}
	var kept *outlook.Kept
	var scores []outlook.Score
	err := q.View(func(r *store.Reader) (err error) {
		if scores, err = outlook.Scores(r, q.Outbreak, q.Now, scored); err != nil {
			return err
		}
		if number == 0 && len(scores) > 0 {
			number = scores[0].Number
		}
		if number != 0 {
			kept, err = outlook.Read(r, q.Outbreak.ID, number)
		}
		return err
	})
	if err != nil {
		return err
	}
	v := View{Job: job}
	if v.New, err = h.form(q, form, wrong); err != nil {
		return err
	}
	if kept == nil {
		v.Empty = &ui.Empty{Title: i18n.M("forecast.none"), Hint: i18n.M("forecast.none_hint")}
	} else {
		v.Told = told(q, kept)
	}
	for _, s := range scores {
		v.Scores = append(v.Scores, ScoreRow{Number: s.Number, Href: q.Path("forecast") + "?n=" + strconv.FormatInt(s.Number, 10), AsOf: s.AsOf.String(), Current: s.Number == number, Pack: s.Pack, Held: s.Held, Scored: s.Scored})
	}
	return q.ShowStatus(status, h.page, "forecast", v)
}

// job is the forecast that is being made, or why the last one was not; nil where there is nothing to say.
func (h *Handler) job(q *site.Request) *Job {
	if h.s.Outlook == nil {
		return nil
	}
	j, ok := h.s.Outlook.Job(q.Outbreak.ID)
	switch {
	case !ok || j.Over && j.Err == nil:
		return nil
	case j.Over:
		return &Job{Error: i18n.M("forecast.failed", "reason", j.Err.Error())}
	}
	return &Job{Done: int64(j.Done), Of: int64(max(j.Of, j.Done+1)), By: j.By, Part: q.Path("forecast") + "?part=job"}
}

// form asks which two packs to compare.
func (h *Handler) form(q *site.Request, v url.Values, wrong *command.Invalid) (ui.Form, error) {
	all, err := protocol.List()
	if err != nil {
		return ui.Form{}, err
	}
	pick := func(name string) ui.Field {
		f := ui.Field{Name: name, Label: i18n.M("forecast.pack_" + name), Kind: ui.FieldSelect, Value: v.Get(name), Required: true}
		for _, p := range all {
			if !protocol.SamePathogen(p.Ref(), q.Outbreak.Pack) {
				continue
			}
			title := p.Title.EN
			if q.Lang() == "zh" {
				title = p.Title.ZH
			}
			f.Options = append(f.Options, ui.Option{Value: p.Ref(), Text: p.Ref() + " – " + title})
			if f.Value == "" && p.Ref() != v.Get("a") {
				f.Value = p.Ref()
			}
		}
		return f
	}
	days := v.Get("days")
	if days == "" {
		days = "60"
	}
	f := ui.Form{ID: "make", Action: q.Path("forecast"), Submit: i18n.M("forecast.make"), Fields: []ui.Field{pick("a"), pick("b"),
		{Name: "days", Label: i18n.M("forecast.length"), Kind: ui.FieldNumber, Value: days, Min: strconv.Itoa(forecast.MinDays), Max: strconv.Itoa(forecast.MaxDays)},
		{Name: "lifted", Label: i18n.M("forecast.with_lifted"), Kind: ui.FieldCheck, Value: "1", Checked: v.Get("lifted") != ""}}}
	if wrong == nil {
		return f, nil
	}
	for i := range f.Fields {
		if f.Fields[i].Name == wrong.Field {
			f.Fields[i].Error = i18n.M("forecast.wrong", "value", wrong.Value, "reason", wrong.Reason)
			return f, nil
		}
	}
	f.Error = i18n.M("forecast.wrong", "value", wrong.Value, "reason", wrong.Reason)
	return f, nil
}

// Make is POST /o/{outbreak}/forecast: a forecast is begun, and the page shows how it goes.
func (h *Handler) Make(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	if err := may(q); err != nil {
		return err
	}
	ask := outlook.Ask{A: form.Get("a"), B: form.Get("b"), Lifted: form.Get("lifted") != ""}
	if ask.Days, err = strconv.Atoi(form.Get("days")); err != nil {
		return h.show(q, http.StatusUnprocessableEntity, form, &command.Invalid{Field: "days", Value: form.Get("days"), Reason: "is not a number"})
	}
	if h.s.Outlook == nil {
		return &command.Invalid{Field: "forecast", Reason: "no forecasts are made here"}
	}
	var invalid *command.Invalid
	switch err := h.s.Outlook.Start(q.Detached(), q.By(), q.Outbreak.ID, ask); {
	case errors.As(err, &invalid):
		return h.show(q, http.StatusUnprocessableEntity, form, invalid)
	case err != nil && !errors.Is(err, outlook.ErrBusy): // the page shows how the other one goes
		return err
	}
	http.Redirect(q.W, q.Request, q.Path("forecast"), http.StatusSeeOther)
	return nil
}

// most is the share of courses that may have grown beyond the model for the upper end of a range to be told as it is.
const most = 0.05

// drawn are the quantities that are drawn by day.
var drawn = []forecast.Quantity{forecast.Community, forecast.Infections, forecast.Rooms, forecast.Beds, forecast.Tubes, forecast.Staff}

func told(q *site.Request, k *outlook.Kept) *Told {
	f := &k.Told
	t := &Told{Number: k.Number, AsOf: f.AsOf.String(), From: f.From.String(), To: f.From.Add(f.Length - 1).String(), MadeAt: k.MadeAt, MadeBy: happened.Who(q, k.MadeBy), A: k.A, B: k.B, InForce: f.InForce, Params: f.Disease,
		Courses: f.Replicates, Draws: f.Draws, Seed: strconv.FormatUint(f.Seed, 10), Digest: f.Digest, Unfound: f.Estimate.Unfound, Free: f.Estimate.Free, Factor: f.Estimate.Factor, Fit: f.Estimate.Fit,
		Quiet: forecast.Quiet, DaysForward: f.Length}
	for _, n := range f.Notes {
		t.Notes = append(t.Notes, string(n))
	}
	for i := range f.Variants {
		v := &f.Variants[i]
		t.Zero = append(t.Zero, ZeroRow{Key: v.Key, Pack: v.Pack, When: v.Zero, Outgrown: v.Outgrown})
		t.Outgrown = t.Outgrown || v.Outgrown > 0
	}
	if len(f.Variants) < 2 {
		return t
	}
	a, b := &f.Variants[0], &f.Variants[1]
	t.Lifted = len(f.Variants) > 2
	for _, name := range forecast.Quantities() {
		row := Row{Quantity: string(name), Flow: name.Flow(), A: Cell{a.Of(name).All, a.Outgrown > most}, B: Cell{b.Of(name).All, b.Outgrown > most}}
		if t.Lifted {
			v := &f.Variants[2]
			row.Lifted = &Cell{v.Of(name).All, v.Outgrown > most}
		}
		for _, d := range f.Difference {
			if d.Quantity == name {
				row.Less, row.LessShare = d.Range, d.Less
			}
		}
		t.Rows = append(t.Rows, row)
	}
	words := q.Words()
	var before []forecast.Range
	t.Nowcast = ui.Fan{ID: "nowcast", Label: i18n.M("forecast.nowcast"), Hint: i18n.M("forecast.nowcast_hint")}
	for _, d := range f.Estimate.Days {
		t.Nowcast.Days, before = append(t.Nowcast.Days, d.Day.String()), append(before, d.Infections)
	}
	t.Nowcast.Lines = []ui.FanLine{lineOf(words.Enum("quantity", string(forecast.Infections)), before)}
	for _, name := range drawn {
		fan := ui.Fan{ID: "fan-" + string(name), Label: i18n.M("quantity." + string(name))}
		for d := range f.Length {
			fan.Days = append(fan.Days, f.From.Add(d).String())
		}
		for i := range f.Variants {
			v := &f.Variants[i]
			fan.Lines = append(fan.Lines, lineOf(words.Enum("forecast.policy", v.Key), v.Of(name).Days))
		}
		t.Fans = append(t.Fans, fan)
	}
	return t
}

func lineOf(name string, days []forecast.Range) ui.FanLine {
	l := ui.FanLine{Name: name}
	for _, r := range days {
		l.Median, l.Low50, l.High50, l.Low90, l.High90 = append(l.Median, r.Median), append(l.Low50, r.Low50), append(l.High50, r.High50), append(l.Low90, r.Low90), append(l.High90, r.High90)
	}
	return l
}
