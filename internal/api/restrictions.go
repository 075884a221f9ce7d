package api

import (
	"fmt"
	"net/http"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/certificate"
	"firebreak/internal/command"
	"firebreak/internal/place"
	"firebreak/internal/protocol"
	"firebreak/internal/restriction"
	"firebreak/internal/store"
)

// Restriction is what one person is asked because of a case, a contact or a positive tube: always with an end.
type Restriction struct {
	ID         int64                 `json:"id" doc:"Negative for a hold."`
	Person     int64                 `json:"person"`
	Kind       string                `json:"kind" enum:"transfer,isolation,quarantine-site,hold,quarantine-home,home-monitoring" doc:"As asked now; transfer: they wait to be fetched."`
	Case       int64                 `json:"case,omitempty" doc:"Its cause: this, contact or tube."`
	Contact    int64                 `json:"contact,omitempty"`
	Tube       int64                 `json:"tube,omitempty"`
	Area       string                `json:"area,omitempty"`
	MadeAt     *time.Time            `json:"made_at"`
	Until      *time.Time            `json:"until" doc:"It ends then by itself."`
	Then       string                `json:"then,omitempty" doc:"The milder kind that follows."`
	ThenAt     *time.Time            `json:"then_at,omitempty"`
	Review     *time.Time            `json:"review,omitempty" doc:"Somebody looks at it again by then."`
	EndedAt    *time.Time            `json:"ended_at,omitempty"`
	Ended      string                `json:"ended,omitempty" doc:"released, recovered, died, lost, became-case, corrected, merged, pack, over, agreed, appeal, negative, found or quarantined; left out while it stands"`
	ToldAt     *time.Time            `json:"told_at,omitempty"`
	ToldBy     string                `json:"told_by,omitempty"`
	ToldHow    string                `json:"told_how,omitempty" doc:"in-person, phone or posted"`
	ToTell     bool                  `json:"to_tell" doc:"There is something that they were not told."`
	ReviewedAt *time.Time            `json:"reviewed_at,omitempty"`
	ReviewedBy string                `json:"reviewed_by,omitempty"`
	Offer      string                `json:"offer,omitempty" doc:"The milder kind that was considered."`
	Offered    bool                  `json:"offered"`
	WhyNot     string                `json:"why_not,omitempty" doc:"edition, none, no-room, at-risk, declined or not-asked"`
	Versions   []RestrictionVersion  `json:"versions" doc:"The oldest first."`
	Proposal   *RestrictionProposal  `json:"proposal,omitempty" doc:"A change by hand that waits for its second person."`
	Needs      []RestrictionNeed     `json:"needs"`
	Basis      *RestrictionBasisText `json:"basis,omitempty" doc:"The law; only where one is asked for."`
	Version    int64                 `json:"version"`
}

// RestrictionVersion is what it said from an instant on.
type RestrictionVersion struct {
	N      int        `json:"n"`
	At     *time.Time `json:"at"`
	Change string     `json:"change" doc:"made, arrived, milder, stricter, longer, shorter, again or ended"`
	Kind   string     `json:"kind"`
	Until  *time.Time `json:"until"`
	Fact   int64      `json:"fact" doc:"Entry of the journal."`
	Rule   string     `json:"rule"`
	Clause string     `json:"clause"`
	Pack   string     `json:"pack"`
	By     string     `json:"by,omitempty" doc:"The two who agreed; left out for a change by rule."`
	Second string     `json:"second,omitempty"`
	Ground string     `json:"ground,omitempty"`
	Words  string     `json:"words,omitempty"`
}

// RestrictionProposal is a change by hand.
type RestrictionProposal struct {
	Change string     `json:"change"`
	Kind   string     `json:"kind,omitempty"`
	Until  *time.Time `json:"until,omitempty"`
	Ground string     `json:"ground"`
	Words  string     `json:"words"`
	By     string     `json:"by"`
	At     *time.Time `json:"at"`
}

// RestrictionNeed is something that is owed to whoever is restricted.
type RestrictionNeed struct {
	ID      int64      `json:"id"`
	Kind    string     `json:"kind"`
	AskedAt *time.Time `json:"asked_at"`
	AskedBy string     `json:"asked_by" doc:"A login, or public for the person themselves."`
	MetAt   *time.Time `json:"met_at,omitempty"`
	MetBy   string     `json:"met_by,omitempty"`
}

