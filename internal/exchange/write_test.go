package exchange

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"firebreak/internal/day"
)

func rowsOf(rows ...[]Value) Rows {
	return func(yield func([]Value, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func failing(err error, rows ...[]Value) Rows {
	return func(yield func([]Value, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
		yield(nil, err)
	}
}

func TestNeutralise(t *testing.T) {
	t.Parallel()
	tests := []struct{ in, want string }{
		{"", ""}, {"plain", "plain"}, {"=1+1", "'=1+1"}, {"+86 138", "'+86 138"}, {"-5", "-5"}, {"+3.5", "+3.5"}, {"-", "'-"}, {"-Inf", "'-Inf"}, {"@SUM(A1)", "'@SUM(A1)"},
		{"\t=1", "'\t=1"}, {"\r=1", "'\r=1"}, {"'=1", "''=1"}, {"it's", "it's"}, {"'quoted'", "'quoted'"}, {"＝1", "'＝1"}, {"  =1", "'  =1"}, {"-1-2", "'-1-2"}, {"a=1", "a=1"}, {"-1e5", "'-1e5"},
	}
	for _, tt := range tests {
		got := neutralise(tt.in)
		if got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.in, got, tt.want)
		}
		if back := restore(got); back != tt.in {
			t.Errorf("%q came back as %q", tt.in, back)
		}
	}
}

func TestWriteCSV(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	n, err := WriteCSV(&b, []string{"id", "=note", "n", "d", "b"}, rowsOf(
		[]Value{Text("007"), Text("=cmd|' /C calc'!A0"), Number(1.5), Date(day.MustParse("2020-01-02")), Bool(true)},
		[]Value{Text("a;b"), Text("x\n\"y\""), Int(-3), {}, {}},
	), CSVOptions{BOM: true})
	if err != nil || n != 2 {
		t.Fatalf("%d rows, error %v", n, err)
	}
	want := utf8BOM + "id,'=note,n,d,b\n007,\"'=cmd|' /C calc'!A0\",1.5,2020-01-02,true\n\"a;b\",\"x\n\"\"y\"\"\",-3,,\n"
	want = strings.Replace(want, "id,'=note", "id,\"'=note\"", 1)
	eq(t, "csv", b.String(), want)
}

func TestWriteErrors(t *testing.T) {
	t.Parallel()
	boom := errors.New("database gone")
	h := []string{"a"}
	writers := map[string]func(Rows) (int, error){
		"csv":    func(r Rows) (int, error) { return WriteCSV(io.Discard, h, r, CSVOptions{}) },
		"xlsx":   func(r Rows) (int, error) { return WriteXLSX(io.Discard, "x", h, r) },
		"json":   func(r Rows) (int, error) { return WriteJSON(io.Discard, h, r) },
		"ndjson": func(r Rows) (int, error) { return WriteNDJSON(io.Discard, h, r) },
	}
	for name, write := range writers {
		if n, err := write(failing(boom, []Value{Text("x")})); !errors.Is(err, boom) || n != 1 {
			t.Errorf("%s: %d rows, error %v; want 1 row and the source's error", name, n, err)
		}
		if _, err := write(rowsOf([]Value{Text("x"), Text("y")})); err == nil {
			t.Errorf("%s: a row wider than the header was written", name)
		}
	}
	if _, _, err := WriteGeoJSON(io.Discard, h, "lon", "lat", rowsOf()); err == nil {
		t.Error("geojson without positions was written")
	}
	if _, err := WriteXLSX(io.Discard, "x", h, rowsOf([]Value{Text(strings.Repeat("x", maxCellChars+1))})); err == nil {
		t.Error("a text longer than a cell was written")
	}
}

func TestWriteJSON(t *testing.T) {
	t.Parallel()
	rows := rowsOf([]Value{Text("=1\"\u2028"), Number(0.1), {}, Bool(false)}, []Value{{}, Int(12), Date(day.MustParse("2020-01-02")), Bool(true)})
	h := []string{"a b", "n", "d", "ok"}
	var b bytes.Buffer
	if _, err := WriteJSON(&b, h, rows); err != nil {
		t.Fatal(err)
	}
	var got []map[string]any
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatalf("%v in %s", err, b.String())
	}
	want := []map[string]any{{"a b": "=1\"\u2028", "n": 0.1, "d": nil, "ok": false}, {"a b": nil, "n": 12.0, "d": "2020-01-02", "ok": true}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	b.Reset()
	if _, err := WriteNDJSON(&b, h, rows); err != nil {
		t.Fatal(err)
	}
	eq(t, "lines", strings.Count(b.String(), "\n"), 2)
	for line := range strings.Lines(b.String()) {
		if !json.Valid([]byte(line)) {
			t.Errorf("not JSON: %s", line)
		}
	}
	b.Reset()
	if _, err := WriteJSON(&b, h, rowsOf()); err != nil || !json.Valid(b.Bytes()) {
		t.Errorf("an empty export: %q, %v", b.String(), err)
	}
}

func TestWriteGeoJSON(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	n, without, err := WriteGeoJSON(&b, []string{"code", "lon", "lat"}, "lon", "lat", rowsOf([]Value{Text("A"), Number(120.38), Number(36.07)}, []Value{Text("B"), {}, {}}))
	if err != nil || n != 2 || without != 1 {
		t.Fatalf("%d rows, %d without a point, error %v", n, without, err)
	}
	var fc struct {
		Type     string
		Features []struct {
			Type     string
			Geometry *struct {
				Type        string
				Coordinates []float64
			}
			Properties map[string]any
		}
	}
	if err := json.Unmarshal(b.Bytes(), &fc); err != nil {
		t.Fatal(err)
	}
	f := fc.Features
	if fc.Type != "FeatureCollection" || len(f) != 2 || !slices.Equal(f[0].Geometry.Coordinates, []float64{120.38, 36.07}) || f[1].Geometry != nil || f[1].Properties["code"] != "B" || len(f[0].Properties) != 1 {
		t.Errorf("got %s", b.String())
	}
}

func TestXLSXGoesOnInTheNextSheet(t *testing.T) {
	t.Parallel()
	f := excelize.NewFile()
	defer f.Close()
	x := &xlsxWriter{f: f, name: "cases", header: []string{"id"}, limit: 4, cells: make([]any, 1)}
	if err := x.nextSheet(); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"1", "2", "3", "4", "5"} {
		if err := x.write([]Value{Text(id)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := x.sw.Flush(); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	src := NewSource("x.xlsx", bytes.NewReader(b.Bytes()), int64(b.Len()))
	sheets, err := src.Sheets()
	if err != nil || !slices.Equal(sheets, []string{"cases", "cases 2", "cases 3"}) {
		t.Fatalf("sheets %q, error %v", sheets, err)
	}
	var all []string
	for _, sheet := range sheets {
		_, rows, _ := readAll(t, src, ReadOptions{Sheet: sheet})
		all = append(all, rows...)
	}
	if !slices.Equal(all, []string{"2|1", "3|2", "2|3", "3|4", "2|5"}) {
		t.Errorf("rows %q", all)
	}
}

// What we write we read back as it was, by CSV in every separator and by XLSX, without a map.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	text := rapid.OneOf(rapid.SampledFrom([]string{"", "=1+1", "+86 138 0000", "-x", "@a", "'=b", "a,b;c|d\te", "x\"y\"", "li\nne", "张三", "O'Neil", "#1"}), rapid.StringMatching(`[a-zA-Z=+@'";, ]{0,8}[a-z]`))
	days := rapid.Int32Range(int32(day.Of(1950, 1, 1)), int32(day.Of(2060, 1, 1)))
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 5).Draw(t, "n")
		want := make([]*CaseRecord, n)
		for i := range want {
			c := &CaseRecord{Row: i + 2}
			c.Code = "C" + Int(i).String()
			c.Name = strings.TrimSpace(text.Draw(t, "name"))
			c.Document = strings.TrimSpace(text.Draw(t, "document"))
			c.Sex = rapid.SampledFrom([]Sex{"", Male, Female, OtherSex}).Draw(t, "sex")
			c.Class = rapid.SampledFrom([]Class{"", Suspected, Probable, Confirmed, Asymptomatic, Discarded}).Draw(t, "class")
			c.Onset = day.Day(days.Draw(t, "onset"))
			if rapid.Bool().Draw(t, "died") {
				c.Outcome, c.OutcomeDate = Died, c.Onset.Add(10)
			}
			c.Age = Age{Years: float64(rapid.IntRange(0, 400).Draw(t, "age")) / 4, Known: true}
			if rapid.Bool().Draw(t, "point") {
				// A micro-degree is 11 cm; XLSX numbers are read to 15 digits.
				c.Lon, c.Lat, c.HasPoint = float64(rapid.IntRange(1, 180e6).Draw(t, "lon"))/1e6, float64(rapid.IntRange(-90e6, -1).Draw(t, "lat"))/1e6, true
			}
			c.Clusters = rapid.SampledFrom([][]string{nil, {"Grace"}, {"Life Church", "Wuhan"}}).Draw(t, "clusters")
			if note := strings.TrimSpace(text.Draw(t, "note")); note != "" && !isMissing(note) {
				c.Attributes = []Attribute{{"my note", note}}
			}
			want[i] = c
		}
		rows := func(yield func([]Value, error) bool) {
			var buf []Value
			for _, c := range want {
				buf = CaseRow(buf[:0], c, "my note")
				if !yield(buf, nil) {
					return
				}
			}
		}
		formats := map[string]func(io.Writer) (int, error){
			"csv": func(w io.Writer) (int, error) { return WriteCSV(w, CaseHeader("my note"), rows, CSVOptions{}) },
			"csv;": func(w io.Writer) (int, error) {
				return WriteCSV(w, CaseHeader("my note"), rows, CSVOptions{Separator: ';', BOM: true})
			},
			"xlsx": func(w io.Writer) (int, error) { return WriteXLSX(w, "cases", CaseHeader("my note"), rows) },
		}
		for name, write := range formats {
			var b bytes.Buffer
			if _, err := write(&b); err != nil {
				t.Fatal(err)
			}
			src := NewSource(name, bytes.NewReader(b.Bytes()), int64(b.Len()))
			p, err := Preview(t.Context(), src, nil, 10)
			if err != nil {
				t.Fatal(err)
			}
			if p.Map == nil || p.Map.Format != "firebreak-cases" {
				t.Fatalf("%s: recognised %v", name, formatNames(p.Recognised))
			}
			for i, r := range p.Records {
				if len(r.Problems) > 0 {
					t.Fatalf("%s: problems %v", name, r.Problems)
				}
				got := *r.Case
				if !reflect.DeepEqual(&got, want[i]) {
					t.Fatalf("%s: got %+v\nwant %+v", name, got, *want[i])
				}
			}
		}
	})
}

