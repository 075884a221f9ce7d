package exchange

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"firebreak/internal/day"
)

// dataFile finds a published data set beside the repository, or skips the test.
func dataFile(t testing.TB, name string) string {
	t.Helper()
	root := os.Getenv("FIREBREAK_DATA")
	if root == "" {
		dir, err := os.Getwd()
		if err != nil {
			t.Fatal(err)
		}
		for {
			if st, err := os.Stat(filepath.Join(dir, "shared", "data")); err == nil && st.IsDir() {
				root = filepath.Join(dir, "shared", "data")
				break
			}
			up := filepath.Dir(dir)
			if up == dir {
				t.Skip("no folder shared/data in any parent folder; set FIREBREAK_DATA to run this test")
			}
			dir = up
		}
	}
	path := filepath.Join(root, filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		t.Skipf("data set %s is not here", name)
	}
	return path
}

// scanned is everything that a file says.
type scanned struct {
	rec   Recognition
	tally Tally
	recs  []Record
	cases []*CaseRecord
	links []LinkRecord
}

// scanFile recognises and scans a data file; want is the format that must be recognised.
func scanFile(t testing.TB, name, want string) scanned {
	t.Helper()
	src, err := Open(dataFile(t, name))
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	return scanSource(t, src, want)
}

func scanSource(t testing.TB, src *Source, want string) scanned {
	t.Helper()
	tab, err := src.Table(ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	found := Recognise(tab.Header())
	if err := tab.Close(); err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 || found[0].Format != want {
		t.Fatalf("%s: recognised %+v, want %s first (header %q)", src.Name(), formatNames(found), want, tab.Header())
	}
	out := scanned{rec: found[0]}
	out.tally, err = Scan(context.Background(), src, found[0].Map, func(r Record) error {
		out.recs = append(out.recs, r)
		if r.Case != nil {
			out.cases = append(out.cases, r.Case)
		}
		out.links = append(out.links, r.Links...)
		return nil
	})
	if err != nil {
		t.Fatalf("scan %s: %v", src.Name(), err)
	}
	if len(out.recs) != out.tally.Rows {
		t.Errorf("%s: %d records for %d rows", src.Name(), len(out.recs), out.tally.Rows)
	}
	return out
}

func formatNames(rs []Recognition) []string {
	names := make([]string, len(rs))
	for i, r := range rs {
		names[i] = r.Format
	}
	return names
}

func (s scanned) linksOf(k LinkKind) int {
	n := 0
	for _, l := range s.links {
		if l.Kind == k {
			n++
		}
	}
	return n
}

func count[T any](xs []T, f func(T) bool) int {
	n := 0
	for _, x := range xs {
		if f(x) {
			n++
		}
	}
	return n
}

func eq[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func TestMERS(t *testing.T) {
	t.Parallel()
	s := scanFile(t, "mers_korea_2015/linelist.csv", "mers-korea-2015")
	eq(t, "rows", s.tally.Rows, 162)
	eq(t, "cases", s.tally.Cases, 162)
	eq(t, "rejected", s.tally.Rejected, 0)
	eq(t, "warnings", s.tally.Warnings, 0)
	eq(t, "deaths", count(s.cases, func(c *CaseRecord) bool { return c.Outcome == Died }), 19)
	eq(t, "recovered", count(s.cases, func(c *CaseRecord) bool { return c.Outcome == Recovered }), 0)
	eq(t, "dated onsets", count(s.cases, func(c *CaseRecord) bool { return !c.Onset.IsZero() }), 135)
	eq(t, "onsets on 2015-06-01", count(s.cases, func(c *CaseRecord) bool { return c.Onset == day.MustParse("2015-06-01") }), 16)
	c := s.cases[2]
	eq(t, "code", c.Code, "SK_3")
	eq(t, "row", c.Row, 4)
	eq(t, "age", c.Age, Age{Years: 76, Known: true, Class: "70-79"})
	eq(t, "death date", c.OutcomeDate, day.MustParse("2015-06-04"))
	eq(t, "hospital", c.Hospital, "Pyeongtaek St. Mary, Hospital, Pyeongtaek, Gyeonggi")

	l := scanFile(t, "mers_korea_2015/contacts.csv", "mers-korea-2015-contacts")
	eq(t, "link rows", l.tally.LinkRows, 98)
	eq(t, "links", l.linksOf(LinkTransmission), 98)
	from14 := count(l.links, func(l LinkRecord) bool { return l.FromCode == "SK_14" })
	eq(t, "infected by SK_14", from14, 38)
	eq(t, "hospital room", count(l.links, func(l LinkRecord) bool { return l.Setting == "Hospital room" }), 44)
	eq(t, "repeat rows", l.tally.RepeatRows, 0)
}

func TestSingapore(t *testing.T) {
	t.Parallel()
	s := scanFile(t, "singapore_covid_2020/linelist.csv", "singapore-covid-2020")
	eq(t, "rows", s.tally.Rows, 93)
	eq(t, "direct", s.linksOf(LinkDirect), 66)
	eq(t, "cluster", s.linksOf(LinkCluster), 43)
	eq(t, "self links", s.tally.SelfLinks, 1) // case 71 names itself, in the published links too
	eq(t, "unknown references", s.tally.UnknownReferences, 0)
	eq(t, "onset known", count(s.cases, func(c *CaseRecord) bool { return !c.Onset.IsZero() }), 83)
	eq(t, "quarantined", count(s.cases, func(c *CaseRecord) bool { return !c.Quarantined.IsZero() }), 15)
	eq(t, "quarantined before confirmation", count(s.cases, func(c *CaseRecord) bool { return !c.Quarantined.IsZero() && c.Quarantined <= c.Diagnosed }), 15)
	eq(t, "confirmed on 2020-02-13", count(s.cases, func(c *CaseRecord) bool { return c.Diagnosed == day.MustParse("2020-02-13") }), 9)
	eq(t, "recovered", count(s.cases, func(c *CaseRecord) bool { return c.Outcome == Recovered }), 62)
	eq(t, "Grace Assembly of God", count(s.cases, func(c *CaseRecord) bool { return len(c.Clusters) == 1 && c.Clusters[0] == "Grace Assembly of God" }), 23)

	l := scanFile(t, "singapore_covid_2020/links.csv", "singapore-covid-2020-links")
	eq(t, "link rows", l.tally.LinkRows, 109)
	want := map[[3]string]bool{}
	for _, x := range l.links {
		want[[3]string{x.FromCode, x.ToCode, string(x.Kind)}] = true
	}
	for _, x := range s.links {
		if !want[[3]string{x.FromCode, x.ToCode, string(x.Kind)}] {
			t.Errorf("link %+v of the line list is not in links.csv", x)
		}
	}
	eq(t, "pairs", len(want), len(s.links))
}

func TestEbola(t *testing.T) {
	t.Parallel()
	s := scanFile(t, "ebola_sim/linelist.csv", "ebola-sim")
	eq(t, "rows", s.tally.Rows, 5829)
	eq(t, "cases", s.tally.Cases, 5829)
	eq(t, "deaths", count(s.cases, func(c *CaseRecord) bool { return c.Outcome == Died }), 2564)
	eq(t, "recovered", count(s.cases, func(c *CaseRecord) bool { return c.Outcome == Recovered }), 1963)
	eq(t, "onsets on 2014-09-20", count(s.cases, func(c *CaseRecord) bool { return c.Onset == day.MustParse("2014-09-20") }), 55)
	eq(t, "with a position", count(s.cases, func(c *CaseRecord) bool { return c.HasPoint }), 5829)
	listed := map[string]bool{}
	for _, c := range s.cases {
		listed[c.Code] = true
	}
	l := scanFile(t, "ebola_sim/contacts.csv", "ebola-sim-contacts")
	eq(t, "links", l.linksOf(LinkTransmission), 3800)
	infectors, infectees, infected := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, x := range l.links {
		if !listed[x.FromCode] {
			infectors[x.FromCode] = true
		}
		if listed[x.ToCode] {
			infected[x.ToCode] = true
		} else {
			infectees[x.ToCode] = true
		}
	}
	eq(t, "infectors not listed", len(infectors), 1170)
	eq(t, "infectees not listed", len(infectees), 59)
	eq(t, "cases with an infector", len(infected), 3741)
}

func TestIndia(t *testing.T) {
	t.Parallel()
	s := scanFile(t, "covid19india_2020/linelist.csv", "covid19india-2020")
	eq(t, "rows", s.tally.Rows, 28183)
	eq(t, "cases", s.tally.Cases, 27891)
	eq(t, "counts", s.tally.Counts, 292)
	eq(t, "rejected", s.tally.Rejected, 0)
	// The rows without a patient number move cases between districts; a person for each "1" among them would be invented.
	eq(t, "sum of counts", s.tally.CountSum, 0)
	eq(t, "counts other than 1", count(s.recs, func(r Record) bool { return r.Count != nil && r.Count.Count != 1 }), 235)
	eq(t, "counts of 1 without a number", count(s.recs, func(r Record) bool { return r.Count != nil && r.Count.Count == 1 }), 57)
	eq(t, "person links", s.linksOf(LinkTransmission), 673)
	events := map[string]int{}
	secondary := map[string]int{}
	for _, l := range s.links {
		switch l.Kind {
		case LinkEvent:
			events[l.FromCode]++
		case LinkTransmission:
			secondary[l.FromCode]++
		default: // the other kinds are counted above
		}
	}
	eq(t, "E0", events["E0"], 960)
	eq(t, "E1", events["E1"], 11)
	eq(t, "events", len(events), 2)
	eq(t, "unknown references", s.tally.UnknownReferences, 72)
	tokens := 0
	for _, r := range s.recs {
		tokens += count(r.Problems, func(p Problem) bool { return strings.Contains(p.Reason, "neither a case nor an event") })
	}
	eq(t, "reported tokens", tokens, 72)
	eq(t, "P689", secondary["P689"], 45)
	eq(t, "P20410", secondary["P20410"], 29)
	var report DateReport
	for _, d := range s.tally.Dates {
		if d.Field == FieldReport {
			report = d
		}
	}
	eq(t, "order", report.Order, OrderDMY)
	eq(t, "first report", s.cases[0].Report, day.MustParse("2020-01-30"))
	eq(t, "second report", s.cases[1].Report, day.MustParse("2020-02-02"))
	dates := count(s.recs, func(r Record) bool {
		return r.Case != nil && r.Case.Report.IsZero() || r.Count != nil && r.Count.Report.IsZero()
	})
	eq(t, "rows without a report day", dates, 0)
	eq(t, "age classes", count(s.cases, func(c *CaseRecord) bool { return c.Age.Class == "28-35" }), 4)
	eq(t, "deaths", count(s.cases, func(c *CaseRecord) bool { return c.Outcome == Died }), 46)
	codes := map[string]bool{}
	for _, r := range s.recs {
		if r.Count != nil {
			codes[r.Count.Code] = true
		}
	}
	eq(t, "codes of counts", len(codes), 292)

	again := scanFile(t, "covid19india_2020/linelist.csv", "covid19india-2020")
	for i, r := range again.recs {
		if r.Count != nil && r.Count.Code != s.recs[i].Count.Code {
			t.Fatalf("row %d: code %s at the second reading, %s at the first", r.Row, r.Count.Code, s.recs[i].Count.Code)
		}
	}
}

func TestAmbiguousDatesRefused(t *testing.T) {
	t.Parallel()
	src := textSource("id,date_onset\n1,03/04/2020\n2,05/06/2020\n")
	m := Recognise([]string{"id", "date_onset"})[0].Map
	_, err := Scan(context.Background(), src, m, func(Record) error { t.Error("a row was given"); return nil })
	var amb *AmbiguousDatesError
	if !errors.As(err, &amb) {
		t.Fatalf("got %v, want an AmbiguousDatesError", err)
	}
	eq(t, "example", amb.Columns[0].Example, "03/04/2020")
	p, err := Preview(context.Background(), src, nil, 5)
	if err != nil {
		t.Fatal(err)
	}
	if !p.NeedsChoice || len(p.Records) != 2 || !p.Records[0].Case.Onset.IsZero() {
		t.Errorf("preview of ambiguous dates: %+v", p)
	}
}

func textSource(s string) *Source {
	return NewSource("test.csv", strings.NewReader(s), int64(len(s)))
}
