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

// NewSelfTest parses the page on which a self-test is reported.
func NewSelfTest(k *ui.Kit) (*ui.Page, error) {
	return k.Page("public-selftest", files, "layout.html", "selftest.html")
}

// SelfTestView is the form, or what whoever sent it is told.
type SelfTestView struct {
	Form   ui.Form
	Advice string
}

// outbreakOf is where a self-test is reported to.
type outbreakOf struct{ name, title string }

// SelfTestForm is the form with what was typed; wrong is what is wrong with it, by field.
func SelfTestForm(lang i18n.Lang, outbreaks []outbreakOf, typed func(string) string, wrong map[string]i18n.Msg) ui.Form {
	f := ui.Form{ID: "selftest", Action: "/public/" + string(lang) + "/self-test", Submit: i18n.M("public.selftest.submit")}
	if len(outbreaks) > 1 {
		options := make([]ui.Option, len(outbreaks))
		for i, o := range outbreaks {
			options[i] = ui.Option{Value: o.name, Text: o.title}
		}
		f.Fields = append(f.Fields, ui.Field{Name: "outbreak", Label: i18n.M("public.selftest.where"), Kind: ui.FieldSelect, Options: options})
	}
	f.Fields = append(f.Fields,
		ui.Field{Name: "result", Label: i18n.M("public.selftest.result"), Kind: ui.FieldRadio, Required: true, Options: []ui.Option{
			{Value: string(screening.SelfPositive), Label: i18n.M("public.selftest.positive")},
			{Value: string(screening.SelfNegative), Label: i18n.M("public.selftest.negative")},
			{Value: string(screening.SelfInvalid), Label: i18n.M("public.selftest.invalid")},
		}},
		ui.Field{Name: "symptoms", Label: i18n.M("public.selftest.symptoms"), Kind: ui.FieldCheck, Checked: typed("symptoms") != ""},
		ui.Field{Name: "at", Label: i18n.M("public.selftest.at"), Kind: ui.FieldInstant, Hint: i18n.M("public.selftest.at_hint")},
		ui.Field{Name: "code", Label: i18n.M("public.result.code"), Kind: ui.FieldText, Hint: i18n.M("public.selftest.code_hint"), Autocomplete: "off", Section: i18n.M("public.selftest.yours")},
		ui.Field{Name: "name", Label: i18n.M("public.selftest.name"), Kind: ui.FieldText, Autocomplete: "name", Section: i18n.M("public.selftest.nocode")},
		ui.Field{Name: "document", Label: i18n.M("public.selftest.document"), Kind: ui.FieldText, Autocomplete: "off"},
		ui.Field{Name: "phone", Label: i18n.M("public.selftest.phone"), Kind: ui.FieldText, Hint: i18n.M("public.selftest.phone_hint"), Autocomplete: "tel"},
	)
	for i := range f.Fields {
		x := &f.Fields[i]
		if x.Kind != ui.FieldCheck {
			x.Value = typed(x.Name)
		}
		x.Error = wrong[x.Name]
	}
	return f
}

// reportForm is GET /public/{lang}/self-test.
func (p *Site) reportForm(r *http.Request, lang i18n.Lang, s *snapshot) (*ui.Page, any, error) {
	if len(s.outbreaks) == 0 {
		return nil, nil, errUnread
	}
	return p.selfTest, SelfTestView{Form: SelfTestForm(lang, s.outbreaks, func(string) string { return "" }, nil)}, nil
}

// report is POST /public/{lang}/self-test.
func (p *Site) report(w http.ResponseWriter, r *http.Request) {
	form, done, ok := p.take(w, r, i18n.M("public.selftest.toomany"))
	if !ok {
		return
	}
	defer done()
	lang, typed := form.lang, form.typed
	s := p.latest(r.Context())
	if len(s.outbreaks) == 0 {
		p.busy(w, r, lang)
		return
	}
	in := command.ReportSelfTest{Outbreak: s.outbreaks[0].name, Code: typed("code"), Document: typed("document"), Name: typed("name"), Phone: typed("phone"), Result: typed("result"), At: typed("at"), Symptoms: typed("symptoms") != ""}
	for _, o := range s.outbreaks {
		if o.name == typed("outbreak") {
			in.Outbreak = o.name
		}
	}
	wrong := map[string]i18n.Msg{}
	if in.Code != "" {
		err := p.o.Lookup.Check(in.Code, form.from)
		if errors.Is(err, lookup.ErrTooMany) {
			w.Header().Set("Retry-After", "60")
			p.fail(w, r, lang, http.StatusTooManyRequests, i18n.M("public.failed.toomany"))
			return
		}
		if err != nil {
			wrong["code"] = i18n.M("public.failed.code")
		}
	} else if in.Document == "" || in.Name == "" {
		wrong["code"] = i18n.M("public.selftest.who_missing")
	}
	if _, err := screening.ParseSelfTest(in.Result); err != nil {
		wrong["result"] = i18n.M("public.selftest.result_missing")
	}
	var view SelfTestView
	if len(wrong) == 0 {
		p.reported.Note(form.from, p.o.DB.Now())
		told, err := p.o.Commands.ReportSelfTest(r.Context(), command.Owner("public"), in)
		var bad *command.Invalid
		switch {
		case err == nil:
			view.Advice = string(told.Advice)
		case errors.As(err, &bad):
			// What the order says of a field is for staff; whoever is here is told which field it is.
			field := bad.Field
			if field != "at" && field != "document" && field != "name" && field != "phone" {
				field = "code"
			}
			wrong[field] = i18n.M("public.selftest.field_wrong")
		default:
			p.o.Log.Error("self-test not reported", "error", err)
			p.busy(w, r, lang)
			return
		}
	}
	status := http.StatusOK
	if view.Advice == "" {
		status = http.StatusUnprocessableEntity
		view.Form = SelfTestForm(lang, s.outbreaks, typed, wrong)
	}
	p.answer(w, r, status, p.selfTest, p.frame(lang, "/self-test", s), view)
}
