package drill

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"firebreak/internal/api"
	"firebreak/internal/sim"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func errNobody(n int64) error { return &nobodyError{n} }

// taskBook is what the system has asked for, and since when somebody has it in hand.
type taskBook struct {
	taken map[int64]sim.Minute
	read  sim.Minute // tasks opened before it were seen
	fresh int        // how many were new when they were read last
	swept sim.Minute
	Done  int
}

// again is after how long somebody looks a second time at a task that they thought was done.
const again = 12 * 60

// readTasks reads what was opened since it was read last; four times a day all that is open.
func (d *Drill) readTasks() error {
	b := &d.tasks
	sweep := d.now >= b.swept+6*60
	since := d.clock(max(0, b.read-step))
	cursor, fresh := "", 0
	// About as many are new as were ten minutes ago; of those that were seen then the last step's come again.
	limit := min(1000, max(20, 3*b.fresh))
	for {
		if sweep || cursor != "" {
			limit = 1000
		}
		q := url.Values{"state": {"open"}, "sort": {"opened"}, "desc": {"true"}, "limit": {strconv.Itoa(limit)}}
		if cursor != "" {
			q.Set("cursor", cursor)
		}
		var page api.Tasks
		if err := d.c.as(d.ctx, duty, "GET tasks", http.MethodGet, d.at+"/tasks?"+q.Encode(), nil, &page); err != nil {
			return err
		}
		past := false
		for _, t := range page.Items {
			if !sweep && t.OpenedAt != nil && t.OpenedAt.Before(since) {
				past = true
				break
			}
			when, known := b.taken[t.ID]
			if known && (!sweep || d.now < when+again) {
				continue
			}
			b.taken[t.ID] = d.now
			if t.NotBefore != nil {
				b.taken[t.ID] = max(d.now, d.minute(*t.NotBefore)+sim.DayLength/2)
			}
			fresh++
			if err := d.pass(d.take(t)); err != nil {
				return fmt.Errorf("task %d (%s): %w", t.ID, t.Kind, err)
			}
		}
		if cursor = page.Next; past || cursor == "" {
			break
		}
	}
	b.read, b.fresh = d.now, fresh
	if sweep {
		b.swept = d.now
	}
	return nil
}

// openTasks reads which tasks are open.
func (d *Drill) openTasks() (map[int64]bool, error) {
	open := map[int64]bool{}
	for cursor := ""; ; {
		var page api.Tasks
		if err := d.c.as(d.ctx, duty, "GET tasks", http.MethodGet, d.at+"/tasks?state=open&limit=1000"+after(cursor), nil, &page); err != nil {
			return nil, err
		}
		for _, t := range page.Items {
			open[t.ID] = true
		}
		if cursor = page.Next; cursor == "" {
			return open, nil
		}
	}
}

// later is after a delay, but not before the task may be done.
func (d *Drill) later(t api.Task, delay sim.Minute) sim.Minute {
	at := d.now + delay
	if t.NotBefore != nil {
		at = max(at, d.minute(*t.NotBefore)+1)
	}
	return at
}

// finish completes a task after a delay, as whoever holds it.
func (d *Drill) finish(t api.Task, who role, delay sim.Minute, then func(at sim.Minute) error) {
	if d.hold(t, who, then) {
		return
	}
	d.agenda.put(d.later(t, delay), func(at sim.Minute) error {
		if d.hold(t, who, then) {
			return nil
		}
		d.complete(who, t.ID, at, then)
		return nil
	})
}

// complete says that a task was done.
func (d *Drill) complete(who role, id int64, at sim.Minute, then func(at sim.Minute) error) {
	d.post.done[who] = append(d.post.done[who], reported{api.TaskDone{Task: id, At: d.stamp(at)}, at, then})
}

// take gives a task to whoever does it.
func (d *Drill) take(t api.Task) error {
	o := &d.s.Office
	switch t.Kind {
	case "report_case":
		d.finish(t, hospital, hours(o.Report), nil)
	case "verify_case":
		d.finish(t, epi, hours(o.Verify), nil)
	case "investigate_case", "list_contacts":
		return d.investigate(t)
	case "move_case", "transfer_case":
		return d.tellCase(t)
	case "admit_case", "readmit_case":
		return d.admission(t)
	case "discharge_case":
		return d.discharge(t)
	case "sample_case", "sample_home", "sample_contact", "resample_single", "sample_again", "sample_self_test":
		return d.sample(t)
	case "reach_contact":
		return d.reach(t)
	case "quarantine_contact":
		return d.quarantine(t)
	case "check_contact":
		return d.check(t)
	case "check_out":
		d.houses.later(t)
	case "hold_person":
		return d.holdPerson(t)
	case "tell_restriction":
		d.finish(t, d.teller(t), hours(o.Tell), nil)
	case "review_restriction":
		return d.review(t)
	case "monitor_home":
		d.finish(t, community, 8*60, nil)
	case "meet_need":
		d.meet(t)
	case "decide_zone":
		return d.decideZone(t)
	case "review_zone":
		return d.reviewZone(t)
	case "check_tube":
		return d.checkTube(t)
	default: // release follows by rule; what else there is, nobody of the drill does: it is late, and the card shows it
	}
	return nil
}

