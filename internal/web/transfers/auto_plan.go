package transfers

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"firebreak/internal/command"
	"firebreak/internal/i18n"
	"firebreak/internal/store"
	"firebreak/internal/transfer"
	"firebreak/internal/web/happened"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// AutoPlanView is the page that says whether transfers are planned by themselves.
type AutoPlanView struct {
	List  string // the board
	Now   *AutoPlanSetting
	Saved bool
	Set   *ui.Form // nil where the reader may not
}

// AutoPlanSetting is what was set last.
type AutoPlanSetting struct {
	Every int64 // minutes; 0: off
	At    time.Time
	By    string
	Why   string
}

// NewAutoPlan parses the page.
func NewAutoPlan(kit *ui.Kit) (*ui.Page, error) {
	return kit.Page("auto-plan", files, "auto_plan.html")
}

// AutoPlan is GET /o/{outbreak}/transfers/auto-plan.
func (h *Handler) AutoPlan(q *site.Request) error {
	return h.showAutoPlan(q, http.StatusOK, nil, nil)
}

// showAutoPlan shows the page; form is what was sent, wrong why it was refused.
func (h *Handler) showAutoPlan(q *site.Request, status int, form url.Values, wrong error) error {
	var set transfer.AutoPlan
	err := q.View(func(r *store.Reader) (err error) {
		set, err = r.AutoPlan(q.Outbreak.ID)
		return err
	})
	if err != nil {
		return err
	}
	v := AutoPlanView{List: q.Path("transfers"), Saved: q.URL.Query().Get("saved") != ""}
	if set.Version > 0 {
		v.Now = &AutoPlanSetting{int64(set.Every / time.Minute), set.SetAt, happened.Who(q, set.SetBy), set.Reason}
	}
	if writes(q) {
		every := ui.Field{Name: "every", Label: i18n.M("auto_plan.every"), Kind: ui.FieldNumber, Value: strconv.Itoa(int(set.Every / time.Minute)), Min: "0", Max: strconv.Itoa(command.MostAutoPlanEvery), Required: true, Hint: i18n.M("auto_plan.every_hint")}
		reason := ui.Field{Name: "reason", Label: i18n.M("col.reason"), Kind: ui.FieldArea, Required: true}
		if form != nil {
			every.Value, reason.Value = form.Get("every"), form.Get("reason")
		}
		v.Set = &ui.Form{ID: "set", Action: q.Path("transfers", "auto-plan"), Version: strconv.FormatInt(set.Version, 10), Submit: i18n.M("action.save"), Cancel: v.List}
		var invalid *command.Invalid
		var conflict *store.Conflict
		switch {
		case errors.As(wrong, &invalid) && invalid.Field == "every":
			every.Error = i18n.M("auto_plan.every_wrong", "most", command.MostAutoPlanEvery)
		case errors.As(wrong, &invalid):
			reason.Error = i18n.M("auto.reason_needed")
		case errors.As(wrong, &conflict):
			v.Set.Error = i18n.M("auto.conflict")
		}
		v.Set.Fields = []ui.Field{every, reason}
	}
	return q.ShowStatus(status, h.autoPlan, "transfers", v)
}

// SetAutoPlan is POST /o/{outbreak}/transfers/auto-plan.
func (h *Handler) SetAutoPlan(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	in := command.SetAutoPlan{Outbreak: q.Outbreak.Name, Reason: form.Get("reason")}
	if in.Version, err = strconv.ParseInt(form.Get("version"), 10, 64); err != nil {
		return &command.Invalid{Field: "version", Value: form.Get("version"), Reason: "is not a number"}
	}
	if in.Every, err = strconv.Atoi(form.Get("every")); err != nil {
		err = &command.Invalid{Field: "every", Value: form.Get("every"), Reason: "is not a number"}
	} else {
		_, err = h.s.Commands.SetAutoPlan(q.Context(), q.By(), in)
	}
	var invalid *command.Invalid
	var conflict *store.Conflict
	switch {
	case errors.As(err, &invalid):
		return h.showAutoPlan(q, http.StatusUnprocessableEntity, form, err)
	case errors.As(err, &conflict):
		return h.showAutoPlan(q, http.StatusConflict, form, err)
	case err != nil:
		return err
	}
	http.Redirect(q.W, q.Request, q.Path("transfers", "auto-plan")+"?saved=1", http.StatusSeeOther)
	return nil
}
