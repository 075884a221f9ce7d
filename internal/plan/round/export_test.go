package round

// Bound returns the periods before which no plan of a city with pools of several sizes is said to have all results, and those by which two ways that know
// nothing of that bound have them, or -1 where they have not: people sampled as soon as sites can, and, with pools of one size, the network that leaves nothing out.
func Bound(c City) (bound, soon, whole int, err error) {
	p := newProblem(&c)
	a, err := p.mixed(false)
	if err != nil {
		return 0, 0, 0, err
	}
	bound, soon, whole = a.bound, -1, -1
	_, sampling := p.bounds()
	b := answer{bound: p.now}
	if _, err := p.sampledFirst(&b, p.sampledBy(max(p.now, sampling-1))); err != nil {
		return 0, 0, 0, err
	}
	if b.all {
		soon = b.slot
	}
	if p.pool > 0 {
		u, err := p.uniform(false)
		if err != nil {
			return 0, 0, 0, err
		}
		if u.all {
			whole = u.slot
		}
	}
	return bound, soon, whole, nil
}
