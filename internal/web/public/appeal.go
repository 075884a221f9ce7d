package public

import (
	"errors"
	"net/http"

	"firebreak/internal/command"
	"firebreak/internal/i18n"
	"firebreak/internal/lookup"
	"firebreak/internal/screening"
	"firebreak/internal/web/ui"
)

// NewAppeal parses the page on which whoever appealed is told so, or what was wrong.
func NewAppeal(k *ui.Kit) (*ui.Page, error) {
	return k.Page("public-appeal", files, "layout.html", "appeal.html")
}

// AppealView is the form, or that it was taken.
type AppealView struct {
	Form ui.Form
	Done bool
}

// AppealForm is the form of whoever is held and disagrees. The code that they asked with goes along, so that nobody types it twice.
func AppealForm(lang i18n.Lang, typed func(string) string, wrong map[string]i18n.Msg) ui.Form {
	f := ui.Form{ID: "appeal", Action: "/public/" + string(lang) + "/appeal", Submit: i18n.M("public.appeal.submit"), Hidden: map[string]string{"code": typed("code")}, Fields: []ui.Field{
		{Name: "ground", Label: i18n.M("public.appeal.ground"), Kind: ui.FieldRadio, Required: true},
		{Name: "words", Label: i18n.M("public.appeal.words"), Kind: ui.FieldArea, Hint: i18n.M("public.appeal.words_hint")},
	}}
	for _, g := range screening.AppealGrounds() {
		f.Fields[0].Options = append(f.Fields[0].Options, ui.Option{Value: string(g), Label: i18n.M("appeal.ground." + string(g))})
	}
	for i := range f.Fields {
		x := &f.Fields[i]
		x.Value, x.Error = typed(x.Name), wrong[x.Name]
	}
	return f
}

// appeal is POST /public/{lang}/appeal.
func (p *Site) appeal(w http.ResponseWriter, r *http.Request) {
	in, done, ok := p.take(w, r, i18n.M("public.failed.toomany"))
	if !ok {
		return
	}
	defer done()
	lang, typed := in.lang, in.typed
	switch err := p.o.Lookup.Check(typed("code"), in.from); {
	case errors.Is(err, lookup.ErrTooMany):
		w.Header().Set("Retry-After", "60")
		p.fail(w, r, lang, http.StatusTooManyRequests, i18n.M("public.failed.toomany"))
		return
	case err != nil:
		p.fail(w, r, lang, http.StatusNotFound, i18n.M("public.failed.code"))
		return
	}
	wrong := map[string]i18n.Msg{}
	if _, err := screening.ParseAppealGround(typed("ground")); err != nil {
		wrong["ground"] = i18n.M("public.appeal.ground_missing")
	}
	view, status := AppealView{}, http.StatusOK
	if len(wrong) == 0 {
		p.reported.Note(in.from, p.o.DB.Now())
		_, err := p.o.Commands.AppealHold(r.Context(), command.Owner("public"), command.AppealHold{Code: typed("code"), Ground: typed("ground"), Words: typed("words")})
		var bad *command.Invalid
		switch {
		case err == nil:
			view.Done = true
		case errors.As(err, &bad) && bad.Field == "words":
			wrong["words"] = i18n.M("public.appeal.words_long")
		case errors.As(err, &bad):
			p.fail(w, r, lang, http.StatusConflict, i18n.M("public.appeal.not_held"))
			return
		default:
			p.o.Log.Error("appeal not entered", "error", err)
			p.busy(w, r, lang)
			return
		}
	}
	if !view.Done {
		status, view.Form = http.StatusUnprocessableEntity, AppealForm(lang, typed, wrong)
	}
	p.answer(w, r, status, p.appealed, p.frame(lang, "/", p.now.Load()), view)
}
