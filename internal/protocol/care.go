package protocol

import (
	"slices"
	"strconv"

	"firebreak/internal/facility"
	"firebreak/internal/treatment"
)

// Care says where a case is treated by how ill they are, when reserves are opened, and how many beds there should be. A pack that leaves the section out treats every case in a hospital; see Set.
type Care struct {
	// Unassessed is where a case belongs of whom nobody has said how ill they are.
	Unassessed Value[treatment.Setting] `yaml:"unassessed" unit:"word" optional:"yes"`
	Severity   []CareLevel              `yaml:"severity"`
	// AtRisk is where somebody at risk of severe illness is treated, however mild it is.
	AtRisk        Value[treatment.Setting] `yaml:"at_risk" unit:"word" optional:"yes"`
	AtRiskMeaning Text                     `yaml:"at_risk_meaning"`
	// AssessEvery is how often a patient in a hospital is assessed at least.
	AssessEvery Value[int] `yaml:"assess_every" unit:"h" optional:"yes"`
	Reserve     Reserve    `yaml:"reserve"`
	Norms       BedNorms   `yaml:"norms"`
}

// CareLevel is one severity: what it means, and where somebody so ill is treated.
type CareLevel struct {
	Level   treatment.Severity       `yaml:"level"`
	Title   Text                     `yaml:"title"`
	Meaning Text                     `yaml:"meaning"`
	Setting Value[treatment.Setting] `yaml:"setting" unit:"word"`
}

// Reserve says when a rule proposes to open a reserve: when so much of the beds of its kind is taken, or will be. A kind whose share a pack leaves out is never proposed.
type Reserve struct {
	Hospital       Value[float64] `yaml:"hospital" unit:"share" optional:"yes"`
	IsolationSite  Value[float64] `yaml:"isolation_site" unit:"share" optional:"yes"`
	QuarantineSite Value[float64] `yaml:"quarantine_site" unit:"share" optional:"yes"`
	Ahead          Value[int]     `yaml:"ahead" unit:"h" optional:"yes"`     // for which the share is projected
	AskAgain       Value[int]     `yaml:"ask_again" unit:"h" optional:"yes"` // after somebody declined
}

// Share returns the share of taken beds from which reserves of a kind are proposed.
func (r *Reserve) Share(k facility.Kind) *Value[float64] {
	switch k {
	case facility.Hospital:
		return &r.Hospital
	case facility.IsolationSite:
		return &r.IsolationSite
	default:
		return &r.QuarantineSite
	}
}

// BedNorms are how many beds of intensive care there should be; how many rooms of isolation sites, says Isolation.
type BedNorms struct {
	ICU         Value[float64] `yaml:"icu" unit:"share" optional:"yes"`             // of a hospital's beds
	Convertible Value[float64] `yaml:"icu_convertible" unit:"share" optional:"yes"` // of them too, on top
	ConvertIn   Value[int]     `yaml:"convert_in" unit:"h" optional:"yes"`
}

// Set says whether the pack has the section.
func (c *Care) Set() bool { return c.Unassessed.Set() }

// Level returns what the section says of a severity.
func (c *Care) Level(s treatment.Severity) (*CareLevel, bool) {
	for i := range c.Severity {
		if c.Severity[i].Level == s {
			return &c.Severity[i], true
		}
	}
	return nil, false
}

// Setting returns where somebody is treated, and the value that says so. With no section it is a ward, and no value says so.
func (c *Care) Setting(s treatment.Severity, atRisk bool) (treatment.Setting, string) {
	v := &c.Unassessed
	if l, ok := c.Level(s); ok {
		v = &l.Setting
	}
	if !c.Set() {
		return treatment.InWard, ""
	}
	if atRisk && c.AtRisk.Set() && c.AtRisk.Value.More(v.Value) != v.Value {
		v = &c.AtRisk
	}
	return v.Value, v.Path
}

func (c *checker) care(p *Pack) {
	const at = "care"
	s := &p.Care
	if !s.Set() {
		if len(s.Severity) > 0 || s.AtRisk.Set() || s.Reserve.Ahead.Set() {
			c.bad(at+".unassessed", "is needed where there is a care section")
		}
		return
	}
	setting := func(v Value[treatment.Setting]) {
		if _, err := treatment.ParseSetting(string(v.Value)); v.Set() && err != nil {
			c.bad(v.Path, "%v", err)
		}
	}
	setting(s.Unassessed)
	setting(s.AtRisk)
	if s.AtRisk.Set() {
		c.text(at+".at_risk_meaning", s.AtRiskMeaning)
	}
	var seen []treatment.Severity
	for i := range s.Severity {
		l := &s.Severity[i]
		path := at + ".severity." + strconv.Itoa(i)
		if _, err := treatment.ParseSeverity(string(l.Level)); err != nil {
			c.bad(path+".level", "%v", err)
		}
		if slices.Contains(seen, l.Level) {
			c.bad(path+".level", "%q is used twice", l.Level)
		}
		if n := len(seen); n > 0 && !l.Level.Worse(seen[n-1]) {
			c.bad(path+".level", "%q is not worse than the one before it", l.Level)
		}
		seen = append(seen, l.Level)
		c.text(path+".title", l.Title)
		c.text(path+".meaning", l.Meaning)
		setting(l.Setting)
		if i > 0 && l.Setting.Value.More(s.Severity[i-1].Setting.Value) != l.Setting.Value {
			c.bad(path+".setting", "%q is less care than %q for somebody less ill", l.Setting.Value, s.Severity[i-1].Setting.Value)
		}
		if l.Setting.Value.Hospital() && !p.Clocks.AdmitCase.Set() {
			c.bad("clocks.admit_case", "is needed where cases are treated in hospitals")
		}
	}
	for _, v := range treatment.Severities() {
		if !slices.Contains(seen, v) {
			c.bad(at+".severity", "%q is not said", v)
		}
	}
	for _, k := range facility.Kinds() {
		share := s.Reserve.Share(k)
		if share.Set() && !s.Reserve.Ahead.Set() {
			c.bad(at+".reserve.ahead", "is needed where reserves are proposed")
		}
		if share.Set() && !p.Clocks.DecideReserve.Set() {
			c.bad("clocks.decide_reserve", "is needed where reserves are proposed")
		}
	}
}
