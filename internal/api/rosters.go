package api

import (
	"net/http"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/facility"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/protocol"
	"firebreak/internal/roster"
	"firebreak/internal/store"
)

// StaffShift is somebody on duty at a facility.
type StaffShift struct {
	ID          int64      `json:"id"`
	Worker      string     `json:"worker" doc:"Staff number or login; a name only where there is no number."`
	Role        string     `json:"role" doc:"manager, doctor, nurse, medical (a doctor or a nurse), liaison, disinfection, security, logistics or psychological"`
	Zone        string     `json:"zone,omitempty" doc:"clean or contaminated; left out where it makes no difference."`
	From        time.Time  `json:"from"`
	To          time.Time  `json:"to" doc:"As planned."`
	PlannedAt   time.Time  `json:"planned_at"`
	PlannedBy   string     `json:"planned_by"`
	CancelledAt *time.Time `json:"cancelled_at,omitempty" doc:"Before it began: nobody is on duty by it. On the way: it ended then."`
	CancelledBy string     `json:"cancelled_by,omitempty"`
	Reason      string     `json:"reason,omitempty" doc:"Why it was cancelled."`
	Version     int64      `json:"version"`
}

// StaffNeed is what the pack asks of a role, and how many there are.
type StaffNeed struct {
	Role       string     `json:"role"`
	Asked      bool       `json:"asked" doc:"The pack says how many are to be on duty."`
	Wanted     int64      `json:"wanted" doc:"Now, for those who stay there."`
	Intensive  int64      `json:"wanted_icu,omitempty" doc:"Of those wanted, for people in intensive care."`
	OnDuty     int64      `json:"on_duty" doc:"Now."`
	Short      int64      `json:"short" doc:"How many are missing now."`
	Short24    int64      `json:"short_24h" doc:"The most that are missing at once within 24 hours, by who is expected to stay there."`
	Short72    int64      `json:"short_72h" doc:"The same within three days."`
	ShortFrom  *time.Time `json:"short_from,omitempty" doc:"When somebody is first missing; left out: not within three days."`
	ShortHours float64    `json:"short_hours" doc:"Of the three days, in which somebody is missing."`
	Assumed    bool       `json:"assumed,omitempty" doc:"A number of it stands in no text that was seen."`
}

// StaffShortage is a time in which fewer of a role are on duty than the pack asks.
type StaffShortage struct {
	Role   string    `json:"role"`
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	Wanted int64     `json:"wanted"`
	OnDuty int64     `json:"on_duty"`
	Short  int64     `json:"short"`
}

// StaffLoop is somebody who works in the contaminated zone in a closed loop.
type StaffLoop struct {
	Worker  string    `json:"worker"`
	Since   time.Time `json:"since"`
	Last    time.Time `json:"last" doc:"They last work there, as it is planned."`
	Out     time.Time `json:"out" doc:"From when they may go out."`
	Crosses []int64   `json:"crosses,omitempty" doc:"Shifts of theirs in the clean zone before that."`
}

// Roster is who of the staff of a facility is on duty when, and who is missing.
type Roster struct {
	Facility  string          `json:"facility"`
	From      time.Time       `json:"from"`
	To        time.Time       `json:"to"`
	Now       time.Time       `json:"now"`
	Until     time.Time       `json:"until" doc:"To where it is looked ahead for who is missing."`
	Asked     bool            `json:"asked" doc:"The pack says how many staff a facility of the kind is to have on duty."`
	People    int64           `json:"people" doc:"Who stay there now."`
	Intensive int64           `json:"people_icu,omitempty" doc:"Of those, in a bed of intensive care."`
	Most      int64           `json:"most" doc:"Who are expected to stay there at most, until then."`
	TestEvery string          `json:"test_every,omitempty" doc:"How often those are tested who work in the contaminated zone, by the pack."`
	Apart     string          `json:"apart,omitempty" doc:"How long they stay apart after they last worked there, by the pack."`
	Needs     []StaffNeed     `json:"needs"`
	Shortages []StaffShortage `json:"shortages" doc:"By role, then by time."`
	OnDuty    []StaffShift    `json:"on_duty" doc:"Now."`
	Loops     []StaffLoop     `json:"loops"`
	Items     []StaffShift    `json:"items" doc:"Of the days that were asked for, by when they begin; cancelled ones included."`
}

