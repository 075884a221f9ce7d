package facility

import (
	"errors"
	"fmt"
	"time"

	"firebreak/internal/outbreak"
	"firebreak/internal/place"
)

// IncidentID names an incident.
type IncidentID int64

// IncidentKind is what happened at a facility.
type IncidentKind string

// The kinds of incident. An infection that somebody caught in a hospital is an infection-control event (treatment.Event).
const (
	Medical      IncidentKind = "medical"       // somebody fell ill or was hurt, other than by the disease
	WithoutLeave IncidentKind = "without-leave" // somebody left, or tried to
	Violence     IncidentKind = "violence"
	SelfHarm     IncidentKind = "self-harm" // done, or threatened
	Fire         IncidentKind = "fire"      // or smoke, or gas
	Food         IncidentKind = "food"      // several are ill after a meal
	Breach       IncidentKind = "breach"    // of infection control: zones crossed, protection failed
	Outage       IncidentKind = "outage"    // of power, water, heating or ventilation
	Complaint    IncidentKind = "complaint"
	OtherKind    IncidentKind = "other"
)

// ErrIncidentKind is wrapped by ParseIncidentKind.
var ErrIncidentKind = errors.New("is medical, without-leave, violence, self-harm, fire, food, breach, outage, complaint or other")

// IncidentKinds returns every kind, in the order in which screens show them.
func IncidentKinds() []IncidentKind {
	return []IncidentKind{Medical, WithoutLeave, Violence, SelfHarm, Fire, Food, Breach, Outage, Complaint, OtherKind}
}

// ParseIncidentKind reads the stored word.
func ParseIncidentKind(s string) (IncidentKind, error) {
	for _, k := range IncidentKinds() {
		if string(k) == s {
			return k, nil
		}
	}
	return "", fmt.Errorf("kind %q: %w", s, ErrIncidentKind)
}

// Usual is how grave an incident of the kind is taken to be while nobody has said.
func (k IncidentKind) Usual() IncidentSeverity {
	switch k {
	case Fire, SelfHarm:
		return Critical
	case Complaint, OtherKind:
		return Minor
	case Medical, WithoutLeave, Violence, Food, Breach, Outage:
	}
	return Serious
}

// IncidentSeverity is how grave an incident is: by which clock it is to be dealt with.
type IncidentSeverity string

// The severities.
const (
	Minor    IncidentSeverity = "minor"    // nobody is in danger
	Serious  IncidentSeverity = "serious"  // somebody may come to harm, or the disease may get out
	Critical IncidentSeverity = "critical" // a life is in danger now
)

// ErrIncidentSeverity is wrapped by ParseIncidentSeverity.
var ErrIncidentSeverity = errors.New("is minor, serious or critical")

// IncidentSeverities returns every severity, the least first.
func IncidentSeverities() []IncidentSeverity { return []IncidentSeverity{Minor, Serious, Critical} }

// ParseIncidentSeverity reads the stored word.
func ParseIncidentSeverity(s string) (IncidentSeverity, error) {
	switch v := IncidentSeverity(s); v {
	case Minor, Serious, Critical:
		return v, nil
	}
	return "", fmt.Errorf("severity %q: %w", s, ErrIncidentSeverity)
}

// Incident is something that went wrong at a facility: when, where, to whom, what was done. The note and what was done may tell of people: they stay out of the journal.
type Incident struct {
	ID         IncidentID
	Outbreak   outbreak.ID
	Facility   ID
	Area       place.AreaID
	District   place.AreaID
	Kind       IncidentKind
	Severity   IncidentSeverity
	Where      string // room, floor or zone
	Stay       StayID // of whoever is concerned; 0 where nobody is named
	Note       string
	Done       string // what was done; an incident that is closed says it
	HappenedAt time.Time
	NotedAt    time.Time
	NotedBy    string
	OpenedAt   time.Time // last: when it happened, or was found not to be dealt with after all
	Opened     int64     // how often, after the first
	ClosedAt   time.Time // zero while it is open
	ClosedBy   string
	Version    int64
}

// Open says whether it is still to be dealt with.
func (x Incident) Open() bool { return x.ClosedAt.IsZero() }
