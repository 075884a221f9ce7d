package command

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/exchange"
	"firebreak/internal/journal"
	"firebreak/internal/lab"
	"firebreak/internal/place"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

// MostTubeRows is how many results one order may bring. Longer lists are given in parts, so that nobody else waits long for their turn.
const MostTubeRows = 10_000

// TubeRow is one line of a laboratory's list, from a file or elsewhere. Row 0 is its place in the order.
type TubeRow = exchange.TubeRow

// ReportTubes reports the results of many tubes of one laboratory.
type ReportTubes struct {
	Outbreak   string
	Laboratory string // its code
	Rows       []TubeRow
}

// RejectedTube is a row that was not taken, with the field that is wrong.
type RejectedTube struct {
	Row    int    `json:"row"`
	Tube   string `json:"tube"`
	Field  string `json:"field"` // tube, result, at, ct or run
	Value  string `json:"value"`
	Reason string `json:"reason"`
	// Why is Reason for machines, and With what it names besides: the other tube, the result that stands, the instant.
	Why  string `json:"why"`
	With string `json:"with,omitempty"`
}

// TubesReported says what became of each row: Rows = New + Corrected + Unchanged + Kept + Rejected.
type TubesReported struct {
	Rows      int                    `json:"rows"`
	New       int                    `json:"new"`
	Corrected int                    `json:"corrected"`
	Unchanged int                    `json:"unchanged"`
	Kept      int                    `json:"kept"` // of tubes that no desk has registered yet: joined when their tubes come in
	Rejected  int                    `json:"rejected"`
	Results   map[lab.TubeResult]int `json:"results"` // of the new and the corrected rows
	Rejects   []RejectedTube         `json:"rejects"`
}

// Add adds the rows of another part of a list.
func (t *TubesReported) Add(part TubesReported) {
	t.Rows, t.New, t.Corrected, t.Unchanged, t.Rejected = t.Rows+part.Rows, t.New+part.New, t.Corrected+part.Corrected, t.Unchanged+part.Unchanged, t.Rejected+part.Rejected
	t.Kept += part.Kept
	if t.Results == nil {
		t.Results = map[lab.TubeResult]int{}
	}
	for r, n := range part.Results {
		t.Results[r] += n
	}
	t.Rejects = append(t.Rejects, part.Rejects...)
}

// changedTube is a tube whose result an order has changed.
type changedTube struct {
	store.Tube                // as it is now
	Was        lab.TubeResult // before the order; TubeAwaited for a first result
	Ref        task.FactRef   // the fact that tells of it: the tube's own, or for a first negative result that of the batch
	Kind       journal.Kind   // of that fact: TubesResulted, TubePositive, TubeFailed or TubeCorrected
	SiteArea   place.AreaID   // where it was closed; 0 for a first negative result
}

// ReportTubes carries out the order. Each row is taken or rejected by itself; rows that were told before change nothing, so that a list may be sent again. One fact
// tells of the batch, and one of each tube that is positive, told nothing, or was corrected.
//
// Of two results of one tube the one that was known later stands, in whichever order they are told (lab.Judge). An earlier one that differs is rejected, so that nobody's
// result goes unread; it never replaces what stands.
//
// A result of a tube that no desk has registered is kept: phones have no network for hours, and laboratories are fast. It is joined when the tube comes in (JoinResults).
func (c *Commands) ReportTubes(ctx context.Context, by By, in ReportTubes) (out TubesReported, err error) {
	if len(in.Rows) > MostTubeRows {
		return out, &Invalid{"rows", strconv.Itoa(len(in.Rows)), fmt.Sprintf("at most %d at a time: give a longer list in parts", MostTubeRows)}
	}
	err = c.in(ctx, by, in.Outbreak, func(u *unit) error {
		l, err := u.laboratory(in.Laboratory, auth.ResultWrite)
		if err != nil {
			return err
		}
		b := newTubeBatch(u, l, len(in.Rows))
		if err := b.read(in.Rows); err != nil {
			return err
		}
		for i := range b.rows {
			b.judge(&b.rows[i])
		}
		slices.SortFunc(b.out.Rejects, func(x, y RejectedTube) int { return x.Row - y.Row })
		if err := b.write(); err != nil {
			return err
		}
		out = b.out
		return nil
	})
	return out, err
}

func newTubeBatch(u *unit, l lab.Laboratory, rows int) *tubeBatch {
	return &tubeBatch{u: u, lab: l, out: TubesReported{Rows: rows, Results: map[lab.TubeResult]int{}, Rejects: []RejectedTube{}}}
}

