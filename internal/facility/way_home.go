package facility

import (
	"errors"
	"fmt"
)

// WayHome is how somebody goes home whose stay ends by a release. It is theirs to say: nobody is held for want of a vehicle, and nobody has to take one.
type WayHome string

// The ways home.
const (
	WayUnsaid    WayHome = ""
	WayTransport WayHome = "transport" // a vehicle of the transfer desk
	WayOwn       WayHome = "own"       // by themselves, or somebody takes them
)

// ErrWayHome is wrapped by ParseWayHome.
var ErrWayHome = errors.New("is transport, own or empty")

// ParseWayHome reads the stored word.
func ParseWayHome(s string) (WayHome, error) {
	switch v := WayHome(s); v {
	case WayUnsaid, WayTransport, WayOwn:
		return v, nil
	}
	return "", fmt.Errorf("way home %q: %w", s, ErrWayHome)
}
