package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"

	"firebreak/internal/api"
	"firebreak/internal/command"
	"firebreak/internal/exchange"
	"firebreak/internal/lab"
	"firebreak/internal/protocol"
	"firebreak/internal/screening"
	"firebreak/internal/store"
)

type labCmd struct {
	Add     labAddCmd     `cmd:"" help:"Enter a laboratory."`
	Change  labChangeCmd  `cmd:"" help:"Correct what is known of a laboratory, or say that it is not used any more. What no flag names stays."`
	Invite  labInviteCmd  `cmd:"" help:"Make an invitation by which one device enrols at a laboratory's door."`
	Report  labReportCmd  `cmd:"" help:"Take in a laboratory's file of results. A file may be given again: what was told before changes nothing."`
	Unknown labUnknownCmd `cmd:"" help:"List tubes that a laboratory has, or has read, and that no desk has told of: the positive ones first."`
	Settle  labSettleCmd  `cmd:"" help:"Say what a tube was that no desk will ever tell of, and why."`
	Backlog labBacklogCmd `cmd:"" aliases:"list" help:"List the laboratories with what they have in hand, how fast they read it, when it will be read and what is late."`
}

// labFlags are those of every one of these commands.
type labFlags struct {
	dataFlags
	jsonFlag
	Outbreak string `required:"" placeholder:"NAME" help:"Outbreak that the laboratory serves."`
}

type labAddCmd struct {
	labFlags
	serverFlags
	Code       string        `arg:"" help:"Code of the laboratory; unique in the outbreak."`
	Name       string        `placeholder:"TEXT" help:"A longer name; the code otherwise."`
	Area       string        `required:"" placeholder:"CODE" help:"Jurisdiction that it lies in; it may lie outside the outbreak's area."`
	PerHour    int64         `placeholder:"N" help:"Tubes that it says it can read in an hour."`
	Rates      string        `placeholder:"HOURS" help:"Parts of the day in which that is another number: '22:00-06:00 120, 12:00-13:00 0'."`
	Turnaround time.Duration `placeholder:"SPAN" help:"From its door to the result when nothing waits, such as 4h."`
	Opens      string        `placeholder:"HH:MM" help:"Time of day in the outbreak's zone; with --closes. Day and night where neither is given."`
	Closes     string        `placeholder:"HH:MM" help:"Earlier than --opens where it closes after midnight."`
	Mobile     bool          `help:"It can be moved."`
}

// entered is a laboratory as the command prints it once it is entered or changed.
type entered struct {
	ID      lab.LaboratoryID `json:"id"`
	Code    string           `json:"code"`
	Version int64            `json:"version"`
}

func (e entered) print(p *process, asJSON bool, what string) error {
	if asJSON {
		return p.writeJSON(e)
	}
	_, err := fmt.Fprintf(p.Stdout, "Laboratory %s is %s.\n", e.Code, what)
	return err
}

// Run enters a laboratory, here or through a server.
func (c *labAddCmd) Run(ctx context.Context, p *process) error {
	opens, closes, err := lab.ParseHours(c.Opens, c.Closes)
	if err != nil {
		return misused(err)
	}
	rates, err := lab.ParseRates(c.Rates)
	if err != nil {
		return misused(fmt.Errorf("--rates: %w", err))
	}
	server, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	f := command.LaboratoryFields{Code: c.Code, Name: c.Name, Area: c.Area, PerHour: c.PerHour, Rates: rates, Turnaround: c.Turnaround, Opens: opens, Closes: closes, Mobile: c.Mobile}
	if server != nil {
		var l api.Laboratory
		if err := server.send(ctx, http.MethodPost, path("/api/outbreaks/%s/laboratories", c.Outbreak), api.WriteLaboratory(f), &l); err != nil {
			return err
		}
		return entered{lab.LaboratoryID(l.ID), l.Code, l.Version}.print(p, c.JSON, "entered")
	}
	return c.with(ctx, p, false, func(db *store.DB) error {
		list, err := command.New(db, nil).AddLaboratories(ctx, p.owner(), command.AddLaboratories{Outbreak: c.Outbreak, Laboratories: []command.LaboratoryFields{f}})
		if err != nil {
			return err
		}
		return entered{list[0].ID, list[0].Code, list[0].Version}.print(p, c.JSON, "entered")
	})
}

