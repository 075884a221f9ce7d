package screening

import (
	"errors"
	"fmt"
	"time"

	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/place"
)

// HoldID names a hold.
type HoldID int64

// Lifted is why a hold ended.
type Lifted string

// Why holds end. Each is a fact or the hold's own end: nobody lengthens one by hand, and two people lift one only in answer to an appeal.
const (
	NotLifted         Lifted = ""            // it stands
	LiftedNegative    Lifted = "negative"    // everybody in the tube is singly negative
	LiftedFound       Lifted = "found"       // they are singly negative, and somebody else in the tube is the positive
	LiftedCase        Lifted = "case"        // they are a case: what follows is for cases
	LiftedQuarantined Lifted = "quarantined" // they are in quarantine as a contact
	LiftedCorrected   Lifted = "corrected"   // the tube is not positive after all
	LiftedOver        Lifted = "over"        // its last moment has passed
	LiftedPack        Lifted = "pack"        // the outbreak goes on under a pack that holds nobody
	LiftedAppeal      Lifted = "appeal"      // they appealed, and two people agreed
	LiftedMerged      Lifted = "merged"      // the person was held twice for the tube, under two records: the other goes on
)

// ErrLifted is wrapped by ParseLifted.
var ErrLifted = errors.New("is negative, found, case, quarantined, corrected, over, pack, appeal, merged or empty")

// ParseLifted reads the stored word.
func ParseLifted(s string) (Lifted, error) {
	switch v := Lifted(s); v {
	case NotLifted, LiftedNegative, LiftedFound, LiftedCase, LiftedQuarantined, LiftedCorrected, LiftedOver, LiftedPack, LiftedAppeal, LiftedMerged:
		return v, nil
	}
	return "", fmt.Errorf("hold %q: %w", s, ErrLifted)
}

// Hold keeps one person where they are, because a tube that they are in is positive. It always has an end: Until, at the latest. There is one for each person and
// tube; a tube that is positive again after a correction starts it anew.
type Hold struct {
	ID       HoldID
	Outbreak outbreak.ID
	Person   person.ID
	Tube     TubeID
	Area     place.AreaID // where they live; where they were sampled when that is unknown
	District place.AreaID
	Since    time.Time
	Until    time.Time // it ends then whatever is known
	ToldAt   time.Time // when somebody told them so, and why; zero while nobody has
	LiftedAt time.Time // zero while it stands
	Lifted   Lifted

	// Why it is there: the fact in the journal, the rule, and the value of the pack that it stands on.
	Fact   int64
	Rule   string
	Clause string
	Pack   string
}

// Join is what two holds of one person for one tube, entered under two records, are together: while either stands, the person is held once, and until the later of the two ends; told once is told. One that ended
// because of what was found of the person ends both.
func (h *Hold) Join(o Hold) {
	switch {
	case o.LiftedAt.IsZero() && h.LiftedAt.IsZero():
		if o.Until.After(h.Until) {
			h.Until, h.Fact, h.Rule, h.Clause, h.Pack = o.Until, o.Fact, o.Rule, o.Clause, o.Pack
		}
		if o.Since.Before(h.Since) {
			h.Since = o.Since
		}
	case o.LiftedAt.IsZero() && h.Lifted == LiftedOver:
		told := h.ToldAt
		o.ID, o.Person, o.ToldAt = h.ID, h.Person, told
		*h = o
	case h.LiftedAt.IsZero() && o.Lifted != LiftedOver && o.Lifted != LiftedMerged:
		h.LiftedAt, h.Lifted = o.LiftedAt, o.Lifted
	}
	if h.ToldAt.IsZero() {
		h.ToldAt = o.ToldAt
	}
}

// Stands says whether somebody is held by it.
func (h *Hold) Stands() bool { return h != nil && h.LiftedAt.IsZero() }
