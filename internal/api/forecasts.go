package api

import (
	"net/http"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/day"
	"firebreak/internal/forecast"
	"firebreak/internal/outbreak"
	"firebreak/internal/outlook"
	"firebreak/internal/store"
)

// Forecast is a forecast as it was kept.
type Forecast struct {
	Number int64      `json:"number" doc:"1, 2, 3 ... of the outbreak."`
	MadeAt *time.Time `json:"made_at"`
	MadeBy string     `json:"made_by"`
	forecast.Forecast
}

// KeptForecast is a forecast in short.
type KeptForecast struct {
	Number     int64      `json:"number"`
	AsOf       day.Day    `json:"as_of" doc:"The last day of the record that was looked at."`
	MadeAt     *time.Time `json:"made_at"`
	MadeBy     string     `json:"made_by"`
	Days       int64      `json:"days"`
	Replicates int64      `json:"replicates"`
	Params     string     `json:"params"`
	InForce    string     `json:"in_force" doc:"The pack so far."`
	A          string     `json:"a"`
	B          string     `json:"b"`
	Digest     string     `json:"digest" doc:"SHA-256 of what it was made from."`
}

// Forecasts is the list.
type Forecasts struct {
	Items []KeptForecast `json:"items"`
}

// ForecastScores is how forecasts have done.
type ForecastScores struct {
	Items []outlook.Score `json:"items" doc:"The newest first."`
}

// forecastsListed is how many forecasts a list or a table of scores has at most: the newest.
const forecastsListed = 100

// wholeOutbreak reads an outbreak for a caller who reads the cases of all of it: a forecast tells of all of it.
func (c *call) wholeOutbreak(name string, show func(*inside) error) error {
	return c.view(auth.CaseRead, name, "", func(v *inside) error {
		ok, err := v.sees(v.o.Area)
		if err != nil {
			return err
		}
		if !ok {
			return notFound("outbreak", name)
		}
		return show(v)
	})
}

func forecastView(k *outlook.Kept) Forecast {
	return Forecast{Number: k.Number, MadeAt: clock(k.MadeAt), MadeBy: k.MadeBy, Forecast: k.Told}
}

func (s *server) forecasts() {
	const at = "/api/outbreaks/{outbreak}/forecasts"
	type list struct {
		Asked
		Outbreak string `path:"outbreak"`
	}
	operation(s, "list-forecasts", http.MethodGet, at, "The newest forecasts of an outbreak, at most 100; for who reads the cases of all of it", 200, func(c *call, in *list) (out Forecasts, err error) {
		return out, c.wholeOutbreak(in.Outbreak, func(v *inside) (err error) {
			out, err = ForecastsOf(v.Reader, v.o)
			return err
		})
	})
	type one struct {
		Asked
		Outbreak string `path:"outbreak"`
		Number   int64  `path:"number"`
	}
	operation(s, "get-forecast", http.MethodGet, at+"/{number}", "A forecast: ranges by day and in all under two policies, and what they were made from", 200, func(c *call, in *one) (out Forecast, err error) {
		return out, c.wholeOutbreak(in.Outbreak, func(v *inside) error {
			k, err := outlook.Read(v.Reader, v.o.ID, in.Number)
			if err == nil {
				out = forecastView(k)
			}
			return err
		})
	})
	operation(s, "score-forecasts", http.MethodGet, at+"/scores", "How the newest forecasts have done so far: days inside their ranges, and interval scores", 200, func(c *call, in *list) (out ForecastScores, err error) {
		return out, c.wholeOutbreak(in.Outbreak, func(v *inside) (err error) {
			out, err = ScoresOf(v.Reader, v.o, c.now)
			return err
		})
	})
	type make struct {
		Asked
		Outbreak string `path:"outbreak"`
		Body     struct {
			A          string `json:"a" doc:"Protocol pack, as covid19/2022-v9."`
			B          string `json:"b" doc:"The pack to compare it with."`
			Params     string `json:"params,omitempty" doc:"How the disease spreads, as omicron-ba2; by the pathogen of the pack in force."`
			AsOf       string `json:"as_of,omitempty" doc:"Last day of the record to look at; yesterday."`
			Days       int    `json:"days,omitempty" doc:"To look ahead, 14 to 120; 60."`
			Replicates int    `json:"replicates,omitempty" doc:"Courses to keep, 20 to 2,000; 200."`
			Seed       uint64 `json:"seed,omitempty" doc:"The same seed and record make the same forecast; 1."`
			Lifted     bool   `json:"lifted,omitempty" doc:"Also what comes if people meet again as before the first case, under a."`
		}
	}
	operation(s, "make-forecast", http.MethodPost, at, "Work out what may come under two policies, and keep it; it answers when that is done, which takes seconds", 201, func(c *call, in *make) (out Forecast, err error) {
		var o outbreak.Outbreak
		if err := c.wholeOutbreak(in.Outbreak, func(v *inside) error { o = v.o; return nil }); err != nil {
			return out, err
		}
		if c.o.Outlook == nil {
			return out, notFound("forecasts of outbreak", in.Outbreak)
		}
		b := &in.Body
		ask := outlook.Ask{A: b.A, B: b.B, Params: b.Params, Days: b.Days, Replicates: b.Replicates, Seed: b.Seed, Lifted: b.Lifted}
		if b.AsOf != "" {
			if ask.AsOf, err = day.Parse(b.AsOf); err != nil {
				return out, &command.Invalid{Field: "as_of", Value: b.AsOf, Reason: err.Error()}
			}
		}
		k, err := c.o.Outlook.Make(c.ctx, c.by(), o.ID, ask)
		if err != nil {
			return out, err
		}
		return forecastView(k), nil
	})
}

// ForecastsOf lists the newest forecasts of an outbreak.
func ForecastsOf(r *store.Reader, o outbreak.Outbreak) (Forecasts, error) {
	out := Forecasts{Items: []KeptForecast{}}
	list, err := r.Forecasts(o.ID, forecastsListed)
	for _, f := range list {
		out.Items = append(out.Items, KeptForecast{Number: f.Number, AsOf: f.AsOf, MadeAt: clock(f.MadeAt), MadeBy: f.MadeBy, Days: f.Days, Replicates: f.Replicates, Params: f.Params, InForce: f.InForce, A: f.A, B: f.B, Digest: f.Digest})
	}
	return out, err
}

// ScoresOf scores the same by what happened until now.
func ScoresOf(r *store.Reader, o outbreak.Outbreak, now time.Time) (ForecastScores, error) {
	list, err := outlook.Scores(r, o, now, forecastsListed)
	if list == nil {
		list = []outlook.Score{}
	}
	return ForecastScores{Items: list}, err
}
