// Package capture takes batches of tubes from devices: it answers when a batch is on the disk, and projects it into the tables a moment later.
//
// A batch is named by its device and the number the device gave it: sent again, it gets the same answer and changes nothing. A batch that cannot be read or is for
// another round is refused whole; a tube that cannot be taken is set aside, for a person to settle, while the rest of its batch is taken. Nothing that was
// answered is lost: it waits sealed in the intake until its tubes are rows.
//
// field and cmd import it; it imports store, vault and the nouns. It gives no orders and asks no rule.
package capture

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"firebreak/internal/outbreak"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/vault"
)

// Options of a Service.
type Options struct {
	DB         *store.DB
	Identities *store.Identities
	Intake     *store.Intake
	Log        *slog.Logger // nil means slog.Default
}

// Service takes batches. It is safe for concurrent use. Run projects what it takes.
type Service struct {
	db     *store.DB
	ids    *store.Identities
	intake *store.Intake
	log    *slog.Logger
	key    vault.FileKey
	codes  screening.PersonCode
	known  known
	used   usedCodes
	lanes  sync.Map           // DeviceID -> *lane
	hurry  chan chan struct{} // asks Run to project at once
	// alone says that no other node takes batches of this store: what this one has not seen was not sent.
	alone bool
}

// lane lets the batches of one device in one at a time, so that a batch that was sent again finds the first.
type lane struct {
	sync.Mutex
	last int64 // highest number that was taken; -1 until it was read
}

// New makes the service.
func New(ctx context.Context, o Options) (*Service, error) {
	s := &Service{db: o.DB, ids: o.Identities, intake: o.Intake, log: o.Log, hurry: make(chan chan struct{}), alone: o.DB.Engine() == "sqlite"}
	if s.log == nil {
		s.log = slog.Default()
	}
	s.known.seq = s.db.Head() // before anything is read
	var err error
	if s.key, err = o.Identities.IntakeKey(ctx); err != nil {
		return nil, err
	}
	err = s.db.View(ctx, func(r *store.Reader) error {
		v, err := s.ids.Vault(r)
		if err == nil {
			s.codes = v.ReadPersonCode // it hangs on the part of the keyring that never rotates
		}
		return err
	})
	return s, err
}

// Answer is what a device is told of a batch that was taken.
type Answer struct {
	Device  screening.DeviceID      `json:"device"`
	Seq     int64                   `json:"seq"`
	Tubes   int                     `json:"tubes"`   // taken
	Samples int                     `json:"samples"` // people in them
	Refused []screening.TubeRefusal `json:"refused"` // tubes set aside, for a person to settle
}

// Refused is returned when nothing of a batch is taken.
type Refused struct {
	screening.Refusal
	Tubes []screening.TubeRefusal `json:"refused,omitempty"` // why each tube is not, where that is the reason
}

func refused(reason screening.Reason, where, format string, args ...any) *Refused {
	return &Refused{Refusal: screening.Refusal{Reason: reason, Where: where, Text: fmt.Sprintf(format, args...)}}
}

// sealedName is what a waiting batch is sealed under.
func sealedName(d screening.DeviceID, seq int64) string {
	return "batch " + strconv.FormatInt(int64(d), 10) + "/" + strconv.FormatInt(seq, 10)
}

