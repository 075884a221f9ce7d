package users

import (
	"encoding/json"

	"firebreak/internal/auth"
	"firebreak/internal/i18n"
	"firebreak/internal/place"
	"firebreak/internal/web/site"
)

// change is what the journal keeps of a change to an account.
type change struct {
	Grant    string       `json:"grant"`
	Role     auth.Role    `json:"role"`
	Area     place.AreaID `json:"area"`
	Password string       `json:"password"`
	OneTime  bool         `json:"one_time"`
	Disabled *bool        `json:"disabled"`
	Title    string       `json:"title"`
	Before   place.AreaID `json:"area_before"`
	Sessions any          `json:"sessions"`
	Claims   []string     `json:"grants_from_claims"`
	Issuer   string       `json:"issuer"`
}

// Change says a change to an account in words, as far as the entry tells.
func Change(q *site.Request, payload []byte) i18n.Msg {
	var c change
	if len(payload) == 0 || json.Unmarshal(payload, &c) != nil {
		return i18n.M("event.detail", "text", "")
	}
	switch {
	case c.Grant != "":
		return i18n.M("user.change.grant_"+c.Grant, "role", c.Role.Title(auth.Lang(q.Lang())), "area", q.AreaName(c.Area))
	case c.Password != "" && c.OneTime:
		return i18n.M("user.change.one_time")
	case c.Password != "":
		return i18n.M("user.change.password")
	case c.Disabled != nil && *c.Disabled:
		return i18n.M("user.change.disabled")
	case c.Disabled != nil:
		return i18n.M("user.change.enabled")
	case c.Sessions == "ended":
		return i18n.M("user.change.sessions")
	case c.Sessions != nil:
		return i18n.M("event.detail", "text", "")
	case c.Claims != nil:
		return i18n.M("user.change.claims")
	case c.Before != 0:
		return i18n.M("user.change.area", "area", q.AreaName(c.Area))
	case c.Title != "":
		return i18n.M("user.change.title")
	case c.Area != 0:
		return i18n.M("user.change.added", "area", q.AreaName(c.Area))
	}
	return i18n.M("event.detail", "text", "")
}
