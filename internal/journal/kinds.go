package journal

// The kinds of fact. The part before the dot is the noun, the part after it what happened.
const (
	OutbreakStarted     Kind = "outbreak.started"
	OutbreakPackChanged Kind = "outbreak.pack_changed"
	AreasImported       Kind = "areas.imported"

	ImportChunk    Kind = "import.chunk" // one batch of rows of a file, with count and digest
	ImportFinished Kind = "import.finished"

	ImportUploaded    Kind = "import.uploaded" // a file is in, sealed; none of its rows is
	ImportStopped     Kind = "import.stopped"  // paused or cancelled by a person
	ImportFileDeleted Kind = "import.file_deleted"
	ColumnMapSaved    Kind = "column_map.saved"
	ColumnMapDeleted  Kind = "column_map.deleted"

	CaseSuspected    Kind = "case.suspected"
	CaseConfirmed    Kind = "case.confirmed"
	CaseCorrected    Kind = "case.corrected"
	CaseClosed       Kind = "case.closed"
	CaseInvestigated Kind = "case.investigated"
	CaseIsolated     Kind = "case.isolated"
	CaseAdmitted     Kind = "case.admitted"
	CaseReported     Kind = "case.reported"
	CaseVerified     Kind = "case.verified"
	CaseMerged       Kind = "case.merged"
	CaseUnmerged     Kind = "case.unmerged"
	ContactsListed   Kind = "case.contacts_listed"
	LinkAdded        Kind = "link.added"
	LinkRemoved      Kind = "link.removed"
	LinkResolved     Kind = "link.resolved" // a person said which case an unknown end is

	ContactListed      Kind = "contact.listed"
	ContactReached     Kind = "contact.reached"
	ContactQuarantined Kind = "contact.quarantined"
	ContactTierChanged Kind = "contact.tier_changed"
	ContactChecked     Kind = "contact.checked"
	ContactMissed      Kind = "contact.check_missed"
	ContactSymptom     Kind = "contact.symptom"
	ContactProphylaxis Kind = "contact.prophylaxis"
	FollowUpOver       Kind = "contact.followup_over" // the last day of follow-up has passed
	ContactReleased    Kind = "contact.released"
	ContactBecameCase  Kind = "contact.became_case"
	ContactCorrected   Kind = "contact.corrected"
	ContactClosed      Kind = "contact.closed"         // lost or dropped, by a person
	ContactExposed     Kind = "contact.exposed"        // they met another case or contact, or an exposure was told better
	ExposureEnded      Kind = "contact.exposure_ended" // an exposure was found to be none
	ContactMerged      Kind = "contact.merged"
	ContactUnmerged    Kind = "contact.unmerged"

	PeopleRegistered Kind = "people.registered" // a part of a register, with count and digest
	PersonMerged     Kind = "person.merged"     // two records were found to be one person
	PersonUnmerged   Kind = "person.unmerged"
	PersonToldApart  Kind = "person.told_apart" // they look alike and are not the same

	SpecimenTaken   Kind = "specimen.taken"
	ResultReported  Kind = "result.reported"
	ResultCorrected Kind = "result.corrected"

	TaskWaived    Kind = "task.waived"
	TaskEscalated Kind = "task.escalated"

	ClusterOpened    Kind = "cluster.opened"
	ClusterCorrected Kind = "cluster.corrected"
	ClusterClosed    Kind = "cluster.closed"
	ClusterReopened  Kind = "cluster.reopened"
	ClusterJoined    Kind = "cluster.joined" // cases were found to belong to it
	ClusterLeft      Kind = "cluster.left"   // a case was found not to belong to it

	RoundPlanned    Kind = "round.planned"
	RoundChanged    Kind = "round.changed"
	RoundOpened     Kind = "round.opened"
	RoundClosed     Kind = "round.closed"
	RoundCancelled  Kind = "round.cancelled"
	RoundStanding   Kind = "round.standing"         // people were said to be exempt or to refuse, or that was taken back
	RoundSigned     Kind = "round.signed"           // somebody signed the account of a round
	RoundScheduled  Kind = "round.scheduled"        // a plan was made: who goes where and when, and when the last result is there
	SeriesStarted   Kind = "standing_round.started" // rounds will open by themselves
	SeriesEnded     Kind = "standing_round.ended"
	SitesAdded      Kind = "site.added"
	SiteChanged     Kind = "site.changed"
	DeviceInvited   Kind = "device.invited"
	DeviceEnrolled  Kind = "device.enrolled"
	DeviceRevoked   Kind = "device.revoked"
	TubesRegistered Kind = "tubes.registered" // one batch of a device, with counts and digest

	AsideSettled    Kind = "tube.settled"          // somebody dealt with a tube that was not taken
	UnknownPositive Kind = "tube.unknown_positive" // a laboratory read a positive tube that no desk told of
	UnknownFound    Kind = "tube.unknown_found"    // its desk told of it
	UnknownSettled  Kind = "tube.unknown_settled"  // somebody found out what a tube was that no desk had registered

	LaboratoryAdded   Kind = "laboratory.added"
	LaboratoryChanged Kind = "laboratory.changed"
	BoxPacked         Kind = "box.packed"
	BoxMoved          Kind = "box.moved"      // handed from one hand to the next
	TubesReceived     Kind = "tubes.received" // a laboratory has taken tubes in
	TubesResulted     Kind = "tubes.resulted" // results of many tubes, with counts and digest
	TubePositive      Kind = "tube.positive"  // one tube: whoever is in it is held
	TubeFailed        Kind = "tube.failed"    // one tube told nothing: whoever is in it is sampled again
	TubeCorrected     Kind = "tube.corrected" // what was reported of one tube was wrong
	TubeChecked       Kind = "tube.checked"   // somebody looked for a swapped tube or a missing member
	PersonHeld        Kind = "person.held"
	PersonTold        Kind = "person.told_of_hold" // somebody told them to stay where they are, and why
	HoldOver          Kind = "person.hold_over"    // the last moment of a hold has passed
	HoldLifted        Kind = "person.hold_lifted"
	HoldShortened     Kind = "person.hold_shortened"   // its last moment is sooner, by another pack
	HoldAppealed      Kind = "person.hold_appealed"    // somebody who is held disagrees
	AppealSeconded    Kind = "person.appeal_to_second" // one of the two who must agree would let them go
	AppealAnswered    Kind = "person.appeal_answered"
	SelfTestReported  Kind = "selftest.reported"

	VisitsImported Kind = "visits.imported" // one block, with count and digest
	VisitsPurged   Kind = "visits.purged"   // the keys of days that nobody may keep any longer were destroyed
	CaseTraced     Kind = "case.traced"     // somebody asked visits who was with a case
	CasesTraced    Kind = "cases.traced"    // the same of several cases, or which places they share
	TraceRefused   Kind = "trace.refused"   // somebody asked who may not
	PlacesKnown    Kind = "places.known"    // of what kind places of visits are
	VisitorKnown   Kind = "visitor.known"   // who somebody in visits is

	ContactsProposed  Kind = "contacts.proposed"  // what visits showed of a case was kept, to be decided on
	ProposalConfirmed Kind = "proposal.confirmed" // one of them is a contact
	ProposalRejected  Kind = "proposal.rejected"

	AutoPlanSet      Kind = "auto_plan.set"     // whether transfers are planned again by themselves
	AutoAcceptSet    Kind = "auto_accept.set"   // which proposals become contacts without anybody deciding
	ContactsAccepted Kind = "contacts.accepted" // a case was asked about by itself, and what came of it

	AssistanceAsked       Kind = "assistance.asked" // another office is asked to find somebody who lives in its area
	AssistanceAccepted    Kind = "assistance.accepted"
	AssistanceSentBack    Kind = "assistance.sent_back"
	AssistanceWithdrawn   Kind = "assistance.withdrawn"
	AssistanceFound       Kind = "assistance.found"
	AssistanceQuarantined Kind = "assistance.quarantined"
	AssistanceEnded       Kind = "assistance.ended" // their follow-up was over before

	FacilityAdded   Kind = "facility.added"
	FacilityChanged Kind = "facility.changed"
	FacilityMoved   Kind = "facility.moved" // opened, closed, or back into reserve
	RoomsAdded      Kind = "rooms.added"
	RoomChanged     Kind = "room.changed" // corrected, turned round, or set aside
	StayBooked      Kind = "stay.booked"
	StayDropped     Kind = "stay.dropped" // the bed is not kept any longer
	StayBegan       Kind = "stay.began"
	StayMoved       Kind = "stay.moved" // to another room
	StayEnded       Kind = "stay.ended"
	StayAsCase      Kind = "stay.as_case"      // somebody who was there for the sake of a child is a case now
	StayAsContact   Kind = "stay.as_contact"   // somebody who is there for the sake of a child stays as a contact from now on
	StayWithSibling Kind = "stay.with_sibling" // somebody who is there for the sake of a child stays for its sibling's: the child has left
	WayHomeSaid     Kind = "stay.way_home"     // how somebody goes home who is released

	SeverityRecorded  Kind = "case.severity_recorded" // how ill somebody is
	BedMoved          Kind = "case.bed_moved"         // to another bed of a hospital, or to another hospital
	DischargeSeconded Kind = "case.discharge_to_second"
	CaseDischarged    Kind = "case.discharged"
	MonitoringOver    Kind = "case.monitoring_over" // at home, after discharge
	BedsCounted       Kind = "beds.counted"         // beds are short, or not any more
	BedsReported      Kind = "beds.reported"        // hospitals told how many beds they have and how many are taken
	ReserveProposed   Kind = "reserve.proposed"
	ReserveDecided    Kind = "reserve.decided"
	ReserveOpened     Kind = "reserve.opened" // it takes people now
	RoomConverting    Kind = "room.converting"
	RoomConverted     Kind = "room.converted"
	CareEventNoted    Kind = "care_event.noted"
	CareEventChanged  Kind = "care_event.changed"
	IncidentNoted     Kind = "incident.noted"
	FacilityInspected Kind = "facility.inspected" // somebody went through the standards of a site
	DeficiencyFound   Kind = "deficiency.found"   // a standard is not met
	DeficiencyEnded   Kind = "deficiency.ended"   // a later inspection found it met, or that nothing of the kind is there
	RosterPlanned     Kind = "roster.planned"     // shifts of the staff of a facility; it says who by number only
	ShiftCancelled    Kind = "shift.cancelled"    // a shift of staff
	IncidentChanged   Kind = "incident.changed"   // more is known, or it is closed, or not after all

	RestrictionMade      Kind = "restriction.made"
	RestrictionChanged   Kind = "restriction.changed" // a new version, by rule or by two people
	RestrictionEnded     Kind = "restriction.ended"
	RestrictionOver      Kind = "restriction.over" // its last moment has passed
	RestrictionTold      Kind = "restriction.told" // somebody told them what they are asked, and why
	RestrictionReviewed  Kind = "restriction.reviewed"
	RestrictionProposed  Kind = "restriction.proposed" // one of the two who must agree would change it
	RestrictionWithdrawn Kind = "restriction.proposal_withdrawn"
	RestrictionAgreed    Kind = "restriction.agreed"
	NeedAsked            Kind = "restriction.need_asked" // somebody who is restricted asked for something that is owed
	NeedMet              Kind = "restriction.need_met"
	LegalBasisSet        Kind = "restriction.legal_basis_set" // the outbreak names the law of its own country

	TransferAsked     Kind = "transfer.asked" // by a person; what tasks ask for is known by their facts
	TransferChanged   Kind = "transfer.changed"
	TransferCancelled Kind = "transfer.cancelled"
	// TransferAccompanied: an adult chose to go along with a child.
	TransferAccompanied Kind = "transfer.accompanied"
	TransferFetched     Kind = "transfer.fetched"     // handed over into a vehicle
	TransferMissed      Kind = "transfer.not_fetched" // nobody was there, or they would not come
	TransferStranded    Kind = "transfer.stranded"    // their vehicle broke down
	TransferArrived     Kind = "transfer.arrived"     // handed over at the other end
	TransfersPlanned    Kind = "transfers.planned"
	TripStarted         Kind = "trip.started"
	TripDelayed         Kind = "trip.delayed"
	TripEnded           Kind = "trip.ended"
	VehiclesAdded       Kind = "vehicles.added"
	VehicleChanged      Kind = "vehicle.changed"
	VehicleBroke        Kind = "vehicle.broke_down"
	FacilityFull        Kind = "facility.full" // or takes people again
	PhoneInvited        Kind = "phone.invited" // of a crew
	PhoneEnrolled       Kind = "phone.enrolled"
	PhoneRevoked        Kind = "phone.revoked"
	PhoneRefused        Kind = "phone.refused" // one that was signed off told something

	ZoneProposed Kind = "zone.proposed"
	ZoneDecided  Kind = "zone.decided"
	ZoneDue      Kind = "zone.due"     // the days of its lifting test are over
	ZonePutOff   Kind = "zone.put_off" // they are not, after all: a case came in between, or another pack

	NameRead      Kind = "name.read"
	NameSealed    Kind = "name.sealed"
	KeyRotated    Kind = "vault.key_rotated"
	AccessRefused Kind = "access.refused" // somebody asked for what their role, area or purpose does not allow
	UserAdded     Kind = "user.added"
	UserChanged   Kind = "user.changed"
	UserLogin     Kind = "user.login"
	UserLogout    Kind = "user.logout"
	TokenIssued   Kind = "token.issued"
	TokenEnded    Kind = "token.ended"
	Exported      Kind = "export.made"
	BackedUp      Kind = "backup.made"
	DrillBegun    Kind = "drill.begun"  // the store is one for a drill, for good
	DrillOpened   Kind = "drill.opened" // to people: its clock runs from here on
	DrillPaused   Kind = "drill.paused"
	DrillResumed  Kind = "drill.resumed"
	DrillSped     Kind = "drill.sped"    // goes at another speed
	DrillStepped  Kind = "drill.stepped" // to an instant, as fast as it can
	DrillHeld     Kind = "drill.held"    // who holds its roles was changed
	DrillOver     Kind = "drill.over"
	DrillScored   Kind = "drill.scored" // a score card was kept

	ForecastMade Kind = "forecast.made" // what may come was worked out, and kept
)

