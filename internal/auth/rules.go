package auth

// rule is one line of the table: what a role may do, and for which purposes.
type rule struct {
	role     Role
	title    title
	purposes []Purpose
	actions  []Action
}

// rules is the whole of what each role may do. It is read, never written.
//
// Three lines are drawn on purpose. The administrator runs the system and sees
// no person; the auditor sees who looked and no person; the higher-level viewer
// sees counts and no row. Who needs more is given a second grant, by name.
var rules = [...]rule{
	{RoleDutyOfficer, title{"Duty officer", "指挥部值班员"},
		[]Purpose{PurposeCommand},
		[]Action{RestrictionRead, RestrictionReview, RestrictionChange, NeedWrite, RollupRead, CaseRead, ContactRead, SampleRead, TaskRead, TaskComplete, TaskWaive, ScreeningRead, AppealWrite, AppealAnswer, TransferRead, IsolationRead, FacilityWrite, FacilityInspect, RosterRead, RosterWrite, CareRead, BorderRead,
			KeyplaceRead, ZoneRead, ZoneWrite, SupplyRead, DirectiveRead, DirectiveWrite, BulletinRead, OutbreakAdmin, DrillControl, NameRead, Import, Export}},
	{RoleEpidemiologist, title{"Epidemiologist", "流行病学调查员"},
		[]Purpose{PurposeCaseInvestigation, PurposeContactTracing},
		[]Action{RestrictionRead, RestrictionTell, RestrictionReview, RestrictionChange, NeedWrite, RollupRead, CaseRead, CaseWrite, ContactRead, ContactWrite, FollowUpWrite, SampleRead, SampleWrite, TaskRead, TaskComplete, TaskWaive, ScreeningRead, AppealWrite, AppealAnswer, TransferRead,
			IsolationRead, FacilityInspect, CareRead, BorderRead, KeyplaceRead, ZoneRead, ZoneWrite, DirectiveRead, BulletinRead, NameRead, Import, Export}},
	{RoleFollowUpOfficer, title{"Follow-up officer", "随访员"},
		[]Purpose{PurposeContactTracing},
		[]Action{RestrictionRead, RestrictionTell, RestrictionReview, NeedWrite, ContactRead, FollowUpWrite, TaskRead, TaskComplete, NameRead, DirectiveRead}},
	{RoleScreeningCoordinator, title{"Screening coordinator", "筛查协调员"},
		[]Purpose{PurposeScreening},
		[]Action{RestrictionRead, RollupRead, ScreeningRead, ScreeningWrite, StandingWrite, AppealWrite, AppealAnswer, SampleRead, TaskRead, TaskComplete, TaskWaive, ZoneRead, SupplyRead, DirectiveRead, NameRead, Import, Export}},
	{RoleSampler, title{"Sampler", "采样登记员"},
		[]Purpose{PurposeScreening},
		[]Action{ScreeningRead, SampleWrite, TaskRead, TaskComplete, NameRead}},
	{RoleLaboratory, title{"Laboratory", "检测实验室"},
		[]Purpose{PurposeScreening, PurposeCaseInvestigation},
		[]Action{SampleRead, ResultWrite, TaskRead, TaskComplete, SupplyRead, Import}},
	{RoleTransferDispatcher, title{"Transfer dispatcher", "转运调度员"},
		[]Purpose{PurposeTransfer},
		[]Action{RollupRead, TransferRead, TransferWrite, IsolationRead, CareRead, ZoneRead, TaskRead, TaskComplete, TaskWaive, DirectiveRead, NameRead}},
	{RoleDriver, title{"Driver", "转运驾驶员"},
		[]Purpose{PurposeTransfer},
		[]Action{TransferRead, TaskRead, TaskComplete, NameRead}},
	{RoleIsolationStaff, title{"Isolation and quarantine staff", "隔离点与居家隔离管理员"},
		[]Purpose{PurposeIsolation},
		[]Action{RestrictionRead, RestrictionTell, NeedWrite, IsolationRead, IsolationWrite, FacilityWrite, FacilityInspect, RosterRead, RosterWrite, FollowUpWrite, SampleWrite, TransferRead, TaskRead, TaskComplete, SupplyRead, DirectiveRead, NameRead}},
	{RoleHospital, title{"Hospital", "定点医院"},
		[]Purpose{PurposeCare},
		[]Action{RestrictionRead, RestrictionTell, RestrictionReview, NeedWrite, CareRead, CareWrite, FacilityWrite, RosterRead, RosterWrite, CaseRead, SampleRead, SampleWrite, TransferRead, TaskRead, TaskComplete, SupplyRead, DirectiveRead, NameRead, Import}},
	{RoleSupplyOfficer, title{"Supply officer", "物资保障员"},
		[]Purpose{PurposeSupply},
		[]Action{RollupRead, SupplyRead, SupplyWrite, ZoneRead, TaskRead, TaskComplete, DirectiveRead, Import, Export}},
	{RolePortManager, title{"Port and closed-loop manager", "口岸与闭环管理员"},
		[]Purpose{PurposeBorder},
		[]Action{BorderRead, BorderWrite, FollowUpWrite, SampleWrite, TaskRead, TaskComplete, DirectiveRead, NameRead, Import}},
	{RoleKeyplaceManager, title{"Key place manager", "重点场所管理员"},
		[]Purpose{PurposeKeyplace},
		[]Action{KeyplaceRead, KeyplaceWrite, FollowUpWrite, TaskRead, TaskComplete, DirectiveRead, NameRead, Import}},
	{RoleCommunityWorker, title{"Community worker", "社区网格员"},
		[]Purpose{PurposeIsolation, PurposeScreening},
		[]Action{RestrictionRead, RestrictionTell, NeedWrite, IsolationRead, FollowUpWrite, ScreeningRead, StandingWrite, AppealWrite, SampleWrite, TaskRead, TaskComplete, SupplyRead, DirectiveRead, NameRead}},
	{RolePressOfficer, title{"Press officer", "新闻发布员"},
		[]Purpose{PurposeInformation},
		[]Action{RollupRead, ZoneRead, BulletinRead, BulletinWrite, DirectiveRead}},
	{RoleHigherLevelViewer, title{"Higher-level viewer (counts only)", "上级查看员（仅汇总数）"},
		[]Purpose{PurposeCommand},
		[]Action{RollupRead, ZoneRead, BulletinRead, DirectiveRead, DirectiveWrite}},
	{RoleAuditor, title{"Auditor", "审计员"},
		[]Purpose{PurposeAudit},
		[]Action{AuditRead, RollupRead, DirectiveRead, BulletinRead}},
	{RoleAdministrator, title{"Administrator", "系统管理员"},
		[]Purpose{PurposeAdministration},
		[]Action{UserAdmin, AreaAdmin, OutbreakAdmin, DrillControl, Backup}},
}

// ruleOf returns the line of r, or nil for an unknown role.
func ruleOf(r Role) *rule {
	for i := range rules {
		if rules[i].role == r {
			return &rules[i]
		}
	}
	return nil
}
