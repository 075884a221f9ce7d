package demo

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"firebreak/internal/command"
	"firebreak/internal/lab"
	"firebreak/internal/place"
	"firebreak/internal/screening"
)

// The town is some communities of one street of Laixi, whose people are tested: once, in a round that was closed, and again, in one that is under way.
const (
	Street            = "370285001"
	DefaultResidents  = 24_000
	LeastResidents    = 2_400
	townCommunities   = 12
	townLaboratory    = "LX-CDC"
	mobileLaboratory  = "MOBILE-1"
	buildingsEach     = 14 // of a community
	household         = 3  // people behind one door, one more or less
	perTube           = 10
	tubesPerBatch     = 3
	desksEach         = 2 // of a site
	darkSite          = 8 // the site of this place in the list falls silent
	darkFor           = 155 * time.Minute
	roundUnderWay     = 5 * time.Hour // since the open round began
	roundBefore       = 48 * time.Hour
	roundLength       = 24 * time.Hour
	firstBox, nextBox = 30 * time.Minute, 75 * time.Minute
)

// Orders of the town. People, rounds, sites and devices are named by their place in the story: only the store knows their IDs.
type (
	// RegisterPeople takes in the population register of the street.
	RegisterPeople struct{ File string }
	// OpenSites enters the sites.
	OpenSites struct{ Sites []command.SiteFields }
	// OpenLaboratories enters the laboratories.
	OpenLaboratories struct{ Laboratories []command.LaboratoryFields }
	// Enrol invites a device and enrols it. Name is what the other orders call it.
	Enrol struct {
		Name       string
		Role       screening.Role
		Site       int    // place in the list of sites
		Laboratory string // of a laboratory's device
		Desk       string
	}
	// PlanTown plans a round of the communities.
	PlanTown struct {
		Round    int
		Name     string
		Areas    []string
		From, To time.Time
	}
	// MoveTown opens or closes a round.
	MoveTown struct {
		Round int
		To    screening.State
	}
	// SendTubes is a batch of a desk's device.
	SendTubes struct {
		Device string
		Round  int
		Site   int
		Tubes  []TownTube
	}
	// PackTubes is a box that a desk packed.
	PackTubes struct {
		Device string
		Round  int
		Site   int
		Box    string
		Tubes  []string
		Note   string // where one more is counted than was scanned
	}
	// HandOver is a box that goes from one hand to the next.
	HandOver struct {
		Device string
		Box    string
		Step   lab.Step
		Tubes  []string // scanned one by one; nil: all
		Count  int
	}
	// ReadTubes is a laboratory's list of results.
	ReadTubes struct {
		Laboratory string
		Rows       []command.TubeRow
	}
	// ExcuseTown says of people that they are exempt or refuse.
	ExcuseTown struct {
		Round    int
		People   []int
		Standing screening.Standing
		Reason   string
	}
	// SelfTest is an antigen test that somebody reports of themselves.
	SelfTest struct {
		Who      int
		Result   screening.SelfTestResult
		Symptoms bool
	}
	// LookAtTube is what was found when somebody looked for a swapped tube.
	LookAtTube struct{ Tube, Finding string }
	// SayQueue is what a registrar says of a site: how many people wait, or that nobody is sampled for a while.
	SayQueue struct {
		Site   int
		Queue  int64
		Paused bool
	}
	// TellHeld says that somebody in a positive tube was told to stay where they are, and why.
	TellHeld struct{ Who int }
	// SetTownCase sets an instant field of the case that a person of the register became.
	SetTownCase struct {
		Who int
		Now string
	}
)

func (RegisterPeople) order()   {}
func (OpenSites) order()        {}
func (OpenLaboratories) order() {}
func (Enrol) order()            {}
func (PlanTown) order()         {}
func (MoveTown) order()         {}
func (SendTubes) order()        {}
func (PackTubes) order()        {}
func (HandOver) order()         {}
func (ReadTubes) order()        {}
func (ExcuseTown) order()       {}
func (SelfTest) order()         {}
func (LookAtTube) order()       {}
func (SetTownCase) order()      {}
func (SayQueue) order()         {}
func (TellHeld) order()         {}

