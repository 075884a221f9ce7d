package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// waitingBatches reads the batches that wait in a folder's intake, from beside the server that fills it. A folder whose server never took any has none.
func waitingBatches(ctx context.Context, dir string) ([]Arrival, error) {
	file := filepath.Join(dir, intakeName)
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	own, err := sql.Open("sqlite", sqliteFile(file)+besidePragmas+"&_pragma=query_only(1)")
	if err != nil {
		return nil, fmt.Errorf("read the intake: %w", err)
	}
	var tables int64
	if err := own.QueryRowContext(ctx, sqliteDialect{}.hasTable(), "intake").Scan(&tables); err != nil || tables == 0 {
		return nil, errors.Join(err, own.Close())
	}
	list, err := scanArrivals(own.QueryContext(ctx, `SELECT pos, device, seq, outbreak, received_at, digest, answer, sealed FROM intake ORDER BY pos`))
	return list, errors.Join(err, own.Close())
}

// putWaiting adds batches to a copied database, but for those that are projected in it.
func putWaiting(ctx context.Context, file string, list []Arrival) error {
	if len(list) == 0 {
		return nil
	}
	own, err := sql.Open("sqlite", sqliteFile(file))
	if err != nil {
		return err
	}
	err = func() error {
		tx, err := own.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		for _, a := range list {
			_, err := tx.ExecContext(ctx, `INSERT INTO intake (device, seq, outbreak, received_at, digest, answer, sealed) SELECT $1, $2, $3, $4, $5, $6, $7
WHERE NOT EXISTS (SELECT 1 FROM capture_batch WHERE device = $1 AND seq = $2)`, int64(a.Device), a.Seq, int64(a.Outbreak), instant(a.ReceivedAt), a.Digest[:], a.Answer, a.Sealed)
			if err != nil {
				return errors.Join(err, tx.Rollback())
			}
		}
		return tx.Commit()
	}()
	if err = errors.Join(err, own.Close()); err != nil {
		return fmt.Errorf("copy the intake: %w", err)
	}
	return nil
}
