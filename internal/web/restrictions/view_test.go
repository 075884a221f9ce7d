package restrictions_test

import (
	"testing"

	"firebreak/internal/i18n"
	"firebreak/internal/web/canned"
	"firebreak/internal/web/restrictions"
	"firebreak/internal/web/ui"
	"firebreak/internal/web/uitest"
)

var update = uitest.Update()

func TestGolden(t *testing.T) {
	t.Parallel()
	kit := uitest.Kit(t)
	list, err := restrictions.New(kit)
	if err != nil {
		t.Fatal(err)
	}
	one, err := restrictions.NewOne(kit)
	if err != nil {
		t.Fatal(err)
	}
	notice, err := restrictions.NewNotice(kit)
	if err != nil {
		t.Fatal(err)
	}
	en := canned.Frame("en", ui.ThemeDevice, "restrictions", "/restrictions")
	zh := canned.Frame("zh", ui.ThemeDark, "restrictions", "/restrictions")
	uitest.Golden(t, *update, "list-en", list, "main", en, canned.Restrictions())
	uitest.Golden(t, *update, "list-zh", list, "main", zh, canned.Restrictions())
	uitest.Golden(t, *update, "one-en", one, "main", en, canned.Restriction())
	uitest.Golden(t, *update, "one-zh", one, "main", zh, canned.Restriction())
	uitest.Golden(t, *update, "notice-en", notice, "main", en, canned.Notices())
	uitest.Golden(t, *update, "notice-zh", notice, "main", zh, canned.Notices())
	certificate, err := restrictions.NewCertificate(kit)
	if err != nil {
		t.Fatal(err)
	}
	uitest.Golden(t, *update, "certificate", certificate, "main", en, canned.Certificate())
	uitest.Golden(t, *update, "certificate-refused", certificate, "main", zh, restrictions.CertificateView{Back: "/restrictions/7", Refused: i18n.M("certificate.refused.stands")})
	over := canned.Restriction()
	over.Stands, over.Ended, over.EndedAt, over.Proposal, over.Agree, over.Withdraw = false, "over", over.Until, nil, nil, nil
	over.Certificate = "/restrictions/7/certificate"
	uitest.Golden(t, *update, "ended", one, "main", en, over)
}
