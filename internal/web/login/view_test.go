package login_test

import (
	"testing"

	"firebreak/internal/web/canned"
	"firebreak/internal/web/login"
	"firebreak/internal/web/ui"
	"firebreak/internal/web/uitest"
)

var update = uitest.Update()

func TestGolden(t *testing.T) {
	t.Parallel()
	kit := uitest.Kit(t)
	page, err := login.New(kit)
	if err != nil {
		t.Fatal(err)
	}
	en, zh := canned.Anonymous("en", ui.ThemeDevice, "/login"), canned.Anonymous("zh", ui.ThemeDark, "/login")
	uitest.Golden(t, *update, "en", page, "layout", en, canned.Login())
	uitest.Golden(t, *update, "zh", page, "layout", zh, canned.Login())
	uitest.Golden(t, *update, "first", page, "main", en, login.View{Form: login.Form("/login", "", "", false)})
}
