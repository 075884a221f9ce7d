package command

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/journal"
	"firebreak/internal/lab"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

// BoxPacked is what a desk is told of a box.
type BoxPacked struct {
	Box       string   `json:"box"`
	Tubes     int      `json:"tubes"`     // in it
	Unknown   []string `json:"unknown"`   // of those, not registered yet: their batches have not come in
	Elsewhere []string `json:"elsewhere"` // in another box already, and not counted in this one
}

func refusal(reason screening.Reason, where, format string, args ...any) *screening.Refusal {
	return &screening.Refusal{Reason: reason, Where: where, Text: fmt.Sprintf(format, args...)}
}

// byDevice is a device as the one who gives an order.
func byDevice(d screening.Device) By { return Owner("device:" + strconv.FormatInt(int64(d.ID), 10)) }

// oldest is how old what a device tells may be.
const oldest = 7 * 24 * time.Hour

// clockOff checks an instant that a device tells.
func clockOff(field string, at, now time.Time) error {
	switch {
	case at.After(now.Add(screening.MostAhead)):
		return refusal(screening.ClockOff, field, "%s is still to come: set the device's clock", at.Format(time.RFC3339))
	case at.Before(now.Add(-oldest)):
		return refusal(screening.ClockOff, field, "%s is more than 7 days ago: set the device's clock", at.Format(time.RFC3339))
	}
	return nil
}

// PackBox records that a desk has packed tubes in a box, and counted them. The same again gets the same answer and changes nothing. Its error is a *screening.Refusal
// where the device should not send it again as it is.
func (c *Commands) PackBox(ctx context.Context, d screening.Device, in screening.PackedBox) (answer string, err error) {
	if d.Role == screening.Laboratory {
		return "", refusal(screening.WrongRole, "", "a laboratory's device packs no boxes")
	}
	if in.Device != d.ID {
		return "", refusal(screening.OtherDevice, "device", "this key is device %d's, the box is device %d's", d.ID, in.Device)
	}
	said, err := json.Marshal(in)
	if err != nil {
		return "", err
	}
	digest := sha256.Sum256(said)
	err = c.inID(ctx, byDevice(d), d.Outbreak, func(u *unit) error {
		answer = ""
		known, err := u.tx.BoxByCode(u.o.ID, in.Box)
		switch {
		case err == nil && known.Digest == digest:
			answer = known.Answer
			return nil
		case err == nil:
			return refusal(screening.BoxTaken, "box", "box %s was packed before with other tubes or by another desk: give this one another label", known.Code)
		case !isNotFound(err):
			return err
		}
		site, err := u.checkBox(in)
		if err != nil {
			return err
		}
		answer, err = u.packBox(d, in, site, digest)
		return err
	})
	return answer, err
}

func (u *unit) checkBox(in screening.PackedBox) (site screening.Site, err error) {
	if err := clockOff("packed_at", in.PackedAt, u.now); err != nil {
		return site, err
	}
	if in.Counted != len(in.Tubes) && strings.TrimSpace(in.Note) == "" {
		return site, refusal(screening.CountDiffers, "counted", "%d tubes were scanned and %d counted on the table: count again, or say why in a note", len(in.Tubes), in.Counted)
	}
	round, err := u.tx.Round(in.Round)
	switch {
	case isNotFound(err) || err == nil && round.Outbreak != u.o.ID:
		return site, refusal(screening.NoRound, "round", "there is no round %d here", in.Round)
	case err != nil:
		return site, err
	case !round.State.Takes():
		return site, refusal(screening.RoundNotOpen, "round", "round %d is %s", in.Round, round.State)
	}
	site, err = u.tx.Site(in.Site)
	if isNotFound(err) || err == nil && site.Outbreak != u.o.ID {
		return site, refusal(screening.NoSite, "site", "there is no site %d here", in.Site)
	}
	return site, err
}

