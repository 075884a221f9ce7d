package command

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/journal"
	"firebreak/internal/place"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/zone"
)

// longestRound is longer than any guide gives a city (guidance 1.1: five days); what is longer is a slip of the pen.
const longestRound = 14 * 24 * time.Hour

// PlanRound plans a round: everybody who lives in some areas is due between two instants.
type PlanRound struct {
	Outbreak string
	Name     string   // what people call it; made from its number when empty
	Areas    []string // codes of jurisdictions, at least one
	StartsAt time.Time
	EndsAt   time.Time // the pack's round length after StartsAt when zero
	Pool     int       // people a tube: 1, 5, 10 or 20; 0: by the pack, as the zones in force have it
	Group    string    // whose members are due; empty: all residents
}

// PlanRound carries out the order and returns the round.
func (c *Commands) PlanRound(ctx context.Context, by By, in PlanRound) (out screening.Round, err error) {
	err = c.in(ctx, by, in.Outbreak, func(u *unit) error {
		out = screening.Round{Outbreak: u.o.ID, Name: strings.TrimSpace(in.Name), State: screening.Planned, StartsAt: in.StartsAt.UTC(), EndsAt: in.EndsAt.UTC(), Pool: in.Pool,
			Group: screening.Group(strings.TrimSpace(in.Group))}
		if out.Areas, out.Area, err = roundAreas(u.tree, u.o.Area, in.Areas); err != nil {
			return err
		}
		if in.EndsAt.IsZero() {
			out.EndsAt = out.StartsAt.Add(u.pack.Screening.RoundLength.Duration())
		}
		if err := u.setPools(&out, in.Pool); err != nil {
			return err
		}
		if err := checkRound(out); err != nil {
			return err
		}
		if err := u.by.may(&u.tx.Reader, u.o, auth.ScreeningWrite, out.Area, u.now); err != nil {
			return err
		}
		if err := u.tx.AddRound(&out); err != nil {
			return err
		}
		_, err := u.fact(journal.RoundPlanned, onRound(out.ID), out.Area, u.now, roundFact(out, u.tree))
		return err
	})
	return out, err
}

func onRound(id screening.RoundID) task.Subject {
	return task.Subject{Kind: store.OnRound, ID: int64(id)}
}

func roundFact(r screening.Round, tree *place.Tree) any {
	codes := make([]string, len(r.Areas))
	for i, a := range r.Areas {
		if j, ok := tree.Get(a); ok {
			codes[i] = j.Code
		}
	}
	out := map[string]any{"number": r.Number, "name": r.Name, "areas": codes, "starts_at": r.StartsAt, "ends_at": r.EndsAt, "pool": r.Pool, "by_pack": r.ByPack}
	if r.Group != "" {
		out["group"] = r.Group
	}
	if r.Series != 0 {
		out["series"] = r.Series
	}
	if len(r.Pools) > 0 {
		fewer := map[string]int{}
		for _, p := range r.Pools {
			if j, ok := tree.Get(p.Area); ok {
				fewer[j.Code] = p.Pool
			}
		}
		out["pools"] = fewer
	}
	return out
}

// setPools gives a round the pool that was asked for, or with 0 those of the pack: by the zones that are in force now.
func (u *unit) setPools(r *screening.Round, pool int) error {
	if r.ByPack = pool == 0; !r.ByPack {
		r.Pool, r.Pools = pool, nil
		return nil
	}
	rule := u.pack.Screening.Pools()
	if rule.Else == 0 {
		return &Invalid{Field: "pool", Reason: "is needed: pack " + u.pack.Ref() + " names no pool sizes"}
	}
	zones, err := u.tx.Zones(u.o.ID)
	if err != nil {
		return err
	}
	levels := map[place.AreaID][]string{}
	for _, z := range zones {
		if z.State == zone.InForce {
			levels[z.Area] = append(levels[z.Area], string(z.Level))
		}
	}
	r.Pool, r.Pools = rule.PoolsOf(u.tree, r.Areas, r.Group, levels)
	return nil
}

