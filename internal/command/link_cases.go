package command

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"firebreak/internal/auth"
	"firebreak/internal/cases"
	"firebreak/internal/day"
	"firebreak/internal/journal"
	"firebreak/internal/store"
)

// LinkCases says that two cases belong together. A code that is no case's yet is kept and waits for its case.
type LinkCases struct {
	Outbreak  string
	From, To  string // codes; for a transmission From infected To
	Kind      cases.LinkKind
	Setting   string // classroom, household ... as told
	Certainty cases.Certainty
	Reason    string // why all the same, where the days speak against it
}

// LinkCases carries out the order. A link that is there already is left as it is, or made to say what is known more; one that was removed is there again. A
// transmission that would close a circle is refused, and so is one against the days of onset, unless a reason is given.
func (c *Commands) LinkCases(ctx context.Context, by By, in LinkCases) error {
	in.From, in.To, in.Reason = strings.TrimSpace(in.From), strings.TrimSpace(in.To), strings.TrimSpace(in.Reason)
	switch {
	case in.From == "":
		return &Invalid{Field: "from", Reason: "is needed"}
	case in.To == "":
		return &Invalid{Field: "to", Reason: "is needed"}
	case in.From == in.To:
		return &Invalid{"to", in.To, "is the same case"}
	}
	switch in.Kind {
	case cases.Transmission, cases.Direct, cases.SameCluster, cases.SameEvent:
	default:
		return &Invalid{"kind", string(in.Kind), "is transmission, direct, cluster or event"}
	}
	if _, err := cases.ParseCertainty(string(in.Certainty)); err != nil {
		return &Invalid{"certainty", string(in.Certainty), err.Error()}
	}
	return c.in(ctx, by, in.Outbreak, func(u *unit) error { return u.linkCases(in) })
}

func (u *unit) linkCases(in LinkCases) error {
	l := cases.Link{Outbreak: u.o.ID, FromCode: in.From, ToCode: in.To, Kind: in.Kind, Setting: in.Setting, Certainty: in.Certainty, Reason: in.Reason}
	subject, area := onOutbreak(u.o.ID), u.o.Area
	for _, end := range []struct {
		code string
		id   *cases.ID
	}{{in.From, &l.From}, {in.To, &l.To}} {
		k, err := u.tx.CaseByCode(u.o.ID, end.code)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		*end.id, subject, area = k.GoesOn(), onCase(k.GoesOn()), k.Area
		if err := u.by.may(&u.tx.Reader, u.o, auth.CaseWrite, k.Area, u.now); err != nil {
			return err
		}
	}
	if l.From == 0 && l.To == 0 {
		if err := u.by.may(&u.tx.Reader, u.o, auth.CaseWrite, area, u.now); err != nil {
			return err
		}
	}
	if err := u.checkLink(l, "to"); err != nil {
		return err
	}
	there, err := u.tx.LinksOf(l.To)
	if err != nil {
		return err
	}
	for _, k := range there {
		if k.Outbreak == l.Outbreak && k.FromCode == l.FromCode && k.ToCode == l.ToCode && k.Kind == l.Kind && !l.Certainty.Surer(k.Certainty) {
			return nil
		}
	}
	ref, err := u.fact(journal.LinkAdded, subject, area, u.now, map[string]any{"from": l.FromCode, "to": l.ToCode, "kind": l.Kind, "setting": l.Setting, "certainty": l.Certainty, "reason": l.Reason})
	if err != nil {
		return err
	}
	if back, err := u.tx.RestoreLink(l); err != nil || back {
		return err
	}
	_, err = u.tx.AddLinks([]store.NewLink{{Link: l, Origin: ref}})
	return err
}

// checkLink refuses a transmission that cannot be: within one case, around in a circle, or, where no reason says why all the same, against the days of onset.
func (u *unit) checkLink(l cases.Link, field string) error {
	if l.From != 0 && l.From == l.To {
		return &Invalid{field, l.ToCode, "is the same case"}
	}
	if l.Kind != cases.Transmission || !l.Resolved() {
		return nil
	}
	all, err := u.tx.Links(u.o.ID)
	if err != nil {
		return err
	}
	if circle := circleOf(all, l); circle != nil {
		return &Invalid{field, l.ToCode, "closes a circle: " + strings.Join(circle, " infected ")}
	}
	from, err := u.getCase(l.From)
	if err != nil {
		return err
	}
	to, err := u.getCase(l.To)
	if err != nil {
		return err
	}
	// The infector can infect from the pack's day before their onset, and nobody falls ill sooner than the shortest incubation.
	periods := &u.pack.Periods
	earliest := from.Onset.Add(periods.InfectiousFrom.Value + periods.IncubationMin.Value)
	if _, known := day.Between(from.Onset, to.Onset); known && to.Onset < earliest && l.Reason == "" {
		return &Invalid{field, to.Code, fmt.Sprintf("fell ill on %s, and whoever %s infected did not before %s (%s, %s): give a reason to link them all the same", to.Onset, from.Code, earliest,
			periods.InfectiousFrom.Path, periods.IncubationMin.Path)}
	}
	return nil
}

// circleOf returns the codes along the circle that a transmission would close, the infector first and last; nil when it closes none.
func circleOf(all []cases.Link, l cases.Link) []string {
	next := map[cases.ID][]cases.Link{}
	for _, k := range all {
		if k.Kind == cases.Transmission && k.Resolved() && k.ID != l.ID {
			next[k.From] = append(next[k.From], k)
		}
	}
	came := map[cases.ID]cases.Link{}
	for queue := []cases.ID{l.To}; len(queue) > 0; queue = queue[1:] {
		for _, k := range next[queue[0]] {
			if _, seen := came[k.To]; seen || k.To == l.To {
				continue
			}
			came[k.To] = k
			queue = append(queue, k.To)
		}
	}
	if _, reached := came[l.From]; !reached {
		return nil
	}
	codes := []string{l.FromCode}
	for at := l.From; at != l.To; at = came[at].From {
		codes = append([]string{came[at].FromCode}, codes...)
	}
	return append([]string{l.FromCode}, codes...)
}
