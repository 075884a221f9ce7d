package exchange

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"firebreak/internal/day"
)

func TestRecogniseOtherSystems(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in, want string
		check          func(t *testing.T, r Record)
	}{
		{"Go.Data cases by label",
			"Case ID,First Name,Last Name,Gender,Age years,Classification,Date of onset,Date of reporting,Outcome,Date of Outcome,Addresses Location [1],Was contact\n" +
				"CASE-0001,Ana,Lopez,Female,34,Confirmed,2020-05-01,2020-05-03,Recovered,2020-05-20,Centro,No\n",
			"godata-cases", func(t *testing.T, r Record) {
				c := r.Case
				eq(t, "code", c.Code, "CASE-0001")
				eq(t, "name", c.Name, "Ana Lopez")
				eq(t, "sex", c.Sex, Female)
				eq(t, "class", c.Class, Confirmed)
				eq(t, "outcome", c.Outcome, Recovered)
				eq(t, "outcome date", c.OutcomeDate, day.MustParse("2020-05-20"))
				eq(t, "area", c.Area.Community, "Centro")
				eq(t, "attribute", c.Attributes[0], Attribute{"Was contact", "No"})
			}},
		{"Go.Data cases by field name",
			"visualId,classification,dateOfOnset,dateOfReporting,gender,outcomeId\nC1,LNG_REFERENCE_DATA_CATEGORY_CASE_CLASSIFICATION_NOT_A_CASE_DISCARDED,2020-05-01T00:00:00.000Z,2020-05-03T00:00:00.000Z,LNG_REFERENCE_DATA_CATEGORY_GENDER_MALE,LNG_REFERENCE_DATA_CATEGORY_OUTCOME_DECEASED\n",
			"godata-cases", func(t *testing.T, r Record) {
				eq(t, "class", r.Case.Class, Discarded)
				eq(t, "sex", r.Case.Sex, Male)
				eq(t, "outcome", r.Case.Outcome, Died)
				eq(t, "onset", r.Case.Onset, day.MustParse("2020-05-01"))
			}},
		{"Go.Data contacts",
			"Contact ID,First name,Last name,Date of last contact,Risk level,Case ID,Final follow-up status\nCT-1,Bo,Li,2020-05-02,High,CASE-0001,Under follow-up\n",
			"godata-contacts", func(t *testing.T, r Record) {
				eq(t, "code", r.Contact.Code, "CT-1")
				eq(t, "case", strings.Join(r.Contact.SourceCodes, ","), "CASE-0001")
				eq(t, "tier", r.Contact.Tier, "High")
				eq(t, "last exposure", r.Contact.LastExposure, day.MustParse("2020-05-02"))
			}},
		{"SORMAS cases",
			"uuid,epidNumber,disease,person.firstName,person.lastName,person.sex,person.approximateAge,reportDate,region,district,healthFacility,caseClassification,outcome,symptoms.onsetDate,dischargeDate\n" +
				"#Case ID,EPID number,Disease,First name,Last name,Sex,Age,Date of report,Region,District,Facility,Classification,Outcome,Onset,Discharge\n" +
				"XA-1,EP-1,Coronavirus,A,B,MALE,2 Months,3/15/2021,North,D1,H,CONFIRMED_NO_SYMPTOMS,NO_OUTCOME,3/14/2021,3/20/2021\n",
			"sormas-cases", func(t *testing.T, r Record) {
				c := r.Case
				eq(t, "row", r.Row, 3)
				eq(t, "code", c.Code, "XA-1")
				eq(t, "class", c.Class, Asymptomatic)
				eq(t, "age", c.Age, Age{Years: 2.0 / 12, Known: true})
				eq(t, "onset", c.Onset, day.MustParse("2021-03-14"))
				eq(t, "outcome", c.Outcome, Outcome("")) // discharged from hospital, but the system says no outcome yet
				eq(t, "problems", len(r.Problems), 0)
			}},
		{"SORMAS contacts",
			"uuid,sourceCaseUuid,contactClassification,person.firstName,person.lastName,person.sex,lastContactDate,contactProximity,followUpStatus,followUpUntil\nC-1,XA-1,CONFIRMED,A,B,FEMALE,2021-03-14,FACE_TO_FACE_LONG,FOLLOW_UP,2021-03-28\n",
			"sormas-contacts", func(t *testing.T, r Record) {
				eq(t, "case", r.Contact.SourceCodes[0], "XA-1")
				eq(t, "until", r.Contact.FollowUpEnd, day.MustParse("2021-03-28"))
			}},
		{"WHO line list",
			"report_whoID,report_date,report_country,report_diag_class,patinfo_ID,patinfo_ageonset,patinfo_ageonsetunit,patinfo_sex,patcourse_dateonset,patcourse_status,patcourse_datedeath\n" +
				"W1,25/02/2020,Italy,1,IT-7,18,2,1,20/02/2020,Dead,27/02/2020\n",
			"who-linelist", func(t *testing.T, r Record) {
				c := r.Case
				eq(t, "code", c.Code, "IT-7")
				eq(t, "age", c.Age.Years, 1.5)
				eq(t, "class", c.Class, Confirmed)
				eq(t, "sex", c.Sex, Male)
				eq(t, "died", c.Outcome, Died)
				eq(t, "death", c.OutcomeDate, day.MustParse("2020-02-27"))
			}},
		{"R line list", "id,date_onset,date_admission,date_outcome,outcome,gender,age\nA,2020-01-02,2020-01-03,NA,NA,m,33\n", "linelist", func(t *testing.T, r Record) {
			eq(t, "admission", r.Case.Hospitalised, day.MustParse("2020-01-03"))
			eq(t, "problems", len(r.Problems), 0)
		}},
		{"epicontacts", "from,to,location\nA,B,Hospital\n", "epicontacts", func(t *testing.T, r Record) {
			eq(t, "link", r.Links[0].FromCode+r.Links[0].ToCode+r.Links[0].Setting, "ABHospital")
		}},
		{"Chinese line list", "序号,病例编号,姓名,性别,年龄（岁）,身份证号,职业,现住址,街道,发病日期,报告日期,确诊日期,病例分类,转归,出院日期\n1,QD001,张三,男,45,370202199001011234,教师,香港中路1号,八大湖街道,2022年3月1日,2022/3/2,2022-03-02,无症状感染者,出院,2022.3.15\n", "linelist-zh", func(t *testing.T, r Record) {
			c := r.Case
			eq(t, "code", c.Code, "QD001")
			eq(t, "name", c.Name, "张三")
			eq(t, "sex", c.Sex, Male)
			eq(t, "age", c.Age.Years, 45)
			eq(t, "document", c.Document, "370202199001011234")
			eq(t, "class", c.Class, Asymptomatic)
			eq(t, "onset", c.Onset, day.MustParse("2022-03-01"))
			eq(t, "report", c.Report, day.MustParse("2022-03-02"))
			eq(t, "outcome", c.Outcome, Recovered)
			eq(t, "street", c.Area.Street, "八大湖街道")
		}},
		{"Chinese contacts", "密接编号,姓名,性别,关联病例编号,接触类型,与病例关系,末次接触日期\nM1,李四,女,QD001,密接,同事,2022-03-01\n", "contacts-zh", func(t *testing.T, r Record) {
			eq(t, "source", r.Contact.SourceCodes[0], "QD001")
			eq(t, "relation", r.Contact.Relation, "同事")
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := scanSource(t, textSource(tt.in), tt.want)
			if len(s.recs) != 1 {
				t.Fatalf("%d records: %+v", len(s.recs), s.recs)
			}
			if s.recs[0].Rejected {
				t.Fatalf("rejected: %v", s.recs[0].Problems)
			}
			tt.check(t, s.recs[0])
		})
	}
}

