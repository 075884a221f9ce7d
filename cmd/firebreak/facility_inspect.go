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
	"firebreak/internal/exchange"
	"firebreak/internal/facility"
	"firebreak/internal/outbreak"
	"firebreak/internal/store"
)

func inspectedText(f api.Facility) string {
	switch {
	case f.InspectedAt != nil:
		return f.InspectedAt.Format(time.RFC3339)
	case facility.Kind(f.Kind).Inspected():
		return "never"
	}
	return ""
}

func unmetText(f api.Facility) string {
	if n := len(f.UnmetCritical); n > 0 {
		return fmt.Sprintf("%d, %d critical", f.Unmet, n)
	}
	return strconv.FormatInt(f.Unmet, 10)
}

// warnOfSite says that a site which is used does not meet a critical standard. Nothing is held up by it.
func warnOfSite(p *process, code string, standards []string) {
	_, _ = fmt.Fprintf(p.Stderr, "warning: %s does not meet what is critical: %s\n", code, strings.Join(standards, ", "))
}

type facilityInspectionsCmd struct {
	facilityFlags
	Code string `arg:"" help:"Code of the facility."`
}

// Run says how a site stands by its standards.
func (c *facilityInspectionsCmd) Run(ctx context.Context, p *process) error {
	var out api.Inspections
	err := c.read(ctx, p, func(s *remote) error {
		return s.get(ctx, path("/api/outbreaks/%s/facilities/%s/inspections", c.Outbreak, c.Code), nil, &out)
	}, func(r *store.Reader, o outbreak.Outbreak) (err error) {
		out, err = api.InspectionsAt(r, o, c.Code)
		return err
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return p.writeJSON(out)
	}
	due := map[string]api.Deficiency{}
	for _, d := range out.Deficiencies {
		due[d.Standard] = d
	}
	t := newTable("STANDARD", "CRITICAL", "FOUND", "LOOKED AT", "TO BE PUT RIGHT BY", "NOTE", "WORDS")
	for _, s := range out.Standards {
		critical, by := "", ""
		if s.Critical {
			critical = "critical"
		}
		if d, ok := due[s.ID]; ok {
			by = instantText(d.DueAt)
		}
		t.add(s.ID, critical, s.Finding, instantText(s.LookedAt), by, s.Note, s.Words)
	}
	if len(out.Standards) > 0 {
		if err := t.write(p.Stdout); err != nil {
			return err
		}
	}
	last := "never"
	if out.InspectedAt != nil {
		last = instantText(out.InspectedAt) + ", anew by " + instantText(out.DueAt)
	}
	if _, err := fmt.Fprintf(p.Stdout, "%s: inspected whole %s; %d to be put right.\n", out.Facility, last, len(out.Deficiencies)); err != nil || len(out.Items) == 0 {
		return err
	}
	t = newTable("INSPECTION", "MADE", "INSPECTOR", "WHOLE", "MET", "UNMET", "NOT APPLICABLE", "NOTE")
	t.alignRight(0, 4, 5, 6)
	for _, x := range out.Items {
		n := map[string]int{}
		for _, k := range x.Items {
			n[k.Finding]++
		}
		whole := "no"
		if x.Whole {
			whole = "yes"
		}
		t.add(strconv.FormatInt(x.ID, 10), x.MadeAt.Format(time.RFC3339), x.Inspector, whole, strconv.Itoa(n[string(facility.Met)]), strconv.Itoa(n[string(facility.Unmet)]), strconv.Itoa(n[string(facility.NotApplicable)]), x.Note)
	}
	return t.write(p.Stdout)
}

type facilityInspectCmd struct {
	facilityFlags
	Code          string   `arg:"" help:"Code of the facility."`
	File          string   `arg:"" optional:"" type:"path" help:"CSV or XLSX with the columns standard (its ID, as inspections lists it), finding (met, unmet or not-applicable) and note. In place of it, or beside it: --met, --unmet and --not-applicable."`
	Met           []string `placeholder:"ID" help:"Standards that are met, with commas between them."`
	Unmet         []string `placeholder:"ID" help:"Standards that are not met."`
	NotApplicable []string `placeholder:"ID" help:"Standards of which nothing of the kind is there."`
	At            string   `placeholder:"INSTANT" help:"When it was made; now when left out."`
	Inspector     string   `placeholder:"TEXT" help:"Office or person who looked; the caller when left out."`
	Note          string   `placeholder:"TEXT" help:"Of the whole inspection."`
	Errors        string   `type:"path" placeholder:"FILE" help:"Write one line for each row that is wrong, with its number and the reason, as CSV."`
}

// inspected is what the command prints of an inspection.
type inspected struct {
	*api.Inspection
	Rejects []exchange.Problem `json:"rejects,omitempty"`
}

// itemAt finds in where an error lies which standard of an order it is about, and which of its fields.
var itemAt = regexp.MustCompile(`^(?:body\.)?items\[(\d+)\]\.?(.*)$`)

// Run tells of an inspection.
func (c *facilityInspectCmd) Run(ctx context.Context, p *process) (err error) {
	body := api.NewInspection{At: c.At, Inspector: c.Inspector, Note: c.Note}
	rows := []int{}
	name := ""
	var rejects []exchange.Problem
	problems, err := openProblems(c.Errors)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, problems.close()) }()
	if c.File != "" {
		src, err := exchange.Open(c.File)
		if err != nil {
			return err
		}
		name = src.Name()
		body.Items, rows, rejects, err = readChecked(src)
		if err = errors.Join(err, src.Close()); err != nil {
			return err
		}
	}
	for _, of := range []struct {
		ids     []string
		finding facility.Finding
	}{{c.Met, facility.Met}, {c.Unmet, facility.Unmet}, {c.NotApplicable, facility.NotApplicable}} {
		for _, id := range of.ids {
			body.Items = append(body.Items, api.Checked{Standard: id, Finding: string(of.finding)})
		}
	}
	if len(body.Items) == 0 {
		return misused(errors.New("say how the standards were found: a file, or --met, --unmet or --not-applicable"))
	}
	var out api.Inspection
	if len(rejects) == 0 {
		out, err = c.enter(ctx, p, body)
		wrong, ok := wrongRow(itemAt, err, rows)
		switch {
		case ok:
			rejects = append(rejects, wrong)
		case err != nil:
			return err
		}
	}
	for _, x := range rejects {
		if err := problems.write(name, x); err != nil {
			return err
		}
	}
	return c.tell(p, name, out, rejects)
}

