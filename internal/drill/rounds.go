package drill

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"firebreak/internal/api"
	"firebreak/internal/screening"
	"firebreak/internal/sim"
	"firebreak/internal/sim/city"
)

// rounds is what is tested at desks: the sites with their phones, and the round under way.
type rounds struct {
	sites []*desk
	next  sim.Minute // when the command post looks whether another round is due
	round *round     // under way; nil for none
	all   []*round
	tubes int // labels that were used
	boxes int
}

// desk is a sampling site with its lanes, each with a phone.
type desk struct {
	code   string
	id     int64
	area   int
	phones []*phone
	tubes  []string // closed, and in no box
	lab    *lab
}

// phone is one lane's.
type phone struct {
	id, seq int64
	key     string
	queue   []city.Person // who comes, in their order
	at      int           // of queue
	open    []swabbed     // in the tube that is not full
}

// swabbed is somebody in a tube.
type swabbed struct {
	p  city.Person
	at sim.Minute
}

// round is one round.
type round struct {
	number, id int64
	pool       int
	start      sim.Minute
	sampled    map[city.Person]bool
	at         map[string][]swabbed // members of tubes without a result
	lost       map[string]bool
	waiting    int // tubes without a result
	tubes      int // that were acknowledged
	account    screening.Account
	doors      bool // all doors were knocked at
	complete   sim.Minute
	closed     bool
}

// sitesReady enters the sites and enrols their phones.
func (d *Drill) sitesReady() error {
	r := &d.s.Rounds
	if r.Held.Value == "none" {
		return nil
	}
	var order api.NewSites
	perLane := r.Rate.Value * (r.Closes.Value - r.Opens.Value) * 0.85 // a lane stands idle for some of the day
	for i, a := range d.city.Areas() {
		sites := max(1, int(float64(a.People)/r.Site.Value+0.5))
		for k := range sites {
			people := (int(a.People) + sites - 1) / sites
			lanes := max(1, int(float64(people)/perLane+0.999))
			s := &desk{code: fmt.Sprintf("%s-%d", a.Code, k+1), area: i, lab: d.labs[i%len(d.labs)], phones: make([]*phone, lanes)}
			d.rounds.sites = append(d.rounds.sites, s)
			lon, lat := a.Middle[0], a.Middle[1]
			order.Sites = append(order.Sites, api.NewSite{Code: s.code, Area: a.Code, Lon: &lon, Lat: &lat, Lanes: int64(lanes)})
		}
	}
	var out api.Sites
	if err := d.c.as(d.ctx, coordinator, "POST sites", http.MethodPost, d.at+"/sites", order, &out); err != nil {
		return err
	}
	for i, x := range out.Items {
		d.rounds.sites[i].id = x.ID
	}
	for _, s := range d.rounds.sites {
		for k := range s.phones {
			var inv api.Invited
			if err := d.c.as(d.ctx, coordinator, "POST sites/{}/devices", http.MethodPost, d.at+"/sites/"+url.PathEscape(s.code)+"/devices", api.NewDevice{Desk: itoa(int64(k + 1))}, &inv); err != nil {
				return err
			}
			var in struct {
				Key    string `json:"key"`
				Device int64  `json:"device"`
			}
			if err := d.c.device(d.ctx, "", "/capture/v1/devices", map[string]string{"invitation": inv.Secret}, &in); err != nil {
				return err
			}
			s.phones[k] = &phone{id: in.Device, key: in.Key}
		}
	}
	return nil
}

// firstFound is the first case: the command post orders the first round.
func (d *Drill) firstFound() {
	d.truth.First, d.truth.Began, d.truth.Then = d.now, true, d.w.Infected()
	d.injectAll()
	opens := hours(d.s.Rounds.Opens)
	at := d.now + hours(d.s.Rounds.First)
	d.rounds.next = sim.At(at.Day(), int(opens))
	if d.rounds.next < at {
		d.rounds.next += sim.DayLength
	}
}

