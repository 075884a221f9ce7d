package command

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/day"
	"firebreak/internal/exchange"
	"firebreak/internal/journal"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/response"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/vault"
)

// batch is one chunk of an import under way.
type batch struct {
	*unit
	im  *importer
	ref task.FactRef // the journal entry of the chunk; a row is its Row

	knownCases    map[string]store.Stored
	knownContacts map[string]store.StoredContact
	found         *knownRows
	people        map[string]person.ID   // of codes that are new in this chunk
	newCases      map[string]*caseRecord // cases of this chunk, by code
	newContacts   map[string]*contactRecord
	triggers      []response.Trigger
	links         []store.NewLink
	linkRow       []bool // of each link: it is a row of its own
	names         []store.IdentityValue
}

func (b *batch) at(row int) task.FactRef { return task.FactRef{Seq: b.ref.Seq, Row: int64(row)} }

// lookUp reads all that the chunk's rows name, in a few queries, and makes the people who are new.
func (b *batch) lookUp(rows []exchange.Record) error {
	var caseCodes, contactCodes []string
	for i := range rows {
		r := &rows[i]
		if r.Case != nil && !r.Rejected {
			caseCodes = append(caseCodes, r.Case.Code)
		}
		if r.Contact != nil && !r.Rejected {
			contactCodes = append(contactCodes, r.Contact.Code)
			caseCodes = append(caseCodes, r.Contact.Code)
			caseCodes = append(caseCodes, r.Contact.SourceCodes...)
		}
		for _, l := range r.Links {
			caseCodes = append(caseCodes, l.FromCode, l.ToCode)
		}
	}
	var err error
	if b.knownCases, err = b.tx.CasesByCodes(b.o.ID, unique(caseCodes)); err != nil {
		return err
	}
	if b.knownContacts, err = b.tx.ContactsByCodes(b.o.ID, unique(contactCodes)); err != nil {
		return err
	}
	b.people, b.newCases, b.newContacts = map[string]person.ID{}, map[string]*caseRecord{}, map[string]*contactRecord{}
	var list []person.Person
	var codes []string
	for i := range rows {
		r := &rows[i]
		var p *exchange.Person
		switch {
		case r.Rejected || r.Repeat:
		case r.Case != nil:
			p = &r.Case.Person
		case r.Contact != nil:
			p = &r.Contact.Person
		}
		if p == nil || b.people[p.Code] != 0 {
			continue
		}
		_, isCase := b.knownCases[p.Code]
		_, isContact := b.knownContacts[p.Code]
		if isCase || isContact {
			continue
		}
		if id, ok := b.found.people[p.Code]; ok {
			b.people[p.Code] = id
			continue
		}
		if b.found.same[p.Code] != "" || b.found.contacts[p.Code] != 0 {
			continue
		}
		b.people[p.Code] = -1
		codes = append(codes, p.Code)
		list = append(list, b.personOf(p))
	}
	if err := b.tx.AddPeople(list); err != nil {
		return err
	}
	for i, code := range codes {
		b.people[code] = list[i].ID
	}
	for _, r := range rows { // in the order of the rows, so that the row before one of the same person has theirs
		if r.Case != nil && b.found.same[r.Case.Code] != "" {
			b.people[r.Case.Code] = b.people[b.found.same[r.Case.Code]]
		}
	}
	return nil
}

