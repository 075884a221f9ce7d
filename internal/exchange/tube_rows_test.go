package exchange

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func tubeRows(t *testing.T, text string) ([]TubeRow, TubeFile, error) {
	t.Helper()
	var rows []TubeRow
	file, err := TubeRows(NewSource("results.csv", bytes.NewReader([]byte(text)), int64(len(text))), func(r TubeRow, bad *Problem) error {
		if bad != nil {
			r.Reason = "BAD " + bad.Reason
		}
		rows = append(rows, r)
		return nil
	})
	return rows, file, err
}

func TestTubeRows(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want []TubeRow
	}{
		"English": {"Tube,Result,At,Ct\nQ7-1,negative,2022-03-10T06:05:00Z,\nQ7-2,POSITIVE,2022-03-10 14:05,31.5\n", []TubeRow{
			{Row: 2, Code: "Q7-1", Result: "negative", At: "2022-03-10T06:05:00Z"}, {Row: 3, Code: "Q7-2", Result: "POSITIVE", At: "2022-03-10T14:05:00", Ct: "31.5"}}},
		"Chinese, in another order": {"检测时间,检测结果,采样管号,CT值,板号,孔位,姓名\n2022/3/10 14:05,阴性,Q7-1,NoCt,P1,A1,x\n2022年3月10日14时05分,阳性,Q7-2,36,P1,A2,y\n", []TubeRow{
			{Row: 2, Code: "Q7-1", Result: "阴性", At: "2022-03-10T14:05:00", Run: "P1", Well: "A1"}, {Row: 3, Code: "Q7-2", Result: "阳性", At: "2022-03-10T14:05:00", Ct: "36", Run: "P1", Well: "A2"}}},
		"an instant that nobody can read stays": {"tube;result;at\nQ7-1;negative;03/04/2022 10:00\n", []TubeRow{{Row: 2, Code: "Q7-1", Result: "negative", At: "03/04/2022 10:00"}}},
		"a row with too many cells":             {"tube,result\nQ7-1,negative,more\n\nQ7-2,positive\n", []TubeRow{{Row: 2, Code: "Q7-1", Result: "negative", Reason: "BAD the row has 3 cells, the header 2; values may stand in the wrong columns"}, {Row: 4, Code: "Q7-2", Result: "positive"}}},
	} {
		rows, file, err := tubeRows(t, c.text)
		if err != nil || file.Rows != len(c.want) {
			t.Errorf("%s: %+v, %v", name, file, err)
		}
		if diff := cmp.Diff(c.want, rows); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if _, _, err := tubeRows(t, "code,colour\nQ7-1,red\n"); !errors.Is(err, ErrNoTubeColumns) || !strings.Contains(err.Error(), "colour") {
		t.Errorf("no column of results: %v", err)
	}
	if _, file, _ := tubeRows(t, "检测结果,采样管号,姓名\n阴性,Q7-1,x\n"); !cmp.Equal(file.Ignored, []string{"姓名"}) {
		t.Errorf("ignored: %v", file.Ignored)
	}
}

// The file that lost 15,841 of England's cases ended where a spreadsheet ends.
func TestTubeRowsCutOff(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("tube,result\n")
	for i := range 65_535 {
		fmt.Fprintf(&b, "T-%d,negative\n", i)
	}
	if _, file, err := tubeRows(t, b.String()); err != nil || file.Rows != 65_535 || !file.Truncated || len(file.Problems) == 0 {
		t.Errorf("%+v, %v", file, err)
	}
	b.WriteString("T-65535,negative\n")
	if _, file, err := tubeRows(t, b.String()); err != nil || file.Rows != 65_536 || file.Truncated {
		t.Errorf("one more: %+v, %v", file, err)
	}
}