func (u *unit) packBox(d screening.Device, in screening.PackedBox, site screening.Site, digest [sha256.Size]byte) (string, error) {
	found, err := u.tx.TubesByCode(u.o.ID, in.Tubes)
	if err != nil {
		return "", err
	}
	awaited, err := u.tx.AwaitedTubes(u.o.ID, in.Tubes)
	if err != nil {
		return "", err
	}
	told := BoxPacked{Box: in.Box, Unknown: []string{}, Elsewhere: []string{}}
	b := store.Box{Outbreak: u.o.ID, Code: in.Box, Round: in.Round, Site: site.ID, District: site.District, Device: d.ID, State: lab.Packed, Counted: int64(in.Counted), Note: in.Note, Digest: digest,
		PackedAt: in.PackedAt, MovedAt: in.PackedAt}
	var tubes []*store.Tube
	var wait []store.AwaitedTube
	for _, code := range in.Tubes {
		t, registered := found[code]
		a := awaited[code]
		if t.Box != 0 || a.Box != 0 {
			told.Elsewhere = append(told.Elsewhere, code)
			continue
		}
		b.Codes = append(b.Codes, code)
		if registered {
			tubes = append(tubes, &t)
			continue
		}
		told.Unknown = append(told.Unknown, code)
		a.Code = code
		wait = append(wait, a)
	}
	told.Tubes = len(b.Codes)
	b.Tubes = int64(told.Tubes)
	text, err := json.Marshal(told)
	if err != nil {
		return "", err
	}
	b.Answer = string(text)
	if err := u.tx.AddBox(&b); err != nil {
		return "", err
	}
	if err := u.tx.AddBoxStep(b, &store.BoxStep{Step: lab.Packed, Device: d.ID, Who: u.by.Name(), At: in.PackedAt, ToldAt: u.now, Counted: b.Counted, Note: in.Note}); err != nil {
		return "", err
	}
	ref, err := u.fact(journal.BoxPacked, onBox(b.ID), site.Area, in.PackedAt, map[string]any{"box": b.Code, "round": b.Round, "tubes": b.Tubes, "counted": b.Counted, "unknown": len(told.Unknown), "elsewhere": len(told.Elsewhere), "note": b.Note})
	if err != nil {
		return "", err
	}
	for _, t := range tubes {
		t.Box, t.Changed = b.ID, ref.Seq
	}
	for i := range wait {
		wait[i].Box = b.ID
		if wait[i].Since.IsZero() {
			wait[i].Since = u.now
		}
	}
	if err := u.tx.SetTubes(tubes); err != nil {
		return "", err
	}
	return b.Answer, u.tx.AwaitTubes(u.o.ID, wait)
}

func onBox(id lab.BoxID) task.Subject { return task.Subject{Kind: store.OnBox, ID: int64(id)} }

// HandBox is a box that goes from one hand to the next, or comes in at a laboratory's door.
type HandBox struct {
	Box        string // its label; empty: tubes that came without one, to be received
	Step       lab.Step
	At         time.Time
	Counted    int
	Note       string
	Tubes      []string // scanned one by one, where it is received; nil: all that was packed, if as many were counted
	Laboratory string   // code, where it is received
}

// Received is what a hand-over found out. On the way, Tubes is what was packed; at a laboratory's door, what came in.
type Received struct {
	Box     string   `json:"box"`
	Step    lab.Step `json:"step"`
	Packed  int      `json:"packed"`
	Tubes   int      `json:"tubes"`
	Missing []string `json:"missing"` // packed, and not received up to now
	Extra   []string `json:"extra"`   // received, and not packed in this box
	Unknown []string `json:"unknown"` // received, and not registered yet
}

// HandOver records what a device tells of a box. The same again gets the same answer and changes nothing. Its error is a *screening.Refusal where the device should not
// send it again as it is.
func (c *Commands) HandOver(ctx context.Context, d screening.Device, in screening.Handover) (out Received, err error) {
	if in.Device != d.ID {
		return out, refusal(screening.OtherDevice, "device", "this key is device %d's, the hand-over is device %d's", d.ID, in.Device)
	}
	if in.Step == lab.Received && d.Role != screening.Laboratory {
		return out, refusal(screening.WrongRole, "step", "only a laboratory's device receives boxes")
	}
	h := HandBox{Box: in.Box, Step: in.Step, At: in.At, Counted: in.Counted, Note: in.Note, Tubes: in.Tubes}
	err = c.inID(ctx, byDevice(d), d.Outbreak, func(u *unit) error {
		if err := clockOff("at", in.At, u.now); err != nil {
			return err
		}
		var at lab.Laboratory
		if d.Role == screening.Laboratory {
			if at, err = u.tx.Laboratory(d.Laboratory); err != nil {
				return err
			}
		}
		out, err = u.handOver(h, d.ID, at)
		return err
	})
	return out, err
}

