package me_test

import (
	"testing"

	"firebreak/internal/i18n"
	"firebreak/internal/web/canned"
	"firebreak/internal/web/me"
	"firebreak/internal/web/ui"
	"firebreak/internal/web/uitest"
)

var update = uitest.Update()

func TestGolden(t *testing.T) {
	t.Parallel()
	page, err := me.New(uitest.Kit(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range []i18n.Lang{"en", "zh"} {
		uitest.Golden(t, *update, string(lang), page, "main", canned.Frame(lang, ui.ThemeDevice, "", "/me"), canned.Me())
	}
	uitest.Golden(t, *update, "first", page, "main", canned.Frame("en", ui.ThemeDevice, "", "/me"), me.View{Login: "sun", Title: "Sampler", Area: "莱西市", First: true, Password: canned.Me().Password})
	uitest.Golden(t, *update, "elsewhere", page, "main", canned.Frame("en", ui.ThemeDevice, "", "/me"), me.View{Login: "sun", Title: "Sampler", Area: "莱西市", Issuer: "https://id.example.org"})
}
