package flow

import (
	"bufio"
	"fmt"
	"io"
)

// Problem is a network as a DIMACS file holds it.
type Problem struct {
	*Network
	Supply       []int64 // of a "min" problem
	Source, Sink int     // of a "max" problem
}

// maxSize bounds the nodes and arcs a file may announce, so that a wrong number does not ask for all memory.
const maxSize = 1 << 24

// ReadDIMACS reads a problem in the DIMACS "min" or "max" format: lines "p min NODES ARCS", "n NODE SUPPLY" (or "n NODE s|t"), and
// "a TAIL HEAD LOW CAPACITY COST" (or "a TAIL HEAD CAPACITY"). Lower bounds must be 0. Errors name the line.
func ReadDIMACS(r io.Reader) (*Problem, error) {
	sc := bufio.NewScanner(r)
	sc.Buffer(make([]byte, 1<<16), 1<<20)
	var p *Problem
	kind := ""
	arcs, line := 0, 0
	for sc.Scan() {
		line++
		text := sc.Text()
		if text == "" || text[0] == 'c' {
			continue
		}
		bad := func(err error) error { return fmt.Errorf("line %d %.60q: %w", line, text, err) }
		if p == nil && text[0] != 'p' {
			return nil, bad(fmt.Errorf("the p line has to come first"))
		}
		switch text[0] {
		case 'p':
			var n int
			if p != nil {
				return nil, bad(fmt.Errorf("a second p line"))
			}
			if _, err := fmt.Sscanf(text, "p %s %d %d", &kind, &n, &arcs); err != nil {
				return nil, bad(err)
			}
			if kind != "min" && kind != "max" {
				return nil, bad(fmt.Errorf("want a min or a max problem"))
			}
			if n < 1 || n > maxSize || arcs < 0 || arcs > maxSize {
				return nil, bad(fmt.Errorf("sizes out of range"))
			}
			p = &Problem{Network: NewNetwork(n, min(arcs, 1<<20)), Supply: make([]int64, n), Source: -1, Sink: -1}
		case 'n':
			var v int
			var word string
			if _, err := fmt.Sscanf(text, "n %d %s", &v, &word); err != nil {
				return nil, bad(err)
			}
			if v < 1 || v > p.Nodes() {
				return nil, bad(fmt.Errorf("no such node"))
			}
			switch {
			case kind == "max" && word == "s":
				p.Source = v - 1
			case kind == "max" && word == "t":
				p.Sink = v - 1
			case kind == "max":
				return nil, bad(fmt.Errorf("want s or t"))
			default:
				if _, err := fmt.Sscan(word, &p.Supply[v-1]); err != nil {
					return nil, bad(err)
				}
			}
		case 'a':
			f, err := numbers(text[1:])
			if err != nil {
				return nil, bad(err)
			}
			want, capacity, cost := 3, 2, -1
			if kind == "min" {
				want, capacity, cost = 5, 3, 4
			}
			if len(f) != want {
				return nil, bad(fmt.Errorf("want %d numbers", want))
			}
			if f[0] < 1 || f[1] < 1 || f[0] > int64(p.Nodes()) || f[1] > int64(p.Nodes()) || f[capacity] < 0 {
				return nil, bad(fmt.Errorf("no such node, or a capacity below 0"))
			}
			price := int64(0)
			if cost >= 0 {
				if f[2] != 0 {
					return nil, bad(fmt.Errorf("lower bounds other than 0 are not supported"))
				}
				price = f[cost]
			}
			p.AddArc(int(f[0]-1), int(f[1]-1), f[capacity], price)
		default:
			return nil, bad(fmt.Errorf("unknown kind of line"))
		}
	}
	if err := sc.Err(); err != nil {
		return nil, fmt.Errorf("line %d: %w", line+1, err)
	}
	switch {
	case p == nil:
		return nil, fmt.Errorf("no p line")
	case p.Arcs() != arcs:
		return nil, fmt.Errorf("%d arcs, the p line announces %d", p.Arcs(), arcs)
	case kind == "max" && (p.Source < 0 || p.Sink < 0 || p.Source == p.Sink):
		return nil, fmt.Errorf("source or sink is missing")
	}
	return p, nil
}

// numbers reads whole numbers parted by spaces.
func numbers(text string) ([]int64, error) {
	var list []int64
	i := 0
	for {
		for i < len(text) && (text[i] == ' ' || text[i] == '\t' || text[i] == '\r') {
			i++
		}
		if i == len(text) {
			return list, nil
		}
		sign, start := int64(1), i
		if text[i] == '-' {
			sign = -1
			i++
			start = i
		}
		var v int64
		for i < len(text) && text[i] >= '0' && text[i] <= '9' {
			if v > Inf*16 {
				return nil, fmt.Errorf("a number is too large")
			}
			v = v*10 + int64(text[i]-'0')
			i++
		}
		if i == start || i < len(text) && text[i] != ' ' && text[i] != '\t' && text[i] != '\r' {
			return nil, fmt.Errorf("want whole numbers")
		}
		list = append(list, sign*v)
	}
}

// WriteDIMACS writes a "min" problem for another solver.
func WriteDIMACS(w io.Writer, n *Network, supply []int64) error {
	b := bufio.NewWriterSize(w, 1<<16)
	// What a write says the writer keeps, and Flush says it.
	_, _ = fmt.Fprintf(b, "p min %d %d\n", n.Nodes(), n.Arcs())
	for v, s := range supply {
		if s != 0 {
			_, _ = fmt.Fprintf(b, "n %d %d\n", v+1, s)
		}
	}
	for a := range n.Arcs() {
		tail, head, capacity, cost := n.Arc(a)
		_, _ = fmt.Fprintf(b, "a %d %d 0 %d %d\n", tail+1, head+1, capacity, cost)
	}
	return b.Flush()
}
