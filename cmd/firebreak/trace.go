package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/command"
	"firebreak/internal/store"
)

type traceCmd struct {
	Case   traceCaseCmd   `cmd:"" default:"withargs" help:"Find from visits who was with a case, and who was with them, with the reasons."`
	Shared traceSharedCmd `cmd:"" help:"Find from visits the places that several cases share, and who was with several of them: the source that nobody told of."`
}

type traceCaseCmd struct {
	dataFlags
	jsonFlag
	Case       string `required:"" placeholder:"ID" help:"Code of the case: visits are asked about only through one."`
	Outbreak   string `placeholder:"NAME" help:"Outbreak of the case, where more than one has a case of that code."`
	From       string `placeholder:"T" help:"Look at the case from this time on, such as 2022-03-07 or 2022-03-07T08:30; otherwise from the protocol pack's look-back before onset."`
	To         string `placeholder:"T" help:"Look at the case until this time; otherwise until they were isolated, or now."`
	MinOverlap int    `name:"min-overlap" placeholder:"M" help:"Minutes together that make a contact, in place of the pack's."`
	Backward   bool   `help:"Look at the days on which the case may have been infected, for the source."`
	Keep       bool   `help:"Write the proposals down, to be confirmed or rejected: no more than --most of them, the nearest."`
	Most       int    `default:"500" placeholder:"N" help:"How many --keep writes down."`
	Secondary  bool   `help:"Find those who were with a close contact, after the contact's first exposure and until they were isolated, too."`
	ByDose     bool   `name:"by-dose" help:"With --secondary: rank them by the hours with close contacts, each weighed by the kind of place, rather than by when that began."`
	Preview    bool   `help:"Name nobody: say how many people would be touched, by tier, by minutes together and by how many are followed, beside the rooms and investigators that there are."`
}

// Help is shown below the flags.
func (traceCaseCmd) Help() string {
	return "Proposes contacts of a case from visits, the nearest first, each with where, when, how long and by which clause of the pack. The question is written to the journal before it is answered. Nobody becomes a contact by it."
}

// Run asks.
func (c *traceCaseCmd) Run(ctx context.Context, p *process) error {
	if c.MinOverlap < 0 || c.MinOverlap > 31*24*60 {
		return misused(fmt.Errorf("--min-overlap %d is not a number of minutes from 1 to a month", c.MinOverlap))
	}
	if c.Preview && (c.Backward || c.Keep || c.Secondary) {
		return misused(errors.New("--preview is of what an order would touch: not with --backward, --keep or --secondary"))
	}
	if c.ByDose && !c.Secondary {
		return misused(errors.New("--by-dose ranks what --secondary finds"))
	}
	return c.with(ctx, p, false, func(db *store.DB) error {
		ids, err := db.OpenIdentities(ctx, store.KeyOptions{MasterKey: p.Getenv("FIREBREAK_MASTER_KEY")})
		if err != nil {
			return err
		}
		in := command.TraceCase{Outbreak: c.Outbreak, Case: c.Case, Backward: c.Backward, Secondary: c.Secondary, ByDose: c.ByDose, Keep: c.Keep, Most: c.Most, AtLeast: time.Duration(c.MinOverlap) * time.Minute}
		if in.From, in.To, err = c.span(ctx, db); err != nil {
			return err
		}
		if c.Preview {
			out, err := command.New(db, ids).PreviewTrace(ctx, p.owner(), command.PreviewTrace{Outbreak: in.Outbreak, Case: in.Case, From: in.From, To: in.To, AtLeast: in.AtLeast})
			if err != nil {
				return err
			}
			return c.printPreview(p, out)
		}
		out, err := command.New(db, ids).TraceCase(ctx, p.owner(), in)
		if err != nil {
			return err
		}
		if c.JSON {
			return p.writeJSON(out)
		}
		return c.print(p, out)
	})
}

// span reads the times, which are of the zone of the case's outbreak where they name none.
func (c *traceCaseCmd) span(ctx context.Context, db *store.DB) (from, to time.Time, err error) {
	zone := time.UTC
	err = db.View(ctx, func(r *store.Reader) error {
		list, err := r.Outbreaks()
		for _, o := range list {
			if o.Name != c.Outbreak && c.Outbreak != "" {
				continue
			}
			if _, err := r.CaseByCode(o.ID, c.Case); err == nil || len(list) == 1 {
				if zone, err = o.Location(); err != nil {
					return err
				}
			}
		}
		return err
	})
	if err != nil {
		return from, to, err
	}
	return moments(c.From, c.To, zone)
}