// Accept takes a batch from the device that names itself with key, and returns the answer (an Answer as JSON) when the batch is on the disk.
//
// Errors: *Refused when the device should not send it again as it is; store.ErrBusy when it should, a little later; ctx's own, ErrClosed, the engine's.
func (s *Service) Accept(ctx context.Context, key string, body []byte) (answer string, err error) {
	d, err := s.known.device(ctx, s.db, sha256.Sum256([]byte(key)))
	if err != nil {
		return "", err
	}
	b, err := screening.ReadBatch(body, s.codes)
	var why *screening.Refusal
	if errors.As(err, &why) {
		return "", &Refused{Refusal: *why}
	}
	if err != nil {
		return "", err
	}
	if d.Role != screening.Desk {
		return "", refused(screening.WrongRole, "", "tubes are registered by desks: this is a %s's device", d.Role)
	}
	if b.Device != d.ID {
		return "", refused(screening.OtherDevice, "device", "this key is device %d's, the batch is device %d's", d.ID, b.Device)
	}
	l, _ := s.lanes.LoadOrStore(d.ID, &lane{last: -1})
	lane := l.(*lane)
	lane.Lock()
	defer lane.Unlock()
	digest := sha256.Sum256(body)
	if lane.last < 0 {
		if lane.last, err = s.intake.Last(ctx, d.ID); err != nil {
			return "", err
		}
	}
	if !s.alone || b.Seq <= lane.last {
		answer, err := s.intake.Known(ctx, d.ID, b.Seq, digest)
		if !errors.Is(err, store.ErrNotFound) {
			return answer, seqTaken(err, b)
		}
	}
	round, site, err := s.place(ctx, b, d)
	if err != nil {
		return "", err
	}
	now := s.db.Now()
	out := Answer{Device: d.ID, Seq: b.Seq, Refused: []screening.TubeRefusal{}}
	taken := s.used.take(round.Outbreak, b, func(used func(string) bool) []screening.TubeRefusal {
		out.Refused = append(out.Refused, screening.Check(b, round, now, used)...)
		return out.Refused
	})
	if len(out.Refused) == len(b.Tubes) {
		if first := out.Refused[0]; len(b.Tubes) == 1 {
			return "", &Refused{first.Refusal, out.Refused}
		}
		return "", &Refused{screening.Refusal{Reason: screening.AllRefused, Where: "tubes", Text: "no tube of the batch can be taken; the first: " + out.Refused[0].Text}, out.Refused}
	}
	defer func() {
		if err != nil {
			s.used.giveBack(round.Outbreak, taken)
		}
	}()
	out.Tubes, out.Samples = len(b.Tubes)-len(out.Refused), b.Members()
	for _, t := range out.Refused {
		out.Samples -= len(b.Tubes[t.Index].Members)
	}
	text, err := json.Marshal(out)
	if err != nil {
		return "", err
	}
	sealed, err := s.key.Seal(sealedName(d.ID, b.Seq), body)
	if err != nil {
		return "", err
	}
	answer, err = s.intake.Append(ctx, store.Arrival{Device: d.ID, Seq: b.Seq, Outbreak: site.Outbreak, ReceivedAt: now, Digest: digest, Answer: string(text), Sealed: sealed})
	if err == nil {
		lane.last = max(lane.last, b.Seq)
	}
	return answer, seqTaken(err, b)
}

// seqTaken says for the device what the intake says.
func seqTaken(err error, b *screening.Batch) error {
	if errors.Is(err, store.ErrSeqTaken) {
		return refused(screening.SeqTaken, "seq", "batch %d of device %d was sent before and said something else", b.Seq, b.Device)
	}
	return err
}

// place finds the round and the site of a batch.
func (s *Service) place(ctx context.Context, b *screening.Batch, d screening.Device) (screening.Round, screening.Site, error) {
	round, err := s.known.round(ctx, s.db, b.Round)
	switch {
	case errors.Is(err, store.ErrNotFound) || err == nil && round.Outbreak != d.Outbreak:
		return round, screening.Site{}, refused(screening.NoRound, "round", "there is no round %d here", b.Round)
	case err != nil:
		return round, screening.Site{}, err
	case !round.State.Takes():
		return round, screening.Site{}, refused(screening.RoundNotOpen, "round", "round %d is %s", b.Round, round.State)
	}
	site, err := s.known.site(ctx, s.db, b.Site)
	if errors.Is(err, store.ErrNotFound) || err == nil && site.Outbreak != d.Outbreak {
		return round, site, refused(screening.NoSite, "site", "there is no site %d here", b.Site)
	}
	return round, site, err
}

// gathers is for how long batches gather before they are projected: at ten thousand samples a second two hundred come in that time, and share one change of the
// tables. Without it the tables would be changed for every few, at three times the cost.
const gathers = 250 * time.Millisecond

// Run projects what was taken until ctx ends.
func (s *Service) Run(ctx context.Context) {
	grew, stop := s.db.Watch()
	defer stop()
	var following sync.WaitGroup
	defer following.Wait()
	following.Go(func() { s.known.follow(ctx, s.db, grew, s.log) })
	tick := time.NewTicker(gathers)
	defer tick.Stop()
	idle := 0 // ticks since something came in
	for {
		var asked chan struct{}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case asked = <-s.hurry:
		}
		if asked != nil {
			s.projectAll(ctx)
			close(asked)
			continue
		}
		select {
		case <-s.intake.Grew():
			idle = 0
		default:
			// Another node's batches, and those that an error kept, are looked for once a second.
			if idle++; idle%4 != 0 {
				continue
			}
		}
		s.projectAll(ctx)
	}
}

func (s *Service) projectAll(ctx context.Context) {
	for most := projectBatches; ; most = min(2*most, 4*projectBatches) {
		n, err := s.project(ctx, most)
		if err != nil && ctx.Err() == nil {
			s.log.Error("batches not projected", "error", err)
		}
		if n < most || err != nil || ctx.Err() != nil {
			return
		}
	}
}

// Settle has Run project what waits, and returns when it has tried all of it.
func (s *Service) Settle(ctx context.Context) error {
	done := make(chan struct{})
	select {
	case <-ctx.Done():
		return ctx.Err()
	case s.hurry <- done:
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-done:
		return nil
	}
}

// outbreakCode is a tube's code in its outbreak.
type outbreakCode struct {
	outbreak outbreak.ID
	code     string
}
