// Package protocol holds the protocol pack in its typed form: every number and switch that differs by disease, edition,
// place or date, each with its unit, source and status.
//
// Packs are YAML files under protocols/, decoded strictly and checked whole. There is no expression language: a new kind of
// rule is Go in package response. It imports the nouns; response, trace, plan and everything above may import it.
package protocol

import (
	"fmt"
	"strings"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/day"
	"firebreak/internal/lab"
	"firebreak/internal/task"
	"firebreak/internal/zone"
)

// Text is a text for people, in the two languages every pack has.
type Text struct {
	EN string `yaml:"en"`
	ZH string `yaml:"zh"`
}

// Pack is one version of one edition of the rules for one pathogen. It is read-only once loaded, and safe for use by any
// number of goroutines.
//
// The `unit` tags are the units that a value may have; `optional` marks what a pack may leave out.
type Pack struct {
	Name       string  `yaml:"name"`    // "covid19/2022-v9"
	Version    int     `yaml:"version"` // 1, 2, 3 ...
	Title      Text    `yaml:"title"`
	Pathogen   Text    `yaml:"pathogen"`
	Area       string  `yaml:"area"`       // ISO 3166 code of where it is in force, "world" for WHO guidance
	ValidFrom  day.Day `yaml:"valid_from"` // "" where the guidance names no day
	Supersedes string  `yaml:"supersedes"` // "covid19/2021-v8@1"; "" for none

	Periods     Periods     `yaml:"periods"`
	Cases       CaseRules   `yaml:"cases"`
	Tiers       Tiers       `yaml:"tiers"`
	Tracing     Tracing     `yaml:"tracing"`
	Clocks      Clocks      `yaml:"clocks"`
	Escalation  Escalation  `yaml:"escalation"`
	Discharge   Discharge   `yaml:"discharge"`
	Care        Care        `yaml:"care"` // a pack that has none treats every case in a hospital
	Zones       Zones       `yaml:"zones"`
	Prophylaxis Prophylaxis `yaml:"prophylaxis"`
	OutbreakEnd OutbreakEnd `yaml:"outbreak_end"`
	KPIs        KPIs        `yaml:"kpis"`
	Screening   Screening   `yaml:"screening"` // a pack that has none knows no testing of everybody
	Isolation   Isolation   `yaml:"isolation"`
	Retention   Retention   `yaml:"retention"`
	// Restrictions are what may be asked of people, and on which law.
	Restrictions Restrictions `yaml:"restrictions"`

	ref     string
	clauses map[string]Clause
}

// Ref returns the name with the version: "covid19/2022-v9@1", what outbreaks pin and decisions store.
func (p *Pack) Ref() string { return p.ref }

// SamePathogen tells whether two packs, by their names, are for one pathogen.
func SamePathogen(ref, other string) bool {
	a, _, _ := strings.Cut(ref, "/")
	b, _, _ := strings.Cut(other, "/")
	return a == b
}

// Clause is one value of a pack as its file has it: the answer to "why".
type Clause struct {
	Path   string `json:"path"`
	Value  string `json:"value"`
	ZH     string `json:"zh,omitempty"` // the value in Chinese, where it is a text for people: Value is the English one
	Unit   string `json:"unit"`
	Source string `json:"source"`
	Status Status `json:"status"`
	Line   int    `json:"line"`
}

// String says the clause in one line.
func (c Clause) String() string {
	return fmt.Sprintf("%s = %s %s (%s, %s)", c.Path, c.Value, c.Unit, c.Status, c.Source)
}

// Clause returns the value at a path ("clocks.move_case"); false when the pack does not give it.
func (p *Pack) Clause(path string) (Clause, bool) {
	c, ok := p.clauses[path]
	return c, ok
}

