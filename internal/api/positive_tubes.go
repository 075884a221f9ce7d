package api

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/person"
	"firebreak/internal/place"
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

// HoldAppeal is that somebody who is held disagrees, and what they were answered.
type HoldAppeal struct {
	ID         int64      `json:"id"`
	Person     int64      `json:"person"`
	Area       string     `json:"area,omitempty"`
	Ground     string     `json:"ground" enum:"negative,mistake,care,conditions,other"`
	Worded     bool       `json:"worded" doc:"They wrote some words: read-words-of-appeal opens them."`
	FiledAt    *time.Time `json:"filed_at"`
	FiledBy    string     `json:"filed_by" doc:"A login, or public for the person themselves."`
	Until      *time.Time `json:"until" doc:"The hold ends then at the latest; it is answered before."`
	SecondedBy string     `json:"seconded_by,omitempty" doc:"The first of the two who must agree that they are let go."`
	SecondedAt *time.Time `json:"seconded_at,omitempty"`
	Answer     string     `json:"answer,omitempty" doc:"upheld or lifted; left out while it waits, or where the hold ended before"`
	AnsweredAt *time.Time `json:"answered_at,omitempty"`
	AnsweredBy string     `json:"answered_by,omitempty"`
	Reason     string     `json:"reason,omitempty" doc:"That the person is told."`
	Version    int64      `json:"version"`
}

// HoldAppeals is a page.
type HoldAppeals struct {
	Items []HoldAppeal `json:"items"`
	Next  string       `json:"next,omitempty"`
}

// NewAppeal enters the appeal of somebody who is held.
type NewAppeal struct {
	Person int64  `json:"person,omitempty" doc:"This, or code."`
	Code   string `json:"code,omitempty" maxLength:"40" doc:"The code that the person carries."`
	Ground string `json:"ground" enum:"negative,mistake,care,conditions,other"`
	Words  string `json:"words,omitempty" maxLength:"2000" doc:"Their own, of 500 characters at most."`
}

// WordsRequest says why an appeal's words are needed. The purpose stands in the header.
type WordsRequest struct {
	Reason string `json:"reason" minLength:"1" maxLength:"200" pattern:"\\S" doc:"In the reader's words; the journal keeps it."`
}

// AppealWords is what somebody wrote in their appeal.
type AppealWords struct {
	Words string `json:"words,omitempty" doc:"Left out where they wrote nothing."`
}

// AppealAnswer answers an appeal. To let somebody go two people must agree: the first order is noted, the second, of somebody else, lifts the hold.
type AppealAnswer struct {
	Answer  string `json:"answer" enum:"upheld,lifted"`
	Reason  string `json:"reason" maxLength:"2000" doc:"That the person is told, of 500 characters at most."`
	Version int64  `json:"version,omitempty" doc:"The version that the caller has seen; whatever stands where it is left out."`
}

func holdAppeal(a screening.Appeal, code func(place.AreaID) string) HoldAppeal {
	return HoldAppeal{ID: int64(a.ID), Person: int64(a.Person), Area: code(a.Area), Ground: string(a.Ground), Worded: a.Worded, FiledAt: clock(a.FiledAt), FiledBy: a.FiledBy, Until: clock(a.Until), SecondedBy: a.SecondedBy,
		SecondedAt: clock(a.SecondedAt), Answer: string(a.Answer), AnsweredAt: clock(a.AnsweredAt), AnsweredBy: a.AnsweredBy, Reason: a.Reason, Version: a.Version}
}

// appealed is an appeal after an order about it.
func (c *call) appealed(a screening.Appeal, err error) (out HoldAppeal, _ error) {
	if err != nil {
		return out, err
	}
	return out, c.o.DB.View(c.ctx, func(r *store.Reader) error {
		tree, err := r.Tree()
		out = holdAppeal(a, func(id place.AreaID) string { j, _ := tree.Get(id); return j.Code })
		return err
	})
}