// desks goes on with the round under way, or begins one where the command post orders it: the first by the scenario, the others by what the pack's stop rule says.
func (d *Drill) desks() error {
	r := &d.rounds
	if len(r.sites) == 0 {
		return nil
	}
	if r.round == nil && d.played.held[coordinator] {
		return d.opened()
	}
	if r.round == nil {
		if d.now < r.next {
			return nil
		}
		return d.order()
	}
	x := r.round
	sent := d.now%30 == 0
	if sent && d.now <= x.start+hours(d.s.Rounds.Closes)-hours(d.s.Rounds.Opens)+60 {
		if err := d.swabs(x); err != nil {
			return err
		}
	}
	since := d.now - x.start
	if every := hours(d.s.Rounds.Collect); since > 0 && since%every == 0 {
		if err := d.collect(x); err != nil {
			return err
		}
	}
	closes := x.start + hours(d.s.Rounds.Closes) - hours(d.s.Rounds.Opens)
	if !x.doors && d.now >= closes+60 {
		x.doors = true
		d.agenda.put(closes+60+hours(d.s.Rounds.Doors)/2, func(at sim.Minute) error { return d.knock(x, at) })
		d.agenda.put(closes+60+hours(d.s.Rounds.Doors), func(at sim.Minute) error {
			if err := d.knock(x, at); err != nil {
				return err
			}
			return d.collect(x)
		})
	}
	if x.doors && d.now%60 == 0 && d.now >= closes+60+hours(d.s.Rounds.Doors) && !x.closed {
		return d.close(x)
	}
	return nil
}

// order begins a round where there is reason to.
func (d *Drill) order() error {
	r := &d.rounds
	var list api.Rounds
	if err := d.c.as(d.ctx, coordinator, "GET rounds", http.MethodGet, d.at+"/rounds", nil, &list); err != nil {
		return err
	}
	if len(r.all) > 0 {
		for _, o := range list.Outlook {
			if o.Step == "wait" || o.Step == "stop" {
				r.next = d.now + sim.DayLength
				return nil
			}
		}
	}
	b := api.NewRound{Name: fmt.Sprintf("Round %d", len(r.all)+1), Areas: []string{d.s.Place.Area}, StartsAt: d.clock(d.now), EndsAt: d.clock(d.now + sim.DayLength), Pool: d.s.Rounds.Pool}
	var out api.Round
	if err := d.c.as(d.ctx, coordinator, "POST rounds", http.MethodPost, d.at+"/rounds", b, &out); err != nil {
		return err
	}
	if err := d.c.as(d.ctx, coordinator, "POST rounds/{}/state", http.MethodPost, fmt.Sprintf("%s/rounds/%d/state", d.at, out.Number), api.RoundState{State: "open"}, &out); err != nil {
		return err
	}
	d.begin(out)
	return nil
}

// opened looks whether whoever holds the rounds has opened one: then the sites work.
func (d *Drill) opened() error {
	var list api.Rounds
	if err := d.c.as(d.ctx, coordinator, "GET rounds", http.MethodGet, d.at+"/rounds", nil, &list); err != nil {
		return err
	}
	for _, x := range list.Items {
		if x.State == "open" && !slices.ContainsFunc(d.rounds.all, func(y *round) bool { return y.number == x.Number }) {
			d.begin(x)
			return nil
		}
	}
	return nil
}

// begin sends everybody who is due in a round to their site.
func (d *Drill) begin(out api.Round) {
	r := &d.rounds
	x := &round{number: out.Number, id: out.ID, pool: out.Pool, start: d.now, sampled: map[city.Person]bool{}, at: map[string][]swabbed{}, lost: map[string]bool{}}
	r.round, r.all = x, append(r.all, x)
	r.next = d.now + max(hours(d.s.Rounds.Every), sim.DayLength)
	// Everybody goes to their own site, household after household; who is kept apart does not go.
	at := 0
	for i := range d.city.Areas() {
		var here []*phone
		for ; at < len(r.sites) && r.sites[at].area == i; at++ {
			here = append(here, r.sites[at].phones...)
		}
		for _, f := range here {
			f.queue, f.at, f.open = f.queue[:0], 0, f.open[:0]
		}
		if !slices.ContainsFunc(out.Areas, func(code string) bool { return strings.HasPrefix(d.city.Areas()[i].Code, code) }) {
			continue
		}
		first, n := d.city.In(i)
		each := (n + len(here) - 1) / len(here)
		for p := first; int(p-first) < n; p++ {
			if d.apart.why[p]&^zoned == 0 && !d.chance(d.s.Rounds.Absent, ofAbsent+100*uint64(x.number), uint64(p)) {
				f := here[int(p-first)/each]
				f.queue = append(f.queue, p)
			}
		}
	}
}

