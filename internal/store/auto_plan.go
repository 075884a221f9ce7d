package store

import (
	"database/sql"
	"errors"
	"fmt"
	"time"

	"firebreak/internal/outbreak"
	"firebreak/internal/transfer"
)

// AutoPlan returns the setting of an outbreak that is in force; one that was never set is off.
func (r *Reader) AutoPlan(o outbreak.ID) (transfer.AutoPlan, error) {
	a := transfer.AutoPlan{Outbreak: o}
	var every, at int64
	err := r.row(`SELECT version, every, set_at, set_by, reason FROM auto_plan WHERE outbreak = $1 ORDER BY version DESC LIMIT 1`, int64(o)).Scan(&a.Version, &every, &at, &a.SetBy, &a.Reason)
	if errors.Is(err, sql.ErrNoRows) {
		return a, nil
	}
	if err != nil {
		return a, fmt.Errorf("read whether transfers are planned by themselves: %w", err)
	}
	a.Every, a.SetAt = time.Duration(every)*time.Minute, when(at)
	return a, nil
}

// AddAutoPlan puts a setting in force; its version is one more than that of the one before.
func (tx *Tx) AddAutoPlan(a *transfer.AutoPlan) error {
	a.Version++
	_, err := tx.exec(`INSERT INTO auto_plan (outbreak, version, every, set_at, set_by, reason) VALUES ($1, $2, $3, $4, $5, $6)`, int64(a.Outbreak), a.Version, int64(a.Every/time.Minute), instant(a.SetAt), a.SetBy, a.Reason)
	if err != nil {
		return fmt.Errorf("set whether transfers are planned by themselves: %w", err)
	}
	return nil
}

// TransferNews returns what has happened to the transfers of an outbreak since their last plan, or at its very instant: the clock of a drill stands for a while.
func (r *Reader) TransferNews(o outbreak.ID) (n transfer.News, err error) {
	last, ok, err := r.LatestTransferPlan(o)
	if err != nil {
		return n, err
	}
	if ok {
		n.Last, n.Late = last.MadeAt, last.Late
	}
	since := instant(n.Last)
	err = r.row(`SELECT COUNT(*), COALESCE(SUM(CASE WHEN made_at >= $2 OR state_at >= $2 THEN 1 ELSE 0 END), 0) FROM transfer_request WHERE outbreak = $1 AND state = 'open'`, int64(o), since).Scan(&n.Waiting, &n.Fresh)
	if err == nil {
		err = r.row(`SELECT COUNT(*) FROM transfer_vehicle v WHERE outbreak = $1 AND state = 'broken' AND state_at >= $2
AND EXISTS (SELECT 1 FROM transfer_trip t WHERE t.vehicle = v.id AND t.state IN ('planned', 'started'))`, int64(o), since).Scan(&n.Broken)
	}
	if err == nil {
		err = r.row(`SELECT COUNT(*) FROM transfer_full WHERE outbreak = $1 AND since >= $2`, int64(o), since).Scan(&n.Full)
	}
	if err != nil {
		return n, fmt.Errorf("read what happened to transfers: %w", err)
	}
	return n, nil
}
