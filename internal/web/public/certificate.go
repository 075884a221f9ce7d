package public

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"firebreak/internal/auth"
	"firebreak/internal/certificate"
	"firebreak/internal/day"
	"firebreak/internal/i18n"
	"firebreak/internal/lookup"
	"firebreak/internal/store"
	"firebreak/internal/web/ui"
)

// CertificatePath is where a certificate of release is found true; with ?code= after it, it is in the QR of every certificate. It leads to the page in the language that the browser prefers.
const CertificatePath = Root + "certificate"

// NewCertificate parses the page on which a certificate is found true.
func NewCertificate(k *ui.Kit) (*ui.Page, error) {
	return k.Page("public-certificate", files, "layout.html", "certificate.html")
}

// CertificateView is whether a certificate of release is true, and the day of the release. Nothing else is told.
type CertificateView struct {
	Ask      ui.Form
	Failed   i18n.Msg // why there is no answer
	Released string   // the day, as 2022-03-18; empty where none is asked for, or it does not hold any more
	NoLonger bool
}

// CertificateForm is the form for the code of a certificate. failed is what was wrong with the one before.
func CertificateForm(lang i18n.Lang, failed i18n.Msg) ui.Form {
	return ui.Form{ID: "ask", Action: CertificateHref(lang), Submit: i18n.M("public.certificate.submit"), Fields: []ui.Field{
		{Name: "code", Label: i18n.M("public.certificate.code"), Kind: ui.FieldText, Hint: i18n.M("public.certificate.hint"), Error: failed, Required: true, Autocomplete: "off"},
	}}
}

// CertificateHref is the address of the page in a language.
func CertificateHref(lang i18n.Lang) string { return Root + string(lang) + "/certificate" }

// scanned is GET /public/certificate: it leads to the page in the language that the browser prefers.
func (p *Site) scanned(w http.ResponseWriter, r *http.Request) {
	code := r.URL.Query().Get("code")
	if code == "" {
		p.inLanguage(w, r, "/certificate")
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, CertificateHref(p.lang(r, ""))+"/"+url.PathEscape(code), http.StatusFound)
}

// checkCertificate is GET /public/{lang}/certificate/{code}, and POST /public/{lang}/certificate.
func (p *Site) checkCertificate(w http.ResponseWriter, r *http.Request) {
	lang := p.lang(r, i18n.Lang(r.PathValue("lang")))
	code, path := r.PathValue("code"), "/certificate"
	if r.Method == http.MethodPost {
		r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
		if err := r.ParseForm(); err != nil {
			p.fail(w, r, lang, http.StatusBadRequest, i18n.M("public.failed.form"))
			return
		}
		code = r.PostForm.Get("code")
	}
	if !p.enter(r) {
		p.busy(w, r, lang)
		return
	}
	defer p.leave()
	view, status := CertificateView{}, http.StatusOK
	wrong := i18n.Msg{}
	err := p.o.Lookup.Given(auth.ClientIP(r, p.o.Proxies), func() (given bool, err error) {
		err = p.o.DB.View(r.Context(), func(rd *store.Reader) error {
			v, err := p.o.Commands.Identities().Vault(rd)
			if err != nil {
				return err
			}
			at, zone, err := certificate.Find(rd, v, strings.TrimSpace(code))
			switch {
			case errors.Is(err, certificate.ErrNoCode):
				return nil
			case errors.Is(err, certificate.ErrNoLonger):
				given, view.NoLonger = true, true
				return nil
			case err == nil:
				given, view.Released = true, day.In(at, zone).String()
			}
			return err
		})
		return given, err
	})
	switch {
	case errors.Is(err, lookup.ErrTooMany):
		w.Header().Set("Retry-After", "60")
		status, view.Failed = http.StatusTooManyRequests, i18n.M("public.failed.toomany")
	case errors.Is(err, lookup.ErrNoCode):
		status, wrong = http.StatusNotFound, i18n.M("public.certificate.none")
		view.Failed = wrong
	case err != nil:
		p.o.Log.Error("public site: certificate not looked up", "error", err)
		p.busy(w, r, lang)
		return
	case r.Method != http.MethodPost:
		path += "/" + r.PathValue("code") // only of one that was given, so that nothing foreign is in an address of ours
	}
	view.Ask = CertificateForm(lang, wrong)
	f := p.frame(lang, path, p.now.Load())
	f.Now = p.o.DB.Now()
	out, err := render(p.certificate, f, view)
	if err != nil {
		p.broken(w, r, lang, err)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	write(w, r, status, out)
}
