// Package web is the screens: the route table, and what stands around every request. Each screen is a package below; see ui/README.md and
// site. cmd imports it; it imports the screens.
package web

import (
	"errors"
	"net/http"

	"firebreak/internal/auth"
	"firebreak/internal/web/areas"
	"firebreak/internal/web/assistance"
	"firebreak/internal/web/audit"
	"firebreak/internal/web/autoaccept"
	"firebreak/internal/web/cases"
	"firebreak/internal/web/chains"
	"firebreak/internal/web/clusters"
	"firebreak/internal/web/contacts"
	"firebreak/internal/web/duplicates"
	"firebreak/internal/web/followup"
	"firebreak/internal/web/forecast"
	"firebreak/internal/web/home"
	"firebreak/internal/web/hospitals"
	"firebreak/internal/web/imports"
	"firebreak/internal/web/isolation"
	"firebreak/internal/web/laboratories"
	"firebreak/internal/web/me"
	"firebreak/internal/web/now"
	"firebreak/internal/web/pacing"
	"firebreak/internal/web/packs"
	"firebreak/internal/web/positives"
	"firebreak/internal/web/restrictions"
	"firebreak/internal/web/rounds"
	"firebreak/internal/web/scorecard"
	"firebreak/internal/web/search"
	"firebreak/internal/web/sharedplaces"
	"firebreak/internal/web/site"
	"firebreak/internal/web/sites"
	"firebreak/internal/web/situation"
	"firebreak/internal/web/tasks"
	"firebreak/internal/web/transfers"
	"firebreak/internal/web/users"
	"firebreak/internal/web/zones"
)

// screens are the navigation, in order, with what a person must be allowed somewhere to be shown each.
func screens() []site.Screen {
	return []site.Screen{
		{Key: "now", Path: "/now", Action: auth.RollupRead},
		{Key: "situation", Path: "/situation", Action: auth.CaseRead},
		{Key: "tasks", Path: "/tasks", Action: auth.TaskRead},
		{Key: "cases", Path: "/cases", Action: auth.CaseRead},
		{Key: "contacts", Path: "/contacts", Action: auth.ContactRead},
		{Key: "assistance", Path: "/assistance", Action: auth.ContactRead},
		{Key: "followup", Path: "/followup", Action: auth.FollowUpWrite},
		{Key: "chains", Path: "/chains", Action: auth.CaseRead},
		{Key: "clusters", Path: "/clusters", Action: auth.CaseRead},
		{Key: "shared", Path: "/shared", Action: auth.ContactRead},
		{Key: "screening", Path: "/rounds", Action: auth.ScreeningRead},
		{Key: "sites", Path: "/sites", Action: auth.ScreeningRead},
		{Key: "laboratories", Path: "/laboratories", Action: auth.SampleRead},
		{Key: "positives", Path: "/positives", Action: auth.SampleRead},
		{Key: "restrictions", Path: "/restrictions", Action: auth.RestrictionRead},
		{Key: "isolation", Path: "/isolation", Action: auth.IsolationRead},
		{Key: "care", Path: "/care", Action: auth.CareRead},
		{Key: "transfers", Path: "/transfers", Action: auth.TransferRead},
		{Key: "zones", Path: "/zones", Action: auth.ZoneRead},
		{Key: "forecast", Path: "/forecast", Action: auth.CaseRead},
		{Key: "drill", Path: "/drill", Action: auth.CaseRead, Played: true},
		{Key: "duplicates", Path: "/duplicates", Action: auth.CaseWrite},
		{Key: "imports", Path: "/imports", Action: auth.Import},
		{Key: "users", Path: "/admin/users", Action: auth.UserAdmin, Whole: true},
		{Key: "areas", Path: "/admin/areas", Action: auth.AreaAdmin, Whole: true},
		{Key: "packs", Path: "/packs", Action: auth.RollupRead, Or: auth.OutbreakAdmin, Whole: true},
		{Key: "audit", Path: "/admin/audit", Action: auth.AuditRead, Whole: true},
	}
}

// handlers are the screens' handlers.
type handlers struct {
	home  *home.Handler
	now   *now.Handler
	tasks *tasks.Handler

	cases    *cases.Handler
	contacts *contacts.Handler
	followup *followup.Handler
	chains   *chains.Handler
	imports  *imports.Handler
	zones    *zones.Handler
	users    *users.Handler
	me       *me.Handler
	audit    *audit.Handler
	packs    *packs.Handler
	areas    *areas.Handler

	duplicates *duplicates.Handler
	situation  *situation.Handler
	clusters   *clusters.Handler
	positives  *positives.Handler

	rounds *rounds.Handler
	sites  *sites.Handler
	labs   *laboratories.Handler

	restrictions *restrictions.Handler
	isolation    *isolation.Handler
	care         *hospitals.Handler
	transfers    *transfers.Handler
	forecast     *forecast.Handler
	scorecard    *scorecard.Handler
	assistance   *assistance.Handler
	pacing       *pacing.Handler
	shared       *sharedplaces.Handler
	auto         *autoaccept.Handler
}

