package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"firebreak/internal/command"
	"firebreak/internal/exchange"
	"firebreak/internal/lab"
	"firebreak/internal/protocol"
	"firebreak/internal/screening"
	"firebreak/internal/store"
)

type labCmd struct {
	Add     labAddCmd     `cmd:"" help:"Enter a laboratory."`
	Invite  labInviteCmd  `cmd:"" help:"Make an invitation by which one device enrols at a laboratory's door."`
	Report  labReportCmd  `cmd:"" help:"Take in a laboratory's file of results. A file may be given again: what was told before changes nothing."`
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
	Code       string        `arg:"" help:"Code of the laboratory; unique in the outbreak."`
	Name       string        `placeholder:"TEXT" help:"A longer name; the code otherwise."`
	Area       string        `required:"" placeholder:"CODE" help:"Jurisdiction that it lies in; it may lie outside the outbreak's area."`
	PerHour    int64         `placeholder:"N" help:"Tubes that it says it can read in an hour."`
	Turnaround time.Duration `placeholder:"SPAN" help:"From its door to the result when nothing waits, such as 4h."`
	Mobile     bool          `help:"It can be moved."`
}

// Run enters a laboratory.
func (c *labAddCmd) Run(ctx context.Context, p *process) error {
	return c.with(ctx, p, false, func(db *store.DB) error {
		list, err := command.New(db, nil).AddLaboratories(ctx, command.Owner("cli:"+p.User), command.AddLaboratories{Outbreak: c.Outbreak, Laboratories: []command.LaboratoryFields{{
			Code: c.Code, Name: c.Name, Area: c.Area, PerHour: c.PerHour, Turnaround: c.Turnaround, Mobile: c.Mobile}}})
		if err != nil {
			return err
		}
		if c.JSON {
			return p.writeJSON(struct {
				ID   lab.LaboratoryID `json:"id"`
				Code string           `json:"code"`
			}{list[0].ID, list[0].Code})
		}
		_, err = fmt.Fprintf(p.Stdout, "Laboratory %s is entered.\n", list[0].Code)
		return err
	})
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
		inv, err := command.New(db, nil).Invite(ctx, command.Owner("cli:"+p.User), command.Invite{Role: screening.Laboratory, Laboratory: l.ID, Desk: c.Desk})
		if err != nil {
			return err
		}
		return p.writeInvitation(inv, c.JSON)
	})
}

type labReportCmd struct {
	labFlags
	Lab    string `required:"" placeholder:"CODE" help:"Laboratory that the file is from."`
	Errors string `type:"path" placeholder:"FILE" help:"Write one line for each rejected row, with its number and the reason, as CSV."`
	File   string `arg:"" type:"path" help:"CSV or XLSX with columns tube and result, and at, ct, run, well or reason where there are; Chinese headers are known too (采样管号, 检测结果, 检测时间, CT值)."`
}

// labReported is what the command prints.
type labReported struct {
	File string `json:"file"`
	command.TubeFileReported
}

// Run takes a file of results in. All rows are accounted for, or it fails.
func (c *labReportCmd) Run(ctx context.Context, p *process) error {
	return c.with(ctx, p, false, func(db *store.DB) (err error) {
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
		out, err := command.New(db, nil).ReportTubeFile(ctx, command.Owner("cli:"+p.User), command.ReportTubeFile{Outbreak: c.Outbreak, Laboratory: c.Lab, Source: src,
			Reject: func(r command.RejectedTube) error {
				return rejects.write(src.Name(), exchange.Problem{Row: r.Row, Column: r.Field, Value: r.Value, Reason: r.Reason, Severity: exchange.Reject})
			},
			Done: func(rows int) { progress.set(int64(rows), 0) },
		})
		progress.close()
		if errors.Is(err, exchange.ErrNoTubeColumns) || errors.Is(err, command.ErrTubeFileCut) {
			err = rejected(err)
		}
		return errors.Join(err, c.print(p, labReported{src.Name(), out}))
	})
}

func (c *labReportCmd) print(p *process, out labReported) error {
	if c.JSON {
		return p.writeJSON(out)
	}
	_, err := fmt.Fprintf(p.Stdout, "%s: %d rows = %d new + %d corrected + %d unchanged + %d rejected\n", out.File, out.Rows, out.New, out.Corrected, out.Unchanged, out.Rejected)
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
	return c.beside(ctx, p, func(db *store.DB) error {
		rows := []backlogRow{}
		var nowhere int64
		var clock protocol.Value[int]
		now := db.Now()
		err := db.View(ctx, func(r *store.Reader) error {
			o, err := r.OutbreakByName(c.Outbreak)
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
				rows = append(rows, newBacklogRow(l, now))
			}
			return err
		})
		if err != nil {
			return err
		}
		if c.JSON {
			return p.writeJSON(struct {
				Laboratories []backlogRow `json:"laboratories"`
				Nowhere      int64        `json:"late_at_no_laboratory"`
				Clock        string       `json:"clock"`
			}{rows, nowhere, clock.String()})
		}
		w := tabwriter.NewWriter(p.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "CODE\tIN HAND\tIN/H\tREAD/H\tLATE\tREAD BY") //nolint:errcheck // Flush tells
		for _, r := range rows {
			fmt.Fprintf(w, "%s\t%d\t%.0f\t%.0f\t%d\t%s\n", r.Code, r.InHand, r.ReceivedPerHour, r.ResultedPerHour, r.Late, r.readBy()) //nolint:errcheck // Flush tells
		}
		if err := w.Flush(); err != nil || nowhere == 0 {
			return err
		}
		_, err = fmt.Fprintf(p.Stdout, "%d tubes are late (%s from closing to result) and no laboratory has them.\n", nowhere, clock)
		return err
	})
}

func newBacklogRow(l store.LabLoad, now time.Time) backlogRow {
	f := l.Forecast(now, l.Laboratory.PerHour)
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
