package command

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/journal"
	"firebreak/internal/lab"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/vault"
)

// AcceptAside takes a tube that was set aside, after what was wrong with it was corrected. Somebody who is in it twice is in it once; a tube that was closed, it says, before
// its last swab was closed with that swab. What only a person can know is given here.
type AcceptAside struct {
	Tube     int64          // of the list of those set aside
	Code     string         // the label that it really has; as it came when empty
	ClosedAt time.Time      // when it really was closed: its swabs move along; as it came when zero
	People   map[int]string // by place: the code of who was meant where nobody has the one that was scanned; empty: nobody, it was a slip
	Note     string         // what was found out; needed
}

// Aside opens a tube that was set aside, for whoever may settle it.
func (c *Commands) Aside(ctx context.Context, by By, id int64) (t store.AsideTube, tube screening.Tube, err error) {
	if c.identities == nil {
		return t, tube, &Invalid{Field: "tube", Reason: "cannot be opened: no vault is open"}
	}
	key, err := c.identities.IntakeKey(ctx)
	if err != nil {
		return t, tube, err
	}
	err = c.db.View(ctx, func(r *store.Reader) error {
		if t, err = r.AsideTube(id); err != nil {
			return err
		}
		o, err := r.Outbreak(t.Outbreak)
		if err != nil {
			return err
		}
		if err := by.may(r, o, auth.ScreeningWrite, t.District, c.db.Now()); err != nil {
			return err
		}
		tube, err = c.openAside(r, key, t)
		return err
	})
	return t, tube, err
}

// openAside reads a tube as it came.
func (c *Commands) openAside(r *store.Reader, key vault.FileKey, t store.AsideTube) (screening.Tube, error) {
	unreadable := &Invalid{"tube", t.Code, "came in a batch that cannot be read: it can only be settled with a word"}
	if t.Reason == screening.BadForm {
		return screening.Tube{}, unreadable
	}
	body, err := key.Open(t.SealedName(), t.Sealed)
	if err != nil {
		return screening.Tube{}, unreadable
	}
	v, err := c.identities.Vault(r)
	if err != nil {
		return screening.Tube{}, err
	}
	b, err := screening.ReadBatch(body, v.ReadPersonCode)
	var refused *screening.Refusal
	if errors.As(err, &refused) || err == nil && t.Place >= len(b.Tubes) {
		return screening.Tube{}, unreadable
	}
	if err != nil {
		return screening.Tube{}, err
	}
	return b.Tubes[t.Place], nil
}

// AcceptAside carries out the order and returns the tube.
func (c *Commands) AcceptAside(ctx context.Context, by By, in AcceptAside) (out store.Tube, err error) {
	if in.Note = strings.TrimSpace(in.Note); in.Note == "" {
		return out, &Invalid{Field: "note", Reason: "is needed: what was found out"}
	}
	if c.identities == nil {
		return out, &Invalid{Field: "tube", Reason: "cannot be opened: no vault is open"}
	}
	key, err := c.identities.IntakeKey(ctx)
	if err != nil {
		return out, err
	}
	err = c.db.Update(ctx, func(tx *store.Tx) error {
		t, err := tx.AsideTube(in.Tube)
		if err != nil {
			return err
		}
		o, err := tx.Outbreak(t.Outbreak)
		if err != nil {
			return err
		}
		return c.run(tx, by, o, func(u *unit) error {
			if err := u.by.may(&tx.Reader, o, auth.ScreeningWrite, t.District, u.now); err != nil {
				return err
			}
			if !t.SettledAt.IsZero() {
				return &store.Conflict{Noun: "tube set aside", ID: t.ID}
			}
			tube, err := c.openAside(&tx.Reader, key, t)
			if err != nil {
				return err
			}
			v, err := c.identities.Vault(&tx.Reader)
			if err != nil {
				return err
			}
			if err := in.correct(&tube, u.now, v.ReadPersonCode); err != nil {
				return err
			}
			out, err = u.takeAside(t, tube, in.Note)
			return err
		})
	})
	return out, err
}

