package command

import (
	"context"
	"fmt"
	"strings"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/journal"
	"firebreak/internal/lab"
	"firebreak/internal/person"
	"firebreak/internal/response"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

// TakeSpecimen records that a specimen was taken from a case, a contact, or somebody who is to be sampled because of a tube or a self-test.
type TakeSpecimen struct {
	Of       task.Subject // a case, a contact or a person
	Outbreak string       // needed for a person, who may be in several
	Code     string       // label; made up when empty
	Method   string       // pcr when empty
	TakenAt  string       // instant; now when empty
	Lab      string
}

// TakeSpecimen carries out the order.
func (c *Commands) TakeSpecimen(ctx context.Context, by By, in TakeSpecimen) (out lab.Specimen, err error) {
	run := func(fn func(*unit) error) error { return c.in(ctx, by, in.Outbreak, fn) }
	if in.Of.Kind != task.OnPerson {
		o, err := c.outbreakOf(ctx, in.Of)
		if err != nil {
			return out, err
		}
		run = func(fn func(*unit) error) error { return c.inID(ctx, by, o, fn) }
	}
	err = run(func(u *unit) (err error) {
		out, err = u.takeSpecimen(in)
		return err
	})
	return out, err
}

func (u *unit) takeSpecimen(in TakeSpecimen) (out lab.Specimen, err error) {
	if in.Method == "" {
		in.Method = string(lab.PCR)
	}
	method, err := lab.ParseMethod(in.Method)
	if err != nil {
		return out, &Invalid{"method", in.Method, err.Error()}
	}
	s := lab.Specimen{Outbreak: u.o.ID, Method: method, Code: strings.TrimSpace(in.Code), Lab: in.Lab}
	switch in.Of.Kind {
	case task.OnCase:
		k, err := u.getCase(caseID(in.Of.ID))
		if err != nil {
			return out, err
		}
		if err := u.standingCase(k); err != nil {
			return out, err
		}
		s.Person, s.Area, s.District = k.Person, k.Area, k.District
	case task.OnContact:
		k, err := u.getContact(contactID(in.Of.ID))
		if err != nil {
			return out, err
		}
		if err := u.standingContact(k); err != nil {
			return out, err
		}
		s.Person, s.Area, s.District = k.Person, k.Area, k.District
	case task.OnPerson:
		if err := u.lookAtPeople([]person.ID{person.ID(in.Of.ID)}); err != nil {
			return out, err
		}
		k := u.pool.people[person.ID(in.Of.ID)]
		if len(k.shares)+len(k.selfTests) == 0 {
			return out, &Invalid{"of", string(in.Of.Kind), "nothing asks for a specimen of this person here"}
		}
		if s.Person, s.Area, s.District = k.ID, k.Area, k.District; s.Area == 0 && len(k.shares) > 0 {
			s.Area, s.District = k.shares[0].Area, k.shares[0].District
		}
		delete(u.pool.people, k.ID) // they are read again with the specimen
	default:
		return out, &Invalid{"of", string(in.Of.Kind), "a specimen is of a case, a contact or a person"}
	}
	if err := u.by.may(&u.tx.Reader, u.o, auth.SampleWrite, s.Area, u.now); err != nil {
		return out, err
	}
	if s.TakenAt, err = u.past("taken_at", in.TakenAt); err != nil {
		return out, err
	}
	if s.Code != "" {
		if _, err := u.tx.SpecimenByCode(u.o.ID, s.Code); err == nil {
			return out, &Invalid{"code", s.Code, "is on another specimen already"}
		}
	} else {
		s.Code = fmt.Sprintf("S-%d-%d", s.Person, s.TakenAt.UnixMicro())
		if _, err := u.tx.SpecimenByCode(u.o.ID, s.Code); err == nil {
			return out, &Invalid{"taken_at", s.TakenAt.In(u.loc).Format(time.RFC3339), "is when another specimen of theirs was taken: give the second one a code"}
		}
	}
	if err := u.tx.AddSpecimen(&s); err != nil {
		return out, err
	}
	u.ahead.swabbed(s)
	return s, u.tellOfSpecimen(journal.SpecimenTaken, s, s.TakenAt, map[string]any{"code": s.Code, "method": s.Method})
}

// past reads an instant that cannot lie ahead; empty is now.
func (u *unit) past(name, s string) (time.Time, error) {
	t, err := ParseInstant(s, u.loc)
	if err != nil {
		return t, &Invalid{name, s, err.Error()}
	}
	if t.IsZero() {
		return u.now, nil
	}
	if dayOf(t, u.loc) > dayOf(u.now, u.loc) {
		return t, &Invalid{name, s, "lies in the future"}
	}
	return t, nil
}

// tellOfSpecimen writes the fact once and lets the rules answer it for each that the person is: a contact, a case, or both, and for themselves.
func (u *unit) tellOfSpecimen(kind journal.Kind, s lab.Specimen, at time.Time, payload map[string]any) error {
	payload["person"] = s.Person
	ref, err := u.fact(kind, task.Subject{Kind: task.OnSpecimen, ID: int64(s.ID)}, s.Area, at, payload)
	if err != nil {
		return err
	}
	triggers, err := u.rolesOf(s.Person, kind, ref, at)
	if err != nil {
		return err
	}
	return u.react(triggers...)
}

func (u *unit) rolesOf(p person.ID, kind journal.Kind, ref task.FactRef, at time.Time) (out []response.Trigger, err error) {
	contacts, err := u.tx.ContactsOfPerson(p)
	if err != nil {
		return nil, err
	}
	for _, k := range contacts {
		if k.Outbreak == u.o.ID {
			out = append(out, response.Trigger{Kind: kind, Subject: onContact(k.ID), Ref: ref, At: at})
		}
	}
	of, err := u.casesOf(p, response.Trigger{Kind: kind, Ref: ref, At: at})
	if err != nil {
		return nil, err
	}
	return append(append(out, of...), response.Trigger{Kind: kind, Subject: onPerson(p), Ref: ref, At: at}), nil
}

// ReportResult reports or corrects the result of a specimen.
type ReportResult struct {
	Specimen lab.SpecimenID
	Version  int64 // that the caller has seen; 0 when a laboratory reports by code and has seen none
	Result   string
	ResultAt string // instant; now when empty
	Ct       float64
	Reason   string // needed for a correction
}

// ReportResult carries out the order.
func (c *Commands) ReportResult(ctx context.Context, by By, in ReportResult) (out lab.Specimen, err error) {
	var now lab.Specimen
	if err := c.db.View(ctx, func(r *store.Reader) error {
		now, err = r.Specimen(in.Specimen)
		return err
	}); err != nil {
		return out, err
	}
	err = c.inID(ctx, by, now.Outbreak, func(u *unit) (err error) {
		out, err = u.reportResult(in)
		return err
	})
	return out, err
}

func (u *unit) reportResult(in ReportResult) (out lab.Specimen, err error) {
	result, err := lab.ParseResult(in.Result)
	if err != nil || result == lab.Awaited {
		return out, &Invalid{"result", in.Result, lab.ErrResult.Error()}
	}
	if in.Ct < 0 || in.Ct > 60 {
		return out, &Invalid{"ct", fmt.Sprint(in.Ct), "is not a cycle threshold"}
	}
	s, err := u.tx.Specimen(in.Specimen)
	if err != nil {
		return out, err
	}
	if err := u.by.may(&u.tx.Reader, u.o, auth.ResultWrite, s.Area, u.now); err != nil {
		return out, err
	}
	if in.Version != 0 && in.Version != s.Version {
		return out, &store.Conflict{Noun: "specimen", ID: int64(s.ID), Have: s.Version, Want: in.Version}
	}
	at, err := u.past("result_at", in.ResultAt)
	if err != nil {
		return out, err
	}
	if at.Before(s.TakenAt) {
		return out, &Invalid{"result_at", in.ResultAt, "lies before the specimen was taken"}
	}
	was := s.Result
	if was == result && s.Ct == in.Ct {
		return s, nil // the laboratory sent it again
	}
	kind := journal.ResultReported
	if was != lab.Awaited {
		if strings.TrimSpace(in.Reason) == "" {
			return out, &Invalid{Field: "reason", Reason: "is needed to correct a result"}
		}
		kind = journal.ResultCorrected
	}
	s.Result, s.ResultAt, s.Ct = result, at, in.Ct
	if err := u.tx.UpdateSpecimen(&s); err != nil {
		return out, err
	}
	u.ahead.swabbed(s)
	return s, u.tellOfSpecimen(kind, s, at, map[string]any{"code": s.Code, "from": was, "result": result, "ct": in.Ct, "reason": in.Reason})
}