// NewStaffShift is a shift to be planned.
type NewStaffShift struct {
	Worker string `json:"worker" maxLength:"240" doc:"Staff number or login, of 60 characters at most; a name only where there is no number."`
	Role   string `json:"role" doc:"manager, doctor, nurse, medical (a doctor or a nurse), liaison, disinfection, security, logistics or psychological"`
	Zone   string `json:"zone,omitempty" doc:"clean, contaminated or left out."`
	From   string `json:"from" doc:"Such as 2022-03-12T08:00; without an offset in the outbreak's time zone."`
	To     string `json:"to" doc:"An instant, or a time of day such as 20:00: the next one after from. 72 hours after from at most."`
}

// NewStaffShifts are shifts to be planned, all or none.
type NewStaffShifts struct {
	Items []NewStaffShift `json:"items" minItems:"1" maxItems:"2000"`
}

// Fields returns the shifts as the order takes them.
func (b NewStaffShifts) Fields() []command.ShiftOf {
	out := make([]command.ShiftOf, len(b.Items))
	for i, s := range b.Items {
		out[i] = command.ShiftOf{Worker: s.Worker, Role: s.Role, Zone: s.Zone, From: s.From, To: s.To}
	}
	return out
}

// PlannedShifts are shifts as they stand on the roster.
type PlannedShifts struct {
	Added int          `json:"added" doc:"The others were there before as they were given."`
	Items []StaffShift `json:"items"`
}

// ShiftCancelling takes a shift off the roster.
type ShiftCancelling struct {
	Reason  string `json:"reason" maxLength:"2000"`
	Version int64  `json:"version,omitempty" doc:"That the caller has seen; left out: whatever stands."`
}

// StaffShiftView says a shift.
func StaffShiftView(s facility.Shift) StaffShift {
	return StaffShift{ID: int64(s.ID), Worker: s.Worker, Role: string(s.Role), Zone: string(s.Zone), From: s.From.UTC(), To: s.To.UTC(), PlannedAt: s.PlannedAt.UTC(), PlannedBy: s.PlannedBy,
		CancelledAt: clock(s.CancelledAt), CancelledBy: s.CancelledBy, Reason: s.Reason, Version: s.Version}
}

// StaffShiftViews says shifts.
func StaffShiftViews(list []facility.Shift) []StaffShift {
	out := make([]StaffShift, len(list))
	for i, s := range list {
		out[i] = StaffShiftView(s)
	}
	return out
}

// RosterAt says who is on duty at a facility for the program itself.
func RosterAt(r *store.Reader, o outbreak.Outbreak, code string, now time.Time, day string, days int) (out Roster, err error) {
	in, err := open(r, o, store.Everywhere())
	if err != nil {
		return out, err
	}
	return in.roster(code, now, day, days)
}

// rosterDays reads which days are asked for; today where none is said.
func (in *inside) rosterDays(now time.Time, day string, days int) (from, to time.Time, err error) {
	at := now.In(in.loc)
	if day != "" {
		if at, err = time.ParseInLocation(time.DateOnly, day, in.loc); err != nil {
			return from, to, &command.Invalid{Field: "query.day", Value: day, Reason: "is no day such as 2022-03-12"}
		}
	}
	y, m, d := at.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, in.loc), time.Date(y, m, d+days, 0, 0, 0, 0, in.loc), nil
}

