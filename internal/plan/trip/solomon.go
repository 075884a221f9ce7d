package trip

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"firebreak/internal/plan/planfile"
)

// Instance is a published question of the vehicle routing problem with time windows (Solomon 1987; Gehring and Homberger 1999): one depot, vehicles
// that are alike, customers with a demand and a window in which service begins. It is read so that the search can be compared with published bests.
type Instance struct {
	Name      string
	Vehicles  int
	Capacity  int
	Customers []Customer // the first is the depot
}

// Customer is a line of the file.
type Customer struct {
	X, Y       float64
	Demand     int
	Ready, Due float64
	Service    float64
}

const (
	maxSolomonFile = 16 << 20
	maxCustomers   = 20_000
	maxCoordinate  = 10_000
	maxSolomonTime = 40_000
)

// ReadSolomon reads a file of Solomon's or Gehring and Homberger's format: a name, VEHICLE with number and capacity, CUSTOMER with seven columns.
func ReadSolomon(r io.Reader) (Instance, error) {
	limited := &io.LimitedReader{R: r, N: maxSolomonFile + 1}
	lines := bufio.NewScanner(limited)
	var in Instance
	part, row := "", 0
	for lines.Scan() {
		row++
		words := strings.Fields(lines.Text())
		if len(words) == 0 {
			continue
		}
		field := fmt.Sprintf("line %d", row)
		switch strings.ToUpper(words[0]) {
		case "VEHICLE", "CUSTOMER":
			part = strings.ToUpper(words[0])
			continue
		case "NUMBER", "CUST":
			continue
		}
		switch part {
		case "":
			if in.Name != "" {
				return in, planfile.Wrong(field, "%.40q stands before VEHICLE", lines.Text())
			}
			if in.Name = strings.Join(words, " "); len(in.Name) > 200 {
				return in, planfile.Wrong(field, "a name of %d characters", len(in.Name))
			}
		case "VEHICLE":
			if len(words) != 2 {
				return in, planfile.Wrong(field, "%d columns, want the number of vehicles and their capacity", len(words))
			}
			var e1, e2 error
			in.Vehicles, e1 = strconv.Atoi(words[0])
			in.Capacity, e2 = strconv.Atoi(words[1])
			if err := errors.Join(e1, e2); err != nil || in.Vehicles < 1 || in.Vehicles > maxCustomers || in.Capacity < 1 || in.Capacity > 1_000_000 {
				return in, planfile.Wrong(field, "%.40q: want the number of vehicles and their capacity", lines.Text())
			}
		default:
			c, err := readCustomer(words, len(in.Customers))
			if err != nil {
				return in, &FieldError{Field: field, Err: err}
			}
			if len(in.Customers) > maxCustomers {
				return in, planfile.Wrong(field, "more than %d customers", maxCustomers)
			}
			in.Customers = append(in.Customers, c)
		}
	}
	switch {
	case lines.Err() != nil:
		return in, &FieldError{Field: fmt.Sprintf("line %d", row+1), Err: lines.Err()}
	case limited.N == 0:
		return in, planfile.Wrong("file", "larger than %d MB", maxSolomonFile>>20)
	case in.Vehicles == 0:
		return in, planfile.Wrong("file", "has no VEHICLE section")
	case len(in.Customers) < 2:
		return in, planfile.Wrong("file", "has no customers")
	}
	return in, nil
}

