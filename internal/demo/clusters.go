package demo

import (
	"strconv"
	"time"

	"firebreak/internal/day"
)

// Cluster opens a cluster of cases, or adds cases to one that is open.
type Cluster struct {
	Name  string // in the demo each has its own
	Cases []string
	// Fields are of a new cluster; nil adds the cases to the one of that name.
	Fields map[string]string
}

func (Cluster) order() {}

// clusterAfter is when the investigators put the first cases of a place together, clusterEvery how often they look again.
const (
	clusterAfter = 30 * time.Hour
	clusterEvery = 24 * time.Hour
)

// clusters writes the clusters that the investigators see: the places of the school, and the households with several cases. Only cases whose infection is traced to a
// place belong to it.
func (s *story) clusters() {
	// How many pupils and staff shared each place: assumed.
	exposed := map[string]int{"classroom": 520, "dormitory": 240, "canteen": 1800}
	names := map[string]string{"classroom": "教学楼三层", "dormitory": "二号宿舍楼", "canteen": "学校食堂"}
	byPlace := map[string][]*infection{}
	var order []string
	for _, i := range s.infected {
		if i.setting == "" || !i.discarded.IsZero() {
			continue
		}
		key := i.setting
		if key == "household" {
			if i.infector == nil {
				continue
			}
			key += " " + i.infector.code
		}
		if byPlace[key] == nil {
			order = append(order, key)
			if names[key] == "" {
				byPlace[key] = []*infection{i.infector}
			}
		}
		byPlace[key] = append(byPlace[key], i)
	}
	households := 0
	for _, key := range order {
		list := byPlace[key]
		if names[key] == "" {
			// Not every household is worth a cluster: those with the first few who fell ill together.
			const least, largest, most = 3, 6, 4
			if len(list) < least || len(list) > largest || households == most {
				continue
			}
			households++
		}
		s.clusterOf(key, names[key], exposed[key], households, list)
	}
}

func (s *story) clusterOf(key, name string, exposed, household int, list []*infection) {
	first, last := list[0], list[0]
	for _, i := range list {
		if i.at.Before(first.at) {
			first = i
		}
		if i.at.After(last.at) {
			last = i
		}
	}
	fields := map[string]string{"kind": "school", "area": Laixi, "setting": "莱西七中", "exposed": strconv.Itoa(exposed)}
	if name == "" {
		name = "家庭 " + strconv.Itoa(household)
		fields = map[string]string{"kind": "household", "area": first.area, "exposed": strconv.Itoa(len(list) + 2)}
	}
	fields["name"] = name
	fields["last_day"] = day.In(first.at.Add(-24*time.Hour), s.loc).String()
	told := map[*infection]bool{}
	for at := first.at.Add(clusterAfter); ; at = at.Add(clusterEvery) {
		var codes []string
		for _, i := range list {
			if !told[i] && i.at.Before(at) {
				told[i] = true
				codes = append(codes, i.code)
			}
		}
		if len(codes) > 0 && !s.add(at, Cluster{Name: name, Cases: codes, Fields: fields}) {
			return // it lies ahead
		}
		if len(codes) > 0 {
			fields = nil
		}
		if at.After(last.at) {
			return
		}
	}
}