// enter gives the order, here or through a server.
func (c *facilityInspectCmd) enter(ctx context.Context, p *process, body api.NewInspection) (out api.Inspection, err error) {
	return out, c.through(ctx, p, func(s *remote) error {
		return s.send(ctx, http.MethodPost, path("/api/outbreaks/%s/facilities/%s/inspections", c.Outbreak, c.Code), body, &out)
	}, func(orders *command.Commands, by command.By, db *store.DB) error {
		f, err := c.facilityOf(ctx, db, c.Code)
		if err != nil {
			return err
		}
		x, err := orders.InspectFacility(ctx, by, command.InspectFacility{Facility: f.ID, At: body.At, Inspector: body.Inspector, Note: body.Note, Checked: body.Fields()})
		out = api.InspectionView(f, x)
		return err
	})
}

// tell says what was entered, or which rows are wrong.
func (c *facilityInspectCmd) tell(p *process, name string, x api.Inspection, rejects []exchange.Problem) error {
	if len(rejects) > 0 {
		failed := rejected(fmt.Errorf("%d rows of %s are wrong: no inspection was entered", len(rejects), name))
		if c.JSON {
			return errors.Join(p.writeJSON(inspected{Rejects: rejects}), failed)
		}
		for _, r := range rejects {
			if _, err := fmt.Fprintf(p.Stdout, "  row %d: %s %q %s\n", r.Row, r.Column, r.Value, r.Reason); err != nil {
				return err
			}
		}
		return failed
	}
	if c.JSON {
		return p.writeJSON(inspected{Inspection: &x})
	}
	unmet := []string{}
	for _, k := range x.Items {
		if k.Finding == string(facility.Unmet) {
			unmet = append(unmet, k.Standard)
		}
	}
	said := "every one was met"
	if len(unmet) > 0 {
		said = "not met: " + strings.Join(unmet, ", ")
	}
	part := ""
	if !x.Whole {
		part = ", not the whole list"
	}
	_, err := fmt.Fprintf(p.Stdout, "Inspection %d of %s: %d standards looked at%s; %s.\n", x.ID, x.Facility, len(x.Items), part, said)
	return err
}

// readChecked reads a file of findings, each with the number of its row. What cannot be read is a problem with its row and column.
func readChecked(src *exchange.Source) (list []api.Checked, rows []int, rejects []exchange.Problem, err error) {
	n, err := eachRow(src, columns{all: []string{"standard", "finding", "note"}, needed: []string{"standard", "finding"}}, func(number int, cell func(string) string) {
		k := api.Checked{Standard: cell("standard"), Finding: strings.ToLower(cell("finding")), Note: cell("note")}
		if k.Standard == "" {
			rejects = append(rejects, exchange.Problem{Row: number, Column: "standard", Reason: "is needed", Severity: exchange.Reject})
		}
		if _, err := facility.ParseFinding(k.Finding); err != nil {
			rejects = append(rejects, exchange.Problem{Row: number, Column: "finding", Value: cell("finding"), Reason: facility.ErrFinding.Error(), Severity: exchange.Reject})
		}
		list, rows = append(list, k), append(rows, number)
	})
	if err == nil && n == 0 {
		err = rejected(fmt.Errorf("%s has no row with a standard", src.Name()))
	}
	return list, rows, rejects, err
}
