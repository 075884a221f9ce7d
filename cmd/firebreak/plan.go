package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"firebreak/internal/i18n"
	"firebreak/internal/plan/round"
	"firebreak/internal/plan/samplecity"
	"firebreak/internal/roundplan"
)

type planCmd struct {
	Round      planRoundCmd      `cmd:"" help:"Plan a mass-testing round, of a file or of an outbreak: who goes where and when, what binds, and what would help."`
	City       planCityCmd       `cmd:"" help:"Print what a round of an outbreak would be planned from now, as JSON that plan round --in reads."`
	Example    planExampleCmd    `cmd:"" help:"Make up a city to plan for."`
	Trip       planTripCmd       `cmd:"" help:"Plan a day of transfers from a file: who is fetched by which vehicle when, and which bed they get."`
	Bed        planBedCmd        `cmd:"" help:"Give the households of a day beds, without vehicles."`
	ExampleDay planExampleDayCmd `cmd:"" help:"Make up a day of transfers to plan."`
}

type planRoundCmd struct {
	In        string   `placeholder:"CITY.json" help:"The city, as docs/plan-round.md describes it; - for stdin. Or the round of an outbreak: --outbreak and --round."`
	Outbreak  string   `placeholder:"NAME" help:"In place of --in, with --round: a round of this outbreak is planned as it stands now, and the plan is kept with it."`
	Number    int64    `name:"round" placeholder:"N" help:"With --outbreak: number of the round."`
	Remedies  bool     `help:"Try all remedies, each by solving again, and rank them by what an hour saved costs."`
	Period    int      `placeholder:"MINUTES" help:"Plan in periods of 15, 30 or 60 minutes, whatever the file says."`
	Replan    string   `placeholder:"PLAN.json" help:"An earlier plan of this city: what it has before --now has happened and is kept."`
	Now       *float64 `placeholder:"HOUR" help:"With --replan: hour of the round."`
	LabDown   []string `placeholder:"ID[@HOUR]" help:"With --replan: a laboratory that takes nothing more, from now or an hour; may be repeated."`
	SiteClose []string `placeholder:"ID[@HOUR]" help:"With --replan: a site that is closed, from now or an hour; may be repeated."`
	Lang      string   `enum:"en,zh" default:"en" help:"Language of what is printed: ${enum}."`
	Turnout   float64  `placeholder:"SHARE" help:"With --replan: the share of the people planned before --now who came; the others are still due. Default 1."`
	dataFlags
	serverFlags
	jsonFlag
}

// Help is shown below the flags.
func (planRoundCmd) Help() string {
	return "The answer is the smallest deadline with its proof, and the cheapest plan at it. What cannot be done is no error: the plan says what is short and by how much, and the exit code is 0."
}

// Run reads the city and prints its plan.
func (c *planRoundCmd) Run(ctx context.Context, p *process) error {
	switch {
	case (c.In == "") == (c.Outbreak == ""):
		return misused(errors.New("say what to plan: --in CITY.json, or --outbreak NAME with --round N"))
	case c.Outbreak != "" && c.Number < 1:
		return misused(errors.New("--outbreak needs --round: the number of the round"))
	case c.Outbreak != "" && (c.Replan != "" || c.Period != 0):
		return misused(errors.New("--replan and --period go with --in; a round of an outbreak is planned again from what has come in"))
	case c.Outbreak != "":
		return c.kept(ctx, p)
	case c.Data != "" || c.DB != "" || c.URL != "":
		return misused(errors.New("--data, --db and --url go with --outbreak"))
	}
	if c.Replan == "" && (c.Now != nil || len(c.LabDown) > 0 || len(c.SiteClose) > 0 || c.Turnout != 0) {
		return misused(errors.New("--now, --lab-down, --site-close and --turnout go with --replan"))
	}
	if c.Replan != "" && c.Now == nil {
		return misused(errors.New("--replan needs --now"))
	}
	city, err := readPlanFile(p, "--in", c.In, round.ReadCity)
	if err != nil {
		return err
	}
	if c.Period != 0 {
		city.Period = c.Period
	}
	var before *round.Plan
	if c.Replan != "" {
		if city, before, err = c.proceed(p, city); err != nil {
			return err
		}
	}
	plan, err := round.Make(city, round.Options{AllRemedies: c.Remedies, Before: before})
	if err != nil {
		return rejected(fmt.Errorf("%s: %w", c.In, err))
	}
	if c.JSON {
		return p.writeJSON(plan)
	}
	l, err := c.words(plan)
	if err != nil {
		return err
	}
	return tellPlan(p, l, plan)
}