func (in *inside) roster(code string, now time.Time, day string, days int) (out Roster, err error) {
	f, err := in.facilityIn(code)
	if err != nil {
		return out, err
	}
	pack, err := protocol.Load(in.o.Pack)
	if err != nil {
		return out, err
	}
	from, to, err := in.rosterDays(now, day, days)
	if err != nil {
		return out, err
	}
	x, err := roster.Read(in.Reader, in.o, pack, f, now, in.loc, from, to)
	if err != nil {
		return out, err
	}
	out = Roster{Facility: f.Code, From: from.UTC(), To: to.UTC(), Now: now.UTC(), Until: x.Until.UTC(), Asked: x.Asked, People: x.People, Intensive: x.Intensive, Most: x.Most, TestEvery: pack.Isolation.Staff.TestEvery.String(), Apart: pack.Isolation.Staff.Apart.String(),
		Needs: make([]StaffNeed, len(x.Needs)), Shortages: make([]StaffShortage, len(x.Short)), OnDuty: StaffShiftViews(x.On), Loops: make([]StaffLoop, len(x.Loops)), Items: StaffShiftViews(x.Shifts)}
	for i, n := range x.Needs {
		out.Needs[i] = StaffNeed{Role: string(n.Role), Asked: !n.NotAskedFor, Wanted: n.Wanted, Intensive: n.Intensive, OnDuty: n.OnDuty, Short: n.Now(), Short24: n.Short24, Short72: n.Short72, ShortFrom: clock(n.From), ShortHours: n.Hours, Assumed: n.Assumed}
	}
	for i, s := range x.Short {
		out.Shortages[i] = StaffShortage{string(s.Role), s.From.UTC(), s.To.UTC(), s.Wanted, s.OnDuty, s.Short()}
	}
	for i, l := range x.Loops {
		out.Loops[i] = StaffLoop{Worker: l.Worker, Since: l.Since.UTC(), Last: l.Last.UTC(), Out: l.Out.UTC()}
		for _, id := range l.Crosses {
			out.Loops[i].Crosses = append(out.Loops[i].Crosses, int64(id))
		}
	}
	return out, nil
}

func (s *server) rosters() {
	const at = "/api/outbreaks/{outbreak}/facilities/{facility}/roster"
	type read struct {
		Asked
		Outbreak string `path:"outbreak"`
		Facility string `path:"facility" doc:"Its code."`
		Day      string `query:"day" doc:"The first day to list, such as 2022-03-12; today when left out."`
		Days     int    `query:"days" minimum:"1" maximum:"31" default:"7" doc:"How many days to list."`
	}
	operation(s, "list-roster", http.MethodGet, at, "Who of the staff of a facility is on duty when, and who is missing for the people who are expected there", 200, func(c *call, in *read) (out Roster, err error) {
		return out, c.view(auth.RosterRead, in.Outbreak, "", func(v *inside) error {
			out, err = v.roster(in.Facility, c.now, in.Day, in.Days)
			return err
		})
	})
	type plan struct {
		Asked
		Outbreak string `path:"outbreak"`
		Facility string `path:"facility" doc:"Its code."`
		Body     NewStaffShifts
	}
	operation(s, "plan-shifts", http.MethodPost, at, "Put shifts on the roster of a facility, all or none; nobody is in two places at once, and a shift that is there as it is given stays as it is", 201, func(c *call, in *plan) (out PlannedShifts, err error) {
		var f facility.Facility
		if err := c.view(auth.RosterRead, in.Outbreak, "", func(v *inside) error {
			f, err = v.facilityIn(in.Facility)
			return err
		}); err != nil {
			return out, err
		}
		list, added, err := c.o.Commands.PlanShifts(c.ctx, c.by(), command.PlanShifts{Facility: f.ID, Shifts: in.Body.Fields()})
		return PlannedShifts{added, StaffShiftViews(list)}, err
	})
	type cancel struct {
		Asked
		Shift int64 `path:"shift"`
		Body  ShiftCancelling
	}
	operation(s, "cancel-shift", http.MethodPost, "/api/staff-shifts/{shift}/cancel", "Take a shift off the roster of a facility, or end one that is under way", 200, func(c *call, in *cancel) (out StaffShift, err error) {
		id := facility.ShiftID(in.Shift)
		if err := c.record(auth.RosterRead, "staff shift", in.Shift, func(r *store.Reader) (outbreak.ID, place.AreaID, error) {
			x, err := r.StaffShift(id)
			return x.Outbreak, x.Area, err
		}, func(*inside) error { return nil }); err != nil {
			return out, err
		}
		x, err := c.o.Commands.CancelShift(c.ctx, c.by(), command.CancelShift{Shift: id, Version: in.Body.Version, Reason: in.Body.Reason})
		return StaffShiftView(x), err
	})
}
