package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"syscall"
	"time"

	"firebreak/internal/api"
	"firebreak/internal/plan/bed"
	"firebreak/internal/plan/sampleday"
	"firebreak/internal/plan/trip"
)

type planTripCmd struct {
	In        string   `required:"" placeholder:"DAY.json" help:"The day, as docs/plan-trip.md describes it; - for stdin."`
	Format    string   `enum:"json,solomon" default:"json" help:"json, or solomon: a file of Solomon's or Gehring and Homberger's vehicle routing problems with time windows, to compare with published bests."`
	Seconds   float64  `default:"10" placeholder:"N" help:"Processor time to search for; 0: the first plan, at once."`
	Steps     int      `placeholder:"N" help:"Search for so many steps instead: the same steps and seed give the same plan anywhere."`
	Seed      uint64   `default:"1" help:"Of the search."`
	Distances string   `enum:"real,tenths" default:"real" help:"With solomon: Euclidean ways, or cut off after one decimal as in CVRPLIB and the DIMACS challenge."`
	FixedBeds bool     `help:"Choose beds beforehand, nearest first, instead of together with the routes."`
	Replan    string   `placeholder:"PLAN.json" help:"An earlier plan of this day: what it has before --now has happened, and those who were promised a time keep it."`
	Now       *float64 `placeholder:"MINUTE" help:"With --replan: minute of the day."`
	Down      []string `placeholder:"VEHICLE" help:"With --replan: a vehicle that has broken down; may be repeated."`
	Full      []string `placeholder:"SITE" help:"With --replan: a site that takes nobody more; may be repeated."`
	Add       string   `placeholder:"DAY.json" help:"With --replan: a day whose requests have come in since."`
	Left      bool     `help:"With --replan: print the day that is left instead of its plan."`
	Needed    bool     `help:"Also say how many more vehicles would bring in time those who are not: found by planning again with so many."`
	jsonFlag
}

// Help is shown below the flags.
func (planTripCmd) Help() string {
	return "First everybody is fetched, then nobody is late, then the driving is short. Who cannot be fetched or comes late is no error: the plan says who and what is short, and the exit code is 0."
}

// Run reads the day and prints its plan.
func (c *planTripCmd) Run(_ context.Context, p *process) error {
	if c.Replan == "" && (c.Now != nil || len(c.Down) > 0 || len(c.Full) > 0 || c.Add != "" || c.Left) {
		return misused(errors.New("--now, --down, --full, --add and --left go with --replan"))
	}
	if c.Replan != "" && c.Now == nil {
		return misused(errors.New("--replan needs --now"))
	}
	if c.Format == "solomon" {
		return c.solomon(p)
	}
	day, err := readPlanFile(p, "--in", c.In, trip.ReadDay)
	if err != nil {
		return err
	}
	if c.Replan != "" {
		if day, err = c.proceed(p, day); err != nil {
			return err
		}
		if c.Left {
			return p.writeJSON(day)
		}
	}
	search, done := c.budget(p)
	plan, err := trip.Make(day, trip.Options{Seed: c.Seed, Budget: search, Fixed: c.FixedBeds})
	done()
	if err != nil {
		return rejected(fmt.Errorf("%s: %w", c.In, err))
	}
	var more []trip.More
	if c.Needed {
		// Each number is planned with as long a search as a plan that is asked for a cost.
		if more, err = trip.Needed(day, plan, trip.Options{Seed: c.Seed, Budget: trip.Steps(neededSteps), Fixed: c.FixedBeds}, nil); err != nil {
			return err
		}
	}
	if c.JSON {
		if c.Needed {
			return p.writeJSON(neededPlan{plan, append([]trip.More{}, more...)})
		}
		return p.writeJSON(plan)
	}
	if err := tellTrips(p, plan); err != nil || !c.Needed {
		return err
	}
	_, _ = fmt.Fprintln(p.Stdout)
	return tellNeeded(p, api.NeededView(more))
}

// neededSteps is the search for each number of more vehicles.
const neededSteps = 500

// neededPlan is a plan with what more vehicles would do.
type neededPlan struct {
	trip.Plan
	Needed []trip.More `json:"needed"`
}

