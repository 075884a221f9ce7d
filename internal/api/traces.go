package api

import (
	"net/http"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/cases"
	"firebreak/internal/command"
	"firebreak/internal/contact"
)

// TraceRequest asks visits who was with a case.
type TraceRequest struct {
	From       *time.Time `json:"from,omitempty" doc:"Otherwise the pack's look-back before onset."`
	To         *time.Time `json:"to,omitempty" doc:"Otherwise until they were isolated, or now."`
	MinOverlap int        `json:"min_overlap_minutes,omitempty" minimum:"0" maximum:"44640" doc:"Together, in place of the pack's times."`
	Backward   bool       `json:"backward,omitempty" doc:"Look at the days on which the case may have been infected."`
	Secondary  bool       `json:"secondary,omitempty" doc:"Those who were with a close contact, too."`
	ByDose     bool       `json:"by_dose,omitempty" doc:"Rank those by the hours with close contacts, each weighed by the kind of place, rather than by when that began."`
	Keep       bool       `json:"keep,omitempty" doc:"Write the proposals down, to be decided on."`
	Most       int        `json:"most,omitempty" minimum:"0" maximum:"10000" doc:"How many are kept, the nearest; 500 where it is left out."`
}

// TracePreviewRequest asks how many people an order about a case would touch.
type TracePreviewRequest struct {
	From       *time.Time `json:"from,omitempty" doc:"Otherwise the pack's look-back before onset."`
	To         *time.Time `json:"to,omitempty" doc:"Otherwise until they were isolated, or now."`
	MinOverlap int        `json:"min_overlap_minutes,omitempty" minimum:"0" maximum:"44640" doc:"Together, in place of the pack's times."`
}

// SharedPlacesRequest asks which places several cases share.
type SharedPlacesRequest struct {
	Cases   []string   `json:"cases" minItems:"1" maxItems:"1000" doc:"Codes; three different ones at least, that visits know."`
	Forward bool       `json:"forward,omitempty" doc:"Look at the days on which they may have infected others, rather than at those on which they may have been infected."`
	From    *time.Time `json:"from,omitempty" doc:"Of every case, in place of the pack's."`
	To      *time.Time `json:"to,omitempty" doc:"Of every case, in place of the pack's."`
	Most    int        `json:"most,omitempty" minimum:"0" maximum:"1000" doc:"Places, and people, that are listed; 50 where it is left out."`
}

// TraceProposal is somebody whom visits show to have been with a case.
type TraceProposal struct {
	ID          int64      `json:"id"`
	Person      string     `json:"person,omitempty" doc:"As the sender of the visits calls them; left out once nobody may know any more."`
	Tier        string     `json:"tier" enum:"close,secondary,general"`
	Seconds     int64      `json:"overlap_seconds"`
	DoseHours   float64    `json:"dose_hours" doc:"Hours together, each weighed by the kind of place."`
	First       *time.Time `json:"first,omitempty"`
	Last        *time.Time `json:"last,omitempty"`
	Places      []string   `json:"places"`
	Lives       bool       `json:"lives_with_case"`
	Clause      string     `json:"clause"`
	Pack        string     `json:"pack"`
	State       string     `json:"state" enum:"proposed,confirmed,rejected"`
	DecidedAt   *time.Time `json:"decided_at,omitempty"`
	DecidedBy   string     `json:"decided_by,omitempty"`
	DecidedTier string     `json:"decided_tier,omitempty"`
	Reason      string     `json:"reason,omitempty"`
	Contact     int64      `json:"contact,omitempty"`
}

// TraceProposals are those of one case, the nearest first.
type TraceProposals struct {
	Items []TraceProposal `json:"items"`
}

// TraceDecision says what proposals are.
type TraceDecision struct {
	Proposals []int64 `json:"proposals" minItems:"1" maxItems:"10000"`
	Confirm   bool    `json:"confirm" doc:"false rejects them."`
	Tier      string  `json:"tier,omitempty" enum:"close,general" doc:"In place of the proposed one; needs a reason."`
	Reason    string  `json:"reason,omitempty" maxLength:"2000"`
	Assist    bool    `json:"assist,omitempty" doc:"Ask the office of another district for everybody confirmed who lives there, even where the caller may list contacts there."`
}

