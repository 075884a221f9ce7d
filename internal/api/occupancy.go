package api

import (
	"fmt"
	"net/http"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/facility"
	"firebreak/internal/occupancy"
	"firebreak/internal/outbreak"
	"firebreak/internal/protocol"
	"firebreak/internal/store"
)

// OccupancyAhead is how full facilities are expected to be.
type OccupancyAhead struct {
	Now        time.Time       `json:"now"`
	Until      time.Time       `json:"until"`
	TurnHours  float64         `json:"turn_hours" doc:"That a room is turned round after a stay, by the pack."`
	Kinds      []KindAhead     `json:"kinds" doc:"All facilities of a kind together."`
	Facilities []FacilityAhead `json:"facilities"`
	More       bool            `json:"more,omitempty" doc:"More people are to come than were counted."`
}

// KindAhead is all facilities of a kind.
type KindAhead struct {
	Kind       string `json:"kind"`
	Facilities int    `json:"facilities"`
	Wanted     int    `json:"wanted" doc:"People who are to come and have no bed, whenever."`
	PlacesAhead
}

// FacilityAhead is one facility.
type FacilityAhead struct {
	Code  string `json:"code"`
	Name  string `json:"name"`
	Kind  string `json:"kind"`
	State string `json:"state"`
	PlacesAhead
}

// PlacesAhead is how many places are expected to be taken, hour by hour. A place is a private room, or a bed of a shared room or ward.
type PlacesAhead struct {
	FullAt      *time.Time   `json:"full_at,omitempty" doc:"When the last place is given, by those who are known to come; left out: not in this time."`
	FullTrendAt *time.Time   `json:"full_trend_at,omitempty" doc:"The same, if no fewer come than in the last 24 hours."`
	Came24      int64        `json:"came_24h" doc:"People who came in the last 24 hours."`
	NoDay       int64        `json:"no_day" doc:"People there of whom nobody can say when they leave: they are taken to stay."`
	Usable      PlacesReady  `json:"usable" doc:"Places by how soon they can be used, each counted once."`
	Points      []PlacePoint `json:"points" doc:"Each hour, the first is now."`
}

// PlacesReady is places by how soon they can be used.
type PlacesReady struct {
	Now    int64 `json:"now"`
	In24   int64 `json:"in_24h" doc:"Of facilities that are being made ready, or are in reserve and would be ordered to open now."`
	In48   int64 `json:"in_48h"`
	In72   int64 `json:"in_72h"`
	Beyond int64 `json:"later"`
}

// PlacePoint is how full facilities are expected to be at an instant: places = in_use + held + turning + free.
type PlacePoint struct {
	At         time.Time `json:"at"`
	People     int64     `json:"people" doc:"Who are there."`
	Places     int64     `json:"places"`
	InUse      int64     `json:"in_use"`
	Held       int64     `json:"held" doc:"Booked, and nobody is there yet."`
	Turning    int64     `json:"turning" doc:"Swabbed and disinfected after a stay."`
	Free       int64     `json:"free"`
	Wanted     int64     `json:"wanted" doc:"People who are to have come by then and have no bed yet; of one facility always 0."`
	Trend      int64     `json:"trend" doc:"The same, if no fewer come than in the last 24 hours."`
	Short      int64     `json:"short" doc:"How many of wanted find no place."`
	ShortTrend int64     `json:"short_trend" doc:"How many of trend find no place."`
}

func placesAhead(a facility.Ahead) PlacesAhead {
	out := PlacesAhead{FullAt: clock(a.Full), FullTrendAt: clock(a.FullTrend), Came24: a.Came24, NoDay: a.NoDay, Usable: PlacesReady{a.Now, a.In24, a.In48, a.In72, a.Beyond}, Points: make([]PlacePoint, len(a.Points))}
	for i, p := range a.Points {
		out.Points[i] = PlacePoint{p.At.UTC(), p.People, p.Places, p.InUse, p.Held, p.Turning, p.Free, p.Wanted, p.Trend, p.Short(false), p.Short(true)}
	}
	return out
}

func facilityAhead(h occupancy.House) FacilityAhead {
	return FacilityAhead{h.Code, h.Name, string(h.Kind), string(h.State), placesAhead(h.Ahead)}
}

// OccupancyNow looks ahead over all facilities of an outbreak for the program itself.
func OccupancyNow(r *store.Reader, o outbreak.Outbreak, now time.Time, days int) (out OccupancyAhead, err error) {
	in, err := open(r, o, store.Everywhere())
	if err != nil {
		return out, err
	}
	return in.occupancy(now, days)
}

// FacilityOccupancyNow looks ahead over one facility for the program itself.
func FacilityOccupancyNow(r *store.Reader, o outbreak.Outbreak, code string, now time.Time, days int) (out FacilityAhead, err error) {
	in, err := open(r, o, store.Everywhere())
	if err != nil {
		return out, err
	}
	return in.facilityOccupancy(code, now, days)
}

func (in *inside) occupancy(now time.Time, days int) (out OccupancyAhead, err error) {
	pack, err := protocol.Load(in.o.Pack)
	if err != nil {
		return out, err
	}
	x, err := occupancy.Read(in.Reader, in.o, pack, in.within, now, in.loc, days)
	if err != nil {
		return out, fmt.Errorf("occupancy: %w", err)
	}
	out = OccupancyAhead{Now: x.Now.UTC(), Until: x.Until.UTC(), TurnHours: x.Turn.Hours(), Kinds: []KindAhead{}, Facilities: []FacilityAhead{}, More: x.More}
	for _, k := range x.Kinds {
		out.Kinds = append(out.Kinds, KindAhead{string(k.Kind), k.Houses, k.Wanted, placesAhead(k.Ahead)})
	}
	for _, h := range x.Houses {
		out.Facilities = append(out.Facilities, facilityAhead(h))
	}
	return out, nil
}

func (in *inside) facilityOccupancy(code string, now time.Time, days int) (out FacilityAhead, err error) {
	f, err := in.facilityIn(code)
	if err != nil {
		return out, err
	}
	pack, err := protocol.Load(in.o.Pack)
	if err != nil {
		return out, err
	}
	h, err := occupancy.ReadOne(in.Reader, in.o, pack, f, now, in.loc, days)
	return facilityAhead(h), err
}

func (s *server) occupancy() {
	type all struct {
		Figures
		Days int `query:"days" minimum:"1" maximum:"14" default:"5" doc:"How far ahead."`
	}
	operation(s, "look-ahead-occupancy", http.MethodGet, "/api/outbreaks/{outbreak}/occupancy", "How full facilities are expected to be, hour by hour, and when they are full", 200, func(c *call, in *all) (out OccupancyAhead, err error) {
		return out, c.view(auth.IsolationRead, in.Outbreak, in.Area, func(v *inside) error {
			out, err = v.occupancy(c.now, in.Days)
			return err
		})
	})
	type one struct {
		Asked
		Outbreak string `path:"outbreak"`
		Facility string `path:"facility" doc:"Its code."`
		Days     int    `query:"days" minimum:"1" maximum:"14" default:"5" doc:"How far ahead."`
	}
	operation(s, "look-ahead-facility", http.MethodGet, "/api/outbreaks/{outbreak}/facilities/{facility}/occupancy", "How full one facility is expected to be, hour by hour, and when it is full", 200, func(c *call, in *one) (out FacilityAhead, err error) {
		return out, c.view(auth.IsolationRead, in.Outbreak, "", func(v *inside) error {
			out, err = v.facilityOccupancy(in.Facility, c.now, in.Days)
			return err
		})
	})
}
