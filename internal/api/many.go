package api

import (
	"errors"
	"net/http"

	"firebreak/internal/cases"
	"firebreak/internal/command"
	"firebreak/internal/contact"
	"firebreak/internal/lab"
	"firebreak/internal/person"
	"firebreak/internal/task"
)

// RefusedRow is one row of many that was not carried out, and why. The others were.
type RefusedRow struct {
	Row    int    `json:"row" doc:"Counted from 0."`
	Kind   string `json:"kind,omitempty" doc:"As of a problem."`
	Field  string `json:"field,omitempty"`
	Reason string `json:"reason"`
}

// ManyDone says what became of the rows: rows = done + refused.
type ManyDone struct {
	Rows    int          `json:"rows"`
	Done    int          `json:"done"`
	Refused []RefusedRow `json:"refused"`
}

// manyDone is the answer for n rows.
func (c *call) manyDone(n int, refused []command.Refused) ManyDone {
	out := ManyDone{Rows: n, Done: n - len(refused), Refused: []RefusedRow{}}
	for _, r := range refused {
		c.note(r.Reason)
		row := RefusedRow{Row: r.Row, Reason: r.Reason.Error()}
		_, row.Kind = kindOf(r.Reason)
		var invalid *command.Invalid
		if errors.As(r.Reason, &invalid) {
			row.Field, row.Reason = invalid.Field, invalid.Reason
		}
		out.Refused = append(out.Refused, row)
	}
	return out
}

// TasksDone are tasks that were done.
type TasksDone struct {
	Rows []TaskDone `json:"rows" minItems:"1" maxItems:"2000"`
}

// TaskDone is one of them.
type TaskDone struct {
	Task int64  `json:"task"`
	At   string `json:"at,omitempty" doc:"Now when left out."`
}

// ContactsListed are people whom somebody named as contacts.
type ContactsListed struct {
	Rows []NewContact `json:"rows" minItems:"1" maxItems:"1000"`
}

// ListedContacts says what became of them.
type ListedContacts struct {
	ManyDone
	Items []ListedContact `json:"items" doc:"One a row; empty for a refused one."`
}

// ListedContact is one of them.
type ListedContact struct {
	ID     int64  `json:"id,omitempty"`
	Code   string `json:"code,omitempty"`
	Person int64  `json:"person,omitempty"`
	Tier   string `json:"tier,omitempty"`
	State  string `json:"state,omitempty"`
	Known  bool   `json:"known,omitempty" doc:"The register knew the document: no new person was made."`
}

// ChecksMade are follow-up checks.
type ChecksMade struct {
	Rows []CheckMade `json:"rows" minItems:"1" maxItems:"2000"`
}

// CheckMade is what one visit or call found.
type CheckMade struct {
	Contact     int64    `json:"contact"`
	At          string   `json:"at,omitempty" doc:"Instant; now when left out."`
	Slot        int      `json:"slot,omitempty" minimum:"0" maximum:"23"`
	Seen        bool     `json:"seen"`
	Temperature float64  `json:"temperature,omitempty" doc:"°C"`
	Symptoms    []string `json:"symptoms,omitempty"`
	Note        string   `json:"note,omitempty" maxLength:"2000"`
}

// SpecimensTaken are specimens of people of one outbreak.
type SpecimensTaken struct {
	Rows []NewSpecimen `json:"rows" minItems:"1" maxItems:"2000"`
}

// TakenSpecimens says what became of them.
type TakenSpecimens struct {
	ManyDone
	Items []TakenSpecimen `json:"items" doc:"One a row; empty for a refused one."`
}

// TakenSpecimen is one of them.
type TakenSpecimen struct {
	ID   int64  `json:"id,omitempty"`
	Code string `json:"code,omitempty"`
}

// SpecimenResults are results of single specimens.
type SpecimenResults struct {
	Rows []SpecimenResult `json:"rows" minItems:"1" maxItems:"2000"`
}

// SpecimenResult is one of them.
type SpecimenResult struct {
	Specimen int64 `json:"specimen"`
	Result
}

