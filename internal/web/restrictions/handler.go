package restrictions

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/i18n"
	"firebreak/internal/protocol"
	"firebreak/internal/restriction"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/web/happened"
	"firebreak/internal/web/record"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// Handler answers for restrictions.
type Handler struct {
	s                              *site.Site
	list, one, notice, certificate *ui.Page
}

// NewHandler parses the pages.
func NewHandler(s *site.Site) (*Handler, error) {
	h := &Handler{s: s}
	var errs [4]error
	h.list, errs[0] = New(s.Kit)
	h.one, errs[1] = NewOne(s.Kit)
	h.notice, errs[2] = NewNotice(s.Kit)
	h.certificate, errs[3] = NewCertificate(s.Kit)
	return h, errors.Join(errs[:]...)
}

// pageRows is how many a page has; as many notices are printed at once.
const pageRows = 50

// soon is how far ahead the list of those that end soon, or are to be looked at, reaches; figures is how far back appeals are counted.
const (
	soon    = 24 * time.Hour
	figures = 30 * 24 * time.Hour
)

// shows are the lists beside all that stand.
func shows() []string {
	return []string{"untold", "ending", "review", "appealed", "proposed", "ended"}
}

func filter(q *site.Request) (store.RestrictionFilter, error) {
	v := q.URL.Query()
	f := store.RestrictionFilter{Within: q.Within(), Now: q.Now, EndsBy: q.Now.Add(soon), Limit: pageRows, After: v.Get("after")}
	if k := v.Get("kind"); k != "" {
		kind, err := restriction.ParseKind(k)
		if err != nil {
			return f, &command.Invalid{Field: "kind", Value: k, Reason: restriction.ErrKind.Error()}
		}
		f.Kind = kind
	}
	if n := v.Get("facility"); n != "" {
		id, err := strconv.ParseInt(n, 10, 64)
		if err != nil || id < 1 {
			return f, &command.Invalid{Field: "facility", Value: n, Reason: "is not the number of a facility"}
		}
		f.Facility = id
	}
	switch s := v.Get("show"); s {
	case "":
	case "untold":
		f.Untold = true
	case "ending":
		f.Ending = true
	case "review":
		f.ReviewDue = true
	case "appealed":
		f.Appealed = true
	case "proposed":
		f.Proposed = true
	case "ended":
		f.Ended = true
	default:
		return f, &command.Invalid{Field: "show", Value: s, Reason: "is none of the lists"}
	}
	return f, nil
}

// List is GET /o/{outbreak}/restrictions.
func (h *Handler) List(q *site.Request) error {
	f, err := filter(q)
	if err != nil {
		return err
	}
	var v ListView
	path, values := q.Path("restrictions"), q.URL.Query()
	err = q.View(func(r *store.Reader) error {
		page, err := r.RestrictionList(q.Outbreak.ID, f)
		if err != nil {
			return err
		}
		kinds := make([]string, 0, 6)
		for _, k := range restriction.Kinds() {
			kinds = append(kinds, string(k))
		}
		l := ui.Listing{Path: path, Values: values, Next: page.Next, Filters: []ui.Field{
			{Name: "kind", Label: i18n.M("restriction.kind"), Kind: ui.FieldSelect, Value: values.Get("kind"), Options: ui.Choices("restriction.kind", kinds...)},
			{Name: "show", Label: i18n.M("restriction.show"), Kind: ui.FieldSelect, Value: values.Get("show"), Options: ui.Choices("restriction.show", shows()...)},
		}}
		if v.Table, err = record.Restrictions(q, r, l, page.List); err != nil {
			return err
		}
		if len(page.List) > 0 {
			v.Notices = path + "/notices?" + values.Encode()
		}
		c, err := r.CountRestrictions(q.Outbreak.ID, f)
		if err != nil {
			return err
		}
		for _, x := range []struct {
			show string
			n    int
		}{{"standing", c.Standing}, {"untold", c.Untold}, {"ending", c.Ending}, {"review", c.ReviewDue}, {"appealed", c.Appealed}, {"proposed", c.Proposed}} {
			href := path
			if x.show != "standing" {
				href += "?show=" + x.show
			}
			v.Counts = append(v.Counts, Count{Label: i18n.M("restriction.show." + x.show), N: int64(x.n), Href: href})
		}
		v.Appeals, err = appealFigures(q, r, f.Within)
		return err
	})
	if err != nil {
		return err
	}
	return q.Show(h.list, "restrictions", v)
}