type labChangeCmd struct {
	labFlags
	serverFlags
	Code       string         `arg:"" help:"Code of the laboratory."`
	Name       *string        `placeholder:"TEXT" help:"A longer name."`
	Area       *string        `placeholder:"CODE" help:"Jurisdiction that it lies in."`
	PerHour    *int64         `placeholder:"N" help:"Tubes that it says it can read in an hour."`
	Rates      *string        `placeholder:"HOURS" help:"Parts of the day in which that is another number, all of them: '22:00-06:00 120, 12:00-13:00 0'. Empty: the same all day."`
	Turnaround *time.Duration `placeholder:"SPAN" help:"From its door to the result when nothing waits, such as 4h."`
	Opens      *string        `placeholder:"HH:MM" help:"Time of day in the outbreak's zone; with --closes. Both empty: day and night."`
	Closes     *string        `placeholder:"HH:MM" help:"Earlier than --opens where it closes after midnight."`
	Mobile     *bool          `negatable:"" help:"It can be moved."`
	Closed     *bool          `negatable:"" help:"It is not used any more."`
}

// Run corrects what is known of a laboratory, here or through a server.
func (c *labChangeCmd) Run(ctx context.Context, p *process) error {
	if (c.Opens == nil) != (c.Closes == nil) {
		return misused(errors.New("--opens and --closes go together"))
	}
	server, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	if server != nil {
		return c.through(ctx, p, server)
	}
	return c.with(ctx, p, false, func(db *store.DB) error {
		var in command.ChangeLaboratory
		err := db.View(ctx, func(r *store.Reader) error {
			o, err := r.OutbreakByName(c.Outbreak)
			if err != nil {
				return err
			}
			l, err := r.LaboratoryByCode(o.ID, c.Code)
			if err != nil {
				return err
			}
			tree, err := r.Tree()
			if err != nil {
				return err
			}
			j, _ := tree.Get(l.Area)
			in = command.ChangeLaboratory{Laboratory: l.ID, Version: l.Version, Closed: given(c.Closed, l.Closed)}
			in.LaboratoryFields, err = c.over(command.LaboratoryFields{Code: l.Code, Name: l.Name, Area: j.Code, PerHour: l.PerHour, Rates: l.Rates, Turnaround: l.Turnaround, Opens: l.Opens, Closes: l.Closes, Mobile: l.Mobile})
			return err
		})
		if err != nil {
			return err
		}
		l, err := command.New(db, nil).ChangeLaboratory(ctx, p.owner(), in)
		if err != nil {
			return err
		}
		return entered{l.ID, l.Code, l.Version}.print(p, c.JSON, "changed")
	})
}

// through corrects it through a server.
func (c *labChangeCmd) through(ctx context.Context, p *process, server *remote) error {
	var list api.Laboratories
	if err := server.get(ctx, path("/api/outbreaks/%s/laboratories", c.Outbreak), nil, &list); err != nil {
		return err
	}
	i := slices.IndexFunc(list.Items, func(l api.Laboratory) bool { return l.Code == c.Code })
	if i < 0 {
		return fmt.Errorf("laboratory %q: %w", c.Code, store.ErrNotFound)
	}
	stands, err := list.Items[i].Fields()
	if err != nil {
		return fmt.Errorf("answer of the server: %w", err)
	}
	f, err := c.over(stands)
	if err != nil {
		return err
	}
	n := api.WriteLaboratory(f)
	in := api.LaboratoryChange{Name: n.Name, Area: n.Area, PerHour: n.PerHour, Rates: n.Rates, Turnaround: n.Turnaround, Opens: n.Opens, Closes: n.Closes, Mobile: n.Mobile, Closed: given(c.Closed, list.Items[i].Closed), Version: list.Items[i].Version}
	var l api.Laboratory
	if err := server.send(ctx, http.MethodPut, path("/api/outbreaks/%s/laboratories/%s", c.Outbreak, c.Code), in, &l); err != nil {
		return err
	}
	return entered{lab.LaboratoryID(l.ID), l.Code, l.Version}.print(p, c.JSON, "changed")
}