// RestrictionBasisText is a law in plain words.
type RestrictionBasisText struct {
	EN  string `json:"en"`
	ZH  string `json:"zh"`
	Own bool   `json:"own" doc:"Named by the outbreak, in place of the pack's text."`
}

// Restrictions is a page.
type Restrictions struct {
	Items []Restriction `json:"items"`
	Next  string        `json:"next,omitempty"`
}

// ToldRestriction says that somebody was told.
type ToldRestriction struct {
	How     string `json:"how" enum:"in-person,phone,posted"`
	Offered string `json:"offered,omitempty" doc:"yes or no: whether the milder option was offered; what is on record where it is left out."`
	WhyNot  string `json:"why_not,omitempty"`
	At      string `json:"at,omitempty" doc:"Now when left out."`
	Version int64  `json:"version,omitempty"`
}

// ReviewedRestriction is what was found when somebody looked whether it must go on.
type ReviewedRestriction struct {
	Finding string `json:"finding" maxLength:"2000" doc:"Of 500 characters at most."`
	Version int64  `json:"version,omitempty"`
}

// ProposedChange is the first person's part of a change by hand.
type ProposedChange struct {
	Change  string `json:"change" enum:"milder,shorter,longer,ended"`
	Kind    string `json:"kind,omitempty" doc:"Of a milder one: quarantine-home or home-monitoring."`
	Until   string `json:"until,omitempty" doc:"Of a shorter or longer one."`
	Ground  string `json:"ground" enum:"care,conditions,evidence,awaited,symptoms,missed-test" doc:"The last three for longer, the others for less."`
	Words   string `json:"words" maxLength:"2000" doc:"That the person is told, of 500 characters at most."`
	Version int64  `json:"version,omitempty"`
}

// SecondedChange is the second person's part.
type SecondedChange struct {
	Withdraw bool  `json:"withdraw,omitempty" doc:"Take the proposal back instead."`
	Version  int64 `json:"version,omitempty"`
}

// Certificate is a certificate of release: that somebody was kept apart, and is free. It says nothing of what they had, and names nobody.
type Certificate struct {
	Restriction int64              `json:"restriction"`
	Code        string             `json:"code" doc:"By which /public/certificate?code= finds it true, to anybody: it tells the day of the release, nothing else."`
	From        *time.Time         `json:"from"`
	Released    *time.Time         `json:"released"`
	How         string             `json:"how" enum:"released,recovered,over,agreed,appeal,corrected,pack"`
	ByTwo       bool               `json:"by_two" doc:"Two people agreed, rather than a rule."`
	Rule        string             `json:"rule"`
	Clause      string             `json:"clause"`
	Pack        string             `json:"pack"`
	Places      []CertificatePlace `json:"places" doc:"By time; empty where no stay is on record."`
	WatchUntil  string             `json:"watch_until,omitempty" doc:"The last day on which they should watch their health; left out where the rules ask for none."`
	WatchClause string             `json:"watch_clause,omitempty" doc:"Of the pack; left out where it is the day on which they would have been released."`
}

// CertificatePlace is where somebody was kept: never the room.
type CertificatePlace struct {
	Where    string     `json:"where" enum:"site,hospital,home"`
	District string     `json:"district,omitempty" doc:"Code of the jurisdiction."`
	From     *time.Time `json:"from"`
	To       *time.Time `json:"to"`
}

// certificate is the certificate of release of whoever was restricted.
func (c *call) certificate(v *inside, x *restriction.Restriction) (out Certificate, err error) {
	ids := c.o.Commands.Identities()
	if ids == nil {
		return out, &certificate.Refused{Restriction: x.ID, Cause: certificate.ErrNoKey}
	}
	codes, err := ids.Vault(v.Reader)
	if err != nil {
		return out, err
	}
	return CertificateOf(v.Reader, codes, x, v.loc, c.now)
}

