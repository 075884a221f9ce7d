package public

import (
	"firebreak/internal/outbreak"
	"firebreak/internal/screening"
	"firebreak/internal/store"
)

// waits adds the sites of an outbreak that are used.
func (p *Site) waits(_ *store.Reader, _ outbreak.ID, _ screening.RoundID, sites []screening.Site, s *snapshot) error { //nolint:unparam // reports of queues are read here
	for _, x := range sites {
		if !x.Closed {
			s.sites = append(s.sites, openSite{Site: x, queue: screening.QueueUnknown})
		}
	}
	return nil
}
