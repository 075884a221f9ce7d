package record

import (
	"strconv"

	"firebreak/internal/auth"
	"firebreak/internal/i18n"
	"firebreak/internal/restriction"
	"firebreak/internal/store"
	"firebreak/internal/web/happened"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// soonEnds is how long before its end a restriction is due soon.
const soonEnds = 24 * 60 * 60 * 1e9

// RestrictionHref is the page of a restriction.
func RestrictionHref(q *site.Request, id restriction.ID) string {
	return q.Path("restrictions", strconv.FormatInt(int64(id), 10))
}

// Restrictions fills a table with restrictions: people go by the code that they carry, since why somebody's name is wanted is asked where it is shown.
func Restrictions(q *site.Request, r *store.Reader, l ui.Listing, list []restriction.Restriction) (ui.Table, error) {
	t := l.Table("restrictions", i18n.M("nav.restrictions"),
		ui.Column{Key: "person", Label: i18n.M("positive.person")}, ui.Column{Key: "kind", Label: i18n.M("restriction.kind")}, ui.Column{Key: "until", Label: i18n.M("restriction.until")},
		ui.Column{Key: "told", Label: i18n.M("restriction.told")}, ui.Column{Key: "review", Label: i18n.M("restriction.review")}, ui.Column{Key: "cause", Label: i18n.M("restriction.cause")}, ui.Column{Key: "area", Label: i18n.M("col.area")})
	t.Empty = ui.Empty{Title: i18n.M("restriction.none"), Hint: i18n.M("restriction.none_hint")}
	code, err := happened.PersonCodes(q, r)
	if err != nil {
		return t, err
	}
	for i := range list {
		x := &list[i]
		who, err := r.RestrictedPerson(x)
		if err != nil {
			return t, err
		}
		about, cause, err := happened.Subject(q, r, x.Cause.Subject())
		if err != nil {
			return t, err
		}
		until, status, review := ui.At(x.EndedAt), ui.Void, ui.Text("")
		told := i18n.M("restriction.told_yes")
		if x.Stands() {
			status = ui.StatusOf(x.Terms().Until, q.Now, soonEnds)
			until = ui.At(x.Terms().Until)
			if x.NeedsReview() {
				review = ui.Due(x.Terms().Review, ui.StatusOf(x.Terms().Review, q.Now, soonEnds))
			}
		}
		kind := ui.Enum("restriction.kind", string(x.Terms().InForce(q.Now)))
		if !x.Stands() {
			kind = ui.Words(i18n.M("restriction.was", "kind", i18n.M("restriction.kind."+string(x.Terms().Kind)), "why", i18n.M("restriction.ended."+string(x.Ended))))
		}
		if x.ToTell() > 0 {
			told = i18n.M("restriction.told_no")
		}
		text, _ := about.(string)
		if text == "" {
			text = string(x.Cause.Subject().Kind)
		}
		href := RestrictionHref(q, x.ID)
		t.Rows = append(t.Rows, ui.Row{ID: "r" + strconv.FormatInt(int64(x.ID), 10), Href: href, Label: code(who), Status: status, Cells: []ui.Cell{
			ui.Code(code(who), href), kind, until, ui.Words(told), review, ui.Link(text, cause), ui.Text(q.AreaName(x.Area))}})
	}
	return t, nil
}

// RestrictionsOf are the restrictions of a person as a table of their case's or contact's page; none where the reader may not see them.
func RestrictionsOf(q *site.Request, r *store.Reader, href string, list []restriction.Restriction) (ui.Table, error) {
	seen := list[:0]
	for _, x := range list {
		if q.Sees(auth.RestrictionRead, x.Area) {
			seen = append(seen, x)
		}
	}
	return Restrictions(q, r, ui.Listing{Path: href}, seen)
}
