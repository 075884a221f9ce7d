package command

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/exchange"
	"firebreak/internal/journal"
	"firebreak/internal/person"
	"firebreak/internal/response"
	"firebreak/internal/store"
	"firebreak/internal/vault"
)

// findContacts finds whom the documents of contact rows are of, where the code of the row is new:
//
//  1. Nobody, and no earlier row has it: a new person.
//  2. An earlier row has it: the row says more of that row's contact.
//  3. Somebody who is a contact here: the row says more of that contact.
//  4. Anybody else whom the register knows: they are the contact. Who is ill as a case is a contact who became it.
//
// Rejected are rows of whoever is known in an area that the import may not touch, and of a case that is told to have met nobody but itself.
func (k *knownRows) findContacts(rows []exchange.Record) error {
	var list []*exchange.Record
	var codes, sources []string
	for i := range rows {
		if x := &rows[i]; x.Contact != nil && !x.Rejected && !x.Repeat && x.Contact.Document != "" {
			list, codes, sources = append(list, x), append(codes, x.Contact.Code), append(sources, x.Contact.SourceCodes...)
		}
	}
	if len(list) == 0 || k.ids == nil {
		return nil
	}
	known, err := k.r.ContactsByCodes(k.o.ID, unique(codes))
	if err != nil {
		return err
	}
	coded, err := k.r.CasesByCodes(k.o.ID, unique(slices.Concat(codes, sources)))
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(x *exchange.Record) bool {
		_, isContact := known[x.Contact.Code]
		_, isCase := coded[x.Contact.Code]
		return isContact || isCase
	})
	found, sick, met, err := k.whose(list, func(x *exchange.Record) string { return x.Contact.Document })
	if err != nil {
		return err
	}
	earlier := map[string]string{} // code of the first row, by document
	seen := map[string]bool{}      // codes: the first row of each says who it is
	for i, x := range list {
		row, document := x.Contact, vault.Normalise(vault.FieldDocument, x.Contact.Document)
		p := listed(found[i], met)
		if p != 0 && metItself(row.SourceCodes, p, coded) {
			k.rejectContact(x, "has the document of the case whom they are said to have met: nobody is a contact of themselves")
			continue
		}
		if seen[row.Code] {
			continue
		}
		if was := earlier[document]; was != "" {
			k.same[row.Code], seen[row.Code] = was, true
			continue
		}
		if p != 0 && !k.takeContact(x, p, met[p], sick[p]) {
			continue
		}
		seen[row.Code] = true
		if k.contacts[row.Code] == 0 {
			earlier[document] = row.Code
		}
	}
	return nil
}

// listed is who of several with one document is meant: who is a contact here already, or else whoever was there first.
func listed(found []person.ID, met map[person.ID][]contact.Contact) person.ID {
	if len(found) == 0 {
		return 0
	}
	if i := slices.IndexFunc(found, func(p person.ID) bool { return len(met[p]) > 0 }); i >= 0 {
		return found[i]
	}
	return found[0]
}

// takeContact notes who a row is, whom the register knows; it says whether the row stands.
func (k *knownRows) takeContact(x *exchange.Record, p person.ID, met []contact.Contact, sick []cases.Case) bool {
	if len(met) > 0 {
		if !k.within(met[0].Area) {
			k.rejectContact(x, "has the document of somebody who is a contact in another area: ask the office there")
			return false
		}
		k.contacts[x.Contact.Code] = met[0].GoesOn()
		return true
	}
	for _, c := range sick {
		if c.Closed() {
			continue
		}
		if !k.within(c.Area) {
			k.rejectContact(x, "has the document of somebody who has an open case in another area: ask the office there")
			return false
		}
		if ill(c) {
			k.sick[x.Contact.Code] = c.GoesOn()
			break
		}
	}
	k.people[x.Contact.Code] = p
	return true
}

// metItself says whether somebody is said to have met cases, and each of them is their own.
func metItself(sources []string, p person.ID, coded map[string]store.Stored) bool {
	return len(sources) > 0 && !slices.ContainsFunc(sources, func(code string) bool {
		c, ok := coded[code]
		return !ok || c.Person != p
	})
}

