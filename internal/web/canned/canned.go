// Package canned holds made-up views of every page, for golden tests and the storybook. No person in
// it exists. Only tests and web/storybook may import it.
package canned

import (
	"time"

	"firebreak/internal/i18n"
	"firebreak/internal/web/ui"
)

// Zone is the outbreak's zone. Fixed, so that tests need no time-zone files.
func Zone() *time.Location { return time.FixedZone("CST", 8*3600) }

// Now is the instant at which all views are rendered.
func Now() time.Time { return time.Date(2022, 3, 12, 21, 40, 0, 0, Zone()) }

// Frame is the surrounding of a page for a duty officer at current, one of ui.Screens.
func Frame(lang i18n.Lang, theme ui.Theme, current, path string) ui.Frame {
	f := ui.Frame{
		Lang: lang, Zone: Zone(), Now: Now(), Theme: theme,
		User:     &ui.User{Name: "Zhao L.", Role: "duty_officer", Area: "Qingdao", Href: "/me", Out: "/logout"},
		Outbreak: &ui.Outbreak{Name: "Laixi 2022 · Omicron", Pack: "covid19/2021-v8@3", Href: "/outbreak"},
		Path:     path, Token: "token", Search: "/search", Preferences: "/preferences",
	}
	for _, s := range []string{"now", "cases", "contacts", "chains", "tasks", "followup", "imports"} {
		item := ui.NavItem{Key: s, Href: "/" + s, Current: s == current}
		if s == "tasks" {
			item.Late = 14
		}
		f.Nav = append(f.Nav, item)
	}
	return f
}

// Anonymous is the surrounding before log-in.
func Anonymous(lang i18n.Lang, theme ui.Theme, path string) ui.Frame {
	return ui.Frame{Lang: lang, Zone: Zone(), Now: Now(), Theme: theme, Path: path, Preferences: "/preferences"}
}

func ptr[T any](v T) *T { return &v }

func at(day, hour, minute int) time.Time { return time.Date(2022, 3, day, hour, minute, 0, 0, Zone()) }

// days lists n ISO days up to and including the day of Now.
func days(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = Now().AddDate(0, 0, i-n+1).Format(time.DateOnly)
	}
	return out
}