func newHandlers(s *site.Site) (h handlers, err error) {
	var errs [31]error
	h.home, errs[0] = home.NewHandler(s)
	h.now, errs[1] = now.NewHandler(s)
	h.tasks, errs[2] = tasks.NewHandler(s)
	h.cases, errs[3] = cases.NewHandler(s)
	h.contacts, errs[4] = contacts.NewHandler(s)
	h.followup, errs[5] = followup.NewHandler(s)
	h.chains, errs[6] = chains.NewHandler(s)
	h.imports, errs[7] = imports.NewHandler(s)
	h.zones, errs[8] = zones.NewHandler(s)
	h.users, errs[9] = users.NewHandler(s)
	h.me, errs[10] = me.NewHandler(s)
	h.audit, errs[11] = audit.NewHandler(s)
	h.packs, errs[12] = packs.NewHandler(s)
	h.duplicates, errs[13] = duplicates.NewHandler(s)
	h.areas, errs[14] = areas.NewHandler(s)
	h.situation, errs[15] = situation.NewHandler(s)
	h.clusters, errs[16] = clusters.NewHandler(s)
	h.rounds, errs[17] = rounds.NewHandler(s)
	h.sites, errs[18] = sites.NewHandler(s)
	h.positives, errs[19] = positives.NewHandler(s)
	h.labs, errs[20] = laboratories.NewHandler(s)
	h.restrictions, errs[21] = restrictions.NewHandler(s)
	h.care, errs[22] = hospitals.NewHandler(s)
	h.transfers, errs[23] = transfers.NewHandler(s)
	h.isolation, errs[24] = isolation.NewHandler(s)
	h.forecast, errs[25] = forecast.NewHandler(s)
	h.scorecard, errs[26] = scorecard.NewHandler(s)
	h.assistance, errs[27] = assistance.NewHandler(s)
	h.pacing, errs[28] = pacing.NewHandler(s)
	h.shared, errs[29] = sharedplaces.NewHandler(s)
	h.auto, errs[30] = autoaccept.NewHandler(s)
	return h, errors.Join(errs[:]...)
}

