package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/api"
	"firebreak/internal/command"
	"firebreak/internal/contact"
	"firebreak/internal/exchange"
	"firebreak/internal/facility"
	"firebreak/internal/lab"
	"firebreak/internal/outbreak"
	"firebreak/internal/store"
)

type facilityCmd struct {
	List  facilityListCmd  `cmd:"" help:"List facilities with how full they are."`
	Add   facilityAddCmd   `cmd:"" help:"Enter a facility: in reserve, or open."`
	Rooms facilityRoomsCmd `cmd:"" help:"Enter the rooms of a facility from a file, all or none, or list them with who is in them."`
	Move  facilityMoveCmd  `cmd:"" help:"Open a facility, close it, or take such an order back."`
	Ahead facilityAheadCmd `cmd:"" help:"Say how full facilities are expected to be over the next days, and when they are full."`

	Incidents facilityIncidentsCmd `cmd:"" help:"List what went wrong at a facility."`
	Incident  facilityIncidentCmd  `cmd:"" help:"Tell of something that went wrong at a facility: somebody there deals with it by the clock of how grave it is."`
	Settle    facilitySettleCmd    `cmd:"" help:"Say that an incident is dealt with, and what was done; or, with --reopen, that it is not after all."`

	Inspections facilityInspectionsCmd `cmd:"" help:"List the standards that a site is held to with how they were found last, what is to be put right by when, and its inspections."`
	Inspect     facilityInspectCmd     `cmd:"" help:"Tell of an inspection of a site by these standards: what is not met is put right by those of the house, until a later inspection finds it met."`

	Roster facilityRosterCmd `cmd:"" help:"Who of the staff is on duty at a facility, who is missing, and the planning of it."`
}

// facilityFlags are those of every one of these commands and of stay.
type facilityFlags struct {
	dataFlags
	jsonFlag
	serverFlags
	Outbreak string `required:"" placeholder:"NAME" help:"Outbreak that the facilities serve."`
}

// through does something through a server where the flags name one, and with the orders of the folder otherwise.
func (c *facilityFlags) through(ctx context.Context, p *process, there func(*remote) error, here func(*command.Commands, command.By, *store.DB) error) error {
	server, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	if server != nil {
		return there(server)
	}
	return c.with(ctx, p, false, func(db *store.DB) error { return here(command.New(db, nil), p.owner(), db) })
}

// read reads through a server, or from the folder, also while a server holds it.
func (c *facilityFlags) read(ctx context.Context, p *process, there func(*remote) error, here func(*store.Reader, outbreak.Outbreak) error) error {
	return readOutbreak(ctx, p, c.dataFlags, c.serverFlags, c.Outbreak, there, func(r *store.Reader, o outbreak.Outbreak, _ time.Time) error { return here(r, o) })
}

// inside reads what belongs to the outbreak.
func (c *facilityFlags) inside(ctx context.Context, db *store.DB, fn func(*store.Reader, outbreak.Outbreak) error) error {
	return insideOutbreak(ctx, db, c.Outbreak, fn)
}

// facilityOf finds a facility by its code.
func (c *facilityFlags) facilityOf(ctx context.Context, db *store.DB, code string) (f facility.Facility, err error) {
	return f, c.inside(ctx, db, func(r *store.Reader, o outbreak.Outbreak) error {
		f, err = r.FacilityByCode(o.ID, code)
		return err
	})
}

type facilityListCmd struct{ facilityFlags }

