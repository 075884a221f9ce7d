package command

import (
	"errors"
	"time"

	"firebreak/internal/facility"
	"firebreak/internal/journal"
	"firebreak/internal/transfer"
)

// giveUpBed gives up a bed that is kept for somebody who is not brought there. One that was given up already, with their follow-up, stays so.
func (w *world) giveUpBed(id facility.StayID) error {
	s, err := w.stay(id)
	if err != nil || s.State != facility.Booked {
		return err
	}
	return w.drop(s, func(payload map[string]any) error {
		payload["reason"] = "transfer"
		_, err := w.append(journal.Entry{Kind: journal.StayDropped, Subject: onStay(s.ID), Area: s.Area, At: w.now, Actor: "rule:" + ruleTransfer, Rule: ruleTransfer, Pack: w.pack.Ref()}, payload)
		return err
	})
}

// comeToBed says that somebody has come to the bed that is kept for them. Where the place cannot take them into it (it closes, the room is being cleaned, they became a case on the way, their follow-up is over), they are there all the
// same: the bed stays kept, and its desk checks them in by hand.
func (u *unit) comeToBed(q *transfer.Request, at time.Time) (in bool, err error) {
	s, err := u.stay(q.Stay)
	if err != nil || s.State != facility.Booked {
		return false, err
	}
	err = u.checkIn(s, at)
	var no *NoBed
	var wrong *Invalid
	if errors.As(err, &no) || errors.As(err, &wrong) { // each is found before anything is written
		return false, nil
	}
	return err == nil, err
}