// batch is what a phone sends.
type batch struct {
	site  *desk
	phone *phone
	body  strings.Builder
	n     int
	seq   int64
}

// swabs has all lanes swab whoever has come by now, and send their tubes.
func (d *Drill) swabs(x *round) error {
	var list []*batch
	for _, s := range d.rounds.sites {
		for _, f := range s.phones {
			b := &batch{site: s, phone: f}
			for f.at < len(f.queue) {
				at := x.start + sim.Minute(float64(f.at)*60/d.s.Rounds.Rate.Value)
				if at >= d.now {
					break
				}
				p := f.queue[f.at]
				f.at++
				if d.apart.why[p]&^zoned != 0 { // was fetched or told to stay while they waited
					continue
				}
				f.open = append(f.open, swabbed{p, at})
				if len(f.open) == x.pool {
					d.closeTube(x, b, f.open, "")
					f.open = f.open[:0]
				}
			}
			if f.at == len(f.queue) && len(f.open) > 0 {
				d.closeTube(x, b, f.open, "")
				f.open = f.open[:0]
			}
			if b.n > 0 {
				list = append(list, b)
			}
		}
	}
	return d.sendAll(x, list)
}

// closeTube closes a tube and writes it into a batch. What is in it is settled now, and read later.
func (d *Drill) closeTube(x *round, b *batch, members []swabbed, kind string) {
	r := &d.rounds
	r.tubes++
	label := fmt.Sprintf("T%d", r.tubes)
	if b.n > 0 {
		b.body.WriteByte(',')
	}
	b.n++
	if kind == "" {
		kind = "pool"
		if x.pool == 1 {
			kind = "single"
		}
	}
	fmt.Fprintf(&b.body, `{"code":%q,"kind":%q,"closed_at":%q,"members":[`, label, kind, d.instant(members[len(members)-1].at))
	for i, m := range members {
		if i > 0 {
			b.body.WriteByte(',')
		}
		fmt.Fprintf(&b.body, `{"person":%q,"at":%q}`, d.roster.code[m.p], d.instant(m.at))
		x.sampled[m.p] = true
	}
	b.body.WriteString("]}")
	x.at[label] = append([]swabbed(nil), members...)
	x.waiting++
	b.site.tubes = append(b.site.tubes, label)
	if d.chance(d.s.Laboratory.Lost, ofLost, uint64(r.tubes)) {
		x.lost[label] = true
	}
}

func (d *Drill) instant(m sim.Minute) string { return d.clock(m).UTC().Format("2006-01-02T15:04:05Z") }

// senders is how many phones send at the same time.
const senders = 16

// sendAll sends batches side by side, as phones do; which one is first changes nothing.
func (d *Drill) sendAll(x *round, list []*batch) error {
	errs := make([]error, len(list))
	for _, b := range list {
		b.phone.seq++
		b.seq = b.phone.seq
	}
	var wg sync.WaitGroup
	turn := make(chan int)
	for range min(senders, len(list)) {
		wg.Go(func() {
			for i := range turn {
				errs[i] = d.sendBatch(x, list[i])
			}
		})
	}
	for i := range list {
		turn <- i
	}
	close(turn)
	wg.Wait()
	for i, err := range errs {
		if err != nil {
			return err
		}
		x.tubes += list[i].n
	}
	return nil
}

func (d *Drill) sendBatch(x *round, b *batch) error {
	body := fmt.Appendf(nil, `{"device":%d,"seq":%d,"round":%d,"site":%d,"tubes":[%s]}`, b.phone.id, b.seq, x.id, b.site.id, b.body.String())
	var out struct {
		Tubes   int `json:"tubes"`
		Refused []struct {
			Tube, Reason, Text string
		} `json:"refused"`
	}
	if err := d.c.device(d.ctx, b.phone.key, "/capture/v1/batches", body, &out); err != nil {
		return err
	}
	if out.Tubes != b.n {
		return &oddError{fmt.Sprintf("site %s: %d of %d tubes were taken: %+v", b.site.code, out.Tubes, b.n, out.Refused)}
	}
	return nil
}

