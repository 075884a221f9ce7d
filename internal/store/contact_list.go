package store

import (
	"fmt"
	"strconv"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/outbreak"
	"firebreak/internal/task"
)

// ContactFilter says which contacts are listed. Empty fields do not filter; Outbreak and Within are needed.
type ContactFilter struct {
	Outbreak outbreak.ID
	Within   Within // an officer's list is that of their area
	Tiers    []contact.Tier
	States   []contact.State
	Code     string     // the code begins with this
	Case     cases.ID   // the case they met
	Parent   contact.ID // the close contact they met
	EndsOn   DayRange   // the last day of follow-up
	Listed   InstantRange
	// Attribute and Value are as in CaseFilter.
	Attribute, Value string
	LateAt           time.Time // only those with an open task whose deadline lies before this instant
}

// ContactOrder is what a list of contacts is sorted by.
type ContactOrder string

// The orders. Unknown days and instants come before the known ones.
const (
	ContactsByID     ContactOrder = "id"
	ContactsByCode   ContactOrder = "code"
	ContactsByListed ContactOrder = "listed"
	ContactsByEnd    ContactOrder = "ends"
)

func (o ContactOrder) column() (listColumn, error) {
	switch o {
	case ContactsByID:
		return listColumn{name: "id"}, nil
	case ContactsByCode:
		return listColumn{"code", true}, nil
	case ContactsByListed:
		return listColumn{name: "listed_at"}, nil
	case ContactsByEnd:
		return listColumn{"ends_on", true}, nil
	}
	return listColumn{}, fmt.Errorf("contacts cannot be sorted by %q", o)
}

// ContactPage is one page of contacts. A cursor is empty where there is nothing further.
type ContactPage struct {
	Contacts   []contact.Contact
	Next, Prev string
}

func (r *Reader) contactQuery(f ContactFilter, order ContactOrder) (*listQuery, error) {
	column, err := order.column()
	if err != nil {
		return nil, err
	}
	q := &listQuery{r: r, table: "contact", noun: "contact", outbreak: f.Outbreak, column: column, always: " AND merged_into = 0"}
	if err := q.within(f.Within); err != nil {
		return nil, err
	}
	q.followUp(f.States, f.Tiers)
	q.prefixed("code", f.Code)
	q.exposed("case_id", int64(f.Case))
	q.exposed("parent", int64(f.Parent))
	from, before := f.EndsOn.texts()
	q.between("ends_on", from, before)
	q.instants("listed_at", f.Listed)
	if err := q.attribute(f.Attribute, f.Value); err != nil {
		return nil, err
	}
	if !f.LateAt.IsZero() {
		q.late(string(task.OnContact), texts(taskKindsOf(task.OnContact)), instant(f.LateAt))
	}
	return q, nil
}

// exposed adds that the contact met a case or a contact.
func (q *listQuery) exposed(column string, id int64) {
	if id != 0 {
		met := " AND " + exposedTo(column, strconv.FormatInt(id, 10))
		q.parts = append(q.parts, listPart{gathered: met, walked: met, alone: true})
	}
}

// followUp adds the filters on state and tier, which one index serves together.
func (q *listQuery) followUp(states []contact.State, tiers []contact.Tier) {
	if len(states) == 0 && len(tiers) == 0 {
		return
	}
	if len(states) == 0 {
		states = []contact.State{contact.Listed, contact.Followed, contact.Released, contact.BecameCase, contact.Lost, contact.Dropped}
	}
	if len(tiers) == 0 {
		tiers = []contact.Tier{contact.Close, contact.Secondary, contact.General}
	}
	q.parts = append(q.parts, listPart{
		gathered: " AND state IN (" + texts(states) + ") AND tier IN (" + texts(tiers) + ")",
		walked:   " AND state || '' IN (" + texts(states) + ") AND tier || '' IN (" + texts(tiers) + ")",
	})
}

// Contacts lists one page.
func (r *Reader) Contacts(f ContactFilter, order ContactOrder, p Page) (ContactPage, error) {
	q, err := r.contactQuery(f, order)
	if err != nil {
		return ContactPage{}, fmt.Errorf("list contacts: %w", err)
	}
	ids, next, prev, err := q.page(p)
	if err != nil {
		return ContactPage{}, fmt.Errorf("list contacts: %w", err)
	}
	list, err := r.contactsByID(ids)
	return ContactPage{list, next, prev}, err
}

// CountContacts counts the contacts of a list, up to TotalMost.
func (r *Reader) CountContacts(f ContactFilter) (Total, error) {
	q, err := r.contactQuery(f, ContactsByID)
	if err != nil {
		return Total{}, fmt.Errorf("count contacts: %w", err)
	}
	t, err := q.total()
	if err != nil {
		return t, fmt.Errorf("count contacts: %w", err)
	}
	return t, nil
}

// EachContactOf calls fn for every contact of a list, by ID, in constant memory.
func (r *Reader) EachContactOf(f ContactFilter, fn func(contact.Contact) error) error {
	q, err := r.contactQuery(f, ContactsByID)
	if err != nil {
		return fmt.Errorf("read contacts: %w", err)
	}
	return q.each(func(ids []int64) error {
		list, err := r.contactsByID(ids)
		if err != nil {
			return err
		}
		for _, c := range list {
			if err := fn(c); err != nil {
				return err
			}
		}
		return nil
	})
}

// contactsByID returns contacts in the order of the IDs; those that are not there are left out.
func (r *Reader) contactsByID(ids []int64) ([]contact.Contact, error) {
	byID := make(map[int64]contact.Contact, len(ids))
	err := inChunks(ids, func(part []int64) error {
		list, err := r.contacts(`SELECT ` + contactColumns + ` FROM contact WHERE id IN (` + numbers(part) + `)`)
		for _, c := range list {
			byID[int64(c.ID)] = c
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	out := make([]contact.Contact, 0, len(ids))
	for _, id := range ids {
		if c, ok := byID[id]; ok {
			out = append(out, c)
		}
	}
	return out, nil
}
