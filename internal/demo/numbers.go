package demo

// The numbers of the demo. "Laixi" marks what was published in March 2022 (guidance on Laixi: bulletins of the city and the province);
// "assumed" marks what was chosen so that a screen shows every state.

// curve is the number of infections found per day, confirmed and asymptomatic, day 1 being 4 March 2022. The demo scales it so that the
// whole gives the number of cases asked for (300 by default, about a fifth), and day 8 is today.
//
// Laixi: 3 on day 1; 88 on day 2; 251 in all by the end of day 3; 776 by noon of day 7; 324 on day 7; 451 on day 8, the peak.
// Assumed: how the 363 between are shared among days 4 to 6.
var curve = [...]float64{3, 88, 160, 100, 121, 142, 324, 451}

// foundInIsolation is the share of a day's infections found among people in quarantine. Assumed; it rose in Laixi until, on day 12,
// no new infection was found in the community.
var foundInIsolation = [...]float64{0, 0.06, 0.2, 0.4, 0.5, 0.6, 0.7, 0.78}

const (
	symptomatic = 0.42 // share with symptoms when found. Laixi: 304 of 776 were confirmed cases on day 7
	pupils      = 0.58 // Laixi: 404 of 692 on 13 March
	teachers    = 0.06 // Laixi: 42 of 692
	known       = 0.85 // share of cases whose infector is found out; assumed

	inLaixi     = 0.8 // share living in Laixi itself; Laixi had 138 of the city's 139 confirmed on the peak day: fewer here, to show other districts
	communities = 22  // communities of Laixi where cases live; assumed

	// How the school's cases infected each other; assumed.
	inClassroom = 0.5
	inDormitory = 0.3 // the rest: canteen

	// Laixi: 232 contacts a case at the start. Here the first cases have 8 to 15 close contacts each and those 2 to 3 secondary ones; then fewer,
	// as tracing gave way to quarantine of the whole school. Assumed, and small enough for the demo to be built in seconds.
	earlyCases  = 5
	earlyLeast  = 8
	earlyMost   = 15
	tracedCases = 25 // 1 to 3 close contacts each; after these 0 or 1

	doneLate      = 0.07
	neverDone     = 0.02 // share of steps that are left undone: they stand open and late; assumed
	nobodyHome    = 0.015
	ruledOutCases = 4 // suspected cases with two negatives
)

// elsewhere is where the cases outside Laixi live: boarders' families; shares assumed.
var elsewhere = []struct {
	code  string
	share float64
}{{"370215", 0.4}, {"370283", 0.25}, {"370214", 0.15}, {"370203", 0.1}, {"370211", 0.1}}

var (
	hospitals    = []string{"Designated hospital 1", "Designated hospital 2", "Designated hospital 3"}
	laboratories = []string{"CDC laboratory, Laixi", "Hospital laboratory, Jimo", "Mobile laboratory 1"}
	symptoms     = []string{"fever", "cough", "sore throat"}
)
