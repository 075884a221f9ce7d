package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/api"
	"firebreak/internal/command"
	"firebreak/internal/exchange"
	"firebreak/internal/outbreak"
	"firebreak/internal/store"
	"firebreak/internal/transfer"
	"firebreak/internal/transferplan"
)

type transferCmd struct {
	Requests transferRequestsCmd `cmd:"" aliases:"list" help:"List who has to be moved, the first deadline first."`

	Companions transferCompanionsCmd `cmd:"" help:"List the adults of the household of a child who is to be moved, and who of them can go along."`
	Accompany  transferAccompanyCmd  `cmd:"" help:"Say that an adult goes along with a child who is to be moved: one of the household or, where none of it can, somebody whom the family has chosen. Same vehicle, same room; nobody is made to."`
	Cancel     transferCancelCmd     `cmd:"" help:"Say that an adult does not go along with a child after all, or that nobody is to be fetched who was asked for by hand. What a task asks for ends with the task."`

	Vehicles transferVehiclesCmd `cmd:"" help:"Enter vehicles with their crews' shifts from a file, or list them."`
	Plan     transferPlanCmd     `cmd:"" help:"Plan who is fetched by which vehicle when and gets which bed, from now on, and keep the plan. What is promised stays promised."`
	AutoPlan transferAutoPlanCmd `cmd:"" help:"Say, or change, whether transfers are planned again by themselves."`
	Needed   transferNeededCmd   `cmd:"" help:"Say how many more vehicles would bring in time those who are not; nothing is changed."`
	Board    transferBoardCmd    `cmd:"" help:"Show vehicles with their trips, who waits, and how long it takes from a result to a bed."`
	Invite   transferInviteCmd   `cmd:"" help:"Invite a crew's phone, and print the secret of its QR code."`
}

// transferFlags are those of every one of these commands.
type transferFlags struct {
	dataFlags
	jsonFlag
	serverFlags
	Outbreak string `required:"" placeholder:"NAME" help:"Outbreak whose people are moved."`
}

// board reads the board here or through a server.
func (c *transferFlags) board(ctx context.Context, p *process) (out api.TransferBoard, err error) {
	return out, readOutbreak(ctx, p, c.dataFlags, c.serverFlags, c.Outbreak, func(s *remote) error {
		return s.get(ctx, path("/api/outbreaks/%s/transfers/board", c.Outbreak), nil, &out)
	}, func(r *store.Reader, o outbreak.Outbreak, now time.Time) (err error) {
		out, err = api.BoardOf(r, o, now)
		return err
	})
}

type transferRequestsCmd struct {
	transferFlags
	State string `enum:",open,planned,aboard,no-show,refused" default:"" help:"Only those."`
}

// Run lists requests.
func (c *transferRequestsCmd) Run(ctx context.Context, p *process) error {
	b, err := c.board(ctx, p)
	if err != nil {
		return err
	}
	list := []api.Transfer{}
	for _, q := range b.Requests {
		if c.State == "" || q.State == c.State {
			list = append(list, q)
		}
	}
	if c.JSON {
		return p.writeJSON(api.Transfers{Items: list})
	}
	t := newTable("ID", "PARTY", "CLASS", "GOES ALONG", "ALONE", "PURPOSE", "STATE", "DEADLINE", "PROMISED", "VEHICLE", "PLACE", "LATE")
	for _, q := range list {
		late, along, alone := "", "", ""
		if q.Late {
			late = "late"
		}
		if q.Companion != 0 {
			along = "person " + strconv.FormatInt(q.Companion, 10)
		}
		if q.Alone {
			alone = "child"
		}
		t.add(strconv.FormatInt(q.ID, 10), strconv.FormatInt(q.Party, 10), q.Class, along, alone, q.Purpose, q.State, instantText(q.Deadline), instantText(q.Promised), q.Vehicle, q.Place, late)
	}
	return t.write(p.Stdout)
}

func instantText(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.Format(time.RFC3339)
}

type transferBoardCmd struct{ transferFlags }

