package transfers

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
	"firebreak/internal/facility"
	"firebreak/internal/i18n"
	"firebreak/internal/store"
	"firebreak/internal/transfer"
	"firebreak/internal/transferplan"
	"firebreak/internal/web/happened"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// Handler answers for the board and what lies behind it.
type Handler struct {
	s                          *site.Site
	board, one, vehicle, asked *ui.Page
	autoPlan                   *ui.Page
}

// NewHandler parses the pages.
func NewHandler(s *site.Site) (*Handler, error) {
	h := &Handler{s: s}
	var errs [5]error
	h.board, errs[0] = New(s.Kit)
	h.one, errs[1] = NewRequest(s.Kit)
	h.vehicle, errs[2] = NewVehicle(s.Kit)
	h.asked, errs[3] = NewForm(s.Kit)
	h.autoPlan, errs[4] = NewAutoPlan(s.Kit)
	return h, errors.Join(errs[:]...)
}

// soon is how long before its deadline a transfer is due soon.
const soon = time.Hour

// The time line: from a little before now, as long as most shifts last.
const (
	lineBefore = 2 * time.Hour
	lineAfter  = 10 * time.Hour
)

// writes says whether the reader may plan the whole outbreak's transfers.
func writes(q *site.Request) bool { return q.Sees(auth.TransferWrite, q.Outbreak.Area) }

// Show is GET /o/{outbreak}/transfers; with ?party= and ?vehicle= what giving the one to the other would cost, with ?needed=1 how many more vehicles would do.
func (h *Handler) Show(q *site.Request) error {
	v, err := h.view(q)
	if err != nil {
		return err
	}
	values := q.URL.Query()
	if party, vehicle := values.Get("party"), values.Get("vehicle"); party != "" && vehicle != "" && v.May && h.s.Transfers != nil {
		if err := h.cost(q, &v, party, vehicle); err != nil {
			return err
		}
	}
	if values.Get("needed") != "" && v.May && h.s.Transfers != nil {
		list, err := h.s.Transfers.Needed(q.Context(), q.Outbreak.ID)
		if err != nil {
			return err
		}
		v.Needed = &Needed{}
		for _, m := range list {
			v.Needed.Items = append(v.Needed.Items, More{m.Class, m.Vehicles, m.Like.Seats, m.Like.Wheelchairs, m.Like.Stretchers, m.Before.Unserved, m.Before.Late, m.After.Unserved, m.After.Late})
		}
	}
	return q.Show(h.board, "transfers", v)
}

func number(field, text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n <= 0 {
		return 0, fmt.Errorf("%s %q: %w", field, text, store.ErrNotFound)
	}
	return n, nil
}

func (h *Handler) cost(q *site.Request, v *View, partyText, vehicleText string) error {
	party, err := number("party", partyText)
	if err != nil {
		return err
	}
	id, err := number("vehicle", vehicleText)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(v.Vehicles, func(x Vehicle) bool { return x.ID == id })
	if i < 0 {
		return fmt.Errorf("vehicle %d: %w", id, store.ErrNotFound)
	}
	c, err := h.s.Transfers.Ask(q.Context(), q.Outbreak.ID, transfer.RequestID(party), transfer.VehicleID(id))
	if errors.Is(err, transferplan.ErrNotMoved) {
		v.Failed = i18n.M("transfer.not_moved")
		return nil
	}
	if err != nil {
		return err
	}
	v.Cost = &Cost{Party: party, Vehicle: v.Vehicles[i].Code, ID: id, Fits: c.Fits, Minutes: c.Minutes, Km: c.Km, At: c.At}
	for _, l := range c.Late {
		v.Cost.Late = append(v.Cost.Late, CostLate{int64(l.Party), l.By})
	}
	for _, p := range c.Left {
		v.Cost.Left = append(v.Cost.Left, int64(p))
	}
	return nil
}

