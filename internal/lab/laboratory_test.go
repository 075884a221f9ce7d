package lab

import (
	"errors"
	"testing"
	"time"
)

func TestReadTubeResult(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]TubeResult{"Negative": TubeNegative, " 阴性 ": TubeNegative, "阳性": TubePositive, "NOT DETECTED": TubeNegative, "可疑": TubeInconclusive, "无效": TubeInvalid,
		"丢失": TubeLost, "破损": TubeLeaked} {
		if got, err := ReadTubeResult(word); got != want || err != nil {
			t.Errorf("%q is %q, %v", word, got, err)
		}
	}
	for _, word := range []string{"", "-", "+", "0", "negativ", "阴阳"} {
		if got, err := ReadTubeResult(word); !errors.Is(err, ErrTubeResult) {
			t.Errorf("%q is %q, %v", word, got, err)
		}
	}
	seen := map[string]TubeResult{}
	for r, words := range resultWords {
		for _, w := range words {
			if other, twice := seen[w]; twice {
				t.Errorf("%q is %s and %s", w, r, other)
			}
			seen[w] = r
		}
	}
}

func TestCheckCode(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]error{"Q7-0413": nil, "青-17": nil, "": ErrCode, "A\x07": ErrCode, "Q7-1+Q7-2": ErrMixed, "Q7-1, Q7-2": ErrMixed, "Q7-1 Q7-2": ErrMixed, "Q7-1、Q7-2": ErrMixed, "Q7-1+": nil} {
		if got := CheckCode(code); got != want { //nolint:errorlint // it is never wrapped
			t.Errorf("%q: %v, want %v", code, got, want)
		}
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	at := func(minute int) time.Time { return time.Date(2022, 3, 5, 6, minute, 0, 0, time.UTC) }
	neg := func(m int) Report { return Report{Result: TubeNegative, At: at(m)} }
	pos := func(m int) Report { return Report{Result: TubePositive, At: at(m)} }
	for name, c := range map[string]struct {
		told  []Report
		r     Report
		timed bool
		want  Verdict
	}{
		"first":                      {nil, neg(1), true, First},
		"the same":                   {[]Report{neg(1)}, neg(1), true, Unchanged},
		"the same, untimed":          {[]Report{neg(1)}, neg(9), false, Unchanged},
		"once more, later":           {[]Report{neg(1)}, neg(2), true, Again},
		"once more, earlier":         {[]Report{neg(2)}, neg(1), true, Unchanged},
		"corrected":                  {[]Report{neg(1)}, pos(2), true, Corrects},
		"corrected at the same time": {[]Report{neg(1)}, pos(1), true, Corrects},
		"the corrected one again":    {[]Report{neg(1), pos(1)}, neg(1), true, Unchanged},
		"another, untimed":           {[]Report{neg(1)}, pos(9), false, Untimed},
		"another, earlier":           {[]Report{neg(2)}, pos(1), true, Outdated},
		"said again between":         {[]Report{neg(1), neg(3)}, pos(2), true, Outdated},
		"out of order":               {[]Report{pos(5), neg(3)}, neg(4), true, Outdated},
	} {
		if got := Judge(c.told, c.r, c.timed); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
