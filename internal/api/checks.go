package api

import (
	"net/http"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/checks"
	"firebreak/internal/contact"
	"firebreak/internal/outbreak"
	"firebreak/internal/protocol"
	"firebreak/internal/restriction"
	"firebreak/internal/store"
)

// ChecksDue is who is to be checked at a site now.
type ChecksDue struct {
	Items   []CheckDue `json:"items" doc:"Whoever is late first, then by lift and room."`
	People  int        `json:"people" doc:"Who are there."`
	Made    int        `json:"made" doc:"Of them, those whose next check comes later."`
	Next    *time.Time `json:"next,omitempty" doc:"When it does, for the first of them."`
	Without int        `json:"without" doc:"Of them, those who have no checks: cases, and contacts whose follow-up is over."`
}

// CheckDue is somebody whose check can be made now.
type CheckDue struct {
	Contact int64     `json:"contact" doc:"For record-checks."`
	Of      string    `json:"of" doc:"Code of the contact."`
	Stay    int64     `json:"stay"`
	Room    string    `json:"room"`
	Group   string    `json:"group,omitempty" doc:"The lift or corridor."`
	Bed     int64     `json:"bed"`
	Task    int64     `json:"task"`
	Due     time.Time `json:"due"`
	Late    bool      `json:"late"`
	Slot    int       `json:"slot" doc:"Of the day, from 0: for record-checks."`
	Last    *Check    `json:"last,omitempty" doc:"The newest check; left out where there was none."`
}

// CheckLink is by which somebody who is checked answers for themselves, with no log-in.
type CheckLink struct {
	Restriction int64  `json:"restriction"`
	Code        string `json:"code" doc:"As it stands on their notice. It holds as long as the restriction stands and is none of another time."`
	Path        string `json:"path" doc:"Below the address of the server."`
}

func checkView(x contact.Check) Check {
	return Check{int64(x.ID), x.On.String(), x.At.UTC().Format(time.RFC3339Nano), x.Slot, x.Seen, x.Temperature, x.Symptoms, x.Note, x.Self}
}

// ChecksDueAt lists who is to be checked at a site for the program itself.
func ChecksDueAt(r *store.Reader, o outbreak.Outbreak, code string, now time.Time) (out ChecksDue, err error) {
	in, err := open(r, o, store.Everywhere())
	if err != nil {
		return out, err
	}
	return in.checksDue(code, now)
}

func (in *inside) checksDue(code string, now time.Time) (out ChecksDue, err error) {
	f, err := in.facilityIn(code)
	if err != nil {
		return out, err
	}
	pack, err := protocol.Load(in.o.Pack)
	if err != nil {
		return out, err
	}
	round, err := checks.AtSite(in.Reader, f, now)
	if err != nil {
		return out, err
	}
	out = ChecksDue{Items: make([]CheckDue, len(round.Due)), People: round.People, Made: round.Made, Next: clock(round.Next), Without: round.Without}
	for i, d := range round.Due {
		x := CheckDue{Contact: int64(d.Contact.ID), Of: d.Contact.Code, Stay: int64(d.Stay.ID), Room: d.Room.Code, Group: d.Room.Group, Bed: d.Stay.Bed, Task: int64(d.Task.ID), Due: d.Task.Due.UTC(), Late: d.Task.Late(now), Slot: checks.Slot(pack, d.Contact.Tier, now, in.loc)}
		if d.Last.ID != 0 {
			last := checkView(d.Last)
			x.Last = &last
		}
		out.Items[i] = x
	}
	return out, nil
}

// CheckLinkOf is the check link of whoever is restricted.
//
// Errors: checks.ErrNone.
func CheckLinkOf(r *store.Reader, codes checks.Coder, o outbreak.Outbreak, x *restriction.Restriction) (out CheckLink, err error) {
	pack, err := protocol.Load(o.Pack)
	if err != nil {
		return out, err
	}
	code, err := checks.Code(r, codes, pack, x)
	return CheckLink{int64(x.ID), code, "/public/check?code=" + code}, err
}

func (s *server) checks() {
	type due struct {
		Asked
		Outbreak string `path:"outbreak"`
		Facility string `path:"facility" doc:"Its code."`
	}
	operation(s, "list-checks-due", http.MethodGet, "/api/outbreaks/{outbreak}/facilities/{facility}/checks", "Who is to be checked at a site now, the late ones first", 200, func(c *call, in *due) (out ChecksDue, err error) {
		return out, c.view(auth.IsolationRead, in.Outbreak, "", func(v *inside) error {
			out, err = v.checksDue(in.Facility, c.now)
			return err
		})
	})
	type link struct {
		Asked
		Outbreak    string `path:"outbreak"`
		Restriction int64  `path:"restriction"`
	}
	operation(s, "show-check-link", http.MethodGet, "/api/outbreaks/{outbreak}/restrictions/{restriction}/check-link", "The link by which somebody in quarantine, or watched at home, says how they are; refused where nobody is to be checked", 200, func(c *call, in *link) (out CheckLink, err error) {
		return out, c.view(auth.RestrictionRead, in.Outbreak, "", func(v *inside) error {
			x, err := v.restriction(restriction.ID(in.Restriction))
			if err != nil {
				return err
			}
			ids := c.o.Commands.Identities()
			if ids == nil {
				return checks.ErrNone
			}
			codes, err := ids.Vault(v.Reader)
			if err != nil {
				return err
			}
			out, err = CheckLinkOf(v.Reader, codes, v.o, &x)
			return err
		})
	})
}
