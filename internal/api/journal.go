package api

import (
	"net/http"
	"strconv"

	"firebreak/internal/auth"
	"firebreak/internal/journal"
	"firebreak/internal/store"
)

// journalReads bounds how many entries one request looks at; a caller of a small area goes on from the cursor.
const journalReads = 10_000

func (s *server) journal() {
	s.verification()
	type list struct {
		Asked
		Limit  int   `query:"limit" minimum:"1" maximum:"1000" default:"100"`
		Cursor int64 `query:"cursor" minimum:"0" doc:"next of the page before; 0 begins with the first entry."`
	}
	// The auditor sees who did what to which record, and no person: what the entries say of people stays out.
	operation(s, "list-journal", http.MethodGet, "/api/journal", "The journal, oldest first, without what it says of people; what belongs to no area is for those who audit everything", 200, func(c *call, in *list) (out Entries, err error) {
		w, err := c.within(auth.AuditRead)
		if err != nil {
			return out, err
		}
		out.Items = []Entry{}
		err = c.o.DB.View(c.ctx, func(r *store.Reader) error {
			holds, err := r.Holds(w)
			if err != nil {
				return err
			}
			seq := in.Cursor
			for read := 0; read < journalReads; {
				batch, err := r.EntriesAfter(seq, 1000)
				if err != nil || len(batch) == 0 {
					return err
				}
				read += len(batch)
				for _, e := range batch {
					if len(out.Items) == in.Limit {
						out.Next = strconv.FormatInt(seq, 10)
						return nil
					}
					seq = e.Seq
					if holds == nil || holds(e.Area) {
						out.Items = append(out.Items, audited(e))
					}
				}
			}
			out.Next = strconv.FormatInt(seq, 10)
			return nil
		})
		return out, err
	})
}

// verifyPattern walks the whole journal, which takes a while.
const verifyPattern = "GET /api/journal/verification"

func (s *server) verification() {
	type none struct{ Asked }
	operation(s, "verify-journal", http.MethodGet, "/api/journal/verification", "Walk the whole journal and find any entry altered, removed or inserted; shows counts and the head, no entry", 200, func(c *call, _ *none) (out store.Verification, err error) {
		if _, err := c.within(auth.AuditRead); err != nil {
			return out, err
		}
		release, err := c.walk()
		if err != nil {
			return out, err
		}
		defer release()
		return c.o.DB.VerifyJournal(c.ctx)
	})
}

// walk takes one of the few places for what reads everything there is.
func (c *call) walk() (release func(), err error) {
	select {
	case c.walks <- struct{}{}:
		return func() { <-c.walks }, nil
	default:
		return nil, errBusy
	}
}

func audited(e journal.Entry) Entry {
	e.Payload = nil
	return entryView(e)
}