func appealFigures(q *site.Request, r *store.Reader, w store.Within) (Appeals, error) {
	f, err := r.AppealFigures(q.Outbreak.ID, w, q.Now.Add(-figures), q.Now, q.Pack.Clocks.AnswerAppeal.Duration())
	out := Appeals{Filed: int64(f.Filed), Open: int64(f.Open), Late: int64(f.Late), Upheld: int64(f.Upheld), Lifted: int64(f.Lifted), Lapsed: int64(f.Lapsed), Median: f.Median}
	if q.Sees(auth.AppealAnswer, q.Area.ID) && q.Sees(auth.SampleRead, q.Area.ID) {
		out.Href = q.Path("positives")
	}
	return out, err
}

// read returns the restriction that an address names, if the reader may see it.
func (h *Handler) read(q *site.Request, r *store.Reader) (restriction.Restriction, error) {
	id, err := q.Number("restriction")
	if err != nil {
		return restriction.Restriction{}, err
	}
	x, err := r.Restriction(restriction.ID(id))
	if err == nil && (x.Outbreak != q.Outbreak.ID || !q.Sees(auth.RestrictionRead, x.Area)) {
		err = fmt.Errorf("restriction %d: %w", id, store.ErrNotFound)
	}
	return x, err
}

// Show is GET /o/{outbreak}/restrictions/{restriction}.
func (h *Handler) Show(q *site.Request) error {
	var v OneView
	err := q.View(func(r *store.Reader) error {
		x, err := h.read(q, r)
		if err != nil {
			return err
		}
		v, err = h.view(q, r, &x)
		return err
	})
	if err != nil {
		return err
	}
	return q.Show(h.one, "restrictions", v)
}

func (h *Handler) view(q *site.Request, r *store.Reader, x *restriction.Restriction) (v OneView, err error) {
	t := x.Terms()
	v = OneView{Kind: string(t.InForce(q.Now)), Stands: x.Stands(), Ended: string(x.Ended), EndedAt: x.EndedAt, Until: t.Until, Area: q.AreaName(x.Area), ToldAt: x.ToldAt, ToldBy: x.ToldBy, ToldHow: string(x.ToldHow), ToTell: x.ToTell() > 0,
		Reviewed: x.ReviewedAt, ReviewBy: x.ReviewedBy, OfferKind: string(x.Offer.Kind), Offered: x.Offer.Offered, WhyNot: string(x.Offer.Why), Notice: record.RestrictionHref(q, x.ID) + "/notice"}
	if t.Then != "" && q.Now.Before(t.ThenAt) && x.Stands() {
		v.Then, v.ThenAt = string(t.Then), t.ThenAt
	}
	if x.NeedsReview() {
		v.Review = t.Review
	}
	who, err := r.RestrictedPerson(x)
	if err != nil {
		return v, err
	}
	code, err := happened.PersonCodes(q, r)
	if err != nil {
		return v, err
	}
	v.Code = code(who)
	about, href, err := happened.Subject(q, r, x.Cause.Subject())
	if err != nil {
		return v, err
	}
	v.CauseHref = href
	if v.Cause, _ = about.(string); v.Cause == "" {
		v.Cause = q.Words().Enum("restriction.cause", string(x.Cause.Subject().Kind))
	}
	if v.Basis, v.BasisOwn, err = lawOf(q, r, x); err != nil {
		return v, err
	}
	for _, y := range x.Versions {
		z := Version{N: y.N, At: y.At, Change: string(y.Change), Kind: string(y.Kind), Moving: y.Moving, Until: y.Until, Rule: y.Because.Rule, Clause: y.Because.Clause, Pack: y.Because.Pack, By: y.By, Second: y.Second, Ground: string(y.Ground), Words: y.Words, ByHand: y.ByHand()}
		if href != "" && x.Cause.Case() != 0 {
			z.Fact = href + "?tab=history"
		} else if href != "" {
			z.Fact = href + "#history"
		}
		if y.Change == restriction.Over && y.N == len(x.Versions) {
			z.EndedAs = string(x.Ended)
		}
		v.Versions = append(v.Versions, z)
	}
	link, err := record.CheckLink(q, r, x)
	if err != nil {
		return v, err
	}
	_, v.CheckLink, _ = strings.Cut(link, "=")
	if v.Certificate, err = record.CertificateHref(q, r, x); err != nil {
		return v, err
	}
	h.needs(q, x, &v)
	h.forms(q, x, &v)
	return v, nil
}

