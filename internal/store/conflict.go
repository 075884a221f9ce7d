package store

import "fmt"

// Conflict is returned when a record changed since the caller read it. Nothing was written. The caller reads it again, shows
// what changed and asks.
type Conflict struct {
	Noun string // "case", "contact", "task" ...
	ID   int64
	Have int64 // version stored now; 0 where it was not looked up
	Want int64 // version the caller had seen
}

// Error implements error.
func (c *Conflict) Error() string {
	return fmt.Sprintf("%s %d was changed by somebody else since you read it (you saw version %d)", c.Noun, c.ID, c.Want)
}
