package api

import (
	"net/http"
	"strconv"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/person"
	"firebreak/internal/positives"
	"firebreak/internal/protocol"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

// PositiveTube is a positive tube of several people, and how each of them stands.
type PositiveTube struct {
	Code     string         `json:"code"`
	Kind     string         `json:"kind" doc:"pool or household"`
	Site     string         `json:"site" doc:"Code of the site."`
	Area     string         `json:"area" doc:"Where the site is."`
	Desk     string         `json:"desk,omitempty"`
	ClosedAt *time.Time     `json:"closed_at"`
	ResultAt *time.Time     `json:"result_at"`
	Held     int            `json:"held" doc:"People held because of it now."`
	Late     int            `json:"late" doc:"People whose single specimen is late."`
	Settled  bool           `json:"settled" doc:"Nobody is held or to be sampled, and no check is open."`
	Members  []TubePerson   `json:"members"`
	Before   *NeighbourTube `json:"before,omitempty" doc:"The tube closed at the same desk just before."`
	After    *NeighbourTube `json:"after,omitempty"`
	Check    *TubeTask      `json:"check,omitempty" doc:"To look for a swapped tube or a missing member: everybody is singly negative."`
	Finding  string         `json:"finding,omitempty" doc:"What that found."`
}

// TubePerson is one of the people in it.
type TubePerson struct {
	Person    int64      `json:"person"`
	Area      string     `json:"area,omitempty" doc:"Where they live, if known."`
	SwabbedAt *time.Time `json:"swabbed_at"`
	Standing  string     `json:"standing" enum:"unsampled,awaited,negative,positive,case" doc:"What single specimens since say; case: they are one for another reason."`
	Hold      *TubeHold  `json:"hold,omitempty"`
	Sample    *TubeTask  `json:"sample,omitempty" doc:"The single specimen."`
	Household []int64    `json:"household,omitempty" doc:"Who lives with them. Nobody is held for that."`
}

// TubeHold keeps one person where they are, until its end at the latest.
type TubeHold struct {
	Since    *time.Time `json:"since"`
	Until    *time.Time `json:"until" doc:"It ends then whatever is known."`
	ToldAt   *time.Time `json:"told_at,omitempty"`
	LiftedAt *time.Time `json:"lifted_at,omitempty"`
	Lifted   string     `json:"lifted,omitempty" doc:"negative, found, case, quarantined, corrected, over or pack"`
	Clause   string     `json:"clause" doc:"The value of the pack that it stands on."`
	Pack     string     `json:"pack"`
}

// TubeTask is a task beside a tube.
type TubeTask struct {
	ID    int64      `json:"id"`
	State string     `json:"state"`
	Owner string     `json:"owner" doc:"Role."`
	Due   *time.Time `json:"due"`
	Late  bool       `json:"late"`
}

// NeighbourTube is a tube of the same desk.
type NeighbourTube struct {
	Code     string     `json:"code"`
	People   int        `json:"people"`
	ClosedAt *time.Time `json:"closed_at"`
	Result   string     `json:"result" doc:"Empty while awaited."`
}

// PositiveTubes is a page.
type PositiveTubes struct {
	Items []PositiveTube `json:"items"`
	Next  string         `json:"next,omitempty"`
}

// SelfTestReport is what somebody read off an antigen self-test.
type SelfTestReport struct {
	Person   int64  `json:"person,omitempty" doc:"This, or code, or document and name."`
	Code     string `json:"code,omitempty" maxLength:"40" doc:"The code that the person carries."`
	Document string `json:"document,omitempty" maxLength:"200"`
	Name     string `json:"name,omitempty" maxLength:"200"`
	Result   string `json:"result" enum:"positive,negative,invalid"`
	At       string `json:"at,omitempty" doc:"When it was read; now when left out."`
	Symptoms bool   `json:"symptoms,omitempty"`
}

// SelfTestAnswer is what to tell them. It makes nobody a case.
type SelfTestAnswer struct {
	ID     int64  `json:"id"`
	Advice string `json:"advice" enum:"pcr,pcr_soon,repeat,none"`
}

// TubeFinding is what was found when somebody looked for a swapped tube or a missing member.
type TubeFinding struct {
	Finding string `json:"finding" maxLength:"2000"`
	At      string `json:"at,omitempty" doc:"Now when left out."`
}

func tubeTask(t *task.Task, now time.Time) *TubeTask {
	if t == nil {
		return nil
	}
	return &TubeTask{int64(t.ID), string(t.State), string(t.Owner), clock(t.Due), t.Late(now)}
}

func neighbourTube(t *store.Tube) *NeighbourTube {
	if t == nil {
		return nil
	}
	return &NeighbourTube{t.Code, t.People, clock(t.ClosedAt), string(t.Result)}
}

func (in *inside) positiveTube(t positives.Tube, now time.Time) PositiveTube {
	out := PositiveTube{Code: t.Code, Kind: string(t.Kind), Site: t.Site.Code, Area: in.code(t.Site.Area), Desk: t.Desk, ClosedAt: clock(t.ClosedAt), ResultAt: clock(t.ResultAt), Held: t.Held(), Late: t.Late(now),
		Settled: t.Settled(), Before: neighbourTube(t.Before), After: neighbourTube(t.After), Check: tubeTask(t.Check, now), Members: []TubePerson{}}
	if t.Finding != nil {
		out.Finding = t.Finding.Finding
	}
	for _, m := range t.Members {
		p := TubePerson{Person: int64(m.Person), Area: in.code(m.Area), SwabbedAt: clock(m.At), Standing: m.Standing, Sample: tubeTask(m.Sample, now)}
		if h := m.Hold; h != nil {
			p.Hold = &TubeHold{clock(h.Since), clock(h.Until), clock(h.ToldAt), clock(h.LiftedAt), string(h.Lifted), h.Clause, h.Pack}
		}
		for _, id := range m.Household {
			p.Household = append(p.Household, int64(id))
		}
		out.Members = append(out.Members, p)
	}
	return out
}

func (s *server) positiveTubes() {
	type list struct {
		Asked
		Outbreak string `path:"outbreak"`
		Area     string `query:"area" doc:"Code of the jurisdiction where the sites are."`
		After    string `query:"after" doc:"next of the page before."`
		Limit    int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	}
	operation(s, "list-positive-tubes", http.MethodGet, "/api/outbreaks/{outbreak}/positive-tubes", "Positive tubes: who is held, who is sampled, who is late", 200, func(c *call, in *list) (out PositiveTubes, err error) {
		out.Items = []PositiveTube{}
		f := positives.Find{Limit: in.Limit}
		if in.After != "" {
			n, err := strconv.ParseInt(in.After, 10, 64)
			if err != nil || n < 1 {
				return out, &command.Invalid{Field: "query.after", Value: in.After, Reason: "is not what a page gave as next"}
			}
			f.Before = screening.TubeID(n)
		}
		return out, c.view(auth.SampleRead, in.Outbreak, in.Area, func(v *inside) error {
			p, err := protocol.Load(v.o.Pack)
			if err != nil {
				return err
			}
			f.Outbreak, f.Within = v.o.ID, v.within
			tubes, next, err := positives.Read(v.Reader, p, f)
			for _, t := range tubes {
				out.Items = append(out.Items, v.positiveTube(t, c.now))
			}
			if next != 0 {
				out.Next = strconv.FormatInt(int64(next), 10)
			}
			return err
		})
	})
	type check struct {
		Asked
		Outbreak string `path:"outbreak"`
		Code     string `path:"code" doc:"Label of the tube."`
		Body     TubeFinding
	}
	operation(s, "check-tube", http.MethodPost, "/api/outbreaks/{outbreak}/tubes/{code}/check", "Record what was found when somebody looked for a swapped tube or a missing member", 200, func(c *call, in *check) (TubeFinding, error) {
		return in.Body, c.o.Commands.CheckTube(c.ctx, c.by(), command.CheckTube{Outbreak: in.Outbreak, Tube: in.Code, Finding: in.Body.Finding, At: in.Body.At})
	})
	type report struct {
		Asked
		Outbreak string `path:"outbreak"`
		Body     SelfTestReport
	}
	operation(s, "report-self-test", http.MethodPost, "/api/outbreaks/{outbreak}/self-tests", "Report an antigen self-test; a positive one asks for a PCR", 201, func(c *call, in *report) (out SelfTestAnswer, err error) {
		b := in.Body
		done, err := c.o.Commands.ReportSelfTest(c.ctx, c.by(), command.ReportSelfTest{Outbreak: in.Outbreak, Person: person.ID(b.Person), Code: b.Code, Document: b.Document, Name: b.Name, Result: b.Result, At: b.At, Symptoms: b.Symptoms})
		return SelfTestAnswer{int64(done.Test.ID), string(done.Advice)}, err
	})
}
