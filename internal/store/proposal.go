package store

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/outbreak"
)

const proposalColumns = `id, outbreak, case_id, visitor, person, area, district, tier, clause, pack, lives, seconds, dose, first_at, last_at, places, state, proposed_at, decided_at, decided_by, decided_tier, reason, contact, fact, version`

func (r *Reader) proposals(text string, args ...any) ([]contact.Proposal, error) {
	rows, err := r.query(text, args...)
	if err != nil {
		return nil, fmt.Errorf("read proposals: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []contact.Proposal
	for rows.Next() {
		var p contact.Proposal
		var lives, dose, first, last, proposed, decided int64
		var places string
		if err := rows.Scan(&p.ID, &p.Outbreak, &p.Case, &p.Visitor, &p.Person, &p.Area, &p.District, &p.Tier, &p.Clause, &p.Pack, &lives, &p.Seconds, &dose, &first, &last, &places, &p.State, &proposed, &decided,
			&p.DecidedBy, &p.DecidedTier, &p.Reason, &p.Contact, &p.Fact, &p.Version); err != nil {
			return nil, fmt.Errorf("read proposals: %w", err)
		}
		p.Lives, p.Dose, p.First, p.Last, p.ProposedAt, p.DecidedAt = lives != 0, time.Duration(dose)*time.Second, when(first), when(last), when(proposed), when(decided)
		for n := range strings.SplitSeq(places, ",") {
			if id, err := strconv.ParseInt(n, 10, 64); err == nil {
				p.Places = append(p.Places, id)
			}
		}
		out = append(out, p)
	}
	return out, rows.Err()
}

// ProposalsOf returns what visits proposed of a case, whatever became of it: the nearest tier first, then the highest dose.
func (r *Reader) ProposalsOf(c cases.ID) ([]contact.Proposal, error) {
	return r.proposals(`SELECT `+proposalColumns+` FROM proposal WHERE case_id = $1 ORDER BY CASE tier WHEN 'close' THEN 0 WHEN 'secondary' THEN 1 ELSE 2 END, dose DESC, id`, int64(c))
}

// ProposalCounts says how many people visits proposed of each case of an outbreak, by tier, whatever became of them.
func (r *Reader) ProposalCounts(o outbreak.ID) (out []contact.ProposalCount, err error) {
	rows, err := r.query(`SELECT case_id, tier, COUNT(*) FROM proposal WHERE outbreak = $1 GROUP BY case_id, tier ORDER BY case_id, tier`, int64(o))
	if err != nil {
		return nil, fmt.Errorf("count proposals: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		var p contact.ProposalCount
		if err := rows.Scan(&p.Case, &p.Tier, &p.N); err != nil {
			return nil, fmt.Errorf("count proposals: %w", err)
		}
		out = append(out, p)
	}
	return out, rows.Err()
}

// CountProposed says how many proposals of a case wait for somebody to decide.
func (r *Reader) CountProposed(c cases.ID) (n int64, err error) {
	err = r.row(`SELECT COUNT(*) FROM proposal WHERE case_id = $1 AND state = 'proposed'`, int64(c)).Scan(&n)
	return n, err
}

// PutProposals inserts proposals without an ID, and writes those that have one. The version of these must be the one stored.
func (tx *Tx) PutProposals(list []*contact.Proposal) error {
	var fresh []*contact.Proposal
	for _, p := range list {
		if p.ID == 0 {
			fresh = append(fresh, p)
			continue
		}
		n, err := tx.exec(`UPDATE proposal SET person = $1, area = $2, district = $3, tier = $4, clause = $5, pack = $6, lives = $7, seconds = $8, dose = $9, first_at = $10, last_at = $11, places = $12, state = $13,
decided_at = $14, decided_by = $15, decided_tier = $16, reason = $17, contact = $18, fact = $19, version = version + 1 WHERE id = $20 AND version = $21`,
			int64(p.Person), int64(p.Area), int64(p.District), string(p.Tier), p.Clause, p.Pack, flag(p.Lives), p.Seconds, int64(p.Dose/time.Second), instant(p.First), instant(p.Last), commas(p.Places), string(p.State),
			instant(p.DecidedAt), p.DecidedBy, string(p.DecidedTier), p.Reason, int64(p.Contact), p.Fact, int64(p.ID), p.Version)
		if err != nil {
			return fmt.Errorf("update proposal %d: %w", p.ID, err)
		}
		if n == 0 {
			return &Conflict{Noun: "proposal", ID: int64(p.ID), Want: p.Version}
		}
		p.Version++
	}
	if len(fresh) == 0 {
		return nil
	}
	first, err := tx.nextIDs("proposal", int64(len(fresh)))
	if err != nil {
		return err
	}
	rows := make([][]any, len(fresh))
	for i, p := range fresh {
		p.ID, p.Version = contact.ProposalID(first+int64(i)), 1
		rows[i] = []any{int64(p.ID), int64(p.Outbreak), int64(p.Case), p.Visitor, int64(p.Person), int64(p.Area), int64(p.District), string(p.Tier), p.Clause, p.Pack, flag(p.Lives), p.Seconds, int64(p.Dose / time.Second),
			instant(p.First), instant(p.Last), commas(p.Places), string(p.State), instant(p.ProposedAt), instant(p.DecidedAt), p.DecidedBy, string(p.DecidedTier), p.Reason, int64(p.Contact), p.Fact, p.Version}
	}
	const text = `INSERT INTO proposal (id, outbreak, case_id, visitor, person, area, district, tier, clause, pack, lives, seconds, dose, first_at, last_at, places, state, proposed_at, decided_at, decided_by, decided_tier, reason, contact, fact, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)`
	if err := tx.bulk(text, rows); err != nil {
		return fmt.Errorf("insert proposals: %w", err)
	}
	return nil
}

func commas(list []int64) string {
	words := make([]string, len(list))
	for i, n := range list {
		words[i] = strconv.FormatInt(n, 10)
	}
	return strings.Join(words, ",")
}