// ReceiveBox records what a person at a laboratory took in: a box as it is, a box tube by tube, or tubes without a box.
func (c *Commands) ReceiveBox(ctx context.Context, by By, outbreak string, in HandBox) (out Received, err error) {
	in.Step, in.Box = lab.Received, strings.TrimSpace(in.Box)
	err = c.in(ctx, by, outbreak, func(u *unit) error {
		l, err := u.laboratory(in.Laboratory, auth.ResultWrite)
		if err != nil {
			return err
		}
		h := in
		if h.At.IsZero() {
			h.At = u.now
		}
		if h.Tubes, err = scanned(in.Tubes); err != nil {
			return err
		}
		if h.Counted != 0 && len(h.Tubes) > 0 && h.Counted != len(h.Tubes) && strings.TrimSpace(h.Note) == "" {
			return refusal(screening.CountDiffers, "counted", "%d tubes are counted and %d scanned: count again, or say why in a note", h.Counted, len(h.Tubes))
		}
		out, err = u.handOver(h, 0, l)
		return err
	})
	return out, err
}

// scanned tidies a list of labels as people type or scan them: without blanks, each once.
func scanned(list []string) (out []string, err error) {
	for i, code := range list {
		code = strings.TrimSpace(code)
		switch {
		case code == "" || slices.Contains(out, code):
			continue
		case lab.CheckCode(code) != nil:
			return nil, &Invalid{fmt.Sprintf("tubes[%d]", i), code, lab.CheckCode(code).Error()}
		}
		out = append(out, code)
	}
	if len(out) > screening.MostBoxTubes {
		return nil, &Invalid{"tubes", strconv.Itoa(len(out)), "at most 500 at a time"}
	}
	return out, nil
}

// handOver carries a box one step further. at is the laboratory where it is received, or whose device says so.
func (u *unit) handOver(in HandBox, device screening.DeviceID, at lab.Laboratory) (out Received, err error) {
	out = Received{Box: in.Box, Step: in.Step, Missing: []string{}, Extra: []string{}, Unknown: []string{}}
	if in.Box == "" {
		if len(in.Tubes) == 0 {
			return out, &Invalid{Field: "tubes", Reason: "at least one is needed where there is no box"}
		}
		err := u.receive(store.Box{}, in, at)
		if err == nil {
			err = u.tell(store.Box{}, in, &out)
		}
		return out, err
	}
	b, err := u.tx.BoxByCode(u.o.ID, in.Box)
	if isNotFound(err) {
		return out, refusal(screening.NoBox, "box", "no box %s was packed, or the desk's word has not come in: scan its tubes one by one, or try again later", in.Box)
	}
	if err != nil {
		return out, err
	}
	if again, err := u.toldBefore(b, in, device, at); err != nil {
		return out, err
	} else if !again {
		if err := u.moveBox(&b, in, device, at); err != nil {
			return out, err
		}
	}
	err = u.tell(b, in, &out)
	return out, err
}

// moveBox writes one step of a box, and takes its tubes in where a laboratory receives it.
func (u *unit) moveBox(b *store.Box, in HandBox, device screening.DeviceID, at lab.Laboratory) error {
	if in.Counted != int(b.Tubes) && in.Tubes == nil && strings.TrimSpace(in.Note) == "" {
		return refusal(screening.CountDiffers, "counted", "%d tubes were packed and %d are counted: scan them one by one, or say why in a note", b.Tubes, in.Counted)
	}
	site, err := u.tx.Site(b.Site)
	if err != nil {
		return err
	}
	step := store.BoxStep{Step: in.Step, Device: device, Who: u.by.Name(), At: in.At, ToldAt: u.now, Counted: int64(in.Counted), Laboratory: at.ID, Note: in.Note}
	if err := u.tx.AddBoxStep(*b, &step); err != nil {
		return err
	}
	_, err = u.fact(journal.BoxMoved, onBox(b.ID), site.Area, in.At, map[string]any{"box": b.Code, "step": in.Step, "packed": b.Tubes, "counted": in.Counted, "laboratory": at.Code, "note": in.Note})
	if err != nil {
		return err
	}
	if in.Step == lab.Received {
		if in.Tubes == nil && in.Counted == int(b.Tubes) {
			in.Tubes = b.Codes
		}
		if err := u.receive(*b, in, at); err != nil {
			return err
		}
	}
	if b.State.Beyond(in.Step) {
		return nil // a phone that had no network on the way tells it late
	}
	b.State, b.MovedAt = in.Step, in.At
	if at.ID != 0 {
		b.Laboratory = at.ID
	}
	return u.tx.UpdateBox(b)
}

