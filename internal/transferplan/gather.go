package transferplan

import (
	"maps"
	"slices"

	"firebreak/internal/facility"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/plan/transferday"
	"firebreak/internal/plan/trip"
	"firebreak/internal/protocol"
	"firebreak/internal/store"
	"firebreak/internal/transfer"
)

// gather reads what is known of the transfers of an outbreak, all of it whoever asks: the caller has checked that they may plan.
func gather(r *store.Reader, o outbreak.Outbreak, f *transferday.Facts) (err error) {
	all := store.Everywhere()
	if f.Zone, err = o.Location(); err != nil {
		return err
	}
	pack, err := protocol.Load(o.Pack)
	if err != nil {
		return err
	}
	f.ChildUntil = -1
	if until := pack.Isolation.ChildUntil; until.Set() {
		f.ChildUntil = until.Value
	}
	if f.Requests, err = r.LiveRequests(o.ID, all); err != nil {
		return err
	}
	if f.Trips, err = r.LiveTrips(o.ID); err != nil {
		return err
	}
	vehicles, err := r.Vehicles(o.ID, all)
	if err != nil {
		return err
	}
	ids := make([]transfer.VehicleID, len(vehicles))
	for i, v := range vehicles {
		ids[i] = v.ID
	}
	shifts, err := r.ShiftsOf(ids, f.Now)
	if err != nil {
		return err
	}
	f.Vehicles = nil
	for _, v := range vehicles {
		f.Vehicles = append(f.Vehicles, transferday.Vehicle{Vehicle: v, Shifts: shifts[v.ID]})
	}
	if err := sites(r, o, f); err != nil {
		return err
	}
	var people []person.ID
	for _, q := range f.Requests {
		people = append(people, q.Person)
	}
	for _, s := range f.Sites {
		for _, x := range s.Stays {
			people = append(people, x.Person) // of which sex they are, and whether they are adults
		}
	}
	slices.Sort(people)
	if f.People, err = r.PeopleByID(slices.Compact(people)); err != nil {
		return err
	}
	f.Areas, err = areas(r, o.ID, f)
	return err
}

// sites reads the facilities with their rooms and stays. A bed that somebody else has kept for whoever is to be moved is where they go.
func sites(r *store.Reader, o outbreak.Outbreak, f *transferday.Facts) error {
	list, err := r.Facilities(o.ID, store.Everywhere())
	if err != nil {
		return err
	}
	ids := make([]facility.ID, len(list))
	for i, x := range list {
		ids[i] = x.ID
	}
	rooms, err := r.RoomsOf(ids)
	if err != nil {
		return err
	}
	stays, err := r.StaysIn(ids)
	if err != nil {
		return err
	}
	full, err := r.FullSites(o.ID)
	if err != nil {
		return err
	}
	f.Sites = nil
	booked := map[person.ID]facility.Stay{}
	for _, x := range list {
		_, is := full[x.ID]
		f.Sites = append(f.Sites, transferday.Site{Facility: x, Rooms: rooms[x.ID], Stays: stays[x.ID], Full: is})
		for _, s := range stays[x.ID] {
			if s.State == facility.Booked {
				booked[s.Person] = s
			}
		}
	}
	for i := range f.Requests {
		q := &f.Requests[i]
		if s, is := booked[q.Person]; is && q.Stay != s.ID && s.Class == q.Class && (q.State == transfer.Open || q.State == transfer.Planned) && q.Purpose != transfer.ToHome {
			if _, isFull := full[s.Facility]; !isFull {
				q.To = s.Facility
			}
			q.Stay = s.ID
		}
	}
	return nil
}

// areas finds the middle of the areas that are the only place known of somebody: of their outline, or else, where the area itself is not drawn, of the sampling sites in it, which are near to everybody. Where there is neither, the smallest outline around serves.
func areas(r *store.Reader, o outbreak.ID, f *transferday.Facts) (map[place.AreaID]trip.Point, error) {
	tree, err := r.Tree()
	if err != nil {
		return nil, err
	}
	drawn, err := r.Outlined()
	if err != nil {
		return nil, err
	}
	want := map[place.AreaID]place.AreaID{} // the outline that serves, by area
	seen := map[place.AreaID]bool{}
	add := func(located bool, a place.AreaID) {
		if located || a == 0 || seen[a] {
			return
		}
		seen[a] = true
		path := tree.Path(a)
		for i := len(path) - 1; i >= 0; i-- { // the smallest that is drawn
			if drawn[path[i].ID] {
				want[a] = path[i].ID
				return
			}
		}
	}
	for _, q := range f.Requests {
		add(q.Located, q.Area)
	}
	for _, s := range f.Sites {
		add(s.Located, s.Area)
	}
	serve := map[place.AreaID]bool{}
	for _, a := range want {
		serve[a] = true
	}
	list, err := r.Boundaries(slices.Sorted(maps.Keys(serve)))
	if err != nil {
		return nil, err
	}
	middle := map[place.AreaID]trip.Point{}
	for _, b := range list {
		if at, _, ok := place.Middle(b.Geometry); ok {
			middle[b.Area] = trip.Point{Lat: at[1], Lon: at[0]}
		}
	}
	out := map[place.AreaID]trip.Point{}
	for a, by := range want {
		if p, ok := middle[by]; ok {
			out[a] = p
		}
	}
	desks, err := r.Sites(o, store.Everywhere())
	if err != nil {
		return nil, err
	}
	n := map[place.AreaID]float64{}
	for _, s := range desks {
		if !s.Located || !seen[s.Area] || want[s.Area] == s.Area {
			continue
		}
		k := n[s.Area]
		if k == 0 {
			out[s.Area] = trip.Point{}
		}
		p := out[s.Area]
		out[s.Area] = trip.Point{Lat: (p.Lat*k + s.Lat) / (k + 1), Lon: (p.Lon*k + s.Lon) / (k + 1)}
		n[s.Area]++
	}
	return out, nil
}
