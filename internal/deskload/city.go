// Package deskload is a load to measure capture under: a city whose people are sampled once each by devices that send batches as phones do. It gives real orders to make the
// city, speaks HTTP to a server of another process, and afterwards counts in the store what became of every sample.
package deskload

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"firebreak/internal/command"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/screening"
	"firebreak/internal/store"
)

// Shape of the load: tubes of ten, five a batch, as a phone has them after some minutes at a busy desk.
const (
	PerTube  = 10
	PerBatch = 5
	// community is how many people live in one: guidance 1.2 has one site for 2,000 to 3,000 people.
	community = 2500
	// Name is the outbreak's.
	Name = "load"
)

// Device is one that sends.
type Device struct {
	ID  screening.DeviceID
	Key string
}

// City is who is sampled, and by what.
type City struct {
	Outbreak outbreak.ID
	Round    screening.RoundID
	Sites    []screening.SiteID
	Devices  []Device
	People   []person.ID // the first of each block of community people, who have consecutive numbers
	Size     int
	Areas    []string // codes: the city, its districts, and its communities
	Code     func(person.ID) string
}

// Person returns the i-th person of the city.
func (c *City) Person(i int) person.ID { return c.People[i/community] + person.ID(i%community) }

// Batches is how many batches sample everybody once.
func (c *City) Batches() int { return c.Size / (PerTube * PerBatch) }

// Fill makes a city in an empty store: people without names, since names are not on the path that is measured, one site for each community, and devices.
func Fill(ctx context.Context, db *store.DB, ids *store.Identities, people, devices int, seen func(done, of int)) (*City, error) {
	if people < PerTube*PerBatch || devices < 1 {
		return nil, fmt.Errorf("a load has at least %d people and one device", PerTube*PerBatch)
	}
	people -= people % (PerTube * PerBatch)
	out := &City{Size: people}
	commands, by := command.New(db, ids), command.Owner("bench")
	communities := (people + community - 1) / community
	areas := []place.NewJurisdiction{{Jurisdiction: place.Jurisdiction{Code: "1", Name: "City", Level: place.City}}}
	for i := range (communities + 199) / 200 {
		areas = append(areas, place.NewJurisdiction{Jurisdiction: place.Jurisdiction{Code: fmt.Sprintf("1%03d", i), Name: fmt.Sprint("District ", i+1), Level: place.District}, ParentCode: "1"})
	}
	codes := make([]string, communities)
	for i := range codes {
		codes[i] = fmt.Sprintf("1%03d%05d", i/200, i)
		areas = append(areas, place.NewJurisdiction{Jurisdiction: place.Jurisdiction{Code: codes[i], Name: fmt.Sprint("Community ", i+1), Level: place.Community}, ParentCode: codes[i][:4]})
	}
	if err := db.Update(ctx, func(tx *store.Tx) error {
		_, _, _, err := tx.PutAreas(areas, nil, 1)
		return err
	}); err != nil {
		return nil, err
	}
	o, err := commands.StartOutbreak(ctx, by, command.StartOutbreak{Name: Name, Pack: "covid19/2022-v9", Zone: "Asia/Shanghai", Area: "1"})
	if err != nil {
		return nil, err
	}
	out.Outbreak = o.ID
	for _, a := range areas {
		out.Areas = append(out.Areas, a.Code)
	}
	for i := range communities {
		n := min(community, people-i*community)
		var first person.ID
		err := db.Update(ctx, func(tx *store.Tx) error {
			tree, err := tx.Tree()
			if err != nil {
				return err
			}
			j, _ := tree.ByCode(codes[i])
			list := make([]person.Person, n)
			for k := range list {
				list[k] = person.Person{Area: j.ID, District: j.Parent, Age: person.AgeUnknown}
			}
			if err := tx.AddPeople(list); err != nil {
				return err
			}
			first = list[0].ID
			return nil
		})
		if err != nil {
			return nil, err
		}
		out.People = append(out.People, first)
		seen(i*community+n, people)
	}
	now := db.Now()
	r, err := commands.PlanRound(ctx, by, command.PlanRound{Outbreak: Name, Areas: []string{"1"}, StartsAt: now.Add(-time.Hour), EndsAt: now.Add(23 * time.Hour), Pool: PerTube})
	if err != nil {
		return nil, err
	}
	if _, err := commands.OpenRound(ctx, by, r.ID, 0); err != nil {
		return nil, err
	}
	out.Round = r.ID
	sites := make([]command.SiteFields, communities)
	for i := range sites {
		sites[i] = command.SiteFields{Code: fmt.Sprint("S", i+1), Area: codes[i], Lanes: 4}
	}
	list, err := commands.AddSites(ctx, by, command.AddSites{Outbreak: Name, Sites: sites})
	if err != nil {
		return nil, err
	}
	for _, s := range list {
		out.Sites = append(out.Sites, s.ID)
	}
	if err := out.enrol(ctx, commands, by, devices); err != nil {
		return nil, err
	}
	return out, db.View(ctx, func(r *store.Reader) error {
		v, err := ids.Vault(r)
		if err == nil {
			out.Code = v.PersonCode
		}
		return err
	})
}

// enrol enrols the devices, many at a time so that they share flushes.
func (c *City) enrol(ctx context.Context, commands *command.Commands, by command.By, devices int) error {
	c.Devices = make([]Device, devices)
	errs := make([]error, 32)
	var wg sync.WaitGroup
	for w := range errs {
		wg.Go(func() {
			for i := w; i < devices && errs[w] == nil; i += len(errs) {
				inv, err := commands.InviteDevice(ctx, by, c.Sites[i%len(c.Sites)], fmt.Sprint(i/len(c.Sites)+1))
				if err == nil {
					var e command.Enrolled
					e, err = commands.EnrolDevice(ctx, inv.Secret)
					c.Devices[i] = Device{e.ID, e.Secret}
				}
				errs[w] = err
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}
