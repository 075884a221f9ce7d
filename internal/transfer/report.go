package transfer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
	"unicode/utf8"
)

// What says what a crew tells.
type What string

// What a crew tells.
const (
	ToldStart  What = "start"       // the trip has begun
	ToldClean  What = "disinfected" // so that people of the other class may get in
	ToldCame   What = "came"        // at a door, or where all get off
	ToldIn     What = "fetched"     // handed over into the vehicle
	ToldNoShow What = "no-show"
	ToldWont   What = "refused"
	ToldLate   What = "late"
	ToldOff    What = "off"         // handed over where all get off
	ToldAway   What = "turned-away" // the place takes nobody more
	ToldBroke  What = "broke-down"
)

// Report is something that a crew's phone tells. It numbers them: the same number is the same report.
type Report struct {
	Phone   PhoneID   `json:"device"`
	Seq     int64     `json:"seq"`
	Trip    TripID    `json:"trip"`
	Party   RequestID `json:"party,omitempty"` // of a door
	What    What      `json:"what"`
	At      time.Time `json:"at"`
	Gave    string    `json:"gave,omitempty"` // who gave them over
	Took    string    `json:"took,omitempty"`
	Means   Means     `json:"means,omitempty"`
	Signed  string    `json:"signed,omitempty"` // strokes, or what was typed
	Minutes int64     `json:"minutes,omitempty"`
	Reason  string    `json:"reason,omitempty"`
}

// ErrReport is wrapped by ReadReport.
var ErrReport = errors.New("cannot be told so")

// Bounds of a report.
const (
	MostReportBytes = 128 << 10
	mostSigned      = 64 << 10
	mostWords       = 300
	mostLate        = 24 * 60
)

// ReadReport reads what a phone tells, strictly.
func ReadReport(body []byte) (*Report, error) {
	wrong := func(field, why string) (*Report, error) { return nil, fmt.Errorf("%s %s: %w", field, why, ErrReport) }
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	var r Report
	if err := d.Decode(&r); err != nil {
		return wrong("body", err.Error())
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return wrong("body", "has more than one value")
	}
	switch r.What {
	case ToldStart, ToldClean, ToldCame, ToldIn, ToldNoShow, ToldWont, ToldLate, ToldOff, ToldAway, ToldBroke:
	default:
		return wrong("what", fmt.Sprintf("%q is unknown", r.What))
	}
	switch {
	case r.Phone <= 0 || r.Seq <= 0 || r.Trip < 0 || r.Party < 0:
		return wrong("seq", "and device are numbers from 1")
	case r.Trip == 0 && r.What != ToldClean && r.What != ToldBroke:
		return wrong("trip", "is needed")
	case r.Party == 0 && (r.What == ToldIn || r.What == ToldNoShow || r.What == ToldWont):
		return wrong("party", "is needed")
	case r.At.IsZero():
		return wrong("at", "is needed")
	case r.Minutes < 0 || r.Minutes > mostLate || r.What == ToldLate && r.Minutes == 0:
		return wrong("minutes", "are from 1 to 1440")
	case len(r.Signed) > mostSigned:
		return wrong("signed", "is more than 64 KiB")
	case utf8.RuneCountInString(r.Gave) > mostWords || utf8.RuneCountInString(r.Took) > mostWords || utf8.RuneCountInString(r.Reason) > mostWords:
		return wrong("reason", "gave and took have 300 characters at most")
	}
	m, err := ParseMeans(string(r.Means))
	if err != nil || (m == Unsigned) != (r.Signed == "") {
		return wrong("means", "is drawn or code with what was signed, or none")
	}
	r.Means = m
	return &r, nil
}
