package api

import (
	"net/http"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/checks"
	"firebreak/internal/command"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/store"
)

// DoorVisits is whom to visit today of those who are in quarantine, or watched, at home.
type DoorVisits struct {
	Items []DoorHouse `json:"items" doc:"Building by building."`
	More  bool        `json:"more,omitempty" doc:"There are more at home than one list looks at; ask for a smaller area."`
}

// DoorHouse is the visits of one building. Doors and names are sealed, and are not told here.
type DoorHouse struct {
	Area     string      `json:"area"`
	Building string      `json:"building,omitempty" doc:"Left out where it is not known."`
	Visits   []DoorVisit `json:"visits"`
}

// DoorVisit is one person and what is due at their door.
type DoorVisit struct {
	Of          string     `json:"of" doc:"Code of the case or contact."`
	Restriction int64      `json:"restriction"`
	Kind        string     `json:"kind" doc:"quarantine-home or home-monitoring"`
	Until       time.Time  `json:"until"`
	Tasks       []DoorTask `json:"tasks" doc:"The first due first."`
}

// DoorTask is one thing that is due.
type DoorTask struct {
	Task int64     `json:"task"`
	Kind string    `json:"kind" doc:"tell_restriction, check_contact, monitor_home, sample_contact, sample_home or meet_need"`
	Need string    `json:"need,omitempty" doc:"What is to be brought."`
	Due  time.Time `json:"due"`
	Late bool      `json:"late"`
}

// DoorVisitsOf lists door visits for the program itself. area is a code; empty: everywhere.
func DoorVisitsOf(r *store.Reader, o outbreak.Outbreak, area string, now time.Time) (out DoorVisits, err error) {
	in, err := open(r, o, store.Everywhere())
	if err != nil {
		return out, err
	}
	if area != "" {
		j, ok := in.tree.ByCode(area)
		if !ok {
			return out, &command.Invalid{Field: "area", Value: area, Reason: "is not the code of a known jurisdiction"}
		}
		in.within = in.within.At(j.ID)
	}
	return in.doorVisits(now)
}

func (in *inside) doorVisits(now time.Time) (out DoorVisits, err error) {
	list, more, err := checks.Doors(in.Reader, in.o.ID, in.within, in.loc, now)
	out = DoorVisits{Items: make([]DoorHouse, len(list)), More: more}
	code := func(id place.AreaID) string { j, _ := in.tree.Get(id); return j.Code }
	for i, h := range list {
		x := DoorHouse{Area: code(h.Area), Building: h.Building.Name}
		for _, v := range h.Visits {
			t := v.Restriction.Terms()
			d := DoorVisit{Of: v.Code, Restriction: int64(v.Restriction.ID), Kind: string(t.InForce(now)), Until: t.Until.UTC()}
			for _, k := range v.Tasks {
				d.Tasks = append(d.Tasks, DoorTask{int64(k.ID), string(k.Kind), string(v.Need(k)), k.Due.UTC(), k.Late(now)})
			}
			x.Visits = append(x.Visits, d)
		}
		out.Items[i] = x
	}
	return out, err
}

func (s *server) doors() {
	operation(s, "list-door-visits", http.MethodGet, "/api/outbreaks/{outbreak}/door-visits", "Whom to visit today of those who are in quarantine, or watched, at home, building by building, with what is due at each door", 200, func(c *call, in *Figures) (out DoorVisits, err error) {
		return out, c.view(auth.FollowUpWrite, in.Outbreak, in.Area, func(v *inside) error {
			out, err = v.doorVisits(c.now)
			return err
		})
	})
}
