package drill

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"firebreak/internal/api"
	"firebreak/internal/sim"
	"firebreak/internal/sim/city"
)

// Codes of facilities begin with what they are.
const (
	quarantineSite = 'Q'
	isolationSite  = 'I'
	ward           = 'H'
)

// are says what a facility is.
func are(code string, kind byte) bool { return code != "" && code[0] == kind }

// houses is who stays where, and who is to leave.
type houses struct {
	open []string                    // codes of all
	in   map[city.Person]string      // facility
	with map[city.Person]city.Person // who is there for the sake of a child, and the child
	n    map[byte]int                // by what they are
	most map[byte]int
	out  []api.Task // check_out, as they were asked for
}

// arrive takes somebody in.
func (d *Drill) arrive(p city.Person, facility string, at sim.Minute) error {
	h := &d.houses
	if was := h.in[p]; was != "" {
		h.n[was[0]]--
	}
	h.in[p] = facility
	kind := facility[0]
	h.n[kind]++
	h.most[kind] = max(h.most[kind], h.n[kind])
	if err := d.keep(p, staying, at); err != nil {
		return err
	}
	if k := d.caseOf[p]; k != nil {
		k.at = facility
		if are(facility, ward) {
			return d.admit(k, at)
		}
	}
	return nil
}

// leaves lets somebody go; home says that they stay at home from now on.
func (d *Drill) leaves(p city.Person, home bool, at sim.Minute) error {
	h := &d.houses
	delete(h.with, p)
	for _, c := range inOrder(h.with) { // whoever is there for their sake leaves with them; who is a contact goes on at home
		if k := d.caseOf[c]; h.with[c] != p || h.in[c] != h.in[p] || k != nil && !k.over { // who has become a case meanwhile stays for their own sake
			continue
		}
		k := d.contacts[c]
		if err := d.leaves(c, k != nil && !k.over && d.caseOf[c] == nil, at); err != nil {
			return err
		}
	}
	if was := h.in[p]; was != "" {
		h.n[was[0]]--
		delete(h.in, p)
	}
	if home {
		if err := d.keep(p, told, at); err != nil {
			return err
		}
		return d.let(p, staying, at)
	}
	return d.let(p, staying|told, at)
}

// admit takes a case into the hospital that it was brought to.
func (d *Drill) admit(k *patient, at sim.Minute) error {
	if d.played.held[hospital] {
		return nil
	}
	b := api.NewAdmission{Hospital: k.at, At: d.stamp(at)}
	return d.try(d.c.as(d.ctx, hospital, "POST patients/{}/admissions", http.MethodPost, d.at+"/patients/"+url.PathEscape(k.code)+"/admissions", b, nil))
}

// admission is asked for somebody who lies there already, or comes, or of whom no doctor has said yet how ill they are: who became a case where cases are kept is moved nowhere, and seen all the same.
func (d *Drill) admission(t api.Task) error {
	k, err := d.caseByID(t.Subject.ID)
	if err != nil {
		return err
	}
	d.agenda.put(d.now, func(sim.Minute) error { return d.assess(k) })
	if d.hold(t, hospital, nil) {
		return nil
	}
	d.agenda.put(d.now+60, func(at sim.Minute) error {
		if are(d.houses.in[k.p], ward) && !k.over && !d.hold(t, hospital, nil) {
			return d.admit(k, at)
		}
		return nil
	})
	return nil
}

