package demo

import (
	"context"
	"fmt"
	"time"

	"firebreak/internal/command"
	"firebreak/internal/day"
	"firebreak/internal/facility"
	"firebreak/internal/store"
)

// Rota has whoever runs a facility plan the shifts of its staff.
type Rota struct {
	Facility string
	Shifts   []command.ShiftOf
}

// CallOff has the next shift of somebody cancelled.
type CallOff struct{ Facility, Worker, Reason string }

func (Rota) order()    {}
func (CallOff) order() {}

// roster writes who is on duty at the site, for the days before and after now. Some are missing: one of the medical staff was called
// away for the next night, and more people stay there than was thought. Staff are known by their numbers, all made up.
func (s *story) roster() {
	type post struct {
		worker string
		role   facility.Role
		zone   facility.StaffZone
		night  bool
	}
	posts := []post{
		{"LX-01", facility.Manager, facility.CleanZone, false}, {"LX-02", facility.Manager, facility.CleanZone, true},
		{"LX-11", facility.MedicalStaff, facility.ContaminatedZone, false}, {"LX-12", facility.MedicalStaff, facility.ContaminatedZone, false}, {"LX-13", facility.MedicalStaff, facility.ContaminatedZone, true}, {"LX-14", facility.MedicalStaff, facility.ContaminatedZone, true},
		{"LX-21", facility.Liaison, facility.CleanZone, false}, {"LX-22", facility.Liaison, facility.CleanZone, false},
		{"LX-31", facility.Disinfection, facility.ContaminatedZone, false}, {"LX-32", facility.Disinfection, facility.ContaminatedZone, false}, {"LX-33", facility.Disinfection, facility.ContaminatedZone, false},
		{"LX-41", facility.Security, facility.AnyZone, false}, {"LX-42", facility.Security, facility.AnyZone, false}, {"LX-43", facility.Security, facility.AnyZone, true}, {"LX-44", facility.Security, facility.AnyZone, true},
		{"LX-51", facility.Logistics, facility.CleanZone, false}, {"LX-52", facility.Logistics, facility.CleanZone, false},
		{"LX-61", facility.Counselling, facility.CleanZone, false},
	}
	today := day.In(s.now, s.loc)
	instant := func(d day.Day, hour time.Duration) string {
		return d.Start(s.loc).Add(hour * time.Hour).Format(time.RFC3339)
	}
	shift := func(p post, d day.Day) command.ShiftOf {
		from, to := instant(d, 8), instant(d, 20)
		if p.night {
			from, to = instant(d, 20), instant(d, 32)
		}
		return command.ShiftOf{Worker: p.worker, Role: string(p.role), Zone: string(p.zone), From: from, To: to}
	}
	var past, week Rota
	past.Facility, week.Facility = siteCode, siteCode
	for d := today.Add(-3); d <= today.Add(4); d++ {
		for _, p := range posts {
			// The third of the cleaners was moved to the desk: she had worked where people stay the days before.
			if p.worker == "LX-33" && d >= today.Add(1) {
				p.role, p.zone = facility.Liaison, facility.CleanZone
			}
			if d < today {
				past.Shifts = append(past.Shifts, shift(p, d))
			} else {
				week.Shifts = append(week.Shifts, shift(p, d))
			}
		}
	}
	s.add(s.now.Add(-96*time.Hour), past)
	s.add(s.now.Add(-26*time.Hour), week)
	s.add(s.now.Add(-3*time.Hour), CallOff{siteCode, "LX-14", "抽调支援定点医院"})
}

func (p *player) rota(ctx context.Context, f facility.Facility, order Order) error {
	switch o := order.(type) {
	case Rota:
		_, _, err := p.c.PlanShifts(ctx, p.staff(f.Kind), command.PlanShifts{Facility: f.ID, Shifts: o.Shifts})
		return err
	case CallOff:
		now := p.c.DB().Now()
		var next facility.Shift
		err := p.read(ctx, func(r *store.Reader) error {
			list, err := r.Roster(f.ID, now, now.Add(7*24*time.Hour))
			for _, s := range list {
				if next.ID == 0 && s.Worker == o.Worker && s.From.After(now) && !s.Cancelled() {
					next = s
				}
			}
			return err
		})
		if err != nil {
			return err
		}
		_, err = p.c.CancelShift(ctx, p.staff(f.Kind), command.CancelShift{Shift: next.ID, Reason: o.Reason})
		return err
	}
	return fmt.Errorf("order %T: %w", order, store.ErrNotFound)
}