// Run lists facilities.
func (c *facilityListCmd) Run(ctx context.Context, p *process) error {
	var out api.Facilities
	err := readOutbreak(ctx, p, c.dataFlags, c.serverFlags, c.Outbreak, func(s *remote) error { return s.get(ctx, path("/api/outbreaks/%s/facilities", c.Outbreak), nil, &out) },
		func(r *store.Reader, o outbreak.Outbreak, now time.Time) (err error) {
			out, err = api.FacilitiesOf(r, o, now)
			return err
		})
	if err != nil {
		return err
	}
	if c.JSON {
		return p.writeJSON(out)
	}
	t := newTable("CODE", "NAME", "KIND", "STATE", "USABLE", "TIER", "ROOMS", "FREE", "CLEANING", "BEDS", "IN", "BOOKED", "BEDS FREE", "STAFF", "INSPECTED", "UNMET")
	t.alignRight(6, 7, 8, 9, 10, 11, 12)
	for _, f := range out.Items {
		usable := instantText(f.UsableAt)
		if f.State == string(facility.Reserve) {
			usable = fmt.Sprintf("%d h after the order", f.ReadyIn)
		}
		t.add(f.Code, f.Name, f.Kind, f.State, usable, f.Tier, strconv.FormatInt(f.Rooms, 10), strconv.FormatInt(f.FreeRooms, 10), strconv.FormatInt(f.Cleaning, 10), strconv.FormatInt(f.Beds, 10), strconv.FormatInt(f.In, 10),
			strconv.FormatInt(f.Booked, 10), strconv.FormatInt(f.FreeBeds, 10), staffText(f), inspectedText(f), unmetText(f))
	}
	return t.write(p.Stdout)
}

// staffText says whether staff are missing; empty where nobody can say.
func staffText(f api.Facility) string {
	switch {
	case f.Staff == nil:
		return ""
	case f.Staff.Short > 0:
		return fmt.Sprintf("%d missing", f.Staff.Short)
	case f.Staff.Short24 > 0:
		return fmt.Sprintf("%d missing in 24 h", f.Staff.Short24)
	}
	return "enough"
}

type facilityAddCmd struct {
	facilityFlags
	Code    string        `arg:"" help:"Code of the facility; unique in the outbreak."`
	Name    string        `placeholder:"TEXT" help:"A longer name; the code otherwise."`
	Kind    string        `required:"" placeholder:"KIND" help:"quarantine-site (for contacts), isolation-site or hospital (for cases)."`
	Area    string        `required:"" placeholder:"CODE" help:"Jurisdiction that it lies in; it may lie outside the outbreak's area."`
	Lon     string        `placeholder:"DEGREES" help:"With --lat."`
	Lat     string        `placeholder:"DEGREES" help:"With --lon."`
	ReadyIn time.Duration `placeholder:"SPAN" help:"From the order to open it until it can be used, in whole hours: 24h, 48h or 72h by most plans of reserves."`
	Unload  time.Duration `placeholder:"SPAN" help:"That a vehicle stands there, in whole minutes."`
	Bays    int64         `placeholder:"N" help:"Vehicles that are unloaded at once; 0: any number."`
	Opens   string        `placeholder:"HH:MM" help:"Time of day from which people are received, in the outbreak's zone; with --closes. Day and night where neither is given."`
	Closes  string        `placeholder:"HH:MM" help:"Earlier than --opens where it closes after midnight."`
	Tier    string        `placeholder:"TIER" help:"The only tier of contacts that it takes: close, secondary or general."`
	Phone   string        `placeholder:"NUMBER" help:"Of its desk, not of a person."`
	Open    bool          `help:"It takes people at once; otherwise it is in reserve."`
}

