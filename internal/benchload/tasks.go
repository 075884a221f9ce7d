package benchload

import (
	"math/rand/v2"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/task"
)

// Tasks of the load have the kinds, owners and deadlines that the rulebook gives them, but fewer of them stand: for a record that is over only some of
// those that the rulebook would have left behind, so that the number of tasks can be chosen apart from the number of records.

// clock is how long a kind of task may take.
type clock struct {
	kind  task.Kind
	owner task.Role
	hours int
}

func (c clock) task(from, done, now time.Time, clause string) task.Task {
	t := task.Task{Key: task.Key{Kind: c.kind}, State: task.Open, Owner: c.owner, OpenedAt: from, Due: from.Add(time.Duration(c.hours) * time.Hour)}
	t.Because.Clause = clause
	if !done.IsZero() && !done.After(now) {
		t.State, t.EndedAt = task.Done, done
	}
	return t
}

// CaseTasks are the tasks of a case made by Case, without IDs and without the fact behind them.
func (l *Load) CaseTasks(k int, c Case) []task.Task {
	r := l.rand(ofCaseTask, k)
	from := c.NotedAt
	over := c.Closed()
	var out []task.Task
	add := func(kind task.Kind, owner task.Role, hours int, done time.Time) {
		t := clock{kind, owner, hours}.task(from, done, l.Now, "clocks."+string(kind))
		if over && t.State == task.Open {
			l.end(r, &t)
		}
		t.Area, t.District = c.Area, c.District
		out = append(out, t)
	}
	if !over {
		add(task.ReportCase, task.ReportingClinic, 2, c.ReportedAt)
		add(task.VerifyCase, task.Investigator, 4, c.VerifiedAt)
		add(task.MoveCase, task.TransferDesk, 8, c.IsolatedAt)
		add(task.AdmitCase, task.Hospital, 12, c.AdmittedAt)
		add(task.ListContacts, task.Investigator, 24, c.ListedAt)
	}
	add(task.InvestigateCase, task.Investigator, 24, c.Investigated)
	discharged := time.Time{}
	if !c.OutcomeOn.IsZero() {
		discharged = c.OutcomeOn.Start(l.Zone).Add(time.Duration(8+r.IntN(12)) * time.Hour)
	}
	add(task.DischargeCase, task.Hospital, 21*24, discharged)
	if c.Class == cases.Discarded {
		for i := range out {
			l.void(&out[i])
		}
	}
	return out
}

// ContactTasks are those of a contact made by Contact.
func (l *Load) ContactTasks(k int, c Contact) []task.Task {
	r := l.rand(ofContactTask, k)
	var out []task.Task
	put := func(t task.Task) {
		t.Area, t.District = c.Area, c.District
		out = append(out, t)
	}
	release := clock{task.ReleaseContact, task.FollowUpOfficer, 0}.task(c.ListedAt, c.EndedAt, l.Now, "tiers."+string(c.Tier)+".days")
	release.Due = c.EndsOn.Add(1).Start(l.Zone).Add(12 * time.Hour)
	if c.State.Over() {
		if r.Float64() >= l.share {
			return nil
		}
		if c.State != contact.Released {
			l.void(&release)
		}
		put(release)
		return out
	}
	put(clock{task.ReachContact, task.FollowUpOfficer, 24}.task(c.ListedAt, c.ReachedAt, l.Now, "clocks.reach_contact"))
	if c.Tier != contact.General {
		put(clock{task.QuarantineContact, task.TransferDesk, 8}.task(c.ListedAt, c.QuarantineAt, l.Now, "clocks.quarantine"))
	}
	if c.State == contact.Followed {
		// One check was made; the next is due today, and for some it was due yesterday.
		check := clock{task.CheckContact, task.FollowUpOfficer, 12}.task(c.ListedAt, c.ReachedAt, l.Now, "tiers."+string(c.Tier)+".checks_per_day")
		check.Ordinal = 1
		put(check)
		next := check
		next.Ordinal, next.State, next.EndedAt = 2, task.Open, time.Time{}
		next.Due = l.today.Start(l.Zone).Add(time.Duration(12+12*r.IntN(2)) * time.Hour)
		if r.IntN(20) == 0 {
			next.Due = next.Due.Add(-24 * time.Hour)
		}
		put(next)
	}
	put(release)
	return out
}

// end ends an open task of a record that is over: most were done without anybody having written down when, some were waived.
func (l *Load) end(r *rand.Rand, t *task.Task) {
	t.State, t.EndedAt = task.Done, t.OpenedAt.Add(time.Duration(1+r.IntN(72))*time.Hour)
	if r.IntN(10) == 0 {
		t.State, t.EndReason = task.Waived, "moved away"
	}
	if t.EndedAt.After(l.Now) {
		t.EndedAt = l.Now
	}
}

func (l *Load) void(t *task.Task) {
	t.State, t.EndReason = task.Void, "corrected"
	if t.EndedAt.IsZero() {
		t.EndedAt = t.OpenedAt
	}
	if t.EndedAt.After(l.Now) {
		t.EndedAt = l.Now
	}
}
