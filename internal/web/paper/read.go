package paper

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// run is text of one kind.
type run struct {
	text        string
	bold, small bool
}

// block is what stands below one another on a sheet.
type block interface{ isBlock() }

type (
	// text is a paragraph, a heading of a level from 1, or an item of a list.
	text struct {
		runs  []run
		level int
		item  bool
	}
	// facts are labels with what they stand for.
	facts []fact
	// table is a table by rows; the first head rows are said again on every sheet.
	table struct {
		head int
		rows [][][]run
	}
	// square is a QR code: so many modules on a side, and the dark ones.
	square struct {
		side int
		dark []bar
	}
	// sheet begins a new sheet.
	sheet struct{}
)

type fact struct {
	label []run
	lines [][]run
}

// bar is a row of dark modules.
type bar struct{ x, y, n int }

func (text) isBlock()   {}
func (facts) isBlock()  {}
func (table) isBlock()  {}
func (square) isBlock() {}
func (sheet) isBlock()  {}

// document is what a page says.
type document struct {
	lang, title string
	blocks      []block
}

// errNoMain is returned for a page without a main part.
var errNoMain = errors.New("the page has no main part")

// read takes a page apart.
func read(page io.Reader) (document, error) {
	var d document
	root, err := html.Parse(page)
	if err != nil {
		return d, fmt.Errorf("read the page: %w", err)
	}
	var main *html.Node
	for n := range root.Descendants() {
		switch {
		case n.DataAtom == atom.Html:
			d.lang = attr(n, "lang")
		case n.DataAtom == atom.Title && d.title == "" && n.FirstChild != nil:
			d.title = strings.TrimSpace(n.FirstChild.Data)
		case n.DataAtom == atom.Main && main == nil:
			main = n
		}
	}
	if main == nil {
		return d, errNoMain
	}
	r := reader{}
	r.children(main, style{})
	r.flush()
	d.blocks = r.blocks
	return d, nil
}

// style is what text inherits.
type style struct{ bold, small bool }

// reader gathers blocks; what is written side by side until the next block is a paragraph.
type reader struct {
	blocks []block
	now    text
	begun  bool // something stands on this sheet
}

func (r *reader) flush() {
	if t := r.now; !blank(t.runs) {
		r.add(text{tidy(t.runs), t.level, t.item})
	}
	r.now = text{}
}

func (r *reader) add(b block) {
	r.blocks = append(r.blocks, b)
	r.begun = true
}

func (r *reader) children(n *html.Node, s style) {
	for c := range n.ChildNodes() {
		r.node(c, s)
	}
}

// node reads one node. What it does not know is read as what stands in it.
func (r *reader) node(n *html.Node, s style) {
	if n.Type == html.TextNode {
		r.now.runs = append(r.now.runs, run{n.Data, s.bold, s.small})
		return
	}
	if n.Type != html.ElementNode || hidden(n) {
		return
	}
	switch n.DataAtom {
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		r.flush()
		r.now.level = int(n.Data[1] - '0')
		r.children(n, style{bold: true})
		r.flush()
	case atom.Svg:
		if hasClass(n, "qr") {
			r.flush()
			if q, ok := readSquare(n); ok {
				r.add(q)
			}
		}
	case atom.Dl:
		r.flush()
		if f := readFacts(n, s); len(f) > 0 {
			r.add(f)
		}
	case atom.Table:
		r.flush()
		if t := readTable(n, s); len(t.rows) > 0 {
			r.add(t)
		}
	case atom.Li:
		r.flush()
		r.now.item = true
		r.children(n, s)
		r.flush()
	case atom.Br:
		r.flush()
	case atom.P, atom.Div, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Ul, atom.Ol, atom.Blockquote, atom.Figure, atom.Figcaption, atom.Details, atom.Summary, atom.Hr:
		r.flush()
		if hasClass(n, "notice-sheet") && r.begun {
			r.add(sheet{})
		}
		r.children(n, s)
		r.flush()
	default:
		r.now.runs = append(r.now.runs, inline(n, s)...)
	}
}

// inline reads what stands within a line.
func inline(n *html.Node, s style) []run {
	if n.Type == html.TextNode {
		return []run{{n.Data, s.bold, s.small}}
	}
	if n.Type != html.ElementNode || hidden(n) {
		return nil
	}
	switch n.DataAtom {
	case atom.B, atom.Strong:
		s.bold = true
	case atom.Small:
		s.small = true
	case atom.Br:
		return []run{{" ", s.bold, s.small}}
	}
	if hasClass(n, "blank") { // a line to write on
		return []run{{"_______________________", false, false}}
	}
	var out []run
	for c := range n.ChildNodes() {
		out = append(out, inline(c, s)...)
	}
	if n.Parent != nil && hasClass(n.Parent, "line") { // its parts stand apart
		out = append(out, run{"    ", false, false})
	}
	return out
}

