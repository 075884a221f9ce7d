package restrictions

import (
	"errors"
	"net/http"
	"time"

	"firebreak/internal/certificate"
	"firebreak/internal/i18n"
	"firebreak/internal/place"
	"firebreak/internal/restriction"
	"firebreak/internal/store"
	"firebreak/internal/web/happened"
	"firebreak/internal/web/record"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// certificatePath is where a certificate is found true; its code follows.
const certificatePath = "/public/certificate?code="

// NewCertificate parses the certificate of release.
func NewCertificate(k *ui.Kit) (*ui.Page, error) {
	return k.Page("restriction-certificate", files, "certificate.html")
}

// CertificateView is a certificate of release to print: one sheet, in every language.
type CertificateView struct {
	Back    string
	Refused i18n.Msg // why there is none; the rest is empty then
	Sheets  []Sheet
	Person  string // the code that they carry
	Code    string // of the certificate
	Size    int    // of the QR code
	Path    string
	Href    string // of the public page that finds it true
}

// Sheet is what a certificate says in one language.
type Sheet struct {
	Tag, Title, Lead, Name, Person, Check string
	Facts                                 []Said
}

// Said is one thing that a certificate says.
type Said struct {
	Label string
	Lines []string
}

// NewSheet says a certificate in one language. authority is who issues it.
func NewSheet(l *i18n.Localizer, c certificate.Certificate, authority place.Jurisdiction, printed time.Time) Sheet {
	name := func(j place.Jurisdiction) string {
		if l.Lang() != "zh" && j.NameEN != "" {
			return j.NameEN
		}
		return j.Name
	}
	s := Sheet{Tag: l.Tag(), Title: l.T("certificate.title"), Lead: l.T("certificate.lead"), Name: l.T("certificate.name"), Person: l.T("certificate.person"), Check: l.T("certificate.check")}
	say := func(label string, lines ...string) { s.Facts = append(s.Facts, Said{label, lines}) }
	say(l.T("certificate.span"), l.T("certificate.from_to", "from", l.DateTime(c.From), "to", l.DateTime(c.At)))
	var where []string
	for _, p := range c.Places {
		what := l.Enum("certificate.where", string(p.Where))
		if d := name(p.District); d != "" {
			what = l.T("certificate.where_in", "where", what, "district", d)
		}
		where = append(where, l.T("certificate.stayed", "where", what, "span", l.T("certificate.from_to", "from", l.DateTime(p.From), "to", l.DateTime(p.To))))
	}
	if len(where) == 0 {
		where = []string{l.T("certificate.nowhere")}
	}
	say(l.T("certificate.kept"), where...)
	say(l.T("certificate.ended"), l.Enum("certificate.how", string(c.As)))
	b := c.Because
	if c.ByTwo {
		say(l.T("certificate.rule"), l.T("certificate.by_two", "clause", b.Clause, "pack", b.Pack))
	} else {
		say(l.T("certificate.rule"), l.T("certificate.by_rule", "rule", b.Rule, "clause", b.Clause, "pack", b.Pack))
	}
	watch := l.T("certificate.watch_none")
	if !c.Watch.IsZero() {
		watch = l.T("certificate.watch_until", "day", l.Day(c.Watch.String()))
		if c.WatchClause != "" {
			watch = l.T("certificate.watch_clause", "watch", watch, "clause", c.WatchClause)
		}
	}
	say(l.T("certificate.watch"), watch)
	say(l.T("certificate.authority"), name(authority))
	say(l.T("certificate.printed"), l.DateTime(printed))
	return s
}

// Certificate is GET /o/{outbreak}/restrictions/{restriction}/certificate.
func (h *Handler) Certificate(q *site.Request) error {
	var v CertificateView
	err := q.View(func(r *store.Reader) error {
		x, err := h.read(q, r)
		if err != nil {
			return err
		}
		v.Back = record.RestrictionHref(q, x.ID)
		c, err := record.Certificate(q, r, &x)
		if v.Refused = refusal(err); err != nil {
			return err
		}
		who, err := r.RestrictedPerson(&x)
		if err != nil {
			return err
		}
		code, err := happened.PersonCodes(q, r)
		if err != nil {
			return err
		}
		authority, _ := q.Tree.Get(q.Outbreak.Area)
		v.Person, v.Code, v.Href = code(who), c.Code, h.base(q)+certificatePath+c.Code
		if v.Size, v.Path, err = record.QR(v.Href); err != nil {
			return err
		}
		for _, lang := range sheetOrder(h.s.Kit.Bundle().Languages(), q.Lang()) {
			v.Sheets = append(v.Sheets, NewSheet(h.s.Kit.Bundle().Localizer(lang, q.Zone), c, authority, q.Now))
		}
		return nil
	})
	switch {
	case v.Refused.Key != "":
		return q.ShowStatus(http.StatusConflict, h.certificate, "restrictions", v)
	case err != nil:
		return err
	}
	return q.Show(h.certificate, "restrictions", v)
}

// refusal says why somebody has no certificate; empty for any other error.
func refusal(err error) i18n.Msg {
	var refused *certificate.Refused
	if !errors.As(err, &refused) {
		return i18n.Msg{}
	}
	switch {
	case errors.Is(err, restriction.ErrStands):
		return i18n.M("certificate.refused.stands")
	case errors.Is(err, certificate.ErrBound):
		return i18n.M("certificate.refused.bound")
	case errors.Is(err, restriction.ErrNotApart):
		return i18n.M("certificate.refused.not_apart")
	case errors.Is(err, certificate.ErrNoKey):
		return i18n.M("certificate.refused.no_key")
	}
	return i18n.M("certificate.refused.no_exit")
}

// sheetOrder is every language, the reader's first.
func sheetOrder(all []i18n.Language, first i18n.Lang) []i18n.Lang {
	out := []i18n.Lang{first}
	for _, l := range all {
		if l.Lang != first {
			out = append(out, l.Lang)
		}
	}
	return out
}
