package contacts_test

import (
	"testing"

	"firebreak/internal/web/canned"
	"firebreak/internal/web/contacts"
	"firebreak/internal/web/ui"
	"firebreak/internal/web/uitest"
)

var update = uitest.Update()

func TestGolden(t *testing.T) {
	t.Parallel()
	kit := uitest.Kit(t)
	page, err := contacts.New(kit)
	if err != nil {
		t.Fatal(err)
	}
	en := canned.Frame("en", ui.ThemeDevice, "contacts", "/contacts")
	zh := canned.Frame("zh", ui.ThemeDark, "contacts", "/contacts")
	uitest.Golden(t, *update, "en", page, "main", en, canned.Contacts())
	uitest.Golden(t, *update, "zh", page, "main", zh, canned.Contacts())
	uitest.Golden(t, *update, "empty", page, "main", en, contacts.View{})
}
