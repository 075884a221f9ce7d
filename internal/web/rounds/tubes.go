package rounds

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/i18n"
	"firebreak/internal/lab"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/web/happened"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// tubesPage is how many tubes a page of the list has.
const tubesPage = 100

// siteNames names the sites of an outbreak that the reader sees; what is not in it lies elsewhere.
func siteNames(q *site.Request, rd *store.Reader) (map[screening.SiteID]string, error) {
	w := q.WithinFor(auth.ScreeningRead)
	w.Area = 0
	list, err := rd.Sites(q.Outbreak.ID, w)
	out := make(map[screening.SiteID]string, len(list))
	for _, s := range list {
		out[s.ID] = s.Code
	}
	return out, err
}

func tubeState(t store.Tube) string {
	switch {
	case t.Result != lab.TubeAwaited:
		return string(t.Result)
	case !t.AtLab.IsZero():
		return string(store.TubesWaiting)
	case t.Box != 0:
		return string(store.TubesMoving)
	}
	return string(store.TubesLoose)
}

// Tubes is GET /o/{outbreak}/rounds/{round}/tubes: the tubes of a round, by where they are, or the one of ?q=.
func (h *Handler) Tubes(q *site.Request) error {
	values := q.URL.Query()
	want := strings.TrimSpace(values.Get("q"))
	state := store.TubeState(values.Get("state"))
	r, err := h.one(q)
	if err != nil {
		return err
	}
	v := TubesView{Head: h.head(q, r, "tubes")}
	l := ui.Listing{Path: href(q, r, "tubes"), Values: values, Filters: []ui.Field{
		{Name: "q", Label: i18n.M("tube.code"), Kind: ui.FieldSearch, Value: want, Autocomplete: "off"},
		{Name: "state", Label: i18n.M("col.state"), Kind: ui.FieldSelect, Value: string(state), Options: ui.Choices("tube.state", string(store.TubesLoose), string(store.TubesMoving), string(store.TubesWaiting), string(store.TubesResulted), string(store.TubesPositive), string(store.TubesFailed))}}}
	var after int64
	if text := values.Get("after"); text != "" {
		if after, err = strconv.ParseInt(text, 10, 64); err != nil {
			return fmt.Errorf("list of tubes after %q: %w", text, store.ErrCursor)
		}
	}
	var rows []ui.Row
	err = q.View(func(rd *store.Reader) error {
		names, err := siteNames(q, rd)
		if err != nil {
			return err
		}
		var list []store.Tube
		if want != "" {
			t, err := rd.TubeByCode(q.Outbreak.ID, want)
			if err == nil && t.Round == r.ID {
				list = append(list, t)
			}
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
		} else if list, err = rd.TubesIn(r.ID, state, screening.TubeID(after), tubesPage+1); errors.Is(err, store.ErrTubeState) {
			return &command.Invalid{Field: "state", Value: string(state), Reason: err.Error()}
		} else if err != nil {
			return err
		}
		if len(list) > tubesPage {
			list = list[:tubesPage]
			l.Next = strconv.FormatInt(int64(list[tubesPage-1].ID), 10)
		}
		for _, t := range list {
			name, mine := names[t.Site]
			if !mine {
				continue
			}
			now, status := tubeState(t), ui.OnTime
			switch {
			case t.Result.Again(), t.Result == lab.TubePositive:
				status = ui.Late
			case t.Result != lab.TubeAwaited:
				status = ui.Done
			}
			rows = append(rows, ui.Row{ID: t.Code, Label: t.Code, Status: status, Cells: []ui.Cell{ui.Code(t.Code, ""), ui.Enum("tube.state", now), ui.Number(int64(t.People)), ui.Enum("tube.kind", string(t.Kind)),
				ui.Link(name, q.Path("sites", strconv.FormatInt(int64(t.Site), 10))), ui.At(t.ClosedAt), ui.At(t.ReceivedAt), ui.At(t.ResultAt)}})
		}
		return nil
	})
	if err != nil {
		return err
	}
	t := l.Table("tubes", i18n.M("round.tab.tubes"), ui.Column{Key: "tube", Label: i18n.M("tube.code")}, ui.Column{Key: "state", Label: i18n.M("col.state")}, ui.Column{Key: "people", Label: i18n.M("tube.people"), Numeric: true},
		ui.Column{Key: "kind", Label: i18n.M("tube.kind")}, ui.Column{Key: "site", Label: i18n.M("site.site")}, ui.Column{Key: "closed", Label: i18n.M("tube.closed")}, ui.Column{Key: "came", Label: i18n.M("tube.came")}, ui.Column{Key: "result", Label: i18n.M("col.result_at")})
	t.Rows = rows
	t.Empty = ui.Empty{Title: i18n.M("tube.none"), Hint: i18n.M("tube.none_hint")}
	v.Tables = []ui.Table{t}
	return q.Show(h.tubes, "screening", v)
}

