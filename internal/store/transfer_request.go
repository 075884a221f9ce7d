package store

import (
	"fmt"
	"strings"
	"time"

	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/task"
	"firebreak/internal/transfer"
)

// What journal entries about vehicles and their trips are about.
const (
	OnVehicle task.SubjectKind = "vehicle"
	OnTrip    task.SubjectKind = "trip"
	OnPhone   task.SubjectKind = "phone" // of a crew
)

const requestColumns = `id, outbreak, party, person, class, case_of, contact_of, household, tier, purpose, task_kind, task_id, task_key, task_ordinal, from_facility, to_facility, area, district, lon, lat, located, seat, care,
note, not_before, deadline, state, state_at, reason, promised, trip, stay, fetched_at, arrived_at, found_at, made_at, made_by, version, companion, released`

// RequestIDs takes n new numbers of requests, the first of which is returned: whoever makes several for a household says who leads before they are kept.
func (tx *Tx) RequestIDs(n int64) (transfer.RequestID, error) {
	id, err := tx.nextIDs("transfer_request", n)
	return transfer.RequestID(id), err
}

// AddRequests inserts requests that have their IDs. The engine refuses a second one for somebody whose first is not over.
func (tx *Tx) AddRequests(list []*transfer.Request) error {
	rows := make([][]any, len(list))
	for i, q := range list {
		q.Version = 1
		rows[i] = []any{int64(q.ID), int64(q.Outbreak), int64(q.Party), int64(q.Person), string(q.Class), int64(q.CaseOf), int64(q.ContactOf), int64(q.Household), string(q.Tier), string(q.Purpose),
			string(q.Task.Kind), q.Task.ID, string(q.TaskKey.Kind), int64(q.TaskKey.Ordinal), int64(q.From), int64(q.To), int64(q.Area), int64(q.District), q.Lon, q.Lat, flag(q.Located), string(q.Seat),
			strings.Join(q.Care, " "), q.Note, instant(q.NotBefore), instant(q.Deadline), string(q.State), instant(q.StateAt), q.Reason, instant(q.Promised), int64(q.Trip), int64(q.Stay),
			instant(q.FetchedAt), instant(q.ArrivedAt), instant(q.FoundAt), instant(q.MadeAt), q.MadeBy, q.Version, flag(q.Companion), flag(q.Released)}
	}
	err := tx.bulk(`INSERT INTO transfer_request (`+requestColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30,
$31, $32, $33, $34, $35, $36, $37, $38, $39, $40)`, rows)
	if err != nil {
		return fmt.Errorf("insert requests for a transfer: %w", err)
	}
	return nil
}

// UpdateRequest writes what is known of a request now. The version must be the one stored.
func (tx *Tx) UpdateRequest(q *transfer.Request) error {
	n, err := tx.exec(`UPDATE transfer_request SET party = $1, person = $2, tier = $3, purpose = $4, from_facility = $5, to_facility = $6, area = $7, district = $8, lon = $9, lat = $10, located = $11, seat = $12, care = $13,
note = $14, not_before = $15, deadline = $16, state = $17, state_at = $18, reason = $19, promised = $20, trip = $21, stay = $22, fetched_at = $23, arrived_at = $24, task_key = $25, task_ordinal = $26, released = $27, version = version + 1
WHERE id = $28 AND version = $29`,
		int64(q.Party), int64(q.Person), string(q.Tier), string(q.Purpose), int64(q.From), int64(q.To), int64(q.Area), int64(q.District), q.Lon, q.Lat, flag(q.Located), string(q.Seat), strings.Join(q.Care, " "),
		q.Note, instant(q.NotBefore), instant(q.Deadline), string(q.State), instant(q.StateAt), q.Reason, instant(q.Promised), int64(q.Trip), int64(q.Stay), instant(q.FetchedAt), instant(q.ArrivedAt),
		string(q.TaskKey.Kind), int64(q.TaskKey.Ordinal), flag(q.Released), int64(q.ID), q.Version)
	if err != nil {
		return fmt.Errorf("update request %d: %w", q.ID, err)
	}
	if n == 0 {
		return &Conflict{Noun: "transfer", ID: int64(q.ID), Want: q.Version}
	}
	q.Version++
	return nil
}

func (r *Reader) requests(where string, args ...any) ([]transfer.Request, error) {
	return scanned(r, "read requests for a transfer", `SELECT `+requestColumns+` FROM transfer_request WHERE `+where, args, func(scan func(...any) error) (q transfer.Request, err error) {
		var located, before, deadline, state, promised, fetched, arrived, found, made, companion, released int64
		var care string
		err = scan(&q.ID, &q.Outbreak, &q.Party, &q.Person, &q.Class, &q.CaseOf, &q.ContactOf, &q.Household, &q.Tier, &q.Purpose, &q.Task.Kind, &q.Task.ID, &q.TaskKey.Kind, &q.TaskKey.Ordinal, &q.From, &q.To,
			&q.Area, &q.District, &q.Lon, &q.Lat, &located, &q.Seat, &care, &q.Note, &before, &deadline, &q.State, &state, &q.Reason, &promised, &q.Trip, &q.Stay, &fetched, &arrived, &found, &made, &q.MadeBy, &q.Version, &companion, &released)
		q.Companion, q.Released = companion != 0, released != 0
		q.Located, q.Care = located != 0, strings.Fields(care)
		q.NotBefore, q.Deadline, q.StateAt, q.Promised, q.FetchedAt, q.ArrivedAt, q.FoundAt, q.MadeAt = when(before), when(deadline), when(state), when(promised), when(fetched), when(arrived), when(found), when(made)
		return q, err
	})
}

// Request returns one request for a transfer. The caller has checked, or checks, that its area may be read.
func (r *Reader) Request(id transfer.RequestID) (transfer.Request, error) {
	list, err := r.requests(`id = $1`, int64(id))
	return one(list, err, "transfer", id)
}

// live is what is not over.
const live = ` state NOT IN ('arrived', 'cancelled')`

// LiveRequests returns the requests of an outbreak that are not over within a bound, the first deadline first.
func (r *Reader) LiveRequests(o outbreak.ID, w Within) ([]transfer.Request, error) {
	s, err := r.reach(w)
	if err != nil || s.empty() {
		return nil, err
	}
	return r.requests(`outbreak = $1 AND`+live+s.gathered("area")+` ORDER BY deadline, id`, int64(o))
}

// Brought is when somebody came who was brought somewhere.
type Brought struct{ FoundAt, ArrivedAt, Deadline time.Time }

// BroughtWithin returns when those came who were brought to a place from one instant until before another, the first first: not those who were brought home.
func (r *Reader) BroughtWithin(o outbreak.ID, w Within, from, to time.Time) (out []Brought, err error) {
	s, err := r.reach(w)
	if err != nil || s.empty() {
		return nil, err
	}
	rows, err := r.query(`SELECT found_at, arrived_at, deadline FROM transfer_request WHERE outbreak = $1 AND state = 'arrived' AND arrived_at >= $2 AND arrived_at < $3 AND purpose <> 'home'`+
		s.gathered("area")+` ORDER BY arrived_at, id`, int64(o), instant(from), instant(to))
	if err != nil {
		return nil, fmt.Errorf("read who was brought: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		var found, arrived, deadline int64
		if err := rows.Scan(&found, &arrived, &deadline); err != nil {
			return nil, fmt.Errorf("read who was brought: %w", err)
		}
		out = append(out, Brought{when(found), when(arrived), when(deadline)})
	}
	return out, rows.Err()
}

// LiveRequestsOf returns the requests of people in an outbreak that are not over; each has one at most.
func (r *Reader) LiveRequestsOf(o outbreak.ID, people []person.ID) (map[person.ID]transfer.Request, error) {
	found, err := gatherIDs(people, func(in string) ([]transfer.Request, error) {
		return r.requests(`person IN (`+in+`) AND outbreak = $1 AND`+live, int64(o))
	}, func(q transfer.Request) person.ID { return q.Person })
	out := make(map[person.ID]transfer.Request, len(found))
	for p, list := range found {
		out[p] = list[0]
	}
	return out, err
}

// BroughtTo returns the request by which each of these people was brought somewhere last.
func (r *Reader) BroughtTo(o outbreak.ID, people []person.ID) (map[person.ID]transfer.Request, error) {
	found, err := gatherIDs(people, func(in string) ([]transfer.Request, error) {
		return r.requests(`person IN (`+in+`) AND outbreak = $1 AND state = 'arrived' ORDER BY arrived_at DESC, id DESC`, int64(o))
	}, func(q transfer.Request) person.ID { return q.Person })
	out := make(map[person.ID]transfer.Request, len(found))
	for p, list := range found {
		out[p] = list[0]
	}
	return out, err
}

// LiveRequestsOfHouseholds returns the requests of an outbreak that are not over, by household.
func (r *Reader) LiveRequestsOfHouseholds(o outbreak.ID, list []person.HouseholdID) (map[person.HouseholdID][]transfer.Request, error) {
	return gatherIDs(list, func(in string) ([]transfer.Request, error) {
		return r.requests(`household IN (`+in+`) AND outbreak = $1 AND`+live+` ORDER BY id`, int64(o))
	}, func(q transfer.Request) person.HouseholdID { return q.Household })
}

// RequestsOfParty returns the requests of a party that are not over, by number.
func (r *Reader) RequestsOfParty(o outbreak.ID, party transfer.RequestID) ([]transfer.Request, error) {
	return r.requests(`outbreak = $1 AND party = $2 AND`+live+` ORDER BY id`, int64(o), int64(party))
}

// RequestsOf returns every request of people, the oldest first.
func (r *Reader) RequestsOf(people []person.ID) (map[person.ID][]transfer.Request, error) {
	return gatherIDs(people, func(in string) ([]transfer.Request, error) { return r.requests(`person IN (` + in + `) ORDER BY id`) }, func(q transfer.Request) person.ID { return q.Person })
}

// LiveRequestsByTask returns the requests that tasks about subjects of a kind ask for and that are not over, by the subject's number.
func (r *Reader) LiveRequestsByTask(kind task.SubjectKind, ids []int64) (map[int64][]transfer.Request, error) {
	return gather(ids, func(in string) ([]transfer.Request, error) {
		return r.requests(`task_kind = $1 AND task_id IN (`+in+`) AND`+live+` ORDER BY id`, string(kind))
	}, func(q transfer.Request) int64 { return q.Task.ID })
}

// RequestsOfTrip returns the people who are to be fetched by a trip, are in it or were, by number.
func (r *Reader) RequestsOfTrip(id transfer.TripID) ([]transfer.Request, error) {
	return r.requests(`trip = $1 ORDER BY id`, int64(id))
}

const handOverColumns = `id, outbreak, trip, stop, request, ending, gave, took, at, told_at, told_by, means, sealed`

// AddHandOvers inserts hand-overs and gives them their IDs.
func (tx *Tx) AddHandOvers(list []*transfer.HandOver) error {
	if len(list) == 0 {
		return nil
	}
	first, err := tx.nextIDs("transfer_handover", int64(len(list)))
	if err != nil {
		return err
	}
	rows := make([][]any, len(list))
	for i, h := range list {
		h.ID = transfer.HandOverID(first + int64(i))
		sealed := h.Sealed
		if sealed == nil {
			sealed = []byte{}
		}
		rows[i] = []any{int64(h.ID), int64(h.Outbreak), int64(h.Trip), int64(h.Stop), int64(h.Request), string(h.End), h.Gave, h.Took, instant(h.At), instant(h.ToldAt), h.ToldBy, string(h.Means), sealed}
	}
	if err := tx.bulk(`INSERT INTO transfer_handover (`+handOverColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`, rows); err != nil {
		return fmt.Errorf("insert hand-overs: %w", err)
	}
	return nil
}

// HandOversOf returns the hand-overs of requests, in order, without what was signed. The caller has checked that the requests may be read.
func (r *Reader) HandOversOf(ids []transfer.RequestID) (map[transfer.RequestID][]transfer.HandOver, error) {
	return gatherIDs(ids, func(in string) ([]transfer.HandOver, error) {
		return scanned(r, "read hand-overs", `SELECT id, outbreak, trip, stop, request, ending, gave, took, at, told_at, told_by, means FROM transfer_handover WHERE request IN (`+in+`) ORDER BY id`, nil,
			func(scan func(...any) error) (h transfer.HandOver, err error) {
				var at, told int64
				err = scan(&h.ID, &h.Outbreak, &h.Trip, &h.Stop, &h.Request, &h.End, &h.Gave, &h.Took, &at, &told, &h.ToldBy, &h.Means)
				h.At, h.ToldAt = when(at), when(told)
				return h, err
			})
	}, func(h transfer.HandOver) transfer.RequestID { return h.Request })
}
