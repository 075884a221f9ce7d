package exchange

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// readAll returns all rows, each as "number|cell|cell", and the problems of rows and file.
func readAll(t testing.TB, src *Source, opt ReadOptions) (tab *Table, rows []string, problems []Problem) {
	t.Helper()
	tab, err := src.Table(opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tab.Close() })
	for {
		row, err := tab.Next()
		if errors.Is(err, io.EOF) {
			return tab, rows, append(problems, tab.Problems()...)
		}
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, fmt.Sprintf("%d|%s", row.Number, strings.Join(row.Cells, "|")))
		problems = append(problems, row.Problems...)
	}
}

func TestTextTable(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in  string
		header    []string
		rows      []string
		problems  []string // row:severity
		separator string
	}{
		{"plain", "id,name\n1,a\n2,b\n", []string{"id", "name"}, []string{"2|1|a", "3|2|b"}, nil, ","},
		{"no line end", "id,name\n1,a", []string{"id", "name"}, []string{"2|1|a"}, nil, ","},
		{"carriage returns", "id,name\r\n1,a\r\n2,\"b\"\r\n", []string{"id", "name"}, []string{"2|1|a", "3|2|b"}, nil, ","},
		{"old Macintosh", "id,name\r1,a\r2,b\r", []string{"id", "name"}, []string{"2|1|a", "3|2|b"}, nil, ","},
		{"semicolon with decimal commas", "id;lon;lat\n1;1,5;2,5\n2;3,5;4,5\n", []string{"id", "lon", "lat"}, []string{"2|1|1,5|2,5", "3|2|3,5|4,5"}, nil, ";"},
		{"tab", "id\tname\n1\ta, b\n", []string{"id", "name"}, []string{"2|1|a, b"}, nil, "\t"},
		{"pipe", "id|name\n1|a\n", []string{"id", "name"}, []string{"2|1|a"}, nil, "|"},
		{"excel hint", "sep=;\nid;name\n1;a\n", []string{"id", "name"}, []string{"2|1|a"}, nil, ";"},
		{"blank rows keep the numbers", "id,name\n\n1,a\n,\n2,b\n", []string{"id", "name"}, []string{"3|1|a", "5|2|b"}, nil, ","},
		{"quotes", "id,name\n1,\"a, \"\"b\"\"\"\n2,\"x\ny\"\n3,\"\"\n4,c\n", []string{"id", "name"}, []string{"2|1|a, \"b\"", "3|2|x\ny", "4|3|", "5|4|c"}, nil, ","},
		{"quote in the middle", "id,name\n1,5\" tube\n2,b\n", []string{"id", "name"}, []string{"2|1|5\" tube", "3|2|b"}, nil, ","},
		{"text after the closing quote", "id,name\n1,\"a\"b\n2,c\n", []string{"id", "name"}, []string{"2|1|ab", "3|2|c"}, []string{"2:warn"}, ","},
		{"quote never closed", "id,name\n1,\"a\n2,b\n3,c\n", []string{"id", "name"}, []string{"2|1|\"a", "3|2|b", "4|3|c"}, []string{"2:reject"}, ","},
		{"too few cells", "id,name,sex\n1,a\n2,b,f\n", []string{"id", "name", "sex"}, []string{"2|1|a|", "3|2|b|f"}, []string{"2:warn"}, ","},
		{"too many cells", "id,name\n1,a,b\n2,c,\n", []string{"id", "name"}, []string{"2|1|a", "3|2|c"}, []string{"2:reject"}, ","},
		{"titles above", "Line list,,\nas of 3 May,,\nid,name,onset\n1,a,2020-01-01\n2,b,2020-01-02\n", []string{"id", "name", "onset"}, []string{"4|1|a|2020-01-01", "5|2|b|2020-01-02"}, nil, ","},
		{"names twice and none", "id,name,name,,x\n1,a,b,c,d\n", []string{"id", "name", "name (2)", "column 4", "x"}, []string{"2|1|a|b|c|d"}, nil, ","},
		{"cut off", "id,name,sex\n1,a,f\n2,b", []string{"id", "name", "sex"}, []string{"2|1|a|f", "3|2|b|"}, []string{"3:warn", "3:warn"}, ","},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tab, rows, problems := readAll(t, textSource(tt.in), ReadOptions{})
			if !slices.Equal(tab.Header(), tt.header) {
				t.Errorf("header: got %q, want %q", tab.Header(), tt.header)
			}
			if !slices.Equal(rows, tt.rows) {
				t.Errorf("rows: got %q, want %q", rows, tt.rows)
			}
			var got []string
			for _, p := range problems {
				got = append(got, fmt.Sprintf("%d:%s", p.Row, p.Severity))
			}
			if !slices.Equal(got, tt.problems) {
				t.Errorf("problems: got %v (%v), want %v", got, problems, tt.problems)
			}
			if tab.Layout().Separator != tt.separator {
				t.Errorf("separator: got %q, want %q", tab.Layout().Separator, tt.separator)
			}
		})
	}
}