// lawOf is the law that a restriction stands on: what the outbreak names, or the text of the pack that its newest version was made under.
func lawOf(q *site.Request, r *store.Reader, x *restriction.Restriction) (protocol.Text, bool, error) {
	own, err := r.LegalBases(q.Outbreak.ID)
	if err != nil {
		return protocol.Text{}, false, err
	}
	kind := x.Terms().Kind
	if t, ok := own[kind]; ok {
		return t, true, nil
	}
	p, err := protocol.Load(x.Now().Because.Pack)
	if err != nil {
		return protocol.Text{}, false, err
	}
	return p.Restrictions.Basis.Of(kind).Value, false, nil
}

func (h *Handler) needs(q *site.Request, x *restriction.Restriction, v *OneView) {
	href := record.RestrictionHref(q, x.ID)
	v.Needs = ui.Listing{Path: href}.Table("needs", i18n.M("restriction.needs"), ui.Column{Key: "need", Label: i18n.M("restriction.need")}, ui.Column{Key: "asked", Label: i18n.M("restriction.need_asked")}, ui.Column{Key: "met", Label: i18n.M("restriction.need_met")})
	v.Needs.Empty = ui.Empty{Title: i18n.M("restriction.needs_none"), Hint: i18n.M("restriction.needs_hint")}
	for _, n := range x.Needs {
		id := strconv.FormatInt(int64(n.ID), 10)
		met, status := ui.At(n.MetAt), ui.Done
		if n.Open() {
			due := n.AskedAt.Add(q.Pack.Clocks.MeetNeed.Duration())
			status = ui.StatusOf(due, q.Now, time.Hour)
			met = ui.Due(due, status)
			if q.Sees(auth.RestrictionTell, x.Area) {
				v.Meet = append(v.Meet, ui.Form{ID: "need-" + id, Action: href + "/needs/" + id, Submit: i18n.M("restriction.need_done", "need", q.Words().Enum("restriction.need", string(n.Kind)))})
			}
		}
		v.Needs.Rows = append(v.Needs.Rows, ui.Row{ID: "need-row-" + id, Label: id, Status: status, Cells: []ui.Cell{ui.Enum("restriction.need", string(n.Kind)), ui.At(n.AskedAt), met}})
	}
}

func words[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, w := range list {
		out[i] = string(w)
	}
	return out
}

