package exchange

// format is one file layout that can be recognised by its header. All header names are in normalised form (normalise).
type format struct {
	name, title string
	kind        Kind
	// signature: all of these must be there. anyOf: at least one of each group.
	signature []string
	anyOf     [][]string
	// fields lists, per field, the headers that mean it. Fields that join or take several columns use every one that is
	// there, in this order; the others too, as fallbacks.
	fields map[Field][]string
	// adjust sets what a header cannot say: translations, prefixes, defaults. Optional.
	adjust func(*Map)
}

// formats returns every known layout, the particular ones first. What was confirmed, and how, stands at each.
func formats() []format {
	return append(append(append(ownFormats(), publishedSets()...), otherSystems()...), genericFormats()...)
}

// ownFormats are what our writers write: the header is the field's own name.
func ownFormats() []format {
	own := func(name string, kind Kind, signature []string, letter byte) format {
		f := format{name: name, title: "firebreak " + string(kind), kind: kind, signature: signature, fields: map[Field][]string{}}
		for _, field := range allFields() {
			for i := range len(fieldKinds(field)) {
				if fieldKinds(field)[i] == letter {
					f.fields[field] = []string{normalise(string(field))}
				}
			}
		}
		return f
	}
	return []format{
		own("firebreak-cases", KindCases, []string{"code", "class", "onset", "report", "diagnosed", "outcome", "exposurestart"}, 'c'),
		own("firebreak-contacts", KindContacts, []string{"code", "source", "tier", "firstexposure", "lastexposure"}, 'k'),
		own("firebreak-links", KindLinks, []string{"from", "to", "kind", "setting"}, 'l'),
	}
}

// publishedSets are the openly published outbreak data sets that the project is checked against.
func publishedSets() []format {
	confirmed := func(m *Map) { m.Fields[FieldClass] = Column{Default: string(Confirmed)} }
	return []format{
		{
			name: "mers-korea-2015", title: "MERS, South Korea 2015 (R package outbreaks)", kind: KindCases,
			signature: []string{"id", "placeinfect", "dtonset", "dtdiag", "lochosp"},
			fields: map[Field][]string{
				FieldCode: {"id"}, FieldAge: {"age"}, FieldAgeClass: {"ageclass"}, FieldSex: {"sex"}, FieldPlaceInfected: {"placeinfect"}, FieldCountry: {"reportingctry"},
				FieldHospital: {"lochosp"}, FieldOnset: {"dtonset"}, FieldReport: {"dtreport"}, FieldExposureStart: {"dtstartexp"}, FieldExposureEnd: {"dtendexp"},
				FieldDiagnosed: {"dtdiag"}, FieldOutcome: {"outcome"}, FieldDeathDate: {"dtdeath"},
			},
			adjust: confirmed, // every case of the set is laboratory confirmed
		},
		{
			name: "mers-korea-2015-contacts", title: "MERS, South Korea 2015: who infected whom", kind: KindLinks,
			signature: []string{"from", "to", "exposure", "diffdtonset"},
			fields:    map[Field][]string{FieldFrom: {"from"}, FieldTo: {"to"}, FieldSetting: {"exposure"}},
		},
		{
			name: "singapore-covid-2020", title: "COVID-19, Singapore 2020 (Tindale et al.)", kind: KindCases,
			signature: []string{"caseid", "relatedcases", "clusterlinks", "dateonsetsymptoms", "dateconfirmation"},
			fields: map[Field][]string{
				FieldCode: {"caseid"}, FieldDirect: {"relatedcases"}, FieldClusterLinks: {"clusterlinks"}, FieldAge: {"age"}, FieldSex: {"sex"}, FieldHospital: {"hospital"},
				FieldExposureStart: {"startsource"}, FieldExposureEnd: {"endsource"}, FieldOnset: {"dateonsetsymptoms"}, FieldQuarantined: {"datequarantine"},
				FieldHospitalised: {"datehospital"}, FieldDiagnosed: {"dateconfirmation"}, FieldOutcome: {"outcome"}, FieldRecoveryDate: {"datedischarge"},
				FieldPlaceInfected: {"travelhistory"}, FieldClusters: {"cluster"},
			},
			adjust: func(m *Map) { confirmed(m); m.References = References{Digits: true} },
		},
		{
			name: "singapore-covid-2020-links", title: "COVID-19, Singapore 2020: links", kind: KindLinks,
			signature: []string{"casea", "caseb", "linktype"},
			fields:    map[Field][]string{FieldFrom: {"casea"}, FieldTo: {"caseb"}, FieldLinkKind: {"linktype"}},
		},
		{
			name: "ebola-sim", title: "Simulated Ebola outbreak (R package outbreaks)", kind: KindCases,
			signature: []string{"caseid", "generation", "dateofinfection", "dateofonset", "dateofhospitalisation", "dateofoutcome"},
			fields: map[Field][]string{
				FieldCode: {"caseid"}, FieldOnset: {"dateofonset"}, FieldHospitalised: {"dateofhospitalisation"}, FieldOutcome: {"outcome"}, FieldOutcomeDate: {"dateofoutcome"},
				FieldSex: {"gender"}, FieldHospital: {"hospital"}, FieldLon: {"lon"}, FieldLat: {"lat"},
				FieldExposureStart: {"dateofinfection"}, FieldExposureEnd: {"dateofinfection"},
			},
			adjust: confirmed, // everyone in the simulated list is infected
		},
		{
			name: "ebola-sim-contacts", title: "Simulated Ebola outbreak: who infected whom", kind: KindLinks,
			signature: []string{"infector", "caseid", "source"},
			fields:    map[Field][]string{FieldFrom: {"infector"}, FieldTo: {"caseid"}, FieldSetting: {"source"}},
		},
		{
			name: "covid19india-2020", title: "COVID-19, India 2020 (covid19india.org)", kind: KindCases,
			signature: []string{"patientnumber", "statepatientnumber", "dateannounced", "contractedfrom", "numcases"},
			fields: map[Field][]string{
				FieldCode: {"patientnumber"}, FieldOtherCode: {"statepatientnumber"}, FieldReport: {"dateannounced"}, FieldAge: {"age"}, FieldSex: {"gender"},
				FieldCity: {"city"}, FieldDistrict: {"district"}, FieldProvince: {"state"}, FieldOutcome: {"status"}, FieldOutcomeDate: {"statuschangedate"},
				FieldSource: {"contractedfrom"}, FieldCount: {"numcases"},
			},
			adjust: func(m *Map) {
				confirmed(m)
				code := m.Fields[FieldCode]
				code.Prefix = "P"
				m.Fields[FieldCode] = code
				country := Column{Default: "India"}
				m.Fields[FieldCountry] = country
				m.References = References{Split: ",;/ \t\n\r", CasePrefix: "P", EventPrefix: "E"}
			},
		},
	}
}