func TestRecogniseUnmapped(t *testing.T) {
	t.Parallel()
	got := Recognise([]string{"id", "date_onset", "pets", "favourite colour"})
	if len(got) == 0 || got[0].Format != "linelist" || !slices.Equal(got[0].Unmapped, []string{"pets", "favourite colour"}) {
		t.Errorf("got %+v", got)
	}
	if got[0].Confidence >= 0.8 {
		t.Errorf("confidence %v for half a line list: a person should look", got[0].Confidence)
	}
	if got := Recognise([]string{"sku", "price"}); len(got) != 0 {
		t.Errorf("a price list was recognised as %+v", got)
	}
}

// Every recognised map is valid and survives being saved.
func TestMapsSave(t *testing.T) {
	t.Parallel()
	for _, f := range formats() {
		var header []string
		for _, names := range f.fields {
			header = append(header, names...)
		}
		header = append(header, f.signature...)
		slices.Sort(header)
		header = slices.Compact(header)
		i := slices.IndexFunc(Recognise(header), func(r Recognition) bool { return r.Format == f.name })
		if i < 0 {
			t.Errorf("%s is not recognised by its own header", f.name)
			continue
		}
		m := Recognise(header)[i].Map
		b, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		back, err := ParseMap(b)
		if err != nil {
			t.Errorf("%s: %v", f.name, err)
		}
		if !reflect.DeepEqual(back, m) {
			t.Errorf("%s: got %+v, want %+v", f.name, back, m)
		}
	}
}

