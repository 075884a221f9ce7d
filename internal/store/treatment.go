package store

import (
	"fmt"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/facility"
	"firebreak/internal/outbreak"
	"firebreak/internal/treatment"
)

const severityColumns = `id, outbreak, case_id, area, district, severity, at_risk, at, note, told_by, told_at`

// AddSeverity inserts a record of how ill a case is and gives it its ID.
func (tx *Tx) AddSeverity(s *treatment.SeverityChange) error {
	id, err := tx.nextIDs("severity", 1)
	if err != nil {
		return err
	}
	s.ID = treatment.SeverityID(id)
	_, err = tx.exec(`INSERT INTO severity (`+severityColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		id, int64(s.Outbreak), int64(s.Case), int64(s.Area), int64(s.District), string(s.Severity), flag(s.AtRisk), instant(s.At), s.Note, s.By, instant(s.ToldAt))
	return wrap(err, "insert severity", id)
}

// SeveritiesOf returns what was told of how ill cases are, the oldest first, and of one instant in the order in which it was told.
func (r *Reader) SeveritiesOf(ids []cases.ID) (map[cases.ID][]treatment.SeverityChange, error) {
	return gatherIDs(ids, func(in string) ([]treatment.SeverityChange, error) {
		return scanned(r, "read severities", `SELECT `+severityColumns+` FROM severity WHERE case_id IN (`+in+`) ORDER BY case_id, at, id`, nil, func(scan func(...any) error) (s treatment.SeverityChange, err error) {
			var risk, at, told int64
			err = scan(&s.ID, &s.Outbreak, &s.Case, &s.Area, &s.District, &s.Severity, &risk, &at, &s.Note, &s.By, &told)
			s.AtRisk, s.At, s.ToldAt = risk != 0, when(at), when(told)
			return s, err
		})
	}, func(s treatment.SeverityChange) cases.ID { return s.Case })
}

const admissionColumns = `id, outbreak, case_id, person, facility, stay, area, district, level, level_at, ground, why, from_id, admitted_at, admitted_by, ended_at, ended, ended_by, end_reason,
first_at, first_by, first_reason, monitored_at, version`

