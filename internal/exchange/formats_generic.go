package exchange

// genericFormats are line lists, contact lists and link lists of no particular system: R's linelist and epicontacts, Chinese
// health offices' spreadsheets, and what an epidemiologist types. They are tried last.
func genericFormats() []format {
	return []format{
		{
			name: "epicontacts", title: "Links (from, to) as R's epicontacts has them", kind: KindLinks,
			anyOf: [][]string{fromNames(), toNames()},
			fields: map[Field][]string{FieldFrom: fromNames(), FieldTo: toNames(), FieldLinkKind: {"kind", "linktype", "type", "linkkind"},
				FieldSetting: {"exposure", "setting", "context", "location", "source", "暴露方式", "接触方式", "接触场所"}},
		},
		{
			name: "contacts-zh", title: "密切接触者登记表 (contact list in Chinese)", kind: KindContacts,
			anyOf:  [][]string{{"关联病例", "关联病例编号", "病例编号", "病例姓名", "关联病例姓名", "感染者编号", "首次接触日期", "末次接触日期", "最后接触日期", "末次接触时间", "最后接触时间"}, {"密接编号", "接触者编号", "密接姓名", "接触者姓名", "密切接触者姓名", "密切接触者编号", "接触类型", "密接类型", "末次接触日期", "最后接触日期", "末次接触时间", "最后接触时间"}},
			fields: chineseContacts(),
		},
		{
			name: "linelist-zh", title: "病例一览表 (line list in Chinese)", kind: KindCases,
			anyOf:  [][]string{{"病例编号", "编号", "病例号", "卡片编号", "病例id", "姓名", "患者姓名", "病例姓名", "序号"}, {"发病日期", "发病时间", "报告日期", "报告时间", "确诊日期", "诊断日期", "诊断时间", "确诊时间", "病例分类", "病例类型"}},
			fields: chineseCases(),
		},
		{
			name: "contacts", title: "Contact list", kind: KindContacts,
			anyOf:  [][]string{{"sourcecase", "sourcecaseid", "sourcecasecode", "indexcase", "indexcaseid", "caseid", "exposedto"}, {"contactid", "contactcode", "contactname", "lastcontact", "lastcontactdate", "dateoflastcontact", "datelastcontact", "lastexposure", "dateoflastexposure"}},
			fields: englishContacts(),
		},
		{
			name: "linelist", title: "Line list (R linelist names and the like)", kind: KindCases,
			anyOf: [][]string{codeNames(), {"dateonset", "dateofonset", "onset", "onsetdate", "dtonset", "dateonsetsymptoms", "symptomonset", "dateofsymptomonset", "dateadmission", "dateofadmission", "datereport", "datereporting", "dateofreport", "reportdate", "dateofreporting",
				"dateconfirmation", "dateconfirmed", "dateofconfirmation", "datediagnosis", "dateofdiagnosis", "dateoutcome", "dateofoutcome", "datedeath", "datedebutsymptomes", "fechainiciosintomas", "classification", "caseclassification"}},
			fields: englishCases(),
		},
	}
}

func fromNames() []string {
	return []string{"from", "infector", "infectorid", "casea", "source", "sourcecase", "sourceid", "传染源", "传染源编号", "上代病例", "上代病例编号"}
}

func toNames() []string {
	return []string{"to", "infectee", "infecteeid", "caseb", "target", "secondarycase", "被感染者", "续发病例", "下代病例", "下代病例编号"}
}

func codeNames() []string {
	return []string{"id", "caseid", "casecode", "code", "caseno", "casenumber", "patientid", "patientno", "patientnumber", "recordid", "uniqueid", "uniquecaseid", "epidnumber", "epid", "idcase", "numerocas", "idcaso"}
}

