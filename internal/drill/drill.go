package drill

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"firebreak/internal/api"
	"firebreak/internal/drill/scenario"
	"firebreak/internal/drill/scorecard"
	"firebreak/internal/place/qingdao"
	"firebreak/internal/protocol"
	"firebreak/internal/sim"
	"firebreak/internal/sim/chance"
	"firebreak/internal/sim/city"
	"firebreak/internal/sim/params"
)

// Options of a play.
type Options struct {
	Scenario *scenario.Scenario
	People   int // 0: as many as the scenario says
	Days     int // 0: as long as the scenario says
	Seed     uint64
	Server   Server            // begun as a drill, its clock at the scenario's start or before, with nothing in it but the tree and the accounts
	Tokens   map[string]string // by login, of Accounts

	// Before are earlier cards, which are kept beside this one; may be nil.
	Before []*scorecard.Card

	// In lets people in after some days; nil for a drill that nobody looks into.
	In *People

	// Progress is told at the beginning of each day; may be nil.
	Progress func(day, of int)
	// Said is told what went wrong on the way and was put right, or refused; may be nil.
	Said func(string)
}

// step is how far the clock is moved at a time while somebody acts, in minutes: nobody looks at a screen more often.
const step = 10

// Drill is one play. It is for one goroutine.
type Drill struct {
	Options
	ctx  context.Context
	s    *scenario.Scenario
	c    *client
	pack *protocol.Pack
	w    *sim.World
	city *city.City
	zone *time.Location
	luck chance.Key

	at     string // /api/outbreaks/NAME
	now    sim.Minute
	end    sim.Minute
	agenda agenda
	post   post
	scale  float64 // people whom the response is made for, in hundreds of thousands

	roster    roster
	apart     apart
	clinics   clinics
	routine   routine
	needs     needs
	tasks     taskBook
	tracing   tracing
	labs      []*lab
	road      road
	houses    houses
	rounds    rounds
	first     sim.Minute // when the first case was entered; never before
	truth     scorecard.Truth
	cases     map[int64]*patient
	caseOf    map[city.Person]*patient
	contacts  map[city.Person]*contacted
	byContact map[int64]*contacted
	refused   map[string]int
	swabbed   map[city.Person]sim.Minute // singly, last
	labels    int                        // of single swabs, so far
	holding   map[city.Person]bool       // who was told to stay because of a tube
	zones     []bool                     // by area: a zone is in force
	played    played
	byCode    map[string]city.Person // by the code on their card; made when it is needed
}

const never = sim.Forever

// Play plays a scenario and returns its score card. It returns an error where it could not be played, not where it was played badly.
func Play(ctx context.Context, o Options) (*scorecard.Card, error) {
	began := time.Now()
	d := &Drill{Options: o, ctx: ctx, s: o.Scenario, c: newClient(o.Server, o.Tokens), zone: o.Scenario.Location(), at: "/api/outbreaks/" + o.Scenario.Name, first: never, cases: map[int64]*patient{}, caseOf: map[city.Person]*patient{},
		contacts: map[city.Person]*contacted{}, byContact: map[int64]*contacted{}, refused: map[string]int{}, luck: chance.Key(o.Seed).Of(0xd2111)}
	if d.People == 0 {
		d.People = int(d.s.Place.People.Value)
	}
	if d.Days == 0 {
		d.Days = d.s.Days
	}
	if d.Said == nil {
		d.Said = func(string) {}
	}
	if d.Progress == nil {
		d.Progress = func(int, int) {}
	}
	// An outbreak that begins in a school is as large in a small town. It is helped from around, as Laixi was by Qingdao.
	d.scale, d.end = max(1, float64(d.People)/100_000), sim.At(d.Days, 0)
	model, err := d.model()
	if err != nil {
		return nil, err
	}
	if d.w, err = d.world(model); err != nil {
		return nil, err
	}
	d.city = d.w.City()
	if d.pack, err = protocol.Load(d.s.Pack); err != nil {
		return nil, err
	}
	if err := d.setUp(); err != nil {
		return nil, fmt.Errorf("set up the drill: %w", err)
	}
	ready := time.Since(began)
	if err := d.play(); err != nil {
		return nil, fmt.Errorf("%s: %w", d.clock(d.now).Format("2006-01-02 15:04"), err)
	}
	card, err := d.score(model)
	if err != nil {
		return nil, fmt.Errorf("score the drill: %w", err)
	}
	card.SetUp, card.Wall = ready.Seconds(), time.Since(began).Seconds()
	return card, d.keepCards(card)
}

