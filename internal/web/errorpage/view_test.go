package errorpage_test

import (
	"testing"

	"firebreak/internal/web/canned"
	"firebreak/internal/web/errorpage"
	"firebreak/internal/web/ui"
	"firebreak/internal/web/uitest"
)

var update = uitest.Update()

func TestGolden(t *testing.T) {
	t.Parallel()
	kit := uitest.Kit(t)
	page, err := errorpage.New(kit)
	if err != nil {
		t.Fatal(err)
	}
	en := canned.Frame("en", ui.ThemeDevice, "errorpage", "/errorpage")
	zh := canned.Frame("zh", ui.ThemeDark, "errorpage", "/errorpage")
	uitest.Golden(t, *update, "404-en", page, "layout", en, canned.ErrorPage(404))
	uitest.Golden(t, *update, "500-zh", page, "main", zh, canned.ErrorPage(502))
	uitest.Golden(t, *update, "teapot-en", page, "main", en, canned.ErrorPage(418))
}
