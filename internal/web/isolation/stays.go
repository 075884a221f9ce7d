package isolation

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/facility"
	"firebreak/internal/i18n"
	"firebreak/internal/restriction"
	"firebreak/internal/store"
	"firebreak/internal/web/record"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// Book is POST /o/{outbreak}/isolation/{facility}/stays: beds for a party, for all of it or nobody.
func (h *Handler) Book(q *site.Request) error {
	form, f, err := h.posted(q)
	if err != nil {
		return err
	}
	in := command.BookStays{Outbreak: q.Outbreak.Name, Facility: f.Code, Together: form.Get("together") != ""}
	err = q.View(func(r *store.Reader) error {
		for _, code := range strings.FieldsFunc(form.Get("codes"), func(c rune) bool { return strings.ContainsRune(" \t\r\n,;\uff0c\u3001\uff1b", c) }) {
			g, err := command.FindGuest(r, q.Outbreak.ID, "", code, form.Get("room"))
			if f.Kind.Takes() == facility.Case {
				g, err = command.FindGuest(r, q.Outbreak.ID, code, "", form.Get("room"))
			}
			if err != nil {
				return err
			}
			in.Guests = append(in.Guests, g)
		}
		return nil
	})
	orderer := by(q, f, keeper(f), auth.TransferWrite)
	switch {
	case err != nil:
	case form.Get("arrived") != "":
		_, err = h.s.Commands.WalkIn(q.Context(), orderer, command.WalkIn{BookStays: in, Welcome: welcome(form)})
	default:
		_, err = h.s.Commands.BookStays(q.Context(), orderer, in)
	}
	return h.after(q, f, "book", form, err)
}

// Arrive is POST /o/{outbreak}/isolation/{facility}/arrivals: those who were expected have come.
func (h *Handler) Arrive(q *site.Request) error {
	form, f, err := h.posted(q)
	if err != nil {
		return err
	}
	ids, err := chosen(q, f, form["stay"])
	if err == nil && len(ids) == 0 {
		err = &command.Invalid{Field: "stay", Reason: "is needed: nobody is chosen"}
	}
	if err == nil {
		_, err = h.s.Commands.CheckIn(q.Context(), by(q, f, keeper(f)), command.CheckIn{Stays: ids, Welcome: welcome(form)})
	}
	return h.after(q, f, "arrivals", form, err)
}

// welcome reads what was done for people as they came.
func welcome(form url.Values) command.Welcome {
	return command.Welcome{Explained: form.Get("explained") != "", Needs: form["need"]}
}

// needs are the words of what people need where they stay.
func needs() []string {
	var out []string
	for _, k := range restriction.NeedKinds() {
		out = append(out, string(k))
	}
	return out
}

// chosen reads which stays of a facility a form names.
func chosen(q *site.Request, f facility.Facility, texts []string) (ids []facility.StayID, err error) {
	err = q.View(func(r *store.Reader) error {
		for _, text := range texts {
			s, err := stayIn(r, f, text)
			if err != nil {
				return err
			}
			ids = append(ids, s.ID)
		}
		return nil
	})
	return ids, err
}

// stayIn reads a stay of a facility.
func stayIn(r *store.Reader, f facility.Facility, text string) (s facility.Stay, err error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return s, fmt.Errorf("stay %q: %w", text, store.ErrNotFound)
	}
	s, err = r.Stay(facility.StayID(id))
	if err == nil && (s.Outbreak != f.Outbreak || s.Facility != f.ID) {
		err = fmt.Errorf("stay %d: %w", id, store.ErrNotFound)
	}
	return s, err
}

// Stay is GET /o/{outbreak}/isolation/{facility}/stays/{stay}.
func (h *Handler) Stay(q *site.Request) error {
	return h.showStay(q, http.StatusOK, "", nil, i18n.Msg{})
}

