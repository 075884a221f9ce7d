package exchange

import (
	"fmt"
	"strconv"

	"firebreak/internal/day"
)

// caseOrCount maps a row of a file of cases.
//
//  1. A row with a count other than 1, or with a count and no code, is a number of cases or a correction: a CountRecord. It
//     names no person, and a person made of it could never be traced or corrected. (India 2020: all 292 rows without a
//     patient number are such; they move cases between districts and sum to zero.)
//  2. A row with a code is a case.
//  3. A row without code and count is a case under a generated code.
func (w *rowMapping) caseOrCount() {
	code, col := w.code(w.byField[FieldCode])
	if w.rec.Rejected {
		return
	}
	if o := w.byField[FieldCount]; o != nil {
		if v, c := o.take(w.row.Cells); v != "" {
			n, err := strconv.Atoi(v)
			if err != nil {
				w.reject(c, v, "the number of cases is not a whole number, so the row could be a person or a count")
				return
			}
			if n != 1 || code == "" {
				w.countRow(n, code, c)
				return
			}
		}
	}
	r := &CaseRecord{Row: w.row.Number}
	r.Code = code
	if code == "" {
		r.Code, r.Generated = w.generate(), true
		w.warn(-1, "", "no code in the row: kept under "+r.Code+"; if the row is changed in a later file it will look like another person")
	} else if w.checkRepeat(code, code, col); w.rec.Rejected {
		return
	}
	w.caseFields(r)
	w.keepRest()
	r.Attributes = w.attrs
	w.rec.Case = r
}

func (w *rowMapping) caseFields(r *CaseRecord) {
	var outcomeDate, death, recovery day.Day
	var outcomeCol, recoveryCol int
	for _, o := range w.ops {
		switch o.field {
		case FieldClass:
			r.Class = Class(w.words(o, classWord, "classification"))
		case FieldOnset:
			r.Onset, _ = w.date(o)
		case FieldReport:
			r.Report, _ = w.date(o)
		case FieldDiagnosed:
			r.Diagnosed, _ = w.date(o)
		case FieldHospitalised:
			r.Hospitalised, _ = w.date(o)
		case FieldIsolated:
			r.Isolated, _ = w.date(o)
		case FieldQuarantined:
			r.Quarantined, _ = w.date(o)
		case FieldExposureStart:
			r.ExposureStart, _ = w.date(o)
		case FieldExposureEnd:
			r.ExposureEnd, _ = w.date(o)
		case FieldOutcome:
			r.Outcome = Outcome(w.words(o, outcomeWord, "outcome"))
		case FieldOutcomeDate:
			outcomeDate, outcomeCol = w.date(o)
		case FieldDeathDate:
			death, _ = w.date(o)
		case FieldRecoveryDate:
			recovery, recoveryCol = w.date(o)
		case FieldHospital:
			r.Hospital, _ = o.take(w.row.Cells)
		case FieldPlaceInfected:
			r.PlaceInfected, _ = o.take(w.row.Cells)
		case FieldClusters:
			r.Clusters = w.list(o)
		case FieldSource:
			w.references(o, func(ref reference) {
				kind := LinkTransmission
				if ref.what == refEvent {
					kind = LinkEvent
					r.Events = append(r.Events, ref.code)
				}
				w.addLink(LinkRecord{FromCode: ref.code, ToCode: r.Code, Kind: kind}, o.cols[0])
			})
		case FieldEvents:
			for _, e := range w.list(o) {
				r.Events = append(r.Events, e)
				w.addLink(LinkRecord{FromCode: e, ToCode: r.Code, Kind: LinkEvent}, o.cols[0])
			}
		case FieldDirect, FieldClusterLinks:
			kind := LinkDirect
			if o.field == FieldClusterLinks {
				kind = LinkCluster
			}
			w.references(o, func(ref reference) {
				k := kind
				if ref.what == refEvent {
					k = LinkEvent
					r.Events = append(r.Events, ref.code)
				}
				w.addLink(LinkRecord{FromCode: ref.code, ToCode: r.Code, Kind: k}, o.cols[0])
			})
		default:
			w.person(&r.Person, o)
		}
	}
	w.outcome(r, outcomeDate, death, recovery, outcomeCol, recoveryCol)
}

// outcome joins the outcome word with the dates. A date of death says that the person died, whatever the word; a date of
// recovery counts unless the person died; a date of outcome without an outcome is kept as text.
func (w *rowMapping) outcome(r *CaseRecord, date, death, recovery day.Day, dateCol, recoveryCol int) {
	switch {
	case !death.IsZero():
		if r.Outcome == Recovered {
			w.warn(-1, death.String(), "the outcome says recovered, but there is a date of death; taken as died")
		}
		r.Outcome, r.OutcomeDate = Died, death
	case r.Outcome == Died:
		r.OutcomeDate = date
	case !recovery.IsZero():
		r.Outcome, r.OutcomeDate = Recovered, recovery
	case r.Outcome == Recovered:
		r.OutcomeDate = date
	}
	if !date.IsZero() && r.OutcomeDate != date {
		w.keep(dateCol)
	}
	if !recovery.IsZero() && r.OutcomeDate != recovery {
		w.keep(recoveryCol)
	}
}