// laboratory finds the laboratory of a code, for a caller who may do the action where it stands.
func (u *unit) laboratory(code string, action auth.Action) (lab.Laboratory, error) {
	l, err := u.tx.LaboratoryByCode(u.o.ID, strings.TrimSpace(code))
	if isNotFound(err) {
		return l, &Invalid{"laboratory", code, "is not the code of a laboratory of this outbreak"}
	}
	if err != nil {
		return l, err
	}
	return l, u.by.may(&u.tx.Reader, u.o, action, l.Area, u.now)
}

// tubeBatch is a list of results on its way into the tables.
type tubeBatch struct {
	u         *unit
	lab       lab.Laboratory
	rows      []readRow
	tubes     map[string]*batchTube
	elsewhere map[string]bool // codes of other outbreaks
	wells     map[string]string
	fresh     []store.NewTubeReport
	unknown   map[string]*unknownTube // tubes that are not registered, by code
	kept      []store.AwaitedResult   // their results
	joins     bool                    // these results were told before, and their tubes have come in since
	touched   []*batchTube            // in the order of their first change
	tally     store.LabTally
	out       TubesReported
}

// readRow is a row as it was read.
type readRow struct {
	TubeRow
	report lab.Report
	timed  bool
}

// batchTube is a tube and what was told of it, this batch included.
type batchTube struct {
	store.Tube
	was     lab.TubeResult
	told    []lab.Report
	touched bool
}

// unknownTube is a tube that is not registered, and what was told of it, this batch included.
type unknownTube struct {
	store.AwaitedTube
	told []lab.Report
	seen bool // something was told of it in this batch
}

func (b *tubeBatch) reject(r *readRow, field, value, why, with, reason string) {
	b.out.Rejected++
	b.out.Rejects = append(b.out.Rejects, RejectedTube{Row: r.Row, Tube: r.Code, Field: field, Value: value, Reason: reason, Why: why, With: with})
}

// instant is how a rejection names one.
func (b *tubeBatch) instant(t time.Time) string { return t.In(b.u.loc).Format(time.RFC3339) }

// read reads the rows and finds their tubes. Rows that cannot be read are rejected.
func (b *tubeBatch) read(list []TubeRow) error {
	codes := make([]string, 0, len(list))
	b.rows = make([]readRow, 0, len(list))
	for i, in := range list {
		r := readRow{TubeRow: in}
		if r.Row == 0 {
			r.Row = i + 1
		}
		r.Code = strings.TrimSpace(in.Code)
		if b.readRow(&r) {
			b.rows = append(b.rows, r)
			codes = append(codes, r.Code)
		}
	}
	return b.find(codes)
}

// find finds the tubes of the codes, and what was told of them before.
func (b *tubeBatch) find(codes []string) error {
	slices.Sort(codes)
	codes = slices.Compact(codes)
	found, err := b.u.tx.TubesByCode(b.u.o.ID, codes)
	if err != nil {
		return err
	}
	b.tubes = make(map[string]*batchTube, len(found))
	var ids []screening.TubeID // of tubes that have a result already: of the others there is nothing to read
	var missing []string
	for _, code := range codes {
		t, ok := found[code]
		if !ok {
			missing = append(missing, code)
			continue
		}
		b.tubes[code] = &batchTube{Tube: t, was: t.Result}
		if t.Result != lab.TubeAwaited {
			ids = append(ids, t.ID)
		}
	}
	told, err := b.u.tx.TubeReports(ids)
	if err != nil {
		return err
	}
	for _, t := range b.tubes {
		t.told = told[t.ID]
	}
	if b.elsewhere, err = b.u.tx.TubesOfOthers(b.u.o.ID, missing); err != nil {
		return err
	}
	return b.findUnknown(missing)
}

// findUnknown looks for what is known of tubes that are not registered.
func (b *tubeBatch) findUnknown(codes []string) error {
	b.unknown = make(map[string]*unknownTube, len(codes))
	if len(codes) == 0 {
		return nil
	}
	awaited, err := b.u.tx.AwaitedTubes(b.u.o.ID, codes)
	if err != nil {
		return err
	}
	told, err := b.u.tx.AwaitedResults(b.u.o.ID, codes)
	if err != nil {
		return err
	}
	for _, code := range codes {
		t := &unknownTube{AwaitedTube: awaited[code]}
		if t.Code = code; t.Since.IsZero() {
			t.Since = b.u.now
		}
		for _, a := range told[code] {
			t.told = append(t.told, a.Report)
		}
		b.unknown[code] = t
	}
	return nil
}

const (
	mostCt   = 60 // cycles: more than any protocol runs
	mostText = 200
)

