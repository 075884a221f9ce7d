package auth

// Action is something a caller may do: a noun and a verb. API token scopes are
// actions.
type Action string

// The actions. Read and write of personal records are apart, and reading a name
// is apart from both.
const (
	CaseRead      Action = "case.read"
	CaseWrite     Action = "case.write"
	ContactRead   Action = "contact.read"
	ContactWrite  Action = "contact.write"
	FollowUpWrite Action = "follow-up.write" // record a visit or a daily check
	SampleRead    Action = "sample.read"
	SampleWrite   Action = "sample.write"
	ResultWrite   Action = "result.write"
	NameRead      Action = "name.read" // open a name or document in the vault

	TaskRead     Action = "task.read"
	TaskComplete Action = "task.complete"
	TaskWaive    Action = "task.waive"

	ScreeningRead  Action = "screening.read"
	ScreeningWrite Action = "screening.write"
	StandingWrite  Action = "standing.write" // say of somebody due in a round that they are exempt or refused
	AppealWrite    Action = "appeal.write"   // enter the appeal of somebody who is held
	AppealAnswer   Action = "appeal.answer"

	RestrictionRead   Action = "restriction.read"
	RestrictionTell   Action = "restriction.tell"   // say that somebody was told what they are asked, and that they got what they need
	RestrictionReview Action = "restriction.review" // look whether it must go on
	RestrictionChange Action = "restriction.change" // propose a change by hand, or agree as the second
	NeedWrite         Action = "need.write"         // note what somebody who is restricted needs

	TransferRead    Action = "transfer.read"
	TransferWrite   Action = "transfer.write"
	IsolationRead   Action = "isolation.read"
	IsolationWrite  Action = "isolation.write"
	FacilityWrite   Action = "facility.write"   // enter facilities and rooms, open and close them
	FacilityInspect Action = "facility.inspect" // go through the standards that a site is held to
	RosterRead      Action = "roster.read"      // who of the staff works at a facility, and when
	RosterWrite     Action = "roster.write"     // plan and cancel their shifts
	CareRead        Action = "care.read"
	CareWrite       Action = "care.write"
	BorderRead      Action = "border.read"
	BorderWrite     Action = "border.write"
	KeyplaceRead    Action = "keyplace.read"
	KeyplaceWrite   Action = "keyplace.write"

	ZoneRead       Action = "zone.read"
	ZoneWrite      Action = "zone.write"
	SupplyRead     Action = "supply.read"
	SupplyWrite    Action = "supply.write"
	DirectiveRead  Action = "directive.read"
	DirectiveWrite Action = "directive.write"
	BulletinRead   Action = "bulletin.read"
	BulletinWrite  Action = "bulletin.write"
	RollupRead     Action = "rollup.read" // counts only, small cells protected

	Import Action = "import"
	Export Action = "export"

	OutbreakAdmin Action = "outbreak.admin" // open, close, set the pack in force
	AreaAdmin     Action = "area.admin"
	UserAdmin     Action = "user.admin"
	AuditRead     Action = "audit.read"
	DrillControl  Action = "drill.control" // pause a drill, change its speed, step it, and say which roles people hold
	Backup        Action = "backup"        // have the server write one beside itself; nobody gets to see it by that
)

// actions says of each action whether it touches records of people. If so, a
// caller must state a purpose; if not, a purpose may be left out.
var actions = [...]struct {
	action   Action
	personal bool
}{
	{CaseRead, true}, {CaseWrite, true}, {ContactRead, true}, {ContactWrite, true}, {FollowUpWrite, true},
	{SampleRead, true}, {SampleWrite, true}, {ResultWrite, true}, {NameRead, true},
	{TaskRead, true}, {TaskComplete, true}, {TaskWaive, true},
	{ScreeningRead, false}, {ScreeningWrite, false}, {StandingWrite, true}, {AppealWrite, true}, {AppealAnswer, true}, {RestrictionRead, true}, {RestrictionTell, true}, {RestrictionReview, true}, {RestrictionChange, true}, {NeedWrite, true}, {TransferRead, true}, {TransferWrite, true},
	{IsolationRead, true}, {IsolationWrite, true}, {FacilityWrite, false}, {FacilityInspect, false}, {RosterRead, true}, {RosterWrite, true}, {CareRead, true}, {CareWrite, true},
	{BorderRead, true}, {BorderWrite, true}, {KeyplaceRead, true}, {KeyplaceWrite, true},
	{ZoneRead, false}, {ZoneWrite, false}, {SupplyRead, false}, {SupplyWrite, false},
	{DirectiveRead, false}, {DirectiveWrite, false}, {BulletinRead, false}, {BulletinWrite, false},
	{RollupRead, false}, {Import, true}, {Export, true},
	{OutbreakAdmin, false}, {AreaAdmin, false}, {UserAdmin, false}, {AuditRead, false}, {DrillControl, false}, {Backup, false},
}

// Actions lists every action.
func Actions() []Action {
	out := make([]Action, len(actions))
	for i := range actions {
		out[i] = actions[i].action
	}
	return out
}

// Valid reports whether a is a known action.
func (a Action) Valid() bool {
	for i := range actions {
		if actions[i].action == a {
			return true
		}
	}
	return false
}

// Personal reports whether a touches records of people, so that a purpose must
// be stated. An unknown action counts as personal.
func (a Action) Personal() bool {
	for i := range actions {
		if actions[i].action == a {
			return actions[i].personal
		}
	}
	return true
}