// toldBefore says whether a device told a hand-over before. A person at a screen sees what there is.
func (u *unit) toldBefore(b store.Box, in HandBox, device screening.DeviceID, at lab.Laboratory) (bool, error) {
	if device == 0 {
		return false, nil
	}
	steps, err := u.tx.BoxSteps(b.ID)
	return slices.ContainsFunc(steps, func(s store.BoxStep) bool {
		return s.Device == device && s.Step == in.Step && s.At.Equal(in.At) && s.Counted == int64(in.Counted) && s.Laboratory == at.ID && s.Note == in.Note
	}), err
}

// tell says how many tubes a box has, or how many came in and which of them are missing, were not packed in it, or are not registered yet.
func (u *unit) tell(b store.Box, in HandBox, out *Received) (err error) {
	out.Packed, out.Tubes = int(b.Tubes), int(b.Tubes)
	if out.Step != lab.Received {
		return nil
	}
	if out.Missing, err = u.tx.MissingOfBox(b.ID); err != nil {
		return err
	}
	found, err := u.tx.TubesByCode(u.o.ID, in.Tubes)
	if err != nil {
		return err
	}
	for _, code := range in.Tubes {
		if _, ok := found[code]; !ok {
			out.Unknown = append(out.Unknown, code)
		}
		if b.ID != 0 && !slices.Contains(b.Codes, code) {
			out.Extra = append(out.Extra, code)
		}
	}
	// Of the box from what is missing: what came in once more, or without its box, is not counted twice.
	if out.Tubes = int(b.Tubes) - len(out.Missing) + len(out.Extra); b.ID == 0 {
		out.Tubes = len(in.Tubes)
	}
	return nil
}

// countReceipt counts a tube that comes in at a laboratory. Of a tube that was read before, the work stays with the laboratory that read it.
func countReceipt(tally *store.LabTally, t store.Tube, to lab.LaboratoryID, at time.Time) {
	lost := t.Result == lab.TubeLost
	if t.Result != lab.TubeAwaited && !lost {
		return // sent on to be read again
	}
	if t.Laboratory != 0 {
		left := store.LabDone{SentOn: 1}
		if lost && !t.AtLab.After(t.ResultAt) {
			left.Resulted = -1 // it was said to be lost there, and was not
		}
		tally.Hour(t.Laboratory, t.Round, at, left)
	}
	came := store.LabDone{Received: 1}
	if lost && !at.After(t.ResultAt) {
		came.Resulted = 1 // it came before it was lost
	}
	tally.Hour(to, t.Round, at, came)
}

// receive takes tubes in at a laboratory.
func (u *unit) receive(b store.Box, in HandBox, at lab.Laboratory) error {
	found, err := u.tx.TubesByCode(u.o.ID, in.Tubes)
	if err != nil {
		return err
	}
	awaited, err := u.tx.AwaitedTubes(u.o.ID, in.Tubes)
	if err != nil {
		return err
	}
	var tally store.LabTally
	var tubes []*store.Tube
	var wait []store.AwaitedTube
	for _, code := range in.Tubes {
		t, registered := found[code]
		if !registered {
			if a := awaited[code]; a.Laboratory != at.ID {
				a.Code, a.Laboratory, a.AtLab = code, at.ID, in.At
				if a.Since.IsZero() {
					a.Since = u.now
				}
				wait = append(wait, a)
			}
			continue
		}
		if t.Laboratory == at.ID {
			continue // scanned before, or read before anybody scanned it
		}
		countReceipt(&tally, t, at.ID, in.At)
		t.Laboratory, t.AtLab = at.ID, in.At
		tubes = append(tubes, &t)
	}
	if len(tubes)+len(wait) == 0 {
		return nil
	}
	payload := map[string]any{"laboratory": at.Code, "tubes": len(tubes), "unknown": len(wait)}
	if b.ID != 0 {
		payload["box"] = b.Code
	}
	ref, err := u.fact(journal.TubesReceived, onLaboratory(at.ID), at.Area, in.At, payload)
	if err != nil {
		return err
	}
	for _, t := range tubes {
		t.Changed = ref.Seq
	}
	if err := u.tx.SetTubes(tubes); err != nil {
		return err
	}
	if err := u.tx.AwaitTubes(u.o.ID, wait); err != nil {
		return err
	}
	return u.tx.Tally(tally)
}