// routes is every screen inside an outbreak, on one screen: address, right, handler. The caller is known, and holds the right in some area; each
// handler bounds what it shows to where.
func (h handlers) routes() []site.Route {
	return []site.Route{
		{Pattern: "GET /o/{outbreak}/now", Action: auth.RollupRead, Handle: h.now.Show},
		{Pattern: "GET /o/{outbreak}/map/districts.geojson", Action: auth.RollupRead, Handle: h.now.Districts},
		{Pattern: "GET /o/{outbreak}/map/cases.geojson", Action: auth.RollupRead, Handle: h.now.Cases},
		{Pattern: "GET /o/{outbreak}/map/zones.geojson", Action: auth.ZoneRead, Handle: h.now.Zones},

		// Exact counts of cases: for whoever reads the cases.
		{Pattern: "GET /o/{outbreak}/situation", Action: auth.CaseRead, Handle: h.situation.Show},

		{Pattern: "GET /o/{outbreak}/tasks", Action: auth.TaskRead, Handle: h.tasks.List},
		{Pattern: "POST /o/{outbreak}/tasks/waive", Action: auth.TaskWaive, Handle: h.tasks.WaiveMany},
		{Pattern: "POST /o/{outbreak}/tasks/done", Action: auth.TaskComplete, Handle: h.tasks.CompleteMany},
		{Pattern: "GET /o/{outbreak}/tasks/{task}", Action: auth.TaskRead, Handle: h.tasks.Show},
		{Pattern: "POST /o/{outbreak}/tasks/{task}/complete", Action: auth.TaskComplete, Handle: h.tasks.Complete},
		{Pattern: "POST /o/{outbreak}/tasks/{task}/waive", Action: auth.TaskWaive, Handle: h.tasks.Waive},

		{Pattern: "GET /o/{outbreak}/cases", Action: auth.CaseRead, Handle: h.cases.List},
		{Pattern: "GET /o/{outbreak}/cases/export", Action: auth.Export, Handle: h.cases.ExportFile},
		{Pattern: "POST /o/{outbreak}/cases/bulk", Action: auth.CaseWrite, Handle: h.cases.Bulk},
		{Pattern: "GET /o/{outbreak}/cases/new", Action: auth.CaseWrite, Handle: h.cases.New},
		{Pattern: "POST /o/{outbreak}/cases", Action: auth.CaseWrite, Handle: h.cases.Add},
		{Pattern: "GET /o/{outbreak}/cases/{case}", Action: auth.CaseRead, Handle: h.cases.Show},
		{Pattern: "POST /o/{outbreak}/cases/{case}", Action: auth.CaseWrite, Handle: h.cases.Save},
		{Pattern: "POST /o/{outbreak}/cases/{case}/draft", Action: auth.CaseWrite, Handle: h.cases.Draft},
		{Pattern: "POST /o/{outbreak}/cases/{case}/names", Action: auth.NameRead, Handle: h.cases.Names},
		{Pattern: "POST /o/{outbreak}/cases/{case}/identity", Action: auth.CaseWrite, Handle: h.cases.Identify},
		{Pattern: "POST /o/{outbreak}/cases/{case}/contacts", Action: auth.ContactWrite, Handle: h.cases.AddContact},
		{Pattern: "POST /o/{outbreak}/cases/{case}/trace", Action: auth.ContactWrite, Handle: h.cases.Ask},
		{Pattern: "POST /o/{outbreak}/cases/{case}/trace/preview", Action: auth.ContactRead, Handle: h.cases.Preview},
		{Pattern: "POST /o/{outbreak}/cases/{case}/proposals/names", Action: auth.ContactRead, Handle: h.cases.ProposalNames},
		{Pattern: "POST /o/{outbreak}/cases/{case}/proposals", Action: auth.ContactWrite, Handle: h.cases.Decide},
		{Pattern: "GET /o/{outbreak}/cases/{case}/assistance", Action: auth.ContactWrite, Handle: h.cases.AskAssistance},
		{Pattern: "POST /o/{outbreak}/cases/{case}/assistance", Action: auth.ContactWrite, Handle: h.cases.AssistanceAsked},
		{Pattern: "POST /o/{outbreak}/cases/{case}/samples", Action: auth.SampleWrite, Handle: h.cases.TakeSample},
		{Pattern: "POST /o/{outbreak}/cases/{case}/samples/{specimen}", Action: auth.ResultWrite, Handle: h.cases.ReportSample},

		// What one office asks of another: whoever reads contacts, on either side.
		{Pattern: "GET /o/{outbreak}/assistance", Action: auth.ContactRead, Handle: h.assistance.List},
		{Pattern: "GET /o/{outbreak}/assistance/{assistance}", Action: auth.ContactRead, Handle: h.assistance.Show},
		{Pattern: "POST /o/{outbreak}/assistance/{assistance}", Action: auth.ContactWrite, Handle: h.assistance.Answer},
		{Pattern: "POST /o/{outbreak}/assistance/{assistance}/names", Action: auth.ContactRead, Handle: h.assistance.Names},

		{Pattern: "GET /o/{outbreak}/clusters", Action: auth.CaseRead, Handle: h.clusters.List},
		{Pattern: "GET /o/{outbreak}/clusters/export", Action: auth.Export, Handle: h.clusters.Export},
		{Pattern: "GET /o/{outbreak}/clusters/new", Action: auth.CaseWrite, Handle: h.clusters.New},
		{Pattern: "POST /o/{outbreak}/clusters", Action: auth.CaseWrite, Handle: h.clusters.Open},
		{Pattern: "POST /o/{outbreak}/clusters/from-field", Action: auth.CaseWrite, Handle: h.clusters.FromField},
		{Pattern: "GET /o/{outbreak}/clusters/{cluster}", Action: auth.CaseRead, Handle: h.clusters.Show},
		{Pattern: "POST /o/{outbreak}/clusters/{cluster}", Action: auth.CaseWrite, Handle: h.clusters.Correct},
		{Pattern: "POST /o/{outbreak}/clusters/{cluster}/cases", Action: auth.CaseWrite, Handle: h.clusters.Join},
		{Pattern: "POST /o/{outbreak}/clusters/{cluster}/leave", Action: auth.CaseWrite, Handle: h.clusters.Leave},
		{Pattern: "POST /o/{outbreak}/clusters/{cluster}/state", Action: auth.CaseWrite, Handle: h.clusters.SetState},

		// Visits are asked through cases, with a purpose.
		{Pattern: "GET /o/{outbreak}/shared", Action: auth.ContactRead, Handle: h.shared.Show},
		{Pattern: "POST /o/{outbreak}/shared", Action: auth.ContactRead, Handle: h.shared.Ask},

		{Pattern: "GET /o/{outbreak}/contacts", Action: auth.ContactRead, Handle: h.contacts.List},
		{Pattern: "GET /o/{outbreak}/contacts/export", Action: auth.Export, Handle: h.contacts.ExportFile},
		{Pattern: "GET /o/{outbreak}/contacts/{contact}", Action: auth.ContactRead, Handle: h.contacts.Show},
		{Pattern: "POST /o/{outbreak}/contacts/{contact}", Action: auth.ContactWrite, Handle: h.contacts.Save},
		{Pattern: "POST /o/{outbreak}/contacts/{contact}/names", Action: auth.NameRead, Handle: h.contacts.Names},
		{Pattern: "POST /o/{outbreak}/contacts/{contact}/identity", Action: auth.ContactWrite, Handle: h.contacts.Identify},
		{Pattern: "POST /o/{outbreak}/contacts/{contact}/exposures", Action: auth.ContactWrite, Handle: h.contacts.AddExposure},
		{Pattern: "POST /o/{outbreak}/contacts/{contact}/exposures/end", Action: auth.ContactWrite, Handle: h.contacts.EndExposure},
		{Pattern: "POST /o/{outbreak}/contacts/{contact}/checks", Action: auth.FollowUpWrite, Handle: h.contacts.Check},
		{Pattern: "POST /o/{outbreak}/contacts/{contact}/samples", Action: auth.SampleWrite, Handle: h.contacts.TakeSample},
		{Pattern: "POST /o/{outbreak}/contacts/{contact}/samples/{specimen}", Action: auth.ResultWrite, Handle: h.contacts.ReportSample},
		{Pattern: "GET /o/{outbreak}/followup", Action: auth.FollowUpWrite, Handle: h.followup.Show},
		{Pattern: "POST /o/{outbreak}/followup", Action: auth.NameRead, Handle: h.followup.Names},
		{Pattern: "GET /o/{outbreak}/doors", Action: auth.FollowUpWrite, Handle: h.followup.Doors},
		{Pattern: "POST /o/{outbreak}/doors", Action: auth.NameRead, Handle: h.followup.DoorNames},
		{Pattern: "POST /o/{outbreak}/doors/{task}", Action: auth.FollowUpWrite, Handle: h.followup.AtDoor},
		{Pattern: "POST /o/{outbreak}/followup/{contact}", Action: auth.FollowUpWrite, Handle: h.followup.Answer},

		{Pattern: "GET /o/{outbreak}/duplicates", Action: auth.CaseWrite, Handle: h.duplicates.List},
		{Pattern: "GET /o/{outbreak}/duplicates/{pair}", Action: auth.CaseWrite, Handle: h.duplicates.Show},
		{Pattern: "POST /o/{outbreak}/duplicates/{pair}/names", Action: auth.NameRead, Handle: h.duplicates.Names},
		{Pattern: "POST /o/{outbreak}/duplicates/{pair}/merge", Action: auth.CaseWrite, Handle: h.duplicates.Merge},
		{Pattern: "POST /o/{outbreak}/duplicates/{pair}/apart", Action: auth.CaseWrite, Handle: h.duplicates.TellApart},
		{Pattern: "GET /o/{outbreak}/merges/{merge}", Action: auth.CaseWrite, Handle: h.duplicates.ShowMerge},
		{Pattern: "POST /o/{outbreak}/merges/{merge}/undo", Action: auth.CaseWrite, Handle: h.duplicates.Undo},

		{Pattern: "GET /o/{outbreak}/chains", Action: auth.CaseRead, Handle: h.chains.Show},
		{Pattern: "GET /o/{outbreak}/chains/export", Action: auth.Export, Handle: h.chains.Export},
		{Pattern: "GET /o/{outbreak}/chains/unresolved", Action: auth.CaseRead, Handle: h.chains.Unresolved},
		{Pattern: "POST /o/{outbreak}/chains/unresolved", Action: auth.CaseWrite, Handle: h.chains.Resolve},

		{Pattern: "GET /o/{outbreak}/positives", Action: auth.SampleRead, Handle: h.positives.Show},
		{Pattern: "GET /o/{outbreak}/restrictions", Action: auth.RestrictionRead, Handle: h.restrictions.List},
		{Pattern: "GET /o/{outbreak}/restrictions/notices", Action: auth.RestrictionRead, Handle: h.restrictions.Notices, Paper: true},
		{Pattern: "GET /o/{outbreak}/restrictions/{restriction}", Action: auth.RestrictionRead, Handle: h.restrictions.Show},
		{Pattern: "GET /o/{outbreak}/restrictions/{restriction}/notice", Action: auth.RestrictionRead, Handle: h.restrictions.Notice, Paper: true},
		{Pattern: "GET /o/{outbreak}/restrictions/{restriction}/certificate", Action: auth.RestrictionRead, Handle: h.restrictions.Certificate, Paper: true},
		{Pattern: "POST /o/{outbreak}/restrictions/{restriction}/told", Action: auth.RestrictionTell, Handle: h.restrictions.Told},
		{Pattern: "POST /o/{outbreak}/restrictions/{restriction}/review", Action: auth.RestrictionReview, Handle: h.restrictions.Review},
		{Pattern: "POST /o/{outbreak}/restrictions/{restriction}/propose", Action: auth.RestrictionChange, Handle: h.restrictions.Propose},
		{Pattern: "POST /o/{outbreak}/restrictions/{restriction}/agree", Action: auth.RestrictionChange, Handle: h.restrictions.Agree},
		{Pattern: "POST /o/{outbreak}/restrictions/{restriction}/withdraw", Action: auth.RestrictionChange, Handle: h.restrictions.Withdraw},
		{Pattern: "POST /o/{outbreak}/restrictions/{restriction}/needs", Action: auth.NeedWrite, Handle: h.restrictions.Need},
		{Pattern: "POST /o/{outbreak}/restrictions/{restriction}/needs/{need}", Action: auth.RestrictionTell, Handle: h.restrictions.Met},
		{Pattern: "POST /o/{outbreak}/restrictions/{restriction}/appeal", Action: auth.AppealWrite, Handle: h.restrictions.Appeal},

		{Pattern: "POST /o/{outbreak}/appeals", Action: auth.AppealWrite, Handle: h.positives.Appeal},
		{Pattern: "POST /o/{outbreak}/appeals/words", Action: auth.AppealAnswer, Handle: h.positives.Words},
		{Pattern: "POST /o/{outbreak}/appeals/{appeal}", Action: auth.AppealAnswer, Handle: h.positives.Answer},
		{Pattern: "POST /o/{outbreak}/positives/{tube}/check", Action: auth.ResultWrite, Handle: h.positives.Check},

		{Pattern: "GET /o/{outbreak}/care", Action: auth.CareRead, Handle: h.care.Show},
		{Pattern: "GET /o/{outbreak}/care/{case}", Action: auth.CareRead, Handle: h.care.Patient},
		{Pattern: "POST /o/{outbreak}/care/{case}/{step}", Action: auth.CareWrite, Handle: h.care.Order},
		{Pattern: "POST /o/{outbreak}/reserves/{proposal}", Action: auth.DirectiveWrite, Handle: h.care.Decide},

		{Pattern: "GET /o/{outbreak}/zones", Action: auth.ZoneRead, Handle: h.zones.List},
		{Pattern: "GET /o/{outbreak}/zones/{zone}", Action: auth.ZoneRead, Handle: h.zones.Show},
		{Pattern: "POST /o/{outbreak}/zones/{zone}", Action: auth.ZoneWrite, Handle: h.zones.Decide},

		// A forecast tells of the whole outbreak: for whoever reads the cases of all of it.
		{Pattern: "GET /o/{outbreak}/forecast", Action: auth.CaseRead, Handle: h.forecast.Show},
		{Pattern: "POST /o/{outbreak}/forecast", Action: auth.CaseRead, Handle: h.forecast.Make},

		// How a drill went, held against what was true.
		{Pattern: "GET /o/{outbreak}/drill", Action: auth.CaseRead, Handle: h.scorecard.Show, Paper: true},

		{Pattern: "GET /o/{outbreak}/transfers", Action: auth.TransferRead, Handle: h.transfers.Show},
		{Pattern: "POST /o/{outbreak}/transfers", Action: auth.TransferWrite, Handle: h.transfers.Ask},
		{Pattern: "GET /o/{outbreak}/transfers/new", Action: auth.TransferWrite, Handle: h.transfers.New},
		{Pattern: "POST /o/{outbreak}/transfers/plan", Action: auth.TransferWrite, Handle: h.transfers.Plan},
		{Pattern: "POST /o/{outbreak}/transfers/give", Action: auth.TransferWrite, Handle: h.transfers.Give},
		{Pattern: "POST /o/{outbreak}/transfers/full", Action: auth.TransferWrite, Handle: h.transfers.Full},
		{Pattern: "GET /o/{outbreak}/transfers/doors.geojson", Action: auth.TransferRead, Handle: h.transfers.Layer("doors")},
		{Pattern: "GET /o/{outbreak}/transfers/vehicles.geojson", Action: auth.TransferRead, Handle: h.transfers.Layer("vehicles")},
		{Pattern: "GET /o/{outbreak}/transfers/places.geojson", Action: auth.TransferRead, Handle: h.transfers.Layer("places")},
		{Pattern: "GET /o/{outbreak}/transfers/vehicles/{vehicle}", Action: auth.TransferRead, Handle: h.transfers.Vehicle},
		{Pattern: "POST /o/{outbreak}/transfers/vehicles/{vehicle}/state", Action: auth.TransferWrite, Handle: h.transfers.SetVehicle},
		{Pattern: "POST /o/{outbreak}/transfers/vehicles/{vehicle}/invite", Action: auth.TransferWrite, Handle: h.transfers.Invite},
		{Pattern: "GET /o/{outbreak}/transfers/auto-plan", Action: auth.TransferRead, Handle: h.transfers.AutoPlan},
		{Pattern: "POST /o/{outbreak}/transfers/auto-plan", Action: auth.TransferWrite, Handle: h.transfers.SetAutoPlan},
		{Pattern: "GET /o/{outbreak}/transfers/{transfer}", Action: auth.TransferRead, Handle: h.transfers.Request},
		{Pattern: "POST /o/{outbreak}/transfers/{transfer}", Action: auth.TransferWrite, Handle: h.transfers.Change},
		{Pattern: "POST /o/{outbreak}/transfers/{transfer}/companions", Action: auth.TransferWrite, Handle: h.transfers.Along},
		{Pattern: "POST /o/{outbreak}/transfers/{transfer}/companions/cancel", Action: auth.TransferWrite, Handle: h.transfers.StaysBehind},
		{Pattern: "POST /o/{outbreak}/transfers/{transfer}/again", Action: auth.TransferWrite, Handle: h.transfers.Again},
		{Pattern: "POST /o/{outbreak}/transfers/{transfer}/cancel", Action: auth.TransferWrite, Handle: h.transfers.Cancel},

		// Who is missing and how sites do: whoever reads screening. What changes a round or a site asks for the right where it lies.
		{Pattern: "GET /o/{outbreak}/rounds", Action: auth.ScreeningRead, Handle: h.rounds.List},
		{Pattern: "GET /o/{outbreak}/rounds/new", Action: auth.ScreeningWrite, Handle: h.rounds.New},
		{Pattern: "POST /o/{outbreak}/rounds", Action: auth.ScreeningWrite, Handle: h.rounds.Plan},
		{Pattern: "GET /o/{outbreak}/rounds/standing", Action: auth.ScreeningRead, Handle: h.rounds.Standing},
		{Pattern: "GET /o/{outbreak}/rounds/standing/new", Action: auth.ScreeningWrite, Handle: h.rounds.NewStanding},
		{Pattern: "POST /o/{outbreak}/rounds/standing", Action: auth.ScreeningWrite, Handle: h.rounds.StartStanding},
		{Pattern: "GET /o/{outbreak}/rounds/standing/end", Action: auth.ScreeningWrite, Handle: h.rounds.EndStandingForm},
		{Pattern: "POST /o/{outbreak}/rounds/standing/end", Action: auth.ScreeningWrite, Handle: h.rounds.EndStanding},
		{Pattern: "GET /o/{outbreak}/rounds/{round}", Action: auth.ScreeningRead, Handle: h.rounds.Show},
		{Pattern: "GET /o/{outbreak}/rounds/{round}/edit", Action: auth.ScreeningWrite, Handle: h.rounds.Edit},
		{Pattern: "POST /o/{outbreak}/rounds/{round}", Action: auth.ScreeningWrite, Handle: h.rounds.Save},
		{Pattern: "POST /o/{outbreak}/rounds/{round}/state", Action: auth.ScreeningWrite, Handle: h.rounds.State},
		{Pattern: "GET /o/{outbreak}/rounds/{round}/plan", Action: auth.ScreeningRead, Handle: h.rounds.ShowPlan},
		{Pattern: "POST /o/{outbreak}/rounds/{round}/plan", Action: auth.ScreeningWrite, Handle: h.rounds.MakePlan},
		{Pattern: "GET /o/{outbreak}/rounds/{round}/plan/city.json", Action: auth.ScreeningRead, Handle: h.rounds.PlanCity},
		{Pattern: "GET /o/{outbreak}/rounds/{round}/plan/sites.geojson", Action: auth.ScreeningRead, Handle: h.rounds.PlanLayer("sites")},
		{Pattern: "GET /o/{outbreak}/rounds/{round}/plan/communities.geojson", Action: auth.ScreeningRead, Handle: h.rounds.PlanLayer("communities")},
		{Pattern: "GET /o/{outbreak}/rounds/{round}/plan/laboratories.geojson", Action: auth.ScreeningRead, Handle: h.rounds.PlanLayer("laboratories")},
		{Pattern: "GET /o/{outbreak}/rounds/{round}/plan/{list}", Action: auth.ScreeningRead, Handle: h.rounds.PlanList},
		{Pattern: "GET /o/{outbreak}/rounds/{round}/missing", Action: auth.ScreeningRead, Handle: h.rounds.Missing},
		{Pattern: "GET /o/{outbreak}/rounds/{round}/missing/export", Action: auth.ScreeningRead, Handle: h.rounds.MissingFile},
		{Pattern: "POST /o/{outbreak}/rounds/{round}/missing/names", Action: auth.ScreeningRead, Handle: h.rounds.MissingNames},
		{Pattern: "POST /o/{outbreak}/rounds/{round}/missing/stand", Action: auth.StandingWrite, Handle: h.rounds.Stand},
		{Pattern: "GET /o/{outbreak}/rounds/{round}/standings", Action: auth.ScreeningRead, Handle: h.rounds.Standings},
		{Pattern: "GET /o/{outbreak}/rounds/{round}/tubes", Action: auth.ScreeningRead, Handle: h.rounds.Tubes},
		{Pattern: "GET /o/{outbreak}/rounds/{round}/aside", Action: auth.ScreeningRead, Handle: h.rounds.Aside},
		{Pattern: "POST /o/{outbreak}/rounds/{round}/aside", Action: auth.ScreeningWrite, Handle: h.rounds.Settle},
		{Pattern: "GET /o/{outbreak}/rounds/{round}/aside/{tube}", Action: auth.ScreeningWrite, Handle: h.rounds.AsideTube},
		{Pattern: "POST /o/{outbreak}/rounds/{round}/aside/{tube}", Action: auth.ScreeningWrite, Handle: h.rounds.Accept},
		{Pattern: "GET /o/{outbreak}/rounds/{round}/account", Action: auth.ScreeningRead, Handle: h.rounds.Account, Paper: true},
		{Pattern: "POST /o/{outbreak}/rounds/{round}/account", Action: auth.ScreeningWrite, Handle: h.rounds.Sign},
		{Pattern: "GET /o/{outbreak}/sites", Action: auth.ScreeningRead, Handle: h.sites.List},
		{Pattern: "GET /o/{outbreak}/sites.geojson", Action: auth.ScreeningRead, Handle: h.sites.Points},
		{Pattern: "GET /o/{outbreak}/sites/new", Action: auth.ScreeningWrite, Handle: h.sites.New},
		{Pattern: "GET /o/{outbreak}/sites/import", Action: auth.ScreeningWrite, Handle: h.sites.ImportForm},
		{Pattern: "POST /o/{outbreak}/sites/import", Action: auth.ScreeningWrite, Handle: h.sites.Import},
		{Pattern: "POST /o/{outbreak}/sites", Action: auth.ScreeningWrite, Handle: h.sites.Add},
		{Pattern: "GET /o/{outbreak}/sites/{site}", Action: auth.ScreeningRead, Handle: h.sites.Show},
		{Pattern: "GET /o/{outbreak}/sites/{site}/edit", Action: auth.ScreeningWrite, Handle: h.sites.Edit},
		{Pattern: "POST /o/{outbreak}/sites/{site}", Action: auth.ScreeningWrite, Handle: h.sites.Save},
		{Pattern: "POST /o/{outbreak}/sites/{site}/state", Action: auth.ScreeningRead, Handle: h.sites.Report},
		{Pattern: "POST /o/{outbreak}/sites/{site}/invite", Action: auth.ScreeningWrite, Handle: h.sites.Invite},
		{Pattern: "POST /o/{outbreak}/sites/{site}/revoke", Action: auth.ScreeningWrite, Handle: h.sites.Revoke},

		// Where people are kept apart: whoever reads isolation. Each order asks for its own right at the facility: entering and opening, checking in and out, keeping beds.
		{Pattern: "GET /o/{outbreak}/isolation", Action: auth.IsolationRead, Handle: h.isolation.List},
		{Pattern: "GET /o/{outbreak}/isolation/new", Action: auth.FacilityWrite, Handle: h.isolation.New},
		{Pattern: "POST /o/{outbreak}/isolation", Action: auth.FacilityWrite, Handle: h.isolation.Add},
		{Pattern: "POST /o/{outbreak}/facilities/{do}", Action: auth.FacilityWrite, Handle: h.isolation.MoveMany},
		{Pattern: "GET /o/{outbreak}/isolation/{facility}", Action: auth.IsolationRead, Handle: h.isolation.Show},
		{Pattern: "POST /o/{outbreak}/isolation/{facility}/state", Action: auth.FacilityWrite, Handle: h.isolation.Move},
		{Pattern: "GET /o/{outbreak}/isolation/{facility}/rooms", Action: auth.FacilityWrite, Handle: h.isolation.NewRooms},
		{Pattern: "POST /o/{outbreak}/isolation/{facility}/rooms", Action: auth.FacilityWrite, Handle: h.isolation.AddRooms},
		{Pattern: "GET /o/{outbreak}/isolation/{facility}/rooms/{room}", Action: auth.IsolationRead, Handle: h.isolation.Room},
		{Pattern: "POST /o/{outbreak}/isolation/{facility}/rooms/{room}", Action: auth.IsolationRead, Handle: h.isolation.Turn},
		{Pattern: "POST /o/{outbreak}/isolation/{facility}/stays", Action: auth.IsolationRead, Handle: h.isolation.Book},
		{Pattern: "POST /o/{outbreak}/isolation/{facility}/arrivals", Action: auth.IsolationRead, Handle: h.isolation.Arrive},
		{Pattern: "GET /o/{outbreak}/isolation/{facility}/checks", Action: auth.IsolationRead, Handle: h.isolation.Checks},
		{Pattern: "POST /o/{outbreak}/isolation/{facility}/checks/{stay}", Action: auth.IsolationRead, Handle: h.isolation.AnswerCheck},
		{Pattern: "GET /o/{outbreak}/isolation/{facility}/incidents", Action: auth.IsolationRead, Handle: h.isolation.Incidents},
		{Pattern: "POST /o/{outbreak}/isolation/{facility}/incidents", Action: auth.IsolationRead, Handle: h.isolation.NoteIncident},
		{Pattern: "POST /o/{outbreak}/isolation/{facility}/incidents/{incident}", Action: auth.IsolationRead, Handle: h.isolation.ChangeIncident},
		{Pattern: "GET /o/{outbreak}/isolation/{facility}/inspections", Action: auth.IsolationRead, Handle: h.isolation.Inspections},
		{Pattern: "POST /o/{outbreak}/isolation/{facility}/inspections", Action: auth.IsolationRead, Handle: h.isolation.Inspect},
		// Of hospitals too: whoever may see the roster there need not read isolation.
		{Pattern: "GET /o/{outbreak}/isolation/{facility}/roster", Action: auth.RosterRead, Handle: h.isolation.Roster},
		{Pattern: "POST /o/{outbreak}/isolation/{facility}/roster", Action: auth.RosterWrite, Handle: h.isolation.PlanShifts},
		{Pattern: "POST /o/{outbreak}/isolation/{facility}/roster/{shift}", Action: auth.RosterWrite, Handle: h.isolation.CancelShift},
		{Pattern: "GET /o/{outbreak}/isolation/{facility}/stays/{stay}", Action: auth.IsolationRead, Handle: h.isolation.Stay},
		{Pattern: "POST /o/{outbreak}/isolation/{facility}/stays/{stay}/{step}", Action: auth.IsolationRead, Handle: h.isolation.Step},

		// Laboratories and what they have: whoever reads samples. Boxes, results and unknown tubes are the laboratory's; where it stands and what it can do, the coordinator's.
		{Pattern: "GET /o/{outbreak}/laboratories", Action: auth.SampleRead, Handle: h.labs.List},
		{Pattern: "GET /o/{outbreak}/laboratories/new", Action: auth.ScreeningWrite, Handle: h.labs.New},
		{Pattern: "POST /o/{outbreak}/laboratories", Action: auth.ScreeningWrite, Handle: h.labs.Add},
		{Pattern: "GET /o/{outbreak}/laboratories/{laboratory}", Action: auth.SampleRead, Handle: h.labs.Show},
		{Pattern: "GET /o/{outbreak}/laboratories/{laboratory}/edit", Action: auth.ScreeningWrite, Handle: h.labs.Edit},
		{Pattern: "POST /o/{outbreak}/laboratories/{laboratory}", Action: auth.ScreeningWrite, Handle: h.labs.Save},
		{Pattern: "POST /o/{outbreak}/laboratories/{laboratory}/unknown", Action: auth.ResultWrite, Handle: h.labs.Settle},
		{Pattern: "GET /o/{outbreak}/laboratories/{laboratory}/boxes", Action: auth.SampleRead, Handle: h.labs.Boxes},
		{Pattern: "GET /o/{outbreak}/laboratories/{laboratory}/boxes/{box}", Action: auth.SampleRead, Handle: h.labs.Box},
		{Pattern: "GET /o/{outbreak}/laboratories/{laboratory}/reception", Action: auth.ResultWrite, Handle: h.labs.Reception},
		{Pattern: "POST /o/{outbreak}/laboratories/{laboratory}/reception", Action: auth.ResultWrite, Handle: h.labs.Receive},
		{Pattern: "GET /o/{outbreak}/laboratories/{laboratory}/results", Action: auth.SampleRead, Handle: h.labs.Results},
		{Pattern: "POST /o/{outbreak}/laboratories/{laboratory}/results", Action: auth.ResultWrite, Handle: h.labs.Report},
		{Pattern: "POST /o/{outbreak}/laboratories/{laboratory}/file", Action: auth.ResultWrite, Handle: h.labs.File},

		{Pattern: "GET /o/{outbreak}/auto-accept", Action: auth.OutbreakAdmin, Handle: h.auto.Show},
		{Pattern: "POST /o/{outbreak}/auto-accept", Action: auth.OutbreakAdmin, Handle: h.auto.Set},
		{Pattern: "GET /o/{outbreak}/pack", Action: auth.OutbreakAdmin, Handle: h.packs.Change},
		{Pattern: "POST /o/{outbreak}/pack", Action: auth.OutbreakAdmin, Handle: h.packs.Apply},

		{Pattern: "GET /o/{outbreak}/imports", Action: auth.Import, Handle: h.imports.List},
		{Pattern: "POST /o/{outbreak}/imports", Action: auth.Import, Handle: h.imports.Add},
		{Pattern: "GET /o/{outbreak}/imports/{import}", Action: auth.Import, Handle: h.imports.Show},
		{Pattern: "POST /o/{outbreak}/imports/{import}/columns", Action: auth.Import, Handle: h.imports.Columns},
		{Pattern: "POST /o/{outbreak}/imports/{import}/run", Action: auth.Import, Handle: h.imports.Run},
		{Pattern: "POST /o/{outbreak}/imports/{import}/pause", Action: auth.Import, Handle: h.imports.Pause},
		{Pattern: "POST /o/{outbreak}/imports/{import}/cancel", Action: auth.Import, Handle: h.imports.Cancel},
		{Pattern: "GET /o/{outbreak}/imports/{import}/errors.csv", Action: auth.Import, Handle: h.imports.Errors},

		{Pattern: "GET /o/{outbreak}/search", Action: auth.TaskRead, Handle: search.Find},
		{Pattern: "GET /o/{outbreak}/live", Action: anyScreen, Handle: liveEvents},
	}
}

