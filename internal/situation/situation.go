// Package situation computes the epidemiologist's numbers of one outbreak from plain lists: the epidemic curve and its
// nowcast, the reproduction number (Cori; Wallinga and Teunis), growth and doubling time, delays, chains of transmission,
// the share of cases found in isolation, days since the last community case, and the timeliness targets (7-1-7, 72 h).
//
// The package is pure: no I/O beyond the reader it is handed, no clock, no global randomness; today is an argument. It
// imports only day. Any package above the nouns may import it. Methods, formulas and sources: situation.md beside this file.
//
// Numbers that can be undefined are pointers: nil says "no value" and is null in JSON, never 0 or NaN.
package situation

import (
	"errors"
	"fmt"

	"firebreak/internal/day"
)

// ErrArgument is wrapped by every error that says that a caller's setting (a window, a prior, a serial interval) is
// outside its range.
var ErrArgument = errors.New("argument out of range")

// Case is what the situation needs to know of one case. Any field may be unknown (zero).
type Case struct {
	Onset       day.Day // first symptoms
	Report      day.Day // first reported to the health authority
	Confirmed   day.Day // laboratory or other final confirmation
	Quarantined day.Day // start of quarantine as a contact, before the case was known
	Isolated    day.Day // start of isolation
	Class       string  // classification, such as "confirmed" or "probable"
	Area        string  // code of the district or smaller unit
	Setting     Setting // where the case was found, if recorded; else derived, see Found
}

// Setting says whether a case was found among people already kept apart, or out in the community.
type Setting uint8

// The settings in which a case can be found.
const (
	SettingUnknown   Setting = iota // not recorded
	SettingIsolated                 // already in isolation or quarantine when found
	SettingCommunity                // not yet kept apart: a chain that was not seen
)

// String returns the word used in series and JSON.
func (s Setting) String() string {
	switch s {
	case SettingIsolated:
		return "isolated"
	case SettingCommunity:
		return "community"
	default:
		return "unknown"
	}
}

// Found returns where the case was found: the recorded setting; else, from the dates, in isolation if quarantine or isolation
// began on a day strictly before confirmation (or report, where no confirmation is known), in the community if not. The same
// day does not count: a case isolated on the day of its confirmation was isolated because of it. Without a day of
// confirmation or report the setting is unknown.
func (c Case) Found() Setting {
	if c.Setting != SettingUnknown {
		return c.Setting
	}
	known := c.Confirmed
	if known.IsZero() {
		known = c.Report
	}
	if known.IsZero() {
		return SettingUnknown
	}
	if before(c.Quarantined, known) || before(c.Isolated, known) {
		return SettingIsolated
	}
	return SettingCommunity
}

func before(d, limit day.Day) bool { return !d.IsZero() && d < limit }

// Date names one of a case's days.
type Date uint8

// The days of a case by which curves are drawn and delays measured.
const (
	Onset Date = iota
	Report
	Confirmation
	Quarantine
	Isolation
)

// String returns the word used in errors and JSON.
func (d Date) String() string {
	switch d {
	case Onset:
		return "onset"
	case Report:
		return "report"
	case Confirmation:
		return "confirmation"
	case Quarantine:
		return "quarantine"
	case Isolation:
		return "isolation"
	default:
		return fmt.Sprintf("date %d", uint8(d))
	}
}

// On returns the case's day of the given kind, zero if unknown.
func (c Case) On(d Date) day.Day {
	switch d {
	case Onset:
		return c.Onset
	case Report:
		return c.Report
	case Confirmation:
		return c.Confirmed
	case Quarantine:
		return c.Quarantined
	case Isolation:
		return c.Isolated
	default:
		return 0
	}
}