// moments reads --from and --to.
func moments(first, last string, zone *time.Location) (from, to time.Time, err error) {
	for _, x := range []struct {
		flag, text string
		at         *time.Time
	}{{"from", first, &from}, {"to", last, &to}} {
		if x.text == "" {
			continue
		}
		if *x.at, err = momentIn(x.text, zone); err != nil {
			return from, to, misused(fmt.Errorf("--%s %q is no time such as 2022-03-07, 2022-03-07T08:30 or 2022-03-07T08:30:00+08:00", x.flag, x.text))
		}
	}
	return from, to, nil
}

func momentIn(text string, zone *time.Location) (t time.Time, err error) {
	for _, form := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02"} {
		if t, err = time.ParseInLocation(form, text, zone); err == nil {
			return t, nil
		}
	}
	return t, err
}

func (c *traceCaseCmd) print(p *process, out command.Traced) error {
	const form = "2006-01-02 15:04"
	if _, err := fmt.Fprintf(p.Stdout, "Case %s of %s, %s to %s, by %s: %d contacts.\n", out.Case, out.Outbreak, out.From.Format(form), out.To.Format(form), out.Pack, len(out.Contacts)); err != nil {
		return err
	}
	t := newTable("person", "tier", "minutes", "first", "last", "places", "because")
	t.alignRight(2)
	for _, x := range out.Contacts {
		t.add(x.Person, x.Tier, strconv.FormatFloat(float64(x.OverlapSeconds)/60, 'f', 1, 64), x.First.Format(form), x.Last.Format(form), strings.Join(x.Places, ", "), x.Clause)
	}
	if err := t.write(p.Stdout); err != nil || !c.Secondary {
		return err
	}
	if _, err := fmt.Fprintf(p.Stdout, "\n%d secondary contacts.\n", len(out.Secondary)); err != nil {
		return err
	}
	t = newTable("person", "via", "from", "dose, h")
	t.alignRight(3)
	for _, x := range out.Secondary {
		dose := ""
		if c.ByDose {
			dose = strconv.FormatFloat(x.DoseHours, 'f', 1, 64)
		}
		t.add(x.Person, strings.Join(x.Via, ", "), x.At.Format(form), dose)
	}
	return t.write(p.Stdout)
}

func (c *traceCaseCmd) printPreview(p *process, out command.Previewed) error {
	if c.JSON {
		return p.writeJSON(out)
	}
	const form = "2006-01-02 15:04"
	if _, err := fmt.Fprintf(p.Stdout, "Case %s of %s, %s to %s, by %s. Nobody is anything by this.\nFree rooms in quarantine sites: %d, with %d beds. Investigators: %d.\n\n", out.Case, out.Outbreak, out.From.Format(form), out.To.Format(form), out.Pack, out.Capacity.Rooms, out.Capacity.Beds, out.Capacity.Investigators); err != nil {
		return err
	}
	t := newTable("minutes together", "close", "general", "known already", "second ring")
	t.alignRight(0, 1, 2, 3, 4)
	for _, x := range out.Overlaps {
		least := "by the pack"
		if x.Minutes > 0 {
			least = strconv.FormatFloat(x.Minutes, 'f', -1, 64)
		}
		t.add(least, strconv.Itoa(x.Close), strconv.Itoa(x.General), strconv.Itoa(x.Known), strconv.Itoa(x.Secondary))
	}
	if err := t.write(p.Stdout); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(p.Stdout); err != nil {
		return err
	}
	t = newTable("nearest close contacts", "second ring", "")
	t.alignRight(0, 1)
	for _, x := range out.Cuts {
		note := ""
		if x.Rooms {
			note = "as many as rooms are free"
		}
		t.add(strconv.Itoa(x.Close), strconv.Itoa(x.Secondary), note)
	}
	if err := t.write(p.Stdout); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(p.Stdout); err != nil {
		return err
	}
	t = newTable("hours with close contacts", "of the second ring")
	t.alignRight(0, 1)
	for _, x := range out.Doses {
		t.add(strconv.FormatFloat(x.Hours, 'f', -1, 64)+" or more", strconv.Itoa(x.People))
	}
	return t.write(p.Stdout)
}
