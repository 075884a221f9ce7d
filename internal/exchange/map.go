package exchange

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Kind is what the rows of a file are.
type Kind string

// The kinds of file. Visits (check-ins, rides, shifts) arrive in blocks and have their own reader.
const (
	KindCases    Kind = "cases"
	KindContacts Kind = "contacts"
	KindLinks    Kind = "links"
)

// Field is what a column can mean. The names are also the headers of our own export, so it reads back without a map.
type Field string

// The fields. Some take several columns: see Column.
const (
	FieldCode       Field = "code"
	FieldOtherCode  Field = "other_codes" // several columns or several codes in a cell
	FieldName       Field = "name"        // several columns (first, middle, last) are joined by a space
	FieldDocument   Field = "document"
	FieldPhone      Field = "phone"
	FieldSex        Field = "sex"
	FieldAge        Field = "age"
	FieldAgeUnit    Field = "age_unit"
	FieldAgeMonths  Field = "age_months" // used where age is empty
	FieldAgeClass   Field = "age_class"
	FieldBirth      Field = "birth_date"
	FieldOccupation Field = "occupation"
	FieldCountry    Field = "country"
	FieldProvince   Field = "province"
	FieldCity       Field = "city"
	FieldDistrict   Field = "district"
	FieldStreet     Field = "street"
	FieldCommunity  Field = "community"
	FieldAddress    Field = "address"
	FieldLon        Field = "lon"
	FieldLat        Field = "lat"

	FieldClass         Field = "class"
	FieldOnset         Field = "onset"
	FieldReport        Field = "report"
	FieldDiagnosed     Field = "diagnosed"
	FieldHospitalised  Field = "hospitalised"
	FieldIsolated      Field = "isolated"
	FieldQuarantined   Field = "quarantined"
	FieldOutcome       Field = "outcome"
	FieldOutcomeDate   Field = "outcome_date"
	FieldDeathDate     Field = "death_date"    // a date here also says: died
	FieldRecoveryDate  Field = "recovery_date" // a date here also says: recovered, unless the person died
	FieldHospital      Field = "hospital"
	FieldExposureStart Field = "exposure_start"
	FieldExposureEnd   Field = "exposure_end"
	FieldPlaceInfected Field = "place_infected"
	FieldClusters      Field = "clusters"
	FieldDirect        Field = "direct_links"  // codes of cases that this one met
	FieldClusterLinks  Field = "cluster_links" // codes of cases in its cluster
	FieldSource        Field = "source"        // who or what infected this case; for contacts: the case they met
	FieldEvents        Field = "events"
	FieldCount         Field = "count" // number of cases that the row stands for

	FieldTier          Field = "tier"
	FieldRelation      Field = "relation"
	FieldSetting       Field = "setting"
	FieldFirstExposure Field = "first_exposure"
	FieldLastExposure  Field = "last_exposure"
	FieldFollowUp      Field = "follow_up"
	FieldFollowUpEnd   Field = "follow_up_end"

	FieldFrom     Field = "from"
	FieldTo       Field = "to"
	FieldLinkKind Field = "kind"
)

// fieldKinds says in which kinds of file a field may be mapped: c cases, k contacts, l links.
func fieldKinds(f Field) string {
	switch f {
	case FieldCode, FieldOtherCode, FieldName, FieldDocument, FieldPhone, FieldSex, FieldAge, FieldAgeUnit, FieldAgeMonths, FieldAgeClass, FieldBirth,
		FieldOccupation, FieldCountry, FieldProvince, FieldCity, FieldDistrict, FieldStreet, FieldCommunity, FieldAddress, FieldLon, FieldLat, FieldReport, FieldSource, FieldQuarantined:
		return "ck"
	case FieldClass, FieldOnset, FieldDiagnosed, FieldHospitalised, FieldIsolated, FieldOutcome, FieldOutcomeDate, FieldDeathDate, FieldRecoveryDate, FieldHospital,
		FieldExposureStart, FieldExposureEnd, FieldPlaceInfected, FieldClusters, FieldDirect, FieldClusterLinks, FieldEvents, FieldCount:
		return "c"
	case FieldTier, FieldRelation, FieldFirstExposure, FieldLastExposure, FieldFollowUp, FieldFollowUpEnd:
		return "k"
	case FieldSetting:
		return "kl"
	case FieldFrom, FieldTo, FieldLinkKind:
		return "l"
	default:
		return ""
	}
}

// IsDate says whether the field holds a day, so that an order of day, month and year can be chosen for it.
func (f Field) IsDate() bool {
	switch f {
	case FieldBirth, FieldOnset, FieldReport, FieldDiagnosed, FieldHospitalised, FieldIsolated, FieldQuarantined, FieldOutcomeDate, FieldDeathDate, FieldRecoveryDate,
		FieldExposureStart, FieldExposureEnd, FieldFirstExposure, FieldLastExposure, FieldFollowUpEnd:
		return true
	default:
		return false
	}
}