// over is what is known of the laboratory with what the flags say.
func (c *labChangeCmd) over(f command.LaboratoryFields) (command.LaboratoryFields, error) {
	f.Name, f.Area, f.PerHour, f.Turnaround, f.Mobile = given(c.Name, f.Name), given(c.Area, f.Area), given(c.PerHour, f.PerHour), given(c.Turnaround, f.Turnaround), given(c.Mobile, f.Mobile)
	var err error
	if c.Rates != nil {
		if f.Rates, err = lab.ParseRates(*c.Rates); err != nil {
			return f, misused(fmt.Errorf("--rates: %w", err))
		}
	}
	if c.Opens != nil {
		if f.Opens, f.Closes, err = lab.ParseHours(*c.Opens, *c.Closes); err != nil {
			return f, misused(err)
		}
	}
	return f, nil
}

// given is what a flag says, or what stands where it is left out.
func given[T any](flag *T, stands T) T {
	if flag == nil {
		return stands
	}
	return *flag
}

type labInviteCmd struct {
	labFlags
	Code string `arg:"" help:"Code of the laboratory."`
	Desk string `required:"" placeholder:"TEXT" help:"Which door or bench."`
}

// Run makes an invitation and prints its secret.
func (c *labInviteCmd) Run(ctx context.Context, p *process) error {
	return c.with(ctx, p, false, func(db *store.DB) error {
		var l lab.Laboratory
		err := db.View(ctx, func(r *store.Reader) error {
			o, err := r.OutbreakByName(c.Outbreak)
			if err != nil {
				return err
			}
			l, err = r.LaboratoryByCode(o.ID, c.Code)
			return err
		})
		if err != nil {
			return err
		}
		inv, err := command.New(db, nil).Invite(ctx, p.owner(), command.Invite{Role: screening.Laboratory, Laboratory: l.ID, Desk: c.Desk})
		if err != nil {
			return err
		}
		return p.writeInvitation(inv, c.JSON)
	})
}

type labReportCmd struct {
	labFlags
	serverFlags
	Lab    string `required:"" placeholder:"CODE" help:"Laboratory that the file is from."`
	Errors string `type:"path" placeholder:"FILE" help:"Write one line for each rejected row, with its number and the reason, as CSV."`
	File   string `arg:"" type:"path" help:"CSV or XLSX with columns tube and result, and at, ct, run, well or reason where there are; Chinese headers are known too (采样管号, 检测结果, 检测时间, CT值)."`
}

// labReported is what the command prints.
type labReported struct {
	File string `json:"file"`
	command.TubeFileReported
}

// Run takes a file of results in, here or through a server. All rows are accounted for, or it fails.
func (c *labReportCmd) Run(ctx context.Context, p *process) error {
	server, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	if server != nil {
		return c.report(p, func(rows []command.TubeRow) (command.TubesReported, error) {
			return server.reportTubes(ctx, c.Outbreak, c.Lab, rows)
		})
	}
	return c.with(ctx, p, false, func(db *store.DB) error {
		orders, by := command.New(db, nil), p.owner()
		return c.report(p, func(rows []command.TubeRow) (command.TubesReported, error) {
			return orders.ReportTubes(ctx, by, command.ReportTubes{Outbreak: c.Outbreak, Laboratory: c.Lab, Rows: rows})
		})
	})
}

// report reads the file, and has its parts taken.
func (c *labReportCmd) report(p *process, take func([]command.TubeRow) (command.TubesReported, error)) (err error) {
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
	progress := p.progress(src.Name(), "rows")
	out, err := command.ReportTubeFile{Source: src,
		Reject: func(r command.RejectedTube) error {
			return rejects.write(src.Name(), exchange.Problem{Row: r.Row, Column: r.Field, Value: r.Value, Reason: r.Reason, Severity: exchange.Reject})
		},
		Done: func(rows int) { progress.set(int64(rows), 0) },
	}.Through(take)
	progress.close()
	if errors.Is(err, exchange.ErrNoTubeColumns) || errors.Is(err, command.ErrTubeFileCut) {
		err = rejected(err)
	}
	return errors.Join(err, c.print(p, labReported{src.Name(), out}))
}