// countRow maps a row that is a number of cases.
func (w *rowMapping) countRow(n int, code string, col int) {
	r := &CountRecord{Row: w.row.Number, Code: code, Count: n}
	if code == "" {
		r.Code = w.generate()
	} else if w.checkRepeat("count\x1f"+code, code, col); w.rec.Rejected {
		return
	}
	var p Person
	for _, o := range w.ops {
		switch o.field {
		case FieldClass:
			r.Class = Class(w.words(o, classWord, "classification"))
		case FieldOutcome:
			r.Outcome = Outcome(w.words(o, outcomeWord, "outcome"))
		case FieldReport:
			r.Report, _ = w.date(o)
		case FieldCountry, FieldProvince, FieldCity, FieldDistrict, FieldStreet, FieldCommunity, FieldAddress:
			w.person(&p, o)
		case FieldCode, FieldCount:
		default:
			for _, c := range o.cols {
				w.keep(c)
			}
		}
	}
	r.Area = p.Area
	w.keepRest()
	r.Attributes = w.attrs
	what := "a number of cases"
	if n < 0 {
		what = "a correction of the number of cases"
	} else if n == 1 {
		what = "a case without a code, in a file of counted cases"
	}
	w.warn(col, strconv.Itoa(n), "the row is "+what+", not a person: kept as a count")
	w.rec.Count = r
}

// contact maps a row of a file of contacts.
func (w *rowMapping) contact() {
	code, col := w.code(w.byField[FieldCode])
	if w.rec.Rejected {
		return
	}
	r := &ContactRecord{Row: w.row.Number}
	r.Code = code
	if o := w.byField[FieldSource]; o != nil {
		w.references(o, func(ref reference) {
			if ref.what == refEvent {
				w.keep(o.cols[0])
				return
			}
			r.SourceCodes = append(r.SourceCodes, ref.code)
		})
	}
	if code == "" {
		r.Code, r.Generated = w.generate(), true
		w.warn(-1, "", "no code in the row: kept under "+r.Code+"; if the row is changed in a later file it will look like another person")
	} else if w.checkRepeat(fmt.Sprintf("%s\x1f%q", code, r.SourceCodes), code, col); w.rec.Rejected {
		return
	}
	if len(r.SourceCodes) == 0 {
		w.warn(-1, "", "no case is named that this contact was exposed to")
	}
	for _, o := range w.ops {
		switch o.field {
		case FieldTier:
			r.Tier, _ = o.take(w.row.Cells)
			r.Tier = lastCode(r.Tier)
		case FieldRelation:
			r.Relation, _ = o.take(w.row.Cells)
		case FieldSetting:
			r.Setting, _ = o.take(w.row.Cells)
		case FieldFollowUp:
			r.FollowUp, _ = o.take(w.row.Cells)
		case FieldReport:
			r.Report, _ = w.date(o)
		case FieldFirstExposure:
			r.FirstExposure, _ = w.date(o)
		case FieldLastExposure:
			r.LastExposure, _ = w.date(o)
		case FieldQuarantined:
			r.Quarantined, _ = w.date(o)
		case FieldFollowUpEnd:
			r.FollowUpEnd, _ = w.date(o)
		default:
			w.person(&r.Person, o)
		}
	}
	w.keepRest()
	r.Attributes = w.attrs
	w.rec.Contact = r
}

// link maps a row of a file of links. Without a column that says otherwise, from infected to.
func (w *rowMapping) link() {
	from, fromCol := w.code(w.byField[FieldFrom])
	to, toCol := w.code(w.byField[FieldTo])
	if w.rec.Rejected {
		return
	}
	if from == "" || to == "" {
		w.reject(max(fromCol, toCol), from+" -> "+to, "a link needs two ends")
		return
	}
	l := LinkRecord{FromCode: from, ToCode: to, Kind: LinkTransmission}
	if o := w.byField[FieldLinkKind]; o != nil {
		if v, col := o.take(w.row.Cells); v != "" {
			k, ok := o.word(v, kindWord)
			if !ok {
				// Without knowing the word, the least is claimed: that the two met.
				k = string(LinkDirect)
				w.warn(col, v, "not a known kind of link; taken as direct, kept as text")
				w.keep(col)
			}
			l.Kind = LinkKind(k)
		}
	}
	if o := w.byField[FieldSetting]; o != nil {
		l.Setting, _ = o.take(w.row.Cells)
	}
	w.keepRest()
	l.Attributes = w.attrs
	if w.addLink(l, toCol) {
		w.codes[w.hashContent()] = firstSeen{row: w.row.Number}
		return
	}
	// The row is given all the same: it may differ in what is kept as text.
	l.Row = w.row.Number
	w.rec.Links = append(w.rec.Links, l)
	if _, same := w.codes[w.hashContent()]; same {
		w.rec.Repeat = true
		w.warn(-1, from+" -> "+to, "says exactly what an earlier row says")
		return
	}
	w.warn(-1, from+" -> "+to, "an earlier row joins the same two")
}