func (h *Handler) view(q *site.Request) (v View, err error) {
	v.Href, v.May = q.Path("transfers"), writes(q)
	err = q.View(func(r *store.Reader) error {
		b, err := transferplan.ReadBoard(r, q.Outbreak, q.Within(), q.Now)
		if err != nil {
			return err
		}
		h.fill(q, &b, &v)
		set, err := r.AutoPlan(q.Outbreak.ID)
		if err != nil {
			return err
		}
		v.Auto = int64(set.Every / time.Minute)
		if err := warn(q, r, &b, &v); err != nil {
			return err
		}
		if v.Arriving, err = arriving(q, r, &b); err != nil {
			return err
		}
		return nil
	})
	return v, err
}

func (h *Handler) fill(q *site.Request, b *transferplan.Board, v *View) {
	states := map[transfer.State]int{}
	late := 0
	for i := range b.Requests {
		states[b.Requests[i].State]++
		if b.Requests[i].Late(q.Now) {
			late++
		}
	}
	for _, s := range []transfer.State{transfer.Open, transfer.Planned, transfer.Aboard, transfer.NoShow, transfer.Refused} {
		v.Figures = append(v.Figures, Figure{Key: string(s), N: states[s]})
	}
	v.Figures = append(v.Figures, Figure{Key: "late", N: late, Late: true})
	if b.ToBed.People > 0 {
		v.ToBed = &ToBed{b.ToBed.People, b.ToBed.Late, b.ToBed.Median.Round(time.Minute), b.ToBed.P90.Round(time.Minute)}
	}
	if p := b.Plan; p != nil {
		v.Plan = &Plan{Version: p.Version, MadeAt: p.MadeAt, By: happened.Who(q, p.MadeBy), People: p.People, Unserved: p.Unserved, Late: p.Late, InTime: p.InTime}
	}
	parties := group(b.Requests)
	for _, list := range parties {
		if list[0].State != transfer.Aboard {
			v.Waiting = append(v.Waiting, h.party(q, b, list))
		}
	}
	from := q.Now.Add(-lineBefore)
	for i := range 12 {
		at := from.Truncate(time.Hour).Add(time.Duration(i+1) * time.Hour)
		v.Hours = append(v.Hours, Hour{place(from, at), at})
	}
	for _, x := range b.Vehicles {
		v.Vehicles = append(v.Vehicles, h.row(q, b, x, from))
	}
	for _, f := range b.Sites {
		if f.State != facility.Open || !q.Sees(auth.TransferRead, f.Area) {
			continue
		}
		s := Site{Code: f.Code, Name: f.Name, Kind: string(f.Kind)}
		if full, is := b.Full[f.ID]; is {
			s.Full, s.Reason, s.Since = true, full.Reason, full.Since
		}
		v.Sites = append(v.Sites, s)
	}
	slices.SortFunc(v.Sites, func(a, b Site) int { return strings.Compare(a.Code, b.Code) })
	if len(b.Requests)+len(b.Vehicles) > 0 {
		v.Map = &ui.Map{ID: "transfer-map", Label: i18n.M("transfer.map"), Layers: []ui.MapLayer{{Key: "districts", Kind: "area", Href: q.Path("map", "districts.geojson"), Shown: true},
			{Key: "doors", Kind: "site", Href: q.Path("transfers", "doors.geojson"), Shown: true, Focus: true}, {Key: "vehicles", Kind: "site", Href: q.Path("transfers", "vehicles.geojson"), Shown: true, Focus: true},
			{Key: "places", Kind: "site", Href: q.Path("transfers", "places.geojson"), Shown: true, Focus: true}}}
		if !q.Sees(auth.RollupRead, q.Outbreak.Area) {
			v.Map.Layers = v.Map.Layers[1:]
		}
	}
}

