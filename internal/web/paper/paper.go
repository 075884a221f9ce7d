package paper

import (
	_ "embed"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
)

//go:embed fonts/DroidSansFallbackFull.ttf
var han []byte

// Millimetres of a sheet, and points of its letters.
const (
	wide, high = 210.0, 297.0
	left       = 18.0
	right      = wide - 18.0
	top        = 16.0
	bottom     = high - 18.0
	label      = 45.0 // width of the labels of facts
	module     = 1.0  // of a QR code, so that a phone reads it at arm's length
	normal     = 10.5
	little     = 8.5
	lead       = 1.45 // height of a line, in heights of its letters
	point      = 25.4 / 72
)

// headings are the sizes of headings by level.
var headings = [...]float64{normal, 17, 14, 11.5, normal, normal, normal}

// Write writes the main part of a page as a PDF; made is when it was made, which stands at the foot of each sheet in the words of foot, beside the number of the sheet.
func Write(w io.Writer, page io.Reader, foot string, made time.Time) error {
	d, err := read(page)
	if err != nil {
		return err
	}
	pdf := fpdf.New("P", "mm", "A4", "")
	// Each document has fonts of its own: while it cuts one down to the letters that are used, fpdf writes into what it was given.
	pdf.AddUTF8FontFromBytes("latin", "", slices.Clone(goregular.TTF))
	pdf.AddUTF8FontFromBytes("latin", "B", slices.Clone(gobold.TTF))
	pdf.AddUTF8FontFromBytes("han", "", slices.Clone(han))
	pdf.SetAutoPageBreak(false, 0)
	pdf.SetCatalogSort(true) // the same page is the same file
	pdf.SetCreationDate(made)
	pdf.SetModificationDate(made)
	pdf.SetTitle(d.title, true)
	pdf.SetLang(d.lang)
	p := &printer{pdf: pdf}
	p.measure = p.width
	pdf.SetFooterFunc(func() {
		y := bottom + 9
		p.line(p.fit([]run{{foot, false, true}}, right-left-20, little)[0], left, y, little)
		p.line(p.fit([]run{{strconv.Itoa(pdf.PageNo()), false, true}}, 20, little)[0], right-6, y, little)
	})
	p.newSheet()
	for i, b := range d.blocks {
		switch b := b.(type) {
		case sheet:
			p.newSheet()
		case text:
			p.text(b)
		case facts:
			p.facts(b)
		case table:
			p.table(b)
		case square:
			p.square(b)
		default:
			return fmt.Errorf("block %d: a %T has no place on paper", i, b)
		}
	}
	if err := pdf.Output(w); err != nil {
		return fmt.Errorf("write the PDF: %w", err)
	}
	return nil
}

// printer puts blocks on sheets, from the top down.
type printer struct {
	flow
	pdf *fpdf.Fpdf
	y   float64
}

func (p *printer) newSheet() {
	p.pdf.AddPage()
	p.y = top
}

// room begins a new sheet where so much does not fit on this one.
func (p *printer) room(h float64) {
	if p.y+h > bottom && p.y > top {
		p.newSheet()
	}
}

func (p *printer) text(t text) {
	size, x := headings[t.level], left
	if t.level > 0 && p.y > top {
		p.y += size * point * 0.6
	}
	if t.item {
		x += 5
	}
	list := p.fit(t.runs, right-x, size)
	need := size * point * lead
	if t.level > 0 { // a heading is not left alone at the foot
		need = need*float64(len(list)) + 2*normal*point*lead
	}
	p.room(need)
	for i, l := range list {
		p.room(size * point * lead)
		if t.item && i == 0 {
			p.line([]piece{{text: "•", font: latin}}, x-4, p.y+size*point, size)
		}
		p.line(l, x, p.y+size*point, size)
		p.y += size * point * lead
	}
	p.y += 1.6
}

func (p *printer) facts(list facts) {
	h := normal * point * lead
	for _, f := range list {
		names := p.fit(f.label, label-3, normal)
		var values [][]piece
		for _, l := range f.lines {
			values = append(values, p.fit(l, right-left-label, normal)...)
		}
		n := max(len(names), len(values))
		p.room(h * float64(min(n, 4)))
		for i := range n {
			p.room(h)
			if i < len(names) {
				p.pdf.SetTextColor(90, 90, 90)
				p.line(names[i], left, p.y+normal*point, normal)
				p.pdf.SetTextColor(0, 0, 0)
			}
			if i < len(values) {
				p.line(values[i], left+label, p.y+normal*point, normal)
			}
			p.y += h
		}
		p.y += 0.8
	}
	p.y += 1.6
}

func (p *printer) table(t table) {
	widths := p.columns(t)
	for i := range t.head {
		p.row(t.rows[i], widths)
	}
	for _, r := range t.rows[t.head:] {
		if p.y+p.height(r, widths) > bottom && p.y > top {
			p.newSheet()
			for i := range t.head {
				p.row(t.rows[i], widths)
			}
		}
		p.row(r, widths)
	}
	p.y += 2.4
}

// height is what a row of a table needs.
func (p *printer) height(r [][]run, widths []float64) float64 {
	n := 1
	for i, c := range r {
		n = max(n, len(p.fit(c, widths[i]-gap, little)))
	}
	return float64(n)*little*point*lead + 1.6
}

func (p *printer) row(r [][]run, widths []float64) {
	x, h := left, p.height(r, widths)
	for i, c := range r {
		for j, l := range p.fit(c, widths[i]-gap, little) {
			p.line(l, x, p.y+0.8+little*point*(1+float64(j)*lead), little)
		}
		x += widths[i]
	}
	p.y += h
	p.pdf.SetDrawColor(190, 190, 190)
	p.pdf.SetLineWidth(0.15)
	p.pdf.Line(left, p.y, right, p.y)
}

func (p *printer) square(q square) {
	h := float64(q.side) * module
	p.room(h)
	p.pdf.SetFillColor(0, 0, 0)
	for _, b := range q.dark {
		p.pdf.Rect(left+float64(b.x)*module, p.y+float64(b.y)*module, float64(b.n)*module, module, "F")
	}
	p.y += h + 1.6
}

// line writes pieces side by side on a base line.
func (p *printer) line(list []piece, x, y, size float64) {
	for _, c := range list {
		s := c.size(size)
		p.use(c.font, s)
		if c.font == hanBold { // the font has no bold letters: they are drawn round once more
			p.pdf.SetDrawColor(0, 0, 0)
			p.pdf.SetLineWidth(s * point / 40)
			p.pdf.SetTextRenderingMode(2)
		}
		p.pdf.Text(x, y, c.text)
		if c.font == hanBold {
			p.pdf.SetTextRenderingMode(0)
		}
		x += c.wide
	}
}

func (p *printer) use(f font, size float64) {
	switch f {
	case latinBold:
		p.pdf.SetFont("latin", "B", size)
	case hanPlain, hanBold:
		p.pdf.SetFont("han", "", size)
	default:
		p.pdf.SetFont("latin", "", size)
	}
}

func (p *printer) width(s string, f font, size float64) float64 {
	p.use(f, size)
	return p.pdf.GetStringWidth(s)
}
