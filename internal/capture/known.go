package capture

import (
	"context"
	"crypto/sha256"
	"errors"
	"hash/maphash"
	"log/slog"
	"sync"
	"time"

	"firebreak/internal/journal"
	"firebreak/internal/outbreak"
	"firebreak/internal/screening"
	"firebreak/internal/store"
)

// known keeps in memory what every batch asks for: its device, round and site. Each is read when it is first asked for, and forgotten when the journal tells of a change.
type known struct {
	devices sync.Map // [32]byte, hash of the key -> screening.Device
	rounds  sync.Map // RoundID -> screening.Round
	sites   sync.Map // SiteID -> screening.Site
	seq     int64    // journal entry up to which changes are known; of follow alone, once it runs
}

// device returns the enrolled device of a key, or a *Refused.
func (k *known) device(ctx context.Context, db *store.DB, key [sha256.Size]byte) (d screening.Device, err error) {
	if v, ok := k.devices.Load(key); ok {
		return v.(screening.Device), nil
	}
	err = db.View(ctx, func(r *store.Reader) error {
		d, err = r.DeviceByKey(key)
		return err
	})
	switch {
	case errors.Is(err, store.ErrNotFound) || err == nil && d.Enrolled.IsZero():
		return d, refused(screening.NotEnrolled, "", "no device has this key: enrol it again")
	case err != nil:
		return d, err
	case !d.RevokedAt.IsZero():
		return d, refused(screening.NotEnrolled, "", "this device was signed off")
	}
	k.devices.Store(key, d)
	return d, nil
}

func (k *known) round(ctx context.Context, db *store.DB, id screening.RoundID) (out screening.Round, err error) {
	if v, ok := k.rounds.Load(id); ok {
		return v.(screening.Round), nil
	}
	err = db.View(ctx, func(r *store.Reader) error {
		out, err = r.Round(id)
		return err
	})
	if err == nil {
		k.rounds.Store(id, out)
	}
	return out, err
}

func (k *known) site(ctx context.Context, db *store.DB, id screening.SiteID) (out screening.Site, err error) {
	if v, ok := k.sites.Load(id); ok {
		return v.(screening.Site), nil
	}
	err = db.View(ctx, func(r *store.Reader) error {
		out, err = k.siteIn(r, id)
		return err
	})
	return out, err
}

// siteIn is site for whoever reads already.
func (k *known) siteIn(r *store.Reader, id screening.SiteID) (screening.Site, error) {
	if v, ok := k.sites.Load(id); ok {
		return v.(screening.Site), nil
	}
	out, err := r.Site(id)
	if err == nil {
		k.sites.Store(id, out)
	}
	return out, err
}

// forgets is how often everything is read anew: whoever read a device just before it was signed off, and kept it just after, would keep it for good.
const forgets = time.Minute

// follow forgets what the journal says has changed, until ctx ends.
func (k *known) follow(ctx context.Context, db *store.DB, grew <-chan struct{}, log *slog.Logger) {
	anew := time.NewTicker(forgets)
	defer anew.Stop()
	for {
		if err := k.catchUp(ctx, db); err != nil && ctx.Err() == nil {
			log.Error("devices and rounds not followed", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-grew:
		case <-anew.C:
			k.devices.Clear()
			k.rounds.Clear()
			k.sites.Clear()
		}
	}
}

func (k *known) catchUp(ctx context.Context, db *store.DB) error {
	for {
		var list []journal.Entry
		err := db.View(ctx, func(r *store.Reader) (err error) {
			list, err = r.EntriesAfter(k.seq, 1000)
			return err
		})
		if err != nil || len(list) == 0 {
			return err
		}
		for _, e := range list {
			k.forget(e)
			k.seq = e.Seq
		}
	}
}

func (k *known) forget(e journal.Entry) {
	switch e.Kind {
	case journal.RoundChanged, journal.RoundOpened, journal.RoundClosed, journal.RoundCancelled:
		k.rounds.Delete(screening.RoundID(e.Subject.ID))
	case journal.SiteChanged:
		k.sites.Delete(screening.SiteID(e.Subject.ID))
	case journal.DeviceRevoked, journal.DeviceEnrolled:
		k.devices.Range(func(key, v any) bool {
			if v.(screening.Device).ID == screening.DeviceID(e.Subject.ID) {
				k.devices.Delete(key)
			}
			return true
		})
	default: // about other things
	}
}

// usedCodes remembers the labels of tubes that were taken, so that a second use is refused while the tube is still on the table. It holds 64 bits of each: at ten million
// tubes a label is taken for another once in 370,000 years of such days. What it does not know (another node's, this second's) is found when the batch is projected.
type usedCodes struct {
	mu   sync.Mutex
	once sync.Once
	seed maphash.Seed
	set  map[uint64]struct{}
}

func (u *usedCodes) hash(o outbreak.ID, code string) uint64 {
	return maphash.Comparable(u.seed, outbreakCode{o, code})
}

func (u *usedCodes) start() {
	u.once.Do(func() { u.seed, u.set = maphash.MakeSeed(), map[uint64]struct{}{} })
}

// take marks the codes of a batch's tubes as used but for those that check refuses, and returns them.
func (u *usedCodes) take(o outbreak.ID, b *screening.Batch, check func(used func(string) bool) []screening.TubeRefusal) []string {
	u.start()
	u.mu.Lock()
	defer u.mu.Unlock()
	out := check(func(code string) bool {
		_, ok := u.set[u.hash(o, code)]
		return ok
	})
	var taken []string
	for i := range b.Tubes {
		if len(out) > 0 && out[0].Index == i {
			out = out[1:]
			continue
		}
		taken = append(taken, b.Tubes[i].Code)
		u.set[u.hash(o, b.Tubes[i].Code)] = struct{}{}
	}
	return taken
}

func (u *usedCodes) giveBack(o outbreak.ID, codes []string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, c := range codes {
		delete(u.set, u.hash(o, c))
	}
}

// Registered tells the service of a tube that is registered already: before its start, or by another node.
func (s *Service) Registered(o outbreak.ID, code string) {
	s.used.start()
	s.used.mu.Lock()
	defer s.used.mu.Unlock()
	s.used.set[s.used.hash(o, code)] = struct{}{}
}

// Device returns the enrolled device that names itself with key, or a *Refused.
func (s *Service) Device(ctx context.Context, key string) (screening.Device, error) {
	return s.known.device(ctx, s.db, sha256.Sum256([]byte(key)))
}