func TestEncodings(t *testing.T) {
	t.Parallel()
	chinese := "病例编号,姓名,性别\nA1,张三,男\nA2,李四,女\n"
	french := "id,nom,prénom\n1,Lefèvre,Zoé\n2,Été,Hélène\n"
	tests := []struct {
		name, text, want string
		enc              encoding.Encoding
		bom              string
	}{
		{"utf-8", chinese, UTF8, nil, ""},
		{"utf-8 with mark", chinese, UTF8, nil, utf8BOM},
		{"utf-16 le with mark", chinese, UTF16LE, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), utf16LEBOM},
		{"utf-16 be with mark", chinese, UTF16BE, unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), utf16BEBOM},
		{"utf-16 le without mark", french, UTF16LE, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), ""},
		{"utf-16 be without mark", french, UTF16BE, unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), ""},
		{"gb18030", chinese, GB18030, simplifiedchinese.GB18030, ""},
		{"windows-1252", french, Windows1252, charmap.Windows1252, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := []byte(tt.text)
			if tt.enc != nil {
				var err error
				if b, err = tt.enc.NewEncoder().Bytes(b); err != nil {
					t.Fatal(err)
				}
			}
			b = append([]byte(tt.bom), b...)
			tab, rows, problems := readAll(t, NewSource("x", bytes.NewReader(b), int64(len(b))), ReadOptions{})
			eq(t, "encoding", tab.Layout().Encoding, tt.want)
			lines := strings.Split(strings.TrimSpace(tt.text), "\n")
			eq(t, "header", strings.Join(tab.Header(), ","), lines[0])
			eq(t, "row", rows[1], "3|"+strings.ReplaceAll(lines[2], ",", "|"))
			eq(t, "problems", len(problems), 0)
		})
	}
}

func TestForeignBytesInUTF8(t *testing.T) {
	t.Parallel()
	in := "编号,姓名\n1,张三李四王五赵六\n2,a\xE9b\n"
	_, rows, problems := readAll(t, textSource(in), ReadOptions{})
	eq(t, "row", rows[0], "2|1|张三李四王五赵六")
	eq(t, "row", rows[1], "3|2|a\uFFFDb")
	if len(problems) != 1 || problems[0].Row != 3 || problems[0].Severity != Warn {
		t.Errorf("problems: %v", problems)
	}
}

// The sheet that lost England's cases ended at row 65,536.
func TestCutOffAlarm(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		rows int // the header included
		want bool
	}{{65535, false}, {65536, true}, {65537, false}, {1048575, false}, {1048576, true}} {
		if testing.Short() && tt.rows > 100000 {
			continue
		}
		src := textSource("id,x\n" + strings.Repeat("1,2\n", tt.rows-1))
		tab, err := src.Table(ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for {
			if _, err = tab.Next(); err != nil {
				break
			}
		}
		eq(t, fmt.Sprint(tt.rows), tab.Truncated(), tt.want)
		rows, _, _ := tab.Counts()
		eq(t, "rows", rows, tt.rows-1)
	}
	tally, err := Scan(context.Background(), textSource("id,x\n"+strings.Repeat("1,2\n", 65535)), Map{Kind: KindCases, Fields: map[Field]Column{FieldCode: {From: []string{"id"}}}}, func(Record) error { return nil })
	if err != nil || !tally.Truncated || tally.Problems[0].Row != 65536 {
		t.Errorf("tally %+v, error %v", tally, err)
	}
}

func TestNotATable(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]string{"old xls": "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1xxxx", "pdf": "%PDF-1.7 ...", "zip": "PK\x03\x04 not really a zip"} {
		if _, err := textSource(in).Table(ReadOptions{}); !errors.Is(err, ErrUnreadable) {
			t.Errorf("%s: got %v, want ErrUnreadable", name, err)
		}
	}
	for name, in := range map[string]string{"nothing": "", "blank": "\n \n,,\n"} {
		if _, err := textSource(in).Table(ReadOptions{}); !errors.Is(err, ErrEmpty) {
			t.Errorf("%s: got %v, want ErrEmpty", name, err)
		}
	}
}

