package trip

import (
	"fmt"
	"io"

	"firebreak/internal/plan/bed"
	"firebreak/internal/plan/planfile"
)

// Limits that catch a file of another kind, or one whose numbers have slipped.
const (
	maxDayFile  = 256 << 20
	maxMinutes  = 14_400
	maxRequests = 50_000
	maxVehicles = 10_000
	maxShifts   = 20
	maxSeats    = 200
)

// FieldError says which field of a day is wrong, such as "requests[12].people".
type FieldError = planfile.FieldError

// ReadDay reads a day from JSON, strictly: an unknown field, a wrong type or a second value is an error, and so is a day that [Day.Validate] refuses.
func ReadDay(r io.Reader) (Day, error) {
	var d Day
	if err := planfile.Read(r, maxDayFile, &d); err != nil {
		return Day{}, err
	}
	return d, d.Validate()
}

// ReadPlan reads a plan that [Make] has made.
func ReadPlan(r io.Reader) (Plan, error) {
	var p Plan
	return p, planfile.Read(r, maxDayFile, &p)
}

// Validate says what in a day makes no sense; the error is a [FieldError].
func (d *Day) Validate() error {
	k := &checker{vehicles: map[string]int{}, requests: map[string]bool{}, sites: map[string]bool{}}
	if d.Start.IsZero() {
		k.fail("start", "is missing")
	}
	k.number("now", d.Now, 0, maxMinutes)
	r := d.Rules
	for _, x := range []struct {
		field string
		v, at float64
	}{
		{"detour", r.Detour, 10}, {"kmh", r.Kmh, 300}, {"stop_minutes", r.Stop, 240}, {"unload_minutes", r.Unload, 240},
		{"disinfect_minutes", r.Disinfect, 1440}, {"promise_minutes", r.Promise, 1440}, {"horizon_minutes", r.Horizon, maxMinutes},
	} {
		k.number("rules."+x.field, x.v, 0, x.at)
	}
	if r.Kmh > 0 && r.Kmh < 1 || r.Detour > 0 && r.Detour < 1 {
		k.fail("rules", "a speed or a detour below 1")
	}
	if k.err == nil {
		k.err = bed.Validate(d.Sites)
	}
	for _, s := range d.Sites {
		k.sites[s.ID] = true
	}
	for i, id := range d.Full {
		if !k.sites[id] {
			k.fail(fmt.Sprintf("full[%d]", i), "%q is not among sites", id)
		}
	}
	if len(d.Vehicles) > maxVehicles {
		k.fail("vehicles", "%d entries, more than %d", len(d.Vehicles), maxVehicles)
	}
	if len(d.Requests) > maxRequests {
		k.fail("requests", "%d entries, more than %d", len(d.Requests), maxRequests)
	}
	for i := range d.Vehicles {
		d.Vehicles[i].validate(k, fmt.Sprintf("vehicles[%d]", i))
	}
	for i := range d.Requests {
		d.Requests[i].validate(k, d, fmt.Sprintf("requests[%d]", i))
	}
	for i, b := range d.Begin {
		at := fmt.Sprintf("begin[%d]", i)
		n, is := k.vehicles[b.Vehicle]
		switch {
		case !is:
			k.fail(at+".vehicle", "%q is not among vehicles", b.Vehicle)
		case b.Shift < 0 || b.Shift >= max(1, n):
			k.fail(at+".shift", "%d: the vehicle has %d shifts", b.Shift, max(1, n))
		case !k.sites[b.Site]:
			k.fail(at+".site", "%q is not among sites", b.Site)
		}
		for j, id := range b.Requests {
			if !k.requests[id] {
				k.fail(fmt.Sprintf("%s.requests[%d]", at, j), "%q is not among requests", id)
			}
		}
	}
	return k.err
}

// checker collects names while a day is looked through.
type checker struct {
	vehicles        map[string]int // shifts
	requests, sites map[string]bool
	err             error
}

func (k *checker) fail(field, format string, args ...any) {
	if k.err == nil {
		k.err = planfile.Wrong(field, format, args...)
	}
}