// Column says where a field's value comes from.
type Column struct {
	// From names the columns as in the file's header. Names and addresses join them by a space; lists (other codes, clusters,
	// links) take all; any other field takes the first that is filled.
	From []string `json:"from"`
	// Order of day, month and year, for date fields; empty = detect.
	Order DateOrder `json:"order,omitempty"`
	// Values translates cells, ignoring case, before they are read: {"1": "male"}. A translation to "" means unknown.
	Values map[string]string `json:"values,omitempty"`
	// Prefix is put before a code, where other columns name the case by it (India: number 35 is called P35).
	Prefix string `json:"prefix,omitempty"`
	// Default is taken where the cell is empty, or for every row when From is empty.
	Default string `json:"default,omitempty"`
}

// References says how cells that name other cases are read.
type References struct {
	// Split are the characters between two codes; default , ; and their Chinese forms, and line breaks.
	Split string `json:"split,omitempty"`
	// CasePrefix and EventPrefix: a code is the prefix and then digits only. Both empty: every token is a case code, except
	// that Digits asks for digits only.
	CasePrefix  string `json:"casePrefix,omitempty"`
	EventPrefix string `json:"eventPrefix,omitempty"`
	Digits      bool   `json:"digits,omitempty"`
}

// Repeats says what becomes of a row whose code an earlier row of the file has, with other content.
type Repeats string

const (
	// RepeatsReject refuses the later row: two people may share a mistyped code, and a silent merge would lose one.
	RepeatsReject Repeats = ""
	// RepeatsUpdate takes the later row as the newer state of the same person.
	RepeatsUpdate Repeats = "update"
)

// Map says which column of a file means what. It is what a person saves after checking the preview.
type Map struct {
	Format     string           `json:"format"` // a recogniser's name, or the user's
	Kind       Kind             `json:"kind"`
	Read       ReadOptions      `json:"read,omitzero"`
	Fields     map[Field]Column `json:"fields"`
	References References       `json:"references,omitzero"`
	Repeats    Repeats          `json:"repeats,omitempty"`
	// Drop lists columns that are not kept, not even as attributes (internal keys, free text that must not be imported).
	Drop []string `json:"drop,omitempty"`
}

// ParseMap reads a saved map, strictly: an unknown name is an error, so that a typing error does not lose a column.
func ParseMap(b []byte) (Map, error) {
	dec := json.NewDecoder(strings.NewReader(string(b)))
	dec.DisallowUnknownFields()
	var m Map
	if err := dec.Decode(&m); err != nil {
		return Map{}, fmt.Errorf("read column map: %w", err)
	}
	if err := m.Validate(); err != nil {
		return Map{}, err
	}
	return m, nil
}

// Validate says what is wrong with the map by itself; whether its columns exist is found when it meets a file.
func (m Map) Validate() error {
	letter := ""
	switch m.Kind {
	case KindCases:
		letter = "c"
	case KindContacts:
		letter = "k"
	case KindLinks:
		letter = "l"
	default:
		return fmt.Errorf("column map %q: kind %q: want %s, %s or %s", m.Format, m.Kind, KindCases, KindContacts, KindLinks)
	}
	for _, f := range slices.Sorted(maps.Keys(m.Fields)) {
		c := m.Fields[f]
		kinds := fieldKinds(f)
		if kinds == "" {
			return fmt.Errorf("column map %q: unknown field %q", m.Format, f)
		}
		if !strings.Contains(kinds, letter) {
			return fmt.Errorf("column map %q: field %q has no place in a file of %s", m.Format, f, m.Kind)
		}
		if len(c.From) == 0 && c.Default == "" {
			return fmt.Errorf("column map %q: field %q names no column and no default", m.Format, f)
		}
		switch c.Order {
		case OrderDetect:
		case OrderISO, OrderDMY, OrderMDY, OrderYMD, OrderSerial, OrderAmbiguous:
			if !f.IsDate() {
				return fmt.Errorf("column map %q: field %q is no date, but has the date order %q", m.Format, f, c.Order)
			}
		default:
			return fmt.Errorf("column map %q: field %q: unknown date order %q", m.Format, f, c.Order)
		}
	}
	if m.Kind == KindLinks {
		for _, f := range []Field{FieldFrom, FieldTo} {
			if len(m.Fields[f].From) == 0 {
				return fmt.Errorf("column map %q: a file of links needs the field %q", m.Format, f)
			}
		}
	}
	switch m.Repeats {
	case RepeatsReject, RepeatsUpdate:
	default:
		return fmt.Errorf("column map %q: repeats %q: want %q or nothing", m.Format, m.Repeats, RepeatsUpdate)
	}
	return nil
}

// clone copies the map deeply enough that setting date orders does not change the original.
func (m Map) clone() Map {
	m.Fields = maps.Clone(m.Fields)
	if m.Fields == nil {
		m.Fields = map[Field]Column{}
	}
	return m
}
