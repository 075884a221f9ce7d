package demo

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/day"
	"firebreak/internal/exchange"
)

// Visits is a list of who was where, as an office sends it; without a vault there is nothing to keep it in.
type Visits struct{ Rows []byte }

// AskVisits asks who was with a case, and keeps the proposals for somebody to decide on.
type AskVisits struct{ Case string }

func (Visits) order()    {}
func (AskVisits) order() {}

// The numbers of the visits; all assumed.
const (
	visitors    = 900 // residents who are no cases, and of whom visits are known
	schoolmates = 240 // pupils who are none
	visitedDays = 13  // before today
	players     = 6   // cases at most who sat in the card room of whom nobody knows it
	askedCases  = 2   // of whom visits were asked
)

// ordinary are the places of everyday life, and how many in a hundred residents go there on a day; hour is when.
var ordinary = []struct {
	name, kind   string
	share        int
	hour, length float64
}{
	{"3路公交 鲁B0327", "transport", 34, 7.2, 0.5}, {"5路公交 鲁B0518", "transport", 22, 7.4, 0.6}, {"水集农贸市场", "shop", 26, 9, 0.7}, {"利群商场", "shop", 14, 15, 1.2}, {"烟台路便利店", "shop", 12, 18, 0.2},
	{"月湖公园", "outdoors", 10, 17, 0.8}, {"姜山镇水饺馆", "canteen", 7, 12, 0.8}, {"经济开发区电子厂一车间", "factory", 12, 8, 9}, {"政务服务大厅", "office", 4, 10, 0.6},
}

// hidden is where several cases were infected of whom nobody has told it: it is to be found in the visits.
const hidden = "月湖棋牌室"

// visited writes the visits of the cases and of residents, and the questions about the newest cases.
func (s *story) visited(r *rand.Rand) {
	v := visitList{Rand: r, loc: s.loc}
	first := s.today.Add(-visitedDays)
	for k := range visitors {
		who := fmt.Sprintf("R-%04d", k+1)
		for d := first; d < s.today; d++ {
			v.everyday(who, d)
		}
	}
	for k := range schoolmates {
		for d := first; d <= s.dayAt(1); d++ {
			v.school(fmt.Sprintf("X-%04d", k+1), k%3 == 0, d, k)
		}
	}
	for _, i := range s.infected {
		until := i.at
		for d := max(first, i.reference.Add(-6)); d <= day.In(until, s.loc); d++ {
			switch {
			case i.role == other:
				v.everyday(i.code, d)
			case d <= s.dayAt(1): // the school was closed that night
				v.school(i.code, i.setting == "dormitory", d, numberIn(i.code))
			}
		}
	}
	s.cards(&v)
	at := s.now.Add(-3 * time.Hour)
	if s.add(at, Visits{v.bytes(at)}) {
		s.ask(at.Add(20 * time.Minute))
	}
}

// numberIn is the number in a code.
func numberIn(code string) (x int) {
	_, _ = fmt.Sscanf(code, "LX-%d", &x) // a code of another form has none
	return x
}

// cards has some of the newest cases without a known source play cards on one afternoon, with a few who are no cases.
func (s *story) cards(v *visitList) {
	on := s.dayAt(3)
	var list []*infection
	for _, school := range []bool{false, true} { // who is of the school only where there are not enough others
		for k := len(s.infected) - 1; k >= 0 && len(list) < players; k-- {
			i := s.infected[k]
			if i.infector == nil && i.free && i.discarded.IsZero() && i.reference > on && (i.role != other) == school {
				list = append(list, i)
			}
		}
	}
	for k, i := range list {
		v.stay(i.code, hidden, "leisure", on, 13.5+0.2*float64(k), 2.5, 0)
	}
	for _, who := range []string{"R-0017", "R-0042", "R-0108"} {
		v.stay(who, hidden, "leisure", on, 13.2, 3, 0)
	}
	for d := on.Add(-2); d < on.Add(3); d++ { // who keeps the room is there every day
		v.stay("R-0042", hidden, "leisure", d, 9, 4, 0)
	}
}

// ask has visits asked about the newest cases that live in Laixi.
func (s *story) ask(at time.Time) {
	for k, n := len(s.infected)-1, 0; k >= 0 && n < askedCases; k-- {
		if i := s.infected[k]; i.discarded.IsZero() && i.role == other && i.at.Before(at) {
			s.add(at.Add(time.Duration(n)*time.Minute), AskVisits{i.code})
			n++
		}
	}
}

// visitList gathers rows of a list of visits.
type visitList struct {
	*rand.Rand
	loc  *time.Location
	rows [][]string
	ends []time.Time
}

// stay is one visit: so many hours after midnight, for so long, give or take.
func (v *visitList) stay(who, place, kind string, d day.Day, hour, length, give float64) {
	start := d.Start(v.loc).Add(hours(hour + give*(v.Float64()-0.5))).Truncate(time.Minute)
	end := start.Add(hours(length * (1 + 0.4*give*(v.Float64()-0.5)))).Truncate(time.Minute)
	v.rows = append(v.rows, []string{who, place, kind, start.Format("2006-01-02T15:04:05"), end.Format("2006-01-02T15:04:05")})
	v.ends = append(v.ends, end)
}

func (v *visitList) everyday(who string, d day.Day) {
	for _, p := range ordinary {
		if v.IntN(100) < p.share {
			v.stay(who, p.name, p.kind, d, p.hour, p.length, 1.5)
		}
	}
}

func (v *visitList) school(who string, boards bool, d day.Day, number int) {
	v.stay(who, fmt.Sprintf("莱西七中 初三(%d)班", number%6+1), "class", d, 7.6, 4.2, 0.2)
	v.stay(who, "莱西七中食堂", "canteen", d, 11.9, 0.5, 0.3)
	if boards {
		v.stay(who, fmt.Sprintf("二号宿舍楼 %d室", 200+number%24), "home", d, 20, 10, 0.1)
	}
}

// bytes is the list of what had ended by an instant, as a file.
func (v *visitList) bytes(until time.Time) []byte {
	rows := [][]string{{"person", "place", "kind", "start", "end"}}
	for i, row := range v.rows {
		if v.ends[i].Before(until) {
			rows = append(rows, row)
		}
	}
	slices.SortStableFunc(rows[1:], func(a, b []string) int { return slices.Compare(a[3:4], b[3:4]) })
	var b bytes.Buffer
	_ = csv.NewWriter(&b).WriteAll(rows) // a buffer takes everything
	return b.Bytes()
}

func (p *player) visits(ctx context.Context, o Visits) error {
	if p.c.Identities() == nil {
		return nil
	}
	out, err := p.c.ImportVisits(ctx, p.by(auth.RoleDutyOfficer, auth.PurposeCommand), command.ImportVisits{Outbreak: Outbreak, Source: exchange.NewSource("visits.csv", bytes.NewReader(o.Rows), int64(len(o.Rows)))})
	if err == nil && out.Rejected > 0 {
		err = fmt.Errorf("%d visits were rejected", out.Rejected)
	}
	return err
}

func (p *player) askVisits(ctx context.Context, o AskVisits) error {
	if p.c.Identities() == nil {
		return nil
	}
	k, err := p.caseOf(ctx, o.Case)
	if err != nil {
		return err
	}
	by := p.by(auth.RoleEpidemiologist, auth.PurposeContactTracing)
	_, err = p.c.TraceCase(ctx, by, command.TraceCase{Outbreak: Outbreak, Case: k.Code, Keep: true, Most: 25})
	return err
}
