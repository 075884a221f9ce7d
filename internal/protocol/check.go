package protocol

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"firebreak/internal/cases"
	"firebreak/internal/lab"
	"firebreak/internal/restriction"
	"firebreak/internal/task"
	"firebreak/internal/zone"
)

// ErrInvalid is wrapped by every error that says what is wrong with a pack.
var ErrInvalid = errors.New("not a valid protocol pack")

// checker gathers what is wrong, so that one reading of a file shows all of it.
type checker struct {
	file  string
	lines map[string]int
	found []error
}

func (c *checker) bad(path, format string, args ...any) {
	// The line of the nearest part of the path that the file has: a missing value is reported where its section stands.
	line := 1
	for at := path; at != ""; {
		if n, ok := c.lines[at]; ok {
			line = n
			break
		}
		i := strings.LastIndexByte(at, '.')
		if i < 0 {
			break
		}
		at = at[:i]
	}
	c.found = append(c.found, fmt.Errorf("%s:%d: %s: %s: %w", c.file, line, path, fmt.Sprintf(format, args...), ErrInvalid))
}

var (
	nameForm   = regexp.MustCompile(`^[a-z0-9]+/[a-z0-9-]+$`)
	refForm    = regexp.MustCompile(`^[a-z0-9]+/[a-z0-9-]+@[1-9][0-9]*$`)
	sourceForm = regexp.MustCompile(`\[([0-9]+)\]`)
)

// check gives every value its path and checks the pack whole:
//
//  1. the head: names, titles in both languages;
//  2. each value by itself: present, unit, source, status, words of the closed sets;
//  3. the values against each other: periods in order, test days within the follow-up, levels that exist, pools that are validated.
func (p *Pack) check(file string, lines map[string]int) error {
	c := &checker{file: file, lines: lines}
	c.head(p)
	p.walk(func(h holder, path, units string, optional bool) {
		h.place(path)
		c.value(h, path, units, optional)
	})
	c.periods(p)
	c.tier("tiers.close", &p.Tiers.Close)
	c.tier("tiers.secondary", &p.Tiers.Secondary)
	c.tier("tiers.general", &p.Tiers.General)
	c.rest(p)
	c.holds(p)
	c.care(p)
	c.screening(&p.Screening, p.Zones.Levels)
	c.restrictions(p)
	c.standards(p)
	c.staff(p)
	return errors.Join(c.found...)
}

func (c *checker) head(p *Pack) {
	if !nameForm.MatchString(p.Name) {
		c.bad("name", "%q is not <pathogen>/<edition> in small letters, digits and hyphens", p.Name)
	}
	if p.Version < 1 {
		c.bad("version", "%d is not 1 or more", p.Version)
	}
	c.text("title", p.Title)
	c.text("pathogen", p.Pathogen)
	if p.Area == "" {
		c.bad("area", `is needed: an ISO 3166 code, or "world"`)
	}
	if p.Supersedes != "" && !refForm.MatchString(p.Supersedes) {
		c.bad("supersedes", "%q is not <pathogen>/<edition>@<version>", p.Supersedes)
	}
}

func (c *checker) text(path string, t Text) {
	if t.EN == "" || t.ZH == "" {
		c.bad(path, "is needed in en and zh")
	}
}

func (c *checker) value(h holder, path, units string, optional bool) {
	unit, source, status := h.meta()
	if status == "" && unit == "" && source == "" {
		if !optional {
			c.bad(path, "is needed")
		}
		return
	}
	switch status {
	case Official, Measured, Assumed:
	default:
		c.bad(path, "status %q is not official, measured or assumed", status)
	}
	if !slices.Contains(strings.Split(units, "|"), unit) {
		c.bad(path, "unit %q is not %s", unit, strings.ReplaceAll(units, "|", " or "))
	}
	if source == "" {
		c.bad(path, "source is needed")
	}
	if status != Assumed && !sourceForm.MatchString(source) {
		c.bad(path, "%s, so its source must cite an entry of SOURCES.md: [n]", status)
	}
	c.content(h, path, unit)
}

func (c *checker) content(h holder, path, unit string) {
	switch v := h.content().(type) {
	case int:
		if v < 0 && !strings.HasPrefix(path, "periods.infectious") {
			c.bad(path, "%d is negative", v)
		}
	case float64:
		if v < 0 || unit == Share && v > 1 {
			c.bad(path, "%g is out of range", v)
		}
	case []int:
		if len(v) == 0 || v[0] < 0 {
			c.bad(path, "needs at least one number, none negative")
		}
		if unit == TestDays && !strictlyRising(v) {
			c.bad(path, "days must rise: %v", v)
		}
	case Control:
		if !slices.Contains([]Control{Site, Home, Monitor, NoOrder}, v) {
			c.bad(path, "%q is not site, home, monitor or none", v)
		}
	case Text:
		c.text(path, v)
	case []restriction.NeedKind:
		for _, w := range v {
			if _, err := restriction.ParseNeed(string(w)); err != nil {
				c.bad(path, "%v", err)
			}
		}
	case []cases.Class:
		for _, w := range v {
			if _, err := cases.ParseClass(string(w)); err != nil {
				c.bad(path, "%v", err)
			}
		}
	case []lab.Method:
		for _, w := range v {
			if _, err := lab.ParseMethod(string(w)); err != nil {
				c.bad(path, "%v", err)
			}
		}
	case []task.Role:
		for _, w := range v {
			if w == "" {
				c.bad(path, "a role is empty")
			}
		}
	}
}

