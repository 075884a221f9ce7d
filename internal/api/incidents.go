package api

import (
	"net/http"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/facility"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/store"
)

// Incident is something that went wrong at a facility.
type Incident struct {
	ID         int64      `json:"id"`
	Facility   string     `json:"facility" doc:"Its code."`
	HappenedAt time.Time  `json:"happened_at"`
	NotedAt    time.Time  `json:"noted_at"`
	NotedBy    string     `json:"noted_by"`
	ClosedAt   *time.Time `json:"closed_at,omitempty" doc:"Left out: it is open."`
	ClosedBy   string     `json:"closed_by,omitempty"`
	Version    int64      `json:"version"`
	IncidentFields
}

// IncidentFields are what is known of an incident.
type IncidentFields struct {
	Kind     string `json:"kind" enum:"medical,without-leave,violence,self-harm,fire,food,breach,outage,complaint,other"`
	Severity string `json:"severity,omitempty" enum:"minor,serious,critical" doc:"By which clock it is to be dealt with; as is usual for the kind when left out."`
	Where    string `json:"where,omitempty" maxLength:"2000" doc:"Room, floor or zone."`
	Who      string `json:"who,omitempty" doc:"Code of the case or contact who is concerned, and stays or stayed there."`
	Note     string `json:"note,omitempty" maxLength:"2000"`
	Done     string `json:"done,omitempty" maxLength:"2000" doc:"What was done; needed before it is closed."`
}

func (f IncidentFields) order() command.IncidentFields {
	return command.IncidentFields{Kind: f.Kind, Severity: f.Severity, Where: f.Where, Who: f.Who, Note: f.Note, Done: f.Done}
}

// NewIncident tells of an incident.
type NewIncident struct {
	At string `json:"at,omitempty" doc:"When it happened; now when left out."`
	IncidentFields
}

// IncidentChange says what is known of an incident now; all of it.
type IncidentChange struct {
	Close   bool  `json:"close,omitempty" doc:"It is dealt with; left out of one that was closed, it is open again."`
	Version int64 `json:"version,omitempty" doc:"That the change was made on; left out: whatever stands."`
	IncidentFields
}

// Incidents is a list.
type Incidents struct {
	Items []Incident `json:"items" doc:"Those that are open first, then the newest; 500 at most."`
}

// MostIncidents is how many incidents of a facility are listed.
const MostIncidents = 500

func (in *inside) incidentView(f facility.Facility, x facility.Incident) (Incident, error) {
	out := Incident{ID: int64(x.ID), Facility: f.Code, HappenedAt: x.HappenedAt.UTC(), NotedAt: x.NotedAt.UTC(), NotedBy: x.NotedBy, ClosedAt: clock(x.ClosedAt), ClosedBy: x.ClosedBy, Version: x.Version,
		IncidentFields: IncidentFields{Kind: string(x.Kind), Severity: string(x.Severity), Where: x.Where, Note: x.Note, Done: x.Done}}
	if x.Stay == 0 {
		return out, nil
	}
	s, err := in.Stay(x.Stay)
	if err != nil {
		return out, err
	}
	if s.CaseOf != 0 {
		c, err := in.Case(s.CaseOf)
		out.Who = c.Code
		return out, err
	}
	c, err := in.Contact(s.ContactOf)
	out.Who = c.Code
	return out, err
}

// IncidentsAt lists the incidents of a facility for the program itself.
func IncidentsAt(r *store.Reader, o outbreak.Outbreak, code string) (out Incidents, err error) {
	in, err := open(r, o, store.Everywhere())
	if err != nil {
		return out, err
	}
	return in.incidents(code)
}

// IncidentNow is an incident as it stands, for the program itself.
func IncidentNow(r *store.Reader, o outbreak.Outbreak, id facility.IncidentID) (out Incident, err error) {
	in, err := open(r, o, store.Everywhere())
	if err != nil {
		return out, err
	}
	x, err := r.Incident(id)
	if err != nil {
		return out, err
	}
	f, err := r.Facility(x.Facility)
	if err != nil {
		return out, err
	}
	return in.incidentView(f, x)
}

func (in *inside) incidents(code string) (out Incidents, err error) {
	f, err := in.facilityIn(code)
	if err != nil {
		return out, err
	}
	list, err := in.IncidentsAt(f.ID, MostIncidents)
	if err != nil {
		return out, err
	}
	out.Items = make([]Incident, len(list))
	for i, x := range list {
		if out.Items[i], err = in.incidentView(f, x); err != nil {
			return out, err
		}
	}
	return out, nil
}

func (s *server) incidents() {
	type at struct {
		Asked
		Outbreak string `path:"outbreak"`
		Facility string `path:"facility" doc:"Its code."`
	}
	operation(s, "list-incidents", http.MethodGet, "/api/outbreaks/{outbreak}/facilities/{facility}/incidents", "What went wrong at a facility", 200, func(c *call, in *at) (out Incidents, err error) {
		return out, c.view(auth.IsolationRead, in.Outbreak, "", func(v *inside) error {
			out, err = v.incidents(in.Facility)
			return err
		})
	})
	type note struct {
		Asked
		Outbreak string `path:"outbreak"`
		Facility string `path:"facility" doc:"Its code."`
		Body     NewIncident
	}
	operation(s, "note-incident", http.MethodPost, "/api/outbreaks/{outbreak}/facilities/{facility}/incidents", "Tell of something that went wrong at a facility: somebody there deals with it by the clock of how grave it is", 201, func(c *call, in *note) (out Incident, err error) {
		var id facility.ID
		if err := c.view(auth.IsolationRead, in.Outbreak, "", func(v *inside) error {
			f, err := v.facilityIn(in.Facility)
			id = f.ID
			return err
		}); err != nil {
			return out, err
		}
		x, err := c.o.Commands.NoteIncident(c.ctx, c.by(), command.NoteIncident{Facility: id, At: in.Body.At, IncidentFields: in.Body.order()})
		if err != nil {
			return out, err
		}
		return c.incident(x)
	})
	type change struct {
		Asked
		Incident int64 `path:"incident"`
		Body     IncidentChange
	}
	operation(s, "change-incident", http.MethodPut, "/api/incidents/{incident}", "Say what more is known of an incident, and that it is dealt with", 200, func(c *call, in *change) (out Incident, err error) {
		x, err := c.o.Commands.ChangeIncident(c.ctx, c.by(), command.ChangeIncident{Incident: facility.IncidentID(in.Incident), Version: in.Body.Version, Close: in.Body.Close, IncidentFields: in.Body.order()})
		if err != nil {
			return out, err
		}
		return c.incident(x)
	})
}

// incident is an incident as it stands after an order about it.
func (c *call) incident(x facility.Incident) (out Incident, err error) {
	return out, c.record(auth.IsolationRead, "incident", int64(x.ID), func(*store.Reader) (outbreak.ID, place.AreaID, error) { return x.Outbreak, x.Area, nil }, func(in *inside) error {
		f, err := in.Reader.Facility(x.Facility)
		if err != nil {
			return err
		}
		out, err = in.incidentView(f, x)
		return err
	})
}