// seeSites lets those go whose stay is over, and turns their rooms.
func (d *Drill) seeSites() error {
	h := &d.houses
	hour := int(d.now%sim.DayLength) / 60
	if d.now%60 != 0 || hour < 7 || hour > 20 {
		return nil
	}
	if hour%4 == 0 && !d.played.held[siteStaff] {
		if err := d.countHeads(); err != nil {
			return err
		}
	}
	if d.played.held[siteStaff] {
		for _, t := range h.out {
			d.hold(t, siteStaff, func(at sim.Minute) error { return d.checkedOut(t, at) })
		}
		h.out = nil
		return nil
	}
	if hour%2 == 1 {
		if err := d.turnRooms(); err != nil {
			return err
		}
	}
	var due, left []api.Task
	for _, t := range h.out {
		if t.NotBefore != nil && d.now <= d.minute(*t.NotBefore) {
			left = append(left, t)
			continue
		}
		due = append(due, t)
	}
	h.out = left
	if len(due) == 0 {
		return nil
	}
	stays := map[string]int64{} // by class and code
	for _, f := range h.open {
		if are(f, ward) {
			continue
		}
		var rooms api.Rooms
		if err := d.c.as(d.ctx, siteStaff, "GET rooms", http.MethodGet, d.at+"/facilities/"+f+"/rooms", nil, &rooms); err != nil {
			return err
		}
		for _, m := range rooms.Items {
			for _, s := range m.Stays {
				if s.State == "in" && !s.Companion {
					stays[s.Class+s.Of] = s.ID
				}
			}
		}
	}
	for _, t := range due {
		s, ok := stays[string(t.Subject.Kind)+t.Code]
		if !ok { // who became a case and was never moved is there as a contact still
			s, ok = stays["contact"+t.Code]
		}
		if !ok {
			continue
		}
		b := api.StaysChange{Do: "check-out", Stays: []int64{s}, Leaving: "released"}
		p, home, err := d.staysAtHome(t)
		if err != nil {
			return err
		}
		if home {
			b.Leaving, b.Home = "moved", true
		} else {
			b.GoingHome = d.goesHome(p)
		}
		if err := d.c.as(d.ctx, siteStaff, "POST stays/changes", http.MethodPost, d.at+"/stays/changes", b, nil); err != nil {
			if err := d.try(err); err != nil {
				return err
			}
			h.later(t) // a parent who is free stays on with the child who is not, until it is
			continue
		}
		if err := d.leaves(p, b.Home, d.now); err != nil {
			return err
		}
	}
	return nil
}

// later keeps a check-out for the next hour.
func (h *houses) later(t api.Task) {
	if !slices.ContainsFunc(h.out, func(x api.Task) bool { return x.ID == t.ID }) {
		h.out = append(h.out, t)
	}
}

// countHeads has each site count who is there: its desk checks in by hand whoever came and could not be checked in then, beside their family where it is there by now.
func (d *Drill) countHeads() error {
	h := &d.houses
	there := map[string][]city.Person{}
	for _, p := range inOrder(h.in) {
		there[h.in[p]] = append(there[h.in[p]], p)
	}
	var list api.Facilities
	if err := d.c.as(d.ctx, siteStaff, "GET facilities", http.MethodGet, d.at+"/facilities", nil, &list); err != nil {
		return err
	}
	for _, f := range list.Items {
		if are(f.Code, ward) || f.In >= int64(len(there[f.Code])) {
			continue
		}
		var rooms api.Rooms
		if err := d.c.as(d.ctx, siteStaff, "GET rooms", http.MethodGet, d.at+"/facilities/"+f.Code+"/rooms", nil, &rooms); err != nil {
			return err
		}
		booked, room := map[string]int64{}, map[string]string{} // by class and code
		for _, m := range rooms.Items {
			for _, s := range m.Stays {
				switch {
				case s.Companion:
				case s.State == "in":
					room[s.Class+s.Of] = m.Code
				default:
					booked[s.Class+s.Of] = s.ID
				}
			}
		}
		family := map[city.Person]string{} // a room in which somebody of a household is
		for _, p := range there[f.Code] {
			if r := room[d.stayOf(p)]; r != "" {
				family[d.registeredWith(p)] = r
			}
		}
		for _, p := range there[f.Code] {
			stay, kept := booked[d.stayOf(p)]
			if _, along := h.with[p]; along || !kept {
				continue
			}
			b := api.StaysChange{Do: "check-in", Stays: []int64{stay}, Room: family[d.registeredWith(p)]}
			if err := d.try(d.c.as(d.ctx, siteStaff, "POST stays/changes", http.MethodPost, d.at+"/stays/changes", b, nil)); err != nil {
				return err
			}
		}
	}
	return nil
}

