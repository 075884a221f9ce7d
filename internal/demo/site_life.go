package demo

import (
	"context"
	"time"

	"firebreak/internal/command"
	"firebreak/internal/facility"
	"firebreak/internal/protocol"
	"firebreak/internal/store"
)

// Incident has something go wrong at a facility.
type Incident struct {
	Facility string
	Kind     facility.IncidentKind
	Where    string
	Note     string
}

// Settle has the oldest incident that is open at a facility dealt with.
type Settle struct{ Facility, Done string }

// Inspect has somebody go through the standards of a site, and find these not met; a whole inspection finds all others met.
type Inspect struct {
	Facility, Inspector, Note string
	Whole                     bool
	Unmet                     []facility.Checked
	Met                       []string
}

func (Incident) order() {}
func (Settle) order()   {}
func (Inspect) order()  {}

// siteLife writes what goes wrong at the site and a hospital: most of it is dealt with in time, the newest is open. Staff write in their language.
func (s *story) siteLife() {
	for _, x := range []struct {
		ago  time.Duration // before now
		took time.Duration // 0: it is open
		Incident
		done string
	}{
		{75 * time.Hour, 5 * time.Hour, Incident{siteCode, facility.Complaint, "2层", "盒饭送到时已凉"}, "已更换保温箱，送餐提前20分钟"},
		{52 * time.Hour, 50 * time.Minute, Incident{siteCode, facility.Outage, "4层走廊", "走廊排风机停转"}, "电工更换保险，排风恢复"},
		{30 * time.Hour, 70 * time.Minute, Incident{siteCode, facility.Medical, "305", "老人胸闷，测血压偏高"}, "驻点医生处置，服药后平稳，已告知家属"},
		{20 * time.Hour, 100 * time.Minute, Incident{siteCode, facility.Breach, "1层", "保洁员未更换手套进入清洁区"}, "已脱卸消毒，当日加测核酸，全员再培训"},
		{9 * time.Hour, 0, Incident{siteCode, facility.Complaint, "410", "夜间噪声"}, ""},
		{55 * time.Minute, 0, Incident{siteCode, facility.Medical, "208", "儿童发热，家长要求就诊"}, ""},
		{40 * time.Hour, 90 * time.Minute, Incident{hospitalCode(0), facility.Violence, "W03", "患者与护士争执"}, "保安到场，已调解"},
	} {
		at := s.now.Add(-x.ago)
		if s.add(at, x.Incident) && x.took > 0 {
			s.add(at.Add(x.took), Settle{x.Incident.Facility, x.done})
		}
	}
	unmet := func(standard, note string) facility.Checked {
		return facility.Checked{Standard: standard, Finding: facility.Unmet, Note: note}
	}
	const health = "市卫生监督所"
	s.add(s.now.Add(-70*time.Hour), Inspect{Facility: siteCode, Inspector: health, Whole: true, Unmet: []facility.Checked{unmet("fire_exits", "3层消防门上锁"), unmet("language", "无英文告知书")}})
	s.add(s.now.Add(-64*time.Hour), Inspect{Facility: siteCode, Inspector: health, Note: "复查", Met: []string{"fire_exits"}})
	s.add(s.now.Add(-21*time.Hour), Inspect{Facility: siteCode, Inspector: health, Whole: true, Unmet: []facility.Checked{unmet("waste", "医疗废物暂存间未上锁，交接登记缺页"), unmet("language", "英文告知书已印制，尚未发放")}})
}

func (p *player) ofSite(ctx context.Context, order Order) error {
	code := ""
	switch o := order.(type) {
	case Incident:
		code = o.Facility
	case Settle:
		code = o.Facility
	case Inspect:
		code = o.Facility
	case Rota:
		code = o.Facility
	case CallOff:
		code = o.Facility
	}
	var f facility.Facility
	var open facility.Incident
	err := p.read(ctx, func(r *store.Reader) (err error) {
		if f, err = r.FacilityByCode(p.o.ID, code); err != nil {
			return err
		}
		list, err := r.IncidentsAt(f.ID, 100)
		for _, x := range list {
			if x.Open() {
				open = x // the newest comes first
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	switch o := order.(type) {
	case Incident:
		_, err = p.c.NoteIncident(ctx, p.staff(f.Kind), command.NoteIncident{Facility: f.ID, IncidentFields: command.IncidentFields{Kind: string(o.Kind), Where: o.Where, Note: o.Note}})
		return err
	case Settle:
		_, err = p.c.ChangeIncident(ctx, p.staff(f.Kind), command.ChangeIncident{Incident: open.ID, Version: open.Version, Close: true,
			IncidentFields: command.IncidentFields{Kind: string(open.Kind), Severity: string(open.Severity), Where: open.Where, Note: open.Note, Done: o.Done}})
		return err
	}
	if o, ok := order.(Inspect); ok {
		return p.inspect(ctx, f, o)
	}
	return p.rota(ctx, f, order)
}

func (p *player) inspect(ctx context.Context, f facility.Facility, o Inspect) error {
	in := command.InspectFacility{Facility: f.ID, Inspector: o.Inspector, Note: o.Note}
	looked := map[string]bool{}
	for _, c := range o.Unmet {
		looked[c.Standard] = true
		in.Checked = append(in.Checked, command.CheckedFields{Standard: c.Standard, Finding: string(c.Finding), Note: c.Note})
	}
	met := o.Met
	if o.Whole {
		pack, err := protocol.Load(p.o.Pack)
		if err != nil {
			return err
		}
		for _, s := range pack.Isolation.Standards {
			if !looked[s.ID] {
				met = append(met, s.ID)
			}
		}
	}
	for _, id := range met {
		in.Checked = append(in.Checked, command.CheckedFields{Standard: id, Finding: string(facility.Met)})
	}
	_, err := p.c.InspectFacility(ctx, p.staff(f.Kind), in)
	return err
}
