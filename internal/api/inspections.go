package api

import (
	"net/http"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/facility"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/protocol"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

// Standard is one thing that an isolation or quarantine site is held to, with how it was found the last time.
type Standard struct {
	ID       string     `json:"id"`
	Words    string     `json:"words"`
	WordsZH  string     `json:"words_zh"`
	Critical bool       `json:"critical" doc:"Where it is not met, people can come to grave harm, or the disease gets out."`
	Source   string     `json:"source"`
	Status   string     `json:"status" doc:"official, measured or assumed"`
	Finding  string     `json:"finding,omitempty" doc:"met, unmet or not-applicable; left out: it was never looked at."`
	LookedAt *time.Time `json:"looked_at,omitempty"`
	Note     string     `json:"note,omitempty"`
}

// Deficiency is a standard that a site does not meet.
type Deficiency struct {
	ID       int64      `json:"id"`
	Standard string     `json:"standard"`
	Critical bool       `json:"critical"`
	Note     string     `json:"note,omitempty"`
	FoundAt  time.Time  `json:"found_at"`
	DueAt    *time.Time `json:"due_at,omitempty" doc:"By when those of the house put it right; left out: no task stands for it."`
}

// Inspection is somebody going through the standards of a site.
type Inspection struct {
	ID        int64     `json:"id"`
	Facility  string    `json:"facility" doc:"Its code."`
	Pack      string    `json:"pack" doc:"Whose list of standards it was."`
	Whole     bool      `json:"whole" doc:"Every standard of the list was looked at."`
	Inspector string    `json:"inspector"`
	Note      string    `json:"note,omitempty"`
	MadeAt    time.Time `json:"made_at"`
	NotedAt   time.Time `json:"noted_at"`
	NotedBy   string    `json:"noted_by"`
	Items     []Checked `json:"items" doc:"In the order of the list."`
}

// Checked is how one standard was found.
type Checked struct {
	Standard string `json:"standard" doc:"ID of the standard, as the list gives it."`
	Finding  string `json:"finding" enum:"met,unmet,not-applicable"`
	Note     string `json:"note,omitempty" maxLength:"500"`
}

// NewInspection tells of an inspection.
type NewInspection struct {
	At        string    `json:"at,omitempty" doc:"When it was made; now when left out."`
	Inspector string    `json:"inspector,omitempty" maxLength:"200" doc:"Office or person who looked; the caller when left out."`
	Note      string    `json:"note,omitempty" maxLength:"2000"`
	Seen      int64     `json:"seen,omitempty" doc:"The newest inspection that the caller has seen, -1 where there was none: where there is a newer one, nothing is entered. Left out: whatever stands."`
	Items     []Checked `json:"items" minItems:"1" maxItems:"200" doc:"All standards of the list, or those that were looked at."`
}

// Inspections say how a site stands by the standards that it is held to, and how it was found.
type Inspections struct {
	Facility     string       `json:"facility"`
	Every        string       `json:"every,omitempty" doc:"After how long it is to be inspected anew, whole, by the pack."`
	InspectedAt  *time.Time   `json:"inspected_at,omitempty" doc:"When it was last inspected by every standard; left out: never."`
	DueAt        *time.Time   `json:"due_at,omitempty" doc:"When it is to be inspected anew; left out where it never was, which is due at once."`
	Standards    []Standard   `json:"standards" doc:"Of the pack in force, in their order; none of a hospital."`
	Deficiencies []Deficiency `json:"deficiencies" doc:"What is to be put right: what is critical first."`
	Items        []Inspection `json:"items" doc:"The newest first; 100 at most."`
}

// mostInspections is how many inspections of a facility are listed.
const mostInspections = 100

// Fields returns how the standards were found as the order takes them.
func (b NewInspection) Fields() (out []command.CheckedFields) {
	for _, c := range b.Items {
		out = append(out, command.CheckedFields{Standard: c.Standard, Finding: c.Finding, Note: c.Note})
	}
	return out
}

// InspectionsAt says how a site stands by its standards for the program itself.
func InspectionsAt(r *store.Reader, o outbreak.Outbreak, code string) (out Inspections, err error) {
	in, err := open(r, o, store.Everywhere())
	if err != nil {
		return out, err
	}
	return in.inspections(code)
}

// InspectionView says an inspection.
func InspectionView(f facility.Facility, x facility.Inspection) Inspection {
	out := Inspection{ID: int64(x.ID), Facility: f.Code, Pack: x.Pack, Whole: x.Whole, Inspector: x.Inspector, Note: x.Note, MadeAt: x.MadeAt.UTC(), NotedAt: x.NotedAt.UTC(), NotedBy: x.NotedBy, Items: make([]Checked, len(x.Checked))}
	for i, c := range x.Checked {
		out.Items[i] = Checked{Standard: c.Standard, Finding: string(c.Finding), Note: c.Note}
	}
	return out
}

func (in *inside) inspections(code string) (out Inspections, err error) {
	f, err := in.facilityIn(code)
	if err != nil {
		return out, err
	}
	pack, err := protocol.Load(in.o.Pack)
	if err != nil {
		return out, err
	}
	out = Inspections{Facility: f.Code, Every: pack.Isolation.InspectEvery.String(), Standards: []Standard{}, Deficiencies: []Deficiency{}, Items: []Inspection{}}
	looked, err := in.LookedAt(f.ID)
	if err != nil {
		return out, err
	}
	if f.Kind.Inspected() {
		for _, s := range pack.Isolation.Standards {
			l := looked[s.ID]
			out.Standards = append(out.Standards, Standard{ID: s.ID, Words: s.Words.Value.EN, WordsZH: s.Words.Value.ZH, Critical: s.Critical.Value, Source: s.Words.Source, Status: string(s.Words.Status), Finding: string(l.Finding), LookedAt: clock(l.At), Note: l.Note})
		}
	}
	last, err := in.LastInspected([]facility.ID{f.ID})
	if err != nil {
		return out, err
	}
	out.InspectedAt, out.DueAt = clock(last[f.ID]), clock(facility.InspectionDue(last[f.ID], pack.Isolation.InspectEvery.Duration()))
	if out.Deficiencies, err = in.deficiencies(f.ID); err != nil {
		return out, err
	}
	list, err := in.InspectionsAt(f.ID, mostInspections)
	for _, x := range list {
		out.Items = append(out.Items, InspectionView(f, x))
	}
	return out, err
}

func (in *inside) deficiencies(id facility.ID) ([]Deficiency, error) {
	open, err := in.OpenDeficiencies([]facility.ID{id})
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(open[id]))
	for i, d := range open[id] {
		ids[i] = int64(d.ID)
	}
	tasks, err := in.TasksOfMany(task.OnDeficiency, ids)
	if err != nil {
		return nil, err
	}
	out := make([]Deficiency, len(open[id]))
	for i, d := range open[id] {
		out[i] = Deficiency{ID: int64(d.ID), Standard: d.Standard, Critical: d.Critical, Note: d.Note, FoundAt: d.FoundAt.UTC()}
		for _, t := range tasks[int64(d.ID)] {
			if t.State == task.Open {
				out[i].DueAt = clock(t.Due)
			}
		}
	}
	return out, nil
}