// group makes parties of requests that are in the same state, in their order.
func group(list []transfer.Request) [][]transfer.Request {
	type key struct {
		party transfer.RequestID
		state transfer.State
	}
	at := map[key]int{}
	var out [][]transfer.Request
	for _, q := range list {
		k := key{q.Party, q.State}
		i, is := at[k]
		if !is {
			i = len(out)
			at[k] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], q)
	}
	return out
}

func (h *Handler) party(q *site.Request, b *transferplan.Board, list []transfer.Request) Party {
	x := &list[0]
	p := Party{ID: int64(x.Party), Href: q.Path("transfers", strconv.FormatInt(int64(x.ID), 10)), People: len(list), Class: string(x.Rides()), Purpose: string(x.Purpose), Area: q.AreaName(x.Area), State: string(x.State),
		Deadline: x.Deadline, Promised: x.Promised, Reason: x.Reason, Status: ui.StatusOf(x.Deadline, q.Now, soon), Moves: x.State == transfer.Open || x.State == transfer.Planned}
	for _, m := range list {
		switch m.Seat {
		case transfer.Wheelchair:
			p.Wheelchairs++
		case transfer.Stretcher:
			p.Stretchers++
		default:
		}
		for _, c := range m.Care {
			if !slices.Contains(p.Needs, c) {
				p.Needs = append(p.Needs, c)
			}
		}
		if m.Companion {
			p.Companions++
		}
		p.Alone = p.Alone || b.Alone[m.ID]
		if m.Note != "" && !slices.Contains(p.Needs, m.Note) {
			p.Needs = append(p.Needs, m.Note)
		}
	}
	if x.State == transfer.NoShow || x.State == transfer.Refused {
		p.Again = p.Href + "/again"
	}
	if t, is := b.Trips[x.Trip]; is {
		for _, v := range b.Vehicles {
			if v.ID == t.Vehicle {
				p.Vehicle = v.Code
			}
		}
	}
	return p
}

// place is where an instant lies on the time line, in thousandths.
func place(from, at time.Time) int {
	n := int(at.Sub(from) * 1000 / (lineBefore + lineAfter))
	return min(max(n, 0), 1000)
}

func bar(kind string, from time.Time, a, z time.Time) (Bar, bool) {
	x, end := place(from, a), place(from, z)
	return Bar{X: x, Width: max(end-x, 2), Kind: kind}, end > 0 && x < 1000
}

func (h *Handler) row(q *site.Request, b *transferplan.Board, x transferplan.BoardVehicle, from time.Time) Vehicle {
	out := Vehicle{ID: int64(x.ID), Code: x.Code, Href: q.Path("transfers", "vehicles", strconv.FormatInt(int64(x.ID), 10)), State: string(x.State), Broken: x.State != transfer.Ready, Seats: x.Seats, Last: string(x.Last)}
	for _, s := range x.Shifts {
		if y, ok := bar("shift", from, s.From, s.To); ok {
			out.Bars = append(out.Bars, y)
		}
		if out.Crew == "" && s.From.Before(q.Now) {
			out.Crew = s.Crew
		}
	}
	for _, t := range x.Trips {
		end := t.To.Add(t.Delay)
		if !t.DoneAt.IsZero() {
			end = t.DoneAt
		}
		y, ok := bar(string(t.State), from, t.From, end)
		w := Trip{ID: int64(t.ID), State: string(t.State), Class: string(t.Class), To: b.Sites[t.Facility].Name, Leaves: t.From, Arrives: end, Delay: t.Delay}
		for _, s := range t.Stops {
			if s.Outcome == transfer.NotNeeded {
				continue
			}
			w.Stops++
			if !s.DoneAt.IsZero() {
				w.Done++
			}
			y.Stops = append(y.Stops, place(from, s.Begin))
		}
		for i := range b.Requests {
			if r := &b.Requests[i]; r.Trip == t.ID {
				w.People++
				w.Late = w.Late || end.After(r.Deadline)
			}
		}
		if ok {
			out.Bars = append(out.Bars, y)
		}
		out.Trips = append(out.Trips, w)
	}
	return out
}