func (h *Handler) forms(q *site.Request, x *restriction.Restriction, v *OneView) {
	href, row := record.RestrictionHref(q, x.ID), strconv.FormatInt(x.Row, 10)
	if x.ToTell() > 0 && q.Sees(auth.RestrictionTell, x.Area) {
		v.Tell = &ui.Form{ID: "tell-form", Action: href + "/told", Version: row, Submit: i18n.M("restriction.tell"), Fields: []ui.Field{
			{Name: "how", Label: i18n.M("restriction.how"), Kind: ui.FieldSelect, Value: string(restriction.InPerson), Options: ui.Choices("restriction.how", words(restriction.Hows())...), Required: true}}}
		if x.Offer.Kind != "" {
			v.Tell.Fields = append(v.Tell.Fields, ui.Field{Name: "offer", Label: i18n.M("restriction.offer"), Kind: ui.FieldSelect, Value: "", Hint: i18n.M("restriction.offer_hint"),
				Options: append([]ui.Option{{Label: i18n.M("restriction.offer_unsaid")}, {Value: "yes", Label: i18n.M("restriction.offered")}}, ui.Choices("restriction.why_not", words(restriction.WhyNots())...)[1:]...)})
		}
	}
	if x.ID < 0 {
		return // a hold goes by its own rules
	}
	if x.NeedsReview() && q.Sees(auth.RestrictionReview, x.Area) {
		v.ReviewForm = &ui.Form{ID: "review-form", Action: href + "/review", Version: row, Submit: i18n.M("restriction.review_do"), Fields: []ui.Field{{Name: "finding", Label: i18n.M("restriction.finding"), Kind: ui.FieldArea, Required: true}}}
	}
	if p := x.Proposal; p.Waits() {
		v.Proposal = &Proposal{Change: string(p.Change), Kind: string(p.Kind), Ground: string(p.Ground), Until: p.Until, At: p.At, By: p.By, Words: p.Words}
		if q.Sees(auth.RestrictionChange, x.Area) {
			if p.By != q.By().Name() {
				v.Agree = &ui.Form{ID: "agree-form", Action: href + "/agree", Version: row, Submit: i18n.M("restriction.agree")}
			}
			v.Withdraw = &ui.Form{ID: "withdraw-form", Action: href + "/withdraw", Version: row, Submit: i18n.M("restriction.withdraw"), Danger: true}
		}
	} else if x.Stands() && q.Sees(auth.RestrictionChange, x.Area) {
		change := ui.Field{Name: "change", Label: i18n.M("restriction.change"), Kind: ui.FieldRadio, Required: true, Options: ui.Choices("restriction.propose", "shorter", "longer", "ended")}
		for _, k := range x.Terms().Kind.Options() {
			change.Options = append(change.Options, ui.Option{Value: "milder " + string(k), Label: i18n.M("restriction.propose.milder", "kind", q.Words().Enum("restriction.kind", string(k)))})
		}
		grounds := append(words(restriction.Grounds(restriction.Milder)), words(restriction.Grounds(restriction.Longer))...)
		v.Propose = &ui.Form{ID: "propose-form", Action: href + "/propose", Version: row, Submit: i18n.M("restriction.propose"), Fields: []ui.Field{change,
			{Name: "until", Label: i18n.M("restriction.until"), Kind: ui.FieldInstant, Hint: i18n.M("restriction.until_hint", "n", int64(q.Pack.Restrictions.ByHandLongest.Value))},
			{Name: "ground", Label: i18n.M("restriction.ground"), Kind: ui.FieldSelect, Required: true, Options: ui.Choices("restriction.ground", grounds...), Hint: i18n.M("restriction.ground_hint")},
			{Name: "words", Label: i18n.M("positive.appeal_reason"), Kind: ui.FieldArea, Required: true}}}
	}
	if !x.Stands() {
		return
	}
	if q.Sees(auth.NeedWrite, x.Area) {
		v.Need = &ui.Form{ID: "need-form", Action: href + "/needs", Submit: i18n.M("restriction.need_add"), Fields: []ui.Field{{Name: "need", Label: i18n.M("restriction.need"), Kind: ui.FieldSelect, Required: true, Options: ui.Choices("restriction.need", words(restriction.NeedKinds())...)}}}
	}
	if q.Sees(auth.AppealWrite, x.Area) {
		ground := ui.Field{Name: "ground", Label: i18n.M("public.appeal.ground"), Kind: ui.FieldSelect, Required: true, Options: ui.Choices("appeal.ground", words(screening.AppealGrounds())...)}
		v.Appeal = &ui.Form{ID: "appeal-form", Action: href + "/appeal", Submit: i18n.M("positive.appeal_file"), Fields: []ui.Field{ground, {Name: "words", Label: i18n.M("public.appeal.words"), Kind: ui.FieldArea, Hint: i18n.M("public.appeal.words_hint")}}}
	}
}

// of reads which restriction an order is about, and what the form says.
func of(q *site.Request) (command.OfRestriction, url.Values, error) {
	out := command.OfRestriction{Outbreak: q.Outbreak.Name}
	form, err := q.Form()
	if err != nil {
		return out, nil, err
	}
	id, err := q.Number("restriction")
	if err != nil {
		return out, nil, err
	}
	out.Restriction = restriction.ID(id)
	if s := form.Get("version"); s != "" {
		if out.Row, err = strconv.ParseInt(s, 10, 64); err != nil {
			return out, nil, &command.Invalid{Field: "version", Value: s, Reason: "is not the version that the page showed"}
		}
	}
	return out, form, nil
}

// order makes a handler of an order about one restriction.
func order(give func(*site.Request, command.OfRestriction, url.Values) error) func(*site.Request) error {
	return func(q *site.Request) error {
		in, form, err := of(q)
		if err != nil {
			return err
		}
		if err := give(q, in, form); err != nil {
			return err
		}
		return q.Done(record.RestrictionHref(q, in.Restriction), "saved", 1)
	}
}

