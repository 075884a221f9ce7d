package contact

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"firebreak/internal/day"
)

// Symptom is a word that a form offers. What an import or somebody's own words call a symptom stays as it was written.
type Symptom string

// The symptoms that a form offers, those of every pathogen that a pack is for.
const (
	Fever      Symptom = "fever"
	Cough      Symptom = "cough"
	SoreThroat Symptom = "sore-throat"
	Breathing  Symptom = "breathing"
	Tired      Symptom = "tired"
	Aches      Symptom = "aches"
	NoSmell    Symptom = "no-smell"
	Stomach    Symptom = "stomach"
	Rash       Symptom = "rash"
	Bleeding   Symptom = "bleeding"
	Otherwise  Symptom = "unspecified" // they feel ill in another way, or nobody wrote down how
)

// Symptoms returns the symptoms in the order of forms.
func Symptoms() []Symptom {
	return []Symptom{Fever, Cough, SoreThroat, Breathing, Tired, Aches, NoSmell, Stomach, Rash, Bleeding, Otherwise}
}

// ErrSymptom is wrapped by ParseSymptom.
var ErrSymptom = errors.New("is fever, cough, sore-throat, breathing, tired, aches, no-smell, stomach, rash, bleeding or unspecified")

// ParseSymptom reads the stored word.
func ParseSymptom(s string) (Symptom, error) {
	if slices.Contains(Symptoms(), Symptom(s)) {
		return Symptom(s), nil
	}
	return "", fmt.Errorf("symptom %q: %w", s, ErrSymptom)
}

// SlotAt says which check of the day an instant falls in, from 0: a day of perDay checks is cut into as many equal parts.
func SlotAt(at time.Time, perDay int, loc *time.Location) int {
	if perDay <= 1 {
		return 0
	}
	gone := at.Sub(day.In(at, loc).Start(loc))
	return min(int(gone/(24*time.Hour/time.Duration(perDay))), perDay-1) // the day that is an hour longer has no more checks
}

// Join is what is on record of one check of the day when somebody answers for themselves, and before was there already: what staff saw stays theirs, and no symptom that was told is untold.
func (c Check) Join(before Check) Check {
	if !before.Seen || before.Contact != c.Contact || before.On != c.On || before.Slot != c.Slot {
		return c
	}
	for _, s := range before.Symptoms {
		if !slices.Contains(c.Symptoms, s) {
			c.Symptoms = append(c.Symptoms, s)
		}
	}
	if c.Temperature < before.Temperature {
		c.Temperature = before.Temperature
	}
	if c.Note == "" {
		c.Note = before.Note
	}
	c.Self = before.Self
	return c
}