func (k *checker) number(field string, v, from, to float64) {
	if !(v >= from && v <= to) { // not a number fails too
		k.fail(field, "%g is not from %g to %g", v, from, to)
	}
}

func (v *Vehicle) validate(k *checker, field string) {
	if v.ID == "" || len(v.ID) > 200 {
		k.fail(field+".id", "%.20q is not 1 to 200 characters", v.ID)
	}
	if _, twice := k.vehicles[v.ID]; twice {
		k.fail(field+".id", "%q is there twice", v.ID)
	}
	k.vehicles[v.ID] = len(v.Shifts)
	k.number(field+".lat", v.Lat, -90, 90)
	k.number(field+".lon", v.Lon, -180, 180)
	k.number(field+".seats", float64(v.Seats), 0, maxSeats)
	k.number(field+".wheelchairs", float64(v.Wheelchairs), 0, maxSeats)
	k.number(field+".stretchers", float64(v.Stretchers), 0, maxSeats)
	k.number(field+".disinfect_minutes", v.Disinfect, 0, 1440)
	if v.Takes != "" && v.Takes != bed.Case && v.Takes != bed.Contact {
		k.fail(field+".takes", "%q is not case or contact", v.Takes)
	}
	if len(v.Shifts) > maxShifts {
		k.fail(field+".shifts", "%d entries, more than %d", len(v.Shifts), maxShifts)
	}
	for i, w := range v.Shifts {
		at := fmt.Sprintf("%s.shifts[%d]", field, i)
		k.number(at+".from", w.From, 0, maxMinutes)
		k.number(at+".to", w.To, 0, maxMinutes)
		if !(w.To > w.From) || i > 0 && w.From < v.Shifts[i-1].To {
			k.fail(at, "%g to %g does not lie after what is before", w.From, w.To)
		}
	}
	if f := v.From; f != nil {
		k.number(field+".from.lat", f.Lat, -90, 90)
		k.number(field+".from.lon", f.Lon, -180, 180)
		k.number(field+".from.minute", f.Minute, 0, maxMinutes)
		if f.Last != "" && f.Last != bed.Case && f.Last != bed.Contact && f.Last != bed.Released {
			k.fail(field+".from.last", "%q is not case, contact or released", f.Last)
		}
	}
}

func (q *Request) validate(k *checker, d *Day, field string) {
	if k.err == nil {
		k.err = q.Party.Validate(field)
	}
	if k.requests[q.ID] {
		k.fail(field+".id", "%q is there twice", q.ID)
	}
	k.requests[q.ID] = true
	k.number(field+".ready", q.Ready, 0, maxMinutes)
	k.number(field+".deadline", q.Deadline, 0, maxMinutes)
	k.number(field+".stop_minutes", q.Stop, 0, 240)
	if q.PickupBy != nil {
		k.number(field+".pickup_by", *q.PickupBy, 0, maxMinutes)
		if *q.PickupBy < q.Ready {
			k.fail(field+".pickup_by", "%g is before ready, %g", *q.PickupBy, q.Ready)
		}
	}
	if q.Promised != nil {
		k.number(field+".promised", *q.Promised, 0, maxMinutes)
	}
	if q.To != "" && !k.sites[q.To] {
		k.fail(field+".to", "%q is not among sites", q.To)
	}
	if _, is := k.vehicles[q.Vehicle]; q.Vehicle != "" && !is {
		k.fail(field+".vehicle", "%q is not among vehicles", q.Vehicle)
	}
	if q.Aboard != "" {
		i := -1
		for j := range d.Vehicles {
			if d.Vehicles[j].ID == q.Aboard {
				i = j
				break
			}
		}
		switch {
		case i < 0:
			k.fail(field+".aboard", "%q is not among vehicles", q.Aboard)
		case d.Vehicles[i].From == nil:
			k.fail(field+".aboard", "%q has no from: where is it?", q.Aboard)
		case d.Vehicles[i].From.Last != q.Class:
			k.fail(field+".aboard", "a %s in %q, whose from.last is %q", q.Class, q.Aboard, d.Vehicles[i].From.Last)
		}
		if q.Stay != nil {
			k.fail(field+".stay", "is for those who are not aboard")
		}
	}
}
