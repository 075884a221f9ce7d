package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"sync/atomic"

	"firebreak/internal/journal"
	"firebreak/internal/vault"
)

// MasterKeyFile is the name of the master key's file in the data folder. It is made with mode 0600 on first use, unless the key comes from the
// environment, as it should where the folder is backed up whole.
const MasterKeyFile = "vault.key"

// KeyOptions says where the vault's master key is.
type KeyOptions struct {
	// Dir holds the file MasterKeyFile; empty means the store's data folder.
	Dir string
	// MasterKey is the text of the key (FIREBREAK_MASTER_KEY); empty means the file.
	MasterKey string
}

// Identities keeps names, document and telephone numbers: sealed in table identity, found by blind index in identity_index. It is safe for
// concurrent use.
//
// The keyring lies wrapped in the database, so that a backup is whole and every copy of the server has the same one; the master key
// that unwraps it does not.
type Identities struct {
	db     *DB
	master vault.MasterKey
	// opened is the keyring last unwrapped. Each transaction compares it with the stored text, so that a rotation by another copy of the
	// server, or one that was rolled back, is seen before anything is sealed or opened.
	opened atomic.Pointer[opened]
}

type opened struct {
	wrapped string
	ring    *vault.Keyring
	vault   *vault.Vault
}

// OpenIdentities finds the master key and opens the keyring; on first use it makes both. A database that has a keyring but no master key
// at hand is an error (vault.ErrNoMasterKey), never a new key: the names under the old one would be lost. A wrong key is
// vault.ErrWrongMasterKey.
func (db *DB) OpenIdentities(ctx context.Context, o KeyOptions) (*Identities, error) {
	if o.Dir == "" {
		o.Dir = db.dir
	}
	ids := &Identities{db: db}
	stored := ""
	err := db.View(ctx, func(r *Reader) (err error) {
		stored, err = r.wrappedKeyring()
		return err
	})
	if err != nil {
		return nil, err
	}
	if ids.master, err = findMasterKey(o, stored == ""); err != nil {
		return nil, fmt.Errorf("open the identity vault: %w", err)
	}
	if stored == "" {
		if err := ids.firstKeyring(ctx); err != nil {
			return nil, fmt.Errorf("open the identity vault: %w", err)
		}
	}
	err = db.View(ctx, func(r *Reader) error {
		_, err := ids.at(r)
		return err
	})
	if err == nil {
		err = ids.sealOldAppeals(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("open the identity vault: %w", err)
	}
	return ids, nil
}

func findMasterKey(o KeyOptions, first bool) (vault.MasterKey, error) {
	if o.MasterKey != "" {
		return vault.ParseMasterKey(o.MasterKey)
	}
	if o.Dir == "" {
		return vault.MasterKey{}, fmt.Errorf("neither a folder with %s nor a key in the environment is given: %w", MasterKeyFile, vault.ErrNoMasterKey)
	}
	path := filepath.Join(o.Dir, MasterKeyFile)
	m, err := vault.ReadMasterKeyFile(path)
	if !first || !errors.Is(err, fs.ErrNotExist) {
		return m, err
	}
	return vault.CreateMasterKeyFile(path)
}

// firstKeyring stores a new keyring, unless another copy of the server was quicker.
func (ids *Identities) firstKeyring(ctx context.Context) error {
	return ids.db.Update(ctx, func(tx *Tx) error {
		stored, err := tx.wrappedKeyring()
		if err != nil || stored != "" {
			return err
		}
		k, err := vault.NewKeyring()
		if err != nil {
			return err
		}
		b, err := k.Wrap(ids.master)
		if err != nil {
			return err
		}
		_, err = tx.exec(`INSERT INTO vault_keyring (id, wrapped, rewrap_after) VALUES (1, $1, -1)`, string(b))
		return err
	})
}

func (r *Reader) wrappedKeyring() (string, error) {
	var text string
	err := r.row(`SELECT wrapped FROM vault_keyring WHERE id = 1`).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read keyring: %w", err)
	}
	return text, nil
}

// at returns the keyring and vault as they stand in the reader's snapshot.
func (ids *Identities) at(r *Reader) (*opened, error) {
	text, err := r.wrappedKeyring()
	if err != nil {
		return nil, err
	}
	if o := ids.opened.Load(); o != nil && o.wrapped == text {
		return o, nil
	}
	if text == "" {
		return nil, fmt.Errorf("%w: the database has none", vault.ErrBadKeyring)
	}
	ring, err := vault.OpenKeyring(ids.master, []byte(text))
	if err != nil {
		return nil, err
	}
	// Whoever opens values binds the journal of that reading; without it nothing opens.
	v, err := vault.New(ring, func(context.Context, vault.Reading) error { return errors.New("no journal is bound to this reading") })
	if err != nil {
		return nil, err
	}
	o := &opened{text, ring, v}
	ids.opened.Store(o)
	return o, nil
}

