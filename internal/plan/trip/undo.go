package trip

type keep struct {
	route, stops int32
	from, to     int32
}

type mark struct {
	request int32
	was     int
}

// touch saves a route before it is changed in this step.
func (s *search) touch(r int32) {
	if s.seen[r] == s.step {
		return
	}
	s.seen[r] = s.step
	k := keep{route: r, stops: s.stops[r], from: int32(len(s.visits))}
	for x, b := s.start(r), s.end(r); ; x = s.node[x].next {
		s.ids = append(s.ids, x)
		s.visits = append(s.visits, s.node[x])
		if s.isUnload(x) {
			s.loads = append(s.loads, s.trip[x])
		}
		if x == b {
			break
		}
	}
	k.to = int32(len(s.visits))
	s.saved = append(s.saved, k)
}

// begin begins a step.
func (s *search) begin() {
	s.step++
	s.saved, s.visits, s.ids, s.loads = s.saved[:0], s.visits[:0], s.ids[:0], s.loads[:0]
	s.made, s.dropped, s.moved = s.made[:0], s.dropped[:0], s.moved[:0]
	s.outSaved = append(s.outSaved[:0], s.out...)
}

// undo makes the solution what it was when the step began.
func (s *search) undo(cost int64) {
	for _, k := range s.saved { // whoever came into these routes is nowhere, unless saved with another
		for x := s.node[s.start(k.route)].next; x != s.end(k.route); x = s.node[x].next {
			s.node[x].route = -1
		}
	}
	load := 0
	for _, k := range s.saved {
		for i := k.from; i < k.to; i++ {
			x := s.ids[i]
			s.node[x] = s.visits[i]
			if s.isUnload(x) {
				s.trip[x] = s.loads[load]
				load++
			}
		}
		s.count(k.route, k.stops-s.stops[k.route])
	}
	s.spare = append(s.spare, s.made...)
	for _, x := range s.out {
		s.where[x] = -1
	}
	s.out = append(s.out[:0], s.outSaved...)
	for i, x := range s.out {
		s.where[x] = int32(i)
	}
	if s.ledger != nil {
		for i := len(s.moved) - 1; i >= 0; i-- {
			s.ledger.Take(s.parties[s.moved[i].request])
			s.ledger.Restore(s.parties[s.moved[i].request], s.moved[i].was)
		}
	}
	s.cost = cost
}

// stay ends a step that is kept.
func (s *search) stay() {
	s.spare = append(s.spare, s.dropped...)
	for _, k := range s.saved {
		s.dirty[k.route] = true
	}
}

func (s *search) total() int64 { return s.cost + s.unserved*int64(len(s.out)) }

// remember keeps the solution as the best so far.
func (s *search) remember() {
	s.bestCost, s.bestOut = s.total(), len(s.out)
	for r := range s.dirty {
		if !s.dirty[r] {
			continue
		}
		s.dirty[r] = false
		list := s.best[r][:0]
		for x := s.node[s.start(int32(r))].next; x != s.end(int32(r)); x = s.node[x].next {
			if s.isUnload(x) {
				list = append(list, -1-s.trip[x].site)
			} else {
				list = append(list, x)
				if s.ledger != nil {
					s.bestMark[x] = s.ledger.Mark(s.parties[x])
				}
			}
		}
		s.best[r] = list
	}
}

// restore makes the best solution the present one.
func (s *search) restore() {
	if s.ledger != nil {
		for x := range s.requests {
			s.ledger.Take(s.parties[x])
		}
	}
	s.spare, s.out, s.cost = s.spare[:0], s.out[:0], 0
	for i := int32(len(s.node)) - 1; i >= int32(len(s.requests)+2*len(s.vehicles)); i-- {
		s.spare = append(s.spare, i)
	}
	for x := range s.requests {
		s.node[x].route, s.node[x].unload, s.where[x] = -1, -1, 0
	}
	for r := range int32(len(s.vehicles)) {
		a := s.start(r)
		s.count(r, -s.stops[r])
		for i, v := range s.best[r] {
			x := v
			if v < 0 {
				x = s.spare[len(s.spare)-1]
				s.spare = s.spare[:len(s.spare)-1]
				st := &s.sites[-1-v]
				s.node[x] = node{route: r, unload: -1, place: st.place, ready: st.opens, due: st.closes}
				s.trip[x] = load{site: -1 - v, class: -1}
				for j := i - 1; j >= 0 && s.best[r][j] >= 0; j-- {
					y := s.best[r][j]
					q := &s.requests[y]
					s.node[y].unload = x
					s.trip[x].class = q.class
					s.trip[x].add(q, 1)
				}
			} else {
				s.node[x].route, s.where[x] = r, -1
				s.count(r, 1)
				if s.ledger != nil {
					s.ledger.Restore(s.parties[x], s.bestMark[x])
				}
			}
			s.link(a, x)
			s.cost += int64(s.node[a].toNext)
			a = x
		}
		s.link(a, s.end(r))
		if len(s.best[r]) > 0 { // a route costs what it is longer than going straight to where it ends
			s.cost += int64(s.node[a].toNext - s.place.time(s.vehicles[r].from, s.vehicles[r].to))
		}
		s.times(r)
	}
	for x := range s.requests {
		if s.where[x] >= 0 {
			s.leave(int32(x))
		}
	}
	s.setAside()
}