// Run enters a facility.
func (c *facilityAddCmd) Run(ctx context.Context, p *process) error {
	opens, closes, err := lab.ParseHours(c.Opens, c.Closes)
	if err != nil {
		return misused(err)
	}
	if c.ReadyIn%time.Hour != 0 {
		return misused(fmt.Errorf("--ready-in %s: want whole hours", c.ReadyIn))
	}
	if c.Unload%time.Minute != 0 {
		return misused(fmt.Errorf("--unload %s: want whole minutes", c.Unload))
	}
	var out api.Facility
	err = c.through(ctx, p, func(s *remote) error {
		body := api.NewFacility{Code: c.Code, Open: c.Open, FacilityBody: api.FacilityBody{Name: c.Name, Kind: c.Kind, Area: c.Area, Lon: c.Lon, Lat: c.Lat, ReadyIn: int64(c.ReadyIn / time.Hour), Unload: int64(c.Unload / time.Minute),
			Bays: c.Bays, Opens: c.Opens, Closes: c.Closes, Tier: c.Tier, Phone: c.Phone}}
		return s.send(ctx, http.MethodPost, path("/api/outbreaks/%s/facilities", c.Outbreak), body, &out)
	}, func(orders *command.Commands, by command.By, db *store.DB) error {
		list, err := orders.AddFacilities(ctx, by, command.AddFacilities{Outbreak: c.Outbreak, Facilities: []command.FacilityFields{{Code: c.Code, Name: c.Name, Kind: facility.Kind(c.Kind), Area: c.Area, Lon: c.Lon, Lat: c.Lat,
			ReadyIn: c.ReadyIn, Unload: c.Unload, Bays: c.Bays, Opens: opens, Closes: closes, Tier: contact.Tier(c.Tier), Phone: c.Phone, Open: c.Open}}})
		if err != nil {
			return err
		}
		out, err = c.stands(ctx, db, list[0])
		return err
	})
	return c.told(p, out, err)
}

// stands is a facility as it stands after an order about it.
func (c *facilityFlags) stands(ctx context.Context, db *store.DB, f facility.Facility) (out api.Facility, err error) {
	return out, c.inside(ctx, db, func(r *store.Reader, o outbreak.Outbreak) error {
		out, err = api.FacilityNow(r, o, f)
		return err
	})
}

// told says how a facility stands.
func (c *facilityFlags) told(p *process, f api.Facility, err error) error {
	if err != nil {
		return err
	}
	if c.JSON {
		return p.writeJSON(f)
	}
	switch {
	case f.UsableAt != nil:
		_, err = fmt.Fprintf(p.Stdout, "Facility %s is %s, and usable from %s.\n", f.Code, f.State, instantText(f.UsableAt))
	case f.State == string(facility.Reserve):
		_, err = fmt.Fprintf(p.Stdout, "Facility %s is in reserve.\n", f.Code)
	default:
		_, err = fmt.Fprintf(p.Stdout, "Facility %s is %s.\n", f.Code, f.State)
	}
	if len(f.UnmetCritical) > 0 && f.State != string(facility.Reserve) {
		warnOfSite(p, f.Code, f.UnmetCritical)
	}
	return err
}

type facilityMoveCmd struct {
	facilityFlags
	Code   string `arg:"" help:"Code of the facility."`
	State  string `arg:"" help:"opening (it is being made ready), open, closing (it takes nobody more) or reserve."`
	Reason string `placeholder:"TEXT" help:"Why."`
}

// Run moves a facility from one state to another.
func (c *facilityMoveCmd) Run(ctx context.Context, p *process) error {
	var out api.Facility
	err := c.through(ctx, p, func(s *remote) error {
		return s.send(ctx, http.MethodPost, path("/api/outbreaks/%s/facilities/%s/state", c.Outbreak, c.Code), api.FacilityMove{State: c.State, Reason: c.Reason}, &out)
	}, func(orders *command.Commands, by command.By, db *store.DB) error {
		f, err := c.facilityOf(ctx, db, c.Code)
		if err != nil {
			return err
		}
		if f, err = orders.MoveFacility(ctx, by, command.MoveFacility{Facility: f.ID, State: facility.State(c.State), Reason: c.Reason}); err != nil {
			return err
		}
		out, err = c.stands(ctx, db, f)
		return err
	})
	return c.told(p, out, err)
}

type facilityRoomsCmd struct {
	facilityFlags
	Errors string `type:"path" placeholder:"FILE" help:"Write one line for each row that is wrong, with its number and the reason, as CSV."`
	Code   string `arg:"" help:"Code of the facility."`
	File   string `arg:"" optional:"" type:"path" help:"CSV or XLSX with the column code, and group (the lift or corridor), beds (1 otherwise), use (private, shared or ward), level (ward or icu), convertible (yes) and care (needs that it meets, such as oxygen+barrier_free) where there are. Left out: list the rooms."`
}

