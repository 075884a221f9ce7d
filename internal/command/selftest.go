package command

import (
	"context"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/journal"
	"firebreak/internal/person"
	"firebreak/internal/response"
	"firebreak/internal/screening"
)

// ReportSelfTest reports an antigen self-test: by the person themselves on the public page, or by a clinic. The person is named by the code that they carry, or by
// document and name; somebody whom the register does not know is entered with these two, as at a desk.
type ReportSelfTest struct {
	Outbreak string
	Person   person.ID // known already; or
	Code     string    // as carried; or
	Document string    // number of a document, with
	Name     string
	Phone    string // kept of somebody whom the register does not know; nobody changes a number that it has by reporting a test
	Result   string // positive, negative, invalid
	At       string // when the test was read: an instant; now when empty
	Symptoms bool
}

// Advice is what whoever reported a self-test is told. The words are the screens'.
type Advice string

// The advices.
const (
	AdvisePCR     Advice = "pcr"      // stay apart from others; a PCR is arranged
	AdvisePCRSoon Advice = "pcr_soon" // negative with symptoms: a PCR soon, apart from others until then
	AdviseRepeat  Advice = "repeat"   // the test did not work: another one
	AdviseNothing Advice = "none"
)

// SelfTestReported is what became of a report. It says nothing of the person: whoever reports learns no more than they brought.
type SelfTestReported struct {
	Test   screening.SelfTest
	Advice Advice
}

func advise(r screening.SelfTestResult, symptoms bool) Advice {
	switch {
	case r == screening.SelfPositive:
		return AdvisePCR
	case r == screening.SelfInvalid:
		return AdviseRepeat
	case symptoms:
		return AdvisePCRSoon
	}
	return AdviseNothing
}

// sameReport is within which time a report without an instant of its own is the one before, sent again.
const sameReport = 10 * time.Minute

// ReportSelfTest carries out the order. The same report again is told as the first one.
func (c *Commands) ReportSelfTest(ctx context.Context, by By, in ReportSelfTest) (out SelfTestReported, err error) {
	result, err := screening.ParseSelfTest(in.Result)
	if err != nil {
		return out, &Invalid{"result", in.Result, screening.ErrSelfTest.Error()}
	}
	out.Advice = advise(result, in.Symptoms)
	err = c.in(ctx, by, in.Outbreak, func(u *unit) error {
		id, err := u.selfTested(in)
		if err != nil {
			return err
		}
		p, err := u.tx.Person(id)
		if err != nil {
			return err
		}
		if err := by.may(&u.tx.Reader, u.o, auth.SampleWrite, p.Area, u.now); err != nil {
			return err
		}
		at, err := u.past("at", in.At)
		if err != nil {
			return err
		}
		area, district := p.Area, p.District
		if area == 0 {
			area = u.o.Area
		}
		before, err := u.tx.SelfTestsOf([]person.ID{id}, u.o.ID)
		if err != nil {
			return err
		}
		for _, t := range before[id] {
			if t.Result == result && t.Symptoms == in.Symptoms && (t.At.Equal(at) || in.At == "" && u.now.Sub(t.At) < sameReport) {
				out.Test = t
				return nil
			}
		}
		out.Test = screening.SelfTest{Outbreak: u.o.ID, Person: id, Area: area, District: district, At: at, Result: result, Symptoms: in.Symptoms, By: by.Name()}
		if err := u.tx.AddSelfTest(&out.Test); err != nil {
			return err
		}
		ref, err := u.fact(journal.SelfTestReported, onPerson(id), area, at, map[string]any{"self_test": out.Test.ID, "result": result, "symptoms": in.Symptoms})
		if err != nil {
			return err
		}
		return u.react(response.Trigger{Kind: journal.SelfTestReported, Subject: onPerson(id), Ref: ref, At: at})
	})
	return out, err
}

// selfTested finds or enters the person of a report.
func (u *unit) selfTested(in ReportSelfTest) (person.ID, error) {
	if in.Person != 0 {
		return in.Person, nil
	}
	return u.carried(in.Code, IdentityFields{Document: in.Document, Name: in.Name, Phone: in.Phone})
}