// Periods are the natural history of the disease.
type Periods struct {
	IncubationMin    Value[int]     `yaml:"incubation_min" unit:"d"`
	IncubationMax    Value[int]     `yaml:"incubation_max" unit:"d"`
	IncubationMedian Value[float64] `yaml:"incubation_median" unit:"d" optional:"yes"`
	// InfectiousFrom and InfectiousTo are days relative to onset: -2 is two days before it.
	InfectiousFrom Value[int]     `yaml:"infectious_from" unit:"d"`
	InfectiousTo   Value[int]     `yaml:"infectious_to" unit:"d"`
	SerialMean     Value[float64] `yaml:"serial_mean" unit:"d"`
	SerialSD       Value[float64] `yaml:"serial_sd" unit:"d"`
	GenerationMean Value[float64] `yaml:"generation_mean" unit:"d" optional:"yes"`
	GenerationSD   Value[float64] `yaml:"generation_sd" unit:"d" optional:"yes"`
}

// CaseRules say what makes a case, and how far back its contacts are looked for.
type CaseRules struct {
	Classes   Value[[]cases.Class] `yaml:"classes" unit:"word"`
	ConfirmBy Value[[]lab.Method]  `yaml:"confirm_by" unit:"word"` // a positive by one of these proves the infection
	SuspectBy Value[[]lab.Method]  `yaml:"suspect_by" unit:"word" optional:"yes"`
	// AsymptomaticApart: infections without symptoms are counted apart, and converted when symptoms come.
	AsymptomaticApart Value[bool] `yaml:"asymptomatic_apart" unit:"switch"`
	// SuspectBySymptom: a contact who falls ill is a suspected case before any test.
	SuspectBySymptom Value[bool] `yaml:"suspect_by_symptom" unit:"switch"`
	// Fever is the temperature from which a check has found a fever, whether or not anybody said so.
	Fever          Value[float64] `yaml:"fever" unit:"celsius" optional:"yes"`
	MoveSuspected  Value[bool]    `yaml:"move_suspected" unit:"switch"`         // suspected cases are isolated before proof
	TraceSuspected Value[bool]    `yaml:"trace_suspected" unit:"switch"`        // and investigated, and their contacts listed
	RuleOutTests   Value[int]     `yaml:"rule_out_tests" unit:"count"`          // negatives that discard a suspected case
	RuleOutGap     Value[int]     `yaml:"rule_out_gap" unit:"h" optional:"yes"` // between the first and the last of them
	LookBack       Value[int]     `yaml:"look_back" unit:"d"`                   // contacts are looked for from so many days before onset
}

// Control is how a contact is kept apart.
type Control string

// The kinds of control.
const (
	Site    Control = "site"    // quarantine at a site
	Home    Control = "home"    // quarantine at home
	Monitor Control = "monitor" // free to move, checked
	NoOrder Control = "none"    // not followed up at all
)

// Tiers hold what follows for each tier of contact.
type Tiers struct {
	Close     Tier `yaml:"close"`
	Secondary Tier `yaml:"secondary"`
	General   Tier `yaml:"general"`
}

// Tier is what one tier of contact means and what follows from it. Days count from the last exposure, which is day 0.
type Tier struct {
	Meaning      Text           `yaml:"meaning"`
	Control      Value[Control] `yaml:"control" unit:"word"`
	Days         Value[int]     `yaml:"days" unit:"d" optional:"yes"`      // under that control
	HomeDays     Value[int]     `yaml:"home_days" unit:"d" optional:"yes"` // at home after it
	ChecksPerDay Value[int]     `yaml:"checks_per_day" unit:"per day" optional:"yes"`
	// Tests are the days on which a specimen is due, home days included.
	Tests Value[[]int] `yaml:"tests" unit:"test day" optional:"yes"`
	// DoubleOn is the test day that takes two specimens, for two laboratories, before control ends.
	DoubleOn Value[int] `yaml:"double_on" unit:"test day" optional:"yes"`
	// LinkedTests: release waits until the close contact they met has so many negative tests.
	LinkedTests Value[int] `yaml:"linked_tests" unit:"count" optional:"yes"`
}

