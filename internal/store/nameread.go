package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"firebreak/internal/auth"
	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/journal"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/screening"
	"firebreak/internal/task"
	"firebreak/internal/vault"
)

// NameRequest says whose names are to be opened, by whom and why. People are asked for through their case or contact, or as those who are due in a round of testing, never
// by themselves.
type NameRequest struct {
	By      auth.Actor
	Purpose auth.Purpose
	Reason  string         // in the reader's words, 1 to 200 characters
	About   []task.Subject // cases and contacts, at most 1,000; people too where Round is given
	Round   screening.RoundID
	Fields  []vault.Field // none means the name only
}

// Identity is what the vault holds of the person behind one subject; a value that nobody gave is zero.
type Identity struct {
	Subject                task.Subject
	Person                 person.ID
	Name, Document, Number vault.Secret // Number is the telephone's
	Door                   vault.Secret // that they live behind
}

// NameRefused is returned when one of the people asked for may not be read. Nothing was opened.
type NameRefused struct {
	Subject  task.Subject
	Decision auth.Decision
}

// Error implements error.
func (e *NameRefused) Error() string {
	return fmt.Sprintf("names of %s %d: %s", e.Subject.Kind, e.Subject.ID, e.Decision.Reason)
}

// ErrNameRequest is wrapped when a request for names says too little, or asks for what names are not kept of.
var ErrNameRequest = errors.New("to read a name, say for what purpose and why, and about which case or contact")

// mostNames bounds one request: a page of a list or a block of an export.
const mostNames = 1000