// readRow reads the fields of a row that do not depend on its tube, or rejects it.
func (b *tubeBatch) readRow(r *readRow) bool {
	var err error
	if r.Code == "" {
		b.reject(r, "tube", r.Code, "empty", "", "is empty")
		return false
	}
	if r.report.Result, err = lab.ReadTubeResult(r.Result); err != nil {
		b.reject(r, "result", r.Result, "result", "", lab.ErrTubeResult.Error())
		return false
	}
	r.timed = strings.TrimSpace(r.At) != ""
	if r.report.At, err = ParseInstant(strings.TrimSpace(r.At), b.u.loc); err != nil || len(strings.TrimSpace(r.At)) == len("2006-01-02") {
		b.reject(r, "at", r.At, "instant", "", "is no instant such as 2022-03-10T14:05 or 2022-03-10T06:05:00Z")
		return false
	}
	if !r.timed {
		r.report.At = b.u.now
	}
	if r.report.At.After(b.u.now.Add(screening.MostAhead)) {
		b.reject(r, "at", r.At, "future", "", "lies in the future")
		return false
	}
	if ct := strings.TrimSpace(r.Ct); ct != "" {
		if r.report.Ct, err = strconv.ParseFloat(ct, 64); err != nil || !(r.report.Ct >= 0 && r.report.Ct <= mostCt) {
			b.reject(r, "ct", r.Ct, "ct", "", "is not a cycle threshold: a number from 0 to 60")
			return false
		}
	}
	r.report.Run, r.report.Reason = strings.TrimSpace(r.Run), strings.TrimSpace(r.Reason)
	if len(r.Run) > mostText || len(r.Well) > mostText || len(r.Reason) > mostText {
		b.reject(r, "run", "", "long", "", "run, well and reason have 200 bytes at most")
		return false
	}
	r.report.Laboratory, r.report.ToldAt, r.report.ToldBy = b.lab.ID, b.u.now, b.u.by.Name()
	return true
}

// judge says what a row changes, and changes the tube in memory.
func (b *tubeBatch) judge(r *readRow) {
	t := b.tubes[r.Code]
	switch {
	case t == nil && b.elsewhere[r.Code]:
		b.reject(r, "tube", r.Code, "outbreak", "", "is a tube of another outbreak")
		return
	case t == nil:
		b.keep(r)
		return
	case t.Laboratory != 0 && t.Laboratory != b.lab.ID:
		b.reject(r, "tube", r.Code, "laboratory", "", "is at another laboratory: receive it first")
		return
	case r.report.At.Before(t.ClosedAt):
		b.reject(r, "at", r.At, "before_closed", b.instant(t.ClosedAt), "lies before the tube was closed, at "+b.instant(t.ClosedAt))
		return
	case r.report.Result == lab.TubeLost && t.AtLab.After(r.report.At):
		b.reject(r, "at", r.At, "before_came", b.instant(t.AtLab), "lies before the tube came in, at "+b.instant(t.AtLab))
		return
	}
	if !b.alone(r) {
		return
	}
	verdict, taken := b.verdict(r, t.told, t.Result)
	if !taken {
		return
	}
	switch verdict { //nolint:exhaustive // the others are counted, or rejected, already
	case lab.First:
		b.out.New++
	case lab.Corrects:
		b.out.Corrected++
	case lab.Again:
		b.out.Unchanged++
	}
	t.told = append(t.told, r.report)
	if !t.touched {
		t.touched = true
		b.touched = append(b.touched, t)
	}
	b.fresh = append(b.fresh, store.NewTubeReport{Tube: &t.Tube, Nth: len(t.told), Report: r.report})
	if verdict == lab.Again {
		return
	}
	b.out.Results[r.report.Result]++
	// A tube that was lost on the way was not in a laboratory's hands. When it is found, it is.
	reads := verdict == lab.First || t.Result == lab.TubeLost && (t.Laboratory == 0 || t.AtLab.After(t.ResultAt))
	if t.Laboratory == 0 && r.report.Result != lab.TubeLost {
		// It was read, so it came, though nobody scanned it at the door.
		t.Laboratory, t.AtLab = b.lab.ID, r.report.At
		b.tally.Hour(b.lab.ID, t.Round, r.report.At, store.LabDone{Received: 1})
	}
	if reads && t.Laboratory == b.lab.ID {
		b.tally.Hour(b.lab.ID, t.Round, r.report.At, store.LabDone{Resulted: 1})
	}
	b.tally.Result(t.Round, t.Result, r.report.Result)
	t.Result, t.ResultAt = r.report.Result, r.report.At
}