func englishCases() map[Field][]string {
	return map[Field][]string{
		FieldCode: codeNames(), FieldName: {"name", "fullname", "patientname", "casename", "firstname", "middlename", "lastname", "surname", "familyname"}, FieldSex: {"sex", "gender", "sexe", "sexo"},
		FieldAge: {"age", "ageyears", "ageinyears", "edad"}, FieldAgeUnit: {"ageunit", "ageunits", "unitofage"}, FieldAgeMonths: {"agemonths"}, FieldAgeClass: {"ageclass", "agegroup", "agecat", "agecategory"},
		FieldBirth: {"dob", "dateofbirth", "birthdate", "datebirth"}, FieldDocument: {"documentnumber", "nationalid", "passport", "idnumber", "idcard"}, FieldPhone: {"phone", "phonenumber", "telephone", "mobile"},
		FieldOccupation: {"occupation", "job", "profession"}, FieldCountry: {"country", "reportingcountry", "reportingctry"}, FieldProvince: {"province", "state", "region", "admin1", "adm1name"},
		FieldCity: {"city", "town"}, FieldDistrict: {"district", "county", "admin2", "adm2name"}, FieldCommunity: {"community", "village", "ward", "neighbourhood", "admin3", "adm3name", "location"}, FieldAddress: {"address", "street"},
		FieldLon: {"lon", "long", "longitude", "lng"}, FieldLat: {"lat", "latitude"},
		FieldClass:        {"classification", "caseclassification", "casestatus", "caseclass", "class", "casedefinition", "epicasedef", "caseclassificationstatus"},
		FieldOnset:        {"dateonset", "dateofonset", "onset", "onsetdate", "dtonset", "dateonsetsymptoms", "symptomonset", "dateofsymptomonset", "symptomonsetdate", "datesymptomonset", "datedebutsymptomes", "fechainiciosintomas"},
		FieldReport:       {"datereport", "datereporting", "dateofreport", "reportdate", "dateofreporting", "dtreport", "datenotification", "dateofnotification", "notificationdate", "dateannounced"},
		FieldDiagnosed:    {"dateconfirmation", "dateconfirmed", "dateofconfirmation", "datediagnosis", "dateofdiagnosis", "diagnosisdate", "dtdiag", "labconfirmationdate"},
		FieldHospitalised: {"dateadmission", "dateofadmission", "admissiondate", "datehospital", "datehospitalisation", "datehospitalization", "dateofhospitalisation", "dateofhospitalization", "hospitalisationdate", "hospitalizationdate", "dateadmit"},
		FieldIsolated:     {"dateisolation", "dateofisolation", "isolationdate"}, FieldQuarantined: {"datequarantine", "dateofquarantine", "quarantinedate"},
		FieldOutcome: {"outcome", "finaloutcome", "status"}, FieldOutcomeDate: {"dateoutcome", "dateofoutcome", "outcomedate"}, FieldDeathDate: {"datedeath", "dateofdeath", "deathdate", "dtdeath"},
		FieldRecoveryDate: {"daterecovery", "dateofrecovery", "recoverydate", "datedischarge", "dateofdischarge", "dischargedate"}, FieldHospital: {"hospital", "facility", "healthfacility", "hospitalname"},
		FieldExposureStart: {"exposurestart", "startexposure", "startsource", "dtstartexp", "datefirstexposure"}, FieldExposureEnd: {"exposureend", "endexposure", "endsource", "dtendexp", "datelastexposure"},
		FieldPlaceInfected: {"placeinfected", "placeofinfection", "placeinfect", "travelhistory"}, FieldClusters: {"cluster", "clusters", "clustername"},
		FieldSource: {"infector", "infectorid", "infectedby", "sourcecase", "sourcecaseid", "contractedfrom"}, FieldDirect: {"relatedcases", "linkedcases"},
	}
}

func englishContacts() map[Field][]string {
	m := englishCases()
	for f := range m {
		if k := fieldKinds(f); k != "ck" {
			delete(m, f)
		}
	}
	return merge(m, map[Field][]string{
		FieldCode: {"contactid", "contactcode", "id", "code"}, FieldName: {"contactname", "name", "fullname", "firstname", "middlename", "lastname", "surname"},
		FieldSource: {"sourcecaseid", "sourcecasecode", "sourcecase", "indexcaseid", "indexcase", "caseid", "exposedto"}, FieldTier: {"tier", "risk", "risklevel", "riskcategory", "contacttype", "exposurelevel"},
		FieldRelation: {"relation", "relationship", "relationtocase", "relationshiptocase"}, FieldSetting: {"setting", "exposuresetting", "exposure", "exposuretype", "placeofcontact"},
		FieldFirstExposure: {"firstexposure", "dateoffirstexposure", "firstcontact", "firstcontactdate", "datefirstcontact", "dateoffirstcontact"},
		FieldLastExposure:  {"lastexposure", "dateoflastexposure", "lastcontact", "lastcontactdate", "datelastcontact", "dateoflastcontact"},
		FieldFollowUp:      {"followupstatus", "followup", "status", "finalstatus"}, FieldFollowUpEnd: {"endoffollowup", "followupend", "followupuntil"},
	})
}

