package public

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/checks"
	"firebreak/internal/command"
	"firebreak/internal/i18n"
	"firebreak/internal/lookup"
	"firebreak/internal/person"
	"firebreak/internal/protocol"
	"firebreak/internal/restriction"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/web/ui"
)

// RestrictionPath is where somebody sees what is asked of them; it is on every notice. It leads to the page in the language that the browser prefers.
const RestrictionPath = Root + "restriction"

// NewRestriction parses the page on which somebody sees what is asked of them.
func NewRestriction(k *ui.Kit) (*ui.Page, error) {
	return k.Page("public-restriction", files, "layout.html", "restriction.html")
}

// RestrictionView is what somebody is asked, why, by whom and until when; what is owed to them; and how they disagree. It has no name in it.
type RestrictionView struct {
	Ask    ui.Form
	Failed i18n.Msg // why there is no answer
	Told   bool     // a code was read
	Noted  string   // what they have just asked for; key: restriction.need.<Noted>
	List   []Bound  // what stands, the last to end first
	Ended  time.Time
	Appeal screening.Appeal // the last one that matters here; zero for none
	Needs  []restriction.Need
	Check  string   // address of their check link; empty where they have none
	Need   *ui.Form // nil where nothing can be asked for
	Object *ui.Form // the appeal; nil where one waits, or there is nothing to appeal against
}

// Bound is one restriction that stands.
type Bound struct {
	Kind      string // key: restriction.kind.<Kind>
	Moving    bool   // they are fetched first
	Cause     i18n.Msg
	Law       protocol.Text
	Authority string
	Until     time.Time
	Then      string
	ThenAt    time.Time
	Review    time.Time
	Owed      []string // key: restriction.need.<Owed>
	Version   int
}

// InLang is the law in a language.
func (b Bound) InLang(lang i18n.Lang) string {
	if lang == "zh" {
		return b.Law.ZH
	}
	return b.Law.EN
}

// RestrictionForm is the form for a code. failed is what was wrong with the one before.
func RestrictionForm(lang i18n.Lang, failed i18n.Msg) ui.Form {
	f := AskForm(lang, failed)
	f.Action, f.Submit = RestrictionHref(lang), i18n.M("public.restriction.submit")
	return f
}

// RestrictionHref is the address of the page in a language.
func RestrictionHref(lang i18n.Lang) string { return Root + string(lang) + "/restriction" }

// NeedForm is the form of whoever asks for something that is owed. The code goes along, so that nobody types it twice.
func NeedForm(lang i18n.Lang, code string, kinds []string, wrong i18n.Msg) ui.Form {
	f := ui.Form{ID: "need", Action: RestrictionHref(lang) + "/needs", Submit: i18n.M("public.need.submit"), Hidden: map[string]string{"code": code}, Fields: []ui.Field{
		{Name: "need", Label: i18n.M("public.need.what"), Kind: ui.FieldRadio, Required: true, Error: wrong},
	}}
	for _, k := range kinds {
		f.Fields[0].Options = append(f.Fields[0].Options, ui.Option{Value: k, Label: i18n.M("restriction.need." + k)})
	}
	return f
}

// askRestriction is POST /public/{lang}/restriction.
func (p *Site) askRestriction(w http.ResponseWriter, r *http.Request) { p.restricted(w, r, false) }

// askNeed is POST /public/{lang}/restriction/needs.
func (p *Site) askNeed(w http.ResponseWriter, r *http.Request) { p.restricted(w, r, true) }

func (p *Site) restricted(w http.ResponseWriter, r *http.Request, asks bool) {
	lang := p.lang(r, i18n.Lang(r.PathValue("lang")))
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	if err := r.ParseForm(); err != nil {
		p.fail(w, r, lang, http.StatusBadRequest, i18n.M("public.failed.form"))
		return
	}
	if !p.enter(r) {
		p.busy(w, r, lang)
		return
	}
	defer p.leave()
	code, from := strings.TrimSpace(r.PostForm.Get("code")), auth.ClientIP(r, p.o.Proxies)
	view, status := RestrictionView{}, http.StatusOK
	wrong := i18n.Msg{}
	who, err := p.o.Lookup.Carrier(code, from)
	switch {
	case errors.Is(err, lookup.ErrTooMany):
		w.Header().Set("Retry-After", "60")
		status, view.Failed = http.StatusTooManyRequests, i18n.M("public.failed.toomany")
	case err != nil:
		status, wrong = http.StatusNotFound, i18n.M("public.failed.code")
		view.Failed = wrong
	default:
		noNeed := i18n.Msg{}
		if asks {
			if p.reported.Barred(from, p.o.DB.Now()) {
				w.Header().Set("Retry-After", "300")
				p.fail(w, r, lang, http.StatusTooManyRequests, i18n.M("public.need.toomany"))
				return
			}
			if view.Noted, noNeed, err = p.noteNeed(r, code, func() { p.reported.Note(from, p.o.DB.Now()) }); noNeed.Key != "" {
				status = http.StatusUnprocessableEntity
			}
		}
		if err == nil {
			err = p.readRestricted(r.Context(), lang, who, code, noNeed, &view)
		}
		if err != nil {
			p.o.Log.Error("public site: restriction not told", "error", err)
			p.busy(w, r, lang)
			return
		}
	}
	view.Ask = RestrictionForm(lang, wrong)
	f := p.frame(lang, "/restriction", p.latest(r.Context()))
	f.Now = p.o.DB.Now()
	p.answer(w, r, status, p.restriction, f, view)
}

