package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"firebreak/internal/auth"
	"firebreak/internal/journal"
	"firebreak/internal/screening"
	"firebreak/internal/task"
	"firebreak/internal/vault"
)

// People write into an appeal whatever moves them: who is ill at home, whom they care for. So their words are kept as names are: sealed, and opened for whoever may answer, who says why.

// appealCell is where the words of an appeal are sealed to. It must never change: it is bound into every ciphertext.
func appealCell(id screening.AppealID) vault.Cell {
	return vault.Cell{Table: "appeal_words", Column: "sealed", Row: strconv.FormatInt(int64(id), 10)}
}

// AddAppealWords seals the words of an appeal that has none yet.
func (ids *Identities) AddAppealWords(tx *Tx, id screening.AppealID, words vault.Secret) error {
	o, err := ids.at(&tx.Reader)
	if err != nil {
		return fmt.Errorf("seal the words of appeal %d: %w", id, err)
	}
	s, err := o.vault.Seal(appealCell(id), words)
	if err != nil {
		return fmt.Errorf("seal the words of appeal %d: %w", id, err)
	}
	_, err = tx.exec(`INSERT INTO appeal_words (appeal, sealed) VALUES ($1, $2)`, int64(id), s.Bytes())
	return wrap(err, "seal the words of appeal", int64(id))
}

// AppealWordsRequest says whose words are to be opened, by whom and why.
type AppealWordsRequest struct {
	By      auth.Actor
	Purpose auth.Purpose
	Reason  string // in the reader's words, 1 to 200 characters
	Appeals []screening.AppealID
}

// AppealWords opens what people wrote in their appeals; it has no entry for those who wrote nothing. Steps: the reader's right to answer is checked for each appeal; one name.read entry about each person is
// committed; only then is anything opened.
//
// Errors: wrapping ErrNameRequest or ErrNotFound; *NameRefused; the errors of vault.OpenAll.
func (ids *Identities) AppealWords(ctx context.Context, q AppealWordsRequest) (map[screening.AppealID]vault.Secret, error) {
	q.Reason = strings.TrimSpace(q.Reason)
	if n := utf8.RuneCountInString(q.Reason); n < 1 || n > 200 || !q.Purpose.Valid() || len(q.Appeals) == 0 || len(q.Appeals) > mostNames {
		return nil, fmt.Errorf("%w (purpose %q, reason of %d characters, %d appeals)", ErrNameRequest, q.Purpose, n, len(q.Appeals))
	}
	var list []screening.Appeal
	var items []vault.Item
	var v *vault.Vault
	err := ids.db.View(ctx, func(r *Reader) error {
		o, err := ids.at(r)
		if err != nil {
			return err
		}
		if list, err = r.appealsFor(q); err != nil || len(list) == 0 {
			return err
		}
		for _, a := range list {
			var b []byte
			if err := r.row(`SELECT sealed FROM appeal_words WHERE appeal = $1`, int64(a.ID)).Scan(&b); err != nil {
				return fmt.Errorf("words of appeal %d: %w", a.ID, err)
			}
			items = append(items, vault.Item{Cell: appealCell(a.ID), Sealed: vault.SealedFrom(b)})
		}
		v, err = o.vault.WithJournal(func(ctx context.Context, _ vault.Reading) error { return ids.db.appealsRead(ctx, q, list) })
		return err
	})
	if err != nil || len(items) == 0 {
		return nil, err
	}
	plain, err := v.OpenAll(ctx, vault.Request{By: q.By.UserID, Purpose: q.Purpose, Reason: q.Reason}, items)
	if err != nil {
		return nil, fmt.Errorf("read the words of appeals: %w", err)
	}
	out := make(map[screening.AppealID]vault.Secret, len(plain))
	for i, s := range plain {
		out[list[i].ID] = s
	}
	return out, nil
}