func unique(list []string) []string {
	seen := make(map[string]bool, len(list))
	out := list[:0:0]
	for _, s := range list {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

func (b *batch) personOf(p *exchange.Person) person.Person {
	out := person.Person{Sex: person.Sex(p.Sex), Born: p.Birth, Age: person.AgeUnknown, AgeClass: p.Age.Class}
	if p.Age.Known && p.Age.Years >= 0 && p.Age.Years <= 130 {
		out.Age = person.Age(math.Floor(p.Age.Years))
	}
	out.Area, _ = b.areaOf(p.Area)
	out.District = b.districtOf(out.Area)
	return out
}

func (b *batch) districtOf(a place.AreaID) place.AreaID {
	if a == 0 {
		return 0
	}
	return b.tree.District(a)
}

// areaOf finds the area that the words of a file name; see resolveArea. What names nothing belongs to the area that the import is bound to, and so does what
// names an area around it.
func (b *batch) areaOf(a exchange.Area) (found place.AreaID, words string) {
	found, words = resolveArea(b.tree, b.o.Area, a)
	if top := b.im.top(b.o); top != found && b.tree.Contains(found, top) {
		found = top
	}
	return found, words
}

// resolveArea finds the smallest jurisdiction that the words of a file name, each within the one found before it; words that name none are skipped.
// What names nothing at all belongs to the outbreak's own area, where the search starts.
func resolveArea(tree *place.Tree, outbreakArea place.AreaID, a exchange.Area) (found place.AreaID, words string) {
	found = outbreakArea
	for _, word := range []string{a.Country, a.Province, a.City, a.District, a.Street, a.Community} {
		if word = strings.TrimSpace(word); word == "" {
			continue
		}
		words += "/" + word
		if j, ok := tree.ByCode(word); ok && (found == 0 || tree.Contains(found, j.ID)) {
			found = j.ID
			continue
		}
		match, n := place.AreaID(0), 0
		for _, id := range tree.ByName(word) {
			if found == 0 || tree.Contains(found, id) {
				match = id
				n++
			}
		}
		if n == 1 {
			found = match
		}
	}
	return found, strings.TrimPrefix(words, "/")
}

// attributesOf keeps what no field takes: the file's other columns, and its own words for the area.
func attributesOf(p *exchange.Person, more []exchange.Attribute, areaWords string) map[string]string {
	out := make(map[string]string, len(more)+3)
	for _, a := range more {
		if a.Value != "" {
			out[a.Name] = a.Value
		}
	}
	if areaWords != "" {
		out["area_as_given"] = areaWords
	}
	if p.Occupation != "" {
		out["occupation"] = p.Occupation
	}
	if len(p.OtherCodes) > 0 {
		out["other_codes"] = strings.Join(p.OtherCodes, ", ")
	}
	return out
}

func (b *batch) putCase(r *exchange.CaseRecord, digest []byte) error {
	if known, ok := b.knownCases[r.Code]; ok {
		if bytes.Equal(known.Digest, digest) {
			b.im.out.Unchanged++
			return nil
		}
		return b.updateCase(known, r, digest)
	}
	n := &store.NewCase{Origin: b.at(r.Row), Digest: digest}
	n.Person, n.Code = b.personFor(r.Code), r.Code
	if err := b.fillCase(&n.Case, r); err != nil {
		return err
	}
	_, known := b.found.people[r.Code]
	var from *contactRecord
	if known {
		var err error
		if from, err = b.contactWhoIs(n); err != nil {
			return err
		}
	}
	rec, err := b.newCase(n)
	if err != nil {
		return err
	}
	rec.known = known
	b.newCases[r.Code] = rec
	kind, at := journal.CaseSuspected, rec.NotedAt
	if rec.Class.Infected() {
		kind, at = journal.CaseConfirmed, rec.ConfirmedAt
	}
	if at.IsZero() {
		at = b.now
	}
	b.triggers = append(b.triggers, response.Trigger{Kind: kind, Subject: onCase(rec.ID), Ref: n.Origin, At: at})
	if from != nil {
		became, err := b.becomes(from, rec, journal.Entry{At: at, Actor: "import:" + b.by.Name(), Cause: b.at(r.Row)})
		if err != nil {
			return err
		}
		b.triggers = append(b.triggers, became)
	}
	if err := b.keepNames(n.Person, &r.Person, known || b.found.same[r.Code] != ""); err != nil {
		return err
	}
	b.im.out.Created++
	return nil
}

// personFor returns the person of a code: new in this chunk, or known as a contact of that code.
func (b *batch) personFor(code string) person.ID {
	if k, ok := b.knownContacts[code]; ok {
		return k.Person
	}
	if k, ok := b.knownCases[code]; ok {
		if k.MergedInto != 0 {
			if on, err := b.getCase(k.MergedInto); err == nil {
				return on.Person
			}
		}
		return k.Person
	}
	return b.people[code]
}

// keepNames has what a row says of who somebody is sealed. Of somebody who was known only what is not on record: nothing on record is changed by it.
func (b *batch) keepNames(p person.ID, r *exchange.Person, known bool) error {
	var has map[vault.Field]bool
	if known && (r.Name != "" || r.Document != "" || r.Phone != "") {
		var err error
		if has, err = b.tx.IdentityFields(p); err != nil {
			return err
		}
		for _, v := range b.names { // of an earlier row
			if v.Person == p {
				has[v.Field] = true
			}
		}
	}
	for _, v := range []struct {
		field vault.Field
		text  string
	}{{vault.FieldName, r.Name}, {vault.FieldDocument, r.Document}, {vault.FieldPhone, r.Phone}} {
		if v.text != "" && !has[v.field] {
			b.names = append(b.names, store.IdentityValue{Person: p, Field: v.field, Value: vault.NewSecret(v.text)})
		}
	}
	return nil
}

// fillCase writes what the row says into a case; what it does not say stays as it is.
func (b *batch) fillCase(c *cases.Case, r *exchange.CaseRecord) error {
	setDay := func(to *day.Day, d day.Day) {
		if !d.IsZero() {
			*to = d
		}
	}
	setEnd := func(to *time.Time, d day.Day) {
		// An instant known better than to the day is not made worse by a file that gives only the day.
		if !d.IsZero() && dayOf(*to, b.loc) != d {
			*to = endOf(d, b.loc)
		}
	}
	if r.Class != "" {
		class, err := cases.ParseClass(string(r.Class))
		if err != nil {
			return err
		}
		c.Class = class
	}
	if c.Class == "" {
		c.Class = cases.Suspected // a line list that does not say claims no more
	}
	setDay(&c.Onset, r.Onset)
	setDay(&c.ExposedFrom, r.ExposureStart)
	setDay(&c.ExposedTo, r.ExposureEnd)
	setEnd(&c.ReportedAt, r.Report)
	setEnd(&c.AdmittedAt, r.Hospitalised)
	setEnd(&c.IsolatedAt, earliestDay(r.Isolated, r.Quarantined))
	if c.Class.Infected() {
		setEnd(&c.ConfirmedAt, firstDay(r.Diagnosed, r.Report))
	}
	setEnd(&c.NotedAt, earliestDay(r.Report, r.Diagnosed, r.Hospitalised))
	if c.NotedAt.IsZero() {
		c.NotedAt = b.now
	}
	if r.Outcome != "" {
		outcome, err := cases.ParseOutcome(string(r.Outcome))
		if err != nil {
			return err
		}
		c.Outcome = outcome
		setDay(&c.OutcomeOn, r.OutcomeDate)
	}
	if b.im.found {
		c.Found = cases.FoundCommunity
		if proven := firstDay(r.Diagnosed, r.Report, r.Hospitalised); !r.Quarantined.IsZero() && (proven.IsZero() || r.Quarantined < proven) {
			c.Found = cases.FoundInIsolation
		}
	}
	if r.PlaceInfected != "" {
		c.Setting = r.PlaceInfected
	}
	if r.Hospital != "" {
		c.Hospital = r.Hospital
	}
	if r.HasPoint {
		c.Lon, c.Lat, c.Located = r.Lon, r.Lat, true
	}
	area, words := b.areaOf(r.Area)
	if c.Area == 0 || area != b.im.top(b.o) {
		c.Area, c.District = area, b.districtOf(area)
	}
	attributes := attributesOf(&r.Person, r.Attributes, words)
	if len(r.Clusters) > 0 {
		attributes["cluster"] = strings.Join(r.Clusters, ", ")
	}
	for k, v := range c.Attributes {
		if _, said := attributes[k]; !said {
			attributes[k] = v
		}
	}
	c.Attributes = attributes
	return nil
}

func firstDay(ds ...day.Day) day.Day { return cmp.Or(ds...) }

func earliestDay(ds ...day.Day) (out day.Day) {
	for _, d := range ds {
		if !d.IsZero() && (out.IsZero() || d < out) {
			out = d
		}
	}
	return out
}

func (b *batch) updateCase(known store.Stored, r *exchange.CaseRecord, digest []byte) error {
	rec := b.world.cases[known.ID]
	if rec == nil {
		rec = b.holdCase(&caseRecord{Case: known.Case})
	}
	read := reading{b.loc, b.tree}
	was, before := rec.Case, read.caseText(&rec.Case)
	if err := b.fillCase(&rec.Case, r); err != nil {
		return err
	}
	rec.dirty, rec.digest = true, digest
	changed := map[string]Change{}
	for k, now := range read.caseText(&rec.Case) {
		if before[k] != now {
			changed[k] = Change{before[k], now}
		}
	}
	if len(changed) == 0 {
		b.im.out.Unchanged++
		return nil
	}
	b.im.out.Updated++
	kind, at := caseFact(was, rec.Case, changed, b.now)
	ref, err := b.append(journal.Entry{Kind: kind, Subject: onCase(rec.ID), Area: rec.Area, Actor: "import:" + b.by.Name(), At: at, Cause: b.at(r.Row)}, map[string]any{"changed": changed})
	if err != nil {
		return err
	}
	b.triggers = append(b.triggers, response.Trigger{Kind: kind, Subject: onCase(rec.ID), Ref: ref, At: at})
	return nil
}

func (b *batch) putContact(r *exchange.ContactRecord, digest []byte) error {
	if rec := b.newContacts[r.Code]; rec != nil { // the file names one contact in several rows, one for each case
		return b.updateContact(rec, r, digest)
	}
	if known, ok := b.knownContacts[r.Code]; ok {
		if bytes.Equal(known.Digest, digest) {
			b.im.out.Unchanged++
			return nil
		}
		rec := b.world.contacts[known.ID]
		if rec == nil {
			rec = b.holdContact(&contactRecord{Contact: known.Contact})
		}
		return b.updateContact(rec, r, digest)
	}
	if rec, err := b.alias(r); err != nil || rec != nil {
		if err != nil {
			return err
		}
		return b.metAgain(rec, r)
	}
	n := &store.NewContact{Origin: b.at(r.Row), Digest: digest}
	n.Person, n.Code, n.State, n.Tier, n.ListedAt = b.personFor(r.Code), r.Code, contact.Listed, contact.Close, b.now
	if !r.Report.IsZero() {
		n.ListedAt = endOf(r.Report, b.loc)
	}
	rec, err := b.newContact(n)
	if err != nil {
		return err
	}
	b.newContacts[r.Code] = rec
	became, err := b.isCase(rec, b.found.sick[r.Code], journal.Entry{At: b.now, Actor: "import:" + b.by.Name(), Cause: n.Origin}) // before whom they met is written: nobody is a contact of themselves
	if err != nil {
		return err
	}
	if err := b.fillContact(rec, r); err != nil {
		return err
	}
	if k, ok := b.knownCases[r.Code]; ok {
		rec.State, rec.Contact.BecameCase = contact.BecameCase, k.GoesOn()
	} else if k := b.newCases[r.Code]; k != nil {
		rec.State, rec.Contact.BecameCase = contact.BecameCase, k.ID
	}
	b.triggers = append(b.triggers, response.Trigger{Kind: journal.ContactListed, Subject: onContact(rec.ID), Ref: n.Origin, At: rec.ListedAt})
	b.triggers = append(b.triggers, became...)
	_, known := b.knownCases[r.Code]
	_, registered := b.found.people[r.Code]
	if err := b.keepNames(n.Person, &r.Person, known || registered || b.newCases[r.Code] != nil); err != nil {
		return err
	}
	b.im.out.Created++
	return nil
}

// tierWords are the words that other systems use for the nearness of a contact; a word that is none of ours and not here leaves the tier as it is
// and is kept as an attribute.
var tierWords = map[string]contact.Tier{
	"close": contact.Close, "high": contact.Close, "high risk": contact.Close, "密接": contact.Close, "密切接触者": contact.Close,
	"secondary": contact.Secondary, "次密接": contact.Secondary,
	"general": contact.General, "low": contact.General, "low risk": contact.General, "casual": contact.General, "一般接触者": contact.General,
}

// fillContact writes what the row says into a contact and the exposures that it names; what it does not say stays as it is.
func (b *batch) fillContact(rec *contactRecord, r *exchange.ContactRecord) error {
	c := &rec.Contact
	area, words := b.areaOf(r.Area)
	attributes := attributesOf(&r.Person, r.Attributes, words)
	for k, v := range c.Attributes {
		if _, said := attributes[k]; !said {
			attributes[k] = v
		}
	}
	c.Attributes = attributes
	if r.Tier != "" {
		if t, ok := tierWords[strings.ToLower(strings.TrimSpace(r.Tier))]; ok {
			c.Tier = t
		} else {
			c.Attributes["tier_as_given"] = r.Tier
		}
	}
	first, last := r.FirstExposure, firstDay(r.LastExposure, r.FirstExposure)
	if last.IsZero() && c.LastExposed.IsZero() {
		// Without an exposure day, the day of listing is the last day on which they can have been told of as exposed.
		last = dayOf(c.ListedAt, b.loc)
		c.Attributes["last_exposed_assumed"] = "day of listing"
	}
	if !r.Quarantined.IsZero() && dayOf(c.QuarantineAt, b.loc) != r.Quarantined {
		c.QuarantineAt = endOf(r.Quarantined, b.loc)
		if c.State == contact.Listed {
			c.State, c.ReachedAt = contact.Followed, c.QuarantineAt
		}
	}
	if r.FollowUp != "" {
		c.Attributes["follow_up_as_given"] = r.FollowUp
	}
	if r.Relation != "" {
		c.Relation = r.Relation
	}
	if r.Setting != "" {
		c.Setting = r.Setting
	}
	if c.Area == 0 || area != b.im.top(b.o) {
		c.Area, c.District = area, b.districtOf(area)
	}
	return b.sources(rec, r, first, last)
}

// sources writes down the exposures that a row names, each as the row says it: a file is not asked twice about one person. Exposures that the row does not name
// stay.
func (b *batch) sources(rec *contactRecord, r *exchange.ContactRecord, first, last day.Day) error {
	if len(r.SourceCodes) == 0 {
		rec.FirstExposed, rec.LastExposed = cmp.Or(first, rec.FirstExposed), cmp.Or(last, rec.LastExposed)
		return nil
	}
	list, err := b.exposuresOf(rec)
	if err != nil {
		return err
	}
	for _, code := range r.SourceCodes {
		e := contact.Exposure{First: first, Last: last, Tier: rec.Tier, Setting: r.Setting, SaidBy: "import:" + b.by.Name()}
		if b.sourceOf(&e, code, rec) {
			continue
		}
		known := slices.IndexFunc(list, func(k *exposureRecord) bool { return k.SameSource(e) })
		if known < 0 {
			e.Last = cmp.Or(e.Last, rec.LastExposed)
			if _, err := b.expose(rec, e); err != nil {
				return err
			}
			list = rec.exposures
			continue
		}
		k := list[known]
		if len(r.SourceCodes) > 1 {
			continue // the days of such a row are those of all it names: one that is known has its own
		}
		before := k.Exposure
		k.First, k.Last, k.Setting = cmp.Or(e.First, k.First), cmp.Or(e.Last, k.Last), cmp.Or(e.Setting, k.Setting)
		if r.Tier != "" {
			k.Tier = e.Tier
		}
		k.dirty = k.dirty || k.Exposure != before
	}
	facts, err := b.exposureFacts(rec)
	if err != nil {
		return err
	}
	rec.Contact = response.SettleContact(rec.Contact, facts)
	return nil
}

// sourceOf writes into an exposure whom the code of a case names, or the code, while nobody has it. It says whether that is the contact: nobody is a contact of themselves.
func (b *batch) sourceOf(e *contact.Exposure, code string, rec *contactRecord) (own bool) {
	var of person.ID
	if k, ok := b.knownCases[code]; ok {
		e.Case, of = k.GoesOn(), k.Person
	} else if k := b.newCases[code]; k != nil {
		e.Case, of = k.ID, k.Person
	} else {
		e.SourceCode = code
		b.im.open = append(b.im.open, [2]string{code})
	}
	return e.Case != 0 && (e.Case == rec.Contact.BecameCase || of == rec.Person)
}

func (b *batch) updateContact(rec *contactRecord, r *exchange.ContactRecord, digest []byte) error {
	read := reading{b.loc, b.tree}
	before, met := read.contactText(&rec.Contact), b.metBy(rec)
	if err := b.fillContact(rec, r); err != nil {
		return err
	}
	rec.dirty, rec.digest = true, digest
	changed := map[string]Change{}
	for k, now := range read.contactText(&rec.Contact) {
		if before[k] != now {
			changed[k] = Change{before[k], now}
		}
	}
	if len(changed) == 0 && slices.Equal(met, b.metBy(rec)) {
		b.im.out.Unchanged++
		return nil
	}
	b.im.out.Updated++
	ref, err := b.append(journal.Entry{Kind: journal.ContactCorrected, Subject: onContact(rec.ID), Area: rec.Area, Actor: "import:" + b.by.Name(), Cause: b.at(r.Row)}, map[string]any{"changed": changed})
	if err != nil {
		return err
	}
	b.triggers = append(b.triggers, response.Trigger{Kind: journal.ContactCorrected, Subject: onContact(rec.ID), Ref: ref, At: b.now})
	return nil
}

// metBy is whom a contact met as things stand in memory; nothing while it was not read.
func (b *batch) metBy(rec *contactRecord) []contact.Exposure {
	if _, err := b.exposuresOf(rec); err != nil {
		return nil // the same question fails again, and is answered for, when the row is filled in
	}
	out := make([]contact.Exposure, len(rec.exposures))
	for i, e := range rec.exposures {
		out[i] = e.Exposure
	}
	return out
}

func (b *batch) putCount(r *exchange.CountRecord) error {
	area, words := b.areaOf(r.Area)
	created, changed, err := b.tx.PutCaseCount(store.CaseCount{Outbreak: b.o.ID, Code: r.Code, Cases: int64(r.Count), Class: string(r.Class), Outcome: string(r.Outcome), On: r.Report,
		Area: area, District: b.districtOf(area), Attributes: attributesOf(&exchange.Person{}, r.Attributes, words), Origin: b.at(r.Row)})
	switch {
	case err != nil:
		return err
	case created:
		b.im.out.Created++
	case changed:
		b.im.out.Updated++
	default:
		b.im.out.Unchanged++
	}
	return nil
}

// putLinks collects the links of a row; they are written once the chunk's cases have their IDs.
func (b *batch) putLinks(r *exchange.Record) error {
	own := r.Case == nil && r.Contact == nil && r.Count == nil && !r.Rejected && !r.Repeat
	for i, l := range r.Links {
		kind := cases.LinkKind(l.Kind)
		switch kind {
		case cases.Transmission, cases.Direct, cases.SameCluster, cases.SameEvent:
		default:
			return fmt.Errorf("link kind %q is unknown", l.Kind)
		}
		b.links = append(b.links, store.NewLink{Link: cases.Link{Outbreak: b.o.ID, FromCode: l.FromCode, ToCode: l.ToCode, Kind: kind, Setting: l.Setting}, Origin: b.at(r.Row)})
		b.linkRow = append(b.linkRow, own && i == 0)
	}
	return nil
}

// settle writes links and names, and lets the rulebook answer all rows of the chunk.
func (b *batch) settle() error {
	caseOf := func(code string) cases.ID {
		if k, ok := b.knownCases[code]; ok {
			return k.GoesOn()
		}
		if k := b.newCases[code]; k != nil {
			return k.ID
		}
		return 0
	}
	for i := range b.links {
		l := &b.links[i]
		l.From, l.To = caseOf(l.FromCode), caseOf(l.ToCode)
		var open [2]string
		if l.From == 0 && l.Kind != cases.SameEvent { // an event is no case, and nobody misses it
			open[0] = l.FromCode
		}
		if l.To == 0 {
			open[1] = l.ToCode
		}
		if open != [2]string{} {
			b.im.open = append(b.im.open, open)
		}
	}
	put, err := b.tx.AddLinks(b.links)
	if err != nil {
		return err
	}
	for i, isRow := range b.linkRow {
		switch {
		case isRow && put[i] == store.LinkCreated:
			b.im.out.Created++
		case isRow && put[i] == store.LinkUpgraded:
			b.im.out.Updated++
		case isRow:
			b.im.out.Unchanged++
		}
	}
	if len(b.names) > 0 {
		if b.im.c.identities == nil {
			return fmt.Errorf("the file has names or documents, and no vault is open to seal them in")
		}
		if err := b.im.c.identities.Add(b.tx, "import:"+b.by.Name(), b.names); err != nil {
			return err
		}
	}
	return b.react(b.triggers...)
}
