package api

import (
	"net/http"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/cases"
	"firebreak/internal/command"
	"firebreak/internal/contact"
	"firebreak/internal/lab"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

// Specimen is one specimen of one person.
type Specimen struct {
	ID       int64      `json:"id"`
	Code     string     `json:"code"`
	Person   int64      `json:"person"`
	Area     string     `json:"area"`
	Method   string     `json:"method"`
	TakenAt  *time.Time `json:"taken_at,omitempty"`
	Result   string     `json:"result" doc:"Empty while awaited."`
	ResultAt *time.Time `json:"result_at,omitempty"`
	Ct       float64    `json:"ct,omitempty"`
	Lab      string     `json:"lab,omitempty"`
	Version  int64      `json:"version"`
}

func (in *inside) specimenView(s lab.Specimen) Specimen {
	return Specimen{int64(s.ID), s.Code, int64(s.Person), in.code(s.Area), string(s.Method), clock(s.TakenAt), string(s.Result), clock(s.ResultAt), s.Ct, s.Lab, s.Version}
}

// NewSpecimen takes a specimen from a case, a contact, or somebody who is to be sampled because of a tube or a self-test.
type NewSpecimen struct {
	Case     int64  `json:"case,omitempty" doc:"This, or contact, or person and outbreak."`
	Contact  int64  `json:"contact,omitempty"`
	Person   int64  `json:"person,omitempty" doc:"In a tube, or with a self-test, that asks for a specimen."`
	Outbreak string `json:"outbreak,omitempty" doc:"Needed with person."`
	Code     string `json:"code,omitempty" maxLength:"200" doc:"Label on the tube; made up when left out."`
	Method   string `json:"method,omitempty" doc:"pcr when left out"`
	TakenAt  string `json:"taken_at,omitempty" doc:"Now when left out."`
	Lab      string `json:"lab,omitempty" maxLength:"200"`
}

// Result reports or corrects the result of a specimen.
type Result struct {
	Version  int64   `json:"version,omitempty" doc:"That was read; left out by a laboratory that reports by code and has read none."`
	Result   string  `json:"result" doc:"negative, positive, inconclusive or invalid"`
	ResultAt string  `json:"result_at,omitempty" doc:"Now when left out."`
	Ct       float64 `json:"ct,omitempty"`
	Reason   string  `json:"reason,omitempty" doc:"Needed for a correction."`
}

func (c *call) specimenFor(action auth.Action, id int64) (out Specimen, err error) {
	var k lab.Specimen
	err = c.record(action, "specimen", id, func(r *store.Reader) (outbreak.ID, place.AreaID, error) {
		var err error
		k, err = r.Specimen(lab.SpecimenID(id))
		return k.Outbreak, k.Area, err
	}, func(in *inside) error {
		out = in.specimenView(k)
		return nil
	})
	return out, err
}

func (s *server) specimens() {
	type take struct {
		Asked
		Body NewSpecimen
	}
	operation(s, "take-specimen", http.MethodPost, "/api/specimens", "Record that a specimen was taken", 201, func(c *call, in *take) (out Specimen, err error) {
		b := in.Body
		var of task.Subject
		switch {
		case b.Person != 0 && b.Case == 0 && b.Contact == 0:
			of = task.Subject{Kind: task.OnPerson, ID: b.Person} // the order asks whether they may
		case (b.Case == 0) == (b.Contact == 0) || b.Person != 0:
			return out, &command.Invalid{Field: "case", Reason: "name the case, the contact or the person it was taken from"}
		case b.Case != 0:
			of = task.Subject{Kind: task.OnCase, ID: b.Case}
			err = c.oneCase(auth.SampleWrite, b.Case, func(*inside, cases.Case) error { return nil })
		default:
			of = task.Subject{Kind: task.OnContact, ID: b.Contact}
			err = c.oneContact(auth.SampleWrite, b.Contact, func(*inside, contact.Contact) error { return nil })
		}
		if err != nil {
			return out, err
		}
		p, err := c.o.Commands.TakeSpecimen(c.ctx, c.by(), command.TakeSpecimen{Of: of, Outbreak: b.Outbreak, Code: b.Code, Method: b.Method, TakenAt: b.TakenAt, Lab: b.Lab})
		if err != nil {
			return out, err
		}
		return c.specimenFor(auth.SampleWrite, int64(p.ID))
	})
	operation(s, "get-specimen", http.MethodGet, "/api/specimens/{id}", "A specimen and its result", 200, func(c *call, in *Record) (Specimen, error) {
		return c.specimenFor(auth.SampleRead, in.ID)
	})
	type find struct {
		Asked
		Outbreak string `path:"outbreak"`
		Code     string `query:"code" required:"true" doc:"The whole label."`
	}
	operation(s, "find-specimen", http.MethodGet, "/api/outbreaks/{outbreak}/specimens", "The specimen with a label", 200, func(c *call, in *find) (out Specimen, err error) {
		return out, c.view(auth.SampleRead, in.Outbreak, "", func(v *inside) error {
			p, err := v.SpecimenByCode(v.o.ID, in.Code)
			if err != nil {
				return err
			}
			ok, err := v.sees(p.Area)
			if err == nil && !ok {
				err = notFound("specimen", in.Code)
			}
			out = v.specimenView(p)
			return err
		})
	})
	type report struct {
		Record
		Body Result
	}
	operation(s, "report-result", http.MethodPut, "/api/specimens/{id}/result", "Report or correct a result; the same again changes nothing", 200, func(c *call, in *report) (out Specimen, err error) {
		if _, err := c.specimenFor(auth.ResultWrite, in.ID); err != nil {
			return out, err
		}
		b := in.Body
		_, err = c.o.Commands.ReportResult(c.ctx, c.by(), command.ReportResult{Specimen: lab.SpecimenID(in.ID), Version: b.Version, Result: b.Result, ResultAt: b.ResultAt, Ct: b.Ct, Reason: b.Reason})
		if err != nil {
			return out, err
		}
		return c.specimenFor(auth.ResultWrite, in.ID)
	})
}
