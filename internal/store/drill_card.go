package store

import (
	"fmt"
	"time"

	"firebreak/internal/outbreak"
)

// DrillCard is the score card of a drill: how the one of this store went, or an earlier one that it is held against.
type DrillCard struct {
	Outbreak outbreak.ID
	Number   int64 // 1, 2, 3 ... of the outbreak
	KeptAt   time.Time
	KeptBy   string
	Scenario string
	People   int64
	Days     int64
	Seed     int64  // the bits of it
	Card     []byte // JSON
}

const drillCardColumns = `outbreak, number, kept_at, kept_by, scenario, people, days, seed, card`

// AddDrillCard keeps a card as the next of its outbreak.
func (tx *Tx) AddDrillCard(c *DrillCard) error {
	if err := tx.row(`SELECT COALESCE(MAX(number), 0) + 1 FROM drill_card WHERE outbreak = $1`, int64(c.Outbreak)).Scan(&c.Number); err != nil {
		return fmt.Errorf("number a score card: %w", err)
	}
	_, err := tx.exec(`INSERT INTO drill_card (`+drillCardColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, int64(c.Outbreak), c.Number, instant(c.KeptAt), c.KeptBy, c.Scenario, c.People, c.Days, c.Seed, c.Card)
	if err != nil {
		return fmt.Errorf("keep score card %d: %w", c.Number, err)
	}
	return nil
}

func (r *Reader) drillCards(text string, args ...any) ([]DrillCard, error) {
	return scanned(r, "read score cards", `SELECT `+drillCardColumns+` FROM drill_card WHERE `+text, args, func(scan func(...any) error) (c DrillCard, err error) {
		var kept int64
		err = scan(&c.Outbreak, &c.Number, &kept, &c.KeptBy, &c.Scenario, &c.People, &c.Days, &c.Seed, &c.Card)
		c.KeptAt = when(kept)
		return c, err
	})
}

// DrillCards returns the newest score cards of an outbreak, at most limit. The caller has checked that all of the outbreak may be read.
func (r *Reader) DrillCards(o outbreak.ID, limit int) ([]DrillCard, error) {
	return r.drillCards(`outbreak = $1 ORDER BY number DESC LIMIT $2`, int64(o), limit)
}

// DrillCard returns one. The caller has checked that all of the outbreak may be read.
func (r *Reader) DrillCard(o outbreak.ID, number int64) (DrillCard, error) {
	list, err := r.drillCards(`outbreak = $1 AND number = $2`, int64(o), number)
	return one(list, err, "score card", number)
}
