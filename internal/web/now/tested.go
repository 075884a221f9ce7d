package now

import (
	"errors"
	"net/url"
	"slices"
	"strconv"

	"firebreak/internal/auth"
	"firebreak/internal/i18n"
	"firebreak/internal/place"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/turnout"
	"firebreak/internal/web/rounds"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// openRound is the round that the duty of testing is about, and its areas under tops: the newest that is open for all residents, or else for a group. Its ID is 0 where
// there is none.
func openRound(q *site.Request, list []screening.Round, tops []place.AreaID) (found screening.Round, mine []place.AreaID) {
	for _, r := range list {
		if r.State != screening.Open || found.ID != 0 && r.Group != "" {
			continue
		}
		areas := r.Areas
		if !slices.Contains(tops, 0) {
			areas = r.Part(q.Tree, tops)
		}
		if len(areas) > 0 {
			found, mine = r, areas
			if r.Group == "" {
				break
			}
		}
	}
	return found, mine
}

// tested makes the duty of testing that of the open round, where there is one: who was sampled, of all who should be, and when they will have been. The tests of single
// people, which the duty is otherwise, become a note.
func tested(q *site.Request, rd *store.Reader, d *ui.Duty) error {
	if q.Site.Turnout == nil {
		return nil
	}
	list, err := rd.Rounds(q.Outbreak.ID)
	if err != nil {
		return err
	}
	r, mine := openRound(q, list, q.Tops(auth.RollupRead))
	// Whoever reads only counts is told none of an area so small that a count points at somebody.
	if r.ID == 0 || slices.ContainsFunc(mine, func(a place.AreaID) bool { return q.Told(a) != a }) {
		return nil
	}
	n, err := q.Site.Turnout.Count(r.ID, q.Tree, mine...)
	if errors.Is(err, turnout.ErrLoading) || errors.Is(err, turnout.ErrNotKept) {
		return nil
	}
	if err != nil {
		return err
	}
	came, err := q.Site.Turnout.Pace(r.ID, q.Tree, mine...)
	if err != nil {
		return err
	}
	if d.Total > 0 {
		d.Note = i18n.M("duty.singles", "done", d.Done, "total", d.Total)
	}
	query := ""
	if q.Area.Code != "" {
		query = "?" + url.Values{"area": {q.Area.Code}}.Encode()
	}
	page := q.Path("rounds", strconv.FormatInt(r.Number, 10))
	// Who is exempt or refused is not waited for.
	d.Done, d.Total, d.Unit, d.Median, d.DueSoon, d.Href = n.Sampled, n.Sampled+n.Missing, "people", nil, 0, page+query
	switch {
	case q.Now.After(r.EndsAt):
		d.Late, d.LateHref, d.HeldBy = n.Missing, page+"/missing"+query, ""
	case r.EndsAt.Sub(q.Now) < site.Soon:
		d.DueSoon = n.Missing
	}
	if f := rounds.Forecast(r, came, n, q.Now); f.Outlook == turnout.Expected && !f.High.IsZero() {
		d.Finish = &ui.Interval{At: f.At, Low: f.Low, High: f.High}
	}
	return nil
}
