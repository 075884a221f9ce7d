package transfer

import (
	"errors"
	"fmt"
	"time"

	"firebreak/internal/facility"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
)

// VehicleID names a vehicle.
type VehicleID int64

// VehicleState is whether a vehicle can be sent.
//
//	ready <──> broken     both ──> retired
type VehicleState string

// The states of a vehicle.
const (
	Ready   VehicleState = "ready"
	Broken  VehicleState = "broken"
	Retired VehicleState = "retired" // not used any more
)

// ErrVehicleState is wrapped by ParseVehicleState and Move.
var ErrVehicleState = errors.New("is ready, broken or retired, and a retired one stays that")

// ParseVehicleState reads the stored word.
func ParseVehicleState(s string) (VehicleState, error) {
	switch v := VehicleState(s); v {
	case Ready, Broken, Retired:
		return v, nil
	}
	return "", fmt.Errorf("vehicle state %q: %w", s, ErrVehicleState)
}

// Move checks a change of state.
func (s VehicleState) Move(to VehicleState) (VehicleState, error) {
	if s == Retired && to != Retired {
		return s, fmt.Errorf("from %s to %s: %w", s, to, ErrVehicleState)
	}
	return to, nil
}

// Vehicle is a vehicle. What it carried last, and has not been disinfected since, it says itself: nobody of the other class gets in before that is done.
type Vehicle struct {
	ID          VehicleID
	Outbreak    outbreak.ID
	Code        string // on its side; unique in the outbreak
	Name        string
	Area        place.AreaID // of its depot
	District    place.AreaID
	Lon, Lat    float64 // of its depot
	Seats       int64
	Wheelchairs int64
	Stretchers  int64
	Takes       facility.Class // the only class it carries; empty: either, with disinfection between
	Disinfect   time.Duration  // that takes; 0: as long as the rule says
	State       VehicleState
	StateAt     time.Time
	Last        facility.Class // that it carries, or carried and was not disinfected since; empty: clean
	AtLon       float64        // where it last stopped, while it is on its way
	AtLat       float64
	AtTime      time.Time // when it stopped there; zero: it stands at its depot
	Version     int64
}

// Away says whether the vehicle is somewhere else than at its depot.
func (v *Vehicle) Away() bool { return !v.AtTime.IsZero() }

// ShiftID names a shift.
type ShiftID int64

// Shift is a crew in a vehicle, from when until when.
type Shift struct {
	ID       ShiftID
	Vehicle  VehicleID
	Outbreak outbreak.ID
	Crew     string
	From, To time.Time
}

// ErrShift is returned by CheckShifts.
var ErrShift = errors.New("ends after it begins, lasts 24 hours at most and lies after the one before")

// CheckShifts says what is wrong with the shifts of a vehicle, in order of time, and which.
func CheckShifts(list []Shift) (int, error) {
	for i, s := range list {
		if !s.To.After(s.From) || s.To.Sub(s.From) > 24*time.Hour || i > 0 && s.From.Before(list[i-1].To) {
			return i, ErrShift
		}
	}
	return 0, nil
}
