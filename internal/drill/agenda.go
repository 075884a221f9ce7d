package drill

import (
	"cmp"
	"container/heap"

	"firebreak/internal/sim"
)

// entry is what somebody will do.
type entry struct {
	at  sim.Minute
	seq int
	do  func(at sim.Minute) error
}

// agenda keeps entries, the earliest first; of one minute, in the order in which they were put down.
type agenda struct {
	list []entry
	seq  int
}

func (a *agenda) Len() int { return len(a.list) }
func (a *agenda) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(a.list[i].at, a.list[j].at), cmp.Compare(a.list[i].seq, a.list[j].seq)) < 0
}
func (a *agenda) Swap(i, j int) { a.list[i], a.list[j] = a.list[j], a.list[i] }
func (a *agenda) Push(x any)    { a.list = append(a.list, x.(entry)) }
func (a *agenda) Pop() any {
	x := a.list[len(a.list)-1]
	a.list[len(a.list)-1] = entry{}
	a.list = a.list[:len(a.list)-1]
	return x
}

// put notes what is to be done.
func (a *agenda) put(at sim.Minute, do func(at sim.Minute) error) {
	a.seq++
	heap.Push(a, entry{at, a.seq, do})
}

// next is when the next entry is due; false where there is none.
func (a *agenda) next() (sim.Minute, bool) {
	if len(a.list) == 0 {
		return 0, false
	}
	return a.list[0].at, true
}

// until does what is due up to a minute; pass lets errors pass that are none.
func (a *agenda) until(at sim.Minute, pass func(error) error) error {
	for len(a.list) > 0 && a.list[0].at <= at {
		x := heap.Pop(a).(entry)
		if err := pass(x.do(x.at)); err != nil {
			return err
		}
	}
	return nil
}
