package sites

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"firebreak/internal/command"
	"firebreak/internal/i18n"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/web/record"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// devices fills in the devices of a site and what may be done with them.
func (h *Handler) devices(q *site.Request, rd *store.Reader, s screening.Site, writes bool, v *View) error {
	list, err := rd.DevicesOf(s.ID)
	if err != nil {
		return err
	}
	var ids []screening.DeviceID
	for _, d := range list {
		ids = append(ids, d.ID)
	}
	heard, err := rd.DeviceHeard(ids)
	if err != nil {
		return err
	}
	t := ui.Listing{Path: hrefOf(q, s.ID)}.Table("devices", i18n.M("device.devices"), ui.Column{Key: "device", Label: i18n.M("device.device")}, ui.Column{Key: "desk", Label: i18n.M("device.use")},
		ui.Column{Key: "state", Label: i18n.M("col.state")}, ui.Column{Key: "since", Label: i18n.M("col.since")}, ui.Column{Key: "heard", Label: i18n.M("site.heard")})
	t.Empty = ui.Empty{Title: i18n.M("device.none"), Hint: i18n.M("device.none_hint")}
	var live []ui.Option
	for _, d := range slices.Backward(list) {
		state, since, status := "enrolled", d.Enrolled, ui.OnTime
		switch {
		case !d.RevokedAt.IsZero():
			state, since, status = "revoked", d.RevokedAt, ui.Void
		case d.Enrolled.IsZero() && q.Now.After(d.EnrolBy):
			state, since, status = "expired", d.EnrolBy, ui.Void
		case d.Enrolled.IsZero():
			state, since, status = "invited", d.EnrolBy, ui.DueSoon
		}
		id := strconv.FormatInt(int64(d.ID), 10)
		if state == "enrolled" || state == "invited" {
			live = append(live, ui.Option{Value: id, Label: i18n.M("device.named", "id", int64(d.ID), "use", q.Words().T("device.use."+string(d.Role), "desk", d.Desk))})
		}
		t.Rows = append(t.Rows, ui.Row{ID: id, Label: id, Status: status, Cells: []ui.Cell{ui.Code(id, ""), ui.Words(i18n.M("device.use."+string(d.Role), "desk", d.Desk)), ui.Enum("device.state", state), ui.At(since), ui.Ago(heard[d.ID])}})
	}
	v.Devices = t
	if !writes {
		return nil
	}
	if !s.Closed {
		next := 1
		for _, d := range list {
			if n, err := strconv.Atoi(d.Desk); err == nil && d.RevokedAt.IsZero() && n >= next {
				next = n + 1
			}
		}
		v.Invite = &ui.Form{ID: "invite", Action: hrefOf(q, s.ID, "invite"), Submit: i18n.M("device.invite"), Fields: []ui.Field{
			{Name: "desks", Label: i18n.M("device.desks"), Kind: ui.FieldText, Value: strconv.Itoa(next), Required: true, Hint: i18n.M("device.desks_hint"), Autocomplete: "off"}}}
	}
	if len(live) > 0 {
		v.Revoke = &ui.Form{ID: "revoke", Action: hrefOf(q, s.ID, "revoke"), Submit: i18n.M("device.revoke"), Danger: true, Fields: []ui.Field{
			{Name: "device", Label: i18n.M("device.device"), Kind: ui.FieldSelect, Value: live[0].Value, Options: live, Required: true},
			{Name: "reason", Label: i18n.M("col.reason"), Kind: ui.FieldText, Required: true, Hint: i18n.M("device.revoke_hint"), Autocomplete: "off"}}}
	}
	return nil
}

// mostDesks is up to how many invitations are made at a time: a sheet of paper or two.
const mostDesks = 24

// desksOf reads "1-4, 7": runs of numbers, and names.
func desksOf(text string) ([]string, error) {
	var out []string
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",;，；、\n", r) }) {
		part = strings.TrimSpace(part)
		from, to, run := strings.Cut(part, "-")
		a, errA := strconv.Atoi(strings.TrimSpace(from))
		b, errB := strconv.Atoi(strings.TrimSpace(to))
		switch {
		case part == "":
		case run && errA == nil && errB == nil:
			if a < 0 || b < a || b-a >= mostDesks {
				return nil, &command.Invalid{Field: "desks", Value: part, Reason: "is no run of at most 24 desks"}
			}
			for n := a; n <= b; n++ {
				out = append(out, strconv.Itoa(n))
			}
		default:
			out = append(out, part)
		}
	}
	if len(out) == 0 || len(out) > mostDesks {
		return nil, &command.Invalid{Field: "desks", Value: text, Reason: "names from 1 to 24 desks"}
	}
	return out, nil
}

// Invite is POST /o/{outbreak}/sites/{site}/invite: a sheet with a code for each desk. The secrets are on this page alone, and nowhere kept.
func (h *Handler) Invite(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	s, err := h.find(q)
	if err != nil {
		return err
	}
	desks, err := desksOf(form.Get("desks"))
	base := h.base(q)
	v := InviteView{Site: s.Code, Name: s.Name, Href: hrefOf(q, s.ID), Local: local(base)}
	if err == nil {
		for _, desk := range desks {
			var inv command.Invitation
			if inv, err = h.s.Commands.InviteDevice(q.Context(), q.By(), s.ID, desk); err != nil {
				break
			}
			card := Card{Desk: desk, URL: base + "/desk/#invite=" + inv.Secret}
			if card.Size, card.Path, err = record.QR(card.URL); err != nil {
				break
			}
			v.EnrolBy, v.Cards = inv.EnrolBy, append(v.Cards, card)
		}
	}
	var wrong *command.Invalid
	if errors.As(err, &wrong) {
		view, viewErr := h.view(q)
		if viewErr != nil || view.Invite == nil {
			return err
		}
		view.Invite.Fields[0].Value = form.Get("desks")
		view.Invite.Fields[0].Error = i18n.M("form.invalid", "reason", wrong.Reason)
		return q.ShowStatus(http.StatusUnprocessableEntity, h.one, "sites", view)
	}
	if err != nil {
		return err
	}
	return q.Show(h.invite, "sites", v)
}

// base is the address that phones reach this server at.
func (h *Handler) base(q *site.Request) string {
	if h.s.PublicURL != "" {
		return strings.TrimSuffix(h.s.PublicURL, "/")
	}
	u := url.URL{Scheme: "http", Host: q.Host}
	if h.s.Access.TLS() {
		u.Scheme = "https"
	}
	return u.String()
}

// local says that an address leads a phone to itself.
func local(base string) bool {
	u, err := url.Parse(base)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// Revoke is POST /o/{outbreak}/sites/{site}/revoke.
func (h *Handler) Revoke(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	s, err := h.find(q)
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(form.Get("device"), 10, 64)
	if err == nil {
		// A device of another site is not this page's to sign off.
		err = q.View(func(rd *store.Reader) error {
			d, err := rd.Device(screening.DeviceID(id))
			if err == nil && d.Site != s.ID {
				err = fmt.Errorf("device %d: %w", id, store.ErrNotFound)
			}
			return err
		})
	} else {
		err = &command.Invalid{Field: "device", Value: form.Get("device"), Reason: "is no device"}
	}
	if err == nil {
		err = h.s.Commands.RevokeDevice(q.Context(), q.By(), screening.DeviceID(id), form.Get("reason"))
	}
	if err != nil {
		return err
	}
	return q.Done(hrefOf(q, s.ID), "revoked", 1)
}
