package public

import (
	"strings"
	"testing"
	"time"

	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
)

// What staff say of a queue is on the page; a site that takes nobody for now comes last.
func TestWaiting(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		c := newTown(t, open)
		err := c.db.Update(t.Context(), func(tx *store.Tx) error {
			sites, err := tx.Sites(1, store.Everywhere())
			if err != nil {
				return err
			}
			for _, s := range sites {
				r := store.SiteReport{Site: s.ID, Outbreak: 1, District: s.District, Queue: -1, ReportedAt: noon.Add(-10 * time.Minute), ReportedBy: "desk"}
				if s.Code == "E-1" {
					r.Queue = 100 // two lanes take 200 in an hour
				} else {
					r.Paused = true
				}
				if err := tx.SetSiteReport(r); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		page := c.get("/public/en/areas/90").Body.String()
		first, last := strings.Index(page, "Wait: about 30 min"), strings.Index(page, "Closed for now")
		if first < 0 || last < first || !strings.Contains(page, "Worked out from the queue") {
			t.Errorf("%d, %d: %s", first, last, page)
		}
	})
}