func strictlyRising(v []int) bool {
	for i := 1; i < len(v); i++ {
		if v[i] <= v[i-1] {
			return false
		}
	}
	return true
}

func (c *checker) periods(p *Pack) {
	if p.Periods.IncubationMin.Value > p.Periods.IncubationMax.Value {
		c.bad("periods.incubation_min", "is longer than incubation_max")
	}
	if p.Periods.InfectiousFrom.Value > p.Periods.InfectiousTo.Value {
		c.bad("periods.infectious_from", "is later than infectious_to")
	}
	if p.Periods.SerialMean.Value <= 0 || p.Periods.SerialSD.Value <= 0 {
		c.bad("periods.serial_mean", "serial_mean and serial_sd must be above 0")
	}
}

func (c *checker) tier(path string, t *Tier) {
	c.text(path+".meaning", t.Meaning)
	if !t.Followed() {
		if t.Days.Set() || t.HomeDays.Set() || t.Tests.Set() || t.ChecksPerDay.Set() {
			c.bad(path, "control is none, so there can be no days, tests or checks")
		}
		return
	}
	if t.Days.Value < 1 {
		c.bad(path+".days", "must be 1 or more where there is a control")
	}
	for _, n := range t.Tests.Value {
		if n > t.FollowUpDays() {
			c.bad(path+".tests", "day %d is after the %d days of follow-up", n, t.FollowUpDays())
		}
	}
	if t.DoubleOn.Set() && !slices.Contains(t.Tests.Value, t.DoubleOn.Value) {
		c.bad(path+".double_on", "day %d is no test day", t.DoubleOn.Value)
	}
	if t.ChecksPerDay.Value > 24 {
		c.bad(path+".checks_per_day", "%d is more than one an hour", t.ChecksPerDay.Value)
	}
}

func (c *checker) rest(p *Pack) {
	if len(p.Escalation.After.Value) != len(p.Escalation.To.Value) {
		c.bad("escalation.to", "has %d levels, after has %d", len(p.Escalation.To.Value), len(p.Escalation.After.Value))
	}
	var levels []zone.Level
	for i, l := range p.Zones.Levels {
		if l.Name == "" || slices.Contains(levels, l.Name) {
			c.bad("zones.levels."+strconv.Itoa(i), "name %q is empty or used twice", l.Name)
		}
		c.text("zones.levels."+strconv.Itoa(i)+".title", l.Title)
		levels = append(levels, l.Name)
	}
	known := func(path string, v Value[zone.Level]) {
		if v.Set() && !slices.Contains(levels, v.Value) {
			c.bad(path, "%q is none of the levels", v.Value)
		}
	}
	known("zones.propose", p.Zones.Propose)
	for i, l := range p.Zones.Levels {
		known("zones.levels."+strconv.Itoa(i)+".lifts_to", l.Lifts)
	}
	if p.Discharge.Negatives.Value > 1 && !p.Discharge.Gap.Set() {
		c.bad("discharge.gap", "is needed where more than one negative is")
	}
	for i, o := range p.Prophylaxis.Options {
		if o.Name == "" {
			c.bad("prophylaxis.options."+strconv.Itoa(i), "name is needed")
		}
	}
}

// holds checks that an edition which holds people says all that must be said of it: until when, when somebody is told, when they may go, and when whoever disagrees is answered.
func (c *checker) holds(p *Pack) {
	if !p.Clocks.HoldLongest.Set() {
		return
	}
	for path, set := range map[string]bool{"clocks.hold_person": p.Clocks.HoldPerson.Set(), "clocks.resample_single": p.Clocks.ResampleSingle.Set(), "clocks.answer_appeal": p.Clocks.AnswerAppeal.Set(),
		"screening.free_when_found": p.Screening.FreeWhenFound.Set()} {
		if !set {
			c.bad(path, "is needed where there is clocks.hold_longest")
		}
	}
}

// CheckSources says which sources a pack cites that a SOURCES.md does not list; each entry there starts a line with "[n]".
func (p *Pack) CheckSources(md string) error {
	listed := map[string]bool{}
	for line := range strings.Lines(md) {
		if m := sourceForm.FindStringSubmatchIndex(line); m != nil && strings.TrimLeft(line[:m[0]], "-* ") == "" {
			listed[line[m[2]:m[3]]] = true
		}
	}
	var found []error
	p.walk(func(h holder, path, _ string, _ bool) {
		_, source, _ := h.meta()
		for _, m := range sourceForm.FindAllStringSubmatch(source, -1) {
			if !listed[m[1]] {
				found = append(found, fmt.Errorf("%s: source [%s] is not in SOURCES.md: %w", path, m[1], ErrInvalid))
			}
		}
	})
	return errors.Join(found...)
}
