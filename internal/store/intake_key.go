package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"firebreak/internal/vault"
)

// IntakeKey returns the key that seals what waits in the intake, and tubes that were set aside. It is drawn once per database.
func (ids *Identities) IntakeKey(ctx context.Context) (vault.FileKey, error) {
	const text = `SELECT wrapped FROM intake_key WHERE id = 1`
	var wrapped []byte
	err := ids.db.reads.QueryRowContext(ctx, text).Scan(&wrapped)
	if errors.Is(err, sql.ErrNoRows) {
		// Two nodes may start at once: the one that comes second takes the first one's.
		err = ids.db.Update(ctx, func(tx *Tx) error {
			_, fresh, err := ids.NewFileKey()
			if err != nil {
				return err
			}
			if _, err := tx.exec(`INSERT INTO intake_key (id, wrapped) VALUES (1, $1) ON CONFLICT (id) DO NOTHING`, fresh); err != nil {
				return err
			}
			return tx.row(text).Scan(&wrapped)
		})
	}
	if err != nil {
		return vault.FileKey{}, fmt.Errorf("read the intake's key: %w", err)
	}
	return ids.OpenFileKey(wrapped)
}

// Vault returns the vault as it stands, to make and read what it enciphers; to open what it seals, see OpenAll.
func (ids *Identities) Vault(r *Reader) (*vault.Vault, error) {
	o, err := ids.at(r)
	if err != nil {
		return nil, err
	}
	return o.vault, nil
}