// collect packs what lies at the sites, and brings it to the laboratories.
func (d *Drill) collect(x *round) error {
	r := &d.rounds
	for _, s := range r.sites {
		for len(s.tubes) > 0 {
			part := s.tubes[:min(len(s.tubes), 400)]
			s.tubes = s.tubes[len(part):]
			r.boxes++
			box, f := fmt.Sprintf("B%d", r.boxes), s.phones[0]
			if err := d.c.device(d.ctx, f.key, "/capture/v1/boxes", map[string]any{"device": f.id, "round": x.id, "site": s.id, "box": box, "packed_at": d.instant(d.now), "tubes": part, "counted": len(part)}, nil); err != nil {
				return err
			}
			d.agenda.put(d.now+hours(d.s.Laboratory.Courier), func(at sim.Minute) error { return d.receive(x, s.lab, box, part, at) })
		}
		s.tubes = nil
	}
	return nil
}

// receive takes a box in at a laboratory, tube by tube where some are missing, and reads it when its turn comes.
func (d *Drill) receive(x *round, l *lab, box string, tubes []string, at sim.Minute) error {
	b := api.Reception{Box: box, Counted: len(tubes), At: d.stamp(at)}
	var here, lost []string
	for _, t := range tubes {
		if x.lost[t] {
			lost = append(lost, t)
			continue
		}
		here = append(here, t)
	}
	if len(lost) > 0 {
		b.Counted, b.Tubes = len(here), here
	}
	path := d.at + "/laboratories/" + l.code
	if len(here) > 0 {
		if err := d.c.as(d.ctx, laboratory, "POST receptions", http.MethodPost, path+"/receptions", b, nil); err != nil {
			return err
		}
	}
	ready := d.read(l, len(here), at)
	var late []string
	soon := here[:0:0]
	for _, t := range here {
		if d.chance(d.s.Laboratory.Late, ofLate, uint64(len(t))<<40^hashOf(t)) {
			late = append(late, t)
			continue
		}
		soon = append(soon, t)
	}
	for _, part := range []struct {
		tubes  []string
		at     sim.Minute
		result string
	}{{soon, ready, ""}, {late, ready + hours(d.s.Laboratory.LateBy), ""}, {lost, at + hours(d.s.Laboratory.Notice), "lost"}} {
		if len(part.tubes) > 0 {
			d.agenda.put(part.at, func(at sim.Minute) error { return d.report(x, l, part.tubes, part.result, at) })
		}
	}
	return nil
}

func hashOf(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}

// report tells the results of tubes.
func (d *Drill) report(x *round, l *lab, tubes []string, result string, at sim.Minute) error {
	var order api.TubeResults
	for _, t := range tubes {
		row := api.TubeResultRow{Tube: t, Result: result, At: d.stamp(at)}
		if result == "" {
			row.Result = "negative"
			for _, m := range x.at[t] {
				if d.w.Test(m.p, m.at, sim.PCR) {
					row.Result = "positive"
				}
			}
		}
		order.Rows = append(order.Rows, row)
		delete(x.at, t)
		x.waiting--
	}
	var out struct{ Rows, New, Rejected int }
	if err := d.c.as(d.ctx, laboratory, "POST tube-results", http.MethodPost, d.at+"/laboratories/"+l.code+"/tube-results", order, &out); err != nil {
		return err
	}
	if out.New != len(tubes) {
		return &oddError{fmt.Sprintf("%d of %d results of tubes were new: %+v", out.New, len(tubes), out)}
	}
	if x.waiting == 0 && x.doors {
		x.complete = at
	}
	return nil
}