// teller is who tells somebody what they are asked.
func (d *Drill) teller(t api.Task) role {
	switch t.Owner {
	case "hospital":
		return hospital
	case "quarantine-manager", "isolation-staff":
		return siteStaff
	}
	return followUp
}

// tellCase tells a case to stay where they are until they are fetched, and has a doctor say how ill they are.
func (d *Drill) tellCase(t api.Task) error {
	k, err := d.caseByID(t.Subject.ID)
	if err != nil {
		return err
	}
	d.agenda.put(d.now, func(at sim.Minute) error { return d.assess(k) })
	d.agenda.put(d.now+hours(d.s.Office.Tell), func(at sim.Minute) error {
		if k.over {
			return nil
		}
		return d.keep(k.p, told, at)
	})
	return nil
}

// assess says how ill a case is, once.
func (d *Drill) assess(k *patient) error {
	if k.seen || d.played.held[hospital] {
		return nil
	}
	k.seen = true
	b := api.NewSeverity{Severity: "asymptomatic"}
	if k.onset >= 0 {
		b.Severity = "mild"
		if d.chance(d.s.Disease.Moderate, ofModerate, uint64(k.p)) {
			b.Severity = "moderate"
		}
	}
	return d.try(d.c.as(d.ctx, hospital, "POST patients/{}/severity", http.MethodPost, d.at+"/patients/"+url.PathEscape(k.code)+"/severity", b, nil))
}

// decideZone decides a zone that the rulebook proposes, as the scenario's command post does.
func (d *Drill) decideZone(t api.Task) error {
	return d.aboutZone(t, int64(t.Ordinal), func(z api.Zone, _ []api.Zone) (b api.Decision, ok bool) {
		b.State, b.Reason = "in_force", "a case lives there"
		if d.s.Office.Zones.Value == "decline" {
			b.State, b.Reason = "declined", "contacts are quarantined, everybody is tested"
		}
		return b, z.State == "proposed"
	})
}

// reviewZone lifts a zone whose days without a case are over, or has it step down, as the pack says.
func (d *Drill) reviewZone(t api.Task) error {
	return d.aboutZone(t, t.Subject.ID, func(z api.Zone, all []api.Zone) (b api.Decision, ok bool) {
		if z.Lifting == nil || !z.Lifting.Met { // a case came in between
			return b, false
		}
		b.State, b.Reason = "lifted", "no case in the days that the rules ask for"
		if to := z.Lifting.To; to != "" && !slices.ContainsFunc(all, func(other api.Zone) bool { return other.Area == z.Area && other.Level == to }) {
			b.State, b.Level = "in_force", to
		}
		return b, true
	})
}

// aboutZone has the command post decide about a zone after a while, by how the zones stand then.
func (d *Drill) aboutZone(t api.Task, id int64, decide func(z api.Zone, all []api.Zone) (api.Decision, bool)) error {
	if d.hold(t, duty, nil) { // what zones are in force is looked at anyway
		return nil
	}
	d.agenda.put(d.now+hours(d.s.Office.Decide), func(sim.Minute) error {
		if d.hold(t, duty, nil) {
			return nil
		}
		var list api.Zones
		if err := d.c.as(d.ctx, duty, "GET zones", http.MethodGet, d.at+"/zones", nil, &list); err != nil {
			return err
		}
		i := slices.IndexFunc(list.Items, func(z api.Zone) bool { return z.ID == id })
		if i < 0 {
			return nil
		}
		b, ok := decide(list.Items[i], list.Items)
		if !ok {
			return nil
		}
		b.Version = list.Items[i].Version
		return d.try(d.c.as(d.ctx, duty, "POST zones/{}/decision", http.MethodPost, "/api/zones/"+itoa(id)+"/decision", b, nil))
	})
	return nil
}

// review looks whether a restriction has to go on.
func (d *Drill) review(t api.Task) error {
	who := duty
	switch t.Owner {
	case "hospital":
		who = hospital
	case "follow-up-officer":
		who = followUp
	}
	if d.hold(t, who, nil) {
		return nil
	}
	d.agenda.put(d.later(t, 60), func(sim.Minute) error {
		if d.hold(t, who, nil) {
			return nil
		}
		return d.restrictions(url.Values{"show": {"review"}}, func(x api.Restriction) (bool, error) {
			if (t.Subject.Kind != "case" || x.Case != t.Subject.ID) && (t.Subject.Kind != "contact" || x.Contact != t.Subject.ID) {
				return true, nil
			}
			b := api.ReviewedRestriction{Finding: "tests are not yet those of discharge", Version: x.Version}
			return false, d.try(d.c.as(d.ctx, duty, "POST restrictions/{}/review", http.MethodPost, d.at+"/restrictions/"+itoa(x.ID)+"/review", b, nil))
		})
	})
	return nil
}
