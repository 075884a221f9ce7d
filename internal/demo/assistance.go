package demo

import (
	"context"
	"math/rand/v2"
	"strings"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/contact"
	"firebreak/internal/day"
)

// AskAssistance asks the office of another district for somebody whom a case told of; Answer is what that office does, empty while it does nothing.
type AskAssistance struct {
	Case   string
	Person Person
	Fields map[string]string
	Answer contact.AssistanceState
	Reason string
}

func (AskAssistance) order() {}

// askElsewhere writes that three of the newest cases in Laixi met somebody who lives in another district: one is taken over, one sent back, one not answered yet.
func (s *story) askElsewhere(r *rand.Rand) {
	answers := []AskAssistance{
		{},
		{Answer: contact.AssistanceAccepted},
		{Answer: contact.AssistanceSentBack, Reason: "moved to another city last year"},
	}
	n := 0
	for k := len(s.infected) - 1; k >= 0 && n < len(answers); k-- {
		i := s.infected[k]
		if !strings.HasPrefix(i.area, Laixi) || !i.discarded.IsZero() || i.at.Add(hours(2)).After(s.now) {
			continue
		}
		o := answers[n]
		o.Case, o.Person = i.code, Person{Sex: []string{"female", "male"}[r.IntN(2)], Age: 20 + r.IntN(50)}
		o.Fields = map[string]string{"area": []string{"370215", "370214", "370283"}[n], "last_exposed": day.In(i.at, s.loc).Add(-1).String(), "setting": "train"}
		s.add(i.at.Add(hours(0.5+r.Float64())), o)
		n++
	}
}

func (p *player) ask(ctx context.Context, o AskAssistance) error {
	k, err := p.caseOf(ctx, o.Case)
	if err != nil {
		return err
	}
	by := p.by(auth.RoleEpidemiologist, auth.PurposeContactTracing)
	a, err := p.c.AskAssistance(ctx, by, command.AskAssistance{Outbreak: Outbreak, Case: k.ID, Person: o.Person.fields(), Fields: o.Fields})
	if err != nil || o.Answer == "" {
		return err
	}
	_, err = p.c.AnswerAssistance(ctx, by, command.AnswerAssistance{Assistance: a.ID, Answer: o.Answer, Reason: o.Reason})
	return err
}
