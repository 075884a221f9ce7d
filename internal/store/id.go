package store

import "fmt"

// idRange is a run of IDs that the group may hand out.
type idRange struct{ next, end int64 }

// idUndo is a range as it was before a change took from it.
type idUndo struct {
	noun string
	was  idRange
}

// idBlock is how many IDs are taken from the table at a time. What is left of a block when the writer ends is taken by nobody: gaps are harmless.
const idBlock = 512

// nextIDs returns the first of n new consecutive IDs of a noun. IDs are small, dense and in order of creation, so indexes grow
// at their right end and a person can read one out over the telephone. The writer's turn makes the plain read and write safe.
func (tx *Tx) nextIDs(noun string, n int64) (int64, error) {
	w := tx.g.w
	r := w.ids[noun]
	tx.g.undo = append(tx.g.undo, idUndo{noun, r})
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
		if next != r.end { // another node took a block meanwhile; else the new one continues the old
			r.next = next
		}
		r.end = next + take
	}
	first := r.next
	r.next += n
	w.ids[noun] = r
	return first, nil
}

// undoIDs gives back what was taken since mark, an earlier length of the undo list: the transaction or savepoint that took it is rolled back.
func (g *group) undoIDs(mark int) {
	for i := len(g.undo) - 1; i >= mark; i-- {
		if u := g.undo[i]; g.w.c == nil {
			delete(g.w.ids, u.noun) // they went with the connection
		} else {
			g.w.ids[u.noun] = u.was
		}
	}
	g.undo = g.undo[:mark]
}