// lines reads a cell: what its blocks say is on lines of its own.
func lines(n *html.Node, s style) [][]run {
	r := reader{}
	r.children(n, s)
	r.flush()
	var out [][]run
	for _, b := range r.blocks {
		if t, ok := b.(text); ok {
			out = append(out, t.runs)
		}
	}
	return out
}

func readFacts(n *html.Node, s style) facts {
	var out facts
	for c := range n.Descendants() {
		if c.Type != html.ElementNode || hidden(c) {
			continue
		}
		switch c.DataAtom {
		case atom.Dt:
			out = append(out, fact{label: join(lines(c, s))})
		case atom.Dd:
			if len(out) > 0 {
				out[len(out)-1].lines = append(out[len(out)-1].lines, lines(c, s)...)
			}
		}
	}
	return out
}

func readTable(n *html.Node, s style) table {
	var t table
	for c := range n.Descendants() {
		if c.DataAtom != atom.Tr || hidden(c) {
			continue
		}
		var row [][]run
		heads := true
		for cell := range c.ChildNodes() {
			if cell.DataAtom != atom.Td && cell.DataAtom != atom.Th || hidden(cell) {
				continue
			}
			own := s
			own.bold = own.bold || cell.DataAtom == atom.Th && attr(cell, "scope") != "row"
			heads = heads && cell.DataAtom == atom.Th
			row = append(row, join(lines(cell, own)))
		}
		if len(row) == 0 {
			continue
		}
		if heads && len(t.rows) == t.head {
			t.head++
		}
		t.rows = append(t.rows, row)
	}
	return t
}

// join puts lines behind one another.
func join(list [][]run) []run {
	var out []run
	for i, l := range list {
		if i > 0 {
			out = append(out, run{text: " "})
		}
		out = append(out, l...)
	}
	return out
}

// readSquare reads a QR code as record.QR draws it.
func readSquare(n *html.Node) (square, bool) {
	var q square
	if _, err := fmt.Sscanf(attr(n, "viewbox", "viewBox"), "0 0 %d", &q.side); err != nil || q.side <= 0 {
		return q, false
	}
	for c := range n.Descendants() {
		if c.Data != "path" {
			continue
		}
		for _, part := range strings.Split(attr(c, "d"), "z") {
			if part == "" {
				continue
			}
			var b bar
			if _, err := fmt.Sscanf(part, "M%d %dh%dv1h", &b.x, &b.y, &b.n); err != nil {
				return q, false
			}
			q.dark = append(q.dark, b)
		}
	}
	return q, len(q.dark) > 0
}

// hidden says whether something is not for paper.
func hidden(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Script, atom.Style, atom.Form, atom.Button, atom.Nav, atom.Dialog, atom.Template, atom.Input, atom.Select, atom.Textarea, atom.Img, atom.Canvas:
		return true
	}
	for _, a := range n.Attr {
		if a.Key == "hidden" {
			return true
		}
	}
	return hasClass(n, "no-print") || hasClass(n, "button") || hasClass(n, "sr") || hasClass(n, "toasts")
}

func hasClass(n *html.Node, name string) bool {
	for _, c := range strings.Fields(attr(n, "class")) {
		if c == name {
			return true
		}
	}
	return false
}

func attr(n *html.Node, keys ...string) string {
	for _, a := range n.Attr {
		for _, k := range keys {
			if a.Key == k {
				return a.Val
			}
		}
	}
	return ""
}

func blank(list []run) bool {
	for _, r := range list {
		if strings.TrimSpace(r.text) != "" {
			return false
		}
	}
	return true
}

// tidy closes up white space as a browser does, over the borders of runs too. Four spaces are meant: they stand between the parts of a line.
func tidy(list []run) []run {
	var out []run
	space := true // at the beginning there is none
	for _, r := range list {
		var b strings.Builder
		if r.text == "    " {
			b.WriteString(r.text)
			space = true
		} else {
			for _, c := range r.text {
				white := c == ' ' || c == '\n' || c == '\t' || c == '\r'
				if white && space {
					continue
				}
				space = white
				if white {
					c = ' '
				}
				b.WriteRune(c)
			}
		}
		if b.Len() > 0 {
			out = append(out, run{b.String(), r.bold, r.small})
		}
	}
	for len(out) > 0 {
		last := &out[len(out)-1]
		if last.text = strings.TrimRight(last.text, " "); last.text != "" {
			break
		}
		out = out[:len(out)-1]
	}
	return out
}