// TraceDecided is what became of one proposal.
type TraceDecided struct {
	Proposal int64  `json:"proposal"`
	State    string `json:"state"`
	Contact  int64  `json:"contact,omitempty"`
	Code     string `json:"code,omitempty" doc:"Of the contact."`
	Refused  string `json:"refused,omitempty" doc:"Why nothing was changed."`
	// Assistance is the request to the office where they live, whose contact they become when it accepts.
	Assistance int64 `json:"assistance,omitempty" doc:"The request to the office where they live, where the caller may list no contacts."`
}

// TraceAllDecided is what became of each.
type TraceAllDecided struct {
	Items []TraceDecided `json:"items"`
}

// AutoAccept says which proposals become contacts without anybody deciding.
type AutoAccept struct {
	Version int64      `json:"version" doc:"0 where it was never set."`
	Tiers   []string   `json:"tiers" enum:"close,general" doc:"Of those who are accepted; none: it is off."`
	Most    int        `json:"most" doc:"Of one case; where more are found nobody is accepted, and a person decides."`
	SetAt   *time.Time `json:"set_at,omitempty" doc:"Cases confirmed from then on are asked about."`
	SetBy   string     `json:"set_by,omitempty"`
	Reason  string     `json:"reason,omitempty"`
}

// AutoAcceptSet changes it.
type AutoAcceptSet struct {
	Version int64    `json:"version" doc:"Of the setting, as the caller saw it; 0 where it was never set."`
	Tiers   []string `json:"tiers" enum:"close,general" maxItems:"2" doc:"None turns it off."`
	Most    int      `json:"most,omitempty" minimum:"0" maximum:"1000"`
	Reason  string   `json:"reason" maxLength:"2000"`
}

// AutoAcceptOf is the setting as it is told.
func AutoAcceptOf(a contact.AutoAccept) AutoAccept {
	out := AutoAccept{Version: a.Version, Tiers: []string{}, Most: a.Most, SetAt: clock(a.SetAt), SetBy: a.SetBy, Reason: a.Reason}
	for _, t := range a.Tiers {
		out.Tiers = append(out.Tiers, string(t))
	}
	return out
}

func (s *server) autoAccept() {
	type get struct {
		Asked
		Outbreak string `path:"outbreak"`
	}
	const at = "/api/outbreaks/{outbreak}/auto-accept"
	operation(s, "get-auto-accept", http.MethodGet, at, "Which proposals become contacts without anybody deciding", 200, func(c *call, in *get) (out AutoAccept, err error) {
		err = c.view(auth.ContactRead, in.Outbreak, "", func(v *inside) error {
			a, err := v.AutoAccept(v.o.ID)
			out = AutoAcceptOf(a)
			return err
		})
		return out, err
	})
	type set struct {
		get
		Body AutoAcceptSet
	}
	operation(s, "set-auto-accept", http.MethodPut, at, "Say which proposals become contacts without anybody deciding, from now on", 200, func(c *call, in *set) (AutoAccept, error) {
		order := command.SetAutoAccept{Outbreak: in.Outbreak, Version: in.Body.Version, Most: in.Body.Most, Reason: in.Body.Reason}
		for _, t := range in.Body.Tiers {
			order.Tiers = append(order.Tiers, contact.Tier(t))
		}
		a, err := c.o.Commands.SetAutoAccept(c.ctx, c.by(), order)
		return AutoAcceptOf(a), err
	})
}

