package auth

// Role is a job a person does in the response. A role by itself gives nothing:
// it counts only inside a [Grant], for an area and its subtree.
type Role string

// The roles, one for each person of the response.
const (
	RoleDutyOfficer          Role = "duty-officer"
	RoleEpidemiologist       Role = "epidemiologist"
	RoleFollowUpOfficer      Role = "follow-up-officer"
	RoleScreeningCoordinator Role = "screening-coordinator"
	RoleSampler              Role = "sampler"
	RoleLaboratory           Role = "laboratory"
	RoleTransferDispatcher   Role = "transfer-dispatcher"
	RoleDriver               Role = "driver"
	RoleIsolationStaff       Role = "isolation-staff"
	RoleHospital             Role = "hospital"
	RoleSupplyOfficer        Role = "supply-officer"
	RolePortManager          Role = "port-manager"
	RoleKeyplaceManager      Role = "keyplace-manager"
	RoleCommunityWorker      Role = "community-worker"
	RolePressOfficer         Role = "press-officer"
	RoleHigherLevelViewer    Role = "higher-level-viewer"
	RoleAuditor              Role = "auditor"
	RoleAdministrator        Role = "administrator"
)

// Roles lists every role in the order in which screens offer them.
func Roles() []Role {
	out := make([]Role, len(rules))
	for i := range rules {
		out[i] = rules[i].role
	}
	return out
}

// Valid reports whether r is a role this version knows. A role read from a
// database that is not valid grants nothing.
func (r Role) Valid() bool { return ruleOf(r) != nil }

// TitleKey is the key of the role's title in a message catalogue.
func (r Role) TitleKey() string { return "role." + string(r) }

// Lang is a language that titles exist in.
type Lang string

// The languages that ship with the program.
const (
	English Lang = "en"
	Chinese Lang = "zh"
)

// title is a text in every shipped language.
type title struct{ en, zh string }

func (t title) in(l Lang) string {
	if l == Chinese {
		return t.zh
	}
	return t.en
}

// Title is the role's title in l, in English where l is not shipped, and the
// role's own word where the role is unknown.
func (r Role) Title(l Lang) string {
	if rule := ruleOf(r); rule != nil {
		return rule.title.in(l)
	}
	return string(r)
}

// Titles returns every title of roles and purposes in l by its catalogue key,
// so that the catalogue need not repeat them.
func Titles(l Lang) map[string]string {
	out := make(map[string]string, len(rules)+len(purposes))
	for _, r := range rules {
		out[r.role.TitleKey()] = r.title.in(l)
	}
	for _, p := range purposes {
		out[p.purpose.TitleKey()] = p.title.in(l)
	}
	return out
}