// Run shows the board.
func (c *transferBoardCmd) Run(ctx context.Context, p *process) error {
	b, err := c.board(ctx, p)
	if err != nil {
		return err
	}
	if c.JSON {
		return p.writeJSON(b)
	}
	t := newTable("VEHICLE", "STATE", "TRIP", "CLASS", "STATE", "LEAVES", "TO", "STOPS", "DELAY")
	for _, v := range b.Vehicles {
		if len(v.Trips) == 0 {
			t.add(v.Code, v.State, "", "", "", "", "", "", "")
		}
		for _, x := range v.Trips {
			t.add(v.Code, v.State, strconv.FormatInt(x.ID, 10), x.Class, x.State, instantText(x.Leaves), x.To, strconv.Itoa(len(x.Stops)), strconv.FormatInt(x.Delay, 10))
		}
	}
	if err := t.write(p.Stdout); err != nil {
		return err
	}
	states := map[string]int{}
	late := 0
	for _, q := range b.Requests {
		states[q.State]++
		if q.Late {
			late++
		}
	}
	_, err = fmt.Fprintf(p.Stdout, "%d to be moved: %d open, %d planned, %d aboard, %d nobody home, %d refused; %d late.\n", len(b.Requests), states["open"], states["planned"], states["aboard"], states["no-show"], states["refused"], late)
	if err == nil && b.ToBed.People > 0 {
		_, err = fmt.Fprintf(p.Stdout, "From the result to the bed, %d people within a day: median %d minutes, nine in ten within %d.\n", b.ToBed.People, b.ToBed.Median, b.ToBed.P90)
	}
	if err == nil && len(b.Full) > 0 {
		_, err = fmt.Fprintf(p.Stdout, "Full: %s.\n", strings.Join(b.Full, ", "))
	}
	return err
}

type transferNeededCmd struct{ transferFlags }

// Run asks the planner how many more vehicles would do.
func (c *transferNeededCmd) Run(ctx context.Context, p *process) error {
	server, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	var out api.VehiclesNeeded
	if server != nil {
		err = server.get(ctx, path("/api/outbreaks/%s/transfers/needed", c.Outbreak), nil, &out)
	} else {
		err = c.with(ctx, p, false, func(db *store.DB) error {
			id, err := outbreakOf(ctx, db, c.Outbreak)
			if err != nil {
				return err
			}
			list, err := transferplan.New(transferplan.Options{DB: db, Commands: command.New(db, nil)}).Needed(ctx, id)
			out = api.NeededView(list)
			return err
		})
	}
	if err != nil {
		return err
	}
	if c.JSON {
		return p.writeJSON(out)
	}
	return tellNeeded(p, out)
}

// tellNeeded prints how many more vehicles would do.
func tellNeeded(p *process, of api.VehiclesNeeded) error {
	if len(of.Items) == 0 {
		_, err := fmt.Fprintln(p.Stdout, "More vehicles would bring nobody to a bed in time who is not brought there now.")
		return err
	}
	t := newTable("for", "more vehicles", "seats", "wheelchairs", "stretchers", "not fetched now", "late now", "not fetched then", "late then")
	t.alignRight(1, 2, 3, 4, 5, 6, 7, 8)
	for _, m := range of.Items {
		t.add(m.Class, strconv.Itoa(m.Vehicles), strconv.Itoa(m.Seats), strconv.Itoa(m.Wheelchairs), strconv.Itoa(m.Stretchers), strconv.Itoa(m.Before.Unserved), strconv.Itoa(m.Before.Late),
			strconv.Itoa(m.After.Unserved), strconv.Itoa(m.After.Late))
	}
	return t.write(p.Stdout)
}

type transferPlanCmd struct{ transferFlags }

// Run plans and keeps the plan.
func (c *transferPlanCmd) Run(ctx context.Context, p *process) error {
	server, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	var out api.TransferPlanView
	if server != nil {
		err = server.send(ctx, http.MethodPost, path("/api/outbreaks/%s/transfers/plan", c.Outbreak), nil, &out)
	} else {
		err = c.with(ctx, p, false, func(db *store.DB) error {
			id, err := outbreakOf(ctx, db, c.Outbreak)
			if err != nil {
				return err
			}
			planner := transferplan.New(transferplan.Options{DB: db, Commands: command.New(db, nil)})
			x, err := planner.Make(ctx, command.Owner("cli:"+p.User), id)
			if err != nil {
				return err
			}
			out = api.PlannedView(x)
			return nil
		})
	}
	if err != nil {
		return err
	}
	if c.JSON {
		return p.writeJSON(out)
	}
	if _, err := fmt.Fprintf(p.Stdout, "Plan %d is kept: %d parties, %d people, %.0f minutes of driving, %.1f km.\n", out.Version, out.Parties, out.People, out.Travel, out.Km); err != nil {
		return err
	}
	for _, u := range out.Unserved {
		if _, err := fmt.Fprintf(p.Stdout, "Party %d (%d people) is not fetched: short of %s.\n", u.Party, u.People, u.Short); err != nil {
			return err
		}
	}
	for _, l := range out.Late {
		if _, err := fmt.Fprintf(p.Stdout, "Party %d is %.0f minutes late.\n", l.Party, l.Minutes); err != nil {
			return err
		}
	}
	return nil
}

