package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"firebreak/internal/api"
	"firebreak/internal/command"
	"firebreak/internal/facility"
	"firebreak/internal/outbreak"
	"firebreak/internal/store"
)

type stayCmd struct {
	List     stayListCmd     `cmd:"" help:"List who stays or is booked: everywhere, in one facility, or at home."`
	Book     stayBookCmd     `cmd:"" help:"Keep beds of a facility for a party, for all of it or nobody."`
	WalkIn   stayWalkInCmd   `cmd:"" help:"Take in a party for whom no bed is kept, all of it or nobody."`
	CheckIn  stayCheckInCmd  `cmd:"" help:"Say that people for whom beds are kept have come."`
	CheckOut stayCheckOutCmd `cmd:"" help:"Say that people have left, or that their stay at home is over."`
	Move     stayMoveCmd     `cmd:"" help:"Move people to another room of their facility, together."`
	Home     stayHomeCmd     `cmd:"" help:"Say who stays at home from now on."`
	WayHome  stayWayHomeCmd  `cmd:"" help:"Say how people go home who are released: ahead of it, or while they wait for a vehicle."`
	Drop     stayDropCmd     `cmd:"" help:"Give up beds that are kept."`
	Checks   stayChecksCmd   `cmd:"" help:"List who is to be checked at a site now, the late ones first, then by lift and room."`
	Check    stayCheckCmd    `cmd:"" help:"Record what a check of somebody at a site found."`
	Doors    stayDoorsCmd    `cmd:"" help:"List whom to visit today of those who are in quarantine, or watched, at home, building by building, with what is due at each door."`
	Turn     stayTurnCmd     `cmd:"" help:"Say how a room was turned round after a stay, or set it aside."`
}

type stayListCmd struct {
	facilityFlags
	Facility string `placeholder:"CODE" help:"Only those of this facility."`
	Home     bool   `help:"Only those who stay at home."`
}

// Run lists stays.
func (c *stayListCmd) Run(ctx context.Context, p *process) error {
	if c.Facility != "" && c.Home {
		return misused(errors.New("--home is in place of --facility: give one of them"))
	}
	var out api.Stays
	err := c.read(ctx, p, func(s *remote) error {
		q := url.Values{}
		if c.Facility != "" {
			q.Set("facility", c.Facility)
		}
		if c.Home {
			q.Set("home", "true")
		}
		return s.get(ctx, path("/api/outbreaks/%s/stays", c.Outbreak), q, &out)
	}, func(r *store.Reader, o outbreak.Outbreak) (err error) {
		out, err = api.StaysNow(r, o, c.Facility, c.Home)
		return err
	})
	return c.stays(p, out, err)
}

// stays says stays as a table.
func (c *facilityFlags) stays(p *process, out api.Stays, err error) error {
	if err != nil {
		return err
	}
	if c.JSON {
		return p.writeJSON(out)
	}
	for _, w := range out.Warnings {
		warnOfSite(p, w.Facility, w.Standards)
	}
	t := newTable("STAY", "CLASS", "OF", "WHERE", "ROOM", "BED", "STATE", "BOOKED", "IN", "LEFT", "LEAVING", "WAY HOME")
	for _, s := range out.Items {
		where, bed := s.Facility, ""
		if where == "" {
			where = "at home"
		} else {
			bed = strconv.FormatInt(s.Bed, 10)
		}
		of := s.Of
		if s.Companion {
			of += " (companion)"
		}
		t.add(strconv.FormatInt(s.ID, 10), s.Class, of, where, s.Room, bed, s.State, instantText(s.BookedAt), instantText(s.InAt), instantText(s.LeftAt), s.Leaving, strings.TrimSpace(s.WayHome+" "+s.TakenBy))
	}
	return t.write(p.Stdout)
}

// order gives an order about stays, here or through a server, and says how they stand.
func (c *facilityFlags) order(ctx context.Context, p *process, there func(*remote, *api.Stays) error, here func(*command.Commands, command.By, *store.DB) ([]facility.Stay, error)) error {
	var out api.Stays
	err := c.through(ctx, p, func(s *remote) error { return there(s, &out) }, func(orders *command.Commands, by command.By, db *store.DB) error {
		list, err := here(orders, by, db)
		if err != nil {
			return err
		}
		return c.inside(ctx, db, func(r *store.Reader, o outbreak.Outbreak) (err error) {
			out, err = api.StayViews(r, o, list)
			return err
		})
	})
	return c.stays(p, out, err)
}