func arriving(q *site.Request, r *store.Reader, b *transferplan.Board) (ui.Table, error) {
	t := ui.Listing{Path: q.Path("transfers")}.Table("arriving", i18n.M("transfer.arriving"), ui.Column{Key: "at", Label: i18n.M("transfer.arrives")}, ui.Column{Key: "site", Label: i18n.M("transfer.site")},
		ui.Column{Key: "vehicle", Label: i18n.M("transfer.vehicle")}, ui.Column{Key: "people", Label: i18n.M("transfer.people"), Numeric: true}, ui.Column{Key: "state", Label: i18n.M("col.state")})
	t.Live = "transfers"
	t.Empty = ui.Empty{Title: i18n.M("transfer.nobody_arrives"), Hint: i18n.M("transfer.nobody_arrives_hint")}
	list, err := transferplan.Arrivals(r, q.Outbreak, q.Within(), 0)
	for _, x := range list {
		id := strconv.FormatInt(int64(x.Trip.ID), 10)
		status := ui.OnTime
		if slices.ContainsFunc(x.People, func(p transfer.Request) bool { return x.At.After(p.Deadline) }) {
			status = ui.Late
		}
		t.Rows = append(t.Rows, ui.Row{ID: id, Label: x.Facility.Name, Status: status, Cells: []ui.Cell{ui.Due(x.At, status), ui.Text(x.Facility.Name), ui.Code(x.Vehicle, ""), ui.Number(int64(len(x.People))), ui.Enum("transfer.trip", string(x.Trip.State))}})
	}
	return t, err
}

// failed says on the board why an order was not carried out.
func (h *Handler) failed(q *site.Request, err error) error {
	var msg i18n.Msg
	var wrong *command.Invalid
	status := http.StatusConflict
	switch {
	case errors.Is(err, transferplan.ErrBusy):
		msg = i18n.M("transfer.busy")
	case errors.Is(err, transferplan.ErrMoved):
		msg = i18n.M("transfer.moved_on")
	case errors.Is(err, transferplan.ErrNotMoved):
		msg = i18n.M("transfer.not_moved")
	case errors.As(err, &wrong):
		msg, status = i18n.M("form.invalid", "reason", wrong.Error()), http.StatusUnprocessableEntity
	default:
		return err
	}
	v, err := h.view(q)
	if err != nil {
		return err
	}
	v.Failed = msg
	return q.ShowStatus(status, h.board, "transfers", v)
}

// Plan is POST /o/{outbreak}/transfers/plan.
func (h *Handler) Plan(q *site.Request) error {
	if h.s.Transfers == nil {
		return fmt.Errorf("plan of transfers: %w", store.ErrNotFound)
	}
	p, err := h.s.Transfers.Make(q.Detached(), q.By(), q.Outbreak.ID)
	if err != nil {
		return h.failed(q, err)
	}
	return q.Done(q.Path("transfers"), "moved", int(p.Kept.People))
}

// Give is POST /o/{outbreak}/transfers/give.
func (h *Handler) Give(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	party, err := number("party", form.Get("party"))
	if err != nil {
		return err
	}
	vehicle, err := number("vehicle", form.Get("vehicle"))
	if err != nil {
		return err
	}
	if h.s.Transfers == nil {
		return fmt.Errorf("plan of transfers: %w", store.ErrNotFound)
	}
	p, err := h.s.Transfers.Give(q.Detached(), q.By(), q.Outbreak.ID, transfer.RequestID(party), transfer.VehicleID(vehicle))
	if err != nil {
		return h.failed(q, err)
	}
	return q.Done(q.Path("transfers"), "moved", int(p.Kept.People))
}

