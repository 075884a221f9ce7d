package api

import (
	"errors"
	"net/http"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/cases"
	"firebreak/internal/command"
	"firebreak/internal/contact"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

// Contact is a contact of a case (close, general) or of a close contact (secondary).
type Contact struct {
	ID      int64             `json:"id"`
	Code    string            `json:"code"`
	Person  int64             `json:"person"`
	Tier    string            `json:"tier"`
	State   string            `json:"state"`
	Area    string            `json:"area"`
	Case    int64             `json:"case,omitempty" doc:"The case they met."`
	Parent  int64             `json:"parent,omitempty" doc:"The close contact they met."`
	EndsOn  string            `json:"ends_on,omitempty" doc:"Last day of follow-up."`
	Became  int64             `json:"became_case,omitempty"`
	Version int64             `json:"version"`
	Fields  map[string]string `json:"fields"`
	Known   bool              `json:"known,omitempty" doc:"Of one just listed: the register knew the document, so that no new person was made, and what it says of them was not changed."`
}

func (in *inside) contactView(k contact.Contact) Contact {
	return Contact{int64(k.ID), k.Code, int64(k.Person), string(k.Tier), string(k.State), in.code(k.Area), int64(k.Case), int64(k.Parent), k.EndsOn.String(), int64(k.BecameCase),
		k.Version, command.ContactFields(k, in.loc, in.tree), false}
}

// Contacts is a page.
type Contacts struct {
	Items []Contact `json:"items"`
	Next  string    `json:"next,omitempty"`
	Prev  string    `json:"prev,omitempty"`
}

// NewContact names a person as a contact.
type NewContact struct {
	Code   string            `json:"code,omitempty" maxLength:"200" doc:"Unique in the outbreak; made up when left out."`
	Case   int64             `json:"case,omitempty" doc:"The case they met."`
	Parent int64             `json:"parent,omitempty" doc:"The close contact they met, for a secondary contact."`
	Person Person            `json:"person,omitempty"`
	Fields map[string]string `json:"fields" doc:"last_exposed is needed."`
}

// ContactCorrection changes a contact, or ends its follow-up by decision.
type ContactCorrection struct {
	Correction
	State string `json:"state,omitempty" enum:"lost,dropped" doc:"Ends follow-up; needs a reason."`
}

// Check is what a visit or call found.
type Check struct {
	ID          int64    `json:"id,omitempty" readOnly:"true"`
	On          string   `json:"on,omitempty" readOnly:"true"`
	At          string   `json:"at,omitempty" doc:"Instant; now when left out."`
	Slot        int      `json:"slot,omitempty" minimum:"0" maximum:"23" doc:"Count within the day, from 0. The same contact, day and slot again replaces what was there."`
	Seen        bool     `json:"seen"`
	Temperature float64  `json:"temperature,omitempty" doc:"°C"`
	Symptoms    []string `json:"symptoms,omitempty"`
	Note        string   `json:"note,omitempty" maxLength:"2000"`
	Self        bool     `json:"self,omitempty" readOnly:"true" doc:"They answered for themselves, by their link; nobody saw them."`
}

// Checks is a list.
type Checks struct {
	Items []Check `json:"items"`
}

func (c *call) oneContact(action auth.Action, id int64, show func(*inside, contact.Contact) error) error {
	var k contact.Contact
	return c.record(action, "contact", id, func(r *store.Reader) (outbreak.ID, place.AreaID, error) {
		var err error
		k, err = r.Contact(contact.ID(id))
		return k.Outbreak, k.Area, err
	}, func(in *inside) error { return show(in, k) })
}

type contactList struct {
	Listed
	Sort     string   `query:"sort" enum:"id,code,listed,ends" default:"id"`
	Tier     []string `query:"tier" doc:"close, secondary or general, parted by commas"`
	State    []string `query:"state" doc:"listed, followed, released, became_case, lost or dropped, parted by commas"`
	Code     string   `query:"code" doc:"The code begins with this."`
	Case     int64    `query:"case" doc:"The case they met."`
	Parent   int64    `query:"parent" doc:"The close contact they met."`
	EndsFrom string   `query:"ends_from" doc:"YYYY-MM-DD"`
	EndsTo   string   `query:"ends_to" doc:"YYYY-MM-DD, included"`
	Late     bool     `query:"late" doc:"Only those with a task that is late now."`
}

func (l *contactList) filter(now time.Time) (f store.ContactFilter, err error) {
	f.Code, f.Case, f.Parent = l.Code, cases.ID(l.Case), contact.ID(l.Parent)
	if f.Tiers, err = words("tier", l.Tier, contact.ParseTier); err != nil {
		return f, err
	}
	if f.States, err = words("state", l.State, contact.ParseState); err != nil {
		return f, err
	}
	if l.Late {
		f.LateAt = now
	}
	f.EndsOn, err = days("ends", l.EndsFrom, l.EndsTo)
	return f, err
}

func (s *server) contacts() {
	operation(s, "list-contacts", http.MethodGet, "/api/outbreaks/{outbreak}/contacts", "List contacts", 200, func(c *call, in *contactList) (out Contacts, err error) {
		f, err := in.filter(c.now)
		if err != nil {
			return out, err
		}
		err = c.view(auth.ContactRead, in.Outbreak, in.Area, func(v *inside) error {
			f.Outbreak, f.Within = v.o.ID, v.within
			p, err := v.Contacts(f, store.ContactOrder(in.Sort), in.page())
			out = Contacts{Items: make([]Contact, len(p.Contacts)), Next: p.Next, Prev: p.Prev}
			for i, k := range p.Contacts {
				out.Items[i] = v.contactView(k)
			}
			return err
		})
		return out, err
	})
	type create struct {
		Asked
		Outbreak string `path:"outbreak"`
		Body     NewContact
	}
	operation(s, "list-contact", http.MethodPost, "/api/outbreaks/{outbreak}/contacts", "Name a person as a contact: whose document the register knows is that person, and one who is a contact already has the exposure brought up to date", 201, func(c *call, in *create) (out Contact, err error) {
		c.fields = command.ContactFieldNames()
		k, err := c.o.Commands.ListContact(c.ctx, c.by(), command.ListContact{Outbreak: in.Outbreak, Code: in.Body.Code, Case: cases.ID(in.Body.Case), Parent: contact.ID(in.Body.Parent),
			Person: in.Body.Person.order(), Fields: in.Body.Fields})
		if err != nil {
			return out, err
		}
		out, err = c.contactFor(auth.ContactWrite, int64(k.ID))
		out.Known = k.Known
		return out, err
	})
	operation(s, "get-contact", http.MethodGet, "/api/contacts/{id}", "A contact with all its fields", 200, func(c *call, in *Record) (Contact, error) {
		return c.contactFor(auth.ContactRead, in.ID)
	})
	type correct struct {
		Record
		Body ContactCorrection
	}
	operation(s, "correct-contact", http.MethodPatch, "/api/contacts/{id}", "Correct a contact, fill in fields, or end follow-up by decision", 200, func(c *call, in *correct) (out Contact, err error) {
		c.fields = command.ContactFieldNames()
		if _, err := c.contactFor(auth.ContactWrite, in.ID); err != nil {
			return out, err
		}
		order := command.CorrectContact{Contact: contact.ID(in.ID), Version: in.Body.Version, Fields: in.Body.Fields, State: contact.State(in.Body.State), Reason: in.Body.Reason}
		if _, err := c.o.Commands.CorrectContact(c.ctx, c.by(), order); err != nil {
			return out, c.conflictContact(in.ID, err)
		}
		return c.contactFor(auth.ContactWrite, in.ID)
	})
	operation(s, "list-checks", http.MethodGet, "/api/contacts/{id}/checks", "The follow-up checks of a contact", 200, func(c *call, in *Record) (out Checks, err error) {
		return out, c.oneContact(auth.ContactRead, in.ID, func(v *inside, k contact.Contact) error {
			list, err := v.Checks(k.ID)
			out.Items = make([]Check, len(list))
			for i, x := range list {
				out.Items[i] = checkView(x)
			}
			return err
		})
	})
	type check struct {
		Record
		Body Check
	}
	operation(s, "record-check", http.MethodPost, "/api/contacts/{id}/checks", "Record a follow-up check; may be sent twice", 200, func(c *call, in *check) (out Contact, err error) {
		if _, err := c.contactFor(auth.FollowUpWrite, in.ID); err != nil {
			return out, err
		}
		b := in.Body
		_, err = c.o.Commands.RecordCheck(c.ctx, c.by(), command.RecordCheck{Contact: contact.ID(in.ID), At: b.At, Slot: b.Slot, Seen: b.Seen, Temperature: b.Temperature, Symptoms: b.Symptoms, Note: b.Note})
		if err != nil {
			return out, err
		}
		return c.contactFor(auth.FollowUpWrite, in.ID)
	})
	operation(s, "list-contact-tasks", http.MethodGet, "/api/contacts/{id}/tasks", "All tasks of a contact, oldest first", 200, func(c *call, in *Record) (out Tasks, err error) {
		if _, err := c.within(auth.TaskRead); err != nil {
			return out, err
		}
		return out, c.oneContact(auth.ContactRead, in.ID, func(v *inside, _ contact.Contact) error {
			out, err = v.tasksOf(c, task.Subject{Kind: task.OnContact, ID: in.ID})
			return err
		})
	})
	operation(s, "list-contact-history", http.MethodGet, "/api/contacts/{id}/history", "The newest facts about a contact, newest first", 200, func(c *call, in *Record) (out Entries, err error) {
		return out, c.oneContact(auth.ContactRead, in.ID, func(v *inside, _ contact.Contact) error {
			out, err = v.history(task.Subject{Kind: task.OnContact, ID: in.ID}, historyMost)
			return err
		})
	})
}

// contactFor shows one contact to a caller who may do the action on it.
func (c *call) contactFor(action auth.Action, id int64) (out Contact, err error) {
	err = c.oneContact(action, id, func(v *inside, k contact.Contact) error {
		out = v.contactView(k)
		return nil
	})
	return out, err
}

// conflictContact adds to a conflict what changed meanwhile, where the caller may read it.
func (c *call) conflictContact(id int64, err error) error {
	var conflict *store.Conflict
	if !errors.As(err, &conflict) {
		return err
	}
	var fields map[string]string
	var changes Entries
	if see := c.oneContact(auth.ContactRead, id, func(v *inside, k contact.Contact) (err error) {
		fields = v.contactView(k).Fields
		changes, err = v.history(task.Subject{Kind: task.OnContact, ID: id}, changesMost(conflict))
		return err
	}); see != nil {
		return err
	}
	return &failed{err, func(p *Problem) { p.Conflict.Fields, p.Conflict.Changes = fields, changes.Items }}
}
