package positives

import (
	"fmt"
	"net/url"
	"strconv"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/i18n"
	"firebreak/internal/person"
	"firebreak/internal/positives"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/web/happened"
	"firebreak/internal/web/record"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// Handler answers for the page of positive tubes.
type Handler struct {
	s    *site.Site
	page *ui.Page
}

// NewHandler parses the page.
func NewHandler(s *site.Site) (*Handler, error) {
	p, err := New(s.Kit)
	return &Handler{s: s, page: p}, err
}

// pageTubes is how many tubes a page has.
const pageTubes = 20

// mostAppeals is how many appeals stand above the tubes: those whose holds end first.
const mostAppeals = 50

// Show is GET /o/{outbreak}/positives.
func (h *Handler) Show(q *site.Request) error {
	v, _, err := h.view(q)
	if err != nil {
		return err
	}
	return q.Show(h.page, "positives", v)
}

// Words is POST /o/{outbreak}/appeals/words: whoever may answer said why they need what people wrote in the appeals that wait.
func (h *Handler) Words(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	v, appeals, err := h.view(q)
	if err != nil {
		return err
	}
	var ask []screening.AppealID
	for _, a := range appeals {
		if a.Worded && q.Sees(auth.AppealAnswer, a.Area) {
			ask = append(ask, a.ID)
		}
	}
	if len(ask) > 0 {
		words, bad, err := record.ReadWords(q, form, q.Path("appeals", "words"), ask)
		if err != nil {
			return err
		}
		v.Ask = bad
		for i, a := range appeals {
			v.Appeals[i].Words = words[a.ID].Reveal()
		}
	}
	return q.Show(h.page, "positives", v)
}

// view is the page, and the appeals on it.
func (h *Handler) view(q *site.Request) (v View, appeals []positives.Appeal, err error) {
	f := positives.Find{Outbreak: q.Outbreak.ID, Within: q.Within(), Limit: pageTubes}
	if after := q.URL.Query().Get("after"); after != "" {
		n, err := strconv.ParseInt(after, 10, 64)
		if err != nil || n < 1 {
			return v, nil, fmt.Errorf("positive tubes after %q: %w", after, store.ErrCursor)
		}
		f.Before = screening.TubeID(n)
	}
	v = View{Longest: q.Pack.Clocks.HoldLongest.Duration(), Clause: q.Pack.Clocks.HoldLongest.Path, Pack: q.Pack.Ref()}
	if !q.Pack.Clocks.HoldLongest.Set() {
		v.Longest, v.Clause = 0, ""
	}
	err = q.View(func(r *store.Reader) error {
		list, next, err := positives.Read(r, q.Pack, f)
		if err != nil {
			return err
		}
		if next != 0 {
			values := url.Values{"after": {strconv.FormatInt(int64(next), 10)}}
			if q.Area.ID != 0 {
				values.Set("area", q.Area.Code)
			}
			v.NextHref = q.Path("positives") + "?" + values.Encode()
		}
		code, err := happened.PersonCodes(q, r)
		if err != nil {
			return err
		}
		appeals, err = positives.OpenAppeals(r, q.Outbreak.ID, q.Within(), mostAppeals)
		if err != nil {
			return err
		}
		for i := range appeals {
			a := appeal(q, &appeals[i], code(appeals[i].Person))
			if v.Appeals = append(v.Appeals, a); a.Worded && a.Answer != nil && v.Ask == nil {
				v.Ask = record.AskWords(q, q.Path("appeals", "words"))
			}
		}
		for i := range list {
			v.Tubes = append(v.Tubes, tube(q, &list[i], code))
		}
		return nil
	})
	return v, appeals, err
}

func tube(q *site.Request, t *positives.Tube, code func(person.ID) string) Tube {
	out := Tube{ID: "tube-" + strconv.FormatInt(int64(t.ID), 10), Code: t.Code, Household: t.Kind == screening.Household, Site: t.Site.Name, Desk: t.Desk, Area: q.AreaName(t.Site.Area), ClosedAt: t.ClosedAt,
		ResultAt: t.ResultAt, People: t.People, Held: t.Held(), Late: t.Late(q.Now), Settled: t.Settled(), Before: neighbour(t.Before), After: neighbour(t.After)}
	if k := t.Check; k != nil {
		out.Check = &Check{Href: q.Path("tasks", strconv.FormatInt(int64(k.ID), 10)), Owner: auth.Role(k.Owner).Title(auth.Lang(q.Lang())), Due: k.Due, Status: status(q, k)}
		if k.State == task.Open && q.Sees(auth.ResultWrite, t.Site.Area) {
			out.RecordCheck = &ui.Form{ID: out.ID + "-check", Action: q.Path("positives", t.Code, "check"), Submit: i18n.M("positive.record"),
				Fields: []ui.Field{{Name: "finding", Label: i18n.M("positive.finding"), Kind: ui.FieldArea, Required: true}}}
		}
	}
	if c := t.Finding; c != nil {
		out.Finding, out.FindingBy, out.FindingAt = c.Finding, c.By, c.At
	}
	for _, m := range t.Members {
		x := Member{Code: code(m.Person), SwabbedAt: m.At, Standing: m.Standing, Hold: i18n.M("positive.not_held")}
		if m.Area != 0 {
			x.Area = q.AreaName(m.Area)
		}
		if hold := m.Hold; hold != nil {
			x.Held, x.Until = hold.Stands(), hold.Until
			switch {
			case !x.Held:
				x.Hold = i18n.M("positive.lifted." + string(hold.Lifted))
			case hold.ToldAt.IsZero():
				x.Hold = i18n.M("positive.not_told")
			default:
				x.Hold = i18n.M("positive.told")
			}
		}
		if k := m.Sample; k != nil {
			x.Due, x.Status, x.Owner, x.Href = k.Due, status(q, k), auth.Role(k.Owner).Title(auth.Lang(q.Lang())), q.Path("tasks", strconv.FormatInt(int64(k.ID), 10))
		}
		for _, id := range m.Household {
			x.Home = append(x.Home, code(id))
		}
		out.Members = append(out.Members, x)
	}
	out.FileAppeal = fileAppeal(q, t, code)
	return out
}

// fileAppeal is the form by which a clerk enters the appeal of somebody in a tube.
func fileAppeal(q *site.Request, t *positives.Tube, code func(person.ID) string) *ui.Form {
	who := ui.Field{Name: "code", Label: i18n.M("positive.person"), Kind: ui.FieldSelect, Required: true}
	for i := range t.Members {
		if m := &t.Members[i]; m.Hold.Stands() && q.Sees(auth.AppealWrite, m.Hold.Area) {
			who.Options = append(who.Options, ui.Option{Value: code(m.Person), Text: code(m.Person)})
		}
	}
	if len(who.Options) == 0 {
		return nil
	}
	ground := ui.Field{Name: "ground", Label: i18n.M("public.appeal.ground"), Kind: ui.FieldSelect, Required: true}
	for _, g := range screening.AppealGrounds() {
		ground.Options = append(ground.Options, ui.Option{Value: string(g), Label: i18n.M("appeal.ground." + string(g))})
	}
	return &ui.Form{ID: "tube-" + strconv.FormatInt(int64(t.ID), 10) + "-appeal", Action: q.Path("appeals"), Submit: i18n.M("positive.appeal_file"),
		Fields: []ui.Field{who, ground, {Name: "words", Label: i18n.M("public.appeal.words"), Kind: ui.FieldArea, Hint: i18n.M("public.appeal.words_hint")}}}
}

func appeal(q *site.Request, a *positives.Appeal, code string) Appeal {
	id := strconv.FormatInt(int64(a.ID), 10)
	out := Appeal{Code: code, Area: q.AreaName(a.Area), Ground: string(a.Ground), Worded: a.Worded, FiledAt: a.FiledAt, FiledBy: a.FiledBy, Until: a.Until, SecondedBy: a.SecondedBy, SecondedAt: a.SecondedAt, Second: a.SecondedReason}
	if k := a.Task; k != nil {
		out.Due, out.Status, out.Owner, out.Href = k.Due, status(q, k), auth.Role(k.Owner).Title(auth.Lang(q.Lang())), q.Path("tasks", strconv.FormatInt(int64(k.ID), 10))
	}
	if q.Sees(auth.AppealAnswer, a.Area) {
		lift := i18n.M("positive.appeal_lift_first")
		if a.SecondedBy != "" {
			lift = i18n.M("positive.appeal_lift_second")
		}
		options := []ui.Option{{Value: string(screening.AnswerUpheld), Label: i18n.M("positive.appeal_uphold")}}
		if a.SecondedBy != q.By().Name() {
			options = append(options, ui.Option{Value: string(screening.AnswerLifted), Label: lift})
		}
		out.Answer = &ui.Form{ID: "appeal-" + id, Action: q.Path("appeals", id), Version: strconv.FormatInt(a.Version, 10), Submit: i18n.M("positive.appeal_answer"), Fields: []ui.Field{
			{Name: "answer", Label: i18n.M("positive.appeal_answer"), Kind: ui.FieldRadio, Required: true, Options: options},
			{Name: "reason", Label: i18n.M("positive.appeal_reason"), Kind: ui.FieldArea, Required: true},
		}}
	}
	return out
}

// Appeal is POST /o/{outbreak}/appeals: a clerk enters the appeal of somebody who is held.
func (h *Handler) Appeal(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	if _, err := h.s.Commands.AppealHold(q.Context(), q.By(), command.AppealHold{Outbreak: q.Outbreak.Name, Code: form.Get("code"), Ground: form.Get("ground"), Words: form.Get("words")}); err != nil {
		return err
	}
	return q.Done(q.Path("positives"), "saved", 1)
}

// Answer is POST /o/{outbreak}/appeals/{appeal}.
func (h *Handler) Answer(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	id, err := q.Number("appeal")
	if err != nil {
		return err
	}
	version, err := strconv.ParseInt(form.Get("version"), 10, 64)
	if err != nil {
		return &command.Invalid{Field: "version", Value: form.Get("version"), Reason: "is not the version that the page showed"}
	}
	if _, err := h.s.Commands.AnswerAppeal(q.Context(), q.By(), command.AnswerAppeal{Outbreak: q.Outbreak.Name, Appeal: screening.AppealID(id), Version: version, Answer: form.Get("answer"), Reason: form.Get("reason")}); err != nil {
		return err
	}
	return q.Done(q.Path("positives"), "saved", 1)
}

func neighbour(t *store.Tube) *Neighbour {
	if t == nil {
		return nil
	}
	return &Neighbour{Code: t.Code, People: t.People, ClosedAt: t.ClosedAt, Result: string(t.Result)}
}

// soon is how long before its deadline somebody should look at a task.
const soon = 1 * 60 * 60 * 1e9

func status(q *site.Request, t *task.Task) ui.Status {
	switch t.State {
	case task.Done:
		return ui.Done
	case task.Waived:
		return ui.Waived
	case task.Void:
		return ui.Void
	case task.Open:
	}
	return ui.StatusOf(t.Due, q.Now, soon)
}

// Check is POST /o/{outbreak}/positives/{tube}/check.
func (h *Handler) Check(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	if err := h.s.Commands.CheckTube(q.Context(), q.By(), command.CheckTube{Outbreak: q.Outbreak.Name, Tube: q.PathValue("tube"), Finding: form.Get("finding")}); err != nil {
		return err
	}
	return q.Done(q.Path("positives"), "saved", 1)
}
