package field

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"firebreak/internal/command"
	"firebreak/internal/place"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/transfer"
)

// driver is the role of a crew's phone, as the app calls it.
const driver screening.Role = "driver"

// phoneView is what a crew's phone is told of itself; it has the shape of a desk's.
type phoneView struct {
	Device  transfer.PhoneID `json:"device"`
	Role    screening.Role   `json:"role"`
	Desk    string           `json:"desk"` // the crew
	Site    siteView         `json:"site"` // the vehicle
	Rounds  []roundView      `json:"rounds"`
	Now     time.Time        `json:"now"`
	Aside   []asideView      `json:"aside"`
	Vehicle string           `json:"vehicle"`
}

func (s *server) phoneView(r *http.Request, p transfer.Phone) (*phoneView, error) {
	out := &phoneView{Device: p.ID, Role: driver, Desk: p.Crew, Rounds: []roundView{}, Aside: []asideView{}, Now: s.DB.Now()}
	err := s.DB.View(r.Context(), func(rd *store.Reader) error {
		v, err := rd.Vehicle(p.Vehicle)
		out.Vehicle, out.Site = v.Code, siteView{Code: v.Code, Name: v.Name}
		return err
	})
	return out, err
}

// enrolPhone answers an invitation of a crew's phone; false where it is none.
func (s *server) enrolPhone(w http.ResponseWriter, r *http.Request, secret string) bool {
	e, err := s.Commands.EnrolPhone(r.Context(), secret)
	if errors.Is(err, command.ErrInvitation) {
		return false
	}
	var v *phoneView
	if err == nil {
		v, err = s.phoneView(r, e.Phone)
	}
	if err != nil {
		s.fail(w, r, err)
		return true
	}
	s.answer(w, http.StatusCreated, struct {
		Key string `json:"key"`
		*phoneView
	}{e.Secret, v})
	return true
}

// phoneDesk answers a crew's phone that asks what it is; false where it is none.
func (s *server) phoneDesk(w http.ResponseWriter, r *http.Request) bool {
	p, err := s.Commands.PhoneOf(r.Context(), key(r))
	var no *command.PhoneRefused
	if errors.As(err, &no) {
		return false
	}
	var v *phoneView
	if err == nil {
		v, err = s.phoneView(r, p)
	}
	s.concludePhone(w, r, v, err)
	return true
}

// concludePhone answers a crew's phone.
func (s *server) concludePhone(w http.ResponseWriter, r *http.Request, out any, err error) {
	var no *command.PhoneRefused
	switch {
	case errors.As(err, &no):
		s.refuse(w, problem{Code: screening.Reason(no.Code), Text: no.Text})
	case err != nil:
		s.conclude(w, r, nil, err)
	default:
		s.conclude(w, r, out, nil)
	}
}

// told is POST /capture/v1/told: what a crew says of a stop. The same again is answered as before.
func (s *server) told(w http.ResponseWriter, r *http.Request) {
	body, ok := s.body(w, r)
	if !ok {
		return
	}
	p, err := s.Commands.PhoneOf(r.Context(), key(r))
	var answer string
	if err == nil {
		answer, err = s.Commands.TellByPhone(r.Context(), p, body)
	}
	s.concludePhone(w, r, written(answer), err)
}

// tripsView is what a crew has to do.
type tripsView struct {
	Device  transfer.PhoneID `json:"device"`
	Vehicle string           `json:"vehicle"`
	Carried string           `json:"carried"` // the class that the vehicle carried and was not disinfected since
	Now     time.Time        `json:"now"`
	Trips   []crewTrip       `json:"trips"`
}

type crewTrip struct {
	ID     transfer.TripID    `json:"id"`
	State  transfer.TripState `json:"state"`
	Class  string             `json:"class"`
	To     string             `json:"to"` // name of the place; empty: home
	Phone  string             `json:"phone"`
	Leaves time.Time          `json:"leaves"`
	Delay  int64              `json:"delay"` // minutes
	Stops  []crewStop         `json:"stops"`
}

