package command

import (
	"context"
	"strings"

	"firebreak/internal/auth"
	"firebreak/internal/journal"
	"firebreak/internal/lab"
	"firebreak/internal/response"
	"firebreak/internal/store"
)

// joinResults joins results that laboratories told before their tubes were registered to those tubes, now that they are, and lets the rulebook answer: what could not be
// answered then is answered within a tick of the desk's word. A result that the tube refuses, such as one from before the tube was closed, waits for a person with the reason.
func (u *unit) joinResults() (int, error) {
	list, err := u.tx.ResultsToJoin(u.o.ID, clockBatch)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	for rest := list; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n].Laboratory == rest[0].Laboratory {
			n++
		}
		if err := u.joinOf(rest[:n]); err != nil {
			return 0, err
		}
		rest = rest[n:]
	}
	if err := u.tx.JoinedResults(u.o.ID, list); err != nil {
		return 0, err
	}
	return len(list), u.foundDesks(list)
}

// foundDesks lets the rulebook answer that the desks of positive tubes told of them.
func (u *unit) foundDesks(list []store.AwaitedResult) error {
	codes := map[lab.LaboratoryID][]string{}
	var order []lab.LaboratoryID
	for _, a := range list {
		if a.Number == 0 || a.Problem != "" {
			continue
		}
		if codes[a.Laboratory] == nil {
			order = append(order, a.Laboratory)
		}
		codes[a.Laboratory] = append(codes[a.Laboratory], a.Code)
		u.knows(a)
	}
	for _, id := range order {
		l, err := u.tx.Laboratory(id)
		if err != nil {
			return err
		}
		if err := u.unknownChanged(journal.UnknownFound, l, map[string]any{"tubes": codes[id]}); err != nil {
			return err
		}
	}
	return nil
}

// knows notes that it is known what a positive tube is that no desk had told of.
func (w *world) knows(a store.AwaitedResult) {
	if w.known == nil {
		w.known = map[lab.LaboratoryID][]response.UnknownFacts{}
	}
	w.known[a.Laboratory] = append(w.known[a.Laboratory], response.UnknownFacts{Number: a.Number, ToldAt: a.ToldAt, Ended: w.now})
}

// unknownChanged writes that a laboratory's positive unknown tubes are others than before, and lets the rulebook answer.
func (u *unit) unknownChanged(kind journal.Kind, l lab.Laboratory, payload map[string]any) error {
	payload["laboratory"] = l.Code
	ref, err := u.fact(kind, onLaboratory(l.ID), l.Area, u.now, payload)
	if err != nil {
		return err
	}
	return u.react(response.Trigger{Kind: kind, Subject: onLaboratory(l.ID), Ref: ref, At: u.now})
}

// LaboratoryFacts implements response.World. A positive tube whose last result says otherwise was corrected, and nobody looks for its desk because of it any more.
func (w *world) LaboratoryFacts(id lab.LaboratoryID) (response.LaboratoryFacts, error) {
	l, err := w.tx.Laboratory(id)
	if err != nil {
		return response.LaboratoryFacts{}, err
	}
	told, err := w.tx.PositiveUnknown(id)
	if err != nil {
		return response.LaboratoryFacts{}, err
	}
	f := response.LaboratoryFacts{ID: id, Area: l.Area, District: l.District, Earlier: w.earlier}
	ended := map[int]bool{}
	for _, x := range w.known[id] {
		ended[x.Number] = true
	}
	last := "" // the code whose positive stretch is the last of f.Unknown
	for _, a := range told {
		switch {
		case ended[a.Number]:
			last = ""
		case a.Number > 0:
			f.Unknown = append(f.Unknown, response.UnknownFacts{Number: a.Number, ToldAt: a.ToldAt})
			last = a.Code
		case a.Code == last && a.Result != lab.TubePositive:
			f.Unknown[len(f.Unknown)-1].Ended = a.ToldAt
			last = ""
		}
	}
	f.Unknown = append(f.Unknown, w.known[id]...)
	return f, nil
}

// joinOf joins results of one laboratory, and says in each that cannot be joined why not.
func (u *unit) joinOf(list []store.AwaitedResult) error {
	l, err := u.tx.Laboratory(list[0].Laboratory)
	if err != nil {
		return err
	}
	b := newTubeBatch(u, l, len(list))
	b.joins = true
	codes := make([]string, len(list))
	for i, a := range list {
		// Its time is known since it was told; whoever left it out meant that moment.
		b.rows = append(b.rows, readRow{TubeRow: TubeRow{Row: i + 1, Code: a.Code, Result: string(a.Result), At: a.At.In(u.loc).Format("2006-01-02T15:04:05"), Run: a.Run, Reason: a.Reason}, report: a.Report, timed: true})
		codes[i] = a.Code
	}
	if err := b.find(codes); err != nil {
		return err
	}
	for i := range b.rows {
		b.judge(&b.rows[i])
	}
	for _, r := range b.out.Rejects {
		list[r.Row-1].Problem = strings.TrimSpace(r.Why + " " + r.With)
	}
	return b.write()
}

// SettleUnknown says that a tube which no desk has registered will never come: its label was misread, or the result was another's. What was told of it is taken out of
// what waits; the journal keeps who said so and why.
type SettleUnknown struct {
	Outbreak   string
	Laboratory string // its code
	Tube       string // the label
	Reason     string
}

// SettleUnknown carries out the order.
func (c *Commands) SettleUnknown(ctx context.Context, by By, in SettleUnknown) error {
	in.Tube, in.Reason = strings.TrimSpace(in.Tube), strings.TrimSpace(in.Reason)
	if in.Reason == "" || len(in.Reason) > mostText {
		return &Invalid{Field: "reason", Reason: "is needed, of 200 bytes at most: what was found out"}
	}
	return c.in(ctx, by, in.Outbreak, func(u *unit) error {
		l, err := u.laboratory(in.Laboratory, auth.ResultWrite)
		if err != nil {
			return err
		}
		awaited, err := u.tx.AwaitedTubes(u.o.ID, []string{in.Tube})
		if err != nil {
			return err
		}
		told, err := u.tx.AwaitedResults(u.o.ID, []string{in.Tube})
		if err != nil {
			return err
		}
		var results []lab.TubeResult
		for _, a := range told[in.Tube] {
			if a.Laboratory == l.ID {
				if results = append(results, a.Result); a.Number > 0 {
					u.knows(a)
				}
			}
		}
		if len(results) == 0 && (awaited[in.Tube].Laboratory != l.ID) {
			return &Invalid{"tube", in.Tube, "is none of this laboratory's unknown tubes"}
		}
		if err := u.tx.ForgetUnknown(u.o.ID, in.Tube); err != nil {
			return err
		}
		return u.unknownChanged(journal.UnknownSettled, l, map[string]any{"tube": in.Tube, "results": results, "reason": in.Reason})
	})
}
