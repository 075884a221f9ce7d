package exchange

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"firebreak/internal/day"
)

var update = flag.Bool("update", false, "rewrite golden files")

func scanText(t testing.TB, in string, m Map) ([]Record, Tally) {
	t.Helper()
	var recs []Record
	tally, err := Scan(context.Background(), textSource(in), m, func(r Record) error { recs = append(recs, r); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return recs, tally
}

func cases(fields map[Field]Column) Map { return Map{Format: "test", Kind: KindCases, Fields: fields} }

func TestRepeatedCodes(t *testing.T) {
	t.Parallel()
	in := "id,sex\nA,m\nA,m\nA,f\nB,f\n"
	m := cases(map[Field]Column{FieldCode: {From: []string{"id"}}, FieldSex: {From: []string{"sex"}}})
	recs, tally := scanText(t, in, m)
	if !recs[1].Repeat || recs[1].Rejected || recs[1].Case == nil {
		t.Errorf("the same row again: %+v", recs[1])
	}
	if !recs[2].Rejected || recs[2].Case != nil || !strings.Contains(recs[2].Problems[0].Reason, "row 2") {
		t.Errorf("the same code with other content: %+v", recs[2])
	}
	eq(t, "cases", tally.Cases, 3)
	eq(t, "rejected", tally.Rejected, 1)
	eq(t, "repeat rows", tally.RepeatRows, 1)

	m.Repeats = RepeatsUpdate
	recs, tally = scanText(t, in, m)
	if recs[2].Rejected || recs[2].Case.Sex != Female || len(recs[2].Problems) != 1 {
		t.Errorf("an update: %+v", recs[2])
	}
	eq(t, "cases", tally.Cases, 4)
}

// A row without a code keeps its code when rows are put before it, and equal rows get different ones.
func TestGeneratedCodesAreStable(t *testing.T) {
	t.Parallel()
	m := cases(map[Field]Column{FieldCode: {From: []string{"id"}}, FieldAge: {From: []string{"age"}}})
	a, tally := scanText(t, "id,age\n,40\n,40\n,50\n", m)
	b, _ := scanText(t, "id,age\nX,1\n,50\n,40\n,40\n", m)
	codes := func(rs []Record) []string {
		var out []string
		for _, r := range rs {
			if r.Case.Generated {
				out = append(out, r.Case.Code)
			}
		}
		slices.Sort(out)
		return out
	}
	eq(t, "generated", tally.Generated, 3)
	if got := codes(a); len(slices.Compact(slices.Clone(got))) != 3 || !slices.Equal(got, codes(b)) {
		t.Errorf("codes %v and %v", got, codes(b))
	}
}

func TestNothingIsLost(t *testing.T) {
	t.Parallel()
	in := "id,onset,sex,age,outcome,class,lon,lat,pet,doc\n" +
		"A,31/02/2020,X,old,Migrated,maybe,200,5,'=cat,3.70202E+17\n" +
		"B,13/02/2020,f,33,Hospitalized,confirmed,0,0,NA,AB1\n" +
		"3.70202E+17,14/02/2020,f,1,died,probable,1,2,dog,AB2\n"
	m := cases(map[Field]Column{
		FieldCode: {From: []string{"id"}}, FieldOnset: {From: []string{"onset"}}, FieldSex: {From: []string{"sex"}}, FieldAge: {From: []string{"age"}}, FieldOutcome: {From: []string{"outcome"}},
		FieldClass: {From: []string{"class"}}, FieldLon: {From: []string{"lon"}}, FieldLat: {From: []string{"lat"}}, FieldDocument: {From: []string{"doc"}},
	})
	recs, tally := scanText(t, in, m)
	want := []Attribute{{"doc", "3.70202E+17"}, {"sex", "X"}, {"age", "old"}, {"lon", "200"}, {"lat", "5"}, {"class", "maybe"}, {"onset", "31/02/2020"}, {"outcome", "Migrated"}, {"pet", "=cat"}}
	if !slices.Equal(recs[0].Case.Attributes, want) {
		t.Errorf("attributes: got %v, want %v", recs[0].Case.Attributes, want)
	}
	eq(t, "warnings of row 2", len(recs[0].Problems), 7)
	eq(t, "onset of B", recs[1].Case.Onset, day.MustParse("2020-02-13"))
	if recs[1].Case.HasPoint || len(recs[1].Problems) != 1 {
		t.Errorf("row 3: %+v", recs[1])
	}
	if !recs[2].Rejected {
		t.Error("a code that a spreadsheet rounded was accepted")
	}
	eq(t, "rejected", tally.Rejected, 1)
}

func TestOutcomeAndDates(t *testing.T) {
	t.Parallel()
	m := cases(map[Field]Column{FieldCode: {From: []string{"id"}}, FieldOutcome: {From: []string{"o"}}, FieldOutcomeDate: {From: []string{"od"}}, FieldDeathDate: {From: []string{"dd"}}, FieldRecoveryDate: {From: []string{"rd"}}})
	recs, _ := scanText(t, "id,o,od,dd,rd\n1,recovered,,2020-01-05,\n2,,,,2020-01-06\n3,died,2020-01-07,,2020-01-08\n4,,2020-01-09,,\n5,recovered,2020-01-10,,\n", m)
	want := []struct {
		o        Outcome
		d        string
		problems int
		kept     int
	}{{Died, "2020-01-05", 1, 0}, {Recovered, "2020-01-06", 0, 0}, {Died, "2020-01-07", 0, 1}, {"", "", 0, 1}, {Recovered, "2020-01-10", 0, 0}}
	for i, w := range want {
		c := recs[i].Case
		if c.Outcome != w.o || c.OutcomeDate.String() != w.d || len(recs[i].Problems) != w.problems || len(c.Attributes) != w.kept {
			t.Errorf("row %d: got %s %s, problems %v, attributes %v; want %+v", recs[i].Row, c.Outcome, c.OutcomeDate, recs[i].Problems, c.Attributes, w)
		}
	}
}

func TestAge(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in, unit string
		want     Age
		ok       bool
	}{
		{"45", "", Age{Years: 45, Known: true}, true}, {"0.5", "", Age{Years: 0.5, Known: true}, true}, {"6", "months", Age{Years: 0.5, Known: true}, true},
		{"6 months", "", Age{Years: 0.5, Known: true}, true}, {"45岁", "", Age{Years: 45, Known: true}, true}, {"6个月", "", Age{Years: 0.5, Known: true}, true},
		{"60-69", "", Age{Class: "60-69"}, true}, {"80+", "", Age{Class: "80+"}, true}, {"<1", "", Age{Class: "<1"}, true}, {"unknown", "", Age{}, true},
		{"-4", "", Age{}, false}, {"200", "", Age{}, false}, {"old", "", Age{}, false}, {"NaN", "", Age{}, false}, {"4", "furlongs", Age{}, false},
	}
	for _, tt := range tests {
		if got, ok := parseAge(tt.in, tt.unit); got != tt.want || ok != tt.ok {
			t.Errorf("%q %q: got %+v, %v; want %+v, %v", tt.in, tt.unit, got, ok, tt.want, tt.ok)
		}
	}
}

func TestContactRows(t *testing.T) {
	t.Parallel()
	s := scanSource(t, textSource("contact_id,name,source_case,last_contact,risk\nC1,Ann,\"A1, A2\",2020-01-02,high\nC1,Ann,A3,2020-01-03,low\nC1,Ann,A3,2020-01-04,low\nC2,Bob,,2020-01-02,low\n"), "contacts")
	eq(t, "contacts", s.tally.Contacts, 3)
	eq(t, "rejected", s.tally.Rejected, 1) // C1 with A3 twice, differing
	if got := s.recs[0].Contact.SourceCodes; !slices.Equal(got, []string{"A1", "A2"}) {
		t.Errorf("sources %v", got)
	}
	eq(t, "no source reported", len(s.recs[3].Problems), 1)
}

func TestLinkRows(t *testing.T) {
	t.Parallel()
	in := "from,to,kind,note\n10,9,direct,x\n9,10,direct,x\n9,10,direct,x\n1,,direct,x\n1,2,psychic,x\n3,4,,x\n5,5,direct,x\n"
	s := scanSource(t, textSource(in), "epicontacts")
	eq(t, "link rows", s.tally.LinkRows, 6)
	eq(t, "rejected", s.tally.Rejected, 1)
	eq(t, "repeat links", s.tally.RepeatLinks, 2)
	eq(t, "repeat rows", s.tally.RepeatRows, 0)
	eq(t, "pair in one form", s.recs[0].Links[0].FromCode, "9")
	eq(t, "unknown kind", s.recs[4].Links[0].Kind, LinkDirect)
	eq(t, "no kind", s.recs[5].Links[0].Kind, LinkTransmission)
	eq(t, "self", s.tally.SelfLinks, 1)
}

func TestReadReferences(t *testing.T) {
	t.Parallel()
	india := References{Split: ",;/ \t\n\r", CasePrefix: "P", EventPrefix: "E"}
	tests := []struct {
		in   string
		how  References
		want string
	}{
		{"P35, P36,P37", india, "P35:1 P36:1 P37:1"},
		{"E0", india, "E0:2"},
		{"KA-C0", india, "KA-C0:0"},
		{"https://twitter.com/x/1", india, "https::0 twitter.com:0 x:0 1:0"},
		{"2,3", References{Digits: true}, "2:1 3:1"},
		{"\n", References{Digits: true}, ""},
		{"5 x", References{Digits: true}, "5 x:0"},
		{"SK_14; SK_1、SK_2", References{}, "SK_14:1 SK_1:1 SK_2:1"},
	}
	for _, tt := range tests {
		var got []string
		for _, r := range readReferences(nil, tt.in, tt.how) {
			got = append(got, fmt.Sprintf("%s:%d", r.code, r.what))
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%q: got %v, want %s", tt.in, got, tt.want)
		}
	}
}

func FuzzReadReferences(f *testing.F) {
	f.Add("P1, P2 E0", ", ", "P", "E", false)
	f.Add("1;2", "", "", "", true)
	f.Add("，、\xff", "、", "P", "P", false)
	f.Fuzz(func(t *testing.T, cell, split, c, e string, digits bool) {
		how := References{Split: split, CasePrefix: c, EventPrefix: e, Digits: digits}
		for _, r := range readReferences(nil, cell, how) {
			if r.code == "" || !strings.Contains(cell, r.code) {
				t.Fatalf("token %q is not in %q", r.code, cell)
			}
		}
	})
}

func FuzzWords(f *testing.F) {
	for _, s := range []string{"M", "确诊", "60-69", "6 months", "LNG_REFERENCE_DATA_CATEGORY_GENDER_MALE", "1e309", "SK_2", "'=1"} {
		f.Add(s, "SK_10")
	}
	f.Fuzz(func(t *testing.T, s, u string) {
		parseSex(s)
		parseClass(s)
		parseOutcome(s)
		if a, ok := parseAge(s, ""); ok && a.Known && (a.Years < 0 || a.Years > 130) {
			t.Fatalf("age %q: %v", s, a)
		}
		if lessCode(s, u) && lessCode(u, s) {
			t.Fatalf("%q and %q each before the other", s, u)
		}
		if got := restore(neutralise(s)); got != s {
			t.Fatalf("%q came back as %q", s, got)
		}
		if n := neutralise(s); formulaLike(n) && !plainNumber(n) {
			t.Fatalf("%q is still a formula: %q", s, n)
		}
	})
}

func TestGoldenErrorFile(t *testing.T) {
	t.Parallel()
	in := "id,date_onset,sex,infector,note\n" +
		"A,13/02/2020,m,,ok\n" +
		"B,31/02/2020,x,A,\n" +
		",14/02/2020,f,A,no code\n" +
		"A,15/02/2020,f,,\"=HYPERLINK(\"\"http://x\"\")\"\n" +
		"C,16/02/2020,f,,a,shifted\n" +
		"D,17/02/2020\n" +
		"E,@SUM(1),f,E,\n" +
		"F,\"18/02/2020,f\n"
	s := scanSource(t, textSource(in), "linelist")
	var b bytes.Buffer
	w := NewProblemWriter(&b)
	for _, r := range s.recs {
		if err := w.Write(r.Problems...); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Write(s.tally.Problems...), w.Flush()); err != nil {
		t.Fatal(err)
	}
	eq(t, "rows", s.tally.Rows, 8)
	eq(t, "rejected", s.tally.Rejected, 3)
	golden(t, "errors.csv", b.Bytes())
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := errors.Join(os.MkdirAll("testdata", 0o755), os.WriteFile(path, got, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; run with -update and look at the change.\ngot:\n%s\nwant:\n%s", path, got, want)
	}
}

func TestScanStops(t *testing.T) {
	t.Parallel()
	in := "id\n" + strings.Repeat("x\n", 5000)
	m := cases(map[Field]Column{FieldCode: {From: []string{"id"}}})
	boom := errors.New("disk full")
	if _, err := Scan(context.Background(), textSource(in), m, func(Record) error { return boom }); !errors.Is(err, boom) || !strings.Contains(err.Error(), "row 2") {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Scan(ctx, textSource(in), m, func(Record) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}