func outbreakOf(ctx context.Context, db *store.DB, name string) (id outbreak.ID, err error) {
	err = db.View(ctx, func(r *store.Reader) error {
		o, err := r.OutbreakByName(name)
		id = o.ID
		return err
	})
	return id, err
}

type transferInviteCmd struct {
	dataFlags
	jsonFlag
	Outbreak string `required:"" placeholder:"NAME" help:"Outbreak that the vehicle serves."`
	Crew     string `required:"" placeholder:"TEXT" help:"Who drives."`
	Vehicle  string `arg:"" help:"Code of the vehicle."`
}

// Run makes an invitation and prints its secret.
func (c *transferInviteCmd) Run(ctx context.Context, p *process) error {
	return c.with(ctx, p, false, func(db *store.DB) error {
		var v transfer.Vehicle
		err := db.View(ctx, func(r *store.Reader) error {
			o, err := r.OutbreakByName(c.Outbreak)
			if err != nil {
				return err
			}
			v, err = r.VehicleByCode(o.ID, c.Vehicle)
			return err
		})
		if err != nil {
			return err
		}
		x, err := command.New(db, nil).InvitePhone(ctx, command.Owner("cli:"+p.User), v.ID, c.Crew)
		if err != nil {
			return err
		}
		if c.JSON {
			return p.writeJSON(struct {
				Phone      transfer.PhoneID `json:"phone"`
				Invitation string           `json:"invitation"`
				EnrolBy    time.Time        `json:"enrol_by"`
			}{x.Phone, x.Secret, x.EnrolBy})
		}
		_, err = fmt.Fprintf(p.Stdout, "%s\nHolds for one phone until %s: https://YOUR-ADDRESS/desk/#invite=%s\n", x.Secret, x.EnrolBy.Format(time.RFC3339), x.Secret)
		return err
	})
}

type transferVehiclesCmd struct {
	transferFlags
	Errors string `type:"path" placeholder:"FILE" help:"Write one line for each rejected row, with its number and the reason, as CSV."`
	File   string `arg:"" optional:"" type:"path" help:"CSV or XLSX with columns code, area, lat, lon, seats, and name, wheelchairs, stretchers, takes (case, contact), disinfect (minutes), crew, from, to (instants) where there are. A row more with the same code is a shift more. Left out: list the vehicles."`
}

// vehiclesTaken is what the command prints of a file.
type vehiclesTaken struct {
	File     string             `json:"file"`
	Rows     int                `json:"rows"`
	Vehicles int                `json:"vehicles"`
	Rejected int                `json:"rejected"`
	Rejects  []exchange.Problem `json:"rejects"`
}

// Run takes a file of vehicles in, or lists them.
func (c *transferVehiclesCmd) Run(ctx context.Context, p *process) (err error) {
	if c.File == "" {
		return c.list(ctx, p)
	}
	server, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	src, err := exchange.Open(c.File)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	rejects, err := openProblems(c.Errors)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rejects.close()) }()
	out := vehiclesTaken{File: src.Name(), Rejects: []exchange.Problem{}}
	list, rows, err := readVehicles(src, &out)
	if err != nil {
		return err
	}
	take := func(add func(command.VehicleFields) error) error {
		for i, f := range list {
			err := add(f)
			var invalid *command.Invalid
			var told *refusal
			switch {
			case err == nil:
				out.Vehicles++
			case errors.As(err, &invalid):
				out.reject(rows[i], strings.TrimPrefix(invalid.Field, "vehicles[0]."), invalid.Value, invalid.Reason)
			case errors.As(err, &told) && told.code() == codeUsage:
				out.reject(rows[i], "", f.Code, told.Error())
			default:
				return err
			}
		}
		return nil
	}
	if server != nil {
		err = take(func(f command.VehicleFields) error {
			v := api.NewVehicle{Code: f.Code, Name: f.Name, Area: f.Area, Lat: f.Lat, Lon: f.Lon, Seats: f.Seats, Wheelchairs: f.Wheelchairs, Stretchers: f.Stretchers, Takes: f.Takes, Disinfect: int64(f.Disinfect / time.Minute)}
			for _, s := range f.Shifts {
				v.Shifts = append(v.Shifts, api.NewShift(s))
			}
			var answer api.Vehicles
			return server.send(ctx, http.MethodPut, path("/api/outbreaks/%s/vehicles", c.Outbreak), api.NewVehicles{Vehicles: []api.NewVehicle{v}}, &answer)
		})
	} else {
		err = c.with(ctx, p, false, func(db *store.DB) error {
			orders, by := command.New(db, nil), command.Owner("cli:"+p.User)
			return take(func(f command.VehicleFields) error {
				_, err := orders.AddVehicles(ctx, by, c.Outbreak, []command.VehicleFields{f})
				return err
			})
		})
	}
	if err != nil {
		return err
	}
	for _, x := range out.Rejects {
		if err := rejects.write(src.Name(), x); err != nil {
			return err
		}
	}
	return c.tell(p, out)
}

