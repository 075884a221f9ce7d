package situation_test

import (
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"firebreak/internal/day"
	"firebreak/internal/situation"
)

// dataFile finds a file of the outbreak data sets that lie beside the project, in the folder that FIREBREAK_DATA names or in
// shared/data of a folder above. The test is skipped where it is absent: the sets are not part of the project.
func dataFile(t testing.TB, path string) string {
	t.Helper()
	if dir := os.Getenv("FIREBREAK_DATA"); dir != "" {
		p := filepath.Join(dir, path)
		if _, err := os.Stat(p); err != nil {
			t.Skipf("data set %s is not in the folder that FIREBREAK_DATA names", path)
		}
		return p
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		p := filepath.Join(dir, "shared", "data", path)
		if _, err := os.Stat(p); err == nil {
			return p
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Skipf("data set %s is not here: set FIREBREAK_DATA to its folder", path)
		}
		dir = up
	}
}

// table reads a CSV file with a header as one map per row.
func table(t testing.TB, path string) []map[string]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]string
	for _, r := range rows[1:] {
		m := map[string]string{}
		for i, name := range rows[0] {
			m[name] = r[i]
		}
		out = append(out, m)
	}
	return out
}

func number(t testing.TB, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// maybeDay reads a day that may be empty.
func maybeDay(t testing.TB, text string) day.Day {
	t.Helper()
	var d day.Day
	if err := d.UnmarshalText([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return d
}

func readIncidence(t testing.TB, path string) situation.Incidence {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	inc, err := situation.ReadIncidence(f, situation.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return inc
}

func moments(t testing.TB, mean, sd float64) situation.SI {
	t.Helper()
	si, err := situation.SIFromMoments(mean, sd)
	if err != nil {
		t.Fatal(err)
	}
	return si
}

// near says whether two numbers agree to a relative (below 1: absolute) difference.
func near(got, want, tolerance float64) bool {
	return math.Abs(got-want) <= tolerance*math.Max(1, math.Abs(want))
}

// is fails unless got holds want to the given tolerance.
func is(t testing.TB, what string, got *float64, want, tolerance float64) {
	t.Helper()
	if got == nil {
		t.Errorf("%s has no value, want %v", what, want)
	} else if !near(*got, want, tolerance) {
		t.Errorf("%s = %.15g, want %.15g", what, *got, want)
	}
}

// set is a line list with its links: see mers, ebola and singapore.
type set struct {
	cases      []situation.Case
	onset      []day.Day
	links      []situation.Link
	unresolved int
	index      map[string]int32
}

func (s *set) link(from, to string) {
	a, okA := s.index[from]
	b, okB := s.index[to]
	if !okA || !okB {
		s.unresolved++
		return
	}
	s.links = append(s.links, situation.Link{From: a, To: b})
}

func newSet(t testing.TB, path, id string, read func(map[string]string) situation.Case) *set {
	s := &set{index: map[string]int32{}}
	for i, r := range table(t, dataFile(t, path)) {
		c := read(r)
		s.index[r[id]] = int32(i)
		s.cases = append(s.cases, c)
		s.onset = append(s.onset, c.Onset)
	}
	return s
}

func mers(t testing.TB) *set {
	t.Helper()
	s := newSet(t, "mers_korea_2015/linelist.csv", "id", func(r map[string]string) situation.Case {
		return situation.Case{Onset: maybeDay(t, r["dt_onset"]), Report: maybeDay(t, r["dt_report"]), Confirmed: maybeDay(t, r["dt_diag"]), Class: r["outcome"]}
	})
	for _, r := range table(t, dataFile(t, "mers_korea_2015/contacts.csv")) {
		s.link(r["from"], r["to"])
	}
	return s
}

func ebola(t testing.TB) *set {
	t.Helper()
	s := newSet(t, "ebola_sim/linelist.csv", "case_id", func(r map[string]string) situation.Case {
		return situation.Case{Onset: maybeDay(t, r["date_of_onset"]), Report: maybeDay(t, r["date_of_hospitalisation"])}
	})
	for _, r := range table(t, dataFile(t, "ebola_sim/contacts.csv")) {
		if r["infector"] != "" {
			s.link(r["infector"], r["case_id"])
		}
	}
	return s
}

func singapore(t testing.TB) *set {
	t.Helper()
	s := newSet(t, "singapore_covid_2020/linelist.csv", "case_id", func(r map[string]string) situation.Case {
		return situation.Case{Onset: maybeDay(t, r["date_onset_symptoms"]), Quarantined: maybeDay(t, r["date_quarantine"]), Confirmed: maybeDay(t, r["date_confirmation"]), Area: r["cluster"]}
	})
	for _, r := range table(t, dataFile(t, "singapore_covid_2020/links.csv")) {
		if r["link_type"] == "direct" {
			s.link(r["case_a"], r["case_b"])
		}
	}
	return s
}
