package benchload

import (
	"io"

	"firebreak/internal/cases"
	"firebreak/internal/day"
	"firebreak/internal/exchange"
	"firebreak/internal/person"
	"firebreak/internal/place"
)

// WriteCases writes the load's cases as a line list in CSV, row after row, and returns their number. Who infected whom and facts finer than a day are not in it.
func (l *Load) WriteCases(w io.Writer) (int, error) {
	return exchange.WriteCSV(w, exchange.CaseHeader("occupation_group"), func(yield func([]exchange.Value, error) bool) {
		var buf []exchange.Value
		for k := range l.Cases {
			c := l.Case(k)
			r := exchange.CaseRecord{Person: l.personRecord(c.Who, c.Code, c.Area), Class: exchange.Class(c.Class), Onset: c.Onset, Report: day.In(c.ReportedAt, l.Zone), Diagnosed: day.In(c.ConfirmedAt, l.Zone),
				Hospitalised: day.In(c.AdmittedAt, l.Zone), Isolated: day.In(c.IsolatedAt, l.Zone), Hospital: c.Hospital, PlaceInfected: c.Setting}
			if c.Outcome == cases.Recovered || c.Outcome == cases.Died {
				r.Outcome, r.OutcomeDate = exchange.Outcome(c.Outcome), c.OutcomeOn
			}
			if v := c.Attributes["cluster"]; v != "" {
				r.Clusters = []string{v}
			}
			if v := c.Attributes["occupation"]; v != "" {
				r.Attributes = []exchange.Attribute{{Name: "occupation_group", Value: v}}
			}
			if buf = exchange.CaseRow(buf[:0], &r, "occupation_group"); !yield(buf, nil) {
				return
			}
		}
	}, exchange.CSVOptions{})
}

// WriteContacts writes the load's contacts as a list in CSV and returns their number. A secondary contact is listed with the case of the contact it met:
// the columns of a contact list have no place for that contact.
func (l *Load) WriteContacts(w io.Writer) (int, error) {
	return exchange.WriteCSV(w, exchange.ContactHeader(), func(yield func([]exchange.Value, error) bool) {
		var buf []exchange.Value
		for k := range l.Contacts {
			c := l.Contact(k)
			r := exchange.ContactRecord{Person: l.personRecord(c.Who, c.Code, c.Area), SourceCodes: []string{CaseCode(l.caseOf(k))}, Report: day.In(c.ListedAt, l.Zone), Tier: string(c.Tier), Relation: c.Relation, Setting: c.Setting,
				FirstExposure: c.FirstExposed, LastExposure: c.LastExposed, Quarantined: day.In(c.QuarantineAt, l.Zone)}
			if buf = exchange.ContactRow(buf[:0], &r); !yield(buf, nil) {
				return
			}
		}
	}, exchange.CSVOptions{})
}

func (l *Load) personRecord(p person.Person, code string, area place.AreaID) exchange.Person {
	out := exchange.Person{Code: code, Sex: exchange.Sex(p.Sex), Birth: p.Born}
	if p.Age != person.AgeUnknown {
		out.Age.Years, out.Age.Known = float64(p.Age), true
	}
	for _, j := range l.Tree.Path(area) {
		switch j.Level {
		case place.Province:
			out.Area.Province = j.Name
		case place.City:
			out.Area.City = j.Name
		case place.District:
			out.Area.District = j.Name
		case place.Street:
			out.Area.Street = j.Name
		case place.Community:
			out.Area.Community = j.Name
		default: // a nation is named by none of these lists
		}
	}
	return out
}