// budget is what the flags allow the search, with a line of progress.
func (c *planTripCmd) budget(p *process) (search trip.Budget, done func()) {
	if c.Steps == 0 && c.Seconds <= 0 {
		return nil, func() {}
	}
	line := p.progress("plan "+c.In, "steps")
	if c.Steps > 0 {
		all := trip.Steps(c.Steps)
		return func(steps int) float64 {
			line.set(int64(steps), int64(c.Steps))
			return all(steps)
		}, line.close
	}
	start := cpuOf(syscall.RUSAGE_SELF)
	limit := time.Duration(c.Seconds * float64(time.Second))
	return func(steps int) float64 {
		line.set(int64(steps), 0)
		return float64(cpuOf(syscall.RUSAGE_SELF)-start) / float64(limit)
	}, line.close
}

func (c *planTripCmd) solomon(p *process) error {
	if c.Replan != "" || c.FixedBeds {
		return misused(errors.New("--replan and --fixed-beds are for days"))
	}
	in, err := readPlanFile(p, "--in", c.In, trip.ReadSolomon)
	if err != nil {
		return err
	}
	search, done := c.budget(p)
	tour, err := in.Solve(trip.Convention(c.Distances), trip.Options{Seed: c.Seed, Budget: search})
	done()
	if err != nil {
		return misused(err)
	}
	if c.JSON {
		return p.writeJSON(tour)
	}
	t := newTable("instance", "vehicles", "distance", "unserved")
	t.alignRight(1, 2, 3)
	t.add(tour.Name, strconv.Itoa(tour.Vehicles), strconv.FormatFloat(tour.Distance, 'f', 2, 64), strconv.Itoa(len(tour.Unserved)))
	return t.write(p.Stdout)
}

// proceed turns the day into what is left of it.
func (c *planTripCmd) proceed(p *process, day trip.Day) (trip.Day, error) {
	before, err := readPlanFile(p, "--replan", c.Replan, trip.ReadPlan)
	if err != nil {
		return day, err
	}
	e := trip.Events{Now: *c.Now, Down: c.Down, Full: c.Full}
	if c.Add != "" {
		more, err := readPlanFile(p, "--add", c.Add, trip.ReadDay)
		if err != nil {
			return day, err
		}
		e.New = more.Requests
	}
	if day, err = trip.Continue(day, before, e); err != nil {
		return day, misused(err)
	}
	return day, nil
}

// clock is a minute of the day as people read it.
func clock(start time.Time, minute float64) string {
	return start.Add(time.Duration(minute * float64(time.Minute))).Format("15:04")
}

// tellTrips prints a plan for people.
func tellTrips(p *process, plan trip.Plan) error {
	say := func(format string, args ...any) {
		_, _ = fmt.Fprintf(p.Stdout, format+"\n", args...) // the table after it reports when nobody can be written to
	}
	say("%d people of %d households are fetched in %d trips of %d vehicles; %.0f minutes driven, %.0f km.", plan.People, plan.Requests, plan.Trips, plan.Vehicles, plan.Travel, plan.Km)
	say("From ready to the site: mean %.0f minutes, 9 of 10 within %.0f, longest %.0f. The last is there at %s.", plan.Wait.Mean, plan.Wait.P90, plan.Wait.Max, clock(plan.Start, plan.LastOff))
	tellUnplaced(say, plan.Unserved)
	if len(plan.Late) > 0 {
		say("Late: %d households, %.0f minutes in all.", len(plan.Late), plan.LateMin)
	}
	for _, l := range plan.Late[:min(20, len(plan.Late))] {
		say("  %s by %.0f minutes: %s (%s)", l.Request, l.Minutes, l.Meaning, l.Short)
	}
	say("")
	t := newTable("vehicle", "shift", "leaves", "back", "trips", "households", "minutes driven", "km")
	t.alignRight(1, 2, 3, 4, 5, 6, 7)
	for _, r := range plan.Routes {
		trips := 0
		for _, v := range r.Visits {
			if v.Site != "" {
				trips++
			}
		}
		t.add(r.Vehicle, strconv.Itoa(r.Shift+1), clock(plan.Start, r.From), clock(plan.Start, r.To), strconv.Itoa(trips), strconv.Itoa(len(r.Visits)-trips), strconv.FormatFloat(r.Travel, 'f', 0, 64), strconv.FormatFloat(r.Km, 'f', 1, 64))
	}
	return t.write(p.Stdout)
}

