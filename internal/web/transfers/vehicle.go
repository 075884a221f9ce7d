package transfers

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/i18n"
	"firebreak/internal/store"
	"firebreak/internal/transfer"
	"firebreak/internal/transferplan"
	"firebreak/internal/web/record"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// Vehicle is GET /o/{outbreak}/transfers/vehicles/{vehicle}.
func (h *Handler) Vehicle(q *site.Request) error {
	v, err := h.vehicleView(q)
	if err != nil {
		return err
	}
	return q.Show(h.vehicle, "transfers", v)
}

func (h *Handler) vehicleView(q *site.Request) (v VehicleView, err error) {
	id, err := number("vehicle", q.PathValue("vehicle"))
	if err != nil {
		return v, err
	}
	writes := false
	err = q.View(func(r *store.Reader) error {
		b, err := transferplan.ReadWaiting(r, q.Outbreak, q.Within(), q.Now)
		if err != nil {
			return err
		}
		v.Back = q.Path("transfers")
		for _, x := range b.Vehicles {
			if x.ID != transfer.VehicleID(id) {
				continue
			}
			v.Vehicle, writes = h.row(q, &b, x, q.Now.Add(-lineBefore)), q.Sees(auth.TransferWrite, x.Area)
			v.Stops = stops(q, &b, x)
			v.Phones, err = phones(q, r, x.ID)
			return err
		}
		return fmt.Errorf("vehicle %d: %w", id, store.ErrNotFound)
	})
	if err != nil || !writes {
		return v, err
	}
	options := ui.Choices("transfer.vehicle", string(transfer.Ready), string(transfer.Broken), string(transfer.Retired))[1:]
	v.Change = &ui.Form{ID: "state", Action: v.Href + "/state", Submit: i18n.M("form.save"), Fields: []ui.Field{{Name: "state", Label: i18n.M("col.state"), Kind: ui.FieldSelect, Value: v.State, Options: options},
		{Name: "clean", Label: i18n.M("transfer.cleaned"), Kind: ui.FieldCheck}, {Name: "reason", Label: i18n.M("col.reason"), Kind: ui.FieldText, Hint: i18n.M("transfer.broken_hint"), Autocomplete: "off"}}}
	v.Invite = &ui.Form{ID: "invite", Action: v.Href + "/invite", Submit: i18n.M("transfer.invite"), Fields: []ui.Field{{Name: "crew", Label: i18n.M("transfer.crew"), Kind: ui.FieldText, Required: true, Autocomplete: "off"}}}
	return v, nil
}

func stops(q *site.Request, b *transferplan.Board, x transferplan.BoardVehicle) ui.Table {
	t := ui.Listing{Path: q.URL.Path}.Table("stops", i18n.M("transfer.stops"), ui.Column{Key: "at", Label: i18n.M("transfer.planned_at")}, ui.Column{Key: "stop", Label: i18n.M("transfer.stop")}, ui.Column{Key: "came", Label: i18n.M("transfer.came")},
		ui.Column{Key: "done", Label: i18n.M("transfer.done")}, ui.Column{Key: "outcome", Label: i18n.M("transfer.outcome")})
	t.Live = "transfers"
	t.Empty = ui.Empty{Title: i18n.M("transfer.idle")}
	for _, trip := range x.Trips {
		for _, s := range trip.Stops {
			what := ui.Words(i18n.M("transfer.party_n", "n", int64(s.Party)))
			if s.Off() {
				what = ui.Words(i18n.M("transfer.off_at", "place", b.Sites[trip.Facility].Name))
			}
			status, outcome := ui.OnTime, ui.Text("")
			switch {
			case s.Outcome == transfer.HandedOver:
				status = ui.Done
			case s.Outcome != "":
				status = ui.Void
			case s.Done.Add(trip.Delay).Before(q.Now):
				status = ui.Late
			}
			if s.Outcome != "" {
				outcome = ui.Enum("transfer.outcome", string(s.Outcome))
			}
			t.Rows = append(t.Rows, ui.Row{ID: strconv.FormatInt(int64(s.ID), 10), Status: status, Cells: []ui.Cell{ui.At(s.Begin.Add(trip.Delay)), what, ui.At(s.CameAt), ui.At(s.DoneAt), outcome}})
		}
	}
	return t
}

