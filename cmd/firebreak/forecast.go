package main

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/dustin/go-humanize"

	"firebreak/internal/api"
	"firebreak/internal/command"
	"firebreak/internal/day"
	"firebreak/internal/forecast"
	"firebreak/internal/outbreak"
	"firebreak/internal/outlook"
	"firebreak/internal/store"
)

type forecastCmd struct {
	Make  forecastMakeCmd  `cmd:"" default:"withargs" help:"Work out what may come of an outbreak under two policies, as ranges, and keep it."`
	Show  forecastShowCmd  `cmd:"" help:"Print a forecast that was kept."`
	List  forecastListCmd  `cmd:"" help:"List the forecasts of an outbreak."`
	Score forecastScoreCmd `cmd:"" help:"Hold the forecasts of an outbreak against what has happened since."`
}

type forecastMakeCmd struct {
	Outbreak   string `required:"" placeholder:"NAME" help:"Outbreak to forecast."`
	A          string `name:"a" required:"" placeholder:"PACK" help:"Protocol pack, as covid19/2022-v9."`
	B          string `name:"b" required:"" placeholder:"PACK" help:"The pack to compare it with."`
	Params     string `placeholder:"NAME" help:"How the disease spreads: covid19-ancestral, ebola, influenza, measles, omicron-ba2. By the pathogen of the pack in force where it is not given."`
	AsOf       string `placeholder:"DAY" help:"Last day of the record to look at, ISO; yesterday where it is not given. What came later is left out."`
	Days       int    `default:"60" placeholder:"D" help:"Days to look ahead, 14 to 120."`
	Replicates int    `default:"200" placeholder:"R" help:"Courses to keep, 20 to 2,000."`
	Seed       uint64 `default:"1" placeholder:"S" help:"The same seed and record make the same forecast."`
	Lifted     bool   `help:"Also what comes if people meet again as before the first case, under A."`
	dataFlags
	serverFlags
	jsonFlag
}

// Help is shown below the flags.
func (forecastMakeCmd) Help() string {
	return "Outbreaks are made up, followed along the record, and go on under A and under B with the same luck; docs/forecast.md says how, and what is left out. Numbers are ranges: the middle half of the courses, and 9 in 10. " +
		"A forecast is kept with what it was made from, and scored later (forecast score)."
}

// Run makes a forecast and prints it.
func (c *forecastMakeCmd) Run(ctx context.Context, p *process) error {
	server, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	ask := outlook.Ask{A: c.A, B: c.B, Params: c.Params, Days: c.Days, Replicates: c.Replicates, Seed: c.Seed, Lifted: c.Lifted}
	if c.AsOf != "" {
		if ask.AsOf, err = day.Parse(c.AsOf); err != nil {
			return misused(fmt.Errorf("--as-of: %w", err))
		}
	}
	if server != nil {
		in := map[string]any{"a": c.A, "b": c.B, "params": c.Params, "as_of": c.AsOf, "days": c.Days, "replicates": c.Replicates, "seed": c.Seed, "lifted": c.Lifted}
		var out api.Forecast
		wait := p.waiting("forecast")
		err := server.send(ctx, http.MethodPost, path("/api/outbreaks/%s/forecasts", c.Outbreak), in, &out)
		wait.close()
		if err != nil {
			return err
		}
		return tellForecast(p, c.JSON, &out)
	}
	return c.with(ctx, p, false, func(db *store.DB) error {
		var id outbreak.ID
		err := db.View(ctx, func(r *store.Reader) error {
			o, err := r.OutbreakByName(c.Outbreak)
			id = o.ID
			return err
		})
		if err != nil {
			return err
		}
		line := p.progress("forecast "+c.Outbreak, "steps")
		ask.Progress = func(done, of int) { line.set(int64(done), int64(of)) }
		k, err := outlook.New(outlook.Options{DB: db, Commands: command.New(db, nil)}).Make(ctx, p.owner(), id, ask)
		line.close()
		if err != nil {
			return err
		}
		return tellForecast(p, c.JSON, keptForecast(k))
	})
}

func keptForecast(k *outlook.Kept) *api.Forecast {
	return &api.Forecast{Number: k.Number, MadeAt: &k.MadeAt, MadeBy: k.MadeBy, Forecast: k.Told}
}

type forecastShowCmd struct {
	Outbreak string `required:"" placeholder:"NAME" help:"Outbreak that it is of."`
	Number   int64  `required:"" placeholder:"N" help:"Its number."`
	dataFlags
	serverFlags
	jsonFlag
}

// Run prints a forecast.
func (c *forecastShowCmd) Run(ctx context.Context, p *process) error {
	var out api.Forecast
	err := readOutbreak(ctx, p, c.dataFlags, c.serverFlags, c.Outbreak, func(s *remote) error {
		return s.get(ctx, path("/api/outbreaks/%s/forecasts/%v", c.Outbreak, c.Number), nil, &out)
	}, func(r *store.Reader, o outbreak.Outbreak, _ time.Time) error {
		k, err := outlook.Read(r, o.ID, c.Number)
		if err == nil {
			out = *keptForecast(k)
		}
		return err
	})
	if err != nil {
		return err
	}
	return tellForecast(p, c.JSON, &out)
}

type forecastListCmd struct {
	Outbreak string `required:"" placeholder:"NAME" help:"Outbreak that they are of."`
	dataFlags
	serverFlags
	jsonFlag
}

