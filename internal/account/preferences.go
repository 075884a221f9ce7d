package account

import (
	"context"
	"strings"

	"firebreak/internal/auth"
	"firebreak/internal/store"
)

// SetPreferences keeps the caller's own language ("" follows the browser) and theme ("", "light", "dark"). Errors: *FieldError.
func (s *Service) SetPreferences(ctx context.Context, actor auth.Actor, lang, theme string) error {
	if err := checkLang(lang); err != nil {
		return err
	}
	if theme != "" && theme != "light" && theme != "dark" {
		return wrong("theme", "%.20q is not light or dark", theme)
	}
	return s.db.Update(ctx, func(tx *store.Tx) error { return tx.SetPreferences(actor.UserID, lang, theme) })
}

// checkLang accepts the form of a language's name; which ones there are is for package web to know.
func checkLang(lang string) error {
	notInName := func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '-') }
	if len(lang) > 16 || strings.ContainsFunc(lang, notInName) {
		return wrong("lang", "%.20q is not the name of a language", lang)
	}
	return nil
}