// knock goes to the doors of those whom the system names as missing: they are sampled, are exempt because they are kept apart elsewhere, or refuse.
func (d *Drill) knock(x *round, at sim.Minute) error {
	var order api.Standings
	homes := map[city.Person][]swabbed{}
	byArea := map[int]*desk{}
	for _, s := range d.rounds.sites {
		if byArea[s.area] == nil {
			byArea[s.area] = s
		}
	}
	people := map[string]city.Person{}
	path := fmt.Sprintf("%s/rounds/%d/missing?limit=1000", d.at, x.number)
	for after := ""; ; {
		var page api.Missing
		if err := d.c.as(d.ctx, coordinator, "GET missing", http.MethodGet, path+after, nil, &page); err != nil {
			return err
		}
		if len(page.Items) > 0 && len(d.byCode) == 0 {
			d.byCode = make(map[string]city.Person, len(d.roster.code))
			for p, c := range d.roster.code {
				d.byCode[c] = city.Person(p)
			}
		}
		for _, m := range page.Items {
			p, ok := d.byCode[m.Person]
			if !ok {
				return &oddError{"nobody of the city has the code " + m.Person}
			}
			people[m.Person] = p
			switch {
			case d.apart.why[p]&^zoned != 0:
				order.People = append(order.People, api.PersonStanding{Person: m.Person, Standing: "exempt", Reason: "kept apart, and tested there"})
			case d.chance(d.s.Rounds.Refuse, ofRefusal, uint64(p)):
				order.People = append(order.People, api.PersonStanding{Person: m.Person, Standing: "refused", Reason: "would not"})
			default:
				home, _ := d.city.Household(p)
				homes[home] = append(homes[home], swabbed{p, at - 1})
			}
		}
		if page.Next == "" {
			break
		}
		after = "&after=" + page.Next
	}
	for len(order.People) > 0 {
		n := min(2000, len(order.People))
		if err := d.c.as(d.ctx, coordinator, "POST standings", http.MethodPost, fmt.Sprintf("%s/rounds/%d/standings", d.at, x.number), api.Standings{People: order.People[:n]}, nil); err != nil {
			return err
		}
		order.People = order.People[n:]
	}
	batches := map[*desk]*batch{}
	var list []*batch
	for _, home := range inOrder(homes) {
		s := byArea[d.city.AreaOf(home)]
		b := batches[s]
		if b == nil || b.n == 100 {
			b = &batch{site: s, phone: s.phones[0]}
			batches[s] = b
			list = append(list, b)
		}
		d.closeTube(x, b, homes[home], "household")
	}
	return d.sendInTurn(x, list)
}

// sendInTurn sends batches one after the other: several may be of one phone.
func (d *Drill) sendInTurn(x *round, list []*batch) error {
	for _, b := range list {
		if err := d.sendAll(x, []*batch{b}); err != nil {
			return err
		}
	}
	return nil
}

// close ends a round when everybody is accounted for and all results are there, or when its day is over.
func (d *Drill) close(x *round) error {
	var now api.Round
	if err := d.c.as(d.ctx, coordinator, "GET rounds/{}", http.MethodGet, fmt.Sprintf("%s/rounds/%d", d.at, x.number), nil, &now); err != nil {
		return err
	}
	closed := now.State == "closed" || now.State == "cancelled" // people did that
	if d.played.held[coordinator] && !closed {
		return nil
	}
	whole := now.Counts != nil && now.Counts.Missing == 0 && x.waiting == 0
	if !whole && !closed && d.now < x.start+sim.DayLength {
		return nil
	}
	x.closed = true
	if !whole {
		x.complete = 0
	}
	d.rounds.round = nil
	var acc api.RoundAccount // kept for the card: after a week the system counts the round no longer
	if err := d.c.as(d.ctx, coordinator, "GET account", http.MethodGet, fmt.Sprintf("%s/rounds/%d/account", d.at, x.number), nil, &acc); err != nil {
		return err
	}
	x.account = acc.Account
	if closed {
		return nil
	}
	return d.c.as(d.ctx, coordinator, "POST rounds/{}/state", http.MethodPost, fmt.Sprintf("%s/rounds/%d/state", d.at, x.number), api.RoundState{State: "closed"}, nil)
}

// labsReady enters the laboratories.
func (d *Drill) labsReady() error {
	n := max(1, int(d.s.Laboratory.Count.Value))
	perHour := float64(d.each(d.s.Laboratory.Tubes)) / float64(n)
	for i := range n {
		l := &lab{code: fmt.Sprintf("L%d", i+1), rate: perHour / 60}
		d.labs = append(d.labs, l)
		b := api.NewLaboratory{Code: l.code, Area: d.s.Place.Area, PerHour: max(1, int64(perHour)), Turnaround: int64(hours(d.s.Laboratory.Turnaround))}
		if err := d.c.as(d.ctx, coordinator, "POST laboratories", http.MethodPost, d.at+"/laboratories", b, nil); err != nil {
			return err
		}
	}
	return nil
}