// Aside is GET /o/{outbreak}/rounds/{round}/aside: the tubes that devices sent and that were not taken, those first that nobody has settled.
func (h *Handler) Aside(q *site.Request) error {
	r, err := h.one(q)
	if err != nil {
		return err
	}
	v := TubesView{Head: h.head(q, r, "aside")}
	columns := []ui.Column{{Key: "tube", Label: i18n.M("tube.code")}, {Key: "why", Label: i18n.M("tube.why")}, {Key: "people", Label: i18n.M("tube.people"), Numeric: true},
		{Key: "site", Label: i18n.M("site.site")}, {Key: "device", Label: i18n.M("device.device")}, {Key: "came", Label: i18n.M("tube.came")}}
	open := ui.Listing{Path: href(q, r, "aside")}.Table("aside", i18n.M("tube.aside_open"), columns...)
	open.Live = "screening"
	open.Empty = ui.Empty{Title: i18n.M("tube.aside_none"), Hint: i18n.M("tube.aside_hint")}
	settled := ui.Listing{Path: href(q, r, "aside")}.Table("settled", i18n.M("tube.aside_settled"), append(columns, ui.Column{Key: "became", Label: i18n.M("aside.became")}, ui.Column{Key: "note", Label: i18n.M("tube.note")}, ui.Column{Key: "by", Label: i18n.M("tube.settled_by")})...)
	var choice []ui.Option
	err = q.View(func(rd *store.Reader) error {
		names, err := siteNames(q, rd)
		if err != nil {
			return err
		}
		list, err := rd.AsideTubes(r.ID)
		for _, t := range list {
			name, mine := names[t.Site]
			if !mine {
				continue
			}
			id := strconv.FormatInt(t.ID, 10)
			d, err := rd.Device(t.Device)
			if err != nil {
				return err
			}
			cells := []ui.Cell{ui.Code(t.Code, href(q, r, "tubes")+"?"+url.Values{"q": {t.Code}}.Encode()), ui.Enum("refusal", string(t.Reason)), ui.Number(int64(t.People)), ui.Link(name, q.Path("sites", strconv.FormatInt(int64(t.Site), 10))),
				ui.Words(i18n.M("device.use."+string(d.Role), "desk", d.Desk)), ui.At(t.AsideAt)}
			if t.SettledAt.IsZero() {
				if q.Sees(auth.ScreeningWrite, t.District) {
					cells[0] = ui.Code(t.Code, href(q, r, "aside", id))
				}
				open.Rows = append(open.Rows, ui.Row{ID: id, Label: t.Code, Status: ui.DueSoon, Cells: cells})
				if q.Sees(auth.ScreeningWrite, t.District) {
					choice = append(choice, ui.Option{Value: id, Text: t.Code + " · " + name + " · " + q.Words().Short(t.AsideAt)})
				}
				continue
			}
			settled.Rows = append(settled.Rows, ui.Row{ID: id, Label: t.Code, Status: ui.Done, Cells: append(cells, taken(t), ui.Text(t.Note), ui.Text(happened.Who(q, t.SettledBy)))})
		}
		return err
	})
	if err != nil {
		return err
	}
	v.Tables = []ui.Table{open}
	if len(settled.Rows) > 0 {
		v.Tables = append(v.Tables, settled)
	}
	if len(choice) > 0 {
		v.Settle = &ui.Form{ID: "settle", Action: href(q, r, "aside"), Submit: i18n.M("tube.settle"), Fields: []ui.Field{
			{Name: "tube", Label: i18n.M("tube.code"), Kind: ui.FieldSelect, Options: choice, Value: choice[0].Value, Required: true},
			{Name: "note", Label: i18n.M("tube.note"), Kind: ui.FieldText, Required: true, Hint: i18n.M("tube.note_hint"), Autocomplete: "off"}}}
	}
	return q.Show(h.tubes, "screening", v)
}

// Settle is POST /o/{outbreak}/rounds/{round}/aside.
func (h *Handler) Settle(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	r, err := h.one(q)
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(form.Get("tube"), 10, 64)
	if err != nil {
		return &command.Invalid{Field: "tube", Value: form.Get("tube"), Reason: "is none of those set aside"}
	}
	err = q.View(func(rd *store.Reader) error {
		t, err := rd.AsideTube(id)
		if err == nil && t.Round != r.ID {
			err = fmt.Errorf("tube %d set aside: %w", id, store.ErrNotFound)
		}
		return err
	})
	if err == nil {
		err = h.s.Commands.SettleAside(q.Context(), q.By(), command.SettleAside{Tube: id, Note: form.Get("note")})
	}
	var conflict *store.Conflict
	if errors.As(err, &conflict) {
		return q.Done(href(q, r, "aside"), "none", 0)
	}
	if err != nil {
		return err
	}
	return q.Done(href(q, r, "aside"), "settled", 1)
}
