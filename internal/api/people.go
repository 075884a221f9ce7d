package api

import (
	"net/http"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/person"
	"firebreak/internal/vault"
)

// Documents are those of people who are looked for.
type Documents struct {
	Documents []string `json:"documents" minItems:"1" maxItems:"10000" doc:"Numbers of identity cards, passports or the like, whole."`
}

// Found is whom the documents are of, each in the place of its document.
type Found struct {
	Items []FoundPerson `json:"items"`
}

// FoundPerson is somebody whom the vault knows by a document. Nothing that is sealed is told.
type FoundPerson struct {
	Person int64  `json:"person,omitempty" doc:"Their number, for a new case or contact; left out where nobody in the caller's areas has the document."`
	Code   string `json:"code,omitempty" doc:"The code that they carry."`
	Area   string `json:"area,omitempty"`
}

func (s *server) people() {
	type find struct {
		Asked
		Outbreak string `path:"outbreak"`
		Body     Documents
	}
	operation(s, "find-people", http.MethodPost, "/api/outbreaks/{outbreak}/people/find", "Find people by their documents, so that a case or contact is entered as who they are; for whoever may read names", 200, func(c *call, in *find) (out Found, err error) {
		ids := c.o.Commands.Identities()
		if ids == nil {
			return out, &command.Invalid{Field: "documents", Reason: "no vault is open"}
		}
		ask := make([]vault.Secret, len(in.Body.Documents))
		for i, d := range in.Body.Documents {
			ask[i] = vault.NewSecret(d)
		}
		out.Items = make([]FoundPerson, len(ask))
		return out, c.view(auth.NameRead, in.Outbreak, "", func(v *inside) error {
			found, err := ids.FindMany(v.Reader, vault.FieldDocument, ask)
			if err != nil {
				return err
			}
			var all []person.ID
			for _, list := range found {
				all = append(all, list...)
			}
			known, err := v.PeopleByID(all)
			if err != nil {
				return err
			}
			codes, err := ids.Vault(v.Reader)
			if err != nil {
				return err
			}
			for i, list := range found {
				for _, id := range list {
					p, ok := known[id]
					if ok {
						ok, err = v.sees(p.Area)
					}
					if err != nil {
						return err
					}
					if ok {
						out.Items[i] = FoundPerson{int64(id), codes.PersonCode(id), v.code(p.Area)}
						break
					}
				}
			}
			return nil
		})
	})
}