// alone says whether a tube has its well for itself, or rejects the row: two tubes in one well were mixed, and their result is nobody's.
func (b *tubeBatch) alone(r *readRow) bool {
	well := strings.TrimSpace(r.Well)
	if well == "" || r.report.Run == "" {
		return true
	}
	if b.wells == nil {
		b.wells = map[string]string{}
	}
	key := r.report.Run + "\x00" + well
	if other, taken := b.wells[key]; taken && other != r.Code {
		b.reject(r, "well", well, "well", other, fmt.Sprintf("is tube %s's on this plate too: mixing tubes in the laboratory is not validated", other))
		return false
	}
	b.wells[key] = r.Code
	return true
}

// verdict judges a report after those that were told before. What changes nothing is counted here, and what cannot be taken is rejected; neither is taken.
func (b *tubeBatch) verdict(r *readRow, told []lab.Report, stands lab.TubeResult) (v lab.Verdict, taken bool) {
	switch v = lab.Judge(told, r.report, r.timed); v {
	case lab.Unchanged:
		b.out.Unchanged++
	case lab.Outdated:
		b.reject(r, "at", r.At, "outdated", string(stands), fmt.Sprintf("is earlier than the result that stands, %s: to correct it, say when the correction was made", stands))
	case lab.Untimed:
		b.reject(r, "at", r.At, "untimed", string(stands), fmt.Sprintf("is needed where another result stands, %s: which of the two is the later?", stands))
	case lab.First, lab.Corrects, lab.Again:
		return v, true
	}
	return v, false
}

// keep keeps the result of a tube that is not registered, or rejects the row.
func (b *tubeBatch) keep(r *readRow) {
	t := b.unknown[r.Code]
	if err := lab.CheckCode(r.Code); err != nil {
		why := "label"
		if errors.Is(err, lab.ErrMixed) {
			why = "mixed"
		}
		b.reject(r, "tube", r.Code, why, "", err.Error())
		return
	}
	if t.Laboratory != 0 && t.Laboratory != b.lab.ID {
		b.reject(r, "tube", r.Code, "laboratory", "", "is at another laboratory: receive it first")
		return
	}
	if !b.alone(r) {
		return
	}
	var stands lab.TubeResult
	for _, x := range t.told {
		stands = x.Result
	}
	if _, taken := b.verdict(r, t.told, stands); !taken {
		return
	}
	b.out.Kept++
	t.told = append(t.told, r.report)
	b.kept = append(b.kept, store.AwaitedResult{Code: r.Code, Nth: len(t.told), Report: r.report})
	if t.Laboratory == 0 && r.report.Result != lab.TubeLost {
		t.Laboratory, t.AtLab = b.lab.ID, r.report.At
	}
	t.seen = true
}

// write writes the facts, then the rows, and lets the rulebook answer.
func (b *tubeBatch) write() error {
	if len(b.fresh)+len(b.kept) == 0 {
		return nil // all was told before, or cannot be taken: nothing happened
	}
	u := b.u
	payload := map[string]any{
		"laboratory": b.lab.Code, "rows": b.out.Rows, "new": b.out.New, "corrected": b.out.Corrected, "unchanged": b.out.Unchanged, "rejected": b.out.Rejected,
		"results": b.out.Results, "sha256": b.digest(),
	}
	if b.out.Kept > 0 {
		payload["kept"] = b.out.Kept
	}
	if b.joins {
		payload["joined"] = true
	}
	batch, err := u.fact(journal.TubesResulted, task.Subject{Kind: store.OnLaboratory, ID: int64(b.lab.ID)}, b.lab.Area, u.now, payload)
	if err != nil {
		return err
	}
	changed, err := b.facts(batch)
	if err != nil {
		return err
	}
	tubes := make([]*store.Tube, 0, len(changed))
	for i := range changed {
		tubes = append(tubes, &changed[i].Tube)
	}
	for i := range b.fresh {
		b.fresh[i].Report.Seq = batch.Seq
	}
	if err := b.writeKept(batch); err != nil {
		return err
	}
	if err := u.tx.SetTubes(tubes); err != nil {
		return err
	}
	if err := u.tx.AddTubeReports(b.fresh); err != nil {
		return err
	}
	if err := u.tx.Tally(b.tally); err != nil {
		return err
	}
	if len(changed) == 0 {
		return nil
	}
	return u.tubesResulted(changed)
}