// model makes the city and fits the disease to it.
func (d *Drill) model() (*sim.Model, error) {
	tree, err := qingdao.Tree()
	if err != nil {
		return nil, err
	}
	outlines, err := qingdao.Outlines()
	if err != nil {
		return nil, err
	}
	how, err := params.LoadCity()
	if err != nil {
		return nil, err
	}
	root, ok := tree.ByCode(d.s.Place.Area)
	if !ok {
		return nil, fmt.Errorf("place.area: no jurisdiction of Qingdao has the code %q: %w", d.s.Place.Area, scenario.ErrInvalid)
	}
	made, err := city.Build(city.Options{Tree: tree, Outlines: outlines, Root: root.ID, People: d.People, Seed: d.Seed, Params: how, Port: d.s.Place.Port})
	if err != nil {
		return nil, err
	}
	disease, err := params.Load(d.s.Disease.Params)
	if err != nil {
		return nil, err
	}
	own := *disease
	own.Specificity = d.s.Disease.Specificity
	return sim.Fit(made, &own)
}

// world begins an outbreak with the first cases of the scenario: the same for the drill, for paper and where nothing is done.
func (d *Drill) world(m *sim.Model) (*sim.World, error) {
	w, err := sim.New(sim.Options{Model: m, Seed: d.Seed, Compliance: d.s.People.Compliance.Value, Workers: 2})
	if err != nil {
		return nil, err
	}
	for i, f := range d.s.First {
		if err := d.infect(w, f, d.luck.Of(0xf125).Of(uint64(i))); err != nil {
			return nil, fmt.Errorf("first[%d]: %w", i, err)
		}
	}
	return w, nil
}

// infect infects the first cases: of one group, of one site, or anybody.
func (d *Drill) infect(w *sim.World, f scenario.First, k chance.Key) error {
	c := w.City()
	var pool []uint32
	if f.Site == "" {
		for i := range uint64(20 * f.Cases) {
			pool = append(pool, k.Below(i, uint32(c.People())))
		}
	} else {
		var sites []uint32
		for s := range uint32(c.Sites()) {
			if people, kind := c.AtSite(s); kind.String() == f.Site && len(people) > 0 {
				sites = append(sites, s)
			}
		}
		if len(sites) == 0 {
			return fmt.Errorf("among %d people there is no %s; another --seed, or more --people, may have one: %w", c.People(), f.Site, scenario.ErrInvalid)
		}
		site := sites[k.Below(0, uint32(len(sites)))]
		pool, _ = c.AtSite(site)
		if f.Group {
			pool = c.Members(c.Group(city.Person(pool[k.Below(1, uint32(len(pool)))])))
		}
	}
	at, left := sim.At(f.Day, f.Hour*60), f.Cases
	first := k.Below(2, uint32(len(pool)))
	for i := range uint32(len(pool)) {
		if left > 0 && w.Seed(city.Person(pool[(first+i)%uint32(len(pool))]), at) {
			left--
		}
	}
	if left > 0 {
		return fmt.Errorf("%d of %d could not be infected: %w", left, f.Cases, scenario.ErrInvalid)
	}
	return nil
}

// clock is the instant of a minute.
func (d *Drill) clock(m sim.Minute) time.Time {
	y, mo, day := d.s.Start.In(d.zone).Date()
	return time.Date(y, mo, day+m.Day(), 0, int(m%sim.DayLength), 0, 0, d.zone)
}

// minute is the minute of an instant, cut off.
func (d *Drill) minute(t time.Time) sim.Minute {
	y, mo, day := d.s.Start.In(d.zone).Date()
	t = t.In(d.zone)
	ty, tm, td := t.Date()
	days := int(time.Date(ty, tm, td, 0, 0, 0, 0, time.UTC).Sub(time.Date(y, mo, day, 0, 0, 0, 0, time.UTC)) / (24 * time.Hour))
	return sim.At(days, t.Hour()*60+t.Minute())
}

func (d *Drill) stamp(m sim.Minute) string { return d.clock(m).Format(time.RFC3339) }
func (d *Drill) date(day int) string       { return d.clock(sim.At(day, 0)).Format("2006-01-02") }

// hours is a number of hours in minutes.
func hours(n scenario.Number) sim.Minute { return sim.Minute(n.Value*60 + 0.5) }

// each makes a number for each 100,000 people one for this city: at least 1.
func (d *Drill) each(n scenario.Number) int { return max(1, int(n.Value*d.scale+0.5)) }

// chance says whether something that happens to a share happens to somebody at a time.
func (d *Drill) chance(share scenario.Number, what uint64, who uint64) bool {
	return d.luck.Of(what).Float(who) < share.Value
}