// otherSystems are exports of surveillance systems.
func otherSystems() []format {
	return []format{
		// SORMAS, confirmed in its source (CaseExportDto, ContactExportDto, CsvStreamUtils, 2024): the first row is the property
		// path of each column ("uuid", "caseClassification", "person.sex"; combined properties by their method's name), an
		// optional row of class names may stand above it, and a second row has the captions in the user's language, its first
		// cell marked by "#". Age is the approximate age with its unit; coordinates stand in one column.
		{
			name: "sormas-contacts", title: "SORMAS detailed contact export", kind: KindContacts,
			signature: []string{"uuid", "sourcecaseuuid", "contactclassification"},
			fields: map[Field][]string{
				FieldCode: {"uuid"}, FieldOtherCode: {"externalid", "externaltoken"}, FieldSource: {"sourcecaseuuid", "caze", "cazeuuid"},
				FieldName: {"personfirstname", "firstname", "personlastname", "lastname"}, FieldSex: {"personsex", "sex"}, FieldAge: {"personapproximateage", "approximateage"}, FieldBirth: {"birthdate", "personbirthdate"},
				FieldPhone: {"personphone", "phone"}, FieldOccupation: {"personoccupationtype", "occupationtype"}, FieldReport: {"reportdatetime", "reportdate"},
				FieldProvince: {"region", "addressregion"}, FieldDistrict: {"district", "addressdistrict"}, FieldCommunity: {"community", "addresscommunity"}, FieldCity: {"personaddresscity", "city"},
				FieldAddress: {"personaddressstreet", "street", "personaddresshousenumber", "housenumber"}, FieldRelation: {"relationtocase"}, FieldSetting: {"contactproximity"}, FieldTier: {"contactcategory"},
				FieldFirstExposure: {"firstcontactdate"}, FieldLastExposure: {"lastcontactdate"}, FieldFollowUp: {"followupstatus"}, FieldFollowUpEnd: {"followupuntil"}, FieldQuarantined: {"quarantinefrom"},
			},
		},
		{
			name: "sormas-cases", title: "SORMAS detailed case export", kind: KindCases,
			signature: []string{"uuid", "caseclassification"}, anyOf: [][]string{{"reportdate"}, {"personsex", "sex", "epidnumber", "disease"}},
			fields: map[Field][]string{
				FieldCode: {"uuid"}, FieldOtherCode: {"epidnumber", "externalid", "externaltoken"}, FieldName: {"personfirstname", "firstname", "personlastname", "lastname"},
				FieldSex: {"personsex", "sex"}, FieldAge: {"personapproximateage", "approximateage"}, FieldAgeClass: {"agegroup"}, FieldBirth: {"birthdate", "personbirthdate"}, FieldPhone: {"personphone", "phone"},
				FieldOccupation: {"personoccupationtype", "occupationtype"}, FieldCountry: {"country"}, FieldProvince: {"region", "addressregion"}, FieldDistrict: {"district", "addressdistrict"},
				FieldCommunity: {"community", "addresscommunity"}, FieldCity: {"personaddresscity", "city"}, FieldAddress: {"personaddressstreet", "street", "personaddresshousenumber", "housenumber"},
				FieldClass: {"caseclassification"}, FieldReport: {"reportdate"}, FieldOnset: {"symptomsonsetdate", "onsetdate"}, FieldHospital: {"healthfacility"},
				FieldHospitalised: {"hospitalizationadmissiondate", "admissiondate"}, FieldRecoveryDate: {"hospitalizationdischargedate", "dischargedate"}, FieldQuarantined: {"quarantinefrom"},
				FieldOutcome: {"outcome"}, FieldOutcomeDate: {"outcomedate"}, FieldDeathDate: {"persondeathdate", "deathdate"}, FieldPlaceInfected: {"infectionsetting"}, FieldEvents: {"latesteventid"},
			},
			adjust: func(m *Map) {
				// A discharge is no recovery where the case has an outcome column of its own.
				if len(m.Fields[FieldOutcome].From) > 0 {
					delete(m.Fields, FieldRecoveryDate)
				}
			},
		},
		// Go.Data. Confirmed in its source (case.js fieldLabelsMap; the front end's English labels) are the field names (visualId,
		// dateOfOnset, dateOfReporting, outcomeId, dateOfOutcome, wasContact, riskLevel ...) and labels such as "Date of Onset",
		// "First Name", "Date of Outcome", and the reference codes LNG_REFERENCE_DATA_CATEGORY_...; the snake_case names are those
		// of WHO's own cleaning scripts. Not confirmed: the exact label of visualId ("Case ID", from users' files) and the numbered
		// forms of repeated groups, which are therefore matched by their beginning: "Addresses Location [1]".
		{
			name: "godata-contacts", title: "Go.Data contact export", kind: KindContacts,
			signature: []string{"dateoflastcontact"}, anyOf: [][]string{{"contactid", "visualid", "id"}},
			fields: merge(godataPerson(), map[Field][]string{
				FieldCode: {"contactid", "visualid", "id"}, FieldSource: {"sourcecaseid", "caseid", "sourcevisualid", "relatedpersonid", "relationshippersonid", "exposureid"},
				FieldTier: {"risklevel", "certaintylevel", "certaintylevelid"}, FieldLastExposure: {"dateoflastcontact", "contactdate"}, FieldFirstExposure: {"dateoffirstcontact"},
				FieldRelation: {"relation", "relationtype", "socialrelationship", "socialrelationshiptype", "socialrelationshiptypeid"}, FieldSetting: {"exposuretype", "exposuretypeid", "contexttransmission"},
				FieldFollowUp: {"finalfollowupstatus", "followupstatus", "followupstatusid"}, FieldFollowUpEnd: {"endoffollowup", "followupenddate", "enddateoffollowup"},
			}),
		},
		{
			name: "godata-cases", title: "Go.Data case export", kind: KindCases,
			signature: []string{"classification"}, anyOf: [][]string{{"caseid", "visualid", "id"}, {"dateofonset"}, {"dateofreporting", "dateofoutcome", "dateofbecomingcase", "datebecomecase"}},
			fields: merge(godataPerson(), map[Field][]string{
				FieldCode: {"caseid", "visualid", "id"}, FieldClass: {"classification"}, FieldOnset: {"dateofonset"}, FieldOutcome: {"outcome", "outcomeid"}, FieldOutcomeDate: {"dateofoutcome"},
				FieldDiagnosed: {"dateofbecomingcase", "datebecomecase", "dateofbecomingacase"}, FieldExposureStart: {"dateofinfection"}, FieldExposureEnd: {"dateofinfection"},
				FieldClusters: {"clusters", "cluster"},
			}),
		},
		// WHO's COVID-19 line list, confirmed in WHO's variable dictionary of 22 February 2020 (report_date, report_diag_class,
		// patinfo_ID, patinfo_DoB, patinfo_ageonset and its unit, patinfo_sex; dates DD/MM/YYYY; 1 = confirmed, 2 = probable; units
		// 1 years, 2 months, 3 days) and in the later questionnaire (Lab_date1, patcourse_dateonset, patinfo_resadmin0). Countries'
		// cleaning scripts add report_classif, patcourse_status, patcourse_datedeath, patcourse_datedischarge and expo_sourcecaseids.
		{
			name: "who-linelist", title: "WHO case-based line list (COVID-19 variable names)", kind: KindCases,
			signature: []string{"patinfoid"}, anyOf: [][]string{{"reportdate", "patcoursedateonset", "labdate1"}},
			fields: map[Field][]string{
				FieldCode: {"patinfoid"}, FieldOtherCode: {"reportwhoid"}, FieldReport: {"reportdate"}, FieldClass: {"reportdiagclass", "reportclassif", "reportclass"},
				FieldBirth: {"patinfodob"}, FieldAge: {"patinfoageonset", "patinfoageonsetyears"}, FieldAgeUnit: {"patinfoageonsetunit"}, FieldSex: {"patinfosex"},
				FieldCountry: {"patinforesadmin0", "patinfoidadmin0", "reportcountry"}, FieldProvince: {"patinforesadmin1", "patinfoidadmin1"}, FieldDistrict: {"patinforesadmin2", "patinfoidadmin2"},
				FieldOccupation: {"patinfooccupation", "patinfooccuhcw"}, FieldOnset: {"patcoursedateonset"}, FieldHospitalised: {"patcoursepreshcf", "patcoursedateadmission", "consultationdatehf"},
				FieldIsolated: {"patcoursedateiso", "patcoursedateisolation"}, FieldDiagnosed: {"labdate1", "labresdate"}, FieldOutcome: {"patcoursestatus", "outcomepatcoursestatus"},
				FieldOutcomeDate: {"outcomedateofoutcome"}, FieldDeathDate: {"patcoursedatedeath"}, FieldRecoveryDate: {"patcoursedatedischarge"}, FieldHospital: {"patcoursehospital"},
				FieldSource: {"exposourcecaseids", "expoid1", "expoid2", "expoid3"}, FieldPlaceInfected: {"expotravelcountry"},
			},
			adjust: func(m *Map) {
				set := func(f Field, values map[string]string) {
					if c, ok := m.Fields[f]; ok {
						c.Values = values
						m.Fields[f] = c
					}
				}
				set(FieldClass, map[string]string{"1": "confirmed", "2": "probable", "3": "suspected"})
				set(FieldAgeUnit, map[string]string{"1": "years", "2": "months", "3": "days"})
				set(FieldSex, map[string]string{"1": "male", "2": "female", "3": "", "9": ""})
			},
		},
	}
}