// TownTube is a tube as a desk registers it.
type TownTube struct {
	Code   string
	Kind   screening.Kind
	Closed time.Time
	People []Swab
}

// Swab is one person in a tube: of the register, or a stranger by document and name.
type Swab struct {
	Who      int
	Stranger int // from 1; 0 for somebody of the register
	At       time.Time
}

// town is the state of writing it.
type town struct {
	*rand.Rand
	now         time.Time
	communities []place.Jurisdiction
	each        int // people of a community
	centre      [2]float64
	steps       []Step
	excused     map[[2]int]bool // by round and person
	boxes       int
	strangers   int
}

// Testing writes the testing of the street as orders in time order, all of them at or before now: Merge puts them among those of Script. people is how many live there. The same
// arguments give the same orders.
func Testing(city Setting, now time.Time, seed uint64, people int) ([]Step, error) {
	if people < LeastResidents || people > 100*LeastResidents {
		return nil, fmt.Errorf("write demo round: %d people: must be from %d to %d", people, LeastResidents, 100*LeastResidents)
	}
	w := &town{Rand: rand.New(rand.NewPCG(seed, 0x3c)), now: now.UTC().Truncate(time.Second), each: people / townCommunities, excused: map[[2]int]bool{}}
	street, ok := city.Tree.ByCode(Street)
	if !ok {
		return nil, fmt.Errorf("write demo round: street %s is not in the tree", Street)
	}
	for _, j := range city.Tree.Subtree(street.ID) {
		if j.Level == place.Community {
			w.communities = append(w.communities, j)
		}
	}
	slices.SortFunc(w.communities, func(a, b place.Jurisdiction) int { return cmp.Compare(a.Code, b.Code) })
	if len(w.communities) < townCommunities {
		return nil, fmt.Errorf("write demo round: street %s has %d communities, %d are needed", Street, len(w.communities), townCommunities)
	}
	w.communities = w.communities[:townCommunities]
	for _, o := range city.Outlines {
		if o.Code == Laixi {
			w.centre = o.Centre
		}
	}
	open := w.now.Add(-roundUnderWay)
	before := open.Add(-roundBefore)
	w.prepare(before)
	w.round(1, "水集街道第1轮", before)
	w.round(2, "水集街道第2轮", open)
	for site, queue := range []int64{14, 32, 6, 85, 20, 0, 45, 9} {
		w.add(w.now.Add(-time.Duration(3+5*site)*time.Minute), SayQueue{site, queue, site == 5})
	}
	w.add(w.now.Add(-95*time.Minute), SelfTest{w.somebody(3, 11), screening.SelfPositive, true})
	w.add(w.now.Add(-50*time.Minute), SelfTest{w.somebody(6, 200), screening.SelfPositive, false})
	slices.SortStableFunc(w.steps, func(a, b Step) int { return a.At.Compare(b.At) })
	return w.steps, nil
}

// Merge puts the steps of several stories in one order of time.
func Merge(stories ...[]Step) []Step {
	out := slices.Concat(stories...)
	slices.SortStableFunc(out, func(a, b Step) int { return a.At.Compare(b.At) })
	return out
}

func (w *town) add(at time.Time, o Order) bool {
	at = at.UTC().Truncate(time.Second)
	if at.After(w.now) {
		return false
	}
	w.steps = append(w.steps, Step{at, o})
	return true
}

// somebody is the n-th person of a community.
func (w *town) somebody(community, n int) int { return community*w.each + n%w.each }

// Names of people who do not exist: each of a common surname and one or two common characters.
var (
	surnames = strings.Split("王 李 张 刘 陈 杨 赵 黄 周 吴 徐 孙 胡 朱 高 林 何 郭 马 罗 梁 宋 郑 谢 韩 唐 冯 于 董 萧 程 曹 袁 邓 许 傅 沈 曾 彭 吕 欧阳", " ")
	given    = []rune("伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华文建国志玉兰红梅春雪宁安晨阳浩宇欣怡博雅")
)

// document is the number in the register: of a form that no real document has.
func document(who int) string { return fmt.Sprintf("DEMO%06d", who+1) }

func strangersDocument(n int) (number, name string) {
	return fmt.Sprintf("VISIT%04d", n), surnames[n%len(surnames)] + string(given[n*7%len(given)])
}