func readCustomer(words []string, number int) (Customer, error) {
	if len(words) != 7 {
		return Customer{}, fmt.Errorf("%d columns, want 7: number, x, y, demand, ready, due, service", len(words))
	}
	var v [7]float64
	for i, w := range words {
		x, err := strconv.ParseFloat(w, 64)
		if err != nil || math.IsNaN(x) {
			return Customer{}, fmt.Errorf("column %d: %.20q is no number", i+1, w)
		}
		v[i] = x
	}
	c := Customer{v[1], v[2], int(max(-1, min(v[3], 1e6))), v[4], v[5], v[6]}
	switch {
	case v[0] != float64(number):
		return c, fmt.Errorf("customer %g, want %d: they are numbered from 0, the depot", v[0], number)
	case math.Abs(c.X) > maxCoordinate || math.Abs(c.Y) > maxCoordinate:
		return c, fmt.Errorf("a coordinate beyond %d", maxCoordinate)
	case float64(c.Demand) != v[3] || c.Demand < 0:
		return c, fmt.Errorf("demand %g is no number from 0 to 1000000", v[3])
	case c.Ready < 0 || c.Due < c.Ready || c.Due > maxSolomonTime:
		return c, fmt.Errorf("window %g to %g is none within %d", c.Ready, c.Due, maxSolomonTime)
	case c.Service < 0 || c.Service > maxSolomonTime:
		return c, fmt.Errorf("service %g is not from 0 to %d", c.Service, maxSolomonTime)
	}
	return c, nil
}

// Convention says how long the way between two points of an [Instance] is.
type Convention string

// The two conventions under which bests are published.
const (
	Real   Convention = "real"   // the Euclidean distance (SINTEF's tables)
	Tenths Convention = "tenths" // cut off after one decimal (exact solutions of Solomon's set, the DIMACS challenge, CVRPLIB)
)

// units is how many units of the search there are in one of the file's.
func (c Convention) units() float64 {
	if c == Tenths {
		return 10
	}
	return 10_000
}

// length is the way between two customers in units; a real one is rounded up, so that what is in time in units is in time.
func (c Convention) length(a, b Customer) int32 {
	d := math.Hypot(a.X-b.X, a.Y-b.Y)
	if c == Tenths {
		return int32(math.Floor(d*10 + 1e-9))
	}
	return int32(math.Ceil(d*10_000 - 1e-6))
}

// problem is the instance as a day: everybody is to be at the depot before it closes, in one trip a vehicle.
func (in *Instance) problem(c Convention) *problem {
	n := len(in.Customers)
	depot := in.Customers[0]
	u := c.units()
	p := &problem{trips: 1}
	// Requests have their places first: customer 1 is place 0, the depot comes last.
	at := func(i int) Customer {
		if i >= n-1 {
			return depot
		}
		return in.Customers[i+1]
	}
	p.place.n = n
	p.place.table = make([]int32, n*n)
	longestWay := int32(0)
	for i := range n {
		for j := range n {
			d := c.length(at(i), at(j))
			p.place.table[i*n+j] = d
			longestWay = max(longestWay, d)
		}
	}
	p.place.turn()
	p.unserved = 4 * int64(longestWay)
	for i := 1; i < n; i++ {
		x := in.Customers[i]
		p.requests = append(p.requests, request{
			ready: int32(math.Ceil(x.Ready * u)), due: int32(math.Floor(x.Due * u)), deadline: never, service: int32(math.Ceil(x.Service * u)),
			need: [3]int32{int32(x.Demand)}, aboard: -1, vehicle: -1, sites: []bool{true}, reach: []int32{0},
		})
	}
	for range min(in.Vehicles, n-1) {
		p.vehicles = append(p.vehicles, vehicle{from: int32(n - 1), to: int32(n - 1), start: int32(depot.Ready * u), end: int32(depot.Due * u), seats: [3]int32{int32(in.Capacity)}, class: -1, takes: -1})
	}
	p.sites = []site{{place: int32(n - 1), closes: int32(depot.Due * u)}}
	return p
}

// Tour is an answer to an [Instance]: the least distance that was found, with no more vehicles than the file has.
type Tour struct {
	Name       string     `json:"name"`
	Convention Convention `json:"distances"`
	Vehicles   int        `json:"vehicles"`
	Distance   float64    `json:"distance"`        // by the convention searched with
	Real       float64    `json:"distance_real"`   // of the same routes, Euclidean
	Tenths     float64    `json:"distance_tenths"` // of the same routes, each way cut off after one decimal
	Complete   bool       `json:"complete"`
	Routes     [][]int    `json:"routes"` // customers in order, the depot left out
	Unserved   []int      `json:"unserved,omitempty"`
	Steps      int        `json:"steps"`
	Seed       uint64     `json:"seed"`
}