func (s *server) appeals() {
	type list struct {
		Asked
		Outbreak string `path:"outbreak"`
		Area     string `query:"area" doc:"Code of the jurisdiction where they are held."`
		Open     bool   `query:"open" doc:"Only those without an answer of people who are still held."`
		After    string `query:"after" doc:"next of the page before."`
		Limit    int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	}
	operation(s, "list-appeals", http.MethodGet, "/api/outbreaks/{outbreak}/appeals", "Appeals of people who are held, the newest first", 200, func(c *call, in *list) (out HoldAppeals, err error) {
		out.Items = []HoldAppeal{}
		var before screening.AppealID
		if in.After != "" {
			n, err := strconv.ParseInt(in.After, 10, 64)
			if err != nil || n < 1 {
				return out, &command.Invalid{Field: "query.after", Value: in.After, Reason: "is not what a page gave as next"}
			}
			before = screening.AppealID(n)
		}
		return out, c.view(auth.SampleRead, in.Outbreak, in.Area, func(v *inside) error {
			list, err := v.Appeals(v.o.ID, v.within, in.Open, before, in.Limit+1)
			if len(list) > in.Limit {
				list = list[:in.Limit]
				out.Next = strconv.FormatInt(int64(list[in.Limit-1].ID), 10)
			}
			for _, a := range list {
				out.Items = append(out.Items, holdAppeal(a, v.code))
			}
			return err
		})
	})
	type file struct {
		Asked
		Outbreak string `path:"outbreak"`
		Body     NewAppeal
	}
	operation(s, "file-appeal", http.MethodPost, "/api/outbreaks/{outbreak}/appeals", "Enter the appeal of somebody who is held; while one waits, it is told again", 201, func(c *call, in *file) (HoldAppeal, error) {
		b := in.Body
		return c.appealed(c.o.Commands.AppealHold(c.ctx, c.by(), command.AppealHold{Outbreak: in.Outbreak, Person: person.ID(b.Person), Code: b.Code, Ground: b.Ground, Words: b.Words}))
	})
	type words struct {
		Asked
		Outbreak string `path:"outbreak"`
		Appeal   int64  `path:"appeal"`
		Body     WordsRequest
	}
	operation(s, "read-words-of-appeal", http.MethodPost, "/api/outbreaks/{outbreak}/appeals/{appeal}/words", "Read what somebody wrote in their appeal: for whoever may answer it, for a purpose, with a reason; the journal keeps both", 200, func(c *call, in *words) (out AppealWords, err error) {
		id := screening.AppealID(in.Appeal)
		err = c.view(auth.AppealAnswer, in.Outbreak, "", func(v *inside) error {
			a, err := v.Appeal(id)
			if err == nil && a.Outbreak != v.o.ID {
				err = fmt.Errorf("appeal %d of outbreak %q: %w", id, in.Outbreak, store.ErrNotFound)
			}
			return err
		})
		if err != nil {
			return out, err
		}
		ids := c.o.Commands.Identities()
		if ids == nil {
			return out, &command.Invalid{Field: "appeal", Reason: "no vault is open"}
		}
		said, err := ids.AppealWords(c.ctx, store.AppealWordsRequest{By: c.actor, Purpose: c.purpose, Reason: in.Body.Reason, Appeals: []screening.AppealID{id}})
		return AppealWords{said[id].Reveal()}, err
	})
	type answer struct {
		Asked
		Outbreak string `path:"outbreak"`
		Appeal   int64  `path:"appeal"`
		Body     AppealAnswer
	}
	operation(s, "answer-appeal", http.MethodPost, "/api/outbreaks/{outbreak}/appeals/{appeal}/answer", "Answer an appeal: one person upholds a hold, two let somebody go", 200, func(c *call, in *answer) (HoldAppeal, error) {
		b := in.Body
		return c.appealed(c.o.Commands.AnswerAppeal(c.ctx, c.by(), command.AnswerAppeal{Outbreak: in.Outbreak, Appeal: screening.AppealID(in.Appeal), Version: b.Version, Answer: b.Answer, Reason: b.Reason}))
	})
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
