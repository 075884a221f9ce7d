package users_test

import (
	"testing"

	"firebreak/internal/i18n"
	"firebreak/internal/web/canned"
	"firebreak/internal/web/ui"
	"firebreak/internal/web/uitest"
	"firebreak/internal/web/users"
)

var update = uitest.Update()

func TestGolden(t *testing.T) {
	t.Parallel()
	kit := uitest.Kit(t)
	page, err := users.New(kit)
	if err != nil {
		t.Fatal(err)
	}
	one, err := users.NewUser(kit)
	if err != nil {
		t.Fatal(err)
	}
	form, err := users.NewForm(kit)
	if err != nil {
		t.Fatal(err)
	}
	for lang, theme := range map[string]ui.Theme{"en": ui.ThemeDevice, "zh": ui.ThemeDark} {
		frame := canned.Frame(i18n.Lang(lang), theme, "users", "/admin/users")
		uitest.Golden(t, *update, lang, page, "main", frame, canned.Users(frame.Lang))
		uitest.Golden(t, *update, "user-"+lang, one, "main", frame, canned.User())
		uitest.Golden(t, *update, "new-"+lang, form, "main", frame, users.FormView{List: "/admin/users", Form: ui.Form{ID: "new", Action: "/admin/users", Submit: i18n.M("user.add"), Fields: []ui.Field{{Name: "login", Label: i18n.M("user.login"), Kind: ui.FieldText, Error: i18n.M("user.wrong.taken")}}}})
	}
	own := canned.User()
	own.Own, own.Grant, own.Secret, own.Roles, own.Tokens, own.Account, own.NewPassword = true, nil, nil, nil, nil, nil, ""
	uitest.Golden(t, *update, "own", one, "main", canned.Frame("en", ui.ThemeDevice, "users", "/admin/users"), own)
}