// stayOf is as what a stay of somebody is on record: class and code.
func (d *Drill) stayOf(p city.Person) string {
	if k := d.caseOf[p]; k != nil {
		return "case" + k.code
	}
	if k := d.contacts[p]; k != nil {
		return "contact" + k.code
	}
	return ""
}

// goesHome is what somebody says who is let go.
func (d *Drill) goesHome(p city.Person) api.GoingHome {
	if d.chance(d.s.People.OwnWay, ofWayHome, uint64(p)) {
		return api.GoingHome{WayHome: "own", TakenBy: "family"}
	}
	return api.GoingHome{WayHome: "transport"}
}

// turnRooms has each site turn the rooms that were left long enough ago, however people left them, and that nobody is in.
func (d *Drill) turnRooms() error {
	var list api.Facilities
	if err := d.c.as(d.ctx, siteStaff, "GET facilities", http.MethodGet, d.at+"/facilities", nil, &list); err != nil {
		return err
	}
	for _, f := range list.Items {
		if f.Cleaning == 0 {
			continue
		}
		at := d.at + "/facilities/" + url.PathEscape(f.Code) + "/rooms"
		var rooms api.Rooms
		if err := d.c.as(d.ctx, siteStaff, "GET rooms", http.MethodGet, at, nil, &rooms); err != nil {
			return err
		}
		for _, m := range rooms.Items {
			in := slices.ContainsFunc(m.Stays, func(s api.Stay) bool { return s.State == "in" })
			if m.State != "cleaning" || in || m.StateAt == nil || d.now < d.minute(*m.StateAt)+hours(d.s.Beds.Turn) {
				continue
			}
			b := api.RoomTurn{Disinfected: true, Swab: "negative"}
			if err := d.try(d.c.as(d.ctx, siteStaff, "POST rooms/{}/turns", http.MethodPost, at+"/"+url.PathEscape(m.Code)+"/turns", b, nil)); err != nil {
				return err
			}
		}
	}
	return nil
}

// staysAtHome is who a check-out is of, and whether the rest of their quarantine is at home.
func (d *Drill) staysAtHome(t api.Task) (p city.Person, home bool, err error) {
	if t.Subject.Kind != "contact" {
		k, err := d.caseByID(t.Subject.ID)
		if err != nil {
			return 0, false, err
		}
		return k.p, false, nil
	}
	k, err := d.contactByID(t.Subject.ID)
	if err != nil {
		return 0, false, err
	}
	var now api.Contact
	if err := d.c.as(d.ctx, epi, "GET contacts/{}", http.MethodGet, "/api/contacts/"+itoa(k.id), nil, &now); err != nil {
		return 0, false, err
	}
	k.over = now.State == "released"
	return k.p, now.State == "followed" || now.State == "listed", nil
}

// checkedOut is somebody whom people let go from a site.
func (d *Drill) checkedOut(t api.Task, at sim.Minute) error {
	p, home, err := d.staysAtHome(t)
	if err != nil || d.houses.in[p] == "" {
		return err
	}
	return d.leaves(p, home, at)
}

// discharge tests a case from the day on which it may be let go, a day apart, until the rules of the pack let it go.
func (d *Drill) discharge(t api.Task) error {
	k, err := d.caseByID(t.Subject.ID)
	if err != nil {
		return err
	}
	if k.tests {
		return nil
	}
	k.tests = true
	at := d.now + 60
	if t.Due != nil {
		at = max(at, sim.At(d.minute(*t.Due).Day(), 9*60))
	}
	if t.NotBefore != nil {
		at = max(at, d.minute(*t.NotBefore)+9*60)
	}
	d.agenda.put(at, func(at sim.Minute) error { return d.testOut(t, k, at) })
	return nil
}