func (s *server) traces() {
	type ask struct {
		Record
		Body TraceRequest
	}
	operation(s, "trace-case", http.MethodPost, "/api/cases/{id}/trace", "Ask visits who was with a case; the question is on record before the answer is given", 200, func(c *call, in *ask) (out command.Traced, err error) {
		var o, code string
		if err := c.oneCase(auth.CaseRead, in.ID, func(v *inside, k cases.Case) error {
			o, code = v.o.Name, k.Code
			return nil
		}); err != nil {
			return out, err
		}
		q := command.TraceCase{Outbreak: o, Case: code, Backward: in.Body.Backward, AtLeast: time.Duration(in.Body.MinOverlap) * time.Minute, Secondary: in.Body.Secondary, ByDose: in.Body.ByDose, Keep: in.Body.Keep, Most: in.Body.Most}
		q.From, q.To = moment(in.Body.From), moment(in.Body.To)
		return c.o.Commands.TraceCase(c.ctx, c.by(), q)
	})
	type preview struct {
		Record
		Body TracePreviewRequest
	}
	operation(s, "preview-trace", http.MethodPost, "/api/cases/{id}/trace/preview", "Ask how many people an order about a case would touch, before it is given; nobody is named", 200, func(c *call, in *preview) (out command.Previewed, err error) {
		q := command.PreviewTrace{AtLeast: time.Duration(in.Body.MinOverlap) * time.Minute, From: moment(in.Body.From), To: moment(in.Body.To)}
		if err := c.oneCase(auth.CaseRead, in.ID, func(v *inside, k cases.Case) error {
			q.Outbreak, q.Case = v.o.Name, k.Code
			return nil
		}); err != nil {
			return out, err
		}
		return c.o.Commands.PreviewTrace(c.ctx, c.by(), q)
	})
	type share struct {
		Asked
		Outbreak string `path:"outbreak"`
		Body     SharedPlacesRequest
	}
	operation(s, "trace-shared-places", http.MethodPost, "/api/outbreaks/{outbreak}/trace/shared", "Ask visits which places several cases share, and who was with several of them; the question is on record before the answer is given", 200, func(c *call, in *share) (command.SharedTraced, error) {
		return c.o.Commands.SharedPlaces(c.ctx, c.by(), command.SharedPlaces{Outbreak: in.Outbreak, Cases: in.Body.Cases, Forward: in.Body.Forward, From: moment(in.Body.From), To: moment(in.Body.To), Most: in.Body.Most})
	})
	type list struct {
		Record
		State string `query:"state" enum:"proposed,confirmed,rejected"`
	}
	operation(s, "list-proposals", http.MethodGet, "/api/cases/{id}/proposals", "Whom visits proposed as contacts of a case, and what became of it", 200, func(c *call, in *list) (out TraceProposals, err error) {
		if err := c.oneCase(auth.CaseRead, in.ID, seen); err != nil {
			return out, err
		}
		found, err := c.o.Commands.Proposals(c.ctx, c.by(), command.Proposals{Case: cases.ID(in.ID), State: contact.Standing(in.State)})
		out.Items = []TraceProposal{}
		for _, p := range found {
			x := TraceProposal{ID: int64(p.ID), Person: p.Name, Tier: string(p.Tier), Seconds: p.Seconds, DoseHours: p.Dose.Hours(), First: clock(p.First), Last: clock(p.Last), Places: p.Places, Lives: p.Lives, Clause: p.Clause, Pack: p.Pack,
				State: string(p.State), DecidedAt: clock(p.DecidedAt), DecidedBy: p.DecidedBy, DecidedTier: string(p.DecidedTier), Reason: p.Reason, Contact: int64(p.Contact)}
			if x.Places == nil {
				x.Places = []string{}
			}
			out.Items = append(out.Items, x)
		}
		return out, err
	})
	type decide struct {
		Record
		Body TraceDecision
	}
	operation(s, "decide-proposals", http.MethodPost, "/api/cases/{id}/proposals", "Say of proposals that they are contacts, of what tier, or none; whoever is confirmed and lives where the caller may list nobody is asked of the office there", 200, func(c *call, in *decide) (out TraceAllDecided, err error) {
		if err := c.oneCase(auth.CaseRead, in.ID, seen); err != nil {
			return out, err
		}
		d := command.DecideProposals{Case: cases.ID(in.ID), Confirm: in.Body.Confirm, Tier: contact.Tier(in.Body.Tier), Reason: in.Body.Reason, Assist: in.Body.Assist}
		for _, id := range in.Body.Proposals {
			d.Proposals = append(d.Proposals, contact.ProposalID(id))
		}
		done, err := c.o.Commands.DecideProposals(c.ctx, c.by(), d)
		out.Items = []TraceDecided{}
		for _, x := range done {
			out.Items = append(out.Items, TraceDecided{int64(x.Proposal), string(x.State), int64(x.Contact), x.Code, x.Refused, int64(x.Assistance)})
		}
		return out, err
	})
}

// moment is a time that may be left out.
func moment(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}
