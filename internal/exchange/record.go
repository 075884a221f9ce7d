package exchange

import "firebreak/internal/day"

// Sex as a file states it; empty means unknown.
type Sex string

// The sexes that files state.
const (
	Male     Sex = "male"
	Female   Sex = "female"
	OtherSex Sex = "other"
)

// Class is a case's classification; empty means that the file does not say.
type Class string

// The classifications of a case.
const (
	Suspected    Class = "suspected"
	Probable     Class = "probable"
	Confirmed    Class = "confirmed"
	Asymptomatic Class = "asymptomatic"
	Discarded    Class = "discarded"
)

// Outcome of a case; empty means none yet, or unknown.
type Outcome string

// The outcomes of a case.
const (
	Recovered Outcome = "recovered"
	Died      Outcome = "died"
)

// LinkKind says what joins the two ends of a link.
type LinkKind string

const (
	// LinkTransmission: From infected To.
	LinkTransmission LinkKind = "transmission"
	// LinkDirect: the two met; who infected whom is not said. From is the smaller code, so that a pair has one form.
	LinkDirect LinkKind = "direct"
	// LinkCluster: both belong to one cluster. From is the smaller code.
	LinkCluster LinkKind = "cluster"
	// LinkEvent: To was exposed at the event From, which is no person.
	LinkEvent LinkKind = "event"
)

// Attribute is a column that no field takes, or a cell that its field could not take, as given.
type Attribute struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Age as a file states it. Years may be a fraction (0.5 = six months) and counts only when Known; Class is a text such as
// "60-69" or "80+".
type Age struct {
	Years float64 `json:"years,omitempty"`
	Known bool    `json:"known,omitempty"`
	Class string  `json:"class,omitempty"`
}

// Area is where a person lives or was found: names or codes as given, from large to small.
type Area struct {
	Country   string `json:"country,omitempty"`
	Province  string `json:"province,omitempty"`
	City      string `json:"city,omitempty"`
	District  string `json:"district,omitempty"`
	Street    string `json:"street,omitempty"`
	Community string `json:"community,omitempty"`
	Address   string `json:"address,omitempty"`
}

// Person is what cases and contacts have in common.
type Person struct {
	Code string `json:"code"`
	// Generated: the file gives no code; Code was made from the row's content and is the same at the next import of the same row.
	Generated  bool     `json:"generated,omitempty"`
	OtherCodes []string `json:"otherCodes,omitempty"`
	Name       string   `json:"name,omitempty"`
	Document   string   `json:"document,omitempty"`
	Phone      string   `json:"phone,omitempty"`
	Sex        Sex      `json:"sex,omitempty"`
	Age        Age      `json:"age,omitzero"`
	Birth      day.Day  `json:"birth,omitzero"`
	Area       Area     `json:"area,omitzero"`
	Lon        float64  `json:"lon,omitempty"` // degrees, WGS 84; counts only when HasPoint
	Lat        float64  `json:"lat,omitempty"`
	HasPoint   bool     `json:"hasPoint,omitempty"`
	Occupation string   `json:"occupation,omitempty"`
}

// CaseRecord is one case. Days that the file does not give are zero.
type CaseRecord struct {
	Row int `json:"row"`
	Person
	Class         Class    `json:"class,omitempty"`
	Onset         day.Day  `json:"onset,omitzero"`
	Report        day.Day  `json:"report,omitzero"`
	Diagnosed     day.Day  `json:"diagnosed,omitzero"` // diagnosis or laboratory confirmation
	Hospitalised  day.Day  `json:"hospitalised,omitzero"`
	Isolated      day.Day  `json:"isolated,omitzero"`    // isolation as a case
	Quarantined   day.Day  `json:"quarantined,omitzero"` // quarantine as a contact, before becoming a case
	Outcome       Outcome  `json:"outcome,omitempty"`
	OutcomeDate   day.Day  `json:"outcomeDate,omitzero"` // set only with an Outcome
	Hospital      string   `json:"hospital,omitempty"`
	ExposureStart day.Day  `json:"exposureStart,omitzero"`
	ExposureEnd   day.Day  `json:"exposureEnd,omitzero"`
	PlaceInfected string   `json:"placeInfected,omitempty"`
	Clusters      []string `json:"clusters,omitempty"`
	// Events are the exposure events that the row names; each is also a Link of kind LinkEvent.
	Events     []string    `json:"events,omitempty"`
	Attributes []Attribute `json:"attributes,omitempty"`
}

// ContactRecord is one person exposed to a case. A person exposed to three cases is one row naming three, or three rows with
// one code; both occur.
type ContactRecord struct {
	Row int `json:"row"`
	Person
	SourceCodes   []string    `json:"sourceCodes,omitempty"` // the cases; none when the file does not say
	Report        day.Day     `json:"report,omitzero"`
	Tier          string      `json:"tier,omitempty"` // tier or risk as given; the pack's tiers are the command's business
	Relation      string      `json:"relation,omitempty"`
	Setting       string      `json:"setting,omitempty"`
	FirstExposure day.Day     `json:"firstExposure,omitzero"`
	LastExposure  day.Day     `json:"lastExposure,omitzero"`
	Quarantined   day.Day     `json:"quarantined,omitzero"`
	FollowUp      string      `json:"followUp,omitempty"` // follow-up status as given
	FollowUpEnd   day.Day     `json:"followUpEnd,omitzero"`
	Attributes    []Attribute `json:"attributes,omitempty"`
}

// CountRecord is a row that is no person but a number of cases: a district's lump sum, or a correction (negative). It belongs
// in the day's counts and never in the register of people.
type CountRecord struct {
	Row        int         `json:"row"`
	Code       string      `json:"code"` // generated unless the file gives one
	Count      int         `json:"count"`
	Class      Class       `json:"class,omitempty"`
	Outcome    Outcome     `json:"outcome,omitempty"`
	Report     day.Day     `json:"report,omitzero"`
	Area       Area        `json:"area,omitzero"`
	Attributes []Attribute `json:"attributes,omitempty"`
}

// LinkRecord joins two cases, or a case and an event. Its ends may be unknown to every file: that is for the consumer to list.
type LinkRecord struct {
	Row        int         `json:"row"`
	FromCode   string      `json:"from"`
	ToCode     string      `json:"to"`
	Kind       LinkKind    `json:"kind"`
	Setting    string      `json:"setting,omitempty"`
	Attributes []Attribute `json:"attributes,omitempty"`
}

// Record is what one data row says. Scan gives exactly one Record per data row, rejected rows included, so that a consumer
// which counts Records has counted rows.
type Record struct {
	Row int `json:"row"`
	// Exactly one of these is set for an accepted row; a row of a links file has none of them but one entry in Links.
	Case    *CaseRecord    `json:"case,omitempty"`
	Contact *ContactRecord `json:"contact,omitempty"`
	Count   *CountRecord   `json:"count,omitempty"`
	// Links that the row names. A pair that several rows of the file name is given once, with the first of them.
	Links []LinkRecord `json:"links,omitempty"`
	// Repeat: an earlier row of this file says exactly the same. It can change nothing.
	Repeat bool `json:"repeat,omitempty"`
	// Rejected: the row is not taken in; at least one Problem has severity Reject and says why.
	Rejected bool      `json:"rejected,omitempty"`
	Problems []Problem `json:"problems,omitempty"`
}
