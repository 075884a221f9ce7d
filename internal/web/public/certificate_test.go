package public

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"firebreak/internal/certificate"
	"firebreak/internal/command"
	"firebreak/internal/i18n"
	"firebreak/internal/restriction"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/web/uitest"
)

// Anybody who has the code of a certificate learns that it is valid and the day of the release, and nothing else. Wrong codes are limited, and one of somebody who is not released has no answer.
func TestCertificate(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		c := newTown(t, open)
		ctx, by := t.Context(), command.Owner("test")
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		ill, err := c.cmds.AddCase(ctx, by, command.AddCase{Outbreak: "town", Code: "ILL-1", Fields: map[string]string{"class": "confirmed", "onset": "2022-03-08", "area": "900101"}})
		must(err)
		code := func(version int) (out string) {
			t.Helper()
			must(c.db.View(ctx, func(r *store.Reader) error {
				list, err := r.RestrictionOfCause(restriction.OfCase(ill.ID))
				if err != nil || len(list) != 1 {
					t.Fatalf("restrictions: %+v, %v", list, err)
				}
				v, err := c.ids.Vault(r)
				if err == nil {
					out = v.CertificateCode(int64(list[0].ID), version)
				}
				return err
			}))
			return out
		}
		read := func() (out certificate.Certificate, err error) {
			t.Helper()
			must(c.db.View(ctx, func(r *store.Reader) error {
				list, failed := r.RestrictionOfCause(restriction.OfCase(ill.ID))
				if failed != nil {
					return failed
				}
				v, failed := c.ids.Vault(r)
				if failed != nil {
					return failed
				}
				out, err = certificate.Read(r, v, &list[0], shanghai, noon)
				return nil
			}))
			return out, err
		}
		shows := func(name, path string, status int, want ...string) {
			t.Helper()
			w := c.get(path)
			if w.Code != status || w.Header().Get("Cache-Control") != "no-store" {
				t.Fatalf("%s: %d, %q: %s", name, w.Code, w.Header().Get("Cache-Control"), w.Body)
			}
			for _, s := range want {
				if !strings.Contains(w.Body.String(), s) {
					t.Errorf("%s: %q is not on the page: %s", name, s, w.Body)
				}
			}
			for _, s := range []string{"ILL-1", "East", "solation", "uarantine"} {
				if strings.Contains(w.Body.String(), s) {
					t.Errorf("%s: %s is on the page", name, s)
				}
			}
		}
		const page = "/public/en/certificate/"
		var refused *certificate.Refused
		if got, err := read(); !errors.As(err, &refused) || !errors.Is(err, restriction.ErrStands) {
			t.Fatalf("a certificate of somebody who is not released: %+v, %v", got, err)
		}
		shows("not released yet", page+code(1), 200, "does not hold any more")
		ill.Case, err = c.cmds.CorrectCase(ctx, by, command.CorrectCase{Case: ill.ID, Version: ill.Version, Fields: map[string]string{"outcome": "recovered"}})
		must(err)
		got, err := read()
		if err != nil || got.Code != code(2) || got.As != restriction.EndedRecovered || got.Watch.String() != "2022-03-17" || got.WatchClause != "discharge.home_days" || len(got.Places) != 0 || got.Because.Clause == "" {
			t.Errorf("certificate: %+v, %v", got, err)
		}
		shows("released", page+code(2), 200, "The certificate is valid", "10 Mar 2022")
		shows("as typed", page+strings.ToLower(strings.ReplaceAll(code(2), "-", "")), 200, "The certificate is valid")
		shows("of an earlier version", page+code(1), 200, "does not hold any more")
		shows("made up", page+"K7Q2M-4XD9R-0A1B2-C3D4E", 404, "No certificate has this code")
		if w := c.post("/public/zh/certificate", "192.0.2.9", url.Values{"code": {code(2)}}); w.Code != 200 || !strings.Contains(w.Body.String(), "证明有效") {
			t.Errorf("by the form: %d: %s", w.Code, w.Body)
		}
		if w := c.get("/public/certificate?code=" + code(2)); w.Code != http.StatusFound || !strings.HasSuffix(w.Header().Get("Location"), "/certificate/"+code(2)) {
			t.Errorf("the address in the QR: %d to %q", w.Code, w.Header().Get("Location"))
		}
		ill.Case, err = c.cmds.CorrectCase(ctx, by, command.CorrectCase{Case: ill.ID, Version: ill.Version, Fields: map[string]string{"outcome": ""}, Reason: "mistaken"})
		must(err)
		shows("ill after all", page+code(2), 200, "does not hold any more")
		for range 100 {
			c.post("/public/en/certificate", "192.0.2.8", url.Values{"code": {"wrong"}})
		}
		if w := c.post("/public/en/certificate", "192.0.2.8", url.Values{"code": {code(2)}}); w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" {
			t.Errorf("a flood of codes: %d", w.Code)
		}
	})
}

func TestCertificateGolden(t *testing.T) {
	t.Parallel()
	page, err := NewCertificate(uitest.Kit(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range []i18n.Lang{"en", "zh"} {
		ask := CertificateForm(lang, i18n.Msg{})
		for n, v := range map[string]CertificateView{"ask": {Ask: ask}, "valid": {Ask: ask, Released: "2022-03-10"}, "no-longer": {Ask: ask, NoLonger: true}, "wrong": {Ask: CertificateForm(lang, i18n.M("public.certificate.none")), Failed: i18n.M("public.certificate.none")}} {
			uitest.Golden(t, *update, "certificate-"+n+"."+string(lang), page, layout, frame(lang, "/certificate"), v)
		}
	}
}