// Kinds lists the kinds, in the order above.
func Kinds() []Kind {
	return []Kind{
		OutbreakStarted, OutbreakPackChanged, AreasImported, ImportChunk, ImportFinished, ImportUploaded, ImportStopped,
		ImportFileDeleted, ColumnMapSaved, ColumnMapDeleted, CaseSuspected, CaseConfirmed, CaseCorrected, CaseClosed,
		CaseInvestigated, CaseIsolated, CaseAdmitted, CaseReported, CaseVerified, CaseMerged, CaseUnmerged,
		ContactsListed, LinkAdded, LinkRemoved, ContactListed, ContactReached, ContactQuarantined, ContactTierChanged,
		ContactChecked, ContactMissed, ContactSymptom, ContactProphylaxis, FollowUpOver, ContactReleased, ContactBecameCase,
		ContactCorrected, ContactClosed, ContactMerged, ContactUnmerged, PeopleRegistered, PersonMerged, PersonUnmerged, PersonToldApart,
		SpecimenTaken, ResultReported, ResultCorrected, TaskWaived, TaskEscalated, ClusterOpened, ClusterCorrected, ClusterClosed, ClusterReopened, ClusterJoined, ClusterLeft,
		RoundPlanned, RoundChanged, RoundOpened, RoundClosed, RoundCancelled, RoundStanding, RoundSigned, RoundScheduled, SeriesStarted, SeriesEnded, SitesAdded, SiteChanged, DeviceInvited, DeviceEnrolled, DeviceRevoked, TubesRegistered, AsideSettled, UnknownPositive, UnknownFound, UnknownSettled,
		LaboratoryAdded, LaboratoryChanged, BoxPacked, BoxMoved, TubesReceived, TubesResulted, TubePositive, TubeFailed, TubeCorrected, TubeChecked, PersonHeld, PersonTold, HoldOver, HoldLifted, HoldShortened, HoldAppealed, AppealSeconded, AppealAnswered, SelfTestReported,
		FacilityAdded, FacilityChanged, FacilityMoved, RoomsAdded, RoomChanged, StayBooked, StayDropped, StayBegan, StayMoved, StayEnded, StayAsCase, StayAsContact, StayWithSibling, WayHomeSaid,
		SeverityRecorded, BedMoved, DischargeSeconded, CaseDischarged, MonitoringOver, BedsCounted, BedsReported, ReserveProposed, ReserveDecided, ReserveOpened, RoomConverting, RoomConverted, CareEventNoted, CareEventChanged, IncidentNoted, IncidentChanged, FacilityInspected, DeficiencyFound, DeficiencyEnded, RosterPlanned, ShiftCancelled,
		VisitsImported, VisitsPurged, CaseTraced, CasesTraced, TraceRefused, PlacesKnown, VisitorKnown, ContactsProposed, ProposalConfirmed, ProposalRejected,
		AutoPlanSet, AutoAcceptSet, ContactsAccepted, AssistanceAsked, AssistanceAccepted, AssistanceSentBack, AssistanceWithdrawn, AssistanceFound, AssistanceQuarantined, AssistanceEnded,
		RestrictionMade, RestrictionChanged, RestrictionEnded, RestrictionOver, RestrictionTold, RestrictionReviewed, RestrictionProposed, RestrictionWithdrawn, RestrictionAgreed, NeedAsked, NeedMet, LegalBasisSet,
		TransferAsked, TransferChanged, TransferCancelled, TransferAccompanied, TransferFetched, TransferMissed, TransferStranded, TransferArrived, TransfersPlanned, TripStarted, TripDelayed, TripEnded,
		VehiclesAdded, VehicleChanged, VehicleBroke, FacilityFull, PhoneInvited, PhoneEnrolled, PhoneRevoked, PhoneRefused,
		ZoneProposed, ZoneDecided, ZoneDue, ZonePutOff,
		NameRead, NameSealed, KeyRotated, AccessRefused, UserAdded, UserChanged, UserLogin, UserLogout,
		TokenIssued, TokenEnded, Exported, BackedUp, DrillBegun, DrillOpened, DrillPaused, DrillResumed, DrillSped, DrillStepped, DrillHeld, DrillOver, DrillScored, ForecastMade,
	}
}
