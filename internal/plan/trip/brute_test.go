package trip_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"firebreak/internal/plan/bed"
	"firebreak/internal/plan/trip"
)

// brute tries every way to fetch the few requests of a tiny day in time: the oracle for whether it can be done and for the least driving. It knows
// nothing of insertion, and only of adults, single rooms and vehicles without shifts.
type brute struct {
	d    trip.Day
	best float64
}

// van is where a vehicle is, with whom.
type van struct {
	lat, lon, time, driven float64
	free                   int
	class                  string // of whoever was in it last
	aboard                 []int
	used                   bool
}

func (b *brute) way(lat1, lon1, lat2, lon2 float64) float64 {
	const rad = math.Pi / 180
	cos := math.Sin(lat1*rad)*math.Sin(lat2*rad) + math.Cos(lat1*rad)*math.Cos(lat2*rad)*math.Cos((lon2-lon1)*rad)
	return 6371.0088 * math.Acos(math.Min(1, cos)) * 1.3 / 30 * 60
}

// try goes on with vehicle v; done marks requests that are fetched; rooms are what is left of each site.
func (b *brute) try(v int, x van, done []bool, rooms []int, driven float64) {
	if driven+x.driven >= b.best {
		return
	}
	if len(x.aboard) == 0 { // the vehicle may go home, and the next one begins
		home := 0.0
		if x.used {
			home = b.way(x.lat, x.lon, b.d.Vehicles[v].Lat, b.d.Vehicles[v].Lon)
		}
		if x.time+home <= 1440 {
			b.next(v+1, done, rooms, driven+x.driven+home)
		}
	}
	for i, q := range b.d.Requests {
		if done[i] || len(q.People) > x.free || len(x.aboard) > 0 && b.d.Requests[x.aboard[0]].Class != q.Class {
			continue
		}
		y := x
		w := b.way(x.lat, x.lon, q.Lat, q.Lon)
		if len(x.aboard) == 0 && x.class != "" && x.class != q.Class {
			y.time += 30
		}
		y.time = max(y.time+w, q.Ready) + 5
		y.lat, y.lon, y.driven, y.free, y.class, y.used = q.Lat, q.Lon, x.driven+w, x.free-len(q.People), q.Class, true
		y.aboard = append(append([]int{}, x.aboard...), i)
		done[i] = true
		b.try(v, y, done, rooms, driven)
		done[i] = false
	}
	for s, site := range b.d.Sites {
		people := 0
		y := x
		w := b.way(x.lat, x.lon, site.Lat, site.Lon)
		y.time += w
		for _, i := range x.aboard {
			people += len(b.d.Requests[i].People)
			if y.time > b.d.Requests[i].Deadline+0.01 { // acos is not exact for places side by side
				people = math.MaxInt
				break
			}
		}
		if len(x.aboard) == 0 || people > rooms[s] {
			continue
		}
		y.lat, y.lon, y.time, y.driven, y.free, y.aboard = site.Lat, site.Lon, y.time+10, x.driven+w, b.d.Vehicles[v].Seats, nil
		rooms[s] -= people
		b.try(v, y, done, rooms, driven)
		rooms[s] += people
	}
}

func (b *brute) next(v int, done []bool, rooms []int, driven float64) {
	if v < len(b.d.Vehicles) {
		x := b.d.Vehicles[v]
		b.try(v, van{lat: x.Lat, lon: x.Lon, free: x.Seats}, done, rooms, driven)
		return
	}
	for _, is := range done {
		if !is {
			return
		}
	}
	b.best = min(b.best, driven)
}

// bestOf is the best plan of a few seeds: a search this short may end beside the best.
func bestOf(t failer, d trip.Day) trip.Plan {
	t.Helper()
	best := mustMake(t, d, trip.Options{Seed: 1, Budget: trip.Steps(1000)})
	for seed := range uint64(4) {
		if p := mustMake(t, d, trip.Options{Seed: 2 + seed, Budget: trip.Steps(1000)}); p.InTime && (!best.InTime || p.Travel < best.Travel) {
			best = p
		}
	}
	return best
}

func TestTinyDaysAgreeWithBruteForce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := trip.Day{Name: "tiny", Start: time.Date(2022, 3, 9, 6, 0, 0, 0, time.UTC)}
		at := func(name string) (float64, float64) {
			return 36 + float64(rapid.IntRange(0, 100).Draw(t, name+" lat"))/1000, 120 + float64(rapid.IntRange(0, 100).Draw(t, name+" lon"))/1000
		}
		var rooms []int
		for i := range 2 {
			n := rapid.IntRange(0, 6).Draw(t, "rooms")
			rooms = append(rooms, n)
			s := bed.Site{ID: fmt.Sprint("s", i), Rooms: []bed.Rooms{}}
			for j := range n { // each has a lift of its own
				s.Rooms = append(s.Rooms, bed.Rooms{ID: fmt.Sprint("r", j), Group: fmt.Sprint("g", j), Count: 1, Beds: 1})
			}
			s.Lat, s.Lon = at("site")
			d.Sites = append(d.Sites, s)
		}
		for i := range rapid.IntRange(1, 2).Draw(t, "vehicles") {
			v := trip.Vehicle{ID: fmt.Sprint("v", i), Seats: rapid.IntRange(1, 3).Draw(t, "seats")}
			v.Lat, v.Lon = at("depot")
			d.Vehicles = append(d.Vehicles, v)
		}
		for i := range rapid.IntRange(1, 4).Draw(t, "requests") {
			q := trip.Request{Party: bed.Party{ID: fmt.Sprint("q", i), Class: rapid.SampledFrom([]string{bed.Case, bed.Contact}).Draw(t, "class"), People: []bed.Person{{ID: "a", Sex: "f"}}}}
			q.Lat, q.Lon = at("home")
			q.Ready = float64(rapid.IntRange(0, 60).Draw(t, "ready"))
			q.Deadline = q.Ready + float64(rapid.IntRange(30, 150).Draw(t, "within"))
			d.Requests = append(d.Requests, q)
		}
		b := &brute{d: d, best: math.Inf(1)}
		b.next(0, make([]bool, len(d.Requests)), rooms, 0)
		p := bestOf(t, d)
		if math.IsInf(b.best, 1) {
			if p.InTime {
				t.Fatalf("in time with %g minutes driven; brute force finds no way", p.Travel)
			}
			return
		}
		if p.InTime && p.Travel < b.best-0.3 {
			t.Fatalf("%g minutes driven, less than brute force, %g", p.Travel, b.best)
		}
		if !p.InTime || p.Travel > b.best+0.3 { // ways are rounded up to seconds: that may decide a deadline which is met to the second
			for i := range d.Requests {
				d.Requests[i].Deadline += 0.2
			}
			if p = bestOf(t, d); !p.InTime || p.Travel > b.best+0.3 {
				t.Fatalf("%g minutes driven, brute force %g; not in time: %v, %v", p.Travel, b.best, p.Unserved, p.Late)
			}
		}
	})
}
