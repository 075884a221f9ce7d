package paper

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"
)

const frame = `<!doctype html><html lang="en"><head><title>Certificate</title></head><body><nav>not printed</nav><main id="main">%s</main></body></html>`

func page(main string) string { return strings.Replace(frame, "%s", main, 1) }

// say prints a page and returns what a reader of the PDF finds in it.
func say(t *testing.T, main string) string {
	t.Helper()
	if _, err := exec.LookPath("pdftotext"); err != nil {
		t.Skip("pdftotext is not installed (Debian: poppler-utils): what a PDF says is not read back")
	}
	file := filepath.Join(t.TempDir(), "page.pdf")
	if err := os.WriteFile(file, pdf(t, main), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("pdftotext", "-layout", file, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func pdf(t *testing.T, main string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, strings.NewReader(page(main)), "firebreak · 2022-03-19", time.Date(2022, 3, 19, 1, 0, 0, 0, time.UTC)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestSays reads a PDF back: what the page says is in it, in English and Chinese, and what is not for paper is not.
func TestSays(t *testing.T) {
	t.Parallel()
	got := say(t, `<div class="page-head no-print"><h1>Not this</h1></div><article class="card notice-sheet"><section><h2>Certificate of release</h2>
<p class="line"><span>Code: <code>8R5N-3YLE</code></span><span>Name: <span class="blank"></span></span></p><p>Whoever carries
  this <b>is free</b>.</p><dl class="facts"><dt>Kept apart</dt><dd><div>8 Mar 2022 12:00</div><div>to 18 Mar 2022</div></dd></dl></section>
<section lang="zh"><h2>解除隔离证明</h2><p>持证人曾被要求与他人分开居住，现已解除，可自由出行。</p></section><button>Print</button><a class="button" href="?as=pdf">Link</a></article>
<table><thead><tr><th>Site</th><th>People</th></tr></thead><tbody><tr><td>崂山一号</td><td>1,204</td></tr></tbody></table><ul><li>first</li><li>second</li></ul>`)
	for _, want := range []string{"Certificate of release", "Code: 8R5N-3YLE", "____", "Whoever carries this is free.", "Kept apart", "8 Mar 2022 12:00", "to 18 Mar 2022", "解除隔离证明",
		"持证人曾被要求与他人分开居住，现已解除，可自由出行。", "崂山一号", "1,204", "first", "second", "firebreak · 2022-03-19"} {
		if !strings.Contains(got, want) {
			t.Errorf("the PDF does not say %q:\n%s", want, got)
		}
	}
	for _, no := range []string{"Not this", "not printed", "Print\n", "Link"} {
		if strings.Contains(got, no) {
			t.Errorf("the PDF says %q", no)
		}
	}
}

func TestSamePageSameFile(t *testing.T) {
	t.Parallel()
	const main = `<h1>Account 账目</h1><p>x</p>`
	if !bytes.Equal(pdf(t, main), pdf(t, main)) {
		t.Error("the same page made two files")
	}
}

func TestLongTableSaysItsHeadOnEverySheet(t *testing.T) {
	t.Parallel()
	got := say(t, `<table><tr><th>Door</th></tr>`+strings.Repeat(`<tr><td>12-3</td></tr>`, 150)+`</table>`)
	sheets := strings.Split(strings.TrimRight(got, "\f"), "\f")
	if len(sheets) < 3 {
		t.Fatalf("%d sheets for 150 rows", len(sheets))
	}
	rows := 0
	for i, s := range sheets {
		if !strings.Contains(s, "Door") {
			t.Errorf("sheet %d has no head", i+1)
		}
		rows += strings.Count(s, "12-3")
	}
	if rows != 150 {
		t.Errorf("%d of 150 rows are printed", rows)
	}
}

func TestEachNoticeIsASheet(t *testing.T) {
	t.Parallel()
	d, err := read(strings.NewReader(page(strings.Repeat(`<article class="notice-sheet"><p>one</p></article>`, 3))))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, b := range d.blocks {
		if _, ok := b.(sheet); ok {
			n++
		}
	}
	if n != 2 {
		t.Errorf("three notices begin %d new sheets, want 2", n)
	}
}

func TestQRCode(t *testing.T) {
	t.Parallel()
	d, err := read(strings.NewReader(page(`<svg class="qr" viewBox="0 0 29 29"><path class="dark" d="M4 4h7v1h-7zM12 4h1v1h-1z"/></svg><svg class="chart"><path d="M0 0"/></svg>`)))
	if err != nil {
		t.Fatal(err)
	}
	if len(d.blocks) != 1 {
		t.Fatalf("%d blocks, want the QR code alone", len(d.blocks))
	}
	q, ok := d.blocks[0].(square)
	if !ok || q.side != 29 || len(q.dark) != 2 || q.dark[1] != (bar{12, 4, 1}) {
		t.Errorf("read as %+v", d.blocks[0])
	}
}

func TestPageWithoutMain(t *testing.T) {
	t.Parallel()
	if err := Write(&bytes.Buffer{}, strings.NewReader("<p>x"), "", time.Time{}); !errors.Is(err, errNoMain) {
		t.Errorf("got %v", err)
	}
}

// TestFit: no letter is lost, none is added, no line is wider than asked unless it is one letter, and no line begins with what may not.
func TestFit(t *testing.T) {
	t.Parallel()
	f := flow{func(s string, _ font, size float64) float64 { return float64(utf8.RuneCountInString(s)) * size }}
	rapid.Check(t, func(t *rapid.T) {
		var runs []run
		var all strings.Builder
		for range rapid.IntRange(0, 4).Draw(t, "runs") {
			r := run{rapid.StringOfN(rapid.RuneFrom([]rune("ab c-，。（人民医院")), 0, 30, -1).Draw(t, "text"), rapid.Bool().Draw(t, "bold"), rapid.Bool().Draw(t, "small")}
			runs = append(runs, r)
			all.WriteString(r.text)
		}
		most := rapid.Float64Range(1, 200).Draw(t, "most")
		var got strings.Builder
		for i, l := range f.fit(runs, most, normal) {
			wide, letters := 0.0, ""
			for _, c := range l {
				wide += c.wide
				letters += c.text
			}
			got.WriteString(letters)
			if trimmed := strings.TrimRight(letters, " "); wide-float64(len(letters)-len(trimmed))*normal > most+1e-9 && utf8.RuneCountInString(trimmed) > 1 {
				t.Fatalf("line %d %q is %g wide, at most %g", i, letters, wide, most)
			}
		}
		if got.String() != all.String() {
			t.Fatalf("%q came out as %q", all.String(), got.String())
		}
	})
}

func TestNoLineBeginsWithAComma(t *testing.T) {
	t.Parallel()
	f := flow{func(s string, _ font, _ float64) float64 { return float64(utf8.RuneCountInString(s)) }}
	for i, l := range f.fit([]run{{text: "人民医院，人民医院，人民医院"}}, 4, normal) {
		if first, _ := utf8.DecodeRuneInString(l[0].text); strings.ContainsRune(neverFirst, first) {
			t.Errorf("line %d begins with %c", i, first)
		}
	}
}

// FuzzRead: any page is read or refused; none makes it panic.
func FuzzRead(f *testing.F) {
	f.Add(page(`<p>x<br>y<table><tr><td>z`))
	f.Add(page(`<svg class="qr" viewBox="0 0 x"><path d="M">`))
	f.Add(`<dl><dd>lonely`)
	f.Fuzz(func(t *testing.T, s string) {
		if d, err := read(strings.NewReader(s)); err == nil {
			for _, b := range d.blocks {
				if x, ok := b.(text); ok && blank(x.runs) {
					t.Fatal("an empty paragraph")
				}
			}
		}
	})
}

// TestShare: the columns of a table are as wide as a sheet together, and none is narrower than it wants while another has more than it wants.
func TestShare(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(rapid.Float64Range(1, 300), 1, 12).Draw(t, "want")
		got := share(want, right-left)
		sum := 0.0
		for _, w := range got {
			sum += w
		}
		if sum < right-left-1e-6 || sum > right-left+1e-6 {
			t.Fatalf("%v share %g of %g", want, sum, right-left)
		}
		for i := range got {
			for j := range got {
				if got[i] < want[i]-1e-9 && got[j] > max(want[j], got[i])+1e-9 {
					t.Fatalf("of %v column %d gets %g, and column %d gets %g", want, i, got[i], j, got[j])
				}
			}
		}
	})
}
