package command

import (
	"strings"

	"firebreak/internal/outbreak"
	"firebreak/internal/store"
)

// FindGuest finds who is to be given a bed by the code that staff read on the list: of a case, or of a contact.
func FindGuest(r *store.Reader, o outbreak.ID, caseCode, contactCode, room string) (g Guest, err error) {
	g.Room = strings.TrimSpace(room)
	caseCode, contactCode = strings.TrimSpace(caseCode), strings.TrimSpace(contactCode)
	switch {
	case (caseCode == "") == (contactCode == ""):
		return g, &Invalid{Field: "case", Reason: "or contact is needed, and not both"}
	case caseCode != "":
		c, err := r.CaseByCode(o, caseCode)
		if isNotFound(err) {
			err = &Invalid{"case", caseCode, "is not the code of a known case"}
		}
		g.Case = c.GoesOn()
		return g, err
	}
	known, err := r.ContactsByCodes(o, []string{contactCode})
	if err != nil {
		return g, err
	}
	for _, c := range known {
		g.Contact = c.GoesOn()
	}
	if g.Contact == 0 {
		err = &Invalid{"contact", contactCode, "is not the code of a known contact"}
	}
	return g, err
}
