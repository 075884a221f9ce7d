package command

import (
	"strconv"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/journal"
	"firebreak/internal/response"
)

// exposureRecord is an exposure as the order sees it.
type exposureRecord struct {
	contact.Exposure
	fresh bool // not in the store yet
	dirty bool
}

// met says whether an exposure to a case, or to a contact, stands.
func (c *contactRecord) met(of caseID, parent contactID) bool {
	for _, e := range c.exposures {
		if e.Stands() && e.Case == of && e.Parent == parent {
			return true
		}
	}
	return false
}

// exposuresOf returns whom a contact met.
func (w *world) exposuresOf(c *contactRecord) ([]*exposureRecord, error) {
	if c.read {
		return c.exposures, nil
	}
	if c.fresh == nil {
		list, err := w.storedExposures(c.ID)
		if err != nil {
			return nil, err
		}
		for _, e := range list {
			c.exposures = append(c.exposures, &exposureRecord{Exposure: e})
		}
	}
	c.read = true
	return c.exposures, nil
}

// exposureFacts returns whom a contact met, with what is known of them.
func (w *world) exposureFacts(c *contactRecord) ([]response.ExposureFacts, error) {
	list, err := w.exposuresOf(c)
	if err != nil {
		return nil, err
	}
	out := make([]response.ExposureFacts, 0, len(list))
	for _, e := range list {
		f := response.ExposureFacts{Exposure: e.Exposure}
		if e.Case != 0 {
			k, err := w.getCase(e.Case)
			if err != nil {
				return nil, err
			}
			source := k.Case
			f.Source = &source
		}
		if e.Parent != 0 {
			k, err := w.getContact(e.Parent)
			if err != nil {
				return nil, err
			}
			parent := k.Contact
			f.Parent = &parent
			if f.ParentSpecimens, err = w.specimensOf(parent.Person); err != nil {
				return nil, err
			}
			if f.ParentBecame, err = w.became(&parent); err != nil {
				return nil, err
			}
		}
		out = append(out, f)
	}
	return out, nil
}

// expose writes down whom a contact met: another exposure, or what more is known of one. It says whether that tells anything new.
func (w *world) expose(c *contactRecord, e contact.Exposure) (bool, error) {
	list, err := w.exposuresOf(c)
	if err != nil {
		return false, err
	}
	if e.Tier == "" {
		e.Tier = c.Tier
	}
	e.Outbreak, e.Contact, e.District = w.o.ID, c.ID, c.District
	for _, k := range list {
		if !k.SameSource(e) {
			continue
		}
		joined := k.Join(e)
		if joined == k.Exposure {
			return false, nil
		}
		k.Exposure, k.dirty = joined, true
		return true, nil
	}
	if e.ID, err = w.tx.ExposureIDs(1); err != nil {
		return false, err
	}
	c.exposures = append(c.exposures, &exposureRecord{Exposure: e, fresh: true})
	return true, nil
}

// promote writes down the exposure that a rule orders: whoever met a close contact met a case.
func (w *world) promote(c *contactRecord, a response.SetTier) error {
	_, err := w.expose(c, contact.Exposure{Case: a.Case, First: c.FirstExposed, Last: c.LastExposed, Tier: a.Tier, Certainty: cases.Likely, Setting: c.Setting, SaidBy: "rule:" + a.Because.Rule})
	c.Case = a.Case
	return err
}

// settle makes a contact what their exposures make them.
func (w *world) settle(a response.Settle) ([]response.Trigger, error) {
	c, err := w.getContact(a.As.ID)
	if err != nil {
		return nil, err
	}
	from := c.Tier
	changed, tier := a.SettleInto(&c.Contact)
	c.dirty = c.dirty || changed
	if !tier {
		return nil, nil
	}
	t, err := w.byRule(journal.ContactTierChanged, onContact(c.ID), c.Area, a.At, a.Because, map[string]any{"from": from, "tier": c.Tier, "case": c.Case, "parent": c.Parent})
	return []response.Trigger{t}, err
}

// told is the exposure that a new contact names by itself.
func told(c contact.Contact, by By) contact.Exposure {
	return contact.Exposure{Case: c.Case, Parent: c.Parent, SourceCode: c.SourceCode, First: c.FirstExposed, Last: c.LastExposed, Tier: c.Tier, Setting: c.Setting, SaidBy: by.Name()}
}

// exposed is the fact that a known contact met somebody, or that more is known of it, and what the rules make of it. Who was given up, or let go, is taken up
// again when it makes them nearer or longer a contact.
func (u *unit) exposed(c *contactRecord, e contact.Exposure) error {
	news, err := u.expose(c, e)
	if err != nil || !news {
		return err
	}
	facts, err := u.exposureFacts(c)
	if err != nil {
		return err
	}
	is := response.SettleContact(c.Contact, facts)
	if c.State.Over() && c.State != contact.BecameCase && (is.Tier.Nearer(c.Tier) || is.LastExposed > c.LastExposed) {
		c.State, c.EndedAt, c.EndedBy = contact.Listed, time.Time{}, ""
	}
	c.dirty = true
	payload := map[string]any{"case": e.Case, "parent": e.Parent, "first": e.First, "last": e.Last, "tier": e.Tier, "certainty": e.Certainty, "said_by": e.SaidBy}
	ref, err := u.fact(journal.ContactExposed, onContact(c.ID), c.Area, u.now, payload)
	if err != nil {
		return err
	}
	return u.react(response.Trigger{Kind: journal.ContactExposed, Subject: onContact(c.ID), Ref: ref, At: u.now})
}

// correctExposures carries what a person corrected in a contact over to whom they met: the tier is their judgement of all of it; days belong to one exposure, and
// where there are several must be corrected there.
func (u *unit) correctExposures(c *contactRecord, was contact.Contact) error {
	if c.Tier == was.Tier && c.FirstExposed == was.FirstExposed && c.LastExposed == was.LastExposed && c.Setting == was.Setting {
		return nil
	}
	list, err := u.exposuresOf(c)
	if err != nil {
		return err
	}
	var stand []*exposureRecord
	for _, e := range list {
		if e.Stands() {
			stand = append(stand, e)
		}
	}
	if len(stand) > 1 {
		for _, d := range []struct {
			field    string
			was, now string
		}{{"first_exposed", was.FirstExposed.String(), c.FirstExposed.String()}, {"last_exposed", was.LastExposed.String(), c.LastExposed.String()}} {
			if d.was != d.now {
				return &Invalid{d.field, d.now, "follows from " + strconv.Itoa(len(stand)) + " exposures: add or end the one that is wrong"}
			}
		}
	}
	for _, e := range stand {
		before := e.Exposure
		if c.Tier != was.Tier {
			e.Tier = c.Tier
		}
		if len(stand) == 1 {
			e.First, e.Last, e.Setting = c.FirstExposed, c.LastExposed, c.Setting
		}
		e.dirty = e.dirty || e.Exposure != before
	}
	return nil
}

// flushExposures writes the exposures that the order changed.
func (w *world) flushExposures() error {
	var fresh []*contact.Exposure
	for _, id := range w.contOrder {
		for _, e := range w.contacts[id].exposures {
			switch {
			case e.fresh:
				fresh = append(fresh, &e.Exposure)
			case e.dirty:
				if err := w.tx.UpdateExposure(&e.Exposure); err != nil {
					return err
				}
			}
		}
	}
	return w.tx.AddExposures(fresh)
}