// Full is POST /o/{outbreak}/transfers/full.
func (h *Handler) Full(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	if _, err := h.s.Commands.SetFull(q.Context(), q.By(), q.Outbreak.Name, form.Get("site"), form.Get("full") != "", form.Get("reason")); err != nil {
		return h.failed(q, err)
	}
	return q.Done(q.Path("transfers"), "saved", 1)
}

// Again is POST /o/{outbreak}/transfers/{transfer}/again: the whole party is asked again.
func (h *Handler) Again(q *site.Request) error {
	list, err := h.members(q)
	if err != nil {
		return err
	}
	for _, x := range list {
		if x.State == transfer.NoShow || x.State == transfer.Refused {
			if _, err := h.s.Commands.AskAgain(q.Context(), q.By(), x.ID, 0); err != nil {
				return h.failed(q, err)
			}
		}
	}
	return q.Done(q.Path("transfers"), "saved", len(list))
}

// Cancel is POST /o/{outbreak}/transfers/{transfer}/cancel: those of the party who were to be brought home go by themselves.
func (h *Handler) Cancel(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	list, err := h.members(q)
	if err != nil {
		return err
	}
	for _, x := range list {
		if _, err := h.s.Commands.CancelTransfer(q.Context(), q.By(), x.ID, 0, form.Get("reason")); err != nil {
			return h.failed(q, err)
		}
	}
	return q.Done(q.Path("transfers"), "saved", len(list))
}

// members reads the party of the request in the address, as long as it may be read.
func (h *Handler) members(q *site.Request) (list []transfer.Request, err error) {
	id, err := number("transfer", q.PathValue("transfer"))
	if err != nil {
		return nil, err
	}
	err = q.View(func(r *store.Reader) error {
		x, err := r.Request(transfer.RequestID(id))
		if err == nil && (x.Outbreak != q.Outbreak.ID || !q.Sees(auth.TransferRead, x.Area)) {
			err = fmt.Errorf("transfer %d: %w", id, store.ErrNotFound)
		}
		if err != nil {
			return err
		}
		all, err := r.RequestsOfParty(q.Outbreak.ID, x.Party)
		for _, m := range all {
			if m.State == x.State {
				list = append(list, m)
			}
		}
		if len(list) == 0 {
			list = []transfer.Request{x}
		}
		return err
	})
	return list, err
}

// Request is GET /o/{outbreak}/transfers/{transfer}.
func (h *Handler) Request(q *site.Request) error {
	v, err := h.requestView(q)
	if err != nil {
		return err
	}
	return q.Show(h.one, "transfers", v)
}

func (h *Handler) requestView(q *site.Request) (v RequestView, err error) {
	list, err := h.members(q)
	if err != nil {
		return v, err
	}
	err = q.View(func(r *store.Reader) error {
		b, err := transferplan.ReadBoard(r, q.Outbreak, q.Within(), q.Now)
		if err != nil {
			return err
		}
		v.Party, v.Back = h.party(q, &b, list), q.Path("transfers")
		var ids []transfer.RequestID
		for _, x := range list {
			ids = append(ids, x.ID)
			m, err := h.member(q, r, &x)
			if err != nil {
				return err
			}
			v.Who = append(v.Who, m)
		}
		if err := h.along(q, r, list, &v); err != nil {
			return err
		}
		v.Hands = ui.Listing{Path: v.Href}.Table("hands", i18n.M("transfer.hand_overs"), ui.Column{Key: "at", Label: i18n.M("box.when")}, ui.Column{Key: "end", Label: i18n.M("transfer.end")}, ui.Column{Key: "gave", Label: i18n.M("transfer.gave")},
			ui.Column{Key: "took", Label: i18n.M("transfer.took")}, ui.Column{Key: "means", Label: i18n.M("transfer.signed")})
		v.Hands.Empty = ui.Empty{Title: i18n.M("transfer.no_hand_over")}
		hands, err := r.HandOversOf(ids)
		for _, id := range ids {
			for _, x := range hands[id] {
				v.Hands.Rows = append(v.Hands.Rows, ui.Row{ID: strconv.FormatInt(int64(x.ID), 10), Cells: []ui.Cell{ui.At(x.At), ui.Enum("transfer.end", string(x.End)), ui.Text(x.Gave), ui.Text(x.Took), ui.Enum("transfer.means", string(x.Means))}})
			}
		}
		return err
	})
	if err != nil || !q.Sees(auth.TransferWrite, list[0].Area) {
		return v, err
	}
	x := &list[0]
	if x.State.Over() || x.State == transfer.Aboard {
		return v, nil
	}
	if x.Purpose == transfer.ToHome {
		v.Cancel = &ui.Form{ID: "cancel", Action: v.Href + "/cancel", Submit: i18n.M("transfer.cancel_home"), Fields: []ui.Field{{Name: "reason", Label: i18n.M("col.reason"), Kind: ui.FieldText, Required: true, Hint: i18n.M("transfer.cancel_home_hint"), Autocomplete: "off"}}}
	}
	v.Change = &ui.Form{ID: "change", Action: v.Href, Submit: i18n.M("form.save"), Fields: needFields(x)}
	return v, nil
}

