package round

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// A rough plan is a plan: everything passes, nothing is lost on the way and no arc holds more than it can. The cheapest found from it costs what it
// costs from nothing, and the rough one itself is not far from that: its prices were of use.
func TestRoughPlan(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "examples", "city-10000.json"))
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*City){
		"as it is":          func(*City) {},
		"couriers count":    func(c *City) { everyZone(c, func(z *Zone) { z.Couriers, z.TubesPerTrip = 1, 30 }) },
		"few samplers":      func(c *City) { everyZone(c, func(z *Zone) { z.Samplers = []Shift{{0, 48, 8}} }) },
		"periods of 60 min": func(c *City) { c.Period = 60 },
	} {
		var c City
		if err := json.Unmarshal(raw, &c); err != nil {
			t.Fatal(err)
		}
		change(&c)
		if err := c.Validate(); err != nil {
			t.Fatal(name, err)
		}
		n, _ := smallestNetwork(c)
		rough, err := n.rough()
		if err != nil {
			t.Fatal(name, err)
		}
		have := make([]int64, n.Nodes())
		var cost int64
		for a, f := range rough {
			tail, head, capacity, price := n.Arc(a)
			if f < 0 || f > capacity {
				t.Fatalf("%s: %d through an arc of %d", name, f, capacity)
			}
			have[tail] -= f
			have[head] += f
			cost += f * price
		}
		for v, x := range have {
			if want := map[int]int64{n.source: -n.total, n.sink: n.total}[v]; x != want {
				t.Fatalf("%s: node %d keeps %d, want %d", name, v, x, want)
			}
		}
		anew, err := n.solve(nil)
		if err != nil {
			t.Fatal(name, err)
		}
		from, err := n.solve(rough)
		if err != nil {
			t.Fatal(name, err)
		}
		if from.Cost() != anew.Cost() || from.Unmet() != 0 {
			t.Errorf("%s: costs %d from the rough plan, %d unmet; %d from nothing", name, from.Cost(), from.Unmet(), anew.Cost())
		}
		t.Logf("%s: rough %d, cheapest %d; %d pivots, %d from nothing", name, cost, anew.Cost(), from.Pivots(), anew.Pivots())
		if cost < anew.Cost() || cost > anew.Cost()*5/4 {
			t.Errorf("%s: the rough plan costs %d, the cheapest %d", name, cost, anew.Cost())
		}
	}
}

func everyZone(c *City, do func(*Zone)) {
	for i := range c.Zones {
		do(&c.Zones[i])
	}
}