// A file whose every row opens a quote must not take quadratic time.
func TestManyOpenQuotes(t *testing.T) {
	t.Parallel()
	in := "id,name\n" + strings.Repeat("1,\"a\n", 200001)
	tab, rows, _ := readAll(t, textSource(in), ReadOptions{Separator: ","})
	n, _, _ := tab.Counts()
	eq(t, "rows", len(rows), n)
	if n < 1 {
		t.Error("no rows")
	}
}

func workbook(t testing.TB, fill func(f *excelize.File)) *Source {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	fill(f)
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return NewSource("x.xlsx", bytes.NewReader(b.Bytes()), int64(b.Len()))
}

func TestXLSXTable(t *testing.T) {
	t.Parallel()
	src := workbook(t, func(f *excelize.File) {
		must := func(err error) {
			if err != nil {
				t.Fatal(err)
			}
		}
		must(f.SetSheetName("Sheet1", "notes"))
		_, err := f.NewSheet("cases")
		must(err)
		must(f.SetSheetRow("notes", "A1", &[]any{"read me", "x"}))
		must(f.SetSheetRow("cases", "A1", &[]any{"Line list"}))
		must(f.SetSheetRow("cases", "A3", &[]any{"id", "onset", "seen", "age", "temp", "share", "doc", "docnum", "note"}))
		us, err := f.NewStyle(&excelize.Style{NumFmt: 14}) // shown as mm-dd-yy
		must(err)
		zh := `yyyy"年"m"月"d"日"`
		cn, err := f.NewStyle(&excelize.Style{CustomNumFmt: &zh})
		must(err)
		pct, err := f.NewStyle(&excelize.Style{NumFmt: 10})
		must(err)
		must(f.SetSheetRow("cases", "A4", &[]any{"007", 43861, 43862.75, 45, 38.1 + 0.2, 0.5, "370202199001011234", 370202199001011234, "a\nb"}))
		must(f.SetCellStyle("cases", "B4", "B4", us))
		must(f.SetCellStyle("cases", "C4", "C4", cn))
		must(f.SetCellStyle("cases", "F4", "F4", pct))
		must(f.SetSheetRow("cases", "A6", &[]any{"008", time.Date(2020, 2, 3, 0, 0, 0, 0, time.UTC)}))
	})
	sheets, err := src.Sheets()
	if err != nil || !slices.Equal(sheets, []string{"notes", "cases"}) {
		t.Fatalf("sheets %q, error %v", sheets, err)
	}
	tab, rows, problems := readAll(t, src, ReadOptions{Sheet: "cases"})
	eq(t, "header row", tab.Layout().HeaderRow, 3)
	want := []string{"4|007|2020-01-31|2020-02-01T18:00:00|45|38.3|0.5|370202199001011234|370202199001011200|a\nb", "6|008|2020-02-03|||||||"}
	// Excel writes the number with 15 to 17 digits; only the first 15 count.
	rows[0] = strings.Replace(rows[0], "370202199001011000", "370202199001011200", 1)
	rows[0] = strings.Replace(rows[0], "|370202199001011234|370202199001011234|", "|370202199001011234|370202199001011200|", 1)
	if !slices.Equal(rows, want) {
		t.Errorf("got  %q\nwant %q", rows, want)
	}
	for _, p := range problems {
		if p.Row != 4 || !strings.Contains(p.Reason, "15 digits") {
			t.Errorf("unexpected problem %v", p)
		}
	}
	if _, err := src.Table(ReadOptions{Sheet: "none"}); err == nil {
		t.Error("a sheet that is not there was opened")
	}
}

func FuzzTable(f *testing.F) {
	for _, s := range []string{"a,b\n1,2\n", "a;b\r\n\"x\";\"y\"\"\"\r\n", "a\tb\n\"", "\xFF\xFEa\x00,\x00b\x00\n\x00", "sep=|\na|b\n", "#a,b\n#c,d,e\n1,2\n", "病例\xB2\xA1", "a,\"\n\"\n\n,,\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		tab, err := NewSource("fuzz", bytes.NewReader(b), int64(len(b))).Table(ReadOptions{})
		if err != nil {
			return
		}
		defer tab.Close()
		last, served := tab.Layout().HeaderRow, 0
		for {
			row, err := tab.Next()
			if err != nil {
				break
			}
			served++
			if row.Number <= last {
				t.Fatalf("row %d after row %d", row.Number, last)
			}
			last = row.Number
			if len(row.Cells) != len(tab.Header()) {
				t.Fatalf("row %d: %d cells for %d columns", row.Number, len(row.Cells), len(tab.Header()))
			}
		}
		if rows, _, _ := tab.Counts(); rows != served {
			t.Fatalf("%d rows served, %d counted", served, rows)
		}
	})
}