func needFields(x *transfer.Request) []ui.Field {
	seats := []ui.Option{}
	for _, s := range []transfer.Seat{transfer.Sitting, transfer.Wheelchair, transfer.Stretcher} {
		seats = append(seats, ui.Option{Value: string(s), Label: i18n.M("transfer.seat." + string(s))})
	}
	return []ui.Field{{Name: "seat", Label: i18n.M("transfer.seat"), Kind: ui.FieldSelect, Value: string(x.Seat), Options: seats}, {Name: "care", Label: i18n.M("transfer.care"), Kind: ui.FieldText, Value: strings.Join(x.Care, " "), Hint: i18n.M("transfer.care_hint"), Autocomplete: "off"},
		{Name: "note", Label: i18n.M("transfer.note"), Kind: ui.FieldText, Value: x.Note, Hint: i18n.M("transfer.note_hint"), Autocomplete: "off"}}
}

func (h *Handler) member(q *site.Request, r *store.Reader, x *transfer.Request) (m Member, err error) {
	m.Seat, m.With = string(x.Seat), x.Companion
	if x.CaseOf != 0 {
		c, err := r.Case(x.CaseOf)
		if err != nil {
			return m, err
		}
		if m.Code = c.Code; q.Sees(auth.CaseRead, c.Area) {
			m.Href = q.Path("cases", c.Code)
		}
	} else {
		c, err := r.Contact(x.ContactOf)
		if err != nil {
			return m, err
		}
		if m.Code = c.Code; q.Sees(auth.ContactRead, c.Area) {
			m.Href = q.Path("contacts", c.Code)
		}
	}
	if x.Stay == 0 {
		return m, nil
	}
	s, err := r.Stay(x.Stay)
	if err != nil || s.Facility == 0 {
		return m, err
	}
	f, err := r.Facility(s.Facility)
	if err != nil {
		return m, err
	}
	if m.Bed = f.Name; s.Room != 0 {
		room, err := r.Room(s.Room)
		if err != nil {
			return m, err
		}
		m.Bed = f.Name + " " + room.Code + "-" + strconv.FormatInt(s.Bed, 10)
	}
	return m, nil
}