// guestFlags name a party.
type guestFlags struct {
	Case    []string `placeholder:"CODE" help:"Code of a case of the party; may be repeated."`
	Contact []string `placeholder:"CODE" help:"Code of a contact of the party; may be repeated."`
}

func (g guestFlags) bodies(room string) (out []api.GuestBody, err error) {
	for _, code := range g.Case {
		out = append(out, api.GuestBody{Case: code, Room: room})
	}
	for _, code := range g.Contact {
		out = append(out, api.GuestBody{Contact: code, Room: room})
	}
	if len(out) == 0 {
		return nil, misused(errors.New("say who: --case CODE or --contact CODE"))
	}
	return out, nil
}

// guests finds a party by its codes.
func (c *facilityFlags) guests(ctx context.Context, db *store.DB, list []api.GuestBody) (out []command.Guest, err error) {
	return out, c.inside(ctx, db, func(r *store.Reader, o outbreak.Outbreak) error {
		for _, g := range list {
			found, err := command.FindGuest(r, o.ID, g.Case, g.Contact, g.Room)
			if err != nil {
				return err
			}
			out = append(out, found)
		}
		return nil
	})
}

// partyFlags are of a party that is given beds.
type partyFlags struct {
	guestFlags
	Room     string `placeholder:"CODE" help:"Room for all of them; found otherwise."`
	Together bool   `help:"They live together, of those whose household no register tells."`
	Facility string `arg:"" help:"Code of the facility."`
}

// welcomeFlags are what is done for people as they come.
type welcomeFlags struct {
	At        string   `placeholder:"TIME" help:"When they came; now otherwise."`
	Explained bool     `help:"The rules of the place and what restricts them were explained to them in person, and they have signed."`
	Needs     []string `placeholder:"NEED,..." help:"What each of them needs there: food, medicine, care, children, pay, advice, animals or waste."`
}

func (w welcomeFlags) arriving() api.Arriving {
	return api.Arriving{Explained: w.Explained, Needs: w.Needs}
}

type stayBookCmd struct {
	facilityFlags
	partyFlags
}

// Run keeps beds.
func (c *stayBookCmd) Run(ctx context.Context, p *process) error {
	party, err := c.bodies(c.Room)
	if err != nil {
		return err
	}
	return c.order(ctx, p, func(s *remote, out *api.Stays) error {
		return s.send(ctx, http.MethodPost, path("/api/outbreaks/%s/facilities/%s/stays", c.Outbreak, c.Facility), api.NewStays{Guests: party, Together: c.Together}, out)
	}, func(orders *command.Commands, by command.By, db *store.DB) ([]facility.Stay, error) {
		guests, err := c.guests(ctx, db, party)
		if err != nil {
			return nil, err
		}
		return orders.BookStays(ctx, by, command.BookStays{Outbreak: c.Outbreak, Facility: c.Facility, Guests: guests, Together: c.Together})
	})
}

type stayWalkInCmd struct {
	facilityFlags
	partyFlags
	welcomeFlags
}

// Run takes people in.
func (c *stayWalkInCmd) Run(ctx context.Context, p *process) error {
	party, err := c.bodies(c.Room)
	if err != nil {
		return err
	}
	return c.order(ctx, p, func(s *remote, out *api.Stays) error {
		return s.send(ctx, http.MethodPost, path("/api/outbreaks/%s/facilities/%s/stays", c.Outbreak, c.Facility), api.NewStays{Guests: party, Together: c.Together, Arrived: true, At: c.At, Arriving: c.arriving()}, out)
	}, func(orders *command.Commands, by command.By, db *store.DB) ([]facility.Stay, error) {
		guests, err := c.guests(ctx, db, party)
		if err != nil {
			return nil, err
		}
		return orders.WalkIn(ctx, by, command.WalkIn{BookStays: command.BookStays{Outbreak: c.Outbreak, Facility: c.Facility, Guests: guests, Together: c.Together}, At: c.At, Welcome: command.Welcome(c.arriving())})
	})
}

// stayFlags are those of orders about stays that there are.
type stayFlags struct {
	facilityFlags
	Stays []int64 `arg:"" name:"stay" help:"Numbers of the stays (see stay list): all of them or nobody."`
}

