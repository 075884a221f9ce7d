package command

import (
	"context"
	"fmt"

	"firebreak/internal/checks"
	"firebreak/internal/contact"
	"firebreak/internal/store"
)

// ReportCheck is that somebody in quarantine, or watched at home, says how they are, by the link on their notice. Whoever has the link may: there is no log-in.
type ReportCheck struct {
	Code        string
	Temperature float64  // °C, 0 when not taken
	Symptoms    []string // words of contact.Symptoms; empty: they feel well
}

// ReportCheck carries out the order: the check of this part of the day, as staff would enter it, and marked as their own.
//
// Errors: wrapping checks.ErrNoCode or checks.ErrOver; *Invalid.
func (c *Commands) ReportCheck(ctx context.Context, by By, in ReportCheck) (out contact.Contact, err error) {
	if c.identities == nil {
		return out, fmt.Errorf("check by link: %w", checks.ErrNoCode)
	}
	for i, s := range in.Symptoms {
		if _, err := contact.ParseSymptom(s); err != nil {
			return out, &Invalid{fmt.Sprintf("symptoms[%d]", i), s, contact.ErrSymptom.Error()}
		}
	}
	err = c.db.Update(ctx, func(tx *store.Tx) error {
		v, err := c.identities.Vault(&tx.Reader)
		if err != nil {
			return err
		}
		link, err := checks.Find(&tx.Reader, v, in.Code)
		if err != nil {
			return fmt.Errorf("check by link: %w", err)
		}
		o, err := tx.Outbreak(link.Contact.Outbreak)
		if err != nil {
			return err
		}
		return c.run(tx, by, o, func(u *unit) (err error) {
			out, err = u.recordCheck(RecordCheck{Contact: link.Contact.ID, Slot: checks.Slot(u.pack, link.Contact.Tier, u.now, u.loc), Seen: true, Temperature: in.Temperature, Symptoms: in.Symptoms, self: true})
			return err
		})
	})
	return out, err
}