// AddAdmission inserts an admission and gives it its ID. The engine refuses a second open one of a case.
func (tx *Tx) AddAdmission(a *treatment.Admission) error {
	id, err := tx.nextIDs("admission", 1)
	if err != nil {
		return err
	}
	a.ID, a.Version = treatment.AdmissionID(id), 1
	_, err = tx.exec(`INSERT INTO admission (`+admissionColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)`,
		id, int64(a.Outbreak), int64(a.Case), int64(a.Person), int64(a.Facility), int64(a.Stay), int64(a.Area), int64(a.District), string(a.Level), instant(a.LevelAt), string(a.Ground), a.Why, int64(a.From),
		instant(a.AdmittedAt), a.AdmittedBy, instant(a.EndedAt), string(a.Ended), a.EndedBy, a.EndReason, instant(a.FirstAt), a.FirstBy, a.FirstReason, instant(a.MonitoredAt), a.Version)
	return wrap(err, "insert admission", id)
}

// UpdateAdmission writes how an admission stands. The version must be the one stored.
func (tx *Tx) UpdateAdmission(a *treatment.Admission) error {
	n, err := tx.exec(`UPDATE admission SET stay = $1, level = $2, level_at = $3, ended_at = $4, ended = $5, ended_by = $6, end_reason = $7, first_at = $8, first_by = $9, first_reason = $10, monitored_at = $11,
version = version + 1 WHERE id = $12 AND version = $13`,
		int64(a.Stay), string(a.Level), instant(a.LevelAt), instant(a.EndedAt), string(a.Ended), a.EndedBy, a.EndReason, instant(a.FirstAt), a.FirstBy, a.FirstReason, instant(a.MonitoredAt), int64(a.ID), a.Version)
	if err != nil {
		return fmt.Errorf("update admission %d: %w", a.ID, err)
	}
	if n == 0 {
		return &Conflict{Noun: "admission", ID: int64(a.ID), Want: a.Version}
	}
	a.Version++
	return nil
}

func (r *Reader) admissions(where string, args ...any) ([]treatment.Admission, error) {
	return scanned(r, "read admissions", `SELECT `+admissionColumns+` FROM admission WHERE `+where, args, func(scan func(...any) error) (a treatment.Admission, err error) {
		var level, admitted, ended, first, monitored int64
		err = scan(&a.ID, &a.Outbreak, &a.Case, &a.Person, &a.Facility, &a.Stay, &a.Area, &a.District, &a.Level, &level, &a.Ground, &a.Why, &a.From, &admitted, &a.AdmittedBy, &ended, &a.Ended, &a.EndedBy, &a.EndReason,
			&first, &a.FirstBy, &a.FirstReason, &monitored, &a.Version)
		a.LevelAt, a.AdmittedAt, a.EndedAt, a.FirstAt, a.MonitoredAt = when(level), when(admitted), when(ended), when(first), when(monitored)
		return a, err
	})
}

// Admission returns one admission. The caller has checked, or checks, that its area may be read.
func (r *Reader) Admission(id treatment.AdmissionID) (treatment.Admission, error) {
	list, err := r.admissions(`id = $1`, int64(id))
	return one(list, err, "admission", id)
}

// AdmissionsOf returns the admissions of cases, the oldest first.
func (r *Reader) AdmissionsOf(ids []cases.ID) (map[cases.ID][]treatment.Admission, error) {
	return gatherIDs(ids, func(in string) ([]treatment.Admission, error) {
		return r.admissions(`case_id IN (` + in + `) ORDER BY case_id, admitted_at, id`)
	}, func(a treatment.Admission) cases.ID { return a.Case })
}

// Patients returns the open admissions of hospitals, the oldest first.
func (r *Reader) Patients(ids []facility.ID) (map[facility.ID][]treatment.Admission, error) {
	return gatherIDs(ids, func(in string) ([]treatment.Admission, error) {
		return r.admissions(`facility IN (` + in + `) AND ended_at = 0 ORDER BY facility, admitted_at, id`)
	}, func(a treatment.Admission) facility.ID { return a.Facility })
}

// AddBedMove inserts a move from bed to bed and gives it its ID.
func (tx *Tx) AddBedMove(m *treatment.BedMove) error {
	id, err := tx.nextIDs("bed_move", 1)
	if err != nil {
		return err
	}
	m.ID = id
	_, err = tx.exec(`INSERT INTO bed_move (id, outbreak, admission, district, at, from_room, from_level, room, bed, level, why, moved_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		id, int64(m.Outbreak), int64(m.Admission), int64(m.District), instant(m.At), m.FromRoom, string(m.FromLevel), m.Room, m.Bed, string(m.Level), m.Why, m.By)
	return wrap(err, "insert bed move", id)
}

// BedMovesOf returns the beds that admissions had, the oldest first.
func (r *Reader) BedMovesOf(ids []treatment.AdmissionID) (map[treatment.AdmissionID][]treatment.BedMove, error) {
	return gatherIDs(ids, func(in string) ([]treatment.BedMove, error) {
		return scanned(r, "read bed moves", `SELECT id, outbreak, admission, district, at, from_room, from_level, room, bed, level, why, moved_by FROM bed_move WHERE admission IN (`+in+`) ORDER BY admission, at, id`, nil,
			func(scan func(...any) error) (m treatment.BedMove, err error) {
				var at int64
				err = scan(&m.ID, &m.Outbreak, &m.Admission, &m.District, &at, &m.FromRoom, &m.FromLevel, &m.Room, &m.Bed, &m.Level, &m.Why, &m.By)
				m.At = when(at)
				return m, err
			})
	}, func(m treatment.BedMove) treatment.AdmissionID { return m.Admission })
}

const careEventColumns = `id, outbreak, facility, area, district, kind, place, case_id, exposed_staff, exposed_patients, measures, note, state, happened_at, noted_at, noted_by, contained_at, closed_at, version`