// roomsTaken is what the command prints of a file.
type roomsTaken struct {
	File     string             `json:"file"`
	Rows     int                `json:"rows"`
	Rooms    int                `json:"rooms"`
	Beds     int64              `json:"beds"`
	Rejected int                `json:"rejected"`
	Rejects  []exchange.Problem `json:"rejects"`
}

// Run takes a file of rooms in, or lists them.
func (c *facilityRoomsCmd) Run(ctx context.Context, p *process) (err error) {
	if c.File == "" {
		return c.list(ctx, p)
	}
	src, err := exchange.Open(c.File)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	problems, err := openProblems(c.Errors)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, problems.close()) }()
	out := roomsTaken{File: src.Name(), Rejects: []exchange.Problem{}}
	list, rows, err := readRooms(src, &out)
	if err != nil {
		return err
	}
	if len(out.Rejects) == 0 {
		rooms, err := c.enter(ctx, p, list)
		wrong, ok := wrongRow(roomAt, err, rows)
		switch {
		case ok:
			out.Rejects = append(out.Rejects, wrong)
		case err != nil:
			return err
		}
		out.Rooms = len(rooms.Items)
		for _, m := range rooms.Items {
			out.Beds += m.Beds
		}
	}
	out.Rejected = len(out.Rejects)
	for _, x := range out.Rejects {
		if err := problems.write(src.Name(), x); err != nil {
			return err
		}
	}
	return c.tell(p, out)
}

// enter gives the order, here or through a server.
func (c *facilityRoomsCmd) enter(ctx context.Context, p *process, list []api.RoomBody) (out api.Rooms, err error) {
	return out, c.through(ctx, p, func(s *remote) error {
		return s.send(ctx, http.MethodPost, path("/api/outbreaks/%s/facilities/%s/rooms", c.Outbreak, c.Code), api.NewRooms{Rooms: list}, &out)
	}, func(orders *command.Commands, by command.By, db *store.DB) error {
		f, err := c.facilityOf(ctx, db, c.Code)
		if err != nil {
			return err
		}
		order := command.AddRooms{Facility: f.ID}
		for _, m := range list {
			order.Rooms = append(order.Rooms, m.Fields())
		}
		rooms, err := orders.AddRooms(ctx, by, order)
		out = api.RoomsNow(rooms)
		return err
	})
}

// roomAt finds in where an error lies which room of an order it is about, and which of its fields.
var roomAt = regexp.MustCompile(`^(?:body\.)?rooms\[(\d+)\]\.?(.*)$`)

// wrongRow says an error about one part of an order, found in where it lies by at, as a problem with the row of the file.
func wrongRow(at *regexp.Regexp, err error, rows []int) (exchange.Problem, bool) {
	out := exchange.Problem{Severity: exchange.Reject}
	where := ""
	var invalid *command.Invalid
	var told *refusal
	switch {
	case errors.As(err, &invalid):
		where, out.Value, out.Reason = invalid.Field, invalid.Value, invalid.Reason
	case errors.As(err, &told) && len(told.Errors) > 0:
		e := told.Errors[0]
		where, out.Reason = e.Location, e.Message
		if e.Value != nil {
			out.Value = fmt.Sprint(e.Value)
		}
	default:
		return out, false
	}
	m := at.FindStringSubmatch(where)
	if m == nil {
		return out, false
	}
	i, err := strconv.Atoi(m[1])
	if err != nil || i >= len(rows) {
		return out, false
	}
	out.Row, out.Column = rows[i], m[2]
	return out, true
}