// writeKept writes the results of unknown tubes, and where those are.
func (b *tubeBatch) writeKept(batch task.FactRef) error {
	var wait []store.AwaitedTube
	for i := range b.kept {
		b.kept[i].Seq = batch.Seq
		if t := b.unknown[b.kept[i].Code]; t.seen {
			t.seen = false
			wait = append(wait, t.AwaitedTube)
		}
	}
	if len(b.kept) == 0 {
		return nil
	}
	positive, corrected, err := b.numberPositives()
	if err != nil {
		return err
	}
	if err := b.u.tx.AwaitTubes(b.u.o.ID, wait); err != nil {
		return err
	}
	if err := b.u.tx.KeepResults(b.u.o.ID, b.kept); err != nil {
		return err
	}
	if len(positive) > 0 {
		if err := b.u.unknownChanged(journal.UnknownPositive, b.lab, map[string]any{"tubes": positive}); err != nil {
			return err
		}
	}
	if len(corrected) > 0 {
		return b.u.unknownChanged(journal.UnknownFound, b.lab, map[string]any{"tubes": corrected, "corrected": true})
	}
	return nil
}

// numberPositives gives each unknown tube that is told to be positive, and was not just before, a number for the task to find its desk. corrected are those that were positive and are not any more.
func (b *tubeBatch) numberPositives() (positive, corrected []string, err error) {
	var fresh []int
	for i := range b.kept {
		k := &b.kept[i]
		was := k.Nth > 1 && b.unknown[k.Code].told[k.Nth-2].Result == lab.TubePositive
		switch is := k.Result == lab.TubePositive; {
		case is && !was:
			fresh, positive = append(fresh, i), append(positive, k.Code)
		case was && !is:
			corrected = append(corrected, k.Code)
		}
	}
	if len(fresh) == 0 {
		return nil, corrected, nil
	}
	first, err := b.u.tx.UnknownNumbers(len(fresh))
	for n, i := range fresh {
		b.kept[i].Number = first + n
	}
	return positive, corrected, err
}

// digest is of the rows that were taken or kept, in the order in which they came.
func (b *tubeBatch) digest() string {
	h := sha256.New()
	line := func(code string, r *lab.Report) {
		_, _ = fmt.Fprintf(h, "%s\t%s\t%d\t%g\t%s\n", code, r.Result, r.At.UnixMicro(), r.Ct, r.Run) // a hash takes everything
	}
	for i := range b.fresh {
		line(b.fresh[i].Code, &b.fresh[i].Report)
	}
	for i := range b.kept {
		line(b.kept[i].Code, &b.kept[i].Report)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// facts writes one fact for each tube that is positive, told nothing or was corrected, and returns all tubes whose result is another than before.
func (b *tubeBatch) facts(batch task.FactRef) ([]changedTube, error) {
	u := b.u
	var changed []changedTube
	var entries []journal.Entry
	var own []int // index in changed of each entry
	areas := map[screening.SiteID]place.AreaID{}
	for _, t := range b.touched {
		if t.Result == t.was {
			continue // corrected and back within one list, or said again
		}
		c := changedTube{Tube: t.Tube, Was: t.was, Ref: batch, Kind: journal.TubesResulted}
		c.Changed = batch.Seq
		switch {
		case t.was != lab.TubeAwaited:
			c.Kind = journal.TubeCorrected
		case t.Result == lab.TubePositive:
			c.Kind = journal.TubePositive
		case t.Result.Again():
			c.Kind = journal.TubeFailed
		}
		if c.Kind != journal.TubesResulted {
			area, ok := areas[t.Site]
			if !ok {
				s, err := u.tx.Site(t.Site)
				if err != nil {
					return nil, err
				}
				area = s.Area
				areas[t.Site] = area
			}
			c.SiteArea = area
			last := t.told[len(t.told)-1]
			payload := map[string]any{"tube": t.Code, "round": t.Round, "people": t.People, "kind": t.Kind, "laboratory": b.lab.Code, "result": t.Result, "ct": last.Ct}
			if t.was != lab.TubeAwaited {
				payload["from"], payload["reason"] = t.was, last.Reason
			}
			e, err := u.entry(journal.Entry{Kind: c.Kind, Subject: task.Subject{Kind: store.OnTube, ID: int64(t.ID)}, Area: area, At: t.ResultAt, Actor: u.by.Name(), Cause: batch}, payload)
			if err != nil {
				return nil, err
			}
			entries, own = append(entries, e), append(own, len(changed))
		}
		changed = append(changed, c)
	}
	if len(entries) == 0 {
		return changed, nil
	}
	first, err := u.tx.AppendAll(entries)
	if err != nil {
		return nil, err
	}
	for i, k := range own {
		changed[k].Ref = task.FactRef{Seq: first + int64(i)}
		changed[k].Changed = changed[k].Ref.Seq
	}
	return changed, nil
}