func (c *stayFlags) ids() []facility.StayID {
	out := make([]facility.StayID, len(c.Stays))
	for i, id := range c.Stays {
		out[i] = facility.StayID(id)
	}
	return out
}

// change gives an order about stays that there are.
func (c *stayFlags) change(ctx context.Context, p *process, body api.StaysChange, here func(*command.Commands, command.By) ([]facility.Stay, error)) error {
	body.Stays = c.Stays
	return c.order(ctx, p, func(s *remote, out *api.Stays) error {
		return s.send(ctx, http.MethodPost, path("/api/outbreaks/%s/stays/changes", c.Outbreak), body, out)
	}, func(orders *command.Commands, by command.By, db *store.DB) ([]facility.Stay, error) {
		if err := c.ofOutbreak(ctx, db); err != nil {
			return nil, err
		}
		return here(orders, by)
	})
}

// ofOutbreak checks that the stays are of the outbreak that was named: numbers are easily mistyped.
func (c *stayFlags) ofOutbreak(ctx context.Context, db *store.DB) error {
	return c.inside(ctx, db, func(r *store.Reader, o outbreak.Outbreak) error {
		for _, id := range c.ids() {
			s, err := r.Stay(id)
			if err == nil && s.Outbreak != o.ID {
				err = fmt.Errorf("stay %d in outbreak %q: %w", id, c.Outbreak, store.ErrNotFound)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

type stayCheckInCmd struct {
	stayFlags
	welcomeFlags
	Room string `placeholder:"CODE" help:"Another room of the facility than the one kept."`
}

// Run checks people in.
func (c *stayCheckInCmd) Run(ctx context.Context, p *process) error {
	return c.change(ctx, p, api.StaysChange{Do: "check-in", At: c.At, Room: c.Room, Arriving: c.arriving()}, func(orders *command.Commands, by command.By) ([]facility.Stay, error) {
		return orders.CheckIn(ctx, by, command.CheckIn{Stays: c.ids(), At: c.At, Room: c.Room, Welcome: command.Welcome(c.arriving())})
	})
}

type stayCheckOutCmd struct {
	stayFlags
	Leaving string `required:"" placeholder:"WHY" help:"released (only whom a rule or two people have released), moved, died, without-leave or error."`
	At      string `placeholder:"TIME" help:"When; now otherwise."`
	Home    bool   `help:"With moved: the stay goes on at home."`
	Reason  string `placeholder:"TEXT" help:"Needed with without-leave and error."`
	CaredBy string `placeholder:"WHO" help:"With released, or moved home, needed where a child stays behind without an adult of its household: who looks after it."`
	goingFlags
}

// goingFlags are how people go home who are released.
type goingFlags struct {
	WayHome string `placeholder:"WAY" help:"How whoever is released goes home: transport (a vehicle of the transfer desk) or own; as they said before, or transport, otherwise."`
	TakenBy string `placeholder:"WHO" help:"With own: who takes them, such as family or a taxi."`
}

func (g goingFlags) body() api.GoingHome { return api.GoingHome(g) }

// Run checks people out.
func (c *stayCheckOutCmd) Run(ctx context.Context, p *process) error {
	return c.change(ctx, p, api.StaysChange{Do: "check-out", At: c.At, Leaving: c.Leaving, Home: c.Home, Reason: c.Reason, CaredBy: c.CaredBy, GoingHome: c.body()}, func(orders *command.Commands, by command.By) ([]facility.Stay, error) {
		return orders.CheckOut(ctx, by, command.CheckOut{Stays: c.ids(), Leaving: facility.Leaving(c.Leaving), At: c.At, Home: c.Home, Reason: c.Reason, CaredBy: c.CaredBy, Going: command.Going(c.goingFlags)})
	})
}

type stayWayHomeCmd struct {
	stayFlags
	goingFlags
}

// Run says how people go home.
func (c *stayWayHomeCmd) Run(ctx context.Context, p *process) error {
	return c.change(ctx, p, api.StaysChange{Do: "way-home", GoingHome: c.body()}, func(orders *command.Commands, by command.By) ([]facility.Stay, error) {
		return orders.SetWayHome(ctx, by, command.SetWayHome{Stays: c.ids(), Going: command.Going(c.goingFlags)})
	})
}

type stayMoveCmd struct {
	stayFlags
	Room   string `required:"" placeholder:"CODE" help:"Room of the same facility."`
	Reason string `placeholder:"TEXT" help:"Why."`
}

// Run moves people to another room.
func (c *stayMoveCmd) Run(ctx context.Context, p *process) error {
	return c.change(ctx, p, api.StaysChange{Do: "move-room", Room: c.Room, Reason: c.Reason}, func(orders *command.Commands, by command.By) ([]facility.Stay, error) {
		return orders.MoveRoom(ctx, by, command.MoveRoom{Stays: c.ids(), Room: c.Room, Reason: c.Reason})
	})
}

type stayDropCmd struct {
	stayFlags
	Reason string `required:"" placeholder:"TEXT" help:"Why."`
}

// Run gives up beds.
func (c *stayDropCmd) Run(ctx context.Context, p *process) error {
	return c.change(ctx, p, api.StaysChange{Do: "drop", Reason: c.Reason}, func(orders *command.Commands, by command.By) ([]facility.Stay, error) {
		return orders.DropBookings(ctx, by, command.DropBookings{Stays: c.ids(), Reason: c.Reason})
	})
}

type stayHomeCmd struct {
	facilityFlags
	guestFlags
	At string `placeholder:"TIME" help:"Since when; now otherwise."`
}

// Run says who stays at home.
func (c *stayHomeCmd) Run(ctx context.Context, p *process) error {
	party, err := c.bodies("")
	if err != nil {
		return err
	}
	return c.order(ctx, p, func(s *remote, out *api.Stays) error {
		return s.send(ctx, http.MethodPost, path("/api/outbreaks/%s/home-stays", c.Outbreak), api.HomeStays{Guests: party, At: c.At}, out)
	}, func(orders *command.Commands, by command.By, db *store.DB) ([]facility.Stay, error) {
		guests, err := c.guests(ctx, db, party)
		if err != nil {
			return nil, err
		}
		return orders.StartHomeStay(ctx, by, command.StartHomeStay{Outbreak: c.Outbreak, Guests: guests, At: c.At})
	})
}

type stayTurnCmd struct {
	facilityFlags
	Facility    string `arg:"" help:"Code of the facility."`
	Room        string `arg:"" help:"Code of the room."`
	Disinfected bool   `help:"It was disinfected."`
	Swab        string `placeholder:"OUTCOME" help:"What end-of-stay swabs said: none, negative or positive. A positive one keeps the room from being used."`
	Broken      bool   `help:"It is set aside; --note says what is broken."`
	Note        string `placeholder:"TEXT" help:"What else there is to say."`
}

// Run turns a room round.
func (c *stayTurnCmd) Run(ctx context.Context, p *process) error {
	var out api.Room
	err := c.through(ctx, p, func(s *remote) error {
		return s.send(ctx, http.MethodPost, path("/api/outbreaks/%s/facilities/%s/rooms/%s/turns", c.Outbreak, c.Facility, c.Room), api.RoomTurn{Disinfected: c.Disinfected, Swab: c.Swab, Broken: c.Broken, Note: c.Note}, &out)
	}, func(orders *command.Commands, by command.By, db *store.DB) error {
		id, err := c.roomOf(ctx, db)
		if err != nil {
			return err
		}
		m, err := orders.TurnRoom(ctx, by, command.TurnRoom{Room: id, Disinfected: c.Disinfected, Swab: command.Swab(c.Swab), Broken: c.Broken, Note: c.Note})
		out = api.RoomsNow([]facility.Room{m}).Items[0]
		return err
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return p.writeJSON(out)
	}
	_, err = fmt.Fprintf(p.Stdout, "Room %s is %s.\n", out.Code, strings.Replace(out.State, string(facility.Cleaning), "still to be cleaned", 1))
	return err
}

func (c *stayTurnCmd) roomOf(ctx context.Context, db *store.DB) (id facility.RoomID, err error) {
	f, err := c.facilityOf(ctx, db, c.Facility)
	if err != nil {
		return 0, err
	}
	err = c.inside(ctx, db, func(r *store.Reader, _ outbreak.Outbreak) error {
		rooms, err := r.RoomsOf([]facility.ID{f.ID})
		for _, m := range rooms[f.ID] {
			if m.Code == c.Room {
				id = m.ID
			}
		}
		if err == nil && id == 0 {
			err = fmt.Errorf("room %q of %s: %w", c.Room, c.Facility, store.ErrNotFound)
		}
		return err
	})
	return id, err
}