// rowsASend is how many rows go to a server at once: well below what it reads of one request.
const rowsASend = 1000

// reportTubes has a server take results. A threshold that is no number cannot be said in its interface, and is rejected here.
func (r *remote) reportTubes(ctx context.Context, outbreak, laboratory string, rows []command.TubeRow) (out command.TubesReported, err error) {
	out.Rejects = []command.RejectedTube{}
	for part := range slices.Chunk(rows, rowsASend) {
		var in api.TubeResults
		var numbers []int
		for _, row := range part {
			x := api.TubeResultRow{Tube: row.Code, Result: row.Result, At: row.At, Run: row.Run, Well: row.Well, Reason: row.Reason}
			if row.Ct != "" {
				if x.Ct, err = strconv.ParseFloat(row.Ct, 64); err != nil {
					out.Add(command.TubesReported{Rows: 1, Rejected: 1, Rejects: []command.RejectedTube{{Row: row.Row, Tube: row.Code, Field: "ct", Value: row.Ct, Reason: "is not a cycle threshold: a number from 0 to 60", Why: "ct"}}})
					continue
				}
			}
			in.Rows, numbers = append(in.Rows, x), append(numbers, row.Row)
		}
		if len(in.Rows) == 0 {
			continue
		}
		var done command.TubesReported
		if err := r.send(ctx, http.MethodPost, path("/api/outbreaks/%s/laboratories/%s/tube-results", outbreak, laboratory), in, &done); err != nil {
			return out, err
		}
		for i := range done.Rejects {
			if n := done.Rejects[i].Row; n >= 1 && n <= len(numbers) {
				done.Rejects[i].Row = numbers[n-1]
			}
		}
		out.Add(done)
	}
	return out, nil
}

func (c *labReportCmd) print(p *process, out labReported) error {
	if c.JSON {
		return p.writeJSON(out)
	}
	_, err := fmt.Fprintf(p.Stdout, "%s: %d rows = %d new + %d corrected + %d unchanged + %d kept + %d rejected\n", out.File, out.Rows, out.New, out.Corrected, out.Unchanged, out.Kept, out.Rejected)
	if out.Kept > 0 && err == nil {
		_, err = fmt.Fprintf(p.Stdout, "  %d are of tubes that no desk has registered yet, and are joined when their tubes come in\n", out.Kept)
	}
	for _, r := range lab.TubeResults() {
		if n := out.Results[r]; n > 0 && err == nil {
			_, err = fmt.Fprintf(p.Stdout, "  %d %s\n", n, r)
		}
	}
	const most = 10
	for i, r := range out.Rejects {
		if i == most && err == nil {
			_, err = fmt.Fprintf(p.Stdout, "  and %d more; --errors FILE writes them all\n", out.Rejected-most)
		}
		if i < most && err == nil {
			_, err = fmt.Fprintf(p.Stdout, "  row %d, tube %s: %s %q %s\n", r.Row, r.Tube, r.Field, r.Value, r.Reason)
		}
	}
	for _, w := range out.Warnings {
		if err == nil {
			_, err = fmt.Fprintf(p.Stdout, "  %s\n", w.Error())
		}
	}
	return err
}

type labBacklogCmd struct {
	labFlags
	serverFlags
}

// backlogRow is a laboratory as the command prints it.
type backlogRow struct {
	Code            string     `json:"code"`
	Name            string     `json:"name"`
	InHand          int64      `json:"in_hand"`
	Received        int64      `json:"received"`
	Resulted        int64      `json:"resulted"`
	ReceivedPerHour float64    `json:"received_per_hour"`
	ResultedPerHour float64    `json:"resulted_per_hour"`
	Oldest          *time.Time `json:"oldest_closed_at,omitempty"`
	Late            int64      `json:"late"`
	ClearsAt        *time.Time `json:"clears_at,omitempty"`
	RateAssumed     bool       `json:"rate_assumed"`
	Growing         bool       `json:"growing"`
}

