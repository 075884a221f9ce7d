package laboratories

import (
	"errors"
	"fmt"
	"net/http"
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

// boxesPage is how many boxes a page of the list has.
const boxesPage = 100

func boxColumns() []ui.Column {
	return []ui.Column{{Key: "box", Label: i18n.M("box.box")}, {Key: "state", Label: i18n.M("col.state")}, {Key: "tubes", Label: i18n.M("box.packed"), Numeric: true},
		{Key: "came", Label: i18n.M("box.came"), Numeric: true}, {Key: "missing", Label: i18n.M("box.missing"), Numeric: true}, {Key: "site", Label: i18n.M("site.site")}, {Key: "since", Label: i18n.M("box.moved")}, {Key: "packed", Label: i18n.M("box.packed_at")}}
}

// Boxes is GET /o/{outbreak}/laboratories/{laboratory}/boxes.
func (h *Handler) Boxes(q *site.Request) error {
	values := q.URL.Query()
	step := lab.Step(values.Get("state"))
	if _, err := lab.ParseStep(string(step)); err != nil && step != "" {
		return &command.Invalid{Field: "state", Value: string(step), Reason: err.Error()}
	}
	after := int64(0)
	if text := values.Get("after"); text != "" {
		var err error
		if after, err = strconv.ParseInt(text, 10, 64); err != nil {
			return fmt.Errorf("list of boxes after %q: %w", text, store.ErrCursor)
		}
	}
	var v BoxesView
	err := q.View(func(rd *store.Reader) (err error) {
		if v.Head, err = h.head(q, rd, "boxes"); err != nil {
			return err
		}
		l := ui.Listing{Path: v.Href + "/boxes", Values: values, Filters: []ui.Field{{Name: "state", Label: i18n.M("col.state"), Kind: ui.FieldSelect, Value: string(step), Options: ui.Choices("box.state", string(lab.Delivered), string(lab.Received))}}}
		list, err := rd.Boxes(q.Outbreak.ID, store.Everywhere(), store.BoxFilter{Laboratory: v.Laboratory.ID, State: step, After: lab.BoxID(after), Limit: boxesPage})
		if err != nil {
			return err
		}
		if len(list) == boxesPage {
			l.Next = strconv.FormatInt(int64(list[boxesPage-1].ID), 10)
		}
		v.Boxes = l.Table("boxes", i18n.M("box.here"), boxColumns()...)
		v.Boxes.Live = "screening"
		v.Boxes.Empty = ui.Empty{Title: i18n.M("box.none_here"), Hint: i18n.M("box.none_here_hint")}
		if err := boxRows(q, rd, &v.Boxes, v.Laboratory.ID, list); err != nil {
			return err
		}
		return h.moving(q, rd, &v)
	})
	if err != nil {
		return err
	}
	return q.Show(h.boxes, "laboratories", v)
}

// moving fills in the boxes of open rounds that no laboratory has: each may be on its way to this one.
func (h *Handler) moving(q *site.Request, rd *store.Reader, v *BoxesView) error {
	v.Moving = ui.Listing{Path: v.Href + "/boxes"}.Table("moving", i18n.M("box.moving"), boxColumns()...)
	v.Moving.Live = "screening"
	v.Moving.Empty = ui.Empty{Title: i18n.M("box.none_moving"), Hint: i18n.M("box.none_moving_hint")}
	rounds, err := rd.Rounds(q.Outbreak.ID)
	if err != nil {
		return err
	}
	for _, r := range rounds {
		if r.State != screening.Open {
			continue
		}
		for _, step := range []lab.Step{lab.Collected, lab.Packed} {
			list, err := rd.Boxes(q.Outbreak.ID, q.WithinFor(auth.SampleRead), store.BoxFilter{Round: r.ID, State: step, Limit: boxesPage})
			if err != nil {
				return err
			}
			v.Moving.More = v.Moving.More || len(list) == boxesPage
			if err := boxRows(q, rd, &v.Moving, v.Laboratory.ID, list); err != nil {
				return err
			}
		}
	}
	n := int64(len(v.Moving.Rows))
	v.Moving.Total = &n
	return nil
}

// boxRows adds boxes to a table.
func boxRows(q *site.Request, rd *store.Reader, t *ui.Table, at lab.LaboratoryID, list []store.Box) error {
	ids := make([]lab.BoxID, len(list))
	for i, b := range list {
		ids[i] = b.ID
	}
	came, err := rd.ReceivedOf(ids)
	if err != nil {
		return err
	}
	names := map[screening.SiteID]string{}
	for _, b := range list {
		if _, ok := names[b.Site]; !ok {
			s, err := rd.Site(b.Site)
			if err != nil {
				return err
			}
			names[b.Site] = s.Code
		}
		status, missing := ui.OnTime, b.Tubes-came[b.ID]
		switch {
		case b.State == lab.Received && missing > 0:
			status = ui.Late
		case b.State == lab.Received:
			status = ui.Done
		}
		short := ui.Text("")
		if b.State == lab.Received {
			short = ui.Number(missing)
		}
		href := hrefOf(q, at, "boxes", strconv.FormatInt(int64(b.ID), 10))
		t.Rows = append(t.Rows, ui.Row{ID: b.Code, Href: href, Label: b.Code, Status: status, Cells: []ui.Cell{ui.Code(b.Code, href), ui.Enum("box.state", string(b.State)), ui.Number(b.Tubes), ui.Number(came[b.ID]), short,
			ui.Text(names[b.Site]), ui.At(b.MovedAt), ui.At(b.PackedAt)}})
	}
	return nil
}

// Box is GET /o/{outbreak}/laboratories/{laboratory}/boxes/{box}.
func (h *Handler) Box(q *site.Request) error {
	id, err := q.Number("box")
	if err != nil {
		return err
	}
	var v BoxView
	err = q.View(func(rd *store.Reader) (err error) {
		if v.Head, err = h.head(q, rd, "boxes"); err != nil {
			return err
		}
		b, err := rd.Box(lab.BoxID(id))
		// A box that is still on its way may come to any laboratory; one that is at another is its own business.
		if err == nil && (b.Outbreak != q.Outbreak.ID || b.Laboratory != v.Laboratory.ID && !(b.Laboratory == 0 && q.Sees(auth.SampleRead, b.District))) {
			err = fmt.Errorf("box %d: %w", id, store.ErrNotFound)
		}
		if err != nil {
			return err
		}
		return h.boxView(q, rd, b, &v)
	})
	if err != nil {
		return err
	}
	return q.Show(h.box, "laboratories", v)
}

func (h *Handler) boxView(q *site.Request, rd *store.Reader, b store.Box, v *BoxView) error {
	s, err := rd.Site(b.Site)
	if err != nil {
		return err
	}
	v.Code, v.StateKey, v.Site, v.Packed, v.Counted, v.Note = b.Code, string(b.State), s.Code, b.Tubes, b.Counted, b.Note
	if v.Missing, err = rd.MissingOfBox(b.ID); err != nil {
		return err
	}
	v.Came = b.Tubes - int64(len(v.Missing))
	steps, err := rd.BoxSteps(b.ID)
	if err != nil {
		return err
	}
	for _, x := range steps {
		v.Steps = append(v.Steps, Step{Step: string(x.Step), At: x.At, Who: happened.Who(q, x.Who), Counted: x.Counted, Note: x.Note})
	}
	tubes, err := rd.TubesOfBox(b.ID)
	if err != nil {
		return err
	}
	v.Tubes = ui.Listing{Path: v.Href}.Table("tubes", i18n.M("box.tubes"), ui.Column{Key: "tube", Label: i18n.M("tube.code")}, ui.Column{Key: "people", Label: i18n.M("tube.people"), Numeric: true}, ui.Column{Key: "result", Label: i18n.M("lab.result")},
		ui.Column{Key: "came", Label: i18n.M("lab.came")}, ui.Column{Key: "closed", Label: i18n.M("tube.closed")})
	known := map[string]bool{}
	for _, t := range tubes {
		known[t.Code] = true
		v.Tubes.Rows = append(v.Tubes.Rows, ui.Row{ID: t.Code, Label: t.Code, Status: tubeStatus(t.Result), Cells: []ui.Cell{ui.Code(t.Code, tubeHref(q, v.Laboratory.ID, t.Code)), ui.Number(int64(t.People)), ui.Enum("tube.result", resultKey(t.Result)), ui.At(t.AtLab), ui.At(t.ClosedAt)}})
	}
	for _, code := range b.Codes {
		if !known[code] {
			v.Tubes.Rows = append(v.Tubes.Rows, ui.Row{ID: code, Label: code, Status: ui.DueSoon, Cells: []ui.Cell{ui.Code(code, tubeHref(q, v.Laboratory.ID, code)), ui.Text(""), ui.Words(i18n.M("lab.unregistered")), ui.Text(""), ui.Text("")}})
		}
	}
	v.Tubes.Empty = ui.Empty{Title: i18n.M("tube.none")}
	return nil
}

func resultKey(r lab.TubeResult) string {
	if r == lab.TubeAwaited {
		return "awaited"
	}
	return string(r)
}

func tubeStatus(r lab.TubeResult) ui.Status {
	switch {
	case r == lab.TubePositive, r.Again():
		return ui.Late
	case r == lab.TubeNegative:
		return ui.Done
	}
	return ui.OnTime
}

func receptionForm(q *site.Request, l lab.Laboratory, in command.HandBox) ui.Form {
	counted := ""
	if in.Counted > 0 {
		counted = strconv.Itoa(in.Counted)
	}
	return ui.Form{ID: "reception", Action: hrefOf(q, l.ID, "reception"), Submit: i18n.M("box.receive"), Fields: []ui.Field{
		{Name: "box", Label: i18n.M("box.box"), Kind: ui.FieldText, Value: in.Box, Hint: i18n.M("box.box_hint"), Autocomplete: "off", Autofocus: true},
		{Name: "counted", Label: i18n.M("box.counted"), Kind: ui.FieldNumber, Value: counted, Min: "0", Max: strconv.Itoa(screening.MostBoxTubes), Hint: i18n.M("box.counted_hint")},
		{Name: "tubes", Label: i18n.M("box.scanned"), Kind: ui.FieldArea, Value: strings.Join(in.Tubes, "\n"), Hint: i18n.M("box.scanned_hint")},
		{Name: "note", Label: i18n.M("box.note"), Kind: ui.FieldText, Value: in.Note, Hint: i18n.M("box.note_hint"), Autocomplete: "off"}}}
}

// atDoor reads the head of a laboratory for whoever takes tubes in there.
func (h *Handler) atDoor(q *site.Request) (out ReceptionView, err error) {
	err = q.View(func(rd *store.Reader) (err error) { out.Head, err = h.head(q, rd, "reception"); return err })
	if err == nil && !writes(q, out.Laboratory) {
		err = fmt.Errorf("reception of laboratory %d: %w", out.Laboratory.ID, store.ErrNotFound)
	}
	return out, err
}

// Reception is GET /o/{outbreak}/laboratories/{laboratory}/reception.
func (h *Handler) Reception(q *site.Request) error {
	v, err := h.atDoor(q)
	if err != nil {
		return err
	}
	v.Form = receptionForm(q, v.Laboratory, command.HandBox{})
	return q.Show(h.reception, "laboratories", v)
}

// Receive is POST /o/{outbreak}/laboratories/{laboratory}/reception. The answer says what came and what did not, over a form for the next box.
func (h *Handler) Receive(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	v, err := h.atDoor(q)
	if err != nil {
		return err
	}
	in := command.HandBox{Box: strings.TrimSpace(form.Get("box")), Note: form.Get("note"), Laboratory: v.Laboratory.Code, Tubes: strings.Fields(form.Get("tubes"))}
	if len(in.Tubes) == 0 {
		in.Tubes = nil
	}
	v.Form = receptionForm(q, v.Laboratory, in)
	wrong := func(field string, text i18n.Msg) error {
		for i := range v.Form.Fields {
			if v.Form.Fields[i].Name == field {
				v.Form.Fields[i].Error = text
			}
		}
		return q.ShowStatus(http.StatusUnprocessableEntity, h.reception, "laboratories", v)
	}
	if text := strings.TrimSpace(form.Get("counted")); text != "" {
		if in.Counted, err = strconv.Atoi(text); err != nil || in.Counted < 0 {
			return wrong("counted", i18n.M("box.wrong.counted"))
		}
		v.Form.Fields[1].Value = text
	} else if in.Tubes == nil {
		return wrong("counted", i18n.M("box.wrong.count_or_scan"))
	}
	came, err := h.s.Commands.ReceiveBox(q.Context(), q.By(), q.Outbreak.Name, in)
	var refused *screening.Refusal
	var invalid *command.Invalid
	switch {
	case errors.As(err, &refused) && refused.Reason == screening.CountDiffers:
		packed, err := h.packed(q, in.Box)
		if err != nil {
			return err
		}
		if in.Tubes != nil {
			return wrong("counted", i18n.M("box.wrong.scanned_differ", "counted", in.Counted, "scanned", len(in.Tubes)))
		}
		return wrong("counted", i18n.M("box.wrong.differs", "packed", packed, "counted", in.Counted))
	case errors.As(err, &refused) && refused.Reason == screening.NoBox:
		return wrong("box", i18n.M("box.wrong.no_box"))
	case errors.As(err, &invalid) && invalid.Field == "tubes":
		return wrong("tubes", i18n.M("box.wrong.no_tubes"))
	case errors.As(err, &invalid) && strings.HasPrefix(invalid.Field, "tubes["):
		return wrong("tubes", i18n.M("box.wrong.label", "label", invalid.Value))
	case err != nil:
		return err
	}
	// What is in hand has changed.
	if v, err = h.atDoor(q); err != nil {
		return err
	}
	v.Came, v.Form = &came, receptionForm(q, v.Laboratory, command.HandBox{})
	v.Exact = len(came.Missing)+len(came.Extra)+len(came.Unknown) == 0
	if came.Box != "" {
		err = q.View(func(rd *store.Reader) error {
			b, err := rd.BoxByCode(q.Outbreak.ID, came.Box)
			v.Box = hrefOf(q, v.Laboratory.ID, "boxes", strconv.FormatInt(int64(b.ID), 10))
			return err
		})
		if err != nil {
			return err
		}
	}
	return q.Show(h.reception, "laboratories", v)
}

// packed is how many tubes a box was packed with.
func (h *Handler) packed(q *site.Request, box string) (n int64, err error) {
	err = q.View(func(rd *store.Reader) error {
		b, err := rd.BoxByCode(q.Outbreak.ID, box)
		if errors.Is(err, store.ErrNotFound) {
			return nil // tubes without a box
		}
		n = b.Tubes
		return err
	})
	return n, err
}