// What is left to luck.
const (
	ofTested = 1 + iota
	ofNumber
	ofNamed
	ofSecond
	ofLate
	ofLost
	ofAbsent
	ofRefusal
	ofStop
	ofDoor
	ofModerate
	ofSex
	ofRoutine
	ofNeed
	ofCompanion
	ofWayHome
)

// play goes through the days.
func (d *Drill) play() error {
	if err := d.injects(); err != nil {
		return err
	}
	d.morning()
	for d.now < d.end {
		next := d.now - d.now%step + step
		if d.first == never { // nothing happens but visits to clinics
			next = d.end
			if at, ok := d.agenda.next(); ok {
				next = min(next, (at+step-1)/step*step)
			}
			next = min(max(next, d.now+step-d.now%step), sim.At(d.now.Day()+1, 0))
		}
		if err := d.letIn(); err != nil {
			return err
		}
		if err := d.moveTo(next); err != nil {
			return err
		}
		if err := d.work(); err != nil {
			return err
		}
		if d.first != never {
			if err := d.act(); err != nil {
				return err
			}
		}
		if d.now.Day() > d.w.Today() {
			d.w.End()
			if d.over() {
				d.end = d.now
			}
			if d.now < d.end {
				d.morning()
			}
		}
		if err := d.ctx.Err(); err != nil {
			return err
		}
	}
	if d.In != nil && !d.played.open {
		return ErrNobodyFound
	}
	return nil
}

// over says whether nothing can happen any more, at midnight: nobody was found outside isolation for as long as the pack keeps the zones that it proposes, nobody who was infected can infect anybody, nobody is kept apart as a case or contact, and no round is under way.
// Then the days that are left would change nothing on the card. Where people play, the drill goes on until its last day.
func (d *Drill) over() bool {
	if d.first == never || d.In != nil || !d.w.Over() || d.rounds.round != nil || d.road.under {
		return false
	}
	for _, l := range d.pack.Zones.Levels {
		if l.Name == d.pack.Zones.Propose.Value && d.now.Day()-d.truth.LastOutside(d.first.Day()) <= l.CleanFor.Value {
			return false
		}
	}
	for p := range d.apart.why { // somebody always waits at a clinic
		if d.isApart(p) {
			return false
		}
	}
	return true
}

// work does what is due by now, and sends what there is to tell; from that more may follow at once.
func (d *Drill) work() error {
	for more := true; more; {
		if err := d.agenda.until(d.now, d.pass); err != nil {
			return err
		}
		var err error
		if more, err = d.send(); d.pass(err) != nil {
			return err
		}
	}
	return nil
}

// moveTo moves the clock of the server; where people play, it runs there.
func (d *Drill) moveTo(at sim.Minute) error {
	if d.played.open {
		err := d.await(at)
		d.now = at
		return err
	}
	err := d.c.as(d.ctx, admin, "PUT drill/clock", "PUT", "/api/drill/clock", api.NewClock{To: d.clock(at)}, nil)
	d.now = at
	return err
}

// act is what everybody does who looks at a screen every few minutes. Drivers tell what they have done before the desk plans: a plan takes a stop that is not told of for late.
func (d *Drill) act() error {
	for _, do := range []func() error{d.readTasks, d.seeDone, d.drive, d.dispatch, d.seeSites, d.desks, d.seeHolds, d.seeReleases, d.seeZones, d.seeNeeds} {
		if err := d.pass(do()); err != nil {
			return err
		}
	}
	return nil
}

// morning is what begins with a day: who will come to a clinic.
func (d *Drill) morning() {
	of := d.Days
	if d.In != nil && d.first != never && !d.played.open {
		of = d.first.Day() + d.In.Day
	}
	d.Progress(d.w.Today(), of)
	d.visits()
	d.swabRoutine(d.w.Today())
}

// try lets a refusal pass that the way of the world explains: somebody was released, became a case or was called off meanwhile. It is counted, and told.
func (d *Drill) try(err error) error {
	var r *refusal
	if !refusedWith(err, http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity) || !errors.As(err, &r) {
		return err
	}
	key := r.method + " " + shape(r.path)
	d.refused[key]++
	if d.refused[key] <= 3 {
		d.Said(d.clock(d.now).Format("01-02 15:04 ") + err.Error())
	}
	return nil
}

// shape is a path without its numbers.
func shape(path string) string {
	out := make([]byte, 0, len(path))
	for i := range len(path) {
		if c := path[i]; c == '?' {
			break
		} else if c < '0' || c > '9' {
			out = append(out, c)
		}
	}
	return string(out)
}