type crewStop struct {
	Party       transfer.RequestID `json:"party"` // 0: all get off
	Where       string             `json:"where"`
	Lat         float64            `json:"lat"`
	Lon         float64            `json:"lon"`
	From        time.Time          `json:"from"` // they were told from then
	To          time.Time          `json:"to"`   // until then
	People      int                `json:"people"`
	Wheelchairs int                `json:"wheelchairs"`
	Stretchers  int                `json:"stretchers"`
	Note        string             `json:"note"`
	Came        bool               `json:"came"`
	Outcome     transfer.Outcome   `json:"outcome"`
}

// promised is how far around the time that people were told a vehicle may come.
const promised = 15 * time.Minute

// trips is GET /capture/v1/trips: the trips of the vehicle, under way and planned. Nobody's name is in it.
func (s *server) trips(w http.ResponseWriter, r *http.Request) {
	p, err := s.Commands.PhoneOf(r.Context(), key(r))
	out := tripsView{Device: p.ID, Now: s.DB.Now(), Trips: []crewTrip{}}
	if err == nil {
		err = s.DB.View(r.Context(), func(rd *store.Reader) error { return crewTrips(rd, p, &out) })
	}
	s.concludePhone(w, r, out, err)
}

func crewTrips(rd *store.Reader, p transfer.Phone, out *tripsView) error {
	v, err := rd.Vehicle(p.Vehicle)
	if err != nil {
		return err
	}
	out.Vehicle, out.Carried = v.Code, string(v.Last)
	tree, err := rd.Tree()
	if err != nil {
		return err
	}
	list, err := rd.TripsOf(v.ID, out.Now)
	if err != nil {
		return err
	}
	for i := range list {
		if list[i].State.Over() {
			continue
		}
		t, err := crewTripOf(rd, tree, &list[i])
		if err != nil {
			return err
		}
		out.Trips = append(out.Trips, t)
	}
	slices.SortStableFunc(out.Trips, func(a, b crewTrip) int {
		if (a.State == transfer.TripStarted) != (b.State == transfer.TripStarted) {
			if a.State == transfer.TripStarted {
				return -1
			}
			return 1
		}
		return a.Leaves.Compare(b.Leaves)
	})
	return nil
}

func crewTripOf(rd *store.Reader, tree *place.Tree, t *transfer.Trip) (out crewTrip, err error) {
	out = crewTrip{ID: t.ID, State: t.State, Class: string(t.Class), Leaves: t.From, Delay: int64(t.Delay / time.Minute), Stops: []crewStop{}}
	if t.Facility != 0 {
		f, err := rd.Facility(t.Facility)
		if err != nil {
			return out, err
		}
		out.To, out.Phone = f.Name, f.Phone
	}
	people, err := rd.RequestsOfTrip(t.ID)
	if err != nil {
		return out, err
	}
	for _, s := range t.Stops {
		if s.Outcome == transfer.NotNeeded {
			continue
		}
		x := crewStop{Party: s.Party, Where: out.To, Lat: s.Lat, Lon: s.Lon, From: s.Arrive, To: s.Arrive, Came: !s.CameAt.IsZero(), Outcome: s.Outcome}
		for _, q := range people {
			if q.Party != s.Party || q.State.Over() {
				continue
			}
			x.People++
			switch q.Seat {
			case transfer.Wheelchair:
				x.Wheelchairs++
			case transfer.Stretcher:
				x.Stretchers++
			default:
			}
			if q.Note != "" {
				x.Note = q.Note
			}
			x.From, x.To = q.Promised.Add(-promised), q.Promised.Add(promised)
			if j, ok := tree.Get(q.Area); ok {
				x.Where = j.Name
			}
			if q.From != 0 {
				f, err := rd.Facility(q.From)
				if err != nil {
					return out, err
				}
				x.Where = f.Name
			}
		}
		out.Stops = append(out.Stops, x)
	}
	return out, nil
}
