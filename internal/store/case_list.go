package store

import (
	"fmt"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/day"
	"firebreak/internal/outbreak"
	"firebreak/internal/task"
)

// CaseFilter says which cases are listed. Empty fields do not filter; Outbreak and Within are needed.
type CaseFilter struct {
	Outbreak outbreak.ID
	Within   Within
	Classes  []cases.Class
	Outcomes []cases.Outcome // cases.Open lists those still under way
	Found    []cases.Found
	Code     string // the code begins with this
	OnsetOn  DayRange
	Reported InstantRange
	// Attribute is a name of the outbreak's own fields and Value what it must be ("cluster" = "school 7"). No index serves it:
	// a rare value in a large outbreak is looked for in every case that the other filters leave.
	Attribute, Value string
	LateAt           time.Time // only those with an open task whose deadline lies before this instant
}

// DayRange is days From to To, both included; a zero end does not bound.
type DayRange struct{ From, To day.Day }

func (r DayRange) texts() (from, before string) {
	if !r.From.IsZero() {
		from = r.From.String()
	}
	if !r.To.IsZero() {
		before = r.To.Add(1).String()
	}
	return from, before
}

// InstantRange is From <= t < Before; a zero end does not bound.
type InstantRange struct{ From, Before time.Time }

// CaseOrder is what a list of cases is sorted by.
type CaseOrder string

// The orders. Unknown days and instants come before the known ones.
const (
	CasesByID       CaseOrder = "id"
	CasesByCode     CaseOrder = "code"
	CasesByOnset    CaseOrder = "onset"
	CasesByReported CaseOrder = "reported"
)

func (o CaseOrder) column() (listColumn, error) {
	switch o {
	case CasesByID:
		return listColumn{name: "id"}, nil
	case CasesByCode:
		return listColumn{"code", true}, nil
	case CasesByOnset:
		return listColumn{"onset", true}, nil
	case CasesByReported:
		return listColumn{name: "reported_at"}, nil
	}
	return listColumn{}, fmt.Errorf("cases cannot be sorted by %q", o)
}

// CasePage is one page of cases. A cursor is empty where there is nothing further.
type CasePage struct {
	Cases      []cases.Case
	Next, Prev string
}

// taskKindsOf are the kinds of task that a case, or a contact, can have.
func taskKindsOf(s task.SubjectKind) []task.Kind {
	onContact := map[task.Kind]bool{task.ReachContact: true, task.OfferProphylaxis: true, task.QuarantineContact: true, task.CheckContact: true, task.SampleContact: true, task.ReleaseContact: true}
	others := map[task.Kind]bool{task.HoldPerson: true, task.ResampleSingle: true, task.SampleAgain: true, task.SampleSelfTest: true, task.CheckTube: true, task.AnswerAppeal: true, task.FindDesk: true} // a person's, a tube's or a laboratory's
	var out []task.Kind
	for _, k := range task.Kinds() {
		if !others[k] && onContact[k] == (s == task.OnContact) {
			out = append(out, k)
		}
	}
	return out
}

func (r *Reader) caseQuery(f CaseFilter, order CaseOrder) (*listQuery, error) {
	column, err := order.column()
	if err != nil {
		return nil, err
	}
	q := &listQuery{r: r, table: "cases", noun: "cases", outbreak: f.Outbreak, column: column, always: " AND merged_into = 0"}
	if err := q.within(f.Within); err != nil {
		return nil, err
	}
	oneOf(q, "class", false, f.Classes)
	oneOf(q, "outcome", true, f.Outcomes)
	oneOf(q, "found", true, f.Found)
	q.prefixed("code", f.Code)
	from, before := f.OnsetOn.texts()
	q.between("onset", from, before)
	q.instants("reported_at", f.Reported)
	if err := q.attribute(f.Attribute, f.Value); err != nil {
		return nil, err
	}
	if !f.LateAt.IsZero() {
		q.late(string(task.OnCase), texts(taskKindsOf(task.OnCase)), instant(f.LateAt))
	}
	return q, nil
}

// Cases lists one page. Merged cases are left out.
func (r *Reader) Cases(f CaseFilter, order CaseOrder, p Page) (CasePage, error) {
	q, err := r.caseQuery(f, order)
	if err != nil {
		return CasePage{}, fmt.Errorf("list cases: %w", err)
	}
	ids, next, prev, err := q.page(p)
	if err != nil {
		return CasePage{}, fmt.Errorf("list cases: %w", err)
	}
	list, err := r.casesByID(ids)
	return CasePage{list, next, prev}, err
}

// CountCases counts the cases of a list, up to TotalMost.
func (r *Reader) CountCases(f CaseFilter) (Total, error) {
	q, err := r.caseQuery(f, CasesByID)
	if err != nil {
		return Total{}, fmt.Errorf("count cases: %w", err)
	}
	t, err := q.total()
	if err != nil {
		return t, fmt.Errorf("count cases: %w", err)
	}
	return t, nil
}

// EachCaseOf calls fn for every case of a list, by ID, in constant memory.
func (r *Reader) EachCaseOf(f CaseFilter, fn func(cases.Case) error) error {
	q, err := r.caseQuery(f, CasesByID)
	if err != nil {
		return fmt.Errorf("read cases: %w", err)
	}
	return q.each(func(ids []int64) error {
		list, err := r.casesByID(ids)
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

// casesByID returns cases in the order of the IDs; those that are not there are left out.
func (r *Reader) casesByID(ids []int64) ([]cases.Case, error) {
	byID := make(map[int64]cases.Case, len(ids))
	err := inChunks(ids, func(part []int64) error {
		list, err := r.caseList(`SELECT ` + caseColumns + ` FROM cases WHERE id IN (` + numbers(part) + `)`)
		for _, c := range list {
			byID[int64(c.ID)] = c
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	out := make([]cases.Case, 0, len(ids))
	for _, id := range ids {
		if c, ok := byID[id]; ok {
			out = append(out, c)
		}
	}
	return out, nil
}