// roundAreas reads the areas of a round, leaves out those that lie in another of them, and finds the smallest area around them all.
func roundAreas(tree *place.Tree, within place.AreaID, codes []string) (list []place.AreaID, around place.AreaID, err error) {
	if len(codes) == 0 {
		return nil, 0, &Invalid{Field: "areas", Reason: "at least one is needed: whose residents are due"}
	}
	for i, code := range codes {
		field := fmt.Sprintf("areas[%d]", i)
		j, ok := tree.ByCode(strings.TrimSpace(code))
		if !ok {
			return nil, 0, &Invalid{field, code, "is not the code of a known jurisdiction"}
		}
		if within != 0 && !tree.Contains(within, j.ID) {
			return nil, 0, &Invalid{field, code, "lies outside the outbreak's area"}
		}
		list = append(list, j.ID)
	}
	slices.Sort(list)
	list = slices.Compact(list)
	list = slices.DeleteFunc(list, func(a place.AreaID) bool {
		return slices.ContainsFunc(list, func(b place.AreaID) bool { return a != b && tree.Contains(b, a) })
	})
	for _, j := range tree.Path(list[0]) {
		if !slices.ContainsFunc(list, func(a place.AreaID) bool { return !tree.Contains(j.ID, a) }) {
			around = j.ID
		}
	}
	return list, around, nil
}

func checkRound(r screening.Round) error {
	if err := screening.CheckPool(r.Pool); err != nil {
		return &Invalid{"pool", strconv.Itoa(r.Pool), err.Error()}
	}
	if r.Group != "" && !r.Group.Valid() {
		return &Invalid{"group", string(r.Group), "is small letters, digits and hyphens, 40 bytes at most"}
	}
	if r.StartsAt.IsZero() {
		return &Invalid{Field: "starts_at", Reason: "is needed"}
	}
	if !r.EndsAt.After(r.StartsAt) || r.EndsAt.Sub(r.StartsAt) > longestRound {
		return &Invalid{"ends_at", r.EndsAt.Format(time.RFC3339), "must lie after starts_at, and within 14 days of it"}
	}
	return nil
}

// OpenRound lets devices send tubes for a round. CloseRound ends it: tubes that come later are taken and told apart. CancelRound gives up one that never began.
func (c *Commands) OpenRound(ctx context.Context, by By, id screening.RoundID, version int64) (screening.Round, error) {
	return c.moveRound(ctx, by, id, version, screening.Open, journal.RoundOpened, "")
}

// CloseRound carries out the order.
func (c *Commands) CloseRound(ctx context.Context, by By, id screening.RoundID, version int64) (screening.Round, error) {
	return c.moveRound(ctx, by, id, version, screening.Closed, journal.RoundClosed, "")
}

// CancelRound carries out the order; a reason is needed.
func (c *Commands) CancelRound(ctx context.Context, by By, id screening.RoundID, version int64, reason string) (screening.Round, error) {
	if strings.TrimSpace(reason) == "" {
		return screening.Round{}, &Invalid{Field: "reason", Reason: "is needed"}
	}
	return c.moveRound(ctx, by, id, version, screening.Cancelled, journal.RoundCancelled, reason)
}

func (c *Commands) moveRound(ctx context.Context, by By, id screening.RoundID, version int64, next screening.State, kind journal.Kind, reason string) (out screening.Round, err error) {
	err = c.onRound(ctx, by, id, version, func(u *unit, r *screening.Round) error {
		state, err := r.State.To(next)
		if err != nil {
			return &Invalid{"state", string(next), err.Error()}
		}
		switch r.State = state; state {
		case screening.Open:
			r.OpenedAt = u.now
			if r.ByPack { // zones may have been drawn or lifted since
				if err := u.setPools(r, 0); err != nil {
					return err
				}
			}
		case screening.Closed, screening.Cancelled:
			r.ClosedAt = u.now
		case screening.Planned:
		}
		if err := u.tx.UpdateRound(r); err != nil {
			return err
		}
		out = *r
		var payload any
		if reason != "" {
			payload = map[string]string{"reason": reason}
		}
		_, err = u.fact(kind, onRound(id), r.Area, u.now, payload)
		return err
	})
	return out, err
}

// onRound runs an order about a round as it stands, for a caller who may change it. Version 0 is whatever stands.
func (c *Commands) onRound(ctx context.Context, by By, id screening.RoundID, version int64, fn func(*unit, *screening.Round) error) error {
	return c.onPartOfRound(ctx, by, id, func(u *unit, r *screening.Round) error {
		if err := u.by.may(&u.tx.Reader, u.o, auth.ScreeningWrite, r.Area, u.now); err != nil {
			return err
		}
		if version != 0 && version != r.Version {
			return &store.Conflict{Noun: "round", ID: int64(id), Have: r.Version, Want: version}
		}
		return fn(u, r)
	})
}

// onPartOfRound runs an order about some of the people of a round; fn asks who may for each of them.
func (c *Commands) onPartOfRound(ctx context.Context, by By, id screening.RoundID, fn func(*unit, *screening.Round) error) error {
	return c.db.Update(ctx, func(tx *store.Tx) error {
		r, err := tx.Round(id)
		if err != nil {
			return err
		}
		o, err := tx.Outbreak(r.Outbreak)
		if err != nil {
			return err
		}
		return c.run(tx, by, o, func(u *unit) error { return fn(u, &r) })
	})
}

