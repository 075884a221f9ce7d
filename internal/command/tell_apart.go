package command

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"firebreak/internal/journal"
	"firebreak/internal/person"
	"firebreak/internal/store"
)

// TellApart says that two people who look alike are not the same: they are not proposed to be merged again.
type TellApart struct {
	One, Other person.ID
	Reason     string
}

// TellApart carries out the order. A second time changes nothing.
func (c *Commands) TellApart(ctx context.Context, by By, in TellApart) error {
	if in.One == in.Other {
		return &Invalid{"other", fmt.Sprint(in.Other), "is the same record"}
	}
	if strings.TrimSpace(in.Reason) == "" {
		return &Invalid{Field: "reason", Reason: "is needed: why these two are two people"}
	}
	return c.db.Update(ctx, func(tx *store.Tx) error {
		one, err := tx.Person(in.One)
		if err != nil {
			return err
		}
		other, err := tx.Person(in.Other)
		if err != nil {
			return err
		}
		if _, err := pairMay(tx, by, one, other); err != nil {
			return err
		}
		fresh, err := tx.TellApart(one, other, by.Name(), in.Reason)
		if err != nil || !fresh {
			return err
		}
		payload, err := json.Marshal(map[string]any{"one": in.One, "other": in.Other, "reason": in.Reason})
		if err != nil {
			return err
		}
		_, err = tx.Append(journal.Entry{Kind: journal.PersonToldApart, Subject: onPerson(in.One), Area: one.Area, Actor: by.Name(), Payload: payload})
		return err
	})
}
