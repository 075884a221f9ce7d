package store

import (
	"fmt"
	"time"

	"firebreak/internal/day"
	"firebreak/internal/outbreak"
)

// Forecast is a forecast that was made for an outbreak.
type Forecast struct {
	Outbreak      outbreak.ID
	Number        int64 // 1, 2, 3 ... of the outbreak
	AsOf          day.Day
	MadeAt        time.Time
	MadeBy        string
	Days          int64
	Replicates    int64
	Seed          int64  // the bits of it
	Params        string // how the disease spreads
	InForce, A, B string // packs, with their versions
	Digest        string // SHA-256 of what it was made from, in hex
	State, Result []byte // compressed; left out by Forecasts
}

const forecastColumns = `outbreak, number, asof, made_at, made_by, days, replicates, seed, params, pack_in_force, pack_a, pack_b, digest`

// AddForecast keeps a forecast as the next of its outbreak.
func (tx *Tx) AddForecast(f *Forecast) error {
	if err := tx.row(`SELECT COALESCE(MAX(number), 0) + 1 FROM forecast WHERE outbreak = $1`, int64(f.Outbreak)).Scan(&f.Number); err != nil {
		return fmt.Errorf("number a forecast: %w", err)
	}
	_, err := tx.exec(`INSERT INTO forecast (`+forecastColumns+`, state, result) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
		int64(f.Outbreak), f.Number, f.AsOf, instant(f.MadeAt), f.MadeBy, f.Days, f.Replicates, f.Seed, f.Params, f.InForce, f.A, f.B, f.Digest, f.State, f.Result)
	if err != nil {
		return fmt.Errorf("keep forecast %d: %w", f.Number, err)
	}
	return nil
}

func (r *Reader) forecasts(columns, text string, args ...any) ([]Forecast, error) {
	rows, err := r.query(`SELECT `+forecastColumns+columns+` FROM forecast WHERE `+text, args...)
	if err != nil {
		return nil, fmt.Errorf("read forecasts: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []Forecast
	for rows.Next() {
		var f Forecast
		var made int64
		into := []any{&f.Outbreak, &f.Number, &f.AsOf, &made, &f.MadeBy, &f.Days, &f.Replicates, &f.Seed, &f.Params, &f.InForce, &f.A, &f.B, &f.Digest}
		if columns != "" {
			into = append(into, &f.State, &f.Result)
		}
		if err := rows.Scan(into...); err != nil {
			return nil, fmt.Errorf("read forecasts: %w", err)
		}
		f.MadeAt = when(made)
		out = append(out, f)
	}
	return out, rows.Err()
}

// Forecasts returns the newest forecasts of an outbreak without what they say, at most limit. The caller has checked that all of the outbreak may be read.
func (r *Reader) Forecasts(o outbreak.ID, limit int) ([]Forecast, error) {
	return r.forecasts("", `outbreak = $1 ORDER BY number DESC LIMIT $2`, int64(o), limit)
}

// Forecast returns one forecast whole. The caller has checked that all of the outbreak may be read.
func (r *Reader) Forecast(o outbreak.ID, number int64) (Forecast, error) {
	list, err := r.forecasts(`, state, result`, `outbreak = $1 AND number = $2`, int64(o), number)
	return one(list, err, "forecast", number)
}