func (s *server) many() {
	type tasks struct {
		Asked
		Outbreak string `path:"outbreak"`
		Body     TasksDone
	}
	operation(s, "complete-tasks", http.MethodPost, "/api/outbreaks/{outbreak}/tasks/done", "Say of many tasks that they were done; each is taken or refused by itself", 200, func(c *call, in *tasks) (out ManyDone, err error) {
		list := make([]command.Done, len(in.Body.Rows))
		for i, r := range in.Body.Rows {
			list[i] = command.Done{Task: task.ID(r.Task), At: r.At}
		}
		refused, err := c.o.Commands.CompleteTasks(c.ctx, c.by(), in.Outbreak, list)
		return c.manyDone(len(list), refused), err
	})
	type listed struct {
		Asked
		Outbreak string `path:"outbreak"`
		Body     ContactsListed
	}
	operation(s, "list-many-contacts", http.MethodPost, "/api/outbreaks/{outbreak}/contacts/listed", "Name many people as contacts; each is taken or refused by itself, and one who is a contact already has the exposure brought up to date", 200, func(c *call, in *listed) (out ListedContacts, err error) {
		c.fields = command.ContactFieldNames()
		list := make([]command.ListContact, len(in.Body.Rows))
		for i, r := range in.Body.Rows {
			list[i] = command.ListContact{Outbreak: in.Outbreak, Code: r.Code, Case: cases.ID(r.Case), Parent: contact.ID(r.Parent), Person: r.Person.order(), Fields: r.Fields}
		}
		done, refused, err := c.o.Commands.ListContacts(c.ctx, c.by(), in.Outbreak, list)
		out.ManyDone, out.Items = c.manyDone(len(list), refused), make([]ListedContact, len(list))
		for i, k := range done {
			out.Items[i] = ListedContact{int64(k.ID), k.Code, int64(k.Person), string(k.Tier), string(k.State), k.Known}
		}
		return out, err
	})
	type checks struct {
		Asked
		Outbreak string `path:"outbreak"`
		Body     ChecksMade
	}
	operation(s, "record-checks", http.MethodPost, "/api/outbreaks/{outbreak}/checks", "Record many follow-up checks; each is taken or refused by itself, and may be sent twice", 200, func(c *call, in *checks) (out ManyDone, err error) {
		list := make([]command.RecordCheck, len(in.Body.Rows))
		for i, r := range in.Body.Rows {
			list[i] = command.RecordCheck{Contact: contact.ID(r.Contact), At: r.At, Slot: r.Slot, Seen: r.Seen, Temperature: r.Temperature, Symptoms: r.Symptoms, Note: r.Note}
		}
		refused, err := c.o.Commands.RecordChecks(c.ctx, c.by(), in.Outbreak, list)
		return c.manyDone(len(list), refused), err
	})
	type taken struct {
		Asked
		Outbreak string `path:"outbreak"`
		Body     SpecimensTaken
	}
	operation(s, "take-specimens", http.MethodPost, "/api/outbreaks/{outbreak}/specimens", "Record that many specimens were taken; each is taken down or refused by itself", 200, func(c *call, in *taken) (out TakenSpecimens, err error) {
		list := make([]command.TakeSpecimen, len(in.Body.Rows))
		for i, r := range in.Body.Rows {
			list[i] = command.TakeSpecimen{Outbreak: in.Outbreak, Code: r.Code, Method: r.Method, TakenAt: r.TakenAt, Lab: r.Lab}
			switch {
			case r.Case != 0:
				list[i].Of = task.Subject{Kind: task.OnCase, ID: r.Case}
			case r.Contact != 0:
				list[i].Of = task.Subject{Kind: task.OnContact, ID: r.Contact}
			default:
				list[i].Of = task.Subject{Kind: task.OnPerson, ID: int64(person.ID(r.Person))}
			}
		}
		done, refused, err := c.o.Commands.TakeSpecimens(c.ctx, c.by(), in.Outbreak, list)
		out.ManyDone, out.Items = c.manyDone(len(list), refused), make([]TakenSpecimen, len(list))
		for i, p := range done {
			out.Items[i] = TakenSpecimen{int64(p.ID), p.Code}
		}
		return out, err
	})
	type results struct {
		Asked
		Outbreak string `path:"outbreak"`
		Body     SpecimenResults
	}
	operation(s, "report-results", http.MethodPost, "/api/outbreaks/{outbreak}/specimen-results", "Report or correct the results of many specimens; each is taken or refused by itself, and the same again changes nothing", 200, func(c *call, in *results) (out ManyDone, err error) {
		list := make([]command.ReportResult, len(in.Body.Rows))
		for i, r := range in.Body.Rows {
			list[i] = command.ReportResult{Specimen: lab.SpecimenID(r.Specimen), Version: r.Version, Result: r.Result.Result, ResultAt: r.ResultAt, Ct: r.Ct, Reason: r.Reason}
		}
		refused, err := c.o.Commands.ReportResults(c.ctx, c.by(), in.Outbreak, list)
		return c.manyDone(len(list), refused), err
	})
}
