// Package certificate reads what a certificate of release says: that somebody was kept apart, from when to when, in what kind of place, and by which rule that ended. It says nothing of what
// they had or did not have, and names nobody.
//
// It keeps nothing: a certificate is what the restriction and the stays say, and its code is read with a key (vault.ReadCertificateCode). web and api import it; it imports store, protocol and the nouns.
package certificate

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"firebreak/internal/day"
	"firebreak/internal/facility"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/protocol"
	"firebreak/internal/restriction"
	"firebreak/internal/store"
)

// Where is a kind of place, in words that do not tell a case from a contact.
type Where string

// The kinds of place.
const (
	Site     Where = "site" // a quarantine site or an isolation site
	Hospital Where = "hospital"
	Home     Where = "home"
)

// Place is where somebody was kept: the kind and the district, never the room.
type Place struct {
	Where    Where
	District place.Jurisdiction // zero where it is not known
	From, To time.Time
}

// Certificate is what is handed to somebody who was released.
type Certificate struct {
	restriction.Release
	Restriction restriction.ID
	Code        string  // by which the public site finds it true
	Places      []Place // by time; empty where no stay is on record
	Watch       day.Day // the last day on which they should watch their health; zero where the rules ask for none
	WatchClause string  // of the pack, that says so; empty where it is the day on which they would have been released
}

// Refused says why somebody has no certificate of release.
type Refused struct {
	Restriction restriction.ID
	Cause       error // restriction.ErrStands, ErrNoExit or ErrNotApart, or ErrBound, ErrNoKey
}

// Error implements error.
func (e *Refused) Error() string {
	return fmt.Sprintf("there is no certificate of release: restriction %d %v", e.Restriction, e.Cause)
}

// Unwrap returns the cause.
func (e *Refused) Unwrap() error { return e.Cause }

// ErrBound is the cause of a *Refused where one restriction has ended and another one keeps the person apart.
var ErrBound = errors.New("has ended, but another restriction binds the person")

// ErrNoKey is the cause of a *Refused on a server that holds no keys: it could make no code.
var ErrNoKey = errors.New("has no code: this server holds no keys")

// Coder makes the code of a certificate.
type Coder interface {
	CertificateCode(restriction int64, version int) string
}

// Read returns the certificate of whoever was restricted.
//
// Errors: a *Refused for somebody who was not released.
func Read(r *store.Reader, codes Coder, x *restriction.Restriction, loc *time.Location, now time.Time) (out Certificate, err error) {
	rel, err := x.Release()
	if err != nil {
		return out, &Refused{x.ID, err}
	}
	who, err := r.RestrictedPerson(x)
	if err != nil {
		return out, err
	}
	all, err := r.RestrictionsOf(who, 0)
	if err != nil {
		return out, err
	}
	for i := range all {
		y := &all[i]
		if y.ID != x.ID && y.Stands() && y.Terms().InForce(now) != restriction.HomeMonitoring {
			return out, &Refused{x.ID, ErrBound}
		}
	}
	out = Certificate{Release: rel, Restriction: x.ID, Code: codes.CertificateCode(int64(x.ID), rel.Version)}
	if out.Code == "" {
		return out, fmt.Errorf("restriction %d, version %d has no code of a certificate", x.ID, rel.Version)
	}
	if out.Places, err = places(r, x, rel); err != nil {
		return out, err
	}
	pack, err := protocol.Load(rel.Because.Pack)
	if err != nil {
		return out, err
	}
	out.Watch, out.WatchClause = watch(x, rel, pack, loc)
	return out, nil
}

// watch says until when they should watch their health:
//
//  1. A case: as long after its release as the pack has it watched at home.
//  2. A contact who was let go before their last day of follow-up: until that day.
//  3. Where the reason turned out not to be there, or the rules ask for nothing any more: not at all.
func watch(x *restriction.Restriction, rel restriction.Release, p *protocol.Pack, loc *time.Location) (day.Day, string) {
	released := day.In(rel.At, loc)
	switch {
	case rel.As == restriction.EndedCorrected, rel.As == restriction.EndedPack:
	case x.Cause.Case() != 0:
		if d := &p.Discharge.HomeDays; d.Value > 0 {
			return released.Add(d.Value), d.Path
		}
	case !rel.Planned.IsZero():
		if last := day.In(rel.Planned, loc); last > released {
			return last, ""
		}
	}
	return day.Day(0), ""
}