// Tracing says how long two people must have been in one place for visits to propose one as a contact of the other. Who was too far away by seat or
// position for a close contact is a general one; where no distance is known, the time decides.
type Tracing struct {
	Close     Value[int]     `yaml:"close" unit:"min"`                      // together with a case, in the whole window
	Metres    Value[float64] `yaml:"close_within" unit:"m" optional:"yes"`  // of a close contact
	Rows      Value[int]     `yaml:"close_rows" unit:"rows" optional:"yes"` // of seats, the same
	General   Value[int]     `yaml:"general" unit:"min"`                    // together with a case, in the whole window
	Secondary Value[int]     `yaml:"secondary" unit:"min"`                  // at a stretch with a close contact
	// Untimed is the tier of whoever was with a case for nobody knows how long; left out: close. Where it is close, whoever was with a close contact so is a secondary contact.
	Untimed Value[contact.Tier] `yaml:"untimed" unit:"word" optional:"yes"`
	Weights Weights             `yaml:"weights"`
}

// Weights say how much an hour together counts by the kind of place, beside one in an ordinary room, which counts 1: what contacts are ranked by. They rank, and make nobody a contact. A kind that
// a pack leaves out counts 1.
type Weights struct {
	Home       Value[float64] `yaml:"home" unit:"weight" optional:"yes"`
	School     Value[float64] `yaml:"school" unit:"weight" optional:"yes"`
	Class      Value[float64] `yaml:"class" unit:"weight" optional:"yes"`
	Office     Value[float64] `yaml:"office" unit:"weight" optional:"yes"`
	Factory    Value[float64] `yaml:"factory" unit:"weight" optional:"yes"`
	Shop       Value[float64] `yaml:"shop" unit:"weight" optional:"yes"`
	Canteen    Value[float64] `yaml:"canteen" unit:"weight" optional:"yes"`
	Transport  Value[float64] `yaml:"transport" unit:"weight" optional:"yes"`
	Care       Value[float64] `yaml:"care" unit:"weight" optional:"yes"`
	Hospital   Value[float64] `yaml:"hospital" unit:"weight" optional:"yes"`
	Leisure    Value[float64] `yaml:"leisure" unit:"weight" optional:"yes"`
	Worship    Value[float64] `yaml:"worship" unit:"weight" optional:"yes"`
	Outdoors   Value[float64] `yaml:"outdoors" unit:"weight" optional:"yes"`
	Meeting    Value[float64] `yaml:"meeting" unit:"weight" optional:"yes"` // measured, or said, to have been together
	Quarantine Value[float64] `yaml:"quarantine" unit:"weight" optional:"yes"`
}

// Followed says whether the tier is followed up at all.
func (t *Tier) Followed() bool { return t.Control.Value != NoOrder }

// FollowUpDays returns the days from the last exposure to the last day of follow-up.
func (t *Tier) FollowUpDays() int { return t.Days.Value + t.HomeDays.Value }

// Tier returns what follows for a tier; an unknown tier is a general one.
func (p *Pack) Tier(t contact.Tier) *Tier {
	switch t {
	case contact.Close:
		return &p.Tiers.Close
	case contact.Secondary:
		return &p.Tiers.Secondary
	default:
		return &p.Tiers.General
	}
}

