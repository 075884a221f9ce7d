package store

import "fmt"

// Conflict is returned when somebody else changed a record between the caller's reading and its change: nothing was written. Ask with
// errors.As. The caller reads the record again, shows what changed, and lets the person decide.
type Conflict struct {
	Noun string // "task", "case", "contact"
	ID   int64
	Have int64 // the version stored now
	Want int64 // the version that the caller had read
}

// Error implements error.
func (c *Conflict) Error() string {
	return fmt.Sprintf("%s %d was changed meanwhile: it is at version %d, the change was made on version %d", c.Noun, c.ID, c.Have, c.Want)
}
