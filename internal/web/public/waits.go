package public

import (
	"firebreak/internal/outbreak"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/turnout"
)

// waits adds the sites of an outbreak that are used, with how long people wait there while a round is open.
func (p *Site) waits(r *store.Reader, o outbreak.ID, open screening.RoundID, sites []screening.Site, s *snapshot) error {
	reports, err := r.SiteReports(o)
	if err != nil {
		return err
	}
	flow := turnout.Flow{}
	if open != 0 {
		// While the register is still being read, or where the round is not counted, nothing is known of its sites; the rest of the page is as it is.
		if flow, err = p.o.Turnout.Flow(open); err != nil {
			flow = turnout.Flow{}
		}
	}
	for _, x := range sites {
		if x.Closed {
			continue
		}
		site := openSite{Site: x, queue: screening.QueueUnknown}
		said, ok := reports[x.ID]
		if !ok {
			said.Queue = -1
		}
		_, isOpen := x.OpenSince(s.at, s.zone)
		site.paused = said.Paused || !isOpen
		if open != 0 {
			at := flow.Sites[x.ID]
			site.queue, site.wait = screening.WaitAt(x, said.Queue, said.ReportedAt, at.PerHour(s.at), at.Heard, s.at)
		}
		s.sites = append(s.sites, site)
	}
	return nil
}