func (o *vehiclesTaken) reject(row int, column, value, reason string) {
	o.Rejected++
	o.Rejects = append(o.Rejects, exchange.Problem{Row: row, Column: column, Value: value, Reason: reason, Severity: exchange.Reject})
}

func (c *transferVehiclesCmd) tell(p *process, out vehiclesTaken) error {
	var failed error
	if out.Rejected > 0 {
		failed = rejected(fmt.Errorf("%d of %d rows of %s are rejected", out.Rejected, out.Rows, out.File))
	}
	if c.JSON {
		return errors.Join(p.writeJSON(out), failed)
	}
	if _, err := fmt.Fprintf(p.Stdout, "%s: %d rows, %d vehicles entered or corrected, %d rows rejected\n", out.File, out.Rows, out.Vehicles, out.Rejected); err != nil {
		return err
	}
	for _, x := range out.Rejects {
		if _, err := fmt.Fprintf(p.Stdout, "  row %d: %s %q %s\n", x.Row, x.Column, x.Value, x.Reason); err != nil {
			return err
		}
	}
	return failed
}

// readVehicles reads a file of vehicles: each with the number of its first row. A row that cannot be read is rejected, and its vehicle with it.
func readVehicles(src *exchange.Source, out *vehiclesTaken) (list []command.VehicleFields, rows []int, err error) {
	at := map[string]int{}
	out.Rows, err = eachRow(src, columns{needed: []string{"code", "area", "lat", "lon", "seats"}}, func(row int, cell func(string) string) {
		bad := false
		number := func(name string) float64 {
			text := cell(name)
			if text == "" {
				return 0
			}
			n, err := strconv.ParseFloat(text, 64)
			if err != nil && !bad {
				bad = true
				out.reject(row, name, text, "is not a number")
			}
			return n
		}
		f := command.VehicleFields{Code: cell("code"), Name: cell("name"), Area: cell("area"), Lat: number("lat"), Lon: number("lon"), Seats: int64(number("seats")), Wheelchairs: int64(number("wheelchairs")), Stretchers: int64(number("stretchers")),
			Takes: cell("takes"), Disinfect: time.Duration(number("disinfect")) * time.Minute}
		if bad {
			return
		}
		i, again := at[f.Code]
		if !again {
			i = len(list)
			at[f.Code] = i
			list, rows = append(list, f), append(rows, row)
		}
		if from, to := cell("from"), cell("to"); from != "" || to != "" {
			list[i].Shifts = append(list[i].Shifts, command.ShiftFields{Crew: cell("crew"), From: from, To: to})
		}
	})
	return list, rows, err
}

func (c *transferVehiclesCmd) list(ctx context.Context, p *process) error {
	b, err := c.board(ctx, p)
	if err != nil {
		return err
	}
	if c.JSON {
		return p.writeJSON(api.Vehicles{Items: b.Vehicles})
	}
	t := newTable("CODE", "NAME", "AREA", "SEATS", "WHEELCHAIRS", "STRETCHERS", "TAKES", "STATE", "CARRIED", "SHIFTS")
	for _, v := range b.Vehicles {
		t.add(v.Code, v.Name, v.Area, strconv.FormatInt(v.Seats, 10), strconv.FormatInt(v.Wheelchairs, 10), strconv.FormatInt(v.Stretchers, 10), v.Takes, v.State, v.Carried, strconv.Itoa(len(v.Shifts)))
	}
	return t.write(p.Stdout)
}