func (w *town) prepare(before time.Time) {
	w.add(before.Add(-30*time.Hour), RegisterPeople{w.register()})
	var sites []command.SiteFields
	for i, j := range w.communities {
		name, _ := strings.CutSuffix(strings.TrimSuffix(j.Name, "社区居民委员会"), "社区居委会")
		s := command.SiteFields{Code: fmt.Sprintf("水集-%02d", i+1), Name: name + "社区采样点", Area: j.Code, Lanes: 4}
		if w.centre != [2]float64{} {
			s.Located, s.Lon, s.Lat = true, round(w.centre[0]+0.02*float64(i%4)-0.03+0.003*float64(i*7%5-2), 5), round(w.centre[1]+0.014*float64(i/4)-0.014+0.002*float64(i*3%7-3), 5)
		}
		sites = append(sites, s)
	}
	at := before.Add(-26 * time.Hour)
	w.add(at, OpenSites{sites})
	w.add(at, OpenLaboratories{[]command.LaboratoryFields{
		{Code: townLaboratory, Name: "莱西市疾控中心实验室", Area: Laixi, PerHour: 240, Turnaround: 5 * time.Hour},
		{Code: mobileLaboratory, Name: "移动方舱实验室1号", Area: Laixi, PerHour: 120, Turnaround: 5 * time.Hour, Mobile: true},
	}})
	for i := range sites {
		for d := range desksEach {
			w.add(at.Add(time.Hour), Enrol{Name: deskName(i, d), Role: screening.Desk, Site: i, Desk: fmt.Sprint(d + 1)})
		}
	}
	for i := 0; i < len(sites); i += 4 {
		w.add(at.Add(time.Hour), Enrol{Name: courierOf(i), Role: screening.Courier, Site: i, Desk: fmt.Sprintf("鲁B-%d", i/4+1)})
	}
	for _, l := range []string{townLaboratory, mobileLaboratory} {
		w.add(at.Add(time.Hour), Enrol{Name: l, Role: screening.Laboratory, Laboratory: l, Desk: "1"})
	}
}

func deskName(site, desk int) string { return fmt.Sprintf("desk %d/%d", site, desk) }
func courierOf(site int) string      { return fmt.Sprint("courier ", site/4) }

// laboratoryOf is where the boxes of a site go.
func laboratoryOf(site int) string {
	if site%3 == 2 {
		return mobileLaboratory
	}
	return townLaboratory
}

// register writes the population register of the street: buildings of three stairs and six floors, households of a few people behind a door.
func (w *town) register() string {
	var b strings.Builder
	b.WriteString("证件号码,姓名,社区代码,楼栋,门牌,年龄,性别,人群\n")
	for c, j := range w.communities {
		door, left := 0, 0
		for n := range w.each {
			if left == 0 {
				door, left = door+1, household-1+w.IntN(3)
			}
			left--
			building := n * buildingsEach / w.each
			name := surnames[w.IntN(len(surnames))] + string(given[w.IntN(len(given))])
			if w.IntN(3) > 0 {
				name += string(given[w.IntN(len(given))])
			}
			group := ""
			switch x := w.Float64(); {
			case x < 0.015:
				group = "教师"
			case x < 0.02:
				group = "冷链"
			}
			age := w.IntN(82) + 1
			if group != "" {
				age = 24 + w.IntN(34)
			}
			fmt.Fprintf(&b, "%s,%s,%s,%d号楼,%d单元%d0%d,%d,%s,%s\n", document(w.somebody(c, n)), name, j.Code, building+1, door/12%3+1, door/2%6+1, door%2+1, age, pickOf(w.Rand, "男", "女"), group)
		}
	}
	return b.String()
}