// noteNeed enters what somebody asks for. wrong is what was not right with it.
func (p *Site) noteNeed(r *http.Request, code string, count func()) (noted string, wrong i18n.Msg, err error) {
	kind, err := restriction.ParseNeed(r.PostForm.Get("need"))
	if err != nil {
		return "", i18n.M("public.appeal.ground_missing"), nil
	}
	count()
	_, err = p.o.Commands.AskNeed(r.Context(), command.Owner("public"), command.AskNeed{Code: code, Need: string(kind)})
	var bad *command.Invalid
	if errors.As(err, &bad) { // it ended meanwhile: the page says so
		return "", i18n.M("public.restriction.none"), nil
	}
	return string(kind), wrong, err
}

// readRestricted reads what somebody is asked.
func (p *Site) readRestricted(ctx context.Context, lang i18n.Lang, who person.ID, code string, noNeed i18n.Msg, v *RestrictionView) error {
	return p.o.DB.View(ctx, func(r *store.Reader) error {
		one := [][]person.ID{{who}}
		if err := r.Survivors(one); err != nil {
			return err
		}
		who = one[0][0]
		all, err := r.RestrictionsOf(who, 0)
		if err != nil {
			return err
		}
		v.Told = true
		var binding []restriction.Restriction
		since := time.Time{}
		for _, x := range all {
			if !x.Stands() {
				if x.EndedAt.After(v.Ended) {
					v.Ended = x.EndedAt
				}
				continue
			}
			if since.IsZero() || x.MadeAt.Before(since) {
				since = x.MadeAt
			}
			binding = append(binding, x)
		}
		slices.SortStableFunc(binding, func(a, b restriction.Restriction) int { return b.Terms().Until.Compare(a.Terms().Until) })
		tree, err := r.Tree()
		if err != nil {
			return err
		}
		askable := false
		for i := range binding {
			x := &binding[i]
			o, err := r.Outbreak(x.Outbreak)
			if err != nil {
				return err
			}
			pack, err := protocol.Load(o.Pack)
			if err != nil {
				return err
			}
			b, err := p.bound(r, x, pack)
			if err != nil {
				return err
			}
			if j, ok := tree.Get(o.Area); ok {
				if b.Authority = j.Name; lang != "zh" {
					b.Authority = cmp.Or(j.NameEN, j.Name)
				}
			}
			v.List = append(v.List, b)
			v.Needs = append(v.Needs, x.Needs...)
			vault, err := p.o.Commands.Identities().Vault(r)
			if err != nil {
				return err
			}
			switch link, err := checks.Code(r, vault, pack, x); {
			case err == nil:
				v.Check = CheckHref(lang) + "/" + link
			case !errors.Is(err, checks.ErrNone):
				return err
			}
			askable = askable || x.ID > 0
			appeals, err := r.AppealsOf([]person.ID{who}, x.Outbreak)
			if err != nil {
				return err
			}
			for _, a := range appeals[who] {
				if !a.FiledAt.Before(since) && (a.ID > v.Appeal.ID) {
					v.Appeal = a
				}
			}
		}
		if askable {
			kinds := make([]string, 0, len(restriction.NeedKinds()))
			for _, k := range restriction.NeedKinds() {
				kinds = append(kinds, string(k))
			}
			f := NeedForm(lang, code, kinds, noNeed)
			v.Need = &f
		}
		if len(v.List) > 0 && (v.Appeal.ID == 0 || !v.Appeal.Open()) {
			f := AppealForm(lang, func(name string) string { return map[string]string{"code": code}[name] }, nil)
			v.Object = &f
		}
		return nil
	})
}

// bound is a restriction in the words of the page.
func (p *Site) bound(r *store.Reader, x *restriction.Restriction, pack *protocol.Pack) (Bound, error) {
	t := x.Terms()
	now := p.o.DB.Now()
	b := Bound{Kind: string(t.InForce(now)), Cause: i18n.M("notice.cause." + string(x.Cause.Subject().Kind)), Until: t.Until, Version: x.Now().N}
	if b.Kind == string(restriction.Transfer) {
		b.Kind, b.Moving = string(t.Kind), true
	}
	if t.Then != "" && now.Before(t.ThenAt) {
		b.Then, b.ThenAt = string(t.Then), t.ThenAt
	}
	if x.NeedsReview() {
		b.Review = t.Review
	}
	for _, k := range pack.Restrictions.Owed.Value {
		b.Owed = append(b.Owed, string(k))
	}
	own, err := r.LegalBases(x.Outbreak)
	if err != nil {
		return b, err
	}
	var ok bool
	if b.Law, ok = own[t.Kind]; ok {
		return b, nil
	}
	said, err := protocol.Load(x.Now().Because.Pack)
	if err == nil {
		b.Law = said.Restrictions.Basis.Of(t.Kind).Value
	}
	return b, err
}
