package store

import "fmt"

// idRange is a run of IDs that the group may hand out.
type idRange struct{ next, end int64 }

// idBlock is how many IDs are taken from the table at a time; what a group does not use is taken again by nobody: gaps are harmless.
const idBlock = 512

// nextIDs returns the first of n new consecutive IDs of a noun. IDs are small, dense and in order of creation, so indexes grow
// at their right end and a person can read one out over the telephone. The writer's turn makes the plain read and write safe.
func (tx *Tx) nextIDs(noun string, n int64) (int64, error) {
	r := tx.g.ids[noun]
	if r == nil {
		r = &idRange{}
		tx.g.ids[noun] = r
	}
	if r.end-r.next < n {
		take := max(n, idBlock)
		var next int64
		err := tx.row("SELECT next FROM id_block WHERE noun = $1", noun).Scan(&next)
		if err != nil {
			return 0, fmt.Errorf("take %s IDs: %w", noun, err)
		}
		if _, err := tx.exec("UPDATE id_block SET next = $1 WHERE noun = $2", next+take, noun); err != nil {
			return 0, fmt.Errorf("take %s IDs: %w", noun, err)
		}
		r.next, r.end = next, next+take
	}
	first := r.next
	r.next += n
	return first, nil
}