func godataPerson() map[Field][]string {
	return map[Field][]string{
		FieldName: {"firstname", "middlename", "lastname"}, FieldSex: {"gender", "sex"}, FieldAge: {"ageyears", "age", "ageinyears"}, FieldAgeMonths: {"agemonths", "ageinmonths"}, FieldBirth: {"dateofbirth", "dob"},
		FieldOccupation: {"occupation"}, FieldDocument: {"documentsnumber1", "documentnumber1", "documentsnumber", "documentnumber"}, FieldPhone: {"phonenumber", "addressesphonenumber1", "telephone"},
		FieldCommunity: {"addresseslocation1", "addresseslocation", "location"}, FieldCity: {"addressescity1", "addressescity", "city"},
		FieldAddress: {"addressesaddressline11", "addressesaddressline1", "addressline1", "address"},
		FieldLat:     {"addressesgeolocationlat1", "addressesgeolocationlatitude1", "lat"}, FieldLon: {"addressesgeolocationlng1", "addressesgeolocationlongitude1", "long", "lng"},
		FieldReport: {"dateofreporting", "dateofdatacollection"},
	}
}

func merge(a, b map[Field][]string) map[Field][]string {
	for f, names := range b {
		a[f] = names
	}
	return a
}

func allFields() []Field {
	return []Field{FieldCode, FieldOtherCode, FieldName, FieldDocument, FieldPhone, FieldSex, FieldAge, FieldAgeUnit, FieldAgeMonths, FieldAgeClass, FieldBirth, FieldOccupation,
		FieldCountry, FieldProvince, FieldCity, FieldDistrict, FieldStreet, FieldCommunity, FieldAddress, FieldLon, FieldLat,
		FieldClass, FieldOnset, FieldReport, FieldDiagnosed, FieldHospitalised, FieldIsolated, FieldQuarantined, FieldOutcome, FieldOutcomeDate, FieldDeathDate, FieldRecoveryDate,
		FieldHospital, FieldExposureStart, FieldExposureEnd, FieldPlaceInfected, FieldClusters, FieldDirect, FieldClusterLinks, FieldSource, FieldEvents, FieldCount,
		FieldTier, FieldRelation, FieldSetting, FieldFirstExposure, FieldLastExposure, FieldFollowUp, FieldFollowUpEnd, FieldFrom, FieldTo, FieldLinkKind}
}