// places are where somebody stayed between the beginning and the end, stays that followed each other in one kind of place and district as one.
func places(r *store.Reader, x *restriction.Restriction, rel restriction.Release) (out []Place, err error) {
	who, err := r.RestrictedPerson(x)
	if err != nil {
		return nil, err
	}
	tree, err := r.Tree()
	if err != nil {
		return nil, err
	}
	district := func(id place.AreaID) place.Jurisdiction { j, _ := tree.Get(id); return j }
	found, err := r.StaysOf([]person.ID{who})
	if err != nil {
		return nil, err
	}
	list := slices.DeleteFunc(found[who], func(s facility.Stay) bool {
		mine := x.Cause.Case() != 0 && s.CaseOf == x.Cause.Case() || x.Cause.Contact() != 0 && s.ContactOf == x.Cause.Contact() || s.Companion // with a child they were kept apart too
		return !mine || s.InAt.IsZero() || s.Leaving == facility.LeftError || s.InAt.After(rel.At) || !s.LeftAt.IsZero() && s.LeftAt.Before(rel.From)
	})
	slices.SortStableFunc(list, func(a, b facility.Stay) int { return a.InAt.Compare(b.InAt) })
	kinds := map[facility.ID]Where{0: Home}
	for _, s := range list {
		if kinds[s.Facility] == "" {
			f, err := r.Facility(s.Facility)
			if err != nil {
				return nil, err
			}
			kinds[f.ID] = Site
			if f.Kind == facility.Hospital {
				kinds[f.ID] = Hospital
			}
		}
		p := Place{Where: kinds[s.Facility], District: district(s.District), From: s.InAt, To: s.LeftAt}
		if p.To.IsZero() || p.To.After(rel.At) { // they may be let out of the building an hour after they are free
			p.To = rel.At
		}
		if n := len(out); n > 0 && out[n-1].Where == p.Where && out[n-1].District.ID == p.District.ID {
			out[n-1].To = p.To
			continue
		}
		out = append(out, p)
	}
	if len(out) == 0 && rel.Home { // it was asked for at home, and nobody keeps a register of homes
		out = append(out, Place{Where: Home, District: district(x.District), From: rel.From, To: rel.At})
	}
	return out, nil
}

// Reader reads the code of a certificate.
type Reader interface {
	ReadCertificateCode(code string) (restriction int64, version int, ok bool)
}

// Errors of Find.
var (
	// ErrNoCode is returned for a code that was never given.
	ErrNoCode = errors.New("no certificate has this code")
	// ErrNoLonger is returned where the release did not last: what it ended began again, or the record is gone.
	ErrNoLonger = errors.New("the certificate does not hold any more")
)

// Find returns when whoever has the certificate of a code was released, and in which outbreak's zone that day is. It tells nothing else.
//
// Errors: ErrNoCode, ErrNoLonger.
func Find(r *store.Reader, codes Reader, code string) (released time.Time, zone *time.Location, err error) {
	id, version, ok := codes.ReadCertificateCode(code)
	if !ok {
		return released, nil, ErrNoCode
	}
	x, err := r.Restriction(restriction.ID(id))
	if errors.Is(err, store.ErrNotFound) {
		return released, nil, ErrNoLonger
	}
	if err != nil {
		return released, nil, err
	}
	rel, err := x.Release()
	if err != nil || rel.Version != version {
		return released, nil, ErrNoLonger
	}
	o, err := r.Outbreak(x.Outbreak)
	if err != nil {
		return released, nil, err
	}
	zone, err = o.Location()
	return rel.At, zone, err
}
