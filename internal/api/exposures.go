package api

import (
	"net/http"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/cases"
	"firebreak/internal/command"
	"firebreak/internal/contact"
	"firebreak/internal/store"
)

// NewExposure says whom a contact met.
type NewExposure struct {
	Case      int64  `json:"case,omitempty" doc:"The case they met."`
	Parent    int64  `json:"parent,omitempty" doc:"The close contact they met, where it was no case."`
	First     string `json:"first,omitempty" doc:"YYYY-MM-DD; left out where only the last day is known."`
	Last      string `json:"last" doc:"YYYY-MM-DD"`
	Tier      string `json:"tier,omitempty" enum:"close,secondary,general" doc:"close for a case, secondary for a contact, when left out"`
	Certainty string `json:"certainty,omitempty" enum:"possible,probable,confirmed"`
	Setting   string `json:"setting,omitempty" maxLength:"2000" doc:"Where they met."`
	SaidBy    string `json:"said_by,omitempty" maxLength:"200" doc:"Who said so; the caller when left out."`
}

// Exposure is one case or contact whom a contact met.
type Exposure struct {
	ID int64 `json:"id"`
	NewExposure
	SourceCode string `json:"source_code,omitempty" doc:"What an import calls the case, while none of that code is known."`
	EndedAt    string `json:"ended_at,omitempty" doc:"When it was found to be none; left out while it stands."`
	EndReason  string `json:"end_reason,omitempty"`
	Version    int64  `json:"version"`
}

// Exposures is a list.
type Exposures struct {
	Items []Exposure `json:"items"`
}

// ExposureEnd takes an exposure back.
type ExposureEnd struct {
	Version int64  `json:"version"`
	Reason  string `json:"reason" maxLength:"2000"`
}

func exposureView(e contact.Exposure) Exposure {
	out := Exposure{ID: int64(e.ID), SourceCode: e.SourceCode, EndReason: e.EndReason, Version: e.Version, NewExposure: NewExposure{Case: int64(e.Case), Parent: int64(e.Parent),
		First: e.First.String(), Last: e.Last.String(), Tier: string(e.Tier), Certainty: string(e.Certainty), Setting: e.Setting, SaidBy: e.SaidBy}}
	if !e.Stands() {
		out.EndedAt = e.EndedAt.UTC().Format(time.RFC3339Nano)
	}
	return out
}

func (s *server) exposures() {
	operation(s, "list-exposures", http.MethodGet, "/api/contacts/{id}/exposures", "Whom a contact met, those found to be none included", 200, func(c *call, in *Record) (out Exposures, err error) {
		return out, c.oneContact(auth.ContactRead, in.ID, func(v *inside, k contact.Contact) error {
			list, err := v.Exposures(k.ID)
			out.Items = make([]Exposure, len(list))
			for i, e := range list {
				out.Items[i] = exposureView(e)
			}
			return err
		})
	})
	type add struct {
		Record
		Body NewExposure
	}
	operation(s, "add-exposure", http.MethodPost, "/api/contacts/{id}/exposures", "Say that a contact met another case or contact; the same one again joins what is known", 200, func(c *call, in *add) (out Contact, err error) {
		if _, err := c.contactFor(auth.ContactWrite, in.ID); err != nil {
			return out, err
		}
		b := in.Body
		if _, err := c.o.Commands.AddExposure(c.ctx, c.by(), command.AddExposure{Contact: contact.ID(in.ID), Case: cases.ID(b.Case), Parent: contact.ID(b.Parent), First: b.First, Last: b.Last, Tier: b.Tier,
			Certainty: b.Certainty, Setting: b.Setting, SaidBy: b.SaidBy}); err != nil {
			return out, err
		}
		return c.contactFor(auth.ContactWrite, in.ID)
	})
	type end struct {
		Record
		Body ExposureEnd
	}
	operation(s, "end-exposure", http.MethodPost, "/api/exposures/{id}/end", "Say that they did not meet after all; the other exposures of the contact hold", 200, func(c *call, in *end) (out Contact, err error) {
		var of int64
		if err := c.o.Commands.DB().View(c.ctx, func(r *store.Reader) error {
			e, err := r.Exposure(contact.ExposureID(in.ID))
			of = int64(e.Contact)
			return err
		}); err != nil {
			return out, err
		}
		if _, err := c.contactFor(auth.ContactWrite, of); err != nil {
			return out, err
		}
		if _, err := c.o.Commands.EndExposure(c.ctx, c.by(), command.EndExposure{Exposure: contact.ExposureID(in.ID), Version: in.Body.Version, Reason: in.Body.Reason}); err != nil {
			return out, err
		}
		return c.contactFor(auth.ContactWrite, of)
	})
}