// AddCareEvent inserts an infection-control event and gives it its ID.
func (tx *Tx) AddCareEvent(e *treatment.Event) error {
	id, err := tx.nextIDs("care_event", 1)
	if err != nil {
		return err
	}
	e.ID, e.Version = treatment.EventID(id), 1
	_, err = tx.exec(`INSERT INTO care_event (`+careEventColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)`,
		id, int64(e.Outbreak), int64(e.Facility), int64(e.Area), int64(e.District), string(e.Kind), e.Where, int64(e.Case), e.ExposedStaff, e.ExposedPatients, e.Measures, e.Note, string(e.State),
		instant(e.HappenedAt), instant(e.NotedAt), e.NotedBy, instant(e.ContainedAt), instant(e.ClosedAt), e.Version)
	return wrap(err, "insert care event", id)
}

// UpdateCareEvent writes what is known of an event now. The version must be the one stored.
func (tx *Tx) UpdateCareEvent(e *treatment.Event) error {
	n, err := tx.exec(`UPDATE care_event SET place = $1, case_id = $2, exposed_staff = $3, exposed_patients = $4, measures = $5, note = $6, state = $7, contained_at = $8, closed_at = $9, version = version + 1
WHERE id = $10 AND version = $11`,
		e.Where, int64(e.Case), e.ExposedStaff, e.ExposedPatients, e.Measures, e.Note, string(e.State), instant(e.ContainedAt), instant(e.ClosedAt), int64(e.ID), e.Version)
	if err != nil {
		return fmt.Errorf("update care event %d: %w", e.ID, err)
	}
	if n == 0 {
		return &Conflict{Noun: "care event", ID: int64(e.ID), Want: e.Version}
	}
	e.Version++
	return nil
}

func (r *Reader) careEvents(where string, args ...any) ([]treatment.Event, error) {
	return scanned(r, "read care events", `SELECT `+careEventColumns+` FROM care_event WHERE `+where, args, func(scan func(...any) error) (e treatment.Event, err error) {
		var happened, noted, contained, closed int64
		err = scan(&e.ID, &e.Outbreak, &e.Facility, &e.Area, &e.District, &e.Kind, &e.Where, &e.Case, &e.ExposedStaff, &e.ExposedPatients, &e.Measures, &e.Note, &e.State, &happened, &noted, &e.NotedBy, &contained, &closed, &e.Version)
		e.HappenedAt, e.NotedAt, e.ContainedAt, e.ClosedAt = when(happened), when(noted), when(contained), when(closed)
		return e, err
	})
}

// CareEvent returns one event. The caller has checked, or checks, that its area may be read.
func (r *Reader) CareEvent(id treatment.EventID) (treatment.Event, error) {
	list, err := r.careEvents(`id = $1`, int64(id))
	return one(list, err, "care event", id)
}

// CareEvents returns up to limit events of an outbreak within a bound, the newest first; open: those that are not closed.
func (r *Reader) CareEvents(o outbreak.ID, w Within, open bool, limit int) ([]treatment.Event, error) {
	s, err := r.reach(w)
	if err != nil || s.empty() {
		return nil, err
	}
	where := `outbreak = $1`
	if open {
		where += ` AND closed_at = 0`
	}
	return r.careEvents(where+s.gathered("area")+` ORDER BY id DESC LIMIT $2`, int64(o), limit)
}

const reserveColumns = `id, outbreak, facility, area, district, state, beds, occupied, projected, proposed_at, decided_at, decided_by, reason, version`

// AddProposal inserts a proposal to open a reserve and gives it its ID. The engine refuses a second one of a facility that nobody has decided.
func (tx *Tx) AddProposal(p *treatment.Proposal) error {
	id, err := tx.nextIDs("reserve_proposal", 1)
	if err != nil {
		return err
	}
	p.ID, p.Version = treatment.ProposalID(id), 1
	_, err = tx.exec(`INSERT INTO reserve_proposal (`+reserveColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		id, int64(p.Outbreak), int64(p.Facility), int64(p.Area), int64(p.District), string(p.State), p.Beds, p.Occupied, p.Projected, instant(p.ProposedAt), instant(p.DecidedAt), p.DecidedBy, p.Reason, p.Version)
	return wrap(err, "insert reserve proposal", id)
}

// UpdateProposal writes what was decided. The version must be the one stored.
func (tx *Tx) UpdateProposal(p *treatment.Proposal) error {
	n, err := tx.exec(`UPDATE reserve_proposal SET state = $1, decided_at = $2, decided_by = $3, reason = $4, version = version + 1 WHERE id = $5 AND version = $6`,
		string(p.State), instant(p.DecidedAt), p.DecidedBy, p.Reason, int64(p.ID), p.Version)
	if err != nil {
		return fmt.Errorf("update reserve proposal %d: %w", p.ID, err)
	}
	if n == 0 {
		return &Conflict{Noun: "reserve proposal", ID: int64(p.ID), Want: p.Version}
	}
	p.Version++
	return nil
}

func (r *Reader) reserveProposals(where string, args ...any) ([]treatment.Proposal, error) {
	return scanned(r, "read reserve proposals", `SELECT `+reserveColumns+` FROM reserve_proposal WHERE `+where, args, func(scan func(...any) error) (p treatment.Proposal, err error) {
		var proposed, decided int64
		err = scan(&p.ID, &p.Outbreak, &p.Facility, &p.Area, &p.District, &p.State, &p.Beds, &p.Occupied, &p.Projected, &proposed, &decided, &p.DecidedBy, &p.Reason, &p.Version)
		p.ProposedAt, p.DecidedAt = when(proposed), when(decided)
		return p, err
	})
}

// Proposal returns one proposal. The caller has checked, or checks, that its area may be read.
func (r *Reader) Proposal(id treatment.ProposalID) (treatment.Proposal, error) {
	list, err := r.reserveProposals(`id = $1`, int64(id))
	return one(list, err, "reserve proposal", id)
}

// Proposals returns the proposals of an outbreak that nobody has decided, and those decided from an instant on, by ID.
func (r *Reader) Proposals(o outbreak.ID, decided time.Time) ([]treatment.Proposal, error) {
	return r.reserveProposals(`outbreak = $1 AND (decided_at = 0 OR decided_at >= $2) ORDER BY id`, int64(o), instant(decided))
}

// ProposalOf returns the newest proposal of a facility; nil where it was never proposed.
func (r *Reader) ProposalOf(id facility.ID) (*treatment.Proposal, error) {
	list, err := r.reserveProposals(`facility = $1 ORDER BY id DESC LIMIT 1`, int64(id))
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

const conversionColumns = `id, outbreak, facility, room, code, area, district, from_level, to_level, started_at, started_by, done_at, done_by, version`

// AddConversion inserts a room that is being converted and gives it its ID. The engine refuses a second conversion of a room at a time.
func (tx *Tx) AddConversion(c *treatment.Conversion) error {
	id, err := tx.nextIDs("conversion", 1)
	if err != nil {
		return err
	}
	c.ID, c.Version = treatment.ConversionID(id), 1
	_, err = tx.exec(`INSERT INTO conversion (`+conversionColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		id, int64(c.Outbreak), int64(c.Facility), int64(c.Room), c.Code, int64(c.Area), int64(c.District), string(c.From), string(c.To), instant(c.StartedAt), c.StartedBy, instant(c.DoneAt), c.DoneBy, c.Version)
	return wrap(err, "insert conversion", id)
}

// UpdateConversion writes that a room is converted. The version must be the one stored.
func (tx *Tx) UpdateConversion(c *treatment.Conversion) error {
	n, err := tx.exec(`UPDATE conversion SET done_at = $1, done_by = $2, version = version + 1 WHERE id = $3 AND version = $4`, instant(c.DoneAt), c.DoneBy, int64(c.ID), c.Version)
	if err != nil {
		return fmt.Errorf("update conversion %d: %w", c.ID, err)
	}
	if n == 0 {
		return &Conflict{Noun: "conversion", ID: int64(c.ID), Want: c.Version}
	}
	c.Version++
	return nil
}

func (r *Reader) conversions(where string, args ...any) ([]treatment.Conversion, error) {
	return scanned(r, "read conversions", `SELECT `+conversionColumns+` FROM conversion WHERE `+where, args, func(scan func(...any) error) (c treatment.Conversion, err error) {
		var started, done int64
		err = scan(&c.ID, &c.Outbreak, &c.Facility, &c.Room, &c.Code, &c.Area, &c.District, &c.From, &c.To, &started, &c.StartedBy, &done, &c.DoneBy, &c.Version)
		c.StartedAt, c.DoneAt = when(started), when(done)
		return c, err
	})
}

// Conversion returns one conversion. The caller has checked, or checks, that its area may be read.
func (r *Reader) Conversion(id treatment.ConversionID) (treatment.Conversion, error) {
	list, err := r.conversions(`id = $1`, int64(id))
	return one(list, err, "conversion", id)
}

// Converting returns the rooms of a facility that are being converted, by room.
func (r *Reader) Converting(id facility.ID) (map[facility.RoomID]treatment.Conversion, error) {
	list, err := r.conversions(`facility = $1 AND done_at = 0 ORDER BY id`, int64(id))
	out := map[facility.RoomID]treatment.Conversion{}
	for _, c := range list {
		out[c.Room] = c
	}
	return out, err
}

// BedReport is what a hospital tells of its beds of one level, those included in which nobody of the outbreak lies.
type BedReport struct {
	ID          int64
	Outbreak    outbreak.ID
	Facility    facility.ID
	District    int64
	Level       facility.Level
	At          time.Time
	Beds        int64
	Occupied    int64
	Convertible int64 // to intensive care within a day
	By          string
}

// PutBedReport keeps what a hospital tells; told again of one instant, it is what was told last. It says whether anything is new.
func (tx *Tx) PutBedReport(b *BedReport) (bool, error) {
	n, err := tx.exec(`UPDATE bed_report SET beds = $1, occupied = $2, convertible = $3, told_by = $4 WHERE facility = $5 AND level = $6 AND at = $7 AND (beds <> $1 OR occupied <> $2 OR convertible <> $3)`,
		b.Beds, b.Occupied, b.Convertible, b.By, int64(b.Facility), string(b.Level), instant(b.At))
	if err != nil {
		return false, fmt.Errorf("update bed report: %w", err)
	}
	if n > 0 {
		return true, nil
	}
	var there int64
	if err := tx.row(`SELECT COUNT(*) FROM bed_report WHERE facility = $1 AND level = $2 AND at = $3`, int64(b.Facility), string(b.Level), instant(b.At)).Scan(&there); err != nil {
		return false, fmt.Errorf("read bed report: %w", err)
	}
	if there > 0 {
		return false, nil
	}
	if b.ID, err = tx.nextIDs("bed_report", 1); err != nil {
		return false, err
	}
	_, err = tx.exec(`INSERT INTO bed_report (id, outbreak, facility, district, level, at, beds, occupied, convertible, told_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		b.ID, int64(b.Outbreak), int64(b.Facility), b.District, string(b.Level), instant(b.At), b.Beds, b.Occupied, b.Convertible, b.By)
	return true, wrap(err, "insert bed report", b.ID)
}

// LatestBedReports returns the newest that hospitals told of each level, not older than an instant.
func (r *Reader) LatestBedReports(ids []facility.ID, from time.Time) (map[facility.ID][]BedReport, error) {
	return gatherIDs(ids, func(in string) ([]BedReport, error) {
		return scanned(r, "read bed reports", `SELECT id, outbreak, facility, district, level, at, beds, occupied, convertible, told_by FROM bed_report b WHERE facility IN (`+in+`) AND at >= $1
AND at = (SELECT MAX(n.at) FROM bed_report n WHERE n.facility = b.facility AND n.level = b.level) ORDER BY facility, level`, []any{instant(from)}, func(scan func(...any) error) (b BedReport, err error) {
			var at int64
			err = scan(&b.ID, &b.Outbreak, &b.Facility, &b.District, &b.Level, &at, &b.Beds, &b.Occupied, &b.Convertible, &b.By)
			b.At = when(at)
			return b, err
		})
	}, func(b BedReport) facility.ID { return b.Facility })
}

// Turnover is how many came to and left a facility in a time.
type Turnover struct{ Came, Left int64 }

// Turnovers counts who came to and left the facilities of an outbreak from an instant on.
func (r *Reader) Turnovers(o outbreak.ID, from time.Time) (map[facility.ID]Turnover, error) {
	out := map[facility.ID]Turnover{}
	type row struct {
		id         facility.ID
		came, left int64
	}
	list, err := scanned(r, "count arrivals", `SELECT facility, COALESCE(SUM(CASE WHEN in_at >= $2 THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN left_at >= $2 THEN 1 ELSE 0 END), 0)
FROM stay WHERE outbreak = $1 AND facility > 0 AND state IN ('in', 'left') AND leaving <> 'error' AND (in_at >= $2 OR left_at >= $2) GROUP BY facility`, []any{int64(o), instant(from)},
		func(scan func(...any) error) (x row, err error) {
			err = scan(&x.id, &x.came, &x.left)
			return x, err
		})
	for _, x := range list {
		out[x.id] = Turnover{x.came, x.left}
	}
	return out, err
}

// HasCare says whether anything is known in an outbreak of how cases are treated: an import of a million cases need not ask for each.
func (r *Reader) HasCare(o outbreak.ID) (bool, error) {
	var n int64
	err := r.row(`SELECT CASE WHEN EXISTS (SELECT 1 FROM admission WHERE outbreak = $1) OR EXISTS (SELECT 1 FROM severity WHERE outbreak = $1) THEN 1 ELSE 0 END`, int64(o)).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("look for admissions: %w", err)
	}
	return n > 0, nil
}