// whole is every screen of the installation rather than an outbreak.
func (h handlers) whole() []site.Route {
	return []site.Route{
		{Pattern: "GET /me", Action: anyScreen, Handle: h.me.Show},
		{Pattern: "POST /me/password", Action: anyScreen, Handle: h.me.Password},
		{Pattern: "POST /me/purpose", Action: anyScreen, Handle: h.me.Purpose},
		{Pattern: "POST /me/session", Action: anyScreen, Handle: h.me.EndSession},
		{Pattern: "POST /me/token", Action: anyScreen, Handle: h.me.NewToken},
		{Pattern: "POST /me/token/end", Action: anyScreen, Handle: h.me.EndToken},

		// The bar of a drill that people play in: everybody sees its clock; the order asks for the right to control it.
		{Pattern: "GET /drill/clock", Action: anyScreen, Handle: h.pacing.Face},
		{Pattern: "POST /drill/pace", Action: anyScreen, Handle: h.pacing.Change},

		{Pattern: "GET /admin/users", Action: auth.UserAdmin, Handle: h.users.List},
		{Pattern: "POST /admin/users", Action: auth.UserAdmin, Handle: h.users.Add},
		{Pattern: "GET /admin/users/new", Action: auth.UserAdmin, Handle: h.users.New},
		{Pattern: "GET /admin/users/{user}", Action: auth.UserAdmin, Handle: h.users.Show},
		{Pattern: "POST /admin/users/{user}", Action: auth.UserAdmin, Handle: h.users.Save},
		{Pattern: "POST /admin/users/{user}/grant", Action: auth.UserAdmin, Handle: h.users.Grant},
		{Pattern: "POST /admin/users/{user}/confirm", Action: auth.UserAdmin, Handle: h.users.Confirm},
		{Pattern: "POST /admin/users/{user}/revoke", Action: auth.UserAdmin, Handle: h.users.Revoke},
		{Pattern: "POST /admin/users/{user}/password", Action: auth.UserAdmin, Handle: h.users.Password},
		{Pattern: "POST /admin/users/{user}/sessions", Action: auth.UserAdmin, Handle: h.users.EndSessions},
		{Pattern: "POST /admin/users/{user}/disable", Action: auth.UserAdmin, Handle: h.users.Disable},
		{Pattern: "POST /admin/users/{user}/enable", Action: auth.UserAdmin, Handle: h.users.Enable},
		{Pattern: "POST /admin/users/{user}/token", Action: auth.UserAdmin, Handle: h.users.EndToken},

		{Pattern: "GET /admin/areas", Action: auth.AreaAdmin, Handle: h.areas.Show},
		{Pattern: "POST /admin/areas/preview", Action: auth.AreaAdmin, Handle: h.areas.Preview},
		{Pattern: "POST /admin/areas", Action: auth.AreaAdmin, Handle: h.areas.Apply},

		{Pattern: "GET /packs", Action: anyScreen, Handle: h.packs.List},
		{Pattern: "GET /packs/{pathogen}/{edition}", Action: anyScreen, Handle: h.packs.Show},

		{Pattern: "GET /admin/audit", Action: auth.AuditRead, Handle: h.audit.List},
		{Pattern: "POST /admin/audit/check", Action: auth.AuditRead, Handle: h.audit.Start},
	}
}

// open are the addresses outside an outbreak that have no right of their own. Log-in and preferences are access's own.
func (h handlers) open(s *site.Site, mux *http.ServeMux) {
	mux.Handle("GET /{$}", s.Access.Required(http.HandlerFunc(h.home.Root)))
	mux.Handle("GET /o/{outbreak}", s.Access.Required(http.HandlerFunc(h.home.Outbreak)))
	s.Access.Routes(mux)
}