func TestMapValidate(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]string{
		"kind":           `{"kind":"cats","fields":{}}`,
		"unknown field":  `{"kind":"cases","fields":{"shoe":{"from":["x"]}}}`,
		"unknown key":    `{"kind":"cases","fields":{},"x":1}`,
		"wrong place":    `{"kind":"cases","fields":{"tier":{"from":["x"]}}}`,
		"no column":      `{"kind":"cases","fields":{"code":{"from":[]}}}`,
		"date order":     `{"kind":"cases","fields":{"onset":{"from":["x"],"order":"mmm"}}}`,
		"order, no date": `{"kind":"cases","fields":{"code":{"from":["x"],"order":"dmy"}}}`,
		"links":          `{"kind":"links","fields":{"from":{"from":["a"]}}}`,
		"repeats":        `{"kind":"cases","fields":{},"repeats":"sometimes"}`,
	} {
		if _, err := ParseMap([]byte(in)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	m, err := ParseMap([]byte(`{"kind":"cases","fields":{"code":{"from":["nummer"]}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Scan(context.Background(), textSource("id\n1\n"), m, func(Record) error { return nil }); err == nil || !strings.Contains(err.Error(), "nummer") {
		t.Errorf("a missing code column: %v", err)
	}
}

func FuzzRecognise(f *testing.F) {
	f.Add("id,date_onset\n1,2020-01-01")
	f.Add("Case ID,Classification,Date of onset,Date of reporting\n1,Confirmed,1/2/20,x")
	f.Add("from,to\na,b\nb,a\n")
	f.Add("patient_number,state_patient_number,date_announced,contracted_from,num_cases\n,,01/13/2020,P1 E0,-3\n")
	f.Add("密接编号,末次接触日期\n1,2020年1月2日\n")
	f.Fuzz(func(t *testing.T, in string) {
		src := textSource(in)
		tab, err := src.Table(ReadOptions{})
		if err != nil {
			return
		}
		for _, r := range Recognise(tab.Header()) {
			if err := r.Map.Validate(); err != nil {
				t.Fatalf("recognised an invalid map: %v", err)
			}
			if r.Confidence < 0 || r.Confidence > 1 {
				t.Fatalf("confidence %v", r.Confidence)
			}
			// Ambiguous dates are a fair refusal; a sum that does not add up is not.
			n := 0
			tally, err := Scan(context.Background(), src, r.Map, func(rec Record) error {
				n++
				if rec.Rejected != slices.ContainsFunc(rec.Problems, func(p Problem) bool { return p.Severity == Reject }) {
					t.Fatalf("row %d: rejected %v, problems %v", rec.Row, rec.Rejected, rec.Problems)
				}
				return nil
			})
			if err == nil && n != tally.Rows {
				t.Fatalf("%d records, %d rows", n, tally.Rows)
			}
			if err != nil && strings.Contains(err.Error(), "reconcile") {
				t.Fatal(err)
			}
		}
	})
}