// Solve looks for the least distance. Published bests that count vehicles first (SINTEF's) are longer, with fewer vehicles; those of CVRPLIB, the DIMACS
// challenge and the exact solutions of Solomon's set are of this objective, with the convention [Tenths].
func (in *Instance) Solve(c Convention, o Options) (Tour, error) {
	if c != Real && c != Tenths {
		return Tour{}, planfile.Wrong("distances", "%q is not real or tenths", c)
	}
	s := newSearch(in.problem(c), o.Seed)
	s.neighbours()
	for _, all := range []bool{false, true} {
		s.begin()
		if all {
			s.mend(true)
		} else {
			s.build()
		}
		s.stay()
	}
	s.remember()
	t := Tour{Name: in.Name, Convention: c, Seed: o.Seed, Routes: [][]int{}}
	if o.Budget != nil {
		t.Steps = s.improve(o.Budget, 0, 0, 1)
	}
	in.tell(&t, s.best)
	return t, nil
}

func (in *Instance) tell(t *Tour, best [][]int32) {
	served := make([]bool, len(in.Customers))
	for _, list := range best {
		var route []int
		at := 0
		drive := func(to int) {
			a, b := in.Customers[at], in.Customers[to]
			t.Real += math.Hypot(a.X-b.X, a.Y-b.Y)
			t.Tenths += float64(Tenths.length(a, b))
			at = to
		}
		for _, x := range list {
			if x >= 0 {
				route = append(route, int(x)+1)
				served[x+1] = true
				drive(int(x) + 1)
			}
		}
		if len(route) > 0 {
			drive(0)
			t.Routes = append(t.Routes, route)
		}
	}
	for i, is := range served[1:] {
		if !is {
			t.Unserved = append(t.Unserved, i+1)
		}
	}
	t.Tenths = math.Round(t.Tenths) / 10
	t.Distance = t.Real
	if t.Convention == Tenths {
		t.Distance = t.Tenths
	}
	t.Vehicles, t.Complete = len(t.Routes), len(t.Unserved) == 0
}

// CheckTour says what in a tour does not hold for its instance. It shares no code with the search.
func CheckTour(in Instance, t Tour) error {
	seen := make([]int, len(in.Customers))
	if len(t.Routes) > in.Vehicles || len(t.Routes) != t.Vehicles {
		return fmt.Errorf("%d routes, stated as %d, of %d vehicles", len(t.Routes), t.Vehicles, in.Vehicles)
	}
	total := 0.0
	for r, route := range t.Routes {
		load, time, at := 0, in.Customers[0].Ready, in.Customers[0]
		for _, i := range append(append([]int{}, route...), 0) {
			if i < 0 || i >= len(in.Customers) {
				return fmt.Errorf("route %d: no customer %d", r, i)
			}
			x := in.Customers[i]
			d := math.Sqrt((x.X-at.X)*(x.X-at.X) + (x.Y-at.Y)*(x.Y-at.Y))
			if t.Convention == Tenths {
				d = math.Trunc(d*10+1e-9) / 10
			}
			total += d
			time = math.Max(time+d, x.Ready)
			if time > x.Due+1e-6 {
				return fmt.Errorf("route %d is at customer %d at %g, due at %g", r, i, time, x.Due)
			}
			time += x.Service
			load += x.Demand
			seen[i]++
			at = x
		}
		if load > in.Capacity {
			return fmt.Errorf("route %d carries %d, at most %d", r, load, in.Capacity)
		}
	}
	for _, i := range t.Unserved {
		seen[i]++
	}
	for i, n := range seen {
		if i > 0 && n != 1 {
			return fmt.Errorf("customer %d is there %d times", i, n)
		}
	}
	if math.Abs(total-t.Distance) > 1e-3 || t.Complete != (len(t.Unserved) == 0) {
		return fmt.Errorf("a distance of %g, stated as %g; complete: %v", total, t.Distance, t.Complete)
	}
	return nil
}
