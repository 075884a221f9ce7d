package auth

import "slices"

// Purpose is why a caller wants to see or change something about people. It is
// asked for, checked against the caller's role and written to the journal.
type Purpose string

// The purposes. None of them is "other": who cannot name a purpose does not
// need the record.
const (
	PurposeCaseInvestigation Purpose = "case-investigation"
	PurposeContactTracing    Purpose = "contact-tracing"
	PurposeScreening         Purpose = "screening"
	PurposeCare              Purpose = "care"
	PurposeTransfer          Purpose = "transfer"
	PurposeIsolation         Purpose = "isolation" // isolation of cases and quarantine of contacts
	PurposeSupply            Purpose = "supply"
	PurposeBorder            Purpose = "border"
	PurposeKeyplace          Purpose = "keyplace"
	PurposeCommand           Purpose = "command"
	PurposeInformation       Purpose = "public-information"
	PurposeAudit             Purpose = "audit"
	PurposeAdministration    Purpose = "administration"
)

var purposes = [...]struct {
	purpose Purpose
	title   title
}{
	{PurposeCaseInvestigation, title{"Investigate a case", "病例流行病学调查"}},
	{PurposeContactTracing, title{"Trace and follow up contacts", "密切接触者追踪与随访"}},
	{PurposeScreening, title{"Screen an area", "区域核酸筛查"}},
	{PurposeCare, title{"Treat a patient", "医疗救治"}},
	{PurposeTransfer, title{"Move a person", "人员转运"}},
	{PurposeIsolation, title{"Isolation and quarantine", "隔离管理"}},
	{PurposeSupply, title{"Supply people and sites", "物资保障"}},
	{PurposeBorder, title{"Ports and closed loops", "口岸与闭环管理"}},
	{PurposeKeyplace, title{"Protect a key place", "重点场所防控"}},
	{PurposeCommand, title{"Command the response", "指挥调度"}},
	{PurposeInformation, title{"Inform the public", "信息发布"}},
	{PurposeAudit, title{"Audit", "审计监督"}},
	{PurposeAdministration, title{"Run the system", "系统管理"}},
}

// Purposes lists every purpose.
func Purposes() []Purpose {
	out := make([]Purpose, len(purposes))
	for i := range purposes {
		out[i] = purposes[i].purpose
	}
	return out
}

// Valid reports whether p is a known purpose.
func (p Purpose) Valid() bool {
	for i := range purposes {
		if purposes[i].purpose == p {
			return true
		}
	}
	return false
}

// TitleKey is the key of the purpose's title in a message catalogue.
func (p Purpose) TitleKey() string { return "purpose." + string(p) }

// Title is the purpose in words: what a screen shows in the list under
// "why do you need it?".
func (p Purpose) Title(l Lang) string {
	for i := range purposes {
		if purposes[i].purpose == p {
			return purposes[i].title.in(l)
		}
	}
	return string(p)
}

// PurposesOf lists the purposes of a role.
func PurposesOf(r Role) []Purpose {
	if rule := ruleOf(r); rule != nil {
		return slices.Clone(rule.purposes)
	}
	return nil
}