// Clocks are the deadlines. A task whose clock a pack leaves out is not ordered under that pack.
type Clocks struct {
	ReportCase       Value[int] `yaml:"report_case" unit:"min|h|d" optional:"yes"`
	VerifyCase       Value[int] `yaml:"verify_case" unit:"min|h|d" optional:"yes"` // from the report
	SampleCase       Value[int] `yaml:"sample_case" unit:"min|h|d" optional:"yes"`
	MoveCase         Value[int] `yaml:"move_case" unit:"min|h|d" optional:"yes"`
	AdmitCase        Value[int] `yaml:"admit_case" unit:"min|h|d" optional:"yes"`
	InvestigateCase  Value[int] `yaml:"investigate_case" unit:"min|h|d" optional:"yes"`
	ListContacts     Value[int] `yaml:"list_contacts" unit:"min|h|d" optional:"yes"`
	DecideZone       Value[int] `yaml:"decide_zone" unit:"min|h|d" optional:"yes"`
	ReviewZone       Value[int] `yaml:"review_zone" unit:"min|h|d" optional:"yes"`    // from when its lifting test is met until somebody decides whether it goes on
	DischargeCase    Value[int] `yaml:"discharge_case" unit:"min|h|d" optional:"yes"` // from when the criteria are met
	TransferCase     Value[int] `yaml:"transfer_case" unit:"min|h|d" optional:"yes"`  // to a hospital, from when somebody elsewhere is too ill to stay there
	MoveToICU        Value[int] `yaml:"move_to_icu" unit:"min|h|d" optional:"yes"`    // from when they need it
	ReadmitCase      Value[int] `yaml:"readmit_case" unit:"min|h|d" optional:"yes"`   // from a positive after discharge
	DecideReserve    Value[int] `yaml:"decide_reserve" unit:"min|h|d" optional:"yes"` // whether to open a reserve that a rule proposes
	ContainEvent     Value[int] `yaml:"contain_event" unit:"min|h|d" optional:"yes"`  // an infection in a hospital
	IncidentMinor    Value[int] `yaml:"incident_minor" unit:"min|h|d" optional:"yes"` // to deal with what went wrong at a site
	IncidentSerious  Value[int] `yaml:"incident_serious" unit:"min|h|d" optional:"yes"`
	IncidentCritical Value[int] `yaml:"incident_critical" unit:"min|h|d" optional:"yes"`
	Deficiency       Value[int] `yaml:"deficiency" unit:"min|h|d" optional:"yes"` // to put right what an inspection of a site found not met
	DeficiencyGrave  Value[int] `yaml:"deficiency_critical" unit:"min|h|d" optional:"yes"`
	ReachContact     Value[int] `yaml:"reach_contact" unit:"min|h|d" optional:"yes"`
	Quarantine       Value[int] `yaml:"quarantine_contact" unit:"min|h|d" optional:"yes"`
	MissedCheck      Value[int] `yaml:"missed_check" unit:"min|h|d" optional:"yes"` // to find a contact who was not seen
	SampleSymptom    Value[int] `yaml:"sample_symptom" unit:"min|h|d" optional:"yes"`
	SampleAgain      Value[int] `yaml:"sample_again" unit:"min|h|d" optional:"yes"`     // after an inconclusive or invalid result
	ReleaseContact   Value[int] `yaml:"release_contact" unit:"min|h|d" optional:"yes"`  // from the end of the last day
	CheckOut         Value[int] `yaml:"check_out" unit:"min|h|d" optional:"yes"`        // from the end of a stay until they have left
	GoHome           Value[int] `yaml:"go_home" unit:"min|h|d" optional:"yes"`          // from leaving a facility as released until they are at home, of those who ask for a vehicle; a service, which restricts nobody
	HoldPerson       Value[int] `yaml:"hold_person" unit:"min|h|d" optional:"yes"`      // to find somebody in a positive tube and tell them to stay
	HoldLongest      Value[int] `yaml:"hold_longest" unit:"min|h|d" optional:"yes"`     // how long a hold may last; unset: the edition holds nobody
	AnswerAppeal     Value[int] `yaml:"answer_appeal" unit:"min|h|d" optional:"yes"`    // to answer somebody who is held and disagrees; never after the hold's end
	TellRestriction  Value[int] `yaml:"tell_restriction" unit:"min|h|d" optional:"yes"` // to tell somebody of a restriction, and why
	MeetNeed         Value[int] `yaml:"meet_need" unit:"min|h|d" optional:"yes"`        // to bring what somebody who is restricted asked for
	ResampleSingle   Value[int] `yaml:"resample_single" unit:"min|h|d" optional:"yes"`  // from the result of the positive tube
	CheckTube        Value[int] `yaml:"check_tube" unit:"min|h|d" optional:"yes"`       // from the last single negative
	FindDesk         Value[int] `yaml:"find_desk" unit:"min|h|d" optional:"yes"`        // from a laboratory's word of a positive tube that no desk told of
	SampleSelfTest   Value[int] `yaml:"sample_self_test" unit:"min|h|d" optional:"yes"` // from a positive antigen self-test
	AssistanceFind   Value[int] `yaml:"assistance_find" unit:"min|h|d" optional:"yes"`  // a person named by another district
	AssistanceHold   Value[int] `yaml:"assistance_hold" unit:"min|h|d" optional:"yes"`
	AssistanceOthers Value[int] `yaml:"assistance_others" unit:"min|h|d" optional:"yes"`
	// TubeResult is from the closing of a tube to its result; the laboratory that has a tube beyond it is late.
	TubeResult Value[int] `yaml:"tube_result" unit:"h" optional:"yes"`
}

