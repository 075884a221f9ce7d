package restrictions

import (
	"net/url"
	"strings"

	"firebreak/internal/i18n"
	"firebreak/internal/restriction"
	"firebreak/internal/store"
	"firebreak/internal/web/happened"
	"firebreak/internal/web/record"
	"firebreak/internal/web/site"
)

// publicPath is where somebody sees their own; it is on every notice.
const publicPath = "/public/restriction"

// Notice is GET /o/{outbreak}/restrictions/{restriction}/notice.
func (h *Handler) Notice(q *site.Request) error {
	v := NoticesView{}
	err := q.View(func(r *store.Reader) error {
		x, err := h.read(q, r)
		if err != nil {
			return err
		}
		v.Back = record.RestrictionHref(q, x.ID)
		n, err := h.notices(q, r, []restriction.Restriction{x})
		v.Notices = n
		return err
	})
	if err != nil {
		return err
	}
	return q.Show(h.notice, "restrictions", v)
}

// Notices is GET /o/{outbreak}/restrictions/notices: those of a page of the list, each on a sheet of its own. With ?facility they are those of whoever stays there.
func (h *Handler) Notices(q *site.Request) error {
	f, err := filter(q)
	if err != nil {
		return err
	}
	v := NoticesView{Back: q.Path("restrictions")}
	err = q.View(func(r *store.Reader) error {
		page, err := r.RestrictionList(q.Outbreak.ID, f)
		if err != nil {
			return err
		}
		v.Notices, err = h.notices(q, r, page.List)
		return err
	})
	if err != nil {
		return err
	}
	return q.Show(h.notice, "restrictions", v)
}

func (h *Handler) notices(q *site.Request, r *store.Reader, list []restriction.Restriction) ([]Notice, error) {
	code, err := happened.PersonCodes(q, r)
	if err != nil {
		return nil, err
	}
	href := h.base(q) + publicPath
	size, path, err := record.QR(href)
	if err != nil {
		return nil, err
	}
	out := make([]Notice, 0, len(list))
	for i := range list {
		x := &list[i]
		who, err := r.RestrictedPerson(x)
		if err != nil {
			return nil, err
		}
		law, _, err := lawOf(q, r, x)
		if err != nil {
			return nil, err
		}
		t := x.Terms()
		n := Notice{Code: code(who), Kind: string(t.InForce(q.Now)), Authority: q.AreaName(q.Outbreak.Area), Until: t.Until, Moving: t.Moving, Cause: i18n.M("notice.cause." + string(x.Cause.Subject().Kind)), Law: law,
			Offered: x.Offer.Offered, OfferKind: string(x.Offer.Kind), WhyNot: string(x.Offer.Why), Answer: q.Pack.Clocks.AnswerAppeal.Duration(), Size: size, Path: path, Href: href, Version: x.Now().N, Pack: x.Now().Because.Pack}
		if n.Kind == string(restriction.Transfer) {
			n.Kind = string(t.Kind) // where they are brought; that they are fetched is said besides
		}
		if t.Then != "" && q.Now.Before(t.ThenAt) {
			n.Then, n.ThenAt = string(t.Then), t.ThenAt
		}
		if x.NeedsReview() {
			n.Review = t.Review
		}
		if n.CheckHref, err = record.CheckLink(q, r, x); err != nil {
			return nil, err
		}
		if n.CheckHref != "" {
			_, n.CheckCode, _ = strings.Cut(n.CheckHref, "=")
			n.CheckHref = h.base(q) + n.CheckHref
			if n.CheckSize, n.CheckPath, err = record.QR(n.CheckHref); err != nil {
				return nil, err
			}
		}
		for _, k := range q.Pack.Restrictions.Owed.Value {
			n.Owed = append(n.Owed, string(k))
		}
		out = append(out, n)
	}
	return out, nil
}

// base is the address that phones reach the server at.
func (h *Handler) base(q *site.Request) string {
	if base := strings.TrimSuffix(h.s.PublicURL, "/"); base != "" {
		return base
	}
	u := url.URL{Scheme: "http", Host: q.Host}
	if h.s.Access.TLS() {
		u.Scheme = "https"
	}
	return u.String()
}
