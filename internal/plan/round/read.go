package round

import (
	"fmt"
	"io"
	"math"

	"firebreak/internal/plan/planfile"
)

// Limits that catch a file of another kind, or one whose numbers have slipped.
const (
	maxCityFile = 256 << 20
	maxPeople   = 100_000_000
	maxPlaces   = 200_000
	maxLanes    = 1000
	maxHours    = 240
)

// FieldError says which field of a city is wrong, such as "sites[12].lanes".
type FieldError = planfile.FieldError

// ReadCity reads a city from JSON, strictly: an unknown field, a wrong type or a second value is an error, and so is a city that
// [City.Validate] refuses.
func ReadCity(r io.Reader) (City, error) {
	var c City
	if err := planfile.Read(r, maxCityFile, &c); err != nil {
		return City{}, err
	}
	return c, c.Validate()
}

// ReadPlan reads a plan that [Make] has made.
func ReadPlan(r io.Reader) (Plan, error) {
	var p Plan
	return p, planfile.Read(r, maxCityFile, &p)
}

// checker collects names while a city is looked through.
type checker struct {
	classes, communities, zones, sites, labs map[string]bool
	err                                      error
}

func (k *checker) fail(field, format string, args ...any) {
	if k.err == nil {
		k.err = planfile.Wrong(field, format, args...)
	}
}

func (k *checker) id(seen map[string]bool, field, id string) {
	switch {
	case id == "" || len(id) > 200:
		k.fail(field+".id", "%.20q is not 1 to 200 characters", id)
	case seen[id]:
		k.fail(field+".id", "%q is there twice", id)
	}
	seen[id] = true
}

func (k *checker) number(field string, v, from, to float64) {
	if !(v >= from && v <= to) { // not a number fails too
		k.fail(field, "%g is not from %g to %g", v, from, to)
	}
}

func (k *checker) point(field string, lat, lon float64) {
	k.number(field+".lat", lat, -90, 90)
	k.number(field+".lon", lon, -180, 180)
}

func (k *checker) window(field string, from, to float64) {
	k.number(field+".from", from, 0, maxHours)
	k.number(field+".to", to, 0, maxHours)
	if to <= from {
		k.fail(field+".to", "%g does not lie after %g", to, from)
	}
}

// Validate says what in a city makes no sense; the error is a [FieldError].
func (c *City) Validate() error {
	k := &checker{map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}, nil}
	if c.Start.IsZero() {
		k.fail("start", "is missing")
	}
	if c.Period != 0 && c.Period != 15 && c.Period != 30 && c.Period != 60 {
		k.fail("period_minutes", "%d is not 15, 30 or 60", c.Period)
	}
	k.number("deadline_hours", c.Deadline, 0, maxHours)
	k.number("horizon_hours", c.Horizon, 0, maxHours)
	c.checkClasses(k)
	c.checkPlaces(k)
	r := c.Rules
	for _, x := range []struct {
		field string
		v, at float64
	}{
		{"people_per_lane_hour", r.Rate, 10_000}, {"nearest_sites", float64(r.NearestSites), 1000}, {"max_walk_m", r.MaxWalk, 200_000},
		{"nearest_labs", float64(r.NearestLabs), 1000}, {"detour", r.Detour, 10}, {"courier_kmh", r.CourierKmh, 300},
		{"pickup_minutes", r.PickupMinutes, 1440}, {"handover_minutes", r.HandoverMinutes, 1440},
		{"samplers_per_lane", float64(r.SamplersPerLane), 100}, {"registrars_per_lane", float64(r.RegistrarsPerLane), 100},
	} {
		k.number("rules."+x.field, x.v, 0, x.at)
	}
	for field, v := range map[string]float64{"hour_later": c.Prices.Hour, "night": c.Prices.Night, "tube_km": c.Prices.TubeKm, "tube_waits": c.Prices.TubeHour} {
		k.number("prices."+field, v, -1, 1e6)
	}
	k.number("prices.night_from", float64(c.Prices.NightFrom), 0, 24)
	k.number("prices.night_to", float64(c.Prices.NightTo), 0, 24)
	c.checkDone(k)
	return k.err
}

func (c *City) checkClasses(k *checker) {
	for i, x := range c.Classes {
		field := fmt.Sprintf("classes[%d]", i)
		k.id(k.classes, field, x.ID)
		if x.Pool != 1 && x.Pool != 5 && x.Pool != 10 && x.Pool != 20 {
			k.fail(field+".pool", "%d is not 1, 5, 10 or 20: other sizes are not validated", x.Pool)
		}
	}
}