func chinesePerson() map[Field][]string {
	return map[Field][]string{
		FieldName: {"姓名", "患者姓名", "病例姓名", "感染者姓名"}, FieldSex: {"性别"}, FieldAge: {"年龄", "年龄岁", "周岁"}, FieldAgeUnit: {"年龄单位"}, FieldBirth: {"出生日期", "生日"},
		FieldDocument: {"身份证号", "身份证", "身份证号码", "证件号", "证件号码", "有效证件号"}, FieldPhone: {"电话", "联系电话", "手机", "手机号", "手机号码", "联系方式"},
		FieldOccupation: {"职业", "人群分类", "人群职业"}, FieldCountry: {"国家", "国籍"}, FieldProvince: {"省", "省份", "省级"}, FieldCity: {"市", "城市", "地市"}, FieldDistrict: {"区县", "县区", "区", "区市", "现住址区县"},
		FieldStreet: {"街道", "乡镇", "镇街", "街道乡镇", "乡镇街道"}, FieldCommunity: {"社区", "村", "村居", "社区村", "小区"}, FieldAddress: {"现住址", "住址", "地址", "详细地址", "现住详细地址", "居住地", "现住地址"},
		FieldLon: {"经度"}, FieldLat: {"纬度"},
	}
}

func chineseCases() map[Field][]string {
	return merge(chinesePerson(), map[Field][]string{
		FieldCode: {"病例编号", "病例号", "病例id", "卡片编号", "编号"}, FieldClass: {"病例分类", "病例类型", "分类", "诊断类型", "感染类型", "临床分型诊断"},
		FieldOnset: {"发病日期", "发病时间", "症状出现日期", "起病日期"}, FieldReport: {"报告日期", "报告时间", "通报日期", "录入日期", "报卡日期"}, FieldDiagnosed: {"确诊日期", "确诊时间", "诊断日期", "诊断时间", "阳性日期", "检测阳性日期"},
		FieldHospitalised: {"入院日期", "住院日期", "入院时间"}, FieldIsolated: {"隔离日期", "隔离时间", "隔离治疗日期"}, FieldQuarantined: {"集中隔离日期", "隔离观察日期", "隔离管控日期", "管控日期"},
		FieldOutcome: {"转归", "结局", "病例转归"}, FieldOutcomeDate: {"转归日期", "结局日期"}, FieldDeathDate: {"死亡日期", "死亡时间"}, FieldRecoveryDate: {"出院日期", "治愈日期", "痊愈日期"},
		FieldHospital: {"医院", "就诊医院", "收治医院", "定点医院", "隔离治疗医院", "报告单位"}, FieldExposureStart: {"暴露开始日期", "首次暴露日期"}, FieldExposureEnd: {"暴露结束日期", "末次暴露日期"},
		FieldPlaceInfected: {"感染地", "感染地点", "感染来源地", "旅居史"}, FieldClusters: {"聚集性疫情", "疫情名称", "聚集疫情"}, FieldSource: {"传染源", "感染来源", "上代病例", "传染源编号"}, FieldDirect: {"关联病例", "关联病例编号"},
	})
}

func chineseContacts() map[Field][]string {
	return merge(chinesePerson(), map[Field][]string{
		FieldCode: {"密接编号", "接触者编号", "密切接触者编号", "编号"}, FieldName: {"密接姓名", "接触者姓名", "密切接触者姓名", "姓名"}, FieldSource: {"关联病例编号", "关联病例", "病例编号", "感染者编号", "病例姓名", "关联病例姓名"},
		FieldTier: {"接触类型", "密接类型", "风险等级", "接触者类型", "密接分级"}, FieldRelation: {"与病例关系", "关系", "与感染者关系"}, FieldSetting: {"接触方式", "接触场所", "接触地点", "暴露方式"},
		FieldFirstExposure: {"首次接触日期", "首次接触时间"}, FieldLastExposure: {"末次接触日期", "最后接触日期", "末次接触时间", "最后接触时间"}, FieldQuarantined: {"隔离日期", "隔离开始日期", "集中隔离日期"},
		FieldFollowUp: {"随访状态", "医学观察状态", "管控状态"}, FieldFollowUpEnd: {"解除隔离日期", "解除观察日期", "观察截止日期"}, FieldReport: {"登记日期", "报告日期"},
	})
}
