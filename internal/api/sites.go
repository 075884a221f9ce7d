package api

import (
	"net/http"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/screening"
)

// Site is where people are sampled.
type Site struct {
	ID     int64    `json:"id" doc:"What devices send."`
	Code   string   `json:"code"`
	Name   string   `json:"name"`
	Area   string   `json:"area"`
	Lon    *float64 `json:"lon,omitempty"`
	Lat    *float64 `json:"lat,omitempty"`
	Lanes  int64    `json:"lanes" doc:"Desks that can sample at a time."`
	Opens  int64    `json:"opens_minute" doc:"Minutes since midnight in the outbreak's zone; the same as closes_minute: day and night."`
	Closes int64    `json:"closes_minute"`
	Closed bool     `json:"closed" doc:"Not used any more."`
}

// Sites are those of an outbreak that the caller sees.
type Sites struct {
	Items []Site `json:"items"`
}

// NewSites enters sites, all or none.
type NewSites struct {
	Sites []NewSite `json:"sites" minItems:"1" maxItems:"10000"`
}

// NewSite is one of them.
type NewSite struct {
	Code   string   `json:"code" maxLength:"60" doc:"What its sign says; unique in the outbreak."`
	Name   string   `json:"name,omitempty" maxLength:"200"`
	Area   string   `json:"area" doc:"Code of the jurisdiction that it lies in."`
	Lon    *float64 `json:"lon,omitempty"`
	Lat    *float64 `json:"lat,omitempty"`
	Lanes  int64    `json:"lanes,omitempty" doc:"1 where it is left out."`
	Opens  int64    `json:"opens_minute,omitempty" minimum:"0" maximum:"1440" doc:"Minutes since midnight in the outbreak's zone; left out with closes_minute: day and night."`
	Closes int64    `json:"closes_minute,omitempty" minimum:"0" maximum:"1440"`
}

// NewDevice invites a device of a site.
type NewDevice struct {
	Role string `json:"role,omitempty" enum:"desk,courier" doc:"desk where it is left out."`
	Desk string `json:"desk" maxLength:"20" doc:"Which desk or courier: 3."`
}

// Invited is an invitation, by which one device enrols once.
type Invited struct {
	Device  int64      `json:"device"`
	Secret  string     `json:"invitation" doc:"Shown once; the app reads it from a QR code of /desk/#invite=…"`
	EnrolBy *time.Time `json:"enrol_by"`
}

// Device is a phone of a site.
type Device struct {
	Device     int64      `json:"device"`
	Role       string     `json:"role"`
	Desk       string     `json:"desk"`
	EnrolBy    *time.Time `json:"enrol_by,omitempty"`
	EnrolledAt *time.Time `json:"enrolled_at,omitempty"`
	RevokedAt  *time.Time `json:"revoked_at,omitempty"`
}

// Devices are those of a site.
type Devices struct {
	Items []Device `json:"items"`
}

// Revocation signs a device off.
type Revocation struct {
	Reason string `json:"reason" maxLength:"2000"`
}

func (in *inside) siteView(s screening.Site) Site {
	out := Site{ID: int64(s.ID), Code: s.Code, Name: s.Name, Area: in.code(s.Area), Lanes: s.Lanes, Opens: int64(s.Opens / time.Minute), Closes: int64(s.Closes / time.Minute), Closed: s.Closed}
	if s.Located {
		out.Lon, out.Lat = &s.Lon, &s.Lat
	}
	return out
}

// site finds the site of a code, for a caller who may do the action where it lies.
func (c *call) site(outbreakName, code string, action auth.Action, show func(*inside, screening.Site) error) error {
	return c.view(action, outbreakName, "", func(in *inside) error {
		s, err := in.SiteByCode(in.o.ID, code)
		if err != nil {
			return err
		}
		if ok, err := in.sees(s.Area); err != nil {
			return err
		} else if !ok {
			return notFound("site", code)
		}
		return show(in, s)
	})
}

