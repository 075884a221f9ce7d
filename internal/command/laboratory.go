package command

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/journal"
	"firebreak/internal/lab"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

// AddLaboratories enters laboratories, all or none.
type AddLaboratories struct {
	Outbreak     string
	Laboratories []LaboratoryFields
}

// LaboratoryFields are what is known of a laboratory.
type LaboratoryFields struct {
	Code       string // unique in the outbreak
	Name       string // the code when empty
	Area       string // code of a jurisdiction
	PerHour    int64  // tubes that it can read in an hour; 0 where it has not said
	Rates      []lab.Rate
	Turnaround time.Duration
	Opens      time.Duration // since midnight in the outbreak's zone; both 0: day and night
	Closes     time.Duration
	Mobile     bool
}

// Bounds of a laboratory: the largest sites of 2022 read some 20,000 tubes an hour.
const (
	mostPerHour    = 100_000
	mostTurnaround = 7 * 24 * time.Hour
)

func onLaboratory(id lab.LaboratoryID) task.Subject {
	return task.Subject{Kind: store.OnLaboratory, ID: int64(id)}
}

// AddLaboratories carries out the order and returns the laboratories.
func (c *Commands) AddLaboratories(ctx context.Context, by By, in AddLaboratories) (out []lab.Laboratory, err error) {
	err = c.in(ctx, by, in.Outbreak, func(u *unit) error {
		out = make([]lab.Laboratory, len(in.Laboratories))
		for i, f := range in.Laboratories {
			l, err := u.newLaboratory(f)
			if err != nil {
				return inRow("laboratories", i, err)
			}
			if err := u.tx.AddLaboratory(&l); err != nil {
				return err
			}
			out[i] = l
			if _, err := u.fact(journal.LaboratoryAdded, onLaboratory(l.ID), l.Area, u.now, laboratoryFact(l)); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

func laboratoryFact(l lab.Laboratory) any {
	return map[string]any{"code": l.Code, "per_hour": l.PerHour, "rates": lab.WriteRates(l.Rates), "turnaround_minutes": int64(l.Turnaround / time.Minute), "mobile": l.Mobile, "closed": l.Closed}
}

func (u *unit) newLaboratory(f LaboratoryFields) (l lab.Laboratory, err error) {
	l = lab.Laboratory{Outbreak: u.o.ID, Code: strings.TrimSpace(f.Code)}
	const longest = 60
	if l.Code == "" || len(l.Code) > longest {
		return l, &Invalid{"code", f.Code, "is needed, of 60 bytes at most"}
	}
	if err := u.setLaboratory(&l, f); err != nil {
		return l, err
	}
	_, err = u.tx.LaboratoryByCode(u.o.ID, l.Code)
	return l, unlessNotFound(err, &Invalid{"code", l.Code, "is another laboratory's"})
}

// setLaboratory reads all fields but the code.
func (u *unit) setLaboratory(l *lab.Laboratory, f LaboratoryFields) error {
	j, ok := u.tree.ByCode(strings.TrimSpace(f.Area))
	switch {
	case !ok:
		return &Invalid{"area", f.Area, "is not the code of a known jurisdiction"}
	case f.PerHour < 0 || f.PerHour > mostPerHour:
		return &Invalid{"per_hour", strconv.FormatInt(f.PerHour, 10), "is a number of tubes from 0 to 100,000"}
	case slices.ContainsFunc(f.Rates, func(r lab.Rate) bool { return r.PerHour > mostPerHour }):
		return &Invalid{"rates", lab.WriteRates(f.Rates), "has a number of tubes above 100,000 an hour"}
	case f.Turnaround < 0 || f.Turnaround > mostTurnaround:
		return &Invalid{"turnaround", f.Turnaround.String(), "is a span from 0 to 7 days"}
	case f.Opens < 0 || f.Opens > 24*time.Hour:
		return &Invalid{"opens", f.Opens.String(), "is a time of day"}
	case f.Closes < 0 || f.Closes > 24*time.Hour:
		return &Invalid{"closes", f.Closes.String(), "is a time of day"}
	}
	rates := slices.SortedFunc(slices.Values(f.Rates), func(a, b lab.Rate) int { return cmp.Compare(a.From, b.From) })
	if err := lab.CheckRates(rates); err != nil {
		return &Invalid{"rates", lab.WriteRates(f.Rates), err.Error()}
	}
	// A laboratory may stand outside the outbreak's area: samples are driven to other cities when a city's own are full.
	l.Area, l.District = j.ID, u.tree.District(j.ID)
	l.Name, l.PerHour, l.Rates, l.Turnaround, l.Opens, l.Closes, l.Mobile = strings.TrimSpace(f.Name), f.PerHour, rates, f.Turnaround, f.Opens, f.Closes, f.Mobile
	if l.Name == "" {
		l.Name = l.Code
	}
	return u.by.may(&u.tx.Reader, u.o, auth.ScreeningWrite, l.Area, u.now)
}

// ChangeLaboratory corrects what is known of a laboratory, or says that it is not used any more.
type ChangeLaboratory struct {
	Laboratory lab.LaboratoryID
	Version    int64 // that the caller has seen; 0 is whatever stands
	Closed     bool
	LaboratoryFields
}

// ChangeLaboratory carries out the order. The code stays.
func (c *Commands) ChangeLaboratory(ctx context.Context, by By, in ChangeLaboratory) (out lab.Laboratory, err error) {
	err = c.db.Update(ctx, func(tx *store.Tx) error {
		l, err := tx.Laboratory(in.Laboratory)
		if err != nil {
			return err
		}
		o, err := tx.Outbreak(l.Outbreak)
		if err != nil {
			return err
		}
		return c.run(tx, by, o, func(u *unit) error {
			if err := u.by.may(&tx.Reader, o, auth.ScreeningWrite, l.Area, u.now); err != nil {
				return err
			}
			if in.Version != 0 && in.Version != l.Version {
				return &store.Conflict{Noun: "laboratory", ID: int64(l.ID), Have: l.Version, Want: in.Version}
			}
			if err := u.setLaboratory(&l, in.LaboratoryFields); err != nil {
				return err
			}
			l.Closed = in.Closed
			if err := tx.UpdateLaboratory(&l); err != nil {
				return err
			}
			out = l
			_, err := u.fact(journal.LaboratoryChanged, onLaboratory(l.ID), l.Area, u.now, laboratoryFact(l))
			return err
		})
	})
	return out, err
}
