package drill

import (
	"net/http"
	"net/url"

	"firebreak/internal/api"
	"firebreak/internal/sim"
	"firebreak/internal/sim/city"
)

// needs is what people who are kept apart ask for.
type needs struct {
	known map[int64]bool // restrictions whose people have thought about it
	asked int
	met   int
}

// askedFor is what they ask for: food most often, then medicine, then care.
var askedFor = []string{"food", "food", "food", "medicine", "medicine", "care"}

// seeNeeds looks at noon who is kept apart since yesterday: a share of them calls, and asks for something.
func (d *Drill) seeNeeds() error {
	if d.now%sim.DayLength != 12*60 {
		return nil
	}
	type call struct {
		restriction int64
		p           city.Person
	}
	var list []call
	for _, kind := range []string{"quarantine-home", "quarantine-site", "isolation"} {
		err := d.restrictions(url.Values{"kind": {kind}}, func(x api.Restriction) (bool, error) {
			p, ok := d.roster.who[x.Person]
			if !ok {
				return false, errNobody(x.Person)
			}
			if !d.needs.known[x.ID] {
				d.needs.known[x.ID] = true
				if d.chance(d.s.People.Asks, ofNeed, uint64(x.ID)) {
					list = append(list, call{x.ID, p})
				}
			}
			return true, nil
		})
		if err != nil {
			return err
		}
	}
	for _, x := range list {
		b := api.NewNeed{Need: askedFor[d.luck.Of(ofNeed).Below(uint64(x.p), uint32(len(askedFor)))]}
		err := d.c.as(d.ctx, community, "POST restrictions/{}/needs", http.MethodPost, d.at+"/restrictions/"+itoa(x.restriction)+"/needs", b, nil)
		if err != nil {
			if err := d.try(err); err != nil {
				return err
			}
			continue
		}
		d.needs.asked++
	}
	return nil
}

// meet brings what was asked for: whoever cares for them does, some of it late.
func (d *Drill) meet(t api.Task) {
	who := siteStaff
	switch t.Owner {
	case "community-worker":
		who = community
	case "hospital":
		who = hospital
	}
	delay := hours(d.s.Office.Meet)
	if d.chance(d.s.Office.MeetLate, ofNeed+100, uint64(t.ID)) {
		delay += hours(d.s.Office.MeetLateBy)
	}
	d.finish(t, who, delay, func(sim.Minute) error {
		d.needs.met++
		return nil
	})
}
