package api

import (
	"net/http"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/contact"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/vault"
)

// NameRequest says why names are needed. The purpose stands in the header.
type NameRequest struct {
	Reason string   `json:"reason" minLength:"1" maxLength:"200" pattern:"\\S" doc:"In the reader's words; the journal keeps it."`
	Fields []string `json:"fields,omitempty" enum:"name,document,phone" doc:"What is needed; the name when left out."`
}

// Names is what the vault holds of the person behind a record. What nobody gave is left out.
type Names struct {
	Name     string `json:"name,omitempty"`
	Document string `json:"document,omitempty"`
	Phone    string `json:"phone,omitempty"`
}

// vaultField is a field by its name here; the description lets no other in.
func vaultField(name string) vault.Field {
	switch name {
	case "document":
		return vault.FieldDocument
	case "phone":
		return vault.FieldPhone
	}
	return vault.FieldName
}

// open reads names through the vault, which checks the right for the purpose and writes each reading to the journal before it opens anything.
func (c *call) open(of task.Subject, in NameRequest) (out Names, err error) {
	ids := c.o.Commands.Identities()
	if ids == nil {
		return out, &command.Invalid{Field: "fields", Reason: "no vault is open"}
	}
	q := store.NameRequest{By: c.actor, Purpose: c.purpose, Reason: in.Reason, About: []task.Subject{of}}
	for _, f := range in.Fields {
		q.Fields = append(q.Fields, vaultField(f))
	}
	list, err := ids.Read(c.ctx, q)
	if err != nil {
		return out, err
	}
	return Names{list[0].Name.Reveal(), list[0].Document.Reveal(), list[0].Number.Reveal()}, nil
}

// Kept says that what was sent is in the vault.
type Kept struct {
	Fields []string `json:"fields"`
}

func (c *call) identify(of task.Subject, n Names) (out Kept, err error) {
	for _, f := range []struct{ name, text string }{{"name", n.Name}, {"document", n.Document}, {"phone", n.Phone}} {
		if f.text != "" {
			out.Fields = append(out.Fields, f.name)
		}
	}
	return out, c.o.Commands.Identify(c.ctx, c.by(), command.Identify{Of: of, Fields: command.IdentityFields{Name: n.Name, Document: n.Document, Phone: n.Phone}})
}

func (s *server) names() {
	type read struct {
		Record
		Body NameRequest
	}
	type write struct {
		Record
		Body Names
	}
	for _, noun := range []struct {
		one, path string
		write     auth.Action
		there     func(*call, auth.Action, int64) error
		subject   task.SubjectKind
	}{
		{"case", "/api/cases/{id}", auth.CaseWrite, func(c *call, a auth.Action, id int64) error { return c.oneCase(a, id, seen) }, task.OnCase},
		{"contact", "/api/contacts/{id}", auth.ContactWrite, func(c *call, a auth.Action, id int64) error {
			return c.oneContact(a, id, func(*inside, contact.Contact) error { return nil })
		}, task.OnContact},
	} {
		operation(s, "read-names-of-"+noun.one, http.MethodPost, noun.path+"/names", "Read the name, document or telephone number of a "+noun.one+": for a purpose, with a reason; the journal keeps both", 200, func(c *call, in *read) (out Names, err error) {
			if err := noun.there(c, auth.NameRead, in.ID); err != nil {
				return out, err
			}
			return c.open(task.Subject{Kind: noun.subject, ID: in.ID}, in.Body)
		})
		operation(s, "identify-"+noun.one, http.MethodPut, noun.path+"/identity", "Correct what the vault keeps of the person; what is left out stays", 200, func(c *call, in *write) (out Kept, err error) {
			if err := noun.there(c, noun.write, in.ID); err != nil {
				return out, err
			}
			return c.identify(task.Subject{Kind: noun.subject, ID: in.ID}, in.Body)
		})
	}
}
