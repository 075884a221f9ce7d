package deskload

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"firebreak/internal/screening"
	"firebreak/internal/store"
)

// Counts is what became of the samples.
type Counts struct {
	Acked   int64 `json:"acked"`  // samples whose batch was acknowledged
	Stored  int64 `json:"stored"` // samples of tubes in the store
	Lost    int64 `json:"lost"`   // acknowledged and not stored
	Doubled int64 `json:"doubled"`
	Wrong   int64 `json:"wrong"` // stored, and not as they were sent
	Tubes   int64 `json:"tubes"`
	Singles int64 `json:"singles,omitempty"` // tubes of one person, who was sampled again
}

// Count reads every tube of the store and compares it with what was acknowledged.
func (c *City) Count(ctx context.Context, db *store.DB, acked []bool) (out Counts, err error) {
	seen := make([]uint8, c.Batches()*PerBatch)
	for _, ok := range acked {
		if ok {
			out.Acked += PerTube * PerBatch
		}
	}
	err = db.View(ctx, func(r *store.Reader) error {
		for seq := int64(0); ; {
			list, err := r.TubesChanged(seq, 5000)
			if err != nil || len(list) == 0 {
				return err
			}
			seq = list[len(list)-1].Changed
			for _, t := range list {
				if err := c.countTube(t, seen, &out); err != nil {
					return err
				}
			}
		}
	})
	for i, n := range seen {
		if n == 0 && acked[i/PerBatch] {
			out.Lost += PerTube
		}
	}
	return out, err
}

func (c *City) countTube(t store.Tube, seen []uint8, out *Counts) error {
	members, err := screening.UnpackMembers(nil, t.Members, t.ClosedAt)
	if err != nil {
		return fmt.Errorf("tube %s: %w", t.Code, err)
	}
	out.Tubes++
	if t.Kind == screening.Single {
		out.Singles++
		return nil
	}
	out.Stored += int64(len(members))
	batch, place, ok := strings.Cut(strings.TrimPrefix(t.Code, "L"), "-")
	k, err := strconv.Atoi(batch)
	i, err2 := strconv.Atoi(place)
	if !ok || err != nil || err2 != nil || k >= len(seen)/PerBatch || i >= PerBatch || len(members) != PerTube {
		out.Wrong += int64(len(members))
		return nil
	}
	at := k*PerBatch + i
	if seen[at] > 0 {
		out.Doubled += PerTube
	}
	seen[at] = 1
	for j, m := range members {
		if m.Person != c.Person(at*PerTube+j) {
			out.Wrong++
		}
	}
	return nil
}
