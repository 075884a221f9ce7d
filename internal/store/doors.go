package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"firebreak/internal/auth"
	"firebreak/internal/journal"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/screening"
	"firebreak/internal/vault"
)

// DoorRequest asks for a page of a door list: people who are missing in a round, by their dense numbers, for whoever goes from door to door.
type DoorRequest struct {
	By      auth.Actor
	Purpose auth.Purpose
	Reason  string // in the reader's words, 1 to 200 characters
	Round   screening.RoundID
	Numbers []person.Number // at most 1,000, as turnout.Missing gives them
}

// Door is one person of a door list.
type Door struct {
	Person   person.ID
	Number   person.Number
	Code     string // on their card
	Area     place.AreaID
	Building place.Building // ID 0: not known
	Door     vault.Secret
	Name     vault.Secret
	Phone    vault.Secret
}

// Doors opens a page of a door list. The reader's right to names is checked in the area of each person; one name.read entry about the round, that names the people, is committed before anything is opened.
// The list comes by building as people read their names, then by door. Numbers of nobody are left out.
//
// Errors: wrapping ErrNameRequest or ErrNotFound; *NameRefused; the errors of vault.OpenAll.
func (ids *Identities) Doors(ctx context.Context, q DoorRequest) ([]Door, error) {
	q.Reason = strings.TrimSpace(q.Reason)
	if n := utf8.RuneCountInString(q.Reason); n < 1 || n > 200 || !q.Purpose.Valid() || len(q.Numbers) == 0 || len(q.Numbers) > mostNames {
		return nil, fmt.Errorf("%w (purpose %q, reason of %d characters, %d people)", ErrNameRequest, q.Purpose, n, len(q.Numbers))
	}
	var out []Door
	var items []vault.Item
	var at []*vault.Secret
	var v *vault.Vault
	err := ids.db.View(ctx, func(r *Reader) error {
		o, err := ids.at(r)
		if err != nil {
			return err
		}
		round, err := r.Round(q.Round)
		if err != nil {
			return err
		}
		if out, err = r.doors(q); err != nil {
			return err
		}
		for i := range out {
			out[i].Code = o.vault.PersonCode(out[i].Person)
		}
		if items, at, err = r.doorItems(out, vault.FieldName, vault.FieldPhone, vault.FieldDoor); err != nil {
			return err
		}
		v, err = o.vault.WithJournal(func(ctx context.Context, _ vault.Reading) error { return ids.db.doorsRead(ctx, q, round, out) })
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read a door list: %w", err)
	}
	plain, err := v.OpenAll(ctx, vault.Request{By: q.By.UserID, Purpose: q.Purpose, Reason: q.Reason}, items)
	if err != nil {
		return nil, fmt.Errorf("read a door list: %w", err)
	}
	for i := range plain {
		*at[i] = plain[i]
	}
	slices.SortStableFunc(out, func(a, b Door) int {
		return cmp.Or(place.CompareNames(a.Building.Name, b.Building.Name), place.CompareNames(a.Door.Reveal(), b.Door.Reveal()), cmp.Compare(a.Number, b.Number))
	})
	return out, nil
}

// peopleNumbered reads people by their dense numbers, in that order; numbers of nobody are left out.
func (r *Reader) peopleNumbered(list []person.Number) (people []person.Person, err error) {
	err = inChunks(list, func(part []person.Number) error {
		rows, err := r.query(`SELECT ` + personColumns + ` FROM person WHERE number IN (` + numbers(part) + `) AND number > 0 AND merged_into = 0 ORDER BY number`)
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		for rows.Next() {
			p, err := scanPerson(rows)
			if err != nil {
				return err
			}
			people = append(people, p)
		}
		return rows.Err()
	})
	return people, err
}

// doors finds the people of the numbers, and checks that the reader may read the names of each.
func (r *Reader) doors(q DoorRequest) ([]Door, error) {
	people, err := r.peopleNumbered(q.Numbers)
	if err != nil {
		return nil, err
	}
	tree, err := r.Tree()
	if err != nil {
		return nil, err
	}
	checked := map[place.AreaID]bool{}
	for _, p := range people {
		if !checked[p.Area] {
			checked[p.Area] = true
			if d := auth.May(q.By, auth.NameRead, AreaPath(tree, p.Area), q.Purpose, r.db.Now()); !d.Allowed {
				return nil, &NameRefused{Subject: RoundSubject(q.Round), Decision: d}
			}
		}
	}
	return r.behindDoors(people)
}

// behindDoors gives people with the buildings that they live in.
func (r *Reader) behindDoors(people []person.Person) ([]Door, error) {
	var buildings []place.BuildingID
	for _, p := range people {
		if p.Building != 0 {
			buildings = append(buildings, p.Building)
		}
	}
	slices.Sort(buildings)
	known, err := r.BuildingsByID(slices.Compact(buildings))
	if err != nil {
		return nil, err
	}
	out := make([]Door, len(people))
	for i, p := range people {
		out[i] = Door{Person: p.ID, Number: p.Number, Area: p.Area, Building: known[p.Building]}
	}
	return out, nil
}

// doorItems is what is sealed of the people of a list, each with where it goes.
func (r *Reader) doorItems(list []Door, fields ...vault.Field) (items []vault.Item, at []*vault.Secret, err error) {
	of := make(map[person.ID]*Door, len(list))
	people := make([]person.ID, len(list))
	for i := range list {
		of[list[i].Person], people[i] = &list[i], list[i].Person
	}
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = "'" + f.String() + "'"
	}
	err = inChunks(people, func(part []person.ID) error {
		rows, err := r.sealedRows(`SELECT person, field, sealed FROM identity WHERE person IN (` + numbers(part) + `) AND field IN (` + strings.Join(names, ", ") + `) ORDER BY person, field`)
		for _, s := range rows {
			to := &of[s.person].Name
			switch s.field {
			case vault.FieldPhone.String():
				to = &of[s.person].Phone
			case vault.FieldDoor.String():
				to = &of[s.person].Door
			}
			items, at = append(items, vault.Item{Cell: cellOf(s.person, s.field), Sealed: s.sealed}), append(at, to)
		}
		return err
	})
	return items, at, err
}

// doorsRead commits who read which doors of which round, and why. It never tells what was read.
func (db *DB) doorsRead(ctx context.Context, q DoorRequest, round screening.Round, list []Door) error {
	people := make([]person.ID, len(list))
	for i, d := range list {
		people[i] = d.Person
	}
	var token auth.TokenID
	if q.By.Token != nil {
		token = q.By.Token.ID
	}
	payload, err := json.Marshal(struct {
		People  []person.ID  `json:"people"`
		By      auth.UserID  `json:"by"`
		Token   auth.TokenID `json:"token,omitempty"`
		Purpose auth.Purpose `json:"purpose"`
		Reason  string       `json:"reason"`
		Fields  []string     `json:"fields"`
	}{people, q.By.UserID, token, q.Purpose, q.Reason, []string{"name", "phone", "door"}})
	if err != nil {
		return err
	}
	return db.Update(ctx, func(tx *Tx) error {
		_, err := tx.Append(journal.Entry{Kind: journal.NameRead, Actor: q.By.Login, Outbreak: round.Outbreak, Area: round.Area, Subject: RoundSubject(round.ID), Payload: payload})
		return err
	})
}
