package lab

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"firebreak/internal/outbreak"
	"firebreak/internal/place"
)

// Laboratory is where tubes are examined.
type Laboratory struct {
	ID         LaboratoryID
	Outbreak   outbreak.ID
	Code       string // unique in the outbreak
	Name       string
	Area       place.AreaID
	District   place.AreaID
	PerHour    int64         // tubes that it can read in an hour, as it says itself; 0 where it has not said
	Rates      []Rate        // parts of the day in which that is another number
	Turnaround time.Duration // from the door to the result when nothing waits, as it says itself
	Opens      time.Duration // since midnight in the outbreak's zone; Opens == Closes: day and night
	Closes     time.Duration
	Mobile     bool
	Closed     bool // not used any more
	Version    int64
}

// resultWords are what laboratories and their machines write for each result, in lower case. A lone sign is not among them: a dash also stands for nothing.
var resultWords = map[TubeResult][]string{
	TubeNegative:     {"negative", "neg", "neg.", "(-)", "not detected", "undetected", "阴性", "阴", "未检出", "阴性(-)", "阴性（-）"},
	TubePositive:     {"positive", "pos", "pos.", "(+)", "detected", "阳性", "阳", "检出", "阳性(+)", "阳性（+）"},
	TubeInconclusive: {"inconclusive", "indeterminate", "equivocal", "可疑", "灰区", "不确定"},
	TubeInvalid:      {"invalid", "无效", "检测失败"},
	TubeLost:         {"lost", "not received", "丢失", "遗失", "未收到"},
	TubeLeaked:       {"leaked", "broken", "渗漏", "漏液", "破损"},
}

// ReadTubeResult reads a result as laboratories and their machines write it, in English or Chinese. The error wraps ErrTubeResult.
func ReadTubeResult(s string) (TubeResult, error) {
	word := strings.ToLower(strings.TrimSpace(s))
	for _, r := range TubeResults() {
		if slices.Contains(resultWords[r], word) {
			return r, nil
		}
	}
	return ParseTubeResult(s)
}

// ErrMixed is returned by CheckCode for what names several tubes.
var ErrMixed = errors.New("names several tubes: one result is of one tube of 1, 5, 10 or 20 people; mixing tubes in the laboratory is not validated")

// ErrCode is returned by CheckCode for what can be no label.
var ErrCode = errors.New("is no label of a tube or box: 1 to 40 bytes without control characters are expected")

// longestCode is in bytes, as of every label (screening.ReadBatch).
const longestCode = 40

// CheckCode says whether a text can be the label of one tube or box. Labels hold none of the marks with which people join two labels.
func CheckCode(code string) error {
	if strings.ContainsAny(code, "+,;|&\t ，；、＋") && len(strings.FieldsFunc(code, func(r rune) bool { return strings.ContainsRune("+,;|&\t ，；、＋", r) })) > 1 {
		return ErrMixed
	}
	if code == "" || len(code) > longestCode || strings.ContainsFunc(code, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return ErrCode
	}
	return nil
}

// Report is one result of a tube as a laboratory told it.
type Report struct {
	Laboratory LaboratoryID
	Result     TubeResult
	At         time.Time // when it was known
	Ct         float64   // cycle threshold; 0 where not given
	Run        string    // plate, where told
	Reason     string    // of a correction, where told
	ToldAt     time.Time
	ToldBy     string
	Seq        int64 // journal entry
}

// Verdict is what a report changes.
type Verdict string

// The verdicts.
const (
	First     Verdict = "new"
	Corrects  Verdict = "corrected"
	Unchanged Verdict = "unchanged"
	// Again says the standing result once more, at a later time: it is kept, and nothing follows from it.
	Again    Verdict = "again"
	Outdated Verdict = "outdated" // another result stands that is known to be later
	Untimed  Verdict = "untimed"  // another result stands, and the report does not say which of the two is the later
)

// Judge says what a report changes after those that were told before, in the order in which they came. timed is false for a report that does not say when.
//
// What stands is the result with the latest time, whatever the order in which reports arrive; of two with the same time, the one that came last. A report that was told
// before, word for word, changes nothing even where it was corrected since: a file may be sent again.
func Judge(told []Report, r Report, timed bool) Verdict {
	if len(told) == 0 {
		return First
	}
	last := told[0]
	for _, t := range told {
		if timed && t.Result == r.Result && t.At.Equal(r.At) {
			return Unchanged
		}
		if !t.At.Before(last.At) {
			last = t
		}
	}
	switch {
	case last.Result == r.Result && (!timed || !r.At.After(last.At)):
		return Unchanged
	case last.Result == r.Result:
		return Again
	case !timed:
		return Untimed
	case r.At.Before(last.At):
		return Outdated
	}
	return Corrects
}

// ErrTimeOfDay is returned by ParseTimeOfDay.
var ErrTimeOfDay = errors.New("is a time of day from 00:00 to 24:00, such as 08:30")

// ParseTimeOfDay reads a time of day as people type it.
func ParseTimeOfDay(s string) (time.Duration, error) {
	s = strings.TrimSpace(strings.ReplaceAll(s, "：", ":"))
	if s == "24:00" {
		return 24 * time.Hour, nil
	}
	t, err := time.Parse("15:04", s)
	if err != nil {
		return 0, ErrTimeOfDay
	}
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute, nil
}

// TimeOfDay writes a span since midnight as people read it.
func TimeOfDay(d time.Duration) string {
	return fmt.Sprintf("%02d:%02d", int(d/time.Hour), int(d%time.Hour/time.Minute))
}

// ParseHours reads when a laboratory opens and closes; both empty are day and night.
func ParseHours(opens, closes string) (from, until time.Duration, err error) {
	if strings.TrimSpace(opens) == "" && strings.TrimSpace(closes) == "" {
		return 0, 0, nil
	}
	if from, err = ParseTimeOfDay(opens); err != nil {
		return 0, 0, fmt.Errorf("opens %q: %w", opens, err)
	}
	if until, err = ParseTimeOfDay(closes); err != nil {
		return 0, 0, fmt.Errorf("closes %q: %w", closes, err)
	}
	return from, until, nil
}