// Told is POST /o/{outbreak}/restrictions/{restriction}/told.
func (h *Handler) Told(q *site.Request) error {
	return order(func(q *site.Request, in command.OfRestriction, form url.Values) error {
		t := command.TellRestriction{OfRestriction: in, How: form.Get("how")}
		switch offer := form.Get("offer"); offer {
		case "":
		case "yes":
			t.Offered = offer
		default:
			t.Offered, t.WhyNot = "no", offer
		}
		_, err := h.s.Commands.TellRestriction(q.Context(), q.By(), t)
		return err
	})(q)
}

// Review is POST /o/{outbreak}/restrictions/{restriction}/review.
func (h *Handler) Review(q *site.Request) error {
	return order(func(q *site.Request, in command.OfRestriction, form url.Values) error {
		_, err := h.s.Commands.ReviewRestriction(q.Context(), q.By(), command.ReviewRestriction{OfRestriction: in, Finding: form.Get("finding")})
		return err
	})(q)
}

// Propose is POST /o/{outbreak}/restrictions/{restriction}/propose.
func (h *Handler) Propose(q *site.Request) error {
	return order(func(q *site.Request, in command.OfRestriction, form url.Values) error {
		p := command.ProposeRestriction{OfRestriction: in, Change: form.Get("change"), Until: form.Get("until"), Ground: form.Get("ground"), Words: form.Get("words")}
		if kind, ok := cutMilder(p.Change); ok {
			p.Change, p.Kind = string(restriction.Milder), kind
		}
		_, err := h.s.Commands.ProposeRestriction(q.Context(), q.By(), p)
		return err
	})(q)
}

func cutMilder(s string) (string, bool) {
	const prefix = "milder "
	if len(s) > len(prefix) && s[:len(prefix)] == prefix {
		return s[len(prefix):], true
	}
	return "", false
}

// Agree is POST /o/{outbreak}/restrictions/{restriction}/agree, Withdraw the same with /withdraw.
func (h *Handler) Agree(q *site.Request) error { return h.second(q, false) }

// Withdraw takes a proposal back.
func (h *Handler) Withdraw(q *site.Request) error { return h.second(q, true) }

func (h *Handler) second(q *site.Request, withdraw bool) error {
	return order(func(q *site.Request, in command.OfRestriction, _ url.Values) error {
		_, err := h.s.Commands.AgreeRestriction(q.Context(), q.By(), command.AgreeRestriction{OfRestriction: in, Withdraw: withdraw})
		return err
	})(q)
}

// Need is POST /o/{outbreak}/restrictions/{restriction}/needs.
func (h *Handler) Need(q *site.Request) error {
	return order(func(q *site.Request, in command.OfRestriction, form url.Values) error {
		_, err := h.s.Commands.AskNeed(q.Context(), q.By(), command.AskNeed{Outbreak: in.Outbreak, Restriction: in.Restriction, Need: form.Get("need")})
		return err
	})(q)
}

// Met is POST /o/{outbreak}/restrictions/{restriction}/needs/{need}.
func (h *Handler) Met(q *site.Request) error {
	return order(func(q *site.Request, in command.OfRestriction, _ url.Values) error {
		id, err := q.Number("need")
		if err != nil {
			return err
		}
		_, err = h.s.Commands.MeetNeed(q.Context(), q.By(), command.MeetNeed{OfRestriction: in, Need: restriction.NeedID(id)})
		return err
	})(q)
}

// Appeal is POST /o/{outbreak}/restrictions/{restriction}/appeal: a clerk enters the appeal of its person.
func (h *Handler) Appeal(q *site.Request) error {
	return order(func(q *site.Request, in command.OfRestriction, form url.Values) error {
		a := command.AppealHold{Outbreak: in.Outbreak, Ground: form.Get("ground"), Words: form.Get("words")}
		if err := q.View(func(r *store.Reader) error {
			x, err := h.read(q, r)
			if err != nil {
				return err
			}
			a.Person, err = r.RestrictedPerson(&x)
			return err
		}); err != nil {
			return err
		}
		_, err := h.s.Commands.AppealHold(q.Context(), q.By(), a)
		return err
	})(q)
}