// Run lists what laboratories have to do.
func (c *labBacklogCmd) Run(ctx context.Context, p *process) error {
	server, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	rows := []backlogRow{}
	if server != nil {
		var list api.Laboratories
		if err := server.get(ctx, path("/api/outbreaks/%s/laboratories", c.Outbreak), nil, &list); err != nil {
			return err
		}
		for _, l := range list.Items {
			rows = append(rows, backlogRow{l.Code, l.Name, l.InHand, l.Received, l.Resulted, l.ReceivedPerHour, l.ResultedPerHour, l.OldestClosedAt, l.Late, l.ClearsAt, l.RateAssumed, l.Growing})
		}
		return c.tell(p, rows, list.Nowhere, list.Clock)
	}
	return c.beside(ctx, p, func(db *store.DB) error {
		var nowhere int64
		var clock protocol.Value[int]
		now := db.Now()
		err := db.View(ctx, func(r *store.Reader) error {
			o, err := r.OutbreakByName(c.Outbreak)
			if err != nil {
				return err
			}
			zone, err := o.Location()
			if err != nil {
				return err
			}
			pack, err := protocol.Load(o.Pack)
			if err != nil {
				return err
			}
			var late time.Time
			if clock = pack.Clocks.TubeResult; clock.Set() {
				late = now.Add(-clock.Duration())
				if nowhere, err = r.CountLate(o.ID, store.Everywhere(), late); err != nil {
					return err
				}
			}
			list, err := r.LabLoads(o.ID, store.Everywhere(), now, late)
			for _, l := range list {
				rows = append(rows, newBacklogRow(l, now, zone))
			}
			return err
		})
		if err != nil {
			return err
		}
		return c.tell(p, rows, nowhere, clock.String())
	})
}

func (c *labBacklogCmd) tell(p *process, rows []backlogRow, nowhere int64, clock string) error {
	if c.JSON {
		return p.writeJSON(struct {
			Laboratories []backlogRow `json:"laboratories"`
			Nowhere      int64        `json:"late_at_no_laboratory"`
			Clock        string       `json:"clock"`
		}{rows, nowhere, clock})
	}
	w := tabwriter.NewWriter(p.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "CODE\tIN HAND\tIN/H\tREAD/H\tLATE\tREAD BY") //nolint:errcheck // Flush tells
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%d\t%.0f\t%.0f\t%d\t%s\n", r.Code, r.InHand, r.ReceivedPerHour, r.ResultedPerHour, r.Late, r.readBy()) //nolint:errcheck // Flush tells
	}
	if err := w.Flush(); err != nil || nowhere == 0 {
		return err
	}
	_, err := fmt.Fprintf(p.Stdout, "%d tubes are late (%s from closing to result) and no laboratory has them.\n", nowhere, clock)
	return err
}

func newBacklogRow(l store.LabLoad, now time.Time, zone *time.Location) backlogRow {
	f := l.Forecast(l.Load, now, zone)
	r := backlogRow{Code: l.Code, Name: l.Name, InHand: l.InHand, Received: l.Received, Resulted: l.Resulted, Late: l.Late, RateAssumed: f.Assumed, Growing: f.Growing}
	r.ReceivedPerHour, r.ResultedPerHour = l.Load.PerHour()
	if !l.Oldest.IsZero() {
		r.Oldest = &l.Oldest
	}
	if !f.At.IsZero() {
		r.ClearsAt = &f.At
	}
	return r
}

// readBy says when a laboratory will have read what it has.
func (r backlogRow) readBy() string {
	switch {
	case r.InHand <= 0:
		return "nothing waits"
	case r.ClearsAt == nil:
		return "never: it reads nothing and has not said how much it can"
	case r.RateAssumed:
		return r.ClearsAt.Format(time.RFC3339) + " by its own word"
	case r.Growing:
		return r.ClearsAt.Format(time.RFC3339) + ", and more comes in than it reads"
	}
	return r.ClearsAt.Format(time.RFC3339)
}
