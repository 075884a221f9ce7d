package api

import (
	"net/http"
	"strconv"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/cases"
	"firebreak/internal/command"
	"firebreak/internal/contact"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/store"
)

// Assistance is a request of one office to another, in whose area somebody lives who met a case.
type Assistance struct {
	ID            int64      `json:"id"`
	Code          string     `json:"code"`
	State         string     `json:"state" enum:"asked,accepted,found,quarantined,sent_back,withdrawn,ended"`
	Tier          string     `json:"tier" enum:"close,secondary,general"`
	From          string     `json:"from" doc:"Code of the case's area: the office that asks."`
	Area          string     `json:"area" doc:"Code of the area where they live: the office that is asked."`
	Case          int64      `json:"case,omitempty" doc:"Left out where the caller may not read it."`
	Contact       int64      `json:"contact,omitempty" doc:"That came of it; left out where the caller may not read it."`
	First         string     `json:"first_exposed,omitempty"`
	Last          string     `json:"last_exposed"`
	FirstAt       *time.Time `json:"first_at,omitempty" doc:"Together first, where visits show it."`
	LastAt        *time.Time `json:"last_at,omitempty"`
	Seconds       int64      `json:"overlap_seconds,omitempty"`
	Setting       string     `json:"setting,omitempty"`
	Clause        string     `json:"clause,omitempty" doc:"Of the pack, that made them a contact."`
	AskedAt       *time.Time `json:"asked_at"`
	AskedBy       string     `json:"asked_by"`
	Note          string     `json:"note,omitempty"`
	AnsweredAt    *time.Time `json:"answered_at,omitempty"`
	AnsweredBy    string     `json:"answered_by,omitempty"`
	Reason        string     `json:"reason,omitempty"`
	FoundAt       *time.Time `json:"found_at,omitempty"`
	QuarantinedAt *time.Time `json:"quarantined_at,omitempty"`
	EndedAt       *time.Time `json:"ended_at,omitempty"`
	Outcome       string     `json:"outcome,omitempty" doc:"Ended: what became of the contact's follow-up."`
	Version       int64      `json:"version"`
}

// AssistanceList is a page, the newest first.
type AssistanceList struct {
	Items []Assistance `json:"items"`
	Next  string       `json:"next,omitempty" doc:"before of the next page."`
}

// AssistanceAsked asks the office of another district for somebody whom a case told of.
type AssistanceAsked struct {
	Name     string            `json:"name,omitempty" maxLength:"200" doc:"Of the person; sealed."`
	Document string            `json:"document,omitempty" maxLength:"200"`
	Phone    string            `json:"phone,omitempty" maxLength:"200"`
	Fields   map[string]string `json:"fields" doc:"area (code) and last_exposed are needed; tier (close, general), first_exposed, setting."`
	Note     string            `json:"note,omitempty" maxLength:"2000"`
}

// AssistanceAnswer is what an office does with a request.
type AssistanceAnswer struct {
	Version int64  `json:"version,omitempty" doc:"As the caller saw it; left out: as it is."`
	Answer  string `json:"answer" enum:"accepted,sent_back,withdrawn" doc:"accepted and sent_back are the asked office's; withdrawn is that of the office that asked."`
	Reason  string `json:"reason,omitempty" maxLength:"2000" doc:"Needed to send back and to withdraw."`
}

// AssistanceOf is a request as somebody sees it who may read both sides; code gives the code of an area.
func AssistanceOf(a contact.Assistance, code func(place.AreaID) string) Assistance {
	out := Assistance{ID: int64(a.ID), Code: a.ID.Code(), State: string(a.State), Tier: string(a.Tier), From: code(a.From), Area: code(a.Area), Case: int64(a.Case), Contact: int64(a.Contact), First: a.First.String(), Last: a.Last.String(),
		FirstAt: clock(a.FirstAt), LastAt: clock(a.LastAt), Seconds: a.Seconds, Setting: a.Setting, Clause: a.Clause, AskedAt: clock(a.AskedAt), AskedBy: a.AskedBy, Note: a.Note, AnsweredAt: clock(a.AnsweredAt), AnsweredBy: a.AnsweredBy,
		Reason: a.Reason, FoundAt: clock(a.FoundAt), QuarantinedAt: clock(a.QuarantinedAt), EndedAt: clock(a.EndedAt), Version: a.Version}
	if a.Outcome.Over() {
		out.Outcome = string(a.Outcome)
	}
	return out
}

