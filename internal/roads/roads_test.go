package roads_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"firebreak/internal/plan/trip"
	"firebreak/internal/roads"
)

// places are more than one block, some of them twice.
func places(n int) (out []trip.Point) {
	for i := range n {
		out = append(out, trip.Point{Lat: 36 + float64(i)/1000, Lon: 120})
	}
	return append(out, out[0])
}

// osrm answers as OSRM's table service does: a second for each thousandth of a degree, ten metres too, and no way to the last place.
func osrm(t *testing.T) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked, err := url.ParseQuery(strings.ReplaceAll(r.URL.RawQuery, ";", ","))
		if err != nil {
			t.Error(err)
		}
		coordinates := strings.Split(strings.TrimPrefix(r.URL.Path, "/table/v1/driving/"), ";")
		if len(coordinates) > 100 {
			t.Errorf("%d places in one question", len(coordinates))
		}
		lat := func(i string) float64 {
			var n int
			var lon, lat float64
			_, _ = fmt.Sscan(i, &n)
			_, _ = fmt.Sscanf(coordinates[n], "%f,%f", &lon, &lat)
			return lat
		}
		var out struct {
			Code      string       `json:"code"`
			Durations [][]*float64 `json:"durations"`
			Distances [][]*float64 `json:"distances"`
		}
		out.Code = "Ok"
		for _, i := range strings.Split(asked.Get("sources"), ",") {
			var d, m []*float64
			for _, j := range strings.Split(asked.Get("destinations"), ",") {
				x := math.Abs(lat(i)-lat(j)) * 1000
				y := x * 10
				if lat(j) > 36.0595 {
					d, m = append(d, nil), append(m, nil)
					continue
				}
				d, m = append(d, &x), append(m, &y)
			}
			out.Durations, out.Distances = append(out.Durations, d), append(out.Distances, m)
		}
		_ = json.NewEncoder(w).Encode(out)
	})
}

func TestOSRM(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(osrm(t))
	defer server.Close()
	s, err := roads.Open(server.URL+"/table/v1/driving", roads.Options{})
	if err != nil {
		t.Fatal(err)
	}
	list := places(61)
	r, err := s.Ask(t.Context(), list)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ from, to int }{{0, 1}, {0, 55}, {55, 3}, {59, 59}} {
		minutes, km := r.Way(list[c.from], list[c.to])
		want := math.Abs(float64(c.from - c.to))
		if math.Abs(minutes-want/60) > 1e-3 || math.Abs(km-want/100) > 1e-3 {
			t.Errorf("%d to %d: %g minutes, %g km; want %g, %g", c.from, c.to, minutes, km, want/60, want/100)
		}
	}
	minutes, km := r.Way(list[0], list[60])
	if m, k := (trip.Straight{Detour: 1.3, Kmh: 30}).Way(list[0], list[60]); minutes != m || km != k {
		t.Errorf("a way that the server does not know: %g, %g; want %g, %g", minutes, km, m, k)
	}
}

func TestValhalla(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct{ Sources, Targets []struct{ Lat, Lon float64 } }
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil || r.Method != http.MethodPost {
			http.Error(w, "bad", http.StatusBadRequest)
			return
		}
		type way struct {
			Time     float64 `json:"time"`
			Distance float64 `json:"distance"`
		}
		out := map[string][][]way{"sources_to_targets": {}}
		for _, a := range in.Sources {
			var row []way
			for _, b := range in.Targets {
				row = append(row, way{math.Abs(a.Lat-b.Lat) * 60000, math.Abs(a.Lat-b.Lat) * 100})
			}
			out["sources_to_targets"] = append(out["sources_to_targets"], row)
		}
		_ = json.NewEncoder(w).Encode(out)
	}))
	defer server.Close()
	s, err := roads.Open(server.URL+"/sources_to_targets", roads.Options{})
	if err != nil {
		t.Fatal(err)
	}
	list := places(3)
	r, err := s.Ask(t.Context(), list)
	if err != nil {
		t.Fatal(err)
	}
	if minutes, km := r.Way(list[0], list[2]); math.Abs(minutes-2) > 1e-3 || math.Abs(km-0.2) > 1e-3 {
		t.Errorf("got %g minutes, %g km", minutes, km)
	}
}

func TestWhatFailsIsToldInTime(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	for name, h := range map[string]http.HandlerFunc{
		"slow": func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-hang:
			case <-r.Context().Done():
			}
		},
		"broken": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusInternalServerError) },
		"nonsense": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"code":"Ok","durations":[[1]],"distances":[[1]]}`))
		},
		"negative": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"code":"Ok","durations":[[-1,1],[1,1]],"distances":[[1,1],[1,1]]}`))
		},
	} {
		server := httptest.NewServer(h)
		s, err := roads.Open(server.URL+"/table/v1/driving", roads.Options{Timeout: 50 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Ask(context.Background(), places(2)); err == nil {
			t.Errorf("%s: no error", name)
		}
		server.CloseClientConnections()
		server.Close()
	}
	close(hang)
	for _, address := range []string{"", "host:5000", "http://host/route/v1/driving", "ftp://host/table/v1/driving", "http://user:x@host/table/v1/driving"} {
		if _, err := roads.Open(address, roads.Options{}); !errors.Is(err, roads.ErrURL) {
			t.Errorf("%q: %v", address, err)
		}
	}
}