func (c *City) checkPlaces(k *checker) {
	for name, n := range map[string]int{"communities": len(c.Community), "zones": len(c.Zones), "sites": len(c.Sites), "labs": len(c.Labs)} {
		if n > maxPlaces {
			k.fail(name, "%d entries, more than %d", n, maxPlaces)
		}
	}
	var people int64
	for i, m := range c.Community {
		field := fmt.Sprintf("communities[%d]", i)
		k.id(k.communities, field, m.ID)
		k.point(field, m.Lat, m.Lon)
		seen := map[string]bool{}
		for j, g := range m.Groups {
			at := fmt.Sprintf("%s.groups[%d]", field, j)
			if !k.classes[g.Class] {
				k.fail(at+".class", "%q is not among classes", g.Class)
			}
			if seen[g.Class] {
				k.fail(at+".class", "%q is there twice", g.Class)
			}
			seen[g.Class] = true
			if g.People < 0 || g.People > maxPeople {
				k.fail(at+".people", "%d is not from 0 to %d", g.People, maxPeople)
			}
			people += g.People
		}
	}
	if people > maxPeople*10 {
		k.fail("communities", "%d people in all, more than %d", people, maxPeople*10)
	}
	for i, z := range c.Zones {
		field := fmt.Sprintf("zones[%d]", i)
		k.id(k.zones, field, z.ID)
		k.point(field, z.Lat, z.Lon)
		for j, s := range z.Samplers {
			at := fmt.Sprintf("%s.samplers[%d]", field, j)
			k.window(at, s.From, s.To)
			k.number(at+".count", float64(s.Count), 0, 1e6)
		}
		k.number(field+".couriers", float64(z.Couriers), 0, 1e5)
		k.number(field+".tubes_per_trip", float64(z.TubesPerTrip), 0, 1e6)
	}
	for i, s := range c.Sites {
		field := fmt.Sprintf("sites[%d]", i)
		k.id(k.sites, field, s.ID)
		k.point(field, s.Lat, s.Lon)
		if !k.zones[s.Zone] {
			k.fail(field+".zone", "%q is not among zones", s.Zone)
		}
		k.number(field+".lanes", float64(s.Lanes), 0, maxLanes)
		k.number(field+".people_per_lane_hour", s.Rate, 0, 10_000)
		for j, w := range s.Open {
			k.window(fmt.Sprintf("%s.open[%d]", field, j), w.From, w.To)
		}
	}
	for i, l := range c.Labs {
		field := fmt.Sprintf("labs[%d]", i)
		k.id(k.labs, field, l.ID)
		k.point(field, l.Lat, l.Lon)
		k.number(field+".turnaround_hours", l.Turnaround, 0, maxHours)
		for j, r := range l.Capacity {
			at := fmt.Sprintf("%s.capacity[%d]", field, j)
			k.window(at, r.From, r.To)
			k.number(at+".tubes_per_hour", r.Tubes, 0, 1e7)
		}
	}
}

func (c *City) checkDone(k *checker) {
	d := c.Done
	k.number("done.now", d.Now, 0, maxHours)
	for i, s := range d.Sampled {
		field := fmt.Sprintf("done.sampled[%d]", i)
		if !k.communities[s.Community] {
			k.fail(field+".community", "%q is not among communities", s.Community)
		}
		if !k.classes[s.Class] {
			k.fail(field+".class", "%q is not among classes", s.Class)
		}
		k.number(field+".people", float64(s.People), 0, maxPeople)
	}
	for i, w := range d.Waiting {
		field := fmt.Sprintf("done.waiting[%d]", i)
		switch {
		case (w.Zone == "") == (w.Lab == ""):
			k.fail(field, "wants either a zone or a lab")
		case w.Zone != "" && !k.zones[w.Zone]:
			k.fail(field+".zone", "%q is not among zones", w.Zone)
		case w.Lab != "" && !k.labs[w.Lab]:
			k.fail(field+".lab", "%q is not among labs", w.Lab)
		}
		k.number(field+".ready", w.Ready, 0, maxHours)
		k.number(field+".tubes", float64(w.Tubes), 0, maxPeople)
	}
	if math.IsNaN(d.Now) {
		k.fail("done.now", "is no number")
	}
}
