package forecast

import "firebreak/internal/day"

// frame says which days of the record are looked at.
type frame struct {
	days    int
	running bool // they are not the first days of the outbreak
	record  []FoundDay
}

// longest is how many days of a record are looked at: of a longer one the last, and not how it began.
const longest = 28

func framed(s State) frame {
	n := len(s.Found)
	if n > longest {
		return frame{days: longest, running: true, record: s.Found[n-longest:]}
	}
	return frame{days: n, record: s.Found}
}

// windows are days before AsOf, counted from 0, for which the courses that were kept are held against the record.
var windows = [][2]int{{0, 2}, {3, 6}, {7, 13}, {14, longest - 1}}

func (m *maker) fits(kept []*chain) (out []Fit) {
	last := m.frame.days - 1
	for _, w := range windows {
		if w[0] > last {
			break
		}
		from, to := last-min(w[1], last), last-w[0]
		total, community, known := 0, 0, true
		for _, r := range m.frame.record[from : to+1] {
			total += r.Total()
			community += r.Community
			known = known && r.Unknown == 0
		}
		a, b := make([]float64, len(kept)), make([]float64, len(kept))
		for i, c := range kept {
			for _, x := range c.days[min(from, len(c.days)):min(to+1, len(c.days))] {
				a[i] += float64(x.community + x.apart)
				b[i] += float64(x.community)
			}
		}
		first, end := m.frame.record[from].Day, m.frame.record[to].Day
		out = append(out, fit(first, end, Found, total, a))
		if known {
			out = append(out, fit(first, end, Community, community, b))
		}
	}
	return out
}

func fit(from, to day.Day, q Quantity, record int, courses []float64) Fit {
	f := Fit{From: from, To: to, Quantity: q, Record: record, Courses: rangeOf(courses)}
	f.Outside = float64(record) < f.Courses.Low90 || float64(record) > f.Courses.High90
	return f
}