func phones(q *site.Request, r *store.Reader, v transfer.VehicleID) (ui.Table, error) {
	t := ui.Listing{Path: q.URL.Path}.Table("phones", i18n.M("transfer.phones"), ui.Column{Key: "phone", Label: i18n.M("transfer.phone")}, ui.Column{Key: "crew", Label: i18n.M("transfer.crew")}, ui.Column{Key: "state", Label: i18n.M("col.state")}, ui.Column{Key: "since", Label: i18n.M("col.since")})
	t.Empty = ui.Empty{Title: i18n.M("transfer.no_phone"), Hint: i18n.M("transfer.no_phone_hint")}
	list, err := r.PhonesOf(v)
	for _, p := range list {
		state, since, status := "enrolled", p.Enrolled, ui.OnTime
		switch {
		case !p.RevokedAt.IsZero():
			state, since, status = "revoked", p.RevokedAt, ui.Void
		case p.Enrolled.IsZero() && q.Now.After(p.EnrolBy):
			state, since, status = "expired", p.EnrolBy, ui.Void
		case p.Enrolled.IsZero():
			state, since, status = "invited", p.EnrolBy, ui.DueSoon
		}
		id := strconv.FormatInt(int64(p.ID), 10)
		t.Rows = append(t.Rows, ui.Row{ID: id, Status: status, Cells: []ui.Cell{ui.Code(id, ""), ui.Text(p.Crew), ui.Enum("device.state", state), ui.At(since)}})
	}
	return t, err
}

// SetVehicle is POST /o/{outbreak}/transfers/vehicles/{vehicle}/state.
func (h *Handler) SetVehicle(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	v, err := h.vehicleView(q)
	if err != nil {
		return err
	}
	_, err = h.s.Commands.SetVehicle(q.Context(), q.By(), command.SetVehicle{Vehicle: transfer.VehicleID(v.ID), State: form.Get("state"), Clean: form.Get("clean") != "", Reason: form.Get("reason")})
	if h.wrong(err, v.Change, form) {
		return q.ShowStatus(http.StatusUnprocessableEntity, h.vehicle, "transfers", v)
	}
	if err != nil {
		return err
	}
	return q.Done(v.Href, "saved", 1)
}

// wrong says in a form what was wrong of it.
func (h *Handler) wrong(err error, f *ui.Form, form url.Values) bool {
	var wrong *command.Invalid
	if f == nil || !errors.As(err, &wrong) {
		return false
	}
	f.Error = i18n.M("form.invalid", "reason", wrong.Error())
	for i := range f.Fields {
		x := &f.Fields[i]
		x.Value = form.Get(x.Name)
		if x.Name == wrong.Field {
			x.Error = i18n.M("form.invalid", "reason", wrong.Reason)
		}
	}
	return true
}

// Invite is POST /o/{outbreak}/transfers/vehicles/{vehicle}/invite. The secret is on this page alone, and nowhere kept.
func (h *Handler) Invite(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	v, err := h.vehicleView(q)
	if err != nil {
		return err
	}
	x, err := h.s.Commands.InvitePhone(q.Context(), q.By(), transfer.VehicleID(v.ID), form.Get("crew"))
	if h.wrong(err, v.Invite, form) {
		return q.ShowStatus(http.StatusUnprocessableEntity, h.vehicle, "transfers", v)
	}
	if err != nil {
		return err
	}
	if v, err = h.vehicleView(q); err != nil {
		return err
	}
	base := strings.TrimSuffix(h.s.PublicURL, "/")
	if base == "" {
		u := url.URL{Scheme: "http", Host: q.Host}
		if h.s.Access.TLS() {
			u.Scheme = "https"
		}
		base = u.String()
	}
	v.Card = &Card{URL: base + "/desk/#invite=" + x.Secret, EnrolBy: x.EnrolBy}
	if v.Card.Size, v.Card.Path, err = record.QR(v.Card.URL); err != nil {
		return err
	}
	return q.Show(h.vehicle, "transfers", v)
}
