package whereabouts

import (
	"sync"

	"firebreak/internal/person"
	"firebreak/internal/trace"
)

// stranger is kept of a number whom the register does not know; 0 of one that was not read.
const stranger = 1<<32 - 1

// people says who the numbers of visits are. A person whose visits came under several names has several numbers, and one of them stands for all in the index.
type people struct {
	mu    sync.RWMutex
	of    []uint32          // by number: the person's ID
	main  []uint32          // by person ID: the number that stands for them
	also  map[uint32]uint32 // by number: the one that stands for it
	known int               // how many numbers were looked up
}

func grown(list []uint32, i int) []uint32 {
	if i < len(list) {
		return list
	}
	if i < cap(list) {
		return list[:i+1]
	}
	next := make([]uint32, i+1, max(1024, (i+1)*5/4))
	copy(next, list)
	return next
}

// put says who a number is. It is false where both the number and the person are in the index under different numbers already: only one made anew puts that right. visited says whether the number
// may have visits in the index.
func (p *people) put(n int64, id person.ID, visited bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n < 0 || n >= trace.MaxPerson {
		return true
	}
	p.of = grown(p.of, int(n))
	if p.of[n] == 0 {
		p.known++
	}
	if id <= 0 || int64(id) >= stranger {
		if p.of[n] == 0 {
			p.of[n] = stranger
		}
		return true
	}
	p.of[n] = uint32(id)
	p.main = grown(p.main, int(id))
	switch was := p.main[id]; {
	case was == 0:
		p.main[id] = uint32(n)
	case was == uint32(n) || p.also[uint32(n)] == was:
	case visited:
		return false
	default:
		if p.also == nil {
			p.also = map[uint32]uint32{}
		}
		p.also[uint32(n)] = was
	}
	return true
}

func (p *people) who(n int64) person.ID {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if n < 0 || n >= int64(len(p.of)) || p.of[n] == stranger {
		return 0
	}
	return person.ID(p.of[n])
}

// read says whether it was looked up who a number is.
func (p *people) read(n int64) bool {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return n < int64(len(p.of)) && p.of[n] != 0
}

func (p *people) number(id person.ID) (trace.Person, bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if id <= 0 || int64(id) >= int64(len(p.main)) || p.main[id] == 0 {
		return 0, false
	}
	return trace.Person(p.main[id]), true
}

func (p *people) same(n int64) trace.Person {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if is, ok := p.also[uint32(n)]; ok {
		return trace.Person(is)
	}
	return trace.Person(n)
}

// rename puts the visits of a block under the numbers that stand for their people.
func (p *people) rename(list []trace.Visit) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if len(p.also) == 0 {
		return
	}
	for i := range list {
		if is, ok := p.also[uint32(list[i].Person)]; ok {
			list[i].Person = trace.Person(is)
		}
	}
}

// count is how many people the numbers are of.
func (p *people) count() int {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.known - len(p.also)
}

func (p *people) size() int {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return len(p.of)
}

// merged says that what is known of one person is said of another. It is false where both have visits in the index.
func (p *people) merged(gone, into person.ID) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if gone <= 0 || int64(gone) >= int64(len(p.main)) || p.main[gone] == 0 || into <= 0 || int64(into) >= stranger {
		return true
	}
	p.main = grown(p.main, int(into))
	if p.main[into] != 0 {
		return false
	}
	n := p.main[gone]
	p.main[into], p.main[gone] = n, 0
	p.of[n] = uint32(into)
	for also, is := range p.also {
		if is == n {
			p.of[also] = uint32(into)
		}
	}
	return true
}

// homes says who lives with whom, by the numbers that stand for people. each gives everybody who lives in a household, and which.
func (p *people) homes(each func(func(person.ID, int64)) error) (*trace.Homes, error) {
	dense := map[int64]uint32{}
	p.mu.RLock()
	main, n := p.main, len(p.of)
	p.mu.RUnlock()
	home := make([]uint32, n)
	err := each(func(id person.ID, h int64) {
		if int64(id) >= int64(len(main)) {
			return
		}
		// A number that is changed meanwhile is read anew by what changed it.
		at := main[id]
		if at == 0 || int(at) >= n {
			return
		}
		if dense[h] == 0 {
			dense[h] = uint32(len(dense) + 1) //nolint:gosec // there are no more households than people
		}
		home[at] = dense[h]
	})
	return trace.NewHomes(home), err
}