// CertificateOf is the certificate of release of whoever was restricted.
//
// Errors: a *certificate.Refused for somebody who was not released.
func CertificateOf(r *store.Reader, codes certificate.Coder, x *restriction.Restriction, loc *time.Location, now time.Time) (out Certificate, err error) {
	k, err := certificate.Read(r, codes, x, loc, now)
	if err != nil {
		return out, err
	}
	b := k.Because
	out = Certificate{Restriction: int64(k.Restriction), Code: k.Code, From: clock(k.From), Released: clock(k.At), How: string(k.As), ByTwo: k.ByTwo, Rule: b.Rule, Clause: b.Clause, Pack: b.Pack, Places: []CertificatePlace{}, WatchClause: k.WatchClause}
	if !k.Watch.IsZero() {
		out.WatchUntil = k.Watch.String()
	}
	for _, p := range k.Places {
		out.Places = append(out.Places, CertificatePlace{string(p.Where), p.District.Code, clock(p.From), clock(p.To)})
	}
	return out, nil
}

// NewNeed is what somebody asks for.
type NewNeed struct {
	Need string `json:"need" enum:"food,medicine,care,children,pay,advice,animals,waste"`
}

// LegalBasis names the law that restrictions of a kind stand on.
type LegalBasis struct {
	EN string `json:"en" maxLength:"2000" doc:"Both texts empty: the pack's again."`
	ZH string `json:"zh" maxLength:"2000"`
}

// RestrictionOf writes a restriction as the API does; code names areas.
func RestrictionOf(r *store.Reader, x *restriction.Restriction, now time.Time, code func(place.AreaID) string) (Restriction, error) {
	t := x.Terms()
	who, err := r.RestrictedPerson(x)
	out := Restriction{ID: int64(x.ID), Person: int64(who), Kind: string(t.InForce(now)), Case: int64(x.Cause.Case()), Contact: int64(x.Cause.Contact()), Tube: int64(x.Cause.Tube()), Area: code(x.Area), MadeAt: clock(x.MadeAt),
		Until: clock(t.Until), Then: string(t.Then), ThenAt: clock(t.ThenAt), EndedAt: clock(x.EndedAt), Ended: string(x.Ended), ToldAt: clock(x.ToldAt), ToldBy: x.ToldBy, ToldHow: string(x.ToldHow), ToTell: x.ToTell() > 0,
		ReviewedAt: clock(x.ReviewedAt), ReviewedBy: x.ReviewedBy, Offer: string(x.Offer.Kind), Offered: x.Offer.Offered, WhyNot: string(x.Offer.Why), Versions: []RestrictionVersion{}, Needs: []RestrictionNeed{}, Version: x.Row}
	if x.NeedsReview() {
		out.Review = clock(t.Review)
	}
	for _, v := range x.Versions {
		out.Versions = append(out.Versions, RestrictionVersion{v.N, clock(v.At), string(v.Change), string(v.Kind), clock(v.Until), v.Because.Fact.Seq, v.Because.Rule, v.Because.Clause, v.Because.Pack, v.By, v.Second, string(v.Ground), v.Words})
	}
	if p := x.Proposal; p.Waits() {
		out.Proposal = &RestrictionProposal{string(p.Change), string(p.Kind), clock(p.Until), string(p.Ground), p.Words, p.By, clock(p.At)}
	}
	for _, n := range x.Needs {
		out.Needs = append(out.Needs, RestrictionNeed{int64(n.ID), string(n.Kind), clock(n.AskedAt), n.AskedBy, clock(n.MetAt), n.MetBy})
	}
	return out, err
}

// RestrictionBasis is the law that a restriction stands on.
func RestrictionBasis(r *store.Reader, x *restriction.Restriction) (*RestrictionBasisText, error) {
	own, err := r.LegalBases(x.Outbreak)
	if err != nil {
		return nil, err
	}
	if t, ok := own[x.Terms().Kind]; ok {
		return &RestrictionBasisText{t.EN, t.ZH, true}, nil
	}
	p, err := protocol.Load(x.Now().Because.Pack)
	if err != nil {
		return nil, err
	}
	t := p.Restrictions.Basis.Of(x.Terms().Kind).Value
	return &RestrictionBasisText{t.EN, t.ZH, false}, nil
}

// restricted is a restriction after an order about it.
func (c *call) restricted(x restriction.Restriction, err error) (out Restriction, _ error) {
	if err != nil {
		return out, err
	}
	return out, c.o.DB.View(c.ctx, func(r *store.Reader) error {
		tree, err := r.Tree()
		if err != nil {
			return err
		}
		out, err = RestrictionOf(r, &x, c.now, func(a place.AreaID) string { j, _ := tree.Get(a); return j.Code })
		return err
	})
}