// words are those in which the plan is told, with its instants as its city's clocks show them.
func (c *planRoundCmd) words(plan round.Plan) (*i18n.Localizer, error) {
	bundle, err := i18n.Load()
	if err != nil {
		return nil, err
	}
	return bundle.Localizer(i18n.Lang(c.Lang), plan.Start.Location()), nil
}

// readPlanFile opens and reads a file; what is wrong in it is the file's fault.
func readPlanFile[T any](p *process, flag, name string, read func(io.Reader) (T, error)) (_ T, err error) {
	var none T
	f, err := p.openInput(name)
	if err != nil {
		return none, fmt.Errorf("%s: %w", flag, err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	v, err := read(f)
	if err != nil {
		return none, rejected(fmt.Errorf("%s: %w", name, err))
	}
	return v, nil
}

// proceed turns the city into what is left of it by an earlier plan, and returns that too.
func (c *planRoundCmd) proceed(p *process, city round.City) (round.City, *round.Plan, error) {
	before, err := readPlanFile(p, "--replan", c.Replan, round.ReadPlan)
	if err != nil {
		return city, nil, err
	}
	e := round.Events{Now: *c.Now, Turnout: c.Turnout}
	if e.LabsDown, err = c.since("--lab-down", c.LabDown); err != nil {
		return city, nil, err
	}
	if e.SitesClosed, err = c.since("--site-close", c.SiteClose); err != nil {
		return city, nil, err
	}
	if city, err = round.Continue(city, before, e); err != nil {
		return city, nil, misused(err)
	}
	return city, &before, nil
}

// since reads ID or ID@HOUR.
func (c *planRoundCmd) since(flag string, list []string) (map[string]float64, error) {
	out := map[string]float64{}
	for _, text := range list {
		id, hour, given := strings.Cut(text, "@")
		out[id] = *c.Now
		if given {
			at, err := strconv.ParseFloat(hour, 64)
			if err != nil || at < *c.Now {
				return nil, misused(fmt.Errorf("%s %q: want ID, or ID@HOUR with an hour not before --now", flag, text))
			}
			out[id] = at
		}
	}
	return out, nil
}

// tellPlan prints a plan for people, in their language.
func tellPlan(p *process, l *i18n.Localizer, plan round.Plan) error {
	hour := func(h float64) string { return strconv.FormatFloat(h, 'f', -1, 64) }
	say := func(m i18n.Msg) {
		_, _ = fmt.Fprintln(p.Stdout, l.Msg(m)) // the table after it reports when nobody can be written to
	}
	line := func() { _, _ = fmt.Fprintln(p.Stdout) }
	say(i18n.M("plan.say.people", "n", plan.People, "tubes", plan.Tubes))
	say(i18n.M("plan.say.ends", "sampling", hour(plan.FinishSampling), "sampled", l.DateTime(plan.SamplingAt), "results", hour(plan.FinishResults), "known", l.DateTime(plan.ResultsAt)))
	say(i18n.M("plan.say.bound", "hour", hour(plan.LowerBound), "gap", hour(plan.Gap)))
	if x := plan.Proof; x.Method != "" {
		say(i18n.M("plan.say.proof_"+x.Unit, "n", x.Of, "most", x.Passes, "hour", hour(x.Hours)))
	}
	say(i18n.M("plan.say.walk", "mean", int64(plan.Walk.Mean), "median", int64(plan.Walk.Median), "p90", int64(plan.Walk.P90)))
	for _, m := range roundplan.ShortWords(&plan) {
		say(m)
	}
	if plan.Frozen != nil {
		say(i18n.M("plan.say.before", "n", plan.Frozen.People, "tubes", plan.Frozen.Tubes))
	}
	line()
	t := newTable(l.T("plan.binds"), l.T("plan.say.many"), l.T("plan.col.from"), l.T("plan.col.to"), l.T("plan.say.helps"), l.T("plan.say.saved"))
	t.alignRight(1, 2, 3, 5)
	for _, b := range plan.Bottleneck {
		helps := ""
		if b.Remedy != "" {
			helps = l.Msg(roundplan.RemedyWords(b.Change, b.Remedy))
		}
		t.add(l.Enum("bottleneck", b.Resource), l.T("plan.say.of", "n", len(b.IDs), "of", b.Of), hour(b.From), hour(b.To), helps, hour(b.HoursSaved))
	}
	if err := t.write(p.Stdout); err != nil {
		return err
	}
	if len(plan.Remedies) > 0 {
		line()
		t = newTable(l.T("plan.remedy"), l.T("plan.say.results"), l.T("plan.say.saved"), l.T("plan.cost"), l.T("plan.per_hour"))
		t.alignRight(1, 2, 3, 4)
		for _, r := range plan.Remedies {
			saved, each := l.T("plan.say.nothing"), ""
			if r.HoursSaved > 0 {
				saved, each = hour(r.HoursSaved), fmt.Sprintf("%.0f", r.PerHour)
			}
			t.add(l.Msg(roundplan.RemedyWords(&r.Change, r.Name)), hour(r.FinishResults), saved, fmt.Sprintf("%.0f", r.Cost), each)
		}
		if err := t.write(p.Stdout); err != nil {
			return err
		}
	}
	line()
	return siteTable(l, plan).write(p.Stdout)
}

// siteTable is one line a site: when, how many lanes, how many people.
func siteTable(l *i18n.Localizer, plan round.Plan) *table {
	type line struct {
		from, to      float64
		lanes         int
		people, tubes int64
	}
	of, order := map[string]*line{}, []string{}
	for _, s := range plan.Sampling {
		x := of[s.Site]
		if x == nil {
			x = &line{from: s.From}
			of[s.Site] = x
			order = append(order, s.Site)
		}
		x.to = s.From + float64(plan.Period)/60
		x.people += s.People
		x.tubes += s.Tubes
	}
	for _, s := range plan.Staff {
		if x := of[s.Site]; x != nil {
			x.lanes = max(x.lanes, s.Lanes)
		}
	}
	t := newTable(l.T("plan.col.site"), l.T("plan.col.from"), l.T("plan.col.to"), l.T("plan.col.lanes"), l.T("plan.col.people"), l.T("plan.col.tubes"))
	t.alignRight(1, 2, 3, 4, 5)
	for _, id := range order {
		x := of[id]
		t.add(id, strconv.FormatFloat(x.from, 'f', -1, 64), strconv.FormatFloat(x.to, 'f', -1, 64), strconv.Itoa(x.lanes), strconv.FormatInt(x.people, 10), strconv.FormatInt(x.tubes, 10))
	}
	return t
}

type planExampleCmd struct {
	jsonFlag        // the city is JSON with and without it
	People   int64  `required:"" placeholder:"N" help:"People who live there, from 1000 on."`
	Seed     uint64 `default:"1" help:"The same people and seed give the same city."`
	Mixed    bool   `help:"A fifth in pools of five and a tenth singly, in place of pools of ten for all."`
	Period   int    `placeholder:"MINUTES" help:"15, 30 or 60."`
}

// Run makes up a city and prints it.
func (c *planExampleCmd) Run(_ context.Context, p *process) error {
	city, err := samplecity.Make(samplecity.Options{People: c.People, Seed: c.Seed, Mixed: c.Mixed, Period: c.Period})
	if err != nil {
		return misused(err)
	}
	if err := city.Validate(); err != nil {
		return misused(err)
	}
	return p.writeJSON(city)
}