// Escalation says when a late task climbs, and to whom.
type Escalation struct {
	// After holds the time to the first climb after the deadline, then from each climb to the next.
	After Value[[]int]       `yaml:"after" unit:"h"`
	To    Value[[]task.Role] `yaml:"to" unit:"word"` // who is told at each level
}

// Discharge is when a case may leave isolation.
type Discharge struct {
	MinDays     Value[int]     `yaml:"min_days" unit:"d" optional:"yes"`     // since onset, or the proving sample
	SymptomFree Value[int]     `yaml:"symptom_free" unit:"d" optional:"yes"` // days without symptoms
	Negatives   Value[int]     `yaml:"negatives" unit:"count" optional:"yes"`
	Gap         Value[int]     `yaml:"gap" unit:"h" optional:"yes"`         // between the first and the last of them
	CtFrom      Value[float64] `yaml:"ct_from" unit:"Ct" optional:"yes"`    // a PCR with a Ct of at least this counts as negative
	ReviewDays  Value[int]     `yaml:"review_days" unit:"d"`                // the decision is due so many days after onset
	RetestDays  Value[int]     `yaml:"retest_days" unit:"d" optional:"yes"` // and again so many days after a positive
	HomeDays    Value[int]     `yaml:"home_days" unit:"d" optional:"yes"`   // monitoring at home afterwards
	HomeTests   Value[[]int]   `yaml:"home_tests" unit:"d" optional:"yes"`  // days of it on which a test is due
}

// Zones are the levels of an edition.
type Zones struct {
	// Propose is the level proposed where a case lives; unset: the edition draws no zones.
	Propose Value[zone.Level] `yaml:"propose" unit:"word" optional:"yes"`
	Levels  []ZoneLevel       `yaml:"levels"`
}

// ZoneLevel is one level of zone.
type ZoneLevel struct {
	Name     zone.Level        `yaml:"name"`
	Title    Text              `yaml:"title"`
	Conduct  Text              `yaml:"conduct"`
	CleanFor Value[int]        `yaml:"clean_for" unit:"d" optional:"yes"` // days without a new case before it is lifted
	Lifts    Value[zone.Level] `yaml:"lifts_to" unit:"word" optional:"yes"`
	TestsOn  Value[[]int]      `yaml:"tests" unit:"test day" optional:"yes"`
	LastTest Value[int]        `yaml:"last_test" unit:"h" optional:"yes"` // full screening negative within so long before lifting
}

// Prophylaxis lists what protects a contact after exposure, the best first.
type Prophylaxis struct {
	Options []ProphylaxisOption `yaml:"options"`
}

// ProphylaxisOption is one of them.
type ProphylaxisOption struct {
	Name   string     `yaml:"name"`
	Title  Text       `yaml:"title"`
	Within Value[int] `yaml:"within" unit:"h|d"` // of the first exposure
}

// OutbreakEnd says when an outbreak can be declared over.
type OutbreakEnd struct {
	Days Value[int] `yaml:"days" unit:"d"` // since the last case could infect anybody
}

// KPIs are the targets the situation is measured against.
type KPIs struct {
	Detect           Value[int]     `yaml:"detect" unit:"d"`
	Notify           Value[int]     `yaml:"notify" unit:"d"`
	Respond          Value[int]     `yaml:"respond" unit:"d"`
	QuarantinedShare Value[float64] `yaml:"quarantined_share" unit:"share"` // of new cases, whose contacts are quarantined
	QuarantinedIn    Value[int]     `yaml:"quarantined_in" unit:"h"`        // of the case's confirmation
}

// Retention is how long each class of data is kept after the outbreak's end.
type Retention struct {
	Names     Value[int] `yaml:"names" unit:"d"`
	Cases     Value[int] `yaml:"cases" unit:"d"`
	Contacts  Value[int] `yaml:"contacts" unit:"d"`
	Specimens Value[int] `yaml:"specimens" unit:"d"`
	Visits    Value[int] `yaml:"visits" unit:"d"` // from the visit itself
}