// Read opens names. Steps: every subject is looked up; the reader's right is checked in the area of each; one name.read entry per subject is committed;
// only then is anything opened. The result has the order of About.
//
// Errors: wrapping ErrNameRequest or ErrNotFound; *NameRefused; the errors of vault.OpenAll.
func (ids *Identities) Read(ctx context.Context, q NameRequest) ([]Identity, error) {
	q.Reason = strings.TrimSpace(q.Reason)
	n := utf8.RuneCountInString(q.Reason)
	if n < 1 || n > 200 || !q.Purpose.Valid() || len(q.About) == 0 || len(q.About) > mostNames {
		return nil, fmt.Errorf("%w (purpose %q, reason of %d characters, %d subjects)", ErrNameRequest, q.Purpose, n, len(q.About))
	}
	if len(q.Fields) == 0 {
		q.Fields = []vault.Field{vault.FieldName}
	}
	var subjects []named
	var items []vault.Item
	var at []*vault.Secret // where each opened item goes
	var v *vault.Vault
	out := make([]Identity, len(q.About))
	err := ids.db.View(ctx, func(r *Reader) error {
		o, err := ids.at(r)
		if err != nil {
			return err
		}
		if subjects, err = r.named(q); err != nil {
			return err
		}
		sealed, err := r.sealedOf(subjects)
		if err != nil {
			return err
		}
		for i, s := range subjects {
			out[i] = Identity{Subject: s.Subject, Person: s.person}
			for _, f := range q.Fields {
				b, ok := sealed[s.person][f.String()]
				if to := out[i].field(f); ok && to != nil {
					items, at = append(items, vault.Item{Cell: cellOf(s.person, f.String()), Sealed: b}), append(at, to)
				}
			}
		}
		v, err = o.vault.WithJournal(func(ctx context.Context, _ vault.Reading) error { return ids.db.nameRead(ctx, q, subjects) })
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read names: %w", err)
	}
	plain, err := v.OpenAll(ctx, vault.Request{By: q.By.UserID, Purpose: q.Purpose, Reason: q.Reason}, items)
	if err != nil {
		return nil, fmt.Errorf("read names: %w", err)
	}
	for i := range plain {
		*at[i] = plain[i]
	}
	return out, nil
}

func (i *Identity) field(f vault.Field) *vault.Secret {
	switch f {
	case vault.FieldName:
		return &i.Name
	case vault.FieldDocument:
		return &i.Document
	case vault.FieldPhone:
		return &i.Number
	case vault.FieldDoor:
		return &i.Door
	}
	return nil
}

// named is a subject with what the reading of a name needs to know of it.
type named struct {
	task.Subject
	person   person.ID
	area     place.AreaID
	outbreak outbreak.ID
}

// named looks the subjects up and checks the reader's right to each.
func (r *Reader) named(q NameRequest) ([]named, error) {
	tree, err := r.Tree()
	if err != nil {
		return nil, err
	}
	out := make([]named, len(q.About))
	var round screening.Round
	var due map[person.ID]person.Person
	if q.Round != 0 {
		if round, err = r.Round(q.Round); err != nil {
			return nil, err
		}
		var ids []person.ID
		for _, s := range q.About {
			if s.Kind == task.OnPerson {
				ids = append(ids, person.ID(s.ID))
			}
		}
		if due, err = r.PeopleByID(ids); err != nil {
			return nil, err
		}
	}
	for i, s := range q.About {
		n := named{Subject: s}
		switch s.Kind {
		case task.OnCase:
			c, err := r.Case(cases.ID(s.ID))
			if err != nil {
				return nil, err
			}
			n.person, n.area, n.outbreak = c.Person, c.Area, c.Outbreak
		case task.OnContact:
			c, err := r.Contact(contact.ID(s.ID))
			if err != nil {
				return nil, err
			}
			n.person, n.area, n.outbreak = c.Person, c.Area, c.Outbreak
		case task.OnAssistance: // by the office that is asked: they live in its area
			a, err := r.Assistance(contact.AssistanceID(s.ID))
			if err != nil {
				return nil, err
			}
			n.person, n.area, n.outbreak = a.Person, a.Area, a.Outbreak
		case task.OnPerson:
			p, ok := due[person.ID(s.ID)]
			if !ok || !slices.ContainsFunc(round.Areas, func(a place.AreaID) bool { return tree.Contains(a, p.Area) }) {
				return nil, fmt.Errorf("%w: person %d is not due in a round", ErrNameRequest, s.ID)
			}
			n.person, n.area, n.outbreak = p.ID, p.Area, round.Outbreak
		default:
			return nil, fmt.Errorf("%w: got %q", ErrNameRequest, s.Kind)
		}
		at := n.area
		if at == 0 { // as everywhere: what has no known area belongs to the outbreak's
			o, err := r.Outbreak(n.outbreak)
			if err != nil {
				return nil, err
			}
			at = o.Area
		}
		if d := auth.May(q.By, auth.NameRead, AreaPath(tree, at), q.Purpose, r.db.Now()); !d.Allowed {
			return nil, &NameRefused{Subject: s, Decision: d}
		}
		out[i] = n
	}
	return out, nil
}

// AreaPath is an area with all its ancestors, as auth.May takes it; empty for an area that is not known.
func AreaPath(tree *place.Tree, area place.AreaID) []place.AreaID {
	var out []place.AreaID
	for _, j := range tree.Path(area) {
		out = append(out, j.ID)
	}
	return out
}

func (r *Reader) sealedOf(subjects []named) (map[person.ID]map[string]vault.Sealed, error) {
	list := make([]int64, len(subjects))
	for i, s := range subjects {
		list[i] = int64(s.person)
	}
	slices.Sort(list)
	out := map[person.ID]map[string]vault.Sealed{}
	err := inChunks(slices.Compact(list), func(part []int64) error {
		var args []any
		rows, err := r.sealedRows(`SELECT person, field, sealed FROM identity WHERE person IN (`+placeholders(&args, part)+`)`, args...)
		for _, s := range rows {
			if out[s.person] == nil {
				out[s.person] = map[string]vault.Sealed{}
			}
			out[s.person][s.field] = s.sealed
		}
		return err
	})
	return out, err
}

// nameRead commits one entry per subject, so that "who has looked at this case, and why" is found with the case. It tells who, why and which
// fields, never what was read.
func (db *DB) nameRead(ctx context.Context, q NameRequest, subjects []named) error {
	fields := make([]string, len(q.Fields))
	for i, f := range q.Fields {
		fields[i] = f.String()
	}
	var token auth.TokenID
	if q.By.Token != nil {
		token = q.By.Token.ID
	}
	return db.Update(ctx, func(tx *Tx) error {
		for _, s := range subjects {
			payload, err := json.Marshal(struct {
				Person  person.ID    `json:"person"`
				By      auth.UserID  `json:"by"`
				Token   auth.TokenID `json:"token,omitempty"`
				Purpose auth.Purpose `json:"purpose"`
				Reason  string       `json:"reason"`
				Fields  []string     `json:"fields"`
			}{s.person, q.By.UserID, token, q.Purpose, q.Reason, fields})
			if err != nil {
				return err
			}
			if _, err := tx.Append(journal.Entry{Kind: journal.NameRead, Actor: q.By.Login, Outbreak: s.outbreak, Area: s.area, Subject: s.Subject, Payload: payload}); err != nil {
				return err
			}
		}
		return nil
	})
}
