package api

import (
	"math"

	"firebreak/internal/plan/transferday"
	"firebreak/internal/plan/trip"
	"firebreak/internal/store"
	"firebreak/internal/transferplan"
)

// VehiclesNeeded is how many more vehicles would bring in time those who are not.
type VehiclesNeeded struct {
	Items []MoreVehicles `json:"items" doc:"One for each class that more vehicles help, each by itself; none where they help nobody."`
}

// MoreVehicles is what more vehicles would do for those of a class.
type MoreVehicles struct {
	Class       string        `json:"class" doc:"case, contact or released"`
	Vehicles    int           `json:"vehicles" doc:"So many more, found by planning again with so many; one fewer would do less."`
	Seats       int           `json:"seats" doc:"Of each: as the usual vehicle for them has, from where that stands, with a crew from now on."`
	Wheelchairs int           `json:"wheelchairs"`
	Stretchers  int           `json:"stretchers"`
	Before      PartiesMissed `json:"before" doc:"As it is planned."`
	After       PartiesMissed `json:"after" doc:"With them: who is short of something else, such as a bed."`
}

// PartiesMissed counts parties that are not brought to their bed in time.
type PartiesMissed struct {
	Unserved int   `json:"unserved" doc:"Nobody fetches them."`
	Late     int   `json:"late"`
	Minutes  int64 `json:"late_minutes" doc:"Of all together."`
}

// NeededView tells how many more vehicles would do.
func NeededView(list []trip.More) VehiclesNeeded {
	out := VehiclesNeeded{Items: []MoreVehicles{}}
	missed := func(m trip.Missed) PartiesMissed {
		return PartiesMissed{m.Unserved, m.Late, int64(math.Round(m.LateMin))}
	}
	for _, m := range list {
		out.Items = append(out.Items, MoreVehicles{m.Class, m.Vehicles, m.Like.Seats, m.Like.Wheelchairs, m.Like.Stretchers, missed(m.Before), missed(m.After)})
	}
	return out
}

func lateParties(list []transferday.Late) []LateParty {
	out := []LateParty{}
	for _, l := range list {
		out = append(out, LateParty{int64(l.Party), l.By.Minutes(), l.Short})
	}
	return out
}

func keptView(p store.TransferPlan) TransferPlanView {
	return TransferPlanView{Version: p.Version, MadeAt: clock(p.MadeAt), MadeBy: p.MadeBy, InTime: p.InTime, Parties: p.Requests, People: p.People, Travel: p.Travel, Km: p.Km, Unserved: []UnservedParty{}, Late: []LateParty{}}
}

// PlannedView is a plan that was just made.
func PlannedView(p *transferplan.Plan) TransferPlanView {
	out := keptView(p.Kept)
	out.Straight, out.Late = p.Straight, lateParties(p.Orders.Late)
	for _, u := range p.Orders.Unserved {
		out.Unserved = append(out.Unserved, UnservedParty{int64(u.Party), u.People, u.Short})
	}
	return out
}
