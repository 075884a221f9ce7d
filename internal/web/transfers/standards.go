package transfers

import (
	"strconv"

	"firebreak/internal/auth"
	"firebreak/internal/facility"
	"firebreak/internal/store"
	"firebreak/internal/transferplan"
	"firebreak/internal/web/site"
)

// warn says of the sites that take people which of them do not meet a critical standard. Nothing is held up by it.
func warn(q *site.Request, r *store.Reader, b *transferplan.Board, v *View) error {
	byCode := map[string]facility.Facility{}
	var ids []facility.ID
	for _, f := range b.Sites {
		if f.State == facility.Open {
			byCode[f.Code] = f
			ids = append(ids, f.ID)
		}
	}
	open, err := r.OpenDeficiencies(ids)
	if err != nil {
		return err
	}
	for i := range v.Sites {
		s := &v.Sites[i]
		f := byCode[s.Code]
		for _, d := range open[f.ID] {
			if d.Critical {
				s.Grave++
			}
		}
		if q.Sees(auth.IsolationRead, f.Area) {
			s.Standards = q.Path("isolation", strconv.FormatInt(int64(f.ID), 10), "inspections")
		}
	}
	return nil
}
