package public

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/checks"
	"firebreak/internal/command"
	"firebreak/internal/contact"
	"firebreak/internal/i18n"
	"firebreak/internal/lookup"
	"firebreak/internal/store"
	"firebreak/internal/web/record"
	"firebreak/internal/web/ui"
)

// CheckPath is where somebody in quarantine says how they are; with ?code= after it, it is in the QR of their notice. It leads to the page in the language that the browser prefers.
const CheckPath = Root + "check"

// NewCheck parses the page on which somebody says how they are.
func NewCheck(k *ui.Kit) (*ui.Page, error) {
	return k.Page("public-check", files, "layout.html", "check.html")
}

// CheckView is the check of whoever has a link. It names nobody, and tells nothing but when the next one is due and what they said last.
type CheckView struct {
	Ask      ui.Form
	Failed   i18n.Msg // why there is no answer
	Over     bool     // the link does not hold any more
	Code     string   // of the link; empty where none was read
	Due      time.Time
	From     time.Time // when the next one can be made, where none is due now; zero otherwise
	Last     LastReport
	Symptoms []string // key: symptom.<word>
	Typed    string   // the temperature, where it was refused
	Wrong    i18n.Msg // what was refused
	Noted    string   // well or symptoms, where they have just answered
	Action   string
}

// LastReport is the newest check that somebody was seen at, or answered.
type LastReport struct {
	At    time.Time // zero: there was none
	Found string    // key: visit.<Found>
}

// CheckHref is the address of the page in a language.
func CheckHref(lang i18n.Lang) string { return Root + string(lang) + "/check" }

// CheckForm is the form for the code of a link. failed is what was wrong with the one before.
func CheckForm(lang i18n.Lang, failed i18n.Msg) ui.Form {
	return ui.Form{ID: "ask", Action: CheckHref(lang), Submit: i18n.M("public.check.open"), Fields: []ui.Field{
		{Name: "code", Label: i18n.M("public.check.code"), Kind: ui.FieldText, Hint: i18n.M("public.check.hint"), Error: failed, Required: true, Autocomplete: "off"},
	}}
}

// scannedCheck is GET /public/check: it leads to the page in the language that the browser prefers.
func (p *Site) scannedCheck(w http.ResponseWriter, r *http.Request) {
	code := r.URL.Query().Get("code")
	if code == "" {
		p.inLanguage(w, r, "/check")
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, CheckHref(p.lang(r, ""))+"/"+url.PathEscape(code), http.StatusFound)
}

// myCheck is GET /public/{lang}/check/{code}: what is due of whoever has the link.
func (p *Site) myCheck(w http.ResponseWriter, r *http.Request) {
	lang := p.lang(r, i18n.Lang(r.PathValue("lang")))
	if !p.enter(r) {
		p.busy(w, r, lang)
		return
	}
	defer p.leave()
	view := CheckView{Code: r.PathValue("code")}
	p.showCheck(w, r, lang, http.StatusOK, p.readCheck(r, &view), view)
}

// openCheck is POST /public/{lang}/check: the code was typed.
func (p *Site) openCheck(w http.ResponseWriter, r *http.Request) {
	lang := p.lang(r, i18n.Lang(r.PathValue("lang")))
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	if err := r.ParseForm(); err != nil {
		p.fail(w, r, lang, http.StatusBadRequest, i18n.M("public.failed.form"))
		return
	}
	if !p.enter(r) {
		p.busy(w, r, lang)
		return
	}
	defer p.leave()
	view := CheckView{Code: r.PostForm.Get("code")}
	p.showCheck(w, r, lang, http.StatusOK, p.readCheck(r, &view), view)
}

