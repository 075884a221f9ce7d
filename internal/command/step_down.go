package command

import (
	"context"
	"strings"

	"firebreak/internal/cases"
	"firebreak/internal/facility"
	"firebreak/internal/person"
	"firebreak/internal/response"
	"firebreak/internal/transfer"
	"firebreak/internal/treatment"
)

// StepDown asks that a patient who needs no hospital any more, and cannot be discharged yet, is moved to an isolation site. Whoever treats them asks; no clock asks for it.
type StepDown struct {
	Case     cases.ID
	To       string // code of an isolation site: left open, somebody might be brought to another hospital
	Deadline string // instant: by when the bed is to be free
	TransferNeeds
}

// StepDown carries out the order, and returns the request. The admission ends when they have left, as one to elsewhere. A patient in intensive care goes to a ward first (MoveBed).
func (c *Commands) StepDown(ctx context.Context, by By, in StepDown) (out transfer.Request, err error) {
	err = c.inCare(ctx, by, in.Case, func(u *unit, rec *caseRecord, a *treatment.Admission) error {
		if a == nil {
			return &Invalid{"case", rec.Code, "is in no hospital"}
		}
		facts, err := u.CaseFacts(rec.ID)
		if err != nil {
			return err
		}
		need := response.NeedOf(u.pack, facts)
		switch to := response.StepDown(u.pack, facts, u.now); {
		case a.Level == facility.ICU:
			return &Invalid{"case", rec.Code, "is in intensive care: a ward comes first"}
		case to == treatment.AtSite:
		case !need.Told:
			return &Invalid{"case", rec.Code, "was not assessed: say how ill they are first"}
		case need.Setting != treatment.AtSite:
			return &Invalid{"case", rec.Code, "is treated elsewhere by the pack: " + string(need.Setting) + " by " + need.Clause}
		default:
			return &Invalid{"case", rec.Code, "meets the conditions of discharge: discharge them"}
		}
		if f, err := u.tx.FacilityByCode(u.o.ID, strings.TrimSpace(in.To)); err != nil && !isNotFound(err) {
			return err
		} else if err != nil || f.Kind != facility.IsolationSite {
			return &Invalid{"to", in.To, "is needed: the code of an isolation site"}
		}
		q := &transfer.Request{Outbreak: u.o.ID, Purpose: transfer.ToIsolation, State: transfer.Open, StateAt: u.now, MadeAt: u.now, FoundAt: u.now, MadeBy: by.Name()}
		if err := u.whoMoves(q, rec.Code, ""); err != nil {
			return err
		}
		ref, err := u.askByHand(q, AskTransfer{To: in.To, Deadline: in.Deadline, TransferNeeds: in.TransferNeeds})
		if err != nil {
			return err
		}
		out = *q
		return u.standTransfer(q, ref)
	})
	return out, err
}

// staysInHospital cancels what asks to move somebody from a hospital to an isolation site, where they are too ill for it now or have left another way. Whoever is in a vehicle is brought somewhere first.
func (u *unit) staysInHospital(p person.ID, reason string) error {
	live, err := u.tx.LiveRequestsOf(u.o.ID, []person.ID{p})
	if err != nil {
		return err
	}
	q, is := live[p]
	if !is || q.Task != onTransfer(q.ID) || q.Purpose != transfer.ToIsolation || q.From == 0 || q.State == transfer.Aboard {
		return nil
	}
	kind, err := u.kindOf(q.From)
	if err != nil || kind != facility.Hospital {
		return err
	}
	return u.endRequest(&q, reason)
}