func TestEpicontactsRoundTrip(t *testing.T) {
	t.Parallel()
	s := scanFile(t, "mers_korea_2015/linelist.csv", "mers-korea-2015")
	l := scanFile(t, "mers_korea_2015/contacts.csv", "mers-korea-2015-contacts")
	var line, contacts bytes.Buffer
	nc, nl, err := WriteEpicontacts(&line, &contacts, func(yield func(*CaseRecord, error) bool) {
		for _, c := range s.cases {
			if !yield(c, nil) {
				return
			}
		}
	}, func(yield func(*LinkRecord, error) bool) {
		for i := range l.links {
			if !yield(&l.links[i], nil) {
				return
			}
		}
	})
	if err != nil || nc != 162 || nl != 98 {
		t.Fatalf("%d cases, %d links, error %v", nc, nl, err)
	}
	back := scanSource(t, NewSource("linelist.csv", bytes.NewReader(line.Bytes()), int64(line.Len())), "linelist")
	links := scanSource(t, NewSource("contacts.csv", bytes.NewReader(contacts.Bytes()), int64(contacts.Len())), "firebreak-links")
	eq(t, "links", links.linksOf(LinkTransmission), 98)
	for i, c := range back.cases {
		w := s.cases[i]
		if c.Code != w.Code || c.Onset != w.Onset || c.Sex != w.Sex || c.Outcome != w.Outcome || c.OutcomeDate != w.OutcomeDate || c.Diagnosed != w.Diagnosed || c.Age.Years != w.Age.Years {
			t.Errorf("case %s: got %+v, want %+v", w.Code, c, w)
		}
	}
}