// answerCheck is POST /public/{lang}/check/answer: how they are.
func (p *Site) answerCheck(w http.ResponseWriter, r *http.Request) {
	in, done, ok := p.take(w, r, i18n.M("public.check.toomany"))
	if !ok {
		return
	}
	defer done()
	view, status := CheckView{Code: in.typed("code")}, http.StatusOK
	err := p.readCheck(r, &view)
	if err == nil {
		report := command.ReportCheck{Code: view.Code}
		switch answer := in.typed("result"); answer {
		case "well":
			view.Noted = answer
		case "symptoms":
			view.Noted = answer
			if report.Symptoms = r.PostForm["symptom"]; len(report.Symptoms) == 0 {
				report.Symptoms = []string{string(contact.Otherwise)}
			}
		default:
			view.Wrong = i18n.M("public.appeal.ground_missing")
		}
		var bad error
		if report.Temperature, bad = record.Temperature(in.typed("temperature")); bad != nil {
			view.Wrong = i18n.M("checks.bad_temperature")
		}
		if view.Wrong.Key == "" {
			p.reported.Note(in.from, p.o.DB.Now())
			_, err = p.o.Commands.ReportCheck(r.Context(), command.Owner("public"), report)
		}
		var refused *command.Invalid
		if errors.As(err, &refused) {
			err, view.Wrong = nil, i18n.M("public.selftest.field_wrong")
			if refused.Field == "temperature" {
				view.Wrong = i18n.M("checks.bad_temperature")
			}
		}
		switch {
		case view.Wrong.Key != "":
			view.Noted, view.Typed, status = "", in.typed("temperature"), http.StatusUnprocessableEntity
		case err == nil:
			if err = p.readCheck(r, &view); view.Last.Found == "symptoms" {
				view.Noted = "symptoms" // a fever is one, whatever was pressed
			}
		}
	}
	p.showCheck(w, r, in.lang, status, err, view)
}

// readCheck reads what is due of whoever has a link.
//
// Errors: those of lookup.Given, and wrapping checks.ErrOver.
func (p *Site) readCheck(r *http.Request, v *CheckView) error {
	over := false
	err := p.o.Lookup.Given(auth.ClientIP(r, p.o.Proxies), func() (given bool, err error) {
		err = p.o.DB.View(r.Context(), func(rd *store.Reader) error {
			vault, err := p.o.Commands.Identities().Vault(rd)
			if err != nil {
				return err
			}
			link, err := checks.Find(rd, vault, v.Code)
			switch {
			case errors.Is(err, checks.ErrNoCode):
				return nil
			case errors.Is(err, checks.ErrOver):
				given, over = true, true
				return nil
			case err != nil:
				return err
			}
			given = true
			return p.due(rd, link, v)
		})
		return given, err
	})
	if err == nil && over {
		err = checks.ErrOver
	}
	return err
}

func (p *Site) due(r *store.Reader, link checks.Link, v *CheckView) error {
	open, err := checks.Open(r, []contact.ID{link.Contact.ID})
	if err != nil {
		return err
	}
	v.Due, v.From = time.Time{}, time.Time{}
	if d, ok := open[link.Contact.ID]; ok {
		v.Due = d.Task.Due
		if d.Task.NotBefore.After(p.o.DB.Now()) {
			v.From = d.Task.NotBefore
		}
	}
	list, err := r.Checks(link.Contact.ID)
	for _, k := range list {
		if k.Seen {
			v.Last = LastReport{k.At, "well"}
			if k.Symptomatic() {
				v.Last.Found = "symptoms"
			}
		}
	}
	return err
}

// showCheck answers with the page. status is that of a link that was read.
func (p *Site) showCheck(w http.ResponseWriter, r *http.Request, lang i18n.Lang, status int, err error, v CheckView) {
	wrong := i18n.Msg{}
	path := "/check"
	switch {
	case errors.Is(err, lookup.ErrTooMany):
		w.Header().Set("Retry-After", "60")
		status, v = http.StatusTooManyRequests, CheckView{Failed: i18n.M("public.failed.toomany")}
	case errors.Is(err, lookup.ErrNoCode):
		wrong = i18n.M("public.check.none")
		status, v = http.StatusNotFound, CheckView{Failed: wrong}
	case errors.Is(err, checks.ErrOver):
		status, v = http.StatusGone, CheckView{Over: true}
	case err != nil:
		p.o.Log.Error("public site: check by link not read", "error", err)
		p.busy(w, r, lang)
		return
	default:
		path += "/" + url.PathEscape(v.Code) // only of one that was given, so that nothing foreign is in an address of ours
		v.Symptoms, v.Action = record.SymptomWords(), CheckHref(lang)+"/answer"
	}
	if v.Code == "" {
		v.Ask = CheckForm(lang, wrong)
	}
	f := p.frame(lang, path, p.latest(r.Context()))
	f.Now = p.o.DB.Now()
	p.answer(w, r, status, p.check, f, v)
}