// AddSites enters sites where people are sampled, all or none.
type AddSites struct {
	Outbreak string
	Sites    []SiteFields
}

// SiteFields are what is known of a site.
type SiteFields struct {
	Code    string // on its sign; unique in the outbreak
	Name    string // the code when empty
	Area    string // code of a jurisdiction
	Lon     float64
	Lat     float64
	Located bool // Lon and Lat are known
	Lanes   int64
	Opens   time.Duration // since midnight in the outbreak's zone; both the same: day and night
	Closes  time.Duration
}

// mostLanes is more desks than any one place has had.
const mostLanes = 500

// AddSites carries out the order and returns the sites.
func (c *Commands) AddSites(ctx context.Context, by By, in AddSites) (out []screening.Site, err error) {
	err = c.in(ctx, by, in.Outbreak, func(u *unit) error {
		out = make([]screening.Site, len(in.Sites))
		codes := map[string]int{}
		for i, f := range in.Sites {
			s, err := u.newSite(f)
			if err != nil {
				return inRow("sites", i, err)
			}
			if first, twice := codes[s.Code]; twice {
				return inRow("sites", i, &Invalid{"code", s.Code, fmt.Sprintf("is also that of sites[%d]", first)})
			}
			codes[s.Code], out[i] = i, s
		}
		if err := u.tx.AddSites(out); err != nil {
			return err
		}
		_, err := u.fact(journal.SitesAdded, task.Subject{Kind: store.OnSite}, u.o.Area, u.now, map[string]any{"sites": len(out)})
		return err
	})
	return out, err
}

// inRow says in which row of a list an order is invalid.
func inRow(list string, i int, err error) error {
	if bad, ok := err.(*Invalid); ok { //nolint:errorlint // it is made here, never wrapped
		return &Invalid{fmt.Sprintf("%s[%d].%s", list, i, bad.Field), bad.Value, bad.Reason}
	}
	return err
}

func (u *unit) newSite(f SiteFields) (screening.Site, error) {
	s, err := u.siteOf(f)
	if err != nil {
		return s, err
	}
	_, err = u.tx.SiteByCode(u.o.ID, s.Code)
	return s, unlessNotFound(err, &Invalid{"code", s.Code, "is another site's"})
}

// siteOf reads the fields of a site, for a caller who may plan screening there.
func (u *unit) siteOf(f SiteFields) (s screening.Site, err error) {
	s = screening.Site{Outbreak: u.o.ID, Code: strings.TrimSpace(f.Code), Name: strings.TrimSpace(f.Name), Lon: f.Lon, Lat: f.Lat, Located: f.Located, Lanes: f.Lanes, Opens: f.Opens, Closes: f.Closes}
	const longest = 60
	switch j, ok := u.tree.ByCode(strings.TrimSpace(f.Area)); {
	case s.Code == "" || len(s.Code) > longest:
		return s, &Invalid{"code", f.Code, "is needed, of 60 bytes at most: what the sign says"}
	case !ok:
		return s, &Invalid{"area", f.Area, "is not the code of a known jurisdiction"}
	case u.o.Area != 0 && !u.tree.Contains(u.o.Area, j.ID):
		return s, &Invalid{"area", f.Area, "lies outside the outbreak's area"}
	case s.Located && !(math.Abs(s.Lon) <= 180 && math.Abs(s.Lat) <= 90): // no number is not on earth either
		return s, &Invalid{"lon", fmt.Sprint(s.Lon, " ", s.Lat), "is no place on earth"}
	case s.Opens < 0 || s.Opens > 24*time.Hour:
		return s, &Invalid{"opens", f.Opens.String(), "is a time of day"}
	case s.Closes < 0 || s.Closes > 24*time.Hour:
		return s, &Invalid{"closes", f.Closes.String(), "is a time of day"}
	case s.Lanes < 1 || s.Lanes > mostLanes:
		return s, &Invalid{"lanes", strconv.FormatInt(s.Lanes, 10), "is a number from 1 to 500"}
	default:
		s.Area, s.District = j.ID, u.tree.District(j.ID)
	}
	if s.Name == "" {
		s.Name = s.Code
	}
	return s, u.by.may(&u.tx.Reader, u.o, auth.ScreeningWrite, s.Area, u.now)
}

// unlessNotFound returns found where a look-up found something, and nothing where it did not.
func unlessNotFound(err error, found error) error {
	switch {
	case err == nil:
		return found
	case isNotFound(err):
		return nil
	}
	return err
}