func (d *Drill) testOut(t api.Task, k *patient, at sim.Minute) error {
	if k.over {
		return nil
	}
	var now api.Patient
	path := d.at + "/patients/" + url.PathEscape(k.code)
	if err := d.c.as(d.ctx, hospital, "GET patients/{}", http.MethodGet, path, nil, &now); err != nil {
		return err
	}
	if now.Met {
		k.tests = false // where it fails, the task that stays open is looked at again
		if are(d.houses.in[k.p], ward) && d.hold(t, hospital, func(at sim.Minute) error {
			k.over = true
			return d.leaves(k.p, false, at)
		}) {
			return nil
		}
		return d.letGo(k, at)
	}
	k.swabs++
	if err := d.swab(api.NewSpecimen{Case: k.id}, k.p, at); err != nil {
		return err
	}
	d.agenda.put(at+24*60+step, func(at sim.Minute) error { return d.testOut(t, k, at) })
	return nil
}

// letGo discharges a case: out of the hospital, or by saying that it has recovered.
func (d *Drill) letGo(k *patient, at sim.Minute) error {
	var err error
	if are(d.houses.in[k.p], ward) {
		err = d.c.as(d.ctx, hospital, "POST patients/{}/discharge", http.MethodPost, d.at+"/patients/"+url.PathEscape(k.code)+"/discharge", api.Discharge{At: d.stamp(at), GoingHome: d.goesHome(k.p)}, nil)
	} else {
		var now api.Case
		if err = d.c.as(d.ctx, epi, "GET cases/{}", http.MethodGet, "/api/cases/"+itoa(k.id), nil, &now); err != nil {
			return err
		}
		b := api.Correction{Version: now.Version, Fields: map[string]string{"outcome": "recovered", "outcome_on": d.date(at.Day())}}
		err = d.c.as(d.ctx, epi, "PATCH cases/{}", http.MethodPatch, "/api/cases/"+itoa(k.id), b, nil)
	}
	if err != nil {
		return d.try(err)
	}
	k.over = true
	if at := d.houses.in[k.p]; at != "" && !are(at, ward) {
		return nil // who is at a site is checked out there
	}
	return d.leaves(k.p, false, at)
}

// open enters the facilities and their rooms, spread over the city.
func (d *Drill) open() error {
	b := &d.s.Beds
	for _, f := range []struct {
		code byte
		kind string
		who  role
		most int // rooms of one
		n    int
		like api.RoomBody
	}{
		{quarantineSite, "quarantine-site", siteStaff, 300, d.each(b.Quarantine), api.RoomBody{Beds: 4}},
		{isolationSite, "isolation-site", siteStaff, 25, (d.each(b.Isolation) + 19) / 20, api.RoomBody{Beds: 20, Use: "ward"}},
		{ward, "hospital", hospital, 50, (d.each(b.Hospital) + 3) / 4, api.RoomBody{Beds: 4, Use: "ward", Level: "ward"}},
	} {
		houses := (f.n + f.most - 1) / f.most
		for i := range houses {
			a := d.city.Areas()[i*len(d.city.Areas())/houses]
			code := fmt.Sprintf("%c%d", f.code, i+1)
			d.houses.open = append(d.houses.open, code)
			body := api.NewFacility{Code: code, Open: true, FacilityBody: api.FacilityBody{Kind: f.kind, Area: a.Code, Lon: fmt.Sprintf("%.5f", a.Middle[0]), Lat: fmt.Sprintf("%.5f", a.Middle[1])}}
			if err := d.c.as(d.ctx, f.who, "POST facilities", http.MethodPost, d.at+"/facilities", body, nil); err != nil {
				return err
			}
			var rooms []api.RoomBody
			for n := i * f.most; n < min(f.n, (i+1)*f.most); n++ {
				f.like.Code, f.like.Group = fmt.Sprintf("R%d", n+1), fmt.Sprintf("L%d", n/50)
				rooms = append(rooms, f.like)
			}
			if err := d.c.as(d.ctx, f.who, "POST rooms", http.MethodPost, d.at+"/facilities/"+code+"/rooms", api.NewRooms{Rooms: rooms}, nil); err != nil {
				return err
			}
		}
	}
	return nil
}
