package drill

import (
	"net/http"

	"firebreak/internal/api"
	"firebreak/internal/sim"
	"firebreak/internal/sim/city"
)

// setUp has the offices of the city enter what they know before anything happens: who lives there, and what there is.
func (d *Drill) setUp() error {
	d.apart = apart{why: map[city.Person]reason{}, last: map[city.Person]sim.Minute{}}
	d.post = post{done: map[role][]reported{}, checks: map[role][]api.CheckMade{}}
	d.tasks.taken = map[int64]sim.Minute{}
	d.played.wait = map[int64]asked{}
	d.houses = houses{in: map[city.Person]string{}, with: map[city.Person]city.Person{}, n: map[byte]int{}, most: map[byte]int{}}
	d.road.away = map[int64]sim.Minute{}
	d.road.missed, d.road.seen, d.road.asked = map[int64]bool{}, map[int64]bool{}, map[int64]sim.Minute{}
	d.swabbed = map[city.Person]sim.Minute{}
	d.holding = map[city.Person]bool{}
	d.zones = make([]bool, len(d.city.Areas()))
	d.teams()
	d.routineReady()
	d.needs.known = map[int64]bool{}
	b := api.NewOutbreak{Name: d.s.Name, Title: d.s.Title.EN, Area: d.s.Place.Area, Zone: d.s.Zone, Pack: d.s.Pack}
	if err := d.c.as(d.ctx, duty, "POST outbreaks", http.MethodPost, "/api/outbreaks", b, nil); err != nil {
		return err
	}
	for _, do := range []func() error{d.enter, d.open, d.vehiclesReady, d.labsReady, d.sitesReady} {
		if err := do(); err != nil {
			return err
		}
	}
	return nil
}
