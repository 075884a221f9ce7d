package autoaccept

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/contact"
	"firebreak/internal/i18n"
	"firebreak/internal/store"
	"firebreak/internal/web/happened"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// Handler answers for the page.
type Handler struct {
	s    *site.Site
	page *ui.Page
}

// NewHandler parses the page.
func NewHandler(s *site.Site) (*Handler, error) {
	page, err := New(s.Kit)
	return &Handler{s, page}, err
}

// Show is GET /o/{outbreak}/auto-accept: the setting in force, and with ?tiers= what one with these tiers would do.
func (h *Handler) Show(q *site.Request) error {
	return h.show(q, http.StatusOK, q.URL.Query(), nil)
}

// show shows the page; form is what was chosen, wrong why it was refused.
func (h *Handler) show(q *site.Request, status int, form url.Values, wrong error) error {
	o := q.Outbreak
	if !q.Sees(auth.OutbreakAdmin, o.Area) {
		return &command.Forbidden{Action: auth.OutbreakAdmin, Decision: auth.May(q.Actor, auth.OutbreakAdmin, nil, "", q.Now)}
	}
	var setting contact.AutoAccept
	var counts []contact.ProposalCount
	err := q.View(func(r *store.Reader) (err error) {
		if setting, err = r.AutoAccept(o.ID); err != nil {
			return err
		}
		counts, err = r.ProposalCounts(o.ID)
		return err
	})
	if err != nil {
		return err
	}
	here := q.Path("auto-accept")
	v := View{List: q.Path("cases"), Saved: q.URL.Query().Get("saved") != ""}
	if setting.Version > 0 {
		v.Now = &Setting{Tiers: words(setting.Tiers), Most: int64(setting.Most), At: setting.SetAt, By: happened.Who(q, setting.SetBy), Why: setting.Reason}
	}
	asked := form.Has("tiers")
	tiers := ui.Field{Name: "tiers", Label: i18n.M("auto.tiers"), Kind: ui.FieldRadio, Value: form.Get("tiers"), Hint: i18n.M("auto.tiers_hint"), Options: choices}
	most := ui.Field{Name: "most", Label: i18n.M("auto.most"), Kind: ui.FieldNumber, Value: form.Get("most"), Min: "1", Max: strconv.Itoa(command.MostAutoAccepted), Hint: i18n.M("auto.most_hint")}
	if !asked {
		tiers.Value = strings.Join(words(setting.Tiers), ",")
		if setting.On() {
			most.Value = strconv.Itoa(setting.Most)
		}
	}
	reason := ui.Field{Name: "reason", Label: i18n.M("auto.reason"), Kind: ui.FieldArea, Value: form.Get("reason"), Required: true}
	v.Choose = ui.Form{ID: "choose", Action: here, Get: true, Submit: i18n.M("auto.preview")}
	v.Apply = ui.Form{ID: "apply", Action: here, Submit: i18n.M("auto.apply"), Cancel: here, Version: strconv.FormatInt(setting.Version, 10), Hidden: map[string]string{"tiers": tiers.Value, "most": most.Value}}
	if asked {
		in, err := order(o.Name, form)
		if err != nil {
			status, wrong = http.StatusUnprocessableEntity, err
		}
		var invalid *command.Invalid
		var conflict *store.Conflict
		switch {
		case errors.As(wrong, &invalid) && invalid.Field == "most":
			most.Error = i18n.M("auto.most_wrong", "most", command.MostAutoAccepted)
		case errors.As(wrong, &invalid) && invalid.Field == "tiers":
			tiers.Error = i18n.M("auto.tiers_wrong")
		case errors.As(wrong, &invalid):
			reason.Error = i18n.M("auto.reason_needed")
		case errors.As(wrong, &conflict):
			v.Apply.Error = i18n.M("auto.conflict")
		}
		if err == nil && most.Error.IsZero() {
			e := contact.AutoAccept{Tiers: in.Tiers, Most: in.Most}.Effect(counts)
			v.Effect = &Effect{Tiers: words(in.Tiers), Most: int64(in.Most), Cases: int64(e.Cases), Accepted: int64(e.Accepted), Of: int64(e.Of), Beyond: int64(e.Beyond), Waiting: int64(e.Waiting)}
		}
	}
	v.Choose.Fields, v.Apply.Fields = []ui.Field{tiers, most}, []ui.Field{reason}
	return q.ShowStatus(status, h.page, "cases", v)
}

// choices are what can be set, nobody first; its value is empty.
var choices = []ui.Option{{Value: "", Label: i18n.M("auto.nobody")}, {Value: "close", Label: i18n.M("tier.close")}, {Value: "close,general", Label: i18n.M("auto.both")}, {Value: "general", Label: i18n.M("tier.general")}}

func words(tiers []contact.Tier) (out []string) {
	for _, t := range tiers {
		out = append(out, string(t))
	}
	return out
}

// order reads a form. The cap counts only where somebody is accepted.
func order(outbreak string, form url.Values) (command.SetAutoAccept, error) {
	in := command.SetAutoAccept{Outbreak: outbreak, Reason: form.Get("reason")}
	if !slices.ContainsFunc(choices, func(c ui.Option) bool { return c.Value == form.Get("tiers") }) {
		return in, &command.Invalid{Field: "tiers", Value: form.Get("tiers"), Reason: "is none of the choices"}
	}
	for t := range strings.SplitSeq(form.Get("tiers"), ",") {
		if t != "" {
			in.Tiers = append(in.Tiers, contact.Tier(t))
		}
	}
	if len(in.Tiers) == 0 {
		return in, nil
	}
	n, err := strconv.Atoi(form.Get("most"))
	if err != nil || n < 1 || n > command.MostAutoAccepted {
		return in, &command.Invalid{Field: "most", Value: form.Get("most"), Reason: fmt.Sprintf("is not 1 to %d contacts of a case", command.MostAutoAccepted)}
	}
	in.Most = n
	return in, nil
}

// Set is POST /o/{outbreak}/auto-accept: another setting is put in force.
func (h *Handler) Set(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	in, err := order(q.Outbreak.Name, form)
	if err == nil {
		if in.Version, err = strconv.ParseInt(form.Get("version"), 10, 64); err != nil {
			return &command.Invalid{Field: "version", Value: form.Get("version"), Reason: "is not a number"}
		}
		_, err = h.s.Commands.SetAutoAccept(q.Context(), q.By(), in)
	}
	var invalid *command.Invalid
	var conflict *store.Conflict
	switch {
	case errors.As(err, &invalid):
		return h.show(q, http.StatusUnprocessableEntity, form, err)
	case errors.As(err, &conflict):
		return h.show(q, http.StatusConflict, form, err)
	case err != nil:
		return err
	}
	http.Redirect(q.W, q.Request, q.Path("auto-accept")+"?saved=1", http.StatusSeeOther)
	return nil
}
