package screening

import (
	"time"

	"firebreak/internal/person"
)

// Bounds of a batch. A phone sends a few tubes at a time; what is larger was not made by one.
const (
	MostBytes   = 1 << 20 // of the request's body
	MostTubes   = 200
	MostMembers = 20 // the largest pool
	mostCode    = 40 // bytes of a tube's code
	mostName    = 200
	mostDocID   = 64
)

// Kind is who is in a tube.
type Kind string

// The kinds of tube.
const (
	Pool      Kind = "pool"      // people in the order in which they came
	Household Kind = "household" // people who live together, however many
	Single    Kind = "single"    // one person
)

// Batch is what a device sends at a time. It is named by (Device, Seq).
type Batch struct {
	Device DeviceID
	Seq    int64
	Round  RoundID
	Site   SiteID
	Tubes  []Tube
}

// Members counts the people of all tubes.
func (b *Batch) Members() int {
	n := 0
	for i := range b.Tubes {
		n += len(b.Tubes[i].Members)
	}
	return n
}

// Tube is the swabs of some people that are examined together.
type Tube struct {
	Code     string // the label; unique in the outbreak
	Kind     Kind   // empty: Pool
	ClosedAt time.Time
	Members  []Member
}

// Member is one person in a tube: Person is set, or Unknown, or Document and Name.
type Member struct {
	Person   person.ID
	Unknown  string // a code that is nobody's, as given
	Document string // as typed or read
	Name     string
	At       time.Time
}