func (h *Handler) showStay(q *site.Request, status int, step string, typed url.Values, wrong i18n.Msg) error {
	var v OneView
	err := q.View(func(r *store.Reader) error {
		f, err := read(q, r, q.PathValue("facility"))
		if err != nil {
			return err
		}
		s, err := stayIn(r, f, q.PathValue("stay"))
		if err != nil {
			return err
		}
		all, err := readFull(r, []facility.Facility{f})
		if err != nil {
			return err
		}
		x := all[0]
		mates := slices.Clone(x.stays[s.Room])
		mine := append(slices.Clone(mates), s)
		who, err := guests(q, r, f, mine)
		if err != nil {
			return err
		}
		g := who[s.ID]
		room := ""
		for _, m := range x.rooms {
			if m.ID == s.Room {
				room = m.Code
			}
		}
		v = OneView{Head: headOf(q, f), Title: i18n.M("isolation.stay_of", "who", g.Of), StateKey: string(s.State), Facts: []Fact{{i18n.M("isolation.class_of"), ui.Enum("isolation.one", string(s.Class))}}}
		if s.Companion {
			v.Title = i18n.M("isolation.stay_of_companion", "code", g.Of)
			v.Facts = append(v.Facts, Fact{i18n.M("isolation.here_as"), ui.Words(i18n.M("isolation.companion"))})
		}
		if g.OfHref != g.Href {
			v.Facts = append(v.Facts, Fact{i18n.M("isolation.record"), ui.Code(g.Of, g.OfHref)})
		}
		v.Facts = append(v.Facts, Fact{i18n.M("isolation.room"), ui.Code(room, hrefOf(q, f.ID, "rooms", number(s.Room)))}, Fact{i18n.M("isolation.bed"), ui.Number(s.Bed)}, Fact{i18n.M("isolation.booked_at"), ui.At(s.BookedAt)})
		if !s.InAt.IsZero() {
			v.Facts = append(v.Facts, Fact{i18n.M("isolation.since"), ui.At(s.InAt)})
		}
		if s.WayHome != facility.WayUnsaid {
			way := q.Words().Enum("way_home", string(s.WayHome))
			if s.TakenBy != "" {
				way += " (" + s.TakenBy + ")"
			}
			v.Facts = append(v.Facts, Fact{i18n.M("isolation.way_home"), ui.Text(way)})
		}
		switch {
		case s.State.Over():
			if !s.LeftAt.IsZero() {
				v.Facts = append(v.Facts, Fact{i18n.M("isolation.left_at"), ui.At(s.LeftAt)}, Fact{i18n.M("col.reason"), ui.Enum("leaving", string(s.Leaving))})
			}
		case g.Over:
			v.Facts = append(v.Facts, Fact{i18n.M("isolation.ends"), ui.Words(i18n.M("isolation.to_leave"))})
		case g.Ends != "":
			v.Facts = append(v.Facts, Fact{i18n.M("isolation.ends"), ui.Day(g.Ends)})
		}
		v.Status = map[facility.StayState]ui.Status{facility.Booked: ui.DueSoon, facility.In: ui.Done}[s.State]
		if v.Status == "" {
			v.Status = ui.Void
		}
		for _, m := range mates {
			if m.ID != s.ID {
				v.Guests = append(v.Guests, who[m.ID])
			}
		}
		v.Forms = stayForms(q, x, s, mates, who)
		v.Certificate, err = certificateOf(q, r, s)
		return err
	})
	if err != nil {
		return err
	}
	if wrong.Key != "" && !markForm(v.Forms, step, typed, wrong) {
		return &command.Invalid{Field: "stay", Value: q.PathValue("stay"), Reason: "has changed meanwhile"}
	}
	return q.ShowStatus(status, h.one, "isolation", v)
}

// certificateOf is the address of the certificate of release of whoever stays or stayed; empty where they were not released, or the reader may not print it.
func certificateOf(q *site.Request, r *store.Reader, s facility.Stay) (string, error) {
	if s.Companion {
		return "", nil // nothing restricted them
	}
	cause := restriction.OfCase(s.CaseOf)
	if s.Class == facility.Contact {
		cause = restriction.OfContact(s.ContactOf)
	}
	list, err := r.RestrictionOfCause(cause)
	if err != nil || len(list) == 0 || !q.Sees(auth.RestrictionRead, list[0].Area) {
		return "", err
	}
	return record.CertificateHref(q, r, &list[0])
}

