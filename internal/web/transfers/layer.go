package transfers

import (
	"encoding/json"
	"fmt"
	"strconv"

	"firebreak/internal/facility"
	"firebreak/internal/store"
	"firebreak/internal/transfer"
	"firebreak/internal/transferplan"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// Layer is GET /o/{outbreak}/transfers/{layer}.geojson: doors where somebody waits, vehicles, or places that take people.
func (h *Handler) Layer(layer string) site.Handle {
	return func(q *site.Request) error {
		var b transferplan.Board
		err := q.View(func(r *store.Reader) (err error) {
			b, err = transferplan.ReadBoard(r, q.Outbreak, q.Within(), q.Now)
			return err
		})
		if err != nil {
			return err
		}
		features := []map[string]any{}
		add := func(lon, lat float64, name string, status ui.Status, href string) {
			features = append(features, map[string]any{"type": "Feature", "properties": map[string]any{"name": name, "status": status, "href": href}, "geometry": map[string]any{"type": "Point", "coordinates": []float64{lon, lat}}})
		}
		switch layer {
		case "doors":
			for i := range b.Requests {
				if x := &b.Requests[i]; x.Located && x.From == 0 && x.State != transfer.Aboard {
					add(x.Lon, x.Lat, q.Words().T("transfer.party_n", "n", int64(x.Party)), ui.StatusOf(x.Deadline, q.Now, soon), q.Path("transfers", strconv.FormatInt(int64(x.ID), 10)))
				}
			}
		case "vehicles":
			for _, v := range b.Vehicles {
				status, lon, lat := ui.OnTime, v.Lon, v.Lat
				if v.Away() {
					lon, lat = v.AtLon, v.AtLat
				}
				if v.State != transfer.Ready {
					status = ui.Late
				}
				add(lon, lat, v.Code, status, q.Path("transfers", "vehicles", strconv.FormatInt(int64(v.ID), 10)))
			}
		case "places":
			for _, f := range b.Sites {
				if !f.Located || f.State != facility.Open {
					continue
				}
				status := ui.Void
				if _, full := b.Full[f.ID]; full {
					status = ui.Late
				}
				add(f.Lon, f.Lat, f.Name, status, "")
			}
		}
		text, err := json.Marshal(map[string]any{"type": "FeatureCollection", "features": features})
		if err != nil {
			return fmt.Errorf("write a layer of the board: %w", err)
		}
		q.W.Header().Set("Content-Type", "application/geo+json")
		_, _ = q.W.Write(text) // a reader who went away is no failure of ours
		return nil
	}
}
