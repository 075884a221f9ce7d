package roundplan

import (
	"maps"
	"slices"

	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/plan/roundcity"
	"firebreak/internal/protocol"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/turnout"
)

// gather reads what is known of a round, all of it whoever asks: the caller has checked that they may plan it.
func gather(r *store.Reader, t *turnout.Turnout, o outbreak.Outbreak, round screening.Round, f *roundcity.Facts) (err error) {
	f.Round = round
	if f.Tree, err = r.Tree(); err != nil {
		return err
	}
	if f.Zone, err = o.Location(); err != nil {
		return err
	}
	pack, err := protocol.Load(o.Pack)
	if err != nil {
		return err
	}
	f.Result = pack.Clocks.TubeResult.Duration()
	f.PerLane = pack.Screening.PeoplePerLane.Value
	if f.Due, err = due(r, t, f.Tree, round); err != nil {
		return err
	}
	if f.Sites, err = r.Sites(o.ID, store.Everywhere()); err != nil {
		return err
	}
	loads, err := r.LabLoads(o.ID, store.Everywhere(), f.Now, f.Now)
	if err != nil {
		return err
	}
	p, err := r.RoundProgress(o.ID, round.ID)
	if err != nil {
		return err
	}
	for _, l := range loads {
		_, measured := l.Load.PerHour()
		f.Laboratories = append(f.Laboratories, roundcity.Laboratory{Laboratory: l.Laboratory, Measured: measured, InHand: p.InHand[l.Laboratory.ID]})
	}
	f.Done = roundcity.Done{Tubes: p.Tubes, Swabs: p.Swabs, Last: p.LastClosed, Result: p.LastResult, Waiting: p.Waiting}
	f.Outlines, err = outlines(r, f)
	return err
}

// due counts who is due in each area of a round that has people of its own.
func due(r *store.Reader, t *turnout.Turnout, tree *place.Tree, round screening.Round) ([]roundcity.Due, error) {
	var areas []place.AreaID
	for _, a := range round.Areas {
		for _, j := range tree.Subtree(a) {
			areas = append(areas, j.ID)
		}
	}
	counts, err := t.Alone(round, areas)
	if err != nil {
		return nil, err
	}
	spared := map[place.AreaID]int64{}
	if round.State == screening.Planned { // nobody counts its standings yet
		list, err := r.Standings(round.ID)
		if err != nil {
			return nil, err
		}
		var ids []person.ID
		for _, s := range list {
			ids = append(ids, s.Person)
		}
		people, err := r.PeopleByID(ids)
		if err != nil {
			return nil, err
		}
		for _, p := range people {
			spared[p.Area]++
		}
	}
	var out []roundcity.Due
	for i, a := range areas {
		if n := counts[i].Sampled + counts[i].Missing - spared[a]; n > 0 {
			out = append(out, roundcity.Due{Area: a, People: n, Sampled: counts[i].Sampled})
		}
	}
	return out, nil
}

// outlines reads where the areas lie that people, sites and laboratories of the round belong to, with those around them.
func outlines(r *store.Reader, f *roundcity.Facts) (map[place.AreaID]roundcity.Ground, error) {
	drawn, err := r.Outlined()
	if err != nil {
		return nil, err
	}
	want := map[place.AreaID]bool{}
	add := func(a place.AreaID) {
		for _, j := range f.Tree.Path(a) {
			if drawn[j.ID] {
				want[j.ID] = true
			}
		}
	}
	for _, d := range f.Due {
		add(d.Area)
	}
	for _, s := range f.Sites {
		add(s.Area)
	}
	for _, l := range f.Laboratories {
		add(l.Area)
	}
	list, err := r.Boundaries(slices.Sorted(maps.Keys(want)))
	if err != nil {
		return nil, err
	}
	out := make(map[place.AreaID]roundcity.Ground, len(list))
	for _, b := range list {
		if at, reach, ok := place.Middle(b.Geometry); ok {
			out[b.Area] = roundcity.Ground{Lat: at[1], Lon: at[0], Reach: reach}
		}
	}
	return out, nil
}