// standing adds to facilities when they were inspected, and what is to be put right.
func (in *inside) standing(list []Facility, of []facility.Facility) error {
	pack, err := protocol.Load(in.o.Pack)
	if err != nil {
		return err
	}
	ids := make([]facility.ID, len(of))
	for i, f := range of {
		ids[i] = f.ID
	}
	last, err := in.LastInspected(ids)
	if err != nil {
		return err
	}
	open, err := in.OpenDeficiencies(ids)
	if err != nil {
		return err
	}
	for i, f := range of {
		list[i].InspectedAt, list[i].InspectionDue = clock(last[f.ID]), clock(facility.InspectionDue(last[f.ID], pack.Isolation.InspectEvery.Duration()))
		list[i].Unmet = int64(len(open[f.ID]))
		list[i].UnmetCritical = critical(open[f.ID])
	}
	return nil
}

func critical(list []facility.Deficiency) (out []string) {
	for _, d := range list {
		if d.Critical {
			out = append(out, d.Standard)
		}
	}
	return out
}

// SiteWarning says that a site which is used does not meet standards that are critical. Nothing is held up by it.
type SiteWarning struct {
	Facility  string   `json:"facility"`
	Standards []string `json:"unmet_critical" doc:"IDs of the standards."`
}

// warnings says which facilities, of stays that have a bed there, do not meet a critical standard.
func (in *inside) warnings(list []facility.Stay) (out []SiteWarning, err error) {
	var ids []facility.ID
	seen := map[facility.ID]bool{}
	for _, s := range list {
		if !s.AtHome() && !s.State.Over() && !seen[s.Facility] {
			seen[s.Facility] = true
			ids = append(ids, s.Facility)
		}
	}
	open, err := in.OpenDeficiencies(ids)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if lacks := critical(open[id]); len(lacks) > 0 {
			f, err := in.Facility(id)
			if err != nil {
				return nil, err
			}
			out = append(out, SiteWarning{f.Code, lacks})
		}
	}
	return out, nil
}

func (s *server) inspections() {
	type at struct {
		Asked
		Outbreak string `path:"outbreak"`
		Facility string `path:"facility" doc:"Its code."`
	}
	operation(s, "list-inspections", http.MethodGet, "/api/outbreaks/{outbreak}/facilities/{facility}/inspections", "How a site stands by the standards that it is held to, what is to be put right, and how it was inspected", 200, func(c *call, in *at) (out Inspections, err error) {
		return out, c.view(auth.IsolationRead, in.Outbreak, "", func(v *inside) error {
			out, err = v.inspections(in.Facility)
			return err
		})
	})
	type inspect struct {
		Asked
		Outbreak string `path:"outbreak"`
		Facility string `path:"facility" doc:"Its code."`
		Body     NewInspection
	}
	operation(s, "inspect-facility", http.MethodPost, "/api/outbreaks/{outbreak}/facilities/{facility}/inspections", "Tell of an inspection of a site: each standard that is not met is put right by those of the house, by the pack's clock, until a later inspection finds it met", 201, func(c *call, in *inspect) (out Inspection, err error) {
		var f facility.Facility
		if err := c.view(auth.IsolationRead, in.Outbreak, "", func(v *inside) error {
			f, err = v.facilityIn(in.Facility)
			return err
		}); err != nil {
			return out, err
		}
		x, err := c.o.Commands.InspectFacility(c.ctx, c.by(), command.InspectFacility{Facility: f.ID, At: in.Body.At, Inspector: in.Body.Inspector, Note: in.Body.Note, Seen: facility.InspectionID(in.Body.Seen), Checked: in.Body.Fields()})
		if err != nil {
			return out, err
		}
		return out, c.record(auth.IsolationRead, "inspection", int64(x.ID), func(*store.Reader) (outbreak.ID, place.AreaID, error) { return x.Outbreak, x.Area, nil }, func(*inside) error {
			out = InspectionView(f, x)
			return nil
		})
	})
}
