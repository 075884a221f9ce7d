package outlook

import (
	"time"

	"firebreak/internal/day"
	"firebreak/internal/forecast"
	"firebreak/internal/outbreak"
	"firebreak/internal/store"
)

// Score is how a forecast has done so far.
type Score struct {
	Number int64     `json:"number"`
	AsOf   day.Day   `json:"as_of"`
	MadeAt time.Time `json:"made_at"`
	MadeBy string    `json:"made_by"`
	Pack   string    `json:"pack"` // of the variant
	// Held is whether the pack of the variant was in force on all days that are scored. Where it was not, the forecast was of something that nobody did.
	Held bool `json:"held"`
	forecast.Score
}

// Scores holds the forecasts of an outbreak against what has happened since, the newest first, at most limit. Of the two policies of each, the one is scored that was in force: a where both
// were, or neither. The caller has checked that all of the outbreak may be read.
func Scores(r *store.Reader, o outbreak.Outbreak, now time.Time, limit int) ([]Score, error) {
	list, err := r.Forecasts(o.ID, limit)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	from := list[0].AsOf
	for _, f := range list {
		from = min(from, f.AsOf)
	}
	days, err := happened(r, o, from.Add(1), now)
	if err != nil {
		return nil, err
	}
	out := make([]Score, 0, len(list))
	for _, f := range list {
		k, err := Read(r, o.ID, f.Number)
		if err != nil {
			return nil, err
		}
		s, err := scored(k, o, days, now)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

func scored(k *Kept, o outbreak.Outbreak, days []forecast.Happened, now time.Time) (Score, error) {
	zone, err := o.Location()
	if err != nil {
		return Score{}, err
	}
	out := Score{Number: k.Number, AsOf: k.AsOf, MadeAt: k.MadeAt, MadeBy: k.MadeBy, Pack: k.A}
	from, to := k.Told.From.Start(zone), k.Told.From.Add(k.Told.Length).Start(zone)
	if now.Before(to) {
		to = now
	}
	held := func(pack string) bool {
		return inForce(o, from) == pack && inForce(o, to.Add(-time.Microsecond)) == pack
	}
	variant := "a"
	switch {
	case held(k.A):
		out.Held = true
	case held(k.B):
		out.Held, out.Pack, variant = true, k.B, "b"
	}
	out.Score, _ = forecast.ScoreOf(&k.Told, variant, days)
	return out, nil
}

// ScoreOf scores one forecast. The caller has checked that all of the outbreak may be read.
func ScoreOf(r *store.Reader, o outbreak.Outbreak, k *Kept, now time.Time) (Score, error) {
	days, err := happened(r, o, k.Told.From, now)
	if err != nil {
		return Score{}, err
	}
	return scored(k, o, days, now)
}
