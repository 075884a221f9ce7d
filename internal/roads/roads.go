// Package roads asks a routing server how long the ways between places are: OSRM's table service or Valhalla's matrix, by address. It is the one port through which plans learn of real roads; where it
// cannot be asked in time, whoever plans goes on with straight lines and a detour.
//
// cmd makes it and gives it to transferplan.
package roads

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/plan/trip"
)

// ErrURL is wrapped by Open.
var ErrURL = errors.New("is the address of OSRM's table service, such as http://host:5000/table/v1/driving, or of Valhalla's matrix, such as http://host:8002/sources_to_targets")

const (
	block      = 50   // places at a side of one question: what both servers take as they come
	mostPlaces = 1000 // a plan with more is worked out with straight lines
	mostBytes  = 16 << 20
)

// Options of a Server.
type Options struct {
	Client  *http.Client  // nil means http.DefaultClient
	Timeout time.Duration // for all questions of one plan; default 10 s
}

// Server is a routing server. It is safe for concurrent use.
type Server struct {
	o        Options
	base     string
	valhalla bool
}

// Open reads the address of a routing server. It is not asked yet.
func Open(address string, o Options) (*Server, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.User != nil {
		return nil, fmt.Errorf("%q %w", address, ErrURL)
	}
	s := &Server{o: o, base: strings.TrimRight(address, "/")}
	switch {
	case strings.HasSuffix(u.Path, "/sources_to_targets"), strings.HasSuffix(u.Path, "/sources_to_targets/"):
		s.valhalla = true
	case strings.Contains(u.Path, "/table/v1/"):
	default:
		return nil, fmt.Errorf("%q %w", address, ErrURL)
	}
	if s.o.Client == nil {
		s.o.Client = http.DefaultClient
	}
	if s.o.Timeout == 0 {
		s.o.Timeout = 10 * time.Second
	}
	return s, nil
}

// Table is the ways among places.
type Table struct {
	index    map[trip.Point]int
	n        int
	minutes  []float32 // below 0 where the server knows no way
	km       []float32
	straight trip.Straight
}

// Way returns the way between two places of the table; between others, and where the server knows none, a straight line with a detour.
func (t *Table) Way(from, to trip.Point) (minutes, km float64) {
	i, is := t.index[from]
	j, also := t.index[to]
	if is && also {
		if m := t.minutes[i*t.n+j]; m >= 0 {
			return float64(m), float64(t.km[i*t.n+j])
		}
	}
	return t.straight.Way(from, to)
}

// Ask returns the ways among places. The error tells why the server could not be asked, or answered nonsense; nothing is half known.
func (s *Server) Ask(ctx context.Context, places []trip.Point) (trip.Roads, error) {
	t := &Table{index: map[trip.Point]int{}, straight: trip.Straight{Detour: 1.3, Kmh: 30}}
	var list []trip.Point
	for _, p := range places {
		if _, is := t.index[p]; !is {
			t.index[p] = len(list)
			list = append(list, p)
		}
	}
	t.n = len(list)
	if t.n > mostPlaces {
		return nil, fmt.Errorf("roads: %d places, more than %d", t.n, mostPlaces)
	}
	t.minutes, t.km = make([]float32, t.n*t.n), make([]float32, t.n*t.n)
	ctx, cancel := context.WithTimeout(ctx, s.o.Timeout)
	defer cancel()
	for i := 0; i < t.n; i += block {
		for j := 0; j < t.n; j += block {
			if err := s.ask(ctx, t, list, i, min(i+block, t.n), j, min(j+block, t.n)); err != nil {
				return nil, fmt.Errorf("roads: ask %s: %w", s.base, err)
			}
		}
	}
	return t, nil
}

// ask fills in one block.
func (s *Server) ask(ctx context.Context, t *Table, list []trip.Point, i0, i1, j0, j1 int) error {
	set := func(i, j int, seconds, km *float64) error {
		if seconds == nil || km == nil {
			t.minutes[(i0+i)*t.n+j0+j] = -1
			return nil
		}
		if !(*seconds >= 0 && *seconds < 1e6) || !(*km >= 0 && *km < 1e5) {
			return fmt.Errorf("a way of %g seconds and %g km", *seconds, *km)
		}
		t.minutes[(i0+i)*t.n+j0+j], t.km[(i0+i)*t.n+j0+j] = float32(*seconds/60), float32(*km)
		return nil
	}
	if s.valhalla {
		return s.askValhalla(ctx, list[i0:i1], list[j0:j1], set)
	}
	return s.askOSRM(ctx, list[i0:i1], list[j0:j1], set)
}

func (s *Server) answer(req *http.Request, into any) error {
	res, err := s.o.Client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close() //nolint:errcheck // it was read
	text, err := io.ReadAll(io.LimitReader(res.Body, mostBytes))
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %.200s", res.Status, text)
	}
	return json.Unmarshal(text, into)
}

var errShape = errors.New("the answer has another number of ways than were asked for")

func (s *Server) askOSRM(ctx context.Context, from, to []trip.Point, set func(i, j int, seconds, km *float64) error) error {
	var points, sources, targets []string
	add := func(list []trip.Point, into *[]string) {
		for _, p := range list {
			*into = append(*into, strconv.Itoa(len(points)))
			points = append(points, strconv.FormatFloat(p.Lon, 'f', 6, 64)+","+strconv.FormatFloat(p.Lat, 'f', 6, 64))
		}
	}
	add(from, &sources)
	add(to, &targets)
	address := s.base + "/" + strings.Join(points, ";") + "?annotations=duration,distance&sources=" + strings.Join(sources, ";") + "&destinations=" + strings.Join(targets, ";")
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	var out struct {
		Code      string       `json:"code"`
		Durations [][]*float64 `json:"durations"` // seconds
		Distances [][]*float64 `json:"distances"` // metres
	}
	if err := s.answer(req, &out); err != nil {
		return err
	}
	if out.Code != "Ok" || len(out.Durations) != len(from) || len(out.Distances) != len(from) {
		return fmt.Errorf("%q: %w", out.Code, errShape)
	}
	for i := range from {
		if len(out.Durations[i]) != len(to) || len(out.Distances[i]) != len(to) {
			return errShape
		}
		for j := range to {
			km := out.Distances[i][j]
			if km != nil {
				x := *km / 1000
				km = &x
			}
			if err := set(i, j, out.Durations[i][j], km); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Server) askValhalla(ctx context.Context, from, to []trip.Point, set func(i, j int, seconds, km *float64) error) error {
	type point struct {
		Lat float64 `json:"lat"`
		Lon float64 `json:"lon"`
	}
	var in struct {
		Sources []point `json:"sources"`
		Targets []point `json:"targets"`
		Costing string  `json:"costing"`
	}
	in.Costing = "auto"
	for _, p := range from {
		in.Sources = append(in.Sources, point(p))
	}
	for _, p := range to {
		in.Targets = append(in.Targets, point(p))
	}
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.base, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	var out struct {
		Ways [][]struct {
			Time     *float64 `json:"time"`     // seconds
			Distance *float64 `json:"distance"` // kilometres
		} `json:"sources_to_targets"`
	}
	if err := s.answer(req, &out); err != nil {
		return err
	}
	if len(out.Ways) != len(from) {
		return errShape
	}
	for i := range from {
		if len(out.Ways[i]) != len(to) {
			return errShape
		}
		for j, w := range out.Ways[i] {
			if err := set(i, j, w.Time, w.Distance); err != nil {
				return err
			}
		}
	}
	return nil
}
