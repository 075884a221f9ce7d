package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"firebreak/internal/capture"
	"firebreak/internal/command"
	"firebreak/internal/lab"
	"firebreak/internal/screening"
)

// Through lets Alive go on with the round through a service that projects by itself.
func (t *Town) Through(s *capture.Service) {
	t.capture, t.live = s, len(t.sites) > 0
}

// Example is the code of somebody who was sampled in both rounds, to ask for their result with; empty where there was no round.
func (t *Town) Example() string {
	for i, code := range t.codes {
		if t.sampled[i] && i > perTube {
			return code
		}
	}
	return ""
}

// Shares of what happens in the round next; assumed.
const (
	aPositive  = 0.02 // that a list of results has a positive tube
	goesAgain  = 0.08
	boxGoes    = 0.25
	labReports = 0.15
	stepLasts  = 40 * time.Second // of a box, so that one can be watched
	leastBox   = 4                // tubes
	mostRead   = 30
)

// ofTown makes one thing happen in the round under way.
func (a *alive) ofTown(ctx context.Context) error {
	t := a.town
	x := a.rng.Float64()
	switch {
	case x < goesAgain && len(t.again) > 0:
		return a.sampleAgain(ctx)
	case x < goesAgain+boxGoes:
		if done, err := a.moveBox(ctx); done || err != nil {
			return err
		}
	case x < goesAgain+boxGoes+labReports:
		if done, err := a.report(ctx); done || err != nil {
			return err
		}
	}
	return a.fillTube(ctx)
}

// fillTube has one desk close a tube and send it.
func (a *alive) fillTube(ctx context.Context) error {
	t, now := a.town, a.c.DB().Now()
	each := len(t.people) / len(t.sites)
	for try, site := 0, a.rng.IntN(len(t.sites)); try < len(t.sites); try, site = try+1, (site+1)%len(t.sites) {
		if site == darkSite {
			continue
		}
		tube := TownTube{Code: a.label("Q2"), Kind: screening.Pool, Closed: now}
		for n := 0; n < each && len(tube.People) < perTube; n++ {
			if who := site*each + n; !t.sampled[who] && !t.excused[who] && a.rng.IntN(3) > 0 {
				tube.People = append(tube.People, Swab{Who: who, At: now.Add(-time.Duration(perTube-len(tube.People)) * 20 * time.Second)})
			}
		}
		if len(tube.People) > 0 {
			return a.send(ctx, SendTubes{deskName(site, a.rng.IntN(desksEach)), 2, site, []TownTube{tube}})
		}
	}
	return nil
}

func (a *alive) label(prefix string) string {
	a.town.made++
	return fmt.Sprintf("%s-A%04d", prefix, a.town.made)
}

// sampleAgain samples one of the people of positive tubes alone, where they are.
func (a *alive) sampleAgain(ctx context.Context) error {
	t, now := a.town, a.c.DB().Now()
	one := t.again[0]
	return a.send(ctx, SendTubes{deskName(one.site, 1), 2, one.site, []TownTube{{Code: a.label("Q2-S"), Kind: screening.Single, Closed: now, People: []Swab{{Who: one.who, At: now}}}}})
}

// moveBox packs a box, or carries one a step further.
func (a *alive) moveBox(ctx context.Context) (bool, error) {
	t, now := a.town, a.c.DB().Now()
	var next *townBox
	for _, b := range t.boxes {
		if now.Sub(b.at) > stepLasts && (next == nil || b.at.Before(next.at)) && b.site != darkSite {
			next = b
		}
	}
	if next != nil && a.rng.IntN(4) > 0 {
		steps := lab.Steps()
		o := HandOver{Box: next.label, Count: len(next.tubes), Step: steps[slices.Index(steps, next.step)+1], Device: courierOf(next.site)}
		if o.Step == lab.Received {
			o.Device = laboratoryOf(next.site)
		}
		return true, a.handOver(ctx, now, o)
	}
	site := -1
	for i, list := range t.loose {
		if i != darkSite && len(list) >= leastBox && (site < 0 || len(list) > len(t.loose[site])) {
			site = i
		}
	}
	if site < 0 {
		return false, nil
	}
	return true, a.pack(ctx, now, PackTubes{Device: deskName(site, 0), Round: 2, Site: site, Box: a.label("X2"), Tubes: slices.Clone(t.loose[site])})
}

// report has a laboratory report the tubes that have waited longest.
func (a *alive) report(ctx context.Context) (bool, error) {
	code := pickOf(a.rng, townLaboratory, townLaboratory, mobileLaboratory)
	list := a.town.unread[code]
	if len(list) == 0 {
		return false, nil
	}
	var rows []command.TubeRow
	positive := a.rng.Float64() < aPositive
	for i, c := range list[:min(len(list), 5+a.rng.IntN(mostRead))] {
		r := command.TubeRow{Code: c, Result: string(lab.TubeNegative)}
		if i == 0 && positive {
			r.Result, r.Ct = string(lab.TubePositive), fmt.Sprint(round(22+8*a.rng.Float64(), 1))
		}
		rows = append(rows, r)
	}
	return true, a.readTubes(ctx, ReadTubes{code, rows})
}
