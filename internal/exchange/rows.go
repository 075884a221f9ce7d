package exchange

import (
	"io"
	"iter"
	"strings"
)

// CaseHeader are the columns of our own case export: each is named as its Field, so the file is recognised and read back
// without a map. Attributes names the attribute columns to append, in order.
func CaseHeader(attributes ...string) []string {
	h := []string{string(FieldCode), string(FieldOtherCode), string(FieldName), string(FieldDocument), string(FieldPhone), string(FieldSex), string(FieldAge), string(FieldAgeClass), string(FieldBirth),
		string(FieldOccupation), string(FieldCountry), string(FieldProvince), string(FieldCity), string(FieldDistrict), string(FieldStreet), string(FieldCommunity), string(FieldAddress), string(FieldLon), string(FieldLat),
		string(FieldClass), string(FieldOnset), string(FieldReport), string(FieldDiagnosed), string(FieldHospitalised), string(FieldIsolated), string(FieldQuarantined), string(FieldOutcome), string(FieldOutcomeDate),
		string(FieldHospital), string(FieldExposureStart), string(FieldExposureEnd), string(FieldPlaceInfected), string(FieldClusters), string(FieldEvents)}
	return append(h, attributes...)
}

// CaseRow appends the case's cells for CaseHeader(attributes...) to dst. A generated code is left out, so that the row keeps
// being one without a code.
func CaseRow(dst []Value, r *CaseRecord, attributes ...string) []Value {
	dst = personRow(dst, &r.Person)
	dst = append(dst, Text(string(r.Class)), Date(r.Onset), Date(r.Report), Date(r.Diagnosed), Date(r.Hospitalised), Date(r.Isolated), Date(r.Quarantined), Text(string(r.Outcome)), Date(r.OutcomeDate),
		Text(r.Hospital), Date(r.ExposureStart), Date(r.ExposureEnd), Text(r.PlaceInfected), Text(strings.Join(r.Clusters, "; ")), Text(strings.Join(r.Events, "; ")))
	return attributeRow(dst, r.Attributes, attributes)
}

// ContactHeader are the columns of our own contact export.
func ContactHeader(attributes ...string) []string {
	h := append([]string(nil), CaseHeader()[:19]...)
	h = append(h, string(FieldSource), string(FieldReport), string(FieldTier), string(FieldRelation), string(FieldSetting), string(FieldFirstExposure), string(FieldLastExposure), string(FieldQuarantined), string(FieldFollowUp), string(FieldFollowUpEnd))
	return append(h, attributes...)
}

// ContactRow appends the contact's cells for ContactHeader(attributes...) to dst.
func ContactRow(dst []Value, r *ContactRecord, attributes ...string) []Value {
	dst = personRow(dst, &r.Person)
	dst = append(dst, Text(strings.Join(r.SourceCodes, "; ")), Date(r.Report), Text(r.Tier), Text(r.Relation), Text(r.Setting), Date(r.FirstExposure), Date(r.LastExposure), Date(r.Quarantined), Text(r.FollowUp), Date(r.FollowUpEnd))
	return attributeRow(dst, r.Attributes, attributes)
}

// LinkHeader are the columns of our own link export, which epicontacts reads as it is.
func LinkHeader(attributes ...string) []string {
	return append([]string{string(FieldFrom), string(FieldTo), string(FieldLinkKind), string(FieldSetting)}, attributes...)
}

// LinkRow appends the link's cells for LinkHeader(attributes...) to dst.
func LinkRow(dst []Value, l *LinkRecord, attributes ...string) []Value {
	dst = append(dst, Text(l.FromCode), Text(l.ToCode), Text(string(l.Kind)), Text(l.Setting))
	return attributeRow(dst, l.Attributes, attributes)
}

func personRow(dst []Value, p *Person) []Value {
	code := p.Code
	if p.Generated {
		code = ""
	}
	age, lon, lat := Value{}, Value{}, Value{}
	if p.Age.Known {
		age = Number(p.Age.Years)
	}
	if p.HasPoint {
		lon, lat = Number(p.Lon), Number(p.Lat)
	}
	a := &p.Area
	return append(dst, Text(code), Text(strings.Join(p.OtherCodes, "; ")), Text(p.Name), Text(p.Document), Text(p.Phone), Text(string(p.Sex)), age, Text(p.Age.Class), Date(p.Birth), Text(p.Occupation),
		Text(a.Country), Text(a.Province), Text(a.City), Text(a.District), Text(a.Street), Text(a.Community), Text(a.Address), lon, lat)
}

func attributeRow(dst []Value, have []Attribute, want []string) []Value {
	for _, name := range want {
		v := Value{}
		for _, a := range have {
			if a.Name == name {
				v = Text(a.Value)
				break
			}
		}
		dst = append(dst, v)
	}
	return dst
}

// epicontactsHeader is the line list that R's epicontacts and linelist packages expect: id first, then common names.
func epicontactsHeader() []string {
	return []string{"id", "sex", "age", "date_onset", "date_report", "date_confirmation", "date_admission", "outcome", "date_outcome", "classification", "hospital", "district", "lon", "lat"}
}

// WriteEpicontacts writes linelist.csv (id first) and contacts.csv (from, to, kind, setting) as R's epicontacts takes them:
// make_epicontacts(linelist, contacts, directed = TRUE). Names, documents and addresses are left out. It returns the numbers
// of cases and links. A case with a generated code is written under it, since links may name it.
func WriteEpicontacts(linelist, contacts io.Writer, cases iter.Seq2[*CaseRecord, error], links iter.Seq2[*LinkRecord, error]) (nCases, nLinks int, err error) {
	var buf []Value
	nCases, err = WriteCSV(linelist, epicontactsHeader(), func(yield func([]Value, error) bool) {
		for r, err := range cases {
			if err != nil {
				yield(nil, err)
				return
			}
			age, lon, lat := Value{}, Value{}, Value{}
			if r.Age.Known {
				age = Number(r.Age.Years)
			}
			if r.HasPoint {
				lon, lat = Number(r.Lon), Number(r.Lat)
			}
			buf = append(buf[:0], Text(r.Code), Text(string(r.Sex)), age, Date(r.Onset), Date(r.Report), Date(r.Diagnosed), Date(r.Hospitalised), Text(string(r.Outcome)), Date(r.OutcomeDate),
				Text(string(r.Class)), Text(r.Hospital), Text(r.Area.District), lon, lat)
			if !yield(buf, nil) {
				return
			}
		}
	}, CSVOptions{})
	if err != nil {
		return nCases, 0, err
	}
	nLinks, err = WriteCSV(contacts, LinkHeader(), func(yield func([]Value, error) bool) {
		for l, err := range links {
			if err != nil {
				yield(nil, err)
				return
			}
			buf = LinkRow(buf[:0], l)
			if !yield(buf, nil) {
				return
			}
		}
	}, CSVOptions{})
	return nCases, nLinks, err
}