func (s *server) sites() {
	type list struct {
		Asked
		Outbreak string `path:"outbreak"`
		Area     string `query:"area" doc:"Code of a jurisdiction: only sites in it."`
	}
	operation(s, "list-sites", http.MethodGet, "/api/outbreaks/{outbreak}/sites", "Sampling sites", 200, func(c *call, in *list) (out Sites, err error) {
		out.Items = []Site{}
		return out, c.view(auth.ScreeningRead, in.Outbreak, in.Area, func(v *inside) error {
			sites, err := v.Sites(v.o.ID, v.within)
			for _, s := range sites {
				out.Items = append(out.Items, v.siteView(s))
			}
			return err
		})
	})
	type add struct {
		Asked
		Outbreak string `path:"outbreak"`
		Body     NewSites
	}
	operation(s, "add-sites", http.MethodPost, "/api/outbreaks/{outbreak}/sites", "Enter sampling sites, all or none", 201, func(c *call, in *add) (out Sites, err error) {
		order := command.AddSites{Outbreak: in.Outbreak, Sites: make([]command.SiteFields, len(in.Body.Sites))}
		for i, x := range in.Body.Sites {
			f := command.SiteFields{Code: x.Code, Name: x.Name, Area: x.Area, Lanes: max(1, x.Lanes), Opens: time.Duration(x.Opens) * time.Minute, Closes: time.Duration(x.Closes) * time.Minute}
			if x.Lon != nil && x.Lat != nil {
				f.Lon, f.Lat, f.Located = *x.Lon, *x.Lat, true
			}
			order.Sites[i] = f
		}
		added, err := c.o.Commands.AddSites(c.ctx, c.by(), order)
		if err != nil {
			return out, err
		}
		tree, err := c.o.DB.Tree(c.ctx)
		for _, s := range added {
			out.Items = append(out.Items, (&inside{tree: tree}).siteView(s))
		}
		return out, err
	})
	type devices struct {
		Asked
		Outbreak string `path:"outbreak"`
		Site     string `path:"site" doc:"Its code."`
	}
	operation(s, "list-devices", http.MethodGet, "/api/outbreaks/{outbreak}/sites/{site}/devices", "Phones of a sampling site", 200, func(c *call, in *devices) (out Devices, err error) {
		out.Items = []Device{}
		return out, c.site(in.Outbreak, in.Site, auth.ScreeningRead, func(v *inside, s screening.Site) error {
			list, err := v.DevicesOf(s.ID)
			for _, d := range list {
				out.Items = append(out.Items, Device{int64(d.ID), string(d.Role), d.Desk, clock(d.EnrolBy), clock(d.Enrolled), clock(d.RevokedAt)})
			}
			return err
		})
	})
	type invite struct {
		Asked
		Outbreak string `path:"outbreak"`
		Site     string `path:"site" doc:"Its code."`
		Body     NewDevice
	}
	operation(s, "invite-device", http.MethodPost, "/api/outbreaks/{outbreak}/sites/{site}/devices", "Invite a phone to enrol at a sampling site", 201, func(c *call, in *invite) (out Invited, err error) {
		order := command.Invite{Role: screening.Role(in.Body.Role), Desk: in.Body.Desk}
		if order.Role == "" {
			order.Role = screening.Desk
		}
		if err := c.site(in.Outbreak, in.Site, auth.ScreeningRead, func(_ *inside, s screening.Site) error { order.Site = s.ID; return nil }); err != nil {
			return out, err
		}
		inv, err := c.o.Commands.Invite(c.ctx, c.by(), order)
		return Invited{int64(inv.Device), inv.Secret, clock(inv.EnrolBy)}, err
	})
	type revoke struct {
		Asked
		Device int64 `path:"device"`
		Body   Revocation
	}
	operation(s, "revoke-device", http.MethodPost, "/api/devices/{device}/revoke", "Sign a phone off", 200, func(c *call, in *revoke) (struct{}, error) {
		return struct{}{}, c.o.Commands.RevokeDevice(c.ctx, c.by(), screening.DeviceID(in.Device), in.Body.Reason)
	})
}
