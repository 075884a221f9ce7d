package situation_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"firebreak/internal/situation"
)

func TestReadIncidence(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, text string
		fill       bool
		start      string
		local      []int
		imported   []int
	}{
		{"date,I", "date,I\n2020-01-31,1\n2020-02-01,0\n", false, "2020-01-31", []int{1, 0}, nil},
		{"dates, byte order mark, CRLF, quotes, blanks", "\ufeffdates,\"I\"\r\n2020-01-31, 1 \r\n", false, "2020-01-31", []int{1}, nil},
		{"split", "date,local,imported\n2020-01-01,0,3\n2020-01-02,4,0\n", false, "2020-01-01", []int{0, 4}, []int{3, 0}},
		{"split, other order and more columns", "note,imported,date,local\nx,3,2020-01-01,0\n", false, "2020-01-01", []int{0}, []int{3}},
		{"split wins over I", "date,I,local,imported\n2020-01-01,7,4,3\n", false, "2020-01-01", []int{4}, []int{3}},
		{"numbered", "day,cases\n1,1\n2,0\n3,5\n", false, "", []int{1, 0, 5}, nil},
		{"numbered from 0, upper case", "DAY,CASES\n0,1\n1,2\n", false, "", []int{1, 2}, nil},
		{"semicolons", "date;I;note, long\r\n2020-01-31;1;a,b,c\r\n2020-02-01;0;\r\n", false, "2020-01-31", []int{1, 0}, nil},
		{"tabs", "date\tlocal\timported\n2020-01-31\t1\t2\n", false, "2020-01-31", []int{1}, []int{2}},
		{"filled", "date,I\n2020-02-28,1\n2020-03-02,2\n", true, "2020-02-28", []int{1, 0, 0, 2}, nil},
		{"filled split", "day,local,imported\n4,1,0\n6,2,1\n", true, "", []int{1, 0, 2}, []int{0, 0, 1}},
	} {
		inc, err := situation.ReadIncidence(strings.NewReader(tc.text), situation.ReadOptions{FillMissing: tc.fill})
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		if inc.Start.String() != tc.start || !slices.Equal(inc.Local, tc.local) || !slices.Equal(inc.Imported, tc.imported) {
			t.Errorf("%s: got %+v", tc.name, inc)
		}
	}
}

func TestReadIncidenceErrors(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, text string
		fill       bool
		row        int
		column     string
		says       string
	}{
		{"empty", "", false, 1, "", "empty"},
		{"header only", "date,I\n", false, 2, "", "no day"},
		{"no day column", "when,I\n", false, 1, "", "no column date"},
		{"no count column", "date,n\n", false, 1, "", "no column I"},
		{"half a split", "date,local\n", false, 1, "", "together"},
		{"twice", "date,I,i\n", false, 1, "", "twice"},
		{"bad day", "date,I\n2020-01-01,1\n2020-02-30,1\n", false, 3, "date", "calendar day"},
		{"no day", "dates,I\n,1\n", false, 2, "dates", "calendar day"},
		{"number among days", "date,I\n2020-01-01,1\n2,1\n", false, 3, "date", "calendar day"},
		{"day among numbers", "day,I\n1,1\n2020-01-01,1\n", false, 3, "day", "not a day number"},
		{"missing day", "date,I\n2020-01-01,1\n2020-01-02,1\n2020-01-05,1\n", false, 4, "date", "2020-01-05 follows 2020-01-02"},
		{"same day", "date,I\n2020-01-01,1\n2020-01-01,1\n", true, 3, "date", "does not come after"},
		{"backwards", "day,cases\n5,1\n4,1\n", true, 3, "day", "does not come after"},
		{"huge gap", "day,cases\n5,1\n900000000,1\n", true, 3, "day", "leaves more than"},
		{"no count", "date,I\n2020-01-01,\n", false, 2, "I", "empty"},
		{"NA", "date,I\n2020-01-01,NA\n", false, 2, "I", "not a whole number"},
		{"half a case", "date,cases\n2020-01-01,1.5\n", false, 2, "cases", "not a whole number"},
		{"negative", "date,local,imported\n2020-01-01,1,-1\n", false, 2, "imported", "not between"},
		{"too many", "date,local,imported\n2020-01-01,99999999999,1\n", false, 2, "local", "not between"},
		{"short row", "date,I\n2020-01-01,1\n2020-01-02\n", false, 3, "", "fields"},
		{"open quote", "date,I\n2020-01-01,1\n2020-01-02,\"1\n", false, 3, "", "quote"},
	} {
		_, err := situation.ReadIncidence(strings.NewReader(tc.text), situation.ReadOptions{FillMissing: tc.fill})
		var re *situation.RowError
		if !errors.As(err, &re) {
			t.Errorf("%s: %v, want a RowError", tc.name, err)
			continue
		}
		if re.Row != tc.row || re.Column != tc.column || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: row %d, column %q: %v; want row %d, column %q, saying %q", tc.name, re.Row, re.Column, err, tc.row, tc.column, tc.says)
		}
	}
}

func FuzzReadIncidence(f *testing.F) {
	f.Add("date,I\n2020-01-01,1\n2020-01-02,0\n", false)
	f.Add("day,local,imported\n1,1,0\n3,2,1\n", true)
	f.Add("\ufeffdates,cases\r\n2020-01-01,\"3\"\r\n", true)
	f.Fuzz(func(t *testing.T, text string, fill bool) {
		inc, err := situation.ReadIncidence(strings.NewReader(text), situation.ReadOptions{FillMissing: fill})
		if err != nil {
			return
		}
		if inc.Len() == 0 || inc.Imported != nil && len(inc.Imported) != inc.Len() {
			t.Fatalf("accepted %q as %+v", text, inc)
		}
		rows := strings.Count(text, "\n") + strings.Count(text, "\r") + 1
		if !fill && inc.Len() > rows {
			t.Fatalf("%d days from %d lines", inc.Len(), rows)
		}
		for i := range inc.Len() {
			if inc.Local[i] < 0 || inc.Total(i) < inc.Local[i] {
				t.Fatalf("negative count on day %d of %q", i, text)
			}
		}
	})
}
