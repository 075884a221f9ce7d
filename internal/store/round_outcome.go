package store

import (
	"fmt"

	"firebreak/internal/outbreak"
	"firebreak/internal/screening"
)

// RoundOutcome is what a round has brought to light so far.
type RoundOutcome struct {
	Pending   int64 // tubes without a result; people who are to be sampled again because of a tube; people who are held
	Community int64 // people found who were not already kept apart
}

// RoundOutcomes returns what the rounds of an outbreak have brought to light, those about which nothing is to be said left out. A person counts as found in a round when they were in a tube of it that the
// rulebook looked at and have become a case since it began, found outside isolation or nobody knows where. The caller has checked that the outbreak may be read.
func (r *Reader) RoundOutcomes(o outbreak.ID) (map[screening.RoundID]RoundOutcome, error) {
	out := map[screening.RoundID]RoundOutcome{}
	for _, q := range []struct {
		text string
		add  func(*RoundOutcome, int64)
	}{
		{`SELECT round, COUNT(*) FROM tube WHERE outbreak = $1 AND result_at = 0 GROUP BY round`, func(x *RoundOutcome, n int64) { x.Pending += n }},
		{`SELECT t.round, COUNT(*) FROM hold h JOIN tube t ON t.id = h.tube WHERE h.outbreak = $1 AND h.lifted_at = 0 GROUP BY t.round`, func(x *RoundOutcome, n int64) { x.Pending += n }},
		{`SELECT t.round, COUNT(DISTINCT m.person) FROM tube_member m JOIN tube t ON t.id = m.tube JOIN task k ON k.subject_kind = 'person' AND k.subject_id = m.person
WHERE m.outbreak = $1 AND k.outbreak = m.outbreak AND k.state = 'open' AND k.kind IN ('sample_again', 'resample_single') AND t.result NOT IN ('', 'positive', 'negative') GROUP BY t.round`,
			func(x *RoundOutcome, n int64) { x.Pending += n }},
		{`SELECT t.round, COUNT(DISTINCT m.person) FROM tube_member m JOIN tube t ON t.id = m.tube JOIN screening_round s ON s.id = t.round JOIN cases c ON c.person = m.person AND c.outbreak = m.outbreak
WHERE m.outbreak = $1 AND c.merged_into = 0 AND c.class IN ('probable', 'asymptomatic', 'confirmed') AND c.found <> 'isolation' AND c.noted_at >= s.starts_at GROUP BY t.round`,
			func(x *RoundOutcome, n int64) { x.Community += n }},
	} {
		found, err := r.pairs(q.text, int64(o))
		if err != nil {
			return nil, fmt.Errorf("read what rounds have found: %w", err)
		}
		for _, p := range found {
			x := out[screening.RoundID(p[0])]
			q.add(&x, p[1])
			out[screening.RoundID(p[0])] = x
		}
	}
	return out, nil
}