// stayForms are what the reader may do with a stay, and with those in the same room.
func stayForms(q *site.Request, x full, s facility.Stay, mates []facility.Stay, who map[facility.StayID]Guest) (out []Form) {
	add := func(step string, title, hint i18n.Msg, danger bool, fields ...ui.Field) {
		fields = slices.Clone(fields)
		var together []ui.Option
		for _, m := range mates {
			if m.State == s.State {
				o := ui.Option{Value: number(m.ID), Text: who[m.ID].Of}
				if m.Companion {
					o.Text, o.Label = "", i18n.M("isolation.companion_of", "code", who[m.ID].Of)
				}
				together = append(together, o)
			}
		}
		if len(together) > 1 {
			fields = append([]ui.Field{{Name: "stay", Label: i18n.M("isolation.who"), Kind: ui.FieldMany, Values: []string{number(s.ID)}, Options: together, Required: true}}, fields...)
		}
		f := ui.Form{ID: step, Action: hrefOf(q, x.ID, "stays", number(s.ID), step), Submit: title, Danger: danger, Fields: fields}
		if len(together) <= 1 {
			f.Hidden = map[string]string{"stay": number(s.ID)}
		}
		out = append(out, Form{Title: title, Hint: hint, Form: f})
	}
	wayHome := func(hint i18n.Msg) {
		add("way-home", i18n.M("isolation.way_home"), hint, false, record.WayHome(s.WayHome, s.TakenBy)...)
		out[len(out)-1].Submit = i18n.M("form.save")
	}
	when := ui.Field{Name: "at", Label: i18n.M("isolation.when"), Kind: ui.FieldInstant, Hint: i18n.M("isolation.when_hint")}
	reason := ui.Field{Name: "reason", Label: i18n.M("col.reason"), Kind: ui.FieldText, Autocomplete: "off"}
	needed := reason
	needed.Required = true
	room := ui.Field{Name: "room", Label: i18n.M("isolation.to_room"), Kind: ui.FieldSelect, Required: true}
	for _, m := range x.rooms {
		if m.State == facility.Ready && m.ID != s.Room && int64(len(x.stays[m.ID])) < m.Beds {
			room.Options = append(room.Options, ui.Option{Value: m.Code, Label: i18n.M("isolation.room_left", "room", m.Code, "lift", m.Group, "n", m.Beds-int64(len(x.stays[m.ID])))})
		}
	}
	switch s.State {
	case facility.Booked:
		if keeps(q, x.Facility) && x.Facility.State == facility.Open {
			add("check-in", i18n.M("isolation.check_in"), i18n.Msg{}, false, when)
		}
		if keeps(q, x.Facility) && len(room.Options) > 0 {
			add("move", i18n.M("isolation.other_room"), i18n.Msg{}, false, room, reason)
		}
		if books(q, x.Facility) {
			add("drop", i18n.M("isolation.drop"), i18n.Msg{}, true, needed)
		}
	case facility.In:
		if !keeps(q, x.Facility) {
			return nil
		}
		why := ui.Field{Name: "leaving", Label: i18n.M("isolation.leaving"), Kind: ui.FieldRadio, Required: true}
		for _, l := range []facility.Leaving{facility.LeftRelease, facility.LeftMoved, facility.LeftDied, facility.LeftWithout, facility.LeftError} {
			why.Options = append(why.Options, ui.Option{Value: string(l), Label: i18n.M("leaving." + string(l))})
		}
		if len(room.Options) > 0 {
			add("move", i18n.M("isolation.move_room"), i18n.Msg{}, false, room, reason)
		}
		reason.Hint = i18n.M("isolation.reason_hint")
		cared := ui.Field{Name: "cared_by", Label: i18n.M("isolation.cared_by"), Kind: ui.FieldText, Hint: i18n.M("isolation.cared_by_hint"), Autocomplete: "off"}
		add("check-out", i18n.M("isolation.check_out"), i18n.M("isolation.check_out_hint"), false, append([]ui.Field{why}, append(record.WayHome(s.WayHome, s.TakenBy), cared, ui.Field{Name: "home", Label: i18n.M("isolation.home"), Kind: ui.FieldCheck}, when, reason)...)...)
		if s.WayHome == facility.WayUnsaid {
			wayHome(i18n.M("isolation.way_home_ahead"))
		}
	case facility.Left:
		if keeps(q, x.Facility) && s.Leaving == facility.LeftRelease {
			wayHome(i18n.Msg{})
		}
	case facility.Dropped:
	}
	return out
}

// going reads how people go home. Who leaves otherwise than released is not asked, whatever the form shows.
func going(form url.Values) command.Going {
	if l := form.Get("leaving"); l != "" && l != string(facility.LeftRelease) {
		return command.Going{}
	}
	return command.Going{WayHome: form.Get("way_home"), TakenBy: form.Get("taken_by")}
}

// Step is POST /o/{outbreak}/isolation/{facility}/stays/{stay}/{step}.
func (h *Handler) Step(q *site.Request) error {
	form, f, err := h.posted(q)
	if err != nil {
		return err
	}
	ids, err := chosen(q, f, form["stay"])
	if err != nil {
		return err
	}
	ctx, step, orderer := q.Context(), q.PathValue("step"), by(q, f, keeper(f))
	switch step {
	case "check-in":
		_, err = h.s.Commands.CheckIn(ctx, orderer, command.CheckIn{Stays: ids, At: form.Get("at"), Welcome: welcome(form)})
	case "move":
		_, err = h.s.Commands.MoveRoom(ctx, orderer, command.MoveRoom{Stays: ids, Room: form.Get("room"), Reason: form.Get("reason")})
	case "drop":
		_, err = h.s.Commands.DropBookings(ctx, by(q, f, keeper(f), auth.TransferWrite), command.DropBookings{Stays: ids, Reason: form.Get("reason")})
	case "check-out":
		_, err = h.s.Commands.CheckOut(ctx, orderer, command.CheckOut{Stays: ids, Leaving: facility.Leaving(form.Get("leaving")), At: form.Get("at"), Home: form.Get("home") != "", Reason: form.Get("reason"), CaredBy: form.Get("cared_by"), Going: going(form)})
	case "way-home":
		_, err = h.s.Commands.SetWayHome(ctx, orderer, command.SetWayHome{Stays: ids, Going: going(form)})
	default:
		return fmt.Errorf("step %q: %w", step, store.ErrNotFound)
	}
	if err == nil {
		return q.Done(hrefOf(q, f.ID), "saved", max(len(ids), 1))
	}
	if m, status, ok := refused(q, err); ok {
		return h.showStay(q, status, step, form, m)
	}
	return err
}
