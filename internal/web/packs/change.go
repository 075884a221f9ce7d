package packs

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/i18n"
	"firebreak/internal/protocol"
	"firebreak/internal/store"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// NewChange parses the page on which another pack is put in force.
func NewChange(k *ui.Kit) (*ui.Page, error) { return k.Page("pack-change", files, "change.html") }

// ChangeView is an outbreak's pack: the one in force, those before it, and what another would change.
type ChangeView struct {
	List         string
	Now, NowHref string
	Earlier      []Earlier
	Left         int64  // cases and contacts that the last change has not reached yet
	Carried      bool   // a change was just made, and has reached all
	Part         string // where the progress is read again
	Choose       ui.Form
	Preview      *Effect
	Apply        ui.Form
}

// Earlier is a pack that was in force.
type Earlier struct {
	Ref, Href string
	Until     time.Time
}

// Effect is what a change of pack would do.
type Effect struct {
	From, To                                  string
	Moved, Voided, Added, ReleaseOn, Released int64
	LetGo, Sooner, Held                       int64
	Cases, AllCases, Contacts, AllContacts    int64
	People, AllPeople                         int64
}

func packHref(ref string) string { return root + "/" + (&url.URL{Path: ref}).EscapedPath() }

// Change is GET /o/{outbreak}/pack: the pack in force, and with ?to= what that one would change.
func (h *Handler) Change(q *site.Request) error {
	return h.change(q, http.StatusOK, q.URL.Query().Get("to"), nil)
}

// change shows the page. wrong is why an order was refused.
func (h *Handler) change(q *site.Request, status int, to string, wrong error) error {
	o := q.Outbreak
	if !q.Sees(auth.OutbreakAdmin, o.Area) {
		return &command.Forbidden{Action: auth.OutbreakAdmin, Decision: auth.May(q.Actor, auth.OutbreakAdmin, nil, "", q.Now)}
	}
	here := q.Path("pack")
	v := ChangeView{List: root, Now: o.Pack, NowHref: packHref(o.Pack), Part: here + "?part=carry"}
	for _, e := range o.Earlier {
		v.Earlier = append(v.Earlier, Earlier{e.Pack, packHref(e.Pack), e.Until})
	}
	var under bool
	if err := q.View(func(r *store.Reader) error {
		c, ok, err := command.Carrying(r, o.ID)
		// With everybody looked at the change still has to be closed: that is one more step of the clock.
		v.Left, under = int64(c.Left), ok
		return err
	}); err != nil {
		return err
	}
	v.Carried = len(o.Earlier) > 0 && !under && (q.URL.Query().Get("changed") != "" || q.URL.Query().Get("part") != "")
	all, err := protocol.List()
	if err != nil {
		return err
	}
	pick := ui.Field{Name: "to", Label: i18n.M("pack.name"), Kind: ui.FieldSelect, Value: to, Required: true, Options: []ui.Option{{Label: i18n.M("pack.choose_one")}}}
	for _, p := range all {
		if p.Ref() != o.Pack && protocol.SamePathogen(p.Ref(), o.Pack) {
			pick.Options = append(pick.Options, ui.Option{Value: p.Ref(), Text: p.Ref() + " – " + words(q, p.Title)})
		}
	}
	v.Choose = ui.Form{ID: "choose-pack", Action: here, Get: true, Submit: i18n.M("pack.preview"), Fields: []ui.Field{pick}}
	if to == "" || q.URL.Query().Get("part") != "" {
		return q.ShowStatus(status, h.move, "packs", v, "carry")
	}
	preview, err := h.s.Commands.PreviewPack(q.Context(), q.By(), command.ChangePack{Outbreak: o.Name, Pack: to})
	var invalid *command.Invalid
	if errors.As(err, &invalid) && invalid.Field == "pack" {
		v.Choose.Fields[0].Error = i18n.M("pack.wrong", "pack", to)
		return q.ShowStatus(http.StatusUnprocessableEntity, h.move, "packs", v, "carry")
	}
	if err != nil {
		return err
	}
	n := func(x int) int64 { return int64(x) }
	v.Preview = &Effect{preview.From, preview.To, n(preview.Moved), n(preview.Voided), n(preview.Added), n(preview.ReleaseOn), n(preview.Released), n(preview.LetGo), n(preview.Sooner), n(preview.Held),
		n(preview.Cases), n(preview.AllCases), n(preview.Contacts), n(preview.AllContacts), n(preview.People), n(preview.AllPeople)}
	reason := ui.Field{Name: "reason", Label: i18n.M("pack.reason"), Kind: ui.FieldArea, Value: q.PostForm.Get("reason"), Required: true}
	v.Apply = ui.Form{ID: "apply-pack", Action: here, Version: strconv.FormatInt(preview.Version, 10), Submit: i18n.M("pack.apply"), Cancel: here, Hidden: map[string]string{"to": preview.To}}
	var conflict *store.Conflict
	switch {
	case errors.As(wrong, &invalid):
		reason.Error = i18n.M("pack.reason_needed")
	case errors.As(wrong, &conflict):
		v.Apply.Error = i18n.M("pack.conflict")
	}
	v.Apply.Fields = []ui.Field{reason}
	return q.ShowStatus(status, h.move, "packs", v, "carry")
}

// carryNow is how many cases and contacts the change waits for, before the clock goes on with the others.
const carryNow = 500

// Apply is POST /o/{outbreak}/pack: another pack is put in force.
func (h *Handler) Apply(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	version, err := strconv.ParseInt(form.Get("version"), 10, 64)
	if err != nil {
		return &command.Invalid{Field: "version", Value: form.Get("version"), Reason: "is not a number"}
	}
	o, err := h.s.Commands.ChangePack(q.Context(), q.By(), command.ChangePack{Outbreak: q.Outbreak.Name, Version: version, Pack: form.Get("to"), Reason: form.Get("reason")})
	var invalid *command.Invalid
	var conflict *store.Conflict
	switch {
	case errors.As(err, &invalid):
		return h.change(q, http.StatusUnprocessableEntity, form.Get("to"), err)
	case errors.As(err, &conflict):
		return h.change(q, http.StatusConflict, form.Get("to"), err)
	case err != nil:
		return err
	}
	// The pack is in force. What goes wrong from here on is the clock's to do again.
	if _, err := h.s.Commands.CarryPack(q.Context(), o.ID, carryNow, nil); err != nil {
		h.s.Log.WarnContext(q.Context(), "carrying over to another pack stopped", "outbreak", int64(o.ID), "error", err)
	}
	http.Redirect(q.W, q.Request, q.Path("pack")+"?changed=1", http.StatusSeeOther)
	return nil
}
