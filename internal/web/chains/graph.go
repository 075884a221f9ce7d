package chains

import (
	"slices"

	"firebreak/internal/auth"
	"firebreak/internal/cases"
	"firebreak/internal/day"
	"firebreak/internal/i18n"
	"firebreak/internal/situation"
	"firebreak/internal/store"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// MostNodes is up to how many cases a graph draws: more are a picture of nothing.
const MostNodes = 400

// around finds the cases joined to one by links, near ones first, up to most; more tells that there are further ones.
func around(r *store.Reader, id cases.ID, most int) (ids []cases.ID, links []cases.Link, more bool, err error) {
	seen := map[cases.ID]bool{id: true}
	known := map[cases.LinkID]bool{}
	ids = []cases.ID{id}
	for next := 0; next < len(ids); next++ {
		list, err := r.LinksOf(ids[next])
		if err != nil {
			return nil, nil, false, err
		}
		for _, l := range list {
			if !drawn(l) {
				continue
			}
			for _, end := range []cases.ID{l.From, l.To} {
				if !seen[end] {
					if len(ids) >= most {
						more = true
						continue
					}
					seen[end] = true
					ids = append(ids, end)
				}
			}
			if seen[l.From] && seen[l.To] && !known[l.ID] {
				known[l.ID] = true
				links = append(links, l)
			}
		}
	}
	return ids, links, more, nil
}

// drawn says whether a link makes chains: both ends known, and a claim about contact between them.
func drawn(l cases.Link) bool {
	return l.Resolved() && (l.Kind == cases.Transmission || l.Kind == cases.Direct)
}

// OfCase is the graph of the chain that a case belongs to. more tells that the chain is larger than what is drawn.
func OfCase(q *site.Request, r *store.Reader, id cases.ID) (g ui.Graph, more bool, err error) {
	ids, links, more, err := around(r, id, MostNodes)
	if err != nil || len(ids) < 2 {
		return ui.Graph{ID: "graph", Label: i18n.M("chains.graph")}, false, err
	}
	byID, err := r.CasesByID(ids)
	if err != nil {
		return g, false, err
	}
	slices.Sort(ids)
	list := make([]cases.Case, 0, len(ids))
	for _, k := range ids {
		if c, ok := byID[k]; ok {
			list = append(list, c)
		}
	}
	n, err := newNetwork(list, links)
	if err != nil {
		return g, false, err
	}
	return n.graph(q, 0, MostNodes), more, nil
}

// network is cases joined by links, with their chains.
type network struct {
	cases  []cases.Case
	links  []cases.Link
	onset  []day.Day
	chains situation.Chains
	index  map[cases.ID]int32
}

func newNetwork(list []cases.Case, links []cases.Link) (*network, error) {
	n := &network{cases: list, links: links, onset: make([]day.Day, len(list)), index: make(map[cases.ID]int32, len(list))}
	for i, c := range list {
		n.onset[i], n.index[c.ID] = c.Onset, int32(i)
	}
	in := situation.ChainsInput{Cases: len(list), Onset: n.onset, Directed: len(links) > 0}
	for _, l := range links {
		from, ok1 := n.index[l.From]
		to, ok2 := n.index[l.To]
		if !ok1 || !ok2 {
			in.Unresolved++
			continue
		}
		// Where somebody claims no direction, the chain is one all the same, but nobody infected anybody in it.
		in.Directed = in.Directed && l.Kind == cases.Transmission
		in.Links = append(in.Links, situation.Link{From: from, To: to})
	}
	var err error
	n.chains, err = situation.ChainsOf(in)
	return n, err
}

// graph draws so many of the largest chains (0: all) as fit into most nodes. A case that the reader may not see is a point without a name.
func (n *network) graph(q *site.Request, chains, most int) ui.Graph {
	g := ui.Graph{ID: "graph", Label: i18n.M("chains.graph")}
	points := n.chains.Layout(n.onset, situation.LayoutOptions{Chains: chains})
	points = points[:min(len(points), most)]
	if len(points) == 0 {
		return g
	}
	var first, last day.Day
	for _, p := range points {
		if !p.Day.IsZero() && (first.IsZero() || p.Day < first) {
			first = p.Day
		}
		last = max(last, p.Day)
	}
	if !first.IsZero() {
		for d := first; d <= last; d++ {
			g.Days = append(g.Days, d.String())
		}
	}
	there := map[int32]bool{}
	for _, p := range points {
		there[p.Case] = true
		c := n.cases[p.Case]
		node := ui.GraphNode{ID: nodeID(p.Case), X: float64(p.Depth), Y: p.Lane, Kind: kindOf(c), In: c.Found == cases.FoundInIsolation, Label: "…"}
		if n.chains.OutDegree != nil {
			node.Size = int(n.chains.OutDegree[p.Case])
		}
		if !p.Day.IsZero() {
			node.X = float64(p.Day - first)
		} else if !first.IsZero() {
			node.X = 0
		}
		if q.Sees(auth.CaseRead, c.Area) {
			node.Label, node.Href = c.Code, q.Path("cases", c.Code)
		}
		g.Lanes = max(g.Lanes, int(p.Lane)+1)
		g.Nodes = append(g.Nodes, node)
	}
	for _, l := range n.links {
		from, ok1 := n.index[l.From]
		to, ok2 := n.index[l.To]
		if ok1 && ok2 && there[from] && there[to] && from != to {
			g.Links = append(g.Links, ui.GraphLink{From: nodeID(from), To: nodeID(to), Sure: l.Kind == cases.Transmission, Place: l.Setting})
		}
	}
	return g
}

func nodeID(i int32) string { return "n" + itoa(int64(i)) }

// kindOf is how a case is drawn.
func kindOf(c cases.Case) string {
	switch c.Class {
	case cases.Confirmed, cases.Asymptomatic:
		return "confirmed"
	case cases.Suspected, cases.Probable:
		return "suspected"
	case cases.Discarded: // drawn as unknown
	}
	return "unknown"
}