// Rotate makes a new data key. From its commit on, everything is sealed with it; values under older keys still open, and Rewrap moves
// them over. actor is the login of who orders it.
func (ids *Identities) Rotate(ctx context.Context, actor string) error {
	err := ids.db.Update(ctx, func(tx *Tx) error {
		o, err := ids.at(&tx.Reader)
		if err != nil {
			return err
		}
		next, err := o.ring.Rotate()
		if err != nil {
			return err
		}
		if err := ids.replace(tx, next, 0); err != nil {
			return err
		}
		return tx.keyEntry(actor, map[string]any{"primary": next.Primary(), "keys": len(next.Keys())})
	})
	if err != nil {
		return fmt.Errorf("rotate the vault's key: %w", err)
	}
	return nil
}

func (ids *Identities) replace(tx *Tx, next *vault.Keyring, rewrapAfter int64) error {
	b, err := next.Wrap(ids.master)
	if err != nil {
		return err
	}
	_, err = tx.exec(`UPDATE vault_keyring SET wrapped = $1, rewrap_after = $2 WHERE id = 1`, string(b), rewrapAfter)
	return err
}

func (tx *Tx) keyEntry(actor string, payload map[string]any) error {
	b, err := json.Marshal(payload)
	if err != nil {
		return err
	}
	_, err = tx.Append(journal.Entry{Kind: journal.KeyRotated, Actor: actor, Payload: b})
	return err
}

// Rewrapped tells how far a rotation has come.
type Rewrapped struct {
	Values int64 // sealed anew by this call
	Done   bool  // nothing is left under an older key; those keys are gone from the keyring
}

// rewrapBatch is how many values one transaction seals anew: some 10 ms of work, so that other changes wait no longer than that.
const rewrapBatch = 2000

// Rewrap seals values under older keys anew, batch by batch, and at the end drops those keys. It can be cut short at any moment and called
// again: how far it came is kept. batches bounds this call; 0 means until all is done.
func (ids *Identities) Rewrap(ctx context.Context, actor string, batches int) (Rewrapped, error) {
	var out Rewrapped
	for n := 0; !out.Done && (batches == 0 || n < batches); n++ {
		var batch int64
		err := ids.db.Update(ctx, func(tx *Tx) (err error) {
			batch, out.Done, err = ids.rewrapBatch(tx, actor)
			return err
		})
		if err != nil {
			return out, fmt.Errorf("rewrap identities: %w", err)
		}
		out.Values += batch
	}
	return out, nil
}

func (ids *Identities) rewrapBatch(tx *Tx, actor string) (changed int64, done bool, err error) {
	o, err := ids.at(&tx.Reader)
	if err != nil {
		return 0, false, err
	}
	var after int64
	if err := tx.row(`SELECT rewrap_after FROM vault_keyring WHERE id = 1`).Scan(&after); err != nil || after < 0 {
		return 0, after < 0, err
	}
	list, err := tx.sealedRows(`SELECT person, field, sealed FROM identity WHERE person > $1 ORDER BY person, field LIMIT $2`, after, rewrapBatch)
	if err != nil {
		return 0, false, err
	}
	if len(list) == 0 {
		if changed, err = ids.rewrapAppeals(tx, o); err != nil || changed > 0 {
			return changed, false, err
		}
		return 0, true, ids.dropOldKeys(tx, o.ring, actor)
	}
	var rows [][]any
	for _, it := range list {
		s, again, err := o.vault.Rewrap(cellOf(it.person, it.field), it.sealed)
		if err != nil {
			return 0, false, err
		}
		if again {
			rows = append(rows, []any{s.Bytes(), int64(it.person), it.field})
		}
	}
	if err := tx.bulk(`UPDATE identity SET sealed = $1 WHERE person = $2 AND field = $3`, rows); err != nil {
		return 0, false, err
	}
	last := int64(list[len(list)-1].person)
	if len(list) == rewrapBatch {
		last-- // the batch may have cut the last person in two
	}
	_, err = tx.exec(`UPDATE vault_keyring SET rewrap_after = $1 WHERE id = 1`, last)
	return int64(len(rows)), false, err
}

// dropOldKeys ends a rotation. All that was sealed since it began is under the primary, because each writer compares its keyring first.
func (ids *Identities) dropOldKeys(tx *Tx, ring *vault.Keyring, actor string) error {
	var dropped []vault.KeyID
	for _, id := range ring.Keys() {
		if id == ring.Primary() {
			continue
		}
		var err error
		if ring, err = ring.Drop(id); err != nil {
			return err
		}
		dropped = append(dropped, id)
	}
	if err := ids.replace(tx, ring, -1); err != nil {
		return err
	}
	return tx.keyEntry(actor, map[string]any{"primary": ring.Primary(), "dropped": dropped})
}