// Change is POST /o/{outbreak}/transfers/{transfer}: what the first of the party needs.
func (h *Handler) Change(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	list, err := h.members(q)
	if err != nil {
		return err
	}
	x := list[0]
	to := ""
	if x.To != 0 {
		err := q.View(func(r *store.Reader) error { f, err := r.Facility(x.To); to = f.Code; return err })
		if err != nil {
			return err
		}
	}
	_, err = h.s.Commands.ChangeTransfer(q.Context(), q.By(), command.ChangeTransfer{Transfer: x.ID, To: to, TransferNeeds: command.TransferNeeds{Seat: form.Get("seat"), Care: strings.Fields(form.Get("care")), Note: form.Get("note")}})
	var wrong *command.Invalid
	if errors.As(err, &wrong) {
		v, viewErr := h.requestView(q)
		if viewErr != nil || v.Change == nil {
			return err
		}
		for i := range v.Change.Fields {
			if f := &v.Change.Fields[i]; f.Name == wrong.Field {
				f.Value, f.Error = form.Get(f.Name), i18n.M("form.invalid", "reason", wrong.Reason)
			}
		}
		return q.ShowStatus(http.StatusUnprocessableEntity, h.one, "transfers", v)
	}
	if err != nil {
		return err
	}
	return q.Done(q.Path("transfers"), "saved", 1)
}

// New is GET /o/{outbreak}/transfers/new.
func (h *Handler) New(q *site.Request) error {
	return q.Show(h.asked, "transfers", FormView{h.askForm(q, url.Values{})})
}

func (h *Handler) askForm(q *site.Request, form url.Values) ui.Form {
	purposes := []ui.Option{}
	for _, p := range transfer.Purposes() {
		purposes = append(purposes, ui.Option{Value: string(p), Label: i18n.M("transfer.purpose." + string(p))})
	}
	f := ui.Form{ID: "ask", Action: q.Path("transfers"), Submit: i18n.M("transfer.ask"), Cancel: q.Path("transfers"), Fields: []ui.Field{
		{Name: "case", Label: i18n.M("transfer.case"), Kind: ui.FieldText, Value: form.Get("case"), Hint: i18n.M("transfer.case_hint"), Autocomplete: "off"},
		{Name: "contact", Label: i18n.M("transfer.contact"), Kind: ui.FieldText, Value: form.Get("contact"), Autocomplete: "off"},
		{Name: "purpose", Label: i18n.M("transfer.what_for"), Kind: ui.FieldSelect, Value: form.Get("purpose"), Options: purposes, Required: true},
		{Name: "to", Label: i18n.M("transfer.to"), Kind: ui.FieldText, Value: form.Get("to"), Hint: i18n.M("transfer.to_hint"), Autocomplete: "off"},
		{Name: "deadline", Label: i18n.M("transfer.deadline"), Kind: ui.FieldText, Value: form.Get("deadline"), Hint: i18n.M("transfer.deadline_hint"), Required: true, Autocomplete: "off"}}}
	f.Fields = append(f.Fields, needFields(&transfer.Request{Seat: transfer.Seat(form.Get("seat")), Care: strings.Fields(form.Get("care")), Note: form.Get("note")})...)
	return f
}

// Ask is POST /o/{outbreak}/transfers.
func (h *Handler) Ask(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	_, err = h.s.Commands.AskTransfer(q.Context(), q.By(), command.AskTransfer{Outbreak: q.Outbreak.Name, Case: form.Get("case"), Contact: form.Get("contact"), Purpose: form.Get("purpose"), To: form.Get("to"), Deadline: form.Get("deadline"),
		TransferNeeds: command.TransferNeeds{Seat: form.Get("seat"), Care: strings.Fields(form.Get("care")), Note: form.Get("note")}})
	var wrong *command.Invalid
	if errors.As(err, &wrong) || errors.Is(err, store.ErrNotFound) {
		f := h.askForm(q, form)
		if wrong == nil {
			wrong = &command.Invalid{Field: "case", Reason: err.Error()}
		}
		f.Error = i18n.M("form.invalid", "reason", wrong.Error())
		for i := range f.Fields {
			if f.Fields[i].Name == wrong.Field {
				f.Fields[i].Error = i18n.M("form.invalid", "reason", wrong.Reason)
			}
		}
		return q.ShowStatus(http.StatusUnprocessableEntity, h.asked, "transfers", FormView{f})
	}
	if err != nil {
		return err
	}
	return q.Done(q.Path("transfers"), "saved", 1)
}