// Run lists the newest forecasts.
func (c *forecastListCmd) Run(ctx context.Context, p *process) error {
	var out api.Forecasts
	err := readOutbreak(ctx, p, c.dataFlags, c.serverFlags, c.Outbreak, func(s *remote) error {
		return s.get(ctx, path("/api/outbreaks/%s/forecasts", c.Outbreak), nil, &out)
	}, func(r *store.Reader, o outbreak.Outbreak, _ time.Time) (err error) {
		out, err = api.ForecastsOf(r, o)
		return err
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return p.writeJSON(out)
	}
	t := newTable("number", "as of", "made", "by", "days", "a", "b", "params")
	t.alignRight(0, 4)
	for _, f := range out.Items {
		t.add(strconv.FormatInt(f.Number, 10), f.AsOf.String(), f.MadeAt.UTC().Format(time.RFC3339), f.MadeBy, strconv.FormatInt(f.Days, 10), f.A, f.B, f.Params)
	}
	return t.write(p.Stdout)
}

type forecastScoreCmd struct {
	Outbreak string `required:"" placeholder:"NAME" help:"Outbreak that they are of."`
	dataFlags
	serverFlags
	jsonFlag
}

// Help is shown below the flags.
func (forecastScoreCmd) Help() string {
	return "Of each forecast the policy that was in force is scored. An interval score is the width of the range, and for a day outside it how far it was times 2/(1-level): less is better."
}

// Run scores the newest forecasts.
func (c *forecastScoreCmd) Run(ctx context.Context, p *process) error {
	var out api.ForecastScores
	err := readOutbreak(ctx, p, c.dataFlags, c.serverFlags, c.Outbreak, func(s *remote) error {
		return s.get(ctx, path("/api/outbreaks/%s/forecasts/scores", c.Outbreak), nil, &out)
	}, func(r *store.Reader, o outbreak.Outbreak, now time.Time) (err error) {
		out, err = api.ScoresOf(r, o, now)
		return err
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return p.writeJSON(out)
	}
	t := newTable("number", "as of", "pack", "quantity", "days", "in 50 %", "in 90 %", "score 50 %", "score 90 %", "off the median", "")
	t.alignRight(0, 4, 5, 6, 7, 8, 9)
	for _, s := range out.Items {
		note := ""
		if !s.Held {
			note = "the pack was not in force"
		}
		for _, x := range s.Scored {
			t.add(strconv.FormatInt(s.Number, 10), s.AsOf.String(), s.Pack, string(x.Quantity), strconv.Itoa(x.Days), strconv.Itoa(x.Inside50), strconv.Itoa(x.Inside90), decimal(x.Interval50), decimal(x.Interval90), decimal(x.Absolute), note)
		}
	}
	return t.write(p.Stdout)
}

// tellForecast prints a forecast for people, or as JSON.
func tellForecast(p *process, asJSON bool, f *api.Forecast) error {
	if asJSON {
		return p.writeJSON(f)
	}
	n := func(x float64) string { return humanize.Commaf(x) }
	say := func(format string, args ...any) {
		_, _ = fmt.Fprintf(p.Stdout, format+"\n", args...) // the table after it reports when nobody can be written to
	}
	say("Forecast %d of %s, from the record up to %s: %d days, %d courses of %d made up, %s, seed %d.", f.Number, f.Outbreak, f.AsOf, f.Length, f.Replicates, f.Draws, f.Disease, f.Seed)
	u := f.Estimate.Unfound
	say("Not found yet on that day: %s infected (%s to %s).", n(u.Median), n(u.Low90), n(u.High90))
	for _, x := range f.Notes {
		say("Note: %s", forecastNote(x))
	}
	say("")
	t := newTable("policy", "pack", "quantity", "median", "half of them", "9 in 10")
	t.alignRight(3, 4, 5)
	for i := range f.Variants {
		v := &f.Variants[i]
		t.add(v.Key, v.Pack, "days to the last case outside isolation", days(v.Zero.Median), days(v.Zero.Low50)+" to "+days(v.Zero.High50), days(v.Zero.Low90)+" to "+days(v.Zero.High90))
		for _, s := range v.Series {
			name := string(s.Quantity) + ", in all"
			if !s.Quantity.Flow() {
				name = string(s.Quantity) + ", on the day with the most"
			}
			t.add("", "", name, n(s.All.Median), n(s.All.Low50)+" to "+n(s.All.High50), n(s.All.Low90)+" to "+n(s.All.High90))
		}
		if v.Outgrown > 0 {
			t.add("", "", "grew beyond the model", fmt.Sprintf("%.0f %%", 100*v.Outgrown), "", "")
		}
	}
	for _, d := range f.Difference {
		name := "a less b: " + string(d.Quantity)
		if d.Quantity == forecast.Zero {
			name = "a less b: days to the last case outside isolation"
		}
		t.add("", "", name, n(d.Range.Median), n(d.Range.Low50)+" to "+n(d.Range.High50), n(d.Range.Low90)+" to "+n(d.Range.High90))
	}
	return t.write(p.Stdout)
}

// days is a number of days that may lie beyond those that were looked at.
func days(n *int) string {
	if n == nil {
		return "later"
	}
	return strconv.Itoa(*n)
}

// forecastNote says what was not known.
func forecastNote(n forecast.Note) string {
	switch n {
	case forecast.NoPopulation:
		return "the population of the outbreak's area is not known; a million was taken."
	case forecast.NoContacts:
		return "no contacts of the recent cases are on record; as many for each case as in the model."
	case forecast.NoSetting:
		return "of most cases it is not on record where they were found."
	case forecast.LongRecord:
		return "the record is long; its last four weeks were looked at."
	case forecast.PoorFit:
		return "no made-up course is much like the record: do not lean on this forecast."
	case forecast.NoSeverity:
		return "no severity is on record; beds as the parameters of the disease say."
	}
	return string(n)
}
