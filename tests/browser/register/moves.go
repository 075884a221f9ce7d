package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"firebreak/internal/command"
	"firebreak/internal/facility"
	"firebreak/internal/store"
)

// moves enters a site and people to be brought there. They live in a row, a kilometre apart.
func moves(ctx context.Context, dir, area string, n int) (err error) {
	db, err := store.Open(ctx, store.Options{Dir: dir})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	orders, by := command.New(db, nil), command.Owner("test")
	err = db.Update(ctx, func(tx *store.Tx) error {
		o, err := tx.OutbreakByName("town")
		if err != nil {
			return err
		}
		tree, err := tx.Tree()
		if err != nil {
			return err
		}
		j, ok := tree.ByCode(area)
		if !ok {
			return fmt.Errorf("%q is no known jurisdiction", area)
		}
		f := &facility.Facility{Outbreak: o.ID, Code: "I1", Name: "体育馆方舱", Kind: facility.IsolationSite, State: facility.Open, Area: j.ID, District: j.ID, Lon: 120.1, Lat: 36.05, Located: true}
		if err := tx.AddFacilities([]*facility.Facility{f}); err != nil {
			return err
		}
		return tx.AddRooms([]*facility.Room{{Facility: f.ID, Outbreak: o.ID, District: j.ID, Code: "hall", Beds: 40, Use: facility.Ward, State: facility.Ready}})
	})
	if err != nil {
		return err
	}
	for i := range n {
		_, err := orders.AddCase(ctx, by, command.AddCase{Outbreak: "town", Code: fmt.Sprintf("M%d", i+1), Fields: map[string]string{"class": "confirmed", "area": area, "lat": "36.0", "lon": fmt.Sprintf("%.3f", 120+float64(i)/100)}})
		if err != nil {
			return err
		}
	}
	now := db.Now()
	_, err = orders.AddVehicles(ctx, by, "town", []command.VehicleFields{{Code: "B-120", Area: area, Lat: 36, Lon: 120, Seats: 20, Shifts: []command.ShiftFields{{Crew: "A", From: now.Add(-time.Hour).Format(time.RFC3339), To: now.Add(10 * time.Hour).Format(time.RFC3339)}}}})
	return err
}

// moved prints how many requests are in which state.
func moved(ctx context.Context, dir string) (err error) {
	db, err := store.OpenBeside(ctx, store.Options{Dir: dir})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	out := map[string]int{}
	err = db.View(ctx, func(r *store.Reader) error {
		o, err := r.OutbreakByName("town")
		if err != nil {
			return err
		}
		live, err := r.LiveRequests(o.ID, store.Everywhere())
		if err != nil {
			return err
		}
		for _, q := range live {
			out[string(q.State)]++
		}
		there, err := r.BroughtWithin(o.ID, store.Everywhere(), time.Time{}, db.Now().Add(time.Hour))
		for range there {
			out["arrived"]++
		}
		return err
	})
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(out)
}