// appealsFor finds the appeals that have words, and checks that the reader may answer each.
func (r *Reader) appealsFor(q AppealWordsRequest) (out []screening.Appeal, err error) {
	tree, err := r.Tree()
	if err != nil {
		return nil, err
	}
	for _, id := range q.Appeals {
		a, err := r.Appeal(id)
		if err != nil {
			return nil, err
		}
		at := a.Area
		if at == 0 {
			o, err := r.Outbreak(a.Outbreak)
			if err != nil {
				return nil, err
			}
			at = o.Area
		}
		if d := auth.May(q.By, auth.AppealAnswer, AreaPath(tree, at), q.Purpose, r.db.Now()); !d.Allowed {
			return nil, &NameRefused{Subject: task.Subject{Kind: task.OnPerson, ID: int64(a.Person)}, Decision: d}
		}
		if a.Worded {
			out = append(out, a)
		}
	}
	return out, nil
}

// appealsRead commits one entry for each person whose words are read. It never tells what was read.
func (db *DB) appealsRead(ctx context.Context, q AppealWordsRequest, list []screening.Appeal) error {
	var token auth.TokenID
	if q.By.Token != nil {
		token = q.By.Token.ID
	}
	return db.Update(ctx, func(tx *Tx) error {
		for _, a := range list {
			payload, err := json.Marshal(struct {
				Appeal  screening.AppealID `json:"appeal"`
				By      auth.UserID        `json:"by"`
				Token   auth.TokenID       `json:"token,omitempty"`
				Purpose auth.Purpose       `json:"purpose"`
				Reason  string             `json:"reason"`
				Fields  []string           `json:"fields"`
			}{a.ID, q.By.UserID, token, q.Purpose, q.Reason, []string{"appeal"}})
			if err != nil {
				return err
			}
			if _, err := tx.Append(journal.Entry{Kind: journal.NameRead, Actor: q.By.Login, Outbreak: a.Outbreak, Area: a.Area, Subject: task.Subject{Kind: task.OnPerson, ID: int64(a.Person)}, Payload: payload}); err != nil {
				return err
			}
		}
		return nil
	})
}

// sealOldAppeals seals the words that appeals were written with before words were sealed.
func (ids *Identities) sealOldAppeals(ctx context.Context) error {
	if ids.db.readOnly {
		return nil // the server that writes beside does it
	}
	const left = `SELECT id, words FROM appeal WHERE words <> '' ORDER BY id`
	any := false
	err := ids.db.View(ctx, func(r *Reader) error {
		list, err := r.oldWords(left + ` LIMIT 1`)
		any = len(list) > 0
		return err
	})
	if err != nil || !any {
		return err
	}
	return ids.db.Update(ctx, func(tx *Tx) error {
		list, err := tx.oldWords(left)
		if err != nil {
			return err
		}
		for _, a := range list {
			if err := ids.AddAppealWords(tx, a.id, vault.NewSecret(a.words)); err != nil {
				return err
			}
		}
		if _, err := tx.exec(`UPDATE appeal SET words = '' WHERE words <> ''`); err != nil {
			return err
		}
		payload, err := json.Marshal(map[string]int{"values": len(list)})
		if err != nil {
			return err
		}
		_, err = tx.Append(journal.Entry{Kind: journal.NameSealed, Actor: "system", Payload: payload})
		return err
	})
}

type oldWords struct {
	id    screening.AppealID
	words string
}

func (r *Reader) oldWords(text string) ([]oldWords, error) {
	return scanned(r, "read words of appeals", text, nil, func(scan func(...any) error) (a oldWords, err error) {
		err = scan(&a.id, &a.words)
		return a, err
	})
}

// rewrapAppeals seals up to rewrapBatch words anew that are under an older key, and says how many it were.
func (ids *Identities) rewrapAppeals(tx *Tx, o *opened) (int64, error) {
	type row struct {
		id     screening.AppealID
		sealed []byte
	}
	list, err := scanned(&tx.Reader, "read words of appeals", `SELECT appeal, sealed FROM appeal_words ORDER BY appeal`, nil, func(scan func(...any) error) (a row, err error) {
		err = scan(&a.id, &a.sealed)
		return a, err
	})
	if err != nil {
		return 0, err
	}
	var rows [][]any
	for _, a := range list {
		s, again, err := o.vault.Rewrap(appealCell(a.id), vault.SealedFrom(a.sealed))
		if err != nil {
			return 0, err
		}
		if again {
			rows = append(rows, []any{s.Bytes(), int64(a.id)})
		}
		if len(rows) == rewrapBatch {
			break
		}
	}
	return int64(len(rows)), tx.bulk(`UPDATE appeal_words SET sealed = $1 WHERE appeal = $2`, rows)
}