func (k *knownRows) rejectContact(x *exchange.Record, reason string) {
	p := exchange.Problem{Row: x.Row, Column: string(exchange.FieldDocument), Value: x.Contact.Code, Severity: exchange.Reject, Reason: reason}
	x.Contact, x.Links, x.Rejected = nil, nil, true
	x.Problems = append(x.Problems, p)
}

// alias is the contact whom a row is about under another code; nil where the row's own code is theirs.
func (b *batch) alias(r *exchange.ContactRecord) (*contactRecord, error) {
	if was := b.found.same[r.Code]; was != "" {
		return b.newContacts[was], nil
	}
	if id := b.found.contacts[r.Code]; id != 0 {
		return b.getContact(id)
	}
	return nil, nil
}

// metAgain takes in a row about a contact who is known under another code, as if somebody had named them once more: whom they met is added, what was not known of them is kept, and nothing on record is changed by it.
func (b *batch) metAgain(rec *contactRecord, r *exchange.ContactRecord) error {
	if err := b.keepNames(rec.Person, &r.Person, true); err != nil {
		return err
	}
	was := rec.Contact
	tier, given := tierWords[strings.ToLower(strings.TrimSpace(r.Tier))]
	if !given {
		tier = rec.Tier
	}
	last := firstDay(r.LastExposure, r.FirstExposure, rec.LastExposed)
	news := false
	for _, code := range r.SourceCodes {
		e := contact.Exposure{First: r.FirstExposure, Last: last, Tier: tier, Setting: r.Setting, SaidBy: "import:" + b.by.Name()}
		if b.sourceOf(&e, code, rec) {
			continue
		}
		more, err := b.expose(rec, e)
		if err != nil {
			return err
		}
		news = news || more
	}
	if len(r.SourceCodes) == 0 {
		list, err := b.exposuresOf(rec)
		if err != nil {
			return err
		}
		if len(list) == 0 && last > rec.LastExposed { // nobody has said whom they met, and the days are all that is known
			rec.LastExposed, news = last, true
		}
	}
	if rec.QuarantineAt.IsZero() && !r.Quarantined.IsZero() {
		rec.QuarantineAt, news = endOf(r.Quarantined, b.loc), true
		if rec.State == contact.Listed {
			rec.State, rec.ReachedAt = contact.Followed, rec.QuarantineAt
		}
	}
	rec.Relation, rec.Setting = cmp.Or(rec.Relation, r.Relation), cmp.Or(rec.Setting, r.Setting)
	noted := rec.otherCode(r.Code) || rec.Relation != was.Relation || rec.Setting != was.Setting
	if !news && !noted {
		b.im.out.Unchanged++
		return nil
	}
	rec.dirty = true
	b.im.out.Updated++
	facts, err := b.exposureFacts(rec)
	if err != nil {
		return err
	}
	if is := response.SettleContact(rec.Contact, facts); news && rec.State.Over() && rec.State != contact.BecameCase && (is.Tier.Nearer(was.Tier) || is.LastExposed > was.LastExposed) {
		rec.State, rec.EndedAt, rec.EndedBy = contact.Listed, time.Time{}, ""
	}
	kind := journal.ContactCorrected
	if news {
		kind = journal.ContactExposed
	}
	ref, err := b.append(journal.Entry{Kind: kind, Subject: onContact(rec.ID), Area: rec.Area, Actor: "import:" + b.by.Name(), Cause: b.at(r.Row)},
		map[string]any{"code": r.Code, "sources": r.SourceCodes, "first": r.FirstExposure, "last": last, "tier": tier})
	if err != nil {
		return err
	}
	b.triggers = append(b.triggers, response.Trigger{Kind: kind, Subject: onContact(rec.ID), Ref: ref, At: b.now})
	return nil
}

// otherCode keeps another code that a file has for a contact, so that whoever holds the file finds them; it says whether that is new.
func (c *contactRecord) otherCode(code string) bool {
	const attribute = "other_codes"
	had := c.Attributes[attribute]
	if code == c.Code || slices.Contains(strings.Split(had, ", "), code) {
		return false
	}
	attributes := maps.Clone(c.Attributes)
	if attributes == nil {
		attributes = map[string]string{}
	}
	attributes[attribute] = strings.TrimPrefix(had+", "+code, ", ")
	c.Attributes = attributes
	return true
}
