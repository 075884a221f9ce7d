// Package cluster is the noun for cases that are believed to share one exposure: a class, a household, a wedding, a ward, a bus ride. It is pure.
package cluster

import (
	"errors"
	"math"
	"slices"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/day"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
)

// ID names a cluster.
type ID int64

// Kind is what the cases share.
type Kind string

// The kinds of shared exposure.
const (
	Household Kind = "household"
	School    Kind = "school"
	Workplace Kind = "workplace"
	CareHome  Kind = "care_home"
	Hospital  Kind = "hospital"
	Transport Kind = "transport"
	Event     Kind = "event" // a wedding, a funeral, a meal
	Shop      Kind = "shop"  // and market
	Other     Kind = "other"
)

// Kinds returns the kinds in the order of forms.
func Kinds() []Kind {
	return []Kind{Household, School, Workplace, CareHome, Hospital, Transport, Event, Shop, Other}
}

// ErrKind is returned by ParseKind.
var ErrKind = errors.New("is household, school, workplace, care_home, hospital, transport, event, shop or other")

// ParseKind reads the stored word.
func ParseKind(s string) (Kind, error) {
	if k := Kind(s); slices.Contains(Kinds(), k) {
		return k, nil
	}
	return "", ErrKind
}

// State says whether a cluster is looked into.
type State string

// The states of a cluster.
const (
	Open   State = "open"
	Closed State = "closed"
)

// Cluster is what is known now of one cluster. Earlier states are in the journal.
type Cluster struct {
	ID       ID
	Outbreak outbreak.ID
	Code     string // unique in the outbreak: "CL-3"
	Name     string // what people call it
	Kind     Kind
	Setting  string       // the place, as told
	Area     place.AreaID // 0: somewhere in the outbreak's area
	District place.AreaID

	First, Last day.Day // of the shared exposure; unknown where nobody knows
	Exposed     int64   // people who shared it, cases among them; 0 where unknown
	Note        string

	State    State
	OpenedAt time.Time
	ClosedAt time.Time // zero while open
	Reason   string    // of the last closing or reopening
	Version  int64     // counts changes; a change names the version it saw
}

// Member is one case in a cluster.
type Member struct {
	Case      cases.ID // the one that goes on, where it was merged
	AddedAt   time.Time
	AddedBy   string
	EndedAt   time.Time // when it was found not to belong; zero while it does
	EndedBy   string
	EndReason string
}

// Stands tells whether the case belongs to the cluster.
func (m Member) Stands() bool { return m.EndedAt.IsZero() }

// Counts tells whether a case of a class counts in the attack rate: those infected and those who probably are. One that is only suspected may yet be discarded.
func Counts(c cases.Class) bool { return c.Infected() || c == cases.Probable }

// Rate is an attack rate: the cases among the people exposed, with the 95 % Wilson score interval (Wilson 1927, J Am Stat Assoc 22:209), which stays within 0 and 1
// and holds for the small numbers of a household.
type Rate struct {
	Cases   int64   `json:"cases"`
	Exposed int64   `json:"exposed"`
	Share   float64 `json:"share"`
	Low     float64 `json:"low"`
	High    float64 `json:"high"`
}

// z is the 97.5 % point of the standard normal distribution.
const z = 1.959963984540054

// AttackRate returns the attack rate; ok is false where the number exposed is unknown, or smaller than that of the cases.
func AttackRate(n, exposed int64) (r Rate, ok bool) {
	if exposed <= 0 || n < 0 || n > exposed {
		return Rate{}, false
	}
	m := float64(exposed)
	p := float64(n) / m
	middle := (p + z*z/(2*m)) / (1 + z*z/m)
	half := z / (1 + z*z/m) * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return Rate{Cases: n, Exposed: exposed, Share: p, Low: max(0, min(p, middle-half)), High: min(1, max(p, middle+half))}, true
}