// tellUnplaced says who has no vehicle or bed, the first twenty with the reason.
func tellUnplaced(say func(string, ...any), list []bed.Unplaced) {
	if len(list) > 0 {
		say("Left out: %d households.", len(list))
	}
	for _, u := range list[:min(20, len(list))] {
		say("  %s, %d people: %s (%s)", u.Party, u.People, u.Meaning, u.Short)
	}
}

type planBedCmd struct {
	In    string `required:"" placeholder:"DAY.json" help:"The day, as docs/plan-trip.md describes it; its vehicles and times are not looked at; - for stdin."`
	Bound bool   `help:"Work out how much nearer beds could be at best."`
	jsonFlag
}

// Help is shown below the flags.
func (planBedCmd) Help() string {
	return "Gives beds nearest first, without thinking of vehicles; plan trip chooses them together with the routes. Who gets none is no error: the plan says what is short."
}

// Run reads the day and prints who gets which bed.
func (c *planBedCmd) Run(_ context.Context, p *process) error {
	day, err := readPlanFile(p, "--in", c.In, trip.ReadDay)
	if err != nil {
		return err
	}
	parties, held := make([]bed.Party, len(day.Requests)), map[string]bed.Assignment{}
	for i, q := range day.Requests {
		parties[i] = q.Party
		if q.Stay != nil {
			held[q.ID] = *q.Stay
		}
	}
	plan := bed.Assign(day.Sites, parties, bed.Options{Held: held, Full: day.Full, Bound: c.Bound})
	if c.JSON {
		return p.writeJSON(plan)
	}
	say := func(format string, args ...any) {
		_, _ = fmt.Fprintf(p.Stdout, format+"\n", args...) // the table after it reports when nobody can be written to
	}
	say("%d people of %d households have a bed, %.0f person-km away.", plan.People, plan.Parties, plan.Km)
	if c.Bound {
		say("No way to give these people beds has less than %.0f person-km (gap %.1f %%).", plan.Bound, 100*plan.Gap)
	}
	tellUnplaced(say, plan.Unplaced)
	say("")
	return bedTable(day, plan).write(p.Stdout)
}

// bedTable is a line for each kind of rooms that is used.
func bedTable(day trip.Day, plan bed.Plan) *table {
	type key struct{ site, rooms string }
	parties, people := map[key]int{}, map[key]int{}
	for _, a := range plan.Beds {
		k := key{a.Site, a.Rooms}
		parties[k]++
		people[k] += len(a.Room)
	}
	t := newTable("site", "rooms", "group", "free", "beds in each", "households", "people")
	t.alignRight(3, 4, 5, 6)
	for _, s := range day.Sites {
		for _, r := range s.Rooms {
			k := key{s.ID, r.ID}
			t.add(s.ID, r.ID, r.Group, strconv.Itoa(r.Count), strconv.Itoa(r.Beds), strconv.Itoa(parties[k]), strconv.Itoa(people[k]))
		}
	}
	return t
}

type planExampleDayCmd struct {
	jsonFlag          // the day is JSON with and without it
	Households int    `required:"" placeholder:"N" help:"Households to be fetched."`
	Vehicles   int    `placeholder:"N" help:"Default: one for 13 households."`
	Sites      int    `placeholder:"N" help:"Default: one for 200 households."`
	Seed       uint64 `default:"1" help:"The same numbers and seed give the same day."`
}

// Run makes up a day and prints it.
func (c *planExampleDayCmd) Run(_ context.Context, p *process) error {
	day, err := sampleday.Make(sampleday.Options{Households: c.Households, Vehicles: c.Vehicles, Sites: c.Sites, Seed: c.Seed})
	if err != nil {
		return misused(err)
	}
	return p.writeJSON(day)
}
