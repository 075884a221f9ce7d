package chains

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"firebreak/internal/auth"
	"firebreak/internal/cases"
	"firebreak/internal/command"
	"firebreak/internal/exchange"
	"firebreak/internal/i18n"
	"firebreak/internal/store"
	"firebreak/internal/web/record"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// Handler answers for the transmission chains.
type Handler struct {
	page *ui.Page
}

// NewHandler parses the page.
func NewHandler(s *site.Site) (*Handler, error) {
	page, err := New(s.Kit)
	return &Handler{page}, err
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// mostChains is how many chains the table lists; the file has all.
const mostChains = 200

// Show is GET /o/{outbreak}/chains. ?case= narrows the graph to the chain of one case, ?chain= to the chain of that place by size.
func (h *Handler) Show(q *site.Request) error {
	v := View{Path: q.Path("chains"), UnresolvedHref: q.Path("chains", "unresolved")}
	err := q.View(func(r *store.Reader) error {
		n, unresolved, err := load(q, r)
		if err != nil {
			return err
		}
		linked := int64(0)
		for _, size := range n.chains.Sizes {
			linked += int64(size)
		}
		all, err := r.CountCases(store.CaseFilter{Outbreak: q.Outbreak.ID, Within: q.Within()})
		if err != nil {
			return err
		}
		v.Cases = ui.Figure{Label: i18n.M("nav.cases"), Value: &all.N, Href: q.Path("cases")}
		v.Linked = ui.Figure{Label: i18n.M("chains.linked"), Value: &linked}
		if !all.More {
			alone := max(all.N-linked, 0)
			v.Unlinked = ui.Figure{Label: i18n.M("chains.unlinked"), Value: &alone}
		} else {
			v.Cases.Sub = i18n.M("chains.atleast")
			v.Unlinked = ui.Figure{Label: i18n.M("chains.unlinked"), Why: i18n.M("chains.uncounted")}
		}
		v.Unresolved = unresolved
		v.Chains = n.list(q)
		if code := strings.TrimSpace(q.URL.Query().Get("case")); code != "" {
			c, err := r.CaseByCode(q.Outbreak.ID, code)
			if err == nil && !q.Sees(q.Action, c.Area) {
				err = fmt.Errorf("case %q: %w", code, store.ErrNotFound)
			}
			if err != nil {
				return err
			}
			var more bool
			if v.Graph, more, err = OfCase(q, r, c.ID); err != nil {
				return err
			}
			v.Only = code
			if more {
				v.Note = i18n.M("chains.part", "n", len(v.Graph.Nodes))
			}
			return nil
		}
		if k := q.URL.Query().Get("chain"); k != "" {
			i, err := strconv.Atoi(k)
			if err != nil || i < 1 || i > len(n.chains.Sizes) {
				return &command.Invalid{Field: "chain", Value: k, Reason: "is no chain"}
			}
			v.Only = "#" + k
			one, err := n.only(int32(i - 1))
			if err != nil {
				return err
			}
			v.Graph = one.graph(q, 0, MostNodes)
			if n.chains.Sizes[i-1] > MostNodes {
				v.Note = i18n.M("chains.part", "n", MostNodes)
			}
			return nil
		}
		fit, sum := 0, 0
		for _, size := range n.chains.Sizes {
			if sum += size; sum > MostNodes {
				break
			}
			fit++
		}
		v.Graph = n.graph(q, max(fit, 1), MostNodes)
		if len(v.Graph.Nodes) < int(linked) {
			v.Note = i18n.M("chains.part", "n", len(v.Graph.Nodes))
		}
		return nil
	})
	if err != nil {
		return err
	}
	return q.Show(h.page, "chains", v)
}

// load reads the cases that are joined by links. A chain is the reader's when one of its cases is; the rest of it shows without names.
func load(q *site.Request, r *store.Reader) (*network, int64, error) {
	links, err := r.Links(q.Outbreak.ID)
	if err != nil {
		return nil, 0, err
	}
	_, unresolved, err := r.UnresolvedLinks(q.Outbreak.ID, 1)
	if err != nil {
		return nil, 0, err
	}
	var ids []cases.ID
	links = slices.DeleteFunc(links, func(l cases.Link) bool { return !drawn(l) })
	for _, l := range links {
		ids = append(ids, l.From, l.To)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	byID, err := r.CasesByID(ids)
	if err != nil {
		return nil, 0, err
	}
	list := make([]cases.Case, 0, len(ids))
	for _, id := range ids {
		if c, ok := byID[id]; ok {
			list = append(list, c)
		}
	}
	n, err := newNetwork(list, links)
	if err != nil {
		return nil, 0, err
	}
	n, err = n.visible(func(c cases.Case) bool { return q.Sees(auth.CaseRead, c.Area) })
	return n, unresolved, err
}

// visible keeps the chains in which the reader may see a case.
func (n *network) visible(sees func(cases.Case) bool) (*network, error) {
	shown := map[int32]bool{}
	all := true
	for i, c := range n.cases {
		shown[n.chains.Component[i]] = shown[n.chains.Component[i]] || sees(c)
	}
	for _, ok := range shown {
		all = all && ok
	}
	if all {
		return n, nil
	}
	return n.keep(func(i int32) bool { return shown[n.chains.Component[i]] })
}

func (n *network) only(chain int32) (*network, error) {
	return n.keep(func(i int32) bool { return n.chains.Component[i] == chain })
}

func (n *network) keep(keep func(i int32) bool) (*network, error) {
	var list []cases.Case
	for i, c := range n.cases {
		if keep(int32(i)) {
			list = append(list, c)
		}
	}
	links := slices.DeleteFunc(slices.Clone(n.links), func(l cases.Link) bool { return !keep(n.index[l.From]) || !keep(n.index[l.To]) })
	return newNetwork(list, links)
}

// list is the chains, the largest first.
func (n *network) list(q *site.Request) []Chain {
	out := make([]Chain, min(len(n.chains.Sizes), mostChains))
	roots := make([][]int32, len(out))
	places := make([]map[string]int, len(out))
	for i := range out {
		k := itoa(int64(i + 1))
		out[i] = Chain{ID: "#" + k, Href: q.Path("chains") + "?chain=" + k, Size: int64(n.chains.Sizes[i])}
		places[i] = map[string]int{}
	}
	for i, c := range n.cases {
		k := n.chains.Component[i]
		if int(k) >= len(out) {
			continue
		}
		o := &out[k]
		if on := c.Onset; !on.IsZero() {
			if o.First == "" || on.String() < o.First {
				o.First = on.String()
			}
			o.Last = max(o.Last, on.String())
		}
		if n.chains.Generation != nil {
			o.Generations = max(o.Generations, int64(n.chains.Generation[i])+1)
			o.Largest = max(o.Largest, int64(n.chains.OutDegree[i]))
			if n.chains.InDegree[i] == 0 {
				roots[k] = append(roots[k], int32(i))
			}
		}
		if name := q.AreaName(q.Tree.District(c.Area)); name != "" {
			places[k][name]++
		}
	}
	for k := range out {
		if len(roots[k]) == 1 {
			if c := n.cases[roots[k][0]]; q.Sees(auth.CaseRead, c.Area) {
				out[k].Root = ui.Person{Code: c.Code, Href: q.Path("cases", c.Code)}
			}
		}
		out[k].Places = mostOften(places[k], 3)
	}
	return out
}

func mostOften(counts map[string]int, most int) string {
	names := make([]string, 0, len(counts))
	for name := range counts {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if counts[a] != counts[b] {
			return counts[b] - counts[a]
		}
		return strings.Compare(a, b)
	})
	return strings.Join(names[:min(len(names), most)], ", ")
}

// Export is GET /o/{outbreak}/chains/export: every case of a chain, with its chain, generation and onset, as CSV.
func (h *Handler) Export(q *site.Request) error {
	var n *network
	err := q.View(func(r *store.Reader) (err error) {
		n, _, err = load(q, r)
		return err
	})
	if err != nil {
		return err
	}
	var rows [][]exchange.Value
	for i, c := range n.cases {
		if !q.Sees(auth.CaseRead, c.Area) || !q.Sees(auth.Export, c.Area) {
			continue
		}
		row := []exchange.Value{exchange.Int(int(n.chains.Component[i]) + 1), exchange.Text(c.Code), exchange.Date(c.Onset), exchange.Text(string(c.Class)), {}, {}, exchange.Text(q.AreaName(q.Tree.District(c.Area)))}
		if n.chains.Generation != nil {
			row[4], row[5] = exchange.Int(int(n.chains.Generation[i])), exchange.Int(int(n.chains.OutDegree[i]))
		}
		rows = append(rows, row)
	}
	return record.SendCSV(q, "chains", []string{"chain", "code", "onset", "class", "generation", "infected", "district"}, rows)
}

// mostUnresolved is how many unresolved links the page lists.
const mostUnresolved = 500

// Unresolved is GET /o/{outbreak}/chains/unresolved: the links with an end that is no known case, and the form to say which case it is.
func (h *Handler) Unresolved(q *site.Request) error {
	v, err := h.unresolved(q)
	if err != nil {
		return err
	}
	return q.Show(h.page, "chains", v)
}

// Resolve is POST /o/{outbreak}/chains/unresolved: which case the unknown end of a link is, or that the link was drawn in error.
func (h *Handler) Resolve(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	v, err := h.unresolved(q)
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(form.Get("link"), 10, 64)
	switch {
	case v.Resolve == nil || err != nil || !slices.ContainsFunc(v.Resolve.Fields[0].Options, func(o ui.Option) bool { return o.Value == form.Get("link") }):
		err = fmt.Errorf("unresolved link %q: %w", form.Get("link"), store.ErrNotFound)
	case form.Get("do") == "remove":
		err = q.Site.Commands.RemoveLink(q.Context(), q.By(), command.RemoveLink{Link: cases.LinkID(id), Reason: form.Get("reason")})
	default:
		err = q.Site.Commands.ResolveLink(q.Context(), q.By(), command.ResolveLink{Link: cases.LinkID(id), Case: form.Get("case"), Reason: form.Get("reason")})
	}
	if err == nil {
		return q.Done(q.Path("chains", "unresolved"), "saved", 1)
	}
	var wrong *command.Invalid
	if !errors.As(err, &wrong) {
		return err
	}
	for i, field := range v.Resolve.Fields {
		v.Resolve.Fields[i].Value = form.Get(field.Name)
	}
	record.Mark(v.Resolve, wrong)
	return q.ShowStatus(http.StatusUnprocessableEntity, h.page, "chains", v)
}

// mayWrite says whether the reader may change a link: at each end that is known, or else in the outbreak's area.
func mayWrite(q *site.Request, byID map[cases.ID]cases.Case, l cases.Link) bool {
	known := false
	for _, id := range []cases.ID{l.From, l.To} {
		if c, ok := byID[id]; ok {
			if known = true; !q.Sees(auth.CaseWrite, c.Area) {
				return false
			}
		}
	}
	return known || q.Sees(auth.CaseWrite, q.Outbreak.Area)
}

func (h *Handler) unresolved(q *site.Request) (View, error) {
	var open []ui.Option
	v := View{Path: q.Path("chains"), Unlist: true}
	t := ui.Listing{Path: q.Path("chains", "unresolved")}.Table("unresolved", i18n.M("chains.unresolved_title"),
		ui.Column{Key: "from", Label: i18n.M("col.from_case")}, ui.Column{Key: "to", Label: i18n.M("col.to_case")}, ui.Column{Key: "kind", Label: i18n.M("col.kind")}, ui.Column{Key: "setting", Label: i18n.M("col.setting")})
	t.Empty = ui.Empty{Title: i18n.M("chains.none_unresolved"), Action: i18n.M("nav.chains"), Href: q.Path("chains")}
	err := q.View(func(r *store.Reader) error {
		list, n, err := r.UnresolvedLinks(q.Outbreak.ID, mostUnresolved)
		if err != nil {
			return err
		}
		var ids []cases.ID
		for _, l := range list {
			ids = append(ids, l.From, l.To)
		}
		byID, err := r.CasesByID(ids)
		if err != nil {
			return err
		}
		t.Total = &n
		end := func(id cases.ID, code string) (ui.Cell, bool) {
			c, known := byID[id]
			switch {
			case !known:
				return ui.Text(code + " ?"), true
			case q.Sees(auth.CaseRead, c.Area):
				return ui.Link(c.Code, q.Path("cases", c.Code)), true
			}
			return ui.Text(""), false
		}
		for _, l := range list {
			from, ok1 := end(l.From, l.FromCode)
			to, ok2 := end(l.To, l.ToCode)
			if !ok1 || !ok2 {
				continue // the known end lies outside what the reader may see
			}
			if mayWrite(q, byID, l) {
				open = append(open, ui.Option{Value: itoa(int64(l.ID)), Text: l.FromCode + " – " + l.ToCode})
			}
			t.Rows = append(t.Rows, ui.Row{ID: itoa(int64(l.ID)), Label: l.FromCode + " " + l.ToCode, Cells: []ui.Cell{from, to, ui.Enum("link", string(l.Kind)), ui.Text(l.Setting)}})
		}
		return nil
	})
	if err != nil {
		return v, err
	}
	v.List = t
	if len(open) > 0 {
		v.Resolve = &ui.Form{ID: "resolve", Action: q.Path("chains", "unresolved"), Submit: i18n.M("action.save"), Fields: []ui.Field{
			{Name: "link", Label: i18n.M("chains.link"), Kind: ui.FieldSelect, Value: open[0].Value, Options: open},
			{Name: "do", Label: i18n.M("chains.do"), Kind: ui.FieldRadio, Value: "resolve", Options: ui.Choices("chains.do", "resolve", "remove")[1:]},
			{Name: "case", Label: i18n.M("col.case"), Kind: ui.FieldText, Hint: i18n.M("chains.case_hint"), Autocomplete: "off"},
			{Name: "reason", Label: i18n.M("col.reason"), Kind: ui.FieldText, Required: true},
		}}
	}
	return v, nil
}