func (c *facilityRoomsCmd) tell(p *process, out roomsTaken) error {
	var failed error
	if out.Rejected > 0 {
		failed = rejected(fmt.Errorf("%d of %d rows of %s are wrong: no room was entered", out.Rejected, out.Rows, out.File))
	}
	if c.JSON {
		return errors.Join(p.writeJSON(out), failed)
	}
	if _, err := fmt.Fprintf(p.Stdout, "%s: %d rows, %d rooms with %d beds entered, %d rows wrong\n", out.File, out.Rows, out.Rooms, out.Beds, out.Rejected); err != nil {
		return err
	}
	for _, x := range out.Rejects {
		if _, err := fmt.Fprintf(p.Stdout, "  row %d: %s %q %s\n", x.Row, x.Column, x.Value, x.Reason); err != nil {
			return err
		}
	}
	return failed
}

// roomColumns are what a file may say of rooms; lift is another word for group.
var roomColumns = []string{"code", "group", "lift", "beds", "use", "level", "convertible", "care"}

// readRooms reads a file of rooms, each with the number of its row. What cannot be read is a problem with its row and column.
func readRooms(src *exchange.Source, out *roomsTaken) (list []api.RoomBody, rows []int, err error) {
	out.Rows, err = eachRow(src, columns{all: roomColumns, needed: []string{"code"}, other: map[string]string{"lift": "group"}}, func(number int, cell func(string) string) {
		wrong := func(name, reason string) {
			out.Rejects = append(out.Rejects, exchange.Problem{Row: number, Column: name, Value: cell(name), Reason: reason, Severity: exchange.Reject})
		}
		m := api.RoomBody{Code: cell("code"), Group: cell("group"), Beds: 1, Use: strings.ToLower(cell("use")), Level: strings.ToLower(cell("level")),
			Care: strings.FieldsFunc(cell("care"), func(r rune) bool { return strings.ContainsRune(" +,;/\u3001\uff0c", r) })}
		if text := cell("beds"); text != "" {
			n, err := strconv.ParseInt(text, 10, 64)
			switch m.Beds = n; {
			case err != nil:
				wrong("beds", "is not a whole number")
			case n < 1:
				wrong("beds", "is less than 1")
			}
		}
		if m.Use != "" {
			if _, err := facility.ParseUse(m.Use); err != nil {
				wrong("use", facility.ErrUse.Error())
			}
		}
		if _, err := facility.ParseLevel(m.Level); err != nil {
			wrong("level", facility.ErrLevel.Error())
		}
		switch strings.ToLower(cell("convertible")) {
		case "", "no", "false", "0":
		case "yes", "true", "1":
			m.Convertible = true
		default:
			wrong("convertible", "is neither yes nor no")
		}
		if m.Code == "" {
			wrong("code", "is needed")
		}
		list, rows = append(list, m), append(rows, number)
	})
	if err == nil && out.Rows == 0 {
		err = rejected(fmt.Errorf("%s has no row with a room", src.Name()))
	}
	return list, rows, err
}

func (c *facilityRoomsCmd) list(ctx context.Context, p *process) error {
	var out api.Rooms
	err := c.read(ctx, p, func(s *remote) error {
		return s.get(ctx, path("/api/outbreaks/%s/facilities/%s/rooms", c.Outbreak, c.Code), nil, &out)
	},
		func(r *store.Reader, o outbreak.Outbreak) (err error) {
			out, err = api.RoomsIn(r, o, c.Code)
			return err
		})
	if err != nil {
		return err
	}
	if c.JSON {
		return p.writeJSON(out)
	}
	t := newTable("ROOM", "GROUP", "BEDS", "USE", "LEVEL", "CARE", "STATE", "IN", "BOOKED", "WHO")
	t.alignRight(2, 7, 8)
	for _, m := range out.Items {
		in, booked := 0, 0
		who := make([]string, len(m.Stays))
		for i, s := range m.Stays {
			who[i] = s.Of
			if s.State == string(facility.In) {
				in++
			} else {
				booked++
			}
		}
		t.add(m.Code, m.Group, strconv.FormatInt(m.Beds, 10), m.Use, m.Level, strings.Join(m.Care, "+"), m.State, strconv.Itoa(in), strconv.Itoa(booked), strings.Join(who, " "))
	}
	return t.write(p.Stdout)
}