func pickOf[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

// round writes one round, as far as it has come by now.
func (w *town) round(number int, name string, start time.Time) {
	var areas []string
	for _, j := range w.communities {
		areas = append(areas, j.Code)
	}
	end := start.Add(roundLength)
	w.add(start.Add(-5*time.Hour), PlanTown{number, name, areas, start, end})
	w.add(start.Add(-time.Minute), MoveTown{number, screening.Open})
	w.excuse(number, start)
	for site := range w.communities {
		w.site(number, site, start)
	}
	if number == 1 {
		w.add(end, MoveTown{number, screening.Closed})
	}
}

// excuse says who is exempt, and who refuses.
func (w *town) excuse(number int, start time.Time) {
	var ill, away, refuse []int
	for c := range w.communities {
		for n := 5; n < w.each; n += w.each / 4 {
			ill = append(ill, w.somebody(c, n+c))
		}
		away = append(away, w.somebody(c, w.each/2+3*c))
		if c%3 == 0 {
			refuse = append(refuse, w.somebody(c, w.each/3+c))
		}
	}
	for _, who := range slices.Concat(ill, away, refuse) {
		w.excused[[2]int{number, who}] = true
	}
	w.add(start.Add(20*time.Minute), ExcuseTown{number, ill, screening.Exempt, "卧床，上门另行采样"})
	w.add(start.Add(45*time.Minute), ExcuseTown{number, away, screening.Exempt, "三个月内感染后康复"})
	w.add(start.Add(3*time.Hour), ExcuseTown{number, refuse, screening.Refuses, "社区工作人员两次上门，本人拒绝"})
}

// skipped says who stays away from a round: a few everywhere, many of one building.
func (w *town) skipped(number, who int) bool {
	if w.excused[[2]int{number, who}] {
		return true
	}
	c, n := who/w.each, who%w.each
	if c%4 == 1 && n*buildingsEach/w.each == 5 {
		return (n+number)%5 < 2
	}
	return (n*7919+c*31+number*17)%41 == 0
}

// filled is a tube that was closed at a desk.
type filled struct {
	TownTube
	desk int
	sent time.Time
}

// story of what stands out in a round.
type odd struct {
	positive bool // a tube of the first box is positive
	infected bool // one of its people is, by the single specimens; else none
	late     bool // only some of its people have been sampled again
	fresh    bool // a tube of the second box is positive, just now
}

// oddities by round and site.
var oddities = map[[2]int]odd{
	{1, 1}: {positive: true, infected: true},
	{1, 5}: {positive: true},
	{2, 0}: {positive: true, infected: true},
	{2, 3}: {positive: true, late: true},
	{2, 6}: {fresh: true},
}

// site writes the day of one site: two desks fill tubes and send them, boxes are packed, driven, received and read.
func (w *town) site(number, site int, start time.Time) {
	tubes := w.desks(number, site, start)
	silent := time.Time{}
	if number == 2 && site == darkSite {
		silent = w.now.Add(-darkFor)
	}
	tubes = slices.DeleteFunc(tubes, func(t filled) bool { return !silent.IsZero() && t.sent.After(silent) })
	w.send(number, site, start, tubes)
	packed := map[string]bool{}
	for k := 0; len(packed) < len(tubes); k++ {
		at := start.Add(firstBox + 2*time.Duration(site)*time.Minute + time.Duration(k)*nextBox)
		if at.After(w.now) || at.After(start.Add(2*roundLength)) || !silent.IsZero() && at.After(silent) {
			break
		}
		var list []filled
		for _, t := range tubes {
			if !t.sent.After(at.Add(-time.Minute)) && !packed[t.Code] {
				packed[t.Code] = true
				list = append(list, t)
			}
		}
		if len(list) > 0 {
			w.box(number, site, k, at, list)
		}
	}
}

// desks fills the tubes of a site.
func (w *town) desks(number, site int, start time.Time) (out []filled) {
	var queue []Swab
	for n := range w.each {
		who := w.somebody(site, n)
		if n%67 == 66 { // sampled at the next site: a person may go to any
			who = w.somebody((site+1)%townCommunities, n)
		}
		if w.skipped(number, who) {
			continue
		}
		queue = append(queue, Swab{Who: who})
		if number == 2 && n%310 == 150 {
			w.strangers++
			queue = append(queue, Swab{Stranger: w.strangers})
		}
	}
	// Households come one after another, in no order; nobody of a building comes before it is called.
	const called = 12
	for from := 0; from < len(queue); from += 40 * called {
		part := queue[from:min(from+40*called, len(queue))]
		w.Shuffle(len(part)/called, func(i, j int) {
			for k := range called {
				part[i*called+k], part[j*called+k] = part[j*called+k], part[i*called+k]
			}
		})
	}
	pace := time.Duration(24+3*(site%5)) * time.Second // a person
	next := [desksEach]time.Time{start.Add(time.Minute), start.Add(3 * time.Minute)}
	for n := 0; len(queue) > 0; n++ {
		desk := 0
		if next[1].Before(next[0]) {
			desk = 1
		}
		members := slices.Clone(queue[:min(perTube, len(queue))])
		queue = queue[len(members):]
		at := next[desk]
		for i := range members {
			members[i].At = at.Truncate(time.Second)
			at = at.Add(pace*3/4 + time.Duration(w.Int64N(int64(pace/2))))
		}
		next[desk] = at.Add(20 * time.Second)
		t := TownTube{Code: fmt.Sprintf("Q%d-%02d-%04d", number, site+1, n+1), Kind: screening.Pool, Closed: at.Truncate(time.Second), People: members}
		out = append(out, filled{TownTube: t, desk: desk, sent: at.Add(time.Minute)})
	}
	return out
}

// send writes the batches of the desks.
func (w *town) send(number, site int, start time.Time, tubes []filled) {
	for desk := range desksEach {
		var batch []TownTube
		var list []int
		for i, t := range tubes {
			if t.desk != desk {
				continue
			}
			batch, list = append(batch, t.TownTube), append(list, i)
			if len(batch) < tubesPerBatch {
				continue
			}
			w.batch(number, site, desk, start, tubes, batch, list)
			batch, list = nil, nil
		}
		w.batch(number, site, desk, start, tubes, batch, list)
	}
}

func (w *town) batch(number, site, desk int, start time.Time, tubes []filled, batch []TownTube, list []int) {
	if len(batch) == 0 {
		return
	}
	at := batch[len(batch)-1].Closed.Add(time.Minute)
	last := list[len(list)-1]+desksEach >= len(tubes)
	if number == 1 && site == 10 && desk == 1 && last {
		at = start.Add(roundLength + 70*time.Minute) // a phone that lay in a drawer until the round was closed
	}
	for _, i := range list {
		tubes[i].sent = at
	}
	// A label that another desk has used, and somebody twice in a tube: set aside, for a person to settle.
	if number == 2 && site == 2 && desk == 1 && list[0] < 20 && list[0] > 8 {
		slip := batch[0]
		slip.Code = fmt.Sprintf("Q%d-%02d-%04d", number, site+1, 1)
		slip.People = []Swab{{Who: w.somebody(site, w.each-9), At: slip.Closed}, {Who: w.somebody(site, w.each-8), At: slip.Closed}}
		batch = append(batch, slip)
	}
	if number == 2 && site == 7 && desk == 0 && list[0] < 30 && list[0] > 18 {
		slip := batch[0]
		slip.Code = fmt.Sprintf("Q%d-%02d-9001", number, site+1)
		slip.People = []Swab{{Who: w.somebody(site, w.each-5), At: slip.Closed}, {Who: w.somebody(site, w.each-5), At: slip.Closed}}
		batch = append(batch, slip)
	}
	w.add(at, SendTubes{deskName(site, desk), number, site, batch})
}

// box writes the way of one box of tubes, and their results.
func (w *town) box(number, site, k int, at time.Time, tubes []filled) {
	var codes []string
	for _, t := range tubes {
		codes = append(codes, t.Code)
	}
	o := oddities[[2]int{number, site}]
	drive := time.Duration(20+2*(site%4)) * time.Minute
	wait := time.Duration(8+w.IntN(10)) * time.Minute
	read := time.Duration(95+w.IntN(55)) * time.Minute
	switch {
	case k == 0:
		wait, read = 8*time.Minute, 70*time.Minute
	case k == 1 && o.fresh:
		wait, read = 8*time.Minute, 105*time.Minute
	}
	lost := ""
	if number == 1 && site == 2 && k == 1 {
		lost = codes[len(codes)/2]
	}
	label := w.carry(number, site, at, codes, wait, drive, lost)
	done := at.Add(wait + drive + 4*time.Minute + read)
	var rows []command.TubeRow
	hit := 2
	for i, t := range tubes {
		if t.Code == lost {
			continue
		}
		row := command.TubeRow{Code: t.Code, Result: string(lab.TubeNegative), Run: fmt.Sprint("R-", label)}
		switch {
		case i == hit && (k == 0 && o.positive || k == 1 && o.fresh):
			row.Result, row.Ct = string(lab.TubePositive), fmt.Sprint(round(24+6*w.Float64(), 1))
			w.positive(number, site, t, done, o)
		case number == 2 && site == 4 && k == 1 && i == 1:
			row.Result = string(lab.TubeInvalid)
		case number == 1 && site == 8 && k == 1 && i == 3:
			row.Result = string(lab.TubeLeaked)
		}
		rows = append(rows, row)
	}
	w.add(done, ReadTubes{laboratoryOf(site), rows})
	if lost != "" {
		w.add(done.Add(4*time.Hour), ReadTubes{laboratoryOf(site), []command.TubeRow{{Code: lost, Result: string(lab.TubeLost)}}})
	}
}

// carry writes a box that is packed, collected, delivered and received, and returns its label.
func (w *town) carry(number, site int, at time.Time, codes []string, wait, drive time.Duration, lost string) string {
	w.boxes++
	label := fmt.Sprintf("X%d-%04d", number, w.boxes)
	w.add(at, PackTubes{Device: deskName(site, 0), Round: number, Site: site, Box: label, Tubes: codes})
	w.add(at.Add(wait), HandOver{Device: courierOf(site), Box: label, Step: lab.Collected, Count: len(codes)})
	w.add(at.Add(wait+drive), HandOver{Device: courierOf(site), Box: label, Step: lab.Delivered, Count: len(codes)})
	in := HandOver{Device: laboratoryOf(site), Box: label, Step: lab.Received, Count: len(codes)}
	if lost != "" {
		in.Tubes = slices.DeleteFunc(slices.Clone(codes), func(c string) bool { return c == lost })
		in.Count--
	}
	w.add(at.Add(wait+drive+4*time.Minute), in)
	return label
}

// positive writes what follows a positive tube: its people are sampled one by one where they are, and one of them, or none, is infected.
func (w *town) positive(number, site int, t filled, at time.Time, o odd) {
	for i, s := range t.People {
		if s.Stranger == 0 && (!o.fresh || i < 6) {
			w.add(at.Add(time.Duration(8+2*i)*time.Minute), TellHeld{s.Who})
		}
	}
	if o.fresh {
		return
	}
	again := t.People
	if o.late {
		again = again[:6]
	}
	var singles []TownTube
	var codes []string
	var rows []command.TubeRow
	for i, s := range again {
		if s.Stranger > 0 {
			continue
		}
		one := TownTube{Code: fmt.Sprintf("%s-%d", t.Code, i+1), Kind: screening.Single, Closed: at.Add(time.Duration(12+3*i) * time.Minute).Truncate(time.Second)}
		one.People = []Swab{{Who: s.Who, At: one.Closed}}
		singles, codes = append(singles, one), append(codes, one.Code)
		row := command.TubeRow{Code: one.Code, Result: string(lab.TubeNegative)}
		if i == 4 && o.infected {
			row.Result, row.Ct = string(lab.TubePositive), "22.4"
		}
		rows = append(rows, row)
	}
	sent := at.Add(42 * time.Minute)
	w.add(sent, SendTubes{deskName(site, 1), number, site, singles})
	if o.late {
		w.carry(number, site, sent.Add(20*time.Minute), codes, 10*time.Minute, 4*time.Hour, "") // on the road
		return
	}
	w.carry(number, site, sent.Add(3*time.Minute), codes, 4*time.Minute, 20*time.Minute, "")
	read := sent.Add(72 * time.Minute)
	w.add(read, ReadTubes{laboratoryOf(site), rows})
	if !o.infected {
		w.add(read.Add(3*time.Hour), LookAtTube{t.Code, "标签与登记人数一致，十人均已复采；复检原管为弱阳性，判为污染"})
		return
	}
	who := again[4].Who
	for i, field := range []string{"reported_at", "isolated_at", "admitted_at", "verified_at", "investigated_at", "listed_at"} {
		w.add(read.Add(time.Duration(35+20*i)*time.Minute), SetTownCase{who, field})
	}
}
