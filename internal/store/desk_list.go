package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"firebreak/internal/auth"
	"firebreak/internal/journal"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/screening"
	"firebreak/internal/task"
	"firebreak/internal/vault"
)

// Bounds of the list of people that a desk's phone may hold: a site serves one community or a few (guidance 1.2: 2,000 to 3,000 people), and a phone that is lost should tell
// of no more.
const (
	MostOnDevice = 20_000
	deskListPage = 1000
)

// ErrListTooLong is returned by DeskList where more people live around a site than a phone may hold.
var ErrListTooLong = errors.New("more people live there than a phone may hold")

// DeskList opens a page of the list by which a desk finds somebody who has no code with them: who is registered in the area of the device's site, by their dense numbers from after on.
// Telephones and documents are not in it. One name.read entry about the device, that names the people, is committed before anything is opened. next is 0 at the end.
//
// Errors: ErrListTooLong; wrapping ErrNotFound; the errors of vault.OpenAll.
func (ids *Identities) DeskList(ctx context.Context, d screening.Device, after person.Number) (out []Door, next person.Number, err error) {
	var items []vault.Item
	var at []*vault.Secret
	var v *vault.Vault
	err = ids.db.View(ctx, func(r *Reader) error {
		o, err := ids.at(r)
		if err != nil {
			return err
		}
		site, err := r.Site(d.Site)
		if err != nil {
			return err
		}
		var numbers []person.Number
		if numbers, next, err = r.numbersIn(site.Area, after); err != nil {
			return err
		}
		people, err := r.peopleNumbered(numbers)
		if err != nil {
			return err
		}
		if out, err = r.behindDoors(people); err != nil {
			return err
		}
		for i := range out {
			out[i].Code = o.vault.PersonCode(out[i].Person)
		}
		if items, at, err = r.doorItems(out, vault.FieldName, vault.FieldDoor); err != nil {
			return err
		}
		v, err = o.vault.WithJournal(func(ctx context.Context, _ vault.Reading) error { return ids.db.deskListRead(ctx, d, site, out) })
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("read the list of a desk: %w", err)
	}
	plain, err := v.OpenAll(ctx, vault.Request{Device: int64(d.ID), Purpose: auth.PurposeScreening, Reason: deskListReason}, items)
	if err != nil {
		return nil, 0, fmt.Errorf("read the list of a desk: %w", err)
	}
	for i := range plain {
		*at[i] = plain[i]
	}
	return out, next, nil
}

const deskListReason = "list of a sampling desk, to find who has no code with them"

// numbersIn returns the next dense numbers of an area, and where the page after them begins.
func (r *Reader) numbersIn(area place.AreaID, after person.Number) (out []person.Number, next person.Number, err error) {
	tree, err := r.Tree()
	if err != nil {
		return nil, 0, err
	}
	runs, err := r.NumberRuns()
	if err != nil {
		return nil, 0, err
	}
	size := person.Number(0)
	for _, run := range runs {
		if !tree.Contains(area, run.Area) {
			continue
		}
		if size += run.Past - run.First; size > MostOnDevice {
			return nil, 0, ErrListTooLong
		}
		for n := max(run.First, after+1); n < run.Past; n++ {
			if len(out) == deskListPage {
				next = out[deskListPage-1]
				break
			}
			out = append(out, n)
		}
	}
	return out, next, nil
}

// deskListRead commits that a device was given a list, and whom it names.
func (db *DB) deskListRead(ctx context.Context, d screening.Device, site screening.Site, list []Door) error {
	people := make([]person.ID, len(list))
	for i, x := range list {
		people[i] = x.Person
	}
	payload, err := json.Marshal(struct {
		People  []person.ID        `json:"people"`
		Device  screening.DeviceID `json:"device"`
		Purpose auth.Purpose       `json:"purpose"`
		Reason  string             `json:"reason"`
		Fields  []string           `json:"fields"`
	}{people, d.ID, auth.PurposeScreening, deskListReason, []string{"name", "door"}})
	if err != nil {
		return err
	}
	return db.Update(ctx, func(tx *Tx) error {
		_, err := tx.Append(journal.Entry{Kind: journal.NameRead, Actor: "device:" + strconv.FormatInt(int64(d.ID), 10), Outbreak: d.Outbreak, Area: site.Area, Subject: task.Subject{Kind: OnDevice, ID: int64(d.ID)}, Payload: payload})
		return err
	})
}