// correct makes of a tube what it should have been, or says what is still wrong.
func (in AcceptAside) correct(t *screening.Tube, now time.Time, code screening.PersonCode) error {
	if text := strings.TrimSpace(in.Code); text != "" {
		t.Code = text
	}
	if err := lab.CheckCode(t.Code); err != nil {
		return &Invalid{"code", t.Code, err.Error()}
	}
	if !in.ClosedAt.IsZero() {
		by := in.ClosedAt.UTC().Sub(t.ClosedAt)
		t.ClosedAt = in.ClosedAt.UTC()
		for i := range t.Members {
			t.Members[i].At = t.Members[i].At.Add(by)
		}
	}
	var members []screening.Member
	for i, m := range t.Members {
		text, told := in.People[i]
		if text = strings.TrimSpace(text); told && text == "" {
			continue
		}
		if told {
			id, ok := code(text)
			if !ok {
				return &Invalid{fmt.Sprintf("people[%d]", i), text, "is no person's code"}
			}
			m = screening.Member{Person: id, At: m.At}
		}
		if m.Unknown != "" {
			return &Invalid{fmt.Sprintf("people[%d]", i), m.Unknown, "is no person's code: who was meant, or nobody?"}
		}
		if !slices.ContainsFunc(members, func(x screening.Member) bool { return x.Same(&m) }) {
			members = append(members, m)
		}
		if m.At.After(t.ClosedAt) {
			t.ClosedAt = m.At
		}
	}
	t.Members = members
	most := screening.MostMembers
	if t.Kind == screening.Single {
		most = 1
	}
	switch {
	case len(members) == 0:
		return &Invalid{Field: "people", Reason: "nobody is left in the tube: settle it with a word"}
	case len(members) > most:
		return &Invalid{"people", strconv.Itoa(len(members)), fmt.Sprintf("at most %d can be examined together in such a tube", most)}
	case t.ClosedAt.After(now.Add(screening.MostAhead)):
		return &Invalid{"closed_at", t.ClosedAt.Format(time.RFC3339), "is still to come: when was it closed?"}
	}
	return nil
}

// takeAside registers a corrected tube, as the capture service would have, and says what became of it.
func (u *unit) takeAside(t store.AsideTube, tube screening.Tube, note string) (out store.Tube, err error) {
	used, err := u.tx.TubeCodes(u.o.ID, []string{tube.Code})
	if err != nil {
		return out, err
	}
	if used[tube.Code] {
		return out, &Invalid{"code", tube.Code, "was registered before: which label does this tube have?"}
	}
	if err := u.identify(tube.Members); err != nil {
		return out, err
	}
	s, err := u.tx.Site(t.Site)
	if err != nil {
		return out, err
	}
	sampled := make([]screening.Sampled, 0, len(tube.Members))
	for _, m := range tube.Members {
		if !slices.ContainsFunc(sampled, func(x screening.Sampled) bool { return x.Person == m.Person }) {
			sampled = append(sampled, screening.Sampled{Person: m.Person, At: m.At})
		}
	}
	ref, err := u.fact(journal.TubesRegistered, onRound(t.Round), s.Area, u.now, map[string]any{"aside": t.ID, "device": t.Device, "seq": t.Seq, "site": t.Site, "tube": tube.Code, "tubes": 1, "samples": len(sampled)})
	if err != nil {
		return out, err
	}
	list := []store.Tube{{Outbreak: u.o.ID, Round: t.Round, Site: t.Site, District: t.District, Device: t.Device, Seq: t.Seq, Code: tube.Code, Kind: tube.Kind, People: len(sampled),
		Members: screening.PackMembers(sampled, tube.ClosedAt), ClosedAt: tube.ClosedAt, ReceivedAt: t.AsideAt, Changed: ref.Seq}}
	if err := u.tx.PlaceAwaited(list); err != nil {
		return out, err
	}
	if err := u.tx.AddTubes(list); err != nil {
		return out, err
	}
	t.SettledAt, t.SettledBy, t.Note, t.Tube = u.now, u.by.Name(), note, list[0].ID
	if err := u.tx.SettleAside(t); err != nil {
		return out, err
	}
	_, err = u.fact(journal.AsideSettled, onRound(t.Round), t.District, u.now, map[string]any{"tube": t.Code, "why": t.Reason, "note": note, "taken_as": tube.Code})
	return list[0], err
}

// identify finds the people who were taken by document, and enters those whom the register does not know.
func (u *unit) identify(members []screening.Member) error {
	for i := range members {
		m := &members[i]
		if m.Person != 0 {
			continue
		}
		var err error
		if m.Person, _, err = u.find(IdentityFields{Document: m.Document, Name: m.Name}, lookup{enter: true}); err != nil {
			return fmt.Errorf("enter people from the desk: %w", err)
		}
	}
	return nil
}
