package now_test

import (
	"testing"

	"firebreak/internal/web/canned"
	"firebreak/internal/web/now"
	"firebreak/internal/web/ui"
	"firebreak/internal/web/uitest"
)

var update = uitest.Update()

func TestGolden(t *testing.T) {
	t.Parallel()
	page, err := now.New(uitest.Kit(t))
	if err != nil {
		t.Fatal(err)
	}
	en := canned.Frame("en", ui.ThemeDevice, "now", "/now")
	en.Live, en.Wide = "/live", true
	zh := en
	zh.Lang = "zh"
	uitest.Golden(t, *update, "en", page, "layout", en, canned.NowView())
	uitest.Golden(t, *update, "zh", page, "layout", zh, canned.NowView())
	uitest.Golden(t, *update, "empty", page, "main", en, canned.NowEmpty())
	uitest.Golden(t, *update, "late", page, "late", en, now.View{Path: "/now", LateHref: "/tasks?late=1"})
}