// assistanceView is a request without what the caller may not read on the other side.
func (in *inside) assistanceView(c *call, a contact.Assistance) (Assistance, error) {
	out := AssistanceOf(a, in.code)
	for _, x := range []struct {
		action auth.Action
		area   place.AreaID
		id     *int64
	}{{auth.CaseRead, a.From, &out.Case}, {auth.ContactRead, a.Area, &out.Contact}} {
		ok, err := in.Sees(store.Within{Scope: auth.ScopeOf(c.actor, x.action, c.purpose, c.now)}, x.area)
		if err != nil {
			return out, err
		}
		if !ok {
			*x.id = 0
		}
	}
	return out, nil
}

// oneAssistance is a request, for a caller of either side.
func (c *call) oneAssistance(id int64) (out Assistance, err error) {
	var a contact.Assistance
	side := func(area func() place.AreaID) error {
		return c.record(auth.ContactRead, "assistance", id, func(r *store.Reader) (outbreak.ID, place.AreaID, error) {
			a, err = r.Assistance(contact.AssistanceID(id))
			return a.Outbreak, area(), err
		}, func(in *inside) (err error) {
			out, err = in.assistanceView(c, a)
			return err
		})
	}
	if err = side(func() place.AreaID { return a.Area }); err != nil {
		err = side(func() place.AreaID { return a.From })
	}
	return out, err
}

func (s *server) assistance() {
	type list struct {
		Asked
		Outbreak string `path:"outbreak" doc:"Name of the outbreak."`
		Area     string `query:"area" doc:"Code of a jurisdiction: only what lies in it or below."`
		Side     string `query:"side" enum:"in,out" doc:"in: what is asked of offices in the caller's areas; out: what they asked. Both where it is left out."`
		Open     bool   `query:"open" doc:"Only those for which somebody waits."`
		Before   int64  `query:"before" minimum:"0"`
		Limit    int    `query:"limit" minimum:"1" maximum:"1000" default:"50"`
	}
	operation(s, "list-assistance", http.MethodGet, "/api/outbreaks/{outbreak}/assistance", "List requests of one office to another to find somebody, the newest first", 200, func(c *call, in *list) (out AssistanceList, err error) {
		err = c.view(auth.ContactRead, in.Outbreak, in.Area, func(v *inside) error {
			found, err := v.AssistanceList(store.AssistanceFilter{Outbreak: v.o.ID, Within: v.within, In: in.Side == "in", Out: in.Side == "out", Open: in.Open, Before: contact.AssistanceID(in.Before)}, in.Limit+1)
			if err != nil {
				return err
			}
			if len(found) > in.Limit {
				found = found[:in.Limit]
				out.Next = strconv.FormatInt(int64(found[in.Limit-1].ID), 10)
			}
			out.Items = []Assistance{}
			for _, a := range found {
				x, err := v.assistanceView(c, a)
				if err != nil {
					return err
				}
				out.Items = append(out.Items, x)
			}
			return nil
		})
		return out, err
	})
	operation(s, "get-assistance", http.MethodGet, "/api/assistance/{id}", "One request to find somebody", 200, func(c *call, in *Record) (Assistance, error) {
		return c.oneAssistance(in.ID)
	})
	type ask struct {
		Record
		Body AssistanceAsked
	}
	operation(s, "ask-assistance", http.MethodPost, "/api/cases/{id}/assistance", "Ask the office of another district to find somebody whom the case told of", 201, func(c *call, in *ask) (out Assistance, err error) {
		var name string
		if err := c.oneCase(auth.CaseRead, in.ID, func(v *inside, _ cases.Case) error {
			name = v.o.Name
			return nil
		}); err != nil {
			return out, err
		}
		a, err := c.o.Commands.AskAssistance(c.ctx, c.by(), command.AskAssistance{Outbreak: name, Case: cases.ID(in.ID), Fields: in.Body.Fields, Note: in.Body.Note,
			Person: command.PersonFields{Identity: command.IdentityFields{Name: in.Body.Name, Document: in.Body.Document, Phone: in.Body.Phone}}})
		if err != nil {
			return out, err
		}
		return c.oneAssistance(int64(a.ID))
	})
	type answer struct {
		Record
		Body AssistanceAnswer
	}
	operation(s, "answer-assistance", http.MethodPost, "/api/assistance/{id}/answer", "Accept a request, by which the person is listed as a contact, send it back, or withdraw it", 200, func(c *call, in *answer) (out Assistance, err error) {
		if _, err := c.oneAssistance(in.ID); err != nil {
			return out, err
		}
		if _, err := c.o.Commands.AnswerAssistance(c.ctx, c.by(), command.AnswerAssistance{Assistance: contact.AssistanceID(in.ID), Version: in.Body.Version, Answer: contact.AssistanceState(in.Body.Answer), Reason: in.Body.Reason}); err != nil {
			return out, err
		}
		return c.oneAssistance(in.ID)
	})
}
