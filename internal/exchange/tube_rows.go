package exchange

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"
)

// TubeRow is one line of a laboratory's list of results, as texts.
type TubeRow struct {
	Row    int    // its number in the file, for messages
	Code   string // label of the tube
	Result string
	At     string // when it was known; in the outbreak's zone where it names none
	Ct     string // cycle threshold
	Run    string // plate
	Well   string // place on the plate
	Reason string // of a correction
}

// tubeColumns are the names that laboratories give the columns, as normalise leaves them.
var tubeColumns = []struct {
	names []string
	at    func(*TubeRow) *string
}{
	{[]string{"tube", "tubecode", "tubeid", "barcode", "samplecode", "sampleid", "sampleno", "specimen", "code", "采样管", "采样管号", "采样管编号", "试管", "试管号", "试管编号", "管号", "管码", "条码", "条码号", "样本编号", "样本号", "标本编号", "标本号"},
		func(r *TubeRow) *string { return &r.Code }},
	{[]string{"result", "testresult", "pcrresult", "interpretation", "结果", "检测结果", "核酸结果", "核酸检测结果", "结论", "结果判定"}, func(r *TubeRow) *string { return &r.Result }},
	{[]string{"at", "resultat", "resulttime", "resultdate", "reportedat", "reporttime", "testedat", "datetime", "检测时间", "结果时间", "报告时间", "出结果时间", "审核时间"}, func(r *TubeRow) *string { return &r.At }},
	{[]string{"ct", "ctvalue", "cyclethreshold", "ct值"}, func(r *TubeRow) *string { return &r.Ct }},
	{[]string{"run", "plate", "runid", "plateid", "batch", "板号", "批次", "批号", "检测批次", "上机批次"}, func(r *TubeRow) *string { return &r.Run }},
	{[]string{"well", "position", "孔位", "孔号", "孔"}, func(r *TubeRow) *string { return &r.Well }},
	{[]string{"reason", "note", "remark", "remarks", "原因", "备注", "更正原因"}, func(r *TubeRow) *string { return &r.Reason }},
}

// needed are how many of the first of tubeColumns a file must have.
const needed = 2

// ErrNoTubeColumns is wrapped by TubeRows for a file without a column of tubes or of results.
var ErrNoTubeColumns = errors.New("the file has no column of tubes or none of results")

// TubeFile says what was in a file of results.
type TubeFile struct {
	Rows      int       // data rows, all of them given to each
	Blank     int       // rows without anything
	Ignored   []string  // columns that were not read
	Problems  []Problem // of the file as a whole
	Truncated bool      // the file looks cut off
}

// TubeRows reads a file of results and calls each for every data row. A row that cannot be read comes with a problem instead, so that it is counted too.
func TubeRows(s *Source, each func(TubeRow, *Problem) error) (out TubeFile, err error) {
	t, err := s.Table(ReadOptions{})
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	at := make([]int, len(tubeColumns))
	read := map[int]bool{}
	for k, c := range tubeColumns {
		at[k] = -1
		for i, h := range t.Header() {
			if at[k] < 0 && !read[i] && contains(c.names, normalise(h)) {
				at[k], read[i] = i, true
			}
		}
		if at[k] < 0 && k < needed {
			return out, fmt.Errorf("%s: %w: the header has %s; name them tube and result (采样管号, 检测结果)", s.Name(), ErrNoTubeColumns, strings.Join(t.Header(), ", "))
		}
	}
	for i, h := range t.Header() {
		if !read[i] {
			out.Ignored = append(out.Ignored, h)
		}
	}
	for {
		row, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return out, err
		}
		r := TubeRow{Row: row.Number}
		for k, c := range tubeColumns {
			if at[k] >= 0 {
				*c.at(&r) = trim(row.Cells[at[k]])
			}
		}
		r.At, r.Ct = tubeInstant(r.At), tubeCt(r.Ct)
		var bad *Problem
		for i := range row.Problems {
			if row.Problems[i].Severity == Reject {
				bad = &row.Problems[i]
			}
		}
		out.Rows++
		if err := each(r, bad); err != nil {
			return out, err
		}
	}
	_, out.Blank, _ = t.Counts()
	out.Problems, out.Truncated = t.Problems(), t.Truncated()
	return out, nil
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// tubeTimes are the forms in which laboratories' systems write an instant besides RFC 3339. None leaves open which number is the month.
var tubeTimes = []string{"2006-1-2 15:04:05", "2006-1-2 15:04", "2006-01-02T15:04:05", "2006-01-02T15:04", "2006/1/2 15:04:05", "2006/1/2 15:04", "2006.1.2 15:04:05", "2006.1.2 15:04", "2006年1月2日 15:04:05", "2006年1月2日 15:04",
	"2006年1月2日15时04分", "2006年1月2日 15时04分"}

// tubeInstant writes an instant in one form. What it cannot read stays as it is, and is refused with the row.
func tubeInstant(s string) string {
	if s == "" {
		return s
	}
	if _, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return s
	}
	text := strings.Join(strings.Fields(s), " ")
	for _, layout := range tubeTimes {
		if t, err := time.Parse(layout, text); err == nil {
			return t.Format("2006-01-02T15:04:05")
		}
	}
	return s
}

var noCt = regexp.MustCompile(`(?i)^(-+|/|—+|n/?a|no ?ct|undet(\.|ermined)?|未检出|无)$`)

// tubeCt empties what stands for no threshold.
func tubeCt(s string) string {
	if noCt.MatchString(s) {
		return ""
	}
	return s
}