// restriction reads a restriction that the caller may read.
func (in *inside) restriction(id restriction.ID) (restriction.Restriction, error) {
	x, err := in.Restriction(id)
	if err != nil {
		return x, err
	}
	seen, err := in.sees(x.Area)
	if err == nil && (x.Outbreak != in.o.ID || !seen) {
		err = fmt.Errorf("restriction %d: %w", id, store.ErrNotFound)
	}
	return x, err
}

func (s *server) restrictions() {
	type list struct {
		Asked
		Outbreak string `path:"outbreak"`
		Area     string `query:"area" doc:"Code of the jurisdiction where they live."`
		Kind     string `query:"kind" doc:"As asked now; every kind where it is left out."`
		Show     string `query:"show" enum:"standing,untold,ending,review,appealed,proposed,ended" default:"standing" doc:"ending and review: within a day."`
		After    string `query:"after" doc:"next of the page before."`
		Limit    int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	}
	operation(s, "list-restrictions", http.MethodGet, "/api/outbreaks/{outbreak}/restrictions", "Restrictions on people, the first to end first", 200, func(c *call, in *list) (out Restrictions, err error) {
		out.Items = []Restriction{}
		f := store.RestrictionFilter{Now: c.now, EndsBy: c.now.Add(24 * time.Hour), Limit: in.Limit, After: in.After,
			Untold: in.Show == "untold", Ending: in.Show == "ending", ReviewDue: in.Show == "review", Appealed: in.Show == "appealed", Proposed: in.Show == "proposed", Ended: in.Show == "ended"}
		if in.Kind != "" {
			if f.Kind, err = restriction.ParseKind(in.Kind); err != nil {
				return out, &command.Invalid{Field: "query.kind", Value: in.Kind, Reason: restriction.ErrKind.Error()}
			}
		}
		return out, c.view(auth.RestrictionRead, in.Outbreak, in.Area, func(v *inside) error {
			f.Within = v.within
			page, err := v.RestrictionList(v.o.ID, f)
			if err != nil {
				return err
			}
			out.Next = page.Next
			for i := range page.List {
				x, err := RestrictionOf(v.Reader, &page.List[i], c.now, v.code)
				if err != nil {
					return err
				}
				out.Items = append(out.Items, x)
			}
			return nil
		})
	})
	type one struct {
		Asked
		Outbreak    string `path:"outbreak"`
		Restriction int64  `path:"restriction"`
	}
	operation(s, "show-restriction", http.MethodGet, "/api/outbreaks/{outbreak}/restrictions/{restriction}", "One restriction, with its versions and the law that it stands on", 200, func(c *call, in *one) (out Restriction, err error) {
		return out, c.view(auth.RestrictionRead, in.Outbreak, "", func(v *inside) error {
			x, err := v.restriction(restriction.ID(in.Restriction))
			if err != nil {
				return err
			}
			if out, err = RestrictionOf(v.Reader, &x, c.now, v.code); err != nil {
				return err
			}
			out.Basis, err = RestrictionBasis(v.Reader, &x)
			return err
		})
	})
	operation(s, "show-certificate", http.MethodGet, "/api/outbreaks/{outbreak}/restrictions/{restriction}/certificate", "The certificate of release of whoever was in isolation or quarantine; refused for somebody who was not released", 200, func(c *call, in *one) (out Certificate, err error) {
		return out, c.view(auth.RestrictionRead, in.Outbreak, "", func(v *inside) error {
			x, err := v.restriction(restriction.ID(in.Restriction))
			if err != nil {
				return err
			}
			out, err = c.certificate(v, &x)
			return err
		})
	})
	type told struct {
		Asked
		Outbreak    string `path:"outbreak"`
		Restriction int64  `path:"restriction"`
		Body        ToldRestriction
	}
	const at = "/api/outbreaks/{outbreak}/restrictions/{restriction}"
	of := func(outbreak string, id, row int64) command.OfRestriction {
		return command.OfRestriction{Outbreak: outbreak, Restriction: restriction.ID(id), Row: row}
	}
	operation(s, "tell-restriction", http.MethodPost, at+"/told", "Say that somebody was told what they are asked, why, until when and how to appeal", 200, func(c *call, in *told) (Restriction, error) {
		b := in.Body
		return c.restricted(c.o.Commands.TellRestriction(c.ctx, c.by(), command.TellRestriction{OfRestriction: of(in.Outbreak, in.Restriction, b.Version), How: b.How, Offered: b.Offered, WhyNot: b.WhyNot, At: b.At}))
	})
	type review struct {
		Asked
		Outbreak    string `path:"outbreak"`
		Restriction int64  `path:"restriction"`
		Body        ReviewedRestriction
	}
	operation(s, "review-restriction", http.MethodPost, at+"/review", "Say that somebody looked whether it must go on; what follows the rules decide from the facts", 200, func(c *call, in *review) (Restriction, error) {
		return c.restricted(c.o.Commands.ReviewRestriction(c.ctx, c.by(), command.ReviewRestriction{OfRestriction: of(in.Outbreak, in.Restriction, in.Body.Version), Finding: in.Body.Finding}))
	})
	type propose struct {
		Asked
		Outbreak    string `path:"outbreak"`
		Restriction int64  `path:"restriction"`
		Body        ProposedChange
	}
	operation(s, "propose-restriction-change", http.MethodPost, at+"/propose", "Propose a change by hand; nothing changes until a second person agrees", 200, func(c *call, in *propose) (Restriction, error) {
		b := in.Body
		return c.restricted(c.o.Commands.ProposeRestriction(c.ctx, c.by(), command.ProposeRestriction{OfRestriction: of(in.Outbreak, in.Restriction, b.Version), Change: b.Change, Kind: b.Kind, Until: b.Until, Ground: b.Ground, Words: b.Words}))
	})
	type agree struct {
		Asked
		Outbreak    string `path:"outbreak"`
		Restriction int64  `path:"restriction"`
		Body        SecondedChange
	}
	operation(s, "agree-restriction-change", http.MethodPost, at+"/agree", "Agree to a change as the second person, or take the proposal back", 200, func(c *call, in *agree) (Restriction, error) {
		return c.restricted(c.o.Commands.AgreeRestriction(c.ctx, c.by(), command.AgreeRestriction{OfRestriction: of(in.Outbreak, in.Restriction, in.Body.Version), Withdraw: in.Body.Withdraw}))
	})
	type ask struct {
		Asked
		Outbreak    string `path:"outbreak"`
		Restriction int64  `path:"restriction"`
		Body        NewNeed
	}
	operation(s, "ask-need", http.MethodPost, at+"/needs", "Note something that is owed to whoever is restricted; it becomes a task", 201, func(c *call, in *ask) (out RestrictionNeed, err error) {
		n, err := c.o.Commands.AskNeed(c.ctx, c.by(), command.AskNeed{Outbreak: in.Outbreak, Restriction: restriction.ID(in.Restriction), Need: in.Body.Need})
		return RestrictionNeed{int64(n.ID), string(n.Kind), clock(n.AskedAt), n.AskedBy, clock(n.MetAt), n.MetBy}, err
	})
	type meet struct {
		Asked
		Outbreak    string `path:"outbreak"`
		Restriction int64  `path:"restriction"`
		Need        int64  `path:"need"`
	}
	operation(s, "meet-need", http.MethodPost, at+"/needs/{need}/met", "Say that they got it", 200, func(c *call, in *meet) (Restriction, error) {
		return c.restricted(c.o.Commands.MeetNeed(c.ctx, c.by(), command.MeetNeed{OfRestriction: of(in.Outbreak, in.Restriction, 0), Need: restriction.NeedID(in.Need)}))
	})
	type basis struct {
		Asked
		Outbreak string `path:"outbreak"`
		Kind     string `path:"kind" enum:"hold,quarantine-site,quarantine-home,home-monitoring,isolation"`
		Body     LegalBasis
	}
	operation(s, "set-legal-basis", http.MethodPut, "/api/outbreaks/{outbreak}/legal-basis/{kind}", "Name the law of its own country that restrictions of a kind stand on", 200, func(c *call, in *basis) (LegalBasis, error) {
		return in.Body, c.o.Commands.SetLegalBasis(c.ctx, c.by(), command.SetLegalBasis{Outbreak: in.Outbreak, Kind: in.Kind, EN: in.Body.EN, ZH: in.Body.ZH})
	})
}
